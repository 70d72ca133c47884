// The figures to play with: what they compute, and that they draw themselves. tests/test_explore.py has them in a real browser.
import assert from 'node:assert/strict'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {test} from 'node:test'
import {Window} from 'happy-dom'
import {near, random} from './near.js'

const folder = new URL('../../nbs/site/', import.meta.url)
const figures = readdirSync(folder).map(o => o.match(/^explore-(.*)\.js$/)?.[1]).filter(o => o && o !== 'digits')
const {document} = new Window()
document.body.innerHTML = ['descent', ...figures.map(o => `explore-${o}`)].map(o => `<div id="${o}"></div>`).join('')
globalThis.document = document
const load = name => import(new URL(`${name}.js`, folder))
const [descent, drills, explore] = await Promise.all(['descent', 'drills', 'explore'].map(load))
const of = Object.fromEntries(await Promise.all(figures.map(async o => [o, await load(`explore-${o}`)])))

test('each figure draws itself, says its result, and has a label for each control', () => {
  assert(figures.length > 8)
  for (const name of figures) {
    const box = document.getElementById(`explore-${name}`)
    assert(box.querySelector('[role=status]').textContent.length > 10, name)
    for (const svg of box.querySelectorAll('svg[role=img]')) assert(svg.getAttribute('aria-label') && svg.children.length, name)
    for (const o of box.querySelectorAll('input, select')) assert(box.querySelector(`label[for="${o.id}"]`), o.id)
    assert.doesNotMatch(box.innerHTML, /NaN|undefined/, name)
  }
  assert.doesNotMatch(document.getElementById('descent').innerHTML, /NaN|undefined/)
})

test('numbers as text, and text in HTML', () => {
  assert.deepEqual([-1.234, -.001, 0, 2].map(x => explore.number(x)), ['−1.23', '0.00', '0.00', '2.00'])
  assert.equal(explore.plain('<b> & "c"'), '&#60;b&#62; &#38; &#34;c&#34;')
})

test('the gradients of the landscapes and of the one weight are their slopes', () => {
  for (const {loss, gradient, parameters} of Object.values(descent.losses)) for (let k = 0; k < 5; k++) {
    const p = random(parameters, 2), step = 1e-5
    near(gradient(p), p.map((_, i) => (loss(p.map((x, j) => x + step*(i === j))) - loss(p.map((x, j) => x - step*(i === j))))/2/step), 1e-6)
  }
  for (const w of random(5)) near(of.gradient.gradient(w), of.gradient.slope(w - 1e-4, w + 1e-4), 1e-6)
})

test('a small step goes down; one that is too large leaves the map, and the verdict says so', () => {
  for (const loss of Object.values(descent.losses)) {
    const start = [1.5, 1].slice(0, loss.parameters), [, after] = descent.walk(loss, start, .01)
    assert(loss.loss(after) < loss.loss(start))
  }
  const {curve} = descent.losses
  assert.match(descent.verdict(curve, descent.walk(curve, [1.5], .1)), /^Converges/)
  assert.match(descent.verdict(curve, descent.walk(curve, [1.5], 1.1)), /^Diverges: step \d+ is off the map/)
})

test('shares sum to one, and heat makes them alike', () => {
  const scores = random(4, 5), spread = t => Math.max(...of.softmax.softmax(scores, t)) - Math.min(...of.softmax.softmax(scores, t))
  near(of.softmax.softmax(scores).reduce((a, b) => a + b), 1)
  assert(spread(1) > spread(2) && spread(1000) < .01)
})

test('the broken line meets the sine at its knots', () => {
  const knots = [0, 1, 2, 3.5, 5]
  for (const k of [...knots, 2*Math.PI]) near(of.relu.parts(knots, k).reduce((a, b) => a + b), Math.sin(k))
})

test('shapes go together as NumPy has it', () => {
  const {parse, result} = of.broadcast
  assert.equal(result(parse('(1010, 28, 28)'), parse('28 28')), '(1010, 28, 28)')
  assert.equal(result([5, 1], [4]), '(5, 4)')
  assert.match(result([3], [4]), /do not broadcast/)
  assert.equal(parse('three'), null)
})

