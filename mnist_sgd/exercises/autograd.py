"Exercises of chapter 10: ways back, and the order in which they are gone"
import numpy as np
import torch

from mnist_sgd.autograd import Value, topological_order
from mnist_sgd.linear import pair_tensors
from mnist_sgd.practice import Exercise
from mnist_sgd.relu import binary_cross_entropy, simple_net


# a way back for one operation
def _curves():
    def case(g, a):
        a = np.asarray(a, dtype=float)
        return np.asarray(g, dtype=float), np.tanh(a), a
    return [case(1, 0), case(1, .5), case(3, -1), case([1., 2], [.5, -2]),
            case(*torch.randn(2, 3, 2).numpy()), case(np.zeros(0), np.zeros(0))]

def _tanh_with_pytorch(g, y, a):
    t = torch.tensor(a).requires_grad_()
    return torch.autograd.grad(t.tanh(), t, torch.tensor(g))[0].numpy()

tanh_back = Exercise('autograd.tanh_back', 'tanh_back(g, y, a)', _curves, _tanh_with_pytorch,
    hints=["A way back returns the gradient of the result times the local derivative. What is the slope of tanh?",
           "The slope is 1 minus the square of the *value* of tanh; and that value is there already.",
           "`g*(1 - y**2)`"])

@tanh_back.right
def tanh_by_value(g, y, a): return g*(1 - y**2)

@tanh_back.right
def tanh_by_cosh(g, y, a): return g/np.cosh(a)**2

@tanh_back.right
def tanh_by_trying(g, y, a): return g*(np.tanh(a + 1e-6) - np.tanh(a - 1e-6))/2e-6

@tanh_back.wrong("Where is g? A way back hands on the gradient of the result, times the local derivative")
def tanh_local(g, y, a): return 1 - y**2

@tanh_back.wrong("The slope is 1 minus the square of the value y, not of the input a")
def tanh_of_input(g, y, a): return g*(1 - a**2)

@tanh_back.wrong("That is the slope of the sigmoid. The slope of tanh is 1 - y**2")
def tanh_as_sigmoid(g, y, a): return g*y*(1 - y)

@tanh_back.wrong("y is the value of tanh already; you took tanh of it once more")
def tanh_twice(g, y, a): return g*(1 - np.tanh(y)**2)

@tanh_back.wrong("g and the derivative are multiplied, not added: that is the chain rule")
def tanh_added(g, y, a): return g + (1 - y**2)


# the ways back of a matrix product
def _products():
    t = torch.tensor
    return [(t([[1.]]), t([[2.]]), t([[3.]])), (t([[1., 2]]), t([[3.]]), t([[1., 1]])),
            *((torch.randn(n, m), torch.randn(n, k), torch.randn(k, m))
              for n, k, m in ((2, 2, 2), (4, 3, 5), (6, 784, 1), (1, 5, 1)))]

def _product_with_pytorch(g, a, b):
    a, b = a.requires_grad_(), b.requires_grad_()
    return torch.autograd.grad(a@b, (a, b), g)

matmul_backs = Exercise('autograd.matmul_backs', 'matmul_backs(g, a, b)', _products, _product_with_pytorch,
    forbidden=('backward', 'autograd'),
    hints=["g has the shape of a@b, n x m. What you return must have the shapes of a, n x k, and of b, k x m.",
           "Only one product of g and b, or of a and g, with one of them transposed, has the right shape.",
           "`g@b.T` for a. And for b?"])

@matmul_backs.right
def matmul_transposed(g, a, b): return g@b.T, a.T@g

@matmul_backs.right
def matmul_broadcast(g, a, b): return (g[:, None]*b).sum(2), (a[:, :, None]*g[:, None]).sum(0)

@matmul_backs.right
def matmul_einsum(g, a, b): return torch.einsum('nm,km->nk', g, b), torch.einsum('nk,nm->km', a, g)

@matmul_backs.wrong("Nothing is transposed in yours: the shapes fit only by chance")
def matmul_plain(g, a, b): return g@b, a@g

@matmul_backs.wrong("The two are swapped: a's gradient comes first")
def matmul_swapped(g, a, b): return a.T@g, g@b.T

@matmul_backs.wrong("For b it is a.T@g. You transposed the whole product: that has the shape m x k, not that of b")
def matmul_whole(g, a, b): return g@b.T, g.T@a

