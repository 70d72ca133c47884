// Nets that learn in the browser: the linear model and the net with one hidden layer of the book, their losses and gradients, and SGD.
// No page is needed: train-worker.js and learn.js import it. tests/test_train.py compares it with the library, step by step.
import {sigmoid, softmax} from './models.js'

/** Pixels of an image. */
export const AREA = 28*28

/**
 * A linear layer. Weights lie input by input, as the book's `linear1` has them: weight[i*n + j] leads from input i to output j of n.
 * @typedef {{weight: Float64Array, bias: Float64Array}} Layer
 *
 * Images as rows of AREA numbers from 0 (paper) to 1 (ink), and the digit that each one is.
 * @typedef {{pixels: Float32Array, labels: Uint8Array, digits: number[]}} Images
 *
 * @typedef {'cross-entropy' | 'mnist_loss'} LossName
 *
 * A wrong answer: which image, what it is, what the net said (null for no number), and its loss.
 * @typedef {{i: number, label: number, said: number | null, loss: number}} Wrong
 *
 * @typedef {Float32Array | Float64Array | number[]} Numbers
 *
 * @typedef {object} Settings
 * @property {number} hidden            hidden units; 0 for a linear model
 * @property {'random' | 'zero' | 'counted'} start
 * @property {LossName} loss            ten digits have cross-entropy alone
 * @property {number} lr                learning rate
 * @property {number} batch             images a step
 * @property {number} momentum
 * @property {'shuffled' | 'sorted'} order
 * @property {number} seed              of the random start and of the order
 */

// ---- images

/** Image number i. @param {Images} images @param {number} i */
export const imageOf = ({pixels}, i) => pixels.subarray(AREA*i, AREA*(i + 1))

/** All images of a sheet, a picture with one image in each row of pixels. tools/export_sheets.py writes them. @param {URL} url */
export async function loadSheet(url) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const bitmap = await createImageBitmap(await response.blob(), {colorSpaceConversion: 'none'})
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}))
  context.drawImage(bitmap, 0, 0)
  const {data} = context.getImageData(0, 0, bitmap.width, bitmap.height)
  return Float32Array.from({length: data.length/4}, (_, i) => data[4*i]/255)
}

/** Images of which there are as many of each digit, one digit after the other. @param {Float32Array} pixels @param {number[]} digits @returns {Images} */
export function sorted(pixels, digits) {
  const n = pixels.length/AREA
  return {pixels, digits, labels: Uint8Array.from({length: n}, (_, i) => digits[Math.floor(i*digits.length/n)])}
}

const DIGITS = {37: [3, 7], ten: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}

/** The images of the page Train it here. Of a sheet's rows two thirds are to learn from, one third is held out. @param {'37' | 'ten'} name */
export async function loadImages(name) {
  const pixels = await loadSheet(new URL(`../train-${name}.png`, import.meta.url)), cut = pixels.length/3*2
  return {train: sorted(pixels.subarray(0, cut), DIGITS[name]), held: sorted(pixels.subarray(cut), DIGITS[name])}
}

// ---- a net: forwards, its loss, and backwards

/** @param {number[]} sizes inputs, hidden units if there are any, outputs. @returns {Layer[]} */
export const zeros = sizes => sizes.slice(1).map((n, l) => ({weight: new Float64Array(sizes[l]*n), bias: new Float64Array(n)}))

const sizesOf = (/** @type {Layer[]} */ layers) => [layers[0].weight.length/layers[0].bias.length, ...layers.map(o => o.bias.length)]
const arraysOf = (/** @type {Layer[]} */ layers) => layers.flatMap(({weight, bias}) => [weight, bias])

/** x@weight + bias. Zeros, such as paper, cost nothing. @param {Numbers} x @param {Layer} layer */
function linear(x, {weight, bias}) {
  const out = bias.slice(), n = out.length
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) for (let j = 0, at = i*n; j < n; j++) out[j] += x[i]*weight[at++]
  return out
}

