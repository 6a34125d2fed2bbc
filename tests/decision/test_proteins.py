"""Fields and cells of one protein, brought together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.decision import Rule, aggregate_by_protein
from cellocate.errors import CellocateError

NAMES = ("Nucleoplasm", "Cytosol", "Mitochondria")
RULE = Rule(kind="fixed", thresholds=(0.5, 0.25, 0.75), fallback="nearest")
# parts of 64 are summed without rounding, whatever the order
PROBABILITIES = arrays(np.int64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(0, 64)).map(
    lambda parts: parts / 64
)


@given(PROBABILITIES, st.sampled_from([RULE, None]))
def test_one_field_has_its_own_call(probabilities, rule):
    decided = RULE.apply(probabilities)
    proteins = pd.DataFrame({"antibody": [f"{i:02}" for i in range(len(decided))]})
    found = aggregate_by_protein(proteins, probabilities, decided, NAMES, rule=rule)
    own = ["; ".join(n for n, shows in zip(NAMES, row, strict=True) if shows) for row in decided]
    assert list(found.calls["Locations"]) == own
    assert (found.calls["agreement"] == 1).all()
    assert found.calls["heterogeneity"].isna().all()
    assert found.locations["called"].all()
    assert len(found.locations) == decided.sum()
    assert sorted(found.locations["probability"]) == sorted(probabilities[decided])


@given(PROBABILITIES, st.data())
def test_order_is_nothing(probabilities, data):
    n = len(probabilities)
    proteins = pd.DataFrame(
        {
            "antibody": data.draw(st.lists(st.sampled_from("ab"), min_size=n, max_size=n)),
            "cell_line": data.draw(st.lists(st.sampled_from("xy"), min_size=n, max_size=n)),
        }
    )
    fields = (proteins.sum(axis=1) + data.draw(st.sampled_from(["1", "2"]))).tolist()
    order = data.draw(st.permutations(range(n)))
    decided = RULE.apply(probabilities)
    found = aggregate_by_protein(proteins, probabilities, decided, NAMES, fields=fields, rule=RULE)
    again = aggregate_by_protein(
        proteins.iloc[order], probabilities[order], decided[order], NAMES, fields=[fields[i] for i in order], rule=RULE
    )
    pd.testing.assert_frame_equal(found.calls, again.calls)
    pd.testing.assert_frame_equal(found.locations, again.locations)
    assert found.calls["n"].sum() == n
    assert found.calls["heterogeneity"].dropna().between(0, 1).all()


def together(probabilities, **options):
    p = np.array(probabilities)
    proteins = pd.DataFrame({"antibody": ["1"] * len(p)})
    return aggregate_by_protein(proteins, p, p >= 0.5, NAMES, **options)


def test_unsure_fields_do_not_differ_and_sure_ones_do():
    unsure = together([[0.5, 0, 0]] * 4)
    sure = together([[1, 0, 0], [0, 0, 0]] * 2)
    assert unsure.calls["heterogeneity"].tolist() == unsure.locations["heterogeneity"].tolist() == [0]
    assert sure.calls["heterogeneity"].tolist() == sure.locations["heterogeneity"].tolist() == [1]
    half = together([[0.75, 0, 0], [0.25, 0, 0]])  # variance 1/16 of 1/4
    assert half.locations["heterogeneity"].tolist() == [0.25]


def test_a_call_is_of_the_majority_or_of_the_rule_on_the_mean():
    rows = [[0.9, 0.4, 0], [0.9, 0.4, 0], [0.3, 0.6, 0]]
    assert together(rows).calls["Locations"].tolist() == ["Nucleoplasm"]
    found = together(rows, rule=RULE)
    assert found.calls["Locations"].tolist() == ["Nucleoplasm; Cytosol"]
    assert found.calls["agreement"].tolist() == [0]
    assert found.locations["share"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_half_of_the_fields_are_enough_and_less_is_not():
    assert together([[0.9, 0, 0], [0, 0.9, 0]]).calls["Locations"].tolist() == ["Nucleoplasm; Cytosol"]
    assert together([[0.9, 0.9, 0], [0, 0.9, 0], [0, 0, 0]]).calls["Locations"].tolist() == ["Cytosol"]


def test_a_protein_that_shows_nothing_still_has_a_call():
    found = together([[0.1, 0, 0]] * 2)
    assert found.calls[["n", "Locations"]].to_numpy().tolist() == [[2, ""]]
    assert found.locations.empty


def test_cells_of_few_fields_are_less_certain_than_as_many_fields():
    p = [[0.9, 0, 0]] * 6 + [[0.1, 0, 0]] * 2
    cells = together(p, fields=["f", "f", "f", "f", "g", "g", "g", "g"]).locations
    fields = together(p).locations
    assert (cells["n"].item(), cells["fields"].item(), fields["fields"].item()) == (8, 2, 8)
    assert cells["share"].item() == fields["share"].item() == 0.75
    assert cells["share_low"].item() < fields["share_low"].item()


def test_a_column_that_is_written_tells_no_proteins():
    with pytest.raises(CellocateError, match="'share'"):
        aggregate_by_protein(pd.DataFrame({"share": ["1"]}), np.ones((1, 3)), np.ones((1, 3), bool), NAMES)
