from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellocate.assessment.true_cells import read_true_cells
from cellocate.cells.masks import MaskFolder
from cellocate.collection import open_collection, pack
from cellocate.decision.submissions import (
    is_kaggle2021,
    read_kaggle2021,
    read_sample,
    validate_submission,
    write_kaggle2021,
)
from cellocate.decision.submissions.kaggle2021 import validate_kaggle2021
from cellocate.errors import CellocateError
from cellocate.images import write_png
from cellocate.images.rle import Mask, masks_of
from cellocate.vocabulary import get_vocabulary

HPA19 = get_vocabulary("hpa19")
HEADER = "ID,ImageWidth,ImageHeight,PredictionString\n"
LABELS = np.array([[0, 1, 1], [2, 0, 1]], np.uint8)  # 3 px wide, 2 px high
ONE, TWO = (mask.text for mask in masks_of(LABELS).values())


@settings(max_examples=25)
@given(st.lists(st.lists(st.floats(0, 1), min_size=19, max_size=19), min_size=1, max_size=3))
def test_what_is_written_can_be_read_back(
    tmp_path_factory: pytest.TempPathFactory, probabilities: list[list[float]]
) -> None:
    path = tmp_path_factory.mktemp("s") / "submission.csv"
    shapes = {f"id {i}, {i}": (2, 3) for i in range(len(probabilities))}
    table = np.array(probabilities)
    write_kaggle2021(path, shapes, lambda field: list(masks_of(LABELS).values()), table, HPA19)
    assert is_kaggle2021(path)
    read = dict(read_kaggle2021(path))
    assert list(read) == list(shapes)
    for row, (shape, instances) in zip(table.round(6), read.values(), strict=True):
        said = np.zeros((2, 19))
        said[instances.cell, instances.label] = instances.confidence
        assert shape == (2, 3)
        if row.any():
            np.testing.assert_allclose(said, np.stack([row, row]), atol=1e-6)
            assert [mask.text for mask in instances.masks] == [ONE, TWO]
        else:
            assert not instances.masks


def test_a_field_without_cells_has_an_empty_string(tmp_path: Path) -> None:
    write_kaggle2021(tmp_path / "s.csv", {"a": (2, 3)}, lambda field: [], np.ones((1, 19)), HPA19)
    assert (tmp_path / "s.csv").read_text() == HEADER + "a,3,2,\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([f"a,3,2,0 1 {ONE} 18 0.5 {TWO}", "b,3,2,"], ""),
        ([f'"a","3","2","0 1e-3 {ONE}"', "b,3,2,"], ""),
        ([f"a,3,2,0 1 {ONE}"], "lacks 1 id, such as b"),
        (["a,3,2,", "b,3,2,", "c,3,2,"], "unknown id 'c'"),
        (["a,3,2,", "a,3,2,", "b,3,2,"], "id 'a' is repeated.*line 3"),
        ([",3,2,"], "row without an id.*line 2"),
        (["a,2,3,", "b,3,2,"], "of a are 2 × 3 px, but the field has 3 × 2"),
        (["a,3,2.0,"], "ImageHeight '2.0' is not a number of pixels.*line 2"),
        (["a,3,0,"], "ImageHeight '0'"),
        (["a,99999,2,"], "ImageWidth '99999'"),
        (["a,3,2"], "3 values under 4 columns.*line 2"),
        ([f"a,3,2,0 1 {ONE} 1 1"], "does not repeat.*line 2, a"),
        ([f"a,3,2,0 1 {ONE} 19 1 {TWO}"], "label '19' is not a number from 0 to 18.*line 2, a, cell 2"),
        ([f"a,3,2,-1 1 {ONE}"], "label '-1'"),
        ([f"a,3,2,Golgi 1 {ONE}"], "label 'Golgi'"),
        ([f"a,3,2,0 1.5 {ONE}"], "confidence '1.5' is not a number from 0 to 1.*cell 1"),
        ([f"a,3,2,0 nan {ONE}"], "confidence 'nan'"),
        ([f"a,3,2,0 sure {ONE}"], "confidence 'sure'"),
        (["a,3,2,", f"b,3,2,0 1 {ONE} 0 1 {ONE[:-4]}"], "a broken mask: .*line 3, b, cell 2"),
        ([f"a,3,2,0 1 {Mask.of(np.ones((3, 3), bool)).text}"], "9 pixels in an image of 3 × 2 px.*cell 1"),
        ([f"a,3,2,0 1 {Mask.of(np.zeros((2, 3), bool)).text}"], "it has no pixel"),
    ],
)
def test_a_faulty_submission_is_refused_by_line_and_cell(tmp_path: Path, rows: list[str], message: str) -> None:
    (tmp_path / "s.csv").write_text(HEADER + "\n".join(rows) + "\n")
    shapes = {"a": (2, 3), "b": (2, 3)}
    if not message:
        validate_kaggle2021(tmp_path / "s.csv", shapes)
        return
    with pytest.raises(CellocateError, match=message):
        validate_kaggle2021(tmp_path / "s.csv", shapes)


