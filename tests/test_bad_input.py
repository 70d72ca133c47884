"Bad input, as one table: functions and command say what is wrong and what to do instead; nothing is left half written"
import gzip, io, os, pickle, re, struct, sys, zipfile, zlib
from functools import partial
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.utils.data import TensorDataset

from mnist_sgd import pictures
from mnist_sgd.all import *
from mnist_sgd.cli import main
from mnist_sgd.tensor import tensor

MODULES = ('files data tensor broadcast similarity gradient descent dataloader linear optimizer relu recorder '
           'pictures checkpoint learner interpret speed softmax schedule signals conv trained fast launcher '
           'distributed story').split()
nan, inf = float('nan'), float('inf')
rand, zeros, ones = torch.rand, torch.zeros, torch.ones

def shape_of(message, *shapes): return message + ''.join(f'.*{re.escape(str(s))}' for s in shapes)
def loader(n=4, n_out=1, **kwargs): return DataLoader(list(zip(rand(n, 3), zeros(n, n_out))), 2, **kwargs)
def learner(n_out=1, dl=None, **kwargs):
    return Learner(DataLoaders(loader() if dl is None else dl, loader()), nn.Linear(3, n_out), **kwargs)
def saved(**kwargs):
    learner().save('good.npz', **kwargs)
    return 'good.npz'
def fitted():
    learner(opt_func=partial(SGD, momentum=.9)).fit(1, verbose=False).save('good.npz')
    return 'good.npz'

def idx(raw, name='a.idx'):
    Path(name).write_bytes(raw)
    return read_idx(name)
def bad_npz(meta='{}', **arrays):
    np.savez('bad.npz', meta=meta, **arrays)
    return 'bad.npz'
def lying_npz():
    "Weights whose header promises 8 petabytes"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, dict(descr='<f8', fortran_order=False, shape=(10**15,)))
    with zipfile.ZipFile('bad.npz', 'w') as f: f.writestr('w.npy', header.getvalue())
    return 'bad.npz'
def squeezed_npz():
    np.savez_compressed('bad.npz', meta='{}', w=np.zeros(10**6))
    return 'bad.npz'
def without_facts():
    arrays = {f'model/{k}': v for k, v in nn.Linear(3, 1).state_dict().items()}
    save_arrays('bad.npz', arrays | dict(rng=torch.get_rng_state()), names=learner().recorder.names)
    return 'bad.npz'
def png_of(width, height):
    "A PNG file of some 100 bytes whose header says that it has `width` x `height` pixels"
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + header + chunk(b'IDAT', zlib.compress(b'\0'*99)) + chunk(b'IEND', b'')
def file_of(im, kind, **kwargs):
    file = io.BytesIO()
    im.save(file, kind, **kwargs)
    return file
class Wide(Image.Image):
    "A picture that says it is huge, without the memory for it"
    def __init__(self):
        super().__init__()
        self._size, self._mode = (100_000, 100_000), 'L'
def trained_model(kind, **meta):
    Learner((), models[kind]()).save('model.npz', **dict(name=kind, digits=(3, 7)) | meta)
    return 'model.npz'
def conv_of_chapter_16():
    "What `mnist_sgd train --models conv` made before it had a faster net"
    Learner((), cnn(), metrics=class_accuracy).save('model.npz', name='conv', digits=tuple(range(10)))
    return 'model.npz'
def nan_model():
    learn = Learner((), models['linear']())
    learn.params[0].data[0, 5] = nan
    learn.save('model.npz', name='linear', digits=(3, 7))
    return 'model.npz'

# orientation 6, and a resolution that is no number
BAD_EXIF = b'Exif\0\0MM\0*\0\0\0\x08\0\x02\1\x12\0\3\0\0\0\1\0\6\0\0\1\x1a\0\2\0\0\0\2a\0\0\0\0\0\0\0'

