"""`Collection`: the table of fields that every later step works on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, Pixels, Scale, read_field, read_header
from cellocate.images.bit_depth import full_scale, without_offset
from cellocate.images.store import in_store
from cellocate.vocabulary import Vocabulary

_LOCK = Lock()

GROUP_COLUMNS = ("group", "antibody", "plate", "well")
"""Columns whose values group fields that are not independent of each other, best first."""
TIME_SERIES = "time_series"
"""Column that names the time series of a field. The fields of one series are always one group."""

Unit = Literal["field", "cell"]
FIELD, CELL = "field", "cell"
"""Columns of single cells: the field that a cell is in, and its number there."""
FLAGS = "flags"
"""Column of single cells: what `cellocate cells` found unusual about each."""


def unit_of(table: pd.DataFrame) -> Unit:
    """Whether the rows of a table are cells (it has the columns `field` and `cell`) or fields."""
    return "cell" if {FIELD, CELL} <= set(table.columns) else "field"


@dataclass(frozen=True)
class Problem:
    """A problem with the files or the labels of one field.

    A field with a fault cannot be used. A field with a warning can, but someone should look at it.
    """

    id: str
    about: Literal["files", "labels"]
    error: CellocateError
    severity: Literal["fault", "warning"] = "fault"


@dataclass(frozen=True, repr=False)
class Collection:
    """Fields of view on disk. Images are read only when you ask for them.

    Args:
        folder: the folder or label table that was read.
        layout: name of the layout that the folder was recognised as.
        fields: one row per field, indexed by `id`. Each channel has a column with its file (None where it is missing)
            or its place in a store. `labels` holds a tuple of indices, or None where they are unknown. Other columns
            are metadata; `pixel_size` (µm per px of the files), `bits` (of the camera), `camera_offset` (counts added
            to every pixel), `antibody`, `plate`, `cell_line` have a meaning here.
        vocabulary: the vocabulary of the labels; None for an unlabelled collection.
        problems: faults that show without opening an image.
        because: what the layout was recognised by.
        simulated: whether any of the fields are simulated by cellocate.
        pixel_size_assumed: whether some fields have no recorded pixel size and got the usual one of their challenge.
        made: how a derived or downloaded collection was made (`listing.json` in docs/formats.md).
        stains: for each channel its name in the files: the names of their channels, or the numbers of unnamed ones, or
            parts of file names. Empty if the layout itself names the channels.
        notes: what you should know about how the files were read, one sentence each, such as "z stacks of 12 planes
            became one by their maximum".
        depth_known: whether `bits` and `camera_offset` are final (see `cellocate.collection.camera_depth.with_depth`).
        depth_guessed: whether they were inferred from a sample of fields, so that others may have brighter pixels.
        blank: channels that no field has, and that are read as zeros (see `with_blank`).
    """

    folder: Path
    layout: str
    fields: pd.DataFrame
    vocabulary: Vocabulary | None = None
    problems: tuple[Problem, ...] = ()
    because: str = ""
    simulated: bool = False
    pixel_size_assumed: bool = False
    made: Mapping[str, Any] = field(default_factory=dict)
    stains: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    depth_known: bool = False
    depth_guessed: bool = False
    blank: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.fields)

    def __repr__(self) -> str:
        labels = "no labels" if self.vocabulary is None else f"labels of {self.vocabulary.name}"
        images = ", ".join(self.channels) or "no images"
        return f"<Collection of {counted(len(self), self.unit)} ({self.layout}): {images}; {labels}>"

    def _repr_html_(self) -> str:
        """For a notebook: what it is, and its first rows."""
        return f"<p>{escape(repr(self))}</p>{self.fields.head().to_html()}"

    @property
    def unit(self) -> Unit:
        """Whether a row is a field or a cell; the word is used in messages."""
        return unit_of(self.fields)

    @property
    def ids(self) -> list[str]:
        """The ids of the fields, in order."""
        return [str(i) for i in self.fields.index.to_numpy(dtype=object)]

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The channels that any field has a file for, in the order red, green, blue, yellow."""
        return tuple(c for c in CHANNELS if c in self.fields and self.fields[c].notna().any())

    def files(self, field: str) -> dict[str, Path]:
        """The file of each channel of one field."""
        return {channel: Path(paths[field]) for channel, paths in self._paths.items() if field in paths}

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders it is read from: its own, and those of its files, which may be elsewhere."""
        files = (str(file) for channel in self.channels for file in self.fields[channel].dropna())
        folders = {os.path.dirname(file.partition("::")[0]) for file in files}  # noqa: PTH120 # Path is slow for millions
        return (self.folder, *map(Path, sorted(folders)))

    @property
    def metadata_columns(self) -> list[str]:
        """The columns that are neither files nor labels."""
        return [str(column) for column in self.fields if column not in (*CHANNELS, "labels")]

    def read(self, field: str, channels: Sequence[str], scale: Scale | None = None) -> tuple[Pixels, float | None]:
        """Read one field, scaled to the full range of its pixel type.

        12-bit counts, for example, fill the 16 bits of their files: 4095 becomes 65535. If the bit depth of 16-bit
        files is unknown, it is inferred from a sample of this collection, with a warning. Commands do that once for
        all subsets (`cellocate.collection.camera_depth.with_depth`).

        Args:
            field: its id.
            channels: the channels to read, in this order.
            scale: the scale that the pixels will be brought to. A store has several sizes and gives the smallest that
                is sufficient; without a scale, the largest.

        Returns:
            Pixels, shape (C, H, W), uint8 or uint16, and their size in µm per px, or None if unknown.

        Raises:
            CellocateError: a file is missing or unreadable, files differ in size or depth, or a pixel is brighter than
                the camera's bits allow.
        """
        counts, pixel_size = self.read_counts(field, channels, scale)
        if counts.dtype == np.uint16 and not self.depth_known:
            with _LOCK:
                collection = self._with_known_depth
            return collection.read(field, channels, scale)
        try:
            return full_scale(counts, self.bits(field)), pixel_size
        except CellocateError as error:
            where = f"field {field}, {next(iter(self.files(field).values()))}"
            raise error.at(where) from None

    def read_counts(
        self, field: str, channels: Sequence[str], scale: Scale | None = None
    ) -> tuple[Pixels, float | None]:
        """Read one field as its files have it, minus the camera's offset if that is known; else like `read`."""
        files, pixel_size = self.files(field), self.pixel_size(field)
        stained = [channel for channel in channels if channel not in self.blank]
        if (place := in_store(files)) is None:
            pixels, shrunk = read_field(files, stained), 1.0
        else:
            store, row = place
            height, width, _ = store.header(row)
            pixels = store.read(row, stained, None if scale is None else max(scale.shape(height, width, pixel_size)))
            shrunk = max(height, width) / max(pixels.shape[1:])
        pixels = without_offset(pixels, self.offset(field))
        if len(stained) < len(channels):
            every = np.zeros((len(channels), *pixels.shape[1:]), pixels.dtype)
            every[[channel in stained for channel in channels]] = pixels
            pixels = every
        return pixels, None if pixel_size is None else pixel_size * shrunk

    def shape(self, field: str) -> tuple[int, int]:
        """Height and width of a field in px; in a store, before it was shrunk.

        Raises:
            CellocateError: a file is missing or unreadable.
        """
        files = self.files(field)
        if (place := in_store(files)) is not None:
            store, row = place
            return int(store.index[row]["height"]), int(store.index[row]["width"])
        return read_header(next(iter(files.values())))[:2]

    def pixel_size(self, field: str) -> float | None:
        """The µm per px of a field's files, or None if unknown."""
        return self._numbers("pixel_size").get(field)

    def with_pixel_sizes(self, sizes: Mapping[str, float]) -> Self:
        """A copy with the pixel sizes of some fields set, in µm per px."""
        known = [sizes.get(field, self.pixel_size(field)) for field in self.ids]
        column = pd.Series(known, index=self.fields.index, dtype=float)
        return replace(self, fields=self.fields.assign(pixel_size=column))

    def bits(self, field: str) -> int | None:
        """The bits of the camera that took a field, from metadata or inferred; None if unknown."""
        bits = self._numbers("bits").get(field)
        return None if bits is None else int(bits)

    def offset(self, field: str) -> int:
        """The counts that the camera added to every pixel of a field; reading subtracts them."""
        return int(self._numbers("camera_offset").get(field, 0))

    def group(self) -> pd.Series[str]:
        """The group of each field (antibody, plate, or only itself), which a split keeps in one part."""
        return group_of(self.fields)

    @cached_property
    def _paths(self) -> dict[str, dict[str, str]]:
        columns = {channel: self.fields[channel].dropna() for channel in self.channels}
        return {channel: dict(zip(map(str, c.index), map(str, c), strict=True)) for channel, c in columns.items()}

    def _numbers(self, column: str) -> dict[str, float]:
        """The known values of a numeric column, by id."""
        if column not in self._known:
            values = self.fields[column].dropna() if column in self.fields else pd.Series(dtype=float)
            self._known[column] = dict(zip(map(str, values.index), map(float, values), strict=True))
        return self._known[column]

    @cached_property
    def _known(self) -> dict[str, dict[str, float]]:
        return {}

    @cached_property
    def _with_known_depth(self) -> Collection:
        from cellocate.collection.camera_depth import with_known_depth  # imports this module

        return with_known_depth(self)

    def require_vocabulary(self) -> Vocabulary:
        """The vocabulary of the labels.

        Raises:
            CellocateError: the collection has no labels.
        """
        if self.vocabulary is None:
            mend = "Put a table with the columns Id,Target or ID,Label next to the images, or use --labels."
            raise CellocateError("no labels found", where=self.folder, mend=mend)
        return self.vocabulary

    def labelled(self) -> LabelledCollection:
        """The collection as one in which every field has labels.

        Raises:
            CellocateError: the collection has no labels, or a field has none.

        Example:
            >>> from cellocate.vocabulary import get_vocabulary
            >>> fields = pd.DataFrame({"labels": [(0,), (0, 25)]}, index=["a", "b"])
            >>> whole = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
            >>> whole.labelled().truth().sum(axis=1).tolist()
            [1, 2]
        """
        known = {part.name: getattr(self, part.name) for part in fields(Collection)}
        known["vocabulary"] = self.require_vocabulary()
        unlabelled = [field for field, labels in zip(self.ids, self.fields["labels"], strict=True) if labels is None]
        if unlabelled:
            what = f"{counted(len(unlabelled), self.unit)} without labels, such as {unlabelled[0]}"
            raise CellocateError(what, where=self.folder, mend="Add their rows, or leave them out with --skip-bad.")
        return LabelledCollection(**known)

    def subset(self, ids: Sequence[str]) -> Self:
        """The collection with only these fields, in this order.

        Raises:
            CellocateError: it has no such field.
        """
        if lacking := [field for field in ids if field not in self.fields.index]:
            what = f"no {self.unit} {lacking[0]!r}"
            raise CellocateError(what, where=self.folder, mend="Give ids of the collection.")
        wanted = set(ids)
        return replace(
            self, fields=self.fields.loc[list(ids)], problems=tuple(p for p in self.problems if p.id in wanted)
        )

    def with_blank(self, channels: Sequence[str]) -> Self:
        """A copy in which those of these channels that no field has are read as zeros."""
        return replace(self, blank=tuple(channel for channel in channels if channel not in self.channels))

    def require(self, channels: Sequence[str]) -> None:
        """Raise a `CellocateError` if no field of the collection has one of these channels."""
        lacking = [channel for channel in channels if channel not in (*self.channels, *self.blank)]
        if lacking:
            what = f"no {' or '.join(lacking)} channel (it has {', '.join(self.channels)})"
            mend = f"Add the files, or use a model or recipe without {' and '.join(lacking)}."
            raise CellocateError(what, where=self.folder, mend=mend)

    def without(self, problems: Sequence[Problem], *, skip_bad: bool) -> Self:
        """The collection without its faulty fields; raises an error instead unless `skip_bad` is set.

        Raises:
            CellocateError: a field is faulty and `skip_bad` is not set, or no field is left.
        """
        faults = [problem for problem in problems if problem.severity == "fault"]
        bad = dict.fromkeys(problem.id for problem in faults)
        if faults and not skip_bad:
            first = faults[0]
            all_fields = counted(len({*self.ids, *bad}), self.unit)
            what = f"{len(bad)} of {all_fields} cannot be used; the first, {first.id}: {first.error.what}"
            mend = f"{first.error.mend} 'cellocate check' lists all faults; --skip-bad continues without them."
            raise CellocateError(what, where=first.error.where, mend=mend)
        good = self.subset([i for i in self.ids if i not in bad])
        if not len(good):
            what = f"no usable {self.unit} is left"
            raise CellocateError(what, where=self.folder, mend="'cellocate check' lists the faults.")
        return good


