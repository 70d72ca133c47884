// The page Draw a digit: a pad to draw on, images to step through, and the part of the page that says what the models make of them:
// pair.js for threes and sevens, ten.js for all digits. The arithmetic is in models.js.
import {likeMnist, loadModels} from './models.js'
import {makePair} from './pair.js'
import {$, asInk, enlarge, inkOf, names, paint, pen, readColours} from './pictures.js'
import {makeTen} from './ten.js'

const PEN = 46, STEP = 20            // pixels of the pad, which has 560 x 560: width of a stroke, step of an arrow key
/** @type {HTMLElement[]} */
const [root, cursor] = [$('draw'), $('cursor')]
/** @type {HTMLCanvasElement} */
const pad = $('pad')
const ink = pen(pad, {willReadFrequently: true})

/** @typedef {import('./models.js').Sample} Sample
 * @typedef {ReturnType<typeof makePair> | ReturnType<typeof makeTen>} Part */
/** @type {Record<string, Part>} */
let parts
/** @type {Part} the one on show */
let part
/** @type {Float32Array | null} what the models see: 784 numbers, or null */
let image = null
/** @type {Sample | null} the validation image on show, or null for a drawing */
let sample = null

// ---- what is on show

function show() {
  const {samples} = part, wrong = sample !== null && part.isWrong(sample)
  root.classList.toggle('empty', !image)
  root.classList.toggle('wrong', wrong)
  $('pager').textContent = `${sample ? samples.indexOf(sample) + 1 : '–'} / ${samples.length}`
  paint($('seen'), image ?? new Float32Array(784), asInk)
  if (image) summarise(sample ? aboutSample(sample, wrong) : 'Your drawing.', wrong, part.show(image, sample))
  else {
    part.clear()
    summarise('The pad is empty.', false, part.hint)
  }
}

/** @param {Sample} sample @param {boolean} wrong */
function aboutSample({place, label}, wrong) {
  const name = names[label]
  return `Validation image ${place.toLocaleString('en')}, ${wrong ? `where ${part.net} is wrong: it is labelled` : name === 'eight' ? 'an' : 'a'} ${name}.`
}

/** @type {number | undefined} */
let later
/** The answers as text, once the pen rests, so that a screen reader is not flooded. @param {string} what @param {boolean} wrong @param {string} answers */
function summarise(what, wrong, answers) {
  clearTimeout(later)
  later = setTimeout(() => {
    const shown = document.createElement('strong')
    shown.textContent = what
    shown.classList.toggle('mistake', wrong)
    $('summary').replaceChildren(shown, ' ', answers)
  }, 250)
}

// ---- the pad

function clear() {
  ink.clearRect(0, 0, pad.width, pad.height)
  pad.classList.remove('sample')
  sample = image = null
  last = null
}

/** @type {number | null} */
let pending = null
/** Ask the models, at most once a frame. */
const drawn = () => { pending ??= requestAnimationFrame(() => { pending = null; readPad(); show() }) }

function readPad() {
  image = likeMnist(inkOf(pad), pad.width, pad.height)
}

/** @type {ImageData[]} the pad as it was before each stroke, the last ones */
const before = []
function undo() {
  const picture = before.pop()
  if (!picture) return
  clear()
  ink.putImageData(picture, 0, 0)
  drawn()
}

/** @type {number[] | null} where the pen was */
let last = null
/** @param {number} x @param {number} y */
function stroke(x, y) {
  if (sample !== null) clear()
  if (!last) before.splice(0, before.length, ...before.slice(-19), ink.getImageData(0, 0, pad.width, pad.height))
  ink.lineWidth = PEN
  ink.lineCap = ink.lineJoin = 'round'
  ink.beginPath()
  ink.moveTo(last?.[0] ?? x, last?.[1] ?? y)
  ink.lineTo(x + (last ? 0 : .01), y)  // a line without length has no round ends: a mere click draws a dot
  ink.stroke()
  last = [x, y]
  drawn()
}

/** A stroke to where the pointer is. @param {PointerEvent} e */
function strokeTo({clientX, clientY}) {
  const box = pad.getBoundingClientRect()
  stroke((clientX - box.left)*pad.width/box.width, (clientY - box.top)*pad.height/box.height)
}

