"""`cellocate download`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cellocate.cli import options
from cellocate.counted import counted

if TYPE_CHECKING:
    from cellocate.collection.download import Download, Listed


def download(
    images: Annotated[
        Path,
        typer.Argument(
            metavar="LIST", help="IF-image.csv, kaggle_2021.tsv, a label table, or an address or id in each line."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write, or to go on with.")],
    gene: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Of this gene: a name, or ENSG….")] = None,
    antibody: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Of this antibody: HPA000992.")] = None,
    location: Annotated[
        list[str] | None, typer.Option(metavar="LOCATION", help="With this location, in the list's words.")
    ] = None,
    where: options.Where = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Download only the first N fields.")] = None,
    files: Annotated[
        Literal["jpg", "composite", "tif"],
        typer.Option(help="A colour JPEG for each channel; one JPEG of three channels; 16-bit TIFFs."),
    ] = "jpg",
    vocabulary: Annotated[
        str, typer.Option("--vocabulary", metavar="NAME", help="Of the labels in the listing.")
    ] = "hpa28",
    base: Annotated[
        str | None, typer.Option(metavar="URL", help="Another server, which has <antibody>/<plate>_<well>_<n>_….")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=16, help="Files fetched at once.")] = 4,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what and how much, and fetch nothing.")] = False,
) -> None:
    """Fetch fields of the Human Protein Atlas; the same command goes on where an earlier one stopped.

    FOLDER receives images/, listing.csv (so that it is a collection), manifest.csv (checksums), LICENCE.txt and,
    where files could not be downloaded, failed.csv.

    Example: cellocate download IF-image.csv --gene GOLGA5 --out golga5
    """
    from cellocate.cli.console import note, progress
    from cellocate.collection.download import FAULTS, LICENCE, Download, Manners, narrowed, read_list
    from cellocate.errors import CellocateError

    if not images.exists():
        mend = f"Give a file, such as the atlas's IF-image.csv; to choose one gene of it, add --gene {images.name}."
        raise CellocateError("no such list", where=images, mend=mend)
    listed = narrowed(
        read_list(images, base=base, vocabulary=vocabulary),
        genes=gene or (),
        antibodies=antibody or (),
        locations=location or (),
        columns=options.parse_where(where),
        limit=limit,
    )
    task = Download(listed, out, files, Manners(connections=connections))
    for text in _notes(listed):
        note(text)
    note(LICENCE.strip().replace("\n", " "))
    if dry_run:
        _say_what(task)
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


def _notes(listed: Listed) -> list[str]:
    notes = []
    if listed.faulty:
        rows = counted(len(listed.faulty), "row")
        notes.append(f"{rows} that name no image of the atlas were passed over, such as {listed.faulty[0]}")
    if listed.repeated:
        notes.append(f"{counted(listed.repeated, 'row')} that name a field again were passed over")
    if listed.unknown and listed.vocabulary is not None:
        words = ", ".join(f"{word} ({counted(count, 'field')})" for word, count in listed.unknown.most_common())
        notes.append(f"{listed.vocabulary.name} has no word for {words}; the column locations keeps them")
        notes += _other_words(listed, listed.vocabulary.name)
    return notes


def _other_words(listed: Listed, vocabulary: str) -> list[str]:
    """What to do about words that a vocabulary lacks, where another has more of them."""
    from cellocate.collection.atlas import best_vocabulary

    unlabelled = int(listed.fields["labels"].isna().sum())
    shown = [word.strip() for text in listed.fields["locations"].unique() for word in text.split(",") if word.strip()]
    best, lacking = best_vocabulary(shown)
    if best == vocabulary or len(lacking) >= len(listed.unknown):
        return []
    extent = f"all but {', '.join(lacking)}" if lacking else "all"
    lost = f"{counted(unlabelled, 'field')} without known labels cannot be trained on; " if unlabelled else ""
    again = "with it, the same command writes the labels anew and fetches nothing twice"
    return [f"{lost}--vocabulary {best} has words for {extent}: {again}"]


def _say_what(task: Download) -> None:
    files, missing = task.files(), task.missing()
    there = f"{len(files) - len(missing)} of them there already"
    print(f"{counted(len(task.listed.fields), 'field')}, {counted(len(files), 'file')}, {there}")
    if missing:
        print(f"the first: {missing[0].address}")
        size = task.size(missing)
        told = "of unknown size, for the server does not tell" if size is None else f"about {size / 1e6:,.1f} MB"
        print(f"to be fetched: {counted(len(missing), 'file')}, {told}")
