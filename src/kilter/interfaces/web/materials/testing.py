"""The tests of a lot: made, shown with what corrected them and what they recalled, and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.materials import actions, queries, tested
from kilter.department.materials.custody import Second
from kilter.department.materials.models import Lot, LotTest
from kilter.department.people.confirmation import Confirmation
from kilter.department.records.queries import document_of
from kilter.interfaces.web.materials.arriving import lot_address
from kilter.interfaces.web.materials.cells import clock_text, test_name
from kilter.interfaces.web.materials.links import Field, Given, LinkForm, link_page, wants_second
from kilter.interfaces.web.materials.lots_asked import REASON, crumb_of, lot_asked
from kilter.interfaces.web.page import person_of, signed_in, table
from kilter.measure.error import NotFound
from kilter.measure.registry import Entry, entry
from kilter.measure.signature import Input
from kilter.measure.words import choice as choice_word
from kilter.measure.words import hint, label

NEVER_ASKED = ("limit", "library", "branching")
"""Inputs that a page leaves to the limits in force and to the procedure's own default."""

RULE = (
    "A failed test bars the lot and all that came of it, whatever a later test shows: measuring again is a "
    "test of its own beside it. Only a test whose readings were written down wrongly is corrected, with a "
    "reason; the lot then goes back into quarantine where no failed test stands, and is released anew."
)
"""What decides, as the page says it."""


def test(request: HttpRequest) -> HttpResponse:
    """Test a lot; where its product has several tests, the address says which."""
    lot = lot_asked(request)
    rules = queries.rules_of(lot.product)
    wanted = request.GET.get("test", "") or (rules[0].test if rules else "")
    rule = next((one for one in rules if one.test == wanted), None)
    if rule is None:
        raise NotFound(f"{lot.label} has no such test", field="procedure")
    listed, asked = _asked(rule.test, rule.fixed)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.run_test(
            by=person_of(request),
            lot=lot,
            procedure=rule.test,
            inputs=_typed(asked, given),
            confirmation=mine,
        )
        return lot_address(lot)

    fields = [_input_field(listed, one) for one in asked]
    form = LinkForm(
        f"Test {lot.label}: {test_name(rule.test)}",
        "I measured this. A result outside its limits rejects the lot.",
        [{**fields[0], "autofocus": True}, *fields[1:]],
        act,
    )
    return link_page(request, form, crumb=crumb_of(lot))


def _asked(procedure: str, fixed: dict[str, Any]) -> tuple[Entry, list[Input]]:
    """Give a procedure and the inputs that a person types."""
    listed = entry(procedure)
    left = set(fixed) | set(NEVER_ASKED)
    return listed, [one for one in listed.signature.inputs if one.name not in left]


def _typed(asked: Sequence[Input], given: Given) -> dict[str, str]:
    return {one.name: given[one.name] for one in asked if given[one.name]}


def _input_field(listed: Entry, one: Input) -> Field:
    made: Field = {
        "name": one.name,
        "label": label(listed, one.name),
        "type": "quantity" if one.type == "quantity" else "text",
        "required": one.required,
        "help": hint(listed, one.name),
        "unit": one.unit,
    }
    if one.choices:
        options = [{"value": value, "label": choice_word(listed, value)} for value in one.choices]
        made |= {"type": "choice", "options": options}
    return made


@require_http_methods(["GET", "POST"])
@signed_in
def correct(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Correct a test whose readings were written down wrongly; they stand in the form as they were sealed."""
    row = tested.lot_test_by_record(uuid)
    rules = queries.rules_of(row.lot.product)
    fixed = next((one.fixed for one in rules if one.test == row.test), {})
    listed, asked = _asked(row.test, fixed)
    sealed = document_of(row.record)["inputs"]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        actions.correct_test(
            by=person_of(request),
            test=row,
            inputs=_typed(asked, given),
            reason=given["reason"],
            confirmation=mine,
            second=second,
        )
        return lot_address(row.lot)

    form = LinkForm(
        f"Correct {row.lot.label}: {test_name(row.test)}",
        "These are the readings of that measurement as they should have been written; it was not made again.",
        [*(_input_field(listed, one) for one in asked), REASON],
        act,
        values={name: _as_typed(sealed.get(name, {})) for name in (one.name for one in asked)},
        second=wants_second(row.lot.product, "correct_test"),
        banner={"verdict": "recorded", "word": "Was it measured again? Then test it anew.",
                "reasons": [{"text": RULE}]},
    )  # fmt: skip
    return link_page(request, form, crumb=crumb_of(row.lot))


def _as_typed(sealed: dict[str, Any]) -> str:
    """Give a sealed input as it was typed."""
    return str(sealed.get("typed") or sealed.get("value") or "")


def tests_table(lot: Lot, rights: frozenset[str]) -> dict[str, Any]:
    """Give the tests of a lot as a table; who may correct one is offered it."""
    rows: list[list[Any]] = []
    may = "materials.correct_test" in rights
    for one in tested.tests_of(lot):
        name = {"text": test_name(one.test.test), "href": f"/records/{one.test.record.uuid}/"}
        link: Any = _correction(one.test) if may and one.corrected_by is None else ""
        rows.append(
            [name, _result(one), {"at": one.test.at}, one.test.by.display_name, *([link] if may else [])]
        )
    words = ("Test", "Result", "When", "By", *(["Correct"] if may else []))
    return {**table(rows, "No test is made yet.", *words), "caption": "Tests"}


def _correction(test: LotTest) -> dict[str, str]:
    return {
        "text": f"Correct the {test_name(test.test)}", "href": f"/materials/tests/{test.record.uuid}/correct/"
    }  # fmt: skip


def _result(one: tested.Tested) -> dict[str, str]:
    """Give the result of a test; one that was corrected says by whom and why, and stands for nothing."""
    word = "passed" if one.test.passed else "failed"
    if one.corrected_by is not None:
        sub = f"by {one.corrected_by.by.display_name}: {one.reason}"
        return {"verdict": "recorded", "word": f"{word}, corrected", "sub": sub}
    return {"verdict": "within" if one.test.passed else "suspension", "word": word}


def tests_part(lot: Lot, rights: frozenset[str]) -> dict[str, Any]:
    """Give the tests of a lot with the rule that decides."""
    return {"kind": "table", "table": tests_table(lot, rights), "note": RULE}


def recalls_part(lot: Lot, now: datetime) -> list[dict[str, Any]]:
    """Give the recalls that a lot raised or that name it; nothing where there is none."""
    rows: list[list[Any]] = [
        [
            {"text": f"{one.lot.label} {one.cause}", "href": f"/records/{one.record.uuid}/"},
            clock_text(one.at, now),
            ", ".join(one.labels) or "nothing had come of it",
            _state(one),
        ]
        for one in tested.recalls_of(lot)
    ]
    if not rows:
        return []
    made = table(rows, "", "Cause", "When", "Recalled", "State")
    return [{"kind": "table", "table": {**made, "caption": "Recalls"}}]


def _state(one: tested.Recall) -> dict[str, str]:
    if one.corrected_by is None:
        return {"verdict": "suspension", "word": "in force"}
    return {"verdict": "recorded", "word": "its cause was corrected", "sub": one.reason}
