"""From weak labels to strong ones: which locations to learn, and from how many cells of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cellocate.cells.clean_up import CleanUp
from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary

RARE, SURPLUS = "rare location", "surplus"
"""Reasons to leave cells out after clean-up."""


@dataclass(frozen=True)
class StrongLabels:
    """How cells of fields with one label become labelled cells.

    Attributes:
        clean: the clean-up that comes first.
        without: locations not to learn, such as Negative.
        min_cells: learn locations with at least this many cells (after clean-up).
        max_cells: keep at most this many cells of a location, drawn at random; None keeps all.
        seed: random seed.

    Raises:
        CellocateError: a number of cells is out of range.

    References:
        The defaults follow a course project on the 2021 challenge, which learnt locations of more than 1,000 cells.
    """

    clean: CleanUp = field(default_factory=CleanUp)
    without: Sequence[str] = ()
    min_cells: int = 0
    max_cells: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.min_cells < 0 or (self.max_cells is not None and self.max_cells < 1):
            raise CellocateError(
                "an impossible number of cells", mend="Give --min-cells 0 or more, --max-cells 1 or more."
            )

    def settings(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {**asdict(self), "clean": self.clean.settings(), "without": list(self.without)}


def has_one_label(labels: pd.Series[Any], unwanted: Sequence[int] = ()) -> pd.Series[bool]:
    """Which fields have exactly one label, and not an unwanted one.

    Example:
        >>> has_one_label(pd.Series([(0,), (0, 3), (3,), None]), unwanted=[3]).tolist()
        [True, False, False, False]
    """
    return labels.map(lambda found: found is not None and len(found) == 1 and found[0] not in unwanted).astype(bool)


def limit_cells(label: pd.Series[int], why: pd.Series[str], strong: StrongLabels) -> pd.Series[str]:
    """Leave out cells of locations with too few cells, and a random surplus of locations with too many.

    `label` is that of each cell. `why` is "" or the reason to leave it out; `RARE` and `SURPLUS` are added.

    Example:
        >>> label, why = pd.Series([0, 0, 0, 1]), pd.Series(["", "", "", ""])
        >>> limit_cells(label, why, StrongLabels(min_cells=2)).tolist()
        ['', '', '', 'rare location']
    """
    why = why.copy()
    for location, rows in label[why == ""].groupby(label):
        if len(rows) < strong.min_cells:
            why[rows.index] = RARE
        elif strong.max_cells is not None and len(rows) > strong.max_cells:
            draw = np.random.default_rng([strong.seed, int(str(location))])
            why[rows.index[draw.permutation(len(rows))[strong.max_cells :]]] = SURPLUS
    return why


def count_by_location(cells: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """Count the cells of each location that were found and that each step left.

    `cells` has `field`, `label` (index) and `why`.

    Returns:
        For each location with a field: `index`, `location`, `fields`, `found`, `clean` (after clean-up), `kept` (after
        the limits on cells of a location).
    """
    clean = cells["why"].isin(["", RARE, SURPLUS])
    rows = [
        {
            "index": int(str(label)),
            "location": vocabulary.names[int(str(label))],
            "fields": some["field"].nunique(),
            "found": len(some),
            "clean": int(clean[some.index].sum()),
            "kept": int((some["why"] == "").sum()),
        }
        for label, some in cells.groupby("label")
    ]
    return pd.DataFrame(rows, columns=["index", "location", "fields", "found", "clean", "kept"])
