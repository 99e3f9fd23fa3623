"""Names of makers and models as people write them: the same, near to each other, or different.

Near means that a person should look. It is drawn wide, because a device that is missed may harm somebody
and one too many costs a glance.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache

LEGAL = frozenset(
    re.findall(
        r"\w+",
        "ab ag and as bv co company corp corporation gmbh group holdings inc incorporated kg kk limited llc "
        "llp lp ltd nv oy plc pty sa sas spa srl the uk",
    )
)
"""Words of a firm's name that say its legal form and not who it is."""

UNKNOWN = frozenset(("", "unknown", "notknown", "na", "none", "tbc", "unbranded", "generic"))
"""What a register holds where nobody knew the maker or the model."""

ONE_SLIP, TWO_SLIPS = 4, 8
"""Letters from which one slip of typing, and two, still leave a name near."""


class Likeness(IntEnum):
    """How much two names are one."""

    DIFFERENT = 0
    NEAR = 1
    SAME = 2


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """Split a name into its words: no accents, no case, no marks; a plus sign is the word `plus`."""
    plain = unicodedata.normalize("NFKD", name.replace("+", " plus ")).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[^\W_]+", plain))


def unknown(name: str) -> bool:
    """Say whether a name is what stands where nobody knew it."""
    return "".join(words_of(name)) in UNKNOWN


@lru_cache(maxsize=20_000)
def makers(one: str, other: str) -> Likeness:
    """Compare two makers.

    They are the same where only case, marks and the legal form differ; near where one holds all words of
    the other, where the first long word agrees, or where there is a slip of typing.
    """
    left, right = _of_firm(one), _of_firm(other)
    if "".join(left) == "".join(right):
        return Likeness.SAME
    if not left or not right:
        return Likeness.DIFFERENT
    if set(left) <= set(right) or set(right) <= set(left):
        return Likeness.NEAR
    if left[0] == right[0] and len(left[0]) > ONE_SLIP:
        return Likeness.NEAR
    return Likeness.NEAR if slipped("".join(left), "".join(right)) else Likeness.DIFFERENT


@lru_cache(maxsize=50_000)
def models(one: str, other: str) -> Likeness:
    """Compare two model names: as makers, but a slip never changes a digit (a 2 is not a 3)."""
    left, right = words_of(one), words_of(other)
    joined, against = "".join(left), "".join(right)
    if joined == against:
        return Likeness.SAME
    if not left or not right:
        return Likeness.DIFFERENT
    if set(left) <= set(right) or set(right) <= set(left):
        return Likeness.NEAR
    same_digits = re.findall(r"\d+", joined) == re.findall(r"\d+", against)
    return Likeness.NEAR if same_digits and slipped(joined, against) else Likeness.DIFFERENT


@lru_cache(maxsize=20_000)
def _of_firm(name: str) -> tuple[str, ...]:
    """Give the words of a firm's name without its legal form, or all where nothing else is left."""
    words = words_of(name)
    return tuple(word for word in words if word not in LEGAL) or words


def slipped(one: str, other: str) -> bool:
    """Say whether two words may be one with a slip of typing: one in four letters or more, two in eight."""
    shorter = min(len(one), len(other))
    most = 2 if shorter >= TWO_SLIPS else 1 if shorter >= ONE_SLIP else 0
    return most > 0 and abs(len(one) - len(other)) <= most and _edits(one, other) <= most


def _edits(one: str, other: str) -> int:
    """Count the letters to put in, take out, change or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        following = [at]
        for to, against in enumerate(other, 1):
            best = min(row[to] + 1, following[to - 1] + 1, row[to - 1] + (letter != against))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == against:
                best = min(best, before[to - 2] + 1)
            following.append(best)
        before, row = row, following
    return row[-1]
