"""Train the convolutional nets whose weights ship with the package, and keep how well they did.

    python tools/train_long.py [--only NAME SEED] [--out FOLDER]

Without options it trains each net with each seed and writes, into FOLDER (default: mnist_sgd/trained), results.json with a row
for each run, and NAME.npz with the weights and the record of the first seed. Each run is a process of its own, on THREADS threads, started with
--only NAME SEED; the command, the seed, the digits, the accuracy on all test images, the seconds (data and all), the processor's
seconds, the number of threads and the version of PyTorch are kept with its results. It takes some minutes on two cores.
"""
import argparse, json, os, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPES = dict(cnn37=dict(digits=(3, 7), epochs=8), cnn=dict(digits=tuple(range(10)), epochs=9))
SEEDS = 0, 1, 2
THREADS = 2

def train(name, seed, out):
    "Train one net; write its weights and facts to NAME-SEED.npz in the folder `out`"
    import torch
    from mnist_sgd.conv import train_cnn
    torch.set_num_threads(THREADS)
    start, cpu = time.perf_counter(), time.process_time()
    learn = train_cnn(**RECIPES[name], seed=seed)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    learn.opt = None  # to go on training is not what these files are for,
    learn.recorder.losses.clear()  # and a row an epoch is record enough
    learn.save(out/f'{name}-{seed}.npz', name=name, seed=seed, **RECIPES[name], accuracy=round(learn.recorder.values[-1][2], 6), seconds=round(seconds, 1), cpu_seconds=round(cpu, 1),
        threads=THREADS, torch=torch.__version__, command=f'python tools/train_long.py --only {name} {seed}')

def main(out):
    "Every net with every seed, one process after another"
    from mnist_sgd.files import load_arrays, write_bytes
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        for name in RECIPES:
            for seed in SEEDS:
                print(f'{name}, seed {seed}', flush=True)
                subprocess.run([sys.executable, __file__, '--only', name, str(seed), '--out', tmp], check=True, env=os.environ | dict(OMP_NUM_THREADS=str(THREADS), OMP_WAIT_POLICY='passive'))
                facts = load_arrays(Path(tmp)/f'{name}-{seed}.npz')[1]
                rows.append({k: facts[k] for k in ('name', 'seed', 'digits', 'epochs', 'accuracy', 'seconds', 'cpu_seconds', 'threads', 'torch', 'command')})
            write_bytes(out/f'{name}.npz', (Path(tmp)/f'{name}-{SEEDS[0]}.npz').read_bytes())
    write_bytes(out/'results.json', ('[\n' + ',\n'.join(map(json.dumps, rows)) + '\n]\n').encode())

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs=2, metavar=('NAME', 'SEED'), help=f"one run, into NAME-SEED.npz; NAME is one of {', '.join(RECIPES)}")
    parser.add_argument('--out', type=Path, default=ROOT/'mnist_sgd'/'trained', help='folder to write (default: %(default)s)')
    args = parser.parse_args()
    if args.only is None: main(args.out)
    elif args.only[0] in RECIPES and args.only[1].isdecimal(): train(args.only[0], int(args.only[1]), args.out)
    else: parser.error(f"--only takes one of {', '.join(RECIPES)} and a whole number as seed")
