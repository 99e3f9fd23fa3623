"""Every due date of a large estate computed anew: how long.

    PYTHONPATH=src python benchmarks/dues.py [--devices 450000] [--most 60] [--json]

Makes its own estate in a database of its own (SQLite in a folder that is removed, or an empty one by
DATABASE_URL): devices of 300 models, two schedules on each (one floating, one on fixed dates), and one
completion each. The first run writes every row, the second finds nothing to change, the third follows a
change of policy that moves half of them. Exit status 1 where one takes longer than `--most` seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

DEVICES, MOST, MODELS = 450_000, 60.0, 300
FLOATING, FIXED = "medical_engineering.iec_62353", "medical_engineering.infusion_pump"


def setup(home: str) -> None:
    os.environ.update(KILTER_HOME=home, KILTER_DEMO="yes", DJANGO_SETTINGS_MODULE="kilter.server.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def estate(count: int) -> Any:
    """Make devices with a history, and the policy; give the founder."""
    from kilter.department.equipment.models import Device, DeviceModel
    from kilter.department.ledger import clock
    from kilter.department.people.founding import found_department
    from kilter.department.records.models import LegacyEvidence

    head = found_department(username="head", display_name="Head", password="a long enough pass phrase")
    made = [
        DeviceModel(maker="M", name=f"N{n}", kind=f"kind_{n % 20}", equipment_class="I")
        for n in range(MODELS)
    ]
    models = DeviceModel.objects.bulk_create(made)
    start = clock.now() - timedelta(days=900)
    for first in range(0, count, 10_000):
        numbers = range(first, min(first + 10_000, count))
        rows = [
            Device(
                asset=f"D{n}",
                asset_key=f"D{n}",
                serial_key=f"S{n}",
                model=models[n % MODELS],
                state="in_service",
                registered_at=start + timedelta(minutes=n % 500_000),
            )
            for n in numbers
        ]
        Device.objects.bulk_create(rows, batch_size=2000)
        past = [
            LegacyEvidence(
                device=row,
                protocol=(FLOATING, FIXED)[row.pk % 2],
                performed_at=clock.now() - timedelta(days=row.pk % 500),
                passed=True,
                source="benchmark",
                imported_by=head,
            )
            for row in rows
        ]
        LegacyEvidence.objects.bulk_create(past, batch_size=2000)
    set_policy(head, FLOATING, 12)
    set_policy(head, FIXED, 6, basis="scheduled")
    return head


def set_policy(head: Any, protocol: str, months: int, **more: Any) -> None:
    from kilter.department.policy import actions

    actions.set_frequency(
        by=head, protocol=protocol, scope_kind="all", months=months, reason="benchmark", **more
    )


def timed() -> float:
    from kilter.department.schedule.recompute import recompute

    start = time.perf_counter()
    recompute()
    return round(time.perf_counter() - start, 2)


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--most", type=float, default=MOST)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        setup(home)
        from django.db import connection

        head = estate(given.devices)
        found: dict[str, Any] = {"engine": connection.vendor, "devices": given.devices}
        found["all written, s"] = timed()
        found["nothing changed, s"] = timed()
        set_policy(head, FLOATING, 6)
        found["half moved, s"] = timed()
    longest = max(value for name, value in found.items() if name.endswith(", s"))
    print(json.dumps(found) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if longest <= given.most else 1


if __name__ == "__main__":
    sys.exit(main())
