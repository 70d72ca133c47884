"""Write what the page Draw a digit needs, in one file: the trained models, the ideal digits and some validation images.

    python tools/export_models.py [FILE]        (default: _docs/models.safetensors)

The models are trained as `mnist_sgd train` does it. The file has the safetensors format (https://github.com/huggingface/safetensors):
the length of a header (8 bytes, little-endian), the header (JSON: dtype, shape and place of each array), then the arrays' bytes.
"""
import json, math, sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from mnist_sgd.data import mnist_arrays
from mnist_sgd.files import write_bytes
from mnist_sgd.interpret import top_losses
from mnist_sgd.similarity import ideal_digit
from mnist_sgd.story import models, train_model_named
from mnist_sgd.tensor import stack_images, to_np

ROOT = Path(__file__).resolve().parent.parent
DIGITS = 3, 7
DTYPES = {np.dtype('<f4'): 'F32', np.dtype('<i4'): 'I32', np.dtype('u1'): 'U8'}

def sample_places(
    learn,     # the trained net
    n=40,      # how many in all
    worst=20,  # at most so many mistakes
) -> list: # places in the validation data: right answers, three and seven in turn; then mistakes, the worst first
    "Which validation images to show"
    losses, places = top_losses(learn, partial(binary_cross_entropy_with_logits, reduction='none'), len(learn.dls.valid.dataset))
    wrong = [i.item() for loss, i in zip(losses, places) if loss > math.log(2)]
    targets = learn.dls.valid.dataset.tensors[1].flatten()
    threes, sevens = ([i for i in torch.where(targets == t)[0].tolist() if i not in wrong] for t in (1, 0))
    wrong = wrong[:worst]
    return [i for pair in zip(threes, sevens) for i in pair][:n - len(wrong)] + wrong

def model_arrays() -> dict:
    "Train; then all arrays by name. Images are n x 28 x 28, 0 (paper) to 255 (ink); `place` is an image's index in MNIST's file"
    learners = {name: train_model_named(name, DIGITS, verbose=False)[0] for name in models}
    res = {f'{name}.{key}': to_np(value) for name, learn in learners.items() for key, value in learn.model.state_dict().items()}
    for d in DIGITS: res[f'ideal.{d}'] = to_np(ideal_digit(stack_images(mnist_arrays('train', (d,))[0])))
    images, labels = mnist_arrays('valid')
    places = np.concatenate([np.flatnonzero(labels == d) for d in DIGITS])[sample_places(learners['relu'])]  # in the order of `pair_tensors`
    return res | {'samples.place': places.astype('<i4'), 'samples.image': images[places], 'samples.label': labels[places]}

def write_safetensors(
    path,   # file to write
    arrays, # arrays by name: float32, int32 or uint8
    **meta, # texts about them
):
    "Write arrays in the safetensors format; those with the largest numbers first, so that all are aligned"
    arrays = dict(sorted(arrays.items(), key=lambda o: -o[1].itemsize))
    ends = np.cumsum([a.nbytes for a in arrays.values()]).tolist()
    head = {k: dict(dtype=DTYPES[a.dtype], shape=a.shape, data_offsets=[end - a.nbytes, end]) for (k, a), end in zip(arrays.items(), ends)}
    head = json.dumps({'__metadata__': meta} | head).encode()
    head += b' '*(-len(head) % 8)
    write_bytes(path, len(head).to_bytes(8, 'little') + head + b''.join(a.tobytes() for a in arrays.values()))

def read_safetensors(path) -> dict: # arrays by name
    "Read what `write_safetensors` wrote"
    raw = Path(path).read_bytes()
    start = 8 + int.from_bytes(raw[:8], 'little')
    kinds = {name: dtype for dtype, name in DTYPES.items()}
    return {k: np.frombuffer(raw[start + o['data_offsets'][0]:start + o['data_offsets'][1]], kinds[o['dtype']]).reshape(o['shape'])
            for k, o in json.loads(raw[8:start]).items() if k != '__metadata__'}

def export(path):
    "Train the models and write the page's file"
    write_safetensors(path, model_arrays(), images="MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges; CC BY-SA 3.0",
        models="mnist_sgd, Apache-2.0; trained as mnist_sgd train does it")

if __name__ == '__main__':
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT/'_docs'/'models.safetensors'
    export(path)
    print(f'{path}: {path.stat().st_size:,} bytes')
