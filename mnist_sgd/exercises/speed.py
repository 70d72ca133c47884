"Exercises of chapter 18: where the time goes, and how to save it"
import math, random, statistics, time

import numpy as np
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from mnist_sgd.dataloader import DataLoader
from mnist_sgd.practice import Exercise
from mnist_sgd.speed import slope, turns


class _Count(TorchFunctionMode):
    "Counts the calls of PyTorch's functions and of tensors' methods"
    n = 0
    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.n += 1
        return func(*args, **(kwargs or {}))


# 1. a quarter of the memory
def _pixels():
    return [(torch.tensor([0., 1.]),), (torch.tensor([.5, .9999, .0021]),), (torch.arange(256)/255,),
            (torch.rand(3, 28, 28),),
            (torch.zeros(0, 5),)]

to_bytes = Exercise('speed.bytes', 'pixels_to_bytes(x)', _pixels, lambda x: (x*255).round().to(torch.uint8),
    hints=["What must 1 become, and what 0? And what becomes of 0.999, which is 254.7 then?",
           "A conversion to whole numbers cuts off what is behind the point: round first.",
           "`(x*255).round().to(torch.uint8)`"])

@to_bytes.right
def bytes_method(x): return (x*255).round().to(torch.uint8)

@to_bytes.right
def bytes_half(x): return x.mul(255).add(.5).byte()

@to_bytes.right
def bytes_numpy(x): return torch.from_numpy(np.rint(x.numpy()*255).astype(np.uint8))

@to_bytes.wrong("A conversion to whole numbers cuts off what is behind the point: round first")
def bytes_cut(x): return (x*255).to(torch.uint8)

@to_bytes.wrong("The largest byte is 255: multiply by that, not by 256")
def bytes_256(x): return (x*256).clamp(0, 255).to(torch.uint8)

@to_bytes.wrong("The numbers are right, but they are still floats of four bytes each: `.to(torch.uint8)`")
def bytes_floats(x): return (x*255).round()

@to_bytes.wrong("You converted before you multiplied: every pixel below 1 became 0")
def bytes_early(x): return x.to(torch.uint8)*255

@to_bytes.wrong("Pixels from 0 to 1 become bytes from 0 to 255: multiply by 255 first")
def bytes_unscaled(x): return x.round().to(torch.uint8)


# 2. how does it grow?
def _times():
    noisy = [2*n**.7*math.exp(.1*random.gauss(0, 1)) for n in (10, 40, 160, 640, 2560)]
    return [([1, 10], [2., 20.]), ([1, 2, 4, 8], [8., 4., 2., 1.]), ([1, 10, 100], [3., 3., 3.]),
            ([10, 100, 1000], [1., 2., 30.]),
            ([10, 40, 160, 640, 2560], noisy), ([100, 1, 10], [5., .2, 4.])]

growth = Exercise('speed.growth', 'growth_power(sizes, seconds)', _times, slope,
    hints=["If the time is c*n**p, what is its logarithm?",
           "log(time) = log(c) + p*log(n): a straight line, and p is its slope. Which line fits the points best?",
           "With x and y the logarithms, less their means: `(x*y).sum()/(x*x).sum()`. Or `np.polyfit(x, y, 1)[0]`."])

def _fit(x, y): return statistics.linear_regression(x, y).slope

def _logs(o): return [math.log(n) for n in o]

@growth.right
def growth_library(sizes, seconds): return _fit(_logs(sizes), _logs(seconds))

@growth.right
def growth_numpy(sizes, seconds): return np.polyfit(np.log(sizes), np.log(seconds), 1)[0]

@growth.right
def growth_tensor(sizes, seconds):
    x, y = (torch.tensor(o, dtype=torch.float64).log2() for o in (sizes, seconds))
    x = x - x.mean()
    return ((x*y).sum()/(x*x).sum()).item()

@growth.wrong("This is the slope of the numbers themselves, in seconds for each item; take the logarithms of both "
              "first")
def growth_plain(sizes, seconds): return _fit(sizes, seconds)

