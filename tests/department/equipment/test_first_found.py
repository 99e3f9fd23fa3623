"""The first devices of a search: what models, places and labels give together is what every device says."""

from __future__ import annotations

from importlib import import_module
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.department.equipment import first_found
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.equipment.search import index, search, words_of

pytestmark = pytest.mark.django_db

NUMBERS = count(1)
MAKERS = ("Dräger", "Northfield", "North", "Infusa")
NAMES = ("Infusa 3", "Ward_Pump", "12 lead", "ǂ Pump")
PLACES = ("Ward 12", "North wing", "Pump store", "Örtlich")
LABELS = ("INF", "WARD-1", "12-A", "North", "PUMP-ÄÖ", "")
SOUGHT = (
    "infusa", "pump", "north ward", "12", "pump 12", "drager", "n", "ward pump", "w", "inf north",
    "north north", "zzz", "pump zzz", "ortlich", "aeo", "ao pump", "entered", "ǂ", "k",
)  # fmt: skip

MODEL = st.tuples(st.sampled_from(MAKERS), st.sampled_from(NAMES))
DEVICE = st.tuples(
    st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)),
    st.sampled_from(LABELS), st.sampled_from(LABELS),
    st.sampled_from(["in_service", "in_service", "condemned", "entered_in_error"]),
)  # fmt: skip


def unspoken() -> str:
    """Give marks that make a name another and add no word to it."""
    return " " + "".join("!#$&()*,;:"[int(digit)] for digit in str(next(NUMBERS)))


def hospital(models: list[Any], places: list[Any], devices: list[Any]) -> list[Device]:
    """Write models, a tree of places and devices, and index their words."""
    made = [
        DeviceModel.objects.create(maker=maker, name=name + unspoken(), kind="kind_of_pump")
        for maker, name in models
    ]
    stood: list[Location] = []
    for name, inside in places:
        parent = stood[inside % len(stood)] if stood and inside is not None else None
        row = Location.objects.create(name=name + unspoken(), kind="ward", parent=parent)
        row.path = (parent.path if parent else "") + f"{row.pk:08d}"
        row.save()
        stood.append(row)
    rows = []
    for which, where, asset, serial, state in devices:
        row = Device(
            asset=f"{asset}-{next(NUMBERS)}", serial=serial, state=state, model=made[which % len(made)]
        )
        row.location = stood[where % len(stood)] if stood and where is not None else None
        row.set_keys()
        row.save()
        rows.append(row)
    index(row.pk for row in rows)
    return rows


def spoken(device: Device) -> set[str]:
    """Give the words of one device, the plain way."""
    found = {*words_of(f"{device.model.maker} {device.model.name} {device.model.kind.replace('_', ' ')}")}
    for label in (device.asset, device.serial):
        found |= {*words_of(label), "".join(words_of(label))}
    place = device.location
    while place is not None:
        found |= set(words_of(place.name))
        place = place.parent
    return found


def looked_through(rows: list[Device], text: str) -> list[int]:
    """Look at every device by itself."""
    terms, whole = words_of(text), text.upper()
    bearing = [
        row
        for row in rows
        if row.state != "entered_in_error"
        and terms
        and all(any(word.startswith(term) for word in spoken(row)) for term in terms)
    ]
    bearing.sort(key=lambda row: (whole not in (row.asset_key, row.serial_key), row.asset_key))
    return [row.pk for row in bearing]


@given(
    st.lists(MODEL, min_size=1, max_size=4),
    st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(st.none(), st.integers(0, 3))), max_size=4),
    st.lists(DEVICE, max_size=10),
    st.lists(st.sampled_from(SOUGHT), min_size=1, max_size=5, unique=True),
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_found_as_each_by_itself(
    db: None, models: list[Any], places: list[Any], devices: list[Any], sought: list[str]
) -> None:
    with transaction.atomic():
        rows = hospital(models, places, devices)
        for text in sought:
            expected = looked_through(rows, text)
            assert [row.pk for row in search(text)] == expected, text
            assert [row.pk for row in search(text, most=2)] == expected[:2], text
            assert [row.pk for row in search(text, among=Device.objects.all())] == expected, text
        transaction.set_rollback(True)


def test_a_word_of_too_many_models_is_looked_for_by_walking(monkeypatch: Any) -> None:
    rows = hospital(
        [("Acme", "Pump"), ("Acme", "Bed")], [("Ward 12", None)], [(0, 0, "A", "", "in_service")] * 3
    )
    assert first_found.statement(["acme"], words_of, 5) is not None
    monkeypatch.setattr(first_found, "HEADS_MOST", 1)
    assert first_found.statement(["acme"], words_of, 5) is None
    assert [row.pk for row in search("acme")] == sorted(row.pk for row in rows)


def test_the_number_of_queries_is_the_same_for_any_word(django_assert_num_queries: Any) -> None:
    hospital([("Acme", "Pump")], [("Ward 12", None)], [(0, 0, "A", "", "in_service")] * 3)
    for text in ("acme", "ward pump", "zzz", "a"):
        with django_assert_num_queries(4 if connection.vendor == "postgresql" else 2):
            search(text)


def test_labels_of_an_older_register_are_marked() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL's index of words bears marks")
    migration: Any = import_module("kilter.department.equipment.migrations.0014_first_found")
    devices = [(0, 0, "WARD-1", "INF", "in_service"), (1, None, "Pump-ÄÖ", "12-A", "in_service")]
    rows = hospital(
        [("North", "Infusa 3"), ("Dräger", "12 lead")], [("Ward 12", None), ("Örtlich", 0)], devices
    )
    with connection.cursor() as cursor:
        cursor.execute(migration.UNMARKED)
        cursor.execute("SELECT count(*) FROM equipment_search WHERE words @@ '''=inf'':*'::tsquery")
        assert cursor.fetchone() == (0,)
        cursor.execute(migration.MARKED)
    for text in SOUGHT:
        assert [row.pk for row in search(text)] == looked_through(rows, text), text
