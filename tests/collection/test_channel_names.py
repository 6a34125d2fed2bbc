"""What the names of dyes, targets, colours and colours of light say about a stain."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.collection.channels import stain_names
from cellocate.collection.channels.name_meaning import occurrences, understand, words

NUCLEUS = """DAPI|dapi|Hoechst|Hoechst 33342|Hoechst33258|DRAQ5|draq7|SYTO 14|SYTO14|SYTOX Green|SYTOX Deep Red|
TO-PRO-3|ToPro3|TOTO-3|YOYO-1|propidium iodide|7-AAD|7AAD|H2B|H2B-mCherry|histone H3|nuclei|nuclear|Nucleus|DNA|dsDNA|
NucBlue|NucRed Live 647|SiR-DNA|SPY505-DNA|w1DAPI|DAPI (red)|GFP-NLS|SYBR Green|blue|Channel blue"""
MICROTUBULES = """tubulin|alpha-tubulin|β-tubulin|Tubulin Alpha|TUBA1B|TUBB|TUBB3|SiR-tubulin|SiRtubulin|microtubule|
microtubules|anti-tubulin antibody|GFP-tubulin|tubulin (red)|Red|Channel red|ch1 red|red channel 1"""
ER = """ER|er|anti-ER|ER marker|ER-Tracker Blue-White DPX|ERTracker Red|ER-Tracker Green|calreticulin|CALR|ConA|Con A|
concanavalin A 488|PDI|KDEL|calnexin|endoplasmic reticulum|yellow"""
PROTEIN = "protein|Protein|protein of interest|POI|target|antibody|HPA012345|green|EGFP protein"
NO_TARGET = """AF488|A488|Alexa 488|Alexa Fluor 555|AlexaFluor647|Cy3|Cy5|ATTO 647N|FITC|TRITC|GFP|EGFP|mCherry|RFP|
tdTomato|488|Cam 640|Texas Red|Rhodamine|Rhodamine Red-X|Oregon Green 488|green fluorescent protein|Far red|Red 561|
Green (488)|mNeonGreen|Pacific Blue|CFP"""
OTHER = """MitoTracker Red|MitoTracker Deep Red FM|mitotracker green|LysoTracker Red DND-99|Phalloidin 568|Nile Red|WGA|
actin|BODIPY|Oil Red O|CellMask Orange|mtDNA|mitochondrial DNA|TL Brightfield|DIC|T-PMT|Sirius Red"""
UNCLEAR = """|marker|cDNA|mRNA|ERK|ER alpha|ERα|gamma-tubulin|γ-tubulin|acetylated tubulin|nucleoli|nuclear envelope|
scattered|infrareds|Kongo Red X|proteins|w1|ch00|GOLGA5|Ki67|Alexandra|dnase|tubulinx|redd|C=0"""
SEVERAL = "nucleus/ER|DNA protein|DAPI + tubulin|tubulin green|DAPI, MitoTracker|Protein in the nucleus"


def listed(names):
    return [name.strip() for name in names.replace("\n", "").split("|")]


@pytest.mark.parametrize(
    ("names", "channel"), [(NUCLEUS, "blue"), (MICROTUBULES, "red"), (ER, "yellow"), (PROTEIN, "green")]
)
def test_dyes_and_targets_say_their_stain(names, channel):
    assert {name: understand(name).channel for name in listed(names)} == dict.fromkeys(listed(names), channel)
    assert {understand(name).text for name in listed(names)} == {stain_names.STAINS[channel]}


@pytest.mark.parametrize(
    ("names", "text"), [(NO_TARGET, "no target"), (OTHER, "none of the four stains"), (UNCLEAR, "")]
)
def test_other_names_say_no_stain(names, text):
    told = {name: (understand(name).channel, understand(name).text) for name in listed(names)}
    assert told == dict.fromkeys(told, (None, text))


def test_names_that_say_two_stains_say_none():
    for name in listed(SEVERAL):
        meaning = understand(name)
        assert (name, meaning.channel, " or " in meaning.text) == (name, None, True)


def every_name():
    texts = [
        *stain_names.DYES.values(),
        *stain_names.TARGETS.values(),
        *stain_names.LIGHT.values(),
        stain_names.PROTEIN_HINTS,
    ]
    texts += [stain_names.OTHER_DYES, stain_names.OTHER_TARGETS, stain_names.NEITHER]
    return [name.strip() for text in texts for name in text.split(",")]


def test_no_name_stands_twice_in_the_table():
    names = ["".join(word.text for word in words(name)) for name in every_name()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", every_name())
def test_a_name_is_a_word_in_any_case_and_never_a_part_of_one(name):
    meaning = understand(name)
    assert [understand(text) for text in (name.lower(), name.upper(), f" {name} ", f"({name})")] == [meaning] * 4
    letters = re.sub(r"\W", "", name).lower()
    for text in (_joined(letters[0]) + letters, letters + _joined(letters[-1])):
        assert understand(text).channel is None
        assert not understand(text).other_stain


def _joined(letter):
    """What makes another word, or another number, of one that begins or ends like this."""
    return "99" if letter.isdigit() else "qz"


@pytest.mark.parametrize("colour", stain_names.COLOURS)
def test_no_colour_counts_within_the_name_of_a_dye(colour):
    for dye in (
        "MitoTracker",
        "LysoTracker",
        "CellMask",
        "Nile",
        "Texas",
        "Janelia",
        "SYTOX",
        "ER-Tracker",
        "Unheardof",
    ):
        assert understand(f"{dye} {colour}").channel == {"SYTOX": "blue", "ER-Tracker": "yellow"}.get(dye)


@given(st.text(max_size=40))
def test_any_text_can_be_a_name(name):
    meaning = understand(name)
    assert (meaning.channel is None) or meaning.text == stain_names.STAINS[meaning.channel]
    assert all(name[word.start : word.end].strip() for word in words(name))
    assert all(0 <= start < end <= len(name) for start, end in occurrences(name, name))


def test_the_documentation_lists_the_whole_table():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    listed = page.partition("### Names of stains")[2].partition("\n### ")[0]
    assert [name for name in every_name() if name not in listed] == []
