"""The rows of the comparison: a recipe each, cheapest first, with what its seed reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """One system.

    Args:
        name: of the row.
        cost: CPU seconds for a thousand training images at a fourth of the size, measured; orders the rows.
        reported: what the seed says of it.
        recipes: the recipe, or several whose models are combined, each with its share of the budget.
        settings: that differ from the recipe; `{least}`, `{most}`, `{rare}` and `{all}` are filled in by what the
            collection is like (see `phantoms.facts`).
        start: whether the body is pretrained on other phantoms.
        of: what it is trained on.
        skewed: whether it only makes sense on skewed locations.
    """

    name: str
    cost: float
    reported: str = ""
    recipes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    start: bool = False
    of: Literal["fields", "cells"] = "fields"
    skewed: bool = False

    @property
    def members(self) -> tuple[str, ...]:
        """The recipes: that of its name, unless others are given."""
        return self.recipes or (self.name,)


CHAMPION = "leaderboard .565 (five folds)"
POSTER = ("resnet18-rgb-512",)
CELLS = ("data.locations={all}",)

ROWS = (
    Row("cnn-rgby-128", 1, "accuracy .95, val F1 .12"),
    Row("densenet73-scratch", 4, "val F1 .43"),
    Row("resnet50-frozen", 6, "val F1 .42", start=True),
    Row("resnet18-rgb-resized", 8, "below 512 px"),
    Row("resnet18-w3-aug1", 8, "val F1 .71"),
    Row("resnet18-rgb-512-frozen", 9, "below all layers", start=True),
    Row("resnet50-all-layers", 18, recipes=("resnet50-frozen",), settings=("network.frozen=0",), start=True),
    Row("resnet18-rgb-512", 25, "test F1 .53 (.43 at .5)"),
    Row("resnet18-rgb-512-started", 25, recipes=POSTER, start=True),
    Row("resnet18-green-512", 25, recipes=POSTER, settings=("data.channels=[green]",)),
    Row("resnet18-rgby-512", 25, "no better than RGB"),
    Row("resnet18-rgb-512-bce", 25, "slower, ends equal"),
    Row("resnet18-rgb-512-focal", 25, "no real difference"),
    Row("resnet18-rgb-512-blocks", 26, "below its best"),
    Row(
        "resnet18-rgb-512-oversample",
        25,
        "no help (000)",
        POSTER,
        ("sampling.name=oversample", "sampling.min_per_location={least}"),
        skewed=True,
    ),
    Row(
        "resnet18-rgb-512-balanced",
        25,
        "better, but Nucleoplasm (001)",
        POSTER,
        ("sampling.max_per_location={most}",),
        skewed=True,
    ),
    Row("resnet18", 25),
    Row("resnet18-nucleus+cytosol", 26, "next step (002)", ("resnet18-nucleus", "resnet18-cytosol")),
    Row("resnet18-one-location", 25, "next step (001)", settings=("data.locations={rare}",)),
    Row("densenet161-w2", 27, "val F1 .48"),
    Row("densenet161-w3", 27, "val F1 .64"),
    Row("densenet161-w3-aug1", 27, "val F1 .73"),
    Row("densenet161-w3-aug1-dropout", 27, "val F1 .70"),
    Row("densenet161-rgb", 28, "val F1 .76"),
    Row("densenet161-rgy", 28, "poor"),
    Row("resnet34-green", 42, "val F1 .37, test .449"),
    Row("densenet121-champion2018", 52, CHAMPION),
    Row("cells-resnet101", 114, "val accuracy .5194", settings=CELLS, of="cells"),
    Row("cells-vgg16", 157, "val accuracy .4859", settings=CELLS, of="cells"),
    Row("cells-efficientnet-b6", 227, "val accuracy .6714", settings=CELLS, of="cells"),
)
