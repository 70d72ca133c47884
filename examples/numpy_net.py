"""Train a net with two layers on MNIST, with nothing but the standard library and NumPy.

It reads the images' bytes, works out the gradients by hand, and takes steps with momentum. Rate (.01 to
.1) and hidden units (50 or 100) were chosen on held-out training images, with three seeds (--hold-out 5000).
"""
import argparse, math, struct, time
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent/'mnist_sgd'/'mnist'

def read_idx(path): # 0, 0, 8 for bytes, 3 for three axes; their lengths; the pixels
    raw = path.read_bytes()
    if raw[:4] != b'\0\0\x08\x03': raise ValueError(f"{path} is no IDX file of images")
    shape = struct.unpack('>3I', raw[4:16])
    if len(raw) != 16 + math.prod(shape): raise ValueError(f"{path} is cut off; get it again")
    return np.frombuffer(raw, np.uint8, offset=16).reshape(shape)

def load(folder, digits): # images: n x 784, from 0 to 1; targets: n x len(digits), 1 or 0
    images = [read_idx(folder/f'{d}.idx').reshape(-1, 784) for d in digits]
    targets = np.repeat(np.eye(len(digits), dtype=np.float32), [len(o) for o in images], axis=0)
    return np.concatenate(images).astype(np.float32)/255, targets

def init_params(n_hidden, n_out, rng): # a spread that keeps the size of what passes through
    w1 = rng.normal(0, math.sqrt(2/784), (784, n_hidden))
    w2 = rng.normal(0, math.sqrt(2/n_hidden), (n_hidden, n_out))
    return [p.astype(np.float32) for p in (w1, np.zeros(n_hidden), w2, np.zeros(n_out))]

def forward(x, w1, b1, w2, b2): # the hidden units, and a score per class
    hidden = np.maximum(x@w1 + b1, 0)
    return hidden, hidden@w2 + b2

def softmax(scores): # probabilities, n x classes
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers/powers.sum(1, keepdims=True)

def loss_and_gradients(x, targets, params): # mean cross-entropy, and a gradient per parameter
    hidden, scores = forward(x, *params)
    probs = softmax(scores)
    loss = -np.log((probs*targets).sum(1) + 1e-12).mean()
    d_scores = (probs - targets)/len(x)
    d_sums = d_scores@params[2].T*(hidden > 0)
    return loss, [x.T@d_sums, d_sums.sum(0), hidden.T@d_scores, d_scores.sum(0)]

def accuracy(x, targets, params):
    return (forward(x, *params)[1].argmax(1) == targets.argmax(1)).mean()

def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for name, kind, default, text in (
        ('epochs', int, 5, 'how many times to go through the images'), ('hidden', int, 100, 'hidden units'),
        ('lr', float, .05, 'learning rate'), ('momentum', float, .9, 'share of the velocity that is kept'),
        ('batch', int, 64, 'images per step'), ('seed', int, 42, 'for the start and the order'),
        ('hold-out', int, 0, 'judge by so many training images, not by the test images'),
        ('data', Path, DATA, 'folder with train/3.idx, valid/3.idx and so on')):
        parser.add_argument(f'--{name}', type=kind, default=default, help=text)
    parser.add_argument('--digits', type=int, nargs='+', metavar='DIGIT', choices=range(10),
                        default=[*range(10)], help='which digits, each from 0 to 9')
    a, start = parser.parse_args(), time.perf_counter()
    rng, digits = np.random.default_rng(a.seed), sorted(set(a.digits))
    try: (x, y), (valid_x, valid_y) = (load(a.data/split, digits) for split in ('train', 'valid'))
    except (OSError, ValueError) as e: parser.error(str(e))
    order = np.random.default_rng(0).permutation(len(x))[:a.hold_out or None]
    if a.hold_out: valid_x, valid_y, x, y = *(o[order] for o in (x, y)), *(np.delete(o, order, 0) for o in (x, y))
    params = init_params(a.hidden, len(digits), rng)
    velocities = [np.zeros_like(p) for p in params]
    for epoch in range(1, a.epochs + 1):
        losses = []
        for batch in np.split(rng.permutation(len(x)), range(a.batch, len(x), a.batch)):
            loss, gradients = loss_and_gradients(x[batch], y[batch], params)
            losses.append(loss)
            for p, v, g in zip(params, velocities, gradients):
                v[...] = a.momentum*v + g
                p -= a.lr*v
        print(f'epoch {epoch}  loss {np.mean(losses):.4f}  accuracy {accuracy(valid_x, valid_y, params):.4f}'
              f'  {time.perf_counter() - start:.1f} s', flush=True)

if __name__ == '__main__': main()
