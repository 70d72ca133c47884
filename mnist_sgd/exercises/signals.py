"Exercises of chapter 15: with which weights to start, and how signals pass through many layers"
import math

import torch
import torch.nn.functional as F
from torch import nn

from mnist_sgd.practice import Exercise
from mnist_sgd.signals import Residual, kaiming_, spreads


# 1. how large should a weight be?
std = Exercise('signals.kaiming_std', 'kaiming_std(weight)',
    lambda: [(torch.rand(1, 8),), (torch.rand(50, 784),), (torch.rand(3, 2),), (torch.rand(16, 1, 5, 5),),
             (torch.rand(4, 8, 3, 3),),
             (torch.rand(10, 3, 1, 2),)],
    lambda weight: nn.init.calculate_gain('relu')/math.sqrt(nn.init._calculate_fan_in_and_fan_out(weight)[0]),
    hints=["How many products does one unit add up? One row of the matrix is one unit.",
           "For a convolution, a unit sees channels x height x width: all axes of the weights but the first.",
           "`math.sqrt(2/weight[0].numel())`"])

@std.right
def std_row(weight): return math.sqrt(2/weight[0].numel())

@std.right
def std_shape(weight):
    n_inputs = 1
    for size in weight.shape[1:]: n_inputs *= size
    return (2/n_inputs)**.5

@std.right
def std_flat(weight): return torch.tensor(2/weight.flatten(1).shape[1]).sqrt()

@std.wrong("You took the number of units, the first axis; a unit adds up its *inputs*, the other axes")
def std_units(weight): return math.sqrt(2/weight.shape[0])

@std.wrong("Right for a linear layer; a unit of a convolution adds up channels x height x width, not only the channels")
def std_channels(weight): return math.sqrt(2/weight.shape[1])

@std.wrong("Right for a linear layer; the last axis of a convolution is only the width of its window")
def std_last(weight): return math.sqrt(2/weight.shape[-1])

@std.wrong("The ReLU sets half of the sum of squares to 0, so it is 2/n and not 1/n under the root")
def std_no_relu(weight): return math.sqrt(1/weight[0].numel())

@std.wrong("This is the variance; the std is its root")
def std_variance(weight): return 2/weight[0].numel()

@std.wrong("You counted all weights of the layer; count those of one unit")
def std_all(weight): return math.sqrt(2/weight.numel())


# 2. follow the signal
def _nets():
    def net(*layers): return nn.Sequential(*layers)
    return [(net(nn.Linear(2, 2)), torch.tensor([[1., 0], [0, 2]])),
            (net(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3)), torch.randn(4, 3)),
            (net(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 2)), 3 + torch.randn(20, 5)),
            (net(nn.ReLU()), torch.randn(3, 4, 2)), (net(), torch.randn(2, 2)),
            (net(nn.Conv2d(1, 2, 3), net(nn.ReLU(), nn.Flatten()), nn.Linear(8, 1)), torch.randn(3, 1, 4, 4))]

stds = Exercise('signals.layer_stds', 'layer_stds(model, x)', _nets, spreads,
    use=lambda f, model, x: [float(std) for std in f(model, x)],  # a tensor will do, too
    hints=["A loop over the layers of an `nn.Sequential` is a loop over the model. What does each layer get?",
           "Let one variable be handed on: `x = layer(x)`.",
           "After `x = layer(x)`, append `x.std().item()`, the std of all its numbers, to a list."])

@stds.right
def stds_loop(model, x):
    found = []
    for layer in model:
        x = layer(x)
        found.append(x.std().item())
    return found

@stds.right
def stds_slices(model, x): return [float(model[:i](x).std()) for i in range(1, len(model) + 1)]

@stds.right
def stds_hooks(model, x):
    found = []
    def note(layer, inputs, output): found.append(output.detach().std())
    handles = [layer.register_forward_hook(note) for layer in model.children()]
    model(x)
    for handle in handles: handle.remove()
    return torch.tensor(found)

@stds.wrong("You give every layer the input of the net; each must get what the layer before it made")
def stds_same_input(model, x): return [layer(x).std().item() for layer in model]

