"""Rows of the materials room."""

from kilter.department.materials.models.administrations import Administration, Advice, Guideline, Referral
from kilter.department.materials.models.lots import Lot, LotTest, Movement, Product, TestRule
from kilter.department.materials.models.permits import Booking, Permit, PermitLimit

__all__ = [
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