def test_another_header_or_vocabulary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("ImageID,ImageWidth,ImageHeight,PredictionString\na,3,2,\n")
    with pytest.raises(CellocateError, match="header is ImageID"):
        validate_kaggle2021(tmp_path / "s.csv", {"a": None})
    with pytest.raises(CellocateError, match="uses hpa19"):
        write_kaggle2021(tmp_path / "t.csv", {"a": (2, 3)}, lambda field: [], np.ones((1, 28)), get_vocabulary("hpa28"))
    assert not (tmp_path / "t.csv").exists()


def test_a_submission_is_checked_against_the_sample(tmp_path: Path) -> None:
    sample, submission = tmp_path / "sample.csv", tmp_path / "s.csv"
    sample.write_text(HEADER + f"b,3,2,0 1 {ONE}\na,3,2,0 1 {ONE}\n")
    assert read_sample(sample) == ["b", "a"]
    submission.write_text(HEADER + "a,3,2,\nb,3,2,\n")
    validate_submission(submission, sample)
    submission.write_text(HEADER + "a,3,2,\nb,2,3,\n")
    with pytest.raises(CellocateError, match="the field has 3 × 2"):
        validate_submission(submission, sample)
    sample.write_text("Id,Predicted\na,0\nb,0\n")
    submission.write_text("Id,Predicted\nb,0\na,3 1\n")
    validate_submission(submission, sample)
    submission.write_text("Id,Predicted\nb,0\n")
    with pytest.raises(CellocateError, match="lacks 1 id, such as a"):
        validate_submission(submission, sample)
    sample.write_text(HEADER + "a,wide,2,\n")
    with pytest.raises(CellocateError, match=r"not a sample submission: .*line 2"):
        read_sample(sample)


def test_a_row_may_be_longer_than_other_tables_allow(tmp_path: Path) -> None:
    words = f"0 0.5 {ONE} " * 6000
    (tmp_path / "s.csv").write_text(HEADER + f"a,3,2,{words}\n")
    assert len(words) > 2**17
    [(_, cells)] = read_kaggle2021(tmp_path / "s.csv")
    assert (len(cells.instances.masks), len(cells.instances.cell)) == (1, 6000)


def test_real_cells_become_a_submission(real_data: Path, tmp_path: Path) -> None:
    collection = open_collection(real_data / "kaggle2021")
    cells = MaskFolder(real_data / "kaggle2021" / "cell_masks")
    shapes = {field: collection.shape(field) for field in collection.ids}
    table = np.zeros((3, 19))
    table[:, [0, 5]] = 0.9, 0.2
    out = tmp_path / "submission.csv"
    write_kaggle2021(out, shapes, lambda field: cells.masks(field, shapes[field]), table, HPA19)
    read = dict(read_kaggle2021(out))
    for shape, instances in read.values():
        assert shape == (2048, 2048)
        assert instances.confidence.tolist() == [0.9, 0.2] * len(instances.masks)
    assert [len(cells.instances.masks) for cells in read.values()] == [19, 18, 46]


