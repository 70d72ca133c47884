"Exercises of chapter 8: objects that take steps"
import torch
from torch import nn
from torch.optim.sgd import sgd

from mnist_sgd.linear import mnist_loss
from mnist_sgd.optimizer import SGD, Adam, BasicOptim
from mnist_sgd.practice import Exercise


def _walk(opt, params, steps, lr_at_last=None):
    "Where some steps lead on the slopes of a sum of squares; the gradients that are left"
    for i in range(steps):
        if lr_at_last and i == steps - 1: opt.lr = opt.param_groups[0]['lr'] = lr_at_last
        sum((k*p**2).sum() for k, p in enumerate(params, 1)).backward()
        opt.step()
        opt.zero_grad()
    return [p.detach() for p in params]

def _leaves(start): return [torch.as_tensor(p, dtype=torch.float32).clone().requires_grad_() for p in start]

def _ours(*settings):
    "The reader's optimizer has no param_groups; give it some, to change its rate in one way"
    opt = settings[0](*settings[1:])
    if not hasattr(opt, 'param_groups'): opt.param_groups = [{}]
    return opt


class _PyTorchs(BasicOptim):
    "PyTorch's own step, by its function: to make the first torch.optim.SGD of a process takes seconds"
    def __init__(self, params, lr, momentum=0., weight_decay=0., nesterov=False):
        super().__init__(params, lr)
        self.settings, self.kept = dict(momentum=momentum, weight_decay=weight_decay, nesterov=nesterov), {}
    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None: continue
            kept = self.kept.setdefault(p, [None])
            sgd([p], [p.grad], kept, lr=self.lr, dampening=0., maximize=False, foreach=False, **self.settings)


# plain descent
def _descend(f, start, lr, steps, idle, generator):
    params = _leaves(start)
    unused = [torch.ones(2).requires_grad_()]*idle
    given = unused + params
    opt = f((p for p in given) if generator else given, lr)
    after = _walk(opt, params, steps)
    return after, [p.detach() for p in unused], [0 if p.grad is None else p.grad.abs().max().item() for p in params]

def _descents():
    return [([1.], .1, 1, False, False), ([1., -2.], .1, 2, False, False), ([1., -2.], .1, 2, False, True),
            ([1.], .1, 2, True, False), ([torch.randn(3, 2), torch.randn(4)], .05, 5, False, True),
            ([torch.randn(2)], 0., 2, False, False), ([torch.randn(3)], .1, 3, True, True)]

plain_descent = Exercise('optimizer.plain_descent', 'PlainDescent(params, lr)', _descents,
    lambda *args: _descend(_PyTorchs, *args), use=_descend,
    hints=["It needs to remember two things, and to do two: step() and zero_grad(). What does each do to one "
           "parameter?",
           "model.parameters() can be gone through only once: what must the constructor make of it? And a parameter "
           "that had no part in the loss has no gradient, None.",
           "`for p in self.params: if p.grad is not None: p.data -= p.grad*self.lr`"])

@plain_descent.right
class DescentData:
    def __init__(self, params, lr): self.params, self.lr = list(params), lr
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data -= p.grad*self.lr
    def zero_grad(self):
        for p in self.params: p.grad = None

@plain_descent.right
class DescentNoGrad:
    def __init__(self, params, lr):
        self.params = [*params]
        self.lr = lr
    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None: continue
            p.sub_(p.grad, alpha=self.lr)
    def zero_grad(self):
        for p in self.params:
            if p.grad is not None: p.grad.zero_()

@plain_descent.right
class DescentInherited(BasicOptim):
    def __init__(self, params, lr): super().__init__(params, lr)

@plain_descent.wrong("Right for a list, but model.parameters() is a generator, which can be gone through only once. "
                     "Keep list(params)")
class DescentGenerator(DescentData):
    def __init__(self, params, lr): self.params, self.lr = params, lr

@plain_descent.wrong("p = p - ... makes a new tensor and calls it p; the parameter itself stays where it was. Change "
                     "it in place: p.data -= ...")
class DescentRebinds(DescentData):
    def step(self):
        for p in self.params:
            if p.grad is not None: p = p - p.grad*self.lr

@plain_descent.wrong("Right, but a parameter that had no part in the loss has no gradient, and None times lr is an "
                     "error. Skip it")
class DescentNone(DescentData):
    def step(self):
        for p in self.params: p.data -= p.grad*self.lr

@plain_descent.wrong("zero_grad does not forget: after it, the old gradients are still there, and backward adds to "
                     "them")
