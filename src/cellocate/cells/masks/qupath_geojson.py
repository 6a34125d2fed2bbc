"""Cells as QuPath's GeoJSON: one object each, with nucleus, name, class and measurements."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.cells.masks.cell_numbers import check_numbering
from cellocate.cells.masks.label_arrays import MAX_CELLS, Labels, Shape
from cellocate.cells.masks.polygons import Polygon, area, outlines, without_crumbs
from cellocate.cells.masks.qupath_objects import cells_among, pixels_of
from cellocate.errors import CellocateError
from cellocate.files import write_text

if TYPE_CHECKING:
    import pandas as pd

_MEND = "Export the objects from QuPath again, as GeoJSON of this image."


class QuPathCells(NamedTuple):
    """The cells of a field in a GeoJSON file."""

    nuclei: NDArray[np.uint16]  # shape (H, W), with the numbers of their cells
    cells: NDArray[np.uint16]  # shape (H, W), numbered 1 to n in the order of the file
    names: tuple[str, ...]  # of the cells 1 to n; "" for none
    classes: tuple[str, ...]  # their classifications; "" for none
    measurements: pd.DataFrame  # float, a row for each of `cell` 1 to n; NaN where a cell lacks one
    notes: tuple[Note, ...] = ()  # sentences for the user about objects that are not cells


def write_geojson(
    path: str | Path,
    nuclei: Labels,
    cells: Labels,
    measurements: pd.DataFrame | None = None,
    *,
    names: Mapping[int, str] | None = None,
    classes: Mapping[int, str] | None = None,
) -> None:
    """Write cells as QuPath reads them ("Import objects from file"): in px, from the top left corner of the image.

    The outline of each cell is one polygon with its holes: of a cell in several pieces, the largest. It follows the
    edges of the pixels, so that it has the area of the mask and is read back exactly. A nucleus may have several
    polygons, because a cell may have several nuclei; crumbs are dropped.

    Args:
        path: a .geojson file.
        nuclei: shape (H, W), with the numbers of their cells.
        cells: shape (H, W), numbered 1 to n.
        measurements: a row for each cell, by its number; only finite numbers are written.
        names: of cells, by number; the number by default.
        classes: QuPath's classification of cells, by number, such as their locations.

    Raises:
        CellocateError: the two label images do not fit each other.

    References:
        RFC 7946, https://doi.org/10.17487/RFC7946; Bankhead et al. QuPath: Open source software for digital pathology
        image analysis. Scientific Reports 7, 16878 (2017). https://doi.org/10.1038/s41598-017-17204-5
    """
    check_numbering(nuclei, cells, where=path)
    of_nuclei, measured = outlines(nuclei), _numbers(measurements)
    features = []
    for number, polygons in outlines(cells).items():
        properties: dict[str, Any] = {"objectType": "cell", "name": (names or {}).get(number, str(number))}
        if shown := (classes or {}).get(number):
            properties |= {"classification": {"name": shown}}
        properties |= {"measurements": measured.get(number, {})}
        feature: dict[str, Any] = {"type": "Feature", "geometry": _geometry([max(polygons, key=area)])}
        if number in of_nuclei:
            feature |= {"nucleusGeometry": _geometry(without_crumbs(of_nuclei[number]))}
        features.append(feature | {"properties": properties})
    collection = {"type": "FeatureCollection", "features": features}
    write_text(path, json.dumps(collection, ensure_ascii=False, separators=(",", ":")))


def read_geojson(path: str | Path, shape: Shape) -> QuPathCells:
    """Read the cells among the objects that QuPath exported; detections and annotations are cells without a nucleus.

    Regions, tiles, cores of tissue microarrays and other objects are left out (see `cells_among`). A pixel belongs to
    a cell if its centre lies in the polygon; where two overlap, to the later one. Parts of a nucleus outside its cell
    are dropped.

    Args:
        path: a GeoJSON file.
        shape: height and width of the image, px.

    Raises:
        CellocateError: the file is missing or broken, cells are not polygons, lie outside the image or have no pixel of
            their own, or it is unclear which objects are cells.
    """
    objects, notes = cells_among(_features(path), shape, path)
    cells, nuclei = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    for number, one in enumerate(objects, start=1):
        cells[one.place][one.inside] = number
        if (geometry := one.feature.get("nucleusGeometry")) is not None:
            place, inside = pixels_of(geometry, shape, f"{one.where}, its nucleus")
            nuclei[place][inside] = number
    there = np.bincount(cells.ravel(), minlength=len(objects) + 1)[1:] > 0
    if not there.all():
        what = f"cell {there.argmin() + 1} has no pixel of its own"
        raise CellocateError(what, where=path, mend="Remove it: it is empty, or lies under others.")
    nuclei[nuclei != cells] = 0
    properties = [one.feature.get("properties") or {} for one in objects]
    names = tuple(str(shown.get("name") or "") for shown in properties)
    classes = tuple(str((shown.get("classification") or {}).get("name") or "") for shown in properties)
    if not objects:
        notes.append(Note("the GeoJSON is empty: it has no cells"))
    return QuPathCells(nuclei, cells, names, classes, _table(properties), tuple(notes))


def _geometry(polygons: list[Polygon]) -> dict[str, Any]:
    closed = [[[*ring.tolist(), ring[0].tolist()] for ring in polygon] for polygon in polygons]
    if len(closed) == 1:
        return {"type": "Polygon", "coordinates": closed[0]}
    return {"type": "MultiPolygon", "coordinates": closed}


def _numbers(measurements: pd.DataFrame | None) -> dict[int, dict[str, float]]:
    if measurements is None:
        return {}
    rows = measurements.select_dtypes("number").to_dict("index")
    return {
        int(str(number)): {str(name): float(value) for name, value in row.items() if math.isfinite(value)}
        for number, row in rows.items()
    }


def _features(path: str | Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CellocateError("no such GeoJSON file", where=path, mend="Check the name.") from None
    except (OSError, ValueError, RecursionError):  # also text that is not UTF-8
        raise CellocateError("not GeoJSON (cut short, damaged or another kind)", where=path, mend=_MEND) from None
    found = content.get("features", [content]) if isinstance(content, dict) else content  # QuPath may write a list
    if not isinstance(found, list) or len(found) > MAX_CELLS or not all(map(_is_feature, found)):
        raise CellocateError(f"not GeoJSON of at most {MAX_CELLS} objects", where=path, mend=_MEND)
    return [dict(feature) for feature in found]


def _is_feature(found: object) -> bool:
    if not isinstance(found, dict) or found.get("type") != "Feature":
        return False
    own = found.get("properties") or {}
    kinds = {"classification": dict, "measurements": dict | list}
    return isinstance(own, dict) and all(isinstance(own.get(name) or {}, kind) for name, kind in kinds.items())


def _table(properties: list[dict[str, Any]]) -> pd.DataFrame:
    """Measurements, written as a mapping or, in older versions, as a list of names and values."""
    import pandas as pd

    rows = []
    for own in properties:
        found = own.get("measurements") or {}
        if isinstance(found, list):
            found = {m.get("name"): m.get("value") for m in found if isinstance(m, dict)}
        rows.append({str(name): _number(value) for name, value in dict(found).items()})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="cell"), dtype=float)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