def test_a_field_has_the_shape_of_its_files_also_in_a_store(phantoms: Path, tmp_path: Path) -> None:
    collection = open_collection(phantoms)
    assert collection.shape(collection.ids[0]) == (64, 64)
    pack(collection, tmp_path / "store", sizes=[32])
    assert open_collection(tmp_path / "store").shape(collection.ids[0]) == (64, 64)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Two fields as label images, of which one has no cell."""
    folder = tmp_path / "cells"
    folder.mkdir()
    write_png(folder / "a_cells.png", LABELS)
    write_png(folder / "b_cells.png", np.zeros((4, 5), np.uint8))
    (folder / "cells.csv").write_text("Id,cell,labels\na,1,16 0\na,2,\na,3,18\n")  # the third lies under others
    return folder


def _as_lists(path: Path) -> dict[str, tuple]:
    true = read_true_cells(path, HPA19)
    found = {}
    for field in sorted(true.ids):
        shape, instances = true.read(field)
        masks = [mask.pixels.tolist() for mask in instances.masks]
        found[field] = (shape, masks, instances.cell.tolist(), instances.label.tolist())
    return found


def test_true_cells_of_a_folder_and_of_a_table_are_the_same(truth: Path, tmp_path: Path) -> None:
    rows = ["ID,ImageWidth,ImageHeight,Label,Mask", f"a,3,2,0|16,{ONE}", f"a,3,2,,{TWO}", "b,5,4,,"]
    (tmp_path / "truth.csv").write_text("\n".join(rows))
    of_folder = _as_lists(truth)
    assert of_folder == _as_lists(tmp_path / "truth.csv")
    assert of_folder["a"][:1] + of_folder["a"][2:] == ((2, 3), [0, 0], [0, 16])
    assert of_folder["b"] == ((4, 5), [], [], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Id,cell\na,1\n", "not a table of cells"),
        ("Id,cell,labels\na,1,0\n", "cell 2 of field a has no row"),
        ("Id,cell,labels\na,1,0\na,1,0\n", "cell '1' is not a number, or is repeated.*line 3"),
        ("Id,cell,labels\na,one,0\n", "cell 'one'.*line 2"),
        ("Id,cell,labels\na,1,19\n", "unknown label '19'.*line 2"),
        ("Id;cell;labels\na;1;16,0\na;2;3,0\n", r"decimal comma: .*cells\.csv, line 2"),
        ("Id,cell,labels\na,1,0\na,2,0\nz,1,0\n", "no mask of the cells of field z"),
    ],
)
def test_faulty_true_cells_of_a_folder(truth: Path, content: str, message: str) -> None:
    (truth / "cells.csv").write_text(content)
    with pytest.raises(CellocateError, match=message):
        _as_lists(truth)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"a,3,2,19,{ONE}", "unknown label '19'.*line 2"),
        (f'a,3,2,"16,0",{ONE}', "decimal comma.*line 2, column Label"),
        (f"a,3,2,0,{ONE[:-4]}", "a broken mask.*line 2"),
        (f"a,3,2,0,{ONE}\na,4,2,0,", "field a has two sizes.*line 3"),
        ("a,3,2,0", "4 values under 5 columns.*line 2"),
        ("a,x,2,0,", "ImageWidth 'x'.*line 2"),
    ],
)
def test_faulty_true_cells_of_a_table(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "truth.csv").write_text(f"ID,ImageWidth,ImageHeight,Label,Mask\n{row}\n")
    with pytest.raises(CellocateError, match=message):
        read_true_cells(tmp_path / "truth.csv", HPA19)


def test_labels_of_fields_are_no_true_cells(phantoms: Path) -> None:
    with pytest.raises(CellocateError, match="not a table of true cells: its columns are Id, Target"):
        read_true_cells(phantoms / "train.csv", HPA19)
    with pytest.raises(CellocateError, match="labelled in hpa28, not in hpa19"):
        read_true_cells(phantoms, HPA19)
