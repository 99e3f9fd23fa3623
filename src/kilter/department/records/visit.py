"""One step of a visit: run, judge and write down what a draft holds. No step here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kilter import __version__
from kilter.department.equipment.models import Certificate, Device, ReferenceValue
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import files as store
from kilter.department.policy.queries import InForce, Policy
from kilter.measure.checklist import complete
from kilter.measure.document import describe
from kilter.measure.error import BadInput
from kilter.measure.judge import Judgement, judge
from kilter.measure.outcome import Outcome
from kilter.measure.protocol import Step
from kilter.measure.quantity import CertificatePoint, File, Instrument
from kilter.measure.registry import Entry, find
from kilter.measure.run import run
from kilter.measure.unit import convert, unit

# How the mains lead is arranged decides which limit of the protective earth applies.
_ARRANGEMENT = {
    "detachable": "with_cord",
    "fixed": "with_cord",
    "permanent": "without_cord",
    "none": "without_cord",
}


@dataclass(frozen=True)
class Measured:
    """A step as it was measured and judged, ready to be shown or sealed."""

    step: Step
    outcome: Outcome
    judgement: Judgement
    in_force: InForce
    document: dict[str, Any]


def context_of(device: Device) -> dict[str, object]:
    """Give what a device says of itself to limits and protocols."""
    model = device.model
    known = {
        "device_kind": model.kind,
        "equipment_class": model.equipment_class,
        "applied_part": model.applied_part,
        "cord_arrangement": _ARRANGEMENT.get(model.power_cord, ""),
    }
    return {name: value for name, value in known.items() if value and value != "none"}


def baselines_of(device: Device, instant: datetime) -> dict[str, list[ReferenceValue]]:
    """Give the reference values of a device that were set by an instant, by procedure, oldest first."""
    found: dict[str, list[ReferenceValue]] = {}
    for row in ReferenceValue.objects.filter(device=device, set_at__lte=instant).order_by("id"):
        found.setdefault(row.procedure, []).append(row)
    return found


def baseline_context(
    rows: Sequence[ReferenceValue], entry: Entry, outcome: Outcome, context: Mapping[str, object]
) -> dict[str, object]:
    """Give the reference values that hold under the conditions of a run, as context: `baseline.<result>`.

    A value set for some conditions holds under just these; among those that hold, the one with the most
    conditions counts, then the newest.

    Raises:
        BadInput: a reference value is not in a unit of its result.
    """
    facts = {**context, **{name: given.value for name, given in outcome.inputs.items()}}
    holding = [row for row in rows if all(facts.get(name) == want for name, want in row.context.items())]
    found: dict[str, object] = {}
    for row in sorted(holding, key=lambda row: (len(row.context), row.pk)):
        result = entry.signature.result(row.result)
        if result is not None and result.type == "quantity":
            found[f"baseline.{row.result}"] = _in_unit(row, result.unit)
    return found


def _in_unit(row: ReferenceValue, symbol: str) -> float:
    try:
        return convert(row.value, unit(row.unit or "1"), unit(symbol))
    except BadInput as error:
        message = f"the reference value of {row.result} cannot be used: {error.message}"
        raise BadInput(message, field=row.result, code=error.code) from None


def raw_inputs(step: Step, content: Mapping[str, Any], context: Mapping[str, object]) -> dict[str, object]:
    """Give a step's raw inputs: what the device fills in, and what was typed over it; files by their hash.

    Raises:
        NotFound: a file that was uploaded is gone.
        BadInput: what was typed contradicts what the register says of the device.
    """
    signature = step.entry.signature
    raw: dict[str, object] = step.filled(context)
    for name, value in content.get("inputs", {}).items():
        if value in ("", None, []):
            continue
        _check_register(name, step.given.get(name, name), value, context)
        item = signature.input(name)
        raw[name] = _files(value) if item is not None and item.type in ("file", "files") else value
    return raw


def _check_register(name: str, source: str, value: object, context: Mapping[str, object]) -> None:
    """Refuse another word than the register's for what a device is: a looser limit would apply to it.

    How its mains lead is arranged is chosen for each measurement; the register only proposes it.
    """
    if source in context and source != "cord_arrangement" and value != context[source]:
        said = f"{source.replace('_', ' ')} {context[source]}"
        message = f"the register says {said}: put the register right first"
        raise BadInput(message, field=name, code="not_this_device")


def _files(value: Any) -> object:
    if isinstance(value, list):
        return [_file(part) for part in value]
    return _file(value)


def _file(value: Any) -> object:
    if not isinstance(value, Mapping) or not isinstance(value.get("sha256"), str):
        return value
    return File(str(value.get("name", "file"))[:255], store.read(value["sha256"]))


def measure(
    step: Step,
    content: Mapping[str, Any],
    *,
    device: Device,
    policy: Policy,
    baselines: Mapping[str, Sequence[ReferenceValue]],
    performed_at: datetime,
    instruments: Sequence[Instrument] = (),
    strict: bool = True,
) -> Measured:
    """Run and judge one step.

    Args:
        step: of the protocol.
        content: the draft's part for this step: `inputs` and `u` by name, as typed.
        device: what was measured.
        policy: loaded policy.
        baselines: the device's reference values by procedure, as `baselines_of` gives them.
        performed_at: when; limits in force then judge.
        instruments: the test instruments named, with their certificates.
        strict: refuse a reading that no certificate covers.

    Raises:
        BadInput: an input is refused; the field is `step.input`.
    """
    context = context_of(device)
    entry = step.entry
    in_force = policy.limits(entry, device, performed_at)
    try:
        raw = raw_inputs(step, content, context)
        if step.checklist:
            outcome, judgement = complete(step.listed, raw)
        else:
            stated = {name: text for name, text in content.get("u", {}).items() if text}
            outcome = run(find(entry.key), raw, u=stated, instruments=instruments, strict=strict)
            context |= baseline_context(baselines.get(entry.key, ()), entry, outcome, context)
            judgement = judge(outcome, entry, in_force.limits, rule=in_force.rule, context=context)
    except BadInput as error:
        field = f"{step.key}.{error.field}" if error.field else step.key
        raise BadInput(error.message, field=field, code=error.code) from None
    return Measured(step, outcome, judgement, in_force, describe(entry, outcome, judgement))


def as_instrument(device: Device, certificate: Certificate | None) -> Instrument:
    """Give a test instrument and its certificate as the grammar of measurement knows them.

    Without a certificate in force it says nothing of any reading.
    """
    if certificate is None:
        return Instrument(device.asset, device.serial, "", "", date.min, date.min)
    points = tuple(
        CertificatePoint(
            quantity=line.name,
            unit=line.unit,
            nominal=line.nominal or 0.0,
            correction=line.correction,
            expanded=line.expanded_uncertainty,
            relative=line.relative,
            low=line.low,
            high=line.high,
        )
        for line in sorted(certificate.quantities.all(), key=lambda line: line.pk)
    )
    return Instrument(
        name=device.asset,
        serial=device.serial,
        certificate=certificate.number,
        laboratory=certificate.laboratory,
        valid_from=certificate.valid_from.date(),
        valid_until=certificate.valid_until.date(),
        k=certificate.coverage_factor,
        points=points,
    )


def as_read(row: Mapping[str, Any]) -> Any:
    """Give an input of a sealed document as the instrument showed it, before its certificate's correction.

    A correction of the record runs the same reading through the certificate again; it must not be put
    right twice.
    """
    value, correction = row["value"], row.get("measured_by", {}).get("correction", 0.0)
    if not correction:
        return value
    return [one - correction for one in value] if isinstance(value, list) else value - correction


def instruments_named(content: Mapping[str, Any], instant: datetime) -> tuple[Instrument, ...]:
    """Give the instruments that a draft names, as far as they are in calibration at an instant."""
    keys = [key for text in content.get("instruments", ()) if (key := _uuid_or_none(text)) is not None]
    if not keys:
        return ()
    found = {one.uuid: one for one in Device.objects.filter(uuid__in=keys)}
    pairs = [(found[key], certificate_in_force(found[key], instant)) for key in keys if key in found]
    return tuple(as_instrument(device, paper) for device, paper in pairs if paper is not None)


def _uuid_or_none(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def started(content: Mapping[str, Any]) -> bool:
    """Say whether anything was typed for a step."""
    return any(value not in ("", None, []) for value in content.get("inputs", {}).values())


def device_data(device: Device) -> dict[str, str]:
    """Give how a sealed document names a device."""
    return {
        "id": str(device.uuid),
        "asset": device.asset,
        "name": str(device.model),
        "serial": device.serial,
    }


def instrument_data(instrument: Device, certificate: Certificate | None) -> dict[str, Any]:
    """Give how a sealed document names a test instrument and the certificate that was in force."""
    row: dict[str, Any] = {
        "id": str(instrument.uuid),
        "asset": instrument.asset,
        "name": str(instrument.model),
        "serial": instrument.serial,
    }
    if certificate is not None:
        row |= {
            "certificate": certificate.number,
            "laboratory": certificate.laboratory,
            "valid_until": certificate.valid_until.date().isoformat(),
        }
    return row


def document_of(
    measured: Measured,
    device: Device,
    *,
    role: str,
    instruments: Sequence[tuple[Device, Certificate | None]],
    discarded: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Give the part of the sealed document that does not depend on the chain."""
    document: dict[str, Any] = {
        **measured.document,
        "software": __version__,
        "device": device_data(device),
        "person": {"role": role},
    }
    if measured.in_force.schedule is not None:
        document["schedule"] = str(measured.in_force.schedule)
    if instruments:
        document["instruments"] = [instrument_data(*pair) for pair in instruments]
    if discarded:
        document["discarded"] = [dict(row) for row in discarded]
    if files := files_of(measured.outcome):
        document["files"] = [{"name": f.name, "sha256": f.sha256, "size": f.size} for f in files]
    return document


def files_of(outcome: Outcome) -> list[File]:
    """List the files that a run took in."""
    found: list[File] = []
    for given in outcome.inputs.values():
        parts = given.value if isinstance(given.value, tuple) else (given.value,)
        found += [part for part in parts if isinstance(part, File)]
    return found
