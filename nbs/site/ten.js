// What the nets for all ten digits say, on the page Draw a digit: ten bars for each, and the feature maps of the convolutional one.
import {askCnn, askMlp} from './models.js'
import {$, asInk, largest, names, paint, percent, pictureButton, rove, share, twoSided} from './pictures.js'

/** @typedef {import('./models.js').Maps} Maps */

const COLUMNS = 8                    // of a sheet of feature maps

/** This part of the page: what draw.js asks of it. @param {import('./models.js').Models} models @param {import('./models.js').Sample[]} samples */
export function makeTen(models, samples) {
  const bars = {mlp: makeBars($('mlp-bars')), cnn: makeBars($('cnn-bars'))}
  const typical = samples.slice(0, 10).map(o => askCnn(o.image, models).maps)
  const brightest = typical[0].map((_, layer) => .7*typical.reduce((t, maps) => t + largest(maps[layer].data), 0)/typical.length)
  const kernels = Array.from({length: typical[0][0].n}, () => {
    const [kernel, map] = ['kernel', 'map'].map(className => Object.assign(document.createElement('canvas'), {className}))
    return {button: pictureButton($('kernels'), 'var(--focus)', kernel, map), kernel, map}
  })
  /** @type {number | null} the kernel that is pointed at */
  let shown = null
  /** @type {Maps | null} the maps of the first layer */
  let first = null
  rove(kernels.map(o => o.button), k => { shown = k; showKernel() })

  /** Show what the nets say of an image; the gist of it as text. @param {Float32Array} image @param {import('./models.js').Sample | null} [_] */
  function show(image, _ = null) {
    const start = performance.now(), cnn = askCnn(image, models), took = performance.now() - start, mlp = askMlp(image, models)
    showBars('mlp', mlp)
    showBars('cnn', cnn)
    $('cnn-time').textContent = `Computed in ${took.toFixed(1)} ms, just now.`
    first = cnn.maps[0]
    showMaps(cnn.maps)
    return `The convolutional net says ${names[cnn.digit]} (${percent(cnn.probabilities[cnn.digit])}), the ten-digit net ${names[mlp.digit]} (${percent(mlp.probabilities[mlp.digit])}).`
  }

  /** @param {'mlp' | 'cnn'} net @param {{digit: number, probabilities: number[]}} said */
  function showBars(net, {digit, probabilities}) {
    $(`${net}-digit`).textContent = digit
    bars[net].forEach(({row, number}, d) => {
      row.classList.toggle('winner', d === digit)
      row.style.setProperty('--p', `${probabilities[d]}`)
      number.textContent = share(probabilities[d])
    })
  }

  /** @param {Maps[]} maps */
  function showMaps(maps) {
    const [{size}] = maps
    kernels.forEach(({button, map}, k) => {
      const values = mapOf(maps[0], k)
      paint(map, values, v => asInk(v/brightest[0]), size)
      button.style.setProperty('--vote', `${Math.min(1, largest(values)/brightest[0])}`)
      button.setAttribute('aria-label', `Kernel ${k + 1}: ${told(maps[0], k)}`)
    })
    maps.forEach(({n, size, data}, i) => {
      const lit = Array.from({length: n}, (_, k) => mapOf(maps[i], k)).filter(o => o.some(v => v > 0)).length
      $(`layer-${i + 1}`).textContent = `Layer ${i + 1}: ${n} maps, ${size} × ${size}, ${lit === n ? 'all' : lit || 'none'} lit`
      if (i) paint($(`maps-${i + 1}`), data, v => asInk(v/brightest[i]), size, COLUMNS)
    })
    showKernel()
  }

  /** @param {{size: number, data: Float32Array}} maps @param {number} k */
  const mapOf = ({size, data}, k) => data.subarray(k*size*size, (k + 1)*size*size)

  /** What the picture of a kernel's map shows, as text. @param {Maps} maps @param {number} k */
  function told(maps, k) {
    const {size} = maps, values = mapOf(maps, k), most = largest(values), at = values.indexOf(most)
    if (!most) return 'lit nowhere'
    return `lit at ${values.filter(v => v > 0).length} of ${values.length} places, most in row ${Math.floor(at/size) + 1}, column ${at%size + 1}: ${most.toFixed(2)}`
  }

  function showKernel() {
    if (!first) return
    const maps = first, brightness = kernels.map((_, j) => largest(mapOf(maps, j)))
    const k = shown ?? brightness.indexOf(Math.max(...brightness))
    $('kernel').textContent = `${shown === null ? 'The brightest, kernel' : 'Kernel'} ${k + 1}: ${told(maps, k)}`
  }

  /** Nothing is drawn. */
  function clear() {
    first = null
    for (const net of /** @type {const} */ (['mlp', 'cnn'])) {
      $(`${net}-digit`).textContent = '?'
      for (const {row, number} of bars[net]) {
        row.classList.remove('winner')
        row.style.setProperty('--p', '0')
        number.textContent = '–'
      }
    }
    typical[0].forEach(({n, size, data}, i) => {
      $(`layer-${i + 1}`).textContent = `Layer ${i + 1}: ${n} maps, ${size} × ${size}`
      if (i) paint($(`maps-${i + 1}`), data, () => asInk(0), size, COLUMNS)
    })
    kernels.forEach(({button, map}, k) => {
      paint(map, mapOf(typical[0][0], k), () => asInk(0), typical[0][0].size)
      button.style.setProperty('--vote', '0')
      button.setAttribute('aria-label', `Kernel ${k + 1}`)
    })
    $('kernel').textContent = $('cnn-time').textContent = ''
  }

  /** The pictures that do not depend on the drawing. */
  function paintModels() {
    const {data, shape: [, , size]} = models['cnn.0.weight']
    kernels.forEach(({kernel}, k) => {
      const weights = mapOf({data, size}, k)
      paint(kernel, weights, twoSided(largest(weights)), size)
    })
  }

  return {samples, show, clear, paintModels, isWrong: (/** @type {import('./models.js').Sample} */ o) => askMlp(o.image, models).digit !== o.label, net: 'the ten-digit net', hint: 'Draw any digit.', limits: ''}
}

/** A row for each digit: the digit, a bar, and a number. */
const makeBars = (/** @type {HTMLElement} */ list) => names.map((_, d) => {
  const row = document.createElement('li'), number = document.createElement('span')
  row.innerHTML = `<b>${d}</b><i></i>`
  number.className = 'number'
  row.append(number)
  list.append(row)
  return {row, number}
})
