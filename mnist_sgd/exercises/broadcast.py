"Exercises of chapter 2: arithmetic between different shapes"
from itertools import zip_longest

import torch

from mnist_sgd.broadcast import broadcast_shape
from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise
from mnist_sgd.tensor import stack_images


def _lit():
    return [(torch.zeros(2, 1, 1), torch.tensor([1., 2])), (torch.zeros(2, 2, 2), torch.tensor([1., 2])),
            (torch.rand(3, 2, 4), torch.rand(3)), (torch.rand(1, 3, 2), torch.rand(1)),
            (torch.rand(3, 3, 3), torch.rand(3)),
            (torch.rand(0, 2, 2), torch.rand(0)), (stack_images(mnist_arrays('valid', 3)[0][:28]), torch.rand(28))]

brighten = Exercise('broadcast.brighten', 'brighten(images, by)', _lit, lambda images, by: images + by[:, None, None],
    hints=["Write the two shapes under each other, aligned at the right. Under which axis does the number of images "
           "stand?",
           "It must stand under the first of three axes, so two axes of size 1 are missing behind it.",
           "`None` as an index makes an axis of size 1: `by[:, None, None]`."])

@brighten.right
def brighten_none(images, by): return images + by[:, None, None]

@brighten.right
def brighten_reshape(images, by): return images + by.reshape(-1, 1, 1)

@brighten.right
def brighten_loop(images, by):
    result = images.clone()
    for i in range(len(by)): result[i] += by[i]
    return result

@brighten.wrong("Shapes are aligned at the right, so your numbers stand under the columns (and where there are as "
                "many columns as images, nothing complains): put two axes of size 1 behind them")
def brighten_bare(images, by): return images + by

@brighten.wrong("With a single axis of size 1 your numbers stand under the rows: one more is needed")
def brighten_rows(images, by): return images + by[:, None]

@brighten.wrong("One axis too many: each number now meets each image. `by[:, None, None]` has three axes, as the "
                "images have")
def brighten_each(images, by): return images + by[:, None, None, None]

@brighten.wrong("You changed the caller's images: `+=` works in place")
def brighten_in_place(images, by):
    images += by[:, None, None]
    return images

@brighten.wrong("This is a list of pictures; make a single tensor of them all, with `torch.stack` or without a loop")
def brighten_list(images, by): return [image + o for image, o in zip(images, by)]


def _spread():
    few = stack_images(mnist_arrays('valid', 3)[0][:4])
    return [(torch.tensor([[0., 0], [2, 2]]),), (torch.rand(2, 2, 2),), (torch.rand(3, 4, 5),), (torch.randn(4, 5),),
            (torch.rand(4, 4, 4),), (torch.rand(2, 3, 4, 4),), (few,)]

standardise = Exercise('broadcast.standardise', 'standardise(x)', _spread,
    lambda x: (x - x.mean((-1, -2), keepdim=True))/x.std((-1, -2), keepdim=True),
    hints=["Subtract each picture's mean, divide by its standard deviation. Over which axes is the mean of a picture?",
           "The last two, counted from the end. What must the means' shape be, to broadcast against the pictures?",
           "`keepdim=True` keeps the axes with size 1; `std` takes the same arguments as `mean`."])

@standardise.right
def standard_keepdim(x): return (x - x.mean((-1, -2), keepdim=True))/x.std((-1, -2), keepdim=True)

@standardise.right
def standard_none(x): return (x - x.mean((-1, -2))[..., None, None])/x.std((-1, -2))[..., None, None]

@standardise.right
def standard_flat(x):
    rows = x.reshape(-1, x.shape[-1]*x.shape[-2])
    centred = rows - rows.mean(1, keepdim=True)
    return (centred/(centred**2).sum(1, keepdim=True).div(rows.shape[1] - 1).sqrt()).reshape(x.shape)

@standardise.wrong("You took mean and spread over the whole stack; each picture needs its own")
def standard_all(x): return (x - x.mean())/x.std()

@standardise.wrong("Without `keepdim` the axes are gone: where the shapes fit by accident, the wrong pictures' means "
                   "are subtracted, and elsewhere there is an error")
def standard_gone(x): return (x - x.mean((-1, -2)))/x.std((-1, -2))

@standardise.wrong("You took mean and spread over axis 0, pixel by pixel; each picture needs its own, over its last "
                   "two axes")
def standard_pixels(x): return (x - x.mean(0))/x.std(0)

@standardise.wrong("You did each row by itself; a picture has two axes, `(-1, -2)`")
def standard_rows(x): return (x - x.mean(-1, keepdim=True))/x.std(-1, keepdim=True)

@standardise.wrong("You divided by the variance; the standard deviation is its root")
def standard_variance(x): return (x - x.mean((-1, -2), keepdim=True))/x.var((-1, -2), keepdim=True)

@standardise.wrong("Nearly: you divided the squares' sum by n, and `.std` by n - 1, as is usual for a sample")
def standard_biased(x):
    return (x - x.mean((-1, -2), keepdim=True))/x.std((-1, -2), keepdim=True, correction=0)


