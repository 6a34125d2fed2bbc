"""`cellocate cells`, from the folder to what is learnt from its cells."""

import re

import pandas as pd
import pytest

from cellocate.collection import open_collection
from cellocate.phantom import simulate


@pytest.fixture
def cut(cellocate, phantoms, tmp_path):
    """`cellocate cells` on the phantoms with their true masks, into `tmp_path/cells`."""

    def run(*options):
        small = ("--size", 16, "--span", 40, "--workers", 1)
        return cellocate(
            "cells", phantoms, "--out", tmp_path / "cells", "--masks", phantoms / "truth", *small, *options
        )

    return run


def test_cells_of_phantoms(cellocate, cut, tmp_path):
    result = cut()
    cells = open_collection(tmp_path / "cells" / "crops")
    assert result.out == f"{len(cells):,} cells of 40 fields in {tmp_path / 'cells'}\n"
    assert result.code == 0
    assert cells.simulated
    assert len(list((tmp_path / "cells" / "masks").iterdir())) == 80
    checked = cellocate("check", tmp_path / "cells" / "crops")
    assert checked.code == 0
    assert "near duplicate" not in checked.out  # of black with a little light in its middle


def test_strong_labels_are_told_step_by_step_and_drawn(cut, tmp_path):
    result = cut("--strong", "--keep", "edge", "--without", "Nucleoplasm", "--min-cells", 2, "--max-cells", 5)
    assert result.code == 0, result.err
    out = tmp_path / "cells"
    why = pd.read_csv(out / "cells.csv", keep_default_na=False)["why"]
    for name, n in why[why != ""].value_counts().items():
        assert f"left out {n:,} cell{'s' * (n > 1)}: {name}\n" in result.err
    assert "surplus" in set(why)
    assert "edge" not in set(why)
    assert "without exactly one wanted label" in result.err
    counts = pd.read_csv(out / "counts.csv")
    assert counts["kept"].max() == 5
    assert "Nucleoplasm" not in set(counts["location"])
    assert (out / "counts.png").is_file()
    assert "kept" in (out / "counts.svg").read_text(encoding="utf-8")


def test_recipes_train_on_cells_and_fields_of_the_training_are_known(cellocate, cut, phantoms, tmp_path):
    cut("--pixel-size", 2.56)
    run = tmp_path / "run"
    small = [f"--set={s}" for s in ("data.size=32", "network.backbone=test_resnet", "training.epochs=1")]
    result = cellocate("train", tmp_path / "cells" / "crops", "--recipe", "quick", "--out", run, *small)
    assert result.code == 0, result.err
    split = pd.read_csv(run / "split.csv")
    field = split["id"].str.rpartition("_")[0]
    assert split["part"].groupby(field).nunique().max() == 1
    trained = field[split["part"] == "train"].nunique()
    result = cellocate("evaluate", run / "model", phantoms, "--out", tmp_path / "scores")
    assert f"the model was trained on {trained} of 40 fields" in result.err
    assert f"was trained on single cells, but {phantoms} contains whole fields: do not rely on" in result.err
    assert "cut out the cells with 'cellocate cells'" in result.err


