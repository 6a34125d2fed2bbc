import numpy as np

from cellocate.pictures.choose_fields import choose_examples, choose_gallery


def table(*rows):
    return np.array(rows, dtype=bool)


def test_gallery_is_half_right_half_wrong_and_spread_evenly():
    truth = np.ones((100, 2), dtype=bool)
    decided = truth.copy()
    decided[1::2, 0] = False
    shown = choose_gallery(truth, decided, count=6)
    assert shown.right == [0, 48, 98]
    assert shown.wrong == [1, 49, 99]
    assert (shown.all_right, shown.all_wrong) == (50, 50)


def test_gallery_fills_up_with_the_other_kind():
    truth = np.ones((10, 2), dtype=bool)
    decided = truth.copy()
    decided[4] = False
    shown = choose_gallery(truth, decided, count=6)
    assert shown.wrong == [4]
    assert len(shown.right) == len(set(shown.right)) == 5
    shown = choose_gallery(~truth, decided, count=6)
    assert shown.right == [4]
    assert len(shown.wrong) == len(set(shown.wrong)) == 5


def test_gallery_shows_each_of_few_fields_once():
    truth = table([1, 0], [0, 1], [1, 1])
    shown = choose_gallery(truth, table([1, 0], [1, 1], [1, 1]))
    assert (shown.right, shown.wrong) == ([0, 2], [1])


def test_gallery_is_the_same_each_time():
    rng = np.random.default_rng(0)
    truth, decided = rng.random((2, 1000, 3)) < 0.5
    assert choose_gallery(truth, decided) == choose_gallery(truth, decided)


def test_examples_cover_many_locations_and_repeat_no_field():
    truth = table([1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1])
    assert choose_examples(truth) == [1, 3, 0, 2]
    assert choose_examples(truth, count=2) == [1, 3]
    assert choose_examples(truth[:1]) == [0]
