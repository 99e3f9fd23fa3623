"""A tester's file of whichever format; what is neither is refused in one line, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kilter.formats.tester_batch import read_batch
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

SHEET = (
    "Asset Id,Test Date,Status,Instrument,Instrument Serial,Person,Standard,Test,Result,Unit,Status\n"
    "ME1,2026-01-05,P,Safe 62,T1,Eve,IEC 62353,Protective Earth,0.12,ohm,P\n"
)
RIGEL = (
    "Tested on,23 Jan 2008,,\r\nAsset ID,A000002,,\r\nRigel 288,T1,,\r\nUser Name,Admin\r\n"
    "Test Sequence,62353 - ClassI\r\nEarth Bond,0.12 Ω,Pass\r\nUser Comment,\r\nStatus,Passed\r\n\r\n"
    "End of Data\r\n"
)


@pytest.mark.parametrize(("text", "asset"), [(SHEET, "ME1"), (RIGEL, "A000002")])
def test_each_format_is_known_by_what_it_holds(text: str, asset: str) -> None:
    (test,) = read_batch(File("whatever.csv", text.encode())).tests
    assert test.asset == asset


def test_what_is_neither_says_what_each_reader_met() -> None:
    with pytest.raises(BadInput, match=r"no Rigel export .* and no neutral sheet") as caught:
        read_batch(File("a.csv", b"hello\n"))
    assert caught.value.field == "file"


@given(
    content=st.binary(max_size=300),
    cut=st.integers(0, len(RIGEL)),
    whole=st.sampled_from([SHEET, RIGEL]),
)
@example(content=b"\x00", cut=40, whole=SHEET)
def test_no_file_is_more_than_refused(content: bytes, cut: int, whole: str) -> None:
    raw = whole.encode()
    for mutated in (content, raw[:cut] + content + raw[cut:], raw[:cut]):
        try:
            read_batch(File("a.csv", mutated))
        except BadInput as problem:
            assert "\n" not in problem.message
