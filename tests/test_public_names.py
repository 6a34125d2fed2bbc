"""What `import cellocate` gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cellocate


def fresh(code: str) -> str:
    """What a new Python prints that runs this."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_is_the_same_whatever_was_imported_before_and_help_shows_it() -> None:
    out = fresh("""
import cellocate, types
before = {name: getattr(cellocate, name) for name in cellocate.__all__}
import cellocate.collection, cellocate.networks, cellocate.vocabulary
for name, value in before.items():
    assert getattr(cellocate, name) is value, name
    assert not isinstance(value, types.ModuleType), name
assert len(cellocate.get_vocabulary("hpa28")) == 28
help(cellocate)
""")
    for words in ("open_collection(", "load(", "get_vocabulary(", "class Model", "class CellocateError"):
        assert words in out


def test_names_are_shown_without_being_imported() -> None:
    out = fresh("import cellocate, sys; print(dir(cellocate)); print('torch' in sys.modules, 'pandas' in sys.modules)")
    assert out == f"{sorted(cellocate.__all__)}\nFalse False\n"


def test_no_public_name_is_that_of_a_room() -> None:
    rooms = {path.stem for path in Path(cellocate.__file__).parent.iterdir()}
    assert not rooms & {name for name in cellocate.__all__ if not name.startswith("_")}


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        cellocate.lode  # noqa: B018
