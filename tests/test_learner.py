"What a Learner refuses, and what it leaves behind when a training ends early: nothing"
import math, sys, zipfile

import pytest
from torch.utils.data import DataLoader as TorchDataLoader, Dataset

from mnist_sgd.all import *

def loader(**options):
    x = torch.linspace(-1, 1, 24).view(12, 2)
    return DataLoader(list(zip(x, (x[:, :1] > 0).float())), 4, **options)

MOMENTUM = partial(SGD, momentum=.9)

def new_learner(opt_func=MOMENTUM, dls=None, **options):
    torch.manual_seed(0)
    dls = dls or DataLoaders(loader(shuffle=True), loader())
    return Learner(dls, nn.Linear(2, 1), opt_func, binary_cross_entropy, **options)

def weights(learn): return [p.tolist() for p in learn.params]

class Stopped(Exception): pass

def stops(opt_func, after):
    "The same optimizer, but its step number `after` is followed by an exception, once"
    class Stopping(opt_func):
        steps = 0
        def step(self):
            super().step()
            Stopping.steps += 1
            if Stopping.steps == after: raise Stopped
    return Stopping

# nothing is left behind

@pytest.mark.parametrize('opt_func', [SGD, torch.optim.Adam])
@pytest.mark.parametrize('after', [1, 5, 6])  # in the first batch of all, in the middle of an epoch, in its last batch
def test_a_stop_between_backward_and_zero_grad_leaves_no_gradient(opt_func, after):
    undisturbed, stopped = new_learner(opt_func).fit(3, .1, verbose=False), new_learner(stops(opt_func, after))
    with pytest.raises(Stopped): stopped.fit(3, .1, verbose=False)
    assert all(p.grad is None for p in stopped.params) and len(stopped.recorder.values) == (after - 1)//3
    stopped.fit(3, .1, verbose=False, start_epoch=len(stopped.recorder.values))
    assert weights(stopped) == weights(undisturbed) and stopped.recorder.values == undisturbed.recorder.values

def test_a_search_for_a_rate_that_is_stopped_leaves_no_gradient():
    def many(opt_func): return new_learner(opt_func, (DataLoader(loader().dataset*8, 4, shuffle=True), loader()))
    undisturbed, stopped = many(SGD).fit(2, .1, verbose=False), many(stops(SGD, 9))
    with pytest.raises(Stopped): lr_find(stopped)
    assert weights(stopped.fit(2, .1, verbose=False)) == weights(undisturbed)

@pytest.mark.parametrize('opt_class', [SGD, torch.optim.SGD])
def test_after_a_schedule_the_settings_are_what_they_were(opt_class):
    def setting(opt): return opt.momentum if opt_class is SGD else opt.param_groups[0]['momentum']
    learn = new_learner(partial(opt_class, momentum=.5)).fit(1, .1, verbose=False).fit(2, one_cycle(.2), verbose=False)
    assert setting(learn.opt) == .5 and learn.lr == .1
    def breaks_off(step, n_steps):
        if step == 4: raise Stopped
        return one_cycle(.2)(step, n_steps)
    with pytest.raises(Stopped): learn.fit(2, breaks_off, verbose=False)
    assert setting(learn.opt) == .5

def test_the_momentum_after_a_schedule_is_the_same_as_after_loading(tmp_path):
    learn = new_learner().fit(2, one_cycle(.2), verbose=False)
    learn.save(tmp_path/'a.npz')
    loaded = new_learner().load(tmp_path/'a.npz')
    assert weights(loaded.fit(1, .1, verbose=False)) == weights(learn.load(tmp_path/'a.npz').fit(1, .1, verbose=False))
    learn = new_learner().fit(2, one_cycle(.2), verbose=False)
    assert weights(learn.fit(1, .1, verbose=False)) == weights(loaded)

def stopped_at_line(n, fit):
    "Call `fit`, and press Ctrl-C before the n-th line of Python, ours or another's, that it runs. Did it get that far?"
    left, before = n, sys.gettrace()
    def trace(frame, event, arg):
        nonlocal left
        left -= event == 'line'
        if left < 0:
            sys.settrace(before)
            raise KeyboardInterrupt
        return trace
    sys.settrace(trace)
    try: fit()
    except KeyboardInterrupt: pass
    finally: sys.settrace(before)
    return left < 0

