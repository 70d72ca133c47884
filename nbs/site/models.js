// The arithmetic of the page Draw a digit: the book's models on one image, and a drawing made like MNIST's images.
// An image is an array of 28*28 numbers, row by row, from 0 (paper) to 1 (ink).

const SIDE = 28, BOX = 20  // an image; the square that MNIST's digits fit into
/** A number of 16 bits: its sign, five bits of a power of two, ten of a share. @param {number} bits */
const half = bits => (bits >> 15 ? -1 : 1)*(bits & 0x7C00 ? 2**((bits >> 10 & 31) - 25)*(1024 + (bits & 1023)) : 2**-24*(bits & 1023))

/** How the numbers of each kind are read. @type {Record<string, (bytes: ArrayBuffer) => Float32Array>} */
const readers = {
  F16: bytes => Float32Array.from(new Uint16Array(bytes), half),
  F32: bytes => new Float32Array(bytes),
  I32: bytes => Float32Array.from(new Int32Array(bytes)),
  U8: bytes => Float32Array.from(new Uint8Array(bytes)),
}

/**
 * @typedef {ArrayLike<number>} Numbers
 * @typedef {{data: Float32Array, shape: number[]}} Tensor
 * @typedef {Record<string, Tensor>} Models  Weights, biases, ideal digits and validation images by name.
 * @typedef {{n: number, size: number, data: Float32Array}} Maps  n maps of size x size.
 * @typedef {{label: number, place: number, image: Float32Array}} Sample  A validation image.
 */

/** The arrays in a safetensors file, by name: {data, shape}. tools/export_models.py writes the file and says what is in it. @returns {Promise<Models>} */
export async function loadModels(url = new URL('../models.safetensors', import.meta.url)) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const buffer = await response.arrayBuffer()
  const start = 8 + Number(new DataView(buffer).getBigUint64(0, true))
  const {__metadata__, ...head} = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)))
  return Object.fromEntries(Object.entries(head).map(([name, {dtype, shape, data_offsets: [from, to]}]) =>
    [name, {shape, data: readers[dtype](buffer.slice(start + from, start + to))}]))
}

// ---- the models

const sum = (/** @type {number[]} */ a) => a.reduce((total, x) => total + x, 0)
const dot = (/** @type {Numbers} */ a, /** @type {Numbers} */ b) => { let total = 0; for (let i = 0; i < a.length; i++) total += a[i]*b[i]; return total }

/** Mean absolute difference over the pixels: `mnist_distance` of the book. @param {Numbers} a @param {Numbers} b */
export const distance = (a, b) => sum(Array.from(a, (x, i) => Math.abs(x - b[i])))/a.length

/** Any number squeezed into 0 to 1. */
export const sigmoid = (/** @type {number} */ x) => 1/(1 + Math.exp(-x))

/** A linear layer: one number for each row of weights, its product with x, plus its bias. @param {Numbers} x @param {Tensor} weight @param {Tensor} bias */
export const linear = (x, weight, bias) => Array.from(bias.data, (b, i) => dot(x, weight.data.subarray(i*x.length, (i + 1)*x.length)) + b)

/** Each number, or 0 if it is negative. */
export const relu = (/** @type {number[]} */ x) => x.map(o => Math.max(0, o))

/** What the models for threes and sevens say of an image. Scores above 0 mean three, below 0 seven. @param {Numbers} image @param {Models} m */
export function judge(image, m) {
  const distances = {3: distance(image, m['ideal.3'].data), 7: distance(image, m['ideal.7'].data)}
  const [linearScore] = linear(image, m['linear.weight'], m['linear.bias'])
  const hidden = relu(linear(image, m['relu.0.weight'], m['relu.0.bias']))
  const [netScore] = linear(hidden, m['relu.2.weight'], m['relu.2.bias'])
  const verdict = (/** @type {boolean} */ isThree) => isThree ? 3 : 7
  return {
    similarity: {distances, digit: verdict(distances[3] < distances[7])},
    linear: {score: linearScore, probability: sigmoid(linearScore), digit: verdict(linearScore > 0)},
    net: {hidden, votes: hidden.map((h, i) => h*m['relu.2.weight'].data[i]), score: netScore, probability: sigmoid(netScore), digit: verdict(netScore > 0)},
  }
}

/** Shares of the classes: exp of each score, divided by the sum. @param {number[]} scores */
export function softmax(scores) {
  const highest = Math.max(...scores), powers = scores.map(s => Math.exp(s - highest)), total = sum(powers)
  return powers.map(p => p/total)
}

