"""What single cells show, by themselves, inside their field, and both together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellocate import load
from cellocate.cells.masks import MaskFolder
from cellocate.collection import bags_of, open_collection
from cellocate.decision import Predictions, read_fields, read_probabilities
from cellocate.decision.anndata_file import write_h5ad
from cellocate.errors import CellocateError
from cellocate.h5ad import read_h5ad
from cellocate.images.rle import label_image
from cellocate.networks import Model, build_network
from cellocate.networks.model_card import BagPooling
from cellocate.prediction import combine_with_fields, predict_bags, predict_cells, predict_collection, predict_within
from cellocate.prediction.cell_prediction import combine_probabilities
from cellocate.vocabulary import get_vocabulary

FIELD = (np.random.default_rng(0).random((4, 64, 64)) * 255).astype(np.uint8)


@pytest.fixture
def model(run: Path) -> Model:
    return load(run / "model", device="cpu")


def _with_head(model: Model, head: str) -> Model:
    network = build_network("test_resnet", channels=model.card.channels, locations=28, size=64, head=head)
    return Model(network, model.card.model_copy(update={"head": head}))


@pytest.mark.parametrize("head", ["linear", "attention"])
def test_a_part_that_is_the_whole_shows_what_the_whole_does(model: Model, head: str) -> None:
    model = _with_head(model, head)
    within = model.predict_within(FIELD, np.ones((64, 64), np.int32))
    np.testing.assert_allclose(within, model.predict(FIELD).probabilities, rtol=1e-3)
    finer = model.predict_within(FIELD, np.ones((256, 256), np.int32))
    np.testing.assert_allclose(finer, within, rtol=1e-4)


def test_the_field_is_what_its_parts_show_together(model: Model) -> None:
    """Of a linear head, logits of two halves have the mean that is the field's."""
    halves = np.ones((64, 64), np.int32)
    halves[:, 32:] = 2
    within = model.predict_within(FIELD, halves)
    logits = np.log(within / (1 - within))
    whole = model.predict(FIELD).probabilities[0]
    np.testing.assert_allclose(logits.mean(axis=0), np.log(whole / (1 - whole)), rtol=1e-2, atol=1e-3)
    assert not np.allclose(logits[0], logits[1], atol=1e-3)


def test_parts_are_found_in_fields_of_several_tiles(model: Model) -> None:
    wide = np.concatenate([FIELD, FIELD[:, ::-1]], axis=2)
    labels = np.zeros((64, 128), np.int32)
    labels[:, :64], labels[:, 64:] = 1, 2
    within = model.predict_within(wide, labels, pixel_size=model.card.pixel_size)
    for part, pixels in zip(within, (FIELD, FIELD[:, ::-1]), strict=True):
        np.testing.assert_allclose(part, model.predict(np.ascontiguousarray(pixels)).probabilities[0], rtol=1e-3)


def test_a_part_of_which_nothing_is_left_is_unknown(model: Model) -> None:
    labels = np.zeros((64, 64), np.int32)
    labels[:32], labels[40:] = 1, 3
    within = model.predict_within(FIELD, labels)
    assert np.isnan(within).all(axis=1).tolist() == [False, True, False]
    assert model.predict_within(FIELD, np.zeros((64, 64), np.int32)).shape == (0, 28)


def test_a_head_without_a_map_is_refused(model: Model) -> None:
    with pytest.raises(CellocateError, match=r"no activation map.*network\.head is linear or attention"):
        _with_head(model, "concat").predict_within(FIELD, np.ones((64, 64), np.int32))


def test_cells_and_fields_are_ranked_as_their_product() -> None:
    cells, fields = np.random.default_rng(1).random((2, 9, 3))
    both = combine_probabilities(cells, fields)
    assert (np.argsort(both, axis=0) == np.argsort(cells * fields, axis=0)).all()
    assert ((np.minimum(cells, fields) <= both + 1e-6) & (both <= np.maximum(cells, fields) + 1e-6)).all()


def test_cells_inside_their_masks(model: Model, phantoms: Path) -> None:
    collection, masks = open_collection(phantoms).subset(["phantom-1-000000", "phantom-1-000003"]), phantoms / "truth"
    cells = MaskFolder(masks)
    fields = predict_collection(model, collection)
    copied = predict_within(model, collection, cells, fields, by_map=False)
    mapped = predict_within(model, collection, cells, fields)
    for field, whole in zip(collection.ids, fields.probabilities, strict=True):
        shape, found = cells.read(field)
        np.testing.assert_allclose(copied.of_cells(field, list(found)), np.tile(whole, (len(found), 1)))
        pixels, size = collection.read(field, model.card.channels)
        own = model.predict_within(pixels, label_image(found, *shape), size)[[n - 1 for n in found]]
        np.testing.assert_allclose(
            mapped.of_cells(field, list(found)), combine_probabilities(own, whole[None]), rtol=1e-4
        )
    with pytest.raises(CellocateError, match="not in its label image"):
        mapped.of_cells(collection.ids[0], [999])


