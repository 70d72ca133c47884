"""Write the images that pages fetch when a reader asks for them, as PNG files: a row of pixels for each image.

    python tools/export_sheets.py [FOLDER]        (default: _docs)

train-37.png and train-ten.png are for the page Train it here, all from MNIST's training images: 2,000 to learn from and
1,000 held out, sorted by digit, as many of each. valid-37.png is for Draw a digit, whose net knows all training images:
100 threes and 100 sevens from the validation images. All in 16 shades of grey, a third of the size of 256.
"""
import io, sys
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mnist_sgd.data import mnist_arrays
from mnist_sgd.files import write_bytes

ROOT = Path(__file__).resolve().parent.parent

def sorted_places(
    split, digits, # 'train' or 'valid'; which digits
    *sizes,        # of each part: a multiple of the number of digits
) -> list: # of places in MNIST's files, a part after the other, each sorted by digit; no image is in two parts
    "Choose images at random, as many of each digit"
    labels, rng = mnist_arrays(split)[1], np.random.default_rng(42)
    mixed = [rng.permutation(np.flatnonzero(labels == d)) for d in digits]
    ends = np.cumsum([0, *sizes])//len(digits)
    return [i for a, b in zip(ends, ends[1:]) for places in mixed for i in places[a:b].tolist()]

def sheet(images) -> bytes: # n x 28 x 28, 0 (paper) to 255 (ink)
    "A PNG file with an image in each row, in the 16 shades 0, 17, 34, ..., 255"
    picture = Image.fromarray(np.round(images.reshape(len(images), -1)/17).astype(np.uint8), 'P')
    picture.putpalette([shade for shade in range(0, 256, 17) for _ in range(3)])
    file, info = io.BytesIO(), PngInfo()
    info.add_text('Copyright', "MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges; CC BY-SA 3.0")
    picture.save(file, 'PNG', bits=4, optimize=True, pnginfo=info)
    return file.getvalue()

SHEETS = {'train-37.png': ('train', (3, 7), 2000, 1000), 'train-ten.png': ('train', range(10), 2000, 1000),
          'valid-37.png': ('valid', (3, 7), 200)}

def export(folder):
    "Write all sheets"
    for name, (split, *rest) in SHEETS.items():
        write_bytes(folder/name, sheet(mnist_arrays(split)[0][sorted_places(split, *rest)]))

if __name__ == '__main__':
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT/'_docs'
    export(folder)
    for name in SHEETS: print(f'{folder/name}: {(folder/name).stat().st_size:,} bytes')
