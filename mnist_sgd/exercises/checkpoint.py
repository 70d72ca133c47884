"Exercises of chapter 17: what a training must keep to go on as if nothing had happened"
import io, os, tempfile
from copy import deepcopy
from pathlib import Path

import torch
from torch import nn

from mnist_sgd.files import write_bytes
from mnist_sgd.optimizer import SGD
from mnist_sgd.practice import Exercise


# 1. a copy that stays
def _models():
    return [(nn.Linear(1, 1),), (nn.Linear(3, 2, bias=False),),
            (nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)),)]

def _after_learning(copy, model):
    kept = copy(model)
    with torch.no_grad():
        for t in model.state_dict().values(): t += 1
    return kept

keep = Exercise('checkpoint.weights', 'kept_weights(model)', _models,
    lambda model: _after_learning(lambda m: {k: t.clone() for k, t in m.state_dict().items()}, model),
    hints=["`model.state_dict()` has every name with its tensor. Are these copies? Change the model, and look again.",
           "A tensor that is a copy does not learn on: `t.clone()`. And the running means of a normalisation are no "
           "parameters, but they are in the state_dict.",
           "`return {name: t.clone() for name, t in model.state_dict().items()}`"], use=_after_learning, changes=True)

@keep.right
def keep_clone(model): return {name: t.clone() for name, t in model.state_dict().items()}

@keep.right
def keep_deepcopy(model): return deepcopy(model.state_dict())

@keep.right
def keep_file(model):
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file)

@keep.wrong("These are the model's own tensors, no copies: they go on learning with it. `clone` each")
def keep_own(model): return dict(model.state_dict())

@keep.wrong("Parameters only. The running means of a normalisation belong to the model, too: take `model.state_dict()`")
def keep_parameters(model): return {name: p.detach().clone() for name, p in model.named_parameters()}

@keep.wrong("The names are missing: a dictionary says which tensor is which")
def keep_list(model): return [t.clone() for t in model.state_dict().values()]

@keep.wrong("You kept the whole model, code and all; its tensors by their names are enough, and fit into any file")
def keep_model(model): return deepcopy(model)

@keep.wrong("Neither copies nor complete: parameters go on learning, and the running means of a normalisation are left "
            "out")
def keep_named(model): return dict(model.named_parameters())


# 2. numbers that nobody has drawn
def _draws():
    def one(): return torch.rand(1)
    def many(): return torch.randperm(100)
    def none(): return 7
    def fails():
        torch.rand(3)
        raise ValueError('a bad day')
    return [(one, 1), (many, 42), (none, 3), (fails, 5)]

def _quietly(f, draw, seed):
    torch.manual_seed(seed)
    torch.rand(2)
    try: result = f(draw)
    except ValueError as e: result = str(e)
    return dict(result=result, next_number=torch.rand(1))

def _forked(draw):
    with torch.random.fork_rng(): return draw()

numbers = Exercise('checkpoint.random', 'call_quietly(draw)', _draws, lambda draw, seed: _quietly(_forked, draw, seed),
    hints=["What decides on the next random number? Keep it before you call `draw`.",
           "`torch.get_rng_state()` gives the state, `torch.set_rng_state(state)` puts it back. And if `draw` raises "
           "an error?",
           "`state = torch.get_rng_state()`, then `try: return draw()`, then `finally: torch.set_rng_state(state)`."],
    use=_quietly)

@numbers.right
def numbers_finally(draw):
    state = torch.get_rng_state()
    try: return draw()
    finally: torch.set_rng_state(state)

@numbers.right
def numbers_fork(draw):
    with torch.random.fork_rng(): return draw()

@numbers.right
def numbers_generator(draw):
    before = torch.default_generator.get_state().clone()
    try: result = draw()
    except Exception:
        torch.default_generator.set_state(before)
        raise
    torch.default_generator.set_state(before)
    return result

@numbers.wrong("The numbers that `draw` took are gone: keep the state before, and put it back after")
def numbers_nothing(draw): return draw()

@numbers.wrong("A new seed gives other numbers than those that would have come; put the old *state* back")
def numbers_seed(draw):
    result = draw()
    torch.manual_seed(0)
    return result

@numbers.wrong("The old seed leads back to the very first number, but some had been drawn since; put the old *state* "
               "back")
def numbers_old_seed(draw):
    result = draw()
    torch.manual_seed(torch.initial_seed())
    return result

