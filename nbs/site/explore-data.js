// Chapter 0: the rule "more than n dark pixels low down is a 3", for each n.
import {scaleLinear} from './d3.js'
import {figure, number, picture, pixels, sum} from './explore.js'
import {sevens, threes} from './explore-digits.js'

// of all training threes, and sevens: how many have 0, 1, 2, ... dark pixels in the lowest eight rows
export const counts3 = [3, 0, 0, 2, 1, 2, 2, 5, 4, 13, 22, 32, 41, 38, 54, 56, 76, 117, 105, 125, 158, 177, 178, 189, 221, 216, 284, 249, 274, 314, 241, 242, 239, 241, 270, 217, 203, 183, 171, 145, 143, 140, 123, 113, 75, 72, 65, 59, 49, 31, 35, 26, 21, 16, 13, 10, 12, 6, 4, 2, 3, 1, 0, 1, 0, 0, 0, 1]
export const counts7 = [1, 3, 6, 1, 4, 5, 13, 24, 43, 58, 116, 179, 211, 274, 350, 384, 403, 461, 450, 434, 435, 415, 353, 299, 290, 225, 175, 160, 117, 111, 78, 36, 43, 24, 32, 20, 8, 7, 5, 5, 2, 4, 0, 0, 0, 0, 1]

/** How many dark pixels an image has in rows 20 to 27. @param {ArrayLike<number>} image 784 bytes */
export const lowInk = image => sum(Array.from(image).slice(20*28).map(x => Number(x > 127)))

/** Shares of the threes and of the sevens that the rule gets right. @param {number} n */
export const right = n => [sum(counts3.slice(n + 1))/sum(counts3), sum(counts7.slice(0, n + 1))/sum(counts7)]

const percent = (/** @type {number} */ share) => `${number(100*share, 1)}%`
const digits = [...threes.map(o => /** @type {const} */ ([3, o, lowInk(o)])), ...sevens.map(o => /** @type {const} */ ([7, o, lowInk(o)]))]
const drawn = digits.map(([, image]) => pixels(image, 28, 255))
const across = scaleLinear([0, 60], [40, 430]), up = scaleLinear([0, 1], [200, 10])
const cell = 40  // wide; a picture is 28, with its count below

figure('data', [{name: 'n', label: 'n: say 3 if more than n pixels low down are dark', min: 0, max: 60, value: 10}],
  `${picture('board', 8*cell, 4*62)}<svg class="sheet" role="img" viewBox="0 0 440 232"></svg>`, ({n}, box) => {
    const [board, sheet] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg')])
    const said = digits.map(([digit, , ink]) => /** @type {const} */ ([digit, ink, ink > n ? 3 : 7]))
    board.innerHTML = said.map(([digit, ink, answer], i) => {
      const wrong = answer !== digit
      return `<g transform="translate(${i%8*cell + 6}, ${Math.floor(i/8)*62 + 3})"><svg width="28" height="28">${drawn[i]}</svg>
        <rect class="${wrong ? 'mark' : 'frame'}" x="-4" y="-1" width="36" height="57" rx="3"/>
        <text x="14" y="41" text-anchor="middle">${ink}</text><text x="14" y="53" text-anchor="middle">${wrong ? `✗ ${answer}` : answer}</text></g>`
    }).join('')
    const [three, seven] = right(n), wrong = said.filter(([digit, , answer]) => answer !== digit).length
    board.setAttribute('aria-label', `Sixteen threes and sixteen sevens, below each its dark pixels low down and what the rule says. ${wrong} are wrong.`)
    const line = (/** @type {string} */ name, /** @type {(shares: number[]) => number} */ of) => `<polyline class="curve ${name}" points="${
      Array.from({length: 61}, (_, k) => `${across(k)},${up(of(right(k))).toFixed(1)}`).join(' ')}"/>`
    sheet.innerHTML = `<rect class="frame" x="40" y="10" width="390" height="190"/>${line('more', o => o[0])}${line('less', o => o[1])}${line('dashed', o => sum(o)/2)}
      <line class="curve" x1="${across(n)}" x2="${across(n)}" y1="10" y2="200" stroke-opacity=".5"/>
      <text x="34" y="204" text-anchor="end">0</text><text x="34" y="20" text-anchor="end">1</text><text x="40" y="224">n = 0</text><text x="430" y="224" text-anchor="end">60</text>
      <text x="80" y="34">threes</text><text x="400" y="34" text-anchor="end">sevens</text>`
    sheet.setAttribute('aria-label', `The share of threes that are right falls as n grows, that of sevens rises; dashed, the mean. Now n is ${n}.`)
    return `n = ${n}: right are ${percent(three)} of all threes and ${percent(seven)} of all sevens, ${percent((three + seven)/2)} in the mean. Of the 32 below, ${wrong} are wrong.`
  })
