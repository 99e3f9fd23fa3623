"""The hazard register: entered, thought over again, withdrawn. Nothing said before is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.safety.models import Hazard, HazardVersion
from kilter.department.safety.risk import grade
from kilter.measure.error import BadInput, Conflict

TEXTS = {"name": 200, "sequence": 1000, "situation": 500, "harm": 500, "controls": 2000}
"""Texts of a hazard and how long they may be: hazard, sequence of events, situation, harm, controls."""
GRADED = ("severity_before", "probability_before", "severity_after", "probability_after")


@action("safety.add_hazard")
def add_hazard(
    *, by: Person, kind: str, fields: Mapping[str, object], reason: str, model: DeviceModel | None = None
) -> Hazard:
    """Enter a hazard of a kind of device, or of one model.

    Args:
        by: the acting person.
        kind: key of the kind of device, such as `infusion_pump`.
        fields: the texts of `TEXTS` and the grades of `GRADED`, all of them.
        reason: what made somebody think of it.
        model: the model, where the hazard is its alone; it must be of the kind.

    Raises:
        BadInput: a field is missing, unknown or wrong, no model is of this kind, or controls make it worse.
    """
    kind = read_text("kind", kind, most=60, needed=True)
    fits = model.kind == kind if model is not None else DeviceModel.objects.filter(kind=kind).exists()
    if not fits:
        raise BadInput("kind: no model in the register is of this kind", field="kind")
    read = _read(fields)
    hazard = Hazard.objects.create(kind=kind, model=model)
    _version(hazard, 1, read, reason, by)
    audit.write("safety.add_hazard", by=by, subject=hazard, detail={"kind": kind, "name": read["name"]})
    return hazard


@action("safety.revise_hazard")
def revise_hazard(
    *, by: Person, hazard: Hazard, version: int, fields: Mapping[str, object], reason: str
) -> HazardVersion:
    """Write what is thought of a hazard now, as its next version.

    Args:
        by: the acting person.
        hazard: the hazard.
        version: number of the version that was read.
        fields: as `add_hazard`, all of them.
        reason: why it is thought of otherwise.

    Raises:
        BadInput: a field is missing, unknown or wrong.
        Conflict: somebody wrote a version meanwhile.
    """
    newest = _newest(hazard, version)
    made = _version(hazard, newest.number + 1, _read(fields), reason, by)
    audit.write("safety.revise_hazard", by=by, subject=hazard, detail={"version": made.number})
    return made


@action("safety.withdraw_hazard")
def withdraw_hazard(*, by: Person, hazard: Hazard, version: int, reason: str) -> HazardVersion:
    """Withdraw a hazard: it is no longer listed, and can still be read with its versions.

    Raises:
        BadInput: the reason is missing.
        Conflict: somebody wrote a version meanwhile, or it is withdrawn.
    """
    newest = _newest(hazard, version)
    if newest.withdrawn:
        raise Conflict("the hazard was withdrawn before", field="hazard")
    same = {name: getattr(newest, name) for name in (*TEXTS, *GRADED)}
    made = _version(hazard, newest.number + 1, {**same, "withdrawn": True}, reason, by)
    audit.write("safety.withdraw_hazard", by=by, subject=hazard, detail={"version": made.number})
    return made


def _newest(hazard: Hazard, version: int) -> HazardVersion:
    """Lock a hazard and give its newest version, which must be the one that was read."""
    row = Hazard.objects.select_for_update(of=("self",)).get(pk=hazard.pk)
    newest = row.versions.order_by("-number")[0]
    if newest.number != version:
        raise Conflict("somebody wrote a version meanwhile; look at it again", field="version")
    return newest


def _read(fields: Mapping[str, object]) -> dict[str, Any]:
    """Read the fields of a version."""
    unknown = set(fields) - set(TEXTS) - set(GRADED)
    if unknown:
        name = sorted(unknown)[0]
        raise BadInput(f"{name}: a hazard has no such field", field=name)
    read: dict[str, Any] = {
        name: read_text(name, fields.get(name, ""), most=most, needed=name != "controls")
        for name, most in TEXTS.items()
    }
    read |= {name: grade(name, fields.get(name)) for name in GRADED}
    for what in ("severity", "probability"):
        if read[f"{what}_after"] > read[f"{what}_before"]:
            raise BadInput(f"{what}_after: controls do not make it worse", field=f"{what}_after")
    before = read["severity_before"], read["probability_before"]
    if not read["controls"] and (read["severity_after"], read["probability_after"]) != before:
        raise BadInput("controls: say what makes the risk smaller", field="controls")
    return read


def _version(hazard: Hazard, number: int, read: Mapping[str, Any], reason: str, by: Person) -> HazardVersion:
    words = read_text("reason", reason, most=500, needed=True)
    return HazardVersion.objects.create(
        hazard=hazard, number=number, reason=words, by=by, at=clock.now(), **read
    )
