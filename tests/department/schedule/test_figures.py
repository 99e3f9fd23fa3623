"""The figures of a year: counted from what happened, with the intervals of the cited procedures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.department.schedule.test_plans import attempt, done, plan

from kilter.department.ledger import clock
from kilter.department.schedule import actions, figures
from kilter.department.schedule.columns import COLUMNS, Row
from kilter.department.schedule.completions import note_completions
from kilter.department.schedule.definitions import in_force, shipped
from kilter.department.schedule.models import Completion, Due, FrozenDefinitions
from kilter.department.schedule.site import today
from kilter.department.work import actions as work
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict

pytestmark = pytest.mark.django_db


def days(count: float) -> Any:
    return clock.at(clock.now() + timedelta(days=count))


def around() -> figures.Period:
    """A period of two years about today."""
    return figures.Period(today() - timedelta(days=365), today() + timedelta(days=365))


def test_a_pass_in_its_window_and_one_that_was_late(shop: Any) -> None:
    plan(shop, months=1, window_days=5)
    assert figures.planned(around()).share == figures.Share(0, 0)  # nothing was due yet
    done(shop, days_ago=0)
    first = Completion.objects.get()
    assert first.in_window
    with days(50):  # the second was due after a month
        assert figures.planned(around()).share.of == 2
        done(shop, days_ago=0)
        assert list(Completion.objects.order_by("due").values_list("in_window", flat=True)) == [True, False]
        found = figures.planned(around()).share
        assert (found.done, found.of, found.value) == (1, 2, 50.0)
        assert found.low is not None
        assert found.high is not None
        assert found.low == pytest.approx(
            9.45, abs=0.01
        )  # Wilson, 1 of 2: (z²/2 + 1 ∓ z·√(1/2 + z²/4))/(2 + z²)
        assert found.high == pytest.approx(100 - 9.45, abs=0.01)


def test_a_pass_that_falls_takes_its_completion_with_it(shop: Any) -> None:
    plan(shop)
    done(shop, days_ago=0)
    answered = Completion.objects.get()
    stands = Row(*Due.objects.values_list(*COLUMNS).get())
    note_completions([stands], [stands._replace(last_passed=None, due=answered.due)])
    assert not Completion.objects.exists()


def test_a_change_of_policy_answers_nothing(shop: Any) -> None:
    plan(shop)
    done(shop, days_ago=30)
    before = Completion.objects.count()
    plan(shop, months=24)
    assert Completion.objects.count() == before


def test_what_was_not_found_stays_in_the_count_and_is_shown_apart(shop: Any) -> None:
    plan(shop)
    attempt(shop)
    attempt(shop, "no_access")  # one that was also not found is counted once
    with days(60):
        found = figures.planned(around())
        assert (found.share.done, found.share.of) == (0, 1)
        assert (found.could_not_locate, found.no_access) == (1, 0)
        done(shop, days_ago=0)  # late, and still not found in its time
        assert figures.planned(around()).could_not_locate == 1


def fault(shop: Any, outcome: str = "", hours: float = 2.0) -> Job:
    job = work.report_fault(by=shop.engineer, device=shop.pump, text="no battery", reporter="ward")
    if outcome:
        Job.objects.filter(pk=job.pk).update(
            outcome=outcome, state="closed", closed_at=job.opened_at + timedelta(hours=hours)
        )
    return job


def test_failures_over_device_years(shop: Any) -> None:
    zone = ZoneInfo("Europe/London")
    shop.pump.__class__.objects.update(registered_at=datetime(2020, 1, 1, tzinfo=zone))
    for outcome, hours in (("repaired", 2.0), ("repaired", 4.0), ("no_fault", 99.0), ("user_helped", 99.0)):
        fault(shop, outcome, hours)
    fault(shop)
    with clock.at(clock.now() + timedelta(seconds=1)):
        found = figures.failures(figures.Period(today() - timedelta(days=365), today() + timedelta(days=2)))
    assert (found.failures, found.repairs) == (3, 2)
    assert found.exposure == pytest.approx(2 * 365.5 / 365.25, abs=0.01)  # two devices in service
    assert found.rate == pytest.approx(3 / found.exposure)
    assert found.mttr == pytest.approx(3.0)
    assert found.mtbf == pytest.approx(found.exposure * 365.25 * 24 / 3)
    assert found.low is not None
    assert found.rate is not None
    assert found.low < found.rate


def test_without_failures_the_rate_still_has_its_upper_bound(shop: Any) -> None:
    found = figures.failures(around())
    assert found.exposure > 0 or found.rate is None
    shop.pump.__class__.objects.update(registered_at=clock.now() - timedelta(days=500))
    found = figures.failures(around())
    assert (found.rate, found.low, found.mtbf) == (0.0, 0.0, None)
    # chi-square with 2 degrees of freedom at 0.975 is -2 ln 0.025; over 2T
    assert found.high == pytest.approx(3.688879 / found.exposure, rel=1e-5)


def test_clocks_count_only_what_can_be_said(shop: Any) -> None:
    work.set_target(by=shop.head, priority=3, respond=60, resolve=600, reason="agreed")
    fault(shop)
    assert [one.of for one in figures.clocks(around())] == [0, 0]  # its time is not yet up
    with clock.at(clock.now() + timedelta(hours=2)):
        answered, solved = figures.clocks(around())
        assert ((answered.done, answered.of), solved.of) == ((0, 1), 0)
    with clock.at(clock.now() + timedelta(hours=20)):
        assert figures.clocks(around())[1].of == 1


def test_the_figures_take_a_constant_number_of_queries(shop: Any) -> None:
    plan(shop, scope_kind="all", scope_key="")
    with CaptureQueriesContext(connection) as asked:
        figures.planned(around())
        figures.failures(around())
        figures.clocks(around())
    assert len(asked) == 6


def test_the_definitions_of_a_year_are_settled_once(shop: Any, monkeypatch: Any) -> None:
    year = today().year
    assert in_force(year)[1] is None
    row = actions.freeze_definitions(by=shop.head, year=year)
    with pytest.raises(Conflict, match="before"):
        actions.freeze_definitions(by=shop.head, year=year)
    for bad in (1999, year + 2):
        with pytest.raises(BadInput):
            actions.freeze_definitions(by=shop.head, year=bad)
    changed = {**shipped()["compliance"], "version": 2, "text": "otherwise"}
    monkeypatch.setitem(shipped(), "compliance", changed)
    assert in_force(year)[0]["compliance"].version == 1
    assert in_force(year - 1)[0]["compliance"].version == 2
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        FrozenDefinitions.objects.filter(pk=row.pk).update(year=1)


def test_a_year_begins_and_ends_at_the_sites_midnight() -> None:
    begin, _ = figures.year(2025).instants
    assert begin.isoformat() == "2025-01-01T00:00:00+00:00"
    assert figures.year(2024).end == date(2025, 1, 1)
