"""Make README.md from nbs/index.ipynb and its stored outputs, with nothing beyond the `dev` extra.

    python tools/readme.py

Pictures go to nbs/images; links to notebooks are made to work from the top of the repository.
"""
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
NOTE = '<!-- Made from nbs/index.ipynb by tools/readme.py: edit the notebook. -->\n\n'

def shown(cell):
    "The cell as a reader sees it: without directives, without its source if it says so; None if it is hidden"
    directives = re.findall(r'^#\| *(.*?)(?:: *(.*))?$', cell.source, re.M) if cell.cell_type == 'code' else []
    opts = {key.strip(): value.strip('"') for key, value in directives}
    if 'hide' in opts: return None
    cell.metadata['alt'] = opts.get('fig-alt', '')
    if opts.get('echo') == 'false': cell.source = ''
    cell.source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M)
    return cell

def readme():
    "README.md (text), and its pictures (bytes by path)"
    nb = nbformat.read(ROOT/'nbs'/'index.ipynb', as_version=4)
    nb.cells = [c for c in map(shown, nb.cells) if c is not None]
    nb.metadata['language_info'] = {'name': 'python'}
    alts = [c.metadata['alt'] for c in nb.cells for o in c.get('outputs', []) if 'image/png' in o.get('data', {})]
    options = {'unique_key': 'index', 'output_files_dir': 'nbs/images'}
    text, resources = MarkdownExporter().from_notebook_node(nb, options)
    text = re.sub(r'```python\s*```\n', '', text)
    for alt in alts: text = re.sub(r'!\[png\]', lambda _, alt=alt: f'![{alt}]', text, count=1)
    text = re.sub(r'\]\((\w+\.ipynb)', r'](nbs/\1', text)
    text = re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'
    return NOTE + text, {ROOT/path: data for path, data in resources['outputs'].items()}

if __name__ == '__main__':
    text, pictures = readme()
    (ROOT/'nbs'/'images').mkdir(exist_ok=True)
    for path, data in pictures.items(): path.write_bytes(data)
    (ROOT/'README.md').write_text(text, encoding='utf-8')
