"""A sample field of every input type, as a form shows them."""

from __future__ import annotations

from typing import Any

FIELDS: list[dict[str, Any]] = [
    {
        "name": "reading",
        "label": "Reading",
        "type": "quantity",
        "unit": "ohm",
        "required": True,
        "value": "412mohm",
        "read_as": "0.412 Ω",
        "help": "A unit may be typed behind it: 120mohm.",
    },
    {"name": "test_lead", "label": "Test lead", "type": "quantity", "unit": "ohm", "default": "0 Ω"},
    {
        "name": "arrangement",
        "label": "Arrangement",
        "type": "choice",
        "required": True,
        "value": "with_cord",
        "options": [
            {"value": "with_cord", "label": "With cord"},
            {"value": "without_cord", "label": "Without cord"},
            {"value": "cord_alone", "label": "Cord alone"},
            {"value": "multi_socket", "label": "Multiple socket"},
        ],
    },
    {"name": "leakage", "label": "Leakage", "type": "repeated", "unit": "uA", "value": ["12", "13", ""]},
    {
        "name": "wedge",
        "label": "Map",
        "type": "grid",
        "unit": "percent",
        "rows": ["Left", "Right"],
        "columns": ["A", "B"],
        "value": [["1", "2"], ["", ""]],
    },
    {
        "name": "intact",
        "label": "Enclosure intact",
        "type": "yes_no",
        "required": True,
        "error": "Say yes or no",
    },
    {
        "name": "tester",
        "label": "Instrument",
        "type": "instrument",
        "options": [
            {"value": f"TI000{n}", "label": f"TI000{n} Rigel 288+, until 1 Mar 2027"} for n in range(1, 7)
        ],
    },
    {"name": "when", "label": "Performed", "type": "instant", "value": "2026-11-22T07:00"},
    {
        "name": "flood",
        "label": "Flood image",
        "type": "file",
        "upload": "/upload/",
        "sent": [{"name": "flood.dcm", "size": 133282, "sha256": "0123456789abcdef" * 4}],
    },
    {"name": "photos", "label": "Photos", "type": "files"},
    {"name": "remark", "label": "Remark", "type": "long_text"},
]
