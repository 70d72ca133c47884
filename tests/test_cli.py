"The command, run as people run it"
import json, os, shlex, shutil, signal, struct, subprocess, sys, tempfile, time, zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_sgd.data import mnist_arrays, mnist_path

START = sys.executable, '-m', 'mnist_sgd'

def command(*words, cwd, module=True, env=(), **kwargs):
    return subprocess.run([*(START if module else ['mnist_sgd']), *map(str, words)], capture_output=True,
                          text=not kwargs, cwd=cwd, timeout=300, env=os.environ | {'COLUMNS': '200'} | dict(env),
                          **kwargs)

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    "A folder in which `mnist_sgd train` has run, and what it printed"
    folder = tmp_path_factory.mktemp('run')
    return folder, command('train', cwd=folder)

def test_train_tells_the_story(trained):
    folder, done = trained
    assert done.returncode == 0 and done.stderr == ''
    table = [line.split() for line in done.stdout.split('Is it a 3 or a 7?\n')[1].splitlines()[1:4]]
    accuracy = {row[0]: float(row[-2]) for row in table}
    assert accuracy['pixel'] > .95 and accuracy['linear'] >= .978 and accuracy['relu'] >= .985
    assert [row[-3] for row in table] == ['1,568', '785', '39,301']
    assert 'mnist_sgd_output' in done.stdout and '\r' not in done.stdout
    assert sorted(p.name for p in (folder/'mnist_sgd_output').iterdir()) == ['linear.npz', 'relu.npz', 'training.png']
    with Image.open(folder/'mnist_sgd_output'/'training.png') as im: assert im.size[0] > 800

def test_predict_uses_the_saved_weights(trained, forked):
    folder, _ = trained
    pictures = [f for d in (3, 7) for f in sorted((mnist_path()/'valid'/str(d)).iterdir())[:50]]
    for weights in ('mnist_sgd_output/linear.npz', 'mnist_sgd_output'):
        done = forked('predict', *pictures, '--weights', weights, cwd=folder)
        assert done.returncode == 0 and done.stderr == ''
        right = sum(f'{f}: {f.parent.name} (' in line for f, line in zip(pictures, done.stdout.splitlines()))
        assert right >= 95

def test_same_seed_same_weights_other_digits_other_names(forked, tmp_path):
    words = 'train', '--digits', 1, 0, '--epochs', 1, '--seed', 7, '--lr', .05, '--batch-size', 256
    for out, run in (('a', command), ('b', forked)): assert run(*words, '--out', out, cwd=tmp_path).returncode == 0
    a, b = (np.load(tmp_path/out/'relu.npz') for out in ('a', 'b'))
    for name in a.files:
        if name.startswith('model'): assert (a[name] == b[name]).all()
    Image.fromarray(mnist_arrays('valid', 1)[0][0]).save(tmp_path/'one.png')
    assert ': 1 (' in forked('predict', 'one.png', '--weights', 'a/linear.npz', cwd=tmp_path).stdout

def test_more_than_two_digits_and_other_models(forked, tmp_path):
    done = forked('train', '--digits', 7, 1, 0, '--epochs', 1, '--models', 'similarity', 'linear', 'conv',
                   cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, '')
    table = [line.split() for line in done.stdout.split('Is it a 7, a 1 or a 0?\n')[1].splitlines()[1:4]]
    accuracy = {row[0]: float(row[-2]) for row in table}
    assert list(accuracy) == ['pixel', 'linear', 'conv'] and accuracy['linear'] > .98 and accuracy['conv'] > .99
    assert table[1][1] == '2,355'  # 785 for each of three digits
    assert {p.name for p in (tmp_path/'mnist_sgd_output').iterdir()} == {'linear.npz', 'conv.npz', 'training.png'}
    pictures = [mnist_path((0, 1))/'valid'/name for name in ('0/3.png', '1/2.png')]
    for name in ('linear', 'conv'):
        done = forked('predict', *pictures, '--weights', f'mnist_sgd_output/{name}.npz', cwd=tmp_path)
        assert [line.split(': ')[1][0] for line in done.stdout.splitlines()] == ['0', '1']
    done = forked('evaluate', '--weights', 'mnist_sgd_output/conv.npz', cwd=tmp_path)
    assert f'3,143 test images: accuracy {accuracy["conv"]:.4f}' in done.stdout and 'calibration' in done.stdout
    rows = [list(map(int, line.split())) for line in done.stdout.splitlines()[4:7]]
    assert [row[0] for row in rows] == [0, 1, 7] and sum(sum(row[1:]) for row in rows) == 3143
    assert sum(row[1 + i] for i, row in enumerate(rows)) == round(3143*accuracy['conv'])
    with Image.open(tmp_path/'mnist_sgd_output'/'evaluation.png') as im: assert im.size[0] > 800

