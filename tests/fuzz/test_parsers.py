"""Every file that cellocate reads, damaged in ten thousand ways: it is read, or refused in one line.

Run with `pytest -m fuzz`. A failure names the format and the number of the input, which is the same in every run.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
import tifffile
from mutations import damaged
from PIL import Image
from stack_files import zarr_plate

from cellocate.assessment.true_cells import read_true_cells
from cellocate.cells.masks import (
    MaskFolder,
    read_geojson,
    read_label_image,
    write_geojson,
    write_labels,
    write_zarr_labels,
)
from cellocate.collection import find_warnings, inspect, open_collection, pack, read_split
from cellocate.collection.atlas.image_lists import read_list
from cellocate.collection.camera_depth import with_depth
from cellocate.collection.channels import parse_pairs
from cellocate.decision import Rule, read_probabilities, read_rule, read_steps, save_rule
from cellocate.decision.probability_tables import read_predicted_labels
from cellocate.decision.submissions import read_sample, validate_submission, write_kaggle2021
from cellocate.errors import CellocateError
from cellocate.h5ad import read_h5ad, write_h5ad
from cellocate.images import CHANNELS
from cellocate.images.rle import masks_of
from cellocate.training import load_recipe
from cellocate.training.recipe_files import recipe_text
from cellocate.vocabulary import get_vocabulary

pytestmark = pytest.mark.fuzz

INPUTS = 10_000
SIDE = 20
HPA28, HPA19 = get_vocabulary("hpa28"), get_vocabulary("hpa19")


@dataclass(frozen=True)
class Target:
    """Files of one format: how whole ones are written into a folder, how they are read, and which are damaged."""

    write: Callable[[Path], object]
    read: Callable[[Path], object]
    share: int = 1
    files: str = "*"


def pixels(seed: int = 0, kind: str = "uint8", shape: tuple[int, ...] = (SIDE, SIDE)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(kind).max // 8, shape).astype(kind)


def images(folder: Path, ending: str = "png") -> None:
    for number, channel in enumerate(CHANNELS):
        Image.fromarray(pixels(number)).save(folder / f"a_{channel}.{ending}")


def single_tiffs(folder: Path) -> None:
    for number, channel in enumerate(CHANNELS):
        tifffile.imwrite(folder / f"a_{channel}.tif", pixels(number, "uint16"), compression="zlib")


def ome_tiff(folder: Path) -> None:
    names = ["tubulin", "protein", "DAPI", "calreticulin"]
    metadata = {"axes": "CYX", "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.1,
                "PhysicalSizeYUnit": "µm", "Channel": {"Name": names}}  # fmt: skip
    tifffile.imwrite(folder / "a.ome.tif", pixels(0, "uint16", (4, SIDE, SIDE)), ome=True, metadata=metadata)


def imagej_tiff(folder: Path) -> None:
    metadata = {"axes": "ZCYX", "Labels": ["red", "green", "blue", "yellow"] * 2, "unit": "um"}
    stack = pixels(0, "uint16", (2, 4, SIDE, SIDE))
    tifffile.imwrite(folder / "a.tif", stack, imagej=True, metadata=metadata, resolution=(10, 10))
    (folder / "collection.yaml").write_text("channels: {red: 0, green: 1, blue: 2, yellow: 3}\nz: max\n")


def zarr_image(folder: Path) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(folder / "a.zarr", mode="w", zarr_format=2)
    array = pixels(0, "uint16", (4, SIDE, SIDE))
    group.create_array("0", data=array, chunks=(1, SIDE, SIDE))
    group.attrs["multiscales"] = [{
        "version": "0.4",
        "axes": [{"name": "c", "type": "channel"}, *({"name": a, "type": "space", "unit": "micrometer"} for a in "yx")],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 0.1, 0.1]}]}],
    }]  # fmt: skip
    group.attrs["omero"] = {"channels": [{"label": name} for name in ("red", "green", "blue", "yellow")]}


def ome_tiff_of_several_images(folder: Path) -> None:
    with tifffile.TiffWriter(folder / "a.ome.tif", ome=True) as file:
        for number in range(2):
            metadata = {"axes": "CYX", "Name": f"site {number}", "Channel": {"Name": ["DAPI", "protein"]}}
            file.write(pixels(number, shape=(2, SIDE, SIDE)), metadata=metadata)


def zarr_plate_of_a_well(folder: Path) -> None:
    zarr_plate(folder / "plate.zarr", ["A/1"], fields=1, shape=(4, SIDE, SIDE))


def exported(folder: Path) -> None:
    for number, stain in enumerate(("DAPI", "tubulin", "protein")):
        Image.fromarray(pixels(number)).save(folder / f"plate1_A01_{stain}.png")
    (folder / "wells.csv").write_text("id;plate;pixel_size\nplate1_A01;1;0,32\n")
    (folder / "collection.yaml").write_text("metadata: [wells.csv]\nchannels: {nucleus: DAPI, protein: protein}\n")


def workbook(folder: Path) -> None:
    images(folder)
    table = pd.DataFrame({"Id": ["a", "b"], "Target": ["16 0", "Golgi apparatus"]})
    table.to_excel(folder / "train.xlsx", index=False)


def labels_2018(folder: Path) -> None:
    images(folder)
    (folder / "train.csv").write_text("Id,Target,antibody,cell_line\na,16 0,HPA000992,U-2 OS\nb,25,12,\n")


def labels_2021(folder: Path) -> None:
    images(folder)
    (folder / "train.csv").write_text('ID,Label\na,16|0\nb,"Cytosol|Golgi apparatus"\n')


def listing(folder: Path) -> None:
    images(folder)
    row = ",".join(f"a_{channel}.png" for channel in CHANNELS)
    (folder / "listing.csv").write_text(f"Id,{','.join(CHANNELS)},Target,pixel_size\na,{row},0 25,0.1\n")
    told = {"vocabulary": "hpa28", "simulated": False, "made": {}}
    (folder / "listing.json").write_text(json.dumps(told))


def path_list(folder: Path) -> None:
    images(folder)
    (folder / "path_list.csv").write_text(
        "r_image,y_image,b_image,g_image,output_prefix\na_red.png,a_yellow.png,a_blue.png,a_green.png,a_\n"
    )


def settings(folder: Path) -> None:
    for number, stain in enumerate(("w1", "w2", "w3", "w4")):
        Image.fromarray(pixels(number)).save(folder / f"p1_A01_f1_{stain}.png")
    (folder / "collection.yaml").write_text(
        "pattern: '{plate}_{well}_f{id}_{channel}.png'\n"
        "channels:\n  red: w1\n  green: w2\n  blue: w3\n  yellow: w4\n"
        "pixel_size: 0.08\nz: max\nyellow: mean\nmetadata: [more.csv]\n"
    )
    (folder / "more.csv").write_text("image,cell_line,antibody\n1,A-431,HPA000992\n")


def simulated(folder: Path) -> None:
    images(folder)
    (folder / "truth").mkdir()
    (folder / "truth" / "collection.json").write_text(json.dumps({"vocabulary": "hpa28", "pixel_size": 0.2}))


def atlas_list(folder: Path) -> None:
    (folder / "IF-image.csv").write_text(
        "filename,if_plate_id,position,sample,status,locations,unspecific,antibody,ensembl_ids,gene_names,atlas_name,"
        'latest_version\n/archive/992/1_A1_1_,1,A1,1,35,"Cytosol,Golgi apparatus",0,HPA000992,ENSG1,GENE,U-2 OS,23\n'
    )


def store(folder: Path) -> None:
    source = folder.parent / f"{folder.name}-source"
    source.mkdir()
    labels_2018(source)
    (source / "train.csv").write_text("Id,Target,antibody\na,16 0,HPA000992\n")
    pack(open_collection(source), folder, sizes=[SIDE], workers=1)


def probabilities(folder: Path) -> None:
    table = pd.DataFrame(np.random.default_rng(0).random((5, 28)).round(4), columns=list(HPA28.names))
    table.insert(0, "Id", list("abcde"))
    table.to_csv(folder / "p.csv", index=False)


def rule(folder: Path) -> None:
    save_rule(folder / "rule.json", Rule(kind="fixed", thresholds=(0.5,) * 28), HPA28)


def read_rule_and_steps(folder: Path) -> None:
    read_rule(folder / "rule.json")
    read_steps(folder / "rule.json")


def split(folder: Path) -> None:
    labels_2018(folder)
    (folder / "split").mkdir()
    (folder / "split" / "split.csv").write_text("id,part,group,fold\na,train,g,\nb,train,h,0\n")
    (folder / "split" / "split.json").write_text(json.dumps({"by": ["group"], "cellocate": "0.1.0"}))


def masks() -> tuple[np.ndarray, np.ndarray]:
    cells, nuclei = np.zeros((SIDE, SIDE), np.uint16), np.zeros((SIDE, SIDE), np.uint16)
    cells[1:9, 1:9], cells[10:18, 2:12] = 1, 2
    nuclei[3:6, 3:6], nuclei[12:15, 5:9] = 1, 2
    return nuclei, cells


def label_images(folder: Path) -> None:
    nuclei, cells = masks()
    write_labels(folder / "a_cells.png", cells)
    write_labels(folder / "a_nuclei.png", nuclei)
    tifffile.imwrite(folder / "b_cells.tif", cells.astype("int32"))


def read_masks(folder: Path) -> None:
    found = MaskFolder(folder)
    for field in found.ids:
        found.labels(field, (SIDE, SIDE))


def submission_2021(folder: Path) -> None:
    chances = np.random.default_rng(0).random((2, 19))
    _, cells = masks()
    shapes = {"a": (SIDE, SIDE), "b": (SIDE, SIDE)}
    write_kaggle2021(folder / "s.csv", shapes, lambda _: list(masks_of(cells).values()), chances, HPA19)


def true_cells(folder: Path) -> None:
    texts = [mask.text for mask in masks_of(masks()[1]).values()]
    rows = [f"a,{SIDE},{SIDE},{label},{mask}" for label, mask in zip(("0|16", "Cytosol"), texts, strict=True)]
    (folder / "t.csv").write_text("\n".join(["ID,ImageWidth,ImageHeight,Label,Mask", *rows, ""]))


def annotated(folder: Path) -> None:
    pytest.importorskip("anndata")
    obs = pd.DataFrame({"field": ["a", "b"], "n": [1.0, 2.0]}, index=["x", "y"])
    var = pd.DataFrame({"go": ["", "GO:1"]}, index=["Nucleoplasm", "Cytosol"])
    write_h5ad(folder / "t.h5ad", pixels(0, shape=(2, 2)).astype(float), obs, var, obsm={"f": np.eye(2)})


def fields(folder: Path) -> None:
    """All that `check` does, and reading as a network does."""
    collection = open_collection(folder)
    inspection = inspect(collection, decode=True)
    find_warnings(collection, inspection)
    collection, _ = with_depth(collection)
    bad = {problem.id for problem in inspection.problems}
    for field in collection.ids:
        if field not in bad:
            collection.read(field, collection.channels)


def text(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


TARGETS = {
    "png": Target(images, fields),
    "jpeg": Target(lambda folder: images(folder, "jpg"), fields),
    "tiff": Target(single_tiffs, fields, 2),
    "ome-tiff": Target(ome_tiff, fields, 4),
    "imagej-tiff": Target(imagej_tiff, fields, 2),
    "ome-zarr": Target(zarr_image, fields, 2),
    "several images": Target(ome_tiff_of_several_images, fields, 2),
    "plate": Target(zarr_plate_of_a_well, fields, 2),
    "exported": Target(exported, fields, 2, "*.[cy][sa]*"),
    "workbook": Target(workbook, fields, 1, "*.xlsx"),
    "--channels": Target(
        text("typed.txt", 'nucleus=DAPI,protein="a, b",er=3'),
        lambda folder: parse_pairs([(folder / "typed.txt").read_bytes().decode(errors="replace")], "--channels"),
        2,
    ),
    "labels-2018": Target(labels_2018, fields, 3, "*.csv"),
    "labels-2021": Target(labels_2021, fields, 3, "*.csv"),
    "listing": Target(listing, fields, 2, "listing.*"),
    "path-list": Target(path_list, fields, 2, "*.csv"),
    "collection.yaml": Target(settings, fields, 3, "*.[cy][sa]*"),
    "phantoms": Target(simulated, fields, 1, "*.json"),
    "atlas": Target(atlas_list, lambda folder: read_list(folder / "IF-image.csv"), 2),
    "store": Target(store, fields, 2),
    "probabilities": Target(probabilities, lambda folder: read_probabilities(folder / "p.csv", HPA28), 3),
    "decided": Target(
        text("d.csv", "Id,Predicted\na,0 25\nb,\nc,16\n"),
        lambda folder: read_predicted_labels(folder / "d.csv", HPA28),
        2,
    ),
    "rule": Target(rule, read_rule_and_steps, 2),
    "split": Target(
        split, lambda folder: read_split(folder / "split" / "split.csv", open_collection(folder), "0"), 2, "split.*"
    ),
    "label images": Target(label_images, read_masks, 2),
    "geojson": Target(
        lambda folder: write_geojson(folder / "a.geojson", *masks()),
        lambda folder: read_geojson(folder / "a.geojson", (SIDE, SIDE)),
        3,
    ),
    "zarr labels": Target(
        lambda folder: write_zarr_labels(folder / "a_cells.zarr", masks()[1]),
        lambda folder: read_label_image(folder / "a_cells.zarr", (SIDE, SIDE)),
    ),
    "submission-2018": Target(
        text("s.csv", "Id,Predicted\na,0 25\nb,\nc,16\n"), lambda folder: validate_submission(folder / "s.csv"), 2
    ),
    "submission-2021": Target(submission_2021, lambda folder: validate_submission(folder / "s.csv"), 2),
    "sample": Target(
        text("s.csv", "ID,ImageWidth,ImageHeight,PredictionString\na,20,20,0 1 abc\n"),
        lambda folder: read_sample(folder / "s.csv"),
    ),
    "true cells": Target(
        true_cells,
        lambda folder: read_true_cells(folder / "t.csv", HPA19),
    ),
    "vocabulary": Target(
        text("v.csv", "name,go,group\nNucleus,GO:0005634,Nucleus\nCytosol,,\n"),
        lambda folder: get_vocabulary(folder / "v.csv"),
        2,
    ),
    "recipe": Target(text("r.yaml", recipe_text("resnet18")), lambda folder: load_recipe(folder / "r.yaml"), 2),
    "h5ad": Target(annotated, lambda folder: read_h5ad(folder / "t.h5ad")),
}
SHARES = sum(target.share for target in TARGETS.values())


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused_in_one_line(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    folder = tmp_path / "data"
    if name != "store":
        folder.mkdir()
    target.write(folder)
    target.read(folder)  # whole, it is read
    whole = {path: path.read_bytes() for path in sorted(folder.rglob(target.files)) if path.is_file()}
    assert whole
    faults = []
    for number in range(-(-INPUTS * target.share // SHARES)):
        random = Random(f"{name} {number}")
        path = random.choice(list(whole))
        path.write_bytes(damaged(whole[path], random))
        if fault := outcome(target, folder):
            faults.append(f"{name}, input {number}, {path.relative_to(folder)}: {fault}")
        path.write_bytes(whole[path])
    if faults:
        pytest.fail(f"{len(faults)} faults\n" + "\n".join(faults[:5]), pytrace=False)


def outcome(target: Target, folder: Path) -> str:
    """What is wrong with the answer to a damaged file; "" where it is read or refused as it should be."""
    try:
        target.read(folder)
    except CellocateError as error:
        line = str(error)
        return "" if line.isprintable() else f"a refusal that is no single line: {line!r}"
    except Exception:  # noqa: BLE001 # it is what is looked for
        return traceback.format_exc(limit=-3)
    return ""
