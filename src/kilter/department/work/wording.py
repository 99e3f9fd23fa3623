"""The words of a fault, as they are indexed to find what cured the same one before."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
SHORTEST, LONGEST, MOST = 3, 40, 24
IDLE = frozenset(
    """
    the and was not has had for with from that this when then than does did will would there here are but
    its been being were into onto out off after before again still very please patient device unit machine
    nurse ward staff report reported fault problem working work works
    """.split()  # noqa: SIM905  (a list of words is read as a text)
)
"""Words that nearly every report holds and that tell one fault from another by nothing."""


def words_of(text: str, error_code: str = "") -> list[str]:
    """Give the words of a report by which it is found again, each once, in their order.

    Args:
        text: what somebody wrote.
        error_code: the code the device showed; it is kept apart from the words, as `code:E105`.
    """
    found: dict[str, None] = {}
    if error_code:
        found[f"code:{_plain(error_code).upper().replace(' ', '')}"[:LONGEST]] = None
    for match in WORD.finditer(_plain(text)):
        word = _root(match[0])
        if SHORTEST <= len(word) <= LONGEST and word not in IDLE:
            found[word] = None
    return list(found)[:MOST]


def _plain(text: str) -> str:
    """Bring letters of one look into one form, and drop accents."""
    parted = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _root(word: str) -> str:
    """Take the commonest endings off, so that alarms, alarming and alarmed meet."""
    for ending, least in (("ing", 7), ("ed", 6), ("es", 6), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
