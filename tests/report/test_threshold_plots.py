"""The figure of F1 against threshold: a panel for each location, and the numbers beside."""

import numpy as np
import pandas as pd
import pytest

from cellocate.decision import f1_curves
from cellocate.pictures.style import NARROW, WIDE
from cellocate.report.threshold_plots import plot_f1_curves, save_f1_curves


def table(names=("Nucleoli", "A $name$ that is far too long for one line", "Tip"), thresholds=(0.3, 0.7, 0.5)):
    rng = np.random.default_rng(0)
    truth = rng.random((40, len(names))) < 0.3
    truth[:, -1] = False
    truth[4:, 1] = False
    return f1_curves(rng.random(truth.shape), truth, names, thresholds)


def test_each_location_has_a_panel_with_its_curve_and_the_chosen_point():
    curves = table()
    panels = [axes for axes in plot_f1_curves(curves).axes if axes.axison]
    assert len(panels) == 3
    for axes, (_, curve) in zip(panels[:2], curves.groupby("location", sort=False), strict=False):
        line, _, point = axes.lines
        np.testing.assert_array_equal(line.get_ydata(), curve["f1"])
        chosen = curve[curve["chosen"] == 1].iloc[0]
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (chosen["threshold"], chosen["f1"])
    assert panels[0].lines[2].get_markerfacecolor() != panels[1].lines[2].get_markerfacecolor()  # hollow: few fields
    assert panels[1].get_title(loc="left").endswith("…" + f" ({table()['support'].iloc[102]})")


def test_a_location_without_fields_says_so():
    last = plot_f1_curves(table()).axes[2]
    assert "no field" in [text.get_text() for text in last.texts]


@pytest.mark.parametrize(("width", "columns"), [(WIDE, 4), (NARROW, 2)])
def test_panels_fit_a_desk_and_a_phone(width, columns):
    figure = plot_f1_curves(table([f"L{i}" for i in range(28)], [0.5] * 28), width)
    assert figure.get_size_inches()[0] * 72 <= width
    assert figure.axes[0].get_gridspec().ncols == columns


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_figure_and_numbers_are_written_side_by_side(tmp_path, suffix):
    curves = table(thresholds=None)
    paths = save_f1_curves(tmp_path / f"curves.{suffix}", curves)
    assert [path.name for path in paths] == [f"curves.{suffix}", "curves.csv"]
    pd.testing.assert_frame_equal(pd.read_csv(paths[1]), curves, atol=1e-6, check_dtype=False)
    assert paths[0].stat().st_size > 1000


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_figure_says_what_its_marks_mean_and_the_key_fits(width):
    figure = plot_f1_curves(table([f"L{i}" for i in range(28)], [0.5] * 28), width)
    key = next(text for text in figure.texts if "(n)" in text.get_text())
    figure.draw_without_rendering()
    box, whole = key.get_window_extent(), figure.bbox
    assert whole.x0 <= box.x0 < box.x1 <= whole.x1
    assert box.y0 > max(axes.title.get_window_extent().y1 for axes in figure.axes[:2])
    assert all(word in " ".join(key.get_text().split()) for word in ("Dotted line", "Hollow dot", "below 10"))
