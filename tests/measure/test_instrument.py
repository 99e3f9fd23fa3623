"""What a certificate says of a reading: corrected, in the budget, in range, or refused by name."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.measure.quantity import CertificatePoint, Instrument
from kilter.measure.registry import find
from kilter.measure.run import run

EARTH = find("medical_engineering.protective_earth")
LEAKAGE = find("medical_engineering.equipment_leakage")


def point(quantity: str = "earth resistance", unit: str = "ohm", **more: float | None) -> CertificatePoint:
    """Give a line of a certificate; U is 0.004 in its unit where nothing else is said."""
    return CertificatePoint(**{  # type: ignore[arg-type]
        "quantity": quantity, "unit": unit, "nominal": 0.0, "correction": 0.0, "expanded": 0.004, **more
    })  # fmt: skip


def safety_tester(*points: CertificatePoint, k: float = 2.0) -> Instrument:
    """Give a tester with these lines."""
    return Instrument("TI1", "S1", "C-1", "Calibra", date(2026, 1, 1), date(2027, 1, 1), k, points)


def test_the_certificates_uncertainty_enters_the_budget() -> None:
    outcome = run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(point())])
    result = outcome.results["resistance"]
    assert result.value == 0.12
    assert result.u == pytest.approx(0.002, rel=1e-12)
    assert [line.input for line in outcome.budget] == ["reading"]
    assert outcome.inputs["reading"].typed == "0.12"


def test_without_an_instrument_nothing_is_known() -> None:
    assert run(EARTH, {"reading": "0.12"}).results["resistance"].u is None


def test_what_was_stated_combines_with_it_in_quadrature() -> None:
    outcome = run(EARTH, {"reading": "0.12"}, u={"reading": "1.5mohm"}, instruments=[safety_tester(point())])
    assert outcome.results["resistance"].u == pytest.approx(0.0025, rel=1e-12)  # 3-4-5


def test_the_correction_is_added_and_said() -> None:
    outcome = run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(point(correction=-0.01))])
    assert outcome.results["resistance"].value == pytest.approx(0.11, rel=1e-12)
    found = outcome.inputs["reading"].measured_by
    assert found is not None
    assert (found.quantity, found.correction, found.instrument) == ("earth resistance", -0.01, 0)


def test_a_line_in_another_unit_of_the_same_kind_is_converted() -> None:
    milli = point(unit="mohm", correction=-10.0, expanded=4.0)
    outcome = run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(milli)])
    assert outcome.results["resistance"].value == pytest.approx(0.11, rel=1e-12)
    assert outcome.results["resistance"].u == pytest.approx(0.002, rel=1e-12)


def test_a_share_of_the_reading_counts() -> None:
    line = point("leakage current", "uA", expanded=1.0, relative=2.0)
    outcome = run(
        LEAKAGE,
        {"current": "450", "method": "direct", "equipment_class": "I"},
        instruments=[safety_tester(line)],
    )
    assert outcome.results["leakage"].u == pytest.approx((1.0 + 0.02 * 450) / 2, rel=1e-12)


@pytest.mark.parametrize(
    "line",
    [point("leakage current", "uA"), point(high=0.1), point(low=0.2)],
    ids=["another kind", "above its range", "below its range"],
)
def test_a_reading_that_no_certificate_covers_is_refused_by_name(line: CertificatePoint) -> None:
    with pytest.raises(BadInput, match="no certificate of the instruments named covers") as caught:
        run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(line)])
    assert (caught.value.field, caught.value.code) == ("reading", "unsuitable_instrument")
    assert run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(line)], strict=False).valid


def test_the_line_most_like_the_procedure_counts_whatever_their_order() -> None:
    earth, insulation = point(), point("insulation resistance", "Mohm", expanded=0.1)
    for lines in ((earth, insulation), (insulation, earth)):
        found = (
            run(EARTH, {"reading": "0.12"}, instruments=[safety_tester(*lines)]).inputs["reading"].measured_by
        )
        assert found is not None
        assert found.quantity == "earth resistance"


def test_among_equals_the_one_known_least_well_counts() -> None:
    instruments = [safety_tester(point()), safety_tester(point(expanded=0.01))]
    found = run(EARTH, {"reading": "0.12"}, instruments=instruments).inputs["reading"].measured_by
    assert found is not None
    assert (found.instrument, found.u) == (1, 0.005)


def test_a_stated_type_a_keeps_its_degrees_of_freedom_as_welch_and_satterthwaite_say() -> None:
    from kilter.measure.door import Uncertainty

    stated = {"reading": Uncertainty(0.002, dof=9.0)}
    outcome = run(EARTH, {"reading": "0.12"}, u=stated, instruments=[safety_tester(point())])
    # u_c^2 = 2 u^2, so u_c^4 / (u^4 / 9) = 36.
    assert outcome.results["resistance"].dof == pytest.approx(36.0, rel=1e-9)


@given(
    reading=st.floats(0.01, 10),
    correction=st.floats(-0.005, 0.005),
    expanded=st.floats(1e-6, 1.0),
    k=st.floats(1.0, 3.0),
)
def test_corrections_and_uncertainties_arrive_whole(
    reading: float, correction: float, expanded: float, k: float
) -> None:
    line = point(correction=correction, expanded=expanded)
    result = run(EARTH, {"reading": repr(reading)}, instruments=[safety_tester(line, k=k)]).results[
        "resistance"
    ]
    assert math.isclose(result.value, reading + correction, rel_tol=1e-12)
    assert result.u is not None
    assert np.isclose(result.u, expanded / k, rtol=1e-9)