# what is called, how, what it raises, and what the message must say: the value, then the remedy
CALLS = [
    # files
    (write_bytes, lambda: write_bytes('sub', b'a'), OSError, 'Cannot write sub .*Choose a place'),
    (write_bytes, lambda: write_bytes('file/a', b'a'), OSError, r'Cannot write file/a .*Choose a place'),
    (write_bytes, lambda: write_bytes('a', 'text'), TypeError, "bytes-like object is required, not 'str'"),
    (make_folder, lambda: make_folder('file/sub', Path.mkdir),
     OSError, r'folder file/sub .*Choose a place.*MNIST_SGD_CACHE'),
    (make_folder, lambda: make_folder('new', lambda folder: (folder/'a').write_bytes(b'a')/0),
     ZeroDivisionError, 'division'),
    (save_arrays, lambda: save_arrays('a.npz', dict(w=np.array([print]))), ValueError, r"\['w'\].*no other objects"),
    (save_arrays, lambda: save_arrays('a.npz', dict(w=np.array(['a']))),
     ValueError, r"\['w'\].*keep text in the facts"),
    (save_arrays, lambda: save_arrays('a.npz', dict(meta=np.ones(1))), ValueError, "'meta'.*give it another name"),
    (save_arrays, lambda: save_arrays('a.npz', {}, model=nn.Linear(1, 1)),
     TypeError, 'Linear is not JSON serializable'),
    (load_arrays, lambda: load_arrays('none.npz'), FileNotFoundError, "No such file or directory: 'none.npz'"),
    (load_arrays, lambda: load_arrays('file'), ValueError, 'file is damaged.*Only arrays of numbers are read'),
    (load_arrays, lambda: load_arrays('empty'), ValueError, 'empty is damaged.*Only arrays of numbers are read'),
    (load_arrays, lambda: load_arrays(bad_npz(w=np.array(['a']))),
     ValueError, r"bad.npz .*\['w'\].*keep text in the facts"),
    (load_arrays, lambda: load_arrays(bad_npz('{')), ValueError, 'bad.npz is damaged'),
    (load_arrays, lambda: load_arrays(bad_npz('['*100_000)), ValueError, 'bad.npz is damaged'),
    (load_arrays, lambda: load_arrays(lying_npz()), ValueError, 'bad.npz is damaged.*llocate'),
    (load_arrays, lambda: load_arrays(squeezed_npz()), ValueError, 'bad.npz .*compressed, and might be huge'),
    # data
    (read_idx, lambda: read_idx('none.idx'), FileNotFoundError, 'none.idx'),
    (read_idx, lambda: read_idx('.'), (IsADirectoryError, PermissionError), r"'\.'"),
    (read_idx, lambda: idx(b''), ValueError, 'a.idx is not an IDX file.*nothing.*magic number'),
    (read_idx, lambda: idx(b'\x89PNG1234'), ValueError, 'starts with 89 50 4e 47.*magic number'),
    (read_idx, lambda: idx(b'\0\0\x08\0'), ValueError, '00 00 08 00.*number of axes'),
    (read_idx, lambda: idx(b'\0\0\x08\xff' + b'\0'*1020), ValueError, '00 00 08 ff.*number of axes'),
    (read_idx, lambda: idx(b'\0\0\x08\x03\0\0\0\x01'), ValueError, 'a.idx is cut off.*Get the file again'),
    (read_idx, lambda: idx(b'\0\0\x08\x01\0\0\0\x05abc'),
     ValueError, shape_of('cut off.*shape', (5,)) + '.*takes 5 bytes.*are 3.*Get the file again'),
    (read_idx, lambda: idx(b'\0\0\x08\x01\0\0\0\x05abcdefg'),
     ValueError, shape_of('too long.*shape', (5,)) + '.*Get the file again'),
    (read_idx, lambda: idx(b'\0\0\x0e\x04' + b'\xff'*16), ValueError, r'cut off.*4294967295.*Get the file again'),
    (read_idx, lambda: idx(gzip.compress(b'\0\0\x08\x01\0\0\0\x05abcde')[:-6], 'a.gz'),
     ValueError, 'a.gz is damaged gzip data.*Get the file again'),
    (read_idx, lambda: idx(gzip.compress(b'\0\0\x08\x01\0\0\0\x05' + bytes(10**8)), 'a.gz'),
     ValueError, 'a.gz is too long.*Get the file again'),
    (write_idx, lambda: write_idx('a.idx', rand(2, 2)), ValueError, 'not float32.*astype'),
    (write_idx, lambda: write_idx('a.idx', np.uint8(3)),
     ValueError, shape_of('uint8 of shape', ()) + '.*1 to 32 axes|1 to 32 axes, not uint8'),
    (write_idx, lambda: write_idx('file/a.idx', np.zeros(3, np.uint8)), OSError, 'file/a.idx.*Choose a place'),
    (mnist_arrays, lambda: mnist_arrays('test'), ValueError, "'test'; it must be 'train' .* or 'valid'"),
    (mnist_arrays, lambda: mnist_arrays('valid', (3, 12)), ValueError, r'digits has 12.*0 to 9'),
    (mnist_arrays, lambda: mnist_arrays('valid', -1), ValueError, r'digits has -1.*0 to 9'),
    (mnist_arrays, lambda: mnist_arrays('valid', '37'), ValueError, r"digits has '3'.*0 to 9.*\(3, 7\)"),
    (mnist_arrays, lambda: mnist_arrays('valid', (3., 7.)), ValueError, r'digits has 3\.0.*whole number'),
    (mnist_arrays, lambda: mnist_arrays('valid', ()), ValueError, r'digits is \(\); give at least one'),
    (digit_tuple, lambda: digit_tuple((True, 3)), ValueError, 'digits has True.*whole number'),
    (mnist_path, lambda: mnist_path((3, 3)), ValueError, r'digits is \(3, 3\).*only once'),
    (mnist_path, lambda: mnist_path(nan), ValueError, 'digits has nan.*0 to 9'),
    # tensor
    (tensor, lambda: tensor([[1, 2], [3]]), ValueError, 'expected sequence of length 2'),
    (tensor, lambda: tensor('three'), TypeError, "invalid data type 'str'"),
    (tensor, lambda: tensor(np.array([print])), TypeError, "can't convert np.ndarray of type numpy.object_"),
    (tensor, lambda: tensor([zeros(2), zeros(3)]), RuntimeError, r'equal size.*\[2\].*\[3\]'),
    (to_np, lambda: to_np([1, 2]), AttributeError, "'list' object"),
    # plotting; a picture of no rows is drawn as such, and matplotlib warns of it
    (show_image, lambda: show_image(zeros(5)), TypeError, shape_of('Invalid shape', (5,))),
    (show_image, lambda: show_image(zeros(2, 28, 28)), TypeError, shape_of('Invalid shape', (2, 28, 28))),
    (show_pixels, lambda: show_pixels(zeros(5, 5, 3)),
     ValueError, shape_of('shape', (5, 5, 3)) + r'.*Choose one colour'),
    (show_pixels, lambda: show_pixels(zeros(5, 0)), ValueError, 'zero-size array'),
    (show_images, lambda: show_images([]), IndexError, 'out of range'),
    (show_images, lambda: show_images(zeros(2, 3, 3), nrows=0), ZeroDivisionError, 'by zero'),
    (show_images, lambda: show_images(zeros(2, 3, 3), titles=['a']),
     ValueError, '1 titles for 2 pictures; give one for each'),
    # tensor, continued
    (rank, lambda: rank([1, 2]), AttributeError, "'list' object has no attribute 'shape'"),
    (stack_images, lambda: stack_images([]), ValueError, 'at least one'),
    (stack_images, lambda: stack_images(zeros(0, 28, 28)), ValueError, 'at least one'),
    (stack_images, lambda: stack_images([zeros(2, 2), zeros(3, 3)]), ValueError, 'same shape'),
    (stack_images, lambda: stack_images([zeros(2, 2) - 1]), ValueError, '0 to 255, not from -1 to -1; scale'),
    (stack_images, lambda: stack_images([tensor([[nan, 1]])]), ValueError, '0 to 255, not from nan.*scale'),
    (stack_images, lambda: stack_images([tensor([[0, 256]])]), ValueError, '0 to 255, not from 0 to 256; scale'),
    # broadcast
    (broadcast_shape, lambda: broadcast_shape((2, 3), (4,)), ValueError, r'\(2, 3\) and \(4,\).*neither is 1'),
    # -3 with 1 or -3 passes: no tensor has such a shape
    (broadcast_shape, lambda: broadcast_shape((2, -3), (4,)), ValueError, r'\(2, -3\) and \(4,\).*neither is 1'),
    (broadcast_shape, lambda: broadcast_shape(3, (4,)), TypeError, "'int' object is not iterable"),
    (broadcast_shape, lambda: broadcast_shape((2.5,), (1,)), TypeError, "iterable of 'int'.*'float'"),
    (explain_broadcast, lambda: explain_broadcast(zeros(2), (4,)), TypeError, "iterable of 'int'.*'Tensor'"),
    # similarity
    (ideal_digit, lambda: ideal_digit(zeros(0, 28, 28)), ValueError,
     shape_of('images is', (0, 28, 28)) + '.*at least one'),
    (ideal_digit, lambda: ideal_digit(zeros(28, 28)), ValueError,
     shape_of('images is', (28, 28)) + r'.*\(n, h, w\): a stack'),
    (ideal_digit, lambda: ideal_digit(zeros(3, 28, 28, dtype=torch.uint8)), ValueError,
     'images is torch.uint8.*must be floats.*stack_images'),
    (ideal_digit, lambda: ideal_digit(np.zeros((3, 28, 28))), TypeError, 'images is float64.*stack_images'),
    (l1_distance, lambda: l1_distance(zeros(28, 28), zeros(14, 14)), ValueError,
     shape_of('b is', (14, 14)) + '.*h = 28, w = 28: .*same height and width'),
    (l1_distance, lambda: l1_distance(zeros(28, 28), zeros(28, 1)), ValueError,
     shape_of('b is', (28, 1)) + '.*h = 28, w = 28: .*same height and width'),
    (l1_distance, lambda: l1_distance(zeros(28), zeros(28)), ValueError, shape_of('a is', (28,)) + r'.*\(\*n, h, w\)'),
    (rmse_distance, lambda: rmse_distance(zeros(2, 28, 28), zeros(3, 28, 28)), RuntimeError,
     r'tensor a \(2\) must match.*tensor b \(3\)'),
    (rmse_distance, lambda: rmse_distance([1], [2]), TypeError, r'a is \[1\]; it must be floats.*stack_images'),
    (mnist_distance, lambda: mnist_distance(zeros(28, 28).long(), zeros(28, 28)), ValueError,
     'a is torch.int64.*must be floats.*stack_images'),
    (is_3, lambda: is_3(zeros(784)), ValueError, shape_of('x is', (784,)) + r'.*\(\*n, h, w\)'),
    (is_3, lambda: is_3(Image.new('L', (28, 28))), TypeError, 'x is <PIL.Image.*must be floats'),
    (is_3, lambda: is_3(zeros(28, 28)/0), ValueError, 'x is .*from nan.*none NaN or infinite'),
    (accuracy, lambda: accuracy(zeros(3), zeros(3, 1)), ValueError,
     shape_of('targets is', (3, 1)) + '.*one prediction for each target'),
    (accuracy, lambda: accuracy(zeros(0), zeros(0)), ValueError, shape_of('preds is', (0,)) + '.*of none is undefined'),
    (accuracy, lambda: accuracy([3], [3]), TypeError, r'preds is \[3\]; it must be numbers'),
    (PixelSimilarity, lambda: PixelSimilarity('l1').fit(zeros(2, 4, 4), ones(2)).predict(zeros(4, 4)), TypeError,
     "'str' object is not callable"),
    (PixelSimilarity, lambda: PixelSimilarity().fit(zeros(3, 28, 28), zeros(2)), IndexError,
     r'shape of the mask \[2\].*\[3, 28, 28\]'),
    (PixelSimilarity, lambda: PixelSimilarity().fit(zeros(3, 28, 28), zeros(3, 1)), IndexError,
     r'shape of the mask \[3, 1\].*\[3, 28, 28\]'),
    (PixelSimilarity, lambda: PixelSimilarity().fit(zeros(0, 28, 28), zeros(0)), RuntimeError, 'non-empty'),
    (PixelSimilarity, lambda: PixelSimilarity().predict(zeros(3, 28, 28)), AttributeError, "no attribute 'ideals_'"),
    (PixelSimilarity, lambda: PixelSimilarity().fit(zeros(2, 4, 4), ones(2)).predict(zeros(4, 4)*inf), ValueError,
     'predict: x is .*none NaN or infinite'),
    (PixelSimilarity, lambda: PixelSimilarity().fit(zeros(2, 4, 4), ones(2)).predict(zeros(4, 4) + inf), ValueError,
     'predict: x is .*from inf.*none NaN or infinite'),
    # gradient
    (pr_eight, lambda: pr_eight(zeros(28, 28), zeros(784)),
     ValueError, r'w is .*\(784,\).*width = 28: one weight per pixel'),
    (pr_eight, lambda: pr_eight(zeros(3), zeros(())), ValueError, r'w is .*\(\).*one weight per pixel'),
    (pr_eight, lambda: pr_eight(zeros(5, 28, 28), zeros(14, 28)), RuntimeError, 'size of tensor a .28. must match.*14'),
    (pr_eight, lambda: pr_eight([1.], [2.]), TypeError, r'x is \[1.0\]; it must be numbers of shape'),
    (numeric_gradient, lambda: numeric_gradient(lambda x: x**2, zeros(3)),
     RuntimeError, '3 elements cannot be converted to Scalar'),
    (numeric_gradient, lambda: numeric_gradient(lambda x: (x**2).sum(), zeros(3), eps=0),
     ValueError, 'eps is 0; .*above 0'),
    (numeric_gradient, lambda: numeric_gradient(lambda x: 3., zeros(3)),
     AttributeError, "'float' object has no attribute 'item'"),
    # descent
    *[(descend, lambda lr=lr: descend(lambda x: (x**2).sum(), ones(2), lr),
       kind, f'lr is {re.escape(repr(lr))}; .*above 0: learning rate')
      for kind, lrs in ((ValueError, (0, -.1, nan, inf)), (TypeError, ('0.1', None))) for lr in lrs],
    (descend, lambda: descend(lambda x: x.sum(), torch.ones(2).long()), ValueError, r'torch.int64.*x.float\(\)'),
    (descend, lambda: descend(lambda x: x.sum(), [1., 2.]), TypeError, r'x is \[1.0, 2.0\]; it must be floats'),
    (descend, lambda: descend(lambda x: x.sum(), ones(2), steps=-1), ValueError, 'steps is -1; .*0 or more'),
    (descend, lambda: descend(lambda x: x, ones(3)),
     RuntimeError, 'grad can be implicitly created only for scalar outputs'),
    (descend, lambda: descend(lambda x: x.detach().sum(), ones(2)),
     RuntimeError, 'does not require grad and does not have a grad_fn'),
    # plotting: limits the wrong way round, equal or NaN are no rows, because the figure shows them: a curve or map with
    # such an axis, or an empty one
    (plot_function, lambda: plot_function(lambda x: x.mean(), ax=plt.Figure().add_subplot()),
     ValueError, r'must have same first dimension.*\(200,\)'),
    # dataloader
    (threads, lambda: threads(0).__enter__(), ValueError, 'n is 0; it must be a whole number, 1 or more'),
    (Learner.fit, lambda: learner(n_threads=1.5).fit(1), TypeError, 'n is 1.5; it must be a whole number, 1 or more'),
    (collate, lambda: collate([]), IndexError, 'index out of range'),
    (collate, lambda: collate([(1, 2), (3,)]), ValueError, 'argument 2 is shorter than argument 1'),
    (collate, lambda: collate([zeros(2), zeros(3)]), RuntimeError, r'equal size.*\[2\].*\[3\]'),
    *[(DataLoader, lambda n=n: DataLoader([1, 2], n), ValueError, f'batch_size is {n!r}; .*1 or more')
      for n in (0, -1)],
    *[(DataLoader, lambda n=n: DataLoader([1, 2], n), TypeError, f'batch_size is {n!r}; .*1 or more')
      for n in (2.5, None, '64')],
    (DataLoader, lambda: DataLoader([]), ValueError, r'dataset is \[\]; it must be a list, not empty'),
    (DataLoader, lambda: DataLoader(iter([1, 2])), TypeError, r'dataset is <list_iterator.*a list \(list\('),
    (DataLoader, lambda: DataLoader((zeros(4, 3), zeros(5))), RuntimeError, r'equal size.*\[4, 3\].*\[5\]'),
    (DataLoaders, lambda: DataLoaders(loader(), loader())[2], IndexError, 'out of range'),
    (hold_out, lambda: hold_out(zeros(4), zeros(4), 0), ValueError, 'n is 0; .*1 or more'),
    (hold_out, lambda: hold_out(zeros(4), zeros(5)), AssertionError, 'Size mismatch'),
    # linear
    (pair_tensors, lambda: pair_tensors('test'), ValueError, "'test'; it must be"),
    (pair_tensors, lambda: pair_tensors(digits=(3, 7, 8)), ValueError, r'\(3, 7, 8\); give 2 of.*digits=\(3, 7\)'),
    (pair_tensors, lambda: pair_tensors(digits=3), ValueError, r'digits is \(3,\); give 2 of.*digits=\(3, 7\)'),
    (pair_tensors, lambda: pair_tensors(digits=(3, 3)), ValueError, r'\(3, 3\); .*each only once'),
    (pair_tensors, lambda: pair_tensors(digits=(3, 10)), ValueError, 'digits has 10.*0 to 9'),
    (init_params, lambda: init_params((784, -1)), RuntimeError, 'negative dimension -1'),
    (init_params, lambda: init_params(2.5), TypeError, 'randn'),
    (init_params, lambda: init_params(3, std=nan), ValueError, 'std is nan; .*0 or more'),
    (linear1, lambda: linear1(zeros(2, 28), zeros(784, 1), zeros(1)),
     RuntimeError, r'cannot be multiplied \(2x28 and 784x1\)'),
    (linear1, lambda: linear1([1.], zeros(1), zeros(1)), TypeError, "'list' and 'Tensor'"),
    (sigmoid, lambda: sigmoid(3.), AttributeError, "'float' object has no attribute 'clamp'"),
    *[(f, lambda f=f, o=o: f(zeros(4, 1), o), ValueError,
       shape_of('targets is .*of shape', tuple(o.shape)) + r'.*ones and zeros.*\(4, 1\).*unsqueeze\(1\)')
      for f in (mnist_loss, batch_accuracy)
      for o in (zeros(4), zeros(1, 4), zeros(3, 1),
                *(torch.tensor([[0.], [1.], [0.], [bad]]) for bad in (nan, inf, 3., .5, -1., 255.)))],
    *[(f, lambda f=f: f(zeros(4), torch.tensor([0, 1, 0, 255], dtype=torch.uint8)),
       ValueError, 'from 0 to 255; it must be ones and zeros') for f in (mnist_loss, batch_accuracy)],
    *[(f, lambda f=f: f(zeros(4), [0, 1, 0, 1]), TypeError, r'targets is \[0, 1, 0, 1\]; it must be ones and zeros')
      for f in (mnist_loss, batch_accuracy)],
    (mnist_loss, lambda: mnist_loss(zeros(4), zeros(4) > 0), RuntimeError, 'bool tensor is not supported'),
    *[(f, lambda f=f: f(zeros(4, dtype=torch.int64), zeros(4)), ValueError, 'is torch.int64.*must be floats')
      for f in (mnist_loss, batch_accuracy)],
    (calc_grad, lambda: calc_grad(zeros(4, 3), zeros(4, 1), nn.Linear(3, 2)),
     ValueError, shape_of('targets is .*of shape', (4, 1), (4, 2))),
    (calc_grad, lambda: calc_grad(zeros(4, 3), zeros(4, 1), nn.Linear(3, 1), partial(F.mse_loss, reduction='none')),
     RuntimeError, 'only for scalar outputs'),
    (calc_grad, lambda: calc_grad(zeros(4, 3), zeros(4, 1), lambda xb: xb[:, :1]),
     RuntimeError, 'does not require grad'),
    *[(train_epoch, lambda lr=lr: train_epoch(nn.Linear(3, 1), lr, [ones(1)], loader()),
       ValueError, f'lr is {lr}; .*above 0') for lr in (-1, 0, nan, inf)],
    (train_epoch, lambda: train_epoch(nn.Linear(3, 1), .1, [], loader()),
     ValueError, r'params is \[\]; .*not empty.*\[weights, bias\]'),
    (train_epoch, lambda: train_epoch(nn.Linear(3, 1), .1, nn.Linear(3, 1).parameters(), loader()),
     TypeError, r'params is <generator.*list\(model.parameters\(\)\)'),
    (validate_epoch, lambda: validate_epoch(nn.Linear(3, 1), []), ZeroDivisionError, 'division by zero'),
    (validate_epoch, lambda: validate_epoch(nn.Linear(3, 1), loader(n_out=2)),
     ValueError, shape_of('targets is .*of shape', (2, 2), (2, 1))),
    *[(train_model, lambda n=n: train_model(nn.Linear(3, 1), n, .1, [ones(1)], None),
       (ValueError, TypeError), f'epochs is {n}; .*1 or more') for n in (0, -3, 1.5)],
    # optimizer
    *[(BasicOptim, lambda ps=ps: BasicOptim(ps, .1),
       ValueError, r'give model.parameters\(\), or tensors with requires_grad_\(\) in a list')
      for ps in ([], [zeros(3)], zeros(3, requires_grad=True), [zeros(3, requires_grad=True)*2])],
    *[(make, lambda lr=lr, make=make: make([zeros(3, requires_grad=True)], lr), (ValueError, TypeError),
       f'{make.__name__}: lr is {re.escape(repr(lr))}; .*0 or more')
      for make in (BasicOptim, SGD, Adam) for lr in (-.1, nan, inf, '0.1')],
    (SGD, lambda: SGD([zeros(3, requires_grad=True)], .1, momentum=nan), ValueError, 'momentum is nan; .*0 or more'),
    (SGD, lambda: SGD([zeros(3, requires_grad=True)], .1, weight_decay=-1),
     ValueError, 'weight_decay is -1; .*0 or more'),
    (Adam, lambda: Adam([zeros(3, requires_grad=True)], eps=-1), ValueError, 'eps is -1; .*0 or more'),
    # relu
    (relu, lambda: relu([-1, 1]), AttributeError, "'list' object has no attribute 'clamp'"),
    *[(simple_net, lambda ws=ws: simple_net(zeros(2, 5), *ws),
       (RuntimeError, ValueError), 'cannot be multiplied|batch has shape')
      for ws in ((zeros(4, 3), zeros(3), zeros(3, 1), zeros(1)), (zeros(5, 3), zeros(3), zeros(4, 1), zeros(1)))],
    *[(two_layer_net, lambda n=n: two_layer_net(n), (ValueError, TypeError), f'n_hidden is {n}; .*1 or more')
      for n in (0, -5, 2.5, nan)],
    (count_parameters, lambda: count_parameters([zeros(3)]),
     AttributeError, "'list' object has no attribute 'parameters'"),
    (binary_cross_entropy, lambda: binary_cross_entropy(zeros(4, 1), zeros(4)),
     ValueError, shape_of('targets is torch.float32 of shape', (4,), (4, 1)) + r'.*unsqueeze\(1\)'),
    (binary_cross_entropy, lambda: binary_cross_entropy(zeros(4).numpy(), zeros(4)),
     TypeError, 'scores is float32 of shape .*must be floats'),
    *[(binary_cross_entropy, lambda t=t: binary_cross_entropy(zeros(2), tensor([1., t])),
       ValueError, 'targets is .*must be ones and zeros') for t in (nan, 3., .5, 255.)],
    # recorder
    (Recorder, lambda: Recorder([]).plot_loss(), ValueError, 'no epochs yet.*call fit first'),
    (Recorder, lambda: Recorder(['a']).plot_metrics(), ValueError, 'no epochs yet.*call fit first'),
    (metric_name, lambda: metric_name('accuracy'), TypeError, "'accuracy' cannot be called.*batch_accuracy"),
    (print_row, lambda: print_row(3), TypeError, "'int' object is not iterable"),
    (few_threads, lambda: few_threads(3), TypeError, "'int' object is not iterable"),
    (by_turns, lambda: next(by_turns(3, 1)), TypeError, "'int' object is not iterable"),
    (finite, lambda: finite(learner(), nan, 'in batch 1'),
     FloatingPointError, 'became nan in batch 1 of epoch 1.*Try a smaller'),
    (moved, lambda: moved(dict(a=1), 'cpu'), TypeError, r'this one is a dict; make .*\(input, target\) tuples'),
    (place, lambda: learner(dl=3), TypeError, r'must be two loaders, as in DataLoaders\(train, valid\)'),
    (watch, lambda: learner().fit(1, start_epoch=2),
     ValueError, '2 epochs are done already.*n_epochs is 1.*ask for more'),
    (model_tensors, lambda: model_tensors(nn.Linear(3, 1)), AttributeError, "no attribute 'model'"),
    # learner
    (Learner, lambda: Learner(DataLoaders(loader(), loader()), lambda xb: xb),
     AttributeError, "'function' object has no attribute 'parameters'"),
    (Learner, lambda: learner(metrics='accuracy'), TypeError, "'accuracy' cannot be called.*batch_accuracy"),
    (Learner, lambda: learner(device='abacus'), ValueError, "device 'abacus'.*cpu"),
    *[(Learner.fit, lambda n=n: learner().fit(n), (ValueError, TypeError), f'n_epochs is {n!r}; .*1 or more')
      for n in (0, -1, 1.5, '3')],
    *[(Learner.fit, lambda lr=lr: learner().fit(1, lr), ValueError, f'lr is {lr}; .*0 or more')
      for lr in (-1, nan, inf)],
    (Learner.fit, lambda: learner().fit(1, '0.1'), TypeError, "lr is '0.1'; .*0 or more"),
    (Learner.fit, lambda: learner(n_out=2).fit(1, verbose=False),
     ValueError, shape_of('targets is .*of shape', (2, 1), (2, 2))),
    (Learner.fit, lambda: learner(dl=loader(1, drop_last=True)).fit(1, verbose=False),
     ValueError, 'no batches; make batch_size smaller'),
    (Learner.get_preds, lambda: learner().get_preds([]), ValueError, 'no batches'),
    (Learner.validate, lambda: learner().validate(loader(n_out=2)),
     ValueError, shape_of('targets is .*of shape', (4, 2), (4, 1))),
    (Learner.predict, lambda: learner().predict([1., 2., 3.]), TypeError, 'must be inputs and targets, two tensors'),
    (Learner.save, lambda: learner().save('file/a.npz'), OSError, 'file/a.npz.*Choose a place'),
    (Learner.save, lambda: learner().save('a.npz', note=print), TypeError, 'not JSON serializable'),
    (Learner.load, lambda: learner().load('none.npz'), FileNotFoundError, "No such file.*'none.npz'"),
    (Learner.load, lambda: learner(n_out=2).load(saved()), ValueError, shape_of('different model.*', (1, 3), (2, 3))),
    (Learner.load, lambda: learner(metrics=None).load(saved()), ValueError, 'different metrics.*batch_accuracy'),
    (Learner.load, lambda: learner().load(without_facts()),
          ValueError, 'bad.npz .*lr.*Learner.save'),
    (set_hypers, lambda: set_hypers(SGD([ones(1).requires_grad_()], .1), momentun=.9),
     ValueError, 'SGD has no setting momentun; it has .*momentum'),
    # checkpoint
    (training_state, lambda: training_state(nn.Linear(3, 1)), AttributeError, "no attribute 'model'"),
    (restore_training, lambda: restore_training(learner(), {}), KeyError, 'model'),
    (undo, lambda: undo(3).__enter__(), AttributeError, "'int' object has no attribute 'model'"),
    (Learner.load, lambda: learner(opt_func=torch.optim.Adam).load(fitted()),
     ValueError, "another optimizer.*SGD.*Adam"),
    (Learner.load, lambda: learner().load('empty'), ValueError, 'empty is damaged'),
    (Learner.save, lambda: learner().save('a.npz', lr=3),
     ValueError, r"\['lr'\] is kept in any case; give the fact another name"),
    (Learner.fit, lambda: learner().fit(1, verbose=False, checkpoint='sub'),
     OSError, 'Cannot write sub .*Choose a place'),
    # speed
    (turns, lambda: turns(dict(a=print), 0), ValueError, 'rounds is 0; .* 1 or more: how often each one is run'),
    (slope, lambda: slope([1, 2], [0, 1]), ValueError, 'math domain error|positive input'),  # math.log's own
    (slope, lambda: slope([1], [1]), ValueError, 'at least two data points'),
    (slope, lambda: slope([1, 2], [1]), ValueError, 'same number of data points'),
    (ScalePixels, lambda: ScalePixels()(zeros(2, 4)), ValueError, 'takes uint8 from 0 to 255.*torch.float32'),
    # softmax
    (digit_tensors, lambda: digit_tensors('train', (3, 12)), ValueError, 'digits has 12; .*0 to 9'),
    *[(f, lambda f=f: f(tensor([1, 2])),
       ValueError, r'must be floats of shape .*the k classes along the last axis')
      for f in (softmax, log_softmax)],
    (cross_entropy, lambda: cross_entropy(rand(3, 4), tensor([1, 2])),
     ValueError, 'targets is .*must be numbers of shape .* with n = 3'),
    (cross_entropy, lambda: cross_entropy(rand(2, 4), tensor([1., 2.])), RuntimeError, 'Expected dtype int32/int64'),
    *[(cross_entropy, lambda i=i: cross_entropy(rand(2, 4), tensor([1, i])),
       RuntimeError, f'index {i} is out of bounds') for i in (4, -1)],
    (class_accuracy, lambda: class_accuracy(rand(4), tensor([1, 2, 3, 0])),
     ValueError, r'scores is .*of shape \(4,\).*a row of scores per image'),
    (class_accuracy, lambda: class_accuracy(rand(4, 2), zeros(4, 1)), ValueError, r'targets is .*of shape \(4, 1\)'),
    # schedule
    (step_decay, lambda: step_decay(-.1), ValueError, 'lr is -0.1; it must be a number'),
    (step_decay, lambda: step_decay(.1, drops=1.5), TypeError, 'drops is 1.5; it must be a whole number'),
    (exponential, lambda: exponential(0, 1), ValueError, 'first is 0; it must be a number above 0'),
    (cosine, lambda: cosine(nan), ValueError, 'lr is nan; it must be a number'),
    (warm_up, lambda: warm_up(.1, share=2), ValueError, 'share is 2; it must be a number'),
    (one_cycle, lambda: one_cycle(inf), ValueError, 'max_lr is inf; it must be a number'),
    (one_cycle, lambda: one_cycle(.1, moms=.9), TypeError, 'cannot unpack non-iterable float'),
    (lr_find, lambda: lr_find(learner()), ValueError, 'needs 20 batches.*there are 2.*Make batch_size smaller'),
    (fit_patiently, lambda: fit_patiently(learner(), patience=0),
     ValueError, 'patience is 0; it must be a whole number'),
    (fit_patiently, lambda: fit_patiently(learner(), one_cycle(.1)),
     TypeError, 'lr is .*it must be a number.*must know beforehand'),
    # signals
    (layer_outputs, lambda: layer_outputs(nn.Linear(3, 2), rand(2, 3)), TypeError, 'not iterable'),
    (spreads, lambda: spreads(nn.Sequential(nn.Linear(3, 2)), rand(2, 4)), RuntimeError, 'shapes cannot be multiplied'),
    (kaiming_, lambda: kaiming_(rand(3, 2)), AttributeError, 'modules'),
    (Residual, lambda: Residual(nn.Linear(3, 4))(rand(2, 3)), RuntimeError, 'size of tensor'),
    # conv
    # Python's range refuses; a kernel that does not fit has 0 places, and PyTorch refuses to take windows there
    (conv_shape, lambda: conv_shape(28, 3, stride=0), ValueError, 'must not be zero'),
    (conv_shape, lambda: conv_shape(28, 2.5), TypeError, 'float'),
    (conv_shape, lambda: conv_shape((28, 28, 1), 3), ValueError, r'zip\(\) argument'),
    (windows, lambda: windows(rand(28, 28), 3), IndexError, 'Dimension out of range'),
    (windows, lambda: windows(rand(1, 1, 4, 4), 7), RuntimeError, 'maximum size .* is 4 but size is 7'),
    (windows, lambda: windows(rand(1, 1, 9, 9), 3, stride=0), RuntimeError, 'step is 0'),
    (windows, lambda: windows(rand(1, 1, 9, 9), 2.5), TypeError, 'must be int'),
    (conv2d, lambda: conv2d(rand(1, 2, 9, 9), rand(4, 3, 3, 3)),
     ValueError, shape_of('weight is .*', (4, 3, 3, 3)) + '.*with .*c = 2'),
    (conv2d, lambda: conv2d(rand(9, 9), rand(4, 3, 3, 3)),
     ValueError, shape_of('x is .*', (9, 9)) + r'.*\(n, c, h, w\)'),
    (BatchNorm, lambda: BatchNorm(3)(rand(1, 3, 1, 1)), ZeroDivisionError, 'division by zero'),
    (BatchNorm, lambda: BatchNorm(3)(rand(0, 3, 2, 2)), ValueError, shape_of('x is .*', (0, 3, 2, 2))),
    *[(conv_layer, lambda n=n: conv_layer(*n), ValueError, f'{name} is 0; .*1 or more')
      for name, n in dict(n_out=(3, 0), kernel=(3, 4, 0), stride=(3, 4, 3, 0)).items()],
    (cnn, lambda: cnn(0), ValueError, 'n_out is 0; .*1 or more'),
    (cnn, lambda: cnn(crop=-4), ValueError, 'crop is -4; .*0 or more'),
    (cnn, lambda: cnn(10, (8, 0), (2, 2)), ValueError, 'n_out is 0; .*1 or more'),
    (cnn, lambda: cnn(10, (8, 8), (2,)), ValueError, r'zip\(\) argument'),
    (cnn, lambda: cnn(10, (), ()), ValueError, r'zip\(\) argument'),
    # trained
    (Augmented, lambda: Augmented(TensorDataset(rand(4, 784), zeros(4)), small_moves(), batch_size=0),
     ValueError, 'batch_size is 0'),
    (load_trained, lambda: load_trained('vgg'), FileNotFoundError, 'No such file.*vgg.npz'),
    # distributed
    *[(Share, lambda o=o: Share(loader(), *o), ValueError, f'{o[0]} is not in ') for o in ((2, 2), (-1, 2), (0, 0))],
    (Share, lambda: Share(loader(), 0, 1.5), TypeError, 'float.*integer'),
    (process_group, lambda: process_group('abacus').__enter__(), ValueError, "no device 'abacus' here; 'cpu'"),
    (process_group, lambda: process_group('meta').__enter__(), ValueError, "no device 'meta' here; 'cpu'"),
    (process_group, lambda: process_group(timeout=nan).__enter__(),
     ValueError, 'timeout is nan; .* above 0: how long to wait'),
    (launch, lambda: launch('train.py'), TypeError, r"words is 'train.py'; give a list, as in \['train.py'\]"),
    (launch, lambda: launch(['train.py'], 0), ValueError, 'n is 0; .*1 or more: how many processes'),
    (launch, lambda: launch(['-c', 'raise SystemExit(3)'], 1, 'Try again'),
     ChildProcessError, r'Process 0 \(of 1.*ended with status 3, .*Try again'),
    (mean_everywhere, lambda: mean_everywhere(zeros(1)), ValueError, 'process group has not been initialized'),
    (average_gradients, lambda: average_gradients([zeros(1, requires_grad=True)]),
          (ValueError, RuntimeError), 'non-empty list of Tensors'),
    (SharedLearner, lambda: SharedLearner(DataLoaders(loader(), loader()), nn.Linear(3, 1)),
          ValueError, 'process group has not been initialized'),
    # interpret
    (confusion_matrix, lambda: confusion_matrix(zeros(3), zeros(2)),
     ValueError, 'targets is .*with m = 3: .*as many'),
    (confusion_matrix, lambda: confusion_matrix(tensor([0, 2]), tensor([0, 1])),
     RuntimeError, 'must be smaller than num_classes'),
    (confusion_matrix, lambda: confusion_matrix(tensor([0, -1]), tensor([0, 1])),
     RuntimeError, 'must be non-negative'),
    (confusion_matrix, lambda: confusion_matrix(tensor([.3, nan]), tensor([0, 1])),
     RuntimeError, 'only applicable to index tensor'),
    (confusion_matrix, lambda: confusion_matrix(zeros(2), zeros(2), n=0), ValueError, 'n is 0; .*1 or more'),
    (confusion_matrix, lambda: confusion_matrix([0], [1]), TypeError, r'preds is \[0\]; it must be numbers'),
    (top_losses, lambda: top_losses(learner(), mnist_loss),
     RuntimeError, 'is invalid for input of size 1'),
    (top_losses, lambda: top_losses(learner(), mnist_loss, k=0), ValueError, 'k is 0; .*1 or more'),
    (top_losses, lambda: top_losses(learner(), mnist_loss, dl=loader(shuffle=True)),
     ValueError, 'shuffle=True.*give one that does not, to find the places'),
    # story
    (train_baseline, lambda: train_baseline((3, 11)), ValueError, 'digits has 11.*0 to 9'),
    (train_model_named, lambda: train_model_named('cnn'), ValueError, "name is 'cnn'; .*linear, relu"),
    (train_model_named, lambda: train_model_named('relu', device='abacus'),
     ValueError, "no device 'abacus' here; 'cpu'"),
    (train_model_named, lambda: train_model_named('relu', batch_size=0), ValueError, 'batch_size is 0; .*1 or more'),
    (train_model_named, lambda: train_model_named('relu', epochs=0), ValueError, 'epochs is 0; .*1 or more'),
    (train_model_named, lambda: train_model_named('relu', lr=nan), ValueError, 'lr is nan; .*0 or more'),
    (story_table, lambda: story_table([dict(model='a')]), KeyError, 'parameters'),
    (plot_story, lambda: plot_story([], dict(relu=learner())), ValueError, 'no epochs yet.*call fit first'),
    (open_picture, lambda: open_picture('none.png'), FileNotFoundError, 'none.png'),
    *[(open_picture, lambda name=name: open_picture(name),
       ValueError, '^not an image file that can be read; save the picture as PNG or JPEG')
      for name in ('file', 'empty')],
    (open_picture, lambda: open_picture(None), TypeError, 'not NoneType'),
    (open_picture, lambda: open_picture(file_of(Image.new('L', (9, 9)), 'ppm')),
     ValueError, '^not an image file that can be read; save the picture as PNG or JPEG'),
    (open_picture, lambda: open_picture(io.BytesIO(png_of(500, 500))),
     ValueError, '^not an image file that can be read .*; save the picture as PNG or JPEG'),
    *[(open_picture, lambda w=w, h=h: open_picture(io.BytesIO(png_of(w, h))), ValueError,
       f'^the picture has {w:,} x {h:,} pixels; make it at most 10,000 pixels wide and high.*50 million')
      for w, h in ((10_001, 1), (1, 10_001), (10_000, 5_001), (9_500, 9_500))],
    (open_picture, lambda: open_picture(io.BytesIO(png_of(20_000, 20_000))),
     ValueError, '400000000 pixels.*; make it at most 10,000 pixels wide'),
    (open_picture, lambda: open_picture(file_of(Image.new('L', (9, 9)), 'jpeg', exif=BAD_EXIF)),
     ValueError, '^not an image file that can be read .*; save the picture as PNG or JPEG'),
    (like_mnist, lambda: like_mnist('three.png'), TypeError, 'not str; .*open_picture'),
    (like_mnist, lambda: like_mnist(np.zeros((28, 28))), TypeError, 'not ndarray; Image.fromarray'),
    (like_mnist, lambda: like_mnist(Image.new('L', (0, 0))), ValueError, '0 x 0 pixels; make it larger'),
    (like_mnist, lambda: like_mnist(Wide()),
     ValueError, '100,000 x 100,000 pixels; make it at most 10,000 pixels wide.*50 million'),
    (like_mnist, lambda: like_mnist(Image.new('La', (50, 50))),
     ValueError, 'colour mode La,.*save it as an ordinary PNG'),
    (like_mnist, lambda: like_mnist(Image.fromarray(np.full((50, 50), nan, np.float32))),
     ValueError, 'from nan to nan; save it as'),
    (like_mnist, lambda: like_mnist(Image.fromarray(np.full((50, 50), -5, np.int32))),
     ValueError, 'from -5 to -5; save it as'),
    (like_mnist, lambda: like_mnist(Image.new('RGBA', (50, 50))),
     ValueError, 'no digit: .*shows nothing.*show one digit'),
    (pictures.fitted, lambda: pictures.fitted(np.zeros((9, 9), np.float32)), IndexError, 'out of bounds'),
    (pictures_in, lambda: list(pictures_in(['.'])), ValueError, r'no picture in the folder \.; .* \.jpeg'),
    (cnn_learner, lambda: cnn_learner((3, 12)), ValueError, 'digits has 12'),
    (one_pixel, lambda: one_pixel(rand(784)), IndexError, r'out of range \(expected to be in range of \[-1, 0\]'),
    (cnn, lambda: fast_cnn(0), ValueError, 'n_out is 0; .*1 or more'),
    (cnn_learner, lambda: fast_learner((3, 12)), ValueError, 'digits has 12'),
    (load_model, lambda: load_model('none.npz'), FileNotFoundError, "No such file.*'none.npz'"),
    (load_model, lambda: load_model(trained_model('relu', name='cnn')),
     ValueError, "name is 'cnn', not one of linear, relu, conv; make one with mnist_sgd train"),
    (load_model, lambda: load_model(trained_model('relu', name=['relu'])),
     ValueError, r"name is \['relu'\], not one of"),
    (load_model, lambda: load_model(trained_model('relu', name='linear')),
     ValueError, 'model.npz .*is of a different model'),
    (load_model, lambda: load_model(trained_model('relu', digits=[3, 7, 8])),
     ValueError, 'model.npz .*is of a different model'),
    (load_model, lambda: load_model(trained_model('relu', digits=[3])),
     ValueError, r'model.npz holds no model .*knows only \(3,\); make one with'),
    *[(load_model, lambda d=d: load_model(trained_model('relu', digits=d)),
       ValueError, r'model.npz holds no model .*digits .*make one with')
      for d in ([3, 12], [3, 3], '37', [3., 7.], [[3], [7]])],
    (load_model, lambda: load_model(conv_of_chapter_16()), ValueError, 'model.npz .*is of a different model'),
    (load_model, lambda: load_model(nan_model()), ValueError, 'NaN or infinite.*smaller learning rate'),
]

