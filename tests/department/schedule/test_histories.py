"""Random histories: completions, deferrals, absences, changes of policy. No due is ever lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.shop import SAFETY, accepted

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.actions.history import Past
from kilter.department.schedule import actions
from kilter.department.schedule.models import Deferral, Due
from kilter.department.schedule.recompute import recompute
from kilter.department.schedule.site import local_day
from kilter.measure.error import KilterError

pytestmark = pytest.mark.django_db

PUMP = "medical_engineering.infusion_pump"
EVENT = st.tuples(
    st.sampled_from(
        ["pass", "defer", "approve", "out", "back", "lost", "found", "count", "attempt", "change"]
    ),
    st.sampled_from([SAFETY, PUMP]),
    st.integers(0, 200),
)


def set_frequency(shop: Any, protocol: str, number: int) -> None:
    fixed = number % 2 == 1
    policy.set_frequency(
        by=shop.head,
        protocol=protocol,
        scope_kind="device",
        scope_key=str(shop.pump.uuid),
        months=1 + number % 14,
        window_days=number % 28,
        after_days=number % 9,
        basis="scheduled" if fixed else "completed",
        anchor=date(2026, 4, 1) if number % 4 == 1 else None,
        counter="" if fixed else "hours",
        every=None if fixed else 50.0 + number,
        suspends=number % 3 == 0,
        reason="history",
    )


def happen(shop: Any, event: str, protocol: str, number: int) -> None:
    """Let one thing happen; what the rules refuse does not happen."""
    shop.pump.refresh_from_db()
    day = local_day(clock.now())
    if event == "pass":
        line = Past(shop.pump, protocol, clock.now(), True, "x")
        records.import_legacy(by=shop.head, lines=[line], source="history")
    elif event == "defer":
        until = day + timedelta(days=number)
        actions.ask_deferral(by=shop.engineer, device=shop.pump, protocol=protocol, until=until, reason="x")
    elif event == "approve":
        row = Deferral.objects.get(device=shop.pump, protocol=protocol, state="asked")
        actions.approve_deferral(by=shop.head, device=shop.pump, deferral=row, reason="x")
    elif event == "out":
        equipment.withdraw(by=shop.head, device=shop.pump, reason="x")
    elif event == "back":
        equipment.put_in_service(by=shop.head, device=shop.pump, evidence=accepted(shop.head, shop.pump))
    elif event == "lost":
        equipment.report_lost(by=shop.head, device=shop.pump, reason="x")
    elif event == "found":
        equipment.report_found(by=shop.head, device=shop.pump)
    elif event == "count":
        last = shop.pump.counter_readings.order_by("-at", "-id").first()
        value = (last.value if last else 0.0) + number
        actions.read_counter(by=shop.head, device=shop.pump, counter="hours", value=value)
    elif event == "attempt":
        arguments = {"by": shop.engineer, "device": shop.pump, "protocol": protocol}
        actions.record_attempt(**arguments, outcome="could_not_locate", text="x", told="y")
    else:
        set_frequency(shop, protocol, number)


def check(shop: Any) -> dict[str, date]:
    """Hold the promises: one due for each schedule, none before what was done, one step is idempotent."""
    recompute()
    rows = {row.protocol: row for row in Due.objects.filter(device=shop.pump)}
    assert set(rows) == {SAFETY, PUMP}
    assert Due.objects.filter(device=shop.pump).count() == 2
    for row in rows.values():
        assert row.opens <= row.due <= row.closes
        assert row.last_passed is None or row.due >= local_day(row.last_passed)
        assert row.suspended <= (shop.pump.state == "out_of_service")
        assert row.deferred_until is None or row.closes >= row.deferred_until
    before = sorted(Due.objects.values_list())
    recompute()
    assert sorted(Due.objects.values_list()) == before  # not even a row id has changed
    return {protocol: row.due for protocol, row in rows.items()}


@given(st.lists(st.tuples(EVENT, st.integers(0, 120)), max_size=14), st.integers(0, 60))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_no_history_loses_a_due(shop: Any, history: list[Any], number: int) -> None:
    from django.db import transaction

    with transaction.atomic():
        for protocol in (SAFETY, PUMP):
            set_frequency(shop, protocol, number)
        stand, now = check(shop), clock.now()
        for (event, protocol, value), days in history:
            now += timedelta(days=days)
            with clock.at(now):
                try:
                    with transaction.atomic():
                        happen(shop, event, protocol, value)
                except (KilterError, Deferral.DoesNotExist):
                    continue
                shop.pump.refresh_from_db()
                found = check(shop)
                if event in ("defer", "approve", "attempt", "out", "lost"):
                    assert found == stand  # none of these is a way to another date
                stand = found
        transaction.set_rollback(True)
    shop.pump.refresh_from_db()
