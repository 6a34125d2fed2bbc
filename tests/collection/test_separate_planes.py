"""Z planes and time points in files of their own, named as exporters do it."""

import itertools

import numpy as np
import pytest
import tifffile

from cellocate.collection import open_collection
from cellocate.collection.splits.groups import grouping
from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_header
from cellocate.images.plane_files import projected

CHANNELS = {"nucleus": "ch00", "protein": "ch01"}


def pixels(seed, side=16):
    return np.random.default_rng(seed).integers(0, 250, (side, side)).astype(np.uint8)


def saved(folder, pattern, **parts):
    """A file for each combination of the parts of its name; path → pixels."""
    folder.mkdir(exist_ok=True)
    planes = {}
    for seed, values in enumerate(itertools.product(*parts.values())):
        path = folder / pattern.format(**dict(zip(parts, values, strict=True)))
        planes[path.name] = pixels(seed)
        tifffile.imwrite(path, planes[path.name])
    return planes


@pytest.mark.parametrize(
    ("pattern", "channels", "ids"),
    [
        ("a 1_s{s}_z0{z}_ch0{c}.tif", CHANNELS, ["a 1_s1", "a 1_s2"]),
        ("a_s{s}_z{z}_ch0{c}.ome.tif", CHANNELS, ["a_s1", "a_s2"]),
        ("r01c01f0{s}p0{z}-ch{c}sk1fk1fl1.tiff", {"nucleus": "ch0", "protein": "ch1"}, None),
        ("x_A01_T0001F00{s}L01A01Z0{z}C0{c}.tif", {"nucleus": "C00", "protein": "C01"}, None),
        ("img_channel00{c}_position00{s}_z00{z}.tif", {"nucleus": "channel000", "protein": "channel001"}, None),
        ("b_S={s}_Z={z}_C={c}_T=0.tif", {"nucleus": "C=0", "protein": "C=1"}, None),
    ],
)
def test_planes_become_one_field(tmp_path, pattern, channels, ids):
    planes = saved(tmp_path / "a", pattern, s=(1, 2), z=(1, 2, 3), c=(0, 1))
    collection = open_collection(tmp_path / "a", channels=channels)
    assert len(collection) == 2
    assert ids is None or collection.ids == ids
    assert collection.notes[0].startswith("2 z stacks of up to 3 planes in separate files: the maximum of each is used")
    first = np.stack([planes[pattern.format(s=1, z=z, c=1)] for z in (1, 2, 3)])
    for z, expected in ((None, first.max(0)), ("mean", np.round(first.mean(0))), (1, first[1])):
        of = open_collection(tmp_path / "a", channels=channels, z=z)
        assert np.array_equal(read_channel(of.fields["green"].iloc[0], "green"), expected)
        assert "maximum" not in " ".join(of.notes) or z is None
    with pytest.raises(CellocateError, match=r"no plane 3: there are 3, counted from 0"):
        read_channel(open_collection(tmp_path / "a", channels=channels, z=3).fields["green"].iloc[0], "green")


def test_files_named_by_colour_may_be_planes(tmp_path):
    planes = saved(tmp_path / "a", "x_z{z}_{c}.tif", z=(10, 9), c=("green", "blue"))
    [field] = open_collection(tmp_path / "a", z=0).ids
    assert field == "x"
    address = open_collection(tmp_path / "a", z=0).fields.loc["x", "green"]
    assert np.array_equal(read_channel(address, "green"), planes["x_z9_green.tif"])  # by number, not by name


def test_files_of_several_channels_may_be_planes(tmp_path):
    names = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
    for z in (0, 1):
        tifffile.imwrite(tmp_path / f"a_z{z}.ome.tif", np.stack([pixels(z), pixels(z + 2)]), metadata=names)
    collection = open_collection(tmp_path)
    assert collection.ids == ["a"]
    assert np.array_equal(read_channel(collection.fields.loc["a", "green"], "green"), np.maximum(pixels(2), pixels(3)))


def test_planes_must_be_alike(tmp_path):
    saved(tmp_path / "a", "x_z{z}_{c}.tif", z=(0, 1), c=("green", "blue"))
    tifffile.imwrite(tmp_path / "a" / "x_z1_green.tif", pixels(0, side=8))
    address = open_collection(tmp_path / "a").fields.loc["x", "green"]
    for read in (lambda: read_channel(address, "green"), lambda: read_header(address)):
        with pytest.raises(CellocateError, match=r"planes that differ in size or depth: .*x_z0_green\.tif"):
            read()


def test_a_plane_that_went_is_an_error_in_one_line(tmp_path):
    saved(tmp_path / "a", "x_z{z}_{c}.tif", z=(0, 1), c=("green", "blue"))
    address = open_collection(tmp_path / "a").fields.loc["x", "green"]
    for path in (tmp_path / "a").glob("*green*"):
        path.unlink()
    with pytest.raises(CellocateError, match=r"x_z0_green\.tif"):
        read_channel(address, "green")


def test_one_plane_of_each_field_is_no_stack(tmp_path):
    saved(tmp_path / "a", "x{s}_z3_{c}.tif", s=(1, 2), c=("green", "blue"))
    collection = open_collection(tmp_path / "a")
    assert (collection.ids, collection.notes) == (["x1_z3", "x2_z3"], ())


@pytest.mark.parametrize("pattern", ["x{s}_t{t:03}_{c}.tif", "x_F00{s}_T000{t}_{c}.tif", "x_S={s}_T={t}_{c}.tif"])
def test_time_points_of_one_image_share_a_group(tmp_path, pattern):
    saved(tmp_path / "a", pattern, s=(1, 2), t=(0, 1, 2), c=("green", "blue"))
    collection = open_collection(tmp_path / "a")
    assert len(collection) == 6
    assert collection.fields["time_series"].nunique() == 2
    assert collection.notes[0].startswith("time points in separate files, such as x")
    assert grouping(collection).nunique() == 2


def test_time_points_in_one_file_are_not_counted_again(tmp_path):
    names = {"axes": "TCYX", "Channel": {"Name": ["DAPI", "protein"]}}
    tifffile.imwrite(
        tmp_path / "a.ome.tif", np.stack([pixels(i) for i in range(6)]).reshape(3, 2, 16, 16), metadata=names
    )
    collection = open_collection(tmp_path)
    assert collection.fields["time_series"].tolist() == ["a"] * 3
    assert not any("separate files" in note for note in collection.notes)


def test_cell_lines_are_no_time_points(tmp_path):
    saved(tmp_path / "a", "{t}_{s}_{c}.tif", t=("T24", "T84"), s=(1, 2), c=("green", "blue"))
    assert "time_series" not in open_collection(tmp_path / "a").fields


def test_planes_of_one_shape_alone_are_projected():
    with pytest.raises(ValueError, match="differ in size"):
        projected(iter([pixels(0), pixels(0, side=8)]), "max")
