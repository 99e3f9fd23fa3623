"""What signing, second looks and statements refuse: each by name, and nothing is sealed by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.shop import SAFETY

from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.policy import actions as policy
from kilter.department.records import actions, sealing
from kilter.department.records.clearing import check_entry, check_release, passing_test, passing_visit
from kilter.department.records.models import Draft, Record
from kilter.department.records.sealing import Override, performed_at_of
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted
from kilter.measure.protocol import protocol

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
LEAKAGE = "medical_engineering.equipment_leakage"


@pytest.fixture
def sealed_nothing(shop: Any) -> Iterator[None]:
    """A test at whose end as much is sealed as at its beginning."""
    before = Record.objects.count()
    yield
    assert Record.objects.count() == before


def earth(shop: Any, by: Any = None, *, device: Any = None, **more: Any) -> Any:
    """Draft one protective earth."""
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.12"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    return actions.save_draft(
        by=by or shop.engineer,
        device=device or shop.pump,
        procedure=EARTH,
        uuid=uuid4(),
        version=0,
        content=content,
        **more,
    )


def break_glass(shop: Any, draft: Any, by: Any, **more: Any) -> list[Record]:
    """Sign without the authorisation."""
    given = {"device": shop.pump, "procedure": draft.protocol, "version": draft.version, "reason": "urgent"}
    return actions.break_glass(by=by, draft=draft, confirmation=shop.confirm(by), **{**given, **more})


# --- the second person


def test_who_signed_is_no_second_person(shop: Any) -> None:
    """Also where they may countersign: an expert who signed leaves it to another one."""
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    record = shop.sign(earth(shop, shop.second), by=shop.second)[0]
    asked = {"device": shop.pump, "procedure": EARTH, "record": record}
    with pytest.raises(NotPermitted, match="A second person looks") as refused:
        actions.countersign(by=shop.second, confirmation=shop.confirm(shop.second), **asked)
    assert refused.value.field == "by"
    assert not record.later.exists()


def test_a_second_signature_is_given_once_and_where_it_is_waited_for(shop: Any) -> None:
    plain = shop.sign(earth(shop))[0]
    given = {"by": shop.second, "device": shop.pump, "procedure": EARTH}
    with pytest.raises(Conflict, match="waits for no second signature"):
        actions.countersign(record=plain, confirmation=shop.confirm(shop.second), **given)
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    waiting = shop.sign(earth(shop))[0]
    actions.countersign(record=waiting, confirmation=shop.confirm(shop.second), **given)
    with pytest.raises(Conflict, match="done before"):
        actions.countersign(record=waiting, confirmation=shop.confirm(shop.second), **given)
    assert waiting.later.count() == 1


def test_a_broken_glass_is_reviewed_once_by_somebody_else_in_words(shop: Any, hire: Any) -> None:
    night = hire("on_call", "trainee", authorised="trainee")
    record = break_glass(shop, earth(shop, night), night)[0]
    plain = shop.sign(earth(shop))[0]

    def review(by: Any = shop.second, of: Record = record, finding: str = "as it should be") -> Record:
        return actions.review(by=by, record=of, confirmation=shop.confirm(by), finding=finding)

    with pytest.raises(Conflict, match="needs no review"):
        review(of=plain)
    with pytest.raises(BadInput, match="say what the review found"):
        review(finding=" \n ")
    with pytest.raises(NotPermitted, match="Confirm"):
        actions.review(
            by=shop.second, record=record, confirmation=shop.confirm(shop.head), finding="as it should be"
        )
    people.grant_role(by=shop.head, person=night, role="head_of_department")
    with pytest.raises(NotPermitted, match="A second person looks"):
        review(by=night)
    review()
    with pytest.raises(Conflict, match="done before"):
        review(by=shop.head)
    assert record.later.count() == 1


# --- the draft that is signed


@pytest.mark.usefixtures("sealed_nothing")
def test_an_empty_list_is_not_signed(shop: Any) -> None:
    with pytest.raises(BadInput, match="nothing on the list"):
        actions.sign_listed(by=shop.engineer, drafts=[], confirmation=shop.confirm(shop.engineer))


@pytest.mark.usefixtures("sealed_nothing")
def test_a_draft_is_signed_as_what_it_is(shop: Any) -> None:
    """The gate was asked about the device and the procedure that were named: they must be the draft's."""
    draft = earth(shop)
    given = {"by": shop.engineer, "draft": draft, "version": draft.version}
    for device, procedure in ((shop.tester, EARTH), (shop.pump, LEAKAGE), (shop.pump, SAFETY)):
        with pytest.raises(BadInput, match="another device or protocol"):
            actions.sign(
                device=device, procedure=procedure, confirmation=shop.confirm(shop.engineer), **given
            )


