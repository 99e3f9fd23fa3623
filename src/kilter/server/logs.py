"""Logs as lines of JSON: with a request id, and without anything that could identify a patient.

An exception is logged by its type and the places in the code it passed, never by its message and
never with values: messages quote what was typed.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

from kilter.department.ledger.request import request_id

EXTRAS = ("event", "method", "path", "status", "milliseconds", "person", "job", "count", "kind")
"""What a caller may add by `extra=`; everything else is dropped."""


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, request_id, extras, error."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of a log record."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            # The template, not the values put into it: values are what somebody typed.
            "message": record.getMessage() if record.name.startswith("kilter") else str(record.msg),
        }
        if current := request_id.get():
            line["request_id"] = current
        for name in EXTRAS:
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, default=str, ensure_ascii=False)
