"""Alerts about whole models: the database lists what looking at every device by itself gives."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.department.equipment.models import Device, DeviceModel, ModelCode
from kilter.department.ledger import clock
from kilter.department.safety import whole
from kilter.department.safety.criteria import read_criteria
from kilter.department.safety.matching import Facts, Verdict, match
from kilter.department.safety.models import Alert, AlertDevice
from kilter.department.safety.register import find, match_again

pytestmark = pytest.mark.django_db

MAKERS = ("Northfield", "Northfield Medical Ltd", "Nortfield", "Acme", "unknown", "")
NAMES = ("Infusa 3", "Infusa 2", "Infusa", "Infsua 3", "Volumatic", "")
CODES = ("GMDN 13215", "GMDN 47244")
STATES = ("in_service", "in_service", "condemned", "could_not_locate", "entered_in_error")
NUMBERS = count(1)

MODEL = st.tuples(st.sampled_from(MAKERS), st.sampled_from(NAMES), st.sampled_from(["", *CODES]))
DEVICE = st.tuples(st.integers(0, 9), st.sampled_from(STATES))
CRITERIA = st.fixed_dictionaries(
    {
        "makers": st.lists(st.sampled_from(MAKERS[:4]), min_size=1, max_size=2, unique=True),
        "models": st.lists(st.sampled_from(NAMES[:5]), max_size=2, unique=True),
        "codes": st.lists(st.sampled_from(CODES), max_size=1),
    },
    optional={"serials": st.just(["S1 to S5"])},
)


def hospital(models: list[Any], devices: list[Any]) -> None:
    """Write models, their codes, and devices of them."""
    made = []
    for maker, name, code in models:
        number = next(NUMBERS)
        marks = "".join("!#$&()*,;:"[int(digit)] for digit in str(number))  # another name of the same words
        row = DeviceModel.objects.create(maker=maker, name=f"{name} {marks}", kind=f"k{number}")
        made.append(row)
        if code:
            ModelCode.objects.create(model=row, system=code.split()[0], code=code.split()[1])
    for which, state in devices:
        key = f"W{next(NUMBERS)}"
        row = made[which % len(made)]
        Device.objects.create(asset=key, asset_key=key, serial="S3", serial_key="S3", model=row, state=state)


def meant(criteria: dict[str, list[str]]) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Hold every device by itself against the criteria."""
    read, found = read_criteria(criteria), {}
    for one in Device.objects.exclude(state="entered_in_error").select_related("model"):
        codes = frozenset(f"{code.system} {code.code}" for code in one.model.codes.all())
        facts = Facts(one.model.maker, one.model.name, serial=one.serial, codes=codes)
        got = match(read, facts)
        if got.verdict != Verdict.NONE:
            found[one.pk] = (got.verdict.value, got.reasons)
    return found


def alert_about(person: Any, criteria: dict[str, list[str]]) -> Alert:
    now = clock.now()
    return Alert.objects.create(
        reference=str(uuid4()), reference_key=str(uuid4()), source="fsn", title="x", issued=now.date(),
        received_by=person, acknowledge_by=now + timedelta(days=2), criteria=criteria, confirmed_at=now,
    )  # fmt: skip


def listed(alert: Alert, *, none: bool = False) -> dict[int, tuple[str, tuple[str, ...]]]:
    rows = AlertDevice.objects.filter(alert=alert)
    return {
        row.device_id: (row.verdict, tuple(row.reasons))
        for row in rows
        if none or row.verdict != Verdict.NONE
    }


@given(
    st.lists(MODEL, min_size=1, max_size=6, unique=True), st.lists(DEVICE, max_size=12), CRITERIA, CRITERIA
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_listed_as_each_by_itself(
    head: Any, models: list[Any], devices: list[Any], first: Any, second: Any
) -> None:
    with transaction.atomic():
        hospital(models, devices)
        alert = alert_about(head, first)
        changed = match_again(alert)
        assert listed(alert, none=True) == meant(first)
        assert changed == len(meant(first))
        assert alert.looked_at == find(read_criteria(first)).looked_at
        assert match_again(alert) == 0  # nothing has changed
        before = set(listed(alert))
        alert.criteria = second  # confirmed again, otherwise
        match_again(alert)
        assert listed(alert) == meant(second)
        assert set(listed(alert, none=True)) == before | set(meant(second))  # nothing is taken off the list
        transaction.set_rollback(True)


def test_statements_do_not_grow_with_devices_or_models(head: Any, monkeypatch: Any) -> None:
    hospital([("Acme", f"Type {number}", "") for number in range(6)], [(n, "in_service") for n in range(6)])
    counts = []
    for models in (["Type 1"], []):
        with CaptureQueriesContext(connection) as captured:
            match_again(alert_about(head, {"makers": ["Acme"], "models": models}))
        counts.append(len(captured))
    assert counts[0] == counts[1]
    monkeypatch.setattr(whole, "CHUNK", 2)
    alert = alert_about(head, {"makers": ["Acme"], "models": []})
    assert match_again(alert) == 6
    ids = list(AlertDevice.objects.filter(alert=alert).order_by("id").values_list("device_id", flat=True))
    assert sorted(ids) == sorted(Device.objects.filter(model__maker="Acme").values_list("pk", flat=True))


def test_an_alert_that_names_units_is_held_against_each_device() -> None:
    about = {"makers": ["Acme"]}
    assert read_criteria(about).of_models
    assert read_criteria({**about, "codes": ["GMDN 13215"]}).of_models
    for field, entry in (
        ("lots", "L1"),
        ("serials", "S1"),
        ("software", "2.4"),
        ("udi_dis", "09506000134352"),
    ):
        assert not read_criteria({**about, field: [entry]}).of_models
