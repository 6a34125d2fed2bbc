"""A wrong name is refused before anything slow is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = {"torch", "lightning", "timm", "matplotlib", "sklearn"}
SCRIPT = """
import contextlib, io, json, sys
from cellocate.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["cellocate", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
    print(json.dumps([code, err.getvalue(), list(sys.modules)]))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a model, of which nobody reads more than the names of its locations."""
    folder = tmp_path_factory.mktemp("models") / "model"
    folder.mkdir()
    card = {"vocabulary": "mine", "locations": [{"name": "Cytosol", "go": None, "group": ""}]}
    (folder / "model.json").write_text(json.dumps(card))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_no_refusal_waits_for_torch(model: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "data", str(tmp_path / "out")
    data.mkdir()
    labels = data / "train.csv"
    labels.write_text("Id,Target\na,0\n")
    (tmp_path / "p.csv").write_text("Id,Cytosol\na,0.5\n")
    pytest.importorskip("anndata")
    csv, of_table = f"{out}.csv", ["--labels", labels, "--out", out]
    cases = [
        (["confocal"], 2, "No such command 'confocal'"),
        (["tran"], 2, "Did you mean 'train'?"),
        ([str(data)], 2, "is a folder, not a command"),
        (["train", data, "--out", out, "--recipe", "resnet1"], 1, "unknown recipe 'resnet1'. Did you mean resnet18?"),
        (["train", data, "--out", out, "--set", "training.epoch=1"], 1, "Did you mean 'epochs'?"),
        (["train", data, "--out", out, "--set", "network.init_from=nothing"], 1, "no model here: nothing"),
        (["train", "nowhere", "--out", out], 1, "no such folder: nowhere"),
        (["train", labels, "--out", out, "--vocabulary", "hpa82"], 1, "unknown vocabulary 'hpa82'"),
        (["recipes", "qick"], 1, "Did you mean quick?"),
        (["predict", "nothing", data, "--out", csv], 1, "no model here: nothing"),
        (["predict", model, "nowhere", "--out", csv], 1, "no such folder: nowhere"),
        (["predict", model, data, "--out", f"{out}.xls"], 1, "cannot be written as .xls"),
        (["predict", model, data, "--out", f"{out}.csv", "--format", "h5ad"], 1, "cannot be written as .csv"),
        (["predict", model, data, "--out", csv, "--tta", "nope"], 2, "Invalid value for '--tta': 'nope' is not one of"),
        (["evaluate", "nothing", data, "--out", out], 1, "no model here: nothing"),
        (["evaluate", model, data, "--out", out, "--compare-to", "nothing"], 1, "no model here: nothing"),
        (["evaluate", "--predictions", "nothing", *of_table], 1, "no such file or folder: nothing"),
        (["evaluate", "--predictions", labels, *of_table, "--vocabulary", "hpa82"], 1, "unknown vocabulary 'hpa82'"),
        (["explain", model, data, "--out", out, "--location", "Cytosole"], 1, "unknown label 'Cytosole'"),
        (["explain", "nothing", data, "--out", out], 1, "no model here: nothing"),
        (["embed", "nothing", data, "--out", f"{out}.h5ad"], 1, "no model here: nothing"),
        (["embed", model, data, "--out", f"{out}.csv"], 1, "cannot be written as .csv"),
        (["neighbours", "nothing", "--id", "a", "--out", csv], 1, "no such file or folder: nothing"),
        (["audit", data, "nothing", "--out", out], 1, "no model here: nothing"),
        (["combine", model, "nothing", "--data", data, "--out", out], 1, "no model here: nothing"),
        (["decide", "fit", tmp_path / "p.csv", "--labels", data, "--rule", "besst", "--out", out], 2, "'besst'"),
        (["select", labels, "--out", out, "--to", "hpa82"], 1, "unknown vocabulary 'hpa82'"),
        (["cells", data, "--out", out, "--segmenter", "clasical"], 2, "'clasical'"),
        (["download", "GOLGA5", "--out", out], 1, "no such list: GOLGA5"),
        (["check", "nowhere"], 1, "no such folder: nowhere"),
        (["split", data, "--out", f"{out}.txt"], 1, "cannot be written as .txt"),
    ]
    swapped = f"MODEL and DATA look swapped: there is no model in {data}. Give {model} as MODEL and {data} as DATA."
    cases += [([name, data, model, "--out", out], 1, swapped) for name in ("predict", "evaluate", "explain")]
    cases += [(["embed", data, model, "--out", f"{out}.h5ad"], 1, swapped)]
    cases += [(["audit", given, data, "--out", out], 1, "look swapped") for given in (model, model.parent)]
    arguments = json.dumps([list(map(str, case[0])) for case in cases])
    done = subprocess.run([sys.executable, "-c", SCRIPT, arguments], capture_output=True, text=True, check=False)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(cases), done.stderr
    for (given, code, message), (found, text, modules) in zip(cases, results, strict=True):
        words = " ".join(text.replace("│", " ").split())  # out of typer's box
        assert (found, message in words, SLOW & set(modules)) == (code, True, set()), (given, words)
    assert not Path(out).exists()
