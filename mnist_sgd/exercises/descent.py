"Exercises of chapter 5: the loop, its rate, and when it stops"
import torch

from mnist_sgd.descent import descend
from mnist_sgd.practice import Exercise


def square(x): return (x**2).sum()
def bowl(x): return ((x - .5)**2).mean()
def bumpy(x): return (x**4 - x**2 + .3*x).sum()

bowl_rates = Exercise('descent.bowl_rates', 'bowl_rates(c)', lambda: [(1.,), (2.,), (.1,), (25.,)],
                      lambda c: (1/(2*c), 1/c),
    hints=["What is the gradient of `c*x**2`, and where does a step from x lead?",
           "From x to `x - lr*2*c*x`, which is x times `1 - 2*c*lr`. For which rate is this factor 0, and for which "
           "is it -1?",
           "`1 - 2*c*lr == 0` for `lr = 1/(2*c)`."])

@bowl_rates.right
def rates_formula(c): return 1/(2*c), 1/c

@bowl_rates.right
def rates_halves(c): return [.5/c, 2*(.5/c)]

@bowl_rates.right
def rates_tensor(c):
    lr = 1/(2*torch.tensor(c))
    return lr, lr + lr

@bowl_rates.wrong("The 2 is missing: the gradient of `c*x**2` is `2*c*x`")
def rates_no_two(c): return 1/c, 2/c

@bowl_rates.wrong("The two are swapped: first the rate that arrives in one step, then the one above which it diverges")
def rates_swapped(c): return 1/c, 1/(2*c)

@bowl_rates.wrong("Right for c = 1. A steeper bowl needs a smaller rate")
def rates_constant(c): return .5, 1.

@bowl_rates.wrong("The other way round: a large c makes the slope steep, so that the rate must be small, `1/(2*c)`")
def rates_inverse(c): return c/2, c


def _walks():
    return [(square, torch.tensor(1.), .25, 1), (square, torch.tensor([1., 2]), .1, 3),
            (bumpy, torch.randn(2, 3), .05, 5),
            (bowl, torch.randn(4), .3, 4), (square, torch.tensor(3.), .1, 0), (square, torch.zeros(0), .1, 2)]

my_descend = Exercise('descent.my_descend', 'my_descend(f, x, lr, steps)', _walks, descend,
    hints=["Loss, gradient, step, forget the gradient: in this order, `steps` times. What belongs into the result "
           "before the first step?",
           "Work on a clone of `x`. To write it down is to clone it, too, or the next step changes what you wrote.",
           "`path = [x.detach().clone()]`; in the loop `f(x).backward()`, `x.data -= lr*x.grad`, `x.grad.zero_()`, "
           "and append."])

@my_descend.right
def walk_fresh(f, x, lr, steps):
    path = [x.detach().clone()]
    for _ in range(steps):
        x = path[-1].clone().requires_grad_()
        f(x).backward()
        path.append(x.detach() - lr*x.grad)
    return torch.stack(path)

@my_descend.right
def walk_data(f, x, lr, steps):
    x = x.clone().requires_grad_()
    path = [x.data.clone()]
    for _ in range(steps):
        f(x).backward()
        x.data -= lr*x.grad
        x.grad.zero_()
        path.append(x.data.clone())
    return torch.stack(path)

@my_descend.right
def walk_optimizer(f, x, lr, steps):
    x = x.clone().requires_grad_()
    opt = torch.optim.SGD([x], lr=lr)
    path = torch.empty(steps + 1, *x.shape)
    path[0] = x.data
    for i in range(steps):
        opt.zero_grad()
        f(x).backward()
        opt.step()
        path[i + 1] = x.data
    return path

@my_descend.wrong("Nobody forgets the gradient, so each step follows the sum of all so far: `x.grad.zero_()`")
def walk_no_zero(f, x, lr, steps):
    x = x.clone().requires_grad_()
    path = [x.data.clone()]
    for _ in range(steps):
        f(x).backward()
        x.data -= lr*x.grad
        path.append(x.data.clone())
    return torch.stack(path)

@my_descend.wrong("You walk uphill: the step is minus the gradient")
def walk_uphill(f, x, lr, steps): return walk_fresh(f, x, -lr, steps)

@my_descend.wrong("The start is missing: `steps` steps lead through `steps + 1` places")
def walk_no_start(f, x, lr, steps): return walk_fresh(f, x, lr, steps)[1:]

@my_descend.wrong("This is the last place only; write down every place on the way, the start included")
def walk_last(f, x, lr, steps): return walk_fresh(f, x, lr, steps)[-1]

@my_descend.wrong("You wrote down the same tensor again and again, and each step changes it where it is: append a "
                  "clone")
def walk_shared(f, x, lr, steps): return walk_fresh(f, x, lr, steps)[-1:].repeat(steps + 1, *[1]*x.ndim)

@my_descend.wrong("You walked with the caller's own tensor, which is now where the walk ended: begin with a clone")
def walk_with_theirs(f, x, lr, steps):
    path = walk_fresh(f, x, lr, steps)
    x.data.copy_(path[-1])
    return path


