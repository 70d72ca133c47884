"Exercises of chapter 19: many processes that train one model, played through in a single one"
import queue, threading

import torch
import torch.nn.functional as F
from torch import nn

from mnist_sgd.distributed import Share
from mnist_sgd.optimizer import SGD
from mnist_sgd.practice import Exercise


# 1. the mean of means
def _means():
    nan = torch.tensor([torch.nan, torch.nan])
    return [([torch.tensor([1.]), torch.tensor([4.])], [2, 1]), ([torch.rand(3)], [5]),
            ([torch.rand(2, 2) for _ in range(3)], [4, 4, 4]),
            ([torch.rand(4) for _ in range(4)], [64, 64, 64, 9]), ([torch.tensor([1., 2]), nan], [3, 0])]

def _of_everything(means, sizes):
    "Of that many rows each, put together"
    return torch.cat([m.expand(n, *m.shape) for m, n in zip(means, sizes)]).mean(0)

combine = Exercise('distributed.mean', 'mean_of_means(means, sizes)', _means, _of_everything,
    hints=["A mean times its number of items is a sum. What do you do with the sums?",
           "Add up `m*n` for all parts, and divide by the number of all items. Which parts have nothing to add?",
           "`sum(m*n for m, n in zip(means, sizes) if n)/sum(sizes)`; without the `if`, the mean of nothing, nan, "
           "times 0 is still nan."])

@combine.right
def combine_sum(means, sizes): return sum(m*n for m, n in zip(means, sizes) if n)/sum(sizes)

@combine.right
def combine_stack(means, sizes):
    kept = [i for i, n in enumerate(sizes) if n]
    weights = torch.tensor([sizes[i] for i in kept])/sum(sizes)
    return torch.tensordot(weights, torch.stack([means[i] for i in kept]), 1)

@combine.right
def combine_loop(means, sizes):
    mean, so_far = torch.zeros_like(means[0]), 0
    for m, n in zip(means, sizes):
        if n == 0: continue
        so_far += n
        mean = mean + (m - mean)*n/so_far
    return mean

@combine.wrong("A plain mean of the means lets each item of a small part count more: multiply each by its size first")
def combine_plain(means, sizes): return sum(means)/len(means)

@combine.wrong("This is the sum over all items; divide it by their number, `sum(sizes)`")
def combine_total(means, sizes): return sum(m*n for m, n in zip(means, sizes) if n)

@combine.wrong("You divided by the number of parts; divide by the number of all items, `sum(sizes)`")
def combine_by_parts(means, sizes): return sum(m*n for m, n in zip(means, sizes) if n)/len(means)

@combine.wrong("Right, but for a part without items: its mean is nan, and 0 times nan is nan. Leave it out")
def combine_nan(means, sizes): return sum(m*n for m, n in zip(means, sizes))/sum(sizes)

@combine.wrong("You added each part to the running mean and halved, so the last parts count most")
def combine_halves(means, sizes):
    mean = means[0]
    for m in means[1:]: mean = (mean + m)/2
    return mean


# 2. a share of each batch
def _shared_batches():
    rows = torch.arange(10.)
    return [([rows[:4]], 0, 2), ([rows[:4]], 1, 2), (list(rows.split(4)), 2, 3),
            ([torch.rand(5, 2), torch.rand(3, 2)], 1, 2), ([torch.rand(1, 3)], 0, 4),
            ([torch.rand(64), torch.rand(9)], 3, 4), ([rows[:3]], 0, 1)]

def _shares(make, batches, rank, n): return [(rows, float(weight)) for rows, weight in make(batches, rank, n)]

def _books_share(batches, rank, n):
    share = Share([(xb,) for xb in batches], rank, n)
    return [(rows, share.weight) for rows, in share]

share = Exercise('distributed.share', 'own_rows(batches, rank, n)', _shared_batches, _books_share,
    hints=["`a[start::step]` takes every step-th from start on. And how much should the loss of a larger share count?",
           "The weight is own*n/all: in the mean over n processes, every image then counts the same. What if a batch "
           "has no row for this process?",
           "`own = xb[rank::n]`; `yield own, len(own)*n/len(xb)`, but `yield xb[:1], 0.` if own is empty: the mean of "
           "no rows would be nan."], use=_shares)

@share.right
def share_generator(batches, rank, n):
    for xb in batches:
        own = xb[rank::n]
        yield (own, len(own)*n/len(xb)) if len(own) else (xb[:1], 0.)

