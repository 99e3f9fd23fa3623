"""Each procedure's page and the form of each visit: they open, whatever kinds of input they ask for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kilter.measure.door import parse
from kilter.measure.protocol import protocol, shipped_protocols
from kilter.measure.registry import entries
from kilter.measure.words import title
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    client = Client()
    client.force_login(shop.engineer, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_each_procedures_page_opens(tech: Client) -> None:
    for key, item in entries().items():
        answer = tech.get(f"/procedures/{key}/")
        assert answer.status_code == 200, key
        assert title(item) in answer.content.decode()


def test_the_form_of_each_visit_opens(shop: Any, tech: Client) -> None:
    for one in shipped_protocols():
        answer = tech.get(f"/devices/{shop.pump.uuid}/test/{one.key}/")
        assert answer.status_code == 200, one.key
        assert one.title in answer.content.decode()


def test_a_limit_with_a_fixed_part_is_said_in_words(tech: Client) -> None:
    page = tech.get("/procedures/medical_engineering.defibrillator_energy/").content.decode()
    assert "of set_energy, or 3 J where that is more" in page


def test_a_pump_is_offered_its_own_visit_first(shop: Any, tech: Client) -> None:
    page = tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    own = protocol("medical_engineering.infusion_pump").title
    assert page.index(own) < page.index(protocol("medical_engineering.iec_62353").title)


def test_a_table_is_typed_row_by_row(shop: Any, tech: Client) -> None:
    answer = tech.get(f"/devices/{shop.pump.uuid}/test/medical_engineering.incubator/")
    page = answer.content.decode()
    assert "One row a line, commas between the numbers, in °C." in page
    assert 'name="air_36.temperatures"' in page


def test_a_table_as_a_browser_sends_it_passes_the_door() -> None:
    item = entries()["medical_engineering.storage_mapping"]
    given = parse(item.signature, {"temperatures": "4.0,5.0\r\n6.0,7.0\r\n"})
    assert given["temperatures"].value.tolist() == [[4.0, 5.0], [6.0, 7.0]]
