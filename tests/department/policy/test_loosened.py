"""Rows of a department that loosen a published limit are named, the fixed part of a share among them."""

from __future__ import annotations

import dataclasses

import pytest

from kilter.department.policy.queries import loosened
from kilter.measure.limit import shipped
from kilter.measure.registry import entry

ENERGY = entry("medical_engineering.defibrillator_energy")
VOLUME = entry("medical_engineering.ventilator_volume")


@pytest.mark.parametrize(
    ("item", "change", "looser"),
    [
        (ENERGY, {}, False),
        (ENERGY, {"at_least": 2.0}, False),
        (ENERGY, {"at_least": 4.0}, True),
        (ENERGY, {"at_least": 3.0, "fixed_unit": "kJ"}, True),
        (ENERGY, {"high": 16.0}, True),
        (ENERGY, {"high": 14.0}, False),
        (VOLUME, {"plus": 3.0}, False),
        (VOLUME, {"plus": 5.0}, True),
    ],
)
def test_a_larger_fixed_part_is_looser(item, change, looser):
    rows = [dataclasses.replace(row, **change) for row in shipped(item)]
    assert bool(loosened(item, rows)) == looser


def test_a_share_left_out_is_named():
    assert loosened(ENERGY, []) == ["defibrillator_energy: error {} is left out"]
