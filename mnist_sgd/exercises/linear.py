"Exercises of chapter 7: a linear model, its loss, and the loop that trains it"
import torch
import torch.nn.functional as F

from mnist_sgd.linear import batch_accuracy, linear1, mnist_loss, pair_tensors, validate_epoch
from mnist_sgd.optimizer import BasicOptim
from mnist_sgd.practice import Exercise


# a score for each row
def _rows():
    return [(torch.tensor([[1., 2], [3, 4]]), torch.tensor([1., 10]), torch.tensor(.5)),
            *((torch.rand(n, k), torch.randn(k), torch.randn(()))
              for n, k in ((1, 3), (5, 784), (4, 4), (3, 1), (0, 6)))]

column_scores = Exercise('linear.column_scores', 'column_scores(xb, weights, bias)', _rows,
    lambda xb, weights, bias: F.linear(xb, weights[None], bias.view(1)),
    hints=["Multiply each row by the weights; what do you add up, and along which axis?",
           "`@` does both at once. With a row of k weights it returns n numbers in a row; the targets stand in a "
           "column.",
           "Make a column of the weights first, `weights.unsqueeze(1)`, or of the scores afterwards."])

@column_scores.right
def scores_product(xb, weights, bias): return xb@weights.unsqueeze(1) + bias

@column_scores.right
def scores_sum(xb, weights, bias): return (xb*weights).sum(1, keepdim=True) + bias

@column_scores.right
def scores_loop(xb, weights, bias):
    res = torch.zeros(len(xb), 1)
    for i, row in enumerate(xb): res[i, 0] = (row*weights).sum() + bias
    return res

@column_scores.wrong("Your scores have shape (n,), and the targets will come as a column, n x 1: compared with those, "
                     "they would make a table of n x n. Add an axis with unsqueeze(1)")
def scores_flat(xb, weights, bias): return xb@weights + bias

@column_scores.wrong("The bias is missing, so an empty page always gets the score 0")
def scores_no_bias(xb, weights, bias): return (xb@weights).unsqueeze(1)

@column_scores.wrong("You added the bias to every pixel before the sum, so it counts k times; once for each image is "
                     "enough")
def scores_bias_often(xb, weights, bias): return (xb*weights + bias).sum(1, keepdim=True)

@column_scores.wrong("You took the mean over the pixels; a score is their sum")
def scores_mean(xb, weights, bias): return (xb*weights).mean(1, keepdim=True) + bias

@column_scores.wrong("You added up along axis 0, over the images, so there is a number for each pixel. An image is a "
                     "row: add up along axis 1")
def scores_axis_0(xb, weights, bias): return (xb*weights).sum(0).unsqueeze(1) + bias

@column_scores.wrong("Your scores stand in a row, 1 x n; one row for each image is wanted, n x 1")
def scores_in_row(xb, weights, bias): return (xb@weights + bias).unsqueeze(0)


# the sigmoid, with a gradient for any score
def _slope(f, x):
    x = x.requires_grad_()
    y = f(x)
    y.sum().backward()
    return y.detach(), x.grad

def _any_scores():
    return [(torch.tensor([0., 1.]),), (torch.tensor([-2., 3.]),), (torch.tensor([-100., 100.]),), (torch.tensor(.7),),
            (torch.randn(4, 3)*5,), (torch.zeros(0),), (torch.tensor([-1e30, -1000., -89., 89., 1000., 1e30]),)]

safe_sigmoid = Exercise('linear.safe_sigmoid', 'safe_sigmoid(x)', _any_scores,
    lambda x: _slope(torch.sigmoid, x), use=_slope,
    hints=["Write 1/(1 + exp(-x)) first. At which end does exp get too large for a float32?",
           "exp(100) is infinite, and the gradient becomes infinity times 0, which is nan. Who says that x must go "
           "that far?",
           "`x.clamp(min=-80)` raises the lower numbers to -80, where the sigmoid is 0 anyway."])

@safe_sigmoid.right
def sigmoid_clamp(x): return 1/(1 + torch.exp(-x.clamp(min=-80)))

@safe_sigmoid.right
def sigmoid_tanh(x): return .5*(1 + torch.tanh(x/2))

