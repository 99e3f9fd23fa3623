"""The guard before a peer: it follows the stream however it is cut, and breaks as soon as it is too much."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.interfaces.dicom.guard import COMMAND_ROOM, LONGEST_OTHER, Bounds, CutOffError, Guarded

BOUNDS = Bounds(pdu=1000, object=5000, seconds=5.0, associations=2)


@pytest.fixture
def pair() -> Iterator[tuple[Guarded, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield Guarded(near, BOUNDS), far


def pdu(kind: int, length: int, body: int | None = None) -> bytes:
    return struct.pack(">BBL", kind, 0, length) + b"x" * (length if body is None else body)


@given(
    st.lists(st.tuples(st.sampled_from([1, 4, 5, 7]), st.integers(0, 900)), min_size=1, max_size=5),
    st.lists(st.integers(1, 700), min_size=1, max_size=6),
)
def test_what_keeps_to_its_bounds_passes_however_it_is_cut(
    sent: list[tuple[int, int]], sizes: list[int]
) -> None:
    near, far = socket.socketpair()
    with near, far:
        guard, whole = Guarded(near, BOUNDS), b"".join(pdu(kind, length) for kind, length in sent)
        far.sendall(whole)
        received = b""
        while len(received) < len(whole):
            received += guard.recv(sizes[len(received) % len(sizes)])
        assert received == whole


@pytest.mark.parametrize(("kind", "length"), [(4, 1001), (4, 2**32 - 1), (1, LONGEST_OTHER + 1), (9, 2**31)])
def test_a_length_beyond_the_bound_ends_it_at_the_header(
    pair: tuple[Guarded, socket.socket], kind: int, length: int
) -> None:
    guard, far = pair
    far.sendall(pdu(kind, length, body=0))
    with pytest.raises(CutOffError, match="PDU too long"):
        guard.recv(6)


def test_a_message_without_end_is_too_large_and_a_new_one_is_counted_anew(
    pair: tuple[Guarded, socket.socket],
) -> None:
    guard, far = pair
    for _ in range(200):  # many messages that are answered
        far.sendall(pdu(4, 900))
        while len(guard.recv(906)) == 0:
            pass
        guard.whole()
    with pytest.raises(CutOffError, match="object too large"):  # noqa: PT012 - at one of many
        for _ in range((BOUNDS.object + COMMAND_ROOM) // 906 + 2):
            far.sendall(pdu(4, 900))
            guard.recv(906)


def test_one_that_is_too_slow_is_cut_off() -> None:
    near, far = socket.socketpair()
    with near, far:
        guard = Guarded(near, Bounds(pdu=1000, object=5000, seconds=0.2, associations=2))
        far.sendall(b"\1\0")
        assert guard.recv(6) == b"\1\0"
        with pytest.raises(OSError, match=r"timed out|too slow"):
            guard.recv(4)
        with pytest.raises(CutOffError, match="too slow"):
            guard.recv(4)


@pytest.mark.parametrize(
    ("networks", "host", "admitted"),
    [
        ((), "203.0.113.9", True),
        (("10.0.0.0/8",), "10.9.8.7", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("10.0.0.0/8",), "::ffff:10.1.1.1", True),
        (("10.0.0.0/8",), "::1", False),
        (("fe80::/10", "10.0.0.0/8"), "fe80::1%eth0", True),
    ],
)
def test_whose_address_is_admitted(networks: tuple[str, ...], host: str, admitted: bool) -> None:
    assert Bounds(1, 1, 1.0, 1, networks).admits(host) is admitted
