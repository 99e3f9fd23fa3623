"""What is found out after a dose was written down: added with person and time, and nothing is changed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.department.materials.conftest import START

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.afterwards import as_it_stands, counted_though_not_given, excreted
from kilter.department.materials.balance import differences
from kilter.department.materials.decaying import decayed
from kilter.department.materials.models import Addition, Lot, Movement
from kilter.department.materials.permits import gone
from kilter.department.records.models import PersonalPart
from kilter.department.records.personal import read_personal
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, NotPermitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def dose(clinic: Any) -> Any:
    """490 MBq were given at the start."""
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    clinic.identified()
    return clinic.give(referral, syringe)


def add(clinic: Any, dose: Any, what: str, activity: float, **more: Any) -> Addition:
    said = {"words": "seen on the images of Mrs Quarrington", **more}
    made: Addition = clinic.act(
        "add_finding", clinic.operator, administration=dose, what=what, activity=activity, **said
    )
    return made


def test_a_late_residual_was_not_given_and_lies_in_a_residue_of_its_own(clinic: Any, dose: Any) -> None:
    with clock.at(START + HOUR):
        made = add(clinic, dose, "residual", 20.0)
    then = decayed(20.0, "Tc-99m", START + HOUR, START)
    now = as_it_stands(dose)
    assert now.administered == pytest.approx(490.0 - then, rel=1e-12)
    assert now.extravasated == 0.0
    assert made.residue is not None
    assert made.residue.label == f"{dose.syringe.label}-R2"
    assert (made.residue.activity, made.residue.state) == (20.0, "rejected")
    assert differences(START + HOUR) == []
    assert verify().problems == ()
    dose.refresh_from_db()
    assert dose.administered == pytest.approx(490.0, rel=1e-12)


def test_a_late_extravasation_was_given_beside_the_vein(clinic: Any, dose: Any) -> None:
    with clock.at(START + 30 * HOUR):
        made = add(clinic, dose, "extravasation", 1.0)
    now = as_it_stands(dose)
    assert now.administered == pytest.approx(490.0, rel=1e-12)
    assert now.extravasated == pytest.approx(decayed(1.0, "Tc-99m", START + 30 * HOUR, START), rel=1e-12)
    assert (made.by, made.at, made.residue) == (clinic.operator, START + 30 * HOUR, None)


def test_what_counts_as_excreted_stays_and_it_is_said_what_would(clinic: Any, dose: Any) -> None:
    """The advice of the product says that 0.3 of what is given leaves by the drain."""
    before = total_counted(clinic)
    assert before == pytest.approx(0.3 * 490.0, rel=1e-12)
    assert counted_though_not_given(clinic.lab.permit) == []
    said = []
    for hours in (1, 2):
        with clock.at(START + hours * HOUR):
            said.append(json.loads(add(clinic, dose, "residual", 20.0).record.text)["statement"]["given"])
    less = [0.3 * decayed(20.0, "Tc-99m", START + hours * HOUR, START) for hours in (1, 2)]
    assert total_counted(clinic) == before  # nothing is lowered silently
    number = clinic.lab.permit.number
    for one, known in zip(said, (before - less[0], before - sum(less)), strict=True):
        assert one["excretion"]["permit"] == number
        assert one["excretion"]["counted_MBq"] == pytest.approx(before, rel=1e-12)
        assert one["excretion"]["known_MBq"] == pytest.approx(known, rel=1e-12)
    (found,) = counted_though_not_given(clinic.lab.permit)
    assert (found.administration, found.counted) == (dose, before)
    assert found.known == pytest.approx(before - sum(less), rel=1e-12)


def test_an_extravasation_says_nothing_of_what_is_excreted(clinic: Any, dose: Any) -> None:
    made = add(clinic, dose, "extravasation", 20.0)
    assert "excretion" not in json.loads(made.record.text)["statement"]["given"]
    assert counted_though_not_given(clinic.lab.permit) == []
    (found,) = excreted([dose])
    assert found.known == found.counted


def test_where_all_was_left_nothing_would_count_and_never_less(clinic: Any, dose: Any) -> None:
    add(clinic, dose, "residual", 490.0)
    (found,) = excreted([dose])
    assert (found.counted, found.known) == (pytest.approx(147.0), pytest.approx(0.0, abs=1e-9))
    assert found.known >= 0.0


def test_as_many_queries_for_many_doses(clinic: Any, dose: Any, django_assert_num_queries: Any) -> None:
    add(clinic, dose, "residual", 1.0)
    with django_assert_num_queries(3):
        assert len(counted_though_not_given(clinic.lab.permit)) == 1
    clinic.identified()
    given = clinic.give(clinic.authorised(), clinic.dose(500.0))
    add(clinic, given, "residual", 1.0)
    add(clinic, given, "residual", 1.0)
    with django_assert_num_queries(3):
        assert len(counted_though_not_given(clinic.lab.permit)) == 2


def total_counted(clinic: Any) -> float:
    """Add up what counts under the permit by the drain, in MBq."""
    return sum(activity for _, _, activity in gone(clinic.lab.permit, "drain"))


def test_the_record_says_so_and_no_name(clinic: Any, dose: Any) -> None:
    made = add(clinic, dose, "extravasation", 0.0)
    said = json.loads(made.record.text)["statement"]["given"]
    assert (said["what"], said["of_record"]) == ("extravasation", str(dose.record.uuid))
    assert "Quarrington" not in made.record.text
    part = PersonalPart.objects.get(record=made.record)
    assert read_personal(part) == {"finding": "seen on the images of Mrs Quarrington"}
    add(clinic, dose, "extravasation", 0.0, words="and once more")
    shown = actions.read_details(by=clinic.operator, referral=dose.referral, reason="a question")
    assert shown["finding"] == "seen on the images of Mrs Quarrington\nand once more"


@pytest.mark.parametrize(
    ("what", "activity", "more", "match"),
    [
        ("residual", 0.0, {}, "activity"),
        ("residual", 491.0, {}, "more than were given besides, 490"),
        ("extravasation", 491.0, {}, "more than were given into the vein"),
        ("extravasation", -1.0, {}, "activity"),
        ("residue", 1.0, {}, "what"),
        ("residual", 1.0, {"words": " "}, "words"),
        ("residual", 1.0, {"at": START - HOUR}, "before the dose"),
        ("residual", 1.0, {"at": START + HOUR}, "future"),
    ],
)
def test_a_finding_that_cannot_be_is_refused(
    clinic: Any, dose: Any, what: str, activity: float, more: Any, match: str
) -> None:
    before = Movement.objects.count()
    with pytest.raises(BadInput, match=match), transaction.atomic():
        add(clinic, dose, what, activity, **more)
    assert (Addition.objects.count(), Movement.objects.count()) == (0, before)


def test_who_may_not_give_a_dose_adds_nothing_and_nobody_changes_what_was_added(
    clinic: Any, dose: Any
) -> None:
    with pytest.raises(NotPermitted), transaction.atomic():
        clinic.act(
            "add_finding", clinic.practitioner, administration=dose, what="residual", activity=1.0, words="x"
        )
    add(clinic, dose, "residual", 1.0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Addition.objects.update(activity=2.0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Addition.objects.all().delete()


FOUND = st.lists(st.tuples(st.sampled_from(["residual", "extravasation"]), st.floats(0.5, 300.0)), max_size=5)


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(found=FOUND)
def test_never_more_is_found_than_was_given(clinic: Any, dose: Any, found: list[tuple[str, float]]) -> None:
    with transaction.atomic():
        kept = {"residual": 0.0, "extravasation": 0.0}
        for what, activity in found:
            fits = sum(kept.values()) + activity <= 490.0 * (1 + 1e-9)
            try:
                with transaction.atomic():
                    add(clinic, dose, what, activity)
            except BadInput:
                assert not fits
            else:
                assert fits
                kept[what] += activity
        now = as_it_stands(dose)
        assert now.administered == pytest.approx(490.0 - kept["residual"], abs=1e-6)
        assert now.extravasated == pytest.approx(kept["extravasation"], abs=1e-6)
        assert all(lot.activity >= 0 for lot in Lot.objects.all())
        assert differences(START) == []
        transaction.set_rollback(True)
