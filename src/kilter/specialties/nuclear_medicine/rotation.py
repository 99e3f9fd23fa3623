"""Centre of rotation of a gamma camera from a tomographic study of a point source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.formats.projections import Projections, read_projections
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, File, Millimetre, Note, Notes, Table
from kilter.numerics.rotation_centre import HeadFit, centroids, fit_head
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import IAEA_PUB_1394, NMQC

# A source nearer to the axis than this does not show whether the orbit is round.
LEAST_RADIUS = 10.0


@dataclass(frozen=True, slots=True)
class CentreOfRotation:
    """The head that is furthest off, how heads agree, and what no sinusoid explains; all in mm.

    `offset` is signed, towards the last column; `residual` and `axial_residual` are the largest of any
    view; `head_difference` and `axial_difference` are 0 for one head.
    """

    offset: Millimetre
    head_difference: Annotated[Millimetre, Between(0.0)]
    residual: Annotated[Millimetre, Between(0.0)]
    axial_residual: Annotated[Millimetre, Between(0.0)]
    axial_difference: Annotated[Millimetre, Between(0.0)]
    radius: Annotated[Millimetre, Between(0.0)]
    heads: Table
    deviations: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.centre_of_rotation", version=1, cites=[IAEA_PUB_1394, NMQC], uncertainty="own")
def centre_of_rotation(*, study: File) -> CentreOfRotation:
    """Offset of the centre of rotation: the middle of the sinusoid that a point source draws.

    x(angle) = a + b sin(angle + phase) is fitted to the centroids of each head by itself, at the angles
    that the file gives; a is the offset from the middle of the matrix. The angle is fixed by the file: a
    step that is not what the camera did shows in the residuals instead of being fitted away. The
    direction of y is along the axis, where nothing may move.
    """
    read = read_projections(study.content, field="study")
    image, spacing = checked(read.image, field="study", wanted="a tomographic study")
    if image.frames < 2:
        raise BadInput("one view is no rotation", field="study", code="no_rotation")
    try:
        place = centroids(image.pixels, spacing)
        found = [_head(read, place, int(head)) for head in np.unique(read.detector)]
    except CannotTell as reason:
        raise CannotTell(reason.message, field="study", code=reason.code) from reason
    worst = max(found, key=lambda one: abs(one.offset))
    offsets, axial = [one.offset for one in found], [one.axial for one in found]
    return CentreOfRotation(
        offset=worst.offset,
        head_difference=max(offsets) - min(offsets),
        residual=max(float(abs(one.residuals).max()) for one in found),
        axial_residual=max(float(abs(one.axial_residuals).max()) for one in found),
        axial_difference=max(axial) - min(axial),
        radius=worst.radius,
        heads=_table(read, found),
        deviations=_deviations(found),
        uncertainties={"offset": worst.uncertainty},
        notes=_notes(found) + held(image),
    )


def _head(read: Projections, place: np.ndarray[tuple[int, ...], np.dtype[np.float64]], head: int) -> HeadFit:
    own = read.detector == head
    return fit_head(head, read.angle[own], place[own])


def _table(read: Projections, found: list[HeadFit]) -> Table:
    columns = (
        ("head", ""), ("direction", ""), ("views", ""), ("offset", "mm"), ("radius", "mm"),
        ("residual", "mm"), ("axial", "mm"), ("axial_residual", "mm"),
    )  # fmt: skip
    rows = []
    for one in found:
        clockwise = bool(read.clockwise[read.detector == one.detector][0])
        largest = [float(abs(part).max()) for part in (one.residuals, one.axial_residuals)]
        direction = "clockwise" if clockwise else "counter-clockwise"
        rows.append(
            (
                float(one.detector),
                direction,
                float(one.views),
                one.offset,
                one.radius,
                largest[0],
                one.axial,
                largest[1],
            )
        )
    return Table(columns, tuple(rows))


def _deviations(found: list[HeadFit]) -> Figure:
    series = []
    for one in found:
        order = np.argsort(one.angle)
        series.append((f"head {one.detector}", one.angle[order], one.offset + one.residuals[order]))
    words = "; ".join(f"head {one.detector} lies {one.offset:+.2f} mm off" for one in found)
    axes = ("angle, degrees", "mm from the middle of the matrix")
    return curves(
        "Source less its sinusoid", f"At each angle, with the orbit taken off: {words}.", axes, series
    )


def _notes(found: list[HeadFit]) -> Notes:
    near = [one.detector for one in found if one.radius < LEAST_RADIUS]
    if not near:
        return ()
    place = f"The source lies within {LEAST_RADIUS:g} mm of the axis (head {near[0]})"
    words = f"{place}, where an orbit that is not round would not show."
    return (Note("near_axis", words),)
