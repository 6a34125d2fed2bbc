"""Analyse a collection: count labels, derive rules, measure a sample of the images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from cellocate.choices import Colours
from cellocate.collection import Collection, describe_skipped, usable_fields
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
        skip_bad: continue without faulty fields.
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


class _Measured(NamedTuple):
    """The usable fields of a collection, and what was measured of a sample of them."""

    collection: Collection
    pixels: pd.DataFrame | None
    at_random: pd.Series[bool]
    notes: list[str]


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
    usable, pixels, at_random, notes = _measured(collection, choices, rare=True)
    labels = _counts(usable)
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
        notes=(*notes, *(() if earlier is None else (f"before: {text}" for text in earlier.notes))),
    )


def _counts(collection: Collection) -> LabelCounts | None:
    words = collection.vocabulary
    return None if words is None else LabelCounts(collection.labelled().truth(), words.names)


def _measured(collection: Collection, choices: ExploreOptions, *, rare: bool = False, images: bool = True) -> _Measured:
    """Leave out faulty fields, and measure a sample, with `rare` more of rare locations; without `images`, none."""
    labelled = collection.vocabulary is not None
    usable, inspection = usable_fields(collection, (), labelled=labelled, skip_bad=choices.skip_bad)
    problems, notes, pixels = inspection.problems, list(inspection.notes), None
    at_random = pd.Series(dtype=bool)
    if usable.channels and images:
        counts = _counts(usable) if rare else None
        drawn = sample_fields(usable, None if counts is None else counts.truth, choices.sample, choices.seed)
        pixels, unread = measure_fields(usable, [str(i) for i in drawn.index], progress=choices.progress)
        usable, problems = usable.without(unread, skip_bad=choices.skip_bad), (*problems, *unread)
        at_random = drawn.loc[pixels.index]
        if not at_random.all():
            notes.append(
                f"images: {counted(int(at_random.sum()), usable.unit)} at random (seed {choices.seed}) and "
                f"{int((~at_random).sum())} more of rare locations, out of {len(usable)}; --sample changes that"
            )
    return _Measured(
        usable, pixels, at_random, [*([describe_skipped(problems, usable.unit)] if problems else []), *notes]
    )


def _analyse_earlier(collection: Collection, before: Collection, choices: ExploreOptions) -> Exploration:
    mine, other = (None if c.vocabulary is None else c.vocabulary.names for c in (collection, before))
    if mine != other:
        mend = "'cellocate select --to' maps labels to another vocabulary."
        raise CellocateError("labels of another vocabulary, or no labels", where=before.folder, mend=mend)
    usable, pixels, at_random, notes = _measured(before, choices, images=bool(collection.channels))
    return Exploration(usable, choices, _counts(usable), None, pixels, at_random, {}, notes=tuple(notes))
