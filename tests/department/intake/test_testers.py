"""A tester's batch becomes drafts that a person signs; what does not fit is named and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kilter.department.intake.results import meanings
from kilter.department.intake.testers import import_batch, plan
from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.ledger.models import AuditEntry
from kilter.department.people.roles import sync_roles
from kilter.department.records import actions
from kilter.department.records.models import Draft, Record
from kilter.department.records.verify import verify
from kilter.formats.rigel import read_rigel
from kilter.formats.tester import Reading, Result
from kilter.measure.error import NotPermitted
from kilter.measure.quantity import File

pytestmark = pytest.mark.django_db

PASSING = [
    "Visual Inspection,Pass",
    "Earth Bond,0.12 Ω,Pass",
    "Insulation EUT,>100 MΩ,Pass",
    "EUT Leakage Direct,85 uA,Pass",
    "AP1 Leakage,12 µA,Pass",
    "Functional Test,Pass",
]


def block(*results: str, asset: str = "ME0001", serial: str = "T1", days: int = 0) -> str:
    # A minute ahead: the people of these tests were hired a moment ago, and testers know no fractions.
    day = (clock.now() + timedelta(minutes=1) - timedelta(days=days)).astimezone(ZoneInfo("Europe/London"))
    head = [
        f"Tested on,{day:%d %b %Y %H:%M:%S},,",
        f"Asset ID,{asset},,",
        f"Rigel 288,{serial},,",
        "User Name,Eve",
    ]
    return "\r\n".join(
        [*head, "Test Sequence,62353 - ClassI", *results, "User Comment,", "Status,Passed", ""]
    )


def export(*blocks: str) -> File:
    return File("round.csv", "\r\n".join([*blocks, "End of Data", ""]).encode())


def take(shop: Any, *blocks: str) -> Any:
    file = export(*blocks)
    return import_batch(by=shop.engineer, file=file, batch=read_rigel(file.content))


def remarks(*results: str) -> list[str]:
    return list(plan(read_rigel(export(block(*results)).content))[0].remarks)


def steps(*results: str) -> dict[str, Any]:
    content = plan(read_rigel(export(block(*results)).content))[0].content
    return {key: row["inputs"] for key, row in content.get("steps", {}).items()}


def test_a_whole_batch_is_signed_as_a_list(shop: Any) -> None:
    taken = take(shop, block(*PASSING))
    assert (len(taken.drafts), taken.refused, taken.lines) == (1, 0, ())
    assert Record.objects.count() == 0
    drafts = [
        (one, one.version) for one in Draft.objects.filter(uuid__in=taken.drafts).select_related("device")
    ]
    records = actions.sign_listed(by=shop.engineer, drafts=drafts, confirmation=shop.confirm(shop.engineer))
    values = {
        (r.procedure.partition(".")[2], x.result): (x.value, x.unit)
        for r in records
        for x in r.readings.all()
    }
    assert values == {
        ("protective_earth", "resistance"): (0.12, "ohm"),
        ("equipment_leakage", "leakage"): (85.0, "uA"),
        ("applied_part_leakage", "leakage"): (12.0, "uA"),
        ("insulation_resistance", "resistance"): (100.0, "Mohm"),
    }
    assert verify().holds


def test_the_export_is_kept_and_every_record_rests_on_it(shop: Any) -> None:
    file = export(block(*PASSING))
    taken = import_batch(by=shop.engineer, file=file, batch=read_rigel(file.content))
    assert store.read(file.sha256) == file.content
    draft = Draft.objects.get(uuid=taken.drafts[0])
    records = actions.sign_listed(
        by=shop.engineer, drafts=[(draft, draft.version)], confirmation=shop.confirm(shop.engineer)
    )
    assert {one.attachments.get().file.sha256 for one in records} == {file.sha256}
    store.path_of(file.sha256).write_bytes(b"other")
    assert {problem.number for problem in verify().problems} == {one.number for one in records}


def test_the_same_batch_again_makes_nothing_new(shop: Any) -> None:
    whole = block(*PASSING)
    first, second = take(shop, whole), take(shop, whole)
    assert (len(first.drafts), len(second.drafts), second.refused) == (1, 0, 1)
    assert "was taken over before" in second.lines[0]


def test_what_cannot_be_taken_over_is_named_and_keeps_nobody_out(shop: Any) -> None:
    old = block(*PASSING, days=40)
    taken = take(shop, block(*PASSING, asset="ME9999"), block(*PASSING), old)
    assert (len(taken.drafts), taken.refused) == (1, 2)
    assert "line 1, ME9999: not taken over: there is no device ME9999" in taken.lines
    assert any("lies too far back to be signed" in line for line in taken.lines)
    entry = AuditEntry.objects.get(activity="records.import_batch")
    assert entry.detail["refused"] == 2
    assert entry.detail["lines"] == list(taken.lines)


def test_who_may_not_draft_takes_nothing_over(shop: Any, hire: Any) -> None:
    sync_roles()
    viewer = hire("ward_viewer")
    file = export(block(*PASSING))
    with pytest.raises(NotPermitted):
        import_batch(by=viewer, file=file, batch=read_rigel(file.content))
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Blood Pressure,120 mmHg", "this result is not known here"),
        ("Touch Current,5 uA,Pass", "has no step in the protocol"),
        ("Earth Bond,0.12,Pass", "0.12 has no unit"),
        ("Earth Bond,Pass", "no single reading"),
        ("Earth Bond,0.12 uA,Pass", "measures"),
        ("Earth Bond,>20 Ω,Fail", "does not say how large it is"),
        ("Insulation EUT,<0.5 MΩ,Fail", "does not say how large it is"),
        ("EUT Leakage,85 uA,Pass", "which method was used is not said"),
        ("Visual,Fail", "a person says which item"),
    ],
)
def test_nothing_is_guessed(shop: Any, line: str, words: str) -> None:
    found = remarks(line)
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith("line 6: ")
    assert steps(line) == {}


def test_the_worst_of_several_readings_is_taken(shop: Any) -> None:
    lines = ("AP1 Leakage,12 uA", "AP2 Leakage,0.031 mA", "AP3 Leakage,8 uA", "Earth Bond,<0.01 Ω")
    assert steps(*lines) == {
        "applied_part_leakage": {"current": "0.031mA"},
        "protective_earth": {"reading": "0.01ohm"},
    }
    assert len(remarks(*lines)) == 2
    assert steps("Insulation EUT,50 MΩ", "Insulation AP,20 MΩ")["insulation_resistance"] == {
        "reading": "20Mohm",
        "path": "applied_part",
    }


def test_a_tester_that_is_not_registered_is_said(shop: Any) -> None:
    one = plan(read_rigel(export(block(*PASSING, serial="UNKNOWN")).content))[0]
    assert one.content["instruments"] == []
    assert one.remarks == ("the tester Rigel 288 UNKNOWN is not in the register with a certificate",)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("Earth Bond", "protective_earth"),
        ("EARTH RESISTANCE 200mA", "protective_earth"),
        ("Earth Leakage", ""),
        ("EUT Leakage (Diff)", "equipment_leakage"),
        ("AP 2 Leakage", "applied_part_leakage"),
        ("Insulation AP", "insulation_resistance"),
        ("Insulation EUT", "insulation_resistance"),
        ("Earthenware", None),
    ],
)
def test_names_vary_and_the_longest_that_fits_counts(name: str, step: str | None) -> None:
    row = meanings().row(name)
    assert (row.get("step", "") if row else None) == step


@pytest.mark.parametrize(
    ("texts", "method"),
    [
        (("62353 - ClassI - Alt",), "alternative"),
        (("EUT Leakage Direct",), "direct"),
        (("diff.",), "differential"),
        (("direct and differential",), ""),
        (("Indirect",), ""),
        ((), ""),
    ],
)
def test_the_method_is_said_in_words_or_not_known(texts: tuple[str, ...], method: str) -> None:
    assert meanings().method(*texts) == method


def test_a_step_that_is_not_asked_of_the_device_is_said(shop: Any) -> None:
    from kilter.formats.tester import Test

    result = Result(3, "Earth Bond", ("0.1 ohm",), Reading("0.1", "ohm"), "pass")
    test = Test(1, "A", clock.now().date(), "", "", "", (), (), "", "", (result,), "", "pass", (), "")
    read = meanings().read(test, {"equipment_class": "II"})
    assert read.steps == {}
    assert read.remarks == ["line 3: Earth Bond: the step protective earth is not asked of this device"]
