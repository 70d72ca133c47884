// Chapter 16: a window that slides over a picture; its nine products with the kernel, and their sum in the map.
import {around, figure, number, onPress, picture, pixels, sum, svgOf} from './explore.js'
import {sevens, threes} from './explore-digits.js'

/** The window at a place, row by row. @param {ArrayLike<number>} image 28 x 28 @param {number} row @param {number} column @returns {number[]} */
export const windowAt = (image, row, column) => Array.from({length: 9}, (_, k) => image[28*(row + Math.floor(k/3)) + column + k%3])

/** Its products with a kernel. @param {ArrayLike<number>} image @param {number[]} kernel 3 x 3 @param {number} row @param {number} column */
export const products = (image, kernel, row, column) => windowAt(image, row, column).map((x, k) => x*kernel[k])

/** The sums at all 26 x 26 places, row by row: `slide` of the book. @param {ArrayLike<number>} image @param {number[]} kernel */
export const slide = (image, kernel) => Array.from({length: 26*26}, (_, i) => sum(products(image, kernel, Math.floor(i/26), i%26)))

/** The book's four kernels and one that blurs. @type {Record<string, [string, number[]]>} */
export const kernels = {
  top: ['top edge', [-1, -1, -1, 0, 0, 0, 1, 1, 1]],
  left: ['left edge', [-1, 0, 1, -1, 0, 1, -1, 0, 1]],
  falling: ['falling edge', [-1, -1, 0, -1, 0, 1, 0, 1, 1]],
  rising: ['rising edge', [0, -1, -1, 1, 0, -1, 1, 1, 0]],
  blur: ['blur: the mean', Array(9).fill(1/9)],
}

/** @type {Record<string, Uint8Array>} */
const images = {three: threes[7], seven: sevens[3]}
const options = Object.fromEntries(Object.entries(kernels).map(([key, [name]]) => [key, name]))
const table = (/** @type {string} */ name) => `<figure>${picture(name, 150, 150)}<figcaption>${name}</figcaption></figure>`
/** Nine numbers in their cells, coloured. @param {number[]} values @param {boolean} signed */
const nine = (values, signed) => `<svg width="150" height="150" viewBox="0 0 3 3">${pixels(values.map(x => .6*x), 3, 1, signed)}</svg>` + values.map((x, k) =>
  `<rect class="frame" x="${k%3*50}" y="${Math.floor(k/3)*50}" width="50" height="50"/><text class="on" x="${k%3*50 + 25}" y="${Math.floor(k/3)*50 + 31}" text-anchor="middle">${number(x)}</text>`).join('')

const shown = figure('conv', [
  {name: 'image', label: 'Picture', options: {three: 'a three', seven: 'a seven'}, value: 'three'},
  {name: 'kernel', label: 'Kernel', options, value: 'top'},
  {name: 'row', label: 'Window: first row', min: 0, max: 25, value: 3},
  {name: 'column', label: 'First column', min: 0, max: 25, value: 12},
], `<figure>${picture('image', 28, 28)}<figcaption>picture, with the window</figcaption></figure>${['window', 'kernel', 'products'].map(table).join('')}
  <figure>${picture('map', 26, 26)}<figcaption>map of all sums, red above 0</figcaption></figure>`, ({image: which, kernel: key, row, column}, box) => {
  const image = Float64Array.from(images[which], x => x/255), [name, kernel] = kernels[key], each = products(image, kernel, row, column), total = sum(each)
  const draw = (/** @type {string} */ part, /** @type {string} */ content, /** @type {string} */ label) => {
    const svg = svgOf(box, `svg.${part}`)
    svg.innerHTML = content
    svg.setAttribute('aria-label', label)
  }
  const list = (/** @type {number[]} */ values) => values.map(x => number(x)).join(', ')
  draw('image', `<rect class="frame" width="28" height="28"/>${pixels(image, 28, 1)}${around(row, column, 3, 3)}`, `The picture, with a window at rows ${row} to ${row + 2} and columns ${column} to ${column + 2}`)
  draw('window', nine(windowAt(image, row, column), false), `The window: ${list(windowAt(image, row, column))}`)
  draw('kernel', nine(kernel, true), `The kernel: ${list(kernel)}`)
  draw('products', nine(each, true), `The products: ${list(each)}`)
  draw('map', `<rect class="frame" width="26" height="26"/>${pixels(slide(image, kernel), 26, 3, true)}${around(row, column)}`, `The map of all 26 by 26 sums for the kernel ${name}`)
  return `Window at row ${row}, column ${column}: ${each.map(x => number(x)).filter(x => x !== '0.00').join(' + ').replaceAll('+ −', '− ') || 'all products are 0'}. Sum ${number(total)}.`
})
if (shown) for (const [name, half] of /** @type {const} */ ([['image', 1], ['map', 0]]))  // the window's middle goes to the pointer
  onPress(svgOf(shown.box, `svg.${name}`), (x, y) => shown.set({row: Math.floor(y) - half, column: Math.floor(x) - half}))
