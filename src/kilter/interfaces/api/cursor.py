"""Cursors: where the next page of a list begins, as an opaque text."""

from __future__ import annotations

import base64
import binascii

from kilter.measure.error import BadInput

LONGEST = 400


def encode(place: str) -> str:
    """Write a place as a cursor."""
    return base64.urlsafe_b64encode(place.encode("utf-8", "surrogatepass")).decode("ascii").rstrip("=")


def decode(cursor: str) -> str:
    """Read a cursor; "" is the beginning.

    Raises:
        BadInput: it is none of ours.
    """
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8")
        if "\0" in found:
            raise ValueError
    except (ValueError, binascii.Error):
        raise BadInput("this is no cursor of ours", field="cursor", code="bad_cursor") from None
    return found
