"""What a site sets up: products, the tests of their lots, permits; and bookings that are given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kilter.department.materials.models import Booking, Permit, Product, TestRule
from tests.department.materials.conftest import START
from tests.interfaces.web.materials.test_boards import book
from tests.interfaces.web.materials.test_chain_pages import text_of

pytestmark = pytest.mark.django_db
KIT = {
    "name": "Bone kit", "key": "bone_kit", "kind": "kit", "nuclide": "Tc-99m", "shelf_hours": "8",
    "largest_activity": "18500", "largest_volume": "10", "second_person": "prepare, release",
}  # fmt: skip


def test_a_product_is_entered_with_its_test_which_is_ended_again(lab: Any, physicist: Client) -> None:
    assert physicist.post("/materials/products/new/", KIT)["Location"] == "/materials/products/"
    made = Product.objects.get(key="bone_kit")
    assert (made.shelf_hours, made.largest_volume, made.second_person) == (8.0, 10.0, ["prepare", "release"])
    rule = {
        "product": str(made.uuid), "procedure": "nuclear_medicine.radiochemical_purity", "when": "before_use",
        "fixed": "product = MDP",
    }  # fmt: skip
    assert physicist.post("/materials/products/test/", rule)["Location"] == "/materials/products/"
    (row,) = TestRule.objects.filter(product=made)
    assert (row.when, row.fixed) == ("before_use", {"product": "MDP"})
    page = text_of(physicist, "/materials/products/")
    for words in ("Bone kit", "Radiochemical purity", "before use", "product = MDP"):
        assert words in page
    physicist.post(f"/materials/rules/{row.pk}/end/", {"reason": "Another method"})
    row.refresh_from_db()
    assert row.ended_at is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": "Bone Kit"}, "lower case"),
        ({"nuclide": "Tc-100"}, "Tc-100"),
        ({"shelf_hours": "8,5"}, "decimal point"),
        ({"second_person": "fly"}, "must be among"),
        ({"kind": "generator"}, "names its eluate"),
    ],
)
def test_a_product_that_cannot_be_says_why_and_keeps_what_was_typed(
    lab: Any, physicist: Client, changes: dict[str, str], words: str
) -> None:
    answer = physicist.post("/materials/products/new/", {**KIT, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Bone kit" in answer.content.decode()
    assert not Product.objects.filter(name="Bone kit").exists()


def test_a_permit_is_entered_with_its_limits(lab: Any, physicist: Client) -> None:
    given = {
        "number_of_permit": "EA/7", "authority": "The agency", "valid_from": "2026-01-01",
        "limits": "drain, Tc-99m, 50000, calendar_month\ndrain, other, 100, rolling_days, 30",
    }  # fmt: skip
    made = physicist.post("/materials/permits/new/", given)
    permit = Permit.objects.get(number="EA/7")
    assert made["Location"] == f"/materials/permits/{permit.uuid}/"
    assert permit.limits.filter(route="drain", group="other", limit=100.0, days=30).count() == 1
    short = physicist.post(
        "/materials/permits/new/", {**given, "number_of_permit": "X", "limits": "drain, Tc-99m"}
    )
    assert short.status_code == 422
    assert "write each line as" in short.content.decode()
    assert not Permit.objects.filter(number="X").exists()


def test_a_booking_is_given_up_from_the_planner(lab: Any, chemist: Client) -> None:
    book(lab, 3.0)
    (booked,) = Booking.objects.all()
    day = f"{START + timedelta(hours=3):%Y-%m-%d}"
    assert f"/materials/bookings/{booked.uuid}/cancel/" in text_of(chemist, f"/materials/planner/?day={day}")
    assert chemist.post(f"/materials/bookings/{booked.uuid}/cancel/", {"reason": ""}).status_code == 422
    chemist.post(f"/materials/bookings/{booked.uuid}/cancel/", {"reason": "The patient is ill"})
    booked.refresh_from_db()
    assert booked.cancelled_at is not None


def test_who_may_not_set_up_is_offered_nothing_and_refused(lab: Any, chemist: Client, hire: Any) -> None:
    from tests.interfaces.web.materials.conftest import browser_of

    viewer = browser_of(hire("ward_viewer"))
    assert "Enter a product" not in text_of(viewer, "/materials/products/")
    assert viewer.post("/materials/products/new/", KIT).status_code in (403, 422)
    assert not Product.objects.filter(key="bone_kit").exists()
