"""`cellocate recipes`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this recipe.")] = None,
) -> None:
    """List the recipes, or print one to start your own from.

    Example: cellocate recipes quick > mine.yaml
    """
    from cellocate.training.recipes import load_recipe, recipe_names, recipe_text

    if name is not None:
        print(recipe_text(name), end="")
        return
    for known in recipe_names():
        print(f"{known:<12} {load_recipe(known).description}" if sys.stdout.isatty() else known)
