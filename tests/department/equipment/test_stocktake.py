"""Stocktakes: every scan is kept, and what is missing, elsewhere or unknown is exactly that."""

from __future__ import annotations

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kilter.department.equipment import actions, queries
from kilter.department.equipment.models import Sighting, Stocktake
from kilter.department.equipment.stocktakes import reconcile, stocktake_by_uuid, stocktakes
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import BadInput, Conflict, NotFound


@pytest.fixture
def other(lead):
    site = actions.add_location(by=lead, name="Western", kind="site")
    return actions.add_location(by=lead, name="Store", kind="room", parent=site)


def assets(rows):
    return [one.asset for one in rows]


def scan(lead, stocktake, *labels):
    return [actions.record_sighting(by=lead, stocktake=stocktake, label=label) for label in labels]


def test_what_was_seen_missing_elsewhere_and_unknown(lead, register, ward, other):
    room = actions.add_location(by=lead, name="Bay 1", kind="room", parent=ward)
    here, below, away = register(location=ward), register(location=room), register(location=other)
    nowhere, absent = register(), register(location=ward)
    take = actions.start_stocktake(by=lead, location=ward)
    seen = scan(lead, take, here.asset.lower(), str(below.uuid), away.asset, nowhere.asset, "ZZZ", here.asset)
    assert [one.expected for one in seen] == [True, True, False, False, False, True]
    found = reconcile(take)
    assert assets(found.seen) == assets([here, below, away, nowhere])
    assert assets(found.missing) == [absent.asset]
    assert assets(found.elsewhere) == assets([away, nowhere])
    assert (found.found, found.unknown) == ((), ("ZZZ",))
    assert Sighting.objects.count() == 6
    done = actions.finish_stocktake(by=lead, stocktake=take)
    assert done.missing == [absent.asset]
    assert queries.device_by_asset(away.asset).location == other
    detail = AuditEntry.objects.get(activity="equipment.finish_stocktake").detail
    assert (detail["missing"], detail["unknown"]) == ([absent.asset], ["ZZZ"])


def test_a_device_given_up_as_lost_is_found_and_not_expected(lead, register, ward):
    lost, gone = register(location=ward), register(location=ward)
    for one in (lost, gone):
        actions.report_lost(by=lead, device=one, reason="not in the bay")
    take = actions.start_stocktake(by=lead, location=ward)
    scan(lead, take, lost.asset)
    found = reconcile(take)
    assert (assets(found.found), found.missing) == ([lost.asset], ())
    assert queries.device_by_asset(gone.asset).state == "could_not_locate"


def test_what_was_missing_stays_so_when_the_device_moves_on(lead, register, ward, other):
    absent = register(location=ward)
    take = actions.start_stocktake(by=lead, location=ward)
    take = actions.finish_stocktake(by=lead, stocktake=take)
    actions.edit_device(by=lead, device=absent, version=1, changes={"location": other})
    assert assets(reconcile(stocktake_by_uuid(take.uuid)).missing) == [absent.asset]


def test_one_is_open_in_a_place_and_a_finished_one_takes_no_scan(lead, ward, other):
    take = actions.start_stocktake(by=lead, location=ward)
    with pytest.raises(Conflict, match="open already"):
        actions.start_stocktake(by=lead, location=ward)
    assert actions.start_stocktake(by=lead, location=other)
    actions.finish_stocktake(by=lead, stocktake=take)
    with pytest.raises(Conflict, match="finished"):
        scan(lead, take, "X")
    with pytest.raises(Conflict, match="finished"):
        actions.finish_stocktake(by=lead, stocktake=take)
    again = actions.start_stocktake(by=lead, location=ward)
    assert stocktakes()[0] == again
    assert Stocktake.objects.filter(finished_at=None).count() == 2


@pytest.mark.parametrize("label", ["", "  ", "\x1d", "x" * 201, "a\x00b", None, 7])
def test_a_label_that_cannot_be_kept_is_refused(lead, ward, label):
    take = actions.start_stocktake(by=lead, location=ward)
    with pytest.raises(BadInput) as caught:
        actions.record_sighting(by=lead, stocktake=take, label=label)
    assert caught.value.field == "label"
    assert not Sighting.objects.exists()


def test_a_serial_that_two_devices_bear_is_kept_as_unknown(lead, register, ward):
    register(serial="S9", location=ward), register(serial="S9", location=ward)
    take = actions.start_stocktake(by=lead, location=ward)
    scan(lead, take, "s9")
    assert reconcile(take).unknown == ("s9",)


def test_a_place_that_is_none_and_a_stocktake_that_is_none(lead):
    with pytest.raises(BadInput) as caught:
        actions.start_stocktake(by=lead, location="Ward 7")
    assert caught.value.field == "location"
    from uuid import uuid4

    with pytest.raises(NotFound):
        stocktake_by_uuid(uuid4())


def test_a_sighting_is_never_edited(lead, ward):
    take = actions.start_stocktake(by=lead, location=ward)
    scan(lead, take, "X")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Sighting.objects.update(label="Y")


@given(here=st.sets(st.integers(0, 7)), seen=st.lists(st.integers(0, 9), max_size=12))
@hypothesis_settings(max_examples=30)
def test_the_register_and_the_scans_against_sets(lead, register, ward, here, seen):
    """Every device lies in exactly one part: seen and expected, missing, or elsewhere."""
    with transaction.atomic():
        rows = [register(asset=f"S{Stocktake.objects.count()}-{n}") for n in range(8)]
        for number in here:
            actions.edit_device(by=lead, device=rows[number], version=1, changes={"location": ward})
        take = actions.start_stocktake(by=lead, location=ward)
        for number in seen:
            label = rows[number].asset if number < 8 else f"unknown {number}"
            actions.record_sighting(by=lead, stocktake=take, label=label)
        found, known = reconcile(take), {n for n in seen if n < 8}
        assert set(assets(found.seen)) == {rows[n].asset for n in known}
        assert set(assets(found.missing)) == {rows[n].asset for n in here - known}
        assert set(assets(found.elsewhere)) == {rows[n].asset for n in known - here}
        assert set(found.unknown) == {f"unknown {n}" for n in seen if n >= 8}
        actions.finish_stocktake(by=lead, stocktake=take)
        for number in here:
            actions.edit_device(by=lead, device=rows[number], version=2, changes={"location": None})


def test_a_stocktake_costs_the_same_however_long_it_is(lead, register, ward, django_assert_num_queries):
    rows = [register(location=ward) for _ in range(12)]
    take = actions.start_stocktake(by=lead, location=ward)
    for count in (2, 10):
        scan(lead, take, *(one.asset for one in rows[:count]))
        with django_assert_num_queries(3):
            reconcile(take)
