"Exercises of chapter 11: the loop as an object, and what its numbers are worth"
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Binomial

from mnist_sgd.learner import Learner
from mnist_sgd.linear import mnist_loss, pair_tensors
from mnist_sgd.optimizer import SGD
from mnist_sgd.practice import Exercise
from mnist_sgd.relu import two_layer_net


# sampling error
binomial_error = Exercise('learner.binomial_error', 'binomial_error(accuracy, n)',
    lambda: [(.5, 4), (.5, 1), (.9931, 2038), (0., 10), (1., 50), (.75, 10_000)],
    lambda accuracy, n: (Binomial(n, torch.tensor(accuracy, dtype=torch.float64)).stddev/n).item(), tol=1e-6,
    hints=["An accuracy is a mean of n ones and zeros. How far do these spread, and how far does their mean?",
           "Ones and zeros of which the share p is 1 have the variance p(1 - p); their mean has it divided by n.",
           "`(accuracy*(1 - accuracy)/n)**.5`"])

@binomial_error.right
def error_formula(accuracy, n): return (accuracy*(1 - accuracy)/n)**.5

@binomial_error.right
def error_of_answers(accuracy, n): return math.sqrt(accuracy - accuracy**2)/math.sqrt(n)

@binomial_error.right
def error_by_numpy(accuracy, n):
    "The spread of the two values that an answer can have"
    return np.sqrt(np.average((np.array([0, 1]) - accuracy)**2, weights=[1 - accuracy, accuracy])/n)

@binomial_error.wrong("That is the variance of the accuracy; take its root")
def error_variance(accuracy, n): return accuracy*(1 - accuracy)/n

@binomial_error.wrong("That is how far the *number* of right answers spreads; divide by n for the accuracy")
def error_of_count(accuracy, n): return (n*accuracy*(1 - accuracy))**.5

@binomial_error.wrong("That is the spread of a single answer. The mean of n answers spreads less, by the root of n")
def error_of_one(accuracy, n): return (accuracy*(1 - accuracy))**.5

@binomial_error.wrong("You divided the root by n; divide by the root of n")
def error_by_n(accuracy, n): return (accuracy*(1 - accuracy))**.5/n

@binomial_error.wrong("That is near it where half of the answers are wrong. The variance of one answer is p(1 - p), "
                      "not p")
def error_without_rest(accuracy, n): return (accuracy/n)**.5


# when to stop
def _curves():
    return [([.5, .4, .3, .35, .45, .5], 2), ([.5, .4, .45, .3, .35, .32, .31], 2),
            ([.5, .4, .3], 1), ([.3, .4, .2], 1), ([.5, .4, .4, .4, .4], 2), ([.9, .5, .7, .6, .65, .55], 3),
            ([.5], 3), ([], 2), (torch.rand(40).tolist(), 5), (torch.linspace(1, 0, 30).tolist(), 3)]

def _patient(losses, patience):
    for n in range(1, len(losses) + 1):
        if n - 1 - losses.index(min(losses[:n])) >= patience: return n
    return len(losses)

epochs_until = Exercise('learner.epochs_until', 'epochs_until(losses, patience)', _curves, _patient,
    hints=["After each epoch: how long ago was the lowest loss so far?",
           "Keep the lowest loss and the number of epochs since. The count goes back to 0 whenever a loss is lower "
           "than the lowest; an equal one is not.",
           "Return how many epochs have been trained when the count reaches patience, or all of them."])

@epochs_until.right
def until_counting(losses, patience):
    best, bad = float('inf'), 0
    for n, loss in enumerate(losses, 1):
        if loss < best: best, bad = loss, 0
        else: bad += 1
        if bad == patience: return n
    return len(losses)

@epochs_until.right
def until_index(losses, patience):
    best = 0
    for i in range(len(losses)):
        if losses[i] < losses[best]: best = i
        if i - best >= patience: return i + 1
    return len(losses)

@epochs_until.right
def until_search(losses, patience):
    "The first stretch of `patience` epochs in which nothing is below what came before"
    for end in range(patience + 1, len(losses) + 1):
        if min(losses[end - patience:end]) >= min(losses[:end - patience]): return end
    return len(losses)

@epochs_until.wrong("You compare each loss with the one before. What counts is the lowest so far: a loss that falls "
                    "again need not have reached it")
def until_previous(losses, patience):
    bad = 0
    for i in range(1, len(losses)):
        bad = bad + 1 if losses[i] >= losses[i - 1] else 0
        if bad == patience: return i + 1
    return len(losses)

