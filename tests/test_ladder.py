"The net of one file: short, alone, and as good as it says"
import ast, re, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT/'examples'/'numpy_net.py'

def run(*words, **kw):
    return subprocess.run([sys.executable, FILE, *map(str, words)], capture_output=True, text=True, **kw)

@pytest.mark.parametrize('words, least', [(['--digits', 3, 7], .98), ([], .96)], ids=['two', 'ten'])
def test_learns(words, least, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, '')
    rows = re.findall(r'^epoch (\d+)  loss \d\.\d{4}  accuracy (\d\.\d{4})  \d+\.\d s$', done.stdout, re.M)
    assert [n for n, _ in rows] == list('12345') and float(rows[-1][1]) >= least, done.stdout

def test_is_short_and_needs_nothing_but_numpy():
    text = FILE.read_text(encoding='utf-8')
    assert len(text.splitlines()) <= 80 and max(map(len, text.splitlines())) <= 120
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import): names |= {a.name.split('.')[0] for a in node.names}
        if isinstance(node, ast.ImportFrom): names.add('.'*node.level + (node.module or ''))
    assert 'numpy' in names and names - {'numpy'} <= sys.stdlib_module_names, names

def test_held_out_images_are_training_images(tmp_path):
    "With other images in place of the test images, all comes out the same"
    def report(folder):
        done = run('--digits', 3, 7, '--epochs', 1, '--hold-out', 2000, '--data', folder)
        return re.sub(r'  \S+ s$', '', done.stdout.strip())
    data = ROOT/'mnist_sgd'/'mnist'
    for d in (3, 7):
        for split in ('train', 'valid'):
            (tmp_path/split).mkdir(exist_ok=True)
            (tmp_path/split/f'{d}.idx').write_bytes((data/'train'/f'{d}.idx').read_bytes())
    assert report(tmp_path) == report(data) != ''

def test_says_what_is_wrong_with_the_data(tmp_path):
    (tmp_path/'train').mkdir()
    path = tmp_path/'train'/'3.idx'
    raw = (ROOT/'mnist_sgd'/'mnist'/'train'/'3.idx').read_bytes()
    for content, message in ((None, 'No such file'), (b'\x89PNG', 'no IDX file'), (raw[:-1], 'cut off')):
        if content: path.write_bytes(content)
        done = run('--digits', 3, '--data', tmp_path)
        assert done.returncode == 2 and message in done.stderr and '3.idx' in done.stderr
        assert 'Traceback' not in done.stderr
