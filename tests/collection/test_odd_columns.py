"""Columns of metadata as programs name and write them: units, decimals, thousands, ids beside ids."""

import pandas as pd
import pytest
from small_collections import tabled, write_fields

from cellocate.collection import find_warnings, inspect, metadata_of, open_collection, read_folds, read_split
from cellocate.collection.collection import group_of
from cellocate.collection.filters import with_listed_ids, with_metadata
from cellocate.errors import CellocateError


def of(folder, header, *rows):
    """A collection of the fields a, b, … whose label table has further columns."""
    ids = [chr(ord("a") + i) for i in range(len(rows))]
    write_fields(folder, ids=ids)
    tabled(folder, f"Id;Target;{header}\n" + "".join(f"{i};0;{row}\n" for i, row in zip(ids, rows, strict=True)))
    return open_collection(folder)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("pixel_size", "0.08"),
        ("Pixel Size", "0,08"),
        ("pixel_size_um", "0.08"),
        ("Pixel Size (µm)", "0.08"),
        ("Pixel size [μm/px]", "0.08"),
        ("PixelSizeUm", "0.08"),
        ("pixel_size_in_microns", "0.08"),
        ("pixel_size_nm", "80"),
        ("Pixel Width (nm)", "80.0"),
        ("um_per_pixel", "0.08"),
        ("nm/px", "80"),
        ("mpp", "0.08"),
        ("PhysicalSizeX", "0.08"),
        ("PhysicalSizeX;PhysicalSizeXUnit", "80;nm"),
        ("PhysicalSizeX;PhysicalSizeY;PhysicalSizeZ;PhysicalSizeXUnit;PhysicalSizeYUnit", "80;80.1;300;nm;nm"),
        ("Metadata_PhysicalSizeX_um;bits", "0.08;8"),
    ],
)
def test_a_pixel_size_is_read_in_its_unit(tmp_path, header, row):
    collection = of(tmp_path, header, row, row)
    assert [collection.pixel_size(i) for i in "ab"] == [0.08, 0.08]
    assert "PhysicalSizeXUnit" not in collection.fields
    found = find_warnings(collection, inspect(collection, decode=True))
    assert not any("not understood" in problem.error.what for problem in found)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("pixel_size_nm", "0.08", r"impossible pixel size of 8e-05 µm: .*line 2, column pixel_size_nm"),
        ("pixel_size;pixel_size_nm", "0.08;80", "'pixel_size' and 'pixel_size_nm' both mean pixel_size"),
        ("PhysicalSizeX;PhysicalSizeY", "0.08;0.16", r"not square \(0.08 × 0.16 µm\)"),
        ("PhysicalSizeX;PhysicalSizeXUnit", "0.08;furlong", r"unit of pixel sizes.*'furlong': .*PhysicalSizeXUnit"),
        ("bits", "32", r"impossible depth of 32 bits: .*train\.csv, line 2, column bits"),
        ("camera_offset", "1,000", r"may be 1000 or 1: .*line 2, column camera_offset\. Write 1000 if"),
        ("camera_offset", "32.768", "may be 32768 or 32.768"),
        ("camera_offset", "32 768", r"not a number: '32 768': .*line 2"),
    ],
)
def test_a_number_that_is_impossible_or_unclear_is_refused_with_its_place(tmp_path, header, row, message):
    with pytest.raises(CellocateError, match=message):
        of(tmp_path, header, row)


@pytest.mark.parametrize(
    ("header", "row", "value"),
    [("bits", "12,0", 12), ("bits", "12.000", 12), ("camera_offset", "100.000", 100), ("bits", "NA", None)],
)
def test_decimals_that_say_nothing_are_no_thousands(tmp_path, header, row, value):
    found = of(tmp_path, header, row).fields[header]["a"]
    assert (None if pd.isna(found) else found) == value


def test_a_pixel_size_in_an_unknown_unit_is_a_warning(tmp_path):
    collection = of(tmp_path, "Pixel Size (furlong);PhysicalSizeZ", "4;5", ";5")
    found = [p for p in find_warnings(collection, inspect(collection, decode=True)) if "not understood" in p.error.what]
    assert [(p.id, p.severity) for p in found] == [("a", "warning")]
    assert "column Pixel Size (furlong)" in str(found[0].error)


