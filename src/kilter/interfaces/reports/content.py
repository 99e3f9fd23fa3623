"""What a certificate says, as plain texts in order: a sealed document (form 1) made ready to print.

Nothing is judged or computed again here: values, verdicts and limits are those that were sealed.
Keys that a kind of document does not have (a statement has no results) leave their section out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kilter.interfaces import wording
from kilter.measure.error import BadInput

TITLES = {
    "result": "Certificate of measurement",
    "countersignature": "Countersignature",
    "statement": "Signed statement",
    "erasure": "Record of erasure",
    "review": "Record of review",
}
RULES = {
    "simple": "simple acceptance: the value itself is compared with the limit (JCGM 106:2012, 8.2)",
    "guard_U": "guarded acceptance, guard band w = U (JCGM 106:2012, 8.3)",
    "guard_1645": "guarded acceptance, guard band w = 1.645 u (JCGM 106:2012, 8.3)",
    "rss": "guarded acceptance, root-sum-square guard band",
    "probability": "by the probability of conformance (JCGM 106:2012, 7)",
}
METHODS = {
    "gum": "first-order propagation (JCGM 100:2008)",
    "monte_carlo": "Monte Carlo propagation (JCGM 101:2008)",
    "repeats": "from repeated readings (Type A)",
    "own": "by the procedure's own stated method",
    "none": "no uncertainty is evaluated by this procedure",
}


def certificate_content(
    document: Mapping[str, Any], *, anchor: Mapping[str, Any] | None = None, zone: str = "UTC"
) -> dict[str, Any]:
    """Arrange a sealed document as titled texts and tables of text.

    Args:
        document: a sealed document, form 1.
        anchor: what stands outside the document: `hash` (its own SHA-256), `head` and `count` of
            the chain when printed, `site`, and `superseded_by` {"id", "number", "reason"}.
        zone: time zone of the site.

    Raises:
        BadInput: the document is not of form 1, or its kind is not known.

    """
    if document.get("form") != 1:
        raise BadInput("the document is not of form 1", field="form")
    kind = str(document.get("kind", ""))
    if kind not in TITLES:
        raise BadInput(f"{kind!r} is not a kind of sealed document", field="kind")
    outside = dict(anchor or {})
    procedure = document.get("procedure") or {}
    return {
        "kind": TITLES[kind],
        "title": str(procedure.get("title") or TITLES[kind]),
        "site": str(outside.get("site", "")),
        "number": str((document.get("chain") or {}).get("number", "none")),
        "verdict": _verdict(document),
        "lines": _lines_of_succession(document, outside),
        "facts": _facts(document, zone),
        "statement": _statement(document.get("statement") or {}),
        "results": _results(document),
        "basis": _basis(document),
        "inputs": _inputs(document),
        "budget": _budget(document),
        "instruments": [_instrument(row) for row in document.get("instruments") or ()],
        "notes": [_text(note, "text", "code") for note in document.get("notes") or ()],
        "discarded": [_discarded(row, zone) for row in document.get("discarded") or ()],
        "files": [_file(row) for row in document.get("files") or ()],
        "cites": [_citation(row) for row in procedure.get("cites") or ()],
        "seal": _seal(document, outside),
    }


def _text(row: Any, *names: str) -> str:
    """Give the first of those keys that is filled, else the thing itself as text."""
    if not isinstance(row, Mapping):
        return str(row)
    return next((str(row[name]) for name in names if row.get(name)), "")


def _verdict(document: Mapping[str, Any]) -> dict[str, str] | None:
    """Give shape, word and tone of the whole; an invalid outcome is never dressed as anything else."""
    name = document.get("verdict")
    if name is None and document.get("valid", True):
        return None
    if not document.get("valid", True):
        shown = wording.look("invalid")
        return {"shape": shown.shape, "word": "NOT VALID", "tone": "bad", "more": "the analysis cannot tell"}
    shown = wording.look(str(name), str(document["word"]) if document.get("word") else None)
    standard = wording.look(str(name)).word
    more = "" if shown.word.casefold() == standard.casefold() else standard
    return {"shape": shown.shape, "word": shown.word.upper(), "tone": shown.tone, "more": more}


def _lines_of_succession(document: Mapping[str, Any], anchor: Mapping[str, Any]) -> list[str]:
    """Say what this record replaces and what has replaced it."""
    lines = []
    if later := anchor.get("superseded_by"):
        lines.append(
            f"SUPERSEDED by record {_record_name(later)}: {later.get('reason') or 'no reason given'}"
        )
    if earlier := document.get("supersedes"):
        reason = earlier.get("reason") or "no reason given"
        lines.append(f"Supersedes record {_record_name(earlier)}: {reason}")
    return lines


def _record_name(row: Mapping[str, Any]) -> str:
    number = f"number {row['number']}, " if row.get("number") is not None else ""
    return f"{number}{row.get('id', 'unknown')}"


def _facts(document: Mapping[str, Any], zone: str) -> list[list[str]]:
    """Give device, person, procedure and times as pairs of label and text."""
    device, person = document.get("device") or {}, document.get("person") or {}
    procedure = document.get("procedure") or {}
    named = [str(person.get(name)) for name in ("name", "role") if person.get(name)]
    pairs = [
        ["Device", _text(device, "name")],
        ["Asset number", _text(device, "asset")],
        ["Serial number", _text(device, "serial")],
        ["Signed by", ", ".join(named)],
        ["Performed", _when(document.get("performed_at"), zone)],
        ["Sealed", _when(document.get("sealed_at"), zone)],
        ["Procedure", f"{procedure['key']}, version {procedure.get('version')}" if procedure else ""],
        ["Circumstances", _circumstances(document.get("context") or {})],
    ]
    return [pair for pair in pairs if pair[1]]


def _circumstances(context: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{str(name).replace('_', ' ')} {wording.value_text(value)}"
        for name, value in sorted(context.items())
    )


def _when(when: str | None, zone: str) -> str:
    if not when:
        return ""
    local, utc = wording.instant_text(when, zone), wording.instant_utc(when)
    return utc if zone == "UTC" else f"{local} ({utc})"


def _statement(statement: Mapping[str, Any]) -> list[list[str]]:
    order = ("act", "subject", "text")
    rest = sorted(set(statement) - set(order))
    return [
        [name.replace("_", " ").capitalize(), wording.value_text(statement[name])]
        for name in (*order, *rest)
        if statement.get(name) is not None
    ]


def _results(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give each result with its sealed text, its verdict in words and every limit it was held to."""
    rows = []
    own_words = {document.get("verdict"): document.get("word"), **(document.get("words") or {})}
    freedoms = [row.get("dof") for row in document.get("budget") or ()]
    for name, result in _ordered(document, "results"):
        u, verdict = result.get("u"), result.get("verdict") or "recorded"
        shown = wording.look(verdict, result.get("word") or own_words.get(verdict))
        text = result.get("text") or wording.value_text(result.get("value"), result.get("unit"), u)
        rows.append(
            {
                "label": str(result.get("label") or name),
                "text": str(text),
                "uncertainty": _spread(result, freedoms),
                "shape": shown.shape,
                "word": shown.word,
                "tone": shown.tone,
                "limits": [_limit(limit, own_words) for limit in result.get("limits") or ()],
            }
        )
    return rows


