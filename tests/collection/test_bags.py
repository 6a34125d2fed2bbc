"""Cells and the fields that they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cellocate.collection import (
    Collection,
    at_edge,
    bags_of,
    make_split,
    open_collection,
    read_split,
    save_split,
    usable_fields,
)
from cellocate.errors import CellocateError


def test_bags_have_the_fields_and_their_labels(cells: Path, phantoms: Path) -> None:
    fields, found = open_collection(phantoms), open_collection(cells)
    bags = bags_of(found)
    with_cells = [field for field in fields.ids if (found.fields["field"] == field).any()]
    assert bags.fields.ids == with_cells
    assert (bags.fields.labelled().truth() == fields.subset(with_cells).labelled().truth()).all()
    assert sum(map(len, bags.members.values())) == len(found)
    for field, members in bags.members.items():
        assert all(found.fields.loc[cell, "field"] == field for cell in members)
    assert list(bags.fields.group()) == bags.fields.ids
    assert bags.fields.channels == ()


def test_what_is_of_one_cell_is_not_told_of_its_field(cells: Path) -> None:
    found = open_collection(cells)
    of_cell = [
        "y_px",
        "x_px",
        "top_px",
        "left_px",
        "height_px",
        "width_px",
        "area_um2",
        "y",
        "area",
        "edge",
        "green_cell_mean",
    ]
    told = found.fields.assign(**dict.fromkeys(of_cell, "1"), field_pixel_size="0.3")
    table = bags_of(replace(found, fields=told)).fields.fields
    assert not set(table) & {"field", "cell", *of_cell}
    assert set(table["field_pixel_size"]) == {"0.3"}


def test_a_part_has_the_cells_of_its_fields_alone(cells: Path) -> None:
    bags = bags_of(open_collection(cells))
    ids = [bags.fields.ids[3], bags.fields.ids[1]]
    some = bags.subset(ids)
    assert some.fields.ids == ids
    assert some.cells.ids == bags.members[ids[0]] + bags.members[ids[1]]
    assert some.members == {field: bags.members[field] for field in ids}
    assert bags_of(some.cells).fields.ids == ids


def test_a_field_shows_what_any_of_its_cells_shows(cells: Path) -> None:
    found = open_collection(cells)
    one = bags_of(found).fields.ids[0]
    own = (found.fields["field"] == one).to_numpy()
    labels = [(7,) if mine and i % 2 else (3,) if mine else said
              for i, (mine, said) in enumerate(zip(own, found.fields["labels"], strict=True))]  # fmt: skip
    strong = replace(found, fields=found.fields.assign(labels=pd.Series(labels, index=found.fields.index)))
    assert own.sum() > 1
    assert bags_of(strong).fields.fields["labels"].iloc[0] == (3, 7)


def test_the_contact_sheet_of_a_field_shows_its_cells(cells: Path) -> None:
    bags = bags_of(open_collection(cells))
    field = max(bags.fields.ids, key=lambda i: len(bags.members[i]))
    pixels, _ = bags.contact_sheet(field, ["green", "blue"])
    first, _ = bags.cells.read(bags.members[field][0], ["green", "blue"])
    assert pixels.shape[1] >= 64
    assert (pixels[:, :32, :32] == first).all()


def test_faulty_cells_are_left_out_and_fields_stay(cells: Path) -> None:
    bags = bags_of(open_collection(cells))
    broken = bags.cells.ids[0]
    (cells / f"{broken}_green.png").unlink()  # all tests share what it links to
    (cells / f"{broken}_green.png").write_bytes(b"no picture")
    with pytest.raises(CellocateError, match=broken):
        usable_fields(bags.cells, ["green"], labelled=True, skip_bad=False)
    left, inspection = usable_fields(bags.cells, ["green"], labelled=True, skip_bad=True)
    assert [problem.id for problem in inspection.problems] == [broken]
    assert bags_of(left).fields.ids == bags.fields.ids
    assert broken not in left.ids


def test_edges_are_told_in_any_way() -> None:
    table = pd.DataFrame({"edge": ["True", "False", "1", "0", "", True, 0]}, index=list("abcdefg"))
    assert at_edge(Collection(Path(), "x", table)).tolist() == [True, False, True, False, False, True, False]
    assert not at_edge(Collection(Path(), "x", table.drop(columns="edge"))).any()


def test_what_is_no_collection_of_cells_is_refused(phantoms: Path, cells: Path) -> None:
    with pytest.raises(CellocateError, match=r"no columns field and cell.*cellocate cells"):
        bags_of(open_collection(phantoms))
    found = open_collection(cells)
    lacking = found.fields.assign(field=["", *found.fields["field"][1:]])
    with pytest.raises(CellocateError, match=r"cell without its field"):
        bags_of(replace(found, fields=lacking))


def test_a_split_of_fields_serves_their_cells(cells: Path, phantoms: Path, tmp_path: Path) -> None:
    fields, found = open_collection(phantoms), open_collection(cells)
    bags = bags_of(found)
    whole, fields = fields, fields.subset(bags.fields.ids)
    save_split(tmp_path / "split.csv", make_split(fields, "random", seed=0))
    parts = read_split(tmp_path / "split.csv", fields).parts
    of_cells = read_split(tmp_path / "split.csv", found).parts
    assert list(of_cells.index) == found.ids
    assert (of_cells.to_numpy() == parts.loc[list(found.fields["field"])].to_numpy()).all()
    assert read_split(tmp_path / "split.csv", bags.fields).parts.equals(parts)
    save_split(tmp_path / "split.csv", make_split(whole, "random", seed=0))
    if len(whole) > len(fields):
        with pytest.raises(CellocateError, match="that the collection lacks"):
            read_split(tmp_path / "split.csv", bags.fields)
    assert set(read_split(tmp_path / "split.csv", bags.fields, skip_missing=True).parts.index) == set(fields.ids)
