"""`cellocate check` on many files: a summary by kind, one table, and warnings that are no faults."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from stack_files import noise, zarr_plate

from cellocate.images import write_png


def test_many_bad_files_are_one_line_of_each_kind_and_one_table(cellocate, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    write_png(folder / "first_green.png", rng.integers(0, 255, (16, 16), dtype=np.uint8))
    whole = (folder / "first_green.png").read_bytes()
    for i in range(400):
        content = whole[:-30] if i % 8 == 0 else b"hello" if i % 80 == 1 else whole
        (folder / f"f{i:03}_green.png").write_bytes(content)
    rows = [f"f{i:03},{99 if i == 7 else i % 4}" for i in range(400)]
    (folder / "train.csv").write_text("Id,Target\n" + "\n".join([*rows, "first,0"]))
    result = cellocate("check", folder, "--out", tmp_path / "problems.csv")
    assert result.code == 1
    lines = result.out.splitlines()
    assert lines[0] == "kaggle2018: 401 fields"
    assert len(lines) < 20
    assert [line.split(":")[0].split(None, 1) for line in lines[-3:]] == [
        ["50", "an image cannot be read (cut short)"],
        ["5", "an image cannot be read (damaged or not an image)"],
        ["1", "unknown label '99'"],
    ]
    table = pd.read_csv(tmp_path / "problems.csv")
    faults = table[table["severity"] == "fault"]
    assert len(faults) == 56
    assert set(faults["id"]) == {f"f{i:03}" for i in range(400) if i % 8 == 0 or i % 80 == 1 or i == 7}
    assert (table["severity"] == "warning").sum() > 300  # the rest is one image


def test_warnings_alone_are_no_failure(cellocate, phantoms: Path, tmp_path: Path) -> None:
    field = "phantom-1-000003"
    for colour in ("red", "green", "blue", "yellow"):
        original = phantoms / "train" / f"phantom-1-000001_{colour}.png"
        (phantoms / "train" / f"phantom-1-000002_{colour}.png").write_bytes(original.read_bytes())
    write_png(phantoms / "train" / f"{field}_green.png", np.zeros((64, 64), np.uint8))
    result = cellocate("check", phantoms, "--json", "--smallest-file", 0.2, "--out", tmp_path / "all.csv")
    assert result.code == 0
    found = json.loads(result.out)
    assert (found["layout"], found["fields"], found["problems"]) == ("kaggle2018", 40, [])
    assert found["identical"] == [["phantom-1-000001", "phantom-1-000002"]]
    kinds = {(w["id"], w["what"]) for w in found["warnings"]}
    assert (field, "a blank channel") in kinds
    assert (field, "a file smaller than 0.2 kB") in kinds
    assert found["files"] == dict.fromkeys(("red", "green", "blue", "yellow"), 40)
    assert set(pd.read_csv(tmp_path / "all.csv")["severity"]) == {"warning"}
    printed = cellocate("check", phantoms).out.splitlines()
    assert printed[-1] == "problems    none"
    assert any(line.startswith("warnings    ") and "fields" in line for line in printed)


def test_one_field_is_no_several_fields(cellocate, tmp_path: Path) -> None:
    write_png(tmp_path / "a_green.png", np.random.default_rng(0).integers(0, 255, (16, 16), dtype=np.uint8))
    write_png(tmp_path / "a_blue.png", np.zeros((16, 16), np.uint8))
    (tmp_path / "train.csv").write_text("Id,Target\na,\n")
    printed = cellocate("check", tmp_path).out
    assert printed.startswith("kaggle2018: 1 field\n")
    assert printed.count("1 field") == 4
    assert "1 fields" not in printed


def test_it_says_what_a_plate_of_z_stacks_holds(cellocate, tmp_path: Path) -> None:
    zarr_plate(tmp_path / "exp.zarr", ["A/1", "B/2"], shape=(4, 3, 20, 30), axes="czyx")
    result = cellocate("check", tmp_path)
    assert result.out.startswith("stacks: 4 fields\nrecognised  1 file of several channels in")
    assert ": 4 images, of 2 wells of 1 plate" in result.out
    assert "pixel size  0.5 µm" in result.out
    assert "note: 4 images of 3 z planes: the maximum of each is used" in result.err
    assert "z planes" not in cellocate("check", tmp_path, "--z", "1").err
    refused = cellocate("check", tmp_path, "--z", "3")
    assert (refused.code, "no plane 3: there are 3, counted from 0" in refused.err) == (1, True)


def test_what_it_proposes_for_slices_can_be_typed(cellocate, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(4, 20, 30), imagej=True, metadata={"axes": "ZYX"})
    refused = cellocate("check", tmp_path)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "--channels nucleus=0,protein=1,microtubules=2,er=3" in refused.err
    read = cellocate("check", tmp_path, "--channels", "blue=0,green=1,red=2,yellow=3")
    assert "channels    red, green, blue, yellow" in read.out
    assert "you set the axes to CYX" in read.err


def test_the_table_never_replaces_what_is_read(cellocate, phantoms: Path) -> None:
    labels = (phantoms / "train.csv").read_bytes()
    refused = cellocate("check", phantoms, "--out", phantoms / "train.csv")
    assert (refused.code, (phantoms / "train.csv").read_bytes()) == (1, labels)
    assert "which is read" in refused.err


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder that takes no files")
def test_the_place_of_the_table_is_checked_first(cellocate, phantoms: Path) -> None:
    nowhere = cellocate("check", phantoms, "--out", "/proc/problems.csv")
    assert (nowhere.code, nowhere.out) == (1, "")
    assert "no file can be written here" in nowhere.err
