// Watch SGD run: the interactive figure of chapter 5, drawn into <div id="descent">.
// The reader chooses a loss, a starting point, a learning rate and a momentum; the path is computed and drawn afresh at each change.

import {scaleLinear, scaleLog} from './d3.js'

// ---- What is computed: the losses, the walk, and what to say of it

/**
 * @typedef {number[]} Point  The parameters: one number or two.
 * @typedef {(p: Point) => Point} Gradient
 * @typedef {{name: string, parameters: number, loss: (p: Point) => number, gradient: Gradient, curvature?: number[]}} Loss
 */

const sum = (/** @type {number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0)

/** The loss c1*p1² + c2*p2² + ...: a parabola for one parameter, a bowl or a ravine for two. @param {number[]} c */
const quadratic = (...c) => ({
  curvature: c,
  parameters: c.length,
  loss: (/** @type {Point} */ p) => sum(c.map((ci, i) => ci*p[i]**2)),
  gradient: (/** @type {Point} */ p) => c.map((ci, i) => 2*ci*p[i]),
})

/** @type {Record<string, Loss>} */
export const losses = {
  curve: {name: 'curve: one valley', ...quadratic(1)},
  valleys: {
    name: 'curve: two valleys',
    parameters: 1,
    loss: ([x]) => (x**2 - 1)**2/2 + x/4 + .3,
    gradient: ([x]) => [2*x*(x**2 - 1) + .25],
  },
  bowl: {name: 'landscape: bowl', ...quadratic(1, .5)},
  ravine: {name: 'landscape: ravine', ...quadratic(.05, 1)},
}

/** The update rule of the book's SGD (chapter 8); without momentum it is plain gradient descent.
 * @param {{gradient: Gradient}} loss @param {Point} start @param {number} lr */
export function walk({gradient}, start, lr, momentum = 0, steps = 40) {
  let p = start, velocity = p.map(() => 0)
  const path = [p]
  for (let step = 1; step <= steps; step++) {
    const slope = gradient(p)
    velocity = velocity.map((v, i) => momentum*v + slope[i])
    p = p.map((x, i) => x - lr*velocity[i])
    path.push(p)
  }
  return path
}

const edge = [2, 1.6]  // the map reaches from -2 to 2, and upwards from -1.6 to 1.6
export const onMap = (/** @type {Point} */ p) => p.every((x, i) => Math.abs(x) <= edge[i])  // false for NaN and infinity, too

/** Is there a deeper valley than the one where the walk has ended? @param {Loss['loss']} loss @param {Point} end */
function elsewhere(loss, end) {
  if (end.length > 1) return ''
  const lowest = Math.min(...Array.from({length: 401}, (_, i) => loss([edge[0]*(i/200 - 1)])))
  return loss(end) - lowest > .01 ? ` The other valley is deeper: ${readable(lowest)}.` : ''
}

/** One sentence on how the walk went. @param {Loss} loss @param {Point[]} path */
export function verdict({loss, gradient}, path) {
  const last = path[path.length - 1], steps = path.length - 1
  const [before, after] = [path[0], last].map(p => readable(loss(p)))
  if (!onMap(last)) return `Diverges: step ${path.findIndex(p => !onMap(p))} is off the map.`
  if (path.slice(-5).every(p => Math.hypot(...gradient(p)) < .05)) return `Converges: loss ${after} after ${steps} steps.${elsewhere(loss, last)}`
  const highest = (/** @type {number} */ from, /** @type {number | undefined} */ to = undefined) => Math.max(...path.slice(from, to).map(loss))
  if (highest(-10) >= .99*highest(-20, -10)) return `Does not settle: loss ${after} after ${steps} steps, ${before} at the start.`
  return `On its way: loss ${after} after ${steps} steps, ${before} at the start.`
}

const readable = (/** @type {number} */ x) => x < 1e-4 ? 'below 0.0001' : x.toFixed(4)

// ---- What is drawn: two SVG pictures, the path on the loss, and the loss at each step

const width = 400, height = 320  // of both pictures, in SVG units
/** @param {number} x @param {number} low @param {number} high */
const clamp = (x, low, high) => Math.min(Math.max(x, low), high)
const far = 5000  // points far off the map are drawn here; SVG knows no infinity
/** Where a point is drawn. @param {number} x @param {number} y */
const spot = (x, y) => [x, y].map(o => clamp(o, -far, far).toFixed(1))
const points = (/** @type {string[][]} */ spots) => spots.map(o => o.join()).join(' ')
const dots = (/** @type {string[][]} */ spots, /** @type {number} */ r) => spots.map(([x, y]) => `<circle class="point" cx="${x}" cy="${y}" r="${r}"/>`).join('')
const finite = (/** @type {Point[]} */ path) => path.filter(p => p.every(Number.isFinite))

const acrossMap = scaleLinear([-edge[0], edge[0]], [0, width])
const upMap = scaleLinear([-edge[1], edge[1]], [height, 0])
const upCurve = scaleLinear([-.3, 4.2], [height, 0])

/** @param {Loss} chosen @param {Point[]} path */
function drawMap({loss, curvature, parameters}, path) {
  const at = (/** @type {Point} */ p) => spot(acrossMap(p[0]), parameters === 1 ? upCurve(loss(p)) : upMap(p[1]))
  const spots = finite(path).map(at)
  const [[x0, y0]] = spots
  let ground
  if (!curvature || parameters === 1) {
    ground = `<polyline class="loss" points="${points(acrossMap.ticks(160).map(x => at([x])))}"/>`
  } else {  // contour lines: where the loss is (k/4)², an ellipse
    ground = Array.from({length: 12}, (_, i) => (i + 1)/4).map(k => {
      const [rx, ry] = curvature.map(c => k/Math.sqrt(c)*width/2/edge[0])
      return `<ellipse class="level" cx="${width/2}" cy="${height/2}" rx="${rx}" ry="${ry}"/>`
    }).join('') + `<path class="frame" d="M${width/2 - 6} ${height/2}h12m-6 -6v12"/>`
  }
  return `<rect class="frame" x=".5" y=".5" width="${width - 1}" height="${height - 1}"/>${ground}
    <polyline class="path" points="${points(spots)}"/>${dots(spots, 3.5)}<circle class="start" cx="${x0}" cy="${y0}" r="8"/>
    <text x="8" y="${height - 10}">${parameters === 1 ? 'the parameter x →' : 'x →'}</text>
    <text x="8" y="20">${parameters === 1 ? '↑ loss' : '↑ y'}</text>`
}

/** @param {Loss} chosen @param {Point[]} path @param {number} steps */
function drawLosses({loss}, path, steps) {
  const left = 62, across = scaleLinear([0, steps], [left, width - 10]), up = scaleLog([1e-5, 300], [height - 30, 0])
  const spots = finite(path).map((p, step) => spot(across(step), up(clamp(loss(p), 1e-6, 3000))))
  const ticks = up.ticks(4).map(value => `<line class="level" x1="${left - 5}" x2="${left}" y1="${up(value)}" y2="${up(value)}"/>
    <text x="${left - 8}" y="${up(value) + 4}" text-anchor="end">${value}</text>`).join('')
  return `<rect class="frame" x="${left}" y=".5" width="${width - left - 1}" height="${height - 30}"/>${ticks}
    <svg x="${left - 5}" width="${width - left + 5}" height="${height - 29}" viewBox="${left - 5} 0 ${width - left + 5} ${height - 29}">
      <polyline class="path" points="${points(spots)}"/>${dots(spots, 2.5)}</svg>
    <text x="${left}" y="${height - 8}">0</text><text x="${width - 10}" y="${height - 8}" text-anchor="end">step ${steps}</text>
    <text x="${width - 12}" y="20" text-anchor="end">loss at each step</text>`
}

// ---- The controls

/** The number is for the eye; a screen reader gets it from the slider itself.
 * @param {string} name @param {string} label @param {number} min @param {number} max @param {number} step @param {number} value */
const slider = (name, label, min, max, step, value) =>
  `<div><label for="descent-${name}">${label}</label><span class="value" aria-hidden="true"></span>
   <input type="range" id="descent-${name}" name="${name}" min="${min}" max="${max}" step="${step}" value="${value}"></div>`

/** @param {HTMLElement} box */
export function show(box) {
  const options = Object.entries(losses).map(([key, {name}]) => `<option value="${key}">${name}</option>`).join('')
  box.innerHTML = `<form class="descent-controls">
      <div><label for="descent-loss">Loss</label><select id="descent-loss" name="loss">${options}</select></div>
      ${slider('x', 'Start, x', -1.9, 1.9, .1, -1.6)}
      ${slider('y', 'Start, y', -1.5, 1.5, .1, 1.1)}
      ${slider('lr', 'Learning rate', .01, 1.2, .01, .1)}
      ${slider('momentum', 'Momentum', 0, .95, .05, 0)}
      <button type="button">Play step by step</button>
    </form>
    <p class="descent-verdict" role="status" aria-live="polite"></p>
    <div class="descent-pictures"><svg class="map" role="img" viewBox="0 0 ${width} ${height}"></svg><svg class="losses" role="img" viewBox="0 0 ${width} ${height}"></svg></div>`
  box.classList.add('descent')
  const find = (/** @type {string} */ selector) => /** @type {any} */ (box.querySelector(selector))
  const form = find('form'), said = find('[role=status]')
  const [map, curve] = box.querySelectorAll('svg')
  /** @type {number | undefined} */
  let timer

  function draw(shown = Infinity) {  // the first `shown` steps
    const chosen = losses[form.loss.value]
    const start = [form.x, form.y].slice(0, chosen.parameters).map(o => o.valueAsNumber)
    const path = walk(chosen, start, form.lr.valueAsNumber, form.momentum.valueAsNumber)
    const steps = path.length - 1, part = path.slice(0, shown + 1)
    form.y.parentElement.hidden = chosen.parameters === 1
    for (const input of form.querySelectorAll('[type=range]')) input.previousElementSibling.textContent = input.valueAsNumber.toFixed(input.step < .1 ? 2 : 1)
    map.innerHTML = drawMap(chosen, part)
    curve.innerHTML = drawLosses(chosen, part, steps)
    const lasting = shown < steps ? `Step ${shown} of ${steps}.` : verdict(chosen, path)
    map.setAttribute('aria-label', `The path on the ${chosen.name}, from ${start.join(', ')}. ${lasting}`)
    curve.setAttribute('aria-label', `The loss at each of the ${steps} steps. ${lasting}`)
    if (shown >= steps) said.textContent = lasting
    return steps
  }

  function play() {
    clearInterval(timer)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return draw()
    said.textContent = 'Running …'
    let shown = 0
    timer = setInterval(() => { if (shown >= draw(shown++)) clearInterval(timer) }, 100)
  }

  /** A click on the map. @param {MouseEvent} event */
  function startHere(event) {
    const {left, top, width, height} = map.getBoundingClientRect()
    form.x.value = ((event.clientX - left)/width*2 - 1)*edge[0]
    if (losses[form.loss.value].parameters > 1) form.y.value = (1 - (event.clientY - top)/height*2)*edge[1]
    redraw()
  }

  const redraw = () => { clearInterval(timer); draw() }
  form.addEventListener('input', redraw)
  form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault())
  form.querySelector('button').addEventListener('click', play)
  map.addEventListener('click', startHere)
  draw()
}

const box = document.getElementById('descent')
if (box) show(box)
