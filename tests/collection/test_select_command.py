"""`cellocate select`, and that every command takes what it makes."""

import json

import pandas as pd
import pytest
from small_collections import table_of, tabled

from cellocate.collection import inspect, open_collection
from cellocate.collection.filters import map_labels
from cellocate.images import read_header
from cellocate.vocabulary.vocabulary import get_vocabulary

OWN_MAP = "from,to\nRods & rings,Cytosol\n0,Nucleoli\nplasma MEMBRANE,\n"


def test_labels_are_mapped_by_a_table_of_ones_own(cellocate, tmp_path):
    (tmp_path / "map.csv").write_text(OWN_MAP)
    after, lost = map_labels(table_of([(0,), (21, 25), (21,), (27,)]), "hpa19", by=tmp_path / "map.csv")
    names = get_vocabulary("hpa19").names
    assert [[names[i] for i in labels] for labels in after.fields["labels"]] == [["Nucleoli"], ["Cytosol"], ["Cytosol"]]
    assert lost == {"Plasma membrane": 1}
    tabled(tmp_path, "Id,Target\na,0\nb,27\n")
    command = ("select", tmp_path / "train.csv", "--map", tmp_path / "map.csv", "--out", tmp_path / "out")
    assert "--map needs a target vocabulary" in cellocate(*command).err
    assert cellocate(*command, "--to", "hpa19").code == 0
    assert open_collection(tmp_path / "out").fields["labels"].tolist() == [(2,), (16,)]
    assert derived_json(tmp_path / "out")["made"]["steps"][1]["by"] == OWN_MAP.splitlines()


def derived_json(folder):
    return json.loads((folder / "listing.json").read_text())


def test_the_command_selects_and_every_command_takes_the_result(cellocate, phantoms, tmp_path):
    out = tmp_path / "few"
    result = cellocate("select", phantoms, "--to", "hpa19", "--sample", 30, "--seed", 3, "--out", out)
    assert result.code == 0, result.err
    assert f"30 of 40 fields in {out}" in result.out
    assert cellocate("check", out).out.splitlines()[0] == "listing: 30 fields"
    told = derived_json(out)
    assert (told["vocabulary"], told["simulated"]) == ("hpa19", True)
    assert [step["step"] for step in told["made"]["steps"]] == ["open", "map", "sample"]
    collection = open_collection(out)
    assert (collection.simulated, collection.pixel_size(collection.ids[0])) == (True, 2.56)
    short = ["training.epochs=1", "network.backbone=test_resnet", "data.size=64"]
    trained = cellocate("train", out, "--out", tmp_path / "run", *(w for s in short for w in ("--set", s)))
    assert trained.code == 0, trained.err
    assert cellocate("predict", tmp_path / "run" / "model", out, "--out", tmp_path / "p.csv").code == 0
    assert len(pd.read_csv(tmp_path / "p.csv")) == 30


def test_what_was_derived_of_the_derived_remembers_all(cellocate, phantoms, tmp_path):
    assert cellocate("select", phantoms, "--sample", 30, "--out", tmp_path / "a").code == 0
    assert cellocate("select", tmp_path / "a", "--sample", 5, "--out", tmp_path / "b").code == 0
    assert cellocate("pack", tmp_path / "a", tmp_path / "packed", "--size", 16, "--workers", 1).code == 0
    assert cellocate("select", tmp_path / "packed", "--sample", 5, "--out", tmp_path / "c").code == 0
    [first, second] = derived_json(tmp_path / "b")["made"]["steps"]
    [of_store, _] = derived_json(tmp_path / "c")["made"]["steps"]
    assert of_store["made"] == first["made"] == open_collection(tmp_path / "packed").made
    assert derived_json(tmp_path / "c")["simulated"] is True
    assert first["made"]["steps"][0]["folder"] == str(phantoms.resolve())
    assert (first["fields"], second["fields"]) == (30, 5)
    assert inspect(open_collection(tmp_path / "b"), decode=True).problems == ()


def test_the_command_merges_rescales_and_says_what_is_shared(cellocate, folders, tmp_path):
    out = tmp_path / "out"
    command = ["select", *folders, "--pixel-size", ".1", "--rescale", ".05", "--out", out]
    result = cellocate(*command, "--to", "hpa19")
    assert result.code == 0, result.err
    assert "1 fields of" in result.err
    assert "lost all labels in hpa19 and were left out (Rods & rings 1)" in result.err
    assert (
        "1 fields are the same in a (2 fields) and c (1 fields), 1 of them with identical files (x; listing"
        in result.err
    )
    assert read_header(out / "images" / "a-x_green.png")[:2] == (24, 20)
    collection = open_collection(out)
    assert (len(collection), collection.pixel_size("z")) == (5, 0.05)
    assert all(path.is_relative_to(out) for i in collection.ids for path in collection.files(i).values())
    assert cellocate(*command).code == 1
    assert cellocate(*command, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--where", "plate"], "no column and value: --where plate"),
        (["--any", "Nowhere"], "unknown label 'Nowhere'"),
        (["--to", "hpa18"], "unknown vocabulary 'hpa18'"),
        (["--rescale", ".1"], "the pixel size of x is not known"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(cellocate, folders, tmp_path, options, fault):
    result = cellocate("select", folders[0], "--out", tmp_path / "out", *options)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert fault in result.err
    assert not (tmp_path / "out").exists()


def test_faulty_labels_are_refused_or_left_out(cellocate, folders, tmp_path):
    tabled(folders[0], "Id,Target\nx,99\ny,1\n")
    assert "unknown label '99'" in cellocate("select", folders[0], "--out", tmp_path / "out").err
    result = cellocate("select", folders[0], "--out", tmp_path / "out", "--skip-bad")
    assert "1 faulty fields" in result.err
    assert open_collection(tmp_path / "out").ids == ["y"]


def test_faulty_images_are_refused_or_left_out_when_rescaled(cellocate, folders, tmp_path):
    (folders[0] / "x_green.png").write_bytes(b"no image")
    command = ["select", folders[0], "--pixel-size", ".1", "--rescale", ".05", "--out", tmp_path / "out"]
    assert "an image cannot be read" in cellocate(*command).err
    assert not (tmp_path / "out").exists()
    assert cellocate(*command, "--skip-bad").code == 0
    assert open_collection(tmp_path / "out").ids == ["y"]


def test_a_folder_whose_files_are_listed_is_never_replaced(cellocate, folders, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    rescaled = cellocate("select", folders[0], "--pixel-size", ".1", "--rescale", ".05", "--out", first)
    assert rescaled.code == 0, rescaled.err
    assert cellocate("select", first, "--out", second).code == 0
    result = cellocate("select", second, "--out", first, "--overwrite")
    assert (result.code, "the folder holds" in result.err) == (1, True)
    assert inspect(open_collection(second)).problems == ()
