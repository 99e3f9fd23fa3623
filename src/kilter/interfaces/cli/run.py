"""`kilter run`: values and files in, verdict out. Answers without Django."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kilter.interfaces.cli.words import Parser, once, pairs, printable
from kilter.interfaces.declared import run_data
from kilter.measure.document import all_notes, describe
from kilter.measure.error import BadInput
from kilter.measure.judge import Judgement, Rule, judge
from kilter.measure.limit import Limit, read_limits, shipped
from kilter.measure.outcome import Outcome
from kilter.measure.quantity import CertificatePoint, File, Instrument
from kilter.measure.registry import Entry, entry, find
from kilter.measure.run import run as run_procedure
from kilter.measure.signature import Input
from kilter.measure.words import title, verdict_word

LARGEST_FILE = 1 << 30
STATUS = {"within": 0, "recorded": 0, "suspension": 1, "remedial": 1, "undecided": 1, "invalid": 3}


def run(words: list[str]) -> int:
    """Run a procedure on what the command line gives and judge it."""
    options = _options(words)
    item = entry(options.key)
    inputs = read_inputs(item, pairs(options.inputs, "an input"))
    context = once(pairs(options.context, "a context"), "the context")
    stated = once(pairs(options.u, "an uncertainty"), "the uncertainty of")
    limits = _limits(item, options.limits)
    rule = Rule(options.rule)
    outcome = run_procedure(find(item.key), inputs, u=stated)
    judgement = judge(outcome, item, limits, rule=rule, context=_typed_context(context))
    if options.report:
        _report(options.report, item, outcome, judgement)
    if options.json:
        print(printable(json.dumps(run_data(outcome, judgement), ensure_ascii=False, allow_nan=False)))
    else:
        print(printable(run_text(item, outcome, judgement)))
    return STATUS[judgement.verdict]


def _options(words: list[str]) -> argparse.Namespace:
    parser = Parser(
        "run", "Run a procedure. A value may carry its unit: reading=120mohm; a file is name=@path."
    )
    parser.add_argument("key")
    parser.add_argument("inputs", nargs="*", metavar="name=value")
    parser.add_argument(
        "--u", action="append", default=[], metavar="name=value", help="standard uncertainty, k = 1"
    )
    parser.add_argument("--context", action="append", default=[], metavar="name=value")
    parser.add_argument(
        "--limits", metavar="FILE", help="judge by this TOML file instead of the published limits"
    )
    parser.add_argument("--rule", default="simple", help="simple, guard_U, guard_1645, rss or probability")
    parser.add_argument("--report", metavar="OUT.PDF")
    parser.add_argument("--json", action="store_true")
    return parser.read(words)


def _typed_context(context: Mapping[str, str]) -> dict[str, object]:
    """Take numbers among the context as numbers: baselines are compared, not matched."""
    typed: dict[str, object] = {}
    for name, text in context.items():
        try:
            typed[name] = float(text) if name.startswith("baseline.") else text
        except ValueError:
            raise BadInput(f"{name} must be a number, not {text[:40]!r}", field=name) from None
    return typed


def read_inputs(item: Entry, given: list[tuple[str, str]]) -> dict[str, object]:
    """Turn `name=value` words into raw inputs; `@path` is read here and nowhere deeper.

    Raises:
        BadInput: a single value is given twice, or a file cannot be read.
    """
    raw: dict[str, object] = {}
    for name, text in given:
        wanted = item.signature.input(name)
        value = _from_path(wanted, text[1:]) if wanted and text.startswith("@") else text
        if name not in raw:
            raw[name] = value
            continue
        if wanted is None or wanted.type not in ("repeated", "files"):
            raise BadInput(f"the input {name} is given twice", field=name, code="given_twice")
        earlier = raw[name]
        merged = list(earlier) if isinstance(earlier, list | tuple) else [earlier]
        raw[name] = merged + (list(value) if isinstance(value, list | tuple) else [value])
    return raw


def _from_path(wanted: Input, name: str) -> object:
    path = Path(name)
    if wanted.type == "files" and path.is_dir():
        return [read_file(wanted.name, part) for part in sorted(path.iterdir()) if part.is_file()]
    content = read_file(wanted.name, path)
    if wanted.type in ("file", "files"):
        return content
    if wanted.type == "instrument":
        return read_instrument(wanted.name, content)
    if wanted.type == "sheet":
        from kilter.formats.sheet import read_sheet

        return read_sheet(content, field=wanted.name)
    text = _text(wanted.name, content)
    if wanted.type == "grid":
        return text
    if wanted.type == "repeated":
        return text.replace(",", " ")
    if wanted.type == "text":
        return text
    raise BadInput(f"{wanted.name} takes no file", field=wanted.name, code="wrong_type")


def _text(name: str, content: File) -> str:
    try:
        return content.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{content.name} is not UTF-8 text", field=name, code="not_text") from None


def read_file(name: str, path: Path) -> File:
    """Read a file that the command line names.

    Raises:
        BadInput: it is not there, is no file, is too large or may not be read.
    """
    try:
        if not path.is_file():
            why = "is a folder" if path.is_dir() else "is not there"
            raise BadInput(f"{path} {why}", field=name, code="no_file")
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path} is larger than 1 GiB", field=name, code="too_large")
        return File(path.name, path.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{str(path)[:200]} cannot be read: {why}", field=name, code="no_file") from None


def read_instrument(name: str, content: File) -> Instrument:
    """Read a certificate written as TOML.

    Raises:
        BadInput: not TOML, or a field is missing or of another type.
    """
    try:
        data = tomllib.loads(_text(name, content))
        points = tuple(CertificatePoint(**point) for point in data.pop("points", ()))
        return Instrument(**data, points=points)
    except (tomllib.TOMLDecodeError, TypeError, RecursionError) as error:
        raise BadInput(
            f"{content.name} is no certificate: {error}", field=name, code="bad_certificate"
        ) from None


def _limits(item: Entry, path: str | None) -> tuple[Limit, ...]:
    if path is None:
        return shipped(item)
    content = read_file("limits", Path(path))
    try:
        data = tomllib.loads(_text("limits", content))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{content.name} is no TOML: {error}", field="limits", code="bad_limit") from None
    return read_limits(data, item)


def run_text(item: Entry, outcome: Outcome, judgement: Judgement) -> str:
    """Give a run as text for a terminal."""
    lines = [f"{title(item)}  ({item.key}, version {item.version})"]
    for row in describe(item, outcome, judgement)["results"].values():
        line = f"  {row['label']}: {row.get('text', row['value'])}"
        if row.get("limits"):
            line += f"  {verdict_word(item.specialty, row['verdict'])}"
        lines.append(line)
        lines += [f"      {_limit_line(limit)}" for limit in row.get("limits", [])]
    lines += [f"  note: {note.text}" for note in all_notes(outcome, judgement)]
    lines.append(verdict_word(item.specialty, judgement.verdict).upper())
    return "\n".join(lines)


def _limit_line(limit: Mapping[str, Any]) -> str:
    source = f"{limit['cite']}:{limit['edition']}" if limit["edition"] else limit["cite"]
    confirm = "" if limit["read"] in ("yes", "adopted") else ", to be confirmed"
    p = limit["p_conform"]
    likely = f"; probability of conformance {p:.3f}" if p is not None else ""
    return f"{limit['text']}, {limit['level']} ({source}{confirm}){likely}"


def _report(path: str, item: Entry, outcome: Outcome, judgement: Judgement) -> None:
    from kilter.interfaces.reports.certificate import certificate_pdf

    document = {"form": 1, "kind": "result", **describe(item, outcome, judgement)}
    try:
        Path(path).write_bytes(certificate_pdf(document, draft=True))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{path[:200]} cannot be written: {why}", field="report", code="no_file") from None
