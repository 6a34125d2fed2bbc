"""The plots of an evaluation, by name."""

from __future__ import annotations

from functools import cache, partial

from cellocate.assessment import Evaluated
from cellocate.decision import f1_curves
from cellocate.evaluation import confusion, reliability
from cellocate.explore.label_counts import LabelCounts
from cellocate.explore.label_plots import plot_conditional
from cellocate.pictures.html_page import Plot
from cellocate.report.comparison_plot import plot_comparison
from cellocate.report.diagnostics import plot_confusion, plot_frequency, plot_reliability
from cellocate.report.score_plots import plot_groups, plot_history, plot_label_counts, plot_per_class
from cellocate.report.threshold_plots import plot_f1_curves


def make_plots(evaluated: Evaluated) -> dict[str, Plot]:
    """Every plot for which the evaluation has data; each is drawn once for a width."""
    found: dict[str, Plot] = {
        "label_counts": (
            partial(plot_label_counts, evaluated),
            f"Bar chart: {evaluated.unit}s that show each location.",
        ),
        "per_class_f1": (partial(plot_per_class, evaluated), "Bar chart: F1 of each location."),
    }
    labels = LabelCounts(evaluated.truth, tuple(evaluated.names))
    if (evaluated.truth.sum(axis=1) > 1).any() and len(labels.order) > 1:
        draw = partial(plot_conditional, labels)
        found["together"] = (draw, f"Heat map: per cent of the {evaluated.unit}s of one location that show another.")
    if evaluated.history is not None and len(evaluated.history):
        epoch = None if evaluated.card is None else evaluated.card.provenance.epoch
        draw = partial(plot_history, evaluated.history, epoch)
        found["learning_curves"] = (draw, "Line chart: loss and scores by epoch.")
    if evaluated.coarse:
        found["per_group_f1"] = (partial(plot_groups, evaluated), "Bar chart: F1 of each group of locations.")
    if (evaluated.truth | evaluated.labels).any():
        draw = partial(plot_confusion, confusion(evaluated.truth, evaluated.labels), evaluated.names)
        found["confusion"] = (draw, "Heat map: confusions of locations, in per cent of each true location.")
    if evaluated.truth.any():
        draw = partial(plot_frequency, evaluated)
        found["f1_and_frequency"] = (
            draw,
            f"Scatter plot: F1 of each location against the number of {evaluated.unit}s that show it.",
        )
    if evaluated.probabilities is not None:
        draw = partial(plot_reliability, reliability(evaluated.truth, evaluated.probabilities))
        found["reliability"] = (draw, "Line chart: share that is true by probability.")
    thresholds = [row["threshold"] for row in evaluated.per_class]
    if evaluated.probabilities is not None and None not in thresholds:
        table = f1_curves(evaluated.probabilities, evaluated.truth, evaluated.names, thresholds)
        found["f1_curves"] = (partial(plot_f1_curves, table), "Line charts: F1 of each location by threshold.")
    if evaluated.comparison is not None:
        draw = partial(plot_comparison, evaluated.comparison)
        found["comparison"] = (draw, "Dot plot: F1 of both models for each location.")
    return {name: (cache(draw), alt) for name, (draw, alt) in found.items()}
