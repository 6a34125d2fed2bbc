"""Select nuclei from a tree of outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.outline_tree import Contour, OutlineTree, shape_of
from cellocate.cells.segmentation.segmented import Map
from cellocate.cells.segmentation.splitting import split_outline

# Chosen on half of the images of benchmarks/nuclei.py (decision 0024).
_RAGGED = 0.8  # solidity at and below which an outline has no value
STEEPNESS, POWER = 20.0, 4.0  # weight of the slope, in heights per diameter
_CAP, _HUGE = 2.5, 8.0  # typical areas: value grows up to the first and falls to 0 at the second
_WHOLE = 0.93  # outlines of higher solidity are not split
_PIECE = 0.15  # least area of a piece, in typical areas
_NOTCH = 0.04  # least depth of a notch, in typical diameters


@dataclass(frozen=True)
class Nucleus:
    """A nucleus: its outline, the steepness of its border (heights per typical diameter) and its height."""

    contour: Contour
    steepness: float
    height: float


def select_nuclei(tree: OutlineTree, picture: Map, across: float) -> list[Nucleus]:
    """Select the nuclei among the outlines of a picture, shape (H, W), in which a typical nucleus is `across` px wide.

    The value of an outline rises with its area (up to two and a half nuclei), its convexity and its steepness. In each
    branch of the tree, an outline, its pieces or the outlines within it are taken, whichever have the highest total
    value (Arteta et al. 2012, doi:10.1007/978-3-642-33415-3_43).
    """
    typical = np.pi * across**2 / 4
    steepness = tree.slope * across / np.maximum(tree.height, 1e-9)
    steep = (steepness / (steepness + STEEPNESS)) ** POWER
    shapes = zip((tree.area / typical).tolist(), tree.solidity.tolist(), strict=True)
    own = np.array([_worth(size, solidity) for size, solidity in shapes]) * steep
    within = np.zeros_like(own)  # value of the best outlines inside
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
                min_area=_PIECE * typical,
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
    """The value of an outline with this area (in typical areas) and solidity."""
    convex = max(0.0, (solidity - _RAGGED) / (1 - _RAGGED))
    small_enough = min(1.0, max(0.0, (_HUGE - size) / (_HUGE - _CAP)))
    return min(size, _CAP) * convex * small_enough


def topmost(parent: NDArray[np.int64], taken: NDArray[np.bool_]) -> list[int]:
    """The taken outlines that lie in no other taken one."""
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
    """Nuclei that are convex, and steep and high enough, also compared with the others (not out of focus)."""
    steep = [n for n in nuclei if n.steepness >= steepness and shape_of(n.contour)[1] >= solidity]
    if not steep:
        return []
    typical_steepness = np.median([n.steepness for n in steep])
    typical_height = np.median([n.height for n in steep])
    return [n for n in steep if n.steepness > share * typical_steepness and n.height > height * typical_height]


def without_debris(nuclei: list[Nucleus], min_share: float, shape: tuple[int, int]) -> list[Nucleus]:
    """Drop nuclei below `min_share` of the median area of whole nuclei, unless the border of the picture cuts them."""
    areas = [shape_of(nucleus.contour)[0] for nucleus in nuclei]
    cut_off = [_at_border(nucleus.contour, shape) for nucleus in nuclei]
    whole = [area for area, cut in zip(areas, cut_off, strict=True) if not cut]
    if not whole:
        return nuclei
    limit = min_share * float(np.median(whole))
    kept = [cut or area >= limit for area, cut in zip(areas, cut_off, strict=True)]
    return [nucleus for nucleus, keep in zip(nuclei, kept, strict=True) if keep]


def _at_border(contour: Contour, shape: tuple[int, int]) -> bool:
    low, high = contour.min(axis=(0, 1)), contour.max(axis=(0, 1))
    return bool((low <= 0).any() or (high >= np.array(shape[::-1]) - 1).any())
