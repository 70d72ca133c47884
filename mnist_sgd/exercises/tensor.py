"Exercises of chapter 1: pictures as numbers"
import numpy as np
import torch

from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise
from mnist_sgd.tensor import stack_images, tensor


def _bytes(*shape): return torch.randint(0, 256, shape, dtype=torch.uint8)

def _digits(n): return tensor(mnist_arrays('valid', 3)[0][:n])

def _two():
    a, b = tensor([29], dtype=torch.uint8), tensor([250], dtype=torch.uint8)
    return [(a, b), (b, a), (a[0], b[0]), (_bytes(2, 3), _bytes(2, 3)), (_bytes(3, 4, 4), _bytes(4, 4)),
            (_bytes(0, 2), _bytes(2)), tuple(_digits(2))]

pixel_difference = Exercise('tensor.pixel_difference', 'pixel_difference(a, b)', _two,
    lambda a, b: (a.float() - b.float()).abs(),
    hints=["What is 29 - 250 between two `uint8` pixels?",
           "Numbers that may become negative need a type that has negative numbers, before you subtract.",
           "`.float()` both, subtract, then `.abs()`."])

@pixel_difference.right
def difference_float(a, b): return (a.float() - b.float()).abs()

@pixel_difference.right
def difference_where(a, b):
    a, b = a.float(), b.float()
    return torch.where(a > b, a - b, b - a)

@pixel_difference.right
def difference_max(a, b): return (torch.maximum(a, b) - torch.minimum(a, b)).float()

@pixel_difference.wrong("You subtracted before you converted, and between `uint8` numbers -221 becomes 35: first "
                        "`.float()`, then subtract")
def difference_late(a, b): return (a - b).float().abs()

@pixel_difference.wrong("`uint8` has no negative numbers, so `abs` finds none, and -221 has become 35. Convert with "
                        "`.float()` first")
def difference_bytes(a, b): return (a - b).abs()

@pixel_difference.wrong("The sign is left; `.abs()` takes it away")
def difference_signed(a, b): return a.float() - b.float()

@pixel_difference.wrong("The numbers are right, but whole ones; `.float()` instead of `.int()` gives floats")
def difference_whole(a, b): return (a.int() - b.int()).abs()

@pixel_difference.wrong("You scaled to 0-1; the difference should stay in units of a pixel, from 0 to 255")
def difference_scaled(a, b): return (a/255 - b/255).abs()

@pixel_difference.wrong("You took the mean, so one number is left; keep the difference of each pixel")
def difference_mean(a, b): return (a.float() - b.float()).abs().mean()


def _some():
    return [(tensor([[1, 2], [3, 4]]),), (_bytes(3, 5),), (_bytes(2, 3, 4),), (torch.rand(2, 3, 4, 5),),
            (_bytes(4, 1),),
            (_bytes(0, 2, 3),), (_digits(1)[0],)]

mirror = Exercise('tensor.mirror', 'mirror(t)', _some, lambda t: t.flip(-1),
    hints=["Which axis do you walk along when you go from left to right?",
           "Columns are the last axis, whether it is one picture or a stack: count from the end.",
           "Tensors have a method `flip(axis)`."])

@mirror.right
def mirror_flip(t): return t.flip(-1)

@mirror.right
def mirror_index(t): return t[..., torch.arange(t.shape[-1] - 1, -1, -1)]

@mirror.right
def mirror_numpy(t): return tensor(t.numpy()[..., ::-1].copy())

@mirror.wrong("You turned it upside down: that is the axis of the rows")
def mirror_rows(t): return t.flip(-2)

@mirror.wrong("Right for one picture. In a stack, axis 1 is the rows; -1 is the columns in both")
def mirror_axis_1(t): return t.flip(1)

@mirror.wrong("You swapped rows and columns, which mirrors along the diagonal")
def mirror_transposed(t): return t.mT

@mirror.wrong("You flipped both axes: that turns the picture by half a turn")
def mirror_both(t): return t.flip((-2, -1))

@mirror.wrong("Tensors take no negative steps, only arrays do: look for `flip`")
def mirror_step(t): return t[..., ::-1]


