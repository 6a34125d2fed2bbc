"""Pool several tables of probabilities of the same fields."""

from __future__ import annotations

import hashlib
import os.path
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.choices import PoolKind
from cellocate.decision.crossfit import cross_fitted
from cellocate.decision.hill_climb import fit_weights
from cellocate.decision.logistic import fit_logistic, logits, sigmoid
from cellocate.errors import CellocateError

_LEVELS = sigmoid(np.linspace(-7, 7, 57))  # quantiles of ranks, close together at both ends
_SPREAD = 0.5  # of a stacked weight around that of the mean


class Pool(BaseModel):
    """A way to pool tables; once fitted, the result for a field does not depend on the other fields.

    Args:
        kind: `mean`; `geometric`, the mean of logits; `rank`, the mean of ranks among the fields of the fit;
            `weighted`, a mean with a weight for each table; `stacked`, a logistic regression for each location.
        tables: names of the tables, in order (see `table_names`).
        weights: for `weighted`, one for each table, shape (M,).
        stacked: for `stacked`, an intercept and a weight for each table's logit by location, shape (K, 1 + M).
        quantiles: for `rank`, of each table and location, shape (M, K, 57).
        fitted_to: for `weighted` and `stacked`, a checksum of the ids of the fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: PoolKind
    tables: tuple[str, ...] = Field(min_length=1)
    weights: tuple[float, ...] | None = None
    stacked: tuple[tuple[float, ...], ...] | None = None
    quantiles: tuple[tuple[tuple[float, ...], ...], ...] | None = None
    fitted_to: str | None = None

    @model_validator(mode="after")
    def _agree(self) -> Pool:
        has = {"weighted": self.weights, "stacked": self.stacked, "rank": self.quantiles}
        if any((content is not None) != (kind == self.kind) for kind, content in has.items()):
            raise ValueError("fitted values belong to another kind")
        m = len(self.tables)
        if self.weights is not None and (len(self.weights) != m or min(self.weights) < 0 or sum(self.weights) <= 0):
            raise ValueError("weights must be one for each table, and none negative")
        if self.stacked is not None and any(len(row) != m + 1 for row in self.stacked):
            raise ValueError("stacked weights and tables differ in number")
        if self.quantiles is not None and (
            len(self.quantiles) != m or any(len(row) != len(_LEVELS) for table in self.quantiles for row in table)
        ):
            raise ValueError("quantiles and tables differ in number")
        return self

    def apply(self, tables: Floats) -> Doubles:
        """Pool M tables, shape (M, N, K), into one, shape (N, K).

        Raises:
            CellocateError: the number of tables or locations differs from the fit.

        Example:
            >>> Pool(kind="geometric", tables=("a", "b")).apply(np.array([[[0.1]], [[0.9]]])).round(6)
            array([[0.5]])
        """
        if len(tables) != len(self.tables):
            raise CellocateError(
                f"a rule for {len(self.tables)} tables, but {len(tables)} are given",
                mend=f"Give tables like {', '.join(self.tables)}, in this order.",
            )
        if self.kind == "geometric":
            return sigmoid(logits(tables).mean(axis=0))
        if self.weights is not None:
            return np.asarray(np.average(tables.astype(np.float64), axis=0, weights=self.weights))
        if self.stacked is not None:
            intercepts, weights = np.split(self._of(tables, np.array(self.stacked)), [1], axis=1)
            return sigmoid(np.einsum("mnk,km->nk", logits(tables), weights) + intercepts[:, 0])
        if self.quantiles is not None:
            return _ranks(tables, self._of(tables, np.array(self.quantiles), axis=1))
        return np.asarray(tables.mean(axis=0, dtype=np.float64))

    def check_use(self, names: Sequence[str], ids: Sequence[str]) -> list[str]:
        """Refuse tables in another order, and the fields that a weighted or stacked pool was fitted to.

        Names tell the order: `test_b.csv` takes the place of `b.csv`.

        Args:
            names: of the tables, in order (see `table_names`).
            ids: of the fields.

        Returns:
            A note on which table takes whose place, if the names are others and the order matters.

        Raises:
            CellocateError: the order differs, or these are the fields of the fit, on which the pool looks better than
                it is.
        """
        notes = []
        if self.kind not in ("mean", "geometric") and tuple(names) != self.tables and len(names) == len(self.tables):
            if (ordered := _ordered(names, self.tables)) != list(names):
                raise CellocateError(
                    f"tables in another order than in the fit: {', '.join(names)}",
                    mend=f"Give {', '.join(ordered)}, in this order, for {', '.join(self.tables)}.",
                )
            places = [f"{name} as {fitted}" for name, fitted in zip(names, self.tables, strict=True)]
            notes = [f"tables taken in the order of the fit: {', '.join(places)}"]
        if self.fitted_to is not None and self.fitted_to == _checksum(ids):
            raise CellocateError(
                f"the {self.kind} pool would be applied to the fields that it was fitted to",
                mend="Give tables of other fields; the scores of 'decide fit' are cross-fitted already.",
            )
        return notes

    def _of(self, tables: Floats, fitted: Doubles, axis: int = 0) -> Doubles:
        if fitted.shape[axis] != tables.shape[-1]:
            raise CellocateError(
                f"a pool for {fitted.shape[axis]} locations, but the tables have {tables.shape[-1]} columns",
                mend="Use a rule that was fitted to this vocabulary.",
            )
        return fitted


def table_names(paths: Sequence[Path]) -> list[str]:
    """The names of tables by which a pool knows their order: of the files, with folders where files share a name.

    Example:
        >>> table_names([Path("runs/a.csv"), Path("b.csv")]), table_names([Path("runs/a/p.csv"), Path("runs/b/p.csv")])
        (['a.csv', 'b.csv'], ['a/p.csv', 'b/p.csv'])
    """
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    whole = [path.absolute() for path in paths]
    shared = os.path.commonpath([path.parent for path in whole])
    return [path.relative_to(shared).as_posix() for path in whole]


def fit_pool(
    kind: PoolKind, tables: Floats, truth: Bools, names: Sequence[str], *, ids: Sequence[str], folds: Ints
) -> tuple[Pool, Doubles]:
    """Fit a pool, and cross-fit it on the same fields.

    Fit the rule to the cross-fitted probabilities: those of fields that the pool was fitted to look too good.

    Args:
        kind: how.
        tables: probabilities from networks that were not trained on these fields, shape (M, N, K).
        truth: shape (N, K), bool.
        names: of the tables, in order.
        ids: of the fields.
        folds: of each field, shape (N,) (see `cellocate.decision.crossfit.assign_folds`).

    Returns:
        The pool fitted to all fields, and the probabilities of each field pooled without its fold, shape (N, K).

    References:
        Wolpert. Stacked generalization. Neural Networks 1992. https://doi.org/10.1016/S0893-6080(05)80023-1
    """

    def fit(of: Floats, known: Bools) -> Callable[[Floats], Doubles]:
        return _fitted(kind, of, known, tuple(names)).apply

    pool = _fitted(kind, tables, truth, tuple(names))
    if kind not in ("weighted", "stacked"):  # truth is not used
        return pool, pool.apply(tables)
    pool = pool.model_copy(update={"fitted_to": _checksum(ids)})
    return pool, cross_fitted(fit, tables, truth, folds)


def _ordered(names: Sequence[str], fitted: Sequence[str]) -> list[str]:
    """The names in the order of the fit, if what is special to each is the same in another order; else unchanged."""
    mine, theirs = _special(names), _special(fitted)
    if len(set(mine)) < len(mine) or sorted(mine) != sorted(theirs):
        return list(names)
    return [names[mine.index(special)] for special in theirs]


def _special(names: Sequence[str]) -> list[str]:
    """Each name in lower case, without the words that all of them share."""
    words = [re.split(r"[^a-z0-9]+", name.lower()) for name in names]
    shared = set[str].intersection(*map(set, words))
    return [" ".join(word for word in own if word not in shared) for own in words]


def _fitted(kind: PoolKind, tables: Floats, truth: Bools, names: tuple[str, ...]) -> Pool:
    if kind == "weighted":
        return Pool(kind=kind, tables=names, weights=tuple(fit_weights(tables, truth).tolist()))
    if kind == "stacked":
        return Pool(kind=kind, tables=names, stacked=_stack(tables, truth))
    if kind == "rank":
        quantiles = np.moveaxis(np.quantile(tables.astype(np.float64), _LEVELS, axis=1), 0, -1)
        return Pool(kind=kind, tables=names, quantiles=quantiles.round(7).tolist())
    return Pool(kind=kind, tables=names)


def _stack(tables: Floats, truth: Bools) -> tuple[tuple[float, ...], ...]:
    """An intercept and weights of logits for each location, close to their mean where few fields show it."""
    features, m = logits(tables), len(tables)
    prior = np.array([0.0, *[1 / m] * m])
    ones = np.ones((1, truth.shape[0]))
    return tuple(
        tuple(fit_logistic(np.vstack([ones, features[:, :, k]]).T, truth[:, k], prior, _SPREAD).tolist())
        for k in range(truth.shape[1])
    )


def _ranks(tables: Floats, quantiles: Doubles) -> Doubles:
    """Mean over tables of the share of the fitted fields with a smaller probability."""
    ranks = [
        [np.interp(column, known, _LEVELS) for column, known in zip(table.T, of_table, strict=True)]
        for table, of_table in zip(tables.astype(np.float64), quantiles, strict=True)
    ]
    return np.asarray(np.mean(ranks, axis=0)).T


def _checksum(ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
