"Broadcasting puzzles on digits: each is a single line, without a loop, and without anything that stacks or repeats"
from functools import lru_cache

import torch

from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise

forbidden = ['loop', 'stack', 'vstack', 'hstack', 'cat', 'concat', 'repeat', 'repeat_interleave', 'tile', 'expand',
             'expand_as', 'map', 'vmap', 'einsum', 'meshgrid', 'outer', 'ger', 'kron', 'cdist', 'one_hot', 'eye', 'tril',
             'triu', 'diag', 'interpolate', 'bincount', 'histc', 'roll', 'eval', 'exec']

class Puzzle(Exercise):
    "An exercise whose last input is drawn: what is given, what is wanted, and what the reader's line makes of it"
    drawn = True
    def __init__(self, name, target, cases, oracle, hints, also=()):
        super().__init__(f'puzzles.{name}', target, cases, oracle, hints, forbidden=[*forbidden, *also], one_line=True)

@lru_cache
def digits(
    n, # how many
): # float tensor (n, 28, 28), from 0 to 1: a three, a seven, and so on by turns
    "Some training images"
    images, labels = mnist_arrays('train', (3, 7))
    threes, sevens = (torch.from_numpy(images[labels == d][:n]).float()/255 for d in (3, 7))
    return torch.stack([threes, sevens], 1).flatten(0, 1)[:n]

def _two_by_three(): return torch.tensor([[0., .5, 1], [.2, .4, .6]])


fade = Puzzle('fade', 'fade(im)', lambda: [(_two_by_three(),), (torch.rand(4, 4),), (torch.rand(1, 5),), (digits(1)[0],)],
    lambda im: im*torch.linspace(0, 1, im.shape[1]).expand(im.shape),
    ["A row of numbers from 0 to 1, one per column. What happens if you multiply a picture by a row?",
     "`torch.linspace(0, 1, n)` makes the row; how many columns has `im`?"])

@fade.right
def fade_linspace(im): return im*torch.linspace(0, 1, im.shape[1])

@fade.right
def fade_last(im): return torch.linspace(0, 1, im.size(-1))[None]*im

@fade.right
def fade_diagonal(im): return torch.mul(im, torch.linspace(0, 1, len(im[0])).view(1, -1))

@fade.wrong("It fades from top to bottom: you gave each row one number, not each column")
def fade_rows(im): return im*torch.linspace(0, 1, im.shape[0])[:, None]

@fade.wrong("It fades the wrong way: the first column must be 0 and the last as it was")
def fade_back(im): return im*torch.linspace(1, 0, im.shape[1])

@fade.wrong("The last column is not quite as it was: arange ends one before n, so nothing is multiplied by 1")
def fade_arange(im): return im*torch.arange(im.shape[1])/im.shape[1]

@fade.wrong("You added the ramp; a fade multiplies, so that 0 stays 0")
def fade_added(im): return im + torch.linspace(0, 1, im.shape[1])


fade_down = Puzzle('fade_down', 'fade_down(im)',
    lambda: [(_two_by_three(),), (torch.rand(4, 4),), (torch.rand(5, 1),), (digits(2)[1],)],
    lambda im: (im.T*torch.linspace(0, 1, im.shape[0])).T.contiguous(),
    ["A column of numbers this time: one per row. What shape must it have to meet a picture of shape (h, w)?",
     "`[:, None]` turns h numbers into shape (h, 1)."])

@fade_down.right
def down_none(im): return im*torch.linspace(0, 1, im.shape[0])[:, None]

@fade_down.right
def down_view(im): return im*torch.linspace(0, 1, len(im)).view(-1, 1)

@fade_down.right
def down_twice_turned(im): return (im.T*torch.linspace(0, 1, len(im))).T

@fade_down.wrong("Without a second axis the numbers are aligned with the last axis, the columns; give them shape (h, 1)")
def down_no_axis(im): return im*torch.linspace(0, 1, im.shape[0])

@fade_down.wrong("It fades the wrong way: the first row must be 0 and the last as it was")
def down_back(im): return im*torch.linspace(1, 0, im.shape[0])[:, None]

@fade_down.wrong("It fades from left to right: count the rows, and give each row one number")
def down_columns(im): return im*torch.linspace(0, 1, im.shape[1])

