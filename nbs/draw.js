// The page Draw a digit: a pad to draw on, and what each model says of the drawing. The arithmetic is in models.js.
import {judge, likeMnist, loadModels} from './models.js'

const PEN = 46, STEP = 20            // pixels of the pad, which has 560 x 560: width of a stroke, step of an arrow key
const names = {3: 'three', 7: 'seven'}
const $ = id => document.getElementById(id)
const root = $('draw'), pad = $('pad'), cursor = $('cursor')
const ink = pad.getContext('2d', {willReadFrequently: true})
const count = n => n.toLocaleString('en')
const signed = (x, digits = 2) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(digits)
const percent = p => p > .999 ? 'more than 99.9%' : p < .001 ? 'less than 0.1%' : `${(100*p).toFixed(1)}%`

let models, samples, order, units
let image = null                     // what the models see: 784 numbers, or null
let sample = null                    // the place in `order` of the validation image on show, or null for a drawing

// ---- pictures: numbers as colours, which the style sheet names

const rgb = name => getComputedStyle(root).getPropertyValue(name).trim().match(/\w\w/g).map(o => parseInt(o, 16))
let colours
const readColours = () => { colours = Object.fromEntries(['paper', 'ink', 'three', 'seven', 'more', 'less'].map(o => [o, rgb(`--${o}`)])) }
const mix = (name, share) => colours.paper.map((p, i) => p + (colours[name][i] - p)*Math.min(1, share))
const asInk = v => mix('ink', v)
const twoSided = (limit, above = 'three', below = 'seven') => v => mix(v > 0 ? above : below, Math.abs(v)/limit)
const largest = values => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0)

function paint(canvas, values, colour) {
  canvas.width = canvas.height = 28
  const context = canvas.getContext('2d'), pixels = context.createImageData(28, 28)
  values.forEach((v, i) => pixels.data.set([...colour(v), 255], 4*i))
  context.putImageData(pixels, 0, 0)
}

// ---- what the models say

function showSimilarity({distances, digit}) {
  for (const d of [3, 7]) {
    paint($(`difference-${d}`), image.map((v, i) => v - models[`ideal.${d}`].data[i]), twoSided(1, 'more', 'less'))
    $(`distance-${d}`).textContent = distances[d].toFixed(4)
    $(`distance-${d}`).classList.toggle('nearest', d === digit)
  }
}

function showScore(name, {score, probability}) {
  $(`${name}-score`).textContent = `score ${signed(score)}`
  $(`${name}-probability`).textContent = probability > .99995 ? '> 0.9999' : probability < .00005 ? '< 0.0001' : probability.toFixed(4)
  $(`${name}-meter`).style.setProperty('--p', probability)
}

function showUnits({hidden, votes, score}) {
  for (const {button, i, digit} of units.all) {
    button.style.setProperty('--lit', Math.min(1, hidden[i]/units.brightest))
    button.style.setProperty('--vote', Math.min(1, Math.abs(votes[i])/units.loudest))
    button.setAttribute('aria-label', `Unit ${i + 1}, for ${names[digit]}: ${hidden[i] ? `lit, ${hidden[i].toFixed(2)}` : 'dark'}`)
  }
  const total = sign => votes.reduce((t, v) => t + Math.max(0, sign*v), 0)
  $('net-sum').textContent = `${hidden.filter(h => h > 0).length} of ${hidden.length} units are lit. For three ${signed(total(1))}, for seven ${signed(-total(-1))}, bias ${signed(models['relu.2.bias'].data[0])}: score ${signed(score)}`
  showUnit()
}

function showUnit(i = units.shown) {
  units.shown = i
  if (!image) return
  const {hidden, votes} = judge(image, models).net
  const k = i ?? votes.reduce((best, v, j) => Math.abs(v) > Math.abs(votes[best]) ? j : best, 0)
  $('unit').textContent = `${i === null ? 'The loudest, unit' : 'Unit'} ${k + 1}: ` +
    `${hidden[k].toFixed(2)} × weight ${signed(models['relu.2.weight'].data[k])} = ${signed(votes[k])}`
}

function show() {
  root.classList.toggle('empty', !image)
  root.classList.toggle('wrong', sample !== null && isWrong(order[sample]))
  $('pager').textContent = `${sample === null ? '–' : sample + 1} / ${order.length}`
  paint($('seen'), image ?? new Float32Array(784), asInk)
  const said = image && judge(image, models)
  for (const o of ['similarity', 'linear', 'net']) {
    $(`${o}-digit`).textContent = said ? said[o].digit : '?'
    if (said) $(`${o}-digit`).dataset.digit = said[o].digit
    else delete $(`${o}-digit`).dataset.digit
  }
  if (said) {
    showSimilarity(said.similarity)
    const {data} = models['linear.weight']
    paint($('weighted'), image.map((v, i) => v*data[i]), twoSided(largest(data)))
    showScore('linear', said.linear)
    showScore('net', said.net)
    showUnits(said.net)
  } else clearAnswers()
  summarise(said)
}

