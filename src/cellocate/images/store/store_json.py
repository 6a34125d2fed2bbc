"""`store.json`: the content of a store, and the checksums of its tables."""

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
    """The content of a store.

    Attributes:
        channels: channels of every field, in stored order.
        sizes: px of the longer side, ascending; every field exists in each size.
        fields: number of fields.
        tables: SHA-256 of each table next to it, by name.
        collection: facts about the fields, for the reader of collections.
    """

    channels: tuple[str, ...]
    sizes: tuple[int, ...]
    fields: int
    tables: dict[str, str]
    collection: dict[str, Any]


def write_card(folder: Path, card: StoreCard) -> None:
    """Write `store.json`, which completes a store, and flush it to disk."""
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
            raise CellocateError("a store of a later version", where=path, mend="Update cellocate, or pack it again.")
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
    """The error for a file of a store that differs from what was written."""
    return CellocateError("a store was altered, damaged or cut short", where=path, mend="Copy or pack it again.")


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
