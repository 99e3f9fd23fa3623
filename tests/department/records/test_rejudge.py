"""Readings judged again: what comes out otherwise is listed, superseded readings are left out."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kilter.measure.error import BadInput
from kilter.measure.judge import Rule
from kilter.measure.limit import Bounds, Limit

EARTH = "medical_engineering.protective_earth"


def _at_most(high: float) -> list[Bounds]:
    limit = Limit(result="resistance", level="suspension", cite="a local paper", edition="", unit="ohm")
    return [Bounds(limit, None, high)]


def test_a_tighter_limit_lists_what_it_would_fail(shop: Any) -> None:
    from kilter.department.records.rejudge import column, rejudge

    numbers = [shop.visit(protective_earth={"reading": text})[1].number for text in ("0.05", "0.12", "0.19")]
    read = column(EARTH, "resistance")
    assert read.records.tolist() == numbers
    assert read.values.tolist() == [0.05, 0.12, 0.19]
    assert rejudge(read, _at_most(0.3)) == []
    listed = rejudge(read, _at_most(0.1))
    assert [(one.record, one.value, one.before, one.now) for one in listed] == [
        (numbers[1], 0.12, "within", "suspension"),
        (numbers[2], 0.19, "within", "suspension"),
    ]


def test_a_stated_uncertainty_straddles_and_an_unknown_one_is_not_taken_for_zero(shop: Any) -> None:
    from kilter.department.records.rejudge import column, rejudge

    content = shop.content(protective_earth={"reading": "0.19"})
    shop.sign(shop.draft(content=content))
    content["steps"]["protective_earth"]["u"] = {"reading": "0.01"}
    shop.sign(shop.draft(content=content))
    read = column(EARTH, "resistance")
    assert read.u == pytest.approx([0.002, math.hypot(0.01, 0.002)], rel=1e-9)  # the tester's U is 0.004
    listed = rejudge(read, _at_most(0.2), Rule("guard_U"))
    # 0.19 + 2 x 0.0102 lies beyond 0.2, 0.19 + 2 x 0.002 does not; where u is not known nothing is accepted.
    assert [one.record for one in listed] == [read.records[1]]
    unknown = dataclasses.replace(read, u=np.array([np.nan, np.nan]))
    assert [one.now for one in rejudge(unknown, _at_most(0.2), Rule("guard_U"))] == ["undecided"] * 2


def test_a_superseded_reading_no_longer_counts(shop: Any) -> None:
    from kilter.department.records.rejudge import column

    shop.adopt()
    wrong = shop.visit(protective_earth={"reading": "0.35"})[1]
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.035", "arrangement": "with_cord"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    shop.sign(shop.draft(protocol=EARTH, content=content, supersedes=wrong, reason="typing slip"))
    assert column(EARTH, "resistance").values.tolist() == [0.035]


@pytest.mark.parametrize(("equipment_class", "found"), [("I", 1), ("II", 0)])
def test_readings_are_chosen_by_what_the_model_says(shop: Any, equipment_class: str, found: int) -> None:
    from kilter.department.records.rejudge import column

    shop.visit()
    assert len(column(EARTH, "resistance", {"equipment_class": equipment_class}).values) == found


def test_nothing_stored_gives_empty_columns(shop: Any) -> None:
    from kilter.department.records.rejudge import column, rejudge

    assert rejudge(column(EARTH, "resistance"), _at_most(0.1)) == []


def test_an_unknown_field_to_choose_by_is_named(shop: Any) -> None:
    from kilter.department.records.rejudge import column

    with pytest.raises(BadInput, match="not by maker"):
        column(EARTH, "resistance", {"maker": "Northfield"})


@pytest.mark.parametrize("visits", [1, 6])
def test_reading_a_column_asks_three_times_however_long_it_is(
    shop: Any, django_assert_num_queries: Any, visits: int
) -> None:
    from kilter.department.records.rejudge import column

    for _ in range(visits):
        shop.visit()
    with django_assert_num_queries(3):
        column(EARTH, "resistance", {"equipment_class": "I"})
