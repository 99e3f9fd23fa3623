"""A sealed document of form 1, as realistic as a test can make it, for certificate and page alike."""

from __future__ import annotations

from typing import Any

LIMIT = {
    "text": "at most 0.3 Ω",
    "level": "suspension",
    "low": None,
    "high": 0.3,
    "unit": "ohm",
    "cite": "IEC 62353",
    "edition": "2014",
    "read": "no",
    "p_conform": 0.98,
}


def protective_earth(**changed: Any) -> dict[str, Any]:
    """Give a passing protective earth record with every section filled; keys given replace its own."""
    document: dict[str, Any] = {
        "form": 1,
        "id": "5b0d7c1e-9a52-4e0c-8f43-0a9a5f1c2d3e",
        "kind": "result",
        "chain": {"number": 12, "previous": "ab" * 32},
        "procedure": {
            "key": "medical_engineering.protective_earth",
            "version": 1,
            "title": "Protective earth resistance",
            "cites": [
                {"key": "IEC 62353", "title": "Recurrent test and test after repair", "edition": "2014"}
            ],
        },
        "software": "0.1.0",
        "device": {
            "id": "d",
            "asset": "ME004211",
            "name": "Infusion pump, Alaris GP",
            "serial": "8002-133977",
        },
        "person": {"id": "p", "name": "A. Technologist", "role": "Technologist"},
        "performed_at": "2026-07-22T07:00:00Z",
        "sealed_at": "2026-07-22T07:04:31Z",
        "inputs": {
            "reading": {"label": "Reading", "typed": "120mohm", "value": 0.12, "unit": "ohm", "u": 0.005},
            "test_lead": {"label": "Test lead", "typed": None, "value": 0.0, "unit": "ohm", "u": None},
        },
        "context": {"equipment_class": "I"},
        "results": {
            "resistance": {
                "label": "Resistance",
                "value": 0.12,
                "unit": "ohm",
                "u": 0.005,
                "text": "0.120 Ω ± 0.010 Ω",
                "verdict": "within",
                "limits": [LIMIT],
            }
        },
        "rule": "simple",
        "method": "gum",
        "verdict": "within",
        "word": "pass",
        "notes": [{"code": "near_limit", "text": "The lead was taken off the reading."}],
        "valid": True,
        "budget": [
            {
                "result": "resistance",
                "input": "reading",
                "u": 0.005,
                "sensitivity": 1.0,
                "contribution": 0.005,
                "dof": None,
            }
        ],
        "instruments": [
            {
                "asset": "TI0003",
                "name": "Rigel 288+",
                "serial": "28P-0441",
                "certificate": "C-2026-11",
                "laboratory": "Northern Calibration",
                "valid_until": "2027-03-01",
            }
        ],
        "files": [{"name": "flood.dcm", "sha256": "0123456789abcdef" * 4, "size": 133282}],
        "discarded": [
            {"name": "reading", "typed": "1.2ohm", "reason": "probe slipped", "at": "2026-07-22T07:01:00Z"}
        ],
        "personal": [{"id": "q", "digest": "ff" * 32}],
        "supersedes": None,
    }
    return document | changed
