"""Many devices edited at once: what is not given is left alone, and nobody's edit is lost."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kilter.department.equipment import actions, queries
from kilter.department.equipment.models import Device, DeviceChange
from kilter.department.equipment.search import search
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import BadInput, Conflict, KilterError


def now(*devices):
    return [queries.device_by_uuid(one.uuid) for one in devices]


def test_a_field_is_set_emptied_or_left(lead, register, ward):
    one, two = register(owner="Renal", notes="old"), register(owner="Ward", supplier="Acme")
    count = actions.edit_devices(
        by=lead,
        devices=[(one, 1), (two, 1)],
        changes={"owner": "", "location": ward, "warranty_until": "2027-01-31"},
    )
    assert count == 2
    one, two = now(one, two)
    assert [(d.owner, d.location, str(d.warranty_until), d.version) for d in (one, two)] == [
        ("", ward, "2027-01-31", 2)
    ] * 2
    assert (one.notes, two.supplier) == ("old", "Acme")
    assert {d.pk for d in search("ward 7")} == {one.pk, two.pk}
    assert DeviceChange.objects.filter(device=one).count() == 3
    entry = AuditEntry.objects.get(activity="equipment.edit_devices")
    assert (entry.count, entry.detail["set"]["warranty_until"]) == (2, "2027-01-31")


def test_what_has_the_value_already_is_not_counted(lead, register):
    one, two = register(owner="Renal"), register()
    assert actions.edit_devices(by=lead, devices=[(one, 1), (two, 1)], changes={"owner": "Renal"}) == 1
    assert [d.version for d in now(one, two)] == [1, 2]


def test_another_field_merges_and_the_same_field_conflicts_for_all(lead, register):
    one, two = register(), register()
    actions.edit_device(by=lead, device=two, version=1, changes={"notes": "dropped"})
    actions.edit_devices(by=lead, devices=[(one, 1), (two, 1)], changes={"owner": "Renal"})
    assert [(d.owner, d.notes) for d in now(one, two)] == [("Renal", ""), ("Renal", "dropped")]
    with pytest.raises(Conflict, match=rf"{two.asset} \(notes\); nothing was changed"):
        actions.edit_devices(by=lead, devices=[(one, 2), (two, 1)], changes={"notes": "clean"})
    assert [d.notes for d in now(one, two)] == ["", "dropped"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "changes"), ({"asset": "X"}, "asset"), ({"serial": "X"}, "serial"), ({"parent": None}, "parent"),
        ({"udi": ""}, "udi"), ({"colour": "red"}, "colour"), ({"cost": "dear"}, "cost"),
        ({"state": "x"}, "state"),
        ({"model": None}, "model"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_on_many_is_named(lead, register, changes, field):
    device = register()
    with pytest.raises(BadInput) as caught:
        actions.edit_devices(by=lead, devices=[(device, 1)], changes=changes)
    assert caught.value.field == field
    assert now(device)[0].version == 1


@pytest.mark.parametrize("version", [0, 2, True, None, "1"])
def test_a_version_that_is_none_of_it(lead, register, version):
    with pytest.raises(BadInput) as caught:
        actions.edit_devices(by=lead, devices=[(register(), version)], changes={"owner": "x"})
    assert caught.value.field == "version"


def test_no_device_at_all(lead):
    with pytest.raises(BadInput) as caught:
        actions.edit_devices(by=lead, devices=[], changes={"owner": "x"})
    assert caught.value.field == "devices"


FIELD = st.sampled_from(["owner", "supplier", "notes"])
ACT = st.tuples(st.sets(st.integers(0, 2), min_size=1), st.integers(0, 4), FIELD, st.sampled_from("abc"))


@given(acts=st.lists(ACT, max_size=8))
@hypothesis_settings(max_examples=30)
def test_no_edit_is_ever_lost_silently(lead, register, acts):
    """Against a model that keeps each field's last writer: all devices are set, or none and by name."""
    with transaction.atomic():
        start = Device.objects.count()
        rows = [register(asset=f"B{start}-{n}") for n in range(3)]
        values = [dict.fromkeys(("owner", "supplier", "notes"), "") for _ in rows]
        written = [dict.fromkeys(("owner", "supplier", "notes"), 1) for _ in rows]
        versions = [1, 1, 1]
        for chosen, back, field, value in acts:
            read = {n: max(1, versions[n] - back) for n in chosen}
            clash = [n for n in chosen if written[n][field] > read[n] and values[n][field] != value]
            try:
                with transaction.atomic():
                    actions.edit_devices(
                        by=lead, devices=[(rows[n], read[n]) for n in chosen], changes={field: value}
                    )
            except Conflict:
                assert clash
                continue
            assert not clash
            for n in chosen:
                if values[n][field] != value:
                    versions[n] += 1
                    values[n][field], written[n][field] = value, versions[n]
        for row, expected, version in zip(now(*rows), values, versions, strict=True):
            assert ({name: getattr(row, name) for name in expected}, row.version) == (expected, version)


@pytest.mark.django_db(transaction=True)
def test_one_edit_and_one_bulk_edit_at_once_both_survive(lead, register):
    one, two = register(), register()
    start, problems = threading.Barrier(2), []

    def run(act):
        start.wait()
        try:
            act()
        except KilterError as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [
        threading.Thread(
            target=run,
            args=(
                lambda: actions.edit_devices(
                    by=lead, devices=[(one, 1), (two, 1)], changes={"owner": "changed"}
                ),
            ),
        ),
        threading.Thread(
            target=run,
            args=(lambda: actions.edit_device(by=lead, device=one, version=1, changes={"notes": "changed"}),),
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [(d.owner, d.notes, d.version) for d in now(one, two)] == [
        ("changed", "changed", 3),
        ("changed", "", 2),
    ]


def test_many_cost_few_queries(lead, register, django_assert_max_num_queries):
    rows = [(register(), 1) for _ in range(60)]
    with django_assert_max_num_queries(16):
        assert actions.edit_devices(by=lead, devices=rows, changes={"owner": "Renal"}) == 60
