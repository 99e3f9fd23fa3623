"""Faults of the last year: reported by the wards, seen to by the workshop, tested before they go back."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import exp
from pathlib import Path
from typing import Any

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.records import actions as records
from kilter.department.records.models import Record
from kilter.department.work import actions as work
from kilter.department.work.models import Job
from kilter.interfaces.demo.staff import SIGNERS, Staff, confirmation
from kilter.interfaces.demo.wear import AGEING

FILE = Path(__file__).with_name("faults.toml")
DAYS = 365
"""So many days before today the wards' reports begin; what came before was not brought over."""
RATE, MOST_FAULTS = 0.6, 320
"""Faults a year of a device that is `OLD`, and the most that are drawn in a year: each is some actions."""
OLD = 12.0
"""Years of age at which a device is sure to be taken where it is drawn; a younger one less often."""
EVENING = timedelta(hours=8)
"""After nine in the morning: later than the rounds are signed, for the chain stands in the order of time."""
CLOSES = 16
"""The hour from which nothing new is begun."""
PARTS = 0.35
"""Share of the repairs with a part that wait for it."""
TARGETS = (
    (1, 30, 8 * 60),
    (2, 2 * 60, 3 * 24 * 60),
    (3, 24 * 60, 14 * 24 * 60),
    (4, 3 * 24 * 60, 30 * 24 * 60),
)
"""Priority, minutes until an answer, minutes until it is solved."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: what is reported, how it ends, and what it takes."""

    share: int
    text: str
    outcome: str
    done: str
    minutes: int
    codes: tuple[str, str, str] | tuple[()] = ()
    part: bool = False
    unsafe: bool = False


@cache
def kinds() -> tuple[Kind, ...]:
    """Give every kind of fault, in the order of the file."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["fault"]
    return tuple(Kind(**{**row, "codes": tuple(row.get("codes", ()))}) for row in rows)


def set_targets(by: Person) -> None:
    """Say how soon each priority is answered and solved, by day and night."""
    for priority, respond, resolve in TARGETS:
        work.set_target(
            by=by, priority=priority, respond=respond, resolve=resolve, stops=["parts", "third_party"],
            reason="Agreed with the wards",
        )  # fmt: skip


Test = Callable[[Device, datetime, Person], list[Record]]
Free = Callable[[], tuple[Device, float] | None]


@dataclass
class Faults:
    """Plays the faults day by day.

    Attributes:
        rng: of its own, so that the tests of the years stay as they were drawn.
        staff: who reports and who repairs.
        start, days: the first day of the history, and how many there are.
        chance: of a fault on a day in the whole hospital.
        free: draws a device in service on which nothing is the matter, and its age in years.
        test: signs the safety test of a device by a person, and gives its records.
    """

    rng: Any
    staff: Staff
    start: datetime
    days: int
    chance: float
    free: Free
    test: Test
    later: dict[int, list[Callable[[datetime], None]]] = field(default_factory=lambda: defaultdict(list))
    repairs: list[tuple[Job, Kind, Person]] = field(default_factory=list)

    def on(self, day: int) -> None:
        """Play one day: what was put off to it, and what is reported on it."""
        morning = (self.start + timedelta(days=day)).replace(hour=9, minute=0, second=0, microsecond=0)
        for number, act in enumerate(self.later.pop(day, ())):
            act(morning + timedelta(minutes=7 * number))
        if day < self.days - DAYS:
            return
        for number in range(int(self.rng.poisson(self.chance))):
            with clock.at(morning):
                drawn = self.free()
            if drawn is not None and self.rng.random() < exp((drawn[1] - OLD) / AGEING):
                self._reported(day, morning + timedelta(hours=4, minutes=11 * number), drawn[0])
        self._repair(morning + EVENING)

    def _reported(self, day: int, at: datetime, device: Device) -> None:
        listed = kinds()
        shares = [one.share for one in listed]
        kind = listed[int(self.rng.choice(len(listed), p=[one / sum(shares) for one in shares]))]
        person = self.staff[SIGNERS[day % len(SIGNERS)]]
        with clock.at(at):
            ward = self.staff["ward"]
            job = work.report_fault(by=ward, device=device, text=kind.text, unsafe=kind.unsafe)
        answered = at + timedelta(minutes=int(self.rng.integers(10, 26 * 60 if not kind.unsafe else 40)))
        self._on(day, answered, lambda when: self._begin(when, job, kind, person))

    def _on(self, day: int, at: datetime, act: Callable[[datetime], None]) -> None:
        """Do something at an instant where it is in the hours of today, else on the morning after it."""
        its_day = (at.date() - self.start.date()).days + (at.hour >= CLOSES)
        if its_day <= day:
            act(at)
        elif its_day < self.days:
            self.later[its_day].append(act)

    def _begin(self, at: datetime, job: Job, kind: Kind, person: Person) -> None:
        day = (at - self.start).days
        with clock.at(at):
            if not kind.unsafe:
                priority = 2 if kind.outcome == "repaired" else 3
                lead = self.staff["lead"]
                work.triage_job(by=lead, job=job, priority=priority, reason="As reported")
            work.state_decontamination(by=person, job=job, answer="done")
            work.take_job(by=person, job=job)
        seen = at + timedelta(minutes=15)
        if kind.outcome != "repaired":
            self._end(seen, job, kind, person)
        elif kind.part and self.rng.random() < PARTS:
            with clock.at(seen):
                work.wait_job(by=person, job=job, waits_for="parts", reason="Ordered")
            come = seen + timedelta(days=int(self.rng.integers(2, 25)))
            self._on(day, come, lambda when: self._resumed(when, job, kind, person))
        else:
            self.repairs.append((job, kind, person))

    def _resumed(self, at: datetime, job: Job, kind: Kind, person: Person) -> None:
        with clock.at(at):
            work.resume_job(by=person, job=job, reason="The part has come")
        self.repairs.append((job, kind, person))

    def _repair(self, evening: datetime) -> None:
        """Repair what was seen on this day, one after the other, once the day's rounds are signed."""
        for number, (job, kind, person) in enumerate(self.repairs):
            self._repaired(evening + timedelta(minutes=5 * number), job, kind, person)
        self.repairs.clear()

    def _repaired(self, done: datetime, job: Job, kind: Kind, person: Person) -> None:
        """Repair it, test it, and return it where the test passes; where not, its job stays open."""
        with clock.at(done):
            work.log_labour(by=person, job=job, minutes=kind.minutes, text=kind.done)
            work.repair_job(by=person, job=job, text=kind.done)
        device = Device.objects.select_related("model", "location").get(pk=job.device_id)
        tested = self.test(device, done + timedelta(minutes=2), person)
        if any(record.verdict not in ("within", "recorded") for record in tested):
            return
        with clock.at(done + timedelta(minutes=3)):
            for hold in Hold.objects.filter(device=device, released_at=None, cause="fault"):
                words = "Repaired, tested and found safe"
                records.release(
                    by=person, device=device, hold=hold, text=words, confirmation=confirmation(person)
                )
        self._end(done + timedelta(minutes=4), job, kind, person)

    def _end(self, at: datetime, job: Job, kind: Kind, person: Person) -> None:
        failure, cause, done = kind.codes or ("", "", "")
        with clock.at(at):
            if kind.outcome != "repaired":
                work.log_labour(by=person, job=job, minutes=kind.minutes, text=kind.done)
            work.close_job(
                by=person, job=job, text=kind.done, outcome=kind.outcome,
                failure_code=failure, cause_code=cause, action_code=done,
            )  # fmt: skip
