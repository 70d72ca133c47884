// Chapter 1: a box on the three, the slice that cuts it out, and its numbers.
import {around, figure, number, onPress, picture, pixels, sum, svgOf} from './explore.js'
import {three} from './explore-digits.js'

/** t[top:bottom, left:right] of an image of 28 x 28, as rows; none where an end is not after its start.
 * @param {ArrayLike<number>} t @param {number} top @param {number} bottom @param {number} left @param {number} right @returns {number[][]} */
export const cut = (t, top, bottom, left, right) => Array.from({length: Math.max(0, bottom - top)}, (_, i) =>
  Array.from({length: Math.max(0, right - left)}, (_, j) => t[28*(top + i) + left + j]))

const most = 10, cell = 36
const slider = (/** @type {string} */ name, /** @type {string} */ label, /** @type {number} */ value) => ({name, label, min: 0, max: 28, value})

const shown = figure('tensor', [
  slider('top', 'Rows from', 4), slider('bottom', 'Rows up to, not with', 10), slider('left', 'Columns from', 4), slider('right', 'Columns up to, not with', 10),
], `${picture('pixels drag', 28, 28)}<svg class="sheet" role="img" viewBox="0 0 ${most*cell} ${most*cell}"></svg>`, ({top, bottom, left, right}, box) => {
  const block = cut(three, top, bottom, left, right), rows = block.length, columns = Math.max(0, right - left), all = block.flat()
  const [map, sheet] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg')])
  map.innerHTML = `<rect class="frame" width="28" height="28"/>${pixels(three, 28, 255)}${around(top, left, rows, columns)}`
  map.setAttribute('aria-label', `The three, with a box around ${rows} rows and ${columns} columns`)
  const some = block.slice(0, most).map(row => row.slice(0, most))
  sheet.innerHTML = some.map((row, i) => row.map((x, j) => `<rect class="ink" x="${j*cell}" y="${i*cell}" width="${cell}" height="${cell}" fill-opacity="${(x/255*.38).toFixed(3)}"/>
    <text x="${j*cell + cell/2}" y="${i*cell + 23}" text-anchor="middle">${x}</text>`).join('')).join('')
  sheet.setAttribute('aria-label', `Its numbers, row by row: ${some.map(row => row.join(' ')).join('; ')}`)
  const cutOff = rows > most || columns > most ? ' (Beside it, the first ten of each.)' : ''
  const says = all.length ? `${all.length} numbers from ${Math.min(...all)} to ${Math.max(...all)}, with a mean of ${number(sum(all)/all.length, 1)}.${cutOff}` : 'no number at all.'
  return `t3[${top}:${bottom}, ${left}:${right}] has shape (${rows}, ${columns}): ${says}`
})
if (shown) {
  let from = [0, 0]
  onPress(svgOf(shown.box), (x, y, first) => {
    const [row, column] = [Math.floor(y), Math.floor(x)]
    if (first) from = [row, column]
    shown.set({top: Math.min(from[0], row), bottom: Math.max(from[0], row) + 1, left: Math.min(from[1], column), right: Math.max(from[1], column) + 1})
  })
}
