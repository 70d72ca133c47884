// What the small figures to play with have in common. Each stands in a file of its own, explore-NAME.js, and is drawn into
// <div id="explore-NAME">: native controls, a sentence that says the result, and pictures in SVG, afresh at each change.

/** @typedef {{name: string, label: string, min?: number, max?: number, step?: number, options?: Record<string, string>, value: number | string}} Control
 * A slider; with `options` (the text of each value) a menu, with a text as its value a line to type in. */
/** @typedef {Record<string, any>} Values  What the controls say, by name; numbers of the sliders. */

/** The bytes of a text in base64. @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0))

/** Those of bytes that were deflated, for a small file. @param {string} text */
export const inflated = async text =>
  new Uint8Array(await new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer())

/** A number as text, with a real minus. @param {number} x @param {number} [digits] after the point */
export const number = (x, digits = 2) => x.toFixed(digits).replace(/^-(0\.?0*)$/, '$1').replace('-', '−')

/** @param {Iterable<number>} a */
export const sum = a => { let total = 0; for (const x of a) total += x; return total }

/** @param {number} x @param {number} low @param {number} high */
export const clamp = (x, low, high) => Math.min(Math.max(x, low), high)

/** Text that stands in HTML. @param {string} text */
export const plain = text => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`)

/** An SVG picture with a name to reach it by. @param {string} name @param {number} width @param {number} height in units of its own */
export const picture = (name, width, height) => `<svg class="${name}" role="img" viewBox="0 0 ${width} ${height}"></svg>`

/** Pixels as squares of 1 x 1, row by row: ink, or red above 0 and blue below. All of one shade, of 50, are one path: a page has thousands.
 * @param {ArrayLike<number>} values @param {number} columns @param {number} limit the value of full colour @param {boolean} [signed] */
export function pixels(values, columns, limit, signed = false) {
  /** @type {Map<string, string>} */
  const shades = new Map()
  for (let i = 0; i < values.length; i++) {
    const share = Math.round(50*Math.min(1, Math.abs(values[i])/limit))
    const shade = `${signed ? values[i] > 0 ? 'more' : 'less' : 'ink'}" fill-opacity="${share/50}`
    if (share) shades.set(shade, `${shades.get(shade) ?? ''}M${i%columns} ${Math.floor(i/columns)}h1v1h-1z`)
  }
  return [...shades].map(([shade, squares]) => `<path class="shade ${shade}" d="${squares}"/>`).join('')
}

/** A line around pixels. @param {number} row @param {number} column @param {number} [rows] @param {number} [columns] */
export const around = (row, column, rows = 1, columns = 1) =>
  `<rect class="halo" x="${column}" y="${row}" width="${columns}" height="${rows}"/><rect class="mark" x="${column}" y="${row}" width="${columns}" height="${rows}"/>`

/** A picture in a figure. @param {ParentNode} box @param {string} [selector] */
export const svgOf = (box, selector = 'svg') => /** @type {SVGSVGElement} */ (box.querySelector(selector))

/** Calls `then` with the place, in units of the picture, at each press and while it lasts. @param {SVGSVGElement} svg
 * @param {(x: number, y: number, first: boolean) => void} then */
export function onPress(svg, then) {
  const at = (/** @type {PointerEvent} */ event, /** @type {boolean} */ first) => {
    const {left, top, width, height} = svg.getBoundingClientRect(), {width: w, height: h} = svg.viewBox.baseVal
    then(clamp((event.clientX - left)/width*w, 0, w - .001), clamp((event.clientY - top)/height*h, 0, h - .001), first)
  }
  svg.classList.add('pressed')
  svg.addEventListener('pointerdown', event => { svg.setPointerCapture(event.pointerId); at(event, true) })
  svg.addEventListener('pointermove', event => { if (svg.hasPointerCapture(event.pointerId)) at(event, false) })
}

/** @param {string} figure @param {Control} o */
function control(figure, {name, label, min, max, step = 1, options, value}) {
  const id = `explore-${figure}-${name}`, named = `id="${id}" name="${name}"`
  const input = options ? `<select ${named}>${Object.entries(options).map(([key, text]) =>
      `<option value="${key}"${key === value ? ' selected' : ''}>${text}</option>`).join('')}</select>`
    : typeof value === 'string' ? `<input ${named} value="${value}" autocomplete="off" autocapitalize="off" spellcheck="false">`
    : `<input type="range" ${named} min="${min}" max="${max}" step="${step}" value="${value}">`
  const shown = typeof value === 'number' ? '<span class="value" aria-hidden="true"></span>' : ''  // a screen reader gets it from the slider
  return `<div><label for="${id}">${label}</label>${shown}${input}</div>`
}

/** Puts a figure into its place, if the page has one. @param {string} name @param {Control[]} controls @param {string} pictures in HTML
 * @param {(values: Values, box: HTMLElement) => string} draw draws the pictures and says the result
 * @returns {{box: HTMLElement, set: (values: Values) => void} | undefined} `set` moves controls */
export function figure(name, controls, pictures, draw) {
  const box = document.getElementById(`explore-${name}`)
  if (!box) return undefined
  box.innerHTML = `<form>${controls.map(o => control(name, o)).join('')}</form><p role="status"></p><div class="explore-pictures">${pictures}</div>`
  box.classList.add('explore')
  const form = /** @type {HTMLFormElement} */ (box.querySelector('form')), said = /** @type {HTMLElement} */ (box.querySelector('[role=status]'))
  const inputs = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll('input, select')])
  const redraw = () => {
    const values = Object.fromEntries(inputs.map(o => [o.name, o.type === 'range' ? o.valueAsNumber : o.value]))
    for (const o of inputs) {
      const value = o.parentElement?.querySelector('.value')
      if (value) value.textContent = number(o.valueAsNumber, (o.step.split('.')[1] ?? '').length)
    }
    said.textContent = draw(values, box)
  }
  form.addEventListener('input', redraw)
  form.addEventListener('submit', event => event.preventDefault())
  redraw()
  return {box, set(values) { for (const o of inputs) if (o.name in values) o.value = values[o.name]; redraw() }}
}
