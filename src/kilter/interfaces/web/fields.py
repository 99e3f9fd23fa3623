"""From a procedure's signature to the fields of a form, and from a posted form back to typed content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from kilter.measure.protocol import Protocol, Step
from kilter.measure.registry import Entry
from kilter.measure.rounding import number_text, unit_text
from kilter.measure.signature import Input
from kilter.measure.words import choice, hint, label

_TYPES = {"sheet": "table"}
_FEWEST_READINGS = 3


def field_of(step: Step, item: Input, typed: Any, *, error: str = "", upload: str = "") -> dict[str, Any]:
    """Give one form field.

    Args:
        step: whose input it is; the field is named `step.input`.
        item: the input.
        typed: what stands in the draft.
        error: what is wrong with it, if anything.
        upload: address that takes a file.
    """
    entry = step.entry
    made: dict[str, Any] = {
        "name": f"{step.key}.{item.name}",
        "label": step.listed.items.get(item.name, label(entry, item.name))
        if step.checklist
        else label(entry, item.name),
        "type": _TYPES.get(item.type, item.type),
        "required": item.required,
        "value": typed if isinstance(typed, str) else "",
        "help": hint(entry, item.name) if not step.checklist else "",
        "unit": item.unit,
    }
    if error:
        made["error"] = error
    if item.choices:
        made["value"] = made["value"] or item.default or ""
        made["options"] = [{"value": value, "label": choice(entry, value)} for value in item.choices]
    elif item.type in ("quantity", "text") and not item.required and item.default not in (None, ""):
        made["default"] = _default(item)
    if item.type == "repeated":
        made["value"] = _readings(typed)
    if item.type == "grid":  # its size is not known before it is typed or pasted
        made |= {"type": "long_text", "help": f"{made['help']} {_grid_help(item)}".strip()}
    if item.type in ("file", "files"):
        sent = typed if isinstance(typed, list) else [typed] if isinstance(typed, Mapping) else []
        made |= {"sent": sent, "upload": upload}
    if item.type == "text" and item.name == "remark":
        made["type"] = "long_text"
    return made


def _default(item: Input) -> str:
    if isinstance(item.default, float):
        return f"{number_text(item.default)} {unit_text(item.unit)}".strip()
    return str(item.default)


def _grid_help(item: Input) -> str:
    unit = unit_text(item.unit)
    return f"One row a line, commas between the numbers{f', in {unit}' if unit else ''}."


def _readings(typed: Any) -> list[str]:
    given = [str(value) for value in typed] if isinstance(typed, list) else []
    return given + [""] * max(1, _FEWEST_READINGS - len(given))


def preset(step: Step, context: Mapping[str, object]) -> set[str]:
    """Name the inputs that the device fills in, so that nobody is asked."""
    return set(step.filled(context))


def read_form(
    protocol: Protocol, posted: QueryDict, before: Mapping[str, Any], context: Mapping[str, object]
) -> dict[str, Any]:
    """Read a posted form into the content of a draft; files stay as they were uploaded.

    Args:
        protocol: what is filled in.
        posted: the form.
        before: content of the draft so far.
        context: what the device says of itself.
    """
    steps: dict[str, Any] = {}
    for step in protocol.steps_for(context):
        old = before.get("steps", {}).get(step.key, {}).get("inputs", {})
        inputs = {}
        for item in step.entry.signature.inputs:
            value = _typed(f"{step.key}.{item.name}", item, posted, old.get(item.name))
            if value not in ("", None, []):
                inputs[item.name] = value
        if inputs:
            steps[step.key] = {"inputs": inputs}
    reasons = {
        name.partition(".")[2]: text
        for name, text in posted.items()
        if name.startswith("reason.") and isinstance(text, str) and text.strip()
    }
    return {
        "steps": steps,
        "instruments": [uuid for uuid in posted.getlist("instruments") if uuid],
        "reasons": reasons,
    }


def _typed(name: str, item: Input, posted: QueryDict, old: Any) -> Any:
    if item.type in ("file", "files", "sheet", "instrument"):
        return old
    if item.type == "repeated":
        return [text.strip() for text in posted.getlist(name) if isinstance(text, str) and text.strip()]
    text = posted.get(name, "")
    return text.strip() if isinstance(text, str) else ""


def shown_inputs(entry: Entry) -> tuple[Input, ...]:
    """Give the inputs that a form can ask for."""
    return tuple(item for item in entry.signature.inputs if item.type not in ("sheet", "instrument"))
