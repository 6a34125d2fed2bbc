"""Fetching files from a server that stalls, cuts, errs and lies; and taking up what a stop left behind."""

import csv
import errno
import gzip
import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from small_site import COLOURS, Site, jpeg

import cellocate
from cellocate.collection import inspect, open_collection
from cellocate.collection.download import Download, Manners, read_list
from cellocate.collection.download import transfer as transfers
from cellocate.errors import CellocateError

QUICK = Manners(pause=0, timeout=0.3, tries=4, backoff=0.01)
FIELDS = ("992/1_A1_1", "992/1_A1_2", "10580/1610_C1_1")
IDS = ["992_1_A1_1", "992_1_A1_2", "10580_1610_C1_1"]
ONE = "/992/1_A1_1_green.jpg"


@pytest.fixture
def site():
    site = Site()
    for i, field in enumerate(FIELDS):
        for j, colour in enumerate(COLOURS):
            site.files[f"/{field}_{colour}.jpg"] = jpeg((i, j))
    yield site
    site.close()


@pytest.fixture
def task(site, tmp_path):
    """Make the download of all fields."""

    def make(manners=QUICK, edition="jpg", fields=FIELDS):
        (tmp_path / "list.txt").write_text("\n".join(fields))
        return Download(read_list(tmp_path / "list.txt", base=site.address), tmp_path / "out", edition, manners)

    return make


def arrived(site, folder):
    return all((folder / "images" / path[1:]).read_bytes() == body for path, body in site.files.items())


def manifest(folder):
    return pd.read_csv(folder / "manifest.csv", dtype=str).set_index("path")


def left_over(folder):
    return [path.name for path in folder.rglob("*") if ".part" in path.name or path.name.startswith((".", "tmp"))]


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


@pytest.mark.parametrize("trick", ["stall", "cut", "long", "short", "garbage", 500, 503, 429, "429 0", "503 0"])
def test_a_passing_fault_is_tried_again(site, task, tmp_path, trick):
    site.tricks[ONE] = [trick]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert len(site.asked(ONE)) == 2
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("trick", "fault"),
    [
        ("stall", "the server fell silent"),
        ("long", "cut short"),
        ("short", "what came is no whole image"),
        ("garbage", "what came is no whole image (no JPEG)"),
        (500, "the server answers 500"),
    ],
)
def test_a_lasting_fault_ends_that_file_alone(site, task, tmp_path, trick, fault):
    site.marks = False
    site.tricks[ONE] = [trick] * 9
    failed = task().run({})
    assert [outcome.job.address for outcome in failed] == [site.address + ONE]
    assert fault in failed[0].fault
    assert len(site.asked(ONE)) == QUICK.tries
    assert open_collection(tmp_path / "out").ids == IDS[1:]
    table = pd.read_csv(tmp_path / "out" / "failed.csv")
    assert table.to_numpy().tolist() == [["992_1_A1_1", site.address + ONE, failed[0].fault]]
    site.tricks.clear()
    assert task().run({}) == []
    assert open_collection(tmp_path / "out").ids == IDS
    assert not (tmp_path / "out" / "failed.csv").exists()


@pytest.mark.parametrize(
    ("trick", "fault"), [(404, "the server answers 404"), (403, "answers 403"), ("html", "a page (text/html)")]
)
def test_what_is_not_to_be_had_is_asked_for_once(site, task, trick, fault):
    site.tricks[ONE] = [trick]
    failed = task().run({})
    assert fault in failed[0].fault
    assert len(site.asked(ONE)) == 1


def test_a_broken_transfer_is_taken_up_where_it_ended(site, task, tmp_path):
    site.tricks[ONE] = ["cut", "stall"]
    assert task().run({}) == []
    half = len(site.files[ONE]) // 2
    ranges = [headers.get("Range") for headers in site.asked(ONE)]
    assert ranges[:2] == [None, f"bytes={half}-"]
    assert int(ranges[2].removeprefix("bytes=").rstrip("-")) > half
    assert arrived(site, tmp_path / "out")


@pytest.mark.parametrize("switched_off", ["ranges", "marks"])
def test_a_server_without_ranges_or_marks_is_asked_from_the_first_byte(site, task, tmp_path, switched_off):
    setattr(site, switched_off, False)
    site.tricks[ONE] = ["cut"]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert ("Range" in site.asked(ONE)[1]) == (switched_off == "ranges")


def leave_part(tmp_path, content, mark='"old"'):
    part = tmp_path / "out" / "images" / "992" / "1_A1_1_green.part.jpg"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    part.with_name(part.name + ".tag").write_text(mark)
    (tmp_path / "out" / "manifest.csv").write_text("path,address,bytes,sha256\n")


def test_a_part_of_another_version_is_not_mixed_in(site, task, tmp_path):
    leave_part(tmp_path, jpeg(99)[:1000])
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert site.asked(ONE)[0]["If-Range"] == '"old"'


