// The page Train it here: settings, which are in the page's address too, and pictures of a training that runs in train-worker.js.
import {extent, scaleLinear} from './d3.js'
import {$, asInk, largest, names, paint, readColours, twoSided} from './pictures.js'

// ---- the settings

const numbers = (/** @type {number[]} */ ...values) => values.map(o => [`${o}`, `${o}`])
/** @typedef {{label: string, values: string[][], fresh?: boolean, slider?: boolean, start?: number}} Control
 * @typedef {Record<string, string>} Chosen  The value of each setting. */
/** @type {Record<string, Control>} By name: label, values with their names; the first one holds unless the address says otherwise. `fresh` ones begin anew. */
const controls = {
  digits: {label: 'Images', fresh: true, values: [['37', '3 and 7'], ['ten', 'ten digits']]},
  hidden: {label: 'Hidden units', fresh: true, values: [['0', 'none (linear)'], ...numbers(1, 2, 5, 10, 30, 100)]},
  start: {label: 'Start', fresh: true, values: [['random', 'random'], ['zero', 'all zero'], ['counted', 'counted']]},
  seed: {label: 'Seed', fresh: true, values: numbers(1, 2, 3, 4, 5)},
  loss: {label: 'Loss', values: [['cross-entropy', 'cross-entropy'], ['mnist_loss', 'mnist_loss']]},
  order: {label: 'Batches', values: [['shuffled', 'shuffled'], ['sorted', 'sorted']]},
  lr: {label: 'Learning rate', slider: true, start: .1, values: numbers(.0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10, 30)},
  batch: {label: 'Batch size', slider: true, start: 64, values: numbers(1, 4, 16, 64, 256, 1000, 2000)},
  momentum: {label: 'Momentum', slider: true, start: 0, values: numbers(0, .5, .8, .9, .95, .99)},
}
/** @type {Chosen} */
const usual = Object.fromEntries(Object.entries(controls).map(([name, o]) => [name, `${o.start ?? o.values[0][0]}`]))

/** @typedef {{name: string, see: string, [setting: string]: string}} Preset */
/** @type {Preset[]} */
const presets = [
  {name: 'Rate too large', hidden: '30', lr: '10', see: 'The first steps throw the weights so far that no hidden unit is lit by any image: the net can only guess, for ever.'},
  {name: 'Rate too small', lr: '0.0001', see: 'Every step goes the right way, and the loss falls: see how slowly.'},
  {name: 'Sorted batches', order: 'sorted', lr: '0.3', see: 'A thousand threes, then a thousand sevens: the model takes everything for what it has seen last. Watch the mistakes change sides.'},
  {name: 'All weights zero', hidden: '30', start: 'zero', lr: '1', see: 'No push comes through votes that are 0, and none reaches a vote from units that are 0. Only the last bias moves.'},
  {name: 'Momentum .99', momentum: '0.99', see: 'The weights roll through the valley and up the other side: the held-out loss falls fast, and climbs again.'},
]

/** The settings in an address, `#lr=0.3&hidden=30`; what is missing or unknown is as usual. @param {string} hash @returns {Chosen} */
function read(hash) {
  const given = new URLSearchParams(hash.slice(1))
  return Object.fromEntries(Object.entries(controls).map(([name, {values}]) =>
    [name, values.find(([v]) => v === given.get(name))?.[0] ?? usual[name]]))
}

const write = (/** @type {Chosen} */ chosen) => new URLSearchParams(Object.entries(chosen).filter(([name, v]) => v !== usual[name])).toString()

/** For the arithmetic: numbers as numbers. */
const asSettings = (/** @type {Chosen} */ chosen) => ({...chosen, ...Object.fromEntries(['hidden', 'seed', 'lr', 'batch', 'momentum'].map(o => [o, Number(chosen[o])]))})

/** @param {[string, Control]} control */
function makeControl([name, {label, slider, values}]) {
  const id = `train-${name}`
  if (slider) return `<div><label for="${id}">${label}</label> <output class="number" for="${id}"></output>
    <input type="range" id="${id}" name="${name}" min="0" max="${values.length - 1}"></div>`
  return `<div><label for="${id}">${label}</label><select id="${id}" name="${name}">${values.map(([v, text]) => `<option value="${v}">${text}</option>`).join('')}</select></div>`
}

