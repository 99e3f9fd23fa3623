"""Daily checks of the wards: asked for, signed as a list, told to the workshop, shown where missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.records import actions as records
from kilter.department.records.clearing import clearing, passing_test
from kilter.department.records.clearing import tested_since as looked_at_since
from kilter.department.records.models import Record
from kilter.department.schedule import actions, user_checks
from kilter.department.schedule.actions.user_checks import Answered
from kilter.department.schedule.models import WardCheck
from kilter.department.schedule.site import today
from kilter.department.work import actions as work
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.protocol import protocol

pytestmark = pytest.mark.django_db

CHECK = "medical_engineering.user_check_defibrillator"
SUCTION = "medical_engineering.user_check_suction_unit"
ITEMS = tuple(protocol(CHECK).steps[0].listed.items)


@pytest.fixture
def sister(head: Any, hire: Any) -> Any:
    """Who works on the ward and was shown the check of a defibrillator."""
    person = hire("ward_user", name="Wanda Ward")
    people.authorise(
        by=head,
        person=person,
        scope_kind="procedure",
        scope_key=CHECK,
        level="independent",
        until=clock.now() + timedelta(days=365),
        reason="shown on the ward",
    )
    return person


@pytest.fixture
def devices(shop: Any, ward: Any) -> list[Any]:
    """Two defibrillators and a suction unit on the ward, in service for a long time."""
    made = [
        equipment.add_model(
            by=shop.head,
            fields={
                "maker": "Ringway",
                "name": kind,
                "kind": kind,
                "equipment_class": "I",
                "applied_part": "CF",
                "power_cord": "detachable",
            },
        )
        for kind in ("defibrillator", "suction_unit")
    ]
    rows = [
        {"asset": asset, "model": made[which], "state": "in_service", "location": ward}
        for asset, which in (("D1", 0), ("D2", 0), ("S1", 1))
    ]
    return list(equipment.register_devices(by=shop.head, rows=rows, reason="taken over"))


def wanted(shop: Any, place: Any, on: bool = True, **more: Any) -> WardCheck:
    given = {"protocol": CHECK, "wanted": on, "reason": "agreed with the ward", **more}
    return actions.set_ward_check(by=shop.head, location=place, **given)


def complete(shop: Any, by: Any, place: Any, *answered: Answered) -> list[Record]:
    return actions.complete_user_checks(by=by, place=place, answered=answered, confirmation=shop.confirm(by))


def answer(device: Any, *failed: str, **more: Any) -> Answered:
    return Answered(device, CHECK, more.pop("draft", None) or uuid4(), failed, **more)


def test_a_list_is_signed_with_one_word(shop: Any, ward: Any, sister: Any, devices: Any) -> None:
    wanted(shop, ward)
    assert [(one.device.asset, one.done) for one in user_checks.checks(ward)] == [("D1", None), ("D2", None)]
    made = complete(shop, sister, ward, *(answer(one) for one in devices[:2]))
    assert [(row.verdict, row.person) for row in made] == [("within", sister)] * 2
    assert all(one.passed for one in user_checks.checks(ward))
    assert not Job.objects.exists()


def test_a_failing_check_tells_the_workshop_and_holds_the_device(
    shop: Any, ward: Any, sister: Any, devices: Any
) -> None:
    wanted(shop, ward)
    (row,) = complete(shop, sister, ward, answer(devices[0], "pads", remark="pads out of date"))
    assert row.verdict == "suspension"
    job = Job.objects.get()
    assert (job.device, job.kind, job.evidence) == (devices[0], "failed_test", row.uuid)
    assert Hold.objects.get().device == devices[0]
    first = user_checks.checks(ward)[0]
    assert first.done == row
    assert not first.passed


def test_repeating_the_check_until_it_passes_closes_nothing(
    shop: Any, ward: Any, sister: Any, devices: Any
) -> None:
    wanted(shop, ward)
    complete(shop, sister, ward, answer(devices[0], "pads"))
    complete(shop, sister, ward, answer(devices[0]))
    assert Job.objects.get().closed_at is None
    assert Hold.objects.get().released_at is None
    complete(shop, shop.engineer, ward, answer(devices[0]))  # the workshop looked
    assert Job.objects.get().closed_at is not None


def test_a_user_check_ends_no_other_hold_and_lets_nothing_into_service(
    shop: Any, ward: Any, sister: Any, devices: Any
) -> None:
    device = devices[0]
    work.report_fault(by=sister, device=device, text="smoke", unsafe=True)
    (row,) = complete(shop, sister, ward, answer(device))
    with pytest.raises(Conflict):
        clearing(device, Hold.objects.get())
    with pytest.raises(Conflict):
        looked_at_since(device, clock.now() - timedelta(hours=1))
    with pytest.raises(BadInput):
        passing_test(device, row.uuid)


def test_who_was_not_shown_a_check_cannot_sign_it(shop: Any, ward: Any, sister: Any, devices: Any) -> None:
    one = Answered(devices[2], SUCTION, uuid4())
    with pytest.raises(NotPermitted, match=r"S1: .*no authorisation"):
        complete(shop, sister, ward, answer(devices[0]), one)
    assert not Record.objects.filter(kind="result").exists()


def test_a_ward_user_signs_nothing_else(shop: Any, sister: Any) -> None:
    with pytest.raises(NotPermitted):
        shop.draft(by=sister)
    with pytest.raises(NotPermitted):
        records.sign_listed(by=sister, drafts=[], confirmation=shop.confirm(sister))


def test_sent_twice_it_is_signed_once(shop: Any, ward: Any, sister: Any, devices: Any) -> None:
    one = answer(devices[0])
    assert complete(shop, sister, ward, one) == complete(shop, sister, ward, one)
    other = answer(devices[0], "pads", draft=one.draft)
    with pytest.raises(Conflict, match="other answers"):
        complete(shop, sister, ward, other)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"protocol": "medical_engineering.iec_62353"}, "protocol"),
        ({"failed": ("nothing",)}, "failed"),
        ({"remark": "DOB 1 May 1950"}, "remark"),
        ({"protocol": SUCTION}, "protocol"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    shop: Any, ward: Any, devices: Any, change: dict[str, Any], field: str
) -> None:
    given = {"device": devices[0], "protocol": CHECK, "draft": uuid4(), **change}
    with pytest.raises(BadInput, match="D1") as caught:
        complete(shop, shop.engineer, ward, Answered(**given))
    assert caught.value.field == field
    assert not Record.objects.filter(kind="result").exists()


def test_a_device_that_stands_elsewhere_and_an_empty_list_are_refused(
    shop: Any, ward: Any, devices: Any
) -> None:
    with pytest.raises(BadInput, match="ME0001"):
        complete(shop, shop.engineer, ward, Answered(shop.pump, CHECK, uuid4()))
    with pytest.raises(BadInput):
        complete(shop, shop.engineer, ward)


def test_the_innermost_place_decides(shop: Any, ward: Any, devices: Any) -> None:
    wanted(shop, ward.parent)
    assert len(user_checks.checks()) == 2
    wanted(shop, ward, False)
    assert user_checks.checks() == []
    wanted(shop, ward)
    assert {one.place for one in user_checks.checks()} == {ward.pk}


def test_days_without_a_check_are_shown_as_missed(
    shop: Any, ward: Any, sister: Any, devices: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted(shop, ward)
    assert all(one.missed == () for one in user_checks.checks(ward))  # it begins today
    complete(shop, sister, ward, answer(devices[0]))
    equipment.withdraw(by=shop.head, device=devices[1], reason="kept in the store")
    begun, now = today(), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=3))
    equipment.place_hold(by=shop.head, device=devices[0], cause="statement", text="looked at")
    one = user_checks.checks(ward)[0]
    assert [one.device.asset for one in user_checks.checks(ward)] == ["D1"]
    assert one.missed == (begun + timedelta(days=1), begun + timedelta(days=2))
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=5))
    assert user_checks.checks(ward)[0].missed == one.missed  # held, nobody was to check it


def test_queries_do_not_grow(shop: Any, ward: Any, devices: Any, django_assert_num_queries: Any) -> None:
    wanted(shop, ward)
    complete(shop, shop.engineer, ward, answer(devices[0]))
    with django_assert_num_queries(5):
        user_checks.checks(ward)
    rows = [
        {"asset": f"X{n}", "model": devices[0].model, "state": "in_service", "location": ward}
        for n in range(8)
    ]
    equipment.register_devices(by=shop.head, rows=rows, reason="more")
    with django_assert_num_queries(5):
        assert len(user_checks.checks(ward)) == 10


def test_the_word_on_a_ward_is_kept(shop: Any, ward: Any) -> None:
    row = wanted(shop, ward)
    with pytest.raises(DatabaseError), transaction.atomic():
        WardCheck.objects.filter(pk=row.pk).update(wanted=False)
    with pytest.raises(BadInput):
        wanted(shop, ward, since=today() + timedelta(days=1))


DAY = timedelta(days=1)
BASE = datetime(2026, 10, 20, 12, tzinfo=UTC)


@settings(max_examples=60)
@given(begin=st.integers(-72, 72), length=st.integers(1, 100), open_end=st.booleans())
def test_a_day_is_away_exactly_where_spans_touch_it(begin: int, length: int, open_end: bool) -> None:
    """Held against every minute of the day that is looked at, across the end of summer time too."""
    day = (BASE + 5 * DAY).date()  # 25 October 2026: 25 hours long in London
    first, last = user_checks._start(day), user_checks._start(day + DAY)
    assert last.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=25)
    start = first.astimezone(UTC) + timedelta(hours=begin)
    end = None if open_end else start + timedelta(hours=length)
    quarter = timedelta(minutes=15)
    instants = [first.astimezone(UTC) + quarter * n for n in range(100)]
    expected = any(start <= one and (end is None or one < end) for one in instants)
    assert user_checks._was_away([(start, end)], day) is expected