def test_cells_are_called_cells(cellocate, cells, run, tmp_path):
    """And a model of fields says each time that it knows none."""
    n = len(open_collection(cells))
    again = cellocate("cells", cells, "--out", tmp_path / "again")
    assert (again.code, again.out, (tmp_path / "again").exists()) == (1, "", False)
    assert "single cells already" in again.err
    checked = cellocate("check", cells)
    assert checked.out.startswith(f"kaggle2018: {n:,} cells\n")
    split = cellocate("split", cells, "--out", tmp_path / "split.csv", "--folds", 2, "--test", 0)
    assert f"{n:,} cells in 40 groups" in split.out
    small = [f"--set={s}" for s in ("data.size=32", "network.backbone=test_resnet", "training.epochs=1")]
    trained = cellocate("train", cells, "--recipe", "quick", "--out", tmp_path / "run2", *small)
    assert " test cells\n" in trained.out
    shown = (run / "model", cells, "--pixel-size", 2.56)
    foreign = "was trained on whole fields, but"
    explained = cellocate("explain", *shown, "--out", tmp_path / "why", "--fields", 1)
    assert explained.out.startswith("1 cell explained")
    pytest.importorskip("anndata")
    embedded = cellocate("embed", *shown, "--out", tmp_path / "e.h5ad")
    assert f"{n:,} cells, " in embedded.out
    evaluated = cellocate("evaluate", *shown, "--out", tmp_path / "scores")
    assert evaluated.out.startswith(f"{n:,} cells: macro F1")
    predicted = cellocate("predict", *shown, "--out", tmp_path / "p.csv")
    assert predicted.out == f"{n:,} cells of 40 fields in {tmp_path / 'p.csv'}\n"
    for result in (explained, embedded, evaluated, predicted):
        assert result.code == 0, result.err
        assert foreign in result.err
    page = (tmp_path / "scores" / "report.html").read_text(encoding="utf-8")
    assert f"compared with the labels of {n:,} cells" in page
    assert "The cells" in page
    assert "Whole fields were scored" not in page
    text = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<style>.*</style>|<svg.*?</svg>", " ", page))
    of_fields = [line.strip() for line in text.splitlines() if re.search(r"\bfields?\b", line)]
    of_model = (
        "was trained on whole fields",
        "trained on these",
        "fields: 28 train",
        "Fields of another",
        "fields that lack",
    )
    assert [line for line in of_fields if not any(words in line for words in of_model)] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--max-cells", 5), "--max-cells only works together with --strong"),
        (("--size", 1), "an impossible size of 1 px"),
        (("--span", 0), "an impossible span of 0 µm"),
        (("--strong", "--keep", "ugly"), "unknown clean-up rule 'ugly'"),
        (("--strong", "--min-cells", 10_000), "left out for 'rare location'"),
        (("--workers", 0), "--workers must be at least 1, got 0"),
        (("--strong", "--without", "Nowhere"), "Nowhere"),
    ],
)
def test_bad_requests_are_one_line(cut, options, told):
    result = cut(*options)
    assert (result.code, result.out) == (1, "")
    assert told in result.err
    assert result.err.count("\n") <= 1


def test_masks_leave_nothing_to_find(cut, tmp_path):
    result = cut("--segmenter", "multinucleate")
    assert (result.code, result.out, (tmp_path / "cells").exists()) == (2, "", False)
    assert "leave out --segmenter" in " ".join(result.err.split())


def test_a_bad_field_is_told_and_left_out_when_asked(cut, phantoms, tmp_path):
    bad = open_collection(phantoms).ids[4]
    (phantoms / "truth" / f"{bad}_cells.png").unlink()
    result = cut()
    assert result.code == 1
    assert f"1 of 40 fields cannot be used; the first, {bad}" in result.err
    result = cut("--resume", "--skip-bad")
    assert result.code == 0, result.err
    assert "left out 1 faulty field" in result.err
    assert pd.read_csv(tmp_path / "cells" / "skipped.csv")["id"].tolist() == [bad]


def test_cells_are_found_where_there_are_only_nuclei_and_not_where_there_are_none(cellocate, tmp_path):
    simulate(tmp_path / "whole", fields=2, size=256, seed=3, workers=1)
    for name, channels in (("nuclei", "blue"), ("none", "green")):
        (tmp_path / name).mkdir()
        for file in (tmp_path / "whole" / "train").glob(f"*_{channels}.png"):
            file.rename(tmp_path / name / file.name)
    small = ("--size", 32, "--workers", 1, "--pixel-size", 0.64)
    extra = ("--also", "geojson", "--also", "overlays", "--also", "png", "--centre", "nucleus", "--context")
    result = cellocate("cells", tmp_path / "nuclei", "--out", tmp_path / "cells", *small, *extra)
    assert result.code == 0, result.err
    assert "around each nucleus" in result.err
    cells = open_collection(tmp_path / "cells" / "crops")
    assert len(cells) > 10
    assert cells.channels == ("blue",)
    assert len(open_collection(tmp_path / "cells" / "png")) == len(cells)
    for folder, kind in (("geojson", "geojson"), ("overlays", "png")):
        assert len(list((tmp_path / "cells" / folder).glob(f"*.{kind}"))) == 2
    result = cellocate("cells", tmp_path / "none", "--out", tmp_path / "no_cells", *small)
    assert result.code == 1
    assert "no channel of nuclei, blue" in result.err
    assert cellocate("cells", tmp_path / "nuclei", "--out", tmp_path / "x", "--fit", "--span", 9).code == 2
    assert cellocate("cells", tmp_path / "nuclei", "--out", tmp_path / "fitted", "--fit", *small).code == 0
    assert open_collection(tmp_path / "fitted" / "crops").fields["pixel_size"].nunique() > 5
    assert not (tmp_path / "no_cells").exists()


def test_an_empty_folder_holds_no_fields(cellocate, tmp_path):
    (tmp_path / "empty").mkdir()
    result = cellocate("cells", tmp_path / "empty", "--out", tmp_path / "cells")
    assert result.code == 1
    assert not (tmp_path / "cells").exists()
