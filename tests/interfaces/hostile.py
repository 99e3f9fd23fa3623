"""Hostile inputs by the thousand, the same for a seed: texts, JSON values, and DICOM that lies."""

from __future__ import annotations

import json
import random
import struct
from functools import cache
from typing import Any

from kilter.measure.reference_object import make
from kilter.measure.registry import entries

NAMES = ("reading", "test_lead", "arrangement", "current", "method", "equipment_class", "part_type", "path")
NAMES += (
    "mains_voltage",
    "nominal_voltage",
    "flood",
    "binning",
    "",
    "__class__",
    "reading ",
    "READING",
    "a.b",
)
NUMBERS = (
    "0.1", "1", "-1", "1e308", "1e309", "-1e999", "1e-400", "nan", "NaN", "inf", "-Infinity",
    "0x1F", "1_000",
    "1,5", "1'000", "٣", "１２", "½", "1e", "--1", "+-3", "1e5e5", "0" * 5000, "9" * 5000,
    "1" + "." * 40, "",
)  # fmt: skip
UNITS = (
    "",
    "ohm",
    "mohm",
    "Mohm",
    "\u03a9",
    "\u2126",
    "V",
    "Sv",
    "Gy",
    "OHM",
    "%",
    "\x00",
    "ohm;drop",
    "{}",
    "ohm" * 999,
)
TEXTS = (
    "\x00", "\ud800", "\udcff", "\u202e", "\r\n", "a" * 100_000, "../../etc/passwd", "@/etc/shadow",
    "@/dev/zero",
    "@" + "x" * 5000, "@\x00", "@/proc/self/mem", "@.", "@", "{{7*7}}", "'; DROP TABLE people_person; --",
    "<script>alert(1)</script>", "%s%s%n", "$(id)", "=1+1", "with_cord", "direct", "I", "BF", "nema",
    "yes", "null",
)  # fmt: skip
FLAGS = (
    "--json",
    "--u",
    "--context",
    "--rule",
    "--limits",
    "--nonsense",
    "--",
    "-",
    "--json=1",
    "--u=",
    "-h9",
)
KEYS = (
    "",
    "x",
    "medical_engineering",
    "medical_engineering.",
    "..",
    "os.system",
    "medical_engineering.protective_eart",
)


def text(dice: random.Random) -> str:
    """One hostile text."""
    kind = dice.randrange(5)
    if kind == 0:
        return dice.choice(TEXTS)
    if kind == 1:
        return "".join(
            chr(dice.choice((dice.randrange(128), dice.randrange(0x110000))))
            for _ in range(dice.randrange(12))
        )
    return dice.choice(NUMBERS) + dice.choice(UNITS)


def value(dice: random.Random, depth: int = 0) -> Any:
    """One hostile JSON value."""
    kind = dice.randrange(11 if depth < 3 else 7)
    if kind < 3:
        return text(dice)
    if kind == 3:
        return dice.choice((None, True, False, 0, -1, 10**400, -0.0, 5e-324))
    if kind < 7:
        return dice.choice((0.1, 1e308, -1e308, dice.uniform(-1, 1), dice.randrange(-5, 500)))
    if kind < 9:
        return {
            dice.choice(("value", "unit", "u", text(dice))): value(dice, depth + 1)
            for _ in range(dice.randrange(4))
        }
    return [value(dice, depth + 1) for _ in range(dice.randrange(4))]


def key(dice: random.Random) -> str:
    """A procedure's key, real four times out of five."""
    return dice.choice(sorted(entries())) if dice.random() < 0.8 else dice.choice((*KEYS, text(dice)))


def command(dice: random.Random) -> list[str]:
    """One hostile command line."""
    words = ["run", key(dice)]
    words += [f"{dice.choice(NAMES)}={text(dice)}" for _ in range(dice.randrange(5))]
    for _ in range(dice.randrange(3)):
        words.insert(dice.randrange(1, len(words) + 1), dice.choice(FLAGS))
        if dice.random() < 0.5:
            words.append(text(dice))
    if dice.random() < 0.1:
        words[0] = dice.choice(("show", "procedures", "reference-object", text(dice)))
    return words


def body(dice: random.Random) -> bytes:
    """One hostile JSON body, sometimes cut short or overwritten."""
    asked: dict[str, Any] = {"inputs": {dice.choice(NAMES): value(dice) for _ in range(dice.randrange(4))}}
    for name in ("context", "rule", "device", "extra", "\ud800"):
        if dice.random() < 0.15:
            asked[name] = value(dice)
    if dice.random() < 0.1:
        return json.dumps(value(dice)).encode()
    content = bytearray(json.dumps(asked).encode())
    if dice.random() < 0.2:
        content = content[: dice.randrange(len(content))]
    if dice.random() < 0.1 and content:
        content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content)


@cache
def _flood() -> bytes:
    return make("flood", "none", 0).file.content


# Rows, columns, frames, bits, pixel representation, samples, spacing, pixel data: what a file can lie about.
_TAGS = (
    (0x28, 0x10),
    (0x28, 0x11),
    (0x28, 0x8),
    (0x28, 0x100),
    (0x28, 0x103),
    (0x28, 0x2),
    (0x28, 0x30),
    (0x7FE0, 0x10),
)


def dicom(dice: random.Random) -> bytes:
    """A DICOM file that is cut short, overwritten, or lies about itself."""
    content = bytearray(_flood())
    for _ in range(dice.randrange(1, 4)):
        kind = dice.randrange(5)
        if kind == 0:
            content = content[: dice.randrange(len(content) + 1)]
        elif kind == 1 and content:
            for _ in range(dice.randrange(1, 30)):
                content[dice.randrange(min(len(content), 2000))] = dice.randrange(256)
        elif kind == 2:
            content[: dice.randrange(1, 200)] = dice.randbytes(dice.randrange(200))
        else:
            _lie(content, dice)
    return bytes(content)


def _lie(content: bytearray, dice: random.Random) -> None:
    """Change the length or the value of one element."""
    place = content.find(struct.pack("<HH", *dice.choice(_TAGS)))
    if place < 0 or place + 12 > len(content):
        return
    if dice.random() < 0.5:
        content[place + 6 : place + 8] = struct.pack("<H", dice.choice((0, 1, 3, 0xFFFE, 0xFFFF)))
    else:
        content[place + 8 : place + 10] = struct.pack("<H", dice.choice((0, 1, 7, 255, 65535)))
