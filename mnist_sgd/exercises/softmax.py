"Exercises of chapter 12: scores, shares, and the loss of many classes"
import torch
import torch.nn.functional as F

from mnist_sgd.practice import Exercise
from mnist_sgd.softmax import digit_tensors, log_softmax, softmax


def _classes(*ys): return torch.tensor(ys, dtype=torch.int64)

# one-hot
def _labels():
    return [(_classes(1, 0), 2), (_classes(0, 2, 2), 4), (_classes(0, 0, 0), 3), (digit_tensors('valid')[1][:8], 10),
            (torch.randint(5, (20,)), 5), (_classes(), 3), (_classes(0), 1)]

one_hot_rows = Exercise('softmax.one_hot_rows', 'one_hot_rows(y, k)', _labels, F.one_hot,
    forbidden=('one_hot',),
    hints=["Row i has k numbers: 1 where the class stands in y[i], 0 elsewhere. Can you ask every place at once "
           "whether it is the one?",
           "A column of classes compared with a row of 0, 1, ... k-1 is a table of True and False.",
           "`(y[:, None] == torch.arange(k)).long()`"])

@one_hot_rows.right
def hot_compare(y, k): return (y[:, None] == torch.arange(k)).long()

@one_hot_rows.right
def hot_eye(y, k): return torch.eye(k, dtype=torch.int64)[y]

@one_hot_rows.right
def hot_loop(y, k):
    rows = torch.zeros(len(y), k, dtype=torch.int64)
    for i, c in enumerate(y): rows[i, c] = 1
    return rows

@one_hot_rows.wrong("As many columns as there are classes in y are too few where the last ones do not occur; there "
                    "are k")
def hot_seen(y, k):
    n = int(y.max()) + 1 if len(y) else 0
    return torch.eye(n, dtype=torch.int64)[y]

@one_hot_rows.wrong("Rows and columns are swapped: one row for each image is wanted, n x k")
def hot_transposed(y, k): return (torch.arange(k)[:, None] == y).long()

@one_hot_rows.wrong("The numbers are right, but they are floats; whole numbers (int64) are wanted, as from F.one_hot")
def hot_floats(y, k): return torch.eye(k)[y]

@one_hot_rows.wrong("rows[:, y] = 1 sets these columns in every row. Each row has its own: rows[torch.arange(len(y)), "
                    "y] = 1")
def hot_columns(y, k):
    rows = torch.zeros(len(y), k, dtype=torch.int64)
    rows[:, y] = 1
    return rows

@one_hot_rows.wrong("True and False came back; .long() turns them into 1 and 0")
def hot_bool(y, k): return y[:, None] == torch.arange(k)


# softmax
def _scores():
    t = torch.tensor
    return [(t([0., 0.]),), (t([2., 1., -1.]),), (t([[0., 1], [2, 0]]),), (torch.randn(5, 10),), (torch.randn(3, 1),),
            (torch.randn(2, 3, 4),), (t([1000., 999., 0.]),), (t([[1000., 999.], [0., 1.]]),), (torch.zeros(0, 4),),
            (torch.randn(4, 3, dtype=torch.float64),)]

my_softmax = Exercise('softmax.my_softmax', 'my_softmax(scores)', _scores, lambda scores: F.softmax(scores, dim=-1),
    forbidden=('softmax', 'log_softmax'),
    hints=["exp of each score, divided by a sum. Over which axis, and how does the sum keep its place beside each row?",
           "exp(1000) is infinite. What may be subtracted from all scores of a row without a change of the shares?",
           "`scores.amax(-1, keepdim=True)` is the largest score of each row, as a column."])

@my_softmax.right
def softmax_shifted(scores):
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    return powers/powers.sum(-1, keepdim=True)

@my_softmax.right
def softmax_logsumexp(scores): return (scores - scores.logsumexp(-1, keepdim=True)).exp()

