"""An instrument found wrong: what it measured is traced by working it out, held, and asked for again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.shop import accepted, certified_lines

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import clock
from kilter.department.records import actions, clearing, traceability
from kilter.department.records.sealing import Override
from kilter.department.records.traceability import FoundError, last_good, trace
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
LOW = FoundError("earth resistance", "ohm", -0.05)
"""The tester reads 0.05 ohm less than there is."""


@pytest.fixture
def since(shop: Any) -> Any:
    paper = certificate_in_force(shop.tester)
    assert paper is not None
    return paper.valid_from


def single(shop: Any, reading: str, instrument: Any = None, device: Any = None) -> Any:
    """Sign one protective earth."""
    tester = instrument or shop.tester
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": reading}}},
        "instruments": [str(tester.uuid)],
    }
    draft = actions.save_draft(
        by=shop.engineer,
        device=device or shop.pump,
        procedure=EARTH,
        uuid=uuid4(),
        version=0,
        content=content,
    )
    return actions.sign(
        by=shop.engineer,
        device=draft.device,
        procedure=EARTH,
        draft=draft,
        version=1,
        confirmation=shop.confirm(shop.engineer),
    )[0]


def another(shop: Any, hours: int = 0) -> Any:
    """Give a second tester in calibration."""
    device = equipment.register_device(
        by=shop.head, fields={"asset": "TI0002", "serial": "T2", "model": shop.tester.model}
    )
    equipment.put_in_service(by=shop.head, device=device, evidence=accepted(shop.head, device))
    equipment.add_certificate(
        by=shop.head,
        device=device,
        number="C-2",
        laboratory="Calibra",
        issued=clock.now() - timedelta(days=3),
        valid_from=clock.now() - timedelta(days=3),
        valid_until=clock.now() + timedelta(days=360),
        coverage_factor=2.0,
        quantities=certified_lines(),
    )
    device.refresh_from_db()
    return device


def recall(shop: Any, since: Any, *errors: FoundError, **more: Any) -> Any:
    """Recall the tester as the lead engineer."""
    given = {"by": shop.second, "confirmation": shop.confirm(shop.second), "text": "50 mohm low at 0.1 ohm"}
    return actions.recall(device=shop.tester, errors=errors or (LOW,), since=since, **{**given, **more})


@pytest.mark.parametrize(
    ("reading", "error", "could_be"),
    [
        ("0.12", LOW, None),  # 0.17 at most
        ("0.26", LOW, ("suspension",)),  # 0.31
        ("0.25", LOW, None),  # 0.30 is the limit itself, and inside
        ("0.32", LOW, None),  # fails either way
        ("0.32", FoundError("earth resistance", "ohm", 0.05), ("within",)),
        ("0.32", FoundError("earth resistance", "mohm", 50.0), ("within",)),
        ("0.29", FoundError("earth resistance", "ohm", 0.0, -10.0), ("suspension",)),  # 0.29 / 0.9
        ("0.26", FoundError("earth resistance", "ohm", 0.0, -10.0), None),  # 0.289
        ("0.26", FoundError("leakage current", "uA", -5.0), None),
        ("0.26", FoundError("insulation resistance", "Mohm", -1.0), None),  # another line of the certificate
    ],
)
def test_what_could_have_been_is_worked_out(
    shop: Any, since: Any, reading: str, error: FoundError, could_be: tuple[str, ...] | None
) -> None:
    record = single(shop, reading)
    traced = trace(shop.tester, [error], since)
    assert traced.used == 1
    assert [(one.record, one.could_be) for one in traced.affected] == (
        [] if could_be is None else [(record, could_be)]
    )


def test_a_verdict_between_the_two_errors_counts_too(shop: Any, since: Any) -> None:
    """With the whole error the resistance could not be; with a share of it it could, and would pass."""
    single(shop, "0.32")
    (one,) = trace(shop.tester, [FoundError("earth resistance", "ohm", 0.4)], since).affected
    assert one.could_be == ("within",)


def test_only_what_was_measured_since_and_with_it_is_traced(shop: Any, since: Any) -> None:
    single(shop, "0.26", another(shop))
    assert trace(shop.tester, [LOW], since).used == 0
    single(shop, "0.26")
    assert trace(shop.tester, [LOW], clock.now() + timedelta(hours=1)).used == 0
    assert trace(shop.tester, [LOW], since).used == 1


def test_the_last_good_calibration_is_the_newest_certificate_that_found_it_right(
    shop: Any, since: Any
) -> None:
    assert last_good(shop.tester, clock.now()) == since
    with pytest.raises(BadInput, match="never had a certificate"):
        last_good(shop.pump, clock.now())


def test_in_one_act_the_instrument_is_out_the_devices_held_and_the_retests_asked_for(
    shop: Any, since: Any
) -> None:
    shop.adopt()
    fine, doubtful = single(shop, "0.12"), single(shop, "0.26")
    record, traced = recall(shop, since)
    assert [one.record for one in traced.affected] == [doubtful]
    said = json.loads(record.text)["statement"]
    assert said["given"]["used"] == 2
    assert said["given"]["affected"] == [
        {"record": doubtful.number, "verdict": "within", "could_be": ["suspension"]}
    ]
    assert certificate_in_force(shop.tester) is None
    assert Hold.objects.filter(device=shop.tester, released_at=None, cause="fault").exists()
    hold = Hold.objects.get(device=shop.pump)
    assert (hold.cause, hold.evidence) == ("suspect_instrument", doubtful.uuid)
    job = Job.objects.get(device=shop.pump)
    assert (job.kind, job.procedure, job.evidence) == ("retest", EARTH, doubtful.uuid)
    assert fine.verdict == "within"
    with pytest.raises(Conflict):
        single(shop, "0.12")  # the instrument can no longer be used
    single(shop, "0.28", another(shop))
    actions.release(
        by=shop.engineer,
        device=shop.pump,
        hold=hold,
        text="tested again",
        confirmation=shop.confirm(shop.engineer),
    )
    job.refresh_from_db()
    assert job.state == "closed"


def test_a_device_that_was_tested_again_since_is_listed_and_not_held(shop: Any, since: Any) -> None:
    shop.adopt()
    single(shop, "0.26")
    single(shop, "0.27", another(shop))
    _, traced = recall(shop, since)
    assert [(one.tested_since, one.to_be_retested) for one in traced.affected] == [(True, False)]
    assert not Hold.objects.filter(device=shop.pump).exists()
    assert not Job.objects.filter(device=shop.pump).exists()


def test_a_failure_that_could_have_been_a_pass_is_listed_and_not_held_again(shop: Any, since: Any) -> None:
    single(shop, "0.32")
    before = Hold.objects.filter(device=shop.pump).count()
    _, traced = recall(shop, since, FoundError("earth resistance", "ohm", 0.05))
    assert [one.could_be for one in traced.affected] == [("within",)]
    assert Hold.objects.filter(device=shop.pump).count() == before


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"errors": ()}, BadInput, "errors"),
        ({"errors": (FoundError("x", "furlong", 1.0),)}, BadInput, None),
        ({"text": "  "}, BadInput, "text"),
        ({"confirmation": None}, NotPermitted, "confirmation"),
    ],
    ids=["no error", "no unit", "no words", "not confirmed"],
)
def test_what_will_not_do_changes_nothing(
    shop: Any, since: Any, changes: dict[str, Any], error: type, field: str | None
) -> None:
    single(shop, "0.26")
    given: dict[str, Any] = {
        "by": shop.second,
        "device": shop.tester,
        "errors": (LOW,),
        "since": since,
        "text": "low",
        "confirmation": shop.confirm(shop.second),
    }
    if "confirmation" in changes:
        changes = {"confirmation": shop.confirm(shop.engineer)}
    with pytest.raises(error) as caught:
        actions.recall(**{**given, **changes})
    assert field is None or caught.value.field == field
    assert certificate_in_force(shop.tester) is not None
    assert not Hold.objects.exists()


def test_a_technologist_recalls_nothing(shop: Any, since: Any, hire: Any) -> None:
    other = hire("technologist", authorised="independent")
    with pytest.raises(NotPermitted):
        recall(shop, since, by=other, confirmation=shop.confirm(other))


def test_a_later_pass_of_another_path_does_not_stand_for_this_one(shop: Any, since: Any) -> None:
    """Insulation of the mains passed again says nothing of the applied part's."""
    shop.adopt()
    key, low = "medical_engineering.insulation_resistance", FoundError("insulation resistance", "Mohm", 40.0)

    def insulation(path: str, instrument: Any) -> Any:
        content = {
            "steps": {"insulation_resistance": {"inputs": {"reading": "100", "path": path}}},
            "instruments": [str(instrument.uuid)],
        }
        return shop.sign(shop.draft(protocol=key, content=content))[0]

    suspect = insulation("applied_part", shop.tester)
    second = another(shop)
    insulation("mains_to_earth", second)
    assert [one.tested_since for one in trace(shop.tester, [low], since).affected] == [False]
    insulation("applied_part", second)
    (one,) = trace(shop.tester, [low], since).affected
    assert (one.record, one.tested_since) == (suspect, True)


