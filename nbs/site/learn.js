// The pad that learns, on the page Draw a digit: the reader says what the digit is, sees the way back through the ReLU net, and takes steps.
import {backward, descend, forward, imageOf, judgeAll, loadSheet, lossOf, sorted, zeros} from './nets.js'
import {$, asInk, largest, names, paint, percent, pictureButton, rove, signed, twoSided} from './pictures.js'

/** @typedef {import('./models.js').Models} Models
 * @typedef {import('./nets.js').Layer} Layer */

const RATES = [.001, .003, .01, .03, .1, .3, 1]
const MOST = 30                      // steps that can be undone
const AREA = 784

const few = (/** @type {number} */ x) => x && Math.abs(x) < .00005 ? 'almost 0' : signed(x, 4)
const lossText = (/** @type {number} */ x) => x < .00005 ? 'below 0.0001' : x.toFixed(4)

/** Rows as columns: models.js has the weights of a unit in a row, nets.js input by input. @param {Float32Array | Float64Array} a @param {number} rows */
const turned = (a, rows) => a.map((_, k) => a[(k % rows)*(a.length/rows) + Math.floor(k/rows)])

const layerNames = ['relu.0', 'relu.2']

/** The ReLU net of models.js as layers of nets.js, in numbers of its own. @param {Models} models @returns {Layer[]} */
export const layersOf = models => layerNames.map(name => {
  const {data, shape: [outputs]} = models[`${name}.weight`]
  return {weight: Float64Array.from(turned(data, outputs)), bias: Float64Array.from(models[`${name}.bias`].data)}
})

/** Write layers back into the models. @param {Layer[]} layers @param {Models} models */
function store(layers, models) {
  layers.forEach(({weight, bias}, l) => {
    const inputs = weight.length/bias.length
    models[`${layerNames[l]}.weight`].data.set(turned(weight, inputs))
    models[`${layerNames[l]}.bias`].data.set(bias)
  })
}

/** The way back from one image's loss: its gradient, and the slope of the loss at the score and at each hidden unit.
 * @param {Layer[]} layers @param {Float32Array} image @param {number} label */
export function wayBack(layers, image, label) {
  const inputs = forward(layers, image), [, hidden, [score]] = inputs, {loss, push} = lossOf([score], label)
  const grads = zeros([AREA, hidden.length, 1])
  return {loss, score, hidden, grads, atScore: push[0], atHidden: Array.from(backward(layers, inputs, push, grads) ?? [])}
}

/** The card "Teach it". `changed` is called when the weights are others than before.
 * @param {Models} models @param {() => void} changed */
