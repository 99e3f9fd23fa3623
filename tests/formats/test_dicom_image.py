"""Reading images from bytes that may be anything: right, or refused in one sentence."""

import hashlib
import io
import struct
import warnings
from datetime import UTC, datetime, timedelta

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import UID

from kilter.formats.dicom_header import transfer_syntax
from kilter.formats.dicom_image import read_image, read_planar
from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.error import BadInput

PIXELS = np.arange(30, dtype=np.uint16).reshape(5, 6) * 1000
SMALL = write_image(PIXELS, (2.0, 2.0), Origin(model="M", serial="S", station="T"))


def changed(**attributes):
    """Write the small file again with attributes changed; None takes one away."""
    dataset = pydicom.dcmread(io.BytesIO(SMALL))
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in attributes.items():
            if value is None:
                delattr(dataset, name)
            else:
                setattr(dataset, name, value)
        dataset.save_as(target)
    return target.getvalue()


def refusal(data, reader=read_image):
    with pytest.raises(BadInput) as caught:
        reader(data, field="flood")
    assert caught.value.field == "flood"
    assert "\n" not in caught.value.message
    assert 10 < len(caught.value.message) < 200
    return caught.value


def test_what_was_written_is_read():
    image = read_planar(SMALL, field="flood")
    np.testing.assert_array_equal(image.pixels[0], PIXELS)
    assert image.pixels.dtype == np.float64
    assert (image.spacing, image.spacing_from) == ((2.0, 2.0), "PixelSpacing")
    assert (image.modality, image.model, image.serial, image.station) == ("NM", "M", "S", "T")
    assert image.acquired == datetime(2026, 1, 1, tzinfo=UTC)
    assert image.ceiling == 65_535
    assert image.identifying == ()
    assert image.sha256 == hashlib.sha256(SMALL).hexdigest()


@given(
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(0.001, 900)
)
@settings(max_examples=40)
def test_any_image_survives_the_round_trip(frames, rows, columns, seed, side):
    pixels = np.random.default_rng(seed).integers(0, 65_536, (frames, rows, columns)).astype(np.uint16)
    image = read_image(write_image(pixels, (side, 2 * side if side < 400 else side), Origin()), field="x")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.frames == frames
    assert image.spacing[0] == pytest.approx(side, rel=1e-9)


def test_same_content_gives_same_bytes():
    assert write_image(PIXELS, (2.0, 2.0), Origin(model="M", serial="S", station="T")) == SMALL


@pytest.mark.parametrize("pixels", [PIXELS.astype(float), PIXELS[0], np.zeros((2, 2), dtype=np.uint8)])
def test_writer_refuses_other_arrays(pixels):
    with pytest.raises(ValueError, match="uint16"):
        write_image(pixels, None, Origin())


def test_rescale_and_signed_and_masked_values():
    image = read_image(changed(RescaleSlope="2.5", RescaleIntercept="10"), field="x")
    np.testing.assert_allclose(image.pixels[0], PIXELS * 2.5 + 10)
    assert image.quantum == 2.5
    assert image.ceiling == 65_535 * 2.5 + 10
    signed = np.array([[-5, 7]], dtype="<i2")
    image = read_image(
        changed(Rows=1, Columns=2, PixelRepresentation=1, PixelData=signed.tobytes()), field="x"
    )
    assert image.pixels.ravel().tolist() == [-5.0, 7.0]
    assert image.ceiling == 32_767
    dirty = np.array([[0xF123, 0x0FFF]], dtype="<u2")
    image = read_image(
        changed(Rows=1, Columns=2, BitsStored=12, HighBit=11, PixelData=dirty.tobytes()), field="x"
    )
    assert image.pixels.ravel().tolist() == [0x123, 0xFFF]


def test_no_spacing_is_for_the_caller_to_decide():
    image = read_image(changed(PixelSpacing=None), field="x")
    assert (image.spacing, image.spacing_from) == (None, "")
    image = read_image(changed(PixelSpacing=None, ImagerPixelSpacing=["0.5", "0.5"]), field="x")
    assert (image.spacing, image.spacing_from) == ((0.5, 0.5), "ImagerPixelSpacing")


def test_patient_is_reported_and_never_returned():
    image = read_image(changed(PatientName="Doe^Jane", PatientID="12345"), field="x")
    assert image.identifying == ("PatientName", "PatientID")
    assert "Doe" not in repr(image)
    assert "12345" not in repr(image)


