"""What stands between a peer and the protocol: sizes and times are bounded before anything is kept in memory.

The protocol's own code reads as many bytes as a peer announces, waits for them as long as the peer likes,
and gathers a message of any length. Here each connection is watched as its bytes arrive (DICOM PS3.8,
section 9.3: each PDU begins with a type, a reserved byte, and its length in four bytes).
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from dataclasses import dataclass
from typing import Any

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

LOG = logging.getLogger("kilter.dicom")
HEADER = 6
P_DATA = 0x04
LONGEST_OTHER = 1 << 20
"""Bytes of a PDU that carries no data; the longest request for an association is far below."""
COMMAND_ROOM = 1 << 16
"""Bytes by which a message may exceed its object: the command, and what wraps the fragments."""
WAITING_MOST = 2
"""Messages of one association that may wait for their turn; a peer sends the next when one is answered."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a peer is granted: bytes of a data PDU, bytes of an object, seconds, associations, networks."""

    pdu: int
    object: int
    seconds: float
    associations: int
    networks: tuple[str, ...] = ()

    def admits(self, host: str) -> bool:
        """Say whether a caller's address lies in one of the networks; without networks each does."""
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return not self.networks or any(mapped in ipaddress.ip_network(one) for one in self.networks)


class CutOffError(OSError):
    """A peer went beyond its bounds; to the protocol it looks like a broken connection."""


class Guarded:
    """A peer's socket that breaks as soon as the peer goes beyond its bounds."""

    def __init__(self, link: socket.socket, bounds: Bounds) -> None:
        self._link, self._bounds = link, bounds
        self._header = bytearray()
        self._left = 0
        self._message = 0
        self._until = 0.0
        self.reason = ""
        link.settimeout(bounds.seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def fileno(self) -> int:
        """Give the descriptor, for `select`."""
        return self._link.fileno()

    def whole(self) -> None:
        """Take note that a message is complete; the next one is counted from its beginning."""
        self._message = 0

    def cut(self, reason: str) -> None:
        """Break the connection when it is next read from."""
        self.reason = reason

    def recv(self, size: int) -> bytes:
        """Receive some bytes.

        Raises:
            CutOffError: the peer is too slow, or announces or sends more than it may.
            OSError: the connection is broken.
        """
        if not self._header and not self._left:
            self._until = time.monotonic() + self._bounds.seconds
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            self.reason = "too slow"
        self._refuse()
        self._link.settimeout(remaining)
        received = self._link.recv(size)
        self._link.settimeout(self._bounds.seconds)
        self._watch(received)
        self._refuse()
        return received

    def _watch(self, received: bytes) -> None:
        """Follow the stream from PDU to PDU."""
        self._message += len(received)
        if self._message > self._bounds.object + COMMAND_ROOM:
            self.reason = "object too large"
        while received:
            if self._left:
                taken = min(self._left, len(received))
                self._left, received = self._left - taken, received[taken:]
                continue
            wanted = HEADER - len(self._header)
            self._header += received[:wanted]
            received = received[wanted:]
            if len(self._header) == HEADER:
                kind, self._left = self._header[0], int.from_bytes(self._header[2:], "big")
                self._header.clear()
                if self._left > (self._bounds.pdu if kind == P_DATA else LONGEST_OTHER):
                    self.reason = "PDU too long"

    def _refuse(self) -> None:
        if self.reason:
            LOG.warning("a peer was cut off: %s", self.reason)
            raise CutOffError(self.reason)


class Messages(DIMSEServiceProvider):
    """The service of messages; one that cannot be read ends its association instead of its thread."""

    def receive_primitive(self, primitive: Any) -> None:
        """Take in a part of a message."""
        try:
            super().receive_primitive(primitive)
        except Exception:
            LOG.warning("a message could not be read")
            self.dul.event_queue.put("Evt19")  # as for any PDU that is invalid


class Caller(RequestHandler):
    """One connection that was let in."""

    def _create_association(self) -> Any:
        made = super()._create_association()
        made.dimse = Messages(made)
        return made


class Server(ThreadedAssociationServer):
    """The server, with bounds for each of its connections."""

    daemon_threads = True

    def __init__(self, *args: Any, bounds: Bounds, **named: Any) -> None:
        self.bounds = bounds
        super().__init__(*args, **{**named, "request_handler": Caller})

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection and put a guard before it."""
        link, address = super().get_request()
        return Guarded(link, self.bounds), address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Let in who comes from an admitted network, while there is room.

        Connections may be twice as many as associations, so that one too many is told so by the protocol.
        """
        if not self.bounds.admits(client_address[0]):
            LOG.warning("a connection from another network was refused")
            return False
        return len(self.active_associations) < 2 * self.bounds.associations

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log that a connection failed; what it sent is not quoted."""
        LOG.warning("a connection failed", exc_info=True)
