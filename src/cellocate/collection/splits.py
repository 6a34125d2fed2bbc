"""Parts of a collection: train, validation and test, stratified by label and never through a group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
from numpy.typing import NDArray

from cellocate.collection.collection import Collection
from cellocate.errors import CellocateError
from cellocate.tables import read_table

PARTS = ("train", "validation", "test")


def stratified_split(collection: Collection, *, validation: float, test: float, seed: int = 0) -> pd.Series[str]:
    """Part a collection so that every location has, as far as it can, its share in each part and no group is torn.

    Groups (antibody, plate; see `Collection.group`) are stratified by all the labels that their fields have.

    Args:
        collection: with labels.
        validation: share of the groups, 0 to 1.
        test: share of the groups, 0 to 1.
        seed: of the draw.

    Returns:
        The part of each field, indexed by id.

    Raises:
        CellocateError: the shares leave nothing to train on, or the collection is too small for them.

    References:
        Sechidis, Tsoumakas, Vlahavas. On the Stratification of Multi-Label Data. ECML PKDD 2011.
        https://doi.org/10.1007/978-3-642-23808-6_10
    """
    truth = collection.truth()
    groups, members = np.unique(collection.group().to_numpy(dtype=str), return_inverse=True)
    labels = np.zeros((len(groups), truth.shape[1]), dtype=bool)
    np.logical_or.at(labels, members, truth)

    parts = np.full(len(groups), "train", dtype=object)
    rest = np.arange(len(groups))
    for part, share in (("test", test), ("validation", validation)):
        taken = _draw(labels[rest], round(share * len(groups)), seed)
        parts[rest[taken]] = part
        rest = rest[~taken]
    wanted = [p for p, share in (("train", 1.0), ("validation", validation), ("test", test)) if share > 0]
    if set(parts) != set(wanted):
        raise CellocateError(
            f"{len(groups)} fields or groups are too few to part into {', '.join(wanted)}",
            where=collection.folder,
            mend="Give more fields, or set data.split.validation and data.split.test to 0.",
        )
    return pd.Series(parts[members], index=collection.fields.index, name="part")


def _draw(labels: NDArray[np.bool_], count: int, seed: int) -> NDArray[np.bool_]:
    taken = np.zeros(len(labels), dtype=bool)
    if 0 < count < len(labels):
        splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=count, random_state=seed)
        # an empty label set is its own stratum, or the splitter would put all such rows anywhere
        strata = np.column_stack([labels, ~labels.any(axis=1)])
        _, chosen = next(splitter.split(np.zeros(len(labels)), strata))
        taken[chosen] = True
        taken[_common_first(labels, ~taken, seed)[: max(0, count - len(chosen))]] = True
    return taken


def _common_first(labels: NDArray[np.bool_], among: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    """Rows in an order that takes the commonest labels first.

    Where most labels are rare, the splitter keeps nearly all rows for training; these fill the other parts up.
    """
    counts = labels.sum(axis=0)
    rarest = np.where(labels, counts, len(labels)).min(axis=1, initial=len(labels))
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(among))
    return shuffled[np.argsort(-rarest[shuffled], kind="stable")]


def read_split(path: str | Path, collection: Collection) -> pd.Series[str]:
    """Read a split as `train` saves it: a CSV with the columns `id` and `part`.

    Returns:
        The part of each field that the file names, in the file's order.

    Raises:
        CellocateError: it is not such a table, or names a field that the collection lacks, or names one twice.
    """
    path = Path(path)
    table, _ = read_table(path, "split")
    if not {"id", "part"} <= set(table.columns):
        raise CellocateError("not a split", where=path, mend="It needs the columns id and part.")
    faults = {
        f"unknown part {next(iter(set(table['part']) - set(PARTS)), '')!r}": not set(table["part"]) <= set(PARTS),
        "an id stands in several rows": bool(table["id"].duplicated().any()),
        "it has no field to train on": "train" not in set(table["part"]),
    }
    for what, is_so in faults.items():
        if is_so:
            raise CellocateError(what, where=path, mend=f"Parts are {', '.join(PARTS)}; every id stands once.")
    unknown = sorted(set(table["id"]) - set(collection.ids))
    if unknown:
        raise CellocateError(
            f"the split names {len(unknown)} fields that the collection lacks, such as {unknown[0]}",
            where=path,
            mend="Use the split that was made for this collection.",
        )
    return pd.Series(table["part"].to_numpy(), index=pd.Index(table["id"], name="id"), name="part")
