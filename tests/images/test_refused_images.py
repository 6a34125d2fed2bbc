"""Files that are no channel, broken or enormous are refused, by their headers already."""

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_images import GREY8, GREY16, RGB8, noise, pillow, tiff

from cellocate.errors import CellocateError
from cellocate.images import SUFFIXES, read_channel, read_header
from cellocate.images.image_files import ImageHeader


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def enormous_png():
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def enormous_tiff():
    content = tiff(GREY8)
    length = struct.pack("<HHI", 257, 4, 1)  # the tag ImageLength: one number of 32 bits
    return content.replace(length + struct.pack("<I", 40), length + struct.pack("<I", 2**25))


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", enormous_png()), ("a.tif", enormous_tiff())], ids=["png", "tif"]
)
def test_an_image_that_claims_to_be_enormous_is_refused_before_memory_is_asked_for(put, name, content):
    path = put(name, content)
    for read in (read_header, lambda p: read_channel(p, "green")):
        with pytest.raises(CellocateError, match=r"an image (cannot be read|that says it is too large)"):
            read(path)


DAMAGED = pillow(noise(shape=(9, 7)), "PNG")


@given(st.integers(0, len(DAMAGED) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_a_png_with_a_damaged_byte_is_refused_or_gives_the_same_pixels(tmp_path_factory, place, change):
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(DAMAGED[:place] + bytes([DAMAGED[place] ^ change]) + DAMAGED[place + 1 :])
    with suppress(CellocateError):
        read_header(path)
    with suppress(CellocateError):
        np.testing.assert_array_equal(read_channel(path, "red"), noise(shape=(9, 7)))


# What is not an image of one plane or of colours, of 8 or 16 bits.
REFUSED = {
    "text.png": b"hello",
    "text.jpg": b"hello",
    "text.tif": b"hello",
    "empty.png": b"",
    "empty.tif": b"",
    "float.tif": tiff(np.zeros((40, 31), np.float32)),
    "integer.tif": tiff(np.zeros((40, 31), np.int32)),
    "signed.tif": tiff(np.zeros((40, 31), np.int16)),
    "bits.tif": tiff(np.zeros((40, 31), bool), photometric="minisblack"),
    "two_samples.tif": tiff(noise(shape=(40, 31, 2)), photometric="minisblack", planarconfig="contig"),
    "five_samples.tif": tiff(noise(shape=(5, 40, 31)), photometric="minisblack", planarconfig="separate"),
    "bits.png": pillow(Image.fromarray(GREY8).convert("1"), "PNG"),
    "cmyk.jpg": pillow(Image.fromarray(RGB8).convert("CMYK"), "JPEG"),
    "transparent.png": pillow(Image.fromarray(np.dstack([GREY8, GREY8[::-1]])), "PNG"),
    "transparent.tif": tiff(np.dstack([RGB8, GREY8]), photometric="rgb"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_kind_of_file_is_refused_by_name(put, name):
    path = put(name, REFUSED[name])
    for read in (read_header, lambda p: read_channel(p, "green")):
        with pytest.raises(CellocateError) as caught:
            read(path)
        assert caught.value.where == path
        assert caught.value.mend


@pytest.mark.parametrize(
    ("name", "kind"),
    [("float.tif", "float32"), ("integer.tif", "int32"), ("bits.png", "mode 1")],
)
def test_a_refused_depth_is_named(put, name, kind):
    path = put(name, REFUSED[name])
    with pytest.raises(CellocateError, match=f"unsupported kind.*{kind}"):
        read_channel(path, "green")
    with pytest.raises(CellocateError, match=f"unsupported kind.*{kind}"):
        read_header(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_file_is_called_missing(tmp_path, suffix):
    path = tmp_path / f"a_green{suffix}"
    for read in (read_header, lambda p: read_channel(p, "green")):
        with pytest.raises(CellocateError, match="a channel file is missing") as caught:
            read(path)
        assert caught.value.where == path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_is_no_image(tmp_path, suffix):
    path = tmp_path / f"a_green{suffix}"
    path.mkdir()
    for read in (read_header, lambda p: read_channel(p, "green")):
        with pytest.raises(CellocateError, match="not an image"):
            read(path)


def verdict(read, path):
    try:
        found = read(path)
    except CellocateError:
        return None
    return found if isinstance(found, ImageHeader) else ImageHeader(*found.shape, 8 * found.itemsize)


def odd(name, content):
    return pytest.param(name, content, id=name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(odd(name, content) for name, content in REFUSED.items()),
        odd("two_bits.png", pillow(GREY8, "PNG", bits=2)),
        odd("page.tif", tiff(GREY8[None])),
        odd("tiff_inside.png", tiff(GREY16)),
        odd("two_pages.tif", tiff(noise(shape=(2, 40, 31)), photometric="minisblack")),
        odd("five_pages.tif", tiff(noise(shape=(5, 40, 31)), photometric="minisblack")),
        odd("one_wide.tif", tiff(noise(shape=(40, 1)))),
        odd("big_endian_inside.png", tiff(GREY16.astype(">u2"), byteorder=">")),
    ],
)
def test_the_header_promises_what_reading_gives(put, name, content):
    path = put(name, content)
    assert verdict(read_header, path) == verdict(lambda p: read_channel(p, "green"), path)
