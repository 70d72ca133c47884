"""Build the website into _docs, from the notebooks and nbs/_quarto.yml, with nothing beyond the `dev` extra and no network.

    python tools/docs.py

nbdev processes the notebooks into _proc (API entries, links), smalldocs renders them. Ends non-zero when something is
wrong: a broken link, an unknown setting. Where Quarto is installed, nbdev-docs makes the same pages.
"""
import json, re, shutil, subprocess, sys
from configparser import ConfigParser
from pathlib import Path

from nbdev.serve import proc_nbs

ROOT = Path(__file__).resolve().parent.parent

def name_pages(proc):
    "Give each page the name that Quarto would give it, 00_data.ipynb -> data.html: smalldocs does not read `output-file`"
    names = {p.name: re.sub(r'^\d+_', '', p.name) for p in proc.glob('*.ipynb')}
    for p in [*proc.glob('*.ipynb'), proc/'_quarto.yml']:
        text = re.sub(r'output-file: [^\\]*\\n', '', p.read_text(encoding='utf-8'))
        for old, new in names.items(): text = text.replace(old, new)
        p.write_text(text, encoding='utf-8')
    for old, new in names.items(): (proc/old).rename(proc/new)

def add_notebook_links(proc, chapters):
    "Links at the top of each chapter's page: the notebook in Colab, and the notebook itself, which `copy_chapters` puts on the site"
    settings = ConfigParser(delimiters=['='], interpolation=None)
    settings.read(ROOT/'settings.ini', encoding='utf-8')
    colab = settings['DEFAULT']['git_url'].replace('https://github.com', 'https://colab.research.google.com/github') + '/blob/main/nbs'
    for chapter in chapters:
        page = proc/re.sub(r'^\d+_', '', chapter.name)
        nb = json.loads(page.read_text(encoding='utf-8'))
        links = (f'<p class="notebook-links"><a href="{colab}/{chapter.name}"><i class="bi bi-cloud" aria-hidden="true"></i> Open in Colab</a> · '
                 f'<a href="notebooks/{chapter.name}" download><i class="bi bi-download" aria-hidden="true"></i> Download notebook</a></p>')
        nb['cells'].insert(1, dict(cell_type='markdown', id='links', metadata={}, source=links))  # after the title
        page.write_text(json.dumps(nb), encoding='utf-8')

def copy_chapters(site, chapters):
    "The notebooks that the pages link to"
    (site/'notebooks').mkdir()
    for chapter in chapters: shutil.copy(chapter, site/'notebooks')

if __name__ == '__main__':
    chapters = sorted((ROOT/'nbs').glob('[0-9]*.ipynb'))
    proc = proc_nbs(str(ROOT/'nbs'), force=True)
    name_pages(proc)
    add_notebook_links(proc, chapters)
    subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', '--strict', proc], check=True)
    shutil.rmtree(ROOT/'_docs', ignore_errors=True)
    (proc/'_docs').rename(ROOT/'_docs')
    copy_chapters(ROOT/'_docs', chapters)
