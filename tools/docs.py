"""Build the website into _docs, from the notebooks and nbs/_quarto.yml, with nothing beyond the `dev` extra, offline.

    python tools/docs.py [--pdf]

nbdev processes the notebooks into _proc (API entries, links), smalldocs renders them, tools/export_models.py trains
the models of the page Draw a digit, tools/export_sheets.py writes the images to train on, tools/pages.py makes the
pages work offline, by keyboard and for screen readers, and tools/lean.py makes them small. Ends non-zero when something
is wrong: a broken link, an unknown setting. With --pdf, Chromium prints the whole book to _docs/mnist_sgd.pdf as well
(tools/book.py).
"""
import inspect, json, re, shutil, subprocess, sys, warnings
from configparser import ConfigParser
from importlib import import_module
from importlib.metadata import distribution
from importlib.resources import files
from operator import attrgetter
from pathlib import Path

from fastcore.docments import DocmentTbl
from nbdev.serve import proc_nbs
from nbdev.showdoc import BasicMarkdownRenderer

import export_models
import export_sheets
import lean
import pages
from book import whole_book
from mnist_sgd.data import mnist_arrays
from mnist_sgd.drills import drill_pool

ROOT = Path(__file__).resolve().parent.parent

def name_pages(proc):
    "Name each page as Quarto would, 00_data.ipynb -> data.html: smalldocs does not read `output-file`"
    names = {p.name: re.sub(r'^\d+_', '', p.name) for p in proc.glob('*.ipynb')}
    for p in [*proc.glob('*.ipynb'), proc/'_quarto.yml']:
        text = re.sub(r'output-file: [^\\]*\\n', '', p.read_text(encoding='utf-8'))
        for old, new in names.items(): text = text.replace(old, new)
        p.write_text(text, encoding='utf-8')
    for old, new in names.items(): (proc/old).rename(proc/new)

def api_entry(text, symbol):
    "nbdev's entry for a symbol, made compact: the signature on one line, its comments as a table that unfolds"
    def compact(fence):
        code = ' '.join(re.sub(r'(^|\s)# .*', '', line).strip() for line in fence[1].splitlines())
        code = re.sub(r'^def |:\s*$', '', code)
        return '```python\n' + re.sub(r',?\s*\)', ')', re.sub(r'\(\s+', '(', code)).replace(')->', ') -> ') + '\n```'
    text = re.sub(r'```python\n(.*?)\n```', compact, text.removeprefix('---\n\n'), count=1, flags=re.S)
    table, parameters = DocmentTbl(symbol), inspect.signature(symbol).parameters if callable(symbol) else {}
    for name, o in parameters.items():
        if o.annotation is inspect.Parameter.empty and name in table.dm:  # nbdev guesses a type from the default
            table.dm[name]['anno'] = inspect.Parameter.empty
            text = re.sub(rf'\b{name}:[\w.]+=', f'{name}=', text, count=1)
        asks = getattr(o.annotation, '__metadata__', ())
        if any(isinstance(ask.kind, tuple) for ask in asks):  # a number or a function: the table says what
            text = re.sub(rf'\b{name}:\w+', name, text, count=1)
    text = text.replace('__main__.', '')  # where nbdev ran the cell
    table = str(table).replace('**', '').replace('|    |', '| Parameter |', 1)
    for name, o in parameters.items():  # what `checked` asks for, in place of `Annotated`
        for ask in getattr(o.annotation, '__metadata__', ()):
            table = table.replace(f'| {name} | Annotated |', f'| {name} | {ask} |')
    if table: text += f'\n\n<details>\n<summary>Parameters</summary>\n\n{table}\n\n</details>'
    return f':::: {{.api-entry}}\n{text}\n::::'

def show_doc_cell(name, symbol):
    "The cell that nbdev would have made for a symbol of another name, such as `mnist_distance = l1_distance`"
    text = BasicMarkdownRenderer(symbol, name=name)._repr_markdown_().replace(f'def {symbol.__name__}(', f'def {name}(')
    return dict(cell_type='code', metadata={}, execution_count=None, source=f'#| echo: false\nshow_doc({name})',
                outputs=[dict(output_type='display_data', metadata={}, data={'text/markdown': text})])

def source_link(symbol, git_url):
    "A link to where a symbol is defined: nbdev makes none below two decorators, nor for a module out of its index"
    symbol = inspect.unwrap(symbol)
    line = inspect.getsourcelines(symbol)[1]
    return f'[source]({git_url}/blob/main/{symbol.__module__.replace(".", "/")}.py#L{line}){{target="_blank"}}'