function clearAnswers() {
  for (const id of ['difference-3', 'difference-7', 'weighted']) paint($(id), new Float32Array(784), asInk)
  for (const o of root.querySelectorAll('.number')) { o.textContent = '–'; o.classList.remove('nearest') }
  for (const {button, i, digit} of units.all) {
    button.style.setProperty('--lit', 0)
    button.style.setProperty('--vote', 0)
    button.setAttribute('aria-label', `Unit ${i + 1}, for ${names[digit]}`)
  }
  $('net-sum').textContent = $('unit').textContent = ''
}

let later
/** The answers as text, once the pen rests, so that a screen reader is not flooded. */
function summarise(said) {
  clearTimeout(later)
  later = setTimeout(() => {
    const shown = document.createElement('strong')
    shown.textContent = said ? whatIsShown() : 'The pad is empty.'
    shown.classList.toggle('mistake', root.classList.contains('wrong'))
    $('summary').replaceChildren(shown, ' ', said ? answers(said) : 'Draw a 3 or a 7.')
  }, 250)
}

const isWrong = o => judge(o.image, models).net.digit !== o.label

function whatIsShown() {
  if (sample === null) return 'Your drawing.'
  const {place, label} = order[sample]
  return `Validation image ${count(place)}, ${isWrong(order[sample]) ? 'where the net is wrong: it is labelled' : 'a'} ${names[label]}.`
}

function answers({similarity, linear, net}) {
  const sure = ({probability, digit}) => percent(digit === 3 ? probability : 1 - probability)
  return `Pixel similarity says ${names[similarity.digit]}, the linear model ${names[linear.digit]} (${sure(linear)}), the ReLU net ${names[net.digit]} (${sure(net)}).`
}

// ---- the pad

function clear() {
  ink.clearRect(0, 0, pad.width, pad.height)
  pad.classList.remove('sample')
  sample = image = null
  last = null
}

let pending
/** Ask the models, at most once a frame. */
const drawn = () => { pending ??= requestAnimationFrame(() => { pending = null; readPad(); show() }) }

function readPad() {
  const {data, width, height} = ink.getImageData(0, 0, pad.width, pad.height)
  image = likeMnist(Float32Array.from({length: width*height}, (_, i) => data[4*i + 3]/255), width, height)
}

let last = null                      // where the pen was
function stroke(x, y) {
  if (sample !== null) clear()
  ink.lineWidth = PEN
  ink.lineCap = ink.lineJoin = 'round'
  ink.beginPath()
  ink.moveTo(...(last ?? [x, y]))
  ink.lineTo(x, y)
  ink.stroke()
  last = [x, y]
  drawn()
}

function onPad({clientX, clientY}) {
  const box = pad.getBoundingClientRect()
  return [(clientX - box.left)*pad.width/box.width, (clientY - box.top)*pad.height/box.height]
}

function usePointer() {
  let pointer = null                 // the one that draws; a second finger does not
  pad.addEventListener('pointerdown', e => {
    if (pointer !== null || e.button) return
    e.preventDefault()
    pointer = e.pointerId
    pad.setPointerCapture(pointer)
    liftPen()
    last = null
    stroke(...onPad(e))
  })
  pad.addEventListener('pointermove', e => {
    if (e.pointerId !== pointer) return
    const steps = e.getCoalescedEvents?.() ?? []
    for (const step of steps.length ? steps : [e]) stroke(...onPad(step))
  })
  for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, e => { if (e.pointerId === pointer) pointer = last = null })
}

let at = [pad.width/2, pad.height/2], penDown = false
const held = new Set()               // arrow keys that are down: two of them move aslant
const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}

function showCursor() {
  const [column, row] = at.map(o => Math.round(o/STEP))
  cursor.style.left = `${100*at[0]/pad.width}%`
  cursor.style.top = `${100*at[1]/pad.height}%`
  cursor.classList.toggle('down', penDown)
  $('where').textContent = `Pen ${penDown ? 'down' : 'up'}, column ${column}, row ${row} of 28`
}

function liftPen() {
  penDown = false
  last = null
  showCursor()
}

