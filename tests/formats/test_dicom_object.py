"""Any DICOM object: put into a file as it came, its header read, a patient never quoted."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.dicom_objects import EXPLICIT, NM, as_bytes, dose_report, image

from kilter.formats.dicom_header import transfer_syntax
from kilter.formats.dicom_object import DEFLATED, IMPLEMENTATION, as_file, is_uid, read_header
from kilter.measure.error import BadInput

DATA = Path(__file__).parents[3] / "shared" / "data"
REPORT = as_bytes(dose_report())


def body_of(dataset: pydicom.Dataset) -> bytes:
    """The data set alone, as an association carries it."""
    written = io.BytesIO()
    bare = pydicom.Dataset(dataset)
    pydicom.dcmwrite(written, bare, implicit_vr=False, little_endian=True)
    return written.getvalue()


def test_a_data_set_is_put_into_a_file_untouched_and_the_same_each_time():
    body = body_of(image(SOPInstanceUID="1.2.3"))
    made = as_file(body, sop_class=NM, sop_instance="1.2.3", syntax=EXPLICIT)
    assert made == as_file(body, sop_class=NM, sop_instance="1.2.3", syntax=EXPLICIT)
    assert made.endswith(body)
    read = pydicom.dcmread(io.BytesIO(made))
    assert read.file_meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert read.file_meta.MediaStorageSOPClassUID == NM
    assert read.file_meta.ImplementationClassUID == IMPLEMENTATION
    # PS3.10 section 7.1: the length of the group is that of what follows it, up to the data set.
    (length,) = struct.unpack_from("<L", made, 140)
    assert made[144 + length :] == body
    assert transfer_syntax(made).uid == EXPLICIT


def test_our_own_identifier_is_one():
    assert is_uid(IMPLEMENTATION)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("1.2.3", True), ("1", False), ("", False), ("1.2.", False), ("1.2.x", False), ("1.2\n", False),
     ("1." + "2" * 62, True), ("1." + "2" * 63, False), ("١.٢", False)],
)  # fmt: skip
def test_what_an_identifier_is(given_: str, expected: bool):
    assert is_uid(given_) is expected


def test_an_image_says_what_it_is():
    header = read_header(as_bytes(image(ManufacturerModelName="Two", NumberOfFrames="1")), field="file")
    assert (header.kind, header.modality, header.size) == (
        "Nuclear Medicine Image Storage",
        "NM",
        (1, 64, 64),
    )
    assert (header.maker, header.model, header.serial, header.station) == ("Lumen", "Two", "GC-77", "CAM1")
    assert header.acquired == datetime(2026, 1, 1, tzinfo=UTC)
    assert not header.names_patient


def test_an_object_without_pixels_is_one_too():
    header = read_header(REPORT, field="file")
    assert (header.kind, header.size, header.acquired) == ("X-Ray Radiation Dose SR Storage", None, None)
    assert (header.study, header.series) == ("1.2.9.2", "1.2.9.3")


@pytest.mark.parametrize(
    ("written", "offset", "expected"),
    [
        ("20260701120000", "", datetime(2026, 7, 1, 12)),  # noqa: DTZ001 - the file names no zone
        ("20260701120000.250", "", datetime(2026, 7, 1, 12)),  # noqa: DTZ001
        ("20260701120000+0500", "", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("20260701120000.5-0330", "", datetime(2026, 7, 1, 15, 30, tzinfo=UTC)),
        ("20260701120000", "+0100", datetime(2026, 7, 1, 11, tzinfo=UTC)),
        ("20261301120000", "", None),
        ("2026", "", None),
    ],
)
def test_a_time_keeps_the_zone_it_names(written: str, offset: str, expected: datetime | None):
    said = {"AcquisitionDateTime": written} | ({"TimezoneOffsetFromUTC": offset} if offset else {})
    assert read_header(as_bytes(dose_report(**said)), field="file").acquired == expected


@pytest.mark.parametrize("name", ["PatientName", "PatientID", "AccessionNumber", "PatientBirthDate"])
def test_that_it_names_a_patient_is_said_and_who_is_not(name: str):
    value = "19700101" if name.endswith("Date") else "JANEDOE7"
    header = read_header(as_bytes(dose_report(**{name: value})), field="file")
    assert header.names_patient
    assert value not in repr(header)


def test_a_deflated_object_is_not_unfolded():
    dataset = dose_report()
    deflate = zlib.compressobj(wbits=-15)
    bomb = deflate.compress(b"\0" * 50_000_000) + deflate.flush()
    made = as_file(bomb, sop_class=dataset.SOPClassUID, sop_instance="1.2", syntax=DEFLATED)
    with pytest.raises(BadInput, match="deflated"):
        read_header(made, field="file")


@hypothesis_settings(max_examples=300)
@given(st.binary(max_size=400))
@example(b"\0" * 128 + b"DICM")
def test_bytes_of_any_kind_are_refused_by_name(content: bytes):
    with pytest.raises(BadInput) as caught:
        read_header(content, field="sent")
    assert caught.value.field == "sent"


@hypothesis_settings(max_examples=300)
@given(st.integers(0, len(REPORT) - 1), st.binary(min_size=1, max_size=6), st.booleans())
def test_a_damaged_object_is_read_or_refused_by_name(place: int, patch: bytes, cut: bool):
    damaged = REPORT[:place] + patch + (b"" if cut else REPORT[place + len(patch) :])
    try:
        header = read_header(damaged, field="sent")
    except BadInput as problem:
        assert problem.field == "sent"
    else:
        assert isinstance(header.names_patient, bool)


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_lies_takes_no_memory(length: int):
    lie = struct.pack("<HH2sHL", 0x0008, 0x0070, b"UT", 0, length)
    made = as_file(lie + b"x" * 20, sop_class=NM, sop_instance="1.2", syntax=EXPLICIT)
    try:
        assert read_header(made, field="sent").modality == ""
    except BadInput as problem:
        assert problem.code == "damaged_file"


def test_real_files_are_read():
    path = DATA / "nuclear_medicine" / "UNIFORMIDAD_1.dcm"
    if not path.exists():
        pytest.skip("the real flood image is not here")
    header = read_header(path.read_bytes(), field="file")
    assert (header.modality, header.maker, header.size) == ("NM", "MEDISO", (1, 256, 256))
