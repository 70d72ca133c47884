"""Race the hand-written Learner against its peers, turn about, in one process.

    python -m pip install -e '.[bench]'
    python benchmarks/run.py [--rounds 7] [--epochs 3] [--threads 2] [--out benchmarks/results]

All contestants train the same model (linear, then one hidden layer of 30) on the same 12,396 threes and sevens,
shuffled, in batches of 256, for the same number of epochs, with binary cross-entropy and plain SGD. Only the training
is timed; loaders and models are made before. With 'mnist_sgd, loader and all' that is timed, too: the DataLoader of a
list of pairs, and the Learner. The order of the contestants changes from round to round, and each round
begins with new weights. Those that do not reach our accuracy within 0.01 fail the benchmark. The floor is no
contestant: nothing but the matrix products of forward and backward, over float32 rows in order. A peer that is not
installed is named and left out. Learner.fit and fastai validate after each epoch, the others do not: so these two get a
single image to validate on. One thing is not quite equal: scikit-learn's SGDClassifier takes a small step for each
image, as it knows no batches. fastai loads with worker processes unless it is told not to; both ways are measured. The
Learner trains with one thread where a step is little work, as with the linear model; all others have --threads.

Then: the Learner with metrics and progress bar against the Learner without; and the way from the package to float
tensors against PNG files opened with PIL. Medians, spread and ratios are printed and, with two charts, written to the
folder --out.
"""
import argparse, contextlib, gc, importlib.util, io, json, os, platform, sys, time, warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

from mnist_sgd.data import mnist_path
from mnist_sgd.dataloader import DataLoader, DataLoaders
from mnist_sgd.learner import Learner
from mnist_sgd.linear import batch_accuracy, pair_tensors
from mnist_sgd.plotting import colors, set_style
from mnist_sgd.relu import two_layer_net
from mnist_sgd.speed import medians, turns
from mnist_sgd.tensor import stack_images

BATCH, LR = 256, .1
bce = F.binary_cross_entropy_with_logits

def new_model(n_hidden): return two_layer_net(n_hidden) if n_hidden else nn.Linear(28*28, 1)
def accuracy_of(model, data):
    with torch.no_grad(): return batch_accuracy(model(data['valid_x']), data['valid_y']).item()

# Each contestant: a function of data, hidden units and epochs that returns one that trains, and one that then gives the
# accuracy.

def ours(data, n_hidden, epochs, metrics=None, verbose=False):
    model = new_model(n_hidden)
    dls = DataLoaders(DataLoader(data['train'], BATCH, shuffle=True), DataLoader(data['one'], 1))
    learn = Learner(dls, model, loss_func=bce, metrics=metrics)
    return lambda: learn.fit(epochs, LR, verbose=verbose), lambda: accuracy_of(model, data)

def loader_and_all(data, n_hidden, epochs):
    "As `ours`, with the making of loader and Learner"
    pairs, learners = list(zip(data['x'], data['y'])), []
    def fit():
        dls = DataLoaders(DataLoader(pairs, BATCH, shuffle=True), DataLoader(data['one'], 1))
        learners.append(Learner(dls, new_model(n_hidden), loss_func=bce, metrics=None).fit(epochs, LR, verbose=False))
    return fit, lambda: accuracy_of(learners[0].model, data)

def torch_loop(data, n_hidden, epochs):
    model = new_model(n_hidden)
    opt = torch.optim.SGD(model.parameters(), lr=LR)
    loader, losses = torch.utils.data.DataLoader(data['train'], BATCH, shuffle=True), []
    def fit():
        for _ in range(epochs):
            for xb, yb in loader:
                loss = bce(model(xb), yb)
                loss.backward()
                opt.step()
                opt.zero_grad()
                losses.append(loss.item())
    return fit, lambda: accuracy_of(model, data)

def fastai(data, n_hidden, epochs, **options):
    import fastai.callback.progress  # noqa: F401 - it gives the Learner `no_bar`
    from fastai.data.core import DataLoaders as FastaiLoaders
    from fastai.learner import Learner as FastaiLearner
    from fastai.optimizer import SGD as FastaiSGD
    model = new_model(n_hidden)
    dls = FastaiLoaders.from_dsets(data['train'], data['one'], bs=BATCH, val_bs=1, device='cpu', **options)
    learn = FastaiLearner(dls, model, loss_func=bce, opt_func=FastaiSGD, lr=LR)
    def fit():
        with learn.no_bar(), learn.no_logging(): learn.fit(epochs, LR)
    return fit, lambda: accuracy_of(model, data)

