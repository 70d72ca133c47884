"Exercises of chapter 0: rules with a gap, and what memory is worth"
import numpy as np

from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise


def _pictures(rng, *shape): return rng.integers(0, 256, shape, dtype=np.uint8)

def _stacks():
    rng = np.random.default_rng(0)
    small = np.array([[[0, 200], [127, 255]]], np.uint8)
    return [(small, 1, 1), (_pictures(rng, 3, 5, 4), 1, 3), (np.full((2, 4, 4), 127, np.uint8), 0, 3),
            (_pictures(rng, 2, 3, 5), 0, 2),
            (_pictures(rng, 0, 4, 4), 1, 2), (mnist_arrays('valid', 3)[0][:5], 20, 27)]

dark_pixels = Exercise('data.dark_pixels', 'dark_pixels(images, first, last)', _stacks,
    lambda images, first, last: (images[:, first:last + 1] > 127).sum((1, 2)),
    hints=["Three steps: choose the rows, compare with 127, count. Which of them comes first does not matter.",
           "A slice leaves out its end, so that `first:last` lacks the row `last`. A True counts as 1 in a sum.",
           "`dark = images[:, first:last + 1] > 127`; which axes are rows and columns now?"])

@dark_pixels.right
def dark_slice(images, first, last): return (images[:, first:last + 1] > 127).sum((1, 2))

@dark_pixels.right
def dark_count(images, first, last): return np.count_nonzero(images[:, first:last + 1] > 127, axis=(1, 2))

@dark_pixels.right
def dark_loop(images, first, last):
    counts = np.zeros(len(images), int)
    for row in range(first, last + 1): counts += (images[:, row] > 127).sum(1)
    return counts

@dark_pixels.wrong("A slice leaves out its end, so your last row is missing: `first:last + 1`")
def dark_short(images, first, last): return (images[:, first:last] > 127).sum((1, 2))

@dark_pixels.wrong("You chose columns. Axis 0 is the image, axis 1 the row, axis 2 the column")
def dark_columns(images, first, last): return (images[:, :, first:last + 1] > 127).sum((1, 2))

@dark_pixels.wrong("Right, but for pixels of exactly 127: only what is above it counts as dark")
def dark_equal(images, first, last): return (images[:, first:last + 1] >= 127).sum((1, 2))

@dark_pixels.wrong("You added up over all axes, so the whole stack gets one number; name the two axes of rows and "
                   "columns")
def dark_all(images, first, last): return (images[:, first:last + 1] > 127).sum()

@dark_pixels.wrong("You added up how dark the pixels are, not how many are dark: compare with 127 before you add up")
def dark_ink(images, first, last): return images[:, first:last + 1].sum((1, 2))

@dark_pixels.wrong("You added up over one axis only, so there is a number for each column; rows and columns are axes "
                   "1 and 2")
def dark_one_axis(images, first, last): return (images[:, first:last + 1] > 127).sum(1)


def _ten():
    images, labels = mnist_arrays('valid')
    tens, rng = np.arange(10, dtype=np.uint8), np.random.default_rng(0)
    mixed = rng.permutation(np.concatenate([tens, tens, tens, tens[:4]]))
    return [(20*tens[:, None, None], tens), (_pictures(rng, 34, 3, 2), mixed), (images[:200], labels[:200])]

ink_by_digit = Exercise('data.ink_by_digit', 'ink_by_digit(images, labels)', _ten,
    lambda images, labels: [images[labels == d].mean() for d in range(10)],
    hints=["How do you pick the images of one digit out of the stack? The chapter draws a row for each digit.",
           "`images[labels == d]` are the images of digit d; their mean is one number.",
           "Do so for each d of `range(10)`, in a list comprehension."])

@ink_by_digit.right
def ink_mask(images, labels): return [images[labels == d].mean() for d in range(10)]

@ink_by_digit.right
def ink_bincount(images, labels):
    return list(np.bincount(labels, images.mean((1, 2)), 10)/np.bincount(labels, minlength=10))

@ink_by_digit.right
def ink_loop(images, labels):
    total, count = [0]*10, [0]*10
    for image, d in zip(images, labels):
        total[d] += float(image.mean())
        count[d] += 1
    return [t/c for t, c in zip(total, count)]

@ink_by_digit.wrong("You added up the pixels of each picture; take the mean over the pixels too, a number from 0 to "
                    "255")
def ink_sum(images, labels): return [images[labels == d].sum((1, 2)).mean() for d in range(10)]

@ink_by_digit.wrong("Nine digits only: `range(9)` ends at 8")
def ink_nine(images, labels): return [images[labels == d].mean() for d in range(9)]

