"""`cellocate decide`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellocate.choices import DEFAULT_RULE, CalibrationKind, Fallback, PoolKind
from cellocate.cli import options
from cellocate.cli.commands import command, filled
from cellocate.cli.open_data import require_paths
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.write_tables import SUFFIXES, refuse_suffix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellocate.collection.challenge_labels import Labels
    from cellocate.decision import Rule
    from cellocate.vocabulary import Vocabulary

app = typer.Typer(
    no_args_is_help=True,
    help=filled("""Choose thresholds, and turn tables of probabilities into locations.

    Examples: cellocate decide fit validation.csv --labels train.csv --out rule.json;
    cellocate decide apply test.csv --rule rule.json --out decided.csv
    """),
)

_TABLES = "Tables with a column Id and a column per location"


@command(app)
def fit(
    probabilities: Annotated[
        list[Path], typer.Argument(metavar="PROBS", help=f"{_TABLES}; several are pooled (--pool).")
    ],
    out: Annotated[Path, option("JSON file to write.", "RULE")],
    labels: Annotated[Path | None, option("True labels of these fields.", "FILE")] = None,
    rule: Annotated[
        str | None,
        options.RULE.option(
            "Decision rule. 'auto' (the default) takes the best of expected_f1, bagged and ratio, judged by "
            "cross-validation. expected_f1, field_f1: maximise the expected F1 of locations or of fields. fixed: .5. "
            "single: one threshold. per_class, shrunk, bagged, scaled, soft_f1: one threshold per location. "
            "ratio: predict each location as often as it occurs. argmax: the most likely location only."
        ),
    ] = None,
    pool: Annotated[
        PoolKind, option("How to pool several tables: mean, mean of logits or of ranks, weighted mean, or stacking.")
    ] = "mean",
    calibrate: Annotated[
        CalibrationKind | None,
        option("Calibrate the probabilities first, with one number for all locations or two for each."),
    ] = None,
    guarantee: Annotated[
        float | None,
        option("Instead of a rule: sets of locations that miss at most this share of the true ones.", "SHARE"),
    ] = None,
    ratios: Annotated[
        Path | None, option("For the rule 'ratio': label table with the frequencies of locations to match.", "FILE")
    ] = None,
    fallback: Annotated[
        Fallback | None,
        option(
            "What to predict if no threshold is reached: nothing, the location nearest to its threshold, or the "
            "most likely one."
        ),
    ] = None,
    at_most: Annotated[
        int | None,
        option(
            "Maximum number of locations per field. Images of the 2018 and 2021 training sets have at most 5.",
            "N",
            min=1,
        ),
    ] = None,
    figure: Annotated[
        Path | None, option("Draw F1 against threshold (.png, .svg, .pdf), and write a CSV with the numbers.", "FILE")
    ] = None,
    vocabulary: options.VocabularyName = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Fit a decision rule to the probabilities of labelled fields that the model was not trained on.

    With --ratios no labels are needed: use the fields that you want to predict.

    Examples: cellocate decide fit validation.csv --labels train.csv --out rule.json;
    cellocate decide fit test.csv --ratios train.csv --out rule.json
    """
    from cellocate.files import refuse_existing_files

    _refuse_odd_requests(labels, rule, ratios, figure)
    if len(probabilities) == 1 and pool != "mean":
        raise typer.BadParameter("--pool needs several tables, and there is one")
    _refuse_odd_steps(labels, rule or ratios, pool, calibrate, guarantee)
    if guarantee is not None and (fallback is not None or at_most is not None):
        raise typer.BadParameter("--fallback and --at-most are for rules, not for the sets of --guarantee")
    refuse_suffix(out, (".json",), "a rule")
    given = [path for path in (labels, ratios) if path is not None]
    drawn = () if figure is None else (figure, figure.with_suffix(".csv"))
    refuse_existing_files((out, *drawn), overwrite=overwrite, inputs=(*probabilities, *given))
    require_paths(*probabilities, *given)
    from cellocate import decision  # slow to import
    from cellocate.collection import labels_for, read_labels

    table = read_labels(given[0], vocabulary)
    ids, tables = decision.read_tables(probabilities, table.vocabulary)
    if not ids:
        raise CellocateError("no fields to fit a rule to", where=probabilities[0], mend="Give a row for each field.")
    names, truth, values, promise = decision.table_names(probabilities), None, tables.mean(axis=0), None
    comparison = None
    steps = decision.Steps(pool=decision.Pool(kind="mean", tables=tuple(names)) if len(names) > 1 else None)
    if labels is not None:
        table = labels_for(table, ids, labels)
        truth, groups = table.truth(ids), table.group(ids)
        before = decision.fit_steps(tables, truth, names, ids, pool=pool, calibrate=calibrate, groups=groups)
        steps, values = before.steps, before.calibrated
        for line in decision.describe_steps(before, tables, truth):
            print(line)
    if ratios is not None:
        shares = _shares(read_labels(ratios, table.vocabulary))
        fitted = decision.match_ratios(values, shares, fallback=fallback or "none", at_most=at_most)
    elif guarantee is not None:
        assert truth is not None
        fitted, promise = decision.fit_guaranteed(values, truth, guarantee, table.group(ids))
        print(promise)
    else:
        assert truth is not None
        chosen = decision.fit_rule(
            rule or DEFAULT_RULE, values, truth, table.group(ids), fallback=fallback, at_most=at_most
        )
        fitted, comparison = chosen
        lines = (
            decision.describe_comparison(comparison, table.vocabulary.names) if comparison else [decision.NOT_COMPARED]
        )
        for line in lines:
            print(line)
        _note_absent(table.vocabulary, truth)
    decision.save_rule(out, fitted, table.vocabulary, steps, promise, comparison)
    what = f"{fitted.kind} rule" if promise is None else "rule of these sets"
    print(f"{what}, fitted on {counted(len(ids), 'field')}, in {out}")
    if promise is None:
        _note_doubts(fitted, values)
    if figure is not None and truth is not None:
        from cellocate.report.threshold_plots import save_f1_curves

        save_f1_curves(figure, decision.f1_curves(values, truth, table.vocabulary.names, fitted.applied_thresholds))
        print(f"F1 against threshold in {figure}")