@safe_sigmoid.right
def sigmoid_log(x): return torch.exp(-torch.logaddexp(torch.zeros_like(x), -x))

@safe_sigmoid.wrong("Right in the middle, but for very negative numbers exp(-x) is infinite, and the gradient is nan. "
                    "Do not let x fall below -80, say, before exp sees it")
def sigmoid_naive(x): return 1/(1 + torch.exp(-x))

@safe_sigmoid.wrong("The sign in front of x is missing: yours falls where the sigmoid rises")
def sigmoid_falling(x): return 1/(1 + torch.exp(x.clamp(max=80)))

@safe_sigmoid.wrong("exp(x)/(1 + exp(x)) is the same on paper, but for large numbers it is infinity divided by "
                    "infinity, nan")
def sigmoid_other_form(x): return torch.exp(x)/(1 + torch.exp(x))

@safe_sigmoid.wrong("The limit is too narrow: scores beyond it get the wrong value, and no gradient any more")
def sigmoid_narrow(x): return 1/(1 + torch.exp(-x.clamp(-1, 1)))

@safe_sigmoid.wrong("A sigmoid reaches from 0 to 1, and is a half at 0; tanh reaches from -1 to 1")
def sigmoid_is_tanh(x): return torch.tanh(x)

@safe_sigmoid.wrong("detach, item, numpy and torch.no_grad cut the result off from x, so there is no gradient")
def sigmoid_detached(x): return torch.sigmoid(x.detach())


# accuracy, whatever the shape of the targets
def _answers():
    x, y = pair_tensors('valid')
    return [(torch.tensor([[2.], [-1.]]), torch.tensor([1., 0.])),
            (torch.tensor([[2.], [-1.]]), torch.tensor([[1.], [0.]])),
            (torch.tensor([[0.], [.3], [-3.]]), torch.tensor([[1.], [1.], [0.]])),
            (torch.tensor([[0.]]), torch.tensor([0.])),
            (torch.randn(50, 1), torch.randint(2, (50,)).float()),
            (torch.randn(40, 1), torch.randint(2, (40, 1)).float()),
            (x[::100, 400:401] - .4, y[::100])]

share_right = Exercise('linear.share_right', 'share_right(scores, targets)', _answers,
    lambda scores, targets: batch_accuracy(scores.view(-1), targets.view(-1)),
    hints=["Compare twice: is the score above 0? Is the target 1? And are the two answers the same?",
           "A column compared with a row is a table of n x n. Which shape can you give both?",
           "`view(-1)` makes a row of anything; `.float().mean()` turns True and False into 1 and 0 and takes their "
           "mean."])

@share_right.right
def share_equal(scores, targets): return ((scores.view(-1) > 0) == (targets.view(-1) == 1)).float().mean()

@share_right.right
def share_where(scores, targets):
    scores = scores.view_as(targets)
    return torch.where(targets == 1, scores > 0, scores <= 0).float().mean()

@share_right.right
def share_loop(scores, targets):
    right = [(s > 0) == (t == 1) for s, t in zip(scores.flatten().tolist(), targets.flatten().tolist())]
    return sum(right)/len(right)

@share_right.wrong("Right while the targets are a column. As a row of shape (n,), each of them is compared with all n "
                   "scores: the result is a table of n x n, and its mean no accuracy. Bring both to one shape first")
def share_table(scores, targets): return ((scores > 0) == (targets == 1)).float().mean()

@share_right.wrong("Half is the border for probabilities. Scores have theirs at 0")
def share_half(scores, targets): return ((scores.view(-1) > .5) == (targets.view(-1) == 1)).float().mean()

@share_right.wrong("Right, but for a score of exactly 0, which counts as a 0 here: only above 0 means 1")
def share_zero(scores, targets): return ((scores.view(-1) >= 0) == (targets.view(-1) == 1)).float().mean()

@share_right.wrong("You counted the right answers; divide by how many there are")
def share_count(scores, targets): return ((scores.view(-1) > 0) == (targets.view(-1) == 1)).float().sum()

@share_right.wrong("That is the share of wrong answers")
def share_wrong(scores, targets): return ((scores.view(-1) > 0) != (targets.view(-1) == 1)).float().mean()

