"""The page behind a device's label: its status, what to do now, and a fault reported without an account."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.people.ward import ward_account
from kilter.department.status import queries as status
from kilter.department.status.spares import spares_for
from kilter.department.work import actions, queries
from kilter.department.work.course import WORDS, JobState
from kilter.interfaces.web.page import open_to_all, show
from kilter.measure.error import BadInput, KilterError, NotPermitted

LOOPBACK = ("127.0.0.0/8", "::1/128")
FIELDS: tuple[dict[str, Any], ...] = (
    {
        "name": "text",
        "label": "What is wrong",
        "type": "long_text",
        "required": True,
        "help": "Do not write a patient's name, number or date of birth.",
    },
    {
        "name": "unsafe",
        "label": "Could it harm somebody, or has it?",
        "type": "yes_no",
        "required": True,
        "help": "Yes takes the device out of use at once.",
    },
    {"name": "error_code", "label": "Code on its display", "type": "text"},
    {
        "name": "reporter",
        "label": "How we reach you",
        "type": "text",
        "help": "Your extension or bleep.",
    },
)


def address_of(request: HttpRequest) -> str:
    """Give the address a request came from; behind a proxy of ours, the one that the proxy itself saw.

    Raises:
        NotPermitted: the proxy does not say.
    """
    if not settings.KILTER.behind_proxy:
        return str(request.META.get("REMOTE_ADDR", ""))
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if not said:
        raise NotPermitted("the proxy does not say where this request came from")
    return said


def trusted(address: str) -> bool:
    """Say whether an address lies in a network from which wards may report."""
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(asked, "ipv4_mapped", None)
    asked = mapped or asked
    networks = settings.KILTER.report_networks or LOOPBACK
    return any(asked in ipaddress.ip_network(network) for network in networks)


@never_cache
@require_http_methods(["GET", "POST"])
@open_to_all
def report(request: HttpRequest, label: str) -> HttpResponse:
    """Show a device to whoever scans its label, and take the report of a fault."""
    address = address_of(request)
    if not trusted(address):
        raise NotPermitted("faults are reported from the hospital's own network: call the department")
    device = _device(label)
    given = {field["name"]: request.POST.get(field["name"], "") for field in FIELDS}
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            if given["unsafe"] not in ("yes", "no"):
                raise BadInput("say whether it could harm somebody", field="unsafe")
            unsafe = given.pop("unsafe") == "yes"
            by = ward_account()
            actions.report_from_ward(by=by, device=device, address=address, unsafe=unsafe, **given)
            return HttpResponseRedirect(f"/r/{quote(device.asset, safe='')}/?sent")
        except KilterError as error:
            given = {field["name"]: request.POST.get(field["name"], "") for field in FIELDS}
            faults = [{"field": error.field, "message": error.message}]
    return _page(request, device, given, faults)


def _device(label: str) -> Device:
    try:
        return equipment.device_by_uuid(UUID(label))
    except ValueError:
        return equipment.device_by_asset(label)


def _page(
    request: HttpRequest, device: Device, given: dict[str, str], faults: list[dict[str, str]]
) -> HttpResponse:
    """Render the page; of faults reported before it shows the state and never the words."""
    now = status.of(device)
    known = [
        {"at": job.opened_at, "text": f"A fault was reported; it is {WORDS[JobState(job.state)]}."}
        for job in queries.open_faults(device)
    ]
    spares = [{"text": f"{one.model}, {one.asset}", "place": str(one.location)} for one in spares_for(device)]
    wrong = {one["field"]: one["message"] for one in faults}
    fields = [{**f, "value": given[f["name"]], "error": wrong.get(f["name"])} for f in FIELDS]
    return show(
        request,
        "report.html",
        422 if faults else 200,
        title=f"Report a fault: {device.asset}",
        heading=f"{device.model}, {device.asset}",
        status={"name": now.state, "usable": now.usable},
        call=settings.KILTER.report_call,
        known=known,
        spares=spares,
        fields=fields,
        faults=faults,
        sent="sent" in request.GET and not faults,
        form={"action": request.path},
    )
