"""The places of the demonstration hospital: sites, buildings, wards and rooms, as its devices need."""

from __future__ import annotations

from dataclasses import dataclass

from kilter.department.equipment import actions
from kilter.department.equipment.models import Location
from kilter.department.people.models import Person

SITES = ("Alderbrook General", "Marlowe Road", "St Ebba's", "Fenwick Park", "Harrow Gate", "Tollgate Lane")
BUILDINGS = ("Main Building", "East Wing", "Maternity", "Surgical Block")
WARDS = (
    "Intensive Care", "Emergency", "Theatres", "Neonatal Unit", "Coronary Care", "Respiratory", "Renal Unit",
    "Stroke Unit", "Day Surgery", "Endoscopy", "Oncology", "Paediatrics", "Orthopaedics", "Outpatients",
    "Elderly Care", "Labour Ward",
)  # fmt: skip
PER_WARD = 60
"""Devices that a ward holds, about."""


@dataclass
class Places:
    """Where devices stand: wards and rooms; the workshop, the store and nuclear medicine apart."""

    wards: list[Location]
    workshop: Location
    store: Location
    nuclear: list[Location]
    hot_lab: Location


def found(by: Person, devices: int) -> Places:
    """Add the tree of places for about so many devices."""
    wanted = max(4, min(devices // PER_WARD, len(SITES) * len(BUILDINGS) * len(WARDS)))
    wards: list[Location] = []
    main: Location | None = None
    for site_name in SITES:
        site = actions.add_location(by=by, name=site_name, kind="site")
        for building_name in BUILDINGS:
            building = actions.add_location(by=by, name=building_name, kind="building", parent=site)
            main = main or building
            wards += [
                actions.add_location(by=by, name=name, kind="ward", parent=building)
                for name in WARDS[: wanted - len(wards)]
            ]
            if len(wards) >= wanted:
                break
        if len(wards) >= wanted:
            break
    assert main is not None  # there is a first building
    rooms = [
        actions.add_location(by=by, name=f"Bay {number}", kind="room", parent=ward)
        for ward in wards[:12]
        for number in (1, 2)
    ]
    workshop = actions.add_location(by=by, name="Clinical Engineering", kind="ward", parent=main)
    store = actions.add_location(by=by, name="Equipment library", kind="room", parent=workshop)
    nuclear = actions.add_location(by=by, name="Nuclear Medicine", kind="ward", parent=main)
    cameras = [
        actions.add_location(by=by, name=f"Gamma camera {number}", kind="room", parent=nuclear)
        for number in (1, 2, 3)
    ]
    hot_lab = actions.add_location(by=by, name="Hot lab", kind="room", parent=nuclear)
    return Places([*wards, *rooms], workshop, store, cameras, hot_lab)
