"""The daily checks of a ward: what is to be checked today, one confirmation for the list, what was missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.listing import place_named
from kilter.department.equipment.models import Location
from kilter.department.people.queries import activities_of
from kilter.department.schedule import actions
from kilter.department.schedule.actions.user_checks import Answered
from kilter.department.schedule.user_checks import LOOKED_BACK, DailyCheck, checks, place_by_uuid
from kilter.department.status import queries as status
from kilter.department.status.spares import spares_for
from kilter.department.work import actions as work
from kilter.department.work import queries as jobs
from kilter.interfaces.web.asked import Asked, asked_page, choice, day, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import confirmed, sign_context
from kilter.measure.error import BadInput, KilterError
from kilter.measure.protocol import protocol, user_checks

CRUMB = {"text": "Daily checks", "href": "/wards/"}
SPARES = 3
"""Devices out of order for which the nearest spare is looked for."""


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the places that do daily checks, with what is done, failed and missed."""
    by_place: dict[int, list[DailyCheck]] = {}
    for one in checks():
        by_place.setdefault(one.place, []).append(one)
    places = Location.objects.filter(pk__in=by_place).order_by("path")
    rows = [_place_row(place, by_place[place.pk]) for place in places]
    made = table(rows, "No place does daily checks yet.", "Place", "Today", "Not in order", "Missed")
    offered = []
    if "schedule.set_ward_check" in activities_of(person_of(request)):
        offered = [{"text": "Say what a ward checks", "href": "/wards/set/"}]
    return show(
        request,
        "listing.html",
        title="Daily checks",
        heading="Daily checks",
        intro=f"Done by those who use the devices. Missed: in the {LOOKED_BACK} days before today.",
        table={**made, "caption": "Places with daily checks"},
        actions=offered,
    )


