"The chapters reach every reader: by the command, from the wheel, from the pages, in Colab"
import json, os, re, shutil, subprocess, sys, sysconfig, tarfile, zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from forks import Server

from mnist_sgd.practice import chapter_exercises

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT/'nbs').glob('[0-9]*.ipynb'))
PAGES = [ROOT/'nbs'/f'{name}.ipynb' for name in ('glossary', 'puzzles', 'practice')]

def run(*words, **kw): return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300, **kw)

@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    "A copy of the repository, so that building it leaves nothing behind"
    tree = tmp_path_factory.mktemp('tree')/'repo'
    left_out = '.git', '_docs', '_proc', 'build', 'dist', '*.egg-info', '__pycache__', '.venv', '.pytest_cache'
    return shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*left_out))

@pytest.fixture(scope='module')
def dist(tree, tmp_path_factory):
    "sdist and wheel, the wheel built from the sdist, which is not compressed: that would take ten seconds"
    out, unpacked = tmp_path_factory.mktemp('dist'), tmp_path_factory.mktemp('unpacked')
    def python(*words):
        done = run(sys.executable, *words, cwd=tree)
        assert done.returncode == 0, done.stdout + done.stderr
    python('setup.py', '-q', 'sdist', '--formats', 'tar', '--dist-dir', out)
    assert not (tree/'mnist_sgd'/'notebooks').exists()
    shutil.unpack_archive(*out.iterdir(), unpacked)
    python('-m', 'build', '--wheel', '--no-isolation', '--outdir', out, *unpacked.iterdir())
    return out

@pytest.fixture(scope='module')
def installed(dist, tmp_path_factory):
    "Folder that holds what the wheel installs, and nothing else"
    site = tmp_path_factory.mktemp('site')
    wheel, = dist.glob('*.whl')
    done = run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', site, wheel)
    assert done.returncode == 0, done.stderr
    return site

@pytest.fixture(scope='module')
def wheel(installed):
    "Starts the command of the installed wheel"
    server = Server(PYTHONPATH=str(installed))
    yield server
    server.close()

@pytest.fixture
def command(wheel, tmp_path):
    "The command `mnist_sgd notebooks` of the installed wheel, run in `tmp_path`"
    return lambda *words: wheel.run('notebooks', *words, cwd=tmp_path)

def test_wheel_and_sdist_hold_the_notebooks(dist):
    wheel, = dist.glob('*.whl')
    assert wheel.stat().st_size < 15_000_000
    names = {f'{p.stem}.ipynb' for p in (ROOT/'nbs').glob('*.ipynb')}
    with zipfile.ZipFile(wheel) as z:
        assert {n.split('/')[-1] for n in z.namelist() if n.startswith('mnist_sgd/notebooks/')} == names
        for name in names:
            shipped = json.loads(z.read(f'mnist_sgd/notebooks/{name}'))
            source = json.loads((ROOT/'nbs'/name).read_text(encoding='utf-8'))
            assert [c['source'] for c in shipped['cells']] == [c['source'] for c in source['cells']]
            assert not any(c.get('outputs') for c in shipped['cells'])
    with tarfile.open(*dist.glob('*.tar')) as t:
        assert {n.split('/')[-1] for n in t.getnames() if re.fullmatch(r'[^/]+/nbs/\w+\.ipynb', n)} == names

def test_copies_all_chapters_and_says_how_to_open_them(command, installed, tmp_path):
    done = command('my course')
    assert (done.returncode, done.stderr) == (0, '')
    assert "jupyter lab 'my course'" in done.stdout and 'pip install jupyter' in done.stdout
    shipped = installed/'mnist_sgd'/'notebooks'/'glossary.ipynb'
    assert (tmp_path/'my course'/'glossary.ipynb').read_bytes() == shipped.read_bytes()
    names = {p.name for p in (tmp_path/'my course').glob('*.ipynb')}
    assert names >= {p.name for p in CHAPTERS} | {'glossary.ipynb', 'story.ipynb', 'puzzles.ipynb', 'clinic.ipynb'}
    assert not names & {'index.ipynb', 'main.ipynb', 'all.ipynb'}
    assert {p.name for p in (tmp_path/'my course'/'answers').iterdir()} == {p.name for p in CHAPTERS}
    for p in (tmp_path/'my course').rglob('*.ipynb'):
        cells = json.loads(p.read_text(encoding='utf-8'))['cells']
        text = '\n'.join(''.join(c['source']) for c in cells if c['cell_type'] == 'markdown')
        for link in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text):
            assert (p.parent/link).exists(), f'{p} links to {link}'

