"""`kilter inspection-pack`: the evidence of a period as one ZIP, and the check of one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kilter.interfaces.cli.site import open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput


def inspection_pack(words: list[str]) -> int:
    """Write a pack, or with `--verify` compare one with its manifest; status 1 where it differs.

    Raises:
        BadInput: the scope will not do, or the file cannot be written or read.
    """
    parser = Parser("inspection-pack", "Write the evidence of a period for an inspection as one ZIP.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--verify", action="store_true", help="compare the file with its manifest instead")
    parser.add_argument("--standard", default="cqc", help="cqc, ukas, irmer or loler")
    parser.add_argument("--from", dest="first", help="first day, YYYY-MM-DD")
    parser.add_argument("--until", dest="last", help="last day, YYYY-MM-DD")
    parser.add_argument("--kind", default="", help="a kind of device only")
    parser.add_argument("--certificates", action="store_true", help="also the certificate of each result")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    if options.verify:
        return _verify(options.file, as_json=options.json)
    first, last = _day("from", options.first), _day("until", options.last)
    open_site()
    from kilter.department.keeping.inspection import Scope, write_pack
    from kilter.interfaces.reports.of_record import certificate_bytes

    scope = Scope(options.standard, first, last, kind=options.kind)
    certify = certificate_bytes if options.certificates else None
    manifest = write_pack(options.file, scope, by=None, certify=certify)
    if options.json:
        say({"file": str(options.file), "members": len(manifest["files"]), "scope": manifest["scope"]})
    else:
        print(f"{options.file}: {len(manifest['files'])} files and their hashes in manifest.json")
    return 0


def _verify(path: Path, *, as_json: bool) -> int:
    open_site(migrated=False)
    from kilter.department.keeping.inspection import verify_pack

    found = verify_pack(path)
    if as_json:
        say({"file": str(path), "problems": found})
    else:
        print("\n".join(found) if found else f"{path}: every file is as it was written")
    return 1 if found else 0


def _day(name: str, typed: str | None) -> date:
    """Read a day.

    Raises:
        BadInput: it is missing, or none.
    """
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        raise BadInput(f"--{name}: write the day as YYYY-MM-DD", field=name) from None
