"""Figures of the pages as Vega-Lite data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from kilter.measure.rounding import number_text, unit_text

MOST_POINTS = 2000


class Plotted(Protocol):
    """What a trend shows: a reading of a device, or a sealed result of a lot."""

    @property
    def pk(self) -> int:
        """A number of its own."""

    @property
    def performed_at(self) -> datetime:
        """When it was measured."""

    @property
    def value(self) -> float:
        """The result, in `unit`."""

    @property
    def unit(self) -> str:
        """Key of the unit."""

    @property
    def u(self) -> float | None:
        """Standard uncertainty; None where it is not known."""

    @property
    def verdict(self) -> str:
        """As sealed."""


Row = TypeVar("Row", bound=Plotted)


def thinned(rows: Sequence[Row], most: int = MOST_POINTS) -> list[Row]:
    """Thin a long series: of each stretch the smallest and the largest stay, so that no extreme is lost."""
    if len(rows) <= most:
        return list(rows)
    size = -(-2 * len(rows) // most)
    kept: list[Row] = []
    for start in range(0, len(rows), size):
        stretch = rows[start : start + size]
        ends = {min(stretch, key=lambda row: row.value).pk, max(stretch, key=lambda row: row.value).pk}
        kept += [row for row in stretch if row.pk in ends]
    return kept


def trend_figure(
    name: str, title: str, rows: Sequence[Plotted], limits: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Give the trend of one result with its limits, as a figure and as a table.

    Args:
        name: unique on the page.
        title: of the result.
        rows: readings in time.
        limits: as sealed in the newest record; their `low` and `high` become rules.
    """
    shown = thinned(rows)
    symbol = unit_text(rows[-1].unit) if rows else ""
    values = [
        {
            "at": row.performed_at.isoformat(),
            "value": row.value,
            "low": row.value - 2 * row.u if row.u else row.value,
            "high": row.value + 2 * row.u if row.u else row.value,
            "verdict": row.verdict,
        }
        for row in shown
    ]
    x = {"field": "at", "type": "temporal", "title": None}
    y = {
        "field": "value",
        "type": "quantitative",
        "title": f"{title}, {symbol}" if symbol else title,
        "scale": {"zero": False},
    }
    layer: list[dict[str, Any]] = [
        {"mark": {"type": "rule"}, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "line", "point": True}, "encoding": {"x": x, "y": y}},
    ]
    for limit in limits:
        layer += [_rule(edge) for edge in (limit.get("low"), limit.get("high")) if edge is not None]
    spec = {"width": 460, "height": 160, "data": {"values": values}, "layer": layer}
    return {
        "id": name,
        "title": f"{title}, {symbol}" if symbol else title,
        "alt": _alt(title, symbol, rows),
        "spec": spec,
        "columns": [{"word": "When"}, {"word": title}],
        "rows": [
            [row.performed_at.date().isoformat(), f"{number_text(row.value)} {symbol}"] for row in shown[-12:]
        ],
    }


def _rule(edge: float) -> dict[str, Any]:
    mark = {"type": "rule", "strokeDash": [5, 4], "color": "#b3261e"}
    return {
        "data": {"values": [{"limit": edge}]},
        "mark": mark,
        "encoding": {"y": {"field": "limit", "type": "quantitative"}},
    }


def _alt(title: str, symbol: str, rows: Sequence[Plotted]) -> str:
    if not rows:
        return f"{title}: no readings yet"
    low, high = min(row.value for row in rows), max(row.value for row in rows)
    ends = f"from {number_text(low)} to {number_text(high)} {symbol}".strip()
    return f"{title}: {len(rows)} readings, {ends}"


def outcome_figures(figures: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """Give the figures of a run as the templates take them."""
    return [
        {"id": f"{prefix}-{name}", "title": figure.title, "alt": figure.alt, "spec": dict(figure.spec)}
        for name, figure in figures.items()
    ]
