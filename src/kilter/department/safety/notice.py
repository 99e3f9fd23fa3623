"""What the wording of a notice seems to be about: proposed, for a person to confirm.

Only lines that say what they are (`Manufacturer: ...`, `Serial numbers: ...`) are read. What is not found is
left empty and never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from kilter.department.safety.criteria import FIELDS
from kilter.department.safety.spans import read_number_span, read_version_span
from kilter.measure.error import BadInput

MOST = 50_000
LABELS: dict[str, str] = {
    "makers": r"manufacturer|maker|legal manufacturer|company",
    "models": r"models?|products?|product names?|devices?|device names?|affected devices?|trade names?",
    "lots": r"lots?|batch(?:es)?|lot numbers?|batch numbers?|lot/batch numbers?|lot no\.?",
    "serials": r"serials?|serial numbers?|serial no\.?|serial number ranges?",
    "software": r"software|software versions?|firmware|firmware versions?",
    "udi_dis": r"udi|udi-dis?|udi di|device identifiers?|unique device identifiers?",
    "codes": r"nomenclature|nomenclature codes?|(?:gmdn|emdn) codes?",
    "reference": r"reference|alert reference|reference numbers?|fsca reference|fsn reference",
    "title": r"title|subject",
    "issued": r"issued|date issued|issue date|date of issue|date",
    "action_by": r"actions? (?:by|to be complete(?:d)? by|complete by)|deadline|actions? complete deadline",
}
_LINE = {
    name: re.compile(rf"(?:affected |all )?(?:{words})(?: ?\(s\))? ?[:=]\s*(.+)", re.IGNORECASE)
    for name, words in LABELS.items()
}
_REFERENCES = (
    ("natpsa", re.compile(r"\bNatPSA/\d{4}/\d{1,4}/[A-Z]{2,12}\b", re.IGNORECASE)),
    ("dsi", re.compile(r"\bDSI/\d{4}/\d{1,4}\b", re.IGNORECASE)),
    ("fsn", re.compile(r"\bFS(?:N|CA)[-/ ]?[A-Z0-9][A-Z0-9\-/.]{2,30}", re.IGNORECASE)),
)
_DAYS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")


@dataclass
class Proposal:
    """What was read; empty where nothing was."""

    reference: str = ""
    source: str = "other"
    title: str = ""
    issued: date | None = None
    action_by: date | None = None
    criteria: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in FIELDS})


def read_notice(text: str) -> Proposal:
    """Read the wording of a notice.

    Raises:
        BadInput: there is none, or it is longer than 50,000 characters.
    """
    if not text.strip() or len(text) > MOST:
        raise BadInput(f"text: give the wording, up to {MOST} characters", field="text")
    made = Proposal()
    lines = [line.strip(" \t*-\u2022") for line in text.splitlines()]
    for line in lines:
        for name, pattern in _LINE.items():
            found = pattern.fullmatch(line[:2000])
            if found:
                _take(made, name, found[1].strip())
                break
    _identify(made, text)
    made.title = (made.title or next((line for line in lines if line), ""))[:300]
    return made


def _take(made: Proposal, name: str, said: str) -> None:
    """Keep what one line says."""
    if name in FIELDS:
        parts = [part.strip() for part in re.split(r"[,;]", said)]
        entries = [part[:120] for part in parts if part and _comparable(name, part)]
        made.criteria[name] = list(dict.fromkeys([*made.criteria[name], *entries]))
    elif name in ("issued", "action_by"):
        setattr(made, name, getattr(made, name) or _day(said))
    elif not getattr(made, name):
        setattr(made, name, said[: 80 if name == "reference" else 300])


def _comparable(name: str, part: str) -> bool:
    """Leave out `all` and what no register could be compared with; the person sees the whole wording."""
    if part.casefold() in ("all", "any", "n/a", "none", "not applicable"):
        return False
    try:
        if name in ("lots", "serials"):
            read_number_span(name, part)
        elif name == "software":
            read_version_span(name, part)
        elif name == "codes":
            return " " in part
    except BadInput:
        return False
    return True


def _identify(made: Proposal, text: str) -> None:
    """Find which kind of notice it is by its number."""
    for source, pattern in _REFERENCES:
        found = pattern.search(made.reference) or pattern.search(text)
        if found:
            made.source = source
            made.reference = made.reference or found[0]
            return


def _day(said: str) -> date | None:
    """Read a day in one of the ways in which notices write it, None where it is none of them."""
    plain = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", said.split("(")[0].strip())
    for form in _DAYS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
