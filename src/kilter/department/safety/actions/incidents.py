"""Incidents: reported with the device quarantined, investigated, reported on, put right, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from kilter.department.equipment.actions import place_hold, record_investigation
from kilter.department.equipment.fields import choice, read_day
from kilter.department.equipment.lifecycle import FINAL
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.safety.models import (
    CorrectiveAction,
    ExternalReference,
    Incident,
    IncidentDevice,
    IncidentEvidence,
)
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict

DEVICES_MOST = 50


@action("safety.report_incident")
def report_incident(
    *, by: Person, devices: Sequence[Device], title: str, text: str, happened_at: datetime, harm: str
) -> Incident:
    """Report an incident; its devices are quarantined at once, and not repaired before they are released.

    Args:
        by: the acting person.
        devices: the devices that were part of it.
        title: it in a few words.
        text: what happened; nothing about who the patient is.
        happened_at: when.
        harm: one of `Incident.Harm`.

    Raises:
        BadInput: a field is missing or wrong, holds what looks like a patient's details, lies in the future,
            or no device is given.
        Conflict: a device has left the department for good.
    """
    when = clock.as_instant(happened_at, "happened_at")
    if when > clock.now():
        raise BadInput("happened_at: lies in the future", field="happened_at")
    if not 0 < len(devices) <= DEVICES_MOST:
        raise BadInput(f"devices: name from 1 to {DEVICES_MOST}", field="devices")
    row = Incident.objects.create(
        title=_words("title", title, 200),
        text=_words("text", text, 5000),
        happened_at=when,
        harm=choice("harm", harm, Incident.Harm),
        reported_at=clock.now(),
        reported_by=by,
    )
    for device in {one.pk: one for one in devices}.values():
        _quarantine(row, device, by)
    detail = {"devices": [one.asset for one in devices], "harm": row.harm}
    audit.write("safety.report_incident", by=by, subject=row, detail=detail)
    return row


def _quarantine(row: Incident, device: Device, by: Person) -> None:
    if device.state in FINAL:
        raise Conflict(f"{device.asset} is no longer the department's", field="devices")
    words = f"Incident: {row.title}"
    hold = place_hold(by=by, device=device, cause="quarantine", text=words, evidence=row.uuid)
    IncidentDevice.objects.create(incident=row, device=device, hold=hold)


@action("safety.keep_evidence")
def keep_evidence(
    *,
    by: Person,
    incident: Incident,
    kind: str,
    text: str,
    kept: str = "",
    file: StoredFile | None = None,
    name: str = "",
) -> IncidentEvidence:
    """Keep something for the investigation: a file, or a thing and where it is.

    Raises:
        BadInput: the kind is none, the text is missing, there is neither file nor place, or a text holds what
            looks like a patient's details.
        Conflict: the incident is closed.
    """
    row = _open(incident)
    if file is not None and not isinstance(file, StoredFile):
        raise BadInput("file: must be a stored file", field="file")
    place = read_text("kept", kept, most=200)
    if file is None and not place:
        raise BadInput("kept: attach a file, or say where the thing is kept", field="kept")
    names_nobody("kept", place)
    made = IncidentEvidence.objects.create(
        incident=row,
        kind=choice("kind", kind, IncidentEvidence.Kind),
        text=_words("text", text, 1000),
        kept=place,
        file=file,
        name=read_text("name", name, most=200),
        at=clock.now(),
        by=by,
    )
    detail = {"kind": made.kind, "sha256": file.sha256 if file else ""}
    audit.write("safety.keep_evidence", by=by, subject=row, detail=detail)
    return made


@action("safety.add_reference")
def add_reference(*, by: Person, incident: Incident, system: str, number: str) -> ExternalReference:
    """Write down where an incident was reported, and under which number; a closed one may still get some.

    Raises:
        BadInput: the system is none, or the number missing.
        Conflict: this number is there already.
    """
    which = choice("system", system, ExternalReference.System)
    read = read_text("number", number, most=80, needed=True)
    row = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if row.references.filter(system=which, number=read).exists():
        raise Conflict("this number is there already", field="number")
    made = ExternalReference.objects.create(incident=row, system=which, number=read, at=clock.now(), by=by)
    audit.write("safety.add_reference", by=by, subject=row, detail={"system": which, "number": read})
    return made


@action("safety.record_finding")
def record_finding(*, by: Person, incident: Incident, finding: str) -> Incident:
    """Record what the investigation found. Only then can the quarantine of its devices be released.

    Raises:
        BadInput: the finding is missing, or holds what looks like a patient's details.
        Conflict: it is closed, or the finding is recorded already.
    """
    row, words = _open(incident), _words("finding", finding, 1000)
    if row.found_at is not None:
        raise Conflict("the finding is recorded already", field="finding")
    for one in row.devices.select_related("device__model", "hold"):
        if one.hold.released_at is None and one.hold.investigated_at is None:
            record_investigation(by=by, device=one.device, hold=one.hold, finding=words)
    row.finding, row.found_at, row.found_by = words, clock.now(), by
    row.save(update_fields=["finding", "found_at", "found_by"])
    audit.write("safety.record_finding", by=by, subject=row)
    return row


@action("safety.set_corrective_action")
def set_corrective_action(
    *,
    by: Person,
    incident: Incident,
    text: str,
    owner: Person,
    due: date | str,
    job: Job | None = None,
) -> CorrectiveAction:
    """Say what is to be done so that it does not happen again, by whom and until when.

    Raises:
        BadInput: the text or the day is missing or wrong, or the owner's account is closed.
        Conflict: the incident is closed.
    """
    row, day = _open(incident), read_day("due", due)
    if day is None:
        raise BadInput("due: must be given", field="due")
    if not isinstance(owner, Person) or not owner.is_active:
        raise BadInput("owner: must be somebody with an open account", field="owner")
    made = CorrectiveAction.objects.create(
        incident=row,
        text=_words("text", text, 500),
        owner=owner,
        due=day,
        job=job,
        set_at=clock.now(),
        set_by=by,
    )
    audit.write("safety.set_corrective_action", by=by, subject=row, detail={"action": str(made.uuid)})
    return made


@action("safety.finish_corrective_action")
def finish_corrective_action(*, by: Person, corrective: CorrectiveAction, text: str) -> CorrectiveAction:
    """Say that a corrective action is done, and how that is known.

    Raises:
        BadInput: the text is missing, or holds what looks like a patient's details.
        Conflict: it is done, or its job is still open.
    """
    rows = CorrectiveAction.objects.select_for_update(of=("self",)).select_related("job", "incident")
    row, words = rows.get(pk=corrective.pk), _words("text", text, 500)
    if row.done_at is not None:
        raise Conflict("the action is done already", field="corrective")
    if row.job is not None and row.job.closed_at is None:
        raise Conflict("its job is still open", field="corrective")
    row.done_at, row.done_by, row.done_text = clock.now(), by, words
    row.save(update_fields=["done_at", "done_by", "done_text"])
    audit.write(
        "safety.finish_corrective_action", by=by, subject=row.incident, detail={"action": str(row.uuid)}
    )
    return row


@action("safety.close_incident")
def close_incident(*, by: Person, incident: Incident, text: str) -> Incident:
    """Close an incident: it was investigated, and every corrective action is done.

    A quarantine is not released by it.

    Raises:
        BadInput: the text is missing, or holds what looks like a patient's details.
        Conflict: it is closed, was not investigated, or an action is open.
    """
    row, words = _open(incident), _words("text", text, 1000)
    if row.found_at is None:
        raise Conflict("record first what the investigation found", field="incident")
    left = row.actions.filter(done_at=None).count()
    if left:
        raise Conflict(f"{left} corrective actions are open", field="incident")
    row.closed_at, row.closed_by, row.closing_text = clock.now(), by, words
    row.save(update_fields=["closed_at", "closed_by", "closing_text"])
    audit.write("safety.close_incident", by=by, subject=row)
    return row


def _words(field: str, given: str, most: int) -> str:
    """Read words that must be there and name no patient."""
    read = read_text(field, given, most=most, needed=True)
    names_nobody(field, read)
    return read


def _open(incident: Incident) -> Incident:
    """Read an incident again, locked; it must not be closed."""
    row = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if row.closed_at is not None:
        raise Conflict("the incident is closed", field="incident")
    return row
