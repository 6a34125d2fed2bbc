"""Leaks: fields on two sides of a split that are the same, nearly the same, or of one antibody or plate."""

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

_BOTH = "Every field of the 2021 challenge is also in the train set of 2018, so neither can be held out for the other."


class Leak(NamedTuple):
    """What is torn, in plural; how many of them; and one, with the parts that it lies in."""

    what: str
    torn: int
    example: str

    def __str__(self) -> str:
        return f"{self.torn} {self.what} lie in several parts, such as {self.example}"


def leaks(split: Split, collection: Collection | None = None) -> dict[str, Leak]:
    """What is torn by a split.

    Args:
        split: with its fold chosen.
        collection: that has its fields, where what it knows of them is to be looked at too.

    Returns:
        By kind: `same` (one field of a challenge under two ids), `identical` and `near` (pixels, as far as the split
        has fingerprints), `recorded` (the groups that the split itself names), `known` (antibodies, plates or groups
        that the collection names). Kinds without a leak are absent.
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
    """Refuse a split that leaks, or say what may be meant.

    Refused are fields on both sides that are the same or have the same pixels; groups that the split itself names;
    and, where it names none, antibodies or plates that are torn. Told are near duplicates, and antibodies or plates
    that are torn by a split with other groups, or because a group is left out.

    Returns:
        Sentences for the user.

    Raises:
        CellocateError: the split leaks.
    """
    found = leaks(split, collection)
    left_out = bool(split.made.get("left_out"))
    meant = {"near"} | ({"known"} if "group" in split.fields else set()) | ({"recorded"} if left_out else set())
    for kind in ("same", "identical", "recorded", "known"):
        if kind in found and kind not in meant:
            mend = "'cellocate split' makes a split that keeps together what belongs together."
            raise CellocateError(f"the split leaks: {found[kind]}", mend=f"{_BOTH if kind == 'same' else mend}")
    if "recorded" in found:
        found.pop("known", None)  # the same again
    return [f"{leak}; scores on held-out fields may be too good" for kind, leak in found.items() if kind in meant]


def held_out_leaks(path: Path, collection: Collection) -> list[str]:
    """What of a collection is too near to what a model was trained on, though not the same fields.

    Args:
        path: the `split.csv` of the run; without one nothing is known.
        collection: to be measured.

    Returns:
        Sentences for the user: groups that fields share with training fields, and pixels, as far as they are known.
    """
    if not path.is_file():
        return []
    table, _ = read_table(path, "split")
    if not {"id", "part"} <= set(table.columns):
        return []
    fields = table.set_index("id").drop(columns=[c for c in FOLDS if c in table])  # all folds were trained on
    train = fields[fields["part"] == "train"]
    split = {str(part): list(rows.index) for part, rows in fields.groupby("part")}
    old = dict(zip(fields.index, original_ids(fields), strict=True))
    met_in = split_parts_of(split, old, collection.fields)
    measured = [field for field, part in zip(collection.ids, met_in, strict=True) if part != "train"]
    said = []
    if "group" in fields:
        own = collection.group()
        groups = {i: g for i, g in own[measured].items() if g != i}
        groups |= fields["group"].reindex(measured).dropna().to_dict()
        known = set(train["group"])
        met = [field for field in measured if groups.get(field) in known]
        if met:
            of = f"{len(met)} of {len(collection)} {collection.unit}s are of groups"
            said.append(f"{of} that the model was trained on, such as {met[0]} ({groups[met[0]]})")
    both = Split(fields[fields.index.isin([*train.index, *measured])])
    said += [str(leak) for kind, leak in leaks(both).items() if kind in ("same", "identical", "near")]
    return [f"{leak}; the scores may be too good" for leak in said]


def refuse_other_challenge(trained: Sequence[str], split: Mapping[str, Sequence[str]], collection: Collection) -> None:
    """Refuse to measure a model of one challenge on fields of the other that it was trained on or chosen by.

    Both are known through `select`, `merge` and `pack`, and so are the fields, by the UUIDs in their ids. Where either
    is not known, fields that were trained on are named and scored apart, as those of any other collection are.

    Args:
        trained: challenges that the model's fields come from.
        split: ids of each part of the collection that the model was made of.
        collection: to be measured.

    Raises:
        CellocateError: it comes from a challenge that the model does not, and shares fields with its train or
            validation part.
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
    """Values of `key` whose fields lie in several parts; the example is a value or, where given, its ids."""
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
