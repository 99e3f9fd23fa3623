"""A sealed document as a PDF: tagged (PDF/UA-1) and archivable (PDF/A-2a), the same bytes each time.

Data reach Typst as one JSON input and are only ever shown as text, never read as markup (`typeset`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kilter.interfaces import wording
from kilter.interfaces.reports.content import certificate_content
from kilter.interfaces.reports.typeset import typeset
from kilter.measure.error import BadInput

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def certificate_pdf(
    document: Mapping[str, Any],
    *,
    anchor: Mapping[str, Any] | None = None,
    draft: bool = False,
    lang: str = "en",
    zone: str = "UTC",
    figures: Sequence[str] = (),
) -> bytes:
    """Print a sealed document.

    Args:
        document: a sealed document, form 1.
        anchor: what stands outside it: `hash`, `head`, `count`, `site`, `superseded_by`.
        draft: mark every page as a draft that is not evidence.
        lang: language of the text, an ISO 639 code.
        zone: time zone of the site; times are given in it and in UTC.
        figures: SVG texts, printed in order.

    Raises:
        BadInput: the document, the language, the zone or a figure cannot be used.
        Fault: Typst refuses what we made.

    """
    if not _LANGUAGE.fullmatch(lang):
        raise BadInput(f"{lang[:20]!r} is not an ISO 639 language code", field="lang")
    content = certificate_content(document, anchor=anchor, zone=zone)
    content |= {"draft": draft, "lang": lang}
    drawings = [_checked_svg(svg, number) for number, svg in enumerate(figures, start=1)]
    sealed = document.get("sealed_at") or document.get("performed_at")
    moment = int(wording.as_instant(str(sealed)).timestamp()) if sealed else 0
    return typeset(_TEMPLATE, content, drawings, moment)


def _checked_svg(svg: str, number: int) -> str:
    """Refuse what is not an SVG, or fetches something from elsewhere."""
    if "<svg" not in svg[:2000]:
        raise BadInput(f"figure {number} is not an SVG", field="figures")
    if re.search(r"""(?:href|src)\s*=\s*["'](?!#|data:)|<!ENTITY|<script""", svg, re.IGNORECASE):
        raise BadInput(f"figure {number} points outside itself", field="figures")
    return svg
