"""Leaving as no longer radioactive: the survey decides, and the instrument it was made with."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.department.materials.conftest import START

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.actions.certificates import Quantity
from kilter.department.ledger import clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.materials import actions
from kilter.department.materials.actions.permits import Allowed
from kilter.department.materials.balance import differences
from kilter.department.materials.models import Lot, Movement
from kilter.department.materials.surveying import Survey
from kilter.department.records.models import InstrumentUse, Record
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.registry import find
from kilter.measure.run import run

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
QUIET = {"surface": "0.11", "background": ["0.10", "0.11", "0.10", "0.12", "0.11"]}
HOT = {**QUIET, "surface": "0.30"}


def instrument(lab: Any, asset: str, until: datetime) -> Any:
    """Register a survey meter with a certificate until an instant."""
    fields = {"maker": "Raymeter", "name": asset, "kind": "survey_meter", "equipment_class": "I"}
    model = equipment.add_model(
        by=lab.head, fields={**fields, "applied_part": "none", "power_cord": "detachable"}
    )
    rows = [{"asset": asset, "serial": asset, "model": model, "state": "in_service"}]
    (device,) = equipment.register_devices(by=lab.head, rows=rows, reason="taken over on going live")
    equipment.add_certificate(
        by=lab.head,
        device=device,
        number=f"C-{asset}",
        laboratory="Calibra",
        issued=until - 400 * DAY,
        valid_from=until - 400 * DAY,
        valid_until=until,
        coverage_factor=2.0,
        quantities=[Quantity(name="dose rate", unit="uSv/h", correction=0.0, expanded_uncertainty=0.02)],
    )
    device.refresh_from_db()
    return device


@pytest.fixture
def meter(lab: Any) -> Any:
    """A survey meter in calibration."""
    return instrument(lab, "SM1", START + 30 * DAY)


@pytest.fixture
def box(lab: Any) -> Lot:
    """A closed container with a syringe in it, three days old."""
    dose = lab.dose(lab.released(lab.eluate(lab.generator())), 100.0)
    made: Lot = lab.act("open_container", label="W1")
    lab.act("put_in_container", lot=dose, container=made)
    lab.act("seal_container", container=made)
    return made


def clear(lab: Any, lot: Lot, survey: Survey | None, **more: Any) -> Record:
    done: Record = lab.act("dispose", lot=lot, route="cleared", survey=survey, **more)
    return done


def test_what_shows_nothing_above_the_background_leaves_under_no_permit(
    lab: Any, meter: Any, box: Lot
) -> None:
    with clock.at(START + 3 * DAY):
        record = clear(lab, box, Survey(meter, QUIET))
    box.refresh_from_db()
    assert box.state == "disposed"
    said = json.loads(record.text)["statement"]["given"]
    assert (said["route"], said["permit"], said["survey"]["verdict"]) == ("cleared", "", "within")
    survey = Record.objects.get(uuid=said["survey"]["record"])
    assert json.loads(survey.text)["instruments"][0]["id"] == str(meter.uuid)
    assert InstrumentUse.objects.get(record=survey).instrument == meter
    gone = Movement.objects.filter(route="cleared", activity__gt=0)
    assert [row.permit for row in gone] == [None]
    assert differences(START + 3 * DAY) == []
    assert verify().problems == ()


@pytest.mark.parametrize(
    ("readings", "kind", "match"),
    [
        (None, BadInput, "surveyed first"),
        ({**QUIET, "background": ["0.1", "0.1"]}, BadInput, "5 readings of the background"),
        ({"surface": "0.1"}, BadInput, "background"),
        ({**QUIET, "surface": "-1"}, BadInput, "surface"),
        ({**QUIET, "wipe_counts": "100"}, BadInput, "wipe"),
    ],
)  # fmt: skip
def test_it_does_not_leave_otherwise(
    lab: Any, meter: Any, box: Lot, readings: Any, kind: Any, match: str
) -> None:
    with pytest.raises(kind, match=match):
        clear(lab, box, Survey(meter, readings) if readings else None)
    box.refresh_from_db()
    assert box.state == "released"
    assert not Record.objects.filter(procedure="nuclear_medicine.clearance_survey").exists()


@pytest.mark.parametrize(
    ("readings", "match"),
    [
        (HOT, "does not clear it: the dose rate is .* times .*; this survey is kept as record no. "),
        ({**QUIET, "wipe_counts": "160", "wipe_background": "100"}, "contamination is 2.58 times"),
    ],
)
def test_a_survey_that_does_not_clear_is_kept_and_nothing_leaves(
    lab: Any, meter: Any, box: Lot, readings: Any, match: str
) -> None:
    audited = AuditEntry.objects.count()
    with pytest.raises(Conflict, match=match) as refused:
        clear(lab, box, Survey(meter, readings))
    assert (refused.value.field, refused.value.code) == ("surface", "not_cleared")
    before = box.last_moved_at
    box.refresh_from_db()
    assert (box.state, box.last_moved_at) == ("released", before)
    kept = Record.objects.get(procedure="nuclear_medicine.clearance_survey")
    assert refused.value.message.endswith(f"record no. {kept.number}")
    assert (kept.verdict, kept.person) == ("suspension", lab.chemist)
    assert json.loads(kept.text)["lot"]["label"] == "W1"
    assert InstrumentUse.objects.get(record=kept).instrument == meter
    assert AuditEntry.objects.count() == audited + 1
    move = Movement.objects.get(verb="survey")
    assert (move.to_lot, move.record, move.activity) == (box, kept, 0.0)
    assert not Movement.objects.filter(verb="dispose").exists()
    assert differences(START) == []
    assert verify().problems == ()
    clear(lab, box, Survey(meter, QUIET))  # once it has decayed it leaves, and the first survey stays
    assert Record.objects.filter(procedure="nuclear_medicine.clearance_survey").count() == 2


def test_who_may_not_dispose_keeps_no_survey(lab: Any, meter: Any, box: Lot, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.dispose(
            by=hire("ward_viewer"),
            lot=box,
            route="cleared",
            survey=Survey(meter, HOT),
            confirmation=lab.confirm(),
        )
    assert not Record.objects.filter(procedure="nuclear_medicine.clearance_survey").exists()


def test_an_instrument_out_of_calibration_or_held_clears_nothing(lab: Any, meter: Any, box: Lot) -> None:
    late = instrument(lab, "SM2", START - DAY)
    with pytest.raises(Conflict, match="SM2 was not in calibration"), transaction.atomic():
        clear(lab, box, Survey(late, QUIET))
    with clock.at(START + 31 * DAY), pytest.raises(Conflict, match="SM1 was not in calibration"):
        clear(lab, box, Survey(meter, QUIET))
    equipment.place_hold(by=lab.head, device=meter, cause="fault", text="dropped")
    with pytest.raises(Conflict, match="SM1 is held: dropped") as refused:
        clear(lab, box, Survey(meter, QUIET))
    assert refused.value.code == "out_of_calibration"


def test_what_lasts_too_long_is_never_cleared(lab: Any, meter: Any) -> None:
    product = actions.add_product(by=lab.head, key="cs", name="Cs-137", kind="radioactive", nuclide="Cs-137")
    lot = lab.act("receive", product=product, label="CS1", kind="source", activity=0.001)
    with pytest.raises(Conflict, match="CS1 holds Cs-137, which lasts too long"):
        clear(lab, lot, Survey(meter, QUIET))


def test_a_permit_neither_clears_nor_is_limited_for_it(lab: Any, meter: Any, box: Lot) -> None:
    with pytest.raises(BadInput, match="permit"), transaction.atomic():
        clear(lab, box, Survey(meter, QUIET), permit=lab.permit)
    with pytest.raises(BadInput, match="route"):
        actions.add_permit(
            by=lab.head, number_of_permit="P2", authority="Agency", valid_from=START,
            limits=[Allowed("cleared", "all", 1.0, "calendar_month")],
        )  # fmt: skip


def test_by_a_permitted_route_a_survey_is_judged_and_kept_and_does_not_forbid(
    lab: Any, meter: Any, box: Lot
) -> None:
    record = lab.act("dispose", lot=box, route="solid", permit=lab.permit, survey=Survey(meter, HOT))
    assert json.loads(record.text)["statement"]["given"]["survey"]["verdict"] == "suspension"


@given(
    background=st.lists(st.floats(0.05, 0.2), min_size=5, max_size=12),
    surface=st.floats(0.0, 1.0),
    more=st.floats(0.0, 1.0),
)
def test_a_higher_reading_never_clears_what_a_lower_one_does_not(
    background: list[float], surface: float, more: float
) -> None:
    def share(value: float) -> float:
        """The share of the threshold; beyond all where the background lets nothing be told."""
        typed = {"surface": f"{value!r} uSv/h", "background": [f"{one!r} uSv/h" for one in background]}
        found = run(find("nuclear_medicine.clearance_survey"), typed)
        return float(found.results["dose_rate"].value) if found.valid else math.inf

    assert share(surface + more) >= share(surface)
    at_background = share(sum(background) / len(background))
    unsteady = np.std(background, ddof=1) > 0.5 * np.mean(background) + 0.01
    assert at_background == (math.inf if unsteady else pytest.approx(0.0, abs=1e-9))
