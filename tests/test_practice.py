"The exercises: right solutions pass, typical wrong ones are recognised; code that misbehaves harms nothing"
import inspect, json, os, sys, time
from pathlib import Path

import pytest
import torch

from mnist_sgd import practice
from mnist_sgd.cli import main
from mnist_sgd.exercises.clinic import defined, patients
from mnist_sgd.practice import (broken_rule, chapter_exercises, chapters, check, check_file, hint, judge, progress,
                                progress_file, verdict)

# The clinic's have no stored solutions: tests of their own follow
EXERCISES = [ex for chapter in chapters if chapter != 'clinic' for ex in chapter_exercises(chapter)]
each = pytest.mark.parametrize('ex', EXERCISES, ids=lambda ex: ex.name)

@each
def test_right_solutions_pass(ex):
    assert len(ex.rights) >= 3
    for f in ex.rights: assert verdict(ex, f), (f.__name__, verdict(ex, f))

@each
def test_wrong_solutions_are_recognised(ex):
    assert 3 <= len(ex.wrongs) <= 6
    for words, f in ex.wrongs:
        v = verdict(ex, f)
        assert not v and v.text.startswith(words), (f.__name__, v)

@each
def test_has_hints_and_a_name_of_its_own(ex):
    assert len(ex.hints) >= 2 and ex.name.partition('.')[0] in chapters
    assert [o.function for o in EXERCISES].count(ex.function) == 1

def test_there_are_sixty_exercises_in_all_chapters():
    counts = {c: len(chapter_exercises(c)) for c in chapters[:-2]}
    assert sum(counts.values()) >= 60 and min(counts.values()) >= 4, counts

# ---- the clinic

@pytest.mark.parametrize('patient', patients, ids=lambda p: p.name)
def test_a_patient_is_sick_and_the_cure_cures(patient):
    sick, cured = (verdict(patient, defined(code)) for code in (patient.sick, patient.healthy))
    assert not sick and sick.text.startswith(('as before', 'not yet', 'better, but')), sick
    assert cured and cured.text.startswith('cured'), cured

@pytest.mark.parametrize('number, code, answer', [
    (1, lambda p: p.sick.replace('.0005', '.003'), 'better, but'),
    (1, lambda p: p.sick.replace('.0005', '5'), 'another fault now'),
    (2, lambda p: p.healthy.replace('range(8)', 'range(3)'), 'another fault now: it trains for 3 epochs'),
    (4, lambda p: p.healthy.replace('valid_images)', 'images[:1000])', 1), 'another fault now'),
    (16, lambda p: p.sick.replace('nn.Dropout(.5), ', ''), 'cured'),
    (7, lambda p: 'def train(*parts): return 1', 'your code raises')])
def test_what_the_clinic_says_to_half_a_cure(number, code, answer):
    patient = patients[number - 1]
    assert verdict(patient, defined(code(patient))).text.startswith(answer)

def test_each_patient_has_four_answers_and_a_way_to_find_out():
    assert len(patients) == 24 == len({p.sick for p in patients})
    for p in patients:
        assert len(p.answers) == 4 and all(len(part) > 5 for answer in p.answers for part in answer)
        assert p.finding and len(p.hints) >= 2 and p.symptom

# ---- code that misbehaves

@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch): monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'data'))

RIGHT = 'def rmse(a, b):\n    return ((a - b)**2).mean((-1, -2)).sqrt()\n'

@pytest.fixture
def impatient(monkeypatch): monkeypatch.setattr(practice.find_exercise('similarity.rmse'), 'seconds', 1)

@pytest.mark.parametrize('code, words', [
    (RIGHT, 'right'),
    (RIGHT + 'while True: pass', 'For the code itself: no end within 1 s'),
    ('def rmse(a, b):\n    while True:\n        try: pass\n        except BaseException: pass', 'no end within 1 s'),
    ('def rmse(a, b):\n    c = 1\n    return 1/0', 'ZeroDivisionError: division by zero (line 3), and tensor(0.5) is'),
    (RIGHT.replace('return', 'print("hello")\n    return'), 'right, and it prints'),
    (RIGHT + 'raise SystemExit', 'SystemExit'),
    ('def rmse(a, b): exit()', 'your code raises'),
    ('import os\ndef rmse(a, b): os._exit(3)', 'Python itself gave up'),
    ('def rmse(a, b): return [0]*10**12', 'your code raises'),
    ('def rmse(a, b):\n    a -= b\n    return (a**2).mean((-1, -2)).sqrt()', "You changed the caller's a"),
    ('def rmse(a, b): (a - b)**2', 'Nothing comes back'),
    ('x = 1', 'the code defines no rmse; write rmse(a, b)'),
    ('def rmse(a, b', 'SyntaxError')])
def test_code_that_misbehaves_is_reported_and_harms_nothing(impatient, code, words):
    before = torch.get_rng_state(), torch.get_num_threads(), os.getcwd(), sys.stdout
    started = time.monotonic()
    v = judge('similarity.rmse', code)
    assert words in str(v) and bool(v) == words.startswith('right') and '\n' not in str(v), v
    assert time.monotonic() - started < 20
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (torch.get_num_threads(), os.getcwd(), sys.stdout)

def test_without_processes_to_copy_a_thread_is_stopped(impatient, monkeypatch):
    monkeypatch.delattr(os, 'fork')
    assert judge('similarity.rmse', RIGHT)
    assert 'no end within 1 s' in str(judge('similarity.rmse', 'def rmse(a, b):\n    while True: pass'))

