"""`cellocate embed`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import fields_for, open_data
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.write_tables import refuse_suffix

if TYPE_CHECKING:
    from cellocate.explain.embedding import Embeddings
    from cellocate.vocabulary import Vocabulary


def embed(
    model: options.ModelFolder,
    data: options.Data,
    out: Annotated[Path, option("h5ad file to write.", "FILE")],
    umap: Annotated[Path | None, option("Also compute a UMAP, and draw it (.png, .svg or .pdf).", "FILE")] = None,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Export an embedding per field; similar fields are close together.

    Example: cellocate embed runs/first/model my_images --out fields.h5ad --umap fields.png
    """
    from cellocate.files import refuse_existing_files

    refuse_suffix(out, (".h5ad",), "an embedding")
    refuse_existing_files((out, umap), overwrite=overwrite, inputs=(model, data, images.labels))
    if umap is not None and umap.suffix not in options.PICTURES:
        raise typer.BadParameter("--umap must end in .png, .svg or .pdf")
    require_model(model, data)
    collection = open_data(data, images)
    from cellocate.cli.console import progress
    from cellocate.explain.embedding import embed_collection, measure_retrieval  # with torch
    from cellocate.networks import load

    loaded = load(model, device=device)
    collection = fields_for(loaded, collection, skip_bad=skip_bad)
    with progress("embedding", len(collection)) as advance:
        embeddings = embed_collection(loaded, collection, out, umap=umap is not None, progress=advance)
    if umap is not None:
        _draw(embeddings, collection.vocabulary or loaded.vocabulary, umap)
    width = embeddings.features.shape[1]
    print(f"{counted(len(embeddings), collection.unit)}, {counted(width, 'feature')} each, in {out}")
    if (found := measure_retrieval(embeddings)) is not None:
        low, high = found.interval
        held_out = "held-out" if found.held_out else "training"
        print(
            f"of the ten nearest, {found.share:.0%} share a label (95% interval {low:.0%} to {high:.0%}; chance "
            f"{found.chance:.0%}; n = {found.n} {held_out} {collection.unit}s; same group left out)"
        )


def _draw(embeddings: Embeddings, vocabulary: Vocabulary, path: Path) -> None:
    from cellocate.explain.embedding import draw_umap
    from cellocate.pictures import save_figure_as

    assert embeddings.umap is not None
    column = "labels" if "labels" in embeddings.metadata else "Locations"
    shown = vocabulary.encode([vocabulary.parse(str(text), "; ") for text in embeddings.metadata[column]])
    save_figure_as(draw_umap(embeddings.umap, shown, vocabulary, embeddings.unit), path)