@share_right.wrong("One answer for each image came back; take the mean of them")
def share_each(scores, targets): return (scores.view(-1) > 0) == (targets.view(-1) == 1)


# the loop
def _after(f, weights, bias, batches, lr):
    "The losses, and where it has got to"
    return f(weights, bias, batches, lr), weights.detach(), bias.detach()

def _parameters(k): return (torch.randn(k, 1)*.5).requires_grad_(), torch.randn(1).requires_grad_()

def _some_batches(sizes, k): return [(torch.randn(n, k), torch.randint(2, (n, 1)).float()) for n in sizes]

def _trainings():
    x, y = pair_tensors('valid')
    order = torch.randperm(len(x))[:70]
    def start(): return torch.tensor([[.5]]).requires_grad_(), torch.zeros(1).requires_grad_()
    one = torch.tensor([[1.]])
    return [(*start(), [(torch.tensor([[1.], [2.]]), torch.tensor([[1.], [0.]]))], 1.),
            (*start(), [(one, one), (2*one, 0*one)], 1.),
            (*_parameters(3), _some_batches([4, 4, 2], 3), .5), (*_parameters(2), _some_batches([1, 1], 2), 2.),
            (*_parameters(2), [], 1.), (*_parameters(784), list(zip(x[order].split(32), y[order].split(32))), .1)]

def _with_optimizer(weights, bias, batches, lr):
    opt, losses = BasicOptim([weights, bias], lr), []
    for xb, yb in batches:
        opt.zero_grad()
        loss = F.l1_loss(linear1(xb, weights, bias).sigmoid(), yb)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses, weights.detach(), bias.detach()

one_epoch_by_hand = Exercise('linear.one_epoch_by_hand', 'one_epoch_by_hand(weights, bias, batches, lr)', _trainings,
    _with_optimizer, use=_after, changes=True,
    hints=["Fetch, predict, compare, backward, step, zero: which line is each?",
           "For both parameters: `p.data -= p.grad*lr`, so that PyTorch does not write the step down. And after it?",
           "`losses.append(loss.item())` notes a number; `loss` itself would hold on to the whole calculation."])

@one_epoch_by_hand.right
def loop_data(weights, bias, batches, lr):
    losses = []
    for xb, yb in batches:
        loss = mnist_loss(xb@weights + bias, yb)
        loss.backward()
        for p in (weights, bias):
            p.data -= p.grad*lr
            p.grad.zero_()
        losses.append(loss.item())
    return losses

@one_epoch_by_hand.right
def loop_no_grad(weights, bias, batches, lr):
    losses = []
    for xb, yb in batches:
        weights.grad = bias.grad = None
        loss = ((xb@weights + bias).sigmoid() - yb).abs().mean()
        loss.backward()
        with torch.no_grad():
            weights -= lr*weights.grad
            bias -= lr*bias.grad
        losses.append(float(loss))
    return losses

@one_epoch_by_hand.right
def loop_autograd(weights, bias, batches, lr):
    losses = []
    for xb, yb in batches:
        losses.append(mnist_loss(linear1(xb, weights, bias), yb))
        for p, g in zip((weights, bias), torch.autograd.grad(losses[-1], (weights, bias))): p.data.sub_(g, alpha=lr)
    return [loss.detach() for loss in losses]

def _loop(weights, bias, batches, lr, keep=False, zero_early=False, params=(0, 1), loss_func=mnist_loss):
    losses = []
    for xb, yb in batches:
        loss = loss_func(linear1(xb, weights, bias), yb)
        loss.backward()
        for i, p in enumerate((weights, bias)):
            if zero_early: p.grad.zero_()
            if i in params: p.data -= p.grad*lr
            if not keep: p.grad.zero_()
        losses.append(loss.item())
    return losses

@one_epoch_by_hand.wrong("The first step is right, the later ones are not: backward adds to the gradient that is "
                         "there. Empty it after each step, with zero_()")
def loop_no_zero(weights, bias, batches, lr): return _loop(weights, bias, batches, lr, keep=True)

@one_epoch_by_hand.wrong("You went up the hill: the gradient says where the loss rises, so it has to be subtracted")
def loop_uphill(weights, bias, batches, lr): return _loop(weights, bias, batches, -lr)

