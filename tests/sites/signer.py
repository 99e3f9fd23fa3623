"""Works on a site as processes do: signs, is killed while it signs, signs beside others.

Run as `python -m tests.sites.signer TASK ...` with the site's KILTER_HOME (and DATABASE_URL); prints one
JSON object. It loads Django once and forks, so that a thousand deaths take minutes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import django

SAFETY = "medical_engineering.iec_62353"
STEPS = 5
PASSWORD = "a long enough pass phrase"


def migrate() -> dict[str, Any]:
    """Make the tables of an empty site."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    return {}


def prepare(devices: int) -> dict[str, Any]:
    """Found a department with some pumps and a tester in calibration."""
    from kilter.department.equipment import actions as equipment
    from kilter.department.people import actions as people
    from kilter.department.people.founding import found_department
    from tests.shop import certified_lines

    migrate()
    head = found_department(username="head", display_name="Ada Head", password=PASSWORD)
    eve = people.create_person(by=head, username="eve", display_name="Eve Engineer", password=PASSWORD)
    people.grant_role(by=head, person=eve, role="lead_engineer")
    until = datetime.now(UTC) + timedelta(days=300)
    people.authorise(by=head, person=eve, scope_kind="all", level="expert", until=until)
    made = {"equipment_class": "I", "applied_part": "BF", "power_cord": "detachable"}
    pump = equipment.add_model(
        by=head, fields={"maker": "N", "name": "Infusa", "kind": "infusion_pump", **made}
    )
    meter = equipment.add_model(
        by=head, fields={"maker": "O", "name": "Safe", "kind": "safety_tester", **made}
    )
    rows = [{"asset": f"ME{n:04d}", "model": pump, "state": "in_service"} for n in range(devices)]
    tester = {"asset": "TI0001", "serial": "T1", "model": meter, "state": "in_service"}
    equipment.register_devices(by=head, rows=[*rows, tester], reason="going live")
    from kilter.department.equipment.models import Device

    now = datetime.now(UTC)
    equipment.add_certificate(
        by=head,
        device=Device.objects.get(asset="TI0001"),
        number="C-1",
        laboratory="Calibra",
        issued=now - timedelta(days=30),
        valid_from=now - timedelta(days=30),
        valid_until=now + timedelta(days=300),
        coverage_factor=2.0,
        quantities=certified_lines(),
    )
    return {"devices": devices}


def spoil() -> dict[str, Any]:
    """Change what stands beside some records, past the triggers, so that a replay has something to say."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records_record'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("ALTER TABLE records_record DISABLE TRIGGER USER")
        cursor.execute("UPDATE records_record SET verdict = 'suspension' WHERE number % 3 = 0")
        return {"spoilt": cursor.rowcount}


def arrived() -> dict[str, Any]:
    """Say which objects that came over the network are whole, and which are not."""
    from kilter.department.intake.models import Arrival
    from kilter.department.ledger import files
    from kilter.measure.error import KilterError

    whole, broken = [], []
    for row in Arrival.objects.select_related("file"):
        try:
            files.read(row.file.sha256)
            whole.append(row.sop_instance)
        except KilterError:
            broken.append(row.sop_instance)
    return {"whole": whole, "broken": broken}


def sign_once(asset: str, reading: str) -> list[Any]:
    """Draft and sign one whole visit with a photo, as the pages do."""
    from kilter.department.equipment.models import Device
    from kilter.department.ledger import clock
    from kilter.department.people.confirmation import Confirmation
    from kilter.department.people.models import Person
    from kilter.department.records import actions
    from kilter.measure.protocol import protocol

    eve = Person.objects.get(username="eve")
    device = Device.objects.select_related("model").get(asset=asset)
    tester = Device.objects.get(asset="TI0001")
    typed = {
        "protective_earth": {"reading": reading},
        "equipment_leakage": {"current": "85", "method": "direct"},
        "applied_part_leakage": {"current": "12"},
    }
    steps = {
        step.key: {"inputs": typed.get(step.key) or dict.fromkeys(step.listed.items, "pass")}
        for step in protocol(SAFETY).steps
        if step.key in typed or step.checklist
    }
    draft = actions.save_draft(
        by=eve,
        device=device,
        procedure=SAFETY,
        uuid=uuid4(),
        version=0,
        content={"steps": steps, "instruments": [str(tester.uuid)]},
    )
    photo = b"a photo of the plug of " + asset.encode()
    draft = actions.attach_file(
        by=eve,
        device=device,
        procedure=SAFETY,
        draft=draft,
        version=draft.version,
        name="plug.jpg",
        content=photo,
    )
    word = Confirmation(eve.uuid, clock.now(), "password")
    return actions.sign(
        by=eve, device=device, procedure=SAFETY, draft=draft, version=draft.version, confirmation=word
    )


def sign_for_ever(pipe: int, seed: int, asset: str) -> None:
    """Sign until killed; each visit is acknowledged on the pipe once `sign` has returned."""
    rng = random.Random(seed)
    while True:
        records = sign_once(asset, rng.choice(["0.12", "0.35"]))
        os.write(pipe, f"{records[0].visit} {records[-1].sha256}\n".encode("ascii"))


def child(task: Any) -> int:
    """Fork a process that does a task and leaves without cleaning up, as a server's process might."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        task()
        os._exit(0)
    except BaseException as problem:
        os.write(2, f"{type(problem).__name__}: {problem}\n".encode())
        os._exit(1)


