"""Analyse a collection: count labels, derive rules, measure a sample of the images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import pandas as pd

from cellocate.choices import Colours
from cellocate.collection import Collection, describe_skipped
from cellocate.collection.camera_depth import with_depth
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.explore.association import CONFIDENCE, SUPPORT, association_rules
from cellocate.explore.column_summary import recorded_columns, summarise_column
from cellocate.explore.label_counts import LabelCounts, imbalance
from cellocate.explore.pixel_statistics import measure_fields, sample_fields

SAMPLE = 300
"""Default number of fields to measure."""


@dataclass(frozen=True)
class ExploreOptions:
    """Options of an exploration.

    Args:
        support: minimum support of association rules.
        confidence: minimum confidence of association rules.
        sample: number of fields to measure, drawn at random.
        seed: of that draw.
        colours: of composites.
        skip_bad: go on without faulty fields.
        progress: called with 1 after each field that was measured.
    """

    support: float = SUPPORT
    confidence: float = CONFIDENCE
    sample: int = SAMPLE
    seed: int = 0
    colours: Colours = "atlas"
    skip_bad: bool = False
    progress: Callable[[int], object] | None = None


@dataclass(frozen=True)
class Exploration:
    """A collection and what was found in it.

    Args:
        collection: the usable fields.
        choices: the options.
        labels: counts of locations; None without labels.
        rules: association rules; None without labels.
        pixels: from `measure_fields`, in the order of the draw; None without images.
        at_random: whether each of these fields was drawn at random, by id.
        columns: a summary of each column that has values, by its name.
        before: an earlier version of the collection to compare with.
        notes: sentences for the reader.
    """

    collection: Collection
    choices: ExploreOptions
    labels: LabelCounts | None
    rules: pd.DataFrame | None
    pixels: pd.DataFrame | None
    at_random: pd.Series[bool]
    columns: Mapping[str, pd.DataFrame]
    before: Exploration | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def n(self) -> int:
        """Number of fields or cells."""
        return len(self.collection)

    @property
    def unit(self) -> str:
        """What a row is: "field" or "cell"."""
        return self.collection.unit

    @cached_property
    def random(self) -> pd.DataFrame | None:
        """Measurements of the fields that were drawn at random, for plots and distributions."""
        return None if self.pixels is None else self.pixels[self.at_random.loc[self.pixels.index].to_numpy()]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The content of `explored.json`."""
        facts: dict[str, Any] = {"collection": self.collection.folder.name, "n": self.n, "unit": self.unit}
        if self.unit == "cell":
            facts["fields"] = int(self.collection.fields["field"].nunique())
        if self.labels is not None and self.collection.vocabulary is not None:
            facts |= {
                "vocabulary": self.collection.vocabulary.name,
                "label_sets": len(self.labels.sets()),
                "rarest": self.labels.rarest(),
                "never_alone": self.labels.never_alone(),
                "absent": self.labels.absent(),
                "skew": {k: None if v != v else v for k, v in imbalance(self.labels.per_location).items()},  # nan
                "rules": {"support": self.choices.support, "confidence": self.choices.confidence},
            }
        if self.random is not None and self.pixels is not None:
            facts["sample"] = {"seed": self.choices.seed, "random": len(self.random), "measured": len(self.pixels)}
        return facts


_Measured: TypeAlias = "tuple[pd.DataFrame | None, pd.Series[bool], list[str]]"
_NOTHING: _Measured = (None, pd.Series(dtype=bool), [])


def analyse(collection: Collection, choices: ExploreOptions, before: Collection | None = None) -> Exploration:
    """Count labels, derive rules, and measure a sample of the images.

    Args:
        collection: labels, images, or both.
        choices: the options.
        before: a collection of the same vocabulary to compare with.

    Raises:
        CellocateError: a field is faulty and `choices.skip_bad` is not set; no field is left; or the two collections
            have different vocabularies.
    """
    usable, depth = with_depth(collection.without(collection.problems, skip_bad=choices.skip_bad))
    faults = [p for p in collection.problems if p.severity == "fault"]
    notes = [*([describe_skipped(faults, collection.unit)] if faults else []), *depth]
    labels = None
    if usable.vocabulary is not None:
        labels = LabelCounts(usable.labelled().truth(), usable.vocabulary.names)
    pixels, at_random, usable_notes = _measured(usable, labels, choices)
    truth, rules = None, None
    if labels is not None:
        truth = labels.truth
        rules = association_rules(truth, labels.names, choices.support, choices.confidence)
    earlier = None if before is None else _analyse_earlier(usable, before, choices)
    return Exploration(
        collection=usable,
        choices=choices,
        labels=labels,
        rules=rules,
        pixels=pixels,
        at_random=at_random,
        columns={name: summarise_column(usable, name, truth, pixels) for name in recorded_columns(usable)},
        before=earlier,
        notes=(*notes, *usable_notes, *(() if earlier is None else (f"before: {text}" for text in earlier.notes))),
    )


def _measured(collection: Collection, labels: LabelCounts | None, choices: ExploreOptions) -> _Measured:
    if not collection.channels:
        return _NOTHING
    at_random = sample_fields(collection, None if labels is None else labels.truth, choices.sample, choices.seed)
    ids = [str(i) for i in at_random.index]
    pixels, problems = measure_fields(collection, ids, progress=choices.progress)
    if problems:
        collection.subset(ids).without(problems, skip_bad=choices.skip_bad)
    notes = [describe_skipped(problems, collection.unit)] if problems else []
    if not at_random.all():
        notes.append(
            f"images: {counted(int(at_random.sum()), collection.unit)} at random (seed {choices.seed}) and "
            f"{int((~at_random).sum())} more of rare locations, out of {len(collection)}; --sample changes that"
        )
    return pixels, at_random, notes


def _analyse_earlier(collection: Collection, before: Collection, choices: ExploreOptions) -> Exploration:
    mine, other = (None if c.vocabulary is None else c.vocabulary.names for c in (collection, before))
    if mine != other:
        mend = "'cellocate select --to' maps labels to another vocabulary."
        raise CellocateError("labels of another vocabulary, or no labels", where=before.folder, mend=mend)
    usable, depth = with_depth(before.without(before.problems, skip_bad=choices.skip_bad))
    labels = None if mine is None else LabelCounts(usable.labelled().truth(), mine)
    pixels, at_random, notes = _measured(usable, None, choices) if collection.channels else _NOTHING
    return Exploration(usable, choices, labels, None, pixels, at_random, {}, notes=(*depth, *notes))
