"""`cellocate proteins`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import require_paths
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.write_tables import refuse_suffix, write_table

if TYPE_CHECKING:
    import pandas as pd

    from cellocate.collection.collection import Unit
    from cellocate.decision import Rule, Steps
    from cellocate.vocabulary import Vocabulary


def proteins(
    predictions: Annotated[
        list[Path],
        typer.Argument(metavar="PREDICTIONS", help="Table that 'predict' wrote; several for a --rule that pools them."),
    ],
    of: Annotated[Path, option("Collection or table with the antibody or gene of each id.", "DATA")],
    out: Annotated[Path, option("Table to write (.csv, .xlsx): a row per location of each protein.", "FILE")],
    calls: Annotated[Path | None, option("Also write a table (.csv, .xlsx) with a row per protein.", "FILE")] = None,
    by: Annotated[
        list[str] | None,
        option("Column to group by (repeatable). Default: antibody, gene and cell_line, if they exist.", "COLUMN"),
    ] = None,
    rule: Annotated[
        Path | None,
        option(
            "Model or rule of 'decide fit' to apply to the mean probabilities. Without it, a protein gets the "
            "locations that at least half of its fields show: of two fields, one is enough.",
            "RULE",
        ),
    ] = None,
    vocabulary: options.VocabularyName = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Summarise the predictions per antibody, gene and cell line.

    Example: cellocate proteins predictions.csv --of my_images --out proteins.csv --calls calls.csv
    """
    from cellocate.files import refuse_existing_files
    from cellocate.vocabulary import get_vocabulary

    if rule is not None and vocabulary is not None:
        raise typer.BadParameter("--rule has its own vocabulary: leave out --vocabulary")
    if rule is None and len(predictions) > 1:
        raise typer.BadParameter("several tables need a --rule that pools them")
    if calls == out:
        raise typer.BadParameter("--out and --calls must be different files")
    for table in (out, calls):
        refuse_suffix(table)
    refuse_existing_files((out, calls), overwrite=overwrite, inputs=(*predictions, of, rule))
    require_paths(*predictions, of, rule)
    from cellocate import decision  # slow to import
    from cellocate.cli.console import note
    from cellocate.collection import metadata_of

    fitted, steps = None, decision.Steps()
    if rule is not None:
        fitted, steps, words = _read_rule(rule)
    else:
        words = decision.vocabulary_from_columns(predictions[0]) if vocabulary is None else get_vocabulary(vocabulary)
    ids, tables = decision.read_tables(predictions, words)
    if steps.pool is not None:
        note(*steps.pool.check_use(decision.table_names(predictions), ids))
    probabilities = steps.apply(tables)
    notes = decision.read_notes(predictions[0], ids)
    predicted = decision.read_locations(predictions[0], words) if fitted is None else fitted.apply(probabilities)
    if predicted is None:
        raise CellocateError("no column Locations", where=predictions[0], mend="Give the rule that decides: --rule.")
    fields = decision.read_fields(predictions[0])
    known = decision.grouping_columns(metadata_of(of, ids if fields is None else fields), by, of)
    unit: Unit = "field" if fields is None else "cell"
    whole = known.notna().all(axis=1).to_numpy()
    if not whole.all():
        column = str(known.columns[known.isna().any().to_numpy()][0])
        note(_left_out(known[~whole], column, unit))
    note(*decision.describe_notes(notes, unit))
    silent = [text in decision.SILENT for text in notes]
    predicted[silent] = False
    found = decision.aggregate_by_protein(
        known[whole].astype(str),
        probabilities[whole],
        predicted[whole],
        words.names,
        fields=None if fields is None else [field for field, kept in zip(fields, whole, strict=True) if kept],
        rule=fitted,
        silent=[own for own, kept in zip(silent, whole, strict=True) if kept],
    )
    for file, rows, sheet in ((out, found.locations, "locations of proteins"), (calls, found.calls, "proteins")):
        if file is not None:
            write_table(file, rows, sheet=sheet)
    what = counted(int(whole.sum()), unit)
    print(f"{counted(len(found.calls), 'protein')} (by {', '.join(map(str, known))}) of {what} in {out}")
    if fitted is None:
        just = int((found.locations["share"] == decision.ENOUGH).sum())
        few = f"; {counted(just, 'call')} of exactly half, such as one of two" if just else ""
        print(f"called: locations that at least half of the {unit}s of a protein show{few}")


def _read_rule(path: Path) -> tuple[Rule, Steps, Vocabulary]:
    """The rule, pooling and calibration steps, and vocabulary of a model or of a file of `decide fit`."""
    from cellocate import decision

    if path.is_dir():
        from cellocate.networks import load

        model = load(path, device="cpu")
        return model.card.rule, decision.Steps(), model.vocabulary
    return decision.read_rule(path)[0], decision.read_steps(path), decision.read_rule(path)[1]


def _left_out(rows: pd.DataFrame, column: str, thing: str) -> str:
    lacking = rows[column].isna()
    return (
        f"left out: {counted(len(rows), thing)} without a value to group by, such as {column} of "
        f"{rows.index[lacking.to_numpy()][0]} (--by names other columns)"
    )
