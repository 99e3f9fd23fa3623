"""Years of safety tests, day by day in the order of time: done, missed, failed, repaired, given up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.records import actions
from kilter.department.records.actions.history import Past
from kilter.department.records.models import Record
from kilter.department.schedule import recompute as schedule
from kilter.interfaces.demo.cameras import CameraTests
from kilter.interfaces.demo.estate import Bought
from kilter.interfaces.demo.faults import Faults
from kilter.interfaces.demo.hot_lab import HotLab
from kilter.interfaces.demo.rounds import Rounds, Visit
from kilter.interfaces.demo.staff import AUTHORISED_FOR, SIGNERS, Staff, authorise, confirmation
from kilter.interfaces.demo.wear import (
    SAFETY,
    Bench,
    Condition,
    draw_fault,
    fails,
    new_condition,
)

YEAR = 365.25
LIST_LENGTH = 25
"""Visits that one person makes in a day, at most about."""

MISSED, LOST, GIVEN_UP, WAITING_FOR_PARTS = 0.05, 0.004, 0.12, 0.12
COMMIT_DAYS = 40
PLANNED_DAYS = 400
"""So many days before today the department begins to plan: a year of figures has dates that moved."""
LEGACY_CHUNK = 5000


@dataclass
class Course:
    """A device on its way through the years."""

    bought: Bought
    condition: Condition
    gone: bool = False

    @property
    def device(self) -> Device:
        """The device itself."""
        return self.bought.device


@dataclass
class Testers:
    """The safety testers in use; each person has one of their own."""

    devices: Sequence[Device]

    def of(self, person: Person) -> Device:
        """Give a person's tester."""
        return self.devices[SIGNERS.index(person.username)]


