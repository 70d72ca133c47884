"What every chapter promises its reader: practice, figures that can be heard and seen, terms that are explained, modules that can be read in one sitting"
import json, re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT/'nbs').glob('[0-9]*.ipynb'))
ORDER = ['guards', 'plotting', 'files', 'launcher', *(re.sub(r'^\d+_', '', p.stem) for p in CHAPTERS), 'trained']  # plumbing, the chapters in reading order, what builds on them

def cells(path, kind): return [dict(c, text=''.join(c['source'])) for c in json.loads(path.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == kind]

def test_the_order_is_the_sidebars():
    listed = re.findall(r'- (\d\d_\w+\.ipynb)', (ROOT/'nbs'/'_quarto.yml').read_text(encoding='utf-8'))
    assert listed == [p.name for p in CHAPTERS]

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_opens_closes_and_asks(path):
    text = [c['text'] for c in cells(path, 'markdown')]
    assert re.match(r'# .+\n\n> After this chapter you can ', text[0])
    assert any(re.search('^## What we know', t, re.M) for t in text)
    assert 3 <= sum(t.count('<details>') for t in text) <= 6, 'three to six questions'
    solutions = [c for c in cells(path, 'code') if 'code-summary: "Solution"' in c['text']]
    assert 2 <= len(solutions) <= 4, 'two to four exercises'
    for c in solutions: assert re.search(r'\btest_\w+\(|\bassert\b|expect_fail', c['text']), f"a solution without a test:\n{c['text']}"

@pytest.mark.parametrize('path', sorted((ROOT/'nbs').glob('*.ipynb')), ids=lambda p: p.stem)
def test_figures_have_alternative_text_and_captions(path):
    for c in cells(path, 'code'):
        if any('image/png' in o.get('data', {}) for o in c['outputs']) and '#| hide' not in c['text']:
            assert '#| fig-alt: "' in c['text'], f"no fig-alt:\n{c['text']}"
            assert path not in CHAPTERS or '#| fig-cap: "' in c['text'], f"no fig-cap:\n{c['text']}"

@pytest.mark.parametrize('path', sorted((ROOT/'nbs').glob('*.ipynb')), ids=lambda p: p.stem)
def test_stored_outputs_hold_no_warning_no_error_and_no_place_on_disk(path):
    for c in cells(path, 'code'):
        for o in c['outputs']:
            assert o['output_type'] != 'error' and o.get('name') != 'stderr', c['text']
            assert not re.search(r'/(tmp|home|root|work|Users)/', json.dumps([o.get('text'), o.get('data', {}).get('text/plain')])), c['text']

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_module_is_short_and_looks_only_back(path):
    name = re.sub(r'^\d+_', '', path.stem)
    text = (ROOT/'mnist_sgd'/f'{name}.py').read_text(encoding='utf-8')
    code = text.split('\n# %% ', 2)[2]  # without the docstring and __all__
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith(('#', '../nbs'))]
    assert len(lines) <= 130, f'{len(lines)} lines'  # about 120
    for other in re.findall(r'^from \.(\w+) import', text, re.M): assert ORDER.index(other) < ORDER.index(name), f'{name} imports from the later {other}'

def test_every_term_of_the_glossary_is_linked_from_a_chapter():
    terms = {re.sub(r'\W+', '-', line[4:].strip().lower()) for c in cells(ROOT/'nbs'/'glossary.ipynb', 'markdown') for line in c['text'].splitlines() if line.startswith('### ')}
    linked = {a for p in CHAPTERS for c in cells(p, 'markdown') for a in re.findall(r'glossary\.ipynb#([\w-]+)', c['text'])}
    assert len(terms) > 60 and linked == terms, terms ^ linked
