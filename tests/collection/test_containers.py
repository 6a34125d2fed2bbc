"""Files of several images as collections: an id for each field, metadata, notes, and what is refused."""

import numpy as np
import pytest
import tifffile
from small_collections import pixels, write_yaml
from stack_files import STAINS, noise, ome_xml, ome_zarr, one_file_per_channel, pages, put_attributes, zarr_plate

from cellocate.collection import find_warnings, inspect, open_collection, pack
from cellocate.collection.selection import Selection, select, write_derived
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png


def hyperstack(path, shape, axes, names=STAINS, **meta):
    data = noise(*shape)
    tifffile.imwrite(path, data, metadata={"axes": axes, "Channel": {"Name": list(names)}, **meta})
    return data


def known(collection, *columns):
    return [tuple(row) for row in collection.fields[list(columns)].itertuples(index=False)]


def test_time_points_are_fields_of_one_series(tmp_path):
    ome_zarr(tmp_path / "movie.zarr", noise(3, 4, 6, 8), "tcyx")
    data = hyperstack(tmp_path / "film.ome.tif", (2, 4, 6, 8), "TCYX")
    collection = open_collection(tmp_path)
    assert collection.ids == ["film_t000", "film_t001", "movie_t000", "movie_t001", "movie_t002"]
    assert known(collection, "time_series", "time_point") == [
        ("film", 0), ("film", 1), ("movie", 0), ("movie", 1), ("movie", 2)
    ]  # fmt: skip
    assert list(collection.group()) == ["film"] * 2 + ["movie"] * 3
    assert np.array_equal(read_field(collection.files("film_t001")), data[1])
    assert any("1 image of 2 time points, 1 image of 3 time points" in note for note in collection.notes)
    assert inspect(collection, decode=True).problems == ()


def test_a_plate_is_the_fields_of_its_wells(tmp_path):
    data = zarr_plate(tmp_path / "exp.zarr", ["A/1", "B/12"])
    for place in (tmp_path, tmp_path / "exp.zarr"):
        collection = open_collection(place)
        assert collection.ids == ["exp_A1_0", "exp_A1_1", "exp_B12_0", "exp_B12_1"]
        assert known(collection, "plate", "well", "site")[1:3] == [("exp", "A1", "1"), ("exp", "B12", "0")]
        assert np.array_equal(read_field(collection.files("exp_B12_1")), data["B/12", 1])
        assert "4 images, of 2 wells of 1 plate" in collection.because
    assert list(collection.group()) == ["A1", "A1", "B12", "B12"]  # of one plate, its wells are what can be told apart
    assert open_collection(tmp_path / "exp.zarr" / "B" / "12").ids == ["exp_B12_0", "exp_B12_1"]
    assert open_collection(tmp_path / "exp.zarr" / "A" / "1" / "1").ids == ["exp_A1_1"]
    write_yaml(tmp_path, "pixel_size: 0.3")
    assert open_collection(tmp_path / "exp.zarr" / "A" / "1" / "1").pixel_size("exp_A1_1") == 0.3


def test_a_plate_without_its_ending_is_found_in_a_folder(tmp_path):
    zarr_plate(tmp_path / "exp", ["A/1"], version=3)
    assert open_collection(tmp_path).ids == open_collection(tmp_path / "exp").ids == ["exp_A1_0", "exp_A1_1"]


def test_a_field_that_a_plate_lacks_is_a_problem_of_its_own(tmp_path):
    zarr_plate(tmp_path / "exp.zarr", ["A/1", "A/2"], fields=1)
    (tmp_path / "exp.zarr" / "A" / "2" / "0" / "0" / ".zarray").unlink()
    [problem] = inspect(open_collection(tmp_path), decode=True).problems
    assert (problem.id, problem.error.what) == ("exp_A2_0", "no OME-Zarr image, though its container lists it")


