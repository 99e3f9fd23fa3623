"""Line and bar phantoms of known truth as DICOM files, sound or with one fault."""

from __future__ import annotations

import math
from typing import Any

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.quantity import File
from kilter.measure.reference_object import Maker, ReferenceObject
from kilter.numerics.reference_camera import drawn, four_lines, four_quadrants, parallel_lines

PIXEL = 1.0
_LINES: dict[str, Any] = {
    "side": 256, "pixel": PIXEL, "separation": 100.0, "fwhm": (7.5, 8.0), "lines": 4, "height": 20_000.0
}  # fmt: skip
_BARS = {
    "none": "lines 100 mm apart, 7.5 mm wide along x and 8.0 mm along y",
    "wide": "the resolution along x has become 11 mm",
    "pixel_size": "the file gives pixels of 1.05 mm where they are 1.00 mm: 4.8 % too large",
    "low_counts": "300 counts in a pixel on a line",
    "missing_line": "one of the four lines is not there: refused",
    "no_pixel_size": "the file gives no pixel size: refused",
}
WIDTHS = (2.5, 3.5, 3.0, 4.0)
MODULATIONS = (0.2, 0.4, 0.3, 0.5)
MEAN = 4000.0
_QUADRANT = {
    "none": "bars of 4.0, 3.5, 3.0 and 2.5 mm that a camera shows at a modulation of 0.5, 0.4, 0.3 and 0.2",
    "blurred": "every modulation has fallen to half",
    "uneven": "a shadow lies over one quadrant: refused",
    "flood": "no phantom lies on the camera: refused",
}
SHIFT = 0.9
_SLITS = {
    "none": "nine slits 30 mm apart, shown 5 mm wide",
    "displaced": "the middle slit lies 0.9 mm aside",
    "pixel_size": "the slits lie 2 % further apart than the file's pixel says",
    "uneven": "the middle slit lies 9 mm aside: no even grid, refused",
}
_SOURCES = {
    "none": "two capillaries 50 mm apart, one three times as bright as the other, shown 6 mm wide",
    "single": "one capillary, shown 6 mm wide",
    "wide": "two capillaries 50 mm apart, shown 9 mm wide",
    "pixel_size": "two capillaries that lie 51 mm apart by the file's pixels and are 50 mm apart",
    "bulb": "two capillaries 50 mm apart with a bright bulb of 20 mm at their ends",
    "three": "three capillaries: refused",
}
_UNMEASURABLE = ("missing_line", "no_pixel_size", "uneven", "flood", "three")


def make_bars(fault: str, seed: int) -> ReferenceObject:
    """Make a four-bar image; seed 0 is without noise."""
    shape = dict(_LINES)
    if fault == "wide":
        shape["fwhm"] = (11.0, 8.0)
    if fault == "low_counts":
        shape["height"] = 300.0
    if fault == "missing_line":
        shape["lines"] = 3
    said = {"pixel_size": 1.05}.get(fault, PIXEL)
    stretch = said / PIXEL
    content = write_image(
        drawn(four_lines(**shape), seed),
        None if fault == "no_pixel_size" else (said, said),
        Origin(serial="REFERENCE", station="KILTER", description=f"four bars, fault {fault}, seed {seed}"),
    )
    truth = {
        "fwhm_x": shape["fwhm"][0] * stretch, "fwhm_y": shape["fwhm"][1] * stretch,
        "pixel_x": PIXEL, "pixel_y": PIXEL,
        "difference_x": 100.0 * (PIXEL / said - 1.0), "difference_y": 100.0 * (PIXEL / said - 1.0),
    }  # fmt: skip
    return _made("bar_resolution", "bars", fault, seed, content, truth, _BARS[fault])


