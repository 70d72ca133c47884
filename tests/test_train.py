"Train it here, in a real browser: its steps are the library's, its images are MNIST's, and it shows what its text says"
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from export_sheets import SHEETS, sorted_places

from mnist_sgd.data import mnist_arrays
from mnist_sgd.linear import linear1, mnist_loss
from mnist_sgd.optimizer import SGD
from mnist_sgd.relu import binary_cross_entropy, simple_net
from mnist_sgd.softmax import cross_entropy

ROOT = Path(__file__).resolve().parent.parent
DIGITS = {'37': [3, 7], 'ten': list(range(10))}
LOSSES = {'cross-entropy': binary_cross_entropy, 'mnist_loss': mnist_loss}
USUAL = dict(digits='37', hidden=0, start='random', seed=1, loss='cross-entropy', order='shuffled', lr=.1, batch=64,
             momentum=0)

def open_page(page, settings=''):
    page.goto(f'/train.html{settings}')
    page.wait_for_selector('#train[data-ready]')

def steps(page, least):
    "Wait until the training has come so far"
    page.wait_for_function('n => Number(document.querySelector("#train").dataset.steps) >= n',
                           arg=least, timeout=90_000)

def shown(page):
    "The numbers on show, by name"
    page.evaluate('() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    return {o: page.inner_text(f'#{o}') for o in ('steps', 'epochs', 'loss', 'held-loss', 'accuracy', 'ms')}

def images(name):
    "The images of a sheet and their digits, as the library has them: those to learn from, and those held out"
    x = torch.tensor(np.array(Image.open(ROOT/'_docs'/f'train-{name}.png'))).float()/15
    def part(x): return x, torch.tensor(DIGITS[name]).repeat_interleave(len(x)//len(DIGITS[name]))
    return part(x[:2000]), part(x[2000:])

TRAIN = """async settings => {
    const {gradient, loadImages, makeTrainer} = await import('/site/nets.js')
    const {train} = await loadImages(settings.digits), trainer = makeTrainer(train, settings)
    const numbers = layers => layers.flatMap(({weight, bias}) => [Array.from(weight), Array.from(bias)])
    const start = numbers(trainer.layers), order = [], losses = []
    for (let k = 0; k < settings.steps; k++) { losses.push(trainer.step(settings)); order.push(trainer.places) }
    return {start, order, losses, end: numbers(trainer.layers)}
}"""

def train(compute, **settings): return compute(TRAIN, USUAL | dict(steps=100) | settings)

class Library:
    "The same model as on the page, from the same start, with the library's loss and its SGD"
    def __init__(self, start, settings):
        (self.x, y), _ = images(settings['digits'])
        ten, hidden = settings['digits'] == 'ten', settings['hidden']
        sizes = [784, *([hidden] if hidden else []), 10 if ten else 1]
        shapes = [shape for a, b in zip(sizes, sizes[1:]) for shape in ((a, b), (b,))]
        self.params = [torch.tensor(p, dtype=torch.float32).view(shape).requires_grad_()
                       for p, shape in zip(start, shapes, strict=True)]
        self.y = y if ten else (y == 3).float()[:, None]
        self.model = simple_net if hidden else linear1
        self.loss_func = cross_entropy if ten else LOSSES[settings['loss']]
        self.opt = SGD(self.params, settings['lr'], settings['momentum'])

    def step(self, places):
        loss = self.loss_func(self.model(self.x[places], *self.params), self.y[places])
        loss.backward()
        self.opt.step()
        self.opt.zero_grad()
        return loss.item()

# ---- the arithmetic

@pytest.mark.parametrize('settings', [
    dict(), dict(loss='mnist_loss', start='counted', lr=1., momentum=.9), dict(start='zero', batch=1, order='sorted'),
    dict(hidden=30), dict(hidden=30, start='counted', lr=.3, momentum=.9, seed=2), dict(hidden=30, start='zero', lr=1.),
    dict(hidden=5, loss='mnist_loss', lr=1., batch=2000), dict(digits='ten'),
    dict(digits='ten', start='counted', momentum=.9), dict(digits='ten', hidden=30, lr=.3),
    dict(digits='ten', hidden=10, start='counted', batch=16)], ids=str)
def test_weights_after_100_steps_are_the_librarys(compute, settings):
    page_run, settings = train(compute, **settings), USUAL | settings
    library = Library(page_run['start'], settings)
    losses = [library.step(places) for places in page_run['order']]
    assert np.allclose(page_run['losses'], losses, atol=1e-4) and len(losses) == 100
    differences = [np.abs(np.array(ours) - p.detach().flatten().numpy()).max()
                   for ours, p in zip(page_run['end'], library.params, strict=True)]
    moved = [np.abs(np.array(a) - np.array(b)).max() for a, b in zip(page_run['start'], page_run['end'])]
    print('largest difference', settings, max(differences))
    assert max(differences) < 1e-4 < max(moved)

def test_starts_and_orders(compute):
    (x, y), _ = images('37')
    counted = (x[y == 3] > .5).float().mean(0) - (x[y == 7] > .5).float().mean(0)
    run = train(compute, start='counted', steps=0)
    assert np.allclose(run['start'][0], counted/20, atol=1e-7) and run['start'][1] == [0]
    (x, y), _ = images('ten')
    on = torch.stack([(x[y == d] > .5).float().mean(0) for d in range(10)])
    ten = np.array(train(compute, digits='ten', start='counted', steps=0)['start'][0]).reshape(784, 10)
    assert np.allclose(ten, (on - on.mean(0)).T/20, atol=1e-7)
    net = train(compute, hidden=30, steps=64)
    for p, bound in zip(net['start'], [784**-.5]*2 + [30**-.5]*2, strict=True):  # as nn.Linear draws them
        assert .9*bound*(len(p) > 9) < np.abs(p).max() < bound
    assert abs(np.mean(net['start'][0])) < 1e-3 and np.std(net['start'][0]) == pytest.approx((784*3)**-.5, rel=.02)
    assert [len(o) for o in net['order']] == ([64]*31 + [16])*2
    first, second = ([i for o in part for i in o] for part in (net['order'][:32], net['order'][32:]))
    assert sorted(first) == sorted(second) == list(range(2000)) and first != second != sorted(second)
    assert train(compute, hidden=30, steps=64) == net != train(compute, hidden=30, steps=64, seed=2)
    assert [i for o in train(compute, order='sorted', steps=32)['order'] for i in o] == list(range(2000))

def test_sheets_hold_mnists_images(compute):
    for name, (split, digits, *sizes) in SHEETS.items():
        places, (all_images, labels) = sorted_places(split, digits, *sizes), mnist_arrays(split)
        assert len(set(places)) == len(places) == sum(sizes), 'what is held out is not learned from'
        of = labels[places]
        for part in np.split(of, np.cumsum(sizes)[:-1]):
            assert (part == np.repeat(list(digits), len(part)//len(digits))).all()
        shades = np.array(Image.open(ROOT/'_docs'/name))
        assert np.abs(17.*shades - all_images[places].reshape(-1, 784)).max() <= 8.5
        read = compute("""async name => {
            const {loadSheet} = await import('/site/nets.js'), pixels = await loadSheet(new URL(name, location))
            const shades = Uint8Array.from(pixels, v => Math.round(15*v))
            const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', shades))
            return [pixels.every((v, i) => Math.abs(v - shades[i]/15) < 1e-7), Array.from(hash)]}""", name)
        assert read == [True, list(sha256(shades.astype('u1').tobytes()).digest())]
    assert sum((ROOT/'_docs'/name).stat().st_size for name in SHEETS) < 650_000

# ---- the page

def test_step_pause_reset_and_the_numbers_on_show(page, compute):
    fetched = []
    page.on('request', lambda r: fetched.append(r.url.split('/')[-1]) if r.url.endswith('.png') else None)
    open_page(page, '#hidden=5&lr=0.3')
    assert fetched == [] and {len(o) for o in shown(page).values()} == {1}
    run = train(compute, hidden=5, lr=.3, steps=3)
    fetched.clear()
    library = Library(run['start'], USUAL | dict(hidden=5, lr=.3))
    for k, places in enumerate(run['order'], 1):
        page.click('#step')
        steps(page, k)
        assert float(shown(page)['loss']) == pytest.approx(library.step(places), abs=1e-4)
    assert fetched == ['train-37.png'], 'once, and only when asked for'
    x, y = images('37')[1]
    with torch.no_grad(): scores = library.model(x, *library.params)[:, 0]
    right = (scores > 0) == (y == 3)
    now = shown(page)
    assert now['steps'] == '3' and now['epochs'] == '0' and float(now['ms']) > 0
    assert float(now['accuracy']) == pytest.approx(right.float().mean().item(), abs=.0011)
    assert float(now['held-loss']) == pytest.approx(binary_cross_entropy(scores, (y == 3).float()).item(), abs=1e-4)
    assert f"{(~right).sum():,} of 1,000" in page.inner_text('#wrong-name') and page.locator('#wrong li').count() == 12
    batch = y.new_tensor([3 if i < 1000 else 7 for i in run['order'][-1]])
    assert page.inner_text('#batch') == f'The last batch: {(batch == 3).sum()} × 3, {(batch == 7).sum()} × 7'
    assert page.locator('#weights canvas').count() == 5
    page.click('#run')
    assert page.inner_text('#run') == 'Pause'
    steps(page, 6)
    page.click('#run')
    page.wait_for_function("document.querySelector('#status').innerText.startsWith('After ')")
    page.wait_for_timeout(300)
    stopped = shown(page)['steps']
    page.wait_for_timeout(400)
    assert shown(page)['steps'] == stopped and page.inner_text('#run') == 'Start'
    page.click('#reset')
    page.wait_for_function("document.querySelector('#steps').innerText == '0'")
    assert len(shown(page)['loss']) == 1 and page.locator('#losses polyline').first.get_attribute('points') == ''

def test_the_address_holds_the_settings(page):
    open_page(page, '#lr=0.3&hidden=no&digits=ten&what=1')
    def chosen():
        return dict(page.locator('#train form [name]').evaluate_all(
            "all => all.map(o => [o.name, o.type == 'range' ? o.getAttribute('aria-valuetext') : o.value])"))
    usual = {k: str(v) for k, v in USUAL.items()}
    assert chosen() == usual | dict(digits='ten', lr='0.3')
    assert page.locator('#train-loss').is_disabled(), 'ten digits have cross-entropy alone'
    page.select_option('#train-hidden', '30')
    page.select_option('#train-digits', '37')
    page.locator('#train-momentum').fill('5')
    page.locator('#train-lr').fill('6')  # the usual rate
    assert page.evaluate('location.hash') == '#hidden=30&momentum=0.99'
    page.reload()
    page.wait_for_selector('#train[data-ready]')
    assert chosen() == usual | dict(hidden='30', momentum='0.99')
    page.evaluate("location.hash = '#start=zero'")
    page.wait_for_function("document.querySelector('#train-start').value == 'zero'")
    assert chosen() == usual | dict(start='zero')

def test_weights_form_and_settings_turn_while_it_learns(page):
    open_page(page, '#digits=ten&start=zero')
    page.select_option('#pace', 'fast')
    page.click('#run')
    steps(page, 30)
    page.locator('#train-lr').fill('7')  # goes on: no new start
    steps(page, 60)
    page.click('#run')
    now = shown(page)
    assert int(now['steps'].replace(',', '')) >= 60 and float(now['accuracy']) > .7 and int(now['epochs']) >= 1
    assert page.locator('#weights li').all_inner_texts() == [str(d) for d in range(10)]
    colours = page.locator('#weights canvas').nth(0).evaluate("""canvas => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, 28, 28)
        const at = (x, y) => [...data.slice(4*(28*y + x), 4*(28*y + x) + 3)]
        return {middle: at(14, 14), corner: at(0, 0)} }""")
    red, _, blue = colours['middle']
    assert blue > red + 50 and colours['corner'] == [255]*3, 'ink in the middle speaks against a zero'
    for name in ('losses', 'accuracies'):
        for line in page.locator(f'#{name} polyline').all():
            points = [[float(o) for o in point.split(',')] for point in line.get_attribute('points').split()]
            assert len(points) > 2 and all(0 <= x <= 400 and 0 <= y <= 170 for x, y in points)
            assert (points[-1][1] > points[0][1] + 40) == (name == 'losses'), 'loss falls, accuracy rises'
    page.select_option('#train-start', 'counted')  # begins anew
    page.wait_for_function("document.querySelector('#steps').innerText == '0'")
    assert float(shown(page)['accuracy']) > .55

def test_presets_show_what_they_say(page):
    open_page(page)
    def after(preset, n):
        page.get_by_role('button', name=preset).click()
        page.wait_for_function('n => Number(document.querySelector("#train").dataset.steps) < n', arg=n)
        assert page.inner_text('#run') == 'Pause' and len(page.inner_text('#status')) > 50
        steps(page, n)
        return {k: float(v.replace(',', '')) for k, v in shown(page).items()}
    assert after('Rate too large', 12)['accuracy'] == .5
    assert page.evaluate('location.hash') == '#hidden=30&lr=10'
    slow = after('Rate too small', 12)
    assert slow['held-loss'] > .6
    assert after('Sorted batches', 8)['accuracy'] == .5
    assert set(page.locator('#wrong span').all_inner_texts()) == {'7 → 3'}
    assert re.fullmatch(r'The last batch: 64 × 3', page.inner_text('#batch'))
    assert after('All weights zero', 12)['accuracy'] == .5
    assert after('Momentum .99', 12)['accuracy'] > .95

def test_what_the_text_says_of_the_presets(page):
    "On the module itself, with three seeds"
    open_page(page)
    judged = """async ([settings, at]) => {
        const {forward, imageOf, judgeAll, loadImages, makeTrainer} = await import('/site/nets.js')
        const {train, held} = await loadImages(settings.digits), trainer = makeTrainer(train, settings), out = []
        for (let k = 0; k <= at.at(-1); k++) {
            const {loss, accuracy, wrong} = at.includes(k) ? judgeAll(trainer.layers, held, settings.loss) : {}
            if (at.includes(k)) out.push({loss, accuracy, said: [...new Set(wrong.map(o => o.said))]})
            trainer.step(settings)
        }
        const lit = [...held.labels.keys()].some(i => forward(trainer.layers, imageOf(held, i))[1].some(h => h > 0))
        return {out, lit, first: Array.from(trainer.layers[0].weight), last: Array.from(trainer.layers.at(-1).weight)}
    }"""
    for seed in (1, 2, 3):
        def run(*at, seed=seed, **settings): return page.evaluate(judged, [USUAL | dict(seed=seed, **settings), at])
        assert not (large := run(60, hidden=30, lr=10))['lit'] and large['out'][0]['accuracy'] == .5
        start, later = run(0, 100, lr=.0001)['out']
        assert start['loss'] - .03 < later['loss'] < start['loss']
        threes, sevens = run(8, 30, order='sorted', lr=.3)['out']
        assert (threes['said'], sevens['said']) == ([3], [7])
        zero = run(50, hidden=30, start='zero', lr=1)
        assert not any(zero['first']) and not any(zero['last'])
        start, fast, again, back = [o['loss'] for o in run(0, 20, 100, 600, momentum=.99)['out']]
        assert start > .5 and fast < .15 and again > 1.3*fast and back < again

def test_keyboard_alone(page):
    open_page(page, '#start=zero')
    page.locator('#run').focus()
    page.keyboard.press('Enter')
    steps(page, 2)
    page.keyboard.press('Enter')
    assert page.inner_text('#run') == 'Start'
    reached = []
    for _ in range(20):
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == 'solid', reached[-1]
        if reached[-1] == 'train-momentum': break
        page.keyboard.press('Tab')
    controls = [f'train-{o}' for o in ('digits', 'hidden', 'start', 'seed', 'loss', 'order', 'lr', 'batch', 'momentum')]
    presets = ['Rate too large', 'Rate too small', 'Sorted batches', 'All weights zero', 'Momentum .99']
    assert reached == ['run', 'step', 'reset', 'pace', *presets, *controls]
    page.keyboard.press('ArrowRight')
    assert page.evaluate('location.hash') == '#start=zero&momentum=0.5'

def test_reduced_motion_draws_once_a_second(page):
    page.emulate_media(reduced_motion='reduce')
    open_page(page)
    page.select_option('#pace', 'fast')
    page.click('#run')
    steps(page, 1)
    changes = page.evaluate("""() => new Promise(done => {
        let changes = 0
        new MutationObserver(() => changes++).observe(document.querySelector('#steps'), {childList: true})
        setTimeout(() => done(changes), 2500) })""")
    assert 1 <= changes <= 3

@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [390, 1280])
def test_touch_and_accessible(browser, site, scheme, width):
    context = browser.new_context(viewport=dict(width=width, height=844), has_touch=True, color_scheme=scheme,
                                  base_url=site, is_mobile=width == 390)
    page = context.new_page()
    open_page(page, '#hidden=30')
    page.locator('#step').tap()
    steps(page, 1)
    page.locator('#run').tap()
    steps(page, 3)
    page.locator('#run').tap()
    shown(page)
    rules = {'runOnly': ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}
    found = Axe().run(page, context='#train', options=rules).response['violations']
    assert not [(v['id'], [n['html'][:120] for n in v['nodes']][:3]) for v in found]
    assert page.evaluate('document.documentElement.scrollWidth - innerWidth') <= 0
    for control in page.locator('#train :is(button, select, input)').all():
        assert control.bounding_box()['height'] >= 40, 'large enough for a finger'
    paper = page.locator('#wrong canvas').first.evaluate(
        "canvas => Math.min(...canvas.getContext('2d').getImageData(0, 0, 1, 1).data.slice(0, 3))")
    assert (paper < 60) == (scheme == 'dark')
    context.close()
