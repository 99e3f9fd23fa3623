"""Alerts over the register: matched, settled, closed; and no path of verbs closes one over an open device."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock, outbox
from kilter.department.people.confirmation import Confirmation
from kilter.department.reactions import HANDLERS
from kilter.department.safety import actions
from kilter.department.safety.models import Alert, AlertDevice, AlertEvent
from kilter.department.safety.register import LOST, open_devices
from kilter.department.safety.workdays import acknowledge_by
from kilter.department.status import queries as status
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted

ABOUT = {"makers": ["Northfield"], "models": ["Infusa 3"], "serials": ["S1 to S5"]}


def settle_events() -> None:
    """Let the reactions do what the worker would have done."""
    outbox.drain(HANDLERS)


@pytest.fixture
def officer(hire: Callable[..., Any]) -> Any:
    return hire("safety_officer", name="Sam Officer")


@pytest.fixture
def alert(shop: Any, officer: Any) -> Alert:
    """An alert about the pump (S1), not confirmed yet."""
    return actions.add_alert(
        by=officer,
        reference="NatPSA/2026/001/MHRA",
        source="natpsa",
        title="Infusa 3: door latch may open",
        issued=clock.now().date() - timedelta(days=1),
    )


def another(shop: Any, asset: str, serial: str = "", **more: Any) -> Device:
    """Register one more pump of the same model."""
    fields = {"asset": asset, "serial": serial, "model": shop.pump.model, **more}
    device: Device = equipment.register_device(by=shop.head, fields=fields)
    settle_events()
    return device


def listed(alert: Alert) -> dict[str, tuple[str, str]]:
    """Every device of an alert by asset number: verdict and disposition."""
    rows = AlertDevice.objects.filter(alert=alert).select_related("device")
    return {one.device.asset: (one.verdict, one.disposition) for one in rows}


def confirm(officer: Any, alert: Alert, **changes: list[str]) -> Alert:
    return actions.confirm_criteria(by=officer, alert=alert, criteria={**ABOUT, **changes})


def close(officer: Any, alert: Alert, **more: Any) -> Alert:
    return actions.close_alert(by=officer, alert=alert, text="All pumps checked", **more)


@pytest.mark.django_db
def test_from_receipt_to_the_end(shop: Any, officer: Any, alert: Alert) -> None:
    blank = another(shop, "ME0002")
    other = another(shop, "ME0003", "S9")
    assert listed(alert) == {}
    confirmed = confirm(officer, alert)
    assert listed(alert) == {"ME0001": ("exact", "open"), "ME0002": ("cannot_exclude", "open")}
    assert confirmed.looked_at == 3
    with pytest.raises(Conflict, match="acknowledge the alert first"):
        close(officer, alert)
    actions.acknowledge_alert(by=officer, alert=alert)
    with pytest.raises(Conflict, match="2 devices are still open: ME0001, ME0002"):
        close(officer, alert)
    actions.hold_devices(by=officer, alert=alert, devices=[shop.pump])
    assert status.of(shop.pump).state == "out_of_use"
    actions.settle_devices(
        by=officer, alert=alert, devices=[shop.pump], outcome="done", text="latch replaced", evidence=uuid4()
    )
    assert Hold.objects.filter(device=shop.pump, released_at=None).exists()  # its release takes a record
    actions.settle_devices(
        by=officer, alert=alert, devices=[blank], outcome="does_not_apply", text="its label says S77"
    )
    closed = close(officer, alert)
    assert (closed.closed_by, closed.closed_with) == (officer, None)
    assert [one.verb for one in AlertEvent.objects.filter(alert=alert).order_by("id")] == [
        "add", "confirm", "acknowledge", "hold", "done", "does_not_apply", "close",
    ]  # fmt: skip
    assert other.asset not in listed(alert)


@pytest.mark.django_db
def test_a_device_registered_after_the_end_opens_the_alert_again(
    shop: Any, officer: Any, alert: Alert
) -> None:
    confirm(officer, alert)
    actions.acknowledge_alert(by=officer, alert=alert)
    actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="done", text="done")
    close(officer, alert)
    another(shop, "ME0004", "S9")
    alert.refresh_from_db()
    assert alert.closed_at is not None
    another(shop, "ME0005", "S4")
    alert.refresh_from_db()
    assert (alert.closed_at, listed(alert)["ME0005"]) == (None, ("exact", "open"))
    event = AlertEvent.objects.filter(alert=alert).order_by("-id")[0]
    assert (event.verb, event.by, event.device.asset if event.device else "") == ("reopen", None, "ME0005")


@pytest.mark.django_db
def test_an_edit_moves_the_verdict_and_takes_back_that_it_does_not_apply(
    shop: Any, officer: Any, alert: Alert
) -> None:
    blank = another(shop, "ME0002")
    confirm(officer, alert)
    actions.settle_devices(
        by=officer, alert=alert, devices=[blank], outcome="does_not_apply", text="believed to be S50"
    )
    equipment.edit_device(by=shop.head, device=blank, version=1, changes={"serial": "S50"})
    settle_events()
    assert listed(alert)["ME0002"] == ("none", "does_not_apply")
    blank.refresh_from_db()
    equipment.edit_device(by=shop.head, device=blank, version=blank.version, changes={"serial": "S3"})
    settle_events()
    assert listed(alert)["ME0002"] == ("exact", "open")


@pytest.mark.django_db
def test_an_edit_of_many_devices_is_matched_too(shop: Any, officer: Any, alert: Alert) -> None:
    confirm(officer, alert, serials=[], software=["< 2.4"])
    assert listed(alert) == {"ME0001": ("cannot_exclude", "open")}
    for software, verdict in (("2.3", "exact"), ("2.4", "none")):
        shop.pump.refresh_from_db()
        equipment.edit_devices(
            by=shop.head,
            devices=[(shop.pump, shop.pump.version)],
            changes={"software_version": software},
        )
        settle_events()
        assert listed(alert) == {"ME0001": (verdict, "open")}


@pytest.mark.django_db
def test_a_model_put_right_is_matched_again(shop: Any, officer: Any, alert: Alert) -> None:
    confirm(officer, alert, models=["Perfusa 9"])
    assert listed(alert) == {}
    model = shop.pump.model
    equipment.edit_model(by=shop.head, model=model, changes={"name": "Perfusa 9"})
    settle_events()
    assert listed(alert) == {"ME0001": ("exact", "open")}


@pytest.mark.django_db
def test_what_is_condemned_or_entered_in_error(shop: Any, officer: Any, alert: Alert) -> None:
    equipment.condemn(by=shop.head, device=shop.pump, reason="worn")
    wrong = another(shop, "ME0002", "S2")
    confirm(officer, alert)
    assert set(listed(alert)) == {"ME0001", "ME0002"}
    equipment.enter_in_error(by=shop.head, devices=[wrong], reason="typed twice")
    actions.acknowledge_alert(by=officer, alert=alert)
    actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="done", text="scrapped")
    close(officer, alert)
    assert listed(alert)[wrong.asset] == ("none", "open")


@pytest.mark.django_db
def test_what_could_not_be_located_is_named_by_two_people(
    shop: Any, officer: Any, alert: Alert, hire: Callable[..., Any]
) -> None:
    confirm(officer, alert)
    actions.acknowledge_alert(by=officer, alert=alert)
    equipment.report_lost(by=shop.head, device=shop.pump, reason="not on the ward")
    with pytest.raises(Conflict, match="could not be located: nothing was done"):
        actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="done", text="x")
    with pytest.raises(BadInput, match=r"\(1: ME0001\)"):
        close(officer, alert)
    with pytest.raises(NotPermitted, match="a second person"):
        close(officer, alert, unlocated=[shop.pump])
    now = clock.now()
    own = {"second": officer, "second_confirmation": Confirmation(officer.uuid, now, "pin")}
    with pytest.raises(NotPermitted, match="somebody else"):
        close(officer, alert, unlocated=[shop.pump], **own)
    ward = hire("ward_viewer")
    with pytest.raises(NotPermitted, match="No role"):
        close(officer, alert, unlocated=[shop.pump], second=ward)
    stale = Confirmation(shop.second.uuid, now - timedelta(hours=1), "pin")
    for wrong in (None, stale, Confirmation(shop.head.uuid, now, "pin")):
        with pytest.raises(NotPermitted, match="confirm who they are"):
            close(officer, alert, unlocated=[shop.pump], second=shop.second, second_confirmation=wrong)
    good = {"second": shop.second, "second_confirmation": Confirmation(shop.second.uuid, now, "pin")}
    with pytest.raises(BadInput, match="name exactly"):
        close(officer, alert, unlocated=[shop.pump, shop.tester], **good)
    closed = close(officer, alert, unlocated=[shop.pump], **good)
    assert closed.closed_with == shop.second
    equipment.report_found(by=shop.head, device=shop.pump, reason="in the store")
    settle_events()
    alert.refresh_from_db()
    assert (alert.closed_at, listed(alert)) == (None, {"ME0001": ("exact", "open")})


@pytest.mark.django_db
def test_a_device_is_not_dealt_with_while_its_job_is_open(shop: Any, officer: Any, alert: Alert) -> None:
    confirm(officer, alert)
    actions.open_alert_jobs(
        by=officer, alert=alert, devices=[shop.pump], text="replace the latch", priority=2
    )
    with pytest.raises(Conflict, match="has an open job"):
        actions.open_alert_jobs(by=officer, alert=alert, devices=[shop.pump], text="again")
    with pytest.raises(Conflict, match="its job is still open"):
        actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="done", text="x")
    row = AlertDevice.objects.get()
    assert row.job is not None
    work.close_job(by=shop.head, job=row.job, outcome="done", text="replaced")
    actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="done", text="replaced")
    with pytest.raises(Conflict, match="settled already"):
        actions.hold_devices(by=officer, alert=alert, devices=[shop.pump])
    actions.unsettle_device(by=officer, alert=alert, device=shop.pump, reason="wrong latch")
    assert listed(alert) == {"ME0001": ("exact", "open")}


@pytest.mark.django_db
def test_a_second_hold_only_where_the_first_was_released(shop: Any, officer: Any, alert: Alert) -> None:
    confirm(officer, alert)
    for _ in range(2):
        actions.hold_devices(by=officer, alert=alert, devices=[shop.pump])
    hold = Hold.objects.get()
    assert (hold.cause, hold.evidence) == ("safety_alert", alert.uuid)
    equipment.release_hold(
        by=officer, device=shop.pump, hold=hold, text="checked", evidence=accepted(officer, shop.pump)
    )
    actions.hold_devices(by=officer, alert=alert, devices=[shop.pump])
    assert Hold.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": " "}, "reference"),
        ({"reference": "x" * 81}, "reference"),
        ({"source": "newspaper"}, "source"),
        ({"title": ""}, "title"),
        ({"title": "\x00"}, "title"),
        ({"issued": ""}, "issued"),
        ({"issued": "5 March"}, "issued"),
        ({"issued": "2999-01-01"}, "issued"),
        ({"action_by": "2020-01-01"}, "action_by"),
        ({"text": "x" * 50_001}, "text"),
        ({"proposed": {"makers": ["\x00"]}}, "makers"),
    ],
)
def test_an_alert_that_will_not_do_is_refused_by_name(
    officer: Any, changes: dict[str, Any], field: str
) -> None:
    good = {"reference": "R", "source": "fsn", "title": "T", "issued": "2026-03-05"}
    with pytest.raises(BadInput) as caught:
        actions.add_alert(by=officer, **{**good, **changes})
    assert (caught.value.field, Alert.objects.count()) == (field, 0)


@pytest.mark.django_db
def test_refusals(shop: Any, officer: Any, alert: Alert) -> None:
    with pytest.raises(Conflict, match="entered already"):
        actions.add_alert(
            by=officer, reference="natpsa/2026/001/mhra", source="natpsa", title="T", issued="2026-03-05"
        )
    actions.acknowledge_alert(by=officer, alert=alert)
    with pytest.raises(Conflict, match="acknowledged before"):
        actions.acknowledge_alert(by=officer, alert=alert)
    with pytest.raises(Conflict, match="no device was matched yet"):
        close(officer, alert)
    with pytest.raises(Conflict, match="is not closed"):
        actions.reopen_alert(by=officer, alert=alert, reason="x")
    confirm(officer, alert, serials=["S99"])
    with pytest.raises(BadInput, match="not listed"):
        actions.hold_devices(by=officer, alert=alert, devices=[shop.pump])
    with pytest.raises(BadInput, match="choose from 1"):
        actions.hold_devices(by=officer, alert=alert, devices=[])
    with pytest.raises(BadInput, match="outcome: must be"):
        actions.settle_devices(by=officer, alert=alert, devices=[shop.pump], outcome="unlocated", text="x")
    with pytest.raises(BadInput, match="text: must not be empty"):
        actions.close_alert(by=officer, alert=alert, text=" ")
    close(officer, alert)
    for act in (
        lambda: confirm(officer, alert),
        lambda: close(officer, alert),
        lambda: actions.hold_devices(by=officer, alert=alert, devices=[shop.pump]),
    ):
        with pytest.raises(Conflict, match="open it again first"):
            act()
    assert actions.reopen_alert(by=officer, alert=alert, reason="a second notice").closed_at is None


VERBS = ("hold", "job", "close_job", "done", "free", "unsettle", "lose", "find", "serial", "register",
         "confirm", "acknowledge", "close", "close_two", "reopen", "condemn")  # fmt: skip


def attempt(verb: str, which: int, shop: Any, officer: Any, alert: Alert) -> None:
    """Try a verb on one of the devices; a refusal changes nothing."""
    pumps = list(Device.objects.filter(model=shop.pump.model).order_by("id"))
    device = pumps[which % len(pumps)]
    lost = [one for one in pumps if one.state in LOST]
    with_two = {
        "unlocated": lost,
        "second": shop.second,
        "second_confirmation": shop.confirm(shop.second),
    }
    mine: dict[str, Any] = {"by": officer, "alert": alert, "devices": [device]}
    job = AlertDevice.objects.filter(alert=alert, device=device).exclude(job=None).first()
    steps: dict[str, Callable[[], object]] = {
        "hold": lambda: actions.hold_devices(**mine),
        "job": lambda: actions.open_alert_jobs(**mine, text="look"),
        "close_job": lambda: (
            work.close_job(by=shop.head, job=job.job, outcome="done", text="x") if job else 0
        ),
        "done": lambda: actions.settle_devices(**mine, outcome="done", text="x"),
        "free": lambda: actions.settle_devices(**mine, outcome="does_not_apply", text="x"),
        "unsettle": lambda: actions.unsettle_device(by=officer, alert=alert, device=device, reason="x"),
        "lose": lambda: equipment.report_lost(by=shop.head, device=device, reason="x"),
        "find": lambda: equipment.report_found(by=shop.head, device=device, reason="x"),
        "condemn": lambda: equipment.condemn(by=shop.head, device=device, reason="x"),
        "serial": lambda: equipment.edit_device(
            by=shop.head, device=device, version=device.version, changes={"serial": f"S{which}"}
        ),
        "register": lambda: equipment.register_device(
            by=shop.head,
            fields={"asset": f"ME1{len(pumps):03d}", "serial": f"S{which}", "model": shop.pump.model},
        ),
        "confirm": lambda: confirm(officer, alert, serials=[f"S1 to S{1 + which}"]),
        "acknowledge": lambda: actions.acknowledge_alert(by=officer, alert=alert),
        "close": lambda: close(officer, alert),
        "close_two": lambda: close(officer, alert, **with_two),
        "reopen": lambda: actions.reopen_alert(by=officer, alert=alert, reason="x"),
    }
    try:
        steps[verb]()
    except KilterError:
        return
    finally:
        settle_events()


@settings(max_examples=25)
@given(path=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 9)), min_size=5, max_size=25))
@pytest.mark.django_db
def test_no_path_of_verbs_leaves_an_alert_closed_over_an_open_device(
    shop: Any, officer: Any, path: list[tuple[str, int]]
) -> None:
    alert = actions.add_alert(
        by=officer, reference=str(uuid4()), source="fsn", title="T", issued="2026-03-05"
    )
    confirm(officer, alert)
    for verb, which in path:
        attempt(verb, which, shop, officer, alert)
        alert.refresh_from_db()
        rows = AlertDevice.objects.filter(alert=alert).select_related("device")
        if alert.closed_at is None:
            assert not rows.filter(disposition="unlocated").exists()
            continue
        assert not open_devices(alert).exists()
        assert alert.acknowledged_at is not None
        assert alert.confirmed_at is not None
        for row in rows.filter(disposition="unlocated"):
            assert row.device.state in LOST
            assert alert.closed_with is not None


@pytest.mark.parametrize(
    ("issued", "end"),
    [
        (date(2026, 3, 2), datetime(2026, 3, 5, tzinfo=UTC)),
        (date(2026, 3, 5), datetime(2026, 3, 10, tzinfo=UTC)),
        (date(2026, 3, 6), datetime(2026, 3, 11, tzinfo=UTC)),
        (date(2026, 3, 7), datetime(2026, 3, 11, tzinfo=UTC)),
        (date(2026, 3, 26), datetime(2026, 3, 30, 23, tzinfo=UTC)),
    ],
    ids=["Monday", "Thursday", "Friday", "Saturday", "over the change of the clock"],
)
def test_two_working_days_to_acknowledge(issued: date, end: datetime) -> None:
    assert acknowledge_by(issued, "Europe/London") == end