def test_predict_works_at_once_and_takes_folders(forked, tmp_path):
    images, labels = mnist_arrays('valid')
    for i, d in enumerate(labels[:30]): Image.fromarray(images[i]).save(tmp_path/f'{i:02} is {d}.png')
    (tmp_path/'others').mkdir()
    Image.fromarray(255 - np.rot90(np.kron(images[0], np.ones((5, 5), np.uint8)))).save(tmp_path/'others'/'side.TIF')
    sign = Image.new('L', (200, 200), 255)
    for box in ((60, 40, 75, 160), (125, 40, 140, 160), (60, 92, 140, 106)): sign.paste(0, box)
    sign.save(tmp_path/'others'/'H.webp', lossless=True)
    (tmp_path/'notes.txt').write_text('no picture')
    done = forked('predict', '.', '--show', 'seen.png', cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, '')
    lines = [line for line in done.stdout.splitlines() if ' is ' in line]
    right = [line for line in lines if line.split(' is ')[1][0] == line.split(': ')[1][0]]
    assert len(done.stdout.splitlines()) == 32 and len(right) >= 29
    assert 'others/H.webp: no digit (probability' in done.stdout
    assert 'others/side.TIF: 7 (' in done.stdout and 'turned by 90 degrees' in done.stdout
    with Image.open(tmp_path/'seen.png') as im: assert im.size[0] > 800
    done = forked('predict', '00 is 7.png', 'others/H.webp', '--json', cwd=tmp_path)
    seven, none = map(json.loads, done.stdout.splitlines())
    assert (seven['file'], seven['digit'], seven['turned']) == ('00 is 7.png', 7, 0)
    assert seven['probability'] > .9 > seven['second_probability'] and seven['second'] in range(10)
    assert none['digit'] is None and none['probability'] > .12

@pytest.mark.skipif(sys.platform == 'win32', reason='needs a pseudo-terminal')
@pytest.mark.parametrize('processes', [1, 2])
def test_a_terminal_gets_a_progress_bar(server, tmp_path, processes):
    import fcntl, pty, struct, termios
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
    process = server.start('train', '--epochs', 1, '--processes', processes, stdin=theirs, stdout=theirs, stderr=theirs,
                           cwd=tmp_path)
    os.close(theirs)
    text = b''
    try:
        while chunk := os.read(ours, 4096): text += chunk
    except OSError: pass  # the other end was closed
    assert process.wait() == 0 and b'it/s' in text and b'\r' in text

