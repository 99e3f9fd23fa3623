"""`kilter found` and `kilter check`: a new site's first account, and whether a site is sound."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from kilter.interfaces.cli.site import migrate, open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput


def found(words: list[str]) -> int:
    """Open the first account of a new site, as head of department.

    The password is asked for twice, or read from a file; a command line can be seen by other accounts.

    Raises:
        BadInput: the name or the password will not do, or there is nobody to ask.
        Conflict: the department has people already.
    """
    parser = Parser("found", "Open the first account of a new site, as head of department.")
    parser.add_argument("username")
    parser.add_argument("name", help="as certificates show it, such as 'Dr Ada Head'")
    parser.add_argument("--password-file", type=Path, help="file whose first line is the password")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site(migrated=False)
    migrate()
    from kilter.department.people.founding import found_department

    password = _from_file(options.password_file) if options.password_file else _asked()
    head = found_department(username=options.username, display_name=options.name, password=password)
    if options.json:
        say({"id": str(head.uuid), "username": head.username, "name": head.display_name})
    else:
        print(f"{head.display_name} ({head.username}) is head of department")
    return 0


def _from_file(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} cannot be read", field="password-file") from None
    if not lines or not lines[0]:
        raise BadInput(f"{path} holds no password", field="password-file")
    return lines[0]


def _asked() -> str:
    if not sys.stdin.isatty():
        raise BadInput("there is no terminal to ask on; give --password-file", field="password")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise BadInput("the two passwords differ", field="password")
    return first


def check(words: list[str]) -> int:
    """Look at settings, database, files, disk, anchor and clock: one line each; status 1 on a problem.

    Raises:
        BadInput: a setting is wrong.
    """
    parser = Parser("check", "Check settings, database, migrations, files, disk, anchor and clock.")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site(migrated=False)
    from kilter.department.keeping.health import examine

    findings = examine()
    sound = all(one.sound for one in findings)
    if options.json:
        rows = [{"name": one.name, "sound": one.sound, "text": one.text} for one in findings]
        say({"sound": sound, "findings": rows})
    else:
        for one in findings:
            print(f"{'ok     ' if one.sound else 'PROBLEM'}  {one.name:10}  {one.text}")
    return 0 if sound else 1
