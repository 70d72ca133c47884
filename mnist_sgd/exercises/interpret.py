"Exercises of chapter 13: counting mistakes, finding them, and certainty"
import numpy as np
import torch
import torch.nn.functional as F

from mnist_sgd.interpret import confusion_matrix
from mnist_sgd.practice import Exercise


def _classes(*ys): return torch.tensor(ys, dtype=torch.int64)

# the confusion matrix
def _guesses():
    return [(_classes(1), _classes(0), 2), (_classes(0, 1, 1), _classes(0, 1, 1), 2),
            (_classes(0, 1, 2, 2, 2), _classes(0, 1, 1, 2, 2), 3), (_classes(1, 1, 1), _classes(0, 0, 0), 4),
            (torch.randint(7, (60,)), torch.randint(7, (60,)), 7), (_classes(), _classes(), 3)]

my_confusion = Exercise('interpret.my_confusion', 'my_confusion(preds, targets, n)', _guesses, confusion_matrix,
    hints=["For each image one cell is raised by 1. In which row, in which column?",
           "A loop over the pairs does it: `counts[t, p] += 1`. Without a loop, beware: counts[targets, preds] += 1 "
           "raises a cell once, however often it is named.",
           "Number the cells, `targets*n + preds`, and count with `bincount(minlength=n*n)`."])

@my_confusion.right
def confusion_loop(preds, targets, n):
    counts = torch.zeros(n, n, dtype=torch.int64)
    for p, t in zip(preds, targets): counts[t, p] += 1
    return counts

@my_confusion.right
def confusion_bincount(preds, targets, n): return (targets*n + preds).bincount(minlength=n*n).view(n, n)

@my_confusion.right
def confusion_product(preds, targets, n): return F.one_hot(targets, n).T@F.one_hot(preds, n)

@my_confusion.wrong("Rows and columns are swapped: the row is the true class, the column what was predicted")
def confusion_transposed(preds, targets, n): return confusion_loop(targets, preds, n)

@my_confusion.wrong("counts[targets, preds] += 1 raises each cell once, however often it is named. Go through the "
                    "pairs, or use bincount or index_put_ with accumulate=True")
def confusion_once(preds, targets, n):
    counts = torch.zeros(n, n, dtype=torch.int64)
    counts[targets, preds] += 1
    return counts

@my_confusion.wrong("The table is only as large as the classes that occur; there are n of them")
def confusion_seen(preds, targets, n):
    seen = int(torch.cat([preds, targets]).max()) + 1 if len(preds) else 0
    return confusion_loop(preds, targets, seen)

@my_confusion.wrong("Counts are wanted, whole numbers; yours are shares of each row")
def confusion_shares(preds, targets, n):
    counts = confusion_loop(preds, targets, n)
    return counts/counts.sum(1, keepdim=True).clamp(min=1)

@my_confusion.wrong("The numbers are right, but they are floats. Counts are whole numbers: dtype=torch.int64")
def confusion_floats(preds, targets, n): return confusion_loop(preds, targets, n).float()

@my_confusion.wrong("Only the mistakes are in it; right answers belong on the diagonal")
def confusion_mistakes(preds, targets, n):
    wrong = preds != targets
    return confusion_loop(preds[wrong], targets[wrong], n)


# recall and precision
def _tables():
    t = torch.tensor
    return [(t([[3, 1], [2, 4]]),), (t([[99, 0], [1, 0]]),), (t([[5]]),), (torch.randint(1, 9, (4, 4)),),
            (torch.randint(0, 50, (10, 10)),)]

