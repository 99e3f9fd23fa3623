"""Registering and editing: named refusals, and two people's edits that both survive."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kilter.department.equipment import actions, queries
from kilter.department.equipment.fields import FIELDS, read_fields
from kilter.department.equipment.models import Device, DeviceChange
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import BadInput, Conflict, KilterError


def test_a_device_is_registered_as_received(register):
    device = register(serial="sn-1", cost="1250.50", installed="2026-03-29", year_of_manufacture="2025")
    device = queries.device_by_uuid(device.uuid)
    assert (device.state, device.version, device.serial, device.serial_key) == ("received", 1, "sn-1", "SN-1")
    assert (device.cost, device.installed, device.year_of_manufacture) == (
        Decimal("1250.50"),
        date(2026, 3, 29),
        2025,
    )
    assert register(ordered=True).state == "ordered"


def test_an_asset_number_is_taken_in_every_case(register):
    register(asset="me-7")
    with pytest.raises(Conflict) as caught:
        register(asset="ME-7")
    assert caught.value.field == "asset"


def test_a_serial_may_repeat_and_is_reported(register):
    first, second = register(serial="X1"), register(serial="x1")
    assert queries.same_serial(second) == [first]
    assert queries.same_serial(register()) == []
    entry = AuditEntry.objects.get(subject=second.uuid)
    assert entry.detail["same_serial"] == [first.asset]
    assert queries.devices_by_serial(" X1 ") == [first, second]
    assert queries.devices_by_serial("") == []


WRONG = [
    ("asset", ""), ("asset", "x" * 41), ("asset", None), ("serial", 5), ("serial", "a\x00b"), ("model", None),
    ("model", "Acme"), ("location", 3), ("parent", "x"), ("purchased", "29/03/2026"), ("installed", 20260329),
    ("installed", "2026-02-30"), ("cost", -1), ("cost", "1.234"), ("cost", float("nan")), ("cost", "NaN"),
    ("cost", "Infinity"), ("cost", "1e400"), ("cost", True), ("currency", "gbp"), ("currency", "POUND"),
    ("year_of_manufacture", 1066), ("year_of_manufacture", 20250), ("year_of_manufacture", "٢٠٢٥"),
    ("owner", "x" * 121), ("notes", "\ud800"), ("notes", "x" * 10_001), ("state", "in_service"),
    ("version", 3),
    ("asset_key", "x"), ("uuid", "x"), ("accepted_at", None),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named(register, field, value):
    with pytest.raises(BadInput) as caught:
        register(**{field: value})
    assert caught.value.field == field
    assert not Device.objects.exists()


anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=9)
)


@given(
    given=st.dictionaries(st.sampled_from([*FIELDS, "state", ""]) | st.text(max_size=8), anything, max_size=5)
)
def test_any_fields_are_read_or_refused_by_name(given):
    try:
        read = read_fields(given)
    except BadInput as problem:
        assert problem.field in given
    else:
        assert set(read) == set(given) <= set(FIELDS)


def test_edits_of_different_fields_both_survive(lead, register, ward):
    device = register()
    actions.edit_device(by=lead, device=device, version=1, changes={"owner": "Cardiology", "location": ward})
    actions.edit_device(by=lead, device=device, version=1, changes={"notes": "scratched"})
    device = queries.device_by_uuid(device.uuid)
    assert (device.owner, device.notes, device.location, device.version) == (
        "Cardiology",
        "scratched",
        ward,
        3,
    )


def test_edits_of_one_field_conflict_and_name_it(lead, register):
    device = register()
    actions.edit_device(by=lead, device=device, version=1, changes={"owner": "Cardiology"})
    with pytest.raises(Conflict, match="Lead Engineer changed it") as caught:
        actions.edit_device(by=lead, device=device, version=1, changes={"owner": "Renal", "notes": "x"})
    assert caught.value.field == "owner"
    device = queries.device_by_uuid(device.uuid)
    assert (device.owner, device.notes, device.version) == ("Cardiology", "", 2)
    actions.edit_device(by=lead, device=device, version=2, changes={"owner": "Renal"})


def test_the_same_change_twice_is_no_conflict(lead, register):
    device = register()
    for _ in range(2):
        actions.edit_device(by=lead, device=device, version=1, changes={"owner": "Renal"})
    assert queries.device_by_uuid(device.uuid).version == 2


@pytest.mark.parametrize("version", [0, 2, -1, True, "1", None])
def test_a_version_that_is_none_of_it(lead, register, version):
    with pytest.raises(BadInput) as caught:
        actions.edit_device(by=lead, device=register(), version=version, changes={"owner": "x"})
    assert caught.value.field == "version"


def test_an_edit_cannot_take_an_asset_number_or_make_a_ring(lead, register):
    first, second = register(), register()
    with pytest.raises(Conflict, match="taken"):
        actions.edit_device(by=lead, device=second, version=1, changes={"asset": first.asset.lower()})
    actions.edit_device(by=lead, device=second, version=1, changes={"parent": first})
    with pytest.raises(BadInput, match="part of itself"):
        actions.edit_device(by=lead, device=first, version=1, changes={"parent": second})


EDITS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.dictionaries(st.sampled_from(["owner", "supplier", "notes"]), st.sampled_from("abc"), min_size=1),
    ),
    max_size=8,
)


@given(edits=EDITS)
@hypothesis_settings(max_examples=40)
def test_no_edit_is_ever_lost_silently(lead, register, edits):
    """Against a model that keeps every field's last writer: an edit is whole, or refused by name."""
    with transaction.atomic():
        device = register(asset=f"E{Device.objects.count()}", owner="", supplier="", notes="")
        values = {"owner": "", "supplier": "", "notes": ""}
        written = dict.fromkeys(values, 1)
        version = 1
        for back, changes in edits:
            read_at = max(1, version - back)
            clash = {f for f, value in changes.items() if written[f] > read_at and values[f] != value}
            try:
                with transaction.atomic():
                    actions.edit_device(by=lead, device=device, version=read_at, changes=changes)
            except Conflict as problem:
                assert problem.field in clash
                continue
            assert not clash
            changed = {f for f, value in changes.items() if values[f] != value}
            if changed:
                version += 1
                values.update(changes)
                written.update(dict.fromkeys(changed, version))
        now = queries.device_by_uuid(device.uuid)
        assert {field: getattr(now, field) for field in values} == values
        assert now.version == version


@pytest.mark.django_db(transaction=True)
def test_two_at_once_both_survive(lead, register):
    device = register()
    start = threading.Barrier(2)
    problems: list[KilterError] = []

    def edit(field: str) -> None:
        start.wait()
        try:
            actions.edit_device(by=lead, device=device, version=1, changes={field: "changed"})
        except KilterError as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=(field,)) for field in ("owner", "notes")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    device = queries.device_by_uuid(device.uuid)
    assert (problems, device.owner, device.notes, device.version) == ([], "changed", "changed", 3)
    assert sorted(DeviceChange.objects.values_list("version", flat=True)) == [2, 3]


def test_many_at_once_come_over_in_the_state_they_had(lead, pump_model):
    rows = [{"asset": f"B{n}", "model": pump_model, "state": "in_service"} for n in range(1000)]
    made = actions.register_devices(by=lead, rows=rows, reason="register of the old system")
    assert len(made) == 1000
    device = queries.device_by_asset("b999")
    assert device.state == queries.state_at(device, device.registered_at) == "in_service"
    assert device.facts.get().reason == "register of the old system"
    assert AuditEntry.objects.get(activity="equipment.register_devices").count == 1000


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ({"asset": "b1"}, Conflict, "row 3: the asset number b1 comes twice"),
        ({"asset": "OLD"}, Conflict, "OLD is taken"),
        ({"asset": "C", "state": "returned"}, BadInput, "row 3: state"),
        ({"asset": "C", "state": "flying"}, BadInput, "row 3: state"),
        ({"asset": "C", "cost": "x"}, BadInput, "row 3: cost"),
        ({"asset": "C", "colour": "red"}, BadInput, "row 3: colour"),
        ({}, BadInput, "row 3: asset"),
    ],
)
def test_in_bulk_all_rows_or_none(lead, register, pump_model, row, kind, words):
    register(asset="OLD")
    rows = [{"asset": f"B{n}", "model": pump_model} for n in (0, 1)] + [{"model": pump_model, **row}]
    with pytest.raises(kind, match=words):
        actions.register_devices(by=lead, rows=rows, reason="import")
    assert Device.objects.count() == 1


def test_in_bulk_costs_few_queries(lead, pump_model, django_assert_max_num_queries):
    rows = [{"asset": f"B{n}", "model": pump_model} for n in range(400)]
    with django_assert_max_num_queries(45):
        actions.register_devices(by=lead, rows=rows, reason="import")