def _ordered(document: Mapping[str, Any], part: str) -> list[tuple[str, Any]]:
    """Give inputs or results in the order of their declaration, where the document says it."""
    rows = dict(document.get(part) or {})
    order = [name for name in (document.get("order") or {}).get(part, ()) if name in rows]
    return [(name, rows[name]) for name in (*order, *(name for name in rows if name not in order))]


def _spread(result: Mapping[str, Any], freedoms: Sequence[float | None]) -> str:
    """Say what stands behind the ±; a classification has no uncertainty to speak of."""
    if isinstance(result.get("value"), str):
        return ""
    return "uncertainty not known" if result.get("u") is None else _coverage(result, freedoms)


def _coverage(result: Mapping[str, Any], freedoms: Sequence[float | None]) -> str:
    """Name k, and the coverage where it is sealed; 95 % is only claimed for k = 2 without finite dof."""
    k = float(result.get("k") or wording.COVERAGE_FACTOR)
    if stated := result.get("coverage"):
        share = f", {100 * float(stated):.4g} % coverage"
    elif k == wording.COVERAGE_FACTOR and all(freedom is None for freedom in (result.get("dof"), *freedoms)):
        share = ", about 95 % coverage"
    else:
        share = ""
    return f"k = {wording.number_text(k)}{share}"