@ink_by_digit.wrong("You divided by the number of all images; divide the ink of a digit by the number of images of "
                    "that digit")
def ink_of_all(images, labels): return [(images*(labels == d)[:, None, None]).mean() for d in range(10)]

@ink_by_digit.wrong("You counted how often each digit occurs; pick its images, `images[labels == d]`, and take their "
                    "mean")
def ink_frequency(images, labels): return [(labels == d).mean() for d in range(10)]

@ink_by_digit.wrong("`images[d]` is the picture in place d, not the pictures of digit d: `images[labels == d]`")
def ink_place(images, labels): return [images[d].mean() for d in range(10)]


def _answers():
    a, rng = np.array, np.random.default_rng(0)
    return [(a([3, 3, 3]), a([3, 3, 7])), (a([3, 7, 7, 7]), a([3, 3, 3, 7])), (a([3, 7]), a([3, 7])), (a([7]), a([3])),
            (rng.integers(0, 10, 300), rng.permutation(np.arange(300) % 10)), (np.full(100, 3), a([3]*99 + [7]))]

balanced_accuracy = Exercise('data.balanced_accuracy', 'balanced_accuracy(preds, labels)', _answers,
    lambda preds, labels: np.mean([(preds[labels == d] == d).mean() for d in np.unique(labels)]),
    hints=["Always saying 3 is right for all threes and for no seven. What must come out of it, whatever there is "
           "more of?",
           "For each digit that occurs in `labels`: of its images, which share was answered with it?",
           "`np.unique(labels)` are the digits that occur, and `(preds[labels == d] == d).mean()` is the share of one "
           "of them."])

@balanced_accuracy.right
def balanced_unique(preds, labels): return np.mean([(preds[labels == d] == d).mean() for d in np.unique(labels)])

@balanced_accuracy.right
def balanced_sets(preds, labels):
    shares = []
    for d in sorted(set(labels.tolist())):
        answers = [p for p, label in zip(preds, labels) if label == d]
        shares.append(sum(p == d for p in answers)/len(answers))
    return sum(shares)/len(shares)

@balanced_accuracy.right
def balanced_weights(preds, labels):
    count = np.bincount(labels)
    return ((preds == labels)/count[labels]).sum()/(count > 0).sum()

@balanced_accuracy.wrong("This is the share of all images together: where one digit is frequent, always naming it "
                         "looks good")
def balanced_not(preds, labels): return (preds == labels).mean()

@balanced_accuracy.wrong("You went by what was answered; pick the images by their true digit, `labels == d`")
def balanced_precision(preds, labels): return np.mean([(labels[preds == d] == d).mean() for d in np.unique(preds)])

@balanced_accuracy.wrong("Digits that do not occur have a share of 0/0, `nan`: go through `np.unique(labels)`, not "
                         "`range(10)`")
def balanced_ten(preds, labels): return np.mean([(preds[labels == d] == d).mean() for d in range(10)])

@balanced_accuracy.wrong("You added the shares up; divide by how many there are")
def balanced_sum(preds, labels): return sum((preds[labels == d] == d).mean() for d in np.unique(labels))

@balanced_accuracy.wrong("This is the mean over 3 and 7 only; `labels` may hold any digits")
def balanced_two(preds, labels): return ((preds[labels == 3] == 3).mean() + (preds[labels == 7] == 7).mean())/2


def _inks():  # the numbers of images are powers of two, so that shares are exact and ties stay ties
    a, poisson = np.array, np.random.default_rng(0).poisson
    return [(a([5]), a([2])), (a([9]), a([0, 1, 2, 9, 9, 9, 9, 9])), (a([4, 6]), a([1, 6])),
            (poisson(30, 16), poisson(22, 256)), (poisson(40, 512), poisson(20, 8)), (poisson(20, 64), poisson(20, 64))]

def _best_threshold(ink3, ink7): return max(range(60), key=lambda n: (ink3 > n).mean() + (ink7 <= n).mean())

best_threshold = Exercise('data.best_threshold', 'best_threshold(ink3, ink7)', _inks, _best_threshold,
    hints=["Write first a function that says how good one n is. What do you do with it then?",
           "The share of threes that are right is `(ink3 > n).mean()`. What is it for sevens?",
           "`max(range(60), key=score)` returns the first number whose score is highest."])

@best_threshold.right
def threshold_max(ink3, ink7):
    def score(n): return ((ink3 > n).mean() + (ink7 <= n).mean())/2
    return max(range(60), key=score)

@best_threshold.right
def threshold_broadcast(ink3, ink7):
    n = np.arange(60)[:, None]
    return ((ink3 > n).mean(1) + (ink7 <= n).mean(1)).argmax()

