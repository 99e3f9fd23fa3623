"""Objects that come over the network: on disk and in the database before the sender hears success.

Nothing is looked at here that stands inside an object; that is done afterwards (`reading`). No person acts:
the row itself says what came, from whom and when.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from kilter.department.intake.models import Arrival
from kilter.department.ledger import files as store
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import storable
from kilter.formats.dicom_object import is_uid
from kilter.measure.error import BadInput

MEDIA_TYPE = "application/dicom"


@dataclass(frozen=True, slots=True)
class Sent:
    """One object as it was sent: a whole file, its identifiers, and who sent it."""

    content: bytes
    sop_class: str
    sop_instance: str
    caller: str
    address: str


def take(sent: Sent) -> Arrival:
    """Take an object in; when this returns it is durable: bytes flushed and named, both rows committed.

    The same object again is the same row, which counts how often it came. An object of an identifier that
    is known, with other bytes, is kept beside it and says so.

    Raises:
        BadInput: an identifier is none, or there are no bytes.
        OSError, DatabaseError: it could not be kept; the sender must not hear success.
    """
    for name in ("sop_class", "sop_instance"):
        if not is_uid(getattr(sent, name)):
            raise BadInput(f"{name}: is no identifier", field=name)
    kept = store.store(sent.content, media_type=MEDIA_TYPE)
    known = _again(sent, kept)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            first = Arrival.objects.filter(sop_instance=sent.sop_instance).order_by("id").first()
            return Arrival.objects.create(
                file=kept,
                sop_class=sent.sop_class,
                sop_instance=sent.sop_instance,
                caller="".join(letter for letter in sent.caller if storable(letter))[:16],
                address=sent.address[:45],
                beside=first,
            )
    except IntegrityError:  # another association brought the same in between
        return _again(sent, kept) or Arrival.objects.get(sop_instance=sent.sop_instance, file=kept)


def _again(sent: Sent, kept: StoredFile) -> Arrival | None:
    """Find the row of the same object and count that it came once more; None where it is new."""
    known = Arrival.objects.filter(sop_instance=sent.sop_instance, file=kept).first()
    if known is not None:
        Arrival.objects.filter(pk=known.pk).update(times=F("times") + 1)
    return known
