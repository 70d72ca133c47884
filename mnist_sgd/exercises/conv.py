"Exercises of chapter 16: windows that slide over pictures"
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from mnist_sgd.conv import conv_shape, windows
from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise


# 1. how large is the map?
def _numbers():
    found = [(3, 3, 1, 0), (5, 3, 1, 0), (6, 3, 2, 0), (4, 3, 1, 1), (28, 5, 2, 2), (2, 5, 1, 0), (1, 4, 2, 1),
             (7, 2, 3, 0)]
    limits = (1, 30), (1, 9), (1, 4), (0, 4)
    return found + [tuple(torch.randint(low, high, ()).item() for low, high in limits) for _ in range(30)]

size = Exercise('conv.map_size', 'map_size(n, kernel, stride, padding)', _numbers,
    lambda *numbers: conv_shape(*numbers)[0],
    hints=["The window starts at 0, then one stride further, and so on. Where does it start the last time?",
           "The padded picture has n + 2*padding pixels; the window can travel n + 2*padding - kernel of them.",
           "So many whole strides fit, and the place where it started counts too: `max(0, (n + 2*padding - "
           "kernel)//stride + 1)`."])

@size.right
def size_formula(n, kernel, stride, padding):
    way = n + 2*padding - kernel
    return way//stride + 1 if way >= 0 else 0

@size.right
def size_range(n, kernel, stride, padding): return len(range(0, n + 2*padding - kernel + 1, stride))

@size.right
def size_slide(n, kernel, stride, padding):
    start, places = -padding, 0
    while start + kernel <= n + padding: start, places = start + stride, places + 1
    return places

