"""`cellocate combine`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import DEFAULT_RULE, CombineBy
from cellocate.cli import options
from cellocate.cli.open_data import open_data, with_known_depth
from cellocate.cli.options import option
from cellocate.model_files import require_model
from cellocate.write_tables import write_table


def combine(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL", help="Folders of the models to combine.")],
    data: Annotated[Path, option("The images that the models were trained on.", "DATA")],
    out: Annotated[Path, option("Folder to write: model/ and members.csv.", "FOLDER")],
    by: Annotated[CombineBy, option("Average all models, or use the best one for each location.")] = "mean",
    rule: Annotated[str, options.RULE.option("Decision rule to fit for the new model.")] = DEFAULT_RULE,
    images: options.Images = options.IMAGES,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Make one model of several: folds, seeds, or specialists for different locations.

    The models must share one split. The decision rule is fitted on the validation fields, each predicted by the models
    that were not trained on it. members.csv lists the average precision of each model for each location.

    Example: cellocate combine nucleus/model cytosol/model --data my_images --out both
    """
    from cellocate.cli.console import show_validation

    for model in models:
        require_model(model)
    collection = open_data(data, images)
    from cellocate.files import new_folder
    from cellocate.networks import load, save  # with torch, after all that can be refused without it
    from cellocate.report import save_curves
    from cellocate.training.combine import combine as make_one
    from cellocate.training.run_folder import RunFolder

    collection = with_known_depth(collection)
    with new_folder(out, overwrite=overwrite, inputs=(*models, *collection.places)) as aside:
        made = make_one([load(folder, device=device) for folder in models], collection, by=by, rule=rule)
        save(made.model, aside / "model")
        write_table(aside / "members.csv", made.table)
        if made.curves is not None:
            RunFolder(aside).write_curves(made.curves)
            save_curves(aside)
    print(f"model of {len(models)} networks in {out / 'model'}; {out / 'members.csv'} shows which is best where")
    print("members: " + ", ".join(f"{number} {folder}" for number, folder in enumerate(models, start=1)))
    show_validation(made.model.card)
