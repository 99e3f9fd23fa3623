"""A small department: devices, a safety tester in calibration, and ways to draft and sign."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

SAFETY = "medical_engineering.iec_62353"
PASS = {
    "visual_inspection": "all",
    "protective_earth": {"reading": "0.12"},
    "equipment_leakage": {"current": "85", "method": "direct"},
    "applied_part_leakage": {"current": "12"},
    "functional_check": "all",
}


def certified_lines() -> list[Any]:
    """Give what the tester's certificate states."""
    from kilter.department.equipment.actions.certificates import Quantity

    return [
        Quantity(name="earth resistance", unit="ohm", correction=0.0, expanded_uncertainty=0.004),
        Quantity(name="leakage current", unit="uA", correction=0.0, expanded_uncertainty=1.0),
        Quantity(
            name="insulation resistance", unit="Mohm", correction=0.0, expanded_uncertainty=0.1, relative=2.0
        ),
    ]


def accepted(by: Any, device: Any) -> UUID:
    """Seal a person's word that a device was looked at, and give the record on which it may enter service."""
    from django.db import transaction

    from kilter.department.records.stating import seal_statement

    with transaction.atomic():
        return seal_statement(uuid4(), by, device, "put_in_service", "accepted", {}).uuid


@dataclass
class Shop:
    """What a test of signing needs at hand."""

    head: Any
    engineer: Any
    second: Any
    pump: Any
    tester: Any
    password: str

    def confirm(self, person: Any) -> Any:
        """A fresh confirmation, as if the password had just been typed."""
        from kilter.department.ledger import clock
        from kilter.department.people.confirmation import Confirmation

        return Confirmation(person.uuid, clock.now(), "password")

    def content(self, **changes: Any) -> dict[str, Any]:
        """Typed content of a whole electrical safety test that passes, with changes by step."""
        from kilter.measure.protocol import protocol

        steps: dict[str, Any] = {}
        for step in protocol(SAFETY).steps:
            typed = {**PASS, **changes}.get(step.key)
            if typed == "all":
                typed = dict.fromkeys(step.listed.items, "pass")
            if typed:
                steps[step.key] = {"inputs": deepcopy(typed)}  # a test may change what it got
        return {"steps": steps, "instruments": [str(self.tester.uuid)]}

    def draft(self, by: Any = None, *, protocol: str = SAFETY, content: Any = None, **more: Any) -> Any:
        """Save a new draft."""
        from kilter.department.records import actions

        return actions.save_draft(
            by=by or self.engineer,
            device=self.pump,
            procedure=protocol,
            uuid=more.pop("uuid", None) or uuid4(),
            version=0,
            content=content if content is not None else self.content(),
            **more,
        )

    def sign(self, draft: Any, by: Any = None, **more: Any) -> list[Any]:
        """Sign a draft as it stands."""
        from kilter.department.records import actions

        by = by or self.engineer
        return actions.sign(
            by=by,
            device=self.pump,
            procedure=draft.protocol,
            draft=draft,
            version=more.pop("version", draft.version),
            confirmation=more.pop("confirmation", None) or self.confirm(by),
            **more,
        )

    def visit(self, **changes: Any) -> list[Any]:
        """Draft and sign a whole test at once."""
        return self.sign(self.draft(content=self.content(**changes)))

    def adopt(self) -> Any:
        """Adopt the published limits of medical engineering."""
        from kilter.department.policy import actions

        schedule = actions.propose_limits(by=self.head, specialty="medical_engineering", reason="going live")
        return actions.adopt_limits(by=self.second, schedule=schedule, specialty="medical_engineering")


@pytest.fixture
def shop(head: Any, hire: Callable[..., Any], settings: Any, tmp_path: Any) -> Shop:
    """A department with a class I, BF infusion pump in service and a safety tester in calibration."""
    from dataclasses import replace

    from kilter.department.equipment import actions as equipment

    settings.KILTER = replace(settings.KILTER, home=tmp_path)
    engineer = hire("engineer", name="Eve Engineer", authorised="independent")
    second = hire("lead_engineer", name="Lee Lead", authorised="expert")
    pump_model = equipment.add_model(
        by=head,
        fields={
            "maker": "Northfield",
            "name": "Infusa 3",
            "kind": "infusion_pump",
            "equipment_class": "I",
            "applied_part": "BF",
            "power_cord": "detachable",
        },
    )
    tester_model = equipment.add_model(
        by=head,
        fields={
            "maker": "Ohmline",
            "name": "Safe 62",
            "kind": "safety_tester",
            "equipment_class": "I",
            "applied_part": "none",
            "power_cord": "detachable",
        },
    )
    rows = [
        {"asset": "ME0001", "serial": "S1", "model": pump_model, "state": "in_service"},
        {"asset": "TI0001", "serial": "T1", "model": tester_model, "state": "in_service"},
    ]
    pump, tester = equipment.register_devices(by=head, rows=rows, reason="taken over on going live")
    now = datetime.now(UTC)
    equipment.add_certificate(
        by=head,
        device=tester,
        number="C-1",
        laboratory="Calibra",
        issued=now - timedelta(days=30),
        valid_from=now - timedelta(days=30),
        valid_until=now + timedelta(days=335),
        coverage_factor=2.0,
        quantities=certified_lines(),
    )
    pump.refresh_from_db()
    tester.refresh_from_db()
    return Shop(head, engineer, second, pump, tester, "a long enough pass phrase")
