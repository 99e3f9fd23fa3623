"""How a sheet of another system is read: said once, kept by name, nothing guessed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.formats.test_sheet import shared

from kilter.department.equipment import queries
from kilter.department.equipment.kinds import KIND, kind_of
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.intake.models import DeviceImport
from kilter.department.intake.reading import Reading, checked, own_name, proposed, understood
from kilter.department.intake.readings import names_of_readings, reading_named, save_mapping
from kilter.department.intake.register import import_devices, read_devices, reject_file
from kilter.department.intake.undoing import undo_import
from kilter.formats.sheet import NumberText, read_foreign_sheet
from kilter.measure.error import BadInput, NotFound
from kilter.measure.quantity import File, Sheet

pytestmark = pytest.mark.django_db

OLD = b"""Asset Tag;Make;Type;Category;Category;Bought;Price;Status\r
A1;Acme;V3;Infusion pump, syringe;x;31/01/20;\x801.250,00;In use\r
A2;Acme;V3;Infusion pump, syringe;x;1/2/2021;7,5 EUR;Scrapped\r
A3;Acme;V3;Scale;x;13/13/2021;1;In use\r
A4;Bolt;B1;Scale;x;;$ 3;Lost\r
"""
COLUMNS = {
    "Asset Tag": "asset", "Make": "maker", "Type": "model", "Category": "kind", "Category (2)": "",
    "Bought": "purchased", "Price": "cost", "Status": "state",
}  # fmt: skip
HOW = Reading(
    columns=COLUMNS,
    dates="day-first",
    amounts="1.250,00",
    all_rows={"currency": "EUR", "site": "Royal", "owner": "Trust", "class": "I"},
    words={"state": {"in use": "in_service", "scrapped": "condemned", "lost": "could_not_locate"}},
)


def old() -> Sheet:
    return read_foreign_sheet(File("old.csv", OLD)).sheet


def one(cells: dict[str, str], **how: Any) -> Any:
    """Read one row of a device that would do, with cells added, in a way."""
    row = {"asset": "X1", "maker": "Acme", "model": "V3", "kind": "pump", **cells}
    return read_devices(Sheet(tuple(row), (tuple(row.values()),)), checked(Reading(**how)))


def test_an_old_sheet_is_mapped_valued_saved_rejected_corrected_imported_and_undone(shop: Any) -> None:
    assert read_foreign_sheet(File("old.csv", OLD)).supposed == "windows-1252"
    save_mapping(by=shop.head, name="old system", columns=COLUMNS, reading=HOW)
    reading = reading_named("old system")
    assert reading == HOW
    rows = read_devices(old(), reading)
    assert rows.refused == [
        "row 4: purchased: '13/13/2021' is no day written with the day first",
        "row 5: cost: '$' is not of EUR, in which the row is",
    ]
    assert import_devices(by=shop.head, rows=rows, reason="old system", part=True) == 2
    first, second = (queries.device_by_asset(asset) for asset in ("A1", "A2"))
    assert (first.purchased, str(first.cost), first.currency) == (date(2020, 1, 31), "1250.00", "EUR")
    assert (second.purchased, str(second.cost), second.state) == (date(2021, 2, 1), "7.50", "condemned")
    assert (first.state, first.owner, first.location.name) == ("in_service", "Trust", "Royal")
    assert (first.model.kind, first.model.equipment_class) == ("infusion_pump_syringe", "I")

    rejected = reject_file(old(), rows)
    assert rejected.splitlines()[0] == "Asset Tag,Make,Type,Category,Category (2),Bought,Price,Status,reason"
    right = rejected.replace("13/13/2021", "13/12/2021").replace("$ 3", "€ 3")
    again = read_devices(read_foreign_sheet(File("r.csv", right.encode())).sheet, reading_named("old system"))
    # The third is of a model that the register has meanwhile, as another kind.
    assert again.refused == ["row 2: kind: Acme V3 is entered with kind infusion_pump_syringe, not scale"]
    assert import_devices(by=shop.head, rows=again, reason="rest", part=True) == 1
    assert queries.device_by_asset("A4").state == "could_not_locate"
    for batch in DeviceImport.objects.all():
        undo_import(by=shop.head, batch=batch, reason="wrong sheet")
    assert not Device.objects.filter(asset__startswith="A").exclude(state="entered_in_error").exists()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dates(date(1950, 1, 1), date(2049, 12, 31)),
    st.sampled_from([("day-first", "{0.day}/{0.month}/{1}"), ("month-first", "{0.month}/{0.day}/{1}")]),
    st.booleans(),
)
def test_a_day_in_a_chosen_order_is_the_devices(
    shop: Any, day: date, order: tuple[str, str], short: bool
) -> None:
    text = order[1].format(day, f"{day.year % 100:02}" if short else day.year)
    rows = one({"warranty_until": text}, dates=order[0])
    assert rows.refused == []
    assert rows.good[0]["warranty_until"] == day


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["A1", "a1", "B2", ""]), st.text(max_size=8)), max_size=6))
def test_a_reject_file_gives_the_same_refusals_again(shop: Any, cells: list[tuple[str, str]]) -> None:
    columns = {"No": "asset", "Bought": "installed", "Make": "maker"}
    body = tuple((asset, day, "Acme") for asset, day in cells)
    how = checked(Reading(columns=columns, dates="day-first", all_rows={"model": "V3", "kind": "pump"}))
    sheet = Sheet(("No", "Bought", "Make"), body)
    rows = read_devices(sheet, how)
    assert len(rows.good) + len(rows.reasons) == len(body)
    alone = [n for n in rows.reasons if "stands in row" not in rows.reasons[n]]
    text = reject_file(sheet, rows)
    try:
        back = read_foreign_sheet(
            File("r.csv", text.encode("utf-8", "surrogatepass")), encoding="utf-8"
        ).sheet
    except BadInput:  # characters that no file keeps
        return
    again = read_devices(back, how)
    assert len(back.rows) == len(rows.reasons)
    assert len(again.reasons) >= len(alone)


def test_of_a_day_that_is_open_the_whole_sheet_is_asked_about(shop: Any) -> None:
    for cells, field in (({"installed": "3/4/23"}, "dates"), ({"cost": "1,250"}, "amounts")):
        with pytest.raises(BadInput, match=f"{field}: say ") as caught:
            one(cells, dates="", amounts="")
        assert caught.value.field == field
    assert one({"installed": "2023-04-03", "cost": "12.50"}, dates="", amounts="").refused == []
    assert one({"installed": "soon"}, dates="", amounts="").refused[0].startswith("row 2: installed: must be")
    assert one({"cost": "dear"}, dates="", amounts="").refused[0].startswith("row 2: cost: must be an amount")


@pytest.mark.parametrize(
    ("cells", "how", "words"),
    [
        ({"installed": "3/4/23"}, {}, "installed: must be a day such as 2026-03-29"),
        (
            {"installed": "31/4/23"},
            {"dates": "day-first"},
            "installed: '31/4/23' is no day written with the day",
        ),
        ({"cost": "1,250.00"}, {}, "cost: must be an amount such as 1250.00"),
        ({"cost": "1.250,00"}, {"amounts": "1,250.00"}, "cost: '1.250,00' is no amount written as 1,250.00"),
        ({"cost": "$1"}, {}, "cost: '$' is not of GBP, in which the row is"),
        ({"cost": "£1", "currency": "EUR"}, {}, "cost: '£' is not of EUR, in which the row is"),
        ({"state": "In use"}, {}, "state: 'In use' is none; such as received, in_service"),
        ({"kind": "12-lead ECG"}, {}, "kind: '12-lead ECG' gives no key such as infusion_pump"),
        ({"site": "x" * 121}, {}, "site: longer than 120 characters"),
        ({"maker": "x" * 121}, {}, "maker: longer than 120 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_not_written_as_was_said_is_refused_by_row(
    shop: Any, cells: dict[str, str], how: dict[str, Any], words: str
) -> None:
    rows = one(cells, **how)
    assert rows.good == []
    assert rows.refused[0].startswith(f"row 2: {words}")


def test_a_sign_that_agrees_is_taken_off(shop: Any) -> None:
    for cells, how in (
        ({"cost": "£12.50"}, {}),
        ({"cost": "12,50 €"}, {"amounts": "1.250,00", "all_rows": {"currency": "EUR"}}),
        ({"cost": "EUR 12.50", "currency": "EUR"}, {}),
        ({"cost": NumberText(12.5)}, {"amounts": "1.250,00"}),
    ):
        rows = one(cells, **how)  # type: ignore[arg-type]
        assert rows.refused == []
        assert str(rows.good[0]["cost"]) == "12.50"


def test_a_number_of_a_spreadsheet_comes_back_from_a_reject_file_as_the_same_amount(shop: Any) -> None:
    columns = ("asset", "maker", "model", "kind", "Price")
    body = tuple(("", "Acme", "V3", "pump", NumberText(price)) for price in (12.345, 1250.5, 7))
    how = Reading(columns={"Price": "cost"}, amounts="1.250,00")
    sheet = Sheet(columns, body)
    text = reject_file(sheet, read_devices(sheet, how))
    right = "".join(f"A{n}{line}" if n else line for n, line in enumerate(text.splitlines(keepends=True)))
    again = read_devices(read_foreign_sheet(File("r.csv", right.encode())).sheet, how)
    assert [str(row["cost"]) for row in again.good] == ["1250.50", "7.00"]
    assert again.refused == ["row 2: cost: '12,345' is no amount written as 1.250,00"]


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"dates": "backwards"}, "dates"), ({"amounts": "1 250"}, "amounts"),
        ({"years_from": 1899}, "years_from"),
        ({"encoding": "ebcdic"}, "encoding"), ({"page": "x" * 101}, "page"),
        ({"all_rows": {"asset": "A1"}}, "all.asset"), ({"all_rows": {"colour": "red"}}, "all.colour"),
        ({"all_rows": {"installed": "soon"}}, "installed"), ({"all_rows": {"state": "returned"}}, "state"),
        ({"all_rows": {"class": "III"}}, "class"), ({"all_rows": {"kind": "1"}}, "kind"),
        ({"all_rows": {"owner": ""}}, "owner"), ({"all_rows": {"cost": "dear"}}, "cost"),
        ({"all_rows": {"kind": "pump"}, "columns": {"Type": "kind"}}, "all.kind"),
        ({"words": {"owner": {"a": "b"}}}, "words"), ({"words": {"state": {"gone": "returned"}}}, "state"),
        ({"words": {"kind": {str(n): "pump" for n in range(501)}}}, "words"),
        ({"words": {"kind": {"x" * 201: "pump"}}}, "words"), ({"columns": {"x" * 201: "kind"}}, "columns"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_reading_that_cannot_be_is_refused_by_its_part(shop: Any, how: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked(Reading(**how))
    assert caught.value.field == field
    if "columns" not in how:
        with pytest.raises(BadInput):
            save_mapping(by=shop.head, name="x", columns={"a": "asset"}, reading=Reading(**how))


def test_a_reading_of_no_name_says_which_there_are(shop: Any) -> None:
    save_mapping(by=shop.head, name="old", columns={"Make": "maker"})
    assert reading_named("old") == Reading(columns={"Make": "maker"})
    assert names_of_readings() == ["old"]
    with pytest.raises(NotFound, match="no reading is saved as 'new'; there are: old"):
        reading_named("new")


def test_a_model_of_the_register_needs_no_kind_and_no_class(shop: Any) -> None:
    known = Sheet(("asset", "maker", "model"), (("X1", "Northfield", "Infusa 3"), ("X2", "Other", "One")))
    rows = read_devices(known)
    assert rows.refused == ["row 3: kind: must be given; the register has no Other One"]
    assert (rows.good[0]["kind"], rows.good[0]["class"]) == ("infusion_pump", "I")
    assert import_devices(by=shop.head, rows=rows, reason="x", part=True) == 1
    assert DeviceModel.objects.filter(maker="Northfield").count() == 1
    with pytest.raises(BadInput, match="there is no column 'kind'"):
        read_devices(Sheet(("asset", "maker", "model"), (("X2", "Other", "One"),)))


def test_of_a_new_model_the_first_row_that_says_it_stands_for_all(shop: Any) -> None:
    columns = ("asset", "maker", "model", "kind", "class")
    cells = (("X1", "", ""), ("X2", "pump", "II"), ("X3", "pump", "I"), ("X4", "scale", ""), ("X5", "", "ii"))
    rows = read_devices(Sheet(columns, tuple((asset, "Acme", "V3", *more) for asset, *more in cells)))
    assert rows.refused == [
        "row 4: class: row 3 says II of Acme V3, not I",
        "row 5: kind: row 3 says pump of Acme V3, not scale",
    ]
    assert {(row["kind"], row["class"]) for row in rows.good} == {("pump", "II")}
    import_devices(by=shop.head, rows=rows, reason="x", part=True)
    assert DeviceModel.objects.get(maker="Acme").equipment_class == "II"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Infusion pump, syringe", "infusion_pump_syringe"), ("infusion_pump", "infusion_pump"),
        ("  Défibrillateur (semi-auto) ", "defibrillateur_semi_auto"), ("Größe", "grosse"),
        ("X-ray", "x_ray"),
    ],
)  # fmt: skip
def test_words_become_the_key_of_a_kind_by_one_rule(words: str, key: str) -> None:
    assert kind_of(words) == key


@given(st.text(max_size=80))
def test_what_becomes_a_key_is_one_and_stays_one(words: str) -> None:
    try:
        key = kind_of(words)
    except BadInput as problem:
        assert problem.field == "kind"
    else:
        assert KIND.fullmatch(key)
        assert kind_of(key) == kind_of(key.replace("_", " ")) == key


def test_words_that_need_no_translation_are_understood() -> None:
    assert understood("state", "In Service") == "in_service"
    assert understood("state", "Returned") == ""
    assert understood("class", "Class II") == "II"
    assert understood("kind", "Infusion pump") == "infusion_pump"
    assert understood("kind", "12") == ""
    assert (own_name("Asset"), own_name("Applied Part"), own_name("Colour")) == ("asset", "applied_part", "")


def test_one_way_alone_is_proposed_and_an_open_one_is_not(shop: Any) -> None:
    def of(*days: str, column: str = "installed") -> Any:
        sheet = Sheet(("d",), tuple((day,) for day in days))
        return proposed(sheet, Reading(columns={"d": column}, dates="", amounts=""))

    reading, ways = of("1/23/23", "3/4/23")
    assert (reading.dates, ways) == ("month-first", {"dates": ("month-first",)})
    reading, ways = of("3/4/23")
    assert (reading.dates, ways) == ("", {"dates": ("day-first", "month-first")})
    reading, ways = of("1.250,00", column="cost")
    assert (reading.amounts, ways) == ("1.250,00", {"amounts": ("1.250,00",)})
    reading, ways = of("3/4/23", column="owner")
    assert (reading.dates, ways) == ("", {})


def test_real_exports_are_read_as_they_are_said_to_be(shop: Any) -> None:
    columns = {
        "Asset Tag": "asset", "Manufacturer": "maker", "Model": "model", "Category": "kind",
        "Purchase Date": "purchased", "Purchase Cost": "cost", "Location": "location",
        "Order Number": "order_number", "Supplier": "supplier",
    }  # fmt: skip
    sheet = read_foreign_sheet(shared("assets-sample.csv")).sheet
    columns = {word: columns.get(word, "") for word in sheet.columns}
    reading, ways = proposed(sheet, Reading(columns=columns, dates="", all_rows={"site": "Royal"}))
    assert (reading.dates, ways["dates"]) == ("month-first", ("month-first",))
    rows = read_devices(sheet, checked(reading))
    assert len(rows.good) + len(rows.reasons) == len(sheet.rows)
    assert all(" says " in reason for reason in rows.reasons.values())
    assert rows.good[0]["purchased"] == date(2023, 1, 23)
    assert str(rows.good[0]["cost"]) == "2266.13"


def test_a_real_export_that_is_damaged_is_read_row_by_row(shop: Any) -> None:
    columns = {
        "Asset Tag": "asset", "Manufacturer": "maker", "Model name": "model", "Category (2)": "kind",
        "Purchase Date": "purchased", "Purchase Cost": "cost", "Location": "location", "Status": "state",
        "Serial": "serial",
    }  # fmt: skip
    sheet = read_foreign_sheet(shared("assets-sample-BAD.csv")).sheet
    columns = {word: columns.get(word, "") for word in sheet.columns}
    reading, _ = proposed(sheet, Reading(columns=columns, dates="", amounts=""))
    assert reading.dates == "month-first"
    counts = {row[sheet.columns.index("Status")].strip().casefold() for row in sheet.rows}
    words = {"state": {word: "received" for word in counts if word}}
    rows = read_devices(sheet, checked(Reading(**{**reading.as_data(), "words": words})))
    assert len(rows.good) + len(rows.reasons) == len(sheet.rows)
    assert rows.good
    assert not any(reason.startswith("purchased") for reason in rows.reasons.values())
    assert import_devices(by=shop.head, rows=rows, reason="old system", part=True) == len(rows.good)
