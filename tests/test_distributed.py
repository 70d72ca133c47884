"Many processes: they find what one finds, started by command or torchrun; if one dies, the run ends, and can go on"
import contextlib, ipaddress, os, shutil, signal, socket, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from mnist_sgd.files import load_arrays
from mnist_sgd.launcher import launch

pytestmark = pytest.mark.skipif(not dist.is_available(), reason='this build of PyTorch has no torch.distributed')
EPOCHS = 8
OPTIONS = ['train', '--batch-size', '397', '--epochs', f'{EPOCHS}', '--out', '.']  # the last batch has 89 images
TRAIN = ['-m', 'mnist_sgd', *OPTIONS]
TORCHRUN = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2']

def run(*words, cwd):
    return subprocess.run([sys.executable, *words], cwd=cwd, capture_output=True, text=True, timeout=120)

def kept(folder, name):
    "Weights and record in a file of a training"
    arrays, facts = load_arrays(folder/f'{name}.npz')
    numbers = np.concatenate([v.ravel() for k, v in arrays.items() if k.startswith(('model/', 'opt/'))])
    return numbers, np.array(facts['losses']), np.array(facts['values'])

def assert_same(a, b, exact=True):
    for name in ('linear', 'relu'):
        for x, y in zip(kept(a, name), kept(b, name), strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=0 if exact else 1e-6)

@pytest.fixture(scope='module')
def undisturbed(forked, tmp_path_factory):
    "A folder with what two processes trained, and what they printed"
    folder = tmp_path_factory.mktemp('two')
    return folder, forked(*OPTIONS, '--processes', '2', cwd=folder)

def without_times(table): return [line.split()[:-1] for line in table.splitlines() if line.strip()[:1].isdigit()]

def test_two_processes_find_what_one_finds(undisturbed, forked, tmp_path):
    folder, two = undisturbed
    one = forked(*OPTIONS, cwd=tmp_path)
    assert (two.returncode, two.stderr) == (one.returncode, one.stderr) == (0, '')
    assert without_times(two.stdout) == without_times(one.stdout) and len(without_times(one.stdout)) == 2*EPOCHS
    assert_same(folder, tmp_path, exact=False)
    assert sorted(p.name for p in folder.iterdir()) == ['linear.npz', 'relu.npz', 'training.png']

