"""What makers declare of their models (GUDID) beside the register: what is completed, entered, or differs.

A model is known by its device identifier alone. What a person typed stays; where the maker says otherwise,
that is a line to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kilter.department.equipment.kinds import kind_of
from kilter.department.equipment.models import DeviceModel, ModelCode
from kilter.department.equipment.nomenclature import CODES_MOST
from kilter.formats.gudid import GmdnTerm, GudidDevice, GudidProblem
from kilter.measure.error import BadInput

SYSTEM = "GMDN"
MOST_NEW = 2_000
"""Models that one file may enter; a bulk file holds millions, of which a hospital has a few."""

NAME_MOST = 120
LINES_MOST = 10_000
TYPED = {"kind", "equipment_class", "applied_part", "power_cord"}
"""What a maker does not declare and a person says of the models that are entered."""

Code = tuple[str, str, str]


@dataclass
class Plan:
    """What a file would change, and a line for each thing to know.

    `completed` are models with the fields and the whole list of codes that they would have (None: as they
    are); `entered` the fields and codes of models that would be new. `absent` counts devices of which the
    register has no model and that are left out; `records` are the others: carried out, they come to the same.
    `same` counts models to which nothing is added.
    """

    completed: list[tuple[DeviceModel, dict[str, Any], list[Code] | None]] = field(default_factory=list)
    entered: list[tuple[dict[str, Any], list[Code]]] = field(default_factory=list)
    records: list[GudidDevice] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    devices: int = 0
    absent: int = 0
    same: int = 0
    unreadable: int = 0

    def say(self, line: str) -> None:
        """Add a line, up to a number."""
        if len(self.lines) < LINES_MOST:
            self.lines.append(line)
        elif len(self.lines) == LINES_MOST:
            self.lines.append("there are more lines than are listed")


def plan(
    records: Iterable[GudidDevice | GudidProblem], *, new: Mapping[str, str] | None = None, maker: str = ""
) -> Plan:
    """Say what a file would change. Three queries, however large it is.

    Args:
        records: as read.
        new: given where models that the register has not are to be entered: equipment_class, applied_part
            and power_cord of all of them, and kind, or else the kind is the first active GMDN term.
        maker: only models of makers in whose name this stands are entered.

    Raises:
        BadInput: the file cannot be read; more models would be entered than can be looked through; or `new`
            lacks a field or has another.
    """
    if new is not None and (set(new) - TYPED or TYPED - {"kind"} - set(new)):
        words = "class, applied part and power cord have to be said of models that are entered; a kind may be"
        raise BadInput(f"new: {words}", field="new")
    made, known = Plan(), _Known()
    for record in records:
        made.devices += 1
        if isinstance(record, GudidProblem):
            made.unreadable += 1
            made.say(f"device {record.number}: {record.reason}")
            continue
        if record.identifier in known.met:
            made.say(
                f"device {record.number}: {record.identifier} stands in the file twice; the first is taken"
            )
            continue
        known.met.add(record.identifier)
        models = known.models.get(record.identifier, [])
        if models:
            made.records.append(record)
            for model in models:
                _complete(made, model, record, known.codes.get(model.pk, []))
        elif new is not None and maker.casefold() in record.maker.casefold():
            _enter(made, record, known, new)
        else:
            made.absent += 1
        for other in record.others:
            for model in known.models.get(other, []):
                made.say(f"{model}: its identifier {other} is that of a package of {record.identifier}")
    return made


class _Known:
    """The models of the register that bear a device identifier, their codes, and every name that is taken."""

    def __init__(self) -> None:
        self.models: dict[str, list[DeviceModel]] = {}
        for model in DeviceModel.objects.exclude(udi_di="").order_by("maker", "name"):
            self.models.setdefault(model.udi_di, []).append(model)
        self.codes: dict[int, list[Code]] = {}
        rows = ModelCode.objects.exclude(model__udi_di="").order_by("system", "code")
        for pk, *code in rows.values_list("model_id", "system", "code", "term"):
            self.codes.setdefault(pk, []).append((code[0], code[1], code[2]))
        self.names = set(DeviceModel.objects.values_list("maker", "name"))
        self.met: set[str] = set()


def _declared(record: GudidDevice) -> dict[str, Any]:
    """Give what a maker declares, by the model's field; what is not declared is left out."""
    said = {
        "brand": record.brand,
        "catalogue_number": record.catalogue_number,
        "mri_safety": record.mri_safety,
        "single_use": record.single_use,
        "distribution_ends": record.distribution_ended,
        "label_bears": None if record.label is None else list(record.label),
    }
    return {name: value for name, value in said.items() if value not in ("", None)}