@one_epoch_by_hand.wrong("You emptied the gradients between backward and the step, so nothing moved. First the step, "
                         "then the zeros")
def loop_zero_early(weights, bias, batches, lr): return _loop(weights, bias, batches, lr, zero_early=True)

@one_epoch_by_hand.wrong("The weights learn, and the bias stands still; it needs its step, too")
def loop_no_bias(weights, bias, batches, lr): return _loop(weights, bias, batches, lr, params=(0,))

@one_epoch_by_hand.wrong("Is there a sigmoid in your loss? Scores can be any number, targets are 0 or 1")
def loop_no_sigmoid(weights, bias, batches, lr): return _loop(weights, bias, batches, lr, loss_func=F.l1_loss)

@one_epoch_by_hand.wrong("You added the errors up instead of taking their mean, so larger batches take larger steps")
def loop_sum(weights, bias, batches, lr):
    return _loop(weights, bias, batches, lr, loss_func=lambda s, t: (s.sigmoid() - t).abs().sum())


# accuracy over batches
def first_pixel(xb): return xb[:, :1]

def _validations():
    x, y = pair_tensors('valid')
    cut = [(torch.tensor([[1.], [1.]]), torch.tensor([[1.], [1.]])), (torch.tensor([[1.]]), torch.tensor([[0.]]))]
    return [(first_pixel, cut), (first_pixel, cut[:1]), (first_pixel, _some_batches([3], 2)),
            (torch.nn.Linear(3, 1), _some_batches([8, 8, 5], 3)),
            (first_pixel, _some_batches([6, 6, 6], 1)),
            (torch.nn.Linear(784, 1), list(zip(x[::20].split(40), y[::20].split(40))))]

accuracy_over = Exercise('linear.accuracy_over', 'accuracy_over(model, batches)', _validations, validate_epoch,
    hints=["Two batches: 2 of 2 are right, then 0 of 1. How many of all are right? And what is the mean of the two "
           "accuracies?",
           "Count right answers, and count all. Divide at the end.",
           "`batch_accuracy(model(xb), yb)*len(xb)` is the number of right answers of a batch."])

@accuracy_over.right
def over_counting(model, batches):
    right, n = 0, 0
    for xb, yb in batches:
        right += ((model(xb) > 0) == (yb == 1)).sum().item()
        n += len(yb)
    return right/n

@accuracy_over.right
def over_weighted(model, batches):
    with torch.no_grad(): accs = [(batch_accuracy(model(xb), yb).item(), len(xb)) for xb, yb in batches]
    return sum(a*n for a, n in accs)/sum(n for _, n in accs)

@accuracy_over.right
def over_all_at_once(model, batches):
    xs, ys = zip(*batches)
    return batch_accuracy(torch.cat([model(xb) for xb in xs]), torch.cat(ys))

@accuracy_over.wrong("This is the mean of the batches' accuracies. The last batch is smaller, and its images count "
                     "for more than the others; weigh each batch by its size")
def over_mean_of_means(model, batches):
    return torch.stack([batch_accuracy(model(xb), yb) for xb, yb in batches]).mean()

@accuracy_over.wrong("This is the accuracy of the last batch; the others are forgotten")
def over_last(model, batches):
    for xb, yb in batches: acc = batch_accuracy(model(xb), yb)
    return acc

@accuracy_over.wrong("This is the accuracy of the first batch. Is the return inside the loop?")
def overfirst_pixel(model, batches):
    for xb, yb in batches: return batch_accuracy(model(xb), yb)

@accuracy_over.wrong("You left out the last batch. It is smaller, but its images count like all others")
def over_without_last(model, batches): return over_weighted(model, batches[:-1] or batches)

@accuracy_over.wrong("You divided the right answers by the number of batches; divide by the number of images")
def over_n_batches(model, batches): return over_weighted(model, batches)*sum(len(xb) for xb, _ in batches)/len(batches)


