"""Noise alone: against the published mean, exact draws, and the laws of scaling."""

import numpy as np
import pytest

from kilter.numerics.contrast import extremes, steepest_window
from kilter.numerics.counting_noise import noise_contrasts
from kilter.numerics.smooth import nine_point


def square(side):
    return np.ones((side, side), dtype=bool)


def test_ten_thousand_counts_show_the_known_unevenness():
    # An independent simulation of perfect Poisson floods at 10,000 counts a pixel gave a mean of 1.45 %
    # integral and 1.14 % differential over 20 seeds, for a field of a usual size.
    inside = square(80)
    (found,) = noise_contrasts(10_000.0, inside, (inside,), draws=20)
    assert found.integral.mean == pytest.approx(1.45, abs=0.06)
    assert found.differential.mean == pytest.approx(1.14, abs=0.05)
    assert found.draws == 20


def test_agrees_with_poisson_images_analysed_one_by_one():
    inside = square(48)
    source = np.random.default_rng(11)
    images = [nine_point(source.poisson(2_000.0, inside.shape).astype(float), inside) for _ in range(40)]
    integral = np.array([extremes(image, inside).contrast for image in images])
    differential = np.array([steepest_window(image, inside).contrast for image in images])
    (found,) = noise_contrasts(2_000.0, inside, (inside,), draws=40)
    error = np.hypot(integral.std(), found.integral.spread) / np.sqrt(40)
    assert abs(found.integral.mean - integral.mean()) < 4 * error
    error = np.hypot(differential.std(), found.differential.spread) / np.sqrt(40)
    assert abs(found.differential.mean - differential.mean()) < 4 * error


def test_four_times_the_counts_halve_the_contrast():
    inside = square(40)
    (few,), (many,) = (noise_contrasts(n, inside, (inside,), draws=10) for n in (5_000.0, 20_000.0))
    assert few.integral.mean / many.integral.mean == pytest.approx(2.0, rel=0.02)


def test_a_part_of_the_field_shows_no_more_than_the_whole():
    whole = square(40)
    part = np.zeros_like(whole)
    part[10:30, 10:30] = True
    of_whole, of_part = noise_contrasts(1_000.0, whole, (whole, part))
    assert of_part.integral.mean < of_whole.integral.mean
    assert of_part.differential.mean <= of_whole.differential.mean


def test_same_field_and_counts_give_the_same_answer():
    inside = square(20)
    assert noise_contrasts(500.0, inside, (inside,)) == noise_contrasts(500.0, inside, (inside,))
    assert noise_contrasts(500.0, inside, (inside,)) != noise_contrasts(500.0, inside, (inside,), seed=2)


def test_where_the_field_lies_does_not_matter():
    small = square(20)
    placed = np.zeros((50, 60), dtype=bool)
    placed[7:27, 11:31] = True
    assert noise_contrasts(800.0, placed, (placed,)) == noise_contrasts(800.0, small, (small,))


@pytest.mark.parametrize("counts", [1.0, 20.0, 99.0])
def test_few_counts_are_drawn_as_poisson_and_stay_possible(counts):
    inside = square(20)
    (found,) = noise_contrasts(counts, inside, (inside,))
    assert 0 < found.differential.mean <= found.integral.mean <= 100
