"""A uniform PET phantom whose SUV is 1, with right tags or with one that is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from kilter.formats.dicom_image_writer import Origin
from kilter.formats.pet_writer import write_pet
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject

Corrected = Literal["START", "ADMIN", "NONE"]
SIDE, PIXEL, RADIUS, SLOPE = 64, 4.0, 90.0, 0.1
WEIGHT, DOSE, HALF_LIFE, FRAME = 10.0, 50e6, 6586.2, 120.0
_ABOUT = {
    "none": "F-18, injected at 23:40, scanned over an hour later, after midnight; corrected to the start",
    "corrected_to_injection": "pixels and tag are corrected to the injection",
    "not_corrected": "pixels are not corrected for decay, and the tag says so",
    "start_for_admin": "pixels are corrected to the injection and the tag says START: read too high",
    "admin_for_start": "pixels are corrected to the start and the tag says ADMIN: read too low",
    "time_only": "the injection has a time of day and no date, and midnight lies between",
    "two_times": "the injection's two times differ by an hour: the one without a date is wrong",
    "later_series": "a workstation wrote the series two hours later",
    "philips": "counts with both Philips factors",
    "gml": "pixels are SUV already",
    "pounds": "the weight was typed in pounds",
    "megabecquerel": "the activity was written in MBq",
    "half_life": "the half-life is the silent default of 6500 s times two",
    "no_weight": "no weight: refused",
    "counts_without_factor": "counts without a factor: refused",
}
_REFUSED = ("no_weight", "counts_without_factor")
_WRONG_BY = {"pounds": 1 / 0.45359237, "megabecquerel": 1e6}


@dataclass(frozen=True, slots=True)
class Study:
    """When the phantom was filled and scanned, and what the pixels were corrected to."""

    injected: datetime = datetime(2026, 3, 1, 23, 40)  # noqa: DTZ001 - the files name no zone
    uptake: timedelta = timedelta(minutes=65)
    corrected: Corrected = "START"
    bed: timedelta = timedelta(0)


def written(
    study: Study,
    *,
    tags: dict[str, Any] | None = None,
    drug: dict[str, Any] | None = None,
    private: dict[int, float] | None = None,
    scale: float = 1.0,
    height: float = 0.0,
) -> bytes:
    """Write a slice of the phantom; what is given replaces a tag, None takes it away.

    `scale` multiplies the concentration before it is stored: the inverse of a private factor.
    """
    start = study.injected + study.uptake
    acquired = start + study.bed
    until = {"START": study.uptake, "ADMIN": timedelta(0), "NONE": study.uptake + study.bed}[study.corrected]
    left = 2.0 ** (-until.total_seconds() / HALF_LIFE)
    concentration = scale * DOSE * left / (WEIGHT * 1000.0)
    at = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL
    inside = at[:, None] ** 2 + at[None, :] ** 2 <= RADIUS**2
    slope = concentration / 30_000.0 if scale != 1.0 else SLOPE
    pixels = np.where(inside, np.rint(concentration / slope), 0).astype(np.uint16)
    said = {
        "SeriesDate": f"{start:%Y%m%d}", "SeriesTime": f"{start:%H%M%S}",
        "AcquisitionDate": f"{acquired:%Y%m%d}", "AcquisitionTime": f"{acquired:%H%M%S}",
        "Units": "BQML", "DecayCorrection": study.corrected, "RescaleSlope": f"{slope:.10g}"[:16],
        "RescaleIntercept": "0", "PatientWeight": str(WEIGHT), "ActualFrameDuration": str(int(FRAME * 1000)),
        "ImagePositionPatient": [0.0, 0.0, height], "SeriesInstanceUID": "2.25.1",
    }  # fmt: skip
    of_drug = {
        "RadionuclideTotalDose": str(DOSE), "RadionuclideHalfLife": str(HALF_LIFE),
        "RadiopharmaceuticalStartDateTime": f"{study.injected:%Y%m%d%H%M%S}",
        "RadiopharmaceuticalStartTime": f"{study.injected:%H%M%S}",
    }  # fmt: skip
    origin = Origin(serial="REFERENCE", station="KILTER", description="uniform phantom")
    return write_pet(
        pixels, (PIXEL, PIXEL), {**said, **(tags or {})}, {**of_drug, **(drug or {})}, private or {}, origin
    )


def make_pet(fault: str, seed: int) -> ReferenceObject:
    """Make the phantom; it has no noise, so that the seed changes nothing but the name."""
    study, changes = _planned(fault)
    truth = {"suv": _WRONG_BY.get(fault, 1.0)}
    decay = 2.0 ** (Study().uptake.total_seconds() / HALF_LIFE)
    truth["suv"] *= {"start_for_admin": decay, "admin_for_start": 1 / decay}.get(fault, 1.0)
    if fault == "half_life":
        truth["suv"] = 2.0 ** (Study().uptake.total_seconds() * (1 / 13_000.0 - 1 / HALF_LIFE))
    return ReferenceObject(
        File(f"pet-{fault}-{seed}.dcm", written(study, **changes)),
        "nuclear_medicine.suv_check",
        "series",
        {} if fault in _REFUSED else truth,
        _ABOUT[fault],
    )


def _planned(fault: str) -> tuple[Study, dict[str, Any]]:
    """Give the study of a fault, and the tags that it changes."""
    late = Study().injected + Study().uptake + timedelta(hours=2)
    whole = DOSE * 2.0 ** (-Study().uptake.total_seconds() / HALF_LIFE) / (WEIGHT * 1000.0)
    plans: dict[str, tuple[Corrected, dict[str, Any]]] = {
        "corrected_to_injection": ("ADMIN", {}),
        "not_corrected": ("NONE", {}),
        "start_for_admin": ("ADMIN", {"tags": {"DecayCorrection": "START"}}),
        "admin_for_start": ("START", {"tags": {"DecayCorrection": "ADMIN"}}),
        "time_only": ("START", {"drug": {"RadiopharmaceuticalStartDateTime": None}}),
        "two_times": ("START", {"drug": {"RadiopharmaceuticalStartTime": "224000"}}),
        "later_series": ("START", {"tags": {"SeriesDate": f"{late:%Y%m%d}", "SeriesTime": f"{late:%H%M%S}"}}),
        "philips": (
            "START",
            {"tags": {"Units": "CNTS"}, "private": {0x70531000: 4.0 / whole, 0x70531009: 4.0}, "scale": 0.25},
        ),
        "gml": ("START", {"tags": {"Units": "GML"}, "scale": 1 / whole}),
        "pounds": ("START", {"tags": {"PatientWeight": f"{WEIGHT / 0.45359237:.6f}"}}),
        "megabecquerel": ("START", {"drug": {"RadionuclideTotalDose": str(DOSE / 1e6)}}),
        "half_life": ("START", {"drug": {"RadionuclideHalfLife": "13000"}}),
        "no_weight": ("START", {"tags": {"PatientWeight": None}}),
        "counts_without_factor": ("START", {"tags": {"Units": "CNTS"}}),
    }
    corrected, changes = plans.get(fault, ("START", {}))
    return Study(corrected=corrected), changes


KINDS = {"pet": Maker(tuple(_ABOUT), make_pet)}
