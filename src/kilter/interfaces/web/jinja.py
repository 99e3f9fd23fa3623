"""The Jinja2 environment of the pages: escaping always on, nothing undefined, and the filters.

Named in the settings as `OPTIONS["environment"]` of Django's Jinja2 backend. Every filter only calls
`kilter.interfaces.wording`, so that a page and a certificate never write the same number differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from kilter.interfaces import wording
from kilter.interfaces.reports.content import certificate_content
from kilter.interfaces.reports.figures import checked_spec

TEMPLATES = Path(__file__).with_name("templates")


def environment(**options: Any) -> Environment:
    """Make the environment of the pages.

    Args:
        options: those of `jinja2.Environment`, and `zone`, the time zone of the site (default UTC).
            Escaping cannot be switched off; what is not in the context is an error.

    """
    zone = wording.zone_of(options.pop("zone", "UTC")).key
    options.setdefault("loader", FileSystemLoader(TEMPLATES))
    options |= {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)
    made.filters.update(
        quantity=wording.quantity,
        value=wording.value_text,
        number=wording.number_text,
        unit=wording.unit_text,
        limit=wording.limit_text,
        probability=wording.probability_text,
        groups=wording.hash_groups,
        look=wording.look,
        instant=_instant,
        utc=wording.instant_utc,
        iso=_iso,
        age=_age,
        figure=_figure,
        certified=_certified,
    )
    made.tests["unconfirmed"] = wording.to_be_confirmed
    made.globals.update(zone=zone, static=_static, url=_url)
    return made


@pass_context
def _instant(context: Context, when: datetime | str, zone: str | None = None) -> str:
    """Write an instant in the zone of the site, or in the one given."""
    return wording.instant_text(when, zone or str(context.get("zone", "UTC")))


def _iso(when: datetime | str) -> str:
    """Give an instant for the `datetime` attribute of a `time` element, in UTC."""
    return wording.as_instant(when).astimezone(UTC).isoformat().replace("+00:00", "Z")


@pass_context
def _age(context: Context, when: datetime | str, now: datetime | str | None = None) -> str:
    """Write how long ago, counted from `now` of the page or from the clock."""
    return wording.age_text(when, now or context.get("now") or datetime.now(UTC))


@pass_context
def _certified(context: Context, document: Mapping[str, Any]) -> dict[str, Any]:
    """Arrange a sealed document as its certificate does, so that page and paper say the same."""
    return certificate_content(document, zone=str(context.get("zone", "UTC")))


def _figure(spec: Mapping[str, Any]) -> Markup:
    """Give a figure as JSON that cannot end the script element it stands in.

    Raises:
        BadInput: the specification reaches outside itself.

    """
    text = checked_spec(spec)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # safe: every character that HTML reads was replaced


def _static(path: str) -> str:
    """Give the address of a static file, as Django's storage names it."""
    from django.templatetags.static import static

    return static(path)


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    """Give the address of a named view."""
    from django.urls import reverse

    return reverse(name, args=args, kwargs=kwargs)
