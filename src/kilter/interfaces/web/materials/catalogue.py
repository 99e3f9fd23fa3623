"""What a site sets up: products, which tests their lots have, permits; and bookings that are given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.materials import actions, queries
from kilter.department.materials.actions.catalogue import SECOND
from kilter.department.materials.actions.permits import Allowed
from kilter.department.materials.models import PermitLimit, Product, TestRule
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, day, decimal, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput
from kilter.measure.registry import entries
from kilter.measure.words import title

HOT_LAB = {"text": "Hot lab", "href": "/materials/"}
PRODUCTS = {"text": "Products", "href": "/materials/products/"}
SETTING_UP = (
    ("Enter a product", "/materials/products/new/", "materials.add_product"),
    ("Say which test a product has", "/materials/products/test/", "materials.set_test_rule"),
    ("Enter a permit", "/materials/permits/new/", "materials.add_permit"),
)
NUMBERS = (
    ("shelf_hours", "Shelf life, in h"),
    ("largest_activity", "Most activity of one lot, in MBq"),
    ("largest_volume", "Most volume of one lot, in mL"),
    ("dead_volume", "Volume that cannot be drawn, in mL"),
)
LIMIT = "route, nuclide or other or all, MBq, period, days"


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the products, and which tests their lots have."""
    rights = activities_of(person_of(request))
    cells: list[list[Any]] = []
    tests: list[list[Any]] = []
    for one in queries.products():
        second = ", ".join(word.replace("_", " ") for word in one.second_person) or "nothing"
        kind = one.get_kind_display() + (f", gives {one.gives.name}" if one.gives is not None else "")
        cells.append([{"text": one.name, "sub": one.key}, kind, one.nuclide or "none", _shelf(one), second])
        tests += [_rule_row(one, rule, "materials.end_test_rule" in rights) for rule in queries.rules_of(one)]
    made = table(
        cells, "No product is entered yet.", "Product", "Kind", "Nuclide", "Shelf life", "Two people"
    )
    words = ["Product", "Test", "When", "The product decides"]
    words += ["End"] if "materials.end_test_rule" in rights else []
    return show(
        request,
        "materials.html",
        title="Products",
        heading="Products and their tests",
        crumb=HOT_LAB,
        actions=[{"text": text, "href": href} for text, href, activity in SETTING_UP if activity in rights],
        parts=[
            {"kind": "table", "table": {**made, "caption": "Products"}},
            {
                "kind": "table",
                "table": {**table(tests, "No product has a test yet.", *words), "caption": "Tests of lots"},
            },
        ],
    )


def _shelf(one: Product) -> str:
    return f"{one.shelf_hours:g} h" if one.shelf_hours else "not said"


def _rule_row(one: Product, rule: TestRule, may_end: bool) -> list[Any]:
    known = entries().get(rule.test)
    name = title(known) if known is not None else rule.test
    when = rule.get_when_display() + (f", every {rule.every_hours:g} h" if rule.every_hours else "")
    fixed = ", ".join(f"{key} = {value}" for key, value in sorted(rule.fixed.items())) or "nothing"
    end = {"text": "End this test", "href": f"/materials/rules/{rule.pk}/end/"}
    return [one.name, name, when, fixed, *([end] if may_end else [])]