def make_quadrant(fault: str, seed: int) -> ReferenceObject:
    """Make a quadrant bar image; seed 0 is without noise, which the truth takes into account."""
    modulations = [part / 2 if fault == "blurred" else part for part in MODULATIONS]
    if fault == "flood":
        modulations = [0.0] * 4
    image = four_quadrants(side=512, pixel=PIXEL, widths=WIDTHS, modulations=modulations, mean=MEAN)
    if fault == "uneven":
        image[:240, :150] *= 0.6
    content = write_image(
        drawn(image, seed),
        (PIXEL, PIXEL),
        Origin(serial="REFERENCE", station="KILTER", description=f"bars, fault {fault}, seed {seed}"),
    )
    truth = {}
    for number, part in enumerate(sorted(modulations, reverse=True), 1):
        # Without noise the variance lacks what counting would add, and the formula takes it off.
        seen = part if seed else math.sqrt(max(0.0, part**2 - 2.0 / MEAN))
        truth[f"mtf_{number}"] = seen
    return _made("quadrant_bar", "quadrant", fault, seed, content, truth, _QUADRANT[fault])


def _made(
    name: str, kind: str, fault: str, seed: int, content: bytes, truth: dict[str, float], about: str
) -> ReferenceObject:
    return ReferenceObject(
        File(f"{kind}-{fault}-{seed}.dcm", content),
        f"nuclear_medicine.{name}",
        "image",
        {} if fault in _UNMEASURABLE else truth,
        about,
    )


def make_lines(fault: str, seed: int) -> ReferenceObject:
    """Make a slit grid; seed 0 is without noise."""
    places = [30.0 * number for number in range(-4, 5)]
    if fault == "displaced":
        places[4] += SHIFT
    if fault == "uneven":
        places[4] += 9.0
    pitch = 1.02 if fault == "pixel_size" else 1.0
    image = parallel_lines(
        side=320, pixel=PIXEL, places=[pitch * place for place in places], fwhm=5.0, height=8000.0
    )
    content = write_image(
        drawn(image, seed),
        (PIXEL, PIXEL),
        Origin(serial="REFERENCE", station="KILTER", description=f"slits, fault {fault}, seed {seed}"),
    )
    # Nine even lines and the middle one aside: the grid follows it by a ninth, which leaves 8/9 there.
    moved = SHIFT if fault == "displaced" else 0.0
    truth = {
        "fwhm": 5.0, "pixel": PIXEL / pitch, "absolute": moved * 8 / 9,
        "differential": moved * math.sqrt(8) / 9,
    }  # fmt: skip
    return _made("line_spread", "lines", fault, seed, content, truth, _SLITS[fault])


def make_sources(fault: str, seed: int) -> ReferenceObject:
    """Make one or two line sources, down the image; seed 0 is without noise."""
    apart = 51.0 if fault == "pixel_size" else 50.0
    fwhm = 9.0 if fault == "wide" else 6.0
    places = {"single": [0.0], "three": [-apart, 0.0, apart]}.get(fault, [-apart / 2, apart / 2])
    shape: dict[str, Any] = {"side": 320, "pixel": PIXEL, "fwhm": fwhm}
    image = parallel_lines(places=places[:1], height=1000.0, **shape)
    image += parallel_lines(places=places[1:], height=3000.0, **shape)
    if fault == "bulb":
        image[:, 10:40] = parallel_lines(places=places, height=12_000.0, **shape | {"fwhm": 20.0})[:, 10:40]
    content = write_image(
        drawn(image.T, seed),
        (PIXEL, PIXEL),
        Origin(serial="REFERENCE", station="KILTER", description=f"line sources, fault {fault}, seed {seed}"),
    )
    truth = {"fwhm": fwhm, "lines": float(len(places))}
    if fault != "single":
        truth["distance"] = apart
    return _made("line_source", "line_sources", fault, seed, content, truth, _SOURCES[fault])


KINDS = {
    "bars": Maker(tuple(_BARS), make_bars),
    "quadrant": Maker(tuple(_QUADRANT), make_quadrant),
    "lines": Maker(tuple(_SLITS), make_lines),
    "line_sources": Maker(tuple(_SOURCES), make_sources),
}
