"""What the cells of one cell line look like: size, shape, nucleus, crowding."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Morphology:
    """The shape of the cells of one field; lengths in µm, ratios without unit, ranges as (low, high).

    Attributes:
        radius: mean distance from the centre of a cell to its edge.
        aspect: length over width of a cell.
        corners: number of protrusions; `reach` is how far they stand out, in radii, `taper` their width in radians.
        nucleus: radius of a nucleus; `nucleus_aspect` its length over width; `lobed` how often it is bent or lobed.
        nuclei: how often a cell has more than one nucleus.
        spacing: smallest distance between two centres, in radii; below 2, cells press against each other.
        cells: how many are tried for in a field.
        islands: whether cells grow in islands, with empty areas between them.
        aligned: whether neighbours point the same way.
    """

    name: str
    radius: float
    aspect: tuple[float, float]
    corners: tuple[int, int]
    reach: float
    taper: float
    nucleus: float
    nucleus_aspect: tuple[float, float]
    lobed: float
    nuclei: float
    spacing: float
    cells: tuple[int, int]
    islands: bool = False
    aligned: bool = False


# Named after what a cell biologist would call them; the lines in brackets are those of the atlas that look alike.
MORPHOLOGIES: tuple[Morphology, ...] = (
    # epithelial islands (A-431, MCF-7)
    Morphology(
        "epithelial", 14, (1.0, 1.4), (3, 5), 0.2, 0.4, 7.4, (1.0, 1.4), 0.1, 0.03, 1.35, (18, 30), islands=True
    ),
    # large and flat (U-2 OS)
    Morphology("flat", 18, (1.0, 1.7), (3, 5), 0.6, 0.3, 8.8, (1.1, 1.5), 0.1, 0.03, 1.35, (14, 22)),
    # fibroblast-like (BJ, RH-30)
    Morphology("spindle", 16, (1.8, 3.0), (1, 2), 0.6, 0.35, 7.8, (1.3, 1.8), 0.1, 0.03, 1.25, (16, 24), aligned=True),
    # small and round, in suspension (REH, HEL)
    Morphology("round", 10, (1.0, 1.2), (0, 1), 0.2, 0.4, 7.0, (1.0, 1.3), 0.5, 0.05, 1.75, (20, 36), islands=True),
    # small bodies with long processes (SH-SY5Y)
    Morphology("neuronal", 11, (1.0, 1.5), (2, 4), 2.0, 0.15, 6.8, (1.0, 1.3), 0.1, 0.03, 1.7, (20, 30)),
    # stellate (U-251 MG)
    Morphology("stellate", 14, (1.0, 1.6), (3, 6), 1.0, 0.22, 7.8, (1.1, 1.5), 0.15, 0.04, 1.5, (14, 20)),
    # large, often with lobed or several nuclei (PC-3, SiHa)
    Morphology("multinucleate", 17, (1.0, 1.6), (2, 4), 0.4, 0.35, 8.2, (1.0, 1.5), 0.6, 0.3, 1.4, (12, 20)),
    # crowded (HEK 293)
    Morphology("crowded", 12, (1.0, 1.7), (2, 4), 0.5, 0.3, 6.4, (1.0, 1.6), 0.2, 0.02, 1.3, (34, 52)),
)
