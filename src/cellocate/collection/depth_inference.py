"""Infer bit depth and offset of a camera from the pixels of many fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cellocate.collection.collection import Unit
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images.bit_depth import DEPTHS, SIGNED, full_value, smallest_depth, too_bright

HIGH_FLOOR = 0.1
"""Share of the full scale at which a channel's darkest pixel is reported: about a standard deviation of the atlas's
channels. The 100 counts that cameras usually add are 2.4% of 4095."""
BRIGHT_ENOUGH = 128
"""Smallest maximum of all fields from which their depth is inferred; a darker one may be only noise."""

_HOT, _HOT_SHARE, _SEVERAL = 10, 0.05, 4  # hot pixels of a field, share of fields with hot pixels, fields needed
_DIM, _DIM_SHARE = full_value(12), 0.2  # maximum and share of fields of a 16-bit collection that may be 12-bit


class Evidence(NamedTuple):
    """What one field shows about its bit depth.

    Args:
        depth: bits of its files, 8 or 16.
        bits: of the camera, if known.
        recorded: of the camera, from the metadata of the files, if `bits` is not known.
        darkest: smallest value of each channel, by name; above 0 only if few pixels are 0.
        brightest: largest value of all channels.
        above: number of pixels that need the depth of the brightest one.
    """

    depth: int
    bits: int | None
    recorded: int | None
    darkest: Mapping[str, int]
    brightest: int
    above: int = 0


@dataclass(frozen=True)
class Depth:
    """The bit depth inferred from several fields.

    Args:
        bits: of the camera, for fields in 16-bit files without a known depth; None if unknown.
        offset: to subtract from every pixel.
        recorded: a sentence about the depth in the metadata; "" if there is none, or it is that of the files.
        inferred: sentences about what was inferred or is doubtful.
        floor: a warning if no pixel is dark.
        guessed: whether bits or offset come from pixels, so that another field may contradict them.
    """

    bits: int | None = None
    offset: int = 0
    recorded: str = ""
    inferred: tuple[str, ...] = ()
    floor: CellocateError | None = None
    guessed: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about the depth."""
        return (self.recorded, *self.inferred) if self.recorded else self.inferred

    @property
    def doubts(self) -> tuple[str, ...]:
        """What may be wrong."""
        return self.inferred if self.floor is None else (*self.inferred, str(self.floor).rstrip("."))


def depth_fault(brightest: int, bits: int, offset: int) -> CellocateError | None:
    """Why a field cannot have the depth of the others, or None; `brightest` is its largest value minus the offset."""
    if brightest > full_value(bits):
        return too_bright(brightest, bits)
    if offset and not brightest:
        what = f"no pixel is above {offset}, which was subtracted from every pixel because other fields start there"
        mend = "Leave it out, or write camera_offset: 0 into collection.yaml next to the images."
        return CellocateError(what, mend=mend)
    return None


def infer_depth(seen: Sequence[Evidence], *, offset_known: bool = False, unit: Unit = "field") -> Depth:
    """Infer the bit depth of fields, and the offset that was added to every pixel.

    Args:
        seen: the evidence of each field.
        offset_known: whether the offset was given, so that ScanR's is not looked for.
        unit: whether these are fields or cells.

    Example:
        >>> seen = [Evidence(16, None, None, {"green": 110}, 900), Evidence(16, None, None, {"green": 104}, 3500)]
        >>> infer_depth(seen).bits
        12
    """
    deep = [one for one in seen if one.depth == 16]
    signed = bool(deep) and not offset_known and min(min(one.darkest.values()) for one in deep) >= SIGNED
    offset = SIGNED if signed else 0
    counts = [one._replace(brightest=one.brightest - offset) for one in deep]
    known = {bits for one in counts if (bits := one.bits or one.recorded) is not None and bits < 16}
    names = " and ".join(map(str, sorted(known)))
    recorded = f"{names}-bit counts in 16-bit files (from metadata or collection.yaml)" if known else ""
    bits, inferred = _depth(counts, known, unit)
    floor = None if unit == "cell" else _floor(seen, bits)  # a cell may fill its image
    unrecorded = any(one.bits is None and one.recorded is None for one in counts)
    guessed = signed or (unrecorded and bits is not None and bits < 16)
    return Depth(bits, offset, recorded, inferred, _signed() if signed else floor, guessed)


def combine_depths(depths: Mapping[str, Depth]) -> Depth:
    """Combine the depths of several sources, by name; their sentences then name the source."""
    if list(depths) == [""]:
        return depths[""]
    notes = tuple(f"{source}: {text}" for source, one in depths.items() for text in one.notes)
    return Depth(inferred=notes, floor=next((one.floor for one in depths.values() if one.floor is not None), None))


def high_floor(seen: Iterable[Evidence], bits: int | None = None) -> dict[str, tuple[int, float]]:
    """The channels without dark pixels: their darkest value, and its share of the full scale.

    `bits` are those of fields in 16-bit files without a known depth.
    """
    floors: dict[str, tuple[float, int]] = {}
    for one in seen:
        full = full_value(8 if one.depth == 8 else one.bits or bits or 16)
        for channel, darkest in one.darkest.items():
            floors[channel] = min(floors.get(channel, (2.0, 0)), (darkest / full, darkest))
    return {channel: (darkest, share) for channel, (share, darkest) in floors.items() if share >= HIGH_FLOOR}


