"""Build the website into _docs, from the notebooks and nbs/_quarto.yml, with nothing beyond the `dev` extra and no network.

    python tools/docs.py

nbdev processes the notebooks into _proc (API entries, links), smalldocs renders them, tools/export_models.py trains the models
that the page Draw a digit shows. Ends non-zero when something is
wrong: a broken link, an unknown setting. Where Quarto is installed, nbdev-docs makes the same pages.
"""
import re, shutil, subprocess, sys
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

if __name__ == '__main__':
    proc = proc_nbs(str(ROOT/'nbs'), force=True)
    name_pages(proc)
    subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', '--strict', proc], check=True)
    shutil.rmtree(ROOT/'_docs', ignore_errors=True)
    (proc/'_docs').rename(ROOT/'_docs')
    subprocess.run([sys.executable, ROOT/'tools'/'export_models.py', ROOT/'_docs'/'models.safetensors'], check=True)