class DescentKeeps(DescentData):
    def zero_grad(self):
        self.forgotten = [None for p in self.params]

@plain_descent.wrong("You stepped up the hill: subtract the gradient")
class DescentUphill(DescentData):
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data += p.grad*self.lr

@plain_descent.wrong("Only the first parameter moves. Is there a return or a break in the loop?")
class DescentFirst(DescentData):
    def step(self):
        for p in [p for p in self.params if p.grad is not None][:1]: p.data -= p.grad*self.lr


# weight decay
def _fading():
    return [(torch.tensor(1.), torch.tensor(0.), .1, .5), (torch.tensor([2., -4.]), torch.tensor([1., 1.]), .1, .5),
            (torch.randn(3, 2), torch.randn(3, 2), .5, .1), (torch.randn(4), torch.randn(4), 2., 0.),
            (torch.randn(4), torch.zeros(4), 1., 1.)]

def _decay_with_pytorch(p, grad, lr, weight_decay):
    p = p.requires_grad_()
    p.grad = grad
    _PyTorchs([p], lr, weight_decay=weight_decay).step()
    return p.detach()

decayed_step = Exercise('optimizer.decayed_step', 'decayed_step(p, grad, lr, weight_decay)',
    _fading, _decay_with_pytorch,
    hints=["Weight decay is a second pull, towards 0. To what is it added?",
           "The share of the parameter is added to its gradient; then comes the usual step.",
           "The direction is `grad + weight_decay*p`."])

@decayed_step.right
def decay_added(p, grad, lr, weight_decay): return p - lr*(grad + weight_decay*p)

@decayed_step.right
def decay_factor(p, grad, lr, weight_decay): return (1 - lr*weight_decay)*p - lr*grad

@decayed_step.right
def decay_by_book(p, grad, lr, weight_decay):
    p = p.clone().requires_grad_()
    p.grad = grad.clone()
    SGD([p], lr, weight_decay=weight_decay).step()
    return p.detach()

@decayed_step.wrong("The share is not multiplied by the learning rate: add it to the gradient before the step")
def decay_without_lr(p, grad, lr, weight_decay): return (1 - weight_decay)*p - lr*grad

@decayed_step.wrong("The decay has the wrong sign: parameters grow instead of fading")
def decay_grows(p, grad, lr, weight_decay): return p - lr*(grad - weight_decay*p)

@decayed_step.wrong("You took the step first and let its result fade; the share is that of the old parameter")
def decay_afterwards(p, grad, lr, weight_decay): return (p - lr*grad)*(1 - lr*weight_decay)

@decayed_step.wrong("You added the same amount for each parameter, by its sign (that is L1). Weight decay takes a "
                    "share of it")
def decay_l1(p, grad, lr, weight_decay): return p - lr*(grad + weight_decay*p.sign())

@decayed_step.wrong("The number is right, but you moved the caller's p as well. Return a new tensor: p - ... instead "
                    "of p -= ...")
def decay_in_place(p, grad, lr, weight_decay):
    p -= lr*(grad + weight_decay*p)
    return p

@decayed_step.wrong("Where is the decay? This is a plain step")
def decay_forgotten(p, grad, lr, weight_decay): return p - lr*grad


# momentum
def _roll(f, start, lr, momentum, steps, lr_at_last):
    params = _leaves(start)
    return _walk(_ours(f, params, lr, momentum), params, steps, lr_at_last)

def _rolls():
    return [([1.], .1, .5, 1, None), ([1.], .1, .5, 3, None), ([1., -2.], .1, .9, 3, None),
            ([torch.randn(3, 2), torch.randn(2)], .05, .8, 6, None),
            ([1.], .1, .5, 3, .01), ([torch.randn(3)], .1, 0., 3, None)]

def _roll_with_pytorch(*args): return _roll(_PyTorchs, *args)

momentum_sgd = Exercise('optimizer.momentum_sgd', 'MomentumSGD(params, lr, momentum)',
    _rolls, _roll_with_pytorch, use=_roll,
    hints=["What must be remembered from step to step, and for how many tensors?",
           "velocity = momentum × velocity + gradient; the parameter steps along its own velocity, which starts at 0.",
           "`self.v = [torch.zeros_like(p) for p in self.params]`, and in step `v.mul_(self.momentum).add_(p.grad)`."])

