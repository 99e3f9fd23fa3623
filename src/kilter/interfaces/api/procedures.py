"""Procedures over HTTP: listed, shown, run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import ValidationError

from kilter.department.equipment.queries import device_by_uuid
from kilter.department.ledger import clock
from kilter.department.policy import queries as policy
from kilter.department.records.visit import baseline_context, baselines_of, context_of
from kilter.interfaces.api import schema
from kilter.interfaces.api.body import LARGEST_FILES, LARGEST_JSON, check_length, read_json, typed_inputs
from kilter.interfaces.api.problems import REFUSALS, first_problem
from kilter.interfaces.declared import detail_data, run_data, summary_data
from kilter.measure.error import BadInput, NotFound, NotPermitted
from kilter.measure.judge import Rule, judge
from kilter.measure.quantity import File
from kilter.measure.registry import entries, entry, find, specialty
from kilter.measure.run import run

router = Router(tags=["procedures"])

RUN_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": schema.RunBody.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"body": {"type": "string", "description": "the JSON body"}},
                    "additionalProperties": {"type": "string", "format": "binary"},
                }
            },
        },
    }
}


@router.get("/procedures", response={200: schema.Procedures, **REFUSALS}, operation_id="list_procedures")
def procedures(request: HttpRequest, specialty_key: str = "") -> Any:
    """List the installed procedures, or those of one specialty."""
    if specialty_key:
        specialty(specialty_key)
    chosen = [item for item in entries().values() if specialty_key in ("", item.specialty)]
    return {"procedures": [summary_data(item) for item in chosen]}


@router.get(
    "/procedures/{key}", response={200: schema.DeclaredInFull, **REFUSALS}, operation_id="show_procedure"
)
def procedure(request: HttpRequest, key: str) -> Any:
    """Show what a procedure asks, gives, cites and is judged by."""
    return detail_data(entry(key))


@router.post(
    "/procedures/{key}/run",
    response={200: schema.Run, **REFUSALS},
    operation_id="run_procedure",
    openapi_extra=RUN_REQUEST,
)
def run_procedure(request: HttpRequest, key: str) -> Any:
    """Run a procedure and judge it by the limits in force; nothing is recorded.

    JSON, or a form whose field `body` is that JSON and whose files are named for their inputs.
    """
    item = entry(key)
    asked, files = _asked(request)
    inputs = typed_inputs(item, asked.inputs, files)
    now = clock.now()
    in_force = policy.load()
    if not in_force.use_permitted(item, now):
        raise NotPermitted(f"The use of {item.key} is not permitted at this site yet.", field="procedure")
    device = _device(asked.device)
    limits = in_force.limits(item, device, now)
    rule = limits.rule if asked.rule is None else Rule(asked.rule)
    context: dict[str, object] = dict(asked.context)
    outcome = run(find(item.key), inputs)
    if device is not None:
        about = {**context_of(device), **context}
        known = baselines_of(device, now).get(item.key, ())
        context = {**baseline_context(known, item, outcome, about), **about}
    return run_data(outcome, judge(outcome, item, limits.limits, rule=rule, context=context))


def _device(given: str | None) -> Any:
    if given is None:
        return None
    try:
        return device_by_uuid(UUID(given))
    except ValueError:
        raise NotFound("there is no such device", field="device") from None


def _asked(request: HttpRequest) -> tuple[schema.RunBody, dict[str, list[File]]]:
    """Read the body of a run, in either of its forms."""
    files: dict[str, list[File]] = {}
    if request.content_type == "multipart/form-data":
        check_length(request, LARGEST_FILES)
        texts = request.POST.getlist("body")
        if len(texts) > 1 or set(request.POST) - {"body", "csrfmiddlewaretoken"}:
            raise BadInput("a form has one field, `body`, and files", field="body", code="bad_form")
        data = read_json(texts[0]) if texts else {}
        for name, parts in request.FILES.lists():
            files[str(name)] = [_file(part) for part in parts]
    elif request.content_type in ("application/json", ""):
        check_length(request, LARGEST_JSON)
        data = read_json(request.body)
    else:
        raise BadInput("the body is JSON or a form with files", field="body", code="content_type")
    try:
        return schema.RunBody.model_validate(data), files
    except ValidationError as error:
        raise first_problem(error.errors(include_url=False, include_input=False)) from None


def _file(part: Any) -> File:
    return File(str(part.name or "file")[-200:], part.read())