def _two_stacks():
    a, b = torch.tensor([[[0., 1]], [[1, 1]]]), torch.tensor([[[0., 0]], [[1, 3]]])
    few = stack_images(mnist_arrays('valid', (3, 7))[0][:7])
    return [(a[:1], b[:1]), (a, b), (torch.rand(3, 2, 4), torch.rand(2, 2, 4)),
            (torch.rand(1, 3, 3), torch.rand(4, 3, 3)),
            (torch.rand(3, 3, 3), torch.rand(3, 3, 3)), (torch.rand(0, 2, 2), torch.rand(3, 2, 2)), (few[:3], few[3:])]

distance_table = Exercise('broadcast.distance_table', 'distance_table(a, b)', _two_stacks,
    lambda a, b: torch.cdist(a.flatten(1), b.flatten(1), p=1)/(a.shape[1]*a.shape[2]),
    hints=["Each with each: which shape must the differences have?",
           "n x m x h x w. Where must an axis of size 1 go, so that (n, h, w) and (m, h, w) broadcast to it?",
           "`a[:, None] - b` are all the differences; what is left is to reduce over the last two axes."])

@distance_table.right
def table_none(a, b): return (a[:, None] - b).abs().mean((-1, -2))

@distance_table.right
def table_loop(a, b):
    table = torch.zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)): table[i, j] = (a[i] - b[j]).abs().mean()
    return table

@distance_table.right
def table_rows(a, b): return (a.flatten(1).unsqueeze(1) - b.flatten(1).unsqueeze(0)).abs().mean(2)

@distance_table.wrong("You compare image i with image i only, one with one; an axis of size 1 lets each meet each: "
                      "`a[:, None]`")
def table_pairs(a, b): return (a - b).abs().mean((-1, -2))

@distance_table.wrong("The table lies on its side: [i, j] should be the distance between a[i] and b[j], so the axis "
                      "of size 1 goes into `a`, `a[:, None]`")
def table_turned(a, b): return (a - b[:, None]).abs().mean((-1, -2))

@distance_table.wrong("You added up the differences; the mean does not depend on how many pixels there are")
def table_sum(a, b): return (a[:, None] - b).abs().sum((-1, -2))

@distance_table.wrong("`abs` is missing, so that positive and negative differences cancel")
def table_signed(a, b): return (a[:, None] - b).mean((-1, -2))

@distance_table.wrong("You took the mean over all axes, so a single number is left; name the last two")
def table_all(a, b): return (a[:, None] - b).abs().mean()

@distance_table.wrong("You took `abs` after the mean, when positive and negative differences had cancelled already")
def table_late(a, b): return (a[:, None] - b).mean((-1, -2)).abs()


