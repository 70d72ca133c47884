"The exercises: every right solution passes, every stored wrong one is recognised; code that misbehaves harms nothing"
import pytest

from mnist_sgd.practice import chapter_exercises, chapters, verdict

EXERCISES = [ex for chapter in chapters for ex in chapter_exercises(chapter)]
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
