"""Tests of a tester whose asset nobody knows: they wait, a person says whose they are, nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.department.intake.test_testers import PASSING, block, take
from tests.shop import shop as shop

from kilter.department.equipment import actions as equipment
from kilter.department.intake import unmatched
from kilter.department.intake.models import UnmatchedBlock
from kilter.department.ledger.models import AuditEntry
from kilter.department.records.models import Draft
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted

pytestmark = pytest.mark.django_db


def test_a_block_without_a_device_waits_once_and_the_others_become_drafts(shop: Any) -> None:
    blocks = [block(*PASSING), block(*PASSING, asset="ME0777")]  # a second later they would be others
    for _ in range(2):
        taken = take(shop, *blocks)
        assert any("there is no device ME0777" in line for line in taken.lines)
    (row,) = unmatched.waiting()
    assert (row.asset, row.tester, row.found_by, row.name) == (
        "ME0777", "Rigel 288 T1", shop.engineer, "round.csv",
    )  # fmt: skip
    assert Draft.objects.count() == 1
    assert unmatched.waiting(after=row.pk) == []


def test_what_is_matched_becomes_the_draft_it_would_have_been(shop: Any) -> None:
    given_ = block(*PASSING, asset="ME0777")
    take(shop, given_)
    (row,) = unmatched.waiting()
    draft = unmatched.match_block(by=shop.engineer, block=row, device=shop.pump)
    assert (draft.uuid, draft.device, draft.owner) == (row.uuid, shop.pump, shop.engineer)
    assert draft.content["steps"]["protective_earth"]["inputs"]["reading"] == "0.12ohm"
    assert unmatched.waiting() == []
    settled = unmatched.block_by_uuid(row.uuid)
    assert (settled.device, settled.settled_by) == (shop.pump, shop.engineer)
    entry = AuditEntry.objects.get(activity="intake.match_block")
    assert (entry.detail["asset"], entry.detail["device"]) == ("ME0777", "ME0001")
    take(shop, given_)  # the same file again
    assert unmatched.waiting() == []
    assert Draft.objects.count() == 1


def test_what_was_registered_meanwhile_waits_no_more_once_the_file_comes_again(shop: Any) -> None:
    given_ = block(*PASSING, asset="ME0777")
    take(shop, given_)
    fields = {"asset": "ME0777", "model": shop.pump.model}
    device = equipment.register_device(by=shop.head, fields=fields)
    take(shop, given_)
    assert unmatched.waiting() == []
    assert UnmatchedBlock.objects.get().device == device
    assert Draft.objects.get().device == device


def test_what_is_no_test_of_ours_is_put_aside_with_a_reason(shop: Any) -> None:
    take(shop, block(*PASSING, asset="KETTLE"))
    (row,) = unmatched.waiting()
    with pytest.raises(BadInput) as caught:
        unmatched.dismiss_block(by=shop.engineer, block=row, reason=" ")
    assert caught.value.field == "reason"
    unmatched.dismiss_block(by=shop.engineer, block=row, reason="a kettle of the ward")
    assert unmatched.waiting() == []
    for again in (
        lambda: unmatched.dismiss_block(by=shop.engineer, block=row, reason="x"),
        lambda: unmatched.match_block(by=shop.engineer, block=row, device=shop.pump),
    ):
        with pytest.raises(Conflict, match="settled before"):
            again()
    assert not Draft.objects.exists()


def test_a_block_that_can_be_no_test_stays_in_the_queue(shop: Any) -> None:
    take(shop, block("Nothing Known,12 parsec", asset="ME0777"))
    (row,) = unmatched.waiting()
    with pytest.raises(BadInput, match="no result that could be taken over") as caught:
        unmatched.match_block(by=shop.engineer, block=row, device=shop.pump)
    assert caught.value.field == "device"
    assert unmatched.waiting() == [row]


def test_a_test_of_the_future_is_refused_for_a_chosen_device_too(shop: Any) -> None:
    take(shop, block(*PASSING, asset="ME0777", days=-3))
    (row,) = unmatched.waiting()
    with pytest.raises(BadInput, match="lies in the future"):
        unmatched.match_block(by=shop.engineer, block=row, device=shop.pump)


def test_who_may_not(shop: Any, hire: Any) -> None:
    take(shop, block(*PASSING, asset="ME0777"))
    (row,) = unmatched.waiting()
    viewer = hire("ward_viewer")
    with pytest.raises(NotPermitted):
        unmatched.match_block(by=viewer, block=row, device=shop.pump)
    with pytest.raises(NotPermitted):
        unmatched.dismiss_block(by=viewer, block=row, reason="x")
    with pytest.raises(NotFound):
        unmatched.block_by_uuid(uuid4())


ASSETS = ("ME0001", "ZZ1", "ZZ2", "ZZ3")


@hypothesis_settings(
    max_examples=15,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    walk=st.lists(
        st.tuples(st.sampled_from(["take", "match", "dismiss"]), st.sampled_from(ASSETS)), max_size=8
    )
)
def test_every_block_is_a_draft_or_waits_or_is_put_aside(shop: Any, walk: list[tuple[str, str]]) -> None:
    """However files come and people settle: no block is two of these, and none is nothing."""
    blocks = {asset: block(*PASSING, asset=asset, days=1) for asset in ASSETS}
    seen = set()
    for verb, asset in walk:
        row = UnmatchedBlock.objects.filter(asset=asset).order_by("-id").first()
        try:
            if verb == "take":
                take(shop, blocks[asset])
                seen.add(asset)
            elif row is not None and verb == "match":
                unmatched.match_block(by=shop.engineer, block=row, device=shop.tester)
            elif row is not None:
                unmatched.dismiss_block(by=shop.engineer, block=row, reason="x")
        except KilterError:
            continue
    for row in UnmatchedBlock.objects.all():
        drafted = Draft.objects.filter(uuid=row.uuid).exists()
        assert (drafted, row.settled_at is None, bool(row.reason)).count(True) == 1
        assert drafted == (row.device is not None)
    assert seen - {"ME0001"} <= set(UnmatchedBlock.objects.values_list("asset", flat=True))
