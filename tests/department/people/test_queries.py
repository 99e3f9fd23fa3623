"""The gate's question: every kind of yes and no, with its reason, at the right instants."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.models import Authorisation, Person, Role, RoleHeld
from kilter.department.people.queries import (
    activities_of,
    authorised_people,
    expiring,
    holders_of,
    holds_at,
    may,
    person_by_uuid,
)
from kilter.measure.error import BadInput, Fault, NotFound

EARTH = "medical_engineering.protective_earth"


@dataclass(frozen=True)
class Pump:
    """A device as the gate sees one."""

    kind: str = "infusion_pump"
    uuid: uuid.UUID = field(default_factory=uuid.uuid4)


@pytest.fixture
def engineer(hire):
    return hire("engineer", name="Grace Engineer")


def authorise(head, person, kind="all", key="", level="independent", days=365):
    return actions.authorise(
        by=head, person=person, scope_kind=kind, scope_key=key, level=level,
        until=clock.now() + timedelta(days=days),
    )  # fmt: skip


def test_an_unknown_activity_is_our_fault(head):
    with pytest.raises(Fault, match=r"records\.sing"):
        may(head, "records.sing")


def test_a_role_suffices_where_no_level_is_asked(engineer):
    permission = may(engineer, "equipment.register_device")
    assert permission
    assert permission.reasons == ("Grace Engineer may register a device as Engineer.",)


def test_without_a_role_nothing(hire):
    permission = may(hire(name="New Person"), "work.report_fault")
    assert not permission
    assert "No role of New Person" in permission.reasons[0]
    assert "report a fault" in permission.reasons[0]


def test_signing_needs_more_than_the_role(engineer):
    permission = may(engineer, "records.sign", Pump(), procedure=EARTH)
    assert not permission
    assert "has no authorisation for the specialty medical_engineering" in permission.reasons[0]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("all", ""),
        ("specialty", "medical_engineering"),
        ("procedure", EARTH),
        ("device_kind", "infusion_pump"),
    ],
)
def test_each_scope_covers_what_it_names(head, engineer, kind, key):
    authorise(head, engineer, kind, key)
    permission = may(engineer, "records.sign", Pump(), procedure=EARTH)
    assert permission
    assert "Authorised as independent" in permission.reasons[1]


def test_one_device_covers_that_device_alone(head, engineer):
    pump = Pump()
    authorise(head, engineer, "device", str(pump.uuid))
    assert may(engineer, "records.sign", pump, procedure=EARTH)
    assert not may(engineer, "records.sign", Pump(), procedure=EARTH)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("specialty", "medical_engineerin"),
        ("specialty", "nuclear_medicine"),
        ("procedure", "medical_engineering"),
        ("procedure", EARTH + "s"),
        ("device_kind", "infusion"),
        ("device_kind", "Infusion_Pump"),
        ("device", "infusion_pump"),
    ],
)
def test_near_misses_do_not_cover(head, engineer, kind, key):
    authorise(head, engineer, kind, key)
    assert not may(engineer, "records.sign", Pump(), procedure=EARTH)


def test_a_narrow_authorisation_is_none_for_everything(head, engineer):
    authorise(head, engineer, "specialty", "medical_engineering")
    assert not may(engineer, "records.sign")


@pytest.mark.parametrize(
    ("level", "activity", "allowed"),
    [
        ("trainee", "records.draft", True),
        ("trainee", "records.sign", False),
        ("independent", "records.draft", True),
        ("independent", "records.sign", True),
        ("independent", "records.countersign", False),
        ("expert", "records.countersign", True),
        ("expert", "records.sign", True),
    ],
)
def test_levels_cover_those_below(head, engineer, level, activity, allowed):
    authorise(head, engineer, level=level)
    permission = may(engineer, activity, Pump(), procedure=EARTH)
    assert permission.allowed is allowed
    if not allowed:
        assert f"is authorised as {level}" in permission.reasons[0]


def test_a_trainee_authorised_as_expert_still_cannot_sign(head, hire):
    trainee = hire("trainee", authorised="expert")
    assert not may(trainee, "records.sign", Pump(), procedure=EARTH)


def test_revocation_counts_from_its_instant(head, engineer):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.at(start):
        actions.grant_role(by=_head_since(head, start), person=engineer, role="engineer")
        one = authorise(head, engineer)
    with clock.at(start + timedelta(days=10)):
        actions.revoke(by=head, authorisation=one, reason="left the team")
    before = may(engineer, "records.sign", instant=start + timedelta(days=10) - timedelta(microseconds=1))
    after = may(engineer, "records.sign", instant=start + timedelta(days=10))
    assert before
    assert not after
    assert "was revoked on 11 Jan 2026 00:00 GMT" in after.reasons[0]


def _head_since(head: Person, start: datetime) -> Person:
    """Let the founder have been head already at an earlier instant."""
    RoleHeld.objects.filter(person=head).update(valid_from=start)
    return head


@pytest.mark.parametrize(
    ("until", "shown"),
    [
        # 2026: clocks in London go forward on 29 March 01:00 UTC and back on 25 October 01:00 UTC.
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29 Mar 2026 02:00 BST"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 Oct 2026 01:30 BST"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 Oct 2026 01:30 GMT"),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), "31 Dec 2026 00:00 GMT"),
    ],
)
def test_expiry_is_exact_across_clock_changes(head, hire, until, shown):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.at(start):
        _head_since(head, start)
        person = hire("engineer", authorised="independent", until=until)
    for offset in range(-180, 181, 30):
        instant = until + timedelta(minutes=offset)
        permission = may(person, "records.sign", Pump(), instant, procedure=EARTH)
        assert permission.allowed is (offset < 0)
        local = instant.astimezone(ZoneInfo("Europe/London"))
        assert may(person, "records.sign", Pump(), local, procedure=EARTH) == permission
    assert f"ran out on {shown}" in may(person, "records.sign", instant=until).reasons[0]


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(start=INSTANTS, end=INSTANTS, revoked=st.none() | INSTANTS, asked=INSTANTS)
def test_in_force_is_a_half_open_interval(start, end, revoked, asked):
    one = Authorisation(valid_from=start, valid_until=end, revoked_at=revoked)
    last = end if revoked is None else min(end, revoked)
    assert holds_at(one, asked) is (start <= asked < last)


def test_a_role_ends_at_its_instant(head, hire):
    person = hire("ward_viewer")
    held = RoleHeld.objects.get(person=person)
    later = clock.now() + timedelta(days=1)
    with clock.at(later):
        actions.end_role(by=head, held=held)
    assert may(person, "work.report_fault", instant=later - timedelta(microseconds=1))
    assert not may(person, "work.report_fault", instant=later)
    assert activities_of(person, later) == frozenset()


def test_a_closed_account_has_no_rights_from_then_on(head, engineer):
    later = clock.now() + timedelta(hours=1)
    with clock.at(later):
        actions.deactivate(by=head, person=engineer, reason="retired")
    engineer.refresh_from_db()
    assert may(engineer, "work.report_fault", instant=later - timedelta(seconds=1))
    refused = may(engineer, "work.report_fault", instant=later)
    assert not refused
    assert "was closed on" in refused.reasons[0]


def test_an_account_that_is_closed_without_a_date_has_no_rights_at_any_time(engineer):
    Person.objects.filter(pk=engineer.pk).update(is_active=False, left_at=None)
    for instant in (None, clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)):
        refused = may(engineer, "work.report_fault", instant=instant)
        assert not refused
        assert refused.reasons == ("The account of Grace Engineer is closed.",)
    engineer.refresh_from_db()
    assert activities_of(engineer) == frozenset()


def test_an_account_that_is_gone_has_no_rights(db):
    refused = may(Person(pk=99_999, username="ghost", display_name="Ghost"), "work.report_fault")
    assert not refused
    assert refused.reasons == ("There is no such account.",)


def test_an_authorisation_begins_at_its_instant(head, engineer):
    start = clock.now() + timedelta(days=3)
    one = authorise(head, engineer)
    Authorisation.objects.filter(pk=one.pk).update(valid_from=start)
    early = may(engineer, "records.sign", instant=start - timedelta(microseconds=1))
    assert not early
    assert f"begins on {start.astimezone(ZoneInfo('Europe/London')):%d %b %Y %H:%M}" in early.reasons[0]
    assert may(engineer, "records.sign", instant=start)


def test_the_highest_level_in_force_is_the_one_that_counts(head, engineer):
    """A later and lower authorisation takes nothing away; what is named is the nearest miss."""
    authorise(head, engineer, level="independent", days=30)
    authorise(head, engineer, "specialty", "medical_engineering", level="trainee", days=300)
    assert may(engineer, "records.sign", Pump(), procedure=EARTH)
    refused = may(engineer, "records.countersign", Pump(), procedure=EARTH)
    assert not refused
    assert "is authorised as independent; to" in refused.reasons[0]
    assert refused.reasons[0].endswith("needs expert.")


def test_an_instant_without_a_zone_is_refused(head):
    with pytest.raises(BadInput) as caught:
        may(head, "people.revoke", instant=datetime(2026, 1, 1))  # noqa: DTZ001
    assert caught.value.field == "instant"


def test_the_gate_asks_the_database_three_times_at_most(head, engineer, django_assert_max_num_queries):
    for number in range(30):
        authorise(head, engineer, "device_kind", f"kind_{number}")
    with django_assert_max_num_queries(3):
        may(engineer, "records.sign", Pump(), procedure=EARTH)


def test_who_could_help(head, hire, engineer):
    expert = hire("engineer", authorised="expert")
    hire("trainee", authorised="trainee")
    assert authorised_people("records.sign", Pump(), procedure=EARTH) == [expert]


def test_who_holds_an_activity_is_offered_and_nobody_else(head, hire):
    """A list to choose from, such as who may be asked to countersign: by name, without who has left."""
    late, early = hire("lead_engineer", name="Zoe"), hire("lead_engineer", name="Ben")
    hire("trainee", name="Tom")
    gone, closed = hire("lead_engineer", name="Gone"), hire("lead_engineer", name="Closed")
    actions.deactivate(by=head, person=gone, reason="left")
    Person.objects.filter(pk=closed.pk).update(is_active=False)
    assert holders_of("records.countersign") == [head, early, late]
    assert holders_of("records.countersign", clock.now() - timedelta(days=1)) == []
    with pytest.raises(Fault):
        holders_of("records.sing")


def test_a_person_is_found_by_their_public_id(engineer):
    assert person_by_uuid(engineer.uuid) == engineer
    with pytest.raises(NotFound, match="no such person"):
        person_by_uuid(uuid.uuid4())


def test_what_runs_out_soon(head, hire):
    soon = hire("engineer", authorised="independent", until=clock.now() + timedelta(days=10))
    hire("engineer", authorised="independent")
    assert [one.person for one in expiring(clock.now() + timedelta(days=30))] == [soon]


def test_a_role_changed_here_is_not_overwritten(db):
    from kilter.department.people.roles import sync_roles

    Role.objects.filter(key="trainee").update(activities=["people.set_pin"], changed_here=True)
    Role.objects.filter(key="engineer").update(activities=[])
    sync_roles()
    assert Role.objects.get(key="trainee").activities == ["people.set_pin"]
    assert "records.sign" in Role.objects.get(key="engineer").activities
