"""Registries of decision rules, losses, heads and more, which other packages can extend.

A decorator registers a function or class where it is defined. Other packages name their modules as entry points
(docs/extending.md), which are imported when one of their names is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module, metadata, resources
from typing import Any, Generic, TypeVar

from cellocate.errors import CellocateError

T = TypeVar("T")
Registered = TypeVar("Registered")


class Registry(Generic[T]):
    """Things of one kind by name: our own, those of plug-ins, and those that a program has added.

    Our own names are read from the source code, so that recipes and options can be checked without importing torch.

    Args:
        kind: one word for the things; also the name of the decorator.
        group: name of the entry points.
        home: the module or package with our own things.

    Example:
        >>> rules = Registry("rule", "cellocate.rules", "cellocate.decision.rules")
        >>> "expected_f1" in rules, "nonsense" in rules
        (True, False)
    """

    def __init__(self, kind: str, group: str, home: str) -> None:
        self.kind, self.group, self.home = kind, group, home
        self._known: dict[str, T] = {}

    def add(self, name: str, thing: T, code: Callable[..., Any]) -> None:
        """Register `thing`, made of the function or class `code`.

        It replaces an earlier one of the same name, so that a notebook's cell can be run again.

        Raises:
            CellocateError: the name is one of our own, and the code is not ours.
        """
        if self._modules.get(name, code.__module__) != code.__module__:
            mend = "Give yours another name."
            raise CellocateError(f"cellocate has a {self.kind} {name!r} of its own", where=code.__module__, mend=mend)
        self._known[name] = thing

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """A decorator that registers a function or class without changing it."""

        def register(thing: Registered) -> Registered:
            self.add(name, thing, thing)  # type: ignore[arg-type] # a function or class that gives a T
            return thing

        return register

    def __getitem__(self, name: str) -> T:
        """The thing with this name; imports its module if necessary.

        Raises:
            CellocateError: there is none, or its plug-in cannot be imported.
        """
        if name not in self._known:
            if name in self._modules:
                import_module(self._modules[name])
            elif name in self._plugins:
                self._load(self._plugins[name])
            else:
                raise CellocateError(f"unknown {self.kind} {name!r}", mend=f"Choose one of {', '.join(self)}.")
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._modules or name in self._plugins

    def __iter__(self) -> Iterator[str]:
        """The names, our own first."""
        return iter(dict.fromkeys([*self._modules, *self._plugins, *self._known]))

    @property
    def own(self) -> tuple[str, ...]:
        """The names that come with cellocate."""
        return tuple(self._modules)

    def checked(self, name: str, *more: str) -> str:
        """For pydantic: return the name if it is here or in `more`, or raise the error of a `Literal` without it."""
        if name not in self and name not in more:
            from pydantic_core import PydanticKnownError  # slow to import

            *others, last = map(repr, [*more, *self])
            raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})
        return name

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The module of each of our own names."""
        folder = resources.files("cellocate").joinpath(*self.home.split(".")[1:-1])
        last = self.home.rpartition(".")[2]
        if (room := folder / last).is_dir():
            files = sorted((file for file in room.iterdir() if file.name.endswith(".py")), key=lambda file: file.name)
            sources = {f"{self.home}.{file.name.removesuffix('.py')}": file for file in files}
        else:
            sources = {self.home: folder / f"{last}.py"}
        decorated = re.compile(rf'^@{self.kind}\(\s*"([^"]+)"', re.MULTILINE)
        return {n: module for module, file in sources.items() for n in decorated.findall(file.read_text("utf-8"))}

    @cached_property
    def _plugins(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self.group)}

    def _load(self, point: metadata.EntryPoint) -> None:
        package = point.dist.name if point.dist else point.value
        where, mend = f"{self.kind} {point.name!r} of the plug-in {package}", "Mend the plug-in, or uninstall it."
        try:
            point.load()
        except Exception as error:
            what = f"cannot be imported ({type(error).__name__}: {error})"
            raise CellocateError(what, where=where, mend=mend) from error
        if point.name not in self._known:
            raise CellocateError(f"{point.value} registers no such {self.kind}", where=where, mend=mend)


RULES: Registry[Any] = Registry("rule", "cellocate.rules", "cellocate.decision.rules")
LOSSES: Registry[Any] = Registry("loss", "cellocate.losses", "cellocate.training.losses")
HEADS: Registry[Any] = Registry("head", "cellocate.heads", "cellocate.networks.heads")
CELL_POOLS: Registry[Any] = Registry("cell_pool", "cellocate.cell_pools", "cellocate.networks.cell_pools")
SAMPLERS: Registry[Any] = Registry("sampler", "cellocate.samplers", "cellocate.training.sampling")
LAYOUTS: Registry[Any] = Registry("layout", "cellocate.layouts", "cellocate.collection.layouts")
SEGMENTERS: Registry[Any] = Registry("segmenter", "cellocate.segmenters", "cellocate.cells.segmenters")
LOCATIONS: Registry[Any] = Registry("location", "cellocate.locations", "cellocate.phantom.patterns")