def test_time_with_and_without_zone():
    assert read_image(changed(TimezoneOffsetFromUTC=None), field="x").acquired == datetime(2026, 1, 1)  # noqa: DTZ001
    image = read_image(changed(TimezoneOffsetFromUTC="-0530"), field="x")
    assert image.acquired.utcoffset() == -timedelta(hours=5, minutes=30)
    assert read_image(changed(AcquisitionDate=None), field="x").acquired is None
    assert read_image(changed(AcquisitionTime="99"), field="x").acquired is None


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "empty_file", "empty"),
        (b"PNG" * 100, "not_dicom", "not a DICOM file"),
        (SMALL[:140], "not_dicom", "not a DICOM file"),
        (SMALL[:-1], "truncated", "truncated"),
        (SMALL[:-30], "truncated", "truncated"),
    ],
)
def test_damaged_files(data, code, says):
    error = refusal(data)
    assert error.code == code
    assert says in error.message


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"Rows": 4}, "contradiction"),
        ({"Columns": 3}, "contradiction"),
        ({"Rows": 65_535, "Columns": 65_535}, "too_large"),
        ({"Rows": 16_000, "Columns": 4_000}, "truncated"),
        ({"NumberOfFrames": "900000000"}, "too_large"),
        ({"NumberOfFrames": "2"}, "truncated"),
        ({"Rows": 0}, "no_image"),
        ({"Rows": None}, "no_image"),
        ({"PixelData": None}, "no_image"),
        ({"BitsAllocated": 1}, "bits"),
        ({"BitsAllocated": 64}, "bits"),
        ({"BitsStored": 17}, "bits"),
        ({"BitsStored": 0}, "bits"),
        ({"HighBit": 3}, "bits"),
        ({"PhotometricInterpretation": "RGB"}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"PixelSpacing": ["0", "0"]}, "pixel_size"),
        ({"PixelSpacing": ["-1", "1"]}, "pixel_size"),
        ({"PixelSpacing": ["1e9", "1e9"]}, "pixel_size"),
        ({"PixelSpacing": ["2.0"]}, "pixel_size"),
        ({"RescaleSlope": "0"}, "rescale"),
        ({"RescaleSlope": "1e30"}, "rescale"),
    ],
)
def test_impossible_attributes_are_refused_by_name(attributes, code):
    assert refusal(changed(**attributes)).code == code


@pytest.mark.parametrize("text", [b"nan\\nan ", b"inf\\inf ", b"a\\b\\\\\\\\ "])
def test_spacing_that_is_no_number(text):
    raw = SMALL.replace(b"\x28\x00\x30\x00DS\x08\x00" + b"2.0\\2.0 ", b"")
    start = SMALL.index(b"\x28\x00\x30\x00DS")
    length = struct.unpack_from("<H", SMALL, start + 6)[0]
    text = text.ljust(len(text) + len(text) % 2)
    raw = SMALL[: start + 6] + struct.pack("<H", len(text)) + text + SMALL[start + 8 + length :]
    assert refusal(raw).code in ("pixel_size", "damaged_file")


def test_several_frames_only_where_they_are_wanted():
    data = write_image(np.stack([PIXELS, PIXELS]), (2.0, 2.0), Origin())
    assert read_image(data, field="x").frames == 2
    error = refusal(data, read_planar)
    assert error.code == "multi_frame"
    assert "2 frames" in error.message


def test_colour_image():
    colour = np.zeros((4, 4, 3), dtype=np.uint8)
    assert refusal(write_image(colour, None, Origin())).code == "colour"


