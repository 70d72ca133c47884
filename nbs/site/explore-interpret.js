// Chapter 13: the answers of its net to the 10,000 held-out images; those that are not sure enough are refused.
import {scaleLinear} from './d3.js'
import {bytes, figure, inflated, number, onPress, picture, sum, svgOf} from './explore.js'

// How sure an answer is: at how many of the thresholds 0, 0.01, ... 0.99 its probability is above. Right answers: a row for each digit,
// how many are that sure, from 0 to 100. Wrong ones: true digit and answer as two figures, then how sure.
const right = new Uint16Array((await inflated('vVXLTsMwEJzddR60FEQLSAhulZB64IK4VeI3+AT4PP6JH2G9tmPXTU4k2HLirGNpxzOzBuZtVL3/vlO0hxjHN+nM98YiHTbY4UuWwZG+6CwvGrKZyj/8kb45zn1UDFeIIWJpcIFbHLBzWLTRgCfkx8WsXA1nn8+cKuwcnwyn3SO4RK87eqyxxT1ecJDlkWRVpKwyXzwgOmVLBl7I1MVRZWyD7d3pWCmia9zhFZ8yp5qmOOFKPVOcBQXlPVzsTUz6mDOHCFqdrYyTZ+xlGZfQyBoXK/WTKg1mFoPfKUa8usTc0UeNXanfn7T/MP610RnaU3+fMpX/50FTIeLd0ikap1g69fwejzJ/xRrLm0ZX8zFywQUVVYCiN1KFCGicKaxVBL2OG61db/iQufOn6sTL6sSxkpbM5GomI953lnXwS2PKSq5vVVUbZWRtSI745mXq7vQdwsUfVNwYHJFw5KHElm8SsprVGiLvlq3dJg94RyO/')).buffer)
const wrong = bytes('AS0CNgNCA00FJQUyBTIGNAZYCFUJLAlfCWIMXQxfDF8NMw01DTsOJxAgED8RNxE7EWISUxJWElsUNxQ/FEUUSxRUFTEVNRU3FT8XMxdFF0gXSRdaGCEYOBhcGF8YYxkhGy4bQRtFG2IcMBw5HDscPxxIHFQdNR1HHiseOh5LHmIfHR9BIEIgQyBMIFYgWCBdIz0jQyNeI2EjZCUvJjcmZCcqJysnNSdVKDspVC0jLjcuQC5KLlIuXy5jLz0vPjElMToxQDFCMUYxYjI0NEc1MTU2NTo1SjVRNV02NjhLOFU4WjhfOF84ZDkvOiw6PjpAOlw7YDtgPDE8WUBAQFNAWEBjQR1BLUEvQVpEVEZkRzNHYUdjSDpIO0hSSF9IYkoySjJKNko3SjlKW04vTydPNU9JT0tPTk9PUEtQYVExUUhRWlFdUWBSKlI1UkNTIlMyU2FTZFU7VVRVVFYjVi1WRVZSVltWXVk0WTZZV1ldWV5ZY1o3WjdaR1s5W1JdRF45XjxeP15DXkleT15ZXlpeXF5iXmRfMl9bX19fY2EzYTZhOGFKYU9hWGFaYWBhZGIkYkliTg==')
const total = sum(right) + wrong.length/2

/** The confusion matrix of the answers whose probability is above a threshold. @param {number} percent the threshold in hundredths @returns {number[][]} a row for each true digit */
export function kept(percent) {
  const counts = Array.from({length: 10}, (_, i) => Array.from({length: 10}, (_, j) => i === j ? sum(right.subarray(101*i + percent + 1, 101*(i + 1))) : 0))
  for (let k = 0; k < wrong.length; k += 2) if (wrong[k + 1] > percent) counts[Math.floor(wrong[k]/10)][wrong[k]%10]++
  return counts
}

/** How many answers, how many of them wrong. @param {number[][]} counts */
export const tally = counts => { const all = sum(counts.flat()); return {all, wrong: all - sum(counts.map((row, i) => row[i]))} }
const everything = kept(0), each = Array.from({length: 100}, (_, percent) => tally(kept(percent))), mistakes = tally(everything).wrong

/** Share of a digit's images that are answered, and rightly; share of right ones among the answers with this digit. @param {number[][]} counts @param {number} digit */
export const recallPrecision = (counts, digit) => [counts[digit][digit]/sum(everything[digit]), counts[digit][digit]/sum(counts.map(row => row[digit]))]

