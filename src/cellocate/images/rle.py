"""Run-length encoded masks of cells, in the text form of the 2021 challenge and of COCO."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

_BITS = 5  # per character; a sixth bit tells whether more follow, and 48 makes it a letter
_MOST = 7  # characters of one number: 35 bits, more than the pixels of any image


@dataclass(frozen=True, eq=False)
class Mask:
    """A binary mask as the starts and ends of its runs, counted down the columns as in COCO.

    Args:
        height: px.
        width: px.
        edges: start and end (exclusive) of every run, ascending; position `x * height + y` is the pixel (y, x).

    Example:
        >>> mask = Mask.of(np.array([[False, True], [False, True]]))
        >>> mask.edges.tolist(), mask.counts.tolist(), mask.area
        ([2, 4], [2, 2], 2)
        >>> Mask.parse(mask.text, 2, 2).pixels.tolist()
        [[False, True], [False, True]]
    """

    height: int
    width: int
    edges: Positions

    @staticmethod
    def of(pixels: NDArray[np.bool_]) -> Mask:
        """The mask of the set pixels, shape (H, W)."""
        height, width = pixels.shape
        padded = np.zeros(height * width + 2, dtype=bool)
        padded[1:-1] = pixels.ravel(order="F")
        return Mask(height, width, np.flatnonzero(padded[1:] != padded[:-1]))

    @staticmethod
    def of_counts(counts: Positions, height: int, width: int) -> Mask:
        """The mask of COCO's run lengths, alternating unset and set pixels.

        Raises:
            ValueError: a run is negative, or they do not cover the image exactly.
        """
        if (counts < 0).any():
            raise ValueError("a run of negative length")
        if counts.sum() != height * width:
            raise ValueError(f"runs over {counts.sum()} pixels in an image of {width} × {height} px")
        edges = np.cumsum(counts)[: len(counts) // 2 * 2]
        if (counts == 0).any():  # an empty run joins its neighbours
            places, times = np.unique(edges, return_counts=True)
            edges = places[times % 2 == 1]
        return Mask(height, width, edges)

    @staticmethod
    def parse(text: str, height: int, width: int) -> Mask:
        """Parse a mask from its `text`.

        Raises:
            ValueError: the text is damaged (with a message for the user), or of an image of another size.
        """
        try:
            packed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("not base64") from None
        most = 2 * (height * width + 1)  # bytes; more than any mask of this size needs, against zip bombs
        opened = zlib.decompressobj()
        try:
            letters = opened.decompress(packed, most)
        except zlib.error:
            raise ValueError("not compressed by zlib") from None
        if not opened.eof or opened.unused_data:
            raise ValueError("compressed data that is cut short, too long or followed by more")
        return Mask.of_counts(unpack(letters), height, width)

    @property
    def counts(self) -> Positions:
        """COCO's run lengths, starting with unset pixels (0 if the first pixel is set)."""
        size = self.height * self.width
        end = [size] if not len(self.edges) or self.edges[-1] < size else []
        return np.diff(np.concatenate([[0], self.edges, end])).astype(np.int64)

    @property
    def text(self) -> str:
        """The text of the 2021 challenge: COCO's letters, compressed by zlib, in base64."""
        return base64.b64encode(zlib.compress(pack(self.counts), zlib.Z_BEST_COMPRESSION)).decode("ascii")

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """Whether each pixel is set, shape (H, W)."""
        counts = self.counts
        flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
        return flat.reshape((self.height, self.width), order="F")

    @property
    def area(self) -> int:
        """Number of set pixels."""
        return int((self.edges[1::2] - self.edges[::2]).sum())


def pack(counts: Positions) -> bytes:
    """Encode COCO's run lengths: base 32, low digits first, from the fourth run on minus the last but one.

    Example:
        >>> pack(np.array([5, 2, 40, 3])), unpack(b"52X11").tolist()
        (b'52X11', [5, 2, 40, 3])
    """
    numbers = counts.astype(np.int64)
    numbers[3:] -= counts[1:-2]
    digit = np.arange(_MOST)
    # a number ends with the digit whose highest bit is its sign
    reach = np.int64(1) << (_BITS * digit + _BITS - 1)
    lasting = (numbers[:, None] >= reach) | (numbers[:, None] < -reach)
    letters = (numbers[:, None] >> (_BITS * digit)) & 31
    used = np.concatenate([np.ones((len(numbers), 1), bool), lasting[:, :-1]], axis=1)
    return bytes((letters + 32 * lasting + 48)[used].astype(np.uint8))


