"""Devices and history out of spreadsheets: all or nothing, and a line for every row that will not do."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.department.equipment.actions import add_model
from kilter.department.equipment.models import Device, DeviceModel, LifecycleFact, Location
from kilter.department.equipment.search import search
from kilter.department.intake.register import import_devices, import_history, read_devices, read_history
from kilter.department.ledger import clock
from kilter.department.records.models import LegacyEvidence
from kilter.department.records.queries import last_passed
from kilter.formats.sheet import read_sheet
from kilter.measure.error import BadInput, KilterError, NotPermitted
from kilter.measure.quantity import File, Sheet

pytestmark = pytest.mark.django_db

NEEDED = ("asset", "maker", "model", "kind")
PAST = ("asset", "protocol", "date", "passed", "summary")
SAFETY = "medical_engineering.iec_62353"
NOON = datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/London"))


def sheet(columns: tuple[str, ...], *rows: tuple[str, ...]) -> Sheet:
    """A sheet as it is read from a file."""
    return Sheet(columns, rows)


def one(**cells: str) -> Sheet:
    """A sheet of one device that will do, with cells changed or added."""
    row = {"asset": "X1", "maker": "Acme", "model": "V3", "kind": "infusion_pump", **cells}
    return sheet(tuple(row), tuple(row.values()))


def bring(shop: Any, read: Sheet) -> int:
    """Read and import a sheet of devices in the head's name."""
    return import_devices(by=shop.head, rows=read_devices(read), reason="register of 2025")


@pytest.mark.parametrize("column", NEEDED)
def test_a_sheet_without_a_column_it_needs_is_refused_by_name(shop: Any, column: str) -> None:
    left = tuple(name for name in NEEDED if name != column)
    with pytest.raises(BadInput, match=f"there is no column '{column}'"):
        read_devices(sheet(left, ("x",) * 3))


def test_a_column_that_is_not_known_is_refused_and_not_passed_over(shop: Any) -> None:
    with pytest.raises(BadInput, match="'colour' is not known here; known are asset, serial"):
        read_devices(one(colour="blue"))


def test_columns_are_found_whatever_their_case_and_spaces(shop: Any) -> None:
    rows = read_devices(
        sheet(("Asset", "MAKER", "Model", "Kind", "Applied Part"), ("X1", "A", "B", "Pump", "cf"))
    )
    assert rows.refused == []
    assert (rows.good[0]["asset"], rows.good[0]["kind"], rows.good[0]["applied_part"]) == ("X1", "pump", "CF")


def test_a_column_without_a_name_is_left_alone(shop: Any) -> None:
    rows = read_devices(sheet((*NEEDED, ""), ("X1", "A", "B", "pump", "a remark in the margin")))
    assert (len(rows.good), rows.refused) == (1, [])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"asset": ""}, "row 2: asset: must be given"),
        ({"maker": ""}, "row 2: maker: must be given"),
        ({"model": " "}, "row 2: model: must be given"),
        ({"kind": ""}, "row 2: kind: must be given"),
        ({"asset": "x" * 41}, "row 2: asset: longer than 40 characters"),
        ({"serial": "a\x07b"}, "row 2: serial: holds characters that cannot be stored"),
        ({"state": "broken"}, "row 2: state: 'broken' is none; such as received, in_service"),
        ({"state": "returned"}, "row 2: state: 'returned' is none; such as received, in_service"),
        ({"class": "III"}, "row 2: class: 'iii' is none of I, II, none"),
        ({"applied_part": "D"}, "row 2: applied_part: 'd' is none of B, BF, CF, none"),
        ({"power_cord": "long"}, "row 2: power_cord: 'long' is none of detachable, fixed, none, permanent"),
        ({"installed": "31/01/2020"}, "row 2: installed: must be a day such as 2026-03-29"),
        ({"installed": "2026-02-30"}, "row 2: installed: must be a day such as 2026-03-29"),
        ({"cost": "1,250.00"}, "row 2: cost: must be an amount such as 1250.00"),
        ({"cost": "-1"}, "row 2: cost: must be an amount from 0, with at most two decimals"),
        ({"cost": "NaN"}, "row 2: cost: must be an amount such as 1250.00"),
        ({"currency": "pounds"}, "row 2: currency: must be three capital letters such as GBP"),
        ({"year_of_manufacture": "1066"}, "row 2: year_of_manufacture: must be a year from 1900 to"),
    ],
    ids=lambda value: next(iter(value.items())).__repr__()[:40] if isinstance(value, dict) else "",
)
def test_a_row_that_will_not_do_is_named_with_its_field(shop: Any, cells: dict[str, str], words: str) -> None:
    rows = read_devices(one(**cells))
    assert rows.good == []
    assert len(rows.refused) == 1
    assert rows.refused[0].startswith(words)
    with pytest.raises(BadInput, match="1 rows are refused; nothing was imported"):
        import_devices(by=shop.head, rows=rows, reason="x")
    assert not Device.objects.filter(asset="X1").exists()


