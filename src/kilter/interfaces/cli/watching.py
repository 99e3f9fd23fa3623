"""`kilter watch FOLDER`: files of testers become drafts, notices alerts; each is put away, reported."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kilter.interfaces.cli.importing import LARGEST, read_file
from kilter.interfaces.cli.site import acting, open_site
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput, KilterError

if TYPE_CHECKING:
    from kilter.department.people.models import Person

SETTLED = 2.0
"""Seconds for which a file must not have changed; a tester may still be writing it."""


def watch(words: list[str]) -> int:
    """Take up tester files from a folder, until stopped; with --once, those that are there now.

    With --notices, each file is the wording of a safety notice instead, and is received as an alert whose
    criteria a person confirms.

    A file goes to `done/` or `refused/` under the head of its SHA-256, with a text that says what was
    taken and why not. The same file again changes nothing.

    Raises:
        BadInput: there is no such folder, or the pause is none.
        NotPermitted: the person in whose name it is done may not.
    """
    parser = Parser("watch", "Take up tester results (Rigel 288, neutral sheet) from a folder, as drafts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by", default="", metavar="USERNAME", help="in whose name")
    parser.add_argument("--notices", action="store_true", help="the files are safety notices, as text")
    parser.add_argument("--once", action="store_true", help="take up what is there, and end")
    parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS")
    options = parser.read(words)
    if not options.folder.is_dir():
        raise BadInput(f"{options.folder} is no folder", field="folder")
    if not 1 <= options.every <= 3600:
        raise BadInput("every: must be from 1 to 3600 seconds", field="every")
    open_site()
    by, take = acting(options.by), take_notice if options.notices else take_up
    while True:
        for path in waiting(options.folder, settled=0.0 if options.once else SETTLED):
            print(take(path, by), flush=True)
        if options.once:
            return 0
        time.sleep(options.every)


def waiting(folder: Path, *, settled: float) -> list[Path]:
    """List the files of a folder that nobody wrote to for some seconds, the oldest first."""
    now = time.time()
    files = [
        (path.stat().st_mtime, path)
        for path in folder.iterdir()
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    ]
    return [path for changed, path in sorted(files) if now - changed >= settled]


def take_up(path: Path, by: Person) -> str:
    """Take up one file and put it away; give the line that says what became of it."""
    from kilter.department.intake.testers import import_batch
    from kilter.formats.tester_batch import read_batch

    try:
        file = read_file(path)
        taken = import_batch(by=by, file=file, batch=read_batch(file))
    except KilterError as problem:
        _put_away(path, "refused", [problem.message])
        return f"{path.name}: refused: {problem.message}"
    outcome = f"{len(taken.drafts)} taken, {taken.refused} not taken"
    _put_away(path, "done", [outcome, *taken.lines])
    return f"{path.name}: {outcome}"


def take_notice(path: Path, by: Person) -> str:
    """Receive one notice as an alert, with what it seems to be about proposed; give the line of the outcome.

    One that names no reference is known by the head of its SHA-256; one that names no day of issue counts
    as issued on the day of its receipt, and its report says so.
    """
    from django.db import transaction

    from kilter.department.ledger import clock, files
    from kilter.department.safety.actions import add_alert
    from kilter.department.safety.notice import read_notice

    try:
        wording = _text(read_file(path).content)
        made = read_notice(wording)
        with transaction.atomic():
            kept = files.store(wording.encode(), media_type="text/plain")
            alert = add_alert(
                by=by,
                reference=made.reference or f"file {kept.sha256[:12]}",
                source=made.source,
                title=made.title,
                issued=made.issued or clock.now().date(),
                text=wording,
                action_by=made.action_by,
                proposed=made.criteria,
                file=kept,
            )
    except KilterError as problem:
        _put_away(path, "refused", [problem.message])
        return f"{path.name}: refused: {problem.message}"
    missing = [] if made.issued else ["no day of issue was read: the day of receipt stands for it"]
    _put_away(path, "done", [f"received as {alert.reference}", *missing])
    return f"{path.name}: received as {alert.reference}" + "".join(f"; {line}" for line in missing)


def _text(content: bytes) -> str:
    """Read a file as text.

    Raises:
        BadInput: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("file: a notice is text in UTF-8", field="file") from None


def _put_away(path: Path, where: str, lines: list[str]) -> None:
    """Move a file aside, and write its report beside it; a file that cannot be read keeps its name."""
    folder = path.parent / where
    try:
        folder.mkdir(exist_ok=True)
        small = path.stat().st_size <= LARGEST
        head = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if small else "large"
        path.replace(folder / f"{head}-{path.name}")
        report = folder / f"{head}-{path.name}.txt"
        report.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="replace")
    except OSError as problem:
        raise BadInput(f"{path} cannot be put away: {problem.strerror}", field="folder") from problem
