"""Accounts, roles and authorisations: what is given, refused and written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.ledger import clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.people import actions
from kilter.department.people.actions import Grant
from kilter.department.people.models import Authorisation, Person, RoleHeld
from kilter.department.people.queries import may
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted

PASSWORD = "a long enough pass phrase"


def later(days: float) -> datetime:
    return clock.now() + timedelta(days=days)


def test_an_account_may_do_nothing_at_first(head):
    person = actions.create_person(by=head, username="Grace.H", display_name=" Grace ", password=PASSWORD)
    assert (person.username, person.display_name) == ("grace.h", "Grace")
    assert not may(person, "work.report_fault")
    assert Person.objects.get_by_natural_key("GRACE.H") == person
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.actor, entry.subject, entry.subject_kind) == (head.uuid, person.uuid, "Person")


def test_a_login_name_is_taken_in_every_case(head):
    actions.create_person(by=head, username="grace", display_name="Grace", password=PASSWORD)
    with pytest.raises(Conflict) as caught:
        actions.create_person(by=head, username="GRACE", display_name="Other", password=PASSWORD)
    assert caught.value.field == "username"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "a b"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"display_name": "  "}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
        ({"username": "a\x00b"}, "username"),
        ({"display_name": "y" * 151}, "display_name"),
        ({"password": "grace.hopper"}, "password"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_will_not_do_is_named(head, given, field):
    wanted = {"username": "grace.hopper", "display_name": "Grace Hopper", "password": PASSWORD, **given}
    with pytest.raises(BadInput) as caught:
        actions.create_person(by=head, **wanted)
    assert caught.value.field == field


def test_nobody_gives_rights_to_themself(head):
    with pytest.raises(NotPermitted, match="themself"):
        actions.authorise(by=head, person=head, scope_kind="all", level="expert", until=later(9))
    with pytest.raises(NotPermitted, match="themself"):
        actions.grant_role(by=head, person=head, role="engineer")
    line = Grant(person=head, scope_kind="all", level="expert", until=later(9))
    with pytest.raises(NotPermitted, match="line 1"):
        actions.authorise_in_bulk(by=head, grants=[line], reason="going live")
    assert not Authorisation.objects.exists()


def test_the_database_too_refuses_self_authorisation(head):
    with pytest.raises(IntegrityError), transaction.atomic():
        Authorisation.objects.create(
            person=head, granted_by=head, scope_kind="all", level="expert",
            valid_from=clock.now(), valid_until=later(1),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"scope_kind": "planet"}, "scope_kind"),
        ({"reason": "\x00"}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"scope_kind": "device", "scope_key": "a\x00"}, "scope_key"),
        ({"scope_kind": "procedure", "scope_key": ""}, "scope_key"),
        ({"scope_kind": "all", "scope_key": "x"}, "scope_key"),
        ({"scope_kind": "procedure", "scope_key": "x" * 121}, "scope_key"),
        ({"level": "master"}, "level"),
        ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, "until"),
        ({"until": datetime(2099, 1, 1)}, "until"),  # noqa: DTZ001
        ({"since": datetime(2020, 1, 1, tzinfo=UTC)}, "since"),
    ],
)
def test_an_authorisation_that_will_not_do_is_named(head, hire, given, field):
    wanted = {"scope_kind": "all", "level": "independent", "until": later(30), **given}
    with pytest.raises(BadInput) as caught:
        actions.authorise(by=head, person=hire("engineer"), **wanted)
    assert caught.value.field == field


def test_in_bulk_all_lines_or_none(head, hire):
    people = [hire("engineer") for _ in range(3)]
    lines = [Grant(person=one, scope_kind="all", level="independent", until=later(365)) for one in people]
    bad = Grant(person=people[0], scope_kind="all", level="master", until=later(365))
    with pytest.raises(BadInput, match="line 4: level"):
        actions.authorise_in_bulk(by=head, grants=[*lines, bad], reason="going live")
    assert not Authorisation.objects.exists()
    actions.authorise_in_bulk(by=head, grants=lines, reason="going live")
    assert all(may(one, "records.sign") for one in people)
    entry = AuditEntry.objects.filter(activity="people.authorise_in_bulk").get()
    assert (entry.count, len(entry.detail["lines"])) == (3, 3)


def test_in_bulk_is_for_the_head_alone(hire):
    lead = hire("lead_engineer")
    with pytest.raises(NotPermitted):
        actions.authorise_in_bulk(by=lead, grants=[], reason="x")


def test_an_engineer_authorises_nobody(hire):
    engineer, other = hire("engineer", authorised="expert"), hire("engineer")
    with pytest.raises(NotPermitted):
        actions.authorise(by=engineer, person=other, scope_kind="all", level="trainee", until=later(1))


def test_a_role_can_begin_later(head, hire):
    person = hire()
    actions.grant_role(by=head, person=person, role="ward_viewer", since=later(2), until=later(4))
    assert [bool(may(person, "work.report_fault", instant=later(day))) for day in (1, 3, 5)] == [
        False,
        True,
        False,
    ]


def test_an_unknown_role_is_named(head, hire):
    with pytest.raises(NotFound, match="wizard"):
        actions.grant_role(by=head, person=hire(), role="wizard")


def test_the_last_who_can_give_roles_stays(head, hire):
    with pytest.raises(Conflict, match="successor"):
        actions.end_role(by=head, held=RoleHeld.objects.get(person=head))
    with pytest.raises(Conflict, match="successor"):
        actions.deactivate(by=head, person=head, reason="retiring")
    heir = hire("head_of_department")
    actions.deactivate(by=heir, person=head, reason="retired")
    assert not may(head, "people.grant_role")


def test_a_role_ends_once(head, hire):
    person = hire("ward_viewer")
    held = RoleHeld.objects.get(person=person)
    actions.end_role(by=head, held=held)
    with pytest.raises(Conflict, match="ended already"):
        actions.end_role(by=head, held=held)


def test_revoking_needs_a_reason_and_happens_once(head, hire):
    person = hire("engineer", authorised="independent")
    one = Authorisation.objects.get(person=person)
    with pytest.raises(BadInput, match="reason"):
        actions.revoke(by=head, authorisation=one, reason=" ")
    actions.revoke(by=head, authorisation=one, reason="moved on")
    assert not may(person, "records.sign")
    with pytest.raises(Conflict, match="before"):
        actions.revoke(by=head, authorisation=one, reason="again")


@pytest.mark.parametrize(
    "pin", ["", "123", "1234567890123", "12a4", "1111", "1234", "9876", "١٢٣٥", " 1357", "0123"]
)
def test_a_pin_that_will_not_do(head, pin):
    with pytest.raises(BadInput) as caught:
        actions.set_pin(by=head, pin=pin)
    assert caught.value.field == "pin"


def test_a_pin_is_kept_as_argon2_and_never_told(head):
    actions.set_pin(by=head, pin="271828")
    head.refresh_from_db()
    assert head.pin_hash.startswith("argon2$argon2id$")
    assert "271828" not in str(list(AuditEntry.objects.values()))


@given(username=st.text(max_size=20), display_name=st.text(max_size=20), password=st.text(max_size=30))
@pytest.mark.django_db
def test_any_text_is_an_account_or_a_named_refusal(head, username, display_name, password):
    try:
        with transaction.atomic():
            actions.create_person(by=head, username=username, display_name=display_name, password=password)
            raise KilterError("undo")
    except KilterError as problem:
        assert problem.message
