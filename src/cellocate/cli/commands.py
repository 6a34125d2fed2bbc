"""How functions become commands: shared options, renamed options, help, and hints for a mistyped command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from cellocate.cli.registry_names import RegistryNames

Function = TypeVar("Function", bound=Callable[..., None])


class Group(TyperGroup):
    """All commands, and hints: for `help`, and where a user names a folder in place of a command."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override] # noqa: ANN401
        """Find the command, or explain why there is none."""
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


_OLD_OPTIONS = (
    ("--beside", "--compare-to"),
    ("--twins", "--duplicates"),
    ("--no-twins", "--no-duplicates"),
    ("--views", "--tta"),
    ("--least", "--min-cells"),
    ("--least", "--min-per-location"),
    ("--most", "--max-cells"),
)
_OLD_CHOICES = {
    ("combine", "--by"): {"best": "best_per_location"},
    ("combine", "--rule"): {"best": "argmax"},
    ("fit", "--rule"): {"best": "argmax"},
}


class Command(TyperCommand):
    """A command that accepts earlier names of options and choices, and lists the names of plug-ins in its help."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Replace old names by present ones, and parse the arguments."""
        options = {name for option in self.params for name in (*option.opts, *option.secondary_opts)}
        present = {old: new for old, new in _OLD_OPTIONS if new in options}
        found, before = list[str](), ""
        for arg in args:
            name, equals, value = arg.partition("=")
            name = present.get(name, name)
            if equals:
                found.append(f"{name}={self._choice(arg.partition('=')[0], value)}")
            else:
                found.append(self._choice(before, name))
            before = arg
        try:
            return super().parse_args(ctx, found)
        except typer.BadParameter as wrong:
            wrong.message = wrong.message.removeprefix("Value error, ")  # pydantic's words, which typer passes on
            raise

    def format_help(self, *given: Any) -> None:  # noqa: ANN401 # what typer gives, of modules that are its own
        """Write the help."""
        for parameter in self.params:
            if isinstance(parameter.metavar, RegistryNames):
                parameter.metavar = f"[{'|'.join(parameter.metavar.names())}]"
        super().format_help(*given)

    def _choice(self, option: str, value: str) -> str:
        if (self.name, option) == ("cells", "--least") and value.isdigit():
            return str(int(value) + 1)  # it left out locations with just as many cells
        return _OLD_CHOICES.get((self.name or "", option), {}).get(value, value)


def command(app: typer.Typer) -> Callable[[Function], Function]:
    """Make a function a command of `app`, with its docstring as help."""

    def add(function: Function) -> Function:
        app.command(cls=Command, help=filled(function.__doc__ or ""))(_spread(function))
        return function

    return add


def _spread(function: Callable[..., None]) -> Callable[..., None]:
    """Replace a parameter whose type is a dataclass of options, such as `Images`, by these options, listed last."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    groups: dict[str, Any] = {p.name: p.annotation for p in parameters if is_dataclass(p.annotation)}
    spread = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters if p.name not in groups]
    for group in groups.values():
        hints = get_type_hints(group, include_extras=True)
        for f in fields(group):
            kind = inspect.Parameter.KEYWORD_ONLY
            spread.append(inspect.Parameter(f.name, kind, default=f.default, annotation=hints[f.name]))

    @wraps(function)
    def run(**given: Any) -> None:  # noqa: ANN401 # whatever the options hold
        grouped = {name: group(**{f.name: given.pop(f.name) for f in fields(group)}) for name, group in groups.items()}
        function(**given, **grouped)

    run.__signature__ = inspect.Signature(spread)  # type: ignore[attr-defined] # typer reads it
    run.__annotations__ = {p.name: p.annotation for p in spread}
    return run


def filled(text: str) -> str:
    r"""Join the lines of each paragraph of a docstring; a line of examples, which ends with a semicolon, stays one.

    Example:
        >>> filled("Train a model.\n\n    RUN receives\n    model/.\n\n    Examples: a;\n    b")
        'Train a model.\n\nRUN receives model/.\n\nExamples: a;\nb'
    """
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p.replace(";\n", ";\0").replace("\n", " ").replace("\0", "\n") for p in paragraphs)
