"""Rules by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Fallback
from cellocate.decision.rules.expected_f1 import expected_thresholds
from cellocate.decision.rules.per_class import bagged_thresholds, best_thresholds, scaled_thresholds, shrunk_thresholds
from cellocate.decision.rules.ratio import matching_thresholds
from cellocate.decision.rules.rule import Kind, Rule
from cellocate.decision.rules.scaling import fit_scaling
from cellocate.decision.rules.single import single_threshold
from cellocate.decision.rules.soft_f1 import soft_thresholds
from cellocate.decision.rules.values import refuse_no_probabilities
from cellocate.errors import CellocateError

Values = NDArray[np.floating[Any]]
_THRESHOLDS: dict[Kind, Callable[[Values, NDArray[np.bool_]], NDArray[np.float64]]] = {
    "fixed": lambda _, truth: np.full(truth.shape[1], 0.5),
    "single": lambda p, truth: np.full(truth.shape[1], single_threshold(p, truth)),
    "per_class": best_thresholds,
    "shrunk": shrunk_thresholds,
    "bagged": bagged_thresholds,
    "scaled": scaled_thresholds,
    "ratio": lambda p, truth: matching_thresholds(p, truth.mean(axis=0)),
    "soft_f1": soft_thresholds,
    "expected_f1": expected_thresholds,
}


def fit(
    kind: Kind,
    probabilities: Values,
    truth: NDArray[np.bool_],
    *,
    fallback: Fallback | None = None,
    at_most: int | None = None,
) -> Rule:
    """Fit a rule on fields that the network was not trained on.

    - `fixed`: .5 for every location; nothing is fitted.
    - `single`: one threshold for all, with the best macro F1 (`single_threshold`).
    - `per_class`: for each location the threshold with its best F1 (`best_thresholds`).
    - `shrunk`: these, drawn towards the single one where a location is rare (`shrunk_thresholds`).
    - `bagged`: their medians over resamples (`bagged_thresholds`).
    - `scaled`: these times .7, and the likeliest location where none is reached (`scaled_thresholds`).
    - `ratio`: as many fields with a location as truly have it (`match_ratios` takes other ratios).
    - `soft_f1`: least squares on a smooth F1 (`soft_thresholds`).
    - `expected_f1`: the best F1 to be expected of probabilities scaled to frequencies (`expected_thresholds`).
    - `field_f1`: for each field the set with the best expected F1 (`best_sets`); not for macro F1.
    - `argmax`: the likeliest location alone, for fields (or cells) of one label each; nothing is fitted.

    Where no location occurs at all, there is nothing to fit but `fixed`.

    Args:
        kind: which rule.
        probabilities: shape (N, K), 0 to 1.
        truth: shape (N, K), bool.
        fallback: what a field shows that would show nothing (see `Rule`); the kind's own unless given.
        at_most: how many locations a field may show; `label_limit` gives what labels show.

    Raises:
        CellocateError: the tables differ in shape, or there are values outside 0 to 1.

    Example:
        >>> fit("single", np.array([[0.2, 0.1], [0.7, 0.8]]), np.array([[False, False], [True, True]])).thresholds
        (0.46, 0.46)
    """
    if probabilities.shape != truth.shape:
        raise CellocateError(
            f"probabilities of shape {probabilities.shape} beside truth of shape {truth.shape}",
            mend="Give both for the same fields and locations.",
        )
    refuse_no_probabilities(probabilities)
    if kind != "argmax" and not truth.any():
        kind = "fixed"
    thresholds = _THRESHOLDS[kind](probabilities, truth) if kind in _THRESHOLDS else np.zeros(truth.shape[1])
    return Rule(
        kind=kind,
        thresholds=tuple(thresholds.tolist()),
        fallback=fallback or ("likeliest" if kind == "scaled" else "none"),
        at_most=at_most,
        scaling=fit_scaling(probabilities, truth) if kind == "field_f1" else None,
        fitted_on=len(truth) if kind not in ("fixed", "argmax") else None,
    )


def match_ratios(
    probabilities: Values, ratios: NDArray[np.floating[Any]], *, fallback: Fallback = "none", at_most: int | None = None
) -> Rule:
    """The `ratio` rule for given ratios, such as the train set's; the truth of these fields is not needed.

    Args:
        probabilities: shape (N, K), 0 to 1.
        ratios: the share of fields that show each location, shape (K,).
        fallback: what a field shows that would show nothing (see `Rule`).
        at_most: how many locations a field may show.

    Raises:
        CellocateError: there are values outside 0 to 1.

    Example:
        >>> match_ratios(np.array([[0.1], [0.4], [0.8], [0.9]]), np.array([0.25])).apply(np.array([[0.7], [0.95]]))
        array([[False],
               [ True]])
    """
    refuse_no_probabilities(probabilities)
    thresholds = tuple(matching_thresholds(probabilities, ratios).tolist())
    return Rule(kind="ratio", thresholds=thresholds, fallback=fallback, at_most=at_most)
