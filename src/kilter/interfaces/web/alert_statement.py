"""The statement on an alert as a PDF for the board."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.safety import queries
from kilter.interfaces.reports.alert import statement_pdf
from kilter.interfaces.web.page import signed_in


@require_GET
@signed_in
def statement(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Print where an alert stands, device by device."""
    found = queries.alert_by_uuid(uuid)
    rows = queries.alert_devices(found, most=queries.EVERY)
    pdf = statement_pdf(found, rows, queries.tally(found), site=settings.KILTER.department)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="alert-{found.uuid.hex[:12]}.pdf"'
    return answer
