"Every notebook runs, and prints what is stored in it; so does what a reader sees of each chapter, by itself"
import json, os, shutil, sys
from pathlib import Path

import pytest
from check_outputs import check, check_all, compare, environment

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT/'nbs').glob('*.ipynb'), reverse=True)  # the later, the longer: the short ones fill the gaps

@pytest.mark.parametrize('path', PATHS, ids=lambda path: path.stem)
def test_notebook(path):
    "A chapter runs whole and by what is shown of it: at once, where the system can fork, else one after the other"
    chapter = path.stem[0].isdigit()
    ways = [{}] if not chapter else [dict(both=True)] if sys.platform == 'linux' else [{}, dict(visible=True)]
    for way in ways:
        (_, (problems, count, seconds)), = check_all([path], os.cpu_count(), **way)
        print(f'{count} outputs compared, {seconds:.1f} s')
        assert not problems and (count or not chapter), '\n'.join(problems)

def cell(text, source='x', **data):
    return dict(source=source, outputs=[dict(output_type='execute_result', data={'text/plain': text} | data)])

@pytest.mark.parametrize('stored, now, same', [
    ('0.9843', '0.9838', True), ('0.9843', '0.9743', False), ('1010', '1011', False),
    ('tensor([1.5, 2.])', 'tensor([1.5, -2.])', False), ('1  0.98  00:00', '1  0.98  00:07', True),
    ('<A at 0x7f01>', '<A at 0x7f99>', True), ('seven', 'three', False), ('a', 'a\nb', False)])
def test_the_comparison_itself(stored, now, same): assert (not compare(cell(stored), cell(now))) == same

def test_kinds_of_output_and_where_only_words_count():
    assert compare(cell('1'), cell('1', **{'image/png': ''})) and compare(cell('1'), dict(source='x', outputs=[]))
    assert not compare(cell('linear  9.5 s', '# timing: differs\nx'), cell('linear 12.0 s'))
    assert compare(cell('linear 9.5 s', '# timing: differs\nx'), cell('linear 9.5 s\nconv 2.0 s'))
    assert not compare(cell('[0.45 0.69]', '# rounding: differs\nx'), cell('[0.46 0.7 ]'))
    assert compare(cell('0.45, three', '# rounding: differs\nx'), cell('0.45, seven'))

@pytest.mark.skipif(sys.platform != 'linux', reason='forks')
@pytest.mark.parametrize('sources, problem', [
    (['#| hide\nx = [1]\ndef f(): return x', 'y = [2]', '#| hide\nassert f() + y == [1, 2]', 'y[-1]'], ''),
    (['y = [2]', '#| hide\ny.append(3)', 'y[-1]'], 'text/plain'),
    (['#| hide\nx = 2', 'x'], "name 'x' is not defined"),
    (['#| hide\nassert 1 > 2'], 'assert 1 > 2'),
    (['x = 2', '#| hide\nx = 3', 'def f(): return x\nf()'], 'bind x anew, which a shown cell reads later'),
    (['x = 2', '#| hide\nx = 3', 'for x in [2]: pass\nx'], ''),
    (['import random\nrandom.seed(1)', '#| hide\nx = random.random()', 'random.random()'], 'c2: text/plain'),
    (['import random', '#| hide\nx = random.random()', 'random.seed(1)\nrandom.random()'], ''),
    (['#| echo: false\nprint(open("now").read())'], 'stdout'),
    (['print(open("now").read())'], 'stdout'),
    (['#| hide\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)'], 'ended with status 9')])
def test_one_run_finds_what_two_would(sources, problem, tmp_path):
    "Scratch notebooks, stored as a whole run leaves them"
    path, copy = tmp_path/'nbs'/'00_scratch.ipynb', tmp_path/'nbs'/'copy.ipynb'
    path.parent.mkdir()
    (path.parent/'now').write_text('then')
    shutil.copy(ROOT/'pyproject.toml', tmp_path)
    nb = json.loads((ROOT/'nbs'/'all.ipynb').read_text(encoding='utf-8'))
    nb['cells'] = [dict(cell_type='code', id=f'c{i}', metadata={}, execution_count=None, outputs=[], source=source)
                   for i, source in enumerate(sources)]
    path.write_text(json.dumps(nb), encoding='utf-8')
    if 'assert 1 > 2' not in sources[0] and 'kill' not in sources[0]: check(path, path, environment())
    (path.parent/'now').write_text('now')
    shutil.copy(path, copy)
    found = '\n'.join(check(path, copy, environment(), both=True)[0])
    assert problem in found and bool(found) == bool(problem), found
