"""Cells as QuPath's GeoJSON: an object for each, with its nucleus, name, class and measurements."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.labels import MOST, Labels, Shape
from cellocate.cells.masks.numbering import check_numbering
from cellocate.cells.masks.outlines import Polygon, filled, outlines
from cellocate.cells.masks.run_lengths import see_every_cell
from cellocate.errors import CellocateError
from cellocate.files import write_text

if TYPE_CHECKING:
    import pandas as pd

_MEND = "Export the objects from QuPath again, as GeoJSON of this image."


class QuPathCells(NamedTuple):
    """What a GeoJSON file says of the cells of a field.

    Attributes:
        nuclei: shape (H, W), each pixel of a nucleus having the number of its cell.
        cells: shape (H, W), cells numbered 1 to n in the order of the file.
        names: of the cells 1 to n; "" where there is none.
        classes: their classifications; "" where there is none.
        measurements: float, a row for each of `cell` 1 to n; NaN where a cell lacks one.
    """

    nuclei: NDArray[np.uint16]
    cells: NDArray[np.uint16]
    names: tuple[str, ...]
    classes: tuple[str, ...]
    measurements: pd.DataFrame


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

    Outlines follow the edges of the pixels, so that they have the area of the mask and can be read back exactly.

    Args:
        path: a .geojson file.
        nuclei: shape (H, W), numbered as their cells.
        cells: shape (H, W), numbered 1 to n.
        measurements: a row for each cell, by its number; numeric columns are written, but for values that are NaN.
        names: of cells, by number; else the number.
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
        feature: dict[str, Any] = {"type": "Feature", "geometry": _geometry(polygons)}
        if number in of_nuclei:
            feature |= {"nucleusGeometry": _geometry(of_nuclei[number])}
        features.append(feature | {"properties": properties})
    collection = {"type": "FeatureCollection", "features": features}
    write_text(path, json.dumps(collection, ensure_ascii=False, separators=(",", ":")))


def read_geojson(path: str | Path, shape: Shape) -> QuPathCells:
    """Read objects that QuPath exported: cells, or detections and annotations, which are cells without a nucleus.

    A pixel is a cell's if its centre lies in the polygon; where two overlap, the later one's. What of a nucleus lies
    outside its cell is left out.

    Args:
        path: a GeoJSON file.
        shape: height and width of the image, px.

    Raises:
        CellocateError: the file is missing or broken, has objects other than polygons, lies outside the image, or has
            a cell without a pixel of its own.
    """
    features = _features(path)
    cells, nuclei = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    for number, feature in enumerate(features, start=1):
        where = f"{path}, object {number}"
        _draw(cells, number, feature.get("geometry"), where)
    for number, feature in enumerate(features, start=1):
        if feature.get("nucleusGeometry") is not None:
            _draw(nuclei, number, feature["nucleusGeometry"], f"{path}, nucleus of object {number}")
    see_every_cell(cells, len(features), where=path)
    nuclei[nuclei != cells] = 0
    properties = [feature.get("properties") or {} for feature in features]
    names = tuple(str(said.get("name") or "") for said in properties)
    classes = tuple(str((said.get("classification") or {}).get("name") or "") for said in properties)
    return QuPathCells(nuclei, cells, names, classes, _table(properties))


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
    except (OSError, ValueError, RecursionError):  # also text that is no UTF-8
        raise CellocateError("no GeoJSON (cut short, damaged or another kind)", where=path, mend=_MEND) from None
    found = content.get("features", [content]) if isinstance(content, dict) else content  # QuPath may write a list
    if not isinstance(found, list) or len(found) > MOST or not all(map(_is_feature, found)):
        raise CellocateError(f"no GeoJSON of at most {MOST} objects", where=path, mend=_MEND)
    return [dict(feature) for feature in found]


def _is_feature(found: object) -> bool:
    if not isinstance(found, dict) or found.get("type") != "Feature":
        return False
    said = found.get("properties") or {}
    kinds = {"classification": dict, "measurements": dict | list}
    return isinstance(said, dict) and all(isinstance(said.get(name) or {}, kind) for name, kind in kinds.items())


def _draw(labels: NDArray[np.uint16], number: int, geometry: object, where: str) -> None:
    rings = list(_rings(geometry, where))
    points = np.concatenate(rings)
    height, width = labels.shape
    if points.min() < -1 or (points > (width + 1, height + 1)).any():  # a px of play for outlines that were smoothed
        what = f"an outline beyond the image of {width} × {height} px"
        raise CellocateError(what, where=where, mend="Give the GeoJSON of this image, at its full size.")
    place, inside = filled(rings, labels.shape)
    labels[place][inside] = number


def _rings(geometry: object, where: str) -> Iterator[NDArray[np.float64]]:
    """The rings of a polygon or of several, each shape (K, 2)."""
    said = geometry if isinstance(geometry, dict) else {}
    kind, corners = said.get("type", "no geometry"), said.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        mend = "Export cells, detections or area annotations alone."
        raise CellocateError(f"an object that is no polygon ({kind})", where=where, mend=mend)
    polygons: Any = [corners] if kind == "Polygon" else corners
    try:
        rings = [np.array(ring, np.float64)[:, :2] for polygon in polygons for ring in polygon]
    except (IndexError, TypeError, ValueError):
        rings = []
    if not rings or any(ring.shape[1] < 2 or len(ring) < 3 or not np.isfinite(ring).all() for ring in rings):
        raise CellocateError("a polygon without proper corners", where=where, mend=_MEND)
    yield from rings


def _table(properties: list[dict[str, Any]]) -> pd.DataFrame:
    """Measurements, as a mapping or, as older versions wrote them, a list of names and values."""
    import pandas as pd

    rows = []
    for said in properties:
        found = said.get("measurements") or {}
        if isinstance(found, list):
            found = {m.get("name"): m.get("value") for m in found if isinstance(m, dict)}
        rows.append({str(name): _number(value) for name, value in dict(found).items()})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="cell"), dtype=float)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
