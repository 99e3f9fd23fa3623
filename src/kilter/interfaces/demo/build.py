"""Build the demonstration hospital: the same seed and instant give the same documents, to the byte."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from django.apps import apps
from django.db import connection, models

from kilter.department import reactions
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock, identity, outbox
from kilter.department.people.models import Person
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.models import ChainHead, Reading
from kilter.department.schedule import recompute as schedule
from kilter.department.status import queries as status
from kilter.interfaces.demo import estate, instruments, places, staff
from kilter.interfaces.demo.cameras import COUNTERSIGNED_FROM, UNIFORMITY, CameraTests
from kilter.interfaces.demo.catalogue import kinds
from kilter.interfaces.demo.faults import DAYS, MOST_FAULTS, RATE, Faults, set_targets
from kilter.interfaces.demo.history import History, Testers
from kilter.interfaces.demo.hot_lab import HotLab
from kilter.interfaces.demo.present import Present, sound
from kilter.interfaces.demo.rounds import Rounds
from kilter.interfaces.demo.staff import SIGNERS, Staff, confirmation
from kilter.interfaces.demo.wear import SAFETY
from kilter.measure.error import BadInput, Conflict

LEAST, MOST = 60, 500_000
YEARS_MOST = 20
BUILDING = {"journal_mode": "MEMORY", "synchronous": "OFF", "cache_size": "-1500000"}
"""How SQLite works during a build; the cache is in kibibytes, and a small build fills little of it."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: how much of it, the head of its chain, and how long it took."""

    devices: int
    records: int
    readings: int
    head: str
    seconds: float


def empty() -> bool:
    """Say whether there is nobody yet, so that a demo may be built."""
    return not Person.objects.exists()


def build(
    devices: int = 2000,
    years: int = 5,
    seed: int = 1,
    now: datetime | None = None,
    *,
    say: Say = lambda words: None,
) -> Built:
    """Build the whole hospital in an empty, migrated database.

    Args:
        devices: about how many; test instruments and gamma cameras come besides.
        years: of history.
        seed: of everything drawn.
        now: the instant at which the history ends; this second where None.
        say: told what is being done.

    Raises:
        BadInput: too few or too many devices or years, or a negative seed.
        Conflict: the department has people already.
    """
    if not LEAST <= devices <= MOST:
        raise BadInput(f"a demo has {LEAST} to {MOST} devices", field="devices")
    if not 1 <= years <= YEARS_MOST:
        raise BadInput(f"a demo has 1 to {YEARS_MOST} years of history", field="years")
    if seed < 0:
        raise BadInput("the seed is zero or more", field="seed")
    if not empty():
        raise Conflict("this department has people already; a demo is built where there is nobody")
    began = time.monotonic()
    end = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    with _given_room(), seeded_ids(seed), outbox.left_to_worker(), seldom_collected():
        _build(devices, years, np.random.default_rng(seed), end, say)
        say("computing what is due and what may be used")
        with clock.at(end):
            schedule.recompute()
            status.recompute()
            outbox.settle(reactions.HANDLERS)
    head = ChainHead.objects.get(pk=1)
    return Built(
        Device.objects.count(), head.count, Reading.objects.count(), head.head, time.monotonic() - began
    )


