"""`cellocate embed`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.write_tables import refuse_suffix

if TYPE_CHECKING:
    from cellocate.explain.embedding import Embeddings
    from cellocate.vocabulary import Vocabulary


def embed(
    model: options.ModelFolder,
    data: options.Data,
    out: Annotated[Path, typer.Option(metavar="FILE", help="h5ad file to write.")],
    umap: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lay fields out on a plane as well, and draw it: .png, .svg or .pdf."),
    ] = None,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Export an embedding per field; similar fields are close together.

    Example: cellocate embed runs/first/model my_images --out fields.h5ad --umap fields.png
    """
    from cellocate.files import refuse_existing_files

    refuse_suffix(out, (".h5ad",), "an embedding")
    refuse_existing_files((out, umap), overwrite=overwrite, inputs=(model, data, labels))
    if umap is not None and umap.suffix not in options.PICTURES:
        raise typer.BadParameter("--umap draws .png, .svg or .pdf")
    require_model(model)
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate.cli.console import progress
    from cellocate.cli.usable import fields_for
    from cellocate.explain.embedding import embed_collection, measure_retrieval  # with torch
    from cellocate.networks import load

    loaded = load(model, device=device)
    collection = fields_for(loaded, collection, skip_bad=skip_bad)
    with progress("embedding", len(collection)) as advance:
        embeddings = embed_collection(loaded, collection, out, plane=umap is not None, progress=advance)
    if umap is not None:
        _draw(embeddings, collection.vocabulary or loaded.vocabulary, umap)
    width = embeddings.features.shape[1]
    print(f"{counted(len(embeddings), collection.unit)}, {counted(width, 'feature')} each, in {out}")
    if (found := measure_retrieval(embeddings)) is not None:
        low, high = found.interval
        unseen = "not trained on" if found.held_out else "all trained on"
        print(
            f"of the ten nearest, {found.share:.0%} share a label (95% interval {low:.0%} to {high:.0%}; chance "
            f"{found.chance:.0%}; n = {found.n}, {unseen}; {collection.unit}s of the same group left out)"
        )


def _draw(embeddings: Embeddings, words: Vocabulary, path: Path) -> None:
    from cellocate.explain.embedding import draw_umap
    from cellocate.pictures import save_figure_as

    assert embeddings.plane is not None
    column = "labels" if "labels" in embeddings.known else "Locations"
    shown = words.encode([words.parse(str(text), "; ") for text in embeddings.known[column]])
    save_figure_as(draw_umap(embeddings.plane, shown, words, embeddings.unit), path)
