"""Signing in and out, and one's own account."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kilter.department.people import actions
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.page import open_to_all, person_of, show, signed_in
from kilter.measure.error import KilterError


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else "/"


@require_http_methods(["GET", "POST"])
@open_to_all
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with name and password; too many wrong tries lock the name for a while."""
    faults = []
    if request.method == "POST":
        name, password = request.POST.get("username", "").strip().lower(), request.POST.get("password", "")
        person = authenticate(request, username=name, password=password) if name and password else None
        if person is not None:
            login(request, person)
            return HttpResponseRedirect(_next(request))
        locked = getattr(request, "axes_locked_out", False)
        message = (
            "Too many wrong tries; wait a while." if locked else "Name and password do not belong together."
        )
        faults = [{"field": "username", "message": message}]
    form = {"action": "/login/", "next": _next(request)}
    return show(
        request,
        "login.html",
        422 if faults else 200,
        title="Sign in",
        form=form,
        faults=faults,
        accounts=_demo_accounts(),
    )


def _demo_accounts() -> list[dict[str, str]]:
    """Give the accounts that the demo prints anyway; none elsewhere."""
    if not settings.KILTER.demo:
        return []
    from kilter.interfaces.demo.staff import accounts

    return [
        {"name": one.username, "password": one.password, "role": one.role.replace("_", " ")}
        for one in accounts()
    ]


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return HttpResponseRedirect("/login/")


@require_GET
@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Show one's own account: what one may do, and the PIN for signing."""
    return _me(request, [])


def _me(request: HttpRequest, faults: list[dict[str, str]]) -> HttpResponse:
    person = person_of(request)
    return show(
        request,
        "me.html",
        422 if faults else 200,
        title="My account",
        has_pin=bool(person.pin_hash),
        activities=sorted(activities_of(person)),
        person_href=f"/people/{person.uuid}/",
        email=person.email,
        form={"action": "/me/pin/"},
        faults=faults,
    )


@require_POST
@signed_in
def set_pin(request: HttpRequest) -> HttpResponse:
    """Set one's own PIN."""
    try:
        actions.set_pin(by=person_of(request), pin=request.POST.get("pin", ""))
    except KilterError as error:
        return _me(request, [{"field": "pin", "message": error.message}])
    return HttpResponseRedirect("/me/")
