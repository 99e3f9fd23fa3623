"""A device's life: every row of the table can be walked, and nothing else."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions, queries
from kilter.department.equipment.lifecycle import (
    FINAL,
    FIRST,
    TRANSITIONS,
    WORDS,
    State,
    next_state,
    verbs_from,
)
from kilter.department.equipment.models import LifecycleFact
from kilter.department.ledger import clock
from kilter.measure.error import BadInput, Conflict

VERBS = sorted({verb for _, verb in TRANSITIONS})


def call(verb, *, by, device):
    """Call the action of a verb with all it may want."""
    given = {"by": by, "device": device, "reason": "because"}
    if verb == "put_in_service":
        given["evidence"] = accepted(by, device)
    if verb == "dispose":
        given |= {"route": "recycled", "company": "Greenfield", "note_number": "1", "left_on": "2026-01-05"}
        given |= {"decontamination": "not_needed", "decontaminated_by": "new"}
    return getattr(actions, verb)(**given)


def test_every_state_has_words_and_can_be_reached():
    assert set(WORDS) == set(State)
    reached = set(FIRST)
    while True:
        further = {after for (before, _), after in TRANSITIONS.items() if before in reached} | reached
        if further == reached:
            break
        reached = further
    assert reached == set(State) - {State.ENTERED_IN_ERROR}  # only undoing an import leads there


def test_what_is_final():
    assert {State.DISPOSED, State.CANCELLED, State.RETURNED, State.ENTERED_IN_ERROR} == FINAL


def test_nothing_that_was_away_is_in_service_at_once():
    """In service comes only after received or out of service: never from lost, condemned, written off."""
    before = {state for (state, _), after in TRANSITIONS.items() if after == State.IN_SERVICE}
    assert before == {State.RECEIVED, State.OUT_OF_SERVICE}
    assert {verb for (_, verb), after in TRANSITIONS.items() if after == State.IN_SERVICE} == {
        "put_in_service"
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", VERBS)
def test_the_table_is_the_whole_rule(state, verb):
    if (state, verb) in TRANSITIONS:
        assert next_state(state, verb) == TRANSITIONS[state, verb]
    else:
        with pytest.raises(Conflict, match="possible:"):
            next_state(state, verb)


@given(walk=st.lists(st.sampled_from(VERBS), max_size=12), ordered=st.booleans())
@hypothesis_settings(max_examples=40)
def test_any_walk_keeps_state_facts_and_table_in_step(lead, register, walk, ordered):
    with transaction.atomic():
        device = register(ordered=ordered, asset=f"W-{uuid.uuid4().hex[:12]}")
        expected = [State.ORDERED if ordered else State.RECEIVED]
        for verb in walk:
            if (expected[-1], verb) in TRANSITIONS:
                call(verb, by=lead, device=device)
                expected.append(TRANSITIONS[expected[-1], verb])
            else:
                with pytest.raises(Conflict):
                    call(verb, by=lead, device=device)
        device.refresh_from_db()
        assert device.state == expected[-1]
        facts = LifecycleFact.objects.filter(device=device).order_by("id")
        assert [fact.state for fact in facts] == expected
        assert verbs_from(device.state) == [v for s, v in TRANSITIONS if s == expected[-1]]


def test_the_state_at_an_instant(lead, register):
    device = register()
    start = clock.now()
    with clock.at(start + timedelta(days=1)):
        call("put_in_service", by=lead, device=device)
    with clock.at(start + timedelta(days=2)):
        call("withdraw", by=lead, device=device)
    shown = [queries.state_at(device, start + timedelta(days=day)) for day in (-1, 0, 1, 1.5, 2)]
    assert shown == [None, "received", "in_service", "in_service", "out_of_service"]


@pytest.mark.parametrize("evidence", [None, "", "yes", "3f6c1a52-0f4e-4f6b-9d0c-1f2e3d4c5b6a"])
def test_nothing_goes_in_service_without_evidence(lead, register, evidence):
    device = register()
    with pytest.raises(BadInput) as caught:
        actions.put_in_service(by=lead, device=device, evidence=evidence)
    assert caught.value.field == "evidence"


@pytest.mark.parametrize("of_whom", ["nobody", "another device", "a statement about no device"])
def test_evidence_is_a_record_of_this_very_device(lead, register, of_whom):
    device, other = register(), register()
    given = {
        "nobody": uuid.uuid4,
        "another device": lambda: accepted(lead, other),
        "a statement about no device": lambda: accepted(lead, None),
    }[of_whom]()
    with pytest.raises(BadInput, match="must be a record of this device") as caught:
        actions.put_in_service(by=lead, device=device, evidence=given)
    assert caught.value.field == "evidence"
    device.refresh_from_db()
    assert (device.state, device.accepted_at) == ("received", None)


def test_nothing_goes_in_service_under_a_hold(lead, register):
    device = register()
    hold = actions.place_hold(by=lead, device=device, cause="statement", text="smells burnt")
    with pytest.raises(Conflict, match="smells burnt"):
        call("put_in_service", by=lead, device=device)
    actions.release_hold(by=lead, device=device, hold=hold, text="looked at")
    call("put_in_service", by=lead, device=device)


def test_the_first_time_is_the_acceptance(lead, register):
    device = register()
    first, second = accepted(lead, device), accepted(lead, device)
    actions.put_in_service(by=lead, device=device, evidence=first)
    actions.withdraw(by=lead, device=device, reason="fault")
    actions.put_in_service(by=lead, device=device, evidence=second)
    device.refresh_from_db()
    assert (device.acceptance_evidence, device.accepted_by) == (first, lead)


@pytest.mark.parametrize("verb", ["withdraw", "report_lost", "condemn"])
def test_a_reason_is_needed(lead, register, verb):
    device = register()
    call("put_in_service", by=lead, device=device)
    with pytest.raises(BadInput) as caught:
        getattr(actions, verb)(by=lead, device=device, reason="  ")
    assert caught.value.field == "reason"
    device.refresh_from_db()
    assert device.state == "in_service"


def test_a_stale_object_takes_no_step_twice(lead, register):
    device = register()
    stale = queries.device_by_uuid(device.uuid)
    call("put_in_service", by=lead, device=device)
    with pytest.raises(Conflict):
        call("put_in_service", by=lead, device=stale)
    assert datetime.now(UTC) >= queries.device_by_uuid(device.uuid).accepted_at
