"""Attributes of a DICOM data set as plain values, whatever stands in them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

# Names of attributes that tell who the patient is; only whether they are filled is ever reported.
IDENTIFYING = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientBirthTime",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "MilitaryRank",
    "EthnicGroup",
    "PatientComments",
    "AccessionNumber",
    "ReferringPhysicianName",
)


def acquired(dataset: Dataset) -> datetime | None:
    """When the image was acquired, with its zone where one is named; an unreadable time is no time."""
    written = text(dataset, "AcquisitionDateTime")
    if not written:
        date, time = text(dataset, "AcquisitionDate"), text(dataset, "AcquisitionTime")
        written = date + time if date and time else ""
    found = re.match(r"(\d{14})(?:\.\d*)?([+-]\d{4})?", written, re.ASCII)
    if found is None:
        return None
    zone = found[2] or text(dataset, "TimezoneOffsetFromUTC")
    try:
        instant = datetime.strptime(found[1], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the file may name no zone
        return instant.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo) if zone else instant
    except ValueError:
        return None


def texts(dataset: Dataset, name: str) -> list[str]:
    """All values of an attribute as text; empty where it is absent."""
    value = dataset.get(name)
    if value is None:
        return []
    many = value if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]
    return [_as_written(one).strip(" \0")[:200] for one in many]


def _as_written(value: object) -> str:
    """Text of a value as the file has it: a number read from text keeps its digits."""
    written = getattr(value, "original_string", None)
    return written if isinstance(written, str) else str(value)


def text(dataset: Dataset, name: str) -> str:
    """The first value of an attribute as text; "" where it is absent."""
    return next(iter(texts(dataset, name)), "")


def count(dataset: Dataset, name: str) -> int | None:
    """A whole number, or None where it is absent or is none."""
    written = text(dataset, name)
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
