"The command, run as people run it"
import os, subprocess, sys

import numpy as np
import pytest
from PIL import Image

from mnist_sgd.data import mnist_path

def command(*words, cwd, module=True):
    start = [sys.executable, '-m', 'mnist_sgd'] if module else ['mnist_sgd']
    return subprocess.run([*start, *map(str, words)], capture_output=True, text=True, cwd=cwd, env=os.environ | {'COLUMNS': '200'}, timeout=300)

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    "A folder in which `mnist_sgd train` has run, and what it printed"
    folder = tmp_path_factory.mktemp('run')
    return folder, command('train', cwd=folder)

def test_train_tells_the_story(trained):
    folder, done = trained
    assert done.returncode == 0 and done.stderr == ''
    table = [line.split() for line in done.stdout.split('Is it a 3 or a 7?\n')[1].splitlines()[1:4]]
    accuracy = {row[0]: float(row[-2]) for row in table}
    assert accuracy['pixel'] > .95 and accuracy['linear'] >= .978 and accuracy['relu'] >= .985
    assert [row[-3] for row in table] == ['1,568', '785', '39,301']
    assert 'mnist_sgd_output' in done.stdout and '\r' not in done.stdout
    assert sorted(p.name for p in (folder/'mnist_sgd_output').iterdir()) == ['linear.npz', 'relu.npz', 'training.png']
    with Image.open(folder/'mnist_sgd_output'/'training.png') as im: assert im.size[0] > 800

def test_predict_uses_the_saved_weights(trained):
    folder, _ = trained
    pictures = [f for d in (3, 7) for f in sorted((mnist_path()/'valid'/str(d)).iterdir())[:50]]
    for weights in ('mnist_sgd_output/linear.npz', 'mnist_sgd_output'):
        done = command('predict', *pictures, '--weights', weights, cwd=folder)
        assert done.returncode == 0 and done.stderr == ''
        right = sum(f'{f}: {f.parent.name} (' in line for f, line in zip(pictures, done.stdout.splitlines()))
        assert right >= 95

def test_same_seed_same_weights_other_digits_other_names(tmp_path):
    for out in ('a', 'b'): assert command('train', '--digits', 1, 0, '--epochs', 1, '--seed', 7, '--lr', .05, '--batch-size', 256, '--out', out, cwd=tmp_path).returncode == 0
    a, b = (np.load(tmp_path/out/'relu.npz') for out in ('a', 'b'))
    for name in a.files:
        if name.startswith('model'): assert (a[name] == b[name]).all()
    one = mnist_path((0, 1))/'valid'/'1'/'2.png'
    assert ': 1 (' in command('predict', one, '--weights', 'a/linear.npz', cwd=tmp_path).stdout

@pytest.mark.skipif(sys.platform == 'win32', reason='needs a pseudo-terminal')
def test_a_terminal_gets_a_progress_bar(tmp_path):
    import fcntl, pty, struct, termios
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
    process = subprocess.Popen([sys.executable, '-m', 'mnist_sgd', 'train', '--epochs', '1'], stdout=theirs, stderr=theirs, cwd=tmp_path)
    os.close(theirs)
    text = b''
    try:
        while chunk := os.read(ours, 4096): text += chunk
    except OSError: pass  # the other end was closed
    assert process.wait() == 0 and b'it/s' in text and b'\r' in text

@pytest.mark.parametrize('words, expected', [
    ((), 'COMMAND'),
    (('trian',), 'trian'),
    (('train', '--digits', '3', '10'), "'10' is not a digit from 0 to 9"),
    (('train', '--digits', '3', 'seven'), "'seven' is not a digit"),
    (('train', '--digits', '3'), 'expected 2 arguments'),
    (('train', '--digits', '3', '3'), 'two different digits'),
    (('train', '--epochs', '0'), "'0' is not a whole number from 1"),
    (('train', '--epochs', '1.5'), "'1.5' is not a whole number"),
    (('train', '--lr', '-1'), "'-1' is not a number above 0"),
    (('train', '--lr', 'nan'), "'nan' is not a number above 0"),
    (('train', '--lr', 'inf'), "'inf' is not a number above 0"),
    (('train', '--batch-size', '0'), "'0' is not a whole number"),
    (('train', '--seed', '-1'), "'-1' is not a whole number, 0 or more"),
    (('train', '--device', 'abacus'), "no device 'abacus'"),
    (('train', '--device', 'cuda:99'), "no device 'cuda:99'"),
    (('train', '--out', 'file/sub'), 'cannot make the folder'),
    (('train', '--out', 'file'), 'cannot make the folder'),
    (('train', '--nonsense'), '--nonsense'),
    (('predict',), 'FILE'),
    (('predict', 'good.png', '--weights', 'none.npz'), 'run mnist_sgd train first'),
    (('predict', 'good.png', '--weights', 'file'), 'damaged'),
    (('predict', 'good.png', '--weights', '.'), 'no weights relu.npz'),
    (('predict', 'missing.png'), 'missing.png: No such file'),
    (('predict', '.'), '.: Is a directory'),
    (('predict', 'file'), 'file: not an image'),
    (('predict', 'empty.png'), 'empty.png: not an image'),
    (('predict', 'cut.png'), 'cut.png: not an image'),
    (('predict', 'blank.png'), 'blank.png: the picture shows nothing'),
    (('predict', 'bomb.png'), 'bomb.png: ')], ids=str)
def test_anything_wrong_ends_with_one_line(trained, words, expected):
    folder, _ = trained
    good = (mnist_path()/'valid'/'3'/'18.png').read_bytes()
    (folder/'good.png').write_bytes(good)
    (folder/'cut.png').write_bytes(good[:len(good)//2])
    (folder/'empty.png').write_bytes(b'')
    (folder/'file').write_text('neither weights nor a picture nor a folder')
    Image.new('L', (60, 60), 200).save(folder/'blank.png')
    if not (folder/'bomb.png').exists(): Image.new('1', (20_000, 20_000)).save(folder/'bomb.png')
    done = command(*words, cwd=folder)
    assert done.returncode != 0 and done.stdout == ''
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr and done.stderr.startswith('mnist_sgd')

def test_one_bad_file_does_not_hide_the_others(trained):
    folder, _ = trained
    good = mnist_path()/'valid'/'7'/'0.png'
    done = command('predict', 'missing.png', good, cwd=folder)
    assert done.returncode == 1 and f'{good}: 7' in done.stdout and 'missing.png' in done.stderr

def test_help_and_version_answer_without_loading_torch(tmp_path):
    for words in (['--help'], ['train', '--help'], ['predict', '--help'], ['--version']):
        done = command(*words, cwd=tmp_path, module=False)
        assert done.returncode == 0 and 'mnist_sgd' in done.stdout
