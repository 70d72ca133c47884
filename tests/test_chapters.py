"What every chapter promises: practice, figures to hear and see, terms explained, modules to be read in one sitting"
import json, re
from pathlib import Path

import pytest

from mnist_sgd.practice import chapter_exercises

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT/'nbs').glob('[0-9]*.ipynb'))
NAMES = [re.sub(r'^\d+_', '', p.stem) for p in CHAPTERS]
AFTER = NAMES.index('optimizer') + 1
# plumbing, and the chapters in reading order
ORDER = ['guards', 'plotting', 'files', 'launcher', *NAMES[:AFTER], 'recorder', *NAMES[AFTER:]]

def cells(path, kind):
    found = json.loads(path.read_text(encoding='utf-8'))['cells']
    return [dict(c, text=''.join(c['source'])) for c in found if c['cell_type'] == kind]

def test_the_order_is_the_sidebars():
    listed = re.findall(r'- (\d\d_\w+\.ipynb)', (ROOT/'nbs'/'_quarto.yml').read_text(encoding='utf-8'))
    assert listed == [p.name for p in CHAPTERS]

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_opens_closes_and_asks(path):
    text = [c['text'] for c in cells(path, 'markdown')]
    assert re.match(r'# .+\n\n> After this chapter you can ', text[0])
    assert any(re.search('^## What we know', t, re.M) for t in text)
    assert 3 <= sum(t.count('<details>') for t in text) <= 6, 'three to six questions'

HOW = ("Write each under its name, in a cell that begins with `%%check` and the exercise's name: "
       "[Practice](practice.ipynb) says how.")

def practice(path):
    "The exercises of a chapter in order: the text of each, the code of its solution, and is it one to explore?"
    found, heading = [], None
    for c in json.loads(path.read_text(encoding='utf-8'))['cells']:
        text = ''.join(c['source'])
        if c['cell_type'] == 'markdown':
            heading = ([heading] + re.findall('^### (Exercises|To explore)$', text, re.M))[-1]
            if heading and (m := re.search(r'^\*\*(\d+)\.\*\* (.*)', text, re.M | re.S)):
                found.append(dict(number=int(m[1]), text=m[2], solution=None, explore=heading == 'To explore'))
        elif 'code-summary: "Solution"' in text:
            assert found and found[-1]['solution'] is None, f'a solution without an exercise:\n{text}'
            found[-1].update(solution=text, outputs=c['outputs'])
    return found

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_exercises_are_judged(path):
    name, found = re.sub(r'^\d+_', '', path.stem), practice(path)
    heads = [c['text'] for c in cells(path, 'markdown') if '### Exercises\n' in c['text']]
    assert len(heads) == 1 and f'### Exercises\n\n{HOW}\n\n**1.** ' in heads[0]
    assert [o['number'] for o in found] == list(range(1, len(found) + 1)), 'numbered in order'
    judged, open_ones = [[o for o in found if o['explore'] == e] for e in (False, True)]
    assert 4 <= len(judged) <= 6, 'four to six exercises'
    assert len(open_ones) <= 2, 'at most two to explore'
    exercises = chapter_exercises(name)
    names = [re.match(r'(?:`([\w.]+)`: )?', o['text'])[1] for o in judged]
    assert names == [ex.name for ex in exercises], 'the exercises of the module, in order'
    for o, ex in zip(judged, exercises, strict=True):
        asked = re.findall(r'`([^`]+)`', o['text'].partition(': ')[2])
        assert ex.target in asked or (ex.target.endswith('()') and ex.function in asked), f'not asked: {ex.target}'
        assert o['solution'].endswith(f"\njudge('{ex.name}', {ex.function})"), o['solution']
        assert ''.join(o['outputs'][-1]['data']['text/plain']) == f'✓ {ex.name}: right'
    for o in open_ones:
        assert re.search(r'\btest_\w+\(|\bassert\b|expect_fail', o['solution'] or ''), f"no test of {o['number']}"

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
            texts = json.dumps([o.get('text'), o.get('data', {}).get('text/plain')])
            assert not re.search(r'/(tmp|home|root|work|Users)/', texts), c['text']

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_module_looks_only_back(path):
    name = re.sub(r'^\d+_', '', path.stem)
    text = (ROOT/'mnist_sgd'/f'{name}.py').read_text(encoding='utf-8')
    for other in re.findall(r'^from \.(\w+) import', text, re.M):
        assert ORDER.index(other) < ORDER.index(name), f'{name} imports from the later {other}'

def test_every_term_of_the_glossary_is_linked_from_a_chapter():
    texts = [c['text'] for c in cells(ROOT/'nbs'/'glossary.ipynb', 'markdown')]
    names = [name for text in texts for name in re.findall('^### (.*)', text, re.M)]
    terms = {re.sub(r'\W+', '-', name.strip().lower()) for name in names}
    linked = {a for p in CHAPTERS for c in cells(p, 'markdown')
              for a in re.findall(r'glossary\.ipynb#([\w-]+)', c['text'])}
    assert len(terms) > 60 and linked == terms, terms ^ linked
