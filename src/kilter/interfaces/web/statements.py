"""Signed statements on pages: holds, restrictions, losses, returns; releases, countersignatures, reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.actions.holds import CAUSES
from kilter.department.equipment.lifecycle import verbs_from
from kilter.department.equipment.models import Device, Hold
from kilter.department.people.confirmation import Confirmation, confirm
from kilter.department.people.models import Person
from kilter.department.records import actions, queries
from kilter.interfaces.web.page import person_of, show, signed_in
from kilter.measure.error import BadInput, KilterError, NotFound


@dataclass(frozen=True)
class Form:
    """A statement as a form: its title, what it means, its fields, and when it is offered."""

    title: str
    meaning: str
    fields: tuple[dict[str, Any], ...]
    verb: str = ""

    def fits(self, device: Device) -> bool:
        """Say whether the device's course of life allows it now."""
        return not self.verb or self.verb in verbs_from(device.state)


_REASON = {"name": "reason", "label": "Reason", "type": "long_text", "required": True}
_BY_HAND = sorted((key for key in CAUSES if CAUSES[key].by_hand), key=lambda key: key != "statement")

OFFERED: dict[str, Form] = {
    "place_hold": Form(
        "Hold",
        "This device is not to be used until the hold is released.",
        (
            {
                "name": "cause",
                "label": "Why",
                "type": "choice",
                "required": True,
                "options": [{"value": key, "label": CAUSES[key].words} for key in _BY_HAND],
            },
            {"name": "text", "label": "What is the matter", "type": "long_text", "required": True},
        ),
    ),
    "restrict": Form(
        "Restrict use",
        "This device may be used within these limits only, on my word, until that day.",
        (
            {"name": "limits", "label": "Within which limits", "type": "long_text", "required": True},
            _REASON,
            {
                "name": "expires",
                "label": "Until and including (YYYY-MM-DD)",
                "type": "text",
                "required": True,
            },
        ),
    ),
    "report_lost": Form(
        "Could not locate", "I looked for this device and did not find it.", (_REASON,), "report_lost"
    ),
    "report_found": Form(
        "Found again", "I have found this device; it is tested before use.", (_REASON,), "report_found"
    ),
    "withdraw": Form(
        "Take out of service", "This device is out of service from now on.", (_REASON,), "withdraw"
    ),
    "put_in_service": Form(
        "Put in service", "This device was accepted and tested and may be used.", (_REASON,), "put_in_service"
    ),
    "condemn": Form("Condemn", "This device is not to be used again.", (_REASON,), "condemn"),
}
"""Statements about a device that people make on its page, in the order of the page."""


def confirmed(request: HttpRequest, person: Person, *, prefix: str = "") -> Confirmation:
    """Check the PIN or password that a form carries.

    Raises:
        BadInput: neither was given.
        NotPermitted: it is wrong.
    """
    pin, password = request.POST.get(f"{prefix}pin", ""), request.POST.get(f"{prefix}password", "")
    if not pin and not password:
        raise BadInput("confirm with your PIN or password", field=f"{prefix}{means_of(person)}")
    if prefix and password.isdigit() and len(password) <= 12 and person.pin_hash:
        return confirm(person, pin=password)
    return confirm(person, pin=pin) if pin else confirm(person, password=password)


def means_of(person: Person) -> str:
    """Say how a person confirms: by PIN where one is set."""
    return "pin" if person.pin_hash else "password"


def sign_context(person: Person, meaning: str, button: str = "Sign") -> dict[str, Any]:
    """Give what the sign section of a page needs."""
    return {
        "by": person.display_name,
        "means": means_of(person),
        "meaning": meaning,
        "button": button,
        "second": None,
    }