const frame = `
<div class="card">
<div class="buttons"><button type="button" id="run" class="main">Start</button><button type="button" id="step">One step</button><button type="button" id="reset">Reset</button>
<label class="pace">Pace <select id="pace"><option value="step">2 steps a second</option><option value="slow" selected>10 steps a second</option><option value="fast">as fast as it goes</option></select></label></div>
<p id="status" role="status" aria-live="polite"></p>
<dl class="numbers">${[['steps', 'steps'], ['epochs', 'epochs'], ['loss', 'loss of the batch'], ['held-loss', 'held-out loss'], ['accuracy', 'held-out accuracy'], ['ms', 'ms a step']].map(([id, name]) => `<div><dt>${name}</dt><dd id="${id}" class="number">–</dd></div>`).join('')}</dl>
<p class="quiet" id="batch"></p>
<div class="presets" id="presets" role="group" aria-labelledby="presets-name"><span class="quiet" id="presets-name">See what happens:</span></div>
</div>
<div class="top">
<section class="card" aria-labelledby="weights-name"><span class="name" id="weights-name">The weights</span><ul id="weights" class="weights"></ul><p class="quiet" id="weights-key"></p></section>
<section class="card" aria-labelledby="curves-name"><span class="name" id="curves-name">Loss and accuracy</span>
<figure><figcaption class="quiet"><span class="key three"></span> loss of the batches&ensp;<span class="key seven"></span> of the held-out images</figcaption><svg id="losses" role="img" viewBox="0 0 400 170"></svg></figure>
<figure><figcaption class="quiet"><span class="key seven"></span> accuracy on the held-out images</figcaption><svg id="accuracies" role="img" viewBox="0 0 400 170"></svg></figure></section>
</div>
<form class="card settings" aria-label="Settings">${Object.entries(controls).map(makeControl).join('')}</form>
<section class="card" aria-labelledby="wrong-name"><span class="name" id="wrong-name">What it gets wrong now</span><ol id="wrong" class="wrong-images"></ol></section>`

// ---- what is on show

const root = $('train')
let chosen = read(location.hash)
/** What the worker says: the loss of the batch and the milliseconds a step took are missing at the start.
 * @typedef {{i: number, label: number, said: number | null, loss: number, image: Float32Array}} WrongImage
 * @typedef {{steps: number, epochs: number, loss?: number, ms?: number, batch: number[], weight: Float32Array, votes?: Float32Array,
 *   held: {loss: number, accuracy: number, n: number, mistakes: number}, wrong: WrongImage[]}} State
 * @typedef {{step: number, loss?: number, held: number, accuracy: number}} Moment */
/** @type {State | null} what the worker has said last */
let state = null
/** @type {Moment[]} thinned out as it grows */
let history = []
let running = false, asked = false   // asked: the images have been fetched, or are on their way

