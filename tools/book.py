"""The whole book as one PDF, printed by Chromium from the pages of the site: cover, contents with page numbers, the
chapters, and the solutions at the end. `python tools/docs.py --pdf` writes it to _docs/mnist_sgd.pdf."""
import re, shutil

from pages import template

# Chromium without windows, which costs less, is looked for first; None is Playwright's own
CHROMIUMS = 'chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'
CHROMIUM = next(filter(None, map(shutil.which, CHROMIUMS)), None)
LEFT_OUT = ('draw', 'drills', 'all')  # pages that are nothing on paper
STYLE = """
@page { size: A4; margin: 18mm 20mm 20mm; }
.cover { height: 250mm; display: flex; flex-direction: column; justify-content: center; gap: 2rem; }
.cover p { font-family: var(--book-sans); }
.cover img { width: 100%; }
.chapter, .listed { break-before: page; }
.listed ol { list-style: none; padding: 0; font-family: var(--book-sans); }
.listed li.part { margin-top: 1rem; font-weight: 650; }
.listed a { display: flex; gap: .4rem; color: inherit; text-decoration: none; }
.listed a::after { content: attr(data-page); order: 3; min-width: 2.5rem; text-align: right; }
.listed a i { flex: 1; order: 2; border-bottom: 1px dotted; margin-bottom: .4em; }
.chapter a { text-decoration: none; }
"""
FOOTER = '''<div style="width: 100%; font: 8pt sans-serif; color: #555; text-align: center">
<span class="pageNumber"></span></div>'''

def own_ids(text, name, names, home):
    "The text of a page, its anchors named after it, and links to other pages made links within the book"
    text = re.sub(r' id="([^"]*)"', rf' id="{name}--\1"', text)
    text = re.sub(r' (data-anchor-id|data-bs-target|aria-labelledby)="[^"]*"', '', text)
    def link(found):
        page, _, anchor = found[1].partition('#')
        page = page.removesuffix('.html') or name
        if re.match(r'\w+:', found[1]): return found[0]
        if page not in names: return f' href="{home}{found[1]}"'
        return f' href="#{page}--{anchor}"' if anchor else f' href="#{page}"'
    return re.sub(r' href="([^"]*)"', link, text)

def solutions_apart(text, solutions):
    "A text whose solutions are links; they themselves are added to the list"
    def apart(found):
        solutions.append(found[1])
        k = len(solutions)
        return f'<p id="exercise-{k}"><a href="#solution-{k}">Solution {k}</a></p>'
    return re.sub(r'<details class="solution"><summary>Solution</summary>(.*?)</details>', apart, text, flags=re.S)

def assemble(site, names, home):
    "The book as one page of HTML"
    index = (site/'index.html').read_text(encoding='utf-8')
    sidebar = re.search(r'<nav id="quarto-sidebar".*?</nav>', index, re.S)[0]
    entries = re.findall(r'<summary>([^<]*)</summary>|<a href="([^"]*)\.html"[^>]*>([^<]*)</a>', sidebar)
    names = [page for _, page, _ in entries if page and page not in LEFT_OUT and (names is None or page in names)]
    listed, chapters, solutions = [], [], []
    for part, page, title in entries:
        if part: listed.append(f'<li class="part">{part}</li>')
        if page not in names: continue
        main = re.search(r'<main [^>]*>(.*)</main>', (site/f'{page}.html').read_text(encoding='utf-8'), re.S)[1]
        count = len(solutions)
        main = solutions_apart(own_ids(main, page, names, home), solutions)
        for k in range(count, len(solutions)):
            solutions[k] = f'<h3 id="solution-{k + 1}">Solution {k + 1}, {title}</h3>{solutions[k]}'
        chapters.append(f'<article class="chapter" id="{page}">{main}</article>')
        listed.append(f'<li><a href="#{page}">{title}<i></i></a></li>')
    if solutions:
        listed.append('<li class="part"><a href="#solutions">Solutions<i></i></a></li>')
        chapters.append(f'<article class="chapter" id="solutions"><h1>Solutions</h1>{"".join(solutions)}</article>')
    styles = dict.fromkeys(re.findall(r'<link rel="stylesheet" href="([^"]*)"', index))
    styles = ''.join(f'<link rel="stylesheet" href="{o}">' for o in styles)
    chapters = ''.join(chapters).replace(' loading="lazy"', '')
    return template('book').format(styles=styles, style=STYLE, home=home, listed=''.join(listed), chapters=chapters)

def page_numbers(pdf):
    "On which page is what is linked to? Anchor -> number, from the PDF itself"
    pages = [int(n) for n in re.findall(rb'(\d+) 0 obj\s*<</Type /Page\b', pdf)]
    found = re.findall(rb'/(?!Dest )([\w%#.-]+) \[(\d+) 0 R /XYZ', pdf)
    return {name.decode(): pages.index(int(n)) + 1 for name, n in found if int(n) in pages}

def make_pdf(site, path, names, home, browser):
    "Print the book, or the pages in `names`, to `path`: twice, as only the first print tells what is on which page"
    book, page = site/'book.html', browser.new_page()
    book.write_text(assemble(site, names, home), encoding='utf-8')
    options = dict(prefer_css_page_size=True, print_background=True, outline=True, tagged=True,
                   display_header_footer=True, header_template='<span></span>', footer_template=FOOTER)
    page.goto(book.resolve().as_uri(), wait_until='load')
    numbers = page_numbers(page.pdf(**options))
    page.evaluate("""numbers => { for (const a of document.querySelectorAll('.listed a'))
        a.dataset.page = numbers[a.hash.slice(1)] ?? '' }""", numbers)
    path.write_bytes(page.pdf(**options))
    page.close()
    book.unlink()
    return numbers

def with_offer(text):
    "The first page, with a link to the PDF"
    before, fact, after = text.partition('on any laptop, offline.')
    assert fact, 'the first page has no place for the link to the PDF'
    return f'{before}{fact} <a href="mnist_sgd.pdf">The whole book as a PDF</a>.{after}'

def whole_book(site, home):
    "Print the whole book to mnist_sgd.pdf, with the system's Chromium or else Playwright's, and link to it"
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        make_pdf(site, site/'mnist_sgd.pdf', None, home, browser)
        browser.close()
    page = site/'index.html'
    page.write_text(with_offer(page.read_text(encoding='utf-8')), encoding='utf-8')
