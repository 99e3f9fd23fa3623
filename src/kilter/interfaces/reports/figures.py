"""Figures: a Vega-Lite specification (data) becomes an SVG, without network and without surprises.

A specification that reaches outside itself is refused, here and before it is sent to a browser:
`checked_spec` is the one guard for both. Nothing is thinned or changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kilter.measure.error import BadInput

_OUTSIDE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//|\s*(?:javascript|file|blob|vbscript):", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]+")
_LARGEST = 20_000_000


def checked_spec(spec: Mapping[str, Any]) -> str:
    """Give the specification as JSON text once it is known to stand alone.

    Raises:
        BadInput: it is not a mapping, holds what JSON cannot (NaN, infinity), is larger than 20 MB,
            loads data or pictures by address, or links anywhere (`href`).

    """
    if not isinstance(spec, Mapping):
        raise BadInput("a figure is a mapping in the Vega-Lite grammar", field="figure")
    try:
        text = json.dumps(spec, allow_nan=False, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput(f"the figure is not JSON: {error}", field="figure") from None
    if len(text) > _LARGEST:
        raise BadInput("the figure is larger than 20 MB; thin its series first", field="figure")
    for path, key, value in _walk(spec):
        _check_item(path, key, value)
    return text


def _walk(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Give every key and value at every depth, with a path to name it by."""
    waiting: list[tuple[str, Any]] = [("", spec)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, Mapping):
            pairs = [(str(key), value) for key, value in item.items()]
        elif isinstance(item, list | tuple):
            pairs = [(str(index), value) for index, value in enumerate(item)]
        else:
            continue
        for key, value in pairs:
            here = f"{path}.{key}" if path else key
            yield here, key, value
            waiting.append((here, value))


def _check_item(path: str, key: str, value: Any) -> None:
    """Refuse one key and value where it reaches outside the figure."""
    if path == "$schema":
        return
    if key == "href":
        raise BadInput(f"a figure may not link anywhere: {path[:80]}", field="figure")
    if key == "url" and not (isinstance(value, Mapping) or _is_picture(value)):
        raise BadInput(f"a figure carries its own data, it loads none: {path[:80]}", field="figure")
    if isinstance(value, str) and _OUTSIDE.match(value):
        raise BadInput(f"a figure may not name an address: {path[:80]}", field="figure")


def _is_picture(value: Any) -> bool:
    return isinstance(value, str) and _PICTURE.fullmatch(value) is not None


def figure_svg(spec: Mapping[str, Any]) -> str:
    """Draw a Vega-Lite specification as SVG text.

    Args:
        spec: Vega-Lite 5 or 6, its data inside (`data.values`).

    Raises:
        BadInput: the specification reaches outside itself, or Vega-Lite cannot draw it.

    """
    import vl_convert

    text = checked_spec(spec)
    try:
        drawn: str = vl_convert.vegalite_to_svg(text, allowed_base_urls=[], show_warnings=False)
    except ValueError as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else "no reason given"
        raise BadInput(f"Vega-Lite cannot draw this figure: {first}", field="figure") from None
    return drawn
