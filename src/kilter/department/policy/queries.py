"""Reads of the policy room: one load, then pure questions about what was in force at an instant."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, cast

from kilter.department.ledger import clock
from kilter.department.policy.models import (
    Capacity,
    Countersigning,
    DecisionRule,
    Frequency,
    LimitSchedule,
    Scope,
    UsePermission,
)
from kilter.measure.error import NotFound
from kilter.measure.judge import Rule, RuleName
from kilter.measure.limit import Limit, read_limits, shipped
from kilter.measure.registry import Entry, specialty


class Scoped(Protocol):
    """What policy has to know of a device."""

    @property
    def uuid(self) -> uuids.UUID:
        """Public id."""

    @property
    def kind(self) -> str:
        """Key of its kind."""

    @property
    def model_uuid(self) -> uuids.UUID:
        """Public id of its model."""


_NARROW = (Scope.DEVICE, Scope.MODEL, Scope.DEVICE_KIND, Scope.ALL)
_Row = TypeVar("_Row", DecisionRule, Countersigning)


@dataclass(frozen=True)
class InForce:
    """The limits that judge one procedure on one device at one instant."""

    limits: tuple[Limit, ...]
    rule: Rule
    schedule: uuids.UUID | None

    @property
    def confirmed(self) -> bool:
        """Say whether every limit was read or adopted: only then may a result return a device to use."""
        return all(limit.read in ("yes", "adopted") for limit in self.limits)


@dataclass
class Policy:
    """All rows of policy, loaded once; every answer is for an instant."""

    schedules: Sequence[LimitSchedule]
    rules: Sequence[DecisionRule]
    frequencies: Sequence[Frequency]
    countersigning: Sequence[Countersigning]
    uses: Sequence[UsePermission]
    _read: dict[tuple[int, str], tuple[Limit, ...]] = field(default_factory=dict)
    _by_scope: dict[tuple[str, str], list[Frequency]] | None = None

    def limits(self, entry: Entry, device: Scoped | None, instant: datetime) -> InForce:
        """Give the limits in force: the narrowest adopted schedule of the procedure, else the published."""
        rule = self.rule(entry, instant)
        for kind, key in _scopes(device):
            fitting = [
                row
                for row in self.schedules
                if (row.scope_kind, row.scope_key) == (kind, key)
                and row.specialty == entry.specialty
                and entry.name in row.rows
                and adopted_at(row, instant)
            ]
            if fitting:
                chosen = max(fitting, key=lambda row: (row.effective_from, row.pk))
                return InForce(self._limits_of(chosen, entry), rule, chosen.uuid)
        return InForce(shipped(entry), rule, None)

    def _limits_of(self, schedule: LimitSchedule, entry: Entry) -> tuple[Limit, ...]:
        key = (schedule.pk, entry.key)
        if key not in self._read:
            rows = [{**row, "read": "adopted"} for row in schedule.rows[entry.name]]
            self._read[key] = read_limits({"limit": rows}, entry)
        return self._read[key]

    def rule(self, entry: Entry, instant: datetime) -> Rule:
        """Give the decision rule of a procedure: its own, else its specialty's, else simple acceptance."""
        found = _latest(self.rules, (entry.key, entry.specialty), instant)
        if found is None:
            return Rule()
        return Rule(cast("RuleName", found.rule), found.coverage_factor, found.threshold)

    def countersigned(self, entry: Entry, instant: datetime) -> bool:
        """Say whether a passing result counts only once a second person has countersigned it."""
        found = _latest(self.countersigning, (entry.key, entry.specialty), instant)
        return found is not None and found.wanted

    def use_permitted(self, entry: Entry, instant: datetime) -> bool:
        """Say whether results of this use may be signed here; equipment tests always may."""
        if entry.use == "equipment":
            return True
        rows = [
            row
            for row in self.uses
            if (row.specialty, row.use) == (entry.specialty, entry.use) and row.effective_from <= instant
        ]
        return bool(rows) and max(rows, key=lambda row: (row.effective_from, row.pk)).permitted

    def frequencies_for(
        self, device: Scoped, instant: datetime, places: Sequence[str] = ()
    ) -> list[Frequency]:
        """Give the frequency of every protocol that is due on a device, the narrowest row of each.

        Args:
            device: which.
            instant: when.
            places: public ids of its place and of the places around it, the innermost first. A place is
                narrower than a kind of device and wider than a model.
        """
        if self._by_scope is None:
            self._by_scope = _by_scope(self.frequencies)
        chosen: dict[str, Frequency] = {}
        scopes = _scopes(device)
        scopes[2:2] = [(Scope.LOCATION.value, place) for place in places]
        for scope in reversed(scopes):
            for row in self._by_scope.get(scope, ()):
                if row.effective_from <= instant:
                    chosen[row.protocol] = row
        return [row for row in chosen.values() if row.months > 0]


