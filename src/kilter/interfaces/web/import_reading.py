"""How a sheet is read, on its page: what was chosen, and the fields by which it is chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict

from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.intake import reading as rules
from kilter.department.intake.reading import Reading
from kilter.department.intake.readings import reading_named
from kilter.measure.quantity import Sheet

Field = dict[str, Any]

WORDS_SHOWN = 60
"""Words of one column that the page asks about; they are those that stand there most often."""

DATES = {
    "year-first": "Year first, 2026-03-29",
    "day-first": "Day first, 29/03/2026",
    "month-first": "Month first, 3/29/2026",
}
AMOUNTS = {"1250.00": "1250.00", "1,250.00": "1,250.00", "1.250,00": "1.250,00"}
CHOICES: dict[str, dict[str, str]] = {
    "state": {state: WORDS[State(state)] for state in rules.STATES},
    "class": {"I": "class I", "II": "class II", "none": "not mains powered"},
    "applied_part": {"B": "type B", "BF": "type BF", "CF": "type CF", "none": "no applied part"},
    "power_cord": {word: word for word in ("detachable", "fixed", "permanent", "none")},
    "holds_data": {"yes": "yes", "no": "no"},
}
FIRST = ("kind", "state", "class", "applied_part", "power_cord", *rules.PLACE, "owner")


def reading_of(request: HttpRequest, plain: Sheet) -> Reading:
    """Give the reading as it was chosen, as it was saved, or by the columns' own names; nothing is checked.

    Raises:
        NotFound: no reading is saved under the name that was chosen.
    """
    post = request.POST
    own = {word: rules.own_name(word) for word in plain.columns}
    own = {word: "" if name == rules.REASON else name for word, name in own.items()}
    if post.get("mapping"):
        saved = reading_named(post["mapping"])
        columns = {word: saved.columns.get(word, own[word]) for word in plain.columns}
        return Reading(**{**saved.as_data(), "columns": columns})
    if request.method != "POST":
        return Reading(columns=own, dates="", amounts="")
    columns = {word: post.get(f"column.{n}", "") for n, word in enumerate(plain.columns)}
    years = post.get("years_from", str(rules.YEARS_FROM))
    return Reading(
        columns=columns,
        dates=post.get("dates", ""),
        years_from=int(years) if years.isascii() and years.isdigit() else 0,
        amounts=post.get("amounts", ""),
        all_rows={name: typed for name in rules.FOR_ALL if (typed := post.get(f"all.{name}", "").strip())},
        words={name: _words(post, plain, columns, name) for name in rules.TRANSLATED},
    )


def _words(post: QueryDict, plain: Sheet, columns: Mapping[str, str], name: str) -> dict[str, str]:
    """Give what was said of a column's words, where it is not what they mean anyhow."""
    said = {
        word.casefold(): post.get(_word_field(name, word), "").strip()
        for word in _listed(plain, columns, name)
    }
    return {word: ours for word, ours in said.items() if ours and ours != rules.understood(name, word)}


def _listed(plain: Sheet, columns: Mapping[str, str], name: str) -> list[str]:
    """List the words of a column that may be translated, the most frequent first; spellings in one case."""
    counts: dict[str, int] = {}
    shown: dict[str, str] = {}
    for cell, number in rules.cells_of(plain, columns, (name,)).items():
        word = shown.setdefault(cell.strip().casefold(), cell.strip())
        counts[word] = counts.get(word, 0) + number
    return sorted(counts, key=lambda word: (-counts[word], word))


def _word_field(name: str, word: str) -> str:
    """Give the name of the field that asks about a word: the same whichever column it comes from."""
    return f"word.{name}.{hashlib.sha256(word.casefold().encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def column_fields(plain: Sheet, reading: Reading) -> list[Field]:
    """Ask of each column what it is read as."""
    options = [{"value": field, "label": field.replace("_", " ")} for field in rules.EVERY]
    return [
        {
            "name": f"column.{number}",
            "label": word,
            "type": "choice",
            "bare": True,
            "options": options,
            "value": reading.columns[word],
            "help": f"First cell: {plain.rows[0][number][:60]}" if plain.rows else "",
        }
        for number, word in enumerate(plain.columns)
        if word and word.casefold() != rules.REASON
    ]


def written_fields(reading: Reading, ways: Mapping[str, tuple[str, ...]]) -> list[Field]:
    """Ask how days and amounts are written, where a column of them is taken."""
    fields: list[Field] = []
    if "dates" in ways:
        fields.append(_choice("dates", "Days are written", DATES, reading.dates, _said(ways["dates"], DATES)))
        fields[-1]["required"] = True
        last = reading.years_from + 99
        years = f"A year of two figures lies from {reading.years_from} to {last}."
        first = {"name": "years_from", "label": "Years of two figures begin at", "type": "text", "bare": True}
        fields.append({**first, "value": str(reading.years_from), "help": years})
    if "amounts" in ways:
        said = _said(ways["amounts"], AMOUNTS)
        fields.append(_choice("amounts", "Amounts are written", AMOUNTS, reading.amounts, said))
        fields[-1]["required"] = True
    return fields


def _said(ways: tuple[str, ...], words: Mapping[str, str]) -> str:
    """Say what the sheet itself allows."""
    if len(ways) == 1:
        return f"Every one in the sheet can be read so, and only so: {words[ways[0]]}."
    if ways:
        return "The sheet leaves it open: say which."
    return "No way reads every one in the sheet."


def for_all_fields(reading: Reading) -> list[Field]:
    """Ask what stands for all rows, of the fields that no column gives."""
    taken = set(reading.columns.values()) - set(reading.all_rows)
    order = (*FIRST, *(name for name in rules.FOR_ALL if name not in FIRST))
    fields = []
    for name in order:
        if name in taken:
            continue
        label, value = name.replace("_", " ").capitalize(), reading.all_rows.get(name, "")
        if name in CHOICES:
            fields.append(_choice(f"all.{name}", label, CHOICES[name], value, ""))
        else:
            asked = {"name": f"all.{name}", "label": label, "type": "text", "bare": True, "value": value}
            fields.append(asked | ({"help": "As 2026-03-29."} if name in rules.DAYS else {}))
    return fields


def word_groups(plain: Sheet, reading: Reading) -> list[dict[str, Any]]:
    """Ask what the words of kind, state and the like mean here, with how many are left out."""
    groups = []
    for name in rules.TRANSLATED:
        words = _listed(plain, reading.columns, name)
        if words:
            shown = words[:WORDS_SHOWN]
            fields = [_word(name, word, reading.words.get(name, {})) for word in shown]
            heading = f"Words for {name.replace('_', ' ')}"
            groups.append({"heading": heading, "fields": fields, "more": len(words) - len(shown)})
    return groups


def _word(name: str, word: str, said: Mapping[str, str]) -> Field:
    value = said.get(word.casefold()) or rules.understood(name, word)
    asked = _word_field(name, word)
    if name in CHOICES:
        return _choice(asked, word[:80], CHOICES[name], value, "")
    return {"name": asked, "label": word[:80], "type": "text", "bare": True, "value": value}


def _choice(name: str, label: str, words: Mapping[str, str], value: str, said: str) -> Field:
    options = [{"value": key, "label": text} for key, text in words.items()]
    field = {"name": name, "label": label, "type": "choice", "bare": True, "options": options, "value": value}
    return field | ({"help": said} if said else {})
