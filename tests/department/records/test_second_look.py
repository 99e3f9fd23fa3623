"""Second signatures, reviews and history from before: what each refuses, at the action itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.shop import SAFETY

from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions
from kilter.department.records.actions.history import Past
from kilter.department.records.models import LegacyEvidence, Record
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"


@pytest.fixture
def waiting(shop: Any) -> Record:
    """A passing earth test that waits for a second signature."""
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    return shop.visit()[1]


def countersign(shop: Any, record: Record, **changes: Any) -> Record:
    given = {"by": shop.second, "device": shop.pump, "procedure": EARTH, "record": record, **changes}
    confirmation = given.pop("confirmation", None) or shop.confirm(given["by"])
    return actions.countersign(**given, confirmation=confirmation)


def test_a_second_signature_names_what_was_signed(shop: Any, waiting: Record) -> None:
    second = countersign(shop, waiting, remark="  seen on the bench  ")
    document = json.loads(second.text)
    assert document["about"] == {"id": str(waiting.uuid), "sha256": waiting.sha256, "number": waiting.number}
    assert document["statement"] == {"text": "seen on the bench"}
    assert (second.about, second.visit, second.protocol) == (waiting, waiting.visit, SAFETY)


def test_a_second_signature_is_about_this_device_and_procedure(shop: Any, waiting: Record) -> None:
    for changes in ({"device": shop.tester}, {"procedure": "medical_engineering.equipment_leakage"}):
        with pytest.raises(BadInput, match="another device or procedure"):
            countersign(shop, waiting, **changes)
    assert waiting.later.count() == 0


def test_a_second_signature_is_confirmed_by_who_gives_it(shop: Any, waiting: Record) -> None:
    with pytest.raises(NotPermitted):
        countersign(shop, waiting, confirmation=shop.confirm(shop.head))
    with pytest.raises(NotPermitted):
        countersign(shop, waiting, by=shop.engineer)
    assert waiting.later.count() == 0


def test_what_was_corrected_takes_no_second_signature(shop: Any, waiting: Record) -> None:
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.13"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    shop.sign(shop.draft(protocol=EARTH, content=content, supersedes=waiting, reason="misread"))
    with pytest.raises(Conflict, match="countersign the newer one"):
        countersign(shop, waiting)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"source": "  "}, BadInput),
        ({"lines": []}, BadInput),
        ({"protocol": "astrology.stars"}, NotFound),
        ({"days": -1}, BadInput),
    ],
    ids=["no source", "no lines", "no protocol", "future"],
)
def test_history_that_will_not_do_leaves_none(shop: Any, changes: dict[str, Any], error: type) -> None:
    when = clock.now() - timedelta(days=changes.get("days", 30))
    good = Past(shop.pump, SAFETY, clock.now() - timedelta(days=60), True)
    lines = changes.get("lines", [good, Past(shop.pump, changes.get("protocol", SAFETY), when, True)])
    with pytest.raises(error):
        actions.import_legacy(by=shop.head, lines=lines, source=changes.get("source", "old system"))
    assert LegacyEvidence.objects.count() == 0
