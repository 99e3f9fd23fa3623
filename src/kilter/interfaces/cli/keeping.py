"""`kilter backup`, `kilter restore` and `kilter export`."""

from __future__ import annotations

from pathlib import Path

from kilter.interfaces.cli.site import open_site, say
from kilter.interfaces.cli.words import Parser


def backup(words: list[str]) -> int:
    """Write database, files and anchor into one archive; status 1 where a stored file is damaged.

    Raises:
        Conflict: the archive is there already, or a tool of PostgreSQL's is missing.
        BadInput: the archive cannot be written.
    """
    parser = Parser("backup", "Write database, files and anchor into one archive; the site may be running.")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--with-keys", action="store_true", help="also the key that opens files and patients' identities"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.keeping.backup import backup as write

    kept = write(options.file, with_keys=options.with_keys)
    members = kept.manifest["members"]
    size = sum(row["size"] for row in members.values())
    if options.json:
        say(
            {"file": str(options.file), "members": len(members), "bytes": size, "damaged": list(kept.damaged)}
        )
    else:
        for name in kept.damaged:
            print(f"{name}: its bytes are not those that were stored")
        print(f"{options.file}: {len(members)} members, {size} bytes")
        if not options.with_keys:
            print("without keys: its files open only with the site's personal.key; keep that elsewhere")
    return 1 if kept.damaged else 0


def restore(words: list[str]) -> int:
    """Bring an archive back and prove it by walking the chain; status 1 where that does not hold.

    Raises:
        Conflict: the home folder is not empty and `--force` was not given, or no key opens the files.
        BadInput: the archive is damaged, or of another engine.
    """
    parser = Parser("restore", "Bring an archive back; the server and the worker must not be running.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--force", action="store_true", help="put aside what stands in the home folder")
    parser.add_argument("--without-keys", action="store_true", help="go on though no key opens its files")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site(migrated=False)
    from kilter.department.keeping.backup import restore as bring

    done = bring(options.file, force=options.force, without_keys=options.without_keys)
    found = done.verified
    if options.json:
        say(
            {
                "made_at": done.manifest.get("made_at"),
                "holds": found.holds,
                "records": found.records,
                "head": found.head,
                "set_aside": str(done.set_aside) if done.set_aside else None,
                "problems": [{"record": one.number or None, "text": one.text} for one in found.problems],
            }
        )
        return 0 if found.holds else 1
    if done.set_aside:
        print(f"what stood here before is in {done.set_aside}")
    for one in found.problems:
        print(f"record {one.number}: {one.text}" if one.number else f"the chain: {one.text}")
    outcome = "and the chain holds" if found.holds else "but the chain does NOT hold"
    print(f"restored the backup of {done.manifest.get('made_at')}: {found.records} records, {outcome}")
    return 0 if found.holds else 1


def export(words: list[str]) -> int:
    """Write everything out in open formats; status 1 where a stored file is not on disk.

    Raises:
        Conflict: the folder is not empty.
        BadInput: it cannot be written.
    """
    parser = Parser("export", "Write everything out in open formats: CSV, JSON lines, the files as they are.")
    parser.add_argument("dir", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.keeping.export import export as write

    manifest = write(options.dir)
    if options.json:
        say({"dir": str(options.dir), "files": len(manifest["files"]), "missing": manifest["missing"]})
    else:
        for sha256 in manifest["missing"]:
            print(f"the stored file {sha256} is not on disk")
        print(f"{options.dir}: {len(manifest['files'])} files and their hashes in manifest.json")
    return 1 if manifest["missing"] else 0
