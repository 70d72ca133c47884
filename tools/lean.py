"""What makes the site small: the icons and styles that it uses, code marked by short tags, notebooks packed."""
import gzip, logging, re

from fontTools import subset
from fontTools.ttLib import TTFont

logging.getLogger('fontTools').setLevel('ERROR')  # the font has 2 bytes too many, which does no harm

def read(path): return path.read_text(encoding='utf-8')

def icons(site):
    "Of the font of icons only those that a page, a script or a style sheet names; as one file"
    folder, libs = site/'site_libs'/'bootstrap-icons', site/'site_libs'
    css = read(folder/'bootstrap-icons.min.css')
    named = ''.join(map(read, [*site.glob('*.html'), *libs.glob('*.js'), *(site/'site').glob('*')]))
    used = set(re.findall(r'\bbi-[\w-]+', named))
    icon = r'\.(bi-[\w-]+)::before\{content:"\\(\w+)"\}'
    css = re.sub(icon, lambda found: found[0] if found[1] in used else '', css)
    css = re.sub(r'src:.*?\}', 'src:url("fonts/bootstrap-icons.woff")}', css, count=1)
    codes = re.findall(icon, css) + [(None, code) for code in re.findall(r'"\\(f\w+)"', read(libs/'smalldocs.css'))]
    font = TTFont(folder/'fonts'/'bootstrap-icons.woff')
    few = subset.Subsetter()
    few.populate(unicodes=[int(code, 16) for _, code in codes])
    few.subset(font)
    for path in (folder/'fonts').iterdir(): path.unlink()
    font.save(folder/'fonts'/'bootstrap-icons.woff')
    (folder/'bootstrap-icons.min.css').write_text(css, encoding='utf-8')

def fitting(css, used):
    "The rules of a style sheet, without selectors whose classes nothing uses"
    out = []
    for found in re.finditer(r'([^{}]*)\{((?:[^{}]|\{[^{}]*\})*)\}', css):
        selectors, inside = found.groups()
        if '{' in inside and not selectors.startswith('@keyframes'):  # rules in a rule: @media
            inside = fitting(inside, used)
        elif not selectors.startswith('@'):
            def fits(one): return set(re.findall(r'\.([a-zA-Z][\w-]*)', re.sub(r':not\([^)]*\)', '', one))) <= used
            selectors = ','.join(filter(fits, re.split(r',(?![^(]*\))', selectors)))
        if selectors and inside: out.append(f'{selectors}{{{inside}}}')
    return ''.join(out)

def styles(site):
    "Of the style sheets of others what can fit an element: classes that the pages have or a script names"
    classes = re.findall(r'class="([^"]*)"', ''.join(map(read, site.glob('*.html'))))
    scripts = ' '.join(map(read, [*(site/'site_libs').rglob('*.js'), *(site/'site').glob('*.js')]))
    used = set(' '.join(classes).split()) | set(re.findall(r'[\w-]+', scripts))
    for path in (site/'site_libs'/'themes'/'default.min.css', site/'site_libs'/'smalldocs.css'):
        notice = re.match(r'(@charset "UTF-8";)?(/\*!.*?\*/)?', read(path), re.S)[0]
        rules = re.sub(r'@charset "UTF-8";|/\*.*?\*/', '', read(path), flags=re.S)
        for old, new in SELECTORS.items(): rules = rules.replace(old, new)
        path.write_text(notice + fitting(rules, used), encoding='utf-8')

# headings and links that smalldocs finds by classes and data, and that can be found without
SELECTORS = {'.cell-output-display': '.cell-output', '.anchored': ':is(h2,h3)', '#TOC .nav-link': '#TOC a',
             '.nav-link': ':where(#TOC a)'}
FINDINGS = {'"main .anchored[data-anchor-id]"': '"main :is(section > h2, section > h3, .api-entry h3)"',
            'h.dataset.anchorId': '(h.id || h.closest("section").id)', '"#TOC a.nav-link"': '"#TOC a"'}
TAGS = dict(op='', bu='', va='', kw='b', cf='b', st='i', ss='i', ch='i', dv='u', fl='u', bn='u')

def code(found):
    "What smalldocs marks in code, in the shortest tags; operators and names look like the rest"
    out, ends = [], []
    for part in re.split(r'(</?span[^>]*>)', found[0]):
        kind = re.fullmatch(r'<span class="(\w\w)">', part)
        if kind:
            tag = TAGS.get(kind[1], f'i class={kind[1]}')
            line = re.sub(r'<[^>]*>', '', ''.join(out[-20:])).split('\n')[-1]
            if kind[1] == 'at' and line.strip(): tag = ''  # no decorator, but a product of matrices
            ends.append(tag and f'</{tag[0]}>')
            part = tag and f'<{tag}>'
        elif part.startswith('<span'): ends.append('</span>')
        elif part == '</span>': part = ends.pop()
        out.append(part)
    return ''.join(out).replace('&#x27;', "'").replace('&quot;', '"')

def scripts(site):
    "Scripts that find what is left, without the comments that have types in them: those are for whoever changes them"
    path = site/'site_libs'/'smalldocs.js'
    script = read(path)
    for old, new in FINDINGS.items():
        assert old in script, f'smalldocs has changed: {old}'
        script = script.replace(old, new)
    path.write_text(script, encoding='utf-8')
    comment = r'\n */\*\*\s(?:(?!\*/).)*\*/(?=\n)|/\*\*\s.*?\*/ ?'
    for path in (site/'site').glob('*.js'):
        path.write_text(re.sub(comment, '', read(path), flags=re.S), encoding='utf-8')

def page(text):
    "A page without what nothing reads"
    text = re.sub(r'<code class="sourceCode.*?</code>', code, text, flags=re.S)
    text = re.sub(' target="_blank"( style="float:right; font-size:smaller")?>source', '>source', text)
    text = re.sub(r'(<(?:pre|code) class="sourceCode) python[^"]*"', r'\1"', text)
    text = re.sub(r' id="toc-[^"]*" class="nav-link" data-scroll-target="[^"]*"', '', text)
    scaffold = r'<div class="code-copy-outer-scaffold">(<div class="sourceCode")[^>]*(>.*?</pre></div>)</div>'
    text = re.sub(scaffold, r'\1\2', text, flags=re.S)
    text = re.sub(r'(<h\d[^>]*?) class="anchored" data-anchor-id="[^"]*"', r'\1', text)
    text = re.sub(r'(<div class="cell-output) cell-output-(?:display|stdout|stderr|error)', r'\1', text)
    text = re.sub(r'<div class="(cell|cell-output)">', r'<div class=\1>', text)
    text = re.sub(r' cell-output-markdown\b| id="(cb\d+|cell-[\d-]+)"|<!-- WARNING.*?-->\n?', '', text)
    # lines and end tags that HTML does not need
    block = 'div|section|details|summary|figure|table|thead|tbody|tr|t[hd]|ul|ol|li|p|h\\d'
    text = re.sub(rf'(</?(?:{block})\b[^>]*>)\n+(?=<)', r'\1', text)
    return re.sub(r'</(li|tr|td|th|thead|tbody)>', '', text)

def pack(path, text):
    "A text as a .gz, the same one each time"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
