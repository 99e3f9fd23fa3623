"""Calibrations together: tolerance follows from the error, reliability is counted, drift projected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions
from kilter.department.equipment.actions.certificates import Quantity
from kilter.department.equipment.calibration import (
    certificates_of,
    drifts_of,
    proposed_interval,
    reliability_of,
)
from kilter.department.ledger import clock
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db


def calibrate(by: Any, device: Any, ago: int, **line: Any) -> Any:
    """Enter a certificate that began some days ago and held for 365."""
    given = {"name": "r", "unit": "ohm", "correction": 0.0, "expanded_uncertainty": 1e-6, **line}
    begin = clock.now() - timedelta(days=ago)
    return actions.add_certificate(
        by=by,
        device=device,
        number=f"C-{ago}",
        laboratory="Calibra",
        issued=begin,
        valid_from=begin,
        valid_until=begin + timedelta(days=365),
        coverage_factor=2.0,
        quantities=[Quantity(**given)],
    )


@pytest.mark.parametrize(
    ("found", "tolerance", "verdict"),
    [
        (0.01, 0.02, True), (-0.02, 0.02, True), (0.021, 0.02, False), (-0.03, 0.02, False),
        (None, 0.02, None), (0.01, None, None),
    ],
)  # fmt: skip
def test_whether_it_came_in_tolerance_is_worked_out(
    lead: Any, register: Any, found: float | None, tolerance: float | None, verdict: bool | None
) -> None:
    row = calibrate(lead, register(), 10, as_found=found, tolerance=tolerance)
    assert row.quantities.get().in_tolerance is verdict


def test_the_interval_is_that_of_the_published_case(lead: Any, register: Any) -> None:
    """15 of 20 in tolerance at 365 d, target 0.95: 231 d (NCSL tutorial of 2019, method A3)."""
    device = register()
    for number in range(20):
        calibrate(lead, device, 10 + number, as_found=0.01 if number < 15 else 0.03, tolerance=0.02)
    found = reliability_of(device.model)
    assert found is not None
    assert (found.right, found.known, found.days) == (15, 20, pytest.approx(365.0))
    outcome = proposed_interval(found)
    assert outcome.results["interval"].value == pytest.approx(231.0, abs=0.5)
    assert outcome.results["rejection"].value == pytest.approx(0.9949, abs=5e-5)


def test_nothing_is_proposed_where_no_certificate_tells(lead: Any, register: Any) -> None:
    device = register()
    assert reliability_of(device.model) is None
    calibrate(lead, device, 10)
    assert reliability_of(device.model) is None


def test_a_steady_drift_meets_its_tolerance_when_the_line_says(lead: Any, register: Any) -> None:
    """0.01 a year from 0.01: the line meets 0.06 five years after the first; its U is next to nothing."""
    device = register()
    for year in range(4):
        ago = round((3 - year) * 365.25)
        calibrate(lead, device, ago + 1, as_found=0.01 + 0.01 * year, tolerance=0.06)
    (drift,) = drifts_of(certificates_of(device))
    assert drift.yearly_change == pytest.approx(0.01, rel=1e-3)
    assert drift.reached is not None
    wanted = drift.found[0][0] + timedelta(days=5 * 365.25)
    assert abs((drift.reached - wanted).days) <= 10


def test_two_points_make_no_drift(lead: Any, register: Any) -> None:
    device = register()
    for year in range(2):
        calibrate(lead, device, 400 - 365 * year, as_found=0.01, tolerance=0.06)
    assert drifts_of(certificates_of(device)) == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"low": 2.0, "high": 1.0}, "quantities[1]"),
        ({"relative": -1.0}, "quantities[1]"),
        ({"expanded_uncertainty": 0.0}, "quantities[1]"),
        ({"tolerance": 0.0}, "quantities[1]"),
        ({"unit": "furlong"}, "quantities[1].unit"),
        ({"as_found": float("nan")}, "quantities[1].as_found"),
    ],
)
def test_a_line_that_cannot_be_is_refused(lead: Any, register: Any, line: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        calibrate(lead, register(), 1, **line)
    assert caught.value.field == field
