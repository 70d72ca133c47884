"The page Draw a digit, in a real browser: its arithmetic is PyTorch's, its drawings are like_mnist's, and what is drawn is recognised"
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from export_models import read_safetensors
from mnist_sgd.data import mnist_arrays
from mnist_sgd.linear import pair_tensors
from mnist_sgd.relu import two_layer_net
from mnist_sgd.similarity import ideal_digit, mnist_distance
from mnist_sgd.story import like_mnist, train_model_named
from mnist_sgd.tensor import stack_images

ROOT = Path(__file__).resolve().parent.parent
SEVEN = [[(.25, .22), (.74, .22), (.45, .85)]]  # strokes, as shares of the pad's width and height
THREE = [[(.28, .25), (.45, .16), (.66, .2), (.7, .34), (.6, .45), (.45, .49), (.62, .53), (.73, .66), (.66, .8), (.48, .86), (.27, .78)]]

@pytest.fixture
def exported(site): return read_safetensors(ROOT/'_docs'/'models.safetensors')

def built(exported, name):
    "The model in the page's file, as PyTorch's"
    model = torch.nn.Linear(784, 1) if name == 'linear' else two_layer_net(50)
    model.load_state_dict({k: torch.tensor(exported[f'{name}.{k}']) for k in model.state_dict()})
    return model

def open_page(page):
    page.goto('/draw.html', wait_until='networkidle')
    page.wait_for_selector('#draw[data-ready]')

def draw(page, strokes, scale=1., shift=(0., 0.)):
    page.locator('#pad').scroll_into_view_if_needed()
    box = page.locator('#pad').bounding_box()
    for stroke in strokes:
        points = [(box['x'] + (x*scale + shift[0])*box['width'], box['y'] + (y*scale + shift[1])*box['height']) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]: page.mouse.move(*point, steps=6)
        page.mouse.up()

def verdicts(page, shown='Your drawing'):
    "What the three models say, once the text says it, too"
    page.wait_for_function("shown => document.querySelector('#summary').textContent.startsWith(shown)", arg=shown)
    return [page.inner_text(f'#{o}-digit') for o in ('similarity', 'linear', 'net')]

def overflow(page): return page.evaluate('document.documentElement.scrollWidth - innerWidth')

# ---- the arithmetic

def test_weights_are_those_of_the_training(exported):
    for name in ('linear', 'relu'):
        learn, row = train_model_named(name, verbose=False)
        x, y = pair_tensors('valid')
        acc = ((built(exported, name)(x) > 0) == (y == 1)).float().mean().item()
        assert abs(acc - row['accuracy']) < 2e-3 and acc > {'linear': .982, 'relu': .992}[name]
        for k, v in learn.model.state_dict().items(): assert np.abs(exported[f'{name}.{k}'] - v.numpy()).max() < 2e-2, k  # another number of threads rounds otherwise
    for d in (3, 7): assert np.allclose(exported[f'ideal.{d}'], ideal_digit(stack_images(mnist_arrays('train', (d,))[0])), atol=1e-6)

def test_arithmetic_agrees_with_pytorch(page, exported):
    x = pair_tensors('valid')[0][::10]
    assert len(x) > 200
    with torch.no_grad():
        scores = {name: built(exported, name)(x).flatten() for name in ('linear', 'relu')}
        hidden = built(exported, 'relu')[:2](x)
    expected = dict(linear=scores['linear'], net=scores['relu'], linear_p=scores['linear'].sigmoid(), net_p=scores['relu'].sigmoid(),
        **{f'd{d}': mnist_distance(x.view(-1, 28, 28), torch.tensor(exported[f'ideal.{d}'])) for d in (3, 7)})
    open_page(page)
    said = page.evaluate("""async images => {
        const {judge, loadModels} = await import('/models.js'), models = await loadModels()
        return images.map(image => judge(image, models)).map(({similarity, linear, net}) => ({hidden: net.hidden,
            linear: linear.score, linear_p: linear.probability, net: net.score, net_p: net.probability,
            d3: similarity.distances[3], d7: similarity.distances[7]}))
    }""", x.tolist())
    for name, values in expected.items():
        error = np.abs(np.array([o[name] for o in said]) - values.numpy()).max()
        print(f'{name}: {error:.1e} on {len(x)} images')
        assert error < 1e-5, name
    assert np.abs(np.array([o['hidden'] for o in said]) - hidden.numpy()).max() < 1e-5

# ---- the drawing, as MNIST's

def rendered(points, size, width, shift=(0, 0)):
    "White on black, at 4 times the size and made smaller, so that edges are soft"
    im = Image.new('L', (4*size[0], 4*size[1]))
    ImageDraw.Draw(im).line([((x + shift[0])*4*size[0], (y + shift[1])*4*size[1]) for x, y in points], 255, 4*width, 'curve')
    return im.resize(size, Image.Resampling.LANCZOS)

@pytest.mark.parametrize('points, size, width, shift', [
    (SEVEN[0], (280, 280), 22, (0, 0)), (THREE[0], (280, 280), 22, (.1, -.08)), (THREE[0], (560, 560), 46, (-.2, .1)),
    (SEVEN[0], (97, 211), 7, (0, .05)), ([(.1, .5), (.9, .5)], (300, 200), 30, (0, 0)), ([(.4, .4), (.6, .6)], (40, 40), 3, (0, 0)), ([(.5, .1), (.5, .9)], (120, 120), 3, (0, 0))])
def test_drawings_are_made_like_mnist(page, points, size, width, shift):
    im = rendered(points, size, width, shift)
    open_page(page)
    ours = page.evaluate("async ([ink, w, h]) => Array.from((await import('/models.js')).likeMnist(ink, w, h))", [(np.asarray(im, np.float32)/255).flatten().tolist(), *size])
    assert np.abs(np.array(ours).reshape(28, 28) - like_mnist(im).numpy()).max() < 1e-5

