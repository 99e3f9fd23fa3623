"""What a person has before them, and who may read it: nothing that may name a patient is given away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.department.schedule.test_plans import plan

from kilter.department.equipment.models import Device, Location
from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.people.feeds import PREFIX, feed_of, feed_person
from kilter.department.people.models import CalendarFeed
from kilter.department.schedule import actions
from kilter.department.schedule.agenda import Entry, agenda
from kilter.department.schedule.models import Due
from kilter.department.schedule.site import today
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def all_kinds(shop: Any) -> None:
    """A fault, a planned visit, a booking and a downtime of the engineer's."""
    job = work.report_fault(by=shop.second, device=shop.pump, text="Mrs Bloggs fell", reporter="Ward")
    work.state_decontamination(by=shop.engineer, job=job, answer="not_needed")
    work.take_job(by=shop.engineer, job=job)
    plan(shop)
    with clock.at(clock.now() + 40 * DAY):
        (planned,) = actions.open_planned_jobs(by=shop.engineer, month=today())
    work.take_job(by=shop.engineer, job=planned)
    pool = work.add_to_pool(by=shop.engineer, device=shop.tester)
    now = clock.now()
    work.book_loan(
        by=shop.engineer,
        pool=pool,
        borrower="external",
        name="Joe Bloggs",
        agreement="form 7",
        starts=now + DAY,
        ends=now + 2 * DAY,
    )
    work.book_downtime(
        by=shop.engineer, device=shop.pump, starts=now + 3 * DAY, ends=now + 4 * DAY, reason="for Mr Bloggs"
    )


def test_each_kind_stands_on_its_day_and_names_nobody(shop: Any) -> None:
    all_kinds(shop)
    found = {one.title: one for one in agenda(shop.engineer)}
    assert set(found) == {"Reported fault", "Planned visit", "Loan", "Planned downtime"}
    assert found["Planned visit"].starts == Due.objects.get().due
    assert found["Planned downtime"].ends is not None
    assert found["Planned downtime"].detail == "not acknowledged yet"
    assert "Bloggs" not in repr([(one.title, one.detail, one.place, one.path) for one in found.values()])
    assert agenda(shop.second) == []


def test_a_patients_home_has_no_name(shop: Any) -> None:
    for kind, shown in ((Location.Kind.HOME, ""), (Location.Kind.WARD, "12 High Street")):
        place = Location(name="12 High Street", kind=kind)
        shop.pump.location = place
        entry = Entry("job", shop.pump.uuid, today(), None, "x", shop.pump, "/")
        assert entry.place == shown


def test_what_is_over_is_left_out(shop: Any) -> None:
    all_kinds(shop)
    with clock.at(clock.now() + 30 * DAY):
        assert "Planned downtime" not in {one.title for one in agenda(shop.engineer)}


def test_an_agenda_takes_four_queries(shop: Any) -> None:
    all_kinds(shop)
    with CaptureQueriesContext(connection) as asked:
        assert len([one.place for one in agenda(shop.engineer)]) == 4
    assert len(asked) == 4
    assert Device.objects.count() == 2


def test_a_key_opens_one_agenda_until_it_is_revoked(shop: Any) -> None:
    first = people.create_feed(by=shop.engineer)
    assert first.secret.startswith(PREFIX)
    assert first.secret not in repr(first)
    assert CalendarFeed.objects.get().digest not in first.secret
    assert feed_person(first.secret) == shop.engineer
    second = people.create_feed(by=shop.engineer)
    assert (feed_person(first.secret), feed_person(second.secret)) == (None, shop.engineer)
    people.revoke_feed(by=shop.engineer)
    assert (feed_person(second.secret), feed_of(shop.engineer)) == (None, None)
    with pytest.raises(Conflict):
        people.revoke_feed(by=shop.engineer)
    for wrong in ("", PREFIX, "kilter_" + second.secret, PREFIX + "x" * 200):
        assert feed_person(wrong) is None


def test_a_closed_account_shows_nothing(shop: Any) -> None:
    secret = people.create_feed(by=shop.engineer).secret
    people.deactivate(by=shop.head, person=shop.engineer, reason="left")
    assert feed_person(secret) is None


def test_who_wants_a_digest_says_where_it_goes(shop: Any, hire: Any) -> None:
    assert people.set_email(by=shop.engineer, email=" eve@hospital.example ").email == "eve@hospital.example"
    for bad in ("eve", "eve@", "a@b.c\nBcc: d@e.f", "x" * 260):
        with pytest.raises(BadInput):
            people.set_email(by=shop.engineer, email=bad)
    assert people.set_email(by=shop.engineer, email="").email == ""
    with pytest.raises(NotPermitted):
        people.set_email(by=hire("ward_viewer"), email="w@hospital.example")
