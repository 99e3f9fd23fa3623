"""What a visitor of the demonstration hospital finds today: begun, waiting, held, out of the ordinary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock, identity
from kilter.department.people.models import Person
from kilter.department.records import actions
from kilter.department.records.models import Draft, Record
from kilter.department.safety import actions as safety
from kilter.department.work import actions as work
from kilter.department.work.queries import open_jobs
from kilter.interfaces.demo.estate import Bought
from kilter.interfaces.demo.staff import Staff, confirmation
from kilter.interfaces.demo.wear import SAFETY, Bench, new_condition


@dataclass
class Present:
    """Sets the scenes of the last days; each takes the next sound device."""

    rng: np.random.Generator
    staff: Staff
    tester: Device
    sound: Iterator[Bought]
    bench: Bench

    def device(self) -> Device:
        """Give the next device on which nothing is the matter."""
        return next(self.sound).device

    def _typed(self, bought: Bought) -> dict[str, Any]:
        assert bought.kind is not None  # the sound ones are of the market
        model = bought.device.model
        condition = new_condition(self.rng, bought.kind, model.equipment_class)
        return dict(self.bench.typed(self.rng, bought.kind, model, condition, 2.0))

    def draft(self, bought: Bought, by: Person, *, steps: dict[str, Any] | None = None, **more: Any) -> Draft:
        """Save a draft of a safety test."""
        typed = self._typed(bought) if steps is None else steps
        return actions.save_draft(
            by=by,
            device=bought.device,
            procedure=more.pop("procedure", SAFETY),
            uuid=identity.new_id(),
            version=0,
            content={"steps": typed, "instruments": [str(self.tester.uuid)]},
            **more,
        )

    def _state(self, by: Person, act: str, device: Device, said: str, /, **arguments: Any) -> Record:
        return actions.state(
            by=by,
            act=act,
            text=said,
            confirmation=confirmation(by),
            device=device,
            arguments=arguments,
        )

    # The days before.

    def quarantine(self) -> None:
        """Quarantine a device after an incident."""
        words = "Delivered twice the set rate for some minutes; patient unharmed, reported as an incident"
        self._state(self.staff["safety"], "place_hold", self.device(), words, cause="quarantine", text=words)

    def restrict(self) -> None:
        """Restrict the use of two devices for a time."""
        lead = self.staff["lead"]
        for limits, days in (("On mains power only: the battery is on order", 60), ("Not for transport", 25)):
            device, end = self.device(), clock.now() + timedelta(days=days)
            self._state(lead, "restrict", device, limits, limits=limits, reason="Part on order", expires=end)

    def condemn_and_dispose(self) -> None:
        """Condemn three devices, and dispose of one of them."""
        lead, words = self.staff["lead"], "No spare parts to be had any more"
        devices = [self.device() for _ in range(3)]
        for one in devices:
            self._state(lead, "condemn", one, words, reason=words)
        gone = devices[0]
        self._dispose(gone)

    def _dispose(self, gone: Device) -> None:
        """Wipe what keeps data, and let the device go with its papers."""
        lead = self.staff["lead"]
        today = clock.now().astimezone(ZoneInfo(settings.SITE_ZONE)).date()
        if gone.bears_data:
            equipment.record_wipe(
                by=lead,
                device=gone,
                method="media_destroyed",
                media="Internal disk",
                done_by="Workshop",
                done_on=today,
            )
        equipment.dispose(
            by=lead,
            device=gone,
            reason="Worn out, and no parts to be had",
            route="recycled",
            company="Greenfield Recycling",
            note_number="GR-2217",
            left_on=today,
            decontamination="done",
            decontaminated_by="Workshop, wiped with disinfectant",
            parts_kept="Pole clamp, mains lead",
        )

    def lose(self) -> None:
        """Report two devices that could not be located, and withdraw a third."""
        tech = self.staff["tech"]
        for words in ("Not on the ward, not in the library", "Believed to have left with a transfer"):
            self._state(tech, "report_lost", self.device(), words, reason=words)
        words = "Out of service while the ward is closed"
        self._state(tech, "withdraw", self.device(), words, reason=words)

    def deliver(self) -> None:
        """Register what is on order and what has come and waits for its acceptance."""
        lead, like = self.staff["lead"], self.device()
        for number in range(6):
            fields = {"asset": f"ME9{number:05d}", "serial": f"N-{5000 + number}", "model": like.model}
            equipment.register_device(by=lead, fields=fields, ordered=number < 2)

    def hold(self) -> None:
        """Hold devices for reasons that no test has found."""
        lead = self.staff["lead"]
        for cause, words in (
            ("safety_alert", "Safety alert: door latch may open; check before use"),
            ("decontamination", "To be decontaminated before it is opened"),
            ("fault", "Screen goes dark when moved"),
        ):
            self._state(lead, "place_hold", self.device(), words, cause=cause, text=words)

    def alert(self) -> None:
        """Receive two safety alerts: one matched and begun, one that waits; and report an incident."""
        officer, day = self.staff["safety"], clock.now().date()
        latch, pump = self.device(), self.device()
        notice = safety.add_alert(
            by=officer,
            reference="FSN-2214",
            source="fsn",
            title="Door latch may open",
            issued=day,
            action_by=day + timedelta(days=40),
        )
        about = {"makers": [latch.model.maker], "models": [latch.model.name]}
        safety.confirm_criteria(by=officer, alert=notice, criteria=about)
        safety.acknowledge_alert(by=officer, alert=notice, text="The workshop acts")
        safety.hold_devices(by=officer, alert=notice, devices=[latch])
        safety.add_alert(
            by=officer,
            reference="NatPSA/2026/004",
            source="natpsa",
            title="Battery may not hold its charge",
            issued=day,
            proposed={"makers": [pump.model.maker], "models": [pump.model.name]},
        )
        incident = safety.report_incident(
            by=officer,
            devices=[pump],
            title="Stopped during a transfer",
            text="It stopped without an alarm; another was at hand and nobody was harmed.",
            happened_at=clock.now() - timedelta(hours=3),
            harm="none",
        )
        safety.add_reference(by=officer, incident=incident, system="local", number="INC-8841")

    def slip(self) -> None:
        """Sign a typing slip, correct it by a record that supersedes, and return the device."""
        by, bought = self.staff["engineer1"], self._class_one()
        steps = self._typed(bought)
        steps["protective_earth"] = {"inputs": {"reading": "1.2"}}
        wrong = self._sign(self.draft(bought, by, steps=steps), by)
        record = next(one for one in wrong if one.verdict == "suspension")
        with clock.at(clock.now() + timedelta(minutes=10)):
            self._correct(bought, record, by)

    def _correct(self, bought: Bought, record: Record, by: Person) -> None:
        right = {"protective_earth": {"inputs": {"reading": "0.12", "arrangement": "with_cord"}}}
        draft = self.draft(
            bought,
            by,
            steps=right,
            procedure=record.procedure,
            supersedes=record,
            reason="Typed 1.2 for 0.12; the tester's print-out says 0.12",
        )
        self._sign(draft, by)
        for hold in Hold.objects.filter(device=bought.device, released_at=None):
            actions.release(
                by=by,
                device=bought.device,
                hold=hold,
                text="Typing slip, corrected",
                confirmation=confirmation(by),
            )

    def _class_one(self) -> Bought:
        return next(one for one in self.sound if one.device.model.equipment_class == "I")

    def _sign(self, draft: Draft, by: Person) -> list[Record]:
        return actions.sign(
            by=by,
            device=draft.device,
            procedure=draft.protocol,
            draft=draft,
            version=draft.version,
            confirmation=confirmation(by),
        )

    # Last night and this morning.

    def night(self) -> None:
        """Break the glass on call: the review is due within a day."""
        by, bought = self.staff["oncall"], next(self.sound)
        draft = self.draft(bought, by)
        actions.break_glass(
            by=by,
            device=bought.device,
            procedure=draft.protocol,
            draft=draft,
            version=draft.version,
            confirmation=confirmation(by),
            reason="The only one free for a transfer at night; nobody authorised within reach",
        )
        words = "Alarm will not silence"
        job = work.open_job(by=by, device=self.device(), text=words, kind="fault")
        work.note_job(by=by, job=job, text="Swapped for one from the library.")

    def drafts(self) -> None:
        """Leave tests half done: of several people, one with a reading put right, one with a question."""
        for username in ("tech", "tech", "tech", "engineer1", "engineer2", "lead"):
            bought = next(self.sound)
            steps = self._typed(bought)
            self.draft(bought, self.staff[username], steps=dict(list(steps.items())[:2]))
        bought = self._class_one()
        steps = self._typed(bought)
        slip = {**steps, "protective_earth": {"inputs": {"reading": "1.4"}}}
        draft = self.draft(bought, self.staff["tech"], steps=slip)
        actions.save_draft(
            by=self.staff["tech"],
            device=bought.device,
            procedure=SAFETY,
            uuid=draft.uuid,
            version=draft.version,
            content={"steps": steps, "instruments": [str(self.tester.uuid)]},
        )

    def ask(self) -> None:
        """Let the trainee ask for help with a draft; the device is held meanwhile."""
        bought = next(self.sound)
        draft = self.draft(bought, self.staff["trainee"])
        actions.ask_for_help(
            by=self.staff["trainee"],
            device=bought.device,
            procedure=SAFETY,
            draft=draft,
            colleague=self.staff["tech"],
            question="The leakage jumps when I move the cord: is the reading still good?",
        )

    def take_jobs(self) -> None:
        """Share out open jobs."""
        listed = [job for job in open_jobs(most=60) if job.state == "open"]
        for job, username in zip(listed, ("tech", "tech", "engineer1", "engineer2"), strict=False):
            work.state_decontamination(by=self.staff[username], job=job, answer="not_needed")
            work.take_job(by=self.staff[username], job=job)
            work.note_job(by=self.staff[username], job=job, text="Ordered a new mains lead.")

    def lend(self) -> None:
        """Fill the workshop's store, and lend a device from the library."""
        fill_store(self.staff["engineer1"])
        pools = [work.add_to_pool(by=self.staff["engineer1"], device=self.device()) for _ in range(2)]
        now = clock.now()
        end = now + timedelta(days=3)
        loan = work.book_loan(
            by=self.staff["tech"], pool=pools[0], borrower="ward", name="Ward 7", starts=now, ends=end
        )
        work.hand_out(by=self.staff["tech"], loan=loan)


