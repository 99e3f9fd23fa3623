"""Readings of the counters of a device."""

from __future__ import annotations

import math
from datetime import datetime

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, outbox
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.policy.intervals import COUNTER
from kilter.department.schedule.models import CounterReading
from kilter.measure.error import BadInput


@action("schedule.read_counter")
def read_counter(
    *,
    by: Person,
    device: Device,
    counter: str,
    value: float,
    at: datetime | None = None,
    anew: bool = False,
    start: float = 0.0,
) -> CounterReading:
    """Note what a counter of a device shows.

    Args:
        by: the acting person.
        device: whose counter.
        counter: its key, such as `hours` or `cycles`.
        value: what it shows.
        at: when; now where None.
        anew: it was exchanged or set back since the last reading.
        start: where it began then.

    Raises:
        BadInput: not a number of zero or more, lower than the reading before, higher than the one after,
            or in the future.
    """
    if not COUNTER.fullmatch(counter):
        raise BadInput("a counter is a key such as hours or cycles", field="counter")
    for field, number in (("value", value), ("start", start)):
        if not (math.isfinite(number) and number >= 0):
            raise BadInput(f"{field}: must be a number of zero or more", field=field)
    when = clock.as_instant(at, "at") if at else clock.now()
    if when > clock.now():
        raise BadInput("at: lies in the future", field="at")
    if anew and value < start:
        raise BadInput("a counter shows no less than where it began", field="value")
    Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    _check_order(device, counter, value, when, anew=anew)
    row = CounterReading.objects.create(
        device=device,
        counter=counter,
        value=value,
        anew=anew,
        start=start if anew else 0.0,
        at=when,
        entered_by=by,
    )
    audit.write("schedule.read_counter", by=by, subject=device, detail={"counter": counter, "value": value})
    outbox.emit("equipment.changed", {"device": device.pk})
    return row


def _check_order(device: Device, counter: str, value: float, when: datetime, *, anew: bool) -> None:
    """See that a counter does not run backwards: against the reading before and the one after."""
    rows = CounterReading.objects.filter(device=device, counter=counter)
    before = rows.filter(at__lte=when).order_by("-at", "-id").first()
    if before is not None and not anew and value < before.value:
        message = f"the counter showed {before.value:g} before: say that it began anew, or look again"
        raise BadInput(message, field="value")
    after = rows.filter(at__gt=when).order_by("at", "id").first()
    if after is not None and not after.anew and value > after.value:
        raise BadInput(f"the counter showed {after.value:g} later", field="value")
