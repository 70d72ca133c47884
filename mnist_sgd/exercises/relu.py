"Exercises of chapter 9: what ReLU can do, nets of several layers, and cross-entropy"
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mnist_sgd.linear import pair_tensors
from mnist_sgd.practice import Exercise
from mnist_sgd.relu import relu


# leaky ReLU
def _leaks():
    return [(torch.tensor([-2., 3.]), .1), (torch.tensor(-1.), .5), (torch.randn(4, 3), .01),
            (torch.randn(2, 2, 2), 0.), (torch.randn(5), 2.),
            (torch.zeros(0), .1), (torch.tensor([-3., 0., 3.], dtype=torch.float64), .2)]

leaky = Exercise('relu.leaky', 'leaky(x, slope)', _leaks, F.leaky_relu,
    hints=["What comes out for a positive number, and what for a negative one?",
           "`torch.where(condition, a, b)` takes from `a` where the condition holds, and from `b` elsewhere.",
           "Or add two parts: `relu(x)`, and the slope times what ReLU has cut off."])

@leaky.right
def leaky_where(x, slope): return torch.where(x > 0, x, slope*x)

@leaky.right
def leaky_parts(x, slope): return x.clamp(min=0) + slope*x.clamp(max=0)

@leaky.right
def leaky_copy(x, slope):
    x = x.clone()
    x[x < 0] *= slope
    return x

@leaky.wrong("The result is right, but you have changed the caller's x. Start from a copy, x.clone()")
def leaky_in_place(x, slope):
    x[x < 0] *= slope
    return x

@leaky.wrong("clamp(min=slope) raises everything below slope to slope; a leak is slope times x")
def leaky_clamp(x, slope): return x.clamp(min=slope)

@leaky.wrong("Right up to a slope of 1. With a steeper one, slope*x is the smaller of the two for a negative x, and "
             "you take the larger")
def leaky_maximum(x, slope): return torch.maximum(x, slope*x)

@leaky.wrong("The sign is turned round: a negative number must stay negative")
def leaky_positive(x, slope): return relu(x) + slope*relu(-x)

@leaky.wrong("That is plain ReLU, nothing leaks through")
def leaky_not(x, slope): return relu(x)

@leaky.wrong("The whole is multiplied by slope; positive numbers stay as they are")
def leaky_all(x, slope): return slope*x


# a hat made of three bends
def _places():
    return [(torch.tensor([0., 1, 2, 3]),), (torch.tensor([1.5, 2.5, 10]),), (torch.tensor(2.2),),
            (torch.randn(3, 4)*2,), (torch.zeros(0),), (torch.linspace(-5, 50, 23),)]

def _between(x, knots, heights):
    return torch.tensor(np.interp(x.numpy(), knots, heights), dtype=x.dtype)

hat = Exercise('relu.hat', 'hat(x)', _places, lambda x: _between(x, [1, 2, 3], [0, 1, 0]),
    hints=["Each ReLU adds one bend. Where does a hat bend?",
           "At 1 the slope changes from 0 to 1. By how much does it change at 2, where it becomes -1? And at 3?",
           "A bend at 2 that changes the slope by -2 is `-2*relu(x - 2)`."])

@hat.right
def hat_bends(x): return relu(x - 1) - 2*relu(x - 2) + relu(x - 3)

@hat.right
def hat_net(x): return (torch.tensor([1., -2, 1])*F.relu(x[..., None] - torch.tensor([1., 2, 3]))).sum(-1)

@hat.right
def hat_distance(x): return relu(1 - (x - 2).abs())

@hat.wrong("Your line does not come down again: at 2 the slope has to change by -2, from 1 to -1")
def hat_plateau(x): return relu(x - 1) - relu(x - 2)

@hat.wrong("Behind 3 it goes on falling; a third bend has to make it level again")
def hat_falls(x): return relu(x - 1) - 2*relu(x - 2)

@hat.wrong("At 2 the slope becomes 0 and not -1, and at 3 it changes again; add up the slopes from left to right: 1, "
           "then -1, then 0")
def hat_weak(x): return relu(x - 1) - relu(x - 2) + relu(x - 3)

@hat.wrong("Your bends are at -1, -2 and -3. relu(x - 1) bends at 1")
def hat_shifted(x): return relu(x + 1) - 2*relu(x + 2) + relu(x + 3)

