"""`cellocate neighbours`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.counted import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellocate.collection import Collection
    from cellocate.explain.embedding import Embeddings, Nearest

_ROWS = 20  # queries on a sheet


def neighbours(
    embeddings: Annotated[Path, typer.Argument(metavar="EMBEDDINGS", help="h5ad file that 'embed' wrote.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write: a row for each neighbour.")],
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Fields like this one, and each named so.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Fields like those of this folder; with --model.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="The model that EMBEDDINGS was made with.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Neighbours of each.")] = 10,
    index: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ask this index, which is made if absent: quicker, and not quite exact."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw them side by side (.png, .svg, .pdf); with --of.")
    ] = None,
    of: Annotated[
        Path | None, typer.Option(metavar="DATA", help="The collection that EMBEDDINGS is of, for the sheet.")
    ] = None,
    colours: options.CompositeColours = "atlas",
    pixel_size: options.PixelSize = None,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Find the fields that look most like one to a model.

    Examples: cellocate neighbours fields.h5ad --id field-7 --out like.csv --sheet like.png --of my_images;
    cellocate neighbours fields.h5ad --images new --model runs/first/model --index fields.index --out like.csv
    """
    from cellocate.collection import open_collection
    from cellocate.explain.embedding import read_embeddings
    from cellocate.files import refuse_existing_files

    if (ids is None) == (images is None) or (images is None) != (model is None):
        raise typer.BadParameter("give --id, or --images and --model")
    if (sheet is None) != (of is None):
        raise typer.BadParameter("--sheet needs --of, the collection of the fields, and nothing else does")
    if sheet is not None and sheet.suffix not in options.PICTURES:
        raise typer.BadParameter("--sheet draws .png, .svg or .pdf")
    refuse_existing_files((out, sheet), overwrite=overwrite, inputs=(embeddings, images, model, of))
    known = read_embeddings(embeddings)
    asked: Collection | None = None
    if images is None:
        rows = _rows(known, ids or [], embeddings)
        names, queries = list(ids or []), known.features[rows]
        excluded = [[row] for row in rows]
    else:
        assert model is not None
        asked = open_collection(images, pixel_size=pixel_size)
        names, queries = _embedded(asked, model, known, device)
        excluded = [[] for _ in names]
    found = _nearest(known, queries, excluded, count, index)
    total = _write(out, names, known, found)
    if sheet is not None and of is not None:
        collection = open_collection(of, pixel_size=pixel_size)
        _draw(sheet, names, asked or collection, collection, known, found, colours)
    print(f"{counted(total, 'neighbour')} of {counted(len(names), 'field')} in {out}")


def _rows(known: Embeddings, ids: list[str], path: Path) -> list[int]:
    from cellocate.errors import CellocateError

    row = {field: i for i, field in enumerate(known.ids)}
    if lacking := [field for field in ids if field not in row]:
        raise CellocateError(f"no field {lacking[0]!r}", where=path, mend="Give ids of the collection it is of.")
    return [row[field] for field in ids]


def _embedded(
    asked: Collection, model: Path, known: Embeddings, device: str | None
) -> tuple[list[str], NDArray[np.float32]]:
    from cellocate.collection import usable
    from cellocate.errors import CellocateError
    from cellocate.explain.embedding import features_of
    from cellocate.networks import load

    loaded = load(model, device=device)
    if loaded.card.checksum != known.model:
        raise CellocateError("not the model that the embeddings were made with", where=model, mend="Embed anew.")
    collection, _ = usable(asked, loaded.card.channels, labelled=False, skip_bad=False)
    return collection.ids, features_of(loaded, collection)


def _nearest(
    known: Embeddings, queries: NDArray[np.float32], excluded: list[list[int]], count: int, path: Path | None
) -> Nearest:
    from cellocate.errors import CellocateError
    from cellocate.explain.embedding import Index, nearest, without

    if path is None:
        return nearest(known.features, queries, count, excluded)
    if path.is_file():
        index = Index.load(path)
        if len(index) != len(known):
            what = f"an index of {len(index)} fields, and embeddings of {len(known)}"
            raise CellocateError(what, where=path, mend="Remove it; it is made anew.")
    else:
        index = Index(known.features)
        index.save(path)
    return without(index.nearest(queries, count + 1), excluded, count)


def _write(out: Path, names: list[str], known: Embeddings, found: Nearest) -> int:
    import pandas as pd

    from cellocate.files import new_file

    told = known.known.reset_index(drop=True).drop(columns=["group"], errors="ignore")
    rows = [
        {"query": name, "rank": rank, "Id": known.ids[row], "similarity": round(float(similarity), 6)}
        | told.iloc[int(row)].to_dict()
        for name, near, values in zip(names, found.rows, found.similarities, strict=True)
        for rank, (row, similarity) in enumerate(zip(near, values, strict=True), start=1)
        if row >= 0
    ]
    with new_file(out) as aside:
        pd.DataFrame(rows, columns=["query", "rank", "Id", "similarity", *told]).to_csv(aside, index=False)
    return len(rows)


def _draw(
    path: Path,
    names: list[str],
    asked: Collection,
    collection: Collection,
    known: Embeddings,
    found: Nearest,
    colours: options.CompositeColours,
) -> None:
    from cellocate.explain.embedding import draw_nearest
    from cellocate.pictures import read_pictures, save_figure_as

    column = "labels" if "labels" in known.known else "Locations"
    words = dict(zip(known.ids, known.known[column].astype(str).str.replace("; ", ", "), strict=True))
    near = [
        [(known.ids[row], f"{value:.2f} {words[known.ids[row]]}") for row, value in zip(rows, values, strict=True)]
        for rows, values in zip(found.rows[:_ROWS], found.similarities[:_ROWS], strict=True)
    ]
    pictures = read_pictures(collection, list({field for row in near for field, _ in row} & set(collection.ids)))
    own = read_pictures(asked, names[:_ROWS])
    queries = [(own.get(name), words.get(name, name)) for name in names[:_ROWS]]
    figure = draw_nearest(queries, near, pictures, colours)
    save_figure_as(figure, path)
