"""Names are those of the source and of plug-ins; the plug-ins of docs/extending.md work from the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from cellocate import phantom, registry
from cellocate.errors import CellocateError
from cellocate.images import write_png
from cellocate.registry import Registry
from cellocate.training import load_recipe

REGISTRIES = [known for known in vars(registry).values() if isinstance(known, Registry)]
PAGE = (Path(__file__).resolve().parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
PLUGIN, TESTS, LAYOUT = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
(PROJECT,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^cellocate .*", PAGE, re.M)
SCRIPT = """
import contextlib, io, json, sys
from cellocate.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["cellocate", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


@pytest.mark.parametrize("known", REGISTRIES, ids=lambda known: known.kind)
def test_every_name_in_the_source_is_registered(known: Registry) -> None:
    assert known.own
    assert all(known[name] is not None for name in known.own)
    assert known.group.startswith(f"cellocate.{known.kind}")


def test_an_unknown_name_is_told_which_there_are() -> None:
    with pytest.raises(CellocateError, match=r"unknown cell_pool 'min'. Choose one of mean, max, attention, duo"):
        registry.CELL_POOLS["min"]
    with pytest.raises(CellocateError, match=r"loss\.terms.*'focall'.*focal"):
        load_recipe("quick", ["loss.terms=focall"])
    with pytest.raises(CellocateError, match=r"decision\.rule.*'expected'.*expected_f1"):
        load_recipe("quick", ["decision.rule=expected"])


def test_names_in_recipes_are_checked_without_torch() -> None:
    code = "import sys; from cellocate.training import load_recipe; load_recipe('densenet121-champion2018'); "
    code += "load_recipe('cells-mil'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _install(folder: Path, module: str, code: str, points: dict[str, dict[str, str]]) -> None:
    """As pip would: the module, and beside it what its package says of itself."""
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.0\n")
    groups = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in points.items()]
    (about / "entry_points.txt").write_text("\n".join(groups))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plug-ins of docs/extending.md, and broken ones."""
    folder = tmp_path_factory.mktemp("site")
    _install(folder, "cellocate_simple", PLUGIN, tomllib.loads(PROJECT)["project"]["entry-points"])
    _install(folder, "cellocate_folders", LAYOUT, {"cellocate.layouts": {"subfolders": "cellocate_folders"}})
    broken = {"broken": "cellocate_broken"}
    groups = {"cellocate.rules": broken, "cellocate.segmenters": broken, "cellocate.losses": broken}
    _install(folder, "cellocate_broken", "import nowhere_to_be_found", groups)
    _install(folder, "cellocate_idle", "", {"cellocate.rules": {"idle": "cellocate_idle"}})
    intruder = "from cellocate.decision import rule\n@rule('expected_f1', 'none')\ndef f(p, t): return p.mean(axis=0)\n"
    _install(folder, "cellocate_intruder", intruder, {"cellocate.rules": {"intruder": "cellocate_intruder"}})
    return folder


@pytest.mark.parametrize("order", [("intruder", "expected_f1"), ("expected_f1", "intruder")])
def test_a_plugin_cannot_replace_what_is_ours(site: Path, order: tuple[str, str]) -> None:
    """Whichever is imported first; the error names the plug-in."""
    code = f"""
from cellocate.errors import CellocateError
from cellocate.registry import RULES
for name in {order}:
    try:
        print(RULES[name].function.__module__)
    except CellocateError as error:
        print(error)
"""
    done = _python(site, "-c", code)
    lines = dict(zip(order, done.stdout.splitlines(), strict=True))
    assert lines["expected_f1"].startswith("cellocate.decision.rules.")
    assert "cellocate has a rule 'expected_f1' of its own: cellocate_intruder." in lines["intruder"]
    assert "rule 'intruder' of the plug-in cellocate-intruder." in lines["intruder"]


def _python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "300"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=site, env=environment, capture_output=True, text=True, check=False
    )


def test_plugins_work_from_the_command_line(site: Path, tmp_path: Path) -> None:
    phantom.simulate(tmp_path / "my_images", fields=1, size=128, seed=1, workers=1)
    for field in ("a", "b"):
        (tmp_path / "plate" / field).mkdir(parents=True)
        write_png(tmp_path / "plate" / field / "green.png", np.full((8, 8), 9, np.uint8))
    (tmp_path / "validation.csv").write_text("Id,Cytosol\na,0.25\nb,0.75\n")
    (tmp_path / "train.csv").write_text("Id,Target\na,Cytosol\nb,Cytosol\n")
    (tmp_path / "mine.csv").write_text("name\nCytosol\n")

    def here(line: str) -> list[str]:
        places = {"validation.csv", "train.csv", "rule.json", "my_images", "my_cells", "mine.csv", "plate", "out"}
        return [str(tmp_path / word) if word in places else word for word in line.split()][1:]

    fit, cells = COMMANDS
    fit += " --vocabulary mine.csv"
    cases = [
        (fit, 0, "average rule, fitted on 2 fields"),
        ("cellocate decide apply validation.csv --rule rule.json --out out.csv", 0, "2 fields in"),
        ("cellocate decide fit --help", 0, "average"),
        (cells + " --workers 1", 0, "of 1 field in"),
        ("cellocate cells --help", 0, "otsu"),
        ("cellocate check plate", 0, "subfolders: 2 fields"),
        ("cellocate check my_images", 0, "kaggle2018: 1 field"),
        (fit.replace("average", "avrage"), 2, "'broken'"),
        (fit.replace("average", "broken") + " --overwrite", 1, "rule 'broken' of the plug-in cellocate-broken."),
        (fit.replace("average", "idle") + " --overwrite", 1, "cellocate_idle registers no such rule: rule 'idle'"),
        (cells.replace("otsu", "broken") + " --overwrite", 1, "segmenter 'broken' of the plug-in cellocate-broken."),
    ]  # fmt: skip
    done = _python(site, "-c", SCRIPT, json.dumps([here(case[0]) for case in cases]))
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(cases), done.stderr
    for (line, code, words), (found, out, err) in zip(cases, results, strict=True):
        assert found == code, (line, out, err)
        assert words in out + err, (line, out, err)
        assert "Traceback" not in err
    assert json.loads((tmp_path / "rule.json").read_text())["rule"]["thresholds"] == [0.5]


def test_the_tests_of_the_page_pass(site: Path) -> None:
    (site / "test_simple.py").write_text(TESTS, encoding="utf-8")
    done = _python(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_simple.py")
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout
