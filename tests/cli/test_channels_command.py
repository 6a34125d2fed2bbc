"""Which channel is which on the command line: the question, its answer, what is read, and `check --write`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellocate.collection import open_collection
from cellocate.collection.channels import parse_pairs
from cellocate.images import write_png

CONFOCAL = ("DAPI", "AF488", "AF555", "AF647")
ASKED = "nucleus=DAPI,protein=AF488,microtubules=AF555,er=AF647"
LINE = "nucleus = DAPI, protein = AF488, microtubules = AF555, er = AF647"


def image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 250, (24, 24), dtype=np.uint8)


def stacks(folder: Path, names: tuple[str, ...] = CONFOCAL, n: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        meta = {"axes": "CYX", "Channel": {"Name": list(names)}}
        tifffile.imwrite(
            folder / f"pos{i}.ome.tif", np.stack([image(i * 9 + j) for j in range(len(names))]), metadata=meta
        )
    return folder


def single(folder: Path, tokens: tuple[str, ...], form: str = "sample 0{i}_{c}.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in (1, 2):
        for j, token in enumerate(tokens):
            write_png(folder / form.format(i=i, c=token), image(i * 9 + j))
    return folder


@pytest.mark.parametrize("kind", ["stacks", "leica", "odd names"])
def test_the_command_that_is_shown_answers_the_question(cellocate, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "my images"
    if kind == "stacks":
        stacks(folder)
    elif kind == "leica":
        single(folder, ("ch00", "ch01", "ch02", "ch03"))
    else:
        stacks(folder, ("it's", 'a "b", c=d', "Cam 640", "Cam 640"))
    asked = cellocate("check", folder)
    assert (asked.code, asked.out, asked.err.count("\n")) == (1, "", 1)
    command = "cellocate check" + asked.err.partition("cellocate check")[2]
    answered = cellocate(*shlex.split(command)[1:])
    assert (answered.code, "problems    none" in answered.out) == (0, True), answered.err


def test_check_says_which_channel_was_taken_for_which(cellocate, tmp_path: Path) -> None:
    folder = stacks(tmp_path / "confocal")
    printed = cellocate("check", folder, "--channels", ASKED)
    assert f"stains      {LINE}" in printed.out.splitlines()
    assert (printed.reading, printed.err) == ("", "")
    found = json.loads(cellocate("check", folder, "--channels", ASKED, "--json").out)
    assert found["stains"] == {"blue": ["DAPI"], "green": ["AF488"], "red": ["AF555"], "yellow": ["AF647"]}


def test_other_commands_say_in_a_line_what_they_read(cellocate, tmp_path: Path) -> None:
    folder = stacks(tmp_path / "confocal")
    store = tmp_path / "store"
    packed = cellocate("pack", folder, store, "--size", 16, "--channels", ASKED.replace(",er=AF647", ""))
    assert packed.code == 0, packed.err
    said = LINE.replace(", er = AF647", "")
    assert packed.reading == f"reading 2 fields: 2 files of several channels in {folder}; {said}\n"
    again = cellocate("select", store, "--out", tmp_path / "same", "--channels", ASKED)
    assert again.err == "note: --channels has no effect: the channels of a store were chosen when it was packed\n"
    assert again.reading == "reading 2 fields: a store of 16 px; red, green, blue\n"
    repeated = [x for pair in ASKED.split(",") for x in ("--channels", pair)]
    selected = cellocate("select", folder, "--out", tmp_path / "mine", *repeated)
    assert (selected.code, LINE in selected.reading) == (0, True)
    assert cellocate("check", tmp_path / "mine").out.startswith("listing: 2 fields")


def test_plain_folders_and_labels_are_said_in_a_short_line(cellocate, phantoms: Path, tmp_path: Path) -> None:
    split = cellocate("split", phantoms, "--out", tmp_path / "split.csv")
    which = f"files <id>_<channel> in {phantoms / 'train'}; labels of hpa28 in train.csv; red, green, blue, yellow"
    assert split.reading == f"reading 40 fields: {which}\n"
    again = cellocate("split", phantoms / "train.csv", "--out", tmp_path / "again.csv")
    assert again.reading == "reading 40 fields: the rows of train.csv, without images\n"


def test_a_table_that_lies_about_is_named_when_it_is_read(cellocate, tmp_path: Path) -> None:
    single(tmp_path / "u1" / "leica", ("ch00", "ch01"))
    (tmp_path / "u1" / "old.csv").write_text("Id,green\nx,leica/sample 01_ch00.png\n")
    taken = cellocate("select", tmp_path / "u1", "--out", tmp_path / "taken")
    assert taken.reading == "reading 1 field: the files that old.csv lists; green\n"
    refused = cellocate("select", tmp_path / "u1", "--out", tmp_path / "more", "--channels", "nucleus=ch00")
    assert (refused.code, "not for the files that old.csv lists" in refused.err) == (1, True)


def test_one_command_reads_single_channel_files_wherever_they_lie(cellocate, tmp_path: Path) -> None:
    for place in ("images", "train"):
        folder = single(tmp_path / place / place, ("ch00", "ch01")).parent
        options = ("--out", tmp_path / f"taken {place}", "--channels", "nucleus=ch00,protein=ch01")
        assert cellocate("select", folder, *options).reading.endswith("; nucleus = ch00, protein = ch01\n")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--channels", "DAPI"), "no stain and name in 'DAPI': --channels. Write nucleus=DAPI,protein=AF488"),
        (("--channels", "nucelus=DAPI"), "Did you mean nucleus?"),
        (("--channels", "nucleus=DAPI,protein=DAPI"), "'DAPI' stands for both nucleus and protein"),
        (("--channels", "nucleus=Hoechst"), "no channel called 'Hoechst' (channel 0 is 'DAPI': nucleus; channel 1"),
        (("--z", "third"), "no plane 'third': --z"),
    ],
)
def test_slips_are_told_in_one_line(cellocate, tmp_path: Path, options: tuple[str, str], what: str) -> None:
    refused = cellocate("check", stacks(tmp_path), *options)
    assert (refused.code, refused.err.count("\n"), what in refused.err) == (1, 1, True), refused.err


CASES = {
    "named": (lambda d: stacks(d, ("Hoechst 33342", "protein")), {}),
    "asked": (stacks, {"channels": ASKED, "pixel_size": 0.1, "z": "max"}),
    "numbers": (stacks, {"channels": "nucleus=0,protein=3"}),
    "unnamed": (lambda d: stacks(d, ("", "")), {"channels": "nucleus=0,protein=1"}),
    "several names": (lambda d: stacks(stacks(d, ("DAPI", "protein")), ("protein", "Hoechst"), n=1), {}),
    "odd names": (lambda d: stacks(d, ("1e3", "no: #")), {"channels": "nucleus=1e3,protein=no: #"}),
    "leica": (lambda d: single(d, ("ch00", "ch01")), {"channels": "nucleus=ch00,protein=ch01"}),
    "leica's numbers": (lambda d: single(d, ("ch00", "ch01")), {"channels": "nucleus=00,protein=1"}),
    "dyes": (lambda d: single(d / "images", ("DAPI", "tubulin")), {}),
    "plain": (lambda d: single(d, ("blue", "green")), {"labels": "labels.csv", "vocabulary": "subcell31"}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_check_writes_reads_the_same(cellocate, tmp_path: Path, monkeypatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    folder, (build, said) = Path("my images"), CASES[case]
    build(folder)
    Path("labels.csv").write_text("Id,Target\nsample 01,0\nsample 02,5\n")
    options = [str(x) for name, value in said.items() for x in (f"--{name.replace('_', '-')}", value)]
    written = cellocate("check", folder, *options, "--write")
    assert (written.code, written.err) == (0, f"note: {folder}/collection.yaml now says how these images are read\n")
    named = parse_pairs([said["channels"]], "") if "channels" in said else None
    before, after = open_collection(folder, **{**said, "channels": named}), open_collection(folder)
    assert after.fields.equals(before.fields)
    assert (after.stains, after.layout, after.vocabulary) == (before.stains, before.layout, before.vocabulary)
    assert cellocate("check", folder).out == written.out


def test_check_leaves_open_what_nothing_tells(cellocate, tmp_path: Path) -> None:
    folder = stacks(tmp_path / "confocal")
    asked = cellocate("check", folder, "--write", "--pixel-size", 0.1)
    path = folder / "collection.yaml"
    assert (asked.code, asked.err.count("\n"), f"Replace each ? in {path}" in asked.err) == (1, 1, True)
    assert "the channel of protein is still missing" in cellocate("check", folder).err
    text = path.read_text()
    assert "# channel 1 is 'AF488': no target\n" in text
    for name in CONFOCAL[1:]:
        text = text.replace('"?"', name, 1)
    path.write_text(text)
    filled = cellocate("check", folder)
    assert (filled.code, LINE in filled.out, "pixel size  0.1 µm" in filled.out) == (0, True, True)


def test_check_writes_over_nothing_and_only_where_it_helps(cellocate, tmp_path: Path, phantoms: Path) -> None:
    folder = stacks(tmp_path / "confocal", ("DAPI", "protein"))
    (folder / "collection.yaml").write_text("layout: stacks\n")
    refused = cellocate("check", folder, "--write")
    assert (refused.code, "there is a collection.yaml already" in refused.err) == (1, True)
    assert (folder / "collection.yaml").read_text() == "layout: stacks\n"
    alone = cellocate("check", phantoms / "train.csv", "--write")
    assert (alone.code, "Leave out --write" in alone.err) == (1, True)
    assert not (phantoms / "collection.yaml").exists()
    one = cellocate("check", stacks(tmp_path / "one", ("DAPI", "protein")) / "pos0.ome.tif", "--write")
    assert (one.code, (tmp_path / "one" / "collection.yaml").is_file()) == (0, True)
