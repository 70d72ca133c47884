// Chapter 16: a window that slides over a picture; its products with the kernel, 9 or 25,, and their sum in the map.
import {around, figure, number, onPress, picture, pixels, sum, svgOf} from './explore.js'
import {sevens, threes} from './explore-digits.js'

const side = (/** @type {number[]} */ kernel) => Math.sqrt(kernel.length)

/** The window at a place, row by row. @param {ArrayLike<number>} image 28 x 28 @param {number} row @param {number} column @param {number} n rows and columns @returns {number[]} */
export const windowAt = (image, row, column, n) => Array.from({length: n*n}, (_, k) => image[28*(row + Math.floor(k/n)) + column + k%n])

/** Its products with a kernel. @param {ArrayLike<number>} image @param {number[]} kernel 3 x 3 or 5 x 5 @param {number} row @param {number} column */
export const products = (image, kernel, row, column) => windowAt(image, row, column, side(kernel)).map((x, k) => x*kernel[k])

/** The sums at all places, row by row: `slide` of the book. @param {ArrayLike<number>} image @param {number[]} kernel */
export function slide(image, kernel) {
  const n = 29 - side(kernel)
  return Array.from({length: n*n}, (_, i) => sum(products(image, kernel, Math.floor(i/n), i%n)))
}

/** The book's four kernels, one that blurs, and two of 5 by 5. @type {Record<string, [string, number[]]>} */
export const kernels = {
  top: ['top edge', [-1, -1, -1, 0, 0, 0, 1, 1, 1]],
  left: ['left edge', [-1, 0, 1, -1, 0, 1, -1, 0, 1]],
  rising: ['rising edge', [-1, -1, 0, -1, 0, 1, 0, 1, 1]],
  falling: ['falling edge', [0, -1, -1, 1, 0, -1, 1, 1, 0]],
  blur: ['blur: the mean', Array(9).fill(1/9)],
  wide: ['wide top edge, 5 by 5', [-.5, -.5, 0, .5, .5].flatMap(x => Array(5).fill(x))],
  spot: ['spot, 5 by 5', Array.from({length: 25}, (_, k) => Math.max(Math.abs(k%5 - 2), Math.abs(Math.floor(k/5) - 2)) < 2 ? .4 : -.225)],
}

/** @type {Record<string, Uint8Array>} */
const images = {three: threes[7], seven: sevens[3]}
const options = Object.fromEntries(Object.entries(kernels).map(([key, [name]]) => [key, name]))
const table = (/** @type {string} */ name) => `<figure>${picture(name, 150, 150)}<figcaption>${name}</figcaption></figure>`
/** Numbers in their cells, coloured. @param {number[]} values @param {boolean} signed */
function cells(values, signed) {
  const n = side(values), size = 150/n, at = (/** @type {number} */ k) => [k%n*size, Math.floor(k/n)*size]
  const texts = values.map((x, k) => `<rect class="frame" x="${at(k)[0]}" y="${at(k)[1]}" width="${size}" height="${size}"/>
    <text class="on" style="font-size: ${n > 3 ? 10 : 15}px" x="${at(k)[0] + size/2}" y="${at(k)[1] + size/2 + (n > 3 ? 4 : 6)}" text-anchor="middle">${number(x)}</text>`)
  return `<svg width="150" height="150" viewBox="0 0 ${n} ${n}">${pixels(values.map(x => .42*x), n, 1, signed)}</svg>${texts.join('')}`
}

const shown = figure('conv', [
  {name: 'image', label: 'Picture', options: {three: 'a three', seven: 'a seven'}, value: 'three'},
  {name: 'kernel', label: 'Kernel', options, value: 'top'},
  {name: 'row', label: 'Window: first row', min: 0, max: 25, value: 3},
  {name: 'column', label: 'First column', min: 0, max: 25, value: 12},
], `<figure>${picture('image', 28, 28)}<figcaption>picture, with the window</figcaption></figure>${['window', 'kernel', 'products'].map(table).join('')}
  <figure>${picture('map', 26, 26)}<figcaption>map of all sums, red above 0</figcaption></figure>`, ({image: which, kernel: key, row: first, column: leftmost}, box) => {
  const image = Float64Array.from(images[which], x => x/255), [name, kernel] = kernels[key], n = side(kernel), size = 29 - n
  const [row, column] = [first, leftmost].map(o => Math.min(o, size - 1)), each = products(image, kernel, row, column), total = sum(each)
  const draw = (/** @type {string} */ part, /** @type {string} */ content, /** @type {string} */ label) => {
    const svg = svgOf(box, `svg.${part}`)
    svg.innerHTML = content
    svg.setAttribute('aria-label', label)
  }
  const list = (/** @type {number[]} */ values) => values.map(x => number(x)).join(', ')
  draw('image', `<rect class="frame" width="28" height="28"/>${pixels(image, 28, 1)}${around(row, column, n, n)}`, `The picture, with a window at rows ${row} to ${row + n - 1} and columns ${column} to ${column + n - 1}`)
  draw('window', cells(windowAt(image, row, column, n), false), `The window: ${list(windowAt(image, row, column, n))}`)
  draw('kernel', cells(kernel, true), `The kernel: ${list(kernel)}`)
  draw('products', cells(each, true), `The products: ${list(each)}`)
  draw('map', `<svg width="26" height="26" viewBox="0 0 ${size} ${size}"><rect class="frame" width="${size}" height="${size}"/>${pixels(slide(image, kernel), size, 3, true)}${around(row, column)}</svg>`, `The map of all ${size} by ${size} sums for the kernel ${name}`)
  const terms = each.map(x => number(x)).filter(x => x !== '0.00').join(' + ').replaceAll('+ −', '− ') || 'all products are 0'
  return `Window at row ${row}, column ${column}: ${n > 3 ? '25 products' : terms}. Sum ${number(total)}.`
})
if (shown) for (const [name, half] of /** @type {const} */ ([['image', 1], ['map', 0]]))  // the window's middle goes to the pointer
  onPress(svgOf(shown.box, `svg.${name}`), (x, y) => shown.set({row: Math.floor(y) - half, column: Math.floor(x) - half}))
