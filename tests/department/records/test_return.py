"""Into service again: what was lost or condemned is tested first, and what is named as a test is one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from kilter.department.equipment.models import Device
from kilter.department.records import actions
from kilter.department.status import queries as status
from kilter.measure.error import BadInput, Conflict

pytestmark = pytest.mark.django_db


def say(shop: Any, act: str, **arguments: Any) -> Any:
    """Make a statement about the pump as the lead."""
    return actions.state(
        by=shop.second,
        act=act,
        text="as I saw it",
        confirmation=shop.confirm(shop.second),
        device=Device.objects.get(pk=shop.pump.pk),
        arguments={"reason": "as I saw it", **arguments},
    )


@pytest.mark.parametrize("away", [("report_lost", "report_found"), ("condemn", "reinstate")])
def test_a_device_that_was_away_is_tested_before_it_is_used(shop: Any, away: tuple[str, str]) -> None:
    shop.adopt()
    shop.visit()  # before it was away: says nothing of now
    for act in away:
        say(shop, act)
    with pytest.raises(Conflict, match="no passing test"):
        say(shop, "put_in_service")
    shop.visit()
    say(shop, "put_in_service")
    assert status.of(Device.objects.get(pk=shop.pump.pk)).state == "in_use"


def test_a_test_by_unadopted_limits_returns_no_found_device(shop: Any) -> None:
    say(shop, "report_lost")
    say(shop, "report_found")
    shop.visit()
    with pytest.raises(Conflict, match="to be confirmed"):
        say(shop, "put_in_service")


def test_what_a_person_took_out_a_person_puts_back(shop: Any) -> None:
    say(shop, "withdraw")
    said = say(shop, "put_in_service")
    assert Device.objects.get(pk=shop.pump.pk).state == "in_service"
    assert str(said.uuid) in said.text


@pytest.mark.parametrize("evidence", ["nothing", "failed", "words", "not a uuid"])
def test_evidence_that_is_no_passing_test_is_refused(shop: Any, evidence: str) -> None:
    shop.adopt()
    named: Any = {"nothing": uuid4(), "not a uuid": "yesterday"}.get(evidence)
    if evidence == "failed":
        named = shop.visit(equipment_leakage={"current": "900", "method": "direct"})[2].uuid
    said = say(shop, "withdraw")
    named = said.uuid if evidence == "words" else named
    with pytest.raises((BadInput, Conflict), match=r"evidence|hold stands"):
        say(shop, "put_in_service", evidence=named)
    assert Device.objects.get(pk=shop.pump.pk).state == "out_of_service"
