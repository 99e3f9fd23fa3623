"""Sheets of devices on going live: mapped, in part, put right and sent again, undone; exports come back."""

from __future__ import annotations

import random
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.equipment import actions, queries, registers
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.equipment.search import search
from kilter.department.intake.duplicates import near, spelling
from kilter.department.intake.models import ColumnMapping, DeviceImport
from kilter.department.intake.reading import mapped
from kilter.department.intake.readings import save_mapping
from kilter.department.intake.register import import_devices, read_devices, reject_file
from kilter.department.intake.undoing import import_by_uuid, undo_import
from kilter.department.ledger.models import AuditEntry
from kilter.formats.sheet import read_sheet
from kilter.formats.sheet_writer import write_sheet
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted
from kilter.measure.quantity import File, Sheet

pytestmark = pytest.mark.django_db

NEEDED = ("asset", "maker", "model", "kind")


def some(*assets: str, **more: str) -> Sheet:
    """A sheet of pumps."""
    cells = tuple(more.values())
    return Sheet((*NEEDED, *more), tuple((asset, "Acme", "V3", "pump", *cells) for asset in assets))


def bring(shop: Any, sheet: Sheet, **more: Any) -> DeviceImport:
    import_devices(by=shop.head, rows=read_devices(sheet), reason="old register", **more)
    return DeviceImport.objects.first()


def test_columns_are_mapped_kept_or_left_out(shop: Any) -> None:
    sheet = Sheet(("Asset No", "Make", "model", "Type", "Colour"), (("X1", "Acme", "V3", "pump", "red"),))
    columns = {"Asset No": "asset", "Make": "maker", "Type": "kind", "Colour": ""}
    rows = read_devices(mapped(sheet, columns))
    assert (rows.refused, rows.good[0]["asset"], rows.good[0]["maker"]) == ([], "X1", "Acme")
    for wrong in ({"Make": "colour"}, {"Make": "model"}, {"Asset No": "maker", "Make": "maker"}):
        with pytest.raises(BadInput) as caught:
            mapped(sheet, wrong)
        assert caught.value.field == "columns"


def test_a_mapping_is_saved_by_name_and_replaced(shop: Any) -> None:
    save_mapping(by=shop.head, name="old system", columns={"Make": "maker"})
    save_mapping(by=shop.head, name="old system", columns={"Make": "maker", "Colour": ""})
    assert ColumnMapping.objects.get().columns == {"Make": "maker", "Colour": ""}
    for name, columns in (("", {"a": ""}), ("x", {}), ("x", {"a": "none such"}), ("x", {"a": "\x00"})):
        with pytest.raises(BadInput):
            save_mapping(by=shop.head, name=name, columns=columns)
    with pytest.raises(NotPermitted):
        save_mapping(by=shop.engineer, name="x", columns={"a": ""})


def test_the_reject_file_says_why_and_comes_back_when_it_is_put_right(shop: Any) -> None:
    sheet = Sheet(
        (*NEEDED, "cost"), (("A1", "Acme", "V3", "pump", "1.00"), ("A2", "Acme", "V3", "pump", "dear"))
    )
    rows = read_devices(sheet)
    with pytest.raises(BadInput, match="1 rows are refused; nothing was imported"):
        import_devices(by=shop.head, rows=rows, reason="x")
    assert import_devices(by=shop.head, rows=rows, reason="x", part=True) == 1
    rejected = reject_file(sheet, rows)
    assert rejected.splitlines()[0] == "asset,maker,model,kind,cost,reason"
    assert rejected.splitlines()[1].startswith("A2,Acme,V3,pump,dear,cost: must be an amount")
    right = read_sheet(File("r.csv", rejected.replace("dear", "2.00").encode()))
    again = read_devices(right)
    assert (again.refused, len(again.good)) == ([], 1)
    import_devices(by=shop.head, rows=again, reason="x")
    assert reject_file(right, again) == "asset,maker,model,kind,cost,reason\r\n"
    assert {one.asset for one in Device.objects.filter(batch__isnull=False)} == {"A1", "A2"}


