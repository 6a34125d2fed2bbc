"""`cellocate simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import BuiltInVocabulary, Challenge
from cellocate.cli import options
from cellocate.cli.options import option
from cellocate.counted import counted


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write.")],
    fields: Annotated[int, option("How many fields of view.")] = 100,
    size: Annotated[int, option("Side of a field in pixels.")] = 512,
    span: Annotated[float, option("Side of a field in µm.", "UM")] = 163.84,
    labels: Annotated[
        str,
        option(
            "How often locations occur: as in the 2018 training set, equally often, or as in a table Id,Target.",
            "real|balanced|FILE",
        ),
    ] = "real",
    layout: Annotated[
        Challenge,
        option("Files and labels as in 2018 (Id,Target of hpa28) or 2021 (ID,Label of hpa19)."),
    ] = "kaggle2018",
    vocabulary: Annotated[BuiltInVocabulary | None, option("Locations. Default: those of the layout.")] = None,
    depth: Annotated[int, option("Bits per pixel.", "8|16")] = 8,
    variability: Annotated[
        float, option("Share of the cells that do not show a location of their field (0 to 1).")
    ] = 0.08,
    seed: Annotated[int, option("Random seed. The same seed gives the same files.")] = 0,
    overwrite: options.Overwrite = False,
) -> None:
    """Draw simulated cells with exact labels and masks, in the format of a challenge.

    Example: cellocate simulate phantoms --fields 200 --size 256
    """
    from cellocate import phantom
    from cellocate.cli.console import progress

    with progress("drawing fields", fields) as advance:
        phantom.simulate(
            out,
            fields=fields,
            size=size,
            span=span,
            labels=labels,
            layout=layout,
            vocabulary=vocabulary,
            depth=depth,
            variability=variability,
            seed=seed,
            overwrite=overwrite,
            progress=advance,
        )
    print(f"{counted(fields, 'field')} of {size} px in {out}")
