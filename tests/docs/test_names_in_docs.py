"""Options, dotted names and links that messages and documents give are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from typer.main import get_command

from cellocate import registry
from cellocate.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
SOURCES = [path for path in (ROOT / "src").rglob("*.py") if path.name != "commands.py"]  # has old names of options
OTHER_PROGRAMS = re.compile(r"torchrun|srun|#SBATCH|pip install|benchmarks/|Cellpose")
GROUPS = {kind.group for kind in vars(registry).values() if isinstance(kind, registry.Registry)}


def _options(command: Any) -> Iterator[str]:
    for param in command.params:
        yield from (*param.opts, *param.secondary_opts)
    for inner in getattr(command, "commands", {}).values():
        yield from _options(inner)


OPTIONS = {*_options(get_command(app)), "--help"}


def test_every_option_is_one_of_a_command() -> None:
    lines = [line for path in [*PAGES, *SOURCES] for line in path.read_text("utf-8").splitlines()]
    own = "\n".join(line for line in lines if not OTHER_PROGRAMS.search(line))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", own)) <= OPTIONS


def test_every_dotted_name_imports() -> None:
    names = {name for page in PAGES for name in re.findall(r"`(cellocate(?:\.\w+)+)", page.read_text("utf-8"))}
    for name in names - GROUPS:
        resolve_name(name)


def _anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links, as GitHub makes it."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text("utf-8"))
    headings = (re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading) for heading in re.findall(r"(?m)^#+ (.*)$", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link