def test_the_cells_of_the_exercises_are_empty_and_nothing_hidden_is_shown(command, tmp_path):
    assert command('course').returncode == 0
    for path in CHAPTERS:
        source, mine, answers = (json.loads(p.read_text(encoding='utf-8'))['cells'] for p in (
            path, tmp_path/'course'/path.name, tmp_path/'course'/'answers'/path.name))
        text = [''.join(c['source']) for c in mine]
        for ex in chapter_exercises(path.stem[3:]):
            empty, = [t for t in text if t.startswith(f'%%check {ex.name}\n')]
            assert ex.function in empty and empty.rstrip().endswith('...') and len(empty.splitlines()) <= 4
        assert not [t for t in text if t.startswith('#|') or 'judge(' in t]
        assert [c['id'] for c in source] == [c['id'] for c in answers]
        assert [c['source'] for c in answers if c['cell_type'] == 'code'] == [
            c['source'] for c in source if c['cell_type'] == 'code']
        code = next(c for c in mine if ''.join(c['source']).startswith('from mnist_sgd.practice'))
        assert f"progress('{path.stem[3:]}')" in ''.join(code['source'])

def test_a_changed_notebook_is_kept_unless_forced(command, tmp_path):
    assert command('course').returncode == 0
    mine, gone, other = (tmp_path/'course'/name for name in ('03_similarity.ipynb', '06_dataloader.ipynb', 'mine.txt'))
    original = mine.read_bytes()
    mine.write_bytes(original + b'\n')
    gone.unlink()
    other.write_text('a note')
    done = command('course')
    *listed, last = done.stderr.splitlines()
    assert done.returncode == 1 and listed == ['course/03_similarity.ipynb differs from the book and was left alone']
    assert last == "mnist_sgd notebooks: notebooks in course that are not the book's: 1; --force overwrites them"
    assert mine.read_bytes() == original + b'\n' and gone.exists()
    done = command('course', '--force')
    assert (done.returncode, done.stderr) == (0, '')
    assert mine.read_bytes() == original and other.read_text() == 'a note'
    assert not [p for p in (tmp_path/'course').iterdir() if p.name.startswith('.')]

def test_a_link_is_not_followed_nor_replaced(command, tmp_path):
    (tmp_path/'course').mkdir()
    (tmp_path/'course'/'00_data.ipynb').symlink_to(tmp_path/'elsewhere')
    assert command('course').returncode == 1
    assert not (tmp_path/'elsewhere').exists() and (tmp_path/'course'/'00_data.ipynb').is_symlink()

@pytest.mark.parametrize('words, expected', [
    (['file'], 'cannot make the folder file (File exists)'), (['file/sub'], 'cannot make the folder'), ([], 'DEST')])
def test_wrong_folders_end_with_one_line(command, tmp_path, words, expected):
    (tmp_path/'file').write_text('not a folder')
    done = command(*words)
    assert done.returncode != 0 and done.stdout == '' and len(done.stderr.splitlines()) == 1 and expected in done.stderr
    assert (tmp_path/'file').read_text() == 'not a folder'

def test_in_a_copy_of_the_repository_the_notebooks_come_from_nbs(tree, tmp_path):
    done = run(sys.executable, '-m', 'mnist_sgd', 'notebooks', 'course', cwd=tmp_path,
               env=os.environ | {'PYTHONPATH': str(tree)})
    assert done.returncode == 0
    for p in PAGES: assert (tmp_path/'course'/p.name).read_bytes() == p.read_bytes()

def test_a_copied_chapter_runs(command, installed, tmp_path):
    import nbformat
    from nbclient import NotebookClient
    assert command('course').returncode == 0
    nb = nbformat.read(tmp_path/'course'/'02_broadcast.ipynb', as_version=4)
    nb.cells.append(nbformat.v4.new_code_cell('import mnist_sgd; print(mnist_sgd.__file__)'))
    client = NotebookClient(nb, timeout=300, kernel_name='python3',
                            resources={'metadata': {'path': str(tmp_path/'course')}})
    client.execute(env=os.environ | {'PYTHONPATH': str(installed)})
    said = [o.get('text', '') for c in nb.cells for o in c.get('outputs', [])]
    assert sum('✗ broadcast.' in text for text in said) >= 4  # all are still empty
    assert nb.cells[-1].outputs[0].text.strip() == str(installed/'mnist_sgd'/'__init__.py')

