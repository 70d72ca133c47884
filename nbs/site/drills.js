// The page Drills: questions from drills.json, which mnist_sgd.drills.drill_pool wrote, judged as right_answer judges.
const number = /[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/g
const numbers = (/** @type {string} */ text) => (text.replaceAll('−', '-').match(number) ?? []).map(Number)
const close = (/** @type {number} */ a, /** @type {number} */ b) => a === b || (Number.isFinite(a) && Number.isFinite(b) &&
  Math.abs(a - b) <= Math.max(.01*Math.max(Math.abs(a), Math.abs(b)), 1e-9))

/** The same number, to one per cent, or the same shape? @param {string} given @param {string} wanted */
export function rightAnswer(given, wanted) {
  const [ours, theirs] = [given, wanted].map(numbers)
  if (wanted.startsWith('(')) return ours.length === theirs.length && ours.every((o, i) => o === theirs[i])
  return ours.length === 1 && close(ours[0], theirs[0])
}

const escape = (/** @type {string} */ text) => text.replace(/[&<>]/g, c => `&#${c.charCodeAt(0)};`)
const withCode = (/** @type {string} */ text) => escape(text).replace(/`([^`]*)`/g, '<code>$1</code>')
const readable = (/** @type {string} */ kind) => kind.replaceAll('_', ' ')

/** @typedef {{kind: string, text: string, wanted: string, why: string}} Question  As drill_pool makes them. */

/** @param {HTMLElement} box */
export async function begin(box) {
  box.innerHTML = `<form class="drills" novalidate>
      <p class="drills-top"><label>Kind <select name="kind"><option value="">any</option></select></label>
      <span class="drills-score">No answer yet</span></p>
      <p class="drills-question"><label for="drills-answer" class="question">The questions are on their way …</label></p>
      <p class="drills-answer"><input id="drills-answer" name="answer" autocomplete="off" autocapitalize="off" spellcheck="false"
        aria-describedby="drills-verdict"><button>Check</button></p>
      <p class="drills-verdict" id="drills-verdict" role="status"></p>
    </form>`
  const find = (/** @type {string} */ selector) => /** @type {any} */ (box.querySelector(selector))
  /** @type {HTMLElement[]} */
  const [form, button, verdict, text, score] = ['form', 'button', '.drills-verdict', '.question', '.drills-score'].map(find)
  /** @type {HTMLSelectElement} */
  const kind = find('select')
  /** @type {HTMLInputElement} */
  const answer = find('input')
  /** @type {Question[]} */
  const pool = await (await fetch(new URL('../drills.json', import.meta.url))).json()
  for (const name of new Set(pool.map(q => q.kind))) kind.add(new Option(readable(name), name))
  let left = pool, question = pool[0], asked = 0, right = 0

  function ask() {
    const fits = (/** @type {Question} */ q) => !kind.value || q.kind === kind.value
    if (!left.some(fits)) left = [...left, ...pool.filter(fits)]  // all have been asked: once more
    const choice = left.filter(fits)
    question = choice[Math.floor(Math.random()*choice.length)]
    left = left.filter(q => q !== question)
    text.innerHTML = withCode(question.text)
    answer.value = verdict.textContent = ''
    answer.readOnly = false
    button.textContent = 'Check'
    delete form.dataset.right
  }

  function check() {
    if (!answer.value.trim()) { verdict.textContent = 'Type an answer first, such as 0.5 or (3, 4).'; return }
    const good = rightAnswer(answer.value, question.wanted)
    asked += 1
    right += Number(good)
    verdict.innerHTML = `<strong>${good ? '✓ Right.' : `✗ It is ${escape(question.wanted)}.`}</strong> ${withCode(question.why)}`
    score.textContent = `${right} of ${asked} right`
    form.dataset.right = `${good}`
    answer.readOnly = true
    button.textContent = 'Next question'
  }

  form.addEventListener('submit', e => {
    e.preventDefault()
    if (answer.readOnly) ask()
    else check()
    answer.focus()
  })
  kind.addEventListener('change', ask)
  ask()
  box.dataset.ready = 'true'
}

const box = document.getElementById('drills')
if (box) begin(box).catch(e => { box.textContent = `The questions could not be loaded (${e.message}).`; throw e })