def test_cells_of_a_collection(model: Model, cells: Path) -> None:
    collection = open_collection(cells)
    found = predict_cells(model, collection)
    np.testing.assert_allclose(found.probabilities, predict_collection(model, collection).probabilities, rtol=1e-4)
    assert [f"{field}_{n}" for field, n in zip(found.fields, found.cells, strict=True)] == found.ids
    network = build_network("test_resnet", channels=model.card.channels, locations=28, size=64, cells="max")
    bagged = Model(network, model.card.model_copy(update={"bag": BagPooling(pool="max", edge=0.5)}))
    bags = bags_of(collection)
    fields, alone = (found.probabilities for found in predict_bags(bagged, bags))
    of = [bags.fields.ids.index(field) for field in found.fields]
    together = predict_cells(bagged, collection)
    np.testing.assert_allclose(together.probabilities, combine_probabilities(alone, fields[of]), rtol=1e-4)
    np.testing.assert_allclose(predict_cells(bagged, collection, alone=True).probabilities, alone, rtol=1e-4)
    with pytest.raises(CellocateError, match="no probabilities for"):
        combine_with_fields(found, bags.fields.ids[1:], fields[1:])
    numbers = ["one", *collection.fields["cell"][1:]]
    with pytest.raises(CellocateError, match="cell number 'one' is not a number"):
        predict_cells(model, replace(collection, fields=collection.fields.assign(cell=numbers)))


def test_a_table_of_cells_tells_their_fields(tmp_path: Path) -> None:
    words, p = get_vocabulary("hpa19"), np.random.default_rng(0).random((2, 19))
    Predictions(["a_1", "a_7"], p, p > 0.5, words, fields=["a", "a"], cells=[1, 7]).save(tmp_path / "t.csv")
    assert read_fields(tmp_path / "t.csv") == ["a", "a"]
    ids, read = read_probabilities(tmp_path / "t.csv", words)
    assert ids == ["a_1", "a_7"]
    np.testing.assert_allclose(read, p, atol=1e-6)
    assert pd.read_csv(tmp_path / "t.csv")["cell"].tolist() == [1, 7]


