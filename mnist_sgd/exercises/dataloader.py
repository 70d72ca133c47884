"Exercises of chapter 6: batches, and means over them"
import torch
import torch.nn.functional as F

from mnist_sgd.dataloader import DataLoader, collate
from mnist_sgd.practice import Exercise


def _numbers():
    return [(1, 1, False), (4, 2, False), (5, 4, False), (5, 4, True), (3, 4, False), (3, 4, True), (26, 6, False),
            (26, 6, True),
            (1000, 64, False), (128, 64, True)]

batch_sizes = Exercise('dataloader.batch_sizes', 'batch_sizes(n, batch_size, drop_last)', _numbers,
    lambda n, batch_size, drop_last: [len(b) for b in DataLoader(torch.arange(n), batch_size, drop_last=drop_last)],
    forbidden=('DataLoader',),
    hints=["How many full batches are there, and how many items are left?",
           "`n//batch_size` is the number of full ones, `n % batch_size` what is left.",
           "`[batch_size]*(n//batch_size)` is a list; add `[n % batch_size]` if that is not 0 and nothing is to be "
           "dropped."])

@batch_sizes.right
def sizes_rest(n, batch_size, drop_last):
    rest = n % batch_size
    return [batch_size]*(n//batch_size) + [rest]*(rest > 0 and not drop_last)

@batch_sizes.right
def sizes_range(n, batch_size, drop_last):
    sizes = [min(batch_size, n - i) for i in range(0, n, batch_size)]
    return [o for o in sizes if o == batch_size] if drop_last else sizes

@batch_sizes.right
def sizes_split(n, batch_size, drop_last):
    return [len(o) for o in torch.arange(n).split(batch_size) if len(o) == batch_size or not drop_last]

@batch_sizes.wrong("What is left at the end makes a smaller batch, unless `drop_last` says otherwise; you always drop "
                   "it")
def sizes_dropped(n, batch_size, drop_last): return [batch_size]*(n//batch_size)

@batch_sizes.wrong("You do not look at `drop_last`: if it is true, the batch that is not full goes")
def sizes_kept(n, batch_size, drop_last): return sizes_rest(n, batch_size, False)

@batch_sizes.wrong("Right, but where nothing is left over, you add an empty batch")
def sizes_empty(n, batch_size, drop_last):
    return [batch_size]*(n//batch_size) + [n % batch_size]*(not drop_last)

@batch_sizes.wrong("Your last batch counts as full; it holds only what is left, `n % batch_size`")
def sizes_full(n, batch_size, drop_last): return [batch_size]*(n//batch_size if drop_last else -(-n//batch_size))

@batch_sizes.wrong("`drop_last` works the wrong way round")
def sizes_turned(n, batch_size, drop_last): return sizes_rest(n, batch_size, not drop_last)

@batch_sizes.wrong("This is how many batches there are; return a list of their sizes")
def sizes_count(n, batch_size, drop_last): return len(sizes_rest(n, batch_size, drop_last))


def _batches():
    t = torch.tensor
    return [([t([1., 3])],), ([t([0., 0]), t([3.])],), ([t([0.]*4), t([0.]*4), t([1.]*2)],),
            (list(torch.randn(50).split(8)),),
            ([torch.rand(3), t([]), torch.rand(2)],), ([t([2.])],), (list(torch.rand(2, 3, 4)),)]

epoch_mean = Exercise('dataloader.epoch_mean', 'epoch_mean(batches)', _batches,
    lambda batches: torch.cat([b.flatten() for b in batches]).mean(),
    hints=["Three items with mean 0, and one with mean 4: what is the mean of all four?",
           "Count each batch as often as it has items. Which two numbers do you carry through the loop?",
           "Add up `b.sum()` and `b.numel()`, and divide at the end."])

@epoch_mean.right
def mean_sums(batches): return sum(b.sum() for b in batches)/sum(b.numel() for b in batches)

@epoch_mean.right
def mean_weighted(batches):
    total, n = 0., 0
    for b in batches:
        if not b.numel(): continue
        total += b.mean().item()*b.numel()
        n += b.numel()
    return total/n

@epoch_mean.right
def mean_joined(batches): return torch.cat([b.reshape(-1) for b in batches]).mean()

@epoch_mean.wrong("This is the mean of the batches' means: the items of a small batch count too much")
def mean_of_means(batches): return sum(b.mean() for b in batches)/len(batches)

@epoch_mean.wrong("Right, but for an empty batch: its mean is `nan`, and `nan` times 0 is not 0. Add up sums, not "
                  "means")
def mean_nan(batches): return sum(b.mean()*b.numel() for b in batches)/sum(b.numel() for b in batches)

@epoch_mean.wrong("You divided by the number of batches; divide by the number of items")
def mean_by_batches(batches): return sum(b.sum() for b in batches)/len(batches)

@epoch_mean.wrong("You took each batch to be as large as the first; the last one may have fewer")
def mean_as_first(batches): return sum(b.sum() for b in batches)/(len(batches)*batches[0].numel())

@epoch_mean.wrong("You added up the means; they must be weighted by the batches' sizes, and divided by the number of "
                  "items")
def mean_added(batches): return sum(b.mean() for b in batches)

@epoch_mean.wrong("The last batch is missing")
def mean_dropped(batches): return mean_sums(batches[:-1] or batches)


def _items():
    return [([(torch.tensor([1., 2]), 7)],), ([(torch.tensor([1., 2]), 7), (torch.tensor([3., 4]), 3)],),
            ([(torch.rand(2, 3), i) for i in range(4)],), ([(torch.rand(()), i % 2) for i in range(3)],),
            ([(torch.rand(3, 3), .5*i) for i in range(3)],)]

my_collate = Exercise('dataloader.my_collate', 'my_collate(items)', _items, collate,
                      forbidden=('collate', 'default_collate'),
    hints=["A list of pairs must become a pair of columns. Which function with a star does that?",
           "`xs, ys = zip(*items)`. What becomes of tensors, and what of numbers?",
           "`torch.stack(xs)` and `torch.tensor(ys)`"])

@my_collate.right
def collate_zip(items):
    xs, ys = zip(*items)
    return torch.stack(xs), torch.tensor(ys)

@my_collate.right
def collate_lists(items): return torch.stack([x for x, _ in items]), torch.tensor([y for _, y in items])

@my_collate.right
def collate_loop(items):
    xs = torch.empty(len(items), *items[0][0].shape)
    for i, (x, _) in enumerate(items): xs[i] = x
    return [xs, torch.stack([torch.tensor(y) for _, y in items])]

@my_collate.wrong("The targets are still a list, or a tuple; make a tensor of them, `torch.tensor(ys)`")
def collate_list(items):
    xs, ys = zip(*items)
    return torch.stack(xs), ys

@my_collate.wrong("The inputs are still a tuple of tensors; `torch.stack` makes one of them")
def collate_tuple(items):
    xs, ys = zip(*items)
    return xs, torch.tensor(ys)

@my_collate.wrong("Targets of shape (n, 1) against predictions of shape (n,) would give n x n differences: make them "
                  "(n,)")
def collate_column(items): return torch.stack([x for x, _ in items]), torch.tensor([[y] for _, y in items])

@my_collate.wrong("`cat` joins along an axis that is there already; `stack` makes a new one, which counts the items")
def collate_cat(items): return torch.cat([x for x, _ in items]), torch.tensor([y for _, y in items])

@my_collate.wrong("Inputs first, then targets; yours are swapped")
def collate_swapped(items): return collate_zip(items)[::-1]

@my_collate.wrong("These are the pairs as they came. Inputs belong with inputs, and targets with targets: "
                  "`zip(*items)`")
def collate_pairs(items): return items


def _sets():
    def pairs(n, *shape): return (torch.arange(n).float().reshape(n, *shape), 10*torch.arange(n))
    return [(*pairs(3), 2), (*pairs(10), 4), (*pairs(12), 4), (*pairs(9, 1), 1), (*pairs(20, 1, 1), 50), (*pairs(1), 3)]

def _two_epochs(cls, x, y, batch_size):
    loader = cls(x, y, batch_size)
    epochs = [[(xb.flatten(), yb) for xb, yb in loader] for _ in range(2)]
    orders = [torch.cat([xb for xb, _ in e]).tolist() if e else [] for e in epochs]
    aside = [xb.tolist() != (yb/10).tolist() for e in epochs for xb, yb in e]
    order = 'as they lie' if orders[0] == sorted(orders[0]) else 'the same twice'
    if orders[0] != orders[1]: order = 'new each time'
    return {'order': order if len(x) > 8 else 'any', 'target': 'of another item' if any(aside) else 'with its item',
            'each item': 'once' if all(sorted(o) == x.flatten().tolist() for o in orders) else 'not once',
            'len and sizes': [len(loader), *[[len(xb) for xb, _ in e] for e in epochs]]}

def _right_epochs(x, y, batch_size):
    sizes = [len(o) for o in x.split(batch_size)]
    return {'order': 'new each time' if len(x) > 8 else 'any', 'target': 'with its item', 'each item': 'once',
            'len and sizes': [len(sizes), sizes, sizes]}

ShuffledLoader = Exercise('dataloader.ShuffledLoader', 'ShuffledLoader(x, y, batch_size)', _sets, _right_epochs,
                          use=_two_epochs,
    forbidden=('DataLoader',),
    hints=["`for xb, yb in loader` calls `__iter__` anew for each epoch. What must happen there, and not in "
           "`__init__`?",
           "`torch.randperm(len(x))` is a random order; `split(batch_size)` cuts it into batches of places.",
           "`for idx in torch.randperm(len(self.x)).split(self.batch_size): yield self.x[idx], self.y[idx]`; and "
           "`__len__` rounds up."])

@ShuffledLoader.right
class LoaderSplit:
    def __init__(self, x, y, batch_size): self.x, self.y, self.batch_size = x, y, batch_size
    def __len__(self): return -(-len(self.x)//self.batch_size)
    def order(self): return torch.randperm(len(self.x))
    def __iter__(self):
        for idx in self.order().split(self.batch_size): yield self.x[idx], self.y[idx]

@ShuffledLoader.right
class LoaderSlices(LoaderSplit):
    def __len__(self): return len(range(0, len(self.x), self.batch_size))
    def __iter__(self):
        order = torch.rand(len(self.x)).argsort()
        x, y = self.x[order], self.y[order]
        for i in range(0, len(x), self.batch_size): yield x[i:i + self.batch_size], y[i:i + self.batch_size]

@ShuffledLoader.right
class LoaderList(LoaderSplit):
    def __iter__(self):
        order = self.order()
        return iter(list(zip(self.x[order].split(self.batch_size), self.y[order].split(self.batch_size))))

@ShuffledLoader.wrong("You shuffled inputs and targets each by itself, so that they no longer belong together: one "
                      "order for both")
class LoaderApart(LoaderSplit):
    def __iter__(self):
        x, y = self.x[self.order()], self.y[self.order()]
        yield from zip(x.split(self.batch_size), y.split(self.batch_size))

@ShuffledLoader.wrong("The order is drawn once and is the same in each epoch: draw it in `__iter__`, not in "
                      "`__init__`, and set no seed")
class LoaderOnce(LoaderSplit):
    def __init__(self, x, y, batch_size):
        super().__init__(x, y, batch_size)
        self.once = torch.randperm(len(x))
    def order(self): return self.once

@ShuffledLoader.wrong("Nothing is shuffled: go through the places in a random order, `torch.randperm`")
class LoaderSorted(LoaderSplit):
    def order(self): return torch.arange(len(self.x))

@ShuffledLoader.wrong("The last batch is missing where it is not full; and `__len__` must round up, too")
class LoaderFull(LoaderSplit):
    def __len__(self): return len(self.x)//self.batch_size
    def __iter__(self):
        for idx in self.order().split(self.batch_size)[:len(self)]: yield self.x[idx], self.y[idx]

@ShuffledLoader.wrong("The second epoch is empty: what is made in `__init__` is used up after one round. Make it in "
                      "`__iter__`")
class LoaderUsedUp(LoaderSplit):
    def __init__(self, x, y, batch_size):
        super().__init__(x, y, batch_size)
        self.batches = super().__iter__()
    def __iter__(self): return self.batches

@ShuffledLoader.wrong("`__len__` should be the number of batches, rounded up: `-(-n//batch_size)`")
class LoaderLength(LoaderSplit):
    def __len__(self): return len(self.x)//self.batch_size


def _epochs():
    t = torch.tensor
    return [(t([[1.]]), t([2.]), t([0.]), .25, 1), (t([[1.], [1]]), t([1., 0]), t([0.]), .25, 1),
            (torch.randn(5, 2), torch.randn(5), torch.randn(2), .1, 2),
            (torch.randn(12, 3), torch.randn(12), torch.zeros(3), .05, 4),
            (torch.randn(3, 2), torch.randn(3), torch.randn(2), .1, 8)]

def _sgd_epoch(x, y, w, lr, batch_size):
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        w = w.requires_grad_()
        w = (w - lr*torch.autograd.grad(F.mse_loss(xb@w, yb), w)[0]).detach()
    return w

sgd_epoch = Exercise('dataloader.sgd_epoch', 'sgd_epoch(x, y, w, lr, batch_size)', _epochs, _sgd_epoch,
    hints=["The loop of chapter 5, with another loss in each round. What changes from round to round?",
           "`zip(x.split(batch_size), y.split(batch_size))` are the batches; each makes its own loss, and one step.",
           "Work on a clone: `w = w.clone().requires_grad_()`. In the loop `((xb*w).sum(1) - yb)**2`, its mean, "
           "`backward`, step, zero."])

@sgd_epoch.right
def sgd_data(x, y, w, lr, batch_size):
    w = w.clone().requires_grad_()
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        (((xb*w).sum(1) - yb)**2).mean().backward()
        w.data -= lr*w.grad
        w.grad.zero_()
    return w.data

@sgd_epoch.right
def sgd_by_hand(x, y, w, lr, batch_size):
    for i in range(0, len(x), batch_size):
        xb, yb = x[i:i + batch_size], y[i:i + batch_size]
        w = w - lr*2*(xb@w - yb)@xb/len(xb)
    return w

@sgd_epoch.right
def sgd_fresh(x, y, w, lr, batch_size):
    for idx in torch.arange(len(x)).split(batch_size):
        w = w.detach().clone().requires_grad_()
        F.mse_loss(x[idx]@w, y[idx]).backward()
        w = w.data - lr*w.grad
    return w

@sgd_epoch.wrong("Gradients add up: after each step `w.grad.zero_()`, or every batch steps along the sum of all "
                 "before it")
def sgd_no_zero(x, y, w, lr, batch_size):
    w = w.clone().requires_grad_()
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        ((xb@w - yb)**2).mean().backward()
        w.data -= lr*w.grad
    return w.data

@sgd_epoch.wrong("You took a single step after collecting from all the batches; each batch takes its own step")
def sgd_collected(x, y, w, lr, batch_size):
    total = torch.zeros_like(w)
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)): total += 2*(xb@w - yb)@xb/len(xb)
    return w - lr*total

@sgd_epoch.wrong("Each step looks at all the items; it should look at its own batch only")
def sgd_all(x, y, w, lr, batch_size):
    for _ in x.split(batch_size): w = w - lr*2*(x@w - y)@x/len(x)
    return w

@sgd_epoch.wrong("You added up over the batch; the loss is the mean over it")
def sgd_sum(x, y, w, lr, batch_size):
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)): w = w - lr*2*(xb@w - yb)@xb
    return w

@sgd_epoch.wrong("Your predictions are a column (n, 1) and the targets a row (n,), so there are n x n differences: "
                 "make both (n,)")
def sgd_column(x, y, w, lr, batch_size):
    w = w.clone().requires_grad_()
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        ((xb@w[:, None] - yb)**2).mean().backward()
        w.data -= lr*w.grad
        w.grad.zero_()
    return w.data

@sgd_epoch.wrong("The last batch is missing where it is not full; for training it counts like any other")
def sgd_full(x, y, w, lr, batch_size):
    n = len(x)//batch_size*batch_size
    return sgd_by_hand(x[:n], y[:n], w, lr, batch_size)