def test_an_asset_number_that_comes_twice_names_the_first_row(shop: Any) -> None:
    rows = read_devices(sheet(NEEDED, ("x1", "A", "B", "pump"), ("X1", "A", "B", "pump")))
    assert rows.refused == ["row 3: asset: X1 stands in row 2 already"]
    assert len(rows.good) == 1


def test_an_asset_number_of_the_register_is_refused_whatever_its_case(shop: Any) -> None:
    rows = read_devices(one(asset="me0001"))
    words = "row 2: the asset number ME0001 is in the register already, with another"
    assert rows.refused == [f"{words} maker, model"]
    assert rows.good == []


def test_two_devices_of_one_serial_number_are_remarked_upon(shop: Any) -> None:
    columns = (*NEEDED, "serial")
    rows = read_devices(
        sheet(
            columns,
            ("X1", "A", "B", "pump", "s9"),
            ("X2", "A", "B", "pump", "S9"),
            ("X3", "A", "C", "pump", "S9"),
        )
    )
    assert rows.remarks == ["row 3: row 2 has the same model and serial S9"]
    assert len(rows.good) == 3


def test_a_sheet_makes_models_places_and_devices(shop: Any) -> None:
    columns = (
        *NEEDED,
        "class",
        "applied part",
        "power cord",
        "site",
        "building",
        "location",
        "room",
        "state",
        "cost",
    )
    like = ("Acme", "V3", "Infusion Pump", "1", "cf", "detachable", "Royal", "East", "Ward 7")
    made = bring(
        shop,
        sheet(columns, ("X1", *like, "Bay 2", "in_service", "1250.5"), ("X2", *like, "", "condemned", "")),
    )
    assert made == 2
    first, second = Device.objects.filter(asset__startswith="X").order_by("asset")
    assert (first.state, second.state) == ("in_service", "condemned")
    assert (str(first.cost), second.cost) == ("1250.50", None)
    assert first.model == second.model
    assert (first.model.kind, first.model.equipment_class, first.model.applied_part) == (
        "infusion_pump",
        "I",
        "CF",
    )
    assert first.location.parent == second.location
    assert [place.kind for place in Location.objects.order_by("pk")] == ["site", "building", "ward", "room"]
    assert LifecycleFact.objects.filter(device=first, reason="register of 2025").count() == 1
    assert search("acme ward 7 x2") == [second]


