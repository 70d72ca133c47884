// What every page does beside what smalldocs.js does: the menu on a phone, the contents that follow, what scrolls, and
// where you stopped.
import './search.js'
import './terms.js'

/** @param {string} selector @param {ParentNode} [root] @returns {any} an element of whatever kind it has there */
const $ = (selector, root = document) => root.querySelector(selector)
/** @param {string} selector @returns {HTMLElement[]} */
const $$ = selector => [...document.querySelectorAll(/** @type {'div'} */ (selector))]

// ---- What scrolls inside the page (printed tables, wide tables) can be reached and scrolled with the keyboard
/** @param {Element} el */
function mark(el) {
  if (el.scrollWidth > el.clientWidth) el.setAttribute('tabindex', '0')
  else el.removeAttribute('tabindex')
}
const sizes = new ResizeObserver(entries => entries.forEach(entry => mark(entry.target)))
$$('main pre, main .sd-table, main .cell-output').forEach(el => sizes.observe(el))

// ---- On a phone a figure is shown large when it is tapped, and scrolls; a second tap makes it small again
for (const image of $$('main figure img')) image.addEventListener('click', () => image.classList.toggle('large'))

// ---- A button to copy each block of code
for (const block of $$('div.sourceCode')) {
  const copy = document.createElement('button')
  Object.assign(copy, {type: 'button', className: 'code-copy-button', title: 'Copy to clipboard', innerHTML: '<i class="bi" aria-hidden="true"></i>'})
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText($('code', block).innerText)
    copy.classList.add('code-copy-button-checked')
    setTimeout(() => copy.classList.remove('code-copy-button-checked'), 1500)
  })
  block.append(copy)
}

// ---- The notebooks are packed on the site; what is saved is the notebook itself
for (const link of /** @type {HTMLAnchorElement[]} */ ($$('a[href$=".ipynb.gz"]'))) link.addEventListener('click', async event => {
  event.preventDefault()
  let notebook = await (await fetch(link.href)).blob()
  const packed = new Uint8Array(await notebook.slice(0, 1).arrayBuffer())[0] === 31  // some servers unpack it themselves
  if (packed) notebook = await new Response(notebook.stream().pipeThrough(new DecompressionStream('gzip'))).blob()
  const saved = Object.assign(document.createElement('a'), {href: URL.createObjectURL(notebook), download: link.pathname.replace(/.*\/|\.gz$/g, '')})
  saved.click()
  URL.revokeObjectURL(saved.href)
})

// ---- The list of pages on a phone: the button says whether it is open, Escape closes it
const menu = $('#quarto-sidebar'), button = $('.quarto-btn-toggle')
if (menu && button) {
  const open = () => menu.classList.contains('show')
  new MutationObserver(() => {
    button.setAttribute('aria-expanded', open())
    if (open()) $('[aria-current]', menu)?.scrollIntoView({block: 'center'})
  }).observe(menu, {attributeFilter: ['class']})
  document.addEventListener('keydown', e => {
    if (e.key !== 'Escape' || !open()) return
    button.click()
    button.focus()
  })
}

// ---- The table of contents keeps the entry in view that the reader is at
const toc = $('#quarto-margin-sidebar')
if (toc) {
  const follow = () => {
    const entry = $('a.active', toc)
    if (!entry) return
    const {top, bottom} = entry.getBoundingClientRect(), box = toc.getBoundingClientRect()
    if (top < box.top + 40) toc.scrollTop += top - box.top - 40
    else if (bottom > box.bottom - 40) toc.scrollTop += bottom - box.bottom + 40
  }
  new MutationObserver(follow).observe(toc, {subtree: true, attributeFilter: ['class']})
}

// ---- Where you stopped: kept in this browser alone. The first page offers to go on there, the list of pages ticks what was read.
const key = 'mnist_sgd-reading', page = location.pathname.split('/').at(-1) || 'index.html'
/** @typedef {{page?: string, title?: string, anchor?: string, section?: string, done?: string[]}} Reading */
const store = {
  /** @returns {Reading} */
  read() { try { return JSON.parse(localStorage.getItem(key) ?? '{}') } catch { return {} } },
  write(/** @type {Reading} */ value) { try { localStorage.setItem(key, JSON.stringify(value)) } catch { /* a private window */ } },
}
const title = $('h1')?.textContent ?? '', isChapter = /^\d/.test(title)

function remember() {
  const heads = $$('main section > :is(h2, h3), .api-entry h3').filter(h => h.getBoundingClientRect().top < innerHeight/2)
  const at = heads.at(-1), read = store.read()
  const end = innerHeight + scrollY > document.documentElement.scrollHeight - 1.5*innerHeight
  if (end && !read.done?.includes(page)) read.done = [...read.done ?? [], page]
  store.write({...read, page, title, anchor: at?.id || at?.closest('section')?.id || '', section: at?.firstChild?.textContent?.trim() ?? ''})
}
if (isChapter) {
  /** @type {number | undefined} */
  let later
  addEventListener('scroll', () => { clearTimeout(later); later = setTimeout(remember, 300) }, {passive: true})
}

const read = store.read()
for (const name of read.done ?? []) {
  const link = $(`#quarto-sidebar a[href="${name}"]`)
  if (!link) continue
  link.classList.add('done')
  link.insertAdjacentHTML('beforeend', '<span class="visually-hidden"> (read)</span>')
}
if (page === 'index.html' && read.page) {
  const link = document.createElement('a')
  link.href = read.page + (read.anchor ? `#${read.anchor}` : '')
  link.textContent = [read.title, read.section].filter(Boolean).join(': ')
  const line = document.createElement('p')
  line.className = 'go-on'
  line.append('Go on where you stopped: ', link)
  $('#title-block-header').append(line)
}
