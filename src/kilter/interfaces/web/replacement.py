"""The replacement ranking on pages: a frozen year's, a kind's as it stands now, its terms, its file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.listing import kinds
from kilter.department.people.queries import activities_of
from kilter.department.safety import actions, ranking, replacement
from kilter.department.safety.models import RankedDevice, ReplacementRanking
from kilter.formats.sheet_writer import KINDS, write_sheet
from kilter.interfaces.web.asked import Asked, asked_page, text, whole
from kilter.interfaces.web.forms import choice_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, NotFound

CRUMB = {"text": "Replacement", "href": "/replacement/"}
COLUMNS = ("Rank", "Device", "Score", "Before all others", "Counted from", "Not known")
PAGE = 100
MOST_NOW = 500
"""Devices of a kind that the page of today shows; the frozen ranking shows all."""
RANKED_FROM = "Faults that were cancelled, labour of the department and contracts are not counted."


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show a frozen ranking page by page; where a kind is chosen and no year, the kind as it stands now."""
    listed = replacement.rankings()
    kind, asked = request.GET.get("kind", "")[:60], request.GET.get("year", "")
    if asked == "now" or not listed:
        return _now(request, listed, kind)
    found = replacement.ranking_of(whole("year", asked)) if asked else listed[0]
    after = whole("after", request.GET.get("after") or "0")
    rows = replacement.ranked(found, kind=kind, after=after, most=PAGE)
    following = {"year": found.year, "kind": kind, "after": rows[-1].rank} if len(rows) == PAGE else None
    made = table([_row(one) for one in rows], "No device of this kind was ranked.", *COLUMNS)
    return show(
        request,
        "listing.html",
        title=f"Replacement {found.year}",
        heading=f"Replacement ranking of {found.year}",
        intro=f"{found.counted} devices, frozen on {found.frozen_at:%d %b %Y} by "
        f"{found.frozen_by.display_name} with weights {found.policy}: {_weights(found.policy.terms)}. "
        f"{RANKED_FROM}",
        filters=_filters(listed, str(found.year), kind),
        table={**made, "caption": f"Ranking of {found.year}"},
        actions=[{"text": "As a file", "href": f"/replacement/{found.year}.csv"}, *_offered(request)],
        pages={"text": f"{len(rows)} on this page", "next": f"?{urlencode(following)}" if following else ""},
    )


def _now(request: HttpRequest, listed: list[ReplacementRanking], kind: str) -> HttpResponse:
    """Show the devices of one kind as they would be ranked now."""
    policy = replacement.policy()
    terms = replacement.terms_of(policy)
    found = replacement.rank(terms, kind=kind)[:MOST_NOW] if kind else []
    rows = [
        [
            str(number),
            device_cell(one.device),
            _score(one.scored.score, one.scored.known),
            _triggers(one.scored.triggers),
            _said(one.facts.age, one.facts.life, one.facts.faults, one.facts.down, one.facts.spent),
            _unknown(one.scored.factors),
        ]
        for number, one in enumerate(found, 1)
    ]
    whose = f"weights {policy}" if policy else "weights as shipped, to be confirmed"
    empty = "No device of this kind is in use." if kind else "Choose a kind; a year's ranking holds all."
    return show(
        request,
        "listing.html",
        title="Replacement",
        heading="Replacement ranking as of now",
        intro=f"Not frozen: {whose}: {_weights(terms.as_data())}. {RANKED_FROM}",
        filters=_filters(listed, "now", kind),
        table={**table(rows, empty, *COLUMNS), "caption": "As of now"},
        actions=_offered(request),
    )


def _filters(listed: list[ReplacementRanking], year: str, kind: str) -> dict[str, Any]:
    years = [("now", "as of now"), *((str(one.year), str(one.year)) for one in listed)]
    known = [(one, one.replace("_", " ")) for one in kinds()]
    fields = [
        {**choice_field("year", "Year", years, required=True), "value": year, "bare": True},
        {**choice_field("kind", "Kind", known), "value": kind, "bare": True},
    ]
    return {"href": "/replacement/", "fields": fields}


def _offered(request: HttpRequest) -> list[dict[str, str]]:
    rights = activities_of(person_of(request))
    offered = []
    if "safety.set_replacement_policy" in rights:
        offered.append({"text": "Weights", "href": "/replacement/weights/"})
    if "safety.freeze_ranking" in rights:
        offered.append({"text": "Freeze a year", "href": "/replacement/freeze/"})
    return offered


def _weights(terms: dict[str, Any]) -> str:
    return ", ".join(f"{ranking.FACTORS[name]} {weight:g}" for name, weight in terms["weights"].items())


def _row(one: RankedDevice) -> list[Any]:
    figures = one.figures
    counted = [figures[name] for name in ("age", "life", "faults", "down", "spent")]
    return [
        str(one.rank),
        device_cell(one.device),
        _score(one.score, one.known),
        _triggers(one.triggers),
        _said(*counted),
        _unknown(figures["factors"]),
    ]


