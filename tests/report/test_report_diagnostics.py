"""Plots of how a model errs, and of two side by side."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from small_evaluation import TINY, build

from cellocate.assessment.baseline_comparison import Comparison, compare_with, p_value, short_names
from cellocate.decision import Predictions
from cellocate.evaluation import compare, confusion, evaluate, reliability
from cellocate.pictures.style import NARROW, PALETTE, WIDE
from cellocate.report.comparison_plot import plot_comparison
from cellocate.report.diagnostics import plot_confusion, plot_frequency, plot_reliability
from cellocate.report.score_plots import plot_groups
from cellocate.vocabulary import get_vocabulary

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def within(figure):
    """Whether every text lies inside the figure."""
    figure.draw_without_rendering()
    texts = [t for axes in figure.axes for t in (*axes.get_yticklabels(), *axes.get_xticklabels(), *axes.texts)]
    boxes = [t.get_window_extent() for t in texts if t.get_text()]
    return all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= figure.bbox.x1 + 1 and b.y1 <= figure.bbox.y1 + 1 for b in boxes)


@WIDTHS
def test_the_heat_map_of_28_locations_fits_its_page_and_has_a_square_for_each_share(width):
    rng = np.random.default_rng(0)
    truth = rng.random((400, 28)) < 0.1
    matrix = confusion(truth, truth ^ (rng.random(truth.shape) < 0.02))
    figure = plot_confusion(matrix, list(get_vocabulary("hpa28").names), width)
    (axes,) = figure.axes
    assert within(figure)
    assert len(axes.patches) == (matrix > 0).sum()
    numbers = [int(text.get_text()) for text in axes.texts]
    assert (len(numbers) > 28) == (width == WIDE)
    assert all(0 < number <= 100 for number in numbers)


def test_what_is_right_is_blue_and_confusions_are_orange():
    (axes,) = plot_confusion(np.array([[3, 1, 0], [0, 0, 0], [0, 0, 0]]), ["a", "b"]).axes
    assert [to_hex(p.get_facecolor()) for p in axes.patches] == [PALETTE["blue"], PALETTE["orange"]]
    assert [p.get_alpha() for p in axes.patches] == pytest.approx([0.75 * 0.75, 0.25 * 0.75])
    assert [t.get_text() for t in axes.texts] == ["75", "25"]


@WIDTHS
def test_the_reliability_diagram_has_a_point_for_each_full_bin(width):
    truth, p = np.array([[True, False, False, True]]), np.array([[0.9, 0.9, 0.2, 0.21]])
    figure = plot_reliability(reliability(truth, p), width)
    points = figure.axes[0].get_lines()[1]
    assert points.get_ydata().tolist() == [0.5, 0.5]
    assert points.get_xdata().tolist() == pytest.approx([0.205, 0.9])
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == truth.size


@WIDTHS
def test_names_of_points_do_not_overlap(tmp_path, width):
    evaluated = build(tmp_path, "hpa28")
    for k, row in enumerate(evaluated.metrics["per_class"]):
        row["support"], row["f1"] = 1 + k**2, (k % 5) / 5
    figure = plot_frequency(evaluated, width)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) > 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert len(figure.axes[0].get_lines()[0].get_xdata()) == 28


def test_frequency_is_that_of_training_where_it_is_known(tmp_path):
    evaluated = build(tmp_path)
    for row, trained in zip(evaluated.metrics["per_class"], (50, 0, 7), strict=True):
        row["trained"] = trained
    (axes,) = plot_frequency(evaluated).axes
    assert axes.get_lines()[0].get_xdata().tolist() == [50, 0]  # the third occurs in no field
    assert "training fields" in axes.get_xlabel()


def test_groups_have_a_bar_each(tmp_path):
    (axes,) = plot_groups(build(tmp_path)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Nucleus", "Cytosol"]


def pair(folder):
    rng = np.random.default_rng(0)
    truth = rng.random((60, 3)) < 0.5
    truth[:, 2] = False
    bad = truth ^ (rng.random(truth.shape) < 0.5)
    bad[:, 2] = False
    first, other = folder / "good" / "model", folder / "bad.csv"
    ids = [str(i) for i in range(60)]
    unknown = np.full(truth.shape, np.nan)
    good, worse = (Predictions(ids, unknown, labels, TINY) for labels in (truth, bad))
    return compare_with(good, worse, truth, ids, short_names(first, other))


@WIDTHS
def test_both_models_have_a_mark_for_each_location_that_is_known(tmp_path, width):
    beside = pair(tmp_path)
    assert (beside.a, beside.b) == ("good", "bad")
    figure = plot_comparison(beside, width)
    (axes,) = figure.axes
    a, b = axes.get_lines()[-2:]
    assert a.get_xdata().tolist() == [1, 1]
    assert b.get_xdata().tolist() == [row["b"] for row in beside.found["per_class"][:2]]
    assert [text.get_text().endswith("*") for text in axes.texts] == [True, True, False]
    assert beside.differing == ["Nucleoli", "Cytosol"]
    assert within(figure)


def test_the_comparison_is_told_in_one_line(tmp_path):
    beside = pair(tmp_path)
    assert beside.sentence.startswith("macro F1 0.667 against 0.")
    assert beside.sentence.endswith("p = 0.0001")
    assert len(beside.rows) == 4  # no probabilities, no average precision


def test_two_sources_of_one_name_go_by_their_paths(tmp_path):
    assert short_names(tmp_path / "a" / "p.csv", tmp_path / "b" / "p.csv") == (
        str(tmp_path / "a" / "p.csv"),
        str(tmp_path / "b" / "p.csv"),
    )


@pytest.mark.parametrize(("p", "text"), [(0.0001, "0.0001"), (0.0009, "0.0009"), (0.0499, "0.050"), (1, "1.00")])
def test_p_values_have_the_digits_that_they_bear(p, text):
    assert p_value(p) == text


def test_a_comparison_without_any_difference_is_drawn(tmp_path):
    nothing = np.zeros((4, 3), bool)
    plot_comparison(Comparison("a", "b", compare(nothing, nothing, nothing, TINY))).draw_without_rendering()
    found = evaluate(nothing, nothing, TINY)
    assert found["group_level"]["macro_f1"] == 0