def _by_scope(frequencies: Sequence[Frequency]) -> dict[tuple[str, str], list[Frequency]]:
    """Sort frequencies by what they reach; in each list the one that took over last comes last."""
    found: dict[tuple[str, str], list[Frequency]] = {}
    for row in sorted(frequencies, key=lambda row: (row.effective_from, row.pk)):
        found.setdefault((row.scope_kind, row.scope_key), []).append(row)
    return found


def _scopes(device: Scoped | None) -> list[tuple[str, str]]:
    if device is None:
        return [(Scope.ALL.value, "")]
    keys = {
        Scope.DEVICE: str(device.uuid),
        Scope.MODEL: str(device.model_uuid),
        Scope.DEVICE_KIND: device.kind,
        Scope.ALL: "",
    }
    return [(scope.value, keys[scope]) for scope in _NARROW]


def _latest(rows: Sequence[_Row], names: tuple[str, ...], instant: datetime) -> _Row | None:
    """Find the newest row in force of the first name that has one.

    Whatever date a row names, it judges nothing that was measured before it was set: how a test is decided
    is named before the test.
    """
    for name in names:
        fitting = [
            row for row in rows if row.applies_to == name and max(row.effective_from, row.set_at) <= instant
        ]
        if fitting:
            return max(fitting, key=lambda row: (row.effective_from, row.pk))
    return None


def adopted_at(schedule: LimitSchedule, instant: datetime) -> bool:
    """Say whether a schedule was in force at an instant: adopted by then, and countersigned where looser.

    Whatever date a schedule names, it judges nothing that was measured before people had agreed to it.
    """
    signed = [schedule.effective_from, schedule.adopted_at]
    if schedule.looser:
        signed.append(schedule.countersigned_at)
    return all(one is not None and one <= instant for one in signed)


def load() -> Policy:
    """Load all of policy: five queries, whatever the number of devices."""
    return Policy(
        schedules=list(LimitSchedule.objects.exclude(adopted_at=None)),
        rules=list(DecisionRule.objects.all()),
        frequencies=list(Frequency.objects.all()),
        countersigning=list(Countersigning.objects.all()),
        uses=list(UsePermission.objects.all()),
    )


def schedules_of(key: str) -> list[LimitSchedule]:
    """List the schedules of a specialty, newest first."""
    rows = LimitSchedule.objects.filter(specialty=key)
    return list(rows.select_related("proposed_by", "adopted_by", "countersigned_by").order_by("-id"))


def schedule_by_uuid(uuid: uuids.UUID) -> LimitSchedule:
    """Find a schedule.

    Raises:
        NotFound: there is none.
    """
    found = LimitSchedule.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such schedule of limits", field="schedule")
    return found


def to_be_confirmed(key: str, instant: datetime | None = None) -> list[str]:
    """Name the procedures of a specialty with limits that nobody has read or adopted."""
    when = instant or clock.now()
    policy = load()
    listed = specialty(key).entries().values()
    return [entry.key for entry in listed if not policy.limits(entry, None, when).confirmed]


def loosened(entry: Entry, rows: Sequence[Limit]) -> list[str]:
    """Name, in words, each published limit that these rows loosen or leave out."""
    found = []
    for published in shipped(entry):
        place = (published.result, published.level, dict(published.when), published.kind, published.of)
        same = [r for r in rows if (r.result, r.level, dict(r.when), r.kind, r.of) == place]
        if not same:
            found.append(f"{entry.name}: {published.result} {dict(published.when)} is left out")
        found += [
            f"{entry.name}: {row.result} {dict(row.when)}" for row in same if _is_looser(row, published)
        ]
    return found


def _is_looser(row: Limit, published: Limit) -> bool:
    if row.unit != published.unit:
        return True  # another unit is looked at by two people
    if published.steps != row.steps or published.fixed_unit != row.fixed_unit:
        return True
    if (row.at_least or 0) > (published.at_least or 0) or (row.plus or 0) > (published.plus or 0):
        return True
    high = published.high is not None and (row.high is None or row.high > published.high)
    return high or (published.low is not None and (row.low is None or row.low < published.low))


def capacity_at(instants: Sequence[datetime]) -> list[timedelta]:
    """Give the time a month that all people together have for planned maintenance, at each instant.

    Who has left, or may no longer be signed in, counts no longer. One query.
    """
    rows = list(Capacity.objects.filter(person__is_active=True).order_by("effective_from", "pk"))
    found = []
    for instant in instants:
        each = {row.person_id: row.monthly for row in rows if row.effective_from <= instant}
        found.append(sum(each.values(), timedelta()))
    return found
