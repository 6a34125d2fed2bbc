"""The confusion matrix, beside scikit-learn's for single labels and the published procedure field by field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_tables import tables, vocabulary
from sklearn import metrics as sk

from cellocate.evaluation import confusion, confusion_table, misclassifications
from cellocate.evaluation.confusion_matrix import per_cent


def slow_confusion(truth, decided):
    """The procedure of the publication, one field after the other."""
    none = truth.shape[1]
    matrix = np.zeros((none + 1, none + 1), int)
    for t, d in zip(truth, decided, strict=True):
        true, said = set(np.flatnonzero(t)), set(np.flatnonzero(d))
        for k in true & said:
            matrix[k, k] += 1
        missed, false = true - said, said - true
        if missed or not true:
            rows = missed or {none}
            columns = false or ({none} if missed or not said else set())
        else:
            rows, columns = true, false
        for i in rows:
            for j in columns:
                matrix[i, j] += 1
    return matrix


@given(tables())
@settings(max_examples=80)
def test_the_matrix_is_that_of_the_published_procedure(drawn):
    truth, decided, _ = drawn
    np.testing.assert_array_equal(confusion(truth, decided), slow_confusion(truth, decided))


@given(arrays(np.int64, (2, 20), elements=st.integers(0, 3)))
@settings(max_examples=60)
def test_of_single_labels_it_is_the_plain_matrix(labels):
    truth, decided = (np.eye(4, dtype=bool)[row] for row in labels)
    expected = sk.confusion_matrix(*labels, labels=range(4))
    np.testing.assert_array_equal(confusion(truth, decided)[:4, :4], expected)
    assert confusion(truth, decided).sum() == 20


def test_each_case_worked_out_by_hand():
    truth = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], bool)
    decided = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 0]], bool)
    expected = [[3, 0, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1]]
    assert confusion(truth, decided).tolist() == expected
    assert per_cent(confusion(truth, decided)).sum(axis=1) == pytest.approx([100, 100, 0, 100])


def test_the_commonest_confusions_are_named_and_what_is_right_is_not():
    matrix = np.array([[7, 3, 0, 0], [0, 0, 0, 0], [1, 0, 8, 5], [0, 0, 0, 9]])
    table = misclassifications(matrix, vocabulary(3))
    assert table.to_numpy().tolist() == [["L2", "none", 5, 500 / 14], ["L0", "L1", 3, 30], ["L2", "L0", 1, 100 / 14]]
    assert len(misclassifications(matrix, vocabulary(3), count=2)) == 2
    assert misclassifications(np.eye(4, dtype=int), vocabulary(3)).empty
    assert confusion_table(matrix, vocabulary(3)).loc["L2", "none"] == 5
