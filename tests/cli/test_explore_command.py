import json
import re

import pandas as pd
import pytest

TABLE = "Id,Target\na,0 25\nb,0 25\nc,0\nd,2\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(TABLE)
    return path


def test_a_label_table_alone(cellocate, table, tmp_path):
    result = cellocate("explore", table, "--out", tmp_path / "out")
    assert result.code == 0
    assert "4 fields: 3 of 28 locations in 3 sets; 0 rules" in result.out
    out = tmp_path / "out"
    counts = pd.read_csv(out / "counts.csv")
    assert counts.columns[:3].tolist() == ["index", "name", "count"]
    assert counts["count"].sum() == 6
    assert pd.read_csv(out / "labels_per_field.csv").to_dict("list") == {"labels": [1, 2], "fields": [2, 2]}
    assert pd.read_csv(out / "cooccurrence.csv", index_col="location").loc["Nucleoplasm", "Cytosol"] == 2
    assert len(pd.read_csv(out / "rules.csv")) == 0  # two fields are too few for one
    assert not (out / "pixels.csv").exists()
    assert (out / "figures" / "phi.svg").exists()
    assert "n = 4 fields" in (out / "figures" / "captions.txt").read_text(encoding="utf-8")


def test_phantoms_beside_what_they_were_chosen_from(cellocate, phantoms, tmp_path):
    some, out = tmp_path / "some", tmp_path / "out"
    assert cellocate("select", phantoms, "--out", some, "--sample", 12).code == 0
    options = ("--compare-to", phantoms, "--colours", "magenta", "--sample", 8, "--json")
    result = cellocate("explore", some, "--out", out, *options)
    assert result.code == 0
    facts = json.loads(result.out)
    assert facts["n"] == 12
    assert facts["sample"]["random"] == 8
    assert "8 fields at random (seed 0)" in result.err
    beside = pd.read_csv(out / "compared.csv")
    assert (beside["before"] >= beside["after"]).all()
    assert beside["before"].sum() > beside["after"].sum() > 0
    assert pd.read_csv(out / "pixels.csv")["random"].sum() == 8
    assert {"green_mean", "sharpness"} <= set(pd.read_csv(out / "compared_pixels.csv")["figure"])
    captions = (out / "figures" / "captions.txt").read_text(encoding="utf-8")
    assert "before (line, n = 8) and after (area, n = 8)" in captions
    assert re.search(r"random: [4-8] of 12 fields, drawn at random \(seed 0\), with their labels.", captions)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "simulated" in page
    assert " µm</span>" in page
    assert {path.name for path in (out / "figures").iterdir()} >= {
        "examples.svg",
        "random.png",
        "locations.png",
        "compared_pixels.svg",
    }


def test_images_without_labels(cellocate, phantoms, tmp_path):
    (phantoms / "train.csv").unlink()
    result = cellocate("explore", phantoms, "--out", tmp_path / "out", "--sample", 3)
    assert result.code == 0
    assert "40 fields without labels" in result.out
    assert not (tmp_path / "out" / "counts.csv").exists()
    assert (tmp_path / "out" / "figures" / "examples.png").exists()


def test_cells_are_called_cells(cellocate, table, tmp_path):
    table.write_text("Id,Target,field,cell\na-1,0,a,1\na-2,0 25,a,2\nb-1,25,b,1\n")
    assert "3 cells" in cellocate("explore", table, "--out", tmp_path / "out").out
    assert "3 cells of 2 fields" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_bad_input(cellocate, table, tmp_path):
    out = tmp_path / "out"
    for arguments, words in (
        ((tmp_path / "nowhere",), "no such folder"),
        ((table, "--support", 0), "impossible support"),
        ((table, "--compare-to", table, "--vocabulary", "hpa18"), "unknown vocabulary"),
    ):
        result = cellocate("explore", *arguments, "--out", out)
        assert result.code == 1
        assert words in result.err
        assert not out.exists()
    other = tmp_path / "other.csv"
    other.write_text("ID,Label\na,0\n")
    assert "another vocabulary" in cellocate("explore", table, "--compare-to", other, "--out", out).err
    table.write_text(TABLE + "e,99\n")
    assert "1 of 5 fields cannot be used" in cellocate("explore", table, "--out", out).err
    assert cellocate("explore", table, "--out", out, "--skip-bad").code == 0
    assert "not empty" in cellocate("explore", table, "--out", out, "--skip-bad").err
    assert cellocate("explore", table, "--out", out, "--skip-bad", "--overwrite").code == 0


def test_what_is_not_defined_is_a_dash_on_the_page(cellocate, table, tmp_path):
    for text in ("Id,Target\na,0\nb,0\n", "Id,Target\na,\nb,\n"):
        table.write_text(text)
        assert cellocate("explore", table, "--out", tmp_path / "out", "--overwrite").code == 0
        page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        assert ">nan<" not in page
        assert "Rarest: ." not in page
        assert "No rule has at least 3 fields, a support of at least 0.0004 and a confidence" in page


def test_labels_in_the_folder_to_write_are_not_lost(cellocate, phantoms, tmp_path):
    out = tmp_path / "out"
    assert cellocate("explore", phantoms, "--out", out, "--sample", 1).code == 0
    (phantoms / "train.csv").rename(out / "labels.csv")
    asked = ("--labels", out / "labels.csv", "--out", out, "--overwrite")
    assert cellocate("explore", phantoms / "train", *asked).code == 1
    assert (out / "labels.csv").is_file()


def test_a_pixel_size_is_that_of_both_sides(cellocate, phantoms, tmp_path):
    images, out = phantoms / "train", tmp_path / "out"
    asked = ("--pixel-size", 0.3, "--sample", 3, "--out", out)
    assert cellocate("explore", images, "--compare-to", images, *asked).code == 0
    table = pd.read_csv(out / "compared_pixels.csv", index_col="figure")
    assert table.loc["sharpness", "before"] == table.loc["sharpness", "after"]
