// Chapter 6: what random batches say about two of the weights, and a walk through 512 images with such batches.
import {scaleLinear} from './d3.js'
import {figure, inflated, number, picture, sum} from './explore.js'
import {randomNumbers} from './nets.js'

/** @typedef {[number, number, number]} Sample  pixels [14, 9] and [20, 12] of an image, and its target: 1 for a three, 0 for a seven */
const data = await inflated('VVRtaI5hFL6Oj70+ok3vlPlMpBUa+8FKibC0+aE2/GDzQ22RH6aEpaRQq7f88FF+KBMWLd8hq5WyQkLTYmrMkK/afG6253le51z3/ex93W33e+77XOec63zcD6YCgYQQLICtAEgKEP91AM+AEL12dEuwCmjHmVBwQFBoMKH2CiSdFiyUKF/uOLx6U4BelgoK6DDE50KgQ8aoshaoRncP0tnOdUWCxQSrYT+FrYJRVNUTNeTRZngemIvSo6R6lrf3gZTUBZIAlk2ziIFzGzoCkgq9+UhIOVXhDZcvJkQxjSK7eQckIE25ghWCLwhdTVKwoBnC3tYdI8eqHz4R3T5YAW1tZLg5mfI6h4Oq+iRhnP7xH2qDPVS1wedrvLollQY2wRmSqXxE1opk509UkwHem6ucYWIPNTdp0CMpuYJEjsZzH7euRODcHQPGCzZ72+O55J+I0w/iOfkLHAHm+yJo1gtV6EPj5LggScmUaLUnclDl2fjmAN+xWfcW4BT2O+Rl2TbAatlcYRZhxdrPTmB07LYD51Qo9yz6OHXJJks/v5dlmSq+14gr/5V7Iw3mMFAtKpPeiR1fA1MMn8vzhh6gh/dvgSogj50qHi4asAvdKlTTYSjjrCPYS9X7LtMvJdQ732I/S/R/LY9pOzYow2Y24mpcouv47xU0m0cM8GKA3grdSTKYuO9YnjHs1EYENgAWp8bmH/vYtO1Zhn+sMrcY10wvAr+sv2uavZ8aVeURrMiErH/i+j48tFxVtj21ofIXJVSdjgc71BwrTZikxy7BSVzSHHcztXrMcH4ayfC2iYvUZIdaWaAc4Pfw43oM3EQTYg4EtAT24WpvY/qBoMy8paYT/wjRUcICFuEeR1pXUeapplvFmn2YN2VZ35+H8A+kz/KJHpjqEK1yrsWYEW6yBFUSVng+aKXJKMoRtX0cP2ov+O+heEPn54RgkEIgL+PHNQS5S8BM3Qd1xgQvgHWYmP2RTPAjE6BgLLIc+lj+YVQAtZRXkmHKDx5fkGAeXr0RfY3/AA==')
/** The first 512 images that the chapter learns from, in its random order. */
export const images = Array.from({length: 512}, (_, i) => /** @type {Sample} */ ([data[3*i]/255, data[3*i + 1]/255, data[3*i + 2]]))

/** The prediction starts from one half, as in the chapter; the other weights are 0. @param {Sample} sample @param {number[]} w */
const error = ([a, b, target], [u, v]) => .5 + a*u + b*v - target
/** Mean squared error. @param {number[]} w two weights @param {Sample[]} some */
export const loss = (w, some = images) => sum(some.map(o => error(o, w)**2))/some.length
/** @param {number[]} w @param {Sample[]} some @returns {number[]} */
export const gradient = (w, some = images) => [0, 1].map(k => sum(some.map(o => 2*error(o, w)*o[k]))/some.length)

/** The weights along one pass through images, from zeros. @param {Sample[]} order @param {number} size of a batch @param {number} lr */
export function pass(order, size, lr) {
  const path = [[0, 0]]
  for (let i = 0; i < order.length; i += size) {
    const w = path[path.length - 1], slope = gradient(w, order.slice(i, i + size))
    path.push(w.map((x, k) => x - lr*slope[k]))
  }
  return path
}

