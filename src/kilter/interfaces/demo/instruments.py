"""Safety testers and gamma cameras of the demonstration hospital, with their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kilter.department.equipment import actions
from kilter.department.equipment.actions.certificates import Quantity
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.interfaces.demo.catalogue import CAMERAS, TESTERS
from kilter.interfaces.demo.places import Places
from kilter.interfaces.demo.staff import SIGNERS

LABORATORY = "Northgate Calibration"
YEARLY = timedelta(days=360)
HOLDS = timedelta(days=395)
QUANTITIES = (
    Quantity(
        name="protective earth resistance", unit="ohm", correction=0.0, expanded_uncertainty=0.008, high=20.0
    ),
    Quantity(
        name="leakage current",
        unit="uA",
        correction=0.0,
        expanded_uncertainty=1.0,
        relative=2.0,
        high=10_000.0,
    ),
    Quantity(
        name="insulation resistance", unit="Mohm", correction=0.0, expanded_uncertainty=0.2, relative=3.0
    ),
)
EXPIRING_IN, EXPIRED_FOR = timedelta(days=18), timedelta(days=40)


def _register(
    by: Person, asset: str, serial: str, model: DeviceModel, place: Location
) -> Mapping[str, object]:
    return {"asset": asset, "serial": serial, "model": model, "location": place, "state": "in_service"}


def add_testers(
    by: Person, models: Mapping[tuple[str, str], DeviceModel], places: Places, now: datetime
) -> list[Device]:
    """Register a tester for each signer, and two more; give them their certificates over the years.

    The first one's certificate is about to end; that of the last but one has ended.

    Returns:
        The testers in the order of the signers; the two that nobody uses stand last.
    """
    number = len(SIGNERS) + 2
    rows = []
    for index in range(number):
        make = TESTERS[index % len(TESTERS)]
        model = models[make.maker, make.name]
        rows.append(_register(by, f"TI{index + 1:04d}", f"OS-{4100 + 37 * index}", model, places.workshop))
    start = clock.now()
    testers = actions.register_devices(by=by, rows=rows, reason="Going live: test instruments")
    for index, tester in enumerate(testers):
        last = now + EXPIRING_IN if index == 0 else now + timedelta(days=60 + 29 * index)
        if index == number - 2:
            last = now - EXPIRED_FOR
        _certify(by, tester, start, last)
    return testers


def _certify(by: Person, tester: Device, start: datetime, last: datetime) -> None:
    """Enter certificates back from the last one, each a little before the one before ran out."""
    begins = []
    begin = last - HOLDS
    while begin > start:
        begins.append(begin)
        begin -= YEARLY
    begins.append(min(begin, start))
    for number, begin in enumerate(reversed(begins), 1):
        with clock.at(max(begin, start)):
            actions.add_certificate(
                by=by,
                device=tester,
                number=f"NC-{begin.year % 100:02d}{tester.asset[2:]}-{number}",
                laboratory=LABORATORY,
                issued=begin - timedelta(days=3),
                valid_from=begin,
                valid_until=begin + HOLDS,
                coverage_factor=2.0,
                quantities=QUANTITIES,
            )


def add_cameras(
    by: Person, number: int, models: Mapping[tuple[str, str], DeviceModel], rooms: Sequence[Location]
) -> list[Device]:
    """Register gamma cameras."""
    rows = []
    for index in range(number):
        make = CAMERAS[index % len(CAMERAS)]
        model, room = models[make.maker, make.name], rooms[index % len(rooms)]
        row = _register(by, f"NM{index + 1:04d}", f"GC-{220 + 7 * index}", model, room)
        rows.append({**row, "year_of_manufacture": clock.now().year - 4 + index % 3})
    return actions.register_devices(by=by, rows=rows, reason="Going live: gamma cameras")
