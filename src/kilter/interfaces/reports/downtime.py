"""The sheet of a hot lab for a day without Kilter: decay tables of what is at hand, and blank rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kilter.interfaces.reports.typeset import typeset

_TEMPLATE = Path(__file__).with_name("downtime.typ")
A_TABLE = 5
"""Vials that one decay table holds side by side."""

BLANK_ROWS = 18
"""Rows to write in by hand."""


@dataclass(frozen=True, slots=True)
class Product:
    """A vial: label, what it is, its volume, and MBq/mL at each time of the sheet."""

    label: str
    name: str
    volume: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says: whose it is, when it was made, the times of its tables, and what is at hand."""

    site: str
    made: str
    times: Sequence[str]
    products: Sequence[Product]
    cold: Sequence[str]


def downtime_pdf(sheet: Sheet) -> bytes:
    """Print a sheet as a tagged PDF."""
    rows = [
        {"label": one.label, "name": one.name, "volume": one.volume, "cells": list(one.cells)}
        for one in sheet.products
    ]
    content = {
        "site": sheet.site,
        "made": sheet.made,
        "times": list(sheet.times),
        "tables": [rows[first : first + A_TABLE] for first in range(0, len(rows), A_TABLE)],
        "cold": list(sheet.cold),
        "blank": BLANK_ROWS,
    }
    return typeset(_TEMPLATE, content, [], 0)