@share.right
def share_list(batches, rank, n):
    found = []
    for xb in batches:
        places = [i for i in range(len(xb)) if i % n == rank]
        found.append((xb[places or [0]], len(places)*n/len(xb)))
    return found

@share.right
def share_mask(batches, rank, n):
    for xb in batches:
        mine = torch.arange(len(xb)) % n == rank
        weight = mine.float().mean()*n
        if not mine.any(): mine[0] = True
        yield xb[mine], weight

@share.wrong("The weight is missing: shares of unequal size would count alike. It is own*n/all")
def share_alike(batches, rank, n): return ((xb[rank::n], 1.) for xb in batches)

@share.wrong("Your weights of all processes add up to 1; but their mean is taken, which divides by n once more. "
             "Multiply by n")
def share_sum(batches, rank, n): return ((xb[rank::n], len(xb[rank::n])/len(xb)) for xb in batches)

@share.wrong("You leave a batch out in which you have no row; the others would wait for you. Take its first row, with "
             "weight 0")
def share_skips(batches, rank, n):
    return ((rows, weight) for rows, weight in share_generator(batches, rank, n) if weight)

@share.wrong("An empty share has weight 0, but the mean loss of no rows is nan, and 0 times nan is nan. Take the first "
             "row")
def share_empty(batches, rank, n): return ((xb[rank::n], len(xb[rank::n])*n/len(xb)) for xb in batches)

@share.wrong("You cut each batch into pieces in a row; here each process takes every n-th row, from its rank on")
def share_pieces(batches, rank, n):
    for xb in batches:
        own = xb.tensor_split(n)[rank]
        yield own, len(own)*n/len(xb)

@share.wrong("You share out whole batches. That is another training: each step would learn from n batches at once")
def share_batches(batches, rank, n): return ((xb, 1.) for xb in batches[rank::n])


# 4. a batch in pieces
def _large_batches():
    def task(n, d, size, model=None): return model or nn.Linear(d, 1), torch.randn(n, d), torch.randn(n, 1), size
    return [task(2, 1, 1), task(4, 2, 2), task(5, 2, 2), task(7, 3, 7),
            task(9, 3, 4, nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))), task(3, 2, 8)]

def _gradients(find, model, x, y, size):
    nn.utils.vector_to_parameters(torch.linspace(-1, 1, sum(p.numel() for p in model.parameters())), model.parameters())
    find(model, x, y, size)
    return [p.grad for p in model.parameters()]

def _at_once(model, x, y, size): F.mse_loss(model(x), y).backward()

pieces = Exercise('distributed.accumulate', 'gradient_in_pieces(model, x, y, size)', _large_batches,
    lambda *args: _gradients(_at_once, *args),
    hints=["`backward` adds to the gradients that are there. Can one machine play all processes, one after the other?",
           "Each piece's mean squared error must count for as many images as the piece has: the last one may be "
           "smaller.",
           "`for xb, yb in zip(x.split(size), y.split(size)): (F.mse_loss(model(xb), "
           "yb)*len(xb)/len(x)).backward()`"], use=_gradients, changes=True)

def _in_pieces(model, x, y, size, weight, zero=False, cut=0):
    for xb, yb in list(zip(x.split(size), y.split(size)))[:-cut or None]:
        if zero: model.zero_grad()
        (F.mse_loss(model(xb), yb)*weight(len(xb))).backward()

@pieces.right
def pieces_weighted(model, x, y, size): _in_pieces(model, x, y, size, lambda n: n/len(x))

@pieces.right
def pieces_sums(model, x, y, size):
    for i in range(0, len(x), size):
        errors = model(x[i:i+size]) - y[i:i+size]
        ((errors**2).sum()/len(x)).backward()

@pieces.right
def pieces_scaled(model, x, y, size):
    for xb, yb in zip(x.split(size), y.split(size)): F.mse_loss(model(xb), yb, reduction='sum').backward()
    for p in model.parameters(): p.grad /= len(x)

@pieces.wrong("The mean losses of the pieces add up, so the gradient is too large by the number of pieces: weigh each "
              "by len(xb)/len(x)")
def pieces_added(model, x, y, size): _in_pieces(model, x, y, size, lambda n: 1)

@pieces.wrong("Right if all pieces have the same size. The last one may be smaller: weigh by len(xb)/len(x), not by "
              "the number of pieces")