@fade_down.wrong("The last row is not quite as it was: arange ends one before n")
def down_arange(im): return im*torch.arange(im.shape[0])[:, None]/im.shape[0]


checkerboard = Puzzle('checkerboard', 'checkerboard(n)', lambda: [(2,), (3,), (1,), (0,), (8,)],
    lambda n: torch.tensor([[(i + j) % 2 for j in range(n)] for i in range(n)], dtype=torch.long).view(n, n),
    ["Number the rows and the columns. What do the dark cells have in common?", "A column of numbers plus a row of numbers "
     "is a table of sums: `i[:, None] + i`. And `% 2` says which are odd."])

@checkerboard.right
def board_sum(n): return (torch.arange(n)[:, None] + torch.arange(n)) % 2

@checkerboard.right
def board_difference(n): return (torch.arange(n).view(n, 1) - torch.arange(n).view(1, n)).abs() % 2

@checkerboard.right
def board_unequal(n): return (torch.arange(n)[:, None] % 2 != torch.arange(n) % 2).long()

@checkerboard.wrong("The colours are the other way round: the corner at the top left is 0")
def board_inverse(n): return (torch.arange(n)[:, None] + torch.arange(n) + 1) % 2

@checkerboard.wrong("These are stripes: the rows have no say in it")
def board_stripes(n): return torch.arange(n*n).view(n, n) % n % 2

@checkerboard.wrong("This works for an odd n only: with an even one each row begins with the same colour")
def board_count(n): return torch.arange(n*n).view(n, n) % 2

@checkerboard.wrong("You multiplied row and column: that is odd only where both are")
def board_product(n): return torch.arange(n)[:, None]*torch.arange(n) % 2


centre_rows = Puzzle('centre_rows', 'centre_rows(im)',
    lambda: [(_two_by_three(),), (torch.rand(3, 3),), (torch.rand(1, 4),), (digits(1)[0],)],
    lambda im: im - im.mean(1).view(-1, 1).expand(im.shape),
    ["The mean of each row: over which axis do you take it, and which shape is left?",
     "`keepdim=True` leaves an axis of length 1, so that it lines up with the picture again."])

@centre_rows.right
def centre_keepdim(im): return im - im.mean(1, keepdim=True)

@centre_rows.right
def centre_none(im): return im - im.mean(-1)[:, None]

@centre_rows.right
def centre_turned(im): return (im.T - im.mean(1)).T

@centre_rows.wrong("You took the mean of each column: axis 0 is the one that goes down")
def centre_columns(im): return im - im.mean(0)

@centre_rows.wrong("You took one mean of the whole picture; each row has its own")
def centre_all(im): return im - im.mean()

@centre_rows.wrong("The means of the rows lost their axis, so they met the columns; keepdim=True keeps it")
def centre_lost(im): return im - im.mean(1)

@centre_rows.wrong("You divided by the mean; it is to be subtracted")
def centre_divided(im): return im/im.mean(1, keepdim=True)


stretch_each = Puzzle('stretch_each', 'stretch_each(ims)',
    lambda: [(torch.tensor([[[.5, .25]], [[.1, .2]]]),), (torch.rand(3, 2, 2),), (torch.rand(1, 3, 4),),
             (torch.rand(2, 2, 2)*2,), (digits(4)*torch.tensor([1, .5, .25, .1]).view(4, 1, 1),)],
    lambda ims: ims/ims.flatten(1).max(1).values.view(-1, 1, 1).expand(ims.shape),
    ["Each picture has a largest number, and is to be divided by it. How many numbers is that, and with which shape?",
     "`.amax((1, 2))` is the largest over two axes; it takes `keepdim=True`, too."])

@stretch_each.right
def each_amax(ims): return ims/ims.amax((1, 2), keepdim=True)

@stretch_each.right
def each_flat(ims): return ims/ims.flatten(1).max(1).values[:, None, None]

@stretch_each.right
def each_view(ims): return ims/ims.amax((-2, -1)).view(len(ims), 1, 1)

@stretch_each.wrong("All pictures were divided by the largest number of all; each has one of its own")
def each_all(ims): return ims/ims.max()

@stretch_each.wrong("You divided each row by its own largest pixel: it is one for the whole picture")
def each_row(ims): return ims/ims.amax(2, keepdim=True)

