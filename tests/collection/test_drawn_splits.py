"""Methods, folds and groups of splits: what each draws, keeps together and refuses."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_collections import table_of

from cellocate.choices import SplitMethod
from cellocate.collection import PARTS, make_split, read_split, refuse_leaks, save_split
from cellocate.collection.duplicates import fingerprint
from cellocate.collection.splits import leaks
from cellocate.collection.splits.groups import grouping
from cellocate.collection.splits.stratify import stratify_rows, top_up
from cellocate.errors import CellocateError

LINES = ["U-2 OS", "HeLa", "A-431"]


def labelled(count=240, seed=0, **columns):
    rng = np.random.default_rng(seed)
    sets = [tuple(sorted(set(rng.choice(6, rng.integers(0, 3))))) for _ in range(count)]
    return table_of([tuple(map(int, s)) for s in sets], **columns)


@pytest.fixture
def antibodies():
    """Fields of 80 antibodies on 24 plates, in three cell lines."""
    n = np.arange(240)
    return labelled(antibody=(n // 3).astype(str), plate=(n // 10).astype(str), cell_line=np.array(LINES)[n % 3])


def untorn(split, key):
    return split.fields["part"].groupby(np.asarray(key)).nunique().max() == 1


@settings(max_examples=50)
@given(
    count=st.integers(1, 80),
    kinds=st.integers(1, 30),
    locations=st.integers(1, 9),
    weights=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any),
    seed=st.integers(0, 99),
)
def test_shares_have_the_sizes_asked_for(count, kinds, locations, weights, seed):
    rng = np.random.default_rng(seed)
    labels = (rng.random((kinds, locations)) < 0.3)[rng.integers(kinds, size=count)]
    bounds = np.round(np.cumsum([0, *weights]) * count / sum(weights)).astype(int)
    part = stratify_rows(labels, np.diff(bounds).tolist(), seed)
    assert np.bincount(part, minlength=len(weights)).tolist() == np.diff(bounds).tolist()
    assert (stratify_rows(labels, np.diff(bounds).tolist(), seed) == part).all()


def test_whole_label_sets_are_shared_out_exactly():
    labels = np.repeat(np.eye(5, dtype=bool), 20, axis=0)
    part = stratify_rows(labels, [60, 30, 10])
    for location in range(5):
        assert np.bincount(part[labels[:, location]]).tolist() == [12, 6, 2]


@pytest.mark.parametrize("method", ["stratified", "random", "sequential"])
@pytest.mark.parametrize("column", [None, "antibody", "plate", "cell_line"])
def test_no_method_tears_a_group(antibodies, method, column):
    share = 0.34 if column == "cell_line" else 0.2
    split = make_split(antibodies, method, by=[column] if column else [], validation=share, test=share)
    assert set(split.parts) == set(PARTS)
    assert untorn(split, antibodies.fields[column or "antibody"])
    assert refuse_leaks(split, antibodies) == [] or column in ("plate", "cell_line")


def test_the_sequential_method_keeps_the_order():
    split = make_split(labelled(100), "sequential", validation=0.2, test=0.1)
    assert split.parts.tolist() == ["train"] * 70 + ["validation"] * 20 + ["test"] * 10


def test_the_random_method_needs_no_labels():
    collection = replace(labelled(100), vocabulary=None)
    first, other = (make_split(collection, "random", seed=seed).parts for seed in (0, 1))
    assert first.value_counts().to_dict() == {"train": 70, "validation": 15, "test": 15}
    assert (first != other).any()
    with pytest.raises(CellocateError, match="no labels"):
        make_split(collection)


def test_groups_that_are_linked_are_one(antibodies):
    linked = grouping(antibodies, ["antibody", "plate"])
    for column in ("antibody", "plate"):
        assert linked.groupby(antibodies.fields[column]).nunique().max() == 1
    assert linked.nunique() == 8  # antibody 3 is on plates 0 and 1, and so on: 10 antibodies, 3 plates each
    assert set(linked) <= set(antibodies.fields["antibody"])


def test_fields_without_a_value_are_groups_of_their_own():
    assert grouping(labelled(4, plate=["", None, "a", "a"]), ["plate"]).tolist() == ["f00000", "f00001", "a", "a"]


@pytest.mark.parametrize(
    ("columns", "by", "fault"),
    [
        ({"plate": ["a"] * 4}, "antibody", r"no column 'antibody' to group by.*It has plate"),
        ({"plate": [""] * 4}, "plate", r"no field has a value in the column 'plate'"),
        ({}, "labels", r"no column 'labels'"),
    ],
)
def test_a_column_that_cannot_group_is_refused(columns, by, fault):
    with pytest.raises(CellocateError, match=fault):
        grouping(labelled(4, **columns), [by])


def prints(collection, twins):
    """Fingerprints of random hashes, but for each pair of twins."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(1, 2**63, (len(collection), 3)).astype(np.uint64)
    for first, second in twins:
        hashes[second] = hashes[first] ^ np.uint64(0b1011)
    words = [fingerprint(f"{row:x}", [int(h) for h in hashes[row]]) for row in range(len(collection))]
    return pd.Series(words, index=collection.ids)


