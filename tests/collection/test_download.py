"""Fields of the atlas arrive as a collection, and what is there is kept."""

import csv
import gzip
import hashlib
import io

import numpy as np
import pandas as pd
import pytest
import tifffile
from small_site import COLOURS, FIELDS, IDS, ONE, arrived, jpeg, left_over

import cellocate
from cellocate.collection import inspect, open_collection
from cellocate.collection.download import transfer as transfers
from cellocate.errors import CellocateError


def manifest(folder):
    return pd.read_csv(folder / "manifest.csv", dtype=str).set_index("path")


def test_fields_arrive_as_a_collection(site, task, tmp_path):
    done = []
    assert task().run({"step": "test"}, done.append) == []
    assert arrived(site, tmp_path / "out")
    assert sum(done) == 12
    collection = open_collection(tmp_path / "out")
    assert (collection.layout, collection.ids, collection.channels) == ("listing", IDS, COLOURS)
    assert inspect(collection, decode=True).problems == ()
    assert list(collection.group()) == ["992", "992", "10580"]
    for path, row in manifest(tmp_path / "out").iterrows():
        content = (tmp_path / "out" / path).read_bytes()
        assert row["address"] == site.address + path.removeprefix("images")
        assert (int(row["bytes"]), row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert "CC BY-SA" in (tmp_path / "out" / "LICENCE.txt").read_text()
    assert left_over(tmp_path / "out") == []
    assert not (tmp_path / "out" / "failed.csv").exists()


def test_requests_say_who_asks(site, task):
    task().run({})
    assert {headers["User-Agent"] for _, headers, *_ in site.requests} == {transfers.AGENT}
    assert transfers.AGENT.startswith(f"cellocate/{cellocate.__version__} ")


def test_what_is_there_is_not_asked_for_again(site, task, tmp_path):
    task().run({})
    site.requests.clear()
    assert task().missing() == []
    task().run({})
    assert site.requests == []
    (tmp_path / "out" / "images" / ONE[1:]).write_bytes(b"cut")
    task().run({})
    assert [path for path, *_ in site.requests] == [ONE]
    assert arrived(site, tmp_path / "out")


def test_a_file_that_arrived_but_was_not_written_down_is_looked_at_and_kept(site, task, tmp_path):
    task().run({})
    lines = (tmp_path / "out" / "manifest.csv").read_text().splitlines()
    kept = [line for line in lines if ONE[1:] not in line and "1_A1_2_red" not in line]
    (tmp_path / "out" / "manifest.csv").write_text("\n".join(kept) + "\nimages/992/1_A1_")  # cut short by the kill
    (tmp_path / "out" / "images" / "992" / "1_A1_2_red.jpg").write_bytes(b"\xff\xd8\xff no image")
    site.requests.clear()
    assert task().run({}) == []
    assert [path for path, *_ in site.requests] == ["/992/1_A1_2_red.jpg"]
    assert len(manifest(tmp_path / "out")) == 12
    with (tmp_path / "out" / "manifest.csv").open() as file:
        assert {len(row) for row in csv.reader(file)} == {4}


def test_downloads_may_follow_each_other_into_one_folder(task, tmp_path):
    task(fields=FIELDS[:1]).run({})
    task(fields=FIELDS[1:]).run({})
    assert open_collection(tmp_path / "out").ids == IDS
    assert inspect(open_collection(tmp_path / "out")).problems == ()


def test_a_folder_of_something_else_is_refused(task, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    with pytest.raises(CellocateError, match="other files than a download"):
        task()
    (tmp_path / "out" / "thesis.txt").unlink()
    (tmp_path / "out").rmdir()
    (tmp_path / "out").touch()
    with pytest.raises(CellocateError, match="a file, not a folder"):
        task()


def test_one_jpeg_may_hold_three_channels(site, task, tmp_path):
    site.files = {f"/{field}_blue_red_green.jpg": jpeg(i) for i, field in enumerate(FIELDS)}
    assert task(edition="composite").run({}) == []
    assert len(site.requests) == 3
    collection = open_collection(tmp_path / "out")
    assert collection.channels == ("red", "green", "blue")
    assert inspect(collection, decode=True).problems == ()


def tiff(seed):
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.random.default_rng(seed).integers(0, 60000, (32, 32), dtype=np.uint16))
    return gzip.compress(stream.getvalue())


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-200], lambda b: gzip.compress(b"no tiff"), lambda b: b[:60] + b"x" * 9 + b[69:]]
)
def test_gzipped_tiffs_are_unfolded_and_decoded(site, task, tmp_path, damage):
    site.files = {f"/{FIELDS[0]}_{colour}.tif.gz": tiff(i) for i, colour in enumerate(COLOURS)}
    good = dict(site.files)
    path = f"/{FIELDS[0]}_red.tif.gz"
    site.files[path] = damage(good[path])
    failed = task(edition="tif", fields=FIELDS[:1]).run({})
    assert ["the file is no complete image" in outcome.fault for outcome in failed] == [True]
    site.files = good
    assert task(edition="tif", fields=FIELDS[:1]).run({}) == []
    assert arrived(site, tmp_path / "out")
    assert left_over(tmp_path / "out") == []


def test_how_much_there_is_is_told_from_a_few_sizes(site, task):
    size = task().size(task().files())
    assert {method for *_, method in site.requests} == {"HEAD"}
    assert 4 <= len(site.requests) <= 8
    assert size == pytest.approx(sum(map(len, site.files.values())), rel=0.05)
    site.close()
    assert task().size(task().files()) is None
