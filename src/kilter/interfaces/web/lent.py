"""Devices that are lent to us: listed by the day they go back, registered, returned by a signed statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import actions, lendings
from kilter.department.equipment import queries as equipment
from kilter.department.equipment.lifecycle import WORDS, State, verbs_from
from kilter.department.equipment.models import Device, Lending, LentReturn
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records import actions as records
from kilter.department.schedule.queries import today
from kilter.interfaces.web.forms import form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.register import device_fields, read_field
from kilter.interfaces.web.statements import statement_page
from kilter.interfaces.web.today import device_cell

CRUMB = {"text": "Lent to us", "href": "/lent/"}
TERMS = (
    ("lender", "Lent by"),
    ("agreement", "Agreement"),
    ("indemnity", "Indemnity"),
    ("due_back", "Due back (YYYY-MM-DD)"),
)
FROM_THE_LENDER = ("owner", "cost", "currency", "supplier", "order_number", "purchased", "warranty_until")
"""Fields of a device of our own that are not asked for here."""
MEANING = "This device goes back to its owner in the condition and as clean as I say."


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what is lent to us and has not gone back, the first due back first."""
    rows = [_row(one) for one in lendings.lent_to_us()]
    made = table(rows, "Nothing is lent to us.", "Device", "Lent by", "Due back", "State", "Terms")
    rights = activities_of(person_of(request))
    new = [{"text": "Register a device lent to us", "href": "/lent/new/"}]
    return show(
        request,
        "listing.html",
        title="Lent to us",
        heading="Lent to us",
        crumb={"text": "Devices", "href": "/devices/"},
        intro="Devices of others that are here; each enters service on a passing test of ours.",
        table={**made, "caption": "Devices lent to us"},
        actions=new if "equipment.register_lent_device" in rights else [],
    )


def _row(one: Lending) -> list[Any]:
    day, late = f"{one.due_back:%d %b %Y}", one.due_back < today()
    due: Any = {"verdict": "suspension", "word": f"was due {day}"} if late else day
    state = WORDS[State(one.device.state)]
    return [device_cell(one.device), one.lender, due, state, {"text": one.agreement, "sub": one.indemnity}]


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Register a device that is lent to us."""

    def act(typed: dict[str, str]) -> str:
        """Register what was typed; what was left empty is not given."""
        terms = {name: typed.pop(name) for name, _ in TERMS}
        fields = {name: read_field(name, text) for name, text in typed.items() if text or name == "model"}
        made = actions.register_lent_device(by=person_of(request), fields=fields, **terms)
        return f"/devices/{made.uuid}/"

    own = [field for field in device_fields() if field["name"] not in FROM_THE_LENDER]
    fields = [*(text_field(name, word, required=True) for name, word in TERMS), *own]
    return form_page(request, "Register a device lent to us", fields, act, crumb=CRUMB, button="Register")


@require_http_methods(["GET", "POST"])
@signed_in
def give_back(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Return a device to its owner, as a signed statement."""
    device = equipment.device_by_uuid(uuid)
    fields: tuple[dict[str, Any], ...] = (
        {
            "name": "decontamination",
            "label": "Decontamination",
            "type": "choice",
            "required": True,
            "options": [{"value": key, "label": words} for key, words in LentReturn.Cleaned.choices],
        },
        text_field("decontaminated_by", "By whom and how, or why not needed", required=True),
        text_field("condition", "Condition, and what goes with it", required=True, long=True),
        text_field("note_number", "Number of the delivery or collection note", required=True),
    )

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        records.state(
            by=person_of(request),
            act="return_lent_device",
            text=MEANING,
            confirmation=confirmation,
            device=device,
            arguments=dict(given),
        )
        return f"/devices/{device.uuid}/"

    crumb = {"text": f"{device.model}, {device.asset}", "href": f"/devices/{device.uuid}/"}
    return statement_page(request, "Return to its owner", MEANING, fields, carry_out, crumb=crumb)


def facts(found: Device) -> list[list[Any]]:
    """Give on which terms a device is lent to us, and how it went back, as facts of its page."""
    one = lendings.lending_of(found)
    if one is None:
        return []
    due = f"{one.lender}, due back {one.due_back:%d %b %Y}"
    rows: list[list[Any]] = [["Lent by", {"text": due, "href": "/lent/"}]]
    rows += [["Agreement", one.agreement], ["Indemnity", one.indemnity]]
    back = getattr(one, "returned", None)
    if back is not None:
        clean = f"{back.get_decontamination_display()}: {back.decontaminated_by}"
        rows += [["Went back", f"{back.at:%d %b %Y}, note {back.note_number}: {back.condition}"]]
        rows += [["Decontamination", clean]]
    return rows


def ways_back(found: Device) -> list[tuple[str, dict[str, str]]]:
    """Give the activity by which a device goes back to its owner, where it may now, with its form."""
    if "send_back" not in verbs_from(found.state) or not lendings.is_here(found):
        return []
    link = {"text": "Return to its owner", "href": f"/devices/{found.uuid}/give-back/"}
    return [("equipment.return_lent_device", link)]
