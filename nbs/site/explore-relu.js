// Chapter 9: five ReLUs whose sum follows the sine curve; four of their knots move.
import {scaleLinear} from './d3.js'
import {figure, number, onPress, picture, sum, svgOf} from './explore.js'

const end = 2*Math.PI, places = Array.from({length: 601}, (_, i) => i/600*end)

/** The change of slope at each knot, so that the line meets the sine at all of them and at 2π; before the first its slope is 0.
 * @param {number[]} knots from 0 up, no two equal */
export function bends(knots) {
  const stops = [...knots, end], slopes = knots.map((k, i) => (Math.sin(stops[i + 1]) - Math.sin(k))/(stops[i + 1] - k))
  return slopes.map((s, i) => s - (slopes[i - 1] ?? 0))
}

/** Bend times relu(x - knot), for each knot. @param {number[]} knots @param {number} x */
export const parts = (knots, x) => bends(knots).map((bend, i) => bend*Math.max(0, x - knots[i]))

/** How far the sum of the parts is from the sine, where it is worst. @param {number[]} knots */
export const largestError = knots => Math.max(...places.map(x => Math.abs(sum(parts(knots, x)) - Math.sin(x))))

const width = 440, height = 220
const across = scaleLinear([0, end], [0, width]), up = (/** @type {number} */ most) => scaleLinear([-most, most], [height, 0])
const line = (/** @type {string} */ name, /** @type {number} */ most, /** @type {number[]} */ ys) =>
  `<polyline class="curve ${name}" points="${ys.map((y, i) => `${across(places[6*i]).toFixed(1)},${up(most)(y).toFixed(1)}`).join(' ')}"/>`
const equal = [0, 1, 2, 3, 4].map(i => i*end/5), unmoved = largestError(equal)

const shown = figure('relu', [1, 2, 3, 4].map(i => ({name: `knot${i}`, label: `Knot ${i + 1}`, min: .01, max: 6.27, step: .01, value: Number(equal[i].toFixed(2))})),
  `<figure>${picture('parts', width, height)}<figcaption>the five ReLUs</figcaption></figure>
   <figure>${picture('whole', width, height)}<figcaption>their sum, and the sine curve (dashed)</figcaption></figure>`, (values, box) => {
    const knots = [...new Set([0, ...Object.values(values)])].sort((a, b) => a - b), error = largestError(knots)
    const few = places.filter((_, i) => i%6 === 0), each = few.map(x => parts(knots, x))
    const [left, right] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg')])
    const frame = `<rect class="frame" width="${width}" height="${height}"/><line class="frame" x2="${width}" y1="${height/2}" y2="${height/2}"/>`
    left.innerHTML = frame + `<svg width="${width}" height="${height}">${knots.map((_, i) => line('less', 5, each.map(o => o[i]))).join('')}</svg>`
    right.innerHTML = frame + line('dashed', 1.6, few.map(Math.sin)) + `<svg width="${width}" height="${height}">${line('more', 1.6, each.map(sum))}</svg>` +
      knots.map(k => `<circle class="more" cx="${across(k)}" cy="${up(1.6)(Math.sin(k))}" r="6"/>`).join('')
    left.setAttribute('aria-label', `${knots.length} lines that are 0 up to their knots, at ${knots.map(k => number(k)).join(', ')}, and then rise or fall`)
    right.setAttribute('aria-label', `Their sum, a broken line along the sine curve. It is off by at most ${number(error, 4)}`)
    const better = Math.abs(error - unmoved) < .002 ? '' : error < unmoved ? ' Better!' : ' Worse.'
    return `The sum is off by at most ${number(error, 4)}. With knots at equal distances: ${number(unmoved, 4)}.${better}`
  })
if (shown) {  // a press takes the nearest of the four
  let taken = ''
  onPress(svgOf(shown.box, 'svg.whole'), (x, _, first) => {
    const knots = /** @type {HTMLInputElement[]} */ ([...shown.box.querySelectorAll('input')]), place = across.invert(x)
    if (first) taken = knots.reduce((a, b) => Math.abs(b.valueAsNumber - place) < Math.abs(a.valueAsNumber - place) ? b : a).name
    shown.set({[taken]: place})
  })
}
