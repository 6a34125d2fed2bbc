"""Describe the fields and the model of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.collection import Collection
from cellocate.counted import counted
from cellocate.decision import Rule
from cellocate.pictures import STAINS
from cellocate.pictures.wording import listed
from cellocate.registry import RULES

if TYPE_CHECKING:
    from cellocate.networks.model_card import ModelCard

Rows = list[tuple[str, str]]

_FALLBACKS = {"nearest": "location nearest to its threshold", "likeliest": "likeliest location"}
_INTENSITIES = {
    "depth": "brightness as recorded",
    "channel": "each channel of each image stretched to its own range",
    "field": "each image stretched to its own range, all channels by the same factor",
}


def about_fields(evaluated: Evaluated) -> Rows:
    """Describe the evaluated fields."""
    part = evaluated.metrics.get("part")
    things = f"{evaluated.unit}s"
    rows = [(things.capitalize(), f"{evaluated.n:,}"), ("Part of the split", str(part or f"none: all {things}"))]
    if evaluated.collection is None:
        return [("Collection", "tables, without images"), *rows]
    where = evaluated.collection
    rows = [("Collection", where.folder.name), ("Layout", where.layout), *rows]
    if evaluated.channels:
        rows.append(("Channels", describe_channels(evaluated.channels)))
        rows.append(("Pixel size", _pixel_sizes(where, evaluated.card)))
    if where.simulated:
        rows.append(("Origin", "simulated cells with known truth"))
    return rows


def about_model(card: ModelCard | None) -> Rows:
    """Describe the model and its training."""
    if card is None:
        return []
    made = card.provenance
    training = made.recipe.get("training", {})
    seed = training.get("seed") if isinstance(training, dict) else None
    parts = ", ".join(f"{n:,} {part}" for part, n in made.fields.items())
    learnt = "cells" if card.unit == "cell" and card.bag is None else "fields"
    assumed = f" (assumed: {learnt} that span {card.size * card.pixel_size:.4g} µm)" if card.pixel_size_assumed else ""
    return [
        ("Name", card.name),
        ("Network", card.backbone),
        ("Trained on", f"{Path(made.collection).name} ({made.layout}); {learnt}: {parts}"),
        ("Channels", describe_channels(card.channels)),
        ("Input", f"{card.size} × {card.size} px of {card.pixel_size:.3g} µm{assumed}; {_intensity(card)}"),
        ("Test-time augmentation", str(card.tta)),
        ("Decision", _rule(card.rule)),
        ("Kept epoch", ", ".join(str(m.epoch) for m in card.members) if card.members else str(made.epoch)),
        ("Seed", "not recorded" if seed is None else str(seed)),
        ("Made", f"{made.created[:10]}, with cellocate {made.cellocate}, torch {made.torch}, timm {made.timm}"),
    ]


def _intensity(card: ModelCard) -> str:
    bits = f" ({listed([str(b) for b in card.bits])} bits)" if card.bits else ""
    return f"{_INTENSITIES[card.intensity]}{bits}"


def _rule(rule: Rule) -> str:
    words: str = RULES[rule.kind].words
    if rule.fallback != "none":
        words += f"; if there is none, the {_FALLBACKS[rule.fallback]}"
    return words if rule.at_most is None else f"{words}; at most {counted(rule.at_most, 'location')}"


def describe_channels(channels: tuple[str, ...]) -> str:
    """Name channels and their stains."""
    return listed([f"{channel} ({STAINS[channel]})" for channel in channels])


def _pixel_sizes(collection: Collection, card: ModelCard | None) -> str:
    column = collection.fields.get("pixel_size")
    sizes = [] if column is None else sorted({float(s) for s in pd.to_numeric(column).dropna()})
    unknown = len(collection) if column is None else int(column.isna().sum())
    words = ""
    if sizes:
        words = f"{sizes[0]:g} µm" if len(sizes) == 1 else f"{sizes[0]:g} to {sizes[-1]:g} µm"
        words += " (assumed)" if collection.pixel_size_assumed else ""
    if not unknown:
        return words
    words += f"; not recorded for {counted(unknown, collection.unit)}" if words else "not recorded"
    if card is None:
        return words
    return f"{words}: each is assumed to span {card.size * card.pixel_size:.4g} µm, like the model's own"
