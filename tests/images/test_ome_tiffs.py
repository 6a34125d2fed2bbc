"""OME-TIFFs of several images, and of several files."""

import numpy as np
import pytest
import tifffile
from stack_files import STAINS, noise, ome_xml, one_file_per_channel, pages

from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_header, tiff
from cellocate.images.ome_xml import elsewhere, read_ome
from cellocate.images.read_stacks import describe


def read(path, planes):
    return read_channel(f"{path}::{planes}", "green")


def test_every_image_of_a_file_is_described_and_read(tmp_path):
    path = tmp_path / "a.ome.tif"
    data = [noise(2, 3, 6, 8), noise(2, 3, 10, 5)]
    with tifffile.TiffWriter(path, ome=True) as writer:
        for image in data:
            writer.write(image, photometric="minisblack", metadata={"axes": "TCYX"})
    stacks = describe(path)
    assert [(s.series, s.times, s.names, s.height, s.width) for s in stacks] == [
        (0, 2, ("",) * 3, 6, 8),
        (1, 2, ("",) * 3, 10, 5),
    ]
    for i, image in enumerate(data):
        assert np.array_equal(read(path, f"series={i},time=1,channel=2"), image[1, 2])
    assert read_header(f"{path}::series=1,time=0,channel=0") == (10, 5, 8)
    with pytest.raises(CellocateError, match="2 images in a file that should hold one"):
        read(path, "channel=0")
    with pytest.raises(CellocateError, match="2 time points in a file"):
        read(path, "series=0,channel=0")
    for planes, what in (("series=2,channel=0,time=0", "no image 2"), ("series=0,channel=0,time=2", "no time point 2")):
        with pytest.raises(CellocateError, match=what):
            read(path, planes)


@pytest.mark.parametrize("order", ["XYCZT", "XYZTC", "XYTCZ", "XYZCT"])
def test_the_order_of_dimensions_is_obeyed(tmp_path, order):
    c, z, t = 2, 3, 2
    data = noise(t, c, z, 6, 8)
    letters = {"C": "c", "Z": "z", "T": "t"}
    spelled = "".join(letters[axis] for axis in reversed(order[2:]))
    stored = np.einsum(f"tczyx->{spelled}yx", data).reshape(-1, 6, 8)
    image = {"names": ("a", "b"), "sizes": {"Z": z, "T": t}, "order": order, "planes": {}}
    xml = ome_xml([image]).replace("</Pixels>", "<TiffData/></Pixels>")
    pages(tmp_path / "a.ome.tif", stored, xml)
    assert np.array_equal(read(tmp_path / "a.ome.tif", "time=1,channel=1,z=2"), data[1, 1, 2])
    assert np.array_equal(read(tmp_path / "a.ome.tif", "time=0,channel=1,z=max"), data[0, 1].max(0))


@pytest.mark.parametrize("planar", [False, True])
def test_colours_that_share_a_page_are_channels(tmp_path, planar):
    data = noise(6, 8, 3)
    path = tmp_path / "a.ome.tif"
    config = {"planarconfig": "separate"} if planar else {}
    stored = np.moveaxis(data, 2, 0) if planar else data
    tifffile.imwrite(path, stored, photometric="rgb", metadata={"axes": "SYX" if planar else "YXS"}, **config)
    [stack] = describe(path)
    assert stack.names == ("",) * 3
    for i in range(3):
        assert np.array_equal(read(path, f"channel={i}"), data[:, :, i])


def test_a_set_of_files_is_one_image_from_whichever_it_is_opened(tmp_path):
    data = noise(4, 6, 8)
    files = one_file_per_channel(tmp_path, data)
    for file in files:
        [stack] = describe(tmp_path / file)
        assert (stack.names, [member.name for member in stack.members]) == (STAINS, files)
        for c in range(4):
            assert np.array_equal(read(tmp_path / file, f"channel={c}"), data[c])
            assert read_header(f"{tmp_path / file}::channel={c}") == (6, 8, 8)


def test_a_member_of_a_set_that_is_missing_or_cut_short_is_named(tmp_path):
    files = one_file_per_channel(tmp_path, noise(4, 64, 64))
    whole = (tmp_path / files[3]).read_bytes()
    (tmp_path / files[3]).write_bytes(whole[: len(whole) - 2000])
    for look in (read_header, lambda place: read_channel(place, "green")):
        with pytest.raises(CellocateError, match="cannot be read"):
            look(f"{tmp_path / files[0]}::channel=3")
    assert read_header(f"{tmp_path / files[0]}::channel=2") == (64, 64, 8)
    (tmp_path / files[3]).unlink()
    [stack] = describe(tmp_path / files[0])
    assert str(stack.faults[0]).startswith("x_ch3.ome.tif with channel 3 is missing:")
    with pytest.raises(CellocateError, match=r"a channel file is missing: .*x_ch3\.ome\.tif"):
        read(tmp_path / files[0], "channel=3")
    one_file_per_channel(tmp_path, noise(4, 64, 64))
    assert describe(tmp_path / files[0])[0].faults == {}


