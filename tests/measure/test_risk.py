"""Risks of decisions: JCGM 106 and published comparisons of guard bands."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.measure.risk import Interval, acceptance_limit, consumer_risk, nonconforming, producer_risk


def bearings(x: float) -> float:
    """Gamma density of shape 4 and scale 1/4 um (JCGM 106:2012, 9.5.4)."""
    return 4**4 * x**3 * math.exp(-4 * x) / 6 if x > 0 else 0.0


def normal(sigma: float):
    return lambda x: math.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


BEARINGS = (0.0, 15.0)
TWO_MICRONS = Interval(high=2.0)


def test_ball_bearings_out_of_tolerance():
    assert nonconforming(bearings, TWO_MICRONS, BEARINGS) == pytest.approx(0.04238, abs=5e-6)


def test_ball_bearings_accepted_at_the_tolerance():
    assert consumer_risk(bearings, 0.25, TWO_MICRONS, TWO_MICRONS, BEARINGS) == pytest.approx(
        0.00802, abs=5e-6
    )
    assert producer_risk(bearings, 0.25, TWO_MICRONS, TWO_MICRONS, BEARINGS) == pytest.approx(
        0.0174, abs=5e-5
    )


def test_ball_bearings_limit_for_a_risk_of_one_in_a_thousand():
    limit = acceptance_limit(bearings, 0.25, 2.0, 0.001, BEARINGS)
    assert limit == pytest.approx(1.6718, abs=5e-5)
    guarded = Interval(high=limit)
    assert consumer_risk(bearings, 0.25, TWO_MICRONS, guarded, BEARINGS) == pytest.approx(0.001, rel=1e-6)
    assert producer_risk(bearings, 0.25, TWO_MICRONS, guarded, BEARINGS) == pytest.approx(0.0755, abs=5e-5)


def test_deaver_two_sigma_at_four_to_one():
    """T = 2 sigma, TUR 4: false accept 0.801 %, false reject 1.485 %."""
    band = Interval(-2.0, 2.0)
    assert consumer_risk(normal(1), 0.25, band, band, (-9, 9)) == pytest.approx(0.00801, abs=5e-6)
    assert producer_risk(normal(1), 0.25, band, band, (-9, 9)) == pytest.approx(0.01485, abs=5e-6)


@pytest.mark.parametrize(
    ("share", "accept", "reject"),
    [(1.0, 0.00858, 0.0155), (math.sqrt(1 - 1 / 16), 0.00627, None), (0.75, 0.00021, 0.104)],
    ids=["none", "rss", "whole U"],
)
def test_guard_bands_at_ninety_five_percent_in_tolerance(share, accept, reject):
    sigma = 1 / 1.959964
    band, accepted = Interval(-1.0, 1.0), Interval(-share, share)
    risk = consumer_risk(normal(sigma), 0.125, band, accepted, (-5, 5))
    assert risk == pytest.approx(accept, abs=6e-6)
    if reject is not None:
        found = producer_risk(normal(sigma), 0.125, band, accepted, (-5, 5))
        assert found == pytest.approx(reject, abs=5e-4 if reject > 0.1 else 5e-5)


@settings(max_examples=15)
@given(st.floats(0.05, 1.0), st.floats(0.5, 1.5))
def test_accepted_and_rejected_are_all_there_is(u, width):
    """Of the items in tolerance, accepted and rejected add up; so for those outside."""
    band, accepted, support = Interval(-1.0, 1.0), Interval(-width, width), (-8.0, 8.0)
    inside = 1 - nonconforming(normal(1), band, support)
    false_reject = producer_risk(normal(1), u, band, accepted, support)
    true_accept = sum_accepted(u, accepted) - consumer_risk(normal(1), u, band, accepted, support)
    assert false_reject + true_accept == pytest.approx(inside, abs=1e-8)


def sum_accepted(u: float, accepted: Interval) -> float:
    """A measured value is normal with the variances added."""
    root = math.sqrt(2 * (1 + u * u))
    return math.erf(accepted.high / root)


def test_what_cannot_be():
    band = Interval(-1.0, 1.0)
    for risk in (consumer_risk, producer_risk):
        with pytest.raises(BadInput):
            risk(normal(1), 0.0, band, band, (-5, 5))
    with pytest.raises(BadInput, match="no acceptance limit"):
        acceptance_limit(bearings, 0.25, 2.0, 0.9, BEARINGS)
