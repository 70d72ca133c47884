"The engine of chapter 10 against PyTorch's and against rise over run, operation by operation, in many shapes"
import json, math, re, subprocess, sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_sgd.autograd import Tensor, Value, plain, rule, topological_order
from mnist_sgd.dataloader import DataLoader
from mnist_sgd.gradient import numeric_gradient
from mnist_sgd.linear import pair_tensors

ROOT = Path(__file__).resolve().parent.parent

def both(f, *arrays):
    "Results and gradients of `f` with our engine and with PyTorch's; every element of the result counts differently"
    found = []
    for make in (Tensor, lambda a: torch.tensor(a, requires_grad=True)):
        inputs = [make(a) for a in arrays]
        y = f(*inputs)
        shape = tuple(y.data.shape)
        weight = np.cos(np.arange(math.prod(shape))).reshape(shape)
        (y*(weight if make is Tensor else torch.from_numpy(weight))).sum().backward()
        found.append([plain(o) for o in (y if make is Tensor else y.detach(), *(i.grad for i in inputs))])
    return *found, weight

def agree(f, *arrays):
    "Do values and gradients agree with PyTorch's, and the gradients with rise over run?"
    ours, theirs, weight = both(f, *arrays)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    for i, grad in enumerate(ours[1:]):
        def changed(a, i=i): return (f(*(Tensor(a if j == i else o) for j, o in enumerate(arrays)))*weight).sum().data
        np.testing.assert_allclose(grad, numeric_gradient(changed, torch.tensor(arrays[i])), rtol=1e-4, atol=1e-6)

def random(shape, low=-2., high=2., seed=0): return np.random.default_rng((seed, *shape)).uniform(low, high, shape)

SHAPES = [(), (0,), (1,), (5,), (1, 1), (3, 4), (0, 3), (3, 0), (2, 3, 4)]
PAIRS = [((), ()), ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (1, 4)), ((3, 4), (3, 1)), ((3, 1), (1, 4)),
         ((3, 1), (4,)), ((3, 4), ()), ((3, 4), (1,)), ((1, 1), (1,)), ((2, 3, 4), (4,)), ((2, 3, 4), (3, 1)),
         ((2, 1, 4), (3, 1)), ((2, 3, 4), (1, 1, 1)), ((0, 4), (4,)), ((0, 4), (1, 4)), ((0, 4), (1, 1)),
         ((3, 1), (0,)), ((0,), (1,)), ((0,), ())]
ANY = {'+': lambda a, b: a + b, '-': lambda a, b: a - b, '*': lambda a, b: a*b, '/': lambda a, b: a/b,
       '**': lambda a, b: a**b, 'logaddexp': lambda a, b: a.logaddexp(b), 'mixed': lambda a, b: (a*b + a)/b - b}
ONE = {name: lambda t, name=name: getattr(t, name)() for name in ('relu', 'abs', 'exp', 'sigmoid', '__neg__')} | {
    'numbers': lambda t: (2 - t*3 + 1)/4 - (t - 5)*.5, '**2': lambda t: t**2, '**3': lambda t: t**3,
    'used twice': lambda t: t*t + t}
POSITIVE = {'log': lambda t: t.log(), '1/t': lambda t: 1/t, '**-1': lambda t: t**-1, '**.5': lambda t: t**.5,
            '2**t': lambda t: 2**t, 'mixed': lambda t: 3/t - 2/(t + 1)}

@pytest.mark.parametrize('shape', SHAPES, ids=str)
@pytest.mark.parametrize('name', ONE)
def test_one_input(shape, name): agree(ONE[name], random(shape))

@pytest.mark.parametrize('shape', SHAPES, ids=str)
@pytest.mark.parametrize('name', POSITIVE)
def test_one_positive_input(shape, name): agree(POSITIVE[name], random(shape, .5, 3.))

@pytest.mark.parametrize('a, b', PAIRS + [p[::-1] for p in PAIRS if p[0] != p[1]], ids=str)
@pytest.mark.parametrize('name', ANY)
def test_broadcast_along_each_axis_and_back(a, b, name): agree(ANY[name], random(a, .5, 3.), random(b, .5, 3., 1))

@pytest.mark.parametrize('a, b', [
    ((3, 4), (4, 2)), ((1, 4), (4, 1)), ((1, 1), (1, 1)), ((0, 4), (4, 2)), ((3, 4), (4, 0)), ((3, 0), (0, 2)),
    ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 2)), ((0,), (0,)), ((2, 3, 4), (4,)),
    ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2))], ids=str)
def test_matrix_product(a, b): agree(lambda a, b: a@b, random(a), random(b, seed=1))

@pytest.mark.parametrize('shape, axis', [
    ((), None), ((0,), None), ((0,), 0), ((5,), 0), ((5,), -1), ((3, 4), None), ((3, 4), 0), ((3, 4), 1), ((3, 4), -1),
    ((3, 4), (0, 1)), ((2, 3, 4), (0, -1)), ((2, 3, 4), 1), ((0, 3), 1), ((3, 0), 0), ((1, 1), 0)], ids=str)
