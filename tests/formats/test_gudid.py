"""GUDID records as a stream: what a maker declares, and files that break off, lie, or are meant to hurt."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.test_sheet import shared

from kilter.formats.gs1 import check_digit
from kilter.formats.gudid import (
    DEEPEST,
    LONGEST_TEXT,
    MOST_ELEMENTS,
    GmdnTerm,
    GudidDevice,
    GudidProblem,
    read_gudid,
)
from kilter.measure.error import BadInput

TERMS = (GmdnTerm("13215", "Infusion pump, general-purpose", "Active"), GmdnTerm("1", "Old pump", "Obsolete"))


def di(number: int) -> str:
    """A GTIN of 14 figures."""
    digits = f"{number:013}"
    return f"{digits}{check_digit(digits)}"


def record(number: int = 1, **more: str) -> str:
    """A device of a file; `more` sets or adds elements, `ids` and `terms` whole blocks."""
    ids = more.pop("ids", f"<identifier><deviceId>{di(number)}</deviceId><deviceIdType>Primary</deviceIdType>"
                    "<deviceIdIssuingAgency>GS1</deviceIdIssuingAgency></identifier>")  # fmt: skip
    terms = more.pop("terms", "".join(
        f"<gmdn><gmdnCode>{one.code}</gmdnCode><gmdnPTName>{one.term}</gmdnPTName>"
        f"<gmdnCodeStatus>{one.status}</gmdnCodeStatus></gmdn>" for one in TERMS))  # fmt: skip
    single = {
        "brandName": "Infusa", "versionModelNumber": f"V{number}", "catalogNumber": "C-1",
        "companyName": "Northfield", "singleUse": "false", "lotBatch": "false", "serialNumber": "true",
        "manufacturingDate": "true", "expirationDate": "false", "MRISafetyStatus": "MR Conditional",
        "deviceCommDistributionStatus": "In Commercial Distribution", **more,
    }  # fmt: skip
    body = "".join(f"<{name}>{value}</{name}>" for name, value in single.items())
    return (
        f"<device><identifiers>{ids}</identifiers>{body}<gmdnTerms>{terms}</gmdnTerms>"
        f"<deviceId>not this</deviceId></device>"
    )


def file_of(*records: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return f'{head}<gudid xmlns="http://www.fda.gov/cdrh/gudid">{"".join(records)}</gudid>'.encode()


def read(content: bytes, size: int = 1 << 16) -> list[GudidDevice | GudidProblem]:
    return list(read_gudid(content[at : at + size] for at in range(0, len(content), size)))


def test_everything_that_is_used_is_read() -> None:
    assert read(file_of(record(7, deviceCommDistributionEndDate="2030-06-30"))) == [
        GudidDevice(
            number=1,
            identifier=di(7),
            agency="GS1",
            maker="Northfield",
            brand="Infusa",
            model="V7",
            catalogue_number="C-1",
            terms=TERMS,
            label=("serial", "made"),
            single_use=False,
            mri_safety="conditional",
            distribution="In Commercial Distribution",
            distribution_ended=date(2030, 6, 30),
        )
    ]


@given(st.integers(1, 60), st.integers(1, 4))
def test_pieces_of_any_size_give_the_same(size: int, count: int) -> None:
    whole = file_of(*(record(n, brandName="Grün &amp; Söhne") for n in range(count)))
    found = read(whole, size)
    assert found == read(whole)
    assert [one.number for one in found] == list(range(1, count + 1))
    assert isinstance(found[0], GudidDevice)
    assert found[0].brand == "Grün & Söhne"


def test_what_is_not_said_is_empty_and_packages_are_other_identifiers() -> None:
    ids = (
        "<identifier><deviceId>PKG-0001</deviceId><deviceIdType>Package</deviceIdType></identifier>"
        "<identifier><deviceId>+H123PARTNO1</deviceId><deviceIdType>Primary</deviceIdType></identifier>"
    )
    (found,) = read(file_of(f"<device><identifiers>{ids}</identifiers></device>"))
    assert found == GudidDevice(number=1, identifier="+H123PARTNO1", others=("PKG-0001",))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"ids": ""}, "no primary device identifier"),
        ({"ids": "<identifier><deviceIdType>Primary</deviceIdType></identifier>"}, "'' is no device"),
        ({"ids": f"<identifier><deviceId>{di(1)[:-1]}0</deviceId><deviceIdType>Primary</deviceIdType>"
          "<deviceIdIssuingAgency>GS1</deviceIdIssuingAgency></identifier>"}, "no GTIN of 14 figures"),
        ({"singleUse": "perhaps"}, "singleUse: 'perhaps' is neither true nor false"),
        ({"lotBatch": "TRUE"}, "lotBatch: 'TRUE' is neither"),
        ({"deviceCommDistributionEndDate": "soon"}, "'soon' is no day"),
        ({"brandName": "x" * 121}, "brandName: longer than 120 characters"),
        ({"terms": "<gmdn><gmdnCode>x1</gmdnCode></gmdn>"}, "is no GMDN term"),
        ({"terms": "<gmdn><gmdnCode>1</gmdnCode></gmdn>" * 41}, "more than 40 GMDN terms"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_record_that_lies_is_named_and_the_others_are_read(more: dict[str, str], reason: str) -> None:
    assert di(1)[-1] != "0"
    first, second = read(file_of(record(1, **more), record(2)))
    assert isinstance(first, GudidProblem)
    assert first.number == 1
    assert reason in first.reason
    assert isinstance(second, GudidDevice)


def refused(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(content)
    assert caught.value.field == "file"
    assert "\n" not in caught.value.message
    return caught.value.message


BOMB = '<!DOCTYPE b [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no element found"),
        (b"asset,maker\nA1,Acme\n", "syntax error"),
        (file_of(), "holds no device"),
        (b"<rss><channel/></rss>", "holds no device"),
        (file_of(record())[:-30], "this is no XML that can be read"),
        (file_of(record()) + b"<more/>", "junk after document element"),
        (file_of(record(), head=BOMB), "declares a document type or an entity"),
        (file_of(record(), head='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "declares a document type"),
        (file_of(record(brandName="&lol;")), "undefined entity"),
        (file_of(record(brandName="x" * (LONGEST_TEXT + 1))), "a text without end"),
        (file_of(record(terms="<gmdn/>" * (MOST_ELEMENTS + 1))), "larger than any true one"),
        (file_of("<a>" * DEEPEST), "nested deeper"),
        (b"<gudid><device a='" + b"x" * (3 << 20), "a tag longer than any true one"),
        (b"<?xml version='1.0' encoding='no-such'?><gudid/>", "this is no XML that can be read"),
        (b"<gudid>\x00</gudid>", "not well-formed"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 40, "not well-formed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_none_is_one_line(content: bytes, words: str) -> None:
    assert words in refused(content)


def test_what_came_before_a_break_was_given() -> None:
    whole = file_of(record(1), record(2))
    found = read_gudid([whole[:-40]])
    assert next(found).number == 1
    with pytest.raises(BadInput):
        list(found)


def test_memory_does_not_grow_with_the_file() -> None:
    def pieces(count: int) -> Iterator[bytes]:
        yield b"<gudid>"
        for number in range(count):
            yield record(number % 90 + 1).encode()
        yield b"</gudid>"

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_gudid(pieces(count))) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(4_000) < peak(200) + (1 << 20)


def _fuzz(count: int) -> None:
    whole = file_of(record(1), record(2), record(3))
    rng = random.Random(20261122)
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data))
            act = rng.randrange(5)
            if act == 0:
                data[at] = rng.randrange(256)
            elif act == 1:
                del data[at : at + rng.randint(1, 200)]
            elif act == 2:
                data[at:at] = data[at : at + rng.randint(1, 400)]
            elif act == 3:
                data[at:at] = rng.choice(
                    [b"<", b">", b"&", b"]]>", b"<!--", b"<![CDATA[", b"\xff\xfe", b"</device>"]
                )
            else:
                del data[at:]
            data = data or bytearray(b"x")
        try:
            for one in read(bytes(data), rng.choice([1, 100, 1 << 16])):
                assert isinstance(one, GudidDevice | GudidProblem)
        except BadInput as problem:
            assert problem.field == "file"


def test_a_damaged_file_is_read_or_refused() -> None:
    _fuzz(300)


@pytest.mark.soak
def test_ten_thousand_damaged_files() -> None:
    _fuzz(10_000)


def test_a_real_record() -> None:
    (found,) = read(shared("gudid_sample.xml").content)
    assert isinstance(found, GudidDevice)
    assert (found.identifier, found.others) == ("00844588018923", ("00844868017264",))
    assert (found.label, found.single_use, found.mri_safety) == (("lot", "expires"), True, "")
    assert [(one.code, one.status) for one in found.terms] == [("43691", "Active"), ("43692", "Obsolete")]
