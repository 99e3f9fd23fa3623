"""Rows of the equipment room, by subject; all of them can be had from here."""

from kilter.department.equipment.models.disposal import Disposal, Wipe
from kilter.department.equipment.models.lending import Lending, LentReturn
from kilter.department.equipment.models.register import (
    PATH_STEP,
    Certificate,
    CertifiedQuantity,
    Device,
    DeviceChange,
    DeviceModel,
    Hold,
    KindCode,
    LifecycleFact,
    Location,
    ModelCode,
    ReferenceValue,
    Restriction,
)
from kilter.department.equipment.models.stocktake import Sighting, Stocktake
from kilter.department.equipment.models.supply import Contract, Document, Supplier

__all__ = [
    "PATH_STEP",
    "Certificate",
    "CertifiedQuantity",
    "Contract",
    "Device",
    "DeviceChange",
    "DeviceModel",
    "Disposal",
    "Document",
    "Hold",
    "KindCode",
    "Lending",
    "LentReturn",
    "LifecycleFact",
    "Location",
    "ModelCode",
    "ReferenceValue",
    "Restriction",
    "Sighting",
    "Stocktake",
    "Supplier",
    "Wipe",
]
