import json

import numpy as np
import pandas as pd
import pytest

from cellocate.collection import open_collection
from cellocate.explain.embedding import read_embeddings
from cellocate.explain.embedding.nearest import Index
from cellocate.images import read_channel


def test_explain(cellocate, phantoms, run, tmp_path):
    out, ids = tmp_path / "why", open_collection(phantoms).ids
    asked = ("--id", ids[3], "--location", "Cytosol", "--location", "Nucleoli", "--masks", phantoms / "truth")
    result = cellocate("explain", run / "model", phantoms, "--out", out, *asked)
    assert (result.code, result.out.partition(";")[0]) == (0, "1 field explained")
    occlusion = pd.read_csv(out / "occlusion.csv")
    assert set(occlusion["location"]) == {"Cytosol", "Nucleoli"}
    assert len(occlusion) == 2 * 5 * 5
    maps = sorted(path.name for path in (out / "maps").iterdir())
    assert maps == [f"{ids[3]}_map_2.png", f"{ids[3]}_map_25.png"]
    assert read_channel(out / "maps" / maps[0], "green").shape == (64, 64)
    assert (out / "figures" / f"{ids[3]}.svg").exists()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Which compartments matter?" in page
    assert "Nucleoli" in page
    assert cellocate("explain", run / "model", phantoms, "--out", out, *asked).code == 1
    result = cellocate("explain", run / "model", phantoms, "--out", out, "--fields", 2, "--overwrite")
    assert (result.code, len(pd.read_csv(out / "explained.csv"))) == (0, 2)
    assert "Which compartments matter?" not in (out / "report.html").read_text(encoding="utf-8")


def test_explain_refuses(cellocate, phantoms, run, tmp_path):
    for options, said in (
        (("--id", "nobody"), "no field 'nobody'"),
        (("--location", "Nowhere"), "Nowhere"),
        (("--masks", phantoms / "train"), "without a mask of their cells"),
    ):
        result = cellocate("explain", run / "model", phantoms, "--out", tmp_path / "why", *options)
        assert result.code == 1
        assert said in result.err
        assert not (tmp_path / "why").exists()


def test_embed_and_neighbours(cellocate, phantoms, run, tmp_path):
    pytest.importorskip("anndata")
    table = tmp_path / "e.h5ad"
    result = cellocate("embed", run / "model", phantoms, "--out", table)
    assert result.code == 0
    assert "40 fields, 96 features each" in result.out
    assert "share a label" in result.out
    ids = open_collection(phantoms).ids
    drawn = ("--sheet", tmp_path / "n.png", "--of", phantoms)
    result = cellocate("neighbours", table, "--id", ids[0], "--count", 3, "--out", tmp_path / "n.csv", *drawn)
    assert result.code == 0
    found = pd.read_csv(tmp_path / "n.csv")
    assert found["rank"].tolist() == [1, 2, 3]
    assert ids[0] not in set(found["Id"])
    assert found["similarity"].is_monotonic_decreasing
    assert (tmp_path / "n.png").stat().st_size > 5000
    asked = ("--images", phantoms, "--model", run / "model", "--count", 1)
    assert cellocate("neighbours", table, *asked, "--out", tmp_path / "m.csv").code == 0
    itself = pd.read_csv(tmp_path / "m.csv")
    assert itself["Id"].tolist() == itself["query"].tolist() == ids
    index = ("--index", tmp_path / "e.index", "--overwrite")
    for _ in range(2):  # made, then read
        assert cellocate("neighbours", table, *asked, "--out", tmp_path / "m.csv", *index).code == 0
        assert pd.read_csv(tmp_path / "m.csv")["Id"].tolist() == ids
    few = ("--index", tmp_path / "few.index")
    Index(read_embeddings(table).features[:30]).save(few[1])
    result = cellocate("neighbours", table, "--id", ids[0], "--out", tmp_path / "o.csv", *few)
    assert (result.code, "an index of other embeddings" in result.err) == (1, True)
    result = cellocate("neighbours", table, "--id", "nobody", "--out", tmp_path / "o.csv")
    assert (result.code, "no field 'nobody'" in result.err) == (1, True)
    assert cellocate("neighbours", table, "--out", tmp_path / "o.csv").code == 2


def test_audit(cellocate, phantoms, run, tmp_path, monkeypatch):
    monkeypatch.setattr("cellocate.explain.audit.label_audit.MIN_FIELDS", 5)
    collection = open_collection(phantoms)
    probabilities = pd.DataFrame(np.where(collection.labelled().truth(), 0.9, 0.02), columns=range(28))
    probabilities.insert(0, "Id", collection.ids)
    probabilities[:30].to_csv(tmp_path / "p.csv", index=False)
    asked = ("--probabilities", tmp_path / "p.csv")
    result = cellocate("audit", phantoms, *asked, "--out", tmp_path / "a", "--json")
    assert result.code == 0, result.err
    facts = json.loads(result.out)
    assert (facts["n"], facts["passed_over"]) == (30, 10)
    assert "10 fields left out: no table has them" in result.err
    assert "10 fields were left out, because no table has them." in (tmp_path / "a" / "report.html").read_text("utf-8")
    assert facts["skill"]["score"] > 0.5
    assert len(pd.read_csv(tmp_path / "a" / "doubts.csv")) == 30
    options = ("--no-duplicates", "--judge", "cleanlab")
    assert cellocate("audit", phantoms, *asked, *options, "--out", tmp_path / "b").code == 0
    assert not (tmp_path / "b" / "twins.csv").exists()
    assert cellocate("audit", phantoms, "--out", tmp_path / "c").code == 2


def test_a_model_that_learnt_nothing_judges_no_labels(cellocate, phantoms, run, tmp_path, monkeypatch):
    monkeypatch.setattr("cellocate.explain.audit.label_audit.MIN_FIELDS", 5)
    result = cellocate("audit", phantoms, run / "model", "--out", tmp_path / "a")
    assert (result.code, result.out, (tmp_path / "a").exists()) == (1, "", False)
    assert "predict these labels no better than the frequency of each location does: skill" in result.err
    assert "no skill is 0; n = 12)" in result.err


def test_ids_that_lead_out_of_the_folder_are_refused(cellocate, phantoms, run, tmp_path):
    field = open_collection(phantoms).ids[0]
    files = {channel: phantoms / "train" / f"{field}_{channel}.png" for channel in ("red", "green", "blue", "yellow")}
    pd.DataFrame([{"Id": str(tmp_path / "mine"), **files}]).to_csv(tmp_path / "listing.csv", index=False)
    asked = ("--location", "Cytosol", "--out", tmp_path / "why")
    result = cellocate("explain", run / "model", tmp_path / "listing.csv", *asked)
    assert (result.code, "cannot be a file name" in result.err) == (1, True)
    assert not list(tmp_path.glob("mine*"))
