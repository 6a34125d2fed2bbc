"""TIFF stacks without OME metadata: ImageJ's, numpy users', and what is only almost a stack."""

import numpy as np
import pytest
import tifffile
from stack_files import noise

from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_header
from cellocate.images import tiff as tiffs
from cellocate.images.read_stacks import describe, unclear


def read(path, planes):
    return read_channel(f"{path}::{planes}", "green")


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"truncate": True}])
def test_an_imagej_hyperstack_has_time_z_and_channels(tmp_path, options):
    data = noise(2, 3, 4, 12, 10, kind=np.uint16)  # ImageJ's order is TZCYX
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, **options)
    [stack] = describe(tmp_path / "a.tif")
    assert (stack.times, stack.planes, len(stack.names), stack.height, stack.width) == (2, 3, 4, 12, 10)
    assert np.array_equal(read(tmp_path / "a.tif", "time=1,channel=3,z=2"), data[1, 2, 3])
    assert np.array_equal(read(tmp_path / "a.tif", "time=1,channel=3,z=max"), data[1, :, 3].max(0))


def test_a_plane_is_decoded_alone(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 4, 12, 10), imagej=True, compression="zlib")
    from cellocate.images import tiff_stacks

    decoded = []
    monkeypatch.setattr(tiff_stacks, "decoded", lambda page: decoded.append(page.size) or tiffs.decoded(page))
    read(tmp_path / "a.tif", "channel=1,z=1")
    assert decoded == [120]


def test_a_truncated_hyperstack_is_cut_short(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 4, 32, 32), imagej=True, truncate=True)
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[:-100])
    with pytest.raises(OSError, match="cut short"):
        describe(tmp_path / "a.tif")


@pytest.mark.parametrize("letters", ["QCYX", "TCYX"])
def test_axes_are_read_as_the_address_says(tmp_path, letters):
    data = noise(3, 4, 12, 10)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack", metadata={"axes": letters})
    for z in (2, "max"):
        expected = data[2, 1] if z == 2 else data[:, 1].max(0)
        assert np.array_equal(read(tmp_path / "a.tif", f"channel=1,z={z},axes=ZCYX"), expected)
    assert np.array_equal(read(tmp_path / "a.tif", "channel=2,z=3,axes=CZYX"), data[2, 3])
    with pytest.raises(CellocateError, match=r"you gave 3 axes \(CYX\), but the image has 4 \(3 × 4 × 12 × 10\)"):
        read(tmp_path / "a.tif", "channel=1,axes=CYX")


def test_axes_that_nothing_explains_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 4, 12, 10), photometric="minisblack")
    [stack] = describe(tmp_path / "a.tif")
    assert not stack.understood()
    assert "(QQYX, 3 × 4 × 12 × 10)" in str(unclear(stack))
    assert str(unclear(stack)).endswith("such as axes: ZCYX.")
    with pytest.raises(CellocateError, match="axes without a meaning in the file"):
        read(tmp_path / "a.tif", "channel=1")


