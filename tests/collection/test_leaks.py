"""What leaks between the parts of a split is refused or told, what does not is left alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_collections import table_of

from cellocate.collection import Split, make_split, read_split, refuse_leaks, save_split
from cellocate.collection.duplicates import fingerprint
from cellocate.collection.identity import split_parts_of
from cellocate.collection.splits import held_out_leaks, refuse_other_challenge
from cellocate.errors import CellocateError


def split_of(parts, **columns):
    return Split(pd.DataFrame({"part": parts, **columns}, index=pd.Index([f"f{i:05}" for i in range(len(parts))])))


FOUR = ["train", "train", "validation", "test"]


def test_groups_that_the_split_names_and_tears_are_refused():
    with pytest.raises(CellocateError, match=r"leaks: 1 groups lie in several parts, such as x \(train and test\)"):
        refuse_leaks(split_of(FOUR, group=["x", "y", "z", "x"]), table_of([(0,)] * 4))


@pytest.mark.parametrize("column", ["antibody", "plate", "group"])
def test_an_antibody_torn_by_a_split_of_somebody_is_refused(column):
    collection = table_of([(0,)] * 4, **{column: ["x", "y", "y", "z"]})
    with pytest.raises(CellocateError, match=rf"1 values of the column {column} .* such as y \(train and validation\)"):
        refuse_leaks(split_of(FOUR), collection)
    [told] = refuse_leaks(split_of(FOUR, group=["p", "p", "q", "r"]), collection)  # other groups were meant
    assert column in told


def test_a_split_without_groups_leaks_nothing():
    assert refuse_leaks(split_of(FOUR), table_of([(0,)] * 4)) == []


def test_identical_pixels_are_refused_and_near_ones_told():
    rng = np.random.default_rng(0)
    a, b, c = ([int(h) for h in row] for row in rng.integers(1, 2**63, (3, 3)))
    words = [fingerprint("1", a), fingerprint("2", b), fingerprint("3", c), fingerprint("1", a)]
    with pytest.raises(CellocateError, match=r"identical pixels .* f00000 \(train\) and f00003 \(test\)"):
        refuse_leaks(split_of(FOUR, fingerprint=words), table_of([(0,)] * 4))
    words[3] = fingerprint("4", [a[0] ^ 1, a[1], a[2]])
    [told] = refuse_leaks(split_of(FOUR, fingerprint=words), table_of([(0,)] * 4))
    assert "1 clusters of near duplicates" in told
    assert refuse_leaks(split_of(FOUR, fingerprint=["", "", "", ""]), table_of([(0,)] * 4)) == []


UUID = "027a702a-bbca-11e8-b2bc-ac1f6b6435d{}"


def both_challenges():
    """Ten fields of 2018, the first five of which are of 2021 too, as a merged collection has them."""
    old = [f"kaggle2018/{UUID.format(i)}" for i in range(10)]
    new = [f"kaggle2021/{UUID.format(i).upper()}" for i in range(5)]
    collection = table_of([(0,)] * 15, source=["2018"] * 10 + ["2021"] * 5)
    return replace(collection, fields=collection.fields.set_index(pd.Index(old + new, name="id")))


def test_a_field_of_both_challenges_is_never_on_two_sides():
    collection = both_challenges()
    parts = make_split(collection, "random", validation=0.2, test=0.2).parts
    assert (parts.iloc[:5].to_numpy() == parts.iloc[10:].to_numpy()).all()
    fields = pd.DataFrame({"part": ["train"] * 10 + ["test"] * 5}, index=collection.fields.index)
    with pytest.raises(CellocateError, match=r"5 fields, each under several ids.*All fields of the 2021 challenge"):
        refuse_leaks(Split(fields), collection)


def test_one_challenge_cannot_be_left_out_for_the_other():
    with pytest.raises(CellocateError, match=r"connected to one group.*both challenges"):
        make_split(both_challenges(), "leave-one-out", by=["source"])


def of_uuids(numbers, *, layout="store", prefix="", made=None):
    table = table_of([(0,)] * len(numbers))
    ids = pd.Index([prefix + UUID.format(i).upper() for i in numbers], name="id")
    return replace(table, layout=layout, fields=table.fields.set_index(ids), made=made or {})


@pytest.mark.parametrize(
    ("layout", "made"),
    [
        ("kaggle2021", {}),
        ("store", {"layout": "kaggle2021"}),
        ("listing", {"steps": [{"step": "open", "layout": "store", "made": {"layout": "kaggle2021"}}]}),
    ],
)
@pytest.mark.parametrize("prefix", ["", "kaggle2021-"])
@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_model_of_one_challenge_is_not_measured_on_the_other(part, prefix, layout, made):
    split = {"train": (), "validation": (), "test": (UUID.format(3),)} | {part: tuple(map(UUID.format, range(3)))}
    other = of_uuids([1, 2, 3], layout=layout, prefix=prefix, made=made)
    with pytest.raises(CellocateError, match=r"2 of 3 fields, such as .*1, are ones.*All fields of the 2021 challenge"):
        refuse_other_challenge(["kaggle2018"], split, other)
    refuse_other_challenge(["kaggle2018"], {"train": map(UUID.format, range(5, 9))}, other)  # it never met these
    refuse_other_challenge(["kaggle2018", "kaggle2021"], split, other)  # trained on both, it is its own collection


def test_a_model_may_be_measured_on_its_own_challenge():
    split = {"train": [UUID.format(0)], "test": [UUID.format(1)]}
    for numbers in ([0, 1], [0], [0, 1, 2]):
        refuse_other_challenge(["kaggle2018"], split, of_uuids(numbers, layout="kaggle2018"))
        refuse_other_challenge(["kaggle2018"], split, of_uuids(numbers, layout="store"))


@pytest.mark.parametrize("saved", [True, False])
def test_fields_trained_on_under_a_prefix_are_not_taken_for_new_ones(tmp_path, saved):
    ids = pd.Index(["p-x", "q-x", "y", "z"], name="id")
    merged = table_of([(0,)] * 4, original_id=["x", "x", None, None], plate=["1", "1", "2", "3"])
    merged = replace(merged, fields=merged.fields.set_index(ids))
    path = tmp_path / "split.csv"
    if saved:
        save_split(path, make_split(merged, "sequential", validation=0, test=0.3))
    else:
        path.write_text("id,part\np-x,train\nq-x,train\ny,train\nz,test\n")
    split = read_split(path, merged)
    split.fields.to_csv(path)
    assert split.fields["original_id"].tolist() == ["x", "x", "", ""]
    own = table_of([(0,)] * 2, plate=["1", "9"])
    own = replace(own, fields=own.fields.set_index(pd.Index(["x", "new"], name="id")))
    assert held_out_leaks(path, own) == []  # x itself was trained on, which is told elsewhere
    parts = {"train": ["p-x", "q-x", "y"], "test": ["z"]}
    assert split_parts_of(parts, {"p-x": "x", "q-x": "x"}, own.fields) == ["train", None]
    assert split_parts_of({"train": ["x"]}, {}, merged.fields) == ["train", "train", None, None]


def test_held_out_fields_of_known_groups_are_told(tmp_path):
    path = tmp_path / "split.csv"
    path.write_text("id,part,group\na,train,x\nf00000,test,x\nf00001,test,y\n")
    [told] = held_out_leaks(path, table_of([(0,)] * 3, antibody=["", "q", "x"]))
    assert told.startswith("2 of 3 fields are of groups that the model was trained on, such as f00000 (x)")
    assert held_out_leaks(tmp_path / "none.csv", table_of([(0,)])) == []
    path.write_text("id,part\na,train\nf00000,test\n")
    assert held_out_leaks(path, table_of([(0,)] * 3)) == []
