"Exercises of chapter 4: rise over run, and backward"
import torch
import torch.nn.functional as F

from mnist_sgd.gradient import numeric_gradient, pr_eight
from mnist_sgd.practice import Exercise


def square(x): return x**2
def cube(x): return x**3
def bend(x): return x**3/3 - 2*x
def sum_of_squares(x): return (x**2).sum()
def sum_of_cubes(x): return (x**3).sum()
def mixed(x): return (x.flatten()[:1]*x.sum()).sum()

def _curves():
    return [(square, 1., 1.), (cube, 1., 1.), (square, 1.5, .1), (cube, -2., .5), (bend, 3., .2), (square, 0., .1),
            (bend, -1., .01)]

rise_over_run = Exercise('gradient.rise_over_run', 'rise_over_run(f, x, run)', _curves,
    lambda f, x, run: numeric_gradient(f, torch.tensor(x), run).item(),
    hints=["How far apart are the two places at which you call `f`?",
           "From `x - run` to `x + run` it is twice the run: divide the rise by that.",
           "`(f(x + run) - f(x - run))/(2*run)`"])

@rise_over_run.right
def slope_once(f, x, run): return (f(x + run) - f(x - run))/(2*run)

@rise_over_run.right
def slope_steps(f, x, run):
    left, right = x - run, x + run
    rise = f(right) - f(left)
    return rise/(right - left)

@rise_over_run.right
def slope_mean(f, x, run): return ((f(x + run) - f(x))/run + (f(x) - f(x - run))/run)/2

@rise_over_run.wrong("You go to the right only, which measures the slope a little too far right")
def slope_right(f, x, run): return (f(x + run) - f(x))/run

@rise_over_run.wrong("You go to the left only, which measures the slope a little too far left")
def slope_left(f, x, run): return (f(x) - f(x - run))/run

@rise_over_run.wrong("Twice too much: from `x - run` to `x + run` the way is `2*run` long")
def slope_double(f, x, run): return (f(x + run) - f(x - run))/run

@rise_over_run.wrong("`/2*run` divides by 2 and then multiplies by the run: put `2*run` in brackets")
def slope_brackets(f, x, run): return (f(x + run) - f(x - run))/2*run

@rise_over_run.wrong("The sign is turned: the rise is right minus left")
def slope_turned(f, x, run): return (f(x - run) - f(x + run))/(2*run)

@rise_over_run.wrong("This is the rise; divide it by the run, `2*run`")
def slope_rise(f, x, run): return f(x + run) - f(x - run)


def _losses():
    return [([square], torch.tensor(3.)), ([square, cube], torch.tensor(3.)),
            ([sum_of_squares, sum_of_cubes], torch.randn(2, 3)),
            ([mixed, sum_of_squares, mixed], torch.randn(4))]

gradient_at = Exercise('gradient.gradient_at', 'gradient_at(f, w)', _losses,
    lambda losses, w: [torch.autograd.functional.jacobian(f, w) for f in losses],
    use=lambda gradient_at, losses, w: [gradient_at(f, w) for f in losses],
    hints=["What lies in `w.grad` when your function is called a second time with the same `w`?",
           "A fresh copy of `w` has no gradient yet, and what you do to it stays with you.",
           "`w = w.detach().clone().requires_grad_()`, then `backward`, then return `w.grad`."])

@gradient_at.right
def grad_copy(f, w):
    w = w.detach().clone().requires_grad_()
    f(w).backward()
    return w.grad

@gradient_at.right
def grad_zero(f, w):
    w.requires_grad_()
    if w.grad is not None: w.grad.zero_()
    f(w).backward()
    return w.grad.clone()

@gradient_at.right
def grad_none(f, w):
    w.requires_grad_().grad = None
    f(w).backward()
    return w.grad

@gradient_at.right
def grad_function(f, w): return torch.autograd.grad(f(w.requires_grad_()), w)[0]

@gradient_at.wrong("Gradients add up: the second call with the same `w` returns the sum of both. Set `w.grad` back, "
                   "or take a copy of w")
