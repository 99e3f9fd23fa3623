"""Patients: enciphered at rest, found by exact number, every look-up written down, erased for good."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import settings as slow
from hypothesis import strategies as st

from kilter.department.ledger.models import AuditEntry
from kilter.department.patients import actions, queries
from kilter.department.patients.identity import pseudonym_for, same_name
from kilter.department.patients.models import LookUp, Patient, PatientNumber
from kilter.measure.error import BadInput, Conflict, Fault, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

NHS, OTHER = "9434765919", "4010232137"
ANNE = {"name": "Anne-Marie O'Neill", "date_of_birth": "1961-02-28", "nhs_number": "943 476 5919"}


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    from dataclasses import replace

    settings.KILTER = replace(settings.KILTER, home=tmp_path)
    return tmp_path


@pytest.fixture
def tech(hire: Any) -> Any:
    return hire("technologist")


@pytest.fixture
def anne(tech: Any) -> Patient:
    return actions.register(by=tech, **ANNE)


def test_a_patient_is_a_pseudonym_everywhere(anne: Patient, tech: Any) -> None:
    assert str(anne) == anne.pseudonym
    assert len(anne.pseudonym) == 10
    shown = actions.look_up(by=tech, patient=anne, reason="to call her in")
    assert asdict(shown) == {
        "name": "Anne-Marie O'Neill", "date_of_birth": "1961-02-28", "nhs_number": NHS, "chi_number": "",
        "hospital_number": "",
    }  # fmt: skip


def test_she_is_found_by_her_number_however_it_is_written(anne: Patient) -> None:
    for text in (NHS, "943 476 5919", " 943-476-5919 "):
        assert queries.patient_by_number(text) == anne
    with pytest.raises(NotFound):
        queries.patient_by_number(OTHER)


def test_every_look_up_is_kept_with_its_reason(anne: Patient, tech: Any) -> None:
    actions.look_up(by=tech, patient=anne, reason="to call her in")
    (row,) = queries.look_ups(anne)
    assert (row.by, row.reason, row.purpose) == (tech, "to call her in", "look_up")
    with pytest.raises(BadInput):
        actions.look_up(by=tech, patient=anne, reason=" ")
    with pytest.raises(IntegrityError), transaction.atomic():
        LookUp.objects.update(reason="nothing")


def test_neither_tables_nor_audit_hold_what_identifies_her(anne: Patient, tech: Any, hire: Any) -> None:
    actions.look_up(by=tech, patient=anne, reason="to call her in")
    actions.check_identity(by=tech, patient=anne, name="Anne O'Neill", date_of_birth="1961-02-28", number=NHS)
    actions.rectify(
        by=hire("lead_engineer"), patient=anne, changes={"name": "Anna O'Neill"}, reason="misspelt"
    )
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        for table in names:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                text = " ".join(
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row
                )
                assert "Neill" not in text, table
                assert NHS not in text.replace(" ", ""), table
                assert "1961-02-28" not in text, table


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ({}, (True, True, True)),
        ({"name": "o'neill ANNE MARIE"}, (True, True, True)),
        ({"name": "Anne O'Neil"}, (False, True, True)),
        ({"date_of_birth": "1961-02-27"}, (True, False, True)),
        ({"date_of_birth": "28.2.61"}, (True, False, True)),
        ({"number": OTHER}, (True, True, False)),
        ({"number": ""}, (True, True, False)),
    ],
)
def test_three_points_agree_or_say_which_does_not(
    anne: Patient, tech: Any, said: dict[str, str], points: tuple[bool, bool, bool]
) -> None:
    given_ = {"name": "Anne-Marie O'Neill", "date_of_birth": "1961-02-28", "number": NHS, **said}
    found = actions.check_identity(by=tech, patient=anne, **given_)
    assert (found.name, found.date_of_birth, found.number) == points
    assert found.agree is all(points)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"nhs_number": "9434765918"}, "nhs_number"),
        ({"nhs_number": ""}, "hospital_number"),
        ({"name": " "}, "name"),
        ({"date_of_birth": "1961-02-29"}, "date_of_birth"),
        ({"date_of_birth": "2961-01-01"}, "date_of_birth"),
        ({"chi_number": "0101700002"}, "chi_number"),
    ],
)
def test_what_cannot_be_a_patient_is_refused_by_name(tech: Any, changes: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.register(by=tech, **{**ANNE, **changes})
    assert caught.value.field == field
    assert not Patient.objects.exists()


def test_a_number_is_one_patients(anne: Patient, tech: Any) -> None:
    with pytest.raises(Conflict, match=f"registered already, as {anne.pseudonym}"):
        actions.register(by=tech, name="B", date_of_birth="1970-01-01", nhs_number=NHS)
    other = actions.register(by=tech, name="B", date_of_birth="1970-01-01", hospital_number="h-77")
    assert queries.patient_by_number("H-77") == other


def test_a_rectified_number_finds_her_and_the_old_one_does_not(anne: Patient, hire: Any) -> None:
    lead = hire("lead_engineer")
    actions.rectify(by=lead, patient=anne, changes={"nhs_number": OTHER}, reason="mistyped")
    assert queries.patient_by_number(OTHER) == anne
    with pytest.raises(NotFound):
        queries.patient_by_number(NHS)
    with pytest.raises(BadInput, match="no field"):
        actions.rectify(by=lead, patient=anne, changes={"shoe": "42"}, reason="x")


def test_what_was_erased_cannot_be_told_by_anybody(anne: Patient, tech: Any, hire: Any) -> None:
    officer = hire("safety_officer")
    actions.erase(by=officer, patient=anne, reason="asked for it")
    anne.refresh_from_db()
    with pytest.raises(NotFound, match="was erased"):
        actions.look_up(by=tech, patient=anne, reason="x")
    with pytest.raises(NotFound):
        queries.patient_by_number(NHS)
    with pytest.raises(Conflict):
        actions.erase(by=officer, patient=anne, reason="again")
    assert not PatientNumber.objects.exists()
    assert AuditEntry.objects.filter(activity="patients.erase").exists()


def test_without_the_sites_key_nothing_opens(anne: Patient, tech: Any, home: Path) -> None:
    (home / "personal.key").unlink()
    with pytest.raises(Fault, match="is not there"):
        actions.look_up(by=tech, patient=anne, reason="x")


def test_who_may_not_sees_nothing(anne: Patient, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.look_up(by=hire("trainee"), patient=anne, reason="curious")
    assert not LookUp.objects.exists()


def test_exports_of_two_purposes_cannot_be_joined(anne: Patient, tech: Any, hire: Any) -> None:
    officer = hire("safety_officer")
    other = actions.register(by=tech, name="B", date_of_birth="1970-01-01", hospital_number="1")
    one = actions.pseudonyms(by=officer, patients=[anne, other], purpose="dose audit")
    two = actions.pseudonyms(by=officer, patients=[anne, other], purpose="research 12")
    assert one == actions.pseudonyms(by=officer, patients=[anne, other], purpose="dose audit")
    assert len({*one.values(), *two.values()}) == 4
    assert pseudonym_for("dose audit", anne) == one[anne.pseudonym]


@slow(max_examples=40)
@given(st.permutations(["Anne", "Marie", "O", "Neill"]), st.sampled_from([" ", "-", "  ", ", "]))
def test_names_are_the_same_in_any_order_and_spelling(parts: list[str], between: str) -> None:
    assert same_name(between.join(parts), "Anné-Marie O'NEILL")
    assert not same_name(between.join(parts[:-1]), "Anne-Marie O'Neill")


def test_looking_for_somebody_makes_no_key(home: Path) -> None:
    with pytest.raises(NotFound):
        queries.patient_by_number(NHS)
    assert not (home / "personal.key").exists()


def test_a_lost_key_is_not_replaced_by_looking(anne: Patient, home: Path) -> None:
    (home / "personal.key").unlink()
    with pytest.raises(Fault, match="is not there"):
        queries.patient_by_number(NHS)
    with pytest.raises(Fault, match="is not there"):
        pseudonym_for("dose audit", anne)
    assert not (home / "personal.key").exists()