def test_a_second_sheet_uses_the_models_and_places_of_the_first(shop: Any) -> None:
    bring(shop, one(site="Royal", location="Ward 7"))
    bring(shop, one(asset="X2", site="Royal", location="Ward 7"))
    assert DeviceModel.objects.filter(maker="Acme").count() == 1
    assert Location.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"kind": "syringe_pump"}, "with kind infusion_pump, not syringe_pump"),
        ({"class": "II"}, "with class I, not II"),
        ({"applied_part": "CF"}, "with applied_part BF, not CF"),
        ({"power_cord": "fixed"}, "with power_cord detachable, not fixed"),
    ],
    ids=["kind", "class", "applied part", "power cord"],
)
def test_a_sheet_never_says_otherwise_of_a_model_than_the_register(
    shop: Any, cells: dict[str, str], words: str
) -> None:
    like = {"maker": "Northfield", "model": "Infusa 3", "class": "I", "applied_part": "BF"}
    rows = read_devices(one(**{**like, **cells}))
    assert rows.good == []
    assert rows.refused[0].endswith(words)
    assert f"Northfield Infusa 3 is entered {words}" in rows.refused[0]
    with pytest.raises(BadInput, match="nothing was imported"):
        bring(shop, one(**{**like, **cells}))
    assert Device.objects.count() == 2
    assert bring(shop, one(**like)) == 1  # nothing said of the cord


@pytest.mark.parametrize("column", ["class", "kind"])
def test_a_model_that_is_entered_meanwhile_with_other_words_stops_the_import(shop: Any, column: str) -> None:
    rows = read_devices(one(**{"class": "II"}))
    entered = {"maker": "Acme", "name": "V3", "kind": "infusion_pump", "equipment_class": "II"}
    entered |= {"kind": "scale"} if column == "kind" else {"equipment_class": "I"}
    add_model(by=shop.head, fields={**entered, "applied_part": "none", "power_cord": "none"})
    with pytest.raises(BadInput, match=f"row 2: Acme V3 is entered with {column}"):
        import_devices(by=shop.head, rows=rows, reason="x")


def test_a_wrong_row_at_the_end_leaves_nothing_of_those_before(shop: Any) -> None:
    read = read_devices(
        sheet(
            (*NEEDED, "site", "class"),
            ("X1", "New", "Model", "pump", "Elsewhere", ""),
            ("X2", "Other", "One", "pump", "", "I"),
        )
    )
    add_model(
        by=shop.head,
        fields={
            "maker": "Other", "name": "One", "kind": "pump", "equipment_class": "II", "applied_part": "none",
            "power_cord": "none",
        },
    )  # fmt: skip
    with pytest.raises(BadInput, match="row 3"):
        import_devices(by=shop.head, rows=read, reason="x")
    assert not DeviceModel.objects.filter(maker="New").exists()
    assert not Location.objects.filter(name="Elsewhere").exists()
    assert not Device.objects.filter(asset="X1").exists()


