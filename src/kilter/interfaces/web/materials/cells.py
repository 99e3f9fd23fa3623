"""How the pages of the materials room write lots, activities and times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.materials.course import WORDS, LotState
from kilter.department.materials.models import Lot
from kilter.measure.rounding import number_text

LEAST = 1e-3
"""MBq below which an activity is only said to be below it."""

GROUPED, NARROW = 10_000.0, "\u202f"
"""MBq from which figures are parted in threes, and the narrow space that parts them (ISO 80000-1)."""

SOON = timedelta(hours=2)
"""Before this time to its expiry a lot is shown as expiring."""

CRUMB = {"text": "Materials", "href": "/materials/"}


def rounded(value: float, digits: int = 4) -> float:
    """Round to significant digits: more than a calibrator shows nobody needs on a screen."""
    return float(f"{value:.{digits - 1}e}")


def mbq(value: float) -> str:
    """Write an activity in MBq with four digits; large ones in groups of three."""
    if 0 < value < LEAST:
        return f"below {number_text(LEAST)} MBq"
    if value >= GROUPED:
        return f"{rounded(value):,.0f} MBq".replace(",", NARROW)
    return f"{number_text(rounded(value))} MBq"


def local(instant: datetime) -> datetime:
    """Give an instant in the zone of the site."""
    return instant.astimezone(ZoneInfo(settings.SITE_ZONE))


def clock_text(instant: datetime, now: datetime) -> str:
    """Write a time at the site: with its day where that is not today."""
    here = local(instant)
    return f"{here:%H:%M}" if here.date() == local(now).date() else f"{here.day} {here:%b %Y %H:%M}"


def lot_cell(lot: Lot) -> dict[str, str]:
    """Give a lot as a cell: its label as a link, and what it is."""
    sub = f"{lot.product.name}, {lot.get_kind_display()}" if lot.product else lot.get_kind_display()
    return {"text": lot.label, "href": f"/materials/lots/{lot.uuid}/", "sub": sub}


def activity_cell(lot: Lot, activity: float) -> dict[str, str] | str:
    """Give an activity as a cell that is refreshed on the screen."""
    if not lot.nuclide:
        return amount_text(lot)
    return {"text": mbq(activity), "live": f"now-{lot.uuid}", "sub": lot.nuclide}


def amount_text(lot: Lot) -> str:
    """Write how much of a lot there is that has no activity."""
    if lot.amount:
        return f"{number_text(rounded(lot.amount))} {lot.product.unit if lot.product else ''}".strip()
    return f"{number_text(rounded(lot.volume))} mL" if lot.volume else ""


def expiry_cell(lot: Lot, now: datetime) -> Any:
    """Give when a lot expires; what has expired or will soon stands out."""
    if lot.expires is None:
        return "none"
    when = clock_text(lot.expires, now)
    if lot.expires <= now:
        return {"verdict": "suspension", "word": f"expired {when}"}
    if lot.expires <= now + SOON:
        return {"verdict": "remedial", "word": f"expires {when}"}
    return when


def state_cell(lot: Lot, reason: str = "") -> dict[str, str]:
    """Give where a lot stands; what may not be used is never shown as good."""
    if lot.state == LotState.RELEASED:
        closed = "closed" if lot.sealed_at else ""
        if lot.kind == Lot.Kind.CONTAINER:
            return {"verdict": "recorded", "word": closed or "open"}
        if lot.container_id is not None:
            return {"verdict": "recorded", "word": "waste"}
        if reason:
            return {"verdict": "suspension", "word": "not for use", "sub": reason}
        return {"verdict": "within", "word": "released"}
    if lot.state == LotState.QUARANTINED:
        return {"verdict": "remedial", "word": "quarantine"}
    if lot.state == LotState.REJECTED:
        return {"verdict": "suspension", "word": WORDS[LotState.REJECTED]}
    return {"verdict": "recorded", "word": WORDS[LotState(lot.state)]}


def test_name(key: str) -> str:
    """Write the key of a test in words."""
    return key.rpartition(".")[2].replace("_", " ")
