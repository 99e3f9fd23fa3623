"""The founding: once, and with a password that will do."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from kilter.department.ledger.models import AuditEntry
from kilter.department.people.founding import found_department
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.measure.error import BadInput, Conflict, KilterError

PASSWORD = "a long enough pass phrase"


@pytest.mark.django_db
def test_the_founder_is_head_and_it_is_written_down():
    head = found_department(username="Ada", display_name="Ada Head", password=PASSWORD)
    assert head.username == "ada"
    assert may(head, "people.grant_role")
    entry = AuditEntry.objects.get()
    assert (entry.activity, entry.subject, entry.actor) == ("people.found_department", head.uuid, None)


@pytest.mark.django_db
def test_a_department_is_founded_once():
    found_department(username="ada", display_name="Ada Head", password=PASSWORD)
    with pytest.raises(Conflict, match="people already"):
        found_department(username="eve", display_name="Eve", password=PASSWORD)
    assert Person.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "1234567890123", "password1234", ""])
def test_a_weak_password_founds_nothing(password):
    with pytest.raises(BadInput) as caught:
        found_department(username="ada", display_name="Ada Head", password=password)
    assert caught.value.field == "password"
    assert not Person.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_foundings_at_once_leave_one_head():
    start = threading.Barrier(2)
    outcomes: list[object] = []

    def found(name: str) -> None:
        start.wait()
        try:
            outcomes.append(found_department(username=name, display_name=name, password=PASSWORD))
        except KilterError as problem:
            outcomes.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=found, args=(name,)) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "Person"]
    assert Person.objects.count() == 1
