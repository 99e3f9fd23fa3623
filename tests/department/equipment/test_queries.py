"""Finding devices, instruments and history: what is found, and at what cost."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions, queries
from kilter.department.equipment.actions.certificates import Quantity
from kilter.department.equipment.models import Device, Location
from kilter.department.equipment.search import search, words_of
from kilter.department.ledger import clock
from kilter.measure.error import BadInput, Conflict, NotFound

OHM = Quantity(name="resistance", unit="ohm", correction=0.001, expanded_uncertainty=0.002)


@pytest.fixture
def instrument(lead, register):
    device = register(serial="TESTER")
    actions.put_in_service(by=lead, device=device, evidence=accepted(lead, device))
    return device


@pytest.fixture
def certify(lead):
    def make(device, start, end, **fields):
        given = {
            "number": f"C{uuid.uuid4().hex[:6]}", "laboratory": "Lab", "issued": start, "valid_from": start,
            "valid_until": end, "coverage_factor": 2.0, "quantities": [OHM], **fields,
        }  # fmt: skip
        return actions.add_certificate(by=lead, device=device, **given)

    return make


def test_by_uuid_asset_serial(register):
    device = register(asset="Me-12", serial="sN9")
    assert queries.device_by_uuid(device.uuid) == device
    assert queries.device_by_asset(" mE-12 ") == device
    assert queries.devices_by_serial("SN9") == [device]
    for ask in (lambda: queries.device_by_uuid(uuid.uuid4()), lambda: queries.device_by_asset("no")):
        with pytest.raises(NotFound):
            ask()


def test_by_what_was_scanned(register):
    device = register(asset="ME-12", serial="SN9")
    for label in (
        "me-12", "sn9", str(device.uuid), f"kilter:{device.uuid}", f"https://kilter.example/device/{device.uuid}",
        f"HTTPS://KILTER.EXAMPLE/D/{str(device.uuid).upper()}/", " ME-12\n", "\x1dSN9",
    ):  # fmt: skip
        assert queries.device_by_scan(label) == device
    register(serial="SN9")
    with pytest.raises(NotFound, match="2 devices bear this serial") as caught:
        queries.device_by_scan("SN9")
    assert caught.value.code == "ambiguous"
    with pytest.raises(BadInput):
        queries.device_by_scan("x" * 201)


def test_by_a_udi(lead, register, pump_model):
    """The device identifier and serial of the FHIR example of a UDI."""
    actions.edit_model(by=lead, model=pump_model, changes={"udi_di": "00844588003288"})
    device = register(serial="10987654d321")
    assert queries.device_by_scan("(01)00844588003288(17)141120(10)7654321D(21)10987654d321") == device
    assert queries.device_by_scan("]d201008445880032881714112010" + "7654321D\x1d2110987654d321") == device
    with pytest.raises(NotFound):
        queries.device_by_scan("(01)00844588003288(21)other")
    with pytest.raises(NotFound):
        queries.device_by_scan("(01)00844588003288")


@given(text=st.text(max_size=220))
def test_any_scan_is_a_device_or_a_named_refusal(register, text):
    with pytest.raises((NotFound, BadInput)) as caught:
        queries.device_by_scan(text)
    assert caught.value.field in ("scan", "device")


def test_a_subtree_is_all_below_and_nothing_beside(lead, ward, register):
    building = ward.parent
    room = actions.add_location(by=lead, name="Room 1", kind="room", parent=ward)
    beside = actions.add_location(by=lead, name="Ward 8", kind="ward", parent=building)
    placed = {place.pk: register(location=place) for place in (building, ward, room, beside)}
    register()
    for place, expected in (
        (building, {building, ward, room, beside}),
        (ward, {ward, room}),
        (beside, {beside}),
    ):
        assert set(Location.objects.filter(queries.within(place, ""))) == expected
        found = set(Device.objects.filter(queries.within(place)))
        assert found == {placed[one.pk] for one in expected}


@given(parents=st.lists(st.integers(0, 30), min_size=1, max_size=14))
@hypothesis_settings(max_examples=15)
def test_any_tree_gives_its_subtrees(lead, parents):
    from django.db import transaction

    with transaction.atomic():
        places: list[Location] = []
        above: list[int | None] = []
        for number, wish in enumerate(parents):
            up = None if wish >= number else wish
            parent = None if up is None else places[up]
            if parent is not None and len(parent.ancestor_ids()) >= 12:
                continue
            name = uuid.uuid4().hex
            places.append(actions.add_location(by=lead, name=name, kind="room", parent=parent))
            above.append(up)
        for root, place in enumerate(places):
            below = {root}
            for number in range(len(places)):
                if above[number] in below:
                    below.add(number)
            assert set(Location.objects.filter(queries.within(place, ""))) == {places[n] for n in below}


def test_twins_in_one_place_and_trees_too_deep_are_refused(lead, ward):
    with pytest.raises(Conflict):
        actions.add_location(by=lead, name="Ward 7", kind="ward", parent=ward.parent)
    place = ward
    for depth in range(9):
        place = actions.add_location(by=lead, name=f"R{depth}", kind="room", parent=place)
    with pytest.raises(BadInput, match="12 deep"):
        actions.add_location(by=lead, name="R", kind="room", parent=place)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ME-12/a", ["me", "12", "a"]),
        ("Dräger  Evita_4", ["drager", "evita", "4"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("\"' OR 1=1 --", ["or", "1", "1"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert words_of(text) == words


def test_search_over_all_its_words(register, ward):
    device = register(asset="ME-777", serial="AB-99/3", location=ward)
    register(asset="ME-778")
    for text in (
        "me-777", "ME777", "777", "ab993", "ab-99", "acme 777", "volum 777", "infirm 777", "ward 7 infus",
        "EAST wing",
    ):  # fmt: skip
        assert search(text) == [device], text
    assert [one.asset for one in search("acme")] == ["ME-777", "ME-778"]
    assert search("acme siemens") == []
    assert search("!!!") == []


def test_the_whole_number_comes_first(register):
    register(asset="A1", serial="77")
    exact = register(asset="Z9", serial="7")
    register(asset="7-1")
    assert search("7")[0] == exact
    assert len(search("7", most=2)) == 2


def test_search_follows_every_change(lead, register, ward, pump_model):
    device = register(location=ward)
    actions.rename_location(by=lead, location=ward.parent, name="Queens Block")
    assert search("queens") == [device]
    assert search("east") == []
    actions.edit_model(by=lead, model=pump_model, changes={"name": "Perfusor"})
    assert search("perf") == [device]
    assert search("volumatic") == []
    actions.edit_device(by=lead, device=device, version=1, changes={"serial": "NEW5"})
    assert search("new5") == [device]


@pytest.mark.parametrize("text", ["\x00", "ME\x00-1", "\ud800"])
def test_what_no_database_keeps_is_looked_past(register, text):
    register(asset="OTHER")
    assert search(text) == []
    assert queries.devices_by_serial(text) == []
    for find in (queries.device_by_asset, queries.device_by_scan):
        with pytest.raises(NotFound):
            find(text)


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_search(register, text):
    assert search(text) == []


def test_search_costs_the_same_however_much_there_is(lead, pump_model, ward, django_assert_num_queries):
    for batch in (5, 300):
        rows = [{"asset": f"S{batch}-{n}", "model": pump_model, "location": ward} for n in range(batch)]
        actions.register_devices(by=lead, rows=rows, reason="import")
        # PostgreSQL asks for the models and places first, and reads only the heads of an index then.
        with django_assert_num_queries(4 if connection.vendor == "postgresql" else 2):
            found = search("volumatic ward")
            assert all(one.model.maker and one.location.name for one in found)


def test_instruments_at_an_instant(lead, instrument, certify, register):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = datetime(2026, 12, 31, tzinfo=UTC)
    certificate = certify(instrument, start, end)
    certify(register(), start, end)  # not in service
    found = queries.instruments_in_calibration(start)
    assert [(one.device, one.certificate) for one in found] == [(instrument, certificate)]
    assert found[0].quantities[0].expanded_uncertainty == 0.002
    tick = timedelta(microseconds=1)
    expected = {start - tick: False, start: True, end - tick: True, end: False}
    for instant, there in expected.items():
        assert bool(queries.instruments_in_calibration(instant)) is there
        assert bool(queries.certificate_in_force(instrument, instant)) is there
    assert queries.instruments_in_calibration(start, quantity="resistance", kind="infusion_pump")
    assert not queries.instruments_in_calibration(start, quantity="current")
    assert not queries.instruments_in_calibration(start, kind="tester")


def test_a_hold_or_a_withdrawn_certificate_takes_an_instrument_away(lead, instrument, certify):
    now = clock.now()
    certificate = certify(instrument, now - timedelta(days=1), now + timedelta(days=300))
    hold = actions.place_hold(by=lead, device=instrument, cause="statement", text="dropped")
    assert not queries.instruments_in_calibration()
    actions.release_hold(by=lead, device=instrument, hold=hold, text="checked")
    assert queries.instruments_in_calibration()
    later = clock.now() + timedelta(days=5)
    with clock.at(later):
        actions.withdraw_certificate(
            by=lead, device=instrument, certificate=certificate, reason="found wrong"
        )
    assert queries.certificate_in_force(instrument, later - timedelta(seconds=1))
    assert queries.certificate_in_force(instrument, later) is None
    with pytest.raises(Conflict):
        actions.withdraw_certificate(by=lead, device=instrument, certificate=certificate, reason="again")


def test_instruments_cost_two_queries(instrument, certify, django_assert_num_queries):
    now = clock.now()
    for _ in range(12):
        certify(instrument, now - timedelta(days=1), now + timedelta(days=30))
    with django_assert_num_queries(2):
        (one,) = queries.instruments_in_calibration()
        assert one.device.model.name
        assert one.quantities[0].unit == "ohm"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": " "}, "number"),
        ({"laboratory": ""}, "laboratory"),
        ({"coverage_factor": 0.5}, "coverage_factor"),
        ({"coverage_factor": math.nan}, "coverage_factor"),
        ({"coverage_factor": "2"}, "coverage_factor"),
        ({"quantities": []}, "quantities"),
        ({"issued": datetime(2026, 1, 1)}, "issued"),  # noqa: DTZ001
        ({"valid_until": datetime(2020, 1, 1, tzinfo=UTC)}, "valid_until"),
    ],
)
def test_a_certificate_that_will_not_do_is_named(instrument, certify, fields, field):
    now = clock.now()
    with pytest.raises(BadInput) as caught:
        certify(instrument, now, now + timedelta(days=1), **fields)
    assert caught.value.field == field


@pytest.mark.parametrize("wrong", [{"correction": math.inf}, {"expanded_uncertainty": 0}, {"name": ""}])
def test_a_line_of_a_certificate_that_will_not_do_is_named(instrument, certify, wrong):
    line = Quantity(**{"name": "r", "unit": "ohm", "correction": 0.0, "expanded_uncertainty": 1.0, **wrong})
    now = clock.now()
    with pytest.raises(BadInput, match=r"quantities\[2\]"):
        certify(instrument, now, now + timedelta(days=1), quantities=[OHM, line])


def test_a_certificate_is_entered_once(instrument, certify):
    now = clock.now()
    certify(instrument, now, now + timedelta(days=1), number="C1")
    with pytest.raises(Conflict) as caught:
        certify(instrument, now, now + timedelta(days=1), number="C1")
    assert caught.value.field == "number"


def test_the_newest_reference_value_counts(lead, instrument):
    given = {"procedure": "medical_engineering.protective_earth", "result": "resistance", "unit": "ohm"}
    ask = (instrument, given["procedure"], "resistance")
    assert queries.reference_value(*ask) is None
    actions.set_reference_value(by=lead, device=instrument, value=0.1, reason="acceptance", **given)
    between = clock.now()
    with clock.at(between + timedelta(hours=1)):
        actions.set_reference_value(by=lead, device=instrument, value=0.2, reason="new lead", **given)
        actions.set_reference_value(
            by=lead, device=instrument, value=9.0, reason="other cord", context={"cord": "fixed"}, **given
        )
    end = between + timedelta(hours=2)
    assert queries.reference_value(*ask, instant=between).value == 0.1
    assert queries.reference_value(*ask, instant=end).value == 0.2
    assert queries.reference_value(*ask, {"cord": "fixed"}, end).value == 9.0
    assert queries.reference_value(*ask, {"cord": "none"}, end) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": math.nan}, "value"), ({"value": True}, "value"), ({"value": 10**400}, "value"),
        ({"reason": ""}, "reason"), ({"procedure": ""}, "procedure"),
        ({"context": {"a": math.inf}}, "context"),
        ({"context": {"a": object()}}, "context"), ({"context": {"a": "\x00"}}, "context"),
        ({"context": {"\ud800": 1}}, "context"), ({"context": {"a": "x" * 3000}}, "context"),
        ({"record": "x"}, "record"),
    ],
)  # fmt: skip
def test_a_reference_value_that_will_not_do_is_named(lead, instrument, wrong, field):
    given = {"procedure": "a.b", "result": "c", "unit": "ohm", "value": 1.0, "reason": "first", **wrong}
    with pytest.raises(BadInput) as caught:
        actions.set_reference_value(by=lead, device=instrument, **given)
    assert caught.value.field == field


def test_the_timeline_tells_all_and_costs_the_same(
    lead, instrument, certify, ward, django_assert_num_queries
):
    now = clock.now()
    with django_assert_num_queries(6):
        queries.history(instrument)
    for turn in range(3):
        version = queries.device_by_uuid(instrument.uuid).version
        actions.edit_device(by=lead, device=instrument, version=version, changes={"notes": f"turn {turn}"})
        hold = actions.place_hold(by=lead, device=instrument, cause="statement", text="held back")
        actions.release_hold(by=lead, device=instrument, hold=hold, text="fine again")
        certify(instrument, now, now + timedelta(days=1))
        limits = actions.restrict(
            by=lead,
            device=instrument,
            limits="mains only",
            reason="battery",
            expires=clock.now() + timedelta(days=1),
        )
        actions.lift_restriction(by=lead, device=instrument, restriction=limits, reason="new battery")
        actions.set_reference_value(
            by=lead, device=instrument, procedure="a.b", result="c", unit="ohm", value=1.0, reason="first"
        )
    with django_assert_num_queries(6):
        events = queries.history(instrument)
    assert events == sorted(events, key=lambda one: one.at, reverse=True)
    kinds = {kind: sum(one.kind == kind for one in events) for kind in {one.kind for one in events}}
    assert kinds == {
        "lifecycle": 2, "edit": 3, "hold": 6, "certificate": 3, "restriction": 6, "reference": 3,
    }  # fmt: skip
    assert "notes: nothing → turn 0" in {one.words for one in events}
    assert len(queries.history(instrument, most=5)) == 5


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_migration_goes_back_and_forth():
    from django.core.management import call_command

    def there() -> bool:
        return "equipment_search" in connection.introspection.table_names()

    call_command("migrate", "equipment", "0001", verbosity=0)
    try:
        assert not there()
    finally:
        call_command("migrate", verbosity=0)  # other rooms went back with it
    assert there()
