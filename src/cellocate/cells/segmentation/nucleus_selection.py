"""Which outlines of a tree are nuclei: those worth more than all that lies in them, and than their own pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.outline_tree import Contour, OutlineTree, shape_of
from cellocate.cells.segmentation.segmented import Map
from cellocate.cells.segmentation.splitting import split_outline

# Chosen on half of the images of benchmarks/nuclei.py (decision 0024).
_RAGGED = 0.8  # solidity of what cannot be a nucleus
STEEPNESS, POWER = 20.0, 4.0  # how much the slope counts; in heights per diameter
_CAP, _HUGE = 2.5, 8.0  # areas of a typical nucleus: more does not count, and counts against
_WHOLE = 0.93  # solidity above which nothing is cut
_PIECE = 0.15  # of a typical nucleus that a piece must have
_NOTCH = 0.04  # of its diameter that a notch must be deep


@dataclass(frozen=True)
class Nucleus:
    """A nucleus: its outline, how steep its border is, in heights per diameter of a typical one, and its height."""

    contour: Contour
    steepness: float
    height: float


def select_nuclei(tree: OutlineTree, picture: Map, across: float) -> list[Nucleus]:
    """The nuclei among the outlines of a picture, shape (H, W), in which a typical one is `across` px wide.

    An outline is worth the more the larger (up to two nuclei and a half), the more convex and the steeper it is. Each
    of the tree's branches is given to one outline, its pieces, or those within it, whichever are worth most together
    (Arteta et al. 2012, doi:10.1007/978-3-642-33415-3_43).
    """
    typical = np.pi * across**2 / 4
    steepness = tree.slope * across / np.maximum(tree.height, 1e-9)
    steep = (steepness / (steepness + STEEPNESS)) ** POWER
    shapes = zip((tree.area / typical).tolist(), tree.solidity.tolist(), strict=True)
    own = np.array([_worth(size, solidity) for size, solidity in shapes]) * steep
    within = np.zeros_like(own)  # what the best outlines inside are worth
    taken: list[list[Contour]] = [[] for _ in own]
    for node in range(len(own) - 1, -1, -1):
        best = max(own[node], within[node])
        if own[node] > 0 and own[node] >= within[node]:
            taken[node] = [tree.contours[node]]
        hope = steep[node] * tree.area[node] / typical
        if tree.solidity[node] < _WHOLE and tree.area[node] > 2 * _PIECE * typical and hope > best:
            value, cut = split_outline(
                tree.contours[node],
                picture,
                lambda area, solidity: _worth(area / typical, solidity),
                across=across,
                notch=_NOTCH * across,
                least=_PIECE * typical,
            )
            if len(cut) > 1 and value * steep[node] > best:
                best, taken[node] = value * steep[node], cut
        if tree.parent[node] >= 0:
            within[tree.parent[node]] += best
    return [
        Nucleus(contour, float(steepness[node]), float(tree.height[node]))
        for node in topmost(tree.parent, np.array([bool(some) for some in taken], bool))
        for contour in taken[node]
    ]


def _worth(size: float, solidity: float) -> float:
    """What an outline of so many typical areas and such a solidity is worth."""
    convex = max(0.0, (solidity - _RAGGED) / (1 - _RAGGED))
    small_enough = min(1.0, max(0.0, (_HUGE - size) / (_HUGE - _CAP)))
    return min(size, _CAP) * convex * small_enough


def topmost(parent: NDArray[np.int64], taken: NDArray[np.bool_]) -> list[int]:
    """The outlines taken that lie in no other such."""
    covered = np.zeros(len(parent), bool)
    top = []
    for node in range(len(parent)):
        if parent[node] >= 0 and covered[parent[node]]:
            covered[node] = True
        elif taken[node]:
            covered[node] = True
            top.append(node)
    return top


def plausible_nuclei(
    nuclei: list[Nucleus], solidity: float, steepness: float, share: float, height: float
) -> list[Nucleus]:
    """Those that are convex, steep (also beside the others: not out of focus) and high enough beside the others."""
    steep = [n for n in nuclei if n.steepness >= steepness and shape_of(n.contour)[1] >= solidity]
    if not steep:
        return []
    typical_steepness = np.median([n.steepness for n in steep])
    typical_height = np.median([n.height for n in steep])
    return [n for n in steep if n.steepness > share * typical_steepness and n.height > height * typical_height]


def without_debris(nuclei: list[Nucleus], least: float, shape: tuple[int, int]) -> list[Nucleus]:
    """Those that are not much smaller than the others of their picture, or cut off by its border.

    Args:
        nuclei: of one picture.
        least: share of the median area of whole nuclei that a whole nucleus must have.
        shape: of the picture.
    """
    areas = [shape_of(nucleus.contour)[0] for nucleus in nuclei]
    cut_off = [_at_border(nucleus.contour, shape) for nucleus in nuclei]
    whole = [area for area, cut in zip(areas, cut_off, strict=True) if not cut]
    if not whole:
        return nuclei
    limit = least * float(np.median(whole))
    kept = [cut or area >= limit for area, cut in zip(areas, cut_off, strict=True)]
    return [nucleus for nucleus, keep in zip(nuclei, kept, strict=True) if keep]


def _at_border(contour: Contour, shape: tuple[int, int]) -> bool:
    low, high = contour.min(axis=(0, 1)), contour.max(axis=(0, 1))
    return bool((low <= 0).any() or (high >= np.array(shape[::-1]) - 1).any())
