"""Device models completed from what their makers declared (GUDID): a file looked at, then carried out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import actions
from kilter.department.equipment.gudid import Plan, plan
from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import files
from kilter.department.people.queries import activities_of
from kilter.formats.gudid import read_gudid
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in
from kilter.measure.error import BadInput, KilterError, NotPermitted

CRUMB = {"text": "Models", "href": "/models/"}
LARGEST = 64 << 20
LINES = 200
CHOICES: dict[str, tuple[str, Any]] = {
    "equipment_class": ("Protection against electric shock of those entered", DeviceModel.EquipmentClass),
    "applied_part": ("Applied part of those entered", DeviceModel.AppliedPart),
    "power_cord": ("Mains lead of those entered", DeviceModel.PowerCord),
}
OTHERS = (("leave", "Leave them out"), ("enter", "Enter them"))


def _may(request: HttpRequest) -> None:
    """Refuse who may not, before a file is kept or read."""
    if "equipment.import_gudid" not in activities_of(person_of(request)):
        raise NotPermitted("You may not complete models from a file.", field="by")


@require_http_methods(["GET", "POST"])
@signed_in
def start(request: HttpRequest) -> HttpResponse:
    """Take a file; it is kept once it can be read to its end."""
    _may(request)

    def act(typed: dict[str, str]) -> str:
        """Read it through and keep it."""
        sent = request.FILES.get("file")
        if sent is None or not sent.size:
            raise BadInput("file: choose a file", field="file")
        if sent.size > LARGEST:
            raise BadInput("file: larger than 64 MiB; use kilter import gudid", field="file")
        content = sent.read()
        for _ in read_gudid([content]):
            pass
        return f"/models/gudid/{files.store(content, media_type='application/xml').sha256}/"

    file: Field = {"name": "file", "label": "XML file of AccessGUDID", "type": "file", "required": True}
    intro = "What makers declared of their models, by device identifier. What was typed here stays as it is."
    heading = "Complete from GUDID"
    return form_page(request, heading, [file], act, crumb=CRUMB, button="Look at it", intro=intro)


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show what a file would complete, enter and say otherwise, or carry it out."""
    _may(request)
    content = files.read(sha256)
    faults: list[dict[str, str]] = []
    made = Plan()
    new = _new(request)
    maker = request.POST.get("maker", "").strip()
    try:
        made = plan(read_gudid([content]), new=new, maker=maker)
        if request.POST.get("act") == "complete":
            by, source = person_of(request), f"GUDID file {sha256[:12]}"
            actions.import_gudid(by=by, records=made.records, source=source, new=new, maker=maker)
            return HttpResponseRedirect("/models/")
    except KilterError as error:
        faults = [{"field": "", "message": error.message}]
    return show(
        request,
        "import_gudid.html",
        422 if faults else 200,
        title="Complete from GUDID",
        heading="Complete from GUDID",
        crumb=CRUMB,
        faults=faults,
        form={"action": request.get_full_path()},
        counts=[
            ["Devices in the file", str(made.devices)],
            ["Models that would be completed", str(len(made.completed))],
            ["Models that would be entered", str(len(made.entered))],
            ["Models to which nothing is added", str(made.same)],
            ["Not in the register, left out", str(made.absent)],
            ["Cannot be taken", str(made.unreadable)],
        ],
        changes=_changes(made),
        lines=made.lines[:LINES],
        fields=[{**one, "value": request.POST.get(one["name"], "")} for one in _fields()],
    )


def _new(request: HttpRequest) -> dict[str, str] | None:
    """Give what was said of models that are to be entered, None where they are left out."""
    if request.POST.get("others") != "enter":
        return None
    names = ("kind", *CHOICES)
    return {name: typed for name in names if (typed := request.POST.get(name, "").strip())}


def _fields() -> list[Field]:
    chosen = [choice_field(name, word, kinds.choices) for name, (word, kinds) in CHOICES.items()]
    hint = "Left empty: the first active GMDN term of each."
    return [
        choice_field("others", "Models that the register has not", OTHERS),
        text_field("maker", "Of makers in whose name this stands"),
        text_field("kind", "Kind of those entered", help_text=hint),
        *chosen,
    ]


def _changes(made: Plan) -> list[str]:
    """Say in a line each what would be done."""
    lines = []
    for model, fields, codes in made.completed[:LINES]:
        names = [name.replace("_", " ") for name in fields] + (["codes"] if codes is not None else [])
        lines.append(f"{model}: {', '.join(names)}")
    new = [f"new: {fields['maker']} {fields['name']}, {fields['kind']}" for fields, _ in made.entered[:LINES]]
    return [*lines, *new]