export function makeTeacher(models, changed) {
  const trained = layersOf(models), n = trained[0].bias.length
  /** @typedef {import('./models.js').Sample | null} Sample
   * @typedef {import('./nets.js').Images} Images
   * @typedef {ReturnType<typeof wayBack>} Back */
  let layers = trained
  let past = /** @type {Layer[][]} the weights before each step */ ([])
  let image = /** @type {Float32Array | null} what is on the pad */ (null)
  let sample = /** @type {Sample} the validation image that it is, or null for a drawing */ (null)
  let label = /** @type {number | null} what the reader says that it is */ (null)
  let held = /** @type {Images | null} the images to judge by */ (null)
  let back = /** @type {Back | null} */ (null)
  let shown = /** @type {number | null} the unit that is pointed at */ (null)
  const right = /** @type {number[]} how many were right before and after each step */ ([])
  const buttons = Array.from({length: n}, () => {
    const button = pictureButton($('pushes'), 'var(--line)', document.createElement('canvas'))
    button.className = 'pushed'
    return button
  })
  rove(buttons, k => { shown = k; showUnit() })

  /** Another image, or the same one as before. Of each the reader says anew what it is, but not after each stroke.
   * @param {Float32Array | null} newImage @param {Sample} newSample */
  function show(newImage, newSample = null) {
    if (!newImage || newSample !== sample) label = null
    image = newImage
    sample = newSample
    update()
  }

  function update() {
    for (const d of [3, 7]) $(`is-${d}`).setAttribute('aria-pressed', label === d)
    back = image && label !== null ? wayBack(layers, image, label) : null
    for (const o of ['is-3', 'is-7']) $(o).disabled = !image
    $('teach-step').disabled = !back
    $('unlearn').disabled = $('untaught').disabled = !past.length
    $('way-back').hidden = !back
    $('teach-loss').textContent = !image ? 'First draw a digit, or choose an image.' : !back ? 'First say what your digit is.'
      : `Loss ${lossText(back.loss)}: a ${names[label ?? 0]} has a probability of ${percent(Math.exp(-back.loss))}.`
    if (back) showBack(back)
    if (held) showHeld(held)
  }

  /** Pushes are minus the slopes: the way in which the loss falls. @param {Back} back */
  function showBack({grads, hidden, atHidden, atScore}) {
    const lit = hidden.filter((/** @type {number} */ h) => h > 0).length
    $('score-push').textContent = `push on the score: ${few(-atScore)}`
    $('score-push').dataset.way = atScore < 0 ? 'up' : 'down'
    $('lit-push').textContent = `${lit} lit ${lit === 1 ? 'unit hands' : 'units hand'} it on to ${lit === 1 ? 'its' : 'their'} weights, times the vote; ${n - lit} dark ones let nothing through.`
    const limit = largest(grads[0].weight) || 1
    buttons.forEach((button, j) => {
      paint(/** @type {HTMLCanvasElement} */ (button.firstChild), pushOf(grads, j), twoSided(limit, 'more', 'less'))
      button.setAttribute('aria-label', `Unit ${j + 1}: push ${few(-atHidden[j])}`)
    })
    showUnit()
  }

  const pushOf = (/** @type {Layer[]} */ grads, /** @type {number} */ j) => Float32Array.from({length: AREA}, (_, i) => -grads[0].weight[i*n + j])

  function showUnit() {
    if (!back) return
    const {grads, hidden, atHidden} = back
    const j = shown ?? atHidden.reduce((best, v, k) => Math.abs(v) > Math.abs(atHidden[best]) ? k : best, 0)
    const weights = Float32Array.from({length: AREA}, (_, i) => layers[0].weight[i*n + j]), push = pushOf(grads, j)
    paint($('unit-weights'), weights, twoSided(.5*largest(weights), 'more', 'less'))
    paint($('unit-push'), push, twoSided(largest(push) || 1, 'more', 'less'))
    const most = push.reduce((m, v) => Math.abs(v) > Math.abs(m) ? v : m, 0)
    $('unit-told').textContent = `${shown === null ? 'The most pushed, unit' : 'Unit'} ${j + 1}: ` + (hidden[j]
      ? `lit, ${hidden[j].toFixed(2)}. Push on it ${few(-atHidden[j])}, on its weights up to ${few(most)}, on its vote ${few(-grads[1].weight[j])}`
      : 'dark. No push comes through')
  }

  /** The images to judge by, the wrong ones on a ground of their own. @param {Images} held */
  function showHeld(held) {
    const {wrong} = judgeAll(layers, held), bad = new Set(wrong.map(o => o.i)), count = held.labels.length - wrong.length
    right[past.length] = count
    const pixels = held.pixels.map((v, i) => bad.has(Math.floor(i/AREA)) ? -.25 - .75*v : v), mark = twoSided(1, 'ink', 'wrong')
    paint($('judged'), pixels, mark, 28, 20)
    const story = right.slice(0, past.length + 1).slice(-8).join(' → ')
    $('held-right').textContent = `${count} of ${held.labels.length} validation images right`
    $('judged').setAttribute('aria-label', `The ${held.labels.length} validation images, ${wrong.length} of them marked as wrong`)
    $('held-story').textContent = past.length ? `step by step: ${story}` : 'none of them has been learned from'
  }

  /** @returns {number} */
  const rate = () => RATES[$('teach-rate').valueAsNumber]
  const copy = () => layers.map(({weight, bias}) => ({weight: weight.slice(), bias: bias.slice()}))

  /** Other weights, for the whole page. @param {Layer[]} newLayers */
  function use(newLayers) {
    layers = newLayers
    store(layers, models)
    changed()
  }

  function step() {
    if (!back) return
    const {grads, loss} = back, next = copy()
    past = [...past, layers].slice(-MOST - 1)
    descend(next, grads, zeros([AREA, n, 1]), {lr: rate(), momentum: 0})
    use(next)
    $('teach-said').textContent = `Step ${past.length}: the loss went from ${lossText(loss)} to ${lossText(back.loss)}; ${$('held-right').textContent}.`
  }

  function undo() {
    const [before] = past.splice(-1)
    use(before)
    $('teach-said').textContent = `One step back. ${$('held-right').textContent}.`
    if (!past.length) $('teach-step').focus()
  }

  /** @param {number} digit */
  async function say(digit) {
    label = digit
    update()
    if (held) return
    try {
      held = sorted(await loadSheet(new URL('../valid-37.png', import.meta.url)), [3, 7])
      showHeld(held)
    } catch (e) { $('held-right').textContent = `The validation images could not be loaded. (${e})` }
  }

  for (const d of [3, 7]) $(`is-${d}`).addEventListener('click', () => say(d))
  $('teach-step').addEventListener('click', step)
  $('unlearn').addEventListener('click', undo)
  $('untaught').addEventListener('click', () => {
    past = []
    use(trained)
    $('teach-said').textContent = 'The net is as it was trained.'
    $('teach-step').focus()
  })
  const showRate = () => {
    $('teach-rate').previousElementSibling.textContent = rate()
    $('teach-rate').setAttribute('aria-valuetext', rate())
  }
  $('teach-rate').max = RATES.length - 1
  $('teach-rate').value = RATES.indexOf(.01)
  $('teach-rate').addEventListener('input', showRate)
  showRate()
  return {show}
}
