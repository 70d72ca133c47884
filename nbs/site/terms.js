// What a term means, where it stands: on hover and on focus of a link to the glossary. Escape closes it; the pointer may go into it.
/** @type {Promise<Record<string, [string, string]>> | undefined} */
let meanings
const fetchMeanings = () => meanings ??= fetch(new URL('../glossary.json', import.meta.url)).then(r => r.json()).catch(() => ({}))

const tip = document.createElement('div')
Object.assign(tip, {className: 'term', id: 'term', role: 'tooltip', hidden: true})
document.body.append(tip)
/** @typedef {HTMLAnchorElement} Link */
/** @type {Link | null} */
let owner = null
/** @type {number | undefined} */
let later

/** @param {Link} link */
async function show(link) {
  const [name, text] = (await fetchMeanings())[decodeURIComponent(link.hash.slice(1))] ?? []
  if (!name || owner !== link) return
  const strong = document.createElement('strong')
  strong.textContent = name
  tip.replaceChildren(strong, ` ${text}`)
  tip.hidden = false
  link.setAttribute('aria-describedby', 'term')
  const place = link.getClientRects()[0], {offsetWidth: w, offsetHeight: h} = tip
  tip.style.left = `${scrollX + Math.max(8, Math.min(place.left, document.documentElement.clientWidth - w - 8))}px`
  tip.style.top = `${scrollY + (place.top > h + 70 ? place.top - h - 2 : place.bottom + 2)}px`
}

function hide() {
  clearTimeout(later)
  owner?.removeAttribute('aria-describedby')
  owner = null
  tip.hidden = true
}

/** @param {Link} link @param {number} wait */
function want(link, wait) {
  clearTimeout(later)
  if (owner === link) return
  hide()
  owner = link
  later = setTimeout(() => show(link), wait)
}

const away = () => { clearTimeout(later); later = setTimeout(hide, 200) }
/** @type {NodeListOf<Link>} */
const links = document.querySelectorAll('main a[href^="glossary.html#"]')
for (const link of links) {
  link.addEventListener('pointerenter', e => { if (e.pointerType === 'mouse') want(link, 150) })
  link.addEventListener('focus', () => { if (link.matches(':focus-visible')) want(link, 0) })
  link.addEventListener('pointerleave', away)
  link.addEventListener('blur', hide)
}
tip.addEventListener('pointerenter', () => clearTimeout(later))
tip.addEventListener('pointerleave', away)
addEventListener('keydown', e => { if (e.key === 'Escape') hide() })
