"""The sheets that regulations name: who stands on them, and exactly which columns."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from kilter.department.equipment import actions
from kilter.department.equipment.registers import names, regulations, sheet
from kilter.formats.sheet_writer import write_sheet
from kilter.measure.error import BadInput


@pytest.fixture
def model(lead):
    def make(kind, **more):
        given = {"maker": "Acme", "name": f"{kind} {len(more)}", "kind": kind, "equipment_class": "I"}
        given |= {"applied_part": "none", "power_cord": "permanent"}
        return actions.add_model(by=lead, fields={**given, **more})

    return make


def rows(key):
    columns, body = sheet(key)
    return [dict(zip(columns, row, strict=True)) for row in body]


def test_the_irmer_inventory_names_what_the_regulation_names(register, model, ward):
    register(
        asset="CT1", model=model("ct_scanner"), serial="S1", installed="2021-05-04", year_of_manufacture=2020
    )
    register(asset="PUMP")
    assert rows("irmer") == [
        {
            "manufacturer": "Acme", "model": "ct_scanner 0", "serial number": "S1", "asset number": "CT1",
            "year of manufacture": "2020", "year of installation": "2021",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kind"), [("loler", "patient_hoist"), ("pssr", "autoclave"), ("irmer", "linac")]
)
def test_a_kind_stands_on_its_list_unless_its_model_says_otherwise(register, model, key, kind):
    flag = regulations()[key].flag
    register(asset="A", model=model(kind))
    register(asset="B", model=model(kind, **{flag: False}))
    register(asset="C", model=model("bench", **{flag: True}))
    register(asset="D", model=model("stool"))
    assert [row["asset number"] for row in rows(key)] == ["A", "C"]


def test_what_is_gone_stands_only_in_the_whole_register(lead, register, model, ward):
    hoist = register(asset="H", model=model("sling"), location=ward)
    assert rows("loler")[0]["place"] == "Royal Infirmary / East Wing / Ward 7"
    actions.condemn(by=lead, device=hoist, reason="worn")
    assert rows("loler")[0]["state"] == "condemned"
    actions.dispose(by=lead, device=hoist, reason="cut up")
    assert rows("loler") == []
    assert [(row["asset"], row["state"]) for row in rows("full")] == [("H", "disposed")]


def test_there_is_no_other_sheet(db):
    assert list(names()) == ["full", "irmer", "loler", "pssr"]
    assert {one.read for one in regulations().values()} == {"no"}
    with pytest.raises(BadInput) as caught:
        sheet("everything")
    assert caught.value.field == "register"


def test_a_sheet_costs_the_same_however_long_it_is(register, ward, django_assert_num_queries):
    for _ in range(12):
        register(location=ward)
    with django_assert_num_queries(2):
        assert len(rows("full")) == 12


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@x", "\tx"])
def test_no_cell_starts_a_formula(text):
    assert write_sheet("csv", ["a"], [[text]]).decode("utf-8-sig").splitlines()[1].strip('"') == f"'{text}"
    cell = load_workbook(io.BytesIO(write_sheet("xlsx", ["a"], [[text]]))).active["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(BadInput) as caught:
        write_sheet("pdf", ["a"], [])
    assert caught.value.field == "kind"
