"""Which schedules reach which devices: policy asked once for each kind of case, not for each device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from kilter.department.equipment.models import Device, Location
from kilter.department.ledger.rows import among
from kilter.department.policy.models import Frequency, Scope
from kilter.department.policy.queries import Policy

Case = tuple[UUID | None, UUID, tuple[str, ...]]
"""What decides which frequencies reach a device: itself where policy names it, its model, its place."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What the schedule has to know of a device."""

    pk: int
    uuid: UUID
    model_uuid: UUID
    kind: str
    location: int | None
    state: str
    registered_at: datetime


@dataclass
class Plan:
    """Policy at an instant, with what was already asked of it kept."""

    policy: Policy
    instant: datetime
    _own: set[str] = field(default_factory=set)
    _places: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[Case, list[Frequency]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note which devices and places policy names; the places are read only where it names any."""
        rows = self.policy.frequencies
        self._own = {row.scope_key for row in rows if row.scope_kind == Scope.DEVICE}
        named = {row.scope_key for row in rows if row.scope_kind == Scope.LOCATION}
        if named:
            self._places = _places(named)

    def frequencies(self, device: Planned) -> list[Frequency]:
        """Give the frequencies of a device."""
        own, _, places = case = self._case(device)
        if own is not None:
            return self.policy.frequencies_for(device, self.instant, places)
        if case not in self._known:
            self._known[case] = self.policy.frequencies_for(device, self.instant, places)
        return self._known[case]

    def _case(self, device: Planned) -> Case:
        """Give what its frequencies depend on."""
        own = device.uuid if self._own and str(device.uuid) in self._own else None
        return own, device.model_uuid, self._places.get(device.location or 0, ())

    def by_frequency(self, devices: Iterable[Planned]) -> dict[Frequency, list[Planned]]:
        """Sort devices under each frequency that reaches them."""
        cases: dict[Case, list[Planned]] = defaultdict(list)
        for device in devices:
            cases[self._case(device)].append(device)
        found: dict[Frequency, list[Planned]] = defaultdict(list)
        for some in cases.values():
            for frequency in self.frequencies(some[0]):
                found[frequency] += some
        return found


def _places(named: set[str]) -> dict[int, tuple[str, ...]]:
    """Give, by the row id of each place, the places around it that policy names, the innermost first."""
    rows = list(Location.objects.only("pk", "uuid", "path"))
    uuids = {row.pk: str(row.uuid) for row in rows}
    found = {}
    for row in rows:
        around = tuple(uuids[pk] for pk in reversed(row.ancestor_ids()) if uuids.get(pk) in named)
        if around:
            found[row.pk] = around
    return found


def read(ids: Sequence[int], states: Iterable[str]) -> list[Planned]:
    """Read what is planned on, of some devices, in some states: one query."""
    columns = ("pk", "uuid", "model__uuid", "model__kind", "location_id", "state", "registered_at")
    rows = Device.objects.filter(among("pk", ids), state__in=list(states)).order_by("pk")
    return [Planned(*row) for row in rows.values_list(*columns)]
