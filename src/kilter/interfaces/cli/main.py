"""`kilter COMMAND ...`: find the command, run it, turn what went wrong into one line and an exit status."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence

from kilter.measure.error import BadInput, Fault, KilterError, answer_to

# command: (module, function, one line of help). Modules load only when their command is called.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "procedures": ("look", "procedures", "list every procedure, or those of one specialty"),
    "show": ("look", "show", "what a procedure asks, gives, cites and is judged by"),
    "run": ("run", "run", "run a procedure on given values and files, and judge it"),
    "validate": ("look", "validate", "run every worked example and print how far each comes out"),
    "index": ("look", "index", "write the index of the specialties (after adding or changing a procedure)"),
    "reference-object": (
        "reference",
        "reference_object",
        "write an image of known truth, to prove an installed copy",
    ),
    "demo": ("demo", "demo", "make and serve a demonstration hospital on this machine"),
    "serve": ("serving", "serve", "serve the web pages and the API"),
    "worker": ("serving", "worker", "carry out what waits in the background"),
    "listen": ("listening", "listen", "take in the DICOM objects that devices and archives send"),
    "found": ("founding", "found", "create the first head of department of a new site"),
    "check": ("founding", "check", "check settings, database, files and migrations"),
    "verify": ("chain", "verify", "walk the chain of sealed records and say whether it holds"),
    "replay": ("chain", "replay", "run stored records again and say which would come out otherwise"),
    "import": ("importing", "import_", "read a file of tester results, devices, history or GUDID"),
    "watch": ("watching", "watch", "take up tester results from a folder, as drafts"),
    "export": ("keeping", "export", "write everything out in open formats"),
    "inspection-pack": ("inspection", "inspection_pack", "write the evidence of a period for an inspection"),
    "digest": ("digest", "digest", "send each person the mail of the day: due, overdue, to sign, alerts"),
    "register": ("registers", "register", "write the register, or a list that a regulation names"),
    "labels": ("registers", "labels", "print labels for devices"),
    "backup": ("keeping", "backup", "write database and files into one archive"),
    "restore": ("keeping", "restore", "bring an archive back and prove it by verifying"),
}


def usage() -> str:
    """Give the list of commands."""
    lines = [f"  {name:17} {about}" for name, (_, _, about) in COMMANDS.items()]
    return "usage: kilter COMMAND ...   (kilter COMMAND --help tells more)\n\n" + "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Run one command line.

    Args:
        words: the arguments behind `kilter`.

    Returns:
        The exit status: 0 within limits or none applied, 1 outside or undecided, 2 bad input, 3 the
        analysis cannot tell, 4 a fault of ours.
    """
    if not words or words[0] in ("--help", "-h", "help"):
        print(usage())
        return 0
    if words[0] == "--version":
        from kilter import __version__

        print(f"kilter {__version__}")
        return 0
    try:
        return _dispatch(words[0], words[1:])
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:  # argparse after --help
        return int(leaving.code or 0)
    except Exception as error:
        return report(error, as_json="--json" in words)


def _dispatch(command: str, rest: Sequence[str]) -> int:
    if command not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; kilter --help lists them"
        raise BadInput(f"there is no command {command[:40]!r}{hint}", field="command")
    module, function, _ = COMMANDS[command]
    loaded = importlib.import_module(f"kilter.interfaces.cli.{module}")
    return int(getattr(loaded, function)(list(rest)))


def report(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong in one line (or as JSON on standard output) and give the exit status."""
    if not isinstance(error, KilterError):
        if os.environ.get("KILTER_TRACEBACK"):
            raise error
        error = Fault(f"{type(error).__name__}: {error}".splitlines()[0][:300])
    from kilter.interfaces.cli.words import printable

    if as_json:
        print(printable(json.dumps({"error": error.as_data()}, ensure_ascii=False)))
    else:
        field = f"{error.field}: " if error.field and error.field not in error.message else ""
        line = "".join(mark if mark.isprintable() else " " for mark in f"{field}{error.message}")
        print(f"kilter: {line}", file=sys.stderr)
    return answer_to(error).exit_status


def entry() -> None:
    """Entry point of the installed script."""
    sys.exit(main(sys.argv[1:]))
