"""All that an audit finds, as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.choices import Judge
from cellocate.collection import LabelledCollection, inspect
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.explain.audit.held_out import HeldOutPredictions
from cellocate.explain.audit.label_doubts import LabelDoubts, judge_labels
from cellocate.explain.audit.skill import LOW_SKILL, Skill, skill_score

MIN_FIELDS = 50
"""Held-out fields without which nothing is said of labels."""
_DOUBTED, _MISSING = 0.1, 0.5  # a label less likely than the one, or no label more likely than the other, is named


@dataclass(frozen=True)
class Audit:
    """A collection's labels, and what speaks against some of them.

    Args:
        collection: the fields that were held out from some model.
        held_out: what was said of them.
        doubts: how much their labels are doubted.
        skill: how well the models predict these labels.
        judge: by which means.
        twins: `Id`, `cluster`, `labels`: near duplicates, or identical ones, whose labels differ; None where nobody
            looked.
        passed_over: how many fields no model was held out from.
    """

    collection: LabelledCollection
    held_out: HeldOutPredictions
    doubts: LabelDoubts
    skill: Skill
    judge: Judge
    twins: pd.DataFrame | None
    passed_over: int

    @property
    def names(self) -> tuple[str, ...]:
        """Of the K locations."""
        return self.collection.vocabulary.names

    @property
    def truth(self) -> NDArray[np.bool_]:
        """The labels, shape (N, K)."""
        return self.collection.truth()

    @property
    def caution(self) -> str | None:
        """A sentence for the user where the labels are exact, or the models have little skill."""
        if self.collection.simulated:
            return "these cells are simulated and their labels exact: what models doubt here are their own mistakes"
        if self.skill.low >= LOW_SKILL:
            return None
        return (
            f"the models predict these labels little better than the frequency of each location does: "
            f"{self.skill}; most suspects will be right labels: look at each before you change it"
        )

    def suspects(self) -> pd.DataFrame:
        """The fields whose labels are taken for mistaken, the most doubtful first.

        Columns `Id`, `doubt`, `labels`, `doubted` (labels that are unlikely), `missing` (locations that are likely and
        no labels); names are joined by `; `.
        """
        order = np.argsort(-self.doubts.doubt, kind="stable")
        truth, p = self.truth, self.doubts.probabilities
        rows = [
            {
                "Id": self.held_out.ids[i],
                "doubt": round(float(self.doubts.doubt[i]), 4),
                "labels": self._named(truth[i]),
                "doubted": self._named(truth[i] & (p[i] < _DOUBTED)),
                "missing": self._named(~truth[i] & (p[i] > _MISSING)),
            }
            for i in order
            if self.doubts.suspect[i]
        ]
        return pd.DataFrame(rows, columns=["Id", "doubt", "labels", "doubted", "missing"])

    def all_doubts(self) -> pd.DataFrame:
        """All fields, the most doubtful first: `Id`, `doubt`."""
        table = pd.DataFrame({"Id": self.held_out.ids, "doubt": self.doubts.doubt.round(6)})
        return table.sort_values("doubt", ascending=False, kind="stable")

    def outlying(self) -> pd.DataFrame:
        """The fields out of distribution for the models: `Id`, `ood_score` (above 1), the highest first."""
        scores = pd.DataFrame({"Id": self.held_out.ids, "ood_score": self.held_out.ood_score})
        return scores[scores["ood_score"] > 1].sort_values("ood_score", ascending=False, kind="stable").round(3)

    def mistakes(self) -> pd.DataFrame:
        """What models are surest of against the labels, for each location the surest first.

        Columns `Id`, `location`, `kind` (`missed`: labelled, and unlikely; `false alarm`: not labelled, and likely),
        `probability` (as the models say).
        """
        truth, said = self.truth, self.held_out.probabilities
        rows = []
        for k, name in enumerate(self.names):
            for kind, wrong, key in (
                ("missed", truth[:, k] & (said[:, k] < 0.5), said[:, k]),
                ("false alarm", ~truth[:, k] & (said[:, k] > 0.5), -said[:, k]),
            ):
                found = np.flatnonzero(wrong)
                for i in found[np.argsort(key[found], kind="stable")]:
                    rows.append((self.held_out.ids[i], name, kind, round(float(said[i, k]), 6)))
        return pd.DataFrame(rows, columns=["Id", "location", "kind", "probability"])

    def summary(self) -> dict[str, Any]:
        """The figures that are no table, as `audit.json` has them."""
        return {
            "collection": self.collection.folder.name,
            "n": len(self.collection),
            "passed_over": self.passed_over,
            "judge": self.judge,
            "skill": {name: round(value, 4) for name, value in self.skill._asdict().items() if name != "n"},
            "suspects": int(self.doubts.suspect.sum()),
            "expected": float(self.doubts.doubt.sum()) if self.judge == "likelihood" else None,
            "outlying": len(self.outlying()),
            "twins": None if self.twins is None else len(self.twins),
        }

    def _named(self, marks: NDArray[np.bool_]) -> str:
        return "; ".join(self.names[k] for k in np.flatnonzero(marks))


def audit_labels(
    collection: LabelledCollection,
    held_out: HeldOutPredictions,
    judge: Judge = "likelihood",
    *,
    twins: bool = True,
    progress: Callable[[int], object] | None = None,
) -> Audit:
    """Look for what is wrong with the labels of a collection.

    Args:
        collection: labelled fields, all usable.
        held_out: what is said of some of them by models that did not learn from them.
        judge: of the labels (see `judge_labels`).
        twins: look for near duplicates with other labels, for which every pixel is decoded.
        progress: called with 1 after each field that is decoded.

    Raises:
        CellocateError: too few fields were held out; the models predict their labels no better than the frequency of
            each location does; or as `judge_labels` says.
    """
    if len(held_out.ids) < MIN_FIELDS:
        what = f"only {counted(len(held_out.ids), f'held-out {collection.unit}')}, too few to judge labels by"
        raise CellocateError(what, where=collection.folder, mend=f"Use models that hold out {MIN_FIELDS} or more.")
    some = collection.subset(held_out.ids)
    skill = skill_score(held_out.probabilities, some.truth(), list(some.group()))
    if skill.low <= 0:
        what = f"the models predict these labels no better than the frequency of each location does: {skill}"
        mend = "Use models that were trained on images like these, such as those of 'cellocate train --fold all'."
        raise CellocateError(what, where=collection.folder, mend=mend)
    return Audit(
        collection=some,
        held_out=held_out,
        doubts=judge_labels(held_out.probabilities, some.truth(), judge),
        skill=skill,
        judge=judge,
        twins=_twins(collection, progress) if twins and collection.channels else None,
        passed_over=len(collection) - len(some),
    )


def _twins(collection: LabelledCollection, progress: Callable[[int], object] | None) -> pd.DataFrame:
    """Groups of near duplicates, or identical fields, that do not all have the same labels."""
    seen = inspect(replace(collection, problems=()), decode=True, progress=progress)
    labels, names = collection.fields["labels"], collection.vocabulary.names
    rows = []
    differing = [g for g in (*seen.duplicates, *seen.near_duplicates) if len({labels[field] for field in g}) > 1]
    for number, group in enumerate(differing, start=1):
        rows += [(field, number, "; ".join(names[k] for k in labels[field])) for field in group]
    return pd.DataFrame(rows, columns=["Id", "cluster", "labels"])
