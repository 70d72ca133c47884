// Chapter 14: a schedule drawn by hand, run on the ravine with noise against the best constant rate and the best one-cycle.
import {scaleLinear, scaleLog} from './d3.js'
import {clamp, figure, number, onPress, picture, svgOf} from './explore.js'

export const steps = 600, noise = 5, bends = [1, 100], start = [-4, .5]

/** From a to b along half a cosine wave. @param {number} a @param {number} b @param {number} t from 0 to 1 */
const ease = (a, b, t) => b + (a - b)*(1 + Math.cos(Math.PI*t))/2
/** The rates of the book's one-cycle: they rise for three tenths of the steps. @param {number} highest @param {number} n steps */
export function oneCycle(highest, n) {
  const top = .3*n - 1, first = highest/25
  return Array.from({length: n}, (_, i) => i < top ? ease(first, highest, i/top) : ease(highest, first/1e4, (i - top)/(n - 1 - top)))
}
/** Rates on straight lines between some at equal distances, the last of which comes after the last step. @param {number[]} knots @param {number} n steps */
export const drawn = (knots, n) => Array.from({length: n}, (_, i) => {
  const at = i/n*(knots.length - 1), k = Math.floor(at)
  return knots[k] + (at - k)*(knots[k + 1] - knots[k])
})

/** How far from the lowest point walkers are at the start and after each step: the root of the mean square over all that the noise may do.
 * The noise is independent of the place, so along each axis mean squares follow from those before: no walker is needed. @param {number[]} rates @returns {number[]} */
export function run(rates) {
  let squares = start.map(x => x*x)
  const away = () => Math.sqrt(squares[0] + squares[1])
  return [away(), ...rates.map(lr => { squares = squares.map((m, k) => (1 - lr*bends[k])**2*m + (lr*noise)**2); return away() })]
}

const end = (/** @type {number[]} */ rates) => run(rates)[rates.length], most = .02
/** Of the rates 0.0005, 0.001, ... the one that ends nearest, with what it makes. @param {(rate: number) => number[]} make */
const best = make => Array.from({length: 40}, (_, i) => .0005*(i + 1)).map(rate => ({rate, rates: make(rate), away: end(make(rate))})).reduce((a, b) => b.away < a.away ? b : a)
const constant = best(rate => Array(steps).fill(rate)), cycle = best(rate => oneCycle(rate, steps))

const left = 44, width = 440, height = 250, names = [0, 1, 2, 3, 4, 5].map(i => `rate${i}`)
const across = scaleLinear([0, steps], [left, left + width]), byRate = scaleLinear([0, most], [height, 0]), byDistance = scaleLog([.15, 6], [height, 0]).clamp(true)
const line = (/** @type {string} */ name, /** @type {number[]} */ ys, /** @type {(y: number) => number} */ up) => `<polyline class="curve ${name}" points="${ys.map((y, i) => `${across(i).toFixed(1)},${up(y).toFixed(1)}`).join(' ')}"/>`
const lines = (/** @type {number[][]} */ all, /** @type {(y: number) => number} */ up) => ['dashed', 'less', 'more'].map((name, i) => line(name, all[i], up)).join('')
const ticks = (/** @type {number[]} */ values, /** @type {(y: number) => number} */ up) => values.map(y => `<line class="frame" x1="${left - 5}" x2="${left}" y1="${up(y)}" y2="${up(y)}"/><text x="${left - 8}" y="${up(y) + 5}" text-anchor="end">${y}</text>`).join('')
const axes = `<rect class="frame" x="${left}" width="${width}" height="${height}"/><text x="${left}" y="${height + 20}">step 0</text><text x="${left + width}" y="${height + 20}" text-anchor="end">600</text>`

const shown = figure('schedule', names.map((name, i) => ({name, label: `Rate at step ${120*i}`, min: 0, max: most, step: .0005, value: .006})),
  `<figure>${picture('whole drag', left + width, height + 24)}<figcaption>the rates: yours (red), one-cycle without momentum (blue), constant (dashed)</figcaption></figure>
   <figure>${picture('away', left + width, height + 24)}<figcaption>distance from the lowest point with each, the root mean square of all walkers</figcaption></figure>`, (values, box) => {
    const knots = names.map(name => values[name]), rates = drawn(knots, steps), distances = run(rates), yours = distances[steps]
    const [map, curve] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg[role=img]')])
    map.innerHTML = `${axes}${ticks(byRate.ticks(4), byRate)}${lines([constant.rates, cycle.rates, rates], byRate)}${knots.map((lr, i) => `<circle class="more" cx="${across(120*i)}" cy="${byRate(lr)}" r="6"/>`).join('')}`
    curve.innerHTML = `${axes}${ticks([.2, .5, 1, 2, 4], byDistance)}${lines([run(constant.rates), run(cycle.rates), distances], byDistance)}`
    map.setAttribute('aria-label', `Three schedules. Yours: ${knots.map((lr, i) => `${number(lr, 4)} at step ${120*i}`).join(', ')}`)
    curve.setAttribute('aria-label', `How the three distances fall over ${steps} steps, on a logarithmic axis. Yours ends at ${number(yours, 3)}`)
    const won = yours < Math.min(cycle.away, constant.away) ? ' Yours is better than both!' : yours < Math.max(cycle.away, constant.away) - 1e-9 ? ' Yours is in between.' : ' Yours is no better than either.'
    return `You end ${number(yours, 3)} from the lowest point, the best one-cycle (up to ${cycle.rate}) ${number(cycle.away, 3)}, the best constant rate (${constant.rate}) ${number(constant.away, 3)}.${won}`
  })
if (shown) onPress(svgOf(shown.box, 'svg.drag'), (x, y) =>  // the nearest of the six goes there
  shown.set({[names[clamp(Math.round(across.invert(x)/120), 0, 5)]]: clamp(byRate.invert(y), 0, most)}))
