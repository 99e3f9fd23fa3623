"""Which lot a form is about, and what its forms share."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest

from kilter.department.materials import queries
from kilter.department.materials.models import Lot
from kilter.interfaces.web.materials.arriving import lot_address
from kilter.interfaces.web.materials.links import Field
from kilter.measure.error import NotFound

REASON: Field = {"name": "reason", "label": "Reason", "type": "long_text", "required": True}


def lot_asked(request: HttpRequest) -> Lot:
    """Find the lot that an address names.

    Raises:
        NotFound: there is none.
    """
    try:
        return queries.lot_by_uuid(UUID(request.GET.get("lot", "")))
    except ValueError:
        raise NotFound("there is no such lot", field="lot") from None


def crumb_of(lot: Lot) -> Mapping[str, str]:
    """Give the way back to a lot's page."""
    return {"text": lot.label, "href": lot_address(lot)}
