"The website in a real browser"
import gzip, io, json, random, re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from book import assemble, make_pdf, with_offer

from mnist_sgd.drills import drill_pool, right_answer

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

def too_wide(page):
    "Code that must be scrolled sideways"
    return page.evaluate("""() => [...document.querySelectorAll('main pre.sourceCode')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 100))""")

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
    for width in (390, 768, 1280, 1920):
        page.set_viewport_size(dict(width=width, height=844))
        assert not sideways(page) and not too_wide(page), width

def hidden_by_something(page, selector):
    "What of these, once scrolled to, is not what a finger on it would touch"
    return page.evaluate('''selector => [...document.querySelectorAll(selector)].filter(e => {
        e.scrollIntoView({block: 'nearest'})
        const {left, top, width, height} = e.getBoundingClientRect()
        return !e.contains(document.elementFromPoint(left + Math.min(width, 60)/2, top + height/2))
    }).map(e => e.textContent)''', selector)

def test_phone_menu(page):
    "On a phone the list of pages is out of the way until asked for; then all of it can be reached; Escape closes it"
    page.set_viewport_size(dict(width=390, height=844))
    page.goto('/relu.html', wait_until='networkidle')
    button, chapter = page.locator('.quarto-btn-toggle'), page.locator('#quarto-sidebar a[href="similarity.html"]')
    assert not chapter.is_visible() and page.locator('#quarto-header').bounding_box()['height'] < 56
    assert page.inner_text('.page-name') == '9 A nonlinearity'
    assert not violations(page)
    for height in (844, 568):
        page.set_viewport_size(dict(width=375, height=height))
        assert button.get_attribute('aria-expanded') == 'false'
        button.click()
        page.wait_for_function("document.querySelector('#quarto-sidebar').getBoundingClientRect().left == 0")
        assert button.get_attribute('aria-expanded') == 'true'
        assert not hidden_by_something(page, '#quarto-sidebar a')
        page.keyboard.press('Escape')
        assert page.evaluate("document.activeElement.className") == 'quarto-btn-toggle'
        page.wait_for_function("document.querySelector('#quarto-sidebar').getBoundingClientRect().right <= 0")
    fold = page.locator('details.contents')
    fold.locator('summary').click()
    last = fold.locator('a').last
    last.click()
    in_view(page, last.get_attribute('href')[1:])
    box = page.locator('.smalldocs-search input')
    assert box.bounding_box()['width'] < 50
    box.click()
    page.wait_for_function("document.querySelector('.smalldocs-search input').offsetWidth > 300")
    page.keyboard.type('sigmoid')
    page.wait_for_selector('.search-result')
    assert not sideways(page)
    page.keyboard.press('Escape')
    button.click()
    chapter.click()
    page.wait_for_url('**/similarity.html')
    page.goto('/relu.html')
    printed = page.locator('pre[tabindex="0"]').first  # a table that is too wide
    printed.focus()
    page.keyboard.press('ArrowRight')
    page.wait_for_function('e => e.scrollLeft > 0', arg=printed.element_handle())

class Anchors(HTMLParser):
    "The ids and the links of a page"
    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(text)
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if 'id' in attrs: self.ids.add(attrs['id'])
        if attrs.get('rel') == 'canonical': return  # the one address that is the site's, wherever it is read
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
        # a page that is shown for any address that is missing has links from the top of the site
        target = unquote(url.path) or name
        if name == '404.html': target = target.removeprefix('/mnist_sgd/') or 'index.html'
        anchors += bool(url.fragment)
        found = (docs/target).is_file() and (not url.fragment or unquote(url.fragment) in pages[target].ids)
        if not found: broken.append((name, link))
    assert not broken and anchors > 500

@pytest.mark.parametrize('words, title, href, within', [
    ('mnist_distance', '3 Pixel similarity', 'similarity.html#mnist_distance', 1),
    ('broadcasting', 'Glossary', 'glossary.html#broadcasting', 5),
    ('learning rate', '5 Descent', 'descent.html#the-learning-rate', 1),
    ('boradcasting', '2 Broadcasting', 'broadcast.html', 5)])
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
    if '#' in href: in_view(page, href.split('#')[1])

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

