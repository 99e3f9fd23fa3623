"""Today: what is due, overdue, failed, expiring, and waiting for me."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.equipment.models import Certificate, Device
from kilter.department.intake import arrivals
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.people.queries import expiring as expiring_authorisations
from kilter.department.records import queries as records
from kilter.department.records.models import Draft
from kilter.department.safety import queries as safety
from kilter.department.schedule import queries as schedule
from kilter.department.schedule.models import Due
from kilter.department.status import queries as status
from kilter.department.work import downtimes
from kilter.department.work import queries as work
from kilter.interfaces.web.downtimes import span_words, state_of
from kilter.interfaces.web.page import person_of, show, signed_in, table

SOON = timedelta(days=30)
SHOWN = 25
DOWN_WITHIN = timedelta(days=14)


def device_cell(device: Device) -> dict[str, Any]:
    """Give a device as the first cell of a row."""
    place = device.location.name if device.location else "no place"
    return {"text": f"{device.model} {device.asset}", "href": f"/devices/{device.uuid}/", "sub": place}


def due_rows(dues: list[Due]) -> list[list[Any]]:
    """Give what is due as rows: device, test, state, day."""
    today = schedule.today()
    rows = []
    for due in dues:
        test = {
            "text": status.protocol_title(due.protocol),
            "href": f"/devices/{due.device.uuid}/test/{due.protocol}/",
        }
        if due.deferred_until:
            test["sub"] = f"deferred until {due.deferred_until.isoformat()}"
        elif due.restart:
            test["sub"] = "fell due while it was out of service"
        rows.append([device_cell(due.device), test, due_state(due, today), due.due.isoformat()])
    return rows


def due_state(due: Due, today: date) -> dict[str, str]:
    """Give in a word how a due stands today, with the verdict that colours it."""
    if due.suspended:
        return {"verdict": "recorded", "word": "suspended while out of service"}
    late, days = (today - due.closes).days, (today - due.due).days
    if late > 0:
        return {
            "verdict": "suspension" if due.withdraw_when_overdue else "remedial",
            "word": f"overdue {days} d",
        }
    if days > 0:
        return {"verdict": "recorded", "word": f"due since {days} d, until {due.closes.isoformat()}"}
    return {"verdict": "recorded", "word": "due today" if days == 0 else f"due in {-days} d"}


def _waiting(person: Person) -> list[list[Any]]:
    rows: list[list[Any]] = []
    rights = activities_of(person)
    for draft in records.open_drafts(owner=person)[:SHOWN]:
        word = f"{(draft.asked and 'You were asked for help: ' + draft.question) or 'Your draft'}"
        rows.append([_draft_cell(draft), word, {"at": draft.saved_at}])
    for record in records.to_countersign(most=SHOWN):
        if record.person_id != person.pk and record.device is not None:
            cell = {
                "text": f"{record.device.asset}: record {record.number}",
                "href": f"/records/{record.uuid}/",
            }
            rows.append([cell, f"To countersign; signed by {record.person}", {"at": record.sealed_at}])
    for record in records.to_review(most=SHOWN):
        device = f", {record.device.asset}" if record.device else ""
        cell = {"text": f"Record {record.number}{device}", "href": f"/records/{record.uuid}/"}
        rows.append([cell, f"To review: the glass was broken by {record.person}", {"at": record.sealed_at}])
    if "work.acknowledge_downtime" in activities_of(person):
        for one in downtimes.ahead(most=SHOWN):
            if one.acknowledged_at is None and one.booked_by_id != person.pk:
                cell = {"text": str(one.device), "href": f"/downtime/{one.uuid}/acknowledge/"}
                rows.append([cell, f"Planned downtime to acknowledge: {one.reason}", {"at": one.booked_at}])
    for alert in safety.waiting_alerts(most=SHOWN) if "safety.acknowledge_alert" in rights else ():
        word = "Safety alert to acknowledge" if alert.acknowledged_at is None else "Say what it is about"
        cell = {"text": str(alert), "href": f"/safety/alerts/{alert.uuid}/"}
        rows.append([cell, word, {"at": alert.received_at}])
    return rows


def _draft_cell(draft: Draft) -> dict[str, Any]:
    title = status.protocol_title(draft.protocol)
    return {
        "text": f"{title}, {draft.device.asset}",
        "href": f"/drafts/{draft.uuid}/",
        "sub": str(draft.device.model),
    }


def _expiring() -> list[list[Any]]:
    now = clock.now()
    rows: list[list[Any]] = []
    certificates = Certificate.objects.filter(
        valid_until__gt=now, valid_until__lt=now + SOON, withdrawn_at=None
    )
    for one in certificates.select_related("device__model").order_by("valid_until")[:SHOWN]:
        cell = {
            "text": f"Certificate {one.number} of {one.device.asset}",
            "href": f"/devices/{one.device.uuid}/",
        }
        rows.append([cell, {"at": one.valid_until}])
    for right in expiring_authorisations(now + SOON)[:SHOWN]:
        cell = {"text": f"Authorisation of {right.person}", "href": f"/people/{right.person.uuid}/"}
        rows.append([cell, {"at": right.valid_until}])
    return rows


def _failed() -> list[list[Any]]:
    rows: list[list[Any]] = []
    for job in work.open_jobs(most=SHOWN):
        verdict = "suspension" if job.kind == "failed_test" else "remedial"
        cell = {"text": job.text, "href": f"/work/{job.uuid}/"}
        rows.append(
            [
                device_cell(job.device),
                cell,
                {"verdict": verdict, "word": job.get_kind_display()},
                {"at": job.opened_at},
            ]
        )
    return rows


def _downtime() -> list[list[Any]]:
    """Give the downtime of the coming days, the nearest first."""
    end = clock.now() + DOWN_WITHIN
    return [
        [device_cell(one.device), one.reason, *span_words(one), state_of(one)]
        for one in downtimes.ahead(most=SHOWN)
        if one.starts < end
    ]


def _arrived(person: Person) -> list[dict[str, Any]]:
    """Count the images that arrived, where some wait and the person may start a test with one."""
    if "intake.start_arrival" not in activities_of(person):
        return []
    number = arrivals.lines_waiting()
    tile = {"word": "images arrived", "number": number, "href": "/arrived/", "tone": "plain"}
    return [tile] if number else []


@require_GET
@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """Show the day."""
    person = person_of(request)
    overdue, due = schedule.counts()
    by_status = status.counts()
    waiting, expiring = _waiting(person), _expiring()
    held = by_status.get("out_of_use", 0) + by_status.get("quarantined", 0)
    counts = [
        {
            "word": "overdue",
            "number": overdue,
            "href": "/schedule/?late=1",
            "tone": "bad" if overdue else "good",
        },
        {"word": "due", "number": due, "href": "/schedule/", "tone": "warn" if due else "good"},
        {
            "word": "out of use",
            "number": held,
            "href": "/search/?status=out_of_use",
            "tone": "bad" if held else "good",
        },
        {"word": "open jobs", "number": work.count_open(), "href": "/work/", "tone": "plain"},
        {
            "word": "expiring",
            "number": len(expiring),
            "href": "#expiring",
            "tone": "warn" if expiring else "good",
        },
        {"word": "waiting for me", "number": len(waiting), "href": "#waiting", "tone": "plain"},
        *_arrived(person),
    ]
    return show(
        request,
        "today.html",
        title="Today",
        counts=counts,
        waiting=table(waiting, "Nothing waits for you.", "What", "Why", "Since"),
        failed=table(_failed(), "No job is open.", "Device", "What", "State", "Since"),
        due=table(
            due_rows(schedule.due_now(most=SHOWN)), "Nothing is due.", "Device", "Test", "State", "Due"
        ),
        downtime=table(
            _downtime(),
            "No downtime is planned in the next 14 days.",
            "Device",
            "Why",
            "From",
            "Until",
            "State",
        ),
        expiring=table(expiring, "Nothing expires in the next 30 days.", "What", "When"),
    )
