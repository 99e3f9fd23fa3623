"""Campaigns: over every device that is meant, ticked off with words or a record, closed when none is open."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device
from kilter.department.safety import actions, campaigns
from kilter.department.safety.models import Campaign, CampaignAnswer, CampaignItem
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted

pytestmark = pytest.mark.django_db

ABOUT = {"makers": ["Northfield"], "models": ["Infusa 3"]}


def another(shop: Any, asset: str, **more: Any) -> Device:
    """Register one more pump of the same model."""
    device: Device = equipment.register_device(
        by=shop.head, fields={"asset": asset, "model": shop.pump.model, **more}
    )
    return device


def begin(shop: Any, **more: Any) -> Campaign:
    given = {"title": "Update to 2.5", "text": "Load software 2.5 and test", "criteria": ABOUT}
    return actions.begin_campaign(by=shop.second, **{**given, **more})


def answer(shop: Any, campaign: Campaign, *devices: Device, word: str = "done", **more: Any) -> Any:
    given = {"text": "loaded", **more}
    return actions.answer_campaign(
        by=shop.engineer, campaign=campaign, devices=list(devices), answer=word, **given
    )


def now(campaign: Campaign) -> dict[str, str]:
    return {one.device.asset: one.now for one in campaigns.items(campaign)}  # type: ignore[attr-defined]


def test_every_device_of_the_model_is_listed_and_no_other(shop: Any) -> None:
    another(shop, "ME0002")
    campaign = begin(shop)
    assert now(campaign) == {"ME0001": "open", "ME0002": "open"}
    assert campaigns.progress(campaign).all == 2
    assert not CampaignItem.objects.exclude(job=None).exists()


def test_software_and_serial_ranges_choose(shop: Any) -> None:
    another(shop, "ME0002", serial="S7", software_version="2.4")
    another(shop, "ME0003", serial="S9", software_version="2.6")
    found = begin(shop, criteria={**ABOUT, "serials": ["S5 to S9"], "software": ["< 2.5"]})
    assert "ME0002" in now(found)
    assert "ME0003" not in now(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"text": ""}, "text"),
        ({"criteria": {"makers": []}}, "makers"),
        ({"criteria": {"makers": ["Nobody at all"]}}, "makers"),
        ({"criteria": {"colour": ["red"]}}, "criteria"),
    ],
)
def test_what_will_not_do_is_refused_by_name(shop: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        begin(shop, **changes)
    assert caught.value.field == field
    assert not Campaign.objects.exists()


def test_from_beginning_to_end(shop: Any) -> None:
    second = another(shop, "ME0002")
    campaign = begin(shop)
    with pytest.raises(Conflict, match="2 devices are open"):
        actions.close_campaign(by=shop.second, campaign=campaign, text="all done")
    shown = shop.visit()[0]
    answer(shop, campaign, shop.pump, text="", record=shown.uuid)
    answer(shop, campaign, second, word="not_applicable", text="is used for teaching only")
    assert campaigns.progress(campaign).settled == 2
    closed = actions.close_campaign(by=shop.second, campaign=campaign, text="all done")
    assert closed.closed_by == shop.second
    with pytest.raises(Conflict):
        answer(shop, campaign, second)


def test_a_record_of_another_device_or_from_before_shows_nothing(shop: Any) -> None:
    before = shop.visit()[0]
    second = another(shop, "ME0002")
    campaign = begin(shop)
    after = shop.visit()[0]
    for device, record in ((shop.pump, before.uuid), (second, after.uuid), (shop.pump, uuid4())):
        with pytest.raises(BadInput) as caught:
            answer(shop, campaign, device, record=record)
        assert caught.value.field == "record"
    with pytest.raises(BadInput):
        answer(shop, campaign, shop.pump, second, record=after.uuid)
    assert set(now(campaign).values()) == {"open"}


def test_neither_words_nor_record_ticks_nothing_off(shop: Any) -> None:
    campaign = begin(shop)
    with pytest.raises(BadInput) as caught:
        answer(shop, campaign, shop.pump, text=" ")
    assert caught.value.field == "text"
    for devices in ([], [shop.tester]):
        with pytest.raises(BadInput) as caught:
            answer(shop, campaign, *devices)
        assert caught.value.field == "devices"
    with pytest.raises(BadInput) as caught:
        answer(shop, campaign, shop.pump, word="perhaps")
    assert caught.value.field == "answer"


def test_only_what_is_reported_as_lost_could_not_be_located(shop: Any) -> None:
    campaign = begin(shop)
    with pytest.raises(Conflict, match="not reported as lost"):
        answer(shop, campaign, shop.pump, word="could_not_locate", text="looked twice")
    equipment.report_lost(by=shop.head, device=shop.pump, reason="not on the ward")
    answer(shop, campaign, shop.pump, word="could_not_locate", text="looked twice")
    equipment.report_found(by=shop.head, device=shop.pump, reason="behind the bed")
    with pytest.raises(Conflict, match="found since"):
        actions.close_campaign(by=shop.second, campaign=campaign, text="all done")


def test_a_device_that_came_later_is_listed_before_it_closes(shop: Any) -> None:
    campaign = begin(shop)
    answer(shop, campaign, shop.pump)
    late = another(shop, "ME0002")
    with pytest.raises(Conflict, match="come into the register"):
        actions.close_campaign(by=shop.second, campaign=campaign, text="all done")
    assert actions.extend_campaign(by=shop.second, campaign=campaign) == 1
    assert actions.extend_campaign(by=shop.second, campaign=campaign) == 0
    answer(shop, campaign, late)
    actions.close_campaign(by=shop.second, campaign=campaign, text="all done")


def test_each_device_may_have_its_job_and_is_not_done_before_it(shop: Any) -> None:
    campaign = begin(shop, jobs=True)
    item = CampaignItem.objects.select_related("job").get()
    assert item.job is not None
    assert item.job.text.startswith("Update to 2.5")
    with pytest.raises(Conflict, match="its job is open"):
        answer(shop, campaign, shop.pump)
    work.close_job(by=shop.engineer, job=item.job, text="loaded", outcome="done")
    answer(shop, campaign, shop.pump)


def test_what_was_said_stays_and_the_newest_counts(shop: Any) -> None:
    campaign = begin(shop)
    answer(shop, campaign, shop.pump)
    answer(shop, campaign, shop.pump, word="open", text="the wrong pump")
    assert now(campaign) == {"ME0001": "open"}
    assert [one.answer for one in campaigns.answers_of(campaign)] == ["open", "done"]
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignAnswer.objects.update(text="never said")


def test_who_may_not_is_refused(shop: Any, hire: Any) -> None:
    campaign, trainee = begin(shop), hire("trainee", name="New")
    for act in (
        lambda: actions.begin_campaign(by=shop.engineer, title="x", text="x", criteria=ABOUT),
        lambda: actions.close_campaign(by=shop.engineer, campaign=campaign, text="x"),
        lambda: actions.answer_campaign(
            by=trainee, campaign=campaign, devices=[shop.pump], answer="done", text="x"
        ),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_queries_do_not_grow_with_the_devices(shop: Any, django_assert_num_queries: Any) -> None:
    for number in range(2, 8):
        another(shop, f"ME000{number}")
    campaign = begin(shop)
    with django_assert_num_queries(1):
        assert len(list(campaigns.items(campaign))) == 7
    with django_assert_num_queries(1):
        assert campaigns.progress(campaign).by_answer["open"] == 7


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("done", "not_applicable", "could_not_locate", "open", "close")), st.booleans()
        ),
        max_size=8,
    )
)
def test_no_path_closes_a_campaign_over_an_open_device(shop: Any, steps: list[tuple[str, bool]]) -> None:
    with transaction.atomic():
        second = another(shop, "ME0002")
        campaign, said = begin(shop), {"ME0001": "open", "ME0002": "open"}
        for word, first in steps:
            device = shop.pump if first else second
            try:
                if word == "close":
                    actions.close_campaign(by=shop.second, campaign=campaign, text="done")
                    assert set(said.values()) <= {"done", "not_applicable"}
                    break
                answer(shop, campaign, device, word=word)
                said[device.asset] = word
            except KilterError:
                pass
        assert now(campaign) == said
        transaction.set_rollback(True)
