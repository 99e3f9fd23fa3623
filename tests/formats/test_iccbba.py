"""ICCBBA labels: the published example, days of a year, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.iccbba import Iccbba, parse
from kilter.measure.error import BadInput

FDA = "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123"
"""The FDA's and FHIR's sample of an ICCBBA UDI."""


def test_the_published_sample() -> None:
    assert parse(FDA) == Iccbba(
        device_identifier="A9999XYZ100T0944",
        serial="000025",
        donation="A99971312345600",
        lot="000000000000XYZ123",
        expires=date(2014, 2, 1),
        made=date(2013, 2, 1),
    )


@pytest.mark.parametrize(
    ("digits", "day"),
    [("024366", date(2024, 12, 31)), ("999365", date(1999, 12, 31)), ("000001", date(2000, 1, 1))],
)
def test_days_of_a_year(digits: str, day: date) -> None:
    assert parse(f"=>{digits}").expires == day


@pytest.mark.parametrize(
    "label",
    [
        "",
        "=",
        "A",
        "=/SHORT",
        "=>02336X",
        "=>023366",
        "=>023000",
        "=,000025=,000025",
        "=,000025rest",
        "&,2123",
        "=" * 201,
    ],
)
def test_what_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(label)
    assert caught.value.field == "label"


@given(text=st.text(max_size=60) | st.text("=/,>}&1A0", max_size=60))
def test_any_text_is_a_label_or_a_named_refusal(text: str) -> None:
    try:
        assert isinstance(parse(text), Iccbba)
    except BadInput as problem:
        assert problem.field == "label"
