"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from cellocate.choices import DEFAULT_RULE, BuiltInVocabulary, Colours, TtaKind
from cellocate.cli.registry_names import RegistryNames
from cellocate.errors import CellocateError
from cellocate.registry import RULES, SEGMENTERS
from cellocate.tables import normalised


def option(text: str, metavar: str | None = None, *, name: str | None = None, **more: Any) -> Any:  # noqa: ANN401
    """A typer option with this help; `name` if it is not that of the parameter, `more` for typer."""
    return typer.Option(*filter(None, [name]), metavar=metavar, help=text, **more)


# readable=False: a folder that cannot be read is an error of the data (exit code 1), not wrong usage (2)
Data = Annotated[
    Path, typer.Argument(metavar="DATA", readable=False, help="Folder with images, a store, or a table of images.")
]
OutFolder = Annotated[Path, option("Folder to write.", "FOLDER", name="--out")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.")]
Workers = Annotated[int | None, option("Processes. Default: one per core.", "N", name="--workers")]
Resume = Annotated[bool, option("Continue where an interrupted run stopped.", name="--resume")]
SkipBad = Annotated[bool, option("Leave damaged or incomplete fields out, and list them.", name="--skip-bad")]
Overwrite = Annotated[bool, option("Replace earlier results.", name="--overwrite")]
Seed = Annotated[int, option("Random seed.", name="--seed", min=0)]
Tta = Annotated[
    TtaKind | None,
    option("Test-time augmentation: average over 4 mirror images (flips) or 8 orientations (dihedral).", name="--tta"),
]
CompositeColours = Annotated[
    Colours, option("Colours of composites. 'magenta' is for readers who cannot tell red from green.")
]
_VOCABULARIES = f"Locations: {', '.join(get_args(BuiltInVocabulary))}, or a table of your own."
VocabularyName = Annotated[str | None, option(_VOCABULARIES, "NAME", name="--vocabulary")]
Where = Annotated[
    list[str] | None,
    option(
        "Only fields with this value in this column of the table (repeatable: any of the values of one column, "
        "and all of several columns). An empty VALUE means no value.",
        "COLUMN=VALUE",
    ),
]
PICTURES = (".png", ".svg", ".pdf")
RULE, SEGMENTER = RegistryNames(RULES, DEFAULT_RULE), RegistryNames(SEGMENTERS)
_IMAGES = "How to read the images"


@dataclass(frozen=True)
class Images:
    """Options on how images are read. `cellocate.cli.commands.command` shows each as an option of its own."""

    labels: Annotated[
        Path | None, option("Label table, if it is not next to the images.", "FILE", rich_help_panel=_IMAGES)
    ] = None
    vocabulary: Annotated[str | None, option(_VOCABULARIES, "NAME", rich_help_panel=_IMAGES)] = None
    pixel_size: Annotated[
        float | None, option("µm per pixel of the files, such as 0.08.", "UM", rich_help_panel=_IMAGES)
    ] = None
    channels: Annotated[
        list[str] | None,
        option(
            "Which channel is which, such as nucleus=DAPI,protein=AF488 or nucleus=ch00,protein=ch01. Stains: "
            "nucleus, protein, microtubules, er (or blue, green, red, yellow). Names: the channel's name, its number "
            "from 0, or the part of the file names that stands for it (repeatable).",
            "STAIN=NAME,…",
            rich_help_panel=_IMAGES,
        ),
    ] = None
    z: Annotated[
        str | None,
        option(
            "Plane of z stacks, from 0; or 'max' (the default) or 'mean' of all planes.",
            "N",
            name="--z",
            rich_help_panel=_IMAGES,
        ),
    ] = None


IMAGES = Images()


def _device(name: str | None) -> str | None:
    """Refuse a name that no device can have, before torch is imported to look for it."""
    if name is not None and not re.fullmatch(r"(cpu|mps|(cuda|xpu|hpu)(:\d+)?)", name):
        raise typer.BadParameter(f"no device is called {name!r}: give cpu, cuda, cuda:1 or mps")
    return name


Device = Annotated[
    str | None, option("cpu, cuda or mps. Default: the fastest.", "NAME", name="--device", callback=_device)
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
        values.setdefault(normalised(column), []).append(normalised(value))
    return values