def _limit(limit: Mapping[str, Any], words: Mapping[Any, Any]) -> dict[str, str]:
    bare = {name: value for name, value in limit.items() if name != "read"}
    return {
        "text": wording.limit_text({**bare, "read": "yes"}),
        "level": str(words.get(limit.get("level")) or limit.get("level") or ""),
        "confirm": "to be confirmed" if wording.to_be_confirmed(limit) else "",
        "adopted": "adopted by the department" if limit.get("read") == "adopted" else "",
        "conform": wording.probability_text(limit.get("p_conform")),
    }


def _basis(document: Mapping[str, Any]) -> list[list[str]]:
    rule, method = document.get("rule"), document.get("method")
    pairs = []
    if rule:
        own = [f"{name} = {value:g}" for name, value in (document.get("rule_parameters") or {}).items()]
        pairs.append(["Decision rule", "; ".join([RULES.get(str(rule), str(rule)), *own])])
    if method:
        pairs.append(["Uncertainty", METHODS.get(str(method), str(method))])
    return pairs


def _inputs(document: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for name, given in _ordered(document, "inputs"):
        typed = given.get("typed")
        unit, u = given.get("unit"), given.get("u")
        spread = wording.quantity(float(u), unit) if isinstance(u, int | float) else "not known"
        used = wording.value_text(given.get("value"), unit)
        label = str(given.get("label") or name)
        rows.append([label, "as used" if typed is None else wording.value_text(typed), used, spread])
    return rows


def _budget(document: Mapping[str, Any]) -> list[list[str]]:
    """Give the rows of the budget; the contribution is named in the unit of its result."""
    results, inputs = document.get("results") or {}, document.get("inputs") or {}
    rows = []
    for row in document.get("budget") or ():
        result, given = results.get(row.get("result")) or {}, inputs.get(row.get("input")) or {}
        freedom = row.get("dof")
        rows.append(
            [
                str(result.get("label") or row.get("result", "")),
                str(given.get("label") or row.get("input", "")),
                _figure(row.get("u"), given.get("unit")),
                _figure(row.get("sensitivity"), ""),
                _figure(row.get("contribution"), result.get("unit")),
                "infinite" if freedom is None else wording.number_text(float(freedom)),
            ]
        )
    return rows


def _figure(value: Any, unit: str | None) -> str:
    return "not known" if value is None else wording.quantity(float(value), unit)


def _instrument(row: Mapping[str, Any]) -> list[str]:
    serial = f", serial {row['serial']}" if row.get("serial") else ""
    laboratory = f", {row['laboratory']}" if row.get("laboratory") else ""
    return [
        str(row.get("asset", "")),
        f"{row.get('name', '')}{serial}",
        f"{row.get('certificate') or 'none given'}{laboratory}",
        str(row.get("valid_until") or "not given"),
    ]


def _discarded(row: Mapping[str, Any], zone: str) -> list[str]:
    when = wording.instant_text(row["at"], zone) if row.get("at") else "not given"
    return [
        str(row.get("name", "")),
        wording.value_text(row.get("typed")),
        str(row.get("reason") or "none given"),
        when,
    ]


def _file(row: Mapping[str, Any]) -> list[str]:
    size = f"{int(row['size']):,} bytes".replace(",", " ") if row.get("size") is not None else "not given"
    return [str(row.get("name", "")), size, wording.hash_groups(str(row.get("sha256", "")))]


def _citation(row: Any) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    edition = f", {row['edition']}" if row.get("edition") else ""
    title = f": {row['title']}" if row.get("title") else ""
    return f"{row.get('key', '')}{edition}{title}"


def _seal(document: Mapping[str, Any], anchor: Mapping[str, Any]) -> list[list[str]]:
    """Give the pairs that let somebody check the record against the chain."""
    chain: Mapping[str, Any] = document.get("chain") or {}
    personal: Sequence[Any] = document.get("personal") or ()
    head = f"{wording.hash_groups(str(anchor['head']))}" if anchor.get("head") else ""
    pairs = [
        ["Record", str(document.get("id", ""))],
        ["Number in the chain", str(chain.get("number", ""))],
        ["SHA-256 of this record", wording.hash_groups(str(anchor.get("hash") or "")) or "not given"],
        [
            "SHA-256 of the previous",
            wording.hash_groups(str(chain.get("previous") or "")) or "first of the chain",
        ],
        ["Head of the chain", head],
        ["Records in the chain", str(anchor.get("count") or "")],
        ["Personal parts", f"{len(personal)}, kept apart, by keyed digest" if personal else ""],
        ["Software", f"Kilter {document.get('software', '')}".strip()],
    ]
    return [pair for pair in pairs if pair[1]]