@numbers.wrong("Right, but if `draw` raises an error the state is not put back: use `try` and `finally`")
def numbers_no_finally(draw):
    state = torch.get_rng_state()
    result = draw()
    torch.set_rng_state(state)
    return result

@numbers.wrong("You set a seed before the call, so `draw` gets other numbers than its turn would bring")
def numbers_own_seed(draw):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return draw()


# 3. all or nothing
def _files():
    return [(b'old', [b'new'], False), (b'', [b'a', b'bc'], False), (b'a long old file', [b'x'], False),
            (b'old', [], False), (None, [b'first'], False),
            (b'old', [b'half of the n'], True), (b'old', [b'a', b'b', b'c'], True)]

def _written(write, old, parts, breaks):
    "The file, what one who had opened the old one reads, and what lies beside it"
    def source():
        yield from parts
        if breaks: raise KeyError('power cut')
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
        path, other = Path(folder)/'net.npz', Path(elsewhere)/'opened'
        if old is not None:
            path.write_bytes(old)
            os.link(path, other)  # a second name for the same bytes on disk
        try: write(path, source())
        except KeyError: cut = True
        else: cut = False
        return dict(file=path.read_bytes() if path.exists() else None,
                    old_one=other.read_bytes() if old is not None else None,
                    error=cut, beside=cut or sorted(o.name for o in Path(folder).iterdir() if o != path))

write = Exercise('checkpoint.write', 'write_whole(path, parts)', _files,
    lambda old, parts, breaks: _written(lambda path, source: write_bytes(path, b''.join(source)), old, parts, breaks),
    hints=["At which moments would the file be cut off, if the program were killed just then? Write somewhere else "
           "first.",
           "`new = path.with_suffix('.new')` is a path beside it: open that one with 'wb', and write one part after "
           "the other.",
           "When all parts are written, and the file is closed, `new.replace(path)` gives it the old one's name, in a "
           "single step."], use=_written)

def _write(path, parts):
    with open(path, 'wb') as file:
        for part in parts: file.write(part)

@write.right
def write_beside(path, parts):
    new = path.with_suffix('.new')
    _write(new, parts)
    new.replace(path)

@write.right
def write_joined(path, parts):
    new = str(path) + '.tmp'
    with open(new, 'wb') as file: file.write(b''.join(parts))
    os.replace(new, path)

@write.right
def write_temporary(path, parts):
    with tempfile.NamedTemporaryFile('wb', dir=path.parent, delete=False) as file: file.writelines(parts)
    os.rename(file.name, path)

@write.wrong("You write into the file itself. If the parts stop half-way, the old file is gone and the new one cut off")
def write_over(path, parts): _write(path, parts)

@write.wrong("You wait until all parts are there, and then write (or copy) over the old file; killed in that moment, "
             "you have neither. Rename a new one")
def write_over_joined(path, parts): path.write_bytes(b''.join(parts))

@write.wrong("The new file is whole, but it still lies beside the old one under another name: `new.replace(path)` is "
             "missing")
def write_no_rename(path, parts): _write(path.with_suffix('.new'), parts)

@write.wrong("You delete the old file first, and if the parts stop half-way there is none at all; `replace` needs no "
             "free place")
def write_deleted(path, parts):
    path.unlink(missing_ok=True)
    write_beside(path, parts)

@write.wrong("You keep the error to yourself. The old file is whole, but the caller must know that there is no new one")
def write_silent(path, parts):
    new = path.with_suffix('.new')
    try: _write(new, parts)
    except Exception: return
    new.replace(path)


# 4. an optimizer that remembers
def _walks():
    return [(torch.tensor([1.]), .1, .5), (torch.tensor([1., -2]), .1, .9), (torch.randn(2, 3), .05, 0.),
            (torch.randn(4), .3, .99)]

def _resumed(make, w, lr, momentum):
    "Two steps; then the run that goes on, and one that starts from what was kept, twice"
    def run(w, opt, n):
        for _ in range(n):
            opt.zero_grad()
            (w**2).sum().backward()
            opt.step()
        return w.detach().clone()
    w = w.clone().requires_grad_()
    opt = make([w], lr, momentum)
    after_two, state, found = run(w, opt, 2), opt.state(), []
    found.append(run(w, opt, 3))
    for _ in range(2):
        again = after_two.clone().requires_grad_()
        opt = make([again], lr, momentum)
        opt.load_state(state)
        found.append(run(again, opt, 3))
    return dict(through=found[0], resumed=found[1], resumed_again=found[2])

