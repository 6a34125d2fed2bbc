"""`cellocate predict`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cellocate.cli import options
from cellocate.counted import counted

if TYPE_CHECKING:
    import pandas as pd

    from cellocate.cells.masks import CellMasks
    from cellocate.collection import Collection
    from cellocate.networks import Model
    from cellocate.prediction import PredictedCells

Format = Literal["table", "h5ad", "kaggle2018", "kaggle2021"]


@dataclass(frozen=True)
class _Asked:
    """Where and how the predictions are to be written."""

    out: Path
    format: Format
    wanted: list[str] | None
    batch_size: int


def predict(
    model: options.ModelFolder,
    data: options.Data,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: CSV, or h5ad.")],
    format_: Annotated[
        Format,
        typer.Option(
            "--format", help="Probabilities and locations as CSV or AnnData, or the submission of a challenge."
        ),
    ] = "table",
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Label images <id>_cells.png of the cells: predict these. Each is given the probabilities of its "
            "whole field, unless --by-map says otherwise or DATA are cells.",
        ),
    ] = None,
    by_map: Annotated[
        bool,
        typer.Option("--by-map", help="Predict the cells of --masks by the activation map inside each, and the field."),
    ] = False,
    fields: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where DATA are cells: probabilities of their fields, another table of 'predict', to be taken "
            "together with each cell's.",
        ),
    ] = None,
    whole_fields: Annotated[
        bool, typer.Option("--whole-fields", help="Where DATA are cells: predict the fields that they are of.")
    ] = False,
    part: Annotated[
        Literal["train", "validation", "test"] | None,
        typer.Option(help="Predict the fields (or the cells of the fields) of this part of the model's split alone."),
    ] = None,
    sample: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sample submission: predict its ids, in its order.")
    ] = None,
    labels: options.LabelTable = None,
    pixel_size: options.PixelSize = None,
    skip_bad: options.SkipBad = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Fields or cells predicted at once.")] = 32,
    overwrite: options.Overwrite = False,
    views: options.Turned = None,
    device: options.Device = None,
) -> None:
    """Predict the locations in every field of a folder, or in every cell.

    Example: cellocate predict runs/first/model my_images --out predictions.csv
    """
    from cellocate import prediction
    from cellocate.cells.masks import CellMasks
    from cellocate.cli.console import note
    from cellocate.collection import are_cells, bags_of, left_out, open_collection, usable
    from cellocate.files import refuse_existing_file
    from cellocate.networks import load

    if format_ == "kaggle2021" and masks is None:
        raise typer.BadParameter("--format kaggle2021 needs --masks, the cells of the fields")
    if format_ == "kaggle2018" and masks is not None:
        raise typer.BadParameter("--format kaggle2018 is of fields, and takes no --masks")
    if by_map and masks is None:
        raise typer.BadParameter("--by-map needs --masks, the cells of the fields")
    refuse_existing_file(out, overwrite=overwrite, inputs=(model, data, labels, sample, masks, fields))
    cells = None if masks is None else CellMasks(masks)
    loaded, said = prediction.with_turns(load(model, device=device), views)
    if format_ == "kaggle2021":
        prediction.require_hpa19(loaded.vocabulary)
    collection = open_collection(data, labels=labels, pixel_size=pixel_size)
    single = are_cells(collection) and not whole_fields
    if fields is not None and not single:
        raise typer.BadParameter("--fields is for cells, and DATA are fields")
    if single and (by_map or (masks is not None and format_ != "kaggle2021")):
        raise typer.BadParameter("DATA are cells: --masks is for --format kaggle2021 alone, and --by-map for fields")
    if whole_fields or loaded.card.bag is not None:
        bags = bags_of(collection)  # refuses fields, of which a model of cells knows nothing
        collection = bags if whole_fields else collection
    wanted = None if sample is None else prediction.read_sample(sample)
    if wanted is not None and not single:
        collection = prediction.in_order(collection, wanted)
    if part is not None:
        collection = prediction.of_part(loaded, collection, part)
    collection, inspection = usable(collection, loaded.card.channels, labelled=False, skip_bad=skip_bad)
    if inspection.problems:
        note(left_out(inspection.problems, inspection.unit))
    for assumption in (*said, *prediction.assumptions(loaded, collection)):
        note(assumption)
    asked = _Asked(out, format_, wanted, batch_size)
    if single:
        _cells(loaded, collection, cells, fields, asked)
    elif cells is not None:
        _within(loaded, collection, cells, by_map, asked)
    else:
        _fields(loaded, collection, asked)


def _fields(model: Model, collection: Collection, asked: _Asked) -> None:
    from cellocate import prediction
    from cellocate.cli.console import note, progress
    from cellocate.decision import write_table

    with progress("predicting", len(collection)) as advance:
        probabilities, unlike = prediction.predict_and_compare(
            model, collection, batch_size=asked.batch_size, progress=advance
        )
    if unlike is not None and (count := int((unlike > 1).sum())):
        note(
            f"{count} of {counted(len(collection), 'field')} unlike those that the model was trained on (column Unlike "
            "above 1): what it says of them may mean nothing"
        )
    decided, words, ids = model.card.rule.apply(probabilities), model.vocabulary, collection.ids
    if asked.format == "table":
        write_table(asked.out, ids, probabilities, decided, words, unlike)
    elif asked.format == "h5ad":
        known = _known(collection)
        known = known if unlike is None else known.assign(Unlike=unlike)
        prediction.write_h5ad(asked.out, ids, probabilities, decided, words, known)
    else:
        prediction.write_kaggle2018(asked.out, ids, decided, words, asked.wanted)
    print(f"{counted(len(collection), 'field')} in {asked.out}")


def _within(model: Model, collection: Collection, masks: CellMasks, by_map: bool, asked: _Asked) -> None:
    """The cells of fields, by a model of fields."""
    from cellocate import prediction
    from cellocate.cli.console import note, progress

    masks.require(collection.ids)
    if not by_map:
        note("each cell is given the probabilities of its whole field")
    with progress("predicting", len(collection) * 2) as advance:
        fields = prediction.predict_collection(model, collection, batch_size=asked.batch_size, progress=advance)
        found = prediction.predict_within(model, collection, masks, fields, by_map=by_map, progress=advance)
    shapes = {field: collection.shape(field) for field in collection.ids}
    _write_cells(model, found, None, masks, shapes, asked)


def _cells(model: Model, cells: Collection, masks: CellMasks | None, fields: Path | None, asked: _Asked) -> None:
    """A collection of cells."""
    from cellocate import decision, prediction
    from cellocate.cli.console import progress

    with progress("predicting", len(cells)) as advance:
        found = prediction.predict_cells(
            model, cells, alone=fields is not None, batch_size=asked.batch_size, progress=advance
        )
    if fields is not None:
        found = found.together(*decision.read_probabilities(fields, model.vocabulary))
    of = asked.wanted or list(dict.fromkeys(found.fields))
    shapes = {} if masks is None else {field: masks.read(field)[0] for field in of}
    _write_cells(model, found, _known(cells), masks, shapes, asked)


def _write_cells(
    model: Model,
    found: PredictedCells,
    known: pd.DataFrame | None,
    masks: CellMasks | None,
    shapes: dict[str, tuple[int, int]],
    asked: _Asked,
) -> None:
    import pandas as pd

    from cellocate import prediction
    from cellocate.decision import write_table

    p, words = found.probabilities, model.vocabulary
    decided = model.card.rule.apply(p)
    if asked.format == "table":
        write_table(asked.out, found.ids, p, decided, words, cells=(found.fields, found.cells))
    elif asked.format == "h5ad":
        own = pd.DataFrame({"field": found.fields, "cell": found.cells})
        prediction.write_h5ad(asked.out, found.ids, p, decided, words, own if known is None else known)
    else:
        assert masks is not None
        read = masks.read
        prediction.write_kaggle2021(
            asked.out,
            shapes,
            lambda field: list(read(field)[1].values()),
            lambda field: found.of(field, list(read(field)[1])),
            words,
            asked.wanted,
        )
    fields = counted(len(shapes or dict.fromkeys(found.fields)), "field")
    print(f"{counted(len(found.ids), 'cell')} of {fields} in {asked.out}")


def _known(collection: Collection) -> pd.DataFrame:
    """What is told of each field or cell, without its files and labels."""
    from cellocate.images import CHANNELS

    return collection.fields.drop(columns=["labels", *CHANNELS], errors="ignore")
