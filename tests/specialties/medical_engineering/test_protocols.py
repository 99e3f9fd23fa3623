"""Protocols of the workshop: what a kind of device is offered, and that every step can be filled in."""

from __future__ import annotations

import tomllib

import pytest

from kilter.measure.door import parse
from kilter.measure.error import BadInput
from kilter.measure.example import examples
from kilter.measure.protocol import is_user_check, protocol, shipped_protocols, user_checks
from kilter.measure.registry import entries, specialties
from kilter.measure.signature import Signature

AREA = specialties()["medical_engineering"]
OURS = [one for one in shipped_protocols() if one.specialty == "medical_engineering"]
STEPS = [(one.key, step) for one in OURS for step in one.steps]
IDS = [f"{key}-{step.key}" for key, step in STEPS]
KINDS = tomllib.loads((AREA.folder / "specialty.toml").read_text(encoding="utf-8"))["device_kinds"]


@pytest.mark.parametrize(("key", "step"), STEPS, ids=IDS)
def test_every_step_can_be_filled_in(key, step):
    """Its procedure or checklist is there, and what it presets passes the door."""
    signature = step.entry.signature
    for name, value in step.preset.items():
        item = signature.input(name)
        assert item is not None
        parse(Signature((item,), ()), {name: value})
    assert all(signature.input(name) is not None for name in step.given)


@pytest.mark.parametrize("one", OURS, ids=[one.key for one in OURS])
def test_a_protocol_is_for_known_kinds_and_hides_no_procedure(one):
    assert one.title
    assert one.about
    assert set(one.device_kinds) <= {*KINDS, "*"}
    assert one.key not in entries()


STATUTORY = {"loler_examination", "loler_sling", "pssr_examination"}
"""Examinations that the law asks for: a competent person's word, with nothing measured."""

ONLY_EXAMINED = {"sling", "lifting_accessory", "air_compressor", "hyperbaric_chamber"}

ONLY_CHECKED = {"resuscitation_trolley", "anaesthetic_machine"}
"""Kinds for which there is a check by their users and no visit of the workshop yet."""


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"bed"} - ONLY_EXAMINED - ONLY_CHECKED))
def test_each_kind_has_a_performance_visit_of_its_own(kind):
    fitting = [one for one in OURS if kind in one.device_kinds]
    own = [one for one in fitting if one.key.partition(".")[2] not in STATUTORY and not one.by_users]
    assert own
    assert all(step.procedure for one in own for step in one.steps if not step.checklist)
    assert all(any(step.procedure for step in one.steps) for one in own)


def test_every_procedure_of_a_device_is_in_a_visit():
    used = {step.procedure for one in OURS for step in one.steps if step.procedure}
    figures = {
        "risk_score", "failure_rate", "availability", "compliance", "cost_of_service",
        "conformance_probability", "calibration_interval", "drift_projection",
    }  # fmt: skip
    assert {key for key in entries() if key.startswith("medical_engineering.")} - used == {
        f"medical_engineering.{name}" for name in figures
    }


@pytest.mark.parametrize(
    ("equipment_class", "applied_part", "steps"),
    [("I", "CF", 12), ("II", "BF", 9), ("I", "B", 11), ("II", "", 4), ("", "", 2)],
)
def test_acceptance_follows_class_and_applied_part(equipment_class, applied_part, steps):
    context = {"equipment_class": equipment_class, "applied_part": applied_part}
    chosen = protocol("medical_engineering.iec_60601_1").steps_for(context)
    earth = [step.key for step in chosen if "earth" in step.key]
    assert bool(earth) == (equipment_class == "I")
    patient = [step for step in chosen if step.key.startswith("patient_leakage")]
    assert len(patient) == (4 if applied_part else 0)
    assert any(step.key == "mains_on_part" for step in chosen) == (applied_part in ("BF", "CF"))
    assert all(step.filled(context)["part_type"] == applied_part for step in patient)
    assert len(chosen) == steps


def test_a_preset_may_be_typed_over_by_nothing_of_another_kind():
    step = next(step for key, step in STEPS if step.key == "flow_25")
    with pytest.raises(BadInput):
        parse(step.entry.signature, {**step.preset, "mass": "1mL", "duration": "1h"})


def test_every_procedure_has_an_example_with_its_source():
    for item in AREA.entries().values():
        assert all(one.source for one in examples(item))


@pytest.mark.parametrize("one", user_checks(), ids=lambda one: one.key)
def test_a_user_check_is_one_list_that_any_ward_can_do(one):
    """No instrument, no reading, a source with its edition that nobody here claims to have read."""
    assert one.device_kinds != ("*",)
    assert not one.needs_instrument
    (step,) = one.steps
    assert 5 <= len(step.listed.items) <= 10
    assert all(cite.edition and cite.read == "no" for cite in step.listed.cites)


def test_user_checks_are_there_for_what_wards_rely_on():
    kinds = {kind for one in user_checks() for kind in one.device_kinds}
    assert kinds == {"defibrillator", "suction_unit", "resuscitation_trolley", "anaesthetic_machine"}


def test_a_key_alone_says_whether_it_is_a_user_check():
    known = {one.key for one in user_checks()}
    others = ("", "x", "no.such", "medical_engineering.", "medical_engineering.protective_earth")
    assert all(is_user_check(one.key) == (one.key in known) for one in shipped_protocols())
    assert not any(is_user_check(key) for key in others)
