"""What the pages of the room read: in-growth, trends, containers in storage, the window of a dose, labels."""

from __future__ import annotations

import csv
import math
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.department.materials.clinic import BORN, NAME, NUMBER, open_clinic
from tests.department.materials.conftest import BREAKTHROUGH, START

from kilter.department.keeping.inspection import verify_pack
from kilter.department.keeping.materials_pack import materials_pack
from kilter.department.ledger import clock
from kilter.department.materials import actions, generators, queries, storage, tolerance
from kilter.measure.error import BadInput, NotFound, NotPermitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TC, MO = math.log(2) / 6.015, math.log(2) / 65.94


def bateman(hours: float) -> float:
    """Share of the parent's activity at the last elution that the daughter has (ICRP 107)."""
    return 0.8773 * TC / (TC - MO) * (math.exp(-MO * hours) - math.exp(-TC * hours))


def test_what_grows_in_follows_bateman(lab: Any) -> None:
    generator = lab.generator(20_000.0)
    there = 20_000.0 * math.exp(MO * 24)  # the parent's activity at the maker's elution, a day before
    found = generators.growth(generator, START)
    assert found.now == pytest.approx(there * bateman(24.0), rel=1e-6)
    assert found.instants[0] == START - 24 * HOUR
    assert found.activities[0] == pytest.approx(0.0, abs=1e-9)
    most = math.log(TC / MO) / (TC - MO)
    assert (found.greatest_at - found.instants[0]) / HOUR == pytest.approx(most, abs=1e-3)
    assert found.greatest == pytest.approx(there * bateman(most), rel=1e-6)
    good = (found.good_from - found.instants[0]) / HOUR
    assert bateman(good) >= 0.9 * bateman(most) > bateman(good - 0.1)
    assert np.all(found.activities <= found.greatest * (1 + 1e-12))
    with pytest.raises(BadInput):
        generators.growth(lab.kits(), START)


def test_an_old_elution_still_has_its_instant_on_the_curve(lab: Any) -> None:
    found = generators.growth(lab.generator(), START + 100 * HOUR)
    assert found.instants[-1] == START + 100 * HOUR
    assert found.activities[-1] == pytest.approx(found.now, rel=1e-9)


def test_trends_are_read_from_what_was_sealed(lab: Any, django_assert_num_queries: Any) -> None:
    generator = lab.generator()
    first = lab.released(lab.eluate(generator, 15_000.0))
    with clock.at(START + 6 * HOUR):
        second = lab.released(lab.eluate(generator, 7_000.0))
    elutions = queries.elutions_of(generator)
    with django_assert_num_queries(0):
        found = generators.efficiencies(elutions)
    assert [one.lot for one in found] == [first.label, second.label]
    grown = 20_000.0 * math.exp(MO * 24) * bateman(24.0)
    assert found[0].value == pytest.approx(100 * 15_000.0 / grown, rel=1e-6)
    assert found[0].unit == "percent"
    with django_assert_num_queries(1):
        ratios = generators.results_of_eluates(generator, BREAKTHROUGH, "ratio")
    assert [one.value for one in ratios] == [pytest.approx(0.03)] * 2
    assert ratios[0].limits[0]["high"] == 0.15
    assert generators.results_of_eluates(generator, BREAKTHROUGH, "nothing") == []


def test_a_container_is_stored_ten_half_lives_of_its_longest_content(
    lab: Any, django_assert_num_queries: Any
) -> None:
    box = actions.open_container(by=lab.chemist, label="W1", confirmation=lab.confirm())
    assert [(one.ready_at, one.activities) for one in storage.containers(START)] == [(None, {})]
    eluate = lab.released(lab.eluate(lab.generator()))
    for _ in range(2):
        lab.act("put_in_container", lot=lab.dose(eluate, 100.0), container=box)
    later = START + 3 * HOUR
    with clock.at(later):
        lab.act("seal_container", container=box)
    with django_assert_num_queries(2):
        (found,) = storage.containers(later + 6.015 * HOUR)
    assert found.ready_at is not None
    assert (found.ready_at - later) / HOUR == pytest.approx(60.15, abs=1e-6)
    assert found.activities == {"Tc-99m": pytest.approx(100.0 * math.exp(-TC * 3), rel=1e-9)}
    assert (len(found.contents), found.too_long) == (2, [])


def test_a_nuclide_that_lasts_too_long_is_named(lab: Any) -> None:
    product = actions.add_product(
        by=lab.head, key="cs137", name="Cs-137 source", kind="radioactive", nuclide="Cs-137"
    )
    source = lab.act("receive", product=product, label="Q1", kind="source", activity=3.7)
    box = actions.open_container(by=lab.chemist, label="W1", confirmation=lab.confirm())
    lab.act("put_in_container", lot=source, container=box)
    assert storage.containers(START)[0].too_long == ["Cs-137"]


