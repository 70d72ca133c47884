"""Write what the page Draw a digit needs, in one file: the trained models, the ideal digits and some validation images.

    python tools/export_models.py [FILE]        (default: _docs/models.safetensors)

The models for threes and sevens are trained as `mnist_sgd train` does it; the nets for ten digits are those that
tools/train_long.py has trained. The file has the safetensors format (https://github.com/huggingface/safetensors): the
length of a header (8 bytes, little-endian), the header (JSON: dtype, shape and place of each array), then the arrays'
bytes.
"""
import json, math, sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mnist_sgd.data import mnist_arrays
from mnist_sgd.files import write_bytes
from mnist_sgd.interpret import top_losses
from mnist_sgd.similarity import ideal_digit
from mnist_sgd.softmax import digit_tensors
from mnist_sgd.story import train_model_named
from mnist_sgd.tensor import stack_images, to_np
from mnist_sgd.trained import load_trained

ROOT = Path(__file__).resolve().parent.parent
DIGITS = 3, 7
DTYPES = {np.dtype('<f4'): 'F32', np.dtype('<f2'): 'F16', np.dtype('<i4'): 'I32', np.dtype('u1'): 'U8'}

def pair_places(
    learn,     # the trained net for threes and sevens
    n=40,      # how many in all
    worst=20,  # at most so many mistakes
) -> list: # places in the validation data: right answers, three and seven in turn; then mistakes, the worst first
    "Which validation images of threes and sevens to show"
    loss_func, valid = partial(binary_cross_entropy_with_logits, reduction='none'), learn.dls.valid.dataset
    losses, places = top_losses(learn, loss_func, len(valid))
    wrong = [i.item() for loss, i in zip(losses, places) if loss > math.log(2)]
    targets = valid.tensors[1].flatten()
    threes, sevens = ([i for i in torch.where(targets == t)[0].tolist() if i not in wrong] for t in (1, 0))
    wrong = wrong[:worst]
    return [i for pair in zip(threes, sevens) for i in pair][:n - len(wrong)] + wrong

def ten_places(
    model,     # the trained net for ten digits
    n=50,      # how many in all
    worst=20,  # at most so many mistakes
) -> list: # places in the validation data: right answers, the ten digits in turn; then mistakes, the worst first
    "Which validation images of all digits to show"
    x, y = digit_tensors('valid')
    with torch.no_grad(): scores = model(x)
    right = scores.argmax(1) == y
    losses = cross_entropy(scores, y, reduction='none').masked_fill(right, -1)
    wrong = losses.topk(min(worst, (~right).sum().item())).indices.tolist()
    in_turn = zip(*[torch.where(right & (y == d))[0].tolist() for d in range(10)])
    return [i for ten in in_turn for i in ten][:n - len(wrong)] + wrong

def pair_arrays() -> dict:
    "Train on threes and sevens; then the models, and the ideal digits, by name"
    learners = {name: train_model_named(name, DIGITS, verbose=False)[0] for name in ('linear', 'relu')}
    labels = mnist_arrays('valid')[1]
    in_order = np.concatenate([np.flatnonzero(labels == d) for d in DIGITS])  # as `pair_tensors` has them
    arrays = {f'{name}.{key}': to_np(value)
              for name, learn in learners.items() for key, value in learn.model.state_dict().items()}
    ideals = {f'ideal.{d}': to_np(ideal_digit(stack_images(mnist_arrays('train', (d,))[0]))) for d in DIGITS}
    return arrays | ideals | sample_arrays('pair', in_order[pair_places(learners['relu'])])

def ten_arrays() -> dict:
    "The nets for ten digits by name, the batch normalisation of the convolutional one folded into its kernels"
    mlp, cnn = (load_trained(name)[0] for name in ('mlp', 'cnn'))
    convolutions = [fuse_conv_bn_eval(*layer[:2]) for layer in cnn[1:-2]]
    named = [('mlp.0', mlp[0]), ('mlp.2', mlp[2]), *((f'cnn.{i}', conv) for i, conv in enumerate(convolutions)),
             ('cnn.linear', cnn[-1])]
    arrays = {f'{name}.{key}': to_np(value) for name, layer in named for key, value in layer.state_dict().items()}
    strides = np.array([conv.stride[0] for conv in convolutions], '<i4')
    return arrays | {'cnn.strides': strides} | sample_arrays('ten', np.array(ten_places(mlp)))

def sample_arrays(name, places) -> dict:
    "Validation images: n x 28 x 28, 0 (paper) to 255 (ink); their labels, and their index in MNIST's file"
    images, labels = mnist_arrays('valid')
    return {f'{name}.place': places.astype('<i4'), f'{name}.image': images[places], f'{name}.label': labels[places]}

def write_safetensors(
    path,   # file to write
    arrays, # arrays by name: float32, float16, int32 or uint8
    **meta, # texts about them
):
    "Write arrays in the safetensors format; those with the largest numbers first, so that all are aligned"
    arrays = dict(sorted(arrays.items(), key=lambda o: -o[1].itemsize))
    ends = np.cumsum([a.nbytes for a in arrays.values()]).tolist()
    head = {k: dict(dtype=DTYPES[a.dtype], shape=a.shape, data_offsets=[end - a.nbytes, end])
            for (k, a), end in zip(arrays.items(), ends)}
    head = json.dumps({'__metadata__': meta} | head).encode()
    head += b' '*(-len(head) % 8)
    write_bytes(path, len(head).to_bytes(8, 'little') + head + b''.join(a.tobytes() for a in arrays.values()))

def read_safetensors(path) -> dict: # arrays by name
    "Read what `write_safetensors` wrote"
    raw = Path(path).read_bytes()
    start = 8 + int.from_bytes(raw[:8], 'little')
    kinds = {name: dtype for dtype, name in DTYPES.items()}
    head = {k: o for k, o in json.loads(raw[8:start]).items() if k != '__metadata__'}
    def array(o):
        begin, end = o['data_offsets']
        a = np.frombuffer(raw[start + begin:start + end], kinds[o['dtype']]).reshape(o['shape'])
        return a.astype('<f4') if a.dtype == '<f2' else a
    return {k: array(o) for k, o in head.items()}

def export(path):
    "Write the page's file: for weights 16 bits will do"
    arrays = pair_arrays() | ten_arrays()
    arrays |= {k: a.astype('<f2') for k, a in arrays.items() if a.dtype == '<f4' and not k.startswith('ideal')}
    write_safetensors(path, arrays,
                      images="MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges; CC BY-SA 3.0",
                      models="mnist_sgd, Apache-2.0; trained by mnist_sgd train and tools/train_long.py")

if __name__ == '__main__':
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT/'_docs'/'models.safetensors'
    export(path)
    print(f'{path}: {path.stat().st_size:,} bytes')