def _complete(made: Plan, model: DeviceModel, record: GudidDevice, codes: list[Code]) -> None:
    """Plan what a model lacks; say what it says otherwise."""
    changes: dict[str, Any] = {}
    for name, value in _declared(record).items():
        stands = getattr(model, name)
        if stands in ("", None):
            changes[name] = value
        elif stands != value:
            words = name.replace("_", " ")
            made.say(f"{model}: {words} is {_shown(stands)} here, {_shown(value)} as declared")
    _say_named(made, model, record)
    more = _more_codes(made, str(model), record.terms, codes)
    if len(codes) + len(more) > CODES_MOST:
        made.say(f"{model}: it would stand under more than {CODES_MOST} codes; none is added")
        more = []
    if changes or more:
        made.completed.append((model, changes, [*codes, *more] if more else None))
    else:
        made.same += 1


def _say_named(made: Plan, model: DeviceModel, record: GudidDevice) -> None:
    """Say where a model is declared by another maker, or under a name that its name here does not hold."""
    if record.maker and record.maker.casefold() != model.maker.casefold():
        made.say(f"{model}: maker is {model.maker!r} here, {record.maker!r} as declared")
    if record.model.casefold() not in model.name.casefold():
        made.say(f"{model}: name is {model.name!r} here, {record.model!r} as declared")


def _shown(value: Any) -> str:
    """Give a value as a line says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else repr(str(value))


def _more_codes(made: Plan, model: str, terms: Iterable[GmdnTerm], codes: list[Code]) -> list[Code]:
    """Give the active codes that a model has not; obsolete ones, and another term of one it has, are said."""
    have = {code: term for system, code, term in codes if system == SYSTEM}
    more: dict[str, Code] = {}
    for one in terms:
        if not one.code:
            continue
        if one.status and one.status != "Active":
            made.say(f"{model}: GMDN {one.code} is {one.status.lower()} and is not taken")
        elif one.code not in have:
            more.setdefault(one.code, (SYSTEM, one.code, one.term))
        elif have[one.code] and one.term and have[one.code] != one.term:
            made.say(f"{model}: GMDN {one.code} is {have[one.code]!r} here, {one.term!r} as declared")
    return list(more.values())


def _enter(made: Plan, record: GudidDevice, known: _Known, new: Mapping[str, str]) -> None:
    """Plan a new model, or say why it cannot be one."""
    name = record.model
    if record.brand and record.brand.casefold() not in name.casefold():
        name = f"{record.brand} {record.model}".strip()
    head = f"device {record.number}, {record.identifier}"
    active = next((one.term for one in record.terms if one.term and one.status in ("", "Active")), "")
    if len(name) > NAME_MOST:
        made.say(f"{head}: its name is longer than {NAME_MOST} characters; not entered")
    elif not record.maker or not name:
        made.say(f"{head}: it has no maker or no name; not entered")
    elif (record.maker, name) in known.names:
        made.say(f"{head}: the register has {record.maker} {name} without this identifier; not entered")
    elif not new.get("kind") and not active:
        made.say(f"{head}: no kind was said, and it has no GMDN term; not entered")
    else:
        fields = {
            "maker": record.maker,
            "name": name,
            "udi_di": record.identifier,
            **_declared(record),
            **new,
        }
        try:
            fields["kind"] = kind_of(new.get("kind") or active[:60])
        except BadInput as problem:
            made.say(f"{head}: {problem.message}; not entered")
            return
        if len(made.entered) == MOST_NEW:
            words = f"more than {MOST_NEW} models would be entered; name a maker"
            raise BadInput(f"new: {words}", field="new", code="too_many")
        known.names.add((record.maker, name))
        made.records.append(record)
        made.entered.append((fields, _more_codes(made, f"{record.maker} {name}", record.terms, [])))
