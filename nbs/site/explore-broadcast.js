// Chapter 2: two shapes, aligned at the right and stretched, or the axes that do not fit.
import {figure, picture} from './explore.js'

/** The sizes of a shape typed in any of Python's ways: "(1010, 28, 28)", "28,28", "5 1". @param {string} text
 * @returns {number[] | null} null if it is none */
export function parse(text) {
  const inside = text.trim().replace(/^[([]\s*(.*?)\s*,?\s*[)\]]$/, '$1').replace(/,$/, '')
  const sizes = inside === '' ? [] : inside.split(/\s*,\s*|\s+/)
  return sizes.every(o => /^\d{1,6}$/.test(o)) && sizes.length <= 6 ? sizes.map(Number) : null
}

/** The sizes of two shapes in pairs, from the last axis back; a missing one is undefined. @param {number[]} a @param {number[]} b
 * @returns {[number | undefined, number | undefined][]} */
export const pairs = (a, b) => Array.from({length: Math.max(a.length, b.length)}, (_, i) => [a.at(-1 - i), b.at(-1 - i)])

/** The size of the result along an axis, null if the two do not fit. @param {[number | undefined, number | undefined]} pair */
export function size([m = 1, n = 1]) { return m === n || n === 1 ? m : m === 1 ? n : null }

/** As Python writes a shape. @param {number[]} shape */
export const written = shape => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`

/** The shape of the result of arithmetic between two, or the book's error. @param {number[]} a @param {number[]} b @returns {string} */
export function result(a, b) {
  const both = pairs(a, b), odd = both.findIndex(pair => size(pair) === null)
  if (odd < 0) return written(both.map(pair => size(pair) ?? 0).reverse())
  const [m, n] = both[odd]
  return `Shapes ${written(a)} and ${written(b)} do not broadcast: their axes -${odd + 1} are ${m} and ${n}, and neither is 1`
}

const cell = 92, left = 74
/** A cell of the table: what is there is solid, what is repeated is dashed. @param {number} x @param {number} y
 * @param {number | undefined} own @param {number | null} whole */
function box(x, y, own, whole) {
  const clash = whole === null, repeated = !clash && (own ?? 1) !== whole
  const text = own === undefined ? clash || whole === 1 ? '' : `→ ${whole}` : repeated ? `${own} → ${whole}` : own
  return `<rect class="axis${clash ? ' clash' : repeated ? ' repeated' : ''}" x="${x + 3}" y="${y + 3}" width="${cell - 6}" height="38" rx="4"/>
    <text x="${x + cell/2}" y="${y + 27}" text-anchor="middle">${text}</text>`
}

figure('broadcast', [
  {name: 'a', label: 'First shape', value: '(1010, 28, 28)'},
  {name: 'b', label: 'Second shape', value: '(28, 28)'},
], picture('sheet', left + 6*cell, 190), ({a, b}, root) => {
  const svg = /** @type {SVGSVGElement} */ (root.querySelector('svg')), first = parse(a), second = parse(b)
  if (!first || !second) {
    svg.innerHTML = ''
    svg.setAttribute('aria-label', 'No shapes to compare')
    return `The ${first ? 'second' : 'first'} is not a shape: up to six whole numbers with commas between, such as (1010, 28, 28).`
  }
  const both = pairs(first, second), columns = Math.max(3, both.length)
  const at = (/** @type {number} */ i) => left + (columns - 1 - i)*cell  // axis -1 is at the right
  svg.setAttribute('viewBox', `0 0 ${left + columns*cell} 190`)
  svg.style.maxWidth = `${left + columns*cell}px`
  svg.innerHTML = ['first', 'second', 'result'].map((o, k) => `<text x="0" y="${57 + 52*k}">${o}</text>`).join('') + both.map((pair, i) => {
    const whole = size(pair)
    return `<text x="${at(i) + cell/2}" y="18" text-anchor="middle">axis −${i + 1}</text>
      ${pair.map((own, k) => box(at(i), 30 + 52*k, own, whole)).join('')}${box(at(i), 134, whole ?? undefined, whole)}
      ${whole === null ? `<text x="${at(i) + cell/2}" y="161" text-anchor="middle">?</text>` : ''}`
  }).join('')
  const says = result(first, second), fits = says.startsWith('(')
  svg.setAttribute('aria-label', `The two shapes aligned at the right. ${says}`)
  return fits ? `They go together. Result: ${says}.` : `${says}.`
})