@hat.wrong("At 2 the slope has to change by -2: from 1 to -1. Yours changes by more, so the line goes below 0")
def hat_deep(x): return relu(x - 1) - 3*relu(x - 2) + 2*relu(x - 3)


# two linear layers are one
def _pairs_of_layers():
    def number(w, b):
        layer = nn.Linear(1, 1)
        with torch.no_grad():
            layer.weight.fill_(w)
            layer.bias.fill_(b)
        return layer
    return [(number(3, 1), number(2, 4)), (nn.Linear(2, 2), nn.Linear(2, 2)), (nn.Linear(784, 5), nn.Linear(5, 3)),
            (nn.Linear(1, 6), nn.Linear(6, 1))]

def _inputs_for(layer): return torch.linspace(-1, 1, 2*layer.in_features).view(2, -1)

def _apply_merged(f, first, second): return F.linear(_inputs_for(first), *f(first, second)).detach()

merged_layer = Exercise('relu.merged_layer', 'merged_layer(first, second)', _pairs_of_layers,
    lambda first, second: second(first(_inputs_for(first))).detach(), use=_apply_merged,
    hints=["With single numbers: the second layer takes 2 times what comes from the first, 3x + 1, and adds 4. What "
           "happens to the 1?",
           "The weights of nn.Linear(2, 5) are 5 x 2: a row for each output. Which product has the shape outputs of "
           "the second x inputs of the first?",
           "`second.weight@first.weight` is one part; the first bias goes through the second layer as well: "
           "`second(first.bias)`."])

@merged_layer.right
def merged_products(first, second): return second.weight@first.weight, second.weight@first.bias + second.bias

@merged_layer.right
def merged_by_calling(first, second): return (first.weight.T@second.weight.T).T, second(first.bias)

@merged_layer.right
def merged_by_asking(first, second):
    "Ask what comes out for an empty page, and for one pixel at a time"
    k = first.in_features
    bias = second(first(torch.zeros(k)))
    return (second(first(torch.eye(k))) - bias).T, bias

@merged_layer.wrong("The bias of the first layer goes through the second as well: multiply it by the second's weights")
def merged_biases_added(first, second): return second.weight@first.weight, first.bias + second.bias

@merged_layer.wrong("The first layer's bias is lost; it goes through the second layer as well")
def merged_second_bias(first, second): return second.weight@first.weight, second.bias

@merged_layer.wrong("The order of the product is turned round. What is done first stands on the right: "
                    "second.weight@first.weight")
def merged_turned(first, second): return first.weight@second.weight, second.weight@first.bias + second.bias

@merged_layer.wrong("The second layer's bias is missing")
def merged_first_bias(first, second): return second.weight@first.weight, second.weight@first.bias

@merged_layer.wrong("The weights are multiplied, not added: the second layer takes 2 times (3x + 1)")
def merged_sum(first, second): return second.weight + first.weight, second.bias + first.bias


# cross-entropy for yes and no
def _value_and_slope(f, scores, targets):
    scores = scores.requires_grad_()
    loss = f(scores, targets)
    loss.backward()
    return loss.detach(), scores.grad

def _beliefs():
    x, y = pair_tensors('valid')
    return [(torch.tensor([0.]), torch.tensor([1.])), (torch.tensor([2., -1.]), torch.tensor([1., 1.])),
            (torch.tensor([2., -1., .5]), torch.tensor([1., 0., 0.])),
            (torch.randn(6, 1), torch.randint(2, (6, 1)).float()), (torch.tensor(3.), torch.tensor(0.)),
            (torch.tensor([200., -200., 200., -200.]), torch.tensor([1., 0., 0., 1.])),
            (10*(x[::60, 400:401] - .5), y[::60])]

my_bce = Exercise('relu.my_bce', 'my_bce(scores, targets)', _beliefs,
    lambda *args: _value_and_slope(F.binary_cross_entropy_with_logits, *args), use=_value_and_slope,
    hints=["What probability did the model give to the right answer, if the target is 1? And if it is 0? The loss is "
           "minus the mean logarithm of that.",
           "Far out, the probability is rounded to 0, and its logarithm is minus infinity. Can you take the logarithm "
           "on paper?",
           "log(1 + exp(s)) is `torch.logaddexp(s, torch.zeros_like(s))`; the loss of an item is that minus s times "
           "its target."])

