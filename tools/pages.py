"""What tools/docs.py does to a page that smalldocs has rendered: markup mended, figures made files, code in lines."""
import base64, html, io, json, re
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

import lean

MEND = [  # (what smalldocs writes, what it becomes)
    # the list of pages is a plain list, whose parts fold without a script
    (r'<div class="sidebar-item-container"><a class="[^"]*text-start"[^>]*><span class="menu-text">([^<]*)</span></a>'
     r'<a class="sidebar-item-toggle.*?</a></div><ul[^>]*>(.*?</ul>)',
     r'<details open><summary>\1</summary><ul>\2</details>'),
    (r'<li class="sidebar-item[^"]*">(?:<div class="sidebar-item-container">)?', '<li>'),
    (r'<a href="([^"]*)" class="sidebar-item-text[^"]*"( aria-current="page")?>'
     r'<span class="menu-text">([^<]*)</span></a></div>', r'<a href="\1"\2>\3</a>'),
    (r'(<nav id="quarto-sidebar")', r'\1 aria-label="Pages"'),
    (r'(<nav class="page-navigation")', r'\1 aria-label="Previous and next"'),
    (r'(<nav id="TOC")', r'\1 aria-label="On this page"'),
    (r'<i class="bi([^"]*)"( role="img")?></i>', r'<i class="bi\1" aria-hidden="true"></i>'),
    (r'<button title="Copy to Clipboard".*?</button>', ''),  # site.js brings it
    (r'<script src="site_libs/bootstrap/[^>]*></script>', ''),
    # two operators side by side are one
    (r'(<span class="(\w+)">[^<]*)</span><span class="\2">', r'\1'),
    (r'(<span class="(\w+)">[^<]*)</span><span class="\2">', r'\1'),
    (r'(<p id="summary"[^>]*>[^<]*</p>)', r'\1<noscript><p>Drawing needs JavaScript, which is off in your browser: '
     'it is the page itself that computes what the models say.</p></noscript>'),
]
STILLS = Path(__file__).parent.parent/'nbs'/'site'/'stills'

def template(name): return (Path(__file__).parent/'templates'/f'{name}.html').read_text(encoding='utf-8').rstrip('\n')


def fill(pattern, filling, text):
    "The text, with what the pattern finds first replaced"
    return re.sub(pattern, lambda _: filling, text, count=1, flags=re.S)

def head(text, name, settings):
    "A page with a header that holds all on one bar, a link that skips it, and what previews and search engines read"
    title = re.search(r'<h1 class="title">(.*?)</h1>', text)[1]
    description = re.search(r'<meta name="description" content="(.*?)">', text)[1]
    url = settings['doc_url'] + ('' if name == 'index' else f'{name}.html')
    facts = dict(title=title, description=description, url=url, home=settings['doc_url'], git_url=settings['git_url'])
    text = fill(r'<header id="quarto-header".*?</header>', template('header').format(**facts), text)
    text = text.replace('<main class="content"', '<main tabindex="-1" class="content"', 1)
    return text.replace('</title>', '</title>' + template('head').format(**facts), 1)

def contents(text):
    "The table of contents once more, folded under the title, for narrow screens, where there is no margin"
    found = re.search(r'<nav id="TOC".*?(<ul>.*</ul>)</nav>', text, re.S)
    if not found: return text
    links = re.sub(r' (id|class|data-scroll-target)="[^"]*"', '', found[1])
    fold = f'<details class="contents"><summary>On this page</summary>{links}</details>'
    end = text.index('</header>', text.index('<header id="title-block-header"')) + len('</header>')
    return text[:end] + fold + text[end:]

PHONE = 32  # letters that fit on a line beside the button that copies
PAGE = 84   # letters that fit on a line of a wide screen

