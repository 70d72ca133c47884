import fcntl, functools, hashlib, http.server, json, os, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path

import pytest
from book import CHROMIUM
from check_outputs import no_deprecations
from forks import Server

ROOT = Path(__file__).resolve().parent.parent

# what a change to a chapter most likely breaks
QUICK = [f'test_{o}' for o in 'autograd bad_input chapters learner names package properties reading'.split()]

def pytest_configure(config):
    "What holds for all processes of a run; a deprecation warning that our own code causes is an error"
    ours = '|'.join(p.stem for folder in ('tests', 'tools') for p in (ROOT/folder).glob('*.py'))
    for kind in ('DeprecationWarning', 'PendingDeprecationWarning', 'FutureWarning'):
        config.addinivalue_line('filterwarnings', rf'error::{kind}:(mnist_sgd\b|({ours})$)')

    os.environ['PYTHONWARNINGS'] = no_deprecations()
    os.environ.pop('PYTHONDONTWRITEBYTECODE', None)  # what a hundred processes import is compiled once
    os.environ.setdefault('OMP_NUM_THREADS', '1')  # a process for each core: more threads would wait for each other
    if 'MNIST_SGD_CACHE' not in os.environ:  # one fresh folder for all tests of a run, whichever process they run in
        folder = tempfile.TemporaryDirectory()
        os.environ['MNIST_SGD_CACHE'] = folder.name
        config.add_cleanup(folder.cleanup)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background of a shell script ignores it

def pytest_xdist_auto_num_workers(config):
    "A process for each core, but for single tests none: it would take longer to start than they take"
    return 0 if config.option.keyword or any('::' in o for o in config.args) else min(os.cpu_count(), 8)

def pytest_collection_modifyitems(items):
    "What takes longest comes first; the tests of a file stay in one process (`--dist loadfile`)"
    long = 'test_notebooks', 'test_site', 'test_distributed'
    for item in items:
        if item.path.stem in QUICK: item.add_marker('quick')
    items.sort(key=lambda item: long.index(item.path.stem) if item.path.stem in long else len(long))

@pytest.fixture(scope='session')
def server():
    "Starts the command in forks, for tests of what it does, not of how it starts"
    server = Server(COLUMNS='200')
    yield server
    server.close()

@pytest.fixture(scope='session')
def forked(server): return server.run

@pytest.fixture
def fewer_images(tmp_path_factory, monkeypatch):
    "Of MNIST, the package has only the first 6,000 and the first 1,000 images"
    import mnist_sgd.data as data
    from mnist_sgd.files import read_idx, write_idx
    whole, few, sums = data._data, tmp_path_factory.mktemp('mnist'), ''
    for split, n in (('train', 6000), ('valid', 1000)):
        (few/split).mkdir()
        labels = read_idx(whole/split/'labels.idx')[:n]
        for name in ('labels', *map(str, range(10))):
            path, part = few/split/f'{name}.idx', n if name == 'labels' else (labels == int(name)).sum()
            write_idx(path, read_idx(whole/split/path.name)[:part])
            sums += f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {split}/{path.name}\n'
    (few/'SHA256SUMS').write_text(sums)
    monkeypatch.setattr(data, '_data', few)

@pytest.fixture(scope='session')
def build_seconds():
    "How long the website took to build, afresh"
    pytest.importorskip('smalldocs', reason='the website needs smalldocs, which needs Python 3.11')
    run = os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())  # processes of one run share one website
    told = Path(tempfile.gettempdir())/f'mnist_sgd-site-{run}'
    with told.open('a+') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        if not (seconds := f.read()):
            start = time.monotonic()
            subprocess.run([sys.executable, ROOT/'tools'/'docs.py'], check=True, cwd=ROOT)
            f.write(seconds := str(time.monotonic() - start))
            f.flush()
    return float(seconds)

@pytest.fixture(scope='session')
def site(build_seconds):
    "Address of the website, built afresh and served from this machine"
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=ROOT/'_docs'))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()

@pytest.fixture(scope='session')
def browser():
    "A real headless Chromium: the system's or else Playwright's own; without either, CI fails and other runs skip"
    from playwright.sync_api import Error, sync_playwright
    with sync_playwright() as p:
        switches = ['--no-sandbox', '--disable-quic', '--disable-background-networking']
        try: browser = p.chromium.launch(executable_path=CHROMIUM, args=switches)
        except Error as e:
            stop = pytest.fail if os.environ.get('CI') == 'true' else pytest.skip
            reason = e.message.splitlines()[0]
            stop(f"no Chromium starts; the README's section on tests says how to install one ({reason})")
        yield browser
        browser.close()

@pytest.fixture(scope='session')
def compute(browser, site):
    "Says what a function in JavaScript makes of arguments, in one page for all; as texts: Playwright packs each number"
    page = browser.new_page(base_url=site)
    page.goto('/404.html')
    def compute(function, *args):
        code = f'async texts => JSON.stringify(await ({function})(...JSON.parse(texts)))'
        return json.loads(page.evaluate(code, json.dumps(args)))
    yield compute
    page.close()

@pytest.fixture
def page(browser, site):
    "A fresh page on a desktop; the test fails if the console shows an error, or a request fails or leaves this machine"
    context = browser.new_context(viewport=dict(width=1280, height=900), base_url=site)
    page, problems = context.new_page(), []
    page.on('console', lambda m: problems.append(f'console: {m.text}') if m.type == 'error' else None)
    page.on('pageerror', lambda e: problems.append(f'error: {e}'))
    def failed(r):  # one that the browser gives up because the test leaves its page is none that failed
        if r.failure != 'net::ERR_ABORTED': problems.append(f'request failed ({r.failure}): {r.url}')
    def requested(r):
        if not r.url.startswith((site, 'data:', 'blob:')): problems.append(f'another host: {r.url}')
    page.on('requestfailed', failed)
    page.on('response', lambda r: problems.append(f'{r.status}: {r.url}') if r.status >= 400 else None)
    page.on('request', requested)
    yield page
    context.close()
    assert not problems, '\n'.join(problems)
