"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

# what cannot be read is the data's fault (1), not wrong usage (2)
Data = Annotated[Path, typer.Argument(metavar="DATA", readable=False, help="Folder with the images.")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.")]
LabelTable = Annotated[
    Path | None, typer.Option("--labels", metavar="FILE", help="Label table, if it is not beside the images.")
]
VocabularyName = Annotated[
    str | None, typer.Option("--vocabulary", metavar="NAME", help="hpa28, hpa19, subcell31, or a CSV of your own.")
]
PixelSize = Annotated[
    float | None, typer.Option("--pixel-size", metavar="UM", help="µm per pixel of the files, such as 0.08.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave faulty fields out, and say which.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Device = Annotated[
    str | None, typer.Option("--device", metavar="NAME", help="cpu, cuda, mps; the fastest if not given.")
]