@stretch_each.wrong("You divided each place by the largest of all pictures there: axis 0 runs over the pictures")
def each_place(ims): return ims/ims.amax(0)

@stretch_each.wrong("You divided by the mean, and the largest number is wanted")
def each_mean(ims): return ims/ims.mean((1, 2), keepdim=True)


colour = Puzzle('colour', 'colour(im, rgb)',
    lambda: [(torch.tensor([[0., 1]]), torch.tensor([1., .5, 0])), (torch.rand(3, 3), torch.rand(3)),
             (torch.rand(2, 4), torch.rand(3)), (digits(1)[0], torch.tensor([.9, .4, .1]))],
    lambda im, rgb: torch.stack([im*c for c in rgb]),
    ["Three numbers and a picture, and three pictures come out. Which axis is new?",
     "`rgb[:, None, None]` has shape (3, 1, 1)."])

@colour.right
def colour_none(im, rgb): return rgb[:, None, None]*im

@colour.right
def colour_view(im, rgb): return im[None]*rgb.view(3, 1, 1)

@colour.right
def colour_moved(im, rgb): return (im[..., None]*rgb).permute(2, 0, 1)

@colour.wrong("The colours are the last axis here, (h, w, 3); PyTorch wants them first, (3, h, w)")
def colour_last(im, rgb): return im[..., None]*rgb

@colour.wrong("This is a single picture, all colours added up")
def colour_summed(im, rgb): return im*rgb.sum()

@colour.wrong("You added the colour, so paper is coloured, too; multiply, and 0 stays 0")
def colour_added(im, rgb): return im + rgb[:, None, None]

@colour.wrong("Colours and paper are swapped: where the picture is 0 it must stay 0")
def colour_paper(im, rgb): return (1 - im)*rgb[:, None, None]


blend = Puzzle('blend', 'blend(a, b)',
    lambda: [(torch.zeros(1, 3), torch.ones(1, 3)), (torch.rand(3, 3), torch.rand(3, 3)), (torch.rand(2, 5), torch.rand(2, 5)),
             (digits(2)[0], digits(2)[1])],
    lambda a, b: torch.lerp(a, b, torch.linspace(0, 1, a.shape[1]).expand(a.shape)),
    ["On the left only a, on the right only b. What share of b is in each column?", "A share r of b and 1 - r of a: "
     "`a + (b - a)*r`, and r is a row."])

@blend.right
def blend_shares(a, b): return a*torch.linspace(1, 0, a.shape[1]) + b*torch.linspace(0, 1, a.shape[1])

@blend.right
def blend_difference(a, b): return a + (b - a)*torch.linspace(0, 1, a.shape[-1])

@blend.right
def blend_lerp(a, b): return a.lerp(b, torch.linspace(0, 1, a.shape[1])[None])

@blend.wrong("a and b are swapped: the left column is a's")
def blend_swapped(a, b): return b + (a - b)*torch.linspace(0, 1, a.shape[1])

@blend.wrong("It blends from top to bottom: the share belongs to the columns")
def blend_down(a, b): return a + (b - a)*torch.linspace(0, 1, a.shape[0])[:, None]

@blend.wrong("a stays in full, and b is added to it: take as much of a away as you give of b")
def blend_added(a, b): return a + b*torch.linspace(0, 1, a.shape[1])

@blend.wrong("This is half and half everywhere; the share is to grow from left to right")
def blend_half(a, b): return (a + b)/2


one_hot = Puzzle('one_hot', 'one_hot(labels)',
    lambda: [(torch.tensor([0, 2]),), (torch.tensor([9]),), (torch.tensor([3, 7, 3, 1]),), (torch.zeros(0).long(),),
             (torch.tensor([3, 7, 3, 7, 1, 0, 9, 5]),)],
    lambda labels: torch.nn.functional.one_hot(labels, 10).float(),
    ["A row of ten for each label, with a 1 at its place. Compare each label with each of the ten digits.",
     "`==` broadcasts like `-`: (n, 1) against (10,). And `.float()` makes numbers of True and False."])

@one_hot.right
def hot_equal(labels): return (labels[:, None] == torch.arange(10)).float()

