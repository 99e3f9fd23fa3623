"""What is in force at an instant, and what counts as looser: properties of the rules themselves."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.policy.intervals import check_window, read_more
from kilter.department.policy.ladders import read_steps
from kilter.department.policy.models import Countersigning, DecisionRule, Frequency, LimitSchedule
from kilter.department.policy.queries import InForce, Policy, adopted_at, loosened
from kilter.measure.error import BadInput
from kilter.measure.judge import Rule
from kilter.measure.limit import Limit, bounds, shipped
from kilter.measure.registry import Entry, entry

AREA = "medical_engineering"
EARTH = entry(f"{AREA}.protective_earth")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
INSTANTS = st.integers(-5, 5).map(lambda days: NOON + timedelta(days=days))


# --- limits: in force, and looser


@given(INSTANTS, st.none() | INSTANTS, st.none() | INSTANTS, st.booleans(), INSTANTS)
def test_a_schedule_is_in_force_once_everybody_has_agreed_who_must(
    begins: datetime,
    adopted: datetime | None,
    seconded: datetime | None,
    looser: bool,
    asked: datetime,
) -> None:
    row = LimitSchedule(
        effective_from=begins,
        adopted_at=adopted,
        countersigned_at=seconded,
        looser=["protective_earth: resistance"] if looser else [],
    )
    agreed = adopted is not None and (seconded is not None or not looser)
    latest = max(one for one in (begins, adopted, seconded if looser else None) if one is not None)
    assert adopted_at(row, asked) is (agreed and latest <= asked)


FACTS = (
    {"single": 1.0, "set_energy": 5.0, "set_volume": 20.0},
    {"single": 1.0, "set_energy": 200.0, "set_volume": 500.0},
)
ITEMS = [entry(f"{AREA}.{name}") for name in ("protective_earth", "insulation_resistance")] + [
    entry(f"{AREA}.{name}") for name in ("defibrillator_energy", "ventilator_volume")
]
times = st.sampled_from([0.5, 0.99, 1.0, 1.01, 2.0])


def accepted(row: Limit, unit: str, value: float, facts: dict[str, object]) -> bool:
    """Say whether a value is within a row."""
    edges = bounds(row, unit, facts)
    assert edges is not None
    return not (
        (edges.high is not None and value > edges.high) or (edges.low is not None and value < edges.low)
    )


@st.composite
def changed_rows(draw: Any) -> tuple[Entry, list[Limit], Limit, Limit]:
    """Draw a procedure, its published rows with one changed, and that one before and after."""
    item = draw(st.sampled_from(ITEMS))
    rows = list(shipped(item))
    place = draw(st.integers(0, len(rows) - 1))
    before, change = rows[place], {}
    for name in ("low", "high", "at_least", "plus"):
        value = getattr(before, name)
        if value is not None:
            change[name] = draw(st.none() | times.map(lambda share, value=value: value * share))
        elif name in ("low", "high"):
            change[name] = draw(st.none() | st.just(-1.0 if name == "low" else 1e9))
    after = dataclasses.replace(before, **change)
    return item, [*rows[:place], after, *rows[place + 1 :]], before, after


@given(changed_rows(), st.floats(-1e4, 1e4))
def test_what_is_not_called_looser_accepts_nothing_new(
    drawn: tuple[Entry, list[Limit], Limit, Limit], value: float
) -> None:
    item, rows, before, after = drawn
    result = item.signature.result(before.result)
    assert result is not None
    if loosened(item, rows):
        return
    for facts in FACTS:
        given_facts = {**facts, before.of: facts.get(before.of, 1.0)}
        edges = bounds(after, result.unit, given_facts)
        assert edges is not None
        for x in (value, *(edge for edge in (edges.low, edges.high) if edge is not None)):
            if accepted(after, result.unit, x, given_facts):
                assert accepted(before, result.unit, x, given_facts)


def test_the_published_rows_are_not_looser_than_themselves() -> None:
    for item in ITEMS:
        assert loosened(item, shipped(item)) == []


@pytest.mark.parametrize(
    "change",
    [{"high": 0.31}, {"high": None, "low": 0.0}, {"unit": "mohm"}, {"level": "remedial"}, {"when": {}}],
    ids=str,
)
def test_each_way_of_loosening_is_named(change: dict[str, Any]) -> None:
    rows = list(shipped(EARTH))
    rows[0] = dataclasses.replace(rows[0], **change)
    assert len(loosened(EARTH, rows)) == 1
    assert "protective_earth: resistance" in loosened(EARTH, rows)[0]


@pytest.mark.parametrize(
    ("read", "confirmed"), [("yes", True), ("adopted", True), ("no", False)], ids=["yes", "adopted", "no"]
)
def test_one_row_that_nobody_read_leaves_all_to_be_confirmed(read: Any, confirmed: bool) -> None:
    rows = [Limit("total", "suspension", "T", "1", read=one) for one in ("yes", "adopted", read)]
    assert InForce(tuple(rows), Rule(), None).confirmed is confirmed


# --- rules, second signatures and frequencies


def policy(**rows: Any) -> Policy:
    """Make a policy of unsaved rows, numbered in their order."""
    empty: dict[str, Any] = dict.fromkeys(("schedules", "rules", "frequencies", "countersigning", "uses"), ())
    for some in rows.values():
        for number, row in enumerate(some, 1):
            row.pk = number
    return Policy(**{**empty, **rows})


@given(
    st.lists(
        st.tuples(st.sampled_from([AREA, EARTH.key, "nuclear_medicine"]), INSTANTS, INSTANTS), max_size=6
    ),
    INSTANTS,
)
def test_the_newest_rule_of_the_procedure_else_of_its_specialty_judges(
    given_rows: list[tuple[str, datetime, datetime]], asked: datetime
) -> None:
    rows = [
        DecisionRule(
            applies_to=name, rule="guard_U", coverage_factor=1.0 + n, effective_from=begins, set_at=at
        )
        for n, (name, begins, at) in enumerate(given_rows)
    ]
    found = policy(rules=rows).rule(EARTH, asked)
    begun = [row for row in rows if row.effective_from <= asked and row.set_at <= asked]
    own = [row for row in begun if row.applies_to == EARTH.key]
    common = [row for row in begun if row.applies_to == AREA]
    fitting = sorted(own or common, key=lambda row: (row.effective_from, row.pk))
    assert found == (Rule("guard_U", fitting[-1].coverage_factor) if fitting else Rule())


@pytest.mark.parametrize(("wanted", "expected"), [([], False), ([True], True), ([True, False], False)])
def test_a_second_signature_is_wanted_where_the_newest_word_says_so(
    wanted: list[bool], expected: bool
) -> None:
    rows = [Countersigning(applies_to=AREA, wanted=one, effective_from=NOON, set_at=NOON) for one in wanted]
    assert policy(countersigning=rows).countersigned(EARTH, NOON) is expected
    assert policy(countersigning=rows).countersigned(EARTH, NOON - timedelta(seconds=1)) is False


@dataclass(frozen=True)
class Pump:
    """A device as policy sees one."""

    kind: str = "infusion_pump"
    uuid: UUID = field(default_factory=uuid4)
    model_uuid: UUID = field(default_factory=uuid4)


def test_the_frequency_of_the_narrowest_scope_that_has_begun_counts() -> None:
    pump, ward, building = Pump(), str(uuid4()), str(uuid4())
    scopes = [
        ("all", "", 24),
        ("device_kind", "infusion_pump", 18),
        ("location", building, 12),
        ("location", ward, 9),
        ("model", str(pump.model_uuid), 6),
        ("device", str(pump.uuid), 3),
    ]
    rows: list[Frequency] = []
    for days, (kind, key, months) in enumerate(scopes):
        rows.append(
            Frequency(
                protocol="x.y",
                scope_kind=kind,
                scope_key=key,
                months=months,
                effective_from=NOON + timedelta(days=days),
            )
        )
    found = policy(frequencies=rows)
    for days, (_, _, months) in enumerate(scopes):
        asked = found.frequencies_for(pump, NOON + timedelta(days=days), [ward, building])
        assert [row.months for row in asked] == [months]
    last = NOON + timedelta(days=9)
    assert [row.months for row in found.frequencies_for(Pump(), last)] == [18]
    assert [row.months for row in found.frequencies_for(Pump("ventilator"), last, [building])] == [12]
    assert found.frequencies_for(pump, NOON - timedelta(seconds=1)) == []


# --- what a frequency and a ladder may say


@pytest.mark.parametrize(
    ("given_window", "field_name"),
    [
        ((12, 28, 0, "completed"), ""),
        ((240, 366, 366, "completed"), ""),
        ((0, 0, 0, "scheduled"), ""),
        ((1, 27, 0, "scheduled"), ""),
        ((1, 28, 0, "completed"), ""),
        ((1, 28, 0, "scheduled"), "window_days"),
        ((241, 0, 0, "completed"), "months"),
        ((-1, 0, 0, "completed"), "months"),
        ((12, 367, 0, "completed"), "window_days"),
        ((12, -1, 0, "completed"), "window_days"),
        ((12, 0, 367, "completed"), "after_days"),
        ((12, 0, -1, "completed"), "after_days"),
        ((12, 0, 0, "whenever"), "basis"),
    ],
)
def test_a_window_fits_its_interval_or_is_refused(
    given_window: tuple[int, int, int, str], field_name: str
) -> None:
    if not field_name:
        check_window(*given_window)
        return
    with pytest.raises(BadInput) as refused:
        check_window(*given_window)
    assert refused.value.field == field_name


PLAIN: dict[str, Any] = {
    "basis": "completed", "anchor": None, "counter": "", "every": None, "duration": None, "supplier": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"counter": "hours", "every": 500.0}, ""),
        ({"basis": "scheduled", "anchor": date(2026, 1, 1)}, ""),
        ({"duration": timedelta(days=30)}, ""),
        ({"anchor": date(2026, 1, 1)}, "anchor"),
        ({"counter": "hours"}, "every"),
        ({"every": 5.0}, "every"),
        ({"counter": "Hours!", "every": 5.0}, "counter"),
        ({"counter": "hours", "every": 0.0}, "every"),
        ({"counter": "hours", "every": float("inf")}, "every"),
        ({"counter": "hours", "every": float("nan")}, "every"),
        ({"counter": "hours", "every": 5.0, "basis": "scheduled"}, "basis"),
        ({"duration": timedelta(days=30, seconds=1)}, "duration"),
        ({"duration": timedelta(seconds=-1)}, "duration"),
        ({"supplier": "x" * 121}, "supplier"),
    ],
    ids=str,
)
def test_what_a_frequency_says_besides_fits_together(change: dict[str, Any], field_name: str) -> None:
    if not field_name:
        assert read_more(**{**PLAIN, **change}) == {**PLAIN, **change}
        return
    with pytest.raises(BadInput) as refused:
        read_more(**{**PLAIN, **change})
    assert refused.value.field == field_name


AGAIN = {"act": "again", "days": 7}


@pytest.mark.parametrize(
    ("outcome", "steps", "field_name"),
    [
        ("no_access", [AGAIN], ""),
        ("could_not_locate", [AGAIN, {"act": "report_lost", "days": 366}], ""),
        ("no_access", [AGAIN] * 10, ""),
        ("asleep", [AGAIN], "outcome"),
        ("no_access", [], "steps"),
        ("no_access", [AGAIN] * 11, "steps"),
        ("no_access", [{"act": "again"}], "steps"),
        ("no_access", [{"act": "shout", "days": 7}], "steps"),
        ("no_access", [{**AGAIN, "loud": True}], "steps"),
        ("no_access", [{"act": "again", "days": 0}], "steps"),
        ("no_access", [{"act": "again", "days": 367}], "steps"),
        ("no_access", [{"act": "again", "days": True}], "steps"),
        ("no_access", [{"act": "report_lost", "days": 7}], "steps"),
    ],
)
def test_the_steps_of_a_ladder_are_read_or_refused(
    outcome: str, steps: list[dict[str, Any]], field_name: str
) -> None:
    if not field_name:
        assert read_steps(outcome, steps) == steps
        return
    with pytest.raises(BadInput) as refused:
        read_steps(outcome, steps)
    assert refused.value.field == field_name
