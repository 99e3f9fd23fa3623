"""The content store: whole or absent, the same once, and never silently other than stored."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.ledger import cipher, files
from kilter.department.ledger.cipher import ENCIPHERED
from kilter.department.ledger.models import StoredFile
from kilter.measure.error import BadInput, Fault, NotFound

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of "abc" (FIPS 180-2, appendix B.1)."""


@pytest.mark.django_db
def test_stored_under_the_published_digest(file_store):
    row = files.store(b"abc", media_type="text/plain")
    assert (row.sha256, row.size) == (ABC, 3)
    assert files.read(ABC) == b"abc"
    assert (file_store / "ba" / ABC).exists()


@pytest.mark.django_db
def test_nothing_stands_on_the_disk_in_clear(file_store):
    content = b"PatientName=QUARRINGTON^EDITH" * 100
    sha256 = files.store(content, media_type="application/dicom").sha256
    kept = (file_store / sha256[:2] / sha256).read_bytes()
    assert kept.startswith(ENCIPHERED)
    assert b"QUARRINGTON" not in kept
    again = files.store(content + b".", media_type="application/dicom").sha256
    assert kept[:40] != (file_store / again[:2] / again).read_bytes()[:40]  # a nonce of its own


@pytest.mark.django_db
def test_what_an_earlier_version_kept_in_clear_still_opens(file_store):
    files.store(b"abc", media_type="text/plain")
    (file_store / "ba" / ABC).write_bytes(b"abc")
    assert files.read(ABC) == b"abc"
    assert files.read_many([ABC]) == {ABC: b"abc"}


@pytest.mark.django_db
def test_a_file_under_another_name_does_not_open(file_store):
    other = files.store(b"another", media_type="text/plain").sha256
    files.store(b"abc", media_type="text/plain")
    (file_store / "ba" / ABC).write_bytes((file_store / other[:2] / other).read_bytes())
    with pytest.raises(Fault, match="not what was stored"):
        files.read(ABC)


@pytest.mark.django_db
def test_without_the_right_key_no_file_opens_and_none_is_made(file_store, settings):
    files.store(b"abc", media_type="text/plain")
    key = cipher.key_path()
    right = key.read_bytes()
    key.write_bytes(Fernet.generate_key())
    with pytest.raises(Fault, match="not what was stored"):
        files.read(ABC)
    key.unlink()
    with pytest.raises(Fault, match=r"personal\.key\) is not there"):
        files.read(ABC)
    assert not key.exists()
    key.write_bytes(right)
    assert files.read(ABC) == b"abc"


@pytest.mark.django_db
@given(cut=st.integers(0, 60), at=st.integers(0, 59), bit=st.integers(1, 255))
def test_what_is_cut_or_changed_is_never_given_out(cut, at, bit):
    with transaction.atomic():
        sha256 = files.store(b"abc" * 7, media_type="text/plain").sha256
        path = files.path_of(sha256)
        kept = path.read_bytes()
        changed = bytearray(kept)
        changed[at % len(kept)] ^= bit
        for wrong in (bytes(changed), kept[: min(cut, len(kept) - 1)]):
            path.write_bytes(wrong)
            with pytest.raises(Fault, match="not what was stored"):
                files.read(sha256)
        path.write_bytes(kept)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_same_bytes_are_one_row_and_one_file(file_store):
    first = files.store(b"abc", media_type="text/plain")
    assert files.store(b"abc", media_type="application/octet-stream") == first
    assert StoredFile.objects.count() == 1
    assert [path.name for path in file_store.rglob("*") if path.is_file()] == [ABC]


@pytest.mark.django_db
@given(content=st.binary(min_size=1, max_size=3000))
def test_what_goes_in_comes_out(content):
    with transaction.atomic():
        row = files.store(content, media_type="application/octet-stream")
        assert files.read(row.sha256) == content
        assert row.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.django_db
@pytest.mark.parametrize("damage", [b"abd", b"", b"abcabc"])
def test_a_damaged_file_is_never_given_out(file_store, damage):
    files.store(b"abc", media_type="text/plain")
    (file_store / "ba" / ABC).write_bytes(damage)
    with pytest.raises(Fault, match="not what was stored"):
        files.read(ABC)
    files.store(b"abc", media_type="text/plain")
    assert files.read(ABC) == b"abc"


