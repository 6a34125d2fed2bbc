"""`cellocate decide`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cellocate.cli import options
from cellocate.counted import counted

app = typer.Typer(no_args_is_help=True, help="Turn tables of probabilities into locations.")

Tables = Annotated[
    list[Path],
    typer.Argument(metavar="PROBS...", help="Tables Id, then one column per location; several are pooled."),
]


@app.command()
def fit(
    probabilities: Tables,
    labels: Annotated[Path, typer.Option(metavar="FILE", help="Label table of the same ids.")],
    out: Annotated[Path, typer.Option(metavar="RULE", help="JSON file to write.")],
    rule: Annotated[
        Literal["fixed", "single", "per_class", "best"],
        typer.Option(help=".5; one threshold; one for each location; the likeliest location alone."),
    ] = "per_class",
    pool: Annotated[
        Literal["mean", "geometric", "rank", "weighted", "stacked"],
        typer.Option(help="Of several tables: their mean, of logits, of ranks; with a weight for each; a regression."),
    ] = "mean",
    calibrate: Annotated[
        Literal["temperature", "per_class"] | None,
        typer.Option(help="Calibrate the probabilities first: by one number for all locations, or two for each."),
    ] = None,
    guarantee: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="In place of a rule: sets that miss at most this share of the locations."),
    ] = None,
    vocabulary: options.VocabularyName = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Fit a decision rule to probabilities whose truth is known; use fields that the network was not trained on.

    Example: cellocate decide fit validation.csv --labels train.csv --out rule.json
    """
    from cellocate import decision
    from cellocate.collection import read_labels
    from cellocate.files import refuse_existing_file

    if guarantee is not None and (calibrate is not None or pool not in ("mean", "geometric")):
        raise typer.BadParameter("--guarantee is for probabilities as they are, or their mean or geometric pool")
    refuse_existing_file(out, overwrite=overwrite, inputs=(*probabilities, labels))
    table = read_labels(labels, vocabulary)
    ids, tables = decision.read_tables(probabilities, table.vocabulary)
    truth = table.truth(ids)
    before = decision.fit_steps(
        tables, truth, _names(probabilities), ids, pool=pool, calibrate=calibrate, groups=table.group(ids)
    )
    promise = None
    if guarantee is None:
        fitted = decision.fit(rule, before.calibrated, truth)
    else:
        fitted, promise = decision.fit_guaranteed(before.pooled, truth, guarantee, table.group(ids))
    decision.save_rule(out, fitted, table.vocabulary, before.steps, promise)
    for line in (*decision.told(before, tables, truth), *([] if promise is None else [str(promise)])):
        print(line)
    print(f"{fitted.kind} rule, fitted on {counted(len(ids), 'field')}, in {out}")


@app.command()
def apply(
    probabilities: Tables,
    rule: Annotated[Path, typer.Option(metavar="RULE", help="JSON file that 'decide fit' wrote.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write: Id,Predicted.")],
    overwrite: options.Overwrite = False,
) -> None:
    """Decide the locations of each field of a table by a fitted rule.

    Example: cellocate decide apply test.csv --rule rule.json --out decided.csv
    """
    from cellocate import decision
    from cellocate.files import refuse_existing_file

    refuse_existing_file(out, overwrite=overwrite, inputs=(*probabilities, rule))
    fitted, vocabulary = decision.read_rule(rule)
    before = decision.read_steps(rule)
    ids, tables = decision.read_tables(probabilities, vocabulary)
    if before.pool is not None:
        before.pool.refuse_misuse(_names(probabilities), ids)
    decision.write_decided(out, ids, fitted.apply(before.apply(tables)))
    print(f"{counted(len(ids), 'field')} in {out}")


def _names(tables: list[Path]) -> list[str]:
    return [table.name for table in tables]
