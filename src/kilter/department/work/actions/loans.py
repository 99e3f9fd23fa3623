"""The equipment library: what it lends, bookings ahead, handing out, and taking back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from kilter.department.equipment.actions import place_hold
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, moments
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.actions.faults import report_fault
from kilter.department.work.models import Loan, PoolDevice
from kilter.measure.error import BadInput, Conflict

LONGEST = timedelta(days=366)
SLACK = timedelta(minutes=5)
"""A booking that begins now may have been typed a few minutes ago."""


@action("work.add_to_pool")
def add_to_pool(*, by: Person, device: Device) -> PoolDevice:
    """Let the library lend a device.

    Raises:
        Conflict: it does already, or the device is not in service.
    """
    if device.state != State.IN_SERVICE:
        raise Conflict("only a device in service can be lent", field="device")
    row = PoolDevice.objects.select_for_update(of=("self",)).filter(device=device).first()
    if row is not None and row.removed_at is None:
        raise Conflict("the library lends this device already", field="device")
    if row is None:
        row = PoolDevice(device=device)
    row.added_at, row.added_by, row.removed_at = clock.now(), by, None
    row.save()
    audit.write("work.add_to_pool", by=by, subject=device)
    return row


@action("work.remove_from_pool")
def remove_from_pool(*, by: Person, pool: PoolDevice, reason: str) -> PoolDevice:
    """Lend a device no more.

    Raises:
        BadInput: the reason is missing.
        Conflict: it is booked or out.
    """
    row, why = _locked_pool(pool), read_text("reason", reason, most=300, needed=True)
    if _ahead(row).exists():
        raise Conflict("this device is booked or out: end that first", field="device")
    row.removed_at = clock.now()
    row.save(update_fields=["removed_at"])
    audit.write("work.remove_from_pool", by=by, subject=row.device, detail={"reason": why})
    return row


@action("work.book_loan")
def book_loan(
    *,
    by: Person,
    pool: PoolDevice,
    borrower: str,
    name: str,
    starts: datetime,
    ends: datetime,
    agreement: str = "",
) -> Loan:
    """Book a device of the library; two bookings never overlap, however many are made at once.

    Args:
        by: the acting person.
        pool: the device.
        borrower: `ward` or `external`.
        name: the ward or the organisation; never a patient.
        starts: from when.
        ends: until when, at most a year later.
        agreement: under which agreement and indemnity it goes; needed outside the hospital.

    Raises:
        BadInput: something is missing or in the past, or the name looks like a patient's details.
        Conflict: it is booked or out in that time, or is lent no more.
    """
    begin, end = clock.as_instant(starts, "starts"), clock.as_instant(ends, "ends")
    if begin < clock.now() - SLACK:
        raise BadInput("starts: lies in the past", field="starts")
    if not begin < end <= begin + LONGEST:
        raise BadInput("ends: must lie after the start, within a year", field="ends")
    if borrower not in Loan.Borrower.values:
        raise BadInput(f"borrower: must be one of {', '.join(Loan.Borrower.values)}", field="borrower")
    outside = borrower == Loan.Borrower.EXTERNAL
    read = {
        "name": read_text("name", name, most=120, needed=True),
        "agreement": read_text("agreement", agreement, most=1000, needed=outside),
    }
    for field, words in read.items():
        names_nobody(field, words)
    row = _locked_pool(pool)
    _is_free(row, begin, end)
    loan = Loan.objects.create(
        pool=row, borrower=borrower, starts=begin, ends=end, booked_at=clock.now(), booked_by=by, **read
    )
    audit.write("work.book_loan", by=by, subject=loan, detail={"device": row.device.asset})
    return loan


@action("work.cancel_loan")
def cancel_loan(*, by: Person, loan: Loan, reason: str) -> Loan:
    """Cancel a booking that was not handed out.

    Raises:
        BadInput: the reason is missing.
        Conflict: it is out, or has ended.
    """
    row, why = _locked_loan(loan), read_text("reason", reason, most=300, needed=True)
    if row.handed_out_at is not None or row.cancelled_at is not None:
        raise Conflict("this booking was handed out or cancelled before", field="loan")
    row.cancelled_at = clock.now()
    row.save(update_fields=["cancelled_at"])
    audit.write("work.cancel_loan", by=by, subject=row, detail={"reason": why})
    return row


@action("work.hand_out")
def hand_out(*, by: Person, loan: Loan) -> Loan:
    """Hand a booked device out; it must be one that may be used now.

    Raises:
        Conflict: it may not be used, the one before has not brought it back, it is too early and another
            booking stands before, or it was handed out, cancelled or returned.
    """
    row, now = _locked_loan(loan), clock.now()
    if row.handed_out_at is not None or row.cancelled_at is not None:
        raise Conflict("this booking was handed out or cancelled before", field="loan")
    if row.ends <= now:
        raise Conflict("this booking is over: make another", field="loan")
    others = _ahead(row.pool).exclude(pk=row.pk)
    if others.filter(handed_out_at__isnull=False).exists():
        raise Conflict("the device has not come back from the loan before", field="loan")
    if others.filter(starts__lt=row.starts, ends__gt=now).exists():
        raise Conflict("another booking comes before this one", field="loan")
    moments.happen("work.handing_out", device=row.pool.device)
    row.handed_out_at, row.handed_out_by = now, by
    row.save(update_fields=["handed_out_at", "handed_out_by"])
    audit.write("work.hand_out", by=by, subject=row, detail={"device": row.pool.device.asset})
    return row


@action("work.return_loan")
def return_loan(*, by: Person, loan: Loan, decontaminated: bool, finding: str, fault: bool = False) -> Loan:
    """Take a device back, with its state. What is not clean, not whole or was outside is held.

    Args:
        by: the acting person.
        loan: the loan.
        decontaminated: whether it came back decontaminated.
        finding: what a look at it showed.
        fault: whether the look found a fault; a job is opened for it.

    Raises:
        BadInput: the finding is missing.
        Conflict: it is not out.
    """
    row, said = _locked_loan(loan), read_text("finding", finding, most=500, needed=True)
    if row.handed_out_at is None or row.returned_at is not None:
        raise Conflict("this loan is not out", field="loan")
    row.returned_at, row.returned_by = clock.now(), by
    row.decontaminated, row.finding = decontaminated, said
    row.save(update_fields=["returned_at", "returned_by", "decontaminated", "finding"])
    audit.write("work.return_loan", by=by, subject=row, detail={"clean": decontaminated, "fault": fault})
    device = row.pool.device
    if fault:
        report_fault(by=by, device=device, text=said, unsafe=True)
    if not decontaminated:
        place_hold(
            by=by, device=device, cause="decontamination", text=f"back from {row.name}", evidence=row.uuid
        )
    if row.borrower == Loan.Borrower.EXTERNAL:
        words = f"back from {row.name} outside the hospital: to be tested before use"
        place_hold(by=by, device=device, cause="fault", text=words, evidence=row.uuid)
    return row


def _locked_pool(pool: PoolDevice) -> PoolDevice:
    row = PoolDevice.objects.select_for_update(of=("self",)).select_related("device__model").get(pk=pool.pk)
    if row.removed_at is not None:
        raise Conflict("the library does not lend this device", field="device")
    return row


def _locked_loan(loan: Loan) -> Loan:
    """Read a loan again under the lock of its device, so that no two verbs meet."""
    PoolDevice.objects.select_for_update(of=("self",)).get(pk=loan.pool_id)
    return Loan.objects.select_related("pool__device__model").get(pk=loan.pk)


def _ahead(pool: PoolDevice) -> models.QuerySet[Loan]:
    return Loan.objects.filter(pool=pool, returned_at=None, cancelled_at=None)


def _is_free(pool: PoolDevice, begin: datetime, end: datetime) -> None:
    """Refuse a time in which a device is booked, or is still out though it should be back."""
    for other in _ahead(pool).filter(starts__lt=end).order_by("starts"):
        if other.handed_out_at is None and other.ends <= clock.now():
            continue  # nobody came for it
        until = max(other.ends, clock.now()) if other.handed_out_at is not None else other.ends
        if until > begin:
            raise Conflict(
                f"it is booked for {other.name} until {other.ends:%d %b %Y %H:%M} UTC", field="starts"
            )
