"""The form of one link of the chain: scan, figures, a second person where asked, and the PIN."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kilter.department.materials.custody import Second
from kilter.department.materials.holding import CODE, Beyond
from kilter.department.materials.models import Product
from kilter.department.people.confirmation import Confirmation, confirm
from kilter.department.people.models import Person
from kilter.interfaces.web.asked import chosen, instant
from kilter.interfaces.web.page import person_of, show
from kilter.interfaces.web.statements import confirmed, sign_context
from kilter.measure.error import BadInput, KilterError

Field = dict[str, Any]
Given = Mapping[str, str]


@dataclass(frozen=True)
class LinkForm:
    """A link as a form. `act` takes what was typed, the confirmation and the second word, and says where to.

    `values` stand in the fields before anybody types; `second` asks for a second person; `live` is where
    the panel comes from that moves while one types. Where `exceeds`, a refusal by what a permit allows to be
    held asks for a second person who allows it all the same; `beyond_of` reads their word.
    """

    title: str
    meaning: str
    fields: Sequence[Field]
    act: Callable[[Given, Confirmation, Second | None], str]
    values: Mapping[str, str] = field(default_factory=dict)
    second: bool = False
    table: Mapping[str, Any] | None = None
    banner: Mapping[str, Any] | None = None
    live: str = ""
    drawn: Mapping[str, Any] | None = None
    exceeds: bool = False


def scan_field(name: str, label: str, *, autofocus: bool = True, hint: str = "") -> Field:
    """Make a field that a scanner fills; Enter at its end goes on to the next one."""
    made: Field = {"name": name, "label": label, "type": "text", "required": True, "help": hint}
    return {**made, "autofocus": True} if autofocus else made


def text_field(name: str, label: str, *, needed: bool = False, hint: str = "", long: bool = False) -> Field:
    """Make a field of text."""
    kind = "long_text" if long else "text"
    return {"name": name, "label": label, "type": kind, "required": needed, "help": hint}


def number_field(name: str, label: str, unit: str, *, needed: bool = False, hint: str = "") -> Field:
    """Make a field of a number with its unit beside it."""
    return {"name": name, "label": label, "type": "quantity", "unit": unit, "required": needed, "help": hint}


def choice_field(
    name: str, label: str, options: Sequence[tuple[str, str]], *, needed: bool = True, hint: str = ""
) -> Field:
    """Make a field with a few words to choose from."""
    rows = [{"value": value, "label": word} for value, word in options]
    return {"name": name, "label": label, "type": "choice", "required": needed, "options": rows, "help": hint}


def time_field(name: str, label: str, *, needed: bool = False, hint: str = "") -> Field:
    """Make a field of a day and a time at the site."""
    return {"name": name, "label": label, "type": "instant", "required": needed, "help": hint}


def number(name: str, typed: str, missing: float | None = None) -> float:
    """Read a number with a decimal point.

    Args:
        name: of the field.
        typed: as typed.
        missing: what nothing typed means; None where it may not be left empty.

    Raises:
        BadInput: it is none, or missing.
    """
    if not typed and missing is not None:
        return missing
    try:
        if not typed.isascii() or "_" in typed:
            raise ValueError
        read = float(typed)
    except ValueError:
        raise BadInput(f"{name}: write a number with a decimal point", field=name) from None
    if not math.isfinite(read):
        raise BadInput(f"{name}: must be a number", field=name)
    return read


def number_or_none(name: str, typed: str) -> float | None:
    """Read a number; None where nothing was typed.

    Raises:
        BadInput: it is none.
    """
    return number(name, typed) if typed else None


def moment(name: str, typed: str) -> datetime | None:
    """Read a day and a time at the site; None where nothing was typed.

    Raises:
        BadInput: it is none.
    """
    return instant(name, typed) if typed else None


def minutes(name: str, typed: str, missing: float) -> timedelta:
    """Read a number of minutes.

    Raises:
        BadInput: it is none, or longer than a day.
    """
    read = number(name, typed, missing)
    if not 0 <= read <= 1440:
        raise BadInput(f"{name}: from 0 to 1440 minutes", field=name)
    return timedelta(minutes=read)


def wants_second(product: Product | None, verb: str) -> bool:
    """Say whether a product asks for a second person at a verb."""
    return product is not None and verb in product.second_person


def link_page(request: HttpRequest, form: LinkForm, *, crumb: Mapping[str, str]) -> HttpResponse:
    """Show the form of a link, or carry it out and go on; what was typed stays where it is refused."""
    person = person_of(request)
    people = others(person) if form.second or form.exceeds else []
    fields = [*form.fields, *(second_fields(people) if form.second else [])]
    fields += _beyond_fields(people) if form.exceeds and "beyond_reason" in request.POST else []
    given = {one["name"]: request.POST.get(one["name"], "").strip() for one in fields}
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            _check(fields, given)
            mine = confirmed(request, person)
            second = second_of(given, people) if form.second else None
            return HttpResponseRedirect(form.act(given, mine, second))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
            if form.exceeds and error.code == CODE and "beyond_reason" not in given:
                fields += _beyond_fields(people)
                given |= dict.fromkeys(("beyond_second", "beyond_password", "beyond_reason"), "")
    typed = given if request.method == "POST" else {**dict.fromkeys(given, ""), **form.values}
    wrong = {one["field"]: one["message"] for one in faults}
    names = {one["name"] for one in fields}
    shown = [
        {
            **one,
            "value": "" if one["type"] == "secret" else typed[one["name"]],
            "error": wrong.get(one["name"]),
        }
        for one in fields
    ]
    return show(
        request,
        "materials_form.html",
        422 if faults else 200,
        title=form.title,
        heading=form.title,
        crumb=crumb,
        banner=form.banner,
        table=form.table,
        fields=shown,
        faults=[{**one, "field": one["field"] if one["field"] in names else ""} for one in faults],
        form={"action": request.get_full_path(), "live": form.live},
        drawn=form.drawn,
        sign=sign_context(person, form.meaning, form.title),
    )


def _check(fields: Sequence[Field], given: Given) -> None:
    for one in fields:
        name = one["name"]
        if one.get("required") and not given[name]:
            raise BadInput(f"{one['label']}: say it", field=name)
        options = {option["value"] for option in one.get("options", ())}
        if options and given[name] and given[name] not in options:
            raise BadInput(f"{one['label']}: choose one of those offered", field=name)


def others(person: Person) -> list[Person]:
    """List who may be a second person beside somebody, by name; one query."""
    rows = Person.objects.filter(is_active=True).exclude(pk=person.pk)
    return list(rows.order_by("display_name"))


def second_fields(people: Sequence[Person]) -> list[Field]:
    """Make the fields in which a second person is named and confirms."""
    options = [(str(one.uuid), one.display_name) for one in people]
    return [
        choice_field("second", "Second person, who has looked at it", options),
        {"name": "second_password", "label": "Their PIN or password", "type": "secret", "required": True},
    ]


def _beyond_fields(people: Sequence[Person]) -> list[Field]:
    options = [(str(one.uuid), one.display_name) for one in people]
    return [
        choice_field("beyond_second", "Second person, who allows that more is held", options, needed=False),
        {"name": "beyond_password", "label": "Their PIN or password", "type": "secret", "required": False},
        text_field("beyond_reason", "Why more is held than the permit allows"),
    ]


def beyond_of(request: HttpRequest, given: Given) -> Beyond | None:
    """Read the word of a second person that more is held than a permit allows; None where nobody says so.

    Raises:
        BadInput: nobody that is offered was chosen.
        NotPermitted: the PIN or password is wrong.
    """
    if not given.get("beyond_second"):
        return None
    second = second_of(given, others(person_of(request)), "beyond_second", "beyond_password")
    return Beyond(second, given.get("beyond_reason", ""))


def second_of(
    given: Given, people: Sequence[Person], name: str = "second", secret: str = "second_password"
) -> Second:
    """Check the word of the second person.

    Raises:
        BadInput: nobody that is offered was chosen.
        NotPermitted: the PIN or password is wrong.
    """
    person = chosen(name, given[name], people)
    word = given[secret]
    if word.isdigit() and len(word) <= 12 and person.pin_hash:
        return Second(person, confirm(person, pin=word))
    return Second(person, confirm(person, password=word))
