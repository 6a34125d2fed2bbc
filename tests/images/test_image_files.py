"""One file is one channel: every kind of file that is read, and what is written."""

from contextlib import suppress

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_images import GREY8, GREY16, RGB8, RGB16, SHAPE, noise, pillow, planar, smooth, tiff

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_channel, read_header, read_numbers, write_png
from cellocate.images.image_files import ImageHeader

GREY = {
    "8-bit.png": (pillow(GREY8, "PNG"), GREY8),
    "16-bit.png": (pillow(GREY16, "PNG"), GREY16),
    "CAPITALS.PNG": (pillow(GREY8, "PNG"), GREY8),
    "8-bit.tif": (tiff(GREY8), GREY8),
    "16-bit.tiff": (tiff(GREY16), GREY16),
    "BIG_ENDIAN.TIF": (tiff(GREY16.astype(">u2"), byteorder=">"), GREY16),
    "lzw.tif": (tiff(GREY8, compression="lzw"), GREY8),
    "lzw_predicted.tif": (tiff(GREY16, compression="lzw", predictor=True), GREY16),
    "lzw_big_endian.tif": (tiff(GREY16.astype(">u2"), byteorder=">", compression="lzw"), GREY16),
    "deflate.tif": (tiff(GREY16, compression="deflate"), GREY16),
    "zstd.tif": (tiff(GREY16, compression="zstd"), GREY16),
    "strips.tif": (tiff(GREY8, rowsperstrip=7, compression="lzw"), GREY8),
    "tiles.tif": (tiff(GREY8, tile=(16, 16)), GREY8),
    "big.tif": (tiff(GREY8, bigtiff=True), GREY8),
    "pillow_lzw.tif": (pillow(GREY8, "TIFF", compression="tiff_lzw"), GREY8),
    "pillow_packbits.tif": (pillow(GREY8, "TIFF", compression="packbits"), GREY8),
}


@pytest.mark.parametrize("name", GREY)
def test_a_grey_image_is_the_channel_itself(put, name):
    content, pixels = GREY[name]
    path = put(name, content)
    for channel in CHANNELS:
        found = read_channel(path, channel)
        assert found.dtype == pixels.dtype
        np.testing.assert_array_equal(found, pixels)
    assert read_header(str(path)) == ImageHeader(height=40, width=31, depth=8 * pixels.itemsize)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_grey_jpeg_is_read_to_within_its_own_loss(put, progressive):
    path = put("a.jpg", pillow(smooth(), "JPEG", quality=95, progressive=progressive))
    assert np.abs(read_channel(path, "green").astype(int) - smooth()).max() <= 4
    assert read_header(path) == ImageHeader(40, 31, 8)


def planes(pixels):
    red, green, blue = np.moveaxis(pixels[:, :, :3], 2, 0)
    halves = red.astype(int) + green
    yellow = np.where(halves % 4 == 3, halves // 2 + 1, halves // 2)  # a half is rounded to the even neighbour
    return {"red": red, "green": green, "blue": blue, "yellow": yellow}


COLOUR = {
    "8-bit.png": (pillow(RGB8, "PNG"), RGB8),
    "alpha.png": (pillow(np.dstack([RGB8, np.full_like(GREY8, 255)]), "PNG"), RGB8),
    "8-bit.tif": (tiff(RGB8, photometric="rgb"), RGB8),
    "16-bit.tif": (tiff(RGB16, photometric="rgb"), RGB16),
    "planar.tif": (planar(RGB8), RGB8),
    "planar_lzw.tif": (planar(RGB16, compression="lzw"), RGB16),
    "planar_big_endian.tif": (planar(RGB16.astype(">u2"), byteorder=">"), RGB16),
    "pillow_lzw.tif": (pillow(RGB8, "TIFF", compression="tiff_lzw"), RGB8),
}


@pytest.mark.parametrize("name", COLOUR)
def test_of_a_colour_image_the_channels_own_plane_is_taken(put, name):
    content, pixels = COLOUR[name]
    path = put(name, content)
    for channel, plane in planes(pixels).items():
        found = read_channel(path, channel)
        assert found.dtype == pixels.dtype
        np.testing.assert_array_equal(found, plane, err_msg=channel)
    assert read_header(path) == ImageHeader(40, 31, 8 * pixels.itemsize)


def test_a_colour_jpeg_holds_a_channel_in_its_own_plane(put):
    colours = np.zeros((40, 31, 3), np.uint8)
    colours[:, :, 2] = smooth()
    path = put("a.jpeg", pillow(colours, "JPEG", quality=95, subsampling=0))
    assert np.abs(read_channel(path, "blue").astype(int) - smooth()).max() <= 12
    assert read_channel(f"{path}::colour=red", "red").max() <= 12


def test_a_palette_png_is_read_by_its_colours(put):
    image = Image.fromarray(RGB8).quantize(32)
    path = put("a.png", pillow(image, "PNG"))
    for channel, plane in planes(np.asarray(image.convert("RGB"))).items():
        np.testing.assert_array_equal(read_channel(path, channel), plane, err_msg=channel)
    assert read_header(path) == ImageHeader(40, 31, 8)


def test_pixels_of_a_plane_lie_side_by_side_in_native_order(put):
    found = read_channel(put("a.tif", tiff(RGB16.astype(">u2"), photometric="rgb", byteorder=">")), "green")
    assert found.flags.c_contiguous
    assert found.dtype.isnative


def test_a_plane_among_planes_lies_side_by_side_too(put):
    path = put("a.tif", planar(RGB8))
    assert all(read_channel(path, channel).flags.c_contiguous for channel in CHANNELS)


def palette_tiff():
    colours = noise(np.uint16, (3, 256))
    return tiff(noise() % 4, photometric="palette", colormap=colours)


def test_16_bit_colours_keep_the_bits_that_pillow_would_drop(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), RGB16[:, :, ::-1])
    assert read_header(tmp_path / "a.png") == (40, 31, 16)
    for i, channel in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(read_channel(tmp_path / "a.png", channel), RGB16[:, :, i])
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(CellocateError, match="cannot be read"):
        read_channel(tmp_path / "a.png", "red")


