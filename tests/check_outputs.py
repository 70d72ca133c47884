"""Run every notebook afresh and compare what it prints with the outputs stored in it.

    python tests/check_outputs.py [NOTEBOOK...] [--visible | --both] [--rtol 1e-2] [--atol 6e-3] [--workers 2]

nbdev-test runs a copy of nbs/ in a temporary folder, each notebook in a process of its own; the notebooks themselves
are never changed. The package is imported from the repository. The check ends with status 1 when

- a cell raises: this is a full run of the notebook tests, too;
- a cell makes other kinds of output (stdout, stderr, text/plain, text/html, image/png, ...) than are stored, or none
  are stored;
- code of the package or of the notebook uses what is deprecated;
- text differs. Numbers with a decimal point or an exponent may differ by the larger of `atol` and `rtol` times the
  stored number, since other processors round differently; whole numbers and all other characters must be equal. Memory
  addresses and durations written mm:ss are ignored, and so are all numbers, but not the words, of a cell that has a
  comment line beginning `# timing:`, or `# rounding:` where a training ends elsewhere on another processor.

With --visible, only the cells run that a reader can see, folded ones included: nothing that they need may be hidden.
With --both, one run proves both, as tests/hidden.py explains; it needs Linux.

Pictures only have to be there. To store new outputs: nbdev-test nbs --save && nbdev-clean
"""
import argparse, functools, json, os, re, shutil, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from multiprocessing import forkserver, get_context
from pathlib import Path

import hidden

ROOT = Path(__file__).resolve().parent.parent
IGNORED = re.compile(r'( at)? ?0x[0-9a-fA-F]+|\b\d\d(:\d\d)+\b')
# what a cell begins with that readers do not see
HIDDEN = re.compile(r'^#\| *(hide|export|exporti|default_exp .*|echo: *false)$', re.M)
ANY_NUMBER = re.compile(r' *-?\d[\d.,]*(?:e[-+]?\d+)? *')  # in a cell where only words count
# with the spaces before it, which make room for a sign
NUMBER = re.compile(r'( *-?(?:\d+\.\d+(?:e[-+]\d+)?|\d+\.?e[-+]\d+|\d+\.(?=[,\])])))')

def close(stored, now, rtol=1e-2, atol=6e-3, words=False):
    "Is one line of output the same as another, but for ignored parts and small differences between numbers?"
    if words: return ANY_NUMBER.sub('', stored) == ANY_NUMBER.sub('', now)
    a, b = (NUMBER.split(IGNORED.sub('', o)) for o in (stored, now))  # text, number, text, number, ..., text
    if a[::2] != b[::2]: return False
    return all(abs(float(m) - float(n)) <= max(atol, rtol*abs(float(m))) for m, n in zip(a[1::2], b[1::2]))

def outputs(cell):
    "The lines of each kind of output of a cell; of a picture only that it is there"
    found = {}
    for o in cell['outputs']:
        data = o.get('data') or {o.get('name', 'error'): o.get('text', '')}
        pictures = [kind for kind in data if kind.startswith('image/')]
        for kind in pictures or data:
            found.setdefault(kind, []).extend([] if pictures else ''.join(data[kind]).splitlines())
    return found

def compare(stored, now, **tolerance):
    "What differs between the outputs of a stored cell and of the same cell just run: a list of messages"
    old, new = outputs(stored), outputs(now)
    if old.keys() != new.keys():
        return [f"stored: {', '.join(old) or 'no output'}; now: {', '.join(new) or 'no output'}"]
    words = bool(re.search('^# (timing|rounding):', ''.join(stored['source']), re.M))
    return [f'{kind}\n    - {a[:160]}\n    + {b[:160]}' for kind in old
            for a, b in zip_longest(old[kind], new[kind], fillvalue='(no line)')
            if not close(a, b, words=words, **tolerance)][:3]

def no_deprecations():
    "PYTHONWARNINGS that make a deprecation warning of our own code an error; it takes no patterns, so it names modules"
    modules = sorted(f'mnist_sgd.{p.stem}' for p in (ROOT/'mnist_sgd').glob('*.py'))
    return ','.join(f'error::{kind}:{module}' for module in ['__main__', *modules]  # __main__: a notebook, or a command
                    for kind in ('DeprecationWarning', 'PendingDeprecationWarning', 'FutureWarning'))

