"""Forms that ask for a few fields and then act: what the jobs and the stores share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kilter.interfaces.web.page import show
from kilter.measure.error import BadInput, KilterError

Field = Mapping[str, Any]
Act = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Asked:
    """A form: its title, its fields, and what it does with them; the act gives the address to go on to.

    `facts` are pairs of a word and what it says, shown first: what a person has to know to answer.
    """

    title: str
    fields: Sequence[Field]
    act: Act
    facts: Sequence[Sequence[Any]] = ()


def text(name: str, label: str, *, needed: bool = True, long: bool = False, hint: str = "") -> Field:
    """Make a field for a text."""
    kind = "long_text" if long else "text"
    return {"name": name, "label": label, "type": kind, "required": needed, "help": hint}


def choice(name: str, label: str, options: Sequence[tuple[object, str]], *, needed: bool = True) -> Field:
    """Make a field in which one of some options is chosen."""
    rows = [{"value": str(value), "label": words} for value, words in options]
    return {"name": name, "label": label, "type": "choice", "required": needed, "options": rows}


def whole(name: str, typed: str) -> int:
    """Read a whole number as typed.

    Raises:
        BadInput: it is none.
    """
    digits = typed.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise BadInput(f"{name}: must be a whole number", field=name)
    return int(typed)


def decimal(name: str, typed: str) -> float:
    """Read a number with a decimal point.

    Raises:
        BadInput: it is none.
    """
    try:
        if not typed.isascii() or "_" in typed:
            raise ValueError
        return float(typed)
    except ValueError:
        raise BadInput(f"{name}: must be a number, with a decimal point", field=name) from None


def day(name: str, typed: str) -> date | None:
    """Read a day as typed, None where nothing was.

    Raises:
        BadInput: it is none.
    """
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise BadInput(f"{name}: write the day as YYYY-MM-DD", field=name) from None


def instant(name: str, typed: str) -> datetime:
    """Read a time of day at the site.

    Raises:
        BadInput: it is none.
    """
    try:
        read = datetime.fromisoformat(typed)
        return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except (ValueError, OverflowError):
        raise BadInput(f"{name}: must be a day and a time", field=name) from None


def chosen(name: str, typed: str, rows: Sequence[Any], key: str = "uuid") -> Any:
    """Give the row that was chosen of those that were offered.

    Raises:
        BadInput: it is none of them.
    """
    for row in rows:
        if str(getattr(row, key)) == typed:
            return row
    raise BadInput(f"{name}: choose one of those offered", field=name)


def chosen_word(name: str, typed: str, words: Sequence[str]) -> str:
    """Give the word that was chosen of those that were offered.

    Raises:
        BadInput: it is none of them.
    """
    if typed not in words:
        raise BadInput(f"{name}: choose one of those offered", field=name)
    return typed


def asked_page(request: HttpRequest, form: Asked, *, crumb: Mapping[str, str]) -> HttpResponse:
    """Show a form, or carry it out and go on; what was typed stays where something will not do.

    A field may propose a `value`; it stands in the form when that is first shown.
    """
    if request.method == "POST":
        given = {field["name"]: request.POST.get(field["name"], "").strip() for field in form.fields}
    else:
        given = {field["name"]: str(field.get("value", "")) for field in form.fields}
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            missing = next((f for f in form.fields if f["required"] and not given[f["name"]]), None)
            if missing is not None:
                raise BadInput(f"{missing['label']}: say it", field=missing["name"])
            return HttpResponseRedirect(form.act(given))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    wrong = {one["field"]: one["message"] for one in faults}
    shown = [{**f, "value": given[f["name"]], "error": wrong.get(f["name"])} for f in form.fields]
    names = {field["name"] for field in form.fields}
    faults = [{**one, "field": one["field"] if one["field"] in names else ""} for one in faults]
    return show(
        request,
        "asked.html",
        422 if faults else 200,
        title=form.title,
        heading=form.title,
        crumb=crumb,
        facts=form.facts,
        fields=shown,
        faults=faults,
        form={"action": request.get_full_path()},
    )
