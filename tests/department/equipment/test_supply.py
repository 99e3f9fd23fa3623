"""Suppliers, contracts, documents, codes: refusals by name, what covers a device, what ends soon."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kilter.department.equipment import actions, queries, supplies
from kilter.department.equipment.models import Contract, Document, ModelCode, Supplier
from kilter.department.ledger import files
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import BadInput, Conflict, NotFound

DAY = date(2026, 6, 1)


@pytest.fixture
def firm(lead):
    return actions.add_supplier(by=lead, fields={"name": "Northfield Medical", "phone": "0131 496 0000"})


@pytest.fixture
def contract(lead, firm):
    def make(**fields):
        given = {
            "supplier": firm, "number": f"C{Contract.objects.count()}", "kind": "full",
            "starts": DAY - timedelta(days=100), "ends": DAY + timedelta(days=30),
        }  # fmt: skip
        scope = {name: fields.pop(name) for name in ("devices", "models") if name in fields}
        return actions.add_contract(by=lead, fields={**given, **fields}, **scope)

    return make


@pytest.fixture
def paper(db):
    return files.store(b"%PDF-1.7 a manual", media_type="application/pdf")


def test_a_supplier_is_one_in_every_case_of_its_name(lead, firm):
    with pytest.raises(Conflict) as caught:
        actions.add_supplier(by=lead, fields={"name": "NORTHFIELD medical"})
    assert caught.value.field == "name"
    other = actions.add_supplier(by=lead, fields={"name": "Calibra"})
    with pytest.raises(Conflict):
        actions.edit_supplier(by=lead, supplier=other, changes={"name": "northfield Medical"})
    renamed = actions.edit_supplier(
        by=lead, supplier=firm, changes={"name": "Northfield", "email": "a@b.example"}
    )
    assert supplies.supplier_named("NORTHFIELD") == renamed
    assert supplies.supplier_named("Northfield Medical") is None
    assert supplies.supplier_named("") is None
    entry = AuditEntry.objects.get(activity="equipment.edit_supplier")
    assert entry.detail == {"name": ["Northfield Medical", "Northfield"], "email": ["", "a@b.example"]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 121}, "name"), ({"name": "a\x00"}, "name"),
        ({"name": "A", "phone": 7}, "phone"), ({"name": "A", "colour": "red"}, "colour"),
        ({"name": "A", "name_key": "B"}, "name_key"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_supplier_is_named(lead, fields, field):
    with pytest.raises(BadInput) as caught:
        actions.add_supplier(by=lead, fields=fields)
    assert caught.value.field == field
    assert not Supplier.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"supplier": None}, "supplier"), ({"supplier": "Northfield"}, "supplier"),
        ({"number": ""}, "number"),
        ({"kind": "gold"}, "kind"), ({"starts": None}, "starts"), ({"ends": "31/12/2026"}, "ends"),
        ({"ends": DAY - timedelta(days=101)}, "ends"), ({"cost": "-1"}, "cost"),
        ({"response_hours": 0}, "response_hours"), ({"repair_hours": "4.5"}, "repair_hours"),
        ({"repair_hours": True}, "repair_hours"), ({"currency": "pounds"}, "currency"), ({"id": 3}, "id"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_contract_is_named(contract, fields, field):
    with pytest.raises(BadInput) as caught:
        contract(**fields)
    assert caught.value.field == field
    assert not Contract.objects.exists()


def test_a_contract_of_one_day_will_do_and_its_number_is_taken_once(contract):
    made = contract(number="7", starts=DAY, ends=DAY, response_hours="8", cost="1200.00")
    assert (made.response_hours, str(made.cost)) == (8, "1200.00")
    with pytest.raises(Conflict, match="contract 7 is entered already"):
        contract(number="7")


def test_a_device_is_covered_by_itself_or_by_its_model_and_only_while_it_runs(contract, register, pump_model):
    device, other = register(), register()
    own, ofmodel = contract(devices=[device]), contract(models=[pump_model], ends=DAY + timedelta(days=60))
    both = contract(devices=[device], models=[pump_model], ends=DAY + timedelta(days=90))
    contract(devices=[device], starts=DAY + timedelta(days=1))
    contract(devices=[device], ends=DAY - timedelta(days=1))
    assert supplies.contracts_of(device, DAY) == [own, ofmodel, both]
    assert supplies.contracts_of(other, DAY) == [ofmodel, both]


def test_what_a_contract_covers_is_edited_and_audited(lead, contract, register):
    first, second = register(), register()
    made = contract(devices=[first])
    actions.edit_contract(by=lead, contract=made, changes={"notes": "longer"}, devices=[second])
    assert supplies.contracts_of(first, DAY) == []
    assert supplies.contracts_of(second, DAY) == [made]
    actions.edit_contract(by=lead, contract=made, changes={})
    assert supplies.contracts_of(second, DAY) == [made]
    detail = AuditEntry.objects.filter(activity="equipment.edit_contract").order_by("id")[0].detail
    assert detail == {"notes": ["", "longer"], "devices": [[first.asset], [second.asset]]}
    with pytest.raises(BadInput) as caught:
        actions.edit_contract(by=lead, contract=made, changes={"starts": "2099-01-01"})
    assert caught.value.field == "ends"


@given(ends=st.lists(st.integers(-50, 50), max_size=6), days=st.integers(0, 60))
@hypothesis_settings(max_examples=25)
def test_what_ends_within_some_days_is_exactly_that(contract, ends, days):
    Contract.objects.all().delete()
    for end in ends:
        contract(ends=DAY + timedelta(days=end), starts=DAY - timedelta(days=51))
    found = [(one.ends - DAY).days for one in supplies.ending_within(days, DAY)]
    assert found == sorted(end for end in ends if 0 <= end <= days)


@pytest.mark.parametrize("days", [-1, 3661, True, "30", 1.5])
def test_a_number_of_days_that_is_none(db, days):
    with pytest.raises(BadInput) as caught:
        supplies.ending_within(days, DAY)
    assert caught.value.field == "days"


def test_documents_stand_with_what_they_were_attached_to(lead, register, pump_model, firm, contract, paper):
    device, agreed = register(), contract()
    made = [
        actions.attach_document(by=lead, to=one, file=paper, name="m.pdf", title=f"of {one}", kind="other")
        for one in (device, pump_model, firm, agreed)
    ]
    assert supplies.documents_of(device) == [made[1], made[0]]
    assert supplies.documents_of(register()) == [made[1]]
    assert [supplies.documents_of(one) for one in (pump_model, firm, agreed)] == [[one] for one in made[1:]]
    actions.withdraw_document(by=lead, document=made[0], reason="superseded")
    assert supplies.documents_of(device) == [made[1]]
    assert supplies.document_by_uuid(made[0].uuid).withdrawn_by == lead
    with pytest.raises(Conflict, match="withdrawn before"):
        actions.withdraw_document(by=lead, document=made[0], reason="again")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": None}, "to"), ({"to": "ME-1"}, "to"), ({"file": b"x"}, "file"), ({"title": " "}, "title"),
        ({"name": ""}, "name"), ({"kind": "poem"}, "kind"), ({"dated": "yesterday"}, "dated"),
    ],
)  # fmt: skip
def test_a_document_that_will_not_do_is_named(lead, register, paper, change, field):
    given = {"to": register(), "file": paper, "name": "m.pdf", "title": "Manual", "kind": "user_manual"}
    with pytest.raises(BadInput) as caught:
        actions.attach_document(by=lead, **{**given, **change})
    assert caught.value.field == field
    assert not Document.objects.exists()


def test_a_model_bears_many_codes_and_each_once(lead, pump_model):
    codes = [("GMDN", "13215", "Infusion pump"), ("EMDN", "Z12030301", ""), ("GMDN", "35849", "")]
    actions.set_model_codes(by=lead, model=pump_model, codes=codes)
    assert [str(one) for one in pump_model.codes.order_by("id")] == [
        "GMDN 13215",
        "EMDN Z12030301",
        "GMDN 35849",
    ]
    actions.set_model_codes(by=lead, model=pump_model, codes=codes[:1])
    assert ModelCode.objects.get().term == "Infusion pump"
    for wrong in ([codes[0], codes[0]], [("", "1", "")], [("GMDN", " ", "")], [("G", "1", "x" * 301)]):
        with pytest.raises(BadInput):
            actions.set_model_codes(by=lead, model=pump_model, codes=wrong)
    with pytest.raises(BadInput, match="at most 50"):
        actions.set_model_codes(by=lead, model=pump_model, codes=[("G", str(n), "") for n in range(51)])
    assert ModelCode.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"connector": "bayonet"}, "connector"), ({"laser_class": "5"}, "laser_class"),
        ({"radioactive_source": "yes"}, "radioactive_source"), ({"controlled_area": None}, "controlled_area"),
        ({"ionising": "no"}, "ionising"), ({"nomenclature_code": "1"}, "nomenclature_code"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_model_is_named(lead, pump_model, changes, field):
    with pytest.raises(BadInput) as caught:
        actions.edit_model(by=lead, model=pump_model, changes=changes)
    assert caught.value.field == field


def test_what_a_model_says_of_hazards(lead, pump_model):
    changes = {"connector": "neural", "laser_class": "3B", "radioactive_source": True, "ionising": None}
    model = actions.edit_model(by=lead, model=pump_model, changes=changes)
    assert (model.get_connector_display(), model.get_laser_class_display()) == (
        "neuraxial (ISO 80369-6, NRFit)",
        "class 3B",
    )
    assert supplies.model_by_uuid(model.uuid) == model


def test_a_device_may_say_otherwise_than_its_model(lead, register, pump_model):
    device = register(holds_data="yes", expected_life_years="12", custodian="Sister Grey", udi="(01)123")
    assert (device.bears_data, device.expected_life_years, device.custodian) == (True, 12, "Sister Grey")
    plain = register()
    assert not plain.bears_data
    actions.edit_model(by=lead, model=pump_model, changes={"holds_data": True})
    assert queries.device_by_uuid(plain.uuid).bears_data
    actions.edit_device(by=lead, device=plain, version=1, changes={"holds_data": "no"})
    assert not queries.device_by_uuid(plain.uuid).bears_data
    for wrong in ({"holds_data": "perhaps"}, {"expected_life_years": 0}, {"expected_life_years": "61"}):
        with pytest.raises(BadInput) as caught:
            register(**wrong)
        assert caught.value.field == next(iter(wrong))


def test_what_is_not_there_is_not_found(db):
    from uuid import uuid4

    for ask in (
        supplies.supplier_by_uuid, supplies.contract_by_uuid, supplies.model_by_uuid,
        supplies.document_by_uuid,
    ):  # fmt: skip
        with pytest.raises(NotFound):
            ask(uuid4())
