"""Measure the page "How fast can it go?": PyTorch's own MNIST example against the recipe that the page arrives at.

    python benchmarks/fast.py [--rounds 1] [--threads 2]
    python benchmarks/fast.py --page [--seeds 5] [--threads 2] && nbdev-test nbs/fast.ipynb --save && nbdev-clean

The first line is a race, turn about, in one process: each side trains until it has 0.990 on 10,000 training images that
it has not learned from. The time runs from the files to the last validation. The example goes on epoch after epoch. Our
recipe must know beforehand how many epochs it has; if it misses, it starts anew with one more, and all attempts count.
The seconds and the ratio are printed and kept in benchmarks/results/fast.json; a ratio below 20 is a failure.

The second line measures what the page shows, into mnist_sgd/trained/fast.json, and stores the page's new outputs: each
of its steps once, judged on held-out images, and the two recipes, judged on the test images after training with all
others, with each of the seeds. A round, or the second line, is a matter of some ten minutes on two cores that have
nothing else to do.
"""
import argparse, json, platform, statistics, sys, time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Subset, TensorDataset
from torchvision import datasets, transforms

from mnist_sgd.conv import cnn
from mnist_sgd.data import mnist_idx_path
from mnist_sgd.dataloader import DataLoader, DataLoaders
from mnist_sgd.fast import fast_cnn, fast_learner, one_pixel
from mnist_sgd.learner import Learner
from mnist_sgd.optimizer import SGD
from mnist_sgd.schedule import one_cycle
from mnist_sgd.softmax import class_accuracy, digit_tensors
from mnist_sgd.story import models
from mnist_sgd.trained import Augmented

ROOT = Path(__file__).resolve().parent.parent
ASIDE, GOAL, RATIO = 10_000, .990, 20
RECIPES = dict(short=dict(epochs=1, batch_size=64), long=dict(epochs=8, batch_size=128))
NETS = dict(short=fast_cnn, long=models['conv'])

# PyTorch's example (examples/mnist in its repository): its net, its optimizer, its loader; our words

def example_net():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(.5), nn.Linear(128, 10), nn.LogSoftmax(1))

def example(net=example_net):
    "Train as the example does, its net or another; the accuracy on held-out images after each epoch"
    scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize(.1307, .3081)])
    data = datasets.MNIST(mnist_idx_path(), transform=scaled)
    n, model = len(data) - ASIDE, net()
    train = torch.utils.data.DataLoader(Subset(data, range(n)), 64, shuffle=True)
    valid = torch.utils.data.DataLoader(Subset(data, range(n, n + ASIDE)), 1000)
    opt = torch.optim.Adadelta(model.parameters(), lr=1.)
    schedule = torch.optim.lr_scheduler.StepLR(opt, 1, gamma=.7)
    while True:
        model.train()
        for xb, yb in train:
            opt.zero_grad()
            F.nll_loss(model(xb), yb).backward()
            opt.step()
        schedule.step()
        model.eval()
        with torch.no_grad(): yield sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid)/ASIDE

def ours():
    "Train by the short recipe, each time with an epoch more; the accuracy on held-out images after each training"
    epochs = 0
    while epochs := epochs + 1: yield fitted(RECIPES['short'] | dict(epochs=epochs), aside=ASIDE)

def fitted(recipe, aside=0, net=fast_cnn):
    learn = fast_learner(batch_size=recipe['batch_size'], aside=aside, net=net)
    return accuracy(learn.fit(recipe['epochs'], one_cycle(.2), verbose=False))

def accuracy(learn): return learn.recorder.values[-1][2]

def race(contestants, rounds):
    "Seconds and epochs or attempts until GOAL, in each round, by name"
    results = {name: [] for name in contestants}
    for seed in range(rounds):
        for name, contestant in list(contestants.items())[::(-1)**seed]:
            torch.manual_seed(seed)
            start, reached = time.perf_counter(), []
            for acc in contestant():
                reached.append(round(acc, 4))
                if acc >= GOAL: break
            results[name].append(dict(seed=seed, seconds=round(time.perf_counter() - start, 2), accuracies=reached))
            print(name, results[name][-1], flush=True)
    return results

# The steps of the page: from the example to the recipe, one change after the other

momentum = partial(SGD, momentum=.9, weight_decay=5e-4)

