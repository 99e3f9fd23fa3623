"""Any DICOM object, image or not: put into a file as it came over the network, and its header read.

What identifies a patient is reported as present and never returned.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kilter.formats.dicom_attributes import IDENTIFYING, acquired, count, text, texts
from kilter.formats.dicom_header import transfer_syntax
from kilter.measure.error import BadInput

IMPLEMENTATION = "2.25.213845377094316118260263318410523187246"
"""Names this writer in the files it makes (DICOM PS3.7, D.3.3.2): a UUID, drawn once."""
DEFLATED = "1.2.840.10008.1.2.1.99"
_READ = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "ImageType",
    "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "StationName", "AcquisitionDate",
    "AcquisitionTime", "AcquisitionDateTime", "TimezoneOffsetFromUTC", "NumberOfFrames", "Rows", "Columns",
    "SpecificCharacterSet", "TransferSyntaxUID",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectHeader:
    """What an object says of itself and of where it comes from; "" or None where it does not.

    Attributes:
        kind: the registered name of its SOP class, such as `Nuclear Medicine Image Storage`.
        size: frames, rows, columns of an image; None where it is none.
        acquired: when; without a zone where the object names none.
        names_patient: whether any attribute that identifies a patient is filled.
    """

    sop_class: str
    sop_instance: str
    kind: str
    study: str
    series: str
    modality: str
    image_type: tuple[str, ...]
    maker: str
    model: str
    serial: str
    station: str
    size: tuple[int, int, int] | None
    acquired: datetime | None
    names_patient: bool


def is_uid(given: str) -> bool:
    """Say whether a text is a unique identifier (DICOM PS3.5, section 9.1)."""
    return len(given) <= 64 and re.fullmatch(r"[0-9]+(\.[0-9]+)+", given, re.ASCII) is not None


def as_file(dataset: bytes, *, sop_class: str, sop_instance: str, syntax: str) -> bytes:
    """Put a data set, as it came over the network, into a file (DICOM PS3.10, section 7.1).

    The data set is not touched, and the file is the same each time: an object sent twice has one SHA-256.

    Args:
        dataset: encoded bytes.
        sop_class: identifier of what kind of object it is.
        sop_instance: the object's own identifier.
        syntax: identifier of the transfer syntax that the bytes are encoded in.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info

    meta: Any = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, sop_instance
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID, meta.ImplementationVersionName = IMPLEMENTATION, "KILTER"
    written = DicomBytesIO()
    write_file_meta_info(written, meta)
    return b"".join((b"\0" * 128, b"DICM", written.getvalue(), dataset))


def read_header(data: bytes, *, field: str) -> ObjectHeader:
    """Read what an object says of itself.

    Args:
        data: a whole DICOM file.
        field: the input that the bytes were given for; a refusal names it.

    Raises:
        BadInput: not DICOM, deflated (it could unfold to any size), or damaged.
    """
    import pydicom

    syntax = transfer_syntax(data)
    if syntax is None:
        raise BadInput("this is not a DICOM file", field=field, code="not_dicom")
    if syntax.uid == DEFLATED:
        raise BadInput(f"the object is packed as {syntax.name}, which is not read here", field=field)
    wanted: list[Any] = [*_READ, *IDENTIFYING]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pydicom").setLevel(logging.CRITICAL)
            dataset = pydicom.dcmread(
                io.BytesIO(data), specific_tags=wanted, stop_before_pixels=True, force=True
            )
            return _header(dataset)
    except Exception as error:  # a damaged file can fail at any depth of the parser, in any way
        name = type(error).__name__
        words = f"the DICOM object is damaged and cannot be read ({name})"
        raise BadInput(words, field=field, code="damaged_file") from error


def _header(dataset: Any) -> ObjectHeader:
    from pydicom.uid import UID

    sop_class = text(dataset, "SOPClassUID")
    rows, columns = count(dataset, "Rows"), count(dataset, "Columns")
    frames = count(dataset, "NumberOfFrames") or 1
    return ObjectHeader(
        sop_class=sop_class,
        sop_instance=text(dataset, "SOPInstanceUID"),
        kind=UID(sop_class).name if is_uid(sop_class) else "",
        study=text(dataset, "StudyInstanceUID"),
        series=text(dataset, "SeriesInstanceUID"),
        modality=text(dataset, "Modality"),
        image_type=tuple(texts(dataset, "ImageType")),
        maker=text(dataset, "Manufacturer"),
        model=text(dataset, "ManufacturerModelName"),
        serial=text(dataset, "DeviceSerialNumber"),
        station=text(dataset, "StationName"),
        size=(frames, rows, columns) if rows and columns else None,
        acquired=acquired(dataset),
        names_patient=any(text(dataset, name) for name in IDENTIFYING),
    )
