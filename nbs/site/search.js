// The search, in place of smalldocs' own ranking: whole words before beginnings of words, titles before text, chapters
// before the glossary; only titles forgive a typing error. smalldocs.js asks for a `Fuse`, and gets this one.
const Fuzzy = window.Fuse
const words = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []

class Search {
  /** @param {Entry[]} entries */
  constructor(entries) {
    this.entries = entries.map(item => ({item, heading: words(item.section || item.title), title: words(item.title),
      text: words(item.text), chapter: !item.href.includes('glossary.html')}))
    this.titles = new Fuzzy(entries, {keys: ['title', 'section'], ignoreLocation: true, threshold: .3, minMatchCharLength: 3})
  }

  /** @param {string} query @param {{limit: number}} options */
  search(query, {limit}) {
    const wanted = words(query)
    const worth = (/** @type {string[]} */ found, /** @type {string} */ word, /** @type {number} */ exact, /** @type {number} */ begins) => found.includes(word) ? exact : found.some(o => o.startsWith(word)) ? begins : 0
    const found = this.entries.map(entry => {
      const scores = wanted.map(word => Math.max(worth(entry.heading, word, 8, 4), worth(entry.text, word, 2, 1),
        worth(entry.title, word, 1.5, 1)))
      return {entry, score: scores.every(Boolean) ? scores.reduce((a, b) => a + b, 0) + (entry.chapter ? .5 : 0) : 0}
    }).filter(o => o.score).sort((a, b) => b.score - a.score).map(o => o.entry.item)
    if (found.length >= 3) return found.slice(0, limit).map(item => ({item}))
    const alike = this.titles.search(query, {limit}).map(o => o.item).filter(item => !found.includes(item))
    return [...found, ...alike].slice(0, limit).map(item => ({item}))
  }
}

if (Fuzzy) window.Fuse = Search
