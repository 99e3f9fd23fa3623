"""A clinic beside the hot lab: people who refer, justify and give, a patient, and a dose ready for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.department.materials.conftest import START

NAME, BORN, NUMBER = "Wilhelmina Quarrington", "1957-08-19", "9434765919"
WHO = "children, and anybody who is pregnant"
CONTACTS = [
    {
        "who": WHO,
        "hours_a_day": 9.0,
        "constraint": 0.03,
        "contact_at": 0.3,
    }
]


@dataclass
class Clinic:
    """What a test of an administration needs at hand."""

    lab: Any
    practitioner: Any
    operator: Any
    patient: Any

    def act(self, verb: str, by: Any, **given: Any) -> Any:
        return self.lab.act(verb, by, **given)

    def referred(self, patient: Any = None, product: Any = None) -> Any:
        return self.act(
            "refer",
            self.operator,
            patient=patient or self.patient,
            product=product or self.lab.kit_product,
            referrer="Dr A. Referrer, oncology",
            examination="Bone scan",
            clinical_details="Known carcinoma, new pain in the hip of Mrs Quarrington",
        )

    def authorised(self, patient: Any = None, prescribed: float = 500.0, **more: Any) -> Any:
        referral = self.referred(patient)
        self.act("justify", self.practitioner, referral=referral, grounds="changes treatment", **more)
        return self.act("authorise", self.practitioner, referral=referral, prescribed=prescribed)

    def identified(self, patient: Any = None, **said: str) -> Any:
        from kilter.department.patients import actions

        words = {"name": NAME, "date_of_birth": BORN, "number": NUMBER, **said}
        return actions.check_identity(by=self.operator, patient=patient or self.patient, **words)

    def dose(self, activity: float = 500.0, **more: Any) -> Any:
        vial = self.lab.batch(self.lab.released(self.lab.eluate(self.lab.generator())), self.lab.kits())
        return self.lab.dose(vial, activity, patient=self.patient, **more)

    def told(self, **more: Any) -> Any:
        from kilter.department.materials.actions.administering import Told

        given = {"pregnancy": "not_possible", "feeding": "no", "explained": "Drink much; keep away from Tim"}
        return Told(**{**given, **more})

    def give(self, referral: Any, syringe: Any, **more: Any) -> Any:
        """Give the dose now, with 10 MBq left in the syringe."""
        from kilter.department.ledger import clock
        from kilter.department.materials.giving import Reading

        words = {"scanned": syringe.label, "told": self.told(), "permit": self.lab.permit}
        words["residual"] = Reading(10.0, clock.now())
        return self.act("administer", self.operator, referral=referral, syringe=syringe, **{**words, **more})


def open_clinic(lab: Any, hire: Any) -> Clinic:
    """Hire who gives doses, say what patients are told of the lab's kit, and register a patient."""
    from kilter.department.ledger import clock
    from kilter.department.materials import actions
    from kilter.department.patients import actions as patients

    until = datetime(2044, 1, 1, tzinfo=UTC)
    with clock.at(START - timedelta(days=300)):
        practitioner = hire("practitioner", name="Pia Practitioner", until=until)
        operator = hire("nuclear_technologist", name="Otto Operator", authorised="independent", until=until)
        actions.set_advice(
            by=operator,
            product=lab.kit_product,
            excreted=0.3,
            route="drain",
            dose_rate=0.007,
            effective_half_life=0.2,
            contacts=CONTACTS,
            interruption_hours=4.0,
            source="local rules 7",
        )
        patient = patients.register(by=operator, name=NAME, date_of_birth=BORN, nhs_number=NUMBER)
    return Clinic(lab, practitioner, operator, patient)
