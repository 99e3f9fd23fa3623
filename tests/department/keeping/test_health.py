"""Is the site sound? Every finding is made to happen, and every look that fails is a finding."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from kilter.department.keeping import health
from kilter.department.keeping.health import examine
from kilter.department.ledger import cipher, clock, files
from kilter.department.ledger.models import Outbox
from kilter.department.ledger.outbox import MOST_ATTEMPTS
from kilter.department.people.models import Person
from kilter.department.records.chain import anchor_path, write_anchor
from kilter.department.records.models import ChainHead
from kilter.measure.error import Fault

pytestmark = pytest.mark.django_db

LOOKS = [
    "settings",
    "database",
    "migrations",
    "people",
    "files",
    "key",
    "disk",
    "anchor",
    "clock",
    "background",
]


def found(name: str) -> tuple[bool, str]:
    """What is found of one thing."""
    row = {one.name: one for one in examine()}[name]
    return row.sound, row.text


def anchored() -> None:
    """Write the anchor of the chain as it stands; tests never commit, so nothing did."""
    head = ChainHead.objects.get(pk=1)
    write_anchor(head.count, head.head)


def test_everything_is_looked_at_in_order(shop: Any) -> None:
    shop.visit()
    anchored()
    assert [one.name for one in examine()] == LOOKS
    unsound = [one.name for one in examine() if not one.sound]
    assert set(unsound) <= {"database"}  # a database in memory has no journal


def test_looking_changes_nothing(shop: Any, settings: Any) -> None:
    shop.visit()
    before = sorted(path for path in Path(settings.FILE_STORE).rglob("*"))
    examine()
    assert sorted(path for path in Path(settings.FILE_STORE).rglob("*")) == before


def test_a_demo_says_that_it_is_one(shop: Any, settings: Any) -> None:
    from dataclasses import replace

    assert found("settings")[1].endswith("in earnest")
    settings.KILTER = replace(settings.KILTER, demo=True)
    assert found("settings")[1].endswith("demo")


def test_a_database_that_loses_commits_is_unsound(shop: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL flushes by itself")
    sound, text = found("database")
    assert text.startswith("SQLite, journal ")
    assert sound == ("journal wal, flushed" in text)


def test_a_migration_that_is_missing_is_named(shop: Any) -> None:
    assert found("migrations") == (True, "all applied")
    newest = MigrationRecorder.Migration.objects.filter(app="records").order_by("-id")[0]
    name = newest.name
    newest.delete()
    sound, text = found("migrations")
    assert not sound
    assert f"records.{name} first" in text


def test_a_site_without_a_head_is_unsound(shop: Any) -> None:
    assert found("people")[0]
    Person.objects.filter(pk=shop.head.pk).update(is_active=False)
    sound, text = found("people")
    assert not sound
    assert "there is no head of department" in text


def test_a_store_that_cannot_be_written_is_found(shop: Any, settings: Any, tmp_path: Path) -> None:
    settings.FILE_STORE = tmp_path / "taken"
    settings.FILE_STORE.write_text("a file where the folder should be")
    sound, text = found("files")
    assert not sound
    assert "could not be looked at" in text


@pytest.mark.parametrize(("free", "sound"), [((1 << 30) - 1, False), (1 << 30, True)], ids=["less", "enough"])
def test_a_disk_has_room_or_not(shop: Any, monkeypatch: pytest.MonkeyPatch, free: int, sound: bool) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free, 0, free))
    assert found("disk")[0] is sound


def test_an_empty_chain_needs_no_anchor_and_a_longer_one_does(shop: Any) -> None:
    assert found("anchor") == (True, "no anchor; the chain has 0 records")
    shop.visit()
    assert found("anchor") == (False, "no anchor; the chain has 5 records")
    anchored()
    assert found("anchor") == (True, "at 5 of 5 records")


def test_a_chain_cut_short_or_rewritten_is_found_by_its_anchor(shop: Any) -> None:
    shop.visit()
    anchored()
    write_anchor(7, "a" * 64)
    sound, text = found("anchor")
    assert not sound
    assert "the anchor knows 7 records, the chain has 5: its end was cut off" in text
    anchor_path().write_text(f"5 {'b' * 64} 2026-01-01T00:00:00Z\n")
    assert found("anchor") == (False, "the anchor has another hash for record 5")


def test_an_anchor_that_cannot_be_read_is_a_finding(shop: Any) -> None:
    anchor_path().write_text("this is no anchor\n")
    sound, text = found("anchor")
    assert not sound
    assert "line 1: this is no anchor" in text


def test_a_clock_that_went_back_is_found(shop: Any) -> None:
    shop.visit()
    assert found("clock")[0]
    with clock.at(clock.now() - timedelta(hours=1)):
        sound, text = found("clock")
    assert not sound
    assert "but the newest record was sealed at" in text


def test_reactions_that_fail_again_and_again_wait_for_a_person(shop: Any) -> None:
    Outbox.objects.all().delete()
    Outbox.objects.create(kind="records.sealed", payload={})
    assert found("background") == (True, "1 waiting")
    Outbox.objects.update(attempts=MOST_ATTEMPTS)
    sound, text = found("background")
    assert not sound
    assert text.startswith("1 reactions failed again and again")


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Fault("the disk is gone"), "the disk is gone"),
        (DatabaseError("secret detail"), "could not be looked at (DatabaseError)"),
        (PermissionError(13, "no"), "could not be looked at (PermissionError)"),
    ],
    ids=["ours", "database", "system"],
)
def test_a_look_that_fails_is_a_finding_and_the_others_go_on(
    shop: Any, monkeypatch: pytest.MonkeyPatch, problem: Exception, text: str
) -> None:
    def fail() -> Any:
        raise problem

    monkeypatch.setattr(health, "_people", fail)
    assert found("people") == (False, text)
    assert [one.name for one in examine()] == LOOKS


def test_the_key_has_a_mark_and_its_loss_is_said(file_store: Path) -> None:
    assert found("key") == (True, "personal.key is not there yet")
    files.store(b"abc", media_type="text/plain")
    sound, text = found("key")
    assert sound
    assert cipher.mark_of(cipher.read_key(cipher.key_path())) in text
    cipher.key_path().unlink()
    assert found("key") == (False, "personal.key is not there: nothing stored opens")
    cipher.key_path().write_text("no key")
    assert found("key") == (False, "personal.key holds no key")