function useKeys() {
  pad.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey) return
    if (e.key in arrows) {
      held.add(e.key)
      at = at.map((o, axis) => Math.min(Math.max(o + STEP*[...held].reduce((t, k) => t + arrows[k][axis], 0), STEP), pad.width - STEP))
      if (penDown) stroke(...at)
    } else if (e.key === ' ' || e.key === 'Enter') {
      if (e.repeat) return e.preventDefault()
      penDown = !penDown
      last = null
      if (penDown) stroke(...at)
    } else if (e.key === 'Escape') liftPen()
    else if (['Delete', 'Backspace', 'c', 'C'].includes(e.key)) { liftPen(); clear(); show() }
    else return
    e.preventDefault()
    showCursor()
  })
  pad.addEventListener('keyup', e => held.delete(e.key))
  pad.addEventListener('blur', () => { held.clear(); liftPen() })
}

// ---- validation images

function showSample(i) {
  clear()
  liftPen()
  sample = (i + order.length) % order.length
  image = order[sample].image
  const small = new OffscreenCanvas(28, 28), context = small.getContext('2d'), pixels = context.createImageData(28, 28)
  image.forEach((v, j) => { pixels.data[4*j + 3] = 255*v })
  context.putImageData(pixels, 0, 0)
  ink.imageSmoothingEnabled = false
  ink.drawImage(small, 0, 0, pad.width, pad.height)
  pad.classList.add('sample')
  show()
}

function useButtons() {
  const from = step => sample === null ? (step > 0 ? 0 : -1) : sample + step
  $('clear').addEventListener('click', () => { clear(); show() })
  $('previous').addEventListener('click', () => showSample(from(-1)))
  $('next').addEventListener('click', () => showSample(from(1)))
  $('mistakes').addEventListener('click', () => showSample(order.findIndex(isWrong)))
}

// ---- hidden units: one button each, in two groups, those with the largest weight first; arrow keys go from one to the next

function makeUnits() {
  const weights = models['relu.2.weight'].data
  const sorted = [...weights.keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]))
  const all = [3, 7].flatMap(digit => sorted.filter(i => (weights[i] > 0) === (digit === 3)).map(i => {
    const button = document.createElement('button'), canvas = document.createElement('canvas')
    button.className = 'unit'
    button.type = 'button'
    button.tabIndex = -1
    button.style.setProperty('--colour', `var(--${names[digit]})`)
    button.append(canvas)
    $(`units-${digit}`).append(button)
    return {button, canvas, i, digit}
  }))
  all[0].button.tabIndex = 0
  const said = order.map(o => judge(o.image, models).net)
  const typical = key => said.reduce((t, o) => t + largest(o[key]), 0)/said.length
  units = {all, shown: null, brightest: .7*typical('hidden'), loudest: .7*typical('votes')}
  all.forEach(({button, i}, k) => {
    for (const event of ['pointerenter', 'focus']) button.addEventListener(event, () => showUnit(i))
    for (const event of ['pointerleave', 'blur']) button.addEventListener(event, () => showUnit(null))
    button.addEventListener('keydown', e => {
      const next = all[k + ({ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key] ?? 0)]
      if (!next || next === all[k]) return
      e.preventDefault()
      button.tabIndex = -1
      next.button.tabIndex = 0
      next.button.focus()
    })
  })
}

/** The pictures that do not depend on the drawing. */
function paintModels() {
  readColours()
  for (const d of [3, 7]) paint($(`ideal-${d}`), models[`ideal.${d}`].data, asInk)
  const {data} = models['linear.weight']
  paint($('weights'), data, twoSided(largest(data)))
  for (const {canvas, i, digit} of units.all) {
    const weights = models['relu.0.weight'].data.subarray(784*i, 784*(i + 1)), towards = digit === 3 ? 1 : -1
    paint(canvas, weights.map(w => towards*w), twoSided(.5*largest(weights)))
  }
}

// ---- begin

async function begin() {
  models = await loadModels()
  const {'samples.image': images, 'samples.label': labels, 'samples.place': places} = models
  order = Array.from(labels.data, (label, i) => ({label, place: places.data[i], image: Float32Array.from(images.data.subarray(784*i, 784*(i + 1)), v => v/255)}))
  makeUnits()
  paintModels()
  usePointer()
  useKeys()
  useButtons()
  showCursor()
  showSample(0)
  for (const o of [document.documentElement, document.body])  // light and dark
    new MutationObserver(() => { paintModels(); show() }).observe(o, {attributeFilter: ['class']})
  root.dataset.ready = 'true'
}

begin().catch(e => { $('summary').textContent = `The models could not be loaded. (${e.message})`; throw e })
