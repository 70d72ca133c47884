// What the models for threes and sevens say, on the page Draw a digit: pixel similarity, the linear model, the ReLU net.
import {makeTeacher} from './learn.js'
import {judge} from './models.js'
import {$, asInk, largest, names, paint, percent, pictureButton, rove, share, signed, twoSided} from './pictures.js'

/** @typedef {import('./models.js').Models} Models
 * @typedef {import('./models.js').Sample} Sample
 * @typedef {ReturnType<typeof judge>} Judged */

const blank = new Float32Array(784), PAIR = /** @type {const} */ ([3, 7])
const KINDS = /** @type {const} */ (['similarity', 'linear', 'net'])

/** This part of the page: what draw.js asks of it. `changed` is called when the net has learned.
 * @param {Models} models @param {Sample[]} samples @param {() => void} changed */
export function makePair(models, samples, changed) {
  const units = makeUnits(models['relu.2.weight'].data)
  const typical = (/** @type {'hidden' | 'votes'} */ key) => samples.reduce((t, o) => t + largest(judge(o.image, models).net[key]), 0)/samples.length
  const brightest = .7*typical('hidden'), loudest = .7*typical('votes')
  /** @type {number | null} the unit that is pointed at */
  let shown = null
  /** @type {Judged | null} what the models say of the image on show */
  let said = null
  const teacher = makeTeacher(models, () => { regroup(units, models['relu.2.weight'].data); changed() })
  rove(units.map(o => o.button), k => { shown = k === null ? null : units[k].i; showUnit() })

  /** Show what the models say of an image; the gist of it as text. `sample` is the validation image that it is, or null.
   * @param {Float32Array} image @param {Sample | null} sample */
  function show(image, sample) {
    const {similarity, linear, net} = said = judge(image, models)
    teacher.show(image, sample)
    for (const o of KINDS) {
      $(`${o}-digit`).textContent = $(`${o}-digit`).dataset.digit = said[o].digit
    }
    showSimilarity(image, similarity)
    const {data} = models['linear.weight']
    paint($('weighted'), image.map((v, i) => v*data[i]), twoSided(largest(data)))
    showScore('linear', linear)
    showScore('net', net)
    showUnits(net)
    const sure = (/** @type {{probability: number, digit: number}} */ {probability, digit}) => percent(digit === 3 ? probability : 1 - probability)
    return `Pixel similarity says ${names[similarity.digit]}, the linear model ${names[linear.digit]} (${sure(linear)}), the ReLU net ${names[net.digit]} (${sure(net)}).`
  }

  /** @param {Float32Array} image @param {Judged['similarity']} said */
  function showSimilarity(image, {distances, digit}) {
    for (const d of PAIR) {
      paint($(`difference-${d}`), image.map((v, i) => v - models[`ideal.${d}`].data[i]), twoSided(1, 'more', 'less'))
      $(`distance-${d}`).textContent = distances[d].toFixed(4)
      $(`distance-${d}`).classList.toggle('nearest', d === digit)
    }
  }

  /** @param {string} name @param {Judged['linear']} said */
  function showScore(name, {score, probability}) {
    $(`${name}-score`).textContent = `score ${signed(score)}`
    $(`${name}-probability`).textContent = share(probability)
    $(`${name}-meter`).style.setProperty('--p', probability)
  }

  /** @param {Judged['net']} said */
  function showUnits({hidden, votes, score}) {
    for (const {button, i, digit} of units) {
      button.style.setProperty('--lit', `${Math.min(1, hidden[i]/brightest)}`)
      button.style.setProperty('--vote', `${Math.min(1, Math.abs(votes[i])/loudest)}`)
      button.setAttribute('aria-label', `Unit ${i + 1}, for ${names[digit]}: ${hidden[i] ? `lit, ${hidden[i].toFixed(2)}` : 'dark'}`)
    }
    const total = (/** @type {number} */ sign) => votes.reduce((t, v) => t + Math.max(0, sign*v), 0)
    $('net-sum').textContent = `${hidden.filter(h => h > 0).length} of ${hidden.length} units are lit. For three ${signed(total(1))}, for seven ${signed(-total(-1))}, bias ${signed(models['relu.2.bias'].data[0])}: score ${signed(score)}`
    showUnit()
  }

  function showUnit() {
    if (!said) return
    const {hidden, votes} = said.net
    const k = shown ?? votes.reduce((best, v, j) => Math.abs(v) > Math.abs(votes[best]) ? j : best, 0)
    $('unit').textContent = `${shown === null ? 'The loudest, unit' : 'Unit'} ${k + 1}: ` +
      `${hidden[k].toFixed(2)} × weight ${signed(models['relu.2.weight'].data[k])} = ${signed(votes[k])}`
  }

  /** Nothing is drawn. */
  function clear() {
    said = null
    teacher.show(null)
    for (const o of KINDS) {
      $(`${o}-digit`).textContent = '?'
      delete $(`${o}-digit`).dataset.digit
    }
    for (const id of ['difference-3', 'difference-7', 'weighted']) paint($(id), blank, asInk)
    for (const o of document.querySelectorAll('[data-part=pair] .number')) { o.textContent = '–'; o.classList.remove('nearest') }
    for (const {button, i, digit} of units) {
      button.style.setProperty('--lit', '0')
      button.style.setProperty('--vote', '0')
      button.setAttribute('aria-label', `Unit ${i + 1}, for ${names[digit]}`)
    }
    $('net-sum').textContent = $('unit').textContent = ''
  }

  /** The pictures that do not depend on the drawing. */
  function paintModels() {
    for (const d of PAIR) paint($(`ideal-${d}`), models[`ideal.${d}`].data, asInk)
    const {data} = models['linear.weight']
    paint($('weights'), data, twoSided(largest(data)))
    for (const {canvas, i, digit} of units) {
      const weights = models['relu.0.weight'].data.subarray(784*i, 784*(i + 1)), towards = digit === 3 ? 1 : -1
      paint(canvas, weights.map(w => towards*w), twoSided(.5*largest(weights)))
    }
  }

  return {samples, show, clear, paintModels, isWrong: (/** @type {Sample} */ o) => judge(o.image, models).net.digit !== o.label, net: 'the net', hint: 'Draw a 3 or a 7.',
    limits: 'These three models know only 3 and 7. Whatever you draw, they must call it one of the two.'}
}

/** A button for each hidden unit, in two groups, those with the largest weight first. @param {Float32Array} weights */
function makeUnits(weights) {
  const sorted = [...weights.keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]))
  return [3, 7].flatMap(digit => sorted.filter(i => (weights[i] > 0) === (digit === 3)).map(i => {
    const canvas = document.createElement('canvas')
    return {button: pictureButton($(`units-${digit}`), `var(--${names[digit]})`, canvas), canvas, i, digit}
  }))
}

/** A unit whose vote has changed sides moves to the other group. @param {ReturnType<typeof makeUnits>} units @param {Float32Array} weights */
function regroup(units, weights) {
  for (const unit of units) {
    const digit = weights[unit.i] > 0 ? 3 : 7
    if (digit === unit.digit) continue
    unit.digit = digit
    unit.button.style.setProperty('--colour', `var(--${names[digit]})`)
    $(`units-${digit}`).append(unit.button)
  }
}
