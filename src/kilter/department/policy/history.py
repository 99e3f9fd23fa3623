"""What was set of frequencies, ladders and capacities: what is in force, and what was before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.ledger import clock
from kilter.department.policy.models import Capacity, Frequency, Ladder, Scope

MOST = 500
_Set = TypeVar("_Set", Frequency, Ladder, Capacity)


@dataclass(frozen=True, slots=True)
class Line(Generic[_Set]):
    """One row as it was set, whether it is `in force`, `to come` or `replaced`, and what it reaches."""

    row: _Set
    state: str
    reaches: str = ""


def frequencies() -> list[Line[Frequency]]:
    """List the frequencies, the newest first, with the names of what they reach. Four queries."""
    rows = list(Frequency.objects.select_related("set_by").order_by("-effective_from", "-pk")[:MOST])
    names = _names(rows)
    states = _states(rows, lambda row: (row.protocol, row.scope_kind, row.scope_key))
    return [
        Line(row, state, names.get((row.scope_kind, row.scope_key), row.scope_key.replace("_", " ")))
        for row, state in zip(rows, states, strict=True)
    ]


def ladders() -> list[Line[Ladder]]:
    """List the ladders, the newest first. One query."""
    rows = list(Ladder.objects.select_related("set_by").order_by("-effective_from", "-pk")[:MOST])
    return [Line(*pair) for pair in zip(rows, _states(rows, lambda row: row.outcome), strict=True)]


def capacities() -> list[Line[Capacity]]:
    """List the capacities, the newest first. One query."""
    rows = list(Capacity.objects.select_related("person", "set_by").order_by("-effective_from", "-pk")[:MOST])
    return [Line(*pair) for pair in zip(rows, _states(rows, lambda row: row.person_id), strict=True)]


def _states(rows: Sequence[_Set], key: Callable[[_Set], Hashable]) -> list[str]:
    """Say of each row, the newest first, how it stands: the newest of a key that has begun is in force."""
    now: datetime = clock.now()
    begun: set[Hashable] = set()
    found = []
    for row in rows:
        if row.effective_from > now:
            found.append("to come")
        elif key(row) in begun:
            found.append("replaced")
        else:
            begun.add(key(row))
            found.append("in force")
    return found


def _names(rows: Sequence[Frequency]) -> dict[tuple[str, str], str]:
    """Name the models, places and devices that frequencies reach."""
    keys: dict[str, set[UUID]] = {Scope.MODEL: set(), Scope.LOCATION: set(), Scope.DEVICE: set()}
    for row in rows:
        if row.scope_kind in keys:
            keys[row.scope_kind].add(UUID(row.scope_key))
    models = DeviceModel.objects.filter(uuid__in=keys[Scope.MODEL])
    places = Location.objects.filter(uuid__in=keys[Scope.LOCATION])
    devices = Device.objects.filter(uuid__in=keys[Scope.DEVICE])
    found = {(Scope.MODEL.value, str(one.uuid)): str(one) for one in models}
    found |= {(Scope.LOCATION.value, str(one.uuid)): one.name for one in places}
    return found | {(Scope.DEVICE.value, str(one.uuid)): one.asset for one in devices}
