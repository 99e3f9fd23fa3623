"""A trust with hundreds of thousands of devices on PostgreSQL: pages, due dates and alerts.

    tools/with-postgres.sh python -m benchmarks.scale [--devices 450000] [--jobs 1000000] [--readers 2]

Builds the demo of 2,000 devices with five years in the empty database of DATABASE_URL, by the code that
signs, and copies it inside the database, each device with its records, readings and jobs under new ids, until
it is as large as asked. The copies are not sealed: no signature of anybody is multiplied, only the load. Then
it computes every due date twice, matches an alert, and lets a few readers ask a real server for pages. Exit
status 1 where a figure is over its goal: search and scan 100 ms, lists and the device page 200 ms, the page
of figures 1 s (95th percentiles), due dates 60 s, an alert 2 s.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.pages import load, served, wait_for

SEED = 1
GOALS = {
    "search": 0.1, "scan": 0.1, "devices": 0.2, "device": 0.2, "work": 0.2, "schedule": 0.2, "today": 0.2,
    "figures": 1.0, "dues": 60.0, "alert": 2.0,
}  # fmt: skip
"""Seconds."""

APART = 10_000_000
"""Between the ids of one copy and the next."""
OF_DEVICE = {"device_id": f"device_id + g::bigint * {APART}"}
SAME_VISIT = {"visit": "md5(visit::text || g)::uuid"}
COPIES: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "equipment_device",
        {
            "id": f"id + g::bigint * {APART}", "asset": "asset || '-' || g", "asset_key": "asset_key || g",
            "serial": "serial || g", "serial_key": "serial_key || g", "parent_id": "NULL", "udi": "''",
        },
        "true",
    ),
    ("equipment_lifecyclefact", OF_DEVICE, "true"),
    ("equipment_hold", OF_DEVICE, "true"),
    ("status_cachedstatus", OF_DEVICE, "true"),
    ("records_legacyevidence", OF_DEVICE, "true"),
    ("schedule_completion", OF_DEVICE, "true"),
    (
        "records_record",
        {
            **OF_DEVICE, **SAME_VISIT, "id": f"id + g::bigint * {APART}",
            "number": f"number + g::bigint * {APART}",
            "about_id": "NULL", "supersedes_id": "NULL", "review_by": "NULL",
        },
        "kind = 'result' AND id IN (SELECT record_id FROM records_reading)",
    ),
    ("records_reading", {**OF_DEVICE, "record_id": f"record_id + g::bigint * {APART}"}, "true"),
)  # fmt: skip
"""Each table with what is otherwise in its copies, and which of its rows are copied."""
MOMENTS = ("opened_at", "closed_at", "responded_at", "respond_by", "resolve_by", "stopped_at", "repaired_at")


def columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def copy(cursor: Any, table: str, changes: dict[str, str], where: str, times: int, *, first: int = 1) -> None:
    """Copy rows of a table; `g` counts the copies from `first`."""
    names = [name for name in columns(cursor, table) if name != "id" or "id" in changes]
    changes = {"uuid": "gen_random_uuid()", **changes}
    given = ", ".join(changes.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    cursor.execute(
        f"INSERT INTO {table} ({listed}) SELECT {given} FROM "
        f"(SELECT * FROM {table} WHERE {where}) AS known, generate_series({first}, {first + times - 1}) AS g"
    )


def fill(devices: int, jobs: int) -> dict[str, int]:
    """Build the demo and copy it; give how many rows stand."""
    from django.db import connection

    from kilter.department.equipment import search
    from kilter.department.equipment.models import Device
    from kilter.interfaces.demo.build import build

    built = build(2000, 5, SEED)
    times = -(-devices // built.devices) - 1
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # keys of copies are right by construction
        for table, changes, where in COPIES:
            copy(cursor, table, changes, where, times)
        closed = max(1, _count(cursor, "work_job WHERE closed_at IS NOT NULL"))
        earlier = {
            name: f"{name} - (h % 40) * interval '43 days'"
            for name in MOMENTS
            if name in columns(cursor, "work_job")
        }
        spread = {"device_id": f"device_id + (g % {times + 1})::bigint * {APART}"}
        changes = {**spread, **{name: text.replace("h", "g") for name, text in earlier.items()}}
        copy(cursor, "work_job", changes, "closed_at IS NOT NULL", -(-jobs // closed))
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in ("equipment_device", "records_record"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    ids = list(Device.objects.values_list("pk", flat=True))
    for start in range(0, len(ids), 20_000):
        search.index(ids[start : start + 20_000])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        names = {"devices": "equipment_device", "jobs": "work_job", "records": "records_record"}
        names["readings"] = "records_reading"
        return {name: _count(cursor, table) for name, table in names.items()}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")
    return int(cursor.fetchone()[0])


def timed(act: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def alert_matched() -> float:
    """Match an alert about the commonest model by maker, model and a range of serial numbers."""
    from django.db.models import Count

    from kilter.department.equipment.models import DeviceModel
    from kilter.department.people.models import Person
    from kilter.department.safety import actions

    model = DeviceModel.objects.annotate(number=Count("devices")).order_by("-number").first()
    assert model is not None
    officer = Person.objects.get(username="safety")
    alert = actions.add_alert(by=officer, reference="FSN 1", source="fsn", title="Scale", issued="2026-03-05")
    criteria = {"makers": [model.maker], "models": [model.name]}
    return timed(lambda: actions.confirm_criteria(by=officer, alert=alert, criteria=criteria))


def addresses() -> dict[str, Callable[[random.Random], str]]:
    """Give, by page, what draws an address; devices are drawn from all over the register."""
    from kilter.department.equipment.models import Device

    listed = list(Device.objects.values_list("uuid", "asset").order_by("uuid")[:500])
    words = ("infusion", "pump intensive", "theatres", "renal", "copper", "ven", "defib", "ward 12")
    pages = {"today": "/", "devices": "/devices/", "work": "/work/", "schedule": "/schedule/"}
    return {
        **{name: (lambda rng, path=path: path) for name, path in pages.items()},
        "device": lambda rng: f"/devices/{rng.choice(listed)[0]}/",
        "search": lambda rng: f"/search/?q={rng.choice(words).replace(' ', '+')}",
        "scan": lambda rng: f"/search/?q={rng.choice(listed)[1]}",
        "figures": lambda rng: "/schedule/figures/",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="measure a very large department on PostgreSQL")
    parser.add_argument("--devices", type=int, default=450_000)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--filled", action="store_true", help="the database was filled by a run before")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        print("DATABASE_URL names no PostgreSQL: tools/with-postgres.sh starts one")
        return 2
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(
            KILTER_HOME=home, KILTER_DEMO="yes", DJANGO_SETTINGS_MODULE="kilter.server.settings"
        )
        return measured(Path(home), asked)


def measured(home: Path, asked: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from kilter.department.schedule.recompute import recompute

    call_command("migrate", verbosity=0)
    begin = time.perf_counter()
    if not asked.filled:
        rows = fill(asked.devices, asked.jobs)
        say(asked, {"filled_in": round(time.perf_counter() - begin), **rows})
    seconds: dict[str, float] = {"dues": timed(recompute)}
    say(asked, {"dues_first_s": round(seconds["dues"], 1)})
    again = timed(recompute)
    seconds["alert"] = alert_matched()
    say(asked, {"dues_again_s": round(again, 1), "alert_s": round(seconds["alert"], 2)})
    child = served(home, asked.port)
    try:
        wait_for(asked.port, child)
        for name, draw in addresses().items():
            number = asked.requests if GOALS[name] < 1 else max(20, asked.requests // 10)
            row = load(asked.port, asked.readers, number, draw)
            seconds[name] = row["p95_ms"] / 1000 + (1000 if row["refused"] else 0)
            say(asked, {name: row})
    finally:
        child.terminate()
        child.wait(20)
    slow = [name for name, took in seconds.items() if took > GOALS[name]]
    say(asked, {"load": round(os.getloadavg()[0], 1), "over their goal": slow})
    return 1 if slow else 0


def say(asked: argparse.Namespace, row: dict[str, Any]) -> None:
    print(json.dumps(row) if asked.json else "  ".join(f"{name} {value}" for name, value in row.items()))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
