"Exercises of chapter 14: a learning rate that rises and falls"
import math

import numpy as np
import torch

from mnist_sgd.dataloader import DataLoader
from mnist_sgd.learner import Learner
from mnist_sgd.optimizer import SGD
from mnist_sgd.practice import Exercise
from mnist_sgd.schedule import cosine


# 1. rates that grow
rates = Exercise('schedule.rates', 'finder_rates(low, high, n)',
    lambda: [(1., 100., 3), (.01, .1, 2), (1e-5, 10., 20), (.5, .5, 4), (2., .1, 7), (.1, 1., 1)],
    lambda low, high, n: np.geomspace(low, high, n).tolist(),
    hints=["From each rate to the next, multiply by the same number. How often do you multiply on the way from low to "
           "high?",
           "n rates have n - 1 gaps, so the number is the (n - 1)th root of high/low.",
           "`[low*(high/low)**(i/(n - 1)) for i in range(n)]`, and n = 1 needs a word of its own."],
    use=lambda f, low, high, n: [float(rate) for rate in f(low, high, n)])  # an array or a tensor will do, too

@rates.right
def rates_power(low, high, n): return [low*(high/low)**(i/max(1, n - 1)) for i in range(n)]

@rates.right
def rates_logs(low, high, n): return torch.linspace(math.log(low), math.log(high), n).exp()

@rates.right
def rates_loop(low, high, n):
    found, factor = [low], (high/low)**(1/(n - 1)) if n > 1 else 1
    while len(found) < n: found.append(found[-1]*factor)
    return found

@rates.wrong("You add the same number each time, so nearly all rates are large ones; multiply by the same number "
             "instead")
def rates_straight(low, high, n): return np.linspace(low, high, n).tolist()

@rates.wrong("Your last rate is not high yet: n rates have n - 1 gaps between them, not n")
def rates_short(low, high, n): return [low*(high/low)**(i/n) for i in range(n)]

@rates.wrong("Right, but for a single rate, where n - 1 is 0 and you divide by it")
def rates_single(low, high, n): return [low*(high/low)**(i/(n - 1)) for i in range(n)]

@rates.wrong("There is one rate too many: n gaps make n + 1 rates")
def rates_many(low, high, n): return [low*(high/low)**(i/n) for i in range(n + 1)]

@rates.wrong("`logspace` wants the exponents, 10 to the power of what you give; take the logarithms of low and high "
             "first")
def rates_exponents(low, high, n): return np.logspace(low, high, n)