@pytest.mark.parametrize("channels", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_channels_that_come_last_are_read_where_somebody_says_so(tmp_path, channels, kind):
    data = noise(40, 30, channels, kind=kind)
    tifffile.imwrite(tmp_path / "a.tif", data)  # as numpy users do, who get colours, alpha, or 40 narrow pages
    for c in range(channels):
        assert np.array_equal(read(tmp_path / "a.tif", f"channel={c},axes=YXC"), data[:, :, c])
    assert read_header(f"{tmp_path}/a.tif::channel=0,axes=YXC") == (40, 30, data.itemsize * 8)
    [stack] = describe(tmp_path / "a.tif")
    assert stack.axes == ("YXS" if channels in (3, 4) else "QYX")
    assert stack.understood() == (channels in (3, 4))
    if channels in (2, 5):
        assert str(unclear(stack)).endswith("such as axes: YXC.")


def test_axes_may_be_turned(tmp_path):
    data = noise(4, 12, 10)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack")
    assert np.array_equal(read(tmp_path / "a.tif", "channel=1,axes=CXY"), data[1].T)
    assert read_header(f"{tmp_path}/a.tif::channel=1,axes=CXY") == (10, 12, 8)


def test_several_arrays_in_a_file_are_several_images(tmp_path):
    data = [noise(4, 12, 10), noise(4, 7, 9)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for image in data:
            writer.write(image, photometric="minisblack")
    assert [(s.series, s.height) for s in describe(tmp_path / "a.tif")] == [(0, 12), (1, 7)]
    assert np.array_equal(read(tmp_path / "a.tif", "series=1,channel=3"), data[1][3])


def test_pages_of_different_sizes_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for shape in ((50, 70), (31, 33)):
            writer.write(noise(*shape), metadata=None)
    with pytest.raises(CellocateError, match="pages of different sizes"):
        describe(tmp_path / "a.tif")


def test_smaller_copies_of_an_image_are_passed_over(tmp_path):
    data = noise(4, 64, 64)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(data, photometric="minisblack", subifds=1, metadata={"axes": "CYX"})
        writer.write(data[:, ::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
    with tifffile.TiffWriter(tmp_path / "b_green.tif") as writer:
        writer.write(data[0], metadata=None)
        writer.write(data[0, ::3, ::3], subfiletype=1, metadata=None)
    [stack] = describe(tmp_path / "a.tif")
    assert (len(stack.names), stack.height) == (4, 64)
    assert np.array_equal(read_channel(tmp_path / "b_green.tif", "green"), data[0])


SIZES = {
    "imagej": ({"imagej": True, "resolution": (5, 5), "metadata": {"unit": "um"}}, 0.2),
    "imagej inch": ({"imagej": True, "resolution": (254_000, 254_000), "metadata": {"unit": "inch"}}, 0.1),
    "imagej cm": ({"imagej": True, "resolution": (100_000, 100_000), "metadata": {"unit": "cm"}}, 0.1),
    "imagej escaped": ({"imagej": True, "resolution": (5, 5), "metadata": {"unit": "\\u00B5m"}}, 0.2),
    "imagej pixel": ({"imagej": True, "resolution": (1, 1), "metadata": {"unit": "pixel"}}, None),
    "imagej nothing": ({"imagej": True, "resolution": (5, 5)}, None),
    "fine": ({"resolution": (125_000, 125_000), "resolutionunit": "CENTIMETER"}, 0.08),
    "print": ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
    "no unit": ({"resolution": (5, 5), "resolutionunit": "NONE"}, None),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_pixel_size_is_read_where_its_meaning_is_sure(tmp_path, name):
    options, expected = SIZES[name]
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 12, 10), **{"photometric": "minisblack"} | options)
    [stack] = describe(tmp_path / "a.tif")
    assert stack.pixel_size == (None if expected is None else pytest.approx(expected))
    assert stack.size.doubt == stack.size.stretched == ""


def test_sizes_that_cannot_be_used_are_told(tmp_path):
    for unit, resolution, doubt in (("cubit", (5, 5), "not understood"), ("inch", (72, 72), "impossible")):
        tifffile.imwrite(
            tmp_path / "a.tif", noise(3, 12, 10), imagej=True, resolution=resolution, metadata={"unit": unit}
        )
        assert doubt in describe(tmp_path / "a.tif")[0].size.doubt
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 12, 10), imagej=True, resolution=(5, 10), metadata={"unit": "um"})
    assert describe(tmp_path / "a.tif")[0].size.stretched == "0.2 × 0.1 µm"


def test_a_file_of_one_channel_may_be_a_z_stack(tmp_path):
    data = noise(5, 12, 10)
    tifffile.imwrite(tmp_path / "a_green.tif", data, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "b_green.tif", data, photometric="minisblack", metadata=None)  # nothing says z
    for name in "ab":
        path = tmp_path / f"{name}_green.tif"
        assert np.array_equal(read(path, "z=max"), data.max(0))
        assert np.array_equal(read(path, "z=3"), data[3])
        assert read_header(f"{path}::z=3") == (12, 10, 8)
        for look in (read_header, lambda place: read_channel(place, "green")):
            with pytest.raises(CellocateError, match=r"no plane 5: there are 5, counted from 0"):
                look(f"{path}::z=5")
    with pytest.raises(CellocateError, match=r"a z stack of 5 planes.*--z max"):
        read_channel(tmp_path / "a_green.tif", "green")
    with pytest.raises(
        CellocateError, match=r"5 pages \(channels or z planes\) in a file that should hold one channel.*--z max"
    ):
        read_channel(tmp_path / "b_green.tif", "green")
    tifffile.imwrite(tmp_path / "c_green.tif", data[0])
    assert np.array_equal(read(tmp_path / "c_green.tif", "z=max"), data[0])
    with pytest.raises(CellocateError, match="no plane 2"):
        read(tmp_path / "c_green.tif", "z=2")