const count = (/** @type {number} */ n, /** @type {string} */ word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`
const fixed = (/** @type {number | undefined} */ x, digits = 4) => x === undefined ? '–' : Number.isFinite(x) ? x >= 1e4 ? x.toExponential(1) : x.toFixed(digits) : 'not a number'

function showControls() {
  for (const [name, {slider, values}] of Object.entries(controls)) {
    const input = $(`train-${name}`)
    input.value = slider ? values.findIndex(([v]) => v === chosen[name]) : chosen[name]
    if (slider) {
      input.previousElementSibling.textContent = chosen[name]
      input.setAttribute('aria-valuetext', chosen[name])
    }
  }
  $('train-loss').disabled = chosen.digits === 'ten'
}

function showState() {
  $('steps').textContent = state ? state.steps.toLocaleString('en') : '–'
  $('epochs').textContent = state ? state.epochs : '–'
  $('loss').textContent = fixed(state?.loss)
  $('ms').textContent = fixed(state?.ms, 1)
  $('held-loss').textContent = fixed(state?.held.loss)
  $('accuracy').textContent = fixed(state?.held.accuracy, 3)
  $('batch').textContent = state ? aboutBatch(state.batch) : ''
  showWeights()
  showCurves()
  showWrong()
}

/** @param {number[]} batch */
function aboutBatch(batch) {
  const digits = [...new Set(batch)].sort()
  return batch.length ? `The last batch: ${digits.map(d => `${batch.filter(o => o === d).length} × ${d}`).join(', ')}` : 'No step yet: this is the start.'
}

/** A picture for each output of the first layer. Red speaks for what it is for: a three, or the digit below it; blue against it. */
function showWeights() {
  const n = state ? state.weight.length/784 : 1, ten = chosen.digits === 'ten', votes = state?.votes
  /** @type {HTMLElement} */
  const list = $('weights')
  const limit = state ? .8*largest(state.weight) || 1 : 1
  while (list.children.length > n) list.children[n].remove()
  while (list.children.length < n) {
    const item = document.createElement('li')
    item.append(document.createElement('canvas'), document.createElement('span'))
    list.append(item)
  }
  list.dataset.size = n === 1 ? 'one' : n > 30 ? 'many' : 'some'
  const {weight} = state ?? {weight: new Float32Array(784)}
  ;[...list.querySelectorAll('li')].forEach((item, j) => {
    const vote = !ten && votes ? votes[j] : 0, towards = vote < 0 ? -1 : 1, [canvas, text] = item.children
    const values = Float32Array.from({length: 784}, (_, i) => towards*weight[i*n + j])
    paint(/** @type {HTMLCanvasElement} */ (canvas), values, twoSided(limit))
    item.style.setProperty('--colour', vote ? `var(--${vote > 0 ? 'three' : 'seven'})` : 'var(--line)')
    text.textContent = ten && !votes && n > 1 ? `${j}` : ''
  })
  const speaks = '<span class="key three"></span> ink there speaks for'
  $('weights-key').innerHTML = !state ? 'Here the weights will form.'
    : ten ? votes ? `${n} hidden units: <span class="key three"></span> ink there lights one up&ensp;<span class="key seven"></span> keeps it dark`
      : `${speaks} the digit&ensp;<span class="key seven"></span> against it`
    : `${speaks} a three&ensp;<span class="key seven"></span> for a seven${votes ? '. The frame is the unit’s vote' : ''}`
}

// ---- the curves

const WIDTH = 400, HEIGHT = 170, LEFT = 46, TOP = 10, BOTTOM = 30, KEPT = 300

/** Keep the curve short: of old points every other one will do. @param {State} state */
function remember({steps, loss, held}) {
  history.push({step: steps, loss, held: held.loss, accuracy: held.accuracy})
  if (history.length > KEPT) history = history.filter((_, i) => i%2 === 0 || i > history.length - 20)
}

/** @typedef {'loss' | 'held' | 'accuracy'} Key */
/** @param {SVGSVGElement} svg @param {[Key, string][]} lines what to draw, and the colour @param {number} low @param {number} high */
function drawCurves(svg, lines, low, high) {
  const last = Math.max(history.at(-1)?.step ?? 0, 10)
  const x = scaleLinear([0, last], [LEFT, WIDTH - 4]), y = scaleLinear([low, high], [HEIGHT - BOTTOM, TOP]).nice(3).clamp(true)
  const points = (/** @type {Key} */ key) => history.filter(o => Number.isFinite(o[key])).map(o => `${x(o.step).toFixed(1)},${y(o[key] ?? 0).toFixed(1)}`).join(' ')
  const label = y.tickFormat(3)
  const ticks = y.ticks(3).map(v => `<line class="tick" x1="${LEFT}" x2="${WIDTH - 4}" y1="${y(v)}" y2="${y(v)}"/><text x="${LEFT - 6}" y="${y(v) + 5}" text-anchor="end">${label(v)}</text>`).join('')
  svg.innerHTML = `${ticks}${lines.map(([key, colour]) => `<polyline style="stroke: var(--${colour})" points="${points(key)}"/>`).join('')}
    <text x="${LEFT}" y="${HEIGHT - 8}">0</text><text x="${WIDTH - 4}" y="${HEIGHT - 8}" text-anchor="end">step ${last.toLocaleString('en')}</text>`
}

function showCurves() {
  const [, most = 1] = extent(history.flatMap(o => [o.loss ?? o.held, o.held]).filter(Number.isFinite))
  drawCurves($('losses'), [['loss', 'three'], ['held', 'seven']], 0, most || 1)
  drawCurves($('accuracies'), [['accuracy', 'seven']], Math.min(.8, ...history.map(o => o.accuracy)), 1)
  $('losses').setAttribute('aria-label', state ? `Loss of the batch ${fixed(state.loss)}, held-out loss ${fixed(state.held.loss)}, after ${count(state.steps, 'step')}` : 'Loss: no step yet')
  $('accuracies').setAttribute('aria-label', state ? `Held-out accuracy ${fixed(state.held.accuracy, 3)} after ${count(state.steps, 'step')}` : 'Accuracy: no step yet')
}

function showWrong() {
  $('wrong-name').textContent = state ? `What it gets wrong now: ${state.held.mistakes.toLocaleString('en')} of ${state.held.n.toLocaleString('en')} held-out images, the worst first (digit → answer)` : 'What it gets wrong will stand here'
  $('wrong').replaceChildren(...(state?.wrong ?? []).map(({image, label, said}) => {
    const item = document.createElement('li'), canvas = document.createElement('canvas'), text = document.createElement('span')
    paint(canvas, image, asInk)
    text.textContent = `${label} → ${said ?? '?'}`
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `${names[label]}, answer: ${said === null ? 'none' : names[said]}`)
    text.ariaHidden = 'true'
    item.append(canvas, text)
    return item
  }))
}

// ---- the worker, and what the buttons do

const worker = new Worker(new URL('train-worker.js', import.meta.url), {type: 'module'})
const tell = (/** @type {string} */ type, o = {}) => worker.postMessage({type, ...o})
const say = (/** @type {string} */ text) => { $('status').textContent = text }
const still = matchMedia('(prefers-reduced-motion: reduce)')
let drawn = 0                        // when the pictures were drawn last

worker.onmessage = ({data}) => {
  if (data.error) { setRunning(false); asked = false; return say(`That did not work: ${data.error}`) }
  if (data.over) { setRunning(false); return say(`Stopped after ${data.over} epochs. ${summary()}`) }
  if (data.steps === 0) history = []
  state = data
  remember(data)
  root.dataset.steps = data.steps
  if (data.steps === 0 && !running) say('The images are here. This is the start.')
  else if ($('status').textContent.startsWith('Fetching')) say('Learning …')
  if (!running || !still.matches || performance.now() - drawn > 1000) requestAnimationFrame(showState)
  if (running && still.matches) drawn = performance.now() - drawn > 1000 ? performance.now() : drawn
  if (!running && data.steps) say(summary())
}

const summary = () => state ? `After ${count(state.steps, 'step')}: held-out loss ${fixed(state.held.loss)}, accuracy ${fixed(state.held.accuracy, 3)}.` : ''

/** @param {boolean} now */
function setRunning(now) {
  running = now
  $('run').textContent = now ? 'Pause' : 'Start'
}

/** From the start, with the settings on show. The images are fetched when this is asked for first. */
function begin() {
  if (!asked) say('Fetching the images …')
  asked = true
  tell('begin', {settings: asSettings(chosen)})
}

function run() {
  if (!asked) begin()
  setRunning(true)
  if (state) say('Learning …')
  tell('run', {pace: $('pace').value})
}

function pause() {
  if (!running) return
  setRunning(false)
  tell('pause')
  showState()
  say(summary())
}

/** Take over settings, put them into the address, and begin anew where that must be. @param {Chosen} settings */
function choose(settings) {
  const fresh = Object.keys(controls).some(o => controls[o].fresh && settings[o] !== chosen[o])
  chosen = settings
  const hash = write(chosen)
  window.history.replaceState(null, '', hash ? `#${hash}` : location.pathname + location.search)
  showControls()
  if (!asked) return
  tell('change', {settings: asSettings(chosen)})
  if (fresh) { setRunning(false); begin() }
}