def skorch(data, n_hidden, epochs):
    from skorch import NeuralNet
    net = NeuralNet(new_model(n_hidden), nn.BCEWithLogitsLoss, optimizer=torch.optim.SGD, lr=LR, max_epochs=epochs,
                    batch_size=BATCH, iterator_train__shuffle=True, train_split=None, verbose=0).initialize()
    return lambda: net.partial_fit(data['x'], data['y']), lambda: accuracy_of(net.module_, data)

def sklearn(data, n_hidden, epochs):
    from sklearn.linear_model import SGDClassifier
    from sklearn.neural_network import MLPClassifier
    if n_hidden: net = MLPClassifier((n_hidden,), solver='sgd', alpha=0, batch_size=BATCH, learning_rate_init=LR,
                                     max_iter=epochs, momentum=0, tol=0, n_iter_no_change=epochs)
    else: net = SGDClassifier('log_loss', alpha=0, learning_rate='constant', max_iter=epochs, tol=None,
                              eta0=LR/BATCH)  # a step for each image, and so smaller ones
    x, y = data['x'].numpy(), data['y'].numpy()[:, 0]
    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # that it has not converged
            net.fit(x, y)
    return fit, lambda: net.score(data['valid_x'].numpy(), data['valid_y'].numpy()[:, 0])

def floor(data, n_hidden, epochs):
    w1, w2 = torch.zeros(28*28, n_hidden or 1), torch.zeros(n_hidden, 1)
    def fit():
        for _ in range(epochs):
            for xb in data['x'].split(BATCH):
                if n_hidden:
                    h = xb@w1
                    p = h@w2
                    _, error = h.T@p, p@w2.T
                else: error = xb@w1
                xb.T@error
    return fit, None

CONTESTANTS = {'mnist_sgd': (ours, None), 'mnist_sgd, loader and all': (loader_and_all, None),
               'fastai': (fastai, 'fastai'), 'fastai, no workers': (partial(fastai, num_workers=0), 'fastai'),
               'skorch': (skorch, 'skorch'), 'scikit-learn': (sklearn, 'sklearn'), 'PyTorch loop': (torch_loop, None),
               'the floor': (floor, None)}

def race(contestants, data, n_hidden, epochs, rounds):
    "Seconds an epoch in each round, and the accuracies, by name"
    seconds, accuracies = {name: [] for name in contestants}, {}
    for i in range(rounds + 1):  # the first round warms up
        names = list(contestants)
        for name in names[i % len(names):] + names[:i % len(names)]:
            torch.manual_seed(i)
            fit, accuracy = contestants[name](data, n_hidden, epochs)
            gc.collect()
            start = time.perf_counter()
            fit()
            if i: seconds[name].append((time.perf_counter() - start)/epochs)
            if i and accuracy: accuracies.setdefault(name, []).append(accuracy())
    return seconds, medians(accuracies)

def table(title, seconds, accuracies=None, base='mnist_sgd'):
    "The results as lines of text, with a bar for each median"
    mid = medians(seconds)
    lines = ['', title, f"{'':<26}{'median ms':>11}{'min':>9}{'max':>9}{base + ' / it':>18}{'accuracy':>10}"]
    for name, o in seconds.items():
        accuracy = f'{accuracies[name]:.4f}' if name in (accuracies or {}) else ''
        times = f'{mid[name]*1e3:>11.2f}{min(o)*1e3:>9.2f}{max(o)*1e3:>9.2f}{mid[base]/mid[name]:>18.3f}'
        bar = '#'*max(1, round(40*mid[name]/max(mid.values())))
        lines.append(f'{name:<26}{times}{accuracy:>10}  {bar}')
    return '\n'.join(lines)

def chart(results, path):
    "Bars of the medians, a panel for each model"
    import matplotlib.pyplot as plt
    set_style()
    fig, axes = plt.subplots(1, len(results), figsize=(10, 3), layout='constrained')
    for ax, (title, seconds) in zip(axes, results.items()):
        names, mid = list(seconds), [o*1e3 for o in medians(seconds).values()]
        spread = [[m - min(o)*1e3 for m, o in zip(mid, seconds.values())],
                  [max(o)*1e3 - m for m, o in zip(mid, seconds.values())]]
        shades = [colors['blue'] if n == 'mnist_sgd' else colors['sky'] for n in names]
        bars = ax.barh(names, mid, xerr=spread, color=shades, ecolor='.4')
        ax.bar_label(bars, [f'{m:.1f}' for m in mid], padding=8)
        ax.set(xlabel='milliseconds an epoch', title=title)
        ax.invert_yaxis()
        ax.margins(x=.18)
    fig.savefig(path, dpi=120)