@pytest.mark.django_db
def test_a_missing_file_is_our_fault_and_an_unknown_one_not_found(file_store):
    files.store(b"abc", media_type="text/plain")
    (file_store / "ba" / ABC).unlink()
    with pytest.raises(Fault, match="cannot be read"):
        files.read(ABC)
    with pytest.raises(NotFound):
        files.read("0" * 64)


@pytest.mark.parametrize(
    "sha256", ["", "../../etc/passwd", "x" * 64, ABC.upper(), ABC[:-1], "../" * 21 + "a"]
)
def test_no_path_is_made_from_anything_but_a_digest(sha256):
    with pytest.raises(BadInput):
        files.path_of(sha256)


@pytest.mark.django_db
@pytest.mark.parametrize("media_type", ["", "text", "/plain", "text/", "a/" + "b" * 100, "text/pl\nain"])
def test_a_media_type_that_is_none(media_type):
    with pytest.raises(BadInput) as caught:
        files.store(b"abc", media_type=media_type)
    assert caught.value.field == "media_type"


@pytest.mark.django_db
def test_an_empty_file_is_refused():
    with pytest.raises(BadInput, match="empty"):
        files.store(b"", media_type="text/plain")


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_disk_that_fails_leaves_no_row_and_no_name(file_store, monkeypatch, step):
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(*((os, "fsync", fail) if step == "fsync" else (Path, "rename", fail)))
    with pytest.raises(OSError, match="no space"):
        files.store(b"abc", media_type="text/plain")
    monkeypatch.undo()
    assert not StoredFile.objects.exists()
    assert [path for path in file_store.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_a_crash_before_the_row_leaves_a_file_that_is_taken_up(file_store, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StoredFile.objects, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            files.store(b"abc", media_type="text/plain")
    assert not StoredFile.objects.exists()
    assert files.store(b"abc", media_type="text/plain").sha256 == ABC
    assert files.read(ABC) == b"abc"


WRITER = """
import sys, itertools
from pathlib import Path
from kilter.department.ledger import cipher, files
from kilter.department.ledger.cipher import ENCIPHERED
print("ready", flush=True)
for number in itertools.count():
    content = number.to_bytes(4, "big") * 200_000
    import hashlib
    files._put(Path(sys.argv[1]) / "aa" / hashlib.sha256(content).hexdigest(), content)
"""


def test_killed_in_the_middle_of_writing_no_name_holds_half_a_file(tmp_path):
    """Every file under its final name is whole, wherever the kill fell; drafts are swept."""
    whole = 0
    environment = {
        **os.environ, "PYTHONPATH": "src", "KILTER_HOME": str(tmp_path / "home"), "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "kilter.server.settings",
    }  # fmt: skip
    program = "import django; django.setup()\n" + WRITER
    for delay in (0.01, 0.03, 0.05):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "files")], env=environment, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    key = cipher.read_key(tmp_path / "home" / "personal.key")
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file() and not path.name.startswith(files.DRAFT_PREFIX):
            content = cipher.decipher_file(path.read_bytes(), path.name, key=key)
            assert content is not None
            assert hashlib.sha256(content).hexdigest() == path.name
            whole += 1
    assert whole > 0


def test_drafts_left_behind_are_swept_and_young_ones_kept(file_store):
    folder = file_store / "aa"
    folder.mkdir(parents=True)
    old, young = folder / f"{files.DRAFT_PREFIX}1", folder / f"{files.DRAFT_PREFIX}2"
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    assert files.sweep_drafts(older_than=2000) == 1
    assert not old.exists()
    assert young.exists()


@pytest.mark.django_db
def test_many_files_are_read_by_one_query_and_what_is_not_as_stored_is_none(
    file_store, django_assert_num_queries
):
    kept, altered, lost = (
        files.store(one, media_type="x/y").sha256 for one in (b"kept", b"altered", b"lost")
    )
    files.path_of(altered).chmod(0o600)
    files.path_of(altered).write_bytes(b"other")
    files.path_of(lost).unlink()
    with django_assert_num_queries(1):
        found = files.read_many([kept, altered, lost, "0" * 64, kept])
    assert found == {kept: b"kept", altered: None, lost: None, "0" * 64: None}