@pytest.mark.parametrize('keepdims', [False, True])
@pytest.mark.parametrize('name', ['sum', 'mean'])
@pytest.mark.filterwarnings('ignore:Mean of empty slice', 'ignore:invalid value encountered')
def test_sum_and_mean(shape, axis, keepdims, name):
    def f(t): return getattr(t, name)(axis=axis, keepdims=keepdims) if axis is not None else getattr(t, name)()
    if shape == (0,) and name == 'mean':  # the mean of nothing is NaN, as in PyTorch
        ours, theirs, _ = both(f, random(shape))
        assert np.isnan(ours[0]).all() and np.isnan(theirs[0]).all() and ours[1].shape == (0,)
    else: agree(f, random(shape))
    assert getattr(Tensor(random((3, 4))), name)(1).data.shape == (3,)

@pytest.mark.parametrize('shape, to', [((3, 4), (12,)), ((3, 4), (-1, 2)), ((12,), (2, 3, 2)), ((), (1, 1)), ((1,), ()),
                                       ((0, 3), (3, 0)), ((2, 3), (2, 3))], ids=str)
@pytest.mark.parametrize('name', ['view', 'reshape'])
def test_other_shapes(shape, to, name):
    agree(lambda t: getattr(t, name)(to)*2, random(shape))
    if to: agree(lambda t: getattr(t, name)(*to)*2, random(shape))

@pytest.mark.parametrize('shape, index', [
    ((5,), [0, 2, 2, 2]), ((5,), []), ((5,), -1), ((5,), slice(1, None, 2)), ((5, 3), [4, 4]), ((5, 3), ...),
    ((5, 3), ([0, 1, 1, 0, 4], [2, 0, 0, 2, 1])), ((5, 3), (slice(None), [0, 0, 1])), ((5, 3), (slice(None), None)),
    ((2, 3, 4), (1, 2, 3)), ((2, 3, 4), [[0, 1], [1, 1]])], ids=str)
def test_index(shape, index):
    def array(i): return np.array(i, int) if isinstance(i, list) else i
    index = tuple(map(array, index)) if isinstance(index, tuple) else array(index)
    agree(lambda t: t[index]**2, random(shape))

def test_mask_and_tensor_as_index():
    a = random((4, 3))
    agree(lambda t: t[a > 0], a)
    agree(lambda t: t[torch.tensor([0, 0, 3])], a)

def test_cross_entropy_of_ten_digits():
    a, labels = random((4, 10)), np.array([3, 3, 9, 0])
    def loss(s): return (s.exp().sum(1).log() - s[np.arange(4), labels]).mean()
    agree(loss, a)
    ours, _, _ = both(loss, a)
    t = torch.tensor(a, requires_grad=True)
    torch.nn.functional.cross_entropy(t, torch.tensor(labels)).backward()
    np.testing.assert_allclose(ours[1], t.grad, atol=1e-12)

@pytest.mark.parametrize('x', [-1e4, -100., -1., 0., 1., 100., 1e4])
def test_losses_do_not_overflow(x):
    with np.errstate(all='raise', under='ignore'):
        ours, theirs, _ = both(lambda t: t.sigmoid() + t.logaddexp(0*t) + t.abs() + t.relu(), np.array(x))
    for a, b in zip(ours, theirs, strict=True): np.testing.assert_allclose(a, b, atol=1e-12)

@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_dtype_is_kept_and_other_numbers_become_floats(dtype):
    t = Tensor(np.ones((2, 3), dtype))
    y = ((2*t@np.ones((3, 1), dtype) + 1).sigmoid().logaddexp(0)/3 - .5).mean()
    y.backward()
    assert y.data.dtype == t.grad.dtype == t.data.dtype == dtype
    assert Tensor([1, 2]).data.dtype == Tensor(True).data.dtype == float

def test_arrays_and_pytorchs_tensors_stand_on_either_side():
    a, b = random((2, 3)), random((3, 2), seed=1)
    for other in (a, torch.tensor(a)):
        for f in (lambda t, o: o@t, lambda t, o: o - t.view(2, 3), lambda t, o: t.view(2, 3)*o,
                  lambda t, o: o*t.view(2, 3), lambda t, o: o/(t.view(2, 3) + 9)):
            t, p = Tensor(b), torch.tensor(b, requires_grad=True)
            f(t, other).sum().backward()
            f(p, torch.tensor(a)).sum().backward()
            np.testing.assert_allclose(t.grad, p.grad, atol=1e-12)
    v = Value(3.)
    (np.float64(2)*v + v*np.float64(4) - np.float32(1)/v).backward()
    assert v.grad == pytest.approx(6 + 1/9)

@pytest.mark.parametrize('f', [*ANY.values(), lambda a, b: 2 - a + 3*b - 1/b + b**2 - 2**a,
    lambda a, b: (a*b).exp() - a.log() + (-b).relu() + b.relu()*a.sigmoid() + (b - a).abs()])
def test_single_numbers(f):
    for x, y in random((20, 2), .5, 3.):
        a, b = Value(x), Value(y)
        p, q = (torch.tensor(o, requires_grad=True) for o in (x, y))
        ours, theirs = f(a, b), f(p, q)
        ours.backward()
        theirs.backward()
        assert (ours.data, a.grad, b.grad) == pytest.approx((theirs.item(), p.grad.item(), q.grad.item()), rel=1e-9)
        assert isinstance(ours.data, float)