def test_what_another_instrument_measured_is_traced_to_the_one_whose_certificate_says_so(
    shop: Any, since: Any
) -> None:
    """Two people let an instrument without a certificate stand on the list before the one that measured."""
    lapsed = equipment.register_device(
        by=shop.head, fields={"asset": "TI0003", "serial": "T3", "model": shop.tester.model}
    )
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.26"}}},
        "instruments": [str(lapsed.uuid), str(shop.tester.uuid)],
    }
    word = Override(shop.second, shop.confirm(shop.second), "the second meter was only looked at")
    record = shop.sign(shop.draft(protocol=EARTH, content=content), override=word)[0]
    assert json.loads(record.text)["inputs"]["reading"]["measured_by"]["instrument"] == 1
    assert [one.record for one in trace(shop.tester, [LOW], since).affected] == [record]
    assert trace(lapsed, [LOW], since).affected == ()


def test_a_record_of_a_procedure_that_is_gone_counts_as_affected(
    shop: Any, since: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its verdict holds can no longer be worked out; that is no reason to be silent."""
    record = single(shop, "0.12")

    def gone(key: str) -> Any:
        raise NotFound(f"there is no procedure {key!r}", field="procedure")

    for module in (traceability, clearing):
        monkeypatch.setattr(module, "entries", dict, raising=False)
    monkeypatch.setattr(traceability, "find", gone)
    (one,) = trace(shop.tester, [LOW], since).affected
    assert (one.record, one.could_be, one.to_be_retested) == (record, (), True)
    assert EARTH in one.why


def test_a_checklist_of_the_same_visit_is_not_affected(shop: Any, since: Any) -> None:
    shop.visit(protective_earth={"reading": "0.26"})
    traced = trace(shop.tester, [LOW], since)
    assert traced.used == 5
    assert [one.record.procedure for one in traced.affected] == [EARTH]
