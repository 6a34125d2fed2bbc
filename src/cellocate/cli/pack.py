"""`cellocate pack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import open_data, with_known_depth
from cellocate.cli.options import option
from cellocate.counted import counted


def pack(
    data: options.Data,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the store.")],
    sizes: Annotated[list[int], option("Longer side of the stored images (repeatable).", "PX", name="--size")],
    only: Annotated[list[str] | None, option("Keep only this channel (repeatable).", "NAME", name="--channel")] = None,
    workers: options.Workers = None,
    resume: options.Resume = False,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Pack images into a store, which 'train' and 'predict' read many times faster.

    A store keeps labels, metadata and pixel sizes. Other commands take OUT as DATA.

    Example: cellocate pack my_images my_store --size 512 --size 224
    """
    from cellocate import collection as rooms
    from cellocate.cli.console import note, progress, resumable
    from cellocate.tables import read_table

    collection = open_data(data, images)
    collection = with_known_depth(collection)
    with resumable(), progress("packing", len(collection)) as advance:
        store = rooms.pack(
            collection,
            out,
            sizes=sizes,
            channels=only,
            workers=workers,
            resume=resume,
            overwrite=overwrite,
            skip_bad=skip_bad,
            progress=advance,
        )
    if (out / "skipped.csv").is_file():
        skipped = counted(len(read_table(out / "skipped.csv")[0]), f"faulty {store.unit}")
        note(f"left out {skipped}; {out / 'skipped.csv'} lists them")
    print(f"{counted(len(store), store.unit)} of {' and '.join(map(str, sorted(set(sizes))))} px in {out}")
