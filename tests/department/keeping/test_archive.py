"""The archive: what goes in comes out byte for byte, and whatever else it holds is refused by name."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.keeping.archive import FORM, MANIFEST, unpack, write_archive
from kilter.measure.error import BadInput, Conflict, Fault, KilterError

SHA = hashlib.sha256(b"a stored file").hexdigest()
STORED = f"files/{SHA[:2]}/{SHA}"
CONTENT = {"anchor.txt": b"1 " + b"0" * 64 + b" 2026-01-01T00:00:00Z\n", "database.sqlite3": b"rows" * 5000}
CONTENT[STORED] = b"a stored file"


@pytest.fixture
def members(tmp_path: Path) -> list[tuple[str, Path]]:
    """Files on disk, and their names in an archive."""
    found = []
    for number, (name, content) in enumerate(CONTENT.items()):
        path = tmp_path / f"source{number}"
        path.write_bytes(content)
        found.append((name, path))
    return found


@pytest.fixture
def archive(tmp_path: Path, members: list[tuple[str, Path]]) -> Path:
    """A whole archive."""
    write_archive(tmp_path / "whole.tar", members, {"made_at": "2026-01-01T00:00:00Z"})
    return tmp_path / "whole.tar"


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_what_went_in_comes_out(archive: Path, tmp_path: Path) -> None:
    into = empty(tmp_path)
    manifest = unpack(archive, into)
    assert content_of(into) == CONTENT
    assert manifest["made_at"] == "2026-01-01T00:00:00Z"
    assert manifest["members"][STORED] == {"sha256": SHA, "size": 13}
    assert all(path.stat().st_mode & 0o077 == 0 for path in into.rglob("*") if path.is_file())


def test_any_machine_opens_it(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert names == [*CONTENT, MANIFEST]  # the manifest last: a cut archive has none
        assert json.loads(tar.extractfile(MANIFEST).read())["form"] == FORM


def test_an_archive_is_whole_or_not_there(tmp_path: Path, members: list[tuple[str, Path]]) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write_archive(tmp_path / "a.tar", [*members, ("personal.key", tmp_path / "gone")], {})
    assert not list(tmp_path.glob("*a.tar*"))
    assert not list(tmp_path.glob(".a.tar*"))


def test_another_archive_is_never_overwritten(archive: Path, members: list[tuple[str, Path]]) -> None:
    before = archive.read_bytes()
    with pytest.raises(Conflict, match="never overwrites another"):
        write_archive(archive, members, {})
    assert archive.read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "/etc/passwd",
        "manifest.json",
        "files/ab/short",
        f"files/00/{SHA}",
        f"{STORED}\n",
        "anchor.txt",
    ],
    ids=["up", "absolute", "manifest", "short", "wrong folder", "line end", "twice"],
)
def test_a_name_that_is_none_is_never_written(
    tmp_path: Path, members: list[tuple[str, Path]], name: str
) -> None:
    with pytest.raises(Fault, match="is no member of an archive"):
        write_archive(tmp_path / "a.tar", [*members, (name, members[0][1])], {})
    assert not (tmp_path / "a.tar").exists()


def test_a_file_that_grows_while_it_is_read_is_noticed(
    tmp_path: Path, members: list[tuple[str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tarfile.TarFile.addfile

    def addfile(self: tarfile.TarFile, head: tarfile.TarInfo, file: Any = None) -> None:
        if head.name == "anchor.txt":
            with members[0][1].open("ab") as grown:
                grown.write(b"2 more\n")
        whole(self, head, file)

    monkeypatch.setattr(tarfile.TarFile, "addfile", addfile)
    with pytest.raises(Fault, match="grew while it was read"):
        write_archive(tmp_path / "a.tar", members, {})
    assert not (tmp_path / "a.tar").exists()


Change = Callable[[tarfile.TarInfo, bytes], "tuple[tarfile.TarInfo, bytes] | None"]


def rewritten(archive: Path, change: Change, *behind: tuple[str, bytes]) -> Path:
    """Write the archive again with every member changed or left out, and some more behind them."""
    path = archive.with_name("changed.tar")
    with tarfile.open(archive) as old, tarfile.open(path, "w") as new:
        for head in old:
            made = change(head, old.extractfile(head).read())
            if made is not None:
                made[0].size = len(made[1])
                new.addfile(made[0], io.BytesIO(made[1]))
        for name, content in behind:
            head = tarfile.TarInfo(name)
            head.size = len(content)
            new.addfile(head, io.BytesIO(content))
    return path


def as_it_is(head: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return head, content


def renamed(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Change:
    """Give the anchor another name or kind."""

    def change(head: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if head.name == "anchor.txt":
            head.name, head.type, head.linkname = name, kind, link
            content = content if kind == tarfile.REGTYPE else b""
        return head, content

    return change


TRICKS = {
    "up": renamed("../outside.txt"),
    "far up": renamed("files/../../outside.txt"),
    "absolute": renamed("/tmp/outside.txt"),
    "here": renamed("./anchor.txt"),
    "hidden": renamed(".bashrc"),
    "backslash": renamed("..\\outside.txt"),
    "line end": renamed("anchor.txt\n"),
    "other folder": renamed(f"files/{'0' if SHA[0] != '0' else '1'}{SHA[1]}/{SHA}"),
    "upper case": renamed(f"files/{SHA[:2]}/{SHA.upper()}"),
    "symbolic link": renamed("anchor.txt", tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": renamed("anchor.txt", tarfile.LNKTYPE, "database.sqlite3"),
    "folder": renamed("anchor.txt", tarfile.DIRTYPE),
    "device": renamed("anchor.txt", tarfile.CHRTYPE),
    "pipe": renamed("anchor.txt", tarfile.FIFOTYPE),
    "link as manifest": renamed(MANIFEST, tarfile.SYMTYPE, "anchor.txt"),
    "the same twice": renamed("database.sqlite3"),
}


@pytest.mark.parametrize("trick", sorted(TRICKS))
def test_a_member_that_none_may_be_is_refused_and_written_nowhere(
    archive: Path, tmp_path: Path, trick: str
) -> None:
    into = empty(tmp_path)
    before = set(tmp_path.iterdir()) | {archive.with_name("changed.tar")}
    with pytest.raises(BadInput, match=r"is no member of a backup"):
        unpack(rewritten(archive, TRICKS[trick]), into)
    assert set(tmp_path.iterdir()) == before
    assert set(content_of(into)) <= set(CONTENT)


def without(name: str) -> Change:
    return lambda head, content: None if head.name == name else (head, content)


def with_content(name: str, make: Callable[[bytes], bytes]) -> Change:
    return lambda head, content: (head, make(content) if head.name == name else content)


def manifest_of(**changes: Any) -> Change:
    """Change what the manifest says."""
    return with_content(MANIFEST, lambda content: json.dumps({**json.loads(content), **changes}).encode())


DAMAGE: dict[str, tuple[Change, str]] = {
    "a bit": (
        with_content(STORED, lambda c: bytes([c[0] ^ 1]) + c[1:]),
        f"{STORED} is not what was backed up",
    ),
    "longer": (with_content("anchor.txt", lambda c: c + b"\n"), "anchor.txt is not what was backed up"),
    "emptied": (
        with_content("database.sqlite3", lambda c: b""),
        "database.sqlite3 is not what was backed up",
    ),
    "left out": (without("anchor.txt"), "anchor.txt is missing"),
    "no manifest": (without(MANIFEST), "is cut short: it has no manifest"),
    "unlisted": (manifest_of(members={}), "anchor.txt is not in the manifest"),
    "later form": (manifest_of(form=FORM + 1), "its manifest is none that is known here"),
    "no form": (manifest_of(form=None), "its manifest is none that is known here"),
    "a list": (manifest_of(members=[]), "its manifest is none that is known here"),
    "no JSON": (with_content(MANIFEST, lambda c: c[:-2]), "is no whole archive"),
    "no text": (with_content(MANIFEST, lambda c: b"\xff\xfe"), "is no whole archive"),
    "no mapping": (with_content(MANIFEST, lambda c: b"[]"), "its manifest is none that is known here"),
    "too deep": (with_content(MANIFEST, lambda c: b"[" * 200_000), "is no whole archive"),
}


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_a_damaged_archive_names_what_is_wrong(archive: Path, tmp_path: Path, damage: str) -> None:
    change, words = DAMAGE[damage]
    with pytest.raises(BadInput) as refused:
        unpack(rewritten(archive, change), empty(tmp_path))
    assert words in refused.value.message
    assert refused.value.field == "file"


def test_nothing_stands_behind_the_manifest(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="something stands behind the manifest"):
        unpack(rewritten(archive, as_it_is, ("personal.key", b"another key")), empty(tmp_path))
    assert not (tmp_path / "into" / "personal.key").exists()


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.tar", tmp_path):
        with pytest.raises(BadInput, match="is no whole archive"):
            unpack(path, tmp_path)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.98])
def test_an_archive_cut_anywhere_is_refused(archive: Path, tmp_path: Path, part: float) -> None:
    content = archive.read_bytes()
    end = content.index(MANIFEST.encode())  # what is behind it is padding
    archive.write_bytes(content[: int(end * part)])
    with pytest.raises(BadInput):
        unpack(archive, empty(tmp_path))


@settings(max_examples=80)
@given(seed=st.integers(0, 2**32 - 1), changed=st.integers(1, 4))
def test_whatever_is_changed_is_refused_or_gives_the_same_bytes(
    archive: Path, tmp_path_factory: pytest.TempPathFactory, seed: int, changed: int
) -> None:
    import random

    rng = random.Random(seed)
    content = bytearray(archive.read_bytes())
    for _ in range(changed):
        content[rng.randrange(len(content))] = rng.randrange(256)
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "bad.tar").write_bytes(content)
    (folder / "into").mkdir()
    try:
        unpack(folder / "bad.tar", folder / "into")
    except KilterError:
        return
    assert content_of(folder / "into") == CONTENT
