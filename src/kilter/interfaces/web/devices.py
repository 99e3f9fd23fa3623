"""The device page, the search that a scan goes to, and the trend of one result."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from kilter.department.equipment import queries as equipment
from kilter.department.equipment import supplies
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.equipment.search import search as find_devices
from kilter.department.materials import queries as materials
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.records import queries as records
from kilter.department.records.models import Reading, Record
from kilter.department.safety import queries as safety
from kilter.department.schedule import queries as schedule
from kilter.department.status import queries as status
from kilter.department.status.models import CachedStatus
from kilter.department.work import queries as work
from kilter.formats.label import scan
from kilter.interfaces.web import drifts, lent, planning
from kilter.interfaces.web.disposals import leaving, ways_out
from kilter.interfaces.web.downtimes import planned
from kilter.interfaces.web.figures import trend_figure
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import OFFERED
from kilter.interfaces.web.today import device_cell, due_rows
from kilter.measure.error import NotFound
from kilter.measure.judge import ORDER, Verdict
from kilter.measure.protocol import shipped_protocols
from kilter.measure.registry import entries
from kilter.measure.rounding import number_text, quantity, unit_text
from kilter.measure.words import label, title, verdict_word

SHOWN_TRENDS = 4
SHOWN_EVENTS = 60


@require_GET
@signed_in
def device(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a device: may it be used and why, what is due, how it develops, what happened."""
    found = equipment.device_by_uuid(uuid)
    now_status, person = status.of(found), person_of(request)
    dues = schedule.dues_of(found)
    for due in dues:
        due.device = found
    newest = records.latest_readings(found)
    reasons = [{"text": reason.text} for reason in now_status.reasons]
    return show(
        request,
        "device.html",
        title=found.asset,
        device={"name": str(found.model), "asset": found.asset},
        crumbs=[{"text": str(place)} for place in _places(found)],
        status={"name": now_status.state, "reasons": reasons},
        facts=_facts(found),
        due=table(
            [row[1:] for row in due_rows(dues)], "Nothing is planned for this device.", "Test", "State", "Due"
        ),
        tests=_tests(found),
        actions=_actions(found, person) + (planning.offered(found, person) if dues else []),
        figures=[_trend(found, row, number) for number, row in enumerate(newest[:SHOWN_TRENDS])],
        events=_events(found),
        readings=table(_latest(newest), "No readings yet.", "Result", "Value", "Verdict", "When"),
    )


def _places(found: Device) -> list[Any]:
    if found.location is None:
        return []
    ids = found.location.ancestor_ids()
    rows = {row.pk: row for row in type(found.location).objects.filter(pk__in=ids)}
    return [rows[pk] for pk in ids if pk in rows]


def _facts(found: Device) -> list[list[Any]]:
    model = found.model
    protection = {"I": "class I", "II": "class II"}.get(model.equipment_class, "not mains powered")
    part = "" if model.applied_part == "none" else f", applied part {model.applied_part}"
    rows: list[list[Any]] = [
        ["Asset number", found.asset],
        ["Serial number", found.serial or "none"],
        ["Maker", model.maker],
        ["Model", {"text": model.name, "href": f"/models/{model.uuid}/"}],
        ["Kind", model.kind.replace("_", " ")],
        ["Protection", protection + part],
        ["Installed", found.installed.isoformat() if found.installed else "not known"],
        ["Software", found.software_version or "not known"],
        ["Acceptance", _acceptance(found)],
    ]
    rows += [
        ["Same serial number", {"text": str(other), "href": f"/devices/{other.uuid}/"}]
        for other in equipment.same_serial(found)
    ]
    rows += [[word, text] for word, text in _provenance(found) if text]
    rows += lent.facts(found) + leaving(found) + planned(found) + drifts.facts(found)
    rows += [
        ["Safety alert", {"text": f"{one.alert} ({said})", "href": f"/safety/alerts/{one.alert.uuid}/"}]
        for one in safety.alerts_of(found)
        for said in [f"{one.get_verdict_display()}, {one.get_disposition_display()}"]
    ]
    rows += [
        ["Incident", {"text": str(one), "href": f"/safety/incidents/{one.uuid}/"}]
        for one in safety.incidents_of(found)
    ]
    certificate = equipment.certificate_in_force(found)
    if certificate is not None:
        rows.append(["Calibrated until", f"{certificate.valid_until:%d %b %Y} ({certificate})"])
    return rows


