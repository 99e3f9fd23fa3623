"""Protocols and checklists: their data read, their steps chosen, their answers taken."""

from __future__ import annotations

import pytest

from kilter.measure.checklist import ANSWERS, checklist, complete, read_checklist
from kilter.measure.error import BadInput, Fault, NotFound
from kilter.measure.protocol import (
    is_user_check,
    protocol,
    read_protocol,
    shipped_protocols,
    user_checks,
)

STEP = {"key": "earth", "procedure": "medical_engineering.protective_earth"}
CITE = {"key": "T", "title": "A text", "edition": "1"}


def test_a_procedure_is_a_protocol_of_one_step():
    one = protocol("medical_engineering.protective_earth")
    assert [step.procedure for step in one.steps] == [one.key]
    assert one.fits("anything")
    for missing in ("medical_engineering.nothing", "nowhere.nothing", "", "x" * 1000, "a.b.c"):
        with pytest.raises(NotFound):
            protocol(missing)


def test_what_a_protocol_does_not_say_is_not_asked():
    """Else a procedure alone could be signed by nobody without an instrument, or would prove no repair."""
    made = read_protocol("testing.visit", {"step": [STEP]})
    for one in (protocol("medical_engineering.protective_earth"), made):
        assert (one.needs_instrument, one.by_users, one.device_kinds) == (False, False, ("*",))
    assert (made.specialty, made.title, made.version, made.about) == ("testing", "testing.visit", 1, "")
    assert [step.optional for step in made.steps] == [False]


def test_what_a_protocol_says_is_asked():
    said = {"needs_instrument": True, "by_users": True, "version": 3, "title": "Visit", "about": "All of it."}
    made = read_protocol("testing.visit", {"step": [{**STEP, "optional": True}], **said})
    assert {name: getattr(made, name) for name in said} == said
    assert [step.optional for step in made.steps] == [True]


def test_a_check_by_users_is_told_from_a_test_of_the_workshop():
    checks = {one.key for one in user_checks()}
    assert checks
    assert all(is_user_check(key) for key in checks)
    others = {one.key for one in shipped_protocols()} - checks
    assert "medical_engineering.iec_62353" in others
    nothing = ("medical_engineering.protective_earth", "medical_engineering.nothing", "nowhere.x", "")
    assert not any(is_user_check(key) for key in (*others, *nothing))


def test_steps_follow_the_device():
    made = read_protocol(
        "testing.visit",
        {
            "step": [
                {**STEP, "when": {"equipment_class": ["I"]}},
                {"key": "look", "checklist": "visual", "optional": True},
                {
                    **STEP,
                    "key": "cord",
                    "preset": {"arrangement": "cord_alone"},
                    "given": {"test_lead": "lead"},
                },
            ],
            "device_kinds": ["infusion_pump"],
        },
    )
    assert [step.key for step in made.steps_for({"equipment_class": "I"})] == ["earth", "look", "cord"]
    assert [step.key for step in made.steps_for({"equipment_class": "II"})] == ["look", "cord"]
    assert [step.key for step in made.steps_for({})] == ["look", "cord"]
    assert made.steps[1].checklist == "testing.visual"
    cord = made.steps[2]
    assert cord.filled({"lead": "0.04ohm"}) == {"arrangement": "cord_alone", "test_lead": "0.04ohm"}
    assert cord.filled({}) == {"arrangement": "cord_alone"}
    assert made.fits("infusion_pump")
    assert not made.fits("ventilator")


@pytest.mark.parametrize(
    "steps",
    [[], [STEP, STEP], [{"key": "x"}], [{**STEP, "checklist": "visual"}], [{"procedure": STEP["procedure"]}]],
    ids=["none", "twice", "neither", "both", "no key"],
)
def test_broken_protocols(steps):
    with pytest.raises(Fault):
        read_protocol("testing.visit", {"step": steps})


def test_every_shipped_protocol_names_what_is_there():
    found = shipped_protocols()
    assert "medical_engineering.iec_62353" in {one.key for one in found}
    for one in found:
        for step in one.steps:
            asked = {item.name for item in step.entry.signature.inputs}
            assert set(step.given) | set(step.preset) <= asked, (one.key, step.key)


def test_one_failed_item_fails_the_whole():
    listed = checklist("medical_engineering.visual_inspection")
    good = dict.fromkeys(listed.items, "pass")
    outcome, judgement = complete(listed, good)
    assert (outcome.results["condition"].value, judgement.verdict) == ("pass", "within")
    for name in listed.items:
        outcome, judgement = complete(listed, {**good, name: "fail"})
        assert (outcome.results["condition"].value, judgement.verdict) == ("fail", "suspension")
        assert complete(listed, {**good, name: "not_applicable"})[1].verdict == "within"


@pytest.mark.parametrize("answer", [None, "", "yes", True, "Pass", 1])
def test_other_words_are_refused(answer):
    listed = checklist("medical_engineering.visual_inspection")
    name = next(iter(listed.items))
    with pytest.raises(BadInput) as refused:
        complete(listed, {**dict.fromkeys(listed.items, "pass"), name: answer})
    assert refused.value.field == name
    with pytest.raises(BadInput):
        complete(listed, {**dict.fromkeys(listed.items, "pass"), "extra": "pass"})


def test_broken_checklists():
    assert (
        read_checklist("t.x", {"items": {"a": "A"}, "cites": [CITE]}).entry.signature.inputs[0].choices
        == ANSWERS
    )
    for data in ({}, {"items": {"a": "A"}}, {"cites": [CITE]}):
        with pytest.raises(Fault):
            read_checklist("t.x", data)
    with pytest.raises(NotFound):
        checklist("medical_engineering.nothing")


LOOK = {"items": {"case": "The case is whole", "cord": "The cord is whole"}, "cites": [CITE]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tell": {"wheel": "the ward"}}, "does not have"),
        ({"tell": {"case": "the ward"}, "within": {"cord": 3}}, "who is to be told"),
        ({"within": {"case": 3}}, "who is to be told"),
        ({"tell": {"case": "the ward"}, "within": {"case": 0}}, "who is to be told"),
    ],
)
def test_who_is_told_is_told_of_an_item_and_by_a_day(more, said):
    with pytest.raises(Fault, match=said):
        read_checklist("t.x", {**LOOK, **more})


def test_a_failed_item_says_who_is_told():
    listed = read_checklist("t.x", {**LOOK, "tell": {"case": "the ward"}, "within": {"case": 1}})
    assert (listed.title, listed.version, listed.within) == ("x", 1, {"case": 1})
    outcome, _ = complete(listed, {"case": "fail", "cord": "fail"})
    assert [(note.code, note.text) for note in outcome.notes] == [("tell_case", "the ward")]
    assert complete(listed, {"case": "pass", "cord": "fail"})[0].notes == ()


def test_a_checklist_is_read_once():
    key = "medical_engineering.visual_inspection"
    assert checklist(key) is checklist(key)
