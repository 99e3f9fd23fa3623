"""What is known of an administration by now: as it was written, and what was added later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from kilter.department.materials.decaying import decayed
from kilter.department.materials.models import Addition, Administration, Movement, Permit


@dataclass(frozen=True, slots=True)
class Standing:
    """An administration as it stands: MBq at its own time, and the additions in the order of time."""

    administered: float
    extravasated: float
    additions: Sequence[Addition]


def as_it_stands(given: Administration) -> Standing:
    """Take what was found not to have been given from what was written; one query.

    A late residual is decayed back to the time of the administration. What went beside the vein was given
    all the same, and is added up beside it.
    """
    rows = list(given.additions.select_related("by", "residue", "record").order_by("at", "id"))
    residual = sum(_then(given, row) for row in rows if row.what == Addition.What.RESIDUAL)
    beside = sum(_then(given, row) for row in rows if row.what == Addition.What.EXTRAVASATION)
    return Standing(max(0.0, given.administered - residual), given.extravasated + beside, rows)


@dataclass(frozen=True, slots=True)
class Excreted:
    """What counts under a permit as excreted after a dose, in MBq when it was given.

    `counted` is what was booked then and stays booked; `known` is what would count by what is known now. They
    differ where some was found not to have been given: what counts is the less favourable.
    """

    administration: Administration
    counted: float
    known: float


def excreted(rows: Sequence[Administration]) -> list[Excreted]:
    """Give what counts as excreted after administrations, of those where anything does; two queries.

    Args:
        rows: with their advice; each read with its permit.
    """
    booked = Movement.objects.filter(record__in=[row.record_id for row in rows], verb="excrete")
    counted = dict(booked.values_list("record_id", "activity"))
    late: dict[int, list[Addition]] = {}
    for one in Addition.objects.filter(administration__in=rows, what=Addition.What.RESIDUAL):
        late.setdefault(one.administration_id, []).append(one)
    return [
        _excreted(row, counted[row.record_id], late.get(row.pk, ()))
        for row in rows
        if row.record_id in counted
    ]


def _excreted(row: Administration, counted: float, late: Sequence[Addition]) -> Excreted:
    less = row.advice.excreted * sum(_then(row, one) for one in late)
    return Excreted(row, counted, max(0.0, counted - less))


def counted_though_not_given(permit: Permit, *, most: int = 50) -> list[Excreted]:
    """List what counts under a permit as excreted and was found not to have been given, newest first.

    Three queries, however many.
    """
    late = Addition.objects.filter(administration=OuterRef("pk"), what=Addition.What.RESIDUAL)
    rows = Administration.objects.filter(Exists(late), permit=permit)
    rows = rows.select_related("advice", "syringe", "permit").order_by("-at", "-id")
    return excreted(list(rows[:most]))


def _then(given: Administration, row: Addition) -> float:
    return decayed(row.activity, given.nuclide, row.at, given.at)