@matmul_backs.wrong("Where is g? In yours, all gradients of the result are 1")
def matmul_without_g(g, a, b):
    g = torch.ones_like(g)
    return g@b.T, a.T@g

@matmul_backs.wrong("You divided by the number of rows. The mean belongs to the loss, not to the product")
def matmul_mean(g, a, b): return g@b.T, a.T@g/len(g)


# what broadcasting repeated is added up
def _shares():
    t = torch.tensor
    return [(t([[1.], [2]]), (1,)), (t([[1., 2], [3, 4]]), (2,)), (t([[1., 2], [3, 4]]), (2, 1)),
            (t([[1., 2], [3, 4]]), (1, 2)), (t([1., 2, 3]), ()), (torch.randn(64, 50), (50,)),
            (torch.randn(2, 3, 4), (3, 1)), (torch.randn(3, 4), (3, 4)), (torch.randn(0, 3), (3,))]

fold_back = Exercise('autograd.fold_back', 'fold_back(g, shape)', _shares, lambda g, shape: g.sum_to_size(shape),
    hints=["A bias of shape (50,) that is added to 64 rows is used 64 times. What happens to the 64 gradients that "
           "come back?",
           "Two kinds of axes were repeated: new ones in front, and those of size 1.",
           "`g.sum(axis)` for each extra axis in front; then `g.sum(i, keepdim=True)` where `shape[i]` is 1."])

@fold_back.right
def fold_axes(g, shape):
    extra = g.ndim - len(shape)
    axes = [i for i in range(g.ndim) if i < extra or shape[i - extra] == 1]
    return (g.sum(axes) if axes else g).view(shape)

@fold_back.right
def fold_loop(g, shape):
    while g.ndim > len(shape): g = g.sum(0)
    for i, n in enumerate(shape):
        if n == 1: g = g.sum(i, keepdim=True)
    return g

@fold_back.right
def fold_with_pytorch(g, shape):
    t = torch.zeros(shape).requires_grad_()
    t.expand(g.shape).backward(g)
    return t.grad

@fold_back.wrong("You took the mean. Each use has its share in the gradient, and shares are added up")
def fold_mean(g, shape):
    n = max(g.numel(), 1)/max(torch.Size(shape).numel(), 1)
    return fold_axes(g, shape)/n

@fold_back.wrong("Right for new axes in front. But axes of size 1 were repeated as well, and have to be added up")
def fold_front_only(g, shape):
    while g.ndim > len(shape): g = g.sum(0)
    return g

@fold_back.wrong("Right for axes of size 1. But broadcasting also adds axes in front, and these are to be added up "
                 "and removed")
def fold_ones_only(g, shape):
    for i, n in enumerate(shape, g.ndim - len(shape)):
        if n == 1: g = g.sum(i, keepdim=True)
    return g

@fold_back.wrong("The numbers are right, the shape is not: the gradient must have exactly the shape that is asked "
                 "for. Where an axis of size 1 is added up, keepdim=True keeps it")
def fold_no_keepdim(g, shape):
    extra = g.ndim - len(shape)
    axes = [i for i in range(g.ndim) if i < extra or shape[i - extra] == 1]
    return g.sum(axes) if axes else g

@fold_back.wrong("You took the first of the repeated gradients and dropped the others; add them up")
def fold_first(g, shape):
    while g.ndim > len(shape): g = g[0]
    for i, n in enumerate(shape):
        if n == 1: g = g.narrow(i, 0, 1)
    return g


# a whole net by hand, for a batch
def _net(n, k, hidden):
    return (torch.randn(n, k), torch.randint(2, (n, 1)).float(), torch.randn(k, hidden)*.5, torch.randn(hidden)*.5,
            torch.randn(hidden, 1), torch.randn(1))

def _small_nets():
    x, y = pair_tensors('valid')
    t = torch.tensor
    return [(t([[1.]]), t([[1.]]), t([[2.]]), t([0.]), t([[1.]]), t([-1.])),
            _net(2, 1, 2), _net(5, 3, 4), _net(1, 4, 3),
            (x[::200], y[::200], *_net(1, 784, 10)[2:])]