def _place_row(place: Location, listed: Sequence[DailyCheck]) -> list[Any]:
    done = sum(one.done is not None for one in listed)
    failed = sum(one.done is not None and not one.passed for one in listed)
    missed = sum(len(one.missed) for one in listed)
    return [
        {"text": place.name, "href": f"/wards/{place.uuid}/", "sub": place.get_kind_display()},
        {"verdict": "within" if done == len(listed) else "undecided", "word": f"{done} of {len(listed)}"},
        {"verdict": "suspension", "word": str(failed)} if failed else "none",
        {"verdict": "remedial", "word": str(missed)} if missed else "none",
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def ward(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show today's checks of a place, and sign those that were answered."""
    place, person, faults = place_by_uuid(uuid), person_of(request), []
    if request.method == "POST":
        try:
            answered = _answered(request)
            if not answered:
                raise BadInput("tick what you have checked", field="")
            confirmation = confirmed(request, person)
            actions.complete_user_checks(by=person, place=place, answered=answered, confirmation=confirmation)
            return HttpResponseRedirect(f"/wards/{place.uuid}/")
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    listed = checks(place)
    open_ones = [one for one in listed if one.done is None]
    rights = activities_of(person)
    meaning = "I looked at each device that I ticked, and it is as I say."
    return show(
        request,
        "ward.html",
        422 if faults else 200,
        title=place.name,
        heading=f"Daily checks: {place.name}",
        crumb=CRUMB,
        intro=f"{len(listed) - len(open_ones)} of {len(listed)} checks are done today.",
        faults=faults,
        out_of_order=_out_of_order(listed),
        call=settings.KILTER.report_call,
        checks=[_asked(request, one) for one in open_ones],
        may="schedule.complete_user_checks" in rights,
        done=table(_done_rows(listed), "Nothing is checked yet today.", "Device", "Check", "Found", "By"),
        missed=table(_missed_rows(listed), "No check was missed.", "Device", "Check", "Days missed"),
        form={"action": request.path},
        sign=sign_context(person, meaning, "Sign what I ticked"),
    )


def _name(one: DailyCheck) -> str:
    return f"{one.device.uuid}.{one.protocol}"


def _asked(request: HttpRequest, one: DailyCheck) -> dict[str, Any]:
    """Give one check as the form shows it, with what was ticked before a refusal."""
    name, known = _name(one), protocol(one.protocol)
    items = {key: words for step in known.steps for key, words in step.listed.items.items()}
    ticked = request.POST.getlist(f"failed.{name}")
    return {
        "name": name,
        "device": f"{one.device.model} {one.device.asset}",
        "href": f"/devices/{one.device.uuid}/",
        "place": one.device.location.name if one.device.location else "",
        "title": known.title,
        "draft": request.POST.get(f"draft.{name}") or str(uuid4()),
        "ok": f"ok.{name}" in request.POST,
        "items": [{"key": key, "text": words, "ticked": key in ticked} for key, words in items.items()],
        "remark": request.POST.get(f"remark.{name}", ""),
        "open": bool(ticked),
    }


def _answered(request: HttpRequest) -> list[Answered]:
    """Read what was ticked; a check with nothing ticked is left for later.

    Raises:
        BadInput: the page is stale, or a check is both in order and not.
        NotFound: a device is no longer there.
    """
    found = []
    for key in request.POST:
        if not key.startswith("draft."):
            continue
        name = key.removeprefix("draft.")
        failed, ok = tuple(request.POST.getlist(f"failed.{name}")), f"ok.{name}" in request.POST
        remark = request.POST.get(f"remark.{name}", "").strip()
        if not (failed or ok or remark):
            continue
        found.append(_one_answer(name, request.POST[key], failed, ok, remark))
    return found


def _one_answer(name: str, draft: str, failed: tuple[str, ...], ok: bool, remark: str) -> Answered:
    which, _, key = name.partition(".")
    try:
        device, made = equipment.device_by_uuid(UUID(which)), UUID(draft)
    except ValueError:
        raise BadInput("this list is stale; load the page again", field="") from None
    if ok == bool(failed):
        message = f"{device.asset}: say either that all is in order, or what is not"
        raise BadInput(message, field=f"ok.{name}")
    return Answered(device, key, made, failed, remark)


def _out_of_order(listed: Sequence[DailyCheck]) -> list[dict[str, Any]]:
    """Say what to do now about each device whose check of today failed."""
    failed = [one for one in listed if one.done is not None and not one.passed]
    pks = [one.device.pk for one in failed]
    states, held = status.cached(pks), equipment.held(pks)
    rows = []
    for number, one in enumerate(failed):
        spares = spares_for(one.device) if number < SPARES else []
        known = states.get(one.device.pk)
        usable = known is not None and known.state == "in_use" and one.device.pk not in held
        rows.append(
            {
                "device": f"{one.device.model} {one.device.asset}",
                "href": f"/devices/{one.device.uuid}/",
                "released": usable,
                "spares": [f"{spare.model} {spare.asset}, {spare.location}" for spare in spares],
            }
        )
    return rows


def _done_rows(listed: Sequence[DailyCheck]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for one in listed:
        if one.done is not None:
            word = "in order" if one.passed else "not in order"
            rows.append(
                [
                    _device(one),
                    {"text": protocol(one.protocol).title, "href": f"/records/{one.done.uuid}/"},
                    {"verdict": one.done.verdict, "word": word},
                    {"text": one.done.person.display_name, "sub": f"record {one.done.number}"},
                ]
            )
    return rows


def _missed_rows(listed: Sequence[DailyCheck]) -> list[list[Any]]:
    return [
        [_device(one), protocol(one.protocol).title, ", ".join(f"{day:%a %d %b}" for day in one.missed)]
        for one in listed
        if one.missed
    ]


def _device(one: DailyCheck) -> Mapping[str, str]:
    return {"text": f"{one.device.model} {one.device.asset}", "href": f"/devices/{one.device.uuid}/"}


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: HttpRequest) -> HttpResponse:
    """Say whether a place does a daily check."""

    def act(given: Mapping[str, str]) -> str:
        """Write it down."""
        place = place_named(given["place"], "place")
        if given["wanted"] not in ("yes", "no"):
            raise BadInput("wanted: say yes or no", field="wanted")
        actions.set_ward_check(
            by=person_of(request),
            location=place,
            protocol=given["protocol"],
            wanted=given["wanted"] == "yes",
            reason=given["reason"],
            since=day("since", given["since"]),
        )
        return f"/wards/{place.uuid}/"

    fields = (
        text("place", "Place", hint="With all within it; a place within may be told otherwise."),
        choice("protocol", "Check", [(one.key, one.title) for one in user_checks()]),
        choice("wanted", "Done there", [("yes", "yes"), ("no", "no")]),
        text("since", "Since (YYYY-MM-DD)", needed=False, hint="Left empty: from today."),
        text("reason", "Why"),
    )
    return asked_page(request, Asked("Say what a ward checks", fields, act), crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def log(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show the operating log of a device, and write a line in it."""
    found = equipment.device_by_uuid(uuid)
    crumb = {"text": found.asset, "href": f"/devices/{found.uuid}/"}
    if "write" in request.GET or request.method == "POST":

        def act(given: Mapping[str, str]) -> str:
            """Write the line."""
            work.note_operation(by=person_of(request), device=found, text=given["text"])
            return f"/devices/{found.uuid}/log/"

        warning = "It cannot be changed. Do not write a patient's name, number or date of birth."
        fields = (text("text", "What was seen or done", long=True, hint=warning),)
        return asked_page(request, Asked("Operating log", fields, act), crumb=crumb)
    rows = [[note.text, note.by.display_name, {"at": note.at}] for note in jobs.operating_notes(found)]
    offered = []
    if "work.note_operation" in activities_of(person_of(request)):
        offered = [{"text": "Write a line", "href": f"/devices/{found.uuid}/log/?write"}]
    return show(
        request,
        "listing.html",
        title=f"Operating log of {found.asset}",
        heading=f"Operating log: {found.model}, {found.asset}",
        crumb=crumb,
        intro="Written by those who use it.",
        table={**table(rows, "Nothing is written yet.", "What", "By", "When"), "caption": "Operating log"},
        actions=offered,
    )