@growth.wrong("You took the logarithm of the times only; of the sizes, too")
def growth_half(sizes, seconds): return _fit(sizes, _logs(seconds))

@growth.wrong("You joined the first and the last point; one noisy measurement there spoils it. Fit a line through all "
              "of them")
def growth_ends(sizes, seconds): return math.log(seconds[-1]/seconds[0])/math.log(sizes[-1]/sizes[0])

@growth.wrong("You took the mean of the slopes from each point to the next; fit one line through all points, by least "
              "squares")
def growth_neighbours(sizes, seconds): return (np.diff(np.log(seconds))/np.diff(np.log(sizes))).mean()

@growth.wrong("Sizes and times have changed places: you found how the size grows with the time")
def growth_swapped(sizes, seconds):
    y = _logs(seconds)
    return _fit(y, _logs(sizes)) if len(set(y)) > 1 else math.inf

@growth.wrong("Your line goes through the point of size 1 and 1 second; subtract the means of the logarithms first")
def growth_origin(sizes, seconds):
    x, y = np.log(sizes), np.log(seconds)
    return (x*y).sum()/(x*x).sum()


# 3. turn about
def _contestants(): return [(['a'], 1), (['a', 'b'], 2), (['loop', 'array', 'none'], 3), ([], 2)]

def _order(take, names, rounds):
    "In which order the functions were called, and how many times were noted for each; all of them from 0 to a second?"
    log = []
    times = take({name: lambda name=name: log.append(name) for name in names}, rounds)
    return dict(order=' '.join(log), noted={name: len(o) for name, o in times.items()},
                seconds=all(0 <= t < 1 for o in times.values() for t in o))

about = Exercise('speed.turns', 'take_turns(functions, rounds)', _contestants,
    lambda names, rounds: _order(turns, names, rounds),
    hints=["Which loop is the outer one, that over the rounds or that over the functions?",
           "Before the first round, call each once, without a clock: the first run is slower, and does not count.",
           "In the inner loop: `start = time.perf_counter()`, then `f()`, then append `time.perf_counter() - start` to "
           "the list of this name."], use=_order)

