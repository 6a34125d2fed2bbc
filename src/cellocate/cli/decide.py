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
    typer.Argument(metavar="PROBS...", help="Tables Id, then one column per location; several are averaged."),
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
    vocabulary: options.VocabularyName = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Fit a decision rule to probabilities whose truth is known; use fields that the network was not trained on.

    Example: cellocate decide fit validation.csv --labels train.csv --out rule.json
    """
    from cellocate import decision
    from cellocate.collection import of_fields, read_labels
    from cellocate.files import refuse_existing_file

    refuse_existing_file(out, overwrite=overwrite, inputs=(*probabilities, labels))
    table = read_labels(labels, vocabulary)
    ids, values = decision.read_ensemble(probabilities, table.vocabulary)
    fitted = decision.fit(rule, values, of_fields(table, ids, labels).truth(ids))
    decision.save_rule(out, fitted, table.vocabulary)
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
    ids, values = decision.read_ensemble(probabilities, vocabulary)
    decision.write_decided(out, ids, fitted.apply(values))
    print(f"{counted(len(ids), 'field')} in {out}")