@best_threshold.right
def threshold_loop(ink3, ink7):
    best, best_score = 0, -1
    for n in range(60):
        score = np.mean(ink3 > n) + 1 - np.mean(ink7 > n)
        if score > best_score: best, best_score = n, score
    return best

@best_threshold.wrong("You judge by all images together; where there are more sevens than threes, the threes hardly "
                      "count. Take the mean of both shares")
def threshold_pooled(ink3, ink7): return max(range(60), key=lambda n: (ink3 > n).sum() + (ink7 <= n).sum())

@best_threshold.wrong("One too far: a three must have more than n dark pixels, and exactly n are a seven")
def threshold_equal(ink3, ink7): return max(range(60), key=lambda n: (ink3 >= n).mean() + (ink7 < n).mean())

@best_threshold.wrong("Several n are equally good, and you return the last; keep the first, with > and not >=")
def threshold_last(ink3, ink7): return max(range(60), key=lambda n: ((ink3 > n).mean() + (ink7 <= n).mean(), n))

@best_threshold.wrong("You return how good the best n is, not n itself")
def threshold_score(ink3, ink7): return max(((ink3 > n).mean() + (ink7 <= n).mean())/2 for n in range(60))

@best_threshold.wrong("You look at the threes only, and for them n = 0 is best. The sevens must have a say")
def threshold_threes(ink3, ink7): return max(range(60), key=lambda n: (ink3 > n).mean())


def _memories():
    a, rng = np.array, np.random.default_rng(0)
    xs = a([[[9, 0]], [[0, 9]], [[9, 9]]], np.uint8)
    images, labels = mnist_arrays('valid', (3, 7))
    mixed = _pictures(rng, 20, 3, 3)
    return [(xs[:1], a([3]), xs[:1]), (xs[:1], a([3]), xs[1:2]),
            (xs, a([3, 7, 3]), a([[[8, 0]], [[0, 9]], [[9, 9]]], np.uint8)), (xs, a([3, 7, 3]), xs[:0]),
            (mixed, rng.integers(0, 10, 20), np.concatenate([_pictures(rng, 3, 3, 3), mixed[::-2]])),
            (images[:8], labels[:8], images[5:11])]

def _look_up(xs, ys, new):
    memory = {x.tobytes(): y for x, y in zip(xs, ys)}
    return [int(memory.get(x.tobytes(), -1)) for x in new]

look_up = Exercise('data.look_up', 'look_up(xs, ys, new)', _memories, _look_up,
    hints=["The chapter's lazy learner keeps its pictures in a dictionary. What can serve as a key?",
           "An array cannot be a key, but `x.tobytes()` can. A dictionary's `get` takes a second value, for what is "
           "not there.",
           "`memory = {x.tobytes(): y for x, y in zip(xs, ys)}`, then `memory.get(x.tobytes(), -1)` for each x of "
           "`new`."])

@look_up.right
def look_dictionary(xs, ys, new):
    memory = {x.tobytes(): y for x, y in zip(xs, ys)}
    return [memory.get(x.tobytes(), -1) for x in new]

@look_up.right
def look_compare(xs, ys, new):
    found = []
    for x in new:
        equal = (xs == x).all((1, 2))
        found.append(ys[equal.argmax()] if equal.any() else -1)
    return found

@look_up.right
def look_lists(xs, ys, new):
    known = xs.tolist()
    return [int(ys[known.index(x)]) if x in known else -1 for x in new.tolist()]

@look_up.wrong("You leave out what you do not know; each picture needs an answer, -1 if it was never seen")
def look_known(xs, ys, new):
    memory = {x.tobytes(): y for x, y in zip(xs, ys)}
    return [memory[x.tobytes()] for x in new if x.tobytes() in memory]

@look_up.wrong("For a picture that was never seen your answer is None; `get` takes a second value for that, -1")
def look_none(xs, ys, new):
    memory = {x.tobytes(): y for x, y in zip(xs, ys)}
    return [memory.get(x.tobytes()) for x in new]

@look_up.wrong("You compare how much ink there is; two pictures with equally much are not the same picture")
def look_ink(xs, ys, new):
    memory = {int(x.sum()): y for x, y in zip(xs, ys)}
    return [memory.get(int(x.sum()), -1) for x in new]

@look_up.wrong("You answer with the place where the picture lies, not with its label")
def look_place(xs, ys, new):
    memory = {x.tobytes(): i for i, x in enumerate(xs)}
    return [memory.get(x.tobytes(), -1) for x in new]

@look_up.wrong("You answer with the most similar picture. A cleverer learner, but this one knows only the very "
               "pictures that it has seen")
def look_nearest(xs, ys, new):
    return [ys[np.abs(xs.astype(int) - x).sum((1, 2)).argmin()] for x in new]
