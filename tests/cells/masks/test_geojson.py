from __future__ import annotations

import json

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import in_one_piece, read_geojson, read_label_image, renumbered, write_geojson
from cellocate.cells.masks.polygons import outlines
from cellocate.errors import CellocateError

label_images = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3))
CELLS = np.array([[1, 1, 1, 2], [1, 1, 1, 2], [0, 0, 0, 2]])
NUCLEI = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


@settings(max_examples=60)
@given(label_images, st.data())
def test_what_is_written_can_be_read_back(tmp_path_factory, labels, data):
    seen = data.draw(arrays(np.bool_, labels.shape))
    whole = in_one_piece(labels)
    parts = in_one_piece(np.where(seen, whole, 0))
    nuclei, cells = renumbered(np.where(parts == whole, parts, 0), whole)
    n = int(cells.max())
    texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=n, max_size=n)
    names, classes = (dict(enumerate(data.draw(texts), start=1)) for _ in range(2))
    values = data.draw(st.lists(st.floats(-1e300, 1e300), min_size=n, max_size=n))
    table = pd.DataFrame({"area µm^2": values, "word": ["x"] * n}, index=range(1, n + 1))
    path = tmp_path_factory.mktemp("g") / "a.geojson"
    write_geojson(path, nuclei, cells, table, names=names, classes=classes)
    read = read_geojson(path, cells.shape)
    assert np.array_equal(read.cells, cells)
    assert np.array_equal(read.nuclei, nuclei)
    assert (read.names, read.classes) == (tuple(names.values()), tuple(classes.values()))
    assert read.measurements.index.tolist() == list(range(1, n + 1))
    if n:
        assert read.measurements.columns.tolist() == ["area µm^2"]
        assert read.measurements["area µm^2"].tolist() == values


