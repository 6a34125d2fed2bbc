"""The default rule is chosen out of fold, and told beside simple ones."""

from __future__ import annotations

import numpy as np
import pytest

from cellocate.choices import DEFAULT_RULE
from cellocate.decision import RuleComparison, default_rule, describe_comparison, fit, fit_rule
from cellocate.decision.choose_rule import CANDIDATES, SIMPLE_RULES
from cellocate.decision.rule_comparison import compare_rules, decide_out_of_fold
from cellocate.decision.rules import KINDS
from cellocate.decision.rules.scaling import fit_scaling


@pytest.fixture(scope="module")
def sound():
    """Probabilities that are frequencies, of 600 fields and 6 locations."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.4, [1, 2, 4, 8, 2, 4], (600, 6))
    return p, rng.random(p.shape) < p


def f1(decided, truth):
    return (2 * (decided & truth).sum(axis=0) / np.maximum(decided.sum(axis=0) + truth.sum(axis=0), 1)).mean()


def failed(p):
    """As by a network that failed on 3% of the images, where it is sure of every location, and is sharp elsewhere."""
    bent = 0.3 + 0.4 * p
    bent[::33] = 1
    return bent


def test_probabilities_that_are_frequencies_are_believed(sound):
    assert fit_rule(DEFAULT_RULE, *sound).rule == fit("expected_f1", *sound)
    assert default_rule("auto") == "expected_f1"


@pytest.mark.parametrize("bend", [failed, lambda p: p**8, lambda p: 1 - (1 - p) ** 8, np.round, lambda p: p / 50])
def test_no_distortion_makes_it_worse_than_simple_rules(sound, bend):
    p, truth = bend(sound[0]), sound[1]
    half = np.arange(len(p)) % 2 == 0
    scores = {
        name: f1(fit(name, p[half], truth[half]).apply(p[~half]), truth[~half]) for name in (*SIMPLE_RULES, "ratio")
    }
    chosen = fit_rule("auto", p[half], truth[half]).rule
    assert chosen.kind in CANDIDATES
    assert f1(chosen.apply(p[~half]), truth[~half]) > max(scores.values()) - 0.03


def test_a_few_failed_images_do_not_flatten_the_scaling(sound):
    p, truth = sound
    plain, with_failures = (fit_scaling(each, truth).slope for each in (0.3 + 0.4 * p, failed(p)))
    assert with_failures > 0.7 * plain  # and .1, the least that there is, if each label counted in full


@pytest.mark.parametrize("n", [0, 1, 2, 10, 29, 30])
def test_of_few_fields_nothing_is_chosen(sound, n):
    p, truth = sound[0][:n], sound[1][:n]
    rule, comparison = fit_rule("auto", p, truth)
    assert rule.apply(sound[0]).shape == sound[1].shape
    assert (comparison is None) == (n < 30)
    assert n == 30 or rule.kind == ("expected_f1" if truth.any() else "fixed")


def test_one_group_alone_cannot_be_compared(sound):
    rule, comparison = fit_rule("auto", *sound, ["a"] * len(sound[0]))
    assert (rule.kind, comparison) == ("expected_f1", None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_that_is_asked_for_is_kept_and_compared(sound, kind):
    p, truth = sound[0][:60], sound[1][:60]
    rule, comparison = fit_rule(kind, p, truth, at_most=2)
    assert rule == fit(kind, p, truth, at_most=2)
    assert [score.rule for score in comparison.scores] == list(dict.fromkeys([kind, *SIMPLE_RULES]))
    decided = decide_out_of_fold([kind], p, truth, at_most=2)[kind]
    assert decided.sum(axis=1).max() <= 2
    assert comparison.scores[0].occur.macro_f1 == pytest.approx(f1(decided, truth), abs=1e-6)


def test_fields_of_a_group_are_decided_without_it():
    p = np.tile([[0.2], [0.8]], (10, 1))
    truth = np.tile([[False], [True]], (10, 1))
    truth[:2] = ~truth[:2]
    groups = ["odd"] * 2 + [str(i // 2) for i in range(2, 20)]
    decided = decide_out_of_fold(["per_class"], p, truth, groups)["per_class"]
    assert decided[:2].tolist() == [[False], [True]]  # as all others have it


def test_differences_are_paired_and_rare_locations_named():
    rng = np.random.default_rng(0)
    truth = rng.random((200, 3)) < [0.3, 0.2, 0.02]
    worse = truth.copy()
    worse[:40] = False
    found = compare_rules({"expected_f1": truth, "fixed": worse, "single": truth}, truth)
    ahead, same = (next(s.occur for s in found.scores if s.rule == rule) for rule in ("fixed", "single"))
    assert ahead.interval[1] < 0
    assert ahead.difference == pytest.approx(f1(worse, truth) - 1, abs=1e-6)
    assert (same.difference, same.interval, same.error) == (0, (0, 0), 0)
    assert found.rare == {2: truth[:, 2].sum()}
    assert found.scores[0].frequent.macro_f1 == 1
    assert found.scores[1].frequent.difference == pytest.approx(f1(worse[:, :2], truth[:, :2]) - 1, abs=1e-6)
    assert RuleComparison.model_validate_json(found.model_dump_json()) == found
    first, fixed, single, second = describe_comparison(found, ["a", "b", "c"], "cell")
    assert first.startswith("rule expected_f1, out of fold (n = 200): macro F1 1.000 over the 3 locations that occur")
    assert fixed.startswith(
        f"  .5 for all (fixed): {f1(worse, truth):.3f}, behind by {1 - f1(worse, truth):.3f} (95% interval"
    )
    assert single == "  one threshold for all (single): 1.000, the same"
    assert second == f"fewer than 10 cells show c ({truth[:, 2].sum()}): its threshold is a guess"


def test_rules_are_compared_over_the_same_locations():
    """A location that a resample misses is left out for every rule, whether or not they decide it."""
    truth, often = np.zeros((500, 2), bool), np.zeros((500, 2), bool)
    truth[::3, 0], truth[0, 1] = True, True
    often[::3, 0], often[:100, 1] = True, True
    found = compare_rules({"bagged": np.where([True, False], truth, False), "single": often}, truth)
    assert 0 <= found.scores[1].occur.interval[0] <= found.scores[1].occur.interval[1] < 0.05


def test_locations_that_could_not_be_learnt_are_not_compared_as_if_they_were(sound):
    p, truth = sound
    rule, comparison = fit_rule("auto", p, truth, never=[0])
    assert rule.never == (0,)
    assert comparison.scores[0].occur.macro_f1 < fit_rule("auto", p, truth)[1].scores[0].occur.macro_f1
    assert not decide_out_of_fold(["single"], p, truth, never=[0])["single"][:, 0].any()


@pytest.mark.parametrize("name", ["inception_224", "vgg16_224_green", "vgg16_224"])
def test_real_probabilities_of_any_kind_are_decided_no_worse_than_by_simple_rules(real_data, name):
    saved = np.load(real_data / "decision" / "validation_2018.npz")
    p, truth = saved[name].astype(np.float64), saved["targets"].astype(bool)
    fitted, frequent = np.arange(len(p)) % 2 == 0, truth.sum(axis=0) >= 20
    known, asked = truth[fitted], truth[~fitted][:, frequent]

    def score(rule):
        return f1(rule.apply(p[~fitted])[:, frequent], asked)

    simple = max(score(fit(kind, p[fitted], known)) for kind in SIMPLE_RULES)
    assert score(fit_rule("auto", p[fitted], known).rule) > simple - 0.01
