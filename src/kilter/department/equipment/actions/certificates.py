"""Calibration certificates of test instruments, and the reference values of devices."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kilter.department.equipment.models import (
    Certificate,
    CertifiedQuantity,
    Device,
    ReferenceValue,
)
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict
from kilter.measure.unit import unit as read_unit

COVERAGE_LEAST, COVERAGE_MOST = 1.0, 5.0
CONTEXT_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One line of a certificate: correction to add and expanded uncertainty, both in `unit`.

    Attributes:
        name: of the quantity, as the laboratory calls it.
        unit: of the line.
        correction: what to add to a reading.
        expanded_uncertainty: U at the certificate's coverage factor.
        relative: percent of the reading that U grows by.
        nominal: value at which it was calibrated, where the line is of one point.
        low: least reading the line speaks of; None for no bound.
        high: greatest.
        as_found: error (reading less truth) before any adjustment; None where it was not determined.
        tolerance: greatest error that is wanted, without its sign; the error found is held against it.
    """

    name: str
    unit: str
    correction: float
    expanded_uncertainty: float
    relative: float = 0.0
    nominal: float | None = None
    low: float | None = None
    high: float | None = None
    as_found: float | None = None
    tolerance: float | None = None


@action("equipment.add_certificate")
def add_certificate(
    *,
    by: Person,
    device: Device,
    number: str,
    laboratory: str,
    issued: datetime,
    valid_from: datetime,
    valid_until: datetime,
    coverage_factor: float,
    quantities: Sequence[Quantity],
    document: StoredFile | None = None,
) -> Certificate:
    """Enter the calibration certificate of a test instrument.

    Raises:
        BadInput: a text is missing, an instant has no zone, they run backwards, a number is not
            finite, the coverage factor lies outside 1 to 5, or there is no quantity.
        Conflict: the laboratory's certificate is entered already for this instrument.
    """
    start, end = clock.as_instant(valid_from, "valid_from"), clock.as_instant(valid_until, "valid_until")
    if end <= start:
        raise BadInput("valid_until: must lie after valid_from", field="valid_until")
    if not COVERAGE_LEAST <= _finite("coverage_factor", coverage_factor) <= COVERAGE_MOST:
        raise BadInput("coverage_factor: must be from 1 to 5", field="coverage_factor")
    certificate = Certificate(
        device=device,
        number=text("number", number, most=80, needed=True),
        laboratory=text("laboratory", laboratory, most=120, needed=True),
        issued=clock.as_instant(issued, "issued"),
        valid_from=start,
        valid_until=end,
        coverage_factor=float(coverage_factor),
        entered_at=clock.now(),
        entered_by=by,
        document=document,
    )
    lines = _lines(quantities, certificate)
    same = Certificate.objects.filter(
        device=device, laboratory=certificate.laboratory, number=certificate.number
    )
    if same.exists():
        raise Conflict(f"the certificate {certificate.number} is entered already", field="number")
    certificate.save()
    CertifiedQuantity.objects.bulk_create(lines)
    detail = {"certificate": str(certificate.uuid), "number": certificate.number, "until": end.isoformat()}
    audit.write("equipment.add_certificate", by=by, subject=device, detail=detail)
    return certificate


@action("equipment.withdraw_certificate")
def withdraw_certificate(*, by: Person, device: Device, certificate: Certificate, reason: str) -> Certificate:
    """Withdraw a certificate from now on: the instrument was found wrong, or the paper was.

    Raises:
        BadInput: the reason is missing, or the certificate is not of this device.
        Conflict: it was withdrawn before.
    """
    row = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    if row.device_id != device.pk:
        raise BadInput("certificate: it is another device's", field="certificate")
    if row.withdrawn_at is not None:
        raise Conflict("the certificate was withdrawn before", field="certificate")
    row.withdrawn_at, row.withdrawn_by = clock.now(), by
    row.withdrawn_reason = text("reason", reason, most=500, needed=True)
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    detail = {"certificate": str(row.uuid), "reason": row.withdrawn_reason}
    audit.write("equipment.withdraw_certificate", by=by, subject=device, detail=detail)
    return row