def _acceptance(found: Device) -> Any:
    """Say when a device was accepted and on which record, or that it came over in service."""
    if found.accepted_at is not None:
        return {"text": f"{found.accepted_at:%d %b %Y}", "href": f"/records/{found.acceptance_evidence}/"}
    return "taken over in service, not accepted here" if found.state == State.IN_SERVICE else "not accepted"


def _provenance(found: Device) -> list[tuple[str, Any]]:
    """Give whose it is, where it came from, and who looks after it; what is not known is left out."""
    supplier = supplies.supplier_named(found.supplier)
    link = {"text": found.supplier, "href": f"/suppliers/{supplier.uuid}/"} if supplier else found.supplier
    rows: list[tuple[str, Any]] = [
        ("Owner", found.owner),
        ("Custodian", found.custodian),
        ("Supplier", link),
        ("UDI", found.udi),
        ("Keeps patients' data", "yes: wipe it before it goes" if found.bears_data else ""),
    ]
    if found.parent is not None:
        rows.append(("Part of", {"text": str(found.parent), "href": f"/devices/{found.parent.uuid}/"}))
    parts = found.parts.select_related("model").order_by("asset_key")
    rows += [("Has the part", {"text": str(one), "href": f"/devices/{one.uuid}/"}) for one in parts]
    rows += [
        ("Contract", {"text": f"{one}, until {one.ends:%d %b %Y}", "href": f"/contracts/{one.uuid}/"})
        for one in supplies.contracts_of(found, schedule.today())
    ]
    rows += [
        ("Document", {"text": one.title, "href": f"/documents/{one.uuid}/"})
        for one in supplies.documents_of(found)
    ]
    return rows


def protocols_for(found: Device) -> list[tuple[str, str]]:
    """List what may be started on a device: protocols made for its kind first, then those for any."""
    fitting = [one for one in shipped_protocols() if one.fits(found.kind)]
    fitting.sort(key=lambda one: "*" in one.device_kinds)
    return [(one.key, one.title) for one in fitting]


def _tests(found: Device) -> list[dict[str, str]]:
    return [
        {"text": name, "href": f"/devices/{found.uuid}/test/{key}/"} for key, name in protocols_for(found)
    ]


def _actions(found: Device, person: Person) -> list[dict[str, str]]:
    rights = activities_of(person)
    offered = [
        {"text": form.title, "href": f"/devices/{found.uuid}/state/{act}/"}
        for act, form in OFFERED.items()
        if f"equipment.{act}" in rights and form.fits(found)
    ]
    holds = [
        {"text": f"Release: {hold.text[:40]}", "href": f"/devices/{found.uuid}/release/{hold.uuid}/"}
        for hold in equipment.open_holds(found)
        if "equipment.release_hold" in rights
    ]
    calibration = [{"text": "Calibration", "href": f"/devices/{found.uuid}/calibration/"}]
    faults = [{"text": "Report a fault", "href": f"/devices/{found.uuid}/fault/"}]
    incident = [{"text": "Report an incident", "href": f"/safety/incidents/new/?device={found.asset}"}]
    fields = [{"text": "Edit", "href": f"/devices/{found.uuid}/edit/"}]
    downtime = [{"text": "Book downtime", "href": f"/devices/{found.uuid}/downtime/"}]
    log = [{"text": "Operating log", "href": f"/devices/{found.uuid}/log/"}]
    quality = [{"text": "Quality control", "href": f"/devices/{found.uuid}/quality/"}]
    papers = [{"text": "Attach a document", "href": f"/attach/device/{found.uuid}/"}]
    return [
        *holds,
        *quality,
        *(calibration if "equipment.add_certificate" in rights else []),
        *(faults if "work.report_fault" in rights else []),
        *(incident if "safety.report_incident" in rights else []),
        *offered,
        *(fields if "equipment.edit_device" in rights else []),
        *(downtime if "work.book_downtime" in rights else []),
        *(log if "work.note_operation" in rights else []),
        *(papers if "equipment.attach_document" in rights else []),
        *(link for activity, link in (*lent.ways_back(found), *ways_out(found)) if activity in rights),
    ]


