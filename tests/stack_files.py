"""Small files of several planes, written as microscopes and programs write them."""

import json

import numpy as np
import tifffile

STAINS = ("tubulin", "protein", "DAPI", "ER")
RNG = np.random.default_rng(0)


def noise(*shape, kind=np.uint8):
    return RNG.integers(1, np.iinfo(kind).max, shape, endpoint=True).astype(kind)


def ome_xml(images, *, uuid="urn:uuid:1", plate=""):
    """OME-XML of images, each a dict: sizes, channel names, and `planes`: (c, z, t) → (file, page, UUID)."""
    parts = []
    for i, image in enumerate(images):
        names = image.get("names", STAINS)
        size = {"X": 8, "Y": 6, "Z": 1, "C": len(names), "T": 1} | image.get("sizes", {})
        attributes = "".join(f' Size{axis}="{n}"' for axis, n in size.items())
        attributes += f' Type="{image.get("kind", "uint8")}" DimensionOrder="{image.get("order", "XYCZT")}"'
        attributes += "".join(f' {name}="{value}"' for name, value in image.get("physical", {}).items())
        channels = "".join(f'<Channel ID="Channel:{i}:{j}" Name="{name}"/>' for j, name in enumerate(names))
        data = "".join(
            f'<TiffData FirstC="{c}" FirstZ="{z}" FirstT="{t}" IFD="{page}" PlaneCount="1">'
            f'<UUID FileName="{file}">{of}</UUID></TiffData>'
            for (c, z, t), (file, page, of) in image["planes"].items()
        )
        parts.append(
            f'<Image ID="Image:{i}" Name="{image.get("name", "")}">'
            f'<Pixels ID="Pixels:{i}"{attributes}>{channels}{data}</Pixels></Image>'
        )
    ome = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
    return f'<?xml version="1.0" encoding="UTF-8"?><OME {ome} UUID="{uuid}">{plate}{"".join(parts)}</OME>'


def pages(path, planes, xml=None):
    """A TIFF of these pages, with this description."""
    with tifffile.TiffWriter(path) as tiff:
        for i, plane in enumerate(planes):
            tiff.write(plane, description=xml if i == 0 else None, metadata=None, contiguous=False)


def one_file_per_channel(folder, data, names=STAINS, stem="x", **image):
    """A set of OME-TIFFs of one image, (C, H, W): each file has a channel, and the metadata of all."""
    files = [f"{stem}_ch{c}.ome.tif" for c in range(len(data))]
    planes = {(c, 0, 0): (file, 0, f"urn:uuid:{c}") for c, file in enumerate(files)}
    sizes = {"X": data.shape[2], "Y": data.shape[1]}
    for c, file in enumerate(files):
        xml = ome_xml([{"names": names, "planes": planes, "sizes": sizes, **image}], uuid=f"urn:uuid:{c}")
        pages(folder / file, [data[c]], xml)
    return files


def ome_zarr(path, data, axes="cyx", names=STAINS, unit="micrometer", scale=0.5, version=2, **image):
    """An OME-Zarr image of version 0.4 (Zarr 2) or 0.5 (Zarr 3)."""
    import zarr

    group = zarr.open_group(path, mode="w", zarr_format=version)
    group.create_array("0", data=data)
    kinds = {"t": "time", "c": "channel"}
    described = [
        {"name": axis, "type": kinds.get(axis, "space")} | ({"unit": unit} if axis in "yx" else {}) for axis in axes
    ]
    scales = [scale if axis in "yx" else 1 for axis in axes]
    dataset = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scales}]}
    told = {"multiscales": [{"axes": described, "datasets": [dataset], **image}]}
    told["omero"] = {"channels": [{"label": name} for name in names]}
    put_attributes(path, told, version)
    return path


def put_attributes(path, attributes, version=2):
    """Write the metadata of a Zarr folder, which is made where there is none."""
    path.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (path / ".zgroup").write_text('{"zarr_format": 2}')
        (path / ".zattrs").write_text(json.dumps(attributes))
    else:
        said = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", **attributes}}}
        (path / "zarr.json").write_text(json.dumps(said))


def zarr_plate(path, wells, fields=2, version=2, shape=(4, 6, 8), axes="cyx", name=None):
    """A plate: wells such as "A/1", each of so many fields. Returns pixels by well and field."""
    plate = {"wells": [{"path": well} for well in wells]} | ({"name": name} if name else {})
    put_attributes(path, {"plate": plate}, version)
    pixels = {}
    for well in wells:
        put_attributes(path / well, {"well": {"images": [{"path": str(i)} for i in range(fields)]}}, version)
        for i in range(fields):
            pixels[well, i] = noise(*shape)
            ome_zarr(path / well / str(i), pixels[well, i], axes, version=version)
    return pixels