class _Momentum:
    "A base for solutions, right and wrong: `velocity` says what is kept, `pace` where it leads"
    def __init__(self, params, lr, momentum):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.v = [torch.zeros_like(p) for p in self.params]
    def velocity(self, v, g): return self.momentum*v + g
    def pace(self, v, g): return self.lr*v
    def step(self):
        for i, p in enumerate(self.params):
            self.v[i] = self.velocity(self.v[i], p.grad)
            p.data -= self.pace(self.v[i], p.grad)
    def zero_grad(self):
        for p in self.params: p.grad = None

@momentum_sgd.right
class MomentumLists(_Momentum): pass

@momentum_sgd.right
class MomentumState(BasicOptim):
    def __init__(self, params, lr, momentum):
        super().__init__(params, lr)
        self.momentum = momentum
    def direction(self, p):
        self.state[p]['v'] = self.momentum*self.state[p].get('v', 0) + p.grad
        return self.state[p]['v']

@momentum_sgd.right
class MomentumInPlace:
    def __init__(self, params, lr, momentum):
        self.pairs, self.lr, self.momentum = [(p, torch.zeros_like(p.data)) for p in params], lr, momentum
    @torch.no_grad()
    def step(self):
        for p, v in self.pairs:
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr*v
    def zero_grad(self):
        for p, _ in self.pairs: p.grad.zero_()

@momentum_sgd.wrong("The velocity is forgotten after each step, so this is plain descent. Keep it in the object")
class MomentumForgets(_Momentum):
    def velocity(self, v, g): return g

@momentum_sgd.wrong("All parameters share one velocity; each needs its own")
class MomentumShared(_Momentum):
    def step(self):
        for p in self.params:
            self.v[0] = self.velocity(self.v[0], p.grad)
            p.data -= self.lr*self.v[0]

@momentum_sgd.wrong("You took the share 1 - momentum of the gradient: that is a mean of gradients, ten times as slow "
                    "at momentum 0.9. The gradient comes in whole")
class MomentumMean(_Momentum):
    def velocity(self, v, g): return self.momentum*v + (1 - self.momentum)*g

@momentum_sgd.wrong("Right while the rate stays the same. You put it into the velocity, so a change of opt.lr takes "
                    "effect only bit by bit. Multiply by it in the step")
class MomentumRateInside(_Momentum):
    def velocity(self, v, g): return self.momentum*v + self.lr*g
    def pace(self, v, g): return v

@momentum_sgd.wrong("Momentum takes its share of the old velocity only; you took it of the new gradient as well")
class MomentumOnBoth(_Momentum):
    def velocity(self, v, g): return self.momentum*(v + g)

@momentum_sgd.wrong("You look one step ahead (gradient + momentum × velocity). That is Nesterov's variant; here, step "
                    "along the velocity")
class MomentumAhead(_Momentum):
    def pace(self, v, g): return self.lr*(g + self.momentum*v)


# Nesterov
def _ahead_with_pytorch(*args):
    return _roll(lambda params, lr, momentum: _PyTorchs(params, lr, momentum, nesterov=True), *args)

nesterov = Exercise('optimizer.nesterov', 'Nesterov(params, lr, momentum)', lambda: [c for c in _rolls() if c[2]],
    _ahead_with_pytorch, use=_roll,
    hints=["Only the direction is new. Which of the book's classes can you start from?",
           "Bring the velocity up to date first, then step along gradient + momentum × velocity.",
           "In a subclass of SGD, `super().direction(p)` does the first and returns the velocity."])

@nesterov.right
class NesterovSubclass(SGD):
    def direction(self, p): return p.grad + self.momentum*super().direction(p)

@nesterov.right
class NesterovLists(_Momentum):
    def pace(self, v, g): return self.lr*(g + self.momentum*v)

@nesterov.right
class NesterovAlone(MomentumInPlace):
    @torch.no_grad()
    def step(self):
        for p, v in self.pairs:
            v.copy_(self.momentum*v + p.grad)
            p.sub_(self.lr*p.grad + self.lr*self.momentum*v)

@nesterov.wrong("That is SGD with momentum as it was. Look ahead: step along gradient + momentum × velocity")
class NesterovPlain(_Momentum): pass

@nesterov.wrong("You added the whole velocity to the gradient; only its share, momentum, is added")
class NesterovWhole(_Momentum):
    def pace(self, v, g): return self.lr*(g + v)

@nesterov.wrong("The gradient is missing from the step: it is gradient + momentum × velocity")
class NesterovNoGradient(_Momentum):
    def pace(self, v, g): return self.lr*self.momentum*v