def _through(w, lr, momentum):
    "The book's optimizer, and nobody interrupts it"
    w = w.clone().requires_grad_()
    opt = SGD([w], lr, momentum)
    for _ in range(5):
        opt.zero_grad()
        (w**2).sum().backward()
        opt.step()
    return dict(through=w.detach(), resumed=w.detach(), resumed_again=w.detach())

memory = Exercise('checkpoint.optimizer', 'ResumableSGD(params, lr, momentum)', _walks, _through,
    hints=["What does SGD with momentum remember from step to step? That is what `state()` must give back.",
           "`step`: for each parameter, `v = momentum*v + p.grad` and `p -= lr*v`, under `torch.no_grad()`. "
           "`zero_grad` sets each p.grad to None.",
           "`state` returns *copies*, `[v.clone() for v in self.velocities]`, and `load_state` takes copies, too: the "
           "state may be used again."],
    use=_resumed)

class _Momentum:
    def __init__(self, params, lr, momentum):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocities = [torch.zeros_like(p) for p in self.params]
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities):
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr*v
    def zero_grad(self):
        for p in self.params: p.grad = None
    def state(self): return [v.clone() for v in self.velocities]
    def load_state(self, state): self.velocities = [v.clone() for v in state]

@memory.right
class MemoryPlain(_Momentum): pass

@memory.right
class MemoryNew:
    "Makes new velocities instead of changing them, so that nothing is to be copied"
    def __init__(self, params, lr, momentum): self.params, self.lr, self.momentum, self.kept = params, lr, momentum, {}
    def step(self):
        kept = {}
        for i, p in enumerate(self.params):
            kept[i] = self.momentum*self.kept.get(i, 0) + p.grad
            p.data = p.data - self.lr*kept[i]
        self.kept = kept
    def zero_grad(self):
        for p in self.params: p.grad = torch.zeros_like(p)
    def state(self): return self.kept
    def load_state(self, state): self.kept = state

@memory.right
class MemoryDict(_Momentum):
    def state(self): return {i: v.tolist() for i, v in enumerate(self.velocities)}
    def load_state(self, state): self.velocities = [torch.tensor(v) for v in state.values()]

@memory.wrong("`state` hands out the velocities themselves, and they change with the next step; return copies")
class MemoryLive(_Momentum):
    def state(self): return self.velocities

@memory.wrong("Resumed once, it is right. `load_state` then works on the state that was handed to it, and spoils it "
              "for the next time; copy it")
class MemoryTaken(_Momentum):
    def load_state(self, state): self.velocities = state

@memory.wrong("The velocity is not in your state: the resumed run starts from rest")
class MemoryNone(_Momentum):
    def load_state(self, state): pass

@memory.wrong("Your steps have no momentum: `v = momentum*v + p.grad`, and then `p -= lr*v`")
class MemoryPlainSteps(_Momentum):
    @torch.no_grad()
    def step(self):
        for p in self.params: p -= self.lr*p.grad

@memory.wrong("Your velocity is a mean, with (1 - momentum) times the gradient; ours takes the whole gradient each "
              "time")
class MemoryMean(_Momentum):
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities): p -= self.lr*v.lerp_(p.grad, 1 - self.momentum)

@memory.wrong("`state` hands out the velocities themselves, and `load_state` goes on with them: old and new run change "
              "the same numbers. Copy")
class MemoryShared(_Momentum):
    def state(self): return self.velocities
    def load_state(self, state): self.velocities = state


# 5. everything that has a say
def _runs():
    def net(*layers): return nn.Sequential(*layers)
    return [(nn.Linear(1, 1), 0.), (net(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), .9),
            (net(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(.5)), .5)]

def _train(model, opt, n):
    "Losses of some steps with random inputs, and what the model says in use after them"
    losses, n_in = [], next(model.parameters()).shape[1]
    for _ in range(n):
        loss = (model(torch.randn(8, n_in)) - 1).square().mean()
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(round(loss.item(), 6))
    losses.append(round(model.eval()(torch.ones(1, n_in)).sum().item(), 6))
    model.train()
    return losses

def _optimizer(model, momentum):
    return SGD(model.parameters(), .1, momentum)

