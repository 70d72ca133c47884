"What stands in front of the reader, and how the code reads: the measures of tools/reading.py, and of the modules"
import ast, re
from pathlib import Path

import pytest
from reading import CHAPTERS, TIME, cells, count, shown

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = sorted(p for p in (ROOT/'mnist_sgd').glob('*.py') if p.name != '_modidx.py')
# What judges the exercises stands beside the book
PRACTICE = {'practice', 'workbook', 'clinic', 'drills'}
LESSONS = [ROOT/'mnist_sgd'/f"{p.stem[3:]}.py" for p in CHAPTERS]
each = pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)

def number(path): return int(path.stem[:2])

def left_out(node):
    "Is it a docstring, or `__all__`?"
    if isinstance(node, ast.Assign): return '__all__' in ast.dump(node.targets[0])
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

def code_lines(path):
    "Lines of code of a module, without docstrings, comments, blank lines and `__all__`"
    text = path.read_text(encoding='utf-8')
    nodes = [node for node in ast.walk(ast.parse(text)) if hasattr(node, 'body') and isinstance(node.body, list)]
    skipped = {i for node in nodes for o in node.body if left_out(o)
               for i in range(o.lineno, o.end_lineno + 1)}
    return [line for i, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.lstrip().startswith('#') and i not in skipped]

def test_numbers_run_from_0_without_a_gap(): assert [number(p) for p in CHAPTERS] == list(range(len(CHAPTERS)))

@each
def test_opens_with_its_number_its_promise_and_its_time(path):
    head = cells(path)[0]['source']
    assert re.match(rf'# {number(path)} \S.*\n\n> After this chapter you can ', head), head
    time = f"*About {count(path)['minutes']:.0f} minutes.*"
    assert TIME.findall(head) == [time], 'run: python tools/reading.py --write'

def test_links_to_chapters_carry_their_number():
    for path in (ROOT/'nbs').glob('*.ipynb'):
        for cell in cells(path):
            for text, name in re.findall(r'\[([^\]]*)\]\((\d\d_\w+)\.ipynb', cell['source']):
                row = f"| {int(name[:2])} | [{text}]({name}.ipynb) |"  # in a table, the number has a column of its own
                named = re.search(rf'\b{int(name[:2])}\b', text) or row in cell['source']
                assert named, f'{path.name}: [{text}]({name}.ipynb)'

@each
def test_imports_come_first(path):
    tree = ast.parse('\n'.join(shown(path)[0]))
    assert isinstance(tree.body[0], ast.Import | ast.ImportFrom), shown(path)[0]

@each
def test_what_is_shown_is_short(path):
    for lines in shown(path):
        assert len(lines) <= 15, '\n'.join(lines)
        for line in lines: assert len(line) <= 100, line

@each
def test_few_of_the_shown_lines_are_checks(path):
    n = count(path)
    assert n['checks'] <= .08*n['lines'], n

def test_the_book_can_be_read_in_a_day_of_reading():
    rows = {number(p): count(p) for p in CHAPTERS}
    first = [row for i, row in rows.items() if i <= 9]
    assert sum(row['minutes'] for row in first) <= 200 and sum(row['lines'] for row in first) <= 1300
    assert sum(row['minutes'] for row in rows.values()) <= 400

@pytest.mark.parametrize('path', LESSONS, ids=lambda p: p.stem)
def test_a_lesson_fits_on_two_screens(path): assert len(code_lines(path)) <= 80

@pytest.mark.parametrize('path', PACKAGE, ids=lambda p: p.stem)
def test_no_line_is_long(path):
    "nbdev counts 120 characters from the bracket of `__all__` on"
    for line in path.read_text(encoding='utf-8').splitlines():
        assert len(line.removeprefix('__all__ = ')) <= 120, line

def test_the_package_is_small_and_speaks_only_where_python_is_silent():
    trees = [ast.parse(p.read_text(encoding='utf-8')) for p in PACKAGE]
    assert sum(len(code_lines(p)) for p in PACKAGE if p.stem not in PRACTICE) <= 2028
    assert sum(isinstance(node, ast.Raise) for tree in trees for node in ast.walk(tree)) <= 76
    private = [a.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
               for a in node.names if re.match('_[a-z]', a.name)]
    assert not private, private