@nesterov.wrong("The velocity was brought up to date twice. Do you call super().direction(p) twice?")
class NesterovTwice(SGD):
    def direction(self, p):
        super().direction(p)
        return p.grad + self.momentum*super().direction(p)

@nesterov.wrong("What is kept must be the velocity alone; you kept the whole direction, which looks ahead already")
class NesterovKeepsAll(_Momentum):
    def velocity(self, v, g): return g + self.momentum*(self.momentum*v + g)


# a batch in parts
def _parts_of(f, model, loss_func, xb, yb, size):
    f(model, loss_func, xb, yb, size)
    return [p.grad for p in model.parameters()]

def _large_batches():
    small = nn.Linear(1, 1)
    nn.init.ones_(small.weight)
    nn.init.zeros_(small.bias)
    def batch(n, k): return torch.randn(n, k), torch.randint(2, (n, 1)).float()
    return [(small, nn.functional.mse_loss, torch.tensor([[1.], [2.]]), torch.tensor([[0.], [0.]]), 1),
            (nn.Linear(3, 1), mnist_loss, *batch(64, 3), 32), (nn.Linear(2, 1), mnist_loss, *batch(5, 2), 2),
            (nn.Linear(2, 1), nn.functional.mse_loss, *batch(3, 2), 8)]

def _in_one_piece(model, loss_func, xb, yb, size):
    loss_func(model(xb), yb).backward()
    return [p.grad for p in model.parameters()]

backward_in_parts = Exercise('optimizer.backward_in_parts', 'backward_in_parts(model, loss_func, xb, yb, size)',
    _large_batches, _in_one_piece, use=_parts_of, changes=True,
    hints=["Gradients add up by themselves. What is the sum of the gradients of two means of 32?",
           "The loss of a part is a mean over the part. Which share of the whole batch is it?",
           "Multiply the loss of each part by `len(part)/len(xb)` before `backward()`. `xb.split(size)` cuts a batch."])

@backward_in_parts.right
def parts_weighted(model, loss_func, xb, yb, size):
    for x, y in zip(xb.split(size), yb.split(size)): (loss_func(model(x), y)*len(x)/len(xb)).backward()

@backward_in_parts.right
def parts_sliced(model, loss_func, xb, yb, size):
    for i in range(0, len(xb), size):
        part = slice(i, i + size)
        loss = loss_func(model(xb[part]), yb[part])
        (loss*(len(xb[part])/len(xb))).backward()

@backward_in_parts.right
def parts_scaled_after(model, loss_func, xb, yb, size):
    total = [torch.zeros_like(p) for p in model.parameters()]
    for x, y in zip(xb.split(size), yb.split(size)):
        grads = torch.autograd.grad(loss_func(model(x), y)*len(x), list(model.parameters()))
        for t, g in zip(total, grads): t += g
    for p, t in zip(model.parameters(), total): p.grad = t/len(xb)

@backward_in_parts.wrong("The gradients of the parts' means add up to too much: with two halves, to twice the "
                         "gradient. Weigh each part by its share of the batch")
def parts_summed(model, loss_func, xb, yb, size):
    for x, y in zip(xb.split(size), yb.split(size)): loss_func(model(x), y).backward()

@backward_in_parts.wrong("Right while all parts are of the same size. A smaller last part counts too much if you "
                         "divide by the number of parts; weigh it by its size")
def parts_divided(model, loss_func, xb, yb, size):
    parts = list(zip(xb.split(size), yb.split(size)))
    for x, y in parts: (loss_func(model(x), y)/len(parts)).backward()

@backward_in_parts.wrong("The gradient of the last part is all that is left. Do not empty the gradients between the "
                         "parts")
def parts_zeroed(model, loss_func, xb, yb, size):
    for x, y in zip(xb.split(size), yb.split(size)):
        model.zero_grad()
        (loss_func(model(x), y)*len(x)/len(xb)).backward()

