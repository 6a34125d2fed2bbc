"""Addresses: a path, or a path with planes, there and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.images.address import Address, suffix

paths = st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text and str(Path(text)) == text)


axes = (
    st.permutations("TCZYX")
    .flatmap(lambda letters: st.integers(2, 5).map(lambda n: "".join(sorted(letters[:n], key=letters.index))))
    .filter(lambda letters: {"Y", "X"} <= set(letters))
)
addresses = st.builds(
    Address,
    paths.map(Path),
    channel=st.none() | st.integers(0, 9),
    z=st.none() | st.integers(0, 99) | st.sampled_from(["max", "mean"]),
    series=st.none() | st.integers(0, 9999),
    time=st.none() | st.integers(0, 9999),
    axes=st.none() | axes,
    colour=st.none() | st.sampled_from(["red", "green", "blue", "mean"]),
)


@given(addresses)
def test_what_is_written_is_read(address):
    if Address.parse(address.file) == Address(address.file):  # a path that looks like an address with planes is one
        assert Address.parse(str(address)) == address
        assert Address.parse(Path(str(address))) == address  # as `Collection.files` has it


@pytest.mark.parametrize("text", ["a.tif", "a::b.tif", "a::channel", "a::channel=", "a::depth=1", "a:: channel=1"])
def test_what_is_no_address_is_a_path(text):
    assert Address.parse(text) == Address(Path(text))


@pytest.mark.parametrize(
    "text",
    ["a::channel=one", "a::z=min", "a::colour=pink", "a::channel=0,z=x", "a::time=now", "a::axes=CCYX", "a::axes=CZ"],
)
def test_planes_that_cannot_be_are_refused(text):
    with pytest.raises(CellocateError, match="no such plane"):
        Address.parse(text)


@pytest.mark.parametrize(("name", "ending"), [("a.TIFF", ".tiff"), ("b.tif.gz", ".tif.gz"), ("c.gz", ".gz"), ("d", "")])
def test_the_ending_tells_the_format(name, ending):
    assert suffix(Path(name)) == ending
