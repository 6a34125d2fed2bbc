"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import DEFAULT_RULE, Colours, TtaKind
from cellocate.cli.registry_names import RegistryNames
from cellocate.errors import CellocateError
from cellocate.registry import RULES, SEGMENTERS
from cellocate.tables import normal

# readable=False: a folder that cannot be read is an error of the data (exit code 1), not wrong usage (2)
Data = Annotated[
    Path, typer.Argument(metavar="DATA", readable=False, help="Folder with images, a store, or a table of images.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write.")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Processes. Default: one per core.")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue where an interrupted run stopped.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave damaged or incomplete fields out, and list them.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Random seed.")]
Tta = Annotated[
    TtaKind | None,
    typer.Option(
        "--tta", help="Test-time augmentation: average over 4 mirror images (flips) or 8 orientations (dihedral)."
    ),
]
CompositeColours = Annotated[
    Colours,
    typer.Option(help="Colours of composites. 'magenta' is for readers who cannot tell red from green."),
]
VocabularyName = Annotated[
    str | None,
    typer.Option("--vocabulary", metavar="NAME", help="Locations: hpa28, hpa19, subcell31, or a table of your own."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=VALUE",
        help="Only fields with this value in this column of the table (repeatable: any of the values of one column, "
        "and all of several columns). An empty VALUE means no value.",
    ),
]
PICTURES = (".png", ".svg", ".pdf")
RULE, SEGMENTER = RegistryNames(RULES, DEFAULT_RULE), RegistryNames(SEGMENTERS)
_IMAGES = "How to read the images"


@dataclass(frozen=True)
class Images:
    """Options on how images are read. `cellocate.cli.commands.command` shows each as an option of its own."""

    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_IMAGES, help="Label table, if it is not next to the images."),
    ] = None
    vocabulary: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", rich_help_panel=_IMAGES, help="Locations: hpa28, hpa19, subcell31, or a table of your own."
        ),
    ] = None
    pixel_size: Annotated[
        float | None,
        typer.Option(metavar="UM", rich_help_panel=_IMAGES, help="µm per pixel of the files, such as 0.08."),
    ] = None
    channels: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAIN=NAME,…",
            rich_help_panel=_IMAGES,
            help="Which channel is which, such as nucleus=DAPI,protein=AF488 or nucleus=ch00,protein=ch01. Stains: "
            "nucleus, protein, microtubules, er (or blue, green, red, yellow). Names: the channel's name, its number "
            "from 0, or the part of the file names that stands for it (repeatable).",
        ),
    ] = None
    z: Annotated[
        str | None,
        typer.Option(
            "--z",
            metavar="N",
            rich_help_panel=_IMAGES,
            help="Plane of z stacks, from 0; or 'max' (the default) or 'mean' of all planes.",
        ),
    ] = None


IMAGES = Images()


def _device(name: str | None) -> str | None:
    """Refuse a name that no device can have, before torch is imported to look for it."""
    if name is not None and not re.fullmatch(r"(cpu|mps|(cuda|xpu|hpu)(:\d+)?)", name):
        raise typer.BadParameter(f"no device is called {name!r}: give cpu, cuda, cuda:1 or mps")
    return name


Device = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", callback=_device, help="cpu, cuda or mps. Default: the fastest."),
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
