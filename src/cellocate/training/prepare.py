"""Prepare a run: check the collection, split it, and choose the scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cellocate.collection import (
    PARTS,
    CellBags,
    Collection,
    Inspection,
    LabelledCollection,
    Split,
    bags_of,
    describe_skipped,
    make_split,
    read_split,
    refuse_leaks,
    usable_fields,
)
from cellocate.collection.filters import restrict_labels
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.evaluation import SMALL
from cellocate.images import Scale, uncropped_side
from cellocate.networks import learned_field_ids
from cellocate.training.datasets import training_scale
from cellocate.training.recipe import Recipe
from cellocate.training.recipe_files import load_recipe
from cellocate.training.run_folder import RunFolder

_FEW = 50  # training fields; below, warn


@dataclass(frozen=True)
class Options:
    """How to carry out a run.

    Args:
        split: a `split.csv` of an earlier run or of `cellocate split`.
        fold: fold of the split to validate on, if it has several.
        resume: continue the interrupted run in the folder.
        overwrite: replace what is in the folder.
        soft: tables of probabilities that soften the labels of the training cells (see
            `cellocate.training.soft_labels`).
        skip_bad: leave faulty fields out and list them in `skipped.csv`; otherwise they are an error.
        progress: show a progress bar in each epoch.
        say: called with each line to print.
        trainer: Lightning's own flags, such as `accelerator`, `devices`, `strategy`, `num_nodes`.
        begin: called before a new run's folder is written, after all checks.
    """

    split: Path | None = None
    fold: str | None = None
    resume: bool = False
    overwrite: bool = False
    soft: tuple[Path, ...] = ()
    skip_bad: bool = False
    progress: bool = False
    say: Callable[[str], None] = print
    trainer: dict[str, Any] = field(default_factory=dict)
    begin: Callable[[], None] | None = None


@dataclass(frozen=True)
class Prepared:
    """What a run trains on.

    Attributes:
        collection: all usable_fields fields.
        bags: their cells, for multiple-instance learning.
        sets: the fields of each part.
        scale: scale of the network's input.
        assumed: whether its pixel size is assumed.
        start: ids of the fields that the initial weights have learned from.
    """

    recipe: Recipe
    collection: LabelledCollection
    bags: CellBags | None
    sets: dict[str, LabelledCollection]
    split: Split
    inspection: Inspection
    scale: Scale
    assumed: bool
    start: tuple[str, ...]

    def seen_at(self, part: str) -> Scale:
        """The scale to read a part at; for training it is larger if augmentation crops."""
        size = self.scale.size
        whole = uncropped_side(size, self.recipe.augmentation.crop) if part == "train" else size
        return replace(self.scale, size=whole, pixel_size=(self.scale.pixel_size or 1) * size / whole)

    def with_all(self, rate: float) -> Prepared:
        """The same with the validation part added to the train part, and with a fixed learning rate."""
        optimiser = self.recipe.optimiser.model_copy(update={"learning_rate": rate})
        recipe = self.recipe.model_copy(update={"optimiser": optimiser})
        both = self.collection.subset([*self.sets["train"].ids, *self.sets["validation"].ids])
        return replace(self, recipe=recipe, sets={**self.sets, "train": both, "validation": both.subset([])})


def prepare(collection: Collection, recipe: Recipe, run: RunFolder, options: Options) -> Prepared:
    """Read the collection and split it, or read the split of an interrupted run.

    Raises:
        CellocateError: the collection, the recipe or the split cannot be used.
    """
    split = None
    if options.resume:
        run.require_unfinished()
        recipe = load_recipe(run.recipe)
    in_bags = recipe.bags.pool is not None
    if in_bags and options.soft:
        what = "soft labels are for single cells, but a network with bags.pool learns from labels of fields"
        raise CellocateError(what, where="--soft", mend="Leave one of them out.")
    fields = bags_of(collection).fields if in_bags else collection
    if options.resume:
        split = read_split(run.split, fields, skip_missing=in_bags)
    elif options.split is not None:
        split = read_split(options.split, fields, options.fold, skip_missing=in_bags)  # some fields may have no cells
    images, inspection = usable_fields(collection, recipe.data.channels, labelled=True, skip_bad=options.skip_bad)
    labelled = (bags_of(images).fields if in_bags else images).labelled()
    if inspection.problems:
        options.say(f"note: {describe_skipped(inspection.problems, inspection.unit)}; {run.skipped} lists them")
    for note in inspection.notes:
        options.say(f"note: {note}")
    if split is None:
        split = make_split(labelled, **recipe.data.split.model_dump(), seed=recipe.training.seed)
    split = split.among(labelled.ids)
    for warning in refuse_leaks(split, labelled):
        options.say(f"warning: {warning}")
    if recipe.data.locations is not None:  # after the split, so that specialists have the same
        labelled = _specialised(labelled, recipe.data.locations)
    parts = split.parts
    sets = {part: labelled.subset([str(i) for i in parts.index[parts == part]]) for part in PARTS}
    options.say(
        f"{labelled.layout}: " + ", ".join(f"{len(s)} {part}" for part, s in sets.items()) + f" {labelled.unit}s"
    )
    for warning in _too_few(sets["train"], sets["validation"]):
        options.say(warning)
    if not sets["train"].truth().any():
        raise CellocateError(
            f"no training {labelled.unit} shows any location", where=collection.folder, mend="Check the labels."
        )
    _refuse_blind_choice(sets["validation"], recipe.training.monitor)
    scale, assumed = training_scale(images, recipe.data, inspection)
    start = () if recipe.network.init_from is None else learned_field_ids(recipe.network.init_from)
    bags = CellBags(labelled, images) if in_bags else None
    return Prepared(recipe, labelled, bags, sets, split, inspection, scale, assumed, start)


def _too_few(train: Collection, validation: Collection) -> Iterator[str]:
    if len(train) < _FEW:
        fields = counted(len(train), f"training {train.unit}")
        yield f"warning: only {fields}: the network will memorise them and fail on other images; use hundreds"
    if 0 < len(validation) < SMALL:
        fields = counted(len(validation), f"validation {validation.unit}")
        yield f"warning: only {fields}: the epoch, the decision rule and the scores rest on so few; do not rely on them"


def _refuse_blind_choice(validation: LabelledCollection, monitor: str) -> None:
    """Without any label in the validation part these metrics are 0 or None in every epoch."""
    finds = ("average_precision", "f1", "precision", "recall")
    if len(validation) and not validation.truth().any() and monitor.endswith(finds):
        raise CellocateError(
            f"no validation {validation.unit} shows any location, so {monitor} is the same in every epoch",
            where=validation.folder,
            mend="Set training.monitor to validation_loss, or give another split with --split.",
        )


def _specialised(collection: LabelledCollection, locations: tuple[str, ...]) -> LabelledCollection:
    try:
        narrowed = collection.vocabulary.subset(locations)
    except CellocateError as error:
        where = f"recipe, data.locations, of the {error.where}"
        raise error.at(where) from None
    return restrict_labels(collection, narrowed)