@epochs_until.wrong("You never start the count afresh. A new lowest loss gives the full patience again")
def until_no_reset(losses, patience):
    best, bad = float('inf'), 0
    for n, loss in enumerate(losses, 1):
        if loss >= best: bad += 1
        best = min(best, loss)
        if bad == patience: return n
    return len(losses)

@epochs_until.wrong("One epoch too many: stop as soon as patience epochs have passed without a new lowest loss")
def until_late(losses, patience): return until_counting(losses, patience + 1)

@epochs_until.wrong("That is the number of the last epoch counted from 0; how many epochs are that?")
def until_from_zero(losses, patience): return until_counting(losses, patience) - 1

@epochs_until.wrong("Right, but for a loss that is equal to the lowest. It has not fallen, so the count goes on")
def until_equal(losses, patience):
    best, bad = float('inf'), 0
    for n, loss in enumerate(losses, 1):
        if loss <= best: best, bad = loss, 0
        else: bad += 1
        if bad == patience: return n
    return len(losses)

@epochs_until.wrong("That is the best epoch. The question is how many are trained before it is known that it was the "
                    "best")
def until_best(losses, patience):
    return losses.index(min(losses[:_patient(losses, patience)])) + 1 if losses else 0


# one epoch of training, whatever model, loss and optimizer
def _momentum_sgd(params, lr): return SGD(params, lr, momentum=.9)

def _batches(sizes, k=3): return [(torch.randn(n, k), torch.randint(2, (n, 1)).float()) for n in sizes]

def _dropping(): return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(.5), nn.Linear(8, 1))

def one_weight():
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model

def _pair(n):
    x, y = pair_tensors('valid')
    order = torch.randperm(len(x))[:n]
    return x[order], y[order]

def _epochs():
    t = torch.tensor
    x, y = _pair(50)
    return [(one_weight(), F.mse_loss, [(t([[1.]]), t([[0.]]))], .1),
            (one_weight(), F.mse_loss, [(t([[1.]]), t([[0.]])), (t([[2.]]), t([[0.]]))], .1),
            (one_weight(), F.mse_loss, [(t([[1.], [1.]]), t([[0.], [0.]])), (t([[2.]]), t([[0.]]))], .1),
            (nn.Linear(3, 1), mnist_loss, _batches([4, 4, 2]), .5),
            (_dropping().eval(), mnist_loss, _batches([4, 3]), .1),
            (two_layer_net(10), F.binary_cross_entropy_with_logits, list(zip(x.split(20), y.split(20))), .1)]

def _trained(f, model, loss_func, batches, lr):
    torch.manual_seed(0)
    mean = f(model, _momentum_sgd(model.parameters(), lr), loss_func, batches)
    return mean, [p.detach() for p in model.parameters()], model.training

def _epoch_by_learner(model, loss_func, batches, lr):
    learn = Learner((batches, batches), model, _momentum_sgd, loss_func, None, lr)
    torch.manual_seed(0)
    return learn.train_epoch(), [p.detach() for p in model.parameters()], model.training

loss_of_epoch = Exercise('learner.loss_of_epoch', 'loss_of_epoch(model, opt, loss_func, batches)',
    _epochs, _epoch_by_learner, use=_trained, changes=True,
    hints=["The five lines are the old ones. What is to be noted from each batch, so that the mean over all items "
           "comes out?",
           "A batch's loss is a mean over its items: multiply it by how many there are, add up, divide by all. And "
           "the model must know that it is to learn.",
           "`model.train()` at the start; in the loop `total += loss.item()*len(xb)` and `n += len(xb)`."])

@loss_of_epoch.right
def epoch_weighted(model, opt, loss_func, batches):
    model.train()
    total, n = 0., 0
    for xb, yb in batches:
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        total, n = total + loss.item()*len(xb), n + len(xb)
    return total/n

@loss_of_epoch.right
def epoch_average(model, opt, loss_func, batches):
    model.train(True)
    losses = []
    for xb, yb in batches:
        opt.zero_grad()
        losses.append(loss_func(model(xb), yb))
        losses[-1].backward()
        opt.step()
    return np.average([float(loss) for loss in losses], weights=[len(xb) for xb, _ in batches])

@loss_of_epoch.right
def epoch_repeated(model, opt, loss_func, batches):
    "One loss for each item"
    each = []
    for batch in batches:
        loss = loss_func(model.train()(batch[0]), batch[1])
        loss.backward()
        opt.step()
        opt.zero_grad()
        each += [loss.detach()]*len(batch[0])
    return torch.stack(each).mean()

