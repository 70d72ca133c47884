"Exercises of chapter 3: how like are two pictures?"
import torch

from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise
from mnist_sgd.similarity import PixelSimilarity, accuracy, l1_distance, rmse_distance
from mnist_sgd.tensor import stack_images, tensor


def _margins():
    t = torch.tensor
    return [(t([-1., 1]), t([True, False]), t([-2., 0, 2])), (t([-1., 0, 1]), t([True, True, False]), t([0., .5, 1])),
            (torch.randn(200) + torch.arange(200)/50, torch.arange(200) < 90, torch.linspace(-1, 3, 41)),
            (torch.randn(40), torch.rand(40) < .5, torch.linspace(-2, 2, 9)), (t([.3]), t([False]), t([.1, .4]))]

best_boundary = Exercise('similarity.best_boundary', 'best_boundary(margins, is_three, candidates)', _margins,
    lambda margins, is_three, candidates: max(candidates, key=lambda b: accuracy(margins < b, is_three)),
    hints=["Chapter 0 found its n in the same way. What is tried here, and what says how good it is?",
           "`accuracy(margins < b, is_three)` judges one b.",
           "`max(candidates, key=...)` takes a function, and returns the first candidate for which it is largest."])

@best_boundary.right
def boundary_max(margins, is_three, candidates):
    return max(candidates, key=lambda b: accuracy(margins < b, is_three))

@best_boundary.right
def boundary_loop(margins, is_three, candidates):
    best, most = None, -1
    for b in candidates:
        right = ((margins < b) == is_three).sum().item()
        if right > most: best, most = b, right
    return best

@best_boundary.right
def boundary_broadcast(margins, is_three, candidates):
    return candidates[((margins < candidates[:, None]) == is_three).sum(1).argmax()]

@best_boundary.wrong("The other way round: a three is closer to the ideal three, so its margin lies below b")
def boundary_above(margins, is_three, candidates):
    return max(candidates, key=lambda b: accuracy(margins > b, is_three))

@best_boundary.wrong("Right, but for a margin of exactly b, which is not below it: < and not <=")
def boundary_equal(margins, is_three, candidates):
    return max(candidates, key=lambda b: accuracy(margins <= b, is_three))

@best_boundary.wrong("You return the place of the best candidate, not the candidate: `candidates[place]`")
def boundary_place(margins, is_three, candidates):
    return ((margins < candidates[:, None]) == is_three).sum(1).argmax()

@best_boundary.wrong("You return the best accuracy, not the b that reaches it")
def boundary_accuracy(margins, is_three, candidates):
    return max(accuracy(margins < b, is_three) for b in candidates)

@best_boundary.wrong("Of several that are equally good you return the last; keep the first, with > and not >=")
def boundary_last(margins, is_three, candidates):
    return max(candidates.flip(0), key=lambda b: accuracy(margins < b, is_three))


def _pairs():
    small = torch.tensor([[0., 1], [0, 0]])
    return [(small, torch.zeros(2, 2)), (torch.rand(3, 2, 2), torch.rand(2, 2)),
            (torch.rand(2, 28, 28), torch.rand(2, 28, 28)),
            (torch.rand(4, 1, 5, 3), torch.rand(2, 5, 3)), (torch.rand(0, 4, 4), torch.rand(4, 4))]

rmse = Exercise('similarity.rmse', 'rmse(a, b)', _pairs, rmse_distance,
    hints=["Read the name backwards: the errors, squared, their mean, the root of it.",
           "A stack of images must give one number for each: over which axes do you take the mean?",
           "`.mean((-1, -2))` takes it over the last two axes; `.sqrt()` is the root."])

@rmse.right
def rmse_method(a, b): return ((a - b)**2).mean((-1, -2)).sqrt()

@rmse.right
def rmse_torch(a, b): return torch.sqrt(torch.square(a - b).sum((-2, -1))/(a.shape[-1]*a.shape[-2]))

@rmse.right
def rmse_norm(a, b): return torch.linalg.matrix_norm(a - b)/(a.shape[-1]*a.shape[-2])**.5

