"""How a device leaves for good: nothing with data goes unwiped, and its way is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions, disposals, queries
from kilter.department.equipment.models import Disposal, Wipe
from kilter.department.ledger import clock, files
from kilter.measure.error import BadInput, Conflict, KilterError

WAY = {
    "reason": "worn out",
    "route": "recycled",
    "company": "Greenfield Recycling",
    "note_number": "GR-1",
    "left_on": "2026-01-05",
    "decontamination": "done",
    "decontaminated_by": "workshop",
}
WIPED = {"method": "overwritten", "media": "disk 77-1", "done_by": "workshop", "done_on": "2026-01-04"}


@pytest.fixture
def keeper(shop):
    """A device in service that keeps patients' data, though its model does not say so."""
    actions.edit_device(
        by=shop.second, device=shop.pump, version=shop.pump.version, changes={"holds_data": True}
    )
    shop.pump.refresh_from_db()
    return shop.pump


def condemned(shop):
    actions.condemn(by=shop.second, device=shop.pump, reason="worn out")
    return shop.pump


def test_a_device_without_data_goes_with_its_papers(shop):
    device = condemned(shop)
    fact = actions.dispose(by=shop.second, device=device, parts_kept="pole clamp, store 1", **WAY)
    gone = disposals.disposal_of(device)
    assert (gone.uuid, gone.wipe, gone.parts_kept) == (fact.evidence, None, "pole clamp, store 1")
    assert str(gone) == "recycled as electrical waste: Greenfield Recycling, note GR-1"
    assert queries.device_by_asset(device.asset).state == "disposed"
    with pytest.raises(Conflict):
        actions.dispose(by=shop.second, device=device, **WAY)


def test_what_keeps_data_is_wiped_first(shop, keeper):
    with pytest.raises(Conflict, match="out of service before"):
        actions.record_wipe(by=shop.engineer, device=keeper, **WIPED)
    condemned(shop)
    with pytest.raises(Conflict, match="wipe certificate first") as refused:
        actions.dispose(by=shop.second, device=keeper, **WAY)
    assert refused.value.field == "wipe"
    wipe = actions.record_wipe(by=shop.engineer, device=keeper, **WIPED)
    actions.dispose(by=shop.second, device=keeper, **WAY)
    assert disposals.disposal_of(keeper).wipe == wipe
    with pytest.raises(Conflict, match="out of service before"):
        actions.record_wipe(by=shop.engineer, device=keeper, **WIPED)


@pytest.mark.parametrize("name", WAY)
def test_every_part_of_the_way_is_needed(shop, name):
    device = condemned(shop)
    with pytest.raises(BadInput) as refused:
        actions.dispose(by=shop.second, device=device, **{**WAY, name: ""})
    assert refused.value.field == name
    assert queries.device_by_asset(device.asset).state == "condemned"


@pytest.mark.parametrize("name", WIPED)
def test_every_part_of_a_wipe_certificate_is_needed(shop, keeper, name):
    condemned(shop)
    with pytest.raises(BadInput) as refused:
        actions.record_wipe(by=shop.engineer, device=keeper, **{**WIPED, name: ""})
    assert refused.value.field == name


def test_no_day_lies_ahead(shop, keeper):
    condemned(shop)
    ahead = (clock.now() + timedelta(days=2)).date()
    for act, given_, field in (
        (actions.record_wipe, WIPED, "done_on"),
        (actions.dispose, WAY, "left_on"),
    ):
        if act is actions.dispose:
            actions.record_wipe(by=shop.second, device=keeper, **WIPED)
        for wrong in (ahead, "5 May", 7):
            with pytest.raises(BadInput) as refused:
                act(by=shop.second, device=keeper, **{**given_, field: wrong})
            assert refused.value.field == field


def test_the_certificate_is_a_document_of_this_device(shop, keeper):
    condemned(shop)
    kept = files.store(b"%PDF-1.7", media_type="application/pdf")
    paper = {"file": kept, "name": "wipe.pdf", "title": "Wipe", "kind": "other"}
    foreign = actions.attach_document(by=shop.second, to=shop.tester, **paper)
    with pytest.raises(BadInput, match="attached to this device"):
        actions.record_wipe(by=shop.second, device=keeper, document=foreign, **WIPED)
    own = actions.attach_document(by=shop.second, to=keeper, **paper)
    assert actions.record_wipe(by=shop.second, device=keeper, document=own, **WIPED).document == own
    actions.withdraw_document(by=shop.second, document=own, reason="blurred")
    with pytest.raises(BadInput, match="attached to this device"):
        actions.record_wipe(by=shop.second, device=keeper, document=own, **WIPED)


VERBS = ("withdraw", "wipe", "put_in_service", "condemn", "reinstate", "dispose")


@given(walk=st.lists(st.sampled_from(VERBS), max_size=14))
@settings(max_examples=50)
def test_no_walk_lets_data_out_of_the_house(shop, keeper, walk):
    """However it is wiped, used again and condemned: what goes was wiped after it was last in use."""
    start = clock.now()
    with transaction.atomic():
        used, wiped = 0, -1
        for step, verb in enumerate(walk, 1):
            with clock.at(start + timedelta(minutes=step)):
                try:
                    _do(shop, keeper, verb)
                except KilterError:
                    continue
            if verb == "wipe":
                wiped = step
            elif verb == "put_in_service":
                used = step
            elif verb == "dispose":
                assert wiped > used
        transaction.set_rollback(True)
    keeper.refresh_from_db()


def _do(shop, device, verb):
    by = {"by": shop.second, "device": device}
    if verb == "wipe":
        actions.record_wipe(**by, **WIPED)
    elif verb == "dispose":
        actions.dispose(**by, **WAY)
    elif verb == "put_in_service":
        actions.put_in_service(**by, evidence=accepted(shop.second, device))
    else:
        getattr(actions, verb)(**by, reason="x")


@pytest.mark.parametrize("table", [Wipe, Disposal])
def test_wipes_and_disposals_are_never_changed(shop, keeper, table):
    condemned(shop)
    actions.record_wipe(by=shop.second, device=keeper, **WIPED)
    actions.dispose(by=shop.second, device=keeper, **WAY)
    field = "media" if table is Wipe else "company"
    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.update(**{field: "other"})
    assert getattr(table.objects.get(), field) != "other"
