"""How soon a priority is to be answered and solved here."""

from __future__ import annotations

from collections.abc import Sequence

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.clocks import DAY
from kilter.department.work.models import Job, Priority, Target
from kilter.measure.error import BadInput

MOST = 60 * DAY
LEAST_OPEN = 60


@action("work.set_target")
def set_target(
    *,
    by: Person,
    priority: int,
    respond: int,
    resolve: int,
    reason: str,
    days: str = "",
    opens: int = 0,
    closes: int = DAY,
    stops: Sequence[str] = (),
) -> Target:
    """Set how soon jobs of a priority are to be answered and solved; jobs opened from now on follow it.

    Args:
        by: the acting person.
        priority: 1 (emergency) to 4 (low).
        respond: minutes until somebody answers.
        resolve: minutes until it is solved, not fewer.
        reason: why, in words.
        days: weekdays on which the clock runs, from Monday 0, such as "01234"; "" for day and night.
        opens: minute of the day at the site from which it runs.
        closes: minute of the day until which it runs.
        stops: kinds of waiting that stop the clock.

    Raises:
        BadInput: a number or a key is wrong, or the reason missing; `field` names it.
    """
    if isinstance(priority, bool) or priority not in Priority.values:
        raise BadInput("priority: must be from 1 (emergency) to 4 (low)", field="priority")
    for field, minutes in (("respond", respond), ("resolve", resolve)):
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 < minutes <= MOST:
            raise BadInput(f"{field}: must be from 1 to {MOST} minutes", field=field)
    if resolve < respond:
        raise BadInput("resolve: must not be sooner than the response", field="resolve")
    if sorted(set(days)) != list(days) or set(days) - set("0123456"):
        raise BadInput("days: must be weekdays in order from Monday 0, such as 01234", field="days")
    if not 0 <= opens < closes <= DAY or closes - opens < LEAST_OPEN:
        raise BadInput("closes: must be an hour or more after the clock opens", field="closes")
    if unknown := set(stops) - set(Job.Wait.values):
        raise BadInput(f"stops: there is no waiting for {sorted(unknown)[0]}", field="stops")
    target = Target.objects.create(
        priority=priority, respond=respond, resolve=resolve, days=days, opens=opens, closes=closes,
        stops=",".join(sorted(stops)), reason=read_text("reason", reason, most=500, needed=True),
        set_at=clock.now(), set_by=by,
    )  # fmt: skip
    audit.write(
        "work.set_target", by=by, detail={"priority": priority, "respond": respond, "resolve": resolve}
    )
    return target
