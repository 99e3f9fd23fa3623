"""Models beside what their makers declared: completed by identifier, nothing typed overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from tests.formats.test_gudid import TERMS, di, file_of, record
from tests.formats.test_sheet import shared

from kilter.department.equipment import actions, gudid
from kilter.department.equipment.models import DeviceModel, ModelCode
from kilter.department.ledger.models import AuditEntry
from kilter.formats.gudid import GmdnTerm, GudidDevice, GudidProblem, read_gudid
from kilter.measure.error import BadInput, NotPermitted

pytestmark = pytest.mark.django_db

NEW = {"equipment_class": "I", "applied_part": "CF", "power_cord": "detachable"}
DECLARED = GudidDevice(
    number=1, identifier=di(1), agency="GS1", maker="Northfield", brand="Infusa", model="Infusa 3",
    catalogue_number="C-1", terms=TERMS, label=("serial",), single_use=False, mri_safety="unsafe",
    distribution_ended=date(2030, 1, 1),
)  # fmt: skip


@pytest.fixture
def model(shop: Any) -> DeviceModel:
    """A model of the register that bears the identifier."""
    found: DeviceModel = shop.pump.model
    return actions.edit_model(by=shop.head, model=found, changes={"udi_di": di(1)})


def codes(model: DeviceModel) -> list[tuple[str, str, str]]:
    return list(ModelCode.objects.filter(model=model).values_list("system", "code", "term").order_by("code"))


def bring(shop: Any, *records: GudidDevice | GudidProblem, **more: Any) -> gudid.Plan:
    return actions.import_gudid(by=shop.head, records=records, source="gudid.xml", **more)


def test_a_model_is_completed_by_its_identifier_once(shop: Any, model: DeviceModel) -> None:
    planned = gudid.plan([DECLARED])
    model.refresh_from_db()
    assert (len(planned.completed), model.brand, codes(model)) == (1, "", [])
    made = bring(shop, DECLARED)
    model.refresh_from_db()
    assert (model.brand, model.catalogue_number, model.mri_safety) == ("Infusa", "C-1", "unsafe")
    assert (model.single_use, model.label_bears) == (False, ["serial"])
    assert model.distribution_ends == date(2030, 1, 1)
    assert codes(model) == [("GMDN", "13215", "Infusion pump, general-purpose")]
    assert made.lines == ["Northfield Infusa 3: GMDN 1 is obsolete and is not taken"]
    again = bring(shop, DECLARED)
    assert (again.completed, again.same) == ([], 1)
    entry = AuditEntry.objects.filter(activity="equipment.import_gudid").first()
    assert entry is not None


def test_nothing_that_a_person_typed_is_overwritten_and_what_differs_is_said(
    shop: Any, model: DeviceModel
) -> None:
    typed = {"brand": "Infusa III", "single_use": True, "mri_safety": "safe", "label_bears": ["lot"]}
    actions.edit_model(by=shop.head, model=model, changes=typed)
    mine = [("EMDN", "Z1", ""), ("GMDN", "13215", "our word")]
    actions.set_model_codes(by=shop.head, model=model, codes=mine)
    made = bring(shop, replace(DECLARED, maker="Southfield", model="Other 9"))
    model.refresh_from_db()
    assert {name: getattr(model, name) for name in typed} == typed
    assert codes(model) == [("GMDN", "13215", "our word"), ("EMDN", "Z1", "")]
    head = "Northfield Infusa 3: "
    assert set(made.lines) == {
        f"{head}brand is 'Infusa III' here, 'Infusa' as declared",
        f"{head}single use is yes here, no as declared",
        f"{head}mri safety is 'safe' here, 'unsafe' as declared",
        f"{head}label bears is lot here, serial as declared",
        f"{head}maker is 'Northfield' here, 'Southfield' as declared",
        f"{head}name is 'Infusa 3' here, 'Other 9' as declared",
        f"{head}GMDN 13215 is 'our word' here, 'Infusion pump, general-purpose' as declared",
        f"{head}GMDN 1 is obsolete and is not taken",
    }
    assert model.catalogue_number == "C-1"


def test_codes_are_added_beside_those_that_stand(shop: Any, model: DeviceModel) -> None:
    actions.set_model_codes(by=shop.head, model=model, codes=[("EMDN", "Z1", "pumps")])
    bring(shop, DECLARED)
    assert {code for _, code, _ in codes(model)} == {"Z1", "13215"}
    many = [("LOCAL", str(n), "") for n in range(50)]
    actions.set_model_codes(by=shop.head, model=model, codes=many)
    made = bring(shop, DECLARED)
    assert "more than 50 codes; none is added" in " ".join(made.lines)
    assert len(codes(model)) == 50


def test_what_the_register_has_not_is_counted_and_entered_only_when_that_is_said(shop: Any) -> None:
    before = DeviceModel.objects.count()
    made = bring(shop, replace(DECLARED, model="V9"), GudidProblem(2, "it lies"))
    assert (made.absent, made.unreadable, made.devices, made.lines) == (1, 1, 2, ["device 2: it lies"])
    assert DeviceModel.objects.count() == before
    made = bring(
        shop, replace(DECLARED, model="V9"), replace(DECLARED, identifier=di(2), maker="Bolt"), new=NEW
    )
    assert len(made.entered) == 2
    entered = DeviceModel.objects.get(udi_di=di(1))
    assert (str(entered), entered.kind) == ("Northfield Infusa V9", "infusion_pump_general_purpose")
    assert (entered.equipment_class, entered.applied_part, entered.brand) == ("I", "CF", "Infusa")
    assert codes(entered) == [("GMDN", "13215", "Infusion pump, general-purpose")]
    assert bring(shop, replace(DECLARED, model="V9"), new=NEW).same == 1


def test_what_cannot_be_entered_is_said(shop: Any) -> None:
    plain = replace(DECLARED, terms=(), identifier=di(3))
    cases = {
        "has no maker or no name": replace(plain, maker=""),
        "the register has Northfield Infusa 3 without this identifier": plain,
        "no kind was said": replace(plain, model="V9"),
        "gives no key": replace(plain, model="V9", terms=(GmdnTerm("1", "12", ""),)),
        "its name is longer than 120": replace(plain, brand="b" * 60, model="m" * 61),
    }
    for words, one in cases.items():
        made = gudid.plan([one], new=NEW)
        assert made.entered == []
        assert words in made.lines[-1]
    assert len(gudid.plan([replace(plain, model="V9")], new=NEW | {"kind": "Syringe pump"}).entered) == 1
    twice = gudid.plan([replace(plain, model="V9")] * 2, new=NEW | {"kind": "pump"})
    assert (len(twice.entered), twice.lines[-1].endswith("stands in the file twice; the first is taken")) == (
        1,
        True,
    )
    left = gudid.plan([replace(plain, model="V9")], new=NEW | {"kind": "pump"}, maker="bolt")
    assert (left.entered, left.absent) == ([], 1)


@pytest.mark.parametrize("new", [{}, {"kind": "pump"}, NEW | {"owner": "x"}])
def test_what_a_maker_does_not_declare_has_to_be_said(shop: Any, new: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="class, applied part and power cord have to be said"):
        gudid.plan([], new=new)


def test_a_file_that_would_enter_too_many_or_breaks_off_changes_nothing(
    shop: Any, model: DeviceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gudid, "MOST_NEW", 2)
    many = [replace(DECLARED, identifier=di(n), model=f"V{n}") for n in range(1, 5)]
    with pytest.raises(BadInput, match="more than 2 models would be entered; name a maker"):
        bring(shop, *many, new=NEW)
    broken = read_gudid([file_of(record(1), record(2))[:-50]])
    with pytest.raises(BadInput, match="no XML that can be read"):
        actions.import_gudid(by=shop.head, records=broken, source="x")
    model.refresh_from_db()
    assert model.brand == ""
    with pytest.raises(BadInput, match="class"):
        bring(shop, replace(DECLARED, identifier=di(9), model="V9"), new=NEW | {"equipment_class": "IV"})
    assert not DeviceModel.objects.filter(udi_di=di(9)).exists()


def test_a_package_of_a_model_is_said(shop: Any, model: DeviceModel) -> None:
    made = gudid.plan([replace(DECLARED, identifier=di(5), others=(di(1),))])
    assert made.lines == [f"Northfield Infusa 3: its identifier {di(1)} is that of a package of {di(5)}"]
    assert (made.completed, made.absent) == ([], 1)


def test_a_plan_asks_as_much_of_a_large_file_as_of_a_small_one(shop: Any, model: DeviceModel) -> None:
    from django.db import connection

    counts = []
    for size in (1, 300):
        with CaptureQueriesContext(connection) as asked:
            gudid.plan([replace(DECLARED, identifier=di(n)) for n in range(size)])
        counts.append(len(asked))
    assert counts[0] == counts[1] == 3


def test_who_may_not_completes_nothing(shop: Any, model: DeviceModel) -> None:
    with pytest.raises(NotPermitted):
        actions.import_gudid(by=shop.engineer, records=[DECLARED], source="x")


def test_a_real_record_completes_its_model(shop: Any, model: DeviceModel) -> None:
    actions.edit_model(by=shop.head, model=model, changes={"udi_di": "00844588018923"})
    made = bring(shop, *read_gudid([shared("gudid_sample.xml").content]))
    model.refresh_from_db()
    assert (len(made.completed), model.label_bears, model.single_use) == (1, ["lot", "expires"], True)
    assert [code for _, code, _ in codes(model)] == ["43691"]
