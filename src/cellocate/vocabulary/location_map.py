"""Maps between vocabularies, built in or as a table of source and target names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables import MISSING, missing_column_error, read_table
from cellocate.vocabulary.vocabulary import BUILT_IN, Vocabulary, get_vocabulary

# The 2021 challenge merged these; where a name is the same in both vocabularies it maps to itself.
# Microtubule organizing center has no official target, but its fields were called Centrosome in 2021.
_HPA28_TO_HPA19 = {
    "Focal adhesion sites": "Actin filaments",
    "Microtubule organizing center": "Centrosome",
    "Cell junctions": "Plasma membrane",
    **dict.fromkeys(
        ("Peroxisomes", "Endosomes", "Lysosomes", "Lipid droplets", "Cytoplasmic bodies"),
        "Vesicles and punctate cytosolic patterns",
    ),
}
_SUBCELL31_TO_HPA19 = {
    **{k: v for k, v in _HPA28_TO_HPA19.items() if k != "Microtubule organizing center"},
    "Centriolar satellite": "Centrosome",
    "Vesicles": "Vesicles and punctate cytosolic patterns",
}
_HPA28_TO_SUBCELL31: dict[str, str] = {}
_SUBCELL31_TO_HPA28 = {"Midbody": "Cytokinetic bridge"}

_RENAMED = {
    ("hpa28", "hpa19"): _HPA28_TO_HPA19,
    ("hpa28", "subcell31"): _HPA28_TO_SUBCELL31,
    ("subcell31", "hpa19"): _SUBCELL31_TO_HPA19,
    ("subcell31", "hpa28"): _SUBCELL31_TO_HPA28,
}


@dataclass(frozen=True)
class LocationMap:
    """A map from each location of `source` to one of `target`, or to none.

    Example:
        >>> to19 = map_between("hpa28", "hpa19")
        >>> to19.apply((7, 1, 2, 0, 12, 13))
        (0, 1, 2, 7, 9)
        >>> [name for name, target in zip(to19.source.names, to19.targets, strict=True) if target is None]
        ['Microtubule ends', 'Cytokinetic bridge', 'Rods & rings']
    """

    source: Vocabulary
    target: Vocabulary
    targets: tuple[int | None, ...]

    def apply(self, labels: Sequence[int]) -> tuple[int, ...]:
        """Map a label set; labels without a target are dropped, merged labels counted once."""
        mapped = (self.targets[label] for label in labels)
        return tuple(sorted({target for target in mapped if target is not None}))


def map_between(source: str | Vocabulary, target: str | Vocabulary) -> LocationMap:
    """The map between two built-in vocabularies.

    Raises:
        CellocateError: there is no map between these two.
    """
    source, target = _both(source, target)
    own = [v for v in (source, target) if v.name not in BUILT_IN or v != get_vocabulary(v.name)]
    if own or (source.name, target.name) not in _RENAMED:
        known = "; ".join(f"{a} to {b}" for a, b in _RENAMED)
        mend = f"Built-in maps: {known}. For your own, give a table with the columns from and to (select: --map FILE)."
        raise CellocateError(f"no map from {source.name} to {target.name}", mend=mend)
    return _renaming(source, target, _RENAMED[source.name, target.name])


def read_map(path: str | Path, source: str | Vocabulary, target: str | Vocabulary) -> LocationMap:
    """Read a user's map: a table with the columns `from` and `to`, names or indices in the two vocabularies.

    Locations that are not in the table map to the same name, as in built-in maps. An empty `to`, or a name that the
    target lacks, means no target.

    Raises:
        CellocateError: it is no such table, a vocabulary lacks a location, or one is mapped twice.
    """
    source, target = _both(source, target)
    rows, lines = read_table(path, "map", ("from", "to"))
    if not {"from", "to"} <= set(rows.columns):
        raise missing_column_error(path, "not a map", "It needs the columns from and to.")
    renamed: dict[str, str] = {}
    for line, old, new in zip(lines, rows["from"], rows["to"], strict=True):
        try:
            name = source.names[source.index(old)]
            if name in renamed:
                raise CellocateError(f"{name} is mapped twice", mend="Keep one of the rows.")
            lost = not new or new.casefold() in MISSING - set(map(str.casefold, target.names))
            renamed[name] = "" if lost else target.names[target.index(new)]
        except CellocateError as error:
            where = f"{path}, line {line}" + (f" ({error.where})" if error.where else "")
            raise error.at(where) from None
    return _renaming(source, target, renamed)


def _both(source: str | Vocabulary, target: str | Vocabulary) -> tuple[Vocabulary, Vocabulary]:
    one, other = (v if isinstance(v, Vocabulary) else get_vocabulary(v) for v in (source, target))
    return one, other


def _renaming(source: Vocabulary, target: Vocabulary, names: Mapping[str, str]) -> LocationMap:
    renamed = {old.casefold(): new for old, new in names.items()}
    index = {name.casefold(): i for i, name in enumerate(target.names)}
    targets = tuple(index.get(renamed.get(name.casefold(), name).casefold()) for name in source.names)
    return LocationMap(source, target, targets)
