from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.explore.association import association_rules

NAMES = ("a", "b", "c", "d")
tables = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=12)


def all_rules(truth, support, confidence):
    """By the definition: every two disjoint sets of locations that are not empty."""
    found = {}
    for size in range(2, 5):
        for whole in combinations(range(4), size):
            both = truth[:, list(whole)].all(axis=1).mean()
            for n in range(1, size):
                for before in combinations(whole, n):
                    after = tuple(i for i in whole if i not in before)
                    given_before, of_after = (truth[:, list(s)].all(axis=1).mean() for s in (before, after))
                    if both >= support and both and both / given_before >= confidence:
                        key = tuple("; ".join(NAMES[i] for i in side) for side in (before, after))
                        found[key] = (both, both / given_before, both / given_before / of_after)
    return found


@settings(max_examples=25)
@given(tables)
def test_rules_are_those_of_the_definition(rows):
    truth = np.array(rows, bool)
    table = association_rules(truth, NAMES, 0.15, 0.45)
    expected = all_rules(truth, max(0.15, 3 / len(truth)), 0.45)
    assert {(row.antecedents, row.consequents) for row in table.itertuples()} == set(expected)
    for row in table.itertuples():
        figures = expected[row.antecedents, row.consequents]
        assert (row.support, row.confidence, row.lift) == pytest.approx(figures)
    assert (table["lift"].diff().dropna() < 1e-9).all()


@pytest.mark.parametrize("truth", [np.zeros((3, 4), bool), np.eye(4, dtype=bool), np.zeros((0, 4), bool)])
def test_where_nothing_occurs_together_there_are_no_rules(truth):
    table = association_rules(truth, NAMES)
    assert table.columns.tolist() == ["antecedents", "consequents", "support", "confidence", "lift"]
    assert len(table) == 0


def test_one_or_two_fields_make_no_rule():
    truth = np.zeros((50, 2), bool)
    truth[:2] = True
    assert len(association_rules(truth, ["a", "b"])) == 0
    truth[2] = True
    assert len(association_rules(truth, ["a", "b"])) == 2


@pytest.mark.parametrize("limits", [(0, 0.5), (0.5, 0), (1.5, 0.5), (0.1, float("nan"))])
def test_impossible_limits_are_refused(limits):
    with pytest.raises(CellocateError, match="impossible"):
        association_rules(np.eye(4, dtype=bool), NAMES, *limits)


def test_the_rules_that_were_reported_for_2021(real_data):
    collection = open_collection(real_data / "tables" / "kaggle2021_train.csv.gz")
    table = association_rules(collection.labelled().truth(), collection.vocabulary.names)
    found = table.set_index(["antecedents", "consequents"])
    vesicles = "Vesicles and punctate cytosolic patterns"
    for (before, after), figures in {
        ("Mitotic spindle", "Microtubules"): (0.0010089, 0.28205, 7.51884),
        ("Nucleoplasm; Mitotic spindle", "Cytosol"): (0.00077960, 0.566667, 2.173568),
        (f"Mitochondria; {vesicles}", "Nucleoplasm"): (0.00064203, 0.875, 2.16895),
        (f"Nuclear bodies; {vesicles}", "Nucleoplasm"): (0.0004586, 0.8333, 2.0657),
    }.items():
        assert found.loc[(before, after)].tolist() == pytest.approx(figures, rel=1e-4)
    assert table.iloc[0]["antecedents"] == "Mitotic spindle"


@pytest.mark.parametrize(
    ("n", "both", "before", "confidence"), [(100, 3, 15, 0.2), (100, 3, 30, 0.1), (100, 4, 5, 0.8)]
)
def test_a_rule_at_the_very_limit_is_kept(n, both, before, confidence):
    truth = np.zeros((n, 2), bool)
    truth[:before, 0], truth[:both, 1] = True, True
    table = association_rules(truth, ["a", "b"], 1e-4, confidence)
    assert ("a", "b") in zip(table["antecedents"], table["consequents"], strict=True)
