"""Sealed records over HTTP: the exact text, its hash, its place in the chain, its certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from kilter.department.records import queries
from kilter.department.records.models import ChainHead
from kilter.interfaces.api import schema
from kilter.interfaces.api.devices import record_data
from kilter.interfaces.api.problems import REFUSALS
from kilter.interfaces.reports.certificate import certificate_pdf

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
    row = queries.record_by_uuid(uuid)
    head = ChainHead.objects.get(pk=1)
    anchor: dict[str, Any] = {
        "hash": row.sha256,
        "head": head.head,
        "count": head.count,
        "site": settings.KILTER.department,
    }
    newer = queries.superseding(row)
    if newer is not None:
        reason = queries.document_of(newer).get("supersedes", {}).get("reason", "")
        anchor["superseded_by"] = {"id": str(newer.uuid), "number": newer.number, "reason": reason}
    pdf = certificate_pdf(queries.document_of(row), anchor=anchor, zone=settings.SITE_ZONE)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="record-{row.number}.pdf"'
    return answer
