"""`kilter listen`: take in the DICOM objects that devices and archives send."""

from __future__ import annotations

import os
import signal
import sys
import threading

from kilter.interfaces.cli.site import open_site
from kilter.interfaces.cli.words import Parser

LEAVING = 10.0
"""Seconds that associations have to end when the listener is told to stop."""


def listen(words: list[str]) -> int:
    """Take objects in until told to stop; the settings that begin with `dicom_` say from whom.

    Raises:
        BadInput: a setting is wrong, or the address cannot be listened on.
        Conflict: the database lacks migrations.
    """
    Parser("listen", "Take in DICOM objects (C-STORE, C-ECHO); they appear under Arrived images.").read(words)
    open_site()
    from django.conf import settings
    from django.db import connections

    from kilter.interfaces.dicom.listener import drained, listening

    connections.close_all()
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    config = settings.KILTER
    with listening(config) as server:
        print(f"Kilter listens for DICOM as {config.dicom_ae_title} on {config.dicom_listen}", flush=True)
        stop.wait()
    if not drained(server, within=LEAVING):  # what was answered is kept; who waits longer sends again
        sys.stdout.flush()
        os._exit(0)
    return 0
