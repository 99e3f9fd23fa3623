"""An examination that finds a danger holds the device in its own transaction and says who has to be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.records import actions
from kilter.department.records.telling import who_to_tell
from kilter.department.work.models import Job
from kilter.measure.checklist import checklist, read_checklist
from kilter.measure.error import Fault

pytestmark = pytest.mark.django_db

KEY = "medical_engineering.loler_sling"


def test_a_danger_holds_a_sling_at_once(shop: Any) -> None:
    fields = {"maker": "Slingco", "name": "Loop M", "kind": "sling", "equipment_class": "none"}
    model = equipment.add_model(by=shop.head, fields={**fields, "applied_part": "none", "power_cord": "none"})
    sling = equipment.register_device(by=shop.head, fields={"asset": "SL0001", "model": model})
    answers = {**dict.fromkeys(checklist(KEY).items, "pass"), "no_danger": "fail"}
    draft = actions.save_draft(
        by=shop.engineer,
        device=sling,
        procedure=KEY,
        uuid=uuid4(),
        version=0,
        content={"steps": {"examination": {"inputs": answers}}, "instruments": []},
    )
    (record,) = actions.sign(
        by=shop.engineer,
        device=sling,
        procedure=KEY,
        draft=draft,
        version=draft.version,
        confirmation=shop.confirm(shop.engineer),
    )
    hold = Hold.objects.get(device=sling, released_at=None)
    assert hold.evidence == record.uuid
    assert "enforcing authority" in record.text
    job = Job.objects.get(device=sling)
    assert job.kind == Job.Kind.FAILED_TEST
    last = (record.performed_at + timedelta(days=28)).astimezone(ZoneInfo("Europe/London"))
    for said in (hold.text, job.text):
        assert "copy of the report to the enforcing authority" in said
        assert "to be confirmed" in said
        assert f"By {last:%d %b %Y} at the latest." in said


def test_a_failure_that_nobody_has_to_be_told_of_says_so_in_nothing(shop: Any) -> None:
    (record, *_) = [
        one for one in shop.visit(protective_earth={"reading": "0.9"}) if one.verdict == "suspension"
    ]
    assert who_to_tell(record) == ""
    assert Hold.objects.get().text == f"protective earth failed (record {record.number})"


def test_a_checklist_that_says_by_when_says_whom() -> None:
    data = {"items": {"a": "A"}, "cites": [{"key": "X", "title": "X", "edition": "1"}]}
    assert read_checklist("x.y", {**data, "tell": {"a": "them"}, "within": {"a": 14}}).within == {"a": 14}
    for wrong in ({"within": {"a": 14}}, {"tell": {"a": "them"}, "within": {"a": 0}}):
        with pytest.raises(Fault, match="by when"):
            read_checklist("x.y", {**data, **wrong})