def test_wells_of_an_ome_tiff_are_metadata(tmp_path):
    well = '<Well ID="w" Row="1" Column="4">{}</Well>'
    samples = "".join(f'<WellSample ID="s{i}"><ImageRef ID="Image:{i}"/></WellSample>' for i in range(2))
    plate = f'<Plate ID="Plate:0" Name="P7">{well.format(samples)}</Plate>'
    images = [{"planes": {(c, 0, 0): ("a.ome.tif", 4 * i + c, "urn:uuid:1") for c in range(4)}} for i in range(2)]
    pages(tmp_path / "a.ome.tif", noise(8, 6, 8), ome_xml(images, plate=plate))
    collection = open_collection(tmp_path)
    assert collection.ids == ["a_B5_0", "a_B5_1"]
    assert known(collection, "plate", "well", "site") == [("P7", "B5", "0"), ("P7", "B5", "1")]


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("", ""), ["a_s0", "a_s1"]),
        (("ctrl 1", "drug/2"), ["a_ctrl-1", "a_drug-2"]),
        (("x", "x"), ["a_s0", "a_s1"]),
        (("a.ome.tif [1]", "abc"), ["a_1", "a_abc"]),
    ],
)
def test_positions_are_fields_with_their_names(tmp_path, names, ids):
    images = [
        {"name": name, "planes": {(c, 0, 0): ("a.ome.tif", 4 * i + c, "urn:uuid:1") for c in range(4)}}
        for i, name in enumerate(names)
    ]
    data = noise(8, 6, 8)
    pages(tmp_path / "a.ome.tif", data, ome_xml(images))
    collection = open_collection(tmp_path)
    assert collection.ids == ids
    assert np.array_equal(read_field(collection.files(ids[1])), data[4:])
    assert collection.because == f"1 file of several channels in {tmp_path}: 2 images"


def test_a_series_of_images_is_a_field_each(tmp_path):
    put_attributes(tmp_path / "x.zarr", {"bioformats2raw.layout": 3})
    for i in range(2):
        ome_zarr(tmp_path / "x.zarr" / str(i), noise(4, 6, 8))
    assert open_collection(tmp_path).ids == ["x_0", "x_1"]
    (tmp_path / "x.zarr" / "1").rename(tmp_path / "elsewhere.zarr")
    assert open_collection(tmp_path / "x.zarr").ids == ["x"]


def test_a_set_of_files_is_one_field(tmp_path):
    data = {stem: noise(4, 6, 8) for stem in ("s1", "s2")}
    for stem, image in data.items():
        one_file_per_channel(tmp_path, image, stem=stem)
    collection = open_collection(tmp_path)
    assert collection.ids == ["s1", "s2"]
    assert np.array_equal(read_field(collection.files("s2")), data["s2"])
    assert collection.notes == ("2 images joined from several files by their OME metadata",)
    assert inspect(collection, decode=True).duplicates == []
    assert open_collection(tmp_path / "s2_ch3.ome.tif").ids == ["s2"]
    (tmp_path / "s1_ch2.ome.tif").unlink()
    [problem] = open_collection(tmp_path).problems
    assert (problem.id, problem.error.what) == ("s1", "s1_ch2.ome.tif with channel 2 is missing")
    with pytest.raises(CellocateError, match=r"s1_ch2\.ome\.tif with channel 2 is missing.*Copy it into the folder"):
        open_collection(tmp_path / "s1_ch0.ome.tif")


def test_positions_in_a_file_each_are_named_as_their_files(tmp_path):
    files = [f"run_Pos{i}.ome.tif" for i in range(3)]
    images = [
        {"name": f"Pos{i}", "planes": {(c, 0, 0): (file, c, f"urn:uuid:{i}") for c in range(4)}}
        for i, file in enumerate(files)
    ]
    data = noise(3, 4, 6, 8)
    for i, file in enumerate(files):
        pages(tmp_path / file, data[i], ome_xml(images, uuid=f"urn:uuid:{i}"))
    collection = open_collection(tmp_path)
    assert collection.ids == ["run_Pos0", "run_Pos1", "run_Pos2"]
    assert np.array_equal(read_field(collection.files("run_Pos2")), data[2])


def test_a_companion_holds_the_metadata_of_plain_files(tmp_path):
    files = [f"b_w{c}.tif" for c in range(4)]
    planes = {(c, 0, 0): (file, 0, "") for c, file in enumerate(files)}
    data = noise(4, 6, 8)
    for file, plane in zip(files, data, strict=True):
        pages(tmp_path / file, [plane])
    (tmp_path / "b.companion.ome").write_text(ome_xml([{"planes": planes}]), encoding="utf-8")
    for place in (tmp_path, tmp_path / "b.companion.ome"):
        collection = open_collection(place)
        assert np.array_equal(read_field(collection.files("b")), data)
        assert (collection.ids, collection.problems) == (["b"], ())


