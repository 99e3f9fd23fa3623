"""Readings of sheets, kept by name, so that the next sheet of the same system is read the same way."""

from __future__ import annotations

from collections.abc import Mapping

from kilter.department.intake.models import ColumnMapping
from kilter.department.intake.reading import COLUMNS_MOST, Reading, checked, mapped
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, NotFound
from kilter.measure.quantity import Sheet

KEPT = ("dates", "years_from", "amounts", "all_rows", "words", "page", "encoding")
"""What a saved reading holds beside its columns."""


@action("intake.save_mapping")
def save_mapping(
    *, by: Person, name: str, columns: Mapping[str, str], reading: Reading | None = None
) -> ColumnMapping:
    """Save how a sheet is read, under a name; one of that name is replaced.

    Args:
        by: the acting person.
        name: of the reading, such as that of the system.
        columns: the sheet's word to the register's field, "" for a column that is left out.
        reading: how days, amounts and words are read, and what stands for all rows; its own columns are not
            looked at. Without one, as the register writes them.

    Raises:
        BadInput: the name is missing, a part of the reading is none, or two columns would be the same field.
    """
    name = text("name", name, most=80, needed=True)
    if not columns or len(columns) > COLUMNS_MOST:
        raise BadInput(f"columns: give from 1 to {COLUMNS_MOST}", field="columns")
    how = (reading or Reading()).as_data()
    read = checked(Reading(**{**how, "columns": columns}))
    mapped(Sheet(tuple(read.columns), ()), read.columns)
    kept = {key: read.as_data()[key] for key in KEPT}
    row, _ = ColumnMapping.objects.update_or_create(
        name=name,
        defaults={"columns": dict(read.columns), **kept, "saved_at": clock.now(), "saved_by": by},
    )
    detail = {"name": name, "columns": dict(read.columns), **kept}
    audit.write("intake.save_mapping", by=by, subject=row, detail=detail)
    return row


def reading_named(name: str) -> Reading:
    """Give the reading that was saved under a name.

    Raises:
        NotFound: there is none; those that there are, are named.
    """
    row = ColumnMapping.objects.filter(name=name).first()
    if row is None:
        known = ", ".join(names_of_readings()) or "none"
        raise NotFound(f"no reading is saved as {name[:40]!r}; there are: {known[:200]}", field="read_as")
    return Reading(columns=row.columns, **{key: getattr(row, key) for key in KEPT})


def names_of_readings() -> list[str]:
    """List the names under which readings were saved."""
    return list(ColumnMapping.objects.order_by("name").values_list("name", flat=True))
