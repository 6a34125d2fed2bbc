"""Collections merged: sources, ids, groups and labels."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_collections import table_of, tabled, write_fields

from cellocate.collection import Collection, inspect, make_split, open_collection, read_labels
from cellocate.collection.identity import identities
from cellocate.collection.merge import merge
from cellocate.collection.selection import Selection, select
from cellocate.errors import CellocateError


def test_merged_fields_tell_their_source_and_only_colliding_ids_change(folders):
    merged, shared = merge([open_collection(folder) for folder in folders])
    assert merged.ids == ["a-x", "a-y", "b-y", "z", "w", "c-x"]
    assert list(merged.fields["source"]) == ["a", "a", "b", "b", "c", "c"]
    assert [(s.first, s.second, s.ids, s.identical) for s in shared] == [
        ("a", "b", ("y",), ()),
        ("a", "c", ("x",), ("x",)),
    ]
    assert inspect(merged).problems == ()
    assert merged.labelled().truth().shape == (6, 28)


def test_fields_of_one_id_and_all_in_their_groups_stay_together(folders):
    merged, _ = merge([open_collection(folder) for folder in folders])
    assert len(set(merged.group())) == 1  # x and y share a plate, y joins b's plate, x joins c's antibody
    pair, _ = merge([open_collection(folder) for folder in folders[1:]])
    assert len(set(pair.group())) == 2


def test_groups_of_several_kinds_are_not_mixed_up(folders):
    tabled(folders[2], "Id,Target,antibody\nx,0,5\nw,27,5\n")
    merged, shared = merge([open_collection(folder) for folder in folders[1:]])
    assert shared == ()
    groups = merged.group()
    assert groups["y"] == groups["z"] != groups["x"] == groups["w"]


def test_no_split_parts_what_is_shared():
    first = table_of([(i % 3,) for i in range(60)])
    merged, shared = merge([first, replace(first, folder=first.folder / "other")])
    assert (len(shared[0].ids), shared[0].sizes) == (60, (60, 60))
    parts = make_split(merged, validation=0.2, test=0.2).parts
    assert all(parts[f"nowhere-{i}"] == parts[f"other-{i}"] for i in first.ids)
    assert set(parts) == {"train", "validation", "test"}


def test_ids_alone_are_no_proof_that_fields_are_the_same(folders):
    notes = select([open_collection(folder) for folder in folders[:2]], Selection()).notes
    [said] = [note for note in notes if "id" in note]
    assert said.startswith("1 fields have the same id in a (2 fields) and b (2 fields) (y;")
    assert "if they are the same images" in said


def test_absent_groups_stay_absent(folders):
    tabled(folders[0], "Id,Target,plate\nx,0,\ny,1,\n")
    tabled(folders[1], "Id,Target,plate\ny,1,\nz,2,5\n")
    merged, _ = merge([open_collection(folder) for folder in folders[:2]])
    assert merged.fields["group"].tolist() == [None, "y", "y", "plate 5"]
    assert merged.group().tolist() == ["x", "y", "y", "plate 5"]
    again, _ = merge([merged, open_collection(folders[2])])
    assert set(again.fields["group"]) == {"antibody 9", "y", "plate 5"}
    nowhere = replace(merged, fields=merged.fields.assign(source=None))
    assert merge([nowhere, open_collection(folders[2])])[0].fields["source"].tolist() == [*["a + b"] * 4, "c", "c"]


def test_merged_fields_keep_the_ids_that_they_had(cellocate, folders, tmp_path):
    opened = [open_collection(folder) for folder in folders]
    merged, _ = merge(opened[:2])
    assert merged.fields["original_id"].tolist() == [None, "y", "y", None]
    assert "original_id" not in merge([opened[1], opened[2]])[0].fields
    again, shared = merge([merged, opened[0]])  # a once more, under its own ids
    assert again.ids == ["a + b-x", "a-y", "b-y", "z", "a-x", "y"]
    assert identities(again.fields) == ["x", "y", "y", "z", "x", "y"]
    assert [s.ids for s in shared] == [("x", "a-y", "b-y")]
    assert merged.group()["a-y"] == merged.group()["b-y"]
    for name, command in (("listed", ("select", *folders[:2], "--out")), ("packed", ("pack", tmp_path / "listed"))):
        assert cellocate(*command, tmp_path / name, *(("--size", 16) if name == "packed" else ())).code == 0
        assert identities(open_collection(tmp_path / name).fields) == ["x", "y", "y", "z"]


def test_folders_of_one_name_are_numbered(tmp_path):
    for place in ("p", "q"):
        write_fields(tmp_path / place / "same", ids=("x",))
    merged, _ = merge([open_collection(tmp_path / place / "same") for place in "pq"])
    assert merged.ids == ["same1-x", "same2-x"]
    assert merged.vocabulary is None


@pytest.mark.parametrize("name", ["one.csv", "one.csv.gz", "one.TSV"])
def test_a_source_is_called_as_its_table_without_the_ending(name):
    collection = replace(table_of([(0,)]), folder=Path(name))
    other = replace(table_of([(0,)]), folder=Path("other.set"))
    assert list(merge([collection, other])[0].fields["source"]) == ["one", "other.set"]


def test_collections_of_other_labels_are_not_merged(folders):
    unlabelled = write_fields(folders[0].parent / "d", ids=("v",))
    with pytest.raises(CellocateError, match=r"different vocabularies \(hpa28 and no labels\)"):
        merge([open_collection(folders[0]), open_collection(unlabelled)])


def test_the_train_sets_of_2018_and_2021_are_merged_with_a_warning(real_data):
    parts = []
    for name in ("kaggle2018", "kaggle2021"):
        labels = read_labels(real_data / "tables" / f"{name}_train.csv.gz")
        parts.append(Collection(real_data / name, name, labels.table, labels.vocabulary))
    derived = select(parts, Selection(vocabulary="hpa19"))
    [warning] = [note for note in derived.notes if "the same" in note]
    kept = derived.steps[1]["fields"]
    assert warning.startswith(
        f"21805 fields are the same in kaggle2018 ({kept} fields) and kaggle2021 (21806 fields) ("
    )
    assert "never evaluate on one what was trained on the other" in warning
    step = next(step for step in derived.steps if step["step"] == "merge")
    [lost] = set(parts[1].ids) - set(step["shared"][0]["ids"])
    assert set(parts[0].fields["labels"][lost]) <= {15, 16, 27}  # it lost all labels on the way to hpa19
