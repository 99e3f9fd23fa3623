"""A Jaszczak phantom as a reconstruction of Gaussian resolution shows it, worked out on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kilter.measure.unit import Floats
from kilter.numerics.cold_rods import RODS
from kilter.numerics.peak import HALF

RADIUS, LENGTH, ROD_LENGTH, SPHERE_HEIGHT, CIRCLE = 108.0, 186.0, 88.0, 127.0, 57.5
DELUXE = (38.0, 31.8, 25.4, 19.1, 15.9, 12.7)


@dataclass(frozen=True, slots=True)
class Jaszczak:
    """The phantom and how it is seen; lengths in mm.

    Attributes:
        slices, side: of the volume in voxels.
        voxel: side of a voxel.
        fwhm: resolution; what is cold is blurred with it.
        level: counts of a voxel in the background.
        turn: degrees by which spheres and rods are turned; direction 1 or -1 in which sizes fall.
        diameters: of the spheres in their order; empty for none.
        rods: whether the rods are there.
        ring: part by which a ring of `ring_radius` is too bright, 6 mm wide.
        cupping: part by which the middle is too dark.
        stretch: of the outline along the columns; 1 is a circle.
    """

    slices: int = 64
    side: int = 64
    voxel: float = 4.8
    fwhm: float = 12.0
    level: float = 400.0
    turn: float = 20.0
    direction: int = 1
    diameters: Sequence[float] = DELUXE
    rods: bool = True
    ring: float = 0.0
    ring_radius: float = 40.0
    cupping: float = 0.0
    stretch: float = 1.0


def blurred_sphere(away: Floats, radius: float, sigma: float) -> Floats:
    """Give a unit sphere convolved with a Gaussian at a distance from its centre, in closed form."""
    from scipy.special import erf

    root = sigma * math.sqrt(2.0)
    near = np.maximum(away, 1e-3 * sigma)
    steps = 0.5 * (erf((near + radius) / root) - erf((near - radius) / root))
    falls = np.exp(-((near - radius) ** 2) / root**2) - np.exp(-((near + radius) ** 2) / root**2)
    return np.asarray(steps - sigma / (near * math.sqrt(2.0 * math.pi)) * falls)


def mean_in_sphere(radius: float, sigma: float) -> float:
    """Mean of a blurred unit sphere over its own volume, by quadrature of the closed form."""
    places, weights = np.polynomial.legendre.leggauss(64)
    away = radius * (places + 1.0) / 2.0
    values = blurred_sphere(away, radius, sigma) * away**2
    return float(3.0 / radius**3 * (weights @ values) * radius / 2.0)


def expected(phantom: Jaszczak) -> Floats:
    """Expected counts, axes (slice, row, column); the base lies at the first slices."""
    height, down, along = _axes(phantom)
    away = np.hypot(down[:, None], along[None, :] / phantom.stretch)
    sigma = phantom.fwhm / HALF
    disc = _fall(RADIUS - away, sigma)
    length = _fall(height, sigma) * _fall(LENGTH - height, sigma)
    ring = 1.0 + phantom.ring * (abs(away - phantom.ring_radius) <= 3.0)
    cup = 1.0 - phantom.cupping * np.clip(1.0 - (away / RADIUS) ** 2, 0.0, 1.0)
    volume = length[:, None, None] * (disc * ring * cup)
    if phantom.rods:
        share = _fall(ROD_LENGTH - height, sigma)[:, None, None]
        volume *= 1.0 - share * _rods(phantom, down, along, sigma)
    cold = np.zeros_like(volume)
    for number, diameter in enumerate(phantom.diameters):
        turn = math.radians(phantom.turn + phantom.direction * 60.0 * number)
        square = (height - SPHERE_HEIGHT)[:, None, None] ** 2
        square = square + ((down - CIRCLE * math.sin(turn)) ** 2)[:, None]
        square = square + (along - CIRCLE * math.cos(turn)) ** 2
        cold += blurred_sphere(np.sqrt(square), diameter / 2.0, sigma)
    return np.asarray(phantom.level * volume * (1.0 - np.clip(cold, 0.0, 1.0)))


def _axes(phantom: Jaszczak) -> tuple[Floats, Floats, Floats]:
    """Height above the base and places in a slice, mm; the phantom stands in the middle."""
    height = (np.arange(phantom.slices) - (phantom.slices - 1) / 2) * phantom.voxel + LENGTH / 2
    at = (np.arange(phantom.side) - (phantom.side - 1) / 2) * phantom.voxel
    return np.asarray(height), np.asarray(at), np.asarray(at)


def _fall(inwards: Floats, sigma: float) -> Floats:
    """Give a blurred plane edge at a distance inwards."""
    from scipy.special import erf

    return np.asarray(0.5 * (1.0 + erf(inwards / (sigma * math.sqrt(2.0)))))


def _rods(phantom: Jaszczak, down: Floats, along: Floats, sigma: float) -> Floats:
    """Part of each pixel of a slice that is rod, blurred: six sectors, drawn finely and convolved."""
    fine = 4
    step = phantom.voxel / fine
    size = phantom.side * fine
    at = (np.arange(size) - (size - 1) / 2) * step
    y, x = np.meshgrid(at, at, indexing="ij")
    angle = np.degrees(np.arctan2(y, x))
    image = np.zeros((size, size))
    for number, diameter in enumerate(RODS):
        middle = phantom.turn + phantom.direction * 60.0 * number
        off = abs((angle - middle + 180.0) % 360.0 - 180.0)
        sector = (off < 29.0) & (np.hypot(x, y) < RADIUS - 6.0) & (np.hypot(x, y) > 8.0)
        turn = math.radians(middle)
        u, v = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
        image[sector & (_to_lattice(u, v, 2.0 * diameter) <= diameter / 2.0)] = 1.0
    frequency = np.fft.fftfreq(size, step)
    damping = np.exp(-2.0 * (math.pi * sigma) ** 2 * frequency**2)
    soft = np.fft.ifft2(np.fft.fft2(image) * np.outer(damping, damping)).real
    return np.asarray(soft.reshape(phantom.side, fine, phantom.side, fine).mean(axis=(1, 3)))


def _to_lattice(x: Floats, y: Floats, pitch: float) -> Floats:
    """Distance to the nearest point of a hexagonal lattice."""
    row = pitch * math.sqrt(3.0)

    def to_rectangle(x0: float, y0: float) -> Floats:
        dx = (x - x0 + row / 2) % row - row / 2
        dy = (y - y0 + pitch / 2) % pitch - pitch / 2
        return np.asarray(np.hypot(dx, dy))

    return np.minimum(to_rectangle(0.0, 0.0), to_rectangle(row / 2, pitch / 2))