test('distances: none from itself, and the larger errors weigh more in RMSE', () => {
  const {l1, rmse} = of.similarity, a = random(10), b = random(10)
  assert.equal(l1(a, a) + rmse(a, a), 0)
  near([l1([0, 0], [1, 3]), rmse([0, 0], [1, 3])], [2, Math.sqrt(5)])
  assert(rmse(a, b) >= l1(a, b))
})

test('an edge gives nothing on plain paper, and most at the edge', () => {
  const {kernels, slide} = of.conv, [, top] = kernels.top
  assert(slide(new Float64Array(784).fill(.7), top).every(x => Math.abs(x) < 1e-9))
  const map = slide(Float64Array.from({length: 784}, (_, i) => Number(i >= 14*28)), top)
  assert.equal(Math.max(...map), 3)
  assert.equal(map.indexOf(3), 12*26)
})

test('a batch has the slope of its own loss, and an epoch of batches ends where the loss is lower', () => {
  const {gradient, images, loss, pass} = of.dataloader, some = images.slice(5, 12), step = 1e-4
  for (let i = 0; i < 5; i++) {
    const w = random(2), slope = k => (loss(w.map((x, j) => x + step*(j === k)), some) - loss(w.map((x, j) => x - step*(j === k)), some))/2/step
    near(gradient(w, some), [slope(0), slope(1)], 1e-6)
  }
  for (const size of [16, 50, 512]) {
    const path = pass(images, size, .1)
    assert.equal(path.length, 1 + Math.ceil(512/size))
    assert(loss(path.at(-1)) < loss([0, 0]))
  }
})

test('back through the graph come its slopes, if each node waits', () => {
  const {frames, orders} = of.autograd, b = (w, x) => w*x*(w*x + w), step = 1e-4
  for (let i = 0; i < 5; i++) {
    const [w, x] = random(2, 3), all = frames(w, x, orders.right), {grads} = all.at(-1)
    near([grads.w, grads.x1], [(b(w + step, x) - b(w - step, x))/2/step, (b(w, x + step) - b(w, x - step))/2/step], 1e-5)
    assert.equal(all.length, frames(w, x, orders.early).length)
  }
})

test('a higher threshold keeps fewer answers and fewer mistakes', () => {
  const {kept, tally} = of.interpret, tallies = Array.from({length: 100}, (_, percent) => tally(kept(percent)))
  assert.equal(tallies[0].all, 10_000)
  tallies.slice(1).forEach(({all, wrong}, i) => assert(all <= tallies[i].all && wrong <= tallies[i].wrong))
})

test('without a rate a walker stays; on a line between two rates it gets both', () => {
  const {drawn, run} = of.schedule
  assert(run(Array(9).fill(0)).every(x => x === Math.hypot(4, .5)))
  near(drawn([1, 3, 0], 4), [1, 2, 3, 1.5])
})

test('an answer to a drill is judged by its number, or by its shape', () => {
  const {rightAnswer} = drills
  for (const [given, wanted] of [['−2', '-2'], ['.5', '0.5'], ['1.005', '1'], ['3 4', '(3, 4)']]) assert(rightAnswer(given, wanted), given)
  for (const [given, wanted] of [['1.02', '1'], ['', '0'], ['1 2', '1'], ['(3, 4)', '(4, 3)']]) assert(!rightAnswer(given, wanted), given)
})

test('what is bundled of D3 is small, names its licences, and does what we use it for', async () => {
  const {extent, scaleLinear, scaleLog} = await load('d3'), file = new URL('d3.js', folder), text = readFileSync(file, 'utf8')
  assert(statSync(file).size < 15_000)
  for (const o of ['array', 'scale', 'format']) {
    const lines = readFileSync(new URL(`../../node_modules/d3-${o}/LICENSE`, import.meta.url), 'utf8').trim().split('\n')
    assert(text.includes(lines[0]) && text.includes(lines.slice(1).join('\n')), o)
  }
  assert.deepEqual(extent([3, undefined, 1, NaN, 2]), [1, 3])
  const scale = scaleLinear([0, .83], [100, 0]).nice(3)
  near([scale(0), scale(1), scale.invert(25)], [100, 0, .75])
  assert.equal(scale(Infinity), -Infinity)
  assert.deepEqual(scale.ticks(3).map(scale.tickFormat(3)), ['0.0', '0.5', '1.0'])
  near(scaleLog([1, 100], [0, 2])(10), 1)
})
