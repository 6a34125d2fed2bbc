"""Audit the labels of a collection."""

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
"""Minimum number of held-out fields."""
_DOUBTED, _MISSING = 0.1, 0.5  # labels below the first are doubted, other locations above the second missing


@dataclass(frozen=True)
class Audit:
    """The labels of a collection, and the evidence against some of them.

    Args:
        collection: the judged fields, which were held out from some model.
        held_out: their predictions.
        doubts: how doubtful their labels are.
        skill: how well the models predict these labels.
        judge: the method.
        duplicates: `Id`, `cluster`, `labels` of near duplicates and identical fields whose labels differ; None if not
            searched.
        passed_over: number of fields that were held out from no model.
    """

    collection: LabelledCollection
    held_out: HeldOutPredictions
    doubts: LabelDoubts
    skill: Skill
    judge: Judge
    duplicates: pd.DataFrame | None
    passed_over: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the K locations."""
        return self.collection.vocabulary.names

    @property
    def truth(self) -> NDArray[np.bool_]:
        """The labels, shape (N, K)."""
        return self.collection.truth()

    @property
    def caution(self) -> str | None:
        """A warning if the labels are exact or the models have little skill."""
        if self.collection.simulated:
            return "these cells are simulated and their labels are exact: the suspects are errors of the models"
        if self.skill.low >= LOW_SKILL:
            return None
        return (
            f"the models predict these labels little better than the frequency of each location does: "
            f"{self.skill}; most suspects have correct labels, so check each before you change it"
        )

    def suspects(self) -> pd.DataFrame:
        """The fields that probably have a wrong label, the most doubtful first.

        Columns `Id`, `doubt`, `labels`, `doubted` (unlikely labels), `missing` (likely locations without a label);
        names are joined by `; `.
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
        """The out-of-distribution fields: `Id`, `ood_score` (above 1), the highest first."""
        scores = pd.DataFrame({"Id": self.held_out.ids, "ood_score": self.held_out.ood_score})
        return scores[scores["ood_score"] > 1].sort_values("ood_score", ascending=False, kind="stable").round(3)

    def mistakes(self) -> pd.DataFrame:
        """The disagreements of models and labels, for each location the most confident first.

        Columns `Id`, `location`, `kind` (`missed`: labelled but unlikely; `false alarm`: likely but not labelled) and
        `probability` (by the models).
        """
        truth, p = self.truth, self.held_out.probabilities
        rows = []
        for k, name in enumerate(self.names):
            for kind, wrong, key in (
                ("missed", truth[:, k] & (p[:, k] < 0.5), p[:, k]),
                ("false alarm", ~truth[:, k] & (p[:, k] > 0.5), -p[:, k]),
            ):
                found = np.flatnonzero(wrong)
                for i in found[np.argsort(key[found], kind="stable")]:
                    rows.append((self.held_out.ids[i], name, kind, round(float(p[i, k]), 6)))
        return pd.DataFrame(rows, columns=["Id", "location", "kind", "probability"])

    def summary(self) -> dict[str, Any]:
        """The content of `audit.json`."""
        return {
            "collection": self.collection.folder.name,
            "n": len(self.collection),
            "passed_over": self.passed_over,
            "judge": self.judge,
            "skill": {name: round(value, 4) for name, value in self.skill._asdict().items() if name != "n"},
            "suspects": int(self.doubts.suspect.sum()),
            "expected": float(self.doubts.doubt.sum()) if self.judge == "likelihood" else None,
            "outlying": len(self.outlying()),
            "twins": None if self.duplicates is None else len(self.duplicates),
        }

    def _named(self, marks: NDArray[np.bool_]) -> str:
        return "; ".join(self.names[k] for k in np.flatnonzero(marks))


def audit_labels(
    collection: LabelledCollection,
    held_out: HeldOutPredictions,
    judge: Judge = "likelihood",
    *,
    duplicates: bool = True,
    progress: Callable[[int], object] | None = None,
) -> Audit:
    """Find labels of a collection that are probably wrong.

    Args:
        collection: labelled fields, all usable.
        held_out: predictions by models that were not trained on these fields.
        judge: the method (see `judge_labels`).
        duplicates: find near duplicates with different labels, for which every image is read.
        progress: called with 1 after each image that is read.

    Raises:
        CellocateError: too few fields were held out; the models predict their labels no better than the frequency of
            each location does; or as `judge_labels` does.
    """
    if len(held_out.ids) < MIN_FIELDS:
        what = f"only {counted(len(held_out.ids), f'held-out {collection.unit}')}, too few to judge labels"
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
        duplicates=_duplicates(collection, progress) if duplicates and collection.channels else None,
        passed_over=len(collection) - len(some),
    )


def _duplicates(collection: LabelledCollection, progress: Callable[[int], object] | None) -> pd.DataFrame:
    """Groups of identical fields or near duplicates whose labels differ."""
    seen = inspect(replace(collection, problems=()), decode=True, progress=progress)
    labels, names = collection.fields["labels"], collection.vocabulary.names
    rows = []
    differing = [g for g in (*seen.duplicates, *seen.near_duplicates) if len({labels[field] for field in g}) > 1]
    for number, group in enumerate(differing, start=1):
        rows += [(field, number, "; ".join(names[k] for k in labels[field])) for field in group]
    return pd.DataFrame(rows, columns=["Id", "cluster", "labels"])
