"""The cells of one cell line: size, shape, nucleus, crowding."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Morphology:
    """The shape of the cells of one field; lengths in µm, ratios without unit, ranges as (low, high)."""

    name: str
    radius: float  # mean distance from the centre of a cell to its edge
    aspect: tuple[float, float]  # length over width of a cell
    corners: tuple[int, int]  # number of protrusions; `reach` is their length in radii, `taper` their width in radians
    reach: float
    taper: float
    nucleus: float  # radius of a nucleus; `nucleus_aspect` its length over width; `lobed` how often it is bent or lobed
    nucleus_aspect: tuple[float, float]
    lobed: float
    nuclei: float  # how often a cell has more than one nucleus
    spacing: float  # smallest distance between two centres, in radii; below 2, cells press against each other
    cells: tuple[int, int]  # number of cells attempted in a field
    islands: bool = False  # whether cells grow in islands, with empty areas between them
    aligned: bool = False  # whether neighbours point the same way
    adherent: bool = True  # whether cells spread on glass, and so hold on to it and to each other


# In brackets: similar cell lines of the atlas.
MORPHOLOGIES: tuple[Morphology, ...] = (
    # epithelial islands (A-431, MCF-7)
    Morphology("epithelial", 14, (1.0, 1.7), (3, 5), 0.2, 0.4, 7.4, (1.0, 1.4), 0.1, 0.03, 1.3, (20, 34), islands=True),
    # large and flat (U-2 OS)
    Morphology("flat", 18, (1.1, 2.3), (3, 5), 0.6, 0.3, 8.8, (1.1, 1.8), 0.1, 0.03, 1.35, (15, 24)),
    # fibroblast-like (BJ, RH-30)
    Morphology("spindle", 16, (1.8, 3.4), (1, 2), 0.8, 0.35, 7.8, (1.3, 2.2), 0.1, 0.03, 1.2, (18, 28), aligned=True),
    # small and round, in suspension (REH, HEL)
    Morphology("round", 8.5, (1.0, 1.2), (0, 1), 0.2, 0.4, 6.0, (1.0, 1.3), 0.5, 0.05, 1.75, (30, 60), adherent=False),
    # smaller still, and many (K-562 at low density, U-937)
    Morphology(
        "lymphoid", 6.5, (1.0, 1.3), (0, 1), 0.2, 0.4, 4.7, (1.0, 1.5), 0.3, 0.03, 1.9, (50, 110), adherent=False
    ),
    # small bodies with long processes (SH-SY5Y)
    Morphology("neuronal", 11, (1.0, 1.7), (2, 4), 2.0, 0.1, 6.8, (1.0, 1.3), 0.1, 0.03, 1.6, (22, 34)),
    # stellate (U-251 MG)
    Morphology("stellate", 14, (1.2, 2.4), (3, 6), 1.0, 0.17, 7.8, (1.1, 1.8), 0.15, 0.04, 1.4, (16, 26)),
    # large, often with lobed or several nuclei (PC-3, SiHa)
    Morphology("multinucleate", 17, (1.0, 2.0), (2, 4), 0.4, 0.35, 8.2, (1.0, 1.5), 0.6, 0.3, 1.4, (14, 22)),
    # crowded (HEK 293)
    Morphology("crowded", 12, (1.0, 2.0), (2, 4), 0.5, 0.3, 6.4, (1.0, 1.6), 0.2, 0.02, 1.3, (34, 52)),
)