def pieces_equal(model, x, y, size): _in_pieces(model, x, y, size, lambda n: 1/len(x.split(size)))

@pieces.wrong("You emptied the gradients before each piece, so only the last piece is left")
def pieces_emptied(model, x, y, size): _in_pieces(model, x, y, size, lambda n: n/len(x), zero=True)

@pieces.wrong("You weigh each piece by len(xb)/size; the batch has len(x) images, not size")
def pieces_by_size(model, x, y, size): _in_pieces(model, x, y, size, lambda n: n/size)

@pieces.wrong("You add the squared errors up and never divide by the number of images")
def pieces_never(model, x, y, size): _in_pieces(model, x, y, size, lambda n: n)


# 3. all take the same steps
def _parallel():
    def part(n, d): return torch.randn(n, d), torch.randn(n, 1)
    tiny = [(torch.tensor([[1.]]), torch.tensor([[1.]])), (torch.tensor([[1.], [1]]), torch.tensor([[4.], [4]]))]
    return [(tiny, torch.zeros(1, 1), .25, 1), (tiny, torch.zeros(1, 1), .25, 3),
            ([part(4, 2)], torch.randn(2, 1), .1, 3),
            ([part(3, 2), part(3, 2)], torch.randn(2, 1), .1, 4),
            ([part(8, 3), part(8, 3), part(3, 3)], torch.randn(3, 1), .05, 5)]

def _alone(shares, w, lr, n_steps):
    x, y = (torch.cat(o) for o in zip(*shares))
    w = w.requires_grad_()
    opt = SGD([w], lr)
    for _ in range(n_steps):
        opt.zero_grad()
        F.mse_loss(x@w, y).backward()
        opt.step()
    return w.detach()

together = Exercise('distributed.steps', 'parallel_steps(shares, w, lr, n_steps)', _parallel, _alone,
    hints=["In each step, every share finds its gradient at the *same* weights. What is the gradient of the whole "
           "batch, then?",
           "The gradient of a share's mean squared error is `2*x.T@(x@w - y)/len(x)`. The shares differ in size: weigh "
           "by it.",
           "In each step: `grad = sum(len(x)*gradient(x, y) for x, y in shares)/sum(len(x) for x, y in shares)`, then "
           "`w = w - lr*grad`."])

def _gradient(x, y, w): return 2*x.T@(x@w - y)/len(x)

@together.right
def together_weighted(shares, w, lr, n_steps):
    n = sum(len(x) for x, y in shares)
    for _ in range(n_steps): w = w - lr*sum(_gradient(x, y, w)*len(x) for x, y in shares)/n
    return w

@together.right
def together_losses(shares, w, lr, n_steps):
    w, n = w.clone().requires_grad_(), sum(len(x) for x, y in shares)
    for _ in range(n_steps):
        for x, y in shares: (F.mse_loss(x@w, y)*len(x)/n).backward()  # the gradients of the parts add up in w.grad
        with torch.no_grad(): w -= lr*w.grad
        w.grad = None
    return w.detach()

@together.right
def together_whole(shares, w, lr, n_steps):
    x, y = torch.cat([x for x, _ in shares]), torch.cat([y for _, y in shares])
    for _ in range(n_steps): w = w - lr*_gradient(x, y, w)
    return w

@together.wrong("A plain mean of the gradients: right only if all shares have the same size. Weigh each by its number "
                "of rows")
def together_plain(shares, w, lr, n_steps):
    for _ in range(n_steps): w = w - lr*sum(_gradient(x, y, w) for x, y in shares)/len(shares)
    return w

@together.wrong("You added the gradients of the shares up; take their weighted mean, or the step grows with the number "
                "of processes")
def together_sum(shares, w, lr, n_steps):
    for _ in range(n_steps): w = w - lr*sum(_gradient(x, y, w) for x, y in shares)
    return w

@together.wrong("Your shares take their steps one after the other, each from the weights that the one before left; all "
                "must start from the same")
def together_in_turn(shares, w, lr, n_steps):
    for _ in range(n_steps):
        for x, y in shares: w = w - lr*_gradient(x, y, w)
    return w

@together.wrong("Each share went its own way, and the weights were averaged at the end; after the first step they "
                "start from different places")
def together_at_the_end(shares, w, lr, n_steps):
    n = sum(len(x) for x, y in shares)
    return sum(together_weighted([(x, y)], w, lr, n_steps)*len(x) for x, y in shares)/n

