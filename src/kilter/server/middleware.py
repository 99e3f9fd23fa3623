"""What every request passes: an id for the log, and the demo's wall."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from kilter.department.ledger.request import request_id
from kilter.server.config import is_loopback

LOG = logging.getLogger("kilter.request")
ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
HEADER = "X-Request-ID"

Answerer = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """Gives each request an id (the caller's, where it is well formed), answers with it, logs one line.

    The line holds method, path, status and time; never the query, the body or a header.
    """

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its id."""
        given = request.headers.get(HEADER, "")
        token = request_id.set(given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex)
        start = time.perf_counter()
        try:
            response = self.answer(request)
            response[HEADER] = request_id.get()
            LOG.info(
                "answered",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "milliseconds": round(1000 * (time.perf_counter() - start), 1),
                },
            )
            return response
        finally:
            request_id.reset(token)


class CallersAddress:
    """Puts the caller's own address in the place of the proxy's, where a proxy of ours stands before us.

    Only the last address of `X-Forwarded-For` is the proxy's word; what stands before it is the caller's.
    """

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under the address of its caller."""
        if settings.KILTER.behind_proxy:
            told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            with contextlib.suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(told))
        return self.answer(request)


class LoopbackOnly:
    """Refuses every caller from another machine while the demo settings are on.

    The demo's cookies travel without TLS and its passwords are printed, so it must not answer
    elsewhere even when somebody starts the WSGI server by hand on a public address.
    """

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer callers on this machine; refuse the rest."""
        if settings.KILTER.demo and not is_loopback(request.META.get("REMOTE_ADDR", "")):
            return HttpResponseForbidden(
                "The demo answers on its own machine only.", content_type="text/plain"
            )
        return self.answer(request)
