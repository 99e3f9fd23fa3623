"""Who a patient is: the few things that are kept, how they are compared, enciphered and found."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date

from cryptography.fernet import InvalidToken

from kilter.department.ledger.cipher import cipher, site_digest
from kilter.department.ledger.texts import text
from kilter.department.patients.models import Patient, PatientNumber
from kilter.formats.health_number import chi_agrees, read_chi, read_nhs
from kilter.measure.error import BadInput, Fault, NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of pseudonyms: no letter that is read as a figure."""
EARLIEST = date(1880, 1, 1)


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a patient: name, birth date (ISO), and at least one number; the others are empty."""

    name: str
    date_of_birth: str
    nhs_number: str = ""
    chi_number: str = ""
    hospital_number: str = ""

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers that are known, by kind."""
        return {kind: value for kind in PatientNumber.Kind.values if (value := str(getattr(self, kind)))}


def read_identity(
    *, name: str, date_of_birth: str, nhs_number: str = "", chi_number: str = "", hospital_number: str = ""
) -> Identity:
    """Check and normalise what was typed.

    Raises:
        BadInput: the name is missing, the date is none or lies ahead, a number's check digit is wrong, a CHI
            number is of another birth date, or there is no number at all.
    """
    born = read_birth(date_of_birth)
    chi = read_chi(chi_number) if chi_number.strip() else ""
    if chi and not chi_agrees(chi, born):
        raise BadInput("the CHI number is of another date of birth", field="chi_number", code="other_birth")
    found = Identity(
        name=" ".join(text("name", name, most=200, needed=True).split()),
        date_of_birth=born.isoformat(),
        nhs_number=read_nhs(nhs_number) if nhs_number.strip() else "",
        chi_number=chi,
        hospital_number=text("hospital_number", hospital_number, most=40).upper(),
    )
    if not found.numbers:
        raise BadInput("give an NHS, CHI or hospital number", field="hospital_number", code="missing")
    return found


def read_birth(given: str) -> date:
    """Read a date of birth as YYYY-MM-DD.

    Raises:
        BadInput: it is none, or nobody living can have it.
    """
    from kilter.department.ledger import clock

    try:
        born = date.fromisoformat(given.strip())
    except ValueError:
        raise BadInput("write the date of birth as YYYY-MM-DD", field="date_of_birth") from None
    if not EARLIEST <= born <= clock.now().date():
        raise BadInput("this date of birth cannot be", field="date_of_birth")
    return born


def encipher(found: Identity) -> bytes:
    """Encipher an identity with the site's key."""
    return cipher(make=True).encrypt(json.dumps(asdict(found), sort_keys=True).encode("utf-8"))


def decipher(patient: Patient) -> Identity:
    """Open an identity. Only the room's actions call this: each look-up is written down.

    Raises:
        NotFound: it was erased.
        Fault: the site's key does not open it.
    """
    if patient.payload is None:
        raise NotFound("what identified this patient was erased", field="patient")
    try:
        opened = cipher().decrypt(bytes(patient.payload))
    except InvalidToken:
        raise Fault("the site's key does not open this patient") from None
    return Identity(**json.loads(opened))


def number_digest(kind: str, number: str, *, make: bool = False) -> str:
    """Digest a number as it is stored for finding it again."""
    return site_digest(f"patients.{kind}", number.upper(), make=make)


def pseudonym_for(purpose: str, patient: Patient) -> str:
    """Give a patient's name in exports of one purpose: the same each time, and another in every other."""
    digest = int(site_digest(f"export.{purpose}", str(patient.uuid)), 16)
    letters = []
    for _ in range(10):
        digest, rest = divmod(digest, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def same_name(one: str, other: str) -> bool:
    """Say whether two names are the same but for case, accents, order of parts and punctuation."""
    return _parts(one) == _parts(other)


def _parts(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return sorted(letters.split())