@together.wrong("The gradients of all steps add up: empty `w.grad` after each step")
def together_no_zero(shares, w, lr, n_steps):
    w, n = w.clone().requires_grad_(), sum(len(x) for x, y in shares)
    for _ in range(n_steps):
        for x, y in shares: (F.mse_loss(x@w, y)*len(x)/n).backward()
        with torch.no_grad(): w -= lr*w.grad
    return w.detach()


# 5. around the ring
def _vectors():
    return [([torch.tensor([1., 2]), torch.tensor([10., 20])],), ([torch.tensor([5., 6, 7])],),
            ([torch.arange(3.) + 10.**i for i in range(3)],),
            ([torch.randn(12) for _ in range(4)],), ([torch.randn(7) for _ in range(3)],),
            ([torch.randn(2) for _ in range(3)],)]

def _around(f, vectors):
    "Each rank in a thread of its own. What each has at the end, and whether any sent more than 2(n - 1) chunks' worth "
    "of numbers"
    n, sent, results = len(vectors), [0]*len(vectors), [None]*len(vectors)
    boxes = [queue.Queue() for _ in vectors]
    def process(rank):
        def exchange(chunk):
            sent[rank] += chunk.numel()
            boxes[(rank + 1) % n].put(chunk.clone())
            return boxes[rank].get(timeout=1)
        try: results[rank] = f(vectors[rank], rank, n, exchange)
        except Exception as e: results[rank] = e
    threads = [threading.Thread(target=process, args=(rank,), daemon=True) for rank in range(n)]
    for t in threads: t.start()
    for t in threads: t.join()
    errors = [r for r in results if isinstance(r, Exception)]
    if errors: raise min(errors, key=lambda e: isinstance(e, queue.Empty))
    return dict(sums=results, few_numbers_sent=max(sent) <= 2*(n - 1)*-(-len(vectors[0])//n))

ring = Exercise('distributed.ring', 'ring_sum(t, rank, n, exchange)', _vectors,
    lambda vectors: dict(sums=[torch.stack(vectors).sum(0)]*len(vectors), few_numbers_sent=True),
    hints=["Draw three processes with three chunks each, as in the chapter. Which chunk does process `rank` send in "
           "the first round? Which one arrives?",
           "In round `turn`, it sends chunk `(rank - turn) % n`, and what arrives is chunk `(rank - turn - 1) % n`. In "
           "n - 1 rounds it is added, in n - 1 more it takes the place of the old one.",
           "`chunks = list(t.clone().tensor_split(n))`; in each of `2*(n - 1)` turns: `arrived = exchange(chunks[(rank "
           "- turn) % n])`, then `+=` or `copy_`; at the end `torch.cat(chunks)`."],
    use=_around)

def _ring(t, rank, n, exchange, rounds=None, later=lambda old, new: new, behind=1):
    chunks = list(t.clone().tensor_split(n))
    for turn in range(2*(n - 1) if rounds is None else rounds):
        k = (rank - turn - behind) % n
        arrived = exchange(chunks[(rank - turn) % n])
        chunks[k] = chunks[k] + arrived if turn < n - 1 else later(chunks[k], arrived)
    return torch.cat(chunks)

@ring.right
def ring_copy(t, rank, n, exchange): return _ring(t, rank, n, exchange)

@ring.right
def ring_in_place(t, rank, n, exchange):
    t = t.clone()
    chunks = t.tensor_split(n)
    for turn in range(n - 1): chunks[(rank - turn - 1) % n].add_(exchange(chunks[(rank - turn) % n]))
    for turn in range(n - 1): chunks[(rank - turn) % n].copy_(exchange(chunks[(rank - turn + 1) % n]))
    return t

@ring.right
def ring_dict(t, rank, n, exchange):
    chunks = dict(enumerate(t.tensor_split(n)))
    k = rank
    for turn in range(2*n - 2):
        arrived, k = exchange(chunks[k]), (k - 1) % n
        chunks[k] = arrived if turn >= n - 1 else chunks[k] + arrived
    return torch.cat([chunks[i] for i in range(n)])

@ring.wrong("After n - 1 rounds each process has *one* finished chunk; the finished ones must travel around the ring "
            "once more")
def ring_half(t, rank, n, exchange): return _ring(t, rank, n, exchange, rounds=n - 1)

@ring.wrong("In the second half what arrives is finished: put it in the place of the old chunk; you added it")
def ring_adds_on(t, rank, n, exchange): return _ring(t, rank, n, exchange, later=lambda old, new: old + new)

@ring.wrong("The sums are right, but you send the whole vector in each round; cut it into n chunks, and send one at a "
            "time")
def ring_whole(t, rank, n, exchange):
    total, moving = t.clone(), t
    for _ in range(n - 1):
        moving = exchange(moving)
        total += moving
    return total

@ring.wrong("You divided by n at the end: here the sum of all vectors is asked for, not their mean")
def ring_mean(t, rank, n, exchange): return _ring(t, rank, n, exchange)/n

@ring.wrong("The vector that you were given is overwritten; work on a copy, `t.clone()`")
def ring_overwrites(t, rank, n, exchange): return t.copy_(_ring(t, rank, n, exchange))


# 6. mean and variance of all
def _statistics():
    def parts(*sizes): return [torch.randn(n, 2)*torch.rand(1)*3 + torch.randn(1)*2 for n in sizes]
    return [([torch.tensor([[0.], [2]]), torch.tensor([[4.], [6]])],), ([torch.tensor([[1.], [3]])],), (parts(4, 4),),
            (parts(20, 3, 7),), (parts(1, 5),), (parts(64, 1, 9),)]

def _pool(f, shares):
    "What each process sends: its number of rows, their means and variances"
    return list(f([len(x) for x in shares], torch.stack([x.mean(0) for x in shares]),
                  torch.stack([x.var(0, correction=0) for x in shares])))

pooled = Exercise('distributed.spread', 'pooled_mean_var(sizes, means, variances)', _statistics,
    lambda shares: [torch.cat(shares).mean(0), torch.cat(shares).var(0, correction=0)],
    hints=["Two shares may have no spread within them, and different means. Has the whole no spread, then?",
           "The mean of the squares can be averaged by size: for a share it is `variance + mean**2`.",
           "With `w = sizes/sum(sizes)` as a column: `mean = (w*means).sum(0)`, `var = (w*(variances + "
           "means**2)).sum(0) - mean**2`."], use=_pool)

def _weights(sizes): return (torch.tensor(sizes)/sum(sizes))[:, None]

@pooled.right
def pooled_squares(sizes, means, variances):
    w = _weights(sizes)
    mean = (w*means).sum(0)
    return mean, (w*(variances + means**2)).sum(0) - mean**2

@pooled.right
def pooled_between(sizes, means, variances):
    w = _weights(sizes)
    mean = (w*means).sum(0)
    return mean, (w*variances).sum(0) + (w*(means - mean)**2).sum(0)

@pooled.right
def pooled_one_by_one(sizes, means, variances):
    n, mean, total = 0, 0, 0
    for k, m, v in zip(sizes, means, variances):
        total = total + k*v + (m - mean)**2*n*k/(n + k)
        mean, n = mean + (m - mean)*k/(n + k), n + k
    return mean, total/n

@pooled.wrong("The mean is right. But the variance within the shares is not all: their means differ as well, so add "
              "the weighted mean of `(means - mean)**2`")
def pooled_within(sizes, means, variances):
    w = _weights(sizes)
    return (w*means).sum(0), (w*variances).sum(0)

@pooled.wrong("Right only for shares of the same size: weigh everything by the number of rows")
def pooled_plain(sizes, means, variances): return pooled_squares([1]*len(sizes), means, variances)

@pooled.wrong("Plain means of the means and of the variances. Weigh by size, and remember that shares with different "
              "means spread more when put together")
def pooled_naive(sizes, means, variances): return means.mean(0), variances.mean(0)

@pooled.wrong("The mean is right. You divided the variance by one row less; batch normalisation divides by all of them")
def pooled_sample(sizes, means, variances):
    mean, var = pooled_squares(sizes, means, variances)
    return mean, var*sum(sizes)/(sum(sizes) - 1)

@pooled.wrong("The second is the standard deviation; the variance is its square")
def pooled_std(sizes, means, variances):
    mean, var = pooled_squares(sizes, means, variances)
    return mean, var.sqrt()

@pooled.wrong("You took the mean of the squares, `variances + means**2`, and forgot to subtract the square of the "
              "whole mean")
def pooled_squares_only(sizes, means, variances):
    w = _weights(sizes)
    return (w*means).sum(0), (w*(variances + means**2)).sum(0)
