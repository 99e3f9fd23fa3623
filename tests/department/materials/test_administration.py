"""Giving a dose: what forbids it, what is measured and booked, and what the sealed statement holds."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.department.materials.clinic import NAME, NUMBER
from tests.department.materials.conftest import IMPURE, PURITY, START

from kilter.department.ledger import clock
from kilter.department.materials import actions, administrations
from kilter.department.materials.balance import differences
from kilter.department.materials.decaying import decayed
from kilter.department.materials.giving import Reading
from kilter.department.materials.models import Administration, Lot, Movement, Referral
from kilter.department.materials.outlook import totals
from kilter.department.patients.models import LookUp
from kilter.department.records.models import PersonalPart
from kilter.department.records.personal import read_personal
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db
TC = math.log(2) / (6.015 * 3600)
HOUR = timedelta(hours=1)


@pytest.fixture
def ready(clinic: Any) -> tuple[Any, Any]:
    """An authorised referral, a checked identity, and a dose of 500 MBq drawn for that patient."""
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    clinic.identified()
    return referral, syringe


def test_what_was_given_is_what_was_measured(clinic: Any, ready: tuple[Any, Any]) -> None:
    referral, syringe = ready
    with clock.at(START + 20 * timedelta(minutes=1)):
        made = clinic.give(referral, syringe)
    expected = 500.0 * math.exp(-TC * 1200) - 10.0
    assert made.administered == pytest.approx(expected, rel=1e-12)
    assert made.difference == pytest.approx(100 * (expected - 500) / 500, rel=1e-12)
    assert made.verdict == "within"
    to_patient = Movement.objects.get(verb="administer", patient=clinic.patient)
    assert to_patient.activity == pytest.approx(expected, rel=1e-12)
    assert to_patient.to_lot is None
    syringe.refresh_from_db()
    assert (syringe.state, syringe.activity, syringe.volume) == ("empty", 0.0, 0.0)
    assert made.residue.label == f"{syringe.label}-R"
    assert made.residue.activity == pytest.approx(10.0, rel=1e-12)
    assert differences(START + HOUR) == []
    referral.refresh_from_db()
    assert referral.given_at == made.at
    assert verify().problems == ()


def test_the_excreted_share_counts_under_its_permit_and_the_booking_no_more(
    clinic: Any, ready: tuple[Any, Any]
) -> None:
    booked = actions.book(
        by=clinic.operator,
        at=START + 3 * HOUR,
        nuclide="Tc-99m",
        activity=500.0,
        route="drain",
        excreted=0.3,
        patient=clinic.patient,
    )
    clinic.give(*ready)
    (used,) = [one for one in totals(clinic.lab.permit, START) if one.limit.group == "Tc-99m"
               and one.limit.route == "drain"]  # fmt: skip
    assert used.used == pytest.approx(0.3 * 490.0, rel=1e-12)
    booked.refresh_from_db()
    assert booked.cancelled_at == START


def test_the_sealed_statement_names_people_and_instants_and_no_patient(
    clinic: Any, ready: tuple[Any, Any]
) -> None:
    told = clinic.told(feeding="yes", remark="Left arm of Mrs Quarrington")
    made = clinic.give(*ready, told=told)
    said = json.loads(made.record.text)["statement"]["given"]
    assert said["justified"]["name"] == "Pia Practitioner"
    assert said["authorised"]["name"] == "Pia Practitioner"
    assert said["patient"] == clinic.patient.pseudonym
    assert said["interruption"] == {"h": 4.0, "stop_feeding": False}
    assert said["advice"]["confirmed"] is False
    assert said["measured"]["procedure"]["key"] == "nuclear_medicine.administered_activity"
    for words in (NAME, "Quarrington", NUMBER, "Drink much"):
        assert words not in made.record.text
    part = PersonalPart.objects.get(record=made.record)
    assert read_personal(part) == {"explained": told.explained, "remark": told.remark}


def test_an_administration_is_never_changed(clinic: Any, ready: tuple[Any, Any]) -> None:
    clinic.give(*ready)
    with pytest.raises(IntegrityError), transaction.atomic():
        Administration.objects.update(administered=1.0)


def refused(clinic: Any, ready: tuple[Any, Any], kind: Any, match: str, **more: Any) -> None:
    before = Movement.objects.count()
    with pytest.raises(kind, match=match), transaction.atomic():
        clinic.give(*ready, **more)
    assert not Administration.objects.exists()
    assert Movement.objects.count() == before


def test_nothing_is_given_that_is_not_justified_and_authorised(clinic: Any) -> None:
    referral, syringe = clinic.referred(), clinic.dose()
    clinic.identified()
    refused(clinic, (referral, syringe), Conflict, "no practitioner has justified")
    clinic.act("justify", clinic.practitioner, referral=referral, grounds="changes treatment")
    refused(clinic, (referral, syringe), Conflict, "nobody has authorised")
    clinic.act("decline", clinic.practitioner, referral=referral, reason="done elsewhere")
    refused(clinic, (referral, syringe), Conflict, "was declined")


@pytest.mark.parametrize(
    "said", [{"name": "Wilma Quarrington"}, {"date_of_birth": "1957-08-18"}, {"number": "1"}]
)
def test_nothing_is_given_without_three_points(clinic: Any, said: dict[str, str]) -> None:
    ready = clinic.authorised(), clinic.dose()
    refused(clinic, ready, Conflict, "three points")
    assert clinic.identified().agree
    assert not clinic.identified(**said).agree  # the last check counts
    refused(clinic, ready, Conflict, "three points")
    kept = LookUp.objects.filter(purpose="identity").order_by("id")
    assert list(kept.values_list("agreed", flat=True)) == [True, False]


def test_an_identity_check_is_ones_own_and_does_not_last(clinic: Any, ready: tuple[Any, Any]) -> None:
    with clock.at(START + timedelta(minutes=31)):
        refused(clinic, ready, Conflict, "three points")
    refusal = pytest.raises(Conflict, match="checked by you")
    with refusal, transaction.atomic():
        clinic.act(
            "administer", clinic.lab.chemist, referral=ready[0], syringe=ready[1], scanned=ready[1].label,
            told=clinic.told(), residual=Reading(1.0, START), permit=clinic.lab.permit,
        )  # fmt: skip


def test_a_syringe_whose_batch_failed_is_not_given(clinic: Any, ready: tuple[Any, Any]) -> None:
    batch = Lot.objects.get(kind="batch")
    clinic.lab.act("run_test", lot=batch, procedure=PURITY, inputs=IMPURE)
    refused(clinic, ready, Conflict, "rejected")


def test_an_expired_or_foreign_or_rejected_syringe_is_not_given(clinic: Any, ready: tuple[Any, Any]) -> None:
    from kilter.department.patients import actions as patients

    syringe = ready[1]
    with clock.at(syringe.expires):
        clinic.identified()
        refused(clinic, ready, Conflict, "expired", before=Reading(200.0, syringe.expires))
    other = patients.register(
        by=clinic.operator, name="B", date_of_birth="1970-01-01", hospital_number="h-77"
    )
    theirs = clinic.authorised(other)
    clinic.identified(other, name="B", date_of_birth="1970-01-01", number="H77")
    clinic.identified(other, name="B", date_of_birth="1970-01-01", number="H-77")
    refused(clinic, (theirs, syringe), Conflict, "drawn for another patient")
    clinic.lab.act("reject", lot=syringe, reason="dropped")
    refused(clinic, ready, Conflict, "rejected")


def test_another_label_or_product_or_no_syringe_is_refused(clinic: Any, ready: tuple[Any, Any]) -> None:
    referral = ready[0]
    refused(clinic, ready, BadInput, "this is S9", scanned="s9")
    batch = Lot.objects.get(kind="batch")
    refused(clinic, (referral, batch), BadInput, "is no syringe")
    eluate = Lot.objects.get(kind="eluate")
    other = clinic.lab.dose(eluate, 500.0)
    refused(clinic, (referral, other), BadInput, "holds Pertechnetate, and MDP kit is authorised")


@pytest.mark.parametrize("answer", ["possible", "pregnant"])
def test_a_pregnancy_needs_a_practitioner_who_considered_it(clinic: Any, answer: str) -> None:
    plain, syringe = clinic.authorised(), clinic.dose()
    clinic.identified()
    refused(clinic, (plain, syringe), Conflict, "is or may be pregnant", told=clinic.told(pregnancy=answer))
    considered = clinic.authorised(pregnancy_considered=True)
    assert clinic.give(considered, syringe, told=clinic.told(pregnancy=answer)).pregnancy == answer


def test_nothing_is_given_of_which_the_site_says_nothing(clinic: Any) -> None:
    referral = clinic.referred(product=clinic.lab.eluate_product)
    clinic.act("justify", clinic.practitioner, referral=referral, grounds="thyroid")
    clinic.act("authorise", clinic.practitioner, referral=referral, prescribed=80.0)
    eluate = clinic.lab.released(clinic.lab.eluate(clinic.lab.generator()))
    syringe = clinic.lab.dose(eluate, 80.0)
    clinic.identified()
    refused(clinic, (referral, syringe), Conflict, "not said yet what patients are told")


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"permit": None}, "under which permit"),
        ({"residual": Reading(-1.0, START)}, "at least 0"),
        ({"residual": Reading(600.0, START)}, "more than there were"),
        ({"residual": Reading(1.0, START + HOUR)}, "residual_at"),
        ({"residual": Reading(1.0, START - HOUR)}, "residual_at"),
        ({"before": Reading(500.0, START - HOUR)}, "before_at"),
        ({"before": Reading(math.nan, START)}, "must be a number"),
    ],
)
def test_what_cannot_have_been_measured_is_refused(
    clinic: Any, ready: tuple[Any, Any], more: dict[str, Any], match: str
) -> None:
    refused(clinic, ready, BadInput, match, **more)


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ({"pregnancy": ""}, "pregnancy"),
        ({"feeding": "perhaps"}, "feeding"),
        ({"explained": " "}, "explained"),
        ({"extravasation": "some"}, "extravasation"),
        ({"extravasated": 5.0}, "only where some went beside"),
        ({"extravasation": "seen"}, "estimate how much"),
        ({"extravasation": "seen", "extravasated": 499.0}, "more than was given"),
    ],
)
def test_what_was_not_asked_or_said_is_refused(
    clinic: Any, ready: tuple[Any, Any], told: dict[str, Any], match: str
) -> None:
    refused(clinic, ready, BadInput, match, told=clinic.told(**told))


def test_an_activity_beyond_the_tolerance_is_kept_only_with_its_reason(clinic: Any) -> None:
    ready = clinic.authorised(prescribed=400.0), clinic.dose(500.0)
    clinic.identified()
    refused(clinic, ready, BadInput, r"\+22.5 % from the 400 MBq prescribed")
    made = clinic.give(*ready, told=clinic.told(deviation="heavier than was known"))
    assert made.verdict == "suspension"
    (words,) = json.loads(made.record.text)["statement"]["given"]["deviations"]
    assert "490 MBq differ" in words


def test_a_reading_far_from_the_books_asks_whether_it_is_this_syringe(
    clinic: Any, ready: tuple[Any, Any]
) -> None:
    refused(clinic, ready, BadInput, "the books say 500", before=Reading(440.0, START))
    made = clinic.give(*ready, before=Reading(455.0, START))  # within what calibrators differ by
    assert made.administered == pytest.approx(445.0, rel=1e-12)
    assert Movement.objects.get(verb="administer", to_lot=None).activity == pytest.approx(490.0, rel=1e-12)


def test_excretion_beyond_the_permit_is_booked_only_with_its_reason(clinic: Any) -> None:
    from kilter.department.materials.actions.permits import Allowed

    tight = actions.add_permit(
        by=clinic.lab.head,
        number_of_permit="EPR-2",
        authority="Environment Agency",
        valid_from=START - HOUR,
        limits=[Allowed("drain", "Tc-99m", 100.0, "calendar_month")],
    )
    ready = clinic.authorised(), clinic.dose()
    clinic.identified()
    refused(clinic, ready, BadInput, "allows 100 MBq; 0 MBq went before, and this makes 147", permit=tight)
    clinic.give(*ready, permit=tight, told=clinic.told(deviation="the other permit had ended"))
    assert totals(tight, START)[0].used == pytest.approx(147.0, rel=1e-12)


def test_a_dose_is_given_once(clinic: Any, ready: tuple[Any, Any]) -> None:
    referral, syringe = ready
    clinic.give(referral, syringe)
    with pytest.raises(Conflict, match="given before"):
        clinic.give(referral, clinic.lab.dose(Lot.objects.get(kind="batch"), 500.0))
    again = clinic.authorised()
    with pytest.raises(Conflict, match="is empty"):
        clinic.give(again, syringe)


def test_who_is_no_operator_gives_nothing(clinic: Any, ready: tuple[Any, Any]) -> None:
    given_ = {"referral": ready[0], "syringe": ready[1], "scanned": "", "told": None, "residual": None}
    with pytest.raises(NotPermitted, match="administer a radiopharmaceutical"):
        clinic.act("administer", clinic.practitioner, **given_)


def test_a_second_person_where_the_product_asks_for_one(clinic: Any, ready: tuple[Any, Any]) -> None:
    product = clinic.lab.kit_product
    product.second_person = ["administer"]
    product.save()
    refused(clinic, (ready[0], Lot.objects.get(pk=ready[1].pk)), NotPermitted, "second person")


def test_no_residue_where_nothing_was_left(clinic: Any, ready: tuple[Any, Any]) -> None:
    made = clinic.give(*ready, residual=Reading(0.0, START))
    assert made.residue is None
    assert not Lot.objects.filter(kind="residue").exists()
    assert differences(START) == []


def test_lists_ask_once(clinic: Any, ready: tuple[Any, Any], django_assert_num_queries: Any) -> None:
    clinic.give(*ready)
    clinic.referred()
    with django_assert_num_queries(4):
        (one,) = administrations.administrations_of(clinic.patient)
        (waiting,) = administrations.open_referrals()
        assert len(administrations.referrals_of(clinic.patient)) == 2
        assert administrations.given_between(START, START + HOUR) == [one]
    assert (str(one.by), str(waiting.patient)) == ("Otto Operator", clinic.patient.pseudonym)


@settings(max_examples=60)
@given(
    activity=st.floats(5.0, 900.0),
    left=st.floats(0.0, 1.0),
    wait=st.integers(0, 5 * 3600),
    later=st.integers(0, 3600),
)
@example(activity=5.0, left=1e-9, wait=0, later=0)  # less than rounding is no residue, and not lost either
@example(activity=781.0, left=1e-9, wait=0, later=0)
@example(activity=5.0, left=1.0, wait=3607, later=1301)  # all was left: none was given, not less than none
def test_administered_and_residue_are_what_was_dispensed(
    clinic: Any, activity: float, left: float, wait: int, later: int
) -> None:
    with transaction.atomic():
        referral, syringe = clinic.authorised(prescribed=activity), clinic.dose(activity)
        given_at = START + timedelta(seconds=wait)
        read_at = given_at + timedelta(seconds=later)
        there = activity * math.exp(-TC * wait)
        with clock.at(read_at):
            clinic.identified()
            residual = Reading(left * there * math.exp(-TC * later), read_at)
            told = clinic.told(deviation="as it came out")
            made = clinic.give(referral, syringe, residual=residual, at=given_at, told=told)
        residue = made.residue.activity if made.residue is not None else 0.0
        to_patient = Movement.objects.get(verb="administer", to_lot=None).activity
        dispensed = decayed(activity, "Tc-99m", START, given_at)
        assert to_patient + residue == pytest.approx(dispensed, rel=1e-9)
        # What was measured, with what was read as left: the books count so little as rounding as given.
        assert made.administered + left * there == pytest.approx(dispensed, rel=1e-9)
        assert residue == pytest.approx(left * there, rel=1e-9, abs=1e-8 * there)
        excreted = Movement.objects.get(verb="excrete").activity if to_patient > 0 else 0.0
        assert excreted == pytest.approx(0.3 * to_patient, rel=1e-9, abs=1e-12)
        assert differences(read_at) == []
        transaction.set_rollback(True)


def test_a_referral_cannot_be_authorised_past_its_rules_in_the_table(clinic: Any) -> None:
    referral = clinic.referred()
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(authorised_at=START, prescribed=5.0)
