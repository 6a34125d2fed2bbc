import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from small_models import looking

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.explain.embedding import (
    Embeddings,
    draw_umap,
    embed_collection,
    measure_retrieval,
    neighbours_of_ids,
    neighbours_of_images,
    read_embeddings,
)
from cellocate.explain.embedding.embedding_plots import draw_neighbours
from cellocate.explain.embedding.embeddings import compute_umap
from cellocate.explain.embedding.nearest import Index, Nearest, drop_excluded, find_nearest
from cellocate.explain.embedding.neighbour_search import NeighbourSearch
from cellocate.networks import load
from cellocate.pictures import Picture
from cellocate.pictures.style import group_colours
from cellocate.vocabulary import get_vocabulary


def _around(centres=8, each=30, width=16, seed=0):
    rng = np.random.default_rng(seed)
    middle = np.repeat(rng.normal(size=(centres, width)), each, axis=0)
    return (middle + 0.2 * rng.normal(size=middle.shape)).astype(np.float32), np.repeat(np.arange(centres), each)


@given(st.integers(0, 1000), st.integers(2, 30), st.integers(1, 8))
def test_the_nearest_are_those_of_a_plain_search(seed, n, count):
    rng = np.random.default_rng(seed)
    features, queries = rng.normal(size=(n, 5)).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32)
    found = find_nearest(features, queries, count, [[0], [], [n - 1]])
    cosine = (queries @ features.T) / np.linalg.norm(queries, axis=1)[:, None] / np.linalg.norm(features, axis=1)
    cosine[0, 0] = cosine[2, n - 1] = -np.inf
    expected = -np.sort(-cosine, axis=1)[:, : min(count, n - 1)]
    assert np.allclose(found.similarities, expected, atol=1e-5)
    assert 0 not in found.rows[0]


def test_an_index_finds_nearly_the_same_and_keeps_on_disk(tmp_path):
    features, _ = _around()
    index = Index(features)
    index.save(tmp_path / "a.index")
    again = Index.load(tmp_path / "a.index")
    assert len(again) == len(features)
    found = again.nearest(features, 10)
    assert (found.rows == index.nearest(features, 10).rows).all()
    exact = find_nearest(features, features, 10)
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(found.rows, exact.rows, strict=True)]
    assert np.mean(shared) > 0.95
    kept = drop_excluded(found, [[row] for row in range(len(features))], 9)
    assert all(row not in near for row, near in enumerate(kept.rows))
    assert again.is_of(features)
    assert not again.is_of(features[:-1])
    assert not again.is_of(features[:, :-1])
    assert not again.is_of(features[::-1])  # the same in another order, by which rows would name others
    assert not again.is_of(np.random.default_rng(1).normal(size=features.shape).astype(np.float32))
    (tmp_path / "b.index").write_bytes(b"none")
    with pytest.raises(CellocateError, match="no index"):
        Index.load(tmp_path / "b.index")


