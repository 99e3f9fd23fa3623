"""What identifies a patient: opened only by the site's key, only as sealed, never again once destroyed."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from kilter.department.ledger.cipher import KEY_FILE, cipher, keyed_digest
from kilter.department.people.actions import grant_role
from kilter.department.records import actions
from kilter.department.records.models import PersonalPart, Record
from kilter.department.records.personal import read_personal
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, Fault, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

WHO = {"name": "Zoë Ŵ", "number": "943 476 5919"}


@pytest.fixture
def officer(shop: Any) -> Any:
    """Who may add and destroy."""
    grant_role(by=shop.head, person=shop.second, role="safety_officer")
    return shop.second


@pytest.fixture
def part(shop: Any, officer: Any) -> PersonalPart:
    """A personal part beside a record."""
    record = shop.visit()[0]
    return actions.add_to_personal(by=officer, record=record, payload=WHO, confirmation=shop.confirm(officer))


def key_path() -> Path:
    return Path(settings.KILTER.home) / KEY_FILE


def test_what_was_added_is_read_again(part: PersonalPart) -> None:
    assert read_personal(PersonalPart.objects.get(pk=part.pk)) == WHO
    assert verify().holds


def test_neither_chain_nor_table_holds_it_in_the_open(part: PersonalPart) -> None:
    texts = "".join(Record.objects.values_list("text", flat=True))
    assert "Zoë" not in texts
    assert "943 476" not in texts
    assert "Zoë".encode() not in bytes(part.payload)
    assert part.digest in texts


def test_the_key_is_a_file_of_the_owner_alone_and_made_once(part: PersonalPart) -> None:
    before = key_path().read_bytes()
    assert key_path().stat().st_mode & 0o077 == 0
    cipher(make=True)
    assert key_path().read_bytes() == before
    assert [path.name for path in key_path().parent.glob(".personal.key.*")] == []


def test_reading_never_makes_a_key(part: PersonalPart) -> None:
    key_path().unlink()
    with pytest.raises(Fault, match="is not there"):
        read_personal(part)
    assert not key_path().exists()


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff" * 44], ids=["empty", "word", "bytes"])
def test_a_key_file_that_holds_no_key_is_named(part: PersonalPart, content: bytes) -> None:
    key_path().write_bytes(content)
    with pytest.raises(Fault, match=f"{KEY_FILE} holds no key"):
        read_personal(part)


def test_another_sites_key_opens_nothing(part: PersonalPart) -> None:
    key_path().write_bytes(Fernet.generate_key())
    with pytest.raises(Fault, match="the site's key does not open"):
        read_personal(part)


def test_another_patient_behind_the_same_digest_is_noticed(part: PersonalPart) -> None:
    part.payload = cipher().encrypt(b'{"name":"Somebody Else"}')
    with pytest.raises(Fault, match="is not what was sealed"):
        read_personal(part)


def test_the_digest_is_the_keyed_one_of_the_standard() -> None:
    # RFC 4231, test case 2
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keyed_digest(b"Jefe", "what do ya want for nothing?") == expected
    assert keyed_digest(b"k", "ü") == hmac.new(b"k", "ü".encode(), hashlib.sha256).hexdigest()


def test_the_same_name_twice_has_two_digests(shop: Any, officer: Any, part: PersonalPart) -> None:
    second = actions.add_to_personal(
        by=officer, record=part.record, payload=WHO, confirmation=shop.confirm(officer)
    )
    assert second.digest != part.digest
    assert read_personal(second) == read_personal(part)


def test_what_was_destroyed_is_gone_and_said_to_be(shop: Any, officer: Any, part: PersonalPart) -> None:
    erase = {"by": officer, "part": part, "confirmation": shop.confirm(officer)}
    with pytest.raises(BadInput, match="needs a reason"):
        actions.erase_personal(**erase, reason="  ")
    stone = actions.erase_personal(**erase, reason="asked by the patient")
    part.refresh_from_db()
    with pytest.raises(NotFound, match="was destroyed"):
        read_personal(part)
    assert (part.destroyed_by, part.destroyed_at is not None) == (officer, True)
    assert part.digest in stone.text
    with pytest.raises(Conflict, match="destroyed before"):
        actions.erase_personal(**erase, reason="again")
    assert verify().holds


def test_nothing_is_added_that_is_nothing_or_unconfirmed_or_by_anybody(shop: Any, officer: Any) -> None:
    record = shop.visit()[0]
    with pytest.raises(BadInput, match="nothing to add"):
        actions.add_to_personal(by=officer, record=record, payload={}, confirmation=shop.confirm(officer))
    with pytest.raises(NotPermitted):
        actions.add_to_personal(by=officer, record=record, payload=WHO, confirmation=shop.confirm(shop.head))
    with pytest.raises(BadInput):
        actions.add_to_personal(
            by=officer, record=record, payload={"x": float("nan")}, confirmation=shop.confirm(officer)
        )
    assert PersonalPart.objects.count() == 0
    assert Record.objects.count() == 5
