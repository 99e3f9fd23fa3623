"""Write planar images as DICOM files: images of known truth, made by Kilter and saying so."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from kilter.formats.dicom_header import EXPLICIT_LITTLE

NM_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.20"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a written file says of where it comes from.

    Attributes:
        model, serial, station: of the camera that the image stands for.
        description: the series description.
        acquired: with a zone; it is written in UTC.
        scan: how it was taken, the third value of the image type: `STATIC`, `WHOLE BODY`.
    """

    model: str = "reference object"
    serial: str = ""
    station: str = ""
    description: str = ""
    acquired: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    scan: str = "STATIC"


def write_image(
    pixels: NDArray[np.uint16] | NDArray[np.uint8], spacing: tuple[float, float] | None, origin: Origin
) -> bytes:
    """Write a nuclear-medicine image as an explicit little endian DICOM file.

    The same pixels and origin give the same bytes: identifiers are derived from the content.

    Args:
        pixels: uint16 of shape (rows, columns) or (frames, rows, columns); uint8 of shape
            (rows, columns, 3) writes a colour image.
        spacing: (down, along) in mm; None leaves the pixel size out.
        origin: what the file says of itself.

    Raises:
        ValueError: another shape or type.
    """
    from pydicom import Dataset, dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    colour = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    if not colour and not (pixels.dtype == np.uint16 and pixels.ndim in (2, 3)):
        raise ValueError("pixels must be uint16 with 2 or 3 axes, or uint8 of shape (rows, columns, 3)")
    digest = hashlib.sha256(pixels.tobytes() + repr((pixels.shape, spacing, origin)).encode()).digest()
    dataset = Dataset()
    _describe(dataset, origin, digest)
    _lay_out(dataset, pixels, colour)
    if spacing is not None:
        dataset.PixelSpacing = [f"{side:.10g}"[:16] for side in spacing]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    dataset.file_meta = meta
    target = io.BytesIO()
    dcmwrite(target, dataset, enforce_file_format=True)
    return target.getvalue()


def _describe(dataset: object, origin: Origin, digest: bytes) -> None:
    """Identifiers, device and time; no patient."""
    when = origin.acquired.astimezone(UTC)
    values = {
        "SOPClassUID": NM_IMAGE_STORAGE,
        "SOPInstanceUID": _uid(digest, 1),
        "StudyInstanceUID": _uid(digest, 2),
        "SeriesInstanceUID": _uid(digest, 3),
        "Modality": "NM",
        "ImageType": ["ORIGINAL", "PRIMARY", origin.scan, "EMISSION"],
        "Manufacturer": "Kilter",
        "ManufacturerModelName": origin.model,
        "DeviceSerialNumber": origin.serial,
        "StationName": origin.station,
        "SeriesDescription": origin.description,
        "AcquisitionDate": when.strftime("%Y%m%d"),
        "AcquisitionTime": when.strftime("%H%M%S"),
        "TimezoneOffsetFromUTC": "+0000",
        "PatientName": "",
        "PatientID": "",
    }
    for name, value in values.items():
        setattr(dataset, name, value)


def _lay_out(dataset: object, pixels: NDArray[np.uint16] | NDArray[np.uint8], colour: bool) -> None:
    """Shape, depth and bytes of the pixels."""
    rows, columns = pixels.shape[:2] if colour or pixels.ndim == 2 else pixels.shape[1:]
    bits = 8 * pixels.dtype.itemsize
    values: dict[str, object] = {
        "Rows": rows,
        "Columns": columns,
        "NumberOfFrames": 1 if colour or pixels.ndim == 2 else pixels.shape[0],
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "PixelData": pixels.astype(pixels.dtype.newbyteorder("<")).tobytes(),
    }
    if colour:
        values["PlanarConfiguration"] = 0
    for name, value in values.items():
        setattr(dataset, name, value)


def _uid(digest: bytes, part: int) -> str:
    """Derive an identifier in the arc for numbers made from a UUID (PS3.5 annex B.2)."""
    return f"2.25.{int.from_bytes(hashlib.sha256(digest + bytes([part])).digest()[:15], 'big')}"
