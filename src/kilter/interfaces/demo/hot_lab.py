"""The hot lab of the demonstration hospital: its generators, elutions, tests and waste, and a permit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kilter.department.equipment.models import Location
from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.actions.permits import Allowed
from kilter.department.materials.generators import growth
from kilter.department.materials.models import Lot, Permit, Product
from kilter.department.patients import actions as patients
from kilter.department.patients.models import Patient
from kilter.department.people.models import Person
from kilter.interfaces.demo.staff import Staff, confirmation

DAYS = 27
"""Days of history that the hot lab has."""

GENERATOR_EVERY, GENERATOR_LASTS = 7, 14
"""Days between two deliveries, and until one expires; then it goes back to its maker."""

STRENGTH = 40_000.0
"""Of a new generator on the morning of its arrival, in MBq of Mo-99."""

BREAKTHROUGH, PURITY = "nuclear_medicine.breakthrough", "nuclear_medicine.radiochemical_purity"
STRIPS = {"strip_1_top": "210", "strip_1_bottom": "98800", "strip_2_top": "99200", "strip_2_bottom": "480"}
INVENTED = (
    ("Marigold Fennimore", "1957-04-12", "HX100018"),
    ("Barnaby Thistlewood", "1969-11-30", "HX100026"),
    ("Ottoline Greaves", "1983-02-07", "HX100034"),
)
"""Patients that nobody ever was."""


class HotLab:
    """Plays the mornings of the hot lab, before the cameras are tested."""

    def __init__(self, staff: Staff, place: Location, start: datetime, days: int) -> None:
        """Begin `DAYS` before the last day of the history, or with its first."""
        self.staff, self.place, self.start, self.days = staff, place, start, days
        self.first = max(0, days - DAYS)
        self.products: dict[str, Product] = {}
        self.permit: Permit | None = None
        self.generator: Lot | None = None
        self.spare: Lot | None = None
        self.container: Lot | None = None
        self.closed: Lot | None = None
        self.rest: Lot | None = None
        self.elutions = 0

    def on(self, day: int) -> None:
        """Play the morning of a day; nothing on a weekend, and nothing before the hot lab began."""
        if day < self.first:
            return
        today = self.start + timedelta(days=day)
        with clock.at(today.replace(hour=5, minute=30)):
            if day == self.first:
                self._found()
            if (day - self.first) % GENERATOR_EVERY == 0:
                self._deliver(day)
        if today.weekday() < 5:
            self._morning(today.replace(hour=5, minute=40), day)

    def _act(self, verb: str, by: str = "nm", **given: Any) -> Any:
        person: Person = self.staff[by]
        return getattr(actions, verb)(by=person, confirmation=confirmation(person), **given)

    def _found(self) -> None:
        """Enter products, tests, the permit, two sealed sources, and what the shelf holds."""
        head = self.staff["head"]
        self._products(head)
        for product, test, when, fixed in (
            ("pertechnetate", BREAKTHROUGH, "before_use", {"pair": "Mo-99/Tc-99m"}),
            ("mdp", PURITY, "alongside", {"product": "MDP"}),
        ):
            actions.set_test_rule(
                by=head, product=self.products[product], procedure=test, when=when, fixed=fixed
            )
        self.permit = actions.add_permit(
            by=head,
            number_of_permit="EPR-DEMO-17",
            authority="The environment agency of the demo",
            valid_from=clock.now() - timedelta(days=300),
            limits=[
                Allowed("drain", "Tc-99m", 200_000.0, "calendar_month"),
                Allowed("drain", "I-131", 1000.0, "rolling_days", 30),
                Allowed("solid", "all", 50.0, "calendar_month"),
                Allowed("transfer", "all", 20_000.0, "calendar_month"),
                Allowed("holding", "all", 100_000.0, "at_any_time"),
            ],
        )
        now = clock.now()
        kits: dict[str, Any] = {
            "amount": 25.0,
            "expires": now + timedelta(days=180),
            "batch_number": "MX-4471",
        }
        actions.set_advice(
            by=self.staff["nm"],
            product=self.products["mdp"],
            excreted=0.3,
            route="drain",
            dose_rate=0.007,
            effective_half_life=0.2,
            contacts=[],
            interruption_hours=4.0,
            source="Invented for the demo",
        )
        self._act("receive", product=self.products["mdp"], label="K-MDP-1", location=self.place, **kits)
        for key, activity in (("co57_sheet", 740.0), ("cs137_check", 7.4)):
            self._act(
                "receive",
                product=self.products[key],
                label=f"Q-{key[:4].upper()}",
                kind="source",
                activity=activity,
                location=self.place,
            )

    def _products(self, head: Person) -> None:
        def add(key: str, name: str, kind: str, nuclide: str, **more: Any) -> Product:
            made = actions.add_product(by=head, key=key, name=name, kind=kind, nuclide=nuclide, **more)
            self.products[key] = made
            return made

        eluate = add(
            "pertechnetate",
            "Pertechnetate",
            "radioactive",
            "Tc-99m",
            second_person=["release"],
            figures={"shelf_hours": 12.0},
        )
        add("mo_tc", "Mo/Tc generator", "generator", "Mo-99", gives=eluate)
        figures = {"shelf_hours": 8.0, "largest_activity": 18_500.0, "largest_volume": 10.0}
        add("mdp", "MDP kit", "kit", "Tc-99m", unit="kit", most_doses=10, figures=figures)
        add("co57_sheet", "Co-57 flood source", "radioactive", "Co-57", leak_test_days=DAYS + 20)
        add("cs137_check", "Cs-137 check source", "radioactive", "Cs-137", leak_test_days=DAYS + 150)

    def _deliver(self, day: int) -> None:
        """Take a generator in; the one before stays as a spare, and the one before that goes back."""
        now = clock.now()
        if self.spare is not None:
            self._act(
                "dispose",
                lot=self.spare,
                route="transfer",
                permit=self.permit,
                remark="Back to its maker",
            )
        self.spare = self.generator
        self.generator = self._act(
            "receive",
            product=self.products["mo_tc"],
            label=f"G-{day - self.first + 1:02d}",
            activity=STRENGTH,
            reference=now + timedelta(hours=6),
            amount=1.0,
            expires=now + timedelta(days=GENERATOR_LASTS),
            last_eluted=now - timedelta(hours=20),
            batch_number=f"MT-{310 + day - self.first}",
            location=self.place,
        )

    def _morning(self, at: datetime, day: int) -> None:
        """Elute, test, release, draw one dose; what is left of it goes into the container."""
        with clock.at(at):
            eluate = self._eluate()
        with clock.at(at + timedelta(minutes=15)):
            self._release(eluate)
        with clock.at(at + timedelta(minutes=30)):
            self._waste(eluate, day)

    def _eluate(self) -> Lot:
        """Elute with an efficiency that wanders a little from day to day."""
        assert self.generator is not None  # delivered on the first day
        self.generator.refresh_from_db()
        self.elutions += 1
        share = 0.93 + 0.008 * ((self.elutions * 7) % 9)
        there = growth(self.generator, clock.now()).now
        label = f"E-{self.elutions:03d}"
        made: Lot = self._act(
            "elute",
            generator=self.generator,
            scanned=self.generator.label,
            label=label,
            activity=round(there * share, 0),
            volume=6.0,
        )
        return made

    def _release(self, eluate: Lot) -> None:
        ratio = 0.008 + 0.003 * ((self.elutions * 5) % 7)
        measured = {
            "parent_activity": f"{eluate.activity * ratio:.1f} kBq",
            "daughter_activity": f"{eluate.activity:.0f} MBq",
        }
        self._act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=measured)
        self._act("release", by="lead", lot=eluate)
        eluate.refresh_from_db()

    def _waste(self, eluate: Lot, day: int) -> None:
        """Draw a dose that nobody came for; a week's waste is closed, and disposed of the week after."""
        weekly = self.elutions % 5 == 1
        if weekly:
            self._turn_containers()
        assert self.container is not None  # the first day opens one
        dose = self._act(
            "dispense",
            vial=eluate,
            scanned=eluate.label,
            label=f"S-{self.elutions:03d}",
            volume=0.5,
            remark="Patient did not come",
        )
        for lot in filter(None, (dose, self.rest)):
            self._act("put_in_container", lot=lot, container=self.container)
        self.rest = eluate

    def _turn_containers(self) -> None:
        if self.closed is not None:
            self._act(
                "dispose",
                lot=self.closed,
                route="solid",
                permit=self.permit,
                remark="As radioactive waste",
            )
        if self.container is not None:
            self._act("seal_container", container=self.container)
        self.closed = self.container
        number = self.elutions // 5 + 1
        self.container = self._act("open_container", label=f"W-{number:02d}", location=self.place)

    def today(self, now: datetime) -> None:
        """Elute and prepare this morning, and book patients for the hours and days to come."""
        if self.generator is None:
            return
        at = now - timedelta(minutes=100)
        with clock.at(at):
            eluate = self._eluate()
        with clock.at(at + timedelta(minutes=12)):
            self._release(eluate)
        with clock.at(at + timedelta(minutes=20)):
            kits = Lot.objects.get(label="K-MDP-1")
            batch = self._act(
                "prepare",
                product=self.products["mdp"],
                source=eluate,
                scanned=eluate.label,
                kit=kits,
                label="B-001",
                activity=3000.0,
                added_volume=3.0,
                worksheet={"environment": {"workstation": "LAF 1"}},
            )
        with clock.at(at + timedelta(minutes=40)):
            self._act("run_test", lot=batch, procedure=PURITY, inputs=STRIPS)
            self._book(now)

    def _book(self, now: datetime) -> None:
        by = self.staff["nm"]
        invented = [
            patients.register(by=by, name=name, date_of_birth=born, hospital_number=number)
            for name, born, number in INVENTED
        ]
        whole = now.replace(minute=0, second=0, microsecond=0)
        for number, one in enumerate(invented):
            self._booking(whole + timedelta(hours=2 + number), "Tc-99m", 600.0, 0.3, "Bone scan", one)
            self._booking(whole + timedelta(hours=26 + number), "Tc-99m", 600.0, 0.3, "Bone scan", one)
        for days in (2, 4, 9):
            self._booking(whole + timedelta(days=days), "I-131", 400.0, 0.9, "Thyroid therapy", None)

    def _booking(
        self, at: datetime, nuclide: str, activity: float, excreted: float, words: str, one: Patient | None
    ) -> None:
        actions.book(
            by=self.staff["nm"],
            at=at,
            nuclide=nuclide,
            activity=activity,
            route="drain",
            excreted=excreted,
            words=words,
            patient=one,
        )
