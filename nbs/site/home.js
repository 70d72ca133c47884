// The first page: a small pad, and what two models of the book say of what is drawn on it. Their weights are fetched when it is touched.
import {judge, likeMnist, loadModels} from './models.js'

const pad = document.getElementById('home-pad'), verdict = document.getElementById('home-verdict')
const ink = pad.getContext('2d', {willReadFrequently: true}), PEN = 46*pad.width/560
let models, last = null, pending, sample = -1

const getModels = () => models ??= loadModels()
const sure = p => p > .999 ? 'more than 99.9 %' : `${(100*p).toFixed(1)} %`
const said = ({digit, probability}) => `${digit === 3 ? 'three' : 'seven'} (${sure(digit === 3 ? probability : 1 - probability)})`

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
  const {data, width, height} = ink.getImageData(0, 0, pad.width, pad.height)
  const image = likeMnist(Float32Array.from({length: width*height}, (_, i) => data[4*i + 3]/255), width, height)
  if (image) answer(image)
}

function stroke({clientX, clientY}) {
  const box = pad.getBoundingClientRect()
  const at = [(clientX - box.left)*pad.width/box.width, (clientY - box.top)*pad.height/box.height]
  Object.assign(ink, {lineWidth: PEN, lineCap: 'round', lineJoin: 'round'})
  ink.beginPath()
  ink.moveTo(...(last ?? [at[0] + .01, at[1]]))
  ink.lineTo(...at)
  ink.stroke()
  last = at
  pending ??= requestAnimationFrame(read)
}

async function showNext() {
  const {'pair.image': {data}, 'pair.label': labels} = await getModels(), n = (sample + 1) % labels.data.length
  clear()
  sample = n
  const image = Float32Array.from(data.subarray(784*n, 784*(n + 1)), v => v/255)
  const small = new OffscreenCanvas(28, 28), context = small.getContext('2d'), pixels = context.createImageData(28, 28)
  image.forEach((v, i) => { pixels.data[4*i + 3] = 255*v })
  context.putImageData(pixels, 0, 0)
  ink.imageSmoothingEnabled = false
  ink.drawImage(small, 0, 0, pad.width, pad.height)
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
document.getElementById('home-clear').addEventListener('click', () => { clear(); verdict.textContent = 'Draw a 3 or a 7.' })
document.getElementById('home-next').addEventListener('click', showNext)