def test_only_time_points_that_lack_a_file_are_faulty(tmp_path):
    planes = {(c, 0, t): (f"m_t{t}.ome.tif", c, f"urn:uuid:{t}") for t in range(3) for c in range(2)}
    data = noise(3, 2, 6, 8)
    for t in (0, 2):
        xml = ome_xml([{"names": ("a", "b"), "sizes": {"T": 3}, "planes": planes}], uuid=f"urn:uuid:{t}")
        pages(tmp_path / f"m_t{t}.ome.tif", data[t], xml)
    [stack] = describe(tmp_path / "m_t0.ome.tif")
    assert list(stack.faults) == [1]
    assert np.array_equal(read(tmp_path / "m_t0.ome.tif", "time=2,channel=1"), data[2, 1])


def test_planes_of_which_the_metadata_say_nothing_are_faults(tmp_path):
    planes = {(0, 0, 0): ("a.ome.tif", 0, "urn:uuid:1")}
    xml = ome_xml([{"names": ("a", "b"), "planes": planes}])
    pages(tmp_path / "a.ome.tif", noise(1, 6, 8), xml)
    [stack] = describe(tmp_path / "a.ome.tif")
    assert "a plane is missing (channel 1)" in str(stack.faults[0])


@pytest.mark.parametrize("ending", ["companion.ome", "ome.xml", "ome.tif"])
def test_metadata_in_another_file_are_read_there(tmp_path, ending):
    data = noise(2, 6, 8)
    files = ["p_w1.ome.tif", "p_w2.ome.tif"]
    planes = {(c, 0, 0): (file, 0, "") for c, file in enumerate(files)}
    xml = ome_xml([{"names": ("a", "b"), "planes": planes}], uuid="urn:uuid:9")
    only = (
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="p.{ending}"/></OME>'
    )
    for file, plane in zip(files, data, strict=True):
        pages(tmp_path / file, [plane], only)
    with pytest.raises(CellocateError, match=rf"p\.{ending} with the OME metadata is missing"):
        describe(tmp_path / files[0])
    if ending == "ome.tif":
        pages(tmp_path / "p.ome.tif", [noise(6, 8)], xml)
    else:
        (tmp_path / f"p.{ending}").write_text(xml, encoding="utf-8")
    for file in (*files, f"p.{ending}"):
        [stack] = describe(tmp_path / file)
        assert (stack.file.name, stack.names) == (f"p.{ending}", ("a", "b"))
    assert np.array_equal(read(tmp_path / f"p.{ending}", "channel=1"), data[1])


def test_a_file_that_was_renamed_is_read_all_the_same(tmp_path):
    data = noise(4, 6, 8)
    planes = {(c, 0, 0): ("before.ome.tif", c, "urn:uuid:other") for c in range(4)}
    pages(tmp_path / "after.ome.tif", data, ome_xml([{"planes": planes}]))
    assert describe(tmp_path / "after.ome.tif")[0].faults == {}
    assert np.array_equal(read(tmp_path / "after.ome.tif", "channel=2"), data[2])


def test_metadata_of_another_image_are_refused(tmp_path):
    planes = {(c, 0, 0): ("a.ome.tif", c, "urn:uuid:1") for c in range(4)}
    pages(tmp_path / "a.ome.tif", noise(4, 3, 4), ome_xml([{"planes": planes}]))
    with pytest.raises(CellocateError, match=r"another image \(8×6 px with 1 samples; the page has 4×3 and 1\)"):
        describe(tmp_path / "a.ome.tif")


def test_one_page_is_not_two_planes(tmp_path):
    one = {(c, 0, 0): ("a.ome.tif", 0, "urn:uuid:1") for c in range(4)}
    pages(tmp_path / "a.ome.tif", noise(4, 6, 8), ome_xml([{"planes": one}]))
    two = ome_xml([{"planes": {}}, {"planes": {}}])  # two images, of which nothing says where they lie
    pages(tmp_path / "b.ome.tif", noise(8, 6, 8), two)
    for name in "ab":
        with pytest.raises(CellocateError, match="give one page to two planes"):
            describe(tmp_path / f"{name}.ome.tif")


def test_axes_that_stand_for_several_are_faults(tmp_path):
    planes = {(c, 0, 0): ("a.ome.tif", c, "urn:uuid:1") for c in range(4)}
    said = (
        "<StructuredAnnotations><XMLAnnotation><Value><ModuloAlongC/></Value></XMLAnnotation></StructuredAnnotations>"
    )
    pages(tmp_path / "a.ome.tif", noise(4, 6, 8), ome_xml([{"planes": planes}]).replace("</OME>", f"{said}</OME>"))
    assert "ModuloAlong" in str(describe(tmp_path / "a.ome.tif")[0].faults[None])


