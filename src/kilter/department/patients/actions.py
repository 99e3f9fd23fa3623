"""What changes the patients room or shows who somebody is: each is permitted and written down."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.patients.identity import (
    ALPHABET,
    Identity,
    decipher,
    encipher,
    number_digest,
    pseudonym_for,
    read_birth,
    read_identity,
    same_name,
)
from kilter.department.patients.models import LookUp, Patient, PatientNumber
from kilter.department.patients.queries import last_look_ups, patient_by_number
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@action("patients.register")
def register(
    *,
    by: Person,
    name: str,
    date_of_birth: str,
    nhs_number: str = "",
    chi_number: str = "",
    hospital_number: str = "",
) -> Patient:
    """Register a patient; from here on only the pseudonym stands anywhere else.

    Raises:
        BadInput: as `read_identity`.
        Conflict: one of the numbers is registered already; the pseudonym it has is said.
    """
    found = read_identity(
        name=name,
        date_of_birth=date_of_birth,
        nhs_number=nhs_number,
        chi_number=chi_number,
        hospital_number=hospital_number,
    )
    _check_free(found, None)
    patient = Patient.objects.create(
        pseudonym=_new_pseudonym(), payload=encipher(found), registered_by=by, registered_at=clock.now()
    )
    _keep_numbers(patient, found)
    audit.write("patients.register", by=by, subject=patient, detail={"kinds": sorted(found.numbers)})
    return patient


def _new_pseudonym() -> str:
    """Draw a pseudonym that nobody has: eight letters and figures that are not mistaken for one another."""
    while True:
        drawn = "P-" + "".join(secrets.choice(ALPHABET) for _ in range(8))
        if not Patient.objects.filter(pseudonym=drawn).exists():
            return drawn


def _check_free(found: Identity, patient: Patient | None) -> None:
    for kind, number in found.numbers.items():
        row = PatientNumber.objects.filter(kind=kind, digest=number_digest(kind, number, make=True))
        other = row.exclude(patient=patient).select_related("patient").first()
        if other is not None:
            words = PatientNumber.Kind(kind).label
            raise Conflict(f"this {words} is registered already, as {other.patient}", field=kind)


def _keep_numbers(patient: Patient, found: Identity) -> None:
    PatientNumber.objects.filter(patient=patient).delete()
    rows = [
        PatientNumber(patient=patient, kind=kind, digest=number_digest(kind, number, make=True))
        for kind, number in found.numbers.items()
    ]
    try:
        with transaction.atomic():
            PatientNumber.objects.bulk_create(rows)
    except IntegrityError:  # somebody registered the same number in this very moment
        raise Conflict("one of the numbers was registered just now", field="hospital_number") from None


@action("patients.look_up")
def look_up(*, by: Person, patient: Patient, reason: str) -> Identity:
    """Show who a patient is; the look-up stays, with its reason.

    Raises:
        BadInput: there is no reason.
        NotFound: the identity was erased.
    """
    words = text("reason", reason, most=300, needed=True)
    found = decipher(patient)
    LookUp.objects.create(patient=patient, by=by, at=clock.now(), reason=words, purpose="look_up")
    audit.write("patients.look_up", by=by, subject=patient)
    return found


@action("patients.find")
def find(*, by: Person, number: str) -> Patient:
    """Find a patient by an NHS, CHI or hospital number, exactly; that it was found is kept.

    Raises:
        NotFound: there is none.
    """
    found = patient_by_number(number)
    LookUp.objects.create(patient=found, by=by, at=clock.now(), reason="found by number", purpose="find")
    audit.write("patients.find", by=by, subject=found)
    return found


@action("patients.read_log")
def read_log(*, by: Person, days: int = 31) -> list[LookUp]:
    """Show who saw who the patients are, newest first; that it was read is written down, too.

    Raises:
        BadInput: no number of days from 1 to 3660.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 3660:
        raise BadInput("days: must be a whole number from 1 to 3660", field="days")
    found = last_look_ups(clock.now() - timedelta(days=days))
    audit.write("patients.read_log", by=by, detail={"days": days}, count=len(found))
    return found


