// Chapter 3: two pictures, and what each pixel adds to their L1 and RMSE distance.
import {around, figure, inflated, number, onPress, picture, pixels, sum, svgOf} from './explore.js'
import {sevens, three, threes} from './explore-digits.js'

/** @typedef {ArrayLike<number>} Pixels  784 numbers from 0 to 1 */

/** Mean absolute difference of the pixels. @param {Pixels} a @param {Pixels} b */
export const l1 = (a, b) => sum(Array.from(a, (x, i) => Math.abs(x - b[i])))/a.length

/** Root of the mean squared difference of the pixels. @param {Pixels} a @param {Pixels} b */
export const rmse = (a, b) => Math.sqrt(sum(Array.from(a, (x, i) => (x - b[i])**2))/a.length)

/** What part of the whole the 20 largest bring. @param {number[]} parts none negative @returns {number} 0 if all are 0 */
export const largest20 = parts => sum([...parts].sort((a, b) => b - a).slice(0, 20))/(sum(parts) || 1)

const grey = (/** @type {Uint8Array} */ image) => Float64Array.from(image, x => x/255)
// the mean of all training threes, or sevens, to 1/65535
const ideal = (/** @type {Uint8Array} */ pairs) => Float64Array.from(new Uint16Array(pairs.buffer), x => x/65535)
const our = grey(three), amount = 64/784