def test_reading_order(browser, site):
    "The sidebar lists the chapters in order, and 'next' leads through the whole book, 'previous' back; without scripts"
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()
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
    context.close()

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
    # a type that nobody has written is not guessed from the default
    assert entry.locator('pre').inner_text() == "pair_tensors(split='train', digits=(3, 7))"
    assert not entry.locator('table').is_visible()
    entry.locator('summary').click()
    row = entry.locator('tbody tr').first
    assert row.locator('td').all_inner_texts() == ['split', 'train', '']  # no column for types: none is written
    size = 'e => parseFloat(getComputedStyle(e).fontSize)'
    assert row.locator('td').first.evaluate(size) <= row.locator('td').last.evaluate(size)
    assert re.search(r'/mnist_sgd/linear.py#L\d+$', entry.locator('a', has_text='source').get_attribute('href'))
    below = page.locator('.cell', has=entry).locator('xpath=following-sibling::*[1]')
    assert below.locator('code').inner_text().startswith('def pair_tensors(')
    page.set_viewport_size(dict(width=390, height=844))
    entry.scroll_into_view_if_needed()
    assert entry.locator('.sd-table').evaluate('e => e.scrollWidth <= e.clientWidth')
    assert row.locator('td').first.evaluate('e => getComputedStyle(e).display') == 'block'  # a list, not a table

def test_several_names_of_one_cell(page):
    "Their entries stand in the order of the code, all above it"
    page.goto('/story.html')
    seen = page.eval_on_selector_all('.api-entry h3, details.code-fold code',
                                     'found => found.map(e => e.id || e.innerText)')
    at = seen.index('story_table')
    assert seen[at + 1] == 'plot_story'
    assert seen[at + 2].index('def story_table(') < seen[at + 2].index('def plot_story(')

def test_every_entry_links_to_its_source(site):
    "The line holds the definition, or its first decorator"
    seen, other_names = 0, {'mnist_distance': 'l1_distance'}
    for name, text in texts().items():
        entry = r'<div class="api-entry">(.*?)<h3 id="[^"]*">(?:\w+\.)?(\w+)'
        for link, symbol in re.findall(entry, text, re.S):
            module, line = re.search(r'href="[^"]*/mnist_sgd/(\w+)\.py#L(\d+)"', link).groups()
            code = (ROOT/'mnist_sgd'/f'{module}.py').read_text(encoding='utf-8').splitlines()[int(line) - 1:][:4]
            assert re.search(rf'\b{other_names.get(symbol, symbol)}\b', '\n'.join(code)), (name, symbol)
            seen += 1
    assert seen > 150

def test_what_is_short_stays_on_one_line(page):
    "Code and formulas in a sentence, a # and its first word, what previous and next say and their arrows"
    page.set_viewport_size(dict(width=390, height=844))
    page.goto('/conv.html')
    heights = """all => all.filter(e => e.checkVisibility() && e.textContent.length <= 25)
        .map(e => new Set([...e.getClientRects()].map(o => Math.round(o.top))).size)"""
    for selector, least in (('main p > code', 20), ('main pre bdi', 5)):
        lines = page.locator(selector).evaluate_all(heights)
        assert len(lines) > least and set(lines) == {1}, selector
    assert '32\N{NO-BREAK SPACE}+\N{NO-BREAK SPACE}2·2' in page.locator('main').text_content()
    page.goto('/cli.html')
    for link in page.locator('.page-navigation a').all():
        icon, words = link.locator('i').bounding_box(), link.locator('span').bounding_box()
        assert words['y'] <= icon['y'] + icon['height']/2 <= words['y'] + words['height']

def test_licences(page):
    "Every folder of what the site embeds is named in licences.txt, which each page links to"
    page.goto('/relu.html')
    text = page.request.get(page.get_attribute('footer a:text("What this site embeds")', 'href')).text()
    for p in (ROOT/'_docs'/'site_libs').iterdir():
        assert re.search(rf'^(?=\S).*\b{re.escape(p.name)}\b.*: ', text, re.M), p.name
    assert text.count('Permission is hereby granted, free of charge') >= 3 and 'Apache License' in text
    assert re.search(r'^site/d3.js: D3.*\n.*\n.*\n.*Copyright.*Mike Bostock', text, re.M)

def texts(): return {p.stem: p.read_text(encoding='utf-8') for p in (ROOT/'_docs').glob('*.html')}