@one_hot.right
def hot_difference(labels): return ((labels.view(-1, 1) - torch.arange(10)) == 0).float()

@one_hot.right
def hot_relu(labels): return (1 - (labels[:, None] - torch.arange(10)).abs()).clamp(min=0).float()

@one_hot.wrong("Right, but as True and False; the cross-entropy multiplies by it, so numbers are wanted: .float()")
def hot_bool(labels): return labels[:, None] == torch.arange(10)

@one_hot.wrong("Rows and columns are swapped: a row is an image, and has ten columns")
def hot_turned(labels): return (labels == torch.arange(10)[:, None]).float()

@one_hot.wrong("All columns up to the label are 1, and only the one at the label is wanted: ==, not >=")
def hot_up_to(labels): return (labels[:, None] >= torch.arange(10)).float()

@one_hot.wrong("The ones are off by one: the digits are 0 to 9, not 1 to 10")
def hot_off(labels): return (labels[:, None] == torch.arange(1, 11)).float()


distances = Puzzle('distances', 'distances(a, b)',
    lambda: [(torch.zeros(1, 1, 1), torch.ones(2, 1, 1)), (torch.rand(2, 2, 2), torch.rand(3, 2, 2)),
             (torch.rand(3, 2, 4), torch.rand(3, 2, 4)), (torch.rand(0, 2, 2), torch.rand(2, 2, 2)),
             (digits(6)[:3], digits(6)[2:])],
    lambda a, b: torch.cdist(a.flatten(1), b.flatten(1), p=1)/(a.shape[1]*a.shape[2]),
    ["A table: a row for each picture of a, a column for each of b, in it the mean absolute difference. "
     "How do all of a meet all of b?",
     "`a[:, None] - b` has shape (n, m, h, w). Over which of these axes do you take the mean?"])

@distances.right
def dist_none(a, b): return (a[:, None] - b).abs().mean((-1, -2))

@distances.right
def dist_flat(a, b): return (a.flatten(1)[:, None] - b.flatten(1)).abs().mean(2)

@distances.right
def dist_turned(a, b): return (b - a.unsqueeze(1)).abs().mean(dim=(2, 3))

@distances.wrong("Rows and columns are swapped: a row is a picture of a")
def dist_swapped(a, b): return (a - b[:, None]).abs().mean((-1, -2))

@distances.wrong("The differences cancelled: take abs before the mean")
def dist_cancel(a, b): return (a[:, None] - b).mean((-1, -2)).abs()

@distances.wrong("These are squares: RMSE without its root, and not the mean absolute difference")
def dist_squares(a, b): return ((a[:, None] - b)**2).mean((-1, -2))

@distances.wrong("You added the differences up; the mean is wanted")
def dist_sum(a, b): return (a[:, None] - b).abs().sum((-1, -2))


weigh = Puzzle('weigh', 'weigh(ims, w)',
    lambda: [(torch.tensor([[[1., 0]], [[0, 1]]]), torch.tensor([2., 3])), (torch.rand(3, 3, 3), torch.rand(3)),
             (torch.rand(2, 1, 4), torch.randn(2)), (digits(4), torch.tensor([.4, .3, -.2, .1]))],
    lambda ims, w: torch.einsum('n,nhw->hw', w, ims),
    ["Each picture is multiplied by its own weight, and they are added up to one picture.",
     "The weights need two more axes to meet the pictures: `w[:, None, None]`; then a sum over the pictures."], also=['tensordot'])

@weigh.right
def weigh_none(ims, w): return (ims*w[:, None, None]).sum(0)

@weigh.right
def weigh_matmul(ims, w): return (w @ ims.flatten(1)).view(ims.shape[1:])

@weigh.right
def weigh_last(ims, w): return (ims.permute(1, 2, 0)*w).sum(-1)

@weigh.wrong("This is the mean, and the sum is wanted")
def weigh_mean(ims, w): return (ims*w[:, None, None]).mean(0)

@weigh.wrong("You divided by the sum of the weights; they are to be used as they are")
def weigh_normed(ims, w): return (ims*w[:, None, None]).sum(0)/w.sum()

@weigh.wrong("The pictures were weighted and not added up: one picture is wanted")
def weigh_unsummed(ims, w): return ims*w[:, None, None]

