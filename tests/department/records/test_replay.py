"""Replay: each of its four answers made to happen, by today's code, on sealed inputs."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

import pytest

from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.ledger.models import StoredFile
from kilter.department.policy import actions as policy
from kilter.department.records import replay as module
from kilter.department.records.models import Record
from kilter.department.records.replay import replay
from kilter.measure.checklist import checklist, read_checklist
from kilter.measure.document import open_document
from kilter.measure.limit import shipped
from kilter.measure.outcome import Outcome, Value
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Ohm
from kilter.measure.reference_object import make
from kilter.measure.registry import entry, find
from kilter.specialties.medical_engineering.protective_earth import protective_earth
from kilter.specialties.medical_engineering.standards import IEC_62353

pytestmark = pytest.mark.django_db

AREA = "medical_engineering"
EARTH = f"{AREA}.protective_earth"
FLOOD = "nuclear_medicine.uniformity"


@dataclass(frozen=True)
class Shifted:
    """What a later version of the earth test gives."""

    resistance: Annotated[Ohm, Between(0.0)]


def earth_of_tomorrow(function: Any, version: int = 2, **more: Any) -> Any:
    """Declare a later version of the protective earth."""
    declare = procedure(EARTH, version=version, cites=[IEC_62353], elementwise=True, **more)
    return declare(function)


@contextmanager
def instead(monkeypatch: pytest.MonkeyPatch, declared: Any) -> Iterator[None]:
    """Replay finds another declaration of the protective earth inside the block."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "find", lambda key: declared if key == EARTH else find(key))
        yield


def answers(**more: Any) -> dict[int, tuple[str, str]]:
    """Answer and reason by number of the record."""
    return {one.number: (one.answer, one.why) for one in replay(**more)}


def test_what_was_sealed_comes_out_the_same(shop: Any) -> None:
    shop.visit()
    found = list(replay())
    assert [one.number for one in found] == [1, 2, 3, 4, 5]
    assert {one.answer for one in found} == {"same"}
    assert found[1].procedure == EARTH
    assert found[1].uuid == str(Record.objects.get(number=2).uuid)


def test_replay_writes_nothing(shop: Any) -> None:
    shop.visit()
    before = list(Record.objects.order_by("number").values())
    list(replay(current_limits=True))
    assert list(Record.objects.order_by("number").values()) == before


def test_only_what_was_performed_since_is_replayed(shop: Any) -> None:
    shop.visit()
    later = clock.now() + timedelta(days=1)
    with clock.at(later):
        shop.visit()
    assert list(answers()) == list(range(1, 11))
    assert list(answers(since=later - timedelta(hours=1))) == [6, 7, 8, 9, 10]
    assert answers(since=later + timedelta(hours=1)) == {}


def test_statements_and_second_signatures_are_no_results(shop: Any) -> None:
    from kilter.department.records import actions

    actions.state(
        by=shop.head,
        act="place_hold",
        text="smells",
        device=shop.pump,
        arguments={"cause": "fault", "text": "smells"},
        confirmation=shop.confirm(shop.head),
    )
    assert answers() == {}


