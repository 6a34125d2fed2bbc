"""Find leaks: fields in different parts of a split that are the same, near duplicates, or of one antibody or plate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from cellocate.collection.collection import TIME_SERIES, Collection, group_column
from cellocate.collection.duplicates import clusters, parse_fingerprints
from cellocate.collection.identity import challenges, original_ids, split_parts_of, uuid
from cellocate.collection.splits.groups import same_fields
from cellocate.collection.splits.split import FOLDS, PARTS, Split
from cellocate.errors import CellocateError
from cellocate.tables import read_table

_BOTH = "All fields of the 2021 challenge are also in the train set of 2018, so neither can be held out for the other."


class Leak(NamedTuple):
    """A kind of group (in plural), how many of them lie in several parts, and an example with its parts."""

    what: str
    number: int
    example: str

    def __str__(self) -> str:
        return f"{self.number} {self.what} lie in several parts, such as {self.example}"


def leaks(split: Split, collection: Collection | None = None) -> dict[str, Leak]:
    """Find the groups that lie in several parts of a split.

    Args:
        split: with its fold chosen.
        collection: also check the groups that this collection of the fields knows.

    Returns:
        By kind: `same` (one field of a challenge under two ids), `identical` and `near` (pixels, if the split has
        fingerprints), `recorded` (the groups in the split), `known` (antibodies, plates or groups in the collection).
        Kinds without a leak are absent.
    """
    parts = split.parts
    found: dict[str, Leak | None] = {}
    ids = [str(i) for i in parts.index.to_numpy(dtype=object)]
    numbers = same_fields(ids)
    if numbers is not None:
        found["same"] = _torn("fields, each under several ids,", parts, pd.Series(numbers), ids)
    if "fingerprint" in split.fields:
        digests, hashes = parse_fingerprints(split.fields["fingerprint"])
        known = pd.Series(digests).where(pd.Series(digests) != "", pd.Series(ids))
        found["identical"] = _torn("images with identical pixels", parts, known, ids)
        found["near"] = _torn("clusters of near duplicates", parts, pd.Series(clusters(hashes)), ids)
    if "group" in split.fields:
        found["recorded"] = _torn("groups", parts, split.fields["group"])
    if collection is not None:
        column = group_column(collection.fields) or TIME_SERIES
        found["known"] = _torn(f"values of the column {column}", parts, collection.subset(ids).group())
    return {kind: leak for kind, leak in found.items() if leak is not None}


def refuse_leaks(split: Split, collection: Collection) -> list[str]:
    """Raise an error if a split leaks, and return warnings about leaks that may be intended.

    Errors are the same field or the same pixels in two parts, divided groups of the split, and, if it has no groups,
    divided antibodies or plates. Warnings are near duplicates, and antibodies or plates that are divided because the
    split has other groups or leaves a group out.

    Raises:
        CellocateError: the split leaks.
    """
    found = leaks(split, collection)
    left_out = bool(split.made.get("left_out"))
    intended = {"near"} | ({"known"} if "group" in split.fields else set()) | ({"recorded"} if left_out else set())
    for kind in ("same", "identical", "recorded", "known"):
        if kind in found and kind not in intended:
            mend = _BOTH if kind == "same" else "'cellocate split' makes a split that keeps such fields together."
            raise CellocateError(f"the split leaks: {found[kind]}", mend=mend)
    if "recorded" in found:
        found.pop("known", None)  # the same groups
    return [f"{leak}; scores on held-out fields may be too good" for kind, leak in found.items() if kind in intended]


def held_out_leaks(path: Path, collection: Collection) -> list[str]:
    """Warn about fields of a collection that are too similar to a model's training fields, though not the same.

    Args:
        path: the `split.csv` of the run; without one there are no warnings.
        collection: the collection to evaluate on.

    Returns:
        Warnings about groups and pixels shared with training fields, as far as they are known.
    """
    if not path.is_file():
        return []
    table, _ = read_table(path, "split")
    if not {"id", "part"} <= set(table.columns):
        return []
    fields = table.set_index("id").drop(columns=[c for c in FOLDS if c in table])  # the model trained on all folds
    train = fields[fields["part"] == "train"]
    split = {str(part): list(rows.index) for part, rows in fields.groupby("part")}
    old = dict(zip(fields.index, original_ids(fields), strict=True))
    trained_as = split_parts_of(split, old, collection.fields)
    measured = [field for field, part in zip(collection.ids, trained_as, strict=True) if part != "train"]
    found = []
    if "group" in fields:
        own = collection.group()
        groups = {i: g for i, g in own[measured].items() if g != i}
        groups |= fields["group"].reindex(measured).dropna().to_dict()
        known = set(train["group"])
        shared = [field for field in measured if groups.get(field) in known]
        if shared:
            of = f"{len(shared)} of {len(collection)} {collection.unit}s are of groups"
            found.append(f"{of} that the model was trained on, such as {shared[0]} ({groups[shared[0]]})")
    both = Split(fields[fields.index.isin([*train.index, *measured])])
    found += [str(leak) for kind, leak in leaks(both).items() if kind in ("same", "identical", "near")]
    return [f"{leak}; the scores may be too good" for leak in found]


def refuse_other_challenge(trained: Sequence[str], split: Mapping[str, Sequence[str]], collection: Collection) -> None:
    """Raise an error if a model would be evaluated on fields of the other challenge that it was trained or tuned on.

    The challenges are known through `select`, `merge` and `pack`, and the fields by the UUIDs in their ids. If either
    is unknown, training fields are named and scored separately, as in any other collection.

    Args:
        trained: challenges that the model's fields come from.
        split: ids of each part of the collection that the model was made from.
        collection: the collection to evaluate on.

    Raises:
        CellocateError: it comes from another challenge than the model, and shares fields with its train or validation
            part.
    """
    if not trained or set(challenges(collection)) <= set(trained):
        return
    used = {uuid(i) for part in ("train", "validation") for i in split.get(part, ())} - {None}
    here = [uuid(i) for i in original_ids(collection.fields)]
    shared = [field for field, known in zip(collection.ids, here, strict=True) if known in used]
    if shared:
        of = f"{len(shared)} of {len(collection)} {collection.unit}s, such as {shared[0]}"
        what = f"{of}, are ones the model was trained on"
        mend = f"{_BOTH} 'cellocate select --without-ids' with the split.csv of the run leaves them out."
        raise CellocateError(what, where=collection.folder, mend=mend)


def _torn(what: str, parts: pd.Series[str], key: pd.Series, ids: list[str] | None = None) -> Leak | None:
    """The values of `key` whose fields lie in several parts; the example is a value or, if `ids` are given, its ids."""
    codes, names = pd.factorize(key.to_numpy(dtype=object))
    part = pd.Categorical(parts, categories=list(PARTS)).codes
    lies = np.zeros((len(names), len(PARTS)), dtype=bool)
    lies[codes, part] = True
    torn = np.flatnonzero(lies.sum(axis=1) > 1)
    if not len(torn):
        return None
    rows = np.flatnonzero(codes == torn[0])
    example = str(names[torn[0]])
    if ids is not None:
        _, first = np.unique(part[rows], return_index=True)
        example = " and ".join(f"{ids[row]} ({PARTS[part[row]]})" for row in rows[first])
    else:
        example += f" ({' and '.join(PARTS[p] for p in np.flatnonzero(lies[torn[0]]))})"
    return Leak(what, len(torn), example)