@pytest.mark.parametrize("trick", ["elsewhere", 416])
def test_a_part_that_does_not_fit_is_dropped(site, task, tmp_path, trick):
    body = site.files[ONE]
    leave_part(tmp_path, body[:1000], f'"{hash(body)}"')
    site.tricks[ONE] = [trick]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert ["Range" in headers for headers in site.asked(ONE)] == [True, False]


def test_retry_after_holds_every_request(site, task):
    for path in site.files:
        site.tricks[path] = []
    site.tricks[ONE] = ["429 1"]
    task(Manners(pause=0, timeout=1, tries=3, backoff=0.01, connections=1)).run({})
    moments = [(path, moment) for path, _, moment, _ in site.requests]
    refused = next(i for i, (path, _) in enumerate(moments) if path == ONE)
    assert moments[refused + 1][1] - moments[refused][1] >= 0.99


def test_a_server_that_asks_for_a_long_peace_is_left_alone(site, task, tmp_path):
    site.tricks[ONE] = ["503 7200"]
    with pytest.raises(CellocateError, match=r"left alone for 7200 s.*Run the same command later"):
        task().run({})
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")


def test_requests_are_few_at_once(site, task):
    for path in site.files:
        site.tricks[path] = ["slow"]
    task(Manners(connections=2, pause=0)).run({})
    assert 2 <= site.most_at_once <= 3  # the server may not have seen the end of one when the next begins


def test_requests_are_spaced(site, task):
    task(Manners(connections=4, pause=0.03)).run({})
    moments = sorted(moment for _, _, moment, _ in site.requests)
    assert len(moments) == 12
    assert moments[-1] - moments[0] >= 0.03 * 10


def test_a_server_that_cannot_be_reached_ends_the_download(task, site, tmp_path):
    site.close()
    manners = Manners(pause=0, timeout=0.2, tries=2, backoff=0, give_up=3)
    with pytest.raises(CellocateError, match=r"3 files failed one after the other.*connection failed"):
        task(manners).run({})
    assert len(pd.read_csv(tmp_path / "out" / "failed.csv")) == 3


def test_missing_files_are_no_reason_to_give_up(site, task):
    for path in site.files:
        site.tricks[path] = [404]
    manners = Manners(pause=0, timeout=1, tries=1, give_up=3)
    assert len(task(manners).run({})) == 12


def full_disk(part, *_):
    part.write_bytes(b"x")
    raise OSError(errno.ENOSPC, "No space left on device", str(part))


def test_a_full_disk_ends_the_download_and_is_no_fault_of_the_server(site, task, tmp_path, monkeypatch):
    monkeypatch.setattr(transfers, "_copy", lambda response, part, gate: full_disk(part))
    with pytest.raises(OSError, match="No space") as caught:
        task().run({})
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert task().run({}) == []
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
    with pytest.raises(CellocateError, match="something that is no download"):
        task()
    (tmp_path / "out" / "thesis.txt").unlink()
    (tmp_path / "out").rmdir()
    (tmp_path / "out").touch()
    with pytest.raises(CellocateError, match="a file stands where"):
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
    assert ["what came is no whole image" in outcome.fault for outcome in failed] == [True]
    site.files = good
    assert task(edition="tif", fields=FIELDS[:1]).run({}) == []
    assert arrived(site, tmp_path / "out")
    assert left_over(tmp_path / "out") == []


def test_how_much_there_is_is_told_from_a_few_sizes(site, task):
    size = task().size(task().jobs())
    assert {method for *_, method in site.requests} == {"HEAD"}
    assert 4 <= len(site.requests) <= 8
    assert size == pytest.approx(sum(map(len, site.files.values())), rel=0.05)
    site.close()
    assert task().size(task().jobs()) is None


def started(site, folder):
    """A download in a process of its own, once it has got hold of its first files."""
    (folder / "list.txt").write_text("\n".join(FIELDS))
    arguments = ["download", str(folder / "list.txt"), "--base", site.address, "--out", str(folder / "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cellocate", *arguments], stderr=subprocess.PIPE, text=True, env=environment
    )
    for _ in range(400):
        if (folder / "out").is_dir() and any((folder / "out").rglob("*.part.jpg")) and len(site.requests) >= 8:
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_download_leaves_parts_that_are_taken_up(site, task, tmp_path, end):
    half = list(site.files)[6:]
    for path in half:
        site.tricks[path] = ["stall"]
    process = started(site, tmp_path)
    time.sleep(0.2)
    began = time.monotonic()
    process.send_signal(end)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert process.returncode == (130 if end == signal.SIGINT else -signal.SIGKILL)
    assert ("interrupted" in said) == (end == signal.SIGINT)
    assert "Traceback" not in said
    assert any((tmp_path / "out").rglob("*.part.jpg"))
    site.tricks.clear()
    site.requests.clear()
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert any("Range" in headers for _, headers, *_ in site.requests)
    assert len(site.requests) <= 6
    assert open_collection(tmp_path / "out").ids == IDS