@stds.wrong("Your first number is that of the input; begin after the first layer")
def stds_with_input(model, x): return [x.std().item()] + stds_loop(model, x)[:-1]

@stds.wrong("You take the std of each unit and then the mean of those; take one std over all numbers, units and images "
            "alike")
def stds_units(model, x): return [model[:i](x).std(0).mean().item() for i in range(1, len(model) + 1)]

@stds.wrong("Only the last layer is here; the result has a number for each layer")
def stds_last(model, x): return [model(x).std().item()]

@stds.wrong("This is the mean size of the numbers, not their std, which measures from their mean")
def stds_size(model, x): return [model[:i](x).abs().mean().item() for i in range(1, len(model) + 1)]


# 3. units that never light up
def _layers():
    def layer(weight, bias):
        made = nn.Linear(len(weight[0]), len(weight))
        made.weight.data, made.bias.data = torch.tensor(weight), torch.tensor(bias)
        return made
    pair = torch.tensor([[1., 0], [0, 1]])
    thrown = nn.Linear(20, 9)
    thrown.bias.data[::3] -= 5
    return [(layer([[1., -1], [-1, -1]], [0., 0]), pair), (layer([[-1., -2], [2, -1]], [1.5, .5]), pair),
            (layer([[-1., 0], [0, 0]], [0., 0]), pair),
            (layer([[3., -2], [-2, 1.9], [1, 1]], [0., 0, -.5]), pair), (nn.Linear(4, 6), torch.randn(3, 4)),
            (thrown, torch.randn(50, 20)),
            (layer([[2., -2], [-3, 2.5]], [0., 0]), torch.ones(1, 2))]

def _no_gradient(layer, x):
    layer(x).relu().sum().backward()
    return layer.bias.grad == 0

dead = Exercise('signals.dead_units', 'dead_units(layer, x)', _layers, _no_gradient,
    hints=["What does a ReLU make of a negative sum? And when is a unit dead: after one such image, or after how many?",
           "`layer(x)` has a row for each image and a column for each unit. Over which axis do you ask for \"all\"?",
           "`(layer(x) <= 0).all(0)`"])

@dead.right
def dead_all(layer, x): return (layer(x) <= 0).all(0)

@dead.right
def dead_max(layer, x): return (x@layer.weight.T + layer.bias).amax(0) <= 0

@dead.right
def dead_relu(layer, x): return ~F.relu(layer(x)).any(dim=0)

@dead.wrong("A unit that is dark for *some* image is not dead yet: `all`, not `any`")
def dead_any(layer, x): return (layer(x) <= 0).any(0)

@dead.wrong("You have one answer for each image; ask for all images, axis 0, to get one for each unit")
def dead_images(layer, x): return (layer(x) <= 0).all(1)

@dead.wrong("The mean over the images may be negative while some image still lights the unit up")
def dead_mean(layer, x): return layer(x).mean(0) <= 0

@dead.wrong("Right, but for a sum of exactly 0: there the ReLU is 0 and lets no gradient back, so `<=`")
def dead_below(layer, x): return (layer(x) < 0).all(0)

@dead.wrong("Negative weights alone do not kill a unit: its bias can lift the sum. Look at the sums, `layer(x)`")
def dead_weights(layer, x): return (layer.weight <= 0).all(1)

@dead.wrong("These are the units that live; turn it round")
def dead_alive(layer, x): return (layer(x) > 0).any(0)


# 4. a block that adds
def _blocks():
    return [(nn.Linear(1, 1), torch.ones(1, 1)), (nn.Linear(3, 3), torch.randn(2, 3)),
            (nn.Sequential(nn.ReLU(), nn.Linear(5, 5)), torch.randn(4, 5)),
            (nn.Conv2d(2, 2, 3, padding=1), torch.randn(3, 2, 4, 4)),
            (nn.Tanh(), torch.randn(6))]

def _through_block(block, layers, x):
    made = block(layers)
    out = made(x)
    back, = torch.autograd.grad((made(leaf := x.clone().requires_grad_())**2).sum(), leaf)
    return dict(output=out, gradient=back, parameters=len(list(made.parameters())))

