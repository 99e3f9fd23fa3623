"""`kilter import KIND FILE`: a tester's batch, the neutral sheet, devices, history, makers' declarations."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from kilter.interfaces.cli import gudid, sheets
from kilter.interfaces.cli.sheets import Report
from kilter.interfaces.cli.site import acting, open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

if TYPE_CHECKING:
    from kilter.department.people.models import Person

KINDS = ("rigel", "tests", "devices", "history", "gudid")
LARGEST = 256 << 20


def import_(words: list[str]) -> int:
    """Import a file; one line for each row or block that was not taken; status 1 where there is any.

    Raises:
        BadInput: the file cannot be read, or is none of the kind.
        NotPermitted: the person in whose name it is imported may not.
    """
    parser = Parser("import", "Import tester results as drafts, devices, history, or models.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path)
    sheets.add_options(parser)
    parser.add_argument("--maker", metavar="TEXT", help="of gudid: enter models of makers so called alone")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--by", default="", metavar="USERNAME", help="in whose name")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    if options.kind == "gudid":
        gudid.check(options)  # its bulk files are read piece by piece
    file = File("", b"") if options.kind == "gudid" else read_file(options.file)
    open_site()
    by = None if options.dry_run else acting(options.by)
    report = _report(options, file, by)
    if options.json:
        data = {
            "kind": options.kind,
            "dry_run": options.dry_run,
            "taken": report.taken,
            "refused": report.refused,
        }
        say({**data, "lines": list(report.lines), **report.more})
    else:
        for line in report.lines:
            print(line)
        would = "would be taken" if options.dry_run else "taken"
        print(f"{report.taken} {would}, {report.refused} refused")
    return 1 if report.refused else 0


def read_file(path: Path) -> File:
    """Read a file from disk.

    Raises:
        BadInput: it is not there, or too large.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path} is larger than 256 MiB", field="file")
        return File(path.name, path.read_bytes())
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}", field="file") from problem


def _tests(kind: str, file: File, by: Person | None) -> Report:
    from kilter.department.intake.testers import import_batch, plan
    from kilter.formats.rigel import read_rigel
    from kilter.formats.tester_sheet import read_tester_sheet

    batch = read_rigel(file.content) if kind == "rigel" else read_tester_sheet(file)
    if by is not None:
        taken = import_batch(by=by, file=file, batch=batch)
        return Report(
            len(taken.drafts), taken.refused, taken.lines, {"drafts": [str(one) for one in taken.drafts]}
        )
    lines, refused = [], 0
    for one in plan(batch):
        head = f"line {one.test.line}, {one.test.asset}"
        lines += [f"{head}: {remark}" for remark in one.remarks]
        if one.refusal:
            refused += 1
            lines.append(f"{head}: not taken over: {one.refusal}")
    return Report(len(batch.tests) - refused, refused, tuple(lines), {"drafts": []})


def _report(options: Namespace, file: File, by: Person | None) -> Report:
    """Import by the kind of file, or say what would be imported."""
    if options.maker is not None and options.kind != "gudid":
        raise BadInput("--maker: only for gudid", field="arguments")
    if options.kind == "devices":
        return sheets.devices(options, file, by)
    given = sheets.given(options, but=("all",) if options.kind == "gudid" else ())
    if given:
        raise BadInput(f"{given}: only for devices", field="arguments")
    if options.kind == "gudid":
        return gudid.gudid(options, by)
    return _history(file, by) if options.kind == "history" else _tests(options.kind, file, by)


def _history(file: File, by: Person | None) -> Report:
    from kilter.department.intake import register
    from kilter.formats.sheet import read_sheet

    rows = register.read_history(read_sheet(file, field="file"))
    lines = (*rows.remarks, *rows.refused)
    if by is None:
        return Report(len(rows.good), len(rows.refused), lines, {})
    if rows.refused or not rows.good:
        return Report(0, len(rows.refused), (*lines, "nothing was imported"), {})
    return Report(register.import_history(by=by, rows=rows, source=file.name), 0, lines, {})
