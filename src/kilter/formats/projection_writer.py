"""Write tomographic projections of known truth as DICOM files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.formats.dicom_image_writer import Origin, write_image


@dataclass(frozen=True, slots=True)
class Orbit:
    """How the heads turned: start of each in degrees, the step between views, views of each, direction."""

    starts: Sequence[float]
    step: float
    views: int
    clockwise: bool = True


def write_projections(
    pixels: NDArray[np.uint16], spacing: tuple[float, float], orbit: Orbit, origin: Origin
) -> bytes:
    """Write frames of shape (heads x views, rows, columns), all views of the first head first.

    Raises:
        ValueError: the number of frames is not heads times views.
    """
    from pydicom import Dataset

    heads = len(orbit.starts)
    if len(pixels) != heads * orbit.views:
        raise ValueError(f"{len(pixels)} frames are not {heads} heads of {orbit.views} views")
    rotation = Dataset()
    rotation.StartAngle, rotation.AngularStep = _decimal(orbit.starts[0]), _decimal(orbit.step)
    rotation.RotationDirection = "CW" if orbit.clockwise else "CC"
    rotation.ScanArc, rotation.NumberOfFramesInRotation = _decimal(orbit.step * orbit.views), orbit.views
    detectors = []
    for start in orbit.starts:
        detector = Dataset()
        detector.StartAngle = _decimal(start)
        detectors.append(detector)
    extra = Dataset()
    extra.ImageType = ["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"]
    extra.NumberOfDetectors, extra.NumberOfRotations = heads, 1
    extra.RotationInformationSequence, extra.DetectorInformationSequence = [rotation], detectors
    extra.DetectorVector = np.repeat(np.arange(1, heads + 1), orbit.views).tolist()
    extra.RotationVector = [1] * len(pixels)
    extra.AngularViewVector = list(range(1, orbit.views + 1)) * heads
    return _with(write_image(pixels, spacing, origin), extra)


def _decimal(number: float) -> str:
    """Write a number in the sixteen characters that a decimal string has."""
    return f"{number:.10g}"[:16]


def _with(content: bytes, extra: object) -> bytes:
    """Add attributes to a written file."""
    from pydicom import Dataset, dcmread, dcmwrite

    dataset = dcmread(io.BytesIO(content))
    assert isinstance(extra, Dataset)
    dataset.update(extra)
    target = io.BytesIO()
    dcmwrite(target, dataset, enforce_file_format=True)
    return target.getvalue()