# the gradient, without backward
def _one_batch():
    x, y = pair_tensors('valid')
    return [(torch.tensor([[1.]]), torch.tensor([[1.]]), torch.tensor([[0.]]), torch.tensor([0.])),
            (torch.tensor([[1.], [2.]]), torch.tensor([[1.], [0.]]), torch.tensor([[1.]]), torch.tensor([-1.])),
            (*_some_batches([6], 4)[0], torch.randn(4, 1), torch.randn(1)),
            (torch.randn(5, 3), torch.zeros(5, 1), torch.randn(3, 1), torch.tensor([30.])),
            (x[::50], y[::50], torch.randn(784, 1)*.1, torch.zeros(1))]

def _by_backward(xb, yb, weights, bias):
    weights, bias = weights.requires_grad_(), bias.requires_grad_()
    return torch.autograd.grad(mnist_loss(linear1(xb, weights, bias), yb), (weights, bias))

slopes_by_hand = Exercise('linear.slopes_by_hand', 'slopes_by_hand(xb, yb, weights, bias)', _one_batch, _by_backward,
    forbidden=('backward', 'autograd'),
    hints=["How does the loss change with one score? The sigmoid s has the slope s(1 - s); its error, s minus the "
           "target, may be above or below 0.",
           "So each score has the slope sign(s - target) s(1 - s), divided by n for the mean. And a score rises with "
           "a weight as fast as the pixel says, with the bias by 1.",
           "With these slopes in a column `d`, n x 1, the weights get `xb.T@d` and the bias `d.sum(0)`."])

def _push(xb, yb, weights, bias):
    s = torch.sigmoid(xb@weights + bias)
    return (s - yb).sign()*s*(1 - s)/len(xb)

@slopes_by_hand.right
def slopes_product(xb, yb, weights, bias):
    d = _push(xb, yb, weights, bias)
    return xb.T@d, d.sum(0)

@slopes_by_hand.right
def slopes_broadcast(xb, yb, weights, bias):
    s = torch.sigmoid((xb*weights[:, 0]).sum(1, keepdim=True) + bias)
    d = torch.where(yb == 1, -1., 1.)*s*(1 - s)
    return (xb*d).mean(0).unsqueeze(1), d.mean(0)

@slopes_by_hand.right
def slopes_loop(xb, yb, weights, bias):
    dw, db = torch.zeros_like(weights), torch.zeros_like(bias)
    for x, t in zip(xb, yb):
        s = 1/(1 + torch.exp(-(x@weights + bias)))
        d = (1 - 2*t)*s*(1 - s)/len(xb)
        dw += x[:, None]*d
        db += d
    return dw, db

@slopes_by_hand.wrong("The loss is a mean: divide by the number of images")
def slopes_sum(xb, yb, weights, bias):
    d = _push(xb, yb, weights, bias)*len(xb)
    return xb.T@d, d.sum(0)

@slopes_by_hand.wrong("For the bias you took a mean of slopes that are divided by n already, so it is divided by n "
                      "twice; add them up")
def slopes_bias_mean(xb, yb, weights, bias):
    d = _push(xb, yb, weights, bias)
    return xb.T@d, d.mean(0)

@slopes_by_hand.wrong("The slope of the sigmoid, s(1 - s), is missing from your chain")
def slopes_no_sigmoid(xb, yb, weights, bias):
    d = (torch.sigmoid(xb@weights + bias) - yb).sign()/len(xb)
    return xb.T@d, d.sum(0)

@slopes_by_hand.wrong("The sign is turned round: this is the way down, and a gradient points up")
def slopes_downhill(xb, yb, weights, bias):
    d = -_push(xb, yb, weights, bias)
    return xb.T@d, d.sum(0)

@slopes_by_hand.wrong("You multiplied by the error itself, as for squared errors. The slope of an absolute value is "
                      "its sign, 1 or -1")
def slopes_squared(xb, yb, weights, bias):
    s = torch.sigmoid(xb@weights + bias)
    d = (s - yb)*s*(1 - s)/len(xb)
    return xb.T@d, d.sum(0)

@slopes_by_hand.wrong("The error's sign is missing: where the target is 1, a higher score makes the loss smaller")
def slopes_no_sign(xb, yb, weights, bias):
    d = _push(xb, yb, weights, bias).abs()
    return xb.T@d, d.sum(0)
