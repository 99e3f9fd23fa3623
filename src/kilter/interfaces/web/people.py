"""People: who may do what, until when; authorisations given in bulk on going live."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.activities import LEVELS
from kilter.department.people.models import Authorisation, Person, RoleHeld
from kilter.department.people.queries import activities_of, holds_at, person_by_uuid
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, KilterError
from kilter.measure.protocol import user_checks
from kilter.measure.registry import specialties

LAST_YEAR = 9000
"""The calendar ends in 9999; a day and a zone have to fit behind what is typed."""


def _roles(person: Person) -> str:
    now = clock.now()
    held = [
        one
        for one in person.roles_held.all()
        if one.valid_from <= now and (one.valid_until is None or one.valid_until > now)
    ]
    return ", ".join(one.role.words for one in held) or "no role"


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List everybody with an account."""
    now, rows = clock.now(), []
    people = Person.objects.prefetch_related("roles_held__role", "authorisations").order_by("display_name")
    for one in people:
        good = [right for right in one.authorisations.all() if holds_at(right, now)]
        ends = min((right.valid_until for right in good), default=None)
        soon = ends is not None and ends < now + timedelta(days=30)
        word = "closed" if not one.is_active else "none" if not good else "expiring" if soon else "in force"
        verdict = {"closed": "recorded", "none": "undecided", "expiring": "remedial"}.get(word, "within")
        cell = {"text": one.display_name, "href": f"/people/{one.uuid}/", "sub": one.username}
        rows.append(
            [cell, _roles(one), {"verdict": verdict, "word": word}, f"{ends:%d %b %Y}" if ends else ""]
        )
    offered = []
    if "people.authorise_in_bulk" in activities_of(person_of(request)):
        offered = [{"text": "Authorise several", "href": "/people/authorise/"}]
    made = table(rows, "Nobody has an account yet.", "Person", "Roles", "Authorisations", "First to end")
    return show(
        request,
        "people.html",
        title="People",
        heading="People",
        table={**made, "caption": "People"},
        actions=offered,
    )


@require_GET
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a person: what they may do, and how that came to be."""
    person, now = person_by_uuid(uuid), clock.now()
    rights = Authorisation.objects.filter(person=person).select_related("granted_by").order_by("-id")
    rows = []
    for right in rights:
        good = holds_at(right, now)
        word = (
            f"until {right.valid_until:%d %b %Y}"
            if good
            else "revoked"
            if right.revoked_at
            else "not in force"
        )
        scope = right.scope_key or "everything"
        rows.append(
            [
                f"{right.get_scope_kind_display()}: {scope}" if right.scope_key else scope,
                right.level,
                {"verdict": "within" if good else "recorded", "word": word},
            ]
        )
    history: list[dict[str, Any]] = [
        {
            "at": right.granted_at,
            "text": f"Authorised as {right.level} for {right.scope_key or 'everything'}",
            "sub": f"by {right.granted_by}",
        }
        for right in rights
    ]
    held = RoleHeld.objects.filter(person=person).select_related("role", "granted_by")
    history += [
        {
            "at": row.valid_from,
            "text": f"Given the role {row.role.words}",
            "sub": f"by {row.granted_by}" if row.granted_by else "",
        }
        for row in held
    ]
    history.sort(key=lambda event: event["at"], reverse=True)
    return show(
        request,
        "person.html",
        title=person.display_name,
        subject={"name": person.display_name, "role": _roles(person)},
        authorisations=table(rows, "No authorisation yet.", "Scope", "Level", "State"),
        facts=[["Account", person.username], ["State", "open" if person.is_active else "closed"]],
        history=history,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def authorise(request: HttpRequest) -> HttpResponse:
    """Authorise several people at once: one scope, one level, one end, one reason."""
    person, faults = person_of(request), []
    if request.method == "POST":
        try:
            _authorise(request, person)
            return HttpResponseRedirect("/people/")
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    people = [
        one for one in Person.objects.filter(is_active=True).order_by("display_name") if one.pk != person.pk
    ]
    scopes = [{"value": f"specialty:{one.key}", "label": one.title} for one in specialties().values()]
    checks = [{"value": f"procedure:{one.key}", "label": one.title} for one in user_checks()]
    fields = [
        {
            "name": "scope",
            "label": "For",
            "type": "choice",
            "required": True,
            "options": [*scopes, *checks, {"value": "all:", "label": "Everything"}],
        },
        {
            "name": "level",
            "label": "Level",
            "type": "choice",
            "required": True,
            "options": [{"value": level, "label": level} for level in LEVELS],
        },
        {"name": "until", "label": "Until and including (YYYY-MM-DD)", "type": "text", "required": True},
        {"name": "reason", "label": "Reason", "type": "long_text", "required": True},
    ]
    shown = [{**field, "value": request.POST.get(str(field["name"]), "")} for field in fields]
    return show(
        request,
        "authorise.html",
        422 if faults else 200,
        title="Authorise several",
        people=[
            {
                "value": str(one.uuid),
                "label": one.display_name,
                "ticked": str(one.uuid) in request.POST.getlist("person"),
            }
            for one in people
        ],
        fields=shown,
        form={"action": request.path},
        faults=faults,
    )


def _authorise(request: HttpRequest, by: Person) -> None:
    kind, _, key = request.POST.get("scope", "").partition(":")
    if kind == "specialty" and key not in specialties():
        raise BadInput("choose one of the areas offered", field="scope")
    if kind == "procedure" and key not in {one.key for one in user_checks()}:
        raise BadInput("choose one of the checks offered", field="scope")
    try:
        day = datetime.strptime(request.POST.get("until", "").strip(), "%Y-%m-%d").date()  # noqa: DTZ007  (a day at the site)
    except ValueError:
        raise BadInput("write the day as YYYY-MM-DD", field="until") from None
    if day.year > LAST_YEAR:
        raise BadInput(f"an authorisation ends by {LAST_YEAR} at the latest", field="until")
    until = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.SITE_ZONE))
    chosen = []
    for text in request.POST.getlist("person"):
        try:
            chosen.append(person_by_uuid(UUID(text)))
        except ValueError:
            raise BadInput("there is no such person", field="person") from None
    if not chosen:
        raise BadInput("tick at least one person", field="person")
    grants = [
        actions.Grant(
            person=one, scope_kind=kind, scope_key=key, level=request.POST.get("level", ""), until=until
        )
        for one in chosen
    ]
    actions.authorise_in_bulk(by=by, grants=grants, reason=request.POST.get("reason", ""))