class Terminal(io.StringIO):
    "Text that says it is a terminal, so that the progress bar is drawn"
    def isatty(self): return True

def watched(data, n_hidden, epochs):
    fit, accuracy = ours(data, n_hidden, epochs, batch_accuracy, verbose=True)
    def fit_watched():
        with contextlib.redirect_stderr(Terminal()), contextlib.redirect_stdout(Terminal()): fit()
    return fit_watched, accuracy

def loading(rounds):
    "Seconds for all 14,434 threes and sevens: from the package, and from PNG files"
    from PIL import Image
    paths = sorted(mnist_path().glob('*/*/*.png'))
    ways = {'from the package': lambda: [pair_tensors(split) for split in ('train', 'valid')],
            'PNG files': lambda: stack_images([np.array(Image.open(p)) for p in paths])}
    return turns(ways, rounds)

def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=7, help='how often each one runs (default: %(default)s)')
    parser.add_argument('--epochs', type=int, default=3, help='epochs a run (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=os.cpu_count(),
                        help='threads for torch (default: %(default)s, the number of cores)')
    parser.add_argument('--only', nargs='*', default=list(CONTESTANTS), choices=list(CONTESTANTS), metavar='NAME',
                        help='contestants (default: all)')
    parser.add_argument('--out', type=Path, default=Path(__file__).parent/'results',
                        help='folder for table, charts and numbers (default: %(default)s)')
    args = parser.parse_args(argv)
    if min(args.rounds, args.epochs, args.threads) < 1:
        parser.error('--rounds, --epochs and --threads must be 1 or more')
    matplotlib.use('agg')
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)

    data = dict(zip(('x', 'y', 'valid_x', 'valid_y'), (*pair_tensors('train'), *pair_tensors('valid'))))
    data |= dict(train=TensorDataset(data['x'], data['y']), one=TensorDataset(data['valid_x'][:1], data['valid_y'][:1]))
    missing = [name for name, (_, package) in CONTESTANTS.items() if package and not importlib.util.find_spec(package)]
    contestants = {name: f for name, (f, _) in CONTESTANTS.items() if name in args.only and name not in missing}
    libraries = ('torch', 'numpy', 'fastai', 'skorch', 'scikit-learn')
    versions = {p: version(p) for p in libraries if importlib.util.find_spec(p.replace('scikit-learn', 'sklearn'))}
    text = [f'Python {platform.python_version()}, ' + ', '.join(f'{k} {v}' for k, v in versions.items()),
            f'{os.cpu_count()} cores, {args.threads} thread(s); {args.rounds} rounds, turn about; '
            f'{args.epochs} epochs a run']
    text += [f'{name} is not installed, and left out' for name in missing if name in args.only]
    print('\n'.join(text), flush=True)

    results, failed = {}, []
    for title, n_hidden in (('linear model', 0), ('30 hidden units', 30)):
        seconds, accuracies = race(contestants, data, n_hidden, args.epochs, args.rounds)
        results[title] = seconds
        ours_reached = accuracies['mnist_sgd']
        failed += [f'{title}: {name} reached {a:.4f}, mnist_sgd {ours_reached:.4f}'
                   for name, a in accuracies.items() if abs(a - ours_reached) > .01]
        text.append(table(f'{title}, an epoch', seconds, accuracies))
        print(text[-1], flush=True)
    pair = {'fit, quiet': partial(ours, metrics=batch_accuracy), 'fit, table and bar': watched}
    seconds, _ = race(pair, data, 0, args.epochs, args.rounds)
    text.append(table('the Learner, watched and not watched, an epoch of the linear model', seconds,
                      base='fit, table and bar'))
    print(text[-1], flush=True)
    seconds = loading(args.rounds)
    text.append(table('all 14,434 threes and sevens as float tensors', seconds, base='from the package'))
    print(text[-1], flush=True)
    chart(results, args.out/'epochs.png')
    (args.out/'results.txt').write_text('\n'.join(text) + '\n')
    numbers = dict(versions=versions, threads=args.threads, cores=os.cpu_count(), epochs=args.epochs,
                   seconds=results | {'loading': seconds})
    (args.out/'results.json').write_text(json.dumps(numbers, indent=1) + '\n')
    if failed: sys.exit('These did not learn as well, so their times do not count: ' + '; '.join(failed))

if __name__ == '__main__': main()
