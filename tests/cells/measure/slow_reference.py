"""Every measurement of a cell, one cell and one whole mask after the other, by other people's functions."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage, stats
from skimage.filters import threshold_otsu
from skimage.measure import regionprops

SPAN = 163.84


def measured(field, channels, nuclei, cells, pixel_size=None):
    """Cell → measurement → value, for what `measure` gives but for spots and the cells' solidity."""
    scale = 255 / np.iinfo(field.dtype).max
    length = pixel_size or SPAN / max(cells.shape)
    square, unit = (1, "px") if pixel_size is None else (pixel_size**2, "um2")
    planes = dict(zip(channels, field.astype(float), strict=True))
    ground = {name: background(plane, cells) for name, plane in planes.items()}
    table = {}
    for cell in regionprops(cells.astype(int)):
        mask, nucleus = cells == cell.label, (nuclei == cell.label) & (cells == cell.label)
        rim = near_edge(mask, length)
        level = {name: otsu(plane[mask]) for name, plane in planes.items()}
        row = {
            "y_px": cell.centroid[0],
            "x_px": cell.centroid[1],
            f"area_{unit}": cell.area * square,
            f"nucleus_area_{unit}": nucleus.sum() * square or math.nan,
            "nucleus_cell_ratio": nucleus.sum() / mask.sum() or math.nan,
            "eccentricity": cell.eccentricity if cell.area > 1 else math.nan,
            "border_share": border_share(mask),
            "edge_area_share": rim.sum() / mask.sum(),
        }
        for name, plane in planes.items():
            for part, where in {"cell": mask, "nucleus": nucleus, "cytoplasm": mask & ~nucleus}.items():
                light = (plane[where] - ground[name]) * scale
                row[f"{name}_{part}_mean"] = light.mean() if len(light) else math.nan
                row[f"{name}_{part}_sum"] = light.sum() if len(light) else math.nan
        if "green" in planes:
            row["edge_share"] = share(np.maximum(planes["green"] - ground["green"], 0), rim, mask)
            inner, outer = row["green_nucleus_mean"], row["green_cytoplasm_mean"]
            row["nucleus_cytoplasm_ratio"] = inner / outer if outer > 0 else math.nan
            for name in channels:
                if name == "green":
                    continue
                row[f"pearson_{name}"] = correlation(planes["green"][mask], planes[name][mask])
                for k, one, other in ((1, "green", name), (2, name, "green")):
                    light = np.maximum(planes[one] - ground[one], 0)
                    known = not math.isnan(level[other])
                    row[f"manders{k}_{name}"] = share(light, planes[other] > level[other], mask) if known else math.nan
        table[cell.label] = row
    return table


def background(plane, cells):
    free = cells == 0
    return float(np.median(plane[free])) if free.mean() >= 0.01 else float(np.percentile(plane, 1))


def otsu(values):
    if values.min() == values.max():
        return math.nan
    return float(threshold_otsu(hist=np.unique(values, return_counts=True)[::-1]))


def share(light, where, mask):
    return light[where & mask].sum() / light[mask].sum() if light[mask].any() else math.nan


def correlation(one, other):
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    return stats.pearsonr(one, other).statistic


def near_edge(mask, length):
    """Where the middle of a pixel is within 1 µm of the outer side of one at the edge."""
    edge = mask & ~ndimage.binary_erosion(mask, border_value=1)
    apart = ndimage.distance_transform_edt(~edge) if edge.any() else np.full(mask.shape, np.inf)
    return mask & (edge | (apart + 0.5 <= 1 / length))


def border_share(mask):
    padded = np.pad(mask, 1)
    sides = sum((padded & ~np.roll(padded, shift, axis)).sum() for axis in (0, 1) for shift in (1, -1))
    return (mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum()) / sides
