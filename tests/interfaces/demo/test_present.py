"""The scenes of the last days: on devices that were there on their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.shop import shop as shop

from kilter.department.ledger import clock
from kilter.interfaces.demo.estate import Bought
from kilter.interfaces.demo.present import sound

pytestmark = pytest.mark.django_db


def test_a_device_that_comes_after_the_day_of_a_scene_has_no_part_in_it(shop: Any) -> None:
    installed = clock.now()
    bought = [Bought(shop.pump, None, installed)]
    with clock.at(installed - timedelta(days=1)):
        assert list(sound(bought, set())) == []
    with clock.at(installed + timedelta(days=1)):
        assert [one.device for one in sound(bought, set())] == [shop.pump]