def test_one_import_is_one_activity_of_its_own(shop: Any) -> None:
    before = AuditEntry.objects.order_by("-pk")[0].pk
    batch = bring(shop, some("A1", "A2"))
    entries = AuditEntry.objects.filter(
        pk__gt=before, activity__in=("intake.import_devices", "equipment.register_devices")
    )
    assert sorted(entries.values_list("activity", "count")) == [
        ("equipment.register_devices", 2),
        ("intake.import_devices", 2),
    ]
    assert (batch.count, import_by_uuid(batch.uuid)) == (2, batch)
    with pytest.raises(BadInput, match="no device in it"):
        bring(shop, some("A1", "A2"))


def test_an_import_is_undone_and_its_numbers_are_free(shop: Any) -> None:
    batch = bring(shop, some("A1", "A2", serial="S9"))
    assert undo_import(by=shop.head, batch=batch, reason="wrong sheet") == 2
    assert search("A1") == queries.devices_by_serial("S9") == []
    with pytest.raises(NotFound):
        queries.device_by_asset("A1")
    with pytest.raises(Conflict, match="undone before"):
        undo_import(by=shop.head, batch=batch, reason="again")
    bring(shop, some("A1"))
    assert queries.device_by_asset("A1").state == "received"
    gone = Device.objects.filter(state="entered_in_error")
    assert {one.asset for one in gone} == {"A1", "A2"}
    assert [fact.verb for fact in gone[0].facts.order_by("id")] == ["register", "enter_in_error"]


@pytest.mark.parametrize("work", ["edit", "hold", "move on", "draft", "part", "contract"])
def test_an_import_that_was_worked_on_is_not_undone_and_says_by_which_device(shop: Any, work: str) -> None:
    batch = bring(shop, some("A1", "A2", "A3"))
    device = queries.device_by_asset("A2")
    if work == "edit":
        actions.edit_device(by=shop.head, device=device, version=1, changes={"owner": "x"})
    elif work == "hold":
        actions.place_hold(by=shop.head, device=device, cause="fault", text="x")
    elif work == "move on":
        actions.report_lost(by=shop.head, device=device, reason="x")
    elif work == "draft":
        shop.pump = device
        shop.draft(content={"steps": {}, "instruments": []})
    elif work == "part":
        actions.edit_device(by=shop.head, device=shop.pump, version=1, changes={"parent": device})
    else:
        firm = actions.add_supplier(by=shop.head, fields={"name": "F"})
        terms = {
            "supplier": firm,
            "number": "1",
            "kind": "full",
            "starts": "2026-01-01",
            "ends": "2026-12-31",
        }
        actions.add_contract(by=shop.head, fields=terms, devices=[device])
    with pytest.raises(Conflict, match="worked on since: A2; nothing was taken back"):
        undo_import(by=shop.head, batch=batch, reason="wrong sheet")
    assert not Device.objects.filter(state="entered_in_error").exists()


def test_spellings_that_are_near_are_said_and_not_decided(shop: Any) -> None:
    sheet = Sheet(
        NEEDED, (("A1", "NORTHFEILD", "Infusa 3", "infusion_pump"), ("A2", "Northfield", "Infusa-3", "pump"))
    )
    rows = read_devices(sheet)
    assert rows.remarks == [
        "row 2: the maker 'NORTHFEILD' is nearly 'Northfield' of the register",
        "row 3: the model 'Infusa-3' is nearly 'Infusa 3' of Northfield",
    ]
    assert len(rows.good) == 2
    assert read_devices(Sheet(NEEDED, (("A1", "Northfield", "Infusa 4", "infusion_pump"),))).remarks == []


