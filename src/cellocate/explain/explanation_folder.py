"""Explain fields of a collection, and write a folder of maps, figures, tables and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate import write_tables
from cellocate.cells.masks import MaskFolder
from cellocate.choices import Colours, MapMethod
from cellocate.collection import Collection
from cellocate.collection.rescale import check_file_name
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.explain.explanation_page import write_page
from cellocate.explain.field_explanation import FieldExplanation, explain_collection_field
from cellocate.explain.map_sheet import draw_maps, enlarge, map_caption
from cellocate.files import new_folder
from cellocate.images import write_png
from cellocate.networks import Model
from cellocate.pictures import Picture, read_pictures, save_figure
from cellocate.pictures.choose_fields import choose_examples
from cellocate.pictures.wording import format_probability
from cellocate.prediction import predict_collection

DRAWN = 200
"""Number of fields that are predicted to choose among."""


@dataclass(frozen=True)
class ExplainOptions:
    """What to explain, and how.

    Args:
        ids: of the fields; if None, fields are chosen that together show many locations.
        count: how many fields to choose.
        locations: indices of the locations to explain; the predicted ones of each field if None.
        method: of the maps.
        masks: label images of the cells, for occlusion by compartment.
        colours: of composites.
        overwrite: replace an earlier result.
        progress: called with 1 after each field.
    """

    ids: Sequence[str] | None = None
    count: int = 8
    locations: tuple[int, ...] | None = None
    method: MapMethod = "gradients"
    masks: MaskFolder | None = None
    colours: Colours = "atlas"
    overwrite: bool = False
    progress: Callable[[int], object] | None = None


def explain(
    model: Model, collection: Collection, out: str | Path, choices: ExplainOptions | None = None
) -> list[FieldExplanation]:
    """Explain the predictions of a model, and write a folder (docs/formats.md lists the files).

    Args:
        model: the model.
        collection: usable fields or cells with the model's channels.
        out: the folder to write.
        choices: what to explain, and how; the defaults if None.

    Raises:
        CellocateError: a field is not in the collection, cannot be read, lacks a mask, or has an id that cannot be the
            name of a file; or the folder cannot be written.
    """
    choices = choices or ExplainOptions()
    inputs = (*collection.places, None if choices.masks is None else choices.masks.folder)
    with new_folder(out, overwrite=choices.overwrite, inputs=inputs) as folder:
        chosen = collection.subset(choose_fields(model, collection, choices))
        for field in chosen.ids:
            check_file_name(field)
        if choices.masks is not None:
            choices.masks.require(chosen.ids)
        nuclei = knows_nuclei(choices.masks, chosen)
        explained = []
        for field in chosen.ids:
            explained.append(_one(model, chosen, field, choices, nuclei=nuclei))
            if choices.progress is not None:
                choices.progress(1)
        found = read_pictures(chosen, chosen.ids, model.card.pixel_size * model.card.size)
        pictures = {field: enlarge(picture) for field, picture in found.items()}
        _write_tables(folder, explained, model)
        _write_maps(folder / "maps", explained)
        text = _write_figures(folder, explained, pictures, model, choices)
        write_page(folder / "report.html", explained, pictures, model, chosen, choices.colours, text)
    return explained


def choose_fields(model: Model, collection: Collection, choices: ExplainOptions) -> list[str]:
    """The ids of the fields to explain: those in `choices.ids`, or some that together show many locations.

    To choose, at most `DRAWN` fields are predicted; `choices.progress` is called with their number.

    Raises:
        CellocateError: an id is not in the collection, or a field cannot be read.
    """
    if choices.ids is not None:
        known = set(collection.ids)
        if lacking := [field for field in choices.ids if field not in known]:
            what = f"no {collection.unit} {lacking[0]!r}"
            shown = ", ".join(collection.ids[:3])
            raise CellocateError(what, where=collection.folder, mend=f"Give one of its {len(known):,} ids: {shown}, …")
        return list(dict.fromkeys(choices.ids))
    drawn = np.random.default_rng(0).permutation(len(collection))[:DRAWN]
    some = collection.subset([collection.ids[i] for i in sorted(drawn)])
    labels = predict_collection(model, some, progress=choices.progress).labels
    if choices.locations is not None:
        labels = labels[:, list(choices.locations)]
    return [some.ids[i] for i in choose_examples(labels, choices.count)]


def knows_nuclei(masks: MaskFolder | None, collection: Collection) -> bool:
    """Whether the masks have nuclei in every field, so that nucleus and cytosol can be separated."""
    return masks is not None and all(masks.labels(i, collection.shape(i))[0].any() for i in collection.ids)


def _one(
    model: Model, collection: Collection, field: str, choices: ExplainOptions, *, nuclei: bool
) -> FieldExplanation:
    labels = None
    if choices.masks is not None:
        of_nuclei, of_cells = choices.masks.labels(field, collection.shape(field))
        labels = of_nuclei if nuclei else None, of_cells
    return explain_collection_field(
        model, collection, field, locations=choices.locations, method=choices.method, labels=labels
    )


def _write_tables(folder: Path, explained: Sequence[FieldExplanation], model: Model) -> None:
    probabilities = np.stack([one.probabilities for one in explained])
    labels = model.vocabulary.encode([one.predicted for one in explained])
    ids, notes = [one.id for one in explained], [one.note for one in explained]
    Predictions(ids, probabilities, labels, model.vocabulary, notes=notes).save(folder / "explained.csv")
    occluded = pd.concat([one.occluded.assign(Id=one.id) for one in explained], ignore_index=True)
    occluded["location"] = [model.vocabulary.names[k] for k in occluded["location"]]
    columns = ["Id", "location", "channel", "place", "probability", "without", "drop"]
    write_tables.write_table(folder / "occlusion.csv", occluded[columns])


def _write_maps(folder: Path, explained: Sequence[FieldExplanation]) -> None:
    folder.mkdir()
    for one in explained:
        for location, heat in zip(one.locations, one.maps, strict=True):
            top = float(heat.max())
            pixels = np.rint(255 * heat / top if top > 0 else heat).astype(np.uint8)
            write_png(folder / f"{one.id}_map_{location}.png", pixels)


def _write_figures(
    folder: Path,
    explained: Sequence[FieldExplanation],
    pictures: dict[str, Picture],
    model: Model,
    choices: ExplainOptions,
) -> str:
    text = map_caption(choices.method, choices.colours)
    for one in explained:
        if one.locations and one.id in pictures:
            heads = [
                f"{model.vocabulary.names[k]}, {format_probability(float(one.probabilities[k]))}" for k in one.locations
            ]
            figure = draw_maps([(one, pictures[one.id])], heads, choices.colours)
            save_figure(figure, folder / "figures", one.id)
    (folder / "captions.txt").write_text(text + "\n", encoding="utf-8")
    return text
