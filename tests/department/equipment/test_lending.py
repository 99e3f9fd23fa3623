"""Devices lent to us: on terms, tested before use, clean and wiped when they go back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kilter.department.equipment import actions, lendings
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Lending, LentReturn
from kilter.department.records import actions as records
from kilter.department.records.models import Record
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db

TERMS = {"lender": "Northfield plc", "agreement": "trial 12 of 2026", "indemnity": "MIA 4711"}
CLEAN = {
    "decontamination": "done",
    "decontaminated_by": "Eve Engineer, wiped down",
    "condition": "as it came, with its mains lead",
    "note_number": "C-99",
}


def lend(shop: Any, asset: str = "L1", **more: Any) -> Device:
    given = {**TERMS, "due_back": today() + timedelta(days=30), **more}
    fields = {"asset": asset, "model": shop.pump.model, "serial": "N-1"}
    return actions.register_lent_device(by=shop.engineer, fields=fields, **given)


def give_back(shop: Any, device: Device, **more: Any) -> Record:
    return records.state(
        by=shop.engineer,
        act="return_lent_device",
        text="it goes back",
        confirmation=shop.confirm(shop.engineer),
        device=device,
        arguments={**CLEAN, **more},
    )


def into_service(shop: Any, device: Device) -> None:
    records.state(
        by=shop.engineer,
        act="put_in_service",
        text="accepted",
        confirmation=shop.confirm(shop.engineer),
        device=device,
        arguments={"reason": "trial"},
    )


def test_it_is_received_and_belongs_to_the_lender(shop: Any) -> None:
    device = lend(shop)
    assert (device.state, device.owner) == (State.RECEIVED, "Northfield plc")
    one = lendings.lending_of(device)
    assert one is not None
    assert (one.agreement, one.indemnity) == ("trial 12 of 2026", "MIA 4711")
    assert [row.device for row in lendings.lent_to_us()] == [device]
    assert lendings.lending_of(shop.pump) is None


@pytest.mark.parametrize("name", ["lender", "agreement", "indemnity", "due_back"])
def test_no_term_may_be_missing(shop: Any, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        lend(shop, **{name: ""})
    assert caught.value.field == name
    assert not Device.objects.filter(asset="L1").exists()


def test_a_day_that_has_passed_is_refused(shop: Any) -> None:
    with pytest.raises(BadInput, match="due_back"):
        lend(shop, due_back=today() - timedelta(days=1))
    lend(shop, due_back=today())


def test_it_enters_service_on_a_passing_test_of_ours_alone(shop: Any) -> None:
    shop.adopt()
    device = lend(shop)
    with pytest.raises(Conflict, match="no passing test"):
        into_service(shop, device)
    shop.pump = device
    shop.visit(protective_earth={"reading": "5"})
    with pytest.raises(Conflict):
        into_service(shop, device)
    failed = Record.objects.filter(device=device, verdict="suspension").count()
    assert failed == 1
    shop.visit()
    hold = device.holds.get(released_at=None)
    records.release(
        by=shop.engineer, device=device, hold=hold, text="mended", confirmation=shop.confirm(shop.engineer)
    )
    into_service(shop, device)
    device.refresh_from_db()
    assert device.state == State.IN_SERVICE
    assert Record.objects.get(uuid=device.acceptance_evidence).kind == "result"


def test_it_goes_back_by_a_sealed_statement(shop: Any) -> None:
    device = lend(shop)
    sealed = give_back(shop, device)
    device.refresh_from_db()
    assert device.state == State.RETURNED
    assert sealed.kind == "statement"
    assert "C-99" in sealed.text
    one = LentReturn.objects.get()
    assert (one.decontamination, one.lending.device) == ("done", device)
    assert lendings.lent_to_us() == []
    with pytest.raises(Conflict, match="gone back"):
        give_back(shop, device)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"decontamination": "perhaps"}, "decontamination"),
        ({"decontaminated_by": " "}, "decontaminated_by"),
        ({"condition": ""}, "condition"),
        ({"note_number": ""}, "note_number"),
    ],
)
def test_nothing_of_the_statement_may_be_missing(shop: Any, wrong: dict[str, str], field: str) -> None:
    device = lend(shop)
    with pytest.raises(BadInput) as caught:
        give_back(shop, device, **wrong)
    assert caught.value.field == field
    device.refresh_from_db()
    assert device.state == State.RECEIVED
    assert not Record.objects.filter(kind="statement").exists()


def test_what_is_in_use_or_keeps_data_does_not_go(shop: Any) -> None:
    shop.adopt()
    actions.edit_model(by=shop.head, model=shop.pump.model, changes={"holds_data": True})
    device = Device.objects.select_related("model").get(pk=lend(shop).pk)
    shop.pump = device
    shop.visit()
    into_service(shop, device)
    with pytest.raises(Conflict):
        give_back(shop, device)
    actions.withdraw(by=shop.engineer, device=device, reason="trial is over")
    with pytest.raises(Conflict, match="wipe"):
        give_back(shop, device)
    done = {"method": "erased", "media": "flash", "done_by": "Eve", "done_on": today()}
    wipe = actions.record_wipe(by=shop.engineer, device=device, **done)
    give_back(shop, device)
    assert LentReturn.objects.get().wipe == wipe


def test_other_ways_out_are_shut(shop: Any) -> None:
    device = lend(shop)
    with pytest.raises(Conflict, match="statement"):
        actions.send_back(by=shop.engineer, device=device, reason="not wanted")
    actions.condemn(by=shop.head, device=device, reason="burnt")
    gone = {"route": "recycled", "company": "W", "note_number": "1", "left_on": today()}
    with pytest.raises(Conflict, match="its owner"):
        actions.dispose(
            by=shop.head,
            device=device,
            reason="burnt",
            decontamination="done",
            decontaminated_by="E",
            **gone,
        )


def test_our_own_device_is_not_returned_so(shop: Any) -> None:
    with pytest.raises(Conflict, match="not lent"):
        give_back(shop, shop.pump)


def test_who_may_not_return_it_is_refused(shop: Any, hire: Any) -> None:
    device, person = lend(shop), hire("trainee", name="Tim Trainee")
    with pytest.raises(NotPermitted):
        records.state(
            by=person,
            act="return_lent_device",
            text="t",
            confirmation=shop.confirm(person),
            device=device,
            arguments=CLEAN,
        )


def test_the_terms_are_kept_as_they_were(shop: Any, django_assert_num_queries: Any) -> None:
    lend(shop)
    with pytest.raises(DatabaseError), transaction.atomic():
        Lending.objects.update(indemnity="none")
    for number in range(3):
        lend(shop, asset=f"M{number}")
    with django_assert_num_queries(1):
        assert [str(row.device.model) for row in lendings.lent_to_us()] == ["Northfield Infusa 3"] * 4
