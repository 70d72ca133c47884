"The interactive figure of the chapter on descent, in a real browser"
import math, re

import pytest
import torch

from mnist_sgd.optimizer import SGD

LOSSES = {'curve': lambda p: p[0]**2, 'valleys': lambda p: (p[0]**2 - 1)**2/2 + p[0]/4 + .3,
          'bowl': lambda p: p[0]**2 + .5*p[1]**2, 'ravine': lambda p: .05*p[0]**2 + p[1]**2}

@pytest.fixture
def figure(page):
    page.goto('/descent.html')
    figure = page.locator('#descent')
    figure.locator('form').wait_for()
    return figure

def choose(figure, loss=None, **sliders):
    if loss: figure.get_by_role('combobox', name='Loss').select_option(loss)
    for name, value in sliders.items(): figure.locator(f'[name={name}]').fill(str(value))

def path(figure): return figure.locator('svg.map polyline.path').get_attribute('points')
def verdict(figure): return figure.get_by_role('status').inner_text()

def book_path(name, start, lr, momentum, steps=40):
    "The path, and the losses on it, of the book's own SGD"
    p, path, losses = torch.tensor(start, dtype=torch.float64).requires_grad_(), [], []
    opt = SGD([p], lr, momentum)
    for _ in range(steps + 1):
        loss = LOSSES[name](p)
        path.append(p.tolist())
        losses.append(loss.item())
        loss.backward()
        opt.step()
        opt.zero_grad()
    return path, losses

@pytest.mark.parametrize('name', LOSSES)
def test_the_path_is_that_of_the_books_sgd(compute, name):
    start = [-1.6, 1.1][:1 if name in ('curve', 'valleys') else 2]
    for lr in (.05, .3, .9, 1., 1.1):
        for momentum in (0., .5, .9):
            path, losses = book_path(name, start, lr, momentum)
            drawn = compute('''async (name, start, lr, momentum) => {
                const {losses, walk} = await import('/site/descent.js'), path = walk(losses[name], start, lr, momentum)
                return path.map(p => [...p, losses[name].loss(p)])}''', name, start, lr, momentum)
            assert len(drawn) == 41
            compared = 0
            for (*point, loss), ours, our_loss in zip(drawn, path, losses):
                if not max(map(abs, ours)) < 1e3: break  # far off the map, only the size of the numbers would differ
                assert point == pytest.approx(ours, abs=1e-6) and loss == pytest.approx(our_loss, abs=1e-6, rel=1e-9)
                compared += 1
            assert compared == 41 or (compared > 1 and lr > .1)

@pytest.mark.parametrize('loss, slider, value', [
    ('curve', 'x', .7), ('curve', 'lr', .4), ('curve', 'momentum', .8), ('valleys', 'x', 1.5),
    ('bowl', 'y', -.5), ('ravine', 'lr', .5), ('ravine', 'momentum', .9)])
def test_each_slider_moves_the_path(figure, loss, slider, value):
    choose(figure, loss)
    before, losses = path(figure), figure.locator('svg.losses polyline').get_attribute('points')
    choose(figure, **{slider: value})
    assert path(figure) != before and figure.locator('svg.losses polyline').get_attribute('points') != losses
    assert float(figure.locator(f'[name={slider}]').locator('xpath=preceding-sibling::span').inner_text()) == value

def test_what_is_drawn_is_the_path(figure):
    choose(figure, 'ravine', x=-1.6, y=1.1, lr=.5, momentum=.8)
    expected, _ = book_path('ravine', [-1.6, 1.1], .5, .8)
    drawn = [[float(o) for o in point.split(',')] for point in path(figure).split()]
    assert len(drawn) == 41
    for (across, up), (x, y) in zip(drawn, expected):
        assert (across, up) == pytest.approx(((x + 2)*100, (1.6 - y)*100), abs=.051)

def test_the_five_fates_in_words(figure):
    choose(figure, 'curve', x=-1.6, momentum=0)
    for lr, expected in [(.1, 'Converges: loss below 0.0001 after 40 steps.'),
                         (.01, 'On its way: loss 0.5085 after 40 steps, 2.5600 at the start.'),
                         (.5, 'Converges: loss below 0.0001 after 40 steps.'),
                         (1, 'Does not settle: loss 2.5600 after 40 steps, 2.5600 at the start.'),
                         (1.1, 'Diverges: step 2 is off the map.')]:
        choose(figure, lr=lr)
        assert verdict(figure) == expected
    path, _ = book_path('curve', [-1.6], 1.1, 0)
    assert next(i for i, (x,) in enumerate(path) if abs(x) > 2) == 2
    choose(figure, 'ravine', x=-1.6, y=1.1, lr=.4)
    loss = book_path('ravine', [-1.6, 1.1], .4, 0)[1][-1]
    assert verdict(figure) == f'Converges: loss {loss:.4f} after 40 steps.' == 'Converges: loss 0.0049 after 40 steps.'

