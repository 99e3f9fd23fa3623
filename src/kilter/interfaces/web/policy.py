"""Frequencies, ladders and capacities on pages: in force and before, and changed by signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.listing import place_named
from kilter.department.equipment.models import DeviceModel
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.policy import history
from kilter.department.policy.ladders import ACTS, OUTCOMES, SHIPPED
from kilter.department.policy.models import Basis, Frequency, Scope
from kilter.department.records import actions as records
from kilter.department.schedule.models import Attempt
from kilter.department.schedule.titles import protocol_title
from kilter.interfaces.web.asked import choice, chosen, day, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import BadInput, NotFound
from kilter.measure.protocol import shipped_protocols

HOUR = timedelta(hours=1)
CRUMB = {"text": "Policy", "href": "/policy/"}
COLOURS = {"in force": "within", "to come": "undecided", "replaced": "recorded"}
YES_NO = [("no", "no"), ("yes", "yes")]
FROM = text("from", "In force from (YYYY-MM-DD)", needed=False, hint="At once where empty.")
REASON = text("reason", "Why", long=True)
Given = Mapping[str, str]


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show what is set of frequencies, ladders and capacities, the newest first."""
    rights = activities_of(person_of(request))
    offered = [
        {"text": title, "href": f"/policy/{what}/"}
        for what, (title, act, _, _) in FORMS.items()
        if f"policy.{act}" in rights
    ]
    said = ("State", "Why", "By", "From")
    tables = (
        ("How often", table(_frequencies(), "Nothing is set.", "Test", "Of", "Due", *said)),
        ("What follows when a visit cannot be made", table(_ladders(), "", "Outcome", "Steps", *said)),
        ("Time for planned maintenance", table(_capacities(), "Nothing is set.", "Person", "A month", *said)),
    )
    return show(
        request,
        "policy.html",
        title="Policy",
        heading="Policy",
        crumb={"text": "Schedule", "href": "/schedule/"},
        tables=[{**made, "caption": caption} for caption, made in tables],
        actions=offered,
    )


def _frequencies() -> list[list[Any]]:
    return [
        [*_every(one.row, one.reaches), _state(one), one.row.reason, *_set(one)]
        for one in history.frequencies()
    ]


def _ladders() -> list[list[Any]]:
    """Give the ladders that were set, and those that stand as shipped."""
    lines = history.ladders()
    rows: list[list[Any]] = [
        [_outcome(one.row.outcome), _steps(one.row.steps), _state(one), one.row.reason, *_set(one)]
        for one in lines
    ]
    known = {one.row.outcome for one in lines if one.state == "in force"}
    for outcome in sorted(set(OUTCOMES) - known):
        steps = [{"act": step.act, "days": step.days} for step in SHIPPED[outcome]]
        rows.append([_outcome(outcome), _steps(steps), "as shipped, to be confirmed", "", "", ""])
    return rows


def _capacities() -> list[list[Any]]:
    return [
        [
            one.row.person.display_name,
            f"{one.row.monthly / HOUR:g} h",
            _state(one),
            one.row.reason,
            *_set(one),
        ]
        for one in history.capacities()
    ]


def _every(row: Frequency, reaches: str) -> list[str]:
    """Say how often, in words: of what, and when within its window."""
    due = f"every {row.months} months" if row.months else "no longer"
    if row.basis == Basis.SCHEDULED:
        due += ", on fixed dates"
    if row.counter:
        due += f", or every {row.every:g} {row.counter}"
    window = f"; {row.window_days} days before to {row.after_days} after"
    scope = f"{row.get_scope_kind_display()}: {reaches}" if row.scope_key else row.get_scope_kind_display()
    return [protocol_title(row.protocol), scope, due + (window if row.months else "")]


def _state(one: Any) -> dict[str, str]:
    return {"verdict": COLOURS[one.state], "word": one.state}


def _set(one: Any) -> list[Any]:
    return [one.row.set_by.display_name, {"at": one.row.effective_from}]


def _outcome(key: str) -> str:
    return str(Attempt.Outcome(key).label)


def _steps(steps: Any) -> str:
    return "; ".join(
        f"{n}. {ACTS[step['act']]}, again in {step['days']} days" for n, step in enumerate(steps, 1)
    )


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: HttpRequest, what: str) -> HttpResponse:
    """Change a frequency, a ladder or a capacity, with a signature."""
    if what not in FORMS:
        raise NotFound("there is nothing at this address")
    title, act, fields, read = FORMS[what]

    def carry_out(given: Given, confirmation: Confirmation) -> str:
        arguments = {**read(given), "reason": given["reason"], "effective_from": _from(given["from"])}
        records.state(
            by=person_of(request),
            act=act,
            text=given["reason"],
            confirmation=confirmation,
            arguments={name: value for name, value in arguments.items() if value is not None},
        )
        return "/policy/"

    meaning = "This is in force in the department from the day that it says; what was before stays on record."
    return statement_page(request, title, meaning, (*fields(), REASON, FROM), carry_out, crumb=CRUMB)


