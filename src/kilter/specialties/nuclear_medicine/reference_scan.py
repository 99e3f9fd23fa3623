"""Whole-body scans of known truth as DICOM files, sound or with one fault."""

from __future__ import annotations

import numpy as np

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject
from kilter.measure.unit import Floats
from kilter.numerics.peak import HALF
from kilter.numerics.reference_camera import drawn

ROWS, COLUMNS, PIXEL = 800, 200, 2.5
LENGTH, WIDTH, LEVEL, FWHM = 1800.0, 400.0, 600.0, 10.0
_FLOOD = {
    "none": "a flood over 1800 mm of the bed, even",
    "slow": "the bed is 5 % slower over 200 mm in the middle",
    "drift": "the bed slows down steadily by 4 % from its first row to its last",
    "gap": "at a join of two scans 20 mm are missing",
    "low_counts": "a count in some sixteen pixels: refused",
    "narrow": "a source 60 mm wide: no flood, refused",
    "short": "250 mm of the bed are lit: refused",
}
_LINE = {
    "none": "a line along the bed, 10 mm wide",
    "wide": "the line has become 15 mm wide",
    "kink": "behind the middle of the bed the line lies 6 mm aside",
    "flood": "a flood instead of a line: refused",
}


def _even(length: float = LENGTH, width: float = WIDTH) -> Floats:
    """An even field about the middle of the image, counts of a pixel."""
    down = (np.arange(ROWS) - (ROWS - 1) / 2) * PIXEL
    along = (np.arange(COLUMNS) - (COLUMNS - 1) / 2) * PIXEL
    lit = np.outer(abs(down) <= length / 2, abs(along) <= width / 2)
    return np.asarray(np.where(lit, LEVEL, 0.0))


def make_scan(fault: str, seed: int) -> ReferenceObject:
    """Make a scan of a flood; seed 0 is without noise."""
    place = (np.arange(ROWS) - (ROWS - 1) / 2) * PIXEL
    image = _even(250.0 if fault == "short" else LENGTH, 60.0 if fault == "narrow" else WIDTH)
    truth = {"deviation": 0.0, "slope": 0.0}
    if fault == "slow":
        image[abs(place) <= 100.0] *= 1.05
        truth = {"deviation": 100.0 * (1.05 / (1.0 + 0.05 * 200.0 / 1600.0) - 1.0)}
    if fault == "drift":
        image *= (1.0 + 0.04 * place / LENGTH)[:, None]
        # The line runs from the middle of the first bin to that of the last: 1580 mm of the 1800.
        truth = {"slope": 100.0 * 0.04 * 1580.0 / LENGTH}
    if fault == "gap":
        image[abs(place) <= 10.0] = 0.0
        truth = {}
    if fault == "low_counts":
        image *= 0.0001
    return _made(
        "scan", "whole_body", fault, seed, image, truth, _FLOOD[fault], ("low_counts", "narrow", "short")
    )


def make_line(fault: str, seed: int) -> ReferenceObject:
    """Make a scan of a line along the bed; seed 0 is without noise."""
    fwhm = 15.0 if fault == "wide" else FWHM
    down = (np.arange(ROWS) - (ROWS - 1) / 2) * PIXEL
    along = (np.arange(COLUMNS) - (COLUMNS - 1) / 2) * PIXEL
    middle = np.where(down > 0, 6.0, 0.0) if fault == "kink" else np.zeros(ROWS)
    across = np.exp(-0.5 * ((along[None, :] - middle[:, None]) / (fwhm / HALF)) ** 2)
    image = 20.0 * LEVEL * across * (abs(down) <= LENGTH / 2)[:, None]
    truth = {"fwhm": fwhm, "wander": 0.0}
    if fault == "kink":
        truth = {"fwhm": fwhm}
    if fault == "flood":
        image = _even()
    return _made("scan_line", "whole_body_resolution", fault, seed, image, truth, _LINE[fault], ("flood",))


def _made(
    kind: str, name: str, fault: str, seed: int, image: Floats, truth: dict[str, float], about: str,
    refused: tuple[str, ...],
) -> ReferenceObject:  # fmt: skip
    words = f"{name}, fault {fault}, seed {seed}"
    origin = Origin(serial="REFERENCE", station="KILTER", description=words, scan="WHOLE BODY")
    return ReferenceObject(
        File(f"{kind}-{fault}-{seed}.dcm", write_image(drawn(image, seed), (PIXEL, PIXEL), origin)),
        f"nuclear_medicine.{name}",
        "image",
        {} if fault in refused else truth,
        about,
    )


KINDS = {"scan": Maker(tuple(_FLOOD), make_scan), "scan_line": Maker(tuple(_LINE), make_line)}