@rmse.wrong("You took the mean over everything, so a whole stack of images gets a single number")
def rmse_all(a, b): return ((a - b)**2).mean().sqrt()

@rmse.wrong("You took the root of each square before the mean, and that is the mean absolute difference, L1")
def rmse_root_first(a, b): return ((a - b)**2).sqrt().mean((-1, -2))

@rmse.wrong("The root is missing: this is the mean squared error")
def rmse_no_root(a, b): return ((a - b)**2).mean((-1, -2))

@rmse.wrong("You took the mean before the square, so positive and negative differences cancelled")
def rmse_mean_first(a, b): return (a - b).mean((-1, -2)).abs()

@rmse.wrong("You added the squares up without dividing: a larger picture would always be farther away")
def rmse_sum(a, b): return ((a - b)**2).sum((-1, -2)).sqrt()


def _digits(n=40):
    images, labels = mnist_arrays('valid', (3, 7))
    return stack_images(images[:n]), tensor(labels[:n]).long()

def _labelled():
    t = torch.tensor
    x, y = t([[[0., 1]], [[1, 1]], [[1, 3]]]), t([7, 3, 7])
    return [(x[:2], y[:2]), (x, y), (torch.rand(30, 3, 2), torch.randint(3, (30,))*4), (torch.rand(1, 2, 2), t([5])),
            (torch.rand(20, 4, 4), torch.arange(20) % 10), _digits()]

ideal_digits = Exercise('similarity.ideal_digits', 'ideal_digits(x, y)', _labelled,
    lambda x, y: PixelSimilarity().fit(x, y).ideals_,
    hints=["`x[y == 3]` are the threes. What is their ideal, and for which classes do you need one?",
           "`y.unique()` are the classes, from the smallest to the largest.",
           "`torch.stack` makes one tensor of the means of all classes, each taken over axis 0."])

@ideal_digits.right
def ideals_stack(x, y): return torch.stack([x[y == c].mean(0) for c in y.unique()])

@ideal_digits.right
def ideals_add(x, y):
    classes, place = y.unique(return_inverse=True)
    sums = torch.zeros(len(classes), *x.shape[1:]).index_add(0, place, x)
    return sums/place.bincount()[:, None, None]

@ideal_digits.right
def ideals_mask(x, y):
    members = (y == y.unique()[:, None]).float()
    return torch.einsum('cn,nhw->chw', members, x)/members.sum(1)[:, None, None]

@ideal_digits.wrong("The classes come in the order in which they occur; sort them, as `y.unique()` does")
def ideals_unsorted(x, y): return torch.stack([x[y == c].mean(0) for c in dict.fromkeys(y.tolist())])

@ideal_digits.wrong("You added the images up; divide by how many there are")
def ideals_sum(x, y): return torch.stack([x[y == c].sum(0) for c in y.unique()])

@ideal_digits.wrong("You divided by the number of all images; divide each sum by the number of images of its class")
def ideals_of_all(x, y): return torch.stack([(x*(y == c)[:, None, None]).mean(0) for c in y.unique()])

@ideal_digits.wrong("You took the mean over the pixels, too: one number for each class. Over axis 0 alone, a picture "
                    "is left")
def ideals_number(x, y): return torch.stack([x[y == c].mean() for c in y.unique()])

@ideal_digits.wrong("You take ten classes for granted; those that do not occur have a mean of nothing, `nan`. Use "
                    "`y.unique()`")
def ideals_ten(x, y): return torch.stack([x[y == c].mean(0) for c in range(10)])


def _rights():
    t = torch.tensor
    a = torch.rand(200) < .9
    return [(t([True]), t([False])), (t([True, False, True]), t([False, True, False])),
            (t([False, True]), t([False, True])),
            (a, a ^ (torch.rand(200) < .1)), (torch.rand(300) < .5, torch.rand(300) < .7),
            (t([], dtype=bool), t([], dtype=bool))]

