"""Objects as a camera would send them, small, with what a test wants said in them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pydicom

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.numerics.reference_camera import drawn

NM = "1.2.840.10008.5.1.4.1.1.20"
EXPLICIT = "1.2.840.10008.1.2.1"


def image(seed: int = 1, *, side: int = 64, **said: Any) -> pydicom.FileDataset:
    """Give an evenly lit image as a data set; `said` are attributes by their keyword."""
    flat = np.zeros((side, side))
    flat[4:-4, 4:-4] = 400.0
    origin = Origin(serial="GC-77", station="CAM1", acquired=datetime(2026, 1, 1, tzinfo=UTC))
    dataset = pydicom.dcmread(io.BytesIO(write_image(drawn(flat, seed), (4.8, 4.8), origin)))
    dataset.Manufacturer, dataset.SeriesInstanceUID = "Lumen", "1.2.3.4"
    for name, value in said.items():
        setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def dose_report(**said: Any) -> pydicom.Dataset:
    """Give an object that is no image: the head of a radiation dose report."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = EXPLICIT
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.67", "1.2.9.1"
    dataset.Modality, dataset.Manufacturer, dataset.StationName = "SR", "Ray", "CT2"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.9.2", "1.2.9.3"
    for name, value in said.items():
        setattr(dataset, name, value)
    return dataset


def as_bytes(dataset: pydicom.Dataset) -> bytes:
    """Give a data set as the bytes of a file."""
    written = io.BytesIO()
    pydicom.dcmwrite(written, dataset, enforce_file_format=True)
    return written.getvalue()