@my_bce.right
def bce_logaddexp(scores, targets):
    return (torch.logaddexp(scores, torch.zeros_like(scores)) - scores*targets).mean()

@my_bce.right
def bce_softplus(scores, targets): return F.softplus(torch.where(targets == 1, -scores, scores)).mean()

@my_bce.right
def bce_logsigmoid(scores, targets):
    return -(targets*F.logsigmoid(scores) + (1 - targets)*F.logsigmoid(-scores)).mean()

@my_bce.wrong("Right in the middle. But where the model is very sure, the sigmoid is rounded to 0 or 1, and log(0) is "
              "minus infinity. logaddexp takes the logarithm without the probability")
def bce_naive(scores, targets):
    p = scores.sigmoid()
    return -(targets*p.log() + (1 - targets)*(1 - p).log()).mean()

@my_bce.wrong("The sigmoid is taken twice: PyTorch's function wants scores, not probabilities")
def bce_twice(scores, targets): return F.binary_cross_entropy_with_logits(scores.sigmoid(), targets)

@my_bce.wrong("You added the losses up; take their mean")
def bce_sum(scores, targets): return F.binary_cross_entropy_with_logits(scores, targets, reduction='sum')

@my_bce.wrong("Where the target is 0, nothing is lost in yours. There the right answer has the probability 1 - p")
def bce_half(scores, targets): return -(targets*F.logsigmoid(scores)).mean()

@my_bce.wrong("The sign: the logarithm of a probability is negative, and a loss is not")
def bce_negative(scores, targets): return -F.binary_cross_entropy_with_logits(scores, targets)

@my_bce.wrong("The targets are swapped: yours is small where the model is sure of the wrong answer")
def bce_swapped(scores, targets): return F.binary_cross_entropy_with_logits(scores, 1 - targets)


# any number of layers
def _nets():
    def layers(*sizes): return [(torch.randn(a, b), torch.randn(b)) for a, b in zip(sizes, sizes[1:])]
    one = [(torch.tensor([[1., -1]]), torch.tensor([0., 0])), (torch.tensor([[-1.], [-1]]), torch.tensor([1.]))]
    return [(torch.tensor([[2.], [-3]]), one), (torch.tensor([[-1., 1]]), layers(2, 1)),
            (torch.randn(5, 3), layers(3, 4, 4, 2)), (torch.randn(4, 2), layers(2, 2, 2, 2, 2)),
            (torch.randn(0, 3), layers(3, 2, 1)), (torch.rand(2, 784), layers(784, 50, 1))]

def _with_modules(xb, layers):
    parts = []
    for w, b in layers:
        layer = nn.Linear(*w.shape)
        layer.weight.data, layer.bias.data = w.T, b
        parts += [layer, nn.ReLU()]
    return nn.Sequential(*parts[:-1])(xb).detach()

deep_scores = Exercise('relu.deep_scores', 'deep_scores(xb, layers)', _nets, _with_modules,
    hints=["What goes into the second layer? Keep one variable, and replace it layer by layer.",
           "A ReLU stands *between* two layers. How many are there for three layers?",
           "`for w, b in layers[:-1]: xb = relu(xb@w + b)`, and then the last layer."])

@deep_scores.right
def deep_last_apart(xb, layers):
    for w, b in layers[:-1]: xb = relu(xb@w + b)
    w, b = layers[-1]
    return xb@w + b

@deep_scores.right
def deep_before(xb, layers):
    for i, (w, b) in enumerate(layers): xb = (relu(xb) if i else xb)@w + b
    return xb

@deep_scores.right
def deep_recursive(xb, layers):
    (w, b), *rest = layers
    out = F.linear(xb, w.T, b)
    return deep_recursive(out.clamp(min=0), rest) if rest else out

@deep_scores.wrong("There is a ReLU behind the last layer, too, so no score can be below 0, and every answer is a "
                   "three")
def deep_relu_last(xb, layers):
    for w, b in layers: xb = relu(xb@w + b)
    return xb

@deep_scores.wrong("Without a ReLU between them, your layers are one linear layer")
def deep_linear(xb, layers):
    for w, b in layers: xb = xb@w + b
    return xb

@deep_scores.wrong("You put a ReLU in front of the first layer. Negative inputs are lost before anybody has looked at "
                   "them")
