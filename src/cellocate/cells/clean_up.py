"""Clean-up: which cells to leave out, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from cellocate.collection.image_quality import SHARPNESS
from cellocate.errors import CellocateError

_FEW = 5  # with fewer whole cells, the median area says little
_TYPICAL = 90  # percentile of a field's cells by contrast: these surely show the protein


@dataclass(frozen=True)
class CleanUp:
    """Which rules leave cells out, and how strict they are.

    Attributes:
        keep: names of `RULES` not to apply.
        smallest_file: kB (1000 bytes); leave out cells of fields with a smaller file.
        largest_file: kB; leave out cells of fields with a larger file.
        small: a cell below this share of the median area (of whole cells of the cell line, or field) is a fragment.
        large: a cell above this multiple of the median area is several cells.
        negative: a cell below this share of the contrast of the field's brighter cells does not show the protein.

    Raises:
        CellocateError: `keep` names an unknown rule.
    """

    keep: Collection[str] = ()
    smallest_file: float | None = None
    largest_file: float | None = None
    small: float = 0.3
    large: float = 4.0
    negative: float = 0.3

    def __post_init__(self) -> None:
        unknown = [name for name in self.keep if name not in RULES]
        if unknown:
            raise CellocateError(f"unknown clean-up rule {unknown[0]!r}", mend=f"Use one of {', '.join(RULES)}.")

    def settings(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {**asdict(self), "keep": sorted(self.keep)}


def removal_reasons(cells: pd.DataFrame, clean: CleanUp) -> pd.Series[str]:
    """The first rule that leaves each cell out; empty for cells that are kept.

    Args:
        cells: columns of `describe_cells` and `describe_field`, `field`, `empty` and, where known, `cell_line`.
        clean: which rules, and how strict.

    Example:
        >>> cells = pd.DataFrame({"field": "a", "edge": [True, False], "empty": False, "area_um2": 9.0, "contrast": 5.0,
        ...     "sharpness": 0.1, "smallest_file_bytes": 9000, "largest_file_bytes": 9000})
        >>> removal_reasons(cells, CleanUp()).tolist()
        ['edge', '']
    """
    why = pd.Series("", index=cells.index, dtype=object)
    for name, rule in RULES.items():
        if name not in clean.keep:
            why[rule(cells, clean).to_numpy(dtype=bool) & (why == "")] = name
    return why


def _file_size(cells: pd.DataFrame, clean: CleanUp) -> pd.Series[bool]:
    odd = pd.Series(data=False, index=cells.index)
    if clean.smallest_file is not None:
        odd |= cells["smallest_file_bytes"] < clean.smallest_file * 1000
    if clean.largest_file is not None:
        odd |= cells["largest_file_bytes"] > clean.largest_file * 1000
    return odd


def _median_area(cells: pd.DataFrame) -> pd.Series[float]:
    """The median over whole cells of the cell line or field; over all whole cells where those are few."""
    group = cells["field"].astype(object)
    if "cell_line" in cells:
        group = cells["cell_line"].replace("", None).fillna(group)
    whole = cells["area_um2"].where(~cells["edge"].astype(bool))
    own = whole.groupby(group).transform("median").where(whole.groupby(group).transform("count") >= _FEW)
    return own.fillna((whole if whole.notna().any() else cells["area_um2"]).median())


def _negative(cells: pd.DataFrame, clean: CleanUp) -> pd.Series[bool]:
    """Cells whose protein is much more even than in the clearer cells of their field; never for a field of one cell.

    On phantoms of 24 locations, in which 35% of the cells did not show theirs, this left out 56% of those and 1% of
    the others. Judging by the mean instead was slightly worse.
    """
    typical = cells.groupby("field")["contrast"].transform(lambda x: np.percentile(x, _TYPICAL))
    return (cells["contrast"] < clean.negative * typical) | (typical <= 0)


RULES: dict[str, Callable[[pd.DataFrame, CleanUp], pd.Series[bool]]] = {
    "file size": _file_size,
    "focus": lambda cells, _: cells["sharpness"] < SHARPNESS,
    "empty": lambda cells, _: cells["empty"].astype(bool),
    "edge": lambda cells, _: cells["edge"].astype(bool),
    "small": lambda cells, clean: cells["area_um2"] < clean.small * _median_area(cells),
    "large": lambda cells, clean: cells["area_um2"] > clean.large * _median_area(cells),
    "negative": _negative,
}
"""By name, in the order in which they apply."""