def picture(path, im): im.save(path)
def cut_png():
    raw = io.BytesIO()
    Image.fromarray(mnist_arrays('valid', 3)[0][0]).save(raw, 'png')
    Path('cut.png').write_bytes(raw.getvalue()[:150])

# the words of a command, what is done before, and what its one line on stderr must say
COMMANDS = [
    ('', None, 'COMMAND.*--help'),
    ('trian', None, "'trian'.*--help"),
    ('train --digits 3 10', None, "'10' is not a digit from 0 to 9"),
    ('train --digits 3 -7', None, "--digits.*--help|'-7' is not a digit"),
    ('train --digits 3', None, '--digits are 3; give two or more different digits'),
    ('train --digits', None, '--digits: expected at least one argument.*--help'),
    ('train --digits 3 3', None, '--digits are 3 3; give two or more different'),
    ('train --epochs 0', None, "'0' is not a whole number from 1"),
    ('train --epochs 1e3', None, "'1e3' is not a whole number from 1"),
    ('train --lr -1', None, r"'-1' is not a number from 1e-12 to 1e\+38, such as 0.1"),
    ('train --lr nan', None, r"'nan' is not a number from 1e-12 to 1e\+38, such as 0.1"),
    ('train --lr inf', None, r"'inf' is not a number from 1e-12 to 1e\+38, such as 0.1"),
    ('train --processes 0', None, "'0' is not a whole number from 1"),
    ('train --processes 2 --digits 3 3', None, '--digits are 3 3; give two or more different'),
    ('train --processes 2 --device abacus', None, "no device 'abacus' here; 'cpu'"),
    ('train --batch-size 0', None, "'0' is not a whole number from 1"),
    ('train --batch-size 64.5', None, "'64.5' is not a whole number from 1"),
    ('train --processes 65', None, "'65' is not a whole number from 1 to 64"),
    ('train --seed -1', None, "'-1' is not a whole number from 0 to 9,223,372,036,854,775,807"),
    ('train --device abacus', None, "no device 'abacus' here; 'cpu'"),
    ('train --device cuda:99', None, "no device 'cuda:99' here; 'cpu'"),
    *[(f'train --device {name}', None, f"no device '{name}' here; 'cpu'") for name in ('meta', 'hpu', 'privateuseone')],
    ('train --out file', None, 'folder file .*--out'),
    ('train --out file/sub', None, 'folder file/sub .*--out'),
    ('train --momentum 1', None, '--momentum 1.*--help'),
    ('predict', None, 'FILE.*--help'),
    ('predict a.png --weights none.npz', None, 'no weights none.npz; run mnist_sgd train first'),
    ('predict a.png --weights sub', None, 'no weights sub/relu.npz; run mnist_sgd train first'),
    ('predict a.png --weights file', None, 'file is damaged.*Only arrays of numbers'),
    ('predict a.png --weights bad.npz', lying_npz, 'bad.npz is damaged'),
    ('predict a.png --weights bad.npz', squeezed_npz, 'bad.npz .*compressed, and might be huge'),
    ('predict a.png --weights model.npz', lambda: trained_model('relu', name='cnn'),
     "model.npz holds no model.*'cnn', not one of linear, relu, conv; make one"),
    ('predict a.png --weights model.npz', lambda: trained_model('relu', name='linear'),
     'model.npz .*is of a different model'),
    ('predict a.png --weights model.npz', lambda: trained_model('relu', digits=(3, 12)),
     'model.npz .*digits has 12.*make one'),
    ('predict a.png --weights model.npz', nan_model, 'model.npz does not fit: .*NaN.*smaller learning rate'),
    ('predict none.png', None, 'none.png: No such file'),
    ('predict sub', None, 'there is no picture in the folder sub'),
    ('predict file', None, 'file: not an image file that can be read; save the picture as PNG or JPEG'),
    ('predict empty', None, 'empty: not an image file .*; save the picture as PNG or JPEG'),
    ('predict cut.png', cut_png, 'cut.png: not an image file .*; save the picture as PNG or JPEG'),
    ('predict a.png', lambda: picture('a.png', Image.new('L', (60, 60), 200)),
     'a.png: no digit: the picture shows nothing.*show one digit'),
    ('predict a.png', lambda: picture('a.png', Image.new('RGBA', (60, 60))),
     'a.png: no digit: the picture shows nothing.*show one digit'),
    ('predict a.tif', lambda: picture('a.tif', Image.fromarray(np.full((50, 50), nan, np.float32))),
     'a.tif: .*from nan to nan; save it as an ordinary PNG'),
    ('predict a.png', lambda: Path('a.png').write_bytes(png_of(2**31 - 1, 2**31 - 1)),
     'a.png: .*4611686014132420609 pixels.*; make it at most 10,000 pixels wide'),
    ('predict a.png', lambda: Path('a.png').write_bytes(png_of(12_000, 12_000)),
     'a.png: .*12,000 x 12,000 pixels; make it at most 10,000'),
    ('predict a.png', lambda: Path('a.png').write_bytes(png_of(500, 500)),
     'a.png: not an image file .*; save the picture as PNG or JPEG'),
    ('notebooks', None, 'DEST.*--help'),
    ('notebooks file', None, 'folder file .*name another'),
    ('notebooks file/sub', None, 'folder file/sub .*name another'),
]