def test_whole_numbers_lose_the_decimals_that_an_empty_cell_gave_them(tmp_path):
    header = "plate;antibody;passage;dose"
    collection = of(tmp_path, header, "26.0;12345.0;3,0;1.0", ";;;1.5", "26.0;HPA000007;4,0;2.0")
    assert collection.fields["plate"].tolist() == ["26", "", "26"]
    assert collection.fields["passage"].tolist() == ["3", "", "4"]
    assert collection.fields["dose"].tolist() == ["1.0", "1.5", "2.0"]
    assert (
        with_metadata(collection, {"plate": ["26"]}).ids
        == with_metadata(collection, {"plate": ["26.0"]}).ids
        == ["a", "c"]
    )
    assert with_metadata(collection, {"dose": ["1"]}).ids == ["a"]
    with pytest.raises(CellocateError, match="Did you mean 'passage'"):
        with_metadata(collection, {"pasage": ["3"]})


def test_antibodies_that_pandas_made_floats_are_those_of_the_atlas(tmp_path):
    collection = of(tmp_path, "Antibody ID", "12345.0", "-", "12345", "unknown")
    assert collection.fields["antibody"].tolist() == ["12345", "", "12345", ""]
    assert with_metadata(collection, {"antibody": ["HPA012345"]}).ids == ["a", "c"]


@pytest.mark.parametrize(
    "header", ["Metadata_Plate", "PlateName", "Plate ID", "plate-barcode", "Plate", "if_plate_id", "Metadata_PlateID"]
)
def test_plates_of_other_programs_group_fields(tmp_path, header):
    collection = of(tmp_path, f"{header};Metadata_Site", "P1;1", "P1;2", "P2;1")
    assert group_of(collection.fields).tolist() == ["P1", "P1", "P2"]


def test_of_two_columns_that_may_be_plates_the_first_is(tmp_path):
    assert of(tmp_path, "plate_name;plate", "x;P1").fields["plate"].tolist() == ["P1"]
    assert of(tmp_path, "plate_id;plate_name", "P1;x").fields[["plate", "plate_name"]].to_numpy().tolist() == [
        ["P1", "x"]
    ]


@pytest.mark.parametrize("table", ["Image,id,plate\na,x,1\nb,y,2\n", "id,Image,plate\na,x,1\nb,y,2\n"])
def test_of_two_columns_of_ids_the_one_that_has_the_fields_is_meant(tmp_path, table):
    (tmp_path / "meta.csv").write_text(table)
    assert metadata_of(tmp_path / "meta.csv", ["a", "b"])["plate"].tolist() == ["1", "2"]


def test_a_column_id_beside_the_ids_tells_proteins_apart(tmp_path, cellocate):
    (tmp_path / "p.csv").write_text("Id,Nucleoplasm,Cytosol,Locations\na,.9,.1,Nucleoplasm\nb,.2,.8,Cytosol\n")
    (tmp_path / "meta.csv").write_text("Image,id,index\na,x,1\nb,y,2\n")
    asked = ("proteins", tmp_path / "p.csv", "--of", tmp_path / "meta.csv", "--by", "id", "--by", "index")
    result = cellocate(*asked, "--out", tmp_path / "out.csv")
    assert result.code == 0, result.err
    assert pd.read_csv(tmp_path / "out.csv")[["id", "index"]].to_numpy().tolist() == [["x", 1], ["y", 2]]


def test_genes_that_a_spreadsheet_made_dates_are_warnings(tmp_path):
    collection = of(tmp_path, "Gene Symbol", "2026-09-09", "9-Sep", "SEPT9", "")
    found = [p for p in find_warnings(collection, inspect(collection, decode=True)) if "date" in p.error.what]
    assert [(p.id, p.error.where) for p in found] == [("a", "2026-09-09"), ("b", "9-Sep")]


def test_ids_that_are_names_of_files_are_those_of_their_fields(tmp_path):
    write_fields(tmp_path, ids=("a", "b"))
    tabled(tmp_path, "Id,Target\na.tif,16\nb_green.png,0\n")
    collection = open_collection(tmp_path)
    assert collection.fields["labels"].to_dict() == {"a": (16,), "b": (0,)}
    (tmp_path / "some.csv").write_text("filename\nb.ome.tiff\n")
    assert with_listed_ids(collection, tmp_path / "some.csv").ids == ["b"]


def test_a_split_of_another_program_is_understood(tmp_path):
    collection = of(tmp_path, "plate", "1", "2", "3")
    (tmp_path / "s.csv").write_text("Id,Part,fold,group\na,Training,0.0,7.0\nb,train,1.0,8.0\nc,TEST,,\n")
    assert read_folds(tmp_path / "s.csv", collection) == ["0", "1"]
    (tmp_path / "s.csv").write_text("Id,Part,group\na,Training,7.0\nb,val,8.0\nc,testing,\n")
    split = read_split(tmp_path / "s.csv", collection).fields
    assert split["part"].tolist() == ["train", "validation", "test"]
    assert split["group"].tolist() == ["7", "8", ""]
