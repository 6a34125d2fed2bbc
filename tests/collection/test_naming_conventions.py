"""Names of single-channel files: exporters' habits, dyes, what users name, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.collection.layouts.naming_conventions import channel_number, parse_names, parse_names_by_words


def named(form, channels, ids=("1", "2", "3")):
    return [form.format(id=i, c=channel) for i in ids for channel in channels]


FORMS = {
    "sample 0{id}_ch{c}": ("00", "01", "02", "03"),  # Leica
    "img{id}_c{c}": ("1", "2", "3"),  # Zeiss
    "img{id}_C{c}": ("1", "2", "3"),
    "Image {id}_s1c{c}_ORG": ("1", "2"),
    "snap{id}_b0c{c}x0-1920y0-1216": ("0", "1"),
    "exp_s{id}_w{c}": ("1DAPI", "2FITC", "3Cy5"),  # MetaMorph
    "exp_w{c}_s{id}_t1": ("1DAPI", "2-Confocal 488", "3"),
    "img{id}_C={c}": ("0", "1"),
    "image--L0000--X0{id}--Z00--C{c}": ("00", "01"),  # Leica's matrix screener
    "r01c0{id}f01p01-ch{c}sk1fk1fl1": ("1", "2", "3", "4"),  # Harmony
    "MFGTMP_A01f0{id}d{c}": ("0", "1", "2"),  # ArrayScan
    "s_{id}_C00{c}Z001": ("1", "2"),  # Olympus
    "C{c}-img{id}": ("1", "2"),  # ImageJ
    "img_channel00{c}_position00{id}_time000000000_z000": ("0", "1"),  # Micro-Manager
    "img {id} channel {c}": ("0", "1"),
    "exp--W0000{id}--Z00000--{c}": ("DAPI", "Alexa 488", "Cy5"),  # ScanR
    "A - {id}(fld 1 wv {c})": ("DAPI - DAPI", "Blue - FITC"),  # InCell
    "img_000000000_{c}_00{id}": ("DAPI", "FITC"),
    "img{id} ({c})": ("DAPI", "FITC"),
    "img{id}_{c}": ("DAPI", "protein", "anti-tubulin", "ER-Tracker Red"),
    "img{id}-{c}": ("Hoechst", "GFP", "SYTO14"),
    "{c}_img{id}": ("DAPI", "protein", "anti-tubulin", "ConA-AF647"),
    "{c}0{id}": ("DAPI", "GFP"),
    "field {id} {c}": ("405", "488", "561nm"),
    "Exp-1_{id}_{c}": ("AF488", "DAPI 405", "anti-GM130 Cy3"),
    "img{id}.{c}": ("blue", "green"),
    "img{id}_{c}_x": ("ch00_DAPI", "ch01_FITC", "ch02_tubulin"),
}


@pytest.mark.parametrize("form", FORMS)
def test_exporters_are_known_by_their_habits(form):
    found = parse_names(named(form, FORMS[form]))
    assert len(found.tokens) == len(FORMS[form])
    assert all(channel in token for channel, token in zip(sorted(FORMS[form]), sorted(found.tokens), strict=True))
    assert sorted(found.sizes.values()) == [len(FORMS[form])] * 3
    assert parse_names([name.upper() for name in named(form, FORMS[form])]).sizes.total() == found.sizes.total()


def test_a_number_that_differs_from_file_to_file_is_no_part_of_the_id():
    guid = "A1B2C3D4-1111-2222-3333-44444444{}{}00"
    found = parse_names([f"exp_A01_s{s}_w{w}{guid.format(s, w)}" for s in (1, 2) for w in (1, 2)])  # ImageXpress
    assert (found.tokens, dict(found.sizes)) == (("w1", "w2"), {"exp_A01_s1": 2, "exp_A01_s2": 2})
    found = parse_names([f"p_B02_T0001F00{f}L01A0{c}Z01C0{c}" for f in (1, 2) for c in (1, 2)])  # Yokogawa
    assert (found.tokens, list(found.sizes)) == (("C01", "C02"), ["p_B02_T0001F001L01_Z01", "p_B02_T0001F002L01_Z01"])


@pytest.mark.parametrize(
    "names",
    [
        ["notes", "fig1"],
        [f"img_{i}" for i in range(400, 700)],  # some of which could be lasers
        [f"cell_c{i}" for i in range(40)],
        [f"well_r{r}_c{c}" for r in range(1, 9) for c in range(1, 13)],
        ["control_ER_1", "treated_DNA_2"],
        ["red_blood_1", "blue_whale_2"],
        ["protein_1", "protein_2"],
        ["a-green"],
        ["marker_1", "marker_2", "cdna_1", "cdna_2"],
        ["x_ch00", "y_ch00"],
    ],
)
def test_ids_that_merely_look_like_it_are_no_channels(names):
    assert parse_names(names) is None


def test_a_condition_is_not_taken_for_a_channel():
    found = parse_names(named("img{id}_{c}", ["c1_DAPI", "c1_FITC", "c2_DAPI", "c2_FITC"]))
    assert (found.tokens, len(found.sizes)) == (("DAPI", "FITC"), 6)


@pytest.mark.parametrize(
    ("form", "ids", "channels"),
    [
        ("Hoechst test_{id}_ch{c}", "123", ("00", "01", "02")),
        ("2024_DAPI_slide1_{id}_w{c}", "12", ("1", "2")),
        ("DAPI GFP tubulin 63x_{id}_ch{c}", "12", ("00", "01")),
        ("DAPI-ER.lif_Series00{id}_ch0{c}", "12", ("0", "1")),
        ("DAPI r01c01f0{id}p01-ch{c}sk1fk1fl1", "12", ("1", "2")),
        ("{id}_ch{c}", ("DAPI exp_1", "tubulin exp_1"), ("00", "01")),
        ("{id}_ch{c}", ("ER tracker 1uM_1", "ER tracker 2uM_1"), ("00", "01", "02")),
        ("{id}_ch{c}", ("CALR_1", "CALR_2", "TUBB_1", "TUBB_2"), ("00", "01")),
        ("{id}_{c}", ("CALR_1", "CALR_2", "TUBB_1", "TUBB_2"), ("DAPI", "antibody", "microtubules")),
        ("{c}_{id}", ("CALR_1", "CALR_2", "TUBB_1", "TUBB_2"), ("DAPI", "antibody", "tubulin")),
        ("C{c}-{id}", ("CALR_1", "TUBB_1"), ("1", "2", "3")),
        ("{id}_{c}", ("MCF7 ER_1", "MDA ER_1"), ("DAPI", "HER2", "microtubules")),
        ("{id}_{c}", ("MCF7 ER_1", "MDA ER_1"), ("DAPI", "HER2", "ER")),
        ("{id}_{c}", ("ch1", "ch2"), ("DAPI", "FITC")),  # chambers of a slide
        ("{id}_{c}", ("tubulin-KD_1", "tubulin-KD_2"), ("DAPI", "GFP", "ER")),
    ],
)
def test_stains_in_the_names_of_experiments_and_samples_are_no_channels(form, ids, channels):
    found = parse_names(named(form, channels, ids))
    assert len(found.tokens) == len(channels)
    assert all(token.endswith(c) for token, c in zip(sorted(found.tokens), sorted(channels), strict=True))
    assert sorted(found.sizes.values()) == [len(channels)] * len(ids)


def test_a_number_that_goes_with_the_dye_is_no_part_of_the_id():
    dyes = ("DAPI", "GFP", "Texas Red")
    names = [f"{w}_0{i + 1}_1_{s}_{dye}_001" for w in ("A1", "B2") for s in (1, 2) for i, dye in enumerate(dyes)]
    found = parse_names(names)  # Cytation
    assert (found.tokens, set(found.sizes.values())) == (dyes, {3})
    assert "A1_1_2_001" in found.sizes
    assert parse_names(["img_1_DAPI", "img_2_GFP"]) is None  # two images
    assert parse_names(["img_1_DAPI", "img_2_GFP", "img_3_DAPI", "img_4_GFP"]) is None


def test_a_dye_alone_is_a_channel():
    assert parse_names(["img01_DAPI", "img02_DAPI"]).parts["img02_DAPI"][:2] == ("img02", "DAPI")


@pytest.mark.parametrize("form", ["{id}_{c}", "{c}-{id}"])
def test_an_unknown_name_beside_known_ones_is_a_channel_too(form):
    found = parse_names([*named(form, ["DAPI", "tubulin", "GOLGA5"]), "notes"])
    assert found.tokens == ("DAPI", "GOLGA5", "tubulin")
    assert set(found.sizes.values()) == {3}
    assert parse_names([*named(form, ["DAPI", "tubulin"]), form.format(id="1", c="zoom")]).tokens == ("DAPI", "tubulin")


def test_a_channel_may_be_missing():
    names = named("img{id}_ch{c}", ["00", "01"])
    assert parse_names(names[1:]).sizes == {"img1": 1, "img2": 2, "img3": 2}


def test_what_users_name_is_found_anywhere():
    found = parse_names_by_words(["a_left_1", "a_right_1", "b_left_1", "leftover"], ["left", "right"])
    assert {name: part[:2] for name, part in found.parts.items()} == {
        "a_left_1": ("a_1", "left"),
        "a_right_1": ("a_1", "right"),
        "b_left_1": ("b_1", "left"),
    }
    assert parse_names_by_words(["a_ch1", "a_ch10"], ["ch1", "ch10"]).parts["a_ch10"].token == "ch10"


@pytest.mark.parametrize(("token", "found"), [("ch02", 2), ("C=1", 1), ("w3Cy5", 3), ("channel 4", 4), ("DAPI", None)])
def test_tokens_have_numbers(token, found):
    assert channel_number(token) == found


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=15), max_size=12, unique=True))
def test_any_names_can_be_looked_at(names):
    found = parse_names(names)
    for name, part in (found.parts if found else {}).items():
        assert name.startswith(part.before)
        assert name.endswith(part.behind)
        assert len(part.before + part.token + part.behind) == len(name)


@given(
    st.sampled_from(["{id}_ch{c}", "C{c}-{id}", "{id}_w{c}", "{id}--C0{c}"]),
    st.lists(st.from_regex(r"[A-Z]{2,5} ?[0-9]{1,3}", fullmatch=True), min_size=1, max_size=6, unique=True),
    st.integers(2, 5),
)
def test_whatever_the_ids_files_are_grouped_by_them(form, ids, n):
    found = parse_names(named(form, range(n), ids))
    assert found.sizes == dict.fromkeys(ids, n)