/** @param {Preset} preset */
function tryPreset({name, see, ...settings}) {
  pause()
  choose({...usual, ...settings})
  $('pace').value = 'slow'
  begin()
  run()
  say(see)
}

root.insertAdjacentHTML('beforeend', frame)
$('presets').append(...presets.map(o => {
  const button = Object.assign(document.createElement('button'), {type: 'button', textContent: o.name})
  button.addEventListener('click', () => tryPreset(o))
  return button
}))
/** @type {HTMLFormElement} */
const form = root.querySelector('form')
form.addEventListener('submit', e => e.preventDefault())
form.addEventListener('input', ({target}) => {
  const {name, value} = /** @type {HTMLInputElement} */ (target), {slider, values} = controls[name]
  choose({...chosen, [name]: slider ? values[Number(value)][0] : value})
})
$('run').addEventListener('click', () => running ? pause() : run())
$('step').addEventListener('click', () => { pause(); if (!asked) begin(); tell('step') })
$('reset').addEventListener('click', () => { setRunning(false); begin() })
$('pace').addEventListener('change', () => { if (running) run() })
addEventListener('hashchange', () => choose(read(location.hash)))
document.addEventListener('visibilitychange', () => { if (document.hidden) pause() })
for (const o of [document.documentElement, document.body])  // light and dark
  new MutationObserver(() => { readColours(root); showState() }).observe(o, {attributeFilter: ['class']})
readColours(root)
showControls()
showState()
say('Start fetches the images: 0.3 MB, from this site.')
root.dataset.ready = 'true'