paired_difference = Exercise('similarity.paired_difference', 'paired_difference(a, b)', _rights,
    lambda a, b: ((b & ~a).sum().item() - (a & ~b).sum().item(), (a != b).sum().item()**.5),
    hints=["An image that both get right, or both wrong, says nothing about which is better. Which ones do?",
           "`a & ~b` are those that only the first gets right. Count these, and the others.",
           "The difference is the one count minus the other; a count of n is uncertain by the root of n, of all that "
           "differ."])

@paired_difference.right
def paired_counts(a, b):
    only_a, only_b = (a & ~b).sum().item(), (b & ~a).sum().item()
    return only_b - only_a, (only_a + only_b)**.5

@paired_difference.right
def paired_numbers(a, b):
    d = b.int() - a.int()
    return d.sum(), (d**2).sum().sqrt()

@paired_difference.right
def paired_loop(a, b):
    difference = differ = 0
    for first, second in zip(a.tolist(), b.tolist()):
        difference += second - first
        differ += first != second
    return difference, differ**.5

@paired_difference.wrong("The sign is turned: positive should mean that the second is better")
def paired_turned(a, b): return paired_counts(b, a)

@paired_difference.wrong("You took the root of the difference; what is uncertain is how many images differ at all, in "
                         "both directions")
def paired_root(a, b):
    difference = paired_counts(a, b)[0]
    return difference, abs(difference)**.5

@paired_difference.wrong("You took the root of the number of all images; only those on which the two differ are in "
                         "question")
def paired_all(a, b): return paired_counts(a, b)[0], len(a)**.5

@paired_difference.wrong("You counted all mistakes of both; count only the images that one gets right and the other "
                         "wrong")
def paired_mistakes(a, b): return paired_counts(a, b)[0], ((~a).sum().item() + (~b).sum().item())**.5

@paired_difference.wrong("The root is missing: a count of n is uncertain by the root of n")
def paired_square(a, b): return paired_counts(a, b)[0], (a != b).sum().item()


def _to_predict():
    t = torch.tensor
    x, y = t([[[0., 0]], [[0, 1]], [[1, 1]], [[1, .8]]]), t([7, 7, 3, 3])
    xd, yd = _digits(60)
    many, labels = torch.rand(60, 3, 3), torch.randint(3, (60,))*4 + 1
    return [(x, y, x[0]), (x, y, x), (many, labels, torch.rand(20, 3, 3)), (many, labels, torch.rand(3, 3)),
            (many, labels, torch.rand(2, 5, 3, 3)), (many, labels, torch.rand(0, 3, 3)), (xd[:40], yd[:40], xd[40:])]

def _fit_predict(cls, x, y, new): return cls().fit(x, y).predict(new)

NearestIdeal = Exercise('similarity.NearestIdeal', 'NearestIdeal()', _to_predict,
    lambda x, y, new: PixelSimilarity(rmse_distance).fit(x, y).predict(new), use=_fit_predict,
    hints=["What must `fit` keep in `self`, so that `predict` can answer?",
           "Keep the classes and the ideals. The distances of all images to all ideals are one tensor; `argmin` finds "
           "the places.",
           "`torch.stack([rmse_distance(x, o) for o in self.ideals]).argmin(0)`, as an index into the classes. `fit` "
           "returns `self`."])

@NearestIdeal.right
class IdealStack:
    def fit(self, x, y):
        self.classes, self.ideals = y.unique(), ideals_stack(x, y)
        return self
    def predict(self, x): return self.classes[torch.stack([rmse_distance(x, o) for o in self.ideals]).argmin(0)]

@NearestIdeal.right
class IdealBroadcast:
    def fit(self, x, y):
        self.classes, self.ideals = y.unique(), ideals_add(x, y)
        return self
    def predict(self, x):
        squares = ((x[..., None, :, :] - self.ideals)**2).sum((-1,
                                                               -2))  # without root and mean, the nearest is the same
        return self.classes[squares.argmin(-1)]

@NearestIdeal.right
class IdealDictionary:
    def fit(self, x, y):
        self.ideals = {c: x[y == c].mean(0) for c in y.unique().tolist()}
        return self
    def predict(self, x):
        best, answer = torch.full(x.shape[:-2], torch.inf), torch.zeros(x.shape[:-2], dtype=int)
        for c, ideal in self.ideals.items():
            d = rmse_distance(x, ideal)
            answer[d < best] = c
            best = torch.minimum(d, best)
        return answer

