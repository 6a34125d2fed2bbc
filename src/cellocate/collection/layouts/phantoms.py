"""Metadata of simulated collections, whose images are read in a layout like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from cellocate.errors import CellocateError

CARD = Path("truth") / "collection.json"


class PhantomMetadata(TypedDict, total=False):
    """Vocabulary of the labels, µm per px of the files, and their bits."""

    vocabulary: str
    pixel_size: float
    bits: int


def read_metadata(folder: Path) -> PhantomMetadata:
    """Read `truth/collection.json` in `folder`; empty if there is none.

    Raises:
        CellocateError: the file is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        found: PhantomMetadata = {"vocabulary": str(card["vocabulary"]), "pixel_size": float(card["pixel_size"])}
        return found if card.get("depth", 8) == 8 else {**found, "bits": int(card["depth"])}
    except (ValueError, KeyError, TypeError) as error:
        mend = "Simulate the collection again, or remove the folder truth."
        raise CellocateError(f"unreadable ({error})", where=path, mend=mend) from None
