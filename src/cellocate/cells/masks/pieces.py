"""The connected pieces of a label image: their sizes, and which lie inside or far from which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, distance_transform_edt, find_objects
from skimage.measure import label

from cellocate.cells.masks.labels import Labels

Ints = NDArray[np.int64]
_CRUMB = 0.02  # of a typical piece: what is smaller is no cell by itself
_TRIES = 3  # what lies nearest to a crumb may itself be cut off by it


@dataclass(frozen=True, eq=False)
class Pieces:
    """The connected pieces of each number of a label image.

    Attributes:
        image: the piece that each pixel belongs to, shape (H, W), 1 to n; 0 for none.
        number: the number of each piece, shape (n,).
        area: px, shape (n,).
        solid: whether each has a pixel with nothing else around it, shape (n,): 3 px wide, or 2 at the border.
    """

    image: NDArray[np.int32]
    number: Ints
    area: Ints
    solid: NDArray[np.bool_]

    @classmethod
    def of(cls, labels: Labels, *, corners: bool = True) -> Pieces:
        """The pieces of a label image.

        Args:
            labels: shape (H, W), whole numbers, 0 for none.
            corners: whether pixels that touch at a corner are connected.

        Example:
            >>> found = Pieces.of(np.array([[1, 1, 0], [0, 0, 1], [2, 0, 0]]))
            >>> found.number.tolist(), found.area.tolist()
            ([1, 2], [3, 1])
        """
        connectivity = 2 if corners else 1
        image = np.asarray(label(labels, connectivity=connectivity, background=0), np.int32)  # type: ignore[no-untyped-call]
        n = int(image.max(initial=0)) + 1
        number = np.zeros(n, np.int64)
        number[image] = labels
        thick = np.bincount(image[_inner(image)], minlength=n) > 0
        return cls(image, number[1:], np.bincount(image.ravel(), minlength=n)[1:], thick[1:])

    def __len__(self) -> int:
        """How many there are."""
        return len(self.number)

    @cached_property
    def typical(self) -> float:
        """The median area of those that are solid, or of all where none is; 0 without any."""
        areas = self.area[self.solid] if self.solid.any() else self.area
        return float(np.median(areas)) if len(areas) else 0.0

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Whether each is large enough to be a cell, shape (n,)."""
        return self.area >= _CRUMB * self.typical

    @cached_property
    def boxes(self) -> Ints:
        """Top, left, bottom and right (exclusive) of each, shape (n, 4)."""
        places = [(y.start, x.start, y.stop, x.stop) for y, x in find_objects(self.image)]
        return np.array(places, np.int64).reshape(-1, 4)

    def touching_border(self) -> NDArray[np.bool_]:
        """Whether each touches the border of the image, shape (n,)."""
        top, left, bottom, right = self.boxes.T
        height, width = self.image.shape
        return np.asarray((top == 0) | (left == 0) | (bottom == height) | (right == width))

    def apart(self, which: Ints) -> bool:
        """Whether some of these pieces, which have one number, lie too far apart to be of one cell.

        A cell that another lies over may show in two pieces, close to each other and smaller than other cells. The
        distance is that of their boxes: more than a typical cell is wide, or half of that if both are large.
        """
        top, left, bottom, right = self.boxes[which].T
        down, across = (np.maximum(low[:, None] - high, 0) for low, high in ((top, bottom), (left, right)))
        distance = np.hypot(np.maximum(down, down.T), np.maximum(across, across.T))
        wide = 2 * np.sqrt(self.typical / np.pi)
        large = self.area[which] >= self.typical / 2
        return bool((distance >= wide).any() or (distance[np.ix_(large, large)] >= wide / 2).any())

    def holes(self, piece: int) -> NDArray[np.int32]:
        """The box of a piece: in its holes what `image` has there, elsewhere -1."""
        top, left, bottom, right = self.boxes[piece]
        part = self.image[top:bottom, left:right]
        own = part == piece + 1
        return np.where(binary_fill_holes(own) & ~own, part, -1).astype(np.int32)

    def inside(self, piece: int) -> Ints:
        """The pieces that lie wholly in holes of this one."""
        numbers, areas = np.unique(self.holes(piece), return_counts=True)
        found = numbers > 0
        whole = areas[found] == self.area[numbers[found] - 1]
        return np.asarray(numbers[found][whole] - 1, np.int64)

    def neighbours(self) -> tuple[Ints, Ints, Ints]:
        """Pairs of pieces that share an edge, each way round: one, the other (-1 for none), and how many px of it."""
        sides = [(self.image[:, :-1], self.image[:, 1:]), (self.image[:-1], self.image[1:])]
        n = len(self) + 1
        codes = []
        for one, other in sides:
            differ = one != other
            a, b = one[differ].astype(np.int64), other[differ].astype(np.int64)
            codes += [a * n + b, b * n + a]
        pairs, length = np.unique(np.concatenate(codes), return_counts=True)
        first, second = np.divmod(pairs, n)
        piece = first > 0
        return first[piece] - 1, second[piece] - 1, length[piece].astype(np.int64)


def solid(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a mask with nothing else around them; none where it is a line of 1 or 2 px, or empty."""
    return mask & _inner(mask)


def _inner(image: NDArray[np.int32] | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels whose eight neighbours, as far as there, are of the same piece."""
    inner = np.ones(image.shape, bool)
    for along in (image, inner), (image.T, inner.T):
        same = along[0][1:] == along[0][:-1]
        along[1][1:] &= same
        along[1][:-1] &= same
    for one, other in ((np.s_[1:, 1:], np.s_[:-1, :-1]), (np.s_[1:, :-1], np.s_[:-1, 1:])):
        same = image[one] == image[other]
        inner[one] &= same
        inner[other] &= same
    return inner


def largest(labels: Labels) -> NDArray[np.uint16]:
    """A label image in which each number keeps the largest of its pieces; the others go to what lies nearest to them.

    Pixels that touch at a corner are not connected.

    Args:
        labels: shape (H, W), 0 for none, up to 65,535.

    Example:
        >>> largest(np.array([[1, 1, 2, 2, 0, 1]])).tolist(), largest(np.array([[1, 1, 2, 1, 2, 2]])).tolist()
        ([[1, 1, 2, 2, 0, 0]], [[1, 1, 1, 2, 2, 2]])
    """
    whole = labels.astype(np.uint16)
    for _ in range(_TRIES):
        pieces = Pieces.of(whole, corners=False)
        order = np.lexsort([pieces.area, pieces.number])
        last = np.append(pieces.number[order][1:] != pieces.number[order][:-1], True)[: len(order)]
        crumb = np.append(False, np.ones(len(pieces), bool))
        crumb[order[last] + 1] = False
        where = crumb[pieces.image]
        if not where.any():
            return whole
        nearest = distance_transform_edt(where, return_distances=False, return_indices=True)
        whole = whole[tuple(nearest)]
    return np.where(where, 0, whole).astype(np.uint16)
