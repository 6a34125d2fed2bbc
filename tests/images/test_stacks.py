"""Files of several planes: TIFF stacks of all kinds, OME-Zarr, and what is not installed or damaged."""

import gzip
import sys
from types import ModuleType

import numpy as np
import pytest
import tifffile

from cellocate.errors import CellocateError
from cellocate.images import ome_tiff, read_channel, read_header
from cellocate.images.address import Address
from cellocate.images.read_stacks import absent_chunks, describe

RNG = np.random.default_rng(0)


def pixels(*shape, kind=np.uint16):
    return RNG.integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)


def only(path):
    """The one image of a file."""
    [stack] = describe(path)
    return stack


def absent(path):
    return absent_chunks(Address(path))


def test_an_ome_tiff_tells_its_channels_and_its_pixel_size(tmp_path):
    data = pixels(3, 5, 20, 30)
    meta = {"axes": "CZYX", "Channel": {"Name": ["DAPI", "GFP", "tubulin"]}, "PhysicalSizeX": 0.2}
    meta["PhysicalSizeXUnit"] = "µm"
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata=meta)
    stack = only(tmp_path / "a.ome.tif")
    assert (stack.names, stack.planes, stack.height, stack.width) == (("DAPI", "GFP", "tubulin"), 5, 20, 30)
    assert (stack.kind, stack.pixel_size) == ("uint16", 0.2)
    assert read_header(f"{tmp_path}/a.ome.tif::channel=1,z=max") == (20, 30, 16)
    for z, expected in ((3, data[1, 3]), ("max", data[1].max(0)), ("mean", np.round(data[1].mean(0)))):
        assert np.array_equal(read_channel(f"{tmp_path}/a.ome.tif::channel=1,z={z}", "green"), expected)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_an_imagej_stack(tmp_path, compression, kind):
    data = pixels(2, 4, 16, 16, kind=kind)  # ImageJ's order is ZCYX
    options = {"imagej": True, "resolution": (5.0, 5.0), "metadata": {"axes": "ZCYX", "unit": "um"}}
    tifffile.imwrite(tmp_path / "a.tif", data, compression=compression, **options)
    stack = only(tmp_path / "a.tif")
    assert (len(stack.names), stack.planes) == (4, 2)
    assert stack.pixel_size == pytest.approx(0.2)
    assert np.array_equal(read_channel(f"{tmp_path}/a.tif::channel=2,z=1", "blue"), data[1, 2])


def test_pages_of_which_nothing_is_said_are_channels_even_gzipped(tmp_path):
    data = pixels(4, 12, 10)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack", metadata=None)
    (tmp_path / "a.tif.gz").write_bytes(gzip.compress((tmp_path / "a.tif").read_bytes()))
    for name in ("a.tif", "a.tif.gz"):
        assert only(tmp_path / name).names == ("",) * 4
        assert np.array_equal(read_channel(f"{tmp_path / name}::channel=3", "red"), data[3])