def _net_backward(xb, yb, *params):
    for p in params: p.requires_grad_()
    return torch.autograd.grad(binary_cross_entropy(simple_net(xb, *params), yb), params)

net_gradients = Exercise('autograd.net_gradients', 'net_gradients(xb, yb, w1, b1, w2, b2)', _small_nets, _net_backward,
    forbidden=('backward', 'autograd'),
    hints=["Write the way forward in steps: sums, hidden, scores. Then take the steps back, the last one first.",
           "The loss is a mean over n images, so `d_score = (scores.sigmoid() - yb)/n`. How does a product go back, "
           "how ReLU? A bias is used by each image.",
           "`d_w2, d_b2 = hidden.T@d_score, d_score.sum(0)`, `d_sums = d_score@w2.T*(sums > 0)`, and the first layer "
           "as the second."])

def _forward(xb, yb, w1, b1, w2, b2):
    sums = xb@w1 + b1
    hidden = sums.relu()
    return sums, hidden, ((hidden@w2 + b2).sigmoid() - yb)/len(xb)

def _all_four(xb, hidden, d_score, d_sums): return xb.T@d_sums, d_sums.sum(0), hidden.T@d_score, d_score.sum(0)

@net_gradients.right
def net_by_hand(xb, yb, w1, b1, w2, b2):
    sums, hidden, d_score = _forward(xb, yb, w1, b1, w2, b2)
    return _all_four(xb, hidden, d_score, (d_score@w2.T)*(sums > 0))

@net_gradients.right
def net_image_by_image(xb, yb, w1, b1, w2, b2):
    grads = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
    for x, t in zip(xb, yb):
        hidden = (x@w1 + b1).clamp(min=0)
        d = (hidden@w2 + b2).sigmoid() - t
        d_sums = torch.where(hidden > 0, w2[:, 0]*d, 0.)
        for total, g in zip(grads, (torch.outer(x, d_sums), d_sums, torch.outer(hidden, d), d)): total += g
    return [g/len(xb) for g in grads]

@net_gradients.right
def net_with_a_column_of_ones(xb, yb, w1, b1, w2, b2):
    "A bias is the weight of an input that is always 1"
    ones = torch.ones(len(xb), 1)
    x1 = torch.cat([xb, ones], 1)
    h1 = torch.cat([(x1@torch.cat([w1, b1[None]])).relu(), ones], 1)
    d = ((h1@torch.cat([w2, b2[None]])).sigmoid() - yb)/len(xb)
    back = x1.T@((d*w2.T)*(h1[:, :-1] > 0))
    last = h1.T@d
    return back[:-1], back[-1], last[:-1], last[-1]

@net_gradients.wrong("The loss is a mean over the batch: divide by the number of images")
def net_sum(*args): return [g*len(args[0]) for g in net_by_hand(*args)]

@net_gradients.wrong("On its way to the first layer the gradient has to pass the ReLU: it is stopped where the sum "
                     "was not positive")
def net_no_relu(xb, yb, w1, b1, w2, b2):
    _, hidden, d_score = _forward(xb, yb, w1, b1, w2, b2)
    return _all_four(xb, hidden, d_score, d_score@w2.T)

@net_gradients.wrong("ReLU stops the gradient where its *input* was negative. You cut off negative gradients")
def net_relu_of_gradient(xb, yb, w1, b1, w2, b2):
    _, hidden, d_score = _forward(xb, yb, w1, b1, w2, b2)
    return _all_four(xb, hidden, d_score, (d_score@w2.T).relu())

@net_gradients.wrong("The biases are divided by n twice: the slope of the mean is in the gradient of the scores "
                     "already, so add up")
def net_bias_mean(xb, yb, w1, b1, w2, b2):
    sums, hidden, d_score = _forward(xb, yb, w1, b1, w2, b2)
    d_sums = (d_score@w2.T)*(sums > 0)
    return xb.T@d_sums, d_sums.mean(0), hidden.T@d_score, d_score.mean(0)

@net_gradients.wrong("For the biases you have a row for each image. A bias is used by all of them: add the rows up")
def net_bias_rows(xb, yb, w1, b1, w2, b2):
    sums, hidden, d_score = _forward(xb, yb, w1, b1, w2, b2)
    d_sums = (d_score@w2.T)*(sums > 0)
    return xb.T@d_sums, d_sums, hidden.T@d_score, d_score

