"""`cellocate combine`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cellocate.cli import options
from cellocate.cli.opened import open_data


def combine(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Folders of the models.")],
    data: Annotated[Path, typer.Option(metavar="DATA", help="The collection that they were trained on.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write: model/ and members.csv.")],
    by: Annotated[
        Literal["mean", "best"], typer.Option(help="Mean of all, or for each location the one that is best at it.")
    ] = "mean",
    rule: Annotated[options.RuleName, typer.Option(help="Decision rule of the new model.")] = "expected_f1",
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Make one model of several: folds, seeds, or specialists for different locations.

    Its rule is fitted on validation fields, each predicted by the members that were not trained on it. members.csv has
    each member's average precision for each location: which network is best at which.

    Example: cellocate combine nucleus/model cytosol/model --data my_images --out both
    """
    from cellocate.cli.console import show_validation
    from cellocate.files import new_folder
    from cellocate.networks import load, save
    from cellocate.report import save_curves
    from cellocate.training.combine import combine as make_one
    from cellocate.training.run import Run

    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    with new_folder(out, overwrite=overwrite, inputs=(*models, *collection.places)) as aside:
        made = make_one([load(folder, device=device) for folder in models], collection, by=by, rule=rule)
        save(made.model, aside / "model")
        made.table.to_csv(aside / "members.csv", index=False)
        if made.curves is not None:
            Run(aside).write_curves(made.curves)
            save_curves(aside)
    print(f"model of {len(models)} networks in {out / 'model'}; which is best where in {out / 'members.csv'}")
    print("members: " + ", ".join(f"{number} {folder}" for number, folder in enumerate(models, start=1)))
    show_validation(made.model.card)
