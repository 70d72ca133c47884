"The benchmark runs, names what is missing, and fails when somebody does not learn"
import importlib.util, json, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

def test_a_short_race(tmp_path):
    words = ['--rounds', '1', '--epochs', '1', '--threads', '1', '--out', tmp_path,
             '--only', 'mnist_sgd', 'mnist_sgd, loader and all', 'PyTorch loop', 'the floor', 'skorch']
    done = subprocess.run([sys.executable, ROOT/'benchmarks'/'run.py', *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    missing = not importlib.util.find_spec('skorch')
    assert ('skorch is not installed, and left out' in done.stdout) == missing
    assert {p.name for p in tmp_path.iterdir()} == {'epochs.png', 'results.txt', 'results.json'}
    assert (tmp_path/'results.txt').read_text() == done.stdout
    seconds = json.loads((tmp_path/'results.json').read_text())['seconds']
    names = {'mnist_sgd', 'mnist_sgd, loader and all', 'PyTorch loop', 'the floor'} | (set() if missing else {'skorch'})
    for model in ('linear model', '30 hidden units'):
        assert model in done.stdout and set(seconds[model]) == names
        assert all(len(o) == 1 and o[0] > 0 for o in seconds[model].values())
    assert 'table and bar' in done.stdout and 'PNG files' in done.stdout

@pytest.mark.parametrize('words', [['--rounds', '0'], ['--only', 'nobody']])
def test_wrong_options_are_named(words):
    done = subprocess.run([sys.executable, ROOT/'benchmarks'/'run.py', *words], capture_output=True, text=True)
    assert done.returncode == 2 and {'0': '1 or more', 'nobody': 'nobody'}[words[1]] in done.stderr.splitlines()[-1]
