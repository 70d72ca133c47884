"Every notebook runs, and prints what is stored in it; so does what a reader sees of each chapter, by itself"
from pathlib import Path

import pytest
from check_outputs import check_all, compare

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT/'nbs').glob('*.ipynb'))
CHAPTERS = [p for p in PATHS if p.stem[0].isdigit()]

@pytest.fixture(scope='module')
def results(): return dict(check_all(PATHS))

@pytest.mark.parametrize('path', PATHS, ids=lambda path: path.stem)
def test_notebook(path, results):
    problems, count, seconds = results[path]
    print(f'{count} outputs compared, {seconds:.1f} s')
    assert not problems, '\n'.join(problems)

@pytest.fixture(scope='module')
def visible_results(): return dict(check_all(CHAPTERS, visible=True))

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda path: path.stem)
def test_what_is_shown_runs_by_itself(path, visible_results):
    problems, count, _ = visible_results[path]
    assert count and not problems, '\n'.join(problems)

def cell(text, source='x', **data):
    return dict(source=source, outputs=[dict(output_type='execute_result', data={'text/plain': text} | data)])

@pytest.mark.parametrize('stored, now, same', [
    ('0.9843', '0.9838', True), ('0.9843', '0.9743', False), ('1010', '1011', False),
    ('tensor([1.5, 2.])', 'tensor([1.5, -2.])', False), ('1  0.98  00:00', '1  0.98  00:07', True),
    ('<A at 0x7f01>', '<A at 0x7f99>', True), ('seven', 'three', False), ('a', 'a\nb', False)])
def test_the_comparison_itself(stored, now, same): assert (not compare(cell(stored), cell(now))) == same

def test_kinds_of_output_and_marked_timings():
    assert compare(cell('1'), cell('1', **{'image/png': ''})) and compare(cell('1'), dict(source='x', outputs=[]))
    assert not compare(cell('1 s', '# timing: differs\nx'), cell('2 s'))