@command(app)
def apply(
    probabilities: Annotated[
        list[Path],
        typer.Argument(metavar="PROBS", help=f"{_TABLES}; the same number and order as for 'decide fit'."),
    ],
    rule: Annotated[Path, option("JSON file that 'decide fit' wrote.", "RULE")],
    out: Annotated[Path, option("Table to write (.csv, .xlsx), as 'predict' does.", "FILE")],
    format_: Annotated[
        Literal["table", "kaggle2018"],
        option("Probabilities and names of locations, or a submission to the challenge of 2018.", name="--format"),
    ] = "table",
    overwrite: options.Overwrite = False,
) -> None:
    """Predict the locations of each field of a table with a fitted rule.

    The written table has the probabilities after pooling and calibration, and the names of the locations. Fields
    that the column Note calls nearly empty or without signal get no location.

    Example: cellocate decide apply test.csv --rule rule.json --out decided.csv
    """
    from cellocate.cli.console import note
    from cellocate.files import refuse_existing_file

    submitted = format_ == "kaggle2018"
    refuse_suffix(out, (".csv",) if submitted else SUFFIXES, "a submission" if submitted else "a table")
    refuse_existing_file(out, overwrite=overwrite, inputs=(*probabilities, rule))
    require_paths(*probabilities, rule)
    from cellocate import decision  # slow to import

    fitted, vocabulary = decision.read_rule(rule)
    before = decision.read_steps(rule)
    ids, tables = decision.read_tables(probabilities, vocabulary)
    if before.pool is not None:
        note(*before.pool.check_use(decision.table_names(probabilities), ids))
    values = before.apply(tables)
    found = decision.Predictions.from_rule(
        ids,
        values,
        vocabulary,
        fitted,
        ood_score=decision.read_ood_score(probabilities[0]) if len(tables) == 1 else None,  # of one model
        notes=decision.read_notes(probabilities[0], ids),
        **decision.read_cells(probabilities[0]),
    )
    found.save(out, format_)
    if not decision.has_guarantee(rule):
        _note_doubts(fitted, values)
    note(*decision.describe_notes(found.notes, found.unit))
    print(f"{counted(len(ids), found.unit)} in {out}")


def _shares(others: Labels) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = others.truth(list(others.table.index)).mean(axis=0)
    return shares


def _note_doubts(rule: Rule, probabilities: NDArray[np.floating[Any]]) -> None:
    from cellocate.cli.console import note
    from cellocate.decision import mean_label_count, rule_warning

    if (doubt := rule_warning(rule, mean_label_count(rule, probabilities))) is not None:
        note(doubt)


def _note_absent(vocabulary: Vocabulary, truth: NDArray[np.bool_]) -> None:
    from cellocate.cli.console import note

    absent = [name for name, true in zip(vocabulary.names, truth.T, strict=True) if not true.any()]
    if absent:
        do = "does" if len(absent) == 1 else "do"
        note(f"{len(absent)} of {len(vocabulary)} locations {do} not occur in these fields: {', '.join(absent)}")


def _refuse_odd_steps(
    labels: Path | None, rule: object, pool: str, calibrate: str | None, guarantee: float | None
) -> None:
    if labels is None and (pool != "mean" or calibrate is not None or guarantee is not None):
        raise typer.BadParameter("--pool, --calibrate and --guarantee need --labels")
    if guarantee is not None and (calibrate is not None or pool not in ("mean", "geometric")):
        raise typer.BadParameter("--guarantee works without --calibrate, and with --pool mean or geometric only")
    if guarantee is not None and rule is not None:
        raise typer.BadParameter("--guarantee replaces the rule: leave out --rule and --ratios")


def _refuse_odd_requests(labels: Path | None, rule: str | None, ratios: Path | None, figure: Path | None) -> None:
    if labels is None and ratios is None:
        raise typer.BadParameter("give --labels or --ratios")
    if ratios is not None and rule not in (None, "ratio"):
        raise typer.BadParameter(f"--ratios only works with the rule 'ratio', not {rule!r}")
    if figure is not None and labels is None:
        raise typer.BadParameter("--figure needs --labels")
    if figure is not None and figure.suffix not in options.PICTURES:
        raise typer.BadParameter("--figure must end in .png, .svg or .pdf")