def _three_times(make, model, momentum):
    torch.manual_seed(1)
    opt = _optimizer(model, momentum)
    _train(model, opt, 2)
    kept = make(model, opt)
    found = [_train(model, opt, 3)]
    for _ in range(2):
        kept.restore()
        found.append(_train(model, opt, 3))
    return dict(zip(('first', 'restored', 'restored_again'), found))

def _never_stopped(model, momentum):
    torch.manual_seed(1)
    losses = _train(model, _optimizer(model, momentum), 5)[2:]  # with what it says after them
    return dict(first=losses, restored=losses, restored_again=losses)

snapshot = Exercise('checkpoint.snapshot', 'Snapshot(model, opt)', _runs, _never_stopped,
    hints=["Which three things have a say in the next step? Keep all of them in `__init__`, and put all of them back "
           "in `restore`.",
           "`model.state_dict()`, `opt.state_dict()`, `torch.get_rng_state()`; the first two hold the live tensors: "
           "`deepcopy` them.",
           "`restore` calls `load_state_dict` of both, and `torch.set_rng_state`. It may be called again later: give "
           "`opt.load_state_dict` a deepcopy, as some optimizers write into what they get."],
    use=_three_times, changes=True)

class _Snapshot:
    def __init__(self, model, opt):
        self.model, self.opt = model, opt
        self.weights, self.memory = deepcopy(model.state_dict()), deepcopy(opt.state_dict())
        self.numbers = torch.get_rng_state()
    def restore(self):
        self.model.load_state_dict(self.weights)
        self.opt.load_state_dict(deepcopy(self.memory))
        torch.set_rng_state(self.numbers)

@snapshot.right
class SnapshotPlain(_Snapshot): pass

@snapshot.right
class SnapshotFile:
    def __init__(self, model, opt):
        self.targets, self.file = (model, opt), io.BytesIO()
        torch.save([o.state_dict() for o in self.targets] + [torch.get_rng_state()], self.file)
    def restore(self):
        self.file.seek(0)
        *states, numbers = torch.load(self.file, weights_only=False)
        for target, state in zip(self.targets, states): target.load_state_dict(state)
        torch.set_rng_state(numbers)

@snapshot.right
class SnapshotTogether:
    def __init__(self, model, opt):
        states = deepcopy((model.state_dict(), opt.state_dict(), torch.get_rng_state()))
        def restore():
            weights, memory, numbers = deepcopy(states)
            model.load_state_dict(weights)
            opt.load_state_dict(memory)
            torch.set_rng_state(numbers)
        self.restore = restore

@snapshot.wrong("The random numbers are missing: the restored run sees other images")
class SnapshotNoNumbers(_Snapshot):
    def restore(self):
        self.model.load_state_dict(self.weights)
        self.opt.load_state_dict(deepcopy(self.memory))

@snapshot.wrong("The optimizer's memory is missing: with momentum, the restored run goes on with another velocity")
class SnapshotNoMemory(_Snapshot):
    def restore(self):
        self.model.load_state_dict(self.weights)
        torch.set_rng_state(self.numbers)

@snapshot.wrong("Your `state_dict`s hold the live tensors, which went on learning: keep deepcopies")
class SnapshotLive(_Snapshot):
    def __init__(self, model, opt):
        super().__init__(model, opt)
        self.weights, self.memory = model.state_dict(), opt.state_dict()

@snapshot.wrong("Your `state_dict`s hold the live tensors, which went on learning: keep deepcopies. The random numbers "
                "are missing, too")
class SnapshotLiveOnly(SnapshotLive):
    def restore(self):
        self.model.load_state_dict(self.weights)
        self.opt.load_state_dict(self.memory)

@snapshot.wrong("Only the weights come back. Enough to predict, not to go on: the velocity and the random numbers have "
                "a say, too")
class SnapshotWeights(_Snapshot):
    def restore(self): self.model.load_state_dict(self.weights)

@snapshot.wrong("You copied the parameters only; the running means of a normalisation have a say, too: "
                "`model.state_dict()`")
class SnapshotParameters(_Snapshot):
    def __init__(self, model, opt):
        super().__init__(model, opt)
        self.weights = {name: p.detach().clone() for name, p in model.named_parameters()}
    def restore(self):
        self.model.load_state_dict(self.weights, strict=False)
        self.opt.load_state_dict(deepcopy(self.memory))
        torch.set_rng_state(self.numbers)
