from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import regionprops
from slow_reference import measured

from cellocate.cells.masks import renumbered
from cellocate.cells.measure import measure
from cellocate.errors import CellocateError
from cellocate.phantom import simulate_field

CHANNELS = ("red", "green", "blue", "yellow")
shapes = array_shapes(min_dims=2, max_dims=2, max_side=9)


def phantom(*labels, seed=1, depth=8):
    """Channels, nuclei and cells of a small field of .16 µm per px."""
    field = simulate_field(labels, size=512, span=81.92, seed=seed, depth=depth, variability=0)
    return field.channels, *renumbered(field.nuclei, field.cells)


@st.composite
def fields(draw):
    shape = draw(shapes)
    cells = draw(arrays(np.uint16, shape, elements=st.integers(0, 3)))
    nuclei = np.where(draw(arrays(np.bool_, shape)), cells, 0)
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    most = draw(st.sampled_from([0, 1, 3, np.iinfo(dtype).max]))
    channels = draw(st.permutations(CHANNELS))[: draw(st.integers(1, 4))]
    field = draw(arrays(dtype, (len(channels), *shape), elements=st.integers(0, int(most))))
    return field, channels, *renumbered(nuclei, cells), draw(st.sampled_from([None, 0.1, 0.5, 3.0]))


@settings(max_examples=150)
@given(fields())
def test_everything_agrees_with_a_slow_reference(made):
    table = measure(*made)
    expected = measured(*made)
    assert table.index.tolist() == sorted(expected)
    for cell, row in expected.items():
        for name, value in row.items():
            assert table.loc[cell, name] == pytest.approx(value, rel=1e-6, abs=2e-6, nan_ok=True), name


@pytest.mark.parametrize("depth", [8, 16])
def test_phantoms_agree_with_a_slow_reference(depth):
    channels, nuclei, cells = phantom(0, 21, depth=depth)
    table = measure(channels, CHANNELS, nuclei, cells, 0.16)
    assert len(table) > 3
    for cell, row in measured(channels, CHANNELS, nuclei, cells, 0.16).items():
        for name, value in row.items():
            # distances are those of a chamfer, and thresholds those of a sample, near enough
            near = {"rel": 0.02} if name.startswith("edge") else {"abs": 0.03 if "manders" in name else 1e-6}
            assert table.loc[cell, name] == pytest.approx(value, nan_ok=True, **near), name


def test_solidity_is_near_that_of_scikit_image_and_exact_for_known_shapes():
    channels, nuclei, cells = phantom(0)
    table = measure(channels, CHANNELS, nuclei, cells)
    for labels, name in ((cells, "solidity"), (nuclei, "nucleus_solidity")):
        for region in regionprops(labels.astype(int)):
            if region.area > 2000:
                assert table.loc[region.label, name] == pytest.approx(region.solidity, abs=0.03)
    corner = np.zeros((6, 6), np.uint16)
    corner[1:5, 1] = corner[4, 1:5] = 1  # 7 px in a hull of 16 less a triangle of 4.5
    corner[0, 5] = 2
    said = measure(np.zeros((1, 6, 6), np.uint8), ["blue"], corner * 0, corner)["solidity"]
    assert said.tolist() == [7 / 11.5, 1]


def test_areas_are_in_micrometres_where_these_are_known():
    cells = np.zeros((10, 10), np.uint16)
    cells[2:8, 2:8] = 1
    nuclei = np.where(np.pad(np.ones((2, 2), bool), 4), cells, 0)
    green = np.zeros((1, 10, 10), np.uint8)
    known, unknown = (measure(green, ["green"], nuclei, cells, size).loc[1] for size in (0.5, None))
    assert (known["area_um2"], known["nucleus_area_um2"]) == (9, 1)
    assert (unknown["area_px"], unknown["nucleus_area_px"]) == (36, 4)
    assert known["nucleus_cell_ratio"] == unknown["nucleus_cell_ratio"] == 1 / 9
    assert "area_px" not in known
    assert "area_um2" not in unknown