def test_an_array_that_numpy_users_save_is_a_stack_of_channels(tmp_path):
    data = pixels(4, 12, 10, kind=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", planarconfig="separate")
    assert only(tmp_path / "a.tif").names == ("",) * 4
    assert np.array_equal(read_channel(f"{tmp_path / 'a.tif'}::channel=2", "blue"), data[2])


def test_a_gzipped_tiff_is_read_as_a_tiff(tmp_path):
    data = pixels(12, 10)
    tifffile.imwrite(tmp_path / "a.tif", data)
    whole = gzip.compress((tmp_path / "a.tif").read_bytes())
    (tmp_path / "a_red.tif.gz").write_bytes(whole)
    assert read_header(tmp_path / "a_red.tif.gz") == (12, 10, 16)
    assert np.array_equal(read_channel(tmp_path / "a_red.tif.gz", "red"), data)
    for cut in (whole[:40], whole[:-9], b"no gzip"):
        (tmp_path / "b_red.tif.gz").write_bytes(cut)
        for look in (read_header, lambda path: read_channel(path, "red")):
            with pytest.raises(CellocateError, match="cannot be read"):
                look(tmp_path / "b_red.tif.gz")


@pytest.mark.parametrize("version", [2, 3])
def test_an_ome_zarr(tmp_path, version):
    zarr = pytest.importorskip("zarr")
    data = pixels(1, 2, 3, 20, 30)
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="w", zarr_format=version)
    group.create_array("0", data=data)
    axes = [{"name": name} for name in "tczyx"]
    axes[-1]["unit"] = "nanometer"
    scale = [{"type": "scale", "scale": [1, 1, 1, 80, 80]}]
    told = {"multiscales": [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]}
    told["omero"] = {"channels": [{"label": "nuclei"}, {"label": "protein"}]}
    group.attrs.update(told if version == 2 else {"ome": told})
    stack = only(tmp_path / "a.ome.zarr")
    assert (stack.names, stack.planes, stack.pixel_size) == (("nuclei", "protein"), 3, pytest.approx(0.08))
    assert np.array_equal(read_channel(f"{tmp_path}/a.ome.zarr::channel=1,z=2", "green"), data[0, 1, 2])


def test_a_folder_that_is_no_ome_zarr_is_refused(tmp_path):
    pytest.importorskip("zarr")
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(CellocateError, match="no OME-Zarr image"):
        describe(tmp_path / "a.zarr")
    with pytest.raises(CellocateError, match="missing"):
        read_channel(f"{tmp_path}/b.zarr::channel=0", "red")


@pytest.mark.parametrize(("name", "module"), [("a.zarr", "zarr"), ("a.czi", "bioio"), ("a.lif", "bioio")])
def test_a_reader_that_is_not_installed_is_named(tmp_path, monkeypatch, name, module):
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CellocateError, match=rf"{module}.* is not installed.*cellocate\[formats\]"):
        describe(tmp_path / name)


class Bioio(ModuleType):
    """A reader whose metadata cannot be read."""

    class BioImage:
        def __init__(self, path):
            pass

        @property
        def scenes(self):
            raise KeyError("SizeC")


def test_a_plugin_that_is_not_installed_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.nd2").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "bioio", Bioio("bioio"))
    monkeypatch.setitem(sys.modules, "bioio_nd2", None)
    with pytest.raises(CellocateError) as refused:
        describe(tmp_path / "a.nd2")
    said = f"bioio-nd2 is not installed (needed to read ND2): {tmp_path / 'a.nd2'}. "
    assert str(refused.value) == said + "Install it with: pip install 'cellocate[formats]' bioio-nd2"


def test_a_microscopes_file_whose_metadata_are_damaged_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.nd2").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "bioio", Bioio("bioio"))
    monkeypatch.setitem(sys.modules, "bioio_nd2", ModuleType("bioio_nd2"))
    with pytest.raises(CellocateError, match="cannot be read"):
        read_header(f"{tmp_path}/a.nd2::channel=0")


@pytest.mark.parametrize(("version", "shards"), [(2, None), (3, None), (3, (1, 16, 16))])
def test_the_chunks_that_an_ome_zarr_lacks_are_counted(tmp_path, version, shards):
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version)
    array = group.create_array("0", shape=(2, 20, 30), dtype=np.uint8, chunks=(1, 8, 8), shards=shards)
    array[:] = 7
    told = {"multiscales": [{"axes": [{"name": name} for name in "cyx"], "datasets": [{"path": "0"}]}]}
    group.attrs.update(told if version == 2 else {"ome": told})
    assert absent(tmp_path / "a.zarr") == ""
    names = {".zarray", ".zattrs", ".zgroup", "zarr.json"}
    files = sorted(f for f in (tmp_path / "a.zarr" / "0").rglob("*") if f.is_file() and f.name not in names)
    for file in files[1:3]:
        file.unlink()
    assert absent(tmp_path / "a.zarr") == f"2 of {len(files)}, read as 0"
    assert len(files) == (8 if shards else 24)
    assert absent(tmp_path / "a.tif") == ""


