"""History from before: labelled, unsealed, good for due dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, outbox
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import LegacyEvidence
from kilter.measure.error import BadInput
from kilter.measure.protocol import protocol as find_protocol


@dataclass(frozen=True)
class Past:
    """One line of history: what was done to which device, when, and whether it passed."""

    device: Device
    protocol: str
    performed_at: datetime
    passed: bool
    summary: str = ""


@action("records.import_legacy")
def import_legacy(*, by: Person, lines: Sequence[Past], source: str) -> int:
    """Import history as legacy evidence; a line that is there already is left as it is.

    Args:
        by: who imports.
        lines: the history.
        source: the system or file it comes from.

    Returns:
        How many lines were given.

    Raises:
        BadInput: there is no source, a line lies in the future, or names no protocol.
    """
    if not source.strip() or not lines:
        raise BadInput("history needs a source and at least one line", field="source")
    now, rows = clock.now(), []
    known = {key: find_protocol(key) for key in {line.protocol for line in lines}}
    for number, line in enumerate(lines, 1):
        performed_at = clock.as_instant(line.performed_at)
        if performed_at > now:
            raise BadInput(f"line {number}: {performed_at:%Y-%m-%d} lies in the future", field="performed_at")
        rows.append(
            LegacyEvidence(
                device=line.device,
                protocol=known[line.protocol].key,
                performed_at=performed_at,
                passed=line.passed,
                summary=line.summary.strip()[:1000],
                source=source.strip()[:200],
                imported_by=by,
            )
        )
    LegacyEvidence.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    audit.write("records.import_legacy", by=by, detail={"source": source.strip()[:200]}, count=len(rows))
    outbox.emit("records.history_imported", {"devices": sorted({line.device.pk for line in lines})})
    return len(rows)
