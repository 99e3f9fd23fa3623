"""Monthly uniformity tests of the gamma cameras, on floods of known truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.people.models import Person
from kilter.department.records import actions
from kilter.department.records.models import Record
from kilter.interfaces.demo.rounds import Rounds, Visit
from kilter.interfaces.demo.staff import Staff, confirmation
from kilter.measure import reference_object

UNIFORMITY = "nuclear_medicine.uniformity"
EVERY = 28
"""Days between two tests of a camera."""

DIFFERENT = 6
"""Floods of a camera that differ; more would be more of the same noise."""

COUNTERSIGNED_FROM = timedelta(days=75)
"""How long ago the department began to ask for a second signature on uniformity."""


@cache
def _flood(fault: str, seed: int) -> dict[str, object]:
    """Make and store a flood; give how a draft names it."""
    made = reference_object.make("flood", fault, seed).file
    kept = store.store(made.content, media_type="application/dicom")
    return {"name": made.name, "sha256": kept.sha256, "size": kept.size}


@dataclass
class CameraTests:
    """The cameras' tests; each camera has its own day in four weeks."""

    cameras: Sequence[Device]
    rounds: Rounds
    staff: Staff
    start: datetime
    days: int
    waiting: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Forget floods that another store held."""
        _flood.cache_clear()

    def fault(self, camera: int, day: int) -> str:
        """Say what a camera's flood shows: one drifts, one ends with a fault, one had few counts once."""
        left = (self.days - 1 - day) // EVERY
        if camera % 3 == 1 and left < 6:
            return "gradient"
        if camera % 3 == 2 and left == 0:
            return "hot_spot"
        return "low_counts" if camera % 3 == 1 and left == 9 else "none"

    def on(self, day: int) -> None:
        """Test the cameras whose day it is, in the morning."""
        for number, camera in enumerate(self.cameras):
            left = self.days - 1 - day
            if left % EVERY != (3 * number) % EVERY or day < 2:
                continue
            at = (self.start + timedelta(days=day)).replace(hour=7, minute=40, second=number, microsecond=0)
            person = self.staff.signers[number % len(self.staff.signers)]
            self._test(number, camera, day, at, person)

    def _test(self, number: int, camera: Device, day: int, at: datetime, person: Person) -> None:
        seed = 100 * (number + 1) + (day // EVERY) % DIFFERENT
        typed = {"uniformity": {"inputs": {"flood": _flood(self.fault(number, day), seed)}}}
        with clock.at(at + timedelta(minutes=15)):
            parted = self.rounds.sign_list([Visit(camera, UNIFORMITY, at, typed)], person, None)
        record = parted[0][0]
        if not record.countersign:
            return
        with clock.at(at + timedelta(minutes=15, microseconds=500)):
            self._countersign_earlier()
        if record.verdict in ("within", "recorded"):
            self.waiting.append(record)

    def _countersign_earlier(self) -> None:
        """Let the lead engineer countersign what has waited; the newest of each camera still waits."""
        for record in self.waiting:
            assert record.device is not None  # every test is a camera's
            actions.countersign(
                by=self.staff["lead"],
                device=record.device,
                procedure=record.procedure,
                record=record,
                confirmation=confirmation(self.staff["lead"]),
                remark="Seen together with the image.",
            )
        self.waiting.clear()