@my_softmax.right
def softmax_differences(scores):
    "One over the sum of the powers of all differences"
    return 1/(scores[..., None, :] - scores[..., :, None]).exp().sum(-1)

@my_softmax.wrong("Right for small scores. exp(1000) is infinite, and infinity over infinity is nan: subtract each "
                  "row's largest score first")
def softmax_naive(scores): return scores.exp()/scores.exp().sum(-1, keepdim=True)

@my_softmax.wrong("You divided by the sum over everything; each row has its own sum, along the last axis")
def softmax_whole(scores): return torch.softmax(scores.flatten(), 0).view(scores.shape)

@my_softmax.wrong("Your shares add up to 1 along axis 0, over the images. The classes are along the last axis")
def softmax_axis_0(scores): return torch.softmax(scores, 0)

@my_softmax.wrong("Without keepdim=True the sums stand in a row, and broadcasting divides each column by the sum of "
                  "another row")
def softmax_no_keepdim(scores):
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    return powers/powers.sum(-1)

@my_softmax.wrong("You subtracted the largest of all scores. A row that is far below it becomes 0 divided by 0; each "
                  "row needs its own maximum")
def softmax_global_max(scores):
    powers = (scores - (scores.max() if scores.numel() else 0)).exp()
    return powers/powers.sum(-1, keepdim=True)

@my_softmax.wrong("Dividing by the largest score is not subtracting it: only differences count, and a quotient "
                  "changes them")
def softmax_divided(scores):
    powers = (scores/scores.abs().amax(-1, keepdim=True).clamp(min=1e-9)).exp()
    return powers/powers.sum(-1, keepdim=True)


# cross-entropy
def _answers():
    t = torch.tensor
    return [(t([[0., 0.]]), _classes(0)), (t([[2., 1, -1]]), _classes(1)),
            (t([[2., 1, -1], [0, 0, 3]]), _classes(0, 1)), (torch.randn(7, 10), torch.randint(10, (7,))),
            (torch.randn(3, 3), torch.randint(3, (3,))), (torch.randn(4, 1), _classes(0, 0, 0, 0)),
            (t([[0., 200], [1000, 0]]), _classes(0, 1)), (torch.randn(2, 5, dtype=torch.float64), _classes(4, 0))]

my_cross_entropy = Exercise('softmax.my_cross_entropy', 'my_cross_entropy(scores, targets)', _answers, F.cross_entropy,
    forbidden=('cross_entropy', 'CrossEntropyLoss'),
    hints=["From each row of shares, the one of the right class; its logarithm; and then?",
           "Where the right share is rounded to 0, the logarithm is minus infinity. `log_softmax` takes it without "
           "the share.",
           "`log_softmax(scores).gather(1, targets[:, None])` picks from each row what stands at its target."])

@my_cross_entropy.right
def entropy_gather(scores, targets): return -log_softmax(scores).gather(1, targets[:, None]).mean()

@my_cross_entropy.right
def entropy_logsumexp(scores, targets):
    return (scores.logsumexp(1) - scores[torch.arange(len(targets)), targets]).mean()

@my_cross_entropy.right
def entropy_one_hot(scores, targets):
    return -(F.one_hot(targets, scores.shape[1])*log_softmax(scores)).sum(1).mean()

@my_cross_entropy.wrong("Right while no share is rounded to 0. Where it is, its logarithm is minus infinity: take "
                        "log_softmax, and not the log of softmax")
def entropy_naive(scores, targets): return -softmax(scores).log().gather(1, targets[:, None]).mean()

@my_cross_entropy.wrong("The shares went through softmax once more. It belongs to the loss: hand it scores")
def entropy_twice(scores, targets): return F.cross_entropy(softmax(scores), targets)

@my_cross_entropy.wrong("[:, targets] takes the columns of all targets from every row, a table of n x n. Each row has "
                        "one target: gather, or scores[torch.arange(n), targets]")
def entropy_table(scores, targets): return -log_softmax(scores)[:, targets].mean()