def case(row):
    row = row if hasattr(row, 'values') else pytest.param(*row)
    return row._replace(id=f'{row.values[0].__qualname__}: {row.values[3][:40]}')

@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    "An empty folder to work in, with a file that is nothing, one that is empty, and a folder"
    (tmp_path/'file').write_text('neither weights nor a picture nor a folder')
    (tmp_path/'empty').write_bytes(b'')
    (tmp_path/'sub').mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    plt.close('all')

def listing(folder): return {p: p.stat().st_size for p in folder.rglob('*')}

@pytest.mark.parametrize('function, call, error, message', [case(row) for row in CALLS])
def test_says_what_is_wrong(folder, function, call, error, message):
    with pytest.raises(error) as e: call()
    assert re.search(message, str(e.value)), str(e.value)
    assert len(str(e.value).splitlines()) == 1
    assert not plt.get_fignums() or function in (show_image, plot_story)  # refused when there is a figure
    # our own bad files, no part of a new one
    ours = {'file', 'empty', 'sub', 'a.idx', 'a.gz', 'bad.npz', 'good.npz', 'model.npz'}
    assert {p.name for p in folder.iterdir()} <= ours
    if function in (write_bytes, make_folder, save_arrays, write_idx, Learner.save): assert len(listing(folder)) == 3