def deep_relu_first(xb, layers):
    for w, b in layers: xb = relu(xb)@w + b
    return xb

@deep_scores.wrong("The ReLU comes before the bias is added; it belongs to the whole sum, bias included")
def deep_bias_late(xb, layers):
    for w, b in layers[:-1]: xb = relu(xb@w) + b
    w, b = layers[-1]
    return xb@w + b

@deep_scores.wrong("ReLU stands behind the first layer only; every layer but the last has one")
def deep_once(xb, layers):
    for i, (w, b) in enumerate(layers):
        xb = xb@w + b
        if i == 0 and len(layers) > 1: xb = relu(xb)
    return xb

@deep_scores.wrong("The biases are missing")
def deep_no_bias(xb, layers):
    for w, _ in layers[:-1]: xb = relu(xb@w)
    return xb@layers[-1][0]


# a broken line through any points
def _lines():
    t = torch.tensor
    sine = torch.linspace(0, 2*torch.pi, 9)
    return [(t([0., .5, 1, 2]), t([0., 1, 2]), t([0., 1, 0])), (t([1., 2, 3]), t([1., 2, 3]), t([5., 5, 6])),
            (t([0., 1, 4]), t([0., 1, 4]), t([0., 2, 2])), (torch.linspace(0, 6.2, 50), sine, sine.sin()),
            (torch.linspace(-2, 1, 7), t([-2., 1]), t([3., -3])), (t(.3), t([-1., 0, 2]), t([1., -1, 0]))]

line_through = Exercise('relu.line_through', 'line_through(x, knots, heights)', _lines, _between,
    hints=["What is the slope between two knots: height over width, for all of them at once?",
           "At each knot the slope *changes*, and that change is the weight of a ReLU which bends there. Before the "
           "first knot it is 0; and where does the line start?",
           "`slopes = heights.diff()/knots.diff()`, `bends = slopes.diff(prepend=torch.zeros(1))`; to the sum of "
           "`bends*relu(x[..., None] - knots[:-1])` comes `heights[0]`."])

def _slopes(knots, heights): return heights.diff()/knots.diff()

@line_through.right
def line_bends(x, knots, heights):
    bends = _slopes(knots, heights).diff(prepend=torch.zeros(1))
    return heights[0] + (bends*relu(x[..., None] - knots[:-1])).sum(-1)

@line_through.right
def line_loop(x, knots, heights):
    y, slope = torch.full_like(x, heights[0].item()), 0.
    for k, h, k2, h2 in zip(knots, heights, knots[1:], heights[1:]):
        new = (h2 - h)/(k2 - k)
        y = y + (new - slope)*relu(x - k)
        slope = new
    return y

@line_through.right
def line_pieces(x, knots, heights):
    "Each piece rises between its two knots and stays level behind them"
    x = x[..., None]
    pieces = relu(x - knots[:-1]) - relu(x - knots[1:])
    return heights[0] + (_slopes(knots, heights)*pieces).sum(-1)

@line_through.wrong("You gave each ReLU the slope behind its knot. The ReLUs before it rise on, so each needs only "
                    "the change of slope")
def line_slopes(x, knots, heights):
    return heights[0] + (_slopes(knots, heights)*relu(x[..., None] - knots[:-1])).sum(-1)

@line_through.wrong("Right where the first height is 0. Elsewhere the whole line has to be lifted by it")
def line_from_zero(x, knots, heights): return line_bends(x, knots, heights) - heights[0]

@line_through.wrong("Right where the knots are 1 apart. A slope is height over width: divide by knots.diff()")
def line_no_width(x, knots, heights):
    bends = heights.diff().diff(prepend=torch.zeros(1))
    return heights[0] + (bends*relu(x[..., None] - knots[:-1])).sum(-1)

@line_through.wrong("The first slope is lost: it, too, is a change, from 0, and bends the line at the first knot")
def line_no_first(x, knots, heights):
    bends = _slopes(knots, heights).diff()
    return heights[0] + (bends*relu(x[..., None] - knots[1:-1])).sum(-1)

@line_through.wrong("Your bends are one knot late: the slope between two knots begins at the left one")
def line_late(x, knots, heights):
    bends = _slopes(knots, heights).diff(prepend=torch.zeros(1))
    return heights[0] + (bends*relu(x[..., None] - knots[1:])).sum(-1)
