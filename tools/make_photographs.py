"""Make photographs of digits as people take them, with shadows, lines, tables and noise, and judge the package by them.

    python tools/make_photographs.py [--seed N] [--count N] [--split valid|train] [--digits D ...] [--weights FILE]
                                     [--keep FOLDER]

The digits are those of MNIST's test images, unless --split train says otherwise; --keep writes the pictures, as
FOLDER/KIND/DIGIT-NUMBER.png. The net of the package, or that in FILE, is asked what each shows, and a table says how
often it was right, wrong, or saw no digit, kind by kind; then how often pictures without any digit, and letters of the
typefaces DejaVu, were taken for one. Settings of the package were chosen with --split train; the table in the book was
made with a seed that nobody had looked at before.
"""
import argparse, io, string
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_sgd.data import mnist_arrays
from mnist_sgd.pictures import like_mnist, open_picture
from mnist_sgd.reader import Reader

LIKE_DIGITS = 'OoIlSsZzBbgq'  # letters that are digits, too, but for the words around them

def fonts():
    "The typefaces DejaVu, which come with matplotlib: files"
    import matplotlib
    return sorted((Path(matplotlib.get_data_path())/'fonts'/'ttf').glob('DejaVu*[!y].ttf'))

# ---- a digit as a map from 0 (nothing) to 1 (ink), as large as it will be in the picture

def pen(rng, image, size, sharp=(1, 3), thin=0):
    "A digit of MNIST, 28 x 28, enlarged to `size`; its edges soft or sharp; `thin` takes so much off its strokes"
    a = np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC))/255
    return np.clip((a - .5 - thin)*rng.uniform(*sharp) + .5, 0, 1)

def write(rng, text, size):
    "A character, in a typeface by chance; or (character, file of the typeface)"
    text, face = text if isinstance(text, tuple) else (text, fonts()[rng.integers(len(fonts()))])
    im = Image.new('L', (size, size))
    ImageDraw.Draw(im).text((size/2, size/2), text, 255, ImageFont.truetype(face, int(size*.7)), anchor='mm')
    return np.asarray(im)/255

# ---- the light on the paper: a factor for each pixel

def across(rng, h, w):
    "From 0 on one side of the picture to 1 on the opposite one, in any direction"
    y, x = np.mgrid[:h, :w]
    angle = rng.uniform(0, 2*np.pi)
    t = x*np.cos(angle) + y*np.sin(angle)
    return (t - t.min())/np.ptp(t)

def soft_shadow(dark, light): return lambda rng, h, w: (dark + (light - dark)*across(rng, h, w))/light

def hard_shadow(rng, h, w):
    "A straight edge somewhere through the middle, a few pixels wide"
    return np.where(across(rng, h, w) < rng.uniform(.3, .7), rng.uniform(.4, .7), 1)

def vignette(rng, h, w):
    y, x = np.mgrid[-1:1:h*1j, -1:1:w*1j]
    return 1 - rng.uniform(.25, .4)*(x**2 + y**2)

# ---- what else is in the picture: each function changes the greys or colours `a`, h x w x 3, from 0 to 255

def lines(gap, grey, both=False):
    "Ruled lines, or squares"
    def draw(rng, a):
        h, w = a.shape[:2]
        step = int(rng.uniform(*gap)*min(h, w))
        thick = max(1, round(min(h, w)/300))
        shade, (y, x) = np.array(grey) + rng.uniform(-20, 20), rng.integers(step, size=2)
        for i in range(thick):
            a[y + i::step] = shade
            if both: a[:, x + i::step] = shade
    return draw

def speck(rng, a):
    "A dark spot in a corner"
    h, w = a.shape[:2]
    r = rng.uniform(.02, .05)*min(h, w)
    y, x = (rng.choice([rng.uniform(.02, .1), rng.uniform(.9, .98)])*n for n in (h, w))
    yy, xx = np.ogrid[:h, :w]
    a[(yy - y)**2 + (xx - x)**2 < r**2] = rng.uniform(10, 50)

def table(rng, a):
    "The paper ends before the picture does"
    h, w = a.shape[:2]
    yy, xx = np.mgrid[:h, :w]
    angle, (top, bottom, left, right) = rng.uniform(-.12, .12), rng.uniform(.06, .14, 4)
    y, x = yy - h/2, xx - w/2
    y, x = y*np.cos(angle) + x*np.sin(angle) + h/2, x*np.cos(angle) - y*np.sin(angle) + w/2
    outside = (y < top*h) | (y > (1 - bottom)*h) | (x < left*w) | (x > (1 - right)*w)
    a[outside] = rng.uniform(20, 70)