def fill_store(by: Person) -> None:
    """Enter a few parts and put some of each into a store."""
    store = work.add_store(by=by, name="Workshop")
    for number, name, level, held in PARTS:
        part = work.add_part(by=by, number=number, name=name, maker="Cellgrove", reorder_level=level)
        work.receive_part(by=by, part=part, store=store, quantity=held, lot="24-3", unit_cost="14.80")


PARTS = (
    ("CG-12V7", "Battery 12 V, 7 Ah", 4, 9),
    ("CG-ML2", "Mains lead, 2 m", 10, 25),
    ("CG-F2A", "Fuse T2A", 20, 12),
)
"""Number, name, level at which it is ordered, and how many are held."""


def sound(bought: list[Bought], aside: set[int]) -> Iterator[Bought]:
    """Give the devices in service that nothing holds, newest first, each read again when its turn comes.

    One that comes only after the day of the scene is passed over.

    What is given is put aside: the routine leaves it alone from then on.
    """
    for one in reversed(bought):
        if one.installed >= clock.now():
            continue
        row = Device.objects.select_related("model", "location").get(pk=one.device.pk)
        if row.state != "in_service" or Hold.objects.filter(device=row, released_at=None).exists():
            continue
        if Draft.objects.filter(device=row, state=Draft.State.OPEN).exists():
            continue
        aside.add(row.pk)
        yield Bought(row, one.kind, one.installed)
