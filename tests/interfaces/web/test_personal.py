"""Who the patient of a record is: shown for a reason, put right by addition, destroyed for good."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kilter.department.ledger.models import AuditEntry
from kilter.department.people.actions import grant_role
from kilter.department.records import actions
from kilter.department.records.models import PersonalPart, Record
from kilter.department.records.verify import verify
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db
WHO = {"name": "Edith Quarrington", "date of birth": "1957-08-19"}


@pytest.fixture
def officer(shop: Any) -> Client:
    """A safety officer at the browser."""
    grant_role(by=shop.head, person=shop.second, role="safety_officer")
    return browser_of(shop.second)


@pytest.fixture
def record(shop: Any, officer: Client) -> Record:
    """A record with who its patient is beside it."""
    made: Record = shop.visit()[0]
    word = shop.confirm(shop.second)
    actions.add_to_personal(by=shop.second, record=made, payload=WHO, confirmation=word)
    return made


def test_it_is_shown_for_a_reason_that_is_kept(officer: Client, record: Record) -> None:
    here = f"/records/{record.uuid}/personal/"
    assert here in officer.get(f"/records/{record.uuid}/").content.decode()
    asked = officer.get(here)
    assert "Why you need to know" in asked.content.decode()
    assert "Quarrington" not in asked.content.decode()
    refused = officer.post(here, {"reason": " "})
    assert refused.status_code == 422
    assert "Quarrington" not in refused.content.decode()
    shown = officer.post(here, {"reason": "to call her back"})
    assert "date of birth: 1957-08-19; name: Edith Quarrington" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    kept = AuditEntry.objects.filter(activity="records.see_personal").get()
    assert "to call her back" in str(kept.detail)
    assert "Quarrington" not in str(kept.detail)


def test_who_may_not_see_it_is_offered_nothing_and_refused(shop: Any, record: Record) -> None:
    technologist = browser_of(shop.engineer)
    here = f"/records/{record.uuid}/personal/"
    assert here not in technologist.get(f"/records/{record.uuid}/").content.decode()
    refused = technologist.post(here, {"reason": "curious"})
    assert refused.status_code in (403, 422)
    assert "Quarrington" not in refused.content.decode()


def test_it_is_put_right_by_addition(shop: Any, officer: Client, record: Record) -> None:
    here = f"/records/{record.uuid}/personal/"
    said = {"what": "name", "said": "Edith Quarringdon", "because": "the name was misspelt"}
    done = officer.post(f"{here}add/", {**said, "password": shop.password})
    assert (done.status_code, done["Location"]) == (302, here)
    page = officer.post(here, {"reason": "to see it"}).content.decode()
    assert "name: Edith Quarrington" in page
    assert "name: Edith Quarringdon; puts right: the name was misspelt" in page
    assert verify().holds


def test_it_is_destroyed_and_the_chain_holds(shop: Any, officer: Client, record: Record) -> None:
    here = f"/records/{record.uuid}/personal/"
    part = PersonalPart.objects.get()
    end = f"/records/{part.record.uuid}/personal/{part.uuid}/destroy/"
    assert end in officer.post(here, {"reason": "to destroy it"}).content.decode()
    assert officer.post(end, {"reason": "", "password": shop.password}).status_code == 422
    assert officer.post(end, {"reason": "she asked", "password": "wrong"}).status_code in (403, 422)
    assert PersonalPart.objects.get().payload is not None
    done = officer.post(end, {"reason": "she asked", "password": shop.password})
    assert "she asked" in officer.get(done["Location"]).content.decode()
    page = officer.post(here, {"reason": "to see that it is gone"}).content.decode()
    assert "destroyed by" in page
    assert "Quarrington" not in page
    assert verify().holds
    assert officer.post(end, {"reason": "again", "password": shop.password}).status_code in (409, 422)


def test_a_part_of_another_record_is_not_found(officer: Client, shop: Any, record: Record) -> None:
    other = shop.visit()[0]
    part = PersonalPart.objects.get()
    assert officer.get(f"/records/{other.uuid}/personal/{part.uuid}/destroy/").status_code == 404


def test_a_record_without_a_patient_says_so(officer: Client, shop: Any) -> None:
    plain = shop.visit()[0]
    answer = officer.post(f"/records/{plain.uuid}/personal/", {"reason": "to look"})
    assert answer.status_code == 422
    assert "nothing that identifies a patient stands beside this record" in answer.content.decode()
