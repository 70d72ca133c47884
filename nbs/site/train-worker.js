// The worker of the page Train it here: it fetches the images and trains, so that the page stays free. train.js talks to it.
import {imageOf, judgeAll, loadImages, makeTrainer} from './nets.js'

const SHOWN = 12, LAST = 100         // wrong answers to show; epochs after which it stops by itself
const TICK = 50                      // milliseconds from one report to the next; in half of them it learns
/** @type {Record<string, number[]>} */
const paces = {step: [1, 500], slow: [1, 100], fast: [Infinity, TICK]}  // steps a tick at most, and how long a tick is

/** @typedef {import('./nets.js').Settings & {digits: '37' | 'ten'}} Settings
 * @typedef {{settings: Settings, pace: string}} Message */
/** @type {Awaited<ReturnType<typeof loadImages>>} */
let images
/** @type {ReturnType<typeof makeTrainer>} */
let trainer
/** @type {Settings} */
let settings
/** @type {number | undefined} */
let timer
/** @type {string | null} the digits whose images are here */
let loaded = null

/** @type {Record<string, (message: Message) => void>} */
const actions = {
  async begin(o) {
    stop()
    settings = o.settings
    if (loaded !== settings.digits) {
      images = await loadImages(settings.digits)
      loaded = settings.digits
    }
    trainer = makeTrainer(images.train, settings)
    report()
  },
  change(o) { settings = o.settings },
  step() { stop(); learn(1, Infinity) },
  run({pace}) { stop(); tick(paces[pace][0], paces[pace][1]) },
  pause: () => stop(),
}

function stop() {
  clearTimeout(timer)
}

/** @param {number} most @param {number} pause */
function tick(most, pause) {
  const began = performance.now()
  learn(most, TICK/2)
  if (trainer.epochs >= LAST) postMessage({over: LAST})
  else timer = setTimeout(tick, Math.max(0, pause - (performance.now() - began)), most, pause)
}

/** Learn from so many batches, or as many as there is time for. @param {number} most @param {number} milliseconds */
function learn(most, milliseconds) {
  const began = performance.now()
  let steps = 0, loss = 0, spent = 0
  do {
    loss += trainer.step(settings)
    spent = performance.now() - began
  } while (++steps < most && spent < milliseconds && trainer.epochs < LAST)
  report({loss: loss/steps, ms: spent/steps})
}

/** Tell the page where the training stands; `loss` and `ms` are means over the steps since it was told last. */
function report(learned = {}) {
  const {layers, steps, epochs, places} = trainer, {wrong, ...held} = judgeAll(layers, images.held, settings.loss)
  const [first, second] = layers
  postMessage({steps, epochs, held: {...held, n: images.held.labels.length, mistakes: wrong.length}, ...learned,
    batch: places.map(i => images.train.labels[i]),
    weight: Float32Array.from(first.weight), votes: second && Float32Array.from(second.weight),
    wrong: wrong.slice(0, SHOWN).map(o => ({...o, image: imageOf(images.held, o.i)}))})
}

let before = Promise.resolve()       // each message waits for the one before it, and so for the images
onmessage = ({data: {type, ...o}}) => { before = before.then(() => actions[type](o)).catch(e => postMessage({error: e.message})) }
