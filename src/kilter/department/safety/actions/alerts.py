"""An alert from its receipt to its end: entered, confirmed, acknowledged, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count

from kilter.department.equipment.fields import choice, read_day
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import as_key
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.safety.criteria import FIELDS, read_criteria
from kilter.department.safety.models import Alert, AlertDevice, AlertEvent
from kilter.department.safety.register import LOST, match_again, open_devices, unname
from kilter.department.safety.workdays import acknowledge_by
from kilter.measure.error import BadInput, Conflict, NotPermitted

TEXT_MOST = 50_000
NAMED_MOST = 5
"""Devices that a refusal names."""


@action("safety.add_alert")
def add_alert(
    *,
    by: Person,
    reference: str,
    source: str,
    title: str,
    issued: date | str,
    text: str = "",
    action_by: date | str | None = None,
    proposed: Mapping[str, Sequence[str]] | None = None,
    file: StoredFile | None = None,
) -> Alert:
    """Enter an alert. No device is matched before a person has confirmed what it is about.

    Args:
        by: the acting person.
        reference: its number, such as `NatPSA/2024/001/MHRA`.
        source: one of `Alert.Source`.
        title: what it is called.
        issued: the day on which it was issued; the clock for the acknowledgement runs from it.
        text: its wording, where it was pasted or came as a file.
        action_by: the day by which its actions are to be complete, where it names one.
        proposed: criteria as read from its wording, lists of texts under `criteria.FIELDS`.
        file: the file it came as.

    Raises:
        BadInput: a field is missing or wrong, or it was issued in the future.
        Conflict: it is entered already, or this very file was.
    """
    reference = read_text("reference", reference, most=80, needed=True)
    day, end = _day("issued", issued), read_day("action_by", action_by)
    if end is not None and end < day:
        raise BadInput("action_by: lies before the day of issue", field="action_by")
    kind = choice("source", source, Alert.Source)
    if Alert.objects.filter(source=kind, reference_key=as_key(reference)).exists():
        raise Conflict(f"{reference} is entered already", field="reference")
    if file is not None and Alert.objects.filter(file=file).exists():
        raise Conflict("this file was received before", field="file")
    row = Alert.objects.create(
        reference=reference,
        reference_key=as_key(reference),
        source=kind,
        title=read_text("title", title, most=300, needed=True),
        text=read_text("text", text, most=TEXT_MOST),
        issued=day,
        action_by=end,
        acknowledge_by=acknowledge_by(day, settings.SITE_ZONE),
        received_at=clock.now(),
        received_by=by,
        criteria=_proposed(proposed or {}),
        file=file,
    )
    _write(row, "add", by)
    return row


def _day(field: str, given: date | str) -> date:
    day = read_day(field, given)
    if day is None:
        raise BadInput(f"{field}: must be given", field=field)
    if day > clock.now().date():
        raise BadInput(f"{field}: lies in the future", field=field)
    return day


def _proposed(given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Keep what was read from a wording, as lists of short texts; it is judged when it is confirmed."""
    lists: dict[str, list[str]] = {}
    for name in FIELDS:
        entries = given.get(name, ())
        lists[name] = [read_text(name, one, most=120) for one in entries][:2000]
    return lists


@action("safety.confirm_criteria")
def confirm_criteria(*, by: Person, alert: Alert, criteria: Mapping[str, object]) -> Alert:
    """Confirm what an alert is about, and match it against every device of the register.

    It may be confirmed again otherwise: what is no longer meant stays listed as such.

    Raises:
        BadInput: the criteria cannot be read or compared; the sentence names the field.
        Conflict: the alert is closed.
    """
    row, read = _open_alert(alert), read_criteria(criteria)
    row.criteria, row.confirmed_at, row.confirmed_by = read.as_lists(), clock.now(), by
    row.save(update_fields=["criteria", "confirmed_at", "confirmed_by"])
    match_again(row)
    counts = {verdict.value: 0 for verdict in AlertDevice.Meant}
    listed = AlertDevice.objects.filter(alert=row).order_by().values_list("verdict")
    counts |= dict(listed.annotate(n=Count("id")))
    words = ", ".join(f"{counts[one.value]} {one.label}" for one in AlertDevice.Meant)
    _write(row, "confirm", by, f"{row.looked_at} devices looked at: {words}", detail=row.criteria)
    return row


@action("safety.acknowledge_alert")
def acknowledge_alert(*, by: Person, alert: Alert, text: str = "") -> Alert:
    """Acknowledge an alert: the department has it and knows who acts.

    Raises:
        BadInput: the text is too long.
        Conflict: it was acknowledged before.
    """
    row = _locked(alert)
    if row.acknowledged_at is not None:
        raise Conflict("the alert was acknowledged before", field="alert")
    row.acknowledged_at, row.acknowledged_by = clock.now(), by
    row.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _write(row, "acknowledge", by, read_text("text", text, most=500))
    return row