def ome_zarr(path, shape=(2, 8, 8), chunks=(1, 8, 8), **told):
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("0", shape=shape, chunks=chunks, dtype=np.uint8)
    image = {"axes": [{"name": name, "unit": "micrometer"} for name in "cyx"], "datasets": [{"path": "0"}]}
    group.attrs.update({"ome": {"multiscales": [image | told.pop("image", {})], **told}})
    return path


def scaled(*scale):
    return {"datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(scale)}]}]}


@pytest.mark.parametrize(
    "told",
    [
        {"image": {"axes": "cyx"}},
        {"image": {"datasets": []}},
        {"image": {"datasets": [{"path": "."}]}},
        {"image": scaled("a")},
        {"image": scaled(1, 1, "wide")},
        {"omero": {"channels": "abc"}},
        {"omero": []},
    ],
)
def test_an_ome_zarr_with_damaged_metadata_is_refused(tmp_path, told):
    with pytest.raises(CellocateError, match="no OME-Zarr image"):
        describe(ome_zarr(tmp_path / "a.zarr", **told))


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_pixel_size_that_cannot_be_is_none(tmp_path, size):
    assert only(ome_zarr(tmp_path / "a.zarr", image=scaled(1, size, size))).pixel_size is None


@pytest.mark.parametrize("side", [0, 60_000])
def test_a_size_that_no_field_has_is_refused_before_it_is_read(tmp_path, side):
    path = ome_zarr(tmp_path / "a.zarr", (2, side, side), (1, max(side, 1), max(side, 1)))
    for look in (read_header, lambda place: read_channel(place, "red")):
        with pytest.raises(CellocateError, match=rf"an impossible size of a field \({side}×{side} px, 2 channels\)"):
            look(f"{path}::channel=0")


def test_a_long_stack_is_no_large_field(tmp_path, monkeypatch):
    monkeypatch.setattr(ome_tiff, "LARGEST", 20 * 20)
    data = pixels(2, 3, 20, 20)
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata={"axes": "CZYX"})
    assert np.array_equal(read_channel(f"{tmp_path}/a.ome.tif::channel=1,z=2", "red"), data[1, 2])
    tifffile.imwrite(tmp_path / "b.ome.tif", pixels(2, 20, 21), metadata={"axes": "CYX"})
    with pytest.raises(OSError, match="impossible size"):
        describe(tmp_path / "b.ome.tif")


def test_planes_that_are_not_there_or_not_named_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels(2, 3, 8, 8), metadata={"axes": "CZYX"})
    for planes, what in (("channel=2,z=0", "no channel 2"), ("channel=0,z=3", "no plane 3"), ("channel=0", "3 planes")):
        with pytest.raises(CellocateError, match=what):
            read_channel(f"{tmp_path}/a.ome.tif::{planes}", "red")


def test_stacks_that_are_cut_short_or_of_another_kind_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels(2, 40, 40), metadata={"axes": "CYX"})
    whole = (tmp_path / "a.ome.tif").read_bytes()
    for end in (10, 300, len(whole) // 2, len(whole) - 100):
        (tmp_path / "b.ome.tif").write_bytes(whole[:end])
        with pytest.raises((CellocateError, OSError)):
            describe(tmp_path / "b.ome.tif")
        with pytest.raises(CellocateError):
            read_channel(f"{tmp_path}/b.ome.tif::channel=0", "red")
    tifffile.imwrite(tmp_path / "f.ome.tif", np.zeros((2, 8, 8), np.float32), metadata={"axes": "CYX"})
    with pytest.raises(CellocateError, match="float32"):
        read_channel(f"{tmp_path}/f.ome.tif::channel=0", "red")
