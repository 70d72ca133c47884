// Chapter 12: four scores and their shares, with a number added to all of them, and all of them divided by a temperature.
import {figure, number, picture, sum} from './explore.js'

/** exp of each score, over the sum of all. The largest is subtracted first: the shares stay the same. @param {number[]} scores
 * @param {number} [temperature] divides all scores @returns {number[]} */
export function softmax(scores, temperature = 1) {
  const highest = Math.max(...scores), powers = scores.map(s => Math.exp((s - highest)/temperature)), total = sum(powers)
  return powers.map(p => p/total)
}

const names = ['a', 'b', 'c', 'd'], left = 24, most = 330

figure('softmax', [
  ...names.map((name, i) => ({name, label: `Score of ${name}`, min: -5, max: 7, step: .1, value: [0, 1, 2, 2][i]})),
  {name: 'added', label: 'Added to all', min: -10, max: 10, step: .5, value: 0},
  {name: 'temperature', label: 'Temperature: divides all', min: .1, max: 10, step: .1, value: 1},
], picture('sheet', 440, 4*40), ({added, temperature, ...of}, box) => {
  const scores = names.map(name => of[name] + added), shares = softmax(scores, temperature)
  const svg = /** @type {SVGSVGElement} */ (box.querySelector('svg'))
  svg.innerHTML = `<rect class="frame" x="${left}" y="1" width="${most}" height="158"/>` + names.map((name, i) =>
    `<text x="4" y="${26 + 40*i}">${name}</text><rect class="less" x="${left}" y="${5 + 40*i}" width="${shares[i]*most}" height="30"/>
     <text x="${left + most + 8}" y="${26 + 40*i}">${number(shares[i], 4)}</text>`).join('')
  const highest = Math.max(...scores), first = names.filter((_, i) => scores[i] === highest)
  svg.setAttribute('aria-label', `Bars of the shares: ${names.map((name, i) => `${name} ${number(shares[i], 4)}`).join(', ')}`)
  return `With scores ${scores.map(s => number(s, 1)).join(', ')}, the share of ${first.join(' and of ')} is ${number(Math.max(...shares), 4)}${first.length > 1 ? ' each' : ''}. All four add up to ${number(sum(shares))}.`
})
