"""A hot lab: a generator, its kits, a permit, and people who work there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2040, 3, 5, 6, 0, tzinfo=UTC)
BREAKTHROUGH = "nuclear_medicine.breakthrough"
PURITY = "nuclear_medicine.radiochemical_purity"
PURE = {"strip_1_top": "100", "strip_1_bottom": "99900", "strip_2_top": "99900", "strip_2_bottom": "100"}
IMPURE = {"strip_1_top": "30000", "strip_1_bottom": "70000", "strip_2_top": "99900", "strip_2_bottom": "100"}


@dataclass
class Lab:
    """What a test of the chain needs at hand; `at` moves the clock."""

    head: Any
    chemist: Any
    physicist: Any
    generator_product: Any
    eluate_product: Any
    kit_product: Any
    permit: Any
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def confirm(self, person: Any = None) -> Any:
        """A fresh confirmation."""
        from kilter.department.ledger import clock
        from kilter.department.people.confirmation import Confirmation

        return Confirmation((person or self.chemist).uuid, clock.now(), "password")

    def act(self, verb: str, by: Any = None, **given: Any) -> Any:
        """Do one of the verbs that are confirmed, as the chemist."""
        from kilter.department.materials import actions

        by = by or self.chemist
        return getattr(actions, verb)(by=by, confirmation=self.confirm(by), **given)

    def label(self, letter: str) -> str:
        return f"{letter}{next(self.numbers):04d}"

    def generator(self, activity: float = 20_000.0) -> Any:
        from kilter.department.ledger import clock

        now = clock.now()
        return self.act(
            "receive",
            product=self.generator_product,
            label=self.label("G"),
            activity=activity,
            reference=now,
            amount=1.0,
            expires=now + timedelta(days=14),
            last_eluted=now - timedelta(hours=24),
        )

    def kits(self, amount: float = 5.0) -> Any:
        from kilter.department.ledger import clock

        return self.act(
            "receive",
            product=self.kit_product,
            label=self.label("K"),
            amount=amount,
            expires=clock.now() + timedelta(days=90),
            batch_number="LOT-7",
        )

    def eluate(self, generator: Any, activity: float = 9000.0, **more: Any) -> Any:
        label = {"label": self.label("E"), "scanned": generator.label}
        return self.act(
            "elute", generator=generator, **{**label, "activity": activity, "volume": 6.0, **more}
        )

    def released(self, eluate: Any) -> Any:
        self.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=self.breakthrough(eluate))
        self.act("release", by=self.physicist, lot=eluate)
        eluate.refresh_from_db()
        return eluate

    def breakthrough(self, eluate: Any, ratio: float = 0.03) -> dict[str, str]:
        return {
            "parent_activity": f"{eluate.activity * ratio!r} kBq",
            "daughter_activity": f"{eluate.activity!r} MBq",
        }

    def batch(self, eluate: Any, kits: Any, activity: float = 3000.0, **more: Any) -> Any:
        given = {"label": self.label("B"), "activity": activity, "added_volume": 3.0, **more}
        return self.act(
            "prepare",
            product=self.kit_product,
            source=eluate,
            scanned=eluate.label,
            kit=kits,
            **given,
        )

    def dose(self, vial: Any, activity: float = 500.0, **more: Any) -> Any:
        wanted = {} if "volume" in more else {"activity": activity}
        given = {"label": self.label("S"), "scanned": vial.label, **wanted, **more}
        return self.act("dispense", vial=vial, **given)


@pytest.fixture
def lab(head: Any, hire: Any, settings: Any, tmp_path: Any) -> Any:
    """The lab at six in the morning of `START`; the clock stands there until the test moves it."""
    from kilter.department.ledger import clock
    from kilter.department.materials import actions
    from kilter.department.materials.actions.permits import Allowed

    settings.KILTER = replace(settings.KILTER, home=tmp_path)
    until = datetime(2044, 1, 1, tzinfo=UTC)
    with clock.at(START - timedelta(days=400)):
        chemist = hire("radiopharmacist", name="Carla Chemist", authorised="independent", until=until)
        physicist = hire("radiopharmacist", name="Phil Physicist", authorised="independent", until=until)
        eluate = actions.add_product(
            by=head,
            key="pertechnetate",
            name="Pertechnetate",
            kind="radioactive",
            nuclide="Tc-99m",
            second_person=["release"],
            figures={"shelf_hours": 12.0},
        )
        generator = actions.add_product(
            by=head, key="mo_tc", name="Mo/Tc generator", kind="generator", nuclide="Mo-99", gives=eluate
        )
        kit = actions.add_product(
            by=head,
            key="mdp",
            name="MDP kit",
            kind="kit",
            nuclide="Tc-99m",
            unit="kit",
            most_doses=10,
            figures={"shelf_hours": 8.0, "largest_activity": 18_500.0, "largest_volume": 8.0},
        )
        actions.set_test_rule(
            by=chemist,
            product=eluate,
            procedure=BREAKTHROUGH,
            when="before_use",
            fixed={"pair": "Mo-99/Tc-99m"},
        )
        actions.set_test_rule(
            by=chemist, product=kit, procedure=PURITY, when="alongside", fixed={"product": "MDP"}
        )
        permit = actions.add_permit(
            by=head,
            number_of_permit="EPR-1",
            authority="Environment Agency",
            valid_from=START - timedelta(days=300),
            limits=[
                Allowed("drain", "Tc-99m", 5000.0, "calendar_month"),
                Allowed("drain", "other", 100.0, "rolling_days", 30),
                Allowed("solid", "Tc-99m", 1000.0, "calendar_month"),
                Allowed("holding", "all", 100_000.0, "at_any_time"),
            ],
        )
    with clock.at(START):
        yield Lab(head, chemist, physicist, generator, eluate, kit, permit)


@pytest.fixture
def clinic(lab: Any, hire: Any) -> Any:
    """The clinic beside the lab."""
    from tests.department.materials.clinic import open_clinic

    return open_clinic(lab, hire)