@pytest.fixture(scope='module')
def odd_files(trained):
    "In the folder `trained`: a picture, and files that are none, or none that can be read"
    folder, _ = trained
    good = (mnist_path()/'valid'/'3'/'18.png').read_bytes()
    (folder/'good.png').write_bytes(good)
    (folder/'cut.png').write_bytes(good[:len(good)//2])
    (folder/'empty.png').write_bytes(b'')
    (folder/'file').write_text('neither weights nor a picture nor a folder')
    Image.new('L', (60, 60), 200).save(folder/'blank.png')
    (folder/'bare').mkdir()
    Image.new('1', (20_000, 20_000)).save(folder/'bomb.png')

@pytest.mark.parametrize('words, expected', [
    ((), 'COMMAND'),
    (('trian',), 'trian'),
    (('train', '--digits', '3', '10'), "'10' is not a digit from 0 to 9"),
    (('train', '--digits', '3', 'seven'), "'seven' is not a digit"),
    (('train', '--digits', '3'), '--digits are 3; give two or more different digits'),
    (('train', '--digits', 'all', '3'), 'give two or more different digits'),
    (('train', '--models', 'tree'), "'tree'"),
    (('train', '--digits', '3', '3'), '--digits are 3 3; give two or more different digits'),
    (('train', '--epochs', '0'), "'0' is not a whole number from 1"),
    (('train', '--epochs', '1.5'), "'1.5' is not a whole number"),
    *[(('train', '--lr', lr), f"{lr!r} is not a number from 1e-12 to 1e+38, such as 0.1")
      for lr in ('-1', 'nan', 'inf', '1e39', '1e-13')],
    (('train', '--batch-size', '0'), "'0' is not a whole number"),
    *[(('train', '--seed', seed), f"{seed!r} is not a whole number from 0 to 9,223,372,036,854,775,807")
      for seed in ('-1', '9223372036854775808')],
    *[(('train', '--device', name), f"no device {name!r} here; 'cpu'")
      for name in ('abacus', 'cuda:99', 'meta', 'hpu', 'privateuseone')],
    (('train', '--\x1b[2J'), r'--\x1b[2J'),
    (('train', '--out', 'file/\r\u202e'), r'folder file/\r\u202e'),
    (('train', '--out', 'file/sub'), 'cannot make the folder'),
    (('train', '--out', 'file'), 'cannot make the folder'),
    (('train', '--nonsense'), '--nonsense'),
    (('predict',), 'FILE'),
    (('predict', 'good.png', '--weights', 'none.npz'), 'run mnist_sgd train first'),
    (('predict', 'good.png', '--weights', 'file'), 'damaged'),
    (('predict', 'good.png', '--weights', '.'), 'no weights relu.npz'),
    (('predict', 'missing.png'), 'missing.png: No such file'),
    (('predict', 'bare'), 'there is no picture in the folder bare'),
    (('evaluate', '--weights', 'file'), 'damaged'),
    (('evaluate', '--out', 'file'), 'cannot make the folder'),
    (('predict', 'file'), 'file: not an image'),
    (('predict', 'empty.png'), 'empty.png: not an image'),
    (('predict', 'cut.png'), 'cut.png: not an image'),
    (('predict', 'blank.png'), 'blank.png: no digit: the picture shows nothing'),
    (('predict', 'bomb.png'), 'bomb.png: ')], ids=str)
def test_anything_wrong_ends_with_one_line(forked, trained, odd_files, words, expected):
    done = forked(*words, cwd=trained[0])
    assert done.returncode != 0 and done.stdout == ''
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr and done.stderr.startswith('mnist_sgd')

def test_one_bad_file_does_not_hide_the_others(forked, trained):
    folder, _ = trained
    good = mnist_path()/'valid'/'7'/'0.png'
    done = forked('predict', 'missing.png', good, cwd=folder)
    assert done.returncode == 1 and f'{good}: 7' in done.stdout and 'missing.png' in done.stderr

def test_help_and_version_answer_without_loading_torch(tmp_path):
    for words in (['--help'], ['train', '--help'], ['predict', '--help'], ['--version']):
        done = command(*words, cwd=tmp_path, module=False)
        assert done.returncode == 0 and 'mnist_sgd' in done.stdout

SIDES = {  # what EXIF's orientation says of how an upright picture is stored
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.T, 6: lambda a: a[:, ::-1].T, 7: lambda a: a[::-1, ::-1].T, 8: lambda a: a[::-1].T}

@pytest.mark.parametrize('digit', [3, 7])
def test_a_picture_is_seen_upright(forked, trained, tmp_path, digit):
    "All eight orientations, in each format that keeps one: the answer is the upright picture's, to the last digit"
    image = mnist_arrays('valid', digit)[0][18 if digit == 3 else 0]
    upright = np.pad(255 - image, ((0, 30), (9, 0)), constant_values=255)
    names = []
    for kind in ('png', 'tif', 'webp', 'jpg'):
        for orientation, side in SIDES.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            names.append(f'{orientation}.{kind}')
            options = dict(lossless=True) if kind == 'webp' else {}
            Image.fromarray(np.ascontiguousarray(side(upright))).save(tmp_path/names[-1], exif=exif, **options)
    done = forked('predict', *names, '--weights', trained[0]/'mnist_sgd_output'/'linear.npz', cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ''
    answers = dict(line.split(': ') for line in done.stdout.splitlines())
    assert list(answers) == names and all(answer.startswith(f'{digit} ') for answer in answers.values())
    assert len({answer for name, answer in answers.items() if not name.endswith('jpg')}) == 1

def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

def png(width, height, *chunks):
    "The content of a PNG file of black pixels, 1 bit each, with other chunks before the pixels"
    rows = zlib.compressobj(9)
    pixels = rows.compress(bytes((width + 7)//8 + 1)*height) + rows.flush()
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 1, 0, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + header + b''.join(chunks) + chunk(b'IDAT', pixels) + chunk(b'IEND', b'')

@pytest.mark.skipif(sys.platform == 'win32', reason='the file is a program for a Unix shell')
def test_no_picture_starts_a_program(forked, trained, tmp_path):
    (tmp_path/'bin').mkdir()
    (tmp_path/'bin'/'gs').write_text(f'#!/bin/sh\ntouch {shlex.quote(str(tmp_path/"marker"))}\n')
    (tmp_path/'bin'/'gs').chmod(0o755)
    postscript = '%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n'
    (tmp_path/'innocent.png').write_text(postscript)
    env = dict(PATH=f'{tmp_path/"bin"}{os.pathsep}{os.environ["PATH"]}')
    done = forked('predict', 'innocent.png', '--weights', trained[0]/'mnist_sgd_output', cwd=tmp_path, env=env)
    assert not (tmp_path/'marker').exists() and done.returncode == 1
    assert done.stderr == ('mnist_sgd predict: innocent.png: not an image file that can be read; '
                           'save the picture as PNG or JPEG\n')
    # with all of Pillow's formats, it would have been started
    load = "from PIL import Image; Image.open('innocent.png').load()"
    subprocess.run([sys.executable, '-c', load], cwd=tmp_path, env=os.environ | env, stderr=subprocess.DEVNULL)
    assert (tmp_path/'marker').exists()

@pytest.mark.skipif(not hasattr(os, 'wait4'), reason='measures memory as Unix does')
def test_a_small_file_with_many_pixels_takes_no_memory(forked, trained, tmp_path):
    def predict(name):
        "How the command ends, what it says on stderr, and its peak memory in MB"
        done = forked('predict', name, '--weights', trained[0]/'mnist_sgd_output', cwd=tmp_path)
        return done.returncode, done.stderr, done.peak/2**10
    Image.fromarray(mnist_arrays('valid', 3)[0][18]).save(tmp_path/'good.png')
    (tmp_path/'tall.png').write_bytes(png(1, 80_000_000))
    assert (tmp_path/'tall.png').stat().st_size < 200_000
    (good, _, usual), (tall, err, peak) = predict('good.png'), predict('tall.png')
    assert (good, tall) == (0, 1)
    assert 'tall.png: the picture has 1 x 80,000,000 pixels; ' in err and len(err.splitlines()) == 1
    assert peak < usual + 50

@pytest.mark.parametrize('chunks', [
    [chunk(b'zTXt', b'a\0\0' + zlib.compress(bytes(10**8)))],
    [chunk(b'zTXt', b'a\0\0' + zlib.compress(bytes(10**6)))]*70], ids=['one large text', 'many texts'])
def test_texts_in_a_picture_do_not_fill_the_memory(forked, trained, tmp_path, chunks):
    (tmp_path/'a.png').write_bytes(png(60, 60, *chunks))
    done = forked('predict', 'a.png', '--weights', trained[0]/'mnist_sgd_output', cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == '' and len(done.stderr.splitlines()) == 1
    assert 'a.png: not an image file that can be read (' in done.stderr and 'too ' in done.stderr.lower()
    assert 'save the picture as PNG or JPEG' in done.stderr

def test_a_picture_from_standard_input(trained, forked, tmp_path):
    raw, weights = (mnist_path()/'valid'/'7'/'0.png').read_bytes(), trained[0]/'mnist_sgd_output'
    done = forked('predict', '-', '--weights', weights, cwd=tmp_path, input=raw)
    assert (done.returncode, done.stderr) == (0, b'') and done.stdout.startswith(b'-: 7 (')
    done = forked('predict', '-', '--weights', weights, cwd=tmp_path, input=b'')
    assert done.returncode == 1 and done.stderr.startswith(b'mnist_sgd predict: -: not an image file')
    (tmp_path/'-').write_bytes(raw)
    done = forked('predict', './-', '--weights', weights, cwd=tmp_path, input=b'')
    assert done.returncode == 0 and done.stdout.startswith(b'./-: 7 (')

@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
def test_any_name_can_be_printed(forked, trained, tmp_path):
    "What stdout cannot encode, what is no text, what would move the cursor: escaped, on one line, and on to the next"
    raw = (mnist_path()/'valid'/'7'/'0.png').read_bytes()
    names = ['sieben ✓.png', b'\xff.png', 'a\nb\x1b[2J\u202e.png', 'last.png']
    for name in names: Path(os.fsdecode(tmp_path), os.fsdecode(name)).write_bytes(raw)
    weights = '--weights', trained[0]/'mnist_sgd_output'
    done = subprocess.run([*START, 'predict', *names, 'no\r\nne', *weights], capture_output=True, cwd=tmp_path,
                          env=os.environ | dict(PYTHONIOENCODING='ascii'))
    assert [line.split(b': 7 (')[0] for line in done.stdout.splitlines()] == [
        rb'sieben \u2713.png', rb'\udcff.png', rb'a\nb\x1b[2J\u202e.png', b'last.png']
    assert done.returncode == 1
    assert done.stderr == rb'mnist_sgd predict: no\r\nne: No such file or directory' + b'\n'
    done = forked('predict', names[0], *weights, cwd=tmp_path, env=dict(PYTHONIOENCODING='utf-8'))
    assert '✓.png: 7' in done.stdout
    done = forked('notebooks', 'book\x1b[2J✓', cwd=tmp_path, env=dict(PYTHONIOENCODING='ascii'))
    assert (done.returncode, done.stderr) == (0, '')
    assert '\x1b' not in done.stdout and r'book\x1b[2J\u2713' in done.stdout

@pytest.mark.skipif(sys.platform == 'win32', reason='signals and pipes as Unix has them')
def test_the_command_ends_in_silence_when_nobody_reads(server, trained, tmp_path):
    "As in `mnist_sgd predict ... | head -1`; a disk that is full is worth a line"
    good, weights = mnist_path()/'valid'/'7'/'0.png', trained[0]/'mnist_sgd_output'
    predict, train = ['predict', good, '--weights', weights], ['train', '--epochs', '1']
    def ends(process, err):
        status = process.wait()
        err.seek(0)
        return status, err.read()
    def start(words, **files): return server.start(*words, cwd=tmp_path, **files)
    def start_alone(words, **files): return subprocess.Popen([*START, *words], cwd=tmp_path, **files)

    with tempfile.TemporaryFile('w+') as err:
        ours, theirs = os.pipe()
        process = start(['predict', *[good]*3000, '--weights', weights], stdout=theirs, stderr=err)
        os.close(theirs)
        with open(ours) as lines: assert lines.readline().startswith(f'{good}: 7')
        assert ends(process, err) == (141, '')
    for run, status, words in [(start_alone, 141, predict), (start, 141, predict), (start, 141, train),
                               (start, 141, [*train, '--processes', '2']), (start_alone, 0, ['--help'])]:
        with tempfile.TemporaryFile('w+') as err:
            ours, theirs = os.pipe()
            os.close(ours)
            process = run(words, stdout=theirs, stderr=err)
            os.close(theirs)
            assert ends(process, err) == (status, '')
    if Path('/dev/full').exists():
        with tempfile.TemporaryFile('w+') as err, open('/dev/full', 'w') as full:
            status, said = ends(start(predict, stdout=full, stderr=err), err)
        assert status == 1 and len(said.splitlines()) == 1 and 'No space left' in said

@pytest.mark.skipif(sys.platform == 'win32', reason='sends the signal that Ctrl-C is on Unix')
@pytest.mark.parametrize('words', [['predict', 'good.png', '-'], ['train']], ids=' '.join)
def test_interrupted_before_there_is_anything_to_keep(trained, tmp_path, words):
    shutil.copy(mnist_path()/'valid'/'7'/'0.png', tmp_path/'good.png')
    if words[0] == 'predict': words = [*words, '--weights', trained[0]/'mnist_sgd_output']
    with subprocess.Popen([*START, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd=tmp_path) as process:
        if words[0] == 'predict':
            assert process.stdout.readline().startswith('good.png: 7')  # and now it waits for standard input
        else:
            while not (tmp_path/'mnist_sgd_output').exists(): time.sleep(.01)  # and now it fits the baseline
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == f'\nmnist_sgd {words[0]}: interrupted\n'
    assert process.returncode == 130
