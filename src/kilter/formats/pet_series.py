"""Read what the files of a PET series say about activity, time, units and weight, as they say it.

Nothing is corrected and nothing guessed here: a missing attribute is None, and the two forms of the
injection time and the private attributes that scanners rely on are kept apart.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kilter.formats.dicom_image import DicomImage, read_image
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

if TYPE_CHECKING:
    from pydicom import Dataset

ENHANCED = ("1.2.840.10008.5.1.4.1.1.130", "1.2.840.10008.5.1.4.1.1.128.1")
MOST_FILES = 2000
_PHILIPS_SUV, _PHILIPS_ACTIVITY = 0x70531000, 0x70531009
_GE_SCAN_START = 0x0009100D
_TAGS: tuple[Any, ...] = (
    "SeriesInstanceUID", "SeriesDate", "SeriesTime", "AcquisitionDate", "AcquisitionTime", "DecayCorrection",
    "DecayFactor", "Units", "PatientWeight", "FrameReferenceTime", "ActualFrameDuration",
    "ImagePositionPatient", "RadiopharmaceuticalInformationSequence", _PHILIPS_SUV, _PHILIPS_ACTIVITY,
    _GE_SCAN_START,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PetSlice:
    """One file of a series.

    Attributes:
        image: pixels with the rescale slope applied.
        height: of the slice along the axis, mm; None where the file gives none.
        series, acquired, scan_start: instants as the file has them, without zone; the last is GE's own.
        injected_instant: (0018,1078), with its date; injected_time: (0018,1072), time of day only.
        decay_correction, units: as written, upper case, "" where missing.
        decay_factor: (0054,1321).
        weight: kg; dose: Bq; half_life: s.
        suv_factor, activity_factor: private to Philips, (7053,1000) and (7053,1009).
        duration: of the frame, s.
    """

    image: DicomImage
    height: float | None
    series: datetime | None
    acquired: datetime | None
    scan_start: datetime | None
    injected_instant: datetime | None
    injected_time: time | None
    decay_correction: str
    decay_factor: float | None
    units: str
    weight: float | None
    dose: float | None
    half_life: float | None
    suv_factor: float | None
    activity_factor: float | None
    duration: float | None


def read_series(files: Sequence[File], *, field: str) -> tuple[PetSlice, ...]:
    """Read the files of one series, in the order of their height.

    Args:
        files: one or more whole DICOM files.
        field: the input that they were given for; a refusal names it.

    Raises:
        BadInput: a file is not a readable PET image, is an enhanced object, or the files are of
            several series.
    """
    if len(files) > MOST_FILES:
        raise BadInput(f"{len(files)} files are more than {MOST_FILES}", field=field, code="too_large")
    found, series = [], set[str]()
    for file in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                logging.getLogger("pydicom").setLevel(logging.CRITICAL)
                one, uid = _read(file.content, field)
        except BadInput:
            raise
        except Exception as error:  # a damaged file can fail at any depth of the parser, in any way
            message = f"a DICOM file is damaged and cannot be read ({type(error).__name__})"
            raise BadInput(message, field=field, code="damaged_file") from error
        found.append(one)
        series.add(uid)
    if len(series) > 1:
        message = f"the files are of {len(series)} series; give those of one"
        raise BadInput(message, field=field, code="several_series")
    return tuple(sorted(found, key=lambda one: one.height or 0.0))


def _read(data: bytes, field: str) -> tuple[PetSlice, str]:
    import pydicom

    image = read_image(data, field=field)
    if image.sop_class in ENHANCED:
        message = "an enhanced or legacy converted PET object keeps its times elsewhere and is not read here"
        raise BadInput(message, field=field, code="enhanced")
    if image.modality != "PT":
        message = f"the image is of modality {image.modality[:16] or 'none'}; one of PET (PT) is wanted"
        raise BadInput(message, field=field, code="modality")
    dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(_TAGS), force=True)
    drugs = list(dataset.get("RadiopharmaceuticalInformationSequence") or [])
    if len(drugs) > 1:
        message = f"the file names {len(drugs)} radiopharmaceuticals; one is wanted"
        raise BadInput(message, field=field, code="several_drugs")
    drug = drugs[0] if drugs else pydicom.Dataset()
    position = dataset.get("ImagePositionPatient")
    one = PetSlice(
        image=image,
        height=float(position[2]) if position is not None and len(position) == 3 else None,
        series=_joined(dataset, "Series"),
        acquired=_joined(dataset, "Acquisition"),
        scan_start=_instant(_private(dataset, _GE_SCAN_START)),
        injected_instant=_instant(drug.get("RadiopharmaceuticalStartDateTime")),
        injected_time=_time(drug.get("RadiopharmaceuticalStartTime")),
        decay_correction=str(dataset.get("DecayCorrection") or "").strip().upper(),
        decay_factor=_number(dataset.get("DecayFactor")),
        units=str(dataset.get("Units") or "").strip().upper(),
        weight=_number(dataset.get("PatientWeight")),
        dose=_number(drug.get("RadionuclideTotalDose")),
        half_life=_number(drug.get("RadionuclideHalfLife")),
        suv_factor=_number(_private(dataset, _PHILIPS_SUV)),
        activity_factor=_number(_private(dataset, _PHILIPS_ACTIVITY)),
        duration=_seconds(dataset.get("ActualFrameDuration")),
    )
    return one, str(dataset.get("SeriesInstanceUID") or "")


def _private(dataset: Dataset, tag: int) -> object:
    element = dataset.get(tag)
    value = None if element is None else element.value
    return value.decode("ascii", "ignore").strip(" \0") if isinstance(value, bytes) else value


def _joined(dataset: Dataset, kind: str) -> datetime | None:
    """Give an instant that stands in two attributes, date and time."""
    day, clock = str(dataset.get(f"{kind}Date") or "").strip(), _time(dataset.get(f"{kind}Time"))
    try:
        when: date = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - the file may name no zone
    except ValueError:
        return None
    return None if clock is None else datetime.combine(when, clock)


def _time(value: object) -> time | None:
    """Give a time of day from HHMMSS with or without a fraction; an unreadable one is none."""
    digits = str(value or "").strip().replace(":", "").partition(".")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) in (2, 4, 6)):
        return None
    padded = digits.ljust(6, "0")
    hour, minute, second = int(padded[:2]), int(padded[2:4]), int(padded[4:6])
    return time(hour, minute, min(second, 59)) if hour < 24 and minute < 60 and second <= 60 else None


def _instant(value: object) -> datetime | None:
    """Give an instant from YYYYMMDDHHMMSS; a zone is left off, for all in a file share it."""
    digits = str(value or "").strip().partition(".")[0][:14]
    clock = _time(digits[8:])
    if clock is None:
        return None
    try:
        day = datetime.strptime(digits[:8], "%Y%m%d")  # noqa: DTZ007 - all instants of a file share a zone
    except ValueError:
        return None
    return day + timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds(value: object) -> float | None:
    milliseconds = _number(value)
    return None if milliseconds is None else milliseconds / 1000.0
