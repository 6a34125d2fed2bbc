"""Select the cells among objects that QuPath exported, and find the pixels of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from cellocate.cells.field_notes import Note, left_out_note
from cellocate.cells.masks.label_arrays import Shape
from cellocate.cells.masks.pieces import parts_of
from cellocate.cells.masks.polygons import filled
from cellocate.counted import counted, plural
from cellocate.errors import CellocateError

# Names of objects since version 0.4, in 0.3, and (as `id`) in 0.2. QuPath takes anything else for an annotation.
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
_IN = 0.9  # of its pixels: then an object lies in another
_EACH = 4  # times as many objects inside as around: then these are regions, not cells with nuclei
_AGAIN = "Export the objects from QuPath again, as GeoJSON of this image."
_CLEAR = "Export only the cells, or give them the type cell or detection in QuPath."


class QuPathObject(NamedTuple):
    """An object of a GeoJSON file."""

    feature: dict[str, Any]  # as in the file
    where: str  # the file, and its number there
    place: tuple[slice, slice]  # rows and columns of its box in the image
    inside: NDArray[np.bool_]  # its pixels in the box


def kind_of(feature: dict[str, Any]) -> str:
    """The kind of an object, in the words of any version of QuPath.

    Example:
        >>> kind_of({"id": "PathCellObject"}), kind_of({"properties": {"objectType": "tmaCore"}}), kind_of({})
        ('cell', 'TMA core', 'annotation')
    """
    own = feature.get("properties") or {}
    words = (own.get("objectType"), own.get("object_type"), own.get("type"), feature.get("id"))
    return next((_KINDS[str(word).lower()] for word in words if str(word).lower() in _KINDS), "annotation")


def cells_among(
    features: Sequence[dict[str, Any]], shape: Shape, path: object
) -> tuple[list[QuPathObject], list[Note]]:
    """Select the objects of a file that are cells, with notes about the others.

    These are the cells, or else the detections, or else the annotations. Detections and annotations around others are
    left out, and so are points and lines. A detection or annotation whose parts lie far apart is several cells, such as
    the single object that QuPath's pixel classifier makes unless told to split.

    Raises:
        CellocateError: none is a cell, it is unclear which are, or an outline is broken or beyond the image.
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
    """Find the pixels whose centre lies in a polygon or multipolygon: its box, and the pixels there.

    Raises:
        CellocateError: it is not a polygon, is broken, or lies outside the image.
    """
    rings = list(_rings(geometry, where))
    points = np.concatenate(rings)
    height, width = shape
    if points.min() < -1 or (points > (width + 1, height + 1)).any():  # smoothed outlines may exceed it by a px
        what = f"an outline beyond the image of {width} × {height} px"
        raise CellocateError(what, where=where, mend="Use the GeoJSON of this image, at its full size.")
    return filled(rings, shape)


def _is_area(feature: dict[str, Any]) -> bool:
    geometry = feature.get("geometry")
    return not isinstance(geometry, dict) or geometry.get("type") in _AREAS  # a broken one is refused later


def _object(feature: dict[str, Any], shape: Shape, where: str) -> QuPathObject:
    geometry = feature.get("geometry")
    if geometry is None:
        geometry = feature.get("nucleusGeometry")  # the only known place of the cell
    return QuPathObject(feature, where, *pixels_of(geometry, shape, where))


def _rings(geometry: object, where: str) -> Iterator[NDArray[np.float64]]:
    shape = geometry if isinstance(geometry, dict) else {}
    kind, corners = shape.get("type", "no geometry"), shape.get("coordinates")
    if kind not in _AREAS:
        mend = "Export only cells, detections or area annotations."
        raise CellocateError(f"an object that is not a polygon ({kind})", where=where, mend=mend)
    polygons: Any = [corners] if kind == "Polygon" else corners
    try:
        rings = [np.array(ring, np.float64)[:, :2] for polygon in polygons for ring in polygon]
    except (IndexError, TypeError, ValueError):
        rings = []
    if not rings or any(ring.shape[1] < 2 or len(ring) < 3 or not np.isfinite(ring).all() for ring in rings):
        raise CellocateError("a polygon without proper corners", where=where, mend=_AGAIN)
    yield from rings


def _split(objects: Sequence[QuPathObject], kind: str) -> tuple[list[QuPathObject], list[Note]]:
    """Split objects whose parts lie far apart, with notes for the user."""
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
        own = {name: value for name, value in (one.feature.get("properties") or {}).items() if name != "measurements"}
        feature = {**one.feature, "properties": own}  # without measurements of all parts together
        for (down, across), inside in parts:
            place = (slice(top + down.start, top + down.stop), slice(left + across.start, left + across.stop))
            found.append(QuPathObject(feature, one.where, place, inside))
    parts_apart = len(found) - before + apart
    text = f"{{:,}} {plural(apart, kind)} with parts far apart: each of the {{}} parts is read as a cell"
    near = f"{{:,}} {plural(close, kind)} with parts close together: each {kind} is read as one cell"
    return found, [Note(text, apart, parts_apart)] * bool(apart) + [Note(near, close)] * bool(close)


def _around_others(objects: Sequence[QuPathObject], kind: str, path: object) -> set[int]:
    """The objects that have others inside or in their holes, and are therefore not cells.

    Raises:
        CellocateError: they may be cells with nuclei.
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
    spans = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.place, other.place, strict=True)]
    if any(stop <= start for start, stop in spans):
        return 0
    common = [
        thing.inside[tuple(slice(a - s.start, b - s.start) for (a, b), s in zip(spans, thing.place, strict=True))]
        for thing in (one, other)
    ]
    return int((common[0] & common[1]).sum())
