// Nets that learn: gradients against finite differences, and steps that go down. tests/test_train.py compares them with the library.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {wayBack} from '../../nbs/site/learn.js'
import {AREA, descend, digitOf, forward, gradient, judgeAll, lossOf, makeTrainer, randomNumbers, sorted, startLayers, zeros} from '../../nbs/site/nets.js'
import {near, random} from './near.js'

/** Images of which each digit has ink at some places of its own. */
function images(digits, each) {
  const pixels = new Float32Array(AREA*each*digits.length)
  for (let i = 0; i < each*digits.length; i++) for (let k = 0; k < AREA; k++)
    if (k % 30 === 3*Math.floor(i/each)) pixels[AREA*i + k] = .5 + random(1, .5)[0]
  return sorted(pixels, digits)
}
const pair = images([3, 7], 6), ten = images([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2)
const usual = {hidden: 0, start: 'random', loss: 'cross-entropy', lr: .1, batch: 4, momentum: 0, order: 'shuffled', seed: 1}
const cases = [[pair, 0, 'cross-entropy'], [pair, 5, 'cross-entropy'], [pair, 5, 'mnist_loss'], [ten, 0, 'cross-entropy'], [ten, 5, 'cross-entropy']]

test('images of a sheet lie digit after digit', () => {
  assert.deepEqual([...pair.labels], [3, 3, 3, 3, 3, 3, 7, 7, 7, 7, 7, 7])
  assert.deepEqual([...ten.labels.slice(-4)], [8, 8, 9, 9])
})

test('forwards: weights lie input by input, and a hidden unit is never below 0', () => {
  const layers = [{weight: Float64Array.of(1, -1, 2, 0), bias: Float64Array.of(.5, 0)}, {weight: Float64Array.of(3, 9), bias: Float64Array.of(-1)}]
  assert.deepEqual(forward(layers, [1, 2]).map(o => [...o]), [[1, 2], [5.5, 0], [15.5]])
})

test('the gradient is the slope of the loss', () => {
  for (const [data, hidden, loss] of cases) {
    const layers = startLayers({...usual, hidden}, data), places = [...data.labels.keys()], step = 1e-5
    const {grads, loss: whole} = gradient(layers, data, places, loss)
    near(judgeAll(layers, data, loss).loss, whole)
    layers.forEach((layer, l) => {
      for (const name of ['weight', 'bias']) for (let k = 0; k < layer[name].length; k += Math.ceil(layer[name].length/7)) {
        const p = layer[name], at = p[k]
        const [above, below] = [step, -step].map(d => { p[k] = at + d; return gradient(layers, data, places, loss).loss })
        p[k] = at
        near(grads[l][name][k], (above - below)/2/step, 1e-6)
      }
    })
  }
})

test('the way back of one image is its gradient', () => {
  const layers = startLayers({...usual, hidden: 5}, pair), image = pair.pixels.subarray(0, AREA)
  const back = wayBack(layers, image, 3), {grads, loss} = gradient(layers, pair, [0])
  near(back.loss, loss)
  back.grads.forEach((o, l) => near(o.weight, grads[l].weight))
  back.hidden.forEach((h, j) => near(back.atHidden[j], h ? back.atScore*layers[1].weight[j] : 0))
})

test('a step lowers the loss, and momentum goes on where no gradient pushes', () => {
  for (const [data, hidden, loss] of cases) {
    const layers = startLayers({...usual, hidden}, data), places = [...data.labels.keys()]
    const before = gradient(layers, data, places, loss)
    descend(layers, before.grads, zeros([AREA, ...layers.map(o => o.bias.length)]), {lr: .01, momentum: 0})
    assert(gradient(layers, data, places, loss).loss < before.loss)
  }
  const layers = zeros([2, 1]), velocity = [{weight: Float64Array.of(1, 2), bias: Float64Array.of(3)}]
  descend(layers, zeros([2, 1]), velocity, {lr: .1, momentum: .5})
  near([...layers[0].weight, ...layers[0].bias], [-.05, -.1, -.15])
})

test('a loss is the negative logarithm of the share that the right answer has', () => {
  near(lossOf([0, 0, 0, 0], 2).loss, Math.log(4))
  near(lossOf([0], 3).loss, Math.log(2))
  near(lossOf([2], 7).loss, lossOf([0, 2], 0).loss)
  near(lossOf([2], 3, 'mnist_loss').loss, 1 - 1/(1 + Math.exp(-2)))
  for (const score of [-800, 800]) assert(Number.isFinite(lossOf([score], 3).loss))
})

test('the digit of a score; none where it is no number', () => {
  assert.deepEqual([[1], [-1], [0, 5, 2], [NaN]].map(digitOf), [3, 7, 1, null])
})

test('the same seed gives the same numbers, all of them between 0 and 1', () => {
  const [a, b, c] = [5, 5, 6].map(seed => Array.from({length: 1000}, randomNumbers(seed)))
  assert.deepEqual(a, b)
  assert.notDeepEqual(a, c)
  assert(a.every(x => x >= 0 && x < 1))
  near(a.reduce((s, x) => s + x)/1000, .5, .03)
})

test('an epoch uses each image once, and training gets all of them right', () => {
  for (const [data, hidden] of [[pair, 0], [ten, 20]]) {
    const settings = {...usual, hidden, lr: .3, start: 'counted'}, trainer = makeTrainer(data, settings), seen = []
    while (!trainer.epochs) { trainer.step(settings); seen.push(...trainer.places) }
    assert.deepEqual(seen.toSorted((a, b) => a - b), [...data.labels.keys()])
    while (trainer.epochs < 20) trainer.step(settings)
    assert.equal(judgeAll(trainer.layers, data).accuracy, 1)
  }
})

test('all weights zero: no push reaches the first layer', () => {
  const {grads} = gradient(startLayers({...usual, hidden: 4, start: 'zero'}, pair), pair, [0, 1])
  assert(grads[0].weight.every(g => g === 0) && grads[1].bias[0] !== 0)
  assert.deepEqual(forward(zeros([AREA, 4, 1]), pair.pixels.subarray(0, AREA)).at(-1), Float64Array.of(0))
})
