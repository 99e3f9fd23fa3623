"""Device models on pages: the list of them, and the form in which one is entered or edited with its codes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import actions, supplies
from kilter.department.equipment.models import DeviceModel
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import whole
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput

CRUMB = {"text": "Models", "href": "/models/"}
TEXTS = (
    ("maker", "Maker"),
    ("name", "Model"),
    ("kind", "Kind, as a key such as infusion_pump"),
    ("udi_di", "Device identifier of the UDI"),
    ("brand", "Brand"),
    ("catalogue_number", "Catalogue number"),
    ("expected_life_years", "Expected life in years"),
    ("support_ends", "Supported by its maker until (YYYY-MM-DD)"),
    ("security_support_ends", "Security updates until (YYYY-MM-DD)"),
    ("distribution_ends", "Sold by its maker until (YYYY-MM-DD)"),
)
NEEDED = ("maker", "name", "kind")
CHOICES: tuple[tuple[str, str, Any], ...] = (
    ("equipment_class", "Protection against electric shock", DeviceModel.EquipmentClass),
    ("applied_part", "Applied part", DeviceModel.AppliedPart),
    ("power_cord", "Mains lead", DeviceModel.PowerCord),
    ("connector", "Small-bore connector", DeviceModel.Connector),
    ("laser_class", "Laser", DeviceModel.LaserClass),
    ("mri_safety", "In the magnetic resonance environment", DeviceModel.MagneticResonance),
)
FLAGS = (
    ("holds_data", "Keeps patients' data"),
    ("radioactive_source", "Holds a radioactive source"),
    ("controlled_area", "Needs a controlled area"),
)
LISTED = (
    ("ionising", "On the inventory of ionising radiation"),
    ("lifting", "Lifting equipment"),
    ("pressure", "Pressure system"),
)
"""Where nothing is said, the kind decides."""
UNSAID = (*(name for name, _ in LISTED), "single_use")
"""What may be yes, no, or not said."""

YES_NO = (("yes", "yes"), ("no", "no"))


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List every device model by maker and name."""
    models = DeviceModel.objects.order_by("maker", "name")
    rows: list[list[Any]] = [
        [{"text": str(one), "href": f"/models/{one.uuid}/"}, one.kind.replace("_", " "), one.udi_di]
        for one in models
    ]
    offered = []
    if "equipment.add_model" in activities_of(person_of(request)):
        offered = [{"text": "Add a model", "href": "/models/new/"}]
    if "equipment.import_gudid" in activities_of(person_of(request)):
        offered.append({"text": "Complete from GUDID", "href": "/models/gudid/"})
    offered.append({"text": "Kinds and codes", "href": "/kinds/"})
    made = table(rows, "No model is entered yet.", "Model", "Kind", "UDI-DI")
    return show(
        request,
        "listing.html",
        title="Models",
        heading="Models",
        crumb={"text": "Devices", "href": "/devices/"},
        table={**made, "caption": "Device models"},
        actions=offered,
    )


def _fields() -> list[Field]:
    plain = [text_field(name, word, required=name in NEEDED) for name, word in TEXTS]
    chosen = [
        choice_field(
            name, word, [(value, label) for value, label in kinds.choices if value], required=index < 3
        )
        for index, (name, word, kinds) in enumerate(CHOICES)
    ]
    flags = [choice_field(name, word, YES_NO) for name, word in FLAGS]
    listed = [choice_field(name, f"{word}, where not by its kind", YES_NO) for name, word in LISTED]
    listed.append(choice_field("single_use", "For single use", YES_NO))
    codes = text_field(
        "codes", "Codes", long=True, help_text="One a line: nomenclature, code, term, parted by commas."
    )
    return [*plain, *chosen, *flags, *listed, codes]


def _read(typed: dict[str, str]) -> dict[str, object]:
    """Turn what was typed into the fields that the action takes."""
    fields: dict[str, object] = {name: typed[name] for name, _ in TEXTS if name != "expected_life_years"}
    years = typed["expected_life_years"]
    fields["expected_life_years"] = whole("expected_life_years", years) if years else None
    fields |= {name: typed[name] for name, _, _ in CHOICES}
    fields |= {name: _answer(name, typed[name]) or False for name, _ in FLAGS}
    return fields | {name: _answer(name, typed[name]) for name in UNSAID}


def _answer(name: str, typed: str) -> bool | None:
    if typed not in ("", "yes", "no"):
        raise BadInput(f"{name}: say yes or no", field=name)
    return typed == "yes" if typed else None


def read_codes(typed: str) -> list[tuple[str, str, str]]:
    """Read the codes, one a line; a comma within the term belongs to it."""
    codes = []
    for number, line in enumerate(typed.splitlines(), 1):
        parts = [part.strip() for part in line.split(",", 2)]
        if len(parts) == 1 and not parts[0]:
            continue
        if len(parts) < 2:
            raise BadInput(f"codes: line {number} needs a nomenclature, a comma and a code", field="codes")
        codes.append((parts[0], parts[1], parts[2] if len(parts) == 3 else ""))
    return codes


def _shown(found: DeviceModel) -> dict[str, str]:
    """Give a model as its form shows it."""
    names = [name for name, _ in TEXTS] + [name for name, _, _ in CHOICES]
    shown = {name: "" if getattr(found, name) is None else str(getattr(found, name)) for name in names}
    said = {True: "yes", False: "no", None: ""}
    flags = [name for name, _ in FLAGS]
    shown |= {name: said[getattr(found, name)] for name in (*flags, *UNSAID)}
    return shown | {"codes": "\n".join(_code_lines(found))}


def _code_lines(found: DeviceModel) -> list[str]:
    codes = sorted(found.codes.all(), key=lambda one: (one.system, one.code))
    return [", ".join(part for part in (one.system, one.code, one.term) if part) for one in codes]


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Enter a model, and its codes where any were typed."""

    def act(typed: dict[str, str]) -> str:
        """Enter both or neither."""
        codes = read_codes(typed["codes"])
        with transaction.atomic():
            made = actions.add_model(by=person_of(request), fields=_read(typed))
            if codes:
                actions.set_model_codes(by=person_of(request), model=made, codes=codes)
        return f"/models/{made.uuid}/"

    return form_page(request, "Add a model", _fields(), act, crumb=CRUMB, button="Add")


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Edit a model; only what differs from what the page showed is sent on."""
    found = supplies.model_by_uuid(uuid)
    shown = _shown(found)
    hidden = {f"was.{name}": value for name, value in shown.items()}

    def act(typed: dict[str, str]) -> str:
        """Change fields and codes, both or neither."""
        before = {name: request.POST.get(f"was.{name}", "") for name in typed}
        read = _read(typed)
        changes = {name: value for name, value in read.items() if typed[name] != before[name]}
        codes = read_codes(typed["codes"])
        with transaction.atomic():
            if changes:
                actions.edit_model(by=person_of(request), model=found, changes=changes)
            if codes != read_codes(before["codes"]):
                actions.set_model_codes(by=person_of(request), model=found, codes=codes)
        return f"/models/{found.uuid}/"

    crumb = {"text": str(found), "href": f"/models/{found.uuid}/"}
    return form_page(
        request, f"Edit {found}", _fields(), act, crumb=crumb, button="Save", values=shown, hidden=hidden
    )
