"The website in a real browser"
import json, re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parent.parent
NAMES = [re.sub(r'^\d+_', '', p.stem) for p in sorted((ROOT/'nbs').glob('*.ipynb'))]
CHAPTERS = [re.sub(r'^\d+_', '', p.stem) for p in sorted((ROOT/'nbs').glob('[0-9]*.ipynb'))]
READING_ORDER = ['index', *CHAPTERS, 'glossary']

def scheme(page, name):
    "Show the page light or dark, with the button that readers have"
    page.click('.quarto-color-scheme-toggle')
    page.wait_for_function('d => document.documentElement.classList.contains("quarto-dark") == d', arg=name == 'dark')

def violations(page, *rules):
    "What axe-core finds that is serious or critical, by all rules or by those named: the rule, and where"
    options = dict(resultTypes=['violations'], **(dict(runOnly=rules) if rules else {}))
    found = Axe().run(page, options=options).response['violations']
    return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in found
            if v['impact'] in ('serious', 'critical') for n in v['nodes'][:3]]

def sideways(page):
    "What sticks out of the window, seen only by scrolling the page or not at all; code and tables may scroll inside"
    return page.evaluate('''() => {
        const scrolls = e => e && e.tagName != 'MAIN' &&
            (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
        const outside = e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement)
        return [...document.querySelectorAll('main *')].filter(outside).slice(0, 5).map(e => e.outerHTML.slice(0, 100))
    }''')

def left_over(page):
    "Markdown that did not become a link, code or bold type: it is still there as text"
    return page.evaluate("""() => {
        const main = document.querySelector('main').cloneNode(true)
        for (const e of main.querySelectorAll('pre, code, script, style')) e.remove()
        return main.textContent.match(/.*(\\]\\(|`|\\*\\*).*/g) ?? [] }""")

def in_view(page, anchor):
    "Wait until the page has scrolled to an anchor"
    page.wait_for_function('''id => {
        const y = document.getElementById(id).getBoundingClientRect().top
        return y >= 0 && y < innerHeight }''', arg=anchor)

@pytest.mark.parametrize('name', NAMES)
def test_page(page, name):
    "No error, no request elsewhere (the fixture sees to both), accessible in light and dark, no wider than the screen"
    page.goto(f'/{name}.html')
    assert page.locator('h1').count() == 1 and page.locator('img:not([alt]), img[alt=""]').count() == 0
    assert not left_over(page)
    assert not violations(page)
    scheme(page, 'dark')
    assert not violations(page, 'color-contrast')  # what else axe looks at is the same by night
    for width in (390, 768, 1920):
        page.set_viewport_size(dict(width=width, height=844))
        assert not sideways(page), width

def test_phone_menu(page):
    "On a phone the list of pages is out of the way until it is asked for, for the keyboard too; focused code scrolls"
    page.set_viewport_size(dict(width=390, height=844))
    page.goto('/relu.html', wait_until='networkidle')
    assert not page.locator('#quarto-sidebar a[href="linear.html"]').is_visible()
    assert not violations(page)
    page.click('.quarto-btn-toggle')
    page.click('#quarto-sidebar a[href="linear.html"]')
    page.wait_for_url('**/linear.html')
    code = page.locator('pre[tabindex="0"]').first
    code.focus()
    page.keyboard.press('ArrowRight')
    page.wait_for_function('e => e.scrollLeft > 0', arg=code.element_handle())

class Anchors(HTMLParser):
    "The ids and the links of a page"
    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(text)
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if 'id' in attrs: self.ids.add(attrs['id'])
        self.links += [attrs[k] for k in ('href', 'src') if attrs.get(k)]

def test_every_link_and_anchor_resolves(site):
    docs = ROOT/'_docs'
    pages = {p.name: Anchors(p.read_text(encoding='utf-8')) for p in docs.glob('*.html')}
    assert {f'{n}.html' for n in NAMES} <= set(pages)
    links = [(name, link) for name, o in pages.items() for link in o.links]
    links += [('search.json', e['href']) for e in json.loads((docs/'search.json').read_text(encoding='utf-8'))]
    broken, anchors = [], 0
    for name, link in links:
        url = urlsplit(link)
        if url.scheme == 'data': continue
        if url.scheme:
            # a link to the site must work where the site is not
            if 'mnist-sgd.github.io' in link: broken.append((name, link))
            continue
        target = unquote(url.path) or name
        anchors += bool(url.fragment)
        found = (docs/target).is_file() and (not url.fragment or unquote(url.fragment) in pages[target].ids)
        if not found: broken.append((name, link))
    assert not broken and anchors > 500

@pytest.mark.parametrize('words, title, href, within', [
    ('mnist_distance', '3 Pixel similarity', 'similarity.html#mnist_distance', 1),
    ('broadcasting', 'Glossary', 'glossary.html#broadcasting', 5)])
