"""The steps before a rule decides: pool tables, then calibrate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.choices import CalibrationKind, PoolKind
from cellocate.decision.calibration import Calibration, fit_calibration
from cellocate.decision.crossfit import assign_folds
from cellocate.decision.hill_climb import weighted_average_precisions
from cellocate.decision.pooling import Pool, fit_pool
from cellocate.errors import CellocateError
from cellocate.evaluation import expected_calibration_error


class Steps(BaseModel):
    """From tables to the probabilities that a rule was fitted to.

    Args:
        pool: of several tables; None for one table.
        calibration: of the pooled probabilities.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    pool: Pool | None = None
    calibration: Calibration | None = None

    def apply(self, tables: Floats) -> Doubles:
        """Pool and calibrate M tables, shape (M, N, K) → (N, K).

        Raises:
            CellocateError: the tables or locations differ from those of the fit.
        """
        if self.pool is None and len(tables) > 1:
            what = f"a rule for one table, but {len(tables)} are given"
            raise CellocateError(what, mend="Give one table, or fit a rule to several.")
        pooled = np.asarray(tables[0]) if self.pool is None else self.pool.apply(tables)
        return pooled if self.calibration is None else self.calibration.apply(pooled)


class FittedSteps(NamedTuple):
    """The steps, and the cross-fitted probabilities after each: pooled, and calibrated, shape (N, K)."""

    steps: Steps
    pooled: Doubles
    calibrated: Doubles


def fit_steps(
    tables: Floats,
    truth: Bools,
    names: Sequence[str],
    ids: Sequence[str],
    *,
    pool: PoolKind = "mean",
    calibrate: CalibrationKind | None = None,
    groups: Sequence[str] | None = None,
) -> FittedSteps:
    """Fit the steps before a rule; fit the rule to `calibrated`, which is cross-fitted.

    Args:
        tables: probabilities from networks that were not trained on these fields, shape (M, N, K).
        truth: shape (N, K), bool.
        names: of the tables, in order.
        ids: of the fields.
        pool: how to pool several tables.
        calibrate: how, if at all.
        groups: of the fields; fields of a group are not independent.

    Raises:
        CellocateError: there are too few fields to cross-fit.
    """
    trained = calibrate is not None or (len(tables) > 1 and pool in ("weighted", "stacked"))
    folds = assign_folds(truth, groups) if trained else np.zeros(len(truth), np.intp)
    fitted_pool, pooled = None, np.asarray(tables[0])
    if len(tables) > 1:
        fitted_pool, pooled = fit_pool(pool, tables, truth, names, ids=ids, folds=folds)
    calibration, calibrated = None, pooled
    if calibrate is not None:
        calibration, calibrated = fit_calibration(calibrate, pooled, truth, folds)
    return FittedSteps(Steps(pool=fitted_pool, calibration=calibration), pooled, calibrated)


def describe_steps(fitted: FittedSteps, tables: Floats, truth: Bools) -> list[str]:
    """How much pooling and calibration improved the cross-fitted probabilities, as sentences.

    Args:
        fitted: to these tables.
        tables: shape (M, N, K).
        truth: shape (N, K), bool.
    """
    lines, steps = [], fitted.steps
    if steps.pool is not None:
        scores = [_precision(table, truth) for table in tables]
        line = f"macro average precision of the {steps.pool.kind} tables {_precision(fitted.pooled, truth):.3f}"
        if steps.pool.kind != "mean":
            line += f", of their mean {_precision(tables.mean(axis=0), truth):.3f}"
        lines.append(f"{line}, of each {', '.join(f'{score:.3f}' for score in scores)}")
    if steps.calibration is not None:
        before, after = (expected_calibration_error(truth, p) for p in (fitted.pooled, fitted.calibrated))
        lines.append(f"expected calibration error {before:.4f} before, {after:.4f} after")
    trained = steps.calibration is not None or (steps.pool is not None and steps.pool.fitted_to is not None)
    return [f"{line} (cross-fitted)" if trained else line for line in lines]


def _precision(probabilities: Floats, truth: Bools) -> float:
    shown = truth.any(axis=0)
    if not shown.any():
        return 0.0
    return float(weighted_average_precisions(probabilities, truth, np.ones(len(truth)))[shown].mean())