@pytest.mark.parametrize("by", [["duplicates"], ["antibody", "duplicates"]])
def test_near_duplicates_are_kept_together(antibodies, by):
    twins = [(3 * i, 239 - 3 * i) for i in range(40)]
    words = prints(antibodies, twins)
    torn = make_split(antibodies, by=["antibody"], fingerprints=words)
    assert set(leaks(torn)) == {"near"}
    split = make_split(antibodies, by=by, fingerprints=words)
    parts = split.parts
    assert all(parts.iloc[a] == parts.iloc[b] for a, b in twins)
    assert leaks(split) == {}
    assert untorn(split, antibodies.fields["antibody"]) == ("antibody" in by)


def test_duplicates_must_be_known(antibodies):
    with pytest.raises(CellocateError, match="near duplicates are not known"):
        make_split(antibodies, by=["duplicates"])


@pytest.mark.parametrize("method", ["stratified", "random"])
@pytest.mark.parametrize("least", [0, 3, 5])
def test_rare_locations_have_a_minimum_in_train(method, least):
    rare = [(6 + i // 6,) for i in range(30)]  # five locations of six fields each
    collection = table_of(rare + [(i % 3,) for i in range(270)])
    counts = []
    for seed in range(5):
        split = make_split(collection, method, validation=0.4, test=0.2, min_per_location=least, seed=seed)
        assert split.parts.value_counts().to_dict() == {"train": 120, "validation": 120, "test": 60}
        counts.append(collection.labelled().truth()[split.parts == "train"].sum(axis=0)[6:11].min())
    assert min(counts) >= least
    assert least > 0 or min(counts) < 3 + (method == "stratified")


def test_a_location_of_fewer_fields_is_no_reason_to_move_any():
    part, fields = np.array([0, 0, 1, 1]), np.array([[1, 0], [1, 0], [1, 1], [0, 1]], np.int32)
    top_up(part, fields, minimum=4)
    assert part.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("method", ["stratified", "random", "sequential"])
@pytest.mark.parametrize("test", [0, 0.2])
def test_each_field_is_in_one_fold_or_in_the_test_part(antibodies, method, test):
    split = make_split(antibodies, method, folds=4, test=test)
    assert split.folds == ["0", "1", "2", "3"]
    held = []
    for fold in split.folds:
        parts = split.choose(fold).parts
        assert (parts == "test").sum() == pytest.approx(240 * test, abs=3)
        held += list(parts.index[parts == "validation"])
        assert refuse_leaks(split.choose(fold), antibodies) == []
    assert sorted(held) == sorted(split.fields.index[split.fields["part"] == "train"])


def test_folds_are_stratified():
    collection = labelled(1000)
    truth = collection.labelled().truth()[:, :6]
    split = make_split(collection, folds=5, test=0)
    for fold in split.folds:
        counts = truth[split.fields["fold"] == fold].sum(axis=0)
        np.testing.assert_allclose(counts, truth.sum(axis=0) / 5, atol=3)


@pytest.mark.parametrize(("count", "folds", "test"), [(3, 4, 0), (4, 4, 0.3), (5, 1, 0), (6, 2, 0.01)])
def test_too_few_groups_for_folds_are_refused(count, folds, test):
    with pytest.raises(CellocateError, match=rf"{count} fields or groups are too few to split into {folds} folds"):
        make_split(labelled(count), folds=folds, test=test)


def test_each_cell_line_is_left_out_once(antibodies):
    split = make_split(antibodies, "leave-one-out", validation=0.2)
    assert split.folds == sorted(LINES)
    for line in LINES:
        chosen = split.choose(line)
        assert ((chosen.parts == "test") == (antibodies.fields["cell_line"] == line)).all()
        assert set(chosen.parts) == set(PARTS)
        [said] = refuse_leaks(chosen, antibodies)  # each antibody is in all lines
        assert "groups lie in several parts" in said
    rest = split.fields[split.fields["left_out"] != "HeLa"]
    assert rest["part"].groupby(rest["group"]).nunique().max() == 1


def test_one_cell_line_cannot_be_left_out():
    with pytest.raises(CellocateError, match="connected to one group"):
        make_split(labelled(20, cell_line=["HeLa"] * 20), "leave-one-out")


def test_folds_are_chosen_by_name(antibodies, tmp_path):
    path = tmp_path / "s.csv"
    save_split(path, make_split(antibodies, folds=3))
    with pytest.raises(CellocateError, match=r"has 3 folds, and none was chosen: .*s\.csv. Choose one with --fold: 0,"):
        read_split(path, antibodies)
    with pytest.raises(CellocateError, match="no fold '7'"):
        read_split(path, antibodies, "7")
    assert (read_split(path, antibodies, "1").parts == "validation").sum() == 69
    save_split(path, make_split(antibodies))
    with pytest.raises(CellocateError, match="has no folds"):
        read_split(path, antibodies, "1")


@pytest.mark.parametrize("method", get_args(SplitMethod))
def test_a_split_is_read_as_it_was_saved(antibodies, method, tmp_path):
    split = make_split(antibodies, method, fingerprints=prints(antibodies, []))
    save_split(tmp_path / "s.csv", split)
    fold = split.folds[0] if split.folds else None
    again = read_split(tmp_path / "s.csv", antibodies, fold)
    pd.testing.assert_frame_equal(again.fields, split.choose(fold).fields)
    assert again.made["method"] == method
    assert leaks(again, antibodies) == leaks(split.choose(fold), antibodies)
