"""Train the nets whose weights ship with the package, and keep how well they did: the convolutional ones of chapter 16,
and the net with a hidden layer of chapter 14, small enough for the page Draw a digit.

    python tools/train_long.py [--nets NAME ...] [--only NAME SEED] [--out FOLDER]

It trains each net, or those named, with each seed and writes, into FOLDER (default: mnist_sgd/trained), results.json
with a row for each run, and NAME.npz with the weights and the record of the first seed. Each run is a process of its
own, on THREADS threads, started with --only NAME SEED; the command, the seed, the digits, the accuracy on all test
images, the seconds (data and all), the processor's seconds, the number of threads and the version of PyTorch are kept
with its results. All nets take some minutes on two cores.
"""
import argparse, json, os, subprocess, sys, tempfile, time
from functools import partial
from pathlib import Path

TRAINED = Path(__file__).resolve().parent.parent/'mnist_sgd'/'trained'
RECIPES = dict(cnn37=dict(digits=(3, 7), epochs=7), cnn=dict(digits=tuple(range(10)), epochs=9),
    mlp=dict(digits=tuple(range(10)), epochs=8, n_hidden=100))
SEEDS = 0, 1, 2
THREADS = 2
KEPT = 'name', 'seed', 'digits', 'epochs', 'accuracy', 'seconds', 'cpu_seconds', 'threads', 'torch', 'command'

def train_mlp(digits, epochs, n_hidden, seed):
    "Train a net with a hidden layer by the recipe that chapter 14 arrives at, now on all training images"
    import torch
    from torch.utils.data import TensorDataset

    from mnist_sgd.dataloader import DataLoader, DataLoaders
    from mnist_sgd.learner import Learner
    from mnist_sgd.optimizer import SGD
    from mnist_sgd.relu import two_layer_net
    from mnist_sgd.softmax import class_accuracy, cross_entropy, digit_tensors
    def rise_and_fall(step, n_steps): return dict(lr=.3*min(step/n_steps/.2, (1 - step/n_steps)/.8))
    train, valid = (TensorDataset(*digit_tensors(split, digits)) for split in ('train', 'valid'))
    torch.manual_seed(seed)
    dls = DataLoaders(DataLoader(train, 128, shuffle=True), DataLoader(valid, 1000))
    learn = Learner(dls, two_layer_net(n_hidden, n_out=len(digits)), partial(SGD, momentum=.9, weight_decay=3e-4),
                    cross_entropy, class_accuracy)
    return learn.fit(epochs, rise_and_fall)

def train_cnn(digits, epochs, seed):
    "Train a convolutional net by the recipe of the page The trained nets"
    import torch

    from mnist_sgd.schedule import one_cycle
    from mnist_sgd.trained import cnn_learner
    torch.manual_seed(seed)
    return cnn_learner(digits).fit(epochs, one_cycle(.2))

def train(name, seed, out):
    "Train one net; write its weights and facts to NAME-SEED.npz in the folder `out`"
    import torch

    import mnist_sgd.checkpoint  # gives a Learner `save`
    from mnist_sgd.optimizer import BasicOptim
    torch.set_num_threads(THREADS)
    start, cpu = time.perf_counter(), time.process_time()
    learn = (train_mlp if name == 'mlp' else train_cnn)(**RECIPES[name], seed=seed)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    learn.opt = BasicOptim(learn.params, 0.)  # to go on training is not what these files are for,
    learn.recorder.losses.clear()  # and a row an epoch is record enough
    learn.save(out/f'{name}-{seed}.npz', name=name, seed=seed, **RECIPES[name],
               accuracy=round(learn.recorder.values[-1][2], 6), seconds=round(seconds, 1), cpu_seconds=round(cpu, 1),
               threads=THREADS, torch=torch.__version__, command=f'python tools/train_long.py --only {name} {seed}')

def main(names, out):
    "Each of the nets with every seed, one process after another; what results.json says of other nets stays"
    from mnist_sgd.files import load_arrays, write_bytes
    results = out/'results.json'
    rows = [row for row in (json.loads(results.read_text()) if results.exists() else []) if row['name'] not in names]
    env = os.environ | dict(OMP_NUM_THREADS=str(THREADS), OMP_WAIT_POLICY='passive')
    with tempfile.TemporaryDirectory() as tmp:
        for name in names:
            for seed in SEEDS:
                print(f'{name}, seed {seed}', flush=True)
                words = '--only', name, str(seed), '--out', tmp
                subprocess.run([sys.executable, __file__, *words], check=True, env=env)
                facts = load_arrays(Path(tmp)/f'{name}-{seed}.npz')[1]
                rows.append({k: facts[k] for k in KEPT})
            write_bytes(out/f'{name}.npz', (Path(tmp)/f'{name}-{SEEDS[0]}.npz').read_bytes())
    rows.sort(key=lambda row: list(RECIPES).index(row['name']))
    write_bytes(results, ('[\n' + ',\n'.join(map(json.dumps, rows)) + '\n]\n').encode())

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--nets', nargs='+', metavar='NAME', choices=RECIPES, default=list(RECIPES),
                        help=f"which nets, of {', '.join(RECIPES)} (default: all)")
    parser.add_argument('--only', nargs=2, metavar=('NAME', 'SEED'),
                        help=f"one run, into NAME-SEED.npz; NAME is one of {', '.join(RECIPES)}")
    parser.add_argument('--out', type=Path, default=TRAINED, help='folder to write (default: %(default)s)')
    args = parser.parse_args()
    if args.only is None: main(args.nets, args.out)
    elif args.only[0] in RECIPES and args.only[1].isdecimal(): train(args.only[0], int(args.only[1]), args.out)
    else: parser.error(f"--only takes one of {', '.join(RECIPES)} and a whole number as seed")
