"""Referrals: whose word makes an exposure possible, what is refused, and what the personal part holds."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.department.materials.clinic import NAME, NUMBER
from tests.department.materials.conftest import START

from kilter.department.ledger import clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.materials import actions, administrations
from kilter.department.materials.models import Referral
from kilter.department.patients import actions as patients
from kilter.department.patients import queries
from kilter.department.patients.models import LookUp
from kilter.department.people.confirmation import Confirmation
from kilter.department.records.actions import erase_personal
from kilter.department.records.models import PersonalPart
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def issued(clinic: Any, **more: Any) -> Any:
    words = {"name": "Bone 1", "product": clinic.lab.kit_product, "criteria": "adults"}
    return clinic.act(
        "issue_guideline", clinic.practitioner, **{**words, "least": 400.0, "most": 600.0, **more}
    )


def test_each_step_is_a_named_persons_and_sealed(clinic: Any) -> None:
    with clock.at(START):
        referral = clinic.referred()
    with clock.at(START + MINUTE):
        clinic.act("justify", clinic.practitioner, referral=referral, grounds=f"{NAME} is in pain")
    with clock.at(START + 2 * MINUTE):
        done = clinic.act("authorise", clinic.practitioner, referral=referral, prescribed=500.0)
    assert (done.justified_by, done.justified_at) == (clinic.practitioner, START + MINUTE)
    assert (done.authorised_by, done.authorised_at) == (clinic.practitioner, START + 2 * MINUTE)
    assert (done.prescribed, done.guideline) == (500.0, None)
    for record in (done.record, done.justified_in, done.authorised_in):
        assert "Quarrington" not in record.text
        assert json.loads(record.text)["statement"]["given"]["patient"] == clinic.patient.pseudonym
    assert verify().problems == ()


def test_an_operator_authorises_what_a_guideline_covers(clinic: Any) -> None:
    referral, rule = clinic.referred(), issued(clinic)
    done = clinic.act(
        "authorise_by_guideline", clinic.operator, referral=referral, guideline=rule, prescribed=500.0
    )
    assert (done.justified_by, done.authorised_by) == (clinic.practitioner, clinic.operator)
    assert (done.guideline, done.justified_in) == (rule, rule.record)
    assert not done.pregnancy_considered
    said = json.loads(done.authorised_in.text)["statement"]["given"]
    assert said["guideline"]["name"] == "Bone 1"


def test_a_practitioners_own_justification_stands_beside_a_guideline(clinic: Any) -> None:
    referral, rule = clinic.referred(), issued(clinic)
    clinic.act("justify", clinic.practitioner, referral=referral, grounds="urgent", pregnancy_considered=True)
    done = clinic.act(
        "authorise_by_guideline", clinic.operator, referral=referral, guideline=rule, prescribed=400.0
    )
    assert done.pregnancy_considered
    assert done.justified_in != rule.record


@pytest.mark.parametrize(
    ("verb", "given_"),
    [
        ("justify", {"grounds": "x"}),
        ("authorise", {"prescribed": 500.0}),
        ("decline", {"reason": "x"}),
    ],
)
def test_only_a_practitioner_does_what_is_a_practitioners(clinic: Any, verb: str, given_: Any) -> None:
    referral = clinic.referred()
    for person in (clinic.operator, clinic.lab.head):
        if verb == "decline" and person == clinic.lab.head:
            continue  # a head may stop an exposure, and never start one
        with pytest.raises(NotPermitted):
            clinic.act(verb, person, referral=referral, **given_)
    words = {"name": "x", "product": clinic.lab.kit_product, "criteria": "x", "least": 1.0, "most": 2.0}
    with pytest.raises(NotPermitted):
        clinic.act("issue_guideline", clinic.lab.head, **words)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"prescribed": 399.9}, "covers 400 to 600 MBq"),
        ({"prescribed": 600.1}, "covers 400 to 600 MBq"),
        ({"prescribed": 0.0}, "above 0"),
        ({"prescribed": math.nan}, "must be a number"),
    ],
)
def test_what_a_guideline_does_not_cover_is_refused(clinic: Any, more: dict[str, Any], match: str) -> None:
    referral, rule = clinic.referred(), issued(clinic)
    with pytest.raises(BadInput, match=match):
        clinic.act("authorise_by_guideline", clinic.operator, referral=referral, guideline=rule, **more)


def test_a_guideline_of_another_product_or_that_ended_authorises_nothing(clinic: Any) -> None:
    referral = clinic.referred()
    other = issued(clinic, product=clinic.lab.eluate_product)
    words = {"referral": referral, "prescribed": 500.0}
    with pytest.raises(BadInput, match="of another product"):
        clinic.act("authorise_by_guideline", clinic.operator, guideline=other, **words)
    with pytest.raises(Conflict, match="in force already"):
        issued(clinic)
    with pytest.raises(BadInput):
        actions.end_guideline(by=clinic.practitioner, guideline=other, reason=" ")
    actions.end_guideline(by=clinic.practitioner, guideline=other, reason="replaced")
    with pytest.raises(Conflict, match="ended before"):
        actions.end_guideline(by=clinic.practitioner, guideline=other, reason="again")
    with pytest.raises(Conflict, match="has ended"):
        clinic.act("authorise_by_guideline", clinic.operator, guideline=other, **words)
    assert administrations.guidelines() == []
    with pytest.raises(BadInput, match="most"):
        issued(clinic, least=7.0, most=5.0)


def test_the_order_of_the_steps_is_kept(clinic: Any) -> None:
    referral = clinic.referred()
    with pytest.raises(Conflict, match="justified this yet"):
        clinic.act("authorise", clinic.practitioner, referral=referral, prescribed=500.0)
    clinic.act("justify", clinic.practitioner, referral=referral, grounds="x")
    with pytest.raises(Conflict, match="justified before"):
        clinic.act("justify", clinic.practitioner, referral=referral, grounds="x")
    clinic.act("authorise", clinic.practitioner, referral=referral, prescribed=500.0)
    with pytest.raises(Conflict, match="authorised before"):
        clinic.act("authorise", clinic.practitioner, referral=referral, prescribed=700.0)
    clinic.act("decline", clinic.practitioner, referral=referral, reason="died")
    for verb, given_ in (("justify", {"grounds": "x"}), ("decline", {"reason": "x"})):
        with pytest.raises(Conflict, match="declined before"):
            clinic.act(verb, clinic.practitioner, referral=referral, **given_)
    assert Referral.objects.get().prescribed == 500.0


STEPS = st.lists(st.sampled_from(["justify", "authorise", "guideline", "decline"]), max_size=8)


@settings(max_examples=40)
@given(steps=STEPS)
def test_whatever_is_tried_nothing_is_authorised_that_nobody_justified(clinic: Any, steps: list[str]) -> None:
    from django.db import transaction

    with transaction.atomic():
        referral, rule = clinic.referred(), issued(clinic)
        words: dict[str, Any] = {
            "justify": {"grounds": "x"}, "authorise": {"prescribed": 500.0}, "decline": {"reason": "x"}
        }  # fmt: skip
        for step in steps:
            verb, by, more = step, clinic.practitioner, words.get(step, {})
            if step == "guideline":
                verb, by = "authorise_by_guideline", clinic.operator
                more = {"guideline": rule, "prescribed": 500.0}
            before = Referral.objects.values().get(pk=referral.pk)
            try:
                with transaction.atomic():
                    clinic.act(verb, by, referral=referral, **more)
            except KilterError:
                assert Referral.objects.values().get(pk=referral.pk) == before
        row = Referral.objects.get(pk=referral.pk)
        assert (row.authorised_at is None) or (row.justified_by_id == clinic.practitioner.pk)
        first = [step for step in steps if step != "justify"][:1]
        if first == ["decline"]:
            assert row.authorised_at is None
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("referrer", " "),
        ("referrer", "Dr B, about 943 476 5919"),
        ("examination", ""),
        ("examination", "Bone scan, DOB 3.4.60"),
        ("examination", "x" * 121),
        ("clinical_details", "\n"),
        ("clinical_details", "a\0"),
    ],
)
def test_a_referral_that_lacks_something_or_names_somebody_is_refused(
    clinic: Any, field: str, wrong: str
) -> None:
    words = {"referrer": "Dr A", "examination": "Bone scan", "clinical_details": "pain"}
    with pytest.raises(BadInput) as caught:
        clinic.act(
            "refer", clinic.operator, patient=clinic.patient, product=clinic.lab.kit_product,
            **{**words, field: wrong},
        )  # fmt: skip
    assert caught.value.field == field
    assert NUMBER not in str(caught.value)
    assert not Referral.objects.exists()


def test_an_erased_patient_is_referred_no_more(clinic: Any, hire: Any) -> None:
    officer = hire("safety_officer", until=START + timedelta(days=999))
    patients.erase(by=officer, patient=clinic.patient, reason="asked for it")
    clinic.patient.refresh_from_db()
    with pytest.raises(Conflict, match="was erased"):
        clinic.referred()


def test_an_old_confirmation_makes_no_referral(clinic: Any) -> None:
    old = Confirmation(clinic.practitioner.uuid, START - timedelta(hours=1), "pin")
    with pytest.raises(NotPermitted, match="Confirm"):
        actions.justify(by=clinic.practitioner, referral=clinic.referred(), grounds="x", confirmation=old)


def test_the_words_are_read_for_a_reason_until_they_are_destroyed(clinic: Any, hire: Any) -> None:
    referral = clinic.referred()
    clinic.act("justify", clinic.practitioner, referral=referral, grounds="changes treatment")
    with pytest.raises(BadInput):
        actions.read_details(by=clinic.practitioner, referral=referral, reason=" ")
    referral.refresh_from_db()
    found = actions.read_details(by=clinic.practitioner, referral=referral, reason="to authorise")
    assert found["grounds"] == "changes treatment"
    assert "new pain" in found["clinical_details"]
    (kept,) = LookUp.objects.all()
    assert (kept.by, kept.reason, kept.purpose) == (clinic.practitioner, "to authorise", "clinical")
    with pytest.raises(NotPermitted):
        actions.read_details(by=hire("trainee"), referral=referral, reason="curious")
    officer = hire("safety_officer", until=START + timedelta(days=999))
    for part in PersonalPart.objects.all():
        erase_personal(by=officer, part=part, reason="asked for", confirmation=clinic.lab.confirm(officer))
    with pytest.raises(NotFound, match="destroyed"):
        actions.read_details(by=clinic.practitioner, referral=referral, reason="again")
    assert verify().problems == ()


def test_a_number_that_finds_somebody_is_kept_as_a_look_up(clinic: Any) -> None:
    assert patients.find(by=clinic.practitioner, number="943 476 5919") == clinic.patient
    with pytest.raises(NotFound):
        patients.find(by=clinic.practitioner, number="4010232137")
    assert [one.purpose for one in queries.look_ups(clinic.patient)] == ["find"]


def test_reading_the_log_is_written_down(clinic: Any) -> None:
    patients.look_up(by=clinic.operator, patient=clinic.patient, reason="to call her in")
    (row,) = patients.read_log(by=clinic.lab.head, days=1)
    assert (row.patient, row.reason) == (clinic.patient, "to call her in")
    assert AuditEntry.objects.filter(activity="patients.read_log").count() == 1
    with clock.at(START + timedelta(days=2)):
        assert patients.read_log(by=clinic.lab.head, days=1) == []
    for wrong in (0, 3661, True, "7"):
        with pytest.raises(BadInput):
            patients.read_log(by=clinic.lab.head, days=wrong)
    with pytest.raises(NotPermitted):
        patients.read_log(by=clinic.operator)


def with_stress(clinic: Any, referral: Any = None, **more: Any) -> tuple[Any, Any]:
    """An examination with two doses: what was asked for, and a second one."""
    first = referral or clinic.referred()
    given_ = {"product": clinic.lab.kit_product, "dose": "stress", "first": "rest"}
    return first, clinic.act("add_dose", clinic.operator, referral=first, **{**given_, **more})


def test_the_doses_of_an_examination_are_justified_at_once_and_prescribed_one_by_one(clinic: Any) -> None:
    rest, stress = with_stress(clinic)
    assert (stress.part_of, stress.patient, stress.examination) == (rest, rest.patient, rest.examination)
    rest = clinic.act("justify", clinic.practitioner, referral=rest, grounds="angina")
    stress.refresh_from_db()
    assert stress.justified_in == rest.justified_in
    said = json.loads(rest.justified_in.text)["statement"]["given"]
    assert [one["dose"] for one in said["doses"]] == ["stress"]
    assert said["dose"] == "rest"
    clinic.act("authorise", clinic.practitioner, referral=rest, prescribed=250.0)
    clinic.act("authorise", clinic.practitioner, referral=stress, prescribed=750.0)
    rest.refresh_from_db()
    stress.refresh_from_db()
    assert (rest.prescribed, stress.prescribed) == (250.0, 750.0)
    assert [one.name for one in administrations.doses_of(stress)] == ["Bone scan: rest", "Bone scan: stress"]
    assert verify().problems == ()


def test_a_dose_that_comes_after_the_justification_is_not_justified_by_it(clinic: Any) -> None:
    first = clinic.authorised()
    _, stress = with_stress(clinic, first)
    assert (stress.justified_at, stress.authorised_at) == (None, None)
    with pytest.raises(Conflict, match="no practitioner has justified"):
        clinic.act("authorise", clinic.practitioner, referral=stress, prescribed=750.0)
    clinic.act("justify", clinic.practitioner, referral=stress, grounds="asked by telephone")
    first.refresh_from_db()
    assert (first.prescribed, first.dose) == (500.0, "rest")


def test_a_dose_given_leaves_the_other_waiting_and_declining_leaves_what_was_given(clinic: Any) -> None:
    rest, stress = with_stress(clinic)
    clinic.act("justify", clinic.practitioner, referral=rest, grounds="angina")
    with clock.at(START + 600 * MINUTE):
        clinic.act("authorise", clinic.practitioner, referral=rest, prescribed=500.0)
        syringe = clinic.dose()
        clinic.identified()
        clinic.give(rest, syringe)
    assert [one.pk for one in administrations.open_referrals()] == [stress.pk]
    with pytest.raises(Conflict, match="given before"):
        clinic.act("decline", clinic.practitioner, referral=rest, reason="too late")
    clinic.act("decline", clinic.practitioner, referral=stress, reason="the first was normal")
    rest.refresh_from_db()
    assert (rest.declined_at, administrations.open_referrals()) == (None, [])


def test_declining_the_first_declines_every_dose_that_waits(clinic: Any) -> None:
    rest, stress = with_stress(clinic)
    clinic.act("decline", clinic.practitioner, referral=rest, reason="not indicated")
    stress.refresh_from_db()
    assert stress.declined_in == Referral.objects.get(pk=rest.pk).declined_in
    with pytest.raises(Conflict, match="declined before"):
        with_stress(clinic, rest, dose="late")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"dose": ""}, "dose"),
        ({"dose": "Rest"}, "dose"),
        ({"dose": "x" * 41}, "dose"),
        ({"first": ""}, "first"),
        ({"dose": NUMBER}, "dose"),
    ],
)
def test_a_dose_has_a_word_of_its_own(clinic: Any, more: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        with_stress(clinic, **more)
    assert caught.value.field == field
    assert Referral.objects.count() == 1


def test_an_examination_has_so_many_doses_and_no_more(clinic: Any) -> None:
    from kilter.department.materials.actions.doses import MOST_DOSES

    first = clinic.referred()
    for number in range(1, MOST_DOSES):
        with_stress(clinic, first, dose=f"dose {number}")
    with pytest.raises(Conflict, match=f"at most {MOST_DOSES}"):
        with_stress(clinic, first, dose="one more")


def test_the_clinical_details_of_a_further_dose_are_those_of_the_first(clinic: Any) -> None:
    _, stress = with_stress(clinic)
    found = actions.read_details(by=clinic.operator, referral=stress, reason="draws the dose")
    assert "Known carcinoma" in found["clinical_details"]


def test_a_dose_settles_the_nearest_booking_of_its_day_alone(clinic: Any) -> None:
    from kilter.department.materials.models import Booking

    rest, _ = with_stress(clinic)
    clinic.act("justify", clinic.practitioner, referral=rest, grounds="angina")
    with clock.at(START):
        booked = [
            actions.book(
                by=clinic.operator, at=START + minutes * MINUTE, nuclide="Tc-99m", activity=activity,
                route="drain", excreted=0.3, patient=clinic.patient,
            )
            for minutes, activity in ((600, 500.0), (780, 750.0), (600 + 24 * 60, 500.0))
        ]  # fmt: skip
    with clock.at(START + 610 * MINUTE):
        clinic.act("authorise", clinic.practitioner, referral=rest, prescribed=500.0)
        syringe = clinic.dose()
        clinic.identified()
        clinic.give(rest, syringe)
    left = set(Booking.objects.filter(cancelled_at=None).values_list("pk", flat=True))
    assert left == {booked[1].pk, booked[2].pk}
