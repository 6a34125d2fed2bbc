import numpy as np
import pandas as pd
import pytest

from cellocate.collection import inspect, open_collection
from cellocate.errors import CellocateError
from cellocate.explore import ExploreOptions
from cellocate.explore.captioned_plots import make_plots
from cellocate.explore.column_summary import summarise_column
from cellocate.explore.exploration import analyse
from cellocate.explore.pixel_statistics import PER_LOCATION, compare_medians, measure_fields, sample_fields
from cellocate.explore.typical_fields import choose_typical
from cellocate.images import read_channel, write_png


@pytest.fixture
def folder(tmp_path):
    """Twelve fields of even brightness, 10 grey levels apart."""
    for i in range(12):
        for channel in ("green", "blue"):
            write_png(tmp_path / f"f{i:02}_{channel}.png", np.full((16, 20), 10 * i, np.uint8))
    return tmp_path


def test_the_draw_is_fixed_by_its_seed(folder):
    collection = open_collection(folder)
    first, again, other = (sample_fields(collection, None, 5, seed) for seed in (1, 1, 2))
    assert first.index.tolist() == again.index.tolist() != other.index.tolist()
    assert first.tolist() == [True] * 5


def test_what_two_collections_share_is_drawn_of_both(folder):
    whole = open_collection(folder)
    some = whole.subset([field for field in whole.ids if field != "f03"])
    first, second = (sample_fields(collection, None, 6, 0).index for collection in (whole, some))
    assert len(second) == 6
    assert set(first) - {"f03"} <= set(second)


def test_rare_locations_are_drawn_as_well_and_marked(folder):
    collection = open_collection(folder)
    truth = np.zeros((12, 2), bool)
    truth[:, 0], truth[[3, 4], 1] = True, True
    drawn = sample_fields(collection, truth, 1, 0)
    assert {"f03", "f04"} <= set(drawn.index)
    assert len(drawn) <= PER_LOCATION + 2
    assert drawn.sum() == 1


def test_figures_of_pixels(folder):
    write_png(folder / "f00_blue.png", np.full((16, 20), 255, np.uint8))
    table, problems = measure_fields(open_collection(folder), ["f00", "f11"])
    assert problems == []
    assert table.loc["f11", ["height_px", "width_px", "depth_bits"]].tolist() == [16, 20, 8]
    assert table.loc["f11", "green_mean"] == table.loc["f11", "green_high"] == pytest.approx(110 / 255)
    assert table["blue_saturated"].tolist() == [1, 0]
    assert np.isnan(table["protein_in_blue"]).all()  # an even plane correlates with nothing
    assert np.isnan(table["sharpness"]).all()  # neither red nor yellow


def test_a_file_that_cannot_be_read_is_refused_or_skipped(folder):
    (folder / "f05_green.png").write_bytes(b"no image")
    collection = open_collection(folder)
    with pytest.raises(CellocateError, match="f05"):
        analyse(collection, ExploreOptions())
    explored = analyse(collection, ExploreOptions(skip_bad=True))
    assert explored.notes[0].startswith("left out 1 faulty field: f05 ")
    assert (len(explored.pixels), explored.n) == (11, 11)


