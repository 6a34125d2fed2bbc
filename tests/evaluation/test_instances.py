from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.evaluation import Instances, evaluate_instances
from cellocate.images.rle import Mask, masks_of
from cellocate.vocabulary import Location, Vocabulary

THREE = Vocabulary("three", tuple(Location(name, None, "") for name in ("a", "b", "c")))
SIDE = 6

Pixels = NDArray[np.bool_]
Cell = tuple[Pixels, int, float]  # what one cell is said to be, and how surely
Scene = tuple[list[Cell], list[tuple[Pixels, int]]]  # predictions and truth of one field


def slow_map(scenes: list[Scene], least: float, classes: int = 3) -> tuple[float | None, list[float | None]]:
    """Mean average precision from its definition: pixel by pixel, confidence by confidence."""
    found: list[float | None] = []
    for k in range(classes):
        truths = sum(label == k for _, truth in scenes for _, label in truth)
        if not truths:
            found.append(None)
            continue
        curve = [(0.0, 1.0)]  # recall and precision of all that is at least so sure
        for sure in sorted({c for said, _ in scenes for _, label, c in said if label == k}, reverse=True):
            hits = statements = 0
            for said, truth in scenes:
                cells = [mask for mask, label in truth if label == k]
                claimed = set()
                for mask, label, confidence in said:
                    if label != k or confidence < sure:
                        continue
                    statements += 1
                    shares = [(mask & cell).sum() / max((mask | cell).sum(), 1) for cell in cells]
                    if cells and max(shares) >= least:
                        claimed.add(shares.index(max(shares)))
                hits += len(claimed)
            curve.append((hits / truths, hits / statements))
        steps = itertools.pairwise(curve)
        found.append(sum((r - before) * max(p for s, p in curve[1:] if s >= r) for (before, _), (r, _) in steps))
    known = [ap for ap in found if ap is not None]
    return (sum(known) / len(known) if known else None), found


def measured(scenes: list[Scene], least: float = 0.6, **options: bool) -> dict:
    truth, predicted = {}, {}
    for i, (said, true) in enumerate(scenes):
        truth[str(i)] = Instances.of([Mask.of(m) for m, _ in true], [[label] for _, label in true])
        _, labels, confidences = zip(*said, strict=True) if said else ((), (), ())
        predicted[str(i)] = Instances(
            [Mask.of(m) for m, _, _ in said],
            np.arange(len(said)),
            np.array(labels, dtype=np.intp),
            np.array(confidences, dtype=np.float64),
        )
    return evaluate_instances(truth, predicted, THREE, min_overlap=least, interval=options.get("interval", False))


@st.composite
def boxes(draw: st.DrawFn) -> Pixels:
    mask = np.zeros((SIDE, SIDE), bool)
    y, x = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    mask[y : y + draw(st.integers(1, 4)), x : x + draw(st.integers(1, 4))] = True
    return mask


cells = st.tuples(boxes(), st.integers(0, 2), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
true_cells = st.tuples(boxes(), st.integers(0, 2))
random_scenes = st.lists(
    st.tuples(st.lists(cells, max_size=7), st.lists(true_cells, max_size=5)), min_size=1, max_size=4
)


@settings(max_examples=200)
@given(random_scenes, st.sampled_from([0.3, 0.6]))
def test_it_is_what_the_definition_says(scenes: list[Scene], least: float) -> None:
    score, per_class = slow_map(scenes, least)
    metrics = measured(scenes, least)
    assert metrics["instance_map"] == (None if score is None else pytest.approx(score, abs=1e-12))
    assert [row["average_precision"] for row in metrics["per_class"]] == [
        None if ap is None else pytest.approx(ap, abs=1e-12) for ap in per_class
    ]


@given(random_scenes, st.randoms())
def test_the_order_of_a_file_decides_nothing(scenes: list[Scene], random) -> None:
    other = [(random.sample(said, len(said)), true) for said, true in scenes]
    before, after = measured(scenes), measured(random.sample(other, len(other)))
    for row, again in zip(before["per_class"], after["per_class"], strict=True):
        assert again == {**row, "average_precision": pytest.approx(row["average_precision"])}


def _cell(y: int, x: int, size: int = 2) -> Pixels:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[y : y + size, x : x + size] = True
    return mask


def test_equal_confidences_count_as_the_least_favourable_order() -> None:
    said = [(_cell(y, x), 0, 0.5) for y in (0, 2, 4) for x in (0, 2, 4)]
    truth = [(_cell(0, 0), 0), (_cell(4, 4), 0)]
    orders = []
    for order in itertools.permutations(range(4)):  # as if each had a confidence of its own
        surer = [(*cell[:2], 0.9 - 0.1 * order.index(i)) for i, cell in enumerate(said[:3] + said[-1:])]
        orders.append(measured([(surer, truth)])["instance_map"])
    tied = measured([(said[:3] + said[-1:], truth)])["instance_map"]
    assert tied == min(orders) == 0.5
    assert max(orders) == 1


def test_a_cell_is_found_once_and_only_in_its_own_field() -> None:
    twice = [(_cell(0, 0), 0, 0.9), (_cell(0, 0), 0, 0.8), (_cell(4, 4), 0, 0.7)]
    truth = [(_cell(0, 0), 0), (_cell(4, 4), 0)]
    assert measured([(twice, truth)])["instance_map"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    elsewhere = [([(_cell(0, 0), 0, 0.9)], []), ([], [(_cell(0, 0), 0)])]
    assert measured(elsewhere)["instance_map"] == 0


def test_an_overlap_of_just_the_least_is_enough() -> None:
    half = np.zeros((SIDE, SIDE), bool)
    half[0, :3] = True
    whole = np.zeros((SIDE, SIDE), bool)
    whole[0, :5] = True
    assert measured([([(half, 0, 1.0)], [(whole, 0)])], least=0.6)["instance_map"] == 1
    assert measured([([(half, 0, 1.0)], [(whole, 0)])], least=0.61)["instance_map"] == 0


def test_one_mask_may_show_several_locations() -> None:
    masks = [Mask.of(_cell(0, 0)), Mask.of(_cell(4, 4))]
    truth = {"f": Instances.of(masks, [[0, 1], []])}
    said = Instances(masks, np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.5, 0.5, 0.9]))
    metrics = evaluate_instances(truth, {"f": said}, THREE)
    assert [row["average_precision"] for row in metrics["per_class"]] == [1.0, 0.5, None]
    assert metrics["instance_map"] == 0.75
    assert (metrics["n"], metrics["cells"], metrics["absent"]) == (1, 2, ["c"])
    assert metrics["instance_map_of_predicting_everything"] == 0.5  # each mask as both
    assert [row["found"] for row in metrics["per_class"]] == [1, 1, 0]
    json.dumps(metrics)


