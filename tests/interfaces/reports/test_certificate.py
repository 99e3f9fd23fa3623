"""The certificate is read back from the PDF, by pypdf: what a person or a screen reader would find."""

from __future__ import annotations

import io
import re
import time

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.interfaces.reports.certificate import certificate_pdf
from kilter.interfaces.reports.figures import figure_svg
from kilter.measure.error import BadInput
from tests.interfaces.sealed import LIMIT, protective_earth

ANCHOR = {"hash": "cd" * 32, "head": "ef" * 32, "count": 4012, "site": "Northern Infirmary"}


def read(pdf: bytes) -> tuple[pypdf.PdfReader, str]:
    """Give the reader and the text of all pages, its spaces evened out and break marks taken out."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    text = " ".join(page.extract_text() for page in reader.pages)
    return reader, re.sub(r"\s+", " ", text.replace("\u200b", ""))


@pytest.fixture(scope="module")
def printed() -> tuple[pypdf.PdfReader, str]:
    return read(certificate_pdf(protective_earth(), anchor=ANCHOR, zone="Europe/London"))


def test_the_pdf_is_tagged_and_titled_and_says_its_language(printed):
    reader, _ = printed
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"].startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in root
    assert reader.metadata.title == "Protective earth resistance - Certificate of measurement"
    metadata = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfuaid:part[>=\"]+1", metadata)
    assert re.search(r"pdfaid:part[>=\"]+2", metadata)


@pytest.mark.parametrize(
    "words",
    [
        "Protective earth resistance",
        "✓ PASS (within)",
        "Infusion pump, Alaris GP",
        "ME004211",
        "8002-133977",
        "A. Technologist, Technologist",
        "22 Jul 2026 08:00 BST (2026-07-22 07:00:00 UTC)",
        "22 Jul 2026 08:04 BST",
        "medical_engineering.protective_earth, version 1",
        "equipment class I",
        "0.120 Ω ± 0.010 Ω",
        "k = 2, about 95 % coverage",
        "at most 0.3 Ω (IEC 62353, 2014)",
        "to be confirmed",
        "98.0 %",
        "simple acceptance",
        "JCGM 106",
        "120mohm 0.12 Ω 0.005 Ω",
        "as used 0 Ω not known",
        "infinite",
        "C-2026-11, Northern Calibration 2027-03-01",
        "probe slipped",
        "133 282 bytes",
        "01234567 89abcdef",
        "5b0d7c1e-9a52-4e0c-8f43-0a9a5f1c2d3e",
        "cdcdcdcd cdcdcdcd",
        "abababab abababab",
        "4012",
        "Page 1 of 1",
        "Northern Infirmary",
    ],
)
def test_everything_that_was_sealed_is_printed(printed, words):
    assert words in printed[1]


def test_the_same_document_gives_the_same_bytes_and_the_date_it_was_sealed():
    first, second = (certificate_pdf(protective_earth(), anchor=ANCHOR) for _ in range(2))
    assert first == second
    assert b"2026" in first
    assert read(first)[0].metadata.creation_date.isoformat().startswith("2026-07-22T07:04:31")


@pytest.mark.parametrize(
    ("state", "shown"), [("no", True), ("maybe", True), ("yes", False), ("adopted", False)]
)
def test_an_unread_limit_says_to_be_confirmed_and_a_read_one_does_not(state, shown):
    result = protective_earth()["results"]["resistance"] | {"limits": [LIMIT | {"read": state}]}
    _, text = read(certificate_pdf(protective_earth(results={"resistance": result})))
    assert ("to be confirmed" in text) is shown
    assert ("adopted by the department" in text) is (state == "adopted")


def test_an_invalid_outcome_is_never_dressed_as_a_pass():
    _, text = read(certificate_pdf(protective_earth(valid=False)))
    assert "NOT VALID" in text
    assert "✓ PASS" not in text


@pytest.mark.parametrize("verdict", ["suspension", "remedial", "undecided", "within", "recorded"])
def test_each_verdict_stands_in_words(verdict):
    _, text = read(certificate_pdf(protective_earth(verdict=verdict, word=None)))
    assert verdict.upper() in text


def test_coverage_is_not_claimed_where_degrees_of_freedom_are_finite():
    budget = [protective_earth()["budget"][0] | {"dof": 3.0}]
    _, text = read(certificate_pdf(protective_earth(budget=budget)))
    assert "k = 2" in text
    assert "95 %" not in text


def test_a_classification_prints_as_its_word_and_claims_no_uncertainty():
    result = {"label": "Grade", "value": "moderate", "verdict": "recorded"}
    _, text = read(certificate_pdf(protective_earth(results={"grade": result}, budget=[])))
    assert "moderate" in text
    assert "uncertainty not known" not in text


def test_a_file_given_as_input_is_named_with_the_head_of_its_hash():
    flood = {"label": "Flood", "value": {"name": "flood.dcm", "sha256": "0123456789abcdef" * 4, "size": 5}}
    _, text = read(certificate_pdf(protective_earth(inputs={"flood": flood})))
    assert "flood.dcm, SHA-256 01234567…" in text


def test_what_supersedes_and_what_was_superseded_are_said():
    document = protective_earth(supersedes={"id": "earlier", "reason": "wrong class chosen"})
    later = ANCHOR | {"superseded_by": {"id": "later", "number": 14, "reason": "lead forgotten"}}
    _, text = read(certificate_pdf(document, anchor=later))
    assert "Supersedes record earlier: wrong class chosen" in text
    assert "SUPERSEDED by record number 14, later: lead forgotten" in text


def test_a_draft_says_on_every_page_that_it_is_not_evidence():
    document = protective_earth(notes=[{"code": "n", "text": "long " * 1500}])
    reader, text = read(certificate_pdf(document, draft=True))
    assert len(reader.pages) > 1
    assert text.count("DRAFT: not evidence") == len(reader.pages)


@pytest.mark.parametrize("kind", ["countersignature", "statement", "erasure", "review"])
def test_the_other_kinds_of_document_print_too(kind):
    bare = {"form": 1, "id": "x", "kind": kind, "chain": {"number": 3, "previous": "00" * 32}}
    bare["statement"] = {"act": "return to use", "subject": "ME004211", "text": "I have checked the lead."}
    _, text = read(certificate_pdf(bare))
    assert "I have checked the lead." in text


MARKUP = "#emph[x] *b* _i_ $a$ `c` <d> @e \\f // /* [g] = h - ~ \" ' #sys.inputs"


def test_markup_prints_as_text():
    document = protective_earth(notes=[{"code": "n", "text": MARKUP}])
    document["device"]["name"] = MARKUP
    _, text = read(certificate_pdf(document))
    assert text.count(MARKUP) == 2


def test_long_words_right_to_left_emoji_and_controls_neither_break_nor_vanish():
    hostile = "Ж" * 3000 + " שלום سلام 😀 中文 \u202e\x00\ufffe end"
    reader, text = read(certificate_pdf(protective_earth(notes=[{"code": "n", "text": hostile}])))
    assert text.count("Ж") == 3000
    for spelled in ("[U+1F600]", "[U+4E2D]", "[U+6587]", "[U+202E]", "[U+0000]", "end"):
        assert spelled in text
    assert len(reader.pages) <= 4


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_no_text_in_a_document_stops_its_certificate(note, word):
    document = protective_earth(notes=[{"code": word, "text": note}], word=word)
    document["device"]["name"] = note
    document["inputs"]["reading"]["typed"] = note
    assert certificate_pdf(document).startswith(b"%PDF-")


@pytest.mark.parametrize("field", ["form", "kind"])
def test_a_document_of_another_form_is_refused_by_name(field):
    with pytest.raises(BadInput) as refusal:
        certificate_pdf(protective_earth(**{field: "x"}))
    assert refusal.value.field == field


def test_a_language_that_is_none_is_refused():
    with pytest.raises(BadInput, match="ISO 639"):
        certificate_pdf(protective_earth(), lang='en"; #panic()')


def test_figures_are_printed_and_those_that_reach_outside_refused():
    spec = {"mark": "point", "data": {"values": [{"x": 1, "y": 2}]}, "encoding": {"x": {"field": "x"}}}
    with_figure = certificate_pdf(protective_earth(), figures=[figure_svg(spec)])
    assert len(with_figure) > len(certificate_pdf(protective_earth()))
    for bad in ("<p>no</p>", '<svg><image href="http://example.org/x.png"/></svg>', "<svg><script/></svg>"):
        with pytest.raises(BadInput) as refusal:
            certificate_pdf(protective_earth(), figures=[bad])
        assert refusal.value.field == "figures"


def test_two_hundred_results_take_less_than_half_a_second():
    one = protective_earth()["results"]["resistance"]
    document = protective_earth(results={f"r{n}": one for n in range(200)})
    certificate_pdf(protective_earth())
    spans = []
    for _ in range(3):  # the best of three: other work on the machine is not ours to measure
        begun = time.perf_counter()
        pdf = certificate_pdf(document)
        spans.append(time.perf_counter() - begun)
    assert min(spans) < 0.5
    assert read(pdf)[1].count("0.120 Ω ± 0.010 Ω") == 200