def test_search(page, words, title, href, within):
    "What is typed is found, among the first results, and a click leads there"
    page.goto('/index.html', wait_until='networkidle')
    page.keyboard.press('/')
    page.keyboard.type(words)
    page.wait_for_selector('.search-result')
    found = page.eval_on_selector_all('.search-result', '''rs => rs.map(r =>
        [r.querySelector(".search-result-title").innerText, r.getAttribute("href").replace("./", "")])''')
    assert [title, href] in found[:within]
    assert not violations(page)
    page.click(f'.search-result[href$="{href}"]')
    page.wait_for_url(f'**/{href}')
    in_view(page, href.split('#')[1])

def test_a_long_paste_does_not_freeze_the_page(page):
    "50,000 characters in the search box: the page goes on to answer"
    page.goto('/index.html', wait_until='networkidle')
    page.evaluate('''() => {
        const text = document.querySelector('main').appendChild(document.createElement('textarea'))
        text.value = 'gradient descent '.repeat(3000)
        text.select()
        let last = performance.now()
        window.longest = 0
        setInterval(() => {
            const now = performance.now()
            longest = Math.max(longest, now - last)
            last = now
        }, 10) }''')
    page.keyboard.press('Control+c')
    page.keyboard.press('Control+k')
    page.keyboard.press('Control+v')
    page.wait_for_selector('.search-result, .search-none')
    assert page.locator('.smalldocs-search input').input_value().startswith('gradient descent gradient')
    assert page.evaluate('longest') < 5000  # ms; without the limit, minutes

def test_reading_order(page):
    "The sidebar lists the chapters in order, and 'next' leads through the whole book, 'previous' back"
    page.goto('/index.html')
    listed = page.eval_on_selector_all('#quarto-sidebar a[href]',
                                       'links => links.map(a => a.getAttribute("href").replace(".html", ""))')
    assert [n for n in listed if n in READING_ORDER] == READING_ORDER and set(NAMES) <= set(listed)
    for before, after in zip(listed, listed[1:]):
        assert page.get_attribute('.nav-page-next a', 'href') == f'{after}.html'
        page.goto(f'/{after}.html', wait_until='domcontentloaded')
        assert page.get_attribute('.nav-page-previous a', 'href') == f'{before}.html'
        assert page.locator('#quarto-sidebar [aria-current=page]').get_attribute('href') == f'{after}.html'
    assert page.locator('.nav-page-next a').count() == 0

def test_contents_of_the_page(page):
    page.goto('/gradient.html', wait_until='networkidle')
    entries = page.locator('#TOC a')
    assert entries.count() > 5
    entries.last.click()
    in_view(page, entries.last.get_attribute('href')[1:])

def test_light_and_dark(page, browser, site):
    "The first visit follows the system; a choice is kept from page to page, and can be made with the keyboard"
    background = 'getComputedStyle(document.body).backgroundColor'
    page.goto('/index.html')
    light = page.evaluate(background)
    page.focus('.quarto-color-scheme-toggle')
    page.keyboard.press('Enter')
    dark = page.evaluate(background)
    assert light == 'rgb(255, 255, 255)' and max(map(int, re.findall(r'\d+', dark))) < 60
    page.click('.nav-page-next a')
    page.wait_for_url('**/draw.html')
    assert page.evaluate(background) == dark
    for system, colour in (('dark', dark), ('light', light)):
        context = browser.new_context(base_url=site, color_scheme=system)
        other = context.new_page()
        other.goto('/index.html')
        assert other.evaluate(background) == colour
        context.close()

def test_api_entry(page):
    "Signature, parameters, source link, and the code, beside the lesson"
    page.goto('/linear.html')
    entry = page.locator('.api-entry', has=page.locator('h3#pair_tensors'))
    assert entry.locator('pre').inner_text() == "pair_tensors(split:str='train', digits:tuple=(3, 7)) -> tuple"
    assert not entry.locator('table').is_visible()
    entry.locator('summary').click()
    assert entry.locator('tbody tr').first.inner_text().split('\t')[:3] == ['split', 'str', 'train']
    assert re.search(r'/mnist_sgd/linear.py#L\d+$', entry.locator('a', has_text='source').get_attribute('href'))
    below = page.locator('.cell', has=entry).locator('xpath=following-sibling::*[1]')
    assert below.locator('code').inner_text().startswith('def pair_tensors(')

def test_several_names_of_one_cell(page):
    "Their entries stand in the order of the code, all above it"
    page.goto('/story.html')
    seen = page.eval_on_selector_all('.api-entry h3, details.code-fold code',
                                     'found => found.map(e => e.id || e.innerText)')
    at = seen.index('story_table')
    assert seen[at + 1] == 'plot_story'
    assert seen[at + 2].index('def story_table(') < seen[at + 2].index('def plot_story(')

def test_licences(page):
    "Every folder of what the site embeds is named in licences.txt, which each page links to"
    page.goto('/relu.html')
    text = page.request.get(page.get_attribute('footer a:text("What this site embeds")', 'href')).text()
    for p in (ROOT/'_docs'/'site_libs').iterdir():
        assert re.search(rf'^(?=\S).*\b{re.escape(p.name)}\b.*: ', text, re.M), p.name
    assert text.count('Permission is hereby granted, free of charge') >= 3 and 'Apache License' in text

def test_build_is_quick(build_seconds): assert build_seconds < 60
