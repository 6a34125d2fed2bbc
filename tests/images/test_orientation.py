"""Orientation and alpha, which viewers obey and leave out."""

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from small_images import GREY8, GREY16, RGB8, pillow, smooth, tiff

from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_header, read_numbers
from cellocate.images.read_stacks import describe

OPAQUE8 = np.full_like(GREY8, 255)


def exif(orientation):
    found = Image.Exif()
    found[274] = orientation
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("name", "image"), [("a.jpg", RGB8), ("a.jpg", GREY8), ("a.png", GREY8), ("a.png", GREY16)])
def test_the_orientation_of_exif_is_obeyed(put, name, image, orientation):
    file_format = {"jpg": "JPEG", "png": "PNG"}[name[2:]]
    path = put(name, pillow(image, file_format, exif=exif(orientation)))
    with Image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    expected = expected[..., 1] if expected.ndim == 3 else expected
    assert np.array_equal(read_channel(path, "green"), expected)
    assert read_header(path)[:2] == expected.shape
    if name == "a.png":
        assert np.array_equal(read_numbers(path), expected)


def test_exif_after_the_pixels_of_a_png_is_obeyed_too(put):
    with_exif, without = pillow(GREY8, "PNG", exif=exif(6)), pillow(GREY8, "PNG")
    start = with_exif.index(b"eXIf") - 4
    chunk = with_exif[start : start + 12 + int.from_bytes(with_exif[start : start + 4], "big")]
    path = put("a.png", without[:-12] + chunk + without[-12:])
    assert np.array_equal(read_channel(path, "green"), np.rot90(GREY8, -1))
    assert read_header(path)[:2] == (31, 40)


@pytest.mark.parametrize("damaged", [b"", b"II*\0", b"\xff" * 30])
def test_damaged_exif_does_not_hide_the_pixels(put, damaged):
    path = put("a.jpg", pillow(smooth(), "JPEG", exif=b"Exif\0\0" + damaged))
    assert read_channel(path, "green").shape == read_header(path)[:2] == smooth().shape


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_of_a_tiff_is_obeyed(put, orientation):
    expected = np.rot90(GREY16, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    path = put("a.tif", tiff(GREY16, extratags=[(274, "H", 1, orientation, True)]))
    assert np.array_equal(read_channel(path, "green"), expected)
    assert np.array_equal(read_numbers(path), expected)
    assert read_header(path) == (*expected.shape, 16)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_the_orientation_of_a_stack_is_obeyed(tmp_path, compression):
    planes = np.stack([GREY8, GREY8[::-1]])
    tag = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="minisblack", extratags=tag, compression=compression)
    [stack] = describe(tmp_path / "a.tif")
    assert (stack.height, stack.width) == (31, 40)
    assert np.array_equal(read_channel(f"{tmp_path / 'a.tif'}::channel=1", "green"), np.rot90(planes[1], -1))


ALPHA = {
    "la.png": pillow(Image.fromarray(np.dstack([GREY8, OPAQUE8])), "PNG"),
    "rgba.png": pillow(np.dstack([GREY8, GREY8, GREY8, OPAQUE8]), "PNG"),
    "clear.png": pillow(np.dstack([GREY8, GREY8, GREY8, 0 * OPAQUE8]), "PNG"),
    "la.tif": tiff(np.dstack([GREY8, OPAQUE8]), photometric="minisblack", planarconfig="contig", extrasamples=[2]),
    "unnamed.tif": tiff(np.dstack([GREY8, OPAQUE8]), photometric="minisblack", planarconfig="contig"),
    "planar.tif": tiff(np.stack([GREY8, OPAQUE8]), photometric="minisblack", planarconfig="separate"),
    "rgba.tif": tiff(np.dstack([GREY8, GREY8, GREY8, OPAQUE8]), photometric="rgb", extrasamples=[2]),
}


@pytest.mark.parametrize("name", ALPHA)
def test_alpha_that_is_the_same_everywhere_is_left_out(put, name):
    path = put(name, ALPHA[name])
    assert np.array_equal(read_channel(path, "green"), GREY8)
    assert read_header(path) == (40, 31, 8)


def test_alpha_of_16_bits_is_left_out(tmp_path):
    import cv2

    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.dstack([GREY16, GREY16 // 2, GREY16 // 4, np.full_like(GREY16, 65535)]))
    assert np.array_equal(read_channel(path, "blue"), GREY16)
    assert np.array_equal(read_channel(f"{path}::colour=red", "red"), GREY16 // 4)
    assert read_header(path) == (40, 31, 16)


def test_a_transparent_picture_is_refused_by_name(put):
    for name, content in {
        "a.png": pillow(np.dstack([RGB8, GREY8]), "PNG"),
        "b.tif": tiff(np.dstack([RGB8, GREY8]), photometric="rgb"),
    }.items():
        path = put(name, content)
        for read in (read_header, lambda p: read_channel(p, "green")):
            with pytest.raises(CellocateError, match=r"alpha channel is not constant\): .*without transparency"):
                read(path)
