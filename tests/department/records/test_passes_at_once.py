"""When a protocol was last passed: what the database counts up is what reading every record gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.department.records.models import LegacyEvidence, Record
from kilter.department.records.queries import last_passed

pytestmark = pytest.mark.django_db

START = datetime(2025, 1, 1, 8, tzinfo=UTC)
PROTOCOLS = ("a.safety", "a.function")
VERDICTS = ("within", "within", "recorded", "remedial", "suspension", "undecided", "invalid")
NUMBERS = count(1000)

RESULT = st.tuples(
    st.sampled_from(VERDICTS), st.sampled_from(["no", "no", "no", "waits", "signed"]), st.integers(0, 3)
)
VISIT = st.tuples(
    st.integers(0, 2),
    st.sampled_from(PROTOCOLS),
    st.integers(0, 400),
    st.lists(RESULT, min_size=1, max_size=3),
)
CORRECTION = st.tuples(st.integers(0, 40), st.sampled_from(VERDICTS))
PAST = st.tuples(st.integers(0, 2), st.sampled_from(PROTOCOLS), st.integers(0, 400), st.booleans())


def record(person: Any, device: Any, kind: str, visit: UUID, at: datetime, **more: Any) -> Record:
    """Write the row of a record; its text says nothing, because nothing here reads it."""
    number = next(NUMBERS)
    values = {"protocol": "", "verdict": "", **more}
    return Record.objects.create(
        id=number, number=number, uuid=uuid4(), kind=kind, text=str(number), sha256="", previous="",
        visit=visit, device=device, person=person, performed_at=at, sealed_at=at, **values,
    )  # fmt: skip


def write(
    person: Any, devices: list[Any], visits: list[Any], corrections: list[Any], past: list[Any]
) -> None:
    """Write visits, the corrections of some of their results, and history from before."""
    results: list[Record] = []
    for which, protocol, day, found in visits:
        visit, begin = uuid4(), START + timedelta(days=day)
        for verdict, second, minutes in found:
            at = begin + timedelta(minutes=minutes)
            more = {"protocol": protocol, "verdict": verdict, "countersign": second != "no"}
            row = record(person, devices[which], "result", visit, at, **more)
            results.append(row)
            if second == "signed":
                record(person, row.device, "countersignature", visit, at, about=row)
    for which, verdict in corrections:
        if which < len(results):
            old = results[which]
            more = {"protocol": "a.step", "verdict": verdict, "supersedes": old}
            results[which] = record(person, old.device, "result", uuid4(), old.performed_at, **more)
    for number, (which, protocol, day, passed) in enumerate(past):
        LegacyEvidence.objects.create(
            device=devices[which], protocol=protocol, performed_at=START + timedelta(days=day), passed=passed,
            source=str(number), imported_by=person,
        )  # fmt: skip


def read_one_by_one(devices: list[Any]) -> dict[tuple[int, str], datetime]:
    """Give the same answer the plain way: every record is read, and every visit looked at by itself."""
    rows = list(Record.objects.filter(device__in=devices).order_by("number"))
    seconded = {row.about_id for row in rows if row.kind == "countersignature"}
    newer = {row.supersedes_id: row for row in rows if row.supersedes_id}
    by_id = {row.pk: row for row in rows}

    def origin(row: Record) -> Record:
        return origin(by_id[row.supersedes_id]) if row.supersedes_id else row

    found: dict[tuple[int, str], datetime] = {}
    standing = [row for row in rows if row.kind == "result" and row.pk not in newer]
    good: dict[UUID, bool] = {}
    for row in standing:
        passed = row.verdict in ("within", "recorded") and (not row.countersign or row.pk in seconded)
        good[origin(row).visit] = good.get(origin(row).visit, True) and passed
    begun: dict[tuple[int, str, UUID], datetime] = {}
    for row in standing:
        key, when = (row.device_id or 0, row.protocol, origin(row).visit), origin(row).performed_at
        begun[key] = min(when, begun.get(key, when))
    for (device, protocol, visit), when in begun.items():
        if good[visit]:
            found[device, protocol] = max(when, found.get((device, protocol), when))
    for past in LegacyEvidence.objects.filter(device__in=devices, passed=True):
        key_, when = (past.device_id, past.protocol), past.performed_at
        found[key_] = max(when, found.get(key_, when))
    return found


@given(
    st.lists(VISIT, max_size=8), st.lists(CORRECTION, max_size=3), st.lists(PAST, max_size=4), st.booleans()
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_counted_up_as_read_one_by_one(
    shop: Any, register: Any, visits: list[Any], corrections: list[Any], past: list[Any], stretch: bool
) -> None:
    with transaction.atomic():
        devices = [register() for _ in range(3)]
        write(shop.head, devices, visits, corrections, past)
        ids = [one.pk for one in devices]
        asked = range(min(ids), max(ids) + 1) if stretch else ids
        expected = read_one_by_one(devices)
        assert last_passed(asked) == expected
        assert last_passed(ids[:1]) == {key: at for key, at in expected.items() if key[0] == ids[0]}
        everywhere = {key: at for key, at in last_passed().items() if key[0] in ids}
        assert everywhere == expected
        transaction.set_rollback(True)


@pytest.mark.parametrize("number", [1, 12])
def test_queries_do_not_grow(shop: Any, register: Any, number: int, django_assert_num_queries: Any) -> None:
    devices = [register() for _ in range(number)]
    write(
        shop.head,
        devices,
        [(which, PROTOCOLS[0], which, [("within", "no", 0)]) for which in range(number)],
        [],
        [],
    )
    ids = [one.pk for one in devices]
    with django_assert_num_queries(3):
        assert len(last_passed(ids)) == number
    wrong = Record.objects.get(device=devices[0])
    record(
        shop.head,
        devices[0],
        "result",
        uuid4(),
        START,
        protocol="a.step",
        verdict="suspension",
        supersedes=wrong,
    )
    with django_assert_num_queries(5):
        assert len(last_passed(ids)) == number - 1
