"""What the camera's planar and multi-frame procedures ask of a file before they measure, and their curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kilter.formats.dicom_image import DicomImage
from kilter.measure.error import BadInput
from kilter.measure.quantity import Figure, Note
from kilter.measure.unit import Floats


def checked(image: DicomImage, *, field: str, wanted: str) -> tuple[DicomImage, tuple[float, float]]:
    """Give the image with its pixel size (down, along) in mm.

    Raises:
        BadInput: another modality, no pixel size, or pixels at the top of their range.
    """
    if image.modality not in ("NM", "PT", ""):
        message = f"the image is of modality {image.modality[:16]}; {wanted} is one of nuclear medicine (NM)"
        raise BadInput(message, field=field, code="modality")
    if image.spacing is None:
        raise BadInput("the file gives no pixel size", field=field, code="no_pixel_size")
    if image.pixels.max() >= image.ceiling:
        message = "pixels stand at the top of their range, so counts were lost"
        raise BadInput(message, field=field, code="saturated")
    return image, image.spacing


def held(image: DicomImage) -> tuple[Note, ...]:
    """Say what in the file can identify a person; nothing where nothing can."""
    if not image.identifying:
        return ()
    names = ", ".join(image.identifying)
    return (Note("identifying", f"The file holds attributes that can identify a person: {names}."),)


def curves(
    title: str, alt: str, axes: tuple[str, str], series: Sequence[tuple[str, Floats, Floats]]
) -> Figure:
    """Draw named curves, each of places and heights, as a Vega-Lite specification."""
    values = [
        {"x": round(float(x), 5), "y": round(float(y), 5), "curve": name}
        for name, along, heights in series
        for x, y in zip(along, heights, strict=True)
    ]
    name: dict[str, Any] = {"field": "curve", "type": "nominal", "title": None}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 420,
        "height": 220,
        "data": {"values": values},
        "mark": {"type": "line", "point": len(values) < 200},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": axes[0], "scale": {"zero": False}},
            "y": {"field": "y", "type": "quantitative", "title": axes[1]},
            "color": name,
            "strokeDash": name,
        },
    }
    return Figure(title, alt, spec)
