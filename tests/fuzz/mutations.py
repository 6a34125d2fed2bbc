"""Damage to files, drawn from a seed: of bytes, and of the words and lines of texts."""

from __future__ import annotations

import re
from random import Random

_WORDS = re.compile(rb"[A-Za-z_]+|-?\d+(?:\.\d+)?|[^\sA-Za-z_\d]|\s+")
_BYTES = [b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", *(bytes([c]) for c in b"\"';,|[]{}~/\\=")]
_NUMBERS = [b"-1", b"0", b"00", b"1.5", b"1,5", b"1e999", b"99999999999999999999", b"NaN", b"inf", b"true", b"null"]
_LETTERS = [letter.encode() for letter in ("é", "e\u0301", "µ", "μ", "−", "\u202e", "名", "..", "::z=max")]
_ODD = [*_BYTES, *_NUMBERS, *_LETTERS]


def damaged(content: bytes, random: Random) -> bytes:
    """The content of a file after one to four damages."""
    for _ in range(random.choice([1, 1, 1, 2, 3, 4])):
        content = random.choice([_flipped, _cut, _inserted, _moved, _word, _word, _line, _recoded])(content, random)
    return content


def _flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice([1, 2, 8])):
        if changed:
            changed[_place(changed, random)] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
    return bytes(changed)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)] if random.random() < 0.5 else content[_place(content, random) :]


def _inserted(content: bytes, random: Random) -> bytes:
    at = _place(content, random)
    return content[:at] + random.choice([*_ODD, random.randbytes(random.choice([1, 4, 64]))]) + content[at:]


def _moved(content: bytes, random: Random) -> bytes:
    start, end = sorted((_place(content, random), _place(content, random)))
    end = min(end, start + 256)
    at = _place(content, random)
    return content[:at] + content[start:end] + content[at + random.choice([0, end - start]) :]


def _word(content: bytes, random: Random) -> bytes:
    """A word of the text in another's place, twice, missing, or something odd."""
    words = _WORDS.findall(content[:4096])
    if not words:
        return content
    at = random.randrange(len(words))
    words[at] = random.choice([b"", words[at] * 2, random.choice(words), *(random.choice(_ODD) for _ in range(3))])
    return b"".join(words) + content[4096:]


def _line(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    at = random.randrange(len(lines))
    return b"".join([*lines[:at], *random.choice([[], [lines[at]] * 2, [b"\r\n", lines[at]]]), *lines[at + 1 :]])


def _recoded(content: bytes, random: Random) -> bytes:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return text.encode(random.choice(["utf-16", "utf-8-sig", "latin-1", "utf-16-le"]), errors="replace")


def _place(content: bytes | bytearray, random: Random) -> int:
    """A place in the content, as often near its start, where headers are, as anywhere."""
    return random.randrange(max(1, min(len(content), random.choice([64, 512, len(content) or 1]))))
