"""`kilter import gudid FILE`: device models completed from what their makers declared, in bounded memory."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from kilter.interfaces.cli.sheets import Report
from kilter.interfaces.cli.words import once, pairs
from kilter.measure.error import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kilter.department.people.models import Person

CHUNK = 1 << 20
NAMES = {
    "kind": "kind",
    "class": "equipment_class",
    "applied_part": "applied_part",
    "power_cord": "power_cord",
}
"""What `--all` says of models that are entered, and the model's field."""


def gudid(options: Namespace, by: Person | None) -> Report:
    """Complete the register's models, or say what would be completed.

    Raises:
        BadInput: the file cannot be read, or `--all` says something else of a model.
    """
    from kilter.department.equipment import actions
    from kilter.department.equipment.gudid import plan
    from kilter.formats.gudid import read_gudid

    new = None
    if options.all:
        said = once(pairs(options.all, "a field of the models that are entered"), "the field")
        new = {NAMES.get(name, name): value for name, value in said.items()}
    path: Path = options.file
    with path.open("rb") as file:
        pieces: Iterator[bytes] = iter(lambda: file.read(CHUNK), b"")
        records = read_gudid(pieces)
        maker = options.maker or ""
        made = plan(records, new=new, maker=maker)
    if by is not None:
        source = path.name[:300]
        actions.import_gudid(by=by, records=made.records, source=source, new=new, maker=maker)
    counts = {"completed": len(made.completed), "entered": len(made.entered), "absent": made.absent}
    words = f"{made.devices} devices in the file: {counts['completed']} models completed, "
    words += f"{counts['entered']} entered, {made.same} as they were, {made.absent} not in the register"
    taken = counts["completed"] + counts["entered"]
    return Report(taken, made.unreadable, (*made.lines, words), counts)


def check(options: Namespace) -> None:
    """Refuse a file that cannot be opened, before the site is.

    Raises:
        BadInput: it cannot.
    """
    try:
        with options.file.open("rb"):
            return
    except OSError as problem:
        raise BadInput(f"{options.file} cannot be read: {problem.strerror}", field="file") from problem
