"""Names in the Human Protein Atlas: of antibodies, and of fields, which hold antibody, plate and well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from cellocate.collection.collection import Collection, has_values

NAME = r"(?:si)?\d+_[A-Z]\d{1,2}_\d+(?:_cr[0-9a-f]+)?"
"""Pattern of a field's name on the website: `<plate>_<well>_<n>`, with a version suffix in recent releases."""

_WHOLE = re.compile(r"(\d+)(?:[.,]0+)?", re.ASCII)
_ANTIBODY = re.compile(r"(?:HPA|CAB)?0*(\d+)", re.IGNORECASE)
_FIELD = re.compile(rf"(?:(?P<antibody>(?:HPA|CAB)?\d+)_)?(?P<name>{NAME})", re.IGNORECASE)
_IN_IDS = ("antibody", "plate", "well")


def antibody_number(antibody: str) -> str:
    """The number of an antibody, which is its folder on the atlas's server; other names stay as they are.

    Example:
        >>> [antibody_number(name) for name in ("HPA000992", "hpa992", " 992", "CAB010580", "anti-GFP")]
        ['992', '992', '992', '10580', 'anti-GFP']
    """
    match = _ANTIBODY.fullmatch(antibody.strip())
    return match[1] if match else antibody.strip()


def antibody_numbers(antibodies: pd.Series) -> pd.Series:
    """A column of antibodies as their numbers (see `antibody_number`); missing values stay missing."""
    written = {name: antibody_number(name) for name in antibodies.dropna().unique()}  # few are distinct
    return pd.Series([written.get(name, name) for name in antibodies], index=antibodies.index, dtype=object)


def without_decimals(column: pd.Series) -> pd.Series:
    """Undo the decimals that pandas and Excel add to whole numbers: 26.0 becomes 26.

    Only if every value of the column is a whole number; 1.0 and 1.5 both stay.

    Example:
        >>> [without_decimals(pd.Series(texts)).tolist() for texts in (["26.0", "", "3"], ["1.0", "1.5"])]
        [['26', '', '3'], ['1.0', '1.5']]
    """
    whole = {}
    for text in column.dropna().unique():
        match = _WHOLE.fullmatch(text) if isinstance(text, str) else None
        if match is None and text != "":
            return column
        whole[text] = match[1] if match else text
    if all(text == antibody_number for text, antibody_number in whole.items()):
        return column
    values = [whole.get(text, text) for text in column]
    return pd.Series(values, index=column.index, name=column.name, dtype=column.dtype)


def field_id(name: str) -> str:
    """The id of a field in the atlas's lists: `HPA000992_1_A1_1` is `992_1_A1_1` there.

    Example:
        >>> field_id("HPA000992_1_A1_1"), field_id("1_A1_1")
        ('992_1_A1_1', '1_A1_1')
    """
    match = _FIELD.fullmatch(name)
    return f"{antibody_number(match['antibody'])}_{match['name']}" if match and match["antibody"] else name


def are_atlas_ids(ids: Iterable[str]) -> bool:
    """Whether most ids are `<antibody>_<plate>_<well>_<n>`, with or without the antibody."""
    found = [_FIELD.fullmatch(i) is not None for i in ids]
    return sum(found) * 2 > len(found)


def with_metadata_of_ids(collection: Collection) -> Collection:
    """Fill the columns antibody, plate and well from the ids, if they have no values.

    This is done only if more than half of the ids are `<antibody>_<plate>_<well>_<n>`, since fewer may be chance. The
    other fields get no value.
    """
    found = [_FIELD.fullmatch(i) for i in collection.ids]
    matches = [match if match and match["antibody"] else None for match in found]
    lacking = [name for name in _IN_IDS if not has_values(collection.fields, name)]
    if not lacking or sum(match is not None for match in matches) * 2 <= len(matches):
        return collection
    found_values = {name: [match and _part(match, name) for match in matches] for name in lacking}
    index = collection.fields.index
    columns = {name: pd.Series(values, index=index, dtype=object) for name, values in found_values.items()}
    because = f"{collection.because}; {_listed(lacking)} from the ids"
    return replace(collection, fields=collection.fields.assign(**columns), because=because)


def _part(match: re.Match[str], name: str) -> str:
    if name == "antibody":
        return antibody_number(match["antibody"])
    return match["name"].split("_")[_IN_IDS.index(name) - 1]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