def book(epochs, net, opt_func=torch.optim.Adadelta, loss_func=F.cross_entropy, transform=None, schedule=None):
    "Train a net with the book's loaders and its Learner; the accuracy on held-out images"
    x, y = digit_tensors('train')
    train, valid = (TensorDataset(x[part], y[part]) for part in (slice(-ASIDE), slice(-ASIDE, None)))
    loader = partial(Augmented, transform=transform) if transform else DataLoader
    train_dl = loader(train, batch_size=64, shuffle=True)
    learn = Learner(DataLoaders(train_dl, DataLoader(valid, 500)), net(), opt_func, loss_func, class_accuracy)
    def falling(step, n_steps): return dict(lr=.7**(step*epochs//n_steps))
    return accuracy(learn.fit(epochs, schedule or falling, verbose=False))

def last_of(generator, n): return [next(generator) for _ in range(n)][-1]

smooth = partial(F.cross_entropy, label_smoothing=.1)
cycle = dict(opt_func=momentum, schedule=one_cycle(.2))
STEPS = {  # epochs, and a function of them
    "PyTorch's example": (5, lambda n: last_of(example(), n)),
    'strides and batch norm': (4, lambda n: last_of(example(lambda: nn.Sequential(*cnn()[1:], nn.LogSoftmax(1))), n)),
    'rows picked at once': (4, partial(book, net=cnn)),
    'momentum, one cycle': (2, partial(book, net=cnn, **cycle)),
    'shifts, smoothing': (1, partial(book, net=cnn, loss_func=smooth, transform=one_pixel, **cycle)),
    'only the middle': (1, partial(book, net=fast_cnn, loss_func=smooth, transform=one_pixel, **cycle))}

def timed(f, *args, **kwargs):
    "Seconds and accuracy, in a dict"
    start = time.perf_counter()
    acc = f(*args, **kwargs)
    return dict(accuracy=round(acc, 4), seconds=round(time.perf_counter() - start, 2))

def page(seeds):
    "What the page shows: the steps, and the recipes with each seed"
    steps, recipes = [], []
    for name, (epochs, step) in STEPS.items():
        torch.manual_seed(0)
        steps.append(dict(name=name, epochs=epochs) | timed(step, epochs))
        print(steps[-1], flush=True)
    for name, recipe in RECIPES.items():
        for seed in range(seeds):
            torch.manual_seed(seed)
            recipes.append(dict(name=name, seed=seed) | recipe | timed(fitted, recipe, net=NETS[name]))
            print(recipes[-1], flush=True)
    return dict(steps=steps, recipes=recipes)

def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--page', action='store_true', help="measure what the page shows, instead of the race")
    parser.add_argument('--rounds', type=int, default=1, help='of the race (default: %(default)s)')
    parser.add_argument('--seeds', type=int, default=5, help='for each recipe (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=2, help='threads for torch (default: %(default)s)')
    parser.add_argument('--out', type=Path, help='file to write (default: as told above)')
    args = parser.parse_args(argv)
    if min(args.rounds, args.seeds, args.threads) < 1: parser.error('--rounds, --seeds and --threads must be 1 or more')
    torch.set_num_threads(args.threads)
    fitted(RECIPES['short'], aside=59_000)  # warms up
    facts = dict(torch=torch.__version__, python=platform.python_version(), threads=args.threads)
    if args.page:
        out = args.out or ROOT/'mnist_sgd'/'trained'/'fast.json'
        out.write_text(json.dumps(facts | page(args.seeds), indent=1) + '\n')
        return
    results = race({"PyTorch's example": example, 'ours': ours}, args.rounds)
    theirs, own = (statistics.median(row['seconds'] for row in rows) for rows in results.values())
    out = args.out or ROOT/'benchmarks'/'results'/'fast.json'
    out.write_text(json.dumps(facts | dict(goal=GOAL, ratio=round(theirs/own, 1), results=results), indent=1) + '\n')
    print(f"{GOAL:.3f} of {ASIDE:,} held-out images: PyTorch's example {theirs:.1f} s, ours {own:.1f} s, "
          f'ratio {theirs/own:.1f}')
    if theirs < RATIO*own: sys.exit(f'The ratio is below {RATIO}')

if __name__ == '__main__': main()
