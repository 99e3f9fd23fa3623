"""Matching alerts against a large register, on whichever database is set.

Usage: `PYTHONPATH=src python benchmarks/alerts.py [devices]` (450,000 where none is said). It runs in a
temporary home folder, or in the empty database of DATABASE_URL, makes its own rows from a seed, and says how
long a match took and what it gave.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from uuid import UUID

SEED = 20260329
MODELS = 4000
MAKERS = 300


def fill(count: int, rng: random.Random) -> None:
    """Write the rows of a register; registering them one by one is measured elsewhere."""
    from kilter.department.equipment.models import Device, DeviceModel

    makers = ["".join(rng.choices("abdeiklmnoprstu", k=9)).title() for _ in range(MAKERS)]
    models = DeviceModel.objects.bulk_create(
        DeviceModel(
            uuid=UUID(int=rng.getrandbits(128)),
            maker=f"{makers[number % MAKERS]} Medical",
            name=f"Type {number}",
            kind="infusion_pump",
            equipment_class="I",
            applied_part="CF",
            power_cord="detachable",
            udi_di=f"{rng.randrange(10**13):014d}",
        )
        for number in range(MODELS)
    )
    for start in range(0, count, 20_000):
        made = [
            Device(
                uuid=UUID(int=rng.getrandbits(128)),
                asset=f"ME-{number:06d}",
                serial="" if rng.random() < 0.02 else f"SN{rng.randrange(10**6):06d}",
                lot=rng.choice(("", "24-1", "24-2")),
                software_version=rng.choice(("", "1.9", "2.0.1", "2.4")),
                udi="" if rng.random() < 0.5 else f"(01){rng.randrange(10**13):014d}(21)7",
                model=models[0] if rng.random() < 0.02 else rng.choice(models),
                state="in_service",
            )
            for number in range(start, min(start + 20_000, count))
        ]
        for one in made:
            one.set_keys()
        Device.objects.bulk_create(made, batch_size=5000)


def main() -> None:
    """Fill and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 450_000
    with tempfile.TemporaryDirectory() as home:
        os.environ["KILTER_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "kilter.server.settings"
        import django

        django.setup()
        from django.core.management import call_command

        from kilter.department.equipment.models import DeviceModel
        from kilter.department.people.actions import create_person, grant_role
        from kilter.department.people.founding import found_department
        from kilter.department.safety import actions

        call_command("migrate", verbosity=0)
        password = "a long enough pass phrase"
        head = found_department(username="head", display_name="Head", password=password)
        officer = create_person(by=head, username="officer", display_name="Officer", password=password)
        grant_role(by=head, person=officer, role="safety_officer")
        begin = time.perf_counter()
        fill(count, random.Random(SEED))
        print(f"{count} devices, {MODELS} models in {time.perf_counter() - begin:.1f} s, seed {SEED}")
        common = DeviceModel.objects.get(name="Type 0")
        about = {"makers": [common.maker], "models": [common.name]}
        serials = [f"SN{number:06d}" for number in range(0, 20_000, 10)]
        for name, criteria in (
            ("a common model, a range", {**about, "serials": ["SN100000 to SN400000"]}),
            ("two thousand serial numbers", {**about, "serials": serials}),
            ("a common model, whole", about),
            ("software", {**about, "software": ["< 2.4"]}),
            ("a UDI-DI as well", {**about, "udi_dis": ["09506000134352"]}),
            ("every model of a maker", {"makers": [common.maker]}),
        ):
            alert = actions.add_alert(
                by=officer, reference=name, source="fsn", title=name, issued="2026-03-05"
            )
            begin = time.perf_counter()
            done = actions.confirm_criteria(by=officer, alert=alert, criteria=criteria)
            took = time.perf_counter() - begin
            print(f"{name:<30} {took:6.2f} s   {done.looked_at} looked at, {done.devices.count()} listed")


if __name__ == "__main__":
    main()