def test_gradients_add_up_until_they_are_zeroed():
    t = Tensor([1., 2.])
    loss = (t*t).sum()
    for times in (1, 2):  # the second time over the same graph, as with retain_graph
        loss.backward()
        assert t.grad.tolist() == [2.*times, 4.*times]
    t.grad.zero_()
    (t*3).sum().backward()
    assert t.grad.tolist() == [3., 3.]

def test_what_needs_no_gradient_is_not_remembered():
    x, w = Tensor(random((3, 2)), requires_grad=False), Tensor(random((2, 1)))
    y = (x@w).relu()
    assert y.requires_grad and set(topological_order(y.sum())) & {x, w} == {w}
    assert not (x*2).exp().requires_grad and (x*2).parents == []
    y.sum().backward()
    assert not x.grad.any()

def test_a_tensor_is_a_copy():
    for a in (np.ones(3), torch.ones(3)):
        t = Tensor(a)
        t.data += 1
        assert a.tolist() == [1, 1, 1]

@pytest.mark.parametrize('call, error, message', [
    (lambda: Tensor([0., 1.]).exp().backward(), ValueError, r'depends on a parameter, not from Tensor\(\[1.*mean'),
    (lambda: (Tensor(1., requires_grad=False)*2).backward(), ValueError, 'depends on a parameter, not from Tensor'),
    (lambda: (Value(1., requires_grad=False)*2).backward(), ValueError, 'depends on a parameter, not from Value'),
    (lambda: Value('a'), ValueError, 'convert string to float'), (lambda: Value([1.]), TypeError, 'list'),
    (lambda: Value(None), TypeError, 'NoneType'), (lambda: Value(np.ones(2)), TypeError, 'scalar|length-1'),
    (lambda: Tensor('a'), ValueError, 'convert string to float'),
    (lambda: Tensor([[1], [2, 3]]), ValueError, 'sequence'),
    (lambda: Tensor(Tensor(1.)), (TypeError, ValueError), 'sequence|Tensor'),
    (lambda: Tensor(torch.ones(1, requires_grad=True)), RuntimeError, 'detach'),
    (lambda: Tensor(np.ones(3)) + np.ones(2), ValueError, 'broadcast'),
    (lambda: Tensor(np.ones((2, 3)))@np.ones((2, 3)), ValueError, 'mismatch'),
    (lambda: Tensor(np.ones(3)).view(2), ValueError, 'reshape'),
    (lambda: Tensor(np.ones(3))[3], IndexError, 'out of bounds'),
    (lambda: Tensor(np.ones(3)) > 0, TypeError, '>')])
def test_says_what_is_wrong(call, error, message):
    with pytest.raises(error) as e: call()
    assert re.search(message, str(e.value)), str(e.value)

def test_a_rule_can_be_added_and_a_wrong_one_is_found():
    class Extended(Tensor): pass
    rule(Extended, 'cube', lambda a: a**3, lambda g, y, a: g*3*a**2)
    rule(Extended, 'wrong', lambda a: a**3, lambda g, y, a: g*2*a**2)
    for name, right in (('cube', True), ('wrong', False)):
        t = Extended(a := random((4,)))
        getattr(t, name)().sum().backward()
        assert np.allclose(t.grad, 3*a**2) == right
    assert not hasattr(Tensor, 'cube')

def test_is_numpy_only():
    code = 'import sys, mnist_sgd.autograd; print(*sys.modules)'
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert 'numpy' in run.stdout.split() and not {'torch', 'matplotlib'} & set(run.stdout.split())

def loop_of(name):
    "The loop in a notebook that trains the linear model: from `for epoch` to `zero_`"
    for cell in json.loads((ROOT/'nbs'/name).read_text(encoding='utf-8'))['cells']:
        found = re.search(r'^for epoch in range.*?p\.grad\.zero_\(\)$', ''.join(cell['source']), re.M | re.S)
        if found: return found[0]

def test_the_loop_of_chapter_7_word_for_word_with_both_engines():
    loop = loop_of('07_linear.ipynb')
    assert loop and loop == loop_of('10_autograd.ipynb')
    x, y = pair_tensors('train')
    start = np.random.default_rng(0).normal(size=(784, 1)).astype(np.float32)*.1
    found = {}
    for make in (Tensor, lambda a: torch.tensor(a, requires_grad=True)):
        names = dict(dl=DataLoader(list(zip(x[::10], y[::10])), 64, shuffle=True), lr=1.,
                     weights=make(start), bias=make(np.zeros(1, np.float32)),
                     mnist_loss=lambda predictions, targets: (predictions.sigmoid() - targets).abs().mean())
        torch.manual_seed(0)
        exec(loop, names)  # noqa: S102 - the code of our own notebook
        found[make] = [plain(names[k].data) for k in ('weights', 'bias')]
    for ours, theirs in zip(*found.values()): np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert abs(found[Tensor][0] - start).max() > .05
