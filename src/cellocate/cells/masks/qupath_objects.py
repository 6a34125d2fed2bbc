"""Which of the objects that QuPath exported are cells, and the pixels of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from cellocate.cells.field_notes import Note, left_out_note
from cellocate.cells.masks.label_arrays import Shape
from cellocate.cells.masks.parts import parts_of
from cellocate.cells.masks.polygons import filled
from cellocate.counted import counted, plural
from cellocate.errors import CellocateError

# What an object is called since version 0.4, in 0.3, and (by its `id`) in 0.2. Anything else QuPath takes for an
# annotation.
_KINDS = {
    "cell": "cell",
    "pathcellobject": "cell",
    "detection": "detection",
    "pathdetectionobject": "detection",
    "annotation": "annotation",
    "pathannotationobject": "annotation",
    "tile": "tile",
    "pathtileobject": "tile",
    "tmacore": "TMA core",
    "tma_core": "TMA core",
    "tmacoreobject": "TMA core",
    "root": "root object",
    "pathrootobject": "root object",
}
_AREAS = ("Polygon", "MultiPolygon")
_IN = 0.9  # of an object's pixels, by which it lies in another
_EACH = 4  # times as many objects inside as around: regions with cells, no cells with nuclei
_AGAIN = "Export the objects from QuPath again, as GeoJSON of this image."
_CLEAR = "Export the cells alone, or give them the type cell or detection in QuPath."


class QuPathObject(NamedTuple):
    """An object of a GeoJSON file.

    Attributes:
        feature: as the file has it.
        where: the file, and its number there.
        place: rows and columns of its box in the image.
        inside: which pixels there are its own.
    """

    feature: dict[str, Any]
    where: str
    place: tuple[slice, slice]
    inside: NDArray[np.bool_]


def kind_of(feature: dict[str, Any]) -> str:
    """What an object is to QuPath, in the words of any version.

    Example:
        >>> kind_of({"id": "PathCellObject"}), kind_of({"properties": {"objectType": "tmaCore"}}), kind_of({})
        ('cell', 'TMA core', 'annotation')
    """
    said = feature.get("properties") or {}
    words = (said.get("objectType"), said.get("object_type"), said.get("type"), feature.get("id"))
    return next((_KINDS[str(word).lower()] for word in words if str(word).lower() in _KINDS), "annotation")


def cells_among(
    features: Sequence[dict[str, Any]], shape: Shape, path: object
) -> tuple[list[QuPathObject], list[Note]]:
    """The objects that are cells, and notes about those that are not.

    These are the cells, or else the detections, or else the annotations; the latter two without those around others,
    and annotations without points and lines. One of these two whose parts lie far apart is several cells: so are all
    that QuPath's pixel classifier found, if it was not told to split objects.

    Args:
        features: the objects of the file.
        shape: height and width of the image, px.
        path: the file.

    Raises:
        CellocateError: none is a cell, it is not clear which are, or the outline of one is broken or beyond the image.
    """
    kinds = [kind_of(feature) for feature in features]
    kind = next((k for k in ("cell", "detection", "annotation") if k in kinds), "")
    if features and not kind:
        what = f"no cells among {counted(len(features), 'object')} (the first is a {kinds[0]})"
        raise CellocateError(what, where=path, mend=_CLEAR)
    others = {other: kinds.count(other) for other in dict.fromkeys(kinds) if other != kind}
    chosen = [(n, feature) for n, feature in enumerate(features, start=1) if kinds[n - 1] == kind]
    if kind == "annotation" and any(_is_area(feature) for _, feature in chosen):
        others["non-area annotation"] = sum(not _is_area(feature) for _, feature in chosen)
        chosen = [(n, feature) for n, feature in chosen if _is_area(feature)]
    objects = [_object(feature, shape, f"{path}, object {n}") for n, feature in chosen]
    split: list[Note] = []
    if kind != "cell":
        objects, split = _split(objects, kind)
        around = _around_others(objects, kind, path)
        others[f"surrounding {kind}"] = len(around)
        objects = [one for i, one in enumerate(objects) if i not in around]
    return objects, [*split, *(left_out_note(n, other) for other, n in others.items() if n)]


def pixels_of(geometry: object, shape: Shape, where: str) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The pixels whose centre lies in a polygon, or in one of several: where its box is, and which there.

    Raises:
        CellocateError: it is no polygon, broken, or lies outside the image.
    """
    rings = list(_rings(geometry, where))
    points = np.concatenate(rings)
    height, width = shape
    if points.min() < -1 or (points > (width + 1, height + 1)).any():  # a px of play for outlines that were smoothed
        what = f"an outline beyond the image of {width} × {height} px"
        raise CellocateError(what, where=where, mend="Give the GeoJSON of this image, at its full size.")
    return filled(rings, shape)


