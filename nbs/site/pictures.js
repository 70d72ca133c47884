// Numbers as pictures and as text, for the pages Draw a digit and Train it here. The style sheet names the colours.

export const $ = id => document.getElementById(id)
export const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
export const signed = (x, digits = 2) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(digits)
export const percent = p => p > .999 ? 'more than 99.9%' : p < .001 ? 'less than 0.1%' : `${(100*p).toFixed(1)}%`
export const share = p => p > .99995 ? '> 0.9999' : p < .00005 ? '< 0.0001' : p.toFixed(4)
export const largest = values => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0)

let colours
/** Before the first picture, and when light becomes dark. */
export function readColours(root) {
  const style = getComputedStyle(root), rgb = name => style.getPropertyValue(name).trim().match(/\w\w/g).map(o => parseInt(o, 16))
  colours = Object.fromEntries(['paper', 'ink', 'three', 'seven', 'more', 'less', 'wrong'].map(o => [o, rgb(`--${o}`)]))
}
const mix = (name, share) => colours.paper.map((p, i) => p + (colours[name][i] - p)*Math.min(1, share))
export const asInk = v => mix('ink', v)
export const twoSided = (limit, above = 'three', below = 'seven') => v => mix(v > 0 ? above : below, Math.abs(v)/limit)

/** Square pictures, `size` pixels wide, in columns with a pixel between them. A single one of 28 x 28, unless told otherwise. */
export function paint(canvas, values, colour, size = 28, columns = 1) {
  const step = size + 1, area = size*size
  canvas.width = columns*step - 1
  canvas.height = values.length/area/columns*step - 1
  const context = canvas.getContext('2d'), pixels = context.createImageData(canvas.width, canvas.height)
  values.forEach((v, i) => {
    const picture = Math.floor(i/area), y = Math.floor(picture/columns)*step + Math.floor(i%area/size), x = picture%columns*step + i%size
    pixels.data.set([...colour(v), 255], 4*(y*canvas.width + x))
  })
  context.putImageData(pixels, 0, 0)
}

/** A button with pictures on it; only those of a group that `rove` has made its first can be reached with Tab. */
export function pictureButton(group, colour, ...canvases) {
  const button = document.createElement('button')
  Object.assign(button, {className: 'unit', type: 'button', tabIndex: -1})
  button.style.setProperty('--colour', colour)
  button.append(...canvases)
  group.append(button)
  return button
}

/** One stop for all buttons: arrow keys go from one to the next. `show` gets the place of the one that is pointed at or has the focus, or null. */
export function rove(buttons, show) {
  buttons[0].tabIndex = 0
  buttons.forEach((button, k) => {
    for (const event of ['pointerenter', 'focus']) button.addEventListener(event, () => show(k))
    for (const event of ['pointerleave', 'blur']) button.addEventListener(event, () => show(null))
    button.addEventListener('keydown', e => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key], next = step && buttons[k + step]
      if (!next) return
      e.preventDefault()
      button.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    })
  })
}
