"""Floods of one camera over time: the mean of each region, and where it drifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.measure.error import KilterError
from kilter.measure.history import History, Past
from kilter.measure.quantity import Figure
from kilter.measure.unit import Floats
from kilter.numerics.regions import COLUMNS, ROWS, Movement, Regions, by_region, movement
from kilter.numerics.uniformity import flood_uniformity

MOST_FLOODS = 12
FEWEST = 3


def flood_maps(past: Sequence[Past]) -> tuple[Figure, ...]:
    """Draw the regional means of floods and, from three on, their change; what is no flood is left out."""
    found: list[Regions] = []
    days: list[float] = []
    for one in past:
        try:
            image = read_planar(one.file.content, field="flood")
            if image.spacing is None:
                continue
            flood = flood_uniformity(image.pixels[0], image.spacing, binning="nmqc", ceiling=image.ceiling)
        except KilterError:
            continue
        found.append(by_region(flood.rebinned.counts, flood.ufov.inside))
        days.append(one.at.timestamp() / 86_400.0)
    if not found:
        return ()
    moved = movement(found, np.array(days))
    mean = _map(
        f"Mean of {_floods(len(found))} by region", moved.mean, "Departure from the mean of the field, %"
    )
    if len(found) < FEWEST:
        return (mean,)
    span = max(days) - min(days)
    title = f"Change by region over {span:.0f} days"
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


HISTORIES = {"nuclear_medicine.uniformity": History("flood", MOST_FLOODS, flood_maps)}
