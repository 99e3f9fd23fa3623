"""A day's round: typed readings become measured steps and sealed records, as when a list is signed.

Each document is made by `records.visit.measure`, `records.sealing.unsealed` and `records.chain.append`,
as when one person signs one draft. What is saved is only asking the same pure question twice: testers
show few digits, so the same reading on the same kind of device comes again and again, and what
`measure` gave the first time is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilter.department.equipment.models import Certificate, Device
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import audit, clock, identity, moments
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.policy.queries import Policy, load
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Draft, Record
from kilter.department.records.sealing import Terms, hold_where_failed, role_of, unsealed
from kilter.department.records.visit import Measured, as_instrument, context_of, measure
from kilter.measure.error import Conflict, NotPermitted
from kilter.measure.protocol import Protocol, Step
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.quantity import Instrument

Typed = Mapping[str, Mapping[str, Any]]
"""What was typed, by step: {"inputs": {name: text}, "u": {name: text}}."""

GOOD = ("within", "recorded")


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to one device: what was typed and when it was measured."""

    device: Device
    protocol: str
    performed_at: datetime
    typed: Typed


@dataclass
class Rounds:
    """Seals visits in lists; keeps what the same question gave before.

    The limits in force are asked for once for each model: make it when policy is set and stays so.
    """

    policy: Policy = field(default_factory=load)
    measured: dict[tuple[Any, ...], Measured] = field(default_factory=dict)
    asked: dict[tuple[str, str, int], tuple[Any, ...]] = field(default_factory=dict)
    protocols: dict[str, Protocol] = field(default_factory=dict)
    steps: dict[tuple[str, int], tuple[Step, ...]] = field(default_factory=dict)
    permitted: set[tuple[int, str, int]] = field(default_factory=set)
    roles: dict[int, str] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    certificates: dict[int, Certificate] = field(default_factory=dict)
    papers: dict[int, tuple[Instrument, int]] = field(default_factory=dict)
    said: dict[Any, int] = field(default_factory=dict)
    sealed: int = 0

    def sign_list(self, visits: Sequence[Visit], by: Person, instrument: Device | None) -> list[list[Record]]:
        """Seal a list of visits of one person at the instant on the clock.

        Args:
            visits: in the order in which they were made, none later than now.
            by: who measured and signs.
            instrument: the safety tester that was used, in calibration.

        Returns:
            The records of each visit, in order.

        Raises:
            NotPermitted: the person is not authorised for one of them.
            Conflict: the instrument is out of calibration.
        """
        items: list[Unsealed] = []
        counts: list[int] = []
        instruments = self._instruments(instrument)
        for visit in visits:
            self._ask(by, visit)
            found = self._items(visit, by, instruments)
            items += found
            counts.append(len(found))
        records, done = append(items), 0
        self.sealed += len(records)
        audit.write("records.sign_listed", by=by, detail={"records": len(records)}, count=len(visits))
        parted: list[list[Record]] = []
        for visit, count in zip(visits, counts, strict=True):
            parted.append(records[done : done + count])
            done += count
            self._follow_up(visit.device, parted[-1], by)
        return parted

    def _follow_up(self, device: Device, records: list[Record], by: Person) -> None:
        """Hold and open jobs where a visit failed; let a passing one close what waits for it."""
        failed = [record for record in records if record.verdict not in GOOD]
        if failed:
            if hold_where_failed(device, records, by):
                self.held.add(device.pk)
            self.waiting.add(device.pk)
        if failed or device.pk in self.waiting:
            moments.happen("records.sealed", device=device, records=records, by=by)
        if not failed:
            self.waiting.discard(device.pk)

    def _ask(self, by: Person, visit: Visit) -> None:
        """Ask the gate once for each person, protocol and month."""
        when = visit.performed_at
        key = (by.pk, visit.protocol, when.year * 12 + when.month)
        if key in self.permitted:
            return
        permission = may(by, "records.sign", visit.device, when, procedure=visit.protocol)
        if not permission:
            raise NotPermitted(" ".join(permission.reasons), field="by")
        self.permitted.add(key)
        self.roles[by.pk] = role_of(by, clock.now())

    def _instruments(self, instrument: Device | None) -> list[tuple[Device, Certificate | None]]:
        if instrument is None:
            return []
        now, known = clock.now(), self.certificates.get(instrument.pk)
        if known is None or not known.valid_from <= now < known.valid_until:
            known = certificate_in_force(instrument, now)
            if known is None:
                raise Conflict(f"{instrument.asset} was not in calibration", field="instruments")
            self.certificates[instrument.pk] = known
        return [(instrument, known)]

    def _paper(self, device: Device, certificate: Certificate | None) -> tuple[Instrument, int]:
        """Give an instrument as its certificate makes it, and a number for what that certificate says."""
        assert certificate is not None  # `_instruments` gives none without
        if certificate.pk not in self.papers:
            paper = as_instrument(device, certificate)
            code = self.said.setdefault((paper.k, paper.points), len(self.said))
            self.papers[certificate.pk] = (paper, code)
        return self.papers[certificate.pk]

    def _items(
        self, visit: Visit, by: Person, instruments: Sequence[tuple[Device, Certificate | None]]
    ) -> list[Unsealed]:
        draft = Draft(
            uuid=identity.new_id(),
            protocol=visit.protocol,
            device=visit.device,
            owner=by,
            content={"discarded": []},
        )
        terms = Terms(by, self.roles[by.pk])
        papers = [self._paper(*pair) for pair in instruments]
        return [
            unsealed(
                draft,
                self.measure(step, visit.typed[step.key], visit.device, visit.performed_at, papers),
                visit.performed_at,
                terms,
                self.policy,
                instruments,
                None,
            )
            for step in self._steps_for(visit.protocol, visit.device)
            if step.key in visit.typed
        ]

    def _steps_for(self, key: str, device: Device) -> tuple[Step, ...]:
        if (key, device.model_id) not in self.steps:
            if key not in self.protocols:
                self.protocols[key] = find_protocol(key)
            self.steps[key, device.model_id] = self.protocols[key].steps_for(context_of(device))
        return self.steps[key, device.model_id]

    def measure(
        self,
        step: Step,
        content: Mapping[str, Any],
        device: Device,
        performed_at: datetime,
        papers: Sequence[tuple[Instrument, int]],
    ) -> Measured:
        """Measure a step, or give what the same step gave for the same readings, limits and certificates."""
        known = (step.key, step.procedure, device.model_id)
        if known not in self.asked:
            in_force = self.policy.limits(step.entry, device, performed_at)
            context = tuple(sorted(context_of(device).items()))
            self.asked[known] = (step.key, step.procedure, context, in_force.schedule, in_force.rule)
        key = (self.asked[known], _frozen(content), tuple(code for _, code in papers))
        if key not in self.measured:
            self.measured[key] = measure(
                step,
                content,
                device=device,
                policy=self.policy,
                baselines={},
                performed_at=performed_at,
                instruments=[paper for paper, _ in papers],
            )
        return self.measured[key]


def _frozen(value: Any) -> Any:
    """Give a hashable likeness of typed content."""
    if isinstance(value, Mapping):
        return tuple((name, _frozen(part)) for name, part in value.items())
    return value
