"""Counts of cameras of any depth on the full scale of their files, and offsets taken off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.images import to_float
from cellocate.images.bit_depth import (
    DEPTHS,
    check_bits,
    check_counts,
    check_offset,
    full_scale,
    full_value,
    smallest_depth,
    without_offset,
)


@given(st.integers(0, 65535))
def test_the_smallest_depth_holds_a_value_and_no_smaller_one_does(value):
    bits = smallest_depth(value)
    assert value <= full_value(bits)
    assert all(value > full_value(smaller) for smaller in DEPTHS if smaller < bits)


@given(st.sampled_from(range(8, 17)), st.integers(0, 99))
def test_an_edition_of_any_depth_is_that_of_8_bits_within_rounding(bits, seed):
    eight = np.random.default_rng(seed).integers(0, 256, (2, 5, 7), dtype=np.uint8)
    counts = np.round(eight * (full_value(bits) / 255)).astype(np.uint16)
    scaled = full_scale(counts, bits)
    assert scaled.dtype == np.uint16
    np.testing.assert_allclose(to_float(scaled), to_float(eight), atol=0.6 / full_value(bits))
    np.testing.assert_array_equal(full_scale(np.array([0, full_value(bits)], np.uint16), bits), [0, 65535])


@pytest.mark.parametrize(("kind", "bits"), [(np.uint8, 12), (np.uint8, None), (np.uint16, 16), (np.uint16, None)])
def test_what_fills_its_type_stays_as_it_is(kind, bits):
    pixels = np.arange(200, dtype=kind)
    assert full_scale(pixels, bits) is pixels


def test_a_pixel_beyond_the_depth_is_refused_and_never_clipped():
    counts = np.array([[7, 4096]], np.uint16)
    for function in (full_scale, check_counts):
        with pytest.raises(CellocateError, match=r"a pixel of 4096, above the 4095 of 12 bits\. Write bits: 14 into"):
            function(counts, 12)
    check_counts(counts, 14)


@given(st.sampled_from([np.uint8, np.uint16]), st.integers(0, 65535), st.integers(0, 65535))
def test_an_offset_is_taken_off_and_nothing_becomes_negative(kind, value, offset):
    value = min(value, np.iinfo(kind).max)
    left = without_offset(np.array([[[value]]], kind), offset)
    assert left.dtype == kind
    assert left.item() == (value if offset > np.iinfo(kind).max else max(0, value - offset))


@pytest.mark.parametrize(("check", "wrong"), [(check_bits, (7, 17, 11.5)), (check_offset, (-1, 65536, 0.5))])
def test_impossible_depths_and_offsets_are_refused(check, wrong):
    for value in wrong:
        with pytest.raises(CellocateError, match="impossible"):
            check(value)
    assert check(12.0) == 12
