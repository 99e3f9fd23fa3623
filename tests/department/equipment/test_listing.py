"""Lists of the register: each device on exactly one page, and places found by as much as tells them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions
from kilter.department.equipment.listing import Filters, kinds, page, place_named, way_to
from kilter.measure.error import BadInput


@given(most=st.integers(1, 7))
@hypothesis_settings(max_examples=7)
def test_every_device_stands_on_exactly_one_page(register, most):
    from kilter.department.equipment.models import Device

    while Device.objects.count() < 6:
        register()
    seen, after = [], ""
    while True:
        found = page(Filters(), after=after, most=most)
        seen += [one.asset_key for one in found.devices]
        if not (after := found.after):
            break
    assert seen == sorted(Device.objects.values_list("asset_key", flat=True))


def test_each_filter_selects_and_together_they_narrow(lead, register, ward, pump_model):
    room = actions.add_location(by=lead, name="Bay 1", kind="room", parent=ward)
    here, below = register(location=ward, owner="Renal"), register(location=room)
    lost = register(location=ward)
    actions.report_lost(by=lead, device=lost, reason="gone")
    row = {"asset": "OLD1", "model": pump_model, "state": "in_service"}
    (old,) = actions.register_devices(by=lead, rows=[row], reason="going live")
    actions.put_in_service(by=lead, device=here, evidence=accepted(lead, here))
    got = lambda **given: [one.asset for one in page(Filters(**given)).devices]  # noqa: E731
    assert got(place=ward) == [here.asset, below.asset, lost.asset]
    assert got(place=room) == [below.asset]
    assert got(owner="Renal", kind="infusion_pump", place=ward) == [here.asset]
    assert got(state="could_not_locate") == [lost.asset]
    assert got(taken_over=True) == [old.asset]
    actions.withdraw(by=lead, device=old, reason="to be tested")
    actions.put_in_service(by=lead, device=old, evidence=accepted(lead, old))
    assert got(taken_over=True) == []
    assert got(model=pump_model) == [here.asset, below.asset, lost.asset, old.asset]
    assert got(kind="ventilator") == []
    assert kinds() == ["infusion_pump"]


def test_a_place_is_found_by_its_name_or_the_way_to_it(lead, ward):
    other = actions.add_location(by=lead, name="Western", kind="site")
    twin = actions.add_location(by=lead, name="Ward 7", kind="ward", parent=other)
    assert place_named("western > ward 7") == twin
    assert place_named("Royal Infirmary / WARD 7") == ward
    assert place_named(way_to(ward)) == ward
    assert way_to(None) == ""
    with pytest.raises(BadInput, match="2 places are called so: Royal Infirmary / East Wing / Ward 7; We"):
        place_named("Ward 7")
    for wrong in ("Ward 8", "", "/", "East Wing / Western / Ward 7", "Ward 7 / East Wing", "\x00"):
        with pytest.raises(BadInput) as caught:
            place_named(wrong, "place")
        assert caught.value.field == "place"


def test_a_page_is_one_query(register, ward, django_assert_num_queries):
    for _ in range(3):
        register(location=ward, owner="x")
    with django_assert_num_queries(1):
        page(Filters(kind="infusion_pump", state="received", owner="x", place=ward))
