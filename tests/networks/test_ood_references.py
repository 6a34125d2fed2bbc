from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cellocate
from cellocate.errors import CellocateError
from cellocate.files import MARKER
from cellocate.images import TTA
from cellocate.networks import Model, save
from cellocate.networks.ood import References, fit_references, max_references

RNG = np.random.default_rng(0)
FIELDS = RNG.integers(0, 256, (3, 4, 64, 64), dtype=np.uint8)


def _cloud(n: int, centre: int, width: int = 16) -> np.ndarray:
    return np.eye(width)[centre] * 5 + RNG.normal(size=(n, width)) * 0.3


def test_what_lies_elsewhere_is_out_of_distribution_and_one_in_a_hundred_of_its_own_kind() -> None:
    known = fit_references(_cloud(300, 0), _cloud(400, 0))
    assert known is not None
    own, other = known.ood_score(_cloud(2000, 0)), known.ood_score(_cloud(50, 1))
    assert 0.001 < (own > 1).mean() < 0.04
    assert other.min() > 2


def test_the_distance_is_that_to_the_tenth_nearest() -> None:
    learnt, asked = RNG.normal(size=(40, 6)), RNG.normal(size=(5, 6))
    known = fit_references(learnt, asked)
    assert known is not None
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (asked, learnt)]
    slow = np.sort(np.linalg.norm(unit[0][:, None] - unit[1][None], axis=2), axis=1)[:, 9]
    np.testing.assert_allclose(known.ood_score(asked) * known.distance, slow, atol=2e-3)  # references are half floats
    assert known.distance == pytest.approx(np.quantile(slow, 0.99), abs=2e-3)


def test_brightness_of_features_does_not_matter() -> None:
    known = fit_references(_cloud(60, 0), _cloud(60, 0))
    assert known is not None
    asked = _cloud(4, 1)
    np.testing.assert_allclose(known.ood_score(asked), known.ood_score(asked * 7), rtol=1e-5)


def test_too_few_fields_tell_nothing() -> None:
    assert fit_references(_cloud(10, 0), _cloud(5, 0)) is None
    assert fit_references(_cloud(50, 0), _cloud(0, 0)) is None
    assert max_references(10**7) == 0


@pytest.fixture
def knowing(make: Callable[..., Model]) -> Model:
    """A model that knows some random fields."""
    model = make(tta=TTA(orientations="flips", crops=1, crop=0.5))
    look = model.embed_tiles([model.prepare(f) for f in RNG.integers(0, 256, (12, 4, 64, 64), dtype=np.uint8)])
    return Model(model.network, model.card, references=fit_references(look.features, look.features))


def test_one_pass_gives_what_two_would(knowing: Model, make: Callable[..., Model]) -> None:
    tiles = [knowing.prepare(f) for f in FIELDS]
    look = knowing.embed_tiles(tiles)
    np.testing.assert_allclose(look.probabilities, knowing.predict_tiles(tiles), rtol=1e-5)
    plain = make()
    np.testing.assert_allclose(
        plain.embed_tiles([plain.prepare(f) for f in FIELDS]).features, plain.embed(FIELDS), rtol=1e-4, atol=1e-6
    )
    assert [part.shape for part in plain.embed_tiles([])] == [
        (0, 28),
        (0, plain.network.features),
        (0, 8),
    ]


def test_references_travel_with_the_model(knowing: Model, tmp_path: Path) -> None:
    assert knowing.references is not None
    save(knowing, tmp_path / "model")
    loaded = cellocate.load(tmp_path / "model", device="cpu")
    assert isinstance(loaded.references, References)
    np.testing.assert_array_equal(loaded.references.features, knowing.references.features)
    save(loaded, tmp_path / "copy")
    for name in ("model.json", "references.safetensors"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()
    assert loaded.with_tta(TTA()).references is None  # whose features lie elsewhere


def test_damaged_or_missing_references_are_noticed(knowing: Model, tmp_path: Path) -> None:
    save(knowing, tmp_path / "model")
    path = tmp_path / "model" / "references.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CellocateError, match=r"checksum.*references"):
        cellocate.load(tmp_path / "model")
    path.unlink()
    with pytest.raises(CellocateError, match=r"references\.safetensors is missing"):
        cellocate.load(tmp_path / "model")


def test_a_model_that_knows_nothing_is_as_before(make: Callable[..., Model], tmp_path: Path) -> None:
    save(make(), tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [MARKER, "model.json", "model.safetensors"]
    card = json.loads((tmp_path / "model" / "model.json").read_text())
    assert card["ood"] is None