@action("equipment.set_reference_value")
def set_reference_value(
    *,
    by: Person,
    device: Device,
    procedure: str,
    result: str,
    value: float,
    unit: str,
    reason: str,
    context: Mapping[str, str | float | bool] | None = None,
    record: UUID | None = None,
) -> ReferenceValue:
    """Set what a result is compared with on this device from now on.

    Args:
        by: the acting person.
        device: the device.
        procedure: key of the procedure.
        result: name of the result.
        value: the value, in `unit`.
        unit: its unit as the procedure declares it.
        reason: why it is set, or set anew.
        context: under which conditions it holds, such as the energy.
        record: uuid of the record it was measured in.

    Raises:
        BadInput: something is missing or not a finite number.
    """
    kept = dict(context or {})
    try:
        written = json.dumps(kept, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise BadInput("context: must hold texts, numbers and yes/no", field="context") from problem
    if len(written) > CONTEXT_MOST or "\\u0000" in written or "\\ud" in written:
        raise BadInput("context: too long, or with characters that cannot be stored", field="context")
    if record is not None and not isinstance(record, UUID):
        raise BadInput("record: must be the uuid of a record", field="record")
    row = ReferenceValue.objects.create(
        device=device,
        procedure=text("procedure", procedure, most=120, needed=True),
        result=text("result", result, most=80, needed=True),
        context=kept,
        value=_finite("value", value),
        unit=text("unit", unit, most=30),
        reason=text("reason", reason, most=500, needed=True),
        record=record,
        set_at=clock.now(),
        set_by=by,
    )
    detail = {"reference": str(row.uuid), "result": f"{row.procedure}.{row.result}", "value": row.value}
    audit.write("equipment.set_reference_value", by=by, subject=device, detail=detail)
    return row


def _finite(field: str, given: float) -> float:
    """Read a finite number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BadInput(f"{field}: must be a number", field=field)
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadInput(f"{field}: must be a finite number", field=field)
    return number


def _lines(quantities: Sequence[Quantity], certificate: Certificate) -> list[CertifiedQuantity]:
    """Check the lines of a certificate."""
    if not quantities:
        raise BadInput("quantities: a certificate states at least one", field="quantities")
    lines = []
    for number, one in enumerate(quantities, 1):
        field = f"quantities[{number}]"
        lines.append(_line(field, one, certificate))
    return lines


def _within(error: float | None, tolerance: float | None) -> bool | None:
    """Say whether an error is within its tolerance; None where either is not known."""
    return None if error is None or tolerance is None else abs(error) <= tolerance


def _line(field: str, one: Quantity, certificate: Certificate) -> CertifiedQuantity:
    fixed = _finite(f"{field}.expanded_uncertainty", one.expanded_uncertainty)
    share = _finite(f"{field}.relative", one.relative)
    if fixed < 0 or share < 0 or fixed + share == 0:
        raise BadInput(f"{field}: the expanded uncertainty must be above 0", field=field)
    maybe = {
        name: None if getattr(one, name) is None else _finite(f"{field}.{name}", getattr(one, name))
        for name in ("nominal", "low", "high", "as_found", "tolerance")
    }
    if maybe["low"] is not None and maybe["high"] is not None and maybe["low"] > maybe["high"]:
        raise BadInput(f"{field}: the range runs backwards", field=field)
    if maybe["tolerance"] is not None and maybe["tolerance"] <= 0:
        raise BadInput(f"{field}: the tolerance must be above 0", field=field)
    symbol = text(f"{field}.unit", one.unit, most=30)
    try:
        read_unit(symbol or "1")
    except BadInput as problem:
        raise BadInput(f"{field}.unit: {problem.message}", field=f"{field}.unit") from None
    return CertifiedQuantity(
        certificate=certificate,
        name=text(f"{field}.name", one.name, most=80, needed=True),
        unit=symbol,
        correction=_finite(f"{field}.correction", one.correction),
        expanded_uncertainty=fixed,
        relative=share,
        in_tolerance=_within(maybe["as_found"], maybe["tolerance"]),
        **maybe,
    )
