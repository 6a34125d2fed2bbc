"""`cellocate demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.cli import options


def demo(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write.")] = Path("demo"),
    fields: Annotated[int, typer.Option(min=50, help="How many simulated fields.")] = 600,
    epochs: Annotated[int, typer.Option(min=1, help="How long to train.")] = 30,
    seed: Annotated[int, typer.Option(help="Of the fields, the split and the training.")] = 0,
    overwrite: options.Overwrite = False,
) -> None:
    """The whole journey on simulated cells: draw fields, train, predict, measure, report.

    Example: cellocate demo
    """
    print("see below")