def test_threads_end_with_the_download(task):
    before = threading.active_count()
    task().run({})
    assert [t for t in threading.enumerate() if "work_on" in t.name] == []
    assert threading.active_count() <= before + 4  # the server's own


def test_the_command_tells_the_licence_first_and_what_failed_last(site, cellocate, tmp_path):
    (tmp_path / "list.txt").write_text("\n".join(FIELDS))
    command = ["download", tmp_path / "list.txt", "--base", site.address, "--out", tmp_path / "out"]
    dry = cellocate(*command, "--dry-run")
    assert dry.code == 0, dry.err
    assert "3 fields, 12 files, 0 of them there already" in dry.out
    assert "CC BY-SA" in dry.err
    assert not (tmp_path / "out").exists()
    site.tricks[ONE] = [404]
    result = cellocate(*command)
    assert result.code == 1
    assert "2 of 3 fields in" in result.out
    assert result.err.index("CC BY-SA") < result.err.index("error: 1 of 12 files could not be had")
    assert "failed.csv names all" in result.err
    again = cellocate(*command)
    assert (again.code, "3 of 3 fields" in again.out) == (0, True)
    assert cellocate("check", tmp_path / "out").out.splitlines()[0] == "listing: 3 fields"


def test_the_command_needs_a_list(cellocate, tmp_path):
    result = cellocate("download", tmp_path / "nowhere.csv", "--out", tmp_path / "out")
    assert (result.code, "no such list" in result.err) == (1, True)
    assert not Path(tmp_path / "out").exists()


@pytest.mark.parametrize(
    "base",
    ["nonsense", "file:///etc", "ftp://here", "http://", "http://[::1", "http://here:x", "http://here:99999",
     "http://.com", "http://a b", "http://h\u00f6r/\u00e4", "//here"],
)  # fmt: skip
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_base_that_is_no_address_is_refused_before_anything(cellocate, tmp_path, base, dry):
    (tmp_path / "list.txt").write_text(FIELDS[0])
    result = cellocate("download", tmp_path / "list.txt", "--base", base, "--out", tmp_path / "out", *dry)
    said = f"error: no address of a server: {base.rstrip('/')}. Write it such as https://images.proteinatlas.org.\n"
    assert (result.code, result.out, result.err) == (1, "", said)
    assert not (tmp_path / "out").exists()


def test_a_server_that_sends_on_to_no_address_ends_that_file_alone(site, task, monkeypatch):
    def sent_on(request, timeout):
        raise ValueError("unknown url type")

    monkeypatch.setattr(transfers.urllib.request, "urlopen", sent_on)
    [failed, *_] = task(fields=FIELDS[:1]).run({})
    assert failed.fault == "the server names an address that is none (unknown url type)"


LIST = """filename,antibody,locations,unspecific,atlas_name
/archive/1/1_A1_1_,HPA000992,"Vesicles",0,U-2 OS
/archive/1/1_A1_2_,HPA000992,"Golgi apparatus,Vesicles",0,A-431
/archive/1610/1610_C1_1_,HPA010580,Cytosol,0,A-431
"""


def test_a_vocabulary_that_says_all_is_named_and_taken_up_over_the_same_files(site, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    command = ["download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out"]
    first = cellocate(*command)
    assert first.code == 0, first.err
    assert "hpa28 has no word for Vesicles (2 fields)" in first.err
    assert "1 field without known labels cannot be trained on; --vocabulary subcell31 has words for all" in first.err
    assert [p.id for p in open_collection(tmp_path / "out").problems] == [IDS[0]]
    site.requests.clear()
    again = cellocate(*command, "--vocabulary", "subcell31")
    assert (again.code, site.requests) == (0, []), again.err
    assert "no word" not in again.err
    collection = open_collection(tmp_path / "out")
    assert (collection.vocabulary.name, collection.problems, collection.ids) == ("subcell31", (), IDS)
    assert dict(collection.fields["labels"]) == dict(zip(IDS, [(29,), (11, 29), (7,)], strict=True))
    few = cellocate(*command, "--where", "cell_line=A-431")
    assert few.code == 1
    assert "the folder holds 1 field more, whose labels are of another vocabulary" in few.err
    assert open_collection(tmp_path / "out").vocabulary.name == "subcell31"


def test_no_other_vocabulary_is_named_where_none_says_more(site, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST.replace("Vesicles", "Cleavage furrow"))
    said = cellocate("download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out").err
    assert "hpa28 has no word for Cleavage furrow (2 fields)" in said
    assert "--vocabulary" not in said


def test_labels_are_not_lost_to_a_list_without_any(site, task, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    command = ["download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out"]
    assert cellocate(*command).code == 0
    with pytest.raises(CellocateError, match="the folder holds 3 fields more, whose labels are of another vocabulary"):
        task()