const most = total - each[99].all, across = scaleLinear([0, most], [50, 430]), up = scaleLinear([0, mistakes], [250, 20])
const names = ['zeros', 'ones', 'twos', 'threes', 'fours', 'fives', 'sixes', 'sevens', 'eights', 'nines'], cell = 40, edge = 34
const whole = (/** @type {number} */ n) => n.toLocaleString('en'), percents = (/** @type {number} */ x) => `${number(100*x, 1)}%`

const shown = figure('interpret', [
  {name: 'threshold', label: 'Refuse answers not surer than', min: .2, max: .99, step: .01, value: .5},
  {name: 'digit', label: 'Digit', min: 0, max: 9, value: 4},
], `<figure>${picture('counts whole', edge + 10*cell, edge + 10*cell)}<figcaption>row: true digit, column: answer</figcaption></figure>
  <figure>${picture('sheet', 440, 300)}<figcaption>mistakes left, against refused answers (dashed: refused at random)</figcaption></figure>`, ({threshold, digit}, box) => {
  const percent = Math.round(100*threshold), counts = kept(percent), now = each[percent], refused = total - now.all
  const [board, sheet] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg[role=img]')])
  const head = counts.map((_, i) => `<text x="${edge/2}" y="${edge + cell*i + 26}" text-anchor="middle">${i}</text><text x="${edge + cell*i + 20}" y="24" text-anchor="middle">${i}</text>`)
  board.innerHTML = head.join('') + counts.flatMap((row, i) => row.map((n, j) => n === 0 ? '' : `<rect class="${i === j ? 'less' : 'more'}" x="${edge + cell*j}" y="${edge + cell*i}" width="${cell}" height="${cell}"
      fill-opacity="${(i === j ? .45*n/sum(everything[i]) : Math.min(.55, .1 + n/20)).toFixed(3)}"/><text x="${edge + cell*j + 20}" y="${edge + cell*i + 26}" text-anchor="middle">${whole(n)}</text>`)).join('') +
    `<rect class="frame" x="${edge}" y="${edge}" width="${10*cell}" height="${10*cell}"/><rect class="mark" x="${edge}" y="${edge + cell*digit}" width="${10*cell}" height="${cell}"/><rect class="mark" x="${edge + cell*digit}" y="${edge}" width="${cell}" height="${10*cell}"/>`
  const spot = (/** @type {{all: number, wrong: number}} */ o) => [across(total - o.all), up(o.wrong)].map(x => x.toFixed(1)).join()
  sheet.innerHTML = `<rect class="frame" x="50" y="20" width="380" height="230"/><polyline class="curve less" points="${each.map(spot).join(' ')}"/>
    <polyline class="curve dashed" points="50,20 430,${up(mistakes*(1 - most/total))}"/><circle class="more" r="7" transform="translate(${spot(now)})"/>
    <text x="42" y="26" text-anchor="end">${mistakes}</text><text x="42" y="255" text-anchor="end">0</text><text x="50" y="274">0 refused</text><text x="430" y="274" text-anchor="end">${whole(most)}</text>`
  const [recall, precision] = recallPrecision(counts, digit)
  board.setAttribute('aria-label', `The confusion matrix of the ${whole(now.all)} answers. ${names[digit]}: ${counts[digit].map((n, j) => `${whole(n)} as ${j}`).filter((_, j) => counts[digit][j]).join(', ')}`)
  sheet.setAttribute('aria-label', `The mistakes left fall from ${mistakes} to ${each[99].wrong} as up to ${whole(most)} answers are refused, at first much faster than if they were refused at random. Now ${now.wrong} are left and ${whole(refused)} refused`)
  return `${refused ? `${whole(refused)} answers refused, ${percents((mistakes - now.wrong)/refused)} of them wrong` : 'Nothing is refused'}: ${now.wrong} of ${mistakes} mistakes are left. Of all ${names[digit]}, ${percents(recall)} are found (recall); of the answers “${digit}”, ${percents(precision)} are right (precision).`
})
if (shown) onPress(svgOf(shown.box, 'svg.counts'), (_, y) => shown.set({digit: Math.max(0, Math.floor((y - edge)/cell))}))
