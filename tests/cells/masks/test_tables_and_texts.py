from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import from_run_lengths, read_features, renumbered, to_run_lengths, write_features
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask

floats = st.floats(allow_infinity=False, allow_nan=False)


@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 5)))
def test_run_lengths_can_be_read_back(labels):
    _, cells = renumbered(np.zeros_like(labels), labels)
    assert np.array_equal(from_run_lengths(to_run_lengths(cells), cells.shape), cells)


def test_broken_run_lengths_are_refused():
    [text] = to_run_lengths(np.ones((2, 2), int))
    for texts, message in {
        (text, "x"): "a broken mask: not base64: mask 2",
        (Mask.of(np.ones((3, 3), bool)).text,): "9 pixels in an image of 2 × 2 px",
        (text, text): "cell 1 has no pixel of its own",
        (Mask.of(np.zeros((2, 2), bool)).text,): "cell 1 has no pixel",
        (text,) * 65_536: "65536 masks in one field",
    }.items():
        with pytest.raises(CellocateError, match=message):
            from_run_lengths(texts, (2, 2))


@settings(max_examples=40)
@given(st.dictionaries(st.integers(1, 65_535), st.tuples(floats, st.none() | floats), min_size=1, max_size=5))
def test_features_can_be_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("f") / "a.csv"
    one = pd.DataFrame({"area": [a for a, _ in rows.values()]}, index=list(rows))
    other = pd.DataFrame({"Nuclear speckles": [b for _, b in rows.values()], "seen": "µ, m"}, index=list(rows))
    other["Nuclear speckles"] = other["Nuclear speckles"].astype(float)
    write_features(path, one, other)
    read = read_features(path)
    assert read.index.name == "cell"
    pd.testing.assert_frame_equal(read, pd.concat([one, other], axis=1), check_names=False, check_dtype=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cell,a\n1,2\n", "no column named index"),
        ("index,a\n0,2\n", r"index '0' is not a cell number.*line 2"),
        ("index,a\n1,2\n1,2\n", "occurs twice.*line 3"),
        ("index,a\nx,2\n", "index 'x'"),
        ("index,a\n1\n", "1 values under 2 columns"),
        ("", "it is empty"),
    ],
)
def test_a_faulty_features_table_is_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(CellocateError, match=message):
        read_features(tmp_path / "a.csv")


def test_tables_that_do_not_fit_are_not_written(tmp_path):
    one, two = (pd.DataFrame({"a": [1.0]}, index=[cell]) for cell in (1, 2))
    for tables, message in (
        ((one, two), "different cells"),
        ((one, one), "two columns named 'a'"),
        ((one.rename(columns={"a": "index"}),), "two columns named 'index'"),
    ):
        with pytest.raises(CellocateError, match=message):
            write_features(tmp_path / "a.csv", *tables)
    assert not list(tmp_path.iterdir())
