"""Faults as those report them who use the device."""

from __future__ import annotations

from datetime import timedelta

from django.utils.crypto import salted_hmac

from kilter.department.equipment.actions import place_hold
from kilter.department.equipment.lifecycle import FINAL
from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.models import Job, JobHold, Priority, WardReport
from kilter.department.work.step import opened
from kilter.measure.error import Conflict

WINDOW = timedelta(minutes=10)
MOST_FROM_ADDRESS, MOST_OF_DEVICE = 20, 3
"""Reports without an account in ten minutes: from one address, which a ward may share, and of one device."""


@action("work.report_fault")
def report_fault(
    *,
    by: Person,
    device: Device,
    text: str,
    unsafe: bool = False,
    reporter: str = "",
    error_code: str = "",
) -> Job:
    """Report a fault of a device; one that is unsafe, or has harmed somebody, holds the device at once.

    Args:
        by: the acting person, or the account of the report page.
        device: the device.
        text: what is wrong, in the reporter's words; nothing about a patient.
        unsafe: whether it could harm or has harmed somebody.
        reporter: how to reach who reports it, such as an extension; no patient's name.
        error_code: what the device shows, where it shows a code.

    Raises:
        BadInput: there is no text, or it holds what looks like a patient's number or birth date.
        Conflict: the device has left the department for good.
    """
    if device.state in FINAL:
        raise Conflict("this device is no longer the department's", field="device")
    given = {
        "text": read_text("text", text, most=500, needed=True),
        "reporter": read_text("reporter", reporter, most=120),
        "error_code": read_text("error_code", error_code, most=40),
    }
    for field, words in given.items():
        names_nobody(field, words)
    priority = Priority.EMERGENCY if unsafe else Priority.ROUTINE
    job = opened(
        by=by,
        device=device,
        activity="work.report_fault",
        kind=Job.Kind.FAULT,
        unsafe=unsafe,
        priority=priority,
        **given,
    )
    if unsafe:
        hold = place_hold(by=by, device=device, cause="fault", text=job.text, evidence=job.uuid)
        JobHold.objects.create(job=job, hold=hold)
    return job


@action("work.report_fault")
def report_from_ward(
    *,
    by: Person,
    device: Device,
    address: str,
    text: str,
    unsafe: bool = False,
    reporter: str = "",
    error_code: str = "",
) -> Job:
    """Report a fault without an account: as `report_fault`, and so often only.

    Args:
        by: the account of the report page.
        device: the device.
        address: network address of who reports; only a keyed digest of it is kept.
        text: what is wrong.
        unsafe: whether it could harm or has harmed somebody.
        reporter: how to reach who reports it.
        error_code: what the device shows.

    Raises:
        BadInput: as `report_fault`.
        Conflict: too many reports came from this address, or of this device, within ten minutes.
    """
    Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    since = clock.now() - WINDOW
    digest = salted_hmac("kilter.work.ward_report", address, algorithm="sha256").hexdigest()
    recent = WardReport.objects.filter(at__gt=since)
    many = recent.filter(address=digest).count() >= MOST_FROM_ADDRESS
    if not (unsafe and not Hold.objects.filter(device=device, released_at=None).exists()):
        # the first word that a device is dangerous always gets through the device's own limit
        many |= recent.filter(job__device=device, job__opened_at__gt=since).count() >= MOST_OF_DEVICE
    if many:
        message = "this was reported several times in the last minutes: call the department instead"
        raise Conflict(message, field="", code="too_many")
    job = report_fault(
        by=by, device=device, text=text, unsafe=unsafe, reporter=reporter, error_code=error_code
    )
    WardReport.objects.create(job=job, address=digest, at=clock.now())
    return job
