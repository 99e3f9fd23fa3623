"""The hazard register on pages: one hazard with its versions, entered, revised, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.listing import kinds
from kilter.department.people.queries import activities_of
from kilter.department.safety import actions, queries, risk
from kilter.department.safety.models import Hazard, HazardVersion
from kilter.interfaces.web.asked import whole
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import NotFound

CRUMB = {"text": "Safety", "href": "/safety/"}
TEXTS = (
    ("name", "Hazard"),
    ("sequence", "Sequence of events"),
    ("situation", "Hazardous situation"),
    ("harm", "Harm"),
    ("controls", "Controls"),
)
GRADES = (
    ("severity_before", "Severity without controls"),
    ("probability_before", "Probability without controls"),
    ("severity_after", "Severity with controls"),
    ("probability_after", "Probability with controls"),
)


def _fields() -> list[Field]:
    matrix = risk.matrix()
    texts = [
        text_field(name, words, required=name != "controls", long=name != "name") for name, words in TEXTS
    ]
    grades = [
        choice_field(
            name,
            words,
            [
                (str(n), f"{n}, {word}")
                for n, word in enumerate(
                    matrix.severity if name.startswith("severity") else matrix.probability, 1
                )
            ],
            required=True,
        )
        for name, words in GRADES
    ]
    return [*texts, *grades, text_field("reason", "Why it is entered or changed", required=True)]


def _read(typed: dict[str, str]) -> dict[str, object]:
    grades = {name: whole(name, typed[name]) for name, _ in GRADES}
    return {**{name: typed[name] for name, _ in TEXTS}, **grades}


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Enter a hazard of a kind of device."""

    def act(typed: dict[str, str]) -> str:
        """Enter it."""
        row = actions.add_hazard(
            by=person_of(request), kind=typed["kind"], fields=_read(typed), reason=typed["reason"]
        )
        return f"/safety/hazards/{row.uuid}/"

    listed = [(kind, kind.replace("_", " ")) for kind in kinds()]
    fields = [choice_field("kind", "Kind of device", listed, required=True), *_fields()]
    return form_page(request, "Enter a hazard", fields, act, crumb=CRUMB, button="Enter it")


@require_GET
@signed_in
def hazard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a hazard and every version of it."""
    found = queries.hazard_by_uuid(uuid)
    versions = queries.versions_of(found)
    newest, rights = versions[0], activities_of(person_of(request))
    links = [
        {"text": words, "href": f"/safety/hazards/{found.uuid}/{verb}/"}
        for verb, words in (("revise", "Revise"), ("withdraw", "Withdraw"))
        if f"safety.{verb}_hazard" in rights and not (verb == "withdraw" and newest.withdrawn)
    ]
    facts = [["Device", str(found.model or found.kind.replace("_", " "))]]
    facts += [[words, getattr(newest, name) or "none"] for name, words in TEXTS]
    facts += [["Without controls", _risk(newest, "before")], ["With controls", _risk(newest, "after")]]
    matrix = risk.matrix()
    unread = "" if matrix.confirmed else ", to be confirmed"
    facts.append(["Bands", f"{matrix.source}, {matrix.edition}{unread}"])
    rows: list[list[Any]] = [
        [
            f"{one.number}{', withdrawn' if one.withdrawn else ''}",
            _risk(one, "before"),
            _risk(one, "after"),
            one.controls or "none",
            one.reason,
            f"{one.at:%d %b %Y}, {one.by}",
        ]
        for one in versions
    ]
    words = ("Version", "Without controls", "With controls", "Controls", "Why", "When")
    return show(
        request,
        "safety_item.html",
        title=newest.name,
        heading=newest.name,
        crumb=CRUMB,
        facts=facts,
        text="",
        links=links,
        tables=[{**table(rows, "", *words), "caption": "Versions"}],
    )


def _risk(one: HazardVersion, when: str) -> str:
    severity, probability = getattr(one, f"severity_{when}"), getattr(one, f"probability_{when}")
    return f"{risk.band(severity, probability)} ({severity} x {probability})"


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Revise or withdraw a hazard as it was read at a version."""
    if verb not in ("revise", "withdraw"):
        raise NotFound("there is no such thing to do to a hazard")
    found = queries.hazard_by_uuid(uuid)
    newest = queries.versions_of(found)[0]
    version = whole("version", request.POST.get("version") or str(newest.number))

    def act(typed: dict[str, str]) -> str:
        """Write the next version."""
        mine: dict[str, Any] = {"by": person_of(request), "hazard": found, "version": version}
        if verb == "revise":
            actions.revise_hazard(**mine, fields=_read(typed), reason=typed["reason"])
        else:
            actions.withdraw_hazard(**mine, reason=typed["reason"])
        return f"/safety/hazards/{found.uuid}/"

    fields = _fields() if verb == "revise" else [text_field("reason", "Why", required=True)]
    names = [name for name, _ in (*TEXTS, *GRADES)]
    return form_page(
        request,
        "Revise" if verb == "revise" else "Withdraw",
        fields,
        act,
        crumb=_crumb(found, newest),
        button="Write the next version" if verb == "revise" else "Withdraw it",
        values={name: str(getattr(newest, name)) for name in names},
        hidden={"version": str(version)},
    )


def _crumb(found: Hazard, newest: HazardVersion) -> dict[str, str]:
    return {"text": newest.name, "href": f"/safety/hazards/{found.uuid}/"}
