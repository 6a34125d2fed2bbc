"""Which channel is which, as users say it: on the command line, in Python and in collection.yaml."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cellocate.collection.channels import (
    ChannelChoices,
    UnclearChannelsError,
    assign,
    describe_channels,
    format_pairs,
    parse_mapping,
    parse_pairs,
)
from cellocate.errors import CellocateError

NAMES = st.one_of(
    st.integers(0, 10**6), st.text(min_size=1, max_size=12), st.sampled_from(["00", "a,b", "x=y", '"', "'a'"])
)


@given(st.dictionaries(st.sampled_from(["blue", "green", "red", "yellow"]), NAMES, min_size=1))
def test_what_is_written_is_read(said):
    if len(set(map(repr, said.values()))) == len(said) and "?" not in said.values():
        assert parse_pairs([format_pairs(said)], "here") == said


@given(st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_read_or_refused_in_a_line(texts):
    try:
        named = parse_pairs(texts, "--channels")
    except CellocateError:
        return
    assert set(named) <= {"blue", "green", "red", "yellow"}


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (["nucleus=DAPI,protein=AF488"], {"blue": "DAPI", "green": "AF488"}),
        (["nucleus=DAPI", "protein=AF488,"], {"blue": "DAPI", "green": "AF488"}),
        ([" Nucleus = Cam 640 , ER = 3 "], {"blue": "Cam 640", "yellow": 3}),
        (["endoplasmic_reticulum=a"], {"yellow": "a"}),
        (["Endoplasmic Reticulum=a"], {"yellow": "a"}),
        (["red=C=0"], {"red": "C=0"}),
        (["nucleus=00,protein='1'"], {"blue": "00", "green": "1"}),
        (['nucleus="a, b",protein=c'], {"blue": "a, b", "green": "c"}),
        (["DAPI=nucleus,AF488=protein"], {"blue": "DAPI", "green": "AF488"}),
    ],
)
def test_pairs_are_read(texts, named):
    assert parse_pairs(texts, "--channels") == named


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("DAPI", "no stain and name in 'DAPI'"),
        ("=DAPI", "no stain and name"),
        ("nucleus=", "no channel is named for nucleus"),
        ("nucelus=DAPI", "no stain is called 'nucelus': .*Did you mean nucleus"),
        ("actin=phalloidin", "no stain is called 'actin'.*nucleus, protein, microtubules and er"),
        ("nucleus=DAPI,blue=Hoechst", "two names for nucleus"),
        ("nucleus=DAPI,nucleus=Hoechst", "two names for nucleus"),
        ("nucleus=DAPI,protein=DAPI", "'DAPI' stands for both nucleus and protein"),
        ("nucleus=?", "the channel of nucleus is still missing"),
    ],
)
def test_slips_are_told(text, what):
    with pytest.raises(CellocateError, match=what) as refused:
        parse_pairs([text], "--channels")
    assert "--channels" in str(refused.value)


def test_the_wrong_way_round_is_understood_where_it_can_mean_nothing_else():
    assert parse_mapping({"DAPI": "blue", 1: "green"}, "here") == {"blue": "DAPI", "green": 1}
    assert parse_mapping({"red": "green", "green": "red"}, "here") == {"red": "green", "green": "red"}
    with pytest.raises(CellocateError, match="no stain is called 'DAPI'"):
        parse_mapping({"DAPI": "blue", "green": "AF488"}, "here")
    with pytest.raises(CellocateError, match="two names for blue"):
        parse_mapping({"DAPI": "blue", "Hoechst": "blue"}, "here")


def choices(*names, numbers=None):
    return ChannelChoices(names, Path("a.tif"), numbers)


@pytest.mark.parametrize(
    ("names", "said", "place"),
    [
        (("DAPI", "AF488"), "AF488", 1),
        (("DAPI", "AF488"), "af488", 1),
        (("DAPI", "AF488"), 1, 1),
        (("DAPI", "AF488"), "1", 1),
        (("DAPI", "AF488"), 488, 1),
        (("dapi", "DAPI"), "DAPI", 1),
        (("w1DAPI", "w2FITC"), "FITC", 1),
        (("405", "488"), 488, 1),
        (("1", "2"), 1, 1),
        (("1", "2"), "1", 0),
    ],
)
def test_channels_are_found_by_name_or_number(names, said, place):
    assert assign(choices(*names), {"blue": said}) == {"blue": place}


@pytest.mark.parametrize(
    ("names", "said", "what"),
    [
        (("DAPI", "AF488"), "AF555", r"no channel called 'AF555' \(channel 0 is 'DAPI': nucleus; channel 1 is 'AF488'"),
        (("DAPI", "AF488"), 2, "no channel 2"),
        (("Cam 640", "Cam 640"), "Cam 640", "several channels are called 'Cam 640'"),
        (("", ""), "DAPI", "channel 0 has no name; channel 1 has no name"),
    ],
)
def test_channels_that_are_not_there_are_told_with_those_that_are(names, said, what):
    with pytest.raises(CellocateError, match=what):
        assign(choices(*names), {"blue": said})


def test_one_channel_cannot_be_two_stains():
    with pytest.raises(CellocateError, match="one channel is named for two stains"):
        assign(choices("DAPI", "AF488"), {"blue": "DAPI", "green": 0})


@pytest.mark.parametrize(
    ("names", "proposal", "caution"),
    [
        (
            ("DAPI", "AF488", "AF555", "AF647"),
            "nucleus=DAPI,protein=AF488,microtubules=AF555,er=AF647",
            ", with AF488, AF555 and AF647 in the right places",
        ),
        (  # as Zeiss lists them, from long waves to short
            ("AF647", "AF555", "AF488", "DAPI"),
            "nucleus=DAPI,protein=AF488,microtubules=AF555,er=AF647",
            ", with AF488, AF555 and AF647 in the right places",
        ),
        (
            ("DAPI", "tubulin", "GOLGA5", "ER"),
            "nucleus=DAPI,protein=GOLGA5,microtubules=tubulin,er=ER",
            ", with GOLGA5 in the right place",
        ),
        (("DAPI", "GFP", "MitoTracker Red"), "nucleus=DAPI,protein=GFP", ", with GFP in the right place"),
        (("DAPI", "phalloidin"), "nucleus=DAPI,protein=phalloidin", ", with phalloidin in the right place"),
        (("DAPI", "Hoechst", "protein"), "nucleus=DAPI,protein=protein", ", with DAPI in the right place"),
        (("", ""), "nucleus=0,protein=1", ", with 0 and 1 in the right places"),
        (
            ("405", "488", "561"),
            "nucleus=405,protein=488,microtubules=561",
            ", with 405, 488 and 561 in the right places",
        ),
        (("Cam, 640", "Cam, 640"), "nucleus=0,protein=1", ", with 0 and 1 in the right places"),
    ],
)
def test_where_names_do_not_tell_an_answer_is_proposed(names, proposal, caution):
    with pytest.raises(UnclearChannelsError, match="it is unclear which channel is which") as asked:
        assign(choices(*names), {})
    assert (format_pairs(asked.value.proposal), asked.value.caution) == (proposal, caution)
    assert all(f"channel {i} " in str(asked.value) for i in range(len(names)))
    assert set(assign(choices(*names), parse_pairs([proposal], "--channels"))) == set(asked.value.proposal)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=10))
@example(["?"])
def test_every_proposal_can_be_typed(names):
    asked = UnclearChannelsError(choices(*names))
    found = assign(choices(*names), parse_pairs([format_pairs(asked.proposal)], "--channels"))
    assert set(found) == set(asked.proposal)
    assert set(asked.guessed) <= set(found)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("DAPI", "protein", "MitoTracker Red"), {"blue": 0, "green": 1}),
        (("SYTOX Green", "tubulin"), {"blue": 0, "red": 1}),
        (("ER", "red", "green", "Hoechst"), {"blue": 3, "green": 2, "red": 1, "yellow": 0}),
    ],
)
def test_names_that_tell_need_no_word(names, found):
    assert assign(choices(*names), {}) == found


def test_which_was_taken_for_which_is_said_in_the_order_of_stains():
    stains = {"red": ["AF555"], "blue": [0], "green": ["GFP", "AF488"]}
    assert describe_channels(stains) == "nucleus = channel 0, protein = GFP or AF488, microtubules = AF555"