def grad_sum(f, w):
    w.requires_grad_()
    f(w).backward()
    return w.grad.clone()

@gradient_at.wrong("Gradients add up, and you return `w.grad` itself: a second call changes even the result of the "
                   "first. Take a fresh copy of w")
def grad_same(f, w):
    w.requires_grad_()
    f(w).backward()
    return w.grad

@gradient_at.wrong("You return `w.grad` itself, and the next call writes over it: return a clone, or take a fresh "
                   "copy of w")
def grad_shared(f, w):
    w.requires_grad_()
    if w.grad is not None: w.grad.zero_()
    f(w).backward()
    return w.grad

@gradient_at.wrong("You set `w.grad` to zero before you return it, and it is the same tensor: clone it first")
def grad_erased(f, w):
    w.requires_grad_()
    f(w).backward()
    grad = w.grad
    w.grad.zero_()
    return grad

@gradient_at.wrong("`backward` returns nothing; what it found is in `w.grad`")
def grad_nothing(f, w): return f(w.clone().requires_grad_()).backward()

@gradient_at.wrong("PyTorch has recorded nothing: ask for it with `requires_grad_()` before you call `f`")
def grad_unasked(f, w):
    f(w).backward()
    return w.grad


def _places():
    return [(sum_of_squares, torch.tensor([1.]), .5), (sum_of_cubes, torch.tensor([1., 2]), .5),
            (mixed, torch.randn(3), .1),
            (sum_of_cubes, torch.randn(2, 3), .5), (square, torch.tensor(2.), .1), (sum_of_squares, torch.zeros(0), .1),
            (sum_of_squares, torch.tensor([300.]), 1e-4)]

my_numeric_gradient = Exercise('gradient.my_numeric_gradient', 'my_numeric_gradient(f, x, eps)', _places,
                               numeric_gradient,
    forbidden=('backward', 'numeric_gradient', 'autograd'),
    hints=["One element at a time: which tensors do you need for the element in place i, and what must they be made "
           "from?",
           "`for i in np.ndindex(*x.shape)` runs through the places. Make `up` and `down` anew for each of them, as "
           "clones of `x`.",
           "`up[i] += eps`, `down[i] -= eps`, `grad[i] = (f(up) - f(down))/(2*eps)`; calculate with `x.double()`."])

@my_numeric_gradient.right
def numeric_places(f, x, eps):
    x = x.double()
    grad = torch.zeros_like(x)
    for i in torch.ones_like(x).nonzero():
        i = tuple(i)
        up, down = x.clone(), x.clone()
        up[i] += eps
        down[i] -= eps
        grad[i] = (f(up) - f(down))/(2*eps)
    return grad

@my_numeric_gradient.right
def numeric_flat(f, x, eps):
    x, slopes = x.double(), []
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)).item()/(2*eps))
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)

@my_numeric_gradient.right
def numeric_back(f, x, eps):
    x = x.double().clone()
    flat, grad = x.view(-1), torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(len(flat)):
        here = flat[i].item()
        flat[i] = here + eps
        above = f(x).item()
        flat[i] = here - eps
        grad[i] = (above - f(x).item())/(2*eps)
        flat[i] = here
    return grad.reshape(x.shape)

def _numeric(f, x, eps, slope):
    x = x.double()
    grad = torch.zeros_like(x)
    for i in torch.ones_like(x).nonzero(): grad[tuple(i)] = slope(f, x, tuple(i), eps)
    return grad

def _moved(x, i, eps):
    x = x.clone()
    x[i] += eps
    return x

@my_numeric_gradient.wrong("You go up only; go to both sides, and the two errors cancel")
def numeric_one_side(f, x, eps): return _numeric(f, x, eps, lambda f, x, i, eps: (f(_moved(x, i, eps)) - f(x))/eps)

@my_numeric_gradient.wrong("Twice too much: from one side to the other it is `2*eps`")
def numeric_double(f, x, eps):
    return _numeric(f, x, eps, lambda f, x, i, eps: (f(_moved(x, i, eps)) - f(_moved(x, i, -eps)))/eps)

