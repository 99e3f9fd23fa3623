"""The devices of the demonstration hospital, registered as on going live and as they were bought after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from kilter.department.equipment import actions
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.interfaces.demo.catalogue import CAMERAS, TESTERS, Kind, Make, kinds
from kilter.interfaces.demo.places import Places

SHARE_BEFORE_GOING_LIVE = 0.8
"""Of the devices, how many were there when the department went live."""


REPEATED_SERIALS = 0.01
"""Share of devices that bear a serial which their maker has used before."""


@dataclass
class Bought:
    """One device as it came: its kind, the day on which it was installed, and whether it drifts."""

    device: Device
    kind: Kind | None
    installed: datetime


def add_models(by: Person) -> dict[tuple[str, str], DeviceModel]:
    """Enter the market's models; by maker and name."""
    found = {}
    listed = [
        (kind.key, one, kind.life, kind.key == "patient_monitor") for kind in kinds() for one in kind.models
    ]
    listed += [("gamma_camera", one, 12, True) for one in CAMERAS]
    listed += [("safety_tester", one, 10, False) for one in TESTERS]
    for key, one, life, data in listed:
        fields = {
            "maker": one.maker,
            "name": one.name,
            "kind": key,
            "equipment_class": one.equipment_class,
            "applied_part": one.applied_part,
            "power_cord": one.power_cord,
            "expected_life_years": life,
            "holds_data": data,
        }
        found[one.maker, one.name] = actions.add_model(by=by, fields=fields)
    return found


def plan(
    rng: np.random.Generator, number: int, start: datetime, now: datetime
) -> list[tuple[Kind, Make, datetime]]:
    """Draw kind, model and day of installation of every device, in the order in which they came."""
    listed = kinds()
    shares = np.array([kind.share for kind in listed], dtype=float)
    chosen = rng.choice(len(listed), size=number, p=shares / shares.sum())
    before = rng.random(number) < SHARE_BEFORE_GOING_LIVE
    ages = rng.beta(1.4, 1.8, size=number)
    since = rng.random(number)
    makes = rng.random(number)
    drawn = []
    for index in range(number):
        kind = listed[int(chosen[index])]
        make = kind.models[int(makes[index] ** 1.4 * len(kind.models))]
        if before[index]:
            installed = start - timedelta(days=int(ages[index] * kind.life * 365.25 * 1.2) + 1)
        else:
            installed = start + (now - start) * float(since[index])
        drawn.append((kind, make, installed.replace(hour=9, minute=0, second=0, microsecond=0)))
    drawn.sort(key=lambda one: one[2])
    return drawn


def fields_of(
    rng: np.random.Generator, number: int, kind: Kind, model: DeviceModel, installed: datetime, places: Places
) -> dict[str, Any]:
    """Give the fields of a device; now and then the serial is one that its maker gave to many."""
    day: date = installed.date()
    serial = f"{model.name[0]}{day.year % 100:02d}-{int(rng.integers(10_000, 99_999))}-{number % 97:02d}"
    if rng.random() < REPEATED_SERIALS:
        serial = f"{model.name[:3].upper()}-70007"
    return {
        "asset": f"ME{number:06d}",
        "serial": serial,
        "model": model,
        "location": places.wards[int(rng.integers(len(places.wards)))],
        "purchased": day - timedelta(days=int(rng.integers(14, 60))),
        "installed": day,
        "warranty_until": day + timedelta(days=730),
        "year_of_manufacture": day.year,
        "cost": f"{kind.cost * (0.9 + 0.2 * rng.random()):.2f}",
        "supplier": model.maker,
        "owner": "Clinical Engineering",
        "state": "in_service",
    }


def register(
    by: Person,
    rng: np.random.Generator,
    drawn: Sequence[tuple[Kind, Make, datetime]],
    models: Mapping[tuple[str, str], DeviceModel],
    places: Places,
    start: datetime,
    now: datetime,
) -> list[Bought]:
    """Register the devices: those from before at going live, the others month by month as they came."""
    batches: dict[datetime, list[tuple[int, Kind, Make, datetime]]] = {}
    for number, (kind, make, installed) in enumerate(drawn, 1):
        month = start if installed <= start else min(_month_after(installed), now - timedelta(hours=20))
        batches.setdefault(month, []).append((number, kind, make, installed))
    bought: list[Bought] = []
    for month, rows in sorted(batches.items(), key=lambda one: one[0]):
        given = [
            fields_of(rng, number, kind, models[make.maker, make.name], installed, places)
            for number, kind, make, installed in rows
        ]
        reason = (
            "Going live: the register used before" if month == start else "Delivered and accepted this month"
        )
        with clock.at(month):
            made = actions.register_devices(by=by, rows=given, reason=reason)
        bought += [Bought(one, row[1], row[3]) for one, row in zip(made, rows, strict=True)]
    return bought


def _month_after(instant: datetime) -> datetime:
    """Give the morning on which a month's deliveries are entered: the first of the next month."""
    year, month = (instant.year + 1, 1) if instant.month == 12 else (instant.year, instant.month + 1)
    return datetime(year, month, 1, 8, 0, tzinfo=UTC)