def test_a_draft_that_was_given_up_or_signed_by_another_is_not_signed(shop: Any) -> None:
    given_up, signed = earth(shop), earth(shop)
    actions.abandon(
        by=shop.engineer, device=shop.pump, procedure=EARTH, draft=given_up, reason="wrong device"
    )
    with pytest.raises(Conflict, match="abandoned"):
        shop.sign(given_up)
    shop.sign(signed)
    with pytest.raises(Conflict, match="somebody else signed"):
        shop.sign(signed, by=shop.second)
    assert Record.objects.count() == 1


def test_a_broken_glass_says_why_is_for_equipment_and_gives_the_same_records_again(
    shop: Any, hire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = hire("on_call", "trainee", authorised="trainee")
    draft = earth(shop, night)
    with pytest.raises(BadInput, match="needs a reason"):
        break_glass(shop, draft, night, reason="  ")
    with pytest.raises(NotPermitted, match="for equipment only"):
        break_glass(shop, draft, night, procedure="nuclear_medicine.gfr")
    first = break_glass(shop, draft, night)
    assert break_glass(shop, draft, night) == first
    assert [one.review_by is not None for one in first] == [True]
    assert Record.objects.count() == 1


MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (-timedelta(minutes=5), ""),  # a clock that is a little ahead
        (-timedelta(minutes=5) - MOMENT, "future"),
        (timedelta(days=31), ""),
        (timedelta(days=31) + MOMENT, "too far back"),
    ],
    ids=str,
)
def test_a_measurement_was_made_in_the_last_month(ago: timedelta, said: str) -> None:
    now = clock.now()
    draft = Draft(performed_at=now - ago, saved_at=now)
    with clock.at(now):
        if not said:
            assert performed_at_of(draft) == now - ago
            return
        with pytest.raises(BadInput, match=said):
            performed_at_of(draft)


def test_a_measurement_without_an_hour_was_made_when_it_was_last_typed() -> None:
    """And a correction of an old record keeps the hour of what it corrects, however long ago."""
    now = clock.now()
    typed, old = now - timedelta(hours=2), now - timedelta(days=400)
    assert performed_at_of(Draft(performed_at=None, saved_at=typed)) == typed
    assert performed_at_of(Draft(performed_at=old, saved_at=now, supersedes=uuid4())) == old


# --- instruments, and the second word for them


@pytest.mark.usefixtures("sealed_nothing")
@pytest.mark.parametrize(
    ("named", "said"),
    [(str(uuid4()), "no such test instrument"), ("TI0001", "named by its uuid")],
    ids=["unknown", "no uuid"],
)
def test_an_instrument_that_is_none_is_named(shop: Any, named: str, said: str) -> None:
    draft = shop.draft(content={**shop.content(), "instruments": [named]})
    with pytest.raises(BadInput, match=said) as refused:
        shop.sign(draft)
    assert refused.value.field == "instruments"


@pytest.mark.usefixtures("sealed_nothing")
def test_the_second_word_for_an_instrument_is_confirmed_reasoned_and_permitted(shop: Any, hire: Any) -> None:
    draft = shop.draft(content={**shop.content(), "instruments": []})
    trusted, other = shop.second, hire("engineer", authorised="independent")
    words = {
        "Confirm": Override(trusted, shop.confirm(shop.head), "urgent"),
        "needs a reason": Override(trusted, shop.confirm(trusted), " "),
        "needs expert": Override(other, shop.confirm(other), "urgent"),
        "another person": Override(shop.engineer, shop.confirm(shop.engineer), "urgent"),
    }
    for said, word in words.items():
        with pytest.raises((BadInput, NotPermitted), match=said):
            shop.sign(draft, override=word)


def test_a_second_word_is_asked_for_also_where_the_instrument_is_fit(shop: Any) -> None:
    """Whoever gives it stands in the record, so it is checked however it came there."""
    word = Override(shop.second, shop.confirm(shop.second), "")
    with pytest.raises(BadInput, match="needs a reason"):
        shop.sign(earth(shop), override=word)


# --- corrections


@pytest.mark.usefixtures("sealed_nothing")
def test_a_correction_has_a_reason(shop: Any) -> None:
    with pytest.raises(BadInput, match="needs a reason"):
        earth(shop, supersedes=Record(uuid=uuid4()), reason=" ")


def test_a_correction_is_of_this_device_and_of_one_procedure(shop: Any, register: Any) -> None:
    wrong = shop.visit()
    elsewhere = register(serial="S9", model=shop.pump.model)
    draft = earth(shop, device=elsewhere, supersedes=wrong[1], reason="misread")
    with pytest.raises(BadInput, match="not this device's"):
        actions.sign(
            by=shop.engineer,
            device=elsewhere,
            procedure=EARTH,
            draft=draft,
            version=draft.version,
            confirmation=shop.confirm(shop.engineer),
        )
    with pytest.raises(BadInput, match="repeats the one procedure"):
        shop.sign(earth(shop, supersedes=wrong[2], reason="misread"))
    whole = shop.draft(supersedes=wrong[1], reason="misread")
    with pytest.raises(BadInput, match="repeats the one procedure"):
        shop.sign(whole)
    assert Record.objects.count() == len(wrong)