def test_an_exercise_that_is_not_there():
    with pytest.raises(ValueError, match=r"there is no exercise 'similarity.rsme'; this chapter has .*similarity.rmse"):
        judge('similarity.rsme', RIGHT)
    with pytest.raises(ValueError, match="'rmse' names no chapter"): judge('rmse', RIGHT)

# ---- ticks and hints

def test_ticks_are_kept_and_deleting_the_file_loses_only_them(capsys):
    assert not check('similarity.rmse', 'def rmse(a, b): return a') and not progress_file().exists()
    assert check('similarity.rmse', RIGHT) and [p.name for p in progress_file().parent.iterdir()] == ['progress.json']
    day = json.loads(progress_file().read_text())['done']['similarity.rmse']
    assert check('similarity.rmse', RIGHT)
    assert json.loads(progress_file().read_text())['done'] == {'similarity.rmse': day}
    capsys.readouterr()
    progress('similarity')
    assert '✓ similarity.rmse' in capsys.readouterr().out
    progress_file().unlink()
    progress('similarity')
    assert '✓' not in capsys.readouterr().out
    assert judge('similarity.rmse', RIGHT)

@pytest.mark.parametrize('content', ['', '[1]', '{"done": 3}', '{"hints": {"similarity.rmse": "x"}}', '\x00'])
def test_a_damaged_file_of_ticks_is_made_anew(content, capsys):
    progress_file().parent.mkdir(parents=True)
    progress_file().write_text(content)
    hint('similarity.rmse')
    assert check('similarity.rmse', RIGHT)
    assert list(json.loads(progress_file().read_text())['done']) == ['similarity.rmse']

def test_a_folder_that_cannot_be_written_to_costs_only_the_tick(monkeypatch, tmp_path, capsys):
    (tmp_path/'file').write_text('')
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'file'))
    assert check('similarity.rmse', RIGHT)
    assert 'cannot be remembered' in capsys.readouterr().out

def test_hints_say_more_with_each_call(capsys):
    said = []
    for _ in range(4):
        hint('similarity.rmse')
        said.append(capsys.readouterr().out)
    assert said[0].startswith('1 of 3') and said[2].startswith('3 of 3') and said[3] == said[0] != said[1]

# ---- from files

def test_a_python_file_and_a_notebook_are_checked(tmp_path, capsys):
    file, notebook = tmp_path/'mine.py', tmp_path/'mine.ipynb'
    file.write_text('import torch\nprint("noise")\n' + RIGHT)
    assert check_file(file) and capsys.readouterr().out == '✓ similarity.rmse: right\n'
    cells = [dict(cell_type='code', source=s) for s in ('1/0', '%%check similarity.rmse\ndef rmse(a, b): return a')]
    notebook.write_text(json.dumps(dict(cells=cells)))
    assert not check_file(notebook) and '✗ similarity.rmse' in capsys.readouterr().out

@pytest.mark.parametrize('name, text, words', [
    ('a.py', 'x = 1', 'holds no answer'), ('a.py', 'def (', 'SyntaxError'), ('a.ipynb', '{}', 'KeyError'),
    ('a.ipynb', 'x', 'JSONDecodeError')])
def test_files_without_an_answer(tmp_path, name, text, words):
    (tmp_path/name).write_text(text)
    with pytest.raises(ValueError, match=words): check_file(tmp_path/name)

def test_the_commands(tmp_path, monkeypatch, capsys):
    def run(*words): return main([*words]), *capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    Path('mine.py').write_text(RIGHT)
    assert run('check', 'mine.py') == (0, '✓ similarity.rmse: right\n', '')
    assert '✓ similarity.rmse' in run('progress', 'similarity')[1]
    Path('mine.py').write_text(RIGHT.replace('mean', 'sum'))
    assert run('check', 'mine.py')[0] == 1
    status, _, err = run('check', 'none.py')
    assert status == 1 and len(err.splitlines()) == 1 and 'none.py' in err
    assert run('progress', 'x')[2].startswith("mnist_sgd progress: 'x' names no chapter")
    assert run('clinic', '7')[0] == 0 and 'lr=.05' in Path('clinic_07.ipynb').read_text()
    Path('clinic_07.ipynb').write_text('mine')
    assert run('clinic', '7')[0] == 1 and Path('clinic_07.ipynb').read_text() == 'mine'
    assert run('clinic', '7', '--force')[0] == 0 and len(run('clinic')[1].splitlines()) == 26

# ---- puzzles

@pytest.mark.parametrize('ex', [o for o in EXERCISES if o.forbidden or o.one_line], ids=lambda ex: ex.name)
def test_right_solutions_keep_to_the_rules(ex):
    for f in ex.rights: assert broken_rule(ex, inspect.getsource(f)) is None, f.__name__

@pytest.mark.parametrize('code, words', [
    ('def fade(im): return torch.stack([im*1])', 'it uses stack'),
    ('def fade(im): return [o for o in im]', 'it uses a loop'),
    ('def fade(im):\n    ramp = 1\n    return im*ramp', 'say it in a single line')])
def test_puzzles_have_rules(code, words): assert words in str(judge('puzzles.fade', 'import torch\n' + code))

def test_a_puzzle_is_drawn(monkeypatch):
    import matplotlib.pyplot as plt
    plt.close('all')
    check('puzzles.fade', 'def fade(im): return im*0')
    assert [ax.get_title() for ax in plt.gcf().axes] == ['given: im (28, 28)', 'wanted (28, 28)', 'yours (28, 28)']
    plt.close('all')
