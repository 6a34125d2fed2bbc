"""Whole or not at all: what is written appears complete, and a failure changes nothing."""

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cellocate.errors import CellocateError
from cellocate.files import (
    MARKER,
    new_file,
    new_folder,
    refuse_existing,
    refuse_existing_file,
    refuse_existing_files,
    remove_unfinished_files,
    sha256,
    write_text,
)

MARK = "cellocate wrote this folder, and replaces it only with --overwrite.\n"
FAILURES = (RuntimeError, KeyboardInterrupt, SystemExit)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_text() if p.is_file() else None for p in folder.rglob("*")}


def test_a_file_appears_when_its_block_ends(tmp_path):
    path = tmp_path / "a.csv"
    with new_file(path) as aside:
        aside.write_text("new")
        assert not path.exists()
    assert contents(tmp_path) == {"a.csv": "new"}


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with new_file(str(path)) as aside:
        aside.write_text("new")
        assert path.read_text() == "old"
    assert contents(tmp_path) == {"a.csv": "new"}


def test_a_file_is_written_aside_with_its_own_suffix_in_its_own_folder(tmp_path):
    with new_file(tmp_path / "table.csv.gz") as aside:
        assert aside.suffix == ".gz"  # pandas compresses by suffix
        assert aside.parent == tmp_path  # a rename must not cross file systems
        aside.touch()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that takes no files of anyone")
def test_a_folder_that_takes_no_files_is_refused_before_the_work():
    for refuse in (refuse_existing, refuse_existing_file):
        with pytest.raises(CellocateError, match=r"no file can be written here \(.+\): /proc\. Choose another folder"):
            refuse(Path("/proc/x/y"), overwrite=False)


def test_the_root_is_a_folder_and_no_file():
    with pytest.raises(CellocateError, match="there is a folder with the name of this file"):
        refuse_existing_file(Path("/"), overwrite=False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_takes_files_will_do_in_one_that_takes_none(tmp_path):
    own = tmp_path / "closed" / "own"
    own.mkdir(parents=True)
    own.parent.chmod(0o500)
    refuse_existing(own, overwrite=False)
    own.parent.chmod(0o700)


def test_missing_folders_of_a_file_are_made(tmp_path):
    write_text(tmp_path / "x" / "y" / "a.txt", "é")
    assert (tmp_path / "x" / "y" / "a.txt").read_bytes() == "é".encode()


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_leaves_no_file(tmp_path, failure):
    with pytest.raises(failure), new_file(tmp_path / "a.csv") as aside:
        aside.write_text("half")
        raise failure
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_leaves_the_old_file(tmp_path, failure):
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(failure), new_file(tmp_path / "a.csv") as aside:
        aside.write_text("half")
        raise failure
    assert contents(tmp_path) == {"a.csv": "old"}


def test_a_folder_appears_when_its_block_ends(tmp_path):
    with new_folder(tmp_path / "x" / "run") as aside:
        (aside / "a.txt").write_text("new")
        assert not (tmp_path / "x" / "run").exists()
    assert contents(tmp_path) == {"x": None, "x/run": None, f"x/run/{MARKER}": MARK, "x/run/a.txt": "new"}


def test_a_folder_can_be_read_by_others(tmp_path):
    with new_folder(tmp_path / "run"):
        pass
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) & 0o055 == 0o055


def test_a_folder_may_replace_an_empty_one(tmp_path):
    (tmp_path / "run").mkdir()
    with new_folder(tmp_path / "run") as aside:
        (aside / "a.txt").write_text("new")
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": MARK, "run/a.txt": "new"}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_leaves_no_folder(tmp_path, failure, overwrite):
    with pytest.raises(failure), new_folder(tmp_path / "run", overwrite=overwrite) as aside:
        (aside / "inner").mkdir()
        (aside / "inner" / "a.txt").write_text("half")
        raise failure
    assert contents(tmp_path) == {}


def old_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / MARKER).write_text("old")
    return tmp_path / "run"


def test_a_folder_that_holds_something_is_refused_and_kept(tmp_path):
    run = old_run(tmp_path)
    with pytest.raises(CellocateError, match=r"not empty.*--overwrite"), new_folder(run):
        pytest.fail("the block must not run")
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": "old"}


