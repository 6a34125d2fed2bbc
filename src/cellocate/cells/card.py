"""What was asked of a conversion and what came of it: for `cells.json`, the user, and the history of the crops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from cellocate.cells.cutting import CellPlan
from cellocate.cells.field_notes import Note, group_notes
from cellocate.cells.flags import SEPARATOR
from cellocate.cells.strong_labels import StrongLabels
from cellocate.collection.collection import FLAGS


def card_of(
    plan: CellPlan, strong: StrongLabels | None, cells: pd.DataFrame, notes: Mapping[str, Sequence[Note]], fields: int
) -> dict[str, Any]:
    """What `cells.json` says.

    Args:
        plan: of all fields.
        strong: how labels became strong ones.
        cells: all that were found, with `why` each was left out.
        notes: for the user, by field.
        fields: how many were used.
    """
    removed = cells.loc[cells["why"] != "", "why"].value_counts()
    flags = cells[FLAGS].str.split(SEPARATOR).explode()
    flagged = flags[flags != ""].value_counts()
    return {
        "crops": asdict(plan.crop),
        "masks": "given" if plan.masks is not None else "segmented",
        "strong": None if strong is None else strong.settings(),
        "fields": fields,
        "found": len(cells),
        "removed": {str(why): int(n) for why, n in removed.items()},
        "cells": int((cells["why"] == "").sum()),
        "flagged": {str(flag): int(n) for flag, n in flagged.items()},
        "notes": group_notes(notes),
    }
