import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_models import SIZE, looking

from cellocate.explain.field_explanation import explain_field
from cellocate.explain.occlusion import COMPARTMENTS, compartments, occlude

labels = arrays(np.uint16, (12, 16), elements=st.integers(0, 3))


@given(labels, labels)
def test_every_pixel_lies_in_one_compartment(nuclei, cells):
    found = compartments(nuclei, cells, 0.5)
    assert tuple(found) == tuple(name for name in COMPARTMENTS if name != "cell")
    without = compartments(None, cells, 0.5)
    assert tuple(without) == ("cell", "edge", "outside")
    assert np.array_equal(sum(mask.astype(int) for mask in without.values()), np.ones(cells.shape, int))
    assert (np.sum(list(found.values()), axis=0) == 1).all()
    assert (found["nucleus"] == (nuclei > 0)).all()


def test_the_channel_that_a_location_looks_at_is_missed(run):
    tiles = np.full((1, 4, SIZE, SIZE), 0.1, np.float32)
    tiles[0, 1, 20:40, 20:40] = 0.8
    inside = np.zeros((1, SIZE, SIZE), bool)
    inside[0, 16:44, 16:44] = True
    table = occlude(looking(run), tiles, [1, 2], {"nucleus": inside, "outside": ~inside})
    drops = table.set_index(["location", "channel", "place"])["drop"]
    assert len(table) == 2 * 5 * 3
    whole = 20 * 0.7 * 400 / SIZE**2  # of the logit: the weight, times what the spot adds to the mean
    for place, expected in (("whole field", whole), ("nucleus", whole), ("outside", 0)):
        assert drops[1, "green", place] == pytest.approx(expected, abs=1e-3)
        assert drops[1, "all", place] == pytest.approx(expected, abs=1e-3)
        assert drops[1, "blue", place] == pytest.approx(0, abs=1e-3)
        assert drops[2, "green", place] == pytest.approx(0, abs=1e-3)


def test_a_stain_that_the_images_lack_is_not_taken_away(run):
    tiles = np.full((1, 4, SIZE, SIZE), 0.1, np.float32)
    tiles[0, 3] = 0
    model = looking(run)
    assert "yellow" in set(occlude(model, tiles, [1])["channel"])
    model.card = model.card.model_copy(update={"missing_channels": "blank"})
    assert set(occlude(model, tiles, [1])["channel"]) == {"red", "green", "blue", "all"}


def test_the_table_of_a_field_without_locations_is_joined_to_others_without_a_warning(run):
    tiles = np.full((1, 4, SIZE, SIZE), 0.1, np.float32)
    none, one = (occlude(looking(run), tiles, wanted) for wanted in ([], [1]))
    assert len(none) == 0
    assert pd.concat([none, one]).dtypes.equals(one.dtypes)


def test_maps_cover_a_field_of_any_shape_and_pixel_size(run):
    model = looking(run)
    field = np.full((4, 100, 300), 25, np.uint8)
    field[1, 60:80, 240:260] = 250
    pixel_size = model.card.pixel_size / 2  # so that the field is halved, and needs three tiles
    nuclei = np.zeros(field.shape[1:], np.uint16)
    nuclei[60:80, 240:260] = 1
    cells = np.zeros_like(nuclei)
    cells[40:, 200:] = 1
    found = explain_field(model, field, pixel_size, id="a", locations=[1], labels=(nuclei, cells))
    assert found.maps.shape == (1, 50, 150)
    y, x = np.unravel_index(found.maps[0].argmax(), found.maps[0].shape)
    assert 30 <= y < 40
    assert 120 <= x < 130
    drops = found.occluded.set_index(["channel", "place"])["drop"]
    assert drops["green", "nucleus"] > 0.1
    assert drops["green", "cytosol"] == pytest.approx(0, abs=1e-3)


def test_the_predicted_locations_are_explained_unless_others_are_asked_for(run):
    model = looking(run)
    field = np.full((4, SIZE, SIZE), 25, np.uint8)
    silent = explain_field(model, field)
    assert (silent.note, silent.predicted) == ("nearly empty", ())
    found = explain_field(model, field, note="")
    predicted = tuple(np.flatnonzero(model.card.rule.apply(found.probabilities[None])[0]))
    assert found.locations == found.predicted == predicted
    assert len(found.maps) == len(predicted)
    assert explain_field(model, field, locations=[7]).locations == (7,)