const answer = (/** @type {number[]} */ scores) => ({scores, probabilities: softmax(scores), digit: scores.indexOf(Math.max(...scores))})

/** What the ten-digit net says of an image. @param {Numbers} image @param {Models} m */
export const askMlp = (image, m) => answer(linear(relu(linear(image, m['mlp.0.weight'], m['mlp.0.bias'])), m['mlp.2.weight'], m['mlp.2.bias']))

/** Kernels slid over n maps of size x size, in a frame of zeros that is half a kernel wide; then ReLU.
 * @param {Maps} maps @param {Tensor} kernels @param {Tensor} bias @param {number} stride @returns {Maps} */
export function convolve({n, size, data}, {data: kernels, shape: [nOut, , k]}, {data: bias}, stride) {
  const wide = size + k - 1, half = k >> 1, sizeOut = Math.ceil(size/stride)
  const framed = new Float32Array(n*wide*wide), out = new Float32Array(nOut*sizeOut*sizeOut)
  for (let row = 0; row < n*size; row++)
    framed.set(data.subarray(row*size, (row + 1)*size), (Math.floor(row/size)*wide + row%size + half)*wide + half)
  let to = 0
  for (let o = 0; o < nOut; o++) for (let y = 0; y < sizeOut; y++) for (let x = 0; x < sizeOut; x++) {
    let total = bias[o], at = o*n*k*k
    for (let c = 0; c < n; c++) for (let i = 0; i < k; i++) {
      const from = (c*wide + y*stride + i)*wide + x*stride
      for (let j = 0; j < k; j++) total += kernels[at++]*framed[from + j]
    }
    out[to++] = Math.max(0, total)
  }
  return {n: nOut, size: sizeOut, data: out}
}

/** What the convolutional net says of an image, and the maps of each layer. @param {Float32Array} image @param {Models} m */
export function askCnn(image, m) {
  const maps = [{n: 1, size: SIDE, data: image}]
  m['cnn.strides'].data.forEach((stride, i) => maps.push(convolve(maps[i], m[`cnn.${i}.weight`], m[`cnn.${i}.bias`], stride)))
  return {maps: maps.slice(1), ...answer(linear(maps[maps.length - 1].data, m['cnn.linear.weight'], m['cnn.linear.bias']))}
}

// ---- a drawing, made like MNIST's images: what mnist_sgd.story.like_mnist does

/** @template T @param {number} n @param {(i: number) => T} f */
const range = (n, f) => Array.from({length: n}, (_, i) => f(i))
const roundEven = (/** @type {number} */ x) => { const r = Math.round(x); return r - x === .5 && r % 2 ? r - 1 : r }  // as Python rounds
/** @param {number} x @param {number} low @param {number} high */
const clip = (x, low, high) => Math.min(Math.max(x, low), high)

/** From n pixels to m: which of the n lie under each of the m, [first, end). @param {number} n @param {number} m */
function cells(n, m) {
  const scale = n/m, half = Math.max(scale, 1)/2
  return range(m, i => [Math.max(0, Math.trunc((i + .5)*scale - half + .5)), Math.min(n, Math.trunc((i + .5)*scale + half + .5))])
}

/** Crop `ink` (from 0 to 1, height*width numbers) to what is drawn, fit it into 20 x 20, put its centre of mass in the middle. null if nothing is drawn.
 * @param {Numbers} ink @param {number} width @param {number} height */
export function likeMnist(ink, width, height) {
  let top = height, bottom = -1, left = width, right = -1
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (ink[y*width + x] > .3) {
    top = Math.min(top, y); bottom = y
    left = Math.min(left, x); right = Math.max(right, x)
  }
  if (bottom < 0) return null
  const rows = bottom - top + 1, cols = right - left + 1
  const [h, w] = [rows, cols].map(n => Math.max(1, roundEven(n*BOX/Math.max(rows, cols))))
  const small = cells(rows, h).map(([y0, y1]) => cells(cols, w).map(([x0, x1]) => {
    let total = 0
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) total += ink[(top + y)*width + left + x]
    return total/((y1 - y0)*(x1 - x0))
  }))
  const mass = sum(small.flat())
  const centre = [sum(small.map((row, y) => y*sum(row))), sum(small.map(row => sum(row.map((v, x) => v*x))))].map(o => o/mass)
  const [dy, dx] = [h, w].map((n, i) => clip(roundEven((SIDE - 1)/2 - centre[i]), 0, SIDE - n))
  const image = new Float32Array(SIDE*SIDE)
  small.forEach((row, y) => image.set(row, (dy + y)*SIDE + dx))
  return image
}