def test_solutions_are_folded_with_what_they_print(page):
    page.goto('/similarity.html')
    answer = page.get_by_text('0.9652 instead of 0.9514')
    assert not answer.is_visible()
    page.locator('details.solution', has=answer).locator('summary').first.click()
    assert answer.is_visible()
    for name, text in texts().items():
        assert text.count('<summary>Solution</summary>') == text.count('<details class="solution">'), name
    assert sum(text.count('<details class="solution">') for text in texts().values()) > 70

def test_weight(site):
    "No page is heavy, pictures are files that are fetched when they come into view, and are sharp on a dense screen"
    docs, seen = ROOT/'_docs', 0
    for name, text in texts().items():
        assert len(text.encode()) < 200_000 and 'data:image/png' not in text, name
        for tag in re.findall(r'<img[^>]*src="figures/[^>]*>', text):
            src, width, height = (re.search(rf' {o}="([^"]*)"', tag)[1] for o in ('src', 'width', 'height'))
            size = Image.open(docs/src).size
            assert [o//2 for o in size] == [int(width), int(height)] and 'loading="lazy"' in tag
            seen += 1
    assert seen > 130
    assert sum(p.stat().st_size for p in docs.rglob('*') if p.suffix != '.pdf' and p.is_file()) < 6_000_000
    assert (docs/'search.json').stat().st_size < 250_000

def test_figures_as_designed_light_and_dark(page):
    "None is drawn larger than designed; by night what is drawn on paper is turned, and no white box stands on the page"
    page.goto('/relu.html')
    figures = page.locator('main img')
    for k in range(figures.count()):
        shown, designed = figures.nth(k).evaluate('e => [e.clientWidth, +e.getAttribute("width")]')
        assert 0 < shown <= designed
    filters = "() => [...document.querySelectorAll('main img')].map(e => getComputedStyle(e).filter)"
    assert set(page.evaluate(filters)) == {'none'}
    scheme(page, 'dark')
    assert all('invert' in o for o in page.evaluate(filters))
    corner = Image.open(io.BytesIO(figures.first.screenshot())).convert('RGB').getpixel((2, 2))
    background = page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert f'rgb{corner}' == background and max(corner) < 50
    page.goto('/pictures.html')
    photograph = page.locator('main img:not(.turned)')
    assert photograph.count() == 1 and photograph.evaluate('e => getComputedStyle(e).filter') == 'none'
    corner = Image.open(io.BytesIO(photograph.screenshot())).convert('RGB').getpixel((2, 2))
    assert f'rgb{corner}' == background

def test_every_picture_fits_on_a_dark_page(site):
    "It is turned by night, or transparent at its corner, or dark all around as Pillow draws a digit"
    for name, text in texts().items():
        for tag in re.findall(r'<img[^>]*src="figures/[^>]*>', text):
            corner = Image.open(ROOT/'_docs'/re.search('src="([^"]*)"', tag)[1]).convert('RGBA').getpixel((0, 0))
            assert ('class="turned"' in tag) == (corner == (255, 255, 255, 255)), (name, tag)
            assert corner == (255, 255, 255, 255) or corner[3] == 0 or max(corner[:3]) < 50, (name, tag)

def test_every_heading_can_be_linked(page):
    page.goto('/learner.html')
    at = 'all => all.map(e => [e.hash, e.parentElement.closest("[id]").id])'
    links = page.locator('.anchorjs-link').evaluate_all(at)
    assert len(links) == page.locator('main :is(h2, h3)').count() > 15 and all(a == f'#{b}' for a, b in links)
    page.locator('main h2').nth(2).hover()
    page.wait_for_function("getComputedStyle(document.querySelectorAll('main h2 .anchorjs-link')[2]).opacity == '1'")

def test_code_on_a_phone(page):
    "What is long hangs behind a mark, no indent leaves an empty line, and what is copied has all spaces"
    page.set_viewport_size(dict(width=390, height=800))
    page.goto('/cli.html')
    deep = page.locator('code var:has(> s)')
    below = """all => all.map(e => {
        const range = document.createRange()
        range.setStart(e.querySelector('s').nextSibling, 0)
        range.setEnd(e, e.childNodes.length)
        return range.getClientRects()[0].top - e.getBoundingClientRect().top
    })"""
    assert deep.count() > 5 and max(deep.evaluate_all(below)) < 10
    assert all(re.match(' {4}', o) for o in deep.evaluate_all('all => all.map(e => e.textContent)'))
    loose = """() => [...document.querySelectorAll('pre.sourceCode > code')].map(code => [...code.childNodes]
        .filter(e => e.nodeName != 'VAR').map(e => e.textContent).join('')).join('\\n').split('\\n')"""
    assert max(map(len, page.evaluate(loose))) <= 32

def test_a_figure_grows_when_it_is_tapped(page):
    page.set_viewport_size(dict(width=390, height=800))
    page.goto('/relu.html')
    figure = page.locator('main figure img').nth(2)
    small = figure.bounding_box()['width']
    figure.click()
    assert small < 390 and figure.bounding_box()['width'] == 760 and not sideways(page)
    figure.click()
    assert figure.bounding_box()['width'] == small

def test_keyboard_skips_to_the_text(page):
    page.goto('/glossary.html')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.textContent') == 'Skip to the text'
    in_sight = page.locator('.skip').bounding_box()
    assert in_sight['y'] >= 0
    page.keyboard.press('Enter')
    page.keyboard.press('Tab')
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")

def test_printed_from_the_dark_it_is_dark_on_white(page):
    page.goto('/similarity.html')
    scheme(page, 'dark')
    page.emulate_media(media='print')
    lightness = '''selectors => selectors.map(s => {
        const [r, g, b] = getComputedStyle(document.querySelector(s)).color.match(/\\d+/g)
        return (+r + +g + +b)/3 })'''
    assert max(page.evaluate(lightness, ['main p', 'h1', 'h2', 'pre .im', 'figcaption', 'main a'])) < 140
    assert page.evaluate('getComputedStyle(document.body).backgroundColor') == 'rgb(255, 255, 255)'
    for selector in ('#quarto-header', '#quarto-sidebar', '.page-navigation', '.code-copy-button'):
        assert not page.locator(selector).first.is_visible(), selector

def test_a_deep_link_is_there_at_once(page):
    page.goto('/glossary.html#weight-decay')
    at = "document.getElementById('weight-decay').getBoundingClientRect().top"
    page.wait_for_function(f'{at} >= 0 && {at} < innerHeight', timeout=10_000)
    assert page.evaluate('getComputedStyle(document.documentElement).scrollBehavior') == 'auto'
    # and the contents of the page show where one is
    page.wait_for_function('''() => {
        const {top, bottom} = document.querySelector('#TOC .active').getBoundingClientRect()
        return top > 52 && bottom < innerHeight }''')

def test_copy(browser, site):
    "With a finger, too, and exactly the code"
    context = browser.new_context(viewport=dict(width=390, height=844), has_touch=True, is_mobile=True, base_url=site,
                                  permissions=['clipboard-read', 'clipboard-write'])
    page = context.new_page()
    page.goto('/similarity.html', wait_until='networkidle')
    buttons = page.locator('main .code-copy-button >> visible=true')
    first = buttons.first
    assert first.evaluate('e => getComputedStyle(e).opacity') == '1'
    box = first.bounding_box()
    assert min(box['width'], box['height']) >= 32
    cells = json.loads((ROOT/'nbs'/'03_similarity.ipynb').read_text(encoding='utf-8'))['cells']
    sources = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']
    for source in [o for o in sources if not o.startswith('#|')][:3]:
        block = page.locator('div.sourceCode', has_text=source.splitlines()[0]).first
        block.locator('button').tap()
        page.wait_for_function('text => navigator.clipboard.readText().then(t => t == text)', arg=source)
    assert page.locator('.api-entry .code-copy-button').first.is_visible()
    context.close()

def test_terms_are_explained_where_they_stand(page):
    page.goto('/similarity.html', wait_until='networkidle')
    tip, link = page.locator('.term'), page.locator('main a[href="glossary.html#baseline"]').first
    assert not tip.is_visible()
    link.hover()
    tip.wait_for()
    assert tip.inner_text().startswith('Baseline The result of the simplest method that makes sense')
    tip.hover()  # the pointer may go into it
    page.wait_for_timeout(400)
    assert tip.is_visible()
    page.keyboard.press('Escape')
    assert not tip.is_visible()
    page.keyboard.press('Tab')
    for _ in range(200):
        page.keyboard.press('Tab')
        if page.evaluate("document.activeElement.hash == '#broadcasting'"): break
    tip.wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == 'term' and not violations(page)
    terms = json.loads((ROOT/'_docs'/'glossary.json').read_text(encoding='utf-8'))
    text = texts()['glossary']
    assert len(terms) > 100 and all(f'id="{key}"' in text for key in terms)
    linked = {o for t in texts().values() for o in re.findall(r'href="glossary.html#([^"]*)"', t)}
    assert not {o for o in linked if o not in terms and f'<section id="{o}" class="level3">' in text}

def test_it_goes_on_where_you_stopped(page):
    page.goto('/index.html')
    assert page.locator('.go-on').count() == 0
    page.goto('/descent.html')
    page.evaluate("document.getElementById('the-learning-rate').scrollIntoView()")
    page.wait_for_function("localStorage.getItem('mnist_sgd-reading')")
    page.goto('/index.html')
    assert page.inner_text('.go-on') == 'Go on where you stopped: 5 Descent: The learning rate'
    page.click('.go-on a')
    page.wait_for_url('**/descent.html#the-learning-rate')
    page.evaluate('scrollTo(0, document.body.scrollHeight)')
    page.wait_for_function("JSON.parse(localStorage.getItem('mnist_sgd-reading')).done?.includes('descent.html')")
    page.goto('/glossary.html')
    assert page.locator('#quarto-sidebar .done').all_text_contents() == ['5 Descent (read)']

def test_what_previews_and_search_engines_read(page):
    docs, home = ROOT/'_docs', 'https://mnist-sgd.github.io/mnist_sgd/'
    page.goto('/similarity.html')
    read = 'all => all.map(e => [e.getAttribute("property"), e.content])'
    meta = dict(page.eval_on_selector_all('meta[property]', read))
    assert meta['og:title'] == '3 Pixel similarity' and meta['og:description'].startswith('After this chapter you can')
    assert meta['og:url'] == page.get_attribute('link[rel=canonical]', 'href') == f'{home}similarity.html'
    assert Image.open(docs/meta['og:image'].removeprefix(home)).size == (1200, 630)
    manifest = json.loads((docs/page.get_attribute('link[rel=manifest]', 'href')).read_text(encoding='utf-8'))
    assert (docs/manifest['start_url']).is_file() and all((docs/o['src']).is_file() for o in manifest['icons'])
    page.goto('/404.html')
    assert page.locator('a').first.get_attribute('href') == '/mnist_sgd/' and not violations(page)

def test_without_scripts(browser, site):
    "A chapter can be read, and the page to draw on says what it lacks"
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()
    page.goto('/draw.html')
    assert page.locator('noscript p').bounding_box()['height'] > 20
    page.goto('/similarity.html')
    page.locator('details.solution summary').first.click()
    assert page.get_by_text('0.9652 instead of 0.9514').is_visible()
    context.close()

def test_home(page):
    "The question, a way to begin, and a pad that answers; the models are fetched when it is touched"
    fetched = []
    page.on('request', lambda r: fetched.append(r.url))
    page.goto('/index.html', wait_until='networkidle')
    assert page.inner_text('h1') == 'How does a network learn?' and not any('safetensors' in url for url in fetched)
    for part in ('.begin', '#home-pad', '.facts'):
        box = page.locator(part).bounding_box()
        assert box['y'] + box['height'] < 900
    sources = [p.read_text(encoding='utf-8') for p in (ROOT/'nbs').glob('[0-9]*.ipynb')]
    hours = round(sum(int(re.search(r'\*About (\d+) minutes', o)[1]) for o in sources)/60)
    assert f'{len(CHAPTERS)} chapters, about {hours} hours' in page.inner_text('.facts')
    def says(pattern):
        page.wait_for_function("o => RegExp(o).test(document.querySelector('#home-verdict').innerText)", arg=pattern)
    verdict, box = page.locator('#home-verdict'), page.locator('#home-pad').bounding_box()
    page.mouse.move(box['x'] + .25*box['width'], box['y'] + .22*box['height'])
    page.mouse.down()
    for x, y in ((.74, .22), (.45, .85)):
        page.mouse.move(box['x'] + x*box['width'], box['y'] + y*box['height'], steps=8)
    page.mouse.up()
    says('linear model of chapter 7 says seven .*chapter 9 seven')
    page.focus('#home-next')
    page.keyboard.press('Enter')
    says('^Labelled three. The linear model of chapter 7 says three')
    page.focus('#home-clear')
    page.keyboard.press('Enter')
    assert verdict.inner_text() == 'Draw a 3 or a 7.' and not violations(page)
    page.click('.begin')
    page.wait_for_url('**/data.html')

def test_the_book_as_pdf(site, browser, tmp_path):
    "Every link within the book leads somewhere; the contents say on which page a chapter begins"
    docs, home = ROOT/'_docs', 'https://mnist-sgd.github.io/mnist_sgd/'
    book = Anchors(assemble(docs, None, home))
    inside = [o for o in book.links if o.startswith('#')]
    assert len(inside) > 500 and not [o for o in inside if o[1:] not in book.ids]
    for o in book.links:
        if o.startswith(home) and o != home: assert (docs/unquote(urlsplit(o.removeprefix(home)).path)).is_file(), o
    path = tmp_path/'book.pdf'
    numbers = make_pdf(docs, path, ['similarity', 'recorder'], home, browser)
    pages = len(re.findall(rb'/Type /Page\b', path.read_bytes()))
    ends = [numbers[o] for o in ('similarity', 'recorder', 'solutions')]
    assert ends[0] == 3 and ends == sorted(ends) and ends[2] <= pages < 60
    first = texts()['index']  # links to the PDF where there is one
    assert ('mnist_sgd.pdf' in first) == (docs/'mnist_sgd.pdf').exists()
    assert 'mnist_sgd.pdf' in Anchors(with_offer(first)).links
    order = [numbers[f'similarity--{o}'] for o in ('the-ideal-digit', 'is-it-a-three', 'exercises')]
    assert order == sorted(order) and order[-1] < numbers['recorder'] and not (docs/'book.html').exists()

def test_drills(page):
    "A question is asked, judged as `right_answer` judges, and the next one comes; by keyboard alone"
    page.goto('/drills.html', wait_until='networkidle')
    page.wait_for_selector('#drills[data-ready]')
    pool = {q['text'].replace('`', ''): q for q in drill_pool()}
    answer, status = page.get_by_role('textbox'), page.get_by_role('status')
    answer.focus()
    page.keyboard.press('Enter')
    assert status.inner_text().startswith('Type an answer first')
    for k in range(4):
        question = pool[page.inner_text('.question')]
        label = page.evaluate("document.querySelector('#drills-answer').labels[0].innerText")
        assert label == page.inner_text('.question')
        page.keyboard.type(question['wanted'] if k % 2 else '12345.5')
        page.keyboard.press('Enter')
        verdict, why = '✓ Right.' if k % 2 else f"✗ It is {question['wanted']}.", question['why'].replace('`', '')
        assert status.inner_text() == f'{verdict} {why}'
        page.keyboard.press('Enter')
        assert answer.input_value() == status.inner_text() == ''
    assert page.inner_text('.drills-score') == '2 of 4 right'
    page.get_by_role('combobox').select_option('pairs')
    assert pool[page.inner_text('.question')]['kind'] == 'pairs'
    r = random.Random(0)
    wanted = [q['wanted'] for q in r.sample(list(pool.values()), 60)]
    given = [*wanted, '', '−2', '-2', ' .5 ', '5e-1', '1 2', '1e400', '(3, 4)', '3 4', '(3,)', 'three', '1,000', '+2',
             '2.', '0', '-0', *(f'{r.uniform(-3, 3):.3g}' for _ in range(40))]
    given += [f'{float(o)*f:.6g}' for o in wanted if not o.startswith('(') for f in (.9899, .9901, 1.0099, 1.0102)]
    pairs = [(g, w) for g in given for w in wanted[:30] + ['-2', '0', '0.5', '(3,)']]
    judged = page.evaluate("""async pairs => {
        const {rightAnswer} = await import('./site/drills.js')
        return pairs.map(([given, wanted]) => rightAnswer(given, wanted)) }""", pairs)
    ours = [right_answer(g, w) for g, w in pairs]
    assert judged == ours and 50 < sum(ours) < len(ours) - 50

def test_build_is_quick(build_seconds): assert build_seconds < 600  # beside other tests

@pytest.mark.parametrize('scripts, name', [(True, '05_descent.ipynb'), (False, '05_descent.ipynb.gz')])
def test_a_notebook_can_be_downloaded(browser, site, scripts, name):
    "By scripts as it is, without them as it lies on the site, packed"
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f'{site}/descent.html')
    with page.expect_download() as found: page.get_by_role('link', name='Download notebook').click()
    content = Path(found.value.path()).read_bytes()
    nb = json.loads(content if scripts else gzip.decompress(content))
    assert found.value.suggested_filename == name and len(nb['cells']) > 30
    context.close()
