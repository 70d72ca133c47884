"The benchmark runs, names what is missing, and fails when somebody does not learn"
import importlib.util, json, statistics, subprocess, sys
from pathlib import Path

import pytest
import torch

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

@pytest.fixture(scope='module')
def fast():
    "benchmarks/fast.py as a module"
    spec = importlib.util.spec_from_file_location('benchmark_fast', ROOT/'benchmarks'/'fast.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def test_a_race_ends_at_the_goal_and_counts_every_attempt(fast):
    found = fast.race(dict(slow=lambda: iter([.5, .9899, .99, 1.]), quick=lambda: iter([.995])), 2)
    assert [[row['accuracies'] for row in rows] for rows in found.values()] == [[[.5, .9899, .99]]*2, [[.995]]*2]
    assert all([row['seed'] for row in rows] == [0, 1] for rows in found.values())

def test_the_example_is_pytorchs(fast):
    net = fast.example_net()
    assert sum(p.numel() for p in net.parameters()) == 1_199_882 and net(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    assert net(torch.rand(2, 1, 28, 28)).exp().sum().item() == pytest.approx(2, abs=1e-5)

def test_our_steps_learn_from_other_images_than_they_are_judged_on(fast, fewer_images, tmp_path, monkeypatch):
    monkeypatch.setenv('MNIST_SGD_CACHE', str(tmp_path))
    monkeypatch.setattr(fast, 'ASIDE', 3000)  # so that it takes seconds
    for name, (_, step) in list(fast.STEPS.items())[1:]: assert .8 < step(1) < .98, name
    assert .8 < next(fast.ours()) < .98

def test_the_stored_race_was_won_twenty_to_one(fast):
    stored = json.loads((ROOT/'benchmarks'/'results'/'fast.json').read_text())
    theirs, ours = stored['results'].values()
    assert all(row['accuracies'][-1] >= fast.GOAL > max([0, *row['accuracies'][:-1]]) for row in theirs + ours)
    ratio = statistics.median(r['seconds'] for r in theirs)/statistics.median(r['seconds'] for r in ours)
    assert ratio >= fast.RATIO and ratio == pytest.approx(stored['ratio'], abs=.06)

def test_the_page_quotes_the_steps_and_recipes_of_the_benchmark(fast):
    stored = json.loads((ROOT/'mnist_sgd'/'trained'/'fast.json').read_text())
    assert {row['name']: row['epochs'] for row in stored['steps']} == {name: n for name, (n, _) in fast.STEPS.items()}
    for name, recipe in fast.RECIPES.items():
        rows = [row for row in stored['recipes'] if row['name'] == name]
        assert [row['seed'] for row in rows] == list(range(5)) and all(recipe.items() <= row.items() for row in rows)

def test_the_command_trains_by_the_long_recipe(fast):
    from mnist_sgd.story import story_settings
    assert story_settings['conv'] == (fast.RECIPES['long']['epochs'], .2, fast.RECIPES['long']['batch_size'])
