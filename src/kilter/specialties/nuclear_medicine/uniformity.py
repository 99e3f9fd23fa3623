"""Uniformity of a gamma camera from one planar flood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.formats.dicom_image import DicomImage, read_planar
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Count, Figure, File, Millimetre, Note, Notes, Percent, Ratio
from kilter.numerics.uniformity import FloodUniformity, flood_uniformity
from kilter.specialties.nuclear_medicine.flood_figure import flood_figure
from kilter.specialties.nuclear_medicine.standards import NEMA_NU_1, NMQC

Contrast = Annotated[Percent, Between(0.0, 100.0)]
# Notes that keep the verdict from being better than undecided.
DOUBTS = ("few_counts", "asymmetric")


@dataclass(frozen=True, slots=True)
class Uniformity:
    """Uniformity of both fields, what noise alone would show, and what was analysed.

    The uncertainties are those of counting alone: the spread of the same contrast over simulated even
    fields of the same counts. They say nothing of the bias that noise adds, which the noise figures do.
    """

    ufov_integral: Contrast
    ufov_differential: Contrast
    cfov_integral: Contrast
    cfov_differential: Contrast
    bin_factor: Annotated[Ratio, Between(1.0)]
    centre_counts: Annotated[Count, Between(0.0)]
    pixel: Annotated[Millimetre, Between(0.0)]
    noise_ufov_integral: Contrast
    noise_ufov_differential: Contrast
    noise_cfov_integral: Contrast
    noise_cfov_differential: Contrast
    image: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.uniformity", version=1, cites=[NEMA_NU_1, NMQC], uncertainty="own")
def uniformity(*, flood: File, binning: Literal["nema", "nmqc"] = "nema") -> Uniformity:
    """Integral and differential uniformity of the useful and the central field of view.

    `nema` analyses pixels nearest to 6.4 mm inside 4.48 to 8.32 mm and takes all that the edge rule
    leaves as the useful field; `nmqc` doubles pixels to 4.48 mm or more and takes the central 95 % of
    it, as the IAEA NMQC toolkit does. The same image can differ by 40 % between the two, so figures are
    compared only within one. An image that is no flood is refused with the evidence.
    """
    image = read_planar(flood.content, field="flood")
    if image.modality not in ("NM", "PT", ""):
        message = f"the image is of modality {image.modality[:16]}; a flood is one of nuclear medicine (NM)"
        raise BadInput(message, field="flood", code="modality")
    if image.spacing is None:
        message = "the file gives no pixel size, and without one no analysed pixel can be chosen"
        raise BadInput(message, field="flood", code="no_pixel_size")
    try:
        found = flood_uniformity(
            image.pixels[0], image.spacing, binning=binning, ceiling=image.ceiling, quantum=image.quantum
        )
    except CannotTell as reason:
        raise CannotTell(reason.message, field="flood", code=reason.code) from reason
    return _results(found, image)


def _results(found: FloodUniformity, image: DicomImage) -> Uniformity:
    """Name the figures."""
    ufov, cfov = found.ufov, found.cfov
    return Uniformity(
        ufov_integral=ufov.integral.contrast,
        ufov_differential=ufov.differential.contrast,
        cfov_integral=cfov.integral.contrast,
        cfov_differential=cfov.differential.contrast,
        bin_factor=float(found.rebinned.factor),
        centre_counts=found.centre_counts,
        pixel=found.pixel,
        noise_ufov_integral=ufov.noise.integral.mean,
        noise_ufov_differential=ufov.noise.differential.mean,
        noise_cfov_integral=cfov.noise.integral.mean,
        noise_cfov_differential=cfov.noise.differential.mean,
        image=flood_figure(image.pixels[0], found),
        uncertainties={
            "ufov_integral": ufov.noise.integral.spread,
            "ufov_differential": ufov.noise.differential.spread,
            "cfov_integral": cfov.noise.integral.spread,
            "cfov_differential": cfov.noise.differential.spread,
        },
        notes=_notes(found, image),
    )


def _notes(found: FloodUniformity, image: DicomImage) -> Notes:
    """What was used, then every doubt."""
    rule = "NEMA NU 1" if found.binning == "nema" else "IAEA NMQC"
    factor = found.rebinned.factor
    used = Note(
        "binning",
        f"Binning {found.binning} ({rule}): {factor} x {factor} recorded pixels of "
        f"{found.recorded_pixel:.4g} mm make one of {found.pixel:.4g} mm.",
    )
    doubts = tuple(Note(item.code, item.text, doubt=item.code in DOUBTS) for item in found.notes)
    if not image.identifying:
        return (used, *doubts)
    names = ", ".join(image.identifying)
    held = Note("identifying", f"The file holds attributes that can identify a person: {names}.")
    return (used, *doubts, held)
