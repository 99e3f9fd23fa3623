"""The chain of custody, link by link: elute, test, release, prepare, draw, contain, dispose."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from tests.department.materials.conftest import BREAKTHROUGH, IMPURE, PURE, PURITY, START

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.course import LotState
from kilter.department.materials.custody import Second
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.models import Lot, LotTest, Movement
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, CannotTell, Conflict, KilterError, NotPermitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TC, MO = math.log(2) / (6.015 * 3600), math.log(2) / (65.94 * 3600)


def said(record: Any) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(record.text)["statement"]["given"]
    return given


def test_an_elution_keeps_what_had_grown_in_and_what_stays_behind(lab: Any) -> None:
    generator = lab.generator(20_000.0)
    eluate = lab.eluate(generator, 12_000.0)
    assert eluate.state == LotState.QUARANTINED
    assert eluate.nuclide == "Tc-99m"
    assert eluate.expires == START + 12 * HOUR
    assert eluate.parent_id == generator.pk
    # Bateman, 24 h after the maker's elution, in closed form with the half-lives of ICRP 107
    t = 24 * 3600.0
    before = 20_000.0 * math.exp(MO * t)
    grown = 0.8773 * before * TC / (TC - MO) * (math.exp(-MO * t) - math.exp(-TC * t))
    generator.refresh_from_db()
    assert generator.left_behind == pytest.approx(grown - 12_000.0, rel=1e-12)
    move = Movement.objects.get(verb="elute")
    results = said(move.record)["elution"]["results"]
    assert results["predicted"]["value"] == pytest.approx(grown, rel=1e-12)
    assert results["efficiency"]["value"] == pytest.approx(100 * 12_000 / grown, rel=1e-12)
    assert (move.from_lot, move.to_lot, move.nuclide, move.activity) == (
        generator,
        eluate,
        "Tc-99m",
        12_000.0,
    )
    assert activity_at(generator, START) == 20_000.0
    with clock.at(START + 3 * HOUR):
        lab.eluate(generator, 4000.0)
    generator.refresh_from_db()
    t = 3 * 3600.0
    again = 0.8773 * 20_000.0 * TC / (TC - MO) * (math.exp(-MO * t) - math.exp(-TC * t))
    left = (grown - 12_000.0) * math.exp(-TC * t)
    assert generator.left_behind == pytest.approx(again + left - 4000.0, rel=1e-9)


def test_breakthrough_makes_the_eluate_expire_when_it_will_meet_the_limit(lab: Any) -> None:
    eluate = lab.eluate(lab.generator())
    lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate, 0.10))
    eluate.refresh_from_db()
    hours = math.log(0.15 / 0.10) / (TC - MO) / 3600  # 3.87 h in the facts
    assert hours == pytest.approx(3.87, abs=0.005)
    assert (eluate.expires - START).total_seconds() / 3600 == pytest.approx(hours, rel=1e-6)


def test_a_typed_limit_does_not_lengthen_the_life_of_an_eluate(lab: Any) -> None:
    eluate = lab.eluate(lab.generator())
    typed = {**lab.breakthrough(eluate, 0.10), "limit": "1 kBq/MBq"}
    lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=typed)
    eluate.refresh_from_db()
    assert eluate.expires < START + 4 * HOUR


def test_the_whole_chain_and_its_sealed_records(lab: Any) -> None:
    generator, kits = lab.generator(), lab.kits()
    eluate = lab.released(lab.eluate(generator))
    batch = lab.batch(eluate, kits)
    assert batch.state == LotState.RELEASED  # its test is alongside
    assert batch.expires == START + 8 * HOUR
    assert batch.batch_number == "LOT-7"
    lab.act("run_test", lot=batch, procedure=PURITY, inputs=PURE)
    syringe = lab.dose(batch, 500.0, intended_at=START + 2 * HOUR)
    assert syringe.activity == pytest.approx(500.0 * math.exp(TC * 7200), rel=1e-12)
    concentration = 3000.0 / batch.volume
    assert syringe.volume == pytest.approx(syringe.activity / concentration, rel=1e-12)
    box = lab.act("open_container", label="W1")
    lab.act("put_in_container", lot=syringe, container=box)
    with pytest.raises(Conflict, match="still open"):
        lab.act("dispose", lot=box, route="solid", permit=lab.permit)
    lab.act("seal_container", container=box)
    with pytest.raises(Conflict, match="lies in a waste container"):
        lab.act("dispose", lot=syringe, route="solid", permit=lab.permit)
    with clock.at(START + 20 * HOUR):
        record = lab.act("dispose", lot=box, route="solid", permit=lab.permit)
    gone = Movement.objects.get(verb="dispose", from_lot=syringe)
    assert gone.activity == pytest.approx(syringe.activity * math.exp(-TC * 72_000), rel=1e-12)
    assert gone.permit == lab.permit
    assert gone.record == record
    assert said(record)["total_MBq"] == {"Tc-99m": gone.activity}
    assert set(Lot.objects.filter(state="disposed")) == {box, syringe}
    kits.refresh_from_db()
    assert kits.amount == 4.0
    assert verify().problems == ()


def test_nothing_is_taken_before_it_is_released(lab: Any) -> None:
    eluate, kits = lab.eluate(lab.generator()), lab.kits()
    for refused in (lambda: lab.dose(eluate), lambda: lab.batch(eluate, kits)):
        with pytest.raises(Conflict, match="in quarantine"):
            refused()
    with pytest.raises(Conflict, match="has not passed: breakthrough"):
        lab.act("release", by=lab.physicist, lot=eluate)
    lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate))
    with pytest.raises(NotPermitted, match="does not release it"):
        lab.act("release", lot=eluate)
    lab.act("release", by=lab.physicist, lot=eluate)
    assert lab.dose(eluate).state == LotState.RELEASED


def test_a_late_failed_test_rejects_and_bars_all_that_came_of_it(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    batch = lab.batch(eluate, kits)
    syringe = lab.dose(batch)
    done = lab.act("run_test", lot=batch, procedure=PURITY, inputs=IMPURE)
    assert not done.passed
    assert json.loads(done.record.text)["recall"] == [syringe.label]
    batch.refresh_from_db()
    assert batch.state == LotState.REJECTED
    with pytest.raises(Conflict, match="rejected"):
        lab.dose(batch)
    lab.act("run_test", lot=batch, procedure=PURITY, inputs=PURE)  # a second test gives nothing back
    with pytest.raises(Conflict, match="rejected"):
        lab.dose(batch)
    assert verify().problems == ()


@pytest.mark.parametrize("ancestor", ["generator", "eluate", "kits"])
def test_a_rejected_ancestor_bars_a_batch_whoever_asks(lab: Any, ancestor: str) -> None:
    lots = {"generator": lab.generator(), "kits": lab.kits()}
    lots["eluate"] = lab.released(lab.eluate(lots["generator"]))
    batch = lab.batch(lots["eluate"], lots["kits"])
    syringe = lab.dose(batch)
    _, recalled = lab.act("reject", lot=lots[ancestor], reason="maker's notice")
    assert {batch, syringe} <= set(recalled)
    for person in (lab.chemist, lab.physicist, lab.head):
        with pytest.raises(Conflict, match=f"{lots[ancestor].label}, from which it comes, is rejected"):
            lab.dose(batch, by=person)


def test_an_expired_ancestor_bars_and_a_late_entry_does_not_help(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    batch = lab.batch(eluate, kits)
    with pytest.raises(Conflict, match="expired"):  # it would be given after its expiry
        lab.dose(batch, intended_at=START + 9 * HOUR)
    with clock.at(START + 8 * HOUR):
        for at in (None, START + 7 * HOUR):
            with pytest.raises(Conflict, match="expired"):
                lab.dose(batch, at=at)


def test_a_draw_is_refused_where_the_vial_gives_less(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    with pytest.raises(Conflict, match="gives 6 mL and"):
        lab.dose(eluate, 9001.0)
    with pytest.raises(BadInput, match="either an activity, a volume or an amount"):
        lab.dose(eluate, volume=1.0, amount=5.0)
    whole = lab.dose(eluate, volume=6.0)
    assert whole.activity == 9000.0
    eluate.refresh_from_db()
    assert (eluate.state, eluate.activity, eluate.volume) == (LotState.EMPTY, 0.0, 0.0)
    with pytest.raises(Conflict, match="empty"):
        lab.dose(eluate, 1.0)


def test_a_measured_syringe_counts_as_measured_and_never_for_more_than_there_is(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    syringe = lab.dose(eluate, 500.0, measured=510.0)
    eluate.refresh_from_db()
    assert (syringe.activity, eluate.activity) == (510.0, 8490.0)
    with pytest.raises(Conflict, match="holds 8490 MBq"):
        lab.dose(eluate, 500.0, measured=8500.0)


def test_a_kit_takes_no_more_than_its_maker_allows(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator(60_000.0), 20_000.0)), lab.kits()
    with pytest.raises(Conflict, match="18500 MBq at most"):
        lab.batch(eluate, kits, 19_000.0)
    with pytest.raises(Conflict, match="8 mL at most"):
        lab.batch(eluate, kits, 3000.0, added_volume=7.9)
    with pytest.raises(BadInput, match="say which lot of MDP kit"):
        lab.batch(eluate, None)


def test_a_maker_s_most_doses(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    batch = lab.batch(eluate, kits)
    for _ in range(10):
        lab.dose(batch, 10.0)
    with pytest.raises(Conflict, match="has given its 10 doses"):
        lab.dose(batch, 10.0)


def test_a_purification_keeps_its_yield_and_the_rest_is_a_residue(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    sheet = {
        "purification": {"method": "cartridge", "yield": 90.0, "filter_integrity": "passed"},
        "operator": {"validated_until": "2040-12-31"},
        "environment": {"workstation": "LAFC 2", "pressure": 15.0},
    }
    batch = lab.batch(eluate, kits, 1000.0, worksheet=sheet)
    assert batch.activity == pytest.approx(900.0, rel=1e-12)
    rest = Lot.objects.get(kind="residue")
    assert rest.activity == pytest.approx(100.0, rel=1e-12)
    assert rest.state == LotState.REJECTED
    assert said(Movement.objects.get(to_lot=batch, from_lot=eluate).record)["worksheet"] == sheet


def test_a_filter_that_failed_and_an_operator_whose_validation_lapsed(lab: Any) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    batch = lab.batch(eluate, kits, worksheet={"purification": {"filter_integrity": "failed"}})
    assert batch.state == LotState.REJECTED
    with pytest.raises(Conflict, match="rejected"):
        lab.dose(batch)
    with pytest.raises(Conflict, match="lapsed on 2040-03-01"):
        lab.batch(eluate, kits, worksheet={"operator": {"validated_until": "2040-03-01"}})


@pytest.mark.parametrize(
    "sheet",
    [
        {"kitchen": {}},
        {"purification": "yes"},
        {"purification": {"colour": "red"}},
        {"purification": {"yield": 101.0}},
        {"purification": {"yield": 0.0}},
        {"purification": {"filter_integrity": "perhaps"}},
        {"operator": {"validated_until": "soon"}},
        {"environment": {"pressure": float("nan")}},
        {"environment": {"workstation": "a\x00b"}},
    ],
)
def test_a_worksheet_that_cannot_be_read(lab: Any, sheet: dict[str, Any]) -> None:
    eluate, kits = lab.released(lab.eluate(lab.generator())), lab.kits()
    with pytest.raises(BadInput):
        lab.batch(eluate, kits, worksheet=sheet)
    assert not Lot.objects.filter(kind="batch").exists()


def test_the_label_just_read_must_be_the_lot_s(lab: Any) -> None:
    generator = lab.generator()
    with pytest.raises(BadInput, match="this is G9999"):
        lab.eluate(generator, scanned="g9999")
    eluate = lab.released(lab.eluate(generator))
    with pytest.raises(BadInput, match="not E"):
        lab.dose(eluate, scanned=generator.label)
    with pytest.raises(Conflict, match="labelled"):
        lab.dose(eluate, label=eluate.label.lower())


def test_a_second_person_where_the_product_asks_for_one(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    type(eluate.product).objects.update(second_person=["dispense"])
    eluate.refresh_from_db()
    with pytest.raises(NotPermitted, match="a second person confirms"):
        lab.dose(eluate)
    with pytest.raises(NotPermitted, match="another person's"):
        lab.dose(eluate, second=Second(lab.chemist, lab.confirm()))
    with pytest.raises(NotPermitted, match="Confirm"):
        lab.dose(eluate, second=Second(lab.physicist, lab.confirm()))
    syringe = lab.dose(eluate, second=Second(lab.physicist, lab.confirm(lab.physicist)))
    assert said(Movement.objects.get(to_lot=syringe).record)["second"]["name"] == "Phil Physicist"


def test_no_link_without_a_confirmation(lab: Any) -> None:
    with clock.at(START - HOUR):
        stale = lab.confirm()
    eluate = lab.eluate(lab.generator())
    given: dict[str, dict[str, Any]] = {
        "receive": {"product": lab.kit_product, "label": "X"},
        "elute": {"generator": eluate, "scanned": "", "label": "", "activity": 1.0, "volume": 1.0},
        "release": {"lot": eluate},
        "reject": {"lot": eluate, "reason": "x"},
        "run_test": {"lot": eluate, "procedure": BREAKTHROUGH, "inputs": {}},
        "move": {"lot": eluate, "custodian": lab.chemist},
        "open_container": {"label": "W"},
        "dispose": {"lot": eluate, "route": "drain"},
        "seal_container": {"container": eluate},
        "put_in_container": {"lot": eluate, "container": eluate},
        "dispense": {"vial": eluate, "scanned": "", "label": ""},
    }
    given["elute"]["generator"] = eluate.parent
    for verb, arguments in given.items():
        with pytest.raises(NotPermitted, match="Confirm with your PIN"):
            getattr(actions, verb)(by=lab.chemist, confirmation=stale, **arguments)


def test_links_come_in_the_order_of_time(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    with pytest.raises(BadInput, match="future"):
        lab.dose(eluate, at=START + HOUR, intended_at=START + HOUR)
    with pytest.raises(Conflict, match="was last touched at"):
        lab.dose(eluate, at=START - HOUR)
    with clock.at(START + 2 * HOUR):
        early = lab.dose(eluate, 100.0, at=START + HOUR)
    assert early.made_at == START + HOUR
    with clock.at(START + 48 * HOUR), pytest.raises(BadInput, match="more than 24 h ago"):
        lab.dose(eluate, 100.0, at=START + HOUR)


def test_what_the_product_decides_is_not_typed_over(lab: Any) -> None:
    eluate = lab.eluate(lab.generator())
    inputs = {**lab.breakthrough(eluate), "pair": "Sr-82/Rb-82"}
    with pytest.raises(BadInput, match="pair: of this product it is Mo-99/Tc-99m"):
        lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=inputs)
    with pytest.raises(BadInput, match="has no test"):
        lab.act("run_test", lot=eluate, procedure=PURITY, inputs=PURE)


def test_a_source_is_tested_for_leaks_again_after_its_interval(lab: Any) -> None:
    source = actions.add_product(
        by=lab.head, key="cs", name="Cs-137 source", kind="radioactive", nuclide="Cs-137", leak_test_days=730
    )
    leak = "nuclear_medicine.leak_test"
    actions.set_test_rule(
        by=lab.chemist, product=source, procedure=leak, when="periodically", every_hours=17_520.0
    )
    lot = lab.act("receive", product=source, label="CS-1", kind="source", activity=10.0)
    assert lot.next_leak_test == START + timedelta(days=730)
    wipe = {
        "counts": "110",
        "time": "600",
        "background": "100",
        "background_time": "600",
        "efficiency": "0.3",
    }
    with clock.at(START + timedelta(days=600)):
        assert lab.act("run_test", lot=lot, procedure=leak, inputs=wipe).passed
    lot.refresh_from_db()
    assert lot.next_leak_test == START + timedelta(days=1330)
    short = {**wipe, "time": "1", "background_time": "1", "limit": "1000000 Bq"}
    late = START + timedelta(days=601)  # a count that could not have seen the limit says nothing
    with clock.at(late), pytest.raises(CannotTell, match="count longer"):
        lab.act("run_test", lot=lot, procedure=leak, inputs=short)
    assert LotTest.objects.filter(lot=lot).count() == 1


def test_a_permit_refuses_what_would_pass_it(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    first, second = lab.dose(eluate, 3000.0), lab.dose(eluate, 2001.0)
    lab.act("dispose", lot=first, route="drain", permit=lab.permit)
    with pytest.raises(Conflict, match="allows 5000 MBq; 3000 MBq went before, and this makes 5001 MBq"):
        lab.act("dispose", lot=second, route="drain", permit=lab.permit)
    with pytest.raises(BadInput, match="under which permit"):
        lab.act("dispose", lot=second, route="drain")
    with pytest.raises(Conflict, match="says nothing of Tc-99m by air"):
        lab.act("dispose", lot=second, route="air", permit=lab.permit)
    with pytest.raises(BadInput, match="route: must be one of"):
        lab.act("dispose", lot=second, route="holding", permit=lab.permit)
    with clock.at(START + timedelta(minutes=1)):
        lab.act("dispose", lot=second, route="drain", permit=lab.permit)
    with clock.at(START - timedelta(days=350)), pytest.raises(KilterError):
        lab.act("dispose", lot=eluate, route="drain", permit=lab.permit)


def test_materials_without_activity_take_the_same_road(lab: Any) -> None:
    product = actions.add_product(by=lab.head, key="iohexol", name="Iohexol", kind="contrast", unit="bottle")
    lot = lab.act("receive", product=product, label="C1", volume=500.0, expires=START + timedelta(days=90))
    dose = lab.dose(lot, volume=80.0)
    lot.refresh_from_db()
    assert (dose.volume, lot.volume, dose.activity) == (80.0, 420.0, 0.0)
    with pytest.raises(BadInput, match="has no activity"):
        lab.dose(lot, 5.0)
    lab.act("dispose", lot=dose, route="solid")
    with pytest.raises(BadInput, match="say when it expires"):
        lab.act("receive", product=product, label="C2", volume=500.0)
    with pytest.raises(BadInput, match="say how much"):
        lab.act("receive", product=product, label="C2", expires=START + HOUR)


def test_a_move_takes_the_contents_with_it(ward: Any, lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    dose, box = lab.dose(eluate), lab.act("open_container", label="W1")
    lab.act("put_in_container", lot=dose, container=box)
    lab.act("move", lot=box, location=ward, custodian=lab.physicist)
    dose.refresh_from_db()
    assert (dose.location, dose.custodian) == (ward, lab.physicist)
    with pytest.raises(Conflict, match="lies in a waste container"):
        lab.act("move", lot=dose, location=ward)
    with pytest.raises(BadInput, match="say where to"):
        lab.act("move", lot=box)
    lab.act("seal_container", container=box)
    with pytest.raises(Conflict, match="is closed"):
        lab.act("put_in_container", lot=eluate, container=box)


def test_a_refused_link_leaves_nothing_behind(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    before = (Lot.objects.count(), Movement.objects.count(), eluate.activity)
    with pytest.raises(Conflict), transaction.atomic():
        lab.dose(eluate, 500.0, measured=9001.0)
    eluate.refresh_from_db()
    assert (Lot.objects.count(), Movement.objects.count(), eluate.activity) == before
    assert verify().problems == ()


def test_a_kit_waits_for_no_test_and_lives_by_its_own_date(lab: Any) -> None:
    actions.set_test_rule(
        by=lab.chemist, product=lab.kit_product, procedure=PURITY, when="before_use", fixed={"product": "MDP"}
    )
    kits = lab.kits()
    assert kits.state == LotState.RELEASED
    assert kits.expires == START + timedelta(days=90)
    batch = lab.batch(lab.released(lab.eluate(lab.generator())), kits)
    assert batch.state == LotState.QUARANTINED
    with pytest.raises(BadInput, match="say when it expires"):
        lab.act("receive", product=lab.kit_product, label="K", amount=1.0)


def test_a_source_that_leaks_is_rejected(lab: Any) -> None:
    source = actions.add_product(
        by=lab.head, key="cs", name="Cs-137 source", kind="radioactive", nuclide="Cs-137", leak_test_days=730
    )
    leak = "nuclear_medicine.leak_test"
    actions.set_test_rule(
        by=lab.chemist, product=source, procedure=leak, when="periodically", every_hours=17_520.0
    )
    lot = lab.act("receive", product=source, label="CS-1", kind="source", activity=10.0)
    counted = {"counts": "20000", "time": "600", "background": "100", "background_time": "600"}
    assert not lab.act("run_test", lot=lot, procedure=leak, inputs={**counted, "efficiency": "0.3"}).passed
    lot.refresh_from_db()
    assert lot.state == LotState.REJECTED
    assert lot.next_leak_test == START + timedelta(days=730)


def test_a_test_that_no_limit_judges_neither_passes_nor_bars(lab: Any) -> None:
    rule = {"product": lab.eluate_product, "procedure": "nuclear_medicine.decay", "when": "alongside"}
    actions.set_test_rule(by=lab.chemist, **rule)
    eluate = lab.eluate(lab.generator())
    inputs = {"nuclide": "Tc-99m", "activity": "100 MBq", "elapsed": "1 h"}
    with pytest.raises(Conflict, match="no limit in force judges"):
        lab.act("run_test", lot=eluate, procedure="nuclear_medicine.decay", inputs=inputs)
    assert not LotTest.objects.exists()
