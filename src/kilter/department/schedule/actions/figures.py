"""The definitions of a year's figures, frozen so that years can be compared."""

from __future__ import annotations

from kilter.department.ledger import audit
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.schedule.definitions import shipped
from kilter.department.schedule.models import FrozenDefinitions
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput, Conflict

FIRST_YEAR = 2000


@action("schedule.freeze_definitions")
def freeze_definitions(*, by: Person, year: int) -> FrozenDefinitions:
    """Settle what the figures of a year mean; nobody can change it for that year again.

    Raises:
        BadInput: the year lies beyond the next one, or long ago.
        Conflict: it was settled.
    """
    if not FIRST_YEAR <= year <= today().year + 1:
        raise BadInput("year: this year, the next, or one that is past", field="year")
    if FrozenDefinitions.objects.filter(year=year).exists():
        raise Conflict(f"the figures of {year} were settled before", field="year")
    row = FrozenDefinitions.objects.create(year=year, definitions=shipped(), frozen_by=by)
    audit.write("schedule.freeze_definitions", by=by, subject=row, detail={"year": year})
    return row
