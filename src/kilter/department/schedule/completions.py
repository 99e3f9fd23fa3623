"""What was answered, and whether in its window: noted whenever a pass moves a date."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from kilter.department.schedule.columns import Row
from kilter.department.schedule.models import Completion
from kilter.department.schedule.site import local_day


def note_completions(before: Sequence[Row], after: Sequence[Row]) -> None:
    """Note which dues were answered by a pass, and take back those whose pass has fallen since.

    A change of policy moves dates and answers none. A pass that leaves the date where it was (before the
    window of a fixed date) answers none.

    Args:
        before: the rows that stood.
        after: the rows that take their place.
    """
    asked = {(row.device_id, row.protocol) for row in after}
    if not asked:
        return
    stood = {key: row for row in before if (key := (row.device_id, row.protocol)) in asked}
    answered, fallen = [], Q()
    for row in after:
        old = stood.get((row.device_id, row.protocol))
        if old is None or old.last_passed == row.last_passed:
            continue
        if old.last_passed is not None and (row.last_passed is None or row.last_passed < old.last_passed):
            of = Q(device=row.device_id, protocol=row.protocol)
            fallen |= of & Q(passed_at__gt=row.last_passed) if row.last_passed else of
        elif row.last_passed is not None and row.due > old.due:
            answered.append(
                Completion(
                    device_id=row.device_id,
                    protocol=row.protocol,
                    due=old.due,
                    closes=old.closes,
                    passed_at=row.last_passed,
                    in_window=local_day(row.last_passed) <= old.closes,
                )
            )
    if fallen:
        Completion.objects.filter(fallen).delete()
    Completion.objects.bulk_create(answered, batch_size=1000)
