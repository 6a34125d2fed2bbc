"""`cellocate predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.choices import Format, Part
from cellocate.cli import options
from cellocate.cli.open_data import fields_for, open_data, with_known_depth
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.model_files import require_model
from cellocate.write_tables import SUFFIXES, refuse_suffix

if TYPE_CHECKING:
    from cellocate.cells.masks import MaskFolder
    from cellocate.collection import CellBags, Collection
    from cellocate.decision import Predictions
    from cellocate.decision.predictions import ReadMasks
    from cellocate.networks import Model

_SUFFIXES = {"table": SUFFIXES, "h5ad": (".h5ad",), "kaggle2018": (".csv",), "kaggle2021": (".csv",)}
_NO_MODEL = (
    "No trained model comes with cellocate yet: train one on labelled images with 'cellocate train', or try the model "
    "of 'cellocate demo', which was trained on simulated cells only"
)


def predict(
    out: Annotated[Path, option("File to write: .csv, .tsv, .xlsx, .parquet or .h5ad.", "FILE")],
    model: Annotated[
        Path | None, typer.Argument(metavar="MODEL", help="Folder of a model, such as RUN/model.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            readable=False,
            show_default=False,
            help="Folder with images, a store, or a table of images.",
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        option(
            "Probabilities and locations as a table or AnnData (h5ad), or a submission to a challenge. Default: "
            "by the name of FILE.",
            name="--format",
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        option(
            "Predict the cells in these masks: <id>_cells.png, Cellpose's <id>_cp_masks.png or QuPath's "
            "<id>.geojson. Each cell gets the probabilities of its whole field, unless you add --by-map.",
            "FOLDER",
        ),
    ] = None,
    by_map: Annotated[
        bool,
        option(
            "With --masks: weight the field's probabilities by the activation map inside each cell.", name="--by-map"
        ),
    ] = False,
    fields: Annotated[
        Path | None,
        option(
            "Cell collections only: predictions of the whole fields (a table of 'predict') to combine with those "
            "of the cells.",
            "FILE",
        ),
    ] = None,
    whole_fields: Annotated[
        bool, option("Cell collections only: predict the fields from their cells.", name="--whole-fields")
    ] = False,
    part: Annotated[Part | None, option("Only this part of the model's split.")] = None,
    sample: Annotated[Path | None, option("Sample submission: predict its ids, in its order.", "FILE")] = None,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    batch_size: Annotated[int, option("Number of images per batch.", min=1)] = 32,
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
    refuse_existing_file(out, overwrite=overwrite, inputs=(model, data, images.labels, sample, masks, fields))
    require_model(model, data)
    collection = open_data(data, images)
    from cellocate import prediction  # imports torch
    from cellocate.cells.masks import MaskFolder
    from cellocate.cli.console import note, notes_on_masks
    from cellocate.collection import are_cells, bags_of
    from cellocate.collection.splits import part_of
    from cellocate.decision import submissions
    from cellocate.images import CHANNELS
    from cellocate.networks import load

    label_images = None if masks is None else MaskFolder(masks).excluding(collection.files)
    loaded, notes = prediction.override_tta(load(model, device=device), tta)
    if format_ == "kaggle2021":
        submissions.require_vocabulary(loaded.vocabulary, 2021)
    if part is not None or sample is not None:
        collection = with_known_depth(collection)  # before fields are left out
    single = are_cells(collection) and not whole_fields
    _refuse_odd_data(fields, masks, format_, single=single, by_map=by_map)
    bags = bags_of(collection) if whole_fields or loaded.card.bag is not None else None  # refuses fields
    if bags is not None and whole_fields:
        collection = bags.fields
    wanted = None if sample is None else submissions.read_sample(sample)
    if wanted is not None:
        collection = submissions.in_sample_order(collection, wanted)
    if part is not None:
        collection, missing = part_of(collection, loaded.card.fields, part, skip_missing=skip_bad)
        notes = [*notes, *missing]
    if bags is not None and whole_fields:
        collection = bags.subset(collection.ids).cells
    collection = fields_for(loaded, collection, skip_bad=skip_bad, also=notes)
    if single:
        found = _cells(loaded, collection, fields, batch_size)
    elif label_images is not None:
        found = _cells_of_fields(loaded, collection, label_images, batch_size, by_map=by_map)
    else:
        bags = bags_of(collection) if whole_fields else None
        collection = collection if bags is None else bags.fields
        found = _fields(loaded, collection, bags, batch_size)
    of = collection.ids
    if single:
        of = (wanted if label_images is not None else None) or list(dict.fromkeys(found.fields or ()))
    known = collection.fields.drop(columns=["labels", *CHANNELS], errors="ignore")
    found.save(
        out,
        format_,
        metadata=known if single or found.unit == "field" else None,
        sample=wanted,
        masks=None if label_images is None else _reader(label_images, None if single else collection),
        fields=of,
    )
    note(*prediction.prediction_warnings(loaded, found))
    if label_images is not None:
        notes_on_masks(label_images)
    fields_too = f" of {counted(len(of), 'field')}" if found.unit == "cell" else ""
    print(f"{counted(len(found), found.unit)}{fields_too} in {out}")


def _missing(given: Path | None, out: Path) -> CellocateError:
    """The error for a missing model or missing images; `given` is the one given, if any."""
    if given is not None:
        for folder in (given, given / "model"):
            if (folder / "model.json").is_file():
                mend = f"Type: cellocate predict {folder} DATA --out {out}, where DATA is the folder with your images."
                return CellocateError("a model but no images given", mend=mend)
    what = "no model and no images given" if given is None else "images but no model given"
    return CellocateError(what, mend=f"Type: cellocate predict MODEL {given or 'DATA'} --out {out}. {_NO_MODEL}.")


def _refuse_odd_masks(format_: Format, masks: Path | None, *, by_map: bool, whole_fields: bool) -> None:
    if whole_fields and (masks is not None or format_ == "kaggle2021"):
        raise typer.BadParameter("--whole-fields predicts fields: leave out --masks and --format kaggle2021")
    if format_ == "kaggle2021" and masks is None:
        raise typer.BadParameter("--format kaggle2021 needs --masks with the cells of the fields")
    if format_ == "kaggle2018" and masks is not None:
        raise typer.BadParameter("--format kaggle2018 is for fields: leave out --masks")
    if by_map and masks is None:
        raise typer.BadParameter("--by-map needs --masks with the cells of the fields")


def _refuse_odd_data(fields: Path | None, masks: Path | None, format_: Format, *, single: bool, by_map: bool) -> None:
    if fields is not None and not single:
        raise typer.BadParameter("--fields only works with cell collections, and DATA are fields")
    if single and format_ == "kaggle2018":
        raise typer.BadParameter("DATA are cells, and --format kaggle2018 is for fields: add --whole-fields")
    if single and (by_map or (masks is not None and format_ != "kaggle2021")):
        raise typer.BadParameter(
            "DATA are cells: use --masks only with --format kaggle2021, and --by-map only with fields"
        )


def _fields(model: Model, collection: Collection, bags: CellBags | None, batch_size: int) -> Predictions:
    """Predict whole fields, from their images or their cells."""
    from cellocate.cli.console import progress
    from cellocate.prediction import predict_bags, predict_collection

    with progress("predicting", len(collection)) as advance:
        if bags is not None:
            return predict_bags(model, bags, batch_size=batch_size, progress=advance)[0]
        return predict_collection(model, collection, batch_size=batch_size, progress=advance)


def _cells_of_fields(
    model: Model, collection: Collection, masks: MaskFolder, batch_size: int, *, by_map: bool
) -> Predictions:
    """Predict the cells of fields with a model of fields."""
    from cellocate.cli.console import note, progress
    from cellocate.prediction import predict_collection, predict_within

    masks.require(collection.ids)
    first = collection.ids[0]
    masks.read(first, collection.shape(first))  # fails early if the masks cannot be used
    if not by_map:
        note("each cell gets the probabilities of its whole field")
    with progress("predicting", len(collection) * 2) as advance:
        fields = predict_collection(model, collection, batch_size=batch_size, progress=advance)
        return predict_within(model, collection, masks, fields, by_map=by_map, progress=advance)


def _cells(model: Model, cells: Collection, fields: Path | None, batch_size: int) -> Predictions:
    """Predict the cells of a collection of single cells."""
    from cellocate.cli.console import progress
    from cellocate.decision import read_probabilities
    from cellocate.prediction import combine_with_fields, predict_cells

    with progress("predicting", len(cells)) as advance:
        found = predict_cells(model, cells, alone=fields is not None, batch_size=batch_size, progress=advance)
    if fields is None:
        return found
    return combine_with_fields(found, *read_probabilities(fields, model.vocabulary))


def _reader(masks: MaskFolder, collection: Collection | None) -> ReadMasks:
    """A function that reads the masks of a field, at the size of its image if there is one."""
    return lambda field: masks.read(field, None if collection is None else collection.shape(field))