def test_torchrun(undisturbed, tmp_path):
    done = run(*TORCHRUN, *TRAIN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert without_times(done.stdout) == without_times(undisturbed[1].stdout)  # one of them prints
    assert_same(tmp_path, undisturbed[0])

def test_batch_normalisation_is_that_of_one_process(forked, tmp_path):
    "In 64 bits, as the command's help says: in 32 bits, rounding alone leads the steps apart"
    words = ['train', '--digits', '3', '7', '--models', 'conv', '--epochs', '1', '--batch-size', '397', '--double']
    for done in (forked(*words, '--out', 'one', cwd=tmp_path),
                 forked(*words, '--processes', '2', '--out', 'two', cwd=tmp_path),
                 run(*TORCHRUN, '-m', 'mnist_sgd', *words, '--out', 'torchrun', cwd=tmp_path)):
        assert done.returncode == 0, done.stderr
    one, *others = (kept(tmp_path/name, 'conv') for name in ('one', 'two', 'torchrun'))
    for other in others:
        for x, y in zip(one, other, strict=True): np.testing.assert_allclose(x, y, rtol=0, atol=1e-5)

def ranks(parent):
    "The processes that `parent` has started, by rank"
    found = {}
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            if f'\nPPid:\t{parent}\n' in (folder/'status').read_text():
                env = dict(o.split('=', 1) for o in (folder/'environ').read_text().split('\0') if '=' in o)
                found[int(env['RANK'])] = int(folder.name)
        except (OSError, KeyError): pass  # ended meanwhile
    return found

@pytest.mark.skipif(not Path('/proc/self/environ').exists(), reason='looks for the processes in /proc')
@pytest.mark.parametrize('victim', [0, 1])
def test_a_killed_process_ends_the_run_which_goes_on_later(undisturbed, forked, tmp_path, victim):
    words = [*TRAIN, '--processes', '2']
    process = subprocess.Popen([sys.executable, *words], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.stdout.readline().split()[:1] != ['2']: assert process.poll() is None  # two epochs of the first model
    children = ranks(process.pid)
    assert sorted(children) == [0, 1]
    began = time.monotonic()
    os.kill(children[victim], signal.SIGKILL)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 15 and process.returncode == 1
    assert err == (f'mnist_sgd train: Process {victim} (of 2, counted from 0) was killed by SIGKILL, '
                   'and the run was stopped. The same command with --resume goes on after the last whole epoch\n')
    assert not any(Path(f'/proc/{pid}').exists() for pid in children.values())
    assert 2 <= len(kept(tmp_path, 'linear-unfinished')[2]) < EPOCHS
    if victim: return
    done = forked(*OPTIONS, '--processes', '2', '--resume', cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, '')
    assert_same(tmp_path, undisturbed[0])

def until(happened, seconds):
    "Wait for `happened()`; its value"
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f'not within {seconds} s'
        time.sleep(.01)
    return found

@pytest.fixture
def start():
    "A function that starts Python; whatever a failed test leaves running ends after it"
    started = []
    def start(*words, cwd, before=(), **env):
        started.append(subprocess.Popen([*before, sys.executable, *words], cwd=cwd, env=os.environ | env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]
    yield start
    for process in started:
        for pid in (*ranks(process.pid).values(), process.pid):
            with contextlib.suppress(ProcessLookupError): os.kill(pid, signal.SIGKILL)
        process.communicate()

def permitted(*words):
    return shutil.which(words[0]) is not None and subprocess.run([*words, 'true'], capture_output=True).returncode == 0

def listening(pids):
    "The addresses on which these processes take connections from anybody who can reach them"
    found = set()
    for pid in pids:
        open_files = {os.readlink(o) for o in Path(f'/proc/{pid}/fd').iterdir()}
        for table in ('tcp', 'tcp6'):
            for row in map(str.split, Path(f'/proc/{pid}/net/{table}').read_text().splitlines()[1:]):
                raw = np.frombuffer(bytes.fromhex(row[1].split(':')[0]), '>u4')  # in words of this machine
                if row[3] == '0A' and f'socket:[{row[9]}]' in open_files:
                    found.add(ipaddress.ip_address(raw.astype('=u4').tobytes()))
    return found

def assert_unreachable(pids):
    "What these processes listen on, and there is something, no other computer can reach"
    assert (found := listening(pids)) and all(o.is_loopback for o in found), found

@pytest.fixture
def named(tmp_path):
    "Words before a command: the name of this computer then leads to its address in the network, as on most"
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        try: s.connect(('192.0.2.1', 9))  # sends nothing, but finds the address to send from
        except OSError: return []
        (tmp_path/'hosts').write_text(f'127.0.0.1 localhost\n{s.getsockname()[0]} {socket.gethostname()}\n')
    if not permitted('unshare', '-rm'): return []
    return ['unshare', '-rm', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', tmp_path/'hosts']

ALONE = """
from mnist_sgd.distributed import *
import time
with process_group():
    print('2', flush=True)
    time.sleep(60)
"""

@pytest.mark.skipif(not Path('/proc/self/net/tcp').exists(), reason='looks for open ports in /proc')
def test_no_port_of_a_process_alone_is_open_to_other_computers(start, named, tmp_path):
    process = start('-c', ALONE, cwd=tmp_path, before=named)
    while process.stdout.readline() != '2\n': assert process.poll() is None
    assert_unreachable([process.pid])

def test_processes_import_what_the_command_imports(start, tmp_path):
    for name in ('commands', 'here', 'elsewhere'): (tmp_path/name).mkdir()
    command = tmp_path/'commands'/'mnist_sgd'
    command.write_text('import sys\nfrom mnist_sgd.cli import main\nsys.exit(main())\n')  # as pip writes it
    for trap in ('here/random.py', 'elsewhere/sitecustomize.py'): (tmp_path/trap).write_text('raise SystemExit(9)')
    path = os.pathsep.join(o or os.getcwd() for o in sys.path)
    words = [command, 'train', '--models', 'linear', '--epochs', '1', '--processes', '2', '--out', '../out']
    done = start(*words, cwd=tmp_path/'here', PYTHONPATH=path)
    assert (done.communicate()[1], done.returncode) == ('', 0)
    program = f"import sys; sys.path[:] = {sys.path!r}\nfrom mnist_sgd.launcher import *\nlaunch(['-c', 'print(1)'], 1)"
    done = start('-E', '-c', program, cwd=tmp_path, PYTHONPATH=str(tmp_path/'elsewhere'))  # -E: without PYTHONPATH
    assert (*done.communicate(), done.returncode) == ('1\n', '', 0)

def ended(pid):
    try: return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z'
    except OSError: return True

@pytest.mark.skipif(not Path('/proc/self/environ').exists(), reason='looks for the processes in /proc')
@pytest.mark.parametrize('how', [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize('early', [True, False], ids=['while they import', 'while they train'])
def test_no_process_outlives_its_parent_or_opens_a_port_to_other_computers(start, named, tmp_path, how, early):
    process = start(*TRAIN, '--epochs', '1000', '--processes', '2', cwd=tmp_path, before=[] if early else named)
    while not early and process.stdout.readline().split()[:1] != ['2']: assert process.poll() is None
    children = until(lambda: len(found := ranks(process.pid)) == 2 and found, 30)
    if not early: assert_unreachable([process.pid, *children.values()])
    process.send_signal(how)
    until(lambda: all(map(ended, children.values())), 10)  # on a busy machine; by themselves, after minutes
    assert process.communicate()[1] == '' and process.returncode == -how

HASTY = """
import os, signal, subprocess
from mnist_sgd.launcher import launch

class Hasty(subprocess.Popen):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        if 'env' in options:
            print(self.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

subprocess.Popen = Hasty
launch(['-c', 'import time; time.sleep(600)'], 1)
"""

@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='looks for the processes in /proc')
def test_no_process_outlives_a_parent_killed_as_soon_as_it_has_started_one(start, tmp_path):
    out, err = start('-c', HASTY, cwd=tmp_path).communicate(timeout=60)
    assert err == '' and out.strip().isdigit()
    until(lambda: ended(int(out)), 20)

@pytest.mark.skipif(not permitted('unshare', '-rn'), reason='cannot take the network away')
def test_without_a_way_to_talk_to_itself(start, tmp_path):
    began = time.monotonic()
    done = start(*TRAIN, '--processes', '2', cwd=tmp_path, before=['unshare', '-rn'])
    out, err = done.communicate(timeout=60)
    assert time.monotonic() - began < 20 and (out, done.returncode) == ('', 1)
    assert err.startswith('mnist_sgd train: This computer cannot reach itself at 127.0.0.1 (') and err.count('\n') == 1
    assert err.endswith('or use one process\n')

ODD = """
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from mnist_sgd.all import *

def learner(kind, *layers, n=63, wrap=lambda model: model, **options):
    torch.manual_seed(0)
    x, y = torch.rand(n, 6), torch.rand(n, 1).round()
    model = nn.Sequential(nn.Linear(6, 8), *layers, nn.Linear(8, 1))
    dls = DataLoaders(DataLoader(list(zip(x, y)), 31, shuffle=True), DataLoader(list(zip(x, y)), 64))
    return kind(dls, wrap(model), loss_func=binary_cross_entropy, **options)

def everywhere(learn):
    "Is it the same in all processes?"
    record = learn.recorder.losses + sum(learn.recorder.values, [])
    mine = torch.cat([t.flatten().double() for t in (*model_tensors(learn).values(), tensor(record))])
    mean = mean_everywhere(mine.clone())
    return torch.equal(mine, mean)

with process_group() as device:
    rank = dist.get_rank()
    for make in (SGD, torch.optim.Adam):  # shares of 16 and 15; the last batch has one item, so one process has none
        for wrap in (lambda model: model, DistributedDataParallel):
            alone, shared = (learner(kind, nn.Tanh(), wrap=w, opt_func=make).fit(3, .1, verbose=False)
                             for kind, w in ((Learner, lambda model: model), (SharedLearner, wrap)))
            assert everywhere(shared)
            for p, q in zip(alone.params, shared.params): torch.testing.assert_close(p, q, rtol=0, atol=1e-6)
            torch.testing.assert_close(shared.recorder.values, alone.recorder.values, rtol=0, atol=1e-6)

    noisy = learner(SharedLearner, nn.BatchNorm1d(8), nn.Dropout(.3), n=71)  # draws a number per item of its share
    torch.manual_seed(rank)  # and they start in different places
    assert everywhere(noisy.fit(3, .1, verbose=False))

    many = learner(SharedLearner)
    try: many.fit(2, 1e38, verbose=False)
    except FloatingPointError: assert everywhere(many) and many.recorder.values == []  # all stop at the same batch
    else: raise AssertionError('did not diverge')
    if rank == 0: print('all is well', flush=True)
"""

def test_odd_batches_other_optimizers_running_means_and_divergence(tmp_path, capsys):
    program = tmp_path/'odd.py'
    program.write_text(ODD)
    launch([program])
    assert capsys.readouterr().out == 'all is well\n'

BROKEN = """
from mnist_sgd.distributed import *
import time, torch, torch.distributed as dist
with process_group(timeout=3):
    if dist.get_rank() == 1: {}
    mean_everywhere(torch.ones(3))
"""

def test_a_mistake_and_a_process_that_hangs_end_the_run(tmp_path, capsys):
    def ends(name, line):
        (tmp_path/name).write_text(BROKEN.format(line))
        began = time.monotonic()
        with pytest.raises(ChildProcessError) as e: launch([tmp_path/name], remedy='Try again')
        return str(e.value), time.monotonic() - began
    with ThreadPoolExecutor(2) as pool:  # two runs at once do not get into each other's way
        (mistake, _), (hang, seconds) = pool.map(ends, ('mistake.py', 'hang.py'), ('1/0', 'time.sleep(300)'))
    assert mistake == 'Process 1 (of 2, counted from 0) ended with status 1, and the run was stopped. Try again'
    assert hang.startswith('Process 0 ') and seconds < 60
    assert 'ZeroDivisionError: division by zero' in capsys.readouterr().err