def test_a_folder_is_replaced_as_a_whole_when_asked_for(tmp_path):
    with new_folder(old_run(tmp_path), overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
        assert (tmp_path / "run" / MARKER).read_text() == "old"
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": MARK, "run/a.txt": "new"}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_leaves_the_folder_that_was_to_be_replaced(tmp_path, failure):
    with pytest.raises(failure), new_folder(old_run(tmp_path), overwrite=True) as aside:
        (aside / "a.txt").write_text("half")
        raise failure
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": "old"}


def test_a_failing_rename_leaves_the_folder_that_was_to_be_replaced(tmp_path, monkeypatch):
    run = old_run(tmp_path)

    def fail(*_args, **_more):
        raise OSError("no rename today")

    with pytest.raises(OSError, match="no rename today"), new_folder(run, overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
        for name in ("rename", "replace"):
            monkeypatch.setattr(os, name, fail)
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": "old"}


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_a_failure_between_two_renames_leaves_the_folder_that_was_to_be_replaced(tmp_path, monkeypatch, failure):
    run, rename, failed = old_run(tmp_path), os.replace, []

    def fail_once(source, target, **more):
        if str(target) == str(run) and not failed:
            failed.append(source)
            raise failure
        rename(source, target, **more)

    with pytest.raises(failure), new_folder(run, overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
        monkeypatch.setattr(os, "replace", fail_once)
    assert contents(tmp_path) == {"run": None, f"run/{MARKER}": "old"}


@pytest.mark.parametrize("before", [{}, {MARKER: "old"}])
def test_the_working_folder_is_replaced_or_refused_but_never_lost(tmp_path, monkeypatch, before):
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    try:
        with new_folder(".", overwrite=True) as aside:
            (aside / "a.txt").write_text("new")
    except CellocateError:
        assert contents(tmp_path) == before
    else:
        assert contents(tmp_path) == {MARKER: MARK, "a.txt": "new"}


@pytest.mark.parametrize("before", [{}, {MARKER: "old"}])
def test_a_link_to_a_folder_stays_a_link(tmp_path, before):
    (tmp_path / "disk").mkdir()
    for name, text in before.items():
        (tmp_path / "disk" / name).write_text(text)
    (tmp_path / "run").symlink_to(tmp_path / "disk")
    with new_folder(tmp_path / "run", overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
    assert (tmp_path / "run").is_symlink()
    assert contents(tmp_path / "disk") == {MARKER: MARK, "a.txt": "new"}


def test_a_folder_around_the_working_folder_is_never_replaced(tmp_path, monkeypatch):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "inner")
    with pytest.raises(CellocateError, match="outer"), new_folder("..", overwrite=True):
        pytest.fail("the block must not run")
    assert contents(tmp_path) == {"outer": None, "outer/inner": None}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_never_replaced_by_a_folder(tmp_path, overwrite):
    (tmp_path / "run").write_text("old")
    with (
        pytest.raises(CellocateError, match="there is a file with the name of this folder"),
        new_folder(tmp_path / "run", overwrite=overwrite),
    ):
        pytest.fail("the block must not run")
    assert contents(tmp_path) == {"run": "old"}


@pytest.mark.parametrize("new", [new_file, new_folder])
def test_a_file_among_the_parents_is_the_users_fault(tmp_path, new):
    (tmp_path / "notes").write_text("old")
    with pytest.raises(CellocateError, match="notes"), new(tmp_path / "notes" / "run"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("place", ["", "images", "images/a.png"])
def test_a_folder_that_holds_what_is_read_is_never_replaced(tmp_path, place):
    (tmp_path / "run" / "images").mkdir(parents=True)
    (tmp_path / "run" / "images" / "a.png").write_text("old")
    inputs = [None, str(tmp_path / "run" / place)]
    with (
        pytest.raises(CellocateError, match=r"the folder holds .*run"),
        new_folder(tmp_path / "run", overwrite=True, inputs=inputs),
    ):
        pytest.fail("the block must not run")
    assert (tmp_path / "run" / "images" / "a.png").read_text() == "old"


def test_a_folder_beside_what_is_read_may_be_replaced(tmp_path):
    (tmp_path / "running").mkdir()  # the same letters, but another folder
    with new_folder(old_run(tmp_path), overwrite=True, inputs=[tmp_path, tmp_path / "running"]) as aside:
        (aside / "a.txt").write_text("new")
    assert contents(tmp_path) == {"running": None, "run": None, f"run/{MARKER}": MARK, "run/a.txt": "new"}


@pytest.mark.parametrize("names", [["recipe.yaml"], ["metrics.json"], ["model.json"], ["a.png", "metrics.json"]])
def test_a_folder_of_somebody_else_is_never_replaced(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("mine")
    with pytest.raises(CellocateError, match="cellocate did not write"):
        refuse_existing(tmp_path, overwrite=True)


@pytest.mark.parametrize(
    "names",
    [["recipe.yaml", "split.csv"], ["store.json"], ["truth/collection.json"]],
)
def test_a_folder_that_was_written_before_there_was_a_marker_is_ours(tmp_path, names):
    for name in names:
        write_text(tmp_path / name, "old")
    refuse_existing(tmp_path, overwrite=True)


def test_a_format_without_room_for_a_marker_has_none(tmp_path):
    with new_folder(tmp_path / "a.zarr", marked=False) as aside:
        (aside / "zarr.json").write_text("{}")
    assert contents(tmp_path / "a.zarr") == {"zarr.json": "{}"}


def test_only_what_would_be_lost_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    refuse_existing(tmp_path / "empty", overwrite=False)
    refuse_existing(tmp_path / "new", overwrite=False)
    refuse_existing(old_run(tmp_path), overwrite=True)
    with pytest.raises(CellocateError, match="not empty"):
        refuse_existing(tmp_path / "run", overwrite=False)


def test_a_file_that_exists_is_refused_unless_it_may_be_replaced(tmp_path):
    refuse_existing_file(tmp_path / "a.csv", overwrite=False)
    (tmp_path / "a.csv").write_text("old")
    refuse_existing_file(tmp_path / "a.csv", overwrite=True)
    with pytest.raises(CellocateError, match=r"the file exists.*a\.csv.*--overwrite"):
        refuse_existing_file(str(tmp_path / "a.csv"), overwrite=False)


def test_any_of_several_files_is_refused_and_one_that_nobody_asked_for_is_not(tmp_path):
    (tmp_path / "b.csv").write_text("old")
    refuse_existing_files((tmp_path / "a.csv", None), overwrite=False)
    inputs = iter([tmp_path])
    with pytest.raises(CellocateError, match="the file belongs to"):
        refuse_existing_files((tmp_path / "a.csv", None, tmp_path / "b.csv"), overwrite=True, inputs=inputs)


def test_a_checksum_is_of_all_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_never_replaced_by_a_file(tmp_path, overwrite):
    with pytest.raises(CellocateError, match="there is a folder with the name of this file"):
        refuse_existing_file(tmp_path, overwrite=overwrite)


# A limit on the size of files makes a real write fail half way, as a full disk does.
_ON_A_FULL_DISK = """
    import resource, sys
    from pathlib import Path
    import numpy as np
    from cellocate.files import new_folder, write_text
    from cellocate.images import write_png
    folder, large = Path(sys.argv[1]), "x" * 300_000
    noise = np.random.default_rng(0).integers(0, 256, (600, 600), dtype=np.uint8)

    def fill():
        with new_folder(folder / "run", overwrite=True) as aside:
            write_text(aside / "small.txt", "x")
            (aside / "large.txt").write_text(large)

    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    failed = 0
    for write in (lambda: write_text(folder / "a.txt", large), lambda: write_png(folder / "a.png", noise), fill):
        try:
            write()
        except OSError:
            failed += 1
    sys.exit(100 + failed)
"""


@pytest.mark.parametrize("before", [{}, {"a.txt": "old", "a.png": "old", "run": None, f"run/{MARKER}": "old"}])
def test_a_full_disk_changes_nothing(tmp_path, before):
    pytest.importorskip("resource")
    for name, text in before.items():
        (tmp_path / name).mkdir() if text is None else (tmp_path / name).write_text(text)
    script = textwrap.dedent(_ON_A_FULL_DISK)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 103, done.stderr  # all three writes failed
    assert contents(tmp_path) == before


def test_only_unfinished_files_are_removed(tmp_path):
    kept = [tmp_path / ".cellocate", tmp_path / ".notes.2024.txt", tmp_path / ".git" / "HEAD"]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    for name in ("cells.csv", "crops/a_b.png", "card"):
        with new_file(tmp_path / name) as aside:
            aside.write_text("half")
            shutil.copy(aside, tmp_path / "left")
        (tmp_path / "left").rename(aside)  # as if the process had been killed
    assert len(list(tmp_path.rglob(".unfinished-*"))) == 3
    remove_unfinished_files(tmp_path)
    assert all(path.read_text() == "mine" for path in kept)
    assert not list(tmp_path.rglob(".unfinished-*"))
    assert (tmp_path / "crops" / "a_b.png").read_text() == "half"