def test_retrieval_is_better_than_chance():
    features, cluster = _around()
    names = np.array([f"location {k}" for k in cluster], dtype=object)
    known = pd.DataFrame({"labels": names, "part": "", "group": [str(i // 3) for i in range(len(names))]})
    found = measure_retrieval(Embeddings([str(i) for i in range(len(names))], features, known, "x"))
    assert found.share == pytest.approx(1, abs=0.02)
    assert found.interval[0] <= found.share <= found.interval[1]
    assert found.chance == pytest.approx(27 / 237, abs=0.01)
    shuffled = np.random.default_rng(0).permutation(names)
    found = measure_retrieval(Embeddings(list(map(str, range(240))), features, known.assign(labels=shuffled), "x"))
    assert found.interval[0] < found.chance < found.interval[1] + 0.02
    assert measure_retrieval(Embeddings(["a"], features[:1], known.head(1), "x")) is None


def test_a_collection_is_embedded_and_read_back(phantoms, run, tmp_path):
    model, collection = load(run / "model"), open_collection(phantoms)
    pytest.importorskip("anndata")
    made = embed_collection(model, collection, tmp_path / "e.h5ad")
    read = read_embeddings(tmp_path / "e.h5ad")
    assert read.ids == made.ids == collection.ids
    assert np.allclose(read.features, made.features)
    assert read.model == model.card.checksum
    assert read.umap is None
    assert read.metadata["labels"].tolist() == made.metadata["labels"].tolist()
    parts = {field: part for part in ("train", "validation", "test") for field in model.card.fields[part]}
    assert read.metadata["part"].tolist() == [parts[field] for field in read.ids]
    pixels = [collection.read(i, model.card.channels)[0] for i in collection.ids[:2]]
    assert np.allclose(read.features[:2], model.embed(pixels), atol=1e-5)


def test_networks_of_one_model_are_embedded_side_by_side(phantoms, run, tmp_path):
    model, some = looking(run, several=True), open_collection(phantoms)
    some = some.subset(some.ids[:3])
    pytest.importorskip("anndata")
    made = embed_collection(model, some, tmp_path / "e.h5ad")
    assert made.features.shape == (3, 8)
    pixels, pixel_size = some.read(some.ids[0], model.card.channels)
    assert np.allclose(made.features[0], model.embed(pixels, pixel_size=pixel_size)[0])
    assert np.allclose(made.features[:, :4], made.features[:, 4:])


def test_cells_are_called_cells():
    known = pd.DataFrame({"field": ["a", "a"], "cell": [1, 2], "Locations": ["Nucleoli; Cytosol", ""]})
    embeddings = Embeddings(["a_1", "a_2"], np.eye(2, dtype=np.float32), known, "x")
    assert embeddings.unit == "cell"
    assert embeddings.shown == ["Nucleoli, Cytosol", ""]
    with pytest.raises(CellocateError, match="no cell 'a_3' among"):
        neighbours_of_ids(embeddings, ["a_3"])
    figure = draw_umap(np.eye(2, dtype=np.float32), np.zeros((2, 28), bool), get_vocabulary("hpa28"), embeddings.unit)
    assert figure.get_axes()[0].get_title().startswith("UMAP of 2 cells;")


def test_neighbours_are_written_with_their_metadata(tmp_path):
    features, cluster = _around(centres=3, each=4)
    ids = [f"field{i}" for i in range(12)]
    known = pd.DataFrame({"labels": [str(k) for k in cluster], "group": ids, "Locations": ""}, index=ids)
    answer = neighbours_of_ids(Embeddings(ids, features, known, "x"), ["field0", "field5"], 3)
    assert answer.write(tmp_path / "a.csv") == 6
    table = pd.read_csv(tmp_path / "a.csv")
    assert table.columns.tolist() == ["query", "rank", "Id", "similarity", "labels", "Locations"]
    assert table["labels"].tolist() == [0, 0, 0, 1, 1, 1]
    assert set(table["Id"][:3]) == {"field1", "field2", "field3"}
    several = Nearest(np.array([[1, -1]]), np.array([[0.5, -np.inf]], np.float32))
    assert NeighbourSearch(answer.embeddings, ["field0"], several).write(tmp_path / "b.csv") == 1


def test_one_field_alone_has_no_neighbours(phantoms, run, tmp_path):
    some = open_collection(phantoms)
    some = some.subset(some.ids[:1])
    pytest.importorskip("anndata")
    answer = neighbours_of_ids(embed_collection(load(run / "model"), some, tmp_path / "e.h5ad"), some.ids)
    assert answer.write(tmp_path / "a.csv") == 0
    assert len(answer.draw(some).get_axes()) == 1


def test_another_model_than_that_of_the_embeddings_is_refused(phantoms, run):
    embeddings = Embeddings(["a"], np.ones((1, 96), np.float32), pd.DataFrame({"Locations": [""]}), "another")
    with pytest.raises(CellocateError, match="not the model that the embeddings were made with"):
        neighbours_of_images(embeddings, load(run / "model"), open_collection(phantoms))


def test_what_is_no_embedding_is_refused(tmp_path):
    pytest.importorskip("anndata")
    with pytest.raises(CellocateError, match="no such h5ad"):
        read_embeddings(tmp_path / "a.h5ad")
    (tmp_path / "a.h5ad").write_text("no")
    with pytest.raises(CellocateError, match="a damaged h5ad"):
        read_embeddings(tmp_path / "a.h5ad")


def test_umap_is_said_to_be_missing(phantoms, run, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CellocateError, match="umap-learn"):
        embed_collection(load(run / "model"), open_collection(phantoms), tmp_path / "e.h5ad", umap=True)


def test_the_umap_names_groups_with_their_number_and_shows_each_location_alone():
    vocabulary = get_vocabulary("hpa28")
    places = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    shown = vocabulary.encode([(0,)] * 3 + [(0, 5)] + [(25,)] * 2 + [(0, 25)] * 2 + [()])
    figure = draw_umap(places, shown, vocabulary)
    whole, *panels = figure.get_axes()
    texts = [text.get_text() for text in whole.get_legend().get_texts()]
    assert texts == ["Nucleus (4)", "Cytosol (2)", "several groups (2)", "no label (1)"]
    colours = group_colours(vocabulary.groups)
    drawn = [axes for axes in panels if axes.collections]
    assert [axes.get_title() for axes in drawn] == ["Nucleoplasm (6)", "Nuclear bodies (1)", "Cytosol (4)"]
    for axes, k, group in zip(drawn, (0, 5, 25), ("Nucleus", "Nucleus", "Cytosol"), strict=True):
        others, own = axes.collections
        assert np.allclose(own.get_offsets(), places[shown[:, k]])
        assert len(others.get_offsets()) + len(own.get_offsets()) == 9
        assert to_hex(own.get_facecolor()[0]) == colours[group]
    unlabelled = draw_umap(places, np.zeros((9, 28), bool), vocabulary).get_axes()
    assert [axes.get_legend().get_texts()[0].get_text() for axes in unlabelled] == ["no label (9)"]


@pytest.mark.parametrize(("count", "shape"), [(10, (4, 6)), (5, (2, 6)), (2, (2, 3))])
def test_at_most_six_pictures_lie_in_a_row(count, shape):
    picture = Picture("a", np.zeros((1, 8, 8), np.float32), ("green",), 40.0, assumed=False)
    figure = draw_neighbours([(picture, "q")] * 2, [[("a", f"near {i}") for i in range(count)]] * 2, {"a": picture})
    assert figure.axes[0].get_gridspec().get_geometry() == shape
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(drawn) == 2 * (1 + count)
    heads = [[text.get_text() for text in axes.texts] for axes in drawn[:: 1 + count]]
    assert all("query" in texts for texts in heads)


def test_similar_fields_are_close_in_the_umap():
    pytest.importorskip("umap")
    features, cluster = _around(centres=4, each=20)
    places = compute_umap(features)
    assert (places == compute_umap(features)).all()
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    assert np.mean(cluster[apart.argmin(axis=1)] == cluster) > 0.9
    with pytest.raises(CellocateError, match="too few"):
        compute_umap(features[:3])


@pytest.mark.parametrize("others", [0, 9])
def test_nothing_is_said_of_the_ten_nearest_where_there_are_fewer_beside_the_group(others):
    features, cluster = _around(centres=2, each=20)
    group = ["plate 1"] * (40 - others) + ["plate 2"] * others
    known = pd.DataFrame({"labels": [str(k) for k in cluster], "part": "", "group": group})
    assert measure_retrieval(Embeddings(list(map(str, range(40))), features, known, "x")) is None


def test_fields_that_the_first_weights_learnt_from_are_not_asked_for(phantoms, run, tmp_path):
    collection, model = open_collection(phantoms), load(run / "model")
    fields = model.card.fields
    model.card = model.card.model_copy(update={"fields": {**fields, "start": fields["validation"]}})
    pytest.importorskip("anndata")
    made = embed_collection(model, collection, tmp_path / "e.h5ad")
    assert set(made.metadata.index[made.metadata["part"] == "start"]) == set(fields["validation"])
    found = measure_retrieval(made)
    assert (found.n, found.held_out) == (len(fields["test"]), True)


def test_columns_of_the_same_names_do_not_take_the_place_of_an_answer(tmp_path):
    ids = ["a", "b"]
    known = pd.DataFrame({"labels": "", "rank": "gold", "query": "q", "similarity": "same", "Id": "x"}, index=ids)
    neighbours_of_ids(Embeddings(ids, np.eye(2, dtype=np.float32), known, "x"), ["a"]).write(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "query,rank,Id,similarity,labels\na,1,b,0.0,\n"


def test_images_that_were_asked_for_have_not_the_labels_of_another_field_of_their_id(phantoms):
    some = open_collection(phantoms)
    some = some.subset(some.ids[:2])
    known = pd.DataFrame({"labels": ["Cytosol", "Nucleoli"]}, index=some.ids)
    answer = neighbours_of_ids(Embeddings(some.ids, np.eye(2, dtype=np.float32), known, "x"), some.ids[:1])
    said = [[text.get_text() for axes in figure.get_axes() for text in axes.texts]
            for figure in (answer.draw(some), answer.draw(some, asked=some))]  # fmt: skip
    assert "Cytosol" in said[0]
    assert "Cytosol" not in said[1]
    assert any(some.ids[0] in text for text in said[1])