def test_an_object_is_as_qupath_has_it(tmp_path):
    path = tmp_path / "a.geojson"
    table = pd.DataFrame({"ratio": [2.5, np.nan]}, index=[1, 2])
    write_geojson(path, NUCLEI, CELLS, table, classes={1: "Nucleoli"})
    [one, two] = json.loads(path.read_text())["features"]
    assert one["geometry"] == {"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 2], [0, 2], [0, 0]]]}
    assert one["nucleusGeometry"]["coordinates"] == [[[1, 0], [2, 0], [2, 2], [1, 2], [1, 0]]]
    assert one["properties"] == {
        "objectType": "cell",
        "name": "1",
        "classification": {"name": "Nucleoli"},
        "measurements": {"ratio": 2.5},
    }
    assert "nucleusGeometry" not in two
    assert two["properties"] == {"objectType": "cell", "name": "2", "measurements": {}}


def test_a_cell_is_one_polygon_and_a_nucleus_may_be_several(tmp_path):
    cells, nuclei = np.zeros((20, 30), int), np.zeros((20, 30), int)
    cells[2:12, 2:20], cells[4, 5], cells[15:19, 3:7], cells[3, 25] = 1, 0, 1, 1
    nuclei[3:6, 8:11], nuclei[7:10, 14:17], nuclei[10, 3] = 1, 1, 1
    write_geojson(tmp_path / "a.geojson", np.kron(nuclei, np.ones((3, 3), int)), np.kron(cells, np.ones((3, 3), int)))
    [one] = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert one["geometry"]["type"] == "Polygon"
    assert len(one["geometry"]["coordinates"]) == 2  # the hole is kept
    assert one["nucleusGeometry"]["type"] == "MultiPolygon"
    read = read_geojson(tmp_path / "a.geojson", (60, 90))
    largest = np.where(np.arange(20)[:, None] < 13, cells, 0)
    largest[3, 25] = 0
    assert np.array_equal(read.cells, np.kron(largest, np.ones((3, 3), int)))
    nuclei[10, 3] = 0 if len(one["nucleusGeometry"]["coordinates"]) == 2 else 1
    assert np.array_equal(read.nuclei, np.kron(nuclei, np.ones((3, 3), int)))


@settings(max_examples=60)
@given(label_images)
def test_what_is_read_back_lacks_crumbs_alone(tmp_path_factory, labels):
    _, cells = renumbered(np.zeros_like(labels), labels)
    path = tmp_path_factory.mktemp("g") / "a.geojson"
    write_geojson(path, np.zeros_like(cells), cells)
    assert all(one["geometry"]["type"] == "Polygon" for one in json.loads(path.read_text())["features"])
    read = read_geojson(path, cells.shape).cells
    assert np.array_equal(read[read > 0], cells[read > 0])
    for number in range(1, int(cells.max()) + 1):
        _, _, table, _ = cv2.connectedComponentsWithStats((cells == number).astype(np.uint8), connectivity=4)
        assert (read == number).sum() == table[1:, cv2.CC_STAT_AREA].max()


def test_objects_of_other_versions_and_kinds_are_read(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
    old = {"measurements": [{"name": "a", "value": 3}, {"name": "b", "value": "NaN"}]}
    for content in (
        {"type": "Feature", "geometry": square, "properties": old},
        [{"type": "Feature", "geometry": square, "properties": old, "nucleusGeometry": None}],
    ):
        (tmp_path / "a.geojson").write_text(json.dumps(content))
        read = read_geojson(tmp_path / "a.geojson", (2, 3))
        assert read.cells.tolist() == [[1, 1, 0], [1, 1, 0]]
        assert (read.names, read.classes) == (("",), ("",))
        assert read.measurements.iloc[0].to_dict() == pytest.approx({"a": 3, "b": np.nan}, nan_ok=True)


def feature(coordinates, kind="Polygon", **more):
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, **more}


SQUARE = [[[0, 0], [2, 0], [2, 2], [0, 2]]]


def rectangle(left, top, right, bottom, **properties):
    corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    return feature([corners], properties=properties)


def old(kind, box):
    """An object as version 0.2 wrote it."""
    return rectangle(*box) | {"id": kind}


PAIRS = [(1, 1, 9, 9), (2, 2, 4, 4), (10, 1, 18, 9), (12, 2, 14, 4)]
CELL_BOXES = [(2, 2, 6, 6), (8, 2, 12, 6), (2, 8, 6, 12), (8, 8, 12, 12), (14, 2, 18, 6)]
AROUND = (1, 1, 19, 13)


def read_boxes(tmp_path, features):
    """The numbers of the cells, by box, and the notes."""
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    read = read_geojson(tmp_path / "a.geojson", (20, 20))
    numbers = [int(read.cells[top, left]) for left, top, _, _ in CELL_BOXES]
    assert int((read.cells > 0).sum()) == 16 * sum(number > 0 for number in numbers)
    assert len(read.names) == len(read.measurements) == max(numbers)
    return numbers, read.notes


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize(
    ("around", "cells", "note"),
    [
        (rectangle(*AROUND, objectType="annotation", isLocked=True), {"objectType": "cell"}, "1 annotation is"),
        (rectangle(*AROUND, object_type="annotation"), {"object_type": "detection"}, "1 annotation is"),
        (rectangle(*AROUND, objectType="tmaCore"), {"objectType": "annotation"}, "1 TMA core is"),
        (rectangle(*AROUND), {"objectType": "detection"}, "1 annotation is"),
        (rectangle(*AROUND, objectType="tile"), {}, "1 tile is"),
        (rectangle(*AROUND), {}, "1 surrounding annotation is"),
        (rectangle(*AROUND, objectType="annotation"), {"objectType": "annotation"}, "1 surrounding annotation is"),
        (rectangle(*AROUND, objectType="detection"), {"objectType": "detection"}, "1 surrounding detection is"),
    ],
)
def test_what_lies_around_the_cells_is_no_cell(tmp_path, around, cells, note, place):
    inner = [rectangle(*box, **cells) for box in CELL_BOXES]
    numbers, notes = read_boxes(tmp_path, [around, *inner] if place == "first" else [*inner, around])
    assert numbers == [1, 2, 3, 4, 5]
    assert notes == (f"{note} not a cell and was left out",)


def test_objects_are_known_by_the_words_of_old_versions(tmp_path):
    features = [old("PathAnnotationObject", AROUND), *(old("PathCellObject", box) for box in CELL_BOXES)]
    assert read_boxes(tmp_path, features) == ([1, 2, 3, 4, 5], ("1 annotation is not a cell and was left out",))
    spots = [old("PathDetectionObject", (3, 3, 5, 5)), old("PathDetectionObject", (9, 3, 11, 5))]
    numbers, notes = read_boxes(tmp_path, [*features, *spots])
    assert numbers == [1, 2, 3, 4, 5]
    assert notes == ("1 annotation is not a cell and was left out", "2 detections are not cells and were left out")


def test_cells_drawn_by_hand_are_annotations(tmp_path):
    drawn = [rectangle(*box, objectType="annotation", isLocked=True) for box in CELL_BOXES]
    assert read_boxes(tmp_path, drawn) == ([1, 2, 3, 4, 5], ())
    point = feature([3, 3], "Point", properties={"objectType": "annotation"})
    assert read_boxes(tmp_path, [point, *drawn]) == (
        [1, 2, 3, 4, 5],
        ("1 non-area annotation is not a cell and was left out",),
    )
    inner, outer = rectangle(1, 1, 13, 13), rectangle(0, 0, 20, 20)
    numbers, notes = read_boxes(tmp_path, [inner, *drawn, outer])
    assert numbers == [1, 2, 3, 4, 5]
    assert notes == ("2 surrounding annotations are not cells and were left out",)


def test_cells_may_have_a_nucleus_alone(tmp_path):
    nuclei = [rectangle(*box, objectType="cell") for box in CELL_BOXES]
    cells = [one | {"geometry": None, "nucleusGeometry": one["geometry"]} for one in nuclei]
    assert read_boxes(tmp_path, cells) == ([1, 2, 3, 4, 5], ())
    assert (read_geojson(tmp_path / "a.geojson", (20, 20)).nuclei > 0).sum() == 80


def in_one(boxes, **properties):
    """All boxes as one object of several polygons."""
    polygons = [rectangle(*box)["geometry"]["coordinates"] for box in boxes]
    return feature(polygons, "MultiPolygon", properties={"measurements": {"Area": 80}, **properties})


@pytest.mark.parametrize("kind", ["annotation", "detection"])
def test_parts_that_lie_far_apart_are_cells(tmp_path, kind):
    alone = in_one(CELL_BOXES, objectType=kind, classification={"name": "Tumor"})
    note = f"1 {kind} with parts far apart: each of the 5 parts is read as a cell"
    numbers, notes = read_boxes(tmp_path, [alone])
    assert (sorted(numbers), notes) == ([1, 2, 3, 4, 5], (note,))
    read = read_geojson(tmp_path / "a.geojson", (20, 20))
    assert read.classes == ("Tumor",) * 5
    assert read.measurements.empty or read.measurements.isna().all(axis=None)
    numbers, notes = read_boxes(tmp_path, [rectangle(*AROUND, objectType=kind), alone])
    assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert notes == (note, f"1 surrounding {kind} is not a cell and was left out")


def test_parts_that_may_be_of_one_cell_stay_one(tmp_path):
    boxes = [(1, 1, 7, 12), (8, 1, 14, 12), (15, 1, 16, 3)]  # one that an eraser cut, and a crumb
    for kind, notes in (
        ("annotation", ("1 annotation with parts close together: each annotation is read as one cell",)),
        ("cell", ()),
    ):
        (tmp_path / "a.geojson").write_text(json.dumps([in_one(boxes, objectType=kind)]))
        read = read_geojson(tmp_path / "a.geojson", (20, 20))
        assert (read.cells.max(), read.notes) == (1, notes)
    (tmp_path / "a.geojson").write_text(json.dumps([in_one(CELL_BOXES, objectType="cell")]))
    assert read_geojson(tmp_path / "a.geojson", (20, 20)).cells.max() == 1


def test_what_has_cells_in_its_holes_is_no_cell(tmp_path):
    cells = [rectangle(*box) for box in CELL_BOXES]
    around = rectangle(*AROUND)
    around["geometry"]["coordinates"] += [one["geometry"]["coordinates"][0] for one in cells]
    numbers, notes = read_boxes(tmp_path, [around, *cells])
    assert (numbers, notes) == ([1, 2, 3, 4, 5], ("1 surrounding annotation is not a cell and was left out",))
    cytoplasm = rectangle(1, 1, 7, 7)
    cytoplasm["geometry"]["coordinates"] += cells[0]["geometry"]["coordinates"]
    (tmp_path / "a.geojson").write_text(json.dumps([cytoplasm]))
    assert (read_geojson(tmp_path / "a.geojson", (20, 20)).cells > 0).sum() == 20
    (tmp_path / "a.geojson").write_text(json.dumps([cytoplasm, cells[0]]))
    with pytest.raises(CellocateError, match="1 annotation around 1 other: regions, or cells with nuclei"):
        read_geojson(tmp_path / "a.geojson", (20, 20))


def test_a_file_without_objects_has_no_cells(tmp_path):
    assert read_boxes(tmp_path, []) == ([0] * 5, ("the GeoJSON is empty: it has no cells",))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([rectangle(*AROUND, objectType="tile")], r"no cells among 1 object \(the first is a tile"),
        ([rectangle(*box) for box in PAIRS[:2]], "1 annotation around 1 other: regions, or cells with nuclei"),
        ([rectangle(*box) for box in PAIRS], "2 annotations around 2 others"),
        ([rectangle(*box, objectType="detection") for box in PAIRS], "2 detections around 2 others"),
        ([feature([1, 1], "Point"), feature([[1, 1], [2, 2]], "LineString")], r"not a polygon \(Point\).*object 1"),
        ([feature([1, 1], "Point", properties={"objectType": "cell"}), rectangle(*AROUND)], "not a polygon .*object 1"),
    ],
)
def test_where_it_is_not_clear_what_is_a_cell_nothing_is_read(tmp_path, features, message):
    with pytest.raises(CellocateError, match=message):
        read_boxes(tmp_path, features)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not GeoJSON .cut short"),
        ("7", "not GeoJSON of at most"),
        ({"features": [1]}, "not GeoJSON of at most"),
        ({"features": [{"type": "Polygon"}]}, "not GeoJSON of at most"),
        (feature(SQUARE, properties=[1]), "not GeoJSON of at most"),
        (feature(SQUARE, properties={"classification": "Nucleoli"}), "not GeoJSON of at most"),
        (feature(SQUARE, properties={"measurements": 3}), "not GeoJSON of at most"),
        (feature([1, 1], "Point"), r"not a polygon \(Point\).*object 1"),
        ({"type": "Feature", "geometry": None}, "not a polygon .no geometry"),
        (feature([]), "without proper corners"),
        (feature([[[0, 0], [1, 1]]]), "without proper corners"),
        (feature([[0, 0], [1, 1]]), "without proper corners"),
        (feature([[["a", 0], [1, 1], [2, 2]]]), "without proper corners"),
        (feature([[[float("nan"), 0], [1, 1], [2, 2]]]), "without proper corners"),
        (feature(None), "without proper corners"),
        (feature([[[0, 0], [9, 0], [9, 9]]]), "beyond the image of 3 × 3 px.*object 1"),
        (feature([[[-5, 0], [2, 0], [2, 2]]]), "beyond the image"),
        ([feature(SQUARE), feature(SQUARE)], "cell 1 has no pixel of its own"),
        (feature([[[0, 0], [0.1, 0], [0.1, 0.1]]]), "cell 1 has no pixel"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content, message):
    path = tmp_path / "a.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(CellocateError, match=message):
        read_geojson(path, (3, 3))


def test_a_missing_file_or_one_of_other_bytes_is_refused(tmp_path):
    with pytest.raises(CellocateError, match="no such GeoJSON"):
        read_geojson(tmp_path / "a.geojson", (3, 3))
    (tmp_path / "b.geojson").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CellocateError, match="not GeoJSON"):
        read_geojson(tmp_path / "b.geojson", (3, 3))


def test_masks_that_do_not_fit_are_not_written(tmp_path):
    with pytest.raises(CellocateError, match="have gaps"):
        write_geojson(tmp_path / "a.geojson", np.zeros((1, 2), int), np.array([[2, 0]]))
    assert not list(tmp_path.iterdir())


def test_real_cells_come_back(real_data, tmp_path):
    for path in sorted((real_data / "kaggle2021" / "cell_masks").iterdir()):
        nuclei, cells = renumbered(np.zeros((2048, 2048), int), in_one_piece(read_label_image(path).labels))
        write_geojson(tmp_path / "a.geojson", nuclei, cells)
        assert np.array_equal(read_geojson(tmp_path / "a.geojson", cells.shape).cells, cells)
        assert len(outlines(cells)) == cells.max() > 10
