// The pad that learns, on the page Draw a digit: the reader says what the digit is, sees the way back through the ReLU net, and takes steps.
import {backward, descend, forward, imageOf, judgeAll, loadSheet, lossOf, sorted, zeros} from './nets.js'
import {$, asInk, largest, names, paint, percent, pictureButton, rove, signed, twoSided} from './pictures.js'

const RATES = [.001, .003, .01, .03, .1, .3, 1]
const MOST = 30                      // steps that can be undone
const AREA = 784

const few = x => x && Math.abs(x) < .00005 ? 'almost 0' : signed(x, 4)
const lossText = x => x < .00005 ? 'below 0.0001' : x.toFixed(4)

/** Rows as columns: models.js has the weights of a unit in a row, nets.js input by input. */
const turned = (a, rows) => a.map((_, k) => a[(k % rows)*(a.length/rows) + Math.floor(k/rows)])

const layerNames = ['relu.0', 'relu.2']

/** The ReLU net of models.js as layers of nets.js, in numbers of its own. @returns {import('./nets.js').Layer[]} */
export const layersOf = models => layerNames.map(name => {
  const {data, shape: [outputs]} = models[`${name}.weight`]
  return {weight: Float64Array.from(turned(data, outputs)), bias: Float64Array.from(models[`${name}.bias`].data)}
})

/** Write layers back into the models. */
function store(layers, models) {
  layers.forEach(({weight, bias}, l) => {
    const inputs = weight.length/bias.length
    models[`${layerNames[l]}.weight`].data.set(turned(weight, inputs))
    models[`${layerNames[l]}.bias`].data.set(bias)
  })
}

/** The way back from one image's loss: its gradient, and the slope of the loss at the score and at each hidden unit. */
export function wayBack(layers, image, label) {
  const inputs = forward(layers, image), [, hidden, [score]] = inputs, {loss, push} = lossOf([score], label)
  const grads = zeros([AREA, hidden.length, 1])
  return {loss, score, hidden, grads, atScore: push[0], atHidden: backward(layers, inputs, push, grads)}
}

