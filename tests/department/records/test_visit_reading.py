"""A correction of a record begins with what the instrument showed, not what its certificate made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.records.visit import as_read

READING = st.floats(-1e6, 1e6)


@given(READING, st.floats(-10, 10).filter(bool))
def test_the_correction_is_taken_off_once(reading: float, correction: float) -> None:
    row = {"value": reading + correction, "measured_by": {"correction": correction}}
    assert as_read(row) == pytest.approx(reading, rel=1e-9, abs=1e-9)


@given(st.lists(READING, min_size=1, max_size=5), st.floats(-10, 10).filter(bool))
def test_of_each_of_repeated_readings(readings: list[float], correction: float) -> None:
    row = {"value": [one + correction for one in readings], "measured_by": {"correction": correction}}
    assert as_read(row) == pytest.approx(readings, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "row", [{"value": "with_cord"}, {"value": 0.12}, {"value": 1.0, "measured_by": {"u": 1.0}}]
)
def test_what_was_not_corrected_stays(row: dict[str, Any]) -> None:
    assert as_read(row) == row["value"]
