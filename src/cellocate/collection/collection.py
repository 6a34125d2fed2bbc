"""The table of fields that every later step works on."""

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
from cellocate.images.depth import full_scale, without_offset
from cellocate.images.store import stored
from cellocate.vocabulary import Vocabulary

_LOCK = Lock()

GROUP_COLUMNS = ("group", "antibody", "plate", "well")
"""Columns that say which fields are not independent of each other, best first."""
TIME_SERIES = "time_series"
"""The column of the image that several time points are of, which are one group whatever else is known of them."""

Unit = Literal["field", "cell"]
FIELD, CELL = "field", "cell"
"""Columns of single cells: the field that each is of, and its number there."""
FLAGS = "flags"
"""Column of single cells: what is odd about each, as `cellocate cells` found it."""


def unit_of(table: pd.DataFrame) -> Unit:
    """What a row of a table is: a cell where it has the columns of single cells, or else a field."""
    return "cell" if {FIELD, CELL} <= set(table.columns) else "field"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field: with its files or with its labels.

    A fault keeps it from being used. A warning does not: someone should look at it.
    """

    id: str
    about: Literal["files", "labels"]
    error: CellocateError
    severity: Literal["fault", "warning"] = "fault"


@dataclass(frozen=True, repr=False)
class Collection:
    """Fields of view on disk: nothing is decoded until asked for.

    Args:
        folder: where it was read from.
        layout: the name of the layout that the folder was recognised as.
        fields: one row per field, indexed by `id`; a column per channel with its file (None where it is missing) or
            place in a store;
            `labels` with a tuple of indices (None where unknown); further columns are metadata, among which
            `pixel_size` (µm per px of the files), `bits` (of the camera), `camera_offset` (counts that were added to
            every pixel), `antibody`, `plate`, `cell_line` are understood.
        vocabulary: of the labels; None for an unlabelled collection.
        problems: faults that show without opening an image.
        because: what the layout was recognised by.
        simulated: whether cellocate drew the fields, or some of them.
        pixel_size_assumed: whether no file or table records the pixel size of some fields, and it is the usual one of
            their challenge.
        made: how it came to be, where it was derived from others or downloaded (`listing.json` in docs/formats.md).
        stains: for each channel what stands for it in the files: names of their channels, or numbers where these have
            none, or parts of their own names; empty where the layout itself names the channels.
        notes: what a user should know of how the files were read, a sentence each, such as "z stacks of 12 planes
            became one by their maximum".
        depth_known: whether `bits` and `camera_offset` are final (see `cellocate.collection.depth.with_depth`).
        depth_guessed: whether pixels of a sample of fields told them, so that others may have brighter ones.
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
        """What a row is, in words for a user as well: a field, or a cell of the field that the row names."""
        return unit_of(self.fields)

    @property
    def ids(self) -> list[str]:
        """The ids of the fields, in order."""
        return [str(i) for i in self.fields.index.to_numpy(dtype=object)]

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The channels for which any field has a file, in the order red, green, blue, yellow."""
        return tuple(c for c in CHANNELS if c in self.fields and self.fields[c].notna().any())

    def files(self, field: str) -> dict[str, Path]:
        """The file of each channel of one field."""
        return {channel: Path(paths[field]) for channel, paths in self._paths.items() if field in paths}

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders that it is read from: its own, and those of its files, which a listing may have elsewhere."""
        files = (str(file) for channel in self.channels for file in self.fields[channel].dropna())
        folders = {os.path.dirname(file.partition("::")[0]) for file in files}  # noqa: PTH120 # a million are slow
        return (self.folder, *map(Path, sorted(folders)))

    @property
    def metadata_columns(self) -> list[str]:
        """The columns that are neither files nor labels."""
        return [str(column) for column in self.fields if column not in (*CHANNELS, "labels")]

    def read(self, field: str, channels: Sequence[str], scale: Scale | None = None) -> tuple[Pixels, float | None]:
        """The pixels of one field on the full scale of their type, and their size.

        Counts of a camera with 12 bits, say, fill the 16 bits of their files: 4095 becomes 65535. Where nothing tells
        the depth of 16-bit files, it is inferred from a sample of this collection, and a warning says so; commands do
        that once for all subsets (`cellocate.collection.depth.with_depth`).

        Args:
            field: its id.
            channels: which to read, in the order wanted.
            scale: that they will be brought to: of the sizes that a store has, the smallest that is enough for it is
                read. Without it the largest is.

        Returns:
            Pixels, shape (C, H, W), uint8 or uint16, and µm per px of these, or None where nobody said.

        Raises:
            CellocateError: a file is missing or unreadable, they differ in size or depth, or a pixel is brighter than
                the camera's bits allow.
        """
        counts, pixel_size = self.read_counts(field, channels, scale)
        if counts.dtype == np.uint16 and not self.depth_known:
            return self._with_depth().read(field, channels, scale)
        try:
            return full_scale(counts, self.bits(field)), pixel_size
        except CellocateError as error:
            where = f"field {field}, {next(iter(self.files(field).values()))}"
            raise error.at(where) from None

    def read_counts(
        self, field: str, channels: Sequence[str], scale: Scale | None = None
    ) -> tuple[Pixels, float | None]:
        """The pixels of one field as its files have them, less the camera's offset where that is known; else as `read`.

        Raises:
            CellocateError: a file is missing or unreadable, or they differ in size or depth.
        """
        files, pixel_size = self.files(field), self.pixel_size(field)
        if (place := stored(files)) is None:
            return without_offset(read_field(files, channels), self.offset(field)), pixel_size
        store, row = place
        height, width, _ = store.header(row)
        pixels = store.read(row, channels, None if scale is None else max(scale.shape(height, width, pixel_size)))
        pixels = without_offset(pixels, self.offset(field))
        shrunk = max(height, width) / max(pixels.shape[1:])
        return pixels, None if pixel_size is None else pixel_size * shrunk

    def shape(self, field: str) -> tuple[int, int]:
        """Height and width of a field in px; of a store, before it was shrunk.

        Raises:
            CellocateError: a file is missing or unreadable.
        """
        files = self.files(field)
        if (place := stored(files)) is not None:
            store, row = place
            return int(store.index[row]["height"]), int(store.index[row]["width"])
        return read_header(next(iter(files.values())))[:2]

    def pixel_size(self, field: str) -> float | None:
        """The µm per px of a field's files, or None where nobody said."""
        return self._numbers("pixel_size").get(field)

    def with_pixel_sizes(self, sizes: Mapping[str, float]) -> Self:
        """The collection with the pixel sizes of some fields, in µm per px."""
        known = [sizes.get(field, self.pixel_size(field)) for field in self.ids]
        column = pd.Series(known, index=self.fields.index, dtype=float)
        return replace(self, fields=self.fields.assign(pixel_size=column))

    def bits(self, field: str) -> int | None:
        """The bits of the camera that a field was taken with, as metadata or a sample tell; None where nothing does."""
        bits = self._numbers("bits").get(field)
        return None if bits is None else int(bits)

    def offset(self, field: str) -> int:
        """Counts that were added to every pixel of a field's files, and that reading it subtracts."""
        return int(self._numbers("camera_offset").get(field, 0))

    def group(self) -> pd.Series[str]:
        """For each field what it must share a part of a split with: antibody, plate, or only itself."""
        return group_of(self.fields)

    @cached_property
    def _paths(self) -> dict[str, dict[str, str]]:
        columns = {channel: self.fields[channel].dropna() for channel in self.channels}
        return {channel: dict(zip(map(str, c.index), map(str, c), strict=True)) for channel, c in columns.items()}

    def _numbers(self, column: str) -> dict[str, float]:
        """A column of numbers by id, without those that nobody knows."""
        if column not in self._known:
            values = self.fields[column].dropna() if column in self.fields else pd.Series(dtype=float)
            self._known[column] = dict(zip(map(str, values.index), map(float, values), strict=True))
        return self._known[column]

    @cached_property
    def _known(self) -> dict[str, dict[str, float]]:
        return {}

    def _with_depth(self) -> Collection:
        """The same with the depth of its files inferred; by one thread for all."""
        with _LOCK:
            return self._inferred

    @cached_property
    def _inferred(self) -> Collection:
        from cellocate.collection.depth import with_known_depth  # which reads collections

        return with_known_depth(self)

    def require_vocabulary(self) -> Vocabulary:
        """The vocabulary of the labels.

        Raises:
            CellocateError: the collection has no labels.
        """
        if self.vocabulary is None:
            raise CellocateError(
                "no labels found",
                where=self.folder,
                mend="Put a table with the columns Id,Target or ID,Label beside the images, or name one with --labels.",
            )
        return self.vocabulary

    def labelled(self) -> LabelledCollection:
        """The same collection, for work that needs the labels of every field.

        Raises:
            CellocateError: the collection has no labels, or a field has none.

        Example:
            >>> from cellocate.vocabulary import get
            >>> fields = pd.DataFrame({"labels": [(0,), (0, 25)]}, index=["a", "b"])
            >>> Collection(Path("plates"), "labels", fields, get("hpa28")).labelled().truth().sum(axis=1).tolist()
            [1, 2]
        """
        known = {part.name: getattr(self, part.name) for part in fields(Collection)}
        known["vocabulary"] = self.require_vocabulary()
        unlabelled = [field for field, labels in zip(self.ids, self.fields["labels"], strict=True) if labels is None]
        if unlabelled:
            what = f"no labels of {counted(len(unlabelled), self.unit)}, such as {unlabelled[0]}"
            raise CellocateError(what, where=self.folder, mend="Add their rows, or leave them out with --skip-bad.")
        return LabelledCollection(**known)

    def subset(self, ids: Sequence[str]) -> Self:
        """The collection of these fields alone, in this order."""
        wanted = set(ids)
        return replace(
            self, fields=self.fields.loc[list(ids)], problems=tuple(p for p in self.problems if p.id in wanted)
        )

    def require(self, channels: Sequence[str]) -> None:
        """Raise a `CellocateError` where the whole collection lacks a channel that is asked for."""
        lacking = [channel for channel in channels if channel not in self.channels]
        if lacking:
            raise CellocateError(
                f"no {' or '.join(lacking)} channel (it has {', '.join(self.channels)})",
                where=self.folder,
                mend=f"Add the files, or use a model or recipe without {' and '.join(lacking)}.",
            )

    def without(self, problems: Sequence[Problem], *, skip_bad: bool) -> Self:
        """The collection without its faulty fields, which is refused unless `skip_bad` is set.

        Raises:
            CellocateError: a field is faulty and `skip_bad` is not set, or none is left.
        """
        faults = [problem for problem in problems if problem.severity == "fault"]
        bad = dict.fromkeys(problem.id for problem in faults)
        if faults and not skip_bad:
            first = faults[0]
            raise CellocateError(
                f"{len(bad)} of {counted(len(set(self.ids) | set(bad)), self.unit)} cannot be used; "
                f"the first, {first.id}: {first.error.what}",
                where=first.error.where,
                mend=f"{first.error.mend} 'cellocate check' lists them all; --skip-bad goes on without them.",
            )
        good = self.subset([i for i in self.ids if i not in bad])
        if not len(good):
            raise CellocateError(
                f"no usable {self.unit} is left", where=self.folder, mend="'cellocate check' says why."
            )
        return good


@dataclass(frozen=True, repr=False)
class LabelledCollection(Collection):
    """A collection in which every field has labels, as `Collection.labelled` gives it.

    Args:
        vocabulary: of the labels.
    """

    vocabulary: Vocabulary = field()

    def truth(self) -> NDArray[np.bool_]:
        """The labels as a table, shape (N, len(vocabulary)), bool."""
        return self.vocabulary.encode(self.fields["labels"])


def has_values(fields: pd.DataFrame, column: str) -> bool:
    """Whether a table has a column with any value in it."""
    return column in fields and bool(fields[column].replace("", None).notna().any())


def group_column(fields: pd.DataFrame) -> str | None:
    """The first of `GROUP_COLUMNS` in which a field has a value; None without one."""
    return next((column for column in GROUP_COLUMNS if has_values(fields, column)), None)


def group_of(fields: pd.DataFrame) -> pd.Series[str]:
    """For each field of a table, indexed by id, the antibody or plate that it shares with others, or its own id.

    Where all fields are of one plate, those of a well are a group. The time points of one series are one in any case.

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
