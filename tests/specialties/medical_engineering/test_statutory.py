"""Examinations that a regulation asks for: whole lists, and a danger that says who has to be told."""

from __future__ import annotations

import pytest

from kilter.measure.checklist import checklist, complete, read_checklist
from kilter.measure.error import Fault
from kilter.measure.protocol import protocol

LISTS = ("loler_examination", "loler_sling", "pssr_examination")


@pytest.mark.parametrize("name", LISTS)
def test_a_danger_fails_the_examination_and_names_the_authority(name: str) -> None:
    listed = checklist(f"medical_engineering.{name}")
    sound = dict.fromkeys(listed.items, "pass")
    outcome, judged = complete(listed, sound)
    assert (judged.verdict, outcome.notes) == ("within", ())
    outcome, judged = complete(listed, {**sound, "no_danger": "fail"})
    assert judged.verdict == "suspension"
    assert [note.code for note in outcome.notes] == ["tell_no_danger"]
    assert "enforcing authority" in outcome.notes[0].text
    outcome, judged = complete(listed, {**sound, "identity": "fail"})
    assert (judged.verdict, outcome.notes) == ("suspension", ())


@pytest.mark.parametrize("name", LISTS)
def test_each_is_a_protocol_of_its_own(name: str) -> None:
    (step,) = protocol(f"medical_engineering.{name}").steps
    assert step.checklist == f"medical_engineering.{name}"


def test_every_kind_of_the_regulations_has_its_examination() -> None:
    from kilter.department.equipment.registers import regulations

    lifting = {*regulations()["loler"].kinds} - {"sling"}
    assert lifting <= set(protocol("medical_engineering.loler_examination").device_kinds)
    assert protocol("medical_engineering.loler_sling").device_kinds == ("sling",)
    assert set(regulations()["pssr"].kinds) == set(
        protocol("medical_engineering.pssr_examination").device_kinds
    )


def test_a_list_cannot_tell_of_what_it_does_not_ask() -> None:
    data = {"items": {"a": "A"}, "cites": [{"key": "X", "title": "x", "edition": "1"}], "tell": {"b": "tell"}}
    with pytest.raises(Fault, match="does not have"):
        read_checklist("medical_engineering.x", data)
