"""Forms on a lot that is there: release, reject, move, put away, close, dispose; and booking ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from kilter.department.equipment.models import Device
from kilter.department.equipment.queries import instruments_in_calibration
from kilter.department.ledger import clock
from kilter.department.materials import actions, queries
from kilter.department.materials.custody import Second
from kilter.department.materials.models import WAYS_UNDER_PERMIT, Lot, PermitLimit
from kilter.department.materials.storage import containers
from kilter.department.materials.surveying import Survey
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, text
from kilter.interfaces.web.materials.arriving import lot_address, place_field, place_of, places, proposed
from kilter.interfaces.web.materials.cells import CRUMB, mbq
from kilter.interfaces.web.materials.links import (
    Field,
    Given,
    LinkForm,
    choice_field,
    link_page,
    moment,
    number,
    number_field,
    scan_field,
    text_field,
    wants_second,
)
from kilter.interfaces.web.materials.lots_asked import REASON, crumb_of, lot_asked
from kilter.interfaces.web.materials.testing import tests_table
from kilter.interfaces.web.page import person_of
from kilter.measure.error import BadInput

WAYS = [(one.value, one.label) for one in WAYS_UNDER_PERMIT]
CLEARED = PermitLimit.Route.CLEARED


def release(request: HttpRequest) -> HttpResponse:
    """Release a lot for use."""
    lot = lot_asked(request)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.release(by=person_of(request), lot=lot, confirmation=mine, remark=given["remark"])
        return lot_address(lot)

    form = LinkForm(
        f"Release {lot.label}",
        "I have looked at its tests and release this lot for use.",
        [text_field("remark", "Remark")],
        act,
        table=tests_table(lot, frozenset()),
    )
    return link_page(request, form, crumb=crumb_of(lot))


def reject(request: HttpRequest) -> HttpResponse:
    """Reject a lot; no test lifts what a person rejected."""
    lot = lot_asked(request)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.reject(by=person_of(request), lot=lot, reason=given["reason"], confirmation=mine)
        return lot_address(lot)

    meaning = "Nothing may ever be taken from this lot again, nor from what came of it."
    form = LinkForm(f"Reject {lot.label}", meaning, [REASON], act)
    return link_page(request, form, crumb=crumb_of(lot))


def move(request: HttpRequest) -> HttpResponse:
    """Move a lot to a place, or into somebody's keeping."""
    lot, where = lot_asked(request), places()
    people = list(Person.objects.filter(is_active=True).order_by("display_name"))
    fields = [
        place_field(where),
        choice_field(
            "custodian",
            "In the keeping of",
            [(str(one.uuid), one.display_name) for one in people],
            needed=False,
        ),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        keeper = chosen("custodian", given["custodian"], people) if given["custodian"] else None
        actions.move(
            by=person_of(request),
            lot=lot,
            location=place_of(given, where),
            custodian=keeper,
            confirmation=mine,
        )
        return lot_address(lot)

    form = LinkForm(f"Move {lot.label}", "It is now there, and in this keeping.", fields, act)
    return link_page(request, form, crumb=crumb_of(lot))


def open_container(request: HttpRequest) -> HttpResponse:
    """Open a waste container."""
    where = places()

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        made = actions.open_container(
            by=person_of(request),
            label=given["label"],
            location=place_of(given, where),
            confirmation=mine,
        )
        return lot_address(made)

    form = LinkForm(
        "Open a container",
        "This container is open for waste.",
        [scan_field("label", "Label (scan or keep)"), place_field(where)],
        act,
        values={"label": proposed(Lot.Kind.CONTAINER.value)},
    )
    return link_page(request, form, crumb={"text": "Waste", "href": "/materials/waste/"})


def put_in_container(request: HttpRequest) -> HttpResponse:
    """Put a lot into a container: both are scanned."""
    known = lot_asked(request) if request.GET.get("lot") else None
    now = clock.now()
    boxes = [one.container for one in containers(now) if one.container.sealed_at is None]
    open_ones = ", ".join(one.label for one in boxes) or "none; open one first"

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        lot = queries.lot_by_label(given["scanned"])
        box = queries.lot_by_label(given["container"])
        actions.put_in_container(by=person_of(request), lot=lot, container=box, confirmation=mine)
        return lot_address(box)

    fields = [
        scan_field("scanned", f"Scan what goes in{f' ({known.label})' if known else ''}"),
        scan_field("container", "Scan the container", autofocus=False, hint=f"Open now: {open_ones}."),
    ]
    form = LinkForm("Put into a container", "It lies in this container now.", fields, act)
    return link_page(request, form, crumb={"text": "Waste", "href": "/materials/waste/"})


def seal_container(request: HttpRequest) -> HttpResponse:
    """Close a container for good."""
    lot = lot_asked(request)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.seal_container(by=person_of(request), container=lot, confirmation=mine)
        return lot_address(lot)

    form = LinkForm(f"Close {lot.label}", "Nothing goes into this container from now on.", [], act)
    return link_page(request, form, crumb=crumb_of(lot))


def dispose(request: HttpRequest) -> HttpResponse:
    """Dispose of a lot or a closed container, with the survey made before it leaves."""
    lot = lot_asked(request)
    permits, instruments = queries.permits_at(clock.now()), _instruments()
    fields = [
        choice_field("route", "By which route", [*WAYS, (CLEARED.value, CLEARED.label)]),
        choice_field(
            "permit", "Under which permit", [(one.number, str(one)) for one in permits], needed=False
        ),
        *_survey_fields(instruments),
        text_field("remark", "Remark"),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        under = given["permit"] if given["route"] != CLEARED else ""
        actions.dispose(
            by=person_of(request),
            lot=lot,
            route=given["route"],
            permit=queries.permit_by_number(under) if under else None,
            survey=_survey(given, instruments),
            confirmation=mine,
            second=second,
            remark=given["remark"],
        )
        return "/materials/waste/"

    form = LinkForm(
        f"Dispose of {lot.label}",
        "It leaves the department by this route. What is written of a survey I measured, unshielded.",
        fields,
        act,
        values={"permit": permits[0].number if len(permits) == 1 else ""},
        second=wants_second(lot.product, "dispose"),
        table=_leaving(lot),
    )
    return link_page(request, form, crumb=crumb_of(lot))


def _instruments() -> list[Device]:
    return [one.device for one in instruments_in_calibration()]


def _survey_fields(instruments: list[Device]) -> list[Field]:
    """Give the fields of a survey: needed where it leaves as no longer radioactive, else as far as made."""
    options = [(str(one.uuid), f"{one.asset} {one.model}") for one in instruments]
    some = "With commas between: 0.10, 0.11, 0.10, 0.12, 0.11."
    return [
        number_field("surface", "Highest dose rate at its surface, unshielded", "uSv/h"),
        text_field("background", "Five readings of the background, in µSv/h", hint=some),
        choice_field("instrument", "Survey meter", options, needed=False, hint="Those in calibration."),
        number_field("resolution", "Step of its display", "uSv/h", hint="Left empty: 0.01."),
        number_field("wipe_counts", "Counts of a wipe in a minute", "1"),
        number_field("wipe_background", "Counts of its background in a minute", "1"),
    ]


def _survey(given: Given, instruments: list[Device]) -> Survey | None:
    """Read a survey; None where none was written down.

    Raises:
        BadInput: no instrument is named.
    """
    names = ("surface", "resolution", "wipe_counts", "wipe_background")
    readings: dict[str, Any] = {name: given[name] for name in names if given[name]}
    if given["background"]:
        readings["background"] = [one.strip() for one in given["background"].split(",")]
    if not readings:
        return None
    if not given["instrument"]:
        raise BadInput("instrument: say with which survey meter", field="instrument")
    return Survey(chosen("instrument", given["instrument"], instruments), readings)


def _leaving(lot: Lot) -> dict[str, Any] | None:
    """Give what would leave with a container now, by nuclide."""
    if lot.kind != Lot.Kind.CONTAINER:
        return None
    found = next((one for one in containers(clock.now()) if one.container.pk == lot.pk), None)
    rows = [[name, mbq(value)] for name, value in found.activities.items()] if found else []
    return {
        "caption": "Leaves with it now",
        "columns": [{"word": "Nuclide"}, {"word": "Activity"}],
        "rows": rows,
        "empty": {"text": "Nothing that is radioactive."},
    }


def book(request: HttpRequest) -> HttpResponse:
    """Book activity ahead."""
    fields = (
        {"name": "at", "label": "When", "type": "instant", "required": True},
        text("nuclide", "Nuclide, such as Tc-99m"),
        {"name": "activity", "label": "Activity", "type": "quantity", "unit": "MBq", "required": True},
        choice("route", "Leaves by", WAYS),
        text(
            "excreted", "Share that leaves, 0 to 1", hint="Of the activity given; 1 where nothing is known."
        ),
        text("words", "For what", needed=False),
    )

    def act(given: Mapping[str, str]) -> str:
        at = moment("at", given["at"])
        if at is None:
            raise BadInput("at: say when", field="at")
        actions.book(
            by=person_of(request),
            at=at,
            nuclide=given["nuclide"],
            activity=number("activity", given["activity"]),
            route=given["route"],
            excreted=number("excreted", given["excreted"]),
            words=given["words"],
        )
        return f"/materials/planner/?day={given['at'][:10]}"

    return asked_page(request, Asked("Book", fields, act), crumb=CRUMB)