def test_wells_are_known_to_their_images():
    wells = "".join(
        f'<Well ID="w{i}" Row="{row}" Column="{column}">'
        + "".join(f'<WellSample ID="s{k}"><ImageRef ID="Image:{k}"/></WellSample>' for k in images)
        + "</Well>"
        for i, (row, column, images) in enumerate([(0, 0, (0, 1)), (2, 11, (2,))])
    )
    plate = f'<Plate ID="Plate:0" Name="P7">{wells}</Plate>'
    images = [{"planes": {(c, 0, 0): ("a", 4 * i + c, "") for c in range(4)}} for i in range(3)]
    assert [dict(image.metadata) for image in read_ome(ome_xml(images, plate=plate))] == [
        {"plate": "P7", "well": "A1", "site": "0"},
        {"plate": "P7", "well": "A1", "site": "1"},
        {"plate": "P7", "well": "C12", "site": "0"},
    ]


def test_metadata_that_say_where_they_are():
    assert elsewhere("<OME/>") is None
    assert elsewhere('<OME><BinaryOnly MetadataFile="a.companion.ome" UUID="x"/></OME>') == "a.companion.ome"


@pytest.mark.parametrize(
    "change",
    [('SizeX="8"', 'SizeX="x"'), ('SizeC="4"', 'SizeC="0"'), ('FirstC="3"', 'FirstC="7"'), ("</OME>", ""),
     ('SizeT="1"', 'SizeT="99999999999"'), ('FileName="a.ome.tif"', 'FileName="/"'), ('IFD="3"', 'IFD="4"'),
     ("XYCZT", "XYQQQ"), ('Name="ER"/>', 'Name="ER" SamplesPerPixel="3"/>')],
)  # fmt: skip
def test_damaged_metadata_are_refused(tmp_path, change):
    planes = {(c, 0, 0): ("a.ome.tif", c, "urn:uuid:2") for c in range(4)}
    xml = ome_xml([{"planes": planes}]).replace(*change)
    (tmp_path / "a.companion.ome").write_text(xml)
    pages(tmp_path / "a.ome.tif", noise(4, 6, 8), xml)
    with pytest.raises((CellocateError, OSError)):
        describe(tmp_path / "a.ome.tif")
    if 'IFD="4"' not in change:
        with pytest.raises((CellocateError, OSError)):
            describe(tmp_path / "a.companion.ome")


def test_a_plate_is_parsed_once_and_a_plane_decoded_alone(tmp_path, monkeypatch):
    images = [{"planes": {(c, 0, 0): ("a.ome.tif", 4 * i + c, "urn:uuid:1") for c in range(4)}} for i in range(6)]
    pages(tmp_path / "a.ome.tif", noise(24, 6, 8), ome_xml(images))
    parsed, decoded = [], []
    from cellocate.images import ome_tiff

    reader, decoder = ome_tiff.read_ome, ome_tiff.decoded
    monkeypatch.setattr(ome_tiff, "read_ome", lambda xml: parsed.append(1) or reader(xml))
    monkeypatch.setattr(ome_tiff, "decoded", lambda page: decoded.append(1) or decoder(page))
    for i in range(6):
        for c in range(4):
            read_header(f"{tmp_path}/a.ome.tif::series={i},channel={c}")
            read(tmp_path / "a.ome.tif", f"series={i},channel={c}")
    assert (len(parsed), len(decoded)) == (1, 24)
    assert tiff.decoded is decoder


def set_of_positions(folder, names):
    """A set of three files of one position each, as Micro-Manager writes it: each has the metadata of all."""
    written = [f"run_Pos{i}.ome.tif" for i in range(3)]
    images = [
        {"name": f"Pos{i}", "planes": {(c, 0, 0): (file, c, f"urn:uuid:{i}") for c in range(4)}}
        for i, file in enumerate(written)
    ]
    data = [noise(4, 6, 8) for _ in written]
    for i, name in enumerate(names):
        pages(folder / name, data[i], ome_xml(images, uuid=f"urn:uuid:{i}"))
    return data


def test_a_renamed_file_of_a_set_is_read_without_images_of_files_that_are_not_there(tmp_path):
    data = set_of_positions(tmp_path, [f"day1_{i}.ome.tif" for i in range(3)])
    for i in range(3):
        [stack] = describe(tmp_path / f"day1_{i}.ome.tif")
        assert not stack.faults
        assert stack.left_out == f"run_Pos{0 if i else 1}.ome.tif"
        assert np.array_equal(read(stack.file, f"series={i},channel=2"), data[i][2])


def test_a_file_of_a_set_that_kept_its_name_still_lacks_the_others(tmp_path):
    set_of_positions(tmp_path, ["run_Pos0.ome.tif"])
    stacks = describe(tmp_path / "run_Pos0.ome.tif")
    assert [bool(stack.faults) for stack in stacks] == [False, True, True]
