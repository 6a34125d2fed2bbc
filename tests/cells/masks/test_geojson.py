from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import outlines, read_geojson, read_labels, renumbered, write_geojson
from cellocate.errors import CellocateError

label_images = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3))
CELLS = np.array([[1, 1, 1, 2], [1, 1, 1, 2], [0, 0, 0, 2]])
NUCLEI = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


@settings(max_examples=60)
@given(label_images, st.data())
def test_what_is_written_can_be_read_back(tmp_path_factory, labels, data):
    seen = data.draw(arrays(np.bool_, labels.shape))
    nuclei, cells = renumbered(np.where(seen, labels, 0), labels)
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no GeoJSON .cut short"),
        ("7", "no GeoJSON of at most"),
        ({"features": [1]}, "no GeoJSON of at most"),
        ({"features": [{"type": "Polygon"}]}, "no GeoJSON of at most"),
        (feature(SQUARE, properties=[1]), "no GeoJSON of at most"),
        (feature(SQUARE, properties={"classification": "Nucleoli"}), "no GeoJSON of at most"),
        (feature(SQUARE, properties={"measurements": 3}), "no GeoJSON of at most"),
        (feature([1, 1], "Point"), r"no polygon \(Point\).*object 1"),
        ({"type": "Feature", "geometry": None}, "no polygon .no geometry"),
        (feature([]), "without proper corners"),
        (feature([[[0, 0], [1, 1]]]), "without proper corners"),
        (feature([[0, 0], [1, 1]]), "without proper corners"),
        (feature([[["a", 0], [1, 1], [2, 2]]]), "without proper corners"),
        (feature([[[float("nan"), 0], [1, 1], [2, 2]]]), "without proper corners"),
        (feature(None), "without proper corners"),
        (feature([[[0, 0], [9, 0], [9, 9]]]), "beyond the image of 3 × 3 px.*object 1"),
        (feature([[[-5, 0], [2, 0], [2, 2]]]), "beyond the image"),
        ([feature(SQUARE), feature(SQUARE)], "cell 1 has no pixel that is its own"),
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
    with pytest.raises(CellocateError, match="no GeoJSON"):
        read_geojson(tmp_path / "b.geojson", (3, 3))


def test_masks_that_do_not_fit_are_not_written(tmp_path):
    with pytest.raises(CellocateError, match="have gaps"):
        write_geojson(tmp_path / "a.geojson", np.zeros((1, 2), int), np.array([[2, 0]]))
    assert not list(tmp_path.iterdir())


def test_real_cells_come_back(real_data, tmp_path):
    for path in sorted((real_data / "kaggle2021" / "cell_masks").iterdir()):
        nuclei, cells = renumbered(np.zeros((2048, 2048), int), read_labels(path))
        write_geojson(tmp_path / "a.geojson", nuclei, cells)
        assert np.array_equal(read_geojson(tmp_path / "a.geojson", cells.shape).cells, cells)
        assert len(outlines(cells)) == cells.max() > 10
