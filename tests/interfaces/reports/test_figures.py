"""Figures stand alone: drawn offline, and refused wherever they reach outside themselves."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.interfaces.reports.bundle import BUNDLE_NAME, write_bundle
from kilter.interfaces.reports.figures import checked_spec, figure_svg
from kilter.measure.error import BadInput

TREND = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "title": "Resistance in Ω",
    "data": {"values": [{"day": n, "value": 0.1 + n / 1000} for n in range(30)]},
    "mark": "line",
    "encoding": {
        "x": {"field": "day", "type": "quantitative"},
        "y": {"field": "value", "type": "quantitative"},
    },
}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def test_a_figure_is_drawn_with_its_title_and_every_point():
    drawn = ET.fromstring(figure_svg(TREND))
    texts = "".join(drawn.itertext())
    assert "Resistance in Ω" in texts
    lines = [e for e in drawn.iter() if "mark-line" in e.get("class", "")]
    (path,) = lines[0].iter("{http://www.w3.org/2000/svg}path")
    assert path.get("d", "").count("L") == 29


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "points.csv"}},
        {"data": {"url": "http://example.org/points.csv"}},
        {"layer": [{"data": {"url": "/etc/passwd"}}]},
        {"encoding": {"href": {"field": "link"}}},
        {"mark": {"type": "point", "href": "x"}},
        {"mark": {"type": "image", "url": "//example.org/x.png"}},
        {"data": {"values": [{"picture": "https://example.org/x.png"}]}},
        {"data": {"values": [{"picture": "javascript:alert(1)"}]}},
        {"data": {"values": [{"y": float("nan")}]}},
    ],
)
def test_a_figure_that_reaches_outside_is_refused(part):
    with pytest.raises(BadInput) as refusal:
        figure_svg({**TREND, **part})
    assert refusal.value.field == "figure"


def test_a_picture_carried_inside_is_allowed():
    spec = {**TREND, "mark": {"type": "image", "url": PIXEL}}
    assert json.loads(checked_spec(spec)) == spec


def test_the_guard_is_not_deceived_by_depth():
    deep: dict = {"url": "x"}
    for _ in range(400):
        deep = {"layer": [deep]}
    with pytest.raises(BadInput):
        checked_spec(deep)


@pytest.mark.parametrize("spec", [[], "x", None])
def test_what_is_no_mapping_is_refused(spec):
    with pytest.raises(BadInput):
        checked_spec(spec)


def test_what_vega_lite_cannot_draw_is_refused_in_one_line():
    with pytest.raises(BadInput) as refusal:
        figure_svg({"mark": 5, "layer": 3})
    assert "\n" not in refusal.value.message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.dictionaries(st.text(), c)
    )
)
def test_every_mapping_is_either_given_back_as_json_or_refused(spec):
    try:
        text = checked_spec(spec)
    except BadInput:
        return
    assert json.loads(text) == spec


def test_the_bundle_is_written_whole_and_leaves_nothing_behind(tmp_path):
    path = write_bundle(tmp_path / "static")
    assert path.name == BUNDLE_NAME
    assert [p.name for p in path.parent.iterdir()] == [BUNDLE_NAME]
    assert "vegaEmbed" in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_bundle(blocked)