def shown(cell):
    "Name of the symbol that the cell is an API entry for, or None"
    found = re.search(r'^show_doc\(([\w.]+)\)', cell['source'], re.M)
    return found and found[1]

def gather(cells):
    "Cells with all entries for an exported cell above it, in its order: nbdev leaves all but the last below, reversed"
    out, start = [], 0
    for cell in cells:
        name = (shown(cell) or '').split('.')[-1]
        defined = rf'^(def|class) {name}\b'
        if name and out and not shown(out[-1]) and re.search(defined, out[-1]['source'], re.M): out.insert(start, cell)
        else:
            if not (out and shown(out[-1])): start = len(out)
            out.append(cell)
    return out

def api_entries(proc, git_url):
    "Make the API entries of all notebooks compact: the lesson's own code follows right below each"
    for p in proc.glob('*.ipynb'):
        nb, cells = json.loads(p.read_text(encoding='utf-8')), []
        def find(name, stem=p.stem): return attrgetter(name)(import_module(f'mnist_sgd.{stem}'))
        for cell in nb['cells']:
            source = ''.join(cell['source']).replace('"Exported source"', f'"Code, exported to mnist_sgd.{p.stem}"')
            cell['source'] = source
            alias = re.search(r'^#\| exports.*\n(\w+) = \w+$', source, re.M)
            cells += [show_doc_cell(alias[1], find(alias[1])), cell] if alias and callable(find(alias[1])) else [cell]
        cells = gather(cells)
        for cell in filter(shown, cells):
            data = cell['outputs'][0]['data']
            # nbdev calls a method that is patched on and `checked` by its own name alone
            entry = re.sub(r'^### \w+$', f'### {shown(cell)}', ''.join(data['text/markdown']), count=1, flags=re.M)
            symbol = find(shown(cell))
            if '#LNone)' in entry or '[source](' not in entry:
                entry = re.sub(r'\[source\]\(.*?\)\{.*?\}\n\n', '', entry).removeprefix('---\n\n')
                entry = f'{source_link(symbol, git_url)}\n\n{entry}'
            data['text/markdown'] = api_entry(entry, symbol)
        p.write_text(json.dumps(nb | dict(cells=cells)), encoding='utf-8')

def fold_solutions(proc):
    "What a solution prints gives it away: fold it with the code"
    for p in proc.glob('*.ipynb'):
        nb, cells = json.loads(p.read_text(encoding='utf-8')), []
        for k, cell in enumerate(nb['cells']):
            bare, found = re.subn(r'#\| code-fold: true\n#\| code-summary: "?Solution"?\n', '', ''.join(cell['source']))
            def html(text, k=k): return dict(cell_type='markdown', id=f'fold-{k}', metadata={}, source=text)
            cells += [html('<details class="solution"><summary>Solution</summary>\n'), cell | dict(source=bare),
                      html('</details>\n')] if found else [cell]
        p.write_text(json.dumps(nb | dict(cells=cells)), encoding='utf-8')

def below_the_title(proc):
    "nbdev takes a title and a description from the first cell, and drops what stands below them: an element to fill"
    for p in (ROOT/'nbs').glob('*.ipynb'):
        first = ''.join(json.loads(p.read_text(encoding='utf-8'))['cells'][0]['source'])
        if found := re.search(r'^<\w.*', first, re.M | re.S):
            page = proc/re.sub(r'^\d+_', '', p.name)
            nb = json.loads(page.read_text(encoding='utf-8'))
            nb['cells'].insert(1, dict(cell_type='markdown', id='below', metadata={}, source=found[0]))
            page.write_text(json.dumps(nb), encoding='utf-8')

def add_notebook_links(proc, chapters, git_url):
    "At the top of each page: links to Colab and to what `copy_chapters` puts on the site, and the reading time"
    colab = git_url.replace('https://github.com', 'https://colab.research.google.com/github') + '/blob/main/nbs'
    for chapter in chapters:
        page = proc/re.sub(r'^\d+_', '', chapter.name)
        nb = json.loads(page.read_text(encoding='utf-8'))
        links = (f'<p class="notebook-links"><a href="{colab}/{chapter.name}">'
                 '<i class="bi bi-cloud" aria-hidden="true"></i> Open in Colab</a> · '
                 f'<a href="notebooks/{chapter.name}.gz" download>'
                 '<i class="bi bi-download" aria-hidden="true"></i> Download notebook</a>')
        minutes = re.search(r'\*(About \d+ minutes)\.\*', chapter.read_text(encoding='utf-8'))
        if minutes: links += f' · {minutes[1]}'
        nb['cells'].insert(1, dict(cell_type='markdown', id='links', metadata={}, source=links + '</p>'))
        page.write_text(json.dumps(nb), encoding='utf-8')