def _from(typed: str) -> datetime | None:
    found = day("from", typed)
    return None if found is None else datetime.combine(found, time(), ZoneInfo(settings.SITE_ZONE))


def _frequency_fields() -> tuple[Any, ...]:
    protocols = sorted((one.key, one.title) for one in shipped_protocols())
    return (
        choice("protocol", "Test", sorted(protocols, key=lambda one: one[1])),
        choice("scope", "Of", Scope.choices),
        text(
            "of",
            "Which",
            needed=False,
            hint="The key of a kind such as infusion_pump, the name of a place, maker and name of a model, "
            "or an asset number; empty for every device.",
        ),
        text("months", "Months from one to the next", hint="0 ends it for these devices."),
        text("window", "Days before its day", needed=False, hint="28 where empty."),
        text("after", "Days after its day until it is overdue", needed=False, hint="0 where empty."),
        choice("basis", "Counted", Basis.choices),
        text("anchor", "First of the fixed dates (YYYY-MM-DD)", needed=False),
        text("counter", "Counter", needed=False, hint="such as hours: due by use as well"),
        text("every", "After how much of it", needed=False),
        choice("suspends", "Left out while a device is out of service", YES_NO),
        choice("withdraw", "Out of use while overdue", YES_NO),
        text("hours", "Hours that it takes", needed=False),
        text("supplier", "Done by (a supplier)", needed=False),
    )


def _frequency(given: Given) -> dict[str, Any]:
    return {
        "protocol": given["protocol"],
        "scope_kind": given["scope"],
        "scope_key": _scope_key(given["scope"], given["of"]),
        "months": whole("months", given["months"]),
        "window_days": whole("window", given["window"] or "28"),
        "after_days": whole("after", given["after"] or "0"),
        "basis": given["basis"],
        "anchor": day("anchor", given["anchor"]),
        "counter": given["counter"],
        "every": _number("every", given["every"]),
        "suspends": given["suspends"] == "yes",
        "withdraw_when_overdue": given["withdraw"] == "yes",
        "duration": _hours("hours", given["hours"]),
        "supplier": given["supplier"],
    }


def _scope_key(kind: str, typed: str) -> str:
    """Give the key of what was named.

    Raises:
        BadInput: there is no such place or model.
        NotFound: there is no such device.
    """
    if kind == Scope.DEVICE:
        return str(equipment.device_by_asset(typed).uuid)
    if kind == Scope.LOCATION:
        return str(place_named(typed, "of").uuid)
    if kind == Scope.MODEL:
        for one in DeviceModel.objects.all():
            if str(one).casefold() == typed.casefold():
                return str(one.uuid)
        raise BadInput("of: there is no such model; write maker and name", field="of")
    return typed


def _number(name: str, typed: str) -> float | None:
    """Read a number, None where nothing was typed.

    Raises:
        BadInput: it is none.
    """
    if not typed:
        return None
    try:
        if not typed.isascii() or "_" in typed:
            raise ValueError
        return float(typed)
    except ValueError:
        raise BadInput(f"{name}: must be a number, with a decimal point", field=name) from None


def _hours(name: str, typed: str) -> timedelta | None:
    """Read hours as a span, None where nothing was typed.

    Raises:
        BadInput: they are none, or more than can be counted.
    """
    number = _number(name, typed)
    try:
        return None if number is None else number * HOUR
    except (ValueError, OverflowError):
        raise BadInput(f"{name}: must be a number of hours", field=name) from None


def _ladder_fields() -> tuple[Any, ...]:
    acts = ", ".join(f"{key} ({words})" for key, words in ACTS.items())
    return (
        choice("outcome", "When a visit", Attempt.Outcome.choices),
        text(
            "steps", "Steps: one a line, what is done and the days until the next try", long=True, hint=acts
        ),
    )


def _ladder(given: Given) -> dict[str, Any]:
    steps = []
    for line in given["steps"].splitlines():
        if line.strip():
            act, _, days = line.strip().rpartition(" ")
            steps.append({"act": act.strip(), "days": whole("steps", days)})
    return {"outcome": given["outcome"], "steps": steps}


def _people() -> list[Person]:
    return list(Person.objects.filter(is_active=True).order_by("display_name", "pk"))


def _capacity_fields() -> tuple[Any, ...]:
    people = [(one.uuid, one.display_name) for one in _people()]
    return choice("person", "Who", people), text("monthly", "Hours a month")


def _capacity(given: Given) -> dict[str, Any]:
    return {
        "person": chosen("person", given["person"], _people()),
        "monthly": _hours("monthly", given["monthly"]),
    }


FORMS: dict[str, tuple[str, str, Callable[[], tuple[Any, ...]], Callable[[Given], dict[str, Any]]]] = {
    "frequency": ("Set how often", "set_frequency", _frequency_fields, _frequency),
    "ladder": ("Set what follows", "set_ladder", _ladder_fields, _ladder),
    "capacity": ("Set the time of a person", "set_capacity", _capacity_fields, _capacity),
}
"""What can be changed: the title of its form, the act that is signed, its fields and how they are read."""
