"""Jaszczak phantoms of known truth as DICOM files, sound or with one fault."""

from __future__ import annotations

from dataclasses import replace

from kilter.formats.dicom_image_writer import Origin
from kilter.formats.slice_writer import write_slices
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject
from kilter.numerics.peak import HALF
from kilter.numerics.reference_camera import drawn
from kilter.numerics.reference_spect import DELUXE, RADIUS, Jaszczak, expected, mean_in_sphere

PHANTOM = Jaszczak(slices=72, side=72, voxel=4.0)
_FAULTS = {
    "none": PHANTOM,
    "ring": replace(PHANTOM, ring=0.08),
    "cupping": replace(PHANTOM, cupping=0.15),
    "blurred": replace(PHANTOM, fwhm=16.0),
    "no_spheres": replace(PHANTOM, diameters=()),
    "no_gap": PHANTOM,
    "oval": replace(PHANTOM, stretch=1.25),
    "half_pixel": replace(PHANTOM, voxel=2.8),
}
_ABOUT = {
    "none": "resolution 12 mm, spheres of 38.0 to 12.7 mm",
    "ring": "a ring 40 mm from the axis is 8 % too bright",
    "cupping": "the middle is 15 % too dark",
    "blurred": "the resolution has become 16 mm",
    "no_spheres": "no spheres are in the phantom: refused",
    "no_gap": "the file does not say how far apart its slices lie: refused",
    "oval": "the outline is an ellipse: refused",
    "half_pixel": "the file gives pixels of 4.0 mm where they are 2.8 mm: refused",
}
_REFUSED = ("no_spheres", "no_gap", "oval", "half_pixel")


def make_jaszczak(fault: str, seed: int) -> ReferenceObject:
    """Make the slices; the same fault and seed give the same bytes, seed 0 without noise."""
    phantom = _FAULTS.get(fault, PHANTOM)
    origin = Origin(serial="REFERENCE", station="KILTER", description=f"Jaszczak, fault {fault}, seed {seed}")
    content = write_slices(
        drawn(expected(phantom), seed), (PHANTOM.voxel,) * 3, origin, gap=fault != "no_gap"
    )
    truth = {
        f"contrast_{number}": 100.0 * mean_in_sphere(diameter / 2.0, phantom.fwhm / HALF)
        for number, diameter in enumerate(DELUXE, 1)
    }
    truth |= {"smallest_rods": 9.5 if fault == "blurred" else 7.9, "ratio": 1.0}
    if fault == "cupping":
        # The squared radius is 450 mm2 in the mean of the middle, and half of the phantom's in the border.
        truth["ratio"] = _cup(450.0 / RADIUS**2) / _cup(0.5)
    return ReferenceObject(
        File(f"jaszczak-{fault}-{seed}.dcm", content),
        "nuclear_medicine.spect_contrast",
        "slices",
        {} if fault in _REFUSED else truth,
        _ABOUT[fault],
    )


def _cup(square: float) -> float:
    """Brightness at a squared radius, in parts of the phantom's."""
    return 1.0 - 0.15 * (1.0 - square)


KINDS = {"jaszczak": Maker(tuple(_ABOUT), make_jaszczak)}
