// Chapter 4: the loss of 200 images as one of the 784 weights varies; rise over run, and the slope that it approaches.
import {scaleLinear} from './d3.js'
import {bytes, clamp, figure, number, onPress, picture, sum, svgOf} from './explore.js'

// 100 training threes, then 100 sevens: pixel [8, 13] of each, and its score without this pixel
const ink = Array.from(bytes('hP4A/f3L/QBs+QAA/awfAADk/fwA/v0w+gAADABrvwAAsBYAagAAgAAA9wAAIAAFAEr9/QAAAXpOBgDq/QD68+sAAAAAAMoAAIkAAAAAAAAAAAAAUdUSzAAA5QAA/v5x/gCoD2sA/sP8BhX8ALwAkXEKADoA/GIA/f39Yf3xrtr9/fz9/cv//Z4e/PQA/Pz+APT3/QD8/cRVgHz9/ACx/QD8/v79/QDA/wD+/fz9hPz9/o7re/z9/v39/b3+xf3+mffLANT8/QA='), x => x/255)
const rest = new Float32Array(bytes('LEeWPxBbjz82Tc8/dGS9PxK81z5V9PQ+RCugPwnHij+syoU/iR7aPvscjj++5qU/oT9TP0ExXj/mvJM/pI2JP/H9yD8GX4w/bG6JPxQApzwmeZI/TIzXPr8EgjwJErs/QubrPuwwmD9G6s4/gDfOPUj5hj9QRJI/9NxbPxVlnj9Vr3o/+Cq5P1xecj/vJFk/kEeLP8XCpz+Nk1E/3UCEP4VvoD+7O5k/pFMiP8tMgz9sIno/WnzEPo+XpD/jWIc/H7jIP+mkpD+dVaG+ht6YPTAN4T5zQJM/jhdSP7qhYT9fXx4/ak8IPynNPD+fFxw/6b7XPuzfjz+Nmkc/OXBYPj6OLz9sd7Q/t2uDPzWNlD+WCIE/IKjcP/5d/z7jJ50/RRZzPx6uvz52Gms/8IS1PwB1Ez+I/Dg/aZ9FP29khz+YVI8/W8ntPzeapT8vIg0/8G2dPyjxwT8WGNE/jp41P1r4mj5owNk/ANg+P+fRpD/Yc3w/Hi+vPrIuLz+mZpU+PRoXPxJBjj+eng4/bomAPxYiW79vMli+9IOpviLVwL6XACy/qQT4vkz0wb4jx8y+5dMTv6b3Jr/MrMy+YsJUv9wVW79UT5s92VfUvbCeCL61D4q9R3MmPQF8Or8asx2/VPrbvg2TAL5p39u+4SEwvyxdJL8wJWu/SMuNvumucL+BLiG/gkJav26zN78CRyO/Kn4Pv8JoWL+ULZI+lfo4vzEu5r64+jQ+NmAHv+acSb91P4i+2KsxvxLgOb/7Lum+G76ivq3FLL6+OYq+Yp76vkiVW76b5bi+LnGHvjrV973Xm1y/amtYvuaXsb7EuPm+YCRIvzn7Pz7+XNW+psALv479kb2gxSO/GQqJvhjFbj5smxe/BhrivsgE3r6qL6G98NUMv9Qtkb4jwx4+hOgcv32HKr+ECVK/Kd6Dvj0IU78wT0W/EcEQv3PUybyYN9e+Z/DlvuF7Or+Ju0m/XXWzvsZLmb5DIQm/wKH9vlH/Hb8hOE6+9sapvuOCK7+0pTS/dDxtvvhYWL8/jTm/wnyfPmf/1L7iGxO/chQWv4FEk74=').buffer)

/** Mean squared error of the scores: threes should score 1, sevens 0. @param {number} weight of pixel [8, 13] */
export const loss = weight => sum(ink.map((x, i) => (rest[i] + x*weight - (i < 100 ? 1 : 0))**2))/ink.length

/** For each image twice the error, times the pixel; the mean of these. @param {number} weight */
export const gradient = weight => sum(ink.map((x, i) => 2*(rest[i] + x*weight - (i < 100 ? 1 : 0))*x))/ink.length

/** Rise over run from one point to another. @param {number} from @param {number} to */
export const slope = (from, to) => (loss(to) - loss(from))/(to - from)

const width = 440, height = 260, low = -.5, high = 1, top = .65
const across = scaleLinear([low, high], [0, width]), up = scaleLinear([0, top], [height, 0])
const line = (/** @type {string} */ name, /** @type {number[][]} */ spots) => `<polyline class="curve ${name}" points="${spots.map(([w, y]) => `${across(w).toFixed(1)},${up(y).toFixed(1)}`).join(' ')}"/>`
const dot = (/** @type {number} */ w) => `<circle class="ink" cx="${across(w)}" cy="${up(loss(w))}" r="5"/>`
/** A straight line through a point, from edge to edge. @param {string} name @param {number} w @param {number} steep */
const straight = (name, w, steep) => line(name, [low, high].map(o => [o, loss(w) + steep*(o - w)]))
const curve = Array.from({length: 151}, (_, i) => low + i/100).map(w => [w, loss(w)])

const longest = .6
const shown = figure('gradient', [
  {name: 'weight', label: 'Weight of pixel [8, 13]', min: -.4, max: .8, step: .01, value: -.02},
  {name: 'run', label: 'Run', min: .001, max: longest, step: .001, value: .5},
  {name: 'sides', label: 'Measured', options: {right: 'from here to the right', both: 'from left to right of here'}, value: 'right'},
], picture('sheet', width, height + 24), ({weight, run, sides}, box) => {
  const from = sides === 'both' ? weight - run : weight, to = weight + run, steep = slope(from, to), exact = gradient(weight)
  const rise = loss(to) - loss(from), svg = svgOf(box)
  svg.innerHTML = `<rect class="frame" width="${width}" height="${height}"/>
    <svg width="${width}" height="${height}">${line('', curve)}${straight('more', weight, exact)}${straight('less dashed', from, steep)}
    ${line('less', [[from, loss(from)], [to, loss(from)], [to, loss(to)]])}${dot(from)}${dot(to)}</svg>
    <text x="8" y="20">↑ loss</text><text x="${width - 8}" y="${height + 20}" text-anchor="end">the weight →</text>`
  const away = Math.abs(steep - exact)
  const says = `Rise ${number(rise, 6)} over run ${number(to - from, 3)}: slope ${number(steep, 5)}. The gradient is ${number(exact, 5)}, ${number(away, 5)} away.`
  svg.setAttribute('aria-label', `The parabola of the loss, its tangent (red) and the line through two points of it (blue, dashed). ${says}`)
  return says
})
if (shown) {  // a press on the curve puts the end of the run there
  const weight = /** @type {HTMLInputElement} */ (shown.box.querySelector('[name=weight]'))
  onPress(svgOf(shown.box), x => shown.set({run: clamp(Math.abs(across.invert(x) - weight.valueAsNumber), .001, longest)}))
}
