"Draw a digit, in a real browser: arithmetic is PyTorch's, drawings are like_mnist's, and what is drawn is recognised"
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from export_models import read_safetensors

from mnist_sgd.data import mnist_arrays
from mnist_sgd.linear import batch_accuracy, pair_tensors
from mnist_sgd.optimizer import SGD
from mnist_sgd.relu import binary_cross_entropy, count_parameters, two_layer_net
from mnist_sgd.similarity import ideal_digit, mnist_distance
from mnist_sgd.softmax import class_accuracy, digit_tensors
from mnist_sgd.pictures import fitted
from mnist_sgd.story import train_model_named
from mnist_sgd.trained import load_trained
from mnist_sgd.tensor import stack_images

ROOT = Path(__file__).resolve().parent.parent
SEVEN = [[(.25, .22), (.74, .22), (.45, .85)]]  # strokes, as shares of the pad's width and height
THREE = [[(.28, .25), (.45, .16), (.66, .2), (.7, .34), (.6, .45), (.45, .49), (.62, .53), (.73, .66), (.66, .8),
          (.48, .86), (.27, .78)]]
DIGITS = [
    [[(.5, .15), (.33, .25), (.26, .5), (.33, .76), (.5, .86), (.67, .76), (.74, .5), (.67, .25), (.5, .15)]],
    [[(.53, .14), (.48, .86)]],
    [[(.3, .3), (.4, .17), (.6, .17), (.69, .3), (.6, .48), (.4, .66), (.28, .84), (.74, .84)]],
    THREE,
    [[(.4, .16), (.3, .52), (.7, .52)], [(.66, .3), (.6, .86)]],
    [[(.7, .16), (.38, .16), (.34, .46), (.55, .43), (.69, .55), (.68, .74), (.52, .85), (.3, .8)]],
    [[(.6, .14), (.42, .34), (.34, .62), (.42, .83), (.58, .84), (.66, .68), (.55, .56), (.38, .62)]],
    SEVEN,
    [[(.62, .24), (.48, .16), (.36, .26), (.46, .44), (.62, .6), (.62, .78), (.48, .86), (.36, .76), (.42, .58),
      (.6, .42), (.62, .24)]],
    [[(.64, .32), (.5, .18), (.36, .3), (.42, .48), (.58, .46), (.64, .32), (.62, .6), (.56, .86)]],
]

@pytest.fixture
def exported(site): return read_safetensors(ROOT/'_docs'/'models.safetensors')

def built(exported, name):
    "The model in the page's file, as PyTorch's"
    model = torch.nn.Linear(784, 1) if name == 'linear' else two_layer_net(50)
    model.load_state_dict({k: torch.tensor(exported[f'{name}.{k}']) for k in model.state_dict()})
    return model

def open_page(page, part='pair'):
    page.goto(f'/draw.html#{part}')
    page.wait_for_selector('#draw[data-ready]')

def skip_to_the_text(page):
    page.focus('.skip')
    page.keyboard.press('Enter')

def draw(page, strokes, scale=1., shift=(0., 0.)):
    page.locator('#pad').scroll_into_view_if_needed()
    box = page.locator('#pad').bounding_box()
    for stroke in strokes:
        points = [(box['x'] + (x*scale + shift[0])*box['width'], box['y'] + (y*scale + shift[1])*box['height'])
                  for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]: page.mouse.move(*point, steps=2)
        page.mouse.up()

