"""Incidents: the device is kept as it was, nobody works on it before the finding, and no patient is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock, files
from kilter.department.safety import actions
from kilter.department.safety.models import Incident, IncidentEvidence
from kilter.department.status import queries as status
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, KilterError


@pytest.fixture
def officer(hire: Callable[..., Any]) -> Any:
    return hire("safety_officer", name="Sam Officer")


def report(by: Any, device: Any, **changes: Any) -> Incident:
    fields = {
        "devices": [device],
        "title": "Over-delivery",
        "text": "It gave twice the set rate for some minutes",
        "happened_at": clock.now() - timedelta(hours=2),
        "harm": "low",
    }
    return actions.report_incident(by=by, **{**fields, **changes})


@pytest.mark.django_db
def test_from_the_report_to_the_end(shop: Any, officer: Any) -> None:
    job = work.report_fault(by=shop.engineer, device=shop.pump, text="gives too much")
    work.state_decontamination(by=shop.engineer, job=job, answer="not_needed")
    incident = report(officer, shop.pump)
    hold = Hold.objects.get(cause="quarantine")
    assert (status.of(shop.pump).state, hold.evidence) == ("quarantined", incident.uuid)
    with pytest.raises(Conflict, match="nobody works on it before the finding"):
        work.take_job(by=shop.engineer, job=job)
    with pytest.raises(Conflict, match="nobody works on it before the finding"):
        work.state_decontamination(by=shop.engineer, job=job, answer="done")
    with pytest.raises(Conflict, match="was not investigated yet"):
        equipment.release_hold(by=officer, device=shop.pump, hold=hold, text="x", evidence=uuid4())
    log = files.store(b"12:04 rate 240", media_type="text/plain")
    actions.keep_evidence(by=officer, incident=incident, kind="log", text="Log", file=log, name="pump.txt")
    actions.keep_evidence(by=officer, incident=incident, kind="consumable", text="Set", kept="Cupboard 4")
    actions.add_reference(by=officer, incident=incident, system="yellow_card", number="YC-77")
    with pytest.raises(Conflict, match="there already"):
        actions.add_reference(by=officer, incident=incident, system="yellow_card", number="YC-77")
    with pytest.raises(Conflict, match="record first"):
        actions.close_incident(by=officer, incident=incident, text="x")
    corrective = actions.set_corrective_action(
        by=officer, incident=incident, text="Replace the door", owner=shop.engineer, due="2027-01-01", job=job
    )
    actions.record_finding(by=officer, incident=incident, finding="The door did not close")
    hold.refresh_from_db()
    assert hold.finding == "The door did not close"
    with pytest.raises(Conflict, match="1 corrective actions are open"):
        actions.close_incident(by=officer, incident=incident, text="x")
    work.take_job(by=shop.engineer, job=job)
    with pytest.raises(Conflict, match="its job is still open"):
        actions.finish_corrective_action(by=shop.engineer, corrective=corrective, text="x")
    work.close_job(by=shop.engineer, job=job, outcome="user_helped", text="door replaced")
    actions.finish_corrective_action(by=shop.engineer, corrective=corrective, text="door replaced")
    closed = actions.close_incident(by=officer, incident=incident, text="All doors looked at")
    assert closed.closed_by == officer
    assert status.of(shop.pump).state == "quarantined"  # its release takes a passing test
    with pytest.raises(Conflict, match="incident is closed"):
        actions.keep_evidence(by=officer, incident=incident, kind="log", text="x", kept="x")
    actions.add_reference(by=officer, incident=incident, system="lfpse", number="L-1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"text": "patient 943 476 5919 was given twice the dose"}, "text"),
        ({"title": "dob 1 Jan 1950"}, "title"),
        ({"title": "born 1950"}, "title"),
        ({"text": "his hospital number is on the chart"}, "text"),
        ({"harm": "a lot"}, "harm"),
        ({"devices": []}, "devices"),
        ({"happened_at": None}, "happened_at"),
    ],
)
def test_a_report_that_will_not_do_is_refused_by_name(
    shop: Any, officer: Any, changes: dict[str, Any], field: str
) -> None:
    if "happened_at" in changes:
        changes = {"happened_at": clock.now() + timedelta(hours=1)}
    with pytest.raises(BadInput) as caught:
        report(officer, shop.pump, **changes)
    assert caught.value.field == field
    assert "943" not in caught.value.message
    assert not Hold.objects.exists()


@pytest.mark.django_db
def test_no_text_of_an_incident_names_a_patient(shop: Any, officer: Any) -> None:
    incident, named = report(officer, shop.pump), "NHS number 943 476 5919"
    mine: dict[str, Any] = {"by": officer, "incident": incident}
    for act in (
        lambda: actions.record_finding(**mine, finding=named),
        lambda: actions.keep_evidence(**mine, kind="log", text=named, kept="x"),
        lambda: actions.keep_evidence(**mine, kind="log", text="x", kept=named),
        lambda: actions.set_corrective_action(**mine, text=named, owner=officer, due="2027-01-01"),
    ):
        with pytest.raises(BadInput, match="patient's details"):
            act()


@pytest.mark.django_db
def test_evidence_is_never_edited_and_names_a_file_or_a_place(shop: Any, officer: Any) -> None:
    incident = report(officer, shop.pump)
    mine: dict[str, Any] = {"by": officer, "incident": incident, "kind": "log", "text": "Log"}
    with pytest.raises(BadInput, match="attach a file, or say where"):
        actions.keep_evidence(**mine)
    with pytest.raises(BadInput, match="must be a stored file"):
        actions.keep_evidence(**mine, file=b"x")
    actions.keep_evidence(**mine, kept="Cupboard 4")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        IncidentEvidence.objects.update(kept="elsewhere")


VERBS = ("investigate", "finding", "release", "again", "take", "close", "report", "condemn")


@settings(max_examples=25)
@given(path=st.lists(st.sampled_from(VERBS), max_size=14))
@pytest.mark.django_db
def test_no_path_of_verbs_releases_a_quarantine_without_a_finding(
    shop: Any, officer: Any, path: list[str]
) -> None:
    with transaction.atomic():
        job = work.open_job(by=shop.engineer, device=shop.pump, text="look at it", kind="fault")
        work.state_decontamination(by=shop.engineer, job=job, answer="not_needed")
        incident = report(officer, shop.pump)
        hold = incident.devices.get().hold
        steps: dict[str, Callable[[], object]] = {
            "investigate": lambda: equipment.record_investigation(
                by=officer, device=shop.pump, hold=hold, finding="x"
            ),
            "finding": lambda: actions.record_finding(by=officer, incident=incident, finding="x"),
            "release": lambda: equipment.release_hold(
                by=officer, device=shop.pump, hold=hold, text="x", evidence=uuid4()
            ),
            "again": lambda: report(officer, shop.pump),
            "take": lambda: work.take_job(by=shop.engineer, job=job),
            "close": lambda: actions.close_incident(by=officer, incident=incident, text="x"),
            "report": lambda: work.report_fault(by=shop.engineer, device=shop.pump, text="x"),
            "condemn": lambda: equipment.condemn(by=shop.head, device=shop.pump, reason="x"),
        }
        for verb in path:
            before = Hold.objects.filter(cause="quarantine", released_at=None, investigated_at=None).exists()
            try:
                steps[verb]()
            except KilterError:
                continue
            assert not (verb == "take" and before)
            assert not Hold.objects.filter(
                cause="quarantine", released_at__isnull=False, investigated_at=None
            ).exists()
            incident.refresh_from_db()
            assert incident.closed_at is None or incident.found_at is not None
        transaction.set_rollback(True)
