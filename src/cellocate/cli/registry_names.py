"""Options that take a name from a registry; plug-ins are searched only when one is used or its help is shown."""

from __future__ import annotations

from typing import Any

import typer

from cellocate.registry import Registry


class RegistryNames(str):
    """The metavar of an option, which help replaces by the names in a registry and one `further` name."""

    def __new__(cls, registry: Registry[Any], further: str | None = None) -> RegistryNames:  # noqa: D102
        return super().__new__(cls, "NAME")

    def __init__(self, registry: Registry[Any], further: str | None = None) -> None:
        self._registry, self._further = registry, further

    def option(self, text: str) -> Any:  # noqa: ANN401 # as typer.Option itself
        """A typer option with this help."""
        return typer.Option(metavar=self, callback=self._checked, help=text)

    def names(self) -> list[str]:
        """The names that the option takes."""
        return [*filter(None, [self._further]), *self._registry]

    def _checked(self, name: str | None) -> str | None:
        if name is not None and name != self._further and name not in self._registry:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, self.names()))}.")
        return name
