"""Read reconstructed slices, from one multi-frame file or a file for each slice, as one volume.

The distance of slices is read from the file and never taken from the pixel size: a wrong one would make
every sphere an ellipsoid, and every volume wrong, without a sign of it.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kilter.formats.dicom_image import DicomImage, read_image
from kilter.measure.error import BadInput
from kilter.measure.quantity import File
from kilter.measure.unit import Floats

MOST_FILES = 1024
MOST_VOXELS = 2**26
# Neighbouring slices lie equally far apart within this part of their distance.
EVENLY = 0.02


@dataclass(frozen=True, slots=True)
class Slices:
    """A volume.

    Attributes:
        voxels: rescaled values, axes (slice, row, column).
        spacing: distance of voxel centres along those axes, mm.
        first: what the file of the first slice says of itself.
        ceiling: the value of a voxel at the top of its stored range.
    """

    voxels: Floats
    spacing: tuple[float, float, float]
    first: DicomImage
    ceiling: float


def read_slices(files: Sequence[File], *, field: str) -> Slices:
    """Read a volume.

    Args:
        files: one file of many frames, or many files of one frame each, in any order.
        field: the input that they were given for; a refusal names it.

    Raises:
        BadInput: unreadable, no volume, slices of several sizes or series or unevenly far apart, or no
            pixel size or distance of slices.
    """
    if not files:
        raise BadInput("no file was given", field=field, code="empty_file")
    if len(files) > MOST_FILES:
        raise BadInput(f"{len(files)} files are more than {MOST_FILES}", field=field, code="too_large")
    images = [read_image(file.content, field=field) for file in files]
    if any(one.spacing is None for one in images):
        raise BadInput("the file gives no pixel size", field=field, code="no_pixel_size")
    placed = [_placing(file.content, field) for file in files]
    if len(files) == 1:
        return _of_frames(images[0], placed[0], field)
    return _of_files(images, placed, field)


@dataclass(frozen=True, slots=True)
class _Placing:
    """Where a file says that its slices lie."""

    series: str
    distance: float | None
    height: float | None


def _placing(data: bytes, field: str) -> _Placing:
    import pydicom

    names = ["SeriesInstanceUID", "SpacingBetweenSlices", "SliceThickness", "ImagePositionPatient"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pydicom").setLevel(logging.CRITICAL)
            dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(names), force=True)
            distance = _millimetres(dataset.get("SpacingBetweenSlices"))
            thickness = _millimetres(dataset.get("SliceThickness"))
            position = dataset.get("ImagePositionPatient")
            height = float(position[2]) if position is not None and len(position) == 3 else None
            return _Placing(str(dataset.get("SeriesInstanceUID") or ""), distance or thickness, height)
    except Exception as error:  # a damaged attribute can fail at any depth of the parser, in any way
        message = f"where the slices lie cannot be read ({type(error).__name__})"
        raise BadInput(message, field=field, code="damaged_file") from error


def _millimetres(value: object) -> float | None:
    """Give a length; some cameras write the distance of slices with a sign."""
    if value is None or str(value).strip() == "":
        return None
    length = abs(float(str(value)))
    return length if math.isfinite(length) and 0 < length < 1000 else None


def _of_frames(image: DicomImage, placing: _Placing, field: str) -> Slices:
    if image.frames < 2:
        raise BadInput("one slice is no volume; give all slices", field=field, code="one_slice")
    if placing.distance is None:
        raise BadInput("the file gives no distance of its slices", field=field, code="no_distance")
    assert image.spacing is not None
    return Slices(image.pixels, (placing.distance, *image.spacing), image, image.ceiling)


def _of_files(images: list[DicomImage], placed: list[_Placing], field: str) -> Slices:
    if any(one.frames != 1 for one in images):
        message = "give one file of many frames, or files of one frame each"
        raise BadInput(message, field=field, code="mixed_files")
    first = images[0]
    if len({one.series for one in placed}) > 1:
        raise BadInput(
            "the files are of several series; give those of one", field=field, code="several_series"
        )
    if any((one.pixels.shape, one.spacing) != (first.pixels.shape, first.spacing) for one in images):
        raise BadInput("the slices are not all of one size", field=field, code="contradiction")
    if first.pixels.size * len(images) > MOST_VOXELS:
        raise BadInput("the slices together are larger than is read here", field=field, code="too_large")
    heights = np.array([math.nan if one.height is None else one.height for one in placed])
    if not np.isfinite(heights).all():
        raise BadInput("a file does not say where its slice lies", field=field, code="no_distance")
    order = np.argsort(heights)
    steps = np.diff(heights[order])
    step = float(np.median(steps))
    if step <= 0 or abs(steps - step).max() > EVENLY * step:
        message = "slices are missing, double or unevenly far apart"
        raise BadInput(message, field=field, code="uneven_slices")
    assert first.spacing is not None
    voxels = np.concatenate([images[at].pixels for at in order])
    return Slices(voxels, (step, *first.spacing), images[order[0]], min(one.ceiling for one in images))
