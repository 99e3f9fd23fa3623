"""The picture of a flood: the image, its two fields of view, and where the extremes lie."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kilter.measure.quantity import Figure
from kilter.numerics.rebin import Counts, Inside, Rebinned, rebin
from kilter.numerics.uniformity import FieldUniformity, FloodUniformity

LARGEST_SIDE = 512
DRAWN_WIDTH = 420
_FIELDS = ("UFOV", "CFOV")
_COLOURS = ("#ffb000", "#4cc3ff")


def flood_figure(image: Counts, found: FloodUniformity) -> Figure:
    """Draw a flood as a Vega-Lite specification; the axes count recorded pixels."""
    rows, columns = image.shape
    height = max(40, round(DRAWN_WIDTH * rows / columns))
    outlines = [
        {**line, "field": name}
        for name, part in zip(_FIELDS, (found.ufov, found.cfov), strict=True)
        for line in outline(part.inside, found.rebinned)
    ]
    across, down = _axis("x", 0, columns, "column"), _axis("y", rows, 0, "row")
    middle = {"x": {**across, "datum": columns / 2}, "y": {**down, "datum": rows / 2}}
    mark = {"type": "image", "url": _picture(image), "width": DRAWN_WIDTH, "height": height, "aspect": False}
    picture = {"mark": mark, "data": {"values": [{}]}, "encoding": middle}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": DRAWN_WIDTH,
        "height": height,
        "layer": [picture, _lines(across, down, outlines), _points(across, down, found)],
    }
    return Figure("Flood with its fields of view", _in_words(found), spec)


def _colour() -> dict[str, Any]:
    scale = {"domain": list(_FIELDS), "range": list(_COLOURS)}
    return {"field": "field", "type": "nominal", "title": None, "scale": scale}


def _lines(across: dict[str, Any], down: dict[str, Any], outlines: list[dict[str, Any]]) -> dict[str, Any]:
    """Outlines of both fields; the central one is dashed, so that colour is not all that tells them."""
    dashed = {"test": "datum.field === 'CFOV'", "value": [5, 3]}
    return {
        "mark": {"type": "rule", "strokeWidth": 2},
        "data": {"values": outlines},
        "encoding": {
            "x": {**across, "field": "x"},
            "y": {**down, "field": "y"},
            "x2": {"field": "x2"},
            "y2": {"field": "y2"},
            "color": _colour(),
            "strokeDash": {"condition": dashed, "value": [1, 0]},
        },
    }


def _points(across: dict[str, Any], down: dict[str, Any], found: FloodUniformity) -> dict[str, Any]:
    """Highest and lowest pixel of both fields."""
    shapes = {"domain": ["highest", "lowest"], "range": ["triangle-up", "triangle-down"]}
    return {
        "mark": {"type": "point", "size": 160, "filled": True, "opacity": 1, "stroke": "black"},
        "data": {"values": [*_extremes("UFOV", found.ufov, found), *_extremes("CFOV", found.cfov, found)]},
        "encoding": {
            "x": {**across, "field": "x"},
            "y": {**down, "field": "y"},
            "color": _colour(),
            "shape": {"field": "extreme", "type": "nominal", "title": None, "scale": shapes},
            "tooltip": [{"field": name} for name in ("field", "extreme", "x", "y")],
        },
    }


def outline(inside: Inside, rebinned: Rebinned) -> list[dict[str, float]]:
    """Give the border of a field as straight lines between corners of its pixels.

    Returns:
        Lines {x, y, x2, y2} in recorded pixels, 0 at the outer corner of the first pixel.
    """
    padded = np.pad(inside, 1)
    lines = []
    for x, y, end in _runs(padded[:-1, 1:-1] != padded[1:, 1:-1]):
        lines.append({"x": float(x), "y": float(y), "x2": float(end), "y2": float(y)})
    for y, x, end in _runs((padded[1:-1, :-1] != padded[1:-1, 1:]).T):
        lines.append({"x": float(x), "y": float(y), "x2": float(x), "y2": float(end)})
    left, top, factor = rebinned.trim.left, rebinned.trim.top, rebinned.factor
    for line in lines:
        line.update(x=left + factor * line["x"], x2=left + factor * line["x2"])
        line.update(y=top + factor * line["y"], y2=top + factor * line["y2"])
    return lines


def png(grey: NDArray[np.uint8]) -> bytes:
    """Write an 8-bit grey image, shape (rows, columns), as PNG (ISO/IEC 15948)."""
    rows, columns = grey.shape
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)  # each line begins with its filter: 0, none
    lines[:, 1:] = grey
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def windowed(image: Counts) -> NDArray[np.uint8]:
    """Shrink to 512 pixels a side at most and spread the counts over 8 bit, up to the 99.9th percentile."""
    factor = -(-max(image.shape) // LARGEST_SIDE)
    small = rebin(image, factor).counts if factor <= min(image.shape) else image
    top = float(np.percentile(small[small > 0], 99.9)) if (small > 0).any() else 1.0
    return np.asarray(np.rint(255 * np.clip(small / top, 0, 1)), dtype=np.uint8)


def _picture(image: Counts) -> str:
    return "data:image/png;base64," + base64.b64encode(png(windowed(image))).decode("ascii")


def _axis(channel: str, first: float, last: float, title: str) -> dict[str, Any]:
    scale = {"domain": [first, last], "nice": False, "zero": False}
    return {"type": "quantitative", "scale": scale, "title": title, "axis": {"grid": False, "tickCount": 5}}


def _extremes(name: str, part: FieldUniformity, found: FloodUniformity) -> list[dict[str, object]]:
    rows = []
    for word, place in (("highest", part.integral.highest), ("lowest", part.integral.lowest)):
        row, column = found.rebinned.original(*place)
        rows.append({"field": name, "extreme": word, "x": column + 0.5, "y": row + 0.5})
    return rows


def _in_words(found: FloodUniformity) -> str:
    parts = []
    for name, part in zip(_FIELDS, (found.ufov, found.cfov), strict=True):
        high, low = (found.rebinned.original(*at) for at in (part.integral.highest, part.integral.lowest))
        parts.append(
            f"{name}: integral uniformity {part.integral.contrast:.2f} %, highest at row {high[0]:.0f}, "
            f"column {high[1]:.0f}, lowest at row {low[0]:.0f}, column {low[1]:.0f}"
        )
    return "Flood image with the outlines of both fields of view. " + "; ".join(parts) + "."


def _runs(edges: Inside) -> list[tuple[int, int, int]]:
    """Join neighbouring edges of each line: (start, line, end)."""
    padded = np.pad(edges, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    starts, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [(int(s[1]), int(s[0]), int(e[1])) for s, e in zip(starts, ends, strict=True)]