/** What goes into each layer, and the scores last: the image, then the hidden units. @param {Layer[]} layers @param {Numbers} image */
export function forward(layers, image) {
  /** @type {any} the image alone may be of another type */
  const inputs = [image]
  layers.forEach((layer, l) => {
    const out = linear(inputs[l], layer)
    inputs.push(l < layers.length - 1 ? out.map(o => o > 0 || isNaN(o) ? o : 0) : out)
  })
  return inputs
}

/** The loss of one image, and its push: the slope of the loss at each score. One score is for a three, ten are for the digits.
 * @param {number[]} scores @param {number} label @param {LossName} [name] */
export function lossOf(scores, label, name = 'cross-entropy') {
  if (scores.length > 1) {
    const push = softmax(scores), highest = Math.max(...scores)
    const loss = Math.log(scores.reduce((t, s) => t + Math.exp(s - highest), 0)) + highest - scores[label]
    push[label] -= 1
    return {loss, push}
  }
  const [score] = scores, target = label === 3 ? 1 : 0, p = sigmoid(score)
  if (name === 'mnist_loss') return {loss: Math.abs(p - target), push: [Math.sign(p - target)*p*(1 - p)]}
  return {loss: Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score))) - score*target, push: [p - target]}
}

/** Add the gradient to `grads`, from the last layer to the first. Returns the push on each hidden unit, or null without any.
 * @param {Layer[]} layers @param {Numbers[]} inputs @param {Numbers} push @param {Layer[]} grads @returns {Numbers | null} */
export function backward(layers, inputs, push, grads) {
  for (let l = layers.length - 1; ; l--) {
    const x = inputs[l], n = push.length, {weight} = layers[l], grad = grads[l]
    for (let j = 0; j < n; j++) grad.bias[j] += push[j]
    const below = new Float64Array(l ? x.length : 0)  // a unit that is 0 passes nothing on: ReLU is flat there
    for (let i = 0; i < x.length; i++) if (x[i] !== 0) for (let j = 0, at = i*n; j < n; j++, at++) {
      grad.weight[at] += x[i]*push[j]
      if (l) below[i] += weight[at]*push[j]
    }
    if (!l) return layers.length > 1 ? push : null
    push = below
  }
}

/** Mean loss of some images, and its gradient. @param {Layer[]} layers @param {Images} images @param {number[]} places @param {LossName} [name] */
export function gradient(layers, images, places, name) {
  const grads = zeros(sizesOf(layers))
  let total = 0
  for (const i of places) {
    const inputs = forward(layers, imageOf(images, i)), {loss, push} = lossOf(inputs.at(-1), images.labels[i], name)
    total += loss
    backward(layers, inputs, push.map(o => o/places.length), grads)
  }
  return {loss: total/places.length, grads}
}

/** One step of the book's SGD; `velocity` is changed too.
 * @param {Layer[]} layers @param {Layer[]} grads @param {Layer[]} velocity @param {{lr: number, momentum: number}} settings */
export function descend(layers, grads, velocity, {lr, momentum}) {
  const [ps, gs, vs] = [layers, grads, velocity].map(arraysOf)
  ps.forEach((p, k) => { for (let i = 0; i < p.length; i++) p[i] -= lr*(vs[k][i] = gs[k][i] + momentum*vs[k][i]) })
}

/** The digit that scores stand for; null where they are no numbers. @param {number[]} scores */
export function digitOf(scores) {
  if (scores.some(isNaN)) return null
  return scores.length > 1 ? scores.indexOf(Math.max(...scores)) : scores[0] > 0 ? 3 : 7
}

/** Mean loss and accuracy on some images, and where the answers are wrong, the worst first. @param {Layer[]} layers @param {Images} images @param {LossName} [name] */
export function judgeAll(layers, images, name) {
  const wrong = /** @type {Wrong[]} */ ([])
  let total = 0
  images.labels.forEach((label, i) => {
    const scores = forward(layers, imageOf(images, i)).at(-1), {loss} = lossOf(scores, label, name), said = digitOf(scores)
    total += loss
    if (said !== label) wrong.push({i, label, said, loss})
  })
  const n = images.labels.length
  return {loss: total/n, accuracy: 1 - wrong.length/n, wrong: wrong.sort((a, b) => b.loss - a.loss)}
}