def test_a_field_of_16_bits_has_the_intensities_of_its_edition_in_8():
    channels, nuclei, cells = phantom(25)
    one = measure(channels, CHANNELS, nuclei, cells, 0.16)
    other = measure(channels.astype(np.uint16) * 257, CHANNELS, nuclei, cells, 0.16)
    counts = [name for name in one if name.endswith("_counts")]
    np.testing.assert_allclose(other.drop(columns=counts), one.drop(columns=counts), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other[counts], one[counts] * 257)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_counts_of_a_camera_are_grey_levels_of_its_own_depth(bits):
    channels, nuclei, cells = phantom(25)
    top = 2**bits - 1
    deep = np.round(channels * (top / 255)).astype(np.uint16)
    one = measure(channels, CHANNELS, nuclei, cells, 0.16)
    other = measure(deep, CHANNELS, nuclei, cells, 0.16, bits)
    means = [name for name in one if name.endswith("_mean")]
    np.testing.assert_allclose(other[means], one[means], atol=0.3)
    inside = cells == 1
    assert other.loc[1, "green_cell_mean_counts"] == pytest.approx(deep[1][inside].mean())
    background = other.loc[1, "green_background_counts"]
    assert background == np.median(deep[1][cells == 0])
    grey = (other["green_cell_mean_counts"] - background) * 255 / top
    np.testing.assert_allclose(other["green_cell_mean"], grey, rtol=1e-9)


LOCATIONS = {"nucleoplasm": 0, "microtubules": 14, "membrane": 21, "cytosol": 25, "reticulum": 6, "peroxisomes": 8}


@pytest.fixture(scope="module")
def by_location():
    """The median over cells of every measurement, for phantoms of one location each."""
    found = {}
    for name, label in LOCATIONS.items():
        channels, nuclei, cells = phantom(label)
        found[name] = measure(channels, CHANNELS, nuclei, cells, 0.16).median()
    return found


def test_the_ratio_tells_nuclear_proteins_from_others(by_location):
    ratios = {name: row["nucleus_cytoplasm_ratio"] for name, row in by_location.items()}
    assert ratios.pop("nucleoplasm") > 5
    assert max(ratios.values()) < 1


def test_the_rim_tells_the_plasma_membrane(by_location):
    over = {name: row["edge_share"] / row["edge_area_share"] for name, row in by_location.items()}
    assert over.pop("membrane") > 1.5
    assert max(over.values()) < 1.2


@pytest.mark.parametrize(
    ("location", "landmark"), [("nucleoplasm", "blue"), ("microtubules", "red"), ("reticulum", "yellow")]
)
def test_a_protein_lies_with_its_own_landmark(by_location, location, landmark):
    for name in (f"pearson_{landmark}", f"manders1_{landmark}"):
        others = [row[name] for other, row in by_location.items() if other != location]
        assert by_location[location][name] > max(0.4, *others), name
    assert by_location[location][f"manders2_{landmark}"] > 0.4


def test_spots_tell_vesicles(by_location):
    spots, shares = ({name: row[column] for name, row in by_location.items()} for column in ("spots", "spot_share"))
    assert spots.pop("peroxisomes") > 10
    assert shares.pop("peroxisomes") > 0.1
    assert max(spots.values()) < 10
    assert max(shares.values()) < 0.05


@pytest.mark.parametrize("pixel_size", [0.08, 0.16, 0.3])
@pytest.mark.parametrize("level", [2.0, 30.0])
def test_drawn_spots_are_counted_on_noise(pixel_size, level):
    rng = np.random.default_rng(0)
    side = round(40 / pixel_size)
    y, x = np.mgrid[:side, :side] * pixel_size
    cells = np.where(np.hypot(y - 20, x - 20) < 18, np.where(x < 20, 1, 2), 0).astype(np.uint16)
    drawn = [(9.1, 9.3), (20.2, 12.0), (31.0, 11.2), (14.9, 15.3), (10.0, 27.1)]
    light = np.where(cells > 0, level, 0)
    for centre in drawn:
        light = light + 60 * np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * 0.25**2))
    green = np.clip(rng.poisson(light), 0, 255).astype(np.uint8)
    table = measure(green[None], ["green"], cells * 0, cells, pixel_size)
    assert table["spots"].tolist() == [4, 1]
    assert (table["spot_share"] > 0).all()


def test_noise_alone_has_no_spots():
    cells = np.ones((400, 400), np.uint16)
    for level in (0.02, 1, 100):
        noise = np.random.default_rng(1).poisson(level, (1, 400, 400)).astype(np.uint8)
        assert measure(noise, ["green"], cells * 0, cells, 0.08).loc[1, "spots"] <= 3


def test_light_that_is_even_lies_at_the_rim_as_the_area_does():
    cells = np.zeros((100, 100), np.uint16)
    cells[10:60, 20:90] = 1
    table = measure(np.where(cells, 90, 5)[None].astype(np.uint8), ["green"], cells * 0, cells, 0.1)
    assert table.loc[1, "edge_area_share"] == pytest.approx(1 - 30 * 50 / (50 * 70), rel=0.02)
    assert table.loc[1, "edge_share"] == pytest.approx(table.loc[1, "edge_area_share"])