@my_numeric_gradient.wrong("All zero: `up = down = x.clone()` is one tensor with two names, and what you add you take "
                           "away again")
def numeric_same(f, x, eps): return torch.zeros_like(x).double()

@my_numeric_gradient.wrong("You cloned `x` once, before the loop, so the elements that were moved stay moved: clone "
                           "inside the loop")
def numeric_stays(f, x, eps):
    up, down = x.double().clone(), x.double().clone()
    def slope(f, x, i, eps):
        up[i] += eps
        down[i] -= eps
        return (f(up) - f(down))/(2*eps)
    return _numeric(f, x, eps, slope)

@my_numeric_gradient.wrong("Right, but not exact enough: a rise is the small difference of two large numbers, and "
                           "with 7 digits little is left of it. Calculate with `x.double()`")
def numeric_single(f, x, eps):
    grad = torch.zeros_like(x)
    for i in torch.ones_like(x).nonzero():
        i = tuple(i)
        grad[i] = (f(_moved(x, i, eps)) - f(_moved(x, i, -eps)))/(2*eps)
    return grad

@my_numeric_gradient.wrong("Right for a vector. Of a table `x[i]` is a whole row, and a number has no rows: run "
                           "through `np.ndindex(*x.shape)`")
def numeric_rows(f, x, eps):
    x = x.double()
    grad = torch.zeros_like(x)
    for i in range(len(x)): grad[i] = (f(_moved(x, i, eps)) - f(_moved(x, i, -eps)))/(2*eps)
    return grad


def _scored():
    t = torch.tensor
    return [(t([[[1., 2]]]), t([0.]), t([[1., 1]])), (t([[[1., 2]], [[3, 0]]]), t([1., 1]), t([[1., 0]])),
            (torch.rand(5, 2, 3), torch.rand(5), torch.randn(2, 3)), (torch.rand(4, 4, 4), torch.rand(4),
                                                                      torch.randn(4, 4)),
            (torch.rand(10, 28, 28), torch.arange(10).float() % 2, torch.randn(28, 28)/28)]

def _mae_gradient(x, y, w):
    w = w.clone().requires_grad_()
    F.l1_loss(pr_eight(x, w), y).backward()
    return w.grad

mae_gradient = Exercise('gradient.mae_gradient', 'mae_gradient(x, y, w)', _scored, _mae_gradient,
    forbidden=('backward', 'autograd', 'numeric_gradient'),
    hints=["For one image: by how much does the absolute error change when a weight does? The chapter does it for the "
           "square.",
           "The slope of `abs` is the sign of the error; times the pixel; and then the mean over the images.",
           "`error = pr_eight(x, w) - y` has shape (n,). To multiply each image by its own sign, two axes are missing: "
           "`error.sign()[:, None, None]`."])

@mae_gradient.right
def mae_broadcast(x, y, w):
    error = pr_eight(x, w) - y
    return (error.sign()[:, None, None]*x).mean(0)

@mae_gradient.right
def mae_loop(x, y, w):
    grad = torch.zeros_like(w)
    for image, target in zip(x, y): grad += torch.sign((image*w).sum() - target)*image
    return grad/len(x)

@mae_gradient.right
def mae_product(x, y, w):
    signs = (x.flatten(1)@w.flatten() - y).sign()
    return (signs@x.flatten(1)/len(x)).reshape(w.shape)

@mae_gradient.wrong("This is the gradient of the squared error; the slope of `abs` is the sign of the error alone")
def mae_squared(x, y, w): return (2*(pr_eight(x, w) - y)[:, None, None]*x).mean(0)

@mae_gradient.wrong("You added up over the images; the loss is their mean")
def mae_sum(x, y, w): return ((pr_eight(x, w) - y).sign()[:, None, None]*x).sum(0)