@pytest.mark.parametrize('words, prepare, message', COMMANDS,
                         ids=lambda o: o or 'nothing' if isinstance(o, str) else '')
def test_command_ends_with_one_line(folder, capsys, words, prepare, message):
    Learner((), models['relu']()).save('weights.npz', name='relu', digits=(3, 7))
    if prepare: prepare()
    if words.startswith('predict') and '--weights' not in words: words += ' --weights weights.npz'
    before = listing(folder)
    try: status = main(words.split())
    except SystemExit as e: status = e.code
    out, err = capsys.readouterr()
    assert status in (1, 2) and out == '' and len(err.splitlines()) == 1 and err.startswith('mnist_sgd')
    assert re.search(message, err), err
    assert listing(folder) == before

@pytest.mark.skipif(not hasattr(os, 'geteuid') or os.geteuid() == 0, reason='the superuser may read everything')
def test_file_that_may_not_be_read_is_named(folder, capsys):
    Path('a.png').write_bytes(png_of(28, 28))
    Path('a.png').chmod(0)
    trained_model('relu')
    assert main('predict a.png --weights model.npz'.split()) == 1
    assert 'a.png: Permission denied' in capsys.readouterr().err
    with pytest.raises(PermissionError, match=r'a\.png'): read_idx('a.png')

