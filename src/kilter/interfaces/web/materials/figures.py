"""Figures of the materials room as Vega-Lite data: in-growth, and a permit over the days to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kilter.department.materials.generators import Growth
from kilter.department.materials.models import PermitLimit
from kilter.interfaces.web.materials.cells import clock_text, mbq, rounded

RED, GREEN = "#b3261e", "#2e7d32"


def _axis(name: str, title: str | None, kind: str) -> dict[str, Any]:
    return {"field": name, "type": kind, "title": title}


def growth_figure(name: str, found: Growth, now: datetime) -> dict[str, Any]:
    """Draw the in-growth of a generator with the present, and from when an elution is good."""
    values = [
        {"at": at.isoformat(), "activity": rounded(float(value), 5)}
        for at, value in zip(found.instants, found.activities, strict=True)
    ]
    x, y = _axis("at", None, "temporal"), _axis("activity", "In the column, MBq", "quantitative")
    mark = {"values": [{"at": now.isoformat(), "activity": rounded(found.now, 5)}]}
    good = {"values": [{"at": found.good_from.isoformat()}]}
    layer = [
        {"mark": {"type": "line"}, "encoding": {"x": x, "y": y}},
        {"data": good, "mark": {"type": "rule", "strokeDash": [5, 4], "color": GREEN}, "encoding": {"x": x}},
        {"data": mark, "mark": {"type": "point", "size": 90, "filled": True}, "encoding": {"x": x, "y": y}},
    ]
    return {
        "id": name,
        "title": "Grown in since the last elution: the point is now, from the broken line an elution is good",
        "alt": f"{mbq(found.now)} now, {mbq(found.greatest)} at {clock_text(found.greatest_at, now)}",
        "spec": {"width": 420, "height": 150, "data": {"values": values}, "layer": layer},
        "columns": [{"word": "When"}, {"word": "In the column"}],
        "rows": [
            [clock_text(at, now), mbq(float(value))]
            for at, value in list(zip(found.instants, found.activities, strict=True))[::8]
        ],
    }


def forecast_figure(
    name: str, limit: PermitLimit, title: str, days: Sequence[datetime], totals: NDArray[np.float64]
) -> dict[str, Any]:
    """Draw the highest total of a limit on each day to come, with the limit as a line."""
    values = [
        {"at": at.isoformat(), "total": rounded(float(value), 5)}
        for at, value in zip(days, totals, strict=True)
    ]
    x, y = _axis("at", None, "temporal"), _axis("total", "MBq", "quantitative")
    rule = {
        "data": {"values": [{"limit": limit.limit}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": RED},
        "encoding": {"y": {"field": "limit", "type": "quantitative"}},
    }
    most = float(np.max(totals)) if len(totals) else 0.0
    line = {"mark": {"type": "line", "interpolate": "step-before"}, "encoding": {"x": x, "y": y}}
    return {
        "id": name,
        "title": title,
        "alt": f"{title}: at most {mbq(most)} on a day to come, of {mbq(limit.limit)}",
        "spec": {"width": 420, "height": 140, "data": {"values": values}, "layer": [line, rule]},
        "columns": [{"word": "Day"}, {"word": "Highest total"}],
        "rows": [
            [f"{at:%d %b %Y}", mbq(float(value))]
            for at, value in list(zip(days, totals, strict=True))[:: max(1, len(days) // 12)]
        ],
    }