def code_lines(text):
    """Each line of code or of what is printed that may not fit, in an element that knows its indent: wrapped, it hangs.
    Of a line whose first word would not fit behind the indent, <s> holds the indent, and <var class=g> a gap before a
    comment, for the style to make them shorter on a phone. A table is not wrapped, its letters get smaller there"""
    def lines(found):
        out, open_tags = [], []
        for line in found[2].split('\n'):
            before = ''.join(open_tags)
            for end, tag in re.findall(r'<(/?)(span[^>]*)>', line):
                if end: open_tags.pop()
                else: open_tags.append(f'<{tag}>')
            plain = html.unescape(re.sub(r'<[^>]*>', '', line))
            indent = len(plain) - len(plain.lstrip(' '))
            if long := len(plain) > PHONE:
                first = len((plain.split() or [''])[0])
                if indent > 12 or (indent and indent + first > PHONE):
                    line = re.sub(r'^((?:<[^>]*>)*)( +)', r'\1<s>\2</s>', line)
                line = re.sub(r'(\S) ( +)(?=<span class="co">)', r'\1 <var class=g>\2</var>', line)
                line = re.sub(r'(?<=<span class="co">)# [^\s<]{1,16}', r'<bdi>\g<0></bdi>', line)  # no lonely #
            line = f'{before}{line}{"</span>"*len(open_tags)}'
            style = f' class=i{indent}' if indent in (4, 8, 12, 16) else f' style="--i:{indent}"' if indent else ''
            out.append(f'<var{style}>{line}</var>' if long else line)
        return found[1] + '\n'.join(out) + '</code></pre>'
    def printed(found):
        rows = html.unescape(found[1]).split('\n')
        spaced = [row for row in rows if re.search(r'\S  +\S', row)]
        prose = max((len(row) for row in rows if row not in spaced), default=0)
        if len(rows) > 1 and spaced and rows[0][:1] not in '([{' and not rows[0].startswith('tensor') and prose <= PAGE:
            return f'<pre class="columns" style="--n:{max(map(len, rows))}"><code>{found[1]}</code></pre>'
        if max(map(len, rows)) <= PHONE: return found[0]
        return f'<pre class="printed"><code class="sourceCode">{found[1]}</code></pre>'
    text = re.sub(r'<pre><code>([^<]+)</code></pre>', printed, text)
    return re.sub(r'(<code class="sourceCode[^"]*">)(.*?)</code></pre>', lines, text, flags=re.S)

SHORT, FORMULA = 25, 34  # letters of code in a sentence and of a formula that stay on one line

def kept_together(text):
    "What is short and made of several parts, code or a formula in a sentence, does not break at the end of a line"
    def code(found):
        short = len(html.unescape(re.sub(r'<[^>]*>', '', found[1]))) <= SHORT
        return found[0] if short else f'<code class=l>{found[1]}</code>'
    def formula(found):
        spaces = ' ' if len(html.unescape(found[0])) <= FORMULA else '(?<=[×·/]) '
        return re.sub(spaces, '\N{NO-BREAK SPACE}', found[0])
    def prose(found):
        if found[1]: return found[0]
        return re.sub(r'[^\s,;:"“]+(?: [×·=≈+−] [^\s,;:"”]+)+', formula, found[0])
    text = re.sub(r'(?<!<pre>)<code>(.*?)</code>', code, text)
    skip = r'<(?:pre|code|script|style|head|title)\b.*?</(?:pre|code|script|style|head|title)>|<[^>]*>'
    return re.sub(rf'({skip})|[^<]+', prose, text, flags=re.S)