def _blots():
    return [(torch.zeros(2, 3, dtype=torch.uint8), 0, 1, 1), (_bytes(6, 5)//2, 1, 2, 2), (_bytes(5, 7)//2, 3, 2, 4),
            (_bytes(3, 3)//2, 1, 1, 0), (_digits(1)[0], 2, 20, 5)]

def _with_blot(t, row, col, size):
    t = t.clone()
    t[row:row + size, col:col + size] = 255
    return t

with_blot = Exercise('tensor.with_blot', 'with_blot(t, row, col, size)', _blots, _with_blot,
    hints=["A slice is a view. Of which tensor should yours be one, if `t` must stay as it is?",
           "`clone` first, then write into the clone.",
           "`copy[row:row + size, col:col + size] = 255`, and return the copy."])

@with_blot.right
def blot_assign(t, row, col, size):
    copy = t.clone()
    copy[row:row + size, col:col + size] = 255
    return copy

@with_blot.right
def blot_fill(t, row, col, size):
    copy = tensor(t)
    copy[row:row + size, col:col + size].fill_(255)
    return copy

@with_blot.right
def blot_where(t, row, col, size):
    rows, cols = torch.arange(t.shape[0])[:, None], torch.arange(t.shape[1])
    inside = (rows >= row) & (rows < row + size) & (cols >= col) & (cols < col + size)
    return torch.where(inside, 255, t)

@with_blot.wrong("You wrote into the caller's picture: a slice is a view, and `copy = t` only a second name. `clone` "
                 "first")
def blot_view(t, row, col, size):
    t[row:row + size, col:col + size] = 255
    return t

@with_blot.wrong("You filled a copy of the block, and nobody sees it: fill a slice of the clone, not a clone of the "
                 "slice")
def blot_lost(t, row, col, size):
    copy = t.clone()
    copy[row:row + size, col:col + size].clone().fill_(255)
    return copy

@with_blot.wrong("Rows and columns are swapped: rows come first")
def blot_swapped(t, row, col, size):
    copy = t.clone()
    copy[col:col + size, row:row + size] = 255
    return copy

@with_blot.wrong("One row and one column too many: a slice leaves out its end, so `row:row + size` has `size` rows")
def blot_large(t, row, col, size):
    copy = t.clone()
    copy[row:row + size + 1, col:col + size + 1] = 255
    return copy

@with_blot.wrong("`row:size` goes from `row` up to place `size`; the block ends at `row + size`")
def blot_end(t, row, col, size):
    copy = t.clone()
    copy[row:size, col:size] = 255
    return copy


def _lists():
    def some(*shape): return list((_bytes(*shape)//2).numpy())
    return [([np.array([[51]], np.uint8)],), (some(2, 2, 3),), (some(3, 4, 4),), (some(1, 5, 2),),
            (list(mnist_arrays('valid', 7)[0][:3]),)]

my_stack_images = Exercise('tensor.my_stack_images', 'my_stack_images(images)', _lists, stack_images,
    hints=["Two steps: put the pictures on a pile, then scale them. What shape has a pile of n pictures?",
           "`tensor` makes a tensor of each, and `torch.stack` puts tensors along a new first axis.",
           "`torch.stack([tensor(im) for im in images]).float()/255`"])

@my_stack_images.right
def stack_torch(images): return torch.stack([tensor(im) for im in images]).float()/255

@my_stack_images.right
def stack_numpy(images): return torch.from_numpy(np.stack(images).astype(np.float32)/255)

@my_stack_images.right
def stack_loop(images):
    stack = torch.empty(len(images), *images[0].shape)
    for i, im in enumerate(images): stack[i] = tensor(im)/255
    return stack

@my_stack_images.wrong("The numbers still go from 0 to 255: divide by 255")
def stack_unscaled(images): return torch.stack([tensor(im) for im in images]).float()

@my_stack_images.wrong("`//` divides whole numbers and drops the rest, so that only 0 and 1 are left: divide with `/`")
def stack_whole(images): return torch.stack([tensor(im) for im in images])//255

@my_stack_images.wrong("You divided by the largest number that there is. Then equal pixels of two stacks differ: "
                       "divide by 255")
def stack_max(images):
    stack = torch.stack([tensor(im) for im in images]).float()
    return stack/stack.max()

@my_stack_images.wrong("You divided each picture by its own largest number: a pale picture would become a dark one. "
                       "Divide by 255")
def stack_each_max(images): return torch.stack([tensor(im)/tensor(im).max() for im in images])

@my_stack_images.wrong("You joined the pictures end to end, into a single tall one: `stack` makes a new axis, `cat` "
                       "does not")
def stack_cat(images): return torch.cat([tensor(im) for im in images]).float()/255

@my_stack_images.wrong("Nearly: there are 256 numbers from 0 to 255, but the largest is 255, and that should become 1")
def stack_256(images): return torch.stack([tensor(im) for im in images])/256


def _inked():
    hole = tensor([[0, 0, 0, 0, 0], [0, 5, 0, 7, 0], [0, 0, 0, 0, 0], [0, 9, 0, 0, 0]])
    wide = torch.zeros(6, 9, dtype=torch.uint8)
    wide[2:4, 1:8] = _bytes(2, 7)
    wide[2, 1], wide[3, 7] = 1, 1
    return [(tensor([[0, 0], [0, 9]]),), (hole,), (tensor([[1, 0], [0, 2]]),), (wide,), (wide.T.contiguous(),),
            (tensor([[0, 0, 4, 0, 0]]),), *((t,) for t in _digits(3))]

def _crop_ink(t):
    rows, cols = t.any(1).nonzero(), t.any(0).nonzero()
    return t[rows.min():rows.max() + 1, cols.min():cols.max() + 1]

crop_ink = Exercise('tensor.crop_ink', 'crop_ink(t)', _inked, _crop_ink,
    hints=["First ask each row whether it has any ink, then each column.",
           "`t.any(1)` answers for the rows, and `nonzero` gives the places of True. You need the first and the last "
           "one.",
           "`t[rows.min():rows.max() + 1, cols.min():cols.max() + 1]`"])

@crop_ink.right
def crop_any(t):
    rows, cols = (t.any(dim=d).nonzero() for d in (1, 0))
    return t[rows.min():rows.max() + 1, cols.min():cols.max() + 1]

@crop_ink.right
def crop_places(t):
    (top, left), (bottom, right) = t.nonzero().min(0).values, t.nonzero().max(0).values
    return t[top:bottom + 1, left:right + 1]

@crop_ink.right
def crop_peel(t):
    while not t[0].any(): t = t[1:]
    while not t[-1].any(): t = t[:-1]
    while not t[:, 0].any(): t = t[:, 1:]
    while not t[:, -1].any(): t = t[:, :-1]
    return t

@crop_ink.wrong("The last row and the last column with ink are missing: a slice leaves out its end")
def crop_short(t):
    rows, cols = t.any(1).nonzero(), t.any(0).nonzero()
    return t[rows.min():rows.max(), cols.min():cols.max()]

@crop_ink.wrong("You took out the empty rows and columns in the middle, too; only the margin should go")
def crop_inside(t): return t[t.any(1)][:, t.any(0)]

@crop_ink.wrong("Only the rows are cut; do the same with the columns")
def crop_rows(t):
    rows = t.any(1).nonzero()
    return t[rows.min():rows.max() + 1]

@crop_ink.wrong("Rows and columns are swapped: `t.any(0)` goes down along the rows, and answers for each column")
def crop_swapped(t):
    rows, cols = t.any(0).nonzero(), t.any(1).nonzero()
    return t[rows.min():rows.max() + 1, cols.min():cols.max() + 1]

@crop_ink.wrong("`t[t > 0]` takes the inked pixels out of their places and lays them in a row; cut out a block instead")
def crop_flat(t): return t[t > 0]


def _nested():
    return [(5,), ([1, 2, 3],), ([[1, 2], [3, 4], [5, 6]],), ([],), ([[], []],), ([[[1], [2]]],), ([[[0]*4]*3]*2,),
            ([[1, 2], [3]],), ([[[1, 2]], [[3]]],), ([[[1], [2]], [[3]]],)]

shape_of = Exercise('tensor.shape_of', 'shape_of(x)', _nested, lambda x: tuple(torch.tensor(x).shape),
    forbidden=('torch', 'tensor', 'np', 'array'),
    hints=["What is the shape of a number? And if you knew the shape of `x[0]`, what would be that of `x`?",
           "A function may call itself: the shape of a list is its length, followed by the shape of what is in it.",
           "`shapes = {shape_of(o) for o in x}` is a set, with one member if the rows agree. Two or more: `raise "
           "ValueError(...)`."])

@shape_of.right
def shape_set(x):
    if not isinstance(x, list): return ()
    shapes = {shape_set(o) for o in x}
    if len(shapes) > 1: raise ValueError(f'rows of different shapes: {shapes}')
    return (len(x), *shapes.pop()) if shapes else (0,)

@shape_of.right
def shape_levels(x):
    shape, level = [], [x]
    while level and isinstance(level[0], list):
        n = len(level[0])
        if any(len(o) != n for o in level): raise ValueError('jagged')
        shape.append(n)
        level = [o for row in level for o in row]
    return tuple(shape)

@shape_of.right
def shape_first(x):
    if not isinstance(x, list): return ()
    if not x: return (0,)
    first, *rest = [shape_first(o) for o in x]
    for other in rest:
        if other != first: raise ValueError('jagged')
    return (len(x),) + first

@shape_of.wrong("Right for rectangles, but you look at the first row only, so that a jagged list passes for a "
                "rectangle")
def shape_trusting(x):
    if not isinstance(x, list): return ()
    return (len(x), *shape_trusting(x[0])) if x else (0,)

@shape_of.wrong("A single number has no axes: its shape is the empty tuple ()")
def shape_scalar(x): return shape_set(x) or (1,)

@shape_of.wrong("The order is reversed: the outermost list comes first")
def shape_reversed(x): return shape_set(x)[::-1]

@shape_of.wrong("This is the rank, the number of axes; the shape has the size of each")
def shape_rank(x): return len(shape_set(x))

@shape_of.wrong("Only the outermost list is counted; go on with what is in it")
def shape_outer(x): return (len(x),) if isinstance(x, list) else ()
