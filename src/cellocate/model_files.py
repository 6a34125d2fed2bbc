"""Check the folder of a model without loading it, which takes long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.errors import CellocateError

if TYPE_CHECKING:
    from cellocate.vocabulary import Vocabulary

WEIGHTS, CARD, REFERENCES = "model.safetensors", "model.json", "references.safetensors"


def require_model(folder: str | Path, data: Path | None = None) -> None:
    """Raise a `CellocateError` if a folder does not have the files of a model.

    Args:
        folder: of the model.
        data: the images given with it; if a model is there, the two were swapped.
    """
    folder = Path(folder)
    if data is not None and _holds_model(data) and not _holds_model(folder):
        mend = f"Give {data} as MODEL and {folder} as DATA."
        raise CellocateError("MODEL and DATA look swapped", where=f"there is no model in {folder}", mend=mend)
    if (folder / "model" / CARD).is_file():
        raise CellocateError("no model here", where=folder, mend=f"Give {folder / 'model'}.")
    if not any((folder / name).is_file() for name in (CARD, WEIGHTS)):
        mend = "Check the name. 'cellocate train' makes a model; none comes with cellocate yet."
        raise CellocateError("no model here", where=folder, mend=mend)
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise CellocateError(f"no model here: {name} is missing", where=folder, mend="Copy the whole folder again.")


def _holds_model(folder: Path) -> bool:
    return any(any(folder.glob(f"{inside}{CARD}")) for inside in ("", "model/", "fold-*/model/"))


def locations_of_model(folder: str | Path, data: Path | None = None) -> Vocabulary | None:
    """The locations of a model; None if its card cannot be read, which `networks.load` reports.

    Raises:
        CellocateError: there is no model (see `require_model`).
    """
    from cellocate.vocabulary import Location, Vocabulary

    require_model(folder, data)
    try:
        card = json.loads((Path(folder) / CARD).read_text(encoding="utf-8"))
        return Vocabulary(card["vocabulary"], tuple(Location(**location) for location in card["locations"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
