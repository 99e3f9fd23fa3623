"""Reads of the safety room; each takes a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from kilter.department.equipment.models import Device
from kilter.department.safety.models import (
    Alert,
    AlertDevice,
    AlertEvent,
    Hazard,
    HazardVersion,
    Incident,
)
from kilter.department.safety.register import GONE, LOST
from kilter.measure.error import NotFound

EVERY = 1_000_000
"""More rows than any alert lists."""
_OPEN_DEVICE = Q(devices__disposition=AlertDevice.Disposition.OPEN) & ~Q(
    devices__verdict=AlertDevice.Meant.NONE
)


def alerts(*, closed: bool = False, most: int = 100) -> list[Alert]:
    """Give open alerts, the one to be acknowledged first before the others; or closed ones, newest first.

    Each bears `open_count`: how many of its devices keep it open.
    """
    rows = Alert.objects.exclude(closed_at=None) if closed else Alert.objects.filter(closed_at=None)
    rows = rows.annotate(open_count=Count("devices", filter=_OPEN_DEVICE))
    return list(rows.order_by("-closed_at" if closed else "acknowledge_by", "id")[:most])


def waiting_alerts(*, most: int = 25) -> list[Alert]:
    """Give the alerts that nobody has acknowledged yet, or of which nobody said what they are about."""
    rows = Alert.objects.filter(Q(acknowledged_at=None) | Q(confirmed_at=None), closed_at=None)
    return list(rows.order_by("acknowledge_by", "id")[:most])


def alert_by_uuid(uuid: UUID) -> Alert:
    """Find an alert.

    Raises:
        NotFound: there is none.
    """
    people = ("received_by", "confirmed_by", "acknowledged_by", "closed_by", "closed_with")
    found = Alert.objects.filter(uuid=uuid).select_related(*people).first()
    if found is None:
        raise NotFound("there is no such alert", field="alert")
    return found


WHERE = {"here": "here", "lost": "could not be located", "gone": "no longer used here"}
"""Where a device stands for an alert; what is lost or gone is shown apart."""


def alert_devices(
    alert: Alert,
    *,
    verdict: str = "",
    disposition: str = "",
    where: str = "",
    after: int = 0,
    most: int = 100,
) -> list[AlertDevice]:
    """List devices of an alert behind a row's id, narrowed by verdict, disposition and where they are."""
    rows = AlertDevice.objects.filter(alert=alert, id__gt=after)
    if verdict:
        rows = rows.filter(verdict=verdict)
    if disposition:
        rows = rows.filter(disposition=disposition)
    if where:
        rows = _at(rows, where)
    people = ("device__model", "device__location", "decided_by", "hold", "job")
    return list(rows.select_related(*people).order_by("id")[:most])


def _at(rows: QuerySet[AlertDevice], where: str) -> QuerySet[AlertDevice]:
    if where == "lost":
        return rows.filter(device__state__in=LOST)
    if where == "gone":
        return rows.filter(device__state__in=GONE)
    return rows.exclude(device__state__in=LOST | GONE)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many devices an alert lists, by verdict and disposition, and how many could not be located."""

    by_verdict: dict[str, int]
    by_disposition: dict[str, int]
    open: int
    lost: int


def tally(alert: Alert) -> Tally:
    """Count the devices of an alert. One query."""
    counted = (
        AlertDevice.objects.filter(alert=alert)
        .values_list("verdict", "disposition", "device__state")
        .annotate(n=Count("id"))
        .order_by("verdict", "disposition", "device__state")
    )
    verdicts = dict.fromkeys(AlertDevice.Meant.values, 0)
    dispositions = dict.fromkeys(AlertDevice.Disposition.values, 0)
    still_open = lost = 0
    for verdict, disposition, state, n in counted:
        verdicts[verdict] += n
        if verdict == AlertDevice.Meant.NONE:
            continue
        dispositions[disposition] += n
        still_open += n * (disposition == AlertDevice.Disposition.OPEN)
        lost += n * (state in LOST)
    return Tally(verdicts, dispositions, still_open, lost)


def unlocated(alert: Alert) -> list[Device]:
    """Give the open devices of an alert that could not be located, by asset number."""
    rows = AlertDevice.objects.filter(alert=alert, disposition=AlertDevice.Disposition.OPEN)
    rows = rows.exclude(verdict=AlertDevice.Meant.NONE).filter(device__state__in=LOST)
    return [one.device for one in rows.select_related("device__model").order_by("device__asset_key")]


def events_of(alert: Alert) -> list[AlertEvent]:
    """Give what was done to an alert, the newest first."""
    return list(AlertEvent.objects.filter(alert=alert).select_related("by", "device").order_by("-id"))


def alerts_of(device: Device) -> list[AlertDevice]:
    """Give the open alerts that mean a device, or from which it cannot be excluded."""
    rows = AlertDevice.objects.filter(device=device, alert__closed_at=None)
    return list(rows.exclude(verdict=AlertDevice.Meant.NONE).select_related("alert").order_by("id"))


def incidents(*, closed: bool = False, most: int = 100) -> list[Incident]:
    """Give open incidents, or closed ones, the newest first; each bears `left`, its open actions."""
    rows = Incident.objects.exclude(closed_at=None) if closed else Incident.objects.filter(closed_at=None)
    rows = rows.annotate(left=Count("actions", filter=Q(actions__done_at=None)))
    return list(rows.order_by("-reported_at", "-id")[:most])


def incident_by_uuid(uuid: UUID) -> Incident:
    """Find an incident.

    Raises:
        NotFound: there is none.
    """
    found = Incident.objects.filter(uuid=uuid).select_related("reported_by", "found_by", "closed_by").first()
    if found is None:
        raise NotFound("there is no such incident", field="incident")
    return found


def incidents_of(device: Device) -> list[Incident]:
    """Give the open incidents of a device, the oldest first."""
    return list(Incident.objects.filter(devices__device=device, closed_at=None).order_by("id"))


def hazards(*, kind: str = "", withdrawn: bool = False) -> list[HazardVersion]:
    """Give the newest version of each hazard, those of the greatest remaining risk first."""
    newest = HazardVersion.objects.filter(hazard=OuterRef("hazard")).order_by("-number").values("pk")[:1]
    rows = HazardVersion.objects.filter(pk=Subquery(newest), withdrawn=withdrawn)
    if kind:
        rows = rows.filter(hazard__kind=kind)
    found = rows.select_related("hazard__model", "by").order_by("id")
    return sorted(found, key=lambda one: -one.severity_after * one.probability_after)


def hazard_by_uuid(uuid: UUID) -> Hazard:
    """Find a hazard.

    Raises:
        NotFound: there is none.
    """
    found = Hazard.objects.filter(uuid=uuid).select_related("model").first()
    if found is None:
        raise NotFound("there is no such hazard", field="hazard")
    return found


def versions_of(hazard: Hazard) -> list[HazardVersion]:
    """Give the versions of a hazard, the newest first."""
    return list(hazard.versions.select_related("by").order_by("-number"))
