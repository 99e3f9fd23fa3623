"""Suppliers, contracts and documents: entered, edited, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kilter.department.equipment.fields import CONTRACT, SUPPLIER, as_json, choice, read_day, read_table
from kilter.department.equipment.models import Contract, Device, DeviceModel, Document, Supplier
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import as_key, text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

Owner = Device | DeviceModel | Supplier | Contract
OWNERS: dict[type[Any], str] = {
    Device: "device",
    DeviceModel: "model",
    Supplier: "supplier",
    Contract: "contract",
}


@action("equipment.add_supplier")
def add_supplier(*, by: Person, fields: Mapping[str, object]) -> Supplier:
    """Enter a supplier.

    Raises:
        BadInput: a field is unknown, wrong, or the name is missing.
        Conflict: there is a supplier of this name, in whatever case.
    """
    read = read_table(SUPPLIER, fields, "a supplier")
    if "name" not in read:
        raise BadInput("name: must be given", field="name")
    row = Supplier(**read, name_key=as_key(read["name"]))
    _name_is_free(row)
    row.save()
    audit.write("equipment.add_supplier", by=by, subject=row, detail={"name": row.name})
    return row


@action("equipment.edit_supplier")
def edit_supplier(*, by: Person, supplier: Supplier, changes: Mapping[str, object]) -> Supplier:
    """Change some fields of a supplier.

    Raises:
        BadInput: a field is unknown or wrong.
        Conflict: there is another supplier of this name.
    """
    row = Supplier.objects.select_for_update().get(pk=supplier.pk)
    detail = _take(row, read_table(SUPPLIER, changes, "a supplier"))
    row.name_key = as_key(row.name)
    _name_is_free(row)
    row.save()
    audit.write("equipment.edit_supplier", by=by, subject=row, detail=detail)
    return row


@action("equipment.add_contract")
def add_contract(
    *,
    by: Person,
    fields: Mapping[str, object],
    devices: Sequence[Device] = (),
    models: Sequence[DeviceModel] = (),
) -> Contract:
    """Enter a contract and what it covers.

    Raises:
        BadInput: a field is unknown, wrong or missing, or it would end before it starts.
        Conflict: the supplier's contract of this number is entered already.
    """
    read = read_table(CONTRACT, fields, "a contract")
    for name in ("supplier", "number", "kind", "starts", "ends"):
        if read.get(name) is None:
            raise BadInput(f"{name}: must be given", field=name)
    row = Contract(**read)
    _check_contract(row)
    row.save()
    row.devices.set(devices)
    row.models.set(models)
    detail = {**{name: as_json(value) for name, value in read.items()}, **_scope(row)}
    audit.write("equipment.add_contract", by=by, subject=row, detail=detail)
    return row


@action("equipment.edit_contract")
def edit_contract(
    *,
    by: Person,
    contract: Contract,
    changes: Mapping[str, object],
    devices: Sequence[Device] | None = None,
    models: Sequence[DeviceModel] | None = None,
) -> Contract:
    """Change some fields of a contract, or what it covers; None leaves that part as it is.

    Raises:
        BadInput: a field is unknown or wrong, or it would end before it starts.
        Conflict: the supplier has another contract of this number.
    """
    row = Contract.objects.select_for_update(of=("self",)).select_related("supplier").get(pk=contract.pk)
    detail = _take(row, read_table(CONTRACT, changes, "a contract"))
    before = _scope(row)
    _check_contract(row)
    row.save()
    if devices is not None:
        row.devices.set(devices)
    if models is not None:
        row.models.set(models)
    after = _scope(row)
    detail |= {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    audit.write("equipment.edit_contract", by=by, subject=row, detail=detail)
    return row


@action("equipment.attach_document")
def attach_document(
    *,
    by: Person,
    to: Owner,
    file: StoredFile,
    name: str,
    title: str,
    kind: str,
    dated: date | str | None = None,
) -> Document:
    """Attach a stored file to a device, a model, a supplier or a contract.

    Args:
        by: the acting person.
        to: what it goes with.
        file: the stored bytes.
        name: the file's own name.
        title: what it is called on the page.
        kind: one of `Document.Kind`.
        dated: the day the paper itself bears, if any.

    Raises:
        BadInput: a text is missing or too long, the kind is none, or `to` is nothing that has documents.
    """
    owner = next((word for one, word in OWNERS.items() if isinstance(to, one)), None)
    if owner is None or to.pk is None:
        raise BadInput("to: must be a device, a model, a supplier or a contract", field="to")
    if not isinstance(file, StoredFile):
        raise BadInput("file: must be a stored file", field="file")
    row = Document.objects.create(
        file=file,
        name=text("name", name, most=200, needed=True),
        title=text("title", title, most=200, needed=True),
        kind=choice("kind", kind, Document.Kind),
        dated=read_day("dated", dated),
        attached_by=by,
        **{owner: to},
    )
    detail = {"document": str(row.uuid), "title": row.title, "sha256": file.sha256}
    audit.write("equipment.attach_document", by=by, subject=to, detail=detail)
    return row


@action("equipment.withdraw_document")
def withdraw_document(*, by: Person, document: Document, reason: str) -> Document:
    """Withdraw a document: it is no longer offered, and can still be found.

    Raises:
        BadInput: the reason is missing.
        Conflict: it was withdrawn before.
    """
    row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if row.withdrawn_at is not None:
        raise Conflict("the document was withdrawn before", field="document")
    row.withdrawn_reason = text("reason", reason, most=500, needed=True)
    row.withdrawn_at, row.withdrawn_by = clock.now(), by
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    audit.write("equipment.withdraw_document", by=by, subject=row, detail={"reason": row.withdrawn_reason})
    return row


def _take(row: Supplier | Contract, read: Mapping[str, Any]) -> dict[str, Any]:
    """Set what differs, and say what was and is."""
    changed = {name: value for name, value in read.items() if getattr(row, name) != value}
    detail = {name: [as_json(getattr(row, name)), as_json(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    return detail


def _scope(row: Contract) -> dict[str, list[str]]:
    """List what a contract covers, by asset number and by uuid of the model."""
    return {
        "devices": list(row.devices.order_by("asset_key").values_list("asset", flat=True)),
        "models": [str(one) for one in row.models.order_by("id").values_list("uuid", flat=True)],
    }


def _name_is_free(row: Supplier) -> None:
    """Refuse a second supplier of a name."""
    if Supplier.objects.filter(name_key=row.name_key).exclude(pk=row.pk).exists():
        raise Conflict(f"there is a supplier called {row.name} already", field="name")


def _check_contract(row: Contract) -> None:
    """Refuse a contract that ends before it starts, or that is entered already."""
    if row.ends < row.starts:
        raise BadInput("ends: lies before the start", field="ends")
    same = Contract.objects.filter(supplier=row.supplier, number=row.number).exclude(pk=row.pk)
    if same.exists():
        raise Conflict(f"{row.supplier}'s contract {row.number} is entered already", field="number")
