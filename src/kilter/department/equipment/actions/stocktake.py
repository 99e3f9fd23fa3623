"""Stocktakes: started in a place, added to scan by scan, finished with what was not seen."""

from __future__ import annotations

from kilter.department.equipment.models import Location, Sighting, Stocktake
from kilter.department.equipment.queries import device_by_scan
from kilter.department.equipment.stocktakes import reconcile, stands_in
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.formats.gs1 import SEPARATOR
from kilter.formats.label import LONGEST
from kilter.measure.error import BadInput, Conflict, NotFound


@action("equipment.start_stocktake")
def start_stocktake(*, by: Person, location: Location) -> Stocktake:
    """Start a stocktake of a place and all that is in it.

    Raises:
        BadInput: there is no such place.
        Conflict: one is open in this place already.
    """
    if not isinstance(location, Location) or location.pk is None:
        raise BadInput("location: must be a place", field="location")
    place = Location.objects.select_for_update().get(pk=location.pk)
    if Stocktake.objects.filter(location=place, finished_at=None).exists():
        raise Conflict(f"a stocktake of {place} is open already", field="location")
    row = Stocktake.objects.create(location=place, started_by=by)
    audit.write("equipment.start_stocktake", by=by, subject=row, detail={"location": str(place)})
    return row


@action("equipment.record_sighting")
def record_sighting(*, by: Person, stocktake: Stocktake, label: str) -> Sighting:
    """Add one scan. A label that no device bears, or several do, is kept as it was read.

    Raises:
        BadInput: there is nothing in the label, or too much.
        Conflict: the stocktake is finished.
    """
    row = _open(stocktake)
    given = label.replace(SEPARATOR, " ") if isinstance(label, str) else label
    kept = text("label", given, most=LONGEST, needed=True)
    try:
        device = device_by_scan(label)
    except NotFound:
        device = None
    expected = device is not None and stands_in(device, row.location)
    seen = Sighting.objects.create(stocktake=row, label=kept, device=device, expected=expected, by=by)
    detail = {"label": kept, "device": device.asset if device else None}
    audit.write("equipment.record_sighting", by=by, subject=row, detail=detail)
    return seen


@action("equipment.finish_stocktake")
def finish_stocktake(*, by: Person, stocktake: Stocktake) -> Stocktake:
    """Finish a stocktake and keep which devices were expected and not seen; no device is changed by it.

    Raises:
        Conflict: it was finished before.
    """
    row = _open(stocktake)
    found = reconcile(row)
    row.missing = [one.asset for one in found.missing]
    row.finished_at, row.finished_by = clock.now(), by
    row.save(update_fields=["missing", "finished_at", "finished_by"])
    detail = {
        "location": str(row.location),
        "seen": len(found.seen),
        "missing": row.missing,
        "elsewhere": [one.asset for one in found.elsewhere],
        "unknown": list(found.unknown),
    }
    audit.write("equipment.finish_stocktake", by=by, subject=row, detail=detail)
    return row


def _open(stocktake: Stocktake) -> Stocktake:
    """Read a stocktake again, locked; it must not be finished."""
    rows = Stocktake.objects.select_for_update(of=("self",)).select_related("location")
    row = rows.get(pk=stocktake.pk)
    if row.finished_at is not None:
        raise Conflict("the stocktake is finished", field="stocktake")
    return row