def statement_page(
    request: HttpRequest,
    title: str,
    meaning: str,
    fields: tuple[Mapping[str, Any], ...],
    act: Callable[[Mapping[str, str], Confirmation], str],
    *,
    crumb: dict[str, str],
    table: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a statement's form, or carry it out: `act` takes the fields and gives the address to go on to.

    A `table`, where there is one, stands above the form: what the statement is about.
    """
    person, faults = person_of(request), []
    given = {field["name"]: request.POST.get(field["name"], "").strip() for field in fields}
    if request.method == "POST":
        try:
            missing = next((f for f in fields if f.get("required") and not given[f["name"]]), None)
            if missing is not None:
                raise BadInput(f"{missing['label']}: say it", field=missing["name"])
            _check_choices(fields, given)
            return HttpResponseRedirect(act(given, confirmed(request, person)))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    shown = [
        {**field, "value": "" if field["type"] == "secret" else given[field["name"]]} for field in fields
    ]
    return show(
        request,
        "statement.html",
        422 if faults else 200,
        title=title,
        heading=title,
        crumb=crumb,
        fields=shown,
        faults=faults,
        form={"action": request.get_full_path()},
        table=table,
        sign=sign_context(person, meaning),
    )


def _check_choices(fields: tuple[Mapping[str, Any], ...], given: Mapping[str, str]) -> None:
    """Refuse what the form does not offer: a rule's cause of a hold is no person's to give.

    Raises:
        BadInput: a choice is none of its options.
    """
    for field in fields:
        options = {option["value"] for option in field.get("options", ())}
        if options and given[field["name"]] not in options:
            raise BadInput(f"{field['label']}: choose one of those offered", field=field["name"])


def _crumb(device: Device) -> dict[str, str]:
    return {"text": f"{device.model}, {device.asset}", "href": f"/devices/{device.uuid}/"}


def _end_of(day: str) -> datetime:
    try:
        first = datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time())  # noqa: DTZ007  (a day at the site)
        end = first + timedelta(days=1)
    except (ValueError, OverflowError):
        raise BadInput("write the day as YYYY-MM-DD", field="expires") from None
    return end.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))


@require_http_methods(["GET", "POST"])
@signed_in
def state(request: HttpRequest, uuid: UUID, act: str) -> HttpResponse:
    """Make a signed statement about a device."""
    device = equipment.device_by_uuid(uuid)
    if act not in OFFERED:
        raise NotFound("there is no such statement")
    form = OFFERED[act]

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        arguments: dict[str, Any] = dict(given)
        if "expires" in arguments:
            arguments["expires"] = _end_of(arguments["expires"])
        text = given.get("text") or given.get("reason") or given.get("limits") or form.meaning
        actions.state(
            by=person_of(request),
            act=act,
            text=text,
            confirmation=confirmation,
            device=device,
            arguments=arguments,
        )
        return f"/devices/{device.uuid}/"

    return statement_page(request, form.title, form.meaning, form.fields, carry_out, crumb=_crumb(device))


@require_http_methods(["GET", "POST"])
@signed_in
def release(request: HttpRequest, uuid: UUID, hold: UUID) -> HttpResponse:
    """Release a hold."""
    device = equipment.device_by_uuid(uuid)
    row = Hold.objects.filter(uuid=hold, device=device).first()
    if row is None:
        raise NotFound("there is no such hold")

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        actions.release(
            by=person_of(request), device=device, hold=row, text=given["text"], confirmation=confirmation
        )
        return f"/devices/{device.uuid}/"

    fields = ({"name": "text", "label": "Why it may be used again", "type": "long_text", "required": True},)
    meaning = f"The hold “{row.text}” is released."
    return statement_page(request, "Release a hold", meaning, fields, carry_out, crumb=_crumb(device))


@require_http_methods(["GET", "POST"])
@signed_in
def countersign(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Countersign a record."""
    record = queries.record_by_uuid(uuid)
    device = record.device
    if device is None:
        raise NotFound("this record is of no device")

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        actions.countersign(
            by=person_of(request),
            device=device,
            procedure=record.procedure,
            record=record,
            confirmation=confirmation,
            remark=given["remark"],
        )
        return f"/records/{record.uuid}/"

    fields = ({"name": "remark", "label": "Remark", "type": "long_text"},)
    meaning = f"I have looked at record {record.number} and agree with it."
    return statement_page(request, "Countersign", meaning, fields, carry_out, crumb=_crumb(device))


@require_http_methods(["GET", "POST"])
@signed_in
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Review what was signed under a broken glass."""
    record = queries.record_by_uuid(uuid)

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        actions.review(
            by=person_of(request),
            record=record,
            confirmation=confirmation,
            finding=given["finding"],
            adverse=given["adverse"] == "yes",
        )
        return f"/records/{record.uuid}/"

    fields = (
        {"name": "finding", "label": "What the review found", "type": "long_text", "required": True},
        {
            "name": "adverse",
            "label": "May the device go on being used on this record?",
            "type": "choice",
            "required": True,
            "options": [
                {"value": "no", "label": "Yes: what was signed stands"},
                {"value": "yes", "label": "No: hold the device"},
            ],
        },
    )
    crumb = {"text": f"Record {record.number}", "href": f"/records/{record.uuid}/"}
    meaning = f"I have reviewed record {record.number}, signed on call."
    return statement_page(request, "Review", meaning, fields, carry_out, crumb=crumb)
