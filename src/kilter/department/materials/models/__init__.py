"""Rows of the materials room."""

from kilter.department.materials.models.administrations import (
    Addition,
    Administration,
    Advice,
    Guideline,
    Referral,
)
from kilter.department.materials.models.lots import Lot, LotTest, Movement, Product, TestRule
from kilter.department.materials.models.permits import WAYS_UNDER_PERMIT, Booking, Permit, PermitLimit

__all__ = [
    "WAYS_UNDER_PERMIT",
    "Addition",
    "Administration",
    "Advice",
    "Booking",
    "Guideline",
    "Lot",
    "LotTest",
    "Movement",
    "Permit",
    "PermitLimit",
    "Product",
    "Referral",
    "TestRule",
]
