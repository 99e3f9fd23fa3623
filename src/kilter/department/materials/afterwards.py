"""What is known of an administration by now: as it was written, and what was added later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kilter.department.materials.decaying import decayed
from kilter.department.materials.models import Addition, Administration


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


def _then(given: Administration, row: Addition) -> float:
    return decayed(row.activity, given.nuclide, row.at, given.at)
