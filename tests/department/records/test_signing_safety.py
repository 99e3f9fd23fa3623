"""What must not slip into evidence: held instruments, readings that vanish, jobs closed by an old pass."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.shop import SAFETY

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import DeviceModel, Hold
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions
from kilter.department.records.actions.signing import Override
from kilter.department.records.models import Draft
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict
from kilter.measure.protocol import protocol

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
INSULATION = "medical_engineering.insulation_resistance"


def single(shop: Any, key: str, inputs: dict[str, str], **more: Any) -> Any:
    """Sign one procedure alone."""
    content = {
        "steps": {key.partition(".")[2]: {"inputs": inputs}},
        "instruments": [str(shop.tester.uuid)],
    }
    return shop.sign(shop.draft(protocol=key, content=content, **more))[0]


def test_an_instrument_on_hold_measures_nothing(shop: Any) -> None:
    equipment.place_hold(by=shop.engineer, device=shop.tester, cause="fault", text="reads low")
    draft = shop.draft()
    with pytest.raises(Conflict, match="TI0001 is held: reads low") as caught:
        shop.sign(draft)
    assert caught.value.field == "instruments"
    second = Override(shop.second, shop.confirm(shop.second), "checked against a standard resistor")
    assert len(shop.sign(draft, override=second)) == 5


def test_an_instrument_out_of_service_measures_nothing(shop: Any) -> None:
    equipment.withdraw(by=shop.head, device=shop.tester, reason="away for repair")
    with pytest.raises(Conflict, match="TI0001 is out of service"):
        shop.sign(shop.draft())


def test_a_device_is_no_evidence_of_itself(shop: Any) -> None:
    shop.pump = shop.tester
    with pytest.raises(BadInput, match="itself"):
        shop.sign(shop.draft())


def test_readings_of_a_step_that_was_then_left_out_stay_in_the_visit(shop: Any) -> None:
    tried = shop.content(insulation_resistance={"reading": "1", "path": "mains_to_case"})
    draft = shop.draft(content=tried)
    draft = actions.save_draft(
        by=shop.engineer,
        device=shop.pump,
        procedure=SAFETY,
        uuid=draft.uuid,
        version=draft.version,
        content={**shop.content(), "reasons": {"0": "not asked for", "1": "not asked for"}},
    )
    records = shop.sign(draft)
    assert len(records) == 5
    rows = [row for record in records for row in json.loads(record.text).get("discarded", [])]
    assert [(row["name"], row["typed"], row["verdict"]) for row in rows] == [
        ("insulation_resistance.reading", "1", "suspension"),
        ("insulation_resistance.path", "mains_to_case", "suspension"),
    ]


def test_tries_of_a_step_left_out_stand_beside_those_of_the_first_record(shop: Any) -> None:
    """Neither takes the place of the other."""
    looked = dict.fromkeys(protocol(SAFETY).steps[0].listed.items, "pass")
    item = next(iter(looked))
    insulation = {"reading": "100", "path": "mains_to_case"}
    tried = shop.content(visual_inspection={**looked, item: "fail"}, insulation_resistance=insulation)
    draft = shop.draft(content=tried)
    again = {"by": shop.engineer, "device": shop.pump, "procedure": SAFETY, "uuid": draft.uuid}
    reasons = {str(number): "looked again" for number in range(3)}
    draft = actions.save_draft(**again, version=draft.version, content={**shop.content(), "reasons": reasons})
    first, *others = (json.loads(record.text).get("discarded", []) for record in shop.sign(draft))
    names = [row["name"] for row in first]
    assert names == [item, "insulation_resistance.reading", "insulation_resistance.path"]
    assert others == [[]] * 4


def countersign(shop: Any, record: Any) -> Any:
    """Countersign as the lead."""
    return actions.countersign(
        by=shop.second,
        device=shop.pump,
        procedure=record.procedure,
        record=record,
        confirmation=shop.confirm(shop.second),
    )


def test_a_countersignature_of_an_older_pass_does_not_close_the_job_of_a_newer_failure(shop: Any) -> None:
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    passed = single(shop, EARTH, {"reading": "0.1"})
    single(shop, EARTH, {"reading": "0.5"})
    countersign(shop, passed)
    assert Job.objects.get(device=shop.pump).state == "open"
    countersign(shop, single(shop, EARTH, {"reading": "0.1"}))
    assert Job.objects.get(device=shop.pump).state == "closed"


def test_what_was_corrected_is_not_countersigned(shop: Any) -> None:
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    passed = single(shop, EARTH, {"reading": "0.1"})
    single(shop, EARTH, {"reading": "1.0"}, supersedes=passed, reason="typed 0.1 for 1.0")
    with pytest.raises(Conflict, match="corrected"):
        countersign(shop, passed)
    assert Job.objects.get(device=shop.pump).state == "open"


def test_a_pass_measured_before_the_failure_does_not_close_its_job(shop: Any) -> None:
    with clock.at(clock.now() + timedelta(hours=6)):
        single(shop, EARTH, {"reading": "0.5"})
        single(shop, EARTH, {"reading": "0.1"}, performed_at=clock.now() - timedelta(hours=1))
        assert Job.objects.get(device=shop.pump).state == "open"
        single(shop, EARTH, {"reading": "0.1"})
    assert Job.objects.get(device=shop.pump).state == "closed"


def test_a_pass_on_another_path_does_not_close_the_job(shop: Any) -> None:
    single(shop, INSULATION, {"reading": "10", "path": "applied_part"})
    single(shop, INSULATION, {"reading": "10", "path": "mains_to_earth"})
    assert Job.objects.get(device=shop.pump).state == "open"
    single(shop, INSULATION, {"reading": "100", "path": "applied_part"})
    assert Job.objects.get(device=shop.pump).state == "closed"


def test_readings_typed_before_a_failure_are_not_signed_as_made_after_it(shop: Any) -> None:
    shop.adopt()
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.12"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    old = shop.draft(protocol=EARTH, content=content)
    with clock.at(clock.now() + timedelta(days=1)):
        single(shop, EARTH, {"reading": "0.5"})
        hold = Hold.objects.get(device=shop.pump)
        early = shop.sign(old)[0]
        assert early.performed_at == old.saved_at
        with pytest.raises(Conflict, match="no passing protective earth"):
            actions.release(
                by=shop.engineer,
                device=shop.pump,
                hold=hold,
                text="passed",
                confirmation=shop.confirm(shop.engineer),
            )


def test_a_correction_keeps_the_hour_of_the_measurement(shop: Any) -> None:
    first = clock.now()
    wrong = shop.visit(protective_earth={"reading": "0.35"})[1]
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.035", "arrangement": "with_cord"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    with clock.at(first + timedelta(days=60)):
        draft = shop.draft(protocol=wrong.procedure, content=content, supersedes=wrong, reason="typed 0.35")
        right = shop.sign(draft)[0]
    assert right.performed_at == wrong.performed_at
    assert right.sealed_at > wrong.sealed_at


def test_what_the_register_says_of_the_device_is_not_typed_over(shop: Any) -> None:
    leakage = {"current": "300", "method": "direct", "equipment_class": "II"}
    draft = shop.draft(content=shop.content(equipment_leakage=leakage))
    with pytest.raises(BadInput, match="the register says equipment class I") as caught:
        shop.sign(draft)
    assert caught.value.field == "equipment_leakage.equipment_class"


def test_another_type_of_applied_part_is_not_typed_over_the_registers(shop: Any) -> None:
    """Through a part of type BF 5000 uA are allowed, through one of type CF, at the heart, 50 uA."""
    DeviceModel.objects.filter(pk=shop.pump.model_id).update(applied_part="CF")
    shop.pump.refresh_from_db()
    typed = {"current": "200", "part_type": "BF"}
    draft = shop.draft(content=shop.content(applied_part_leakage=typed))
    with pytest.raises(BadInput, match="the register says applied part CF") as caught:
        shop.sign(draft)
    assert caught.value.field == "applied_part_leakage.part_type"
    same = shop.draft(content=shop.content(applied_part_leakage={**typed, "part_type": "CF"}))
    assert shop.sign(same)[3].verdict == "suspension"


def test_how_the_mains_lead_is_arranged_is_chosen_at_each_test(shop: Any) -> None:
    typed = {"reading": "0.25", "arrangement": "without_cord"}  # 0.2 ohm without the cord, 0.3 with it
    assert shop.sign(shop.draft(content=shop.content(protective_earth=typed)))[1].verdict == "suspension"


def test_the_terms_of_a_rule_are_sealed_and_replayed(shop: Any) -> None:
    from kilter.department.policy import actions as policy
    from kilter.department.records.replay import replay_one

    policy.set_decision_rule(
        by=shop.head, applies_to="medical_engineering", rule="guard_U", reason="x", coverage_factor=3.0
    )
    content = shop.content()
    content["steps"]["protective_earth"] = {"inputs": {"reading": "0.28"}, "u": {"reading": "8mohm"}}
    earth = shop.sign(shop.draft(content=content))[1]
    assert earth.verdict == "undecided"  # 0.28 + 3 x 0.008 > 0.3, and 0.28 + 2 x 0.008 is not
    assert json.loads(earth.text)["rule_parameters"]["k"] == 3.0
    assert replay_one(earth).answer == "same"


def test_a_protocol_is_not_begun_on_a_device_it_is_not_made_for(shop: Any) -> None:
    with pytest.raises(BadInput, match="is not made for a device of kind infusion pump") as caught:
        shop.draft(protocol="nuclear_medicine.flood_uniformity", content={"steps": {}})
    assert caught.value.field == "protocol"
    assert not Draft.objects.exists()


def test_an_uncertainty_that_is_changed_is_kept_like_a_reading(shop: Any) -> None:
    content = shop.content()
    content["steps"]["protective_earth"] = {"inputs": {"reading": "0.31"}, "u": {"reading": "1mohm"}}
    draft = shop.draft(content=content)
    content["steps"]["protective_earth"]["u"] = {"reading": "50mohm"}
    draft = actions.save_draft(
        by=shop.engineer,
        device=shop.pump,
        procedure=draft.protocol,
        uuid=draft.uuid,
        version=draft.version,
        content=content,
    )
    row = draft.content["discarded"][0]
    assert (row["name"], row["typed"], row["verdict"]) == ("u of reading", "1mohm", "suspension")


@pytest.mark.parametrize(
    ("cord", "reading", "verdict"),
    [
        ("detachable", "0.25", "within"),
        ("permanent", "0.25", "suspension"),
        ("none", "0.25", "suspension"),
        ("none", "0.19", "within"),
    ],
)
def test_a_device_without_a_cord_is_judged_without_one(
    shop: Any, cord: str, reading: str, verdict: str
) -> None:
    model = shop.pump.model
    model.power_cord = cord
    model.save()
    content = shop.content()
    content["steps"]["protective_earth"] = {"inputs": {"reading": reading}}
    assert shop.sign(shop.draft(content=content))[1].verdict == verdict
