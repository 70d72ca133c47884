// The page Draw a digit: a pad to draw on, images to step through, and the part of the page that says what the models make of them:
// pair.js for threes and sevens, ten.js for all digits. The arithmetic is in models.js.
import {likeMnist, loadModels} from './models.js'
import {makePair} from './pair.js'
import {$, asInk, names, paint, readColours} from './pictures.js'
import {makeTen} from './ten.js'

const PEN = 46, STEP = 20            // pixels of the pad, which has 560 x 560: width of a stroke, step of an arrow key
const root = $('draw'), pad = $('pad'), cursor = $('cursor')
const ink = pad.getContext('2d', {willReadFrequently: true})

let parts, part                      // {pair, ten}, and the one on show
let image = null                     // what the models see: 784 numbers, or null
let sample = null                    // the validation image on show: {place, label, image}, or null for a drawing

// ---- what is on show

function show() {
  const {samples} = part, wrong = sample !== null && part.isWrong(sample)
  root.classList.toggle('empty', !image)
  root.classList.toggle('wrong', wrong)
  $('pager').textContent = `${sample ? samples.indexOf(sample) + 1 : '–'} / ${samples.length}`
  paint($('seen'), image ?? new Float32Array(784), asInk)
  if (image) summarise(sample ? aboutSample(wrong) : 'Your drawing.', wrong, part.show(image, sample))
  else {
    part.clear()
    summarise('The pad is empty.', false, part.hint)
  }
}

function aboutSample(wrong) {
  const {place, label} = sample, name = names[label]
  return `Validation image ${place.toLocaleString('en')}, ${wrong ? `where ${part.net} is wrong: it is labelled` : name === 'eight' ? 'an' : 'a'} ${name}.`
}

let later
/** The answers as text, once the pen rests, so that a screen reader is not flooded. */
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

let pending
/** Ask the models, at most once a frame. */
const drawn = () => { pending ??= requestAnimationFrame(() => { pending = null; readPad(); show() }) }

function readPad() {
  const {data, width, height} = ink.getImageData(0, 0, pad.width, pad.height)
  const alpha = new Float32Array(width*height)
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[4*i + 3]/255
  image = likeMnist(alpha, width, height)
}

const before = []                    // the pad as it was before each stroke, the last ones
function undo() {
  const picture = before.pop()
  if (!picture) return
  clear()
  ink.putImageData(picture, 0, 0)
  drawn()
}

let last = null                      // where the pen was
function stroke(x, y) {
  if (sample !== null) clear()
  if (!last) before.splice(0, before.length, ...before.slice(-19), ink.getImageData(0, 0, pad.width, pad.height))
  ink.lineWidth = PEN
  ink.lineCap = ink.lineJoin = 'round'
  ink.beginPath()
  ink.moveTo(...(last ?? [x, y]))
  ink.lineTo(x + (last ? 0 : .01), y)  // a line without length has no round ends: a mere click draws a dot
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
  document.addEventListener('keydown', e => {
    if (!(e.ctrlKey || e.metaKey) || e.key !== 'z' || e.target.matches('[type=search]')) return
    e.preventDefault()
    liftPen()
    undo()
  })
  pad.addEventListener('keyup', e => held.delete(e.key))
  pad.addEventListener('blur', () => { held.clear(); liftPen() })
}

// ---- validation images, and the parts of the page

function showSample(i) {
  clear()
  liftPen()
  sample = part.samples.at(i % part.samples.length)
  image = sample.image
  const small = new OffscreenCanvas(28, 28), context = small.getContext('2d'), pixels = context.createImageData(28, 28)
  image.forEach((v, j) => { pixels.data[4*j + 3] = 255*v })
  context.putImageData(pixels, 0, 0)
  ink.imageSmoothingEnabled = false
  ink.drawImage(small, 0, 0, pad.width, pad.height)
  pad.classList.add('sample')
  show()
}

function choosePart(name) {
  part = parts[name]
  for (const o of root.querySelectorAll('[data-part]')) o.hidden = o.dataset.part !== name
  $('limits').textContent = part.limits ?? ''
  if (sample || !image) showSample(0)
  else show()
}

function useButtons() {
  const from = step => sample ? part.samples.indexOf(sample) + step : step > 0 ? 0 : -1
  $('clear').insertAdjacentHTML('afterend', '<button type="button" id="undo">Undo</button>')
  $('undo').addEventListener('click', undo)
  $('clear').addEventListener('click', () => { clear(); show() })
  $('previous').addEventListener('click', () => showSample(from(-1)))
  $('next').addEventListener('click', () => showSample(from(1)))
  $('mistakes').addEventListener('click', () => showSample(part.samples.findIndex(part.isWrong)))
  for (const o of root.querySelectorAll('[name=part]')) o.addEventListener('change', () => choosePart(o.value))
}

// ---- begin

const samplesOf = (models, name) => Array.from(models[`${name}.label`].data, (label, i) => ({label, place: models[`${name}.place`].data[i],
  image: Float32Array.from(models[`${name}.image`].data.subarray(784*i, 784*(i + 1)), v => v/255)}))

function paintModels() {
  readColours(root)
  for (const o of Object.values(parts)) o.paintModels()
}

async function begin() {
  const models = await loadModels()
  const relearned = () => { paintModels(); show() }
  parts = {pair: makePair(models, samplesOf(models, 'pair'), relearned), ten: makeTen(models, samplesOf(models, 'ten'))}
  root.querySelector('.parts').insertAdjacentHTML('afterend', '<p id="limits" class="quiet"></p>')
  $('previous').insertAdjacentHTML('beforebegin', '<span class="images">Images </span>')
  $('mistakes').title = 'Images that the net gets wrong'
  paintModels()
  usePointer()
  useKeys()
  useButtons()
  showCursor()
  const chosen = location.hash === '#ten' ? 'ten' : 'pair'
  root.querySelector(`[value=${chosen}]`).checked = true
  choosePart(chosen)
  for (const o of [document.documentElement, document.body])  // light and dark
    new MutationObserver(relearned).observe(o, {attributeFilter: ['class']})
  root.dataset.ready = 'true'
}

begin().catch(e => { $('summary').textContent = `The models could not be loaded. (${e.message})`; throw e })
