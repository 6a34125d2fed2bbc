from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import read_label_image, write_zarr_labels
from cellocate.cells.masks.zarr_labels import read_zarr_numbers
from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images.ome_zarr import describe

zarr = pytest.importorskip("zarr")
CELLS = np.array([[1, 1, 2], [0, 300, 300]])


def image(path, version, shape=(2, 2, 3)):
    """An OME-Zarr image of two channels, in version 0.4 (zarr 2) or 0.5 (zarr 3)."""
    group = zarr.open_group(path, mode="w", zarr_format=version)
    group.create_array("0", data=np.zeros(shape, np.uint8))
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": axis, "type": "space", "unit": "nanometer"} for axis in "yx"]
    scale = [{"type": "scale", "scale": [1, 80, 80]}]
    told = {
        "multiscales": [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}],
        "omero": {"channels": [{"label": "DAPI"}, {"label": "protein"}]},
    }
    group.attrs.update(told if version == 2 else {"ome": {"version": "0.5", **told}})
    return path


@settings(max_examples=15)
@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9)), st.none() | st.floats(0.01, 10))
def test_what_is_written_can_be_read_back(tmp_path_factory, labels, pixel_size):
    path = tmp_path_factory.mktemp("z") / "a_cells.zarr"
    write_zarr_labels(path, labels, pixel_size=pixel_size)
    assert np.array_equal(read_zarr_numbers(path), labels)
    assert describe(path)[0].pixel_size == (None if pixel_size is None else pytest.approx(pixel_size))


@pytest.mark.parametrize("version", [2, 3])
def test_labels_in_an_image_are_listed_there(tmp_path, version):
    path = image(tmp_path / "a.ome.zarr", version)
    table = pd.DataFrame({"area": [2.0, np.nan]}, index=[1, 2])
    write_zarr_labels(path / "labels" / "cells", CELLS, properties=table)
    write_zarr_labels(path / "labels" / "nuclei", CELLS)
    group = zarr.open_group(path / "labels", mode="r")
    assert group.metadata.zarr_format == version
    assert group.attrs.get("ome", group.attrs)["labels"] == ["cells", "nuclei"]
    attributes = group["cells"].attrs
    label = attributes.get("ome", attributes)["image-label"]
    assert label["source"] == {"image": "../../"}
    assert label["properties"] == [{"label-value": 1, "area": 2.0}, {"label-value": 2, "area": None}]
    assert np.array_equal(read_label_image(path / "labels" / "cells").labels, CELLS)
    assert describe(path / "labels" / "cells")[0].pixel_size == pytest.approx(0.08)
    assert open_collection(path).ids == ["a"]


def test_labels_that_do_not_fit_the_image_are_refused(tmp_path):
    path = image(tmp_path / "a.zarr", 3)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CellocateError, match="masks on 1 × 2 px in a field of 3 × 2 px"):
        write_zarr_labels(path / "labels" / "cells", np.zeros((2, 1), int))
    with pytest.raises(CellocateError, match="no OME-Zarr image"):
        write_zarr_labels(tmp_path / "labels" / "cells", CELLS)
    with pytest.raises(CellocateError, match="not a folder name of a label image"):
        write_zarr_labels(path / "labels" / ".cells", CELLS)
    assert sorted(tmp_path.rglob("*")) == before
    write_zarr_labels(path / "labels" / "cells", CELLS)
    with pytest.raises(CellocateError, match="the folder exists"):
        write_zarr_labels(path / "labels" / "cells", CELLS)


def test_what_is_no_label_image_is_refused(tmp_path):
    with pytest.raises(CellocateError, match="2 planes instead of one plane of labels"):
        read_label_image(image(tmp_path / "a.zarr", 3))
    with pytest.raises(CellocateError, match="no such label image"):
        read_label_image(tmp_path / "b.zarr")
    (tmp_path / "c.zarr").mkdir()
    with pytest.raises(CellocateError, match="no OME-Zarr image"):
        read_label_image(tmp_path / "c.zarr")
    write_zarr_labels(tmp_path / "d.zarr", CELLS)
    with pytest.raises(CellocateError, match="masks on 3 × 2 px"):
        read_label_image(tmp_path / "d.zarr", (9, 9))
    for chunk in (path for path in (tmp_path / "d.zarr" / "0").rglob("*") if path.is_file() and path.suffix == ""):
        chunk.write_bytes(b"broken")
    with pytest.raises(CellocateError, match="damaged label image"):
        read_label_image(tmp_path / "d.zarr")


def test_without_zarr_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(CellocateError, match=r"zarr, which OME-Zarr needs, is not installed.*cellocate\[formats\]"):
        write_zarr_labels(tmp_path / "a.zarr", CELLS)
