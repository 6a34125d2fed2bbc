"""`cellocate check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellocate.cli import options
from cellocate.cli.console import note
from cellocate.cli.open_data import open_data, parse_plane
from cellocate.cli.options import option
from cellocate.cli.submission_check import check_submission, is_submission
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.rounded import json_text
from cellocate.write_tables import refuse_suffix, write_table

if TYPE_CHECKING:
    from cellocate.collection import Collection, Inspection, Problem

_SHOWN = 5


def check(
    data: options.Data,
    images: options.Images = options.IMAGES,
    smallest_file: Annotated[
        float | None, option("Warn about files smaller than this, such as 4.", "KB", min=0)
    ] = None,
    largest_file: Annotated[
        float | None, option("Warn about files larger than this, such as 1000.", "KB", min=0)
    ] = None,
    sample: Annotated[
        Path | None, option("For a submission: the sample submission, whose ids it must have.", "FILE")
    ] = None,
    out: Annotated[Path | None, option("Write all problems and warnings to this table (.csv, .xlsx).", "FILE")] = None,
    write: Annotated[
        bool,
        option(
            "Save how the images are read in a collection.yaml next to them (or a draft to fill in), which every "
            "command reads.",
            name="--write",
        ),
    ] = False,
    as_json: Annotated[bool, option("Print JSON.", name="--json")] = False,
) -> None:
    """Show how a folder is read, and find missing, damaged, duplicated, unusual or mislabelled images in it.

    Reads every pixel. Fields with problems cannot be used, and the exit code is then 1. Warnings (blank,
    saturated or blurred fields, duplicates) do not change it.

    DATA may also be a submission to the 2018 or 2021 challenge, which is checked against its rules.

    Examples: cellocate check my_images --out problems.csv;
    cellocate check my_images --channels nucleus=DAPI,protein=AF488 --write;
    cellocate check submission.csv --sample sample_submission.csv
    """
    if sample is not None or is_submission(data):
        if write or images != options.IMAGES or any(x is not None for x in (smallest_file, largest_file, out)):
            raise typer.BadParameter("a submission takes only --sample and --json; 'evaluate' scores it, with --labels")
        check_submission(data, sample, as_json=as_json)
        return
    from cellocate.cli.console import progress
    from cellocate.collection import find_warnings, inspect
    from cellocate.collection.yaml_template import write_collection_yaml
    from cellocate.files import refuse_existing_files

    refuse_suffix(out)
    refuse_existing_files((out,), overwrite=True, inputs=(data, images.labels))
    description = None
    if write:
        collection, description = _open_to_describe(data, images)
    else:
        collection = open_data(data, images, announce=False)
    with progress(f"reading {collection.unit}s", len(collection)) as advance:
        inspection = inspect(collection, decode=True, progress=advance)
    if description is not None:
        depth = {"bits": inspection.guessed_bits, "camera_offset": inspection.depth.offset or None}
        write_collection_yaml(description, collection, **_description(images), **depth)
        note(f"{description} now says how these images are read")
    warnings = find_warnings(collection, inspection, smallest_file=smallest_file, largest_file=largest_file)
    facts = _facts(collection, inspection)
    table = inspection.table(warnings)
    if as_json:
        faults = table["severity"] == "fault"
        lists = {"problems": table[faults].to_dict("records"), "warnings": table[~faults].to_dict("records")}
        print(json_text({**facts, **lists}))
    else:
        _print(facts, inspection.problems, warnings)
    if out is not None:
        write_table(out, table, sheet="problems")
    if inspection.problems:
        raise typer.Exit(1)


def _description(images: options.Images) -> dict[str, Any]:
    given = {"labels": images.labels, "vocabulary": images.vocabulary, "pixel_size": images.pixel_size}
    return {**given, "z": parse_plane(images.z)}


def _open_to_describe(data: Path, images: options.Images) -> tuple[Collection, Path]:
    """Open `data`, and give the place of its collection.yaml; if the channels are unclear, write a draft of it.

    Raises:
        CellocateError: there is a collection.yaml already, or `data` cannot be read.
    """
    from cellocate.collection.channels import UnclearChannelsError
    from cellocate.collection.yaml_template import check_describable, new_yaml_path, write_yaml_template

    path = new_yaml_path(data)
    try:
        collection = open_data(data, images, announce=False)
    except UnclearChannelsError as unclear:
        write_yaml_template(path, unclear, **_description(images))
        mend = f"Replace each ? in {path}, and check again."
        raise CellocateError(unclear.what, where=unclear.where, mend=mend) from None
    check_describable(path, collection)
    return collection, path


def _facts(collection: Collection, inspection: Inspection) -> dict[str, Any]:
    images = inspection.images
    images = images.assign(bits=[inspection.bits[str(i)] for i in images.index])
    sizes = images.groupby(["width", "height", "depth", "bits"]).size().reset_index(name="fields")
    known = [p for p in map(collection.pixel_size, collection.ids) if p is not None]
    facts: dict[str, Any] = {
        "layout": collection.layout,
        "because": collection.because,
        "unit": collection.unit,
        "fields": len(collection),
        "channels": list(collection.channels),
        "stains": {channel: list(names) for channel, names in collection.stains.items()},
        "files": {c: int(collection.fields[c].notna().sum()) for c in collection.channels},
        "sizes": sizes.to_dict("records"),
        "depth": list(inspection.depth.notes),
        "pixel_sizes": sorted(set(known)),
        "pixel_size_assumed": collection.pixel_size_assumed,
        "identical": inspection.duplicates,
        "near_duplicates": inspection.near_duplicates,
    }
    if collection.vocabulary is not None:
        sets = [labels for labels in collection.fields["labels"] if labels is not None]
        counts = collection.vocabulary.encode(sets).sum(axis=0)
        facts["without_location"] = sum(not labels for labels in sets)
        facts["vocabulary"] = collection.vocabulary.name
        facts["labels"] = {name: int(n) for name, n in zip(collection.vocabulary.names, counts, strict=True)}
    return facts


def _print(facts: dict[str, Any], problems: Sequence[Problem], warnings: Sequence[Problem]) -> None:
    print(f"{facts['layout']}: {counted(facts['fields'], facts['unit'])}")
    if facts["because"]:
        print(f"recognised  {facts['because']}")
    if facts["files"]:
        _print_images(facts)
    if "labels" in facts:
        occurring = {name: n for name, n in facts["labels"].items() if n}
        print(f"labels      {facts['vocabulary']}, {len(occurring)} of {len(facts['labels'])} locations occur")
        print("            " + ", ".join(f"{name} {n}" for name, n in sorted(occurring.items(), key=lambda x: -x[1])))
        if facts["without_location"]:
            print(f"            without a location: {counted(facts['without_location'], facts['unit'])}")
    else:
        print("labels      none")
    _print_alike("identical", facts["identical"], "have the same pixels")
    _print_alike("alike", facts["near_duplicates"], "are near duplicates")
    _print_kinds("warnings", warnings, facts["unit"])
    _print_kinds("problems", problems, facts["unit"])


def _print_images(facts: dict[str, Any]) -> None:
    from cellocate.collection.channels import describe_channels

    counts = facts["files"].items()
    print(
        "channels    "
        + ", ".join(c if n == facts["fields"] else f"{c} ({counted(n, facts['unit'])})" for c, n in counts)
    )
    if facts["stains"]:
        print(f"stains      {describe_channels(facts['stains'])}")
    for size in facts["sizes"]:
        of = counted(size["fields"], facts["unit"])
        depth = f"{size['bits']} bits" + (f" in {size['depth']}" if size["bits"] < size["depth"] else "")
        print(f"size        {size['width']}×{size['height']} px, {depth}: {of}")
    for text in facts["depth"]:
        print(f"depth       {text}")
    pixel_sizes = ", ".join(f"{p:g} µm" for p in facts["pixel_sizes"])
    pixel_sizes += " (assumed)" if facts["pixel_size_assumed"] else ""
    print(f"pixel size  {pixel_sizes or 'unknown (--pixel-size sets it)'}")


def _print_alike(word: str, groups: list[list[str]], what: str) -> None:
    for group in groups[:_SHOWN]:
        more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
        print(f"{word:12}{', '.join(group[:_SHOWN])}{more} {what}")
    if len(groups) > _SHOWN:
        print(f"{'':12}and {counted(len(groups) - _SHOWN, 'more group')}")


def _print_kinds(word: str, found: Sequence[Problem], unit: str) -> None:
    """Print a line for each kind of problem: the number of fields or cells, and the first of them."""
    if not found:
        print(f"{word:12}none")
        return
    kinds: dict[str, list[Problem]] = {}
    for problem in found:
        kinds.setdefault(problem.error.kind, []).append(problem)
    print(f"{word:12}{counted(len({problem.id for problem in found}), unit)} (--out FILE lists them)")
    for kind, those in sorted(kinds.items(), key=lambda x: -len(x[1])):
        first = those[0]
        where = "" if first.error.where is None else f" ({first.error.where})"
        what = first.error.what if len(those) == 1 else kind
        print(f"{len(those):>11} {what}: {'' if len(those) == 1 else 'such as '}{first.id}{where}. {first.error.mend}")
