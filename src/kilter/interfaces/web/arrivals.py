"""Objects that came over the network on pages: what they are, whose they seem to be, a test started with one.

No page shows who a patient is: that stands in the objects' files alone, which are opened as those of a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.intake import actions, arrivals
from kilter.department.intake.models import Arrival
from kilter.department.intake.sources import Source, sources
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import Asked, Field, asked_page, choice, text
from kilter.interfaces.web.page import at_site, person_of, show, signed_in, table
from kilter.measure.error import BadInput, NotFound
from kilter.measure.registry import entry
from kilter.measure.words import title

CRUMB = {"text": "Arrived images", "href": "/arrived/"}
DEVICES = {"text": "Devices", "href": "/devices/"}
PAGE = 100
START = "Start\u00a0a\u00a0test"
"""In a narrow column these words stay on one line."""
SURE = 0.5
"""From here on a proposal is chosen beforehand in the form."""

DEVICE = text("device", "Device", hint="Its asset number, typed or scanned.")
OTHER_SERIAL = text(
    "reason",
    "Why it is of this device",
    needed=False,
    hint="Needed only where the image names another serial number than the device bears.",
)
ASIDE = text(
    "reason", "Why", long=True, hint="No test is made with it; its file is kept, and it can be brought back."
)


@require_GET
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """List what waits, a line for each series, the oldest first."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 12):
        raise BadInput("after: is no place in this list", field="after")
    groups = arrivals.waiting(after=int(after), most=PAGE)
    whose = sources([one.first for one in groups])
    rights = activities_of(person_of(request))
    cells = [
        [
            {"text": _what(one.first), "href": f"/arrived/{one.first.uuid}/", "sub": _about(one.first)},
            str(one.count),
            {"at": one.first.received_at},
            _device(whose[one.first.pk]),
            _procedure(one.first),
            _verb(rights, "intake.start_arrival", START, one.first, "start"),
            _verb(rights, "intake.set_aside_arrivals", "Set aside", one.first, "aside"),
        ]
        for one in groups
    ]
    words = ("What", "Objects", "Arrived", "Device", "Test", "Go on", "Otherwise")
    following = f"?{urlencode({'after': groups[-1].first.pk})}" if len(groups) == PAGE else ""
    return show(
        request,
        "listing.html",
        title="Arrived images",
        heading="Arrived images",
        crumb=DEVICES,
        intro="Sent by devices and archives. Device and test are proposals: whoever starts the test decides.",
        table={**table(cells, "Nothing waits. What is sent to the listener appears here.", *words)}
        | {"caption": "Waiting"},
        actions=[
            {"text": "Settled", "href": "/arrived/settled/"},
            {"text": "Known senders", "href": "/arrived/names/"},
        ],
        pages={"text": f"{len(groups)} on this page", "next": following},
    )


