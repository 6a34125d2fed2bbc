"""The measures of an evaluation: name, meaning, and the score without skill."""

from __future__ import annotations

from typing import NamedTuple


class Measure(NamedTuple):
    """A score of `metrics.json`.

    Args:
        key: its name there; `level.name` for a score one level down.
        name: for a heading; `{unit}` is field or cell.
        meaning: a sentence or two; `{k}` is the number of locations, `{occur}` stands for those that occur.
        baseline: the score without skill, with values that the report fills in; empty if there is none.
        main: whether a report shows it without a click.
    """

    key: str
    name: str
    meaning: str
    baseline: str
    main: bool = False


MEASURES = (
    Measure(
        "macro_f1",
        "Macro F1",
        "F1 (the harmonic mean of precision and recall) of each location, averaged over all {k}: a rare location "
        "weighs as much as a common one, and one that neither occurs nor is predicted counts 0.",
        "0 for predicting nothing; {everything} for everything",
        main=True,
    ),
    Measure("macro_f1_present", "Macro F1, where present", "Macro F1 over {occur} only.", "0 for predicting nothing"),
    Measure(
        "micro_f1",
        "Micro F1",
        "F1 of all predicted and true locations counted together: common locations dominate it.",
        "0 for predicting nothing",
        main=True,
    ),
    Measure(
        "macro_precision",
        "Macro precision",
        "Of the {unit}s with a predicted location, the share that show it; averaged over all {k}.",
        "0 for predicting nothing",
    ),
    Measure(
        "macro_recall",
        "Macro recall",
        "Of the {unit}s that show a location, the share for which it is predicted; averaged over all {k}.",
        "0 for predicting nothing, 1 for everything",
    ),
    Measure(
        "group_level.macro_f1",
        "Macro F1 of groups",
        "Macro F1 after each location is replaced by its coarse group: a near miss counts as right.",
        "0 for predicting nothing; {groups} for everything",
        main=True,
    ),
    Measure(
        "exact_match",
        "Exact match",
        "Share of {unit}s whose locations are all right: none missed, none too many.",
        "{unlabelled} for predicting nothing",
        main=True,
    ),
    Measure(
        "recall_of_fields",
        "Recall of {unit}s",
        "Of the locations that a {unit} shows, the share that are predicted; averaged over the {unit}s that show any. "
        "A rule with a guarantee guarantees this share.",
        "0 for predicting nothing, 1 for everything",
    ),
    Measure(
        "binary_accuracy",
        "Binary accuracy",
        "Share of all yes-or-no answers that are right. Nearly every answer is no, so it is always high.",
        "{no} for predicting nothing",
    ),
    Measure(
        "macro_average_precision",
        "Macro average precision",
        "How high the {unit}s that show a location rank when all are sorted by its probability; averaged over {occur}. "
        "It needs no threshold.",
        "{chance} for chance",
        main=True,
    ),
    Measure(
        "micro_average_precision",
        "Micro average precision",
        "Average precision of all pairs of {unit} and location together.",
        "{yes} for chance",
    ),
    Measure(
        "macro_roc_auc",
        "Macro ROC AUC",
        "How often a {unit} that shows a location has a higher probability of it than one that does not; averaged over "
        "the locations that some {unit}s show and others do not.",
        "0.500 for chance",
    ),
    Measure(
        "label_ranking_average_precision",
        "Label ranking average precision",
        "How high the true locations of a {unit} rank when its locations are sorted by probability; averaged over "
        "{unit}s.",
        "",
    ),
    Measure(
        "coverage_error",
        "Coverage error",
        "How many locations, from the likeliest down, include all true ones; averaged over {unit}s. Fewer is better.",
        "{labels} is best",
    ),
    Measure(
        "ranking_loss",
        "Ranking loss",
        "Of the pairs of a true and a false location of a {unit}, the share in the wrong order; 0 is best.",
        "0.500 for chance",
    ),
    Measure(
        "ece",
        "Calibration error",
        "How far probabilities are from frequencies, on average; 0 is best. Rare locations make it small.",
        "",
    ),
)
"""All of them, in the order of a report."""

NAMES = {measure.key: measure.name for measure in MEASURES}
"""What each measure is called, by its key."""
