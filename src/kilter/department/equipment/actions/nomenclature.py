"""Kinds of device and the codes of nomenclatures: linked by hand, or from a sheet of the site's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kilter.department.equipment.models import DeviceModel, KindCode
from kilter.department.equipment.nomenclature import read_codes
from kilter.department.ledger import audit, outbox
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput

ROWS_MOST = 20_000
COLUMNS = ("kind", "system", "code")
"""Columns that a sheet of codes has at least; `term` may stand beside them."""


@action("equipment.set_kind_codes")
def set_kind_codes(*, by: Person, kind: str, codes: Sequence[tuple[str, str, str]]) -> list[KindCode]:
    """Say under which codes a kind of device stands; these stand in place of those before.

    Args:
        by: the acting person.
        kind: of the register's models.
        codes: system, code and term of each; the term may be empty.

    Raises:
        BadInput: the register has no such kind, or a code will not do.
    """
    _known([kind])
    made = _replaced(by, kind, codes)
    outbox.emit("equipment.codes_changed", {"kinds": [kind]})
    return made


@action("equipment.set_kind_codes")
def import_kind_codes(*, by: Person, rows: Sequence[Mapping[str, str]]) -> list[KindCode]:
    """Link kinds and codes from the rows of a sheet, all or none.

    The codes of each kind that the sheet names stand in place of those before; other kinds keep theirs.

    Args:
        by: the acting person.
        rows: by column: kind, system, code, and term where there is one.

    Raises:
        BadInput: there is no row or too many, or one will not do; the sentence says which.
    """
    if not 0 < len(rows) <= ROWS_MOST:
        raise BadInput(f"file: from 1 to {ROWS_MOST} rows", field="file")
    by_kind: dict[str, list[tuple[str, str, str]]] = {}
    for number, row in enumerate(rows, 2):
        missing = [name for name in COLUMNS if not row.get(name, "").strip()]
        if missing:
            raise BadInput(f"row {number}: {missing[0]} is missing", field="file")
        kind = row["kind"].strip().casefold().replace(" ", "_")
        by_kind.setdefault(kind, []).append((row["system"], row["code"], row.get("term", "")))
    _known(list(by_kind))
    made = [one for kind, codes in by_kind.items() for one in _replaced(by, kind, codes)]
    outbox.emit("equipment.codes_changed", {"kinds": sorted(by_kind)})
    return made


def _known(kinds: Sequence[str]) -> None:
    """Refuse a kind that no model of the register has."""
    known = set(DeviceModel.objects.values_list("kind", flat=True).distinct())
    for kind in kinds:
        if kind not in known:
            raise BadInput(f"kind: no model of the register is of kind {kind[:60]!r}", field="kind")


def _replaced(by: Person, kind: str, codes: Sequence[tuple[str, str, str]]) -> list[KindCode]:
    """Put codes in place of those that a kind had."""
    try:
        read = read_codes(codes)
    except BadInput as problem:
        raise BadInput(f"{kind.replace('_', ' ')}: {problem.message}", field=problem.field) from None
    rows = KindCode.objects.filter(kind=kind).order_by("system", "code")
    before = [str(one) for one in rows]
    rows.delete()
    made = KindCode.objects.bulk_create(
        KindCode(kind=kind, system=key[0], code=key[1], term=term) for key, term in read.items()
    )
    detail = {"kind": kind, "before": before, "after": [str(one) for one in made]}
    audit.write("equipment.set_kind_codes", by=by, detail=detail, count=len(made))
    return made
