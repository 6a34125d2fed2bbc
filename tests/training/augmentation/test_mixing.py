from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.training.augmentation.mixing import draw_pastes, mix
from cellocate.training.recipe import Augmentation

COUNT, SIZE = 64, 16
# a field's grey level tells its number, and so does the one location it shows
FIELDS = (torch.arange(COUNT) / COUNT).view(-1, 1, 1, 1).expand(COUNT, 2, SIZE, SIZE)
TRUTH = torch.eye(COUNT)


def test_nothing_to_do_gives_the_very_batch() -> None:
    state = torch.get_rng_state()
    images, truth = mix(FIELDS, TRUTH, Augmentation())
    assert images is FIELDS
    assert truth is TRUTH
    assert torch.equal(torch.get_rng_state(), state)


@given(seed=st.integers(0, 2**31), mixup=st.sampled_from([0, 0.2, 1]), cutmix=st.sampled_from([0, 0.2, 1]))
def test_truth_is_shared_as_light_is(seed: int, mixup: float, cutmix: float) -> None:
    torch.manual_seed(seed)
    images, truth = mix(FIELDS, TRUTH, Augmentation(mixup=mixup, cutmix=cutmix))
    torch.testing.assert_close(truth.sum(dim=1), torch.ones(COUNT))
    torch.testing.assert_close(images.mean(dim=(1, 2, 3)), truth @ (torch.arange(COUNT) / COUNT))
    assert int((truth > 0).sum(dim=1).max()) <= 2


def test_mixup_adds_all_over() -> None:
    torch.manual_seed(0)
    images, truth = mix(FIELDS, TRUTH, Augmentation(mixup=1))
    assert torch.equal(images.amin(dim=(1, 2, 3)), images.amax(dim=(1, 2, 3)))
    assert int(((truth > 0) & (truth < 1)).any(dim=1).sum()) > 50


def test_cutmix_pastes_one_square_unchanged() -> None:
    torch.manual_seed(0)
    images, truth = mix(FIELDS, TRUTH, Augmentation(cutmix=1))
    for i in range(COUNT):
        pasted = images[i, 0] != FIELDS[i, 0]
        assert torch.equal(images[i, 0], images[i, 1])
        if not pasted.any():
            continue
        rows, columns = pasted.any(dim=1).nonzero().flatten(), pasted.any(dim=0).nonzero().flatten()
        top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        assert pasted[top:bottom, left:right].all()
        values = images[i, 0][pasted].unique()
        assert len(values) == 1  # of one field, and exactly
        assert values.item() in FIELDS
        assert float(truth[i, round(values.item() * COUNT)]) == pytest.approx(int(pasted.sum()) / SIZE**2)


def test_locations_that_both_show_stay_certain() -> None:
    torch.manual_seed(0)
    truth = torch.tensor([[1.0, 1, 0], [1, 0, 0]]).repeat(8, 1)
    _, mixed = mix(torch.rand(16, 1, 4, 4), truth, Augmentation(mixup=1))
    assert mixed[:, 0].tolist() == pytest.approx([1] * 16)
    assert mixed[:, 2].tolist() == [0] * 16
    assert bool(((mixed[:, 1] > 0) & (mixed[:, 1] < 1)).any())


def test_cross_entropy_of_mixed_truth_is_the_papers_mean_of_losses() -> None:
    logits, first, other, share = torch.randn(5), torch.eye(5)[0], torch.tensor([0.0, 1, 1, 0, 0]), 0.3
    mixed = F.binary_cross_entropy_with_logits(logits, torch.lerp(first, other, share))
    losses = [F.binary_cross_entropy_with_logits(logits, truth) for truth in (first, other)]
    torch.testing.assert_close(mixed, (1 - share) * losses[0] + share * losses[1])


def test_weights_follow_their_beta() -> None:
    torch.manual_seed(0)
    for a in (0.2, 1, 4):
        _, share = draw_pastes(4000, 512, Augmentation(mixup=a))
        assert float(share.mean()) == pytest.approx(0.5, abs=0.03)
        assert float(share.var()) == pytest.approx(1 / (4 * (2 * a + 1)), rel=0.1)


def test_squares_have_the_areas_drawn_but_for_what_edges_cut_off() -> None:
    torch.manual_seed(0)
    edges, opacity = draw_pastes(4000, 512, Augmentation(cutmix=1))
    assert bool((opacity == 1).all())
    assert int(edges.min()) >= 0
    assert int(edges.max()) <= 512
    height, width = edges[:, 1] - edges[:, 0], edges[:, 3] - edges[:, 2]
    whole = (edges[:, 0] > 0) & (edges[:, 1] < 512) & (edges[:, 2] > 0) & (edges[:, 3] < 512)
    assert int((height[whole] - width[whole]).abs().max()) <= 1
    assert 0.25 < float((height * width).float().mean()) / 512**2 < 0.45


def test_with_both_each_field_has_one() -> None:
    torch.manual_seed(0)
    edges, opacity = draw_pastes(4000, 64, Augmentation(mixup=1, cutmix=1))
    faint = opacity < 1
    assert float(faint.float().mean()) == pytest.approx(0.5, abs=0.05)
    assert torch.equal(edges[faint], torch.tensor([0, 64, 0, 64]).expand_as(edges[faint]))


def test_a_batch_of_one_stays_as_it_is() -> None:
    images, truth = mix(FIELDS[:1], TRUTH[:1], Augmentation(mixup=1, cutmix=1))
    assert torch.equal(images, FIELDS[:1])
    assert torch.equal(truth, TRUTH[:1])
