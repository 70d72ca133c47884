// What scrolls inside the page (long lines of code, wide tables) can be reached and scrolled with the keyboard.
const scrollers = document.querySelectorAll('main pre, main .sd-table, main .cell-output-display')

function mark(el) {
    const scrolls = el.scrollWidth > el.clientWidth
    if (scrolls) el.tabIndex = 0
    else el.removeAttribute('tabindex')
}

const sizes = new ResizeObserver(entries => entries.forEach(entry => mark(entry.target)))
scrollers.forEach(el => sizes.observe(el))
