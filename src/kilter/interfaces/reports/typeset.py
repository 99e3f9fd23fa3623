"""PDF from a Typst template: data reach it as one JSON input and are only ever shown as text.

Only the fonts that Typst carries are used, so a page looks the same on every machine; a character they do
not have, or that would reorder or hide text, is printed as its code point.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from kilter.measure.error import Fault

_STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
_UNSHOWN = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_WORD = re.compile(r"\S{25,}")
_ATTEMPTS = 8

_without_glyph: set[str] = set()
"""Characters that the carried fonts were found to lack; grows as pages meet them."""


def typeset(template: Path, content: Mapping[str, Any], figures: Sequence[str], moment: int) -> bytes:
    """Compile; characters that turn out to have no glyph are learned and spelled out.

    Args:
        template: a Typst file that reads `sys.inputs.data`.
        content: what it shows, as JSON.
        figures: SVG texts, given to it as they are under `figures`.
        moment: when it was made, in seconds since 1970; the same input gives the same bytes.

    Raises:
        Fault: Typst refuses what we made.
    """
    import typst

    for _ in range(_ATTEMPTS):
        data = json.dumps({**_spelled(dict(content)), "figures": list(figures)})
        try:
            made: bytes = typst.compile(
                template.read_bytes(),
                format="pdf",
                font_paths=_fonts(),
                sys_inputs={"data": data},
                pdf_standards=[*_STANDARDS],
                timestamp=moment,
            )
        except typst.TypstError as error:
            missing = _missing_glyphs(f"{error.message}\n{error.diagnostic}") - _without_glyph
            if not missing:
                raise Fault(f"the page could not be printed: {error.message}") from error
            _without_glyph.update(missing)
        else:
            return made
    raise Fault("the page could not be printed: its characters have no glyphs")


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