def _labels(row: Reading) -> tuple[str, str]:
    entry = entries().get(row.procedure)
    return (title(entry), label(entry, row.result)) if entry else (row.procedure, row.result)


def _trend(found: Device, newest: Reading, number: int) -> dict[str, Any]:
    rows = records.trend(found, newest.procedure, newest.result)
    sealed = records.document_of(newest.record).get("results", {}).get(newest.result, {})
    made = trend_figure(f"trend-{number}", _labels(newest)[1], rows, sealed.get("limits", ()))
    return {**made, "href": f"/devices/{found.uuid}/trend/{newest.procedure}/{newest.result}/"}


def _latest(newest: list[Reading]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for row in newest:
        area = row.procedure.partition(".")[0]
        cell = {"text": quantity(row.value, row.unit, row.u), "href": f"/records/{row.record.uuid}/"}
        verdict = {"verdict": row.verdict, "word": verdict_word(area, row.verdict)}
        rows.append([_labels(row)[1], cell, verdict, {"at": row.performed_at}])
    return rows


def _events(found: Device) -> list[dict[str, Any]]:
    """Give one timeline of everything: visits, statements, jobs, life, holds, edits, history from before."""
    events: list[dict[str, Any]] = [
        {"at": one.at, "text": one.words, "sub": one.by} for one in equipment.history(found)
    ]
    events += _record_events(records.records_of(found, most=SHOWN_EVENTS))
    for job in work.jobs_of(found, most=SHOWN_EVENTS):
        events.append(
            {
                "at": job.opened_at,
                "text": f"Job opened: {job.text}",
                "href": f"/work/{job.uuid}/",
                "sub": str(job.opened_by),
            }
        )
        if job.closed_at:
            events.append(
                {"at": job.closed_at, "text": f"Job closed: {job.closing_text}", "href": f"/work/{job.uuid}/"}
            )
    for note in work.operating_notes(found, most=SHOWN_EVENTS):
        text = f"Operating log: {note.text}"
        events.append({"at": note.at, "text": text, "sub": note.by.display_name})
    for past in found.legacy.order_by("-performed_at")[:SHOWN_EVENTS]:
        word = "passed" if past.passed else "failed"
        text = f"{status.protocol_title(past.protocol)}, {word}: history from {past.source}, not sealed"
        events.append({"at": past.performed_at, "text": text, "sub": past.summary})
    events.sort(key=lambda one: one["at"], reverse=True)
    return events[:SHOWN_EVENTS]


_KINDS = {
    "statement": "Signed statement",
    "countersignature": "Countersigned",
    "review": "Reviewed",
    "erasure": "Erased",
}


def _record_events(rows: list[Record]) -> list[dict[str, Any]]:
    """Give one line for each visit with its worst verdict, and one for each other signed word."""
    visits: dict[UUID, list[Record]] = {}
    events = []
    for row in rows:
        if row.kind == "result":
            visits.setdefault(row.visit, []).append(row)
        else:
            text = _KINDS.get(row.kind, row.kind)
            events.append(
                {
                    "at": row.performed_at,
                    "text": text,
                    "href": f"/records/{row.uuid}/",
                    "sub": row.person.display_name,
                }
            )
    return events + [_visit_event(some) for some in visits.values()]


def _visit_event(rows: list[Record]) -> dict[str, Any]:
    worst_row = min(rows, key=lambda row: ORDER.index(cast("Verdict", row.verdict)))
    area = worst_row.procedure.partition(".")[0]
    alone = len(rows) == 1
    return {
        "at": worst_row.performed_at,
        "text": status.protocol_title(worst_row.protocol),
        "href": f"/records/{worst_row.uuid}/" if alone else f"/visits/{worst_row.visit}/",
        "sub": worst_row.person.display_name,
        "verdict": worst_row.verdict,
        "word": verdict_word(area, worst_row.verdict),
    }


@require_GET
@signed_in
def trend(request: HttpRequest, uuid: UUID, procedure: str, result: str) -> HttpResponse:
    """Show one result of a device over time, every reading a link to its record."""
    found = equipment.device_by_uuid(uuid)
    rows = records.trend(found, procedure, result)
    if not rows:
        raise NotFound("this device has no readings of this result")
    newest = Reading.objects.select_related("record").get(pk=rows[-1].pk)
    name = _labels(newest)
    sealed = records.document_of(newest.record).get("results", {}).get(result, {})
    figure = trend_figure("trend", name[1], rows, sealed.get("limits", ()))
    listed = Reading.objects.filter(pk__in=[row.pk for row in rows[-200:]]).select_related("record")
    cells = [
        [
            {"text": row.performed_at.date().isoformat(), "href": f"/records/{row.record.uuid}/"},
            quantity(row.value, row.unit, row.u),
            {"verdict": row.verdict, "word": verdict_word(procedure.partition(".")[0], row.verdict)},
        ]
        for row in listed.order_by("-performed_at")
    ]
    values = [row.value for row in rows]
    unit = unit_text(newest.unit)
    summary = [
        ["Readings", str(len(rows))],
        ["Smallest", f"{number_text(min(values))} {unit}"],
        ["Largest", f"{number_text(max(values))} {unit}"],
        ["Newest", quantity(newest.value, newest.unit, newest.u)],
    ]
    return show(
        request,
        "trend.html",
        title=f"{name[1]}, {found.asset}",
        heading=f"{name[0]}: {name[1]}" if name[0] != name[1] else name[1],
        device={"name": str(found.model), "asset": found.asset, "href": f"/devices/{found.uuid}/"},
        figure=figure,
        summary=summary,
        table=table(cells, "No readings.", "When", "Value", "Verdict"),
    )


@require_GET
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """Find a device by what was scanned or typed; one exact match goes straight to it."""
    text = request.GET.get("q", "").strip()[:200]
    wanted = request.GET.get("status", "")
    if wanted:
        return _by_status(request, wanted)
    if text:
        try:
            return HttpResponseRedirect(f"/devices/{equipment.device_by_scan(text).uuid}/")
        except NotFound:
            pass
        try:
            return HttpResponseRedirect(f"/materials/lots/{materials.lot_by_label(text).uuid}/")
        except NotFound:
            pass
    found = find_devices(text, most=50) if text else []
    return _listing(request, f"Found for {text}" if text else "Scan or search", found, text)


def _register(text: str) -> dict[str, str]:
    """Offer to register a device whose UDI nobody knows, with what its label says."""
    read = scan(text)
    if not read.device_identifier:
        return {}
    model = equipment.model_of_label(read)
    given = {"udi": text, "serial": read.serial, "model": str(model.uuid) if model else ""}
    return {
        "href": f"/devices/new/?{urlencode({name: value for name, value in given.items() if value})}",
        "action": f"Register it as {model}" if model else "Register it",
    }


def _by_status(request: HttpRequest, wanted: str) -> HttpResponse:
    cached = CachedStatus.objects.filter(state=wanted).values_list("device_id", flat=True)
    rows = equipment.devices().filter(pk__in=cached).order_by("asset_key")[:200]
    return _listing(request, f"Devices: {wanted.replace('_', ' ')}", list(rows), "")


def _listing(request: HttpRequest, heading: str, found: list[Device], text: str) -> HttpResponse:
    known = status.cached([one.pk for one in found])
    rows = []
    for one in found:
        now = known.get(one.pk) or status.of(one)
        why = now.reasons[0].text if now.reasons else ""
        rows.append([device_cell(one), one.serial, one.kind.replace("_", " "), {"verdict": now.state}, why])
    empty = (
        "No device has this number, serial, model, maker or place."
        if text
        else "Scan a label or type a word."
    )
    offered = _register(text) if text and not found else {}
    made = table(rows, empty, "Device", "Serial", "Kind", "Status", "Why", **offered)
    return show(
        request,
        "search.html",
        title="Search",
        heading=heading,
        table={**made, "caption": f"{len(found)} found"},
        search={"href": "/search/", "value": text},
    )
