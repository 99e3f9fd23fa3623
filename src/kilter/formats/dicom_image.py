"""Read a greyscale DICOM image from bytes that may be anything.

Sizes are checked against the bytes that are there before anything is allocated. What identifies a
patient is reported as present and never returned.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from kilter.formats.detector_head import ATTRIBUTES as HEAD
from kilter.formats.detector_head import DetectorHead, detector_head
from kilter.formats.dicom_attributes import IDENTIFYING, acquired, count, text, texts
from kilter.formats.dicom_header import RLE, TransferSyntax, transfer_syntax
from kilter.measure.error import BadInput

if TYPE_CHECKING:
    from pydicom import Dataset

LARGEST_FILE = 512 * 2**20
LARGEST_SIDE = 16_384
MOST_PIXELS = 2**26
# Two bytes of a run stand for 128 at most (PS3.5 annex G).
MOST_RLE_GAIN = 64

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_IMAGE = (
    "SOPClassUID", "Modality", "ImageType", "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber",
    "SoftwareVersions", "StationName", "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime",
    "TimezoneOffsetFromUTC", "NumberOfFrames", "Rows", "Columns", "SamplesPerPixel",
    "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "RescaleSlope", "RescaleIntercept", "PixelData",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DicomImage:
    """A greyscale image and what its file says about where it comes from.

    Attributes:
        pixels: rescaled values, float64, shape (frames, rows, columns).
        spacing: distance of pixel centres (down, along), mm; None where the file gives none.
        spacing_from: the attribute it was read from, "" where there is none.
        ceiling: the value of a pixel at the top of its stored range.
        quantum: value of one stored step (the rescale slope).
        detectors: number of detector heads the file names, None where it does not.
        head: which of them took it, and its collimator, as far as the file tells.
        acquired: when; without a zone where the file gives none; None where it gives no time.
        identifying: names of filled attributes that identify a patient; never their values.
        sha256: of the whole file, in hexadecimal.
    """

    pixels: NDArray[np.float64]
    spacing: tuple[float, float] | None
    spacing_from: str
    ceiling: float
    quantum: float
    modality: str
    sop_class: str
    image_type: tuple[str, ...]
    detectors: int | None
    head: DetectorHead
    maker: str
    model: str
    serial: str
    software: str
    station: str
    acquired: datetime | None
    identifying: tuple[str, ...]
    sha256: str

    @property
    def frames(self) -> int:
        """How many frames the file holds."""
        return int(self.pixels.shape[0])


def read_image(data: bytes, *, field: str) -> DicomImage:
    """Read a greyscale image of one or more frames.

    Args:
        data: a whole DICOM file.
        field: the input that the bytes were given for; a refusal names it.

    Raises:
        BadInput: not DICOM, empty, too large, truncated, colour, compressed in a way that is not
            read, or an attribute that is impossible; the message says which.
    """
    syntax = _checked_syntax(data, field)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pydicom").setLevel(logging.CRITICAL)
            dataset = _dataset(data)
            return _image(dataset, syntax, hashlib.sha256(data).hexdigest(), field)
    except BadInput:
        raise
    except Exception as error:  # a damaged file can fail at any depth of the parser, in any way
        raise BadInput(
            f"the DICOM file is damaged and cannot be read ({type(error).__name__})",
            field=field,
            code="damaged_file",
        ) from error


def read_planar(data: bytes, *, field: str) -> DicomImage:
    """Read an image that must be a single frame, see `read_image`.

    Raises:
        BadInput: as `read_image`, or several frames.
    """
    image = read_image(data, field=field)
    if image.frames != 1:
        raise BadInput(
            f"the file holds {image.frames} frames; give one planar image, a file for each detector",
            field=field,
            code="multi_frame",
        )
    return image


def _checked_syntax(data: bytes, field: str) -> TransferSyntax:
    """Look at the first bytes only: is it DICOM, and packed in a way that is read here?"""
    if not data:
        _refuse("the file is empty", field, "empty_file")
    if len(data) > LARGEST_FILE:
        _refuse(f"the file is larger than {LARGEST_FILE // 2**20} MiB", field, "too_large")
    syntax = transfer_syntax(data)
    if syntax is None:
        _refuse("this is not a DICOM file", field, "not_dicom")
    if not syntax.readable:
        _refuse(f"the image is packed as {syntax.name}, which is not read here", field, "compression")
    return syntax


def _dataset(data: bytes) -> Dataset:
    """Parse the wanted attributes only."""
    import pydicom

    wanted: list[Any] = [
        *_IMAGE,
        *_SPACINGS,
        *HEAD,
        *IDENTIFYING,
        "TransferSyntaxUID",
        "SpecificCharacterSet",
    ]
    return pydicom.dcmread(io.BytesIO(data), specific_tags=wanted, force=True)


def _image(dataset: Dataset, syntax: TransferSyntax, sha256: str, field: str) -> DicomImage:
    """Put the image together from its parsed attributes."""
    stored, ceiling = _stored_pixels(dataset, syntax, field)
    slope = _number(dataset, "RescaleSlope", 1.0, field)
    intercept = _number(dataset, "RescaleIntercept", 0.0, field)
    if slope == 0:
        _refuse("the rescale slope is 0: every pixel would be the same", field, "rescale")
    pixels = stored.astype(np.float64)
    if (slope, intercept) != (1.0, 0.0):
        pixels = pixels * slope + intercept
    spacing, spacing_from = _spacing(dataset, field)
    return DicomImage(
        pixels=pixels,
        spacing=spacing,
        spacing_from=spacing_from,
        ceiling=ceiling * slope + intercept,
        quantum=abs(slope),
        modality=text(dataset, "Modality"),
        sop_class=text(dataset, "SOPClassUID"),
        image_type=tuple(texts(dataset, "ImageType")),
        detectors=count(dataset, "NumberOfDetectors"),
        head=detector_head(dataset),
        maker=text(dataset, "Manufacturer"),
        model=text(dataset, "ManufacturerModelName"),
        serial=text(dataset, "DeviceSerialNumber"),
        software=", ".join(texts(dataset, "SoftwareVersions")),
        station=text(dataset, "StationName"),
        acquired=acquired(dataset),
        identifying=tuple(name for name in IDENTIFYING if text(dataset, name)),
        sha256=sha256,
    )


def _stored_pixels(
    dataset: Dataset, syntax: TransferSyntax, field: str
) -> tuple[NDArray[np.integer[Any]], float]:
    """Check the declared layout against the bytes that are there, then view them as an array.

    Returns the stored values, shape (frames, rows, columns), and the largest value they could have.
    """
    if "PixelData" not in dataset:
        _refuse("the file is DICOM and holds no image", field, "no_image")
    shape = _shape(dataset, field)
    allocated, stored_bits, signed = _bits(dataset, field)
    ceiling = float(2 ** (stored_bits - signed) - 1)
    data = dataset.PixelData
    wanted = math.prod(shape) * allocated // 8
    if syntax.uid == RLE and wanted <= MOST_RLE_GAIN * len(data):
        return np.asarray(dataset.pixel_array).reshape(shape), ceiling
    if len(data) < wanted:
        _refuse(
            f"the file is truncated: {shape[0]} x {shape[1]} x {shape[2]} pixels need {wanted} bytes "
            f"and {len(data)} are there",
            field,
            "truncated",
        )
    if len(data) - wanted >= max(2, min(shape[1:]) * allocated // 8):  # less is padding
        _refuse(
            f"the file contradicts itself: it declares {shape[1]} x {shape[2]} pixels in {shape[0]} "
            f"frames ({wanted} bytes) and holds {len(data)} bytes",
            field,
            "contradiction",
        )
    kind = f"{syntax.order}{'i' if signed else 'u'}{allocated // 8}"
    pixels = np.frombuffer(data, dtype=kind, count=math.prod(shape)).reshape(shape)
    spare = allocated - stored_bits
    if spare:  # what stands above the stored bits is not part of the value
        pixels = (pixels << spare) >> spare
    return pixels, ceiling


def _shape(dataset: Dataset, field: str) -> tuple[int, int, int]:
    """Frames, rows and columns as declared, each possible."""
    samples = count(dataset, "SamplesPerPixel") or 1
    photometric = text(dataset, "PhotometricInterpretation").upper()
    if samples != 1 or not photometric.startswith("MONOCHROME"):
        _refuse(
            f"this is a colour image ({photometric or 'unnamed'}); counts need a greyscale one",
            field,
            "colour",
        )
    rows, columns = count(dataset, "Rows"), count(dataset, "Columns")
    frames = count(dataset, "NumberOfFrames") if text(dataset, "NumberOfFrames") else 1
    if rows is None or columns is None or frames is None:
        _refuse("the file does not say how many rows, columns and frames it has", field, "no_image")
    if min(rows, columns, frames) < 1:
        _refuse(f"an image of {rows} x {columns} pixels in {frames} frames is empty", field, "no_image")
    if max(rows, columns) > LARGEST_SIDE or rows * columns * frames > MOST_PIXELS:
        _refuse(
            f"an image of {rows} x {columns} pixels in {frames} frames is larger than is read here",
            field,
            "too_large",
        )
    return frames, rows, columns


def _bits(dataset: Dataset, field: str) -> tuple[int, int, int]:
    """Bits allocated and stored for a pixel, and 1 where it is signed."""
    allocated = count(dataset, "BitsAllocated")
    if allocated not in (8, 16, 32):
        _refuse(f"pixels of {allocated} bits are not read here", field, "bits")
    stored = count(dataset, "BitsStored") if "BitsStored" in dataset else allocated
    high = count(dataset, "HighBit") if "HighBit" in dataset else (stored or 0) - 1
    if stored is None or not 1 < stored <= allocated or high != stored - 1:
        _refuse(f"{stored} bits stored up to bit {high} in {allocated} make no sense", field, "bits")
    return allocated, stored, int(bool(count(dataset, "PixelRepresentation") or 0))


def _spacing(dataset: Dataset, field: str) -> tuple[tuple[float, float] | None, str]:
    """Pixel spacing in mm and the attribute that gives it; an impossible one is refused."""
    for name in _SPACINGS:
        written = texts(dataset, name)
        if not any(written):
            continue
        try:
            values = [float(one) for one in written]
        except ValueError:
            values = []
        if len(values) != 2 or not all(0 < value < 1000 for value in values):
            _refuse(
                f"the pixel size in the file ({name}: {' x '.join(written)[:60]} mm) is impossible",
                field,
                "pixel_size",
            )
        return (values[0], values[1]), name
    return None, ""


def _number(dataset: Dataset, name: str, absent: float, field: str) -> float:
    """A finite number; one that is there and is none is refused."""
    written = text(dataset, name)
    if not written:
        return absent
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e12:
        _refuse(f"{name} in the file is not a usable number", field, "rescale")
    return value


def _refuse(message: str, field: str, code: str) -> NoReturn:
    """Refuse the file by name of the input it was given for."""
    raise BadInput(message, field=field, code=code)