def test_who_may_not_register_imports_nothing(shop: Any, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        import_devices(by=hire("technologist"), rows=read_devices(one()), reason="x")
    assert not Device.objects.filter(asset="X1").exists()


def workbook(*rows: tuple[object, ...]) -> File:
    """An XLSX file whose cells have the types that a spreadsheet gives them."""
    from openpyxl import Workbook

    book, packed = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(packed)
    return File("register.xlsx", packed.getvalue())


def test_a_spreadsheet_gives_days_years_and_numbers_as_a_person_sees_them(shop: Any) -> None:
    file = workbook(
        (*NEEDED, "serial", "installed", "purchased", "year of manufacture", "cost"),
        ("X1", "Acme", "V3", "pump", 20417, date(2020, 1, 31), datetime(2019, 12, 1), 2019, 1250.5),  # noqa: DTZ001
    )
    rows = read_devices(read_sheet(file, field="file"))
    assert rows.refused == []
    assert import_devices(by=shop.head, rows=rows, reason="x") == 1
    made = Device.objects.get(asset="X1")
    assert (made.serial, made.installed, made.purchased) == ("20417", date(2020, 1, 31), date(2019, 12, 1))
    assert (made.year_of_manufacture, str(made.cost)) == (2019, "1250.50")


def past(*rows: tuple[str, ...]) -> Sheet:
    return sheet(PAST, *rows)


def test_history_moves_what_is_due_and_is_no_record(shop: Any) -> None:
    rows = read_history(past(("me0001", SAFETY, "2025-11-02", "Yes", "all well")))
    assert rows.refused == []
    assert import_history(by=shop.head, rows=rows, source="old system") == 1
    row = LegacyEvidence.objects.get()
    assert (row.device, row.passed, row.summary, row.source) == (shop.pump, True, "all well", "old system")
    assert last_passed()[shop.pump.pk, SAFETY] == row.performed_at
    assert shop.pump.records.count() == 0


def test_history_that_failed_moves_nothing(shop: Any) -> None:
    import_history(
        by=shop.head, rows=read_history(past(("ME0001", SAFETY, "2025-11-02", "f", ""))), source="old system"
    )
    assert last_passed() == {}


def test_the_same_history_twice_is_kept_once(shop: Any) -> None:
    for _ in range(2):
        rows = read_history(past(("ME0001", SAFETY, "2025-11-02", "yes", "")))
        import_history(by=shop.head, rows=rows, source="old system")
    assert LegacyEvidence.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("X9", SAFETY, "2025-11-02", "yes", ""), "row 2: there is no device X9"),
        (("", SAFETY, "2025-11-02", "yes", ""), "row 2: there is no device"),
        (("ME0001", "astrology", "2025-11-02", "yes", ""), "row 2: there is no protocol 'astrology'"),
        (
            ("ME0001", SAFETY, "2 Nov 2025", "yes", ""),
            "row 2: date: '2 Nov 2025' is no day such as 2026-03-29",
        ),
        (("ME0001", SAFETY, "2999-01-01", "yes", ""), "row 2: date: 2999-01-01 lies in the future"),
        (("ME0001", SAFETY, "2025-11-02", "perhaps", ""), "row 2: passed: 'perhaps' is neither yes nor no"),
        (("ME0001", SAFETY, "2025-11-02", "", ""), "row 2: passed: '' is neither yes nor no"),
    ],
    ids=["device", "no device", "protocol", "date", "future", "passed", "not said"],
)
def test_a_line_of_history_that_will_not_do_is_named(shop: Any, row: tuple[str, ...], words: str) -> None:
    rows = read_history(past(row, ("ME0001", SAFETY, "2025-11-02", "yes", "")))
    assert rows.refused == [words] or rows.refused[0].startswith(words)
    assert len(rows.good) == 1
    with pytest.raises(BadInput, match="nothing was imported"):
        import_history(by=shop.head, rows=rows, source="old system")
    assert LegacyEvidence.objects.count() == 0


def test_history_needs_its_columns(shop: Any) -> None:
    with pytest.raises(BadInput, match="there is no column 'passed'"):
        read_history(sheet(("asset", "protocol", "date"), ("ME0001", SAFETY, "2025-11-02")))


@pytest.mark.parametrize("hours", [-11, 3], ids=["one in the morning", "three in the afternoon"])
def test_what_was_tested_today_is_taken_at_any_hour_and_tomorrow_at_none(shop: Any, hours: int) -> None:
    with clock.at(NOON + timedelta(days=365, hours=hours)):
        today = (NOON + timedelta(days=365)).date()
        lines = [("ME0001", SAFETY, f"{day}", "yes", "") for day in (today, today + timedelta(days=1))]
        rows = read_history(past(*lines))
        assert rows.refused == [f"row 3: date: {today + timedelta(days=1)} lies in the future"]
        assert rows.good[0]["past"].performed_at.astimezone(NOON.tzinfo).date() == today
        assert import_history(by=shop.head, rows=read_history(past(lines[0])), source="old system") == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.text(max_size=12)] * 5), max_size=4))
def test_whatever_stands_in_a_sheet_is_read_or_refused_by_row(
    shop: Any, cells: list[tuple[str, ...]]
) -> None:
    for read, columns in ((read_devices, (*NEEDED, "installed")), (read_history, PAST)):
        try:
            rows = read(Sheet(columns, tuple(cells)))
        except KilterError:
            pytest.fail("only a column refuses a whole sheet")
        assert len(rows.good) + len(rows.refused) == len(cells)
        assert all(line.startswith("row ") for line in rows.refused)