class Malice:
    "Whoever unpickles this runs a program of ours"
    def __reduce__(self): return os.system, (f'echo run > {Path("marker").resolve()}',)

def object_array(): np.savez('weights.npz', meta='{}', w=np.array([Malice()], dtype=object))
def object_meta(): np.savez('weights.npz', meta=np.array(Malice(), dtype=object))
def bare_pickle(): Path('weights.npz').write_bytes(pickle.dumps(Malice()))
def pickled_npy():
    np.save('weights.npy', np.array([Malice()], dtype=object))
    os.replace('weights.npy', 'weights.npz')
def torch_file(): torch.save(dict(w=Malice()), 'weights.npz')
def old_torch_file(): torch.save(dict(w=Malice()), 'weights.npz', _use_new_zipfile_serialization=False)

@pytest.mark.parametrize('make', [object_array, object_meta, bare_pickle, pickled_npy, torch_file, old_torch_file])
def test_malicious_weights_run_nothing(folder, capsys, make):
    make()
    for read in (load_arrays, load_model, learner().load):
        with pytest.raises(ValueError, match=r'weights.npz .*pickled objects.*can run any code and are refused'):
            read('weights.npz')
    assert main('predict empty --weights weights.npz'.split()) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and 'weights.npz' in err and 'can run any code and are refused' in err
    assert not Path('marker').exists()

