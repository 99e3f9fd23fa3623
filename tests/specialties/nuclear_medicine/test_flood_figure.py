"""The picture of a flood: its parts stand where the numbers say."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.rebin import rebin
from kilter.numerics.reference_flood import expected_counts
from kilter.numerics.uniformity import flood_uniformity
from kilter.specialties.nuclear_medicine.flood_figure import flood_figure, outline, png, windowed


def read_png(data):
    """Read back an unfiltered 8-bit grey PNG, checking every checksum."""
    stream = io.BytesIO(data)
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    parts = {}
    while head := stream.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = stream.read(length)
        assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(kind + body)
        parts[kind] = body
    columns, rows, depth, colour = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, colour) == (8, 0)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(rows, columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_png_keeps_every_pixel(rows, columns, seed):
    grey = np.random.default_rng(seed).integers(0, 256, (rows, columns)).astype(np.uint8)
    np.testing.assert_array_equal(read_png(png(grey)), grey)


@pytest.mark.parametrize(("side", "shown"), [(256, 256), (512, 512), (1024, 512), (1300, 433)])
def test_image_is_at_most_512_pixels(side, shown):
    small = windowed(np.ones((side, side)))
    assert small.shape == (shown, shown)
    assert small.dtype == np.uint8


def test_one_hot_pixel_does_not_darken_the_image():
    image = np.full((200, 200), 100.0)
    image[5, 5] = 1e6
    assert np.median(windowed(image)) == 255


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_outline_goes_round_every_edge_once(seed, factor):
    source = np.random.default_rng(seed)
    rows, columns = source.integers(1, 9, 2)
    inside = source.random((rows, columns)) < 0.6
    binned = rebin(np.ones((rows * factor + 1, columns * factor)), factor)
    lines = outline(inside[: binned.counts.shape[0], : binned.counts.shape[1]], binned)
    padded = np.pad(inside, 1)
    edges = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    if binned.counts.shape == inside.shape:
        length = sum(abs(line["x2"] - line["x"]) + abs(line["y2"] - line["y"]) for line in lines)
        assert length == edges * factor


def test_spec_shows_fields_and_extremes():
    image = expected_counts("hot_spot")
    found = flood_uniformity(image, (1.6, 1.6))
    figure = flood_figure(image, found)
    picture, fields, marks = figure.spec["layer"]
    shown = read_png(base64.b64decode(picture["mark"]["url"].removeprefix("data:image/png;base64,")))
    assert shown.shape == image.shape
    ufov = [line for line in fields["data"]["values"] if line["field"] == "UFOV"]
    # 70 x 54 analysed pixels of 4, one pixel inside a border of 4.
    assert {line["x"] for line in ufov} == {20.0, 300.0}
    assert {line["y"] for line in ufov} == {20.0, 236.0}
    highest = marks["data"]["values"][0]
    assert (highest["extreme"], highest["x"], highest["y"]) == ("highest", 158.0, 126.0)
    assert "row 126, column 158" in figure.alt


def test_the_renderer_takes_it():
    vl = pytest.importorskip("vl_convert")
    image = expected_counts("cold_tube")
    import json

    svg = vl.vegalite_to_svg(json.dumps(flood_figure(image, flood_uniformity(image, (1.6, 1.6))).spec))
    assert "data:image/png;base64" in svg
    assert "#ffb000" in svg