@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')  # raised in a __del__
@pytest.mark.parametrize('opt_func', [MOMENTUM, partial(torch.optim.SGD, momentum=.9)], ids=['ours', 'PyTorch'])
def test_a_stop_at_any_line_leaves_nothing_behind(opt_func):
    "The moments of real signals are left to chance; here they are not"
    def fit(learn): return learn.fit(2, one_cycle(.1), verbose=False, start_epoch=len(learn.recorder.values))
    undisturbed, stopped, lines = fit(new_learner(opt_func)), new_learner(opt_func), 0
    while stopped_at_line(lines, partial(fit, stopped)):
        assert torch.is_grad_enabled(), lines
        fit(stopped)
        assert weights(stopped) == weights(undisturbed), lines
        assert stopped.recorder.values == undisturbed.recorder.values, lines
        stopped, lines = new_learner(opt_func), lines + 11
    assert lines > 500

# saving

@pytest.mark.parametrize('fact', ['lr', 'optimizer', 'names', 'values', 'losses'])
def test_a_fact_with_a_name_that_is_taken_is_refused_and_forgotten(tmp_path, fact):
    learn = new_learner().fit(1, verbose=False)
    learn.save(tmp_path/'a.npz', note='kept')
    before = (tmp_path/'a.npz').read_bytes()
    with pytest.raises(ValueError, match=f"'{fact}'.*another name"): learn.save(tmp_path/'a.npz', **{fact: 5})
    assert (tmp_path/'a.npz').read_bytes() == before
    learn.save(tmp_path/'b.npz')
    assert new_learner().load(tmp_path/'b.npz').facts == dict(note='kept') and (tmp_path/'b.npz').read_bytes() == before

def test_a_fact_that_cannot_be_written_is_forgotten(tmp_path):
    learn = new_learner()
    with pytest.raises(TypeError, match='not JSON serializable'): learn.save(tmp_path/'a.npz', note=print)
    learn.save(tmp_path/'a.npz')
    assert new_learner().load(tmp_path/'a.npz').facts == {}

@pytest.mark.parametrize('fact', ['arrays', 'facts', 'meta', 'file', 'allow_pickle'])
def test_a_fact_may_have_any_other_name(tmp_path, fact):
    learn = new_learner()
    learn.save(tmp_path/'a.npz', **{fact: 5})
    assert new_learner().load(tmp_path/'a.npz').facts == {fact: 5}

@pytest.mark.parametrize('kind', [np.float32, np.float64, np.int64, int])
def test_rates_of_any_kind_are_saved(tmp_path, kind):
    learn = new_learner(lr=kind(1)).fit(1, verbose=False, checkpoint=tmp_path/'a.npz')
    learn.fit(1, kind(.25), verbose=False, checkpoint=tmp_path/'a.npz')
    further = weights(learn.fit(1, verbose=False))
    loaded = new_learner().load(tmp_path/'a.npz')
    assert loaded.lr == kind(.25) and weights(loaded.fit(1, verbose=False)) == further

def test_a_schedule_of_numpys_rates_with_a_checkpoint(tmp_path):
    learn = new_learner().fit(2, one_cycle(np.float32(.2)), verbose=False, checkpoint=tmp_path/'a.npz')
    assert weights(new_learner().load(tmp_path/'a.npz')) == weights(learn)

# what cannot work is refused

def test_fewer_epochs_than_are_done():
    learn = new_learner().fit(3, verbose=False)
    before = weights(learn)
    with pytest.raises(ValueError, match=r'3 epochs are done already, .* is 2.*ask for more') as e:
        learn.fit(2, 5., start_epoch=3)
    assert len(str(e.value).splitlines()) == 1 and weights(learn) == before and learn.lr == .1
    assert weights(learn.fit(3, verbose=False, start_epoch=3)) == before  # nothing left to do

@pytest.mark.parametrize('settings, named', [
    (dict(lr=-.1), 'lr is -0.1'), (dict(lr=math.nan), 'lr is nan'), (dict(lr=math.inf), 'lr is inf'),
    (dict(lr=np.float32(-1)), r'lr is .*-1.0\)?'), (dict(lr=.1, momentum=-.5), 'momentum is -0.5')])
def test_a_schedule_with_a_setting_that_cannot_be_is_refused(settings, named):
    learn = new_learner().fit(1, .1, verbose=False)
    before = weights(learn)
    def schedule(step, n_steps): return settings if step == 2 else dict(lr=.1)
    with pytest.raises(ValueError, match=f'{named}; it must be a number, 0 or more'):
        learn.fit(1, schedule, verbose=False)
    assert weights(learn) == before and (learn.opt.lr, learn.opt.momentum) == (.1, .9)

def batches(): return ((xb, yb) for xb, yb in loader())

