"""Rows of a sheet beside the models of the register.

What a row leaves out, its model says; what it says otherwise refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kilter.department.equipment.models import DeviceModel
from kilter.measure.error import BadInput

SAID = {
    "kind": "kind",
    "class": "equipment_class",
    "applied_part": "applied_part",
    "power_cord": "power_cord",
}
"""What a row may say of its model beside the name, and the model's field."""

Name = tuple[str, str]


def fit(rows: Sequence[dict[str, Any]], reasons: dict[int, str], *, needs_column: bool) -> None:
    """Complete each row by its model, or add a reason why it will not do. One query.

    A model that the register has not is what the sheet's first row that says so says of it.

    Args:
        rows: as read; kind, class, applied part and power cord are put in where a row gives none.
        reasons: by number of row; refused rows are added.
        needs_column: whether the sheet says no kind at all.

    Raises:
        BadInput: the sheet says no kind, and the register has none of its models.
    """
    registered = _registered({(row["maker"], row["model"]) for row in rows})
    if needs_column and rows and not registered:
        raise BadInput("there is no column 'kind'", field="file", code="no_column")
    new: dict[Name, dict[str, tuple[str, int]]] = {}
    for row in rows:
        if (row["maker"], row["model"]) not in registered:
            said = new.setdefault((row["maker"], row["model"]), {})
            for name in SAID:
                if name in row["given"]:
                    said.setdefault(name, (row[name], row["row"]))
    for row in rows:
        key = (row["maker"], row["model"])
        reason = _beside(row, registered[key]) if key in registered else _among(row, new[key])
        if reason:
            reasons[row["row"]] = reason


def _registered(names: set[Name]) -> dict[Name, dict[str, str]]:
    """Give what the register says of those models that it has."""
    found = DeviceModel.objects.values_list("maker", "name", *SAID.values())
    return {
        (maker, name): dict(zip(SAID, stands, strict=True))
        for maker, name, *stands in found.iterator(chunk_size=5000)
        if (maker, name) in names
    }


def _beside(row: dict[str, Any], stands: dict[str, str]) -> str:
    """Complete a row by a model of the register; give why it will not do, "" where it will."""
    for name, value in stands.items():
        if name in row["given"] and row[name] != value:
            return f"{name}: {row['maker']} {row['model']} is entered with {name} {value}, not {row[name]}"
        row[name] = value
    return ""


def _among(row: dict[str, Any], said: dict[str, tuple[str, int]]) -> str:
    """Complete a row by what the sheet says of its model; give why it will not do, "" where it will."""
    if "kind" not in said:
        return f"kind: must be given; the register has no {row['maker']} {row['model']}"
    for name, (value, number) in said.items():
        if name in row["given"] and row[name] != value:
            return f"{name}: row {number} says {value} of {row['maker']} {row['model']}, not {row[name]}"
        row[name] = value
    return ""
