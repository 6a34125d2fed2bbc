"""Parts of a collection: complete, stratified, never through a group, the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
from small_collections import COUNTS_2018, table_of

from cellocate.collection import PARTS, make_split, read_split, save_split
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary


def stratified_split(collection, **options):
    """The parts of a stratified split, as `train` draws it."""
    return make_split(collection, "stratified", min_per_location=0, **options).parts


def like_2018(fields=3000, seed=0):
    """Label sets in which every location is as frequent as in the 2018 train set, but none in fewer than 8 fields."""
    rng = np.random.default_rng(seed)
    truth = rng.random((fields, 28)) < np.array(COUNTS_2018) / 31072
    for k in np.flatnonzero(truth.sum(axis=0) < 8):
        truth[:, k] = False
        truth[rng.choice(fields, 8, replace=False), k] = True
    return get_vocabulary("hpa28").decode(truth)


@pytest.fixture(scope="module")
def large():
    return table_of(like_2018())


@pytest.mark.parametrize(("validation", "test"), [(0.15, 0.15), (0.1, 0.2), (0.3, 0), (0, 0.2)])
def test_parts_are_disjoint_complete_and_of_the_size_asked_for(large, validation, test):
    parts = stratified_split(large, validation=validation, test=test)
    assert list(parts.index) == large.ids
    assert parts.name == "part"
    assert set(parts) <= set(PARTS)
    for part, share in (("validation", validation), ("test", test)):
        assert (parts == part).mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("share", [0.1, 0.15, 0.2])
def test_every_location_of_8_or_more_fields_occurs_in_every_part(share, seed):
    collection = table_of(like_2018(seed=seed))
    assert collection.labelled().truth().sum(axis=0).min() == 8
    parts = stratified_split(collection, validation=share, test=share, seed=seed)
    for part in PARTS:
        assert collection.labelled().truth()[parts == part].any(axis=0).all(), part


def test_frequent_locations_have_their_share_in_each_part(large):
    parts = stratified_split(large, validation=0.2, test=0.2)
    truth = large.labelled().truth()
    frequent = truth.sum(axis=0) >= 100
    for part, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        found = truth[parts == part].sum(axis=0) / truth.sum(axis=0)
        np.testing.assert_allclose(found[frequent], share, atol=0.03)


@pytest.mark.parametrize("empty", [20, 40])
def test_fields_without_labels_have_their_share_in_each_part(empty):
    collection = table_of([()] * empty + [(k % 28,) for k in range(400 - empty)])
    parts = stratified_split(collection, validation=0.2, test=0.2)[:empty]
    assert parts.value_counts().to_dict() == pytest.approx(
        {"train": 0.6 * empty, "validation": 0.2 * empty, "test": 0.2 * empty}, abs=2
    )


@pytest.mark.parametrize("column", ["antibody", "plate", "group"])
def test_no_group_is_torn(column):
    groups = np.random.default_rng(0).integers(0, 150, 600).astype(str)
    collection = table_of(like_2018(600), **{column: groups})
    parts = stratified_split(collection, validation=0.2, test=0.2)
    assert set(parts) == set(PARTS)
    assert (parts.groupby(groups).nunique() == 1).all()


def test_groups_are_shared_out_by_number():
    groups = np.repeat(np.arange(200), 3).astype(str)
    parts = stratified_split(table_of(like_2018(600), antibody=groups), validation=0.2, test=0.1)
    assert parts.value_counts().to_dict() == pytest.approx({"train": 420, "validation": 120, "test": 60}, abs=9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("first", [True, False])
def test_a_group_counts_with_all_the_labels_of_its_fields(first, seed):
    rare, common = [(27,), (0,)] if first else [(0,), (27,)], [(0,), (0,)]
    labels = [label for antibody in range(40) for label in (rare if antibody % 5 == 0 else common)]
    collection = table_of(labels, antibody=np.repeat(np.arange(40), 2).astype(str))
    parts = stratified_split(collection, validation=0.25, test=0.25, seed=seed)
    assert [int(collection.labelled().truth()[parts == part][:, 27].sum()) for part in PARTS] == [4, 2, 2]


def test_a_split_is_the_same_for_a_seed_and_another_for_another(large):
    first, again, other = (stratified_split(large, validation=0.2, test=0.2, seed=s) for s in (3, 3, 4))
    assert first.equals(again)
    assert (first != other).mean() > 0.1


def test_without_shares_all_is_for_training(large):
    assert set(stratified_split(large, validation=0, test=0)) == {"train"}


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (0.7, 0.4), (1.0, 0), (0, 1.0)])
def test_shares_that_leave_nothing_to_train_on_are_refused(large, validation, test):
    with pytest.raises(
        CellocateError, match=r"nothing is left for the train part \(validation .* and test .*shares between 0 and 1"
    ):
        stratified_split(large, validation=validation, test=test)


@pytest.mark.parametrize("count", [1, 2])
def test_a_tiny_collection_is_refused_with_a_way_out(count):
    with pytest.raises(
        CellocateError, match=rf"{count} fields or groups are too few.*Give more fields, or set .* to 0"
    ):
        stratified_split(table_of([(0,)] * count), validation=0.2, test=0.2)
    assert set(stratified_split(table_of([(0,)] * count), validation=0, test=0)) == {"train"}


def test_a_collection_of_one_antibody_cannot_be_parted():
    with pytest.raises(CellocateError, match="1 fields or groups are too few"):
        stratified_split(table_of([(0,)] * 50, antibody=["X"] * 50), validation=0.2, test=0.2)


@pytest.mark.parametrize("labels", [[(0,)] * 10, [()] * 10, [(k,) for k in range(10)], [(0, 1)] * 5 + [(2,)] * 5])
def test_ten_fields_of_any_labels_can_be_parted(labels):
    parts = stratified_split(table_of(labels), validation=0.2, test=0.2)
    assert parts.value_counts().to_dict() == {"train": 6, "validation": 2, "test": 2}


def test_a_collection_without_labels_cannot_be_stratified(large):
    with pytest.raises(CellocateError, match="no labels found"):
        stratified_split(replace(large, vocabulary=None), validation=0.2, test=0.2)


def written(tmp_path, text):
    (tmp_path / "split.csv").write_text(text)
    return tmp_path / "split.csv"


def test_a_split_survives_saving(tmp_path, large):
    split = make_split(large, validation=0.2, test=0.2, seed=3)
    save_split(tmp_path / "split.csv", split)
    again = read_split(str(tmp_path / "split.csv"), large)
    assert again.fields.equals(split.fields)
    assert again.made.items() >= split.made.items()


def test_a_split_may_name_a_part_of_the_collection_in_any_order(tmp_path):
    collection = table_of([(0,)] * 4)
    parts = read_split(written(tmp_path, "part,note,id\ntest,x,f00003\ntrain,y,f00001\n"), collection)
    assert list(parts.parts.items()) == [("f00003", "test"), ("f00001", "train")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,part\nf00000,train\nf00001,dev\n", r"unknown part 'dev'.*line 3, column part"),
        ("id,part\nf00000,train\nf00001,\n", r"unknown part ''.*line 3, column part"),
        ("id,part\nf00000,train\nf00000,test\n", r"an id is in several rows: 'f00000'.*line 3"),
        ("id,part\nf00000,test\nf00001,validation\n", r"no train part"),
        ("id,part\n", r"no train part"),
        ("id,part\nf00000,train\nx,test\ny,test\n", r"names 2 fields that the collection lacks, such as x"),
        ("field,part\nf00000,train\n", r"not a split: its columns are field, part.*columns id and part"),
        ("f00000,train\n", r"not a split"),
        ("", r"it is empty"),
    ],
)
def test_what_is_no_split_of_the_collection_is_refused(tmp_path, text, fault):
    with pytest.raises(CellocateError, match=fault) as caught:
        read_split(written(tmp_path, text), table_of([(0,)] * 3))
    assert str(caught.value.where).startswith(str(tmp_path / "split.csv"))


def test_a_missing_split_is_refused(tmp_path):
    with pytest.raises(CellocateError, match="no such split"):
        read_split(tmp_path / "split.csv", table_of([(0,)]))
