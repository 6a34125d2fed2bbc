"""Tables that commands write under the name that a user gives, as Excel files and otherwise."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook


def test_each_command_writes_a_workbook(cellocate, phantoms: Path, run: Path, tmp_path: Path) -> None:
    (phantoms / "train" / "phantom-1-000003_red.png").unlink()
    csv, model = tmp_path / "p.csv", run / "model"
    assert cellocate("check", phantoms, "--out", tmp_path / "problems.xlsx").code == 1
    pytest.importorskip("anndata")
    for path in (csv, tmp_path / "p.xlsx", tmp_path / "p.h5ad", tmp_path / "p.parquet"):
        result = cellocate("predict", model, phantoms, "--skip-bad", "--out", path)
        assert result.code == 0, result.err
    table = pd.read_csv(csv).fillna("")
    book = load_workbook(tmp_path / "p.xlsx")
    assert book.sheetnames == ["predictions"]
    header, *rows = ([cell.value for cell in row] for row in book.active.iter_rows())
    assert header == list(table)
    assert [["" if value is None else value for value in row] for row in rows] == table.to_numpy().tolist()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "p.parquet").fillna(""), table, check_dtype=False)
    assert (tmp_path / "p.h5ad").read_bytes().startswith(b"\x89HDF")

    about = table[["Id"]].assign(antibody=[f"0{n // 4}" for n in range(len(table))])
    about.to_csv(tmp_path / "about.csv", index=False)
    out = ["--out", tmp_path / "proteins.xlsx", "--calls", tmp_path / "calls.xlsx"]
    summarised = cellocate("proteins", csv, "--of", tmp_path / "about.csv", *out)
    assert summarised.code == 0, summarised.err
    labels = ["--labels", phantoms / "train.csv", "--out", tmp_path / "rule.json"]
    assert cellocate("decide", "fit", csv, *labels).code == 0
    assert cellocate("decide", "apply", csv, "--rule", tmp_path / "rule.json", "--out", tmp_path / "d.xlsx").code == 0
    sheets = {"problems": "problems", "proteins": "locations of proteins", "calls": "proteins", "d": "predictions"}
    for name, sheet in sheets.items():
        page = load_workbook(tmp_path / f"{name}.xlsx").active
        assert page.title == sheet
        assert page.max_row > 1
        assert page.freeze_panes == "A2"
    antibodies = [row[0].value for row in load_workbook(tmp_path / "calls.xlsx").active.iter_rows(min_row=2)]
    assert {type(value) for value in antibodies} == {str}


def test_a_name_that_cannot_be_written_is_refused_first(cellocate, tmp_path: Path) -> None:
    for arguments in (
        ["predict", "nothing", "nothing", "--out", tmp_path / "x.xls"],
        ["predict", "nothing", "nothing", "--format", "kaggle2018", "--out", tmp_path / "x.xlsx"],
        ["proteins", "nothing", "--of", "nothing", "--out", tmp_path / "x.csv", "--calls", tmp_path / "y.ods"],
        ["decide", "apply", "nothing", "--rule", "nothing", "--out", tmp_path / "x.txt"],
        ["decide", "fit", "nothing", "--labels", "nothing", "--out", tmp_path / "x.csv"],
        ["check", "nothing", "--out", tmp_path / "x.pdf"],
        ["neighbours", "nothing", "--id", "a", "--out", tmp_path / "x.ods"],
    ):
        result = cellocate(*arguments)
        assert result.code == 1
        assert "cannot be written as" in result.err, arguments
    assert not list(tmp_path.iterdir())
