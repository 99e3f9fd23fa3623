"""Read the geometry of a multi-frame acquisition in nuclear medicine: which head, which angle.

PS3.3 C.8.4.9 lays frames out by vectors that count from 1 (detector, rotation, angular view); the
rotation says start, step and direction, and each detector may have a start of its own.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kilter.formats.dicom_image import DicomImage, read_image
from kilter.measure.error import BadInput
from kilter.measure.unit import Floats

if TYPE_CHECKING:
    from pydicom import Dataset

_GEOMETRY = (
    "NumberOfFrames", "DetectorVector", "RotationVector", "AngularViewVector",
    "RotationInformationSequence", "DetectorInformationSequence",
)  # fmt: skip
MOST_ROTATIONS = 16


@dataclass(frozen=True, slots=True)
class Projections:
    """Views of a tomographic acquisition.

    Attributes:
        image: frames and what the file says of itself.
        detector: which head took each frame, from 1.
        angle: of the head at each frame, degrees, shape (frames,); rising counter-clockwise.
        clockwise: for each frame, whether the head moved clockwise.
    """

    image: DicomImage
    detector: NDArray[np.int64]
    angle: Floats
    clockwise: NDArray[np.bool_]


def read_projections(data: bytes, *, field: str) -> Projections:
    """Read frames with head and angle.

    Args:
        data: a whole DICOM file.
        field: the input that the bytes were given for; a refusal names it.

    Raises:
        BadInput: no readable image, no rotation, or vectors that contradict the frames.
    """
    image = read_image(data, field=field)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pydicom").setLevel(logging.CRITICAL)
            return _read(image, data, field)
    except BadInput:
        raise
    except Exception as error:  # a damaged sequence can fail at any depth of the parser, in any way
        message = f"the rotation in the DICOM file cannot be read ({type(error).__name__})"
        raise BadInput(message, field=field, code="damaged_file") from error


def _read(image: DicomImage, data: bytes, field: str) -> Projections:
    import pydicom

    wanted: list[Any] = list(_GEOMETRY)
    dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=wanted, force=True)
    rotations = list(dataset.get("RotationInformationSequence") or [])[:MOST_ROTATIONS]
    if not rotations:
        message = "the file describes no rotation of the camera; give the projections of a tomographic study"
        raise BadInput(message, field=field, code="no_rotation")
    frames = image.frames
    detector = _vector(dataset, "DetectorVector", frames, field)
    rotation = _vector(dataset, "RotationVector", frames, field)
    view = _vector(dataset, "AngularViewVector", frames, field)
    if view is None:
        view = _counted(detector, rotation, frames)
    detector = np.ones(frames, np.int64) if detector is None else detector
    rotation = np.ones(frames, np.int64) if rotation is None else rotation
    if rotation.max() > len(rotations):
        raise BadInput("the file counts more rotations than it describes", field=field, code="contradiction")
    detectors = list(dataset.get("DetectorInformationSequence") or [])
    angle, clockwise = np.empty(frames), np.empty(frames, bool)
    for number, item in enumerate(rotations, 1):
        part = rotation == number
        step, clockwise[part] = _motion(item, field)
        for head in np.unique(detector[part]):
            own = part & (detector == head)
            start = _start(item, detectors, int(head), field)
            angle[own] = start + (-step if clockwise[own][0] else step) * (view[own] - 1)
    return Projections(image, detector, angle, clockwise)


def _vector(dataset: Dataset, name: str, frames: int, field: str) -> NDArray[np.int64] | None:
    """Give one number a frame, from 1; None where the file has no such vector."""
    value = dataset.get(name)
    if value is None:
        return None
    found = np.atleast_1d(np.array(value, dtype=np.int64))
    if found.shape != (frames,) or found.min() < 1:
        message = f"{name} does not count the {frames} frames of the file"
        raise BadInput(message, field=field, code="contradiction")
    return found


def _counted(
    detector: NDArray[np.int64] | None, rotation: NDArray[np.int64] | None, frames: int
) -> NDArray[np.int64]:
    """Count the views of each head and rotation in the order of the frames."""
    view, seen = np.empty(frames, np.int64), dict[tuple[int, int], int]()
    for frame in range(frames):
        key = (
            1 if detector is None else int(detector[frame]),
            1 if rotation is None else int(rotation[frame]),
        )
        view[frame] = seen[key] = seen.get(key, 0) + 1
    return view


def _motion(rotation: Dataset, field: str) -> tuple[float, bool]:
    """Step in degrees and whether it is clockwise."""
    step = _degrees(rotation, "AngularStep", field)
    direction = str(rotation.get("RotationDirection", "")).strip().upper()
    if direction not in ("CW", "CC"):
        message = f"the direction of rotation is {direction[:8] or 'missing'}; CW or CC is wanted"
        raise BadInput(message, field=field, code="no_direction")
    if step is None or step == 0:
        raise BadInput("the file gives no angle between views", field=field, code="no_step")
    return abs(step), direction == "CW"


def _start(rotation: Dataset, detectors: list[Dataset], head: int, field: str) -> float:
    """Start angle of a head: its own, else that of the rotation, else 0."""
    own = _degrees(detectors[head - 1], "StartAngle", field) if head <= len(detectors) else None
    if own is not None:
        return own
    return _degrees(rotation, "StartAngle", field) or 0.0


def _degrees(dataset: Dataset, name: str, field: str) -> float | None:
    value = dataset.get(name)
    if value is None or str(value).strip() == "":
        return None
    number = float(value)
    if not math.isfinite(number) or abs(number) > 3600:
        raise BadInput(f"{name} in the file is no angle", field=field, code="no_angle")
    return number
