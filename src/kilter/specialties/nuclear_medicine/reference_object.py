"""Floods of known truth as DICOM files, sound or with one fault, to prove an installed copy."""

from __future__ import annotations

import numpy as np

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject
from kilter.numerics import reference_flood as flood
from kilter.specialties.nuclear_medicine import (
    reference_pet,
    reference_planar,
    reference_rotation,
    reference_scan,
    reference_spect,
)

_ABOUT = {
    "none": "an even flood",
    "hot_spot": "one analysed pixel in the middle counts 40 % too many",
    "cold_tube": "a photomultiplier in the middle counts 30 % too few",
    "gradient": "counts rise by 0.125 % from one analysed pixel to the next, left to right",
    "low_counts": "an even flood of 400 counts in an analysed pixel: undecided",
    "bar_phantom": "a quadrant bar phantom: not a flood",
    "no_pixel_size": "an even flood whose file gives no pixel size: refused",
    "multi_frame": "two detectors in one file: refused",
    "colour": "a colour image: refused",
    "truncated": "the last quarter of the file is missing: refused",
}
FAULTS = tuple(_ABOUT)
_OF_THE_IMAGE: dict[str, flood.Fault] = {fault: fault for fault in flood.FAULTS}
_REFUSED = ("no_pixel_size", "multi_frame", "colour", "truncated", "bar_phantom")


def make_flood(fault: str, seed: int) -> ReferenceObject:
    """Make a flood; the same fault and seed give the same bytes, seed 0 an image without noise."""
    drawn = flood.reference_flood(_OF_THE_IMAGE.get(fault, "none"), seed)
    origin = Origin(serial="REFERENCE", station="KILTER", description=f"flood, fault {fault}, seed {seed}")
    file = File(f"flood-{fault}-{seed}.dcm", _content(fault, drawn, origin))
    truth = {} if fault in _REFUSED else drawn.truth
    return ReferenceObject(file, "nuclear_medicine.uniformity", "flood", truth, _ABOUT[fault])


def _content(fault: str, drawn: flood.ReferenceFlood, origin: Origin) -> bytes:
    """Put the image into a file, with the fault of the file where it is one."""
    if fault == "colour":
        grey = (255.0 * drawn.counts / drawn.counts.max()).astype(np.uint8)
        return write_image(np.stack([grey, grey, grey], axis=-1), drawn.spacing, origin)
    if fault == "multi_frame":
        return write_image(np.stack([drawn.counts, drawn.counts[::-1]]), drawn.spacing, origin)
    content = write_image(drawn.counts, None if fault == "no_pixel_size" else drawn.spacing, origin)
    return content[: len(content) * 3 // 4] if fault == "truncated" else content


KINDS = {
    "flood": Maker(FAULTS, make_flood),
    **reference_planar.KINDS,
    **reference_rotation.KINDS,
    **reference_pet.KINDS,
    **reference_scan.KINDS,
    **reference_spect.KINDS,
}
