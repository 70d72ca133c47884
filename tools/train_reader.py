"""Train the net that `mnist_sgd predict` asks: a `cnn` with eleven answers, the ten digits and "no digit".

    python tools/train_reader.py [--epochs N] [--seed N] [--aside N] [--out FILE]

The digits are MNIST's training images, turned, sheared, shifted and scaled more than the other nets see them, and with
thinner and fainter strokes. What is no digit: letters of the typefaces STIX and Computer Modern (the net is judged by
DejaVu's), upright or on their side, but none of those that look like a
digit; digits that lie on their side; two digits side by side; scribbles; noise.
--aside judges by so many of the training images, to choose settings; the threshold for "no digit" was chosen so, too.
"""
import argparse, time
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch.utils.data import TensorDataset

from make_photographs import LIKE_DIGITS

import mnist_sgd.checkpoint  # gives a Learner `save`
from mnist_sgd.conv import cnn
from mnist_sgd.data import mnist_arrays
from mnist_sgd.dataloader import DataLoader, DataLoaders
from mnist_sgd.learner import Learner
from mnist_sgd.optimizer import SGD, BasicOptim
from mnist_sgd.pictures import fitted
from mnist_sgd.schedule import one_cycle
from mnist_sgd.softmax import class_accuracy
from mnist_sgd.trained import Augmented

TRAINED = Path(__file__).resolve().parent.parent/'mnist_sgd'/'trained'
LETTERS = [o for o in 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' if o not in LIKE_DIGITS]

def drawn(draw, turn=0):
    "A 28 x 28 picture of what `draw` draws, 0 to 255, on 160 x 160 pixels"
    im = Image.new('L', (160, 160))
    draw(ImageDraw.Draw(im))
    return fitted(np.float32(im.rotate(turn, Image.Resampling.BILINEAR))/255).numpy()

def letter(rng, faces):
    font = ImageFont.truetype(rng.choice(faces), int(rng.integers(60, 110)))
    text, fat = rng.choice(LETTERS), int(rng.integers(0, 4))
    turn = rng.uniform(-12, 12) + rng.choice([0, 0, 90, 270])  # on its side as well
    return drawn(lambda d: d.text((80, 80), text, 255, font, anchor='mm', stroke_width=fat), turn)

def scribble(rng):
    points = rng.uniform(20, 140, (rng.integers(4, 9), 2))
    steps = np.linspace(0, len(points) - 1, 60)
    curve = np.stack([np.interp(steps, range(len(points)), o) for o in points.T], 1)
    for _ in range(rng.integers(0, 8)): curve[1:-1] = (curve[:-2] + curve[2:] + curve[1:-1])/3
    return drawn(lambda d: d.line([*map(tuple, curve)], 255, int(rng.integers(5, 16)), 'curve'))

def sideways(rng, images, labels):
    i = rng.choice(np.flatnonzero(np.isin(labels, (1, 2, 3, 4, 5, 6, 7, 9))))
    return np.rot90(images[i], rng.choice([1, 3]))/255

def noise(rng):
    "Grains of any size, dark or light"
    n = rng.choice([4, 7, 14, 28])
    grains = Image.fromarray(np.uint8(rng.integers(256, size=(n, n)))).resize((28, 28))
    return (np.float32(grains)/255)**rng.uniform(.3, 6)

def pair(rng, images):
    a, b = images[rng.integers(len(images), size=2)]/255
    gap = rng.integers(0, 8)
    a, b = a[:, 2:26 - gap//2], b[:, 2 + gap//2:26]
    return fitted(np.float32(np.hstack([a, b]).repeat(4, 0).repeat(4, 1))).numpy()

def no_digits(
    n, images, labels, seed, # how many; MNIST's; for the random numbers
): # float32, n x 784
    "Pictures of something else"
    import matplotlib
    rng, folder = np.random.default_rng(seed), Path(matplotlib.get_data_path())/'fonts'/'ttf'
    faces = sorted(str(o) for pattern in ('STIXGeneral*.ttf', 'cm[brst]*10.ttf') for o in folder.glob(pattern)
                   if 'cmsy' not in o.name)
    make = [lambda: letter(rng, faces)]*6 + [lambda: sideways(rng, images, labels)]*4 + [
        lambda: pair(rng, images), lambda: scribble(rng), lambda: noise(rng)]
    return torch.tensor(np.array([make[i % len(make)]() for i in range(n)], np.float32)).flatten(1)

def moves():
    "Larger changes than `small_moves`, and strokes that are thinner or fainter"
    from torchvision.transforms import v2
    affine = v2.RandomAffine(18, translate=(.06, .06), scale=(.85, 1.1), shear=10,
                             interpolation=v2.InterpolationMode.BILINEAR)
    def change(x):
        kind, x = torch.randint(5, ()).item(), affine(x)
        if kind == 0: return (x - .35).clamp(min=0)/.65  # thinner
        if kind == 1: return (1.8*x).clamp(max=1)  # harder
        if kind == 2: return F.avg_pool2d(x, 3, 1, 1)  # softer
        return x
    return change

def train(epochs, seed, aside):
    images, labels = mnist_arrays('train')
    n = len(images) - aside
    valid_images, valid_labels = (images[n:], labels[n:]) if aside else mnist_arrays('valid')
    def tensors(images, labels, others, seed):
        none = no_digits(others, images, labels, seed)
        x = torch.cat([torch.tensor(images).float().flatten(1)/255, none])
        return TensorDataset(x, torch.cat([torch.tensor(labels).long(), torch.full((others,), 10)]))
    train, valid = tensors(images[:n], labels[:n], n//4, seed), tensors(valid_images, valid_labels, 2000, seed + 1000)
    torch.manual_seed(seed)
    dls = DataLoaders(Augmented(train, moves(), batch_size=128, shuffle=True), DataLoader(valid, 500))
    learn = Learner(dls, cnn(11), partial(SGD, momentum=.9, weight_decay=5e-4),
                    partial(F.cross_entropy, label_smoothing=.05), class_accuracy)
    return learn.fit(epochs, one_cycle(.2))

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--epochs', type=int, default=8)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--aside', type=int, default=10_000,
                        help='judge by so many training images; 0: by the test images')
    parser.add_argument('--out', type=Path, default=TRAINED/'reader.npz')
    args = parser.parse_args()
    start = time.perf_counter()
    learn = train(args.epochs, args.seed, args.aside)
    learn.opt = BasicOptim(learn.params, 0.)  # to go on training is not what this file is for
    learn.recorder.losses.clear()
    learn.save(args.out, name='reader', seed=args.seed, digits=tuple(range(10)), n_out=11, epochs=args.epochs,
               aside=args.aside, seconds=round(time.perf_counter() - start, 1), torch=torch.__version__,
               command='python tools/train_reader.py')