@net_gradients.wrong("The sign is turned round: the slope of the loss is probability minus target, not target minus "
                     "probability")
def net_downhill(*args): return [-g for g in net_by_hand(*args)]


# the engine's backward
def w_times_three(w): return w*3

def u_used_twice(w, x):
    u = w*x
    return u*(u + w)

def w_plus_w(w): return w + w

def long_and_short_way(w, x):
    u = w*x
    v = (u*u + u).exp()
    return v + u

def ladder(w):
    for _ in range(6): w = w*.5 + w*.3
    return w

def small_net(w, v, b): return (((w*.5 + v*-2 + b).relu()*v + (w*v).relu()*w).sigmoid()).log()

def _graphs():
    return [(w_times_three, [2.]), (w_plus_w, [2.]), (u_used_twice, [2., 3.]), (long_and_short_way, [.5, .7]),
            (ladder, [1.]), (small_net, [.4, 1.3, -.2]), (small_net, [1.5, -1.3, .2])]

def _on_a_graph(f, graph, leaves):
    leaves = [Value(o) for o in leaves]
    f(graph(*leaves))
    return [float(o.grad) for o in leaves]

def _graph_with_pytorch(graph, leaves):
    leaves = [torch.tensor(o, dtype=torch.float64).requires_grad_() for o in leaves]
    return [g.item() for g in torch.autograd.grad(graph(*leaves), leaves)]

my_backward = Exercise('autograd.my_backward', 'my_backward(result)', _graphs, _graph_with_pytorch, use=_on_a_graph,
    hints=["`result.grad` is 1. For each parent and its way back, `back(g)` says which share it gets. When may a node "
           "hand on its own gradient?",
           "Only after all that use it have handed on theirs. `topological_order` of mnist_sgd.autograd gives such an "
           "order; or count down with `node.number`.",
           "`for node in order: for parent, back in node.parents: parent.grad += back(node.grad)`"])

@my_backward.right
def backward_in_order(result):
    result.grad = 1.
    for node in topological_order(result):
        for parent, back in node.parents: parent.grad += back(node.grad)

@my_backward.right
def backward_newest_first(result):
    result.grad = 1.
    waiting = {result}
    while waiting:
        node = max(waiting, key=lambda o: o.number)
        waiting.remove(node)
        for parent, back in node.parents:
            parent.grad += back(node.grad)
            waiting.add(parent)

@my_backward.right
def backward_every_way(result, g=1.):
    "Each way by itself: slow where there are many, but right"
    result.grad += g
    for parent, back in result.parents: backward_every_way(parent, back(g))

@my_backward.wrong("Nothing comes back where the result starts with a gradient of 0: it rises exactly as fast as "
                   "itself, so set its own to 1")
def backward_from_zero(result):
    for node in topological_order(result):
        for parent, back in node.parents: parent.grad += back(node.grad)

@my_backward.wrong("A node that is used twice keeps only its last share. Shares are added up: += instead of =")
def backward_overwrites(result):
    result.grad = 1.
    for node in topological_order(result):
        for parent, back in node.parents: parent.grad = back(node.grad)

@my_backward.wrong("Each time a node is reached again, it hands on its whole gradient, with the shares that it has "
                   "handed on before. Wait until it has all its shares, or hand on the new share only")
def backward_again_and_again(result):
    def visit(node):
        for parent, back in node.parents:
            parent.grad += back(node.grad)
            visit(parent)
    result.grad = 1.
    visit(result)

@my_backward.wrong("Your nodes hand on when they are first found, before all their shares have come in. Take them in "
                   "topological order")
def backward_too_early(result):
    result.grad = 1.
    found, todo = {result}, [result]
    while todo:
        node = todo.pop(0)
        for parent, back in node.parents:
            parent.grad += back(node.grad)
            if parent not in found:
                found.add(parent)
                todo.append(parent)

@my_backward.wrong("Only the result's own parents get something; go on from them to theirs")
def backward_one_step(result):
    for parent, back in result.parents: parent.grad += back(1.)

@my_backward.wrong("Each way back wants the gradient of its own node, node.grad, and not always 1: that is what the "
                   "chain rule multiplies")
def backward_local(result):
    for node in topological_order(result):
        for parent, back in node.parents: parent.grad += back(1.)