def environment(workers=2):
    "The variables with which a notebook runs"
    threads = max(1, os.cpu_count()//workers)  # those of two notebooks on one core would wait for each other
    folders = str(ROOT), str(ROOT/'tests'), os.environ.get('PYTHONPATH', '')
    return os.environ | {'PYTHONPATH': os.pathsep.join(folders),
                         'PYTHONWARNINGS': no_deprecations(), 'OMP_NUM_THREADS': str(threads)}

def is_hidden(cell): return bool(HIDDEN.search(''.join(cell['source'])))

def cells(path, visible=False):
    found = json.loads(path.read_text(encoding='utf-8'))['cells']
    return [c for c in found if not is_hidden(c)] if visible else found

def nbdev_test(copy, words):
    "nbdev-test --save, what it prints into the file `words`"
    with words.open('w') as f:
        for stream in (1, 2): os.dup2(f.fileno(), stream)
    os.chdir(copy.parent)
    from nbdev.test import nbdev_test
    nbdev_test(str(copy), save=True)

@functools.cache
def processes(variables):
    "Makes processes in the environment `variables`: on Linux by forks of one that has imported already what takes long"
    context = get_context('forkserver' if sys.platform == 'linux' else 'spawn')
    context.set_forkserver_preload(['nbdev.test', 'execnb.shell', 'matplotlib_inline.backend_inline', 'torch',
                                    'torch.distributed', 'torchvision', 'mnist_sgd.all'])
    before = dict(os.environ)
    os.environ.update(variables)
    try: forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return context.Process

def run(copy, env):
    "Run a notebook in a process of its own. Did it end well, and what was printed?"
    words = copy.with_suffix('.txt')
    process = processes(tuple(env.items()))(target=nbdev_test, args=(copy, words))
    process.start()
    process.join()
    return process.exitcode == 0, words.read_text(encoding='utf-8')

def check(path, copy, env, visible=False, both=False, **tolerance):
    "Run `copy` and compare it with `path`: a list of messages, how many outputs were compared, and the seconds it took"
    start, notes = time.perf_counter(), copy.with_suffix('.json')
    nb = json.loads(copy.read_text(encoding='utf-8'))
    to_run = hidden.fold(nb['cells'], is_hidden, notes) if both else cells(copy, visible)
    copy.write_text(json.dumps(nb | dict(cells=to_run)), encoding='utf-8')
    done, said = run(copy, env)
    seconds = time.perf_counter() - start
    if 'Success.' not in said or not done:
        error = said.partition('\nnbdev Tests Failed')[0].strip()
        return ['\n    '.join(['a cell raised an error, or nothing was run', *error.splitlines()[-20:]])], 0, seconds
    ran = hidden.unfold(nb['cells'], cells(copy), notes) if both else cells(copy)
    pairs = [(i, a, b) for i, (a, b) in enumerate(zip(cells(path, visible), ran, strict=True), 1)
             if a['cell_type'] == 'code']
    problems = [f"cell {i}, {a['id']}: {o}" for i, a, b in pairs for o in compare(a, b, **tolerance)]
    return problems, sum(len(b['outputs']) for _, _, b in pairs), seconds

def check_all(paths, workers=2, visible=False, both=False, **tolerance):
    "For each notebook, as it is done: its path and what `check` says of it"
    env = environment(workers)
    with tempfile.TemporaryDirectory() as tmp, ThreadPoolExecutor(workers) as pool:
        shutil.copytree(ROOT/'nbs', Path(tmp)/'nbs', ignore=shutil.ignore_patterns('.ipynb_checkpoints'))
        shutil.copy(ROOT/'pyproject.toml', tmp)  # nbdev's settings
        yield from zip(paths, pool.map(
            lambda path: check(path, Path(tmp)/'nbs'/path.name, env, visible, both, **tolerance), paths))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('notebooks', type=Path, nargs='*', help='notebooks to check (default: all in nbs/)')
    parser.add_argument('--visible', action='store_true', help='run only what a reader can see')
    parser.add_argument('--both', action='store_true', help='run what a reader can see, and the rest in forks')
    parser.add_argument('--rtol', type=float, default=1e-2, help='relative tolerance of numbers (default: %(default)s)')
    parser.add_argument('--atol', type=float, default=6e-3, help='absolute tolerance of numbers (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=2,
                        help='how many notebooks run at a time (default: %(default)s)')
    args = parser.parse_args()
    paths = args.notebooks or sorted((ROOT/'nbs').glob('*.ipynb'))
    failed = total = 0
    results = check_all(paths, args.workers, args.visible, args.both, rtol=args.rtol, atol=args.atol)
    for path, (problems, count, seconds) in results:
        print(f"{path.name}: {'FAILED' if problems else 'ok'}, {count} outputs, {seconds:.1f} s", *problems,
              sep='\n  ', flush=True)
        failed, total = failed + bool(problems), total + count
    print(f"{len(paths)} notebooks, {total} outputs compared{f', {failed} notebooks FAILED' if failed else ''}")
    return int(failed > 0)

if __name__ == '__main__': sys.exit(main())