def test_bouncing_is_not_on_its_way_and_the_shallow_valley_is_not_the_deepest(figure):
    for name in ('bowl', 'ravine'):  # one coordinate jumps to and fro for ever, while the other comes to rest
        choose(figure, name, x=-1.6, y=1.1, lr=1, momentum=0)
        losses = book_path(name, [-1.6, 1.1], 1., 0)[1]
        assert losses[-1] < .99*losses[0] and losses[-1] > .99*losses[-10]
        end, start = losses[-1], losses[0]
        assert verdict(figure) == f'Does not settle: loss {end:.4f} after 40 steps, {start:.4f} at the start.'
    choose(figure, 'ravine', lr=.02)
    assert verdict(figure).startswith('On its way: ')
    choose(figure, 'valleys', x=1.5, lr=.1)
    deepest = min(LOSSES['valleys']([x/1000]) for x in range(-2000, 2000))
    assert verdict(figure) == f'Converges: loss 0.5416 after 40 steps. The other valley is deeper: {deepest:.4f}.'
    choose(figure, x=-1.6)
    assert verdict(figure) == f'Converges: loss {deepest:.4f} after 40 steps.'

def test_divergence_is_announced_and_in_the_text_for_the_picture(figure):
    choose(figure, 'bowl', lr=1.2)
    status = figure.locator('[aria-live=polite]')
    assert re.fullmatch(r'Diverges: step \d+ is off the map\.', status.inner_text())
    assert status.inner_text() in figure.locator('svg.map').get_attribute('aria-label')
    choose(figure, lr=.2)
    assert status.inner_text() == 'Converges: loss below 0.0001 after 40 steps.'
    assert 'Diverges' not in figure.locator('svg.map').get_attribute('aria-label')

def test_numbers_beyond_all_bounds_do_no_harm(figure):
    choose(figure, 'valleys', x=1.9, lr=1.2, momentum=.95)  # infinite after a few steps
    assert verdict(figure) == 'Diverges: step 1 is off the map.'
    assert all(math.isfinite(float(o)) for o in re.split('[ ,]', path(figure)))

def test_keyboard(figure):
    figure.get_by_role('combobox', name='Loss').focus()
    before = path(figure)
    figure.page.keyboard.press('ArrowDown')
    assert figure.get_by_role('combobox', name='Loss').input_value() == 'valleys' and path(figure) != before
    names = []
    for _ in range(4):
        figure.page.keyboard.press('Tab')
        names.append(figure.page.evaluate('document.activeElement.name || document.activeElement.textContent'))
        outline = figure.page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
        assert outline == 'solid', f'no visible focus on {names[-1]}'
        if len(names) == 4: break
        before = path(figure)
        figure.page.keyboard.press('ArrowRight')
        assert path(figure) != before
    assert names == ['x', 'lr', 'momentum', 'Play step by step']  # a curve has no y
    assert [figure.locator(f'[name={o}]').input_value() for o in names[:3]] == ['-1.5', '0.11', '0.05']

def test_play_goes_step_by_step(figure):
    button = figure.get_by_role('button', name='Play step by step')
    button.focus()
    figure.page.keyboard.press('Enter')
    figure.page.wait_for_function("document.querySelectorAll('#descent svg.map .point').length == 5")
    assert verdict(figure) == 'Running …'
    said = "document.querySelector('#descent [role=status]').textContent"
    figure.page.wait_for_function(f"{said}.startsWith('Converges')")
    assert figure.locator('svg.map .point').count() == 41

def test_reduced_motion_shows_the_path_at_once(figure):
    figure.page.emulate_media(reduced_motion='reduce')
    figure.get_by_role('button', name='Play step by step').click()
    assert verdict(figure).startswith('Converges') and figure.locator('svg.map .point').count() == 41

def test_a_click_on_the_map_is_the_start(figure):
    choose(figure, 'bowl')
    box = figure.locator('svg.map').bounding_box()
    figure.locator('svg.map').click(position=dict(x=box['width']*.75, y=box['height']*.25))
    assert figure.locator('[name=x]').input_value() == '1' and figure.locator('[name=y]').input_value() == '0.8'

def luminance(rgb):
    linear = [c/12.92 if c <= .03928 else ((c + .055)/1.055)**2.4 for c in (o/255 for o in rgb)]
    return sum(w*c for w, c in zip((.2126, .7152, .0722), linear))
def contrast(a, b):
    low, high = sorted(map(luminance, (a, b)))
    return (high + .05)/(low + .05)

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_phone_light_and_dark(figure, scheme):
    page = figure.page
    page.set_viewport_size(dict(width=390, height=844))
    page.emulate_media(color_scheme=scheme)
    page.reload()
    figure.locator('form').wait_for()
    for loss in LOSSES:
        choose(figure, loss)
        assert page.evaluate('document.documentElement.scrollWidth') == 390
        controls = figure.locator('svg.map, svg.losses, input:visible, select, button').all()
        for box in [o.bounding_box() for o in controls]:
            assert box['x'] >= 0 and box['x'] + box['width'] <= 390 and box['height'] >= 24
    def colour(selector, what):
        value = page.locator(selector).first.evaluate(f'o => getComputedStyle(o).{what}')
        return [int(o) for o in re.findall(r'\d+', value)[:3]]
    choose(figure, 'curve')
    paper = colour('body', 'backgroundColor')
    assert (luminance(paper) < .1) == (scheme == 'dark')
    for selector, what, least in [('#descent label', 'color', 4.5), ('#descent svg text', 'fill', 4.5),
                                  ('#descent .path', 'stroke', 3), ('#descent .loss', 'stroke', 3)]:
        assert contrast(colour(selector, what), paper) >= least, (selector, colour(selector, what), paper)

def test_without_a_script_the_page_says_where_the_figure_is(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f'{site}/descent.html')
    assert 'to play with' in page.locator('#descent').inner_text()
    context.close()