def _score(score: float | None, known: float) -> Any:
    said = "not known" if score is None else f"{score:.0f}"
    return {"text": said, "sub": f"{known:.0f} % of the weights known"}


def _triggers(found: Any) -> Any:
    words = "; ".join(ranking.TRIGGERS.get(name, name) for name in found)
    return {"verdict": "suspension", "word": words} if words else ""


def _said(age: float | None, life: float | None, faults: int, down: float, spent: float) -> str:
    """Say what a device was ranked on; ages in years, down time in days."""
    years = "age not known" if age is None else f"{age:.1f} years old"
    lasts = f" of {life:.0f} expected" if life else ""
    return f"{years}{lasts}; {faults} faults; {down:.1f} days out of use; {spent:.2f} spent"


def _unknown(factors: Any) -> str:
    return ", ".join(ranking.FACTORS.get(name, name) for name, value in factors.items() if value is None)


@require_GET
@signed_in
def sheet(request: HttpRequest, year: int, kind: str) -> HttpResponse:
    """Give a frozen ranking as a file: every device with every figure it was ranked on."""
    if kind not in KINDS:
        raise NotFound("there is nothing at this address")
    found = replacement.ranking_of(year)
    counted = ("age", "life", "history", "faults", "down", "spent", "price", "alike", "of_kind")
    columns = ["rank", "asset", "model", "kind", "score", "known", "triggers", *ranking.FACTORS, *counted]
    rows = [
        [
            *(str(one.rank), one.device.asset, str(one.device.model), one.kind),
            *(_plain(one.score), _plain(one.known), " ".join(one.triggers)),
            *(_plain(one.figures["factors"].get(name)) for name in ranking.FACTORS),
            *(_plain(one.figures.get(name)) for name in counted),
        ]
        for one in replacement.ranked(found, most=None)
    ]
    answer = HttpResponse(write_sheet(kind, columns, rows), content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="replacement-{year}.{kind}"'
    return answer


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


@require_http_methods(["GET", "POST"])
@signed_in
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze the ranking of a year."""

    def carry_out(given: Any) -> str:
        row = actions.freeze_ranking(by=person_of(request), year=whole("year", given["year"]))
        return f"/replacement/?year={row.year}"

    form = Asked("Freeze the ranking of a year", (text("year", "Year"),), carry_out)
    return asked_page(request, form, crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def weights(request: HttpRequest) -> HttpResponse:
    """Set the terms of the ranking; the form says beside each field what is in force."""
    now = replacement.terms_of(replacement.policy())
    graded = ", ".join(f"{kind} {grade}" for kind, grade in now.criticality.items())
    fields = [
        *(
            text(f"weight.{name}", f"Weight: {word}", hint=f"Now {now.weights[name]:g}.")
            for name, word in ranking.FACTORS.items()
        ),
        *(
            text(f"full.{name}", f"Counts in full at: {word}", hint=f"Now {now.full[name]:g}.")
            for name, word in ranking.SCALED.items()
        ),
        text("years", "Years looked back on", hint=f"Now {now.years}."),
        text(
            "criticality",
            "Clinical criticality of each kind, from 1 to 5, one a line such as: ventilator 5",
            long=True,
            hint=f"Now {graded}.",
        ),
        text("reason", "Why", long=True),
    ]

    def carry_out(given: Any) -> str:
        terms = {
            "weights": {name: _number(f"weight.{name}", given) for name in ranking.FACTORS},
            "full": {name: _number(f"full.{name}", given) for name in ranking.SCALED},
            "years": whole("years", given["years"]),
            "criticality": _grades(given["criticality"]),
        }
        actions.set_replacement_policy(by=person_of(request), terms=terms, reason=given["reason"])
        return "/replacement/?year=now"

    return asked_page(request, Asked("Weights of the replacement ranking", fields, carry_out), crumb=CRUMB)


def _number(name: str, given: Any) -> float:
    """Read a number as typed.

    Raises:
        BadInput: it is none.
    """
    try:
        return float(given[name])
    except ValueError:
        raise BadInput(f"{name}: must be a number", field=name) from None


def _grades(typed: str) -> dict[str, int]:
    """Read a grade for each kind, one a line.

    Raises:
        BadInput: a line is not a kind and a whole number, or a kind comes twice.
    """
    grades: dict[str, int] = {}
    for line in typed.splitlines():
        if not line.strip():
            continue
        kind, _, grade = line.strip().replace("=", " ").rpartition(" ")
        kind = kind.strip()
        if not kind or kind in grades:
            raise BadInput("criticality: a kind and its grade, each kind once", field="criticality")
        grades[kind] = whole("criticality", grade)
    return grades
