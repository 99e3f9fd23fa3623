"""Reads of suppliers, contracts and documents."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from kilter.department.equipment.models import Contract, Device, DeviceModel, Document, Supplier
from kilter.department.ledger.texts import as_key
from kilter.measure.error import BadInput, NotFound

DAYS_MOST = 3660


def model_by_uuid(uuid: UUID) -> DeviceModel:
    """Find a device model by its public id, its codes read.

    Raises:
        NotFound: there is none.
    """
    found = DeviceModel.objects.filter(uuid=uuid).prefetch_related("codes").first()
    if found is None:
        raise NotFound("there is no such device model", field="model")
    return found


def supplier_by_uuid(uuid: UUID) -> Supplier:
    """Find a supplier by its public id.

    Raises:
        NotFound: there is none.
    """
    found = Supplier.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such supplier", field="supplier")
    return found


def supplier_named(name: str) -> Supplier | None:
    """Give the supplier of a name, in whatever case, or None."""
    return Supplier.objects.filter(name_key=as_key(name)).first() if name else None


def contracts() -> QuerySet[Contract]:
    """Give all contracts with their suppliers, the first to end first."""
    return Contract.objects.select_related("supplier").order_by("ends", "id")


def contract_by_uuid(uuid: UUID) -> Contract:
    """Find a contract by its public id.

    Raises:
        NotFound: there is none.
    """
    found = contracts().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such contract", field="contract")
    return found


def contracts_of(device: Device, day: date) -> list[Contract]:
    """Give the contracts that cover a device on a day, by itself or by its model. One query."""
    rows = contracts().filter(Q(devices=device) | Q(models=device.model_id), starts__lte=day, ends__gte=day)
    return list(rows.distinct())


def ending_within(days: int, day: date) -> list[Contract]:
    """Give the contracts that run on a day and end within so many days of it, the first to end first.

    Raises:
        BadInput: the number of days is none, or beyond ten years.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= DAYS_MOST:
        raise BadInput(f"days: must be a whole number from 0 to {DAYS_MOST}", field="days")
    last = day + timedelta(days=days)
    return list(contracts().filter(starts__lte=day, ends__gte=day, ends__lte=last))


def documents_of(owner: Device | DeviceModel | Supplier | Contract) -> list[Document]:
    """Give the documents that stand with something, newest first; a device's with those of its model."""
    rows = Document.objects.filter(withdrawn_at=None).select_related("file", "attached_by")
    if isinstance(owner, Device):
        rows = rows.filter(Q(device=owner) | Q(model=owner.model_id))
    elif isinstance(owner, DeviceModel):
        rows = rows.filter(model=owner)
    elif isinstance(owner, Supplier):
        rows = rows.filter(supplier=owner)
    else:
        rows = rows.filter(contract=owner)
    return list(rows.order_by("-id"))


def document_by_uuid(uuid: UUID) -> Document:
    """Find a document by its public id, withdrawn or not.

    Raises:
        NotFound: there is none.
    """
    found = Document.objects.filter(uuid=uuid).select_related("file").first()
    if found is None:
        raise NotFound("there is no such document", field="document")
    return found
