"""Checklists: things looked at, with no formula. Answers are pass, fail or not applicable.

A checklist gives an outcome and a judgement like a procedure's, so that whatever seals, shows or
counts results needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kilter.measure.citation import Citation
from kilter.measure.door import parse
from kilter.measure.error import Fault, NotFound
from kilter.measure.judge import Judgement, Rule, Verdict
from kilter.measure.outcome import Outcome, Value
from kilter.measure.quantity import Note
from kilter.measure.registry import Entry, specialty
from kilter.measure.signature import Input, Result, Signature

ANSWERS = ("pass", "fail", "not_applicable")


_known: dict[str, tuple[Mapping[str, Any], Checklist]] = {}


@dataclass(frozen=True)
class Checklist:
    """An ordered list of things to look at.

    `tell` says who has to be told where an item fails, and `within` in how many days at the latest.
    """

    key: str
    title: str
    version: int
    items: Mapping[str, str]
    cites: tuple[Citation, ...]
    tell: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, int] = field(default_factory=dict)

    @property
    def specialty(self) -> str:
        """The part of the key before the dot."""
        return self.key.partition(".")[0]

    @cached_property
    def entry(self) -> Entry:
        """Give an entry like a procedure's: one choice per item, one classification as the result."""
        inputs = tuple(Input(name, "choice", choices=ANSWERS) for name in self.items)
        signature = Signature(
            (*inputs, Input("remark", "text", required=False, default="")),
            (Result("condition", "classification", choices=("pass", "fail")),),
        )
        return Entry(
            key=self.key,
            version=self.version,
            summary=self.title,
            module="",
            attribute="",
            cites=self.cites,
            elementwise=False,
            uncertainty="none",
            use="equipment",
            heavy=False,
            signature=signature,
        )


def checklist(key: str) -> Checklist:
    """Find a shipped checklist by key `specialty.name`.

    Raises:
        NotFound: there is none.
    """
    area, _, name = key.partition(".")
    data = specialty(area).data("checklists", name)
    if not data:
        raise NotFound(f"there is no checklist {key[:100]!r}", field="checklist")
    known = _known.get(key)
    if known is None or known[0] is not data:  # read again where the registry has read its file again
        known = _known[key] = (data, read_checklist(key, data))
    return known[1]


def read_checklist(key: str, data: Mapping[str, Any]) -> Checklist:
    """Read a checklist from its data.

    Raises:
        Fault: it has no items or no citation, tells of an item it does not have, or by when and not whom.
    """
    items = {str(name): str(words) for name, words in data.get("items", {}).items()}
    cites = tuple(Citation(**cite) for cite in data.get("cites", ()))
    if not items or not cites:
        raise Fault(f"the checklist {key} needs items and a citation")
    tell = {str(name): str(words) for name, words in data.get("tell", {}).items()}
    if not set(tell) <= set(items):
        raise Fault(f"the checklist {key} tells of an item that it does not have")
    within = {str(name): int(days) for name, days in data.get("within", {}).items()}
    if not set(within) <= set(tell) or any(days < 1 for days in within.values()):
        raise Fault(f"the checklist {key} says by when, and not who is to be told")
    return Checklist(
        key, str(data.get("title", name_of(key))), int(data.get("version", 1)), items, cites, tell, within
    )


def name_of(key: str) -> str:
    """Give the part of a key behind the dot."""
    return key.partition(".")[2]


def complete(listed: Checklist, answers: Mapping[str, object]) -> tuple[Outcome, Judgement]:
    """Take the answers to a checklist: one failed item fails the whole, and says who has to be told.

    Raises:
        BadInput: an item is missing, unknown, or answered with another word.
    """
    given = parse(listed.entry.signature, answers)
    failed = [name for name in listed.items if given[name].value == "fail"]
    notes = tuple(Note(f"tell_{name}", listed.tell[name]) for name in failed if name in listed.tell)
    condition = "fail" if failed else "pass"
    outcome = Outcome(listed.key, listed.version, given, {"condition": Value(condition)}, notes=notes)
    verdict: Verdict = "suspension" if failed else "within"
    return outcome, Judgement(verdict, {"condition": verdict}, {"condition": ()}, (), Rule())
