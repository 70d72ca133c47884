"Code of ours that calls what is deprecated fails here, long before the call is gone: in tests, commands and notebooks"
import json, shutil, subprocess, sys, warnings

import pytest
from check_outputs import ROOT, check, environment

KINDS = [DeprecationWarning, PendingDeprecationWarning, FutureWarning]
MODULES = ['__main__', *(f'mnist_sgd.{p.stem}' for p in (ROOT/'mnist_sgd').glob('*.py') if p.stem != '__init__')]

def old(kind): warnings.warn('use the new one', kind, stacklevel=2)

def called_by(name, kind): exec('old(kind)', dict(__name__=name, old=old, kind=kind))  # noqa: S102

@pytest.mark.parametrize('kind', KINDS)
def test_in_the_package_the_tests_and_the_tools(kind):
    with pytest.raises(kind): old(kind)
    for name in MODULES[1:] + [p.stem for folder in ('tests', 'tools') for p in (ROOT/folder).glob('*.py')]:
        with pytest.raises(kind): called_by(name, kind)
    with pytest.warns(kind): called_by('libraries.own', kind)  # what a library calls is not ours to mend

@pytest.mark.parametrize('kind', KINDS)
def test_in_commands(kind):
    code = ("import sys, warnings\n"
            "exec(f'warnings.warn({sys.argv[2]}())', dict(__name__=sys.argv[1], warnings=warnings))")
    def status(name):
        return subprocess.run([sys.executable, '-c', code, name, kind.__name__], capture_output=True).returncode
    assert [name for name in MODULES if status(name) != 1] == [] and status('libraries.own') == 0

@pytest.mark.parametrize('name, fails', [('__main__', True), ('mnist_sgd.data', True), ('libraries.own', False)])
def test_in_notebooks(name, fails, tmp_path):
    warn = "'warnings.warn(\"use the new one\", DeprecationWarning)'"
    source = f"import warnings\nexec({warn}, dict(__name__={name!r}, warnings=warnings))"
    cell = dict(cell_type='code', id='a', metadata={}, execution_count=None, outputs=[], source=source)
    path = tmp_path/'nbs'/'scratch.ipynb'
    path.parent.mkdir()
    metadata = json.loads((ROOT/'nbs'/'all.ipynb').read_text(encoding='utf-8'))['metadata']
    nb = dict(cells=[cell], metadata=metadata, nbformat=4, nbformat_minor=5)
    path.write_text(json.dumps(nb), encoding='utf-8')
    shutil.copy(ROOT/'pyproject.toml', tmp_path)
    problems, *_ = check(path, path, environment())
    assert ('DeprecationWarning: use the new one' in ''.join(problems)) == bool(problems) == fails, problems