function usePointer() {
  /** @type {number | null} the one that draws; a second finger does not */
  let pointer = null
  pad.addEventListener('pointerdown', e => {
    if (pointer !== null || e.button) return
    e.preventDefault()
    pointer = e.pointerId
    pad.setPointerCapture(pointer)
    liftPen()
    last = null
    strokeTo(e)
  })
  pad.addEventListener('pointermove', e => {
    if (e.pointerId !== pointer) return
    const steps = e.getCoalescedEvents?.() ?? []
    for (const step of steps.length ? steps : [e]) strokeTo(step)
  })
  const lift = (/** @type {PointerEvent} */ e) => { if (e.pointerId === pointer) pointer = last = null }
  pad.addEventListener('pointerup', lift)
  pad.addEventListener('pointercancel', lift)
}

let at = [pad.width/2, pad.height/2], penDown = false
/** @type {Set<string>} arrow keys that are down: two of them move aslant */
const held = new Set()
/** @type {Record<string, number[]>} */
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
      if (penDown) stroke(at[0], at[1])
    } else if (e.key === ' ' || e.key === 'Enter') {
      if (e.repeat) return e.preventDefault()
      penDown = !penDown
      last = null
      if (penDown) stroke(at[0], at[1])
    } else if (e.key === 'Escape') liftPen()
    else if (['Delete', 'Backspace', 'c', 'C'].includes(e.key)) { liftPen(); clear(); show() }
    else return
    e.preventDefault()
    showCursor()
  })
  document.addEventListener('keydown', e => {
    if (!(e.ctrlKey || e.metaKey) || e.key !== 'z' || /** @type {Element} */ (e.target).matches('[type=search]')) return
    e.preventDefault()
    liftPen()
    undo()
  })
  pad.addEventListener('keyup', e => held.delete(e.key))
  pad.addEventListener('blur', () => { held.clear(); liftPen() })
}

// ---- validation images, and the parts of the page

/** @param {number} i */
function showSample(i) {
  const {samples} = part
  clear()
  liftPen()
  const chosen = samples[(i + samples.length) % samples.length]
  ;({image} = sample = chosen)
  enlarge(image, pad)
  pad.classList.add('sample')
  show()
}

/** @param {string} name */
function choosePart(name) {
  part = parts[name]
  for (const o of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-part]'))) o.hidden = o.dataset.part !== name
  $('limits').textContent = part.limits
  if (sample || !image) showSample(0)
  else show()
}

/** @type {NodeListOf<HTMLInputElement>} */
const partChoices = root.querySelectorAll('[name=part]')

function useButtons() {
  const from = (/** @type {number} */ step) => sample ? part.samples.indexOf(sample) + step : step > 0 ? 0 : -1
  $('clear').insertAdjacentHTML('afterend', '<button type="button" id="undo">Undo</button>')
  $('undo').addEventListener('click', undo)
  $('clear').addEventListener('click', () => { clear(); show() })
  $('previous').addEventListener('click', () => showSample(from(-1)))
  $('next').addEventListener('click', () => showSample(from(1)))
  $('mistakes').addEventListener('click', () => showSample(part.samples.findIndex(part.isWrong)))
  for (const o of partChoices) o.addEventListener('change', () => choosePart(o.value))
}

// ---- begin

/** @param {import('./models.js').Models} models @param {string} name @returns {Sample[]} */
const samplesOf = (models, name) => Array.from(models[`${name}.label`].data, (label, i) => ({label, place: models[`${name}.place`].data[i],
  image: models[`${name}.image`].data.slice(784*i, 784*(i + 1)).map(v => v/255)}))

function paintModels() {
  readColours(root)
  for (const o of Object.values(parts)) o.paintModels()
}

async function begin() {
  const models = await loadModels()
  const relearned = () => { paintModels(); show() }
  parts = {pair: makePair(models, samplesOf(models, 'pair'), relearned), ten: makeTen(models, samplesOf(models, 'ten'))}
  $('draw').querySelector('.parts').insertAdjacentHTML('afterend', '<p id="limits" class="quiet"></p>')
  $('previous').insertAdjacentHTML('beforebegin', '<span class="images">Images </span>')
  $('mistakes').title = 'Images that the net gets wrong'
  paintModels()
  usePointer()
  useKeys()
  useButtons()
  showCursor()
  const chosen = location.hash === '#ten' ? 'ten' : 'pair'
  for (const o of partChoices) o.checked = o.value === chosen
  choosePart(chosen)
  for (const o of [document.documentElement, document.body])  // light and dark
    new MutationObserver(relearned).observe(o, {attributeFilter: ['class']})
  root.dataset.ready = 'true'
}

begin().catch(e => { $('summary').textContent = `The models could not be loaded. (${e.message})`; throw e })
