"""What stands in a budget: signs, sizes and degrees of freedom, line by line."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.measure.declared import budget, mean_of

from kilter.measure.door import Uncertainty, parse
from kilter.measure.run import run
from kilter.measure.uncertainty import first_order, monte_carlo


def plain(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "1")


def propagated(item: Any, values: dict[str, Any], u: dict[str, Any], correlation: Any = None) -> Any:
    return first_order(item, parse(item.signature, values, u), correlation)


TWO = budget(plain("x", "y"), plain("total"), lambda *, x, y: (x + y,))


def test_two_inputs_that_cancel_leave_nothing_of_which_degrees_of_freedom_could_be_few():
    found = propagated(
        budget(plain("x", "y"), plain("total"), lambda *, x, y: (x - y,)),
        {"x": 1, "y": 2},
        {"x": Uncertainty(0.25, 5), "y": Uncertainty(0.25, 9)},
        {("x", "y"): 1.0},
    )
    assert found.u["total"] == 0
    assert found.dof["total"] == math.inf


def test_tied_inputs_have_the_fewest_degrees_of_freedom_of_them():
    """Welch and Satterthwaite's formula is for independent inputs; the most careful answer stands in."""
    stated = {"x": Uncertainty(0.3, 5), "y": Uncertainty(0.4, 9)}
    found = propagated(TWO, {"x": 1, "y": 2}, stated, {("x", "y"): 0.5})
    assert found.dof["total"] == 5
    assert propagated(TWO, {"x": 1, "y": 2}, stated, {("x", "y"): 0.0}).dof["total"] == pytest.approx(
        0.5**4 / (0.3**4 / 5 + 0.4**4 / 9), rel=1e-8
    )


def test_a_sensitivity_has_its_sign_and_its_size():
    item = budget(plain("x", "y"), plain("total"), lambda *, x, y: (2 * x - 3 * y,))
    lines = run(item, {"x": 1, "y": 2}, u={"x": 0.1, "y": 0.2}).budget
    assert [(line.input, line.sensitivity) for line in lines] == [("x", 2.0), ("y", -3.0)]
    assert [line.contribution for line in lines] == [pytest.approx(0.2), pytest.approx(0.6)]
    assert [(line.u, line.dof, line.evaluation) for line in lines] == [
        (0.1, math.inf, "B"),
        (0.2, math.inf, "B"),
    ]


def test_the_readings_of_a_mean_are_one_line():
    """Four readings of spread s: s/sqrt(4), as if their mean were one input with a sensitivity of 1/2."""
    (line,) = run(mean_of, {"readings": [1.0, 1.2, 1.0, 1.2]}).budget
    s = 0.2 / math.sqrt(3)
    assert (line.input, line.dof, line.evaluation) == ("readings", 3, "A")
    assert (line.u, line.sensitivity) == (pytest.approx(s), pytest.approx(0.5))
    assert line.contribution == pytest.approx(s / 2)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e6, 1e12])
def test_a_slope_is_found_at_any_size(size):
    """d(1/x)/dx = -1/x^2: a step that did not go with the input would leave its place."""
    item = budget(plain("x"), plain("y"), lambda *, x: (1 / x,))
    found = propagated(item, {"x": size}, {"x": 1e-6 * size})
    assert found.u["y"] == pytest.approx(1e-6 / size, rel=1e-9)


def test_few_degrees_of_freedom_are_drawn_as_wide_as_they_are_stated():
    """T with nu = 5 is sqrt(5/3) wider than its scale, which is the stated u."""
    item = budget(plain("x"), plain("y"), lambda *, x: (x,))
    given = parse(item.signature, {"x": 0.0}, {"x": Uncertainty(0.25, 5)})
    found = monte_carlo(item, given, draws=400_000)["y"]
    assert found.u == pytest.approx(0.25 * math.sqrt(5 / 3), rel=0.02)


def test_a_procedure_that_takes_single_numbers_is_given_single_numbers():
    """math.sqrt takes no array: what is not declared elementwise is called point by point."""
    item = budget(plain("x", "y"), plain("z"), lambda *, x, y: (math.sqrt(x) + y,), elementwise=False)
    values, u = {"x": 4.0, "y": 1.0}, {"x": 0.04, "y": 0.01}
    expected = math.hypot(0.04 / 4, 0.01)
    assert propagated(item, values, u).u["z"] == pytest.approx(expected, rel=1e-9)
    drawn = monte_carlo(item, parse(item.signature, values, u), draws=4000)["z"]
    assert drawn.u == pytest.approx(expected, rel=0.05)
    assert drawn.mean == pytest.approx(3.0, abs=4 * expected / math.sqrt(4000))


def test_the_scatter_of_readings_is_drawn_reading_by_reading():
    """Ten readings of spread s, each drawn by t with nu = 9: the mean scatters by s/sqrt(10) x sqrt(9/7)."""
    readings = [1.0 + 0.01 * (-1) ** n for n in range(10)]
    s = 0.01 * math.sqrt(10 / 9)
    given = parse(mean_of.signature, {"readings": readings}, {})
    drawn = monte_carlo(mean_of, given, draws=4000)["mean"]
    assert drawn.u == pytest.approx(s / math.sqrt(10) * math.sqrt(9 / 7), rel=0.06)