@weigh.wrong("All pictures got the same weight, the sum of the weights")
def weigh_same(ims, w): return ims.sum(0)*w.sum()


disc = Puzzle('disc', 'disc(n, r)', lambda: [(3, 1.), (4, 1.6), (1, 0.), (5, 2.), (28, 10.)],
    lambda n, r: torch.tensor([[float((i - (n - 1)/2)**2 + (j - (n - 1)/2)**2 <= r*r) for j in range(n)] for i in range(n)]),
    ["Which cells are at most r from the centre? The centre is at (n - 1)/2 in both directions.",
     "With `c = torch.arange(n) - (n - 1)/2`: a column of squares plus a row of squares. In one line, say `torch.arange` twice."])

@disc.right
def disc_squares(n, r):
    return ((torch.arange(n) - (n - 1)/2)[:, None]**2 + (torch.arange(n) - (n - 1)/2)**2 <= r*r).float()

@disc.right
def disc_hypot(n, r):
    return (torch.hypot((torch.arange(n) - (n - 1)/2)[:, None], torch.arange(n) - (n - 1)/2) <= r).float()

@disc.right
def disc_linspace(n, r):
    return (torch.linspace(-(n - 1)/2, (n - 1)/2, n).square()[:, None]
            + torch.linspace(-(n - 1)/2, (n - 1)/2, n).square() <= r**2).float()

@disc.wrong("The centre is off: it lies between the cells for an even n, at (n - 1)/2")
def disc_off(n, r): return ((torch.arange(n) - n/2)[:, None]**2 + (torch.arange(n) - n/2)**2 <= r*r).float()

@disc.wrong("This is a square standing on its corner: add squares, not absolute values")
def disc_diamond(n, r): return ((torch.arange(n) - (n - 1)/2).abs()[:, None] + (torch.arange(n) - (n - 1)/2).abs() <= r).float()

@disc.wrong("Outside and inside are swapped")
def disc_outside(n, r): return ((torch.arange(n) - (n - 1)/2)[:, None]**2 + (torch.arange(n) - (n - 1)/2)**2 > r*r).float()

@disc.wrong("You compared the squared distance with r; compare it with r squared")
def disc_r(n, r): return ((torch.arange(n) - (n - 1)/2)[:, None]**2 + (torch.arange(n) - (n - 1)/2)**2 <= r).float()


frame = Puzzle('frame', 'frame(im, k)',
    lambda: [(torch.ones(3, 3), 1), (torch.rand(5, 5), 2), (torch.rand(4, 6), 1), (torch.rand(4, 4), 2), (digits(1)[0], 8)],
    lambda im, k: im*torch.nn.functional.pad(torch.zeros(im.shape[0] - 2*k, im.shape[1] - 2*k), [k]*4, value=1.),
    ["Only the outermost k rows and columns keep their ink. Which rows are inside, in terms of their number?",
     "Inside in rows *and* in columns is what goes: `inside_rows[:, None] & inside_columns`; `~` turns it round.",
     "`(torch.arange(h) >= k) & (torch.arange(h) < h - k)` says which rows are inside."])

@frame.right
def frame_inside(im, k):
    return im*~(((torch.arange(len(im)) >= k) & (torch.arange(len(im)) < len(im) - k))[:, None]
                & (torch.arange(im.shape[1]) >= k) & (torch.arange(im.shape[1]) < im.shape[1] - k))

@frame.right
def frame_nearest(im, k):
    return im*(torch.minimum(torch.minimum(torch.arange(len(im)), torch.arange(len(im)).flip(0))[:, None],
                             torch.minimum(torch.arange(im.shape[1]), torch.arange(im.shape[1]).flip(0))) < k)

@frame.right
def frame_outside(im, k):
    return im*((torch.arange(len(im))[:, None] < k) | (torch.arange(len(im))[:, None] >= len(im) - k)
               | (torch.arange(im.shape[1]) < k) | (torch.arange(im.shape[1]) >= im.shape[1] - k))

@frame.wrong("Only the corners are left: a cell belongs to the frame if its row *or* its column is outside")
def frame_corners(im, k):
    return im*((torch.arange(len(im)) < k) | (torch.arange(len(im)) >= len(im) - k))[:, None]*(
        (torch.arange(im.shape[1]) < k) | (torch.arange(im.shape[1]) >= im.shape[1] - k))

