"""What the law has examined: offered for devices that have no examination, in force only once signed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.registers import regulations
from kilter.department.policy import actions as policy
from kilter.department.policy.statutory import examination_of, examinations
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import recompute
from kilter.department.schedule.statutory import offer_of, offers
from kilter.measure.error import NotFound
from kilter.measure.protocol import protocol

LOLER, PSSR = "loler", "pssr"


def test_how_often_each_kind_is_examined() -> None:
    # LOLER 1998 regulation 9(3): persons and accessories 6 months, others 12; PSSR 2000 by the scheme.
    for kind in regulations()[LOLER].kinds:
        found = examination_of(LOLER, kind)
        assert found is not None
        assert found.months == 6
        assert (found.protocol == "medical_engineering.loler_sling") == (kind == "sling")
    goods = examination_of(LOLER, "goods_lift")
    assert goods is not None
    assert goods.months == 12
    for kind in regulations()[PSSR].kinds:
        vessel = examination_of(PSSR, kind)
        assert vessel is not None
        assert vessel.months is None
    assert examination_of("irmer", "ct_scanner") is None


def test_every_examination_is_a_protocol_that_is_shipped() -> None:
    for some in examinations().values():
        for one in some:
            assert protocol(one.protocol).title


def add(shop: Any, kind: str, count: int = 1, **fields: Any) -> Any:
    given = {"maker": "Liftco", "name": f"{kind} {count}", "kind": kind, "equipment_class": "none"}
    given |= {"applied_part": "none", "power_cord": "none"}
    model = equipment.add_model(by=shop.head, fields={**given, **fields})
    rows = [{"asset": f"{kind}{n}", "model": model, "state": "in_service"} for n in range(count)]
    equipment.register_devices(by=shop.head, rows=rows, reason="taken over")
    return model


@pytest.mark.django_db
def test_devices_without_an_examination_are_offered_one(shop: Any) -> None:
    add(shop, "sling", 3)
    add(shop, "patient_hoist", 2)
    lift = add(shop, "goods_lift", lifting=True)
    with CaptureQueriesContext(connection) as asked:
        found = {one.name: one for one in offers(regulations()[LOLER])}
    assert len(asked) == 2
    assert (found["sling"].devices, found["sling"].without, found["sling"].scope_kind) == (
        3,
        3,
        "device_kind",
    )
    assert (found[str(lift)].scope_kind, found[str(lift)].examination.months) == ("model", 12)
    slings = found["sling"]
    policy.set_frequency(
        by=shop.head,
        protocol=slings.examination.protocol,
        scope_kind=slings.scope_kind,
        scope_key=slings.scope_key,
        months=6,
        reason="LOLER",
    )
    assert not Due.objects.exists()
    recompute()
    now = {one.name: one.without for one in offers(regulations()[LOLER])}
    assert now == {"sling": 0, "patient hoist": 2, str(lift): 1}
    with pytest.raises(NotFound):
        offer_of(regulations()[LOLER], slings.key)
    assert offer_of(regulations()[LOLER], "device_kind-patient_hoist").without == 2


@pytest.mark.django_db
def test_each_pressure_system_is_offered_by_its_model(shop: Any) -> None:
    model = add(shop, "autoclave", 2)
    (found,) = offers(regulations()[PSSR])
    assert (found.scope_kind, found.scope_key, found.without) == ("model", str(model.uuid), 2)
    assert offers(regulations()["irmer"]) == []
