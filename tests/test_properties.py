"Properties that hold for any input, with NumPy and PyTorch as the judges"
import gzip

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from torch.utils.data import default_collate

from mnist_sgd.broadcast import broadcast_shape
from mnist_sgd.data import read_idx, write_idx
from mnist_sgd.dataloader import DataLoader, collate
from mnist_sgd.files import _idx_types
from mnist_sgd.optimizer import SGD, Adam
from mnist_sgd.similarity import l1_distance, mnist_distance, rmse_distance

settings.register_profile('steady', deadline=None, derandomize=True, database=None, max_examples=100,
                          suppress_health_check=[HealthCheck.too_slow])  # on a busy machine, anything is slow
settings.load_profile('steady')

@pytest.fixture(scope='module')
def folder(tmp_path_factory): return tmp_path_factory.mktemp('idx')

def same(a, b): return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()

# IDX files

some_shape = hnp.array_shapes(min_dims=1, max_dims=6, min_side=0, max_side=4)

@given(hnp.arrays(np.uint8, some_shape), st.sampled_from(['a.idx', 'a.idx.gz']))
def test_idx_written_and_read_is_the_same(folder, a, name):
    write_idx(folder/name, a)
    assert same(read_idx(folder/name), a)

def idx_bytes(a, kind):
    return bytes([0, 0, kind, a.ndim]) + np.array(a.shape, '>u4').tobytes() + a.astype(_idx_types[kind]).tobytes()

@given(st.data(), st.sampled_from(sorted(_idx_types)), some_shape)
def test_idx_of_any_type_is_read(folder, data, kind, shape):
    dtype = np.dtype(_idx_types[kind]).newbyteorder('=')
    a = data.draw(hnp.arrays(dtype, shape, elements=dict(allow_nan=False) if kind > 12 else None))
    (folder/'b.idx').write_bytes(idx_bytes(a, kind))
    assert same(read_idx(folder/'b.idx'), a)

@given(st.data(), hnp.arrays(np.uint8, some_shape), st.booleans())
def test_idx_corrupted_is_refused_or_read_right(folder, data, a, gz):
    "Bytes replaced, cut off or appended: `ValueError`, or the array that these bytes do mean"
    plain = idx_bytes(a, 8)
    raw = bytearray(gzip.compress(plain, mtime=0) if gz else plain)
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=3)):
        raw[place] = byte
    raw = bytes(raw[:data.draw(st.integers(0, len(raw)))]) + data.draw(st.binary(max_size=3))
    (folder/'c.idx').write_bytes(raw)
    try: b = read_idx(folder/'c.idx')
    except ValueError as e: assert 'c.idx' in str(e)
    else:
        content = gzip.decompress(raw) if raw[:2] == b'\x1f\x8b' else raw
        assert idx_bytes(b, content[2])[4:] == content[4:] and content[:2] == b'\0\0' and content[3] == b.ndim

@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda o: b'\0\0\x08' + o)
       | st.binary(max_size=60).map(lambda o: b'\x1f\x8b\x08' + o))
def test_any_bytes_are_refused_or_read(folder, raw):
    (folder/'d.idx').write_bytes(raw)
    try: assert isinstance(read_idx(folder/'d.idx'), np.ndarray)
    except ValueError as e: assert 'd.idx' in str(e)

# broadcasting

shapes = st.lists(st.sampled_from([0, 1, 1, 2, 3, 28]), max_size=5).map(tuple)

@settings(max_examples=300)
@given(shapes, shapes)
def test_broadcast_shape_is_numpys_and_torchs(a, b):
    try: expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match='do not broadcast'): broadcast_shape(a, b)
        with pytest.raises(RuntimeError): torch.broadcast_shapes(a, b)
    else: assert broadcast_shape(a, b) == expected == tuple(torch.broadcast_shapes(a, b))

# loaders

datasets = {
    'pairs': lambda n: list(zip(torch.arange(n).float().view(n, 1), torch.arange(n))),
    'numbers': lambda n: list(range(n)), 'tensor': torch.arange,
    'TensorDataset': lambda n: torch.utils.data.TensorDataset(torch.arange(n).view(n, 1, 1)*2., torch.arange(n))}

def equal(a, b):
    if isinstance(a, (tuple, list)): return len(a) == len(b) and all(map(equal, a, b))
    return a.dtype == b.dtype and torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b

