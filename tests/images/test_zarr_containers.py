"""OME-Zarr: time series, plates, wells, series of images, scales."""

import numpy as np
import pytest
from stack_files import STAINS, noise, ome_xml, ome_zarr, put_attributes, zarr_plate

from cellocate.errors import CellocateError
from cellocate.images import read_channel
from cellocate.images.address import Address
from cellocate.images.ome_zarr import container
from cellocate.images.read_stacks import absent_chunks, describe

pytest.importorskip("zarr")


def read(path, planes):
    return read_channel(f"{path}::{planes}", "green")


@pytest.mark.parametrize("version", [2, 3])
def test_a_time_series_has_time_points(tmp_path, version):
    data = noise(3, 4, 2, 6, 8)
    ome_zarr(tmp_path / "a.zarr", data, "tczyx", version=version)
    [stack] = describe(tmp_path / "a.zarr")
    assert (stack.times, stack.names, stack.planes, stack.pixel_size) == (3, STAINS, 2, 0.5)
    assert np.array_equal(read(tmp_path / "a.zarr", "time=2,channel=3,z=1"), data[2, 3, 1])
    with pytest.raises(CellocateError, match="3 time points"):
        read(tmp_path / "a.zarr", "channel=3,z=1")


@pytest.mark.parametrize("version", [2, 3])
def test_a_plate_is_its_fields_with_their_wells(tmp_path, version):
    pixels = zarr_plate(tmp_path / "p.zarr", ["A/1", "B/12"], version=version, name="plate 7")
    stacks = describe(tmp_path / "p.zarr")
    assert [dict(s.metadata) for s in stacks] == [
        {"plate": "plate 7", "well": well.replace("/", ""), "site": str(site)} for well, site in pixels
    ]
    for stack, data in zip(stacks, pixels.values(), strict=True):
        assert np.array_equal(read(stack.file, "channel=2"), data[2])
    assert [s.metadata["site"] for s in describe(tmp_path / "p.zarr" / "B" / "12")] == ["0", "1"]
    assert describe(tmp_path / "p.zarr" / "B" / "12" / "1")[0].shape == (4, 6, 8)
    assert container(tmp_path / "p.zarr" / "B" / "12" / "1") == tmp_path / "p.zarr"


def test_what_a_plate_lists_and_lacks_is_a_fault_of_its_own(tmp_path):
    zarr_plate(tmp_path / "p.zarr", ["A/1", "A/2", "A/3"], fields=1)
    (tmp_path / "p.zarr" / "A" / "2" / "0" / "0" / ".zarray").unlink()
    put_attributes(tmp_path / "p.zarr" / "A" / "3", {})
    faults = [s.faults.get(None) for s in describe(tmp_path / "p.zarr")]
    assert [fault and fault.what for fault in faults] == [
        None, "no OME-Zarr image, though its container lists it", "a well without images"
    ]  # fmt: skip
    assert (faults[1].where, faults[2].where) == (
        tmp_path / "p.zarr" / "A" / "2" / "0",
        tmp_path / "p.zarr" / "A" / "3",
    )


def test_acquisitions_of_a_well_are_told(tmp_path):
    zarr_plate(tmp_path / "p.zarr", ["A/1"])
    images = [{"path": "0", "acquisition": 4}, {"path": "1", "acquisition": 5}]
    put_attributes(tmp_path / "p.zarr" / "A" / "1", {"well": {"images": images}})
    assert [s.metadata["acquisition"] for s in describe(tmp_path / "p.zarr")] == ["4", "5"]