@size.wrong("You counted the moves; there is one place more than moves, that where the window starts")
def size_moves(n, kernel, stride, padding): return max(0, (n + 2*padding - kernel)//stride)

@size.wrong("There is padding on *both* sides: the picture grows by 2*padding")
def size_one_side(n, kernel, stride, padding):
    way = n + padding - kernel
    return way//stride + 1 if way >= 0 else 0

@size.wrong("A place is there or it is not: divide with `//`, which rounds down")
def size_parts(n, kernel, stride, padding):
    way = n + 2*padding - kernel
    return way/stride + 1 if way >= 0 else 0

@size.wrong("Right, but for a kernel that is larger than the padded picture: it fits nowhere, and there are 0 places")
def size_negative(n, kernel, stride, padding): return (n + 2*padding - kernel)//stride + 1

@size.wrong("Divide only the way by the stride; the 1 for the first place is added afterwards")
def size_early(n, kernel, stride, padding): return max(0, (n + 2*padding - kernel + 1)//stride)

@size.wrong("You rounded up. What is left of the way when no whole stride fits any more makes no place")
def size_up(n, kernel, stride, padding):
    way = n + 2*padding - kernel
    return -(-way//stride) + 1 if way >= 0 else 0


# 2. one kernel
@cache
def _digit(): return torch.tensor(mnist_arrays('train')[0][0, 6:18, 8:22])/255

def _pictures():
    edge = torch.tensor([[-1., -1, -1], [0, 0, 0], [1, 1, 1]])
    return [(torch.tensor([[1., 2, 3]]), torch.tensor([[1., 10]])),
            (torch.arange(9.).view(3, 3), torch.tensor([[1., 0], [0, -1]])),
            (torch.rand(4, 6), torch.rand(3, 2)), (torch.rand(3, 3), torch.rand(3, 3)),
            (torch.rand(2, 5), torch.rand(1, 1)), (_digit(), edge),
            (torch.rand(7, 4), torch.rand(2, 4))]

slide = Exercise('conv.slide', 'slide_kernel(image, kernel)', _pictures,
    lambda image, kernel: F.conv2d(image[None, None], kernel[None, None])[0, 0],
    hints=["At one place, take a piece of the image that is as large as the kernel. What do you do with the two?",
           "With h, w = kernel.shape, the window at (i, j) is `image[i:i+h, j:j+w]`. Up to which i and j does it fit?",
           "`[[(image[i:i+h, j:j+w]*kernel).sum() for j in range(W - w + 1)] for i in range(H - h + 1)]`, as a "
           "tensor."])

def _slid(image, kernel, value, less=0):
    (h, w), (rows, columns) = kernel.shape, image.shape
    return torch.tensor([[value(image[i:i+h, j:j+w], kernel) for j in range(columns - w + 1 - less)]
                         for i in range(rows - h + 1 - less)])

@slide.right
def slide_loops(image, kernel): return _slid(image, kernel, lambda window, k: (window*k).sum())

@slide.right
def slide_unfold(image, kernel):
    h, w = kernel.shape
    return (image.unfold(0, h, 1).unfold(1, w, 1)*kernel).sum((-1, -2))

@slide.right
def slide_shifts(image, kernel):
    (h, w), (rows, columns) = kernel.shape, image.shape
    out = torch.zeros(rows - h + 1, columns - w + 1)
    for i in range(h):
        for j in range(w): out += kernel[i, j]*image[i:i + rows - h + 1, j:j + columns - w + 1]
    return out

@slide.wrong("The last row and the last column are missing: the window fits in rows - h + 1 places")
def slide_short(image, kernel): return _slid(image, kernel, lambda window, k: (window*k).sum(), less=1)

@slide.wrong("You turned the kernel by 180 degrees. Mathematicians call that a convolution; nets leave the kernel as "
             "it is")
def slide_flipped(image, kernel): return _slid(image, kernel.flip(0, 1), lambda window, k: (window*k).sum())

@slide.wrong("You took the mean of the products; a window's answer is their sum")
def slide_mean(image, kernel): return _slid(image, kernel, lambda window, k: (window*k).mean())

@slide.wrong("Your result is turned on its side, rows and columns exchanged: the outer list is that of the rows")
def slide_transposed(image, kernel): return slide_loops(image, kernel).T

@slide.wrong("Each window must be multiplied by the kernel, number by number; `@` is the matrix product")
def slide_matmul(image, kernel): return _slid(image, kernel, lambda window, k: (window@k.T).sum())

@slide.wrong("You padded the picture. Here the window stays inside, so the map is smaller than the picture")
def slide_padded(image, kernel):
    h, w = kernel.shape
    return slide_loops(F.pad(image, (w//2, w//2, h//2, h//2)), kernel)


# 3. a layer of kernels
def _layers():
    return [(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 1), torch.zeros(1), 1, 0),
            (torch.rand(2, 1, 3, 3), torch.rand(3, 1, 2, 2), torch.rand(3), 1, 0),
            (torch.rand(2, 3, 4, 5), torch.rand(2, 3, 3, 2), torch.rand(2), 1, 0),
            (torch.rand(3, 2, 6, 6), torch.rand(4, 2, 3, 3), torch.rand(4), 2, 1),
            (torch.rand(1, 4, 5, 5), torch.rand(5, 4, 1, 1), torch.rand(5), 2, 0)]

layer = Exercise('conv.layer', 'conv_by_matmul(x, weight, bias, stride, padding)', _layers, F.conv2d,
    hints=["Lay each window in a row, and each kernel, too. What is then the sum of their products, for all windows "
           "and all kernels?",
           "`windows(x, weight.shape[2:], stride, padding)` is n x rows x columns x numbers; `weight.flatten(1).T` is "
           "numbers x channels out.",
           "After `windows(...)@weight.flatten(1).T + bias` the channels are the last axis; `.permute(0, 3, 1, 2)` "
           "brings them to their place."])

@layer.right
def layer_windows(x, weight, bias, stride, padding):
    return (windows(x, weight.shape[2:], stride, padding)@weight.flatten(1).T + bias).permute(0, 3, 1, 2)

@layer.right
def layer_einsum(x, weight, bias, stride, padding):
    x = F.pad(x, [padding]*4).unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum('nchwij,mcij->nmhw', x, weight) + bias[:, None, None]

@layer.right
def layer_unfold(x, weight, bias, stride, padding):
    rows = F.unfold(x, tuple(weight.shape[2:]), padding=padding, stride=stride)
    size = conv_shape(tuple(x.shape[2:]), tuple(weight.shape[2:]), stride, padding)
    return (weight.flatten(1)@rows + bias[:, None]).view(len(x), len(weight), *size)

@layer.wrong("Your channels are the last axis: `.permute(0, 3, 1, 2)` brings them to the second place")
def layer_channels_last(x, weight, bias, stride, padding):
    return windows(x, weight.shape[2:], stride, padding)@weight.flatten(1).T + bias

@layer.wrong("All that is missing is the bias, one number for each channel out")
def layer_no_bias(x, weight, bias, stride, padding): return layer_windows(x, weight, 0*bias, stride, padding)

@layer.wrong("You reshaped to n x channels out x rows x columns, which reads the numbers in another order; `permute` "
             "the axes")
def layer_reshaped(x, weight, bias, stride, padding):
    out = layer_channels_last(x, weight, bias, stride, padding)
    n, h, w, m = out.shape
    return out.reshape(n, m, h, w)

@layer.wrong("Add the bias while the channels are the last axis, before `permute`; afterwards it would need the shape "
             "(channels, 1, 1)")
def layer_late_bias(x, weight, bias, stride, padding):
    return (windows(x, weight.shape[2:], stride, padding)@weight.flatten(1).T).permute(0, 3, 1, 2) + bias

@layer.wrong("Your windows do not move by the stride")
def layer_no_stride(x, weight, bias, stride, padding): return layer_windows(x, weight, bias, 1, padding)

@layer.wrong("The padding is missing: a frame of zeros around each picture")
def layer_no_padding(x, weight, bias, stride, padding): return layer_windows(x, weight, bias, stride, 0)


# 4. the largest of four
def _maps():
    return [(torch.tensor([[[[1., 2], [3, 4]]]]),), (torch.arange(8.).view(1, 1, 2, 4),), (torch.rand(2, 3, 4, 6),),
            (-1 - torch.rand(1, 1, 3, 3),), (torch.randn(2, 2, 5, 7),), (torch.randn(3, 1, 28, 28),)]

pool = Exercise('conv.max_pool', 'max_pool(x)', _maps, lambda x: F.max_pool2d(x, 2),
    hints=["`x[..., ::2, ::2]` is the upper left number of each square. What are the other three?",
           "An odd last row or column belongs to no square: cut it off first, `x[..., :h//2*2, :w//2*2]`.",
           "Or let `unfold(2, 2, 2).unfold(3, 2, 2)` make the squares; `.amax((-1, -2))` takes the largest of each."])

@pool.right
def pool_unfold(x): return x.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2))

def _squares(x):
    n, c, h, w = x.shape
    return x[..., :h//2*2, :w//2*2].reshape(n, c, h//2, 2, w//2, 2)

@pool.right
def pool_view(x): return _squares(x).amax((3, 5))

@pool.right
def pool_slices(x):
    x = x[..., :x.shape[2]//2*2, :x.shape[3]//2*2]
    top, bottom = (torch.maximum(x[..., i::2, ::2], x[..., i::2, 1::2]) for i in (0, 1))
    return top.maximum(bottom)

@pool.wrong("This is the mean of each square; we want its largest number")
def pool_mean(x): return _squares(x).mean((3, 5))

@pool.wrong("You took four numbers in a row of memory, which are no square: split both axes, to (h/2, 2, w/2, 2)")
def pool_row(x):
    n, c, h, w = x.shape
    return x[..., :h//2*2, :w//2*2].reshape(n, c, h//2, w//2, 4).amax(-1)

@pool.wrong("Your squares overlap, as you go on by one pixel at a time; go on by two")
def pool_overlap(x): return F.max_pool2d(x, 2, 1)

@pool.wrong("Right for even sizes. An odd last row or column makes no square of its own: leave it out")
def pool_up(x): return F.max_pool2d(x, 2, ceil_mode=True)

@pool.wrong("Right for even sizes. An odd last row or column fits into no square: cut it off before you reshape")
def pool_no_cut(x):
    n, c, h, w = x.shape
    return x.view(n, c, h//2, 2, w//2, 2).amax((3, 5))

@pool.wrong("You kept the upper left number of each square, as a stride does, not the largest")
def pool_stride(x): return x[..., :x.shape[2]//2*2:2, :x.shape[3]//2*2:2]


# 5. batch normalisation
def _batches():
    return [(1, [torch.tensor([[[[0.]]], [[[2.]]]])]), (2, [torch.randn(4, 2, 3, 3)]),
            (3, [5 + 2*torch.randn(8, 3, 2, 4) for _ in range(3)]),
            (2, [torch.randn(2, 2, 1, 5)*10 for _ in range(2)]), (1, [torch.full((3, 1, 2, 2), 7.)])]

def _normed(make, n_channels, batches):
    norm = make(n_channels)
    with torch.no_grad(): norm.weight += .5*torch.arange(n_channels)
    with torch.no_grad(): norm.bias -= torch.arange(n_channels)
    learning = [norm(x) for x in batches]
    norm.eval()
    return dict(learning=learning, in_use=norm(batches[0][:1] + 1))

norm = Exercise('conv.batch_norm', 'MyBatchNorm(n_channels)', _batches,
    lambda n_channels, batches: _normed(nn.BatchNorm2d, n_channels, batches),
    hints=["Over which axes of n x channels x height x width do you take the mean, if each channel is to have its own?",
           "`x.mean((0, 2, 3), keepdim=True)`, and `x.var((0, 2, 3), correction=0, keepdim=True)`. `self.training` "
           "says which mean to use: that of the batch, or the running one.",
           "Keep `weight` and `bias` as `nn.Parameter`, `running_mean` and `running_var` with `register_buffer`; in "
           "training, `running.lerp_(new.detach(), .1)`, the variance times n/(n - 1)."],
    use=_normed, tol=1e-3)

class _Norm(nn.Module):
    "Batch normalisation, with places for mistakes"
    axes, sample, own, eps, momentum, root = (0, 2, 3), True, True, 1e-5, .1, True
    def __init__(self, n_channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(n_channels)), nn.Parameter(torch.zeros(n_channels))
        self.register_buffer('running_mean', torch.zeros(n_channels))
        self.register_buffer('running_var', torch.ones(n_channels))

    def forward(self, x):
        mean, var = self.running_mean[:, None, None], self.running_var[:, None, None]
        if self.training or not self.own:
            mean, var = x.mean(self.axes, keepdim=True), x.var(self.axes, correction=0, keepdim=True)
        if self.training:
            m, v = x.detach().mean((0, 2, 3)), x.detach().var((0, 2, 3), correction=int(self.sample))
            self.running_mean.lerp_(m, self.momentum)
            self.running_var.lerp_(v, self.momentum)
        x = (x - mean)/((var + self.eps)**.5 if self.root else var + self.eps)
        return x*self.weight[:, None, None] + self.bias[:, None, None]

@norm.right
class NormPlain(_Norm): pass

@norm.right
class NormTorch(nn.BatchNorm2d): pass

@norm.right
class NormFlat(nn.Module):
    def __init__(self, n_channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(n_channels)), nn.Parameter(torch.zeros(n_channels))
        self.mean, self.var = torch.zeros(n_channels), torch.ones(n_channels)
    def forward(self, x):
        rows = x.transpose(0, 1).flatten(1)  # a row for each channel
        var, mean = torch.var_mean(rows, 1, correction=0) if self.training else (self.var, self.mean)
        if self.training:
            self.mean = .9*self.mean + .1*mean.detach()
            self.var = .9*self.var + .1*rows.detach().var(1)
        factor = self.weight*(var + 1e-5).rsqrt()
        rows = rows*factor[:, None] + (self.bias - mean*factor)[:, None]
        return rows.view(len(factor), len(x), *x.shape[2:]).transpose(0, 1)

@norm.wrong("In use it must take the running mean and variance; yours still looks at the batch")
class NormAlways(_Norm): own = False

@norm.wrong("You took a mean for each picture; take it over all pictures of the batch, axis 0, as well")
class NormPictures(_Norm): axes = (2, 3)

@norm.wrong("You took a mean for each place; take it over all places, axes 2 and 3, as well")
class NormPlaces(_Norm): axes = (0,)

@norm.wrong("Learning is right. The running variance wants n/(n - 1) times the batch's: a batch varies less than all "
            "pictures do")
class NormBiased(_Norm): sample = False

@norm.wrong("Learning is right. The running numbers move only a tenth of the way to the new ones; yours move nine "
            "tenths")
class NormFast(_Norm): momentum = .9

@norm.wrong("You divided by the variance; its root, the std, brings the spread to 1")
class NormVariance(_Norm): root = False


# 6. how far does it see?
def _stacks():
    return [([3], [1]), ([3, 3], [1, 1]), ([3, 3], [2, 1]), ([5, 3, 3, 3], [2, 1, 2, 2]), ([2, 4, 1], [3, 2, 2]),
            ([1], [4]), ([7, 3, 3], [2, 2, 1])]

def _seen(kernels, strides):
    "How far the inputs lie apart on which one number depends: where the gradient is not 0"
    line = torch.zeros(1, 1, 200, requires_grad=True)
    out = line
    for k, s in zip(kernels, strides): out = F.conv1d(out, torch.ones(1, 1, k), stride=s)
    return torch.autograd.grad(out[0, 0, 0], line)[0].nonzero()[-1, -1].item() + 1

field = Exercise('conv.receptive_field', 'receptive_field(kernels, strides)', _stacks, _seen,
    hints=["Go through the layers in order. By how much does a kernel of k widen what is seen, if the numbers that it "
           "looks at are one pixel apart? And if they are two apart?",
           "Keep two numbers: how many pixels are seen, at first 1, and how many pixels apart the numbers of the "
           "present map are, at first 1.",
           "For each layer: `seen += (k - 1)*apart`, and only then `apart *= s`."])

@field.right
def field_forward(kernels, strides):
    seen = apart = 1
    for k, s in zip(kernels, strides):
        seen += (k - 1)*apart
        apart *= s
    return seen

@field.right
def field_backward(kernels, strides):
    seen = 1  # so many numbers of the last map; how many of the one before do they need?
    for k, s in zip(kernels[::-1], strides[::-1]): seen = (seen - 1)*s + k
    return seen

@field.right
def field_recursive(kernels, strides):
    return kernels[0] + strides[0]*(field_recursive(kernels[1:], strides[1:]) - 1) if kernels else 1

@field.wrong("You added the kernels up; each new one widens the view by k - 1 only, since its windows overlap")
def field_sum(kernels, strides): return sum(kernels)

@field.wrong("You forgot the strides: behind a stride of 2, neighbouring numbers are two pixels apart")
def field_no_stride(kernels, strides): return 1 + sum(k - 1 for k in kernels)

@field.wrong("A stride counts only for the layers *behind* it: widen the view first, then multiply the distance")
def field_too_soon(kernels, strides):
    seen = apart = 1
    for k, s in zip(kernels, strides):
        apart *= s
        seen += (k - 1)*apart
    return seen

@field.wrong("The strides multiply: behind two strides of 2, numbers are four pixels apart; you took the last stride "
             "alone")
def field_last_stride(kernels, strides): return kernels[0] + sum((k - 1)*s for k, s in zip(kernels[1:], strides))

@field.wrong("You began with 0 pixels; a number sees at least itself, so begin with 1")
def field_from_zero(kernels, strides): return field_forward(kernels, strides) - 1