@pytest.mark.parametrize(
    ("uid", "says"),
    [
        ("1.2.840.10008.1.2.1.99", "deflated"),
        ("1.2.840.10008.1.2.4.50", "lossy"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000"),
        ("1.2.3.4.5", "unknown transfer syntax (1.2.3.4.5)"),
    ],
)
def test_packings_that_are_not_read_are_named(uid, says):
    own = b"1.2.840.10008.1.2.1\0"
    start = SMALL.index(own)
    raw = uid.encode() + b"\0" * (len(uid) % 2)
    data = SMALL[: start - 2] + struct.pack("<H", len(raw)) + raw + SMALL[start + len(own) :]
    error = refusal(data)
    assert error.code == "compression"
    assert says in error.message


@pytest.mark.parametrize(
    ("uid", "little", "implicit"),
    [("1.2.840.10008.1.2", True, True), ("1.2.840.10008.1.2.2", False, False)],
)
def test_other_byte_orders_give_the_same_pixels(uid, little, implicit):
    dataset = pydicom.dcmread(io.BytesIO(SMALL))
    dataset.file_meta.TransferSyntaxUID = UID(uid)
    if not little:
        dataset.PixelData = PIXELS.astype(">u2").tobytes()
        dataset["PixelData"].VR = "OW"
    target = io.BytesIO()
    pydicom.dcmwrite(target, dataset, little_endian=little, implicit_vr=implicit)
    data = target.getvalue()
    assert transfer_syntax(data).uid == uid
    np.testing.assert_array_equal(read_image(data, field="x").pixels[0], PIXELS)


def bare(implicit):
    """The small file's data set alone, as an old device writes it."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, implicit
    write_dataset(target, pydicom.dcmread(io.BytesIO(SMALL)))
    return target.getvalue()


@pytest.mark.parametrize("data", [SMALL[132:], bare(True), bare(False)], ids=["meta", "implicit", "explicit"])
def test_files_without_preamble_or_meta_are_read(data):
    image = read_image(data, field="x")
    np.testing.assert_array_equal(image.pixels[0], PIXELS)
    assert (image.spacing, image.serial, image.station) == ((2.0, 2.0), "S", "T")
    assert refusal(data[: len(data) - 20]).code in ("truncated", "damaged_file", "no_image")


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\0" * 100,
        b"\x08\0\x05\0\xff\xff\xff\x7f" + b"\0" * 200,
        b"\x02\0" * 100,
        b"PK\3\4" + b"\0" * 200,
    ],
)
def test_what_only_begins_like_a_bare_data_set_is_refused(data):
    refusal(data)


def test_run_length_packing_is_read():
    dataset = pydicom.dcmread(io.BytesIO(SMALL))
    dataset.compress("1.2.840.10008.1.2.5")
    target = io.BytesIO()
    dataset.save_as(target)
    np.testing.assert_array_equal(read_image(target.getvalue(), field="x").pixels[0], PIXELS)
    assert refusal(target.getvalue()[:-40]).code in ("damaged_file", "no_image", "truncated")


def test_a_run_length_bomb_is_refused_before_anything_is_allocated():
    dataset = pydicom.dcmread(io.BytesIO(SMALL))
    dataset.compress("1.2.840.10008.1.2.5")
    dataset.Rows = dataset.Columns = 8_000
    target = io.BytesIO()
    dataset.save_as(target)
    assert refusal(target.getvalue()).code == "truncated"


def test_a_bomb_of_nested_sequences_is_refused_or_passed_over():
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    opening = b"\x54\x00\x16\x00SQ\0\0\xff\xff\xff\xff" + item
    error = refusal(SMALL[: SMALL.index(b"\xe0\x7f\x10\x00")] + opening * 5_000)
    assert error.code in ("damaged_file", "no_image")


def test_no_warning_and_nothing_on_the_terminal(capfd):
    data = changed(PatientID="x" * 200, AcquisitionTime="99")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_image(data, field="x")
    assert capfd.readouterr() == ("", "")


def answer(data):
    """Read; any refusal is a BadInput, and what is read is an image within bounds."""
    refused = None
    try:
        image = read_image(data, field="flood")
    except BadInput as error:
        refused = error
    if refused is not None:
        assert refused.field == "flood"
        assert "\n" not in refused.message
        return
    assert image.pixels.ndim == 3
    assert image.pixels.size <= len(data)
    assert np.isfinite(image.pixels).all()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_are_read_or_refused(changes):
    data = bytearray(SMALL)
    for place, value in changes:
        data[place] = value
    answer(bytes(data))


@settings(max_examples=150, deadline=None)
@given(st.integers(128, len(SMALL)), st.binary(max_size=40), st.integers(0, 60))
def test_cut_and_patched_files_are_read_or_refused(place, patch, skipped):
    answer(SMALL[:place] + patch + SMALL[place + skipped :])
    answer(SMALL[:place])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_anything_behind_a_dicom_head_is_read_or_refused(tail):
    answer(b"\0" * 128 + b"DICM" + tail)
    answer(tail)
    answer(b"\x02\0" + tail)
    answer(b"\x08\0" + tail)
    answer(SMALL[: SMALL.index(b"\x08\x00\x16\x00")] + tail)
