"""What a device's fields may hold, as one table, for registering, importing and editing alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models

from kilter.department.equipment.models import Contract, Device, DeviceModel, Location, Supplier
from kilter.department.ledger import clock
from kilter.department.ledger.texts import text
from kilter.measure.error import BadInput

Reader = Callable[[str, object], Any]

NOTES_MOST = 10_000
FIRST_YEAR = 1900
LIFE_MOST = 60
HOURS_MOST = 2000


def choice(name: str, given: object, choices: type[models.TextChoices]) -> str:
    """Read one of a few words.

    Raises:
        BadInput: it is none of them; the sentence lists them.
    """
    if not isinstance(given, str) or given not in choices.values:
        raise BadInput(f"{name}: must be one of {', '.join(choices.values)}", field=name)
    return given


def _text_up_to(most: int, *, needed: bool = False) -> Reader:
    """Make a reader of texts of a length."""
    return lambda name, given: text(name, given, most=most, needed=needed)


def read_day(name: str, given: object) -> date | None:
    """Read a day, or none."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given)
        except ValueError as problem:
            raise BadInput(f"{name}: must be a day such as 2026-03-29", field=name) from problem
    if isinstance(given, datetime) or not isinstance(given, date):
        raise BadInput(f"{name}: must be a day such as 2026-03-29", field=name)
    return given


def _year(name: str, given: object) -> int | None:
    """Read a year, or none."""
    if given is None or given == "":
        return None
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) == 4:
        given = int(given)
    last = clock.now().year + 1
    if isinstance(given, bool) or not isinstance(given, int) or not FIRST_YEAR <= given <= last:
        raise BadInput(f"{name}: must be a year from {FIRST_YEAR} to {last}", field=name)
    return given


def _life(name: str, given: object) -> int | None:
    """Read a length of life in years, or none."""
    if given is None or given == "":
        return None
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 2:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= LIFE_MOST:
        raise BadInput(f"{name}: must be a whole number from 1 to {LIFE_MOST}", field=name)
    return given


def _yes_or_no(name: str, given: object) -> bool | None:
    """Read yes or no, or nothing: then the model says it."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        given = {"yes": True, "no": False}.get(given.casefold(), given)
    if not isinstance(given, bool):
        raise BadInput(f"{name}: must be yes or no, or empty", field=name)
    return given


def _money(name: str, given: object) -> Decimal | None:
    """Read an amount with at most two decimals, or none."""
    if given is None or given == "":
        return None
    try:
        amount = Decimal(given) if isinstance(given, str | int | Decimal) else None
    except InvalidOperation:
        amount = None
    if amount is None or isinstance(given, bool) or not amount.is_finite():
        raise BadInput(f"{name}: must be an amount such as 1250.00", field=name)
    if not 0 <= amount < Decimal(10) ** 10 or amount != round(amount, 2):
        raise BadInput(f"{name}: must be an amount from 0, with at most two decimals", field=name)
    return round(amount, 2)


def _currency(name: str, given: object) -> str:
    """Read a currency by its three letters."""
    if not isinstance(given, str) or len(given) != 3 or not (given.isascii() and given.isupper()):
        raise BadInput(f"{name}: must be three capital letters such as GBP", field=name)
    return given


def _row(kind: type[models.Model], *, needed: bool = False) -> Reader:
    """Make a reader of rows of one kind."""

    def read(name: str, given: object) -> Any:
        """Read a row, or none where none is needed."""
        if given is None and not needed:
            return None
        if not isinstance(given, kind) or given.pk is None:
            raise BadInput(f"{name}: must be a {kind.__name__}", field=name)
        return given

    return read


FIELDS: dict[str, Reader] = {
    "asset": _text_up_to(40, needed=True),
    "serial": _text_up_to(80),
    "model": _row(DeviceModel, needed=True),
    "location": _row(Location),
    "parent": _row(Device),
    "purchased": read_day,
    "installed": read_day,
    "warranty_until": read_day,
    "year_of_manufacture": _year,
    "cost": _money,
    "currency": _currency,
    "owner": _text_up_to(120),
    "custodian": _text_up_to(120),
    "expected_life_years": _life,
    "holds_data": _yes_or_no,
    "udi": _text_up_to(200),
    "supplier": _text_up_to(120),
    "order_number": _text_up_to(60),
    "software_version": _text_up_to(60),
    "lot": _text_up_to(60),
    "made": read_day,
    "expires": read_day,
    "notes": _text_up_to(NOTES_MOST),
}
"""Every field that a person may set, and how it is read."""

BULK = frozenset(FIELDS) - {"asset", "serial", "udi", "parent"}
"""Fields that may be set on many devices at once; the others are a device's own."""

SEARCHED = frozenset({"asset", "serial", "model", "location"})
"""Fields whose words the search holds."""


def _needed_day(name: str, given: object) -> date:
    """Read a day that must be there."""
    day = read_day(name, given)
    if day is None:
        raise BadInput(f"{name}: must be given", field=name)
    return day


def _hours(name: str, given: object) -> int | None:
    """Read a number of whole hours, or none."""
    if given is None or given == "":
        return None
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 4:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= HOURS_MOST:
        raise BadInput(f"{name}: must be a whole number of hours from 1 to {HOURS_MOST}", field=name)
    return given


SUPPLIER: dict[str, Reader] = {
    "name": _text_up_to(120, needed=True),
    "account": _text_up_to(60),
    "phone": _text_up_to(60),
    "email": _text_up_to(200),
    "address": _text_up_to(500),
    "notes": _text_up_to(NOTES_MOST),
}
"""Every field of a supplier that a person may set, and how it is read."""

CONTRACT: dict[str, Reader] = {
    "supplier": _row(Supplier, needed=True),
    "number": _text_up_to(60, needed=True),
    "kind": lambda name, given: choice(name, given, Contract.Kind),
    "starts": _needed_day,
    "ends": _needed_day,
    "cost": _money,
    "currency": _currency,
    "response_hours": _hours,
    "repair_hours": _hours,
    "notes": _text_up_to(NOTES_MOST),
}
"""Every field of a contract that a person may set, and how it is read."""


def read_table(table: Mapping[str, Reader], given: Mapping[str, object], of: str) -> dict[str, Any]:
    """Read and check fields by a table of readers.

    Raises:
        BadInput: a field is unknown or wrong; `field` names it.
    """
    for name in given:
        if name not in table:
            raise BadInput(f"{name}: {of} has no such field that can be set", field=str(name))
    return {name: table[name](name, value) for name, value in given.items()}


def read_fields(given: Mapping[str, object]) -> dict[str, Any]:
    """Read and check fields.

    Raises:
        BadInput: a field is unknown or wrong; `field` names it.
    """
    return read_table(FIELDS, given, "a device")


def as_json(value: Any) -> Any:
    """Give a field's value as the history keeps it."""
    if isinstance(value, models.Model):
        return {"uuid": str(getattr(value, "uuid")), "shown": str(value)}  # noqa: B009 (every row here has one)
    if isinstance(value, date | Decimal):
        return str(value)
    return value
