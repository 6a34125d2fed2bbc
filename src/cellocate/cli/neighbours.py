"""`cellocate neighbours`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import fields_for, open_data, require_paths, with_known_depth
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.write_tables import refuse_suffix

if TYPE_CHECKING:
    from cellocate.collection import Collection


def neighbours(
    embeddings: Annotated[Path, typer.Argument(metavar="EMBEDDINGS", help="h5ad file that 'embed' wrote.")],
    out: Annotated[Path, option("Table to write (.csv, .xlsx): a row for each neighbour.", "FILE")],
    ids: Annotated[list[str] | None, option("Find fields like this one (repeatable).", "ID", name="--id")] = None,
    images: Annotated[Path | None, option("Find fields like those in this folder; needs --model.", "DATA")] = None,
    model: Annotated[Path | None, option("The model that EMBEDDINGS was made with.", "MODEL")] = None,
    count: Annotated[int, option("How many neighbours of each.", min=1)] = 10,
    index: Annotated[
        Path | None, option("Index for a faster, approximate search; made if it does not exist.", "FILE")
    ] = None,
    sheet: Annotated[
        Path | None, option("Draw the neighbours side by side (.png, .svg, .pdf); needs --of.", "FILE")
    ] = None,
    of: Annotated[Path | None, option("For --sheet: the images that EMBEDDINGS was made from.", "DATA")] = None,
    colours: options.CompositeColours = "atlas",
    reading: options.Images = options.IMAGES,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Find the fields that are most similar to one, by the features of a model.

    Examples: cellocate neighbours fields.h5ad --id field-7 --out similar.csv --sheet similar.png --of my_images;
    cellocate neighbours fields.h5ad --images new --model runs/first/model --index fields.index --out similar.csv
    """
    from cellocate.files import refuse_existing_files
    from cellocate.tables import normalised

    if (ids is None) == (images is None) or (images is None) != (model is None):
        raise typer.BadParameter("give --id, or --images with --model")
    if (sheet is None) != (of is None):
        raise typer.BadParameter("--sheet and --of go together: give both or neither")
    if sheet is not None and sheet.suffix not in options.PICTURES:
        raise typer.BadParameter("--sheet must end in .png, .svg or .pdf")
    refuse_suffix(out)
    refuse_existing_files((out, sheet), overwrite=overwrite, inputs=(embeddings, images, model, of))
    if model is not None:
        require_model(model)
    require_paths(embeddings)
    from cellocate.explain.embedding import neighbours_of_ids, neighbours_of_images, read_embeddings  # with torch
    from cellocate.networks import load
    from cellocate.pictures import save_figure_as

    known = read_embeddings(embeddings)
    asked: Collection | None = None
    if images is None or model is None:
        answer = neighbours_of_ids(known, [normalised(field) for field in ids or ()], count, index, where=embeddings)
    else:
        loaded = load(model, device=device)
        asked = fields_for(loaded, open_data(images, replace(reading, labels=None)), skip_bad=False)
        answer = neighbours_of_images(known, loaded, asked, count, index)
    total = answer.write(out)
    if sheet is not None and of is not None:
        shown = with_known_depth(open_data(of, reading))
        save_figure_as(answer.draw(shown, asked, colours), sheet)
    print(f"{counted(total, 'neighbour')} of {counted(len(answer.names), known.unit)} in {out}")
