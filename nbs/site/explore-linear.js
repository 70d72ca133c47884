// Chapter 7: the linear model learns from 16 digits, batch by batch; what each batch adds to the weights, and what they have become.
import {figure, number, picture, pixels, svgOf} from './explore.js'
import {sevens, threes} from './explore-digits.js'
import {AREA, descend, gradient, imageOf, judgeAll, randomNumbers, zeros} from './nets.js'

/** @typedef {import('./nets.js').Layer} Layer */
/** Eight threes and eight sevens each, to learn from and to judge by. */
const sets = [0, 8].map(from => {
  const some = [...threes.slice(from, from + 8), ...sevens.slice(from, from + 8)]
  return {pixels: Float32Array.from(some.flatMap(o => Array.from(o, x => x/255))), labels: Uint8Array.from({length: 16}, (_, i) => i < 8 ? 3 : 7), digits: [3, 7]}
})
export const [train, held] = sets

/** The first batches, places of images; an epoch shuffles them. @param {number} n how many @param {number} size of a batch */
export function batches(n, size) {
  const all = []
  for (let epoch = 1; all.length < n; epoch++) {
    const random = randomNumbers(epoch), order = Array.from({length: 16}, (_, i) => ({i, r: random()})).sort((a, b) => a.r - b.r).map(o => o.i)
    for (let i = 0; i < 16; i += size) all.push(order.slice(i, i + size))
  }
  return all.slice(0, n)
}

/** Zeros, or normal random numbers with a standard deviation of 0.1. @param {string} start @returns {Layer[]} */
export function begin(start) {
  const layers = zeros([AREA, 1]), random = randomNumbers(42), normal = () => .1*Math.sqrt(-2*Math.log(1 - random()))*Math.cos(2*Math.PI*random())
  if (start === 'random') for (const a of [layers[0].weight, layers[0].bias]) for (let i = 0; i < a.length; i++) a[i] = normal()
  return layers
}

/** A step of the book's loop with each batch: `layers` change. The loss of each batch, before its step. @param {Layer[]} layers @param {number[][]} some @param {number} lr @returns {number[]} */
export const learn = (layers, some, lr) => some.map(places => {
  const {loss, grads} = gradient(layers, train, places, 'mnist_loss')
  descend(layers, grads, zeros([AREA, 1]), {lr, momentum: 0})
  return loss
})

const largest = (/** @type {Float64Array} */ values) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
const captions = {batch: 'the last batch', change: 'what its step added', weights: 'the weights now'}

figure('linear', [
  {name: 'steps', label: 'Batches seen', min: 0, max: 40, value: 1},
  {name: 'size', label: 'Images in a batch', min: 1, max: 16, value: 4},
  {name: 'lr', label: 'Learning rate', min: .1, max: 3, step: .1, value: 1},
  {name: 'start', label: 'Weights at the start', options: {zero: 'all zero', random: 'random, standard deviation 0.1'}, value: 'zero'},
], Object.keys(captions).map(name => `<figure>${picture(`pixels map ${name}`, 28, 28)}<figcaption class="${name}"></figcaption></figure>`).join(''), ({steps, size, lr, start}, box) => {
  const layers = begin(start), some = batches(steps, size), losses = learn(layers, some.slice(0, -1), lr), [{weight}] = layers, before = weight.slice()
  losses.push(...learn(layers, some.slice(-1), lr))
  const change = weight.map((w, i) => w - before[i]), places = some[steps - 1] ?? [], side = Math.ceil(Math.sqrt(places.length))
  const draw = (/** @type {keyof typeof captions} */ name, /** @type {string} */ content, /** @type {string} */ more) => {
    const svg = svgOf(box, `svg.${name}`), caption = `${captions[name]}${more}`
    svg.innerHTML = `<rect class="frame" width="28" height="28"/>${content}`
    svg.setAttribute('aria-label', caption)
    ;/** @type {HTMLElement} */ (box.querySelector(`figcaption.${name}`)).textContent = caption
  }
  draw('batch', places.map((i, k) => `<svg x="${k%side*28/side}" y="${Math.floor(k/side)*28/side}" width="${28/side}" height="${28/side}" viewBox="0 0 28 28">${pixels(imageOf(train, i), 28, 1)}</svg>`).join(''),
    steps ? `, with a loss of ${number(losses[steps - 1], 3)}` : ': none yet')
  draw('change', pixels(change, 28, largest(change) || 1, true), steps ? `: up to ${number(largest(change), 4)}, red for a three` : ': nothing yet')
  draw('weights', pixels(weight, 28, largest(weight) || 1, true), `: up to ${number(largest(weight), 4)}, red for a three`)
  const right = (/** @type {typeof train} */ images) => Math.round(16*judgeAll(layers, images, 'mnist_loss').accuracy), inked = new Set(some.flat().flatMap(i => [...imageOf(train, i).keys()].filter(k => train.pixels[AREA*i + k])))
  const {loss, grads} = gradient(layers, train, [...train.labels.keys()], 'mnist_loss')
  const stuck = loss > .4 && largest(grads[0].weight) < .001 ? ' Stuck: so sure of its wrong answers that the sigmoid is flat there.' : ''
  return `After ${steps} ${steps === 1 ? 'step' : 'steps'}, ${right(train)} of the 16 images that it learns from are right, and ${right(held)} of 16 others. ${AREA - inked.size} weights have not moved: there was no ink at their pixels.${stuck}`
})