def _points():
    t = torch.linspace(-1, 1, 5)
    wide = torch.rand(20) + 1
    return [(torch.tensor([1.]), torch.tensor([2.]), .1, 1), (t, 3*t - 2, .2, 2), (t, 3*t - 2, .2, 40),
            (wide, torch.randn(20), .1, 10), (t, t, .1, 0)]

def _fit_line(t, targets, lr, steps):
    return descend(lambda p: ((p[0]*t + p[1] - targets)**2).mean(), torch.zeros(2), lr, steps)[-1]

fit_line = Exercise('descent.fit_line', 'fit_line(t, targets, lr, steps)', _points, _fit_line,
                    forbidden=('descend', 'lstsq', 'polyfit'),
    hints=["The five parts of the loop: which tensor holds the parameters, what do they predict, what is the loss?",
           "`params = torch.zeros(2).requires_grad_()`, and `params[0]*t + params[1]` is the prediction.",
           "Then `loss.backward()`, `params.data -= lr*params.grad`, `params.grad.zero_()`; at the end return "
           "`params.data`."])

@fit_line.right
def line_params(t, targets, lr, steps):
    params = torch.zeros(2).requires_grad_()
    for _ in range(steps):
        loss = ((params[0]*t + params[1] - targets)**2).mean()
        loss.backward()
        params.data -= lr*params.grad
        params.grad.zero_()
    return params.data

@fit_line.right
def line_two(t, targets, lr, steps):
    a, b = torch.tensor(0.).requires_grad_(), torch.tensor(0.).requires_grad_()
    for _ in range(steps):
        torch.nn.functional.mse_loss(a*t + b, targets).backward()
        for p in (a, b):
            p.data -= lr*p.grad
            p.grad = None
    return torch.stack([a.detach(), b.detach()])

@fit_line.right
def line_by_hand(t, targets, lr, steps):
    a, b = 0., 0.
    for _ in range(steps):
        error = a*t + b - targets
        a, b = a - lr*2*(error*t).mean().item(), b - lr*2*error.mean().item()
    return torch.tensor([a, b])

@fit_line.wrong("You added up the squares; the loss is their mean, and your steps are `len(t)` times too long")
def line_sum(t, targets, lr, steps): return line_params(t, targets, lr*len(t), steps)

@fit_line.wrong("Nobody forgets the gradient, so that it swings: `params.grad.zero_()` after each step")
def line_no_zero(t, targets, lr, steps):
    params = torch.zeros(2).requires_grad_()
    for _ in range(steps):
        ((params[0]*t + params[1] - targets)**2).mean().backward()
        params.data -= lr*params.grad
    return params.data

@fit_line.wrong("The two are swapped: first a, the slope, then b")
def line_swapped(t, targets, lr, steps): return line_params(t, targets, lr, steps).flip(0)

@fit_line.wrong("You changed a first, and took b's gradient with the new a; find both gradients in one place, then "
                "change both")
def line_one_by_one(t, targets, lr, steps):
    a, b = 0., 0.
    for _ in range(steps):
        a -= lr*2*((a*t + b - targets)*t).mean().item()
        b -= lr*2*(a*t + b - targets).mean().item()
    return torch.tensor([a, b])

@fit_line.wrong("By hand the gradient has a factor 2, from the square: your steps are half as long")
def line_half(t, targets, lr, steps): return line_params(t, targets, lr/2, steps)


def _metrics():
    wobble = [.5, .6, .55, .58, .7, .7, .65, .6, .9]
    return [([.5], 1), ([.5, .6, .4, .3], 1), ([.5, .6, .4, .3], 2), ([.5, .4, .9], 1), ([.5, .5, .4], 2),
            ([.5, .3, .4, .2], 2),
            ([.5, .4, .6, .5, .4], 2), ([.5, .6, .7, .6, .8, .7, .6, .5], 2), (wobble, 2), (wobble, 3),
            ([.9, .8, .85, .84, .95], 3), ([.7, .7, .7], 2), ([.1, .2, .3], 5)]

def _early_stopping(metrics, patience):
    best = 0
    for i, m in enumerate(metrics):
        if m > metrics[best]: best = i
        if i - best == patience: break
    return best, i

early_stopping = Exercise('descent.early_stopping', 'early_stopping(metrics, patience)', _metrics, _early_stopping,
    hints=["You may look at the metrics one after another only. What must you remember on the way?",
           "Remember the place of the best so far. When is it `patience` checks ago?",
           "`if m > metrics[best]: best = i`, then `if i - best == patience: break`."])

@early_stopping.right
def stop_loop(metrics, patience):
    best = 0
    for i in range(len(metrics)):
        if metrics[i] > metrics[best]: best = i
        if i - best >= patience: return best, i
    return best, len(metrics) - 1