// the loss is a bowl: its slope at 0 and its bends say where it is lowest
const full = gradient([0, 0]), [[p, q], [, r]] = [[1, 0], [0, 1]].map(w => gradient(w).map((g, k) => g - full[k]))
export const lowest = [q*full[1] - r*full[0], q*full[0] - p*full[1]].map(x => x/(p*r - q*q))
const away = (/** @type {number[]} */ [u, v]) => Math.hypot(u - lowest[0], v - lowest[1])
/** Mean of the standard deviations of both coordinates. @param {number[][]} dots */
const scatter = dots => sum([0, 1].map(k => {
  const mean = sum(dots.map(o => o[k]))/dots.length
  return Math.sqrt(sum(dots.map(o => (o[k] - mean)**2))/dots.length)
}))/2
const single = scatter(images.map(o => gradient([0, 0], [o])))

const side = 300, turn = Math.atan2(2*q, p - r)/2, bend = Math.hypot(p - r, 2*q)/2
const levels = [.001, .004, .009, .016].map(rise => [1, -1].map(k => Math.sqrt(2*rise/((p + r)/2 + k*bend))*side))  // half axes
const scales = (/** @type {number} */ left, /** @type {number} */ low, /** @type {number} */ wide) => [scaleLinear([left, left + wide], [0, side]), scaleLinear([low, low + wide], [side, 0])]
const place = (/** @type {number[]} */ w, /** @type {ReturnType<typeof scales>} */ scale) => w.map((x, k) => scale[k](x).toFixed(1))
const slopes = scales(-1.05, -1.05, 2.1), weights = scales(-.35, -.65, 1), square = `<rect class="frame" width="${side}" height="${side}"/>`

figure('dataloader', [
  {name: 'size', label: 'Images in a batch', min: 1, max: 128, value: 16},
  {name: 'lr', label: 'Learning rate', min: .02, max: .6, step: .02, value: .3},
  {name: 'draw', label: 'Another draw', min: 1, max: 20, value: 1},
], ['cloud', 'walk'].map((name, i) => `<figure>${picture(`bowl ${name}`, side, side)}<figcaption>${['100 batches: gradients of two weights (cross: of all 512 images)', 'one pass through 512 images: the two weights (cross: lowest loss)'][i]}</figcaption></figure>`).join(''),
({size, lr, draw}, box) => {
  const random = randomNumbers(draw), any = () => images[Math.floor(random()*images.length)]
  const dots = Array.from({length: 100}, () => gradient([0, 0], Array.from({length: size}, any)))
  const order = images.map(o => /** @type {const} */ ([random(), o])).sort(([a], [b]) => a - b).map(([, o]) => o), path = pass(order, size, lr)
  const [cloud, walk] = /** @type {SVGSVGElement[]} */ ([...box.querySelectorAll('svg.bowl')])
  const cross = (/** @type {string[]} */ [x, y]) => `<path class="curve" d="M${x} ${y}m-8 -8l16 16m0 -16l-16 16"/>`
  cloud.innerHTML = square + dots.map(o => place(o, slopes)).map(([x, y]) => `<circle class="less" cx="${x}" cy="${y}" r="4" fill-opacity=".5"/>`).join('') + cross(place(full, slopes))
  const [x, y] = place(lowest, weights), spots = path.map(w => place(w, weights))
  walk.innerHTML = `${square}<svg width="${side}" height="${side}">${levels.map(([a, b]) => `<ellipse class="frame" rx="${a}" ry="${b}" transform="translate(${x}, ${y}) rotate(${-turn*180/Math.PI})"/>`).join('')}
    <polyline class="curve more thin" points="${spots.join(' ')}"/>${spots.map(([x, y]) => `<circle class="more" cx="${x}" cy="${y}" r="2.5"/>`).join('')}${cross([x, y])}
    <text x="${spots[0][0]}" y="${spots[0][1]}" dx="6" dy="-6">start</text></svg>`
  const spread = scatter(dots), steps = path.length - 1, still = away(path[steps])
  cloud.setAttribute('aria-label', `A cloud of 100 dots, scattered by ${number(spread, 3)} about a cross`)
  walk.setAttribute('aria-label', `The path of the weights in ${steps} steps over the level lines of the loss; it ends ${number(still)} from the lowest point`)
  return `The dots scatter by ${number(spread, 3)}, ${number(single/spread, 1)} times less than single images do; √${size} is ${number(Math.sqrt(size), 1)}. After ${steps} ${steps === 1 ? 'step' : 'steps'}, the weights are ${number(still)} from the lowest point; one step with all 512 images would leave them ${number(away(pass(images, 512, lr)[1]))} away.`
})
