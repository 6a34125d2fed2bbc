"""Pixel sizes in every unit that image files use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.images.length_units import MICROMETRES, micrometres, pixel_size

# https://docs.openmicroscopy.org/ome-model: UnitsLength, and what one of each is in metres
OME = {
    "Ym": 1e24, "Zm": 1e21, "Em": 1e18, "Pm": 1e15, "Tm": 1e12, "Gm": 1e9, "Mm": 1e6, "km": 1e3, "hm": 1e2, "dam": 10,
    "m": 1, "dm": 0.1, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "pm": 1e-12, "fm": 1e-15, "am": 1e-18,
    "zm": 1e-21, "ym": 1e-24, "Å": 1e-10, "thou": 2.54e-5, "li": 0.0254 / 12, "in": 0.0254, "ft": 0.3048,
    "yd": 0.9144, "mi": 1609.344, "ua": 1.495978707e11, "ly": 9.4607304725808e15, "pc": 3.0856775814913673e16,
    "pt": 0.0254 / 72,
}  # fmt: skip
# https://ngff.openmicroscopy.org/0.5/#axes-md
NGFF = [
    "angstrom",
    "attometer",
    "centimeter",
    "decimeter",
    "exameter",
    "femtometer",
    "foot",
    "gigameter",
    "hectometer",
    "inch",
    "kilometer",
    "megameter",
    "meter",
    "micrometer",
    "mile",
    "millimeter",
    "nanometer",
    "parsec",
    "petameter",
    "picometer",
    "terameter",
    "yard",
    "yoctometer",
    "yottameter",
    "zeptometer",
    "zettameter",
]


@pytest.mark.parametrize("unit", OME)
def test_a_length_in_any_unit_of_ome_is_read(unit):
    assert micrometres(unit) == pytest.approx(OME[unit] * 1e6)
    size = 0.2e-6 / OME[unit]
    assert pixel_size(repr(size), repr(size), unit).um == pytest.approx(0.2)


@pytest.mark.parametrize("unit", NGFF)
def test_every_word_of_ome_zarr_is_a_unit(unit):
    assert micrometres(unit) > 0


@pytest.mark.parametrize(
    "unit", ["µm", "μm", "um", "UM", "micron", "microns", "Micrometres", "micrometer", "\\u00B5m", "Âµm", " µm "]
)
def test_a_micrometre_has_many_names(unit):
    assert pixel_size(0.1, 0.1, unit).um == 0.1


@pytest.mark.parametrize("unit", ["pixel", "pixels", "reference frame", "", "Pixel"])
def test_pixels_say_nothing_of_a_size(unit):
    assert pixel_size(1, 1, unit) == (None, "", "")


def test_a_size_without_a_length_is_told():
    assert pixel_size(0.5, 0.5, "") == (None, "", "")
    assert pixel_size(0.08, 0.08, "Pixel").doubt == "a pixel size that is not understood (0.08 'Pixel')"


@pytest.mark.parametrize(
    ("x", "y", "unit", "doubt"),
    [
        ("0.5", "0.5", "furlong", "not understood (0.5 'furlong')"),
        ("wide", "wide", "µm", "not understood (wide 'µm')"),
        ("nan", "nan", "µm", "not understood"),
        ("0", "0", "µm", "impossible pixel size (0 × 0 µm)"),
        ("-1", "-1", "µm", "impossible"),
        ("1", "1", "inch", "impossible pixel size (25400 × 25400 µm)"),
        ("1e400", "1", "µm", "not understood"),
    ],
)
def test_a_size_that_cannot_be_used_is_told(x, y, unit, doubt):
    found = pixel_size(x, y, unit)
    assert found.um is None
    assert doubt in found.doubt


def test_pixels_that_are_not_square_are_told():
    assert pixel_size("0.1", "0.2", "µm").stretched == "0.1 × 0.2 µm"
    assert pixel_size("0.1", "100", "µm", "nm") == (0.1, "", "")
    assert pixel_size("0.1", "0.1004", "µm") == (0.1, "", "")  # rounded
    assert pixel_size("800", "", "Å", "µm").um == pixel_size("", "800", "µm", "Å").um == 0.08
    assert pixel_size("0.1", None, "µm") == pixel_size(None, "0.1", "µm") == (0.1, "", "")


@given(st.text(max_size=8), st.text(max_size=8), st.sampled_from(sorted(MICROMETRES)) | st.text(max_size=5))
def test_any_text_is_a_size_or_a_doubt(x, y, unit):
    found = pixel_size(x, y, unit)
    assert found.um is None or 0.001 <= found.um <= 100
    assert len(str(CellocateError(found.doubt)).splitlines()) == 1
