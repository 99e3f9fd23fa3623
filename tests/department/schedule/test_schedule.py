"""What is due: counted from the last visit that passed, in the site's days, and the same twice over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shop import SAFETY

from kilter.department import reactions
from kilter.department.ledger import clock, outbox
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.actions.history import Past
from kilter.department.schedule.models import Due
from kilter.department.schedule.queries import by_month, counts, due_now, dues_of
from kilter.department.schedule.recompute import add_months, local_day, recompute
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 6, 1), 0, date(2026, 6, 1)),
    ],
)
def test_calendar_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.integers(0, 240))
def test_months_are_counted_on_the_calendar(day: date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day == day.day or (then.day < day.day and (then + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 23, 30, tzinfo=UTC), date(2026, 3, 30)),  # summer time: past midnight here
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),  # winter time again
    ],
)
def test_days_begin_at_the_sites_midnight(instant: datetime, day: date) -> None:
    assert local_day(instant) == day


@pytest.fixture
def yearly(shop: Any) -> Any:
    """Pumps are due every year, with four weeks of window."""
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device_kind",
        scope_key="infusion_pump",
        months=12,
        reason="risk",
    )
    recompute()
    return shop


def due_of(shop: Any) -> date:
    return dues_of(shop.pump)[0].due


def test_a_device_never_tested_is_due_within_its_window(yearly: Any) -> None:
    assert due_of(yearly) == local_day(yearly.pump.registered_at) + timedelta(days=28)
    assert Due.objects.count() == 1  # the tester is no pump


def test_a_pass_moves_the_date_and_a_failure_does_not(yearly: Any) -> None:
    first = due_of(yearly)
    yearly.visit(protective_earth={"reading": "0.35"})
    recompute()
    assert due_of(yearly) == first
    yearly.visit()
    recompute()
    assert due_of(yearly) == add_months(local_day(clock.now()), 12)


def test_an_early_completion_moves_the_date(yearly: Any) -> None:
    yearly.visit()
    with clock.at(clock.now() + timedelta(days=200)):
        yearly.visit()
        recompute()
        assert due_of(yearly) == add_months(local_day(clock.now()), 12)


def test_a_passing_record_that_waits_for_a_second_person_does_not_count(yearly: Any) -> None:
    policy.require_countersignature(
        by=yearly.head, applies_to="medical_engineering", wanted=True, reason="new"
    )
    before = due_of(yearly)
    signed = yearly.visit()
    recompute()
    assert due_of(yearly) == before
    for record in signed:
        records.countersign(
            by=yearly.second,
            device=yearly.pump,
            procedure=record.procedure,
            record=record,
            confirmation=yearly.confirm(yearly.second),
        )
    recompute()
    assert due_of(yearly) > before


def test_history_from_before_sets_due_dates_and_nothing_else(yearly: Any) -> None:
    before = clock.now() - timedelta(days=100)
    lines = [Past(yearly.pump, SAFETY, before, True, "old database")]
    assert records.import_legacy(by=yearly.head, lines=lines, source="old.csv") == 1
    assert records.import_legacy(by=yearly.head, lines=lines, source="old.csv") == 1  # again: no second row
    assert yearly.pump.legacy.count() == 1
    outbox.drain(reactions.HANDLERS)
    assert due_of(yearly) == add_months(local_day(before), 12)
    future = [Past(yearly.pump, SAFETY, clock.now() + timedelta(days=1), True)]
    with pytest.raises(BadInput, match="lies in the future"):
        records.import_legacy(by=yearly.head, lines=future, source="old.csv")


def test_computing_twice_changes_nothing(yearly: Any) -> None:
    yearly.visit()

    def rows() -> list[tuple[Any, ...]]:
        return list(
            Due.objects.order_by("device").values_list("device", "protocol", "due", "opens", "months")
        )

    recompute()
    once = rows()
    recompute()
    assert rows() == once
    recompute([yearly.pump.pk])
    assert rows() == once


def test_counts_and_lists_agree(yearly: Any) -> None:
    assert counts() == (0, 1)
    assert [row.device_id for row in due_now()] == [yearly.pump.pk]
    with clock.at(clock.now() + timedelta(days=60)):
        assert counts() == (1, 0)
    assert sum(number for _, number in by_month()) == Due.objects.count()


def test_a_condemned_device_is_no_longer_due_but_a_lost_one_is(yearly: Any) -> None:
    from kilter.department.equipment import actions as equipment

    equipment.report_lost(by=yearly.head, device=yearly.pump, reason="not on the ward")
    recompute()
    assert len(dues_of(yearly.pump)) == 1
    equipment.condemn(by=yearly.head, device=yearly.tester, reason="old")
    equipment.report_found(by=yearly.head, device=yearly.pump)
    yearly.pump.refresh_from_db()
    equipment.condemn(by=yearly.head, device=yearly.pump, reason="old")
    recompute()
    assert dues_of(yearly.pump) == []
