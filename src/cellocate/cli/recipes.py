"""`cellocate recipes`."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from cellocate.choices import DEFAULT_RECIPE

_SOURCE = re.compile(r" \(([^()]*20\d\d[^()]*)\)\.$")  # source of a published system, at the end of its description
_OWN = "cellocate's own"


def recipes(name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print this recipe.")] = None) -> None:
    """List the recipes, or print one as a start for your own.

    'quick' is for a first try and 'resnet18' for real data. Most others are published systems. In a terminal, the list
    has descriptions; in a pipe, only names.

    Example: cellocate recipes quick > mine.yaml
    """
    from cellocate.training.recipe_files import recipe_names, recipe_text

    if name is not None:
        print(recipe_text(name), end="")
    elif sys.stdout.isatty():
        _show_table()
    else:
        print(*recipe_names(), sep="\n")


def _show_table() -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for source, those in _groups().items():
        table.add_row(f"[bold]{source}[/bold]", "")
        for name, description in those.items():
            default = " [bold](default)[/bold]" if name == DEFAULT_RECIPE else ""
            table.add_row(f"{name}{default}", escape(description))
        table.add_row()
    Console(highlight=False).print(table)


def _groups() -> dict[str, dict[str, str]]:
    """Descriptions of the recipes by source and name; our own first."""
    import yaml

    from cellocate.training.recipe_files import recipe_names, recipe_text

    groups: dict[str, dict[str, str]] = {_OWN: {}}
    for name in sorted(recipe_names(), key=lambda name: name != DEFAULT_RECIPE):
        description = str(yaml.safe_load(recipe_text(name))["description"])
        found = _SOURCE.search(description)
        source = found[1].partition(";")[0] if found else _OWN
        groups.setdefault(source[0].upper() + source[1:] if found else _OWN, {})[name] = _SOURCE.sub(".", description)
    return dict(sorted(groups.items(), key=lambda group: (group[0] != _OWN, group[0])))
