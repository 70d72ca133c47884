// The first page: a small pad, and what two models of the book say of what is drawn on it. Their weights are fetched when it is touched.
import {judge, likeMnist, loadModels} from './models.js'
import {$, enlarge, inkOf, pen} from './pictures.js'

/** @type {HTMLCanvasElement} */
const pad = $('home-pad')
const verdict = $('home-verdict'), ink = pen(pad, {willReadFrequently: true}), PEN = 46*pad.width/560
/** @type {ReturnType<typeof loadModels> | undefined} */
let models
/** @type {number[] | null} where the pen was */
let last = null
/** @type {number | null} */
let pending = null
let sample = -1

const getModels = () => models ??= loadModels()
const sure = (/** @type {number} */ p) => p > .999 ? 'more than 99.9 %' : `${(100*p).toFixed(1)} %`
const said = (/** @type {{digit: number, probability: number}} */ {digit, probability}) => `${digit === 3 ? 'three' : 'seven'} (${sure(digit === 3 ? probability : 1 - probability)})`

/** @param {Float32Array} image */
async function answer(image, before = '') {
  const {linear, net} = judge(image, await getModels())
  verdict.textContent = `${before}The linear model of chapter 7 says ${said(linear)}, the net of chapter 9 ${said(net)}.`
}

function clear() {
  ink.clearRect(0, 0, pad.width, pad.height)
  pad.classList.remove('sample', 'drawn')
  sample = -1
  last = null
}

function read() {
  pending = null
  const image = likeMnist(inkOf(pad), pad.width, pad.height)
  if (image) answer(image)
}

/** @param {PointerEvent} e */
function stroke({clientX, clientY}) {
  const box = pad.getBoundingClientRect()
  const x = (clientX - box.left)*pad.width/box.width, y = (clientY - box.top)*pad.height/box.height
  Object.assign(ink, {lineWidth: PEN, lineCap: 'round', lineJoin: 'round'})
  ink.beginPath()
  ink.moveTo(last?.[0] ?? x + .01, last?.[1] ?? y)
  ink.lineTo(x, y)
  ink.stroke()
  last = [x, y]
  pending ??= requestAnimationFrame(read)
}

async function showNext() {
  const {'pair.image': {data}, 'pair.label': labels} = await getModels(), n = (sample + 1) % labels.data.length
  clear()
  sample = n
  const image = Float32Array.from(data.subarray(784*n, 784*(n + 1)), v => v/255)
  enlarge(image, pad)
  pad.classList.add('sample', 'drawn')
  answer(image, `Labelled ${labels.data[n] === 3 ? 'three' : 'seven'}. `)
}

pad.addEventListener('pointerenter', getModels, {once: true})
pad.addEventListener('pointerdown', e => {
  if (e.button) return
  e.preventDefault()
  pad.setPointerCapture(e.pointerId)
  if (sample >= 0) clear()
  pad.classList.add('drawn')
  last = null
  stroke(e)
})
pad.addEventListener('pointermove', e => { if (last) for (const o of e.getCoalescedEvents?.() ?? [e]) stroke(o) })
for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, () => { last = null })
$('home-clear').addEventListener('click', () => { clear(); verdict.textContent = 'Draw a 3 or a 7.' })
$('home-next').addEventListener('click', showNext)
