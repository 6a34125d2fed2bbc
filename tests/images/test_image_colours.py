"""One channel saved in colours: tints, palettes, and pictures that hold several channels."""

import io
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image
from small_images import RGB8, smooth

from cellocate.collection import open_collection
from cellocate.images import read_channel, read_field, read_numbers
from cellocate.images.colour_planes import channel_plane, is_ramp

LIGHT = smooth()
TINTS = {"magenta": (1, 0, 1), "orange": (1, 0.5, 0), "grey": (1, 1, 1), "red": (1, 0, 0), "azure": (0, 0.6, 1)}
CHANNELS = ("red", "green", "blue", "yellow")


def tinted(light, tint):
    return np.dstack([(light * share).astype(light.dtype) for share in tint])


def lut(red, green, blue):
    """A palette like those of Fiji: each colour by its values at even steps."""
    steps = np.arange(256)
    return np.stack([np.interp(steps, np.linspace(0, 255, len(c)), c) for c in (red, green, blue)], axis=1).astype(int)


LUTS = {
    "magenta": lut([0, 255], [0, 0], [0, 255]),
    "cyan hot": lut([0, 0, 255], [0, 255, 255], [0, 255, 255]),
    "fire": lut([0, 0, 98, 173, 252, 255, 255], [0, 0, 0, 35, 117, 219, 255], [0, 96, 220, 64, 0, 0, 255]),
    "grey between 30 and 90": np.repeat(np.clip((np.arange(256) - 30) * 255 // 60, 0, 255)[:, None], 3, axis=1),
}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_of_a_tinted_picture_the_brightest_plane_is_taken(tint, channel, kind):
    light = LIGHT.astype(kind) * (1 if kind is np.uint8 else 200)
    np.testing.assert_array_equal(channel_plane(tinted(light, TINTS[tint]), channel), light)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("tint", ["magenta", "red"])
def test_a_tinted_jpeg_is_read_by_its_brightest_plane(tmp_path, tint, channel):
    light = np.kron(LIGHT, np.ones((8, 8), np.uint8))
    Image.fromarray(tinted(light, TINTS[tint])).save(tmp_path / "a.jpg", quality=90)
    found = read_channel(tmp_path / "a.jpg", channel).astype(int)
    assert np.abs(found - light).mean() < 5


def test_the_colour_that_an_address_names_is_taken(tmp_path):
    Image.fromarray(tinted(LIGHT, TINTS["magenta"])).save(tmp_path / "a.png")
    assert not read_channel(f"{tmp_path / 'a.png'}::colour=green", "green").any()


def test_a_picture_with_something_else_in_another_plane_keeps_its_colours():
    colours = tinted(LIGHT, TINTS["red"])
    colours[3:5, 3:5, 1] = 20
    np.testing.assert_array_equal(channel_plane(colours, "green"), colours[:, :, 1])


def test_a_jpeg_with_something_else_in_another_plane_keeps_its_colours(tmp_path):
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :, 0] = 100
    colours[20:24, 20:24, 1] = 200
    Image.fromarray(colours).save(tmp_path / "a.jpg", quality=95)
    assert read_channel(tmp_path / "a.jpg", "green").mean() < 10


def test_red_and_green_alike_are_averaged_as_ever():
    noisy = tinted(LIGHT, (1, 1, 0))
    noisy[::2, :, 0] -= np.minimum(noisy[::2, :, 0], 3)
    expected = noisy[:, :, :2].mean(axis=2).round().astype(np.uint8)
    np.testing.assert_array_equal(channel_plane(noisy, "yellow"), expected)


def test_of_a_picture_of_several_channels_an_empty_one_stays_empty(tmp_path):
    Image.fromarray(tinted(LIGHT, TINTS["red"])).save(tmp_path / "a.png")
    red, green = read_field(dict.fromkeys(("red", "green"), tmp_path / "a.png"), ("red", "green"))
    np.testing.assert_array_equal(red, LIGHT)
    assert not green.any()


@pytest.mark.parametrize("name", LUTS)
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_palette_from_black_to_a_colour_is_read_by_its_indices(tmp_path, name, suffix):
    path = tmp_path / f"a_green.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, LIGHT, photometric="palette", colormap=(LUTS[name].T * 257).astype(np.uint16))
    else:
        image = Image.fromarray(LIGHT).convert("P")
        image.putpalette(LUTS[name].ravel().tolist())
        image.save(path)
    for channel in CHANNELS:
        np.testing.assert_array_equal(read_channel(path, channel), LIGHT)


def test_a_palette_with_the_few_colours_of_a_picture_is_no_ramp(tmp_path):
    values = np.array([0, 40, 90, 200], np.uint8)
    image = Image.fromarray(np.array([[0, 1], [2, 3]], np.uint8)).convert("P")
    image.putpalette(np.outer(values, [0, 1, 0]).ravel().tolist())
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_channel(tmp_path / "a.png", "green"), values.reshape(2, 2))
    assert not is_ramp(np.array(Image.fromarray(RGB8).quantize(256).getpalette()).reshape(-1, 3))


def test_files_of_one_channel_may_be_tiffs_in_colours(tmp_path):
    for name, tint in (("DAPI", (0, 0, 1)), ("protein", (1, 0.5, 0))):
        tifffile.imwrite(tmp_path / f"a_{name}.tif", tinted(LIGHT, tint), photometric="rgb")
    collection = open_collection(tmp_path)
    assert collection.layout == "folder"
    pixels, _ = collection.read("a", ("green", "blue"))
    np.testing.assert_array_equal(pixels, [LIGHT, LIGHT])


def test_numbers_of_channels_are_those_of_colours_in_tiffs_of_several(tmp_path):
    for i in range(3):
        tifffile.imwrite(tmp_path / f"img{i}.tif", RGB8, photometric="rgb")
    collection = open_collection(tmp_path, channels={"nucleus": 2, "protein": 1, "microtubules": 0})
    assert collection.ids == ["img0", "img1", "img2"]
    np.testing.assert_array_equal(collection.read("img1", ("blue",))[0][0], RGB8[:, :, 2])


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("grey", [True, False])
def test_label_numbers_of_small_pngs_are_those_stored(tmp_path, bits, grey):
    labels = (np.arange(64).reshape(8, 8) % 2**bits).astype(np.uint8)
    path = tmp_path / "cells.png"
    if grey:
        path.write_bytes(grey_png(labels, bits))
    else:
        image = Image.fromarray(labels).convert("P")
        image.putpalette(np.outer(np.arange(2**bits), [0, 0, 10]).ravel().tolist())
        image.save(path, bits=bits)
    np.testing.assert_array_equal(read_numbers(path).astype(int), labels)


def grey_png(labels, bits):
    """A grey PNG of fewer than 8 bits, which Pillow cannot write: a palette without its chunk."""
    content = io.BytesIO()
    image = Image.fromarray(labels).convert("P")
    image.putpalette(np.repeat(np.arange(2**bits), 3).tolist())
    image.save(content, "PNG", bits=bits)
    kept = b""
    data = content.getvalue()
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if name == b"IHDR":
            body = body[:9] + b"\0" + body[10:]  # kind of colour: grey
        if name != b"PLTE":
            kept += chunk(name, body)
        at += 12 + length
    return data[:8] + kept


def chunk(name, body):
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