@frame.wrong("The frame is what goes here; it should be what stays")
def frame_inverse(im, k):
    return im*(((torch.arange(len(im)) >= k) & (torch.arange(len(im)) < len(im) - k))[:, None]
               & (torch.arange(im.shape[1]) >= k) & (torch.arange(im.shape[1]) < im.shape[1] - k))

@frame.wrong("The frame is one too wide: row k is the first inside")
def frame_wide(im, k):
    return im*((torch.arange(len(im))[:, None] <= k) | (torch.arange(len(im))[:, None] >= len(im) - k - 1)
               | (torch.arange(im.shape[1]) <= k) | (torch.arange(im.shape[1]) >= im.shape[1] - k - 1))

@frame.wrong("Top and left only: the last k rows and columns belong to the frame as well")
def frame_half(im, k): return im*((torch.arange(len(im))[:, None] < k) | (torch.arange(im.shape[1]) < k))


enlarge = Puzzle('enlarge', 'enlarge(im, k)',
    lambda: [(torch.tensor([[0., 1]]), 2), (torch.rand(2, 3), 3), (torch.rand(3, 3), 1), (torch.rand(1, 1), 4), (digits(1)[0], 3)],
    lambda im, k: im.repeat_interleave(k, 0).repeat_interleave(k, 1),
    ["Each pixel becomes a block of k x k. Give each pixel two axes of its own to stretch, and then flatten.",
     "`im[:, None, :, None]*torch.ones(k, 1, k)` has shape (h, k, w, k)."])

@enlarge.right
def enlarge_ones(im, k): return (im[:, None, :, None]*torch.ones(k, 1, k)).reshape(len(im)*k, -1)

