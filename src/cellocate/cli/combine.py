"""`cellocate combine`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import DEFAULT_RULE, CombineBy
from cellocate.cli import options
from cellocate.cli.open_data import open_data, with_known_depth
from cellocate.model_files import require_model
from cellocate.write_tables import write_table


def combine(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Folders of the models.")],
    data: Annotated[Path, typer.Option(metavar="DATA", help="The collection that they were trained on.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write: model/ and members.csv.")],
    by: Annotated[
        CombineBy, typer.Option(help="Mean of all, or for each location the one that is best at it.")
    ] = "mean",
    rule: Annotated[str, options.RULE.option("Decision rule of the new model.")] = DEFAULT_RULE,
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

    for model in models:
        require_model(model)
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate.files import new_folder
    from cellocate.networks import load, save  # with torch, after all that can be refused without it
    from cellocate.report import save_curves
    from cellocate.training.combine import combine as make_one
    from cellocate.training.run import Run

    collection = with_known_depth(collection)
    with new_folder(out, overwrite=overwrite, inputs=(*models, *collection.places)) as aside:
        made = make_one([load(folder, device=device) for folder in models], collection, by=by, rule=rule)
        save(made.model, aside / "model")
        write_table(aside / "members.csv", made.table)
        if made.curves is not None:
            Run(aside).write_curves(made.curves)
            save_curves(aside)
    print(f"model of {len(models)} networks in {out / 'model'}; which is best where in {out / 'members.csv'}")
    print("members: " + ", ".join(f"{number} {folder}" for number, folder in enumerate(models, start=1)))
    show_validation(made.model.card)
