"""Forms on a lot that is there: test, release, reject, move, put away, close, dispose; and booking ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from kilter.department.ledger import clock
from kilter.department.materials import actions, queries
from kilter.department.materials.actions.waste import Survey
from kilter.department.materials.custody import Second
from kilter.department.materials.models import Lot, PermitLimit
from kilter.department.materials.storage import containers
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, text
from kilter.interfaces.web.materials.arriving import lot_address, place_field, place_of, places, proposed
from kilter.interfaces.web.materials.cells import CRUMB, mbq, test_name
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
from kilter.interfaces.web.page import person_of
from kilter.measure.error import BadInput, NotFound
from kilter.measure.registry import Entry, entry
from kilter.measure.signature import Input
from kilter.measure.words import choice as choice_word
from kilter.measure.words import hint, label

NEVER_ASKED = ("limit", "library", "branching")
"""Inputs that a page leaves to the limits in force and to the procedure's own default."""

WAYS = [(one.value, one.label) for one in PermitLimit.Route if one != PermitLimit.Route.HOLDING]
REASON: Field = {"name": "reason", "label": "Reason", "type": "long_text", "required": True}


def lot_asked(request: HttpRequest) -> Lot:
    """Find the lot that an address names.

    Raises:
        NotFound: there is none.
    """
    try:
        return queries.lot_by_uuid(UUID(request.GET.get("lot", "")))
    except ValueError:
        raise NotFound("there is no such lot", field="lot") from None


def _crumb(lot: Lot) -> Mapping[str, str]:
    return {"text": lot.label, "href": lot_address(lot)}


def test(request: HttpRequest) -> HttpResponse:
    """Test a lot; where its product has several tests, the address says which."""
    lot = lot_asked(request)
    rules = queries.rules_of(lot.product)
    wanted = request.GET.get("test", "") or (rules[0].test if rules else "")
    rule = next((one for one in rules if one.test == wanted), None)
    if rule is None:
        raise NotFound(f"{lot.label} has no such test", field="procedure")
    listed, fixed = entry(rule.test), set(rule.fixed)
    asked = [one for one in listed.signature.inputs if one.name not in fixed | set(NEVER_ASKED)]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.run_test(
            by=person_of(request),
            lot=lot,
            procedure=rule.test,
            inputs={one.name: given[one.name] for one in asked if given[one.name]},
            confirmation=mine,
        )
        return lot_address(lot)

    fields = [_input_field(listed, one) for one in asked]
    form = LinkForm(
        f"Test {lot.label}: {test_name(rule.test)}",
        "I measured this. A result outside its limits rejects the lot for good.",
        [{**fields[0], "autofocus": True}, *fields[1:]],
        act,
    )
    return link_page(request, form, crumb=_crumb(lot))


def _input_field(listed: Entry, one: Input) -> Field:
    made: Field = {
        "name": one.name,
        "label": label(listed, one.name),
        "type": "quantity" if one.type == "quantity" else "text",
        "required": one.required,
        "help": hint(listed, one.name),
        "unit": one.unit,
    }
    if one.choices:
        options = [{"value": value, "label": choice_word(listed, value)} for value in one.choices]
        made |= {"type": "choice", "options": options}
    return made


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
        table=tests_table(lot),
    )
    return link_page(request, form, crumb=_crumb(lot))


def tests_table(lot: Lot) -> dict[str, Any]:
    """Give the tests of a lot as a table."""
    rows: list[list[Any]] = []
    for one in queries.tests_of(lot):
        verdict = {
            "verdict": "within" if one.passed else "suspension",
            "word": "passed" if one.passed else "failed",
        }
        name = {"text": test_name(one.test), "href": f"/records/{one.record.uuid}/"}
        rows.append([name, verdict, {"at": one.at}, one.by.display_name])
    words = ("Test", "Result", "When", "By")
    return {
        "caption": "Tests",
        "columns": [{"word": word} for word in words],
        "rows": rows,
        "empty": {"text": "No test is made yet."},
    }


def reject(request: HttpRequest) -> HttpResponse:
    """Reject a lot for good."""
    lot = lot_asked(request)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.reject(by=person_of(request), lot=lot, reason=given["reason"], confirmation=mine)
        return lot_address(lot)

    meaning = "Nothing may ever be taken from this lot again, nor from what came of it."
    form = LinkForm(f"Reject {lot.label}", meaning, [REASON], act)
    return link_page(request, form, crumb=_crumb(lot))


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
    return link_page(request, form, crumb=_crumb(lot))


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
    return link_page(request, form, crumb=_crumb(lot))


def dispose(request: HttpRequest) -> HttpResponse:
    """Dispose of a lot or a closed container, with the survey made before it leaves."""
    lot = lot_asked(request)
    permits = queries.permits_at(clock.now())
    fields = [
        choice_field("route", "By which route", WAYS),
        choice_field(
            "permit", "Under which permit", [(one.number, str(one)) for one in permits], needed=False
        ),
        number_field("surface", "Dose rate at its surface, unshielded", "uSv/h", needed=True),
        number_field("background", "Dose rate of the background", "uSv/h", needed=True),
        text_field("remark", "Remark, such as the meter used"),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        survey = Survey(number("surface", given["surface"]), number("background", given["background"]))
        actions.dispose(
            by=person_of(request),
            lot=lot,
            route=given["route"],
            permit=queries.permit_by_number(given["permit"]) if given["permit"] else None,
            survey=survey,
            confirmation=mine,
            second=second,
            remark=given["remark"],
        )
        return "/materials/waste/"

    form = LinkForm(
        f"Dispose of {lot.label}",
        "It leaves the department by this route, and I surveyed it before.",
        fields,
        act,
        values={"permit": permits[0].number if len(permits) == 1 else ""},
        second=wants_second(lot.product, "dispose"),
        table=_leaving(lot),
    )
    return link_page(request, form, crumb=_crumb(lot))


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
