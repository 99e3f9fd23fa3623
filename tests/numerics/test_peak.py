"""Peaks: exact Gaussians, properties of both readings, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.error import CannotTell
from kilter.numerics.peak import HALF, TENTH, peak, places_above


def bell(place, sigma, height, size=61):
    return height * np.exp(-0.5 * ((np.arange(size) - place) / sigma) ** 2)


@given(st.floats(20, 40), st.floats(1.0, 6.0), st.floats(1e-3, 1e6))
def test_a_gaussian_is_found_exactly(place, sigma, height):
    found = peak(bell(place, sigma, height), "gaussian")
    assert found.place == pytest.approx(place, abs=1e-6)
    assert found.fwhm == pytest.approx(HALF * sigma, rel=1e-6)
    assert found.fwtm == pytest.approx(TENTH * sigma, rel=1e-6)
    assert found.height == pytest.approx(height, rel=1e-6)


@given(st.floats(28, 32), st.floats(2.5, 6.0))
def test_nemas_reading_of_a_gaussian_is_within_its_interpolation(place, sigma):
    found = peak(bell(place, sigma, 1e4), "nema")
    assert found.place == pytest.approx(place, abs=0.03)
    assert found.fwhm == pytest.approx(HALF * sigma, rel=0.01)
    assert found.fwtm == pytest.approx(TENTH * sigma, rel=0.02)


@given(st.floats(25, 35), st.floats(2.0, 5.0), st.floats(0.1, 100))
@pytest.mark.parametrize("method", ["gaussian", "nema"])
def test_height_does_not_change_the_width(method, place, sigma, factor):
    one, other = peak(bell(place, sigma, 1.0), method), peak(bell(place, sigma, factor), method)
    assert one.fwhm == pytest.approx(other.fwhm, rel=1e-6)


def test_a_triangle_by_nema_is_read_off_its_sides():
    profile = np.maximum(0.0, 10.0 - abs(np.arange(31) - 15.0))
    # The parabola through 9, 10, 9 has its height at 10; half is passed 5 from the top, a tenth 9.
    found = peak(profile, "nema")
    assert (found.place, found.height, found.fwhm, found.fwtm) == pytest.approx((15.0, 10.0, 10.0, 18.0))


@pytest.mark.parametrize("profile", [np.zeros(9), np.arange(9.0), np.ones(4), -bell(4, 1, 1, 9)])
@pytest.mark.parametrize("method", ["gaussian", "nema"])
def test_no_peak_is_refused(profile, method):
    with pytest.raises(CannotTell) as caught:
        peak(profile, method)
    assert caught.value.code == "no_peak"


def test_a_peak_cut_off_is_refused_by_nema():
    with pytest.raises(CannotTell) as caught:
        peak(bell(3, 4, 1.0), "nema")
    assert caught.value.code == "cut_off"


def test_runs_above():
    assert places_above(np.array([0, 5, 5, 0, 9, 0, 8.0]), 0.5) == [(1, 3), (4, 5), (6, 7)]