def verdicts(page, shown='Your drawing', models=('similarity', 'linear', 'net')):
    "What the models say, once the text says it, too"
    page.wait_for_function("shown => document.querySelector('#summary').textContent.startsWith(shown)", arg=shown)
    # the pad is read once a frame
    page.evaluate('() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    return [page.inner_text(f'#{o}-digit') for o in models]

def summary_says(page, text):
    "The text follows the drawing, a quarter of a second behind"
    page.wait_for_function("text => document.querySelector('#summary').textContent.includes(text)", arg=text)

def ten_verdicts(page, shown='Your drawing'): return verdicts(page, shown, ('mlp', 'cnn'))

class Folded(torch.nn.Module):
    "The convolutional net in the page's file, its batch normalisation folded into the kernels"
    def __init__(self, exported):
        super().__init__()
        self.arrays = {k: torch.tensor(v) for k, v in exported.items() if k.startswith('cnn.')}
        self.strides = exported['cnn.strides'].tolist()

    def maps(self, x):
        "The feature maps of each layer"
        maps = [x.view(-1, 1, 28, 28)]
        for i, stride in enumerate(self.strides):
            weight, bias = (self.arrays[f'cnn.{i}.{o}'] for o in ('weight', 'bias'))
            maps.append(F.conv2d(maps[-1], weight, bias, stride, weight.shape[-1]//2).relu())
        return maps[1:]

    def forward(self, x):
        return F.linear(self.maps(x)[-1].flatten(1), self.arrays['cnn.linear.weight'], self.arrays['cnn.linear.bias'])

def ten_nets(exported):
    "The two nets for ten digits in the page's file, as PyTorch's"
    mlp = two_layer_net(len(exported['mlp.0.bias']), n_out=10)
    mlp.load_state_dict({k: torch.tensor(exported[f'mlp.{k}']) for k in mlp.state_dict()})
    return dict(mlp=mlp, cnn=Folded(exported))

def some_of_each(n=15):
    "n validation images of each digit"
    x, y = digit_tensors('valid')
    return torch.cat([x[y == d][100:100 + n] for d in range(10)])

def overflow(page): return page.evaluate('document.documentElement.scrollWidth - innerWidth')

# ---- the arithmetic

def test_weights_are_those_of_the_training(exported):
    for name in ('linear', 'relu'):
        learn, row = train_model_named(name, verbose=False)
        x, y = pair_tensors('valid')
        acc = ((built(exported, name)(x) > 0) == (y == 1)).float().mean().item()
        assert abs(acc - row['accuracy']) < 2e-3 and acc > {'linear': .982, 'relu': .992}[name]
        for k, v in learn.model.state_dict().items():  # another number of threads rounds otherwise
            assert np.abs(exported[f'{name}.{k}'] - v.numpy()).max() < 2e-2, k
    for d in (3, 7):
        ideal = ideal_digit(stack_images(mnist_arrays('train', (d,))[0]))
        assert np.allclose(exported[f'ideal.{d}'], ideal, atol=1e-6)

def test_arithmetic_agrees_with_pytorch(compute, exported):
    x = pair_tensors('valid')[0][::10]
    assert len(x) > 200
    with torch.no_grad():
        scores = {name: built(exported, name)(x).flatten() for name in ('linear', 'relu')}
        hidden = built(exported, 'relu')[:2](x)
    ideals = {d: torch.tensor(exported[f'ideal.{d}']) for d in (3, 7)}
    expected = dict(linear=scores['linear'], net=scores['relu'],
                    linear_p=scores['linear'].sigmoid(), net_p=scores['relu'].sigmoid(),
                    **{f'd{d}': mnist_distance(x.view(-1, 28, 28), ideal) for d, ideal in ideals.items()})
    said = compute("""async images => {
        const {judge, loadModels} = await import('/site/models.js'), models = await loadModels()
        return images.map(image => judge(image, models)).map(({similarity, linear, net}) => ({hidden: net.hidden,
            linear: linear.score, linear_p: linear.probability, net: net.score, net_p: net.probability,
            d3: similarity.distances[3], d7: similarity.distances[7]}))
    }""", x.tolist())
    for name, values in expected.items():
        error = np.abs(np.array([o[name] for o in said]) - values.numpy()).max()
        print(f'{name}: {error:.1e} on {len(x)} images')
        assert error < 1e-5, name
    assert np.abs(np.array([o['hidden'] for o in said]) - hidden.numpy()).max() < 1e-5

def test_ten_digit_nets_are_the_stored_ones(exported):
    (x, y), sure = digit_tensors('valid'), {}
    with torch.no_grad():
        stored_nets = load_trained('mlp')[0], load_trained('cnn')[0]
        for (name, net), stored in zip(ten_nets(exported).items(), stored_nets, strict=True):
            assert (net(x[:500]) - stored(x[:500])).abs().max() < .02, name  # its numbers have 16 bits
            scores = torch.cat([net(xb) for xb in x.split(500)])
            acc, sure[name] = class_accuracy(scores, y).item(), scores.softmax(1).amax(1).median().item()
            assert {'mlp': .975 < acc < .985, 'cnn': acc > .99}[name]  # as the page says
    assert .85 < sure['cnn'] < .97 < sure['mlp']
    assert len(exported['mlp.0.bias']) == 100
    assert [count_parameters(net) for net in stored_nets] == [79_510, 43_194]
    multiplications = sum(exported[f'cnn.{i}.weight'].size*size**2 for i, size in enumerate((14, 14, 7, 4))) + 10_240
    assert multiplications == 1_738_304
    assert (ROOT/'_docs'/'models.safetensors').stat().st_size < 410_000

def test_ten_digit_arithmetic_agrees_with_pytorch(compute, exported):
    x, nets = some_of_each(), ten_nets(exported)
    said = compute("""async images => {
        const {askCnn, askMlp, loadModels} = await import('/site/models.js'), models = await loadModels()
        const said = image => ({mlp: askMlp(image, models), cnn: askCnn(image, models)})
        const plain = ({n, size, data}) => ({n, size, data: Array.from(data)})
        return images.map(o => said(Float32Array.from(o))).map(({mlp, cnn}) =>
            ({mlp, cnn: {...cnn, maps: cnn.maps.map(plain)}}))
    }""", x.tolist())
    with torch.no_grad(): scores, maps = {name: net(x) for name, net in nets.items()}, nets['cnn'].maps(x)
    for name, ref in scores.items():
        ours = {k: np.array([o[name][k] for o in said]) for k in ('scores', 'probabilities', 'digit')}
        errors = (np.abs(ours['scores'] - ref.numpy()).max(),
                  np.abs(ours['probabilities'] - ref.softmax(1).numpy()).max())
        print(f'{name}: scores {errors[0]:.1e} (up to {ref.abs().max():.0f}), '
              f'probabilities {errors[1]:.1e} on {len(x)} images')
        assert np.allclose(ours['scores'], ref, rtol=1e-5, atol=1e-5) and errors[1] < 1e-5, name
        assert (ours['digit'] == ref.argmax(1).numpy()).all() and set(ours['digit']) == set(range(10))
    for i, ref in enumerate(maps):
        layer = [o['cnn']['maps'][i] for o in said]
        assert {(o['n'], o['size'], o['size']) for o in layer} == {tuple(ref.shape[1:])}
        data = np.array([o['data'] for o in layer]).reshape(ref.shape)
        assert np.allclose(data, ref, rtol=1e-5, atol=1e-5), f'layer {i + 1}'

@pytest.mark.parametrize('n, size, n_out, kernel, stride', [
    (1, 1, 1, 1, 1), (2, 5, 3, 1, 2), (1, 1, 2, 3, 1), (3, 6, 2, 3, 3), (2, 7, 4, 5, 2), (4, 9, 1, 5, 1)])
def test_convolution_is_pytorchs(compute, n, size, n_out, kernel, stride):
    torch.manual_seed(0)
    maps, weight, bias = torch.randn(n, size, size), torch.randn(n_out, n, kernel, kernel), torch.randn(n_out)
    ours = compute("""async (n, size, data, shape, kernels, bias, stride) => {
        const {convolve} = await import('/site/models.js'), input = {n, size, data: Float32Array.from(data)}
        const out = convolve(input, {data: kernels, shape}, {data: bias}, stride)
        return [out.n, out.size, Array.from(out.data)]
    }""", n, size, maps.flatten().tolist(), list(weight.shape), weight.flatten().tolist(), bias.tolist(), stride)
    ref = F.conv2d(maps[None], weight, bias, stride, kernel//2).relu()[0]
    assert (ours[0], ours[1], ours[1]) == tuple(ref.shape) and np.allclose(ours[2], ref.flatten(), atol=1e-5)

def test_softmax_of_huge_scores(compute):
    assert compute("async () => (await import('/site/models.js')).softmax([1000, 1000, -1000])") == [.5, .5, 0]

def test_answers_within_a_frame(page):
    "Median of 50 answers of the convolutional net; of 20 updates of all that the page shows"
    open_page(page, 'ten')
    net, update = page.evaluate("""async () => {
        const {askCnn, loadModels} = await import('/site/models.js'), models = await loadModels()
        const image = Float32Array.from(models['ten.image'].data.subarray(0, 784), v => v/255)
        const next = document.getElementById('next')
        const time = f => { const start = performance.now(); f(); return performance.now() - start }
        const median = (n, f) => Array.from({length: n}, () => time(f)).sort((a, b) => a - b)[n >> 1]
        return [median(50, () => askCnn(image, models)), median(20, () => next.click())]
    }""")
    print(f'the net: {net:.1f} ms, the page: {update:.1f} ms')
    assert net < 30 and update < 100  # some 3 and 10 on an idle machine

# ---- the drawing, as MNIST's

def rendered(points, size, width, shift=(0, 0)):
    "White on black, at 4 times the size and made smaller, so that edges are soft"
    im = Image.new('L', (4*size[0], 4*size[1]))
    scaled = [((x + shift[0])*4*size[0], (y + shift[1])*4*size[1]) for x, y in points]
    ImageDraw.Draw(im).line(scaled, 255, 4*width, 'curve')
    return im.resize(size, Image.Resampling.LANCZOS)

@pytest.mark.parametrize('points, size, width, shift', [
    (SEVEN[0], (280, 280), 22, (0, 0)), (THREE[0], (280, 280), 22, (.1, -.08)), (THREE[0], (560, 560), 46, (-.2, .1)),
    (SEVEN[0], (97, 211), 7, (0, .05)), ([(.1, .5), (.9, .5)], (300, 200), 30, (0, 0)),
    ([(.4, .4), (.6, .6)], (40, 40), 3, (0, 0)), ([(.5, .1), (.5, .9)], (120, 120), 3, (0, 0))])
def test_drawings_are_made_like_mnist(compute, points, size, width, shift):
    im = rendered(points, size, width, shift)
    ours = compute("async (ink, w, h) => Array.from((await import('/site/models.js')).likeMnist(ink, w, h))",
                   (np.asarray(im, np.float32)/255).flatten().tolist(), *size)
    assert np.abs(np.array(ours).reshape(28, 28) - fitted(np.asarray(im, np.float32)/255).numpy()).max() < 1e-5

def test_nothing_drawn_is_nothing(page, compute):
    assert compute("async ink => (await import('/site/models.js')).likeMnist(ink, 10, 10)", [.2]*100) is None
    open_page(page)
    page.click('#clear')
    assert verdicts(page, 'The pad is empty') == ['?', '?', '?']

# ---- the page

@pytest.mark.parametrize('strokes, digit, scale, shift', [
    (SEVEN, '7', 1, (0, 0)), (THREE, '3', 1, (0, 0)), (SEVEN, '7', .6, (.35, .05)), (THREE, '3', .6, (.02, .3))])
def test_a_drawn_digit_is_recognised(page, strokes, digit, scale, shift):
    open_page(page)
    draw(page, strokes, scale, shift)
    assert verdicts(page)[2] == digit
    name = {'3': 'three', '7': 'seven'}[digit]
    summary_says(page, f'the ReLU net {name}')
    lit = page.locator(':is(#units-3, #units-7) .unit').evaluate_all(
        "units => units.map(o => +o.style.getPropertyValue('--lit'))")
    assert len(lit) == 50 and any(o > .5 for o in lit) and any(o == 0 for o in lit)

def test_the_page_says_what_the_models_say(page, exported):
    "Numbers on the page, for the first image on show"
    open_page(page)
    x = torch.tensor(exported['pair.image'][0]).float().view(1, -1)/255
    for name, model in (('linear', 'linear'), ('net', 'relu')):
        score = built(exported, model)(x).item()
        assert page.inner_text(f'#{name}-score') == f'score {score:+.2f}'.replace('-', '−')
    for d in (3, 7):
        distance = mnist_distance(x.view(28, 28), torch.tensor(exported[f'ideal.{d}']))
        assert page.inner_text(f'#distance-{d}').startswith(f'{distance:.4f}')

def test_steps_through_validation_images(page, exported):
    images, labels = mnist_arrays('valid')
    places = exported['pair.place']
    assert len(set(places.tolist())) == len(places) == 40
    assert (images[places] == exported['pair.image']).all() and (labels[places] == exported['pair.label']).all()
    x = stack_images(exported['pair.image']).view(-1, 784)
    scores = built(exported, 'relu')(x).flatten().detach().numpy()
    losses = np.logaddexp(0, np.where(exported['pair.label'] == 3, -scores, scores))
    first = int(np.argmax(losses > np.log(2)))
    assert (losses[:first] < np.log(2)).all() and (losses[first:] > np.log(2)).all()
    assert (np.diff(losses[first:]) <= 1e-4).all()
    all_x, all_y = pair_tensors('valid')
    all_losses = torch.logaddexp(built(exported, 'relu')(all_x)*(1 - 2*all_y), torch.tensor(0.))
    assert abs(all_losses.max().item() - losses[first]) < 1e-4, "the worst mistake of all is the first of them"
    open_page(page)
    assert verdicts(page, f'Validation image {places[0]:,}, a three')[2] == '3'
    page.click('#next')
    assert verdicts(page, f'Validation image {places[1]:,}, a seven')[2] == '7'
    page.click('#previous')
    page.click('#previous')
    verdicts(page, f'Validation image {places[-1]:,}, where the net is wrong')
    page.click('#mistakes')
    label = int(exported['pair.label'][first])
    name = 'three' if label == 3 else 'seven'
    said = verdicts(page, f'Validation image {places[first]:,}, where the net is wrong: it is labelled {name}')
    assert said[2] == str(10 - label)
    draw(page, SEVEN)  # a drawing takes the image's place
    assert verdicts(page)[2] == '7'

def test_keyboard_alone(page):
    open_page(page)
    skip_to_the_text(page)
    for _ in range(8):
        page.keyboard.press('Tab')
        if page.evaluate('document.activeElement.id') == 'pad': break
    assert page.evaluate("document.activeElement.matches('#pad:focus-visible')")
    def press(*keys, times):
        for key in keys[:-1]: page.keyboard.down(key)
        for _ in range(times): page.keyboard.down(keys[-1])  # held down, a key repeats
        for key in keys: page.keyboard.up(key)
    press('ArrowUp', times=8)
    press('ArrowLeft', times=6)
    assert page.inner_text('#where') == 'Pen up, column 8, row 6 of 28'
    page.keyboard.press('Space')
    press('ArrowRight', times=13)
    press('ArrowDown', 'ArrowLeft', times=7)  # aslant
    press('ArrowDown', times=8)
    page.keyboard.press('Enter')
    assert 'Pen up' in page.inner_text('#where')
    assert verdicts(page)[2] == '7'
    page.keyboard.press('ArrowLeft')  # the pen is up: nothing is drawn
    page.keyboard.press('c')
    assert verdicts(page, 'The pad is empty')[2] == '?'
    for name in ('clear', 'undo', 'previous', 'next'):
        page.keyboard.press('Tab')
        assert page.evaluate('document.activeElement.id') == name
    page.keyboard.press('Enter')
    verdicts(page, 'Validation image')
    page.keyboard.press('Tab')
    page.keyboard.press('Tab')  # past Mistakes: the hidden units, one stop for all
    page.keyboard.press('ArrowRight')
    assert page.evaluate("document.activeElement.className") == 'unit' and page.inner_text('#unit').startswith('Unit ')

def test_a_click_draws_a_dot_and_undo_takes_it_back(page):
    open_page(page)
    page.locator('#pad').click()
    verdicts(page)
    ink = """() => {
        const {data} = document.querySelector('#pad').getContext('2d').getImageData(0, 0, 560, 560)
        return data.filter((v, i) => i % 4 == 3 && v > 128).length }"""
    assert 1000 < page.evaluate(ink) < 2500  # a dot as wide as the pen, 46
    page.keyboard.press('Control+z')
    verdicts(page, 'The pad is empty')
    assert page.evaluate(ink) == 0
    page.focus('#pad')
    page.keyboard.press('Space')
    page.keyboard.press('Space')
    verdicts(page)
    dot = page.evaluate(ink)
    assert dot > 1000
    draw(page, SEVEN)
    assert verdicts(page)[2] == '7' and page.evaluate(ink) > 3*dot
    page.click('#undo')
    page.wait_for_function(f'({ink})() == {dot}')
    assert 'know only 3 and 7' in page.inner_text('#limits')
    page.check('[value=ten]', force=True)
    assert page.inner_text('#limits') == ''

def test_touch_on_a_phone_in_the_dark(browser, site):
    context = browser.new_context(viewport=dict(width=390, height=844), has_touch=True, is_mobile=True,
                                  color_scheme='dark', base_url=site)
    page = context.new_page()
    open_page(page)
    page.locator('#pad').scroll_into_view_if_needed()
    box, where = page.locator('#pad').bounding_box(), page.evaluate('scrollY')
    touch = context.new_cdp_session(page)
    between = [(a + (c - a)*t/8, b + (d - b)*t/8) for (a, b), (c, d) in zip(SEVEN[0], SEVEN[0][1:]) for t in range(9)]
    for i, (x, y) in enumerate(between):
        point = dict(x=box['x'] + x*box['width'], y=box['y'] + y*box['height'])
        touch.send('Input.dispatchTouchEvent', dict(type='touchMove' if i else 'touchStart', touchPoints=[point]))
    touch.send('Input.dispatchTouchEvent', dict(type='touchEnd', touchPoints=[]))
    # the last strokes are read in the next frame
    page.wait_for_function("document.querySelector('#net-digit').innerText == '7'")
    assert verdicts(page)[2] == '7' and page.evaluate('scrollY') == where, 'drawing does not scroll the page'
    assert overflow(page) <= 0
    corner = "id => [...document.getElementById(id).getContext('2d').getImageData(0, 0, 1, 1).data]"
    assert sum(page.evaluate(corner, 'seen')[:3]) < 200, 'paper is dark'
    page.wait_for_timeout(1000)  # to Chromium the stroke ends as a fling, and a tap meanwhile would only stop that
    page.locator('.parts label', has_text='Any digit').tap()
    page.wait_for_function("document.querySelector('#cnn-digit').innerText == '7'")
    assert ten_verdicts(page)[1] == '7' and overflow(page) <= 0
    assert sum(page.evaluate(corner, 'maps-2')[:3]) < 500
    page.emulate_media(color_scheme='light')
    page.evaluate("document.documentElement.classList.remove('quarto-dark')")
    page.wait_for_function(f"sum => ({corner})('seen').slice(0, 3).every(o => o === 255)")
    context.close()

def test_any_drawn_digit_is_recognised(page):
    open_page(page)
    page.check('[value=ten]', force=True)
    for digit, name in enumerate('zero one two three four five six seven eight nine'.split()):
        draw(page, DIGITS[digit])
        summary_says(page, f'The convolutional net says {name}')
        assert ten_verdicts(page)[1] == str(digit)
        assert page.locator('#cnn-bars .winner').inner_text().startswith(str(digit))
        page.click('#clear')

def test_ten_bars_and_maps_say_what_the_nets_say(page, exported):
    "Numbers and pictures on the page, for the first image on show"
    open_page(page, 'ten')
    x = torch.tensor(exported['ten.image'][0]).float().view(1, -1)/255
    for name, net in ten_nets(exported).items():
        with torch.no_grad(): probabilities = net(x).softmax(1)[0].tolist()
        rows = page.locator(f'#{name}-bars li').all_inner_texts()
        written = ['> 0.9999' if p > .99995 else '< 0.0001' if p < .00005 else f'{p:.4f}' for p in probabilities]
        assert [row.split() for row in rows] == [[str(d), *o.split()] for d, o in enumerate(written)]
        winner = page.locator(f'#{name}-bars .winner b').inner_text()
        assert page.inner_text(f'#{name}-digit') == str(int(np.argmax(probabilities))) == winner
        widths = page.locator(f'#{name}-bars li').evaluate_all(
            "rows => rows.map(o => +o.style.getPropertyValue('--p'))")
        assert np.allclose(widths, probabilities, atol=1e-5)
    maps = [layer[0] for layer in ten_nets(exported)['cnn'].maps(x)]
    labels = page.locator('#kernels button').evaluate_all("buttons => buttons.map(o => o.getAttribute('aria-label'))")
    assert len(labels) == 16
    for k, (label, m) in enumerate(zip(labels, maps[0])):
        if not m.any(): assert label == f'Kernel {k + 1}: lit nowhere'
        else:
            where = r'lit at (\d+) of 196 places, most in row (\d+), column (\d+): ([\d.]+)'
            lit, row, column, most = re.fullmatch(f'Kernel {k + 1}: {where}', label).groups()
            assert abs(int(lit) - (m > 0).sum()) <= 1 and m.max() - m[int(row) - 1, int(column) - 1] < 1e-4
            assert abs(float(most) - m.max()) < .006
    ink = '''canvas => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return Array.from({length: data.length/4}, (_, i) => data[4*i + 3] ? 255 - data[4*i] : -1)
    }'''
    pictures = [page.locator('#kernels .map').nth(k).evaluate(ink) for k in range(16)]
    for picture, m in zip(pictures, maps[0].flatten(1)):
        order = m.argsort(descending=True).tolist()
        assert all(picture[i] >= picture[j] for i, j in zip(order, order[1:])), 'the larger, the darker'
    assert sum(o.count(0) == 196 for o in pictures) < 16
    for i, m in enumerate(maps[1:], 2):
        n, size, _ = m.shape
        assert page.inner_text(f'#layer-{i}').replace('\xa0', ' ').startswith(f'Layer {i}: {n} maps, {size} × {size}, ')
        sheet = np.array(page.locator(f'#maps-{i}').evaluate(ink)).reshape(n//8*(size + 1) - 1, -1)
        last = sheet[-size:, -size:]  # the last map of the layer is at the lower right
        assert ((last > 0) <= (m[-1] > 0).numpy()).all() and (sheet == -1).any() and sheet.max() > 100
    page.click('#clear')
    assert ten_verdicts(page, 'The pad is empty. Draw any digit') == ['?', '?']
    numbers = page.locator('#cnn-bars .number').all_inner_texts()
    assert set(numbers) == {page.inner_text('#linear-score')} and page.locator('#cnn-bars .winner').count() == 0
    assert {v for k in range(16) for v in page.locator('#kernels .map').nth(k).evaluate(ink)} == {0}

# ---- the pad that learns

def test_the_way_back_is_pytorchs_gradient(compute, exported):
    for i, digit in [(0, 3), (0, 7), (1, 3), (1, 7), (-1, 3), (-1, 7)]:
        image = exported['pair.image'][i].flatten()/np.float32(255)
        ours = compute("""async (image, digit) => {
            const {layersOf, wayBack} = await import('/site/learn.js'), {loadModels} = await import('/site/models.js')
            const back = wayBack(layersOf(await loadModels()), Float32Array.from(image), digit)
            return {...back, hidden: Array.from(back.hidden), atHidden: Array.from(back.atHidden),
                grads: back.grads.flatMap(({weight, bias}) => [Array.from(weight), Array.from(bias)])} }""",
            image.tolist(), digit)
        net, x = built(exported, 'relu'), torch.tensor(image)[None]
        before = net[0](x)
        hidden = before.relu()
        score = net[2](hidden)
        for o in (before, hidden, score): o.retain_grad()
        loss = binary_cross_entropy(score, torch.tensor([[float(digit == 3)]]))
        loss.backward()
        assert (ours['loss'], ours['score']) == pytest.approx((loss.item(), score.item()), abs=1e-4)
        theirs = [net[0].weight.grad.T, net[0].bias.grad, net[2].weight.grad.T, net[2].bias.grad]
        pairs = [*zip(ours['grads'], theirs, strict=True), (ours['atHidden'], before.grad), (ours['hidden'], hidden),
                 (ours['atScore'], score.grad)]
        for a, b in pairs: assert np.abs(np.array(a) - b.detach().flatten().numpy()).max() < 1e-5
    assert max(o.abs().max() for o in theirs) > .1, 'the mistake has a large gradient'

def judged(page):
    page.wait_for_function("document.querySelector('#held-right').innerText.includes('of 200')")
    return int(page.inner_text('#held-right').split()[0])

def test_a_step_is_one_of_sgd(page, exported):
    fetched = []
    page.on('request', lambda r: fetched.append(r.url.split('/')[-1]) if r.url.endswith('.png') else None)
    open_page(page)
    assert page.inner_text('#teach-loss') == 'First say what your digit is.'
    assert page.locator('#teach-step').is_disabled()
    valid = np.array(Image.open(ROOT/'_docs'/'valid-37.png'))/np.float32(15)
    valid_x, valid_y = torch.tensor(valid), (torch.arange(200) < 100).float()[:, None]
    net, x = built(exported, 'relu'), torch.tensor(exported['pair.image'][0]).float().view(1, -1)/255
    opt, scores, rights = SGD(net.parameters(), .01), [], []
    assert not fetched
    page.click('#is-7')
    for k in range(3):
        scores.append(net(x).item())
        rights.append(round(200*batch_accuracy(net(valid_x), valid_y).item()))
        assert abs(judged(page) - rights[-1]) <= 1
        assert page.inner_text('#net-score') == f'score {scores[-1]:+.2f}'.replace('-', '−')
        loss = binary_cross_entropy(net(x), torch.zeros(1, 1))
        said = page.inner_text('#teach-loss')
        assert float(re.match(r'Loss ([.\d]+):', said)[1]) == pytest.approx(loss.item(), abs=2e-3)
        if k < 2:
            page.click('#teach-step')
            assert page.inner_text('#teach-said').startswith(f'Step {k + 1}: the loss went from ')
        loss.backward()
        opt.step()
        opt.zero_grad()
    assert fetched == ['valid-37.png'] and rights[0] >= 198 and scores[2] < scores[0] - 1
    assert page.inner_text('#held-story').replace(' ', '') == 'stepbystep:' + '→'.join(map(str, rights))
    for score in scores[1::-1]:
        page.click('#unlearn')
        assert page.inner_text('#net-score') == f'score {score:+.2f}'.replace('-', '−')
    assert page.locator('#unlearn').is_disabled() and judged(page) == rights[0]

def test_forgetting_in_three_clicks(page):
    open_page(page)
    def teach(rate):
        page.click('#is-7')
        page.locator('#teach-rate').fill(rate)
        before = judged(page)
        page.click('#teach-step')
        assert page.inner_text('#net-digit') == '7', 'it has learned its lesson'
        after = judged(page)
        page.click('#untaught')
        assert judged(page) == before >= 198 and page.inner_text('#net-digit') == '3'
        return after
    assert teach('4') < 180 and teach('6') == 100  # rates .1 and 1
    page.click('#is-3')  # a lesson that it knows
    page.click('#teach-step')
    assert judged(page) >= 198
    page.click('#next')  # of another image the reader has not said anything
    assert page.inner_text('#teach-loss') == 'First say what your digit is.'
    assert not page.locator('#way-back').is_visible()
    draw(page, SEVEN)
    page.click('#is-7')
    draw(page, [[(.3, .5), (.6, .5)]])  # one stroke more
    assert page.locator('#is-7').get_attribute('aria-pressed') == 'true' and page.locator('#way-back').is_visible()
    page.click('#clear')
    assert page.inner_text('#teach-loss').startswith('First draw') and page.locator('#is-7').is_disabled()

def test_teaching_by_keyboard_alone(page):
    open_page(page)
    page.locator('#is-3').focus()
    reached = []
    for key in ('Tab', 'Enter', 'Tab', 'ArrowRight', 'Tab', 'Enter', 'Tab', 'Tab', 'Tab'):
        page.keyboard.press(key)
        if key == 'Tab': reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == 'solid', reached
    assert reached == ['is-7', 'teach-rate', 'teach-step', 'unlearn', 'untaught', 'pushed']
    assert page.inner_text('#teach-said').startswith('Step 1: ') and page.locator('.rate output').inner_text() == '0.03'
    first = page.inner_text('#unit-told')
    page.keyboard.press('ArrowRight')
    assert page.inner_text('#unit-told').startswith('Unit 2: ') and first.startswith('Unit 1: ')
    lit = page.locator('#pushes button').evaluate_all(
        "all => all.findIndex(o => !/(push almost 0|0.0000)$/.test(o.getAttribute('aria-label')))")
    page.locator('#pushes button').nth(max(lit, 0)).focus()
    assert page.inner_text('#unit-told').startswith(f'Unit {max(lit, 0) + 1}: ')

def test_steps_through_images_of_all_digits(page, exported):
    images, labels = mnist_arrays('valid')
    places, shown = exported['ten.place'].copy(), exported['ten.label']
    assert len(set(places.tolist())) == len(places) == 50
    assert (images[places] == exported['ten.image']).all() and (labels[places] == shown).all()
    x, y = digit_tensors('valid')
    with torch.no_grad(): scores = ten_nets(exported)['mlp'](x)
    losses, right = F.cross_entropy(scores, y, reduction='none'), scores.argmax(1) == y
    n = int(right[places].sum())
    assert n == 30 and right[places[:n]].all() and shown[:n].tolist() == list(range(10))*3
    worst = losses[~right].topk(20).values
    assert (losses[places[n:]] - worst).abs().max() < .01, 'the worst mistakes, the worst first'
    open_page(page, 'ten')
    assert ten_verdicts(page, f'Validation image {places[0]:,}, a zero.')[0] == '0'
    for _ in range(8): page.click('#next')
    assert ten_verdicts(page, f'Validation image {places[8]:,}, an eight.')[0] == '8'
    page.click('#mistakes')
    name = 'zero one two three four five six seven eight nine'.split()[shown[n]]
    said = f'Validation image {places[n]:,}, where the ten-digit net is wrong: it is labelled {name}.'
    assert ten_verdicts(page, said)[0] == str(int(scores[places[n]].argmax()))
    assert page.inner_text('#pager') == f'{n + 1} / 50'
    page.check('[value=pair]', force=True)  # the other part has images of its own
    verdicts(page, f"Validation image {exported['pair.place'][0]:,}, a three")
    assert not page.locator('#ten').is_visible() and page.locator('#pair').is_visible()
    draw(page, DIGITS[0])
    assert verdicts(page)[2] in '37'
    page.check('[value=ten]', force=True)  # a drawing stays
    assert ten_verdicts(page)[1] == '0' and page.locator('#ten').is_visible() and not page.locator('#pair').is_visible()

def test_ten_digits_by_keyboard_alone(page):
    open_page(page)
    skip_to_the_text(page)
    def tab_to(selector):
        for _ in range(120):
            page.keyboard.press('Tab')
            if page.evaluate('s => document.activeElement.matches(s)', selector): return
        raise AssertionError(f'Tab does not lead to {selector}')
    tab_to('[name=part]')
    page.keyboard.press('ArrowRight')
    ten_verdicts(page, 'Validation image')
    assert page.evaluate("getComputedStyle(document.querySelector('[value=ten] + span')).outlineStyle") == 'solid'
    tab_to('#pad')
    for _ in range(9): page.keyboard.press('ArrowUp')
    page.keyboard.press('Space')
    for _ in range(18): page.keyboard.press('ArrowDown')
    page.keyboard.press('Space')
    assert ten_verdicts(page)[1] == '1'
    tab_to('.unit')
    page.keyboard.press('ArrowRight')
    kernel = page.inner_text('#kernel')
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == kernel
    assert kernel.startswith('Kernel 2: ')
    page.keyboard.press('Tab')  # one stop for all
    assert page.evaluate("document.activeElement.className") != 'unit'

@pytest.mark.parametrize('part', ['pair', 'ten'])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [390, 1280])
def test_accessible(browser, site, scheme, width, part):
    from axe_playwright_python.sync_playwright import Axe
    context = browser.new_context(viewport=dict(width=width, height=900), color_scheme=scheme, base_url=site)
    page = context.new_page()
    open_page(page, part)
    rules = {'runOnly': ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}
    if part == 'pair':  # with the way back on show
        page.click('#is-7')
        page.click('#teach-step')
        page.wait_for_function("document.querySelector('#held-right').innerText.includes('of 200')")
    found = Axe().run(page, context='#draw', options=rules).response['violations']
    bad = [(v['id'], [n['html'][:120] for n in v['nodes']][:3]) for v in found]
    assert not bad and overflow(page) <= 0
    context.close()