# 2. a straight line down
def _settings(make, lr, n_steps):
    "What a schedule says at each step, and in a run that goes on from its middle"
    schedule = make(lr)
    return [schedule(step, n_steps) for step in [*range(n_steps), n_steps//2]]

def _linear(lr, n_steps):
    found = [dict(lr=o) for o in torch.linspace(lr, 0, n_steps + 1).tolist()]
    return [*found[:-1], found[n_steps//2]]

linear = Exercise('schedule.linear', 'linear_decay(lr)',
    lambda: [(1., 2), (.8, 4), (.1, 1), (2., 10), (.05, 33)], _linear,
    hints=["A schedule is a function of step and n_steps. So `linear_decay` must return a function; which number does "
           "it need besides?",
           "At step 0 the rate is lr, and at step n_steps, which does not come any more, it would be 0. What share of "
           "the way is done at `step`?",
           "`return lambda step, n_steps: dict(lr=lr*(1 - step/n_steps))`"], use=_settings, tol=1e-6)

@linear.right
def linear_lambda(lr): return lambda step, n_steps: dict(lr=lr*(1 - step/n_steps))

@linear.right
def linear_left(lr):
    def schedule(step, n_steps):
        left = n_steps - step
        return {'lr': lr*left/n_steps}
    return schedule

@linear.right
class LinearObject:
    def __init__(self, lr): self.lr = lr
    def __call__(self, step, n_steps): return dict(lr=self.lr - self.lr/n_steps*step)

@linear.wrong("Your schedule returns the number itself; `fit` wants a dictionary of settings, `dict(lr=...)`")
def linear_number(lr): return lambda step, n_steps: lr*(1 - step/n_steps)

@linear.wrong("Your rate is 0 in the last step, which then moves nothing. It should be 0 one step after: divide by "
              "n_steps")
def linear_too_soon(lr): return lambda step, n_steps: dict(lr=lr*(1 - step/max(1, n_steps - 1)))

@linear.wrong("`//` cuts off what is behind the point, so your rate never falls; divide with `/`")
def linear_whole(lr): return lambda step, n_steps: dict(lr=lr*(1 - step//n_steps))

@linear.wrong("Yours rises from 0: this is the share of the way that is done; take what is left of it")
def linear_rising(lr): return lambda step, n_steps: dict(lr=lr*step/n_steps)

@linear.wrong("Your schedule counts its own calls. A run that goes on from a checkpoint begins in the middle: use "
              "`step`")
def linear_counting(lr):
    calls = []
    def schedule(step, n_steps):
        calls.append(step)
        return dict(lr=lr*(1 - (len(calls) - 1)/n_steps))
    return schedule

@linear.wrong("Each of your steps takes a share of what is left, and that is an exponential fall, not a straight line")
def linear_shares(lr): return lambda step, n_steps: dict(lr=lr*(1 - 1/n_steps)**step)


# 3. half a wave
wave = Exercise('schedule.cosine', 'my_cosine(lr, min_lr)',
    lambda: [(1., 0., 2), (1., .5, 4), (.3, .1, 1), (.1, .001, 9), (.2, .2, 5), (0., 1., 6)],
    lambda lr, min_lr, n_steps: [cosine(lr, min_lr)(step, n_steps) for step in [*range(n_steps), n_steps//2]],
    hints=["The cosine falls from 1 to -1 while its angle goes from 0 to pi. What do you add, and by what do you "
           "divide, to get from 1 to 0?",
           "With t = step/n_steps, (1 + cos(pi*t))/2 falls from 1 to 0. It says what share of the distance from min_lr "
           "to lr is left.",
           "`dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(math.pi*step/n_steps))/2)`"],
    use=lambda make, lr, min_lr, n_steps: _settings(lambda lr: make(lr, min_lr), lr, n_steps), tol=1e-6)

@wave.right
def wave_share(lr, min_lr):
    return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(math.pi*step/n_steps))/2)

@wave.right
def wave_middle(lr, min_lr):
    def schedule(step, n_steps):
        middle, height = (lr + min_lr)/2, (lr - min_lr)/2
        return {'lr': middle + height*np.cos(np.pi*step/n_steps)}
    return schedule

@wave.right
def wave_half_angle(lr, min_lr):
    def schedule(step, n_steps):
        left = torch.tensor(math.pi*step/n_steps/2).cos().item()**2
        return dict(lr=left*lr + (1 - left)*min_lr)
    return schedule

@wave.wrong("You added min_lr on top: your first rate is lr + min_lr. The wave is only as high as the distance, lr - "
            "min_lr")
def wave_on_top(lr, min_lr): return lambda step, n_steps: dict(lr=min_lr + lr*(1 + math.cos(math.pi*step/n_steps))/2)

@wave.wrong("1 + cos goes from 2 down to 0: halve it")
def wave_double(lr, min_lr):
    return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(math.pi*step/n_steps)))

@wave.wrong("The cosine itself becomes negative, and your rate falls below min_lr: add 1, and halve")
def wave_bare(lr, min_lr): return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*math.cos(math.pi*step/n_steps))

@wave.wrong("You went through a whole wave, down and up again; half of it, an angle from 0 to pi, is enough")
def wave_whole(lr, min_lr):
    return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(2*math.pi*step/n_steps))/2)

@wave.wrong("Your angle ends at 1, not at pi, so the rate falls only a little")
def wave_no_pi(lr, min_lr):
    return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(step/n_steps))/2)

@wave.wrong("Your last step is at min_lr already; that rate should come after the last step: divide by n_steps")
def wave_too_soon(lr, min_lr):
    return lambda step, n_steps: dict(lr=min_lr + (lr - min_lr)*(1 + math.cos(math.pi*step/max(1, n_steps - 1)))/2)


# 5. patience with the rate
def _histories():
    noisy = (1/torch.arange(1., 31) + .05*torch.rand(30)).tolist()
    return [([1.], .1, 0), ([1., 2.], .1, 0), ([3., 2., 2.], .1, 0), ([1., 3., 2., 2.], .1, 1),
            ([2., 3., 1., 2., 3., 3.], 1., 1),
            ([1., 2., 2., 2., 2., 2., 2.], .1, 1), (noisy, .1, 0), (noisy, .1, 1), (noisy, .2, 3), ([], .1, 2)]

