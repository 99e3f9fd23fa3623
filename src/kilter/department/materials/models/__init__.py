"""Rows of the materials room."""

from kilter.department.materials.models.lots import Lot, LotTest, Movement, Product, TestRule
from kilter.department.materials.models.permits import Booking, Permit, PermitLimit

__all__ = ["Booking", "Lot", "LotTest", "Movement", "Permit", "PermitLimit", "Product", "TestRule"]
