"""Files cut short, as a broken download or a full disk leaves them: never taken for whole."""

import gzip

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from small_images import noise, pillow, planar, smooth, tiff

from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_header

COLOURS = noise(shape=(40, 31, 3))
FILES = {
    "grey.png": pillow(noise(), "PNG"),
    "deep.png": pillow(noise(np.uint16), "PNG"),
    "colour.png": pillow(COLOURS, "PNG"),
    "grey.jpg": pillow(smooth(), "JPEG"),
    "colour.jpg": pillow(COLOURS, "JPEG"),
    "progressive.jpg": pillow(COLOURS, "JPEG", progressive=True),
    "grey.tif": tiff(noise()),
    "big_endian.tif": tiff(noise(np.uint16).astype(">u2"), byteorder=">"),
    "planar.tif": planar(COLOURS),
    "pages_last.tif": pillow(noise(), "TIFF"),
}
COMPRESSED = {
    "lzw.tif": tiff(smooth(), compression="lzw"),
    "lzw_strips.tif": tiff(smooth(), rowsperstrip=8, compression="lzw"),
    "lzw_tiles.tif": tiff(smooth(shape=(80, 62)), tile=(16, 16), compression="lzw"),
    "deflate.tif": tiff(smooth(), compression="deflate"),
    "zstd.tif": tiff(smooth(), compression="zstd"),
    "jpeg.tif": tiff(COLOURS, compression="jpeg"),
}
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.97)  # of the bytes that are left


@pytest.fixture
def cut(tmp_path):
    """Write a file without its last `lost` bytes."""

    def write(name, lost):
        whole = (FILES | COMPRESSED)[name]
        (tmp_path / name).write_bytes(whole[: len(whole) - lost])
        return tmp_path / name

    return write


def lost(name, share):
    return round((1 - share) * len((FILES | COMPRESSED)[name]))


@pytest.mark.parametrize("name", [*FILES, *COMPRESSED])
def test_the_whole_files_are_accepted(cut, name):
    header = read_header(cut(name, 0))
    assert read_channel(cut(name, 0), "red").shape == header[:2]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused(cut, name, share):
    path = cut(name, lost(name, share))
    for read in (read_header, lambda p: read_channel(p, "red")):
        with pytest.raises(CellocateError, match="an image cannot be read") as caught:
            read(path)
        assert caught.value.where == path


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", COMPRESSED)
def test_the_header_tells_that_a_compressed_tiff_was_cut(cut, name, share):
    with pytest.raises(CellocateError, match="an image cannot be read"):
        read_header(cut(name, lost(name, share)))


TINY = noise(shape=(12, 9))
TINY_TIFFS = {
    "lzw": tiff(TINY, compression="lzw"),
    "lzw in strips": tiff(TINY, rowsperstrip=4, compression="lzw"),
    "lzw in tiles": tiff(TINY, tile=(16, 16), compression="lzw"),
    "deflate": tiff(TINY, compression="deflate"),
    "zstandard": tiff(TINY, compression="zstd"),
    "jpeg": tiff(noise(shape=(12, 9, 3)), compression="jpeg"),
}


@pytest.mark.parametrize("content", TINY_TIFFS.values(), ids=TINY_TIFFS)
def test_no_cut_compressed_tiff_is_read(tmp_path, content):
    for length in range(len(content) - 1, 7, -3):
        (tmp_path / "a.tif").write_bytes(content[:length])
        with pytest.raises(CellocateError, match="an image cannot be read"):
            read_channel(tmp_path / "a.tif", "red")


def test_a_cut_tiff_never_gives_other_pixels(cut):
    whole = read_channel(cut("jpeg.tif", 0), "red")
    try:
        found = read_channel(cut("jpeg.tif", 300), "red")
    except CellocateError:
        return
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("read", [read_header, lambda path: read_channel(path, "red")], ids=["header", "channel"])
def test_a_tiff_of_a_few_bytes_is_refused(tmp_path, read):
    for length in range(8):
        (tmp_path / "a.tif").write_bytes(FILES["grey.tif"][:length])
        with pytest.raises(CellocateError, match="an image cannot be read"):
            read(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["grey.png", "grey.jpg", "grey.tif"])
def test_a_cut_file_is_called_cut_short(cut, name):
    with pytest.raises(CellocateError, match="cut short"):
        read_header(cut(name, lost(name, 0.9)))


TINY_PNG, TINY_JPEG, TINY_TIFF = pillow(TINY, "PNG"), pillow(TINY, "JPEG"), tiff(TINY)


def accepts(read, path):
    try:
        return read(path)
    except CellocateError:
        return None


def at_cut(tmp_path_factory, name, content, length):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content[:length])
    return path


@given(st.integers(0, len(TINY_PNG) - 5))
def test_no_cut_png_has_a_header(tmp_path_factory, length):
    assert accepts(read_header, at_cut(tmp_path_factory, "tiny_header.png", TINY_PNG, length)) is None


@given(st.integers(0, len(TINY_JPEG) - 1))
@example(len(TINY_JPEG) - 1)
def test_no_cut_jpeg_has_a_header(tmp_path_factory, length):
    assert accepts(read_header, at_cut(tmp_path_factory, "tiny_header.jpg", TINY_JPEG, length)) is None


@given(st.one_of(st.just(0), st.integers(8, len(TINY_TIFF) - 1)))
@example(len(TINY_TIFF) - 1)
def test_no_cut_tiff_has_a_header(tmp_path_factory, length):
    assert accepts(read_header, at_cut(tmp_path_factory, "tiny_header.tif", TINY_TIFF, length)) is None


@given(st.integers(0, len(TINY_PNG) - 1))
def test_no_cut_png_gives_other_pixels(tmp_path_factory, length):
    path = at_cut(tmp_path_factory, "tiny_pixels.png", TINY_PNG, length)
    found = accepts(lambda p: read_channel(p, "red"), path)
    if found is not None:
        np.testing.assert_array_equal(found, TINY)
        assert length > len(TINY_PNG) - 24  # all that may be missing is what follows the pixels


@pytest.mark.parametrize("read", [read_header, lambda path: read_channel(path, "red")], ids=["header", "channel"])
def test_a_png_that_lost_its_last_byte_is_refused(tmp_path, read):
    (tmp_path / "a.png").write_bytes(TINY_PNG[:-1])
    with pytest.raises(CellocateError, match="cut short"):
        read(tmp_path / "a.png")


def test_a_small_gzipped_file_that_unfolds_to_too_much_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.tif.gz").write_bytes(gzip.compress(tiff(noise()), 9))
    assert read_header(tmp_path / "a.tif.gz")[:2] == noise().shape
    monkeypatch.setattr("cellocate.images.tiff.LARGEST", 300)
    for read in (read_header, lambda path: read_channel(path, "green")):
        with pytest.raises(CellocateError, match="an image cannot be read"):
            read(tmp_path / "a.tif.gz")
