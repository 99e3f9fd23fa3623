"""Point sources seen from many angles, of known offset, as DICOM files, sound or with one fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.formats.projection_writer import Orbit, write_projections
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject
from kilter.measure.unit import Floats
from kilter.numerics.peak import HALF
from kilter.numerics.reference_camera import drawn

SIDE, PIXEL, VIEWS, FWHM = 64, 5.0, 32, 14.0
_ABOUT = {
    "none": "two heads, 0.4 and -0.3 mm off",
    "offset": "the first head is 4 mm off",
    "axial": "the second head sees the source 3 mm further along the axis",
    "wobble": "one view of the first head stands 6 mm aside",
    "half_turn": "one head over 90 degrees: refused",
    "flood": "no point source: refused",
    "planar": "a file that describes no rotation: refused",
}
_REFUSED = ("half_turn", "flood", "planar")


@dataclass(frozen=True, slots=True)
class Source:
    """A point source and the faults of the heads that see it; lengths in mm, angles in degrees."""

    orbit: Orbit = field(default_factory=lambda: Orbit((0.0, 180.0), 360.0 / VIEWS, VIEWS))
    radius: float = 60.0
    phase: float = 25.0
    axial: float = 10.0
    offsets: Sequence[float] = (0.4, -0.3)
    axial_shifts: Sequence[float] = (0.0, 0.0)
    wobble: float = 0.0
    height: float = 3000.0
    background: float = 0.0
    side: int = SIDE
    pixel: float = PIXEL


def expected(source: Source) -> Floats:
    """Expected counts of every view, shape (heads x views, side, side), all views of a head together."""
    at = (np.arange(source.side) - (source.side - 1) / 2) * source.pixel
    sigma, frames = FWHM / HALF, []
    for head, start in enumerate(source.orbit.starts):
        for view in range(source.orbit.views):
            turn = view * source.orbit.step * (-1 if source.orbit.clockwise else 1)
            x = source.offsets[head] + source.radius * math.sin(math.radians(start + turn + source.phase))
            x += source.wobble if (head, view) == (0, 5) else 0.0
            y = source.axial + source.axial_shifts[head]
            across = np.exp(-0.5 * ((at - x) / sigma) ** 2)
            down = np.exp(-0.5 * ((at - y) / sigma) ** 2)
            frames.append(source.height * np.outer(down, across) + source.background)
    return np.array(frames)


def written(source: Source, seed: int, description: str = "") -> bytes:
    """Draw the counts (seed 0 without noise) and write the study."""
    origin = Origin(serial="REFERENCE", station="KILTER", description=description)
    return write_projections(
        drawn(expected(source), seed), (source.pixel, source.pixel), source.orbit, origin
    )


def make_rotation(fault: str, seed: int) -> ReferenceObject:
    """Make a study of two heads; the same fault and seed give the same bytes."""
    source = {
        "offset": Source(offsets=(4.0, -0.3)),
        "axial": Source(axial_shifts=(0.0, 3.0)),
        "wobble": Source(wobble=6.0),
        "half_turn": Source(orbit=Orbit((0.0,), 90.0 / VIEWS, VIEWS)),
        "flood": Source(height=0.0, background=100.0),
    }.get(fault, Source())
    description = f"point source, fault {fault}, seed {seed}"
    content = written(source, seed, description)
    if fault == "planar":
        content = write_image(drawn(expected(source), seed), (PIXEL, PIXEL), Origin(description=description))
    low, high = min(source.offsets), max(source.offsets)
    truth = {
        "offset": high,
        "head_difference": high - low,
        "axial_difference": max(source.axial_shifts) - min(source.axial_shifts),
    }
    if fault == "wobble":
        truth = {"axial_difference": 0.0}
    return ReferenceObject(
        File(f"cor-{fault}-{seed}.dcm", content),
        "nuclear_medicine.centre_of_rotation",
        "study",
        {} if fault in _REFUSED else truth,
        _ABOUT[fault],
    )


KINDS = {"cor": Maker(tuple(_ABOUT), make_rotation)}