@pytest.mark.skipif(sys.platform == 'win32', reason='the file is a program for a Unix shell')
def test_the_malice_is_real(folder):
    bare_pickle()
    pickle.loads(Path('weights.npz').read_bytes())  # noqa: S301 - our own file, to see that it does harm
    assert Path('marker').exists()

@pytest.mark.parametrize('target', [0., 1.])
def test_nan_is_never_right(target):
    preds, targets = torch.tensor([[nan], [nan], [2*target - 1]]), torch.full((3, 1), target)
    assert batch_accuracy(preds, targets) == pytest.approx(1/3)
    assert mnist_loss(preds, targets).isnan()

def test_a_row_of_scores_with_nan_is_never_right():
    scores = tensor([[nan, 0.], [0., nan], [nan, nan], [1., 0.]])  # argmax finds the place of a NaN
    assert class_accuracy(scores, tensor([0, 1, 0, 0])) == .25

def test_the_table_knows_every_public_function():
    no_input = {'set_style', 'default_device', 'is_watched', 'started', 'mnist_idx_path', 'medians', 'small_moves',
                'array', 'colors', 'fast_cnn', 'fast_learner', 'models', 'story_settings'}
    public = {name for m in MODULES for name in import_module(f'mnist_sgd.{m}').__all__}
    called = {getattr(row, 'values', row)[0].__qualname__.split('.')[0] for row in CALLS}
    assert public - no_input <= called | {'mnist_distance'}
