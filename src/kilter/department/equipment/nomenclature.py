"""Codes of nomenclatures such as GMDN or EMDN, as the site supplies them: read, and found for models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kilter.department.equipment.models import DeviceModel, KindCode, ModelCode
from kilter.department.ledger.texts import text
from kilter.measure.error import BadInput

CODES_MOST = 50
"""Codes that one model or one kind may stand under."""


def read_codes(codes: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    """Read system, code and term of each; the term may be empty.

    Returns:
        The term by system and code.

    Raises:
        BadInput: a system or code is missing or too long, comes twice, or there are too many.
    """
    if len(codes) > CODES_MOST:
        raise BadInput(f"codes: at most {CODES_MOST}", field="codes")
    read: dict[tuple[str, str], str] = {}
    for system, code, term in codes:
        key = (text("system", system, most=20, needed=True), text("code", code, most=40, needed=True))
        if key in read:
            raise BadInput(f"codes: {key[0]} {key[1]} comes twice", field="codes")
        read[key] = text("term", term, most=300)
    return read


def as_compared(system: str, code: str) -> str:
    """Give a code in the form in which codes are compared: `GMDN 13215`, in capitals, one space between."""
    return " ".join(f"{system} {code}".split()).upper()


def codes_of_models(models: Iterable[int] | None = None) -> dict[int, frozenset[str]]:
    """Give the codes of models, their own and their kind's, by row id; those without any are left out.

    Three queries.

    Args:
        models: row ids; all models where None.
    """
    rows = DeviceModel.objects.all() if models is None else DeviceModel.objects.filter(pk__in=list(models))
    by_kind: dict[str, set[str]] = {}
    for kind, system, code in KindCode.objects.values_list("kind", "system", "code"):
        by_kind.setdefault(kind, set()).add(as_compared(system, code))
    found = {pk: set(by_kind.get(kind, ())) for pk, kind in rows.values_list("pk", "kind")}
    for pk, system, code in ModelCode.objects.values_list("model_id", "system", "code"):
        if pk in found:
            found[pk].add(as_compared(system, code))
    return {pk: frozenset(codes) for pk, codes in found.items() if codes}


def codes_of_kinds() -> dict[str, list[KindCode]]:
    """Give the codes of every kind that the register has; a kind may have none. Two queries."""
    kinds = DeviceModel.objects.order_by("kind").values_list("kind", flat=True).distinct()
    found: dict[str, list[KindCode]] = {kind: [] for kind in kinds}
    for row in KindCode.objects.order_by("kind", "system", "code"):
        found.setdefault(row.kind, []).append(row)
    return found
