"""Words on the screen: a label for every input and result, and the specialty's words for verdicts.

A label that nobody wrote is made from the name (`test_lead` becomes *Test lead*), so a new procedure
needs no file of words; `words/en.toml` beside the procedures improves on it.
"""

from __future__ import annotations

from kilter.measure.registry import Entry, specialties

VERDICTS = ("invalid", "suspension", "remedial", "undecided", "within", "recorded")


def plain(name: str) -> str:
    """Make words of a name."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _written(entry: Entry) -> dict[str, object]:
    special = specialties().get(entry.specialty)
    return special.data("words", "en").get(entry.name, {}) if special else {}


def title(entry: Entry) -> str:
    """Give a procedure's title."""
    return str(_written(entry).get("title") or plain(entry.name))


def label(entry: Entry, name: str) -> str:
    """Give the label of an input or a result."""
    return str(_written(entry).get(name) or plain(name))


def hint(entry: Entry, name: str) -> str:
    """Give the sentence of help below an input; "" where there is none."""
    return str(_written(entry).get(f"{name}_hint") or "")


def choice(entry: Entry, value: str) -> str:
    """Give the words of one choice."""
    written = _written(entry).get("choices")
    return str(written.get(value) or plain(value)) if isinstance(written, dict) else plain(value)


def verdict_word(specialty: str, verdict: str) -> str:
    """Give the specialty's own word for a verdict; our word where it has none."""
    special = specialties().get(specialty)
    return (special.verdict_words if special else {}).get(verdict, verdict)