def test_the_same_maker_and_serial_under_another_number_is_said(shop: Any) -> None:
    sheet = Sheet((*NEEDED, "serial"), (("A1", "northfield", "Infusa 9", "pump", "s1"),))
    assert "row 2: ME0001 has the same maker and serial S1" in read_devices(sheet).remarks


@given(name=st.text(max_size=20))
def test_a_spelling_is_its_own_and_a_known_name_is_near_to_nothing(name: str) -> None:
    assert spelling(spelling(name)) == spelling(name)
    assert near(name, [name, name + "x"]) == ""


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_imported_again_changes_nothing(shop: Any, kind: str) -> None:
    site = actions.add_location(by=shop.head, name="Royal", kind="site")
    ward = actions.add_location(by=shop.head, name="Ward 7", kind="ward", parent=site)
    changes = {
        "location": ward, "owner": "=Renal", "cost": "12.50", "installed": "2020-02-29",
        "notes": "a, b\n\"c\"",
        "holds_data": True, "expected_life_years": 9, "year_of_manufacture": 2019, "supplier": "0012",
    }  # fmt: skip
    actions.edit_device(by=shop.head, device=shop.pump, version=1, changes=changes)
    columns, body = registers.sheet("full")
    made = write_sheet(kind, columns, body, raw=True)
    rows = read_devices(read_sheet(File(f"register.{kind}", made)))
    assert (rows.refused, rows.good, rows.unchanged) == ([], [], 2)
    assert (Device.objects.count(), DeviceModel.objects.count()) == (2, 2)


@pytest.mark.parametrize("cell", ["owner", "class", "state", "place", "model"])
def test_what_an_export_says_otherwise_is_named(shop: Any, cell: str) -> None:
    columns, body = registers.sheet("full")
    rows = [dict(zip(columns, row, strict=True)) for row in body]
    name = "site" if cell == "place" else cell
    rows[0][name] = {"owner": "Renal", "class": "II", "state": "condemned", "model": "X"}.get(cell, "Western")
    read = read_devices(Sheet(tuple(columns), tuple(tuple(row.values()) for row in rows)))
    words = f"the asset number ME0001 is in the register already, with another {cell}"
    assert (read.refused, read.unchanged) == ([f"row 2: {words}"], 1)


def _mutated(raw: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut out, doubled, or the end cut off."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        act = rng.randrange(4)
        if act == 0:
            data[at] = rng.randrange(256)
        elif act == 1:
            del data[at : at + rng.randint(1, 20)]
        elif act == 2:
            data[at:at] = data[at : at + rng.randint(1, 20)]
        else:
            data[at:at] = rng.choice([b'"', b",", b"\r\n", b"\x00", "\ud7ffé".encode(), b"=1+1", b"\xff"])
        if not data:
            return b"x"
    return bytes(data)


def _repacked(raw: bytes, rng: random.Random) -> bytes:
    """One part inside an XLSX damaged, and packed again, so that the damage is met behind the zip."""
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as packed, zipfile.ZipFile(out, "w") as made:
        chosen = rng.choice(packed.namelist())
        for name in packed.namelist():
            part = packed.read(name)
            made.writestr(name, _mutated(part, rng) if name == chosen else part)
    return out.getvalue()


def _fuzz(kind: str, count: int) -> None:
    columns, body = registers.sheet("full")
    whole = write_sheet(
        kind, columns, [*body, *([f"F{n}", *[""] * (len(columns) - 1)] for n in range(3))], raw=True
    )
    rng = random.Random(20260601)
    for number in range(count):
        damage = _repacked if kind == "xlsx" and number % 2 else _mutated
        changed = damage(whole, rng)
        try:
            read_devices(read_sheet(File(f"f.{kind}", changed), field="file"))
        except KilterError as problem:
            assert problem.field == "file"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_damaged_file_is_read_or_refused_by_name(shop: Any, kind: str) -> None:
    _fuzz(kind, 500)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_thousand_damaged_files(shop: Any, kind: str) -> None:
    _fuzz(kind, 10_000)
