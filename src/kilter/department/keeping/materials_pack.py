"""The materials of a period for an inspector, as one ZIP: chain of custody, tests, sources, sealed documents.

It holds pseudonyms and nothing else that identifies a patient. `verify_pack` reads it back.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db.models import Q, QuerySet

from kilter.department.keeping.export import one_instant
from kilter.department.keeping.inspection import Scope, member, write_csv, write_manifest
from kilter.department.ledger import audit
from kilter.department.materials import inspection
from kilter.department.materials.models import Administration, Lot, LotTest, Movement
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.models import Record
from kilter.measure.error import NotPermitted

SOURCES = (
    *("label", "product", "nuclide", "activity_mbq", "reference"),
    *("location", "custodian", "state", "next_leak_test"),
)
"""Columns of the table of sealed sources; the activity is that at the reference."""

GIVEN = (
    *("at", "patient", "product", "syringe", "nuclide"),
    *("prescribed_mbq", "administered_mbq", "residual_mbq", "difference_percent", "verdict"),
    *("permit", "by", "record"),
)
"""Columns of the table of administrations; patients by pseudonym."""


def materials_pack(first: date, last: date, *, by: Person) -> bytes:
    """Write the pack of a period, both days included, as of one instant.

    Raises:
        NotPermitted: that person may not read the audit entries.
        BadInput: the period runs backwards.
    """
    permission = may(by, "ledger.read_audit")
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="by")
    scope = Scope("cqc", first, last)  # for its instants at the site; its tables are not used
    said = {"materials": True, "first": first.isoformat(), "last": last.isoformat()}
    audit.write("ledger.read_audit", by=by, detail={"inspection pack": said})
    begin, end = scope.instants
    files: dict[str, dict[str, object]] = {}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack, one_instant():
        with member(pack, "movements_and_tests.csv", files) as out:
            out.write(inspection.as_csv(inspection.between(begin, end)))
        with member(pack, "administrations.csv", files) as out:
            write_csv(out, GIVEN, _given(begin, end))
        with member(pack, "sources.csv", files) as out:
            write_csv(out, SOURCES, _sources())
        with member(pack, "records.jsonl", files) as out:
            for text in _records(begin, end).values_list("text", flat=True).iterator(chunk_size=500):
                out.write(f"{text}\n".encode())
        write_manifest(pack, said, files)
    return made.getvalue()


def _sources() -> Iterator[Sequence[object]]:
    """Give every sealed source that was ever here, by label."""
    rows = Lot.objects.filter(kind=Lot.Kind.SOURCE).select_related("product", "location", "custodian")
    for row in rows.order_by("label"):
        keeper = row.custodian.display_name if row.custodian is not None else ""
        cells = (row.label, str(row.product or ""), row.nuclide, row.activity, row.reference)
        more = (str(row.location or ""), keeper, row.state, row.next_leak_test)
        yield [inspection.cell(value) for value in (*cells, *more)]


def _given(begin: datetime, end: datetime) -> Iterator[Sequence[object]]:
    """Give every administration of the period, by pseudonym."""
    rows = Administration.objects.filter(at__gte=begin, at__lt=end).select_related(
        "patient", "product", "syringe", "by", "record", "permit"
    )
    for row in rows.order_by("at", "id"):
        what = (row.at, row.patient.pseudonym, row.product.name, row.syringe.label, row.nuclide)
        figures = (row.prescribed, row.administered, row.residual, row.difference, row.verdict)
        last = (row.permit.number if row.permit is not None else "", row.by.display_name, row.record.number)
        yield [inspection.cell(value) for value in (*what, *figures, *last)]


def _records(begin: datetime, end: datetime) -> QuerySet[Record]:
    """Select the sealed documents behind what moved or was tested in the period."""
    moved = Movement.objects.filter(at__gte=begin, at__lt=end).values("record")
    tested = LotTest.objects.filter(at__gte=begin, at__lt=end).values("record")
    return Record.objects.filter(Q(pk__in=moved) | Q(pk__in=tested)).order_by("number")