# ---- in Colab, and from the pages

@pytest.fixture(scope='module')
def git_url():
    config = ConfigParser(delimiters=['='], interpolation=None)
    config.read(ROOT/'settings.ini', encoding='utf-8')
    return config['DEFAULT']['git_url']

@pytest.fixture(scope='module')
def first_cell(git_url):
    "The first code cell, which all chapters share"
    chapters = [json.loads(p.read_text(encoding='utf-8'))['cells'] for p in CHAPTERS]
    first = {''.join(next(c for c in cells if c['cell_type'] == 'code')['source']) for cells in chapters}
    assert len(first) == 1
    source, = first
    assert source.startswith('#| hide\n') and f"'install -q git+{git_url}'" in source
    return source

SHELL = """
import sys
sys.path += [{libraries!r}]  # the libraries, without the links of an editable install
from IPython.core.interactiveshell import InteractiveShell
class Shell(InteractiveShell): __module__ = {module!r}
Shell.instance().run_cell({cell!r}).raise_error()
"""

@pytest.mark.skipif(not shutil.which('git'), reason='pip needs git to install from a repository')
@pytest.mark.parametrize('module, present, installs', [
    ('google.colab._shell', False, True), ('google.colab._shell', True, False), ('ipykernel.zmqshell', False, False)])
def test_the_first_cell_installs_the_package_only_in_colab(first_cell, git_url, tree, tmp_path, module, present,
                                                           installs):
    "pip itself runs; git is told that this copy of the repository is the one on the web"
    git = ['git', '-c', 'user.name=x', '-c', 'user.email=x@example.org']
    if not (tree/'.git').exists():
        for words in (['init', '-q'], ['config', 'core.compression', '0'], ['add', '.'], ['commit', '-q', '-m', 'all']):
            assert run(*git, *words, cwd=tree).returncode == 0
    env = os.environ | dict(GIT_CONFIG_COUNT='2',
                            GIT_CONFIG_KEY_0=f'url.file://{tree}.insteadOf', GIT_CONFIG_VALUE_0=git_url,
                            GIT_CONFIG_KEY_1='protocol.file.allow', GIT_CONFIG_VALUE_1='always',
                            PIP_TARGET=str(tmp_path/'site'), PIP_NO_DEPS='1', PIP_NO_BUILD_ISOLATION='0',
                            PYTHONPATH=str(ROOT) if present else '')
    code = SHELL.format(libraries=sysconfig.get_path('purelib'), module=module, cell=first_cell)
    done = run(sys.executable, '-S', '-c', code, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    copied = tmp_path/'site'/'mnist_sgd'/'notebooks'/'00_data.ipynb'
    assert copied.exists() == installs == (tmp_path/'site').exists(), done.stdout + done.stderr

def test_the_first_cell_is_in_no_module():
    for p in (ROOT/'mnist_sgd').glob('*.py'): assert 'google.colab' not in p.read_text(encoding='utf-8')

@pytest.mark.parametrize('path', CHAPTERS, ids=lambda p: p.stem)
def test_each_page_links_to_colab_and_to_its_notebook(page, git_url, path):
    page.goto('/' + re.sub(r'^\d+_', '', path.stem) + '.html')
    colab = git_url.replace('https://github.com', 'https://colab.research.google.com/github')
    assert page.get_by_role('link', name='Open in Colab').get_attribute('href') == f'{colab}/blob/main/nbs/{path.name}'
    assert re.search(r'About \d+ minutes', page.locator('.notebook-links').inner_text())
    with page.expect_download() as download: page.get_by_role('link', name='Download notebook').click()
    assert download.value.suggested_filename == path.name
    got, own = (json.loads(Path(o).read_text(encoding='utf-8')) for o in (download.value.path(), path))
    for cell in own['cells']:  # all but the pictures, which come back when it is run
        if 'outputs' in cell: cell['outputs'] = [o for o in cell['outputs'] if 'image/png' not in o.get('data', {})]
    differs = [a['id'] for a, b in zip(own['cells'], got['cells'], strict=True) if a != b]
    assert not differs and got['metadata'] == own['metadata']
