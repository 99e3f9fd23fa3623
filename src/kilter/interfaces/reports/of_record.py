"""The certificate of a sealed record: document, anchor, figures drawn again. One for every door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from kilter.department.records import queries
from kilter.department.records.models import ChainHead, Record
from kilter.department.records.replay import run_again
from kilter.interfaces.reports.certificate import certificate_pdf
from kilter.interfaces.reports.figures import figure_svg
from kilter.measure.error import KilterError
from kilter.measure.outcome import Outcome
from kilter.measure.quantity import Figure
from kilter.measure.registry import entries


def figures_of(row: Record, document: Mapping[str, Any]) -> Mapping[str, Figure]:
    """Draw a record's figures again from its sealed inputs; none where that is no longer possible."""
    if row.kind != "result" or row.procedure not in entries():
        return {}
    if not any(result.type == "figure" for result in entries()[row.procedure].signature.results):
        return {}
    try:
        outcome: Outcome = run_again(row.procedure, document)
    except KilterError:
        return {}
    return outcome.figures


def superseded_by(row: Record) -> dict[str, Any] | None:
    """Say which record has replaced this one, and why; None where it stands."""
    newer = queries.superseding(row)
    if newer is None:
        return None
    reason = queries.document_of(newer).get("supersedes", {}).get("reason", "")
    return {"id": str(newer.uuid), "number": newer.number, "reason": reason}


def certificate_bytes(row: Record) -> bytes:
    """Give a record's certificate as PDF.

    Raises:
        BadInput: the document cannot be opened any more.
    """
    document, head = queries.document_of(row), ChainHead.objects.get(pk=1)
    anchor: dict[str, Any] = {
        "hash": row.sha256,
        "head": head.head,
        "count": head.count,
        "site": settings.KILTER.department,
    }
    if (newer := superseded_by(row)) is not None:
        anchor["superseded_by"] = newer
    drawn = [figure_svg(dict(figure.spec)) for figure in figures_of(row, document).values()]
    return certificate_pdf(document, anchor=anchor, zone=settings.SITE_ZONE, figures=drawn)


def certificate_answer(row: Record) -> HttpResponse:
    """Give a record's certificate as the answer to a request.

    Raises:
        BadInput: the document cannot be opened any more.
    """
    answer = HttpResponse(certificate_bytes(row), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="record-{row.number}.pdf"'
    return answer
