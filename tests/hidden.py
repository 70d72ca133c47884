"""One run of a chapter that shows two things: what a reader sees runs by itself, and what is hidden holds at its place.

`fold` makes the notebook that is run. The shown cells run in it as ever, and they alone: each row of hidden cells runs
in a fork of the process, at its place, and nothing that it does can reach what is shown. (Of the hidden cells before
it, the statements that bind what it needs run once more in the fork.) So the shown cells print what they print alone.
It is what they print in the whole notebook, too: a hidden cell that binds anew what a shown cell reads later is an
error; after one that draws random numbers the generators are seeded otherwise, and a shown cell that draws without a
seed prints something else. What remains is an object that a hidden cell changes in place: nbdev-test --save stores
what it makes of what is shown, and the run here then prints something else.
"""
import ast, dis, functools, json, os, pickle, signal, sys, traceback
from itertools import groupby
from pathlib import Path
from types import CodeType

SECONDS = 600  # that a row of hidden cells may take
GENERATORS = {  # of random numbers: how to get the state, how to set it, how to seed
    'random': ('getstate', 'setstate', 'seed'), 'numpy.random': ('get_state', 'set_state', 'seed'),
    'torch': ('get_rng_state', 'set_rng_state', 'manual_seed')}

def names(code):
    "The names that code binds, and those that it needs from elsewhere"
    bound, read = set(), set()
    def look(code, inside=False):
        for o in dis.get_instructions(code):
            if o.opname == 'STORE_NAME' and not inside: bound.add(o.argval)
            elif o.opname in ('LOAD_NAME', 'LOAD_GLOBAL') and o.argval not in bound: read.add(o.argval)
        for inner in code.co_consts:
            if isinstance(inner, CodeType): look(inner, inside=True)
    look(code)
    return bound, read

@functools.cache
def statements(source):
    "The statements of a cell: each as a tree, compiled, with the names that it binds, `*` for a module's, and needs"
    from IPython import get_ipython
    found = []
    for node in ast.parse(get_ipython().transform_cell(source)).body:
        code = compile(ast.Module([node], []), 'a cell', 'exec')
        found.append((node, code, *names(code)))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == '*': found[-1][2].add('*')
    return found

def all_statements(cells): return [(cell['hidden'], *o) for cell in cells for o in statements(cell['source'])]

def needed(before, row):
    "What to run of the hidden statements `before` a row, so that all is bound that the row needs"
    wanted, found = {'*'}, []
    for *_, bound, read in reversed(all_statements(row)): wanted = wanted - bound | read | {'*'}
    for hidden, _, code, bound, read in reversed(all_statements(before)):
        if bound & wanted:
            wanted -= bound - {'*'}
            if hidden:
                found.append(code)
                wanted |= read
    return found[::-1]

def states():
    return {name: getattr(sys.modules[name], get)() for name, (get, *_) in GENERATORS.items() if name in sys.modules}

def content(state): return pickle.dumps(state.tolist() if hasattr(state, 'tolist') else state)

def execute(cell, shell):
    "Run a cell as IPython does: its outputs, as a notebook keeps them"
    from IPython.utils.capture import capture_output
    with capture_output() as seen: done = shell.run_cell(cell['source'], store_history=True)
    done.raise_error()
    texts = dict(stdout=seen.stdout, stderr=seen.stderr)
    results = [] if done.result is None else [shell.display_formatter.format(done.result)[0]]
    return ([dict(output_type='stream', name=name, text=text) for name, text in texts.items() if text] +
            [dict(output_type='display_data', data=data) for data in [o.data for o in seen.outputs] + results])

def run_row(before, row, after, shell):
    "Run a row of hidden cells: their outputs, and which generators they used"
    at_first, generators = dict(shell.user_ns), states()
    for code in needed(before, row): exec(code, shell.user_ns)  # noqa: S102
    for name, state in generators.items(): getattr(sys.modules[name], GENERATORS[name][1])(state)
    prepared = dict(shell.user_ns)
    outputs = {cell['id']: execute(cell, shell) for cell in row}
    anew = {name for name in at_first if name[0] != '_' and shell.user_ns.get(name) is not prepared[name]}
    for hidden, *_, bound, read in all_statements(after):
        if hidden: continue
        if anew & read: raise NameError(f"they bind {', '.join(anew & read)} anew, which a shown cell reads later")
        anew -= bound
    now = states()
    return dict(outputs=outputs, drew=[o for o in generators if content(now[o]) != content(generators[o])])

def run(path, start, stop):
    "In the notebook that `fold` made: run the hidden cells from `start` to `stop`, in a fork of this process"
    from IPython import get_ipython
    shell, cells, answer = get_ipython(), json.loads(Path(path).read_text(encoding='utf-8')), Path(f'{path}.{start}')
    for hidden, node, *_ in all_statements(cells):  # what is imported later: here once, not in every fork
        if not hidden and isinstance(node, ast.Import | ast.ImportFrom): exec(ast.unparse(node), {})  # noqa: S102
    if not (child := os.fork()):
        signal.alarm(SECONDS)
        try: said = run_row(cells[:start], cells[start:stop], cells[stop:], shell)
        except BaseException: said = dict(error=traceback.format_exc()[-3000:])
        answer.write_text(json.dumps(said, default=str), encoding='utf-8')
        os._exit(0)
    _, status = os.waitpid(child, 0)
    said = dict(error=f'ended with status {status}') if status else json.loads(answer.read_text(encoding='utf-8'))
    if 'error' in said: raise AssertionError(f"{[cell['id'] for cell in cells[start:stop]]}, hidden: {said['error']}")
    for name in said['drew']: getattr(sys.modules[name], GENERATORS[name][2])(4_294_967_291)

def fold(cells, is_hidden, path):
    "The cells of the notebook to run; `path` is a file for what its forks must know"
    cells = [c for c in cells if c['cell_type'] == 'code']
    kept = [dict(id=c['id'], source=''.join(c['source']), hidden=is_hidden(c)) for c in cells]
    path.write_text(json.dumps(kept), encoding='utf-8')
    folded = []
    for hidden, row in groupby(range(len(kept)), lambda i: kept[i]['hidden']):
        row = list(row)
        call = f"__import__('hidden').run({str(path)!r}, {row[0]}, {row[-1] + 1})"
        folded += [cells[row[0]] | dict(source=call, outputs=[])] if hidden else [cells[i] for i in row]
    return folded

def unfold(cells, run_cells, path):
    "The cells of the whole notebook with the outputs that they had in the one that ran"
    outputs = {c['id']: c['outputs'] for c in run_cells}
    for answer in path.parent.glob(f'{path.name}.*'):
        outputs |= json.loads(answer.read_text(encoding='utf-8'))['outputs']
    return [c | dict(outputs=outputs[c['id']]) if c['cell_type'] == 'code' else c for c in cells]