def _plateau(losses, lr, patience):
    opt = torch.optim.SGD.__new__(torch.optim.SGD)  # `__init__` would load a compiler, which takes seconds
    opt.param_groups, found = [dict(lr=lr)], []
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=patience, threshold=0, eps=0)
    for loss in losses:
        scheduler.step(loss)
        found.append(opt.param_groups[0]['lr'])
    return found

plateau = Exercise('schedule.plateau', 'plateau_rates(losses, lr, patience)', _histories, _plateau,
    hints=["What must you remember from epoch to epoch? Three numbers will do.",
           "The lowest loss so far, the rate, and how many epochs in a row had no new lowest one.",
           "If `loss < lowest`, note it and set `waited` to 0; otherwise `waited += 1`. Then, if `waited > patience`, "
           "divide and set `waited` to 0. Append last."],
    tol=1e-9)

@plateau.right
def plateau_loop(losses, lr, patience):
    lowest, waited, found = math.inf, 0, []
    for loss in losses:
        if loss < lowest: lowest, waited = loss, 0
        else: waited += 1
        if waited > patience: lr, waited = lr/10, 0
        found.append(lr)
    return found

@plateau.right
def plateau_since(losses, lr, patience):
    since, found = -1, []  # the last epoch with a new lowest loss, or with a new rate
    for i, loss in enumerate(losses):
        if i == 0 or loss < min(losses[:i]): since = i
        if i - since > patience: lr, since = lr*.1, i
        found.append(lr)
    return found

@plateau.right
class plateau_class(list):
    def __init__(self, losses, lr, patience):
        self.lowest, left = float('inf'), patience
        for loss in losses:
            left = patience if loss < self.lowest else left - 1
            self.lowest = min(self.lowest, loss)
            if left < 0: lr, left = lr/10, patience
            self.append(lr)

@plateau.wrong("You divide one epoch too early: after *more than* patience epochs without a new lowest loss, so `>`, "
               "not `>=`")
def plateau_early(losses, lr, patience):
    return plateau_loop(losses, lr, patience - 1) if patience else [lr/10**(i + 1) for i in range(len(losses))]

@plateau.wrong("After a division the count must begin anew; yours goes on, and divides again in the very next epoch")
def plateau_goes_on(losses, lr, patience):
    lowest, waited, found = math.inf, 0, []
    for loss in losses:
        if loss < lowest: lowest, waited = loss, 0
        else: waited += 1
        if waited > patience: lr /= 10
        found.append(lr)
    return found

@plateau.wrong("You compare with the loss before; a loss that is not below the *lowest* so far is no progress")
def plateau_previous(losses, lr, patience):
    before, waited, found = math.inf, 0, []
    for loss in losses:
        waited = 0 if loss < before else waited + 1
        before = loss
        if waited > patience: lr, waited = lr/10, 0
        found.append(lr)
    return found

@plateau.wrong("You begin with the first loss as the lowest, so it counts as no progress itself; begin with infinity, "
               "`math.inf`")
def plateau_first(losses, lr, patience):
    lowest, waited, found = losses[0], 0, []
    for loss in losses:
        if loss < lowest: lowest, waited = loss, 0
        else: waited += 1
        if waited > patience: lr, waited = lr/10, 0
        found.append(lr)
    return found

@plateau.wrong("A loss that is the same as the lowest is no progress: `<`, not `<=`")
def plateau_equal(losses, lr, patience):
    lowest, waited, found = math.inf, 0, []
    for loss in losses:
        if loss <= lowest: lowest, waited = loss, 0
        else: waited += 1
        if waited > patience: lr, waited = lr/10, 0
        found.append(lr)
    return found

@plateau.wrong("You note the rate before you look at the loss, so each new rate comes an epoch late")
def plateau_late(losses, lr, patience): return ([lr] + plateau_loop(losses, lr, patience))[:len(losses)]


