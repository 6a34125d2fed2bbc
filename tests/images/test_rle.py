from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from cellocate.images import read_channel
from cellocate.images.rle import Mask, label_image, masks_of, overlaps, pack, unpack

Pixels = NDArray[np.bool_]

shapes = array_shapes(min_dims=2, max_dims=2, max_side=12)
pixels = arrays(bool, shapes)


def coco_counts(mask: Pixels) -> list[int]:
    """COCO's run lengths pixel by pixel, from their definition."""
    counts, value = [0], False
    for pixel in mask.T.ravel():
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return counts


def coco_letters(counts: list[int]) -> bytes:
    """COCO's letters number by number, from their definition."""
    letters = []
    for i, count in enumerate(counts):
        number, more = count - counts[i - 2] if i > 2 else count, True
        while more:
            digit, number = number & 31, number >> 5
            more = number != (-1 if digit & 16 else 0)
            letters.append(48 + digit + 32 * more)
    return bytes(letters)


@given(pixels)
def test_a_mask_survives_every_form(mask: Pixels) -> None:
    height, width = mask.shape
    encoded = Mask.of(mask)
    assert encoded.counts.tolist() == coco_counts(mask)
    assert encoded.area == mask.sum()
    for again in (
        Mask.parse(encoded.text, height, width),
        Mask.of_counts(unpack(pack(encoded.counts)), height, width),
        encoded,
    ):
        np.testing.assert_array_equal(again.pixels, mask)


@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=9))
def test_letters_are_those_of_the_definition(counts: list[int]) -> None:
    assert pack(np.array(counts)) == coco_letters(counts)
    assert unpack(coco_letters(counts)).tolist() == counts


@given(pixels, st.data())
def test_empty_runs_change_nothing(mask: Pixels, data: st.DataObject) -> None:
    counts = coco_counts(mask)
    place = data.draw(st.integers(0, len(counts)))
    longer = np.array([*counts[:place], 0, 0, *counts[place:]])
    np.testing.assert_array_equal(Mask.of_counts(longer, *mask.shape).edges, Mask.of(mask).edges)


@given(arrays(np.uint16, shapes, elements=st.sampled_from([0, 1, 2, 7, 65535])))
def test_label_images_and_masks(labels: NDArray[np.uint16]) -> None:
    masks = masks_of(labels)
    assert list(masks) == [n for n in np.unique(labels).tolist() if n]
    for number, mask in masks.items():
        np.testing.assert_array_equal(mask.edges, Mask.of(labels == number).edges)
    np.testing.assert_array_equal(label_image(masks, *labels.shape), labels)


@given(shapes.flatmap(lambda shape: st.lists(arrays(bool, shape), min_size=1, max_size=4)))
def test_overlaps_are_those_of_the_pixels(masks: list[Pixels]) -> None:
    expected = [[(a & b).sum() / max((a | b).sum(), 1) for b in masks[1:]] for a in masks]
    found = overlaps([Mask.of(mask) for mask in masks], [Mask.of(mask) for mask in masks[1:]])
    assert found.shape == (len(masks), len(masks) - 1)
    np.testing.assert_allclose(found, np.array(expected).reshape(found.shape), rtol=0, atol=1e-15)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # its own, of NumPy 2
def test_pycocotools_agrees() -> None:
    coco = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    masks = [rng.random((70, 50)) < share for share in (0, 0.01, 0.5, 0.99, 1)]
    masks += [np.kron(rng.random((7, 5)) < 0.5, np.ones((10, 10))) > 0 for _ in range(4)]
    theirs = coco.encode(np.asfortranarray(np.stack(masks, axis=2).astype(np.uint8)))
    ours = [Mask.of(mask) for mask in masks]
    assert [pack(mask.counts) for mask in ours] == [mask["counts"] for mask in theirs]
    np.testing.assert_allclose(overlaps(ours, ours), coco.iou(theirs, theirs, [0] * len(theirs)), atol=1e-12)
    written = zlib.decompress(base64.b64decode(ours[5].text))
    np.testing.assert_array_equal(coco.decode({"size": [70, 50], "counts": written}) > 0, masks[5])


def test_the_mask_of_the_sample_submission_is_read() -> None:
    """The first mask in the sample submission of the OpenImages challenge, whose form 2021 took over."""
    text = "eNqLi8xJM7BOTjS08DT2NfI38DfyM/Q3NMAJgJJ+RkBs7JecF5tnAADw+Q9I"
    mask = Mask.parse(text, 1600, 1118)
    assert 0 < mask.area < 1600 * 1118
    assert pack(mask.counts) == zlib.decompress(base64.b64decode(text))


def _text(letters: bytes) -> str:
    return base64.b64encode(zlib.compress(letters)).decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not compressed|cut short"),
        ("b'abc'", "not base64"),
        ("abc", "not base64"),
        ("naïve", "not base64"),
        ("aaaa", "not compressed"),
        (_text(b""), "not COCO's run lengths"),
        (_text(b"\x20\x30"), "not COCO's run lengths"),
        (_text(b"pp"), "not COCO's run lengths"),
        (_text(b"2o"), "cut short"),
        (_text(b"ooooooo0"), "longer than any image"),
        (_text(b"4"), r"4 pixels in an image of 3 × 2 px"),
        (_text(b"N>"), "negative"),
        (_text(b"6") + "AAAA", "not base64|followed by more"),
        (base64.b64encode(zlib.compress(b"6")[:-2]).decode(), "cut short"),
        (base64.b64encode(zlib.compress(b"6") + b"x").decode(), "followed by more"),
        (_text(b"0" * 10**6), "too long"),
    ],
)
def test_broken_text_is_told_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mask.parse(text, 2, 3)


def test_real_cells(real_data: Path) -> None:
    paths = sorted((real_data / "kaggle2021" / "cell_masks").glob("*.png"))
    assert len(paths) == 3
    for path in paths:
        labels = read_channel(path, "red")
        masks = masks_of(labels)
        again = {number: Mask.parse(mask.text, *labels.shape) for number, mask in masks.items()}
        np.testing.assert_array_equal(label_image(again, *labels.shape), labels)
        np.testing.assert_array_equal(overlaps(list(masks.values()), list(again.values())), np.eye(len(masks)))
