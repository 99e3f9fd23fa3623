"""Plain forms without a signature: fields from a table, what was typed, and the refusal beside its field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kilter.interfaces.web.page import show
from kilter.measure.error import KilterError

Field = dict[str, Any]


def text_field(
    name: str, label: str, *, required: bool = False, help_text: str = "", long: bool = False
) -> Field:
    """Give a field of text."""
    kind = "long_text" if long else "text"
    return {"name": name, "label": label, "type": kind, "required": required, "help": help_text}


def choice_field(
    name: str, label: str, options: Iterable[tuple[str, str]], *, required: bool = False
) -> Field:
    """Give a field with a few words to choose from."""
    listed = [{"value": value, "label": word} for value, word in options]
    return {"name": name, "label": label, "type": "choice", "required": required, "options": listed}


def form_page(
    request: HttpRequest,
    heading: str,
    fields: Sequence[Field],
    act: Callable[[dict[str, str]], str],
    *,
    crumb: dict[str, str],
    button: str,
    values: dict[str, str] | None = None,
    hidden: dict[str, str] | None = None,
    intro: str = "",
) -> HttpResponse:
    """Show a form, or carry it out: `act` takes what was typed and gives the address to go on to.

    A refusal shows the form again with what was typed and the sentence beside its field; nothing typed is
    ever lost.
    """
    faults: list[dict[str, str]] = []
    typed = dict(values or {})
    if request.method == "POST":
        typed = {field["name"]: request.POST.get(field["name"], "").strip() for field in fields}
        try:
            return HttpResponseRedirect(act(typed))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    wrong = {fault["field"]: fault["message"] for fault in faults}
    shown = [
        {**field, "value": typed.get(field["name"], ""), "error": wrong.get(field["name"], "")}
        for field in fields
    ]
    known = {field["name"] for field in fields}
    return show(
        request,
        "form.html",
        422 if faults else 200,
        title=heading,
        heading=heading,
        intro=intro,
        crumb=crumb,
        fields=shown,
        faults=[{**fault, "field": fault["field"] if fault["field"] in known else ""} for fault in faults],
        form={"action": request.get_full_path()},
        hidden={name: request.POST.get(name, value) for name, value in (hidden or {}).items()},
        button=button,
    )