@pytest.mark.parametrize("kind", ["table", "h5ad", "kaggle2021"])
def test_the_command_predicts_cells(
    cellocate,
    cells: Path,
    phantoms: Path,
    run: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    if kind == "h5ad":
        pytest.importorskip("anndata")
    out = tmp_path / "out"
    result = cellocate("predict", run / "model", cells, "--out", out, "--format", kind)
    if kind == "kaggle2021":
        assert result.code == 2
        result = cellocate(
            "predict", run / "model", cells, "--out", out, "--format", kind, "--masks", phantoms / "truth"
        )
        assert "uses hpa19" in result.err
        return
    assert result.code == 0, result.err
    count = len(open_collection(cells).ids)
    assert f"{count:,} cells of" in result.out
    if kind == "h5ad":
        table = read_h5ad(out)
        assert list(table.obs.index) == open_collection(cells).ids
        assert table.obsm["spatial"].shape == (count, 2)
        assert list(table.obs["field"].astype(str)) == list(open_collection(cells).fields["field"])
        model = load(run / "model", device="cpu")
        np.testing.assert_allclose(table.X, predict_collection(model, open_collection(cells)).probabilities, rtol=1e-4)
        assert (table.layers["predicted"] == model.card.rule.apply(table.X)).all()
        return
    fields = tmp_path / "fields.csv"
    assert cellocate("predict", run / "model", phantoms, "--out", fields).code == 0
    both = cellocate("predict", run / "model", cells, "--fields", fields, "--out", tmp_path / "both.csv")
    assert both.code == 0, both.err
    words = get_vocabulary("hpa28")
    whole = dict(zip(*read_probabilities(fields, words), strict=True))
    alone, together = (read_probabilities(path, words)[1] for path in (out, tmp_path / "both.csv"))
    of = np.array([whole[field] for field in read_fields(out) or ()])
    np.testing.assert_allclose(together, combine_probabilities(alone, of), atol=2e-3)
    assert isinstance(together, np.ndarray)


def test_the_command_predicts_cells_of_fields_by_the_map(
    cellocate,
    phantoms: Path,
    run: Path,
    tmp_path: Path,
) -> None:
    masks = phantoms / "truth"
    for name, flags in (("copied", ()), ("map", ("--by-map",))):
        result = cellocate("predict", run / "model", phantoms, "--masks", masks, *flags, "--out", tmp_path / name)
        assert result.code == 0, result.err
        assert ("probabilities of its whole field" in result.err) == (name == "copied")
    words = get_vocabulary("hpa28")
    copied, mapped = (read_probabilities(tmp_path / name, words) for name in ("copied", "map"))
    assert copied[0] == mapped[0]
    assert not np.allclose(copied[1], mapped[1], atol=1e-3)
    of = pd.DataFrame({"id": open_collection(phantoms).ids, "antibody": "HPA1"})
    of.to_csv(tmp_path / "antibodies.csv", index=False)
    brought = cellocate(
        "proteins", tmp_path / "map", "--of", tmp_path / "antibodies.csv", "--out", tmp_path / "proteins.csv"
    )
    assert brought.code == 0, brought.err
    assert f"of {len(mapped[0]):,} cells" in brought.out


@pytest.mark.parametrize(
    "flags",
    [
        ("--by-map",),
        ("--format", "kaggle2018", "--masks", "m"),
        ("--fields", "f.csv"),
    ],
)
def test_options_that_do_not_fit_are_refused(cellocate, phantoms: Path, run: Path, tmp_path: Path, flags) -> None:
    assert cellocate("predict", run / "model", phantoms, "--out", tmp_path / "o.csv", *flags).code == 2
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("flags", [("--masks", "truth"), ("--masks", "truth", "--by-map"), ("--format", "kaggle2021")])
def test_whole_fields_have_no_masks(cellocate, cells: Path, phantoms: Path, run: Path, tmp_path: Path, flags) -> None:
    given = [phantoms / "truth" if flag == "truth" else flag for flag in flags]
    request = ("predict", run / "model", cells, "--whole-fields", *given, "--out", tmp_path / "o.csv")
    refused = cellocate(*request)
    assert refused.code == 2
    assert "--whole-fields predicts fields" in " ".join(refused.err.split())
    assert not (tmp_path / "o.csv").exists()


def test_a_sample_names_the_fields_whose_cells_are_predicted(cellocate, cells: Path, run: Path, tmp_path: Path) -> None:
    found = open_collection(cells).fields["field"]
    wanted = [found.iloc[-1], found.iloc[0]]
    sample, out = tmp_path / "sample.csv", tmp_path / "cells.csv"
    sample.write_text("\n".join(["Id,Predicted", *(f"{field}," for field in wanted), "no cell in it,", ""]))
    result = cellocate("predict", run / "model", cells, "--sample", sample, "--out", out)
    assert result.code == 0, result.err
    assert f"{int(found.isin(wanted).sum())} cells of 2 fields" in result.out
    assert list(pd.read_csv(out)["Id"]) == [i for field in wanted for i in found.index[found == field]]
    sample.write_text("Id,Predicted\nelsewhere,\n")
    refused = cellocate("predict", run / "model", cells, "--sample", sample, "--out", tmp_path / "o.csv")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "no cells of the sample's 1 fields, such as elsewhere" in refused.err


def test_cells_are_no_fields_of_2018(cellocate, cells: Path, run: Path, tmp_path: Path) -> None:
    refused = cellocate("predict", run / "model", cells, "--format", "kaggle2018", "--out", tmp_path / "o.csv")
    assert refused.code == 2
    assert "--whole-fields" in refused.err
    assert not (tmp_path / "o.csv").exists()


def test_numbers_and_words_of_a_table_of_cells(tmp_path: Path) -> None:
    p = np.random.default_rng(0).random((3, 19))
    known = pd.DataFrame({"field": ["a", "a", "b"], "area": ["1.5", "", "3"], "well": ["A1", None, 3]})
    known["original_id"], known["source"] = ["001", "001", "002"], ["2018", "2018", "2021"]
    pytest.importorskip("anndata")
    write_h5ad(tmp_path / "c.h5ad", Predictions(["a_1", "a_2", "b_1"], p, p > 0.5, get_vocabulary("hpa19")), known)
    table = read_h5ad(tmp_path / "c.h5ad")
    assert table.obs["area"].isna().tolist() == [False, True, False]
    assert table.obs["well"].astype(str).tolist() == ["A1", "", "3"]
    assert table.obs["original_id"].tolist() == ["001", "001", "002"]
    assert table.obs["source"].tolist() == ["2018", "2018", "2021"]
    assert table.var.loc["Nucleoplasm", "go"] == "GO:0005654"
    assert "spatial" not in table.obsm


def test_known_cells_only() -> None:
    p = np.full((1, 19), 0.5, np.float32)
    cells = Predictions(["a_1"], p, p > 0.5, get_vocabulary("hpa19"), fields=["a"], cells=[1])
    np.testing.assert_array_equal(cells.of_cells("a", [1, 2]), [[0.5] * 19, [0] * 19])
    assert cells.of_cells("b", [1]).tolist() == [[0] * 19]