@early_stopping.right
def stop_counter(metrics, patience):
    best, best_i, waited = metrics[0], 0, 0
    for i, m in enumerate(metrics[1:], 1):
        if m > best: best, best_i, waited = m, i, 0
        else: waited += 1
        if waited == patience: return best_i, i
    return best_i, len(metrics) - 1

@early_stopping.right
def stop_index(metrics, patience):
    for i in range(len(metrics)):
        best = metrics.index(max(metrics[:i + 1]))
        if best + patience == i: break
    return best, i

@early_stopping.wrong("Your best is the best of all; you had stopped before you could see it")
def stop_hindsight(metrics, patience): return metrics.index(max(metrics)), stop_loop(metrics, patience)[1]

@early_stopping.wrong("You compare with the check before; compare with the best so far")
def stop_previous(metrics, patience):
    best = waited = 0
    for i in range(1, len(metrics)):
        if metrics[i] > metrics[i - 1]: best, waited = i, 0
        else: waited += 1
        if waited == patience: return best, i
    return best, len(metrics) - 1

@early_stopping.wrong("As good as the best is no new best: > and not >=")
def stop_ties(metrics, patience):
    best = 0
    for i in range(len(metrics)):
        if metrics[i] >= metrics[best]: best = i
        if i - best == patience: break
    return best, i

@early_stopping.wrong("One check too many: stop as soon as the best is `patience` checks ago")
def stop_late(metrics, patience): return stop_loop(metrics, patience + 1)

@early_stopping.wrong("Your patience counts all checks without a new best; each new best sets the count back to 0")
def stop_total(metrics, patience):
    best = waited = 0
    for i in range(1, len(metrics)):
        if metrics[i] > metrics[best]: best = i
        else: waited += 1
        if waited == patience: return best, i
    return best, len(metrics) - 1

@early_stopping.wrong("You return the best metric; return its place, and then the place where you stop")
def stop_value(metrics, patience):
    best, i = stop_loop(metrics, patience)
    return metrics[best], i


def _tried():
    return [(square, torch.tensor(1.), [.1, .5], 1), (square, torch.tensor(1.), [.1, .5, .9, 1.1], 3),
            (bumpy, torch.tensor([2., -1]), [10., .001, .01, .03], 10), (bowl, torch.randn(3), [.01, 1., 10.], 5),
            (square, torch.tensor([1., 1]), [.9, .3, .05], 4)]

def _loss_after(f, x, lr, steps): return f(descend(f, x, lr, steps)[-1]).nan_to_num(torch.inf).item()

best_rate = Exercise('descent.best_rate', 'best_rate(f, x, rates, steps)', _tried,
    lambda f, x, rates, steps: min(rates, key=lambda lr: _loss_after(f, x, lr, steps)),
    hints=["`descend` brings you to the end of a walk. How do you compare ends?",
           "Begin each walk at `x`, and compare `f` of the last places. What if one of them is `nan`?",
           "A comparison with `nan` is never true, so `min` may return it: `nan_to_num(torch.inf)` makes it the worst "
           "of all."])

@best_rate.right
def rate_min(f, x, rates, steps):
    def loss(lr): return f(descend(f, x, lr, steps)[-1]).nan_to_num(torch.inf)
    return min(rates, key=loss)

@best_rate.right
def rate_loop(f, x, rates, steps):
    best, lowest = rates[0], float('inf')
    for lr in rates:
        loss = f(descend(f, x, lr, steps)[-1]).item()
        if loss < lowest: best, lowest = lr, loss
    return best

@best_rate.right
def rate_sorted(f, x, rates, steps):
    losses = [f(descend(f, x, lr, steps)[-1]).item() for lr in rates]
    return sorted((loss, lr) for loss, lr in zip(losses, rates) if loss == loss)[0][1]

@best_rate.wrong("Right, but for a walk that ends at `nan`: no comparison with it is true, so `min` may keep it. "
                 "Count it as infinite")
def rate_nan(f, x, rates, steps): return min(rates, key=lambda lr: f(descend(f, x, lr, steps)[-1]).item())

@best_rate.wrong("You return the lowest loss, not the rate that reaches it")
def rate_loss(f, x, rates, steps): return min(_loss_after(f, x, lr, steps) for lr in rates)

@best_rate.wrong("Each walk begins where the last one ended; for a fair comparison all begin at x")
def rate_goes_on(f, x, rates, steps):
    losses = []
    for lr in rates:
        x = descend(f, x, lr, steps)[-1]
        losses.append(f(x).nan_to_num(torch.inf).item())
    return rates[losses.index(min(losses))]

@best_rate.wrong("You compare the places where the walks end; what counts is the loss there, `f` of the place")
def rate_place(f, x, rates, steps): return min(rates, key=lambda lr: descend(f, x, lr, steps)[-1])

@best_rate.wrong("The largest rate that does not diverge need not be the best; compare the losses at the end")
def rate_largest(f, x, rates, steps):
    return max(lr for lr in rates if _loss_after(f, x, lr, steps) < f(x).item())
