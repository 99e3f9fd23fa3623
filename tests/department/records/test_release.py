"""The way back to use: which passing test ends a hold, and which only looks as if it did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.records import actions
from kilter.department.records.queries import record_by_uuid
from kilter.measure.error import Conflict

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
INSULATION = "medical_engineering.insulation_resistance"
CHARGED = {"reading": "10", "path": "applied_part"}
TO_EARTH = {"reading": "10", "path": "mains_to_earth"}


def release(shop: Any, hold: Hold) -> Any:
    """Release a hold as the engineer."""
    return actions.release(
        by=shop.engineer, device=shop.pump, hold=hold, text="mended", confirmation=shop.confirm(shop.engineer)
    )


def single(shop: Any, key: str, inputs: dict[str, str], **more: Any) -> Any:
    """Sign one procedure alone."""
    content = {
        "steps": {key.partition(".")[2]: {"inputs": inputs}},
        "instruments": more.pop("instruments", [str(shop.tester.uuid)]),
    }
    return shop.sign(shop.draft(protocol=key, content=content, **more))[0]


def test_a_test_made_before_the_failure_and_signed_after_it_releases_nothing(shop: Any) -> None:
    shop.adopt()
    with clock.at(clock.now() + timedelta(hours=6)):
        shop.visit(protective_earth={"reading": "0.35"})
        hold = Hold.objects.get(device=shop.pump)
        single(shop, EARTH, {"reading": "0.12"}, performed_at=clock.now() - timedelta(hours=1))
        with pytest.raises(Conflict, match="no passing protective earth"):
            release(shop, hold)
        single(shop, EARTH, {"reading": "0.12"})
        release(shop, hold)


def test_a_failure_on_one_path_is_not_ended_by_a_pass_on_another(shop: Any) -> None:
    shop.adopt()
    assert single(shop, INSULATION, CHARGED).verdict == "suspension"
    hold = Hold.objects.get(device=shop.pump)
    assert single(shop, INSULATION, TO_EARTH).verdict == "within"
    with pytest.raises(Conflict, match="no passing insulation resistance"):
        release(shop, hold)
    assert single(shop, INSULATION, {**CHARGED, "reading": "100"}).verdict == "within"
    release(shop, hold)


def test_a_pass_that_was_followed_by_an_undecided_or_unseconded_failure_is_not_the_newest_word(
    shop: Any,
) -> None:
    from kilter.department.policy import actions as policy

    shop.adopt()
    shop.visit(protective_earth={"reading": "0.35"})
    hold = Hold.objects.get(device=shop.pump)
    shop.visit()
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    assert single(shop, EARTH, {"reading": "0.4"}).verdict == "suspension"
    with pytest.raises(Conflict, match="no passing protective earth"):
        release(shop, hold)


def test_a_hold_without_a_test_of_its_own_waits_until_nothing_measured_since_fails(shop: Any) -> None:
    shop.adopt()
    policy_rule(shop, "guard_U")
    hold = equipment.place_hold(by=shop.engineer, device=shop.pump, cause="fault", text="it was dropped")
    records = shop.visit(protective_earth={"reading": "0.299"})  # the tester's U is 0.004
    assert [record.verdict for record in records] == ["within", "undecided", *["within"] * 3]
    with pytest.raises(Conflict, match="no passing test"):
        release(shop, hold)
    policy_rule(shop, "simple")
    shop.visit()
    release(shop, hold)


def policy_rule(shop: Any, rule: str) -> None:
    """Let another decision rule judge medical engineering from now on."""
    from kilter.department.policy import actions as policy

    policy.set_decision_rule(by=shop.head, applies_to="medical_engineering", rule=rule, reason="tried")


def test_a_suspect_instrument_does_not_clear_what_it_measured(shop: Any) -> None:
    shop.adopt()
    suspect = shop.visit()[1]
    hold = Hold.objects.create(
        device=shop.pump,
        cause="suspect_instrument",
        text="the tester read low",
        evidence=suspect.uuid,
        placed_by=shop.engineer,
    )
    single(shop, EARTH, {"reading": "0.12"})
    with pytest.raises(Conflict, match="another instrument"):
        release(shop, hold)
    other = equipment.register_device(
        by=shop.head, fields={"asset": "TI0002", "serial": "T2", "model": shop.tester.model}
    )
    certify(shop, other)
    single(shop, EARTH, {"reading": "0.12"}, instruments=[str(other.uuid)])
    said = release(shop, hold)
    assert said.kind == "statement"


def certify(shop: Any, instrument: Any) -> None:
    """Put an instrument in service with a certificate of this month."""
    from tests.shop import accepted, certified_lines

    equipment.put_in_service(by=shop.head, device=instrument, evidence=accepted(shop.head, instrument))
    now = clock.now()
    equipment.add_certificate(
        by=shop.head,
        device=instrument,
        number="C-2",
        laboratory="Calibra",
        issued=now - timedelta(days=1),
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=300),
        coverage_factor=2.0,
        quantities=certified_lines(),
    )


def test_two_failures_of_one_visit_are_each_ended_by_their_own_retest(shop: Any) -> None:
    shop.adopt()
    shop.visit(protective_earth={"reading": "0.35"}, equipment_leakage={"current": "900", "method": "direct"})
    earth, leakage = Hold.objects.filter(device=shop.pump).order_by("id")
    single(shop, EARTH, {"reading": "0.12"})
    with pytest.raises(Conflict, match="no passing equipment leakage"):
        release(shop, leakage)
    release(shop, earth)


def test_a_correction_ends_the_hold_of_what_it_corrects_though_made_at_the_same_time(shop: Any) -> None:
    shop.adopt()
    wrong = shop.visit(protective_earth={"reading": "0.35"})[1]
    hold = Hold.objects.get(device=shop.pump)
    right = single(
        shop,
        EARTH,
        {"reading": "0.035"},
        supersedes=wrong,
        reason="read 0.035, typed 0.35",
        performed_at=wrong.performed_at,
    )
    release(shop, hold)
    hold.refresh_from_db()
    assert record_by_uuid(hold.release_evidence) == right


def test_a_corrected_pass_that_fails_releases_nothing(shop: Any) -> None:
    shop.adopt()
    shop.visit(protective_earth={"reading": "0.35"})
    first = Hold.objects.get(device=shop.pump)
    passed = single(shop, EARTH, {"reading": "0.12"})
    single(shop, EARTH, {"reading": "1.2"}, supersedes=passed, reason="it was 1.2")
    for hold in Hold.objects.filter(device=shop.pump, released_at=None):
        with pytest.raises(Conflict, match="no passing protective earth"):
            release(shop, hold)
    assert first.released_at is None


def test_an_adverse_review_of_a_broken_glass_holds_the_device_until_it_is_tested_again(
    shop: Any, hire: Any
) -> None:
    shop.adopt()
    night = hire("on_call", "trainee", authorised="trainee")
    draft = shop.draft(by=night)
    record = actions.break_glass(
        by=night,
        device=shop.pump,
        procedure=draft.protocol,
        draft=draft,
        version=draft.version,
        confirmation=shop.confirm(night),
        reason="only pump for the transfer",
    )[1]
    seen = actions.review(
        by=shop.second,
        record=record,
        confirmation=shop.confirm(shop.second),
        finding="measured on the wrong socket",
        adverse=True,
    )
    assert '"adverse":true' in seen.text
    hold = Hold.objects.get(device=shop.pump, cause="review")
    assert "measured on the wrong socket" in hold.text
    with pytest.raises(Conflict, match="no passing protective earth"):
        release(shop, hold)
    single(shop, record.procedure, {"reading": "0.12"})
    assert release(shop, hold).kind == "statement"
