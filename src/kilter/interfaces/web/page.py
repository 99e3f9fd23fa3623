"""What every page shares: who is here, where one can go, and what a refusal looks like."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from kilter.department.ledger import clock
from kilter.department.ledger.request import request_id
from kilter.department.people.models import Person
from kilter.department.records.sealing import role_of
from kilter.interfaces.wording import instant_text
from kilter.measure.error import BadInput, Fault, KilterError, NotFound, answer_to

LOG = logging.getLogger("kilter.web")
View = Callable[..., HttpResponse]

NAV: tuple[tuple[str, str, str], ...] = (
    ("Today", "/", "g t"),
    ("Work", "/work/", "g w"),
    ("Schedule", "/schedule/", "g s"),
    ("Devices", "/devices/", "g d"),
    ("Materials", "/materials/", "g m"),
    ("People", "/people/", "g p"),
    ("Safety", "/safety/", "g a"),
    ("Projects", "", ""),
    ("Specialties", "/specialties/", "g x"),
)
"""Places in the order of the design; one without an address is not built yet."""


def person_of(request: HttpRequest) -> Person:
    """Give who is signed in; views are only reached signed in."""
    return cast("Person", request.user)


def context_of(request: HttpRequest, *, bare: bool = False) -> dict[str, Any]:
    """Give what the base template needs; with `bare`, without asking the database anything."""
    here = request.path
    nav = [
        {
            "word": word,
            **(
                {"href": href, "key": key, "here": here == href or (href != "/" and here.startswith(href))}
                if href
                else {}
            ),
        }
        for word, href, key in NAV
    ]
    person = None
    # A request may be refused before anybody looked who sends it, and the database may be what has failed.
    if not bare and getattr(request, "user", None) is not None and request.user.is_authenticated:
        who = person_of(request)
        person = {
            "name": who.display_name,
            "role": role_of(who, clock.now()),
            "href": "/me/",
            "sign_out": "/logout/",
        }
    return {
        "site": settings.KILTER.department,
        "now": clock.now(),
        "zone": settings.SITE_ZONE,
        "person": person,
        "demo": settings.KILTER.demo,
        "search": {"href": "/search/"} if person else None,
        "nav": nav if person else [],
    }


def at_site(when: datetime) -> str:
    """Write an instant as the clocks of the site show it, with the short name of their zone."""
    return instant_text(when, settings.SITE_ZONE)


def show(
    request: HttpRequest, template: str, http: int = 200, *, bare: bool = False, **context: Any
) -> HttpResponse:
    """Render a page."""
    return render(request, template, {**context_of(request, bare=bare), **context}, status=http)


def download(content: bytes, name: str) -> HttpResponse:
    """Give bytes as a download: what came from outside is never shown in a page of ours."""
    answer = HttpResponse(content, content_type="application/octet-stream")
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:150] or "file"
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def open_to_all(view: View) -> View:
    """Turn what a view raises into its page; nobody needs to be signed in."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except KilterError as error:
            return refusal(request, error)

    return answered


def signed_in(view: View) -> View:
    """Ask for a sign-in first, and turn what a view raises into its page."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/login/")
        return open_to_all(view)(request, *args, **kwargs)

    return answered


def refusal(request: HttpRequest, error: KilterError) -> HttpResponse:
    """Give the page of an error: headline, sentence, and what to do now."""
    answer = answer_to(error)
    if isinstance(error, Fault):
        LOG.error("fault: %s", error.message, exc_info=error)
    context: dict[str, Any] = {
        "title": answer.headline,
        "headline": answer.headline,
        "message": error.message,
        "request_id": request_id.get(),
    }
    shown = 404 if isinstance(error, NotFound) else answer.http_status
    return show(request, "error.html", shown, bare=isinstance(error, Fault), **context, status=shown)


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    """Give the page for an address that leads nowhere."""
    return refusal(request, NotFound("there is nothing at this address"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Give the page for a request that cannot be read."""
    return refusal(request, BadInput("this request cannot be read"))


def forbidden(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    """Give the page for a form whose token has run out."""
    message = "this form was open too long, or cookies are off; load the page again and send it again"
    headline = "Not accepted"
    return show(request, "error.html", 403, title=headline, headline=headline, message=message, status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Give the page for a form whose token does not fit."""
    return forbidden(request)


def failed(request: HttpRequest) -> HttpResponse:
    """Give the page for a fault of ours."""
    return refusal(request, Fault("something went wrong here"))


def table(rows: list[Any], empty: str, *words: str, href: str = "", action: str = "") -> dict[str, Any]:
    """Give a table as the templates take it."""
    nothing: Mapping[str, str] = {"text": empty, **({"href": href, "action": action} if href else {})}
    return {"columns": [{"word": word} for word in words], "rows": rows, "empty": dict(nothing)}


def private(answer: HttpResponse) -> HttpResponse:
    """Say that a page is kept by nobody, because it holds what identifies somebody."""
    answer["Cache-Control"] = "no-store"
    return answer
