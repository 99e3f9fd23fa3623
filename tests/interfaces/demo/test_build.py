"""The demonstration hospital: whole, verified, the same for the same seed, full of what pages must show."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

NOW = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)  # the day after a change of the clocks
REAL_MAKERS = (
    "abbott", "alaris", "b. braun", "baxter", "becton", "drager", "dräger", "edwards", "fluke", "fresenius",
    "ge healthcare", "getinga", "getinge", "hamilton", "hill-rom", "hillrom", "medtronic", "mindray",
    "nihon", "olympus", "philips", "physio-control", "resmed", "rigel", "schiller", "seaward", "siemens",
    "smiths", "stryker", "valleylab", "welch", "zoll",
)  # fmt: skip


@pytest.fixture
def built(db: None, settings: Any, tmp_path: Path) -> Any:
    """A hospital of 60 devices and two years."""
    from kilter.interfaces.demo.build import build

    settings.KILTER = replace(settings.KILTER, home=tmp_path, demo=True)
    settings.FILE_STORE = tmp_path / "files"
    return build(60, 2, seed=3, now=NOW)


def test_a_small_hospital_is_whole(built: Any, settings: Any) -> None:
    from kilter.department.equipment.models import Certificate, Hold, Restriction
    from kilter.department.ledger.models import Outbox
    from kilter.department.people.queries import may
    from kilter.department.policy.queries import to_be_confirmed
    from kilter.department.records import queries as records
    from kilter.department.records.chain import anchor_path, read_anchors
    from kilter.department.records.models import Draft, LegacyEvidence, Record
    from kilter.department.records.verify import verify
    from kilter.department.schedule.queries import counts as due_counts
    from kilter.department.status import queries as status
    from kilter.department.status.models import CachedStatus
    from kilter.department.work.models import Job
    from kilter.interfaces.demo.staff import accounts

    seen = verify(read_anchors(anchor_path()) if anchor_path().exists() else None)
    assert seen.problems == ()
    assert (seen.records, seen.head) == (built.records, built.head)
    assert Record.objects.count() == built.records > 300

    states = set(CachedStatus.objects.values_list("state", flat=True))
    assert states == {
        "in_use", "restricted", "out_of_use", "quarantined", "not_accepted", "lost", "retired", "disposed",
    }  # fmt: skip
    before = {row.pk: (row.state, row.reasons) for row in CachedStatus.objects.all()}
    from kilter.department.ledger import clock

    with clock.at(NOW):
        status.recompute()
        assert {row.pk: (row.state, row.reasons) for row in CachedStatus.objects.all()} == before
        assert sum(due_counts()) > 0
        assert len(records.to_review()) >= 4  # the results of the visit at night
        assert len(records.to_countersign()) >= 1
        ended = [one for one in Certificate.objects.all() if one.valid_until < NOW]
        ending = [
            one for one in Certificate.objects.all() if NOW < one.valid_until < NOW + timedelta(days=30)
        ]
        assert ended
        assert ending
    assert not Outbox.objects.filter(handled_at=None).exists()

    assert {"signed", "open"} <= set(Draft.objects.values_list("state", flat=True))
    owners = Draft.objects.filter(state="open").values_list("owner__username", flat=True)
    assert len(set(owners)) >= 4
    assert Draft.objects.filter(asked__username="tech", state="open").count() == 1
    assert any(row.content["discarded"] for row in Draft.objects.filter(state="open"))
    assert Record.objects.exclude(supersedes=None).count() == 1
    assert set(Hold.objects.values_list("cause", flat=True)) >= {
        "failed_test", "fault", "help_asked", "quarantine", "safety_alert", "decontamination",
    }  # fmt: skip
    assert Restriction.objects.count() == 2
    assert Job.objects.exclude(state="closed").exists()
    assert Job.objects.filter(state="taken").exists()
    faults = Job.objects.filter(kind="fault", state="closed")
    assert faults.filter(outcome="repaired").exclude(cause_code="").exists()
    assert faults.exclude(outcome="repaired").exists()
    assert not Hold.objects.filter(cause="fault", released_at=None, job_hold__job__state="closed").exists()
    assert LegacyEvidence.objects.exists()
    assert to_be_confirmed("nuclear_medicine")
    assert not to_be_confirmed("medical_engineering")

    _signers_are_permitted(may)
    _names_are_invented()
    _accounts_open(accounts())
    settings.KILTER = replace(settings.KILTER, demo=False)
    assert accounts() == ()


def _signers_are_permitted(may: Any) -> None:
    """Whoever signed was authorised when it was measured, asked anew of each record of a sample."""
    from kilter.department.records.models import Record

    rows = Record.objects.filter(kind="result", review_by=None).select_related("person", "device__model")
    for record in rows.order_by("number")[::17]:
        activity = may(
            record.person, "records.sign", record.device, record.performed_at, procedure=record.protocol
        )
        assert activity, activity.reasons


def _names_are_invented() -> None:
    from kilter.department.equipment.models import DeviceModel

    for model in DeviceModel.objects.all():
        assert not [name for name in REAL_MAKERS if name in str(model).lower()]


def _accounts_open(shown: Any) -> None:
    from kilter.department.people.models import Person

    assert {one.username for one in shown} == {
        "head", "lead", "tech", "safety", "oncall", "trainee", "ward", "nm", "doctor",
    }  # fmt: skip
    one = next(row for row in shown if row.username == "tech")
    person = Person.objects.get(username="tech")
    assert person.check_password(one.password)
    assert not person.check_password(one.pin)


def test_planned_work_was_planned_as_the_years_went(built: Any) -> None:
    from kilter.department.ledger import clock
    from kilter.department.schedule import figures
    from kilter.department.schedule.models import Completion, Due
    from kilter.department.schedule.recompute import recompute
    from kilter.department.schedule.site import local_day

    with clock.at(NOW):
        share = figures.planned(figures.Period(NOW.date() - timedelta(days=365), NOW.date())).share
        assert share.of > 10
        assert 0.5 < share.done / share.of < 1.0  # most in their window, some late, as the history draws them
        for one in Completion.objects.all():
            assert one.in_window == (local_day(one.passed_at) <= one.closes)
        before, columns = Completion.objects.count(), ("device", "protocol", "due")
        dues = set(Due.objects.values_list(*columns))
        recompute()
        assert set(Due.objects.values_list(*columns)) == dues
        assert Completion.objects.count() == before


def test_serials_repeat_and_devices_fail_with_age() -> None:
    import numpy as np

    from kilter.interfaces.demo.catalogue import kinds
    from kilter.interfaces.demo.wear import fails

    rng, kind = np.random.default_rng(1), kinds()[0]
    young, old = (sum(fails(rng, kind, age) for _ in range(20_000)) / 20_000 for age in (0.0, 12.0))
    # The chance grows e-fold in six years: 0.006 new, 0.006 e^2 = 0.0443 at twelve; four standard errors.
    assert young == pytest.approx(0.006, abs=4 * (0.006 / 20_000) ** 0.5)
    assert old == pytest.approx(0.006 * np.e**2, abs=4 * (0.0443 / 20_000) ** 0.5)


def test_some_serials_repeat_within_a_model() -> None:
    from types import SimpleNamespace

    import numpy as np

    from kilter.interfaces.demo.catalogue import kinds
    from kilter.interfaces.demo.estate import fields_of

    rng, model = np.random.default_rng(2), SimpleNamespace(name="Infusa 3", maker="Northfield")
    places = SimpleNamespace(wards=["Ward 1", "Ward 2"])
    rows = [fields_of(rng, n, kinds()[0], model, NOW, places) for n in range(2000)]  # type: ignore[arg-type]
    repeated = [row for row in rows if row["serial"].endswith("-70007")]
    assert 2 <= len(repeated) <= 60  # 20 are expected
    assert len({row["asset"] for row in rows}) == 2000


def test_the_chain_stands_in_the_order_of_time(built: Any) -> None:
    from kilter.department.records.models import Record

    sealed = list(Record.objects.order_by("number").values_list("sealed_at", flat=True))
    assert sealed == sorted(sealed)
    assert sealed[-1] <= NOW
    for performed, then in Record.objects.values_list("performed_at", "sealed_at"):
        assert timedelta(0) <= then - performed < timedelta(hours=24)
    _jobs_in_the_order_of_time()


def _jobs_in_the_order_of_time() -> None:
    from kilter.department.work.models import Job, JobEvent

    faults = list(Job.objects.filter(kind="fault"))
    assert len(faults) > 5
    for job in faults:
        steps = list(JobEvent.objects.filter(job=job).order_by("pk").values_list("at", flat=True))
        assert steps == sorted(steps)
        assert job.opened_at <= min(steps, default=job.opened_at)
        if job.closed_at is not None and job.repaired_at is not None:
            assert job.opened_at < job.repaired_at < job.closed_at


def test_every_sampled_document_is_what_measuring_gives(built: Any) -> None:
    """What was kept from an earlier, equal question is to the byte what `measure` gives when asked anew."""
    from kilter.department.equipment.models import Device
    from kilter.department.policy.queries import load
    from kilter.department.records.models import Record
    from kilter.department.records.visit import as_instrument, context_of, measure
    from kilter.measure.document import canonical
    from kilter.measure.protocol import protocol

    policy, checked = load(), 0
    rows = Record.objects.filter(kind="result", supersedes=None, protocol="medical_engineering.iec_62353")
    for record in rows.order_by("number")[::7]:
        document = json.loads(record.text)
        device = Device.objects.select_related("model").get(pk=record.device_id)
        if document.get("emergency"):
            continue
        steps = protocol(record.protocol).steps_for(context_of(device))
        step = next(one for one in steps if one.entry.key == record.procedure)
        inputs = {
            name: row.get("typed", row["value"])
            for name, row in document["inputs"].items()
            if "typed" in row or isinstance(row["value"], str)  # what was not typed is a default
        }
        stated = {
            name: repr(part)
            for name, row in document["inputs"].items()
            if (part := math.sqrt(row.get("u", 0.0) ** 2 - row.get("measured_by", {}).get("u", 0.0) ** 2))
        }
        used = [use for use in record.instruments.all() if use.certificate is not None]
        again = measure(
            step,
            {"inputs": inputs, "u": stated},
            device=device,
            policy=policy,
            baselines={},
            performed_at=record.performed_at,
            instruments=[as_instrument(use.instrument, use.certificate) for use in used],
        )
        sealed = {name: document[name] for name in again.document}
        assert canonical(sealed) == canonical(json.loads(canonical(again.document)))
        checked += 1
    assert checked > 25


def test_every_result_replays_the_same(built: Any) -> None:
    from kilter.department.records.replay import replay

    answers = {one.answer for one in replay()}
    assert answers == {"same"}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_hospital_to_the_byte(db: None, settings: Any, tmp_path: Path) -> None:
    from django.db import transaction

    from kilter.department.equipment.models import Device
    from kilter.interfaces.demo.build import build

    settings.KILTER = replace(settings.KILTER, home=tmp_path, demo=True)
    found = []
    for seed in (4, 4, 5):
        with transaction.atomic():
            head = build(60, 1, seed=seed, now=NOW).head
            found.append((head, list(Device.objects.order_by("id").values_list("uuid", "asset", "serial"))))
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]


def test_ids_are_random_again_after_a_build(built: Any) -> None:
    from uuid import uuid4

    from kilter.department.equipment.models import Device
    from kilter.department.ledger import identity

    assert Device._meta.get_field("uuid").default is uuid4
    assert Device().uuid != Device().uuid
    assert identity.new_id() != identity.new_id()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"devices": 5}, "devices"),
        ({"devices": 10**7}, "devices"),
        ({"years": 0}, "years"),
        ({"years": 99}, "years"),
        ({"seed": -1}, "seed"),
    ],
    ids=["few", "many", "no years", "long ago", "seed"],
)
def test_what_cannot_be_built_is_named(db: None, arguments: dict[str, int], field: str) -> None:
    from kilter.interfaces.demo.build import build
    from kilter.measure.error import BadInput

    with pytest.raises(BadInput) as caught:
        build(**arguments)
    assert caught.value.field == field


def test_a_department_with_people_is_left_alone(head: Any) -> None:
    from kilter.department.people.models import Person
    from kilter.interfaces.demo.build import build
    from kilter.measure.error import Conflict

    with pytest.raises(Conflict, match="people already"):
        build(60, 1)
    assert Person.objects.count() == 1
