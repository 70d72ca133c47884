"""Make the package's data files from the four original MNIST files.

    python tools/make_data.py FOLDER [DEST]

FOLDER holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
gzipped (.gz) or not; their contents are checked against the known MD5 sums. DEST (default: mnist_sgd/mnist) gets, for
each split, DIGIT.idx with that digit's images and labels.idx with all labels, both in the order of the original file,
and SHA256SUMS over them all. The same input gives the same bytes. (A wheel is a zip file, so they are compressed on
their way to the user.)
"""
import argparse, gzip, hashlib
from pathlib import Path

from mnist_sgd.data import read_idx, write_idx

MD5 = {'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
       'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
       't10k-images-idx3-ubyte': '2646ac647ad5339dbf082846283269ea',
       't10k-labels-idx1-ubyte': '27ae3e4e09519cfbb04c329615203637'}

def original(folder, name):
    "The array in the original file `name`, gzipped or not, once its content has been verified"
    path = next((p for p in (folder/name, folder/f'{name}.gz') if p.exists()), None)
    if path is None: raise SystemExit(f"{folder} has neither {name} nor {name}.gz")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == '.gz' else path.read_bytes()
    if hashlib.md5(raw).hexdigest() != MD5[name]:
        raise SystemExit(f"{path} is not the original MNIST file: its MD5 sum is not {MD5[name]}")
    return read_idx(path)

def main(folder, dest):
    sums = []
    for split, name in (('train', 'train'), ('valid', 't10k')):
        images, labels = original(folder, f'{name}-images-idx3-ubyte'), original(folder, f'{name}-labels-idx1-ubyte')
        (dest/split).mkdir(parents=True, exist_ok=True)
        arrays = {'labels': labels} | {str(d): images[labels == d] for d in range(10)}
        for stem, a in arrays.items():
            path = dest/split/f'{stem}.idx'
            write_idx(path, a)
            sums.append(f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {split}/{stem}.idx\n')
    (dest/'SHA256SUMS').write_text(''.join(sums))

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='folder with the four original files')
    parser.add_argument('dest', type=Path, nargs='?', default=Path(__file__).parent.parent/'mnist_sgd'/'mnist',
                        help='folder to write (default: %(default)s)')
    args = parser.parse_args()
    main(args.folder, args.dest)
