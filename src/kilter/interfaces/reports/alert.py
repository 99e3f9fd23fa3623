"""The statement on a safety alert, as the board reads it: what it is about, each device, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kilter.department.safety.criteria import FIELDS
from kilter.department.safety.models import Alert, AlertDevice
from kilter.department.safety.queries import Tally
from kilter.interfaces.reports.typeset import typeset

_TEMPLATE = Path(__file__).with_name("alert.typ")
_DOUBTFUL = AlertDevice.Meant.CANNOT_EXCLUDE
_OPEN, _UNLOCATED = AlertDevice.Disposition.OPEN, AlertDevice.Disposition.UNLOCATED


def statement_pdf(alert: Alert, rows: Sequence[AlertDevice], tally: Tally, *, site: str = "") -> bytes:
    """Print the statement on an alert. It names every device that it lists; none is left out.

    Args:
        alert: the alert.
        rows: its devices, all of them, with device and model.
        tally: how many there are.
        site: whose statement it is.

    Raises:
        Fault: Typst refuses what we made.
    """
    meant = [one for one in rows if one.verdict != AlertDevice.Meant.NONE]
    settled = [one for one in meant if one.disposition not in (_OPEN, _UNLOCATED)]
    doubtful = [one for one in settled if one.verdict == _DOUBTFUL]
    named = [one for one in settled if one.verdict != _DOUBTFUL]
    content: dict[str, Any] = {
        "title": alert.title,
        "reference": alert.reference,
        "site": site,
        "state": _state(alert, tally),
        "facts": _facts(alert),
        "criteria": [
            [name.replace("_", " "), ", ".join(alert.criteria.get(name, ())) or "not said"] for name in FIELDS
        ],
        "counts": _counts(alert, tally),
        "open": [
            _line(one, one.get_verdict_display(), "; ".join(one.reasons)) for one in meant if _is_open(one)
        ],
        "unlocated": [
            _line(one, one.get_verdict_display(), one.words) for one in meant if one.disposition == _UNLOCATED
        ],
        "excluded": [_line(one, one.get_disposition_display(), one.words) for one in doubtful],
        "settled": [_line(one, one.get_disposition_display(), one.words) for one in named],
    }
    return typeset(_TEMPLATE, content, [], int((alert.closed_at or alert.received_at).timestamp()))


def _is_open(one: AlertDevice) -> bool:
    return one.disposition == _OPEN


def _line(one: AlertDevice, word: str, why: str) -> list[str]:
    return [one.device.asset, f"{one.device.model} {one.device.serial}".strip(), word, why]


def _state(alert: Alert, tally: Tally) -> str:
    """Say in one sentence where the alert stands."""
    if alert.closed_at is not None:
        return f"Closed on {alert.closed_at:%d %b %Y}: {alert.closing_text}"
    if alert.confirmed_at is None:
        return "Open: no device was matched yet"
    return f"Open: {tally.open} devices are not settled, {tally.lost} could not be located"


def _facts(alert: Alert) -> list[list[str]]:
    acknowledged = "not yet"
    if alert.acknowledged_at is not None:
        late = ", late" if alert.acknowledged_at > alert.acknowledge_by else ""
        acknowledged = f"{alert.acknowledged_at:%d %b %Y %H:%M} UTC by {alert.acknowledged_by}{late}"
    people = " and ".join(str(one) for one in (alert.closed_by, alert.closed_with) if one)
    return [
        ["Reference", f"{alert.reference} ({alert.get_source_display()})"],
        ["Issued", f"{alert.issued:%d %b %Y}"],
        ["Acknowledged", acknowledged],
        ["Actions complete by", f"{alert.action_by:%d %b %Y}" if alert.action_by else "no day named"],
        ["Closed by", people or "not closed"],
    ]


def _counts(alert: Alert, tally: Tally) -> list[list[str]]:
    listed = [[one.label, str(tally.by_verdict[one.value])] for one in AlertDevice.Meant]
    return [["looked at", str(alert.looked_at)], *listed, ["still open", str(tally.open)]]
