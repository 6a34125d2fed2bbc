"""Make a split: stratified, at random, in order, or leaving out one group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.choices import SplitMethod
from cellocate.collection.collection import Collection
from cellocate.collection.duplicates import clusters, parse_fingerprints
from cellocate.collection.identity import ORIGINAL
from cellocate.collection.splits.groups import DUPLICATES, grouping
from cellocate.collection.splits.split import PARTS, Split
from cellocate.collection.splits.stratify import stratify_rows, top_up
from cellocate.errors import CellocateError

MIN_PER_LOCATION = 5
LEFT_OUT_BY = "cell_line"


def make_split(
    collection: Collection,
    method: SplitMethod = "stratified",
    *,
    by: Sequence[str] = (),
    validation: float = 0.15,
    test: float = 0.15,
    folds: int | None = None,
    min_per_location: int = MIN_PER_LOCATION,
    seed: int = 0,
    fingerprints: pd.Series[str] | None = None,
) -> Split:
    """Split a collection into parts or folds that keep groups together.

    - `stratified`: every location has, as far as possible, its share in each part.
    - `random`: groups are drawn at random.
    - `sequential`: in the order of the collection: train, then validation, then test.
    - `leave-one-out`: each group is the test part once; train and validation are stratified.

    Args:
        collection: the fields; with labels for stratified methods.
        method: one of `SplitMethod`.
        by: columns that group fields, and `duplicates`; groups that any of them connects become one. By default
            `Collection.group`; for leave-one-out `cell_line`.
        validation: share of the groups, 0 to 1; not used with folds.
        test: share of the groups, 0 to 1; with folds, they are in no fold. Not used for leave-one-out.
        folds: divide all but the test part into this many folds, each of which is the validation part once.
        min_per_location: minimum of fields per location in the train part, taken from the other parts if the collection
            has enough; for stratified and random methods without folds.
        seed: random seed.
        fingerprints: of each field (see `duplicates`), needed for `by` duplicates and recorded in the split.

    Raises:
        CellocateError: nothing is left to train on, there are too few groups, or a column does not exist.
    """
    near = None
    if DUPLICATES in by:
        if fingerprints is None:
            raise CellocateError("near duplicates are not known", mend="Give the fingerprints of the fields.")
        near = clusters(parse_fingerprints(fingerprints.reindex(collection.fields.index))[1])
    usual = [column for column in by if column == DUPLICATES]
    group = grouping(collection, by if method != "leave-one-out" else usual, near)
    codes, names = pd.factorize(group.to_numpy(dtype=object))
    counts = _counts(collection, len(names), validation, 0.0 if method == "leave-one-out" else test, folds)
    labelled = collection.vocabulary is not None or method in ("stratified", "leave-one-out")
    shown = _shown(collection.labelled().truth(), codes, len(names)) if labelled else None
    dealt = _deal(shown, method, counts, seed)
    if method in ("stratified", "random") and folds is None and shown is not None:
        top_up(dealt, shown, min_per_location, seed)
    fields = pd.DataFrame({"group": group.to_numpy(dtype=object)}, index=pd.Index(collection.ids, name="id", dtype=str))
    if folds is None:
        fields.insert(0, "part", np.array(PARTS, dtype=object)[dealt][codes])
    else:
        fields.insert(0, "part", np.where(dealt[codes] == folds, "test", "train"))
        fields["fold"] = np.array([*map(str, range(folds)), ""], dtype=object)[dealt][codes]
    if method == "leave-one-out":
        fields["left_out"] = _left_out(collection, [*by] if {*by} - {DUPLICATES} else [LEFT_OUT_BY, *by], near)
    if ORIGINAL in collection.fields:
        fields[ORIGINAL] = collection.fields[ORIGINAL].fillna("").to_numpy(dtype=object)
    if fingerprints is not None:
        fields["fingerprint"] = fingerprints.reindex(fields.index, fill_value="").to_numpy(dtype=object)
    made: dict[str, Any] = {"method": method, "by": list(by), "seed": seed, "folds": folds, "groups": len(names)}
    made |= {"validation": None if folds else validation, "test": test, "min_per_location": min_per_location}
    return Split(fields.astype(str), made)


def _counts(collection: Collection, groups: int, validation: float, test: float, folds: int | None) -> list[int]:
    """The number of groups in train, validation and test; or in each fold and in test."""
    if test + (validation if folds is None else 0) >= 1:
        shares = f"validation {validation:g} and test {test:g}" if folds is None else f"test {test:g}"
        mend = "Give shares between 0 and 1 that leave some fields to train on."
        raise CellocateError(f"nothing is left for the train part ({shares})", mend=mend)
    for_validation, for_test = round(validation * groups), round(test * groups)
    if folds is None:
        wanted = [part for part, share in zip(PARTS, (1, validation, test), strict=True) if share > 0]
        counts = [groups - for_test - for_validation, for_validation, for_test]
        enough = all(counts[PARTS.index(part)] > 0 for part in wanted)
        into = ", ".join(wanted)
    else:
        rest = groups - for_test
        counts = [rest // folds + (fold < rest % folds) for fold in range(folds)] + [for_test]
        enough = folds > 1 and rest >= folds and (test == 0 or for_test > 0)
        into = f"{folds} folds" + (" and a test part" if test else "")
    if not enough:
        mend = "Give more fields, or set the shares of validation and test to 0 (in a recipe: data.split)."
        if folds is not None:
            mend = "Use fewer folds, --test 0 or fewer --by columns, or hold out one group at a time with --method "
            mend += "leave-one-out --by COLUMN."
        what = f"{groups} fields or groups are too few to split into {into}"
        raise CellocateError(what, where=collection.folder, mend=mend)
    return counts


def _deal(shown: NDArray[np.int32] | None, method: SplitMethod, counts: list[int], seed: int) -> NDArray[np.intp]:
    """The part of each group, as a number."""
    if shown is not None and method in ("stratified", "leave-one-out"):
        return stratify_rows(shown > 0, counts, seed)
    part = np.repeat(np.arange(len(counts)), counts)
    if method == "random":
        part = np.random.default_rng(seed).permutation(part)
    return part  # groups are numbered by first occurrence


def _shown(truth: NDArray[np.bool_], codes: NDArray[np.intp], groups: int) -> NDArray[np.int32]:
    """How many fields of each group show each location, shape (groups, K)."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(groups))
    return np.add.reduceat(truth[order], starts, axis=0, dtype=np.int32)


def _left_out(collection: Collection, by: Sequence[str], near: NDArray[np.intp] | None) -> NDArray[np.object_]:
    """The group of each field, for leave-one-out."""
    units = grouping(collection, by, near)
    if units.nunique() < 2:
        what = "all fields are connected to one group, so none can be left out"
        mend = "Use another column. (A field in both challenges connects its groups.)"
        raise CellocateError(what, where=collection.folder, mend=mend)
    return units.to_numpy(dtype=object)
