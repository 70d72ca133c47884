// What the tests share.
import assert from 'node:assert/strict'
import {randomNumbers} from '../../nbs/site/nets.js'

/** Are two numbers, or the numbers of two lists, the same but for rounding? */
export function near(found, wanted, off = 1e-9) {
  const [a, b] = [found, wanted].map(o => typeof o === 'number' ? [o] : [...o])
  assert.equal(a.length, b.length)
  a.forEach((x, i) => assert(Math.abs(x - b[i]) <= off, `${x} instead of ${b[i]} at ${i}`))
}

const next = randomNumbers(42)
/** Random numbers between -most and most. */
export const random = (n, most = 1) => Array.from({length: n}, () => most*(2*next() - 1))