class Dicts(Dataset):
    def __len__(self): return 12
    def __getitem__(self, i): return dict(image=torch.ones(2)*i, label=torch.ones(1))

NOT_TWO = {
    'one loader': loader, 'one of PyTorch': lambda: TorchDataLoader(loader().dataset, 4),
    'one in a list': lambda: [loader()],
    'a generator': batches, 'two generators': lambda: (batches(), batches()),
    'loaders of generators': lambda: DataLoaders(batches(), loader()),
    'a dict': lambda: dict(train=loader(), valid=loader())}

@pytest.mark.parametrize('case', NOT_TWO)
def test_what_is_no_pair_of_loaders_is_refused(case):
    with pytest.raises(TypeError, match=r'as in DataLoaders\(train, valid\).*list') as e:
        new_learner(dls=NOT_TWO[case]())
    assert len(str(e.value).splitlines()) == 1

ITEMS = {
    'dicts': lambda: DataLoader([Dicts()[i] for i in range(12)], 4),
    'dicts in batches of two': lambda: DataLoader(Dicts(), 2),
    "dicts from PyTorch's loader": lambda: TorchDataLoader(Dicts(), 4),
    'text': lambda: DataLoader([('a', torch.ones(1))]*12, 4),
    'inputs alone': lambda: DataLoader(torch.ones(12, 2), 2),
    'three parts': lambda: DataLoader([(torch.ones(2), torch.ones(1), 5)]*12, 4)}

@pytest.mark.parametrize('case', ITEMS)
def test_items_that_are_no_pairs_are_refused(case):
    learn = new_learner(dls=DataLoaders(ITEMS[case](), loader()))
    before = weights(learn)
    for use in (lambda: learn.fit(1, verbose=False), lambda: learn.get_preds(ITEMS[case]())):
        with pytest.raises(TypeError, match=r'\(input, target\) tuples') as e: use()
        assert len(str(e.value).splitlines()) == 1 and weights(learn) == before

# files of arrays

def test_arrays_of_any_name_are_kept(tmp_path):
    names = ['allow_pickle', 'file', 'args', 'arrays', 'path', 'names', 'a', 'a.npy', 'model/0.weight', 'größe', '']
    arrays = {k: np.arange(i + 1.) for i, k in enumerate(names)}
    save_arrays(tmp_path/'a.npz', arrays, file=1, names=2)
    kept, facts = load_arrays(tmp_path/'a.npz')
    assert list(kept) == names and all((kept[k] == arrays[k]).all() for k in names) and facts == dict(file=1, names=2)
    with np.load(tmp_path/'a.npz') as f: assert (f['file'] == arrays['file']).all()  # NumPy can read it, too

@pytest.mark.parametrize('name', ['a\0b', 7, None])
def test_names_that_a_zip_file_cannot_hold_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match='name'): save_arrays(tmp_path/'a.npz', {name: np.ones(1)})
    assert not list(tmp_path.iterdir())

def test_any_altered_byte_is_noticed_or_without_effect(tmp_path):
    arrays = {'model/w': np.arange(3, dtype=np.float32), 'opt/0/velocity': np.float64(7), 'n': np.array([[True]])}
    save_arrays(path := tmp_path/'a.npz', arrays, lr=.1, note='ok')
    raw, refused = path.read_bytes(), 0
    assert len(raw) < 2500
    def content():
        kept, facts = load_arrays(path)
        return {k: (a.dtype, a.shape, a.tobytes()) for k, a in kept.items()}, facts
    expected = content()
    for i in range(len(raw)):
        for flip in (1, 8, 255):
            path.write_bytes(raw[:i] + bytes([raw[i] ^ flip]) + raw[i + 1:])
            try: assert content() == expected, (i, flip)
            except ValueError as e:
                assert 'is damaged, or not a file that save_arrays wrote' in str(e) and len(str(e).splitlines()) == 1
                refused += 1
    assert refused > len(raw)

@pytest.mark.parametrize('lost', [0, 1, 2])
def test_a_file_with_an_array_less_is_refused(tmp_path, lost):
    save_arrays(tmp_path/'a.npz', dict(a=np.ones(2), b=np.ones(3)), note='ok')
    with zipfile.ZipFile(tmp_path/'a.npz') as whole, zipfile.ZipFile(tmp_path/'b.npz', 'w') as less:
        for i, name in enumerate(whole.namelist()):
            if i != lost: less.writestr(name, whole.read(name))
    with pytest.raises(ValueError, match='is damaged'): load_arrays(tmp_path/'b.npz')