@NearestIdeal.wrong("`fit` returns nothing; by convention it returns `self`, so that `fit(...).predict(...)` can be "
                    "written")
class IdealNoSelf(IdealStack):
    def fit(self, x, y): super().fit(x, y)

@NearestIdeal.wrong("You answer with the place of the nearest ideal; its class is `self.classes[place]`")
class IdealPlace(IdealStack):
    def predict(self, x): return torch.stack([rmse_distance(x, o) for o in self.ideals]).argmin(0)

@NearestIdeal.wrong("You answer with the farthest ideal: `argmin`")
class IdealFarthest(IdealStack):
    def predict(self, x): return self.classes[torch.stack([rmse_distance(x, o) for o in self.ideals]).argmax(0)]

@NearestIdeal.wrong("You measure with L1; use RMSE")
class IdealL1(IdealStack):
    def predict(self, x): return self.classes[torch.stack([l1_distance(x, o) for o in self.ideals]).argmin(0)]

@NearestIdeal.wrong("Right for a stack, but not for a single image, or a stack of stacks: distances over the last two "
                    "axes, the ideals along an axis of their own")
class IdealStackOnly(IdealStack):
    def predict(self, x): return self.classes[((x[:, None] - self.ideals)**2).mean((2, 3)).argmin(1)]


def _neighbours():
    t = torch.tensor
    x, y = t([[[0., 0]], [[1, 1]], [[1, 0]]]), t([7, 3, 5])
    xd, yd = _digits(60)
    return [(x, y, x[1:2]), (x, y, t([[[.1, .2]], [[.9, .4]]])), (torch.rand(20, 3, 3), torch.randint(10, (20,)),
                                                                  torch.rand(30, 3, 3)),
            (torch.rand(8, 2, 2), torch.arange(8), torch.rand(8, 2, 2)), (x, y, x[:0]), (xd[:40], yd[:40], xd[40:])]

nearest_neighbour = Exercise('similarity.nearest_neighbour', 'nearest_neighbour(x, y, new)', _neighbours,
    lambda x, y, new: y[torch.cdist(new.flatten(1), x.flatten(1)).argmin(1)],
    hints=["An ideal for each class is one way; here every training image is its own ideal. What shape has the table "
           "of distances?",
           "`rmse_distance(new[:, None], x)` is that table: a row for each new image, a column for each training "
           "image.",
           "`argmin(1)` finds the column of the smallest in each row; as an index into `y` it gives the labels."])

@nearest_neighbour.right
def neighbour_table(x, y, new): return y[rmse_distance(new[:, None], x).argmin(1)]

@nearest_neighbour.right
def neighbour_loop(x, y, new):
    answers = [y[((x - o)**2).sum((1, 2)).argmin()].item() for o in new]
    return torch.tensor(answers, dtype=y.dtype)

@nearest_neighbour.right
def neighbour_product(x, y, new):
    a, b = new.flatten(1).double(), x.flatten(1).double()
    return y[((b**2).sum(1) - 2*a@b.T).argmin(1)]

@nearest_neighbour.wrong("You answer with the place of the nearest image; its label is `y[place]`")
def neighbour_place(x, y, new): return rmse_distance(new[:, None], x).argmin(1)

@nearest_neighbour.wrong("You took the minimum along the other axis: for each training image the nearest new one")
def neighbour_axis(x, y, new): return y[rmse_distance(new[:, None], x).argmin(0)]

@nearest_neighbour.wrong("`argmin()` without an axis finds one place in the whole table; each row needs its own")
def neighbour_one(x, y, new): return y[rmse_distance(new[:, None], x).argmin()]

@nearest_neighbour.wrong("You measure with L1; use RMSE")
def neighbour_l1(x, y, new): return y[l1_distance(new[:, None], x).argmin(1)]

@nearest_neighbour.wrong("You answer with the farthest image: `argmin`, not `argmax`")
def neighbour_farthest(x, y, new): return y[rmse_distance(new[:, None], x).argmax(1)]
