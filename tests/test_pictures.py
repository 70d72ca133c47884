"Photographs as people take them: the digit is found and recognised, and where there is none, none is seen"
import string

import numpy as np
import pytest
from make_photographs import EMPTY, KINDS, LIKE_DIGITS, answer, letters, photographs
from PIL import Image

from mnist_sgd.data import mnist_arrays
from mnist_sgd.pictures import like_mnist
from mnist_sgd.reader import Reader
from mnist_sgd.softmax import digit_tensors

@pytest.fixture(scope='module')
def reader(): return Reader()

def test_photographs_are_recognised(reader):
    "Three of each kind, with a seed that was not used for anything else"
    said = [(name, d, answer(reader, im)) for name, d, im in photographs(KINDS, 3, seed=511, digits=(3, 7, 5))]
    wrong = [o for o in said if o[1] != o[2]]
    assert len(said) == 78 and len(wrong) <= 4, wrong

def test_where_there_is_no_digit_none_is_seen(reader):
    seen = [name for name, _, im in photographs(EMPTY, 4, seed=511) if answer(reader, im) is not None]
    assert len(seen) <= 1, seen  # of 44

def test_few_letters_are_taken_for_digits_and_few_digits_refused(reader):
    text = [o for o in string.ascii_letters if o not in LIKE_DIGITS][::5]
    taken = [letter for letter, im in letters(511, text) if answer(reader, im) is not None]
    assert len(text) == 8 and len(taken) <= 4, taken  # of 96
    probs, labels = reader.probabilities(digit_tensors('valid')[0]), digit_tensors('valid')[1]
    assert (probs[:, -1] > reader.limit).float().mean() < .02
    assert (probs[:, :-1].argmax(1) == labels).float().mean() > .995

def test_any_kind_of_pixels():
    "A seven on grey paper, half of it in a shadow, as eight bits and as everything else"
    a = np.full((200, 280), 200.)
    a[60:144, 100:184] -= np.kron(mnist_arrays('valid', 7)[0][0], np.ones((3, 3)))*.7
    a *= np.linspace(.4, 1, 280)
    im = Image.fromarray(a.astype(np.uint8))
    usual = like_mnist(im)
    b = np.array(im)
    kinds = [im.convert(mode) for mode in ('RGB', 'RGBA', 'LA', 'P', 'CMYK', 'YCbCr', 'I', 'F')]
    kinds += [Image.fromarray(o) for o in (b.astype(np.uint16)*257, b.astype(np.int32)*1000, b/np.float32(255))]
    for other in kinds: assert (like_mnist(other) - usual).abs().mean() < .03, other.mode
    alpha = Image.fromarray(255 - b)  # what is transparent is paper, or a board
    for color in ('black', 'white'):
        drawn = Image.new('RGB', im.size, color)
        drawn.putalpha(alpha)
        assert (like_mnist(drawn) - usual).abs().mean() < .1