/** The card "Teach it". `changed` is called when the weights are others than before. */
export function makeTeacher(models, changed) {
  const trained = layersOf(models), n = trained[0].bias.length
  let layers = trained, past = []    // the weights now, and those before each step
  let image = null, sample = null    // what is on the pad; the validation image that it is, or null for a drawing
  let label = null                   // what the reader says that it is
  let held = null, right = []        // the images to judge by; how many were right before and after each step
  let back = null, shown = null      // the way back; the unit that is pointed at
  const buttons = Array.from({length: n}, () => {
    const button = pictureButton($('pushes'), 'var(--line)', document.createElement('canvas'))
    button.className = 'pushed'
    return button
  })
  rove(buttons, k => { shown = k; showUnit() })

  /** Another image, or the same one as before. Of each the reader says anew what it is, but not after each stroke. */
  function show(newImage, newSample = null) {
    if (!newImage || newSample !== sample) label = null
    ;[image, sample] = [newImage, newSample]
    update()
  }

  function update() {
    for (const d of [3, 7]) $(`is-${d}`).setAttribute('aria-pressed', label === d)
    const ready = image !== null && label !== null
    for (const o of ['is-3', 'is-7']) $(o).disabled = !image
    $('teach-step').disabled = !ready
    $('unlearn').disabled = $('untaught').disabled = !past.length
    $('way-back').hidden = !ready
    back = ready ? wayBack(layers, image, label) : null
    $('teach-loss').textContent = !image ? 'First draw a digit, or choose an image.' : !ready ? 'First say what your digit is.'
      : `Loss ${lossText(back.loss)}: a ${names[label]} has a probability of ${percent(Math.exp(-back.loss))}.`
    if (ready) showBack()
    if (held) showHeld()
  }

  /** Pushes are minus the slopes: the way in which the loss falls. */
  function showBack() {
    const {grads, hidden, atHidden} = back, lit = hidden.filter(h => h > 0).length
    $('score-push').textContent = `push on the score: ${few(-back.atScore)}`
    $('score-push').dataset.way = back.atScore < 0 ? 'up' : 'down'
    $('lit-push').textContent = `${lit} lit ${lit === 1 ? 'unit hands' : 'units hand'} it on to ${lit === 1 ? 'its' : 'their'} weights, times the vote; ${n - lit} dark ones let nothing through.`
    const limit = largest(grads[0].weight) || 1
    buttons.forEach((button, j) => {
      paint(button.firstChild, pushOf(j), twoSided(limit, 'more', 'less'))
      button.setAttribute('aria-label', `Unit ${j + 1}: push ${few(-atHidden[j])}`)
    })
    showUnit()
  }

  const pushOf = j => Float32Array.from({length: AREA}, (_, i) => -back.grads[0].weight[i*n + j])

  function showUnit() {
    if (!back) return
    const {grads, hidden, atHidden} = back
    const j = shown ?? atHidden.reduce((best, v, k) => Math.abs(v) > Math.abs(atHidden[best]) ? k : best, 0)
    const weights = Float32Array.from({length: AREA}, (_, i) => layers[0].weight[i*n + j]), push = pushOf(j)
    paint($('unit-weights'), weights, twoSided(.5*largest(weights), 'more', 'less'))
    paint($('unit-push'), push, twoSided(largest(push) || 1, 'more', 'less'))
    const most = push.reduce((m, v) => Math.abs(v) > Math.abs(m) ? v : m, 0)
    $('unit-told').textContent = `${shown === null ? 'The most pushed, unit' : 'Unit'} ${j + 1}: ` + (hidden[j]
      ? `lit, ${hidden[j].toFixed(2)}. Push on it ${few(-atHidden[j])}, on its weights up to ${few(most)}, on its vote ${few(-grads[1].weight[j])}`
      : 'dark. No push comes through')
  }

  /** The images to judge by, the wrong ones on a ground of their own. */
  function showHeld() {
    const {wrong} = judgeAll(layers, held), bad = new Set(wrong.map(o => o.i)), count = held.labels.length - wrong.length
    right[past.length] = count
    const pixels = held.pixels.map((v, i) => bad.has(Math.floor(i/AREA)) ? -.25 - .75*v : v), mark = twoSided(1, 'ink', 'wrong')
    paint($('judged'), pixels, mark, 28, 20)
    const story = right.slice(0, past.length + 1).slice(-8).join(' → ')
    $('held-right').textContent = `${count} of ${held.labels.length} validation images right`
    $('judged').setAttribute('aria-label', `The ${held.labels.length} validation images, ${wrong.length} of them marked as wrong`)
    $('held-story').textContent = past.length ? `step by step: ${story}` : 'none of them has been learned from'
  }

  const rate = () => RATES[$('teach-rate').valueAsNumber]
  const copy = () => layers.map(({weight, bias}) => ({weight: weight.slice(), bias: bias.slice()}))

  /** Other weights, for the whole page. */
  function use(newLayers) {
    layers = newLayers
    store(layers, models)
    changed()
  }

  function step() {
    const before = back, next = copy()
    past = [...past, layers].slice(-MOST - 1)
    descend(next, before.grads, zeros([AREA, n, 1]), {lr: rate(), momentum: 0})
    use(next)
    $('teach-said').textContent = `Step ${past.length}: the loss went from ${lossText(before.loss)} to ${lossText(back.loss)}; ${$('held-right').textContent}.`
  }

  function undo() {
    const before = past.at(-1)
    past = past.slice(0, -1)
    use(before)
    $('teach-said').textContent = `One step back. ${$('held-right').textContent}.`
    if (!past.length) $('teach-step').focus()
  }

  async function say(digit) {
    label = digit
    update()
    if (held) return
    try {
      held = sorted(await loadSheet(new URL('../valid-37.png', import.meta.url)), [3, 7])
      showHeld()
    } catch (e) { $('held-right').textContent = `The validation images could not be loaded. (${e.message})` }
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
