"Runs that are killed, stopped, doubled or short of memory"
import multiprocessing, os, random, re, signal, subprocess, sys, time
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from mnist_sgd.dataloader import DataLoader, DataLoaders
from mnist_sgd.files import load_arrays
from mnist_sgd.learner import Learner
from mnist_sgd.linear import pair_tensors
from mnist_sgd.optimizer import SGD
from mnist_sgd.story import models
from mnist_sgd.relu import binary_cross_entropy

pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='signals are those of Unix')
EPOCHS = 40
IMAGES = [o[::4] for o in pair_tensors('valid')]

def new_learner():
    "A net that uses all that must be kept: momentum, random numbers for order and dropout, batch norm"
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(784, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(.2), nn.Linear(30, 1))
    dls = DataLoaders(DataLoader(list(zip(*IMAGES)), 16, shuffle=True), DataLoader(list(zip(*IMAGES)), 512))
    return Learner(dls, net, partial(SGD, momentum=.9, weight_decay=1e-4), binary_cross_entropy)

def train(path, started=None):
    "Train for EPOCHS in all, going on from the checkpoint if there is one"
    learn = new_learner()
    if path.exists(): learn.load(path)
    if started: started.set()
    return learn.fit(EPOCHS, .02, verbose=False, start_epoch=len(learn.recorder.values), checkpoint=path)

def same_file(a, b):
    (arrays, facts), (others, other_facts) = load_arrays(a), load_arrays(b)
    assert arrays.keys() == others.keys() and facts == other_facts
    for k in arrays: assert np.array_equal(arrays[k], others[k]), k

def test_killed_at_random_moments(tmp_path):
    "SIGKILL, again and again: each time the checkpoint is whole; in the end all is as if undisturbed, to the last bit"
    start = time.monotonic()
    train(tmp_path/'through.npz')
    an_epoch = (time.monotonic() - start)/EPOCHS
    context = multiprocessing.get_context('forkserver')  # imports torch once
    context.set_forkserver_preload([__name__, 'mnist_sgd.learner'])
    chance, kills, path = random.Random(0), 0, tmp_path/'killed.npz'
    while kills < 24:
        started = context.Event()
        run = context.Process(target=train, args=(path, started))
        run.start()
        assert started.wait(60)
        time.sleep(chance.uniform(0, 2.5*an_epoch))
        finished = not run.is_alive()
        run.kill()
        run.join()
        if finished: path.unlink()  # it got through before we struck: once more from the beginning
        else: kills += 1
        if path.exists(): assert load_arrays(path)[1]['optimizer']
        assert [p for p in tmp_path.iterdir() if p.suffix == '.npz'] != [path]
    train(path)
    same_file(tmp_path/'through.npz', path)

STOPPED_AT_RANDOM = '''
import sys, time
from pathlib import Path
from mnist_sgd.all import *

x, y = (o[::4] for o in pair_tensors('valid'))

def new_learner():
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(784, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(.2), nn.Linear(30, 1))
    dls = DataLoaders(DataLoader(list(zip(x, y)), 16, shuffle=True), DataLoader(list(zip(x, y)), 512))
    return Learner(dls, net, partial(SGD, momentum=.9), binary_cross_entropy)

def fit(learn): return learn.fit(3, .02, verbose=False, start_epoch=len(learn.recorder.values))

folder = Path(sys.argv[1])
seconds = []
for _ in range(5):  # the first one takes longer, and so does any during which the machine did something else
    start = time.monotonic()
    fit(new_learner()).save(folder/'through.npz')
    seconds.append(time.monotonic() - start)
print(min(seconds), flush=True)
for i, _ in enumerate(sys.stdin):
    learn = new_learner()
    try:
        print('training', flush=True)
        fit(learn)
        time.sleep(30)  # the signal is on its way
    except KeyboardInterrupt: pass
    print(len(learn.recorder.values), flush=True)
    fit(learn).save(folder/f'{i}.npz')
'''