@pytest.mark.parametrize("pages", [3, 4])
def test_pages_are_not_taken_for_colours(put, pages):
    with pytest.raises(CellocateError, match=rf"{pages} pages \(channels or z planes\) in a file"):
        read_channel(put("a.tif", tiff(noise(shape=(pages, 40, 31)), photometric="minisblack")), "green")


def test_a_tiff_in_which_zero_is_white_is_inverted_or_refused(put):
    with suppress(CellocateError):
        pixels = read_channel(put("a.tif", tiff(smooth(), photometric="miniswhite")), "green")
        np.testing.assert_array_equal(pixels, 255 - smooth())


def test_inks_are_not_taken_for_colours(put):
    path = put("a.tif", tiff(noise(shape=(40, 31, 4)), photometric="separated"))
    for read in (read_header, lambda p: read_channel(p, "red")):
        with pytest.raises(CellocateError):
            read(path)


@pytest.mark.parametrize("writer", ["Pillow", "tifffile"])
def test_colours_of_a_jpeg_compressed_tiff_are_read(put, writer):
    colours = np.dstack([smooth(), smooth()[::-1], np.full(SHAPE, 30, np.uint8)])
    options = {"compression": "jpeg"}
    content = pillow(colours, "TIFF", **options) if writer == "Pillow" else tiff(colours, photometric="rgb", **options)
    for channel, plane in planes(colours).items():
        assert np.abs(read_channel(put("a.tif", content), channel).astype(int) - plane).max() <= 12


def test_a_palette_tiff_is_read_by_its_colours_or_refused(put):
    path = put("a.tif", palette_tiff())
    with tifffile.TiffFile(path) as file:
        colours = file.pages.first.asrgb()
    with suppress(CellocateError):
        np.testing.assert_array_equal(read_channel(path, "green"), colours[:, :, 1])


@pytest.mark.parametrize("pixels", [GREY8, GREY16], ids=["8 bits", "16 bits"])
def test_grey_pixels_survive_writing(tmp_path, pixels):
    write_png(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(read_channel(tmp_path / "a.png", "red"), pixels)


def test_colours_survive_writing(tmp_path):
    write_png(tmp_path / "a.png", RGB8)
    for k, channel in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(read_channel(tmp_path / "a.png", channel), RGB8[:, :, k])


def test_what_png_cannot_hold_leaves_no_file(tmp_path):
    with pytest.raises(TypeError):
        write_png(tmp_path / "a.png", np.zeros((4, 4), np.complex128))
    assert not list(tmp_path.iterdir())


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 9))
@settings(max_examples=40)
def test_any_shape_survives_writing(tmp_path_factory, height, width, dtype, seed):
    path = tmp_path_factory.getbasetemp() / "any_shape.png"
    pixels = noise(dtype, (height, width), seed)
    write_png(path, pixels)
    np.testing.assert_array_equal(read_channel(path, "yellow"), pixels)
    assert read_header(path) == ImageHeader(height, width, 8 * pixels.itemsize)


@pytest.mark.parametrize(("folder", "side"), [("kaggle2018/train", 512), ("kaggle2021/train", 2048)])
def test_real_grey_files_are_read(real_data, folder, side):
    path = min((real_data / folder).glob("*_green.png"))
    pixels = read_channel(path, "green")
    assert (pixels.shape, pixels.dtype) == ((side, side), np.uint8)
    assert pixels.max() > pixels.min()
    assert read_header(path) == ImageHeader(side, side, 8)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_websites_colours_hold_a_channel_in_its_own_plane(real_data, channel):
    path = real_data / "hpa_web" / "images" / f"10580_1610_C1_1_{channel}.jpg"
    signal = {c: read_channel(f"{path}::colour={c}", channel).mean() for c in ("red", "green", "blue", "mean")}
    own = "mean" if channel == "yellow" else channel
    empty = {"red": "blue", "green": "blue", "blue": "red", "yellow": "blue"}[channel]
    assert signal[own] > 4 * signal[empty]
    assert read_channel(path, channel).mean() == signal[own]
    assert read_header(path) == ImageHeader(2048, 2048, 8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_numbers_are_read_as_they_are_stored(put, dtype):
    stored = noise(np.uint8).astype(dtype)
    read = read_numbers(put("a.tif", tiff(stored)))
    assert read.dtype == dtype
    assert np.array_equal(read, stored)


def test_numbers_may_be_colours_fractions_and_bits(put):
    for name, content, expected in (
        ("a.png", pillow(RGB8, "PNG"), RGB8),
        ("b.tif", tiff(RGB8, photometric="rgb"), RGB8),
        ("c.tif", tiff(GREY8 / np.float32(7)), GREY8 / np.float32(7)),
        ("d.png", pillow(GREY8 > 9, "PNG"), GREY8 > 9),
    ):
        read = read_numbers(put(name, content))
        assert read.dtype == expected.dtype
        assert np.array_equal(read, expected)
    with pytest.raises(CellocateError, match="a JPEG, which changes the numbers"):
        read_numbers(put("e.jpg", pillow(GREY8, "JPEG")))
