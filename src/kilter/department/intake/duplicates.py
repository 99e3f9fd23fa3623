"""What may be the same device or model twice: found and said, never decided."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.intake.testers import chunks
from kilter.department.ledger.texts import as_key

NEAR = 0.86
"""Share of letters in common from which two spellings are called near; found by trying makers' names."""
SHORTEST = 4
"""A number such as `GP2` is one letter from `GP3` and means another model: short names are not compared."""


def spelling(text: str) -> str:
    """Give a name without what people write differently: case, accents, spaces, dashes, dots."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^0-9a-z]", "", plain)


def near(name: str, known: Iterable[str]) -> str:
    """Give the known name that is written nearly like this one, "" where none is or it is known itself.

    Names that differ in a digit are different models and are not near.
    """
    known = list(known)
    if name in known:
        return ""
    own = spelling(name)
    for other in known:
        theirs = spelling(other)
        if own and own == theirs:
            return other
        if min(len(own), len(theirs)) < SHORTEST or re.findall(r"\d+", own) != re.findall(r"\d+", theirs):
            continue
        if difflib.SequenceMatcher(None, own, theirs).ratio() >= NEAR:
            return other
    return ""


def near_spellings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which makers and models of a sheet are nearly written like one of the register. One query."""
    known: dict[str, list[str]] = {}
    for maker, name in DeviceModel.objects.order_by("maker", "name").values_list("maker", "name"):
        known.setdefault(maker, []).append(name)
    said: dict[str, None] = {}
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        first.setdefault((row["maker"], row["model"]), row["row"])
    for (maker, model), number in first.items():
        close = near(maker, known)
        if close:
            said[f"row {number}: the maker {maker!r} is nearly {close!r} of the register"] = None
        close_model = near(model, known.get(close or maker, ()))
        if close_model:
            said[f"row {number}: the model {model!r} is nearly {close_model!r} of {close or maker}"] = None
    return list(said)


def same_serials(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which rows have the maker and serial of a device of the register."""
    wanted = {as_key(row["serial"]): row for row in rows if row.get("serial")}
    said = []
    for chunk in chunks(sorted(wanted)):
        found = Device.objects.filter(serial_key__in=chunk).values_list("serial_key", "model__maker", "asset")
        for serial, maker, asset in found:
            row = wanted[serial]
            if spelling(maker) == spelling(row["maker"]) and as_key(asset) != as_key(row["asset"]):
                said.append(f"row {row['row']}: {asset} has the same maker and serial {serial}")
    return said