def unpack(letters: bytes) -> Positions:
    """Decode COCO's letters to run lengths; the inverse of `pack`.

    Raises:
        ValueError: they are not such letters, or end within a number.
    """
    values = np.frombuffer(letters, np.uint8).astype(np.int64) - 48
    if not len(values) or ((values < 0) | (values > 63)).any():
        raise ValueError("not COCO's run lengths")
    last = np.flatnonzero(values < 32)
    if not len(last) or last[-1] != len(values) - 1:
        raise ValueError("run lengths that are cut short")
    first = np.concatenate([[0], last[:-1] + 1])
    length = last - first + 1
    if length.max() > _MOST:
        raise ValueError("a run longer than any image")
    digit = np.arange(len(values)) - np.repeat(first, length)
    numbers = np.add.reduceat((values & 31) << (_BITS * digit), first)
    numbers -= ((values[last] & 16) > 0).astype(np.int64) << (_BITS * length)
    counts = numbers.copy()
    counts[1::2] = np.cumsum(numbers[1::2])
    counts[2::2] = np.cumsum(numbers[2::2])
    return counts


def masks_of(labels: NDArray[Any]) -> dict[int, Mask]:
    """The mask of each cell in a label image (shape (H, W), whole numbers), by its number; 0 is background.

    Example:
        >>> {number: mask.area for number, mask in masks_of(np.array([[0, 2], [5, 2]], np.uint16)).items()}
        {2: 2, 5: 1}
    """
    height, width = labels.shape
    flat = labels.ravel(order="F")
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1]) if flat.size else np.zeros(0, np.int64)
    ends = np.append(starts[1:], flat.size)
    numbers = flat[starts]
    order = np.argsort(numbers, kind="stable")  # keeps the runs of a cell ascending
    found, first = np.unique(numbers[order], return_index=True)
    edges = np.stack([starts, ends], axis=1)[order]
    parts = np.split(edges, first[1:]) if len(first) else []
    return {int(n): Mask(height, width, part.ravel()) for n, part in zip(found, parts, strict=True) if n}


def label_image(masks: Mapping[int, Mask], height: int, width: int) -> NDArray[np.uint16]:
    """A label image of masks, shape (H, W), uint16; where masks overlap, the later one wins."""
    labels = np.zeros((height, width), np.uint16)
    for number, mask in masks.items():
        labels[mask.pixels] = number
    return labels


def overlaps(one: Sequence[Mask], other: Sequence[Mask]) -> NDArray[np.float64]:
    """Intersection over union of all pairs of masks of one image, from their runs alone, shape (N, M).

    Two empty masks have 0.

    Example:
        >>> left, all_ = Mask.of(np.array([[True, False]])), Mask.of(np.array([[True, True]]))
        >>> overlaps([left, all_], [all_]).tolist()
        [[0.5], [1.0]]
    """
    common = np.zeros((len(one), len(other)))
    area, area_of_other = (np.array([mask.area for mask in masks], dtype=np.float64) for masks in (one, other))
    filled = [i for i, mask in enumerate(one) if len(mask.edges)]
    begin, end = (np.array([one[i].edges[side] for i in filled], dtype=np.int64) for side in (0, -1))
    for j, mask in enumerate(other):
        if not len(mask.edges):
            continue
        near = [filled[i] for i in np.flatnonzero((begin < mask.edges[-1]) & (end > mask.edges[0]))]
        if not near:
            continue
        first = np.cumsum([0, *(len(one[i].edges) for i in near[:-1])])
        # number of the mask's pixels before each edge: linear between its own edges
        runs = np.zeros(len(mask.edges), dtype=np.int64)
        runs[1::2] = mask.edges[1::2] - mask.edges[::2]
        before = np.interp(np.concatenate([one[i].edges for i in near]), mask.edges, np.cumsum(runs))
        before[::2] *= -1
        common[near, j] = np.add.reduceat(before, first)
    either = area[:, None] + area_of_other - common
    return np.divide(common, either, out=np.zeros_like(common), where=either > 0)
