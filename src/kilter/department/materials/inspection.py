"""Everything between two dates, for an inspector: movements and tests, each with its sealed record."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from kilter.department.ledger import clock
from kilter.department.materials.models import LotTest, Movement
from kilter.measure.document import instant as instant_text
from kilter.measure.error import BadInput

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""With which a cell begins that a spreadsheet would take for a formula."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the inspector's list; activities in MBq at the instant, volumes in mL."""

    at: str
    what: str
    source: str
    target: str
    product: str
    nuclide: str
    activity_mbq: float
    volume_ml: float
    amount: float
    route: str
    permit: str
    result: str
    by: str
    record: int
    sha256: str


def between(since: datetime, until: datetime) -> list[Entry]:
    """List every movement and test from one instant up to another, in the order of time; two queries.

    Raises:
        BadInput: the second instant is not after the first, or one has no zone.
    """
    first, last = clock.as_instant(since, "since"), clock.as_instant(until, "until")
    if last <= first:
        raise BadInput("until: must lie after the beginning", field="until")
    moves = Movement.objects.filter(at__gte=first, at__lt=last).select_related(
        "from_lot__product", "to_lot__product", "permit", "by", "record"
    )
    tests = LotTest.objects.filter(at__gte=first, at__lt=last).select_related("lot__product", "by", "record")
    found = [(row.at, row.record.number, _moved(row)) for row in moves]
    found += [(row.at, row.record.number, _tested(row)) for row in tests]
    return [entry for _, _, entry in sorted(found, key=lambda one: one[:2])]


def _moved(row: Movement) -> Entry:
    lot = row.from_lot or row.to_lot
    return Entry(
        at=instant_text(row.at),
        what=row.verb.replace("_", " "),
        source=row.from_lot.label if row.from_lot else "",
        target=row.to_lot.label if row.to_lot else "",
        product=lot.product.name if lot is not None and lot.product else "",
        nuclide=row.nuclide,
        activity_mbq=row.activity,
        volume_ml=row.volume,
        amount=row.amount,
        route=row.get_route_display() if row.route else "",
        permit=row.permit.number if row.permit else "",
        result="",
        by=row.by.display_name,
        record=row.record.number,
        sha256=row.record.sha256,
    )


def _tested(row: LotTest) -> Entry:
    return Entry(
        at=instant_text(row.at),
        what=row.test.rpartition(".")[2].replace("_", " "),
        source=row.lot.label,
        target="",
        product=row.lot.product.name if row.lot.product else "",
        nuclide="",
        activity_mbq=0.0,
        volume_ml=0.0,
        amount=0.0,
        route="",
        permit="",
        result="passed" if row.passed else "failed",
        by=row.by.display_name,
        record=row.record.number,
        sha256=row.record.sha256,
    )


def as_csv(entries: list[Entry]) -> bytes:
    """Write the list as CSV in UTF-8, numbers in full; no cell is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(one.name for one in fields(Entry))
    writer.writerows([cell(value) for value in astuple(entry)] for entry in entries)
    return out.getvalue().encode("utf-8")


def cell(value: object) -> object:
    """Give a value as a cell that no spreadsheet takes for a formula; numbers in full."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return repr(value) if isinstance(value, float) else value