@backward_in_parts.wrong("The last, smaller part is left out")
def parts_without_last(model, loss_func, xb, yb, size):
    size = min(size, len(xb))
    for i in range(len(xb)//size):
        x, y = xb[i*size:(i + 1)*size], yb[i*size:(i + 1)*size]
        (loss_func(model(x), y)*len(x)/len(xb)).backward()

@backward_in_parts.wrong("You divided by the size of the parts; a part's share is its size divided by that of the "
                         "whole batch")
def parts_by_size(model, loss_func, xb, yb, size):
    for x, y in zip(xb.split(size), yb.split(size)): (loss_func(model(x), y)/size).backward()


# Adam
def _adapt(f, start, lr, steps):
    params = _leaves(start)
    return _walk(f(params, lr), params, steps)

def _adaptations():
    return [([1.], .1, 1), ([1.], .1, 3), ([1., -200.], .1, 3),
            ([1e-7], .1, 1), ([torch.randn(3, 2), torch.randn(2)], .01, 5)]

my_adam = Exercise('optimizer.my_adam', 'MyAdam(params, lr)', _adaptations,
    lambda *args: _adapt(Adam, *args), use=_adapt,
    hints=["Two running means for each parameter: of its gradients (it keeps 0.9 of the old mean), and of their "
           "squares (0.999).",
           "Both start at 0 and are too small at first. After t steps, divide the first by 1 - 0.9**t, the second by "
           "1 - 0.999**t.",
           "The step is `lr*mean/(square.sqrt() + 1e-8)`, with the corrected means. Keep the uncorrected ones."])

class _Adam:
    "A base for solutions, right and wrong"
    b1, b2 = .9, .999
    def __init__(self, params, lr):
        self.params, self.lr, self.t = list(params), lr, 0
        self.m, self.s = ([torch.zeros_like(p) for p in self.params] for _ in range(2))
    def move(self, m, s): return m/(1 - self.b1**self.t)/((s/(1 - self.b2**self.t)).sqrt() + 1e-8)
    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            self.m[i] = self.b1*self.m[i] + (1 - self.b1)*p.grad
            self.s[i] = self.b2*self.s[i] + (1 - self.b2)*p.grad**2
            p.data -= self.lr*self.move(self.m[i], self.s[i])
    def zero_grad(self):
        for p in self.params: p.grad = None

@my_adam.right
class AdamLists(_Adam): pass

@my_adam.right
class AdamDirection(BasicOptim):
    def direction(self, p):
        s = self.state[p]
        t = s['t'] = s.get('t', 0) + 1
        s['m'] = s.get('m', 0)*.9 + .1*p.grad
        s['v'] = s.get('v', 0)*.999 + .001*p.grad.square()
        return s['m']/(1 - .9**t)/(torch.sqrt(s['v']/(1 - .999**t)) + 1e-8)

@my_adam.right
class AdamLerp(_Adam):
    @torch.no_grad()
    def step(self):
        self.t += 1
        for p, m, s in zip(self.params, self.m, self.s):
            m.lerp_(p.grad, .1)
            s.lerp_(p.grad**2, .001)
            rate = self.lr*(1 - .999**self.t)**.5/(1 - .9**self.t)
            p.addcdiv_(m, s.sqrt() + 1e-8*(1 - .999**self.t)**.5, value=-rate)

@my_adam.wrong("The means start at 0 and are too small at first: divide the first by 1 - 0.9**t and the second by 1 - "
               "0.999**t")
class AdamUncorrected(_Adam):
    def move(self, m, s): return m/(s.sqrt() + 1e-8)

@my_adam.wrong("The root is missing: divide by the root of the mean of the squares")
class AdamNoRoot(_Adam):
    def move(self, m, s): return m/(1 - self.b1**self.t)/(s/(1 - self.b2**self.t) + 1e-8)

@my_adam.wrong("Right but for tiny gradients: 1e-8 is added to the root, not to what is under it")
class AdamEpsInside(_Adam):
    def move(self, m, s): return m/(1 - self.b1**self.t)/(s/(1 - self.b2**self.t) + 1e-8).sqrt()

@my_adam.wrong("t counts the steps. Yours is raised for each parameter, so with two of them it runs twice as fast")
class AdamCountsAll(_Adam):
    def step(self):
        for i, p in enumerate(self.params):
            self.t += 1
            self.m[i] = self.b1*self.m[i] + (1 - self.b1)*p.grad
            self.s[i] = self.b2*self.s[i] + (1 - self.b2)*p.grad**2
            p.data -= self.lr*self.move(self.m[i], self.s[i])

@my_adam.wrong("The two shares are swapped: the mean of the gradients keeps 0.9, that of the squares 0.999")
class AdamSwapped(_Adam): b1, b2 = .999, .9

@my_adam.wrong("You kept the corrected means, so they are corrected again in the next step. Keep the plain ones")
class AdamKeepsCorrected(_Adam):
    def step(self):
        super().step()
        self.m = [m/(1 - self.b1**self.t) for m in self.m]
        self.s = [s/(1 - self.b2**self.t) for s in self.s]