def copy_chapters(site, chapters):
    "The notebooks that the pages link to, without the pictures, which come back when they are run"
    (site/'notebooks').mkdir()
    for chapter in chapters:
        nb = json.loads(chapter.read_text(encoding='utf-8'))
        for cell in nb['cells']:
            if 'outputs' in cell: cell['outputs'] = [o for o in cell['outputs'] if 'image/png' not in o.get('data', {})]
        lean.pack(site/'notebooks'/f'{chapter.name}.gz', json.dumps(nb, ensure_ascii=False))

def licences(proc):
    "Write licences.txt: what others have written of the site, each part with its licence"
    d3 = (ROOT/'nbs'/'site'/'d3.js').read_text(encoding='utf-8')
    vendor = files('smalldocs')/'assets'/'vendor'
    own = next(f.read_text() for f in distribution('smalldocs').files if 'licen' in f.name.lower())
    parts = [('smalldocs.css and smalldocs.js: smalldocs, which rendered the pages', own),
             ('themes: Bootstrap', (vendor/'bootstrap'/'LICENSE').read_text(encoding='utf-8')),
             ('bootstrap-icons: Bootstrap Icons', (vendor/'bootstrap-icons'/'LICENSE').read_text(encoding='utf-8')),
             ('fuse: Fuse.js, the search', (vendor/'fuse'/'LICENSE').read_text(encoding='utf-8')),
             ('site/d3.js: D3, scales for our figures', re.search(r'/\*!(.*)\*/', d3, re.S)[1])]
    head = 'What this website embeds, and under which licence. Nothing is loaded from elsewhere.\n'
    text = head + ''.join(f'\n\n{"="*80}\n{name}\n{"="*80}\n\n{text.strip()}\n' for name, text in parts)
    (proc/'licences.txt').write_text(text, encoding='utf-8')

def finish(site, settings, chapters):
    "All that is done to the site once smalldocs has rendered it"
    for page in site.glob('*.html'): pages.finish(page, settings)
    shutil.copytree(pages.STILLS, site/'figures', dirs_exist_ok=True)
    pages.home(site, chapters)
    pages.glossary(site)
    pages.short_index(site)
    pages.extras(site, settings)
    images = [mnist_arrays('valid', (d,))[0][1] for d in range(5)]
    pages.cover(site, images, settings['lib_name'], 'How does\na network learn?')
    (site/'drills.json').write_text(json.dumps(drill_pool(), ensure_ascii=False), encoding='utf-8')
    copy_chapters(site, chapters)
    shutil.rmtree(site/'site_libs'/'bootstrap')  # its scripts: no page has what they move
    lean.icons(site)
    lean.styles(site)
    lean.scripts(site)

def main():
    config = ConfigParser(delimiters=['='], interpolation=None)
    config.read(ROOT/'settings.ini', encoding='utf-8')
    settings, chapters, site = config['DEFAULT'], sorted((ROOT/'nbs').glob('[0-9]*.ipynb')), ROOT/'_docs'
    # nbdev warns of a cell that imports and does more: a chapter's first cell sets the style of its figures
    warnings.filterwarnings('ignore', 'Found cells containing imports')
    proc = proc_nbs(str(ROOT/'nbs'), n_workers=0, force=True)  # here: other processes would have to import PyTorch
    render(proc, site, settings, chapters)
    export_models.export(site/'models.safetensors')
    export_sheets.export(site)
    if '--pdf' in sys.argv: whole_book(site, settings['doc_url'])

def render(proc, site, settings, chapters):
    "From what nbdev made of the notebooks to the site"
    name_pages(proc)
    api_entries(proc, settings['git_url'])
    fold_solutions(proc)
    below_the_title(proc)
    add_notebook_links(proc, chapters, settings['git_url'])
    licences(proc)
    subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', '--strict', proc], check=True)
    shutil.rmtree(site, ignore_errors=True)
    (proc/'_docs').rename(site)
    finish(site, settings, chapters)

if __name__ == '__main__': main()
