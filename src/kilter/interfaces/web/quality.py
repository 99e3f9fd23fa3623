"""Every test of one device on one page: its state, its trends with limits, and what its history draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.records.models import Record
from kilter.department.records.quality import Evidence, Part, Tested, Trend, evidence, tested
from kilter.department.status import queries as status
from kilter.interfaces.web.figures import trend_figure
from kilter.interfaces.web.page import show, signed_in, table
from kilter.measure.history import History, histories
from kilter.measure.registry import entries
from kilter.measure.rounding import quantity
from kilter.measure.words import label, title, verdict_word

COLUMNS = ("Test", "Newest", "When", "Signed by", "Records")


@require_GET
@signed_in
def page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show how the tests of a device stand and develop."""
    found = equipment.device_by_uuid(uuid)
    now = status.of(found)
    tests = tested(found)
    return show(
        request,
        "quality.html",
        title=f"Quality control, {found.asset}",
        heading="Quality control",
        device={"name": str(found.model), "asset": found.asset, "href": f"/devices/{found.uuid}/"},
        status={"name": now.state, "reasons": [{"text": reason.text} for reason in now.reasons]},
        tests=table([_row(one) for one in tests], "No test with readings has been signed yet.", *COLUMNS),
        parts=[_part(found, one, number) for number, one in enumerate(tests)],
    )


def _name(procedure: str) -> str:
    entry = entries().get(procedure)
    return title(entry) if entry else procedure


def _row(one: Tested) -> list[Any]:
    word = verdict_word(one.procedure.partition(".")[0], one.newest.verdict)
    return [
        {"text": _name(one.procedure), "href": f"/records/{one.newest.uuid}/"},
        {"verdict": one.newest.verdict, "word": word},
        {"at": one.newest.performed_at},
        one.newest.person.display_name,
        str(one.records),
    ]


def _part(device: Device, one: Tested, number: int) -> dict[str, Any]:
    """Give one test: of the device as a whole, or of each part of it that its files tell apart."""
    history = histories().get(one.procedure)
    kept = evidence(device, one.procedure, history) if history else None
    parts = kept.parts if kept else ()
    named: Sequence[Part | None] = parts if len(parts) > 1 else [next(iter(parts), None)]
    return {
        "heading": _name(one.procedure),
        "lost": _lost(kept) if kept else "",
        "sections": [
            _section(device, one, part, history, f"{number}-{at}", apart=len(parts) > 1)
            for at, part in enumerate(named)
        ],
    }


def _lost(kept: Evidence) -> str:
    words = []
    if kept.lost:
        words.append(f"{kept.lost} stored files cannot be read and are not drawn.")
    if kept.waiting:
        words.append(f"{kept.waiting} older files are not looked at yet; open the page again to see them.")
    return " ".join(words)


def _section(
    device: Device, one: Tested, part: Part | None, history: History | None, name: str, *, apart: bool
) -> dict[str, Any]:
    """Give the maps, the trend of every result with a limit, and the rest as a table.

    Where parts are told apart, only readings of the part are drawn.
    """
    maps = history.draw(part.past) if history and part else ()
    trends = [_of_part(trend, part) for trend in one.trends] if part and apart else one.trends
    known = [trend for trend in trends if trend.readings]
    heading = (part.name or history.untold) if part and history and (apart or part.name) else ""
    return {
        "heading": heading,
        "caption": f"{_name(one.procedure)}{': ' if heading else ''}{heading}",
        "newest": _newest(part.newest) if part and apart else None,
        "maps": [
            {"id": f"map-{name}-{at}", "title": made.title, "alt": made.alt, "spec": dict(made.spec)}
            for at, made in enumerate(maps)
        ],
        "figures": [
            _figure(device, one, trend, f"trend-{name}-{at}")
            for at, trend in enumerate(trend for trend in known if trend.limits)
        ],
        "others": table(
            [_other(device, one, trend) for trend in known if not trend.limits],
            "Every result has a limit.",
            "Result without a limit",
            "Newest",
            "Readings",
        ),
    }


def _of_part(trend: Trend, part: Part) -> Trend:
    return replace(trend, readings=tuple(row for row in trend.readings if row.record_id in part.records))


def _newest(record: Record) -> dict[str, Any]:
    """Give how the newest result of a part was judged."""
    word = verdict_word(record.procedure.partition(".")[0], record.verdict)
    return {
        "verdict": record.verdict,
        "word": word,
        "at": record.performed_at,
        "href": f"/records/{record.uuid}/",
    }


def _label(one: Tested, trend: Trend) -> str:
    entry = entries().get(one.procedure)
    return label(entry, trend.result) if entry else trend.result


def _address(device: Device, one: Tested, trend: Trend) -> str:
    return f"/devices/{device.uuid}/trend/{one.procedure}/{trend.result}/"


def _figure(device: Device, one: Tested, trend: Trend, name: str) -> dict[str, Any]:
    made = trend_figure(name, _label(one, trend), trend.readings, trend.limits)
    return {**made, "href": _address(device, one, trend)}


def _other(device: Device, one: Tested, trend: Trend) -> list[Any]:
    newest = trend.readings[-1]
    return [
        {"text": _label(one, trend), "href": _address(device, one, trend)},
        quantity(newest.value, newest.unit, newest.u),
        str(len(trend.readings)),
    ]