@dataclass(frozen=True, slots=True)
class ThreePoints:
    """Whether name, birth date and number agree with what is registered."""

    name: bool
    date_of_birth: bool
    number: bool

    @property
    def agree(self) -> bool:
        """Whether all three do."""
        return self.name and self.date_of_birth and self.number


@action("patients.check_identity")
def check_identity(
    *, by: Person, patient: Patient, name: str, date_of_birth: str, number: str
) -> ThreePoints:
    """Hold what a patient says of themselves against what is registered; nothing registered is shown.

    Args:
        by: who asks the patient.
        patient: whom the pseudonym names.
        name: as the patient says it.
        date_of_birth: as YYYY-MM-DD.
        number: NHS, CHI or hospital number, of the wristband or the letter.

    Raises:
        NotFound: the identity was erased.
    """
    found = decipher(patient)
    try:
        born = read_birth(date_of_birth).isoformat()
    except BadInput:
        born = ""
    said, known = _bare(number), {_bare(value) for value in found.numbers.values()}
    points = ThreePoints(
        name=same_name(name, found.name),
        date_of_birth=born == found.date_of_birth,
        number=bool(said) and said in known,
    )
    words = "agreed" if points.agree else "did not agree"
    LookUp.objects.create(
        patient=patient,
        by=by,
        at=clock.now(),
        reason=f"three-point identity {words}",
        purpose="identity",
        agreed=points.agree,
    )
    audit.write("patients.check_identity", by=by, subject=patient, detail={"agree": points.agree})
    return points


def _bare(number: str) -> str:
    return "".join(letter for letter in number.upper() if letter.isalnum())


@action("patients.rectify")
def rectify(*, by: Person, patient: Patient, changes: dict[str, str], reason: str) -> Patient:
    """Put right what identifies a patient; that it was done, and why, stays.

    Raises:
        BadInput: as `read_identity`, an unknown field, or no reason.
        Conflict: a number is another patient's.
        NotFound: the identity was erased.
    """
    words = text("reason", reason, most=300, needed=True)
    row = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    before = asdict(decipher(row))
    strange = [name for name in changes if name not in before]
    if strange:
        raise BadInput(f"a patient has no field {strange[0][:40]!r}", field="changes")
    found = read_identity(**{**before, **changes})
    _check_free(found, row)
    row.payload = encipher(found)
    row.save(update_fields=["payload"])
    _keep_numbers(row, found)
    LookUp.objects.create(patient=row, by=by, at=clock.now(), reason=words, purpose="rectify")
    audit.write("patients.rectify", by=by, subject=row, detail={"fields": sorted(changes)})
    return row


@action("patients.erase")
def erase(*, by: Person, patient: Patient, reason: str) -> Patient:
    """Erase what identifies a patient: pseudonym and records stay, who it was cannot be told any more.

    Raises:
        BadInput: there is no reason.
        Conflict: it was erased before.
    """
    words = text("reason", reason, most=300, needed=True)
    row = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if row.payload is None:
        raise Conflict("this was erased before", field="patient")
    row.payload, row.erased_at = None, clock.now()
    row.save(update_fields=["payload", "erased_at"])
    PatientNumber.objects.filter(patient=row).delete()
    LookUp.objects.create(patient=row, by=by, at=clock.now(), reason=words, purpose="erase")
    audit.write("patients.erase", by=by, subject=row)
    return row


@action("patients.export")
def pseudonyms(*, by: Person, patients: list[Patient], purpose: str) -> dict[str, str]:
    """Name patients in an export of one purpose; exports of different purposes cannot be joined.

    Raises:
        BadInput: there is no purpose.
    """
    words = text("purpose", purpose, most=60, needed=True)
    given = {patient.pseudonym: pseudonym_for(words, patient) for patient in patients}
    audit.write("patients.export", by=by, detail={"purpose": words}, count=len(given))
    return given