def _by_image(counts):
    "By going back to the images"
    n = len(counts)
    cells = torch.arange(n*n).repeat_interleave(counts.flatten())
    right = (cells//n == cells % n).float()
    return tuple(torch.stack([right[o == c].mean() for c in range(n)]) for o in (cells//n, cells % n))

recall_precision = Exercise('interpret.recall_precision', 'recall_precision(counts)', _tables, _by_image,
    hints=["Of the images that *are* a nine, which share was found? Of the answers \"nine\", which share was right? "
           "Where in the table is each of these numbers?",
           "The right answers are on the diagonal, `counts.diag()`. A row holds all images of a class, a column all "
           "answers.",
           "Recall is the diagonal divided by `counts.sum(1)`."])

@recall_precision.right
def shares_diag(counts): return counts.diag()/counts.sum(1), counts.diag()/counts.sum(0)

@recall_precision.right
def shares_normalised(counts):
    counts = counts.float()
    return (counts/counts.sum(1, keepdim=True)).diag(), (counts/counts.sum(0, keepdim=True)).diag()

@recall_precision.right
def shares_loop(counts):
    n, res = len(counts), ([], [])
    for c in range(n):
        for i, line in enumerate((counts[c], counts[:, c])): res[i].append(line[c]/line.sum())
    return torch.stack(res[0]), torch.stack(res[1])

@recall_precision.wrong("The two are swapped. Recall asks the true class, so it goes along a row; precision asks the "
                        "answer, a column")
def shares_swapped(counts): return shares_diag(counts.T)

@recall_precision.wrong("Both of yours divide by rows: recall. For precision, add up the columns, axis 0")
def shares_rows(counts): return (counts.diag()/counts.sum(1),)*2

@recall_precision.wrong("You divided by all images; each class is judged by its own row and column")
def shares_of_all(counts): return (counts.diag()/counts.sum(),)*2

@recall_precision.wrong("// divides whole numbers and drops the rest; you need /")
def shares_whole(counts):
    return counts.diag()//counts.sum(1).clamp(min=1), counts.diag()//counts.sum(0).clamp(min=1)

@recall_precision.wrong("A class that was never answered has no precision: 0 divided by 0 is nan, and it says so. 0 "
                        "would claim that answers were wrong")
def shares_nan_hidden(counts): return tuple(o.nan_to_num(0) for o in shares_diag(counts))


# the worst mistakes
def _judged():
    t = torch.tensor
    return [(t([[2., 0], [2, 0], [0, 1]]), _classes(0, 1, 0), 1), (t([[2., 0], [2, 0], [0, 1]]), _classes(0, 1, 0), 2),
            (t([[0., .1], [5, 0]]), _classes(1, 0), 1), (torch.randn(30, 10)*3, torch.randint(10, (30,)), 5),
            (torch.randn(4, 3), _classes(0, 1, 2, 0), 9)]

def _worst(scores, targets, k):
    losses = F.cross_entropy(scores, targets, reduction='none')
    return losses.sort(descending=True).indices[:k]

worst_places = Exercise('interpret.worst_places', 'worst_places(scores, targets, k)', _judged, _worst,
    hints=["What measures that an answer was sure, and wrong?",
           "The loss of each image by itself: `F.cross_entropy(scores, targets, reduction='none')`. `topk` finds the "
           "largest; what if there are fewer than k?",
           "`losses.topk(min(k, len(losses))).indices`"])

def _each(scores, targets): return F.cross_entropy(scores, targets, reduction='none')

@worst_places.right
def worst_topk(scores, targets, k): return _each(scores, targets).topk(min(k, len(scores))).indices

@worst_places.right
def worst_sorted(scores, targets, k): return (-_each(scores, targets)).argsort()[:k]

@worst_places.right
def worst_by_hand(scores, targets, k):
    right = scores.softmax(1)[torch.arange(len(targets)), targets]
    return torch.tensor(sorted(range(len(right)), key=lambda i: right[i])[:k])

@worst_places.wrong("Those are the best: sort from the largest loss to the smallest")
def worst_best(scores, targets, k): return _each(scores, targets).argsort()[:k]

@worst_places.wrong("Those are the answers of which the model was least sure. The worst mistakes are the sure and "
                    "wrong ones: sort by loss")
def worst_unsure(scores, targets, k): return scores.softmax(1).amax(1).argsort()[:k]

@worst_places.wrong("The losses came back; their places are asked for (topk has both, .values and .indices)")
def worst_values(scores, targets, k): return _each(scores, targets).topk(min(k, len(scores))).values

@worst_places.wrong("Right, but topk refuses a k that is larger than the number of images. Take all if there are fewer")
def worst_too_many(scores, targets, k): return _each(scores, targets).topk(k).indices

@worst_places.wrong("They are the right ones, but the worst comes first")
def worst_turned(scores, targets, k): return _worst(scores, targets, k).flip(0)

@worst_places.wrong("Only wrong answers are in yours, so fewer than k may come back; a right answer has a loss, too")
def worst_wrong_only(scores, targets, k):
    order = _worst(scores, targets, len(scores))
    return order[(scores.argmax(1) != targets)[order]][:k]


# only where it is sure
def _certain():
    t = torch.tensor
    return [(t([.9, .6]), t([True, False]), .5), (t([.6, .9]), t([False, True]), 1.),
            (t([.6, .9, .8, .7]), t([True, True, False, False]), .5),
            (torch.rand(200), torch.rand(200) < .8, .25), (torch.rand(50), torch.rand(50) < .5, .9),
            (t([.5, .7, .6]), t([True, True, False]), .66)]

def _keeping(p, right, share):
    threshold = np.sort(p.numpy())[len(p) - round(share*len(p))]
    return right[p >= threshold].float().mean().item()

accuracy_of_surest = Exercise('interpret.accuracy_of_surest', 'accuracy_of_surest(p, right, share)', _certain, _keeping,
    hints=["In which order must the answers stand? And their being right must come along.",
           "`p.argsort(descending=True)` are the places, the surest first; the same places of `right` go with them.",
           "Keep the first `round(share*len(p))` of `right[order]`; their mean is the accuracy."])

@accuracy_of_surest.right
def surest_sorted(p, right, share):
    order = p.argsort(descending=True)
    return right[order[:round(share*len(p))]].float().mean().item()

@accuracy_of_surest.right
def surest_topk(p, right, share):
    kept = p.topk(round(share*len(p))).indices
    return right[kept].sum()/len(kept)

@accuracy_of_surest.right
def surest_pairs(p, right, share):
    pairs = sorted(zip(p.tolist(), right.tolist()), reverse=True)[:round(share*len(p))]
    return sum(r for _, r in pairs)/len(pairs)

@accuracy_of_surest.wrong("You kept the answers of which it is least sure: sort with descending=True")
def surest_least(p, right, share): return right[p.argsort()[:round(share*len(p))]].float().mean()

@accuracy_of_surest.wrong("You sorted the probabilities, but not the answers along with them. argsort says which "
                          "places to take from both")
def surest_unsorted(p, right, share): return right[:round(share*len(p))].float().mean()

@accuracy_of_surest.wrong("You divided by all images. Those that were passed on have no answer: divide by the number "
                          "of those kept")
def surest_of_all(p, right, share): return surest_sorted(p, right, share)*round(share*len(p))/len(p)

@accuracy_of_surest.wrong("share is how many answers are kept, not how probable they must be")
def surest_threshold(p, right, share): return right[p >= share].float().mean()

@accuracy_of_surest.wrong("int cuts off, also 1.98 to 1; round goes to the nearest number")
def surest_cut_off(p, right, share): return right[p.argsort(descending=True)[:int(share*len(p))]].float().mean()

@accuracy_of_surest.wrong("That is the mean probability of the answers kept, what they promise. How many of them are "
                          "right?")
def surest_promise(p, right, share): return p.sort(descending=True).values[:round(share*len(p))].mean()


# promise and finding, group by group
def _promises():
    t, edges = torch.tensor, torch.tensor([.5, .8, 1.01])
    return [(t([.6, .9]), t([True, True]), edges), (t([.6, .8, .7]), t([False, True, True]), edges),
            (t([.95, .9]), t([True, False]), edges),
            (torch.rand(300)*.5 + .5, torch.rand(300) < .8, t([.5, .6, .7, .8, .9, .97, 1.01])),
            (t([.7]), t([False]), t([.5, 1.01]))]

def _found(p, right, edges):
    "NumPy's histogram counts all, and the right ones"
    counts = [np.histogram(p.numpy(), edges.numpy(), weights=w)[0] for w in (None, right.float().numpy())]
    return torch.tensor(counts[1])/torch.tensor(counts[0])

found_in_groups = Exercise('interpret.found_in_groups', 'found_in_groups(p, right, edges)', _promises, _found,
    hints=["Which answers are in the first group? In the last? How many groups do five edges make?",
           "A group is `(low <= p) & (p < high)`; the share of right ones in it is a mean.",
           "`[right[(a <= p) & (p < b)].float().mean() for a, b in zip(edges, edges[1:])]`, as a tensor. The mean of "
           "nothing is nan, as it should be."])

@found_in_groups.right
def found_masks(p, right, edges):
    return torch.stack([right[(a <= p) & (p < b)].float().mean() for a, b in zip(edges, edges[1:])])

@found_in_groups.right
def found_bucketize(p, right, edges):
    group, n = torch.bucketize(p, edges, right=True) - 1, len(edges) - 1
    return group[right].bincount(minlength=n)/group.bincount(minlength=n)

@found_in_groups.right
def found_table(p, right, edges):
    inside = ((edges[:-1] <= p[:, None]) & (p[:, None] < edges[1:])).float()
    return (inside*right[:, None]).sum(0)/inside.sum(0)

@found_in_groups.wrong("A probability that lies on an edge belongs to the group above it: low <= p < high")
def found_upper_edge(p, right, edges):
    return torch.stack([right[(a < p) & (p <= b)].float().mean() for a, b in zip(edges, edges[1:])])

@found_in_groups.wrong("That is what each group promises, its mean probability. Which share of it is right?")
def found_promised(p, right, edges):
    return torch.stack([p[(a <= p) & (p < b)].mean() for a, b in zip(edges, edges[1:])])

@found_in_groups.wrong("You left out the empty groups, so nobody can tell which is which. Their share is nan")
def found_without_empty(p, right, edges):
    shares = found_masks(p, right, edges)
    return shares[~shares.isnan()]

@found_in_groups.wrong("You divided by the number of all answers; each group is judged by its own size")
def found_of_all(p, right, edges):
    return torch.stack([right[(a <= p) & (p < b)].sum()/len(p) for a, b in zip(edges, edges[1:])])

@found_in_groups.wrong("An upper end is missing: all answers above the lower edge are in your groups, also those of "
                       "the groups above")
def found_cumulative(p, right, edges): return torch.stack([right[a <= p].float().mean() for a in edges[:-1]])

@found_in_groups.wrong("In an empty group, nothing is right and nothing wrong: 0 divided by 0 is nan, and 0 would be "
                       "a claim")
def found_zero(p, right, edges): return found_masks(p, right, edges).nan_to_num(0)


# temperature
def _temperatures():
    t = torch.tensor
    hot = [.5, 1., 2., 4.]
    sure_and_wrong = t([[9., 0], [9, 0], [0, 9], [9, 0]]), _classes(0, 0, 1, 1)
    cool = t([[.5, 0], [0, .5], [.4, 0]]), _classes(0, 1, 0)
    mixed = torch.randn(60, 5)*2
    return [(*cool, hot), (*sure_and_wrong, [1., 2., 4., 8., 100.]), (*sure_and_wrong, [1.]), (*cool, [2., 1., 4.]),
            (mixed, torch.distributions.Categorical(logits=mixed).sample(), [.25, .5, 1., 2., 4.])]

def _best_t(scores, targets, candidates):
    return candidates[int(torch.stack([F.cross_entropy(scores/T, targets) for T in candidates]).argmin())]

best_temperature = Exercise('interpret.best_temperature', 'best_temperature(scores, targets, candidates)',
    _temperatures, _best_t,
    hints=["Divided by T above 1, scores come closer together, and the model less sure. By what can you judge how "
           "sure it should be?",
           "The cross-entropy with the scores divided by T, for each candidate; and then which of them?",
           "`min(candidates, key=lambda T: cross_entropy(scores/T, targets))`"])

@best_temperature.right
def temperature_min(scores, targets, candidates):
    return min(candidates, key=lambda T: F.cross_entropy(scores/T, targets).item())

@best_temperature.right
def temperature_loop(scores, targets, candidates):
    best, lowest = None, float('inf')
    for T in candidates:
        loss = -(scores/T).log_softmax(1).gather(1, targets[:, None]).mean()
        if loss < lowest: best, lowest = T, loss
    return best

@best_temperature.right
def temperature_table(scores, targets, candidates):
    "All candidates at once"
    logs = (scores/torch.tensor(candidates)[:, None, None]).log_softmax(-1)
    right = logs[:, torch.arange(len(targets)), targets]
    return candidates[right.sum(1).argmax().item()]

@best_temperature.wrong("You multiplied by T. Divide, so that a T above 1 makes the model less sure")
def temperature_times(scores, targets, candidates):
    return min(candidates, key=lambda T: F.cross_entropy(scores*T, targets).item())

@best_temperature.wrong("That is the largest loss; the T with the smallest is asked for")
def temperature_max(scores, targets, candidates):
    return max(candidates, key=lambda T: F.cross_entropy(scores/T, targets).item())

@best_temperature.wrong("By the accuracy all candidates are alike, since no answer changes. The cross-entropy sees "
                        "how sure they are")
def temperature_accuracy(scores, targets, candidates):
    return max(candidates, key=lambda T: ((scores/T).argmax(1) == targets).float().mean().item())

@best_temperature.wrong("The softmax is taken twice: cross-entropy wants the scores, divided by T")
def temperature_twice(scores, targets, candidates):
    return min(candidates, key=lambda T: F.cross_entropy((scores/T).softmax(1), targets).item())

@best_temperature.wrong("The smallest loss came back; which T does it belong to?")
def temperature_loss(scores, targets, candidates):
    return min(F.cross_entropy(scores/T, targets).item() for T in candidates)

@best_temperature.wrong("The place of the best candidate came back; take the candidate itself")
def temperature_place(scores, targets, candidates):
    return candidates.index(temperature_min(scores, targets, candidates))