def _depth(deep: Sequence[Evidence], known: set[int], unit: Unit) -> tuple[int | None, tuple[str, ...]]:
    """The depth of 16-bit fields without a known one, and notes on how it was found."""
    unrecorded = [one for one in deep if one.bits is None and one.recorded is None]
    recorded = [one for one in deep if one.bits is None and one.recorded is not None]
    notes = _doubted([one for one in recorded if one.recorded == 16], unit)
    bits = max((one.recorded or 0 for one in recorded), default=0)
    if unrecorded:
        inferred, text = _inferred(unrecorded, known, unit)
        notes.append(text)
        bits = max(inferred or 0, bits)
    return bits or None, tuple(filter(None, notes))


def _doubted(recorded_16: Sequence[Evidence], unit: Unit) -> list[str]:
    """Doubt recorded 16 bits: many programs write 16 for all 16-bit files."""
    brightest = max((one.brightest for one in recorded_16), default=0)
    if smallest_depth(brightest) == 16 or brightest < BRIGHT_ENOUGH:
        return []
    bits = smallest_depth(brightest)
    what = f"the metadata say 16 bits, but no pixel of {counted(len(recorded_16), unit)} is above {brightest}"
    return [f"{what}. If these are {bits}-bit counts, write bits: {bits} into collection.yaml next to the images"]


def _inferred(unrecorded: Sequence[Evidence], known: set[int], unit: Unit) -> tuple[int | None, str]:
    """The depth inferred from pixels, and a note on it; "" if it is that of the files, as expected."""
    unrecorded = _without_hot(unrecorded)
    brightest = max(one.brightest for one in unrecorded)
    above = f"no pixel of {counted(len(unrecorded), unit)} is above {brightest}"
    bits, others = smallest_depth(brightest), min(known, default=0)
    if len(known) == 1 and bits <= others:
        return others, f"{above} where metadata give no depth: read as {others}-bit counts, like the others"
    if brightest < BRIGHT_ENOUGH:
        what = f"the files have 16 bits, and {above}: too dark to infer the bits of the camera"
        return None, f"{what}. Write them, such as bits: 12, into collection.yaml next to the images"
    if bits < 16:
        what = f"the files have 16 bits, but {above}: read as {bits}-bit counts{_because(unrecorded, brightest)}"
        return bits, f"{what}. If that is wrong, write bits: 16 into collection.yaml next to the images"
    dim = sum(one.brightest <= _DIM for one in unrecorded)
    if dim < _DIM_SHARE * len(unrecorded):
        return 16, ""
    what = f"{dim} of {counted(len(unrecorded), unit)} have no pixel above {_DIM}, and others have: all read as 16 bits"
    what += _because(unrecorded, brightest)
    return 16, f"{what}. If they come from different cameras, open them as separate collections"


def _without_hot(seen: Sequence[Evidence]) -> Sequence[Evidence]:
    """Leave out the few fields in which only single pixels need a larger depth than all other fields."""
    largest = smallest_depth(max(one.brightest for one in seen))
    hot = [one for one in seen if smallest_depth(one.brightest) == largest and one.above <= _HOT]
    others = [one for one in seen if one not in hot]
    few = len(hot) <= max(1, _HOT_SHARE * len(seen)) and len(seen) >= _SEVERAL
    brightest = max((one.brightest for one in others), default=0)
    return others if few and brightest >= BRIGHT_ENOUGH and smallest_depth(brightest) < largest else seen


def _because(seen: Sequence[Evidence], brightest: int) -> str:
    """A remark if only a few pixels, which may be hot, determine the depth."""
    smaller = max((bits for bits in DEPTHS if full_value(bits) < brightest), default=0)
    pixels = sum(one.above for one in seen if one.brightest > full_value(smaller))
    if not 0 < pixels <= _HOT * len(seen):
        return ""
    return f", because of {counted(pixels, 'pixel')} above {full_value(smaller)}"


def _signed() -> CellocateError:
    what = f"no pixel is darker than {SIGNED}: signed 16-bit numbers were saved as unsigned ones, as ScanR does"
    yaml = "write camera_offset: 0 into collection.yaml next to the images"
    mend = f"cellocate subtracts {SIGNED} from every pixel. If that is wrong, {yaml}."
    return CellocateError(what, mend=mend)


def _floor(seen: Sequence[Evidence], bits: int | None) -> CellocateError | None:
    high = high_floor(seen, bits)
    if not high:
        return None
    darkest, share = min(high.values())
    what = f"no pixel of {', '.join(high)} is darker than {darkest}, {share:.0%} of the full scale"
    mend = f"If the camera added that to every pixel, write camera_offset: {darkest} into collection.yaml next to the "
    mend += "images; then it is subtracted."
    return CellocateError(what, mend=mend)
