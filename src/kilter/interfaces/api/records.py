"""Sealed records over HTTP: the exact text, its hash, its place in the chain, its certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kilter.department.records import queries
from kilter.interfaces.api import schema
from kilter.interfaces.api.devices import record_data
from kilter.interfaces.api.problems import REFUSALS
from kilter.interfaces.reports.of_record import certificate_answer

router = Router(tags=["records"])
_BYTES = {"schema": {"type": "string", "format": "binary"}}
PDF = {"responses": {200: {"description": "OK", "content": {"application/pdf": _BYTES}}}}


@router.get("/records/{uuid}", response={200: schema.Record, **REFUSALS}, operation_id="show_record")
def record(request: HttpRequest, uuid: UUID) -> Any:
    """Show a sealed record. `sha256` is that of the bytes of `text`; `document` is the same, parsed."""
    row = queries.record_by_uuid(uuid)
    sealed = {"sha256": row.sha256, "previous": row.previous, "text": row.text}
    return {**record_data(row), **sealed, "document": queries.document_of(row)}


@router.get(
    "/records/{uuid}/certificate.pdf", response=REFUSALS, operation_id="print_record", openapi_extra=PDF
)
def certificate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Print a record's certificate."""
    return certificate_answer(queries.record_by_uuid(uuid))