@enlarge.right
def enlarge_index(im, k): return im[torch.arange(len(im)*k)[:, None]//k, torch.arange(im.shape[1]*k)//k]

@enlarge.right
def enlarge_twice(im, k): return im[torch.arange(len(im)*k)//k][:, torch.arange(im.shape[1]*k)//k]

@enlarge.wrong("The whole picture was repeated like a tile; each pixel is to become a block")
def enlarge_tiles(im, k): return (im[None, :, None]*torch.ones(k, 1, k, 1)).reshape(len(im)*k, -1)

@enlarge.wrong("Only the columns were stretched: the rows need it, too")
def enlarge_columns(im, k): return (im[:, :, None]*torch.ones(k)).reshape(len(im), -1)

@enlarge.wrong("Only the rows were stretched: the columns need it, too")
def enlarge_rows(im, k): return (im[:, None]*torch.ones(k, 1)).reshape(-1, im.shape[1])

@enlarge.wrong("The axes of the blocks stand together, so reshape mixed the pixels up: the order must be (h, k, w, k)")
def enlarge_mixed(im, k): return (im[:, :, None, None]*torch.ones(k, k)).reshape(len(im)*k, -1)


mosaic = Puzzle('mosaic', 'mosaic(ims)',
    lambda: [(torch.arange(4.).view(4, 1, 1),), (torch.rand(4, 2, 3),), (torch.rand(4, 1, 2),), (digits(4),)],
    lambda ims: torch.cat([torch.cat([ims[0], ims[1]], 1), torch.cat([ims[2], ims[3]], 1)]),
    ["Four pictures in a 2 x 2 arrangement. Give the four an axis for up and down and one for left and right.",
     "From (2, 2, h, w) to (2h, 2w): a row of the result runs through both pictures, so which axes must be neighbours?",
     "`ims.view(2, 2, h, w)`, then swap axes 1 and 2, then `reshape`."], also=['make_grid', 'block_diag'])

@mosaic.right
def mosaic_transpose(ims): return ims.view(2, 2, *ims.shape[1:]).transpose(1, 2).reshape(2*ims.shape[1], -1)

@mosaic.right
def mosaic_permute(ims):
    return ims.reshape(2, 2, ims.shape[1], ims.shape[2]).permute(0, 2, 1, 3).reshape(2*ims.shape[1], 2*ims.shape[2])

@mosaic.right
def mosaic_index(ims):
    return ims[2*(torch.arange(2*ims.shape[1])//ims.shape[1])[:, None] + torch.arange(2*ims.shape[2])//ims.shape[2],
               (torch.arange(2*ims.shape[1]) % ims.shape[1])[:, None], torch.arange(2*ims.shape[2]) % ims.shape[2]]

@mosaic.wrong("The numbers are read in their old order, so the rows are cut in pieces: swap two axes before reshape")
def mosaic_unswapped(ims): return ims.reshape(2*ims.shape[1], 2*ims.shape[2])

@mosaic.wrong("The second picture is below the first; it should be at its right")
def mosaic_turned(ims): return ims.view(2, 2, *ims.shape[1:]).permute(1, 2, 0, 3).reshape(2*ims.shape[1], -1)

@mosaic.wrong("All four are one below the other")
def mosaic_column(ims): return ims.reshape(-1, ims.shape[2])

@mosaic.wrong("All four stand side by side")
def mosaic_row(ims): return ims.transpose(0, 1).reshape(ims.shape[1], -1)


shifts = Puzzle('shifts', 'shifts(row)',
    lambda: [(torch.tensor([1., 2, 3]),), (torch.rand(4),), (torch.rand(1),), (digits(1)[0][13],)],
    lambda row: torch.stack([row.roll(-i) for i in range(len(row))]),
    ["Row i of the result is `row`, moved i places to the left, and what falls out comes back at the right. "
     "Which number of `row` stands at [i, j]?",
     "It is number i + j, modulo n. And a tensor can be indexed with a table of numbers."])

@shifts.right
def shifts_index(row): return row[(torch.arange(len(row))[:, None] + torch.arange(len(row))) % len(row)]

@shifts.right
def shifts_take(row): return row.take((torch.arange(len(row)).view(-1, 1) + torch.arange(len(row))) % row.numel())

@shifts.right
def shifts_negative(row): return row[torch.arange(len(row))[:, None] + torch.arange(len(row)) - len(row)]

@shifts.wrong("It moves to the right: at [i, j] stands number i + j, not j - i")
def shifts_right(row): return row[(torch.arange(len(row)) - torch.arange(len(row))[:, None]) % len(row)]

@shifts.wrong("The first row is moved already; it should be as it was given")
def shifts_early(row): return row[(torch.arange(len(row))[:, None] + torch.arange(len(row)) + 1) % len(row)]

@shifts.wrong("All rows are the same: nothing moves with i")
def shifts_same(row): return row[(0*torch.arange(len(row))[:, None] + torch.arange(len(row))) % len(row)]

@shifts.wrong("What falls out at the left does not come back: the last number is repeated; count modulo n")
def shifts_clamped(row): return row[(torch.arange(len(row))[:, None] + torch.arange(len(row))).clamp(max=len(row) - 1)]


votes = Puzzle('votes', 'votes(preds)',
    lambda: [(torch.tensor([3, 3, 7]),), (torch.tensor([0]),), (torch.zeros(0).long(),), (torch.tensor([9, 9, 9, 0]),),
             (torch.tensor([3, 7, 3, 3, 1, 7, 9, 5, 3]),)],
    lambda preds: torch.bincount(preds, minlength=10),
    ["How often was each of the ten digits answered? Compare every answer with every digit, and count.",
     "`(preds[:, None] == torch.arange(10))` is a table of True and False; over which axis do you sum?"], also=['unique'])

@votes.right
def votes_sum(preds): return (preds[:, None] == torch.arange(10)).sum(0)

@votes.right
def votes_rows(preds): return (torch.arange(10)[:, None] == preds).sum(1)

@votes.right
def votes_nonzero(preds): return torch.count_nonzero(preds.view(-1, 1) == torch.arange(10), 0)

@votes.wrong("These are shares; the counts are wanted")
def votes_shares(preds): return (preds[:, None] == torch.arange(10)).float().mean(0)

@votes.wrong("You summed over the digits, so each answer gets a 1; sum over the answers")
def votes_axis(preds): return (preds[:, None] == torch.arange(10)).sum(1)

@votes.wrong("This says only which digits occur; how often is wanted")
def votes_any(preds): return (preds[:, None] == torch.arange(10)).any(0).long()

@votes.wrong("You counted all answers up to each digit: ==, not <=")
def votes_cumulative(preds): return (preds[:, None] <= torch.arange(10)).sum(0)
