"""Each fault gets one clear line and exit code 1, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellocate.images import write_png

FIELD = "phantom-1-000003"


def _lose_a_channel(folder: Path) -> None:
    (folder / "train" / f"{FIELD}_yellow.png").unlink()


def _truncate(folder: Path) -> None:
    path = folder / "train" / f"{FIELD}_green.png"
    path.write_bytes(path.read_bytes()[:-40])


def _shrink(folder: Path) -> None:
    path = folder / "train" / f"{FIELD}_green.png"
    write_png(path, np.asarray(Image.open(path))[:32, :32])


def _deepen(folder: Path) -> None:
    path = folder / "train" / f"{FIELD}_green.png"
    write_png(path, np.asarray(Image.open(path)).astype(np.uint16) * 257)


def _mislabel(folder: Path) -> None:
    table = folder / "train.csv"
    rows = table.read_text().splitlines()
    rows[4] = f"{FIELD},28"
    table.write_text("\n".join(rows))


def _repeat(folder: Path) -> None:
    table = folder / "train.csv"
    table.write_text(table.read_text() + f"{FIELD},1\n")


def _add_a_row(folder: Path) -> None:
    table = folder / "train.csv"
    table.write_text(table.read_text() + "nowhere,1\n")


def _drop_a_row(folder: Path) -> None:
    table = folder / "train.csv"
    table.write_text("\n".join(r for r in table.read_text().splitlines() if not r.startswith(FIELD)))


FAULTS: list[tuple[Callable[[Path], None], str, str]] = [
    (_lose_a_channel, FIELD, "the yellow file is missing"),
    (_truncate, FIELD, "cut short"),
    (_shrink, FIELD, "channels of different size (32×32 and 64×64 px)"),
    (_deepen, FIELD, "channels of different depth (16 and 8 bits)"),
    (_mislabel, FIELD, "unknown label '28'"),
    (_repeat, FIELD, "an id is in several rows"),
    (_add_a_row, "nowhere", "a row without image files"),
    (_drop_a_row, FIELD, "image files without a row"),
]
EACH_FAULT = pytest.mark.parametrize(("damage", "field", "message"), FAULTS, ids=lambda x: getattr(x, "__name__", ""))


@EACH_FAULT
def test_check_finds_it(cellocate, phantoms: Path, damage, field: str, message: str) -> None:
    damage(phantoms)
    result = cellocate("check", phantoms, "--json")
    assert result.code == 1
    [problem] = json.loads(result.out)["problems"]
    assert problem["id"] == field
    assert message in problem["what"]
    assert problem["mend"]


@EACH_FAULT
def test_train_refuses_it_or_skips_it(
    cellocate, phantoms: Path, tmp_path: Path, damage, field: str, message: str
) -> None:
    damage(phantoms)
    short = ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]
    refused = cellocate("train", phantoms, "--out", tmp_path / "run", *short)
    assert refused.code == 1
    assert refused.err.startswith("error: ")
    assert refused.err.count("\n") == 1
    assert field in refused.err
    assert message in refused.err
    assert not (tmp_path / "run").exists()
    skipped = cellocate("train", phantoms, "--out", tmp_path / "run", "--skip-bad", *short)
    assert skipped.code == 0
    assert field in (tmp_path / "run" / "skipped.csv").read_text()
    assert f"left out 1 faulty field: {field}" in skipped.out


def test_a_label_table_that_lacks_a_column(cellocate, phantoms: Path, tmp_path: Path) -> None:
    table = phantoms / "train.csv"
    table.write_text(table.read_text().replace("Id,Target", "Id,Labels"))
    result = cellocate("train", phantoms, "--out", tmp_path / "run")
    assert result.code == 1
    assert "Id, Labels" in result.err
    assert "Id,Target" in result.err


def test_an_empty_folder(cellocate, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in (["check"], ["train", "--out", str(tmp_path / "run")]):
        result = cellocate(command[0], tmp_path / "empty", *command[1:])
        assert result.code == 1
        assert "the folder is empty" in result.err


def test_a_collection_without_a_channel_that_the_model_needs(cellocate, run: Path, phantoms: Path) -> None:
    for path in (phantoms / "train").glob("*_yellow.png"):
        path.unlink()
    result = cellocate("predict", run / "model", phantoms, "--out", phantoms / "p.csv")
    assert result.code == 1
    assert "no yellow channel (it has red, green, blue)" in result.err
    assert not (phantoms / "p.csv").exists()


def test_an_unlabelled_collection_cannot_be_trained_on(cellocate, phantoms: Path, tmp_path: Path) -> None:
    (phantoms / "train.csv").unlink()
    result = cellocate("train", phantoms, "--out", tmp_path / "run")
    assert result.code == 1
    assert "no labels found" in result.err


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_damaged_model(cellocate, run: Path, phantoms: Path, name: str) -> None:
    path = run / "model" / name
    path.write_bytes(path.read_bytes()[:-9])
    result = cellocate("predict", run / "model", phantoms, "--out", phantoms / "p.csv")
    assert result.code == 1
    assert name in result.err
    assert "checksum" in result.err


def test_a_file_in_use_is_kept_unless_told(cellocate, run: Path, phantoms: Path) -> None:
    out = phantoms.parent / "p.csv"
    out.write_text("mine")
    refused = cellocate("predict", run / "model", phantoms, "--out", out)
    assert refused.code == 1
    assert "the file exists" in refused.err
    assert out.read_text() == "mine"
    assert cellocate("predict", run / "model", phantoms, "--out", out, "--overwrite").code == 0
    assert out.read_text().startswith("Id,")


def test_a_label_table_is_never_replaced(cellocate, run: Path, phantoms: Path) -> None:
    before = (phantoms / "train.csv").read_text()
    result = cellocate("predict", run / "model", phantoms, "--out", phantoms / "train.csv", "--overwrite")
    assert result.code == 1
    assert "which is read" in result.err
    assert (phantoms / "train.csv").read_text() == before


def test_a_folder_of_something_else_is_never_replaced(cellocate, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    result = cellocate("simulate", tmp_path / "home", "--fields", 1, "--size", 64, "--overwrite")
    assert result.code == 1
    assert "did not write" in result.err
    assert (tmp_path / "home" / "thesis.txt").read_text() == "mine"


def test_a_run_folder_is_not_a_model(cellocate, run: Path, phantoms: Path) -> None:
    result = cellocate("predict", run, phantoms, "--out", phantoms.parent / "p.csv")
    assert result.code == 1
    assert f"Give {run / 'model'}" in result.err


def test_wrong_usage_exits_with_2(cellocate, phantoms: Path) -> None:
    assert cellocate("train", phantoms).code == 2
    assert cellocate("evaluate", "--out", phantoms / "e").code == 2
    assert cellocate("nonsense").code == 2


_CUT = """
import resource
from cellocate.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
main()
"""


def test_a_full_disk(phantoms: Path, run: Path, tmp_path: Path) -> None:
    """A limit on the size of files makes writing fail as a full disk does."""
    before = {p: p.read_bytes() for p in (run / "model").iterdir()}
    arguments = ["evaluate", run / "model", phantoms, "--out", tmp_path / "scores"]
    result = subprocess.run([sys.executable, "-c", _CUT, *map(str, arguments)], capture_output=True, text=True)
    assert result.returncode == 1
    assert "no room on the disk" in result.stderr
    assert not (tmp_path / "scores").exists()
    assert {p: p.read_bytes() for p in (run / "model").iterdir()} == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_ctrl_c_in_training_can_be_resumed(phantoms: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [shutil.which("cellocate", path=str(Path(sys.executable).parent)), "train", phantoms, "--out", out]
    command += ["--set", "data.size=64", "--set", "network.backbone=test_resnet", "--set", "training.epochs=10000"]
    command += ["--set", "training.patience=null", "--pixel-size", "2.5"]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, env=os.environ)
    deadline = time.monotonic() + 120
    while not (out / "checkpoints" / "last.ckpt").is_file() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"continue with: cellocate train {phantoms} --out {out} --pixel-size 2.5 --resume" in err
    assert not (out / "model").exists()
    recipe = (out / "recipe.yaml").read_text()
    (out / "recipe.yaml").write_text(recipe.replace("epochs: 10000", "epochs: 1"))
    resumed = subprocess.run(
        [*map(str, command[:5]), "--pixel-size", "2.5", "--resume"], capture_output=True, text=True
    )
    assert resumed.returncode == 0
    assert (out / "model" / "model.json").is_file()