def perspective(rng, im, paper):
    "Seen from one side"
    w, h = im.size
    d = rng.uniform(0, .18, 8)*np.array([w, h]*4)
    corners = np.array([0, 0, 0, h, w, h, w, 0]) + d*np.array([-1, -1, -1, 1, 1, 1, 1, -1])
    return im.transform(im.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=paper)

# ---- the kinds of pictures

BLACK, WHITE, INK, PAPER = (0, 0), (255, 255), (20, 60), (225, 245)
KINDS = dict(
    clean_black_on_white=dict(paper=WHITE, ink=BLACK, noise=0),
    clean_white_on_black=dict(paper=BLACK, ink=WHITE, noise=0),
    font=dict(paper=WHITE, ink=BLACK, noise=0, typed=True),
    good_light_paper_235_ink_40_noise5=dict(paper=(235, 235), ink=(40, 40)),
    grey_paper_200=dict(paper=(200, 200)), grey_paper_160=dict(paper=(160, 160)),
    soft_shadow_150_240=dict(paper=(240, 240), light=soft_shadow(150, 240)),
    strong_shadow_80_230=dict(paper=(230, 230), light=soft_shadow(80, 230)),
    hard_shadow_edge=dict(light=hard_shadow),
    pencil_light_grey=dict(ink=(140, 175)),
    thin_pen_small_in_photo=dict(size=(.1, .2), thin=.2),
    off_centre_corner=dict(size=(.25, .4), place=0),
    chalk_on_blackboard=dict(paper=(35, 60), ink=(190, 235), noise=10),
    green_board=dict(paper=[(30, 50), (80, 100), (55, 75)], ink=(200, 240), noise=8),
    blue_ink_yellow_paper=dict(paper=[(235, 250), (225, 240), (150, 190)], ink=[(20, 50), (40, 70), (130, 190)]),
    red_ink_white_paper=dict(ink=[(180, 220), (20, 50), (30, 60)]),
    lined_paper=dict(extra=lines((.08, .16), (170, 190, 220))),
    squared_paper_dark_lines=dict(extra=lines((.07, .14), (95, 100, 110), both=True)),
    paper_on_dark_table=dict(size=(.3, .5), extra=table),
    a_dark_speck_in_the_corner=dict(size=(.35, .6), extra=speck),
    high_iso_noise_25=dict(noise=25),
    vignette=dict(light=vignette),
    perspective=dict(seen=perspective),
    rotated_25_degrees=dict(turn=25),
    sideways_with_exif=dict(side=True, exif=True), sideways_90_no_exif=dict(side=True))
EMPTY = dict(  # no digit in them
    blank_white=dict(paper=WHITE, noise=0), blank_grey=dict(paper=(120, 220)), blank_noisy=dict(noise=15),
    gradient=dict(noise=0, light=soft_shadow(20, 255)), shadow_edge=dict(light=hard_shadow),
    vignette_alone=dict(light=vignette), table_alone=dict(extra=table),
    lines_alone=dict(extra=lines((.08, .16), (150, 170, 210))),
    squares_alone=dict(extra=lines((.07, .14), (95, 100, 110), both=True)),
    pure_noise=dict(paper=(128, 128), noise=60), uniform_noise=dict(paper=(128, 128), noise=200))

def color(rng, kind):
    "A grey between two, or a colour, each of its three parts between two"
    parts = [rng.uniform(*o) for o in (kind if isinstance(kind, list) else [kind])]
    return np.array(parts*3 if len(parts) == 1 else parts)

def photograph(
    rng,        # NumPy's random numbers
    image=None, # a digit as MNIST has it; None for none
    text=None,  # or a character to type
    paper=PAPER, ink=INK, noise=5, # greys or colours, from and to; standard deviation
    size=(.45, .8), place=1, # of the digit, as a share of the shorter side; 1 around the middle, 0 in a corner
    thin=0, typed=False, light=None, extra=None, seen=None, turn=0, side=False, exif=False,
) -> Image.Image: # a note about the orientation, if there is one, is in `info['exif']`
    "A picture of a kind"
    h, w = (int(s) for s in rng.uniform(240, 800)*rng.uniform(.75, 1, 2))
    paper, ink = color(rng, paper), color(rng, ink)
    a = np.ones((h, w, 3))*paper
    if extra: extra(rng, a)
    if image is not None or text:
        n = int(rng.uniform(*size)*min(h, w)*28/20)
        alpha = write(rng, text, n) if text else pen(rng, image, n, thin=thin)
        if turn:
            angle = rng.choice([-turn, turn])
            alpha = np.asarray(Image.fromarray(np.float32(alpha)).rotate(angle, Image.Resampling.BICUBIC))
        top, bottom, left, right = (np.flatnonzero(alpha.max(axis) > .1)[i] for axis in (1, 0) for i in (0, -1))
        alpha = alpha[top:bottom + 1, left:right + 1].clip(0, 1)[:, :, None]
        free = np.array([h, w]) - alpha.shape[:2]
        corner = free*rng.choice([rng.uniform(.03, .1), rng.uniform(.9, .97)], 2)
        y, x = (free*(.5 + rng.uniform(-.25, .25, 2)) if place else corner).astype(int)
        part = a[y:y + len(alpha), x:x + alpha.shape[1]]
        part += alpha*((np.minimum if ink.mean() < paper.mean() else np.maximum)(part, ink) - part)
    if light: a *= light(rng, h, w)[:, :, None]
    im = Image.fromarray(np.uint8(a.clip(0, 255)))
    if seen: im = seen(rng, im, tuple(int(v) for v in paper))
    if noise:
        grains = rng.normal(0, noise, (h, w, 1)) + rng.normal(0, noise/3, (h, w, 3))
        im = Image.fromarray(np.uint8((im + grains).clip(0, 255)))
    if side: im = im.transpose(Image.Transpose.ROTATE_90)
    if exif:
        im.info['exif'] = note = Image.Exif()
        note[0x0112] = 6  # turn me to the right
    return im

def photographs(kinds, count, seed, split='valid', digits=(3, 7)):
    "Name of the kind, what is to be seen (a digit, or None) and the picture, `count` of each kind"
    images, labels = mnist_arrays(split)
    for k, (name, options) in enumerate(kinds.items()):
        rng = np.random.default_rng([seed, k])
        for i in range(count):
            d = digits[i % len(digits)] if name in KINDS else None
            image = images[rng.choice(np.flatnonzero(labels == d))] if name in KINDS else None
            yield name, d, photograph(rng, image, str(d) if options.get('typed') else None, **options)

def letters(seed, text=string.ascii_letters):
    "Each letter in each typeface, as in good light"
    rng = np.random.default_rng([seed, 99])
    for face in fonts():
        for letter in text: yield letter, photograph(rng, text=(letter, face))

def answer(reader, im):
    "What the command says of a picture in a file: a digit or None"
    raw = io.BytesIO()
    im.save(raw, 'PNG', compress_level=1, exif=im.info.get('exif', b''))
    try: return reader.answer(like_mnist(open_picture(raw))).digit
    except ValueError: return None

def main(args):
    reader, counts, looks, others = Reader(args.weights), {}, [], []
    for name, d, im in photographs(KINDS | EMPTY, args.count, args.seed, args.split, args.digits):
        row, said = counts.setdefault(name, [0, 0, 0]), answer(reader, im)
        if args.keep:
            (args.keep/name).mkdir(parents=True, exist_ok=True)
            im.save(args.keep/name/f'{d}-{sum(row)}.png', exif=im.info.get('exif', b''))
        row[2 if said is None else 0 if said == d else 1] += 1
    print('| kind | right | wrong | no digit |\n|---|---:|---:|---:|')
    for kinds, total in ((KINDS, 'all'), (EMPTY, 'nothing to see')):
        for name in kinds: print(f"| {name.replace('_', ' ')} | {' | '.join(map(str, counts[name]))} |")
        print(f"| **{total}** | {' | '.join(map(str, np.sum([counts[o] for o in kinds], 0)))} |")
    for letter, im in letters(args.seed):
        (looks if letter in LIKE_DIGITS else others).append(answer(reader, im) is not None)
    print(f'\nTaken for a digit: of the letters {LIKE_DIGITS}, {np.mean(looks):.1%}; '
          f'of the {len(others):,} others, {np.mean(others):.2%}')

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--count', type=int, default=60, help='pictures of each kind (default: %(default)s)')
    parser.add_argument('--split', choices=['valid', 'train'], default='valid')
    parser.add_argument('--digits', type=int, nargs='+', default=(3, 7))
    parser.add_argument('--weights', type=Path)
    parser.add_argument('--keep', type=Path)
    main(parser.parse_args())
