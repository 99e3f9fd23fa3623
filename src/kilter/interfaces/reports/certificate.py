"""A sealed document as a PDF: tagged (PDF/UA-1) and archivable (PDF/A-2a), the same bytes each time.

Data reach Typst as one JSON input and are only ever shown as text, never read as markup. Only the
fonts that Typst carries are used, so a certificate looks the same on every machine; a character they
do not have, or that would reorder or hide text, is printed as its code point.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from kilter.interfaces import wording
from kilter.interfaces.reports.content import certificate_content
from kilter.measure.error import BadInput, Fault

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_UNSHOWN = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_WORD = re.compile(r"\S{25,}")
_ATTEMPTS = 8

_without_glyph: set[str] = set()
"""Characters that the carried fonts were found to lack; grows as certificates meet them."""


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
    return _printed(content, drawings, moment)


def _checked_svg(svg: str, number: int) -> str:
    """Refuse what is not an SVG, or fetches something from elsewhere."""
    if "<svg" not in svg[:2000]:
        raise BadInput(f"figure {number} is not an SVG", field="figures")
    if re.search(r"""(?:href|src)\s*=\s*["'](?!#|data:)|<!ENTITY|<script""", svg, re.IGNORECASE):
        raise BadInput(f"figure {number} points outside itself", field="figures")
    return svg


def _printed(content: dict[str, Any], figures: list[str], moment: int) -> bytes:
    """Compile; characters that turn out to have no glyph are learned and spelled out."""
    import typst

    for _ in range(_ATTEMPTS):
        data = json.dumps({**_spelled(content), "figures": figures})
        try:
            made: bytes = typst.compile(
                _TEMPLATE.read_bytes(),
                format="pdf",
                font_paths=_fonts(),
                sys_inputs={"data": data},
                pdf_standards=[*_STANDARDS],
                timestamp=moment,
            )
        except typst.TypstError as error:
            missing = _missing_glyphs(f"{error.message}\n{error.diagnostic}") - _without_glyph
            if not missing:
                raise Fault(f"the certificate could not be printed: {error.message}") from error
            _without_glyph.update(missing)
        else:
            return made
    raise Fault("the certificate could not be printed: its characters have no glyphs")


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """Load the carried fonts once; those of the machine are left out, for the same bytes everywhere."""
    import typst

    return typst.Fonts(include_system_fonts=False)


def _missing_glyphs(message: str) -> set[str]:
    """Read from Typst's message which characters it could not show."""
    found: set[str] = set()
    for text in _UNSHOWN.findall(message):
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        found.update(character for character in plain if ord(character) > 126)
    return found


def _spelled(item: Any) -> Any:
    """Walk the content; make every text printable and every long word breakable."""
    if isinstance(item, str):
        return _WORD.sub(_breakable, "".join(map(_shown, unicodedata.normalize("NFC", item))))
    if isinstance(item, list):
        return [_spelled(each) for each in item]
    if isinstance(item, dict):
        return {key: _spelled(each) for key, each in item.items()}
    return item


def _shown(character: str) -> str:
    """Give a character as it is, or its code point where it cannot or must not be printed."""
    if " " <= character <= "~" or character == "\n":
        return character
    if character in "\t\r\u2028\u2029":
        return " "
    code = ord(character)
    hidden = unicodedata.category(character) in _REFUSED_CATEGORIES or code & 0xFFFE == 0xFFFE
    return f"[U+{code:04X}]" if hidden or character in _without_glyph else character


def _breakable(match: re.Match[str]) -> str:
    """Let a long word break after every 12 characters (a zero-width space, not seen, not copied)."""
    word = match[0]
    return "\u200b".join(word[i : i + 12] for i in range(0, len(word), 12))
