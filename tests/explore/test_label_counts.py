import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.collection import open_collection
from cellocate.explore.cooccurrence import cluster_order, conditional_shares, count_pairs, phi
from cellocate.explore.label_counts import LabelCounts, imbalance

NAMES = ("a", "b", "c")
TRUTH = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]], bool)
tables = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=n, max_size=n)
)


def test_counts_of_locations_and_sets():
    labels = LabelCounts(TRUTH, NAMES)
    assert labels.counts().to_numpy().tolist() == [[0, "a", 3, 0.75, 1], [1, "b", 2, 0.5, 0], [2, "c", 0, 0, 0]]
    assert labels.per_field().to_numpy().tolist() == [[0, 1], [1, 1], [2, 2]]
    assert labels.sets().to_numpy().tolist() == [["a; b", 2, 2], ["", 0, 1], ["a", 1, 1]]
    assert labels.rarest() == ["b", "a"]
    assert labels.never_alone() == ["b"]
    assert labels.absent() == ["c"]


def test_no_field_at_all():
    labels = LabelCounts(np.zeros((0, 3), bool), NAMES)
    assert labels.counts()["share"].tolist() == [0, 0, 0]
    assert len(labels.per_field()) == len(labels.sets()) == 0
    assert labels.order == []


def test_skew_of_even_and_single_counts():
    assert imbalance([5, 5, 0, 5]) == {"largest_to_smallest": 1, "mean_imbalance": 1, "evenness": pytest.approx(1)}
    assert imbalance([7])["largest_to_smallest"] == 1
    assert np.isnan(imbalance([7])["evenness"])
    assert np.isnan(list(imbalance([0, 0]).values())).all()


@given(tables)
def test_phi_is_the_correlation_of_columns(rows):
    truth = np.array(rows, bool)
    found = phi(count_pairs(truth), len(truth))
    varies = truth.any(axis=0) & ~truth.all(axis=0)
    assert np.isnan(found[~varies]).all()
    for i in np.flatnonzero(varies):
        for j in np.flatnonzero(varies):
            assert found[i, j] == pytest.approx(np.corrcoef(truth[:, i], truth[:, j])[0, 1])
    assert sorted(cluster_order(found)) == np.flatnonzero(varies).tolist()


@given(tables)
def test_conditional_shares_are_those_of_the_fields_of_the_row(rows):
    truth = np.array(rows, bool)
    shares = conditional_shares(count_pairs(truth))
    for i in range(4):
        if truth[:, i].any():
            assert shares[i].tolist() == pytest.approx(truth[truth[:, i]].mean(axis=0).tolist())
        else:
            assert np.isnan(shares[i]).all()


def test_an_order_puts_together_what_occurs_together():
    near = np.eye(4)
    near[0, 2] = near[2, 0] = near[1, 3] = near[3, 1] = 0.9
    order = cluster_order(near)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


@pytest.mark.parametrize(
    ("table", "per_field", "sets", "counts"),
    [
        (
            "kaggle2018_train",
            [15126, 12485, 3160, 299, 2],
            577,
            "12885 1254 3621 1561 1858 2513 1008 2822 53 45 28 1093 688 537 1066 21 530 210 902 1482 172 3777 802 2965 "
            "322 8228 328 11",
        ),
        (
            "kaggle2021_train",
            [10508, 8873, 2233, 190, 2],
            372,
            "8797 1095 2451 1262 1425 1792 775 1846 964 998 818 78 1734 3111 2013 252 5685 593 34",
        ),
    ],
)
def test_real_tables(real_data, table, per_field, sets, counts):
    collection = open_collection(real_data / "tables" / f"{table}.csv.gz")
    labels = LabelCounts(collection.labelled().truth(), collection.vocabulary.names)
    assert labels.per_location.tolist() == [int(count) for count in counts.split()]
    assert labels.per_field().to_dict("list") == {"labels": [1, 2, 3, 4, 5], "fields": per_field}
    assert len(labels.sets()) == sets
    if table == "kaggle2018_train":
        names = labels.names
        assert labels.never_alone() == ["Lysosomes", "Microtubule ends", "Mitotic spindle"]
        assert labels.phi[names.index("Endosomes"), names.index("Lysosomes")] == pytest.approx(0.789, abs=5e-4)
        spindle, bridge = names.index("Mitotic spindle"), names.index("Cytokinetic bridge")
        assert labels.phi[spindle, bridge] == pytest.approx(0.223, abs=5e-4)
