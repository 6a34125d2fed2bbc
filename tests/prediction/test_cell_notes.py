"""What shows nothing gets no location and a reason: fields, cells of a collection, and cells of masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellocate.decision import read_probabilities
from cellocate.h5ad import read_h5ad
from cellocate.images import CHANNELS, read_channel, write_png
from cellocate.vocabulary import get_vocabulary

Run = Callable[..., Any]
SILENT, EMPTY, COPY = (f"phantom-1-00000{i}" for i in (3, 4, 5))


def _spoil(phantoms: Path) -> None:
    """One field without protein, one without anything, and one with microtubules as its protein."""
    rng, train = np.random.default_rng(0), phantoms / "train"
    for field, channels in ((SILENT, ("green",)), (EMPTY, CHANNELS)):
        for channel in channels:
            write_png(train / f"{field}_{channel}.png", rng.poisson(2, (64, 64)).astype(np.uint8))
    write_png(train / f"{COPY}_green.png", read_channel(train / f"{COPY}_red.png", "red") // 2)


def test_fields_that_show_nothing_have_no_location(cellocate: Run, run: Path, phantoms: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.csv"
    assert cellocate("predict", run / "model", phantoms, "--out", out).code == 0
    assert "Note" not in pd.read_csv(out)  # nothing to say of sound fields
    _spoil(phantoms)
    result = cellocate("predict", run / "model", phantoms, "--out", out, "--overwrite")
    assert "1 of 40 fields without signal: the protein does not stand out from the noise" in result.err
    assert "1 of 40 fields nearly empty" in result.err
    assert "1 of 40 fields with a protein channel that is a copy of red" in result.err
    table = pd.read_csv(out, keep_default_na=False).set_index("Id")
    assert table["Note"][table["Note"] != ""].to_dict() == {
        SILENT: "no signal",
        EMPTY: "nearly empty",
        COPY: "protein channel like red",
    }
    assert table["Locations"][[SILENT, EMPTY]].tolist() == ["", ""]
    assert read_probabilities(out, get_vocabulary("hpa28"))[1].shape == (40, 28)
    pytest.importorskip("anndata")
    cellocate("predict", run / "model", phantoms, "--out", tmp_path / "p.h5ad", "--format", "h5ad")
    assert read_h5ad(tmp_path / "p.h5ad").obs["Note"].tolist() == table["Note"].tolist()
    cellocate("predict", run / "model", phantoms, "--out", tmp_path / "k.csv", "--format", "kaggle2018")
    kaggle = pd.read_csv(tmp_path / "k.csv", keep_default_na=False).set_index("Id")["Predicted"]
    assert kaggle[[SILENT, EMPTY]].tolist() == ["", ""]


def test_cells_without_protein_have_no_location(cellocate: Run, run: Path, phantoms: Path, tmp_path: Path) -> None:
    _spoil(phantoms)
    cells, small = tmp_path / "cells", ("--size", 32, "--span", 48, "--pixel-size", 2.56, "--workers", 1)
    result = cellocate("cells", phantoms, "--masks", phantoms / "truth", "--out", cells, *small)
    assert "no signal (" in result.err
    found = pd.read_csv(cells / "cells.csv", keep_default_na=False)
    flagged = found["flags"].str.contains("no signal")
    assert flagged[found["field"].isin([SILENT, EMPTY])].all()
    assert flagged[~found["field"].isin([SILENT, EMPTY])].mean() < 0.2  # which do not show what their field does
    result = cellocate("predict", run / "model", cells / "crops", "--out", tmp_path / "crops.csv")
    assert f"{flagged.sum()} of {len(found):,} cells without signal" in result.err
    within = cellocate("predict", run / "model", phantoms, "--masks", phantoms / "truth", "--out", tmp_path / "in.csv")
    assert "cells without signal" in within.err
    for name in ("crops.csv", "in.csv"):
        table = pd.read_csv(tmp_path / name, keep_default_na=False)
        silent = table["Note"] == "no signal"
        assert silent.tolist() == flagged.tolist()
        assert (table["Locations"][silent] == "").all()


def test_every_command_decides_alike(cellocate: Run, run: Path, phantoms: Path, tmp_path: Path) -> None:
    _spoil(phantoms)
    cellocate("predict", run / "model", phantoms, "--out", tmp_path / "p.csv")
    predicted = pd.read_csv(tmp_path / "p.csv", keep_default_na=False).set_index("Id")
    result = cellocate("evaluate", run / "model", phantoms, "--out", tmp_path / "scores")
    assert "1 of 40 fields without signal" in (tmp_path / "scores" / "report.html").read_text()
    assert result.code == 0, result.err
    measured = pd.read_csv(tmp_path / "scores" / "predictions.csv", keep_default_na=False).set_index("Id")
    assert measured["Locations"].to_dict() == predicted["Locations"].to_dict()
    result = cellocate("explain", run / "model", phantoms, "--id", SILENT, "--id", EMPTY, "--out", tmp_path / "why")
    assert "1 of 2 fields without signal" in result.err
    explained = pd.read_csv(tmp_path / "why" / "explained.csv", keep_default_na=False)
    assert explained["Locations"].tolist() == ["", ""]
    assert explained["Note"].tolist() == ["no signal", "nearly empty"]
    pytest.importorskip("anndata")
    cellocate("embed", run / "model", phantoms, "--out", tmp_path / "e.h5ad")
    assert read_h5ad(tmp_path / "e.h5ad").obs["Locations"].tolist() == predicted["Locations"].tolist()


def test_fields_without_signal_say_nothing_of_a_protein(cellocate: Run, tmp_path: Path) -> None:
    names = list(get_vocabulary("hpa19").names)
    table = pd.DataFrame(0.9, index=pd.Index(["a", "b", "c"], name="Id"), columns=names)
    table.assign(Note=["", "no signal", "no signal"]).to_csv(tmp_path / "p.csv")
    (tmp_path / "of.csv").write_text("Id,antibody\na,1\nb,1\nc,2\n")
    (tmp_path / "truth.csv").write_text("Id,Target\na,0\nb,1\nc,2\n")
    rule = ("--vocabulary", "hpa19", "--rule", "fixed", "--out", tmp_path / "r.json")
    assert cellocate("decide", "fit", tmp_path / "p.csv", "--labels", tmp_path / "truth.csv", *rule).code == 0
    asked = ("--of", tmp_path / "of.csv", "--rule", tmp_path / "r.json", "--out", tmp_path / "o.csv")
    result = cellocate("proteins", tmp_path / "p.csv", *asked, "--calls", tmp_path / "calls.csv")
    assert "2 of 3 fields without signal" in result.err
    calls = pd.read_csv(tmp_path / "calls.csv", dtype=str)
    assert calls["Locations"].isna().tolist() == [False, True]
    assert calls["n"].tolist() == ["2", "1"]
    shares = pd.read_csv(tmp_path / "o.csv")
    assert set(shares["probability"]) == {0.9}  # of the field that says anything
    assert set(shares["share"]) == {0.5}