def test_ctrl_c_at_random_moments_leaves_nothing_behind(tmp_path):
    "SIGINT in the middle of `fit`, then `fit` again: the result is that of an undisturbed run, to the last bit"
    stopped, chance = [], random.Random(0)  # how many epochs were done when the signal came
    with subprocess.Popen([sys.executable, '-c', STOPPED_AT_RANDOM, tmp_path], text=True, bufsize=1,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        seconds = float(run.stdout.readline())
        while sum(done < 3 for done in stopped) < 40:
            run.stdin.write('go\n')
            assert run.stdout.readline() == 'training\n'
            time.sleep(chance.uniform(0, seconds))
            run.send_signal(signal.SIGINT)
            stopped.append(int(run.stdout.readline()))
    assert run.returncode == 0 and {0, 1, 2} <= set(stopped)
    for i in range(len(stopped)): same_file(tmp_path/'through.npz', tmp_path/f'{i}.npz')

TRAIN = 'train', '--epochs', 6

def command(*words, **kwargs):
    return subprocess.Popen([sys.executable, '-m', 'mnist_sgd', *map(str, words)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **kwargs)

@pytest.fixture(scope='module')
def through(forked, tmp_path_factory):
    "The folder of a training that nothing disturbed"
    folder = tmp_path_factory.mktemp('through')
    assert forked(*TRAIN, '--out', folder, cwd=folder).returncode == 0
    return folder

@pytest.mark.parametrize('sent', [signal.SIGKILL, signal.SIGINT], ids=['killed', 'Ctrl-C'])
def test_command_goes_on_where_it_was_stopped(through, forked, tmp_path, sent):
    run = command(*TRAIN, '--out', 'stopped', cwd=tmp_path)
    while not re.match(r' +[23] ', line := run.stdout.readline()): assert line, run.stderr.read()
    run.send_signal(sent)
    _, err = run.communicate()
    assert run.returncode == (-sent if sent == signal.SIGKILL else 130)
    unfinished, = (tmp_path/'stopped').glob('*-unfinished.npz')
    if sent == signal.SIGINT:
        line, = err.strip().splitlines()
        assert 'interrupted; the epochs before are in' in line and '--resume' in line
        assert str(unfinished.relative_to(tmp_path)) in line
    assert 2 <= len(load_arrays(unfinished)[1]['values']) < 6

    other = forked(*TRAIN, '--seed', 1, '--resume', '--out', 'stopped', cwd=tmp_path)
    assert other.returncode == 1 and len(other.stderr.splitlines()) == 1
    assert "is of a run with {'seed': 42}, and this one has {'seed': 1}" in other.stderr

    resumed = forked(*TRAIN, '--resume', '--out', 'stopped', cwd=tmp_path)
    assert (resumed.returncode, resumed.stderr) == (0, '')
    fewer = forked('train', '--epochs', 2, '--resume', '--out', 'stopped', cwd=tmp_path)
    assert fewer.returncode == 1 and len(fewer.stderr.splitlines()) == 1
    assert '6 epochs are done already' in fewer.stderr and 'is 2' in fewer.stderr
    assert sorted(p.name for p in (tmp_path/'stopped').iterdir()) == ['linear.npz', 'relu.npz', 'training.png']
    for name in ('linear.npz', 'relu.npz'): same_file(through/name, tmp_path/'stopped'/name)

def test_divergence_says_what_to_do_and_resumes_with_a_smaller_rate(forked, tmp_path):
    run = forked('train', '--epochs', 3, '--lr', '1e30', '--out', 'run', cwd=tmp_path)
    err = run.stderr
    assert run.returncode == 1 and len(err.splitlines()) == 1
    assert re.search(r'The loss became (nan|inf) .* of epoch 1, with a learning rate of 1e\+30. '
                     r'Try a smaller one, such as 1e\+29.*--resume with a smaller --lr', err), err
    assert np.isfinite(load_arrays(next((tmp_path/'run').glob('*-unfinished.npz')))[0]['model/0.weight']).all()
    assert forked('train', '--epochs', 3, '--lr', '.1', '--resume', '--out', 'run', cwd=tmp_path).returncode == 0

def test_two_at_once_in_one_folder(server, forked, tmp_path):
    with (tmp_path/'log').open('w') as log:
        runs = [server.start('train', '--epochs', 2, '--seed', seed, '--out', 'both', cwd=tmp_path, stdout=log,
                             stderr=log) for seed in (1, 2)]
        for run in runs: assert run.wait() == 0, (tmp_path/'log').read_text()
    assert sorted(p.name for p in (tmp_path/'both').iterdir()) == ['linear.npz', 'relu.npz', 'training.png']
    for seed in (1, 2):
        assert forked('train', '--epochs', 2, '--seed', seed, '--out', seed, cwd=tmp_path).returncode == 0
    for name in ('linear.npz', 'relu.npz'):
        seed = load_arrays(tmp_path/'both'/name)[1]['seed']  # whichever came last; all of it is of that one
        same_file(tmp_path/'both'/name, tmp_path/str(seed)/name)

SHORT_OF_MEMORY = '''
import os, resource, sys
import mnist_sgd.distributed, mnist_sgd.story, torch
from mnist_sgd.cli import main
torch.ones(300, 300) @ torch.ones(300, 300)  # the threads that it starts take room, too
for megabytes in sys.argv[1:]:
    if not os.fork():
        os.dup2(os.open(megabytes, os.O_WRONLY | os.O_CREAT), 2)
        used = int(open('/proc/self/statm').read().split()[0])*resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + int(megabytes)*2**20,)*2)
        sys.exit(main(['train', '--epochs', '1']))
    print('ended:', os.waitstatus_to_exitcode(os.wait()[1]))
'''

@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='limits memory as Linux does')
def test_little_memory(tmp_path):
    "With 512 MB beyond the loaded libraries, all goes well; with far too little, one line says so"
    done = subprocess.run([sys.executable, '-uc', SHORT_OF_MEMORY, '512', '32'], capture_output=True, text=True,
                          cwd=tmp_path, env=os.environ | {'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr
    enough, little = ((tmp_path/megabytes).read_text() for megabytes in ('512', '32'))
    assert re.findall('ended: (.*)', done.stdout) == ['0', '1'], enough + little
    assert 'there is not enough memory' in little and len(little.splitlines()) == 1

@pytest.mark.parametrize('name', ['linear', 'relu'])
def test_same_seed_same_weights_with_one_thread_or_two(name):
    """Twice the same, to the last bit; with another number of threads, which add up in another order, the same to 0.001
    (linear) and in accuracy to 0.005 (both)"""
    def trained(n_threads):
        torch.manual_seed(5)
        dls = DataLoaders(*(DataLoader(TensorDataset(*pair_tensors(split)), 256, shuffle=True)
                            for split in ('train', 'valid')))
        learn = Learner(dls, models[name](), partial(SGD, momentum=.9), binary_cross_entropy, n_threads=n_threads)
        return learn.fit(3, .1, verbose=False)
    one, again, two = trained(1), trained(1), trained(2)
    for a, b, c in zip(one.params, again.params, two.params, strict=True):
        assert torch.equal(a, b)
        assert name != 'linear' or torch.allclose(a, c, atol=1e-3)
    assert abs(one.recorder.values[-1][2] - two.recorder.values[-1][2]) <= .005