@action("safety.close_alert")
def close_alert(
    *,
    by: Person,
    alert: Alert,
    text: str,
    unlocated: Sequence[Device] = (),
    second: Person | None = None,
    second_confirmation: Confirmation | None = None,
) -> Alert:
    """Close an alert: every device that it means, or that could not be excluded, is settled.

    Devices that could not be located keep it open. Two people may close it all the same by a statement that
    names every one of them; when one is found, the alert is open again.

    Args:
        by: the acting person.
        alert: the alert.
        text: what was done, as the board reads it.
        unlocated: the devices that could not be located, all of them.
        second: the other person who states so.
        second_confirmation: that the other person has just said who they are.

    Raises:
        BadInput: the text is missing, or other devices are named than could not be located.
        NotPermitted: the second person is the same, may not close alerts, or did not confirm.
        Conflict: it is closed, was not acknowledged or confirmed, or a device is open.
    """
    row, words = _open_alert(alert), read_text("text", text, most=2000, needed=True)
    if row.confirmed_at is None:
        raise Conflict("say first what the alert is about: no device was matched yet", field="alert")
    if row.acknowledged_at is None:
        raise Conflict("acknowledge the alert first", field="alert")
    match_again(row)  # what changed since, and was not followed up yet, counts too
    lost = _only_lost(row)
    if {one.pk for one in unlocated} != {one.device_id for one in lost}:
        names = ", ".join(one.device.asset for one in lost[:NAMED_MOST]) or "none"
        message = f"unlocated: name exactly the devices that could not be located ({len(lost)}: {names})"
        raise BadInput(message, field="unlocated")
    if lost:
        row.closed_with = _second(by, second, second_confirmation)
        _name_unlocated(lost, words, by)
    row.closed_at, row.closed_by, row.closing_text = clock.now(), by, words
    row.save(update_fields=["closed_at", "closed_by", "closed_with", "closing_text"])
    detail = {
        "unlocated": [one.device.asset for one in lost],
        "with": str(second.uuid) if lost and second else "",
    }
    _write(row, "close", by, words, detail=detail)
    return row


def _only_lost(row: Alert) -> list[AlertDevice]:
    """Give the open devices, all of which could not be located.

    Raises:
        Conflict: there are others.
    """
    open_now = list(open_devices(row).select_related("device").order_by("id"))
    others = [one.device.asset for one in open_now if one.device.state not in LOST]
    if others:
        more = f" and {len(others) - NAMED_MOST} more" if len(others) > NAMED_MOST else ""
        names = ", ".join(others[:NAMED_MOST])
        raise Conflict(f"{len(others)} devices are still open: {names}{more}", field="alert")
    return open_now


def _second(by: Person, second: Person | None, confirmation: Confirmation | None) -> Person:
    """Check the second person of a statement."""
    if not isinstance(second, Person):
        message = "devices could not be located: a second person has to state it with you"
        raise NotPermitted(message, field="second")
    if second.pk == by.pk:
        raise NotPermitted("The second person must be somebody else.", field="second")
    permission = may(second, "safety.close_alert")
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="second")
    if not isinstance(confirmation, Confirmation) or not confirmation.holds_for(second):
        raise NotPermitted("The second person has to confirm who they are.", field="second_password")
    return second


def _name_unlocated(lost: Sequence[AlertDevice], words: str, by: Person) -> None:
    for one in lost:
        one.disposition, one.words = AlertDevice.Disposition.UNLOCATED, words[:500]
        one.decided_at, one.decided_by = clock.now(), by
    AlertDevice.objects.bulk_update(lost, ["disposition", "words", "decided_at", "decided_by"])


@action("safety.reopen_alert")
def reopen_alert(*, by: Person, alert: Alert, reason: str) -> Alert:
    """Open a closed alert again. Devices that were named as not located are open again.

    Raises:
        BadInput: the reason is missing.
        Conflict: it is not closed.
    """
    row, words = _locked(alert), read_text("reason", reason, most=500, needed=True)
    if row.closed_at is None:
        raise Conflict("the alert is not closed", field="alert")
    row.closed_at = row.closed_by = row.closed_with = None
    row.closing_text = ""
    row.save(update_fields=["closed_at", "closed_by", "closed_with", "closing_text"])
    unname(row)
    _write(row, "reopen", by, words)
    return row


def _locked(alert: Alert) -> Alert:
    """Read an alert again, locked until the end of the transaction."""
    return Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)


def _open_alert(alert: Alert) -> Alert:
    """Read an alert again, locked; it must not be closed."""
    row = _locked(alert)
    if row.closed_at is not None:
        raise Conflict("the alert is closed; open it again first", field="alert")
    return row


def _write(
    row: Alert, verb: str, by: Person, text: str = "", *, detail: Mapping[str, Any] | None = None
) -> None:
    """Write the event of an alert and the audit entry."""
    AlertEvent.objects.create(alert=row, verb=verb, text=text, by=by, at=clock.now())
    activities = {
        "add": "add_alert",
        "confirm": "confirm_criteria",
        "acknowledge": "acknowledge_alert",
        "close": "close_alert",
        "reopen": "reopen_alert",
    }
    known = {"reference": row.reference, **(detail or {})}
    audit.write(f"safety.{activities[verb]}", by=by, subject=row, detail=known)
