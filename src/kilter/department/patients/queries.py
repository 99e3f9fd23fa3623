"""Reads of the patients room; none of them shows who somebody is."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from kilter.department.patients.identity import number_digest
from kilter.department.patients.models import LookUp, Patient, PatientNumber
from kilter.department.people.models import Person
from kilter.formats.health_number import read_chi, read_nhs
from kilter.measure.error import BadInput, NotFound


def patient_by_pseudonym(pseudonym: str) -> Patient:
    """Find a patient by pseudonym.

    Raises:
        NotFound: there is none.
    """
    found = Patient.objects.filter(pseudonym=pseudonym.strip().upper()[:12]).first()
    if found is None:
        raise NotFound("there is no patient of this pseudonym", field="patient")
    return found


def patient_by_uuid(uuid: UUID) -> Patient:
    """Find a patient by public id.

    Raises:
        NotFound: there is none.
    """
    found = Patient.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such patient", field="patient")
    return found


def patient_by_number(number: str) -> Patient:
    """Find a patient by an NHS, CHI or hospital number, exactly; it is stored nowhere in clear.

    Raises:
        NotFound: there is none.
    """
    if not PatientNumber.objects.exists():  # there may be no key yet, and reading makes none
        raise NotFound("no patient of this number is registered", field="number")
    digests = [("hospital_number", number_digest("hospital_number", number.strip()))]
    for kind, read in (("nhs_number", read_nhs), ("chi_number", read_chi)):
        try:
            digests.append((kind, number_digest(kind, read(number))))
        except BadInput:
            continue
    for kind, digest in digests:
        row = PatientNumber.objects.filter(kind=kind, digest=digest).select_related("patient").first()
        if row is not None:
            return row.patient
    raise NotFound("no patient of this number is registered", field="number")


def look_ups(patient: Patient, *, most: int = 200) -> list[LookUp]:
    """List who saw who a patient is, newest first."""
    return list(LookUp.objects.filter(patient=patient).select_related("by").order_by("-at", "-id")[:most])


def last_look_ups(since: datetime, *, most: int = 500) -> list[LookUp]:
    """List who saw who any patient is, from one instant on, newest first; one query."""
    rows = LookUp.objects.filter(at__gte=since).select_related("by", "patient")
    return list(rows.order_by("-at", "-id")[:most])


def identity_agreed(patient: Patient, by: Person, now: datetime, within: timedelta) -> bool:
    """Say whether somebody's last identity check of a patient agreed, and was made so short a time ago."""
    rows = LookUp.objects.filter(patient=patient, by=by, purpose="identity", at__gt=now - within)
    last = rows.order_by("-at", "-id").first()
    return last is not None and last.agreed is True
