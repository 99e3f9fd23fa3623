"""Sheets of labels: every device once, in order; nothing as markup."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from kilter.formats.label import scan
from kilter.interfaces.reports.labels import MOST, SHEETS, DeviceLabel, labels_pdf, qr_svg
from kilter.measure.error import BadInput
from tests.interfaces.reports.test_certificate import read


def some(count: int) -> list[DeviceLabel]:
    return [DeviceLabel(f"ME{n:04d}", "Acme Volumatic", f"S{n}", f"kilter:{uuid4()}") for n in range(count)]


def pages_of(pdf: bytes) -> int:
    return len(read(pdf)[0].pages)


def text_of(pdf: bytes) -> str:
    return read(pdf)[1]


@pytest.mark.parametrize("sheet", sorted(SHEETS))
def test_a_full_sheet_is_one_page_and_one_more_makes_two(sheet: str) -> None:
    count = SHEETS[sheet].count
    assert pages_of(labels_pdf(some(count), sheet=sheet)) == 1
    assert pages_of(labels_pdf(some(count + 1), sheet=sheet)) == 2
    assert pages_of(labels_pdf(some(count), sheet=sheet, skip=1)) == 2


def test_every_device_is_on_it_in_order() -> None:
    text = text_of(labels_pdf(some(30), site="Royal Infirmary"))
    assert re.findall(r"ME\d{4}", text) == [f"ME{n:04d}" for n in range(30)]
    assert "SN S7" in text
    assert text.count("Royal Infirmary") == 30


@pytest.mark.parametrize("word", ["#import", "$x$", "*b*", "\u202e", "a" * 300, "<b>", "=ME"])
def test_no_text_is_read_as_markup(word: str) -> None:
    made = labels_pdf([DeviceLabel(word, word, word, f"kilter:{uuid4()}")], site=word)
    assert made.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": []}, "labels"),
        ({"labels": some(MOST + 1)}, "labels"),
        ({"sheet": "7"}, "sheet"),
        ({"skip": -1}, "skip"),
        ({"skip": 24}, "skip"),
        ({"skip": True}, "skip"),
    ],
)
def test_what_cannot_be_printed_is_named(change: dict[str, object], field: str) -> None:
    given = {"labels": some(1), **change}
    with pytest.raises(BadInput) as caught:
        labels_pdf(given.pop("labels"), **given)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_same_labels_give_the_same_bytes() -> None:
    labels = some(3)
    assert labels_pdf(labels) == labels_pdf(labels)


def test_the_code_is_the_address_and_our_own_scan_reads_it() -> None:
    import segno

    address = f"https://kilter.example/devices/{uuid4()}/"
    assert scan(address).scheme == "own"
    modules = sum(row.count(1) for row in segno.make(address, error="q", micro=False).matrix)
    assert qr_svg(address).count("<path") == 1
    assert modules > 300