def test_without_a_protein_its_measurements_are_nan():
    channels, nuclei, cells = phantom(0)
    whole, part = (measure(channels[:k], CHANNELS[:k], nuclei, cells) for k in (2, 1))
    lacking = [name for name in whole.columns if name not in part.columns]
    kinds, parts = ("mean", "sum", "mean_counts"), ("cell", "nucleus", "cytoplasm")
    assert set(lacking) == {f"green_{p}_{kind}" for p in parts for kind in kinds} | {"green_background_counts"}
    about_the_protein = part.columns[part.isna().all()]
    assert {"nucleus_cytoplasm_ratio", "pearson_red", "spots", "edge_share"} <= set(about_the_protein)
    assert part["red_cell_mean"].notna().all()


def test_a_cell_without_a_nucleus_and_one_without_a_cytoplasm():
    cells = np.array([[1, 1, 0, 2, 2]], np.uint16)
    nuclei = np.array([[0, 0, 0, 2, 2]], np.uint16)
    table = measure(np.array([[[5, 9, 1, 7, 7]]], np.uint8), ["green"], nuclei, cells)
    of_nucleus = ["nucleus_area_px", "nucleus_cell_ratio", "nucleus_solidity", "green_nucleus_mean"]
    assert table.loc[1, of_nucleus].isna().all()
    assert table.loc[1, "green_cytoplasm_mean"] == 6
    assert np.isnan(table.loc[2, "green_cytoplasm_mean"])
    assert table.loc[2, "green_nucleus_sum"] == 12
    assert table["nucleus_cytoplasm_ratio"].isna().all()


def test_a_field_without_cells_gives_a_table_without_rows():
    none = np.zeros((20, 30), np.uint16)
    table = measure(np.zeros((4, 20, 30), np.uint8), CHANNELS, none, none)
    channels, nuclei, cells = phantom(0)
    assert len(table) == 0
    assert list(table.columns) == list(measure(channels, CHANNELS, nuclei, cells).columns)


def test_thousands_of_tiny_cells_are_measured():
    cells = np.arange(1, 5001, dtype=np.uint16).reshape(50, 100)
    channels = np.random.default_rng(0).integers(0, 255, (4, 50, 100), dtype=np.uint8)
    table = measure(channels, CHANNELS, cells, cells)
    assert len(table) == 5000
    assert table["eccentricity"].isna().all()
    assert (table["solidity"] == 1).all()


NONE = np.zeros((4, 4), np.uint16)


@pytest.mark.parametrize(
    ("field", "channels", "nuclei", "cells", "message"),
    [
        (np.zeros((4, 4), np.uint8), ["green"], NONE, NONE, "pixels of shape .4, 4. for the channels green"),
        (np.zeros((2, 4, 4), np.uint8), ["green"], NONE, NONE, "for the channels green"),
        (np.zeros((2, 4, 4), np.uint8), ["green", "green"], NONE, NONE, "for the channels green, green"),
        (np.zeros((1, 4, 4)), ["green"], NONE, NONE, "pixels of type float64"),
        (np.zeros((1, 4, 5), np.uint8), ["green"], NONE, NONE, "masks on 4 × 4 px in a field of 5 × 4 px"),
        (np.zeros((1, 4, 4), np.uint8), ["green"], NONE[1:], NONE, "masks on 4 × 3 px"),
        (np.zeros((1, 4, 4), np.uint8), ["green"], NONE, NONE + 2, "the cell numbers have gaps"),
        (np.zeros((1, 4, 4), np.uint8), ["green"], NONE + 1, NONE, "nucleus 1 has pixels outside cell 1"),
        (np.zeros((1, 4, 4), np.uint8), ["green"], NONE, NONE + 0.5, "is not a label image"),
    ],
)
def test_what_does_not_fit_is_refused(field, channels, nuclei, cells, message):
    with pytest.raises(CellocateError, match=message):
        measure(field, channels, nuclei, cells)


def test_an_impossible_pixel_size_is_refused():
    with pytest.raises(CellocateError, match="impossible pixel size"):
        measure(np.zeros((1, 4, 4), np.uint8), ["green"], NONE, NONE, 0)


def test_real_cells_are_measured(real_data):
    from cellocate.cells.masks import MaskFolder
    from cellocate.collection import open_collection

    collection = open_collection(real_data / "kaggle2021")
    masks = MaskFolder(real_data / "kaggle2021" / "cell_masks")
    field = collection.ids[0]
    channels, _ = collection.read(field, ["green", "red"])
    nuclei, cells = masks.labels(field, channels.shape[1:])
    table = measure(channels, ["green", "red"], nuclei, cells, 0.08)
    assert len(table) == cells.max()
    assert table["area_um2"].median() == pytest.approx(727, rel=0.01)
    assert table.drop(columns=table.columns[table.columns.str.contains("nucleus|cytoplasm")]).notna().all(axis=None)
