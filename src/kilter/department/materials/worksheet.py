"""The worksheet of a batch: purification, cell labelling, environment, operator; read and sealed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kilter.department.ledger.texts import text
from kilter.department.materials.figures import number
from kilter.measure.error import BadInput, Conflict

TEXT, PERCENT, ANSWER, DAY, NUMBER = "text", "percent", "answer", "day", "number"
FIELDS: dict[str, dict[str, str]] = {
    "purification": {"method": TEXT, "yield": PERCENT, "filter_integrity": ANSWER, "filter_pressure": NUMBER},
    "cell_labelling": {
        "cells": TEXT,
        "efficiency": PERCENT,
        "viability": PERCENT,
        "identity_checked": ANSWER,
    },
    "environment": {
        "workstation": TEXT,
        "pressure": NUMBER,
        "particles": ANSWER,
        "settle_plate": TEXT,
        "finger_plate": TEXT,
    },
    "operator": {"validated_until": DAY, "validation": TEXT},
}
"""Parts of a worksheet and what each field is; filter pressure in kPa, room pressure in Pa."""

KEPT = (("purification", "yield"), ("cell_labelling", "efficiency"))
"""Fields that say which share of the activity the batch keeps."""

FAILS = (("purification", "filter_integrity"), ("cell_labelling", "identity_checked"))
"""Answers of which `failed` rejects the batch."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """What was read: the parts as they are sealed, and what follows from them."""

    document: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def share_kept(self) -> float:
        """The share of the activity that the batch keeps."""
        share = 1.0
        for part, name in KEPT:
            share *= self.document.get(part, {}).get(name, 100.0) / 100.0
        return share

    @property
    def failed(self) -> bool:
        """Whether the worksheet itself rejects the batch."""
        return any(self.document.get(part, {}).get(name) == "failed" for part, name in FAILS)


def read_worksheet(given: Mapping[str, Any] | None, at: datetime) -> Worksheet:
    """Read a worksheet.

    Args:
        given: by part and field; what is empty is left out.
        at: when the batch was prepared.

    Raises:
        BadInput: an unknown part or field, or a value that cannot be read.
        Conflict: the operator's validation had lapsed.
    """
    found: dict[str, dict[str, Any]] = {}
    for part, fields in (given or {}).items():
        if part not in FIELDS or not isinstance(fields, Mapping):
            raise BadInput(f"a worksheet has no part {str(part)[:40]!r}", field="worksheet")
        read = {name: _read(part, name, value) for name, value in fields.items() if value not in ("", None)}
        if read:
            found[part] = read
    until = found.get("operator", {}).get("validated_until")
    if until is not None and date.fromisoformat(until) < at.date():
        message = f"the operator's validation lapsed on {until}"
        raise Conflict(message, field="worksheet.operator.validated_until")
    return Worksheet(found)


def _read(part: str, name: str, value: object) -> Any:
    where = f"worksheet.{part}.{name}"
    kind = FIELDS[part].get(str(name))
    if kind is None:
        raise BadInput(f"a worksheet has no field {part}.{str(name)[:40]}", field="worksheet")
    if kind == TEXT:
        return text(where, value, most=200)
    if kind == NUMBER:
        return number(where, value)
    if kind == PERCENT:
        return number(where, value, above=0.0, most=100.0)
    if kind == ANSWER:
        if value not in ("passed", "failed"):
            raise BadInput(f"{where}: must be passed or failed", field=where)
        return value
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise BadInput(f"{where}: must be a day such as 2027-01-31", field=where) from None
