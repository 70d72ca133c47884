// Chapter 10: the graph of w*x1*(w*x1 + w), forwards and back, one node at a time; also back in a wrong order.
import {figure, number, onPress, picture, svgOf} from './explore.js'

/** @typedef {Record<string, number>} Numbers  by the names of nodes */
/** What is known after a step; `shares` has what a node handed back, as 'u>w', and `now` is the node of the step.
 * @typedef {{values: Numbers, grads: Numbers, shares: Numbers, now: string, says: string}} Frame */

/** The results, each with its operation and what it is made of. @type {Record<string, ['×' | '+', string, string]>} */
const made = {u: ['×', 'w', 'x1'], a: ['+', 'u', 'w'], b: ['×', 'u', 'a']}
/** Ways back: each node after all that use it; and u before a, which uses it. */
export const orders = {right: ['b', 'a', 'u'], early: ['b', 'u', 'a']}

const few = (/** @type {number} */ x) => number(x, 3).replace(/\.?0+$/, '')
/** b itself. @param {number} w @param {number} x1 */
const outcome = (w, x1) => w*x1*(w*x1 + w)

/** All steps from the inputs to b and back. @param {number} w @param {number} x1 @param {string[]} order @returns {Frame[]} */
export function frames(w, x1, order) {
  let values = /** @type {Numbers} */ ({w, x1}), grads = /** @type {Numbers} */ ({}), shares = /** @type {Numbers} */ ({})
  const all = [{values, grads, shares, now: '', says: `w is ${few(w)} and x1 is ${few(x1)}. What will b be, and how fast does it rise with each of them?`}]
  const note = (/** @type {string} */ now, /** @type {string} */ says) => all.push({values, grads, shares, now, says})
  for (const [name, [op, p, q]] of Object.entries(made)) {
    values = {...values, [name]: op === '×' ? values[p]*values[q] : values[p] + values[q]}
    note(name, `Forwards: ${name} = ${p} ${op} ${q} = ${few(values[p])} ${op} ${few(values[q])} = ${few(values[name])}.`)
  }
  grads = {b: 1}
  note('b', 'Back: b rises exactly as fast as itself, so its gradient is 1.')
  for (const node of order) {
    const [op, p, q] = made[node], g = grads[node]
    const parts = [[p, q], [q, p]].map(([to, other]) => ({to, share: op === '×' ? g*values[other] : g, how: op === '×' ? `${few(g)} × ${few(values[other])} = ` : ''}))
    for (const {to, share} of parts) {
      grads = {...grads, [to]: (grads[to] ?? 0) + share}
      shares = {...shares, [`${node}>${to}`]: share}
    }
    note(node, `Back: ${node} hands on ${parts.map(({to, share, how}) => `${how}${few(share)} to ${to}`).join(' and ')}.`)
  }
  const run = .001, slope = (outcome(w + run, x1) - outcome(w - run, x1))/(2*run), last = all[all.length - 1]
  last.says += ` Does b rise ${few(grads.w)} times as fast as w? Rise over run is ${few(slope)}${Math.abs(slope - grads.w) < 1e-6 ? '.' : ': u handed on its gradient before a had added its share.'}`
  return all
}

/** Where the nodes are drawn. @type {Record<string, [number, number]>} */
const places = {x1: [50, 50], w: [50, 210], u: [212, 76], a: [376, 186], b: [540, 96]}

const shown = figure('autograd', [
  {name: 'step', label: 'Step (or press the graph)', min: 0, max: 7, value: 0},
  {name: 'w', label: 'w', min: -4, max: 4, step: .5, value: 2},
  {name: 'x1', label: 'x1', min: -4, max: 4, step: .5, value: 3},
  {name: 'order', label: 'Order of the way back', options: {right: 'b, a, u: u waits for a', early: 'b, u, a: u does not wait'}, value: 'right'},
], picture('graph', 590, 288), ({step, w, x1, order}, box) => {
  const back = orders[/** @type {keyof typeof orders} */ (order)], {values, grads, shares, now, says} = frames(w, x1, back)[step], svg = svgOf(box)
  const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ name, /** @type {string} */ content) => `<text class="${name}" x="${x}" y="${y}" text-anchor="middle">${content}</text>`
  const edges = Object.entries(made).flatMap(([name, [, ...parents]]) => parents.map(parent => {
    const [[x, y], [u, v]] = [places[parent], places[name]], share = shares[`${name}>${parent}`], [mx, my] = [(x + u)/2, (y + v)/2]
    return `<line class="${share === undefined ? 'curve thin' : 'curve more'}" x1="${x}" y1="${y}" x2="${u}" y2="${v}"/>` + (share === undefined ? '' : text(mx, my + 6, 'back', few(share)))
  }))
  const nodes = Object.entries(places).map(([name, [x, y]]) =>
    `<rect class="${name === now ? 'node now' : 'node'}" x="${x - 47}" y="${y - 44}" width="94" height="88" rx="5"/>${text(x, y - 20, 'title', made[name] ? `${name} = ${made[name][0]}` : name)}
      ${values[name] === undefined ? '' : text(x, y + 6, '', few(values[name]))}${grads[name] === undefined ? '' : text(x, y + 32, 'back', few(grads[name]))}`)
  svg.innerHTML = edges.join('') + nodes.join('') + `<text x="4" y="280">way back: ${back.join(', ')}</text>`
  const list = (/** @type {Numbers} */ o) => Object.entries(o).map(([name, x]) => `${name} ${few(x)}`).join(', ')
  svg.setAttribute('aria-label', `The graph. Values: ${list(values)}. Gradients: ${list(grads) || 'none yet'}`)
  return says
})
if (shown) {
  const step = /** @type {HTMLInputElement} */ (shown.box.querySelector('[name=step]'))
  onPress(svgOf(shown.box), (x, y, first) => { if (first) shown.set({step: (step.valueAsNumber + 1)%8}) })
}
