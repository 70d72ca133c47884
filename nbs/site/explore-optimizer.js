// Chapter 8: a ball in a bowl that is a hundred times steeper across than along, with momentum.
import {scaleLinear} from './d3.js'
import {walk} from './descent.js'
import {figure, number, picture} from './explore.js'

/** The bowl (x² + 100 y²)/2 of the chapter. */
export const bowl = {gradient: (/** @type {number[]} */ [x, y]) => [x, 100*y]}
export const start = [-4, .5], near = .01, longest = 1000

/** The walk of SGD until it is near the lowest point, or for 1,000 steps. @param {number} lr @param {number} momentum @returns {number[][]} */
export function roll(lr, momentum) {
  const path = walk(bowl, start, lr, momentum, longest), there = path.findIndex(p => Math.hypot(...p) <= near)
  return there < 0 ? path : path.slice(0, there + 1)
}

const width = 600, height = 240
const across = scaleLinear([-5, 5], [0, width]), up = scaleLinear([-.8, .8], [height, 0])  // y is stretched

figure('optimizer', [
  {name: 'momentum', label: 'Momentum', min: 0, max: .99, step: .01, value: 0},
  {name: 'lr', label: 'Learning rate', min: .001, max: .04, step: .001, value: .018},
], picture('valley', width, height), ({momentum, lr}, box) => {
  const path = roll(lr, momentum), last = /** @type {number[]} */ (path.at(-1)), there = Math.hypot(...last) <= near
  const svg = /** @type {SVGSVGElement} */ (box.querySelector('svg'))
  const spots = path.filter(p => Math.hypot(...p) < 100).map(([x, y]) => [across(x).toFixed(1), up(y).toFixed(1)])
  const levels = [1, 2, 3, 4, 5].map(k => `<ellipse class="frame" cx="${width/2}" cy="${height/2}" rx="${60*k}" ry="${15*k}"/>`).join('')
  svg.innerHTML = `<rect class="frame" width="${width}" height="${height}"/><svg width="${width}" height="${height}">${levels}
    <polyline class="curve more thin" points="${spots.map(p => p.join()).join(' ')}"/>${spots.map(([x, y]) => `<circle class="more" cx="${x}" cy="${y}" r="3"/>`).join('')}
    <path class="curve" d="M${width/2 - 8} ${height/2}h16m-8 -8v16"/></svg>`
  const says = there ? `There, within ${near} of the lowest point, after ${path.length - 1} steps.`
    : Math.hypot(...last) > Math.hypot(...start) || !last.every(Number.isFinite) ? 'It diverges: the steps grow from wall to wall.'
    : `Not there after ${longest} steps: still ${number(Math.hypot(...last), 3)} away.`
  svg.setAttribute('aria-label', `The path of the ball on the bowl. ${says}`)
  return says
})
