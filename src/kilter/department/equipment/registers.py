"""The register as sheets: whole, so that it can be imported again, and the lists that regulations name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from kilter.department.equipment.fields import FIELDS
from kilter.department.equipment.lifecycle import BROUGHT_OVER, WORDS, State
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.equipment.queries import devices
from kilter.measure.error import BadInput, Fault

GONE = (State.DISPOSED, State.CANCELLED, State.RETURNED, State.ENTERED_IN_ERROR)
FLAGS = ("ionising", "lifting", "pressure")
STEPS = {"site": "site", "building": "building", "ward": "location", "room": "room"}
"""Kind of place to the column of an import."""
PLAIN = tuple(name for name in FIELDS if name not in ("model", "location", "parent"))
Cells = Callable[[Device, list[tuple[str, str]]], str]


@dataclass(frozen=True, slots=True)
class Regulation:
    """A list that a regulation asks for: which kinds stand on it, unless a model's flag says otherwise."""

    key: str
    title: str
    source: str
    read: str
    flag: str
    kinds: tuple[str, ...]

    def chosen(self) -> Q:
        """Give the condition on devices."""
        unsaid = Q(**{f"model__{self.flag}": None}, model__kind__in=self.kinds)
        return Q(**{f"model__{self.flag}": True}) | unsaid

    def lists(self, model: DeviceModel) -> bool:
        """Say whether the devices of a model stand on it."""
        said: bool | None = getattr(model, self.flag)
        return model.kind in self.kinds if said is None else said


@cache
def regulations() -> Mapping[str, Regulation]:
    """Give the lists that regulations name.

    Raises:
        Fault: the data file is not well formed.
    """
    rows = tomllib.loads(Path(__file__).with_name("regulations.toml").read_text(encoding="utf-8"))
    found = {}
    for key, row in rows.items():
        if set(row) != {"title", "source", "read", "flag", "kinds"} or row["flag"] not in FLAGS:
            raise Fault(f"regulations.toml: {key} is not well formed")
        found[key] = Regulation(key, **{**row, "kinds": tuple(row["kinds"])})
    return found


def _plain(name: str) -> Cells:
    """Give a reader of one field as text."""

    def cell(device: Device, way: list[tuple[str, str]]) -> str:
        """Give the field of a device."""
        value: Any = getattr(device, name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(value)

    return cell


def _step(kind: str) -> Cells:
    """Give a reader of the place of one kind on the way to a device."""
    return lambda device, way: next((name for name, of in way if of == kind), "")


_MODEL: dict[str, Cells] = {
    "maker": lambda device, way: device.model.maker,
    "model": lambda device, way: device.model.name,
    "kind": lambda device, way: device.model.kind,
    "class": lambda device, way: device.model.equipment_class,
    "applied_part": lambda device, way: device.model.applied_part,
    "power_cord": lambda device, way: device.model.power_cord,
}
_FULL: dict[str, Cells] = {
    **{name: _plain(name) for name in PLAIN},
    **_MODEL,
    **{column: _step(kind) for kind, column in STEPS.items()},
    "state": lambda device, way: device.state,
}
_BRIEF: dict[str, Cells] = {
    "manufacturer": _MODEL["maker"],
    "model": _MODEL["model"],
    "serial number": _plain("serial"),
    "asset number": _plain("asset"),
    "year of manufacture": _plain("year_of_manufacture"),
    "year of installation": lambda device, way: str(device.installed.year) if device.installed else "",
}
_PLACED: dict[str, Cells] = {
    **_BRIEF,
    "kind": lambda device, way: device.model.kind.replace("_", " "),
    "place": lambda device, way: " / ".join(name for name, _ in way),
    "owner": _plain("owner"),
    "state": lambda device, way: WORDS[State(device.state)],
}


def names() -> dict[str, str]:
    """List the sheets that can be written: key to title."""
    return {"full": "Whole register", **{key: one.title for key, one in regulations().items()}}


def sheet(key: str) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    """Give one of the sheets: its columns, and its rows by asset number as they are read.

    `full` has the columns of an import: taken in again it changes nothing. `irmer` has exactly what
    regulation 15 names. Devices that are gone stand only in the full one.

    Raises:
        BadInput: there is no such sheet.
    """
    if key == "full":
        rows = devices().filter(state__in=BROUGHT_OVER)
        return tuple(_FULL), _rows(rows, _FULL)
    if key not in regulations():
        raise BadInput(f"register: must be one of {', '.join(names())}", field="register")
    columns = _BRIEF if key == "irmer" else _PLACED
    rows = devices().filter(regulations()[key].chosen()).exclude(state__in=GONE)
    return tuple(columns), _rows(rows, columns)


def _rows(rows: QuerySet[Device], columns: Mapping[str, Cells]) -> Iterator[list[str]]:
    """Read devices piece by piece; the tree of places is read once."""
    places = {one.pk: one for one in Location.objects.all()}
    for device in rows.order_by("asset_key").iterator(chunk_size=2000):
        ids = device.location.ancestor_ids() if device.location else []
        way = [(places[pk].name, places[pk].kind) for pk in ids]
        yield [cell(device, way) for cell in columns.values()]
