"""What goes wrong, as every answer says it: `{"error": {"field", "code", "message"}}`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from kilter.interfaces.api.schema import Failed
from kilter.measure.error import BadInput, Fault, KilterError, answer_to

LOG = logging.getLogger("kilter.api")
REFUSALS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422), Failed)
_WORDS = {400: "bad_request", 401: "unauthorised", 403: "not_permitted", 404: "not_found", 413: "too_large"}


def first_problem(errors: Sequence[Mapping[str, Any]]) -> BadInput:
    """Name the first of the problems that a schema found."""
    first = errors[0] if errors else {"loc": (), "msg": "this cannot be read"}
    place = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path")]
    field = ".".join(place)[:60]
    return BadInput(f"{field}: {first['msg']}"[:300] if field else str(first["msg"])[:300], field=field)


def answer(api: NinjaAPI, request: HttpRequest, status: int, error: Mapping[str, str]) -> HttpResponse:
    """Give the answer for an error."""
    response = api.create_response(request, {"error": dict(error)}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def handle(api: NinjaAPI) -> None:
    """Let an API answer every error in the one form."""

    def told(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(api, request, answer_to(error).http_status, error.as_data())

    def unreadable(request: HttpRequest, error: Any) -> HttpResponse:
        status = 413 if isinstance(error, RequestDataTooBig) else 400
        return _plain(api, request, status, "the body cannot be read")

    def fault(request: HttpRequest, error: Any) -> HttpResponse:
        LOG.exception("an answer failed")
        return answer(api, request, 500, Fault("This is a fault of ours; it is in the log.").as_data())

    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        return told(request, first_problem(error.errors))

    def absent(request: HttpRequest, error: Any) -> HttpResponse:
        return _plain(api, request, 404, "there is no such thing")

    def unknown(request: HttpRequest, error: Any) -> HttpResponse:
        return _plain(api, request, 401, "a token or a session is needed")

    def stated(request: HttpRequest, error: Any) -> HttpResponse:
        return _plain(api, request, error.status_code, str(error))

    api.add_exception_handler(Exception, fault)
    api.add_exception_handler(KilterError, told)
    api.add_exception_handler(ValidationError, refused)
    api.add_exception_handler(Http404, absent)
    api.add_exception_handler(AuthenticationError, unknown)
    api.add_exception_handler(HttpError, stated)
    for kind in (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        api.add_exception_handler(kind, unreadable)


def _plain(api: NinjaAPI, request: HttpRequest, status: int, message: str) -> HttpResponse:
    code = _WORDS.get(status, "bad_request")
    return answer(api, request, status, {"field": "", "code": code, "message": message})
