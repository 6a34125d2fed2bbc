"""Write an audit as a folder: tables, a figure of the suspects, and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellocate.choices import Colours
from cellocate.counted import counted
from cellocate.explain.audit.label_audit import Audit
from cellocate.files import new_folder, write_text
from cellocate.pictures import (
    Picture,
    draw_picture,
    read_pictures,
    save_figure,
    write_caption,
)
from cellocate.pictures.html_page import field_on_page, render
from cellocate.pictures.picture_grid import picture_grid
from cellocate.pictures.wording import listed, sentence
from cellocate.rounded import json_text
from cellocate.write_tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SUSPECTS, _EACH, _SMALL = 24, 3, 200  # fields to show in all and per location; px
_COLUMNS, _CELL = 4, 2.3  # of the figure; inches per picture


def write_audit(audited: Audit, out: str | Path, *, colours: Colours = "atlas", overwrite: bool = False) -> None:
    """Write an audit (docs/formats.md lists the files).

    Raises:
        CellocateError: the folder cannot be written.
    """
    suspects, outlying, mistakes = audited.suspects(), audited.outlying(), audited.mistakes()
    with new_folder(out, overwrite=overwrite, inputs=audited.collection.places) as folder:
        write_text(folder / "audit.json", json_text(audited.summary()) + "\n")
        write_table(folder / "suspects.csv", suspects)
        write_table(folder / "doubts.csv", audited.all_doubts())
        write_table(folder / "mistakes.csv", mistakes)
        write_table(folder / "outlying.csv", outlying)
        if audited.duplicates is not None:
            write_table(folder / "twins.csv", audited.duplicates)
        sure = mistakes.groupby(["location", "kind"], sort=False).head(_EACH)
        first, odd = suspects.head(_SUSPECTS), outlying.head(_SUSPECTS // 2)
        wanted = list(dict.fromkeys([*first["Id"], *sure["Id"], *odd["Id"]]))
        pictures = read_pictures(audited.collection, wanted, side=_SMALL)
        if len(shown := first[first["Id"].isin(list(pictures))]):
            save_figure(_sheet(shown.to_dict("records"), pictures, colours), folder / "figures", "suspects")
        content = {
            "title": f"{audited.collection.folder.name}: labels that may be wrong",
            "audited": audited,
            "unit": audited.collection.unit,
            "summary": _summary(audited, len(suspects)),
            "caution": None if audited.caution is None else sentence(audited.caution),
            "suspects": [_item(r["Id"], _words(r), pictures, colours) for r in first.to_dict("records")],
            "all_suspects": len(suspects),
            "locations": _locations(audited, sure.to_dict("records"), pictures, colours),
            "outlying": [_item(r["Id"], [f"{r['ood_score']:.2f}"], pictures, colours) for r in odd.to_dict("records")],
            "all_outlying": len(outlying),
            "has_ood_scores": bool((audited.held_out.ood_score >= 0).any()),
            "duplicates": [] if audited.duplicates is None else audited.duplicates.head(_SUSPECTS).to_dict("records"),
        }
        write_text(folder / "report.html", render("cellocate.explain.audit", "audit.html.j2", content))


def _summary(audited: Audit, suspects: int) -> str:
    judged = counted(len(audited.collection), audited.collection.unit)
    text = f"{suspects:,} of {judged} have labels that the models doubt"
    if audited.judge == "likelihood":
        text += f" (the models expect {audited.doubts.doubt.sum():,.0f})"
    return f"{text}. The models predict the labels with {audited.skill}."


def _words(row: dict[Any, Any]) -> list[str]:
    lines = [f"labelled {_listed(row['labels']) or 'nothing'}"]
    if row["doubted"]:
        lines.append(f"unlikely: {_listed(row['doubted'])}")
    if row["missing"]:
        lines.append(f"likely: {_listed(row['missing'])}")
    return lines


def _listed(names: str) -> str:
    return listed(names.split("; ")) if names else ""


def _item(field: str, lines: list[str], pictures: dict[str, Picture], colours: Colours) -> dict[str, Any]:
    picture = pictures.get(field)
    shown = {"composite": ""} if picture is None else field_on_page(picture, f"{field}.", colours)
    return {**shown, "id": field, "lines": lines}


def _locations(
    audited: Audit, rows: Sequence[dict[Any, Any]], pictures: dict[str, Picture], colours: Colours
) -> list[dict[str, Any]]:
    """The most confident disagreements of each kind, for each location that has any."""
    found = []
    for name in audited.names:
        own = [row for row in rows if row["location"] == name and row["Id"] in pictures]
        items = [(r["kind"], _item(r["Id"], [f"p = {r['probability']:.2f}"], pictures, colours)) for r in own]
        if items:
            found.append({"name": name, "items": items})
    return found


def _sheet(rows: Sequence[dict[Any, Any]], pictures: dict[str, Picture], colours: Colours) -> Figure:
    columns = min(_COLUMNS, len(rows))
    figure, axes = picture_grid(-(-len(rows) // columns), columns, _CELL, _CELL + 0.9)
    for axis, row in zip(axes.flat, rows, strict=False):
        draw_picture(axis, pictures[row["Id"]], colours)
        write_caption(axis, "\n".join(_words(row)), above=False)
    return figure
