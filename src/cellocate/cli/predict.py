"""`cellocate predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cellocate.cli import options
from cellocate.counted import counted


def predict(
    model: options.ModelFolder,
    data: options.Data,
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write.")],
    format_: Annotated[
        Literal["table", "kaggle2018", "kaggle2021"],
        typer.Option("--format", help="Probabilities and locations, or the submission of a challenge."),
    ] = "table",
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="For kaggle2021: label images <id>_cells.png of the cells. Each cell is given the probabilities of "
            "its whole field; no cell is looked at by itself.",
        ),
    ] = None,
    sample: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sample submission: predict its ids, in its order.")
    ] = None,
    labels: options.LabelTable = None,
    pixel_size: options.PixelSize = None,
    skip_bad: options.SkipBad = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Fields predicted at once.")] = 32,
    overwrite: options.Overwrite = False,
    views: options.Turned = None,
    device: options.Device = None,
) -> None:
    """Predict the locations in every field of a folder.

    Example: cellocate predict runs/first/model my_images --out predictions.csv
    """
    from cellocate import prediction
    from cellocate.cells.masks import CellMasks
    from cellocate.cli.console import note, progress
    from cellocate.collection import left_out, open_collection, usable
    from cellocate.decision import write_table
    from cellocate.files import refuse_existing_file
    from cellocate.networks import load

    if (format_ == "kaggle2021") != (masks is not None):
        raise typer.BadParameter("--format kaggle2021 needs --masks, the cells of the fields; no other format takes it")
    refuse_existing_file(out, overwrite=overwrite, inputs=(model, data, labels, sample, masks))
    cells = None if masks is None else CellMasks(masks)
    loaded, said = prediction.with_turns(load(model, device=device), views)
    if cells is not None:
        prediction.require_hpa19(loaded.vocabulary)
    collection = open_collection(data, labels=labels, pixel_size=pixel_size)
    wanted = None if sample is None else prediction.read_sample(sample)
    if wanted is not None:
        collection = prediction.in_order(collection, wanted)
    collection, inspection = usable(collection, loaded.card.channels, labelled=False, skip_bad=skip_bad)
    if inspection.problems:
        note(left_out(inspection.problems))
    for assumption in (*said, *prediction.assumptions(loaded, collection)):
        note(assumption)
    if cells is not None:
        cells.require(collection.ids)
        note("each cell is given the probabilities of its whole field")
    with progress("predicting", len(collection)) as advance:
        probabilities, unlike = prediction.predict_and_compare(
            loaded, collection, batch_size=batch_size, progress=advance
        )
    if unlike is not None and (count := int((unlike > 1).sum())):
        note(
            f"{count} of {counted(len(collection), 'field')} unlike those that the model was trained on (column Unlike "
            "above 1): what it says of them may mean nothing"
        )
    decided = loaded.card.rule.apply(probabilities)
    if cells is not None:
        shapes = {field: collection.shape(field) for field in collection.ids}
        prediction.write_kaggle2021(
            out, shapes, lambda field: cells.masks(field, shapes[field]), probabilities, loaded.vocabulary, wanted
        )
    elif format_ == "table":
        write_table(out, collection.ids, probabilities, decided, loaded.vocabulary, unlike)
    else:
        prediction.write_kaggle2018(out, collection.ids, decided, loaded.vocabulary, wanted)
    print(f"{counted(len(collection), 'field')} in {out}")
