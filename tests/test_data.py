"The data in the package: made anew byte for byte, and every way in which it can be damaged"
import hashlib, multiprocessing, shutil, subprocess, sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mnist_sgd.data as data
from mnist_sgd.data import mnist_arrays, mnist_idx_path, mnist_path, read_idx

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT/'mnist_sgd'/'mnist'

def test_script_makes_the_shipped_files_from_the_originals(tmp_path):
    command = [sys.executable, ROOT/'tools'/'make_data.py', mnist_idx_path()/'MNIST'/'raw', tmp_path]
    subprocess.run(command, check=True, cwd=ROOT)
    made = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob('*.idx'))
    assert made == sorted(p.relative_to(SHIPPED) for p in SHIPPED.rglob('*.idx')) and len(made) == 22
    for name in [*made, 'SHA256SUMS']: assert (tmp_path/name).read_bytes() == (SHIPPED/name).read_bytes()

@pytest.mark.parametrize('case', ['missing', 'altered', 'no folder'])
def test_script_says_what_is_wrong_with_its_input(tmp_path, case):
    folder = tmp_path/'raw'
    if case != 'no folder': shutil.copytree(mnist_idx_path()/'MNIST'/'raw', folder)
    name = 't10k-labels-idx1-ubyte'
    if case == 'missing': (folder/name).unlink()
    if case == 'altered': (folder/name).write_bytes(b'\1' + (folder/name).read_bytes()[1:])
    done = subprocess.run([sys.executable, ROOT/'tools'/'make_data.py', folder, tmp_path/'out'], capture_output=True,
                          text=True, cwd=ROOT)
    assert done.returncode != 0 and 'Traceback' not in done.stderr and len(done.stderr.splitlines()) == 1
    assert str(folder) in done.stderr

def test_attribution_and_checksums_are_beside_the_data():
    text = (SHIPPED/'README.md').read_text(encoding='utf-8')
    for word in ('LeCun', 'Cortes', 'Burges', 'creativecommons.org/licenses/by-sa/3.0'): assert word in text
    sums = dict(reversed(line.split('  ')) for line in (SHIPPED/'SHA256SUMS').read_text().splitlines())
    for p in SHIPPED.rglob('*.idx'):
        assert sums.pop(p.relative_to(SHIPPED).as_posix()) == hashlib.sha256(p.read_bytes()).hexdigest()
    assert not sums

@pytest.mark.parametrize('damage', ['cut', 'flip', 'gone', 'no sums'])
def test_damaged_data_is_named_with_what_to_do(tmp_path, monkeypatch, damage):
    shutil.copytree(SHIPPED, tmp_path/'mnist')
    monkeypatch.setattr(data, '_data', tmp_path/'mnist')
    victim = tmp_path/'mnist'/'valid'/'7.idx'
    raw = victim.read_bytes()
    if damage == 'cut': victim.write_bytes(raw[:-100])
    if damage == 'flip': victim.write_bytes(raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:])
    if damage == 'gone': victim.unlink()
    if damage == 'no sums': (tmp_path/'mnist'/'SHA256SUMS').unlink()
    with pytest.raises((ValueError, FileNotFoundError), match=r'7\.idx|SHA256SUMS') as e: mnist_arrays('valid', (7,))
    assert 'pip install --force-reinstall' in str(e.value)
    if damage != 'no sums': assert len(mnist_arrays('valid', (3,))[0]) == 1010

def test_arrays_keep_the_original_order():
    images, labels = mnist_arrays('valid')
    original = mnist_idx_path()/'MNIST'/'raw'
    assert (read_idx(original/'t10k-images-idx3-ubyte') == images).all()
    assert (read_idx(original/'t10k-labels-idx1-ubyte') == labels).all()
    some, which = mnist_arrays('valid', (8, 1))
    assert (some == images[np.isin(labels, (1, 8))]).all() and set(which) == {1, 8}
    assert images.dtype == labels.dtype == np.uint8 and images.flags.writeable

@pytest.mark.parametrize('split', ['train', 'valid'])
def test_imagefolder_reads_every_pixel(split):
    from torchvision.datasets import ImageFolder
    images, labels = mnist_arrays(split)
    folder = ImageFolder(mnist_path()/split)
    assert folder.classes == ['3', '7'] and len(folder) == np.isin(labels, (3, 7)).sum()
    for (path, kind), (picture, _) in zip(folder.samples, folder):
        place = int(Path(path).stem)
        assert folder.classes[kind] == str(labels[place]) and (np.asarray(picture)[..., 0] == images[place]).all()

@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('MNIST_SGD_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'

def test_cache_that_cannot_be_written_is_named(fresh_cache):
    fresh_cache.write_text('a file, where a folder should be')
    with pytest.raises(OSError, match='MNIST_SGD_CACHE') as e: mnist_path((1,))
    assert str(fresh_cache) in str(e.value)

def test_interrupted_cache_is_made_anew(fresh_cache, fewer_images, monkeypatch):
    saved, count = Image.Image.save, iter(range(100))
    def save(self, *args, **kwargs):
        if next(count, None) is None: raise KeyboardInterrupt
        saved(self, *args, **kwargs)
    monkeypatch.setattr(Image.Image, 'save', save)
    with pytest.raises(KeyboardInterrupt): mnist_path((5,))
    assert not (fresh_cache/'png-5').exists()
    monkeypatch.setattr(Image.Image, 'save', saved)
    (fresh_cache/'png-5'/'train'/'5').mkdir(parents=True)  # what an unsafe copy of the folder might leave
    with pytest.warns(UserWarning, match='made anew'): path = mnist_path((5,))
    assert len(list(path.glob('*/5/*.png'))) == sum(len(mnist_arrays(o, 5)[0]) for o in ('train', 'valid')) == 601

def test_altered_file_is_made_anew(fresh_cache, fewer_images):
    path = mnist_path((5,))
    victim = next((path/'valid'/'5').iterdir())
    victim.write_bytes(b'altered')
    with pytest.warns(UserWarning, match='altered'): mnist_path((5,))
    assert (np.array(Image.open(victim)) == mnist_arrays('valid')[0][int(victim.stem)]).all()

def test_two_processes_may_make_the_cache_at_once(fresh_cache):
    with multiprocessing.get_context('spawn').Pool(2) as pool: paths = pool.map(mnist_path, [(8,)]*2)
    assert paths[0] == paths[1] and len(list(paths[0].glob('*/8/*.png'))) == 5851 + 974
    assert [p.name for p in fresh_cache.iterdir()] == ['png-8']

@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='asks Linux for the peak of memory')
@pytest.mark.parametrize('load', ['mnist_arrays(s)[0]', 'stack_images(mnist_arrays(s)[0])'])
def test_loading_all_images_takes_less_than_twice_their_memory(load):
    code = f"""if True:
        import re
        from mnist_sgd.data import mnist_arrays
        from mnist_sgd.tensor import stack_images
        def peak(): return int(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])*1024
        before = peak()
        images = [{load} for s in ('train', 'valid')]
        print((peak() - before)/sum(a.nbytes for a in images))"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert .9 < float(done.stdout) < 2
