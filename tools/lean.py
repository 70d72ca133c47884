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

def theme(site):
    "Of Bootstrap's style sheet what can fit an element of a page: classes that the pages have or a script names"
    path = site/'site_libs'/'themes'/'default.min.css'
    notice, rules = re.match(r'(?:@charset "UTF-8";)?(/\*!.*?\*/)(.*)', read(path), re.S).groups()
    classes = re.findall(r'class="([^"]*)"', ''.join(map(read, site.glob('*.html'))))
    scripts = ' '.join(map(read, [*(site/'site_libs').rglob('*.js'), *(site/'site').glob('*.js')]))
    used = set(' '.join(classes).split()) | set(re.findall(r'[\w-]+', scripts))
    rules = fitting(re.sub(r'/\*.*?\*/', '', rules, flags=re.S), used)
    path.write_text('@charset "UTF-8";' + notice + rules, encoding='utf-8')

def code(found):
    "What smalldocs marks in code, in <i class=...>, which is short; operators and built-in names look like the rest"
    text, out, tags = found[0], [], []
    for part in re.split(r'(</?span[^>]*>)', text):
        kind = re.fullmatch(r'<span class="(\w\w)">', part)
        if kind: tags.append('' if kind[1] in ('op', 'bu') else 'i')
        elif part.startswith('<span'): tags.append('span')
        tag = tags.pop() if part == '</span>' else tags[-1] if part.startswith('<span') else None
        if tag is None or tag == 'span': out.append(part)
        elif tag: out.append(f'<i class={kind[1]}>' if kind else '</i>')
    return ''.join(out).replace('&#x27;', "'").replace('&quot;', '"')

def page(text):
    "A page without what nothing reads"
    text = re.sub(r'<code class="sourceCode.*?</code>', code, text, flags=re.S)
    text = re.sub(r'(<(?:pre|code) class="sourceCode) python[^"]*"', r'\1"', text)
    text = re.sub(r' id="toc-[^"]*" class="nav-link" data-scroll-target="[^"]*"', ' class="nav-link"', text)
    text = re.sub(r'(<div class="code-copy-outer-scaffold)"><div class="(sourceCode")[^>]*>(.*?</pre></div>)</div>',
                  r'\1 \2>\3', text, flags=re.S)
    return re.sub(r' id="(cb\d+|cell-[\d-]+)"|<!-- WARNING.*?-->\n?', '', text)

def pack(path, text):
    "A text as a .gz, the same one each time"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