@my_cross_entropy.wrong("You added the losses up; take their mean, or the steps grow with the batch")
def entropy_sum(scores, targets): return F.cross_entropy(scores, targets, reduction='sum')

@my_cross_entropy.wrong("You took the mean over the table of n x k, with all its zeros. Each row has only one number "
                        "that counts: add up along the row first")
def entropy_mean_of_table(scores, targets): return -(F.one_hot(targets, scores.shape[1])*log_softmax(scores)).mean()

@my_cross_entropy.wrong("The sign: logarithms of shares are negative, and a loss is not")
def entropy_negative(scores, targets): return -F.cross_entropy(scores, targets)


# its gradient
def _gradient(scores, targets):
    scores = scores.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(scores, targets), scores)[0]

score_gradient = Exercise('softmax.score_gradient', 'score_gradient(scores, targets)',
    lambda: _answers()[:6], _gradient,
    forbidden=('backward', 'autograd', 'cross_entropy'),
    hints=["What the model believes, minus what is true. What is each of the two, as a table of n x k?",
           "The shares, and the one-hot rows of the targets. And the loss is a mean.",
           "`(softmax(scores) - F.one_hot(targets, k))/n`"])

@score_gradient.right
def gradient_one_hot(scores, targets): return (softmax(scores) - F.one_hot(targets, scores.shape[1]))/len(scores)

@score_gradient.right
def gradient_places(scores, targets):
    d = F.softmax(scores, 1)
    d[torch.arange(len(d)), targets] -= 1
    return d/len(d)

@score_gradient.right
def gradient_rows(scores, targets):
    rows = []
    for s, t in zip(scores, targets):
        belief = (s - s.logsumexp(0)).exp()
        rows.append((belief - (torch.arange(len(s)) == t).float())/len(scores))
    return torch.stack(rows)

@score_gradient.wrong("The loss is a mean over the images: divide by how many there are")
def gradient_sum(scores, targets): return softmax(scores) - F.one_hot(targets, scores.shape[1])

@score_gradient.wrong("The sign is turned round. The gradient points to where the loss rises: belief minus truth")
def gradient_downhill(scores, targets): return -gradient_one_hot(scores, targets)

@score_gradient.wrong("You divided by the whole table's size; the mean is over the n images, not over the classes")
def gradient_table(scores, targets): return gradient_one_hot(scores, targets)/scores.shape[1]

@score_gradient.wrong("d[:, targets] takes these columns from every row; each row has its own: d[torch.arange(n), "
                      "targets]")
def gradient_columns(scores, targets):
    d = softmax(scores)
    d[:, targets] -= 1
    return d/len(d)

@score_gradient.wrong("You subtracted the truth from the scores; belief is their softmax")
def gradient_of_scores(scores, targets): return (scores - F.one_hot(targets, scores.shape[1]))/len(scores)

@score_gradient.wrong("You took the wrong classes only. The score of the right one has a slope, too: its share minus 1")
def gradient_wrong_only(scores, targets):
    return softmax(scores)*(1 - F.one_hot(targets, scores.shape[1]))/len(scores)


# a score that is fixed
def _two_scores():
    t = torch.tensor
    return [(t([[0., 0.]]),), (t([[1., 2.]]),), (torch.randn(4, 2),), (torch.randn(3, 5),),
            (torch.randn(6, 1),), (torch.zeros(0, 2),)]

reference_shares = Exercise('softmax.reference_shares', 'reference_shares(scores)', _two_scores,
    lambda scores: F.softmax(F.pad(scores, (1, 0)), dim=1),
    hints=["Only differences count, so one score may be fixed. Where does the column that is missing stand, and what "
           "is in it?",
           "A column of n zeros in front: `torch.zeros(len(scores), 1)`; `torch.cat` puts the two side by side along "
           "axis 1.",
           "`softmax(torch.cat([zeros, scores], 1))`"])

