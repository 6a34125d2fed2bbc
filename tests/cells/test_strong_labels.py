"""Weak to strong: which fields and locations are learnt, and how many cells of each."""

import pandas as pd
import pytest

from cellocate.cells.strong_labels import RARE, SURPLUS, StrongLabels, count_by_location, has_one_label, limit_cells
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary

LABEL = pd.Series([0] * 6 + [1] * 3 + [2], index=range(5, 15))


def test_fields_with_one_wanted_label():
    labels = pd.Series([(0,), (18,), (0, 1), (), None])
    assert has_one_label(labels).tolist() == [True, True, False, False, False]
    assert has_one_label(labels, unwanted=[18]).tolist() == [True, False, False, False, False]


def test_locations_are_scoped_by_clean_cells_and_the_surplus_is_drawn_by_the_seed():
    why = pd.Series("", index=LABEL.index)
    why.iloc[6] = "edge"
    left = limit_cells(LABEL, why, StrongLabels(min_cells=2, max_cells=4))
    assert left[LABEL == 1].tolist() == ["edge", "", ""]
    assert left[LABEL == 2].tolist() == [RARE]
    assert sorted(left[LABEL == 0]) == [""] * 4 + [SURPLUS] * 2
    assert limit_cells(LABEL, why, StrongLabels(min_cells=2, max_cells=4)).equals(left)
    draws = {tuple(limit_cells(LABEL, why, StrongLabels(max_cells=4, seed=seed))) for seed in range(9)}
    assert len(draws) > 1
    assert limit_cells(LABEL, why, StrongLabels(min_cells=3))[LABEL == 1].tolist() == ["edge", RARE, RARE]


def test_counts_tell_what_each_step_left():
    cells = pd.DataFrame({"label": [7, 7, 7, 7, 2], "field": ["a", "a", "b", "b", "c"]})
    cells["why"] = ["", "edge", SURPLUS, "", RARE]
    found = count_by_location(cells, get_vocabulary("hpa28")).set_index("location")
    assert found.loc["Golgi apparatus"].tolist() == [7, 2, 4, 3, 2]
    assert found.loc["Nucleoli"].tolist() == [2, 1, 1, 1, 0]


@pytest.mark.parametrize("wrong", [{"min_cells": -1}, {"max_cells": 0}])
def test_impossible_counts_are_refused(wrong):
    with pytest.raises(CellocateError, match="impossible number of cells"):
        StrongLabels(**wrong)
