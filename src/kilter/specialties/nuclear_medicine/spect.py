"""Reconstructed slices of a Jaszczak phantom: uniformity, rings, noise, cold spheres and rods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.formats.slices import Slices, read_slices
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, Files, Millimetre, Note, Notes, Percent, Ratio, Table
from kilter.numerics.cold_rods import Rods, measure_rods, rod_section
from kilter.numerics.cold_spheres import Spheres, find_spheres
from kilter.numerics.cylinder import Cylinder, find_cylinder, uniform_section
from kilter.numerics.uniform_slices import Uniform, measure_uniform
from kilter.specialties.nuclear_medicine.planar import curves, held
from kilter.specialties.nuclear_medicine.standards import IAEA_PUB_1394, NMQC

Spread = Annotated[Percent, Between(0.0, 100.0)]
DIAMETERS = {
    "from_38_mm": (38.0, 31.8, 25.4, 19.1, 15.9, 12.7),
    "from_32_mm": (31.8, 25.4, 19.1, 15.9, 12.7, 9.5),
}
# A scaled reconstruction may have one voxel at the top of its range; more have been cut off.
MOST_AT_TOP = 8


@dataclass(frozen=True, slots=True)
class SpectContrast:
    """Contrast of the six spheres, the largest first, and what the uniform section and the rods show.

    `ring` is the most significant departure of the radial profile from its smooth course, signed;
    `smallest_rods` is left out where no pattern stands above the noise or the phantom has no rods.
    """

    contrast_1: Percent
    contrast_2: Percent
    contrast_3: Percent
    contrast_4: Percent
    contrast_5: Percent
    contrast_6: Percent
    integral: Spread
    differential: Spread
    ratio: Annotated[Ratio, Between(0.0)]
    ring: Percent
    ring_radius: Annotated[Millimetre, Between(0.0)]
    noise: Annotated[Percent, Between(0.0)]
    smallest_rods: Millimetre | None
    diameter: Annotated[Millimetre, Between(0.0)]
    spheres: Table
    rods: Table
    profile: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.spect_contrast", version=1, cites=[IAEA_PUB_1394, NMQC], uncertainty="own")
def spect_contrast(
    *, slices: Files, spheres: Literal["from_38_mm", "from_32_mm"] = "from_38_mm"
) -> SpectContrast:
    """Contrast of cold spheres, uniformity, rings, noise and the smallest rods of a Jaszczak phantom.

    The cylinder, its uniform section, the circle of spheres whichever way it is turned, and the rods are
    found in the slices; all spheres are measured in one rigid place. Contrast is 100 (1 - mean in the
    sphere / mean of the annulus of the uniform section). Uniformity is that of the mean uniform slice in
    80 % of the radius, in pixels doubled to 4.48 mm or more and smoothed once, as the IAEA NMQC toolkit
    does. Rods are seen where the amplitude at their spatial frequency stands above that of the noise.
    """
    read = read_slices(slices, field="slices")
    _refuse_unfit(read)
    try:
        found = find_cylinder(read.voxels, read.spacing)
        section, calm = uniform_section(found)
        even = measure_uniform(found, section)
        cold = find_spheres(found, section, DIAMETERS[spheres])
    except CannotTell as reason:
        raise CannotTell(reason.message, field="slices", code=reason.code) from reason
    of_rods = rod_section(found, calm, cold.height)
    sectors = () if of_rods is None else measure_rods(found, of_rods, section)
    return _results(read, found, section, even, cold, sectors)


def _refuse_unfit(read: Slices) -> None:
    first = read.first
    if first.modality not in ("NM", "PT", ""):
        message = f"the slices are of modality {first.modality[:16]}; nuclear medicine (NM) is wanted"
        raise BadInput(message, field="slices", code="modality")
    if "TOMO" in first.image_type and not any("RECON" in part for part in first.image_type):
        message = "these are the projections of a study; give its reconstructed slices"
        raise BadInput(message, field="slices", code="projections")
    if (read.voxels >= read.ceiling).sum() > MOST_AT_TOP:
        message = "voxels stand at the top of their range, so the image was cut off"
        raise BadInput(message, field="slices", code="saturated")


def _results(
    read: Slices, found: Cylinder, section: slice, even: Uniform, cold: Spheres, sectors: tuple[Rods, ...]
) -> SpectContrast:
    seen = [one.diameter for one in sectors if one.visible]
    contrasts = [one.contrast for one in cold.spheres]
    uncertainties = {f"contrast_{n}": one.uncertainty for n, one in enumerate(cold.spheres, 1)}
    return SpectContrast(
        contrast_1=contrasts[0],
        contrast_2=contrasts[1],
        contrast_3=contrasts[2],
        contrast_4=contrasts[3],
        contrast_5=contrasts[4],
        contrast_6=contrasts[5],
        integral=even.integral,
        differential=even.differential,
        ratio=even.ratio,
        ring=even.ring,
        ring_radius=even.ring_radius,
        noise=even.noise,
        smallest_rods=min(seen, default=None),
        diameter=2.0 * found.radius,
        spheres=_spheres(cold),
        rods=_rods(sectors),
        profile=_profile(even),
        uncertainties={**uncertainties, "ring": even.ring_uncertainty},
        notes=_notes(read, found, section, even, sectors),
    )


def _spheres(cold: Spheres) -> Table:
    columns = (
        ("diameter", "mm"), ("contrast", "percent"), ("uncertainty", "percent"),
        ("by lowest voxel", "percent"), ("voxels", ""), ("slice", ""), ("row", ""), ("column", ""),
    )  # fmt: skip
    rows = tuple(
        (
            one.diameter,
            one.contrast,
            one.uncertainty,
            one.lowest,
            float(one.voxels),
            *(at + 1.0 for at in one.place),
        )
        for one in cold.spheres
    )
    return Table(columns, rows)


def _rods(sectors: tuple[Rods, ...]) -> Table:
    columns = (("rods", "mm"), ("modulation", "percent"), ("needed", "percent"), ("angle", ""), ("seen", ""))
    rows = tuple(
        (one.diameter, 100.0 * one.modulation, 100.0 * one.noise, one.angle, "yes" if one.visible else "no")
        for one in sectors
    )
    return Table(columns, rows)


def _profile(even: Uniform) -> Figure:
    words = (
        f"Mean at each distance from the axis; the clearest departure is {even.ring:+.2f} % "
        f"at {even.ring_radius:.0f} mm."
    )
    series = (("measured", even.radii, even.profile), ("smooth course", even.radii, even.course))
    return curves("Radial profile", words, ("mm from the axis", "counts in a voxel"), series)


def _notes(read: Slices, found: Cylinder, section: slice, even: Uniform, sectors: tuple[Rods, ...]) -> Notes:
    first, last = found.first + section.start + 1, found.first + section.stop
    used = Note(
        "section",
        f"Uniform are slices {first} to {last} of {len(read.voxels)}, {read.spacing[0]:.4g} mm apart; "
        f"pixels of {even.pixel:.4g} mm were analysed.",
    )
    notes = [used]
    if abs(even.ring) <= 3.0 * even.ring_uncertainty:
        notes.append(Note("no_ring", "No ring stands above the noise by three standard deviations."))
    if not sectors:
        notes.append(Note("no_rods", "No section of rods was found."))
    return (*notes, *held(read.first))
