"""How commands are found and explained: hints where there is none, and help that fills the terminal's lines."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperGroup

from cellocate.cli.named import Command

Function = TypeVar("Function", bound=Callable[..., None])


class Group(TyperGroup):
    """Commands that also answer to `help`, and to a folder or file where a command should stand."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override] # noqa: ANN401
        """The command that is named, or a hint where there is none."""
        name, *others = args
        if name not in self.commands:
            if name == "help" and others:
                return super().resolve_command(ctx, [others[0], "--help"])
            if name == "help":
                typer.echo(ctx.get_help())
                ctx.exit()
            if Path(name).exists():
                kind = "folder" if Path(name).is_dir() else "file"
                ctx.fail(f"{name!r} is a {kind}, not a command. To see what it holds: cellocate check {name}")
        return super().resolve_command(ctx, args)


def command(app: typer.Typer) -> Callable[[Function], Function]:
    """Make a function a command of `app`, with its docstring as help."""

    def add(function: Function) -> Function:
        app.command(cls=Command, help=filled(function.__doc__ or ""))(function)
        return function

    return add


def filled(text: str) -> str:
    r"""A docstring with each paragraph in one line; a line of examples, which ends with a semicolon, stays one.

    Example:
        >>> filled("Train a model.\n\n    RUN receives\n    model/.\n\n    Examples: a;\n    b")
        'Train a model.\n\nRUN receives model/.\n\nExamples: a;\nb'
    """
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p.replace(";\n", ";\0").replace("\n", " ").replace("\0", "\n") for p in paragraphs)
