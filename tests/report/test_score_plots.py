import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
from PIL import Image
from small_evaluation import TINY, build, make_history

from cellocate.pictures.style import NARROW
from cellocate.report import save_rates
from cellocate.report.figure_files import write_figures
from cellocate.report.score_plots import plot_history, plot_label_counts, plot_per_class, plot_rates


def test_importing_the_report_draws_nothing_in():
    code = "import sys, cellocate.report; sys.exit(bool({'matplotlib', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_figures_are_written_and_are_pictures(tmp_path):
    paths = write_figures(tmp_path / "figures", build(tmp_path))
    plots = ("label_counts", "per_class_f1", "learning_curves", "per_group_f1", "confusion", "f1_and_frequency")
    plots += ("reliability", "f1_curves", "together")
    names = {f"{stem}.{suffix}" for stem in plots for suffix in ("png", "svg")} | {"examples.png", "gallery.png"}
    assert {path.name for path in paths} == names == {path.name for path in (tmp_path / "figures").iterdir()}
    for path in paths:
        if path.suffix == ".png":
            assert np.asarray(Image.open(path).convert("L")).std() > 0


def test_figures_without_pictures_and_history_are_the_same_bytes_each_time(tmp_path):
    evaluated = build(tmp_path, collection=None, history=None)
    first, second = (write_figures(tmp_path / name, evaluated) for name in "ab")
    assert len(first) == 2 * 8
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_bars_stand_in_the_vocabularys_order_and_few_are_hollow(tmp_path):
    evaluated = build(tmp_path)
    evaluated.metrics["per_class"][0]["support"] = 10
    axes = plot_label_counts(evaluated).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(TINY.names)
    assert [bar.get_width() for bar in axes.patches] == [10, 2, 0]
    assert [bar.get_facecolor()[3] for bar in axes.patches] == [1, 0, 0]
    assert axes.yaxis_inverted()


def test_names_and_numbers_do_not_overlap(tmp_path):
    evaluated = build(tmp_path, vocabulary="hpa28")
    for width in (720, NARROW):
        figure = plot_per_class(evaluated, width)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        for texts in (axes.get_yticklabels(), axes.texts):
            boxes = [text.get_window_extent() for text in texts]
            assert len(boxes) == 28
            assert all(above.y0 >= below.y1 - 1 for above, below in pairwise(boxes))
        for name, number in zip(axes.get_yticklabels(), axes.texts, strict=True):
            assert name.get_window_extent().x0 >= 0
            assert name.get_window_extent().x1 < number.get_window_extent().x0
            assert number.get_window_extent().x1 <= figure.bbox.x1


def test_history_has_a_panel_for_losses_and_one_for_scores():
    loss, score = plot_history(make_history(), epoch=2).axes
    assert [line.get_label() for line in loss.get_lines()] == ["training", "validation", "kept: epoch 2"]
    assert loss.get_lines()[0].get_ydata().tolist() == (1 / np.arange(1, 4)).tolist()
    assert [line.get_label() for line in score.get_lines()][:2] == ["macro F1", "macro average precision"]


def test_no_point_of_a_history_is_cut_off_at_the_top():
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [0.7, 0.6], "validation_loss": [0.69, 0.68]})
    (loss,) = plot_history(history).axes
    assert loss.get_ylim()[0] == 0
    assert loss.get_ylim()[1] > 1.03 * 0.7


def test_history_without_validation_has_one_panel():
    (loss,) = plot_history(make_history(validated=False)).axes
    assert [line.get_label() for line in loss.get_lines()] == ["training"]
    (loss,) = plot_history(pd.DataFrame({"epoch": [1], "train_loss": [0.5]})).axes
    assert loss.get_lines()[0].get_ydata().tolist() == [0.5]


def test_the_suggested_rate_is_marked_on_its_curve(tmp_path):
    table = pd.DataFrame(
        {"rate": [1e-4, 1e-3, 1e-2, 0.1], "loss": [1.0, 0.9, 0.2, 9], "smoothed": [1, 0.8, 0.4, 6], "suggested": 0}
    )
    table.loc[2, "suggested"] = 1
    (axes,) = plot_rates(table).axes
    *_, mark = axes.get_lines()
    assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == ([1e-2], [0.4])
    assert mark.get_label() == "steepest: 0.01"
    assert axes.get_ylim()[1] < 6, "what diverges does not flatten the rest"
    *_, taken = plot_rates(table, fraction=0.25).axes[0].get_lines()
    assert (list(taken.get_xdata()), taken.get_label()) == ([0.0025, 0.0025], "used: 0.0025")
    save_rates(tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "recipe.yaml").write_text("optimiser: {fraction: 0.25}")
    table.to_csv(tmp_path / "learning_rate.csv", index=False)
    save_rates(tmp_path)
    assert np.asarray(Image.open(tmp_path / "learning_rate.png").convert("L")).std() > 0
