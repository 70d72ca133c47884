// The arithmetic of models.js and pictures.js. tests/test_draw.py compares the models with PyTorch's.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {convolve, likeMnist, linear, loadModels, sigmoid, softmax} from '../../nbs/site/models.js'
import {percent, share, signed} from '../../nbs/site/pictures.js'
import {near, random} from './near.js'

test('shares are positive, sum to one, and stay when a number is added to all scores', () => {
  for (const scores of [[0], [1, 2, 3], [-1000, 0, 1000], random(10, 5)]) {
    const shares = softmax(scores)
    near(shares.reduce((a, b) => a + b), 1)
    assert(shares.every(p => p >= 0))
    near(softmax(scores.map(s => s + 7)), shares)
  }
  near(softmax([0, Math.log(3)]), [1/4, 3/4])
})

test('sigmoid is the share of a score beside zero', () => {
  for (const x of [-30, -1, 0, .5, 4]) near(sigmoid(x), softmax([x, 0])[0])
})

test('a linear layer takes its weights row by row', () => {
  const weight = {data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3]}, bias = {data: Float32Array.of(10, 20), shape: [2]}
  assert.deepEqual(linear([1, 0, -1], weight, bias), [8, 18])
})

test('a kernel of one pixel copies, one to its left shifts; what is negative becomes 0; a stride leaves places out', () => {
  const maps = {n: 1, size: 3, data: Float32Array.of(1, 2, 3, 4, -5, 6, 7, 8, 9)}
  const slid = (middle, stride) => {
    const kernel = new Float32Array(9)
    kernel[middle] = 1
    return [...convolve(maps, {data: kernel, shape: [1, 1, 3, 3]}, {data: Float32Array.of(0), shape: [1]}, stride).data]
  }
  assert.deepEqual(slid(4, 1), [1, 2, 3, 4, 0, 6, 7, 8, 9])
  assert.deepEqual(slid(3, 1), [0, 1, 2, 0, 4, 0, 0, 7, 8])
  assert.deepEqual(slid(4, 2), [1, 3, 7, 9])
})

test('a drawing is fitted into 20 x 20, with its centre of mass in the middle, wherever it was drawn', () => {
  const ink = (left, top) => {
    const pad = new Float32Array(100*100)
    for (let y = top; y < top + 40; y++) pad.fill(1, 100*y + left, 100*y + left + 40)
    return pad
  }
  const image = likeMnist(ink(10, 50), 100, 100)
  assert.equal(image.filter(v => v === 1).length, 400)
  for (const k of [4*28 + 4, 23*28 + 23]) assert.equal(image[k], 1)
  for (const k of [3*28 + 4, 24*28 + 23]) assert.equal(image[k], 0)
  assert.deepEqual(likeMnist(ink(55, 3), 100, 100), image)
  assert.equal(likeMnist(new Float32Array(9), 3, 3), null)
})

test('a file of weights is read, and what is no file is an error', async () => {
  const head = JSON.stringify({__metadata__: {of: 'a test'}, w: {dtype: 'F32', shape: [2], data_offsets: [0, 8]},
    h: {dtype: 'F16', shape: [4], data_offsets: [8, 16]}, digit: {dtype: 'U8', shape: [3], data_offsets: [16, 19]}}).padEnd(232)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(head.length))
  const file = Buffer.concat([length, Buffer.from(head), Buffer.from(Float32Array.of(.5, -2).buffer),
    Buffer.from(Uint16Array.of(0x3C00, 0xC000, 0x3555, 1).buffer), Buffer.of(0, 3, 255)])
  const models = await loadModels(`data:;base64,${file.toString('base64')}`)
  assert.deepEqual(Object.keys(models), ['w', 'h', 'digit'])
  assert.deepEqual([...models.w.data, ...models.digit.data, ...models.w.shape], [.5, -2, 0, 3, 255, 2])
  near(models.h.data, [1, -2, 1365/4096, 2**-24], 0)
  await assert.rejects(loadModels('data:,nothing'))
})

test('numbers as text', () => {
  assert.deepEqual([signed(-1.234), signed(2, 0), signed(0)], ['−1.23', '+2', '+0.00'])
  assert.deepEqual([1, .5, .0001].map(percent), ['more than 99.9%', '50.0%', 'less than 0.1%'])
  assert.deepEqual([1, .5, 0].map(share), ['> 0.9999', '0.5000', '< 0.0001'])
})
