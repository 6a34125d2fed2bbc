from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cellocate.images import TTA, Scale, uncropped_side


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 1),
        ({"orientations": "flips"}, 4),
        ({"orientations": "dihedral", "pool": "max"}, 8),
        ({"crops": 1, "crop": 0.5}, 1),
        ({"orientations": "dihedral", "crops": 4, "crop": 2 / 3, "pool": "geometric"}, 32),
        ({"orientations": "flips", "crops": 5, "crop": 0.5}, 20),
    ],
)
def test_views_are_counted(settings: dict[str, object], count: int) -> None:
    views = TTA.model_validate(settings)
    assert views.count == count
    assert len(views.crop_places) == views.crops


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"crops": 4}, "or neither"),
        ({"crop": 0.5}, "or neither"),
        ({"pool": "max"}, "several predictions"),
        ({"pool": "geometric", "crops": 1, "crop": 0.5}, "several predictions"),
        ({"crops": 3, "crop": 0.5}, "crops"),
        ({"orientations": "eighths"}, "orientations"),
        ({"crops": 4, "crop": 0.05}, "crop"),
        ({"pool": "median", "orientations": "flips"}, "pool"),
        ({"number": 8}, "number"),
    ],
)
def test_views_that_make_no_sense_are_refused(settings: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        TTA.model_validate(settings)


@given(st.floats(0.11, 0.99), st.sampled_from([1, 4, 5]))
def test_crops_are_as_large_as_those_that_training_draws_and_lie_in_the_field(crop: float, count: int) -> None:
    squares = TTA.model_validate({"crops": count, "crop": crop}).crop_places
    sides = [square.side for square in squares]
    assert sides == sorted(set(sides))
    assert crop < sides[0]
    assert sides[-1] < 1
    assert sum(sides) / count == pytest.approx((crop + 1) / 2)  # the mean of a draw between both
    assert len({(square.x, square.y) for square in squares}) == count


@given(st.integers(32, 1024), st.floats(0.11, 0.99))
def test_fields_are_read_larger_for_crops_and_span_the_same(size: int, crop: float) -> None:
    seen = Scale(size, 0.5)
    read = TTA(crops=4, crop=crop).scale(seen)
    assert read.size == uncropped_side(size, crop)
    assert read.size * (read.pixel_size or 0) == pytest.approx(size * 0.5)
    assert TTA(orientations="dihedral").scale(seen) == seen
    assert TTA(crops=4, crop=crop).scale(Scale(size)).pixel_size is None


def test_views_are_told_in_words() -> None:
    assert str(TTA()) == "one view"
    assert str(TTA(orientations="flips")) == "4 mirrors, mean"
    assert str(TTA(orientations="dihedral", crops=4, crop=0.5, pool="max")) == "8 orientations × 4 crops, max"
    assert str(TTA(crops=1, crop=0.5)) == "1 crop, mean"


def test_the_name_of_earlier_cards_is_still_read() -> None:
    assert TTA(**{"turns": "flips"}) == TTA(orientations="flips")
    assert "turns" not in TTA(orientations="flips").model_dump()
