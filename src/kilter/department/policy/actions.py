"""Actions of the policy room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from kilter.department.equipment.kinds import KIND
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.policy.intervals import check_window, read_more
from kilter.department.policy.ladders import read_steps
from kilter.department.policy.models import (
    Basis,
    Capacity,
    Countersigning,
    DecisionRule,
    Frequency,
    Ladder,
    LimitSchedule,
    Scope,
    UsePermission,
)
from kilter.department.policy.queries import loosened
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.judge import Rule, RuleName
from kilter.measure.limit import read_limits, shipped
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.registry import entries
from kilter.measure.registry import specialty as find_specialty


@action("policy.propose_limits")
def propose_limits(
    *,
    by: Person,
    specialty: str,
    reason: str,
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    effective_from: datetime | None = None,
    scope_kind: str = "all",
    scope_key: str = "",
) -> LimitSchedule:
    """Propose limits for a specialty as one schedule; nothing is in force before it is adopted.

    Args:
        by: who proposes.
        specialty: key of the specialty.
        reason: why these limits.
        rows: limit rows by procedure name; the published ones where None.
        effective_from: from when; now where None.
        scope_kind: all, device_kind, model or device.
        scope_key: which one.

    Raises:
        BadInput: a row cannot be read, names no procedure, or the scope will not do.
    """
    if not reason.strip():
        raise BadInput("a schedule of limits needs a reason", field="reason")
    if scope_kind == Scope.LOCATION:
        raise BadInput("limits follow the device and not its place", field="scope_kind")
    scope_key = _scope_key(scope_kind, scope_key)
    listed = {entry.name: entry for entry in find_specialty(specialty).entries().values()}
    given = {name: [row.as_data() for row in shipped(entry)] for name, entry in listed.items()}
    if rows is not None:
        given = {name: [dict(row) for row in some] for name, some in rows.items()}
    looser: list[str] = []
    for name, some in given.items():
        if name not in listed:
            raise BadInput(f"{specialty} has no procedure {name!r}", field="rows")
        looser += loosened(listed[name], read_limits({"limit": some}, listed[name]))
    schedule = LimitSchedule.objects.create(
        specialty=specialty,
        scope_kind=scope_kind,
        scope_key=scope_key,
        rows={name: some for name, some in given.items() if some or rows is not None},
        looser=looser,
        reason=reason.strip(),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        proposed_by=by,
    )
    audit.write("policy.propose_limits", by=by, subject=schedule, detail={"specialty": specialty})
    return schedule


_FOUND: dict[str, Any] = {
    Scope.DEVICE: Device,
    Scope.MODEL: DeviceModel,
    Scope.LOCATION: Location,
}
"""Where what a scope names by its public id is found."""


def _scope_key(kind: str, key: str) -> str:
    """Check a scope and give its key as the queries compare it; one that names nothing never applies."""
    known = kind in _FOUND or kind in (Scope.ALL, Scope.DEVICE_KIND)
    if not known or (kind == Scope.ALL) != (key == ""):
        raise BadInput(
            "the scope is all, or a device kind, place, model or device by its key", field="scope_kind"
        )
    if kind == Scope.ALL:
        return ""
    if kind == Scope.DEVICE_KIND:
        if not KIND.fullmatch(key):
            raise BadInput("a kind of devices is a key such as infusion_pump", field="scope_key")
        return key
    try:
        uuid = UUID(key)
    except ValueError:
        uuid = None
    if uuid is None or not _FOUND[kind].objects.filter(uuid=uuid).exists():
        raise BadInput(f"there is no {kind} with the id {key[:40]!r}", field="scope_key")
    return str(uuid)


@action("policy.adopt_limits")
def adopt_limits(*, by: Person, schedule: LimitSchedule, specialty: str) -> LimitSchedule:
    """Adopt a schedule: from its date on its limits judge, and are no longer *to be confirmed*.

    Raises:
        Conflict: it was adopted before.
        BadInput: `specialty` is not the schedule's.
    """
    found = LimitSchedule.objects.select_for_update().get(pk=schedule.pk)
    if found.specialty != specialty:
        raise BadInput("this schedule belongs to another specialty", field="specialty")
    if found.adopted_at is not None:
        raise Conflict("this schedule was adopted before", field="schedule")
    found.adopted_at, found.adopted_by = clock.now(), by
    found.save(update_fields=["adopted_at", "adopted_by"])
    audit.write("policy.adopt_limits", by=by, subject=found, detail={"looser": found.looser})
    return found


@action("policy.countersign_limits")
def countersign_limits(*, by: Person, schedule: LimitSchedule, specialty: str) -> LimitSchedule:
    """Countersign a schedule that is looser than its citation; a second person does.

    Raises:
        NotPermitted: the same person adopted or proposed it.
        Conflict: it is not adopted yet, or needs no second person.
        BadInput: `specialty` is not the schedule's.
    """
    found = LimitSchedule.objects.select_for_update().get(pk=schedule.pk)
    if found.specialty != specialty:
        raise BadInput("this schedule belongs to another specialty", field="specialty")
    if found.adopted_at is None or not found.looser or found.countersigned_at is not None:
        raise Conflict("this schedule does not wait for a second person", field="schedule")
    if by.pk in (found.adopted_by_id, found.proposed_by_id):
        raise NotPermitted("A second person countersigns, not the one who proposed or adopted.", field="by")
    found.countersigned_at, found.countersigned_by = clock.now(), by
    found.save(update_fields=["countersigned_at", "countersigned_by"])
    audit.write("policy.countersign_limits", by=by, subject=found, detail={"looser": found.looser})
    return found


@action("policy.set_frequency")
def set_frequency(
    *,
    by: Person,
    protocol: str,
    scope_kind: str,
    scope_key: str = "",
    months: int,
    reason: str,
    window_days: int = 28,
    after_days: int = 0,
    basis: str = Basis.COMPLETED,
    anchor: date | None = None,
    counter: str = "",
    every: float | None = None,
    suspends: bool = False,
    withdraw_when_overdue: bool = False,
    duration: timedelta | None = None,
    supplier: str = "",
    effective_from: datetime | None = None,
) -> Frequency:
    """Say how often a protocol is due on some devices; what each field means stands at the row.

    Raises:
        NotFound: there is no such protocol.
        BadInput: the scope, or what is said of the dates, will not do, or there is no reason.
    """
    find_protocol(protocol)
    scope_key = _scope_key(scope_kind, scope_key)
    check_window(months, window_days, after_days, basis)
    if not reason.strip():
        raise BadInput("a frequency needs a reason", field="reason")
    row = Frequency.objects.create(
        **read_more(
            basis=basis, anchor=anchor, counter=counter, every=every, duration=duration, supplier=supplier
        ),
        protocol=protocol,
        scope_kind=scope_kind,
        scope_key=scope_key,
        months=months,
        window_days=window_days,
        after_days=after_days,
        suspends=suspends,
        withdraw_when_overdue=withdraw_when_overdue,
        reason=reason.strip(),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        set_by=by,
    )
    detail = {"protocol": protocol, "scope": f"{scope_kind}:{scope_key}", "months": months}
    audit.write("policy.set_frequency", by=by, subject=row, detail=detail)
    return row


@action("policy.set_ladder")
def set_ladder(
    *,
    by: Person,
    outcome: str,
    steps: Sequence[Mapping[str, Any]],
    reason: str,
    effective_from: datetime | None = None,
) -> Ladder:
    """Say what follows when planned visits cannot be made, attempt by attempt.

    Args:
        by: the acting person.
        outcome: could_not_locate or no_access.
        steps: each with `act` (a key of `ladders.ACTS`) and `days` until it is tried again.
        reason: why so.
        effective_from: from when; now where None.

    Raises:
        BadInput: the outcome or a step will not do, or there is no reason.
    """
    read = read_steps(outcome, steps)
    row = Ladder.objects.create(
        outcome=outcome,
        steps=read,
        reason=text("reason", reason, most=1000, needed=True),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        set_by=by,
    )
    audit.write("policy.set_ladder", by=by, subject=row, detail={"outcome": outcome, "steps": read})
    return row


@action("policy.set_capacity")
def set_capacity(
    *,
    by: Person,
    person: Person,
    monthly: timedelta,
    reason: str = "",
    effective_from: datetime | None = None,
) -> Capacity:
    """Say how much time a person has for planned maintenance in a month, from an instant on.

    Raises:
        BadInput: it is no person, or less than nothing or more than a month.
    """
    if not isinstance(person, Person):
        raise BadInput("person: must be a person", field="person")
    if not timedelta(0) <= monthly <= timedelta(days=31):
        raise BadInput("monthly: between nothing and a month", field="monthly")
    row = Capacity.objects.create(
        person=person,
        monthly=monthly,
        reason=text("reason", reason, most=1000),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        set_by=by,
    )
    detail = {"hours": monthly / timedelta(hours=1)}
    audit.write("policy.set_capacity", by=by, subject=person, detail=detail)
    return row


@action("policy.set_decision_rule")
def set_decision_rule(
    *,
    by: Person,
    applies_to: str,
    rule: str,
    reason: str,
    coverage_factor: float = 2.0,
    threshold: float = 0.95,
    effective_from: datetime | None = None,
) -> DecisionRule:
    """Name the decision rule of a specialty or one procedure; it judges what is performed from then on.

    Raises:
        BadInput: there is no such rule, specialty or procedure, or no reason.
    """
    _check_applies_to(applies_to)
    if not reason.strip():
        raise BadInput("a decision rule needs a reason", field="reason")
    Rule(cast("RuleName", rule), coverage_factor, threshold)
    row = DecisionRule.objects.create(
        applies_to=applies_to,
        rule=rule,
        coverage_factor=coverage_factor,
        threshold=threshold,
        reason=reason.strip(),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        set_by=by,
    )
    audit.write(
        "policy.set_decision_rule", by=by, subject=row, detail={"applies_to": applies_to, "rule": rule}
    )
    return row


def _check_applies_to(name: str) -> None:
    if "." not in name:
        find_specialty(name)
    elif name not in entries():
        raise BadInput(f"there is no procedure {name[:80]!r}", field="applies_to")


@action("policy.require_countersignature")
def require_countersignature(
    *, by: Person, applies_to: str, wanted: bool, reason: str, effective_from: datetime | None = None
) -> Countersigning:
    """Say whether passing results of a specialty or procedure count only once countersigned.

    Raises:
        BadInput: there is no such specialty or procedure, or no reason.
    """
    _check_applies_to(applies_to)
    if not reason.strip():
        raise BadInput("this needs a reason", field="reason")
    row = Countersigning.objects.create(
        applies_to=applies_to,
        wanted=wanted,
        reason=reason.strip(),
        effective_from=clock.as_instant(effective_from) if effective_from else clock.now(),
        set_by=by,
    )
    audit.write("policy.require_countersignature", by=by, subject=row, detail={"applies_to": applies_to})
    return row


@action("policy.permit_use")
def permit_use(*, by: Person, specialty: str, use: str, how: str, permitted: bool = True) -> UsePermission:
    """Say how independent checks or patient results of a specialty are used here, or forbid them.

    Raises:
        BadInput: the use is not one of the two, or how it is used is not said.
    """
    find_specialty(specialty)
    if use not in ("independent_check", "patient_result"):
        raise BadInput("the use is independent_check or patient_result", field="use")
    if not how.strip():
        raise BadInput("say how these results are used here", field="how")
    row = UsePermission.objects.create(
        specialty=specialty,
        use=use,
        how=how.strip(),
        permitted=permitted,
        effective_from=clock.now(),
        set_by=by,
    )
    audit.write("policy.permit_use", by=by, subject=row, detail={"specialty": specialty, "use": use})
    return row
