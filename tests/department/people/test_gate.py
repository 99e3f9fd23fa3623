"""The gate: every action of every room passes it, asks first, and leaves an audit entry."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

import kilter.department
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.people import gate
from kilter.department.people.activities import activities
from kilter.department.people.models import Person, Role
from kilter.department.people.roles import shipped_roles
from kilter.measure.error import BadInput, Fault, NotPermitted

HOUSE = Path(kilter.department.__file__).parent
PLAIN = {"kilter.department.people.actions.new_person"}
"""Public functions in an actions module that are no action: they change nothing that was there."""


def action_modules() -> list[str]:
    """Every `actions` module of every room, or the modules of an `actions` folder."""
    names = [info.name for info in pkgutil.walk_packages([str(HOUSE)], "kilter.department.")]
    return [name for name in names if ".actions" in name]


def every_action() -> tuple[gate.Action, ...]:
    """Every action of the house, all rooms read."""
    for name in action_modules():
        importlib.import_module(name)
    return tuple(one for one in gate.actions() if one.name.startswith("kilter."))


def test_there_are_rooms_to_walk():
    assert "kilter.department.people.actions" in action_modules()
    assert "kilter.department.equipment.actions.course" in action_modules()
    assert len(every_action()) >= 34


@pytest.mark.parametrize("room", ["people", "equipment"])
def test_every_activity_of_a_room_has_its_action(room):
    declared = {one.activity for one in every_action()}
    assert {key for key in activities() if key.startswith(f"{room}.")} <= declared


@pytest.mark.parametrize("name", action_modules())
def test_every_public_function_of_an_actions_module_is_an_action(name):
    module = importlib.import_module(name)
    declared = {one.name for one in every_action()}
    own = {
        f"{name}.{key}"
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_")
    }
    assert own - PLAIN <= declared


@pytest.mark.parametrize("one", every_action(), ids=lambda one: one.name)
def test_a_person_without_a_role_is_refused_before_anything_is_looked_at(one, hire):
    nobody = hire(name="No Role")
    entries = AuditEntry.objects.count()
    with pytest.raises(NotPermitted, match="No role of No Role"):
        one.function(by=nobody)
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize("one", every_action(), ids=lambda one: one.name)
@pytest.mark.parametrize("by", [None, "ada", Person(username="ghost", display_name="Ghost")])
def test_nobody_at_all_is_refused(one, by, db):
    with pytest.raises(NotPermitted):
        one.function(by=by)


@pytest.mark.parametrize("one", every_action(), ids=lambda one: one.name)
def test_every_action_has_its_activity_and_its_words(one):
    assert activities()[one.activity].words
    assert one.function.__doc__


def test_every_activity_belongs_to_a_role_and_every_role_to_activities():
    held = {key for role in shipped_roles() for key in role.activities}
    assert held == set(activities())


def test_no_role_holds_every_right_of_oversight():
    """Breaking the glass and reviewing it, erasing and signing: never in one shipped role."""
    for role in shipped_roles():
        assert not {"records.break_glass", "records.review_break_glass"} <= set(role.activities)
        assert not {"records.erase_personal", "records.sign"} <= set(role.activities)


def test_the_roles_are_in_the_table(db):
    assert {role.key for role in Role.objects.all()} == {role.key for role in shipped_roles()}


@pytest.fixture
def declare(monkeypatch):
    """Declare an action for the length of a test."""
    monkeypatch.setattr(gate, "_actions", dict(gate._actions))
    return gate.action("people.set_pin")


def test_an_action_that_writes_nothing_down_is_our_fault_and_undone(declare, head):
    @declare
    def silent(*, by: Person) -> None:
        """Change a name and tell nobody."""
        Person.objects.filter(pk=by.pk).update(display_name="Changed")

    with pytest.raises(Fault, match="without an audit entry"):
        silent(by=head)
    head.refresh_from_db()
    assert head.display_name == "Ada Head"


def test_an_error_undoes_the_entry_too(declare, head):
    @declare
    def failing(*, by: Person) -> None:
        """Write an entry, then fail."""
        audit.write("people.set_pin", by=by)
        raise BadInput("pin: no")

    before = AuditEntry.objects.count()
    with pytest.raises(BadInput):
        failing(by=head)
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("kind", ["pin", "other"])
def test_what_an_action_keeps_of_its_refusal_stays_when_all_else_is_undone(declare, head, kind):
    @declare
    def kept(*, by: Person) -> None:
        """Write down that it was refused."""
        audit.write("people.set_pin", by=by, detail={"refused": True})

    def keep(refusal, given):
        if refusal.field != "pin":
            return refusal
        kept(by=given["by"])
        return BadInput(f"{refusal.message}, and kept", field="pin")

    @gate.action("people.set_pin", keep=keep)
    def failing(*, by: Person) -> None:
        """Change something, write an entry, then fail."""
        Person.objects.filter(pk=by.pk).update(display_name="Changed")
        audit.write("people.set_pin", by=by)
        raise BadInput(f"{kind}: no", field=kind)

    before = AuditEntry.objects.count()
    with pytest.raises(BadInput) as refused:
        failing(by=head)
    head.refresh_from_db()
    assert head.display_name == "Ada Head"
    if kind == "pin":
        assert refused.value.message == "pin: no, and kept"
        assert AuditEntry.objects.count() == before + 1
        assert AuditEntry.objects.latest("pk").detail == {"refused": True}
    else:
        assert refused.value.message == "other: no"
        assert refused.value.__cause__ is None
        assert AuditEntry.objects.count() == before


def test_who_may_not_act_keeps_nothing_by_being_refused(declare, hire):
    asked = []

    def keep(refusal, given):
        asked.append(type(refusal))
        return refusal

    @gate.action("people.set_pin", keep=keep)
    def acting(*, by: Person) -> None:
        """Write an entry."""
        audit.write("people.set_pin", by=by)

    with pytest.raises(NotPermitted):
        acting(by=hire(name="No Role"))
    assert asked == [NotPermitted]


def test_an_inner_action_asks_for_itself(declare, head, hire):
    viewer = hire("ward_viewer")

    @declare
    def outer(*, by: Person) -> None:
        """Call an action that needs more."""
        from kilter.department.people import actions

        actions.revoke(by=by, authorisation=None, reason="")

    with pytest.raises(NotPermitted, match="revoke an authorisation"):
        outer(by=viewer)


def test_the_same_question_is_asked_once_in_an_action_and_anew_in_the_next(declare, head, monkeypatch):
    asked = []
    ask = gate.may

    def heard(person, key, device=None, instant=None, *, procedure=""):
        asked.append((key, procedure))
        return ask(person, key, device, instant, procedure=procedure)

    monkeypatch.setattr(gate, "may", heard)

    @declare
    def inner(*, by: Person, procedure: str) -> None:
        """Write an entry."""
        audit.write("people.set_pin", by=by)

    @declare
    def outer(*, by: Person, procedure: str) -> None:
        """Act within an act: on the same, and on another."""
        inner(by=by, procedure=procedure)
        inner(by=by, procedure="nuclear_medicine.uniformity")

    outer(by=head, procedure="")
    assert asked == [("people.set_pin", ""), ("people.set_pin", "nuclear_medicine.uniformity")]
    inner(by=head, procedure="")
    assert len(asked) == 3


def test_another_device_person_or_activity_inside_an_action_is_asked_about_anew(
    declare, head, hire, register
):
    """What was granted for one pump is no permission for the next, nor for anybody else."""
    from kilter.department.people import actions as people

    tester, pump, other = hire("engineer"), register(), register()
    people.authorise(
        by=head,
        person=tester,
        scope_kind="device",
        scope_key=str(pump.uuid),
        level="independent",
        until=clock.now() + timedelta(days=1),
    )

    @gate.action("records.sign")
    def inner(*, by: Person, device: object) -> None:
        """Write an entry."""
        audit.write("records.sign", by=by)

    @gate.action("records.sign")
    def outer(*, by: Person, device: object, then: Person, on: object) -> None:
        """Act within an act."""
        inner(by=then, device=on)

    outer(by=tester, device=pump, then=tester, on=pump)
    with pytest.raises(NotPermitted, match="has no authorisation"):
        outer(by=tester, device=pump, then=tester, on=other)
    with pytest.raises(NotPermitted, match="No role of"):
        outer(by=tester, device=pump, then=hire(name="No Role"), on=pump)


def test_what_was_granted_is_forgotten_where_an_action_fails(declare, head):
    @declare
    def failing(*, by: Person) -> None:
        """Fail."""
        raise BadInput("pin: no")

    with pytest.raises(BadInput):
        failing(by=head)
    assert gate._granted.get() == frozenset()


def test_an_action_runs_in_a_transaction(declare, head):
    seen = []

    @declare
    def looking(*, by: Person) -> None:
        """Look."""
        seen.append((connection.in_atomic_block, len(connection.savepoint_ids)))
        audit.write("people.set_pin", by=by)

    looking(by=head)
    assert seen[0][0]


def test_positional_arguments_are_our_fault(declare, head):
    @declare
    def strict(*, by: Person) -> None:
        """Do nothing."""

    with pytest.raises(Fault, match="keywords only"):
        strict(head)
    with pytest.raises(Fault, match="keywords only"):

        @declare
        def loose(by: Person) -> None:
            """Take anything."""

    with pytest.raises(Fault, match="by whom"):

        @declare
        def anonymous(*, pin: str) -> None:
            """Say nobody."""


@pytest.mark.parametrize("device", ["a pump", 7, object()])
def test_what_is_no_device_is_named(hire, device):
    from kilter.department.equipment import actions

    with pytest.raises(BadInput) as caught:
        actions.withdraw(by=hire("engineer"), device=device, reason="x")
    assert caught.value.field == "device"


@pytest.mark.parametrize("procedure", [7, None, ["medical_engineering.protective_earth"]], ids=str)
def test_what_is_no_key_of_a_procedure_is_named(hire, procedure):
    """Also where the person might: whether they may do it on what cannot be read, nobody can say."""
    from kilter.department.records import actions

    with pytest.raises(BadInput) as caught:
        actions.sign(by=hire("engineer", authorised="independent"), procedure=procedure)
    assert caught.value.field == "procedure"


def test_an_act_on_a_whole_specialty_needs_its_scope(head, hire):
    from kilter.department.people import actions as people
    from kilter.department.policy import actions

    lead = hire("lead_engineer")
    people.authorise(
        by=head,
        person=lead,
        scope_kind="specialty",
        scope_key="nuclear_medicine",
        level="expert",
        until=clock.now() + timedelta(days=1),
    )
    proposed = actions.propose_limits(by=head, specialty="nuclear_medicine", reason="going live")
    with pytest.raises(NotPermitted, match="no authorisation for the specialty medical_engineering"):
        actions.adopt_limits(by=lead, schedule=proposed, specialty="medical_engineering")
    assert actions.adopt_limits(by=lead, schedule=proposed, specialty="nuclear_medicine").adopted_by == lead


def test_an_unknown_activity_cannot_be_declared():
    with pytest.raises(Fault, match=r"people\.fly"):
        gate.action("people.fly")


def test_the_right_is_read_from_the_database_not_from_the_object(head, hire):
    from kilter.department.people import actions

    engineer = hire("lead_engineer")
    stale = Person.objects.get(pk=engineer.pk)
    actions.deactivate(by=head, person=engineer, reason="left")
    with pytest.raises(NotPermitted, match="was closed"):
        actions.revoke(by=stale, authorisation=None, reason="")