def _epoch(model, opt, loss_func, batches, mode=True, zero=True, weigh=True, afterwards=False):
    if mode is not None: model.train(mode)
    pairs = []
    for xb, yb in batches:
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        if zero: opt.zero_grad()
        if afterwards: loss = loss_func(model(xb), yb)
        pairs.append((loss.item(), len(xb) if weigh else 1))
    return sum(loss*n for loss, n in pairs)/sum(n for _, n in pairs)

@loss_of_epoch.wrong("The steps are right, the loss is the mean of the batches' means. A smaller last batch must "
                     "count less: weigh each by its size")
def epoch_mean_of_means(*args): return _epoch(*args, weigh=False)

@loss_of_epoch.wrong("The gradients are never forgotten, so each step takes those of all batches before it, too")
def epoch_no_zero(*args): return _epoch(*args, zero=False)

@loss_of_epoch.wrong("Right, but for a model that comes out of a validation: call model.train(), or dropout is off "
                     "while it learns")
def epoch_no_train_mode(*args): return _epoch(*args, mode=None)

@loss_of_epoch.wrong("The model learns in evaluation mode; model.train() switches to training")
def epoch_in_eval_mode(*args): return _epoch(*args, mode=False)

@loss_of_epoch.wrong("The loss was taken once more after the step. The loss of a batch is the one that the step was "
                     "made from")
def epoch_loss_after_step(*args): return _epoch(*args, afterwards=True)

@loss_of_epoch.wrong("That is the loss of the last batch; the mean over all items is asked for")
def epoch_last_loss(model, opt, loss_func, batches):
    for batch in batches: mean = _epoch(model, opt, loss_func, [batch])
    return mean


# all predictions
def _validations():
    x, y = _pair(30)
    return [(one_weight(), [(torch.tensor([[2.]]), torch.tensor([[1.]]))]), (nn.Linear(3, 1), _batches([2, 2])),
            (nn.Linear(3, 2), _batches([4, 4, 1])), (_dropping(), _batches([5, 3])),
            (_dropping().eval(), _batches([2, 1])),
            (two_layer_net(10), list(zip(x.split(20), y.split(20))))]

def _predicted(f, model, batches):
    preds, targets = f(model, batches)
    return preds.detach(), targets, preds.requires_grad

def _preds_by_learner(model, batches):
    preds, targets = Learner((batches, batches), model).get_preds()
    return preds, targets, False

all_preds = Exercise('learner.all_preds', 'all_preds(model, batches)', _validations, _preds_by_learner,
    use=_predicted, changes=True,
    hints=["Two things are different from training: nothing is written down for backward, and layers such as dropout "
           "keep still.",
           "`model.eval()` for the one, `with torch.no_grad():` for the other. Collect what the model says about each "
           "batch.",
           "`torch.cat` puts the batches' predictions together, also where the last one is smaller."])

@all_preds.right
def preds_lists(model, batches):
    model.eval()
    preds, targets = [], []
    with torch.no_grad():
        for xb, yb in batches:
            preds.append(model(xb))
            targets.append(yb)
    return torch.cat(preds), torch.cat(targets)

@all_preds.right
@torch.inference_mode()
def preds_zip(model, batches):
    pairs = [(model.eval()(xb), yb) for xb, yb in batches]
    return tuple(torch.cat(o) for o in zip(*pairs))

@all_preds.right
def preds_at_once(model, batches):
    xs, ys = (torch.cat(o) for o in zip(*batches))
    return model.train(False)(xs).detach(), ys

@all_preds.wrong("Right for a layer that is always the same. But a model with dropout still acts at random: switch to "
                 "model.eval()")
def preds_in_training(model, batches):
    with torch.no_grad(): return tuple(map(torch.cat, zip(*[(model.train()(xb), yb) for xb, yb in batches])))

@all_preds.wrong("You took the model in the mode in which you found it, and after a training that is training mode; "
                 "model.eval() first")
def preds_any_mode(model, batches):
    with torch.no_grad(): return tuple(map(torch.cat, zip(*[(model(xb), yb) for xb, yb in batches])))

@all_preds.wrong("The numbers are right, but they hold on to the whole calculation, of every batch. Put the loop "
                 "inside torch.no_grad()")
def preds_with_grad(model, batches): return tuple(map(torch.cat, zip(*[(model.eval()(xb), yb) for xb, yb in batches])))

@all_preds.wrong("stack needs batches of one size, and puts them along a new axis; cat puts them one behind the other")
def preds_stacked(model, batches):
    with torch.no_grad(): return tuple(map(torch.stack, zip(*[(model.eval()(xb), yb) for xb, yb in batches])))

@all_preds.wrong("Only the last batch came back; collect all of them")
def preds_last(model, batches): return preds_lists(model, batches[-1:])