/** @type {Record<string, [string, Pixels]>} */
export const images = {
  three: ['our three', our],
  veil: ['our three behind a veil', our.map(x => x < .5 ? x + amount : x - amount)],
  blot: ['our three with a blot', our.map((x, i) => i < 8*28 && i%28 >= 20 ? 1 : x)],
  right: ['our three, a pixel to the right', our.map((_, i) => i%28 ? our[i - 1] : 0)],
  other: ['another three', grey(threes[7])],
  seven: ['a seven', grey(sevens[3])],
  fooled: ['the seven that fooled the sum', grey(await inflated('Y2AYESAsBwq8UMV1pz158uMvCPz/+/erAYrcq9tf/0LAPyA2RZEzlTcwjdgFArt/ocshgY9//07HI7eLQUazQBNNnFlaOvrn379PFz4A2ooqlTYP4hYg+PMyG1Vu3V+Y3MJsbNY5/Pz3774ybrdck8Et99cJj1wuHrnjOOT68MgpvcEtx9D6aL8XTRMKAA=='))],
  mean3: ['the ideal three', ideal(await inflated('xVR7TFNXHP6de2/vvb2VXin0wWOlFijv1gIiPhCU0SpNlMeogONVGMjwhcqgRZTBFBzObkzAB7O4bgQGw9fGkDHmoiDLDOjUacjmM07JgotuzkXG3PVVY7L9Z7Lv5CS/P86XfOf7zvkA/n/wwAlYbovAGVy4xQD+n2cRKCAMsuAYrEVrMIJYzptJtpIRZCovh5jAhhGJTCB5joFxi4FXoRxtwj+nNEIvqdL7b3VrpDx6PDpm7qXQvapJ9x1TC+giPAS5P8ckIA/0mIL6kB31PK/p1zOm2xaBdbLZasN3za8ZLNItloSz8gGndOIap/wZXKEC6Ugje1qunHEs0bLaVNfZkrn/lSMH+m39ls9+2POJZczYEHHGw8onsQgHSwxy2Igd5s8W5/idjyo2xq4crdDVrK9jrfJGe0tPK7IZapKXa+Ku+xxw+gWLc/Bo8AYWL2OCXAuVI9rpMRUGZWJc4uEluUlDGb3rbFtl9W1bLrwu1V/03S78CfN18PgQCEuxzZRIeFOyR77Q57pfQcDSgMKgQ+FD8dOLTtaw76e9VZxrnNclTxPMwWhHJgR4Qh+KJzZTdYIR4QpnzDVTJlH4qrU6cUFj7Usf9Ow8Y7mV+G3IFZc8MgzhnL7HwEEGkxCLHcGX8IqpVMGYS69355wb6Z4ViubR/UNdyxuWFSbPmya3M71YKZcz7Ugch1xgkQzLwhWUyJmvEumTVuc3jB+uHBgZDO5Of88l51REpIyk7yMdUNy9niEQ2sGEbDjJXHW/O+te3pl3hw/lH3/nRPjR6IMBDd+tuhcbN412qsY7OPeJJxyKm9Qcrws9wL8UhMiHoq7kbtms3327pa0F3/t7c1/Tb9XXMv+YUSXzp8+iUO51PfVTA7ugDt3HJol6plYaGkLoSlK/ytaY8nMvFxJmfNuO7QMl9w3BKiv7AH/jEeNxflYYRqfwbp4vJWL+ZEvcZisH/O2B0mAnrWFeeOqq8r3WW5Ve6T3aEXE/eeORIw/BwCjcxJW0q8A+JUKoZJ3ZbjZw6ompgyKV20jgp/EX1l3d1l9dkPnjzBz3DnrS4YkAzMiDuiuMFLNuYvdxaaLLafY1p7QpDcI6qVltT15qSdmeXaXPKIt806OSPuvgOUMalsDskCi89UGd6u+DzaqXvWLdLkknPfOCv1moW5WwTVhfv2GjMSKsVKoiG5+oBPCCDsw45ZzHAvVYlGnRucUSw/AC41zF3BSdYdma0k31Vc0V1q0r9+mPqsxsHZ7wKO+HkEEUtofpcEvRXFyYnH17bZclr9xu5leg2stNua329uFdpea/krTT90kyKBMSO3zBwIomyEHRZZ8NMXg2uUm3M7/t54NVX5T1jvc0d6mbbCVbE25o4mVv8w9iKxzpPcRumIVPY4xiL/+J+QNZxzeENvh9fLG97KPR+iBzcboo6pZPksslqhKzcdoYh07g/h+O1uL7qTtCoduvvnPCT8b0LVIZ+nQTs9cHh8qzRIV8LWFGteDveNNPm4mGJDgB3WgM+5owk1qaz0/lD9FJ1G7eHTwNM6A+MHCtIPzXHuRxScrAHZSghWjQQRrEwUyI5WYtp0jG9Sn2Arr5Hw=='))],
  mean7: ['the ideal seven', ideal(await inflated('5VT5U1NXFD73vvfyEvKykMSQBYEQsFjCGnAZLSCLBFIiWtRWBFIgKIMLqzjUKkQBRadQl1IVC2MZgljCDG5kxKWtVTtorVRtJXbsTKtipRulM462tRdsbfFf6Pfm/XDfO2fOOd93vwPwfwANfGAAAQaKvAASUIEalCAm3/+Bx8SfyeCRGAu0ggDtRTqcgItxGy7HcdgLX0CJ6A7kQwjoQf5clj+YIQiFU1JeleC+KFl2RlmkLtUy3nO8v9Ky2lZVjOJbcZ1giLmG3eBDuhoHBm+4AV04gbVIPtdEBlEzv076eZExqyb/fGHvKnYtXaxdhaxdaV9GT/H9TvwbMwuFT+TxoRRG8C6+Ujammzvj/QXphWZ7WvPSjuGexUcrTpxxiU7eOZ7Yoaq/lbV3Jqtd4pGNzRN5HPTBIfoe56GhQsOTLbYr9o9bGpzuEwV9BUdrej2PVZxynKs/dbz1s7VX5y33HfGIwBmEDT5I4T5cpd3c72qT4UKCb/bDdYZt7Nu2HeurRyu2Fv9a+WfjxW5n3+220TX2mAHtQn4piiV5mDB+FAapekG3PEl33dhjcmU22GJf/2ahKe7VaKMxJ/5SkfOA+kh1c2ZeZuQMhZbpINoA4UYANtBjB1PDtSslASXRwQmPEs/N/uQFq8ogC/b6KeJGUVP7uz3MtusLEvVlHFBWoixLVAbwAw5FUiH83ZIWtXiaPTTeYPKr8DQIlvBbFLkxVZvX9z5x7Cx3zjno9YAtxP0QRG7JOASwGlxoNoOF6bJCTa2PXRMhUwkr+V5clv8PWbkH4eTKfVuzYw0/em5iAykOJT/TPRDGIIB6g/UR9Xia5eGyYkmG2C2Ray7H+teG9dUcV205nWLx/0DSyOZSsYSXp7qPV2wEhAfpTfxKoU0UL3FJA+QRmkNhTbbe9sxTjjZ3weXoNtUabgMPqEdkvqegyGOGKHQF19JO3jLBLG6qhJ6SpW9JcdUN977Ws7xandqg10lpvpS+hj4l3bET9TDRPgSckIpYbKWsDOYv5xK8UKTMdnuvyzlrl8U6FFmtvCfYSKvwIOSAiDjn6U0TgRc5N8FdaEdKSsN7KErTNZlcVRta+/cPl3UmbfH/SIx4L+G7kAQRIPy7z/EJGZI5H94EM9pO5Qg4VX9USc4f9RHNbfbaZaYolTrGw00tRnUQQNwkmeQlHygGJerHq1mlfHfQaKpn8c76kdr3igZNb00fkKv5QdR0tBYUhBXpJL+bQIEqcSzvgGTYb/Oc1Zk7Kqo3zixftGz/3C/8z0kN7DBWICthQkp8/1+/HwEx5pg4rlydFjo/RZMXWBpWKsy/+rLDeMnHW9LB+xCPEQ4UICOx/1abCo/hAT7Mnvas1HXOuGgpsJ5dsTTvZsY7824Z9No9ohJeJ+ahNMKDcNKWUcNhcODHbJjMoQszOhPz0/e9sscyFP/AeFbvrbwpdDMrsBitJNx7PLdjQmAaiqefCE7IZmvXBeQEh4QkBZ8JNE39XtEg6mGPUWbUBalkPnhuq/FgGnHUIESia0hG/UIN0HYmhreRKaNfpM6jbogHLZmGeRb/Fw=='))],
}

