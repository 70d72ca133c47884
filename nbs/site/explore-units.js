// Chapter 9: a net with eight hidden units learns from 32 digits; press a unit, and see which digits light it up.
import {figure, number, onPress, picture, pixels, svgOf} from './explore.js'
import {sevens, threes} from './explore-digits.js'
import {AREA, descend, forward, gradient, imageOf, startLayers, zeros} from './nets.js'

const hidden = 8
/** Sixteen threes and sixteen sevens. */
export const images = {pixels: Float32Array.from([...threes, ...sevens].flatMap(o => Array.from(o, x => x/255))),
  labels: Uint8Array.from({length: 32}, (_, i) => i < 16 ? 3 : 7), digits: [3, 7]}
const places = [...images.labels.keys()]

/** The net after some steps, each with all 32 images. @param {number} steps @returns {import('./nets.js').Layer[]} */
export function learned(steps) {
  const settings = {hidden, lr: .1, momentum: .9, batch: 32, seed: 3, start: /** @type {const} */ ('random'), loss: /** @type {const} */ ('cross-entropy'), order: /** @type {const} */ ('sorted')}
  const layers = startLayers(settings, images), velocity = zeros([AREA, hidden, 1])
  for (let i = 0; i < steps; i++) descend(layers, gradient(layers, images, places).grads, velocity, settings)
  return layers
}

/** The activation of a unit for each image. @param {import('./nets.js').Layer[]} layers @param {number} unit @returns {number[]} */
export const lights = (layers, unit) => places.map(i => forward(layers, imageOf(images, i))[1][unit])

const shown = figure('units', [
  {name: 'unit', label: 'Hidden unit', min: 1, max: hidden, value: 1},
  {name: 'steps', label: 'Steps learned', min: 0, max: 40, value: 20},
], `<figure>${picture('whole weights', 4*30 - 2, 58)}<figcaption>the weights of the eight units: press one (red: it likes ink there)</figcaption></figure>
    <figure>${picture('whole digits', 8*30 - 2, 4*34)}<figcaption>the digits, those that light it up most first; the bars are its activation</figcaption></figure>`, ({unit, steps}, box) => {
  const layers = learned(steps), [{weight}, votes] = layers, vote = votes.weight[unit - 1], each = lights(layers, unit - 1), most = Math.max(...each) || 1
  const columns = Array.from({length: hidden}, (_, j) => weight.filter((_, i) => i%hidden === j)), limit = weight.reduce((m, w) => Math.max(m, Math.abs(w)), 0)
  const [left, right] = ['svg.weights', 'svg.digits'].map(o => svgOf(box, o)), at = (/** @type {number} */ j) => [j%4*30, Math.floor(j/4)*30]
  left.innerHTML = columns.map((o, j) => `<svg x="${at(j)[0]}" y="${at(j)[1]}" width="28" height="28">${pixels(o, 28, limit, true)}</svg>
    <rect class="${j === unit - 1 ? 'mark' : 'frame'}" x="${at(j)[0]}" y="${at(j)[1]}" width="28" height="28"/>`).join('')
  right.innerHTML = places.slice().sort((a, b) => each[b] - each[a]).map((i, k) => `<svg x="${k%8*30}" y="${Math.floor(k/8)*34}" width="28" height="32">
    ${pixels(imageOf(images, i), 28, 1)}<rect class="less" y="29" width="${28*each[i]/most}" height="2"/></svg>`).join('')
  const lit = [3, 7].map(d => each.filter((o, i) => o > 0 && images.labels[i] === d).length)
  left.setAttribute('aria-label', `The weights of eight hidden units as pictures; unit ${unit} is chosen`)
  right.setAttribute('aria-label', `The 32 digits, sorted by how much they light up unit ${unit}: from ${number(most)} down`)
  return `Unit ${unit} votes for a ${vote > 0 ? 'three' : 'seven'} (${number(vote)}). ${lit[0]} of 16 threes light it up, and ${lit[1]} of 16 sevens.`
})
if (shown) onPress(svgOf(shown.box, 'svg.weights'), (x, y) => shown.set({unit: 1 + Math.min(3, Math.floor(x/30)) + 4*Math.min(1, Math.floor(y/30))}))
