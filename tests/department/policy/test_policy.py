"""What is in force: the narrowest adopted schedule, the newest rule, and two people where it is looser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.ledger import clock
from kilter.department.policy import actions, queries
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted
from kilter.measure.limit import shipped
from kilter.measure.registry import entry

pytestmark = pytest.mark.django_db
EARTH = "medical_engineering.protective_earth"
AREA = "medical_engineering"


def rows(high: float = 0.3, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """The published rows of the protective earth with another limit for the device with its cord."""
    published = [row.as_data() for row in shipped(entry(EARTH))]
    published[0] = {**published[0], "high": high, **more}
    return {"protective_earth": published}


def limit(policy: queries.Policy, device: Any = None, at: Any = None) -> tuple[float | None, str]:
    found = policy.limits(entry(EARTH), device, at or clock.now()).limits[0]
    return found.high, found.read


def test_the_published_limits_judge_until_somebody_adopts(shop: Any) -> None:
    assert limit(queries.load(), shop.pump) == (0.3, "no")
    assert not queries.load().limits(entry(EARTH), shop.pump, clock.now()).confirmed
    shop.adopt()
    assert limit(queries.load(), shop.pump) == (0.3, "adopted")
    assert EARTH not in queries.to_be_confirmed(AREA)


def test_a_proposal_alone_changes_nothing(shop: Any) -> None:
    actions.propose_limits(by=shop.engineer, specialty=AREA, reason="tighter", rows=rows(0.25))
    assert limit(queries.load(), shop.pump) == (0.3, "no")


def test_a_tighter_limit_needs_one_signature(shop: Any) -> None:
    schedule = actions.propose_limits(by=shop.engineer, specialty=AREA, reason="tighter", rows=rows(0.25))
    assert schedule.looser == []
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert limit(queries.load(), shop.pump) == (0.25, "adopted")


@pytest.mark.parametrize(
    "given",
    [
        rows(0.35),
        {"protective_earth": [row.as_data() for row in shipped(entry(EARTH))[1:]]},
        rows(350, unit="mohm"),
        {"insulation_resistance": []},
    ],
    ids=["higher", "left out", "another unit", "none at all"],
)
def test_a_looser_limit_needs_a_second_person(shop: Any, hire: Any, given: Any) -> None:
    schedule = actions.propose_limits(by=shop.engineer, specialty=AREA, reason="maker's word", rows=given)
    assert schedule.looser
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert limit(queries.load(), shop.pump)[1] == "no"
    with pytest.raises(NotPermitted, match="second person"):
        actions.countersign_limits(by=shop.second, schedule=schedule, specialty=AREA)
    third = hire("lead_engineer", authorised="expert")
    actions.countersign_limits(by=third, schedule=schedule, specialty=AREA)
    schedule.refresh_from_db()
    assert queries.adopted_at(schedule, clock.now())
    with pytest.raises(Conflict):
        actions.countersign_limits(by=third, schedule=schedule, specialty=AREA)


def test_a_schedule_judges_from_its_date_on(shop: Any) -> None:
    later = clock.now() + timedelta(days=10)
    schedule = actions.propose_limits(
        by=shop.engineer, specialty=AREA, reason="new edition", rows=rows(0.2), effective_from=later
    )
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    policy = queries.load()
    assert limit(policy, shop.pump)[0] == 0.3
    assert limit(policy, shop.pump, later - timedelta(seconds=1))[0] == 0.3
    assert limit(policy, shop.pump, later)[0] == 0.2


def test_the_narrowest_scope_wins(shop: Any) -> None:
    scopes = [
        ("all", "", 0.29),
        ("device_kind", "infusion_pump", 0.28),
        ("model", str(shop.pump.model_uuid), 0.27),
        ("device", str(shop.pump.uuid), 0.26),
    ]
    for kind, key, high in scopes:
        schedule = actions.propose_limits(
            by=shop.engineer, specialty=AREA, reason="local", rows=rows(high), scope_kind=kind, scope_key=key
        )
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
        assert limit(queries.load(), shop.pump)[0] == high
    assert limit(queries.load(), shop.tester)[0] == 0.29
    assert limit(queries.load(), None)[0] == 0.29


def test_the_newest_of_one_scope_wins_and_adoption_happens_once(shop: Any) -> None:
    for high in (0.25, 0.24):
        schedule = actions.propose_limits(by=shop.engineer, specialty=AREA, reason="x", rows=rows(high))
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert limit(queries.load(), shop.pump)[0] == 0.24
    with pytest.raises(Conflict, match="adopted before"):
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reason": "  "}, "needs a reason"),
        ({"rows": {"nothing": []}}, "has no procedure"),
        ({"rows": {"protective_earth": [{"result": "resistance"}]}}, "limit row 1 lacks"),
        ({"scope_kind": "ward", "scope_key": "7"}, "the scope is"),
        ({"scope_kind": "device"}, "the scope is"),
        ({"specialty": "astrology"}, "no specialty"),
    ],
)
def test_a_proposal_that_will_not_do_is_named(shop: Any, given: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"specialty": AREA, "reason": "x", **given}
    with pytest.raises((BadInput, NotFound), match=message):
        actions.propose_limits(by=shop.second, **arguments)


def test_limits_of_one_specialty_are_not_adopted_as_anothers(shop: Any) -> None:
    schedule = actions.propose_limits(by=shop.engineer, specialty=AREA, reason="x")
    with pytest.raises(BadInput, match="another specialty"):
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty="nuclear_medicine")


def test_adopting_needs_an_expert_of_that_specialty(shop: Any, hire: Any) -> None:
    from kilter.department.people import actions as people

    lead = hire("lead_engineer")
    people.authorise(
        by=shop.head,
        person=lead,
        scope_kind="specialty",
        scope_key="nuclear_medicine",
        level="expert",
        until=clock.now() + timedelta(days=30),
    )
    schedule = actions.propose_limits(by=shop.engineer, specialty=AREA, reason="x")
    with pytest.raises(NotPermitted, match="no authorisation"):
        actions.adopt_limits(by=lead, schedule=schedule, specialty=AREA)
    other = actions.propose_limits(by=lead, specialty="nuclear_medicine", reason="x")
    actions.adopt_limits(by=lead, schedule=other, specialty="nuclear_medicine")


def test_the_rule_of_a_procedure_stands_before_that_of_its_specialty(shop: Any) -> None:
    actions.set_decision_rule(by=shop.head, applies_to=AREA, rule="guard_U", reason="accredited")
    assert queries.load().rule(entry(EARTH), clock.now()).name == "guard_U"
    actions.set_decision_rule(
        by=shop.head, applies_to=EARTH, rule="rss", reason="agreed", coverage_factor=1.96
    )
    found = queries.load().rule(entry(EARTH), clock.now())
    assert (found.name, found.k) == ("rss", 1.96)
    assert queries.load().rule(entry("nuclear_medicine.uniformity"), clock.now()).name == "simple"
    with pytest.raises(BadInput, match="unknown decision rule"):
        actions.set_decision_rule(by=shop.head, applies_to=AREA, rule="hope", reason="x")
    with pytest.raises(BadInput, match="no procedure"):
        actions.set_decision_rule(by=shop.head, applies_to=f"{AREA}.nothing", rule="rss", reason="x")


def test_a_rule_judges_what_is_performed_under_it(shop: Any) -> None:
    content = shop.content()
    content["steps"]["protective_earth"]["u"] = {"reading": "20mohm"}
    content["steps"]["protective_earth"]["inputs"]["reading"] = "0.28"
    assert shop.sign(shop.draft(content=content))[1].verdict == "within"
    actions.set_decision_rule(by=shop.head, applies_to=AREA, rule="guard_U", reason="accredited")
    assert shop.sign(shop.draft(content=content))[1].verdict == "undecided"


def test_a_rule_judges_nothing_that_was_measured_before_it_was_set(shop: Any) -> None:
    """Else a reading that was undecided last week would pass by a rule that is named today."""
    measured = clock.now()
    actions.set_decision_rule(by=shop.head, applies_to=AREA, rule="guard_U", reason="accredited")
    with clock.at(measured + timedelta(days=2)):
        actions.set_decision_rule(
            by=shop.head,
            applies_to=AREA,
            rule="simple",
            reason="so that last week's reading passes",
            effective_from=measured + timedelta(hours=1),
        )
        set_at = clock.now()

    def rule(instant: Any) -> str:
        return queries.load().rule(entry(EARTH), instant).name

    assert [rule(measured + timedelta(days=1)), rule(set_at)] == ["guard_U", "simple"]


def test_a_second_signature_is_not_waived_for_what_was_measured_before(shop: Any) -> None:
    measured = clock.now()
    wanted = {"by": shop.head, "applies_to": AREA, "reason": "x"}
    actions.require_countersignature(**wanted, wanted=True)
    with clock.at(measured + timedelta(days=2)):
        actions.require_countersignature(**wanted, wanted=False, effective_from=measured + timedelta(hours=1))
        set_at = clock.now()
    policy = queries.load()
    assert policy.countersigned(entry(EARTH), set_at - timedelta(seconds=1))
    assert not policy.countersigned(entry(EARTH), set_at)


def test_frequencies_follow_the_narrowest_scope_and_can_end(shop: Any) -> None:
    def months() -> list[int]:
        return [row.months for row in queries.load().frequencies_for(shop.pump, clock.now())]

    protocol = "medical_engineering.iec_62353"
    assert months() == []
    common = {"by": shop.head, "protocol": protocol, "reason": "risk"}
    actions.set_frequency(**common, scope_kind="device_kind", scope_key="infusion_pump", months=12)
    assert months() == [12]
    actions.set_frequency(**common, scope_kind="device", scope_key=str(shop.pump.uuid), months=6)
    assert months() == [6]
    actions.set_frequency(**common, scope_kind="device", scope_key=str(shop.pump.uuid), months=0)
    assert months() == []
    with pytest.raises(BadInput, match="months lie"):
        actions.set_frequency(**common, scope_kind="all", months=241)
    with pytest.raises(NotFound, match="no protocol"):
        actions.set_frequency(**{**common, "protocol": "x.y"}, scope_kind="all", months=1)


def test_patient_results_are_off_until_the_safety_officer_has_signed(shop: Any, hire: Any) -> None:
    from dataclasses import replace

    measured = replace(entry(EARTH), use="patient_result")
    assert queries.load().use_permitted(entry(EARTH), clock.now())
    assert not queries.load().use_permitted(measured, clock.now())
    with pytest.raises(NotPermitted):
        actions.permit_use(by=shop.engineer, specialty=AREA, use="patient_result", how="as a second look")
    officer = hire("safety_officer")
    actions.permit_use(by=officer, specialty=AREA, use="patient_result", how="as a second look")
    assert queries.load().use_permitted(measured, clock.now())
    actions.permit_use(by=officer, specialty=AREA, use="patient_result", how="stopped", permitted=False)
    assert not queries.load().use_permitted(measured, clock.now())