@mae_gradient.wrong("The sign is turned: the error is score minus target")
def mae_turned(x, y, w): return ((y - pr_eight(x, w)).sign()[:, None, None]*x).mean(0)

@mae_gradient.wrong("Right, but for an error of exactly 0: there its slope counts as 0, which is what `sign` returns")
def mae_at_zero(x, y, w):
    error = pr_eight(x, w) - y
    return (torch.where(error >= 0, 1., -1.)[:, None, None]*x).mean(0)

@mae_gradient.wrong("You multiplied by the error itself; the slope of `abs` is only its sign")
def mae_error(x, y, w): return ((pr_eight(x, w) - y)[:, None, None]*x).mean(0)

@mae_gradient.wrong("Two axes are missing: with shape (n,) the signs meet the columns, not the images. `sign()[:, "
                    "None, None]`")
def mae_columns(x, y, w): return ((pr_eight(x, w) - y).sign()*x).mean(0)


def doubled(x): return 2*x
def doubled_slope(x): return 2.
def less_one(x): return x - 1
def less_one_slope(x): return 1.
def square_slope(x): return 2*x
def cube_slope(x): return 3*x**2
def inverse(x): return 1/x
def inverse_slope(x): return -1/x**2

def _chains():
    d, s, c, m = (doubled, doubled_slope), (square, square_slope), (cube, cube_slope), (less_one, less_one_slope)
    chains = [s], [d, s], [s, d], [d, m, s], [c, m, s, d], [s, (inverse, inverse_slope), c], []
    return [([f for f, _ in o], [g for _, g in o], x) for o, x in zip(chains, (3., 3., 3., 3., 1.5, 2., 7.))]

def _chain_slope(steps, slopes, x):
    y = x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    for f in steps: y = f(y)
    y.backward()
    return x.grad.item()

chain_slope = Exercise('gradient.chain_slope', 'chain_slope(steps, slopes, x)', _chains, _chain_slope,
    forbidden=('backward', 'autograd', 'numeric_gradient'),
    hints=["In the chapter's chain of three steps: at which number is the slope of each step taken?",
           "Each step's slope is taken at what comes into that step, so the values must be carried along.",
           "For each pair of `zip(steps, slopes)`: multiply the product by the slope at the present value, then take "
           "the step."])

@chain_slope.right
def chain_forward(steps, slopes, x):
    product = 1.
    for f, g in zip(steps, slopes):
        product *= g(x)
        x = f(x)
    return product

@chain_slope.right
def chain_backward(steps, slopes, x):
    values = [x]
    for f in steps: values.append(f(values[-1]))
    slope = 1.
    for g, value in zip(reversed(slopes), reversed(values[:-1])): slope *= g(value)
    return slope

@chain_slope.right
def chain_recursive(steps, slopes, x):
    return slopes[0](x)*chain_recursive(steps[1:], slopes[1:], steps[0](x)) if steps else 1.

@chain_slope.wrong("You took every slope at the first x; take each at the value that comes into its own step")
def chain_at_start(steps, slopes, x):
    product = 1.
    for g in slopes: product *= g(x)
    return product

@chain_slope.wrong("You took each slope at what comes out of its step; take it at what goes in: first the slope, then "
                   "the step")
def chain_at_end(steps, slopes, x):
    product = 1.
    for f, g in zip(steps, slopes):
        x = f(x)
        product *= g(x)
    return product

@chain_slope.wrong("You added the slopes up; rates of steps that follow each other multiply")
def chain_sum(steps, slopes, x):
    total = 0.
    for f, g in zip(steps, slopes):
        total += g(x)
        x = f(x)
    return total

@chain_slope.wrong("This is the slope of the last step alone; multiply it by those of the others")
def chain_last(steps, slopes, x):
    slope = 1.
    for f, g in zip(steps, slopes):
        slope = g(x)
        x = f(x)
    return slope

@chain_slope.wrong("You went through the steps from the last to the first; the values come from going forward, from "
                   "the first on")
def chain_reversed(steps, slopes, x): return chain_forward(steps[::-1], slopes[::-1], x)
