"""How a device leaves for good: its wipe certificate and its disposal, as forms and on its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import actions, disposals, supplies
from kilter.department.equipment import queries as equipment
from kilter.department.equipment.actions.disposal import WIPED_IN
from kilter.department.equipment.lifecycle import State, verbs_from
from kilter.department.equipment.models import Device, Disposal, Wipe
from kilter.interfaces.web.asked import Asked, Field, asked_page, choice, chosen, text
from kilter.interfaces.web.page import person_of, signed_in

Given = Mapping[str, str]
DAY = "A day such as 2026-03-29."


def ways_out(device: Device) -> list[tuple[str, dict[str, str]]]:
    """Give the activities by which a device may leave from where it stands, with the links to their forms."""
    links = []
    if device.bears_data and device.state in WIPED_IN:
        link = {"text": "Wipe certificate", "href": f"/devices/{device.uuid}/wipe/"}
        links.append(("equipment.record_wipe", link))
    if "dispose" in verbs_from(device.state):
        links.append(("equipment.dispose", {"text": "Dispose", "href": f"/devices/{device.uuid}/dispose/"}))
    return links


def leaving(device: Device) -> list[list[Any]]:
    """Give what is known of a device's wiping and disposal; nothing is asked of one that is in use."""
    if device.state not in (*WIPED_IN, State.DISPOSED):
        return []
    rows: list[list[Any]] = [["Data wiped", str(one)] for one in disposals.wipes_of(device)]
    gone = disposals.disposal_of(device)
    if gone is not None:
        rows += [
            ["Disposed of", f"{gone}, {gone.left_on:%d %b %Y}"],
            ["Decontamination", f"{gone.get_decontamination_display()}: {gone.decontaminated_by}"],
        ]
        rows += [["Parts kept", gone.parts_kept]] if gone.parts_kept else []
    return rows


@require_http_methods(["GET", "POST"])
@signed_in
def wipe(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Record that the data of a device are gone."""
    device = equipment.device_by_uuid(uuid)
    papers = supplies.documents_of(device)
    fields: list[Field] = [
        choice("method", "How", Wipe.Method.choices),
        text("media", "Which media, with their serial numbers", long=True),
        text("done_by", "Done by", hint="A person or a company."),
        text("done_on", "Done on", hint=DAY),
        text("number", "Number of the certificate", needed=False),
    ]
    if papers:
        rows = [(one.uuid, one.title) for one in papers]
        fields.append(choice("document", "Certificate as attached", rows, needed=False))

    def carry_out(given: Given) -> str:
        typed = dict(given)
        named = typed.pop("document", "")
        document = chosen("document", named, papers) if named else None
        actions.record_wipe(by=person_of(request), device=device, document=document, **typed)
        return f"/devices/{device.uuid}/"

    return asked_page(request, Asked("Wipe certificate", fields, carry_out), crumb=_crumb(device))


@require_http_methods(["GET", "POST"])
@signed_in
def dispose(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Dispose of a condemned device."""
    device = equipment.device_by_uuid(uuid)
    fields: list[Field] = [
        choice("route", "Where it goes", Disposal.Route.choices),
        text("company", "Who takes it"),
        text("note_number", "Number of the transfer or delivery note"),
        text("left_on", "Left on", hint=DAY),
        choice("decontamination", "Decontamination", Disposal.Cleaned.choices),
        text("decontaminated_by", "By whom and how, or why not needed"),
        text("parts_kept", "Parts kept, and where", needed=False, long=True),
        text("reason", "Reason", long=True),
    ]

    def carry_out(given: Given) -> str:
        actions.dispose(by=person_of(request), device=device, **given)
        return f"/devices/{device.uuid}/"

    return asked_page(request, Asked("Dispose", fields, carry_out), crumb=_crumb(device))


def _crumb(device: Device) -> dict[str, str]:
    return {"text": str(device), "href": f"/devices/{device.uuid}/"}
