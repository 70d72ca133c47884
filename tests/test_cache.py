"The cache: two processes at once, a full disk, and files in it that were altered"
import errno, multiprocessing, os, shutil, signal, subprocess, sys, time, warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_sgd.data import mnist_arrays, mnist_idx_path, mnist_path
from mnist_sgd.files import load_arrays, make_folder, save_arrays, write_bytes

def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob('*')}

def run(code, cache, **kwargs):
    return subprocess.run([sys.executable, '-W', 'error', '-c', code], capture_output=True, text=True, timeout=300,
                          env=os.environ | {'MNIST_SGD_CACHE': str(cache)}, **kwargs)

# two at once

def write_some(folder):
    (folder/'sub').mkdir()
    for i in range(30): (folder/'sub'/f'{i}.txt').write_text(f'{i}'*1000)

def make_some(dest, start, answers):
    start.wait()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: answers.put(make_folder(dest, write_some))
        except BaseException as e: answers.put(e)

def make_digits(cache, start, answers):
    os.environ['MNIST_SGD_CACHE'] = str(cache)
    start.wait()
    try: answers.put(content(mnist_path((5,))))  # read while the other one may still be at work
    except BaseException as e: answers.put(e)

def two_at_once(target, *args, n=1):
    "The `n` answers of each of two processes that run `target` at the same moment"
    spawn = multiprocessing.get_context('spawn')
    start, answers = spawn.Barrier(2), spawn.Queue()
    both = [spawn.Process(target=target, args=(*args, start, answers)) for _ in range(2)]
    for p in both: p.start()
    res = [answers.get(timeout=200) for _ in range(2*n)]
    for p in both: p.join()
    return res

def test_two_processes_get_the_same_digits(tmp_path):
    first, second = two_at_once(make_digits, tmp_path)
    assert isinstance(first, dict) and first == second == content(tmp_path/'png-5') and len(first) == 5421 + 892 + 5
    assert [p.name for p in tmp_path.iterdir()] == ['png-5']

def make_many(folder, start, answers):
    "Folder after folder, both processes in step; every other one is there, and altered"
    for dest in sorted(folder.iterdir()):
        make_some(dest/'some', start, answers)

def test_two_processes_in_many_rounds_new_and_altered(tmp_path):
    for i in range(40):
        (tmp_path/f'{i:02}').mkdir()
        if i % 2: (make_folder(tmp_path/f'{i:02}'/'some', write_some)/'sub'/'3.txt').write_text('altered')
    write_some(tmp_path)
    expected = content(tmp_path/'sub')
    shutil.rmtree(tmp_path/'sub')
    answers = two_at_once(make_many, tmp_path, n=40)
    assert not [o for o in answers if not isinstance(o, Path)]
    for i in range(40):
        place = tmp_path/f'{i:02}'
        assert [p.name for p in place.iterdir()] == ['some'] and content(place/'some'/'sub') == expected

# a full disk

SAY = 'import mnist_sgd.data as d\ntry: print(d.{})\nexcept OSError as e: print(e.errno, e)'

@pytest.fixture
def small_disk(tmp_path):
    "A file system of 200 KB"
    place = tmp_path/'disk'
    place.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', place]
    if not shutil.which('mount') or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip('only the superuser of Linux may mount')
    yield place
    subprocess.run(['umount', place], check=True)

@pytest.mark.parametrize('call', ['mnist_path((5,))', 'mnist_idx_path()'])
def test_full_disk_is_named_and_nothing_stays(small_disk, call):
    done = run(SAY.format(call), small_disk/'cache')
    assert done.returncode == 0 and not done.stderr, done.stderr
    number, message = done.stdout.split(maxsplit=1)
    assert int(number) == errno.ENOSPC and len(message.splitlines()) == 1
    for part in (str(small_disk/'cache'), 'No space left on device', 'Choose a place on a disk with space',
                 'MNIST_SGD_CACHE'): assert part in message
    assert not list((small_disk/'cache').iterdir())
    subprocess.run(['mount', '-o', 'remount,size=200m', small_disk], check=True)
    done = run(SAY.format(call), small_disk/'cache')
    assert Path(done.stdout.strip()).is_dir()