# 4. the loop with a schedule
def _trainings():
    def drops(step, n_steps): return dict(lr=.5 if step < n_steps/2 else .05)
    def falls(step, n_steps): return dict(lr=.2*(1 - step/n_steps))
    def rises(step, n_steps): return dict(lr=.01*(step + 1))
    one = torch.tensor([[1.]]), torch.tensor([[2.]]), torch.zeros(1, 1)
    def data(n, d): return torch.randn(n, d), torch.randn(n, 1), torch.randn(d, 1)
    return [(*one, drops, 2, 1), (*data(4, 2), falls, 1, 2), (*data(5, 3), rises, 2, 2), (*data(7, 2), falls, 3, 3),
            (*data(3, 1), drops, 2, 8)]

def _scheduled(x, y, w, schedule, n_epochs, batch_size):
    w, dl = w.requires_grad_(), DataLoader(list(zip(x, y)), batch_size)
    learn = Learner((dl, dl), lambda xb: xb@w, SGD, torch.nn.functional.mse_loss, metrics=None, params=[w])
    learn.fit(n_epochs, schedule, verbose=False)
    return w.detach()

loop = Exercise('schedule.loop', 'scheduled_training(x, y, w, schedule, n_epochs, batch_size)',
    _trainings, _scheduled, seconds=30,
    hints=["The schedule wants two numbers: which step of the whole training this is, and how many there will be. How "
           "many batches has an epoch, if the last one may be smaller?",
           "Count the steps in one variable that goes on over all epochs: `step = 0` before the outer loop, `step += "
           "1` after each update.",
           "In the inner loop: `lr = schedule(step, n_steps)['lr']`, then the gradient `2*xb.T@(xb@w - yb)/len(xb)`, "
           "then `w = w - lr*grad`."])

@loop.right
def loop_by_hand(x, y, w, schedule, n_epochs, batch_size):
    starts = range(0, len(x), batch_size)
    n_steps, step = n_epochs*len(starts), 0
    for _ in range(n_epochs):
        for i in starts:
            xb, yb = x[i:i+batch_size], y[i:i+batch_size]
            w = w - schedule(step, n_steps)['lr']*2*xb.T@(xb@w - yb)/len(xb)
            step += 1
    return w

def _trained(x, y, w, schedule, n_epochs, batch_size, n_steps=None, count=lambda step, epoch, i: step, zero=True,
             mean=True):
    "The loop, with places for mistakes"
    w, step = w.clone().requires_grad_(), 0
    n_steps = n_steps or n_epochs*len(x.split(batch_size))
    for epoch in range(n_epochs):
        for i, (xb, yb) in enumerate(zip(x.split(batch_size), y.split(batch_size))):
            errors = (xb@w - yb)**2
            (errors.mean() if mean else errors.sum()).backward()
            with torch.no_grad(): w -= schedule(count(step, epoch, i), n_steps)['lr']*w.grad
            if zero: w.grad = None
            step += 1
    return w.detach()

@loop.right
def loop_autograd(x, y, w, schedule, n_epochs, batch_size): return _trained(x, y, w, schedule, n_epochs, batch_size)

@loop.right
def loop_optimizer(x, y, w, schedule, n_epochs, batch_size):
    w = torch.nn.Parameter(w.clone())
    opt = SGD([w], lr=1.)
    batches = list(zip(x.split(batch_size), y.split(batch_size)))*n_epochs
    for step, (xb, yb) in enumerate(batches):
        for group in opt.param_groups: group.update(schedule(step, len(batches)))
        opt.zero_grad()
        ((xb@w - yb)**2).mean().backward()
        opt.step()
    return w.data

@loop.wrong("You count the steps of each epoch anew, so the schedule begins again in each; count on")
def loop_restarts(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, count=lambda step, epoch, i: i)

@loop.wrong("You told the schedule the steps of one epoch as n_steps; it wants those of the whole training")
def loop_one_epoch(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, n_steps=len(x.split(batch_size)))

@loop.wrong("Your count is 1 in the first step; the first step has the number 0")
def loop_from_one(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, count=lambda step, epoch, i: step + 1)

@loop.wrong("You forgot the last batch, the smaller one, when you counted: round the number of batches up")
def loop_rounded_down(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, n_steps=n_epochs*max(1, len(x)//batch_size))

@loop.wrong("The gradients of all batches add up: set w.grad to None, or to 0, after each step")
def loop_no_zero(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, zero=False)

@loop.wrong("You took the sum of the squared errors of a batch, not their mean, so the steps grow with the batch size")
def loop_sum(x, y, w, schedule, n_epochs, batch_size):
    return _trained(x, y, w, schedule, n_epochs, batch_size, mean=False)
