"""What the pixels of fields tell together: the bits of the camera, and what was added to every pixel."""

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
channels. The 100 counts of 4095 that cameras usually add are 2.4%."""
BRIGHT_ENOUGH = 128
"""What the brightest pixel of all fields must reach for their depth to be inferred; less may be nothing but noise."""

_HOT, _HOT_SHARE, _SEVERAL = 10, 0.05, 4  # pixels of a field that may be hot, share of such fields, among how many
_DIM, _DIM_SHARE = full_value(12), 0.2  # fields of a collection of 16 bits that may be of another camera


class Evidence(NamedTuple):
    """What one field tells of its depth.

    Args:
        depth: bits of its files, 8 or 16.
        bits: of the camera, where they are known.
        said: of the camera, by the metadata of the files, where `bits` are not known.
        darkest: smallest value of each channel, by its name; above 0 where few are 0.
        brightest: largest value of all.
        above: pixels that the next smaller depth than that of the brightest could not hold.
    """

    depth: int
    bits: int | None
    said: int | None
    darkest: Mapping[str, int]
    brightest: int
    above: int = 0


@dataclass(frozen=True)
class Depth:
    """What fields tell together.

    Args:
        bits: of the camera, for the fields in 16-bit files of which they were not known; None where nothing tells.
        offset: to subtract from every pixel.
        told: the depth that metadata tell, as a sentence; "" where they tell none, or that of the files.
        inferred: what was inferred or is doubtful of the depth, a sentence each.
        floor: what no pixel is darker than, where that is too much.
        guessed: whether pixels told bits or offset, so that another field may show that they are wrong.
    """

    bits: int | None = None
    offset: int = 0
    told: str = ""
    inferred: tuple[str, ...] = ()
    floor: CellocateError | None = None
    guessed: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the depth."""
        return (self.told, *self.inferred) if self.told else self.inferred

    @property
    def doubts(self) -> tuple[str, ...]:
        """What may be wrong."""
        return self.inferred if self.floor is None else (*self.inferred, str(self.floor).rstrip("."))


def depth_fault(brightest: int, bits: int, offset: int) -> CellocateError | None:
    """Why a field cannot be of the depth that others are of; None where it can.

    Args:
        brightest: its largest value, less the offset.
        bits: of the camera.
        offset: that was subtracted.
    """
    if brightest > full_value(bits):
        return too_bright(brightest, bits)
    if offset and not brightest:
        what = f"no pixel above the {offset} that was subtracted from every pixel, as other fields begin there"
        mend = "Leave it out, or write camera_offset: 0 into collection.yaml beside the images."
        return CellocateError(what, mend=mend)
    return None


def infer_depth(seen: Sequence[Evidence], *, offset_known: bool = False, unit: Unit = "field") -> Depth:
    """What fields tell of their depth, and of what was added to every pixel.

    Args:
        seen: of each field.
        offset_known: whether somebody said what was added, so that ScanR's is not looked for.
        unit: what each is.

    Example:
        >>> seen = [Evidence(16, None, None, {"green": 110}, 900), Evidence(16, None, None, {"green": 104}, 3500)]
        >>> infer_depth(seen).bits
        12
    """
    deep = [one for one in seen if one.depth == 16]
    signed = bool(deep) and not offset_known and min(min(one.darkest.values()) for one in deep) >= SIGNED
    offset = SIGNED if signed else 0
    counts = [one._replace(brightest=one.brightest - offset) for one in deep]
    known = {bits for one in counts if (bits := one.bits or one.said) is not None and bits < 16}
    names = " and ".join(map(str, sorted(known)))
    told = f"{names}-bit counts in 16-bit files (from metadata or collection.yaml)" if known else ""
    bits, inferred = _depth(counts, known, unit)
    floor = None if unit == "cell" else _floor(seen, bits)  # a cell may fill its picture
    silent = any(one.bits is None and one.said is None for one in counts)
    guessed = signed or (silent and bits is not None and bits < 16)
    return Depth(bits, offset, told, inferred, _signed() if signed else floor, guessed)


def as_one(judged: Mapping[str, Depth]) -> Depth:
    """What is known of several sources, as one; each sentence names its source, unless there is but one.

    Args:
        judged: of each source, by its name.
    """
    if list(judged) == [""]:
        return judged[""]
    notes = tuple(f"{source}: {text}" for source, one in judged.items() for text in one.notes)
    return Depth(inferred=notes, floor=next((one.floor for one in judged.values() if one.floor is not None), None))


def high_floor(seen: Iterable[Evidence], bits: int | None = None) -> dict[str, tuple[int, float]]:
    """The channels of which no pixel of any field is dark: what their darkest is, and its share of the full scale.

    Args:
        seen: of each field.
        bits: of the cameras of fields in 16-bit files of which they are not known.
    """
    floors: dict[str, tuple[float, int]] = {}
    for one in seen:
        full = full_value(8 if one.depth == 8 else one.bits or bits or 16)
        for channel, darkest in one.darkest.items():
            floors[channel] = min(floors.get(channel, (2.0, 0)), (darkest / full, darkest))
    return {channel: (darkest, share) for channel, (share, darkest) in floors.items() if share >= HIGH_FLOOR}


