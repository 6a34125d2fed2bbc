from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from cellocate.choices import CalibrationKind
from cellocate.decision import Calibration
from cellocate.decision.calibration import fit_calibration
from cellocate.decision.crossfit import assign_folds
from cellocate.decision.logistic import logits, sigmoid
from cellocate.errors import CellocateError
from cellocate.evaluation import expected_calibration_error


def simulated(slopes, intercepts, n=4000, seed=0):
    """Truth, and probabilities whose logits are those of the truth, stretched and moved."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=(n, len(slopes))) * 2 - 1
    truth = rng.random(score.shape) < sigmoid(score)
    return sigmoid((score - intercepts) / np.array(slopes)), truth


def test_a_temperature_is_found_and_mends_the_probabilities():
    p, truth = simulated([0.4, 0.4, 0.4], 0.0)
    calibration, fair = fit_calibration("temperature", p, truth, assign_folds(truth))
    np.testing.assert_allclose(calibration.slopes, 0.4, atol=0.03)
    assert calibration.intercepts == (0.0,) * 3
    assert expected_calibration_error(truth, fair) < 0.02 < 0.08 < expected_calibration_error(truth, p)


def test_each_location_is_mended_by_its_own_line():
    p, truth = simulated([0.4, 1.0, 1.6], np.array([1.0, 0.0, -1.0]))
    calibration, fair = fit_calibration("per_class", p, truth, assign_folds(truth))
    np.testing.assert_allclose(calibration.slopes, [0.4, 1.0, 1.6], atol=0.2)
    np.testing.assert_allclose(calibration.intercepts, [1.0, 0.0, -1.0], atol=0.2)
    for k in range(3):
        own = expected_calibration_error(truth[:, k : k + 1], fair[:, k : k + 1])
        assert own < 0.04
    assert expected_calibration_error(truth, fair) < expected_calibration_error(truth, p) / 2


def test_a_location_of_few_fields_keeps_to_what_all_show():
    p, truth = simulated([0.5] * 40, 0.0, n=12)
    temperature = fit_calibration("temperature", p, truth, assign_folds(truth))[0]
    own = fit_calibration("per_class", p, truth, assign_folds(truth))[0]
    assert temperature.slopes[0] == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(own.slopes, temperature.slopes, atol=0.3)
    np.testing.assert_allclose(own.intercepts, 0, atol=0.3)
    assert np.ptp(own.slopes) > 0.05  # yet each has a say


@pytest.mark.parametrize("kind", get_args(CalibrationKind))
def test_the_order_of_fields_stays(kind):
    rng = np.random.default_rng(0)
    p, truth = rng.random((50, 3)), rng.random((50, 3)) < 0.5  # nothing to be learnt: the slope is hardly any
    calibrated = fit_calibration(kind, p, truth, assign_folds(truth))[0].apply(p)
    for k in range(3):
        np.testing.assert_array_equal(np.argsort(calibrated[:, k]), np.argsort(p[:, k]))


@pytest.mark.parametrize("kind", get_args(CalibrationKind))
def test_certain_probabilities_stay_numbers(kind):
    p, truth = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), np.eye(3, 2, dtype=bool)
    calibration, fair = fit_calibration(kind, p, truth, assign_folds(truth))
    assert np.isfinite(fair).all()
    assert np.isfinite(logits(calibration.apply(p))).all()


@pytest.mark.parametrize(
    "content",
    [
        {"slopes": [1.0], "intercepts": [0.0, 0.0]},
        {"slopes": [0.0], "intercepts": [0.0]},
        {"slopes": [-1.0], "intercepts": [0.0]},
        {"slopes": [float("nan")], "intercepts": [0.0]},
        {"slopes": [1.0], "intercepts": [float("inf")]},
    ],
)
def test_a_calibration_that_is_none_is_refused(content):
    with pytest.raises(ValidationError):
        Calibration.model_validate({"kind": "temperature", **content})


def test_other_locations_are_refused():
    with pytest.raises(CellocateError, match="a calibration for 1 locations, but the table has 2 columns"):
        Calibration(kind="temperature", slopes=(1.0,), intercepts=(0.0,)).apply(np.ones((1, 2)))
