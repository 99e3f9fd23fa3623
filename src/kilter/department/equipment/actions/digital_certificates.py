"""A laboratory's Digital Calibration Certificate taken over for the instrument that it is of."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment.actions.certificates import Quantity, add_certificate
from kilter.department.equipment.models import Certificate, Device
from kilter.department.ledger import files
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.formats.calibration_certificate import Line, read_certificate
from kilter.measure.error import BadInput


@action("equipment.add_certificate")
def import_certificate(
    *, by: Person, device: Device, content: bytes, valid_until: datetime, tolerance: float | None = None
) -> Certificate:
    """Enter what a Digital Calibration Certificate states; the file is kept.

    Args:
        by: the acting person.
        device: the instrument; a serial number of the certificate must be its own.
        content: the file.
        valid_until: end of its validity, which such a certificate does not state.
        tolerance: greatest error that is wanted, in the certificate's unit.

    Raises:
        BadInput: it cannot be read, is of another instrument, or as `add_certificate`.
        Conflict: it is entered already.
    """
    read = read_certificate(content)
    if not device.serial or device.serial not in read.serials:
        named = ", ".join(read.serials)[:80] or "none"
        own = device.serial or "none in the register"
        raise BadInput(
            f"the certificate is of serial number {named}, the instrument's is {own}", field="file"
        )
    return add_certificate(
        by=by,
        device=device,
        number=read.number,
        laboratory=read.laboratory,
        issued=_begin_of(read.issued or read.performed),
        valid_from=_begin_of(read.performed),
        valid_until=valid_until,
        coverage_factor=read.k,
        quantities=[_quantity(line, tolerance) for line in read.lines],
        document=files.store(content, media_type="application/xml"),
    )


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.SITE_ZONE))


def _quantity(line: Line, tolerance: float | None) -> Quantity:
    return Quantity(
        name=line.quantity,
        unit=line.unit,
        correction=line.correction,
        expanded_uncertainty=line.expanded,
        nominal=line.nominal,
        low=line.low if math.isfinite(line.low) else None,
        high=line.high if math.isfinite(line.high) else None,
        as_found=line.as_found,
        tolerance=tolerance,
    )