def _is_area(feature: dict[str, Any]) -> bool:
    geometry = feature.get("geometry")
    return not isinstance(geometry, dict) or geometry.get("type") in _AREAS  # a broken one is refused later


def _object(feature: dict[str, Any], shape: Shape, where: str) -> QuPathObject:
    geometry = feature.get("geometry")
    if geometry is None:
        geometry = feature.get("nucleusGeometry")  # all that is known of where the cell is
    return QuPathObject(feature, where, *pixels_of(geometry, shape, where))


def _rings(geometry: object, where: str) -> Iterator[NDArray[np.float64]]:
    """The rings of a polygon or of several, each shape (K, 2)."""
    said = geometry if isinstance(geometry, dict) else {}
    kind, corners = said.get("type", "no geometry"), said.get("coordinates")
    if kind not in _AREAS:
        mend = "Export cells, detections or area annotations alone."
        raise CellocateError(f"an object that is no polygon ({kind})", where=where, mend=mend)
    polygons: Any = [corners] if kind == "Polygon" else corners
    try:
        rings = [np.array(ring, np.float64)[:, :2] for polygon in polygons for ring in polygon]
    except (IndexError, TypeError, ValueError):
        rings = []
    if not rings or any(ring.shape[1] < 2 or len(ring) < 3 or not np.isfinite(ring).all() for ring in rings):
        raise CellocateError("a polygon without proper corners", where=where, mend=_AGAIN)
    yield from rings


def _split(objects: Sequence[QuPathObject], kind: str) -> tuple[list[QuPathObject], list[Note]]:
    """An object for each part of those whose parts lie far apart; and notes for the user."""
    found: list[QuPathObject] = []
    apart, close, before = 0, 0, len(objects)
    for one in objects:
        parts, far = parts_of(one.inside)
        if not far:
            found.append(one)
            close += len(parts) > 1
            continue
        apart += 1
        top, left = (span.start for span in one.place)
        said = {name: value for name, value in (one.feature.get("properties") or {}).items() if name != "measurements"}
        feature = {**one.feature, "properties": said}  # what was measured is of all parts together
        for (down, across), inside in parts:
            place = (slice(top + down.start, top + down.stop), slice(left + across.start, left + across.stop))
            found.append(QuPathObject(feature, one.where, place, inside))
    parts_apart = len(found) - before + apart
    text = f"{{:,}} {plural(apart, kind)} with parts far apart: each of the {{}} parts is read as a cell"
    near = f"{{:,}} {plural(close, kind)} with parts close together: each {kind} is read as one cell"
    return found, [Note(text, apart, parts_apart)] * bool(apart) + [Note(near, close)] * bool(close)


def _around_others(objects: Sequence[QuPathObject], kind: str, path: object) -> set[int]:
    """The objects that others lie in, or in holes of which they lie, and that are therefore no cells.

    Raises:
        CellocateError: they may as well be cells, and what lies in them nuclei.
    """
    boxes = np.array([[y.start, x.start, y.stop, x.stop] for y, x in (one.place for one in objects)]).reshape(-1, 4)
    area = np.array([one.inside.sum() for one in objects])
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    inner: dict[int, set[int]] = {}
    for i, one in enumerate(objects):
        near = (middle >= boxes[i, :2]).all(axis=1) & (middle <= boxes[i, 2:]).all(axis=1) & (size < size[i])
        whole = one._replace(inside=binary_fill_holes(one.inside)) if near.any() else one
        held = {j for j in np.flatnonzero(near).tolist() if area[j] and _shared(whole, objects[j]) >= _IN * area[j]}
        if held:
            inner[i] = held
    around = set(inner)
    inside = len(set[int]().union(*inner.values()) - around)
    regions = sum(held.isdisjoint(around) for held in inner.values())  # without regions of regions
    one_around_several = regions == 1 and inside > 1
    if around and not one_around_several and (kind == "detection" or inside < _EACH * regions):
        what = f"{counted(len(around), kind)} around {counted(inside, 'other')}: regions, or cells with nuclei"
        raise CellocateError(what, where=path, mend=_CLEAR)
    return around


def _shared(one: QuPathObject, other: QuPathObject) -> int:
    """How many pixels two objects have in common."""
    spans = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.place, other.place, strict=True)]
    if any(stop <= start for start, stop in spans):
        return 0
    common = [
        thing.inside[tuple(slice(a - s.start, b - s.start) for (a, b), s in zip(spans, thing.place, strict=True))]
        for thing in (one, other)
    ]
    return int((common[0] & common[1]).sum())