def test_the_window_of_a_dose_is_that_of_the_limits_in_force(lab: Any) -> None:
    found = tolerance.window(500.0, START)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(400.0), pytest.approx(600.0))
    assert (found.source, found.confirmed) == ("10 CFR 35.63, 2002", False)
    assert found.holds(400.0)
    assert not found.holds(399.9)


def test_a_proposed_label_is_free(lab: Any) -> None:
    day = date(2040, 3, 5)
    assert queries.next_label("container", day) == "W400305-1"
    for name in ("W400305-9", "W400305-X", "W400305-12", "w400306-40"):
        actions.open_container(by=lab.chemist, label=name, confirmation=lab.confirm())
    assert queries.next_label("container", day) == "W400305-13"
    assert queries.next_label("syringe", day) == "S400305-1"


def test_what_is_booked_for_a_day(lab: Any) -> None:
    rows = [
        actions.book(
            by=lab.chemist,
            at=START + hours * HOUR,
            nuclide="Tc-99m",
            activity=500.0,
            route="drain",
            excreted=0.3,
        )
        for hours in (3, 1, 25)
    ]
    actions.cancel_booking(by=lab.chemist, booking=rows[0], reason="ill")
    assert queries.bookings_between(START, START + 24 * HOUR) == [rows[1]]
    assert queries.permit_by_uuid(lab.permit.uuid) == lab.permit
    with pytest.raises(NotFound):
        queries.permit_by_uuid(rows[0].uuid)


def test_the_pack_of_an_inspector_is_whole_and_verifies(lab: Any, tmp_path: Path) -> None:
    lab.released(lab.eluate(lab.generator()))
    with pytest.raises(NotPermitted):
        materials_pack(START.date(), START.date(), by=lab.chemist)
    with pytest.raises(BadInput):
        materials_pack(START.date(), date(2040, 1, 1), by=lab.head)
    made = materials_pack(START.date(), START.date(), by=lab.head)
    path = tmp_path / "pack.zip"
    path.write_bytes(made)
    assert verify_pack(path) == []
    with zipfile.ZipFile(BytesIO(made)) as pack:
        lines = pack.read("movements_and_tests.csv").decode().splitlines()
        sealed = pack.read("records.jsonl").decode().splitlines()
        assert pack.read("sources.csv").decode().startswith("label,product,nuclide")
    assert [line.split(",")[1] for line in lines[1:]] == ["receive", "elute", "breakthrough", "release"]
    assert len(sealed) == 4
    empty = materials_pack(date(2039, 1, 1), datetime(2039, 1, 2, tzinfo=UTC).date(), by=lab.head)
    with zipfile.ZipFile(BytesIO(empty)) as pack:
        assert pack.read("records.jsonl") == b""


def test_an_administration_stands_in_the_pack_by_pseudonym(lab: Any, hire: Any) -> None:
    clinic = open_clinic(lab, hire)
    clinic.identified()
    clinic.give(clinic.authorised(), clinic.dose())
    made = materials_pack(START.date(), START.date(), by=lab.head)
    with zipfile.ZipFile(BytesIO(made)) as pack:
        (line,) = csv.DictReader(pack.read("administrations.csv").decode().splitlines())
        everything = b"".join(pack.read(name) for name in pack.namelist())
    assert (line["patient"], line["permit"]) == (clinic.patient.pseudonym, "EPR-1")
    assert float(line["administered_mbq"]) == pytest.approx(490.0)
    for secret in (NAME, "Quarrington", BORN, NUMBER):
        assert secret.encode() not in everything


def test_many_lots_are_judged_at_once_as_each_alone(lab: Any, django_assert_num_queries: Any) -> None:
    from kilter.department.materials.fitness import unfit
    from kilter.department.materials.models import Lot

    generator, kits = lab.generator(), lab.kits()
    eluate = lab.released(lab.eluate(generator))
    batch = lab.batch(eluate, kits)
    doses = [lab.dose(batch, 10.0) for _ in range(3)]
    with clock.at(START + HOUR):
        other = lab.released(lab.eluate(generator, 1000.0))
        fresh = lab.eluate(lab.generator(), 10.0)
        lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate, 0.5))
        lots = list(Lot.objects.all())
        with django_assert_num_queries(3):
            found = unfit(lots, START + HOUR)
        with django_assert_num_queries(6):  # syringe, batch, eluate and kits, generator; then lots and tests
            assert list(unfit([doses[0]], START + HOUR)) == [doses[0].pk]
        for lot in lots:
            assert found.get(lot.pk) == next(iter(queries.why_not(lot, START + HOUR)), None)
        assert set(found) == {one.pk for one in (eluate, batch, fresh, *doses)}
        assert other.pk not in found
    with clock.at(START + 14 * HOUR):
        assert "expired" in unfit([other], START + 14 * HOUR)[other.pk]
    assert unfit([], START) == {}
