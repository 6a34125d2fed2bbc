"""`store.json`: what a store holds, and the checksums of its tables."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cellocate.errors import CellocateError
from cellocate.files import new_file, sync
from cellocate.images.field_pixels import CHANNELS

CARD = "store.json"
_FORMAT = 1


@dataclass(frozen=True)
class StoreCard:
    """What a store holds.

    Attributes:
        channels: of every field, in the order of its pixels.
        sizes: px of the longer side, ascending; every field is there in each.
        fields: how many.
        tables: the SHA-256 of each table beside it, by name.
        collection: what the fields are; for the reader of collections.
    """

    channels: tuple[str, ...]
    sizes: tuple[int, ...]
    fields: int
    tables: dict[str, str]
    collection: dict[str, Any]


def write_card(folder: Path, card: StoreCard) -> None:
    """Write `store.json`, which makes a folder a store, and see that it is on the disk."""
    content = {"format": _FORMAT, **asdict(card)}
    with new_file(folder / CARD) as aside:
        text = json.dumps({**content, "checksum": _digest(content)}, indent=2) + "\n"
        aside.write_text(text, encoding="utf-8")
        sync(aside)
    sync(folder)


def read_card(folder: Path) -> StoreCard:
    """Read `store.json`.

    Raises:
        CellocateError: it is missing, altered, or of a later version of cellocate.
    """
    path = folder / CARD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if int(content["format"]) > _FORMAT:
            raise CellocateError("a store of a later version", where=path, mend="Update cellocate, or pack it anew.")
        if content.pop("checksum") != _digest(content):
            raise ValueError
        card = StoreCard(**{name: value for name, value in content.items() if name != "format"})
        sizes, channels = tuple(map(int, card.sizes)), tuple(c for c in CHANNELS if c in card.channels)
        if not sizes or len(channels) != len(card.channels):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        raise altered(path) from None
    return StoreCard(channels, sizes, card.fields, card.tables, card.collection)


def altered(path: Path) -> CellocateError:
    """The error for a file of a store that is not as it was written."""
    return CellocateError("a store was altered, damaged or cut short", where=path, mend="Copy or pack it again.")


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