def test_full_disk_leaves_the_old_weights(small_disk):
    save_arrays(small_disk/'w.npz', dict(w=np.ones(20_000)))
    with pytest.raises(OSError, match=r'Cannot write .*w.npz .*No space left on device.*Choose a place') as e:
        save_arrays(small_disk/'w.npz', dict(w=np.zeros(60_000)))
    assert e.value.errno == errno.ENOSPC
    assert (load_arrays(small_disk/'w.npz')[0]['w'] == np.ones(20_000)).all()
    assert [p.name for p in small_disk.iterdir()] == ['w.npz']

def test_command_on_a_full_disk_ends_with_one_line(small_disk):
    done = subprocess.run([sys.executable, '-m', 'mnist_sgd', 'train', '--epochs', '1', '--out', small_disk/'out'],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert 'Cannot write' in done.stderr and 'No space left on device' in done.stderr
    for p in (small_disk/'out').iterdir():
        assert p.suffix == '.npz' and not p.name.startswith('.') and load_arrays(p)

@pytest.mark.skipif(sys.platform == 'win32', reason='needs a limit on the size of files')
@pytest.mark.parametrize('call, limit', [('mnist_path((5,))', 250), ('mnist_idx_path()', 10**6)])
def test_file_too_large_is_named_and_nothing_stays(tmp_path, call, limit):
    import resource
    done = run(SAY.format(call), tmp_path/'cache',
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 0 and not done.stderr, done.stderr
    number, message = done.stdout.split(maxsplit=1)
    assert int(number) == errno.EFBIG and str(tmp_path/'cache') in message and 'Choose a place' in message
    assert not list((tmp_path/'cache').iterdir())

# altered files

@pytest.fixture(scope='module')
def fives(tmp_path_factory):
    "A cache with the fives, and what is in it"
    os_cache, os.environ['MNIST_SGD_CACHE'] = os.environ['MNIST_SGD_CACHE'], str(tmp_path_factory.mktemp('cache'))
    path = mnist_path((5,))
    yield path, content(path)
    os.environ['MNIST_SGD_CACHE'] = os_cache

def flip(path):
    raw = path.read_bytes()
    path.write_bytes(raw[:-20] + bytes([raw[-20] ^ 1]) + raw[-19:])

def flip_unseen(path):
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)

def exchange(p):
    first = sorted(p.parent.glob('*.png'))[0]
    p.rename(p.with_name('x'))
    first.rename(p)
    p.with_name('x').rename(first)

ALTERATIONS = {
    'other content': lambda p: p.write_bytes(b'altered'), 'emptied': lambda p: p.write_bytes(b''),
    'removed': Path.unlink, 'renamed': lambda p: p.rename(p.with_name('1.png')),
    'same size': flip, 'same size and date': flip_unseen, 'exchanged': exchange,
    'file added': lambda p: shutil.copy(p, p.with_name('70001.png')),
    'folder added': lambda p: (p.parent.parent/'6').mkdir(),
    'a folder in its place': lambda p: (p.unlink(), p.mkdir()),
    'a stamp elsewhere': lambda p: p.with_name('stamp.txt').write_text(''),
    'no stamp': lambda p: (p.parents[2]/'stamp.txt').unlink()}

def write_pictures(folder):
    "A hundred files in the place of the 6,313 of the fives"
    (folder/'valid'/'5').mkdir(parents=True)
    for i in range(100): (folder/'valid'/'5'/f'{i + 100}.png').write_bytes(bytes([i])*300)

@pytest.mark.parametrize('alteration', ALTERATIONS)
def test_altered_folder_is_made_anew(tmp_path, alteration):
    path = make_folder(tmp_path/'png-5', write_pictures)
    expected = content(path)
    ALTERATIONS[alteration](path/'valid'/'5'/'150.png')
    assert content(path) != expected
    with pytest.warns(UserWarning, match='png-5 was incomplete or altered; it is made anew'):
        assert make_folder(path, write_pictures) == path
    assert content(path) == expected and [p.name for p in tmp_path.iterdir()] == ['png-5']

def test_altered_cache_is_made_anew(fives):
    path, expected = fives
    flip_unseen(sorted((path/'valid'/'5').glob('*.png'))[100])
    assert content(path) != expected
    with pytest.warns(UserWarning, match='png-5 was incomplete or altered; it is made anew'):
        assert mnist_path((5,)) == path
    assert content(path) == expected and [p.name for p in path.parent.iterdir()] == ['png-5']

def test_whole_cache_is_not_made_anew(fives):
    path, expected = fives
    victim, before = next((path/'train'/'5').iterdir()), path.stat().st_ino
    os.utime(victim)  # as a copy or a backup may do
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        mnist_path((5,))
    assert path.stat().st_ino == before and content(path) == expected
    whole = mnist_arrays('train')[0]
    for p in list((path/'train'/'5').iterdir())[:50]:
        with Image.open(p) as im: assert (np.array(im) == whole[int(p.stem)]).all()

# a record that cannot be read

def fifo(path):
    path.unlink()
    os.mkfifo(path)

RECORDS = {
    'no text': lambda p: p.write_bytes(b'\xff\xfe\x80'), 'emptied': lambda p: p.write_bytes(b''),
    'another': lambda p: p.write_text('0'*64), 'a line more': lambda p: p.write_text(p.read_text() + '\n'),
    'a folder': lambda p: (p.unlink(), p.mkdir()), 'a link to nowhere': lambda p: (p.unlink(), p.symlink_to('nowhere')),
    'a FIFO': fifo, 'a FIFO beside it': lambda p: os.mkfifo(p.with_name('more'))}

@pytest.mark.skipif(sys.platform == 'win32', reason='FIFOs are those of Unix')
@pytest.mark.parametrize('case', RECORDS)
def test_folder_with_a_damaged_record_is_made_anew(tmp_path, case):
    make_folder(tmp_path/'some', write_some)
    expected = content(tmp_path/'some')
    RECORDS[case](tmp_path/'some'/'stamp.txt')
    code = 'import sys, test_cache as t\nfrom pathlib import Path\nt.make_folder(Path(sys.argv[1]), t.write_some)'
    done = subprocess.run([sys.executable, '-c', code, tmp_path/'some'], capture_output=True, text=True, timeout=60,
                          cwd=Path(__file__).parent)
    assert done.returncode == 0 and 'some was incomplete or altered; it is made anew' in done.stderr, done.stderr
    assert content(tmp_path/'some') == expected and [p.name for p in tmp_path.iterdir()] == ['some']

# writers that were killed

WRITE = 'import sys, numpy as np\nfrom pathlib import Path\nfrom mnist_sgd.files import *\n'
WRITERS = {'a file': WRITE + 'a = dict(a=np.zeros(10**7))\nwhile True: save_arrays(Path(sys.argv[1])/"big.npz", a)',
    'a folder': WRITE + 'def build(folder):\n    for i in range(10**6): (folder/f"{i}.txt").write_text("some")\n'
                        'make_folder(Path(sys.argv[1])/"big", build)'}
THEN = {'then a file': lambda path: write_bytes(path, b'a'),
        'then a folder': lambda path: make_folder(path, write_some)}

def hidden(folder): return [p for p in folder.iterdir() if p.name.startswith('.')]

@pytest.mark.skipif(sys.platform == 'win32', reason='signals are those of Unix')
@pytest.mark.parametrize('write', THEN.values(), ids=THEN)
@pytest.mark.parametrize('kind', WRITERS)
def test_what_killed_writers_left_is_removed_and_what_living_ones_write_is_not(tmp_path, kind, write):
    while not hidden(tmp_path):  # until we have caught one in the middle
        writer = subprocess.Popen([sys.executable, '-c', WRITERS[kind], tmp_path])
        while not hidden(tmp_path): assert writer.poll() is None
        writer.send_signal(signal.SIGSTOP)
        time.sleep(.1)  # it stops soon, not at once
        left = hidden(tmp_path)
        write(tmp_path/f'{writer.pid}')
        assert hidden(tmp_path) == left
        writer.kill()
        writer.wait()
    (tmp_path/'.mine').write_text('kept')
    write(tmp_path/'last')
    assert [p.name for p in hidden(tmp_path)] == ['.mine']

@pytest.mark.skipif(sys.platform == 'win32', reason='modes are those of Unix')
@pytest.mark.parametrize('mode', [0o600, 0o640, 0o444, 0o755])
def test_the_mode_of_a_file_is_kept(tmp_path, mode):
    path = tmp_path/'a.npz'
    save_arrays(path, dict(a=np.ones(1)))
    new = path.stat().st_mode
    path.chmod(mode)
    save_arrays(path, dict(a=np.ones(2)))
    assert path.stat().st_mode & 0o777 == mode and load_arrays(path)[0]['a'].shape == (2,)
    save_arrays(tmp_path/'b.npz', dict(a=np.ones(1)))
    assert (tmp_path/'b.npz').stat().st_mode == new