def kill_once(rng: random.Random, longest: float) -> list[tuple[str, str]]:
    """Let a process sign and kill it at a random moment; give what it had acknowledged."""
    reader, writer = os.pipe()
    seed = rng.randrange(1 << 30)
    pid = child(lambda: sign_for_ever(writer, seed, f"ME{seed % 5:04d}"))
    os.close(writer)
    time.sleep(rng.uniform(0.005, longest))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(reader, "rb") as pipe:
        lines = pipe.read().decode("ascii").splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines]


def faults(acknowledged: dict[str, str]) -> list[str]:
    """List everything that a death in the middle of signing must not leave behind."""
    from django.db.models import Count

    from kilter.department.equipment.models import Hold
    from kilter.department.records.chain import anchor_path, read_anchors
    from kilter.department.records.models import Draft, Record
    from kilter.department.records.verify import verify
    from kilter.department.work.models import Job

    anchors = read_anchors(anchor_path()) if anchor_path().exists() else {}
    found = [f"record {one.number}: {one.text}" for one in verify(anchors).problems]
    counts = dict(Record.objects.values_list("visit").annotate(n=Count("pk")).values_list("visit", "n"))
    found += [f"visit {visit} has {n} records" for visit, n in counts.items() if n != STEPS]
    signed = set(Draft.objects.filter(state="signed").values_list("uuid", flat=True))
    found += [f"draft {uuid} and its records part" for uuid in signed ^ set(counts)]
    hashes = set(Record.objects.values_list("visit", "sha256"))
    found += [
        f"{visit} was acknowledged and is lost"
        for visit, sha in acknowledged.items()
        if (UUID(visit), sha) not in hashes
    ]
    failed = set(Record.objects.filter(verdict="suspension").values_list("uuid", flat=True))
    found += [
        f"{uuid} failed and holds nothing"
        for uuid in failed ^ set(Hold.objects.values_list("evidence", flat=True))
    ]
    if failed and not Job.objects.exists():
        found.append("records failed and no job was opened")
    return found


def kill(seed: int, kills: int, milliseconds: int) -> dict[str, Any]:
    """Kill signing processes again and again; give what was found wrong."""
    from kilter.department.records.models import ChainHead, Record

    rng, acknowledged, found = random.Random(seed), {}, []
    sign_once("ME0000", "0.12")  # loads all that signing needs, so that deaths fall into signing itself
    began = time.monotonic()
    sign_once("ME0000", "0.12")
    # On a busy machine a visit takes longer: deaths have to fall among visits there, too.
    longest = max(milliseconds / 1000, 6 * (time.monotonic() - began))
    died_signing = 0
    for number in range(1, kills + 1):
        before = Record.objects.count()
        told = kill_once(rng, longest)
        acknowledged.update(told)
        count = Record.objects.count()
        died_signing += (count - before) // STEPS > len(told)
        head = ChainHead.objects.get(pk=1)
        if head.count != count or count % STEPS:
            found.append(f"after kill {number}: {count} records, the head says {head.count}")
        if number % 25 == 0 or number == kills or found:
            found += faults(acknowledged)
        if found:
            break
    return {
        "seed": seed,
        "kills": number,
        "acknowledged": len(acknowledged),
        "committed_unacknowledged": died_signing,
        "records": Record.objects.count(),
        "faults": found,
    }


def together(processes: int, visits: int) -> dict[str, Any]:
    """Let several processes sign at once, each on a device of its own."""
    from kilter.department.records.models import Record

    def work(asset: str) -> None:
        for _ in range(visits):
            sign_once(asset, "0.12")

    before = Record.objects.count()
    pids = [child(lambda asset=f"ME{n:04d}": work(asset)) for n in range(processes)]
    failed = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0 for pid in pids)
    return {"failed": failed, "records": Record.objects.count() - before, "faults": faults({})}


def sign(visits: int) -> dict[str, Any]:
    """Sign some visits."""
    return {"records": sum(len(sign_once("ME0000", "0.12")) for _ in range(visits))}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kilter.server.settings")
    django.setup()
    tasks = {
        "migrate": migrate,
        "prepare": prepare,
        "kill": kill,
        "together": together,
        "sign": sign,
        "arrived": arrived,
        "spoil": spoil,
    }
    print(json.dumps(tasks[sys.argv[1]](*[int(word) for word in sys.argv[2:]])))
