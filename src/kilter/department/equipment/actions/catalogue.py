"""Device models: entered once, edited as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kilter.department.equipment import search
from kilter.department.equipment.fields import LIFE_MOST, choice, read_day
from kilter.department.equipment.kinds import KIND
from kilter.department.equipment.models import Device, DeviceModel, ModelCode
from kilter.department.equipment.nomenclature import read_codes
from kilter.department.ledger import audit, outbox
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

TEXTS = {"maker": 120, "name": 120, "udi_di": 60, "brand": 120, "catalogue_number": 80}
CHOICES: dict[str, Any] = {
    "equipment_class": DeviceModel.EquipmentClass,
    "applied_part": DeviceModel.AppliedPart,
    "power_cord": DeviceModel.PowerCord,
}
MAY_LACK: dict[str, Any] = {
    "connector": DeviceModel.Connector,
    "laser_class": DeviceModel.LaserClass,
    "mri_safety": DeviceModel.MagneticResonance,
}
FLAGS = ("holds_data", "radioactive_source", "controlled_area")
MAY_BE_UNSAID = ("ionising", "lifting", "pressure", "single_use")
DAYS = ("support_ends", "security_support_ends", "distribution_ends")
ON_LABELS = ("lot", "serial", "made", "expires")
"""What a label may bear beside the device identifier, as the fields of a device."""


@action("equipment.add_model")
def add_model(*, by: Person, fields: Mapping[str, object]) -> DeviceModel:
    """Enter a device model.

    Args:
        by: the acting person.
        fields: maker, name, kind, equipment_class, applied_part and power_cord are needed; what else
            a `DeviceModel` holds may be given.

    Raises:
        BadInput: a field is unknown, wrong or missing; `field` names it.
        Conflict: the maker's model is entered already.
    """
    read = _read(fields)
    for name in ("maker", "name", "kind", *CHOICES):
        if name not in read:
            raise BadInput(f"{name}: must be given", field=name)
    _is_free(read["maker"], read["name"])
    model = DeviceModel.objects.create(**read)
    audit.write(
        "equipment.add_model", by=by, subject=model, detail={"maker": model.maker, "name": model.name}
    )
    return model


@action("equipment.edit_model")
def edit_model(*, by: Person, model: DeviceModel, changes: Mapping[str, object]) -> DeviceModel:
    """Change some fields of a device model; the search follows.

    Raises:
        BadInput: a field is unknown or wrong; `field` names it.
        Conflict: the maker's model of this name is entered already.
    """
    row = DeviceModel.objects.select_for_update().get(pk=model.pk)
    read = _read(changes)
    changed = {name: value for name, value in read.items() if getattr(row, name) != value}
    detail = {name: [str(getattr(row, name)), str(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    if {"maker", "name"} & set(changed):
        _is_free(row.maker, row.name)
    row.save()
    if {"maker", "name", "kind"} & set(changed):
        search.index(Device.objects.filter(model=row).values_list("pk", flat=True))
    audit.write("equipment.edit_model", by=by, subject=row, detail=detail)
    return row


def _read(given: Mapping[str, object]) -> dict[str, Any]:
    """Read and check fields of a model."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name in TEXTS:
            read[name] = text(name, value, most=TEXTS[name], needed=name in ("maker", "name"))
        elif name in CHOICES or name in MAY_LACK:
            read[name] = choice(name, value, CHOICES.get(name) or MAY_LACK[name])
        elif name == "kind":
            if not isinstance(value, str) or not KIND.fullmatch(value):
                raise BadInput("kind: must be a key such as infusion_pump", field="kind")
            read[name] = value
        elif name == "expected_life_years":
            whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LIFE_MOST
            if value is not None and not whole:
                raise BadInput(f"{name}: must be a whole number from 1 to {LIFE_MOST}", field=name)
            read[name] = value
        elif name in DAYS:
            read[name] = read_day(name, value)
        elif _is_of_its_type(name, value):
            read[name] = value
        else:
            raise BadInput(f"{name}: unknown, or not of its type", field=str(name))
    return read


def _is_of_its_type(name: str, value: object) -> bool:
    """Say whether a flag or the photo is what it must be."""
    if name in FLAGS:
        return isinstance(value, bool)
    if name in MAY_BE_UNSAID:
        return value is None or isinstance(value, bool)
    if name == "label_bears":
        return value is None or (isinstance(value, list) and set(value) <= set(ON_LABELS))
    return name == "photo" and (value is None or isinstance(value, StoredFile))


@action("equipment.set_model_codes")
def set_model_codes(
    *, by: Person, model: DeviceModel, codes: Sequence[tuple[str, str, str]]
) -> list[ModelCode]:
    """Say under which codes of nomenclatures a model stands; these stand in place of those before.

    Args:
        by: the acting person.
        model: the device model.
        codes: system, code and term of each; the term may be empty.

    Raises:
        BadInput: a system or code is missing or too long, comes twice, or there are too many.
    """
    read = read_codes(codes)
    row = DeviceModel.objects.select_for_update().get(pk=model.pk)
    before = [str(one) for one in row.codes.order_by("system", "code")]
    row.codes.all().delete()
    made = [ModelCode(model=row, system=key[0], code=key[1], term=term) for key, term in read.items()]
    ModelCode.objects.bulk_create(made)
    detail = {"before": before, "after": [str(one) for one in made]}
    audit.write("equipment.set_model_codes", by=by, subject=row, detail=detail, count=len(made))
    outbox.emit("equipment.codes_changed", {"model": row.pk})
    return made


def _is_free(maker: str, name: str) -> None:
    """Refuse a second model of a maker and a name."""
    if DeviceModel.objects.filter(maker=maker, name=name).exists():
        raise Conflict(f"{maker} {name} is entered already", field="name")
