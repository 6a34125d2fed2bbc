"""The result of one evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from cellocate.arrays import Bools, Floats
from cellocate.assessment.baseline_comparison import Comparison
from cellocate.collection import CellBags, Collection
from cellocate.collection.identity import split_parts_of
from cellocate.counted import counted
from cellocate.decision import Predictions
from cellocate.vocabulary import Vocabulary, get_vocabulary
from cellocate.vocabulary.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from cellocate.explain import FieldExplanation
    from cellocate.networks.model_card import ModelCard


@dataclass(frozen=True, eq=False, repr=False)
class Evaluated:
    """Predictions of labelled fields, and their scores.

    Args:
        predictions: of N fields.
        truth: shape (N, K), bool.
        metrics: as `cellocate.evaluation.evaluate` gives them; also `part` (of the split), and the same scores for
            `seen` and `unseen`: fields that the model was trained on, and fields that training did not use at all.
        collection: the evaluated fields, labelled, in the order of `truth`; None for tables.
        card: of the model; None for tables.
        history: of the training, one row per epoch: `epoch`, `train_loss`, `validation_loss`, `validation_macro_f1`,
            `validation_macro_average_precision`; those of the validation may be empty.
        warnings: sentences for the reader.
        by: tables of scores by the values of a column, by the column's name.
        comparison: with another model or table.
        explained: maps of some locations of some fields, one location each.
        bags: the cells of the fields, if these were predicted from them.
    """

    predictions: Predictions
    truth: Bools
    metrics: dict[str, Any]
    collection: Collection | None = None
    card: ModelCard | None = None
    history: pd.DataFrame | None = None
    warnings: tuple[str, ...] = ()
    by: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    comparison: Comparison | None = None
    explained: tuple[FieldExplanation, ...] = ()
    bags: CellBags | None = None

    def __repr__(self) -> str:
        low, high = self.metrics["macro_f1_interval"]
        score = f"macro F1 {self.metrics['macro_f1']:.3f} (95% interval {low:.3f} to {high:.3f})"
        return f"<Evaluated: {counted(self.n, self.unit)}, {score}>"

    def _repr_html_(self) -> str:
        """For a notebook: the headline, and the figures of each location."""
        columns = ["name", "support", "precision", "recall", "f1", "average_precision"]
        return f"<p>{escape(repr(self))}</p>{pd.DataFrame(self.per_class)[columns].round(3).to_html(index=False)}"

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the evaluated images: fields, or their cells."""
        images = self.collection if self.bags is None else self.bags.cells
        return () if images is None else images.channels

    @property
    def labels(self) -> Bools:
        """The predicted locations, shape (N, K)."""
        return self.predictions.labels

    @property
    def probabilities(self) -> Floats | None:
        """Shape (N, K), 0 to 1, or None if only labels are known."""
        return self.predictions.probabilities if self.predictions.has_probabilities else None

    @property
    def unit(self) -> str:
        """What was evaluated, field or cell; "field" for tables."""
        return "field" if self.collection is None else self.collection.unit

    @property
    def n(self) -> int:
        """Number of evaluated fields or cells."""
        return len(self.truth)

    @property
    def per_class(self) -> list[dict[str, Any]]:
        """The scores of each location, in the vocabulary's order."""
        return list(self.metrics["per_class"])

    @property
    def names(self) -> list[str]:
        """The locations, in the vocabulary's order."""
        return [str(row["name"]) for row in self.per_class]

    @property
    def groups(self) -> list[str]:
        """The coarse group of each location, or "" if unknown."""
        group = {location.name: location.group for v in self._vocabularies() for location in v.locations}
        return [group.get(name, "") for name in self.names]

    @property
    def coarse(self) -> bool:
        """Whether any two locations share a group."""
        return len(self.metrics["group_level"]["per_group"]) < len(self.per_class)

    @property
    def assumed_span(self) -> float | None:
        """The µm that the model assumes for the longer side of a field of unknown pixel size."""
        return None if self.card is None else self.card.pixel_size * self.card.size

    @property
    def split(self) -> Mapping[str, Mapping[str, Any]]:
        """The scores of the fields that training did not use (`unseen`) and of those it did (`seen`), if given."""
        return {key: self.metrics[key] for key in ("unseen", "seen") if self.metrics.get(key)}

    @cached_property
    def trained_on(self) -> set[str]:
        """The ids of the fields that the model was trained on, according to its card."""
        if self.card is None or self.collection is None:
            return set()
        parts = split_parts_of(self.card.fields, self.card.originals, self.collection.fields)
        return {field for field, part in zip(self.collection.ids, parts, strict=True) if part == "train"}

    def _vocabularies(self) -> list[Vocabulary]:
        found = [get_vocabulary(self.metrics["vocabulary"])] if self.metrics.get("vocabulary") in BUILT_IN else []
        found += [] if self.card is None else [self.card.to_vocabulary()]
        own = None if self.collection is None else self.collection.vocabulary
        return found if own is None else [*found, own]