def _timed(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start

@about.right
def about_loops(functions, rounds):
    for f in functions.values(): f()
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, f in functions.items(): seconds[name].append(_timed(f))
    return seconds

@about.right
def about_table(functions, rounds):
    table = [[_timed(f) for f in functions.values()] for _ in range(rounds + 1)]
    return {name: [row[i] for row in table[1:]] for i, name in enumerate(functions)}

@about.right
def about_all(functions, rounds):
    found = {}
    for i in range(rounds + 1):
        for name in functions:
            t = _timed(functions[name])
            found.setdefault(name, [])
            if i: found[name].append(t)
    return found

@about.wrong("You run all rounds of the first function, then all of the second: a noisy minute hits only one. Change "
             "places: rounds outside, functions inside")
def about_in_a_row(functions, rounds):
    for f in functions.values(): f()
    return {name: [_timed(f) for _ in range(rounds)] for name, f in functions.items()}

@about.wrong("One function after the other: a noisy minute hits only one of them. Change places: rounds outside, "
             "functions inside")
def about_one_by_one(functions, rounds):
    return {name: [_timed(f) for _ in range(rounds + 1)][1:] for name, f in functions.items()}

@about.wrong("The first run of each, which is slower, counts with you; call each once before, without noting it")
def about_cold(functions, rounds):
    table = [[_timed(f) for f in functions.values()] for _ in range(rounds)]
    return {name: [row[i] for row in table] for i, name in enumerate(functions)}

@about.wrong("You noted the first run, too: leave it out, each list has as many times as there are rounds")
def about_too_many(functions, rounds):
    return about_cold(functions, rounds + 1)

@about.wrong("You noted when it was, not how long it took: subtract the time at the start")
def about_when(functions, rounds): return {name: [1e9 for _ in o] for name, o in about_loops(functions, rounds).items()}

@about.wrong("Each list holds a single number; keep all times, and let the caller take the median")
def about_median(functions, rounds):
    return {name: [statistics.median(o)] for name, o in about_loops(functions, rounds).items()}


# 4. rows, picked at once
def _sets():
    def pair(n, d): return torch.arange(float(n*d)).view(n, d), torch.arange(n)
    return [(*pair(4, 1), 2), (*pair(5, 3), 2), (*pair(6, 2), 6), (*pair(100, 4), 32), (*pair(7, 2), 10)]

def _epoch(make, x, y, batch_size):
    "One epoch: are the rows whole, in a new order, and picked with few operations?"
    with _Count() as count: batches = list(make(x, y, batch_size))
    xs, ys = (torch.cat(o) for o in zip(*batches)) if batches else (x[:0], y[:0])
    again = torch.cat([yb for _, yb in make(x, y, batch_size)])
    return dict(sizes=[len(xb) for xb, _ in batches], pairs_match=torch.equal(xs, x[ys]),
                each_once=ys.sort().values.tolist() == y.tolist(),
                shuffled=len(x) < 50 or not torch.equal(ys, y), new_order=len(x) < 50 or not torch.equal(again, ys),
                few_operations=count.n <= 30 + 12*len(batches))

def _own_loader(x, y, batch_size):
    dl = DataLoader(torch.utils.data.TensorDataset(x, y), batch_size, shuffle=True)
    return _epoch(lambda *_: dl, x, y, batch_size) | dict(few_operations=True)

picked = Exercise('speed.batches', 'picked_batches(x, y, batch_size)', _sets, _own_loader,
    hints=["One order for the whole epoch, a random one, cut into pieces. What can you do with a piece of it?",
           "`torch.randperm(len(x)).split(batch_size)` gives the pieces, the last one smaller. The same piece picks "
           "rows of x and of y.",
           "`for idx in ...: yield x.index_select(0, idx), y.index_select(0, idx)`"], use=_epoch)

@picked.right
def picked_select(x, y, batch_size):
    for idx in torch.randperm(len(x)).split(batch_size): yield x.index_select(0, idx), y.index_select(0, idx)

@picked.right
def picked_slices(x, y, batch_size):
    order = torch.randperm(len(x))
    return list(zip(x[order].split(batch_size), y[order].split(batch_size)))

@picked.right
def picked_lists(x, y, batch_size):
    order = list(range(len(x)))
    random.shuffle(order)
    return ((x[order[i:i+batch_size]], y[order[i:i+batch_size]]) for i in range(0, len(x), batch_size))

@picked.wrong("All is right, and slow: you pick the rows one by one, and each takes several operations. Pick all rows "
              "of a batch with one index")
def picked_one_by_one(x, y, batch_size):
    for idx in torch.randperm(len(x)).split(batch_size):
        yield torch.stack([x[i] for i in idx]), torch.stack([y[i] for i in idx])

@picked.wrong("Each call to `randperm` gives another order: images and labels do not belong together any more. Draw "
              "one, use it for both")
def picked_apart(x, y, batch_size):
    return zip(x[torch.randperm(len(x))].split(batch_size), y[torch.randperm(len(y))].split(batch_size))

@picked.wrong("Nothing is shuffled: the batches come in the order of the data")
def picked_in_order(x, y, batch_size): return zip(x.split(batch_size), y.split(batch_size))

@picked.wrong("The last batch, the smaller one, is missing")
def picked_whole(x, y, batch_size):
    order = torch.randperm(len(x))
    for i in range(len(x)//batch_size):
        idx = order[i*batch_size:(i + 1)*batch_size]
        yield x[idx], y[idx]

@picked.wrong("Numbers drawn with `randint` take some rows twice and others never; `randperm` takes each once")
def picked_with_repeats(x, y, batch_size):
    for idx in torch.randint(len(x), (len(x),)).split(batch_size): yield x[idx], y[idx]

@picked.wrong("You set a seed, so every epoch has the same order (and all who draw random numbers after you are "
              "disturbed)")
def picked_seeded(x, y, batch_size):
    torch.manual_seed(42)
    return picked_slices(x, y, batch_size)


# 5. the gradient by hand
def _tasks():
    def task(n, d): return torch.rand(n, d), torch.randint(2, (n, 1)).float(), torch.randn(d, 1), torch.randn(1), .5
    return [(torch.tensor([[2.]]), torch.tensor([[1.]]), torch.zeros(1, 1), torch.zeros(1), 1.),
            *(task(n, d) for n, d in ((2, 1), (3, 3), (30, 784), (1, 5)))]

def _stepped(step, x, y, w, b, lr):
    "The new weights, and whether it took few operations"
    with _Count() as count: w, b = step(x, y, w, b, lr)
    return dict(w=w, b=b, few_operations=count.n <= 40)

def _by_autograd(x, y, w, b, lr):
    parts = w.requires_grad_(), b.requires_grad_()
    grads = torch.autograd.grad(F.binary_cross_entropy_with_logits(x@w + b, y), parts)
    return dict(w=w - lr*grads[0], b=b - lr*grads[1], few_operations=True)

by_hand = Exercise('speed.by_hand', 'step_by_hand(x, y, w, b, lr)', _tasks, _by_autograd,
    hints=["The derivative of binary cross-entropy by a score is `sigmoid(score) - target`. By a weight: that, times "
           "which number?",
           "`error = (x@w + b).sigmoid() - y` has shape (n, 1). The mean over the images of pixel times error, for all "
           "pixels at once, is a matrix product.",
           "`return w - lr*x.T@error/len(x), b - lr*error.mean()`"], use=_stepped)

@by_hand.right
def hand_plain(x, y, w, b, lr):
    error = (x@w + b).sigmoid() - y
    return w - lr*x.T@error/len(x), b - lr*error.mean()

@by_hand.right
def hand_addmm(x, y, w, b, lr):
    error = torch.addmm(b, x, w).sigmoid_().sub_(y)
    return torch.addmm(w, x.T, error, alpha=-lr/len(x)), b - lr*error.mean(0)

@by_hand.right
def hand_broadcast(x, y, w, b, lr):
    error = 1/(1 + torch.exp(-(x@w + b))) - y
    return w - lr*(x*error).mean(0)[:, None], b.sub(error.mean(), alpha=lr)

@by_hand.wrong("You added up over the images; the loss is their mean, so divide by len(x)")
def hand_sum(x, y, w, b, lr):
    error = (x@w + b).sigmoid() - y
    return w - lr*x.T@error, b - lr*error.sum()

@by_hand.wrong("Your steps go uphill: the error is prediction less target, and it is subtracted")
def hand_uphill(x, y, w, b, lr):
    error = y - (x@w + b).sigmoid()
    return w - lr*x.T@error/len(x), b - lr*error.mean()

@by_hand.wrong("The sigmoid is missing: compare the *probability* with the target, not the score")
def hand_scores(x, y, w, b, lr):
    error = x@w + b - y
    return w - lr*x.T@error/len(x), b - lr*error.mean()

@by_hand.wrong("The weights are right. For the bias you added the errors up; take their mean")
def hand_bias_sum(x, y, w, b, lr):
    error = (x@w + b).sigmoid() - y
    return w - lr*x.T@error/len(x), b - lr*error.sum()

@by_hand.wrong("You multiplied by the slope of the sigmoid besides; that is the gradient of the squared error. "
               "Cross-entropy cancels it")
def hand_squares(x, y, w, b, lr):
    p = (x@w + b).sigmoid()
    error = (p - y)*p*(1 - p)
    return w - lr*x.T@error/len(x), b - lr*error.mean()

@by_hand.wrong("All is right, and slow: a loop over the images takes several operations for each. One matrix product "
               "does them all")
def hand_loop(x, y, w, b, lr):
    errors = [torch.sigmoid(row@w + b) - t for row, t in zip(x, y)]
    slopes = [row[:, None]*e for row, e in zip(x, errors)]
    return w - lr*sum(slopes)/len(x), b - lr*sum(errors)/len(x)
