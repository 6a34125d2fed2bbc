"""Check a submission to a challenge, for `cellocate check`."""

from __future__ import annotations

import json
from pathlib import Path

from cellocate.counted import counted


def is_submission(path: Path) -> bool:
    """Whether this is a table with a column Predicted or PredictionString."""
    from cellocate.tables import is_table, read_columns

    if not path.is_file() or not is_table(path.name):
        return False
    return not {"Predicted", "PredictionString"}.isdisjoint(read_columns(path))


def check_submission(path: Path, sample: Path | None, *, as_json: bool) -> None:
    """Check a submission against the rules of its challenge, and print what is in it.

    Raises:
        CellocateError: a rule is broken.
    """
    from cellocate.decision.submissions import validate_submission
    from cellocate.vocabulary import get_vocabulary

    holds = validate_submission(path, sample)
    vocabulary = get_vocabulary("hpa28" if holds.cells is None else "hpa19")
    labels = {name: holds.labels[k] for k, name in enumerate(vocabulary.names)}
    facts = {"challenge": 2018 if holds.cells is None else 2021, "fields": holds.fields}
    facts |= {} if holds.cells is None else {"cells": holds.cells}
    if as_json:
        print(json.dumps({**facts, "vocabulary": vocabulary.name, "labels": labels}, indent=2))
        return
    cells = "" if holds.cells is None else f", {counted(holds.cells, 'cell')}"
    print(f"submission of {facts['challenge']}: {counted(holds.fields, 'field')}{cells}")
    print(f"ids         {'the same as in the sample' if sample else 'not compared (--sample does that)'}")
    counts = sorted(((n, name) for name, n in labels.items() if n), key=lambda pair: -pair[0])
    print(f"labels      {', '.join(f'{name} {n}' for n, name in counts) or 'none'}")
    print("problems    none")
