"""Floods of one camera over time: the mean of each region, and where it drifts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kilter.formats.detector_head import DetectorHead
from kilter.formats.dicom_image import read_planar
from kilter.measure.error import KilterError
from kilter.measure.history import Analysis, History, Past
from kilter.measure.quantity import Figure, File
from kilter.measure.unit import Floats
from kilter.numerics.regions import COLUMNS, ROWS, Movement, Regions, by_region, movement
from kilter.numerics.uniformity import flood_uniformity

MOST_FLOODS = 12
FEWEST = 3


def analyse_flood(file: File) -> Analysis:
    """Find the regions of a flood, and which head took it through which collimator."""
    try:
        image = read_planar(file.content, field="flood")
    except KilterError:
        return Analysis("", None)
    part = _part(image.head)
    if image.spacing is None:
        return Analysis(part, None)
    try:
        flood = flood_uniformity(image.pixels[0], image.spacing, binning="nmqc", ceiling=image.ceiling)
    except KilterError:
        return Analysis(part, None)
    found = by_region(flood.rebinned.counts, flood.ufov.inside)
    return Analysis(part, {"departure": _listed(found.departure), "u": _listed(found.u)})


def _part(head: DetectorHead) -> str:
    words = [
        f"detector {head.name}" if head.name else "",
        head.collimator and f"collimator {head.collimator}",
    ]
    said = ", ".join(word for word in words if word)
    return said[:1].upper() + said[1:]


def _listed(values: Floats) -> list[float | None]:
    """Give regions row by row; what lies outside the field is None, for JSON knows no NaN."""
    return [value if math.isfinite(value) else None for value in values.ravel().tolist()]


def _regions(values: Mapping[str, Any]) -> Regions:
    departure, u = (
        np.array(values[name], dtype=np.float64).reshape(ROWS, COLUMNS) for name in ("departure", "u")
    )
    return Regions(departure, u)


def flood_maps(past: Sequence[Past]) -> tuple[Figure, ...]:
    """Draw the regional means of floods and, from three on, their change."""
    if not past:
        return ()
    days = np.array([one.at.timestamp() / 86_400.0 for one in past])
    moved = movement([_regions(one.values) for one in past], days)
    mean = _map(
        f"Mean of {_floods(len(past))} by region", moved.mean, "Departure from the mean of the field, %"
    )
    if len(past) < FEWEST:
        return (mean,)
    title = f"Change by region over {float(np.ptp(days)):.0f} days"
    return mean, _map(title, moved.change, "Change by a straight line, %", moved)


def _floods(number: int) -> str:
    return "one flood" if number == 1 else f"{number} floods"


def _map(title: str, values: Floats, word: str, moved: Movement | None = None) -> Figure:
    """Draw regions as coloured squares with their figures written in, as the image lies."""
    cells = [
        {"row": row + 1, "column": column + 1, "value": round(float(values[row, column]), 3),
         "text": f"{values[row, column]:+.1f}"}
        for row in range(ROWS) for column in range(COLUMNS) if np.isfinite(values[row, column])
    ]  # fmt: skip
    most = max([abs(cell["value"]) for cell in cells], default=0.0) or 1.0  # type: ignore[arg-type]
    place = {
        "x": {"field": "column", "type": "ordinal", "title": "column", "axis": {"labelAngle": 0}},
        "y": {"field": "row", "type": "ordinal", "title": "row"},
    }
    scale = {"domain": [-most, 0, most], "range": ["#4575b4", "#ffffff", "#d73027"]}
    colour = {"field": "value", "type": "quantitative", "title": word, "scale": scale}
    written = {"field": "text", "type": "nominal"}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 420,
        "height": 300,
        "data": {"values": cells},
        "layer": [
            {"mark": "rect", "encoding": {**place, "color": colour}},
            {"mark": {"type": "text", "color": "black"}, "encoding": {**place, "text": written}},
        ],
    }
    return Figure(title, _in_words(title, cells, moved), spec)


def _in_words(title: str, cells: list[dict[str, Any]], moved: Movement | None) -> str:
    low, high = min(cells, key=lambda one: one["value"]), max(cells, key=lambda one: one["value"])
    words = (
        f"{title}: from {low['text']} % (row {low['row']}, column {low['column']}) to {high['text']} % "
        f"(row {high['row']}, column {high['column']})."
    )
    if moved is None:
        return words
    places = [f"row {row + 1}, column {column + 1}" for row, column in np.argwhere(moved.moving)]
    if not places:
        return f"{words} No region moves beyond its scatter."
    return f"{words} Beyond their scatter move {len(places)} regions: {'; '.join(places[:6])}."


HISTORIES = {
    "nuclear_medicine.uniformity": History(
        "flood", MOST_FLOODS, 1, "Detector not told by the file", analyse_flood, flood_maps
    )
}
