"""The id of the request being served, for the log and the audit entries alike."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Set by the web's door for the length of a request; "" elsewhere."""
