"""Daily checks of the wards: what is to be done today, what was found, and which days were missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Hold, LifecycleFact, Location
from kilter.department.equipment.queries import within
from kilter.department.records.models import Record
from kilter.department.records.queries import standing
from kilter.department.schedule.models import WardCheck
from kilter.department.schedule.site import local_day, today
from kilter.measure.error import NotFound
from kilter.measure.protocol import user_checks

LOOKED_BACK = 7
"""Whole days before today whose missed checks are shown."""

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class DailyCheck:
    """One check of one device: the newest result of today, and the days of the last week without any.

    `place` is the row id of the place that asks for it.
    """

    device: Device
    protocol: str
    place: int
    done: Record | None
    missed: tuple[date, ...]

    @property
    def passed(self) -> bool:
        """Say whether it was done today and found all in order."""
        return self.done is not None and self.done.verdict == "within"


def rules() -> list[WardCheck]:
    """List which checks are done where: the newest word on each place and check; one query."""
    newest: dict[tuple[int, str], WardCheck] = {}
    rows = WardCheck.objects.select_related("location").order_by("set_at", "id")
    for row in rows:
        newest[row.location_id, row.protocol] = row
    return list(newest.values())


def place_by_uuid(uuid: UUID) -> Location:
    """Find a place.

    Raises:
        NotFound: there is none.
    """
    found = Location.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such place", field="place")
    return found


def checks(place: Location | None = None) -> list[DailyCheck]:
    """List the daily checks of a place and all within it, or of all places; five queries.

    A device is asked for while it is in service. A day counts as missed where the device, which stands here
    now, was in service and not held from the first instant of the day to its last, and nobody checked it.
    """
    known = {one.key: one for one in user_checks()}
    said = [row for row in rules() if row.protocol in known]
    kinds = {kind for row in said for kind in known[row.protocol].device_kinds}
    rows = Device.objects.filter(model__kind__in=kinds, state=State.IN_SERVICE).exclude(location=None)
    if place is not None:
        rows = rows.filter(within(place))
    devices = list(rows.select_related("model", "location").order_by("location__path", "asset_key"))
    asked = [
        (device, rule)
        for device in devices
        for key, one in known.items()
        if one.fits(device.kind) and (rule := _in_force(said, device, key)) is not None and rule.wanted
    ]
    pks = {device.pk for device, _ in asked}
    results, away = _results(pks, list(known)), _away(pks)
    return [_check(device, rule, results, away.get(device.pk, [])) for device, rule in asked]


def _in_force(said: Iterable[WardCheck], device: Device, protocol: str) -> WardCheck | None:
    """Give the word of the innermost place around a device."""
    assert device.location is not None
    path = device.location.path
    around = [row for row in said if row.protocol == protocol and path.startswith(row.location.path)]
    return max(around, key=lambda row: len(row.location.path), default=None)


def _start(day: date) -> datetime:
    """Give the first instant of a day at the site."""
    return datetime.combine(day, time(), ZoneInfo(settings.SITE_ZONE))


def _results(
    devices: Iterable[int], protocols: Sequence[str]
) -> Mapping[tuple[int, str], Mapping[date, Record]]:
    """Give the newest result of each day by device and protocol; one query."""
    rows = standing().filter(device__in=list(devices), protocol__in=protocols)
    rows = rows.filter(performed_at__gte=_start(today() - timedelta(days=LOOKED_BACK)))
    found: dict[tuple[int, str], dict[date, Record]] = {}
    for row in rows.select_related("person").defer("text").order_by("performed_at", "number"):
        assert row.device_id is not None  # asked for above
        found.setdefault((row.device_id, row.protocol), {})[local_day(row.performed_at)] = row
    return found


def _away(devices: Iterable[int]) -> Mapping[int, Sequence[Span]]:
    """Give when each device was not in service or was held, from and until; two queries."""
    pks = list(devices)
    facts: dict[int, list[Span]] = {}
    rows = LifecycleFact.objects.filter(device__in=pks).order_by("device_id", "id")
    for device, state, at in rows.values_list("device_id", "state", "at"):
        spans = facts.setdefault(device, [(LONG_AGO, None)])
        begin, end = spans[-1]
        if state == State.IN_SERVICE and end is None:
            spans[-1] = (begin, at)
        elif state != State.IN_SERVICE and end is not None:
            spans.append((at, None))
    found = {device: facts.get(device, []) for device in pks}
    holds = Hold.objects.filter(device__in=pks).values_list("device_id", "placed_at", "released_at")
    for device, begin, end in holds:
        found[device].append((begin, end))
    return found


def _check(
    device: Device,
    rule: WardCheck,
    results: Mapping[tuple[int, str], Mapping[date, Record]],
    away: Sequence[Span],
) -> DailyCheck:
    """Put together what is known of one check."""
    done, day = results.get((device.pk, rule.protocol), {}), today()
    past = [day - timedelta(days=back) for back in range(LOOKED_BACK, 0, -1)]
    missed = tuple(one for one in past if one >= rule.since and one not in done and not _was_away(away, one))
    return DailyCheck(device, rule.protocol, rule.location_id, done.get(day), missed)


def _was_away(away: Sequence[Span], day: date) -> bool:
    """Say whether a device was out of service, or held, for a part of a day."""
    first, last = _start(day), _start(day + timedelta(days=1))
    return any(begin < last and (end is None or end > first) for begin, end in away)
