"""The first bytes of a DICOM file: how the rest of it is packed, before anything is unpacked."""

from __future__ import annotations

import struct
from dataclasses import dataclass

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"

# Packings by their registered names (PS3.6 annex A), so that a refusal can say what was met.
_NAMES = {
    IMPLICIT_LITTLE: "implicit little endian",
    EXPLICIT_LITTLE: "explicit little endian",
    EXPLICIT_BIG: "explicit big endian",
    RLE: "RLE lossless",
    "1.2.840.10008.1.2.1.99": "deflated explicit little endian",
    "1.2.840.10008.1.2.4.50": "JPEG baseline (lossy)",
    "1.2.840.10008.1.2.4.51": "JPEG extended (lossy)",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless, first-order prediction",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
}
_LONG_LENGTHS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT", b"OV", b"SV", b"UV")
_MOST_ELEMENTS = 64
_FIRST_MOST = 256
"""Longest first element of a bare data set: the group's length, the character set or an identifier."""


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """How a file is packed.

    Attributes:
        uid: its registered identifier.
        name: in words.
        readable: whether it is read here. Lossy packings change counts; a deflated file can unfold
            to any size.
        order: "<" or ">", byte order of the pixels.
    """

    uid: str
    name: str
    readable: bool
    order: str


def transfer_syntax(data: bytes) -> TransferSyntax | None:
    """Find the transfer syntax in the file meta information; None where this is not DICOM.

    Old devices and exports leave out the preamble, or everything before the data set: the latter is
    implicit little endian (PS3.5, section 10.1) unless its first element is typed.
    """
    if len(data) < 140:
        return None
    if data[128:132] == b"DICM":
        return _from_meta(data, 132)
    if data[:2] == b"\2\0":
        return _from_meta(data, 0)
    if data[:2] == b"\10\0" and _value(data, 0)[1] <= _FIRST_MOST and data[4:6].isalpha():
        return _named(EXPLICIT_LITTLE.encode())
    if data[:2] == b"\10\0" and int.from_bytes(data[4:8], "little") <= _FIRST_MOST:
        return _named(IMPLICIT_LITTLE.encode())
    return None


def _from_meta(data: bytes, position: int) -> TransferSyntax | None:
    """Walk the file meta information, which is always explicit little endian."""
    for _ in range(_MOST_ELEMENTS):
        if position + 8 > len(data):
            return None
        group, element = struct.unpack_from("<HH", data, position)
        if group != 2:
            return None
        start, length = _value(data, position)
        if element == 0x0010:
            return _named(data[start : start + min(length, 64)])
        position = start + length
    return None


def _value(data: bytes, position: int) -> tuple[int, int]:
    """Where the value of an explicitly typed element starts, and its length."""
    if data[position + 4 : position + 6] in _LONG_LENGTHS:
        padded = data[position + 8 : position + 12].ljust(4, b"\0")
        return position + 12, int.from_bytes(padded, "little")
    return position + 8, int.from_bytes(data[position + 6 : position + 8], "little")


def _named(value: bytes) -> TransferSyntax:
    """Describe a transfer syntax by its identifier; an unknown one is not read."""
    uid = value.rstrip(b"\0 ").decode("ascii", "replace")
    shown = "".join(c for c in uid if c in "0123456789.")[:64]
    readable = uid in (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, RLE)
    name = _NAMES.get(uid, f"an unknown transfer syntax ({shown or 'no name'})")
    return TransferSyntax(uid, name, readable, ">" if uid == EXPLICIT_BIG else "<")
