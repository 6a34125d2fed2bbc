"""One estimate of the pixel size for all fields of a microscope."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cellocate.cells import cutting
from cellocate.cells.conversion import convert
from cellocate.cells.crops import CropSettings
from cellocate.cells.cutting import CellPlan
from cellocate.cells.estimated_pixel_sizes import SAMPLE, PixelSizeEstimates, estimate_pixel_sizes
from cellocate.cells.segmentation import segment
from cellocate.cells.segmentation.nucleus_sizes import estimated_pixel_size, nucleus_px
from cellocate.collection import open_collection, pack
from cellocate.images import write_png

WIDE, NARROW = {"a": 22, "b": 24, "c": 26, "d": 40, "e": 25}, {"f": 30, "g": 32, "h": 34}


def nuclei(across, side):
    """Three round nuclei so many px wide."""
    dna = np.zeros((side, side), np.uint8)
    for y, x in ((side // 4, side // 4), (side // 4, 3 * side // 4), (3 * side // 4, side // 2)):
        cv2.circle(dna, (x, y), across // 2, 200, -1, cv2.LINE_AA)
    return dna


@pytest.fixture
def fields(tmp_path):
    """Fields of two sizes in px, none of which tells its pixel size; of two channels."""
    for side, sizes in ((160, WIDE), (128, NARROW)):
        for name, across in sizes.items():
            write_png(tmp_path / "fields" / f"{name}_blue.png", nuclei(across, side))
            write_png(tmp_path / "fields" / f"{name}_green.png", nuclei(across, side) // 2)
    return open_collection(tmp_path / "fields")


def of_each(fields, ids):
    return [13 / nucleus_px(fields.read(i, ["blue"])[0][0]) for i in ids]


def test_fields_of_one_size_have_the_median_of_what_each_looks_like(fields):
    sizes, notes = estimate_pixel_sizes(fields)
    assert set(sizes) == set(notes) == set(fields.ids)
    for group, side in ((WIDE, 160), (NARROW, 128)):
        alone = of_each(fields, group)
        assert len(set(np.round(alone, 3))) > 2
        for field in group:
            assert sizes[field] == pytest.approx(np.median(alone), rel=1e-3)
            assert (
                f"assumed to be {sizes[field]:.2g} µm for all fields of {side}×{side} px, because nuclei"
                in notes[field]
            )


def test_neither_the_order_nor_the_number_of_workers_matters(fields):
    backwards = fields.subset(fields.ids[::-1])
    assert (
        dict(estimate_pixel_sizes(fields).sizes)
        == dict(estimate_pixel_sizes(backwards).sizes)
        == dict(estimate_pixel_sizes(fields, workers=2).sizes)
    )


def test_what_is_told_stays(fields):
    known = fields.fields.assign(pixel_size=[0.1 if i == "d" else None for i in fields.ids])
    told = replace(fields, fields=known)
    sizes, _ = estimate_pixel_sizes(told)
    assert "d" not in sizes
    filled = told.with_pixel_sizes(sizes)
    assert filled.pixel_size("d") == 0.1
    assert {filled.pixel_size(i) for i in WIDE if i != "d"} == {sizes["a"]}
    assert estimate_pixel_sizes(filled) == PixelSizeEstimates({}, {})


def test_collections_that_were_merged_are_apart(fields):
    source = ["here" if i in "ab" else "there" for i in fields.ids]
    sizes, _ = estimate_pixel_sizes(replace(fields, fields=fields.fields.assign(source=source)))
    assert sizes["a"] == sizes["b"] == pytest.approx(np.median(of_each(fields, "ab")), rel=1e-3)
    assert sizes["c"] == pytest.approx(np.median(of_each(fields, "cde")), rel=1e-3)
    assert sizes["f"] == estimate_pixel_sizes(fields).sizes["f"]


def test_what_shows_no_nuclei_or_cannot_be_read_is_passed_over(fields):
    for name in NARROW:
        write_png(fields.folder / f"{name}_blue.png", np.zeros((128, 128), np.uint8))
    write_png(fields.folder / "a_blue.png", np.zeros((160, 160), np.uint8))
    (fields.folder / "b_blue.png").write_bytes(b"no image")
    sizes, _ = estimate_pixel_sizes(fields)
    assert set(sizes) & set(NARROW) == set()
    assert sizes["a"] == pytest.approx(np.median(of_each(fields, "cde")), rel=1e-3)
    assert estimated_pixel_size(np.zeros((64, 64), np.uint8)) is None


def test_of_many_fields_some_are_looked_at(tmp_path, monkeypatch):
    for i in range(SAMPLE + 15):
        write_png(tmp_path / "many" / f"f{i:02}_blue.png", nuclei(20, 64))
    looked_at = []

    def look(one):
        looked_at.append(one.ids[0])
        return 0.5

    monkeypatch.setattr("cellocate.cells.estimated_pixel_sizes._estimate", look)
    sizes, _ = estimate_pixel_sizes(open_collection(tmp_path / "many"))
    assert len(looked_at) == len(set(looked_at)) == SAMPLE
    assert {"f00", f"f{SAMPLE + 14:02}"} <= set(looked_at)
    assert len(sizes) == SAMPLE + 15


def test_a_store_of_smaller_pictures_has_the_size_of_these(fields, tmp_path):
    wide = fields.subset(list(WIDE))
    store = pack(wide, tmp_path / "store", sizes=[80], workers=1)
    seen, size = store.with_pixel_sizes(estimate_pixel_sizes(store).sizes).read("a", ["blue"])
    assert seen.shape == (1, 80, 80)
    assert size == pytest.approx(2 * estimate_pixel_sizes(wide).sizes["a"], rel=0.05)


def test_an_estimate_is_kept_for_the_fields_that_are_mended_later(fields, tmp_path):
    kept = tmp_path / "pixel_sizes.json"
    whole = {name: (fields.folder / name).read_bytes() for name in ("a_blue.png", "a_green.png")}
    for name in whole:
        (fields.folder / name).write_bytes(b"no image")
    without = estimate_pixel_sizes(fields, kept=kept).sizes
    assert without["d"] == pytest.approx(np.median(of_each(fields, "bcde")), rel=1e-3)
    assert "a" not in without
    for name, content in whole.items():
        (fields.folder / name).write_bytes(content)
    assert estimate_pixel_sizes(fields, kept=kept).sizes == {**without, "a": without["d"]}
    assert estimate_pixel_sizes(fields).sizes["d"] != without["d"]


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_cells_of_all_fields_have_one_pixel_size_whatever_interrupts(fields, tmp_path, monkeypatch):
    plan = CellPlan(tmp_path / "whole", fields.channels, CropSettings(size=16), None, segment)
    whole = convert(fields, plan, workers=1)
    told = whole.cells.fields.groupby("field")["field_pixel_size"].unique()
    assert {float(told[i][0]) for i in WIDE} == {estimate_pixel_sizes(fields).sizes["a"]}
    assert {float(told[i][0]) for i in NARROW} == {estimate_pixel_sizes(fields).sizes["f"]}
    notes = [n for n in whole.summary["notes"] if "pixel size was not given" in n["note"]]
    assert [n["fields"] for n in notes] == [8]

    cut = cutting._cut
    left = iter(range(4))

    def stopped(one):
        if next(left, None) is None:
            raise KeyboardInterrupt
        cut(one)

    broken = replace(plan, out=tmp_path / "broken")
    monkeypatch.setattr(cutting, "_cut", stopped)
    with pytest.raises(KeyboardInterrupt):
        convert(fields, broken, workers=1)
    monkeypatch.setattr(cutting, "_cut", cut)
    convert(fields, broken, workers=1, resume=True)
    assert contents(broken.out) == contents(plan.out)