def test_a_z_stack_becomes_its_maximum_unless_another_plane_is_asked_for(tmp_path):
    data = hyperstack(tmp_path / "a.ome.tif", (4, 3, 6, 8), "CZYX")
    collection = open_collection(tmp_path)
    [note] = collection.notes
    assert note.startswith("1 image of 3 z planes: the maximum of each is used")
    assert np.array_equal(read_field(collection.files("a")), data.max(1))
    for z, expected in ((1, data[:, 1]), ("mean", np.round(data.mean(1)))):
        collection = open_collection(tmp_path, z=z)
        assert np.array_equal(read_field(collection.files("a")), expected)
        assert collection.notes == ()
    collection = open_collection(write_yaml(tmp_path, "z: 2"))
    assert np.array_equal(read_field(collection.files("a")), data[:, 2])
    with pytest.raises(CellocateError, match=r"no plane 3: there are 3, counted from 0"):
        open_collection(tmp_path, z=3)
    hyperstack(tmp_path / "b.ome.tif", (4, 5, 6, 8), "CZYX")
    assert [p.id for p in open_collection(tmp_path, z=3).problems] == ["a"]


def test_files_of_one_channel_may_be_z_stacks(tmp_path):
    data = {channel: noise(3, 6, 8) for channel in ("green", "blue")}
    for channel, stack in data.items():
        tifffile.imwrite(tmp_path / f"a_{channel}.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    for z, expected in ((None, data["green"].max(0)), (1, data["green"][1])):
        collection = open_collection(tmp_path, z=z)
        assert np.array_equal(read_field(collection.files("a"), ("green",))[0], expected)
        assert len(collection.notes) == (z is None)
        assert inspect(collection, decode=True).problems == ()
    [problem] = inspect(open_collection(tmp_path, z=3)).problems
    assert problem.error.what == "no plane 3: there are 3, counted from 0"


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
def test_channels_saved_as_slices_or_time_points_are_asked_back_and_read(tmp_path, axes):
    data = noise(4, 6, 8)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": axes})
    word = {"Z": "slices", "T": "time points"}[axes[0]]
    for place in (tmp_path, tmp_path / "a.tif"):
        with pytest.raises(CellocateError) as caught:
            open_collection(place)
        assert caught.value.what == f"4 {word} and one channel: they may be channels saved as {word}"
        assert "--channels nucleus=0,protein=1,microtubules=2,er=3" in caught.value.mend
        collection = open_collection(place, channels={"blue": "0", "green": "1", "red": "2", "yellow": "3"})
        assert np.array_equal(read_field(collection.files("a")), data[[2, 1, 0, 3]])
        assert collection.notes == ("you set the axes to CYX",)
    one = open_collection(tmp_path, channels={"green": "0"})
    assert one.ids == (["a"] if axes == "ZYX" else [f"a_t00{i}" for i in range(4)])
    write_yaml(tmp_path, "axes: CYX\nchannels: {blue: 3, green: 1}")
    assert np.array_equal(read_field(open_collection(tmp_path).files("a"), ("blue", "green")), data[[3, 1]])


def test_slices_of_time_points_need_axes(tmp_path):
    data = noise(2, 4, 6, 8)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(CellocateError, match=r"4 slices of 2 time points, and no channels.*axes: TCYX"):
        open_collection(tmp_path)
    collection = open_collection(write_yaml(tmp_path, "axes: TCYX\nchannels: {red: 0, green: 1, blue: 2, yellow: 3}"))
    assert np.array_equal(read_field(collection.files("a_t001")), data[1])


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((20, 30, 4), "the last axis may be 4 channels or the colours of a picture"),
        ((20, 30, 5), "axes without a meaning in the file (QYX, 20 × 30 × 5)"),
        ((3, 4, 20, 30), "axes without a meaning in the file (QQYX, 3 × 4 × 20 × 30)"),
    ],
)
def test_axes_that_are_not_understood_are_named_in_a_folder_and_alone(tmp_path, shape, said):
    data = noise(*shape)
    photometric = {"photometric": "minisblack"} if len(shape) == 4 else {}
    tifffile.imwrite(tmp_path / "a.tif", data, **photometric)
    for place in (tmp_path, tmp_path / "a.tif"):
        with pytest.raises(CellocateError) as caught:
            open_collection(place)
        assert (caught.value.what, caught.value.where) == (said, tmp_path / "a.tif")
    axes = "ZCYX" if len(shape) == 4 else "YXC"
    collection = open_collection(write_yaml(tmp_path, f"axes: {axes}\nchannels: {{green: 1, blue: 3}}"))
    expected = data.max(0)[[1, 3]] if len(shape) == 4 else np.moveaxis(data[..., [1, 3]], 2, 0)
    assert np.array_equal(read_field(collection.files("a"), ("green", "blue")), expected)
    with pytest.raises(CellocateError, match=r"you gave 2 axes \(YX\)"):
        open_collection(write_yaml(tmp_path, "axes: YX"))
    with pytest.raises(CellocateError, match=r"axes cannot be .*letters of T, C, Z, Y and X"):
        open_collection(write_yaml(tmp_path, "axes: QYX"))


