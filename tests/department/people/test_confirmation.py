"""Saying once more who one is: right, wrong, too often wrong, and never inside a transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.confirmation import GOOD_FOR, confirm
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, NotPermitted

PASSWORD = "a long enough pass phrase"
PIN = "271828"


@pytest.fixture
def person(hire):
    one = hire("engineer")
    actions.set_pin(by=one, pin=PIN)
    return one


@pytest.mark.parametrize("by_what", [{"pin": PIN}, {"password": PASSWORD}])
def test_the_right_word_confirms_for_two_minutes(person, hire, by_what):
    said = confirm(person, **by_what)
    assert said.manner in by_what
    assert said.holds_for(person)
    assert said.holds_for(person, said.at + GOOD_FOR)
    assert not said.holds_for(person, said.at + GOOD_FOR + timedelta(microseconds=1))
    assert not said.holds_for(person, said.at - timedelta(seconds=1))
    assert not said.holds_for(hire())


def test_one_or_the_other(person):
    for given in ({}, {"pin": PIN, "password": PASSWORD}):
        with pytest.raises(BadInput):
            confirm(person, **given)


def test_without_a_pin_the_password(hire):
    other = hire("engineer")
    with pytest.raises(NotPermitted) as caught:
        confirm(other, pin=PIN)
    assert caught.value.code == "no_pin"
    assert confirm(other, password=PASSWORD)


def test_five_wrong_tries_make_the_account_wait(person, settings):
    for _ in range(settings.KILTER.lockout_attempts):
        with pytest.raises(NotPermitted) as caught:
            confirm(person, pin="000001")
        assert caught.value.code == "wrong"
    with pytest.raises(NotPermitted) as caught:
        confirm(person, pin=PIN)
    assert caught.value.code == "waiting"
    with clock.at(clock.now() + timedelta(minutes=settings.KILTER.lockout_minutes, seconds=1)):
        assert confirm(person, pin=PIN)


def test_a_right_try_begins_the_count_anew(person, settings):
    for _ in range(3):
        for _ in range(settings.KILTER.lockout_attempts - 1):
            with pytest.raises(NotPermitted):
                confirm(person, pin="000001")
        assert confirm(person, pin=PIN)


def test_a_closed_account_confirms_nothing(head, person):
    actions.deactivate(by=head, person=person, reason="left")
    with pytest.raises(NotPermitted, match="closed"):
        confirm(person, password=PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_a_wrong_try_is_counted_whatever_happens_afterwards(person):
    assert not connection.in_atomic_block
    with pytest.raises(NotPermitted):
        confirm(person, pin="000001")
    assert Person.objects.get(pk=person.pk).failed_confirmations == 1
    with pytest.raises(RuntimeError), transaction.atomic():
        confirm(person, pin="000001")
