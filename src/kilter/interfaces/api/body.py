"""Bodies: strict JSON of a bounded size, and JSON values for each type of input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.parser import Parser

from kilter.measure.error import BadInput
from kilter.measure.quantity import CertificatePoint, File, Instrument, Sheet
from kilter.measure.registry import Entry
from kilter.measure.signature import Input

LARGEST_JSON = 8 * 1024 * 1024
LARGEST_FILES = 256 * 1024 * 1024


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def read_json(content: bytes | str) -> Any:
    """Read JSON as the standard has it: no NaN, no name twice, no nesting without end.

    Raises:
        HttpError: 413 where it is too large, 400 where it is no JSON.
    """
    if len(content) > LARGEST_JSON:
        raise HttpError(413, f"a JSON body may have {LARGEST_JSON} bytes")
    try:
        return json.loads(content, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, f"this is no JSON: {str(error)[:120]}") from None


class StrictParser(Parser):
    """Reads bodies with `read_json`."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read the body; a length that is said to be too large is not read at all."""
        check_length(request, LARGEST_JSON)
        return read_json(request.body)


def check_length(request: HttpRequest, largest: int) -> None:
    """Refuse a body by the length that its header gives.

    Raises:
        HttpError: 413.
    """
    said = request.META.get("CONTENT_LENGTH") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 16) or int(said) > largest:
        raise HttpError(413, f"a body may have {largest} bytes")


def typed_inputs(item: Entry, given: Mapping[str, Any], files: Mapping[str, list[File]]) -> dict[str, object]:
    """Check that JSON values have their JSON types, and put the files of a form beside them.

    A number is a number and not text, yes or no is true or false; unknown names pass, for the door
    refuses them with a hint.

    Raises:
        BadInput: a value of another type, or an input both as value and as file.
    """
    raw: dict[str, object] = {}
    for name, value in given.items():
        wanted = item.signature.input(name)
        raw[name] = value if wanted is None or value is None else _typed(wanted, value)
    for name, parts in files.items():
        wanted = item.signature.input(name)
        if name in raw:
            raise BadInput(f"{name[:60]} is given twice", field=name[:60], code="given_twice")
        single = wanted is not None and wanted.type == "file" and len(parts) == 1
        raw[name] = parts[0] if single else parts
    return raw


def _typed(wanted: Input, value: Any) -> object:
    if wanted.numeric:
        _numbers(wanted, value.get("value") if isinstance(value, dict) else value)
        return value
    if wanted.type == "yes_no":
        return _of_type(wanted, value, bool, "true or false")
    if wanted.type in ("choice", "text", "instant"):
        return _of_type(wanted, value, str, "text")
    if wanted.type == "instrument":
        return _instrument(wanted.name, _of_type(wanted, value, dict, "an object"))
    if wanted.type == "sheet":
        return _sheet(wanted.name, _of_type(wanted, value, dict, "an object"))
    raise BadInput(f"{wanted.name} is sent as a file of a form", field=wanted.name, code="wrong_type")


def _of_type(wanted: Input, value: Any, kind: type, words: str) -> Any:
    if not isinstance(value, kind):
        raise BadInput(f"{wanted.name} wants {words}", field=wanted.name, code="wrong_type")
    return value


def _numbers(wanted: Input, value: Any, depth: int = 0) -> None:
    """Refuse text where a number is wanted, at any place of a list or grid."""
    if isinstance(value, list) and depth < 2 and wanted.type != "quantity":
        for part in value:
            _numbers(wanted, part, depth + 1)
    elif isinstance(value, dict) and depth:
        _numbers(wanted, value.get("value"), 2)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{wanted.name} wants numbers", field=wanted.name, code="wrong_type")


def _instrument(name: str, data: dict[str, Any]) -> Instrument:
    try:
        days = {key: date.fromisoformat(data[key]) for key in ("valid_from", "valid_until")}
        texts = {key: data[key] for key in ("name", "serial", "certificate", "laboratory")}
        points = tuple(CertificatePoint(**point) for point in data.get("points", ()))
        unknown = set(data) - {*days, *texts, "points", "k"}
        if unknown or not all(isinstance(text, str) and len(text) < 200 for text in texts.values()):
            raise ValueError("unknown or wrong fields")
        return Instrument(
            **texts,
            valid_from=days["valid_from"],
            valid_until=days["valid_until"],
            k=float(data.get("k", 2.0)),
            points=points,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        message = f"{name} is no instrument with its certificate: {str(error)[:80]}"
        raise BadInput(message, field=name, code="bad_certificate") from None


def _sheet(name: str, data: dict[str, Any]) -> Sheet:
    columns, rows = data.get("columns"), data.get("rows")
    well = set(data) == {"columns", "rows"} and isinstance(columns, list) and isinstance(rows, list)
    cells = [columns, *rows] if well and isinstance(rows, list) else [None]
    for row in cells:
        if not isinstance(row, list) or not all(isinstance(cell, str) for cell in row):
            message = f"{name} is a table: columns and rows of text"
            raise BadInput(message, field=name, code="wrong_type")
    assert isinstance(columns, list)
    assert isinstance(rows, list)
    return Sheet(tuple(columns), tuple(tuple(row) for row in rows))
