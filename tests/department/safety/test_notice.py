"""What the wording of a notice seems to be about."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.safety.criteria import FIELDS
from kilter.department.safety.notice import LABELS, read_notice
from kilter.measure.error import BadInput

NOTICE = """Infusion pumps: door latch may open

Reference: NatPSA/2026/004/MHRA
Date of issue: 5th March 2026
Actions to be completed by: 2026-04-20
Manufacturer: Northfield Medical Ltd
Affected model(s): Infusa 3, Infusa 3 Plus
* Serial numbers: SN1000 to SN2000; SN3001
Lot numbers: all
Software versions: < 2.4
UDI-DI: 09506000134352
"""


def test_a_notice_with_labels() -> None:
    made = read_notice(NOTICE)
    assert (made.reference, made.source) == ("NatPSA/2026/004/MHRA", "natpsa")
    assert made.title == "Infusion pumps: door latch may open"
    assert (made.issued, made.action_by) == (date(2026, 3, 5), date(2026, 4, 20))
    assert made.criteria == {
        "makers": ["Northfield Medical Ltd"],
        "models": ["Infusa 3", "Infusa 3 Plus"],
        "lots": [],
        "serials": ["SN1000 to SN2000", "SN3001"],
        "software": ["< 2.4"],
        "udi_dis": ["09506000134352"],
        "codes": [],
    }


def test_prose_proposes_nothing() -> None:
    made = read_notice("Look at your pumps. The maker, Northfield, says S1 may fail. See DSI/2025/007.")
    assert (made.source, made.reference) == ("dsi", "DSI/2025/007")
    assert made.criteria == {name: [] for name in FIELDS}
    assert (made.issued, made.action_by) == (None, None)


@pytest.mark.parametrize("given_", ["", " \n", "x" * 50_001])
def test_no_wording_is_refused(given_: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_notice(given_)
    assert caught.value.field == "text"


WORDS = st.sampled_from(["Serial numbers:", "Model:", "Date:", "Lots =", "FSN-", "NatPSA/2026/", *LABELS])


@given(st.lists(st.tuples(WORDS, st.text(max_size=60)), min_size=1, max_size=12))
def test_any_wording_is_read_or_refused(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{label} {rest}" for label, rest in lines)
    made = read_notice(text)
    assert set(made.criteria) == set(FIELDS)
    assert all(len(one) <= 120 for listed in made.criteria.values() for one in listed)
    assert len(made.title) <= 300
    assert len(made.reference) <= 80
