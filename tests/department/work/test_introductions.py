"""Introducing a device or technique: stages in their order, two signatures, and no device in use before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shop import SAFETY

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.confirmation import Confirmation
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.models import Record
from kilter.department.work import actions, entry, introductions
from kilter.department.work.introduction import (
    ALWAYS,
    GO_LIVE,
    STAGES,
    Answer,
    done,
    is_live,
    refused,
)
from kilter.department.work.models import EntryRule, Introduction, StageAnswer
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted

EACH = [key for key, stage in STAGES.items() if stage.each]
ONCE = [key for key, stage in STAGES.items() if not stage.each]
answered = st.lists(
    st.tuples(st.sampled_from(list(STAGES)), st.sampled_from([1, 2]), st.sampled_from(list(Answer))),
    max_size=40,
)


def kept(walk: list[tuple[str, int, Answer]]) -> dict[tuple[str, int | None], Answer]:
    return {(key, device if STAGES[key].each else None): answer for key, device, answer in walk}


def test_the_table_is_in_order_and_ends_with_two_signatures() -> None:
    known: set[str] = set()
    for key, stage in STAGES.items():
        assert (key, set(stage.after) <= known, bool(stage.asks)) == (stage.key, True, True)
        known.add(key)
    assert GO_LIVE == ("engineering_go_live", "clinical_go_live")
    before = {"critical_examination", "acceptance", "commissioning"}
    assert before <= set(EACH)
    assert set(ALWAYS) <= set(STAGES)
    assert not any(STAGES[key].waivable for key in (*ALWAYS, *GO_LIVE, "need"))


@given(walk=answered)
@settings(max_examples=300)
def test_a_stage_stands_only_where_all_before_it_stands(walk: list[tuple[str, int, Answer]]) -> None:
    answers = kept(walk)
    for key, stage in STAGES.items():
        for device in (1, 2) if stage.each else (None,):
            if not done(key, device, answers):
                continue
            assert answers[key, device] != Answer.FAILED
            assert refused(key, device, answers) == []
            for earlier in stage.after:
                each = STAGES[earlier].each
                among = (device,) if stage.each and each else (1, 2) if each else (None,)
                assert any(done(earlier, one, answers) for one in among)
    if is_live(answers):
        assert any(done("commissioning", device, answers) for device in (1, 2))


@given(walk=answered)
@settings(max_examples=100)
def test_what_fails_takes_with_it_all_that_rests_on_it(walk: list[tuple[str, int, Answer]]) -> None:
    answers = kept(walk) | {("need", None): Answer.FAILED}
    assert not any(done(key, 1 if STAGES[key].each else None, answers) for key in STAGES)


@pytest.fixture
def pump(shop: Any) -> Device:
    """A device of a new model, received."""
    fields = {"maker": "Northfield", "name": "Infusa 4", "kind": "infusion_pump", "equipment_class": "I"}
    model = equipment.add_model(
        by=shop.head, fields={**fields, "applied_part": "BF", "power_cord": "detachable"}
    )
    return equipment.register_device(by=shop.head, fields={"asset": "ME0900", "serial": "N1", "model": model})


@pytest.fixture
def begun(shop: Any, pump: Device) -> Introduction:
    return actions.begin_introduction(
        by=shop.engineer, title="Infusa 4 pumps", need="the old ones end", model=pump.model
    )


@pytest.fixture
def clinician(hire: Any) -> Any:
    return hire("clinical_lead", name="Cleo Clinician")


def answer(shop: Any, row: Introduction, stage: str, given_: str = "passed", **more: Any) -> StageAnswer:
    return actions.answer_stage(
        by=shop.engineer, introduction=row, stage=stage, answer=given_, text="looked at", **more
    )


def signed_test(shop: Any, device: Device) -> Record:
    """Sign a whole safety test of a device; give one of its records."""
    return _visit(shop, device)[0]


def plan(shop: Any, device: Device) -> None:
    policy.set_frequency(
        by=shop.second,
        protocol=SAFETY,
        scope_kind="model",
        scope_key=str(device.model.uuid),
        months=12,
        reason="maker",
    )


def sited(shop: Any, row: Introduction, device: Device) -> None:
    for stage in ("cyber", "data_protection", "connectors", "trial"):
        answer(shop, row, stage)
    answer(shop, row, "installation", "not_needed", device=device)
    answer(shop, row, "critical_examination", "not_needed", device=device)


def into_service(shop: Any, device: Device) -> Record:
    return records.state(
        by=shop.engineer,
        act="put_in_service",
        text="accepted",
        device=Device.objects.get(pk=device.pk),
        confirmation=shop.confirm(shop.engineer),
    )


@pytest.mark.django_db
def test_from_the_need_to_both_signatures(
    shop: Any, pump: Device, begun: Introduction, clinician: Any
) -> None:
    shop.adopt()
    sited(shop, begun, pump)
    with pytest.raises(Conflict) as refusal:
        into_service(shop, pump)
    message = "before this device enters service it needs: training policy, acceptance, a plan of maintenance"
    assert refusal.value.message == message
    plan(shop, pump)
    answer(shop, begun, "training_policy")
    first, second = signed_test(shop, pump), signed_test(shop, pump)
    answer(shop, begun, "acceptance", device=pump, record=first.uuid)
    into_service(shop, pump)
    pump.refresh_from_db()
    assert pump.state == "in_service"
    sign = {"introduction": begun, "text": "ready"}
    with pytest.raises(Conflict, match="first comes: commissioning, users trained"):
        actions.sign_clinical_go_live(by=clinician, **sign, confirmation=shop.confirm(clinician))
    answer(shop, begun, "commissioning", device=pump, record=second.uuid)
    answer(shop, begun, "users_trained")
    actions.sign_engineering_go_live(by=shop.second, **sign, confirmation=shop.confirm(shop.second))
    assert introductions.introductions() == [(begun, False)]
    made = actions.sign_clinical_go_live(by=clinician, **sign, confirmation=shop.confirm(clinician))
    assert introductions.introductions() == [(begun, True)]
    sealed = Record.objects.get(uuid=made.record)
    assert (sealed.kind, sealed.person) == ("statement", clinician)
    answer(shop, begun, "users_trained", "failed")  # what was found later takes the release away
    assert introductions.introductions() == [(begun, False)]


@pytest.mark.django_db
def test_the_two_signatures_are_two_people_each_confirmed(
    shop: Any, pump: Device, begun: Introduction, clinician: Any, head: Any
) -> None:
    from kilter.department.people import actions as people

    shop.adopt()
    sited(shop, begun, pump)
    for stage in ("training_policy", "users_trained"):
        answer(shop, begun, stage)
    answer(shop, begun, "acceptance", device=pump, record=signed_test(shop, pump).uuid)
    answer(shop, begun, "commissioning", "not_needed", device=pump)
    both = shop.second
    with pytest.raises(NotPermitted, match="sign as clinical lead"):
        actions.sign_clinical_go_live(by=both, introduction=begun, text="x", confirmation=shop.confirm(both))
    people.grant_role(by=head, person=both, role="clinical_lead")
    actions.sign_engineering_go_live(by=both, introduction=begun, text="x", confirmation=shop.confirm(both))
    with pytest.raises(Conflict, match="two different people"):
        actions.sign_clinical_go_live(by=both, introduction=begun, text="x", confirmation=shop.confirm(both))
    stale = Confirmation(clinician.uuid, clock.now() - timedelta(hours=1), "password")
    for wrong in (stale, shop.confirm(both)):
        with pytest.raises(NotPermitted):
            actions.sign_clinical_go_live(by=clinician, introduction=begun, text="x", confirmation=wrong)
    with pytest.raises(BadInput, match="text: must not be empty"):
        actions.sign_clinical_go_live(
            by=clinician, introduction=begun, text=" ", confirmation=shop.confirm(clinician)
        )


@pytest.mark.django_db
def test_each_examination_rests_on_its_own_passing_test(shop: Any, pump: Device, begun: Introduction) -> None:
    unconfirmed = signed_test(shop, pump)
    shop.adopt()
    for stage in ("cyber", "data_protection", "connectors", "trial"):
        answer(shop, begun, stage)
    answer(shop, begun, "installation", device=pump)
    passed, other = signed_test(shop, pump), signed_test(shop, shop.pump)
    failed = next(
        one
        for one in _visit(shop, pump, equipment_leakage={"current": "9000", "method": "direct"})
        if one.verdict == "suspension"
    )
    answer(shop, begun, "critical_examination", device=pump, record=passed.uuid)
    for wrong in (None, uuid4(), other.uuid, failed.uuid, unconfirmed.uuid, passed.uuid):
        with pytest.raises(BadInput) as refusal:
            answer(shop, begun, "acceptance", device=pump, record=wrong)
        assert refusal.value.field == "record"
    with pytest.raises(BadInput, match="must be a test of this device"):
        answer(shop, begun, "acceptance", "failed", device=pump, record=other.uuid)
    answer(shop, begun, "acceptance", "failed", device=pump, record=failed.uuid)
    with pytest.raises(BadInput, match="rests on no test"):
        answer(shop, begun, "installation", device=pump, record=passed.uuid)


def _visit(shop: Any, device: Device, **changes: Any) -> list[Record]:
    shop.pump, before = device, shop.pump
    try:
        return shop.visit(**changes)
    finally:
        shop.pump = before


@pytest.mark.django_db
def test_what_an_answer_refuses(shop: Any, pump: Device, begun: Introduction) -> None:
    for stage, given_, more, field in (
        ("painting", "passed", {}, "stage"),
        ("clinical_go_live", "passed", {}, "stage"),
        ("cyber", "perhaps", {}, "answer"),
        ("need", "not_needed", {}, "answer"),
        ("cyber", "passed", {"device": pump}, "device"),
        ("installation", "passed", {}, "device"),
        ("installation", "passed", {"device": shop.pump}, "device"),
    ):
        with pytest.raises(BadInput) as refusal:
            answer(shop, begun, stage, given_, **more)
        assert refusal.value.field == field
    with pytest.raises(BadInput, match="text: must not be empty"):
        actions.answer_stage(by=shop.engineer, introduction=begun, stage="cyber", answer="passed", text=" ")
    with pytest.raises(Conflict, match="first comes: network and cyber security"):
        answer(shop, begun, "installation", device=pump)
    equipment.edit_model(by=shop.head, model=pump.model, changes={"ionising": True})
    with pytest.raises(BadInput, match="always needed"):
        answer(shop, begun, "critical_examination", "not_needed", device=pump)
    with pytest.raises(Conflict, match="an introduction of this model already"):
        actions.begin_introduction(by=shop.engineer, title="Again", need="x", model=pump.model)


@pytest.mark.django_db
def test_one_given_up_can_be_begun_again_unless_a_device_is_in_use_by_it(
    shop: Any, pump: Device, begun: Introduction
) -> None:
    shop.adopt()
    actions.abandon_introduction(by=shop.second, introduction=begun, reason="too dear")
    for refused_ in (
        lambda: answer(shop, begun, "cyber"),
        lambda: actions.abandon_introduction(by=shop.second, introduction=begun, reason="x"),
    ):
        with pytest.raises(Conflict, match="was given up"):
            refused_()
    again = actions.begin_introduction(by=shop.engineer, title="Again", need="cheaper", model=pump.model)
    assert introductions.of_model(pump.model_id) == again
    sited(shop, again, pump)
    answer(shop, again, "training_policy")
    plan(shop, pump)
    answer(shop, again, "acceptance", device=pump, record=signed_test(shop, pump).uuid)
    into_service(shop, pump)
    with pytest.raises(Conflict, match="have entered service by it"):
        actions.abandon_introduction(by=shop.second, introduction=again, reason="x")


@pytest.mark.django_db
def test_a_site_may_ask_for_more_and_for_every_model(shop: Any, pump: Device) -> None:
    assert entry.lacking(pump) == []
    set_ = {"by": shop.second, "reason": "board of 3 May"}
    actions.set_entry_rule(**set_, stages=["users_trained", "cyber"], every_model=True)
    assert entry.lacking(pump) == ["an introduction of its model"]
    with pytest.raises(Conflict, match="an introduction of its model"):
        into_service(shop, pump)
    assert entry.lacking(shop.pump) == []  # taken over in service
    actions.begin_introduction(by=shop.engineer, title="Pumps", need="x", model=pump.model)
    missing = [
        "network and cyber security",
        "training policy",
        "acceptance",
        "users trained",
        "a plan of maintenance",
    ]
    assert entry.lacking(pump) == missing
    with pytest.raises(BadInput, match="stage: must be one of"):
        actions.set_entry_rule(**set_, stages=["painting"], every_model=False)
    with pytest.raises(BadInput, match="reason"):
        actions.set_entry_rule(by=shop.second, stages=[], every_model=False, reason="")
    actions.set_entry_rule(**set_, stages=[], every_model=False)
    assert entry.asked_for(entry.rule()) == [key for key in STAGES if key in ALWAYS]


@pytest.mark.django_db
def test_a_technique_needs_no_device(shop: Any, clinician: Any) -> None:
    row = actions.begin_introduction(by=shop.engineer, title="Contrast ultrasound", need="liver clinic")
    for key, stage in STAGES.items():
        if key != "need" and not stage.signed:
            answer(shop, row, key)
    for act, who in (
        (actions.sign_engineering_go_live, shop.second),
        (actions.sign_clinical_go_live, clinician),
    ):
        act(by=who, introduction=row, text="ready", confirmation=shop.confirm(who))
    assert is_live(introductions.newest(row))
    with pytest.raises(NotFound):
        introductions.introduction_by_uuid(uuid4())


@pytest.mark.django_db
@pytest.mark.parametrize("table", [StageAnswer, EntryRule])
def test_answers_and_rules_are_never_changed(shop: Any, begun: Introduction, table: Any) -> None:
    actions.set_entry_rule(by=shop.second, stages=[], every_model=False, reason="x")
    field = "text" if table is StageAnswer else "reason"
    for change in (table.objects.all().delete, lambda: table.objects.update(**{field: "other"})):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert not table.objects.filter(**{field: "other"}).exists()


GOOD = [
    *(f"{key}:passed" for key in ("cyber", "data_protection", "connectors", "trial", "training_policy")),
    "installation:not_needed",
    "critical_examination:passed",
    "acceptance:passed",
    "plan",
]
STEPS = [*(f"{key}:{one}" for key in STAGES if not STAGES[key].signed for one in Answer), "plan", "enter"]
extra = st.tuples(st.integers(0, len(GOOD)), st.sampled_from(STEPS))


@pytest.mark.django_db
@given(dropped=st.sets(st.sampled_from(GOOD), max_size=2), added=st.lists(extra, max_size=4))
@settings(max_examples=40)
def test_no_walk_brings_a_device_into_service_before_its_time(
    shop: Any, pump: Device, begun: Introduction, dropped: set[str], added: list[tuple[int, str]]
) -> None:
    """Whatever is answered in whatever order: in service means accepted, planned, and a training policy."""
    walk = [[step] for step in GOOD if step not in dropped]
    for place, step in added:
        walk.insert(min(place, len(walk)), [step])
    with transaction.atomic():
        shop.adopt()
        test, planned, entered = signed_test(shop, pump), False, False
        for step in [*(one for steps in walk for one in steps), "enter"]:
            answers = introductions.newest(begun)
            fit = planned and all(done(key, pump.pk if STAGES[key].each else None, answers) for key in ALWAYS)
            try:
                _step(shop, pump, begun, step, test)
            except KilterError:
                assert step != "enter" or entered or not fit
                continue
            planned = planned or step == "plan"
            if step == "enter":
                assert fit
                entered = True
        pump.refresh_from_db()
        assert (pump.state == "in_service") == entered
        transaction.set_rollback(True)
    pump.refresh_from_db()


def _step(shop: Any, pump: Device, begun: Introduction, step: str, test: Record) -> None:
    if step == "plan":
        plan(shop, pump)
    elif step == "enter":
        into_service(shop, pump)
    else:
        stage, _, one = step.partition(":")
        more: dict[str, Any] = {"device": pump} if STAGES[stage].each else {}
        if stage == "acceptance":
            more["record"] = test.uuid
        answer(shop, begun, stage, one, **more)
