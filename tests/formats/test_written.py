"""Days and amounts as other systems write them: what is written in a chosen way comes back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.sheet import NumberText
from kilter.formats.written import (
    MARKS,
    MONTHS,
    ORDERS,
    SIGNS,
    marks_of,
    orders_of,
    sign_agrees,
    split_sign,
    written_amount,
    written_day,
)

FIGURES = {"day-first": "{d}{s}{m}{s}{y}", "month-first": "{m}{s}{d}{s}{y}"}
SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@given(
    st.dates(date(1800, 1, 1), date(2400, 12, 31)),
    st.sampled_from(sorted(FIGURES)),
    st.sampled_from("-/. "),
    st.booleans(),
    st.sampled_from(["", " 00:00", " 10:31:07", "T23:59:59.5", " 1:05 PM"]),
)
def test_any_day_written_in_a_chosen_order_comes_back(
    day: date, order: str, mark: str, padded: bool, hour: str
) -> None:
    width = 2 if padded else 1
    text = FIGURES[order].format(d=f"{day.day:0{width}}", m=f"{day.month:0{width}}", y=day.year, s=mark)
    assert written_day(text + hour, order, 1950) == day
    assert written_day(f"{day.isoformat()}{hour}", order, 1950) == day


@given(st.integers(1900, 2000), st.integers(0, 99), st.integers(0, 364), st.sampled_from(sorted(FIGURES)))
def test_a_year_of_two_figures_lies_in_the_hundred_years_that_were_stated(
    first: int, year: int, days: int, order: str
) -> None:
    day = date(first + year, 1, 1) + timedelta(days)
    text = FIGURES[order].format(d=day.day, m=day.month, y=f"{day.year % 100:02}", s="/")
    assert written_day(text, order, first) == day


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1/23/23", "month-first", date(2023, 1, 23)),
        ("23.1.2023", "day-first", date(2023, 1, 23)),
        ("23. 1. 2023", "day-first", date(2023, 1, 23)),
        ("2023/1/23", "year-first", date(2023, 1, 23)),
        ("20230123", "year-first", date(2023, 1, 23)),
        ("2/3/49", "day-first", date(2049, 3, 2)),
        ("2/3/50", "day-first", date(1950, 3, 2)),
        (" 2023-01-23 00:00:00 ", "year-first", date(2023, 1, 23)),
        ("29/02/2024", "day-first", date(2024, 2, 29)),
    ],
)
def test_days_as_systems_write_them(text: str, order: str, day: date) -> None:
    assert written_day(text, order, 1950) == day


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.sampled_from(["day-first", "month-first"]))
def test_a_month_by_its_name_is_read_wherever_it_stands(day: date, order: str) -> None:
    name, short = day.strftime("%B"), SHORT[day.month - 1]
    for text in (
        f"{day.day} {name} {day.year}", f"{day.day:02}-{short.upper()}-{day.year % 100:02}",
        f"{name} {day.day}, {day.year}", f"{short}. {day.day}, {day.year}", f"{day.day}. {name} {day.year}",
    ):  # fmt: skip
        assert written_day(text, order, 1950) == day, text
        assert written_day(text, "year-first", 1950) is None
    assert {MONTHS[word.casefold()] for word in (name, short)} == {day.month}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "text",
    ["", "soon", "31/04/2023", "31/31/2023", "0/1/2023", "1/2/3", "1/2/123", "1/2-2023", "12", "44927",
     "1/2/2023/4", "2023-02-30", "1 Mai 2023 x", "٣/١/٢٠٢٣", "3 Brumaire 2023", "-1/2/2023"],
)  # fmt: skip
def test_what_is_no_day_is_none(text: str, order: str) -> None:
    assert written_day(text, order, 1950) is None


@given(st.text(max_size=20), st.sampled_from(ORDERS))
def test_no_text_breaks_the_reading_of_a_day(text: str, order: str) -> None:
    found = written_day(text, order, 1950)
    assert found is None or isinstance(found, date)


@pytest.mark.parametrize(
    ("texts", "orders"),
    [
        (["1/23/23", "3/4/23"], ("month-first",)),
        (["23/1/23", "3/4/23"], ("day-first",)),
        (["3/4/23"], ("day-first", "month-first")),
        (["3/4/23", "2023-01-23"], ("day-first", "month-first")),
        (["2023-01-23"], ("year-first",)),
        (["2023-01-23", "20230124"], ("year-first",)),
        (["13/1/23", "1/13/23"], ()),
        (["unknown", "1/23/23"], ("month-first",)),
        (["unknown"], ()),
        ([], ()),
    ],
)
def test_which_orders_read_a_whole_sheet(texts: list[str], orders: tuple[str, ...]) -> None:
    assert orders_of(texts) == orders


@given(st.lists(st.dates(date(1950, 1, 1), date(2049, 12, 31)), min_size=1), st.sampled_from(sorted(FIGURES)))
def test_the_order_in_which_a_sheet_was_written_is_always_among_those(days: list[date], order: str) -> None:
    texts = [FIGURES[order].format(d=one.day, m=one.month, y=one.year, s="/") for one in days]
    assert order in orders_of(texts)


def _grouped(amount: Decimal, thousands: str, decimal: str) -> str:
    return f"{amount:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)


@given(st.decimals(0, 9_999_999, places=2), st.sampled_from(["", " ", "\u00a0", "\u202f", "'"]))
def test_any_amount_written_with_chosen_marks_comes_back(amount: Decimal, group: str) -> None:
    for marks, thousands, decimal in (("1,250.00", group or ",", "."), ("1.250,00", group or ".", ",")):
        found = written_amount(_grouped(amount, thousands, decimal), marks)
        assert found is not None
        assert Decimal(found) == amount
        assert marks in marks_of([_grouped(amount, thousands, decimal)]) or amount < 1000
    assert written_amount(str(amount), "1250.00") == str(amount)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("1,250.00", "1250.00"), ("1.250,00", "1,250.00"), ("1,250.00", "1.250,00"), ("1,25,000", "1,250.00"),
        ("12.50", "1.250,00"), ("12,50", "1,250.00"), ("1.250", "1,250.00"), ("1,250", "1.250,00"),
        ("1,250 000", "1,250.00"), ("1 2", "1,250.00"), ("", "1250.00"), ("x", "1.250,00"), ("١", "1250.00"),
    ],
)  # fmt: skip
def test_an_amount_that_is_written_otherwise_is_none(text: str, marks: str) -> None:
    assert written_amount(text, marks) is None


@pytest.mark.parametrize("marks", MARKS)
def test_a_number_of_a_spreadsheet_has_the_point_whatever_the_marks(marks: str) -> None:
    assert written_amount(NumberText(12.345), marks) == "12.345"
    assert marks_of([NumberText(12.345)]) == ()


@pytest.mark.parametrize(
    ("texts", "marks"),
    [
        (["1,250.00", "12"], ("1,250.00",)),
        (["£1,250"], ("1,250.00",)),
        (["1.250,00 €", "7,5"], ("1.250,00",)),
        (["1.250"], ("1.250,00",)),
        (["12.50", "1250"], ("1250.00",)),
        (["1,250", "12,50"], ()),
        (["1 250", "£3"], ("1,250.00", "1.250,00")),
        (["n/a"], ()),
        ([], ()),
    ],
)
def test_which_marks_read_a_whole_sheet(texts: list[str], marks: tuple[str, ...]) -> None:
    assert marks_of(texts) == marks


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("£1,250.00", ("1,250.00", "£")), ("1.250,00 €", ("1.250,00", "€")), ("GBP 12", ("12", "GBP")),
        ("12 gbp", ("12", "gbp")), ("US$ 7.50", ("7.50", "US$")), ("kr. 12", ("12", "kr.")),
        ("12", ("12", "")), ("£12 €", ("£12 €", "")), ("dear", ("dear", "")), ("NaN", ("NaN", "")),
        ("1E3", ("1E3", "")), ("-1", ("-1", "")), ("", ("", "")),
    ],
)  # fmt: skip
def test_a_sign_before_or_behind_is_parted_from_its_amount(text: str, parts: tuple[str, str]) -> None:
    assert split_sign(text) == parts


def test_a_sign_agrees_with_its_currencies_alone() -> None:
    assert sign_agrees("£", "GBP")
    assert sign_agrees("kr.", "SEK")
    assert sign_agrees("eur", "EUR")
    assert not sign_agrees("$", "GBP")
    assert not sign_agrees("EUR", "GBP")
    for sign, currencies in SIGNS.items():
        assert all(sign_agrees(sign, currency) for currency in currencies)
    assert sign_agrees("$", "AUD")
    assert not sign_agrees("?", "AUD")


@given(st.text(max_size=30), st.sampled_from(MARKS))
def test_no_text_breaks_the_reading_of_an_amount(text: str, marks: str) -> None:
    plain, sign = split_sign(text)
    assert plain in text
    assert sign in text
    found = written_amount(plain, marks)
    assert found is None or Decimal(found) == Decimal(found)