@pytest.mark.usefixtures("sealed_nothing")
def test_a_visit_in_which_nothing_was_measured_is_no_evidence(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every step may be left out, leaving out all of them tells nothing of the device."""
    found = protocol(SAFETY)
    loose = replace(found, steps=tuple(replace(step, optional=True) for step in found.steps))
    monkeypatch.setattr(sealing, "find_protocol", lambda key: loose)
    with pytest.raises(BadInput, match="nothing was measured"):
        shop.sign(shop.draft(content={"steps": {}, "instruments": [str(shop.tester.uuid)]}))


# --- drafts


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 3}, "draft"),
        ({"content": {"steps": []}}, "content"),
        ({"content": {"steps": {}, "instruments": "all"}}, "content"),
        ({"content": {"steps": {"smell": {}}}}, "content"),
        ({"content": {"steps": {"protective_earth": []}}}, "protective_earth"),
        ({"content": {"steps": {"protective_earth": {"inputs": "0.12"}}}}, "protective_earth"),
        ({"content": {"steps": {"protective_earth": {"inputs": {"reading": "1" * 200_001}}}}}, "content"),
        ({"content": {"steps": {}, "reasons": {"0": "a slip"}}}, "reasons"),
    ],
)
def test_a_draft_of_another_form_is_not_saved(shop: Any, changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"version": 0, "content": {"steps": {}}, "uuid": uuid4(), **changes}
    with pytest.raises((BadInput, Conflict)) as refused:
        actions.save_draft(by=shop.engineer, device=shop.pump, procedure=EARTH, **given)
    assert refused.value.field == field
    assert not Draft.objects.exists()


def test_a_draft_is_given_up_with_a_reason_and_help_is_asked_for_in_words(shop: Any) -> None:
    draft = earth(shop)
    about = {"by": shop.engineer, "device": shop.pump, "procedure": EARTH, "draft": draft}
    with pytest.raises(BadInput, match="needs a reason"):
        actions.abandon(**about, reason=" ")
    with pytest.raises(BadInput, match="what you need help with"):
        actions.ask_for_help(**about, colleague=shop.second, question=" ")
    draft.refresh_from_db()
    assert (draft.state, draft.owner) == ("open", shop.engineer)


# --- statements, and what a device comes back on


@pytest.mark.usefixtures("sealed_nothing")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"act": "scrap"}, "act"),
        ({"text": " "}, "text"),
        ({"act": "put_in_service", "device": None}, "device"),
        ({"arguments": {"evidence": "yesterday"}}, "evidence"),
        ({"confirmation": None}, "confirmation"),
    ],
)
def test_a_statement_that_will_not_do_is_named(shop: Any, changes: dict[str, Any], field: str) -> None:
    given = {"act": "put_in_service", "text": "looked at", "device": shop.pump, **changes}
    word = shop.confirm(shop.second if "confirmation" in given else shop.head)
    with pytest.raises(KilterError) as refused:
        actions.state(by=shop.head, **{**given, "confirmation": word})
    assert refused.value.field == field


def test_evidence_is_a_record_of_the_same_device(shop: Any, register: Any) -> None:
    shop.adopt()
    record, other = shop.visit()[1], register(serial="S9")
    assert passing_test(shop.pump, record.uuid) == record
    assert passing_visit(shop.pump, record.uuid) == record
    check_entry(device=shop.pump, evidence=record.uuid)
    for check in (passing_test, passing_visit):
        with pytest.raises(BadInput, match="no passing test of this device"):
            check(other, record.uuid)
    with pytest.raises(BadInput, match="a record of this device"):
        check_entry(device=other, evidence=record.uuid)


def test_a_visit_passes_where_each_of_its_results_does(shop: Any) -> None:
    shop.adopt()
    visit = shop.visit(equipment_leakage={"current": "900", "method": "direct"})
    assert passing_test(shop.pump, visit[1].uuid) == visit[1]
    with pytest.raises(BadInput, match="no passing test"):
        passing_visit(shop.pump, visit[1].uuid)


def test_a_hold_is_released_on_the_test_that_ends_it_and_on_no_other(shop: Any) -> None:
    shop.adopt()
    shop.visit(protective_earth={"reading": "0.35"})
    hold = shop.pump.holds.get()
    with clock.at(clock.now() + timedelta(hours=1)):
        leakage, right = shop.visit()[2], shop.visit()[1]
        check_release(device=shop.pump, hold=hold, evidence=right.uuid)
        for wrong in (leakage.uuid, None, uuid4()):
            with pytest.raises(BadInput, match="not the test that ends this hold"):
                check_release(device=shop.pump, hold=hold, evidence=wrong)
    hold.cause = "incident"
    with pytest.raises(BadInput, match="must be a record of this device"):
        check_release(device=shop.pump, hold=hold, evidence=uuid4())
    check_release(device=shop.pump, hold=hold, evidence=None)
