"""Write a PET slice of known truth as a DICOM file, with the tags that an SUV depends on."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kilter.formats.dicom_image_writer import Origin, write_image

PET_STORAGE = "1.2.840.10008.5.1.4.1.1.128"


def write_pet(
    pixels: NDArray[np.uint16],
    spacing: tuple[float, float],
    tags: Mapping[str, object],
    drug: Mapping[str, object],
    private: Mapping[int, float],
    origin: Origin,
) -> bytes:
    """Write one slice.

    Args:
        pixels: stored values, shape (rows, columns).
        spacing: mm.
        tags: attributes by keyword; None takes one away.
        drug: attributes of the radiopharmaceutical, likewise.
        private: decimal strings by tag.
        origin: what the file says of itself.
    """
    from pydicom import Dataset, dcmread, dcmwrite
    from pydicom.uid import UID

    dataset = dcmread(io.BytesIO(write_image(pixels, spacing, origin)))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(PET_STORAGE)
    dataset.Modality = "PT"
    item = Dataset()
    for target, values in ((dataset, tags), (item, drug)):
        for name, value in values.items():
            if value is None:
                target.pop(name, None)
            else:
                setattr(target, name, value)
    dataset.RadiopharmaceuticalInformationSequence = [item]
    for tag, number in private.items():
        dataset.add_new(tag & 0xFFFF0000 | 0x10, "LO", "KILTER REFERENCE")
        dataset.add_new(tag, "DS", f"{number:.8g}")
    target_file = io.BytesIO()
    dcmwrite(target_file, dataset, enforce_file_format=True)
    return target_file.getvalue()