@all_preds.wrong("Probabilities came back. The model's own outputs are asked for; the sigmoid is the loss's affair")
def preds_sigmoid(model, batches):
    preds, targets = preds_lists(model, batches)
    return preds.sigmoid(), targets


# a Learner of one's own
def _fits():
    t = torch.tensor
    x, y = _pair(60)
    tiny = [(t([[1.]]), t([[0.]]))], [(t([[2.]]), t([[0.]]))]
    uneven = [(t([[1.], [1.]]), t([[0.], [0.]])), (t([[2.]]), t([[0.]]))]
    return [(one_weight(), F.mse_loss, *tiny, 1), (one_weight(), F.mse_loss, *tiny, 3),
            (one_weight(), F.mse_loss, tiny[0], uneven, 1),
            (nn.Linear(3, 1), mnist_loss, _batches([4, 2]), _batches([3, 1]), 2),
            (_dropping(), mnist_loss, _batches([4, 4]), _batches([5]), 3),
            (two_layer_net(10), F.binary_cross_entropy_with_logits, [(x[:40], y[:40])], [(x[40:], y[40:])], 2)]

def _fitted(f, model, loss_func, train_dl, valid_dl, epochs):
    learn = f((train_dl, valid_dl), model, _momentum_sgd, loss_func, .05)
    torch.manual_seed(0)
    rows = [list(row) for _ in range(epochs) for row in learn.fit(1)]
    return rows, [p.detach() for p in model.parameters()]

class _Ours(Learner):
    def __init__(self, dls, model, opt_func, loss_func, lr): super().__init__(dls, model, opt_func, loss_func, None, lr)
    def fit(self, epochs): return super().fit(epochs, verbose=False).recorder.values[-epochs:]

tiny_learner = Exercise('learner.tiny_learner', 'TinyLearner(dls, model, opt_func, loss_func, lr)', _fits,
    lambda *args: _fitted(_Ours, *args), use=_fitted, changes=True,
    hints=["What has to be made once, and kept from one call of fit to the next? What remembers something?",
           "In each epoch: train (in training mode, step by step), then validate (in evaluation mode, without "
           "gradients). Both losses are means over all items.",
           "Make `self.opt = opt_func(model.parameters(), lr)` in `__init__`; `fit(n)` returns a list of n pairs, "
           "such as `(train_loss, valid_loss)`."])

class _Tiny:
    "A base for solutions, right and wrong"
    def __init__(self, dls, model, opt_func, loss_func, lr):
        self.dls, self.model, self.loss_func = dls, model, loss_func
        self.opt_func, self.lr, self.opt = opt_func, lr, opt_func(model.parameters(), lr)
    def one_pass(self, dl, training):
        self.model.train(training)
        total = 0.
        with torch.set_grad_enabled(training):
            for xb, yb in dl:
                loss = self.loss_func(self.model(xb), yb)
                if training: self.take_step(loss)
                total += loss.item()*len(xb)
        return total/sum(len(xb) for xb, _ in dl)
    def take_step(self, loss):
        loss.backward()
        self.opt.step()
        self.opt.zero_grad()
    def fit(self, n): return [(self.one_pass(self.dls[0], True), self.one_pass(self.dls[1], False)) for _ in range(n)]

@tiny_learner.right
class TinyOnePass(_Tiny): pass

@tiny_learner.right
class TinyInherits(Learner):
    def __init__(self, dls, model, opt_func, loss_func, lr): super().__init__(dls, model, opt_func, loss_func, None, lr)
    def fit(self, n): return [(self.train_epoch(), self.validate()[0]) for _ in range(n)]

@tiny_learner.right
class TinyFunctions:
    def __init__(self, dls, model, opt_func, loss_func, lr):
        opt = opt_func(list(model.parameters()), lr)
        def epoch():
            model.train()
            losses = []
            for xb, yb in dls[0]:
                opt.zero_grad()
                loss = loss_func(model(xb), yb)
                loss.backward()
                opt.step()
                losses += [loss.item()]*len(xb)
            preds, targets = preds_lists(model, dls[1])
            return sum(losses)/len(losses), loss_func(preds, targets).item()
        self.fit = lambda n: [epoch() for _ in range(n)]

@tiny_learner.wrong("Right in the first call of fit. The next one starts with a new optimizer, and the velocity is "
                    "lost; make it once, in __init__")
class TinyNewOptimizer(_Tiny):
    def fit(self, n):
        self.opt = self.opt_func(self.model.parameters(), self.lr)
        return super().fit(n)

@tiny_learner.wrong("Validation runs in training mode, so dropout still acts at random there: model.eval() before, "
                    "model.train() after it")
