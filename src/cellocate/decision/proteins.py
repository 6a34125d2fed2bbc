"""Aggregate the fields, or cells, of each protein."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.decision.rules import Rule
from cellocate.errors import CellocateError
from cellocate.evaluation import share_intervals
from cellocate.images import CHANNELS
from cellocate.tables import suggest_columns

ENOUGH = 0.5
"""Share of the fields that show a location from which it is called."""
_USUAL = ("antibody", "gene", "cell_line")
_OWN = (
    "n", "fields", "location", "called", "probability", "share", "share_low", "share_high", "heterogeneity",
    "agreement", "Locations",
)  # fmt: skip


class Proteins(NamedTuple):
    """A row for each protein, and a row for each location of a protein."""

    calls: pd.DataFrame
    locations: pd.DataFrame


def grouping_columns(fields: pd.DataFrame, by: Sequence[str] | None, where: str | Path) -> pd.DataFrame:
    """The columns that tell proteins apart.

    Args:
        fields: metadata of each field, or cell.
        by: the columns; by default those of antibody, gene and cell_line that have values.
        where: the table's file, for messages.

    Raises:
        CellocateError: there is no such column, or no field has values in all.

    Example:
        >>> fields = pd.DataFrame({"antibody": ["992", "8"], "cell_line": [None, "HeLa"], "gene": None})
        >>> list(grouping_columns(fields, None, "train.csv"))
        ['antibody', 'cell_line']
    """
    there = [str(column) for column in fields if fields[column].notna().any()]
    wanted = list(dict.fromkeys(by)) if by else [column for column in _USUAL if column in there]
    lacking = [column for column in wanted if column not in there]
    if not by and wanted == ["cell_line"]:
        mend = "Give a table that has one, or name columns with --by."
        raise CellocateError("these fields have no antibody or gene", where=where, mend=mend)
    if lacking or not wanted:
        what = (
            f"no values in a column {lacking[0]!r}" if lacking else "these fields have no antibody, gene or cell line"
        )
        usable = [column for column in there if column not in ("labels", *CHANNELS)]
        mend = suggest_columns(lacking[0] if lacking else "", usable) if usable else "Give a table with their ids."
        raise CellocateError(what, where=where, mend=mend if lacking or not usable else f"{mend} Name one with --by.")
    known = fields[wanted]
    if not known.notna().all(axis=1).any():
        raise CellocateError(f"no field has all of {', '.join(wanted)}", where=where, mend="Name fewer with --by.")
    return known


def aggregate_by_protein(
    proteins: pd.DataFrame,
    probabilities: Floats,
    labels: Bools,
    names: Sequence[str],
    *,
    fields: Sequence[str] | None = None,
    rule: Rule | None = None,
    silent: Sequence[bool] | None = None,
) -> Proteins:
    """Aggregate the predictions of each protein's fields, or cells.

    `calls` has the columns of `proteins` and: `n` (rows), `fields`, `Locations` (called, joined by `; `), `agreement`
    (the share of rows with exactly these) and `heterogeneity`.

    `locations` has a row for each location that any row of a protein shows, or that is called, the likeliest first:
    `n`, `fields`, `location`, `called`, `probability` (mean), `share` of the rows that show it, with its 95% interval
    `share_low`, `share_high` (see `share_intervals`), and `heterogeneity`.

    A location is called if the rule chooses it from the mean probabilities, or, without a rule, if at least half of the
    rows show it. So the call of a single field is its own locations, and of two fields one is enough: two fields that
    show different locations would otherwise have none in common.

    With p of each row and its mean P, heterogeneity is the variance of p over P(1 − P): 0 if all rows are equally sure,
    1 if some certainly show the location and the others certainly do not. It is Wright's F_ST; in `calls`, numerator
    and denominator are summed over all locations, as in Nei's G_ST. It is empty for one row.

    Args:
        proteins: the columns that tell proteins apart, such as antibody, gene, cell_line, for each of N fields or
            cells; no value may be missing.
        probabilities: shape (N, K).
        labels: the predicted labels, shape (N, K), bool.
        names: of the K locations.
        fields: the field of each cell; by default each row is a field.
        rule: that makes the calls.
        silent: whether each row shows nothing (see `cellocate.collection.emptiness`). A protein with only such rows has
            no call, and they are left out of the mean probabilities.

    Raises:
        CellocateError: a column of `proteins` has the name of a written column, or the rule is for other locations.

    References:
        Wright. The genetical structure of populations. Annals of Eugenics 1951.
        https://doi.org/10.1111/j.1469-1809.1949.tb02451.x
        Nei. Analysis of gene diversity in subdivided populations. PNAS 1973. https://doi.org/10.1073/pnas.70.12.3321

    Example:
        >>> proteins = pd.DataFrame({"antibody": ["992", "992", "992", "8"]})
        >>> p = np.array([[0.9, 0.1], [0.8, 0.6], [0.7, 0.2], [0.1, 0.9]])
        >>> found = aggregate_by_protein(proteins, p, p > 0.5, ["Nucleoplasm", "Cytosol"])
        >>> found.calls[["antibody", "n", "Locations"]].to_numpy().tolist()
        [['8', 1, 'Cytosol'], ['992', 3, 'Nucleoplasm']]
        >>> found.locations[["antibody", "location", "called", "share"]].round(2).to_numpy().tolist()
        [['8', 'Cytosol', True, 1.0], ['992', 'Nucleoplasm', True, 1.0], ['992', 'Cytosol', False, 0.33]]
    """
    if taken := [column for column in proteins if column in _OWN]:
        raise CellocateError(f"a column {taken[0]!r}, whose name the result uses as well", mend="Rename it.")
    p = np.asarray(probabilities, np.float64)
    by_protein = proteins.rename_axis(None).groupby(list(proteins), sort=True, dropna=False)
    member = by_protein.ngroup().to_numpy()
    proteins_found = by_protein.size().rename("n").reset_index()
    field = np.arange(len(p)) if fields is None else pd.factorize(np.asarray(fields, dtype=object))[0]
    proteins_found["fields"] = pd.Series(field).groupby(member).nunique().to_numpy()

    with_signal = np.ones((len(p), 1)) if silent is None else (~np.asarray(silent, bool))[:, None].astype(np.float64)
    signal_share = _means(with_signal, member)  # the share of each protein's rows with a signal
    part = np.where(signal_share > 0, signal_share, 1)
    pooled, share = _means(p * with_signal, member) / part, _means(labels, member)
    called = share >= ENOUGH if rule is None else rule.apply(pooled) & (signal_share > 0)
    between, diversity = _means(with_signal * (p - pooled[member]) ** 2, member) / part, pooled * (1 - pooled)
    several = proteins_found["n"].to_numpy() > 1
    agreed = _means((labels == called[member]).all(axis=1, keepdims=True), member)[:, 0]
    calls = proteins_found.assign(
        Locations=["; ".join(name for name, shows in zip(names, row, strict=True) if shows) for row in called],
        agreement=agreed,
        heterogeneity=np.where(several, _ratio(between.sum(axis=1), diversity.sum(axis=1)), np.nan),
    )

    low, high = share_intervals(labels, member, field)
    row, k = np.nonzero((share > 0) | called)
    locations = proteins_found.iloc[row].reset_index(drop=True)
    locations["location"] = np.asarray(names, dtype=object)[k]
    for name, values in {
        "called": called,
        "probability": pooled,
        "share": share,
        "share_low": low,
        "share_high": high,
        "heterogeneity": np.where(several[:, None], _ratio(between, diversity), np.nan),
    }.items():
        locations[name] = values[row, k]
    order = np.lexsort((k, -pooled[row, k], row))
    return Proteins(calls, locations.iloc[order].reset_index(drop=True))


def _means(values: NDArray[Any], member: NDArray[np.integer[Any]]) -> Doubles:
    """The mean of each group's rows, whose numbers are 0 to G − 1: shape (N, K) → (G, K)."""
    return pd.DataFrame(values.astype(np.float64)).groupby(member).mean().to_numpy()


def _ratio(part: Doubles, whole: Doubles) -> Doubles:
    return np.clip(part / np.where(whole > 0, whole, 1), 0, 1)