def _depth(deep: Sequence[Evidence], known: set[int], unit: Unit) -> tuple[int | None, tuple[str, ...]]:
    """The depth of those of 16-bit fields of which it is not known, and how it was found."""
    silent = [one for one in deep if one.bits is None and one.said is None]
    said = [one for one in deep if one.bits is None and one.said is not None]
    notes = _doubted([one for one in said if one.said == 16], unit)
    bits = max((one.said or 0 for one in said), default=0)
    if silent:
        inferred, text = _inferred(silent, known, unit)
        notes.append(text)
        bits = max(inferred or 0, bits)
    return bits or None, tuple(filter(None, notes))


def _doubted(said_16: Sequence[Evidence], unit: Unit) -> list[str]:
    """Many programs write 16 bits of significance wherever files have 16."""
    brightest = max((one.brightest for one in said_16), default=0)
    if smallest_depth(brightest) == 16 or brightest < BRIGHT_ENOUGH:
        return []
    bits = smallest_depth(brightest)
    what = f"the metadata say 16 bits, but no pixel of {counted(len(said_16), unit)} is above {brightest}"
    return [f"{what}. If these are {bits}-bit counts, write bits: {bits} into collection.yaml beside the images"]


def _inferred(silent: Sequence[Evidence], known: set[int], unit: Unit) -> tuple[int | None, str]:
    """The depth that the pixels of fields tell, and how; "" where it is that of the files, as one would expect."""
    silent = _without_hot(silent)
    brightest = max(one.brightest for one in silent)
    above = f"no pixel of {counted(len(silent), unit)} is above {brightest}"
    bits, others = smallest_depth(brightest), min(known, default=0)
    if len(known) == 1 and bits <= others:
        return others, f"{above} where metadata say nothing: read as {others}-bit counts, as the others are"
    if brightest < BRIGHT_ENOUGH:
        what = f"the files have 16 bits, and {above}: too dark to tell how many bits the camera has"
        return None, f"{what}. Write them, such as bits: 12, into collection.yaml beside the images"
    if bits < 16:
        what = f"the files have 16 bits, but {above}: read as {bits}-bit counts{_because(silent, brightest)}"
        return bits, f"{what}. If that is wrong, write bits: 16 into collection.yaml beside the images"
    dim = sum(one.brightest <= _DIM for one in silent)
    if dim < _DIM_SHARE * len(silent):
        return 16, ""
    what = f"{dim} of {counted(len(silent), unit)} have no pixel above {_DIM}, and others have: all read as 16 bits"
    what += _because(silent, brightest)
    return 16, f"{what}. If they are of different cameras, open them as collections of their own"


def _without_hot(silent: Sequence[Evidence]) -> Sequence[Evidence]:
    """The fields but for the few, in which single pixels alone are of a larger depth than all others."""
    most = smallest_depth(max(one.brightest for one in silent))
    hot = [one for one in silent if smallest_depth(one.brightest) == most and one.above <= _HOT]
    others = [one for one in silent if one not in hot]
    few = len(hot) <= max(1, _HOT_SHARE * len(silent)) and len(silent) >= _SEVERAL
    brightest = max((one.brightest for one in others), default=0)
    return others if few and brightest >= BRIGHT_ENOUGH and smallest_depth(brightest) < most else silent


def _because(silent: Sequence[Evidence], brightest: int) -> str:
    """A word on single pixels that make the depth what it is: they may be hot ones."""
    smaller = max((bits for bits in DEPTHS if full_value(bits) < brightest), default=0)
    pixels = sum(one.above for one in silent if one.brightest > full_value(smaller))
    if not 0 < pixels <= _HOT * len(silent):
        return ""
    return f", because of {counted(pixels, 'pixel')} above {full_value(smaller)}"


def _signed() -> CellocateError:
    what = f"no pixel is darker than {SIGNED}: signed numbers of 16 bits were saved as unsigned ones, as ScanR does"
    yaml = "write camera_offset: 0 into collection.yaml beside the images"
    mend = f"cellocate subtracts {SIGNED} from every pixel. If that is wrong, {yaml}."
    return CellocateError(what, mend=mend)


def _floor(seen: Sequence[Evidence], bits: int | None) -> CellocateError | None:
    high = high_floor(seen, bits)
    if not high:
        return None
    darkest, share = min(high.values())
    what = f"no pixel of {', '.join(high)} is darker than {darkest}, {share:.0%} of the full scale"
    yaml = f"camera_offset: {darkest} into collection.yaml beside the images"
    mend = f"If a camera added that to every pixel, write {yaml}, and it is subtracted."
    return CellocateError(what, mend=mend)