def test_pixels_that_are_not_square_are_refused_unless_their_size_is_given(tmp_path):
    hyperstack(tmp_path / "a.ome.tif", (4, 6, 8), "CYX", PhysicalSizeX=0.1, PhysicalSizeY=0.2)
    with pytest.raises(CellocateError, match=r"pixels that are not square \(0\.1 × 0\.2 µm\).*--pixel-size"):
        open_collection(tmp_path)
    assert open_collection(tmp_path, pixel_size=0.1).pixel_size("a") == 0.1


def test_a_size_that_is_not_understood_is_a_warning(tmp_path):
    hyperstack(tmp_path / "a.ome.tif", (4, 6, 8), "CYX", PhysicalSizeX=5, PhysicalSizeXUnit="furlong")
    collection = open_collection(tmp_path)
    assert collection.pixel_size("a") is None
    [warning] = [w for w in find_warnings(collection, inspect(collection, decode=True)) if "size" in w.error.what]
    assert warning.error.what == "a pixel size that is not understood (5 'furlong')"
    assert not open_collection(tmp_path, pixel_size=0.1).problems


def test_images_that_no_layout_knows_are_shown(tmp_path):
    for i in range(7):
        write_png(tmp_path / f"img{i}.png", pixels(i))
    with pytest.raises(CellocateError, match=r"no channel images found \(it holds 7 \.png, such as 'img0\.png'\)"):
        open_collection(tmp_path)
    (tmp_path / "cut.tif").write_bytes(b"II*\0")
    with pytest.raises(CellocateError, match=r"an image cannot be read.*cut\.tif"):
        open_collection(tmp_path)


def test_a_folder_of_stacks_below_is_proposed(tmp_path):
    zarr_plate(tmp_path / "data" / "exp.zarr", ["A/1"])
    with pytest.raises(CellocateError, match=r"no channel images found.*Did you mean .*data"):
        open_collection(tmp_path)


def test_a_pattern_tells_of_every_field_in_a_file(tmp_path):
    hyperstack(tmp_path / "p3_x.ome.tif", (2, 4, 6, 8), "TCYX")
    collection = open_collection(write_yaml(tmp_path, 'pattern: "{plate}_{id}.ome.tif"'))
    assert known(collection, "plate", "time_point") == [("p3", 0), ("p3", 1)]
    assert collection.ids == ["x_t000", "x_t001"]


def test_addresses_survive_a_listing_and_a_store(tmp_path):
    zarr_plate(tmp_path / "in" / "exp.zarr", ["A/1"], shape=(4, 20, 30))
    hyperstack(tmp_path / "in" / "m.ome.tif", (2, 4, 3, 20, 30), "TCZYX")
    collection = open_collection(tmp_path / "in")
    write_derived(select([collection], Selection()), tmp_path / "listed")
    listed = open_collection(tmp_path / "listed")
    pack(collection, tmp_path / "store", sizes=(30,))
    packed = open_collection(tmp_path / "store")
    assert collection.ids == listed.ids == packed.ids == ["exp_A1_0", "exp_A1_1", "m_t000", "m_t001"]
    for field in collection.ids:
        expected = collection.read(field, collection.channels)[0]
        assert np.array_equal(listed.read(field, listed.channels)[0], expected)
        assert np.array_equal(packed.read(field, packed.channels)[0], expected)
    assert list(listed.group()) == list(packed.group()) == list(collection.group()) == ["exp", "exp", "m", "m"]
    with pytest.raises(CellocateError, match="the z planes of a store were chosen"):
        open_collection(tmp_path / "store", z="mean")
    again = open_collection(tmp_path / "listed", z=0)
    assert np.array_equal(again.read("m_t001", ("red",))[0][0], tifffile.imread(tmp_path / "in" / "m.ome.tif")[1, 0, 0])