class TinyValidatesInTraining(_Tiny):
    def one_pass(self, dl, training):
        self.model.train = lambda mode: self.model
        return super().one_pass(dl, training)

@tiny_learner.wrong("After the first validation the model stays in evaluation mode; each epoch has to begin with "
                    "model.train()")
class TinyStaysInEval(_Tiny):
    def one_pass(self, dl, training):
        if not training: nn.Module.train(self.model, False)
        self.model.train = lambda mode: self.model
        return super().one_pass(dl, training)

@tiny_learner.wrong("It learns from the validation batches as well, so they judge nothing any more. No step there")
class TinyLearnsFromBoth(_Tiny):
    def fit(self, n): return [(self.one_pass(self.dls[0], True), self.one_pass(self.dls[1], True)) for _ in range(n)]

@tiny_learner.wrong("The losses are means of the batches' means. A smaller last batch must count less: weigh each by "
                    "its size")
class TinyMeanOfMeans(_Tiny):
    def one_pass(self, dl, training):
        losses = [super(TinyMeanOfMeans, self).one_pass([batch], training) for batch in dl]
        return sum(losses)/len(losses)

@tiny_learner.wrong("The gradients are never forgotten; call zero_grad after each step")
class TinyNoZero(_Tiny):
    def take_step(self, loss):
        loss.backward()
        self.opt.step()


# wholly or not at all
def _interruptions():
    return [(one_weight(), None), (one_weight(), ValueError), (one_weight(), KeyboardInterrupt),
            (nn.Linear(3, 2), FloatingPointError), (nn.BatchNorm1d(2), ValueError)]

def _interrupted(f, model, error):
    def train():
        for t in model.state_dict().values(): t += 1
        if error: raise error('stopped')
    try: f(model, train)
    except BaseException as e: return type(e).__name__, *model.state_dict().values()
    return 'no error', *model.state_dict().values()

def _undone(model, error):
    if error: return error.__name__, *model.state_dict().values()
    return 'no error', *(t + 1 for t in model.state_dict().values())

all_or_nothing = Exercise('learner.all_or_nothing', 'all_or_nothing(model, train)',
    _interruptions, _undone, use=_interrupted, changes=True,
    hints=["What do you have to keep before `train()` is called, so that it can be put back? Is it still the same "
           "afterwards?",
           "`model.state_dict()` hands out the tensors themselves; only a `deepcopy` stays as it was. "
           "`load_state_dict` puts it back.",
           "`try: train()`, `except BaseException:` put it back and `raise`. Ctrl-C is a BaseException, but no "
           "Exception."])

def _copy_of(model): return {name: t.clone() for name, t in model.state_dict().items()}

@all_or_nothing.right
def nothing_except(model, train):
    before = _copy_of(model)
    try: train()
    except BaseException:
        model.load_state_dict(before)
        raise

@all_or_nothing.right
def nothing_finally(model, train):
    before, done = _copy_of(model), False
    try:
        train()
        done = True
    finally:
        if not done: model.load_state_dict(before)

@all_or_nothing.right
def nothing_by_hand(model, train):
    before = [t.clone() for t in model.state_dict().values()]
    try: train()
    except (Exception, KeyboardInterrupt) as e:
        with torch.no_grad():
            for t, old in zip(model.state_dict().values(), before): t.copy_(old)
        raise e

@all_or_nothing.wrong("state_dict hands out the model's own tensors, and training changes them. Keep a deepcopy of it")
def nothing_copied(model, train):
    before = model.state_dict()
    try: train()
    except BaseException:
        model.load_state_dict(before)
        raise

@all_or_nothing.wrong("The model is put back, but nobody hears of the error any more; raise it again")
def nothing_swallowed(model, train):
    before = _copy_of(model)
    try: train()
    except BaseException: model.load_state_dict(before)

@all_or_nothing.wrong("Right, but not for Ctrl-C: KeyboardInterrupt is no Exception. Catch BaseException")
def nothing_exception(model, train):
    before = _copy_of(model)
    try: train()
    except Exception:
        model.load_state_dict(before)
        raise

@all_or_nothing.wrong("You put the model back even when all went well, so nothing is ever learned")
def nothing_always(model, train):
    before = _copy_of(model)
    try: train()
    finally: model.load_state_dict(before)

@all_or_nothing.wrong("Parameters are not all that a model has: batch norm keeps running means, too, and state_dict "
                      "has everything")
def nothing_parameters(model, train):
    before = [p.detach().clone() for p in model.parameters()]
    try: train()
    except BaseException:
        for p, old in zip(model.parameters(), before): p.data.copy_(old)
        raise
