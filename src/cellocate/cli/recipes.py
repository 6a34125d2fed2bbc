"""`cellocate recipes`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this recipe.")] = None,
) -> None:
    """List the recipes, or print one to start your own from.

    quick is for a first try, resnet18 for real data; most others are systems that were published. On a terminal each
    is listed with what it is, elsewhere by its name alone.

    Example: cellocate recipes quick > mine.yaml
    """
    from cellocate.training.recipes import recipe_names, recipe_text

    if name is not None:
        print(recipe_text(name), end="")
    elif sys.stdout.isatty():
        _show_table()
    else:
        print(*recipe_names(), sep="\n")


def _show_table() -> None:
    from rich.console import Console
    from rich.table import Table

    from cellocate.training.recipes import load_recipe, recipe_names

    table = Table("recipe", "what it is", box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = True
    for name in recipe_names():
        table.add_row(name, load_recipe(name).description)
    Console(highlight=False, markup=False).print(table)
