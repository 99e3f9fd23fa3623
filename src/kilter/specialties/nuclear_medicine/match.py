"""Which procedure of nuclear medicine fits a file that arrived."""

from __future__ import annotations

from collections.abc import Callable

from kilter.formats.dicom_image import DicomImage, read_image
from kilter.formats.pet_series import ENHANCED
from kilter.formats.projections import read_projections
from kilter.formats.slices import read_slices
from kilter.measure.error import KilterError
from kilter.measure.match import Proposal
from kilter.measure.quantity import File
from kilter.numerics.bar_pattern import widths_shown
from kilter.numerics.cylinder import find_cylinder, uniform_section
from kilter.numerics.four_bar import four_bar
from kilter.numerics.line_grid import line_grid
from kilter.numerics.line_source import line_sources
from kilter.numerics.rotation_centre import centroids
from kilter.numerics.scan import flood_along, line_along
from kilter.numerics.uniformity import flood_uniformity

SURE, UNSURE = 0.9, 0.1
# Disc and distance of a quadrant, in parts of the shorter side of the lit square.
_DISC, _DISTANCE = 0.17, 0.30


def proposals(file: File) -> tuple[Proposal, ...]:
    """Propose what the image itself shows: each test is surely proposed only where it finds its phantom.

    A file of nuclear medicine that shows none of them is proposed for the likeliest, hardly surely, with
    the reason why not. A single slice of PET stands for its series.
    """
    try:
        image = read_image(file.content, field="file")
    except KilterError:
        return ()
    if image.modality == "PT" and image.frames == 1 and image.sop_class not in ENHANCED:
        words = "A slice of a PET series: add the others."
        return (_proposal(image, "suv_check", "series", SURE, words),)
    if image.modality != "NM" or image.spacing is None:
        return ()
    if _whole_body(image):
        return _scan(image)
    if image.frames == 1:
        return _planar(image)
    if _reconstructed(image):
        return _slices(image, file)
    return _projections(image, file)


def _proposal(image: DicomImage, name: str, field: str, sure: float, words: str) -> Proposal:
    return Proposal(
        f"nuclear_medicine.{name}", field, sure, words,
        maker=image.maker, model=image.model, serial=image.serial, station=image.station,
    )  # fmt: skip


def _planar(image: DicomImage) -> tuple[Proposal, ...]:
    """Ask every planar test whether it finds its phantom, the strictest first."""
    tests: tuple[tuple[str, str, str, Callable[[DicomImage], object]], ...] = (
        ("uniformity", "flood", "evenly lit like a flood", _flood),
        ("bar_resolution", "image", "with four lines around a square", _four_lines),
        ("line_spread", "image", "with an even grid of lines", _grid),
        ("line_source", "image", "with one or two lines", _sources),
        ("quadrant_bar", "image", "with bars of several widths in its quadrants", _quadrants),
    )
    why = ""
    for name, field, words, test in tests:
        try:
            test(image)
        except KilterError as reason:
            why = why or reason.message
        else:
            said = f"A planar image of nuclear medicine, {words}."
            return (_proposal(image, name, field, SURE, said),)
    said = f"A planar image of nuclear medicine, but {why}."
    return (_proposal(image, "uniformity", "flood", UNSURE, said),)


def _whole_body(image: DicomImage) -> bool:
    """Say whether the header calls it a whole-body scan (DICOM PS3.3, C.8.4.9.1.1: image type, value 3)."""
    return any(" ".join(part.upper().split()) == "WHOLE BODY" for part in image.image_type)


def _scan(image: DicomImage) -> tuple[Proposal, ...]:
    """Propose a scan with a moving bed: of a flood its evenness, of a line its resolution."""
    if image.frames != 1:
        said = f"A whole-body scan of {image.frames} images: give one of them, as one detector saw it."
        return (_proposal(image, "whole_body", "image", UNSURE, said),)
    assert image.spacing is not None
    pixels, why = image.pixels[0].astype(float), ""
    for name, words, test, ends in (
        ("whole_body", "an even flood", flood_along, 100.0),
        ("whole_body_resolution", "one line along the bed", line_along, 20.0),
    ):
        try:
            test(pixels, image.spacing, 20.0, ends)
        except KilterError as reason:
            why = why or reason.message
        else:
            said = f"A whole-body scan of {words}."
            return (_proposal(image, name, "image", SURE, said),)
    return (_proposal(image, "whole_body", "image", UNSURE, f"A whole-body scan, but {why}."),)


def _flood(image: DicomImage) -> None:
    assert image.spacing is not None
    flood_uniformity(
        image.pixels[0], image.spacing, binning="nmqc", ceiling=image.ceiling, quantum=image.quantum
    )


def _four_lines(image: DicomImage) -> None:
    assert image.spacing is not None
    down, along = image.spacing
    four_bar(image.pixels[0], (10.0 / down, 10.0 / along), "gaussian")


def _grid(image: DicomImage) -> None:
    assert image.spacing is not None
    line_grid(image.pixels[0], max(1, round(30.0 / min(image.spacing))), 0.1, "gaussian")


def _sources(image: DicomImage) -> None:
    assert image.spacing is not None
    line_sources(image.pixels[0], max(1, round(10.0 / min(image.spacing))), 0.1, "gaussian")


def _quadrants(image: DicomImage) -> None:
    """Look for bars in discs that scale with what is lit: the field's size is not known here."""
    assert image.spacing is not None
    pixels = image.pixels[0]
    lit = pixels.mean(axis=0) > 0.25 * pixels.mean(axis=0).max()
    side = float(lit.sum()) * image.spacing[1]
    widths_shown(pixels, image.spacing, _DISC * side, _DISTANCE * side)


def _reconstructed(image: DicomImage) -> bool:
    return any("RECON" in part.upper() for part in image.image_type)


def _slices(image: DicomImage, file: File) -> tuple[Proposal, ...]:
    try:
        read = read_slices((file,), field="file")
        uniform_section(find_cylinder(read.voxels, read.spacing))
    except KilterError as reason:
        said = f"Reconstructed slices of nuclear medicine, but {reason.message}."
        return (_proposal(image, "spect_contrast", "slices", UNSURE, said),)
    said = "Reconstructed slices of a cylinder with a uniform section, like a Jaszczak phantom."
    return (_proposal(image, "spect_contrast", "slices", SURE, said),)


def _projections(image: DicomImage, file: File) -> tuple[Proposal, ...]:
    """Views with angles; frames that no rotation describes are proposed for nothing."""
    try:
        read = read_projections(file.content, field="file")
    except KilterError:
        return ()
    assert image.spacing is not None
    try:
        centroids(read.image.pixels, image.spacing)
    except KilterError as reason:
        said = f"Views of a rotating camera, but {reason.message}."
        return (_proposal(image, "centre_of_rotation", "study", UNSURE, said),)
    said = "Views of a rotating camera that show one point source."
    return (_proposal(image, "centre_of_rotation", "study", SURE, said),)
