// Numbers as pictures and as text, for the pages Draw a digit and Train it here. The style sheet names the colours.

/** @typedef {number[]} Colour  Red, green, blue. */
/** @typedef {ArrayLike<number> & {forEach(f: (v: number, i: number) => void): void, reduce(f: (m: number, v: number) => number, from: number): number}} Values */

/** An element of the page, of whatever kind it has there. @param {string} id @returns {any} */
export const $ = id => document.getElementById(id)
export const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
export const signed = (/** @type {number} */ x, digits = 2) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(digits)
export const percent = (/** @type {number} */ p) => p > .999 ? 'more than 99.9%' : p < .001 ? 'less than 0.1%' : `${(100*p).toFixed(1)}%`
export const share = (/** @type {number} */ p) => p > .99995 ? '> 0.9999' : p < .00005 ? '< 0.0001' : p.toFixed(4)
export const largest = (/** @type {Values} */ values) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0)

/** @type {Record<string, Colour>} */
let colours
/** Before the first picture, and when light becomes dark. @param {Element} root */
export function readColours(root) {
  const style = getComputedStyle(root)
  const rgb = (/** @type {string} */ name) => (style.getPropertyValue(name).match(/\w\w/g) ?? []).map(o => parseInt(o, 16))
  colours = Object.fromEntries(['paper', 'ink', 'three', 'seven', 'more', 'less', 'wrong'].map(o => [o, rgb(`--${o}`)]))
}
const mix = (/** @type {string} */ name, /** @type {number} */ share) => colours.paper.map((p, i) => p + (colours[name][i] - p)*Math.min(1, share))
export const asInk = (/** @type {number} */ v) => mix('ink', v)
export const twoSided = (/** @type {number} */ limit, above = 'three', below = 'seven') => (/** @type {number} */ v) => mix(v > 0 ? above : below, Math.abs(v)/limit)

/** What draws on a canvas. @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export const pen = (canvas, settings) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', settings))

/** Square pictures, `size` pixels wide, in columns with a pixel between them. A single one of 28 x 28, unless told otherwise.
 * @param {HTMLCanvasElement} canvas @param {Values} values @param {(v: number) => Colour} colour */
export function paint(canvas, values, colour, size = 28, columns = 1) {
  const step = size + 1, area = size*size
  canvas.width = columns*step - 1
  canvas.height = values.length/area/columns*step - 1
  const context = pen(canvas), pixels = context.createImageData(canvas.width, canvas.height)
  values.forEach((v, i) => {
    const picture = Math.floor(i/area), y = Math.floor(picture/columns)*step + Math.floor(i%area/size), x = picture%columns*step + i%size
    pixels.data.set([...colour(v), 255], 4*(y*canvas.width + x))
  })
  context.putImageData(pixels, 0, 0)
}

/** How dark each pixel of a canvas is, from 0 to 1. @param {HTMLCanvasElement} canvas */
export function inkOf(canvas) {
  const {data} = pen(canvas).getImageData(0, 0, canvas.width, canvas.height)
  return Float32Array.from({length: data.length/4}, (_, i) => data[4*i + 3]/255)
}

/** An image of 28 x 28, as large as the canvas. @param {Float32Array} image @param {HTMLCanvasElement} canvas */
export function enlarge(image, canvas) {
  const small = Object.assign(document.createElement('canvas'), {width: 28, height: 28}), large = pen(canvas)
  const pixels = pen(small).createImageData(28, 28)
  image.forEach((v, i) => { pixels.data[4*i + 3] = 255*v })
  pen(small).putImageData(pixels, 0, 0)
  large.imageSmoothingEnabled = false
  large.drawImage(small, 0, 0, canvas.width, canvas.height)
}

/** A button with pictures on it; only those of a group that `rove` has made its first can be reached with Tab.
 * @param {Element} group @param {string} colour @param {HTMLCanvasElement[]} canvases */
export function pictureButton(group, colour, ...canvases) {
  const button = document.createElement('button')
  Object.assign(button, {className: 'unit', type: 'button', tabIndex: -1})
  button.style.setProperty('--colour', colour)
  button.append(...canvases)
  group.append(button)
  return button
}

/** @type {Record<string, number>} */
const STEPS = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}

/** One stop for all buttons: arrow keys go from one to the next. `show` gets the place of the one that is pointed at or has the focus, or null.
 * @param {HTMLButtonElement[]} buttons @param {(k: number | null) => void} show */
export function rove(buttons, show) {
  buttons[0].tabIndex = 0
  buttons.forEach((button, k) => {
    for (const event of ['pointerenter', 'focus']) button.addEventListener(event, () => show(k))
    for (const event of ['pointerleave', 'blur']) button.addEventListener(event, () => show(null))
    button.addEventListener('keydown', e => {
      const next = buttons[k + (STEPS[e.key] ?? NaN)]
      if (!next) return
      e.preventDefault()
      button.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    })
  })
}
