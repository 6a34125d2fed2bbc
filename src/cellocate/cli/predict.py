"""`cellocate predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.choices import Format, Part
from cellocate.cli import options
from cellocate.cli.opened import of_known_depth, open_data
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.model_files import require_model
from cellocate.written import SUFFIXES, refuse_suffix

if TYPE_CHECKING:
    from cellocate.cells.masks import CellMasks
    from cellocate.collection import Collection
    from cellocate.networks import Model
    from cellocate.prediction import Output

_SUFFIXES = {"table": SUFFIXES, "h5ad": (".h5ad",), "kaggle2018": (".csv",), "kaggle2021": (".csv",)}


_NO_MODEL = (
    "No trained model comes with cellocate yet: train one on labelled images with 'cellocate train', or try it with "
    "that of 'cellocate demo', which knows simulated cells only"
)


def predict(
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: .csv, .tsv, .xlsx, .parquet or .h5ad.")],
    model: Annotated[
        Path | None, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            readable=False,
            show_default=False,
            help="Folder with the images, a store, or a table of them.",
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="Probabilities and locations as a table or as AnnData (h5ad), or the submission of a challenge; "
            "unless given, what the name of FILE says.",
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Masks of the cells, such as <id>_cells.png, Cellpose's <id>_cp_masks.png or QuPath's <id>.geojson: "
            "predict these cells. Each gets the probabilities of its whole field, unless you add --by-map or DATA are "
            "cells.",
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
        Part | None,
        typer.Option(help="Predict the fields (or the cells of the fields) of this part of the model's split alone."),
    ] = None,
    sample: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sample submission: predict its ids, in its order.")
    ] = None,
    labels: options.LabelTable = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Fields or cells predicted at once.")] = 32,
    overwrite: options.Overwrite = False,
    tta: options.Tta = None,
    device: options.Device = None,
) -> None:
    """Predict the locations in every field of a folder, or in every cell.

    No trained model comes with cellocate yet: 'cellocate train' makes one from labelled images.

    Example: cellocate predict runs/first/model my_images --out predictions.csv
    """
    if model is None or data is None:
        raise _missing(model, out)
    from cellocate.files import refuse_existing_file

    format_ = format_ or ("h5ad" if out.suffix.lower() == ".h5ad" else "table")
    refuse_suffix(out, _SUFFIXES[format_], "a table" if format_ == "table" else f"--format {format_}")
    _refuse_odd_masks(format_, masks, by_map=by_map, whole_fields=whole_fields)
    refuse_existing_file(out, overwrite=overwrite, inputs=(model, data, labels, sample, masks, fields))
    require_model(model)
    collection = open_data(data, labels=labels, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate import prediction  # with torch, after all that can be refused without it
    from cellocate.cells.masks import CellMasks
    from cellocate.cli.usable import fields_for
    from cellocate.collection import are_cells, bags_of
    from cellocate.networks import load

    label_images = None if masks is None else CellMasks(masks).beside(collection.files)
    loaded, turned = prediction.with_turns(load(model, device=device), tta)
    if format_ == "kaggle2021":
        prediction.require_hpa19(loaded.vocabulary)
    if part is not None or sample is not None:
        collection = of_known_depth(collection)  # by all of its fields
    single = are_cells(collection) and not whole_fields
    _refuse_odd_data(fields, masks, format_, single=single, by_map=by_map)
    if whole_fields or loaded.card.bag is not None:
        bags = bags_of(collection)  # refuses fields, of which a model of cells knows nothing
        collection = bags if whole_fields else collection
    wanted = None if sample is None else prediction.read_sample(sample)
    if wanted is not None:
        collection = prediction.in_order(collection, wanted)
    if part is not None:
        collection = prediction.of_part(loaded, collection, part)
    collection = fields_for(loaded, collection, skip_bad=skip_bad, also=turned)
    output = prediction.Output(out, format_, wanted)
    if single:
        what = _cells(loaded, collection, fields, label_images, output, batch_size)
    elif label_images is not None:
        what = _cells_of_fields(loaded, collection, label_images, output, batch_size, by_map=by_map)
    else:
        what = _fields(loaded, collection, output, batch_size)
    print(f"{what} in {out}")


def _missing(given: Path | None, out: Path) -> CellocateError:
    """What to type where a model or the images are missing: `given` is the one that is there, if any."""
    if given is not None:
        for folder in (given, given / "model"):
            if (folder / "model.json").is_file():
                mend = f"Type: cellocate predict {folder} DATA --out {out}, where DATA is the folder with your images."
                return CellocateError("a model but no images given", mend=mend)
    what = "no model and no images given" if given is None else "images but no model given"
    return CellocateError(what, mend=f"Type: cellocate predict MODEL {given or 'DATA'} --out {out}. {_NO_MODEL}.")


def _refuse_odd_masks(format_: Format, masks: Path | None, *, by_map: bool, whole_fields: bool) -> None:
    if whole_fields and (masks is not None or format_ == "kaggle2021"):
        raise typer.BadParameter("--whole-fields predicts no cells: leave out --masks and --format kaggle2021")
    if format_ == "kaggle2021" and masks is None:
        raise typer.BadParameter("--format kaggle2021 needs --masks, the cells of the fields")
    if format_ == "kaggle2018" and masks is not None:
        raise typer.BadParameter("--format kaggle2018 is of fields, and takes no --masks")
    if by_map and masks is None:
        raise typer.BadParameter("--by-map needs --masks, the cells of the fields")


def _refuse_odd_data(fields: Path | None, masks: Path | None, format_: Format, *, single: bool, by_map: bool) -> None:
    if fields is not None and not single:
        raise typer.BadParameter("--fields is for cells, and DATA are fields")
    if single and format_ == "kaggle2018":
        raise typer.BadParameter("DATA are cells, and --format kaggle2018 is of fields: add --whole-fields")
    if single and (by_map or (masks is not None and format_ != "kaggle2021")):
        raise typer.BadParameter("DATA are cells: --masks is for --format kaggle2021 alone, and --by-map for fields")


def _fields(model: Model, collection: Collection, output: Output, batch_size: int) -> str:
    """Predict whole fields, and say how many."""
    from cellocate.cli.console import note, progress
    from cellocate.cli.usable import note_cautions
    from cellocate.prediction import predict_and_compare

    with progress("predicting", len(collection)) as advance:
        predicted = predict_and_compare(model, collection, batch_size=batch_size, progress=advance)
    what = counted(len(collection), "field")
    if predicted.ood_score is not None and (count := int((predicted.ood_score > 1).sum())):
        note(
            f"{count} of {what} out of distribution, unlike the training data (column ood_score above 1): do not "
            "rely on these predictions"
        )
    output.write_fields(model, collection, predicted)
    note_cautions(model, predicted.probabilities, collection.unit, predicted.notes)
    return what


def _cells_of_fields(
    model: Model, collection: Collection, masks: CellMasks, output: Output, batch_size: int, *, by_map: bool
) -> str:
    """Predict the cells of fields by a model of fields, and say how many."""
    from cellocate.cli.console import note, notes_on_masks, progress
    from cellocate.cli.usable import note_cautions
    from cellocate.prediction import predict_collection, predict_within

    masks.require(collection.ids)
    first = collection.ids[0]
    masks.read(first, collection.shape(first))  # before the long work: what is wrong with one is mostly so with all
    if not by_map:
        note("each cell is given the probabilities of its whole field")
    with progress("predicting", len(collection) * 2) as advance:
        fields = predict_collection(model, collection, batch_size=batch_size, progress=advance)
        found = predict_within(model, collection, masks, fields, by_map=by_map, progress=advance)
    output.write_cells(model, found, masks=masks, fields=collection.ids, shapes=collection.shape)
    note_cautions(model, found.probabilities, "cell", found.notes or ())
    notes_on_masks(masks)
    return f"{counted(len(found.ids), 'cell')} of {counted(len(collection), 'field')}"


def _cells(
    model: Model, cells: Collection, fields: Path | None, masks: CellMasks | None, output: Output, batch_size: int
) -> str:
    """Predict the cells of a collection of such, and say how many."""
    from cellocate.cli.console import notes_on_masks, progress
    from cellocate.cli.usable import note_cautions
    from cellocate.decision import read_probabilities
    from cellocate.prediction import predict_cells

    with progress("predicting", len(cells)) as advance:
        found = predict_cells(model, cells, alone=fields is not None, batch_size=batch_size, progress=advance)
    if fields is not None:
        found = found.together(*read_probabilities(fields, model.vocabulary))
    own = list(dict.fromkeys(found.fields))
    of = output.wanted if masks is not None and output.wanted else own
    output.write_cells(model, found, cells, masks, of)
    note_cautions(model, found.probabilities, "cell", found.notes or ())
    if masks is not None:
        notes_on_masks(masks)
    return f"{counted(len(found.ids), 'cell')} of {counted(len(of), 'field')}"
