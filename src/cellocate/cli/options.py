"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import DEFAULT_RULE, Colours, TtaKind
from cellocate.cli.registry_names import RegistryNames
from cellocate.errors import CellocateError
from cellocate.registry import RULES, SEGMENTERS
from cellocate.tables import normal

# what cannot be read is the data's fault (1), not wrong usage (2)
Data = Annotated[
    Path, typer.Argument(metavar="DATA", readable=False, help="Folder with the images, a store, or a table of them.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write.")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.")]
LabelTable = Annotated[
    Path | None, typer.Option("--labels", metavar="FILE", help="Label table, if it is not beside the images.")
]
VocabularyName = Annotated[
    str | None, typer.Option("--vocabulary", metavar="NAME", help="hpa28, hpa19, subcell31, or a table of your own.")
]
PixelSize = Annotated[
    float | None, typer.Option("--pixel-size", metavar="UM", help="µm per pixel of the files, such as 0.08.")
]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channels",
        metavar="STAIN=NAME,…",
        help="Which channel is which, such as nucleus=DAPI,protein=AF488 or nucleus=ch00,protein=ch01: for nucleus, "
        "protein, microtubules and er (or blue, green, red and yellow) the name of a channel, its number from 0, or "
        "the part of the file names that stands for it. (repeatable)",
    ),
]
Plane = Annotated[
    str | None,
    typer.Option("--z", metavar="N", help="Plane of z stacks, from 0; or max (unless given) or mean of all planes."),
]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Processes; one per core unless given.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave faulty fields out, and say which.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


def _device(name: str | None) -> str | None:
    """Refuse a name that no device can have, before torch is imported to look for it."""
    if name is not None and not re.fullmatch(r"(cpu|mps|(cuda|xpu|hpu)(:\d+)?)", name):
        raise typer.BadParameter(f"no device is called {name!r}: give cpu, cuda, cuda:1 or mps")
    return name


Device = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", callback=_device, help="cpu, cuda, mps; the fastest if not given."),
]
Tta = Annotated[
    TtaKind | None,
    typer.Option(
        "--tta",
        help="Test-time augmentation: pool 4 mirrors (flips) or 8 orientations (dihedral), instead of the model's.",
    ),
]
CompositeColours = Annotated[
    Colours,
    typer.Option(help="Of composites; magenta microtubules for those who cannot tell red from green."),
]
PICTURES = (".png", ".svg", ".pdf")  # that figures are written as
RULE, SEGMENTER = RegistryNames(RULES, DEFAULT_RULE), RegistryNames(SEGMENTERS)
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=VALUE",
        help="Have this value in this column of the table (none, if VALUE is empty); of one column any value given, of "
        "several columns each.",
    ),
]


def parse_where(pairs: list[str] | None) -> dict[str, list[str]]:
    """`COLUMN=VALUE` options as values by column.

    Raises:
        CellocateError: one is no such pair.
    """
    values: dict[str, list[str]] = {}
    for pair in pairs or ():
        column, equals, value = pair.partition("=")
        if not equals:
            raise CellocateError("no column and value", where=f"--where {pair}", mend="Write --where plate=672.")
        values.setdefault(normal(column), []).append(normal(value))
    return values