@dataclass(frozen=True, repr=False)
class LabelledCollection(Collection):
    """A collection in which every field has labels; `Collection.labelled` makes it."""

    vocabulary: Vocabulary = field()

    def truth(self) -> NDArray[np.bool_]:
        """The labels as an array, shape (N, len(vocabulary)), bool."""
        return self.vocabulary.encode(self.fields["labels"])


def has_values(fields: pd.DataFrame, column: str) -> bool:
    """Whether a table has this column and any value in it."""
    return column in fields and bool(fields[column].replace("", None).notna().any())


def group_column(fields: pd.DataFrame) -> str | None:
    """The first of `GROUP_COLUMNS` that has any value, or None."""
    return next((column for column in GROUP_COLUMNS if has_values(fields, column)), None)


def group_of(fields: pd.DataFrame) -> pd.Series[str]:
    """For each field, by id, the antibody or plate that groups it with others, or its own id.

    If all fields come from one plate, their wells are the groups. The fields of a time series are always one group.

    Example:
        >>> table = pd.DataFrame({"time_series": ["m", "m", None], "antibody": ["", "A", "B"]}, index=["x", "y", "z"])
        >>> group_of(table).tolist(), group_of(table[["time_series"]]).tolist()
        (['A', 'A', 'B'], ['m', 'm', 'z'])
    """
    column = group_column(fields)
    if column == "plate" and len(set(fields["plate"])) == 1:
        column = "well" if "well" in fields else None
    values = pd.Series(None, fields.index, dtype=object) if column is None else fields[column].replace("", None)
    if TIME_SERIES in fields:
        series = fields[TIME_SERIES].replace("", None)
        first = values.groupby(series).transform("first")
        values = first.where(first.notna(), values)
        values = values.where(values.notna(), series)
    return values.fillna(pd.Series(fields.index.astype(str), index=fields.index)).astype(str)