const options = Object.fromEntries(Object.entries(images).map(([key, [name]]) => [key, name]))
const panel = (/** @type {string} */ name) => `<figure>${picture(name, 28, 28)}<figcaption class="${name}"></figcaption></figure>`
const shown = figure('similarity', [
  {name: 'a', label: 'First picture', options, value: 'three'},
  {name: 'b', label: 'Second picture', options, value: 'blot'},
  {name: 'row', label: 'Row of a pixel', min: 0, max: 27, value: 4},
  {name: 'column', label: 'Column', min: 0, max: 27, value: 23},
], ['a', 'b', 'absolute', 'squared'].map(panel).join(''), ({a, b, row, column}, box) => {
  const [[nameA, x], [nameB, y]] = [images[a], images[b]], i = 28*row + column
  const difference = Array.from(x, (o, i) => o - y[i]), absolute = difference.map(Math.abs), squared = difference.map(d => d*d)
  const draw = (/** @type {string} */ name, /** @type {Pixels} */ values, /** @type {string} */ caption, signed = false) => {
    const svg = svgOf(box, `svg.${name}`), below = svg.nextElementSibling
    svg.innerHTML = `<rect class="frame" width="28" height="28"/>${pixels(values, 28, 1, signed)}${around(row, column)}`
    svg.setAttribute('aria-label', caption)
    if (below) below.textContent = caption
  }
  draw('a', x, `${nameA}: ${number(x[i])} here`)
  draw('b', y, `${nameB}: ${number(y[i])} here`)
  draw('absolute', difference, `difference: ${number(difference[i])} here. The 20 largest make ${number(100*largest20(absolute), 0)}% of L1`, true)
  draw('squared', squared, `its square: ${number(squared[i])} here. The 20 largest make ${number(100*largest20(squared), 0)}% of the mean square`)
  return `L1 ${number(l1(x, y), 4)}, the mean of the differences without their signs. RMSE ${number(rmse(x, y), 4)}, the root of the mean square.`
})
if (shown) for (const svg of shown.box.querySelectorAll('svg')) onPress(svg, (x, y) => shown.set({row: Math.floor(y), column: Math.floor(x)}))