def of_few_colours(image):
    "A picture in as few colours as it takes to look the same: pale grey must not become pale blue"
    for n in (24, 32, 48, 64, 96, 128):
        few = image.quantize(n, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        red, green, blue = ImageChops.difference(image, few.convert('RGB')).split()
        off = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
        if sum(off[5:]) < .05*sum(off) and sum(off[24:]) < .002*sum(off): break
    return few

def figures(text, name, folder):
    """A page whose pictures are files beside it, as wide as they were designed. By night what is drawn on white paper
    is turned: light ink on dark paper, each colour in its hue"""
    folder.mkdir(exist_ok=True)
    def figure(found):
        before, data, after = found.groups()
        image = Image.open(io.BytesIO(base64.b64decode(data))).convert('RGBA')
        if image.getextrema()[3] == (255, 255): image = of_few_colours(image.convert('RGB')).convert('RGB')
        file = folder/f'{name}-{len(list(folder.glob(f"{name}-*"))) + 1}.webp'
        image.save(file, lossless=True, quality=100, method=2)
        turned = ' class="turned"' if image.getpixel((0, 0)) == (255, 255, 255) else ''
        size = f'width="{image.width//2}" height="{image.height//2}" loading="lazy" decoding="async"'
        after = re.sub(r' class="[^"]*"', '', after)
        return f'<img{before}src="{folder.name}/{file.name}"{turned} {size}{after}>'
    return re.sub(r'<img([^>]*?)src="data:image/png;base64,([^"]*)"([^>]*)>', figure, text)

def stills(text):
    "Where scripts are off, a figure to play with is a picture of how it begins (tools/stills.py)"
    def still(found):
        start, name, alt = found.groups()
        width, height = Image.open(STILLS/f'{name}.webp').size
        size = f'width="{width//2}" height="{height//2}"'
        image = f'<img src="figures/{name}.webp" alt="{alt[0].upper()}{alt[1:]}" class="turned" {size} loading="lazy">'
        return f'{start}<noscript><p>{image}</p></noscript>'
    place = r'(<div id="(explore-\w+|descent)">)(?=<p><em>Here the <a [^>]*>[^<]*</a>\s+shows (.*?),? to play with)'
    return re.sub(place, still, text, flags=re.S)

def finish(page, settings):
    "Mend a page of the site, and make its links stay on the site that it is read from"
    text = page.read_text(encoding='utf-8').replace(f'href="{settings["doc_url"]}', 'href="')
    for old, new in MEND: text = re.sub(old, new, text, flags=re.S)
    text = kept_together(code_lines(figures(stills(contents(text)), page.stem, page.parent/'figures')))
    page.write_text(lean.page(head(text, page.stem, settings)), encoding='utf-8')


def home(site, chapters):
    "The first page opens with the question, a pad to draw on, and one button to begin"
    times = [re.search(r'\*About (\d+) minutes\.\*', p.read_text(encoding='utf-8')) for p in chapters]
    opening = template('home').format(chapters=len(chapters), hours=round(sum(int(o[1]) for o in times if o)/60))
    page = site/'index.html'
    text = fill(r'<header id="title-block-header".*?</header>', opening, page.read_text(encoding='utf-8'))
    page.write_text(text, encoding='utf-8')

def glossary(site):
    "What each term means, in one or two sentences, for the links to it: glossary.json"
    text = (site/'glossary.html').read_text(encoding='utf-8')
    terms = {}
    entry = r'<section id="([^"]*)" class="level3"><h3[^>]*>(.*?)</h3><p>(.*?)</p>'
    for key, title, body in re.findall(entry, text, re.S):
        title, body = (html.unescape(re.sub(r'<[^>]*>', '', o)) for o in (title, body))
        terms[key] = [title, ' '.join(re.split(r'(?<=[.!?]) (?=[A-Z])', body)[:2])]
    (site/'glossary.json').write_text(json.dumps(terms, ensure_ascii=False), encoding='utf-8')

def short_index(site, most=120):
    "The index of the search, with the beginning of each text: it is fetched at the first key"
    path = site/'search.json'
    entries = json.loads(path.read_text(encoding='utf-8'))
    entries = [dict(href=e['href'], title=e['title'], section=e['section'], text=e['text'][:most]) for e in entries]
    path.write_text(json.dumps(entries, ensure_ascii=False, separators=(',', ':')), encoding='utf-8')

def cover(site, images, title, words):
    "cover.png, 1200 x 630, for previews: ten digits, the question and the name"
    import matplotlib
    fonts = Path(matplotlib.get_data_path())/'fonts'/'ttf'
    picture = Image.new('RGB', (1200, 630), '#f5f2eb')
    for k, image in enumerate(images):
        ink = Image.fromarray(255 - image).resize((224, 224), Image.Resampling.NEAREST)
        picture.paste(ink, (40 + k % 5*224, 60 + k//5*224))
    draw = ImageDraw.Draw(picture)
    for text, size, y, colour in ((words, 54, 330, '#23282e'), (title, 34, 530, '#0072B2')):
        font = ImageFont.truetype(str(fonts/'DejaVuSans-Bold.ttf'), size)
        draw.multiline_text((60, y), text, font=font, fill=colour, spacing=14)
    picture.quantize(64).save(site/'cover.png', optimize=True)


def extras(site, settings):
    "A page for addresses that are not there, and what a browser wants to know to install the site"
    base = re.sub(r'^https?://[^/]*', '', settings['doc_url'])
    (site/'404.html').write_text(template('404').format(base=base), encoding='utf-8')
    manifest = dict(name='mnist_sgd: how does a network learn?', short_name='mnist_sgd', start_url='index.html',
                    display='browser', theme_color='#0072b2', background_color='#ffffff',
                    icons=[dict(src='site/favicon.svg', sizes='any', type='image/svg+xml')])
    (site/'site.webmanifest').write_text(json.dumps(manifest), encoding='utf-8')