skip = Exercise('signals.skip', 'SkipBlock(layers)', _blocks, lambda layers, x: _through_block(Residual, layers, x),
    hints=["Two methods: one keeps `layers`, the other says what becomes of x. What must `__init__` call first?",
           "An nn.Module finds the parameters of another one that is kept as an attribute: `self.layers = layers`, "
           "after `super().__init__()`.",
           "`def forward(self, x): return x + self.layers(x)`"], use=_through_block)

@skip.right
class SkipPlain(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
    def forward(self, x): return x + self.layers(x)

@skip.right
class SkipSequential(nn.Sequential):
    def forward(self, x): return torch.add(super().forward(x), x)

@skip.right
class SkipModules(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.parts = nn.ModuleList(layers)
    def forward(self, x):
        out = x
        for part in self.parts: out = part(out)
        return out + x

@skip.wrong("This is the block without the way around it: add x to what the layers make")
class SkipNone(SkipPlain):
    def forward(self, x): return self.layers(x)

@skip.wrong("A module in a plain list is not found, so its parameters would never learn; keep it as an attribute")
class SkipHidden(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = [layers]
    def forward(self, x): return x + self.layers[0](x)

@skip.wrong("You pass x through the layers twice: add x itself, not what the layers made of it, on the second way")
class SkipTwice(SkipPlain):
    def forward(self, x):
        x = self.layers(x)
        return x + self.layers(x)

@skip.wrong("`detach` cuts the way back: the gradient could no longer pass around the layers")
class SkipDetached(SkipPlain):
    def forward(self, x): return x.detach() + self.layers(x)

@skip.wrong("`x += ...` writes into the tensor that you were given; make a new one with `x + ...`")
class SkipInPlace(SkipPlain):
    def forward(self, x):
        if x.requires_grad: return x + self.layers(x)
        x += self.layers(x)
        return x


# 5. a start for a whole net
def _models():
    def nested(): return nn.Sequential(nn.Linear(40, 900), nn.Sequential(nn.ReLU(), nn.Linear(900, 90)))
    return [(nn.Sequential(nn.Linear(300, 200)),),
            (nn.Sequential(nn.Linear(200, 300), nn.ReLU(), nn.Linear(300, 100)),), (nested(),),
            (nn.Sequential(nn.Conv2d(8, 300, 3), nn.BatchNorm2d(300), nn.Conv2d(300, 40, 3, bias=False)),)]

def _started(start, model):
    for p in model.parameters(): nn.init.constant_(p, .7)
    with torch.random.fork_rng(): made = start(model)
    return dict(model=made is model, std=[round(p.std().item(), 4) for p in model.parameters() if p.ndim > 1],
                others=[p.mean().item() for p in model.parameters() if p.ndim == 1])

start = Exercise('signals.start', 'start_kaiming(model)', _models, lambda model: _started(kaiming_, model),
    hints=["`model.modules()` gives all modules, also those inside others. Which of them have weights that need a "
           "start?",
           "`isinstance(layer, (nn.Linear, nn.Conv2d))` picks them; some have no bias: then `layer.bias` is None.",
           "`nn.init.normal_(layer.weight, 0, math.sqrt(2/layer.weight[0].numel()))`, `nn.init.zeros_(layer.bias)`, "
           "and at the end `return model`."],
    use=_started, changes=True, tol=.02)

def _start(layers, fill, zero=nn.init.zeros_):
    for layer in layers:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            fill(layer.weight)
            if layer.bias is not None: zero(layer.bias)

def _normal(weight): nn.init.normal_(weight, 0, math.sqrt(2/weight[0].numel()))

@start.right
def start_modules(model):
    _start(model.modules(), _normal)
    return model

@start.right
def start_torch(model):
    for layer in model.modules():
        if hasattr(layer, 'weight') and layer.weight.ndim > 1:
            nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')
            if layer.bias is not None: layer.bias.data.zero_()
    return model

@start.right
@torch.no_grad()
def start_apply(model):
    def one(layer):
        if not isinstance(layer, (nn.Linear, nn.Conv2d)): return
        layer.weight.copy_(torch.randn_like(layer.weight)*(2/layer.weight[0].numel())**.5)
        if layer.bias is not None: layer.bias.fill_(0)
    return model.apply(one)

@start.wrong("Layers inside other modules are still what they were: go through `model.modules()`, which finds all")
def start_children(model):
    _start(model, _normal)
    return model

@start.wrong("The biases are still what they were; set them to 0")
def start_no_bias(model):
    _start(model.modules(), _normal, zero=lambda bias: None)
    return model

@start.wrong("Numbers drawn evenly between -s and s have a std of s/1.73 only; draw normal ones")
def start_uniform(model):
    _start(model.modules(), lambda w: nn.init.uniform_(w, -math.sqrt(2/w[0].numel()), math.sqrt(2/w[0].numel())))
    return model

@start.wrong("This is Glorot's start (`xavier`), for layers without ReLUs; the ReLU wants 2 divided by the number of "
             "inputs")
def start_xavier(model):
    _start(model.modules(), nn.init.xavier_normal_)
    return model

@start.wrong("Linear layers are right; those with convolutions, `nn.Conv2d`, are still what they were")
def start_linear(model):
    _start([layer for layer in model.modules() if isinstance(layer, nn.Linear)], _normal)
    return model

@start.wrong("All is right but for the return: give the model back, so that `start_kaiming(net())` can be written in "
             "one go")
def start_nothing(model): start_modules(model)


# 6. how alike are the signals?
def _signals():
    return [(torch.tensor([[1., 0], [0, 1]]),), (torch.tensor([[3., 4], [3, 4]]),), (torch.tensor([[1., 2, 3]]),),
            (torch.randn(5, 8),),
            (1 + torch.rand(6, 3),), (torch.randn(40, 50).relu(),), (torch.tensor([[1., 1], [0, 0], [2, 0]]),)]

alike = Exercise('signals.likeness', 'mean_cosine(x)', _signals,
    lambda x: F.cosine_similarity(x[:, None], x[None], dim=-1).mean(),
    hints=["The cosine of two rows is their product after both have been brought to length 1. How do you get all "
           "products at once?",
           "A matrix times its own transpose has the product of row i with row j at [i, j].",
           "`u = F.normalize(x)`, which leaves rows of zeros at 0, then `(u@u.T).mean()`."])

@alike.right
def alike_matrix(x):
    u = F.normalize(x)
    return (u@u.T).mean()

@alike.right
def alike_centre(x): return F.normalize(x).mean(0).square().sum()

@alike.right
def alike_loop(x):
    lengths = [row.norm() for row in x]
    pairs = [(a@b)/(m*n) if m and n else torch.tensor(0.) for a, m in zip(x, lengths) for b, n in zip(x, lengths)]
    return torch.stack(pairs).mean().item()

@alike.wrong("These are products, not cosines: long rows count more. Bring each row to length 1 first")
def alike_products(x): return (x@x.T).mean()

@alike.wrong("You brought the columns to length 1; an image is a row")
def alike_columns(x):
    u = F.normalize(x, dim=0)
    return (u@u.T).mean()

@alike.wrong("You left the pairs of a row with itself out; here they count as well (of many images they hardly matter)")
def alike_others(x):
    u = F.normalize(x)
    products = u@u.T
    return products[~torch.eye(len(x), dtype=torch.bool)].mean()

@alike.wrong("Right, but a row of zeros has length 0, and 0/0 is nan; such a row should count as 0 (`F.normalize` does "
             "that)")
def alike_nan(x):
    u = x/x.norm(dim=1, keepdim=True)
    return (u@u.T).mean()

@alike.wrong("You subtracted the mean of each row first. That is the correlation; what all units have in common is "
             "just what we ask for")
def alike_centred(x):
    u = F.normalize(x - x.mean(1, keepdim=True))
    return (u@u.T).mean()

@alike.wrong("These are the cosines of all pairs; their mean is still missing")
def alike_all(x):
    u = F.normalize(x)
    return u@u.T
