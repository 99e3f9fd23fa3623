"""What protocols are called."""

from __future__ import annotations

from kilter.measure.error import NotFound
from kilter.measure.protocol import protocol


def protocol_title(key: str) -> str:
    """Give a protocol's title; its key where its plug-in is gone."""
    try:
        return protocol(key).title
    except NotFound:
        return key