def test_perfect_predictions_score_1_and_the_interval_holds_the_score() -> None:
    rng = np.random.default_rng(0)
    truth, said = {}, {}
    for i in range(30):
        masks = list(masks_of(np.kron(np.arange(9).reshape(3, 3), np.ones((4, 4))).astype(np.uint8)).values())
        labels = rng.integers(0, 3, len(masks))
        truth[str(i)] = Instances.of(masks, [[label] for label in labels])
        said[str(i)] = replace(truth[str(i)], label=np.where(rng.random(len(masks)) < 0.3, (labels + 1) % 3, labels))
    assert evaluate_instances(truth, truth, THREE)["instance_map_interval"] == pytest.approx([1, 1])
    metrics = evaluate_instances(truth, said, THREE)
    low, high = metrics["instance_map_interval"]
    assert 0 < low < metrics["instance_map"] < high < 1


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_holds_the_score_where_one_field_alone_shows_a_location(seed: int) -> None:
    """Resamples without such a field say nothing of the location, and the others show it too often."""
    rng = np.random.default_rng(seed)
    words = Vocabulary("sixteen", tuple(Location(str(k), None, "") for k in range(16)))
    masks = list(masks_of(np.arange(1, 5).reshape(2, 2).astype(np.uint8)).values())
    truth, said = {}, {}
    for i in range(16):
        truth[str(i)] = Instances.of(masks, [[i] for _ in masks])
        cell, label = (x.ravel() for x in np.indices((len(masks), 16)))
        said[str(i)] = Instances(masks, cell, label, rng.random(16)[label])
    metrics = evaluate_instances(truth, said, words)
    low, high = metrics["instance_map_interval"]
    assert low < metrics["instance_map"] < high


def test_fields_must_be_the_same_and_some() -> None:
    empty = Instances.of([], [])
    with pytest.raises(CellocateError, match="different fields, such as a"):
        evaluate_instances({"a": empty}, {}, THREE)
    with pytest.raises(CellocateError, match="no field"):
        evaluate_instances({}, {}, THREE)
    assert evaluate_instances({"a": empty}, {"a": empty}, THREE)["instance_map"] is None


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_pycocotools_matches_the_same_cells() -> None:
    """COCO gives a prediction the best cell that is free; where cells do not overlap that is the same cell."""
    coco_mask = pytest.importorskip("pycocotools.mask")
    from pycocotools.cocoeval import COCOeval, Params

    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(20):
        labels = np.kron(rng.permutation(25).reshape(5, 5), np.ones((4, 4))).astype(np.uint8)
        true = list(masks_of(labels).values())
        said = list(masks_of(np.roll(labels, rng.integers(0, 3), axis=1)).values())
        said += [said[i] for i in rng.choice(len(said), 6)]
        confidence = rng.permutation(len(said)) / len(said)
        coco = COCOeval(iouType="segm")
        coco.params = Params("segm")
        coco.params.maxDets, coco.params.iouThrs = [len(said)], np.array([0.6])

        def rle(mask: Mask) -> dict:
            return coco_mask.encode(np.asfortranarray(mask.pixels.astype(np.uint8)))

        base = {"ignore": 0, "iscrowd": 0, "image_id": 1, "category_id": 1}
        gts = [{**base, "id": i + 1, "area": m.area, "segmentation": rle(m)} for i, m in enumerate(true)]
        dts = [
            {**base, "id": i + 1, "area": m.area, "segmentation": rle(m), "score": c}
            for i, (m, c) in enumerate(zip(said, confidence, strict=True))
        ]
        coco._gts, coco._dts = {(1, 1): gts}, {(1, 1): dts}
        coco.ious = {(1, 1): coco.computeIoU(1, 1)}
        matched = coco.evaluateImg(1, 1, [0, 1e10], len(said))["dtMatches"][0] > 0  # in falling confidence
        precision = np.cumsum(matched) / np.arange(1, len(matched) + 1)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        ours = evaluate_instances(
            {"f": Instances.of(true, [[0]] * len(true))},
            {"f": Instances(said, np.arange(len(said)), np.zeros(len(said), np.intp), confidence)},
            THREE,
            interval=False,
        )
        assert ours["per_class"][0]["average_precision"] == pytest.approx((best * matched).sum() / len(true))
        compared += int(0 < matched.sum() < len(matched))
    assert compared