def test_fields_are_left_out_and_counted_once_as_check_counts_them(folder):
    (folder / "f05_green.png").write_bytes(b"no image")  # seen in the header
    damaged = bytearray((folder / "f07_green.png").read_bytes())
    damaged[len(damaged) // 2] ^= 255  # seen in the pixels only
    (folder / "f07_green.png").write_bytes(damaged)
    (folder / "labels.csv").write_text("Id,Target\n" + "".join(f"f{i:02},{99 if i == 9 else 0}\n" for i in range(12)))
    collection = open_collection(folder)
    faults = {problem.id for problem in inspect(collection, decode=True).problems}
    assert faults == {"f05", "f07", "f09"}
    explored = analyse(collection, ExploreOptions(skip_bad=True), collection)
    for side in (explored, explored.before):
        assert (side.n, len(side.pixels), side.labels.n) == (9, 9, 9)
        assert len([note for note in side.notes if note.startswith("left out 3 faulty fields: ")]) == 1


def test_pictures_before_and_after_are_compared(folder):
    collection = open_collection(folder)
    bright = collection.subset([f"f{i:02}" for i in range(6, 12)])
    explored = analyse(bright, ExploreOptions(), collection)
    assert explored.before.pixels.index.sort_values().tolist() == collection.ids
    found = compare_medians(explored.before.random, explored.random).set_index("figure")
    assert found.loc["green_mean"].tolist() == pytest.approx([55 / 255, 85 / 255])
    assert "height_px" not in found.index
    assert "sharpness" not in found.index  # neither red nor yellow
    plot = make_plots(explored)["compared_pixels"]
    assert "before (line, n = 12) and after (area, n = 6)" in plot.caption
    drawn = [axes for axes in plot.draw(720).axes if axes.patches]
    assert [axes.get_title(loc="left").split(",")[0] for axes in drawn] == ["Protein (green)", "Nucleus (blue)"]
    for axes in drawn:
        medians_drawn = [line.get_xdata()[0] for line in axes.lines]
        assert medians_drawn == pytest.approx([100 * 55 / 255, 100 * 85 / 255])
        assert sum(bar.get_height() for bar in axes.patches[1:]) == pytest.approx(100)


def test_labels_alone_have_no_pictures_to_compare(folder):
    (folder / "labels.csv").write_text("Id,Target\nf00,0\nf01,2\n")
    table = open_collection(folder / "labels.csv")
    assert analyse(table, ExploreOptions(), table).before.pixels is None


def test_typical_and_extreme():
    pixels = pd.DataFrame({"green_mean": [0.5, 0.51, 0.49, 0.9, 0.5, 0.1, 0.52]}, index=list("abcdefg"))
    shows = np.array([1, 1, 1, 1, 1, 1, 0], bool)
    chosen = choose_typical(pixels, shows, each=2)
    assert set(chosen.extreme) == {"d", "f"}
    assert set(chosen.typical) == {"a", "e"}
    assert chosen.random == ["b", "c"]
    assert choose_typical(pixels, np.zeros(7, bool)) == ([], [], [])
    assert choose_typical(pixels, np.array([1, 0, 0, 0, 0, 0, 0], bool)) == (["a"], [], [])


def test_the_values_of_a_column(folder):
    table = folder / "labels.csv"
    lines = [f"f{i:02},{'0 25' if i < 4 else '2'},{'U-2 OS' if i < 7 else 'HeLa' if i < 11 else ''}" for i in range(12)]
    table.write_text("\n".join(["Id,Target,cell_line", *lines]))
    collection = open_collection(folder)
    found = summarise_column(collection, "cell_line", collection.labelled().truth(), None)
    assert found.to_numpy().tolist() == [
        ["U-2 OS", 7, 3, pytest.approx(11 / 7)],
        ["HeLa", 4, 1, 1],
        ["not recorded", 1, 1, 1],
    ]


def test_fields_may_have_other_channels_than_others(folder):
    write_png(folder / "f07_red.png", np.full((16, 20), 9, np.uint8))
    explored = analyse(open_collection(folder), ExploreOptions())
    assert (explored.n, len(explored.pixels)) == (12, 12)
    (folder / "f07_red.png").write_bytes(b"no image")
    with pytest.raises(CellocateError, match="f07"):
        analyse(open_collection(folder), ExploreOptions())


def test_a_channel_that_no_measured_field_has_is_not_drawn(folder):
    write_png(folder / "f07_red.png", np.full((16, 20), 9, np.uint8))
    collection = open_collection(folder)
    without = next(seed for seed in range(9) if sample_fields(collection, None, 1, seed).index[0] != "f07")
    drawn = make_plots(analyse(collection, ExploreOptions(sample=1, seed=without), collection))
    titles = [axes.get_title(loc="left") for axes in drawn["intensity"].draw(720).axes]
    assert titles == ["Protein (green)", "Nucleus (blue)"]
    assert "compared_pixels" in drawn


def test_a_channel_that_was_not_there_before_is_not_compared(folder, tmp_path):
    collection = open_collection(folder)
    (tmp_path / "other").mkdir()
    write_png(tmp_path / "other" / "f00_green.png", np.full((16, 20), 9, np.uint8))
    drawn = make_plots(analyse(collection, ExploreOptions(), open_collection(tmp_path / "other")))
    titles = [axes.get_title(loc="left") for axes in drawn["compared_pixels"].draw(720).axes]
    assert len([title for title in titles if title.startswith("Protein (green)")]) == 1
    assert not [title for title in titles if "blue" in title]


def test_pictures_without_a_common_channel_are_not_compared(folder, tmp_path):
    (tmp_path / "other").mkdir()
    write_png(tmp_path / "other" / "f00_red.png", np.full((16, 20), 9, np.uint8))
    other = open_collection(tmp_path / "other")
    whole = open_collection(folder).subset(["f01", "f02"])
    assert "compared_pixels" not in make_plots(analyse(other, ExploreOptions(), whole))


def test_a_field_that_cannot_be_read_is_not_counted_as_measured(folder):
    (folder / "f05_green.png").write_bytes(b"no image")
    explored = analyse(open_collection(folder), ExploreOptions(skip_bad=True))
    assert explored.summary["sample"] == {"seed": 0, "random": 11, "measured": 11}


def test_axes_of_brightness_end_where_the_fields_do(folder):
    drawn = make_plots(analyse(open_collection(folder), ExploreOptions()))["intensity"].draw(720).axes
    for axes in drawn:
        assert axes.get_xlim() == pytest.approx((0, 100 * 110 / 255))
        bars = [bar for bar in axes.patches if bar.get_height()]
        assert max(bar.get_x() + bar.get_width() for bar in bars) == pytest.approx(100 * 110 / 255)


def test_12_bits_in_16_are_measured_on_their_own_scale(folder):
    collection, deep = open_collection(folder), folder / "deep"
    deep.mkdir()
    for field in collection.ids:
        for channel, path in collection.files(field).items():
            counts = np.round(read_channel(path, channel) * (4095 / 255)).astype(np.uint16)
            write_png(deep / f"{field}_{channel}.png", counts)
    (deep / "collection.yaml").write_text("bits: 12\n")
    eight, twelve = (analyse(open_collection(place), ExploreOptions()) for place in (folder, deep))
    same = [name for name in eight.pixels if name not in ("depth_bits", "camera_bits")]
    np.testing.assert_allclose(twelve.pixels[same], eight.pixels[same], atol=2e-4)
    assert twelve.pixels[["depth_bits", "camera_bits"]].drop_duplicates().to_numpy().tolist() == [[16, 12]]
    assert "largest value that a pixel can have (4,095)" in make_plots(twelve)["intensity"].caption
