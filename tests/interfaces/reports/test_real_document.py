"""A document as `measure.document` writes it, from a real run, prints whole and as it was sealed."""

from __future__ import annotations

import io
import json
import re

import pypdf
import pytest

from kilter.interfaces.reports.certificate import certificate_pdf
from kilter.measure.document import canonical, describe
from kilter.measure.judge import judge
from kilter.measure.limit import shipped
from kilter.measure.registry import entry, find
from kilter.measure.run import run

KEY = "medical_engineering.protective_earth"


@pytest.fixture(scope="module")
def described() -> dict:
    outcome = run(find(KEY), {"reading": "120mohm", "arrangement": "with_cord"})
    document = describe(
        entry(KEY), outcome, judge(outcome, entry(KEY), shipped(entry(KEY)), context={"equipment_class": "I"})
    )
    return json.loads(canonical(document | {"form": 1, "kind": "result", "id": "x", "software": "0.1.0"}))


def test_a_real_run_prints_with_its_labels_values_and_sources(described):
    reader = pypdf.PdfReader(io.BytesIO(certificate_pdf(described)))
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages).replace("\u200b", ""))
    assert described["procedure"]["title"] in text
    assert "120mohm 0.12 Ω" in text
    assert described["results"]["resistance"]["text"] in text
    for given in described["inputs"].values():
        assert given["label"] in text
    for cite in described["procedure"]["cites"]:
        assert cite["key"] in text


def test_a_published_limit_that_nobody_read_is_printed_as_to_be_confirmed(described):
    limits = described["results"]["resistance"]["limits"]
    assert limits
    text = pypdf.PdfReader(io.BytesIO(certificate_pdf(described))).pages[0].extract_text()
    assert ("to be confirmed" in text) is any(limit["read"] not in ("yes", "adopted") for limit in limits)