def test_a_change_of_the_sum_shows_both_numbers(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def earth(*, reading: Ohm, test_lead: Ohm = 0.0, arrangement: str = "with_cord") -> Shifted:
        """Resistance, with a hundredth too much."""
        return Shifted(resistance=reading - test_lead + 0.01)

    shop.visit()
    with instead(monkeypatch, earth_of_tomorrow(earth)):
        found = answers()
    assert found[2] == ("changed", "resistance: 0.12 would be 0.13")
    assert {answer for number, (answer, _) in found.items() if number != 2} == {"same"}


@pytest.mark.parametrize(("factor", "answer"), [(1 + 1e-12, "same"), (1 + 1e-7, "changed")], ids=str)
def test_the_last_digits_of_a_float_are_no_change(
    shop: Any, monkeypatch: pytest.MonkeyPatch, factor: float, answer: str
) -> None:
    def earth(*, reading: Ohm, test_lead: Ohm = 0.0, arrangement: str = "with_cord") -> Shifted:
        """Resistance, a little scaled."""
        return Shifted(resistance=(reading - test_lead) * factor)

    shop.visit()
    with instead(monkeypatch, earth_of_tomorrow(earth)):
        assert answers()[2][0] == answer


def test_inputs_of_an_earlier_version_are_brought_forward(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def earth(*, measured: Ohm, arrangement: str = "with_cord") -> Shifted:
        """Resistance by another name of its input."""
        return Shifted(resistance=measured)

    def upcast(version: int, inputs: dict[str, Any]) -> dict[str, Any]:
        seen.append(version)
        return {"measured": inputs["reading"], "arrangement": inputs["arrangement"]}

    shop.visit()
    with instead(monkeypatch, earth_of_tomorrow(earth)):
        answer, why = answers()[2]
        assert answer == "not_replayable"
        assert "reading" in why
    with instead(monkeypatch, earth_of_tomorrow(earth, upcast=upcast)):
        assert answers()[2] == ("same", "")
    assert seen == [1]


def test_a_result_that_is_given_no_longer_is_named(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Renamed:
        path: Ohm

    def earth(*, reading: Ohm, test_lead: Ohm = 0.0, arrangement: str = "with_cord") -> Renamed:
        """Resistance by another name."""
        return Renamed(path=reading - test_lead)

    shop.visit()
    Renamed.__module__ = __name__
    monkeypatch.setitem(globals(), "Renamed", Renamed)
    with instead(monkeypatch, earth_of_tomorrow(earth)):
        assert answers()[2] == ("changed", "resistance is no longer a result")


def test_a_narrower_range_refuses_by_name(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def earth(
        *, reading: Annotated[Ohm, Between(0.0, 0.1)], test_lead: Ohm = 0.0, arrangement: str = "with_cord"
    ) -> Shifted:
        """Resistance of small paths only."""
        return Shifted(resistance=reading - test_lead)

    shop.visit()
    with instead(monkeypatch, earth_of_tomorrow(earth)):
        answer, why = answers()[2]
    assert answer == "not_replayable"
    assert "reading" in why


def test_a_procedure_that_is_gone_is_said_to_be(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.visit()
    known = {key: one for key, one in module.entries().items() if key != EARTH}
    monkeypatch.setattr(module, "entries", lambda: known)
    answer, why = answers()[2]
    assert answer == "not_replayable"
    assert EARTH in why


def test_a_checklist_is_answered_again(shop: Any) -> None:
    shop.visit(visual_inspection={**dict.fromkeys(_items(), "pass"), _items()[0]: "fail"})
    failed = Record.objects.get(number=1)
    assert failed.verdict == "suspension"
    assert answers()[1] == ("same", "")


def _items() -> list[str]:
    return list(checklist(f"{AREA}.visual_inspection").items)


def test_a_checklist_with_another_item_is_not_replayable(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.visit()
    key = f"{AREA}.visual_inspection"
    data = {
        "title": "Visual inspection",
        "version": 2,
        "cites": [{"key": "IEC 62353", "title": "Recurrent test", "edition": "2014"}],
        "items": {**checklist(key).items, "smell": "No smell of burning"},
    }
    longer = read_checklist(key, data)
    monkeypatch.setattr(module, "checklist", lambda given: longer if given == key else checklist(given))
    answer, why = answers()[1]
    assert answer == "not_replayable"
    assert "smell" in why


def tightened(shop: Any, high: float, **more: Any) -> None:
    """Adopt another limit of the protective earth measured with its cord."""
    rows = [row.as_data() for row in shipped(entry(EARTH))]
    rows[0] = {**rows[0], "high": high, **more}
    schedule = policy.propose_limits(
        by=shop.head, specialty=AREA, reason="local", rows={"protective_earth": rows}
    )
    policy.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)


def test_sealed_limits_judge_unless_those_in_force_are_asked_for(shop: Any) -> None:
    with clock.at(clock.now() + timedelta(hours=1)):
        shop.visit(protective_earth={"reading": "0.25"})
    tightened(shop, 0.2)  # in force before the test was made, entered after it was signed
    assert answers()[2] == ("same", "")
    found = answers(current_limits=True)
    assert found[2] == ("changed", "within would be suspension")
    assert {answer for number, (answer, _) in found.items() if number != 2} == {"same"}
    assert Record.objects.get(number=2).verdict == "within"


def test_a_record_that_can_no_longer_be_judged_hides_none_behind_it(shop: Any, hire: Any) -> None:
    with clock.at(clock.now() + timedelta(hours=1)):
        shop.visit()
    others = [row.as_data() for row in shipped(entry(EARTH)) if row.when["arrangement"] != "with_cord"]
    schedule = policy.propose_limits(
        by=shop.engineer, specialty=AREA, reason="no cords here", rows={"protective_earth": others}
    )
    policy.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    third = hire("lead_engineer", authorised="expert")
    policy.countersign_limits(by=third, schedule=schedule, specialty=AREA)
    found = answers(current_limits=True)
    assert list(found) == [1, 2, 3, 4, 5]
    answer, why = found.pop(2)
    assert answer == "not_replayable"
    assert "no limit of resistance applies" in why
    assert {answer for answer, _ in found.values()} == {"same"}


@pytest.mark.parametrize(
    ("rule", "parameters", "reading", "verdict"),
    [
        ("guard_U", {"coverage_factor": 3.0}, "0.25", "undecided"),  # 0.25 + 3 x 0.02 > 0.3 > 0.25 + 2 x 0.02
        ("guard_U", {"coverage_factor": 1.0}, "0.27", "within"),  # 0.27 + 0.02 < 0.3 < 0.27 + 2 x 0.02
        ("probability", {"threshold": 0.8}, "0.28", "within"),  # one u below: 84 % conform
        ("probability", {"threshold": 0.99}, "0.26", "undecided"),  # two u below: 97.7 % conform
    ],
    ids=["k 3", "k 1", "80 %", "99 %"],
)
def test_the_rule_is_sealed_with_what_is_its_own(
    shop: Any, rule: str, parameters: dict[str, float], reading: str, verdict: str
) -> None:
    policy.set_decision_rule(by=shop.head, applies_to=AREA, rule=rule, reason="accredited", **parameters)
    content = shop.content(protective_earth={"reading": reading})
    content["steps"]["protective_earth"]["u"] = {"reading": "20mohm"}
    earth = shop.sign(shop.draft(content=content))[1]
    assert earth.verdict == verdict
    names = {"coverage_factor": "k", "threshold": "threshold"}
    sealed = open_document(earth.text)
    assert sealed["rule_parameters"] == {names[name]: value for name, value in parameters.items()}
    assert answers()[earth.number] == ("same", "")


def test_a_usual_rule_takes_no_room(shop: Any) -> None:
    assert "rule_parameters" not in open_document(shop.visit()[1].text)


@pytest.fixture
def flood(shop: Any) -> Record:
    """A sealed result that rests on an image."""
    return flood_of(shop)


def flood_of(shop: Any) -> Record:
    """Seal the uniformity of a flood of known truth."""
    from kilter.department.records.chain import append
    from kilter.department.records.sealing import Terms, measure_all, unsealed

    file = make("flood", "none", 1).file
    row = store.store(file.content, media_type="application/dicom")
    given = {"name": file.name, "sha256": row.sha256}
    content = {"steps": {"uniformity": {"inputs": {"flood": given}}}, "instruments": []}
    draft = shop.draft(protocol=FLOOD, content=content)
    policy_now, now = module.load(), clock.now()
    measured = measure_all(draft, shop.pump, policy_now, now)
    terms = Terms(shop.engineer, "Engineer")
    items = [unsealed(draft, one, now, terms, policy_now, [], None) for one in measured]
    return append(items)[0]


def test_an_image_is_analysed_again(flood: Record) -> None:
    assert answers()[flood.number] == ("same", "")


def test_a_file_whose_row_is_gone_is_erased(flood: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoredFile.objects, "filter", lambda **_: StoredFile.objects.none())
    answer, why = answers()[flood.number]
    assert answer == "erased"
    assert "no stored file" in why


@pytest.mark.parametrize("fate", ["changed", "gone"])
def test_a_file_damaged_on_disk_is_not_replayable(flood: Record, fate: str) -> None:
    sha256 = open_document(flood.text)["inputs"]["flood"]["value"]["sha256"]
    path = store.path_of(sha256)
    path.chmod(0o600)
    if fate == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    answer, why = answers()[flood.number]
    assert answer == "not_replayable"
    assert sha256[:12] in why


def test_what_was_valid_and_would_not_be_now_is_changed(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    shop.visit()
    whole = module.run

    def run(declared: Any, *given: Any, **more: Any) -> Any:
        outcome = whole(declared, *given, **more)
        return replace(outcome, valid=False) if declared.key == EARTH else outcome

    monkeypatch.setattr(module, "run", run)
    assert answers()[2] == ("changed", "it would not be valid now")


def test_stated_uncertainties_are_given_to_the_run_again(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = copy.deepcopy(shop.content())
    content["steps"]["protective_earth"]["u"] = {"reading": "20mohm"}
    shop.sign(shop.draft(content=content, uuid=uuid4()))
    stated: dict[str, Any] = {}
    whole = module.run

    def run(declared: Any, raw: Any, *, u: Any) -> Any:
        stated[declared.key] = u
        return whole(declared, raw, u=u)

    monkeypatch.setattr(module, "run", run)
    assert answers()[2] == ("same", "")
    assert stated[EARTH] == {"reading": pytest.approx(math.hypot(0.02, 0.002))}
    assert protective_earth.version == 1


def without(record: Record, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let a record's document hold something else when it is opened."""
    opened = {**open_document(record.text), **changes}
    whole = module.open_document
    monkeypatch.setattr(module, "open_document", lambda text: opened if text == record.text else whole(text))


def test_what_was_not_valid_stays_so_or_would_be_valid_now(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    shop.visit()
    record, whole = Record.objects.get(number=2), module.run

    def run(declared: Any, *given: Any, **more: Any) -> Any:
        return replace(whole(declared, *given, **more), valid=False, results={})

    without(record, monkeypatch, valid=False, results={})
    assert module.replay_one(record).why == "it would be valid now"
    monkeypatch.setattr(module, "run", run)
    assert module.replay_one(record).why == "within would be invalid"
    record.verdict = "invalid"
    assert module.replay_one(record).answer == "same"
    assert module.replay_one(record, module.load()).answer == "same"


def test_a_checklist_that_judges_otherwise_is_changed(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.visit()
    record = Record.objects.get(number=1)
    inputs = open_document(record.text)["inputs"]
    first = _items()[0]
    without(record, monkeypatch, inputs={**inputs, first: {**inputs[first], "value": "fail"}})
    assert (module.replay_one(record).answer, module.replay_one(record).why) == (
        "changed",
        "within would be suspension",
    )


def test_a_word_that_would_be_another_is_named() -> None:
    """A classification has no distance within which it is the same."""
    sealed = {"valid": True, "results": {"grade": {"value": "A"}, "size": {"value": 1.0}}}

    def moved(grade: str, size: float | str) -> str:
        outcome = Outcome("t.x", 1, {}, {"grade": Value(grade), "size": Value(size, "ohm")})
        return module._moved(sealed, outcome)

    assert moved("A", 1.0) == moved("A", 1.0 + 5e-10) == ""
    assert moved("B", 1.0) == "grade: A would be B"
    assert moved("A", "big") == "size: 1.0 would be big"
    assert moved("A", 1.0 + 3e-9).startswith("size: 1.0 would be 1.00000000")


@pytest.mark.parametrize(
    ("value", "doubt", "verdict"),
    [(0.2, False, "within"), (0.2, True, "undecided"), (0.4, True, "suspension"), (0.4, False, "suspension")],
)
def test_a_sealed_limit_judges_as_it_did(value: float, doubt: bool, verdict: str) -> None:
    row = {"level": "suspension", "low": None, "high": 0.3, "unit": "ohm", "cite": "T", "edition": "1"}
    sealed = {
        "rule": "simple",
        "results": {
            "resistance": {"limits": [row]},
            "condition": {},  # a word has no limits
            "gone": {"limits": [{**row, "high": 0.0}]},  # what is no longer given judges nothing
        },
    }
    notes = (Note("few_counts", "few counts", doubt=True),) if doubt else ()
    results = {"resistance": Value(value, "ohm"), "condition": Value("pass")}
    assert module.judged_as_sealed(sealed, Outcome("t.x", 1, {}, results, notes=notes)) == verdict
    assert module.judged_as_sealed(sealed, Outcome("t.x", 1, {}, valid=False)) == "invalid"
    unlimited = {"rule": "simple", "results": {"resistance": {}}}
    free = Outcome("t.x", 1, {}, {"resistance": Value(value, "ohm")}, notes=notes)
    assert module.judged_as_sealed(unlimited, free) == "recorded"


def test_inputs_are_given_to_the_door_as_they_were_sealed(shop: Any) -> None:
    kept = [store.store(content, media_type="application/dicom") for content in (b"one", b"two")]
    rows = [{"name": f"{one.sha256[:4]}.dcm", "sha256": one.sha256} for one in kept]
    assert [part.content for part in module.raw_of({"value": rows})] == [b"one", b"two"]  # type: ignore[attr-defined]
    assert module.raw_of({"value": 0.12, "unit": "ohm"}) == {"value": 0.12, "unit": "ohm"}
    assert module.raw_of({"value": [1.0, 2.0], "unit": "ohm"}) == [1.0, 2.0]
    assert module.raw_of({"value": True}) is True
    assert module.raw_of({"value": []}) == []
