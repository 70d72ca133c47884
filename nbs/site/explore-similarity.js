// Chapter 3: two pictures, and what each pixel adds to their L1 and RMSE distance.
import {around, bytes, figure, number, onPress, picture, pixels, sum, svgOf} from './explore.js'
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
const ideal = (/** @type {string} */ text) => Float64Array.from(new Uint16Array(bytes(text).buffer), x => x/65535)
const our = grey(three), amount = 64/784

/** @type {Record<string, [string, Pixels]>} */
export const images = {
  three: ['our three', our],
  veil: ['our three behind a veil', our.map(x => x < .5 ? x + amount : x - amount)],
  blot: ['our three with a blot', our.map((x, i) => i < 8*28 && i%28 >= 20 ? 1 : x)],
  right: ['our three, a pixel to the right', our.map((_, i) => i%28 ? our[i - 1] : 0)],
  other: ['another three', grey(threes[7])],
  seven: ['a seven', grey(sevens[3])],
  fooled: ['the seven that fooled the sum', grey(bytes('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVmxsbGxsbGxsSgAAAAAAAAAAAAAAAAAALZbk5Pj9/f39/f/9/fUwAAAAAAAAAAAAAAAAAOrb9f39/f39/f3+/f39NQAAAAAAAAAAAAAAAAA1HzA1WLq6urq6u/r9/TUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADx/f2XAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8f39ugAcKXApAAAAAAAAAAAAAAAAAAAAAxsbW/n9/eWh4P39/QAAAAAAAAAAAAAAAAAAZp79/f79/f39/f386WsAAAAAAAAAAAAAAAAAAK79/f3+/f39/f2hawAAAAAAAAAAAAAAAAAAAAAAAAAAQPn+/t8jAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADx/f3WHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8f39/UIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPH9/f1tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADx/f39xwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAjv39/ccAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACLs/f3HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAheK/SgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=='))],
  mean3: ['the ideal three', ideal('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABQANAA8ADQASABEAEwATAAoAAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABACAAMwBfAMMAcgFwAgQEaAU3BqYGNgZYBWEE+wLOAQYBYgAWAAAAAAAAAAAAAAAAAAIAAgAKAFwAewF/A7UHLw4fFyIj/i6mOB4/7T9APN8ynib9GpQQZwhrAy0BGgAAAAAAAAAAAAAAAAAEAGQARwIgB6IP2hzXL75HCmLxeguP/ZyPnwOZQYfGa0ZOFjQPHsUNWgTjABEAAAAAAAAAAAAAABQAfQFGBlYP0R4iNcNRem9ii6ygXq9UubC+n756tNabqnrpVpU20xuPCQYCNgAAAAAAAAAAABUAHgB+ArMJOhVhJ9c9cVZDbdp9Rod0iw+PHpajoLimAZ9Lh1NoL0XlJLAN6wJFAAAAAAAAAAAACAAjAA8DeAorFGkizzEwQH1LIlFFUbNPY1LIXbpzn4kYkqiG2GoXR94ljg7dAiUAAAAAAAAAAAAJACoAVwKFBxIO6BabHkgk5SdnKVcpaSuyNMhKMGvMhw+TWYRxY1Y+rh5ZCzsCCAADAAAAAAAAAAQAHAC8AUoEhQeLC88ObBECFF4YFiAlLjFGFWeWiB2duJjTeu5RyS3hE2QGMwEDAAgAAAAAAAAAAwAYAP0AQwK5A08FcQdYC+kTuiOsO+daHH0gnNqvyK5olVtpUz4hHqMKugJ3AAEACAAAAAAAAAABAAMAYwAPARgCXwMgBxIRCSYSR1JvZpXts4DFz8YstlqRE2HQNjgYBgj6AUYABwAJAAAAAAAAAAAAAAAqAKkAYgGfAwYK4hr1Ofdk05DOsmbEjcc0wD+xKZXLbvdDRSEIDYMDqwAVAAQAAAAAAAAABwAEAC4AqQCuAf8DuwstHsg94WOGhUea8aCooAOe9Jy8l/OD4172NYIYKAjUATIAAgAAAAAAAAAJAC8AmQCLAfoC/QSSCogXMi0ERnVYvWAvYmZj4GkEeQOMlI7FdfpLLCaPD/8DdgAAAAkAAAAAAAgAjwDOAdADtgUlBxIK+A91GToixSijKhcsDTFLPjRYbnuej+6AH1q4Mc8VvgbnAAAAAQAAAAAACgDaAOgDIggUC6MMNg4iDxEPtg8qEMcQxhImGc8qrUrYc+KMvoNnXtw3YRqrCP0AAAAAAAAAAAALAHkBGwf1DjgVDxkVGu0XURPRD2UNWQyVDosXeS6jU1d6VY5ggkddeDiBG4AI1AAAAAAAAAAAABEAWQJQCpQWICNHK6wu0ix5JkQfQxnfF/0cZCzBSEZuUIwOkpJ8flY2M3cXJgaWAAEAAAAAAAAAHwCrAlYM1RtCLuk9YknVThZLzkJWPCA8VUZLW3B3f5KCnH2PiW2hR8AmeQ+LA1AAAQADAAAAAAAYAD0CmwqrGVUv3khTYPFyrnpke6N5CX0BiOCXY6ajqc6Zd3n8UjEwoRZdB2IBFQAAAAEAAAAAAAIAjwH7BsYS4CR8QANgBn9GmGao5rGCt3i67bicri6Xn3WJUOcvShiKCbECbAACAAAAAAAAAAAAAACaADkDIQpWFR8o+0HFX8R8MpUnpd6peKTakit5cVoSPe4kUhPfB4ACnwAYAAoAAQADAAAAAAAAACMAAwFyA68H8g4OGe8lOzTMQLxJJku8Rvs6dCwyHl8SaQkxBHkBiAAoAAgAAAAAAAAAAAAAAAAAAgAIAFIAxwC2AekCvwR5BjEICQlYCcgIUgeaBfIDWQJLAbwASwAeAA4AAAAAAAAAAAAAAAAAAAAAAAAAAQAFAAsAGAAaACIAMQA/AEYAWQBFADcAQwA/ADEAIwAYAA0AAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
  mean7: ['the ideal seven', ideal('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAgABQABAAIAAwACAAAADwAYABkAFgAOAAgAAAAAAAAAAAAKAAIAAAAAAAAAAAAAAAAAAAAAAAYAFgBOAJ8ACQGZASECQwJwAqACdAJAAhcCxwFEAeUAZAAtACMAEwAAAAAAAAAAAAAAAAAAACIASwAoATADEAZ6CekNRxK/FmsZchsFHDsc2BsHG58YPhTjDoYJ2gXUAtsAHgABAAAAAAACABwA1gCqAkMHTg/QGjIoAzfdRfBSM12BZMZpsmwHbwRwG2wBYKpN1zUVH+QO9QU4ATAAAAAAAAgAcgDsApMIFhL0ITw2o09QaUuCTZdXpuivVbR1t7+5DbvltkSmGIfcXZk3BxtWCl4CSwAAAAAADAC4AKkE5wwKGgMuMEdOZc+Cw5yKrtu3ZrhmtIGyEbV1vafEh722n85v0UFcH+wKMQJUAAYACAAQAOkA0QTbDPwZSCzHQx9e+HYsiQeRZYx4gPJ1iHDzd/6PyK2uuN+g8m6CPssbUQhyAT8ABgACAA8AtADSA4cJrRNFIdUzr0i5W4plP2HgUUhAWDUzM19CzGuunRmzgJdbY1syNhQbBaYADgAAAAEACQBlACMCpwWBDKQWDyRxNStD+kTEOcUnYBgsEisX7zHWa5CkmK8FidVPRCNzDAADYAAYAAcAAwAAACAADAEyAy0IlA+cGQ4mgi5CLEggdREsCVYInBRiPnqDeLL/p5J0rjuiF+sHaQK8ACgABAAAAAAACQBtALkBOQUCC1ASaRqFHoIaMRIYC3cIFwxdIu1dYqIAu2iaiF4/LO4RfwclAwwBRwAAAAAAAAAAACUA9AAkA3sHHg2vEUsTMBJwD1QO2w8TGs0/IoUvuIG2GIS+SU4irA+PB2IDPwE/AAAAAAACAAAACQCPAAEC0gR/CHcLZQ1CD7kQJBMxGqkvkGWypFu9p6DbZs01oBhuDHwGAAP6ABgAAAAAAAAAAwADAEsANAHPAoUErgZaCTgMHQ8EFV0jnEm5huiyWa9cgBlKiiMhEAQIEATUAckAJQAHAAAAAgACAAwALQCuAEoBBwJgA2AFAghcDEMXATISZd+Zua44k05g2jKAFucJfgQYAtIAXwANAAUAAAAAAAgADQAXAF8AkADmAKQBFgMaBvgNTSGQSLl6fJ+8m+hzqEWEIsIOAQY9AuYARQAxAAsAAAAAAAAAAgAAAAUAFwBGAH0ASwGLA18JDBi8NHFf/Ycxl6CChVpINBgZPgrbA1UBhgAkACMADwAAAAAAAAAAAAAAAAAeAHAAFgG8Am0HFhOUKPJKEXCSh+yFnmvSSI4pyxMZCCgDKQFvABQAGAAQAAAAAAAAAAAAAAAEAEgAFAF3Aj8GnQ/oIIM7bVuMdYB+N3RSWps80yLEECwH6AIUAWAADAAQAAoAAAAAAAAAAAAAAAYAswAOAgwFQAx0GU0uRkkaYyVyL3ILZNFMpzPMHhwPpgbBAvQAXwAUABIABgAAAAAAAAAAAAQAHQD7AOsCqwe+EXchqDbITmZgwGdXY9lUlkHcLCMblQ1xBqgCBgFNAAUACwACAAAAAAAAAAAAAAAZAKsApwL7By8SpyEvM65EZFCaU5VO2kLrM8AjHBbZC9sFZwIOAWgACAAKAAAAAAAAAAAAAAAAAAAALQAmAUIE/wm3EjkbdiRfKy0tRSu/JUgd6hSKDa8HtQNLAaoASgAMAAAAAgAAAAAAAAAAAAAAAAAGACYAZQDSADIB1AESA/EDywSCBT4GfgVzBCoDxgGtAEIAGwAdAAUAAAAAAAAAAAA=')],
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
