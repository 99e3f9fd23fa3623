"""Write reconstructed slices of known truth as one multi-frame DICOM file, or as a file for each slice."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from kilter.formats.dicom_image_writer import Origin, write_image


def write_slices(
    voxels: NDArray[np.uint16], spacing: tuple[float, float, float], origin: Origin, *, gap: bool = True
) -> bytes:
    """Write one file of all slices.

    Args:
        voxels: axes (slice, row, column).
        spacing: mm along them.
        origin: what the file says of itself.
        gap: whether the file says how far apart the slices lie.
    """
    names = ("SpacingBetweenSlices", "SliceThickness") if gap else ()
    said: dict[str, object] = {name: _decimal(spacing[0]) for name in names}
    return _with(write_image(voxels, spacing[1:], origin), said)


def write_slice_files(
    voxels: NDArray[np.uint16], spacing: tuple[float, float, float], origin: Origin
) -> tuple[bytes, ...]:
    """Write a file for each slice, with its place along the axis, all of one series."""
    return tuple(
        _with(
            write_image(one, spacing[1:], origin),
            {
                "SeriesInstanceUID": "2.25.1",
                "ImagePositionPatient": [0.0, 0.0, float(_decimal(number * spacing[0]))],
                "SliceThickness": _decimal(spacing[0]),
            },
        )
        for number, one in enumerate(voxels)
    )


def _decimal(number: float) -> str:
    """Write a number in the sixteen characters that a decimal string has."""
    return f"{number:.10g}"[:16]


def _with(content: bytes, said: dict[str, object]) -> bytes:
    """Say that the slices are reconstructed, and more."""
    from pydicom import dcmread, dcmwrite

    dataset = dcmread(io.BytesIO(content))
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    for name, value in said.items():
        setattr(dataset, name, value)
    target = io.BytesIO()
    dcmwrite(target, dataset, enforce_file_format=True)
    return target.getvalue()
