"""A kept status is never believed past its hour, worker or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.status import queries as status

pytestmark = pytest.mark.django_db


def test_a_list_does_not_show_a_device_as_usable_after_its_restriction_has_ended(shop: Any) -> None:
    ends = clock.now() + timedelta(hours=2)
    equipment.restrict(by=shop.head, device=shop.pump, limits="adults only", reason="loan", expires=ends)
    status.recompute([shop.pump.pk])
    assert status.cached([shop.pump.pk])[shop.pump.pk].state == "restricted"
    with clock.at(ends + timedelta(minutes=1)):
        shown = status.cached([shop.pump.pk])[shop.pump.pk]
        assert shown == status.of(shop.pump)
        assert not shown.usable
