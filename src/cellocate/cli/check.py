"""`cellocate check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellocate.cli import options

if TYPE_CHECKING:
    from cellocate.collection import Collection, Inspection


def check(
    data: options.Data,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all problems to this CSV file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a folder holds, and what is missing, corrupt, duplicated or mislabelled in it.

    Every pixel is read. The exit code is 1 where a field cannot be used.

    Example: cellocate check my_images
    """
    from cellocate.cli.console import progress
    from cellocate.collection import inspect, open_collection
    from cellocate.files import new_file

    collection = open_collection(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size)
    with progress("reading fields", len(collection)) as advance:
        inspection = inspect(collection, decode=True, progress=advance)
    facts = _facts(collection, inspection)
    if as_json:
        print(json.dumps({**facts, "problems": inspection.table().to_dict("records")}, indent=2))
    else:
        _print(facts, inspection)
    if out is not None:
        with new_file(out) as aside:
            inspection.table().to_csv(aside, index=False)
    if inspection.problems:
        raise typer.Exit(1)


def _facts(collection: Collection, inspection: Inspection) -> dict[str, Any]:
    sizes = inspection.images.groupby(["width", "height", "depth"]).size().reset_index(name="fields")
    known = [p for p in map(collection.pixel_size, collection.ids) if p is not None]
    facts: dict[str, Any] = {
        "layout": collection.layout,
        "fields": len(collection),
        "channels": list(collection.channels),
        "sizes": sizes.to_dict("records"),
        "pixel_sizes": sorted(set(known)),
        "identical": inspection.duplicates,
    }
    if collection.vocabulary is not None:
        sets = [labels for labels in collection.fields["labels"] if labels is not None]
        counts = collection.vocabulary.encode(sets).sum(axis=0)
        facts["without_location"] = sum(not labels for labels in sets)
        facts["vocabulary"] = collection.vocabulary.name
        facts["labels"] = {name: int(n) for name, n in zip(collection.vocabulary.names, counts, strict=True)}
    return facts


def _print(facts: dict[str, Any], inspection: Inspection) -> None:
    from rich.console import Console
    from rich.table import Table

    print(f"{facts['layout']}: {facts['fields']} fields")
    print(f"channels    {', '.join(facts['channels'])}")
    for size in facts["sizes"]:
        print(f"size        {size['width']}×{size['height']} px, {size['depth']} bits: {size['fields']} fields")
    pixel_sizes = ", ".join(f"{p:g} µm" for p in facts["pixel_sizes"])
    print(f"pixel size  {pixel_sizes or 'unknown (--pixel-size sets it)'}")
    if "labels" in facts:
        occurring = {name: n for name, n in facts["labels"].items() if n}
        print(f"labels      {facts['vocabulary']}, {len(occurring)} of {len(facts['labels'])} locations occur")
        print("            " + ", ".join(f"{name} {n}" for name, n in sorted(occurring.items(), key=lambda x: -x[1])))
        if facts["without_location"]:
            print(f"            {facts['without_location']} fields show no location")
    else:
        print("labels      none")
    for group in facts["identical"]:
        print(f"identical   {', '.join(group)} have the same pixels")
    if not inspection.problems:
        print("problems    none")
        return
    table = Table(title=f"{len(inspection.problems)} problems", title_justify="left", box=None, pad_edge=False)
    for column in ("id", "what", "where", "mend"):
        table.add_column(column, overflow="fold")
    for problem in inspection.problems[:20]:
        table.add_row(problem.id, problem.error.what, str(problem.error.where or ""), problem.error.mend)
    Console().print(table)
    if len(inspection.problems) > 20:
        print(f"and {len(inspection.problems) - 20} more; --out FILE writes them all")