@reference_shares.right
def shares_pad(scores): return softmax(F.pad(scores, (1, 0)))

@reference_shares.right
def shares_cat(scores): return softmax(torch.cat([torch.zeros(len(scores), 1), scores], 1))

@reference_shares.right
def shares_on_paper(scores):
    total = 1 + scores.exp().sum(1, keepdim=True)
    return torch.cat([1/total, scores.exp()/total], 1)

@reference_shares.wrong("The fixed score stands at the end; it is that of the first class")
def shares_last(scores): return softmax(F.pad(scores, (0, 1)))

@reference_shares.wrong("You put a zero beside the shares. It is a score: put it in before the softmax")
def shares_after(scores): return F.pad(softmax(scores), (1, 0))

@reference_shares.wrong("The fixed score is 0, not 1 (its power is 1)")
def shares_one(scores): return softmax(F.pad(scores, (1, 0), value=1.))

@reference_shares.wrong("The first class is missing: from n x k scores come n x (k + 1) shares")
def shares_missing(scores): return softmax(scores)

@reference_shares.wrong("You replaced the first score; the fixed one comes in addition")
def shares_replaced(scores): return softmax(F.pad(scores[:, 1:], (1, 0)))


# among the k highest
def _rankings():
    t = torch.tensor
    return [(t([[.1, .7, .2]]), _classes(2), 2), (t([[3., 2, 1], [3, 2, 1]]), _classes(1, 2), 2),
            (t([[3., 2, 1], [1, 2, 3]]), _classes(0, 0), 1),
            (torch.randn(40, 10), torch.randint(10, (40,)), 3), (torch.randn(3, 5), torch.randint(5, (3,)), 3),
            (torch.randn(20, 4), torch.randint(4, (20,)), 4)]

def _top_k(scores, targets, k):
    ranks = (scores > scores.gather(1, targets[:, None])).sum(1)
    return (ranks < k).float().mean()

top_k_accuracy = Exercise('softmax.top_k_accuracy', 'top_k_accuracy(scores, targets, k)', _rankings, _top_k,
    hints=["How many classes may have a higher score than the right one, if it is to be among the k highest?",
           "`scores.topk(k).indices` are the k best classes of each image, n x k. Compare them with the targets, as a "
           "column.",
           "`(best == targets[:, None]).any(1).float().mean()`"])

@top_k_accuracy.right
def top_k_any(scores, targets, k): return (scores.topk(k).indices == targets[:, None]).any(1).float().mean()

@top_k_accuracy.right
def top_k_sorted(scores, targets, k):
    best = scores.argsort(1, descending=True)[:, :k]
    return sum(t in row for t, row in zip(targets.tolist(), best.tolist()))/len(targets)

@top_k_accuracy.right
def top_k_border(scores, targets, k):
    "At least as high as the k-th highest"
    return (scores.gather(1, targets[:, None]) >= scores.topk(k).values[:, -1:]).float().mean()

@top_k_accuracy.wrong("You took the mean over the table of n x k. Of the k answers for an image one may be right: "
                      "any(1) first, then the mean")
def top_k_table(scores, targets, k): return (scores.topk(k).indices == targets[:, None]).float().mean()

@top_k_accuracy.wrong("Only the very highest score counts in yours; k classes have a chance")
def top_1(scores, targets, k): return (scores.argmax(1) == targets).float().mean()

@top_k_accuracy.wrong("You looked only at the k-th highest score; those above it count, too")
def top_kth(scores, targets, k): return (scores.topk(k).indices[:, -1] == targets).float().mean()

@top_k_accuracy.wrong("Those are the k lowest scores: sort with descending=True, or use topk")
def top_k_lowest(scores, targets, k):
    return (scores.topk(k, largest=False).indices == targets[:, None]).any(1).float().mean()

@top_k_accuracy.wrong("You counted the right answers; divide by the number of images")
def top_k_count(scores, targets, k): return (scores.topk(k).indices == targets[:, None]).float().sum()
