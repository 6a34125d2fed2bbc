"""The connected pieces of a label image: their sizes, neighbours, holes and distances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, find_objects
from skimage.measure import label

from cellocate.cells.masks.label_arrays import Labels

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Box = tuple[slice, slice]

_CRUMB = 0.02  # of a typical piece: anything smaller is not a cell by itself
_SOLID = 0.1  # share of inner pixels of a piece that is wider than 2 px


@dataclass(frozen=True, eq=False)
class Pieces:
    """The connected pieces of the numbers of a label image."""

    image: NDArray[np.int32]  # the piece of each pixel, shape (H, W), 1 to n; 0 for none
    numbers: Ints  # of the label image, ascending, shape (k,)
    number: Ints  # index of each piece's number among these, 1 to k, shape (n,)
    area: Ints  # px, shape (n,)
    inner: Ints  # px of each with only the same piece around them, shape (n,)

    @classmethod
    def of(cls, labels: Labels, *, corners: bool | None = None) -> Pieces:
        """All pieces of a label image, shape (H, W), including those of 0.

        Pixels that touch at a `corner` are connected by default if there are three or more numbers.

        Example:
            >>> found = Pieces.of(np.array([[5, 5, 0, 5], [0, 0, 0, 7]]))
            >>> found.numbers.tolist(), found.number.tolist(), found.area.tolist()
            ([0, 5, 7], [2, 1, 2, 3], [2, 4, 1, 1])
        """
        values = np.unique(labels)
        numbers = np.searchsorted(values, labels) + 1
        ways = 2 if corners or (corners is None and len(values) > 2) else 1
        image = np.asarray(label(numbers, connectivity=ways, background=0), np.int32)  # type: ignore[no-untyped-call]
        n = int(image.max(initial=0)) + 1
        number = np.zeros(n, np.int64)
        number[image] = numbers
        area = np.bincount(image.ravel(), minlength=n)
        inner = np.bincount(image[inner_pixels(image)], minlength=n)
        return cls(image, values.astype(np.int64), number[1:], area[1:], inner[1:])

    def without(self, numbers: Ints) -> Pieces:
        """The pieces of all other numbers."""
        kept = ~np.isin(self.value, numbers)
        new = np.append(0, np.where(kept, np.cumsum(kept), 0)).astype(np.int32)
        return Pieces(new[self.image], self.numbers, self.number[kept], self.area[kept], self.inner[kept])

    def __len__(self) -> int:
        return len(self.number)

    @property
    def solid(self) -> Bools:
        """Whether each is wider than 2 px, shape (n,)."""
        return self.inner >= _SOLID * self.area

    @property
    def value(self) -> Ints:
        """The number of each in the label image, shape (n,)."""
        return self.numbers[self.number - 1]

    def by_number(self, of_pieces: Ints) -> NDArray[np.float64]:
        """The sum over the pieces of each number, shape (k + 1,); the first is of no number."""
        return np.bincount(self.number, weights=of_pieces, minlength=len(self.numbers) + 1).astype(np.float64)

    def solid_numbers(self) -> Bools:
        """Whether the pieces of each number together are wider than 2 px, shape (k + 1,)."""
        areas = self.by_number(self.area)
        return (self.by_number(self.inner) >= _SOLID * areas) & (areas > 0)

    @cached_property
    def typical(self) -> float:
        """The median area of the largest piece of each number; for one number, of all its solid pieces."""
        areas = self.area[self.solid] if self.solid.any() else self.area
        if len(self) and self.number.min() < self.number.max():
            largest_of = np.zeros(len(self.numbers) + 1, np.int64)
            np.maximum.at(largest_of, self.number, self.area)
            areas = largest_of[largest_of > 0]
        return float(np.percentile(areas, 50, method="lower")) if len(areas) else 0.0

    @property
    def plain(self) -> Bools:
        """Whether each is large enough to be a cell, shape (n,)."""
        return self.area >= _CRUMB * self.typical

    @cached_property
    def boxes(self) -> Ints:
        """Top, left, bottom and right (exclusive) of each, shape (n, 4)."""
        places = [(y.start, x.start, y.stop, x.stop) for y, x in find_objects(self.image)]
        return np.array(places, np.int64).reshape(-1, 4)

    def touching_border(self) -> Bools:
        """Whether each touches the border of the image, shape (n,)."""
        top, left, bottom, right = self.boxes.T
        height, width = self.image.shape
        return np.asarray((top == 0) | (left == 0) | (bottom == height) | (right == width))

    @cached_property
    def neighbours(self) -> tuple[Ints, Ints, Ints]:
        """Pairs of pieces that share an edge, in both orders: one, the other (-1 for none), and the shared px."""
        n = len(self) + 1
        codes = [np.empty(0, np.int64)]
        for one, other in ((self.image[:, :-1], self.image[:, 1:]), (self.image[:-1], self.image[1:])):
            differ = one != other
            a, b = one[differ].astype(np.int64), other[differ].astype(np.int64)
            codes += [a * n + b, b * n + a]
        pairs, length = np.unique(np.concatenate(codes), return_counts=True)
        first, second = np.divmod(pairs, n)
        piece = first > 0
        return first[piece] - 1, second[piece] - 1, length[piece].astype(np.int64)

    @cached_property
    def touching_numbers(self) -> tuple[Ints, Ints]:
        """Pairs of numbers that share an edge, in both orders."""
        one, other, _ = self.neighbours
        number = np.append(self.number, 0)  # -1, for none, is the last
        first, second = np.unique(np.stack([number[one], number[other]]), axis=1)
        touching = (second > 0) & (first != second)
        return first[touching], second[touching]

    def apart(self, which: Ints) -> bool:
        """Whether some of these pieces of one number belong to different cells.

        They do if they lie far apart (see `far_apart`), or if two of at least half the typical area share no neighbour:
        a cell that lies under another may show in two pieces.
        """
        if far_apart(self.boxes[which], self.area[which], self.typical):
            return True
        large = self.area[which] >= self.typical / 2
        one, other, _ = self.neighbours
        beside = [set(other[one == piece].tolist()) - {-1} for piece in which[large]]
        return any(a.isdisjoint(b) for i, a in enumerate(beside) for b in beside[:i])

    def holes(self, piece: int) -> NDArray[np.int32]:
        """The box of a piece: `image` in its holes, -1 elsewhere."""
        top, left, bottom, right = self.boxes[piece]
        part = self.image[top:bottom, left:right]
        own = part == piece + 1
        return np.where(binary_fill_holes(own) & ~own, part, -1).astype(np.int32)

    def inside(self, piece: int) -> Ints:
        """The pieces that lie entirely in holes of this one."""
        numbers, areas = np.unique(self.holes(piece), return_counts=True)
        found = numbers > 0
        whole = areas[found] == self.area[numbers[found] - 1]
        return np.asarray(numbers[found][whole] - 1, np.int64)


def far_apart(boxes: Ints, area: Ints, typical: float) -> bool:
    """Whether some pieces lie too far apart to belong to one cell of the `typical` area, px.

    A cell at the border of the image may show in several small pieces. So a piece of at least half the typical area
    must lie farther from another than a typical cell is wide (comparing boxes); from one as large, half as far. Boxes
    are top, left, bottom and right (exclusive), shape (n, 4).
    """
    top, left, bottom, right = boxes.T
    down, across = (np.maximum(low[:, None] - high, 0) for low, high in ((top, bottom), (left, right)))
    distance = np.hypot(np.maximum(down, down.T), np.maximum(across, across.T))
    wide = 2 * np.sqrt(typical / np.pi)
    large = area >= typical / 2
    return bool((distance[large] >= wide).any() or (distance[np.ix_(large, large)] >= wide / 2).any())


def parts_of(inside: Bools) -> tuple[list[tuple[Box, Bools]], bool]:
    """Split an object, pixels (H, W), into its parts without specks; are these too far apart for one cell?

    Returns:
        For each part its box and its pixels there; and whether the parts are several cells.

    Example:
        >>> inside = np.zeros((4, 12), bool)
        >>> inside[:, :4] = inside[:, 8:] = True
        >>> parts, apart = parts_of(inside)
        >>> [(box[1].start, box[1].stop) for box, _ in parts], apart
        ([(0, 4), (8, 12)], True)
    """
    if not inside.any():
        return [], False
    pieces = Pieces.of(inside.astype(np.uint8), corners=True).without(np.array([0]))
    plain = np.flatnonzero(pieces.plain)
    boxes, area = pieces.boxes[plain], pieces.area[plain]
    places = [(slice(top, bottom), slice(left, right)) for top, left, bottom, right in boxes.tolist()]
    parts = [(place, pieces.image[place] == piece + 1) for place, piece in zip(places, plain.tolist(), strict=True)]
    rising = np.sort(area)
    typical = float(
        rising[np.searchsorted(np.cumsum(rising), rising.sum() / 2)]
    )  # of the median pixel, so not of a crumb
    return parts, len(parts) > 1 and far_apart(boxes, area, typical)


def inner_pixels(image: NDArray[np.int32] | Bools) -> Bools:
    """The pixels, other than 0, whose neighbours (up to eight) have the same number."""
    inner = np.asarray(image != 0, np.bool_)
    whole, first, last = slice(None), slice(1, None), slice(None, -1)
    for one, other in (
        ((first, whole), (last, whole)),
        ((whole, first), (whole, last)),
        ((first, first), (last, last)),
        ((first, last), (last, first)),
    ):
        same = image[one] == image[other]
        inner[one] &= same
        inner[other] &= same
    return inner
