// What the page has that no module of ours brings: the search of smalldocs, which search.js puts its own in place of.
interface Window { Fuse: new (entries: Entry[], options: object) => {search(query: string, options: {limit: number}): {item: Entry}[]} }
interface Entry { href: string, title: string, section: string, text: string }