def _build(devices: int, years: int, rng: np.random.Generator, now: datetime, say: Say) -> None:
    start = (now - timedelta(days=round(years * 365.25))).replace(hour=6, minute=0, second=0)
    say("founding the department")
    with clock.at(start):
        people = staff.found()
        head = people["head"]
        stood = places.found(head, devices)
        listed = estate.add_models(head)
        _policy(people)
        set_targets(people["lead"])
        testers = instruments.add_testers(head, listed, stood, now)
        cameras = instruments.add_cameras(head, max(3, min(6, devices // 1000)), listed, stood.nuclear)
    say(f"registering {devices} devices")
    drawn = estate.plan(rng, devices, start, now - timedelta(days=2))
    bought = estate.register(head, rng, drawn, listed, stood, start, now)
    _countersigning(people, now)
    rounds = Rounds()
    history = History(rng, start, now, people, Testers(testers[: len(SIGNERS)]), rounds)
    history.cameras = CameraTests(cameras, rounds, people, start, history.days)
    history.hot_lab = HotLab(people, stood.hot_lab, start, history.days)
    history.take_over(bought)
    history.faults = _faults(history, people, devices)
    present = Present(rng, people, testers[1], sound(bought, history.aside), history.bench)
    _stage(history, present)
    history.play(say)
    history.hot_lab.today(now)
    _today(present, now)


def _faults(history: History, people: Staff, devices: int) -> Faults:
    """Give the faults of the last year, so many a day as the hospital's devices have."""
    rng = history.rng.spawn(1)[0]
    chance = min(RATE * devices, MOST_FAULTS) / DAYS

    def free() -> tuple[Device, float] | None:
        return history.free(rng)

    return Faults(rng, people, history.start, history.days, chance, free, history.after_repair)


def _policy(people: Staff) -> None:
    """Adopt the limits of medical engineering and set the frequencies; nuclear medicine is left open."""
    lead = people["lead"]
    paper = policy.propose_limits(by=lead, specialty="medical_engineering", reason="Going live")
    records.state(
        by=people["lead2"],
        act="adopt_limits",
        text="The limits of IEC 62353 as listed, read against the edition on our shelf",
        confirmation=confirmation(people["lead2"]),
        arguments={"schedule": paper, "specialty": "medical_engineering"},
    )
    for kind in kinds():
        policy.set_frequency(
            by=lead,
            protocol=SAFETY,
            scope_kind="device_kind",
            scope_key=kind.key,
            months=kind.months,
            reason="Risk class of the kind",
        )
    policy.set_frequency(
        by=lead,
        protocol=UNIFORMITY,
        scope_kind="device_kind",
        scope_key="gamma_camera",
        months=1,
        window_days=7,
        reason="Monthly uniformity",
    )


def _countersigning(people: Staff, now: datetime) -> None:
    with clock.at(now - COUNTERSIGNED_FROM):
        policy.require_countersignature(
            by=people["head"], applies_to=UNIFORMITY, wanted=True, reason="A second person looks at the image"
        )


def _stage(history: History, present: Present) -> None:
    """Put the scenes of the last weeks on their days, counted back from yesterday."""
    scenes = (
        (14, present.restrict),
        (12, present.condemn_and_dispose),
        (11, present.deliver),
        (9, present.lose),
        (6, present.hold),
        (5, present.slip),
        (3, present.quarantine),
        (2, present.alert),
    )
    for ago, scene in scenes:
        history.scenes[history.days - ago].append(scene)


def _today(present: Present, now: datetime) -> None:
    """Set what happened last night and this morning."""
    scenes = (present.night, present.drafts, present.ask, present.take_jobs, present.lend)
    for number, scene in enumerate(scenes):
        with clock.at(now - timedelta(minutes=55 - 10 * number)):
            scene()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage seldom inside the block: what is kept here is kept for long, and is a lot."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _given_room() -> Iterator[None]:
    """Let SQLite keep indexes in memory inside the block, write each page once, and not wait for the disk.

    A build that is cut short is made anew, so nothing is lost that was acknowledged to anybody.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in BUILDING}
        for name, value in BUILDING.items():
            cursor.execute(f"PRAGMA {name} = {value}").fetchall()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name} = {value}").fetchall()


@contextmanager
def seeded_ids(seed: int) -> Iterator[None]:
    """Draw every public id inside the block from a seed: those of actions and those of rows alike."""
    drawn = random.Random(seed)

    def draw() -> int:
        return drawn.getrandbits(identity.RANDOM_BITS)

    fields = [
        field
        for model in apps.get_models()
        if model.__module__.startswith("kilter.")
        for field in model._meta.local_fields
        if isinstance(field, models.UUIDField) and field.default is uuid4
    ]
    _give_default(fields, identity.new_id)
    try:
        with identity.drawn_from(draw):
            yield
    finally:
        _give_default(fields, uuid4)


def _give_default(fields: list[models.UUIDField[UUID, UUID]], default: Callable[[], UUID]) -> None:
    for field in fields:
        field.default = default
        field.__dict__.pop("_get_default", None)  # Django keeps the default it has once looked up
