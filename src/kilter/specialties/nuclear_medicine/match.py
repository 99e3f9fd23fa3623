"""Which procedure of nuclear medicine fits a file that arrived."""

from __future__ import annotations

from kilter.formats.dicom_image import read_image
from kilter.measure.error import KilterError
from kilter.measure.match import Proposal
from kilter.measure.quantity import File
from kilter.numerics.uniformity import flood_uniformity


def proposals(file: File) -> tuple[Proposal, ...]:
    """Propose uniformity for a planar image of nuclear medicine, surely where it is a flood."""
    try:
        image = read_image(file.content, field="file")
    except KilterError:
        return ()
    if image.modality != "NM" or image.frames != 1 or image.spacing is None:
        return ()
    try:
        flood_uniformity(
            image.pixels[0], image.spacing, binning="nmqc", ceiling=image.ceiling, quantum=image.quantum
        )
    except KilterError as reason:
        sure, why = 0.1, f"A planar image of nuclear medicine, but {reason.message}."
    else:
        sure, why = 0.9, "A planar image of nuclear medicine, evenly lit like a flood."
    return (
        Proposal(
            "nuclear_medicine.uniformity", "flood", sure, why,
            maker=image.maker, model=image.model, serial=image.serial, station=image.station,
        ),
    )  # fmt: skip