@require_GET
@signed_in
def series_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show one object and what waits of its series, each with what was proposed for it."""
    found = arrivals.arrival_by_uuid(uuid)
    rows = arrivals.series_of(found)
    rights = activities_of(person_of(request))
    cells = [
        [
            {"text": arrivals.name_of(one), "sub": _made(one)},
            {"at": one.received_at},
            _procedure(one),
            _remarks(one),
            _verb(rights, "intake.start_arrival", START, one, "start"),
            _verb(rights, "intake.set_aside_arrivals", "Set this one aside", one, "aside-one"),
        ]
        for one in rows
    ]
    words = ("Object", "Arrived", "Test", "Remarks", "Go on", "Otherwise")
    waiting = table(cells, "None of this series waits any more.", *words)
    return show(
        request,
        "sheet.html",
        title=_what(found),
        heading=_what(found),
        crumb=CRUMB,
        actions=_of_series(rights, found, len(rows)),
        facts=[*_facts(found, len(rows)), *_outcome(found)],
        facts_word="What it says of itself, and who sent it",
        tables=[{**waiting, "caption": "Objects of this series that wait"}],
    )


def _of_series(rights: frozenset[str], one: Arrival, count: int) -> list[dict[str, str]]:
    """Give what can be done with all that waits of a series, or with what was settled."""
    if one.settled_at is not None:
        offered = [_verb(rights, "intake.bring_back_arrivals", "Bring back", one, "back")]
    else:
        words = "Set aside" if count == 1 else f"Set all {count} aside"
        offered = [
            _verb(rights, "intake.start_arrival", "Start a test", one, "start"),
            _verb(rights, "intake.set_aside_arrivals", words, one, "aside"),
        ]
    return [link for link in offered if link]


def _outcome(one: Arrival) -> list[list[Any]]:
    """Say what became of an object that no longer waits."""
    if one.settled_at is None or one.settled_by is None:
        return []
    words = f"{'Test started' if one.draft else 'Set aside'} by {one.settled_by}, {at_site(one.settled_at)}"
    why = f": {one.reason}" if one.reason else ""
    link = {"href": f"/drafts/{one.draft}/"} if one.draft else {}
    return [["Outcome", {"text": f"{words}{why}", **link}]]


def _facts(one: Arrival, count: int = 1) -> list[list[Any]]:
    """Give what an object says of itself, who sent it, and whose it seems to be: what a person decides by."""
    whose = sources([one])[one.pk]
    device: dict[str, str] = {"text": _sentence(whose.reason)}
    if whose.device is not None:
        words = f"{whose.device.asset}, {whose.device.model}: {whose.reason}"
        device = {"text": words, "href": f"/devices/{whose.device.uuid}/"}
    rows: list[list[Any]] = [
        ["What", ", ".join(part for part in (_what(one), one.image_type.lower()) if part)],
        ["Made", at_site(one.acquired_at) if one.acquired_at else "It does not say when."],
        ["Made by", _maker(one) or "It does not say by what."],
        ["Sent by", f"AE title {one.caller}, address {one.address}"],
        ["Arrived", at_site(one.received_at)],
        ["Device", device],
        ["Remarks", _remarks(one)],
        ["Series", f"{count} objects wait; a test of several files takes them all." if count > 1 else ""],
        ["Patient", "It names a patient, who is not shown here." if one.names_patient else ""],
    ]
    return [row for row in rows if row[1]]


@require_GET
@signed_in
def settled_page(request: HttpRequest) -> HttpResponse:
    """List what was started or set aside, the newest first."""
    rights = activities_of(person_of(request))
    cells = [
        [
            {"text": _what(one), "sub": _about(one)},
            {"text": "Test started", "href": f"/drafts/{one.draft}/"} if one.draft else "Set aside",
            one.reason,
            one.settled_by.display_name if one.settled_by else "",
            {"at": one.settled_at},
            _verb(rights, "intake.bring_back_arrivals", "Bring back", one, "back"),
        ]
        for one in arrivals.settled(most=PAGE)
    ]
    words = ("What", "Outcome", "Why", "By", "When", "Otherwise")
    return show(
        request,
        "listing.html",
        title="Settled images",
        heading="Settled images",
        crumb=CRUMB,
        table={**table(cells, "Nothing was settled yet.", *words), "caption": f"The last {PAGE}"},
    )


@require_GET
@signed_in
def names_page(request: HttpRequest) -> HttpResponse:
    """List the station names and AE titles of which somebody said whose they are."""
    may_forget = "intake.forget_source" in activities_of(person_of(request))
    cells = [
        [
            one.key,
            one.get_kind_display(),
            {"text": one.device.asset, "href": f"/devices/{one.device.uuid}/"},
            one.said_by.display_name,
            {"at": one.said_at},
            {"text": "Forget", "href": f"/arrived/names/{one.uuid}/forget/"} if may_forget else "",
        ]
        for one in arrivals.source_names()
    ]
    words = ("Name", "Kind", "Device", "Said by", "When", "Otherwise")
    empty = "No name is known. One is remembered when a test is started with an image of it."
    return show(
        request,
        "listing.html",
        title="Known senders",
        heading="Known senders",
        crumb=CRUMB,
        table={**table(cells, empty, *words), "caption": "Station names and AE titles"},
    )


@require_http_methods(["GET", "POST"])
@signed_in
def forget(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask once, and forget whose a name is."""

    def act(given: Any) -> str:
        actions.forget_source(by=person_of(request), source=uuid)
        return "/arrived/names/"

    found = next((one for one in arrivals.source_names() if one.uuid == uuid), None)
    if found is None:
        raise NotFound("nothing is said of this name")
    return asked_page(request, Asked(f"Forget whose {found} is?", (), act), crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def settle(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Start a test with an object, set it or its series aside, or bring it back."""
    found = arrivals.arrival_by_uuid(uuid)
    forms = {"start": _start, "aside": _aside, "aside-one": _aside_one, "back": _back}
    if verb not in forms:
        raise NotFound("there is nothing at this address")
    return asked_page(request, forms[verb](request, found), crumb=CRUMB)


def _start(request: HttpRequest, found: Arrival) -> Asked:
    whose, offered = sources([found])[found.pk], arrivals.proposals_of(found)
    first = next((one.procedure for one in offered if one.sure >= SURE), "")
    keys = list(dict.fromkeys([*(one.procedure for one in offered), *(key for key, _ in arrivals.readers())]))

    def act(given: Mapping[str, str]) -> str:
        draft = actions.start_arrival(
            by=person_of(request),
            device=equipment.device_by_scan(given["device"]),
            procedure=given["procedure"],
            arrival=found,
            reason=given["reason"],
            remember=given["remember"] == "yes",
        )
        return f"/drafts/{draft.uuid}/"

    tests = [(key, title(entry(key))) for key in keys]
    fields: tuple[Field, ...] = (
        {**DEVICE, "value": whose.device.asset if whose.device else ""},
        {
            **choice("procedure", "Test", tests),
            "help": " ".join(one.reason for one in offered),
            "value": first,
        },
        OTHER_SERIAL,
        {
            **choice(
                "remember", "Next time", [("yes", f"Propose this device for {_name(found)}")], needed=False
            ),
            "help": "From then on it is proposed to everybody, until it is forgotten under Known senders.",
        },
    )
    count = len(arrivals.series_of(found))
    return Asked("Start a test with this image", fields, act, facts=_facts(found, count))


def _name(one: Arrival) -> str:
    """Name what would be remembered: the station, or the sender where the object names none."""
    return f"station {one.station}" if one.station.strip() else f"AE title {one.caller}"


def _aside(request: HttpRequest, found: Arrival) -> Asked:
    rows = arrivals.series_of(found) or [found]

    def act(given: Mapping[str, str]) -> str:
        actions.set_aside_arrivals(by=person_of(request), arrivals=rows, reason=given["reason"])
        return "/arrived/"

    number = f" {len(rows)} objects" if len(rows) > 1 else ""
    return Asked(f"Set aside{number}", (ASIDE,), act, facts=_facts(found, len(rows)))


def _aside_one(request: HttpRequest, found: Arrival) -> Asked:
    def act(given: Mapping[str, str]) -> str:
        actions.set_aside_arrivals(by=person_of(request), arrivals=[found], reason=given["reason"])
        return "/arrived/"

    return Asked("Set this object aside", (ASIDE,), act, facts=_facts(found))


def _back(request: HttpRequest, found: Arrival) -> Asked:
    def act(given: Mapping[str, str]) -> str:
        actions.bring_back_arrivals(by=person_of(request), arrival=found, reason=given["reason"])
        return "/arrived/"

    return Asked("Bring back", (text("reason", "Why", long=True),), act, facts=_facts(found))


def _what(one: Arrival) -> str:
    """Say what an object is."""
    if one.read_at is None:
        return "Not read yet"
    name = one.kind.removesuffix(" Storage") or "Unreadable object"
    return f"{name}, {_size(one.size)}" if one.size else name


def _size(size: str) -> str:
    """Write frames, rows and columns as they are said: an image of so many pixels, or frames of them."""
    frames, _, pixels = size.partition(" x ")
    pixels = pixels.replace(" x ", " × ")
    return f"{pixels} pixels" if frames == "1" else f"{frames} frames of {pixels} pixels"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _made(one: Arrival) -> str:
    """Say when an object was made, which is not when it came."""
    return f"made {at_site(one.acquired_at)}" if one.acquired_at else "it does not say when it was made"


def _maker(one: Arrival) -> str:
    """Say what made an object, as far as it names it."""
    made = " ".join(part for part in (one.maker, one.model) if part)
    number = f"serial number {one.serial}" if one.serial else ""
    station = f"station {one.station}" if one.station else ""
    return ", ".join(part for part in (made, number, station) if part)


def _about(one: Arrival) -> str:
    """Say where an object comes from, and what the eye has to know of it."""
    if one.read_at is None:
        return f"sent by {one.caller}"
    parts = (_made(one), _maker(one), f"sent by {one.caller}", one.image_type.lower())
    return ", ".join(part for part in (*parts, "names a patient" if one.names_patient else "") if part)


def _remarks(one: Arrival) -> str:
    """Say what is odd about an object."""
    parts = [one.remark]
    if one.beside is not None:
        parts.append("an object of the same identifier with other content came before")
    if one.times > 1:
        parts.append(f"sent {one.times} times")
    return "; ".join(part for part in parts if part)


def _device(whose: Source) -> dict[str, str]:
    if whose.device is None:
        return {"text": "Not known", "sub": whose.reason}
    named = f"{whose.device.asset} {whose.device.model}"
    return {"text": named, "href": f"/devices/{whose.device.uuid}/", "sub": whose.reason}


def _procedure(one: Arrival) -> dict[str, str]:
    offered = arrivals.proposals_of(one)
    if not offered:
        return {"text": "None proposed", "sub": one.remark}
    words = title(entry(offered[0].procedure))
    return {"text": words if offered[0].sure >= SURE else f"Perhaps {words}", "sub": offered[0].reason}


def _verb(rights: frozenset[str], activity: str, words: str, one: Arrival, verb: str) -> Any:
    return {"text": words, "href": f"/arrived/{one.uuid}/{verb}/"} if activity in rights else ""
