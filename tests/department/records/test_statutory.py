"""An examination that finds a danger holds the device in its own transaction and says who has to be told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.records import actions
from kilter.department.work.models import Job
from kilter.measure.checklist import checklist

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
    assert Hold.objects.get(device=sling, released_at=None).evidence == record.uuid
    assert "enforcing authority" in record.text
    assert Job.objects.get(device=sling).kind == Job.Kind.FAILED_TEST