@dataclass
class History:
    """Plays the years; `agenda` holds who is to be tested on which day, counted from the start."""

    rng: np.random.Generator
    start: datetime
    now: datetime
    staff: Staff
    testers: Testers
    rounds: Rounds
    bench: Bench = field(default_factory=Bench)
    courses: list[Course] = field(default_factory=list)
    agenda: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    cameras: CameraTests | None = None
    hot_lab: HotLab | None = None
    faults: Faults | None = None
    aside: set[int] = field(default_factory=set)
    tested: set[int] = field(default_factory=set)
    planned: bool = False
    scenes: dict[int, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def days(self) -> int:
        """Days from the start until today, today left out."""
        return (self.now - self.start).days

    def take_over(self, bought: Sequence[Bought]) -> None:
        """Import the last test before going live of every device that had one, and plan the next."""
        lines: list[Past] = []
        for one in bought:
            assert one.kind is not None  # safety tests are planned for kinds of the market
            index = len(self.courses)
            condition = new_condition(self.rng, one.kind, one.device.model.equipment_class)
            self.courses.append(Course(one, condition))
            first = int((one.installed - self.start).days)
            if one.installed < self.start:
                ago = int(self.rng.integers(2, int(one.kind.months * 30.4)))
                ago = min(ago, (self.start - one.installed).days + 1)
                lines.append(Past(one.device, SAFETY, self.start - timedelta(days=ago), True, "Passed"))
                first = -ago
            self._plan(index, first)
        with clock.at(self.start + timedelta(hours=2)):
            for begin in range(0, len(lines), LEGACY_CHUNK):
                chunk = lines[begin : begin + LEGACY_CHUNK]
                actions.import_legacy(by=self.staff["head"], lines=chunk, source="The register used before")

    def _plan(self, index: int, last: int) -> None:
        """Plan the next routine test: early in its window, sometimes missed and late."""
        kind = self.courses[index].bought.kind
        assert kind is not None
        late = int(self.rng.integers(-24, 2))
        if self.rng.random() < MISSED:
            late = int(self.rng.integers(20, 170))
        self._put(max(last + round(kind.months * 30.44) + late, 1), index)

    def _put(self, day: int, index: int) -> None:
        weekday = (self.start + timedelta(days=day)).weekday()
        self.agenda[day + max(0, 7 - weekday if weekday > 4 else 0)].append(index)

    def play(self, say: Callable[[str], None]) -> None:
        """Play every day until yesterday; commits every few weeks and tells how far it is."""
        renewal = self.start + AUTHORISED_FOR - timedelta(days=14)
        for begin in range(0, self.days, COMMIT_DAYS):
            say(f"playing the years: {100 * begin // self.days} %, {self.rounds.sealed} records sealed")
            with transaction.atomic():
                for day in range(begin, min(begin + COMMIT_DAYS, self.days)):
                    today = self.start + timedelta(days=day)
                    if today >= renewal:
                        with clock.at(today):
                            authorise(self.staff, today)
                        renewal = today + AUTHORISED_FOR - timedelta(days=14)
                    if self.hot_lab is not None:
                        self.hot_lab.on(day)
                    if self.cameras is not None:
                        self.cameras.on(day)
                    for number, scene in enumerate(self.scenes.pop(day, ())):
                        with clock.at(today.replace(hour=13, minute=number)):
                            scene()
                    if listed := self.agenda.pop(day, None):
                        self._day(day, listed)
                    if self.faults is not None:
                        self.faults.on(day)
                self._keep_dates(min(begin + COMMIT_DAYS, self.days))

    def _keep_dates(self, day: int) -> None:
        """Let what was tested since the last time move its dates: each was in its window, or late."""
        if self.days - day > PLANNED_DAYS:
            return
        cameras = self.cameras.cameras if self.cameras is not None else ()
        touched = sorted(self.tested | {camera.pk for camera in cameras})
        with clock.at(self.start + timedelta(days=day)):
            schedule.recompute(touched if self.planned else None)
        self.planned = True
        self.tested.clear()

    def _day(self, day: int, listed: list[int]) -> None:
        morning = (self.start + timedelta(days=day)).replace(hour=8, minute=30, second=0, microsecond=0)
        present = [index for index in listed if not self._missing(index, day)]
        signers = self.staff.signers
        wanted = -(-len(present) // LIST_LENGTH)
        for turn in range(wanted):
            person = signers[(day + turn) % len(signers)]
            mine = present[turn * LIST_LENGTH : (turn + 1) * LIST_LENGTH]
            if turn >= len(signers) - 1:  # the last one takes what is left
                mine = present[turn * LIST_LENGTH :]
            self._round(day, morning, mine, person, turn)
            if turn >= len(signers) - 1:
                break

    def _missing(self, index: int, day: int) -> bool:
        """Say whether a device is gone; now and then one could not be located."""
        course = self.courses[index]
        if course.gone or course.device.pk in self.aside:
            return True
        if self.rng.random() > LOST or course.condition.fault:
            return False
        course.gone = True
        device, by = course.device, self.staff["tech"]
        with clock.at(self.start + timedelta(days=day, hours=8)):
            words = f"Looked for on {device.location} and in the equipment library, twice"
            actions.state(
                by=by,
                act="report_lost",
                text=words,
                confirmation=confirmation(by),
                device=device,
                arguments={"reason": words},
            )
        return True

    def _round(self, day: int, morning: datetime, mine: list[int], person: Person, turn: int) -> None:
        """Let one person test a list of devices and sign it in the afternoon."""
        visits = []
        step = timedelta(minutes=400 / max(len(mine), 1))
        for number, index in enumerate(mine):
            at = (morning + number * step).replace(microsecond=0)
            visits.append(self._visit(index, at))
        with clock.at(morning + timedelta(hours=8, minutes=turn)):
            parted = self.rounds.sign_list(visits, person, self.testers.of(person))
        self.tested.update(self.courses[index].device.pk for index in mine)
        for index, records in zip(mine, parted, strict=True):
            failed = any(record.verdict == "suspension" for record in records)
            with clock.at(morning + timedelta(hours=8, minutes=turn, seconds=30)):
                self._after(index, day, failed, person)

    def _visit(self, index: int, at: datetime) -> Visit:
        course = self.courses[index]
        kind, model = course.bought.kind, course.device.model
        assert kind is not None
        age = max(0.0, (at - course.bought.installed).days / YEAR)
        waiting = course.device.pk in self.rounds.waiting
        if not waiting and fails(self.rng, kind, age):
            course.condition.fault = draw_fault(self.rng, model.equipment_class)
        typed = self.bench.typed(self.rng, kind, model, course.condition, age)
        return Visit(course.device, SAFETY, at, typed)

    def _after(self, index: int, day: int, failed: bool, person: Person) -> None:
        course = self.courses[index]
        if not failed:
            if course.condition.fault:  # it was drawn to fail and has not: nothing is left to repair
                course.condition.fault = ""
            self._release(course.device, person)
            self._plan(index, day)
            return
        age = (self.start + timedelta(days=day) - course.bought.installed).days / YEAR
        kind = course.bought.kind
        assert kind is not None
        if age > kind.life and self.rng.random() < GIVEN_UP:
            self._give_up(course)
            return
        course.condition.fault, course.condition.repaired = "", age
        wait = (
            self.rng.integers(25, 90) if self.rng.random() < WAITING_FOR_PARTS else self.rng.integers(1, 12)
        )
        self._put(day + int(wait), index)

    def _release(self, device: Device, person: Person) -> None:
        """Return a device to use once its retest has passed: a person's signed word."""
        if device.pk not in self.held:
            return
        self.held.discard(device.pk)
        for hold in Hold.objects.filter(device=device, released_at=None, cause="failed_test"):
            actions.release(
                by=person,
                device=device,
                hold=hold,
                text="Repaired, tested and found safe",
                confirmation=confirmation(person),
            )

    def free(self, rng: np.random.Generator) -> tuple[Device, float] | None:
        """Draw a device; None where it is not in service now, or something is the matter with it already."""
        course = self.courses[int(rng.integers(len(self.courses)))]
        device, now = course.device, clock.now()
        if course.gone or course.condition.fault or device.pk in self.aside or course.bought.installed >= now:
            return None
        if Hold.objects.filter(device=device, released_at=None).exists():
            return None
        return device, (now - course.bought.installed).days / YEAR

    def after_repair(self, device: Device, at: datetime, person: Person) -> list[Record]:
        """Sign the safety test of a device that was repaired; its routine goes on as planned."""
        index = next(n for n, one in enumerate(self.courses) if one.device.pk == device.pk)
        visit = self._visit(index, at - timedelta(minutes=1))
        with clock.at(at):
            (found,) = self.rounds.sign_list([visit], person, self.testers.of(person))
        self.tested.add(device.pk)
        return found

    def _give_up(self, course: Course) -> None:
        course.gone = True
        by, words = self.staff["lead"], "Beyond its expected life and not worth repairing"
        actions.state(
            by=by,
            act="condemn",
            text=words,
            confirmation=confirmation(by),
            device=course.device,
            arguments={"reason": words},
        )

    @property
    def held(self) -> set[int]:
        """Row ids of devices that a failed test holds."""
        return self.rounds.held