@pytest.mark.parametrize("said", ["layout", "series", "nothing", "xml"])
def test_a_series_of_images_is_read_whole(tmp_path, said):
    root = tmp_path / "x.zarr"
    data = [noise(4, 6, 8), noise(4, 10, 5)]
    put_attributes(root, {} if said == "nothing" else {"bioformats2raw.layout": 3})
    for i, image in enumerate(data):
        ome_zarr(root / str(i), image)
    if said == "series":
        put_attributes(root / "OME", {"series": ["1", "0"]})
    if said == "xml":
        put_attributes(root / "OME", {})
        images = [{"name": name, "planes": {}} for name in ("ctrl", "drug")]
        (root / "OME" / "METADATA.ome.xml").write_text(ome_xml(images), encoding="utf-8")
    stacks = describe(root)
    names = {"series": ["1", "0"], "xml": ["ctrl", "drug"]}.get(said, ["0", "1"])
    assert [s.name for s in stacks] == names
    for stack in stacks:
        assert np.array_equal(read(stack.file, "channel=1"), data[int(stack.file.name)][1])


SCALE = {"type": "scale", "scale": [1, 0.25, 0.25]}


@pytest.mark.parametrize(
    ("image", "expected", "doubt"),
    [
        ({"coordinateTransformations": [SCALE]}, 0.125, ""),
        ({"coordinateTransformations": [{"type": "translation", "translation": [0, 5, 5]}]}, 0.5, ""),
        ({"coordinateTransformations": [{"type": "identity"}, SCALE]}, 0.125, ""),
        ({"coordinateTransformations": [{"type": "affine", "affine": []}]}, None, "(a transformation affine)"),
        ({"coordinateTransformations": [{"type": "scale", "path": "s"}]}, None, "not understood"),
    ],
)
def test_scales_of_the_multiscale_and_the_dataset_are_multiplied(tmp_path, image, expected, doubt):
    [stack] = describe(ome_zarr(tmp_path / "a.zarr", noise(4, 6, 8), **image))
    assert stack.pixel_size == expected
    assert doubt in stack.size.doubt


@pytest.mark.parametrize(
    ("unit", "scale", "expected", "doubt"),
    [
        ("nanometer", 80, 0.08, ""), ("angstrom", 800, 0.08, ""), ("inch", 1e-5, 0.254, ""),
        ("millimeter", 1e-4, 0.1, ""),
        (None, 0.5, None, "(0.5 without a unit)"), (None, 1, None, ""), ("parrot", 1, None, "(1.0 'parrot')"),
        ("meter", 1, None, "impossible"),
    ],
)  # fmt: skip
def test_units_are_words(tmp_path, unit, scale, expected, doubt):
    [stack] = describe(ome_zarr(tmp_path / "a.zarr", noise(4, 6, 8), unit=unit, scale=scale))
    assert stack.pixel_size == expected
    assert doubt in stack.size.doubt


def test_axes_of_older_versions_are_read(tmp_path):
    data = noise(1, 4, 1, 6, 8)
    for name, axes in (("a", None), ("b", list("tczyx"))):  # 0.1, and 0.3
        ome_zarr(tmp_path / f"{name}.zarr", data, "tczyx")
        image = {"datasets": [{"path": "0"}]} | ({} if axes is None else {"axes": axes})
        put_attributes(tmp_path / f"{name}.zarr", {"multiscales": [image]})
        assert np.array_equal(read(tmp_path / f"{name}.zarr", "channel=3"), data[0, 3, 0])


def test_several_images_in_one_folder_are_refused(tmp_path):
    import json

    ome_zarr(tmp_path / "a.zarr", noise(4, 6, 8))
    told = json.loads((tmp_path / "a.zarr" / ".zattrs").read_text())
    put_attributes(tmp_path / "a.zarr", {**told, "multiscales": told["multiscales"] * 2})
    with pytest.raises(CellocateError, match="2 images in one folder"):
        describe(tmp_path / "a.zarr")


def test_chunks_are_lacking_of_one_time_point_only(tmp_path):
    path = tmp_path / "a.zarr"
    ome_zarr(path, noise(3, 2, 6, 8), "tcyx")
    import zarr

    zarr.open_group(path).create_array("0", data=noise(3, 2, 6, 8), chunks=(1, 1, 6, 8), overwrite=True)
    (path / "0" / "1.0.0.0").unlink()
    lacking = [absent_chunks(Address(path, time=t)) for t in range(3)]
    assert lacking == ["", "1 of 2, read as 0", ""]
    assert absent_chunks(Address(path)) == "1 of 6, read as 0"