def _shapes():
    return [((3,), (3,)), ((), (2,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((5, 1), (4,)), ((2,), (2, 3)), ((3,), (2,)),
            ((2, 3), (2, 1)), ((0,), (1,)), ((8, 1, 6, 1), (7, 1, 5)), ((1010, 28, 28), (1010,)),
            ((1010, 28, 28), (28, 28)),
            ((2, 0), (2, 2)), ((4, 2, 3), (4, 3, 3))]

my_broadcast_shape = Exercise('broadcast.my_broadcast_shape', 'my_broadcast_shape(a, b)', _shapes, broadcast_shape,
    forbidden=('broadcast_shape', 'broadcast_shapes', 'broadcast_tensors', 'broadcast_arrays'),
    hints=["Say the rule first: in which order are the sizes compared, and what counts for a missing one?",
           "`zip_longest(reversed(a), reversed(b), fillvalue=1)` pairs the sizes up, the last axis first.",
           "For sizes m and n: `n if m == 1 else m`, unless both differ and neither is 1. At the end, turn the list "
           "around."])

@my_broadcast_shape.right
def shape_zip(a, b):
    sizes = []
    for m, n in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if m != n and 1 not in (m, n): raise ValueError(f'{m} and {n} do not fit')
        sizes.insert(0, n if m == 1 else m)
    return tuple(sizes)

@my_broadcast_shape.right
def shape_padded(a, b):
    rank = max(len(a), len(b))
    a, b = (1,)*(rank - len(a)) + tuple(a), (1,)*(rank - len(b)) + tuple(b)
    if any(m != n and m != 1 and n != 1 for m, n in zip(a, b)): raise ValueError(f'{a} and {b} do not fit')
    return tuple(m*n if 1 in (m, n) else m for m, n in zip(a, b))

@my_broadcast_shape.right
def shape_recursive(a, b):
    if not a or not b: return tuple(a) or tuple(b)
    *a, m = a
    *b, n = b
    if len({m, n} - {1}) > 1: raise ValueError('no')
    return (*shape_recursive(a, b), n if m == 1 else m)

@my_broadcast_shape.wrong("You align the shapes at the left; the rule reads them from the last axis back")
def shape_left(a, b):
    sizes = list(zip_longest(a, b, fillvalue=1))
    if any(m != n and 1 not in (m, n) for m, n in sizes): raise ValueError('no')
    return tuple(n if m == 1 else m for m, n in sizes)

@my_broadcast_shape.wrong("`zip` stops at the shorter shape, so the axes that only one of them has are lost: "
                          "`zip_longest`")
def shape_cut(a, b):
    sizes = list(zip(reversed(a), reversed(b)))
    if any(m != n and 1 not in (m, n) for m, n in sizes): raise ValueError('no')
    return tuple(n if m == 1 else m for m, n in sizes)[::-1]

@my_broadcast_shape.wrong("Shapes that do not fit must raise a ValueError; you take the larger size without a word")
def shape_larger(a, b):
    return tuple(n if m == 1 else m if n == 1 else max(m, n)
                 for m, n in zip_longest(reversed(a), reversed(b), fillvalue=1))[::-1]

@my_broadcast_shape.wrong("Right, but for an axis of size 0: it meets 1 and stays 0, so `max` is the wrong rule. Take "
                          "the one that is not 1")
def shape_max(a, b):
    sizes = list(zip_longest(reversed(a), reversed(b), fillvalue=1))
    if any(m != n and 1 not in (m, n) for m, n in sizes): raise ValueError('no')
    return tuple(max(o) for o in sizes)[::-1]

@my_broadcast_shape.wrong("You read from the last axis back, so the sizes came out in reverse: turn the list around "
                          "at the end")
def shape_backwards(a, b): return shape_zip(a, b)[::-1]

@my_broadcast_shape.wrong("Equal or missing sizes are fine, but you do not stretch an axis of size 1")
def shape_strict(a, b):
    if any(m != n for m, n in zip(reversed(a), reversed(b))): raise ValueError('no')
    return tuple(max(a, b, key=len))


def _stretches():
    return [(torch.tensor([1, 2]), (2, 2)), (torch.tensor(5), (3,)), (torch.rand(3), (2, 3)),
            (torch.rand(2, 1), (2, 3)),
            (torch.rand(1, 5, 1), (2, 5, 3)), (torch.rand(4), (4,)), (torch.tensor([[1], [2], [3]]), (2, 3, 2)),
            (torch.rand(2), (0, 2)), (torch.rand(()), ()), (torch.rand(1, 1), (2, 3))]

def _stretched(f, t, shape):
    o = f(t, shape)
    return o, f'numbers in memory: {len(o.untyped_storage())//o.element_size()}'

materialise = Exercise('broadcast.materialise', 'materialise(t, shape)', _stretches,
    lambda t, shape: _stretched(lambda t, shape: t.expand(shape).clone(memory_format=torch.contiguous_format), t,
                                shape),
    use=_stretched, forbidden=('expand', 'expand_as', 'broadcast_to', 'broadcast_tensors', 'repeat', 'tile'),
    hints=["Take the first axis only: when is it missing, when is it repeated, and when is it there already?",
           "A function may call itself: stretch each part `t[i]` to `shape[1:]`, and stack the results. When does "
           "that end?",
           "If `t` has fewer axes than `shape`, begin with `t = t[None]`; if its first axis has size 1, every part is "
           "`t[0]`."])

@materialise.right
def stretch_recursive(t, shape):
    if not shape: return t.clone()
    if t.ndim < len(shape): t = t[None]
    parts = [stretch_recursive(t[i if len(t) > 1 else 0], shape[1:]) for i in range(shape[0])]
    return torch.stack(parts) if parts else torch.empty(shape, dtype=t.dtype)

@materialise.right
def stretch_add(t, shape): return t + torch.zeros(shape, dtype=t.dtype)

@materialise.right
def stretch_assign(t, shape):
    result = torch.empty(shape, dtype=t.dtype)
    result[...] = t
    return result

@materialise.right
def stretch_select(t, shape):
    t = t[(None,)*(len(shape) - t.ndim)].clone()
    for axis, n in enumerate(shape):
        if t.shape[axis] != n: t = t.index_select(axis, torch.zeros(n, dtype=torch.long))
    return t

@materialise.wrong("The numbers are right, but they are not there: this is a view with strides of 0; make a real copy")
def stretch_view(t, shape): return t.expand(shape)

@materialise.wrong("You repeat each axis as often as the result is long; an axis that has its size already must stay "
                   "as it is")
def stretch_too_often(t, shape): return t.repeat(*shape) if shape else t.clone()

@materialise.wrong("The missing axes are the first ones, and you put them last: `t[None]`, not `t[..., None]`")
def stretch_last(t, shape):
    t = t[(..., *(None,)*(len(shape) - t.ndim))]
    return t.expand(shape).clone(memory_format=torch.contiguous_format)

@materialise.wrong("Right, but whole numbers have become floats: give `torch.zeros` or `torch.ones` the dtype of `t`")
def stretch_float(t, shape): return t + torch.zeros(shape)

@materialise.wrong("Only the missing axes are stretched; an axis of size 1 must be repeated, too")
def stretch_front(t, shape):
    for n in reversed(shape[:len(shape) - t.ndim]): t = torch.stack([t]*n) if n else t[None][:0]
    return t.clone()
