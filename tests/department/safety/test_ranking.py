"""The score of the replacement ranking: what each factor does to it, what is not known, what overrides it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.safety.ranking import (
    FACTORS,
    TRIGGERS,
    YEAR,
    Facts,
    Terms,
    factors,
    order,
    read_terms,
    score,
    shipped,
    triggers,
)
from kilter.measure.error import BadInput

DAY = date(2026, 6, 1)
TERMS = Terms(
    weights={
        "age": 40, "failures": 20, "downtime": 10, "cost": 10, "criticality": 10, "standardisation": 10,
    },
    full={"failures": 4, "downtime": 10, "cost": 20},
    years=3,
    criticality={"ventilator": 5, "thermometer": 1},
)  # fmt: skip
KNOWN = Facts(
    kind="ventilator", age=5.0, life=10.0, history=2 * YEAR, faults=4, down=0.05 * 2 * YEAR, spent=2000.0,
    price=20000.0, alike=3, of_kind=12,
)  # fmt: skip


def test_each_factor_by_hand() -> None:
    """4 faults in 2 years are 2 a year of 4; 1000 a year of 20000 is 5 % of 20 %; 3 of 12 are alike."""
    found = factors(KNOWN, TERMS)
    assert found == pytest.approx(
        {"age": 0.25, "failures": 0.5, "downtime": 0.5, "cost": 0.25, "criticality": 1.0,
         "standardisation": 0.75},
    )  # fmt: skip
    made = score(KNOWN, TERMS, DAY)
    assert made.score == pytest.approx(10 + 10 + 5 + 2.5 + 10 + 7.5)
    assert (made.known, made.triggers) == (pytest.approx(100.0), ())


def test_what_is_not_known_is_left_out_and_not_counted_as_good() -> None:
    bare = replace(KNOWN, age=None, price=None, kind="kettle", history=10.0)
    made = score(bare, TERMS, DAY)
    left = {name for name, value in made.factors.items() if value is None}
    assert left == {"age", "failures", "downtime", "cost", "criticality"}
    assert (made.score, made.known) == (pytest.approx(75.0), pytest.approx(10.0))
    nothing = score(replace(bare, alike=0, of_kind=0), TERMS, DAY)
    assert (nothing.score, nothing.known) == (None, 0.0)


@pytest.mark.parametrize(
    ("changes", "trigger"),
    [
        ({"support_ends": DAY - timedelta(days=1)}, "support_ended"),
        ({"security_ends": DAY - timedelta(days=1)}, "security_unsupported"),
        ({"open_alerts": 1}, "alert_unresolved"),
        ({"age": 20.01}, "beyond_twice_life"),
    ],
)
def test_each_trigger_and_the_day_before_it(changes: dict[str, Any], trigger: str) -> None:
    assert triggers(replace(KNOWN, **changes), DAY) == (trigger,)
    assert trigger in TRIGGERS
    still = {"support_ends": DAY, "security_ends": DAY, "open_alerts": 0, "age": 20.0}
    assert triggers(replace(KNOWN, **{name: still[name] for name in changes}), DAY) == ()


def test_a_trigger_comes_before_every_score() -> None:
    worn = score(replace(KNOWN, age=19.9, faults=100, down=500.0, spent=1e6), TERMS, DAY)
    fresh = score(replace(KNOWN, age=0.0, faults=0, down=0.0, spent=0.0, open_alerts=1), TERMS, DAY)
    unknown = score(replace(KNOWN, age=None, history=0.0, kind="", price=None, of_kind=0), TERMS, DAY)
    keys = [order(one, "A") for one in (fresh, worn, unknown)]
    assert keys == sorted(keys)
    assert order(worn, "A") < order(worn, "B")


FACTS = st.builds(
    Facts,
    kind=st.sampled_from(["ventilator", "thermometer", "kettle"]),
    age=st.none() | st.floats(0, 60),
    life=st.none() | st.floats(1, 30),
    history=st.floats(0, 4000),
    faults=st.integers(0, 200),
    down=st.floats(0, 4000),
    spent=st.floats(-1e3, 1e6),
    price=st.none() | st.floats(0.01, 1e6),
    alike=st.integers(0, 5),
    of_kind=st.integers(5, 50),
)
WEIGHTS = st.fixed_dictionaries({name: st.floats(0, 100) for name in FACTORS}).filter(
    lambda found: sum(found.values()) > 1e-3
)


@given(facts=FACTS, weights=WEIGHTS)
def test_a_score_lies_from_0_to_100_whatever_the_weights(facts: Facts, weights: dict[str, float]) -> None:
    made = score(facts, replace(TERMS, weights=weights), DAY)
    assert made.score is None or -1e-9 <= made.score <= 100 + 1e-9
    assert -1e-9 <= made.known <= 100 + 1e-9
    assert set(made.factors) == set(FACTORS)


@given(facts=FACTS, weights=WEIGHTS, more=st.integers(1, 20), scale=st.floats(0.1, 10))
def test_worse_is_never_ranked_lower_and_only_the_ratio_of_weights_counts(
    facts: Facts, weights: dict[str, float], more: int, scale: float
) -> None:
    terms = replace(TERMS, weights=weights)
    base = score(facts, terms, DAY).score
    for worse in (replace(facts, faults=facts.faults + more), replace(facts, down=facts.down + more)):
        found = score(worse, terms, DAY).score
        assert (found is None) == (base is None)
        if found is not None and base is not None:
            assert found >= base - 1e-9
    scaled = score(facts, replace(TERMS, weights={n: w * scale for n, w in weights.items()}), DAY).score
    assert scaled == (None if base is None else pytest.approx(base))


def test_the_shipped_terms_are_read_and_survive_being_written_down() -> None:
    assert sum(shipped().weights.values()) == 100
    assert read_terms(shipped().as_data()) == shipped()


GOOD = TERMS.as_data()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weights": {}}, "weights"),
        ({"weights": None}, "weights"),
        ({"weights": {**GOOD["weights"], "luck": 1}}, "weights"),
        ({"weights": dict.fromkeys(FACTORS, 0)}, "weights"),
        ({"weights": {**GOOD["weights"], "age": -1}}, "age"),
        ({"weights": {**GOOD["weights"], "age": float("nan")}}, "age"),
        ({"weights": {**GOOD["weights"], "age": True}}, "age"),
        ({"weights": {**GOOD["weights"], "age": "40"}}, "age"),
        ({"full": {**GOOD["full"], "cost": 0}}, "cost"),
        ({"full": {**GOOD["full"], "cost": float("inf")}}, "cost"),
        ({"years": 0}, "years"),
        ({"years": 11}, "years"),
        ({"years": 2.0}, "years"),
        ({"criticality": {"ventilator": 6}}, "criticality"),
        ({"criticality": {"": 1}}, "criticality"),
        ({"criticality": {"ventilator": True}}, "criticality"),
        ({"criticality": [("ventilator", 1)]}, "criticality"),
        ({"criticality": {f"kind {n}": 1 for n in range(501)}}, "criticality"),
    ],
)
def test_terms_that_will_not_do_are_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_terms({**GOOD, **changes})
    assert caught.value.field == field
