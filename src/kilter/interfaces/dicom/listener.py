"""The DICOM listener: C-STORE and C-ECHO. Success is answered when an object is durable, and never before."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection
from pynetdicom import AE, AllStoragePresentationContexts, _config, evt

from kilter.department.intake.receiving import Sent, take
from kilter.formats.dicom_object import IMPLEMENTATION, as_file
from kilter.interfaces.dicom.guard import WAITING_MOST, Bounds, Guarded, Server
from kilter.measure.error import BadInput

LOG = logging.getLogger("kilter.dicom")

VERIFICATION = "1.2.840.10008.1.1"

# Answers to C-STORE (DICOM PS3.4, table B.2-1).
SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
OTHER_CLASS = 0xA900
CANNOT_UNDERSTAND = 0xC000

# Packings that are taken in, those that are read here first: a sender that offers several is asked for the
# first of these. A lossy packing changes counts; a deflated object can unfold to any size.
SYNTAXES = (
    "1.2.840.10008.1.2.1",  # explicit little endian
    "1.2.840.10008.1.2",  # implicit little endian
    "1.2.840.10008.1.2.2",  # explicit big endian
    "1.2.840.10008.1.2.5",  # RLE lossless
    "1.2.840.10008.1.2.4.70",  # JPEG lossless
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
)


def entity(config: Any) -> AE:
    """Make the application entity that the site's settings describe."""
    made = AE(ae_title=config.dicom_ae_title)
    made.implementation_class_uid, made.implementation_version_name = IMPLEMENTATION, "KILTER"
    for context in AllStoragePresentationContexts:
        made.add_supported_context(str(context.abstract_syntax), list(SYNTAXES))
    made.add_supported_context(VERIFICATION, list(SYNTAXES[:3]))
    made.require_called_aet = True
    made.require_calling_aet = list(config.dicom_callers)
    made.maximum_associations = config.dicom_associations
    made.maximum_pdu_size = config.dicom_pdu_kilobytes * 1024
    made.acse_timeout = made.dimse_timeout = made.network_timeout = float(config.dicom_timeout_seconds)
    return made


def bounds_of(config: Any) -> Bounds:
    """Give what the settings grant a caller."""
    return Bounds(
        pdu=config.dicom_pdu_kilobytes * 1024 + 12,  # what wraps a fragment may be counted apart
        object=config.dicom_object_megabytes << 20,
        seconds=float(config.dicom_timeout_seconds),
        associations=config.dicom_associations,
        networks=config.dicom_networks,
    )


@contextmanager
def listening(config: Any) -> Iterator[Server]:
    """Listen for the length of the block.

    Raises:
        BadInput: the address cannot be listened on.
    """
    _quiet()
    made = entity(config)
    handlers: list[Any] = [(evt.EVT_C_STORE, store), (evt.EVT_C_ECHO, echo), (evt.EVT_DIMSE_RECV, received)]
    address = (config.dicom_host, config.dicom_port)
    try:
        server: Any = made.make_server(
            address, evt_handlers=handlers, server_class=Server, bounds=bounds_of(config)
        )
    except OSError as problem:
        words = f"dicom_listen: cannot listen on {config.dicom_listen} ({problem.strerror})"
        raise BadInput(words, field="dicom_listen") from None
    made._servers.append(server)  # as AE.start_server does, which takes no bounds
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()


def _quiet() -> None:
    """Keep what peers send out of the log: pynetdicom would print commands, and pydicom values."""
    _config.LOG_HANDLER_LEVEL = "none"
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.filterwarnings("ignore", module=name)


def drained(server: Server, *, within: float) -> bool:
    """Wait until no association is left, so many seconds at most; say whether it came so far."""
    until = time.monotonic() + within
    while server.active_associations and time.monotonic() < until:
        time.sleep(0.05)
    return not server.active_associations


def received(event: Any) -> None:
    """Count the next message from its beginning; a peer that does not wait for answers is cut off."""
    link = event.assoc.dul.socket.socket if event.assoc.dul.socket else None
    if isinstance(link, Guarded):
        link.whole()
        if event.assoc.dimse.msg_queue.qsize() >= WAITING_MOST:
            link.cut("does not wait for answers")


def echo(event: Any) -> int:
    """Answer that we are here."""
    return SUCCESS


def store(event: Any) -> int:
    """Take one object in, and give the status of the answer."""
    asked = event.request
    sop_class, sop_instance = str(asked.AffectedSOPClassUID), str(asked.AffectedSOPInstanceUID)
    if sop_class != str(event.context.abstract_syntax):
        return OTHER_CLASS
    dataset = event.encoded_dataset(include_meta=False)
    if not dataset:
        return CANNOT_UNDERSTAND
    requestor = event.assoc.requestor
    try:
        content = as_file(
            dataset,
            sop_class=sop_class,
            sop_instance=sop_instance,
            syntax=str(event.context.transfer_syntax),
        )
        take(Sent(content, sop_class, sop_instance, str(requestor.ae_title).strip(), requestor.address))
    except BadInput:
        return CANNOT_UNDERSTAND
    except (OSError, DatabaseError, MemoryError) as problem:
        LOG.error("an object could not be kept", exc_info=problem)
        return OUT_OF_RESOURCES
    except Exception as problem:  # a fault of ours, too, must not be answered with success
        LOG.error("an object could not be taken in", exc_info=problem)
        return OUT_OF_RESOURCES
    finally:
        connection.close()  # each association is a thread, and ends with no word to Django
    return SUCCESS
