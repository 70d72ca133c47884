"Working through a chapter in a real JupyterLab: an exercise solved wrongly, then rightly, and the tick"
import json, os, socket, subprocess, sys, time, urllib.request
from pathlib import Path

import pytest

pytest.importorskip('jupyterlab')
ROOT = Path(__file__).resolve().parent.parent

@pytest.fixture(scope='module')
def lab(tmp_path_factory):
    "Address of a JupyterLab in a fresh folder with the chapters, and that folder"
    folder = tmp_path_factory.mktemp('lab')
    own = dict(XDG_DATA_HOME='data', JUPYTER_CONFIG_DIR='config', JUPYTER_DATA_DIR='jupyter', IPYTHONDIR='ipython')
    env = os.environ | dict(PYTHONPATH=str(ROOT)) | {name: str(folder/o) for name, o in own.items()}
    subprocess.run([sys.executable, '-m', 'mnist_sgd', 'notebooks', folder/'book'], check=True, env=env, timeout=120)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    settings = [f'--ServerApp.port={port}', '--IdentityProvider.token=', '--LabApp.expose_app_in_browser=True',
                '--LabApp.news_url=', f'--ServerApp.root_dir={folder/"book"}', '--no-browser', '--allow-root']
    with (folder/'log').open('w') as log:
        server = subprocess.Popen([sys.executable, '-m', 'jupyterlab', *settings], env=env, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try: urllib.request.urlopen(f'http://127.0.0.1:{port}/api')
                except OSError: time.sleep(.2)
                else: break
            yield f'http://127.0.0.1:{port}', folder
        finally:
            server.terminate()
            server.wait(30)

@pytest.fixture(scope='module')
def notebook(browser, lab):
    "Chapter 3, open in JupyterLab: a page, and a function that types into the cell that begins so, runs it, and waits"
    address, _ = lab
    page = browser.new_page(viewport=dict(width=1280, height=900))
    page.goto(f'{address}/lab/tree/03_similarity.ipynb')
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel", timeout=90_000)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
    def run(begin, source=None):
        at = page.evaluate("""begin => {
            const models = jupyterapp.shell.currentWidget.content.widgets.map(o => o.model)
            return models.findIndex(o => o.type == 'code' && o.sharedModel.source.startsWith(begin)) }""", begin)
        assert at >= 0, begin
        page.evaluate("""async at => {
            const book = jupyterapp.shell.currentWidget.content
            book.activeCellIndex = at
            await book.scrollToItem(at, 'center') }""", at)
        cell = page.locator(f'.jp-Cell[data-windowed-list-index="{at}"]')
        cell.locator('.cm-content').click()
        if source is not None:
            page.keyboard.press('Control+a')
            page.keyboard.insert_text(source)
        page.keyboard.press('Control+Enter')
        page.wait_for_function("""at => {
            const model = jupyterapp.shell.currentWidget.content.widgets[at].model
            return model.executionState == 'idle' && model.executionCount > 0 }""", arg=at, timeout=120_000)
        return cell.locator('.jp-OutputArea-output').all_inner_texts()
    yield page, run
    page.close()

WRONG = '%%check similarity.rmse\ndef rmse(a, b):\n    return ((a - b)**2).mean().sqrt()'

def test_an_exercise_solved_wrongly_then_rightly(notebook, lab):
    page, run = notebook
    assert '□□' in run('from mnist_sgd.practice')[0]
    verdict, = run('%%check similarity.rmse', WRONG)
    assert verdict.startswith('✗ similarity.rmse: You took the mean over everything')
    verdict, = run('%%check similarity.rmse', '%%check similarity.rmse\ndef rmse(a, b):\n    while True: pass')
    assert verdict.startswith('✗') and 'no end within' in verdict
    verdict, = run('%%check similarity.rmse', WRONG.replace('mean()', 'mean((-1, -2))'))
    assert verdict.strip() == '✓ similarity.rmse: right'
    ticks, = run('from mnist_sgd.practice')
    assert '■' in ticks and '✓ similarity.rmse' in ticks
    assert 'similarity.rmse' in json.loads((lab[1]/'data'/'mnist_sgd'/'progress.json').read_text())['done']
    page.screenshot(path=os.environ.get('LAB_PICTURE') or lab[1]/'lab.png')

def test_what_was_defined_in_a_checked_cell_is_there_for_the_next(notebook):
    _, run = notebook
    run('from mnist_sgd.practice')
    run('%%check similarity.rmse', WRONG)
    code = '%%check similarity.ideal_digits\nrmse\nno_such_name'
    verdict, = run('%%check similarity.ideal_digits', code)
    assert "NameError: name 'no_such_name' is not defined (line 2)" in verdict, verdict
