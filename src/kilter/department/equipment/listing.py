"""Lists of devices: filtered, page by page, at the same cost on every page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.equipment.queries import devices, within
from kilter.department.ledger.texts import as_key
from kilter.measure.error import BadInput

PAGE = 50
NAMED = 5
STEP = re.compile(r"\s*[/>›]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which devices; "" or None leaves a filter out. Those entered in error are only given when asked for."""

    kind: str = ""
    state: str = ""
    owner: str = ""
    place: Location | None = None
    model: DeviceModel | None = None
    taken_over: bool = False
    """Only those in service that came over so on going live, and were never accepted here."""

    def chosen(self) -> Q:
        """Give the condition."""
        wanted = Q(state=self.state) if self.state else ~Q(state=State.ENTERED_IN_ERROR)
        if self.kind:
            wanted &= Q(model__in=DeviceModel.objects.filter(kind=self.kind).values("pk"))
        if self.owner:
            wanted &= Q(owner=self.owner)
        if self.place is not None:
            wanted &= Q(location__in=Location.objects.filter(within(self.place, "")).values("pk"))
        if self.model is not None:
            wanted &= Q(model=self.model)
        if self.taken_over:
            wanted &= Q(state=State.IN_SERVICE, accepted_at=None)
        return wanted


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its devices, and the asset key behind which the next begins, "" on the last."""

    devices: tuple[Device, ...]
    after: str


def page(filters: Filters, *, after: str = "", most: int = PAGE) -> Page:
    """Give one page of devices by asset number. One query, as fast on the last page as on the first.

    Args:
        filters: which devices.
        after: asset key of the last device of the page before; "" for the first page.
        most: devices of a page.
    """
    rows = devices().filter(filters.chosen())
    if after:
        rows = rows.filter(asset_key__gt=as_key(after))
    found = list(rows.order_by("asset_key")[: most + 1])
    return Page(tuple(found[:most]), found[most - 1].asset_key if len(found) > most else "")


def kinds() -> list[str]:
    """List the kinds that the models of the register have."""
    return list(DeviceModel.objects.order_by("kind").values_list("kind", flat=True).distinct())


def place_named(text: str, field: str = "location") -> Location:
    """Find a place by its name, or by as much of the way to it as tells it apart: `East Wing / Ward 7`.

    Raises:
        BadInput: there is no such place, or several; the sentence names the ways to them.
    """
    steps = [as_key(step) for step in STEP.split(text.strip()) if step]
    found = Location.objects.filter(name__iexact=steps[-1])[:200] if steps else []
    names = dict(
        Location.objects.filter(
            pk__in={pk for one in found for pk in one.ancestor_ids()}
        ).values_list("pk", "name")
    )  # fmt: skip
    ways = {one: [names[pk] for pk in one.ancestor_ids()] for one in found}
    fitting = [one for one, way in ways.items() if _follows(steps, [as_key(name) for name in way])]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise BadInput(f"{field}: there is no place {text[:60]!r}", field=field)
    some = "; ".join(" / ".join(ways[one]) for one in fitting[:NAMED])
    raise BadInput(f"{field}: {len(fitting)} places are called so: {some}", field=field)


def _follows(steps: list[str], way: list[str]) -> bool:
    """Say whether the steps come in the way in their order."""
    rest = iter(way)
    return all(step in rest for step in steps)


def way_to(place: Location | None) -> str:
    """Give the way to a place as `place_named` reads it, "" for none."""
    if place is None:
        return ""
    ids = place.ancestor_ids()
    names = dict(Location.objects.filter(pk__in=ids).values_list("pk", "name"))
    return " / ".join(names[pk] for pk in ids)