@given(st.sampled_from(sorted(datasets)), st.integers(1, 50), st.integers(1, 60), st.booleans(), st.booleans())
def test_loader_gives_what_torchs_gives(kind, n, batch_size, shuffle, drop_last):
    ds = datasets[kind](n)
    ours = DataLoader(ds, batch_size, shuffle, drop_last)
    theirs = torch.utils.data.DataLoader(ds, batch_size, shuffle=shuffle, drop_last=drop_last)
    torch.manual_seed(n)
    ours_batches, theirs_batches = list(ours), list(theirs)
    assert len(ours) == len(theirs) == len(ours_batches) == len(theirs_batches)
    def labels(batches): return [i for b in batches for i in (b[1] if isinstance(b, (tuple, list)) else b).tolist()]
    seen, expected = labels(ours_batches), n - n % batch_size*drop_last
    assert len(seen) == len(set(seen)) == len(labels(theirs_batches)) == expected  # each item exactly once
    assert set(seen) <= set(range(n))
    if not shuffle: assert equal(ours_batches, theirs_batches)
    for b in ours_batches:
        if isinstance(b, tuple):  # each input with its target
            assert torch.equal(b[0].flatten()/(2 if kind == 'TensorDataset' else 1), b[1].float())

@given(st.data(), st.integers(1, 6))
def test_collate_is_torchs(data, n):
    def column():
        kind = data.draw(st.sampled_from(['int', 'float', 'bool', 'text', 'array', 'tensor']))
        one = dict(int=st.integers(-2**31, 2**31), float=st.floats(allow_nan=False), bool=st.booleans(),
                   text=st.text(max_size=3)).get(kind)
        if one is None:
            shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3, min_side=0))
            dtype = data.draw(st.sampled_from([np.float32, np.int64, np.uint8]))
            one = hnp.arrays(dtype, shape, elements=st.integers(0, 255))
            if kind == 'tensor': one = one.map(torch.from_numpy)
        return [data.draw(one) for _ in range(n)]
    items = list(zip(*[column() for _ in range(data.draw(st.integers(1, 3)))]))
    assert equal(collate(items), default_collate(items))

# distances

images = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6).flatmap(lambda s: st.tuples(
    *[hnp.arrays(np.float32, s, elements=st.floats(-1e3, 1e3, width=32))]*2))

@given(images)
def test_distances_are_torchs_and_numpys(pair):
    (a, b), (x, y) = pair, map(torch.from_numpy, pair)
    torch.testing.assert_close(l1_distance(x, y), F.l1_loss(x, y))
    torch.testing.assert_close(mnist_distance(x, y), F.l1_loss(x, y))
    torch.testing.assert_close(rmse_distance(x, y), F.mse_loss(x, y).sqrt())
    np.testing.assert_allclose(l1_distance(x, y).item(), np.abs(a.astype(float) - b).mean(), rtol=1e-4, atol=1e-6)
    rmse = np.sqrt(((a.astype(float) - b)**2).mean())
    np.testing.assert_allclose(rmse_distance(x, y).item(), rmse, rtol=1e-4, atol=1e-6)

@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3), st.integers(1, 4), st.integers(1, 4),
       st.sampled_from([l1_distance, rmse_distance]))
def test_distances_of_stacks_are_those_of_each_pair(found, height, width, distance):
    torch.manual_seed(height*10 + width)
    a, b = (torch.rand(*s, height, width) for s in found.input_shapes)
    all_at_once = distance(a, b)
    assert all_at_once.shape == found.result_shape
    a, b = (t.expand(*found.result_shape, height, width) for t in (a, b))
    for i in np.ndindex(found.result_shape): torch.testing.assert_close(all_at_once[i], distance(a[i], b[i]))

# optimizer

def same_steps(ours, theirs, steps, without_gradient, **settings):
    "Both optimizers take the same steps; parameters in `without_gradient` have no gradient in the first one"
    torch.manual_seed(steps)
    start, all_params = [torch.randn(3, 2), torch.randn(4)], []
    grads = [[None if i in without_gradient and k == 0 else torch.randn_like(p) for i, p in enumerate(start)]
             for k in range(steps)]
    for optimizer in (ours, theirs):
        params = [p.clone().requires_grad_() for p in start]
        opt = optimizer(params, **settings)
        for step in grads:
            for p, g in zip(params, step): p.grad = None if g is None else g.clone()
            opt.step()
        all_params.append(params)
    for a, b in zip(*all_params): torch.testing.assert_close(a, b)

@given(st.floats(0, 1), st.sampled_from([0., .5, .9, .99]) | st.floats(0, 1),
       st.sampled_from([0., 1e-4, .1]) | st.floats(0, 1), st.integers(1, 6), st.sets(st.integers(0, 1), max_size=1))
def test_sgd_steps_as_torchs_does(lr, momentum, weight_decay, steps, without_gradient):
    same_steps(SGD, torch.optim.SGD, steps, without_gradient, lr=lr, momentum=momentum, weight_decay=weight_decay)

@given(st.floats(0, 1), st.sampled_from([0., .5, .9, .99]), st.sampled_from([0., .9, .999]), st.integers(1, 6),
       st.sets(st.integers(0, 1), max_size=1))
def test_adam_steps_as_torchs_does(lr, b1, b2, steps, without_gradient):
    same_steps(Adam, torch.optim.Adam, steps, without_gradient, lr=lr, betas=(b1, b2))