def test_nothing_drawn_is_nothing(page):
    open_page(page)
    assert page.evaluate("async () => (await import('/models.js')).likeMnist(new Float32Array(100).fill(.2), 10, 10)") is None
    page.click('#clear')
    assert verdicts(page, 'The pad is empty') == ['?', '?', '?']

# ---- the page

@pytest.mark.parametrize('strokes, digit, scale, shift', [(SEVEN, '7', 1, (0, 0)), (THREE, '3', 1, (0, 0)), (SEVEN, '7', .6, (.35, .05)), (THREE, '3', .6, (.02, .3))])
def test_a_drawn_digit_is_recognised(page, strokes, digit, scale, shift):
    open_page(page)
    draw(page, strokes, scale, shift)
    assert verdicts(page)[2] == digit
    name = {'3': 'three', '7': 'seven'}[digit]
    assert f'the ReLU net {name}' in page.inner_text('#summary')
    lit = page.locator('.unit').evaluate_all("units => units.map(o => +o.style.getPropertyValue('--lit'))")
    assert len(lit) == 50 and any(o > .5 for o in lit) and any(o == 0 for o in lit)

def test_the_page_says_what_the_models_say(page, exported):
    "Numbers on the page, for the first image on show"
    open_page(page)
    x = torch.tensor(exported['samples.image'][0]).float().view(1, -1)/255
    for name, model in (('linear', 'linear'), ('net', 'relu')):
        score = built(exported, model)(x).item()
        assert page.inner_text(f'#{name}-score') == f'score {score:+.2f}'.replace('-', '−')
    for d in (3, 7): assert page.inner_text(f'#distance-{d}').startswith(f"{mnist_distance(x.view(28, 28), torch.tensor(exported[f'ideal.{d}'])):.4f}")

def test_steps_through_validation_images(page, exported):
    images, labels = mnist_arrays('valid')
    places = exported['samples.place']
    assert len(set(places.tolist())) == len(places) == 40
    assert (images[places] == exported['samples.image']).all() and (labels[places] == exported['samples.label']).all()
    x = stack_images(exported['samples.image']).view(-1, 784)
    scores = built(exported, 'relu')(x).flatten().detach().numpy()
    losses = np.logaddexp(0, np.where(exported['samples.label'] == 3, -scores, scores))
    first = int(np.argmax(losses > np.log(2)))
    assert (losses[:first] < np.log(2)).all() and (losses[first:] > np.log(2)).all() and (np.diff(losses[first:]) <= 1e-4).all()
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
    label = int(exported['samples.label'][first])
    said = verdicts(page, f"Validation image {places[first]:,}, where the net is wrong: it is labelled {'three' if label == 3 else 'seven'}")
    assert said[2] == str(10 - label)
    draw(page, SEVEN)  # a drawing takes the image's place
    assert verdicts(page)[2] == '7'

def test_keyboard_alone(page):
    open_page(page)
    for _ in range(80):
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
    for name in ('clear', 'previous', 'next'):
        page.keyboard.press('Tab')
        assert page.evaluate('document.activeElement.id') == name
    page.keyboard.press('Enter')
    verdicts(page, 'Validation image')
    page.keyboard.press('Tab')
    page.keyboard.press('Tab')  # past Mistakes: the hidden units, one stop for all
    page.keyboard.press('ArrowRight')
    assert page.evaluate("document.activeElement.className") == 'unit' and page.inner_text('#unit').startswith('Unit ')

def test_touch_on_a_phone_in_the_dark(browser, site):
    context = browser.new_context(viewport=dict(width=390, height=844), has_touch=True, is_mobile=True, color_scheme='dark', base_url=site)
    page = context.new_page()
    open_page(page)
    page.locator('#pad').scroll_into_view_if_needed()
    box, where = page.locator('#pad').bounding_box(), page.evaluate('scrollY')
    touch = context.new_cdp_session(page)
    for i, (x, y) in enumerate((a + (c - a)*t/8, b + (d - b)*t/8) for (a, b), (c, d) in zip(SEVEN[0], SEVEN[0][1:]) for t in range(9)):
        touch.send('Input.dispatchTouchEvent', dict(type='touchMove' if i else 'touchStart', touchPoints=[dict(x=box['x'] + x*box['width'], y=box['y'] + y*box['height'])]))
    touch.send('Input.dispatchTouchEvent', dict(type='touchEnd', touchPoints=[]))
    assert verdicts(page)[2] == '7' and page.evaluate('scrollY') == where, 'drawing does not scroll the page'
    assert overflow(page) <= 0
    corner = "id => [...document.getElementById(id).getContext('2d').getImageData(0, 0, 1, 1).data]"
    assert sum(page.evaluate(corner, 'seen')[:3]) < 200, 'paper is dark'
    page.emulate_media(color_scheme='light')
    page.evaluate("document.documentElement.classList.remove('quarto-dark')")
    page.wait_for_function(f"sum => ({corner})('seen').slice(0, 3).every(o => o === 255)")
    context.close()

@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [390, 1280])
def test_accessible(browser, site, scheme, width):
    from axe_playwright_python.sync_playwright import Axe
    context = browser.new_context(viewport=dict(width=width, height=900), color_scheme=scheme, base_url=site)
    page = context.new_page()
    open_page(page)
    found = Axe().run(page, context='#draw', options={'runOnly': ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).response['violations']
    bad = [(v['id'], [n['html'][:120] for n in v['nodes']][:3]) for v in found]
    assert not bad and overflow(page) <= 0
    context.close()