@require_http_methods(["GET", "POST"])
@signed_in
def new_product(request: HttpRequest) -> HttpResponse:
    """Enter a product."""
    known = queries.products()
    fields = (
        text("name", "Name"),
        text("key", "Short key", hint="Lower case letters, figures and _; it stays."),
        choice("kind", "Kind", Product.Kind.choices),
        text(
            "nuclide", "Nuclide", needed=False, hint="Of a generator the parent, of a kit the one it takes."
        ),
        choice("gives", "A generator gives", [(one.uuid, one.name) for one in known], needed=False),
        *(text(name, label, needed=False, hint="Empty: not said.") for name, label in NUMBERS),
        text("most_doses", "Most doses from one lot", needed=False),
        text("leak_test_days", "Days between two leak tests", needed=False),
        text("unit", "Counted in", needed=False, hint="Such as kit or bag."),
        text(
            "second_person", "Two people at", needed=False, hint=f"Any of {', '.join(SECOND)}; with commas."
        ),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        actions.add_product(
            by=person_of(request),
            key=given["key"],
            name=given["name"],
            kind=given["kind"],
            nuclide=given["nuclide"],
            gives=chosen("gives", given["gives"], known) if given["gives"] else None,
            unit=given["unit"],
            most_doses=whole("most_doses", given["most_doses"] or "0"),
            leak_test_days=whole("leak_test_days", given["leak_test_days"] or "0"),
            second_person=[one.strip() for one in given["second_person"].split(",") if one.strip()],
            figures={name: decimal(name, given[name]) for name, _ in NUMBERS if given[name]},
        )
        return PRODUCTS["href"]

    return asked_page(request, Asked("Enter a product", fields, carry_out), crumb=PRODUCTS)


@require_http_methods(["GET", "POST"])
@signed_in
def new_rule(request: HttpRequest) -> HttpResponse:
    """Say that lots of a product have a test."""
    known = queries.products()
    listed = [(key, title(one)) for key, one in sorted(entries().items()) if one.use == "equipment"]
    fields = (
        choice("product", "Product", [(one.uuid, one.name) for one in known]),
        choice("procedure", "Test", [pair for pair in listed if pair[0].startswith("nuclear_medicine.")]),
        choice("when", "When", TestRule.When.choices),
        text("every_hours", "Every, in h", needed=False, hint="Of a periodical test."),
        text(
            "fixed",
            "What the product decides",
            needed=False,
            long=True,
            hint="One input a line, such as product = MDP; nobody types it at the test then.",
        ),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        actions.set_test_rule(
            by=person_of(request),
            product=chosen("product", given["product"], known),
            procedure=given["procedure"],
            when=given["when"],
            every_hours=decimal("every_hours", given["every_hours"] or "0"),
            fixed=dict(_pair(line) for line in given["fixed"].splitlines() if line.strip()),
        )
        return PRODUCTS["href"]

    return asked_page(request, Asked("Say which test a product has", fields, carry_out), crumb=PRODUCTS)


def _pair(line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise BadInput("fixed: write each line as input = value", field="fixed")
    return name.strip(), value.strip()


@require_http_methods(["GET", "POST"])
@signed_in
def end_rule(request: HttpRequest, number: int) -> HttpResponse:
    """End the rule of a test."""
    rule = queries.rule_by_number(number)

    def carry_out(given: Mapping[str, str]) -> str:
        actions.end_test_rule(by=person_of(request), rule=rule, reason=given["reason"])
        return PRODUCTS["href"]

    form = Asked(f"End the test: {rule}", (text("reason", "Why"),), carry_out)
    return asked_page(request, form, crumb=PRODUCTS)


@require_http_methods(["GET", "POST"])
@signed_in
def new_permit(request: HttpRequest) -> HttpResponse:
    """Enter a permit with its limits."""
    routes = ", ".join(PermitLimit.Route.values)
    periods = ", ".join(PermitLimit.Period.values)
    fields = (
        text("number_of_permit", "Number"),
        text("authority", "Authority"),
        text("valid_from", "Valid from", hint="YYYY-MM-DD"),
        text("valid_until", "Last day", needed=False, hint="YYYY-MM-DD; empty: until it is replaced."),
        text(
            "limits",
            "Limits",
            long=True,
            hint=f"One a line: {LIMIT}. Routes: {routes}. Periods: {periods}; days only for rolling_days.",
        ),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        made = actions.add_permit(
            by=person_of(request),
            number_of_permit=given["number_of_permit"],
            authority=given["authority"],
            valid_from=_begin("valid_from", given["valid_from"]),
            valid_until=_begin("valid_until", given["valid_until"]) if given["valid_until"] else None,
            limits=[_limit(line) for line in given["limits"].splitlines() if line.strip()],
        )
        return f"/materials/permits/{made.uuid}/"

    form = Asked("Enter a permit", fields, carry_out)
    return asked_page(request, form, crumb={"text": "Waste and permits", "href": "/materials/waste/"})


def _begin(name: str, typed: str) -> datetime:
    read = day(name, typed)
    if read is None:
        raise BadInput(f"{name}: write the day as YYYY-MM-DD", field=name)
    return datetime.combine(read, time(), ZoneInfo(settings.SITE_ZONE))


def _limit(line: str) -> Allowed:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) not in (4, 5):
        raise BadInput(f"limits: write each line as {LIMIT}", field="limits")
    days = whole("limits", parts[4]) if len(parts) == 5 else 0
    return Allowed(parts[0], parts[1], decimal("limits", parts[2]), parts[3], days)


@require_http_methods(["GET", "POST"])
@signed_in
def cancel_booking(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give up a booking."""
    booking = queries.booking_by_uuid(uuid)
    crumb = {"text": "Morning planner", "href": "/materials/planner/"}

    def carry_out(given: Mapping[str, str]) -> str:
        actions.cancel_booking(by=person_of(request), booking=booking, reason=given["reason"])
        return crumb["href"]

    return asked_page(request, Asked(f"Cancel: {booking}", (text("reason", "Why"),), carry_out), crumb=crumb)
