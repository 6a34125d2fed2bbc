"""`cellocate download`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.choices import Edition
from cellocate.cli import options
from cellocate.cli.options import option
from cellocate.counted import counted

if TYPE_CHECKING:
    from cellocate.collection.download import Download, ImageList


def download(
    images: Annotated[
        Path,
        typer.Argument(
            metavar="LIST",
            help="The atlas's IF-image.csv, kaggle_2021.tsv, a label table, or a list of addresses or ids.",
        ),
    ],
    out: Annotated[Path, option("Folder to write or to continue.", "FOLDER")],
    gene: Annotated[list[str] | None, option("Only this gene: a name or ENSG… (repeatable).", "NAME")] = None,
    antibody: Annotated[list[str] | None, option("Only this antibody, such as HPA000992 (repeatable).", "NAME")] = None,
    location: Annotated[
        list[str] | None, option("Only this location, as the list names it (repeatable).", "LOCATION")
    ] = None,
    where: options.Where = None,
    limit: Annotated[int | None, option("Download only the first N fields.", "N", min=1)] = None,
    files: Annotated[
        Edition,
        option("A colour JPEG per channel, one JPEG of three channels, or 16-bit TIFFs."),
    ] = "jpg",
    vocabulary: Annotated[str, option("Vocabulary of the labels.", "NAME", name="--vocabulary")] = "hpa28",
    base: Annotated[str | None, option("Another server with files <antibody>/<plate>_<well>_<n>_….", "URL")] = None,
    connections: Annotated[int, option("Number of files to download at the same time.", min=1, max=16)] = 4,
    dry_run: Annotated[bool, option("Only print what would be downloaded, and its size.", name="--dry-run")] = False,
) -> None:
    """Download images of the Human Protein Atlas, with their labels.

    After an interruption, run the same command again. Writes images/, listing.csv (other commands take FOLDER as DATA),
    manifest.csv (checksums), LICENCE.txt and, if files could not be downloaded, failed.csv.

    Example: cellocate download IF-image.csv --gene GOLGA5 --out golga5
    """
    from cellocate.cli.console import note, progress
    from cellocate.collection.download import FAULTS, LICENCE, Download, RateLimits, filter_fields, read_list
    from cellocate.errors import CellocateError

    if not images.exists():
        mend = f"Give a file, such as the atlas's IF-image.csv; to choose one gene from it, add --gene {images.name}."
        raise CellocateError("no such list", where=images, mend=mend)
    listed = filter_fields(
        read_list(images, base=base, vocabulary=vocabulary),
        genes=gene or (),
        antibodies=antibody or (),
        locations=location or (),
        columns=options.parse_where(where),
        limit=limit,
    )
    task = Download(listed, out, files, RateLimits(connections=connections))
    note(*_notes(listed))
    note(LICENCE.strip().replace("\n", " "))
    if dry_run:
        _print_plan(task)
        return
    made = {"step": "download", "list": str(images.resolve()), "command": sys.argv[1:]}
    wanted = task.missing()
    with progress("fetching files", len(wanted)) as advance:
        failed = task.run(made, advance)
    lacking = {outcome.file.field for outcome in failed}
    print(f"{len(listed.fields) - len(lacking)} of {counted(len(listed.fields), 'field')} in {out}")
    if failed:
        raise CellocateError(
            f"{len(failed)} of {counted(len(wanted), 'file')} could not be downloaded; the first: {failed[0].fault}",
            where=failed[0].file.address,
            mend=f"{out / FAULTS} names all; the same command tries them again.",
        )


def _notes(listed: ImageList) -> list[str]:
    notes = []
    if listed.faulty:
        rows = counted(len(listed.faulty), "row")
        notes.append(f"{rows} skipped that name no image of the atlas, such as {listed.faulty[0]}")
    if listed.repeated:
        notes.append(f"{counted(listed.repeated, 'row')} skipped that repeat a field")
    if listed.unknown_counts and listed.vocabulary is not None:
        words = ", ".join(f"{word} ({counted(count, 'field')})" for word, count in listed.unknown_counts.most_common())
        notes.append(f"{listed.vocabulary.name} has no {words}; the column locations keeps the names")
        notes += _other_words(listed, listed.vocabulary.name)
    return notes


def _other_words(listed: ImageList, vocabulary: str) -> list[str]:
    """Suggest another vocabulary that has more of the names."""
    from cellocate.collection.atlas import best_vocabulary

    unlabelled = int(listed.fields["labels"].isna().sum())
    shown = [word.strip() for text in listed.fields["locations"].unique() for word in text.split(",") if word.strip()]
    best, lacking = best_vocabulary(shown)
    if best == vocabulary or len(lacking) >= len(listed.unknown_counts):
        return []
    extent = f"all names except {', '.join(lacking)}" if lacking else "all names"
    lost = f"{counted(unlabelled, 'field')} without known labels cannot be trained on; " if unlabelled else ""
    return [f"{lost}--vocabulary {best} has {extent}: with it, the same command only writes the labels again"]


def _print_plan(task: Download) -> None:
    files, missing = task.files(), task.missing()
    there = f"{len(files) - len(missing)} of them already downloaded"
    print(f"{counted(len(task.listed.fields), 'field')}, {counted(len(files), 'file')}, {there}")
    if missing:
        print(f"first: {missing[0].address}")
        size = task.size(missing)
        amount = "size unknown" if size is None else f"about {size / 1e6:,.1f} MB"
        print(f"to download: {counted(len(missing), 'file')}, {amount}")