// ---- where to begin, and in which order

/** Random numbers from 0 to 1 (mulberry32): the same ones for the same seed. @param {number} seed */
export function randomNumbers(seed) {
  let a = seed*0x9E3779B9 >>> 0
  return () => {
    a = a + 0x6D2B79F5 | 0
    let t = Math.imul(a ^ a >>> 15, 1 | a)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0)/2**32
  }
}

/** How often each pixel has ink (more than a half) in each digit, less the mean over the digits: chapter 4's weights by counting. @param {Images} images */
function counted(images) {
  const {digits, labels} = images, on = digits.map(() => new Float64Array(AREA))
  labels.forEach((label, i) => imageOf(images, i).forEach((v, k) => { if (v > .5) on[digits.indexOf(label)][k] += digits.length/labels.length }))
  const mean = on[0].map((_, k) => on.reduce((t, o) => t + o[k], 0)/digits.length)
  return on.map(o => o.map((v, k) => v - mean[k]))
}

/**
 * The parameters to begin with. Random ones are drawn as PyTorch's `nn.Linear` does it. Counted weights are a twentieth of chapter 4's.
 * Hidden units need a random start as well: each one is given the counted weights of one digit, in turn, and a vote for it.
 * @param {Settings} settings @param {Images} images
 */
export function startLayers({hidden, start, seed}, images) {
  const {digits} = images, outputs = digits.length > 2 ? digits.length : 1
  const layers = zeros(hidden ? [AREA, hidden, outputs] : [AREA, outputs]), random = randomNumbers(seed)
  if (start === 'random' || (start === 'counted' && hidden)) for (const layer of layers) {
    const bound = Math.sqrt(layer.bias.length/layer.weight.length)  // 1/sqrt(inputs)
    for (const a of arraysOf([layer])) a.forEach((_, i) => { a[i] = bound*(2*random() - 1) })
  }
  if (start === 'counted') {
    const on = counted(images).map(o => o.map(v => v/(digits.length > 2 ? 20 : 10)))  // 3 less 7 is twice 3 less their mean
    const [{weight, bias}, votes] = layers, n = bias.length
    for (let j = 0; j < n; j++) on[j % digits.length].forEach((v, i) => { weight[i*n + j] += v })
    if (votes) for (let j = 0; j < n; j++) for (let d = 0; d < outputs; d++)
      votes.weight[j*outputs + d] += (j % digits.length === d ? 1 : outputs > 1 ? 0 : -1)*digits.length/n
  }
  return layers
}

/** The places 0 to n - 1, shuffled. @param {number} n @param {() => number} random */
function shuffled(n, random) {
  const places = Array.from({length: n}, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random()*(i + 1))
    ;[places[i], places[j]] = [places[j], places[i]]
  }
  return places
}

/** Training, step by step. `settings` may be changed between steps; start, hidden units and seed hold from the beginning. @param {Images} images @param {Settings} settings */
export function makeTrainer(images, settings) {
  const layers = startLayers(settings, images), velocity = zeros(sizesOf(layers)), random = randomNumbers(settings.seed + 1000)
  const n = images.labels.length
  let order = /** @type {number[]} */ ([]), at = 0
  const trainer = {layers, steps: 0, epochs: 0, places: /** @type {number[]} */ ([]), step}

  /** Learn from one batch. Returns its loss, before the step. @param {Settings} settings */
  function step(settings) {
    if (at >= order.length) {
      order = settings.order === 'sorted' ? Array.from({length: n}, (_, i) => i) : shuffled(n, random)
      at = 0
    }
    trainer.places = order.slice(at, at += settings.batch)
    trainer.steps++
    if (at >= n) trainer.epochs++
    const {loss, grads} = gradient(layers, images, trainer.places, settings.loss)
    descend(layers, grads, velocity, settings)
    return loss
  }
  return trainer
}
